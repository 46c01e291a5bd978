"""Run the contract on what a reader wrote: the cases of a chapter, or all of them.

The contract says what must hold from which chapter on. It is a file of the project's tests,
``tests/contract.py``; an installed package carries a copy.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tinylinks import walk
from tinylinks.checks import expect, pieces
from tinylinks.checks.patience import TooSlow, limit
from tinylinks.checks.runner import quiet
from tinylinks.checks.score import Score

__all__ = ["Library", "asked", "cases", "check_chapter", "hold"]

SECONDS = 5.0  # that a case may take
_PACKAGE = Path(__file__).resolve().parents[1]


class Library(SimpleNamespace):
    """The names of a library, as the cases want them."""

    def __getattr__(self, name: str) -> Any:
        raise expect.NotThere(name)


@functools.cache
def cases() -> list[Any]:
    """Return all cases of the contract: each has `page`, `run` and `id`."""
    folders = [_PACKAGE.parent / "tests", _PACKAGE / "_contract"]
    there = [folder for folder in folders if (folder / "contract.py").exists()]
    if not there:
        raise FileNotFoundError(
            "check_chapter: expected the contract, contract.py, in 'tests' next to the package or "
            f"in '_contract' inside it, got none near {_PACKAGE}. Install tinylinks again."
        )
    file = there[0] / "contract.py"
    spec = importlib.util.spec_from_file_location("tinylinks_contract", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where `inspect` looks for the code of a case
    sys.path.insert(0, str(there[0]))  # it imports strict_xp, which lies next to it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(there[0]))
    return list(module.CASES)


@functools.cache
def asked(case: Any) -> frozenset[str]:
    """Return the names that a case asks a library for, in its own code and in its helpers.

    Examples
    --------
    >>> [sorted(asked(case)) for case in cases() if case.id == "cleargrad_forgets"]
    [['Variable', 'add', 'exp', 'square']]
    """
    found: set[str] = set()
    waiting: list[Any] = [inspect.unwrap(case.run)]
    for function in waiting:  # it grows by the helpers that are given the library
        source = inspect.getsource(function)
        found.update(re.findall(r"\blib\.(\w+)", source))
        helpers = [function.__globals__.get(n) for n in re.findall(r"\b(\w+)\(lib\b", source)]
        waiting += [helper for helper in helpers if helper and helper not in waiting]
    return frozenset(found)


def hold(run: Callable[[Any], None], names: dict[str, Any], exact: bool = True) -> tuple[str, bool]:
    """Run one case; return why it does not hold, or "", and whether only words are wrong.

    Parameters
    ----------
    run : function
        The case.
    names : dict
        The names of the library.
    exact : bool
        Whether each text has to have the words of the book, or only its facts.
    """
    lib = Library(**{name: value for name, value in names.items() if not name.startswith("__")})
    try:
        with quiet(), limit(SECONDS), nullcontext() if exact else expect.facts_only():
            run(lib)
    except TooSlow:
        rule = run.__name__.replace("_", " ")
        rule = rule[0].upper() + rule[1:]
        return f"{rule}: stopped after {SECONDS:g} seconds. Is there a loop without end?", False
    except AssertionError as error:
        return " ".join(str(error).split()), isinstance(error.__cause__, expect.Words)
    return "", False


def check_chapter(chapter: int, names: dict[str, Any]) -> Score:
    """Check the code of a chapter that you wrote yourself, and print a line for each case.

    A blank twin ends with it. First come the pieces that are not written yet. As long as there
    are any, only the first case that does not hold says why.

    Parameters
    ----------
    chapter : int
        The number of the chapter.
    names : dict
        The names of the notebook, ``globals()``.

    Returns
    -------
    Score
        How many pieces are written and cases hold.

    Raises
    ------
    ValueError
        If there is no such chapter.

    Examples
    --------
    >>> from tinylinks.walk import after
    >>> names = after(15, {}, in_full=False)
    >>> del names["split"]
    >>> score = check_chapter(15, names)
    to do split
    FAIL  A split gives each example to one part: so it is from chapter 15 on. Here there is no
          `split`.
    >>> score, score.of
    (4, 6)
    """
    known = numbers()
    if chapter not in known:
        raise ValueError(
            f"check_chapter: expected the number of a chapter, {known[0]} to {known[-1]}, "
            f"got {chapter!r}."
        )
    to_do = pieces.missing(chapter, names)
    if to_do:
        _say("to do", ", ".join(to_do))
    written = len({str(piece) for piece in pieces.pieces(chapter)})
    ours = [case for case in cases() if case.page == chapter]
    failed = 0
    for case in ours:
        sentence, _ = hold(case.run, names)
        if not sentence and not to_do:
            _say("pass ", case.id.replace("_", " "))
        if sentence and not (to_do and failed):
            _say("FAIL ", sentence)
        failed += bool(sentence)
    return Score(written - len(to_do) + len(ours) - failed, of=written + len(ours))


def numbers() -> list[int]:
    """Return the numbers of all chapters."""
    return sorted(walk._find_chapters(walk._find_book()))


def _say(mark: str, text: str) -> None:
    print(textwrap.fill(f"{mark} {text}", 96, subsequent_indent=" " * 6, break_long_words=False))
