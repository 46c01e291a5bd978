"""Sentences of a Function: what it is applied to, what it returns, and debug mode."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks.errors.words import (
    DTYPES,
    IsArrayType,
    array_of,
    describe,
    is_number,
    other_numbers,
)
from tinylinks.walk import see

if TYPE_CHECKING:
    from tinylinks.function import Function
    from tinylinks.graph import Node


def not_written(function: Function, method: str) -> NoReturn:
    name = type(function).__name__
    where = f"class {name}" if name != "Function" else "a class of your own, derived from Function"
    chapter = {"forward": "history", "backward": "walk_back"}[method]
    got = f"{method}_cpu" if hasattr(function, f"{method}_cpu") else "none"
    raise NotImplementedError(
        f"{name}: expected a method `{method}`, got {got}. "
        f"Write `def {method}(self, ...)` in {where}. {see(chapter)}"
    )


def used_twice(function: Function) -> NoReturn:
    name = type(function).__name__
    raise RuntimeError(
        f"{function.label}: expected a new instance, got one that was applied before. An "
        f"instance remembers one step: write {name}(...).apply(x) each time. {see('history')}"
    )


def check_constant(function: Function | str, x: Any, is_array_type: IsArrayType) -> Any:
    """Return an input that is not a Variable: a plain array, or a Python number."""
    if type(x) is float or type(x) is int:
        return x
    if is_array_type(type(x)) and x.dtype in DTYPES:
        return x
    from tinylinks.backend import plain  # backend.py itself imports errors

    x = plain(x)
    if is_array_type(type(x)) and x.dtype in DTYPES:
        return x
    if is_number(x):
        return float(x) if isinstance(x, float | np.floating) else int(x)
    operation, do = getattr(function, "label", function), array_of(x)
    if is_array_type(type(x)):
        do = other_numbers(x.dtype)
    elif x is None:
        do = "Look for a function without a `return`."
    elif isinstance(x, list | tuple) and any([getattr(item, "ndim", 0) for item in x]):
        do = "Pass its arrays one by one, as in apply(x, y)."
    elif hasattr(x, "requires_grad") and not hasattr(x, "detach"):
        raise TypeError(
            f"{operation}: expected Variables of its own library, got one of another class. "
            f"Do not mix those of a chapter with those of tinylinks: pass x.data. {see('history')}"
        )
    raise TypeError(
        f"{operation}: expected Variables, arrays or numbers, got {describe(x)}. {do} "
        f"{see('history')}"
    )


def check_input(operation: str, x: Any) -> None:
    """Refuse what `apply` would refuse, where something is done with x before that."""
    if not hasattr(x, "creator"):
        from tinylinks.backend import is_array_type  # backend.py itself imports errors

        check_constant(operation, x, is_array_type)


def has_no_array(function: Function) -> NoReturn:
    raise RuntimeError(
        f"{function.label}: expected Variables with arrays, got a Parameter without one. "
        f"Give it a shape with initialize(shape) first. {see('linear')}"
    )


def not_called(function: Function) -> NoReturn:
    name = type(function).__name__
    raise TypeError(
        f"{name}: expected its method apply, got a call. "
        f"Write {name}(...).apply(x). {see('history')}"
    )


def no_inputs(function: Function) -> NoReturn:
    raise TypeError(
        f"{function.label}: expected at least one input, got none. "
        f"Write {type(function).__name__}(...).apply(x). {see('history')}"
    )


def no_outputs(function: Function) -> NoReturn:
    raise TypeError(
        f"{function.label}.forward: expected an array or a tuple of them, got (). "
        f"Return at least one array. {see('history')}"
    )


def check_arity(function: Function, arrays: Sequence[Any], outputs: Any = None) -> None:
    """See whether `forward` takes so many inputs, and `backward` as many gradients as outputs.

    Called when `forward` failed, and once for each class: see `ARITY_CHECKED`.
    """
    forward, backward = parameters(function, "forward"), parameters(function, "backward")
    first = next(iter(backward), "")
    if fits(backward, 2) and not fits(backward, 1) and (first in forward or "indexes" in first):
        raise TypeError(
            f"{function.label}: expected one argument for each array, as in forward(self, x) and "
            f"backward(self, gy), got forward({signature(forward)}) and "
            f"backward({signature(backward)}), as in Chainer. "
            f"Name the arrays one by one, and return them without a tuple. {see('history')}"
        ) from None
    if not fits(forward, len(arrays)):
        raise TypeError(
            f"{function.label}: expected as many inputs as forward({signature(forward)}) takes "
            f"after self, got {len(arrays)}. Pass one for each, and give each a name there. "
            f"{see('history')}"
        ) from None
    if outputs is None:
        return
    n = len(outputs) if type(outputs) is tuple else 1
    if not fits(backward, n):
        raise TypeError(
            f"{function.label}: expected backward to take {n} gradient{'s' * (n > 1)}, one for "
            f"each output of forward, got backward({signature(backward)}). "
            "Write `def backward(self, gy)`, with more of them for several outputs; arrays of "
            f"forward come by retain_inputs. {see('walk_back')}"
        )
    ARITY_CHECKED.add(type(function))


#: The classes of Functions whose `forward` and `backward` fit: to look takes time.
ARITY_CHECKED: set[type] = set()


def parameters(function: Function, method: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a method, without self; by name."""
    try:
        return dict(inspect.signature(getattr(function, method)).parameters)
    except ValueError:  # a function of NumPy does not tell: let it take what comes
        return {"args": inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)}


def signature(parameters: dict[str, inspect.Parameter]) -> str:
    return ", ".join(["self", *map(str, parameters.values())])


