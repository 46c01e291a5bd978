"""What the cases of the contract ask with, for those who have only the library.

The contract, ``tests/contract.py``, is run by pytest in the project, and by `check_chapter` and by
the judge of a library of one's own where there is no pytest. It says the same words in both.

What a case expects of a text is written plainly: ``...`` is for any words, and what is in braces is
a fact, as in ``"got {(3,)}"``. The library and the chapters have to say it word for word. A library
of one's own has to name the facts: see `facts_only`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = [
    *["NotThere", "Words", "approx", "assert_allclose", "assert_array_equal", "assert_repr"],
    *["facts_only", "raises", "shown", "warns"],
]

Kinds = type[BaseException] | tuple[type[BaseException], ...]
FEW = 6  # numbers are shown all at once
_exact = True  # whether the words of a text count


class NotThere(AttributeError):
    """Raised where a case asks for a name that a library does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no `{name}`.")
        self.missing = name


class Words(AssertionError):
    """What was said is not what was expected. The numbers may still be right."""


@contextmanager
def facts_only() -> Iterator[None]:
    """Expect of texts only the facts in them, not the words.

    Examples
    --------
    >>> with facts_only(), raises(ValueError, says="item: expected one element, got {3}"):
    ...     raise ValueError("3 elements are too many")
    """
    global _exact
    _exact = False
    try:
        yield
    finally:
        _exact = True


def _lacks(text: str, says: str) -> str:
    """Return what was expected in a text and is not there, or ""."""
    facts = re.findall(r"\{(.+?)\}", says)
    if not _exact:
        absent = [f for f in facts if not re.search(rf"(?<!\w){re.escape(f)}(?!\w)", text)]
        return f"expected it to name {', '.join(absent)}." if absent else ""
    plain = re.sub(r"[{}]", "", says)
    pattern = ".*".join(map(re.escape, plain.split("...")))
    return "" if re.search(pattern, text, re.DOTALL) else f"expected one with '{plain}'."


@contextmanager
def raises(kinds: Kinds, says: str = "") -> Iterator[SimpleNamespace]:
    """Expect that the block raises an error of these kinds.

    Parameters
    ----------
    kinds : type, or tuple of them
        The kinds of error.
    says : str
        What its text holds.

    Raises
    ------
    Words
        If nothing is raised, or an error with another text.
    AssertionError
        If an error of another kind is raised.

    Examples
    --------
    >>> with raises(ValueError, says="expected ... element"):
    ...     raise ValueError("item: expected one element")
    >>> with raises(ValueError):
    ...     pass
    Traceback (most recent call last):
        ...
    tinylinks.checks.expect.Words: raised nothing, expected a ValueError.
    """
    caught = SimpleNamespace(value=None)
    try:
        yield caught
    except NotThere:
        raise
    except Exception as error:
        caught.value = error
        kind = type(error).__name__
        if not isinstance(error, kinds):
            text = str(error).rstrip(".")
            raise AssertionError(f"raised {_a(kind)}: {text}. Expected {_names(kinds)}.") from error
        lacking = _lacks(str(error), says)
        if lacking:
            raise Words(f"raised {_a(kind)} with '{error}', {lacking}") from error
    else:
        raise Words(f"raised nothing, expected {_names(kinds)}.")


