"""Make a library of one's own: the answers of the sheets, in the places of the book's code.

``python -m tinylinks.checks export answers/ --name mylinks`` writes a small package:

* ``book.py`` runs the code of the book, for all that was not written;
* ``sheet05.py`` and so on hold the answers, as they were written;
* ``adapters.py`` puts them in the places of the book's code. A task says how: see `Task.join`.

If you have files of your own, put ``adapters.py`` next to them: it defines the names of the book
with what you have. All are copied, and the library has the names that ``adapters.py`` defines.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinylinks.checks import runner

__all__ = ["LAST", "Answer", "export", "read_answers", "sections"]

LAST = 17  # the chapter up to which the book builds the library that is judged
MARK = re.compile(r"^# ---- (.+) ----$", re.MULTILINE)

INIT = '"""A library of my own."""\n\nfrom .adapters import *\n'
BOOK = f'''\
"""The code of the book, up to chapter {LAST}, for all that is not mine."""

from tinylinks.walk import after

after({LAST}, globals())
'''
SHEET = '"""My answers to the sheet of chapter {number}."""\n\nfrom .book import *\n{start}'
ADAPTERS = '"""Puts my answers in the places of the book\'s code."""\n\nfrom . import book\n'
NAMES = "\n\n# ---- the names of the library ----\nfrom .book import *\n"


@dataclass
class Answer:
    """The answer to one task.

    Attributes
    ----------
    sheet : int
        The number of the sheet.
    task : str
        The name of the task.
    code : str
        What was written.
    problem : str
        Why it cannot be exported, or "".
    """

    sheet: int
    task: str
    code: str = ""
    problem: str = ""

    def __str__(self) -> str:
        return f"sheet {self.sheet}, {self.task}"


@dataclass
class Answers:
    """The answers in a folder, and the functions that students wrote for them."""

    found: dict[tuple[int, str], Answer] = field(default_factory=dict)
    helpers: dict[int, list[str]] = field(default_factory=dict)


def read_answers(folder: Path) -> Answers:
    """Read the answers from all notebooks in a folder and the folders in it."""
    answers = Answers()
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            try:
                cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            except (ValueError, KeyError, TypeError):
                raise ValueError(
                    f"export: expected {path.name} to be a notebook, got a file that is none."
                ) from None
            _read_cells([cell for cell in cells if cell["cell_type"] == "code"], answers)
    return answers


def _read_cells(cells: list[dict[str, Any]], answers: Answers) -> None:
    sources = ["".join(cell["source"]) for cell in cells]
    ids = [cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") for cell in cells]
    asked = re.findall(r"^\s*check_answer\((\d+),\s*(\w+)", "\n".join(sources), re.MULTILINE)
    used = set()
    for number, task in dict.fromkeys((int(n), name) for n, name in asked):
        if number not in runner.numbers() or task not in runner.load(number).tasks:
            continue
        defining = [i for i, text in enumerate(sources) if task in _defined(text)]
        places = [i for i, id in enumerate(ids) if id == task] or defining[-1:]
        code = sources[places[-1]] if places else ""
        used.update(places)
        answers.found[number, task] = Answer(number, task, code)
    for place, text in enumerate(sources):
        if place not in used and asked and _is_helper(text):
            answers.helpers.setdefault(int(asked[0][0]), []).append(text)
    for answer in answers.found.values():
        helpers = "\n\n".join(answers.helpers.get(answer.sheet, []))
        answer.problem = _problem(answer, helpers)


def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _defined(text: str) -> list[str]:
    tree = _tree(text)
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, kinds)] if tree else []


def _is_helper(text: str) -> bool:
    """Tell whether a cell of the student's own only defines and imports."""
    tree = _tree(text)
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return bool(tree and _defined(text)) and all(isinstance(n, kinds) for n in tree.body)  # type: ignore[union-attr]


def _problem(answer: Answer, helpers: str) -> str:
    """Say in words that go on after the name of a task why it cannot be exported, or ""."""
    if not answer.code:
        return "there is no cell with it"
    try:
        tree = ast.parse(answer.code)
    except SyntaxError as error:
        return f"Python cannot read line {error.lineno}: {error.msg}"
    raised = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    if any(text.startswith("raise NotImplementedError") for text in raised):
        return "it is not written yet"
    try:
        with runner.quiet():
            names = runner.load(answer.sheet).namespace(f"{helpers}\n\n{answer.code}")
    except Exception as error:
        return f"its cell raises {type(error).__name__}: {error}"
    return "" if answer.task in names else f"its cell does not define `{answer.task}`"


