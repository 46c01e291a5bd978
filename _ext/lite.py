"""Open a page as a notebook in JupyterLite: the launch button, and JupyterLite itself in lite/.

What it needs is fetched by tools/lite_bundle.py. Without it the book is built all the same, and its
pages have no such button.
"""

import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import lite_bundle
import run_here
import running

ADDRESS = "{top}lite/notebooks/index.html?path={name}"
# The theme makes a class of it: btn-launch-lite.
LABEL = "launch-lite"
SECTION = """
<p class="btn-{label} d-print-none">To run this page with nothing to install,
<a href="{url}" target="_blank">open it in JupyterLite</a>{twin}: Jupyter and Python in your
browser. What you change there is kept in this browser, and File, Download saves it as a file.</p>
"""
TWIN = ', or <a href="{url}" target="_blank">its blank twin</a>'
# A page that was opened from a disk cannot start Python in the browser.
SCRIPT = """
<script>
if (location.protocol === "file:")
  document.querySelectorAll(".btn-{label}").forEach((element) => element.remove());
</script>
"""


def changed_pages(app, env, added, changed, removed):
    """Have the pages written again if JupyterLite came or went."""
    there = lite_bundle.is_there()
    before, env.lite_is_there = getattr(env, "lite_is_there", None), there
    return [] if before == there else [*run_here.notebooks(app)]


def offer(app, pagename, templatename, context, doctree):
    """Put a button into the head of the page, and a sentence at its end."""
    name = run_here.notebooks(app).get(pagename)
    if not name or "body" not in context or not app.env.lite_is_there:
        return
    top = context["pathto"]("", 1)
    url = ADDRESS.format(top=top, name=name)
    blank = f"{running.BLANK}/{name}"
    has_twin = blank in running.blanks()
    twin = TWIN.format(url=ADDRESS.format(top=top, name=blank)) if has_twin else ""
    context["header_buttons"].insert(
        0,
        {
            "type": "link",
            "url": url,
            "icon": "fas fa-rocket",
            "tooltip": "Open as a notebook in the browser: nothing to install",
            "label": LABEL,
        },
    )
    context["body"] += SECTION.format(url=url, twin=twin, label=LABEL) + SCRIPT.replace(
        "{label}", LABEL
    )


def write_files(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, "lite")
    if app.env.lite_is_there:
        notebooks = Path(app.outdir, "notebooks")  # run_here has written them
        paths = sorted(notebooks.rglob("*.ipynb"))
        lite_bundle.write(
            folder,
            {path.relative_to(notebooks).as_posix(): path.read_text("utf-8") for path in paths},
        )
    else:
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write(f"NO JUPYTERLITE: {lite_bundle.WITHOUT}\n")


def setup(app):
    app.connect("env-get-outdated", changed_pages)
    app.connect("html-page-context", offer, priority=700)  # after the buttons of the theme
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
