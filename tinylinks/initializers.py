"""First values of parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import is_array_type


class Constant:
    """Fill an array with one number.

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

    def __init__(self, fill_value: float) -> None:
        if not hasattr(fill_value, "dtype"):
            errors.check_number("Constant", "fill_value", fill_value, 11)
        self.fill_value = fill_value

    def __call__(self, array: Any) -> None:
        array[...] = self.fill_value


class LeCunNormal:
    """Draw from a normal distribution with mean 0 and variance ``scale**2 / fan_in``.

    With `fan_in` terms added up in each output, the outputs vary as much as the inputs.
    It draws from NumPy's global generator, so ``np.random.seed`` makes it reproducible.

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

    def __init__(self, scale: float = 1.0) -> None:
        errors.check_positive("LeCunNormal", "scale", scale, "Pass 1, the usual one.", 11)
        self.scale = scale

    def __call__(self, array: Any) -> None:
        errors.check_fan_in(array.shape)
        fan_in = math.prod(array.shape[1:])
        std = self.scale * math.sqrt(1 / fan_in)
        array[...] = np.random.normal(0.0, std, array.shape)


def generate_array(initializer: Any, shape: int | tuple[int, ...]) -> Any:
    """Make the first array of a parameter.

    Parameters
    ----------
    initializer : array, number, callable or None
        An array must have `shape` and keeps its dtype. A number fills a float32 array, a
        callable is given one to fill. None fills it with NaN.
    shape : int or tuple of int

    Examples
    --------
    >>> from tinylinks import initializers
    >>> initializers.generate_array(0, (2,))
    array([0., 0.], dtype=float32)
    """
    shape = errors.check_shape("Parameter", shape)
    if is_array_type(type(initializer)):
        return errors.check_initial(initializer, shape)
    if initializer is None:
        initializer = math.nan
    if errors.is_number(initializer):
        initializer = Constant(initializer)
    errors.check_initializer(initializer)
    array = np.empty(shape, np.float32)
    initializer(array)
    return array
