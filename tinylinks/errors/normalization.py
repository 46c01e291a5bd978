"""Sentences of dropout and batch normalization."""

from __future__ import annotations

import math
from typing import Any

from tinylinks.errors.arguments import check_flag
from tinylinks.errors.function import check_input
from tinylinks.errors.variable import check_backend, check_initialized
from tinylinks.errors.words import describe, is_number, is_whole
from tinylinks.walk import see


def check_dropout(x: Any, ratio: Any, mask: Any) -> None:
    check_initialized("dropout", x, mask)
    check_backend("dropout", x, x)
    if not hasattr(x, "shape") or x.dtype.kind != "f":
        raise TypeError(
            f"dropout: expected a Variable or an array of floats, got {describe(x)}. "
            f"Convert it with .astype(np.float32). {see('learnt')}"
        )
    if not is_number(ratio) or not 0 <= ratio < 1:
        raise ValueError(
            f"dropout: expected ratio as a number from 0 to below 1, got {describe(ratio)}. "
            f"Pass how large a share becomes 0: 0.5 is the usual one. {see('learnt')}"
        )
    if mask is not None:
        check_backend("dropout", x, mask)
        if getattr(mask, "shape", None) != x.shape or mask.dtype != x.dtype:
            raise ValueError(
                f"dropout: expected mask as a {x.dtype} array of shape {x.shape}, got "
                f"{describe(mask)}. Pass one that return_mask=True gave. "
                f"{see('learnt')}"
            )


ONE_TO_NORMALIZE = (
    "batch_normalization: expected several numbers for each mean, got one. Use "
    'using_config("train", False) to predict: a single number minus its own mean is always 0. '
    f"{see('learnt')}"
)


def check_normalized(operation: str, x: Any, axis: tuple[Any, ...], **given: Any) -> Any:
    """Return the shape that gamma must have: the axes of x that are not averaged over."""
    check_initialized(operation, x, *given.values())
    if not hasattr(x, "shape") or x.shape == ():
        raise TypeError(
            f"{operation}: expected x as a Variable or an array of shape (N, C), got "
            f"{describe(x)}. Put the rows into np.array(..., dtype=np.float32). "
            f"{see('learnt')}"
        )
    check_input(operation, x)
    if not all(is_whole(i) and 0 <= i < x.ndim for i in axis) or len(set(axis)) < len(axis):
        raise ValueError(
            f"{operation}: expected axes of x from 0 to {x.ndim - 1}, each once, got axis={axis} "
            f"and shape {x.shape}. Pass those to average over: 0, the mini-batch, and for images "
            f"2 and 3. {see('learnt')}"
        )
    shape = tuple([n for i, n in enumerate(x.shape) if i not in axis])
    for name, array in given.items():
        if array is not None or not name.startswith("running"):
            check_backend(operation, x, array)
            check_like_x(operation, name, array, x, shape)
    if given:
        check_like_gamma(operation, x, **given)
    return shape


def check_like_x(operation: str, name: str, array: Any, x: Any, shape: tuple[int, ...]) -> None:
    """Check one of gamma, beta, mean and var, or of the moving averages."""
    if getattr(array, "shape", None) != shape:
        raise ValueError(
            f"{operation}: expected {name} as an array of shape {shape}, got {describe(array)}. "
            f"Give it, or the size of the link, one number for each mean of x {x.shape}. "
            f"{see('learnt')}"
        )
    if name.startswith("running") and (hasattr(array, "node") or array.dtype.kind != "f"):
        raise TypeError(
            f"{operation}: expected {name} as an array of floats, as it is changed in place, got "
            f"{describe(array)}. Pass x.data, or make it with dtype=np.float32. {see('learnt')}"
        )
    if name.startswith("running") and not getattr(getattr(array, "flags", None), "writeable", True):
        raise ValueError(
            f"{operation}: expected {name} as an array that can be changed, got a read-only one. "
            f"Pass a copy, x.copy(). {see('learnt')}"
        )


def check_like_gamma(operation: str, x: Any, **given: Any) -> None:
    """Check that all have the dtype of x or, if x is an array, which gives way, that of gamma."""
    first, other = ("x", x) if hasattr(x, "node") else ("gamma", given["gamma"])
    if other.dtype.kind != "f":
        raise TypeError(
            f"{operation}: expected {first} as floats, got {describe(other)}. "
            f"Convert it with .astype(np.float32). {see('learnt')}"
        )
    for name, array in given.items():
        constant = hasattr(array, "node") != hasattr(other, "node")  # it gives way as well
        if not name.startswith("running") and array.dtype != other.dtype and not constant:
            raise TypeError(
                f"{operation}: expected {name} of the dtype of {first}, {other.dtype}, got "
                f"{array.dtype}. Convert {first} once, where it is "
                f"{'loaded' if first == 'x' else 'made'}, with .astype(np.{array.dtype}). "
                f"{see('learnt')}"
            )


def check_eps(operation: str, eps: Any) -> None:
    if not is_number(eps) or not 0 <= eps < math.inf:
        raise ValueError(
            f"{operation}: expected eps as a number not below 0, got {describe(eps)}. "
            f"Pass 2e-5, the usual one. {see('learnt')}"
        )


def check_batch(operation: str, x: Any, axis: tuple[int, ...], eps: Any, decay: Any) -> None:
    check_eps(operation, eps)
    if 0 in [x.shape[i] for i in axis]:
        raise ValueError(
            f"{operation}: expected at least one number for each mean, got shape {x.shape}. "
            f"Skip an empty mini-batch. {see('learnt')}"
        )
    if not is_number(decay) or not 0 <= decay <= 1:
        raise ValueError(
            f"{operation}: expected decay as a number from 0 to 1, got {describe(decay)}. "
            f"Pass 0.9, the usual one. {see('learnt')}"
        )


def check_normalization_link(size: Any, axis: Any, use_gamma: Any, use_beta: Any) -> None:
    check_flag("BatchNormalization", "use_gamma", use_gamma, "learnt")
    check_flag("BatchNormalization", "use_beta", use_beta, "learnt")
    sizes = size if isinstance(size, tuple) else (size,)
    known = all(is_whole(n) and n > 0 for n in sizes)
    if not known and (size is not None or axis is None):
        raise ValueError(
            "BatchNormalization: expected size as a whole number above 0 or a tuple of them, got "
            f"{describe(size)}. Pass how many columns or channels x has; or axis, to have it "
            f"taken from the first mini-batch. {see('learnt')}"
        )
