"""Sentences of the data sets and mini-batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylinks.errors.words import IsArrayType, describe, foreign, is_number, is_whole
from tinylinks.walk import see


def check_ndim(operation: str, ndim: Any) -> None:
    if not is_whole(ndim) or not 1 <= ndim <= 3:
        raise ValueError(
            f"{operation}: expected ndim as 1, 2 or 3, got {describe(ndim)}. Pass 1 for rows of "
            f"64 numbers, 3 for pictures of shape (1, 8, 8). {see('handwriting')}"
        )


def check_examples(operation: str, arrays: Any, is_array_type: IsArrayType) -> int:
    """Return how many examples there are, if all arrays agree about that."""
    if not isinstance(arrays, list | tuple) or not arrays:
        raise TypeError(
            f"{operation}: expected at least one array, in a tuple, got {describe(arrays)}. "
            f"Pass (x, t), or x and t to MiniBatches. {see('handwriting')}"
        )
    for array in arrays:
        # A memory-mapped array stays one: its rows are read when their turn comes.
        known = is_array_type(type(array)) or isinstance(array, np.memmap)
        if not known or not array.ndim:
            do = "Convert it with np.array(...), or name the argument, as in seed=0."
            if foreign(array):
                do = foreign(array)
            raise TypeError(
                f"{operation}: expected arrays with one row for each example, got "
                f"{describe(array)}. {do} {see('handwriting')}"
            )
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(
            f"{operation}: expected arrays of one length above 0, got lengths "
            f"{', '.join(map(str, lengths))}. Give each example one row in every array. "
            f"{see('handwriting')}"
        )
    return lengths[0]


def check_share(share: Any, n: int) -> None:
    if not is_number(share) or not 0 < share < 1 or not 0 < round(n * share) < n:
        raise ValueError(
            "split: expected share as a number between 0 and 1 that leaves both parts some of the "
            f"{n} examples, got {describe(share)}. Pass 0.2 for one in five. "
            f"{see('handwriting')}"
        )


def check_seed(operation: str, seed: Any) -> None:
    if seed is not None and (not is_whole(seed) or not 0 <= seed < 2**32):
        raise ValueError(
            f"{operation}: expected seed as a whole number from 0 to 2 ** 32 - 1, got "
            f"{describe(seed)}. Pass 0, or None for random numbers. {see('handwriting')}"
        )


def check_batch_size(batch_size: Any) -> None:
    if not is_whole(batch_size) or batch_size < 1:
        raise ValueError(
            "MiniBatches: expected batch_size as a whole number above 0, got "
            f"{describe(batch_size)}. Pass how many examples a mini-batch has. "
            f"{see('handwriting')}"
        )


def check_same_examples(saved: Any, n: int) -> None:
    if not is_whole(saved) or saved != n:
        raise ValueError(
            f"MiniBatches: expected the position in {n} examples, got one in {describe(saved)}. "
            "Make the MiniBatches from the data that it was saved with. "
            f"{see('learnt')}"
        )


def check_not_moved(left: tuple[int, int], found: tuple[int, int]) -> None:
    """Called when a loop goes on: refuse if the place is not where the loop left it."""
    if found != left:
        raise RuntimeError(
            "MiniBatches: expected one loop at a time, got another that moved the place from "
            f"epoch {left[0]}, position {left[1]} to epoch {found[0]}, position {found[1]}. Make a "
            f"second MiniBatches of the same arrays for the other loop. {see('handwriting')}"
        )


def check_stand(seed: Any, epoch: Any, position: Any, n: int) -> None:
    whole = is_whole(seed) and is_whole(epoch) and is_whole(position)
    if not whole or not (0 <= seed < 2**32 and 0 <= epoch and 0 <= position <= n):
        raise ValueError(
            f"MiniBatches: expected a seed, an epoch and a position up to {n}, got "
            f"{describe(seed)}, {describe(epoch)} and {describe(position)}. Pass a file that "
            f"save_npz has written of a MiniBatches. {see('learnt')}"
        )
