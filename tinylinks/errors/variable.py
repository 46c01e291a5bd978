"""Sentences of a Variable: its array and its gradient."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tinylinks.errors.words import (
    DTYPES,
    IsArrayType,
    array_of,
    article,
    describe,
    foreign,
    is_number,
    other_numbers,
)
from tinylinks.walk import see


def check_data(data: Any, is_array_type: IsArrayType) -> None:
    if hasattr(data, "node"):
        do = "It is in a box already: use it as it is, or take its array with x.data."
    elif isinstance(data, list | tuple):
        do = "Write Variable(np.array(..., dtype=np.float32)): an array has one dtype."
    elif is_number(data):
        do = f"Write Variable(np.array({data}, dtype=np.float32)): an array has a dtype."
    elif not is_array_type(type(data)):
        do = array_of(data)
    elif data.dtype not in DTYPES:
        do = other_numbers(data.dtype)
    else:
        return
    raise TypeError(
        f"Variable: expected a NumPy or CuPy array of numbers, got {describe(data)}. "
        f"{do} {see('box')}"
    )


def waits(operation: str) -> str:
    return (
        f"{operation}: expected a Parameter with an array, got one that waits for its shape. "
        f"Call its link on a mini-batch first, or initialize(shape). {see('linear')}"
    )


def check_initialized(operation: str, *xs: Any) -> None:
    for x in xs:
        if getattr(x, "_data", operation) is None:
            raise RuntimeError(waits(operation))


def check_item(x: Any) -> None:
    check_initialized("item", x)
    if x.size != 1:
        first = ", ".join("0" * x.ndim)
        raise ValueError(
            f"item: expected exactly one element, got shape {x.shape}. "
            f"Pick one as in x[{first}], or reduce with x.sum() or x.mean(). {see('box')}"
        )


def check_len(x: Any, operation: str = "len") -> None:
    check_initialized(operation, x)
    if x.ndim == 0:
        raise TypeError(
            f"{operation}: expected a Variable with at least one axis, got shape (). "
            f"It is a single number: read it with x.item(). {see('box')}"
        )


def no_number(operation: str, x: Any) -> NoReturn:
    raise TypeError(
        f"{operation}: expected a number, got {describe(x)}. "
        f"Read it with x.item(), if it has one element. {see('box')}"
    )


def no_setitem() -> NoReturn:
    raise TypeError(
        "x[...] = value: expected an operation that the graph can record, got an assignment. "
        "Compute a new Variable, for instance with F.where; or change x.data beforehand. "
        f"{see('arithmetic')}"
    )


def no_comparison(sign: str) -> NoReturn:
    raise TypeError(
        f"x {sign} y: expected arrays or numbers, got a Variable. "
        f"Compare the arrays: x.data {sign} y.data. {see('arithmetic')}"
    )


def no_operator(operation: str) -> NoReturn:
    raise TypeError(
        f"{operation}: expected an operation with a slope, as + - * / ** and @ are, got one that "
        f"rounds down. Compute with arrays: {operation.replace('x', 'x.data')}. {see('arithmetic')}"
    )


def no_bool() -> NoReturn:
    raise TypeError(
        "bool: expected a single True or False, got a Variable. "
        f"Test its number, as in x.item() > 0, or write `x is not None`. {see('arithmetic')}"
    )


def no_requires_grad() -> NoReturn:
    raise AttributeError(
        "requires_grad: expected to be chosen when a Variable is made, got an assignment. "
        "Make a new one: Variable(x.data, requires_grad=False). To freeze a Parameter, call "
        f"disable_update of its link, or set its update_enabled to False. {see('backward_needs')}"
    )


def no_hash() -> NoReturn:
    raise TypeError(
        "hash: expected something that can be compared, got a Variable. "
        f"Use id(x) as the key, or keep the Variables in a list. {see('backward_needs')}"
    )


def no_array() -> NoReturn:
    raise TypeError(
        "NumPy function: expected arrays, got a Variable. Pass x.data where no gradient is needed, "
        f"otherwise use a function of tinylinks.functions. {see('arithmetic')}"
    )


def check_grad(x: Any, g: Any, is_array_type: IsArrayType) -> None:
    check_initialized("grad", x)
    if hasattr(g, "node"):
        raise TypeError(
            f"grad: expected an array, got {describe(g)}. "
            f"Assign g.data, or assign the Variable to grad_var. {see('walk_back')}"
        )
    if not is_array_type(type(g)):
        do = array_of(g, x.dtype)
        raise TypeError(
            f"grad: expected a {x.dtype} array of shape {x.shape}, got {describe(g)}. "
            f"{do} {see('walk_back')}"
        )
    if type(g) is not type(x._data):
        raise TypeError(
            f"grad: expected {article(type(x._data).__module__)} array like the data, "
            f"got one of {type(g).__module__}. "
            f"Move it with backend.to_cpu or backend.to_gpu. {see('gpu')}"
        )
    if g.shape != x.shape:
        raise ValueError(
            f"grad: expected the shape of the data, {x.shape}, got {g.shape}. "
            f"A gradient has one number for each number of the data. {see('walk_back')}"
        )
    if g.dtype != x.dtype:
        raise TypeError(
            f"grad: expected the dtype of the data, {x.dtype}, got {g.dtype}. "
            f"Convert it with g.astype(np.{x.dtype}). {see('walk_back')}"
        )
    if g.dtype.kind != "f":
        raise TypeError(
            f"grad: expected a Variable of floats, got one of {x.dtype}. Convert its array with "
            f".astype(np.float32): only floats have slopes. {see('arithmetic')}"
        )


def check_grad_var(g: Any, Variable: type) -> None:
    if not isinstance(g, Variable):
        raise TypeError(
            f"grad_var: expected a Variable, got {describe(g)}. "
            f"Assign an array to grad instead. {see('derivative')}"
        )


def check_backward(y: Any) -> None:
    if y._data is None:
        raise RuntimeError(
            "backward: expected a result of a computation, got a Parameter without an array. "
            f"Call its link on a mini-batch first. {see('linear')}"
        )
    if y.creator is None and not getattr(y, "requires_grad", True):
        raise RuntimeError(
            "backward: expected a result that depends on a Variable, got a constant. Compute it "
            "from Variables that require a gradient. If it is a gradient, as that of 2 * x, it is "
            "the same for every x: its own slope is 0, so leave this backward out. "
            f"{see('derivative')}"
        )
    if y.creator is None:
        raise RuntimeError(
            "backward: expected a Variable that was computed from others, got one without a "
            "creator. Call backward on the result, and compute it outside no_backprop_mode, "
            f"from Variables that require a gradient. {see('walk_back')}"
        )
    if y.dtype.kind != "f":
        raise TypeError(
            f"backward: expected a result of floats, got {describe(y)}. Convert what it was "
            f"computed from with .astype(np.float32): only floats have slopes. {see('arithmetic')}"
        )
    if y._grad is None and y.size != 1:
        raise RuntimeError(
            "backward: expected a single number or a gradient to start from, got shape "
            f"{y.shape} without one. Reduce it first, as in y.sum().backward(), or set y.grad "
            f"to an array of that shape. {see('walk_back')}"
        )


def check_backend(function: Any, x: Any, other: Any) -> Any:
    """Return an array given with the input x, such as labels, if it is of the same module as x.

    What is no array at all passes: whoever asks for one has a better sentence.
    """
    if type(other) is np.ndarray and type(getattr(x, "_data", x)) is np.ndarray:
        return other  # the usual case
    from tinylinks.backend import bare, is_array_type, plain  # backend.py itself imports errors

    x, other = plain(bare(x)), plain(bare(other))
    operation, ours = getattr(function, "label", function), is_array_type(type(other))
    if not ours and (do := foreign(other)):
        raise TypeError(
            f"{operation}: expected an array of NumPy or CuPy, got {describe(other)}. {do} "
            f"{see('say_no')}"
        ) from None
    if ours and is_array_type(type(x)) and type(other) is not type(x):
        raise TypeError(
            f"{operation}: expected all arrays from {type(x).__module__}, got one from "
            f"{type(other).__module__}. Move it with backend.to_cpu or backend.to_gpu. "
            f"{see('gpu')}"
        ) from None
    return other
