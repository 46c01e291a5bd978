"""Every built page in Chromium: accessible, quiet, self-contained, and fit for a small screen."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from pages import built_pages

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDTHS = {"desktop": 1280, "phone": 390}
RUN_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
# What reaches over the right edge, if the page scrolls sideways at all.
FIND_TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(
    (element) => element.getBoundingClientRect().right > edge
  );
  return ["the page", ...wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 150))];
}"""


def describe(violation):
    nodes = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']}: {nodes}"


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("path", [*built_pages(), "search.html?q=gradient"])
def test_page_has_no_problem(visit, path, width):
    tab = visit(viewport={"width": width, "height": 800})
    page = tab.open(path)
    assert tab.problems == []
    assert page.evaluate(FIND_TOO_WIDE) == [], "the page scrolls sideways"
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        violations = page.evaluate(RUN_AXE)
        assert not violations, f"{scheme}: " + "\n".join(map(describe, violations))
