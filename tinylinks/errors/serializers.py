"""Sentences of saving and loading."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinylinks.errors.words import IsArrayType, describe


def check_file(operation: str, file: Any, method: str) -> None:
    """Refuse what is neither a path nor an open binary file with `method`, read or write."""
    if hasattr(file, method) and not isinstance(file, io.TextIOBase):
        return
    if not isinstance(file, str | os.PathLike) or file == "":
        raise TypeError(
            f"{operation}: expected a file name or an open binary file, got {describe(file)}. "
            f"Pass a name such as 'model.npz', or open the file in mode {method[0] + 'b'!r}. "
            "(See chapter 16.)"
        )
    if method == "read" and not os.path.isfile(file):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file, got {os.fspath(file)!r}, which is none. "
            "Check the folder and the spelling: save_npz adds nothing to a name. "
            "(See chapter 16.)"
        )
    folder = os.path.dirname(file)
    if method == "write" and (os.path.isdir(file) or not os.path.isdir(folder or ".")):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file in a folder that is there, got "
            f"{os.fspath(file)!r}. Make the folder first, with os.makedirs. "
            "(See chapter 16.)"
        )


def check_serializable(operation: str, obj: Any, *others: type) -> None:
    if isinstance(obj, type) or not (hasattr(obj, "serialize") or isinstance(obj, others)):
        raise TypeError(
            f"{operation}: expected a Link, an optimizer or another object with a method "
            f"serialize, got {describe(obj)}. Pass the model itself, not its arrays. "
            "(See chapter 16.)"
        )


def check_ignore_names(names: Any) -> list[Any]:
    """Return what to leave out as a list."""
    names = list(names) if isinstance(names, list | tuple) else [names]
    for name in names:
        if name is not None and not isinstance(name, str) and not callable(name):
            raise TypeError(
                "load_npz: expected ignore_names as a key, a function of a key, or a list of them, "
                f"got {describe(name)}. Pass a key such as 'l1/W'. (See chapter 16.)"
            )
    return names


def check_saved(key: str, value: Any, is_array_type: IsArrayType) -> None:
    kind = getattr(value, "dtype", None)
    if isinstance(value, bool | int | float | str):
        kind = np.asarray(value).dtype
    elif not isinstance(value, np.generic) and not is_array_type(type(value)):
        kind = None
    if value is not None and (kind is None or kind.kind not in "fiubU"):
        raise TypeError(
            f"save_npz: expected an array of numbers, a number or a text as {key!r}, got "
            f"{describe(value)}. Make it an array with np.array(...). (See chapter 16.)"
        )


@contextlib.contextmanager
def reading(file: Any) -> Iterator[None]:
    """Say of a file that is broken, in whatever way, that it is so."""
    try:
        yield
    except Exception:  # zipfile and NumPy raise a dozen kinds
        name = repr(os.fspath(file)) if isinstance(file, str | os.PathLike) else "one"
        raise ValueError(
            f"load_npz: expected a whole file that save_npz has written, got {name} that is "
            "damaged or of another kind. Check where it comes from: it has to be copied as "
            "binary, to its end. (See chapter 16.)"
        ) from None


def check_archive(archive: Any) -> dict[str, str]:
    """Return key -> name of all arrays in a file, or refuse it before much memory is used."""
    infos = archive.infolist()
    names = {info.filename.removesuffix(".npy"): info.filename for info in infos}
    strange = [info.filename for info in infos if not info.filename.endswith(".npy")]
    strange += [name for name in names.values() if ".." in name or name[0] in "/\\"]
    if strange or len(names) < len(infos):
        raise ValueError(
            "load_npz: expected a file of arrays, each with a name of its own, got "
            f"{f'an entry {strange[0]!r}' if strange else 'one name twice'}. "
            "Pass a file that save_npz has written. (See chapter 16.)"
        )
    size = sum(info.file_size for info in infos)
    if size > max(2**26, 100 * archive.start_dir):
        raise ValueError(
            f"load_npz: expected arrays about as large as the file, got {size} bytes packed into "
            f"{archive.start_dir}. Check where it comes from: such a file fills the memory. If it "
            "is your own, save it with compression=False. (See chapter 16.)"
        )
    return names


def check_absent(key: str, value: Any, npz: Any, strict: bool) -> None:
    if strict and not (key in npz and value is None):
        there = ", ".join(map(repr, itertools.islice(npz, 4)))
        got = f"none: it begins with {there}" if there else "none: it is empty"
        if key in npz:
            got = "an entry without numbers"
        raise ValueError(
            f"load_npz: expected an array {key!r} in the file, got {got}. Make the model as the "
            "saved one was made, choose another file, or pass strict=False to keep what it has. "
            "(See chapter 16.)"
        )


def check_loaded(key: str, array: Any, value: Any) -> None:
    if array.shape != value.shape:
        raise ValueError(
            f"load_npz: expected {key!r} of shape {value.shape}, got {array.shape}. "
            "Make the model with the sizes of the saved one. (See chapter 16.)"
        )
    is_text = "U" in (array.dtype.kind, value.dtype.kind) and array.dtype.kind != value.dtype.kind
    if is_text or not np.can_cast(array.dtype, value.dtype, "same_kind"):
        raise TypeError(
            f"load_npz: expected {key!r} of a dtype that fits {value.dtype}, got {array.dtype}. "
            "Make the model with the dtype of the saved one. (See chapter 16.)"
        )
