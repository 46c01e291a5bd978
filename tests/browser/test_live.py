"""Python in the pages: a reader runs cells, edits them, stops them, comes back."""

import json
import re

import notebooks
import pytest
from axe import shuts_nobody_out
from pages import HTML, SECONDS, QuietHandler, serve, wait_until
from playwright.sync_api import expect
from reader import CELL, Reader

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CHAPTERS = ["01_measure_a_slope", "05_meet_a_diamond", "09_bend_the_line"]
CHAPTERS += ["in_full/11_build_linear"]


def cells_of(name):
    return notebooks.code_cells(notebooks.read(notebooks.CHAPTERS / f"{name}.ipynb"))


# Reading and running


def test_nothing_is_loaded_before_the_first_press(read):
    reader = read(CHAPTERS[0])
    assert [url for url in reader.requests if "pyodide" in url or url.endswith(".py")] == []
    assert reader.count() == len(cells_of(CHAPTERS[0]))
    assert reader.message.is_hidden()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs_and_shows_what_was_stored(read, name):
    reader = read(name)
    stored = reader.outputs()
    cells = cells_of(name)
    reader.run(len(cells))
    for number, cell in enumerate(cells, 1):
        fails = "raises-exception" in notebooks.tags(cell)
        assert reader.state(number) == ("failed" if fails else "done"), f"cell {number}"
    assert reader.outputs() == stored
    times = json.loads(reader.page.evaluate("document.documentElement.dataset.liveTimes"))
    print(f"\n{name}: Python ready after {times['ready'] / 1000:.1f} s")
    assert reader.tab.problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_live_page_shuts_nobody_out(read, width):
    reader = read(CHAPTERS[1], viewport={"width": width, "height": 800})
    reader.edit(2, "print('x' * 300)\n1 / 0  # no\n")
    reader.run(2)
    reader.run(4, "left")
    page = reader.page
    shuts_nobody_out(page)
    assert reader.tab.problems == []


def test_running_the_cell_after_a_prediction_reveals_it(read):
    reader = read(CHAPTERS[1])
    [first, second, *_] = [
        number
        for number in range(1, reader.count() + 1)
        if reader.page.evaluate(f"""() => document.querySelectorAll("{CELL}")[{number - 1}]
            .nextElementSibling?.querySelector(".answer_output") != null""")
    ]
    folds = reader.page.locator("details.answer:has(.answer_output)")
    reader.run(second)
    assert folds.nth(1).get_attribute("open") is not None
    assert reader.state(first) == "done"
    assert folds.nth(0).get_attribute("open") is None, "nobody has asked for this answer"
    assert folds.nth(0).locator(".answer_output pre").text_content() != ""
    reader.run(first)
    assert folds.nth(0).get_attribute("open") is not None


def test_a_page_from_a_disk_is_as_it_was(visit):
    tab = visit()
    tab.site = "file://"
    tab.page.goto((HTML / "chapters" / f"{CHAPTERS[0]}.html").as_uri())
    assert tab.page.locator(".live-button").count() == 0
    assert tab.problems == []


# Editing


def test_an_edit_runs_survives_a_reload_and_is_reset(read):
    reader = read(CHAPTERS[1])
    before = reader.output(3).inner_text()
    code = reader.cell(3).locator(".cell_input").inner_text()
    reader.edit(3, "print(6 * 7)")
    assert reader.note(3).startswith("Changed")
    reader.field(3).press("Shift+Enter")
    reader.wait(3, "done")
    assert reader.output(3).inner_text().strip() == "42"
    assert reader.field(3).input_value() == "print(6 * 7)", "Shift+Enter is no new line"

    reader = Reader(reader.tab, reader.path)
    assert reader.field(3).input_value() == "print(6 * 7)"
    assert reader.output(3).inner_text() == before
    assert reader.note(3).startswith("Changed")
    assert "1 cell" in reader.message.inner_text()
    reader.press("Reset", 3)
    assert reader.cell(3).locator(".cell_input").inner_text() == code
    assert reader.note(3) == ""

    reader.edit(1, "x = 1")
    reader.edit(2, "x = 2")
    clear = reader.page.get_by_role("button", name="Clear changes of this page")
    clear.click()
    assert "what you wrote in" in reader.answer("Keep it")
    assert reader.field(2).is_visible()
    clear.click()
    reader.answer("Clear")
    assert reader.page.locator("textarea").count() == 0
    kept = reader.page.evaluate("Object.keys(localStorage)")
    assert [key for key in kept if key.startswith("tinylinks:/")] == []
    reader = Reader(reader.tab, reader.path)
    assert reader.page.locator("textarea").count() == 0


