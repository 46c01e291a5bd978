"""Every built page in Chromium: accessible, quiet, self-contained, and fit for a small screen."""

import pytest
from axe import shuts_nobody_out
from pages import built_pages

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDTHS = {"desktop": 1280, "phone": 390}
# Cells whose code one has to scroll sideways.
FIND_WIDE_CODE = """() => [...document.querySelectorAll("div.cell_input pre")]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => element.textContent.slice(0, 100))"""


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("path", [*built_pages(), "search.html?q=gradient"])
def test_page_has_no_problem(visit, path, width):
    tab = visit(viewport={"width": width, "height": 800})
    page = tab.open(path)
    assert tab.problems == []
    if width == WIDTHS["desktop"]:
        assert page.evaluate(FIND_WIDE_CODE) == [], "code scrolls sideways"
    shuts_nobody_out(page)
