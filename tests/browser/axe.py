"""What shuts people out of a page, as axe-core finds it, and what is too wide for the window."""

from axe_playwright_python.base import AXE_SCRIPT

# Thousands of words of coloured code differ in nothing that axe looks at. Each kind stays once on
# each background; the others become plain text, which makes axe several times faster.
KEEP_ONE_WORD_OF_A_KIND = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll("pre span:not(:has(*))")) {
    const box = word.closest("[class*=highlight]")?.parentElement?.className;
    const kind = [word.className, word.parentElement.className, box].join("|");
    if (seen.has(kind)) word.replaceWith(word.textContent);
    seen.add(kind);
  }
}"""
RUN_AXE = """async () => {
  const options = {resultTypes: ["violations"], selectors: false, preload: false};
  return (await axe.run(document, options)).violations;
}"""
# What reaches over the right edge, if the page scrolls sideways at all.
FIND_TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const wide = [...document.querySelectorAll("article *")].filter(
    (element) => element.getBoundingClientRect().right > edge && !element.closest("pre")
  );
  return ["the page", ...wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 150))];
}"""


def describe(violation):
    nodes = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']}: {nodes}"


def shuts_nobody_out(page):
    """Check a page, light and dark. Most of its code loses its colours by that."""
    assert page.evaluate(FIND_TOO_WIDE) == [], "the page scrolls sideways"
    page.evaluate(KEEP_ONE_WORD_OF_A_KIND)
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        violations = page.evaluate(RUN_AXE)
        assert not violations, f"{scheme}: " + "\n".join(map(describe, violations))
