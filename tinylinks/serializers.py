"""Save what was learnt to a file, and load it. The files are those of Chainer."""

from __future__ import annotations

import collections
import contextlib
import copy
import io
import math
import os
import re
import stat
import types
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
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
        self._taken: set[str] = set()  # the keys so far: two values cannot have one

    def __getitem__(self, key: str) -> DictionarySerializer:
        """Return the serializer for the part called `key`."""
        part = copy.copy(self)
        part.path = f"{self.path}{errors.check_key('save_npz', key).strip('/')}/"
        return part

    def __call__(self, key: str, value: Any) -> Any:
        """Put an array, a number, a text or None under `key`; return it."""
        key = self.path + errors.check_key("save_npz", key).lstrip("/")
        errors.check_path(key, self._taken)
        errors.check_saved(key, value, _is_array)
        self._taken.add(key)
        self.target[key] = np.array(to_cpu(value) if is_array_type(type(value)) else value)
        return value


class NpzDeserializer:
    """Give an object what is in a file.

    An array is filled. A number, a text or None is replaced by what was saved: a number keeps
    its type if that loses nothing.

    Parameters
    ----------
    npz : mapping from str to array
        Such as `DictionarySerializer.target`. Arrays of objects count as absent, but for None.
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
    Follows Chainer's ``chainer.serializers.NpzDeserializer``, but shapes must be equal, and no
    number is cast into a dtype that is too small for it.
    """

    def __init__(
        self, npz: Mapping[str, Any], path: str = "", strict: bool = True, ignore_names: Any = None
    ) -> None:
        self.npz, self.path, self.strict = npz, path, strict
        self.ignore_names = errors.check_ignore_names(ignore_names)
        self._found: dict[str, str] = {}  # key -> what became of it, for load_npz to speak about

    def __getitem__(self, key: str) -> NpzDeserializer:
        """Return the deserializer for the part called `key`."""
        part = copy.copy(self)
        part.path = f"{self.path}{errors.check_key('load_npz', key).strip('/')}/"
        return part

    def __call__(self, key: str, value: Any) -> Any:
        """Copy what is under `key` into the array `value`; return it, or a number or text."""
        key = self.path + errors.check_key("load_npz", key).lstrip("/")
        if any([n(key) if callable(n) else n == key for n in self.ignore_names]):
            return value
        array: Any = self.npz[key] if key in self.npz else None
        array = array if hasattr(array, "dtype") else np.asarray(array)
        is_none = array.dtype.hasobject and array.shape == () and np.asarray(array).item() is None
        if key not in self.npz or (array.dtype.hasobject and not is_none):
            errors.check_absent(key, value, self.npz, self.strict)
            self._found[key] = "absent"
            return value
        if is_none:  # such as that of a parameter that waited for its shape
            self._found[key] = "waited" if _is_array(value) else "loaded"
            return value if _is_array(value) else None
        self._found[key] = "loaded"
        errors.check_head(key, array, value, _is_array)  # of one in a file, no more is read yet
        array = np.asarray(array)
        if not _is_array(value):
            return _replacement(array, value)
        errors.check_numbers(key, array, value.dtype)
        with np.errstate(all="ignore"):  # what does not fit was refused
            self._fill(value, array)
        return value

    def _fill(self, value: Any, array: np.ndarray) -> None:
        value[...] = get_array_module(value).asarray(array)


def _is_array(value: Any) -> bool:
    """Tell whether `value` is an array to be filled in place; a memory-mapped one is, too."""
    return is_array_type(type(value)) or isinstance(value, np.memmap)


def _replacement(array: np.ndarray, value: Any) -> Any:
    """Return what takes the place of a number, a text or None: what was saved.

    A number keeps the type of `value`, unless something would be lost.
    """
    if array.shape:
        return np.array(array, array.dtype.newbyteorder("="))  # a copy, and for this machine
    new = array.item()
    if np.asarray(new).dtype != array.dtype:  # no number of Python, but one of float32, say
        new = array[()]
    if value is None:
        return new
    with contextlib.suppress(ValueError, OverflowError), np.errstate(all="ignore"):
        if np.asarray(type(value)(new)).item() == array.item():
            return type(value)(new)
    return new


class _Trial(NpzDeserializer):
    """Checks all, and leaves the arrays as they are."""

    def _fill(self, value: Any, array: np.ndarray) -> None:
        """Do nothing."""


