"""Sentences of the functions that change shapes."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks.errors.arguments import check_flag
from tinylinks.errors.function import check_input
from tinylinks.errors.variable import check_backend, check_initialized
from tinylinks.errors.words import describe, is_number, is_whole
from tinylinks.walk import see

if TYPE_CHECKING:
    from tinylinks.function import Function


def check_shape(operation: str, shape: Any, smallest: int = 0) -> tuple[int, ...]:
    """Return `shape` as a tuple of ints."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if not all(is_whole(n) and n >= smallest for n in shape) or shape.count(-1) > 1:
        also = ", or once -1" if smallest < 0 else ""
        raise ValueError(
            f"{operation}: expected a shape of whole numbers not below 0{also}, got {shape}. "
            f"Write a tuple such as (2, 3). {see('shapes')}"
        )
    return shape


def shape_of(x: Any) -> str:
    return str(getattr(x, "shape", "a number"))


def bad_broadcast(function: Function, xs: Sequence[Any]) -> None:
    shapes = [x.shape for x in xs if hasattr(x, "shape")]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"{function.label}: expected shapes that can be stretched to one, got "
            f"{' and '.join(map(str, shapes))}. Counted from the last, each pair of axes must "
            f"be equal, or one of them 1; insert an axis with reshape. {see('shapes')}"
        ) from None


def bad_sum_to(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"sum_to: expected a shape that can be stretched to {x_shape}, got {shape}. "
        f"Keep each axis, make it 1, or leave it out in front. {see('shapes')}"
    ) from None


def bad_broadcast_to(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"broadcast_to: expected a shape that {x_shape} can be stretched to, got {shape}. "
        f"Only axes of length 1 stretch, and new ones come in front: reshape first. {see('shapes')}"
    ) from None


def bad_reshape(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"reshape: expected a shape of {math.prod(x_shape)} elements, as {x_shape} has, "
        f"got {shape}. Use -1 for one axis to have it worked out. {see('shapes')}"
    ) from None


def bad_transpose(x_shape: tuple[int, ...], axes: Any) -> NoReturn:
    raise ValueError(
        f"transpose: expected each of the {len(x_shape)} axes once, got {axes}. "
        f"Write an order of {tuple(range(len(x_shape)))} for shape {x_shape}. {see('shapes')}"
    ) from None


def bad_axis(function: Function, x_shape: tuple[int, ...], axis: Any) -> None:
    check_flag(function.label, "keepdims", getattr(function, "keepdims", False), "shapes")
    n = len(x_shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    whole = all(is_whole(a) and -n <= a < n for a in axes)
    if axis is not None and not (whole and len({a % n for a in axes}) == len(axes)):
        known = (
            f"an axis of shape {x_shape}, from {-n} to {n - 1}" if n else "axis=None for shape ()"
        )
        raise ValueError(
            f"{function.label}: expected {known}, got {axis!r}. "
            f"Write several axes as a tuple, each one once. {see('shapes')}"
        ) from None
    if 0 in x_shape:
        raise ValueError(
            f"{function.label}: expected at least one element, got shape {x_shape}. "
            f"Skip an empty mini-batch. {see('shapes')}"
        ) from None


def check_index(index: Any, x: Any = None) -> Any:
    """Return an index without Variables in it: its arrays belong with x, its lists are copies."""
    if type(index) in (int, slice):
        return index
    if isinstance(index, tuple):
        return tuple([check_index(part, x) for part in index])
    if hasattr(index, "node"):
        raise TypeError(
            f"x[...]: expected ints, slices or arrays as index, got {describe(index)}. "
            f"An index has no gradient: write x[i.data]. {see('arithmetic')}"
        )
    if isinstance(index, float | str):
        raise TypeError(
            f"x[...]: expected ints, slices or arrays as index, got {index!r}. "
            f"Write a whole number such as x[0]. {see('arithmetic')}"
        )
    if isinstance(index, list):
        return copy.deepcopy(index)  # yours may change before backward comes
    return check_backend("x[...]", x, index)


def bad_index(x: Any, index: Any) -> NoReturn:
    raise IndexError(
        f"x[...]: expected an index into shape {x.shape}, got {' '.join(repr(index).split())}. "
        f"Use 0 to x.shape[i] - 1 for axis i, or a mask of the shape of x. {see('arithmetic')}"
    ) from None


def check_concat(xs: Any) -> None:
    if not isinstance(xs, list | tuple) or len(xs) == 0:
        raise TypeError(
            f"concat: expected a list of Variables, got {describe(xs) if len_or_1(xs) else '[]'}. "
            f"Write F.concat([x, y]). {see('shapes')}"
        )
    for i, x in enumerate(xs):
        if not hasattr(x, "shape") and not hasattr(x, "creator"):
            raise TypeError(
                f"concat: expected Variables and arrays in the list, got {describe(x)} at place "
                f"{i}. Put numbers into np.array(...), with as many axes as the others. "
                f"{see('shapes')}"
            )


def len_or_1(xs: Any) -> int:
    return len(xs) if isinstance(xs, list | tuple) else 1


def bad_concat(xs: Sequence[Any], axis: Any) -> NoReturn:
    raise ValueError(
        f"concat: expected shapes that agree but for axis {axis!r}, got "
        f"{' and '.join(map(shape_of, xs))}. Choose another axis, or reshape. {see('shapes')}"
    ) from None


def check_condition(condition: Any, x: Any = None) -> None:
    check_backend("where", x, condition)
    if str(getattr(condition, "dtype", None)) != "bool":
        raise TypeError(
            f"where: expected an array of bool as condition, got {describe(condition)}. "
            f"Compare arrays to get one, as in x.data > 0. {see('bend')}"
        )


def check_clip(x_min: Any, x_max: Any) -> None:
    bounds = [bound for bound in (x_min, x_max) if bound is not None]
    if not bounds or not all(map(is_number, bounds)) or bounds != sorted(set(bounds)):
        raise ValueError(
            f"clip: expected two numbers with x_min < x_max, got {describe(x_min)} and "
            f"{describe(x_max)}. Write the smaller one first. {see('bend')}"
        )


def check_weights(operation: str, x: Any, weights: Any, axis: Any) -> None:
    check_initialized(operation, x, weights)
    check_input(operation, x)
    check_backend(operation, x, weights)
    if not hasattr(weights, "shape"):
        raise TypeError(
            f"{operation}: expected weights as a Variable or an array, got {describe(weights)}. "
            f"Pass other arguments by name, as in keepdims=True. {see('shapes')}"
        )
    if weights.ndim == 1 and x.ndim > 1 and not is_whole(axis):
        raise ValueError(
            f"{operation}: expected weights of the shape of x, {x.shape}, if axis is {axis!r}, got "
            f"{weights.shape}. Name a single axis, as in axis=0, or stretch the weights with "
            f"broadcast_to. {see('shapes')}"
        )
