"""Begin a sheet of exercises: a notebook with all cells that the tasks of its module need.

    python tools/new_sheet.py 7

The checks come first: `tinylinks/checks/sheets/s07_let_shapes_stretch.py`. From its tasks this
makes `chapters/exercises/07_let_shapes_stretch/07_let_shapes_stretch.ipynb`. What is left to write
is marked with TODO. The functions below also serve a script that writes a sheet as a whole.
"""

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ROOT / "chapters" / "exercises"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

HEAD = """\
# Exercises for chapter {number}

TODO: what these tasks are about.

**You need** {{doc}}`chapter {number} <../../{name}>`. **It takes** TODO minutes, all in all.

{how}"""

HOW = (
    "Run a check as often as you like. It says what came and what was expected, and often which "
    "mistake gives the same numbers. The page of the book has the solutions, folded. Write "
    "your own in the page, or in the notebook that you download there."
)

TASK = """\
## {count}. TODO: a title

TODO: what `{name}` is to do, in steps. TODO minutes.

```{{dropdown}} Hint 1
TODO
```

```{{dropdown}} Hint 2
TODO
```

```{{dropdown}} The plan
TODO: the steps of the solution, in words.
```"""

CODE = """\
def {name}(TODO):
    ### BEGIN SOLUTION
    TODO
    ### END SOLUTION"""


def text(source, id):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source.strip("\n")}


def code(source, id, **metadata):
    return {
        **text(source, id),
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
    }


def graded(grade_id, **fields):
    """Return the metadata by which nbgrader knows a cell."""
    known = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return {"nbgrader": {**known, "grade_id": grade_id, **fields}}


def answer_cell(number, task, source):
    """Return the cell with the solution, folded on the page."""
    prompts = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
    return code(
        source,
        f"x{number:02}-{task.lower().replace('_', '-')}-answer",
        **graded(task, solution=True),
        mystnb=prompts,
        tags=["hide-input"],
    )


def check_cell(number, task, points):
    """Return the cell that checks it, in one line."""
    return code(
        f"check_answer({number}, {task})",
        f"x{number:02}-{task.lower().replace('_', '-')}-check",
        **graded(f"check-{task}", grade=True, locked=True, points=points),
    )


def start_cell(sheet):
    lines = sheet.start.strip("\n").split("\n")
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    imports = sorted([*imports, "from tinylinks.checks import check_answer"], key=sort_of_import)
    foreign = [line for line in imports if "tinylinks" not in line]
    own = [line for line in imports if "tinylinks" in line]
    rest = [line for line in lines if not line.startswith(("import ", "from "))]
    parts = ["\n".join(foreign), "\n".join(own), "\n".join(rest)]
    return code("\n\n".join(part for part in parts if part.strip()), f"x{sheet.number:02}-start")


def sort_of_import(line):
    return (line.startswith("from"), line)


def write(name, cells):
    """Write the notebook of the sheet; return its path."""
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python", "pygments_lexer": "ipython3"},
            "tinylinks": {"sheet": True},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = EXERCISES / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(nbformat.from_dict(notebook)) + "\n", encoding="utf-8")
    return path


def begin(sheet):
    """Return the cells of a sheet in which the texts and solutions are still to be written."""
    number = sheet.number
    cells = [text(HEAD.format(number=number, name=sheet.name, how=HOW), f"x{number:02}-head")]
    cells.append(start_cell(sheet))
    for count, (name, task) in enumerate(sheet.tasks.items(), 1):
        id = f"x{number:02}-{name.lower().replace('_', '-')}"
        cells.append(text(TASK.format(count=count, name=name), id))
        cells.append(answer_cell(number, name, CODE.format(name=name)))
        cells.append(check_cell(number, name, len(task.checks())))
    return cells


def main(arguments):
    if len(arguments) != 1 or not arguments[0].isdecimal():
        sys.exit(__doc__)
    sys.path.insert(0, str(ROOT))
    from tinylinks.checks.runner import load

    sheet = load(int(arguments[0]))
    if (EXERCISES / sheet.name).exists():
        sys.exit(f"new_sheet: expected no such sheet, got {EXERCISES / sheet.name}.")
    print(write(sheet.name, begin(sheet)))


if __name__ == "__main__":
    main(sys.argv[1:])