def fits(parameters: dict[str, inspect.Parameter], n: int) -> bool:
    """Tell whether something with these parameters can be called with n arguments."""
    try:
        inspect.Signature(list(parameters.values())).bind(*range(n))
    except TypeError:
        return False
    return True


def bad_retain(function: Function) -> NoReturn:
    n, got = len(function.inputs), (function._input_indexes, function._output_indexes)
    raise TypeError(
        f"{function.label}.forward: expected retain_inputs to get a tuple of positions from 0 to "
        f"{n - 1}, and retain_outputs one of outputs, got {got[0]!r} and {got[1]!r}. "
        f"Write self.retain_inputs((0,)). {see('walk_back')}"
    ) from None


def check_retained(function: Function, what: str) -> tuple[Any, ...]:
    """Called where nothing is retained: that is right if no gradient was asked for."""
    if function._input_indexes if what == "inputs" else function._output_indexes:
        return ()
    raise RuntimeError(
        f"{function.label}.backward: expected retain_{what} to have been called in forward, got "
        f"nothing retained. Write self.retain_{what}((0,)) there. {see('walk_back')}"
    )


def not_floats(function: Function, arrays: Sequence[Any]) -> NoReturn:
    raise TypeError(
        f"{function.label}: expected floats, got {describe(arrays[0])}. "
        f"Convert it with .astype(np.float32): only floats have gradients. {see('box')}"
    )


def check_alike(
    function: Function, arrays: Sequence[Any], constants: Sequence[bool], kind: Any
) -> Any:
    """Return the one dtype of the Variables (of the constants, if there are no Variables)."""
    dtypes: dict[Any, None] = {}
    for array, constant in zip(arrays, constants, strict=True):
        if array is None:
            has_no_array(function)
        if not is_number(array) and type(array) is not kind:
            raise TypeError(
                f"{function.label}: expected all arrays from {kind.__module__}, got one from "
                f"{type(array).__module__}. Move it with backend.to_cpu or backend.to_gpu. "
                f"{see('gpu')}"
            )
        if not is_number(array) and constant <= all(constants):
            dtypes[array.dtype] = None
    if len(dtypes) > 1:
        raise TypeError(
            f"{function.label}: expected one dtype, got {' and '.join(map(str, dtypes))}. Make "
            f"the arrays alike, as in Variable(a.astype(np.float32)). {see('arithmetic')}"
        )
    return next(iter(dtypes))


def check_output(function: Function, y: Any, kind: Any, dtype: Any) -> Any:
    """Return what `forward` returned as an array of the inputs' dtype."""
    if isinstance(y, np.generic):
        y = np.asarray(y)
    if type(y) is not kind:
        do = "Return arrays, not Variables or lists."
        if y is None:
            do = "Return arrays: look for a `return` that is missing."
        raise TypeError(
            f"{function.label}.forward: expected an {kind.__name__} or a tuple of them, got "
            f"{describe(y)}. {do} {see('history')}"
        )
    if y.dtype != dtype:
        raise TypeError(
            f"{function.label}.forward: expected {'floats of ' if dtype.kind == 'f' else ''}dtype "
            f"{dtype}, like the inputs, got {y.dtype}. "
            f"Convert the result with .astype(x.dtype). {see('history')}"
        )
    return y


def check_finite(function: Function, method: str, x: Any) -> None:
    if hasattr(x, "dtype") and x.dtype.kind == "f" and x.size and not abs(x).max() < math.inf:
        raise FloatingPointError(
            f"{function.label}.{method}: expected finite numbers, got NaN or infinity, made by "
            f"{function.made_at}. Look at the numbers that go in there. {see('say_no')}"
        )


def changed_in_place(function: Function) -> NoReturn:
    raise RuntimeError(
        f"{function.label}.backward: expected the array that forward saw, got one that was "
        f"changed in place since then. It was used by {function.made_at}. "
        f"Make a new array instead of changing it, or change a copy. {see('say_no')}"
    )


def wrong_number(function: Function, gxs: tuple[Any, ...]) -> NoReturn:
    n, got = len(function.inputs), len(gxs)
    do = "Return None for an input without gradient."
    if gxs and isinstance(gxs[0], list):
        do = "Return a tuple, not a list."
    raise ValueError(
        f"{function.label}.backward: expected {n} gradient{'s' * (n > 1)}, one for each "
        f"input, got {got}. {do} {see('diamond')}"
    )


def check_gradient(function: Function, gx: Any, node: Node) -> Any:
    """Return `gx` as an array that fits the input at `node`."""
    if type(gx) is np.ndarray and gx.dtype is node.dtype and gx.shape == node.shape:
        return gx
    where = f"{function.label}.backward"
    if isinstance(gx, np.generic):
        gx = np.asarray(gx)
    if not (hasattr(gx, "dtype") and hasattr(gx, "shape")) or isinstance(gx, np.ma.MaskedArray):
        raise TypeError(
            f"{where}: expected an array as gradient, got {describe(gx)}. "
            f"Compute it from gy and the retained arrays. {see('walk_back')}"
        )
    if gx.shape != node.shape:
        raise ValueError(
            f"{where}: expected a gradient of the input's shape {node.shape}, got {gx.shape}. "
            f"Undo in backward what forward did to the shape. {see('shapes')}"
        )
    return check_gradient_dtype(function, gx, node)


def check_gradient_dtype(function: Function, gx: Any, node: Node) -> Any:
    """Return a gradient of the dtype of the input at `node`."""
    if gx.dtype != node.dtype:
        raise TypeError(
            f"{function.label}.backward: expected a gradient of the input's dtype {node.dtype}, "
            f"got {gx.dtype}. Keep the dtype: use Python numbers, or gx.astype(gy.dtype). "
            f"{see('shapes')}"
        )
    return gx
