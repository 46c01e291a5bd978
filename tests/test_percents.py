"""Per cents that pages print are far from the edge where they would be rounded to another one.

A training differs in the last digits from processor to processor, and so, by an example or two, may
the share of right answers. A page prints it as a whole per cent where that cannot change it.
"""

import re

import pytest
from chapter_mutants import Page, in_own_process
from notebooks import chapter_paths, code, code_cells, read, source, stdout, write

PERCENT = re.compile(r":(\d*)\.0f\} %")
FROM_THE_EDGE = 0.3


def prints_percents(cell):
    return bool(PERCENT.search(source(cell)))


def near_the_edge(number, path):
    """Run a page; yield each per cent that is printed too near an edge."""
    page = Page(number, path)
    page.start()
    for k, cell in enumerate(page.cells, start=1):
        if prints_percents(cell):
            cell["source"] = PERCENT.sub(r":\1.9f} %", source(cell))
        page.run(k)
        if prints_percents_in_full(cell):
            for percent in map(float, re.findall(r"([\d.]+) %", texts(page.outputs))):
                if abs(percent % 1 - 0.5) < FROM_THE_EDGE:
                    yield f"{cell['id']}: {percent} % is near the edge"


def prints_percents_in_full(cell):
    return ".9f} %" in source(cell)


def texts(outputs):
    return "".join("".join(output.get("text", "")) for output in outputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [n for n, path in chapter_paths().items() if any(map(prints_percents, code_cells(read(path))))],
)
def test_per_cents_are_far_from_the_edge(number):
    assert list(in_own_process(near_the_edge(number, chapter_paths()[number]))) == []


def test_a_per_cent_near_the_edge_is_found(tmp_path):
    cells = [code(f'print(f"{{{x}:3.0f}} %")', stdout(f"{x:3.0f} %\n")) for x in (96.7, 97.9)]
    path = write(tmp_path, "01_a.ipynb", *cells)
    (found,) = in_own_process(near_the_edge(1, path))
    assert "96.7" in found
