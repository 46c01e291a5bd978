"""Make the sheets of exercises into assignments for nbgrader, with points.

    python tools/assignments.py folder                  all sheets
    python tools/assignments.py folder --seed SECRET    with hidden tests, which use this seed

`folder` becomes an nbgrader course: `source/`, a folder for each sheet, and `nbgrader_config.py`.
Go on there with `nbgrader generate_assignment 05_meet_a_diamond`, which writes what students get
into `release/`. A check is worth one point. The hidden tests are the same checks with other
numbers: to know the checks is not to know these. Keep the folder, and the seed, to yourself.
"""

import argparse
import json
from pathlib import Path

import running

CONFIG = """\
c = get_config()  # nbgrader defines it
c.CourseDirectory.course_id = "tinylinks"
c.ExecutePreprocessor.timeout = 120
c.IncludeHeaderFooter.header = ""
c.ClearSolutions.code_stub = {"python": "# Write your code here.\\nraise NotImplementedError"}
c.OverwriteCells.add_missing_cells = True  # a check that a student has deleted comes back
"""

HIDDEN = """\
### BEGIN HIDDEN TESTS
{call}, seed={seed!r})
### END HIDDEN TESTS"""


def sheets():
    """Return the notebooks of all sheets."""
    return sorted(path for path in running.sources().values() if "exercises" in path.parts)


def assignment(path, site="", seed=None):
    """Return the text of the notebook that nbgrader makes an assignment of."""
    notebook = json.loads(running.edition(path, site, solutions=True))
    for cell in notebook["cells"]:
        if seed is not None and cell["metadata"].get("nbgrader", {}).get("grade"):
            check = "".join(cell["source"])
            # The last line is what nbgrader reads the points from.
            cell["source"] = check + "\n" + HIDDEN.format(call=check.removesuffix(")"), seed=seed)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write(folder, site="", seed=None):
    """Write the course; return the notebooks."""
    written = []
    for path in sheets():
        target = folder / "source" / path.stem / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(assignment(path, site, seed), encoding="utf-8")
        written.append(target)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", help="the seed of the hidden tests")
    arguments = parser.parse_args()
    for path in write(arguments.folder, running.site_address(), arguments.seed):
        print(path)


if __name__ == "__main__":
    main()