def save_npz(file: Any, obj: Any, compression: bool = True) -> None:
    """Save a link, an optimizer or another object that has `serialize`.

    The file is first written under another name and then renamed: if that is cut short, a
    file of this name that was there before is still whole. The new one gets its rights. (An
    old file that has further names, or another owner, is filled in its place, after the new
    one is whole under another name. So is a pipe or a device, at once.)

    What is not learnt is not in the file: the settings of an optimizer, such as its learning
    rate, its hooks, gradients, and random numbers.

    Parameters
    ----------
    file : str, bytes, path or open binary file
        The name is used as it is: nothing is added to it.
    obj : object with a method `serialize`, or dict of arrays
    compression : bool
        Whether to make the file smaller, which takes longer.

    Raises
    ------
    TypeError
        If `file` or `obj` is something else, or `obj` holds what is not an array of numbers.
    ValueError
        If two values would have one name, or one a name that could not be read back; if an
        open file is closed, or open for reading only.
    OSError
        If the file cannot be written: a PermissionError if it is read-only, for instance.

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
    if hasattr(file, "write"):
        _send(file, serializer.target, compression)
    else:
        _save(os.fsdecode(file), serializer.target, compression)


def _send(file: Any, arrays: dict[str, np.ndarray], compression: bool) -> None:
    """Write to an open file in one go: a pipe cannot go back, as writing a zip file does."""
    whole = io.BytesIO()
    _write_npz(whole, arrays, compression)
    file.write(whole.getvalue())
    if hasattr(file, "flush"):
        file.flush()


def _save(path: str, arrays: dict[str, np.ndarray], compression: bool) -> None:
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe or a device
        with errors.opening("save_npz", path):
            file = open(path, "wb")
        with file:
            _send(file, arrays, compression)
    else:
        with _replacing(os.path.realpath(path) if os.path.islink(path) else path) as new:
            _write_npz(new, arrays, compression)


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
def _replacing(path: str) -> Iterator[BinaryIO]:
    """Open a new file next to `path`, and let it take the place of `path` once it is written."""
    old = None
    with errors.opening("save_npz", path), contextlib.suppress(FileNotFoundError):
        old = os.stat(path)
    errors.check_old_file(path, old)
    name = os.path.join(os.path.dirname(path), f"{os.urandom(4).hex()}.tmp")
    with errors.opening("save_npz", path):
        file = open(name, "xb")
    try:
        with file as new:
            yield new
            new.flush()
            os.fsync(new.fileno())  # it is on the disk before it gets the name
        if _may_replace(old, os.stat(name)):
            os.chmod(name, stat.S_IMODE((old or os.stat(name)).st_mode))
            os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if os.path.exists(name):  # if this is cut short, the new file is still whole under its name
        import shutil

        shutil.copyfile(name, path)
        os.unlink(name)


def _may_replace(old: os.stat_result | None, new: os.stat_result) -> bool:
    """Tell whether another file may take the place of the old one.

    Not if it has further names, which are to see the new content, or another owner.
    """
    if old is None:
        return True
    return (old.st_nlink, old.st_uid, old.st_gid) == (1, new.st_uid, new.st_gid)


def load_npz(
    file: Any, obj: Any, path: str = "", strict: bool = True, ignore_names: Any = None
) -> None:
    """Load a file into a link, an optimizer or another object that has `serialize`.

    All is checked before anything is changed: if the file does not fit, `obj` is as before.
    For that, `serialize` is called twice, at first on a copy. Arrays are filled in place,
    numbers and texts are replaced. What the file holds beyond `obj` is ignored, and not even
    read. No code of the file is ever run.

    Parameters
    ----------
    file : str, bytes, path or open binary file
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
        dtype than that of `obj`, or numbers that this dtype does not hold (floats are rounded);
        if one of `obj` is read-only.
    TypeError
        If one of the arguments is something else.

    Warns
    -----
    UserWarning
        If a parameter that is there waited for its shape when it was saved: it stays as it is.
        If nothing of the file fits, with ``strict=False``.

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
    path = f"{errors.check_key('load_npz', path).strip('/')}/".lstrip("/")
    with _opened(file) as stream:
        npz: Any = _Archive(file, stream)
        trial = _Trial(npz, path, strict, ignore_names)
        _twin(obj, {}).serialize(trial)
        errors.check_found(trial._found, strict)
        obj.serialize(NpzDeserializer(npz, path, strict, ignore_names))


def _opened(file: Any) -> contextlib.AbstractContextManager[Any]:
    """Open a file for reading, and read it if one cannot go to and fro in it, as in a pipe."""
    if not hasattr(file, "read"):
        with errors.opening("load_npz", file):
            stream = open(file, "rb")
        if stream.seekable():
            return stream
        with stream:
            return io.BytesIO(stream.read())
    if hasattr(file, "seekable") and file.seekable():
        return contextlib.nullcontext(file)
    return io.BytesIO(errors.check_bytes(file.read()))


