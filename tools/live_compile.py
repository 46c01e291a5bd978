"""Compile what is inside Pyodide's archives, so that the page of a reader need not.

This is run by the Python that will read the result: Pyodide itself, under Node (live_compile.mjs).
Each module becomes its .pyc, and what no page uses is left out. Starting Python and importing
NumPy and matplotlib then takes half as long.
"""

import importlib.util
import io
import zipfile
from importlib import _bootstrap_external

LEFT_OUT = (
    "PIL/_imagingft.",
    "PIL/_webp.",
    "matplotlib/backends/web_backend/",
    "matplotlib/mpl-data/fonts/afm/",
    "matplotlib/mpl-data/fonts/pdfcorefonts/",
    "matplotlib/mpl-data/fonts/ttf/DejaVuSansMono-",
    "matplotlib/mpl-data/fonts/ttf/DejaVuSerif",
    "matplotlib/mpl-data/images/",
    "matplotlib/mpl-data/sample_data/",
    "numpy/_core/include/",
    "numpy/f2py/",
    "numpy/random/lib/",
)
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def compile_archive(content, name):
    """Return a wheel, or the zip of the standard library, with .pyc in place of .py."""
    # Readers ask NumPy for help. The docstrings of the others would make the page heavier.
    level = 0 if name.startswith("numpy") else 2
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        for member in before.namelist():
            if not member.startswith(LEFT_OUT) and not member.endswith(".pyi"):
                after.writestr(*compile_member(member, before.read(member), level))
    return file.getvalue()


def compile_member(member, content, level):
    """Return name and content of a file of the new archive, and that it is to be compressed."""
    if member.endswith(".py"):
        try:
            code = compile(content, member, "exec", dont_inherit=True, optimize=level)
        except SyntaxError:  # not meant for this version
            pass
        else:
            member += "c"
            known = importlib.util.source_hash(content)
            content = _bootstrap_external._code_to_hash_pyc(code, known, checked=False)
    return zipfile.ZipInfo(member, LONG_AGO), bytes(content), zipfile.ZIP_DEFLATED
