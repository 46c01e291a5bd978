"""Linear: f(x) = Wx + b with W and b as parameters."""

from __future__ import annotations

import math
from typing import Any

from tinylinks import errors
from tinylinks import functions as F
from tinylinks.backend import get_array_module
from tinylinks.initializers import LeCunNormal, share_dtype
from tinylinks.link import Link
from tinylinks.variable import Parameter, Variable


class Linear(Link):
    """The function f(x) = Wx + b on a mini-batch, with W and b as parameters.

    Parameters
    ----------
    in_size : int or None
        How many numbers a row of the mini-batch has. ``Linear(None, 2)`` and ``Linear(2)``
        take it from the first mini-batch; until then there is no `W`.
    out_size : int
        How many numbers a row of the output has.
    nobias : bool
        Leave out b.
    initialW : array of shape (out_size, in_size), number or initializer, optional
        The first W; `initializers.LeCunNormal` if not given. An array of floats keeps its
        dtype, and b gets the same.
    initial_bias : array of shape (out_size,), number or initializer, optional
        The first b; 0 if not given.

    Attributes
    ----------
    W : Parameter of shape (out_size, in_size)
    b : Parameter of shape (out_size,), or None

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import Variable
    >>> f = L.Linear(3, 2)
    >>> f.W.shape, f.W.dtype
    ((2, 3), dtype('float32'))
    >>> f.b.data
    array([0., 0.], dtype=float32)
    >>> x = Variable(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    >>> y = f(x)
    >>> y.shape
    (2, 2)
    >>> f.cleargrads()
    >>> y.grad = np.ones((2, 2), np.float32)
    >>> y.backward()
    >>> f.W.grad
    array([[5., 7., 9.],
           [5., 7., 9.]], dtype=float32)
    >>> f.b.grad
    array([2., 2.], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.links.Linear``.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        if out_size is None:
            in_size, out_size = None, in_size
        errors.check_sizes("Linear", in_size, out_size)
        errors.check_flag("Linear", "nobias", nobias, "linear")
        self.out_size: Any = out_size
        W = LeCunNormal() if initialW is None else initialW
        b = 0 if nobias or initial_bias is None else initial_bias
        W, b = share_dtype("Linear", initialW=W, initial_bias=b)
        with self.init_scope():
            self._reserve("W", W)
            if in_size is not None:
                self.W = Parameter(W, (out_size, in_size))
            self.b = None if nobias else Parameter(b, self.out_size)

    def forward(self, x: Any, n_batch_axes: int = 1) -> Variable:
        """Compute Wx + b for each row of `x`, of shape (N, in_size). See `F.linear`."""
        if "W" in self.__dict__:
            return F.linear(x, self.W, self.b, n_batch_axes)
        errors.check_batch_axes(x, n_batch_axes)
        columns = math.prod(x.shape[n_batch_axes:])
        errors.check_sizes("Linear", columns, self.out_size)
        W = Parameter(self._later["W"], (self.out_size, columns))
        W.data = get_array_module(x).asarray(W.data)
        y = F.linear(x, W, self.b, n_batch_axes)  # if x is refused, W is forgotten
        with self.init_scope():
            self.W = W
        return y

    @property
    def in_size(self) -> int | None:
        """How many numbers a row of the mini-batch has; None until the first one."""
        return self.W.shape[1] if "W" in self.__dict__ else None

    def __repr__(self) -> str:
        nobias = self.b is None
        return f"Linear(in_size={self.in_size}, out_size={self.out_size}, nobias={nobias})"