def export(answers: Path, name: str, into: Path, force: bool = False) -> Iterator[str]:
    """Write the package, and yield sentences about what became of each answer.

    Parameters
    ----------
    answers : path
        The folder with the notebooks of the student, or with files and ``adapters.py``.
    name : str
        The name of the package.
    into : path
        The folder in which it is written.
    force : bool
        Whether it takes the place of a package that was exported earlier.

    Raises
    ------
    ValueError
        If the name is none for a package, is taken, or there is nothing to export, or if Python
        cannot read a file.
    """
    if not name.isidentifier():
        raise ValueError(f"export: expected a name that Python can import, got {name!r}.")
    target = into / name
    if target.exists() and not force:
        raise ValueError(
            f"export: {target} is there already. To write it again, add --force. Or choose "
            "another name."
        )
    if target.exists() and not _is_an_export(target, answers):
        raise ValueError(
            f"export: expected {target} to be an earlier export, got other files, which stay. "
            "Choose another name."
        )
    own = sorted(answers.glob("*.py")) if (answers / "adapters.py").exists() else []
    found = read_answers(answers)
    if not own and not found.found:
        raise ValueError(
            f"export: expected notebooks with answers, or files with adapters.py, in {answers}, "
            "got neither."
        )
    files = {"__init__.py": INIT, "book.py": BOOK}
    good = [answer for _, answer in sorted(found.found.items()) if not answer.problem]
    for number in sorted({answer.sheet for answer in good}):
        files[f"sheet{number:02}.py"] = _sheet(number, found.helpers.get(number, []), good)
    files["adapters.py"] = _adapters(good)
    for path in own:
        if path.name in files and path.name != "adapters.py":
            raise ValueError(f"export: {path.name} is a name that the package needs. Rename yours.")
        _readable(path)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for file, text in files.items():
        (target / file).write_text(text, encoding="utf-8")
    for path in own:
        shutil.copyfile(path, target / path.name)
    yield from _report(found, own)
    yield f"The library is here: {target}. Judge it: python -m tinylinks.checks judge {target}"


def _is_an_export(target: Path, answers: Path) -> bool:
    """Tell whether a folder was written by `export`, and does not hold the answers themselves."""
    book = target / "book.py"
    written = book.exists() and book.read_text(encoding="utf-8") == BOOK
    return written and not answers.resolve().is_relative_to(target.resolve())


def _readable(path: Path) -> None:
    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(
            f"export: Python cannot read {path.name}, line {error.lineno}: {error.msg}. "
            "Mend this line, then export again."
        ) from None


def _report(found: Answers, own: list[Path]) -> Iterator[str]:
    if own:
        yield f"Yours, joined by adapters.py: {', '.join(p.name for p in own)}."
    for number in runner.numbers():
        tasks = runner.load(number).tasks
        answers = [found.found[number, task] for task in tasks if (number, task) in found.found]
        if not answers and not own:
            yield f"sheet {number}: no answers found, so the code of the book takes their places."
        for answer in answers:
            join = tasks[answer.task].join
            if answer.problem:
                rest = "the code of the book takes its place" if join else "it is left out"
                yield f"{answer}: not exported, for {answer.problem}; {rest}."
            elif own:
                yield f"{answer}: yours; it joins if your adapters.py says so."
            elif join:
                yield f"{answer}: yours, in the place of the book's code."
            else:
                file = f"sheet{number:02}.py"
                yield f"{answer}: yours, kept in {file}: no part of the library needs it."


def _sheet(number: int, helpers: list[str], good: list[Answer]) -> str:
    """Return the file with the answers to a sheet."""
    start = [
        ast.unparse(node)
        for node in ast.parse(runner.load(number).start).body
        if not ast.unparse(node).startswith(("after(", "from tinylinks.walk import after"))
    ]
    parts = [SHEET.format(number=number, start="\n".join(start))]
    if helpers:
        parts.append("# ---- helpers ----\n" + "\n\n".join(helpers))
    parts += [f"# ---- {a} ----\n{a.code.strip()}" for a in good if a.sheet == number]
    return "\n\n\n".join(parts) + "\n"


def _adapters(good: list[Answer]) -> str:
    """Return the file that joins the answers."""
    parts = [ADAPTERS]
    for answer in good:  # each with its own import, for two sheets may have an answer of one name
        join = runner.load(answer.sheet).tasks[answer.task].join.strip()
        brought = f"from .sheet{answer.sheet:02} import {answer.task}"
        parts.append(f"\n\n# ---- {answer} ----\n{brought}\n" + (f"\n{join}\n" if join else ""))
    return "".join(parts) + NAMES


def sections(text: str) -> dict[str, str]:
    """Return the parts of an exported file by their marks; what comes first is under "".

    Examples
    --------
    >>> sections("a = 1\\n# ---- sheet 5, Sub ----\\nb = 2")
    {'': 'a = 1\\n', 'sheet 5, Sub': '\\nb = 2'}
    """
    first, *rest = MARK.split(text)
    return {"": first, **dict(zip(rest[::2], rest[1::2]))}
