"""The book remembers where its reader was, in the reader's browser and nowhere else."""

import json
import re
from pathlib import Path

import pytest
from axe import shuts_nobody_out
from pages import HTML
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LANDING = "chapters/index.html"
CHAPTER = "chapters/05_meet_a_diamond.html"


def box(tab):
    return tab.page.locator("section.place")


def test_a_new_reader_sees_nothing_of_it(visit):
    tab = visit()
    tab.open(LANDING)
    assert box(tab).count() == 0
    assert tab.problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reader_goes_on_where_the_reading_stopped(visit, width):
    tab = visit(viewport={"width": width, "height": 800})
    page = tab.open(CHAPTER)
    page.locator("details.answer > summary").nth(0).click()
    heading = page.locator("article section[id] > h2").nth(3)
    name = heading.evaluate("(heading) => heading.firstChild.textContent")
    heading.evaluate("(heading) => heading.scrollIntoView()")
    tab.open(LANDING)
    link = box(tab).get_by_role("link").first
    expect(link).to_have_text(re.compile(rf"^5\. .*, at “{re.escape(name)}”$"))
    assert re.search(
        r"\b0 of \d+ chapters read .* 1 answer opened, 0 exercises solved", box(tab).inner_text()
    )
    shuts_nobody_out(page)
    link.click()
    page.wait_for_url(f"**/{CHAPTER}#*")
    assert tab.problems == []


def test_after_the_end_of_a_chapter_comes_the_next(visit):
    tab = visit()
    page = tab.open(CHAPTER)
    page.locator("#run-this-page").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("localStorage.getItem('tinylinks:place')?.includes('\"end\":true')")
    tab.open(LANDING)
    expect(box(tab).get_by_role("link").first).to_have_text(re.compile(r"^6\. "))
    assert "1 of" in box(tab).inner_text()


def test_what_is_kept_can_be_saved_and_forgotten(visit):
    tab = visit()
    tab.open("chapters/in_full/05_meet_a_diamond.html")
    page = tab.open(LANDING)
    with page.expect_download() as event:
        box(tab).get_by_role("link", name="Save it as a file").click()
    saved = json.loads(Path(event.value.path()).read_text(encoding="utf-8"))
    assert saved["last"] == "chapters/in_full/05_meet_a_diamond"
    box(tab).get_by_role("button", name="Forget it").click()
    assert box(tab).count() == 0
    assert page.evaluate("localStorage.getItem('tinylinks:place')") is None
    assert tab.open(LANDING).locator("section.place").count() == 0


def test_a_page_from_a_disk_keeps_nothing(visit):
    tab = visit()
    tab.site = "file://"
    tab.page.goto((HTML / CHAPTER).as_uri())
    assert tab.page.evaluate("localStorage.getItem('tinylinks:place')") is None
    assert tab.problems == []
