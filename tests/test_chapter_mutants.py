"""The tool that plants faults in chapters tells a red chapter from a green one."""

import os

import chapter_mutants
import pytest
from chapter_mutants import SURVIVORS, Page, compared, generate, in_own_process, run_pages
from notebooks import build, code, error, picture, result, stdout, write

ALL = generate()


def test_every_fault_of_a_cell_has_a_name_of_its_own():
    assert len({(mutant.page, mutant.cell, *mutant.key) for mutant in ALL}) == len(ALL)


def test_faults_are_planted_in_every_chapter_that_builds_something():
    planted = {mutant.chapter for mutant in ALL}
    assert {1, 2, 3, 4, 5} <= planted


def test_the_sample_has_one_fault_of_each_build_cell():
    sample = chapter_mutants.sample(ALL)
    cells = [(mutant.page, mutant.cell) for mutant in sample]
    assert len(cells) == len(set(cells)) > 20
    assert not any(mutant.key in SURVIVORS for mutant in sample)


def test_every_argued_survivor_exists_and_is_argued():
    assert set(SURVIVORS) <= {mutant.key for mutant in ALL}
    assert all(len(why) > 20 for why in SURVIVORS.values())


# A small chapter, in which some faults are seen.

DOUBLE = """
def double(x):
    return x + x

F.triple = lambda x: 3 * x

def loop(n):
    while n > 0:
        n -= 1
    return "the end"

def unused(x):
    return x * 5
"""
CELLS = [
    code("import types\n\nF = types.SimpleNamespace()", id="first"),
    build(DOUBLE, id="second"),
    code("print(double(4))\ndouble(5)", stdout("8\n"), result("10"), id="third"),
    code("{}[F.triple(2) > 0]", error("KeyError", "True"), id="fourth"),
    code("loop(3) + str(F.triple(2))", result("'the end6'"), id="fifth"),
]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def verdicts(folder, *cells):
    """Plant all faults in a chapter of these cells; return {change: (verdict, by)} and troubles."""
    write(folder, "01_a_small_chapter.ipynb", *cells)
    results = []
    troubles = run_pages(generate(folder), 1, results.append, folder)
    return {mutant.change: (verdict, by) for mutant, verdict, by, _ in results}, troubles


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What becomes of each fault in the small chapter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chapter_mutants, "PATIENCE", 0.2)
        found, troubles = verdicts(tmp_path_factory.mktemp("book"), *CELLS)
    assert troubles == []
    return found


@needs_fork
def test_a_fault_that_a_cell_shows_is_red_and_another_survives(found):
    assert found["x + x  ->  x - x"] == ("killed", "cell 3")  # prints something else
    assert found["return x + x  ->  return None"] == ("killed", "cell 3")
    assert found["3 * x  ->  3 / x"] == ("killed", "cell 5")  # cell 4 fails as it should
    assert found["lambda x: 3 * x  ->  lambda x: None"] == ("killed", "cell 4")  # another error
    assert found["n > 0  ->  n >= 0"] == ("survived", "")
    assert found["x * 5  ->  x / 5"] == ("survived", "")


@needs_fork
def test_an_endless_loop_is_red(found):
    verdict, by = found["n -= 1  ->  n += 1"]
    assert verdict == "killed" and "the end of the process" in by


@needs_fork
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (code("double(4)", result("9"), id="last"), "without a fault, cell 6 shows"),
        (code("double(4)", error("ValueError", "no"), id="last"), "without a fault, cell 6 shows"),
        (code("import os\nos._exit(3)", id="last"), "the end of the process, 3"),
    ],
)
def test_a_chapter_that_is_red_without_a_fault_is_named(tmp_path, cell, words):
    found, (trouble,) = verdicts(tmp_path, *CELLS, cell)
    assert found == {}
    assert trouble.startswith("chapter 1: ") and words in trouble


def test_what_nbval_compares_is_compared():
    pieces = [stdout("a\n"), stdout("b\n"), {**stdout("no\n"), "name": "stderr"}]
    assert compared(pieces) == {"stdout": ["a\nb\n"], "stderr": ["no\n"]}
    assert compared([picture()]) == {}
    assert compared([error()]) == {"ename": ["ValueError"], "evalue": ["no"]}
    assert compared([result("1"), result("2")]) == {"text/plain": ["1", "2"]}


PLOT = "import matplotlib.pyplot as plt\n\nfig, ax = plt.subplots(figsize=(2, 1))\nplt.show()"
SHOWN = [
    ("6 * 7", {"text/plain": ["42"]}),
    ("x = 6", {}),
    ("display(1)\n2", {"text/plain": ["1", "2"]}),
    ("import sys\n\nprint(1, file=sys.stderr)", {"stderr": ["1\n"]}),
    ("[0] * 50", {"text/plain": ["[" + "0,\n " * 49 + "0]"]}),  # as Jupyter breaks it
    (PLOT, {"text/plain": ["<Figure size 200x100 with 1 Axes>"]}),
    ("{}['a']", {"ename": ["KeyError"], "evalue": ["'a'"]}),
    ("%pip --version", {}),
]


@needs_fork
@pytest.mark.parametrize(("text", "outputs"), SHOWN)
def test_a_cell_shows_what_it_shows_in_jupyter(tmp_path, text, outputs):
    chapter = Page(1, write(tmp_path, "01_a_cell.ipynb", code(text)))

    def work():
        chapter.start()
        chapter.run(1)
        yield compared(chapter.outputs)

    assert list(in_own_process(work())) == [outputs]


def test_survivors_without_an_argument_give_exit_code_1(capsys, monkeypatch):
    argued, unargued, killed = ALL[:3]
    monkeypatch.setattr(chapter_mutants, "SURVIVORS", {argued.key: "nobody could see it"})
    results = [(argued, "survived", "", 0.1), (killed, "killed", "cell 2", 0.1)]
    assert chapter_mutants.report(results, 1.0) == 0
    assert chapter_mutants.report([*results, (unargued, "survived", "", 0.1)], 1.0) == 1
    assert f"SURVIVED  {unargued}" in capsys.readouterr().out
    assert chapter_mutants.report([(argued, "killed", "cell 2", 0.1)], 1.0) == 0
    assert "NEEDLESS" in capsys.readouterr().out
