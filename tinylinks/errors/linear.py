"""Sentences of `linear`, `matmul` and the link Linear."""

from __future__ import annotations

import math
from typing import Any

from tinylinks.errors.function import check_input
from tinylinks.errors.shapes import shape_of
from tinylinks.errors.variable import check_initialized
from tinylinks.errors.words import describe, is_whole
from tinylinks.walk import see


def check_matmul(a: Any, b: Any, transa: bool, transb: bool) -> None:
    for x in (a, b):
        check_initialized("matmul", x)
        if getattr(x, "ndim", 0) == 0:
            raise TypeError(
                f"matmul: expected matrices or vectors, got {describe(x)}. "
                f"Multiply by a number with *. {see('wx_plus_b')}"
            )
        check_input("matmul", x)
    i = -2 if transa and a.ndim > 1 else -1
    j = -1 if transb or b.ndim == 1 else -2
    if a.shape[i] != b.shape[j]:
        raise ValueError(
            f"matmul: expected a.shape[{i}] == b.shape[{j}], got {a.shape} and {b.shape}. "
            "Give `a` as many columns as `b` has rows: is a transpose missing? "
            f"{see('wx_plus_b')}"
        ) from None


def bad_matmul(a: Any, b: Any) -> None:
    check_matmul(a, b, False, False)
    raise ValueError(
        "matmul: expected axes in front of the last two that can be stretched to each other, got "
        f"{a.shape} and {b.shape}. Make each pair equal, or one of them 1. {see('wx_plus_b')}"
    ) from None


def check_linear(x: Any, W: Any, b: Any) -> None:
    """Check the shapes of x (N, in), W (out, in) and b (out,)."""
    if getattr(W, "ndim", 0) != 2:
        raise ValueError(
            f"linear: expected W of shape (out, in), got {shape_of(W)}. "
            f"Give it two axes with reshape. {see('wx_plus_b')}"
        )
    if x.shape[1] != W.shape[1]:
        raise ValueError(
            f"linear: expected x.shape[1] == W.shape[1], got {x.shape[1]} != {W.shape[1]}. "
            f"Each row of x needs {W.shape[1]} numbers. {see('wx_plus_b')}"
        )
    if b is not None and getattr(b, "shape", None) != W.shape[:1]:
        raise ValueError(
            f"linear: expected b of shape {W.shape[:1]}, got {shape_of(b)}. "
            f"Give it one number for each row of W. {see('wx_plus_b')}"
        )


def check_batch_axes(x: Any, n_batch_axes: Any, W: Any = None) -> None:
    check_initialized("linear", x)
    if not hasattr(x, "ndim"):
        raise TypeError(
            f"linear: expected x as a Variable or an array of shape (N, in), got {describe(x)}. "
            f"Put the rows into np.array(..., dtype=np.float32). {see('wx_plus_b')}"
        )
    check_input("linear", x)
    if not is_whole(n_batch_axes) or n_batch_axes < 1:
        do = "Pass 1 for a mini-batch of rows."
        if hasattr(n_batch_axes, "dtype"):
            do = "Pass x alone; targets are for the loss."
        raise ValueError(
            "linear: expected n_batch_axes to be a whole number above 0, got "
            f"{describe(n_batch_axes)}. {do} {see('wx_plus_b')}"
        )
    if x.ndim <= n_batch_axes:
        do = "Make a single row a mini-batch with x.reshape(1, -1)."
        if n_batch_axes > 1:
            do = "Pass a smaller n_batch_axes: at least one axis is for the numbers of an example."
        raise ValueError(
            f"linear: expected x of shape (N, in), at least {n_batch_axes + 1} axes, got "
            f"{x.shape}. {do} {see('wx_plus_b')}"
        )
    numbers = math.prod(x.shape[n_batch_axes:])
    if getattr(W, "ndim", 0) == 2 and W.shape[1] != numbers:
        raise ValueError(
            f"linear: expected {W.shape[1]} numbers for each example, as W.shape is {W.shape}, got "
            f"{numbers} in x of shape {x.shape}. Make W for {numbers} numbers, or compare the "
            f"sizes of the layers before this one. {see('wx_plus_b')}"
        )


def check_sizes(link: str, in_size: Any, out_size: Any) -> None:
    if not is_whole(out_size) or out_size < 1:
        raise ValueError(
            f"{link}: expected out_size as a whole number above 0, got {describe(out_size)}. "
            f"Write {link}(in_size, out_size), or {link}(out_size) to have in_size taken from "
            f"the first mini-batch. {see('linear')}"
        )
    if in_size is not None and (not is_whole(in_size) or in_size < 1):
        raise ValueError(
            f"{link}: expected in_size as a whole number above 0 or None, got "
            f"{describe(in_size)}. Pass the number of columns of x; it must have some. "
            f"{see('linear')}"
        )
