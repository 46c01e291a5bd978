"""Functions of one element at a time, and choices between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import bare, get_array_module, plain
from tinylinks.function import Function
from tinylinks.functions.shapes import Broadcasting

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class Exp(Function):
    """y = e ** x."""

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        return get_array_module(x).exp(x)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy * y


class Log(Function):
    """y = log x, to the base e."""

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        return get_array_module(x).log(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        return gy / x


class Sqrt(Function):
    """y = the square root of x."""

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        return get_array_module(x).sqrt(x)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy / (2 * y)


class Square(Function):
    """y = x ** 2."""

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        return x * x

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        return 2 * x * gy


class Sin(Function):
    """y = sin x."""

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        return get_array_module(x).sin(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        return gy * Cos().compute(x)


class Cos(Function):
    """y = cos x."""

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        return get_array_module(x).cos(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        return -gy * Sin().compute(x)


class Tanh(Function):
    """y = tanh x."""

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        return get_array_module(x).tanh(x)

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy * (1 - y * y)


class Sigmoid(Function):
    """y = 1 / (1 + e ** -x), by way of tanh, which cannot overflow."""

    def forward(self, x: Any) -> Any:
        self.retain_outputs((0,))
        return get_array_module(x).tanh(x * 0.5) * 0.5 + 0.5

    def backward(self, gy: Any) -> Any:
        (y,) = self.get_retained_outputs()
        return gy * y * (1 - y)


class Maximum(Broadcasting):
    """y = the larger of a and b. Where they are equal, a gets the gradient."""

    def forward(self, a: Any, b: Any) -> Any:
        self.takes_a = a >= b
        return get_array_module(self.takes_a).maximum(a, b)

    def backward(self, gy: Any) -> Any:
        return split(gy, self.takes_a)


class Minimum(Broadcasting):
    """y = the smaller of a and b. Where they are equal, a gets the gradient."""

    def forward(self, a: Any, b: Any) -> Any:
        self.takes_a = a <= b
        return get_array_module(self.takes_a).minimum(a, b)

    def backward(self, gy: Any) -> Any:
        return split(gy, self.takes_a)


class Where(Broadcasting):
    """y = a where the condition holds, and b elsewhere."""

    def __init__(self, condition: Any) -> None:
        self.condition = condition

    def forward(self, a: Any, b: Any) -> Any:
        return get_array_module(self.condition).where(self.condition, a, b)

    def backward(self, gy: Any) -> Any:
        return split(gy, self.condition)

    def explain(self, error: Exception, *xs: Any) -> None:
        errors.bad_broadcast(self, (self.condition, *xs))


class Clip(Function):
    """y = x, but not below x_min and not above x_max."""

    def __init__(self, x_min: float | None, x_max: float | None) -> None:
        self.x_min, self.x_max = x_min, x_max

    def forward(self, x: Any) -> Any:
        y = x.clip(self.x_min, self.x_max).astype(x.dtype, copy=False)
        self.inside = x == y
        return y

    def backward(self, gy: Any) -> Any:
        return gy * self.inside.astype(gy.dtype)


def split(gy: Any, takes_a: Any) -> tuple[Any, Any]:
    """Send `gy` to the first input where `takes_a` holds, and to the second elsewhere."""
    return keep(gy, takes_a), keep(gy, ~takes_a)


def keep(x: Any, mask: Any) -> Any:
    """Return `x` where the mask holds and 0 elsewhere, also in place of an infinity or nan."""
    if type(x) is not np.ndarray or x.dtype.itemsize > 8:
        return Where(mask).compute(x, 0)
    # 0 times infinity is nan; but 0 times its bits, read as a whole number, is 0. On a CPU that is
    # much faster than `where`, which asks at each element.
    return (x.view(f"u{x.dtype.itemsize}") * mask).view(x.dtype)


def exp(x: Any) -> Variable:
    """Compute ``e ** x``.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.exp(np.array([0.0, 1.0]))
    Variable([   1., 2.718], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.exp``.
    """
    return Exp().apply(x)


def log(x: Any) -> Variable:
    """Compute the natural logarithm of `x`.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.log(np.array([1.0, 10.0]))
    Variable([   0., 2.303], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.log``.
    """
    return Log().apply(x)


def sqrt(x: Any) -> Variable:
    """Compute the square root of `x`.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.sqrt(np.array([4.0, 9.0]))
    Variable([2., 3.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.sqrt``.
    """
    return Sqrt().apply(x)


def square(x: Any) -> Variable:
    """Compute ``x ** 2``.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.square(np.array([3.0, -4.0]))
    Variable([ 9., 16.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.square``.
    """
    return Square().apply(x)


def sin(x: Any) -> Variable:
    """Compute the sine of `x`, an angle in radians.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.sin(np.array([0.0, 1.0]))
    Variable([    0., 0.8415], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.sin``.
    """
    return Sin().apply(x)


def cos(x: Any) -> Variable:
    """Compute the cosine of `x`, an angle in radians.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.cos(np.array([0.0, 1.0]))
    Variable([    1., 0.5403], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.cos``.
    """
    return Cos().apply(x)


def tanh(x: Any) -> Variable:
    """Compute the hyperbolic tangent of `x`, between -1 and 1.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.tanh(np.array([0.0, 1.0]))
    Variable([    0., 0.7616], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.tanh``.
    """
    return Tanh().apply(x)


def sigmoid(x: Any) -> Variable:
    """Compute ``1 / (1 + e ** -x)``, between 0 and 1.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.sigmoid(np.array([0.0, 1.0]))
    Variable([   0.5, 0.7311], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.sigmoid``.
    """
    return Sigmoid().apply(x)


def maximum(x1: Any, x2: Any) -> Variable:
    """Take the larger of `x1` and `x2`, element by element.

    Where they are equal, `x1` gets the gradient.

    Parameters
    ----------
    x1, x2 : Variable, array or number
        Of one dtype; shapes are stretched as NumPy does it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.maximum(np.array([1.0, 5.0]), 3)
    Variable([3., 5.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.maximum``.
    """
    return Maximum().apply(x1, x2)


def minimum(x1: Any, x2: Any) -> Variable:
    """Take the smaller of `x1` and `x2`, element by element.

    Where they are equal, `x1` gets the gradient.

    Parameters
    ----------
    x1, x2 : Variable, array or number
        Of one dtype; shapes are stretched as NumPy does it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.minimum(np.array([1.0, 5.0]), 3)
    Variable([1., 3.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.minimum``.
    """
    return Minimum().apply(x1, x2)


def clip(x: Any, x_min: float | None, x_max: float | None) -> Variable:
    """Move elements below `x_min` up to it, and elements above `x_max` down to it.

    The gradient passes where ``x_min <= x <= x_max``.

    Parameters
    ----------
    x : Variable or array
    x_min, x_max : float or None
        With ``x_min < x_max``. None is no bound; one of them must be a number.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.clip(np.array([-2.0, 0.5, 7.0]), 0, 1)
    Variable([ 0., 0.5,  1.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.clip``.
    """
    errors.check_clip(x_min, x_max)
    return Clip(x_min, x_max).apply(x)


def where(condition: Any, x: Any, y: Any) -> Variable:
    """Take `x` where the condition holds, and `y` elsewhere.

    Parameters
    ----------
    condition : array or Variable of bool
    x, y : Variable, array or number
        Of one dtype; shapes are stretched as NumPy does it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.where(np.array([True, False]), np.array([1.0, 2.0]), 0)
    Variable([1., 0.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.where``.
    """
    errors.check_initialized("where", condition)
    condition = plain(bare(condition))
    errors.check_condition(condition, y if errors.is_number(x) else x)
    return Where(condition).apply(x, y)
