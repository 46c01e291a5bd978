"""The runner of the page (_static/live/live_cells.py), in plain Python: no browser is needed."""

import asyncio
import importlib.util
import json
import sys

import live
import matplotlib
import pytest


@pytest.fixture
def page(monkeypatch):
    """Return a function that runs the next cell: it returns whether all went well, and outputs."""
    matplotlib.use("agg")
    spec = importlib.util.spec_from_file_location("live_cells", live.RUNNER)
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    outputs = []
    runner.emit = lambda output: outputs.append(json.loads(output))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # put back at the end
    names, count = runner.start(), 0

    def run(source):
        nonlocal count
        outputs.clear()
        count += 1
        done = asyncio.run(runner.run(source, count, names))
        return done, list(outputs)

    run.names, run.runner = names, runner
    return run


def text_of(outputs):
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def test_names_live_on_in_the_next_cell(page):
    assert page("x = 2") == (True, [])
    done, [output] = page("x + 1")
    assert done
    assert output == {"output_type": "execute_result", "data": {"text/plain": "3"}}
    assert page("print(_)")[1] == [{"output_type": "stream", "name": "stdout", "text": "3\n"}]


@pytest.mark.parametrize("source", ["None", "3;", "x = 3", "", "# nothing", "import os"])
def test_cells_without_a_value_show_nothing(page, source):
    assert page(source) == (True, [])


def test_what_is_printed_comes_in_order_and_as_soon_as_a_line_is_whole(page):
    done, outputs = page("import sys\nprint(1, end='')\nprint(2)\nprint('no', file=sys.stderr)\n3")
    assert done
    kinds = [output.get("name", output["output_type"]) for output in outputs]
    assert kinds == ["stdout", "stderr", "execute_result"]
    assert text_of(outputs) == "12\nno\n"


def test_the_last_line_needs_no_end(page):
    assert text_of(page("print('a', end='')")[1]) == "a"


def test_an_endless_print_is_cut(page):
    limit = page.runner.Stream.most
    text = text_of(page(f"for _ in range({limit // 100 + 50}): print('x' * 99)")[1])
    assert text[:limit].endswith("x\n") and "[cut here" in text[limit:]
    assert len(text) < limit + 100
    assert text_of(page("print('next')")[1]) == "next\n"


def test_an_error_shows_the_lines_of_cells_and_nothing_of_the_machinery(page):
    page("def f(x):\n    return 1 / x")
    done, [error] = page("import json\nf(0)")
    assert not done
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    text = "".join(error["traceback"])
    assert 'File "<cell 1>", line 2, in f' in text and "return 1 / x" in text
    assert 'File "<cell 2>", line 2' in text
    assert "live_cells" not in text and "asyncio" not in text


def test_the_errors_that_led_to_it_are_shown_too(page):
    page("import json")
    source = "try:\n    json.loads('{')\nexcept ValueError as e:\n    raise KeyError('k') from e"
    text = "".join(page(source)[1][0]["traceback"])
    assert "JSONDecodeError" in text and "direct cause" in text and "decoder.py" not in text


def test_what_was_printed_before_an_error_is_shown(page):
    outputs = page("print('before')\n1 / 0")[1]
    assert [output["output_type"] for output in outputs] == ["stream", "error"]


@pytest.mark.parametrize("source", ["x = (", "x = = 1", "return 1", "def f(:"])
def test_wrong_syntax_is_an_error_of_the_cell(page, source):
    done, [error] = page(source)
    assert not done and error["ename"] == "SyntaxError"
    assert "<cell 1>" in "".join(error["traceback"])


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit", "RecursionError"])
def test_whatever_is_raised_ends_the_cell_only(page, raised):
    done, [error] = page(f"raise {raised}")
    assert not done and error["ename"] == raised
    assert page("1")[0]


def test_streams_are_put_back(page):
    before = sys.stdout, sys.stderr
    page("1 / 0")
    assert (sys.stdout, sys.stderr) == before


def test_a_cell_may_wait(page):
    page("import asyncio")
    assert page("await asyncio.sleep(0, result=5)")[1][0]["data"] == {"text/plain": "5"}


def test_lines_for_jupyter_do_nothing(page):
    done, outputs = page("%pip install numpy\n!ls\nx = 7 % 4\nx")
    assert done and outputs[0]["data"] == {"text/plain": "3"}


def test_figures_are_shown_and_closed(page):
    source = "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])\n"
    for end in ("plt.show()", "None"):
        done, outputs = page(source + end)
        assert done
        [data] = [output["data"] for output in outputs if "image/png" in output.get("data", {})]
        assert data["text/plain"] == "<Figure size 200x100 with 1 Axes>"
        assert data["image/png"].startswith("iVBOR")
    assert page("plt.get_fignums()")[1][0]["data"] == {"text/plain": "[]"}


def test_what_has_a_picture_of_its_own_is_shown_by_it(page):
    page("class Table:\n    def _repr_html_(self): return '<b>1</b>'")
    assert page("Table()")[1][0]["data"]["text/html"] == "<b>1</b>"
    page("class Marks:\n    def _repr_markdown_(self): return '**1 of 2**'")
    assert page("Marks()")[1][0]["data"]["text/markdown"] == "**1 of 2**"
    assert "text/html" not in page("Table")[1][0]["data"]
    [output] = page("display(Table())\n1;")[1]
    assert output["output_type"] == "display_data"


def test_cells_are_the_module_main(page):
    page("class A: pass")
    assert page("A.__module__, __name__")[1][0]["data"] == {
        "text/plain": "('__main__', '__main__')"
    }
