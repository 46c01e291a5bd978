"""Products of matrices, and f(x) = Wx + b on a mini-batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinylinks import backend, errors
from tinylinks.function import Function
from tinylinks.functions.shapes import Broadcasting, reshape

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class MatMul(Broadcasting):
    """y = a @ b: (N, K) by (K, M) gives (N, M); in front, any axes that stretch."""

    label = "matmul"

    def forward(self, a: Any, b: Any) -> Any:
        self.retain_inputs((0, 1))
        return a @ b

    def backward(self, gy: Any) -> Any:
        a, b = self.get_retained_inputs()
        ga = gy @ swap(b) if self.needs(0) else None
        gb = swap(a) @ gy if self.needs(1) else None
        return ga, gb

    def explain(self, error: Exception, a: Any, b: Any) -> None:
        errors.bad_matmul(a, b)


class LinearFunction(Function):
    """y = x @ W.T + b: each row of x (N, in) is multiplied by W (out, in); y is (N, out)."""

    label = "linear"
    casts_ints = True

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        errors.check_linear(x, W, b)
        self.retain_inputs((0, 1))
        y = x @ W.T
        if b is not None:
            y += b
        return y

    def backward(self, gy: Any) -> Any:
        x, W = self.get_retained_inputs()
        gx = gy @ W if self.needs(0) else None
        gW = gy.T @ x if self.needs(1) else None
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, backend.total(gy, axis=0)


def swap(x: Any) -> Any:
    """Exchange the last two axes of an array or a Variable."""
    return x.transpose((*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """Multiply matrices.

    Parameters
    ----------
    a, b : Variable or array
        Of shapes (..., N, K) and (..., K, M); the axes in front are stretched. A vector
        counts as a row on the left and as a column on the right, as in NumPy.
    transa, transb : bool
        Exchange the last two axes of `a` or `b` first.

    Returns
    -------
    Variable
        Of shape (..., N, M).

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    Variable([[11.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.matmul``.
    """
    errors.check_matmul(a, b, transa, transb)
    row, column = a.ndim == 1, b.ndim == 1
    a = a.reshape(1, a.size) if row else swap(a) if transa else a
    b = b.reshape(b.size, 1) if column else swap(b) if transb else b
    y = MatMul().apply(a, b)
    if row:
        y = reshape(y, (*y.shape[:-2], y.shape[-1]))
    if column:
        y = reshape(y, y.shape[:-1])
    return y


def linear(x: Any, W: Any, b: Any = None, n_batch_axes: int = 1) -> Variable:
    """Compute f(x) = Wx + b for each row of a mini-batch.

    Parameters
    ----------
    x : Variable or array of shape (N, in)
        If it has more axes, those after the first `n_batch_axes` are taken as one.
    W : Variable or array of shape (out, in)
    b : Variable or array of shape (out,), optional
    n_batch_axes : int
        How many axes of `x` go over the mini-batch.

    Returns
    -------
    Variable of shape (N, out)

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> W = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    >>> F.linear(x, W, np.array([0.5, 0.0]))
    Variable([[1.5,  5.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.linear``.
    """
    if type(n_batch_axes) is int and n_batch_axes == 1 and getattr(x, "ndim", 0) == 2:
        return LinearFunction().apply(x, W) if b is None else LinearFunction().apply(x, W, b)
    errors.check_batch_axes(x, n_batch_axes, W)
    batch = x.shape[:n_batch_axes]
    x = x.reshape(math.prod(batch), math.prod(x.shape[n_batch_axes:]))
    return reshape(linear(x, W, b), (*batch, W.shape[0]))
