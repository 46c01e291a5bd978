"""Make the blank twin of a chapter: its running edition, in which the reader writes the code.

In the cells that build something each function and method keeps its signature, a line that says
what to do, and a ``...``. Below each cell that shows something, its expected output is the goal. A
last cell runs the contract's cases of the chapter on what was written; where a chapter ends by
importing the finished library under the same names, it comes before that. `tools/running.py`
writes twins into ``blank/``, next to the running editions.

The lines are in `tools/blank.toml`. What the chapter's code asks of `errors` is added to them, read
from the code itself.
"""

import ast
import functools
import json
import re
import textwrap
import tomllib
from pathlib import Path

import nbformat

from tinylinks.checks.pieces import pieces, pieces_in

LINES = Path(__file__).with_name("blank.toml")
WIDTH = 96
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

HOW_TO_WRITE = """\
This is the blank twin of chapter {number}: the text is all there, and the code is yours to write. \
In the cells that build something you find signatures, a line that says what to do, and a `...`. \
Replace the `...` and run the cell, with Shift+Enter. Where the chapter shows something, the goal \
below the cell says what should come out. Where it says **Predict**, decide first; there the goal \
is folded. The last cell checks all that you wrote, as often as you like."""
CHECK_TEXT = """\
## Your code, checked

This cell names the pieces that are still to be written, and asks of the others what chapter \
{number} promises. If a sentence is about an error that your code should raise, the chapter's text \
says where `errors` comes in."""
CHECK = """\
from tinylinks.checks import check_chapter

check_chapter({number}, globals())"""


@functools.cache
def lines():
    """Return {chapter: {piece: its lines, in the order in which the chapter writes it}}."""
    table = tomllib.loads(LINES.read_text(encoding="utf-8"))
    return {
        int(number): {name: [said] if isinstance(said, str) else said for name, said in row.items()}
        for number, row in table.items()
    }


def twin(text, original):
    """Return the text of the blank twin.

    `text` is that of the chapter's running edition, `original` the notebook with its outputs.
    """
    notebook = json.loads(text)
    number = int(re.match(r"# (\d+)\.", "".join(notebook["cells"][0]["source"]))[1])
    outputs = {cell["id"]: cell.get("outputs", []) for cell in original["cells"]}
    waiting = {name: list(said) for name, said in lines()[number].items()}
    cells, built, predicts = [], False, False
    end = place_of_check(notebook["cells"], number)
    for place, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        if place == end:
            cells += check(number)
        cells.append(cell)
        if cell["id"] == "how-to-run":
            cell["source"] = HOW_TO_WRITE.format(number=number)
        elif cell["cell_type"] == "markdown":
            predicts = "**Predict**" in source
        elif "build" in cell["metadata"].get("tags", []):
            cell["source"], built = emptied(source, waiting), True
        elif built and outputs.get(cell["id"]):
            cells.append(goal(cell, outputs[cell["id"]], predicts))
    notebook["cells"] = cells + (check(number) if end == len(notebook["cells"]) else [])
    notebook = nbformat.from_dict(notebook)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def place_of_check(cells, number):
    """Return the place of the last cell: before what replaces the reader's names, or at the end."""
    built = {piece.owner or piece.name for n in range(1, number + 1) for piece in pieces(n)}
    built |= {"F"} if number > 5 else set()  # it begins in chapter 6
    last = max(i for i, c in enumerate(cells) if "build" in c["metadata"].get("tags", []))
    for place, cell in list(enumerate(cells))[last + 1 :]:
        if cell["cell_type"] == "code" and imported("".join(cell["source"])) & built:
            sources = ["".join(c["source"]) for c in cells[:place]]
            heads = [i for i, text in enumerate(sources) if text.startswith("## ")]
            return max(last + 1, heads[-1])
        if cell["id"] == "words-and-sources":
            return place
    return len(cells)


def imported(source):
    """Return the names that a cell imports from the library."""
    found = [n for n in ast.parse(source).body if isinstance(n, ast.Import | ast.ImportFrom)]
    ours = [node for node in found if ast.unparse(node).split()[1].startswith("tinylinks")]
    return {alias.asname or alias.name for node in ours for alias in node.names}


def emptied(source, waiting):
    """Return the code of a cell without the bodies; each takes its line from those that wait."""
    rows = source.split("\n")
    for piece in reversed(list(said_in_order(source, waiting))):
        function, said = piece
        body = function.body[0]
        first = min([body.lineno, *[d.lineno for d in getattr(body, "decorator_list", [])]]) - 1
        while rows[first - 1].strip().startswith("#"):
            first -= 1
        indent = " " * (function.col_offset + 4)
        room = [*comment(said, indent), *comment(refusals(function), indent), f"{indent}..."]
        rows[first : function.end_lineno] = room
    return "\n".join(rows)


def said_in_order(source, waiting):
    """Yield each function of a cell, and the line that says what to do."""
    for piece in pieces_in(source):
        if not waiting.get(str(piece)):
            raise ValueError(f"blank twin: expected a line for {piece} in {LINES.name}, got none.")
        yield piece.node, waiting[str(piece)].pop(0)


def refusals(function):
    """Say what the code asks of `errors`."""
    calls = [
        ast.unparse(node)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("errors.")
    ]
    found = list(dict.fromkeys(calls))
    return f"What is refused, and how: {', '.join(found)}" if found else ""


def comment(text, indent):
    prefix = f"{indent}# "
    return textwrap.wrap(
        text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False
    )


def goal(cell, outputs, predicts):
    """Return a cell with the expected output, folded where it would answer a question."""
    shown = "".join(filter(None, [text_of(output, cell) for output in outputs])).strip("\n")
    fence = "```"
    text = f"{fence}text\n{shown}\n{fence}"
    if predicts:
        text = f"<details>\n<summary>Show the goal</summary>\n\n{text}\n\n</details>"
    else:
        text = f"**The goal**\n\n{text}"
    return {
        "cell_type": "markdown",
        "id": f"{cell['id'][:59]}-goal",
        "metadata": {},
        "source": text,
    }


def text_of(output, cell):
    """Return an output as text: of a picture, what it shows."""
    if output["output_type"] == "stream":
        return COLOURS.sub("", "".join(output["text"]))
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}\n"
    if "image/png" in output["data"]:
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        return textwrap.fill(f"A picture. {alt}", WIDTH) + "\n"
    return "".join(output["data"].get("text/plain", "")) + "\n"


def check(number):
    """Return the cells at the end."""
    return [
        {
            "cell_type": "markdown",
            "id": "your-code-checked",
            "metadata": {},
            "source": CHECK_TEXT.format(number=number),
        },
        {
            "cell_type": "code",
            "id": "check-chapter",
            "metadata": {},
            "source": CHECK.format(number=number),
            "execution_count": None,
            "outputs": [],
        },
    ]
