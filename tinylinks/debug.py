"""Debug mode: say which line of the user's code a wrong number comes from.

All of this is slow. It works only under ``using_config("debug", True)``.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import bare, is_array_type

if TYPE_CHECKING:
    from tinylinks.function import Function

HERE = str(Path(__file__).parent) + os.sep


def after_forward(function: Function, outputs: Any) -> None:
    """Note the user's line, copy the arrays that are kept, and look for NaN and infinity."""
    function.made_at = users_line()
    ys = outputs if type(outputs) is tuple else (outputs,)
    if ys[0].creator is function:
        classes = [dict(vars(kind)) for kind in type(function).__mro__]
        function.watched = arrays_in([vars(function), *classes])
        function.copies = [copy(array) for array in function.watched]
    for y in ys:
        errors.check_finite(function, "forward", y.data)


def run_backward(function: Function, gys: Sequence[Any]) -> tuple[Any, ...]:
    """Call `Function.run_backward`; whatever goes wrong there names the line of the forward."""
    pairs = zip(function.watched, function.copies, strict=True)
    changed = [(now, before) for now, before in pairs if now.tobytes() != before.tobytes()]
    made_at, function.made_at = function.made_at, ""  # so that it does not come here again
    try:
        matter = bool(changed) and matters(function, gys, changed)
        gxs = () if matter else function.run_backward(gys, function.double_backprop)
    except Exception as error:
        function.made_at = made_at
        add_line(function, error)
        raise
    function.made_at = made_at
    if matter:
        errors.changed_in_place(function)
    for gx in gxs:
        errors.check_finite(function, "backward", bare(gx))
    return gxs


def arrays_in(x: Any) -> list[Any]:
    """Return the arrays in `x`, each once: also in lists, tuples, dicts and Variables there."""
    found, todo, seen = [], [x], set()
    while todo:
        x = bare(todo.pop())
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, dict):
            todo.extend(x.values())
        elif isinstance(x, list | tuple):
            todo.extend(x)
        elif is_array_type(type(x)) or isinstance(x, np.ndarray):
            found.append(x)
    return found


def copy(array: Any) -> Any:
    """Return an array of the same numbers."""
    return array.copy()


def matters(function: Function, gys: Sequence[Any], changed: Sequence[Any]) -> bool:
    """Tell whether `backward` counts on what was changed since `forward` saw it.

    What was retained, it does. Of the rest a Function may keep what is its own business, such
    as moving averages: there it is asked for the gradients with and without the change.
    """
    kept = set(map(id, (*function._retained_inputs, *function._retained_outputs)))
    if any([id(array) in kept for array, _ in changed]):
        return True
    now, double_backprop = [copy(array) for array, _ in changed], function.double_backprop
    gys = [bare(gy) for gy in gys]
    try:
        gxs = numbers(function.run_backward(gys, False))
        for array, before in changed:
            array[...] = before
        return gxs != numbers(function.run_backward(gys, False))
    except Exception:  # an index outside, for instance, or an array that cannot be put back
        return True
    finally:
        function.double_backprop = double_backprop
        for (array, _), other in zip(changed, now, strict=True):
            with contextlib.suppress(ValueError):  # it is read-only, so it is as it was
                array[...] = other


def numbers(gxs: Sequence[Any]) -> list[Any]:
    """Return something of gradients that can be compared."""
    return [gx.tobytes() if hasattr(gx, "tobytes") else gx for gx in gxs]


def add_line(function: Function, error: Exception) -> None:
    """Add to an error on the way back the line whose `forward` made the graph there."""
    if function.made_at:
        error.add_note(f"In the backward of {function.label}, made by {function.made_at}")


def users_line() -> str:
    """Return the innermost line on the stack that is not the library's own."""
    for frame in reversed(traceback.extract_stack()):
        if not frame.filename.startswith(HERE):
            break
    # A notebook cell has a file name that differs in each run: leave it out.
    known = not frame.filename.startswith("<") and "ipykernel" not in frame.filename
    place = f"{Path(frame.filename).name}, line" if known else "line"
    text = f": {frame.line}" if frame.line else ""  # `python -c` has none before Python 3.13
    return f"{place} {frame.lineno}{text}"
