"""Save what was learnt to a file, and load it. The files are those of Chainer."""

from __future__ import annotations

import contextlib
import copy
import io
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module, is_array_type, to_cpu
from tinylinks.link import copy_param
from tinylinks.variable import Parameter

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz"]


class DictionarySerializer:
    """Put all that an object shows into a dict: path -> array.

    Parameters
    ----------
    target : dict, optional
        Where to put the arrays; a new dict if not given.
    path : str
        What the keys begin with.

    Examples
    --------
    >>> import tinylinks.links as L
    >>> from tinylinks.serializers import DictionarySerializer
    >>> serializer = DictionarySerializer()
    >>> L.Linear(3, 2).serialize(serializer["l1"])
    >>> list(serializer.target)
    ['l1/W', 'l1/b']

    Notes
    -----
    Follows Chainer's ``chainer.serializers.DictionarySerializer``.
    """

    def __init__(self, target: dict[str, np.ndarray] | None = None, path: str = "") -> None:
        self.target = {} if target is None else target
        self.path = path

    def __getitem__(self, key: str) -> DictionarySerializer:
        """Return the serializer for the part called `key`."""
        return DictionarySerializer(self.target, f"{self.path}{key.strip('/')}/")

    def __call__(self, key: str, value: Any) -> Any:
        """Put an array, a number, a text or None under `key`; return it."""
        key = self.path + key.lstrip("/")
        errors.check_saved(key, value, is_array_type)
        self.target[key] = np.array(to_cpu(value) if is_array_type(type(value)) else value)
        return value


class NpzDeserializer:
    """Give an object what is in a file.

    Parameters
    ----------
    npz : mapping from str to array
        Such as `DictionarySerializer.target`. None and arrays of objects count as absent.
    path : str
        What the keys begin with.
    strict : bool
        Whether a value that is absent is an error. If not, the object keeps what it has.
    ignore_names : str, callable or a list of them, optional
        Keys to leave out. A callable takes a key and says whether to leave it out.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.serializers import NpzDeserializer
    >>> serializer = NpzDeserializer({"l1/b": np.ones(2), "t": np.array(3)})
    >>> serializer("t", 0)
    3
    >>> b = np.zeros(2)
    >>> same = serializer["l1"]("b", b)
    >>> b
    array([1., 1.])

    Notes
    -----
    Follows Chainer's ``chainer.serializers.NpzDeserializer``, but shapes must be equal.
    """

    def __init__(
        self, npz: Mapping[str, Any], path: str = "", strict: bool = True, ignore_names: Any = None
    ) -> None:
        self.npz, self.path, self.strict = npz, path, strict
        self.ignore_names = errors.check_ignore_names(ignore_names)

    def __getitem__(self, key: str) -> NpzDeserializer:
        """Return the deserializer for the part called `key`."""
        path = f"{self.path}{key.strip('/')}/"
        return type(self)(self.npz, path, self.strict, self.ignore_names)

    def __call__(self, key: str, value: Any) -> Any:
        """Copy what is under `key` into the array `value`; return it, or a number or text."""
        key = self.path + key.lstrip("/")
        if any([n(key) if callable(n) else n == key for n in self.ignore_names]):
            return value
        array = self.npz[key] if key in self.npz else None
        if array is None or array.dtype.hasobject:  # such as the None of a lazy parameter
            errors.check_absent(key, value, self.npz, self.strict)
            return value
        if value is None:
            return np.array(array, array.dtype.newbyteorder("="))  # a copy, and for this machine
        is_array = is_array_type(type(value))
        errors.check_loaded(key, array, value if is_array else np.asarray(value))
        if not is_array:
            return type(value)(array[()])
        self._fill(value, array.astype(value.dtype))
        return value

    def _fill(self, value: Any, array: np.ndarray) -> None:
        value[...] = get_array_module(value).asarray(array)


class _Trial(NpzDeserializer):
    """Checks all, and leaves the arrays as they are."""

    def _fill(self, value: Any, array: np.ndarray) -> None:
        """Do nothing."""


def save_npz(file: Any, obj: Any, compression: bool = True) -> None:
    """Save a link, an optimizer or another object that has `serialize`.

    The file is first written under another name and then renamed: if that is cut short, a
    file of this name that was there before is still whole.

    Parameters
    ----------
    file : str, path or open binary file
        The name is used as it is: nothing is added to it.
    obj : object with a method `serialize`, or dict of arrays
    compression : bool
        Whether to make the file smaller, which takes longer.

    Raises
    ------
    TypeError
        If `file` or `obj` is something else, or `obj` holds what is not an array of numbers.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import serializers
    >>> file = io.BytesIO()
    >>> serializers.save_npz(file, L.Linear(3, 2))
    >>> position = file.seek(0)
    >>> sorted(np.load(file))
    ['W', 'b']

    Notes
    -----
    Follows Chainer's ``chainer.serializers.save_npz``. Chainer can load the file.
    """
    errors.check_file("save_npz", file, "write")
    errors.check_serializable("save_npz", obj, dict)
    serializer = DictionarySerializer()
    if isinstance(obj, dict):
        for key, value in obj.items():
            serializer(key, value)
    else:
        obj.serialize(serializer)
    with contextlib.nullcontext(file) if hasattr(file, "write") else _replacing(file) as new:
        _write_npz(new, serializer.target, compression)


