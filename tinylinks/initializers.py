"""First values of parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks import errors
from tinylinks.backend import is_array_type, plain

__all__ = [
    "Constant",
    "GlorotUniform",
    "HeNormal",
    "LeCunNormal",
    "Normal",
    "One",
    "Uniform",
    "Zero",
    "generate_array",
    "get_fans",
]


class Constant:
    """Fill an array with one number.

    Parameters
    ----------
    fill_value : number
    dtype : dtype of floats, optional
        Of the array that `generate_array` makes; float32 if not given.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> w = np.empty(3, np.float32)
    >>> initializers.Constant(0.5)(w)
    >>> w
    array([0.5, 0.5, 0.5], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.initializers.Constant``.
    """

    def __init__(self, fill_value: float, dtype: Any = None) -> None:
        if not hasattr(fill_value, "dtype"):
            errors.check_number("Constant", "fill_value", fill_value, "linear")
        errors.check_dtype(type(self).__name__, dtype)
        self.fill_value, self.dtype = fill_value, dtype

    def __call__(self, array: Any) -> None:
        array[...] = self.fill_value


class Zero(Constant):
    """Fill an array with zeros.

    Examples
    --------
    >>> from tinylinks import initializers
    >>> initializers.generate_array(initializers.Zero(), 2)
    array([0., 0.], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.initializers.Zero``.
    """

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(0.0, dtype)


class One(Constant):
    """Fill an array with ones.

    Examples
    --------
    >>> from tinylinks import initializers
    >>> initializers.generate_array(initializers.One(dtype="float64"), 2)
    array([1., 1.])

    Notes
    -----
    Follows Chainer's ``chainer.initializers.One``.
    """

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(1.0, dtype)


class Normal:
    """Draw from a normal distribution with mean 0 and standard deviation `scale`.

    It draws from NumPy's global generator, so ``np.random.seed`` makes it reproducible, as it
    does for all that follow; or from a generator of yours.

    Parameters
    ----------
    scale : float
    dtype : dtype of floats, optional
        Of the array that `generate_array` makes; float32 if not given.
    rng : numpy.random.RandomState or numpy.random.Generator, optional
        What to draw from.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> W = np.empty((50, 400), np.float32)
    >>> initializers.Normal()(W)
    >>> bool(abs(W.std() - 0.05) < 0.002)
    True

    Notes
    -----
    Follows Chainer's ``chainer.initializers.Normal``.
    """

    def __init__(self, scale: float = 0.05, dtype: Any = None, *, rng: Any = None) -> None:
        name = type(self).__name__
        errors.check_positive(name, "scale", scale, "Pass a larger one, or leave it out.", "linear")
        errors.check_dtype(name, dtype)
        errors.check_rng(name, rng)
        self.scale, self.dtype, self.rng = scale, dtype, rng

    def __call__(self, array: Any) -> None:
        rng = np.random if self.rng is None else self.rng
        array[...] = rng.normal(0.0, self.scale, array.shape)


class Uniform(Normal):
    """Draw numbers between ``-scale`` and ``scale``, all equally likely.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> W = np.empty((50, 400), np.float32)
    >>> initializers.Uniform()(W)
    >>> bool(abs(W).max() <= 0.05)
    True

    Notes
    -----
    Follows Chainer's ``chainer.initializers.Uniform``.
    """

    def __call__(self, array: Any) -> None:
        rng = np.random if self.rng is None else self.rng
        array[...] = rng.uniform(-self.scale, self.scale, array.shape)


class LeCunNormal(Normal):
    """Draw from a normal distribution with mean 0 and variance ``scale**2 / fan_in``.

    With `fan_in` terms added up in each output, the outputs vary as much as the inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> W = np.empty((50, 400), np.float32)
    >>> initializers.LeCunNormal()(W)
    >>> bool(abs(W.std() - 0.05) < 0.002)
    True

    Notes
    -----
    Follows Chainer's ``chainer.initializers.LeCunNormal``; LeCun, Bottou, Orr and Müller,
    "Efficient BackProp" (1998).
    """

    def __init__(self, scale: float = 1.0, dtype: Any = None, *, rng: Any = None) -> None:
        super().__init__(scale, dtype, rng=rng)

    def __call__(self, array: Any) -> None:
        fan_in, _ = get_fans(array.shape, "LeCunNormal")
        Normal(self.scale * math.sqrt(1 / fan_in), rng=self.rng)(array)


class GlorotUniform(LeCunNormal):
    """Draw numbers evenly, with variance ``scale**2 * 2 / (fan_in + fan_out)``.

    That lies between what keeps the outputs alike and what keeps the gradients alike.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> W = np.empty((50, 550), np.float32)
    >>> initializers.GlorotUniform()(W)
    >>> bool(abs(W).max() <= 0.1)
    True

    Notes
    -----
    Follows Chainer's ``chainer.initializers.GlorotUniform``; Glorot and Bengio,
    "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """

    def __call__(self, array: Any) -> None:
        fan_in, fan_out = get_fans(array.shape, "GlorotUniform")
        # Numbers that lie evenly between -s and s have the variance s**2 / 3.
        Uniform(self.scale * math.sqrt(6 / (fan_in + fan_out)), rng=self.rng)(array)


class HeNormal(LeCunNormal):
    """Draw from a normal distribution with mean 0 and variance ``scale**2 * 2 / fan_in``.

    With relu half of the numbers become 0; the 2 makes up for it.

    Parameters
    ----------
    scale : float
    dtype : dtype of floats, optional
    fan_option : {"fan_in", "fan_out"}
        With "fan_out", the gradients are what varies alike, not the outputs.
    rng : numpy.random.RandomState or numpy.random.Generator, optional

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> W = np.empty((50, 800), np.float32)
    >>> initializers.HeNormal()(W)
    >>> bool(abs(W.std() - 0.05) < 0.002)
    True

    Notes
    -----
    Follows Chainer's ``chainer.initializers.HeNormal``; He, Zhang, Ren and Sun, "Delving Deep
    into Rectifiers" (2015).
    """

    def __init__(
        self,
        scale: float = 1.0,
        dtype: Any = None,
        fan_option: str = "fan_in",
        *,
        rng: Any = None,
    ) -> None:
        super().__init__(scale, dtype, rng=rng)
        errors.check_choice("HeNormal", "fan_option", fan_option, ("fan_in", "fan_out"), "linear")
        self.fan_option = fan_option

    def __call__(self, array: Any) -> None:
        fan_in, fan_out = get_fans(array.shape, "HeNormal")
        fan = fan_in if self.fan_option == "fan_in" else fan_out
        Normal(self.scale * math.sqrt(2 / fan), rng=self.rng)(array)


def get_fans(shape: tuple[int, ...], operation: str = "get_fans") -> tuple[int, int]:
    """Return how many terms are added up in one output, and in the gradient of one input.

    Parameters
    ----------
    shape : tuple of int
        (out, in) of a matrix, or (out, in, height, width) of filters.

    Returns
    -------
    fan_in, fan_out : int

    Examples
    --------
    >>> from tinylinks.initializers import get_fans
    >>> get_fans((2, 3)), get_fans((2, 3, 5, 5))
    ((3, 2), (75, 50))

    Notes
    -----
    Follows Chainer's ``chainer.initializer.get_fans``.
    """
    errors.check_fans(operation, shape)
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def generate_array(initializer: Any, shape: int | tuple[int, ...]) -> Any:
    """Make the first array of a parameter.

    Parameters
    ----------
    initializer : array, number, callable or None
        An array must have `shape`; it is copied, so that learning does not change yours. One
        of floats keeps its dtype, one of whole numbers becomes float32. A number fills an
        array, a callable is given one to fill: of its `dtype` if it has one, otherwise
        float32. None fills it with NaN.
    shape : int or tuple of int

    Examples
    --------
    >>> from tinylinks import initializers
    >>> initializers.generate_array(0, (2,))
    array([0., 0.], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.initializers.generate_array``.
    """
    shape = errors.check_shape("Parameter", shape)
    initializer = plain(initializer)
    dtype = own_dtype(initializer) or np.dtype(np.float32)
    if is_array_type(type(initializer)):
        errors.check_initial(initializer, shape)
        casts = initializer.dtype.kind in "fiub"  # anything else is refused by the Parameter
        return (initializer.astype(dtype, copy=False) if casts else initializer).copy()
    if initializer is None:
        initializer = math.nan
    if errors.is_number(initializer):
        initializer = Constant(initializer)
    errors.check_initializer(initializer)
    array = np.empty(shape, dtype)
    errors.check_filled(initializer, initializer(array))
    return array


def is_array(value: Any) -> bool:
    """Tell whether `value` is an array, or a file that NumPy shows as one, to copy from."""
    return is_array_type(type(plain(value)))


def own_dtype(initializer: Any) -> np.dtype | None:
    """Return the dtype that a first value brings along; a number brings none.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import initializers
    >>> initializers.own_dtype(np.ones(3)), initializers.own_dtype(3.0)
    (dtype('float64'), None)
    """
    if callable(initializer):
        errors.check_dtype("Parameter", getattr(initializer, "dtype", None))
    brings = is_array(initializer) or callable(initializer)
    dtype = getattr(initializer, "dtype", None) if brings else None
    if dtype is None or np.dtype(dtype).kind != "f":
        return None
    return np.dtype(dtype).newbyteorder("=")


def share_dtype(link: str, **initial: Any) -> list[Any]:
    """Return the first values of a link such that all its parameters get one dtype.

    What has no dtype of its own, as a number, takes it from an array or an initializer that
    has one. If none has, all will be float32.

    Parameters
    ----------
    link : str
        What an error begins with.
    **initial : array, number or initializer
        By the names of the arguments.

    Raises
    ------
    TypeError
        If two of them have different dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.initializers import generate_array, share_dtype
    >>> W, b = share_dtype("Linear", initialW=np.ones((2, 3)), initial_bias=0)
    >>> generate_array(b, 2).dtype
    dtype('float64')
    """
    dtypes = {name: own_dtype(value) for name, value in initial.items()}
    given = {name: dtype for name, dtype in dtypes.items() if dtype is not None}
    for value in initial.values():
        if not is_array(value):
            errors.check_initializer(value)
    errors.check_one_dtype(link, given)
    if not given:
        return list(initial.values())
    (dtype,) = set(given.values())
    return [v if name in given else _typed(v, dtype) for name, v in initial.items()]


def _typed(initializer: Any, dtype: np.dtype) -> Any:
    if is_array(initializer):
        return initializer.astype(dtype) if initializer.dtype.kind in "iub" else initializer
    return Typed(initializer, dtype) if callable(initializer) else Constant(initializer, dtype)


class Typed:
    """An initializer with a dtype, made of one that has none.

    Examples
    --------
    >>> from tinylinks import initializers
    >>> ones = initializers.Typed(initializers.One(), "float64")
    >>> initializers.generate_array(ones, 2)
    array([1., 1.])
    """

    def __init__(self, initializer: Any, dtype: Any) -> None:
        self.initializer, self.dtype = initializer, dtype

    def __call__(self, array: Any) -> Any:
        return self.initializer(array)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("initializers", name, __all__, "linear")
