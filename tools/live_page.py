"""What a page knows of its cells before they run in it: their ids, and what a browser bears badly.

In a sheet of exercises the page has room for an answer where the book has a solution.
A cell with the tag `gpu` or `no-live` is not run in the page, one with the tag `open-editor` can be
edited from the start. What live.toml says of a cell makes the page ask before it runs.
"""

import json
import tomllib
from pathlib import Path

import running

ROOT = Path(__file__).resolve().parent.parent
TABLE = tomllib.loads((ROOT / "tools" / "live.toml").read_text(encoding="utf-8"))

WHY_NOT = {
    "gpu": "it needs a GPU",
    "no-live": "it needs processes or files that a browser does not give",
}


def cells(path):
    """Return {id: what is known} of the code cells of a notebook, in their order."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    known = TABLE.get(path.resolve().relative_to(ROOT).as_posix(), {})
    return {
        cell["id"]: known.get(cell["id"], {}) | what_is_seen(cell)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }


def what_is_seen(cell):
    return why_not(cell) | is_open(cell) | room(cell) | is_check(cell)


def why_not(cell):
    tags = cell["metadata"].get("tags", [])
    return next(({"not": WHY_NOT[tag]} for tag in tags if tag in WHY_NOT), {})


def is_open(cell):
    return {"open": True} if "open-editor" in cell["metadata"].get("tags", []) else {}


def is_check(cell):
    return {"check": True} if "check_answer(" in "".join(cell["source"]) else {}


def room(cell):
    text = "".join(cell["source"])
    without = running.without_solution(text)
    return {"room": without} if without != text else {}
