"""Sentences of `grad` and `gradient_check`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylinks.errors.words import IsArrayType, describe, describe_all, foreign
from tinylinks.walk import see


def check_variables(operation: str, argument: str, xs: Any, Variable: type) -> None:
    if not isinstance(xs, list | tuple) or not all(isinstance(x, Variable) for x in xs):
        raise TypeError(
            f"{operation}: expected {argument} as a list of Variables, got "
            f"{describe_all(xs, Variable)}. Write [x] for a single one. {see('derivative')}"
        )


def check_same_length(operation: str, argument: str, xs: Any, like: str, n: int) -> None:
    chapter = "derivative" if operation == "grad" else "shapes"
    if not isinstance(xs, list | tuple) or len(xs) != n:
        raise ValueError(
            f"{operation}: expected {argument} as a list of {n}, one for each of {like}, got "
            f"{len(xs) if isinstance(xs, list | tuple) else describe(xs)}. "
            f"Put None where there is nothing to pass. {see(chapter)}"
        )


def check_floats(operation: str, argument: str, arrays: Any, is_array_type: IsArrayType) -> None:
    for x in arrays:
        if not is_array_type(type(x)) or x.dtype.kind != "f":
            do = foreign(x) or "Write np.array(..., dtype=np.float64)."
            raise TypeError(
                f"{operation}: expected {argument} as an array of floats or a tuple of them, got "
                f"{describe(x)}. {do} {see('shapes')}"
            )


def check_func_outputs(operation: str, ys: Any, Variable: type) -> None:
    for y in ys:
        if not isinstance(y, Variable):
            raise TypeError(
                f"{operation}: expected func to return a Variable or a tuple of them, got "
                f"{describe(y)}. Compute with tinylinks.functions. {see('shapes')}"
            )


def check_results(ys: Any) -> Any:
    """Return what `f` returned to numerical_grad, if it is a list of arrays."""
    if not isinstance(ys, list | tuple) or not all(hasattr(y, "dtype") for y in ys):
        raise TypeError(
            f"numerical_grad: expected f to return a list of arrays, got {describe(ys)}. "
            f"Write lambda: [y], with y computed from the inputs. {see('shapes')}"
        )
    return ys


def check_no_grads(
    operation: str, no_grads: Any, xs: Any, is_array_type: IsArrayType
) -> list[bool]:
    """Return for each input whether it is left out: by default, if it has no floats."""
    if no_grads is None:
        return [is_array_type(type(x)) and x.dtype.kind in "iub" for x in xs]
    flags = isinstance(no_grads, list | tuple) and all(
        isinstance(f, bool | np.bool_) for f in no_grads
    )
    if not flags or len(no_grads) != len(xs):
        raise ValueError(
            f"{operation}: expected no_grads as a list of {len(xs)} times True or False, got "
            f"{no_grads if flags else describe(no_grads)}. Write True for each input that is not "
            f"to be checked. {see('shapes')}"
        )
    return list(no_grads)


def check_measured(i: int, finite: bool) -> None:
    if not finite:
        raise AssertionError(
            f"gradient_check: expected finite numbers for input {i}, got NaN or infinity as "
            "gradient and as slope. Check at a point where the function is smooth, or look for a "
            f"division by 0. {see('shapes')}"
        )
