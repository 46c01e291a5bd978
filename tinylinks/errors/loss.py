"""Sentences of losses and `accuracy`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks.errors.function import check_input
from tinylinks.errors.shapes import shape_of
from tinylinks.errors.variable import check_backend
from tinylinks.errors.words import DTYPES, IsArrayType, describe, is_whole
from tinylinks.walk import see

if TYPE_CHECKING:
    from tinylinks.function import Function


def check_same_shape(function: Function, x0: Any, x1: Any) -> None:
    if shape_of(x0) != shape_of(x1):
        raise ValueError(
            f"{function.label}: expected two arrays of one shape, got {shape_of(x0)} and "
            f"{shape_of(x1)}. Stretching would hide a mistake: reshape one. {see('wx_plus_b')}"
        )


def check_labels(operation: str, x: Any, t: Any, ignore_label: int | None) -> bool:
    """Check the scores x (N, C, ...) against labels t (N, ...); say if none is ignored."""
    check_label_array(operation, x, t, ignore_label)
    return check_classes(operation, x.shape[1], t, ignore_label)


def check_label_array(operation: str, x: Any, t: Any, ignore_label: int | None) -> None:
    """Check what can be said of labels without a look at the numbers."""
    if not hasattr(x, "creator"):
        check_backend(operation, x, x)
    shape: tuple[int, ...] = getattr(x, "shape", ())
    if len(shape) < 2:
        do = "Make a single row a mini-batch with x.reshape(1, -1)."
        if getattr(x, "dtype", np.dtype(float)).kind in "iu":
            do = "Pass the scores themselves, not the answers that argmax finds in them."
        if x is None:
            do = "Look for a `return` that is missing in forward."
        raise ValueError(
            f"{operation}: expected scores of shape (N, C), got {describe(x)}. {do} "
            f"{see('classes')}"
        )
    check_input(operation, x)
    if shape[1] == 0:
        raise ValueError(
            f"{operation}: expected scores for at least one class, got shape {shape}. "
            f"Make one score for each class, along axis 1. {see('classes')}"
        )
    if ignore_label is not None and not is_whole(ignore_label):
        raise TypeError(
            f"{operation}: expected ignore_label as a whole number, got "
            f"{describe(ignore_label)}. Pass -1, the usual one. {see('classes')}"
        )
    check_backend(operation, x, t)
    if not hasattr(t, "dtype") or t.dtype.kind not in "iu":
        do = "Number the classes 0, 1, 2, ...: np.array(..., dtype=np.int32)."
        if getattr(t, "shape", None) == shape:
            do = "Make class numbers of one-hot rows with t.argmax(axis=1)."
        raise TypeError(
            f"{operation}: expected labels as an array of int, got {describe(t)}. {do} "
            f"{see('classes')}"
        )
    if t.shape != shape[:1] + shape[2:] and not trailing_ones(operation, x, t):
        do = "Give each row its own label, and no row without one."
        if t.shape == shape:
            do = "Make class numbers of one-hot rows with t.argmax(axis=1)."
        elif t.size == math.prod(shape[:1] + shape[2:]):
            do = "Give the labels this shape with reshape."
        raise ValueError(
            f"{operation}: expected one label for each row of x, shape "
            f"{shape[:1] + shape[2:]}, got {t.shape}. {do} {see('classes')}"
        )


def check_classes(operation: str, columns: int, t: Any, ignore_label: int | None) -> bool:
    """Check that each label is the number of a column, or ignored; say if none is ignored."""
    # Read as a number without sign, a negative label is a very large one.
    if not t.size or t.astype("u8").max() < columns:
        return ignore_label is None or not 0 <= ignore_label < columns
    wrong = [n for n in t.ravel().tolist() if not 0 <= n < columns and n != ignore_label]
    if wrong:
        raise ValueError(
            f"{operation}: expected labels from 0 to {columns - 1}, as there are scores for "
            f"{columns}, got {wrong[0]}. Count the classes from 0, and make one score for each of "
            f"them. {see('classes')}"
        )
    return False


def trailing_ones(operation: str, x: Any, t: Any) -> bool:
    """Tell whether accuracy may take x (N, C, 1, 1) with t (N,), as Chainer does."""
    return operation == "accuracy" and t.shape == x.shape[:1] and set(x.shape[2:]) == {1}


def check_class_weight(x: Any, weight: Any, is_array_type: IsArrayType) -> None:
    check_backend("softmax_cross_entropy", x, weight)
    numbers = is_array_type(type(weight)) and weight.dtype in DTYPES and weight.dtype != bool
    if not numbers or weight.shape != x.shape[1:2]:
        raise TypeError(
            f"softmax_cross_entropy: expected class_weight as an array of floats of shape "
            f"{x.shape[1:2]}, got {describe(weight)}. Give it one number for each class. "
            f"{see('classes')}"
        )
