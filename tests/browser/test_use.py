"""What a reader does with the book: search, change the theme, read without scripts."""

import re

import pytest
from pages import HTML, built_pages
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CHAPTERS = [page for page in built_pages() if re.match(r"chapters/\d\d_", page)]


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
    outputs = page.locator("article .cell_output pre, article .cell_output img")
    assert outputs.count() > 0
    assert all(outputs.nth(number).is_visible() for number in range(outputs.count()))


def test_formulas_are_typeset_from_file(visit):
    """Also a book that was copied to a disk, without any server, shows its formulas."""
    tab = visit()
    tab.site = "file://"
    page = tab.page
    page.goto((HTML / CHAPTERS[0]).as_uri())
    page.wait_for_function("document.querySelector('mjx-container') !== null")
    assert page.locator("mjx-container").first.is_visible()
    assert tab.problems == []