def test_an_edit_makes_later_outputs_out_of_date(read):
    reader = read(CHAPTERS[1])
    reader.run(3)
    reader.edit(2, reader.button("Edit", 2).evaluate("() => 'print(1)'"))
    assert reader.note(2).startswith("Changed")
    assert reader.note(3) == "Out of date: cell 2 changed."
    assert "Out of date" not in reader.note(1) + reader.note(4)


def test_keys_in_the_editor(read):
    reader = read(CHAPTERS[1])
    reader.edit(2, "")
    field = reader.field(2)
    keys = reader.page.keyboard
    keys.type("def f():")
    keys.press("Enter")
    keys.type("return 1")
    keys.press("Enter")
    keys.press("Shift+Tab")
    keys.type("a")
    keys.press("Tab")
    keys.type("b")
    assert field.input_value() == "def f():\n    return 1\na   b"
    keys.press("Control+a")
    keys.press("Tab")
    assert field.input_value() == "    def f():\n        return 1\n    a   b"
    keys.press("Shift+Tab")
    keys.press("Control+z")
    assert field.input_value() == "    def f():\n        return 1\n    a   b"
    keys.press("Escape")
    keys.press("Tab")
    assert not field.evaluate("(field) => field === document.activeElement"), "a trap for keys"


def test_all_of_it_works_by_keyboard(read):
    reader = read(CHAPTERS[1])
    reader.button("Edit", 2).focus()
    keys = reader.page.keyboard
    keys.press("Enter")
    assert reader.field(2).evaluate("(field) => field === document.activeElement")
    keys.press("Control+a")
    keys.type("print(5)")
    keys.press("Control+Enter")
    reader.wait(2, "done")
    assert reader.output(2).inner_text().strip() == "5"


# What goes wrong


def test_what_waits_behind_a_cell_that_failed_says_so(read):
    reader = read(CHAPTERS[1])
    stored = reader.output(5).inner_text()
    reader.edit(2, "1 / 0")
    reader.run(5, "left")
    assert reader.state(2) == "failed"
    assert reader.note(5) == "Not run: cell 2 failed."
    assert "ZeroDivisionError" in reader.output(2).inner_text()
    assert reader.output(5).inner_text() == stored != "", "the old output stays"
    reader.press("Reset", 2)
    reader.run(5, "done")


ENDLESS = "x = 1\nprint('begun')\nwhile True:\n    x += 1\n"


def stop_an_endless_loop(reader):
    reader.run(2)
    reader.edit(3, ENDLESS)
    reader.press("Run", 3)
    expect(reader.output(3)).to_have_text(re.compile("begun"), timeout=SECONDS * 1000)
    reader.page.get_by_role("button", name="Stop", exact=True).click()
    reader.wait(3, "stopped")


def test_a_stopped_cell_ends_at_once_and_the_others_run_again(read):
    reader = read(CHAPTERS[1])
    stop_an_endless_loop(reader)
    assert reader.note(3) == "Stopped."
    expect(reader.cell(2)).to_have_attribute("data-live", "done", timeout=SECONDS * 1000)
    reader.press("Run", 4)
    assert "Cell 3 was stopped while it ran." in reader.answer("Leave it")
    assert reader.state(4) == "stored"
    reader.press("Reset", 3)
    reader.run(4)
    assert reader.tab.problems == []


def stop_and_go_on_with_all_names(reader):
    assert reader.page.evaluate("crossOriginIsolated")
    stop_an_endless_loop(reader)
    assert "KeyboardInterrupt" in reader.output(3).inner_text()
    assert reader.state(2) == "done"
    reader.edit(3, "print(x > 1, 'np' in globals())")
    reader.run(3)
    assert reader.output(3).inner_text().strip() == "True True"
    assert reader.tab.problems == []


def test_with_shared_memory_a_stopped_cell_leaves_all_names(read, isolated_site):
    reader = read(CHAPTERS[1], site=isolated_site)
    stop_and_go_on_with_all_names(reader)
    assert reader.page.evaluate(SERVICE_WORKERS) == []


# Headers, on a host that does not send them

SERVICE_WORKERS = """async () =>
    (await navigator.serviceWorker.getRegistrations()).map((found) => found.scope)"""
IS_READY = "navigator.serviceWorker.ready.then(() => true)"
HAS_HEADERS = "[crossOriginIsolated, navigator.serviceWorker.controller !== null]"


@pytest.fixture
def press_run(read):
    """Return a function that runs a cell, so that the service worker is there."""

    def run(**options):
        reader = read(CHAPTERS[0], **options)
        assert reader.page.evaluate(SERVICE_WORKERS) == []
        reader.run(1)
        assert reader.page.evaluate(IS_READY)
        return reader

    return run


