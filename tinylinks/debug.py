"""Debug mode: say which line of the user's code a wrong number comes from.

All of this is slow. It works only under ``using_config("debug", True)``.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinylinks import errors
from tinylinks.backend import bare

if TYPE_CHECKING:
    from tinylinks.function import Function

HERE = str(Path(__file__).parent) + os.sep


def after_forward(function: Function, outputs: Any) -> None:
    """Note the user's line, copy the retained arrays, and look for NaN and infinity."""
    function.made_at = users_line()
    function.copies = [copy(a) for a in retained(function)]
    for y in outputs if type(outputs) is tuple else (outputs,):
        errors.check_finite(function, "forward", y.data)


def run_backward(function: Function, gys: Sequence[Any]) -> tuple[Any, ...]:
    """Call `Function.run_backward`; whatever goes wrong there names the line of the forward."""
    for array, before in zip(retained(function), function.copies, strict=True):
        errors.check_unchanged(function, array, before)
    made_at, function.made_at = function.made_at, ""  # so that it does not come here again
    try:
        gxs = function.run_backward(gys, function.double_backprop)
    except Exception as error:
        function.made_at = made_at
        add_line(function, error)
        raise
    function.made_at = made_at
    for gx in gxs:
        errors.check_finite(function, "backward", bare(gx))
    return gxs


def add_line(function: Function, error: Exception) -> None:
    """Add to an error on the way back the line whose `forward` made the graph there."""
    if function.made_at:
        error.add_note(f"In the backward of {function.label}, made by {function.made_at}")


def retained(function: Function) -> tuple[Any, ...]:
    """Return everything that `forward` retained."""
    return (*function._retained_inputs, *function._retained_outputs)


def copy(x: Any) -> Any:
    """Copy an array; a number is its own copy."""
    return x.copy() if hasattr(x, "copy") else x


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
