"""The page for teachers says what is there: the minutes, the commands, the names."""

import re
import shlex

import assignments
import pytest
import running
import times
from notebooks import CHAPTERS, ROOT, chapter_paths, sheet_paths

from tinylinks import checks
from tinylinks.checks import __main__ as program

PAGE = (CHAPTERS / "teaching.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python .+$", PAGE, re.MULTILINE)


def test_the_minutes_are_those_of_the_pages():
    """`python tools/times.py` writes the table."""
    assert times.ROWS.search(PAGE)[0] == times.rows(times.times())


def test_the_minutes_of_all_chapters_and_sheets_are_there():
    found = list(times.times())
    assert [row[0] for row in found] == list(chapter_paths())
    assert [row[0] for row in found if row[4]] == list(sheet_paths())
    assert times.rows([(1, "01_a", "A", 20, 40), (2, "02_b", "B", 30, 0)]) == (
        "* - Chapter\n  - Reading\n  - Sheet\n"
        "* - 1\\. {doc}`A <01_a>`\n  - 20\n  - {doc}`exercises <exercises/01_a/01_a>`, 40\n"
        "* - 2\\. {doc}`B <02_b>`\n  - 30\n  - none\n* - All\n  - 50\n  - 40\n"
    )


def test_the_page_is_in_the_book():
    assert "      - file: chapters/teaching\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")


def test_the_files_that_it_names_are_there():
    assert "05_exercises_meet_a_diamond.ipynb" in PAGE and "folder `blank`" in PAGE
    assert "05_exercises_meet_a_diamond.ipynb" in running.sources()
    assert "blank/05_meet_a_diamond.ipynb" in running.blanks()
    assert (ROOT / "CONTRIBUTING.md").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_are_understood(command, tmp_path, monkeypatch):
    words = shlex.split(command)[1:]
    if words[0] == "tools/assignments.py":
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", words)
        assignments.main()
        assert (tmp_path / "course" / "source" / "05_meet_a_diamond").is_dir()
    else:
        assert words[:2] == ["-m", "tinylinks.checks"]
        monkeypatch.chdir(tmp_path)
        assert program.main(words[2:]) == 1  # understood, but there are no answers here


def test_the_commands_are_found():
    assert len(COMMANDS) == 6


def test_what_it_imports_is_there():
    (names,) = re.findall(r"^from tinylinks.checks import (.+)$", PAGE, re.MULTILINE)
    assert all(hasattr(checks, name) for name in names.split(", "))
