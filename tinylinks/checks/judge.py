"""Judge a library of one's own: its answers, the contract, and what it learns of the digits."""

from __future__ import annotations

import functools
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
from typing import Any, NamedTuple

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
ENOUGH = 14  # the chapter after which a library can learn the digits
Verdict = tuple[bool | None, str]
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


def judge(folder: Path, seed: int | str = 0, to: int | None = None) -> Iterator[Verdict]:
    """Judge the library in a folder: yield pairs of whether all is well, and a sentence.

    In place of True or False, None is for what is only told.

    Parameters
    ----------
    folder : path
        The package.
    seed : int or str
        It decides the numbers in the checks of the answers.
    to : int, optional
        The chapter up to which it is judged. By default the last one that it has begun.
    """
    if to is not None and not 2 <= to <= LAST:
        yield False, f"judge: expected a chapter from 2 to {LAST}, got {to}."
        return
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
    to = to or reached(names)
    yield from _whose(folder, names)
    yield from _contract(folder, names, to)
    yield from _training(names, to)
    yield from _to_come(names, to)


def _not_loaded(folder: Path, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = [(f.filename, f.lineno) for f in frames if Path(f.filename).parent == folder]
    text = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        places, text = [(error.filename, error.lineno)], error.msg
    where = f"{Path(places[-1][0]).name}, line {places[-1][1]}: " if places else ""
    return f"The library cannot be imported. {where}{type(error).__name__}: {text}"


def _whose(folder: Path, names: dict[str, Any]) -> Iterator[Verdict]:
    """Say what of a library is one's own, and what is the book's code."""
    if list(folder.glob("sheet[0-9][0-9].py")):
        return  # what became of each answer was said by `export`
    asked, taken = _asked(names), _taken(names)
    if asked and taken == asked:
        yield None, "All of it is the book's code: nothing in this library is yours yet."
    elif asked:
        rest = f" From the book: {', '.join(taken)}." if taken else ""
        count = len(asked) - len(taken)
        yield None, f"Yours: {count} of the {len(asked)} names that are asked for.{rest}"


def _asked(names: dict[str, Any]) -> list[str]:
    """Return the names that the contract asks for and that a library has."""
    asked: set[str] = set().union(*[chapters.asked(case) for case in _cases(names)])
    return sorted(asked & set(names))


def _taken(names: dict[str, Any]) -> list[str]:
    """Return those of them that are the book's own."""
    book = vars(sys.modules.get(f"{names['__name__']}.book", ModuleType("none")))
    return [name for name in _asked(names) if names[name] is book.get(name)]


# The answers to the sheets


def _answers(folder: Path, seed: int | str) -> Iterator[Verdict]:
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


def _contract(folder: Path, names: dict[str, Any], to: int) -> Iterator[Verdict]:
    """Run the main cases of the contract, and say where to go back to."""
    cases = [case for case in _cases(names) if case.page <= to]
    complete = [case for case in cases if not _missing([case], names)]
    failed = []
    for case in complete:
        sentence, only_words = chapters.hold(case.run, names, exact=False)
        if sentence:
            failed.append(_Failed(case, sentence, only_words))
    held = len(complete) - len(failed)
    which = _span(cases[0].page, to)
    yield held == len(cases), f"The contract, {which}: {held} of {len(cases)} cases hold."
    for chapter, absent in _missing(cases, names).items():
        builds = "builds it" if len(absent) == 1 else "builds them"
        yield (
            False,
            f"There is no {_list(absent, 'or')}: chapter {chapter} {builds}."
            f"{_inside(absent, names)} Go back to {place_of(chapter)}.",
        )
    without = _Without(folder)
    places: dict[str, list[_Failed]] = {}
    for failure in failed:
        places.setdefault(without.responsible(failure.case), []).append(failure)
    without.clear()
    for place, failures in places.items():
        yield from _one_after_the_other(failures, place)


class _Failed(NamedTuple):
    case: Any
    sentence: str
    only_words: bool


def _one_after_the_other(failures: list[_Failed], place: str) -> Iterator[Verdict]:
    """Say what fails up to the first chapter in which numbers are wrong.

    What fails later may fail for the same reason: it waits. Wrong words are no reason for that.
    """
    first = min([f.case.page for f in failures if not f.only_words], default=LAST)
    now = [f for f in failures if f.case.page <= first]
    for failure in now[:SHOWN]:
        yield False, f"{failure.sentence} Go back to {place or place_of(failure.case.page)}."
    later = len(failures) - len(now[:SHOWN])
    if later:
        more = "1 more case waits" if later == 1 else f"{later} more cases wait"
        yield False, f"{more} until this is mended."


def _cases(names: dict[str, Any]) -> list[Any]:
    """Return the cases that a library is asked: those of chapter 1 only if it has its names."""
    cases = [case for case in chapters.cases() if isinstance(case.page, int)]
    first = [case for case in cases if case.page == 1 and not _missing([case], names)]
    return first + sorted(
        [case for case in cases if 2 <= case.page <= LAST], key=lambda case: case.page
    )


def _missing(cases: list[Any], names: dict[str, Any]) -> dict[int, list[str]]:
    """Return the names that are asked for and not there, by the chapter that builds them."""
    found: dict[int, list[str]] = {}
    for case in cases:
        for name in chapters.asked(case) - set(names):
            absent = found.setdefault(builder(name, case.page), [])
            if name not in absent:
                absent.append(name)
    return {chapter: sorted(absent) for chapter, absent in sorted(found.items())}


def _inside(absent: list[str], names: dict[str, Any]) -> str:
    """Say how names get out of `F`, for those who have them there."""
    inside = [name for name in absent if hasattr(names.get("F"), name)]
    return "".join(
        [f" `F.{name}` is there: write {name} = F.{name} into adapters.py." for name in inside[:1]]
    )


def reached(names: dict[str, Any]) -> int:
    """Return the last chapter that a library has begun: it has a name of its own for it.

    A chapter that asks for no name that is missing is begun if half of its cases hold.
    """
    cases = _cases(names)
    if not _missing(cases, names):
        return LAST
    own = set(names) - set(_taken(names))
    by_chapter: dict[int, set[str]] = {n: set() for n in range(1, LAST + 1)}
    for case in cases:
        for name in chapters.asked(case):
            by_chapter[builder(name, case.page)].add(name)
    last = max([n for n in by_chapter if by_chapter[n] & own], default=2)
    while last < LAST and by_chapter[last + 1] <= set(names):
        ours = [case for case in cases if case.page == last + 1]
        held = [case for case in ours if not chapters.hold(case.run, names, exact=False)[0]]
        if 2 * len(held) < len(ours):
            break
        last += 1
    return max(last, 2)


def _to_come(names: dict[str, Any], to: int) -> Iterator[Verdict]:
    """Say what the chapters that were not asked for will bring."""
    if to == LAST:
        return
    if reached(names) > to:
        yield None, f"Not judged this time: {_span(to + 1, LAST)}."
        return
    later = [case for case in _cases(names) if case.page > to]
    which = f"{_span(to + 1, LAST).capitalize()} {'is' if to + 1 == LAST else 'are'}"
    parts = [
        f"chapter {chapter} builds {_list(absent, 'and')}"
        for chapter, absent in _missing(later, names).items()
        if chapter > to
    ]
    yield None, f"{which} to come{': ' * bool(parts)}{'; '.join(parts)}."


def _span(first: int, last: int) -> str:
    """Name the chapters from one to another.

    Examples
    --------
    >>> _span(2, 2), _span(2, 3), _span(2, 4)
    ('chapter 2', 'chapters 2 and 3', 'chapters 2 to 4')
    """
    if first == last:
        return f"chapter {first}"
    return f"chapters {first} {'and' if first + 1 == last else 'to'} {last}"


def _list(names: list[str], last: str) -> str:
    """Write names one after the other.

    Examples
    --------
    >>> _list(["a", "b", "c"], "or")
    '`a`, `b` or `c`'
    """
    words = [f"`{name}`" for name in names]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def place_of(chapter: int) -> str:
    """Say where to go back to for what a chapter builds.

    Examples
    --------
    >>> place_of(5)
    'chapter 5 and its sheet'
    """
    return f"chapter {chapter}" + " and its sheet" * (chapter in runner.numbers())


def builder(name: str, page: int) -> int:
    """Return the first chapter that builds a name, `page` if none builds it as a piece.

    Examples
    --------
    >>> builder("Linear", 15)
    11
    """
    return _builders().get(name, page)


@functools.cache
def _builders() -> dict[str, int]:
    found: dict[str, int] = {}
    for chapter in range(1, LAST + 1):
        for piece in pieces.pieces(chapter):
            found.setdefault(piece.owner or piece.name, chapter)
    return found


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
            if self.loaded[mark] and not self._fails(case, mark):
                return re.sub(r", ", ", task ", mark)
        return ""

    def _fails(self, case: Any, mark: str) -> bool:
        return bool(chapters.hold(case.run, self.loaded[mark], exact=False)[0])

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


def _training(names: dict[str, Any], to: int = LAST) -> Iterator[Verdict]:
    if to < ENOUGH:
        yield None, f"From chapter {ENOUGH} on, it will be trained on the digits."
        return
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


def say(well: bool | None, sentence: str) -> None:
    """Print a sentence, with a mark in front."""
    mark = {True: "ok  ", False: "FAIL", None: "note"}[well]
    text = f"{mark}  {' '.join(sentence.split())}"
    print(textwrap.fill(text, 96, subsequent_indent=" " * 6, break_long_words=False))
