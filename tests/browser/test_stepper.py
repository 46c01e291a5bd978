"""The player of a walk back: what the book stores, and what a reader's own expression gives."""

import re

import numpy as np
import pytest
from axe import shuts_nobody_out
from pages import HTML
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NAME = "step_through"
PAGE = f"chapters/{NAME}.html"
CELL = 3  # in which the expression is


class Player:
    """Somebody who steps through the walk that a page shows."""

    def __init__(self, page):
        self.page = page
        self.box = page.locator(".stepper")
        self.told = self.box.get_by_role("status")
        self.view = self.box.get_by_role("group")
        self.frames = self.box.locator("li")

    def press(self, name):
        # At the ends it says that it is disabled, and playwright would wait: press all the same.
        self.box.get_by_role("button", name=name, exact=True).click(force=True)

    def shown(self):
        """Return the numbers of the visits that can be seen."""
        return [i for i in range(1, self.frames.count() + 1) if self.frames.nth(i - 1).is_visible()]

    def words(self):
        """Return what is said of the visit that can be seen: {name: text}."""
        (number,) = self.shown()
        frame = self.frames.nth(number - 1)
        names, texts = frame.locator("dt").all_inner_texts(), frame.locator("dd").all_inner_texts()
        return dict(zip(names, texts, strict=True))


@pytest.fixture
def player(visit):
    """The player of the page as the book stores it."""
    return Player(visit().open(PAGE))


def test_buttons_lead_from_visit_to_visit(player):
    last = player.frames.count()
    assert last == 3
    for number in range(1, last + 1):
        assert player.shown() == [number]
        expect(player.told).to_have_text(re.compile(rf"^Visit {number} of {last}:"))
        player.press("Next")
    assert player.shown() == [last], "there is nothing after the last visit"
    focused = player.page.evaluate("document.activeElement.textContent")
    assert focused == "Next", "the button keeps the focus at the end"
    for number in (2, 1, 1):
        player.press("Previous")
        assert player.shown() == [number]


def test_keys_lead_from_visit_to_visit(player):
    player.view.focus()
    keys = [("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowLeft", 1), ("End", 3), ("Home", 1)]
    for key, number in keys:
        player.page.keyboard.press(key)
        assert player.shown() == [number], key
    player.page.keyboard.press("Alt+ArrowRight")
    assert player.shown() == [1], "a key of the browser"


def test_each_visit_is_said(player):
    player.press("Next")
    said = player.told.text_content()
    for name, text in player.words().items():
        assert f"{name} {text}" in said
    picture = player.frames.nth(1).get_by_role("img")
    assert "visit exp" in picture.get_attribute("aria-label")


def test_the_page_does_not_jump(player):
    places = []
    for number in range(3):
        box, frame = player.box.bounding_box(), player.frames.nth(number).bounding_box()
        places.append((box["height"], frame["y"] - box["y"]))
        player.press("Next")
    assert places[0] == places[1] == places[2]


def test_without_scripts_and_on_paper_all_visits_are_there(visit):
    tab = visit(java_script_enabled=False)
    tab.page.goto((HTML / PAGE).as_uri())
    items = tab.page.locator("ol.tinylinks-steps > li")
    assert [items.nth(i).is_visible() for i in range(3)] == [True] * 3
    page = visit().open(PAGE)
    page.emulate_media(media="print")
    assert Player(page).shown() == [1, 2, 3]
    assert not page.get_by_role("button", name="Next", exact=True).is_visible()


# An expression of the reader's own


@pytest.fixture
def reader(read):
    return read(NAME)


def test_the_expression_is_open_for_editing_and_nothing_is_loaded(reader):
    assert reader.field(CELL).input_value().startswith("x = Variable(")
    assert reader.button("Edit", CELL).is_hidden() and reader.button("Reset", CELL).is_hidden()
    assert [url for url in reader.requests if "pyodide" in url] == []


def numbers_in(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d*", text)]


def test_an_expression_of_the_reader_is_stepped_through(reader):
    stored = reader.output(CELL).inner_text()
    lines = "x = Variable(np.array(0.7))\nb = Variable(np.array(2.0))\n"
    reader.edit(CELL, lines + "show(F.sin(x * b) + x)")
    reader.run(CELL)
    assert reader.state(CELL) == "done"
    player = Player(reader.page)
    assert player.box.count() == 1, "the old walk is gone"
    assert player.shown() == [1]
    player.view.focus()
    reader.page.keyboard.press("End")
    words = player.words()
    assert words["visit"] == "mul"
    to_x, to_b = words["gx (sum so far)"].split(", b: ")
    slope = np.cos(0.7 * 2)
    np.testing.assert_allclose(numbers_in(to_x), [2 * slope, 2 * slope + 1], rtol=1e-3)
    np.testing.assert_allclose(numbers_in(to_b), [0.7 * slope], rtol=1e-3)
    orders = reader.output(CELL).locator(".stream").inner_text().splitlines()
    assert orders[0] == "Highest rank first: add, sin, mul"
    assert orders[1].startswith("Lowest rank first: add, ")
    assert reader.output(CELL).locator("img").count() == 1, "the graph and its ranks"
    assert reader.tab.problems == []

    reader.press("Reset", CELL)
    assert reader.output(CELL).inner_text() == stored
    assert reader.field(CELL).is_visible()
    player.press("Next")
    assert player.shown() == [2], "the stored walk is a player again"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("show(F.exp(x)", "SyntaxError: '(' was never closed"),
        ("show(F.expp(x))", "AttributeError: functions: expected a name that is there"),
        ("show(z)", "NameError: name 'z' is not defined"),
        ("show()", "TypeError: show() missing 1 required positional argument: 'y'"),
        ("show(3)", "TypeError: steps: expected a Variable"),
        ("show(x)", "RuntimeError: backward:"),
        ("show(F.exp(x) * np.ones(2))", "RuntimeError: backward:"),
    ],
)
def test_what_is_no_expression_is_told_in_a_sentence(reader, line, sentence):
    reader.edit(CELL, f"x = Variable(np.array(1.5))\n{line}")
    reader.run(CELL)
    assert reader.state(CELL) == "failed"
    (said,) = reader.output(CELL).inner_text().strip().splitlines()
    assert said.startswith(sentence) and said.endswith("(line 2)")
    assert Player(reader.page).box.count() == 0


def test_a_wide_graph_scrolls_in_its_place_to_the_visit(read):
    reader = read(NAME, viewport={"width": 390, "height": 800})
    lines = "x = a = Variable(np.array(0.3))\nfor _ in range(4):\n    a = F.exp(-a) + a\nshow(a)"
    reader.edit(CELL, lines)
    reader.run(CELL)
    player = Player(reader.page)
    assert player.shown() == [1]
    places = []
    for _ in range(player.frames.count()):
        visited = player.box.locator("li.is-shown rect[stroke-width='3']").bounding_box()
        view = player.view.bounding_box()
        assert view["x"] <= visited["x"] <= view["x"] + view["width"]
        places.append(player.view.evaluate("(view) => view.scrollLeft"))
        player.press("Next")
    assert places[0] > places[-1] == 0
    reader.page.emulate_media(media="print")
    paper, picture = player.view.bounding_box(), player.frames.nth(0).locator("svg").bounding_box()
    assert picture["width"] <= paper["width"], "paper does not scroll"
    reader.page.emulate_media(media="screen")
    shuts_nobody_out(reader.page)


def test_the_page_as_stored_shuts_nobody_out(visit):
    for width in (1280, 390):
        tab = visit(viewport={"width": width, "height": 800})
        shuts_nobody_out(tab.open(PAGE))
        assert tab.problems == []
