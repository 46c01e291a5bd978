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

import numpy as np
import pytest
from notebooks import chapter_paths, pages

import tinylinks
from tinylinks import (
    Chain,
    ChainList,
    Link,
    Parameter,
    Sequential,
    Variable,
    backend,
    config,
    datasets,
    errors,
    functions,
    gradient_check,
    initializers,
    links,
    optimizer_hooks,
    optimizers,
    serializers,
)

ROOT = Path(__file__).resolve().parent.parent
PAGES = list(pages().values())
NOT_PACKAGED = [".*", "_build", "build", "benchmarks", "tests", "*.egg-info"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build a wheel from a copy of the checkout; return the folder of its unpacked files."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_PACKAGED))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), "."]
    subprocess.run([*pip, *options], cwd=folder / "source", check=True, timeout=300)
    (path,) = folder.glob("tinylinks-*.whl")
    with zipfile.ZipFile(path) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


NAMES = json.loads((ROOT / "tests/golden/names.json").read_text(encoding="utf-8"))

# Where somebody who knows Chainer would look for its names.
PARTS = {
    "backend": backend,
    "backends.cuda": backend,
    "chainer": tinylinks,
    "config": config,
    "configuration": config,
    "dataset": datasets,
    "datasets": datasets,
    "function_hooks": tinylinks,
    "functions": functions,
    "gradient_check": gradient_check,
    "initializers": initializers,
    "iterators": tinylinks,
    "link_hooks": tinylinks,
    "links": links,
    "optimizer_hooks": optimizer_hooks,
    "optimizers": optimizers,
    "serializers": serializers,
    "training": tinylinks,
    "training.extensions": tinylinks,
    "Variable": Variable(np.ones(1)),
    "Parameter": Parameter(np.ones(1)),
    "Link": Link(),
    "Chain": Chain(),
    "ChainList": ChainList(),
    "Sequential": Sequential(),
    "SGD": optimizers.SGD(),
    "MomentumSGD": optimizers.MomentumSGD(),
    "RMSprop": optimizers.RMSprop(),
    "Adam": optimizers.Adam(),
}


@pytest.mark.parametrize("where", NAMES)
def test_no_name_of_chainer_is_called_a_spelling_mistake(where):
    """Each is here, or an answer says what to write instead."""
    answers = {}
    for name in NAMES[where]:
        try:
            getattr(PARTS[where], name)
        except AttributeError as error:
            answers[name] = str(error)
    wrong = {name for name, text in answers.items() if "spelling" in text or "expected" not in text}
    assert wrong <= {"disable_update", "enable_update", "update_enabled"}  # to freeze parameters


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (tinylinks, "Sequentail"),
        (links, "Liner"),
        (functions, "rellu"),
        (optimizers, "Adm"),
        (optimizer_hooks, "WeigthDecay"),
        (initializers, "HeNormall"),
        (serializers, "load_nzp"),
        (datasets, "get_digit"),
        (gradient_check, "check_backwards"),
        (backend, "get_array_modul"),
        (config, "trian"),
    ],
)
def test_a_spelling_mistake_is_called_one_in_every_module(module, name):
    with pytest.raises(AttributeError, match="Check the spelling: did you mean"):
        getattr(module, name)
    assert not hasattr(module, "__something__")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("from tinylinks import iterators", "Use arrays, and datasets.MiniBatches"),
        ("from tinylinks import Chain, training", "Write the loop over datasets.MiniBatches"),
        ("from tinylinks.datasets import get_mnist", "Use datasets.get_digits"),
        ("from tinylinks.serializers import load_hdf5 as load", "Use save_npz and load_npz"),
        ("from tinylinks.links import Liner", "did you mean Linear"),
    ],
)
def test_an_import_of_what_is_not_there_is_answered(line, answer):
    """Python drops an AttributeError there, and its text."""
    with pytest.raises(ImportError, match=f"expected .*{answer}"):
        exec(line)
    assert not hasattr(tinylinks, "iterators")
    with pytest.raises(AttributeError):
        _ = tinylinks.iterators


def test_the_advice_for_names_of_chainer_names_what_there_is():
    for advice in errors.INSTEAD:
        for part, name in re.findall(r"\b(F|L|optimizers|datasets|initializers)\.(\w+)", advice):
            module = {"F": functions, "L": links}.get(part) or getattr(tinylinks, part)
            assert hasattr(module, name), advice
    here = [name for name in errors.CHAINER if name in tinylinks.__all__ + functions.__all__]
    assert here == []


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
    assert packaged == here
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
    sources = ["".join(cell["source"]) for cell in code_cells(pages()[16])]
    cells = [s for s in sources if "make_classifier()" in s]
    assert len(cells) == 2
    lines = run("\n\n".join(cells), wheel, tmp_path).splitlines()
    assert lines[:2] == ["as before it was saved: True", "above 94 %: True"]
    assert [path.name for path in tmp_path.iterdir()] == ["digits.npz"]


def test_walk_runs_from_the_wheel(wheel, tmp_path):
    """`after` finds the packaged chapters where there is no checkout."""
    last = max(chapter_paths())
    program = f"import tinylinks.walk as w; print(w.__file__, len(w.after({last}, {{}})))"
    file, names = run(program, wheel, tmp_path).rsplit(maxsplit=1)
    assert Path(file).is_relative_to(wheel)
    assert int(names) > 1
