"""Readers press Run twice: a cell that runs again shows the same again."""

import pytest
from chapter_mutants import Page, in_own_process
from notebooks import build, code, pages, stdout, write


def others(page, path):
    """Run each cell of a page twice; yield the ids of those that show another thing."""
    again = Page(page, path)
    again.start()
    for number, cell in enumerate(again.cells, start=1):
        first, second = again.run(number), again.run(number)
        if not (first and second):
            yield cell["id"]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "path"), pages().items(), ids=map(str, pages()))
def test_each_cell_shows_the_same_when_it_runs_again(page, path):
    assert list(in_own_process(others(page, path))) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [("n = 1\nn += 1\nprint(n)", []), ("n += 1\nprint(n)", ["late"])],
    ids=["alike", "another"],
)
def test_a_cell_that_shows_another_thing_is_found(tmp_path, text, named):
    path = write(tmp_path, "01_a.ipynb", build("n = 1"), code(text, stdout("2\n"), id="late"))
    assert list(in_own_process(others(1, path))) == named
