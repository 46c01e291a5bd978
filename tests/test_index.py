"""The landing page: its map has each chapter, with the title and the minutes of its head."""

import re

from notebooks import CHAPTERS, chapter_paths, read, source

INDEX = CHAPTERS / "index.ipynb"


def heads():
    """Return what the heads of the chapters say: [(number, title, minutes), ...]."""
    found = []
    for number, path in chapter_paths().items():
        head = source(read(path)["cells"][0])
        minutes = re.search(r"\*\*It takes\*\*\D{0,10}(\d+) minutes", head)[1]
        found.append((number, re.match("# (.+)", head)[1], int(minutes)))
    return found


def test_the_map_tells_title_and_minutes_of_each_chapter():
    (cell,) = [cell for cell in read(INDEX)["cells"] if cell["id"] == "cin-map-chapters"]
    assert re.findall(r"(\d+) ([^|\d]+) (\d+)(?: \||$)", source(cell), re.MULTILINE) == [
        (str(number), title, str(minutes)) for number, title, minutes in heads()
    ]


def test_the_table_of_parts_leads_to_each_chapter():
    (cell,) = [cell for cell in read(INDEX)["cells"] if cell["id"] == "cin-parts"]
    linked = re.findall(r"\{doc\}`(\d+) <(\w+)>`", source(cell))
    assert linked == [(str(number), path.stem) for number, path in chapter_paths().items()]


def test_the_book_takes_ten_hours():
    assert sum(minutes for _, _, minutes in heads()) <= 620
