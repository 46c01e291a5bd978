"""The one build step that pyproject.toml cannot say: put chapters and contract into the wheel.

``tinylinks.walk.after`` runs the code of the chapters. A checkout has them in chapters/; an
installed package has copies in tinylinks/_chapters/, without text and without outputs. In the same
way ``tinylinks.checks`` reads the contract in tests/, or its copy in tinylinks/_contract/.
"""

import json
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CHAPTERS = Path(__file__).parent / "chapters"
NAMES = "[0-9][0-9]_*.ipynb"
CONTRACT = ["contract.py", "strict_xp.py"]


def code_only(notebook):
    """Return a notebook of the same code cells, with their ids and tags and nothing else."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": cell["id"],
            "metadata": {"tags": cell["metadata"].get("tags", [])},
            "outputs": [],
            "source": cell["source"],
        }
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


class BuildWithBook(build_py):
    def run(self):
        super().run()
        if self.editable_mode:  # an editable install reads chapters/ itself
            return
        folder = Path(self.build_lib) / "tinylinks" / "_chapters"
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier build left there
        folder.mkdir(parents=True)
        mains, companions = CHAPTERS.glob(NAMES), (CHAPTERS / "in_full").glob(NAMES)
        for path in sorted([*mains, *companions]):
            notebook = code_only(json.loads(path.read_text(encoding="utf-8")))
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
            copy = folder / path.relative_to(CHAPTERS)
            copy.parent.mkdir(exist_ok=True)
            copy.write_text(text, encoding="utf-8", newline="\n")
        contract = Path(self.build_lib) / "tinylinks" / "_contract"
        contract.mkdir(exist_ok=True)
        for name in CONTRACT:
            shutil.copyfile(CHAPTERS.parent / "tests" / name, contract / name)


setup(cmdclass={"build_py": BuildWithBook})
