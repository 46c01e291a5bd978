"""A strict stand-in for CuPy, for machines without a GPU.

Its arrays hold a NumPy array inside, but they behave as arrays on a GPU do:

* nothing turns them into NumPy arrays but `get`, `item` and `tolist`, which say so;
* NumPy's functions refuse them, and so does arithmetic with a NumPy array;
* results of one element are arrays of shape (), not NumPy scalars;
* an index of an array that lies outside counts on from the other end: it raises nothing;
* methods take the arguments that CuPy's take, and no others.

The module has only functions and methods that CuPy 14 has too. To use it:
``backend.register(strict_xp.ndarray, strict_xp)`` and ``x = strict_xp.asarray(numpy_array)``.
"""

import operator as _operator

import numpy as _np

_NUMBER = (bool, int, float, _np.generic)


class ndarray:
    """An array that refuses to become a NumPy array unasked."""

    __array_ufunc__ = None  # NumPy's operators and ufuncs refuse it
    __array_priority__ = 100  # whoever has more, such as a Variable, handles `array + x`
    __hash__ = None

    def __init__(self, values):
        assert type(values) is _np.ndarray
        self._values = values

    def __array__(self, *args, **kwargs):
        raise TypeError("an implicit conversion to a NumPy array: use get()")

    def __array_function__(self, function, *args):
        raise TypeError(f"np.{function.__name__} was called on an array of strict_xp")

    # Ways to the CPU, asked for by name.

    def get(self):
        return self._values.copy()

    def item(self):
        return self._values.item()

    def tolist(self):
        return self._values.tolist()

    def tobytes(self):
        return self._values.tobytes()

    def __bool__(self):
        return bool(self._values)

    def __int__(self):
        return int(self._values)

    def __float__(self):
        return float(self._values)

    def __repr__(self):
        return f"strict_{self._values!r}"

    # Facts about the array.

    shape = property(lambda self: self._values.shape)
    ndim = property(lambda self: self._values.ndim)
    size = property(lambda self: self._values.size)
    dtype = property(lambda self: self._values.dtype)
    nbytes = property(lambda self: self._values.nbytes)
    T = property(lambda self: _wrap(self._values.T))

    @property
    def base(self):
        """The array that this one is a view of, or None."""
        return None if self._values.base is None else _wrap(self._values.base)

    def __len__(self):
        return len(self._values)

    # Methods.

    def astype(self, dtype, copy=True):
        return _wrap(self._values.astype(dtype, copy=copy))

    def copy(self):
        return _wrap(self._values.copy())

    def fill(self, value):
        self._values.fill(_open(value))

    def reshape(self, *shape):
        return _wrap(self._values.reshape(*shape))

    def ravel(self):
        return _wrap(self._values.ravel())

    def transpose(self, *axes):
        return _wrap(self._values.transpose(*axes))

    def sum(self, axis=None, dtype=None, keepdims=False):
        return _wrap(self._values.sum(axis=axis, dtype=dtype, keepdims=keepdims))

    def mean(self, axis=None, dtype=None, keepdims=False):
        return _wrap(self._values.mean(axis=axis, dtype=dtype, keepdims=keepdims))

    def max(self, axis=None, keepdims=False):
        return _wrap(self._values.max(axis=axis, keepdims=keepdims))

    def min(self, axis=None, keepdims=False):
        return _wrap(self._values.min(axis=axis, keepdims=keepdims))

    def argmax(self, axis=None):
        return _wrap(self._values.argmax(axis=axis))

    def all(self, axis=None):
        return _wrap(self._values.all(axis=axis))

    def any(self, axis=None):
        return _wrap(self._values.any(axis=axis))

    def clip(self, min=None, max=None):
        return _wrap(self._values.clip(_open(min), _open(max)))

    # Indexing.

    def __getitem__(self, index):
        index = _wrap_around(_open_index(index), self.shape)
        picked = self._values[index]
        if isinstance(picked, _np.generic):  # a view of shape (), as CuPy gives it
            picked = self._values[(*index, ...) if isinstance(index, tuple) else (index, ...)]
        return _wrap(picked)

    def __setitem__(self, index, value):
        self._values[_wrap_around(_open_index(index), self.shape)] = _open(value)

    def __iter__(self):
        return (self[i] for i in range(len(self)))


def _wrap(values):
    """Put a NumPy result into an array; NumPy scalars become arrays of shape ()."""
    return ndarray(_np.asarray(values))


def _open(x):
    """Return what NumPy computes with: the values of an array, or a number."""
    if isinstance(x, ndarray):
        return x._values
    if x is None or isinstance(x, _NUMBER):
        return x
    raise TypeError(f"strict_xp computes with its own arrays and numbers, not with {type(x)}")


