"""What a reader needs to run a page: its notebook to download, the library, all of it in a zip.

The files lie in the built book: the wheel and the zip at its top, the running editions (see
tools/running.py) in notebooks/, the blank twins in notebooks/blank/. Each page that is a notebook
ends with a section that names them.
"""

import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import library_wheel
import running

SECTION = """
<section id="run-this-page" class="d-print-none">
<h2>Run this page</h2>
<p>The download button at the top of this page has it as a Jupyter notebook, <code>{name}</code>,
for JupyterLab, VS Code or Colab. {there}
The first cell gets what is missing, or says how.</p>
<p>All notebooks and the library in one file: <a href="{top}{zip}" download>{zip}</a>.
The library alone: <a href="{top}{wheel}" download>{wheel}</a>. This installs it, and matplotlib
for the pictures:</p>
<div class="highlight"><pre>pip install {source} matplotlib</pre></div>
{blank}</section>
"""

BLANK = """<p>To learn by typing, take the blank twin of this chapter,
<a href="{top}notebooks/{name}" download>{name}</a>: the text is all there, you write the code, and
a last cell checks it. The zip has it, too.</p>
"""

THERE = "There the cells have no results yet, and the answers are folded."
THERE_IS_ROOM = "There you write your answers: it has no solutions and no results yet."


def notebooks(app):
    """Return {page: name of its running edition}."""
    root = Path(app.srcdir)
    return {
        path.relative_to(root).with_suffix("").as_posix(): name
        for name, path in running.sources().items()
    }


def changed_notebooks(app, env, added, changed, removed):
    """Have a page written again whose running edition has changed, as with the glossary."""
    editions = running.editions(address(app))
    pages = {page: editions[name] for page, name in notebooks(app).items()}
    before, env.running_editions = getattr(env, "running_editions", {}), pages
    return [page for page in pages if page in env.found_docs and before.get(page) != pages[page]]


def address(app):
    base = app.config.html_baseurl
    return base.rstrip("/") + "/" if base else ""


def offer(app, pagename, templatename, context, doctree):
    """Put the running edition into the menu of the download button, and the section at the end."""
    name = notebooks(app).get(pagename)
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            for button in group["buttons"]:
                say_what_it_is(button)
                if name and button["label"] == "download-source-button":
                    data = running.data_address(app.env.running_editions[pagename])
                    # The theme's template has no place for this attribute but after the address.
                    button["url"] = f'{data}" download="{name}'
                    button["text"] = "Notebook to run (.ipynb)"
                    button["tooltip"] = (
                        "Download the notebook: room for your answers"
                        if is_sheet(pagename)
                        else "Download the notebook: no results yet, answers folded"
                    )
    if name and "body" in context:
        top = context["pathto"]("", 1)
        wheel = library_wheel.name()
        twin = f"{running.BLANK}/{name}"
        blank = BLANK.format(top=top, name=twin) if twin in running.blanks() else ""
        files = {"zip": running.ZIP, "wheel": wheel, "source": address(app) + wheel}
        there = THERE_IS_ROOM if is_sheet(pagename) else THERE
        context["body"] += SECTION.format(name=name, top=top, there=there, blank=blank, **files)


def is_sheet(page):
    return page.startswith("chapters/exercises/")


def say_what_it_is(button):
    words = {
        "download-source-button": ("Text of this page (.md)", "Download the Markdown source"),
        "download-pdf-button": ("Print, or save as PDF", "Print this page"),
    }
    button["text"], button["tooltip"] = words.get(
        button["label"], (button["text"], button["tooltip"])
    )


def write_files(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    out, site = Path(app.outdir), address(app)
    shutil.rmtree(out / "notebooks", ignore_errors=True)
    for old in out.glob("*.whl"):
        old.unlink()
    library_wheel.write(out)
    running.write_zip(out / running.ZIP, site)
    (out / "notebooks" / running.BLANK).mkdir(parents=True)
    for name, text in running.editions(site).items():
        (out / "notebooks" / name).write_bytes(text.encode())


def setup(app):
    app.connect("env-get-outdated", changed_notebooks)
    app.connect("html-page-context", offer, priority=600)  # after the theme has made its buttons
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
