"""Somebody who runs the cells of a page."""

import re

from pages import SECONDS
from playwright.sync_api import expect

CELL = "article div.cell:not(.answer_output)"


class Reader:
    """Somebody who reads a page of the book and runs its cells."""

    def __init__(self, tab, path):
        self.tab, self.path = tab, path
        self.requests = []
        tab.context.on("request", lambda request: self.requests.append(request.url))
        self.page = tab.open(path)
        self.message = self.page.locator(".live-message")
        expect(self.button("Run", 1)).to_be_visible()

    def button(self, word, number):
        return self.page.get_by_role("button", name=f"{word} cell {number}", exact=True)

    def cell(self, number):
        return self.page.locator(CELL).nth(number - 1)

    def press(self, word, number):
        self.button(word, number).click()

    def count(self):
        return self.page.locator(CELL).count()

    def wait(self, number, *states):
        """Wait until a cell has come to one of these ends."""
        state = re.compile("|".join(states or ("done", "failed")))
        expect(self.cell(number)).to_have_attribute("data-live", state, timeout=SECONDS * 1000)

    def run(self, number, *states):
        self.press("Run", number)
        self.wait(number, *states)

    def state(self, number):
        return self.cell(number).get_attribute("data-live")

    def note(self, number):
        return self.cell(number).locator(".live-note").inner_text()

    def field(self, number):
        return self.cell(number).locator("textarea")

    def edit(self, number, text):
        if not self.field(number).is_visible():
            self.press("Edit", number)
        self.field(number).fill(text)

    def output(self, number):
        return self.cell(number).locator(":scope > .cell_output")

    def outputs(self):
        """Return text and pictures of all outputs of the page, folded ones too; no tracebacks."""
        return self.page.evaluate("""() => [...document.querySelectorAll(".cell_output")]
            .filter((output) => output.childNodes.length)
            .map((output) => [
                [...output.querySelectorAll(":is(.stream, .text_plain) pre")]
                    .map((pre) => pre.textContent).join("").trim(),
                [...output.querySelectorAll("img")].map((image) => image.alt),
                output.querySelector(".traceback") !== null])""")

    def answer(self, word):
        """Answer the question that the page asks; return what it said."""
        dialog = self.page.locator("dialog[open]")
        text = dialog.inner_text()
        dialog.get_by_role("button", name=word, exact=True).click()
        return text
