"""Judge a library of one's own: its answers, the contract, and what it learns of the digits."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import re
import shutil
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tinylinks import datasets
from tinylinks.checks import chapters, pieces, runner
from tinylinks.checks.own import LAST, sections
from tinylinks.checks.patience import TooSlow, limit

__all__ = ["RECORDED", "accuracy", "judge", "load"]

#: The least and the most of five splits with the book's network, tests/golden/accuracy.json.
RECORDED = (0.9638, 0.9861)
SHOWN = 3  # sentences about one place to go back to
TRAINING_SECONDS = 300.0
NEEDED = ("Sequential", "Linear", "relu", "softmax_cross_entropy", "accuracy", "Adam")
_numbers = itertools.count()


def load(folder: Path) -> ModuleType:
    """Import the package in a folder, whatever its name, as a new one."""
    name = f"_a_library_of_ones_own_{next(_numbers)}"
    places = [str(folder)]
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=places
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with runner.quiet(), limit(TRAINING_SECONDS):
        spec.loader.exec_module(module)
    return module


def judge(folder: Path, seed: int | str = 0) -> Iterator[tuple[bool, str]]:
    """Judge the library in a folder: yield pairs of whether all is well, and a sentence.

    Parameters
    ----------
    folder : path
        The package.
    seed : int or str
        It decides the numbers in the checks of the answers.
    """
    if not (folder / "__init__.py").exists():
        yield False, f"judge: expected the folder of a package, with __init__.py, got {folder}."
        return
    yield from _answers(folder, seed)
    try:
        names = vars(load(folder))
    except TooSlow:
        yield False, "The library was stopped while it was imported: is there a loop without end?"
        return
    except Exception as error:
        yield False, _not_loaded(folder, error)
        return
    yield from _contract(folder, names)
    yield from _training(names)


def _not_loaded(folder: Path, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if Path(f.filename).parent == folder]
    where = f"{Path(inside[-1].filename).name}, line {inside[-1].lineno}: " if inside else ""
    return f"The library cannot be imported. {where}{type(error).__name__}: {error}"


# The answers to the sheets


def _answers(folder: Path, seed: int | str) -> Iterator[tuple[bool, str]]:
    """Ask the checks of the sheets, on each answer as it was written."""
    for path in sorted(folder.glob("sheet[0-9][0-9].py")):
        number = int(path.stem[5:])
        parts = sections(path.read_text(encoding="utf-8"))
        helpers = parts.get("helpers", "")
        passed, count, failed = 0, 0, []
        for mark, code in parts.items():
            if mark in ("", "helpers") or number not in runner.numbers():
                continue
            task = mark.rpartition(" ")[2]
            with runner.quiet():
                names = runner.load(number).namespace(helpers, "helpers")
                _run(code.strip() + "\n", names)
            for result in runner.run(number, names[task], task, seed=seed, namespace=names):
                count += 1
                passed += result.passed
                if not result.passed:
                    failed.append(
                        f"{mark}, {result.check}: {result.sentence} {result.because} "
                        f"Go back to sheet {number}, task {task}."
                    )
        yield not failed, f"Your answers to sheet {number}: {passed} of {count} checks pass."
        for sentence in failed:
            yield False, sentence


def _run(code: str, names: dict[str, Any]) -> None:
    """Run an answer as it was in its cell, so that a line has the number that it had there."""
    file = "<answer>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    exec(compile(code, file, "exec"), names)


# The contract


def _contract(folder: Path, names: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """Run the main cases of the contract, and say where to go back to."""
    cases = [c for c in chapters.cases() if isinstance(c.page, int) and 2 <= c.page <= LAST]
    without = _Without(folder)
    back: dict[str, list[str]] = {}
    absent: dict[str, int] = {}
    held = 0
    for case in cases:
        sentence, missing = chapters.hold(case.run, names)
        if not sentence:
            held += 1
        elif missing:
            absent.setdefault(missing, builder(missing, case.page))
        else:
            place = without.responsible(case) or sheet_of(case.page)
            back.setdefault(place, []).append(sentence)
    without.clear()
    yield held == len(cases), f"The contract: {held} of {len(cases)} cases hold."
    for name, chapter in sorted(absent.items(), key=lambda item: item[1]):
        yield (
            False,
            f"There is no `{name}`: chapter {chapter} builds it. Go back to {sheet_of(chapter)}.",
        )
    for place, sentences in back.items():
        for sentence in sentences[:SHOWN]:
            yield False, f"{sentence} Go back to {place}."
        if sentences[SHOWN:]:
            yield False, f"{len(sentences) - SHOWN} more cases lead back to {place}."


def sheet_of(chapter: int) -> str:
    """Say where to go back to for what a chapter builds.

    Examples
    --------
    >>> sheet_of(5)
    'sheet 5'
    """
    return f"sheet {chapter}" if chapter in runner.numbers() else f"chapter {chapter}"


def builder(name: str, page: int) -> int:
    """Return the first chapter that builds a name, `page` if none builds it as a piece.

    Examples
    --------
    >>> builder("Linear", 15)
    11
    """
    for chapter in range(1, LAST + 1):
        if any(name == (piece.owner or piece.name) for piece in pieces.pieces(chapter)):
            return chapter
    return page


class _Without:
    """The library without one of its answers, to find the one that a case fails for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        adapters = folder / "adapters.py"
        text = adapters.read_text(encoding="utf-8") if adapters.exists() else ""
        self.parts = sections(text)
        self.marks = [mark for mark in self.parts if mark.startswith("sheet ")]
        self.loaded: dict[str, dict[str, Any]] = {}
        self.places: list[str] = []

    def responsible(self, case: Any) -> str:
        """Return "sheet 5, task Sub" if the case holds without this answer, or ""."""
        for mark in self.marks:
            if mark not in self.loaded:
                self.loaded[mark] = self._variant(mark)
            if self.loaded[mark] and not chapters.hold(case.run, self.loaded[mark])[0]:
                return re.sub(r", ", ", task ", mark)
        return ""

    def _variant(self, mark: str) -> dict[str, Any]:
        place = Path(tempfile.mkdtemp())
        self.places.append(str(place))
        copy = place / "library"
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        kept = [
            f"# ---- {m} ----{text}" if m else text for m, text in self.parts.items() if m != mark
        ]
        (copy / "adapters.py").write_text("".join(kept), encoding="utf-8")
        try:
            return vars(load(copy))
        except Exception:  # another answer may need this one
            return {}

    def clear(self) -> None:
        for place in self.places:
            shutil.rmtree(place, ignore_errors=True)


