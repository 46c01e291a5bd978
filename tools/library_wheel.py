"""Build the wheel of the library: one file that pip installs, with all chapters' code in it.

    python tools/library_wheel.py folder        build it and put it into `folder`

It is built from a copy, so that nothing is left in the checkout, and built again only if a file
has changed that goes into it. The same files make the same bytes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "_build" / "wheel"
PARTS = ["pyproject.toml", "setup.py", "README.md", "LICENSE"]
TREES = {
    "tinylinks": ["**/*.py", "py.typed", "datasets/digits.*"],
    "chapters": ["[0-9]*.ipynb", "in_full/[0-9]*.ipynb"],  # not the sheets, with their solutions
    "tests": ["contract.py", "strict_xp.py"],  # what must hold of a library
}
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
LONG_AGO = "315532800"  # 1980, where zip files begin: the time of all files in the wheel


def version():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1]


def name():
    return f"tinylinks-{version()}-py3-none-any.whl"


def files():
    """Return the files that go into the wheel."""
    trees = [ROOT.joinpath(tree).glob(p) for tree, patterns in TREES.items() for p in patterns]
    return sorted({*[ROOT / part for part in PARTS], *[path for tree in trees for path in tree]})


def build():
    """Return the path of the wheel, built now if it is not there."""
    state = hashlib.sha256(sys.version.encode())
    for path in files():
        state.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    folder = KEPT / state.hexdigest()[:16]
    if not (folder / name()).exists():
        shutil.rmtree(KEPT, ignore_errors=True)  # what earlier states left
        folder.mkdir(parents=True)
        build_into(folder)
    return folder / name()


def build_into(folder):
    with tempfile.TemporaryDirectory() as copy:
        for path in files():
            target = Path(copy, path.relative_to(ROOT))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        done = subprocess.run(
            [sys.executable, "-c", BUILD, str(folder)],
            cwd=copy,
            env={**os.environ, "SOURCE_DATE_EPOCH": LONG_AGO},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the wheel was not built:\n{done.stdout}{done.stderr}")


def write(folder):
    """Put the wheel into `folder`; return its path."""
    return Path(shutil.copyfile(build(), Path(folder) / name()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(write(sys.argv[1]))
