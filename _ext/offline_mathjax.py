"""Put MathJax into the book, so that a page asks no other host for it.

The files come from the package ``sphinx-mathjax-offline``. Of its 16 MB a page needs the
2 MB copied here: the program itself, its fonts, and the TeX extensions that it loads on demand.
"""

import shutil
from importlib.metadata import distribution
from pathlib import Path

PARTS = ["tex-mml-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2"]


def mathjax_folder():
    """Return the folder of the installed package that holds MathJax."""
    for file in distribution("sphinx-mathjax-offline").files or []:
        if file.name == "tex-mml-chtml.js":
            return Path(file.locate()).parent
    raise FileNotFoundError("sphinx-mathjax-offline is installed without tex-mml-chtml.js")


def copy_mathjax(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / part, target / part)


def setup(app):
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
