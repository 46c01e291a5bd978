"""Functions that bend: relu, leaky_relu, softmax and log_softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinylinks import errors
from tinylinks.backend import bare, get_array_module, narrow, total, wide
from tinylinks.function import Function
from tinylinks.functions.elementwise import Exp

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class ReLU(Function):
    """y = x where x > 0, and 0 elsewhere."""

    label = "relu"

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        return get_array_module(x).maximum(x, 0)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy * (bare(y) > 0).astype(gy.dtype)


class LeakyReLU(Function):
    """y = x where x > 0, and slope * x elsewhere."""

    label = "leaky_relu"

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        xp = get_array_module(x)
        self.slopes = xp.where(x > 0, 1, self.slope).astype(x.dtype)
        return x * self.slopes

    def backward(self, gy: Any) -> Any:
        return gy * self.slopes


class Softmax(Function):
    """y = e ** x, divided by its sum along `axis`."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        xp = get_array_module(x)
        y = xp.exp(wide(x - x.max(axis=self.axis, keepdims=True)))  # minus the largest: no overflow
        return narrow(y / y.sum(axis=self.axis, keepdims=True), x.dtype)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        gx = y * gy
        return gx - y * total(gx, self.axis, keepdims=True)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_axis(self, x.shape, self.axis)


class LogSoftmax(Function):
    """y = log(softmax(x)), computed without softmax, which would round small values to 0."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        xp = get_array_module(x)
        z = wide(x - x.max(axis=self.axis, keepdims=True))  # minus the largest: no overflow
        return narrow(z - xp.log(xp.exp(z).sum(axis=self.axis, keepdims=True)), x.dtype)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy - Exp().compute(y) * total(gy, self.axis, keepdims=True)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_axis(self, x.shape, self.axis)


def relu(x: Any) -> Variable:
    """Keep what is positive and put 0 elsewhere. The gradient at 0 is 0.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.relu(np.array([-1.0, 0.0, 2.0]))
    Variable([0., 0., 2.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.relu``.
    """
    return ReLU().apply(x)


def leaky_relu(x: Any, slope: float = 0.2) -> Variable:
    """Keep what is positive and multiply the rest by `slope`. The gradient at 0 is `slope`.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.
    slope : float

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.leaky_relu(np.array([-1.0, 0.0, 2.0]))
    Variable([-0.2,   0.,   2.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.leaky_relu``.
    """
    errors.check_number("leaky_relu", "slope", slope, "bend")
    return LeakyReLU(slope).apply(x)


def softmax(x: Any, axis: int = 1) -> Variable:
    """Turn scores into positive numbers whose sum along `axis` is 1.

    Parameters
    ----------
    x : Variable or array
        In a mini-batch of shape (N, C), axis 1 goes over the C classes.
    axis : int

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.softmax(np.array([[0.0, 0.0], [0.0, 5.0]]))
    Variable([[     0.5,      0.5],
              [0.006693,   0.9933]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.softmax``.
    """
    errors.check_one_axis("softmax", x, axis)
    return Softmax(axis).apply(x)


def log_softmax(x: Any, axis: int = 1) -> Variable:
    """Compute the logarithm of `softmax`, exact where softmax itself would round to 0.

    Parameters
    ----------
    x : Variable or array
        In a mini-batch of shape (N, C), axis 1 goes over the C classes.
    axis : int

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.log_softmax(np.array([[0.0, 1000.0]]))
    Variable([[-1000.,     0.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.log_softmax``.
    """
    errors.check_one_axis("log_softmax", x, axis)
    return LogSoftmax(axis).apply(x)