def test_without_headers_stop_keeps_all_names_from_the_second_page_on(press_run):
    reader = press_run()
    assert reader.page.evaluate(SERVICE_WORKERS) == [f"{reader.tab.site}/chapters/"]
    assert reader.page.evaluate(HAS_HEADERS) == [False, False], "nothing changes under the reader"
    stop_and_go_on_with_all_names(Reader(reader.tab, f"chapters/{CHAPTERS[1]}.html"))


def test_a_reload_past_the_service_worker_leaves_a_page_that_works(press_run):
    reader = press_run()
    reader.page.reload()
    assert reader.page.evaluate(HAS_HEADERS) == [True, True]
    browser = reader.tab.context.new_cdp_session(reader.page)
    with reader.page.expect_navigation(wait_until="networkidle"):
        browser.send("Page.reload", {"ignoreCache": True})
    assert reader.page.evaluate(HAS_HEADERS) == [False, False]
    reader.run(1)
    assert reader.state(1) == "done"
    assert reader.tab.problems == []


def test_the_service_worker_keeps_nothing_and_leaves_other_folders_alone(press_run, tmp_path):
    class Host(QuietHandler):
        def translate_path(self, path):
            edited = tmp_path / path.split("?")[0].strip("/")
            return str(edited) if edited.is_file() else super().translate_path(path)

    with serve(Host) as address:
        reader = press_run(site=address)
        page, tab = reader.page, reader.tab
        for name in (f"chapters/{CHAPTERS[1]}.html", "lite/index.html"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("<!doctype html><p>A new edition.")
            tab.page.goto(f"{address}/{name}")
            assert page.locator("p").inner_text() == "A new edition."
            is_chapter = name.startswith("chapters")
            assert page.evaluate(HAS_HEADERS) == [is_chapter, is_chapter]
        (tmp_path / "chapters/service_worker.js").write_text(
            "addEventListener('install', () => skipWaiting());"
            "addEventListener('activate', () => registration.unregister());"
        )
        tab.page.goto(f"{address}/chapters/{CHAPTERS[1]}.html")
        wait_until(lambda: page.evaluate(SERVICE_WORKERS) == [], "the service worker to go")
        tab.page.reload()
        assert page.evaluate(HAS_HEADERS) == [False, False]


def test_from_a_page_with_headers_a_reader_searches_and_downloads(press_run):
    tab = press_run().tab
    page = tab.open(f"chapters/{CHAPTERS[1]}.html")
    assert page.evaluate(HAS_HEADERS) == [True, True]
    broken = "[...document.images].filter((image) => !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    for name in ("tinylinks-notebooks.zip", f"{CHAPTERS[1]}.ipynb"):
        with page.expect_download() as download:
            page.locator(f"a[href$='{name}'][download]").first.evaluate("(link) => link.click()")
        assert download.value.failure() is None
        assert download.value.path().stat().st_size > 1000
    tab.open("search.html?q=diamond")
    page.locator("#search-results a").first.click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(HAS_HEADERS) == [True, True]
    assert tab.problems == []


def test_where_python_cannot_be_loaded_the_service_worker_goes(press_run):
    tab = press_run().tab
    reader = Reader(tab, f"chapters/{CHAPTERS[1]}.html")
    assert reader.page.evaluate(HAS_HEADERS) == [True, True]
    reader.page.evaluate(
        "() => { globalThis.Blob = class extends Blob { constructor() {"
        " super(['throw 0'], { type: 'text/javascript' }); } } }"
    )
    reader.run(1, "unloaded")
    reader = Reader(tab, f"chapters/{CHAPTERS[2]}.html")
    assert reader.page.evaluate(HAS_HEADERS) == [False, False]
    reader.run(1, "done")


# To free such a chain overflows the stack that a browser gives to Python.
CHAIN = """\
class Node:
    pass


last = None
for _ in range(20_000):
    node = Node()
    node.before = last
    last = node
del node, last
print("freed")
"""


def test_a_python_that_breaks_down_is_said_and_replaced(read):
    reader = read(CHAPTERS[1])
    reader.edit(2, CHAIN)
    reader.run(2, "broken", "done")
    assert reader.state(2) == "broken"
    assert "broke down" in reader.output(2).inner_text()
    assert "brought Python down" in reader.message.inner_text()
    reader.press("Reset", 2)
    reader.run(3, "done", "failed")


def test_restart_forgets_names_and_shows_the_book_again(read):
    reader = read(CHAPTERS[1])
    stored = reader.outputs()
    reader.edit(2, "print(6 * 7)")
    reader.run(2)
    reader.page.get_by_role("button", name="Restart Python").click()
    expect(reader.message).to_have_text(re.compile("put away"))
    assert reader.outputs() == stored
    assert reader.field(2).input_value() == "print(6 * 7)", "a change is not lost"
    reader.edit(2, "print('np' in globals())")
    reader.run(2)
    assert reader.output(2).inner_text().strip() == "True", "the first cell ran again"


def test_what_is_long_or_may_break_asks_first(visit, read):
    page = HTML / "chapters" / f"{CHAPTERS[1]}.html"
    text = page.read_text(encoding="utf-8")
    about = json.loads(re.search(r'id="live-cells">(.*)</script>', text)[1].replace("\\u003c", "<"))
    about["cells"][1]["seconds"] = 90
    about["cells"][2]["breaks"] = "frees too much."
    about["cells"][3]["not"] = "it needs a GPU"
    changed = re.sub(
        r'(id="live-cells">).*(</script>)', lambda m: m[1] + json.dumps(about) + m[2], text
    )
    tab = visit()
    tab.context.route(
        "**/05_meet_a_diamond.html",
        lambda route: route.fulfill(body=changed, content_type="text/html"),
    )
    reader = Reader(tab, f"chapters/{CHAPTERS[1]}.html")
    assert reader.note(4) == "Not run in the page: it needs a GPU."
    assert reader.button("Run", 4).count() == 0
    reader.press("Run", 5)
    assert "Cell 2 takes about 90 seconds" in reader.answer("Leave it")
    assert reader.state(1) == "stored"
    reader.press("Run", 3)
    assert "Cell 3 frees too much." in reader.answer("Leave it")
    reader.press("Run", 5)
    assert "frees too much" not in reader.answer("Run")
    reader.wait(5, "done", "failed", "left")
    assert [reader.state(number) for number in (1, 2, 3, 4)] == ["done", "done", "stored", "stored"]


def test_the_field_lies_exactly_over_its_coloured_copy(read):
    for width in (1280, 390):
        reader = read(CHAPTERS[1], viewport={"width": width, "height": 800})
        reader.edit(2, "# wrapped " + "word " * 60 + "\n\nprint('a')\n\n")
        [copy, field] = reader.cell(2).evaluate("""(cell) => ["pre", "textarea"].map((tag) => {
            const e = cell.querySelector(`.live-editor ${tag}`);
            const { x, y, width, height } = e.getBoundingClientRect();
            const { font, lineHeight, padding, whiteSpace } = getComputedStyle(e);
            return [x, y, width, height, e.scrollHeight, font, lineHeight, padding, whiteSpace];
        })""")
        assert copy == field


def test_a_python_that_cannot_be_loaded_is_said(read):
    reader = read(CHAPTERS[1])
    stored = reader.outputs()
    reader.tab.context.route("**/pyodide.asm.wasm", lambda route: route.abort())
    reader.run(2, "left")
    assert reader.state(1) == "unloaded"
    assert reader.note(1) == "Cell 1 was not run: Python could not be loaded."
    assert "could not be loaded" in reader.message.inner_text()
    assert reader.outputs() == stored
    reader.tab.context.unroute("**/pyodide.asm.wasm")
    reader.run(2)
    assert reader.state(2) == "done"


def test_a_sheet_is_worked_in_the_page_to_full_marks(read):
    name = "exercises/05_meet_a_diamond/05_meet_a_diamond"
    reader = read(name)
    cells = cells_of(name)
    answers = [number for number, cell in enumerate(cells, 1) if "SOLUTION" in str(cell["source"])]
    assert len(answers) > 2
    for number in answers:
        assert "raise NotImplementedError" in reader.field(number).input_value()
        assert reader.cell(number).locator("details pre").first.is_hidden(), "the solution"
        reader.run(number + 1)  # the check, of what is not there yet
        assert "0 of" in reader.output(number + 1).inner_text()
    assert f"Solved: 0 of {len(answers)} tasks." in reader.message.inner_text()
    for solved, number in enumerate(answers, 1):
        solution = notebooks.source(cells[number - 1])
        reader.edit(number, solution)
        assert "Out of date" in reader.note(number + 1)
        reader.run(number + 1)
        [[got, of]] = re.findall(r"(\d+) of (\d+)", reader.output(number + 1).inner_text())
        assert got == of != "0"
        assert f"Solved: {solved} of {len(answers)} tasks." in reader.message.inner_text()
    assert reader.tab.problems == []

    reader = Reader(reader.tab, reader.path)
    assert reader.field(answers[0]).input_value() == notebooks.source(cells[answers[0] - 1])
    reader.press("Reset", answers[0])
    assert "raise NotImplementedError" in reader.field(answers[0]).input_value()
    page = reader.tab.open("chapters/index.html")
    assert f"{len(answers)} exercises solved" in page.locator("section.place").inner_text()


def test_a_live_sheet_shuts_nobody_out(read):
    for width in (1280, 390):
        reader = read(
            "exercises/05_meet_a_diamond/05_meet_a_diamond",
            viewport={"width": width, "height": 800},
        )
        shuts_nobody_out(reader.page)
