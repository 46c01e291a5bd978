"""Say in a sentence how a value differs from what was expected, and copy what was seen."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["agree", "difference", "keep"]

NUMBERS = (np.ndarray, np.generic, float)
#: How far a number may be off, as a part of its size: twice that of a few sums in this dtype.
TOLERANCE = {np.dtype(np.float16): 1e-2, np.dtype(np.float32): 1e-4}
STRICTEST = 1e-6


def difference(what: str, got: Any, expected: Any) -> str:
    """Return a sentence that tells how `got` differs from `expected`, or "" if it does not.

    Parameters
    ----------
    what : str
        The name of the value, such as ``"W.grad"``.
    got : object
        What the answer gave.
    expected : array, number, or any value that can be compared
        If it is an array, shape and dtype have to be the same, and the numbers nearly. If it is a
        float, any dtype will do.

    Examples
    --------
    >>> difference("W.grad", np.zeros((3, 2)), np.zeros((2, 3)))
    'W.grad has shape (3, 2), expected (2, 3).'
    >>> difference("y", np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    'y[1] is 2, expected 3.'
    >>> difference("y", np.array([10.77600]), np.array([10.77602]))
    'y[0] is 10.776, expected 10.77602.'
    >>> difference("order", ["a"], ["a", "b"])
    "order is ['a'], expected ['a', 'b']."
    >>> difference("y", 0.5, 0.5)
    ''
    """
    if isinstance(expected, NUMBERS) and not isinstance(expected, np.bool_):
        return _difference_of_numbers(what, got, expected)
    if _kind(got) is not _kind(expected) or not agree(got, expected):
        return f"{what} is {_shown(got)}, expected {_shown(expected)}."
    return ""


def _difference_of_numbers(what: str, got: Any, expected: Any) -> str:
    wanted = np.asarray(expected)
    kind = f"an array of shape {wanted.shape}" if wanted.shape else "a number"
    if not isinstance(got, NUMBERS) and not (type(got) is int and isinstance(expected, float)):
        return f"{what} is {_shown(got)}, expected {kind}."
    found = np.asarray(got)
    if found.shape != wanted.shape:
        return f"{what} has shape {found.shape}, expected {wanted.shape}."
    if not isinstance(expected, float) and found.dtype != wanted.dtype:
        return f"{what} has dtype {found.dtype}, expected {wanted.dtype}."
    if found.dtype.kind not in "fiub":
        return f"{what} has dtype {found.dtype}, expected numbers."
    tolerance = TOLERANCE.get(wanted.dtype, STRICTEST)
    off = ~np.isclose(found, wanted, rtol=tolerance, atol=tolerance)
    if not off.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(off)[0])
    index = f"[{', '.join(map(str, place))}]" if place else ""
    where = f"{index} of {what}" if index and " " in what else what + index
    for digits in (6, 10, 17):  # as many as it takes to see the difference
        shown = [f"{array[place]:.{digits}g}" for array in (found, wanted)]
        if shown[0] != shown[1]:
            break
    return f"{where} is {shown[0]}, expected {shown[1]}."


def _kind(value: Any) -> Any:
    """Return the type, where the kinds of NumPy count as those of Python."""
    if isinstance(value, bool | np.bool_):
        return bool
    return int if isinstance(value, int | np.integer) else type(value)


def _shown(value: Any) -> str:
    """Return a value as text: None, numbers and words as they are, for anything else what it is."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None or isinstance(value, bool | int | float | str | np.generic):
        return str(value) if isinstance(value, np.generic) else repr(value)
    if isinstance(value, list | tuple | set | dict):
        text = repr(value)
        return text if len(text) < 120 and " at 0x" not in text else f"another {_name(value)}"
    return f"a value of type {_name(value)}"


def _name(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


def keep(value: Any) -> Any:
    """Return a copy of what was seen: the answer may go on and change it."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)([keep(item) for item in value]) if type(value) in (list, tuple) else []
    if value is None or isinstance(value, bool | int | float | str | np.generic):
        return value
    return _name(value)


def agree(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, numbers nearly.

    Examples
    --------
    >>> agree([1.0, np.zeros(2)], [1.0, np.zeros(2)]), agree(np.zeros(2), np.zeros(3))
    (True, False)
    """
    if isinstance(one, list | tuple):
        same = type(one) is type(other) and len(one) == len(other)
        return same and all([agree(a, b) for a, b in zip(one, other)])
    if isinstance(one, NUMBERS) and isinstance(other, NUMBERS):
        a, b = np.asarray(one), np.asarray(other)
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind != "f":
            return bool((a == b).all())
        tolerance = TOLERANCE.get(a.dtype, STRICTEST)
        return bool(np.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True).all())
    return _kind(one) is _kind(other) and bool(one == other)
