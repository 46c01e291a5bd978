"""Write into the page for teachers how long each chapter and each sheet takes.

    python tools/times.py       read the minutes from their heads, and write the table

The minutes are those that the pages say. tests/test_teaching.py asks that the table is up to date.
"""

import json
import re
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
PAGE = CHAPTERS / "teaching.md"
ROWS = re.compile(r"(?<=\n)\* - Chapter\n.*?(?=```)", re.DOTALL)


def head(path):
    return "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])


def minutes(path):
    """Return the minutes that the head of a notebook says."""
    return int(re.search(r"\*\*It takes\*\* (\d+) minutes", head(path))[1])


def times(chapters=CHAPTERS):
    """Yield (number, file name without its ending, title, minutes, minutes of the sheet or 0)."""
    for path in sorted(chapters.glob("[0-9][0-9]_*.ipynb")):
        title = re.match(r"# (.+)", head(path))[1]
        sheet = chapters / "exercises" / path.stem / path.name
        read = minutes(path)
        yield int(path.name[:2]), path.stem, title, read, minutes(sheet) if sheet.exists() else 0


def rows(found):
    """Return the rows of the table, with the sum of both columns."""
    found = list(found)
    lines = ["* - Chapter", "  - Reading", "  - Sheet"]
    for number, stem, title, read, sheet in found:
        link = f"{{doc}}`exercises <exercises/{stem}/{stem}>`, {sheet}" if sheet else "none"
        lines += [f"* - {number}\\. {{doc}}`{title} <{stem}>`", f"  - {read}", f"  - {link}"]
    total = [sum(row[column] for row in found) for column in (3, 4)]
    lines += ["* - All", f"  - {total[0]}", f"  - {total[1]}"]
    return "\n".join(lines) + "\n"


def main():
    text = ROWS.sub(lambda old: rows(times()), PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
