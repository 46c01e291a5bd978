"""Sentences of saving and loading."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinylinks.errors.words import describe
from tinylinks.walk import see


def check_file(operation: str, file: Any, method: str) -> None:
    """Refuse what is neither a path nor an open binary file with `method`, read or write."""
    text = hasattr(file, "encoding")  # what an open text file has, and a binary one has not
    if hasattr(file, method) and not text:
        return check_open(operation, file, method)
    if not isinstance(file, str | bytes | os.PathLike) or not os.fspath(file):
        raise TypeError(
            f"{operation}: expected a file name or an open binary file, got {describe(file)}. "
            f"Pass a name such as 'model.npz', or open the file in mode {method[0] + 'b'!r}. "
            f"{see('learnt')}"
        )
    if os.path.isdir(file):
        raise IsADirectoryError(
            f"{operation}: expected the name of a file, got {named(file)}, which is a folder. "
            f"Name a file in it, such as 'model.npz'. {see('learnt')}"
        )
    if method == "read" and not os.path.exists(file):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file, got {named(file)}, which is none. "
            "Check the folder and the spelling: save_npz adds nothing to a name. "
            f"{see('learnt')}"
        )
    folder = os.path.dirname(os.path.realpath(file) if os.path.islink(file) else os.fspath(file))
    if method == "write" and not os.path.isdir(folder or "."):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file in a folder that is there, got "
            f"{named(file)}. Make the folder first, with os.makedirs. "
            f"{see('learnt')}"
        )


def check_open(operation: str, file: Any, method: str) -> None:
    """Refuse an open file that is not open any more, or not for this."""
    able = getattr(file, f"{method[:-1] if method == 'write' else method}able", None)
    closed = getattr(file, "closed", False) is True
    if closed or (callable(able) and not able()):
        other = "writing" if method == "read" else "reading"
        raise ValueError(
            f"{operation}: expected a file that is open in mode {method[0] + 'b'!r}, got one that "
            f"is {'closed' if closed else f'open for {other} only'}. Call {operation} inside of "
            f"`with open(name, {method[0] + 'b'!r}) as file:`. {see('learnt')}"
        )


@contextlib.contextmanager
def opening(operation: str, file: Any) -> Iterator[None]:
    """Say why a file cannot be opened."""
    try:
        yield
    except (OSError, ValueError) as error:
        kind = type(error) if isinstance(error, OSError) else ValueError
        why = getattr(error, "strerror", None) or str(error)
        raise kind(
            f"{operation}: expected the name of a file that can be opened, got {named(file)}: "
            f"{why}. Choose another name or folder. {see('learnt')}"
        ) from None


def check_old_file(path: str, old: os.stat_result | None) -> None:
    """Refuse to write over a file that is read-only."""
    # The mode is asked as well, because to root os.access allows everything.
    if old is not None and not (old.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(
            f"save_npz: expected a file that may be changed, got {path!r}, which is read-only. "
            f"Choose another name, or allow it with os.chmod. {see('learnt')}"
        )


def check_bytes(data: Any) -> bytes:
    """Return what a stream has given, if it is bytes."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(
            f"load_npz: expected a file whose read() gives bytes, got {describe(data)}. "
            f"Use one that is open in mode 'rb'. {see('learnt')}"
        )
    return bytes(data)


def named(file: Any) -> str:
    """Say which file it is."""
    return repr(os.fspath(file)) if isinstance(file, str | bytes | os.PathLike) else "one"


def check_serializable(operation: str, obj: Any, *others: type) -> None:
    if isinstance(obj, type) or not (hasattr(obj, "serialize") or isinstance(obj, others)):
        raise TypeError(
            f"{operation}: expected a Link, an optimizer or another object with a method "
            f"serialize, got {describe(obj)}. Pass the model itself, not its arrays. "
            f"{see('learnt')}"
        )


def check_ignore_names(names: Any) -> list[Any]:
    """Return what to leave out as a list."""
    names = list(names) if isinstance(names, list | tuple) else [names]
    for name in names:
        if name is not None and not isinstance(name, str) and not callable(name):
            raise TypeError(
                "load_npz: expected ignore_names as a key, a function of a key, or a list of them, "
                f"got {describe(name)}. Pass a key such as 'l1/W'. {see('learnt')}"
            )
    return names


def check_key(operation: str, key: Any) -> str:
    """Return the name of a value in a file, if it is a text."""
    if not isinstance(key, str):
        raise TypeError(
            f"{operation}: expected a text as the name of a value in a file, got {describe(key)}. "
            f"Pass a name such as 'l1/W'. {see('learnt')}"
        )
    return key


