"""The words that sentences are made of: how to call what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

IsArrayType = Callable[[type], bool]


def describe(x: Any) -> str:
    """Say in a few words what `x` is: 'a list', 'an int64 array of shape (3,)'."""
    if hasattr(x, "_data") and x._data is None:
        return "a Parameter that has no array yet"
    if isinstance(x, np.generic):
        return f"the NumPy number {x}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        kind = type(x).__name__
        kind = "array" if kind == "ndarray" else kind
        return f"{article(str(x.dtype))} {kind} of shape {x.shape}"
    if x is None or isinstance(x, bool | int | float | str):
        return repr(x)
    return article(type(x).__name__)


def article(word: str) -> str:
    """Put 'a' or 'an' in front of `word`."""
    return f"an {word}" if word[0].lower() in "aeiou" else f"a {word}"


def is_number(x: Any) -> bool:
    """Tell whether `x` is a Python or NumPy number (True and False are not)."""
    return isinstance(x, (int, float, np.number)) and not isinstance(x, bool)


def is_whole(x: Any) -> bool:
    """Tell whether `x` is an int of Python or NumPy."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)
