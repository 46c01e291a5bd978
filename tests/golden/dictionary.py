"""The dictionary page has been run in all three of its languages.

    python dictionary.py chainer     run Chainer's column of chapters/dictionary.ipynb
    python dictionary.py torch       run PyTorch's

The code and the values of the column go into dictionary.json. test_dictionary.py runs the column
of tinylinks, and compares. README.md says how to get a Python with Chainer, or with PyTorch.
"""

import ast
import json
import re
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "chapters" / "dictionary.ipynb"
RECORD = HERE / "dictionary.json"
TITLES = {"chainer": "Chainer", "torch": "PyTorch"}
BEGIN = {
    "tinylinks": "",
    "chainer": (
        "import io\n"
        "a = np.array([[1, 2, 3], [4, 5, 6]], np.float32)\n"
        "t = np.array([0, 1], np.int32)\n"
        "images = np.arange(50, dtype=np.float32).reshape(1, 2, 5, 5)\n"
        "filters = np.ones((4, 2, 3, 3), np.float32)\n"
    ),
    "torch": (
        "import io\n"
        "ta, tt = torch.tensor([[1.0, 2, 3], [4, 5, 6]]), torch.tensor([0, 1])\n"
        "ti, tf = torch.arange(50.0).reshape(1, 2, 5, 5), torch.ones(4, 2, 3, 3)\n"
        "a = ta.numpy()\n"
    ),
}


def entries():
    """Return title -> {language: code} for each entry; None where a language has no code."""
    cells = json.loads(PAGE.read_text(encoding="utf-8"))["cells"]
    found = {}
    for cell, following in zip(cells, cells[1:]):
        text = "".join(cell["source"])
        title = re.match(r"### (.+)", text)
        if cell["cell_type"] == "markdown" and title:
            here = "".join(following["source"])
            columns = dict(zip(TITLES, peers(text)))
            if columns["chainer"] == "as here":
                columns["chainer"] = here.replace("tinylinks", "chainer")
            found[title[1]] = {"tinylinks": here, **columns}
    return found


def peers(text):
    """Return what an entry says for Chainer and for PyTorch: code, "as here" or None."""
    lines = re.search(r"^\* Chainer: (.*)\n\* PyTorch: (.*)$", text, re.M)
    if lines is None:
        pattern = r"^{}:(?: (as here)\.|\n\n```python\n(.*?)```)"
        matches = [re.search(pattern.format(t), text, re.M | re.S) for t in TITLES.values()]
        return [match[1] or match[2] for match in matches]
    return [None if part.startswith("(") else plain(part) for part in lines.groups()]


def plain(part):
    return "\n".join(line.strip("`") for line in part.split("<br>"))


def run(language):
    """Run one column from top to bottom; return title -> {name: value} of what each entry made."""
    names = {"__name__": "dictionary"}
    made = {}
    for number, (title, columns) in enumerate(entries().items()):
        code = columns[language]
        if code is None:
            continue
        exec(compile(code, f"<{title}>", "exec"), names)
        if number == 0:
            exec(BEGIN[language], names)
        values = {name: plain_value(names[name]) for name in assigned(code)}
        made[title] = {name: value for name, value in values.items() if value is not None}
    return made


def assigned(code):
    """Return the names that the statements of `code` give a value, in classes and functions not."""
    names = []
    for node in ast.parse(code).body:
        inside = node.body if isinstance(node, ast.With) else [node]
        for line in inside:
            for target in line.targets if isinstance(line, ast.Assign) else []:
                names += [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]
    return names


def plain_value(value):
    """Return the numbers of an array of any library as a list; None for other objects."""
    if isinstance(value, (tuple, list)):
        values = [plain_value(item) for item in value]
        return None if None in values else values
    if hasattr(value, "numpy"):
        value = value.detach().numpy()
    value = getattr(value, "array", value)
    if isinstance(value, (bool, int, float, np.bool_, np.number, np.ndarray)):
        return np.asarray(value, float).tolist()
    return None


def main():
    language = sys.argv[1]
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    values = run(language)
    code = {title: columns[language] for title, columns in entries().items()}
    version = __import__(language).__version__
    record[language] = {"version": version, "code": code, "values": values}
    text = json.dumps(record, indent=1, sort_keys=True)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(language, version, len(values), "entries ran")


if __name__ == "__main__":
    main()
