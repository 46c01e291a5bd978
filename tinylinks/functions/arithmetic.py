"""The arithmetic behind the operators of Variable: + - * / **, negation and abs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks.backend import bare, get_array_module
from tinylinks.function import NUMBERS, Function
from tinylinks.functions.elementwise import Log
from tinylinks.functions.shapes import Broadcasting

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class Add(Broadcasting):
    """y = a + b."""

    def forward(self, a: Any, b: Any) -> Any:
        return a + b

    def backward(self, gy: Any) -> Any:
        return gy, gy


class Sub(Broadcasting):
    """y = a - b."""

    def forward(self, a: Any, b: Any) -> Any:
        return a - b

    def backward(self, gy: Any) -> Any:
        return gy, -gy if self.needs(1) else None


class Mul(Broadcasting):
    """y = a * b. Of a product with a number it keeps the number alone: the slope of x * 3 is 3."""

    number: Any = None

    def forward(self, a: Any, b: Any) -> Any:
        if type(b) in NUMBERS or type(a) in NUMBERS:
            self.number = b if type(b) in NUMBERS else a
        else:
            self.retain_inputs((0, 1))
        return a * b

    def backward(self, gy: Any) -> Any:
        if self.number is not None:
            g = gy * self.number
            return g, g  # the one for the number itself goes nowhere
        a, b = self.get_retained_inputs()
        ga = gy * b if self.needs(0) else None
        gb = gy * a if self.needs(1) else None
        return ga, gb


class Div(Broadcasting):
    """y = a / b. Divided by a number, it keeps the number alone."""

    number: Any = None

    def forward(self, a: Any, b: Any) -> Any:
        if type(b) in NUMBERS:
            self.number = b
        else:
            self.retain_inputs((0, 1))
        return a / b

    def backward(self, gy: Any) -> Any:
        if self.number is not None:
            return gy / self.number, None
        a, b = self.get_retained_inputs()
        ga = gy / b
        gb = -ga * a / b if self.needs(1) else None
        return ga, gb


class Pow(Broadcasting):
    """y = a ** b."""

    def forward(self, a: Any, b: Any) -> Any:
        self.retain_inputs((0, 1))
        return a**b

    def backward(self, gy: Any) -> Any:
        a, b = self.get_retained_inputs()
        ga = b * a ** less_1(b, a, self.needs(1)) * gy if self.needs(0) else None
        gb = a**b * log(a, b) * gy if self.needs(1) else None
        return ga, gb


def less_1(b: Any, a: Any, b_varies: bool) -> Any:
    """Return b - 1; but 0 where b is 0, since the slope of a ** 0 is 0 even at a = 0.

    If b has a slope of its own, then only where a is 0 as well: elsewhere the rule is right as it
    is, and so is its slope for b.
    """
    if type(b) in NUMBERS:
        return b - (b != 0)
    zero = bare(b) == 0
    if b_varies:
        zero = zero & (bare(a) == 0)
    return b - 1 + zero.astype(b.dtype)


def log(a: Any, b: Any) -> Any:
    """Return log(a); but 0 where a is 0 and b is not below 0: there a ** b stays what it is."""
    if type(a) in NUMBERS and a != 0:
        return float(np.log(a))
    zero = (bare(a) == 0) & (bare(b) >= 0)
    return Log().compute(a + zero.astype(b.dtype))


class Neg(Function):
    """y = -x."""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, gy: Any) -> Any:
        return -gy


class Absolute(Function):
    """y = |x|."""

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        return abs(x)

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        return gy * get_array_module(x).sign(bare(x))


def add(a: Any, b: Any, *more: Any) -> Variable:
    """Compute ``a + b``, and add more if there are more; the same as the operator.

    Parameters
    ----------
    a, b, *more : Variable, array or number
        Variables of one dtype. Shapes may differ as far as NumPy can stretch them.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.add(Variable(np.array([1.0, 2.0])), 10)
    Variable([11., 12.], dtype=float64)
    """
    y = Add().apply(a, b)
    for x in more:
        y = Add().apply(y, x)
    return y


def sub(a: Any, b: Any) -> Variable:
    """Compute ``a - b``; the same as the operator. See `add`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.sub(10, Variable(np.array([1.0, 2.0])))
    Variable([9., 8.], dtype=float64)
    """
    return Sub().apply(a, b)


def mul(a: Any, b: Any) -> Variable:
    """Compute ``a * b``, element by element; the same as the operator. See `add`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.mul(Variable(np.array([1.0, 2.0])), 10)
    Variable([10., 20.], dtype=float64)
    """
    return Mul().apply(a, b)


def div(a: Any, b: Any) -> Variable:
    """Compute ``a / b``, element by element; the same as the operator. See `add`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.div(1, Variable(np.array([1.0, 2.0])))
    Variable([ 1., 0.5], dtype=float64)
    """
    return Div().apply(a, b)


def pow(a: Any, b: Any) -> Variable:
    """Compute ``a ** b``, element by element; the same as the operator. See `add`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.pow(Variable(np.array([1.0, 2.0])), 3)
    Variable([1., 8.], dtype=float64)
    """
    return Pow().apply(a, b)


def neg(x: Any) -> Variable:
    """Compute ``-x``; the same as the operator.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.neg(Variable(np.array([1.0, -2.0])))
    Variable([-1.,  2.], dtype=float64)
    """
    return Neg().apply(x)


def absolute(x: Any) -> Variable:
    """Compute ``|x|``; the same as ``abs(x)``. The gradient at 0 is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable, functions as F
    >>> F.absolute(Variable(np.array([1.0, -2.0])))
    Variable([1., 2.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.absolute``.
    """
    return Absolute().apply(x)