# The digits


def accuracy(names: dict[str, Any], seed: int = 0) -> float:
    """Train the network of chapter 15 with the names of a library; return its accuracy.

    Parameters
    ----------
    names : dict
        The names of the library.
    seed : int
        Which split, and which first weights.

    Returns
    -------
    float
        The share of held-out digits that it reads right.
    """
    lib = chapters.Library(**{name: names[name] for name in NEEDED})
    training_set, test_set = datasets.split(datasets.get_digits(1), 0.2, seed=seed)
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        model = lib.Sequential(lib.Linear(128), lib.relu, lib.Linear(10))
        optimizer = lib.Adam(alpha=0.003).setup(model)
        batches = datasets.MiniBatches(*training_set, batch_size=32, seed=seed)
        for _ in range(30):
            for x, t in batches:
                optimizer.update(lambda x=x, t=t: lib.softmax_cross_entropy(model(x), t))
        x, t = test_set
        return float(lib.accuracy(model(x), t).item())
    finally:
        np.random.set_state(state)


def _training(names: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    missing = [name for name in NEEDED if name not in names]
    if missing:
        yield False, f"It cannot learn the digits yet: there is no {' and no '.join(missing)}."
        return
    try:
        with limit(TRAINING_SECONDS):
            reached = accuracy(names)
    except TooSlow:
        yield False, f"The training was stopped after {TRAINING_SECONDS:g} seconds."
        return
    except Exception as error:
        yield False, f"The training on the digits ended with {type(error).__name__}: {error}"
        return
    least, most = RECORDED
    said = (
        f"It reads {100 * reached:.1f} % of the digits that it has not seen. The network of "
        f"chapter 15 read {100 * least:.1f} to {100 * most:.1f} %, on five splits."
    )
    if reached < least:
        yield False, f"{said} So something in it learns less than it should."
    else:
        yield True, said


def say(well: bool, sentence: str) -> None:
    """Print a sentence, with a mark in front."""
    text = f"{'ok  ' if well else 'FAIL'}  {' '.join(sentence.split())}"
    print(textwrap.fill(text, 96, subsequent_indent=" " * 6, break_long_words=False))
