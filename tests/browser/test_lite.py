"""JupyterLite behind the launch button: Run All, what it asks for, what a reader changes."""

import contextlib
import re

import notebooks
import pytest
from pages import HTML, wait_until
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SECONDS = 120  # until Python is ready, and until a chapter has run, on a machine that is busy
BUTTON = ".btn-launch-lite"
# For each code cell the number beside it, the text of its outputs, pictures, and what went wrong.
CELLS = """() => [...document.querySelectorAll(".jp-CodeCell")].map((cell) => [
  cell.querySelector(".jp-InputPrompt").textContent,
  [...cell.querySelectorAll(".jp-OutputArea-output pre")].map((pre) => pre.textContent).join(" "),
  cell.querySelectorAll(".jp-OutputArea-output img").length,
  cell.querySelectorAll("[data-mime-type*=error], [data-mime-type*=stderr]").length,
])"""


@pytest.fixture(params=["site", "isolated_site"], ids=["a plain host", "make serve"])
def launch(request, visit):
    """Return a function that opens a page and presses its button; it returns tab and notebook."""
    if not (HTML / "lite").exists():
        pytest.skip("NO JUPYTERLITE: the book was built without it")

    def open_notebook(page):
        tab = visit(site=request.getfixturevalue(request.param))
        with tab.context.expect_page() as event:
            tab.open(page).click(f".article-header-buttons {BUTTON}")
        expect(event.value.locator(".jp-CodeCell").first).to_be_visible(timeout=SECONDS * 1000)
        return tab, event.value

    return open_notebook


def choose(notebook, menu, entry):
    notebook.get_by_role("menuitem", name=menu, exact=True).click()
    notebook.get_by_role("menuitem", name=entry, exact=True).click()


def has_begun(notebook, prompt):
    choose(notebook, "Run", "Run All Cells")
    with contextlib.suppress(AssertionError):
        expect(prompt).not_to_have_text("[ ]:", timeout=10_000)
    return prompt.inner_text() != "[ ]:"


def run_all(notebook, tries=2):
    """Run all cells; return those of the page when the last of them has run."""
    prompts = notebook.locator(".jp-CodeCell .jp-InputPrompt")
    # As long as JupyterLite starts, nothing happens at a click: a reader clicks again.
    wait_until(lambda: has_begun(notebook, prompts.first), "the first cell to run")
    try:
        expect(prompts.last).to_have_text(re.compile(r"\[\d+\]:"), timeout=SECONDS * 1000)
    except AssertionError:  # a click while it starts may run the first cell alone: begin again
        if tries == 1:
            raise
        notebook.reload()
        expect(prompts.first).to_be_visible(timeout=SECONDS * 1000)
        return run_all(notebook, tries - 1)
    return notebook.evaluate(CELLS)


def stored(cell):
    """Return the words that a cell of the book shows, and how many pictures.

    Of an error it is what the copy of the cell says.
    """
    parts, pictures = [], 0
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            parts.append(f"{output['ename']}: {output['evalue']}")
        elif "image/png" in output.get("data", {}):
            pictures += 1
        else:
            parts += output.get("text") or output["data"]["text/plain"]
    return "".join(parts).split(), pictures


@pytest.mark.parametrize("name", ["01_measure_a_slope", "11_build_linear"])
def test_run_all_shows_what_the_book_shows(launch, name):
    path = notebooks.CHAPTERS / f"{name}.ipynb"
    tab, notebook = launch(f"chapters/{name}.html")
    cells = notebooks.code_cells(notebooks.read(path))
    first, *others = run_all(notebook)
    assert first == ["[1]:", "", 0, 0]  # all is there that the cell looks for
    assert len(others) == len(cells)
    for number, (cell, shown) in enumerate(zip(cells, others, strict=True), 2):
        words, pictures = stored(cell)
        shown[1] = shown[1].split()
        assert shown == [f"[{number}]:", words, pictures, 0], f"{name}, cell {cell['id']}"
    assert any("raises-exception" in notebooks.tags(cell) for cell in cells)
    assert [problem for problem in tab.problems if "another host" in problem] == []


def test_what_a_reader_changes_is_kept_and_can_be_downloaded(launch):
    tab, notebook = launch("chapters/01_measure_a_slope.html")
    notebook.locator(".jp-CodeCell .cm-content").first.click()
    notebook.keyboard.press("Control+Home")
    notebook.keyboard.type("# my own line\n")
    notebook.keyboard.press("Control+s")
    # The name of a notebook with changes that are not saved begins with an asterisk.
    notebook.wait_for_function("!document.title.startsWith('*')", timeout=SECONDS * 1000)
    notebook.reload()
    expect(notebook.locator(".jp-CodeCell").first).to_contain_text(
        "# my own line", timeout=SECONDS * 1000
    )
    with notebook.expect_download() as event:
        choose(notebook, "File", "Download")
    assert event.value.suggested_filename == "01_measure_a_slope.ipynb"
    [first, *others] = notebooks.code_cells(notebooks.read(event.value.path()))
    assert notebooks.source(first).startswith("# my own line\n") and others


def test_a_page_from_a_disk_has_no_button(visit):
    tab = visit()
    tab.page.goto((HTML / "chapters" / "05_meet_a_diamond.html").as_uri())
    expect(tab.page.locator("#run-this-page")).to_be_attached()
    expect(tab.page.locator(BUTTON)).to_have_count(0)