#: How pickle ends an array of a single None: that of NumPy, and that of `_write_npy`.
NONE = re.compile(rb"(Na(q.)?t(q.|\x94)?b|\(NtR)\.\Z", re.DOTALL)


class _Archive:
    """The arrays of an open file. Each is read when it is asked for, and then kept."""

    def __init__(self, file: Any, stream: Any) -> None:
        import zipfile

        errors.check_zip(file, stream)
        with errors.reading(file):
            self._zip = zipfile.ZipFile(stream)
        self._infos = errors.check_archive(self._zip)
        self._file = file
        self._entries: dict[str, _Entry] = {}

    def __getitem__(self, key: str) -> _Entry:
        info = self._infos[key]
        if key not in self._entries:
            with errors.reading(self._file):
                entry = _Entry(self._file, self._zip, info)
            errors.check_entry(self._file, entry.is_whole)
            self._entries[key] = entry
        return self._entries[key]

    def __contains__(self, key: str) -> bool:
        return key in self._infos

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)


class _Entry:
    """One array of a file. Its shape and dtype come first: they say how large the rest is."""

    def __init__(self, file: Any, archive: Any, info: Any) -> None:
        self._file, self._archive, self._info = file, archive, info
        with archive.open(info) as stream:
            old = np.lib.format.read_magic(stream) == (1, 0)
            header = np.lib.format
            read = header.read_array_header_1_0 if old else header.read_array_header_2_0
            self.shape, by_columns, self.dtype = read(stream)
            self._start, self._by_columns = stream.tell(), by_columns
        self._array: np.ndarray | None = None
        self.nbytes = math.prod(self.shape) * self.dtype.itemsize
        self.packed = min(info.compress_size, archive.start_dir)  # how large it is in the file
        whole = self._start + self.nbytes == info.file_size and all(n >= 0 for n in self.shape)
        self.is_whole = whole or self.dtype.hasobject

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Read the numbers, for `np.asarray`. An object, which is not unpickled, stays closed."""
        if self._array is None:
            with errors.reading(self._file):
                self._array = self._read_objects() if self.dtype.hasobject else self._read()
        return self._array

    def _read(self) -> np.ndarray:
        raw = self._archive.read(self._info)
        array = np.frombuffer(raw, self.dtype, offset=self._start)
        return array.reshape(self.shape, order="F" if self._by_columns else "C")

    def _read_objects(self) -> np.ndarray:
        """Return None as NumPy keeps it, or something else for any other object."""
        with self._archive.open(self._info) as stream:
            raw = stream.read(1000)  # None is shorter
        return np.array(None if NONE.search(raw) else "an object", object)


HOLDERS = (list, dict, set, collections.deque, types.SimpleNamespace)


def _twin(x: Any, twins: dict[int, Any]) -> Any:
    """Copy an object and its parts for a trial. Arrays are shared: a trial does not write them.

    `twins` has id -> (object, its twin): an id tells which object it is as long as that lives.
    """
    if id(x) in twins:
        return twins[id(x)][1]
    if isinstance(x, (tuple, frozenset)):
        make = getattr(type(x), "_make", type(x))  # a namedtuple has _make
        return make([_twin(part, twins) for part in x])
    twin = x
    if isinstance(x, Parameter) and not x.is_initialized:
        twin = copy_param(x, "share")
        twins[id(x)] = x, twin
    elif isinstance(x, HOLDERS) or hasattr(type(x), "serialize") or is_dataclass(type(x)):
        twin = copy.copy(x)
        twins[id(x)] = x, twin
        _exchange(twin, twins)
    return twin


def _exchange(twin: Any, twins: dict[int, Any]) -> None:
    """Put twins in place of what a container holds, and of the attributes of any object."""
    if isinstance(twin, set):
        parts = [_twin(part, twins) for part in twin]
        twin.clear()
        twin.update(parts)
    elif isinstance(twin, (list, dict, collections.deque)):
        for key in list(twin) if isinstance(twin, dict) else range(len(twin)):
            twin[key] = _twin(twin[key], twins)
    attributes = getattr(twin, "__dict__", {})
    for name, part in attributes.items():
        attributes[name] = _twin(part, twins)
    for name in [name for kind in type(twin).__mro__ for name in getattr(kind, "__slots__", ())]:
        if hasattr(twin, name):
            object.__setattr__(twin, name, _twin(getattr(twin, name), twins))


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("serializers", name, __all__, "learnt")
