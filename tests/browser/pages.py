"""The built book as a browser sees it: its pages, a Chromium, and a tab that notes problems."""

import contextlib
import functools
import http.server
import shutil
import threading
import time
from pathlib import Path

HTML = Path(__file__).parents[2] / "_build" / "html"
SECONDS = 60  # until something has happened, on a machine that is busy
CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium():
    """Return the path of a Chromium or Chrome on this machine, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def built_pages():
    """Return the paths of all built pages, relative to the root of the book.

    Of the listings of code, which are all alike, there is one.
    """
    # The top index.html only sends the browser on to the landing page; lite is JupyterLite.
    pages = sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    others = ("index.html", "_static/", "lite/")
    pages = [page for page in pages if not page.startswith(others)]
    listings = [page for page in pages if page.startswith("_modules/tinylinks/")]
    return [page for page in pages if page not in listings[1:]]


def wait_until(is_so, what):
    """Wait until something is so; return it."""
    end = time.monotonic() + SECONDS
    while not (found := is_so()):
        assert time.monotonic() < end, f"waited {SECONDS} seconds for {what}"
        time.sleep(0.1)
    return found


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def serve(handler):
    """Serve the built book; the value is its address."""
    assert (HTML / "index.html").exists(), f"no book in {HTML}: run `python dev.py book` first"
    handler = functools.partial(handler, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


class Visit:
    """A browser tab that notes every problem a page has while it loads."""

    def __init__(self, browser, site, **options):
        self.site = site
        self.problems = []
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.context.set_default_timeout(20_000)
        self.context.on("request", self.note_request)
        self.page = self.context.new_page()
        self.page.on("console", self.note_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))

    def note_request(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.problems.append(f"request to another host: {request.url}")

    def note_console(self, message):
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} {where}")

    def open(self, path):
        """Load a page of the book and wait until its scripts and formulas are done."""
        self.page.goto(f"{self.site}/{path}", wait_until="load")
        self.page.wait_for_load_state("networkidle")
        if path.startswith("search.html?"):
            self.page.wait_for_selector("#search-results p.search-summary")
        self.page.evaluate("async () => { await window.MathJax?.startup?.promise }")
        return self.page
