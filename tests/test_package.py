"""What `pip install .` brings: the package, its types, and the code of the chapters."""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from notebooks import chapter_paths, pages

ROOT = Path(__file__).resolve().parent.parent
PAGES = list(pages().values())
NOT_PACKAGED = [".*", "_build", "build", "benchmarks", "tests", "*.egg-info"]
CONTRACT = ["contract.py", "strict_xp.py"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build a wheel from a copy of the checkout; return the folder of its unpacked files."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_PACKAGED))
    (folder / "source" / "tests").mkdir()
    for name in CONTRACT:
        shutil.copy(ROOT / "tests" / name, folder / "source" / "tests" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), "."]
    subprocess.run([*pip, *options], cwd=folder / "source", check=True, timeout=300)
    (path,) = folder.glob("tinylinks-*.whl")
    with zipfile.ZipFile(path) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


def code_cells(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_numpy_is_the_only_dependency(wheel):
    (path,) = wheel.glob("*.dist-info/METADATA")
    metadata = email.message_from_string(path.read_text(encoding="utf-8"))
    required = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert [line.split(">")[0] for line in required] == ["numpy"]
    extras = set(metadata.get_all("Provides-Extra"))
    assert extras == {"viz", "cuda12", "cuda13", "book", "test"}


def test_all_modules_and_the_type_marker_are_packaged(wheel):
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tinylinks").rglob("*.py")}
    packaged = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*.py")}
    assert packaged == {*here, *[f"tinylinks/_contract/{name}" for name in CONTRACT]}
    for name in CONTRACT:
        copied = (wheel / "tinylinks" / "_contract" / name).read_bytes()
        assert copied == (ROOT / "tests" / name).read_bytes()
    assert (wheel / "tinylinks" / "py.typed").exists()


def test_chapters_are_packaged_as_code_without_outputs(wheel):
    copies = list(pages(wheel / "tinylinks" / "_chapters").values())
    assert [path.name for path in copies] == [path.name for path in PAGES]
    for copy, chapter in zip(copies, PAGES, strict=True):
        assert len(code_cells(copy)) == len(code_cells(chapter))
        for cell, original in zip(code_cells(copy), code_cells(chapter), strict=True):
            assert cell["source"] == original["source"]
            assert cell["metadata"] == {"tags": original["metadata"].get("tags", [])}
            assert cell["outputs"] == []


def run(program, wheel, folder):
    """Run a program with the package from the wheel, in a folder of its own; return its output."""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_program_of_chapter_16_trains_saves_and_loads(wheel, tmp_path):
    """A reader copies the two cells into a file, and needs nothing else."""
    sources = ["".join(cell["source"]) for cell in code_cells(pages()["16 in full"])]
    cells = [s for s in sources if "make_classifier()" in s]
    assert len(cells) == 2
    lines = run("\n\n".join(cells), wheel, tmp_path).splitlines()
    assert lines[0] == "the same answers: True"
    assert int(re.fullmatch(r"right: (\d+) % of the test set", lines[1])[1]) > 94
    assert [path.name for path in tmp_path.iterdir()] == ["digits.npz"]


def test_walk_runs_from_the_wheel(wheel, tmp_path):
    """`after` finds the packaged chapters where there is no checkout."""
    last = max(chapter_paths())
    program = f"import tinylinks.walk as w; print(w.__file__, len(w.after({last}, {{}})))"
    file, names = run(program, wheel, tmp_path).rsplit(maxsplit=1)
    assert Path(file).is_relative_to(wheel)
    assert int(names) > 1


def test_the_contract_runs_from_the_wheel_where_there_is_no_pytest(wheel, tmp_path):
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "from tinylinks.checks import chapters, check_chapter; from tinylinks.walk import after\n"
        "print(chapters.cases()[0].run.__code__.co_filename)\n"
        "names = {n: after(n, {}, in_full=False) for n in (2, 5, 11)}\n"
        "scores = [check_chapter(n, names[n]) for n in names]\n"
        "print([score.of - score for score in scores])"
    )
    first, *_, last = run(program, wheel, tmp_path).splitlines()
    assert Path(first).is_relative_to(wheel)
    assert last == str([0.0] * 3)
