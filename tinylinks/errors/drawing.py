"""Sentences of `draw`, `to_dot` and `steps`."""

from __future__ import annotations

from typing import Any, NoReturn

from tinylinks.errors.words import describe
from tinylinks.walk import see


def check_steps(y: Any) -> None:
    if not hasattr(y, "node"):
        raise TypeError(
            f"steps: expected a Variable of tinylinks, got {describe(y)}. Pass a result that was "
            f"computed from tinylinks.Variable, not its array. {see('diamond')}"
        )


def check_drawn(operation: str, outputs: Any) -> list[Any]:
    """Return what is to be drawn as a list of Variables."""
    outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    wrong = [y for y in outputs if not hasattr(y, "creator")]
    if wrong or not outputs:
        raise TypeError(
            f"{operation}: expected a Variable or a list of them, got "
            f"{describe(wrong[0]) if wrong else 'an empty list'}. "
            f"Pass the result of the computation, not its array. {see('history')}"
        )
    return outputs


def no_matplotlib() -> NoReturn:
    raise ModuleNotFoundError(
        "draw: expected matplotlib, which makes the picture, got a Python without it. "
        f"Call `pip install matplotlib`, or use to_dot, which needs nothing. {see('history')}"
    ) from None