def _write_npz(file: Any, arrays: dict[str, np.ndarray], compression: bool) -> None:
    import zipfile

    method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method) as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as entry:
                _write_npy(entry, array)


def _write_npy(file: Any, array: np.ndarray) -> None:
    """Write one array, or what stands for None: where Chainer finds it, nothing is loaded."""
    if not array.dtype.hasobject:
        return np.lib.format.write_array(file, array)
    header = {"descr": "|O", "fortran_order": False, "shape": ()}
    np.lib.format.write_array_header_1_0(file, header)
    file.write(b"cnumpy\narray\n(NtR.")  # pickled numpy.array(None), for every version of NumPy


@contextlib.contextmanager
def _replacing(path: Any) -> Iterator[BinaryIO]:
    """Open a new file beside `path`, and let it take the place of `path` once it is written."""
    path = os.path.realpath(path)
    name = f"{os.fsdecode(path)}.{os.urandom(4).hex()}.tmp"
    try:
        with open(name, "xb") as new:
            yield new
            new.flush()
            os.fsync(new.fileno())  # it is on the disk before it gets the name
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def load_npz(
    file: Any, obj: Any, path: str = "", strict: bool = True, ignore_names: Any = None
) -> None:
    """Load a file into a link, an optimizer or another object that has `serialize`.

    All is checked before anything is changed: if the file does not fit, `obj` is as before.
    Arrays are filled in place. What the file holds beyond `obj` is ignored. No code of the
    file is ever run.

    Parameters
    ----------
    file : str, path or open binary file
    obj : object with a method `serialize`
    path : str
        Where in the file the object is, such as ``"model"`` for keys like ``model/l1/W``.
    strict : bool
        Whether a value that is absent from the file is an error. If not, `obj` keeps its own.
    ignore_names : str, callable or a list of them, optional
        Keys to leave out. A callable takes a key and says whether to leave it out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or no .npz file; if an array is absent, or has another shape or
        dtype than that of `obj`.
    TypeError
        If one of the arguments is something else.

    Examples
    --------
    >>> import io
    >>> import tinylinks.links as L
    >>> from tinylinks import serializers
    >>> file = io.BytesIO()
    >>> f, g = L.Linear(3, 2), L.Linear(3, 2)
    >>> serializers.save_npz(file, f)
    >>> serializers.load_npz(file, g)
    >>> bool((g.W.data == f.W.data).all())
    True

    Notes
    -----
    Follows Chainer's ``chainer.serializers.load_npz``, but shapes must be equal. Files that
    Chainer has saved can be loaded.
    """
    errors.check_file("load_npz", file, "read")
    errors.check_serializable("load_npz", obj)
    path = f"{path.strip('/')}/".lstrip("/")
    npz = _read_npz(file)
    _twin(obj, {}).serialize(_Trial(npz, path, strict, ignore_names))
    obj.serialize(NpzDeserializer(npz, path, strict, ignore_names))


def _read_npz(file: Any) -> dict[str, np.ndarray | None]:
    """Read all arrays of a file, or refuse all of it."""
    import zipfile

    with contextlib.nullcontext(file) if hasattr(file, "read") else open(file, "rb") as stream:
        with errors.reading(file):
            archive = zipfile.ZipFile(stream)
        names = errors.check_archive(archive)
        with errors.reading(file):
            return {key: _read_npy(archive.read(name)) for key, name in names.items()}


def _read_npy(raw: bytes) -> np.ndarray | None:
    """Read one array. One of objects, which only unpickling can read, counts as absent."""
    stream = io.BytesIO(raw)
    old = np.lib.format.read_magic(stream) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(stream)
    if dtype.hasobject:
        return None
    array = np.frombuffer(raw, dtype, offset=stream.tell())
    return array.reshape(shape, order="F" if by_columns else "C")


def _twin(x: Any, twins: dict[int, Any]) -> Any:
    """Copy an object and its parts for a trial. Arrays are shared: a trial does not write them."""
    if type(x) in (list, tuple):
        return type(x)([_twin(part, twins) for part in x])
    if type(x) is dict:
        return {key: _twin(part, twins) for key, part in x.items()}
    if id(x) in twins:
        return twins[id(x)]
    if isinstance(x, Parameter) and not x.is_initialized:
        twins[id(x)] = copy_param(x, "share")
    elif hasattr(type(x), "serialize"):
        twins[id(x)] = twin = copy.copy(x)
        parts = getattr(twin, "__dict__", {})
        for name, part in parts.items():
            parts[name] = _twin(part, twins)
    return twins.get(id(x), x)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("serializers", name, __all__, 16)