@contextmanager
def warns(kind: type[Warning], says: str = "") -> Iterator[None]:
    """Expect that the block warns, with these words.

    Parameters
    ----------
    kind : type
        The kind of warning.
    says : str
        What its text holds.

    Raises
    ------
    Words
        If there is no such warning.

    Examples
    --------
    >>> with warns(UserWarning, says="twice"):
    ...     warnings.warn("it is used twice")
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    texts = [str(w.message) for w in caught if issubclass(w.category, kind)]
    if not texts:
        raise Words(f"gave no warning, expected {_a(kind.__name__)}.")
    lacking = [_lacks(text, says) for text in texts]
    if all(lacking):
        raise Words(f"warned with '{texts[0]}', {lacking[0]}")


def assert_repr(value: object, says: str) -> None:
    """Expect that `repr` shows a value as this text.

    Examples
    --------
    >>> assert_repr(3, "{4}")
    Traceback (most recent call last):
        ...
    tinylinks.checks.expect.Words: is shown as '3', expected '4'.
    """
    text, plain = repr(value), re.sub(r"[{}]", "", says)
    lacking = f"expected '{plain}'." if _exact and text != plain else _lacks(text, says)
    if lacking:
        raise Words(f"is shown as '{text}', {lacking}")


def assert_allclose(got: Any, expected: Any, rtol: float = 1e-7, atol: float = 0.0) -> None:
    """Expect numbers that are nearly these, and say in a few numbers what came.

    Examples
    --------
    >>> assert_allclose([1.0, 2.0], [1.0, 3.0])
    Traceback (most recent call last):
        ...
    AssertionError: is [1, 2], expected [1, 3].
    >>> assert_allclose(np.zeros((2, 5)), np.eye(2, 5))
    Traceback (most recent call last):
        ...
    AssertionError: is 0 at [0, 0], expected 1.
    """
    found, wanted = np.asarray(got), np.asarray(expected)
    if found.dtype.kind not in "biuf":
        raise AssertionError(f"is {shown(got)}, expected {shown(expected)}.")
    if wanted.shape not in ((), found.shape):
        raise AssertionError(f"has the shape {found.shape}, expected {wanted.shape}.")
    wanted = np.broadcast_to(wanted, found.shape)
    off = ~np.isclose(found, wanted, rtol, atol, equal_nan=True)
    if not off.any():
        return
    place = ""
    if found.size > FEW:
        index = tuple(int(i) for i in np.argwhere(off)[0])
        place, found, wanted = f" at {list(index)}", found[index], wanted[index]
    few, all_digits = [[shown(a, digits) for a in (found, wanted)] for digits in (6, 17)]
    came, right = few if few[0] != few[1] else all_digits
    raise AssertionError(f"is {came}{place}, expected {right}.")


def assert_array_equal(got: Any, expected: Any) -> None:
    """Expect exactly these numbers."""
    assert_allclose(got, expected, rtol=0.0)


def shown(value: Any, digits: int = 6) -> str:
    """Return a value as a short text.

    Examples
    --------
    >>> shown(np.array([1.0, 2 / 3])), shown(np.zeros((9, 9))), shown((np.array(2 / 3), "a"))
    ('[1, 0.666667]', 'an array of shape (9, 9)', "(0.666667, 'a')")
    """
    if type(value) in (list, tuple) and len(value) <= FEW:
        parts = ", ".join([shown(each, digits) for each in value])
        return f"[{parts}]" if type(value) is list else f"({parts}{',' * (len(value) == 1)})"
    if type(value) is float or isinstance(value, np.dtype):
        return str(value) if isinstance(value, np.dtype) else f"{value:.{digits}g}"
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "iuf":
        if value.size > FEW:
            return f"an array of shape {value.shape}"
        return re.sub(r"'", "", str(_written(value.tolist(), digits)))
    try:
        text = " ".join(repr(value).split())
    except Exception:  # the class is not finished
        return _a(type(value).__name__)
    return text if len(text) < 200 else f"{text[:200]}..."


def _written(numbers: Any, digits: int) -> Any:
    if isinstance(numbers, list):
        return [_written(number, digits) for number in numbers]
    return f"{numbers:.{digits}g}"


class approx:
    """A number that others are compared with: nearly the same is the same.

    Parameters
    ----------
    expected : float
        The number.

    Examples
    --------
    >>> 0.1 + 0.2 == approx(0.3), 0.31 == approx(0.3)
    (True, False)
    """

    def __init__(self, expected: float) -> None:
        self.expected = expected

    def __eq__(self, other: object) -> bool:
        return bool(np.isclose(other, self.expected, rtol=1e-6, atol=1e-12))  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"about {self.expected}"


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def _names(kinds: Kinds) -> str:
    return " or ".join([_a(k.__name__) for k in (kinds if isinstance(kinds, tuple) else (kinds,))])