def no_name_in_a_file(key: str) -> str | None:
    """Say why a file cannot have an array of this name, or would not be read back."""
    if "" in key.split("/"):
        return "an empty name"
    if ".." in key or key.endswith((".", ".npy")):
        return "two dots in a row" if ".." in key else "a dot or .npy at its end"
    if "\\" in key or "\0" in key:
        return "a backslash" if "\\" in key else "the character NUL"
    return "a character that UTF-8 has not" if key != key.encode(errors="ignore").decode() else None


def check_path(key: str, taken: set[str]) -> None:
    wrong = no_name_in_a_file(key)
    if key in taken or wrong:
        raise ValueError(
            f"save_npz: expected a name of its own for each value, got {key!r}, "
            f"{f'with {wrong}' if wrong else 'which comes twice'}. Choose another name, or save "
            f'the parts of your object with serializer["name of the part"]. {see("learnt")}'
        )


def check_saved(key: str, value: Any, is_array: Callable[[Any], bool]) -> None:
    kind = getattr(value, "dtype", None)
    if isinstance(value, bool | int | float | complex | str):
        kind = np.asarray(value).dtype
    elif not isinstance(value, np.generic) and not is_array(value):
        kind = None
    if isinstance(value, str) and value.endswith("\0"):
        raise ValueError(
            f"save_npz: expected a text as {key!r} that NumPy keeps whole, got {value!r}. "
            f"Let it end in another character than NUL. {see('learnt')}"
        )
    # None may also come as NumPy keeps it, from another DictionarySerializer.
    boxed = getattr(value, "dtype", None) == np.dtype(object) and value.shape == ()
    is_none = value is None or (boxed and value[()] is None)
    if not is_none and (kind is None or kind.kind not in "fiubcU"):
        masked = isinstance(value, np.ma.MaskedArray)
        do = "array.filled(...), which fills its gaps" if masked else "np.array(...)"
        raise TypeError(
            f"save_npz: expected an array of numbers, a number or a text as {key!r}, got "
            f"{describe(value)}. Make it an array with {do}. {see('learnt')}"
        )


@contextlib.contextmanager
def reading(file: Any) -> Iterator[None]:
    """Say of a file that is broken, in whatever way, that it is so."""
    try:
        yield
    except Exception as error:  # zipfile and NumPy raise a dozen kinds
        # EINVAL comes of a place in the file that cannot be; other errors are the system's.
        system = isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)
        if system or isinstance(error, (MemoryError, RuntimeError)):
            kind = type(error) if system else ValueError
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise kind(
                f"load_npz: expected a file that can be read here, got {named(file)} that cannot: "
                f"{why}. Look whether it is there, and whether save_npz wrote it. {see('learnt')}"
            ) from None
        raise ValueError(damaged(file)) from None


def damaged(file: Any) -> str:
    return (
        f"load_npz: expected a whole file that save_npz has written, got {named(file)} that is "
        "damaged or of another kind. Check where it comes from: it has to be copied as "
        f"binary, to its end. {see('learnt')}"
    )


def check_entry(file: Any, is_whole: bool) -> None:
    """Refuse an array that is longer or shorter than it says."""
    if not is_whole:
        raise ValueError(damaged(file))


#: How files begin that are mistaken for those of save_npz -> what they are.
BEGINNINGS = {
    b"\x93NUMPY": "a .npy file of a single array, which np.load reads",
    b"\x89HDF": "an HDF5 file, as save_hdf5 of Chainer writes it",
    b"\x80": "a pickle",
    b"\x1f\x8b": "packed with gzip, so that gzip.open(...) has to open it",
    b"": "empty, or was read to its end before",
}


def check_zip(file: Any, stream: Any) -> None:
    """Refuse what does not even look like an npz file, and say what it looks like."""
    import zipfile

    with reading(file):
        whole = zipfile.is_zipfile(stream)
        stream.seek(0)
        head = stream.read(8)
    if whole or head.startswith(b"PK"):  # one that was cut begins like a whole one
        return
    what = next(
        (kind for start, kind in BEGINNINGS.items() if start and head.startswith(start)), ""
    )
    what = what or (BEGINNINGS[b""] if not head else f"none: it begins with {head!r}")
    raise ValueError(
        f"load_npz: expected an npz file, as save_npz writes it, got {named(file)} that is {what}. "
        f"Check the name, and where it comes from. {see('learnt')}"
    )


def check_archive(archive: Any) -> dict[str, Any]:
    """Return key -> entry of all arrays in a file."""
    infos = archive.infolist()
    entries = {info.filename.removesuffix(".npy"): info for info in infos}
    strange = [info.filename for info in infos if not info.filename.endswith(".npy")]
    strange += [x.filename for x in infos if ".." in x.filename or x.filename[0] in "/\\"]
    if strange or len(entries) < len(infos):
        raise ValueError(
            "load_npz: expected a file of arrays, each with a name of its own, got "
            f"{f'an entry {strange[0]!r}' if strange else 'one name twice'}. "
            f"Pass a file that save_npz has written. {see('learnt')}"
        )
    return entries


