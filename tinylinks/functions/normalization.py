"""Functions that give numbers mean 0 and variance 1."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import bare, plain
from tinylinks.functions.arithmetic import add
from tinylinks.functions.shapes import Axis, kept_shape

if TYPE_CHECKING:
    from tinylinks.variable import Variable


def batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    *,
    eps: float = 2e-5,
    running_mean: Any = None,
    running_var: Any = None,
    decay: float = 0.9,
    axis: Axis = None,
) -> Variable:
    """Give each column of a mini-batch mean 0 and variance 1, then compute gamma x + beta.

    Parameters
    ----------
    x : Variable or array of shape (N, C) or (N, C, ...)
        An array may have another dtype than `gamma`, also one of whole numbers or truth values.
    gamma, beta : Variable or array of shape (C,)
        In general: of the lengths of the axes that `axis` leaves over.
    eps : float
        Is added to the variance, so that nothing is divided by 0.
    running_mean, running_var : array of the shape of `gamma`, optional
        Moving averages, for `fixed_batch_normalization`. They are changed in place.
    decay : float
        From 0 to 1: how much of the moving averages remains.
    axis : int or tuple of int, optional
        The axes to average over. If not given, the first one, and those after the axes that
        `gamma` has: 0 for x (N, C); 0, 2 and 3 for x (N, C, H, W) and gamma (C,).

    Returns
    -------
    Variable of the shape of `x`
        Of the dtype of `gamma`.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    TypeError
        If one of them is not a Variable or an array, or has another dtype.

    Warns
    -----
    UserWarning
        If there is but one number to average over: minus its own mean it is 0.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
    >>> F.batch_normalization(x, np.ones(2), np.array([0.0, 5.0]))
    Variable([[-1.,  4.],
              [ 1.,  6.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.batch_normalization``; Ioffe and Szegedy, "Batch Normalization:
    Accelerating Deep Network Training by Reducing Internal Covariate Shift" (2015).
    """
    x, gamma, beta = map(plain, (x, gamma, beta))
    axis = batch_axes(x, gamma, axis)
    running = {"running_mean": running_mean, "running_var": running_var}
    errors.check_normalized("batch_normalization", x, axis, gamma=gamma, beta=beta, **running)
    errors.check_batch("batch_normalization", x, axis, eps, decay)
    m = math.prod([x.shape[i] for i in axis])  # how many numbers make one mean
    if m == 1:
        warnings.warn(errors.ONE_TO_NORMALIZE, stacklevel=2)
    x = as_floats(x, gamma)
    mean = x.mean(axis, keepdims=True)
    d = x - mean
    var = (d * d).mean(axis, keepdims=True)
    move(running_mean, mean, decay)
    # Deviations from the mean of the same m numbers are too small: dividing by m - 1 makes up.
    move(running_var, var * (m / max(m - 1, 1)), decay)
    return scale_and_shift(d, var + eps, gamma, beta)


def fixed_batch_normalization(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 2e-5, axis: Axis = None
) -> Variable:
    """Do what `batch_normalization` does, but with a given mean and variance.

    Parameters
    ----------
    x : Variable or array of shape (N, C) or (N, C, ...)
    gamma, beta, mean, var : Variable or array of shape (C,)
        In general: of the lengths of the axes that `axis` leaves over.
    eps : float
        Is added to the variance, so that nothing is divided by 0.
    axis : int or tuple of int, optional
        As in `batch_normalization`.

    Returns
    -------
    Variable of the shape of `x`

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[1.0], [7.0]])
    >>> F.fixed_batch_normalization(x, np.ones(1), np.zeros(1), np.ones(1), np.array([4.0]))
    Variable([[0.],
              [3.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.fixed_batch_normalization``.
    """
    x, gamma, beta, mean, var = map(plain, (x, gamma, beta, mean, var))
    axis = batch_axes(x, gamma, axis)
    given = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    errors.check_normalized("fixed_batch_normalization", x, axis, **given)
    errors.check_eps("fixed_batch_normalization", eps)
    kept = kept_shape(x.shape, axis)
    d = as_floats(x, gamma) - mean.reshape(kept)
    return scale_and_shift(d, var.reshape(kept) + eps, gamma, beta)


def batch_axes(x: Any, gamma: Any, axis: Axis) -> tuple[int, ...]:
    """Return the axes to average over."""
    if axis is None:
        return (0, *range(getattr(gamma, "ndim", 1) + 1, getattr(x, "ndim", 0)))
    return axis if isinstance(axis, tuple) else (axis,)


def as_floats(x: Any, gamma: Any) -> Any:
    """Return an array `x` in a dtype that holds its numbers, and is exact enough for `gamma`.

    In float16 the squares of numbers above 255 are infinite. A Variable is left as it is.
    """
    if hasattr(x, "node"):
        return x
    return x.astype(np.result_type(x.dtype, gamma.dtype, np.float32), copy=False)


def move(running: Any, new: Any, decay: float) -> None:
    """Let a moving average, if there is one, come nearer to the new numbers, in place."""
    if running is not None:
        running *= decay
        running += (1 - decay) * bare(new).reshape(running.shape)


def scale_and_shift(d: Any, var: Any, gamma: Any, beta: Any) -> Variable:
    """Compute ``gamma * d / sqrt(var) + beta``; the small arrays are divided, not the large one."""
    std = var**0.5
    if not any(hasattr(a, "node") for a in (d, std, gamma, beta)):  # no Variable to be like
        d, std = d.astype(gamma.dtype), std.astype(gamma.dtype)
    scale = gamma.reshape(std.shape) / std
    return add(d * scale, beta.reshape(std.shape))
