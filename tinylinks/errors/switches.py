"""Sentences of `config` and `backend`: switches, and NumPy or CuPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from tinylinks.errors.names import no_name
from tinylinks.errors.words import IsArrayType, describe, foreign
from tinylinks.walk import see


def check_config(name: str, value: Any, names: Sequence[str]) -> None:
    if name not in names:
        no_name("config", name, names, "backward_needs")
    if not isinstance(value, bool):
        raise TypeError(
            f"config.{name}: expected True or False, got {describe(value)}. "
            f"Pass one of these two. {see('backward_needs')}"
        )


def check_decorated(name: str, function: Any) -> None:
    import inspect

    if not callable(function) or isinstance(function, type):
        raise TypeError(
            f"config.{name}: expected a function to decorate, got {describe(function)}. "
            f"Write the decorator above a `def` inside of it. {see('backward_needs')}"
        )
    if inspect.isasyncgenfunction(function):
        raise TypeError(
            f"config.{name}: expected a function without both async and yield, got "
            f"{function.__name__}. Write the `with` block inside of it, where it computes. "
            f"{see('backward_needs')}"
        )


def check_array(operation: str, x: Any, is_array_type: IsArrayType) -> None:
    if not is_array_type(type(x)):
        do = foreign(x) or "Pass the array of a Variable as x.data."
        raise TypeError(
            f"{operation}: expected a NumPy or CuPy array, got {describe(x)}. {do} {see('gpu')}"
        )


def no_gpu() -> NoReturn:
    raise RuntimeError(
        "to_gpu: expected CuPy and a working GPU, got a machine without. "
        f"Stay with NumPy arrays: all of the library works on them. {see('gpu')}"
    )
