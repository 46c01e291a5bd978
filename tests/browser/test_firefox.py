"""Python in the pages, in Firefox: a cell runs, is edited, and an endless loop is stopped."""

import pytest
from firefox import Firefox, find_firefox
from pages import HTML, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FIRST, SECOND = "01_measure_a_slope", "05_meet_a_diamond"
# All that Firefox says when a worker is ended that was busy: here an endless loop.
ENDED = "uncaught exception: undefined"
ENDLESS = "x = 1\nprint('begun')\nwhile True: x += 1"


@pytest.fixture
def firefox(tmp_path):
    if not (HTML / "_static" / "pyodide").exists():
        pytest.skip("NO PYTHON IN THE PAGES: the book was built without it")
    path = find_firefox()
    if path is None:
        pytest.skip("NO CHECK IN FIREFOX: install it (Debian: apt-get install firefox-esr)")
    firefox = Firefox(path, tmp_path)
    yield firefox
    firefox.close()


class Reader:
    """Somebody who runs cells of a page in Firefox."""

    def __init__(self, firefox, url):
        self.firefox = firefox
        firefox.open(url)
        wait_until(lambda: self.has(self.button("Run cell 1")), "the button Run")

    def button(self, name):
        return f"""document.querySelector('button[aria-label="{name}"]')"""

    def cell(self, number):
        cells = "article div.cell:not(.answer_output)"
        return f"document.querySelectorAll('{cells}')[{number - 1}]"

    def has(self, element):
        return self.firefox.value(f"{element} !== null")

    def click(self, name):
        self.firefox.value(f"{self.button(name)}.click()")

    def output(self, number):
        boxes = f"[...{self.cell(number)}.querySelectorAll('.cell_output pre')]"
        return self.firefox.value(f"{boxes}.map((box) => box.textContent).join('')")

    def wait(self, number, state):
        wait_until(
            lambda: self.firefox.value(f"{self.cell(number)}.dataset.live") == state,
            f"cell {number} to be {state}",
        )

    def write(self, number, text):
        """Open the editor of a cell, write text by the keyboard, and run it."""
        if not self.has(f"{self.cell(number)}.querySelector('textarea')"):
            self.click(f"Edit cell {number}")
        self.firefox.value(f"{self.cell(number)}.querySelector('textarea').focus()")
        self.firefox.press("Control", "a")
        self.firefox.type(text)
        self.firefox.press("Shift", "Enter")

    def stop_an_endless_loop(self, number):
        self.write(number, ENDLESS)
        wait_until(lambda: "begun" in self.output(number), "the loop to begin")
        self.click("Stop")
        self.wait(number, "stopped")


def test_a_reader_runs_edits_and_stops_cells_in_firefox(firefox, site):
    reader = Reader(firefox, f"{site}/chapters/{FIRST}.html")
    stored = reader.output(2)
    reader.click("Run cell 2")
    reader.wait(2, "done")
    assert reader.output(2).strip() == stored.strip() != ""
    reader.stop_an_endless_loop(3)
    assert "KeyboardInterrupt" not in reader.output(3), "this page came without headers"
    reader.wait(2, "done")  # again, in a new Python
    reader.write(3, "print(6 * 7)")
    reader.wait(3, "done")
    assert reader.output(3).strip() == "42"

    reader = Reader(firefox, f"{site}/chapters/{SECOND}.html")
    assert firefox.value("crossOriginIsolated"), "the service worker adds the headers"
    reader.stop_an_endless_loop(2)
    assert "KeyboardInterrupt" in reader.output(2)
    reader.write(2, "print(x > 1, 'np' in globals())")
    reader.wait(2, "done")
    assert reader.output(2).strip() == "True True"
    assert firefox.problems in ([], [ENDED])
