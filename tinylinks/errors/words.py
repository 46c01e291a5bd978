"""The words that sentences are made of: how to call what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

IsArrayType = Callable[[type], bool]


def describe(x: Any) -> str:
    """Say in a few words what `x` is: 'a list', 'an int64 array of shape (3,)'."""
    if hasattr(x, "_data") and x._data is None and hasattr(x, "node"):
        return "a Parameter that has no array yet"
    if isinstance(x, np.generic):
        return f"the NumPy number {x}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        kind = type(x).__name__
        kind = "array" if kind == "ndarray" else kind
        numbers = "" if " at 0x" in str(x.dtype) else f"{x.dtype} "  # it has no name of its own
        return f"{article(numbers + kind)} of shape {x.shape}"
    if x is None or isinstance(x, bool | int | float | str):
        return repr(x)
    return article(type(x).__name__)


def describe_all(xs: Any, kind: type) -> str:
    """Say what is there in place of a list of `kind`, or what the first wrong thing in it is."""
    if not isinstance(xs, list | tuple):
        return describe(xs)
    i = [isinstance(x, kind) for x in xs].index(False)
    return f"{describe(xs[i])} at place {i}"


def article(word: str) -> str:
    """Put 'a' or 'an' in front of `word`."""
    return f"an {word}" if word[0].lower() in "aeiou" else f"a {word}"


def is_number(x: Any) -> bool:
    """Tell whether `x` is a Python or NumPy number (True and False are not)."""
    real = isinstance(x, (int, float, np.integer, np.floating))
    return real and not isinstance(x, bool | np.timedelta64)


def is_whole(x: Any) -> bool:
    """Tell whether `x` is an int of Python or NumPy."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


#: The numbers that the library computes with, in the byte order of this machine.
DTYPES = frozenset(map(np.dtype, "efd?bBhHiIlLqQ"))


def other_numbers(dtype: Any) -> str:
    """Say what to do with an array whose numbers are none of ours."""
    if dtype.kind == "c":
        return COMPLEX
    if dtype.kind == "f" and dtype.itemsize > 8:
        return "Convert it with .astype(np.float64), the finest that all functions take."
    if dtype.kind in "fiu":
        return "Its bytes are in the order of another machine: convert it with .astype(np.float32)."
    return "Write np.array(..., dtype=np.float32): no text, and all rows of one length."


COMPLEX = "Make an array of real numbers, dtype=np.float32: write x.real, or x.imag."


def foreign(x: Any) -> str:
    """Say how to make an array of what is one elsewhere; nothing if `x` is no such thing."""
    if type(x) in (np.ndarray, np.memmap) or isinstance(x, np.generic) or hasattr(x, "node"):
        return ""  # NumPy's own, or a Variable
    if isinstance(x, np.ma.MaskedArray):
        return "Its mask would be lost: write np.array(x.filled(0)), or leave out what is masked."
    if isinstance(x, np.ndarray):
        return "Its arithmetic is not an array's: convert it with np.array(x)."
    for method, do in ELSEWHERE.items():
        if hasattr(x, method):
            return do
    return ""


#: What only arrays of other libraries have -> how to make one of NumPy's. The first counts.
ELSEWHERE = {
    "detach": "Convert it with x.detach().cpu().numpy().",  # PyTorch
    "to_numpy": "Convert it with x.to_numpy().",  # pandas, polars, pyarrow
    "toarray": "Convert it with x.toarray().",  # sparse matrices
    "__array__": "Convert it with np.array(x).",  # JAX, TensorFlow and others
    "__array_interface__": "Convert it with np.array(x).",
    "__dlpack__": "Convert it with np.from_dlpack(x).",
    "dtype": "Convert it with np.array(x).",
}


def array_of(x: Any, dtype: str = "float32") -> str:
    """Say how to make an array of `x`, whatever it is."""
    if isinstance(x, complex | np.complexfloating):
        return COMPLEX
    if isinstance(x, Iterator):
        return f"Put its numbers into np.array(list(...), dtype=np.{dtype})."
    return foreign(x) or f"Put numbers into np.array(..., dtype=np.{dtype})."
