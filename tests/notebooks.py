"""The small reader of notebooks that the tests share, and a builder of synthetic ones."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"


def chapter_paths(folder=CHAPTERS):
    """Return the notebooks of the numbered chapters, by number."""
    return {int(path.name[:2]): path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}


def pages(folder=CHAPTERS):
    """Return chapters and companions in their order: {4: path, "4 in full": path, 5: path, ...}."""
    companions = chapter_paths(folder / "in_full")
    found = {}
    for number, path in chapter_paths(folder).items():
        found[number] = path
        if number in companions:
            found[f"{number} in full"] = companions[number]
    return found


def sheet_paths(folder=CHAPTERS):
    """Return the notebooks of the sheets of exercises, by the number of their chapter."""
    paths = sorted(folder.glob("exercises/*/[0-9][0-9]_*.ipynb"))
    return {int(path.name[:2]): path for path in paths}


def notebook_paths(folder=CHAPTERS):
    """Return all notebooks of the book: chapters, companions, sheets, pages without a number."""
    sheets = sheet_paths(folder).values()
    return sorted([*folder.glob("*.ipynb"), *folder.glob("in_full/*.ipynb"), *sheets])


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def is_build(cell):
    return "build" in tags(cell)


# Synthetic notebooks: a test says what it needs and nothing more.


def markdown(text, id="text"):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def code(text, *outputs, id="code", tags=(), count=1, **metadata):
    if tags:
        metadata["tags"] = list(tags)
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": id,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": text,
    }


def build(text, **keywords):
    return code(text, tags=["build"], **keywords)


def stdout(text):
    return {"name": "stdout", "output_type": "stream", "text": text}


def result(text, count=1):
    return {
        "data": {"text/plain": text},
        "execution_count": count,
        "metadata": {},
        "output_type": "execute_result",
    }


def picture():
    return {"data": {"image/png": "aGVsbG8=\n"}, "metadata": {}, "output_type": "display_data"}


def error(name="ValueError", value="no"):
    return {"ename": name, "evalue": value, "output_type": "error", "traceback": [name]}


def notebook(*cells):
    return {
        "cells": list(cells),
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write(folder, name, *cells):
    """Write a synthetic notebook of these cells and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(notebook(*cells)), encoding="utf-8")
    return path
