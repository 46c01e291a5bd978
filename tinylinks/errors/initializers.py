"""Sentences of first values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylinks.errors.words import describe, foreign, is_number
from tinylinks.walk import see


def check_initial(array: Any, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(
            f"Parameter: expected an initial array of shape {shape}, got {array.shape}. "
            "Give it that shape: in Linear, W has (out_size, in_size), b (out_size,). "
            f"{see('linear')}"
        )


def check_filled(initializer: Any, returned: Any) -> None:
    if returned is not None:
        raise TypeError(
            "Parameter: expected an initializer that fills the array it is called with, got one "
            f"that returned {describe(returned)}. Write array[...] = ... in it, and return "
            f"nothing. {see('parameters')}"
        )


def check_initializer(initializer: Any) -> None:
    if initializer is None or is_number(initializer):
        return
    if not callable(initializer) or isinstance(initializer, type):
        do = foreign(initializer) or "Write np.array(...) or initializers.Constant(0)."
        raise TypeError(
            "Parameter: expected an array, a number or an initializer as first value, got "
            f"{describe(initializer)}. {do} {see('parameters')}"
        )


def check_fans(operation: str, shape: tuple[int, ...]) -> None:
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"{operation}: expected an array of shape (out, in), none of them 0, got shape "
            f"{shape}. Use a number such as 0 for a bias. {see('linear')}"
        )


def check_dtype(operation: str, dtype: Any) -> None:
    try:
        is_float = dtype is None or np.dtype(dtype).kind == "f"
    except TypeError:
        is_float = False
    if not is_float:
        raise TypeError(
            f"{operation}: expected dtype as a dtype of floats, got {describe(dtype)}. "
            f"Pass np.float32, or leave it out. {see('linear')}"
        )


def check_rng(operation: str, rng: Any) -> None:
    if rng is not None and not (hasattr(rng, "normal") and hasattr(rng, "uniform")):
        raise TypeError(
            f"{operation}: expected rng as a generator of random numbers, got {describe(rng)}. "
            "Pass np.random.default_rng(0) or np.random.RandomState(0), or leave it out. "
            f"{see('linear')}"
        )


def check_one_dtype(link: str, dtypes: dict[str, Any]) -> None:
    if len(set(dtypes.values())) > 1:
        dtype, last = next(iter(dtypes.values())), list(dtypes)[-1]
        got = " and ".join([f"{name} of {dtype}" for name, dtype in dtypes.items()])
        raise TypeError(
            f"{link}: expected first values of one dtype, got {got}. Convert them, "
            f"as in {last}.astype(np.{dtype}). {see('linear')}"
        )