def _open_index(index):
    if isinstance(index, tuple):
        return tuple(map(_open_index, index))
    if index is Ellipsis or isinstance(index, slice | list):
        return index
    return _open(index)


def _wrap_around(index, shape):
    """Bring indices of arrays into the range, as CuPy does, where each axis has its own."""
    if isinstance(index, _np.ndarray) and index.dtype.kind in "iu":
        return index.astype(_np.int64) % max(shape[0], 1)
    if isinstance(index, tuple) and all(isinstance(i, _np.ndarray) for i in index):
        return tuple(_wrap_around(i, shape[n:]) for n, i in enumerate(index))
    return index


def _operators(cls):
    """Give `cls` the operators: forward, reflected and in place."""

    def forward(function):
        def method(self, other):
            if getattr(other, "__array_priority__", 0) > self.__array_priority__:
                return NotImplemented
            return _wrap(function(self._values, _open(other)))

        return method

    def reflected(function):
        return lambda self, other: _wrap(function(_open(other), self._values))

    def in_place(function):
        def method(self, other):
            function(self._values, _open(other), out=self._values, casting="same_kind")
            return self

        return method

    arithmetic = {
        "add": _np.add,
        "sub": _np.subtract,
        "mul": _np.multiply,
        "truediv": _np.true_divide,
        "floordiv": _np.floor_divide,
        "mod": _np.remainder,
        "pow": _np.power,
        "matmul": _np.matmul,
        "and": _np.bitwise_and,
        "or": _np.bitwise_or,
    }
    for name, function in arithmetic.items():
        setattr(cls, f"__{name}__", forward(function))
        setattr(cls, f"__r{name}__", reflected(function))
        if name != "matmul":
            setattr(cls, f"__i{name}__", in_place(function))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(cls, f"__{name}__", forward(getattr(_operator, name)))
    for name, function in {"neg": _np.negative, "abs": _np.abs, "invert": _np.invert}.items():
        setattr(cls, f"__{name}__", lambda self, f=function: _wrap(f(self._values)))
    cls.__hash__ = None


_operators(ndarray)


def array(values, dtype=None):
    return _wrap(_np.array(values._values if isinstance(values, ndarray) else values, dtype))


def asarray(values, dtype=None):
    """Copy a NumPy array, a list or a number to the device; an array there stays as it is."""
    if isinstance(values, ndarray):
        return values if dtype is None or values.dtype == dtype else values.astype(dtype)
    return _wrap(_np.array(values, dtype))


def _new(function):
    """Return a function that makes a new array out of sizes and dtypes alone."""
    return lambda *args, **options: _wrap(function(*args, **options))


def _elementwise(function):
    """Return a function of arrays and numbers, at least one of them an array."""

    def call(*xs, out=None):
        if not any(isinstance(x, ndarray) for x in xs):
            raise TypeError(f"strict_xp.{function.__name__}: none of its arguments is an array")
        if out is None:
            return _wrap(function(*map(_open, xs)))
        if type(out) is not ndarray:
            raise TypeError(f"strict_xp.{function.__name__}: out is {type(out)}")
        function(*map(_open, xs), out=out._values, casting="same_kind")
        return out

    return call


empty = _new(_np.empty)
zeros = _new(_np.zeros)
ones = _new(_np.ones)
full = _new(_np.full)
arange = _new(_np.arange)

zeros_like = _elementwise(_np.zeros_like)
ones_like = _elementwise(_np.ones_like)
exp = _elementwise(_np.exp)
log = _elementwise(_np.log)
sqrt = _elementwise(_np.sqrt)
divide = _elementwise(_np.divide)
sin = _elementwise(_np.sin)
cos = _elementwise(_np.cos)
tanh = _elementwise(_np.tanh)
sign = _elementwise(_np.sign)
isfinite = _elementwise(_np.isfinite)
maximum = _elementwise(_np.maximum)
minimum = _elementwise(_np.minimum)
where = _elementwise(_np.where)


class _Add:
    """The function `add`, and `add.at` which counts an index as often as it occurs."""

    __call__ = staticmethod(_elementwise(_np.add))

    def at(self, x, index, values):
        _np.add.at(x._values, _open_index(index), _open(values))


add = _Add()


def broadcast_to(x, shape):
    return _wrap(_np.broadcast_to(_open(x), shape))


def concatenate(arrays, axis=0):
    return _wrap(_np.concatenate([_open(x) for x in arrays], axis))


def stack(arrays, axis=0):
    return _wrap(_np.stack([_open(x) for x in arrays], axis))


def tensordot(a, b, axes=2):
    return _wrap(_np.tensordot(_open(a), _open(b), axes))


class random:
    """Random numbers, as cupy.random has them: here they come from NumPy's generator."""

    seed = staticmethod(_np.random.seed)
    random_sample = staticmethod(_new(_np.random.random_sample))
