"""What a reader does to run a page: the download button, and JupyterLab."""

import json
import re
import subprocess
import time
from pathlib import Path

import fresh
import library_wheel
import notebooks
import pytest
import running
from pages import HTML
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CHAPTERS = ["01_measure_a_slope.ipynb", "05_meet_a_diamond.ipynb", "15_read_handwriting.ipynb"]
SCHEMES = ["light", "dark"]
# All cells are drawn at once, and the theme is the browser's.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


@pytest.mark.parametrize("page", ["chapters/05_meet_a_diamond", "chapters/index"])
def test_the_download_button_gives_a_file_also_from_a_disk(visit, page):
    tab = visit()
    tab.site = "file://"
    tab.page.goto((HTML / f"{page}.html").as_uri())
    tab.page.click("button[aria-label='Download this page']")
    with tab.page.expect_download() as event:
        tab.page.click("text=Notebook to run (.ipynb)")
    name = f"{page.split('/')[1]}.ipynb"
    assert event.value.suggested_filename == name
    edition = running.edition(running.sources()[name], running.site_address())
    assert Path(event.value.path()).read_text(encoding="utf-8") == edition
    for file in (running.ZIP, library_wheel.name()):
        with tab.page.expect_download() as event:
            tab.page.click(f"#run-this-page >> text={file}")
        assert Path(event.value.path()).read_bytes() == (HTML / file).read_bytes()
    assert tab.problems == []


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab, as `make play` installs it, on all running editions."""
    folder = tmp_path_factory.mktemp("lab")
    root = notebooks.ROOT
    pins = ["-r", root / "requirements-play.txt", "-c", root / "constraints.txt"]
    wheel = library_wheel.build()
    python = fresh.make(folder / "venv", wheel, "matplotlib", "ipykernel", *pins)
    if python is None:
        pytest.skip("NO JUPYTERLAB: pip finds no packages here (no network?)")
    settings = folder / "venv" / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(SETTINGS), encoding="utf-8")
    for scheme in SCHEMES:  # apart, for each notebook has a kernel of its own
        running.write(folder / "play" / scheme)
    options = ["--no-browser", "--IdentityProvider.token=", "--port=0", "--allow-root"]
    command = [str(python), "-m", "jupyterlab", str(folder / "play"), *options]
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command, env=fresh.environment(folder / "own"), stdout=output, stderr=output
        )
    try:
        yield address(log, server)
    finally:
        server.terminate()
        server.wait(timeout=60)


def address(log, server):
    """Wait until JupyterLab answers; return where."""
    for _ in range(600):
        assert server.poll() is None, log.read_text(encoding="utf-8")
        found = re.search(r"http://localhost:(\d+)/lab", log.read_text(encoding="utf-8"))
        if found:
            return f"http://127.0.0.1:{found[1]}"
        time.sleep(0.2)
    raise TimeoutError(log.read_text(encoding="utf-8"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", CHAPTERS)
def test_jupyterlab_shows_a_page_without_sphinx_and_runs_it(lab, visit, name, scheme):
    tab = visit(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    tab.site = lab
    page = tab.page
    page.goto(f"{lab}/lab/tree/{scheme}/{name}?reset")
    notebook = page.locator(".jp-Notebook")
    expect(notebook.locator("h1").first).to_be_visible(timeout=60_000)
    source = notebooks.read(running.sources()[name])
    text = "\n".join(notebooks.source(cell) for cell in source["cells"])
    if "$" in text:  # formulas are drawn, in sight or in an answer that waits
        expect(notebook.locator("mjx-container").first).to_be_attached(timeout=60_000)
    assert page.evaluate("document.body.dataset.jpThemeLight") == str(scheme == "light").lower()
    shown = "\n".join(notebook.locator(".jp-RenderedMarkdown").all_inner_texts())
    assert not re.search(r"\{\w+\}|:class:|```|\$|\\frac", shown)
    assert len(re.findall("^Predict$", shown, re.MULTILINE)) == text.count("} Predict\n")
    folds = notebook.locator("details")
    assert folds.count() == len(re.findall(r"\} Answer\n|\{answer\}", text))
    for fold in folds.all():  # the answers are there, and out of sight
        assert not fold.locator("> :not(summary)").first.is_visible()
        fold.locator("summary").click()
        assert fold.locator("> :not(summary)").first.is_visible()
    assert notebook.locator(".jp-OutputArea-output").count() == 0

    word = notebook.locator("a[href='#Words-and-sources']").first
    word.click()
    expect(notebook.locator("h2", has_text="Words and sources")).to_be_in_viewport()

    page.click("text=Run >> nth=0")
    page.click("text=Run All Cells >> nth=0")
    last = notebook.locator(".jp-CodeCell").last.locator(".jp-InputPrompt")
    count = len(notebooks.code_cells(source)) + 1
    expect(last).to_have_text(f"[{count}]:", timeout=120_000)
    errors = notebook.locator("[data-mime-type='application/vnd.jupyter.stderr'] >> text=/Error: /")
    assert errors.count() == sum("raises-exception" in notebooks.tags(c) for c in source["cells"])
    assert [problem for problem in tab.problems if "another host" in problem] == []
