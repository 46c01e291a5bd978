"""Sentences about single arguments: numbers, flags, choices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinylinks.errors.words import describe, is_number, is_whole
from tinylinks.walk import see


def check_choice(
    operation: str, argument: str, value: Any, choices: Sequence[str], chapter: str
) -> None:
    if value not in choices:
        raise ValueError(
            f"{operation}: expected {argument} to be {' or '.join(map(repr, choices))}, "
            f"got {value!r}. Pass one of these. {see(chapter)}"
        )


def check_number(operation: str, argument: str, value: Any, chapter: str) -> None:
    if not is_number(value):
        raise TypeError(
            f"{operation}: expected {argument} as a number, got {describe(value)}. "
            f"Pass an int or a float. {see(chapter)}"
        )


def check_positive(operation: str, argument: str, value: Any, do: str, chapter: str) -> None:
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(
            f"{operation}: expected {argument} as a number above 0, got {describe(value)}. "
            f"{do} {see(chapter)}"
        )


def check_flag(operation: str, argument: str, value: Any, chapter: str) -> None:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"{operation}: expected {argument} to be True or False, got {describe(value)}. "
            f"Name the arguments, as in {argument}=True. {see(chapter)}"
        ) from None


def check_one_axis(operation: str, x: Any, axis: Any) -> None:
    if getattr(x, "shape", None) == ():  # NumPy would take axis 0, which is not there
        raise ValueError(
            f"{operation}: expected an array with at least one axis, got shape (). "
            f"Put the scores into an array of shape (N, C). {see('shapes')}"
        )
    if not is_whole(axis):
        raise TypeError(
            f"{operation}: expected axis as one whole number, got {describe(axis)}. "
            f"Pass the axis that goes over the classes, 1 as a rule. {see('shapes')}"
        )
