"""Measure how long a reader waits for Python in the pages, and what is loaded for it.

    python tests/browser/measure.py        five readers, each in a new Chromium; a minute

A reader presses Run at the first cell of a chapter, which imports NumPy and matplotlib, and then at
the first cell of another chapter. The host is this machine: what the network takes comes on top.
A time says little if the machine has other work, so the load stands beside it.
"""

import os
import statistics
import sys
import tempfile
import time

from pages import CHROMIUM_FLAGS, SECONDS, QuietHandler, find_chromium, serve
from playwright.sync_api import sync_playwright

READERS = 5
PAGES = ["chapters/01_measure_a_slope.html", "chapters/05_meet_a_diamond.html"]
CELL = "article div.cell[data-live=done]"
# What is measured, and the most that it should be on a quiet machine with two cores.
MOST = {
    "ready s": 4,
    "first cell s": 8,
    "second page s": 8,
    "loaded MB": 26,
    "requests": None,
    "MB again": None,
    "other hosts": 0,
    "load": None,
}


class Host(QuietHandler):
    """Notes how many bytes it sends."""

    sent = []

    def copyfile(self, source, outputfile):
        self.sent.append(os.fstat(source.fileno()).st_size)
        super().copyfile(source, outputfile)


def measure(context, site):
    """Be a reader who has never been here; return what was waited for and loaded."""
    page, urls = context.new_page(), []
    context.on("request", lambda request: urls.append(request.url))
    page.goto(f"{site}/{PAGES[0]}", wait_until="networkidle")
    of_the_text = len(urls)
    Host.sent.clear()
    start = time.perf_counter()
    page.get_by_role("button", name="Run cell 1", exact=True).click()
    ready = waited(page, "html[data-live-times]", start)
    first = waited(page, CELL, start)
    requests, megabytes = len(urls) - of_the_text, sum(Host.sent) / 1e6
    page.goto(f"{site}/{PAGES[1]}", wait_until="networkidle")
    Host.sent.clear()
    start = time.perf_counter()
    page.get_by_role("button", name="Run cell 1", exact=True).click()
    second = waited(page, CELL, start)
    again = sum(Host.sent) / 1e6
    others = sum(not url.startswith((site, "data:", "blob:")) for url in urls)
    load = os.getloadavg()[0]
    return [ready, first, second, megabytes, requests, again, others, load]


def waited(page, selector, start):
    page.wait_for_selector(selector, state="attached", timeout=SECONDS * 1000)
    return time.perf_counter() - start


def row(name, values):
    texts = ["" if value is None else f"{value:.3g}" for value in values]
    return f"{name:9}" + "".join(f"{text:>{len(word) + 2}}" for word, text in zip(MOST, texts))


def main():
    path = find_chromium()
    if path is None:
        sys.exit("measure: install chromium (Debian: apt-get install chromium).")
    print(" " * 9 + "".join(f"  {word}" for word in MOST))
    found = []
    with serve(Host) as site, sync_playwright() as playwright:
        for number in range(1, READERS + 1):
            with tempfile.TemporaryDirectory() as profile:  # the cache of a reader is on a disk
                context = playwright.chromium.launch_persistent_context(
                    profile, executable_path=path, args=CHROMIUM_FLAGS
                )
                found.append(measure(context, site))
                context.close()
            print(row(f"reader {number}", found[-1]), flush=True)
    medians = [statistics.median(values) for values in zip(*found)]
    print(row("median", medians))
    print(row("at most", MOST.values()))


if __name__ == "__main__":
    main()
