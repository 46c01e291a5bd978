"""A web server for the built book and one Chromium for all browser tests."""

import importlib.util

import pytest
from notebooks import ROOT
from pages import CHROMIUM_FLAGS, HTML, QuietHandler, Visit, find_chromium, serve
from playwright.sync_api import sync_playwright
from reader import Reader


@pytest.fixture(scope="session")
def site():
    """Serve the built book as most hosts would; yield its address."""
    with serve(QuietHandler) as address:
        yield address


@pytest.fixture(scope="session")
def isolated_site():
    """Serve the built book as `make serve` does; yield its address."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    with serve(dev.QuietHandler) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Start the Chromium of this machine once for all tests."""
    path = find_chromium()
    if path is None:
        pytest.skip("NO BROWSER CHECK: install chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a new tab; all tabs are closed after the test."""
    visits = []

    def new_visit(site=site, **options):
        visits.append(Visit(browser, site, **options))
        return visits[-1]

    yield new_visit
    for visit in visits:
        visit.context.close()


@pytest.fixture
def read(visit):
    """Return a function that opens a chapter; it is skipped in a book without Python."""
    if not (HTML / "_static" / "pyodide").exists():
        pytest.skip("NO PYTHON IN THE PAGES: the book was built without it")

    def open_chapter(name, **options):
        return Reader(visit(**options), f"chapters/{name}.html")

    return open_chapter
