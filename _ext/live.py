"""Put Python into the pages: Run and Edit under each code cell (see _static/live).

What runs there is fetched by tools/live_bundle.py. Without it the book is built all the same, and
its pages have no such buttons.
"""

import json
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import live_bundle
import live_page

SERVICE_WORKER = "_static/live/service_worker.js"  # it rules the folder that it is copied into

# A page opened from a disk may not load scripts of this kind: it stays as it is.
SCRIPT = """
<script type="application/json" id="live-cells">{about}</script>
<script>if (location.protocol !== "file:") import(new URL("{script}", location.href))</script>
"""


def notebook(app, page):
    """Return the notebook that a page is made from, or None."""
    path = Path(app.srcdir, page).with_suffix(".ipynb")
    return path if path.exists() else None


def script(app, page):
    """Return what is put at the end of a page."""
    if not app.config.live_is_there or notebook(app, page) is None:
        return ""
    cells = [{"id": id, **known} for id, known in live_page.cells(notebook(app, page)).items()]
    about = {"bytes": live_bundle.size(), "cells": cells}
    address = "../" * page.count("/") + "_static/live/live.mjs"
    return SCRIPT.format(about=json.dumps(about).replace("<", "\\u003c"), script=address)


def changed_pages(app, env, added, changed, removed):
    """Have a page written again if Python came or went, or something new is known of its cells."""
    app.config.live_is_there = not live_bundle.missing()
    pages = {page: script(app, page) for page in env.found_docs if notebook(app, page)}
    before, env.live_scripts = getattr(env, "live_scripts", {}), pages
    return [page for page in pages if before.get(page) != pages[page]]


def offer(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] += app.env.live_scripts.get(pagename, "")


def write_files(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, "_static", "pyodide")
    if app.config.live_is_there:
        live_bundle.write(folder)
        shutil.copy(Path(app.srcdir, SERVICE_WORKER), Path(app.outdir, "chapters"))
    else:
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write(f"NO PYTHON FOR THE PAGES: {live_bundle.WITHOUT}\n")


def setup(app):
    app.add_config_value("live_is_there", False, "")
    app.connect("env-get-outdated", changed_pages)
    app.connect("html-page-context", offer)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
