"""What a reader does with the book: search, change the theme, read without scripts."""

import re

import pytest
from pages import HTML, built_pages
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CHAPTERS = [page for page in built_pages() if re.match(r"chapters/(in_full/)?\d\d_", page)]
# The predictions of a page whose answer can be read in the 900 pixels below them: the output that
# answers, or a number or word of this output that was not there before the question.
ANSWERS_IN_SIGHT = r"""() => {
  const word = /-?\d+\.\d+|\b\d{2,}\b|\bTrue\b|\bFalse\b|\b\w+Error\b/g;
  const words = (text) => text.match(word) ?? [];
  const visible = (e) => e.checkVisibility({contentVisibilityAuto: true}) && e.offsetHeight > 0;
  const follows = (a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
  const box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll("article :is(p, pre, li, td, h2, h3)")].filter(
    (e) => !e.closest(".cell_input") && visible(e));
  const titles = [...document.querySelectorAll("article .admonition-title")];
  const asked = titles.filter((title) => title.textContent.trim() === "Predict");
  return asked.map((title) => title.parentElement).filter((question) => {
    const output = [...document.querySelectorAll("article .cell_output")].find(
      (e) => follows(question, e) && !question.contains(e));
    if (!output) return true;
    const near = (e) => box(e).top - box(question).bottom < 900;
    if (visible(output) && near(output)) return true;
    const known = texts.filter((e) => question.contains(e) || follows(e, question));
    const given = new Set(known.flatMap((e) => words(e.innerText)));
    const below = texts.filter((e) => follows(question, e) && !question.contains(e) && near(e));
    const shown = new Set(below.flatMap((e) => words(e.innerText)));
    return words(output.textContent).some((word) => shown.has(word) && !given.has(word));
  }).map((question) => question.innerText.slice(0, 90));
}"""


def search_results(page):
    """Wait until the search is done; return the links it found."""
    done = re.compile("matching the search query|did not match")
    expect(page.locator("#search-results > p.search-summary")).to_contain_text(done, timeout=20_000)
    return page.locator("#search-results ul.search li a").all_inner_texts()


@pytest.mark.parametrize(
    "words, found", [("slope", "Measure a slope"), ("creator", "Glossary"), ("xyzzy", None)]
)
def test_search_finds_the_page(visit, words, found):
    tab = visit()
    page = tab.open("chapters/index.html")
    page.keyboard.press("Control+k")
    field = page.locator("input[type=search]:visible").first
    field.fill(words)
    field.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    results = search_results(page)
    if found is None:
        assert results == []
    else:
        assert any(found in result for result in results), results
    assert tab.problems == []


def test_theme_switch_changes_and_keeps_the_theme(visit):
    tab = visit(color_scheme="light")
    page = tab.open("chapters/index.html")

    def background():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):  # the button walks through light, dark and automatic
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        button.click()
    assert background() != light
    dark = background()
    tab.open(CHAPTERS[0])
    assert background() == dark
    assert tab.problems == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_chapter_can_be_read_without_scripts(visit, path):
    page = visit(java_script_enabled=False).page
    page.goto((HTML / path).as_uri())
    assert page.locator("article h1").first.is_visible()
    assert page.locator("article .cell_input pre").first.is_visible()
    answers = page.locator("article details.answer > summary")
    for number in range(answers.count()):
        answers.nth(number).click()
    outputs = page.locator("article .cell_output pre, article .cell_output img")
    assert outputs.count() > 0
    assert all(outputs.nth(number).is_visible() for number in range(outputs.count()))


@pytest.mark.parametrize("path", CHAPTERS)
def test_no_answer_is_in_sight_before_it_is_asked_for(visit, path):
    page = visit(java_script_enabled=False, viewport={"width": 1280, "height": 900}).page
    page.goto((HTML / path).as_uri())
    assert page.evaluate(ANSWERS_IN_SIGHT) == []


def test_formulas_are_typeset_from_file(visit):
    """Also a book that was copied to a disk, without any server, shows its formulas."""
    tab = visit()
    tab.site = "file://"
    page = tab.page
    page.goto((HTML / CHAPTERS[0]).as_uri())
    page.wait_for_function("document.querySelector('mjx-container') !== null")
    assert page.locator("mjx-container").first.is_visible()
    assert tab.problems == []


def test_a_picture_that_is_too_small_can_be_made_larger(visit):
    page = visit(viewport={"width": 390, "height": 844}).open("chapters/05_meet_a_diamond.html")
    picture = page.locator("article div.cell_output img").first
    own = picture.evaluate("image => parseFloat(image.style.width)")
    before = picture.bounding_box()["width"]
    assert before < own
    page.get_by_role("button", name="Larger picture").first.click()
    assert picture.bounding_box()["width"] == own
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Smaller picture").first.click()
    assert picture.bounding_box()["width"] == before


def test_where_there_is_room_no_picture_has_a_button(visit):
    page = visit(viewport={"width": 1280, "height": 900}).open("chapters/05_meet_a_diamond.html")
    expect(page.locator("article div.cell_output img").first).to_be_visible()
    expect(page.locator("button.larger")).to_have_count(0)
