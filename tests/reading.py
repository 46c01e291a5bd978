"""How a chapter reads, in figures: how long it takes, and what makes it hard.

python tests/reading.py            the table of all chapters
python tests/reading.py --record   make today's figures the limits

A figure says nothing of whether a page is good. But it tells where to look, and a change that makes
a chapter longer is to be made on purpose: reading_limits.toml holds the most that each may have.
"""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from typing import NamedTuple

from notebooks import ROOT, chapter_paths, code_cells, is_build, read, source, tags

LIMITS = ROOT / "tests" / "reading_limits.toml"
FOLDED = re.compile(r"^(`{3,}|:{3,})\{answer\}.*?^\1", re.DOTALL | re.MULTILINE)
PREDICTION = re.compile(r"^(?:`{3,}|:{3,})\{admonition\} Predict", re.MULTILINE)
FREE = ("words", "predictions", "said")  # what no limit is set to
UNSEEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


class Figures(NamedTuple):
    """The figures of one chapter."""

    words: int
    code: int  # lines of code that are shown
    predictions: int
    minutes: int
    said: int  # the minutes that its head tells
    parentheses: int  # words in parentheses of six words and more, in per cent
    longest: int  # the words of its longest parenthesis
    later: int  # references to chapters that come later
    crowded: int  # cells that print more than four values


def figures(number, notebook):
    """Measure a chapter."""
    text = "\n".join(source(c) for c in notebook["cells"] if c["cell_type"] == "markdown")
    prose = plain(text)
    words = len(prose.split())
    folded = sum(len(plain(answer[0]).split()) for answer in FOLDED.finditer(text))
    cells = code_cells(notebook)
    shown = [source(cell) for cell in cells if is_build(cell) or not UNSEEN & set(tags(cell))]
    code = sum(len(lines_of_code(text)) for text in shown)
    predictions = len(PREDICTION.findall(text))
    # A folded answer counts half: those who were right look at it for a moment only.
    minutes = round((words - folded / 2) / 170 + code / 9 + predictions)
    said = re.search(r"\*\*It takes\*\*\D{0,10}(\d+) minutes", text)
    long = [len(p.split()) for p in parentheses(prose) if len(p.split()) >= 6]
    named = re.findall(r"[Cc]hapters? (\d+)", text + "\n".join(map(source, cells)))
    later = sum(int(n) > number for n in named)
    later += len(re.findall(r"\blater chapters?\b|\bthe next chapter\b", text))
    busy = [cell for cell in cells if not {"hide-input", "raises-exception"} & set(tags(cell))]
    crowded = sum(values_printed(source(cell)) > 4 for cell in busy)
    return Figures(
        words,
        code,
        predictions,
        minutes,
        int(said[1]) if said else 0,
        round(100 * sum(long) / max(words, 1)),
        max(long, default=0),
        later,
        crowded,
    )


def plain(text):
    """Return Markdown as a person reads it: a formula or a piece of code is one word."""
    text = re.sub(r"^[`:]{3,}.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    return re.sub(r"\$[^$]*\$|`[^`]*`", "x", text)


def parentheses(prose):
    """Return what stands in parentheses, with those inside them."""
    return re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", prose)


def lines_of_code(text):
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def values_printed(text):
    """Count the values that a cell prints; a loop prints a line a turn, which is free."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return 0
    body = [n for n in body if not isinstance(n, ast.FunctionDef | ast.ClassDef | ast.For)]
    count = 0
    for call in (node for line in body for node in ast.walk(line) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        count += sum(map(values_in, call.args)) if name == "print" else name == "show_error"
    last = body[-1] if body else None
    is_value = isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call)
    return count + is_value


def values_in(argument):
    """Count the values in an argument of print: a text has none, a list all that it lists."""
    if isinstance(argument, ast.JoinedStr):
        return sum(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.List | ast.Tuple):
        return len(argument.elts)
    return not (isinstance(argument, ast.Constant) and isinstance(argument.value, str))


def last_versions(numbers):
    """Count the lines of all definitions of these chapters as they are at the end, and of all."""
    last, all_versions = {}, 0
    for number in numbers:
        for cell in code_cells(read(chapter_paths()[number])):
            for name, lines in definitions(cell).items():
                last[name] = lines
                all_versions += lines
    return sum(last.values()), all_versions


def definitions(cell):
    """Return {name: lines} of what a cell defines: methods, and functions that are kept."""
    found = {}
    try:
        body = ast.parse(source(cell)).body
    except SyntaxError:
        return found
    for node in body:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                name = f"{node.name}.{getattr(part, 'name', ast.dump(part)[:40])}"
                found[name] = part.end_lineno - part.lineno + 1
        elif isinstance(node, ast.FunctionDef) and is_build(cell):
            found[node.name] = node.end_lineno - node.lineno + 1
    return found


def book():
    """Return {number: Figures} of all chapters."""
    return {number: figures(number, read(path)) for number, path in chapter_paths().items()}


def to_six():
    """Return the lines of last versions, and of all versions, until operators work."""
    return last_versions(range(1, 7))


def limits():
    """Return {figure: {number of a chapter, as text: the most it may be}}."""
    return tomllib.loads(LIMITS.read_text(encoding="utf-8"))


def above_the_limits(found, most):
    """Return a sentence for each figure that is larger than its limit."""
    wrong = []
    for number, row in found.items():
        for name, value in row._asdict().items():
            limit = most.get(name, {}).get(str(number))
            if limit is not None and value > limit:
                wrong.append(f"chapter {number}: {name} is {value}, the limit is {limit}")
    return wrong


def table(found=None):
    """Return the figures as text."""
    found = found or book()
    rows = [("chapter", *Figures._fields)]
    rows += [(number, *row) for number, row in found.items()]
    totals = defaultdict(int)
    for row in found.values():
        for name in ("words", "code", "predictions", "minutes"):
            totals[name] += getattr(row, name)
    rows.append(("all", *[totals.get(name, "") for name in Figures._fields]))
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    last, every = to_six()
    lines.append(f"until operators work: {last} lines of last versions, {every} of all versions")
    return "\n".join(lines)


def record(found):
    """Return the text of a file of limits that hold what is there today."""
    text = ["# The most that each figure of reading.py may be. `python tests/reading.py --record`."]
    for name in [name for name in Figures._fields if name not in FREE]:
        text += ["", f"[{name}]", *[f"{n} = {getattr(row, name)}" for n, row in found.items()]]
    last, every = to_six()
    text += ["", "[until_operators_work]", f"last_versions = {last}", f"all_versions = {every}"]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    print(table())
    if "--record" in sys.argv:
        LIMITS.write_text(record(book()), encoding="utf-8")
