"""`refresh.py` stores outputs that are the same on every run."""

import copy
import subprocess
import sys

import nbformat
import refresh
from notebooks import code, code_cells, markdown, notebook, read, stdout, write

FIGURE = """\
import matplotlib.pyplot as plt
plt.plot([1, 4, 9])
plt.show()"""

CELLS = [
    markdown("# Title"),
    code("for i in range(100):\n    print(i, flush=i % 7 == 0)", id="print"),
    code(FIGURE, id="figure", mystnb={"image": {"alt": "Three points."}}),
    code("import json\njson.loads('x')", id="error", tags=["raises-exception"]),
    code("import os\nsorted(os.listdir())", id="folder"),
]


def test_two_runs_write_the_same_bytes_pictures_included(tmp_path):
    path = write(tmp_path, "01_a.ipynb", *copy.deepcopy(CELLS))
    assert refresh.refresh(path) is True
    first = path.read_bytes()
    assert refresh.refresh(path) is False
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["01_a.ipynb"]

    fresh = read(path)
    printed, figure, error, folder = code_cells(fresh)
    assert [cell["id"] for cell in fresh["cells"]] == [cell["id"] for cell in CELLS]
    assert [cell["execution_count"] for cell in code_cells(fresh)] == [1, 2, 3, 4]
    assert printed["outputs"] == [
        {**stdout([f"{i}\n" for i in range(100)])},
    ]
    assert figure["outputs"][0]["data"]["image/png"].startswith("iVBOR")  # a PNG file
    assert figure["metadata"] == {"mystnb": {"image": {"alt": "Three points."}}}
    assert error["outputs"][0]["ename"] == "JSONDecodeError"
    assert not any("decoder.py" in part for part in error["outputs"][0]["traceback"])
    assert folder["outputs"][0]["data"]["text/plain"] == ["['01_a.ipynb']"]  # its own folder


def test_a_notebook_that_fails_is_named_and_left_as_it_was(tmp_path):
    path = write(tmp_path, "01_a.ipynb", code("x = 1 / 0", id="a"))
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, refresh.__file__, str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "01_a.ipynb: not written, for a cell failed." in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout
    assert path.read_bytes() == before


def test_tidy_drops_what_passes_and_keeps_what_was_written():
    messy = notebook(code("0", id="a", tags=["build"], execution={"x": 1}, scrolled=True))
    messy["metadata"]["language_info"] = {"name": "python", "version": "3.11.7"}
    messy["metadata"]["title"] = "kept"
    clean = refresh.tidy(messy)
    assert clean["cells"][0]["metadata"] == {"tags": ["build"]}
    assert clean["metadata"]["language_info"] == {"name": "python", "pygments_lexer": "ipython3"}
    assert clean["metadata"]["title"] == "kept"


def test_only_neighbours_of_one_stream_are_joined():
    other = {**stdout("e"), "name": "stderr"}
    merged = refresh.merge_streams(
        [stdout("a\n"), stdout(["b\n", "c"]), other, stdout("d"), stdout("e")]
    )
    assert merged == [stdout("a\nb\nc"), other, stdout("de")]


def test_a_traceback_keeps_the_frames_in_cells_and_the_error():
    green = "\x1b[32m"
    kept = [
        "ValueError  Traceback",
        f"{green}Cell In[4], line 1",
        f"File {green}<chapter 3, cell 5>:2",
    ]
    library = [f"{green}File /home/ada/book/tinylinks/a.py:3", "File ~/lib/json/decoder.py:3"]
    assert refresh.cells_only([*kept, *library, "ValueError: no"]) == [*kept, "ValueError: no"]


def test_the_text_is_what_jupyter_would_write(tmp_path):
    path = tmp_path / "01_a.ipynb"
    plain = nbformat.from_dict(notebook(code("x = 'é'\n0", id="a")))
    nbformat.write(plain, path)
    assert path.read_text(encoding="utf-8") == refresh.as_text(plain)


def test_chapters_are_found_by_number_by_path_and_all_together(tmp_path, monkeypatch):
    first, second = write(tmp_path, "01_a.ipynb"), write(tmp_path, "02_b.ipynb")
    index = write(tmp_path, "index.ipynb")
    companion = write(tmp_path / "in_full", "02_b.ipynb")
    monkeypatch.setattr(refresh, "CHAPTERS", tmp_path)
    assert refresh.find([]) == [first, second, companion, index]
    assert refresh.find(["2", str(first)]) == [second, companion, first]