def check_absent(key: str, value: Any, npz: Any, strict: bool) -> None:
    if strict and not (key in npz and value is None):
        there = ", ".join(map(repr, itertools.islice(npz, 4)))
        got = f"none: it begins with {there}" if there else "none: it is empty"
        if key in npz:
            got = "an entry without numbers"
        raise ValueError(
            f"load_npz: expected an array {key!r} in the file, got {got}. Make the model as the "
            "saved one was made, choose another file, or pass strict=False to keep what it has. "
            f"{see('learnt')}"
        )


def check_found(found: dict[str, str], strict: bool) -> None:
    """Warn, if what became of the keys may not be what was meant."""
    waited = [key for key, what in found.items() if what == "waited"]
    absent = [key for key, what in found.items() if what == "absent"]
    if strict and waited:
        warnings.warn(kept(waited), stacklevel=3)
    if not strict and len(absent) == len(found) > 0:
        warnings.warn(nothing_fits(absent[0]), stacklevel=3)


def kept(keys: list[str]) -> str:
    return (
        f"load_npz: expected numbers as {', '.join(map(repr, keys))}, got None: when the model was "
        "saved, it waited for a first mini-batch. Look whether this is the file that you mean: "
        f"the model keeps its own numbers there. {see('learnt')}"
    )


def nothing_fits(key: str) -> str:
    return (
        f"load_npz: expected arrays such as {key!r} in the file, got none that the model has, so "
        f"nothing was loaded. Check the file, and the path in it. {see('learnt')}"
    )


def check_head(key: str, array: Any, value: Any, is_array: Callable[[Any], bool]) -> None:
    """Refuse what cannot fit, by its shape, dtype and size."""
    kind = array.dtype.kind
    if is_array(value):
        check_loaded(key, array, value)
    elif value is not None:
        check_replaced(key, array, value)
    unknown = not is_array(value) or kind == "U"  # how large it may be
    packed = getattr(array, "packed", array.nbytes)
    if unknown and array.nbytes > max(2**26, 100 * packed):
        raise ValueError(
            f"load_npz: expected {key!r} about as large as in the file, got {array.nbytes} bytes "
            f"packed into {packed}. Check where it comes from: such a file fills the memory. If it "
            "is your own, call the model on a mini-batch before, so that it knows its sizes, or "
            f"save it with compression=False. {see('learnt')}"
        )


def check_loaded(key: str, array: Any, value: Any) -> None:
    """Refuse what does not fit an array that is to be filled."""
    if array.shape != value.shape:
        raise ValueError(
            f"load_npz: expected {key!r} of shape {value.shape}, got {array.shape}. "
            f"Make the model with the sizes of the saved one. {see('learnt')}"
        )
    kinds = array.dtype.kind + value.dtype.kind
    is_text = "U" in kinds and kinds != "UU"
    if is_text or not (np.can_cast(array.dtype, value.dtype, "same_kind") or kinds == "iu"):
        raise TypeError(
            f"load_npz: expected {key!r} of a dtype that fits {value.dtype}, got {array.dtype}. "
            f"Make the model with the dtype of the saved one. {see('learnt')}"
        )
    if not getattr(getattr(value, "flags", None), "writeable", True):
        raise ValueError(
            f"load_npz: expected {key!r} to be an array of the model that can be filled, got one "
            f"that is read-only. Make a copy first, with array.copy(). {see('learnt')}"
        )


def check_replaced(key: str, array: Any, value: Any) -> None:
    """Refuse a text for a number, and the like."""
    own = np.asarray(value).dtype.kind if isinstance(value, NUMBERS) else "O"
    kind = array.dtype.kind
    if own == "O" or (own != kind and (own in "Ub" or kind not in "biufc")):
        raise TypeError(
            f"load_npz: expected {key!r} to be {describe(value)} or the like, got {array.dtype}. "
            f"Give it a first value of the kind that was saved, or None. {see('learnt')}"
        )


NUMBERS = (bool, int, float, complex, str, np.generic)


def check_numbers(key: str, array: np.ndarray, dtype: np.dtype) -> None:
    """Refuse to cast, if numbers or texts would be others. Floats may be rounded."""
    kinds = array.dtype.kind + dtype.kind
    if np.can_cast(array.dtype, dtype) and kinds not in ("if", "uf", "ic", "uc"):
        return
    with np.errstate(all="ignore"):
        cast = array.astype(dtype)
    if array.dtype.kind in "fc":
        same = np.isfinite(cast) == np.isfinite(array)
    else:  # Python compares whole numbers and floats exactly
        same = np.asarray(cast.astype(object) == array.astype(object))
    if not same.all():
        raise ValueError(
            f"load_npz: expected {key!r} with values that fit {dtype}, got {array.dtype} with "
            f"{array[~same].tolist()[0]!r}. Make the model with the dtype of the saved one. "
            f"{see('learnt')}"
        )
