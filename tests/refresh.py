"""Run the chapters again and store their outputs: the reference that nbval compares with.

    python tests/refresh.py            every notebook in chapters/
    python tests/refresh.py 3 5        chapters 3 and 5, with their companions and sheets
    python tests/refresh.py a.ipynb    this file

A second run writes the same bytes, pictures included. What changes from run to run or from machine
to machine is left out: times, versions, and the frames of a traceback that are inside a library.
A notebook in which a cell fails without the tag `raises-exception` is left as it was.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from notebooks import CHAPTERS, notebook_paths, pages, sheet_paths

SECONDS_A_CELL = 60

# What editors and runners leave in a cell's metadata.
PASSING = ("execution", "ExecuteTime", "collapsed", "scrolled", "vscode", "colab", "jupyter")

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(notebook, folder):
    """Run all cells in a fresh kernel that starts in `folder`, and store what they show."""
    with tempfile.TemporaryDirectory() as profile:
        # An empty profile: nobody's own start-up files and settings shape the outputs.
        environment = {**os.environ, "IPYTHONDIR": profile}
        environment.pop("MPLBACKEND", None)  # figures go into the notebook
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=SECONDS_A_CELL,
            record_timing=False,
            # Retina: two pixels for one, and the size at which a page is to show the picture.
            extra_arguments=["--log-level=ERROR", "--InlineBackend.figure_formats=retina"],
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute(env=environment)


def tidy(notebook):
    """Take out of `notebook` what is not the same on every run and machine."""
    notebook["metadata"].update(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
    for cell in notebook["cells"]:
        for key in PASSING:
            cell["metadata"].pop(key, None)
        if cell["cell_type"] == "code":
            cell["outputs"] = merge_streams(cell["outputs"])
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    output["traceback"] = cells_only(output["traceback"])
    return notebook


def merge_streams(outputs):
    """Join neighbouring pieces of one stream: where a print is cut depends on timing."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] = "".join(last["text"]) + "".join(output["text"])
        else:
            merged.append(output)
    return merged


def cells_only(traceback):
    """Drop the frames inside libraries, which name places of this machine.

    The frames in cells stay, of this chapter and of earlier ones, and so does the error itself.
    """
    return [part for part in traceback if not re.match(r"File (?!<)", COLOUR.sub("", part))]


def as_text(notebook):
    """Return the text of the notebook's file."""
    return nbformat.writes(nbformat.from_dict(notebook)) + "\n"


def refresh(path):
    """Run the notebook at `path` in place; return whether its file changed."""
    before = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path.parent)
    tidy(notebook)
    nbformat.validate(notebook)
    after = as_text(notebook).encode()
    # Written beside and renamed: an interruption leaves the old file whole.
    fresh = path.with_suffix(".fresh")
    fresh.write_bytes(after)
    fresh.replace(path)
    return after != before


def find(names):
    """Return the notebooks that the command line names: numbers, paths, or nothing for all."""
    if not names:
        return notebook_paths(CHAPTERS)
    book, sheets = pages(CHAPTERS), sheet_paths(CHAPTERS)
    paths = []
    for name in names:
        number = int(name) if name.isdecimal() else None
        named = [book[page] for page in (number, f"{number} in full") if page in book]
        named += [sheets[number]] if number in sheets else []
        named = named or [Path(name)]
        if not all(path.is_file() for path in named):
            sys.exit(f"refresh: expected a chapter's number or a notebook, got {name}.")
        paths += named
    return paths


def main(names):
    failed = 0
    for path in find(names):
        try:
            print(f"{path.name}: {'changed' if refresh(path) else 'as before'}", flush=True)
        except (CellExecutionError, CellTimeoutError) as error:
            failed += 1
            text = COLOUR.sub("", str(error))
            print(f"{path.name}: not written, for a cell failed.\n{text}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
