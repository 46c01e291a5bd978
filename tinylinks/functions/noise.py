"""Functions that draw random numbers while a model learns."""

from __future__ import annotations

from typing import Any

from tinylinks import errors
from tinylinks.backend import get_array_module, plain
from tinylinks.config import config
from tinylinks.function import Function
from tinylinks.functions.arithmetic import mul


def dropout(x: Any, ratio: float = 0.5, *, mask: Any = None, return_mask: bool = False) -> Any:
    """Set elements to 0 at random, and make the others larger, so that the sum stays about alike.

    That happens while ``config.train`` is True. Otherwise the result is `x` as it is.

    Parameters
    ----------
    x : Variable or array
        Of any shape; of dtype float16, float32 or float64.
    ratio : float
        From 0 to below 1: how likely each element is to become 0. Those that remain are
        multiplied by ``1 / (1 - ratio)``.
    mask : array of the shape and dtype of `x`, optional
        What to multiply by, in place of random numbers; then `ratio` has no effect.
    return_mask : bool
        Return the mask too: None where ``config.train`` is False.

    Returns
    -------
    Variable of the shape of `x`, or a tuple of it and the mask

    Raises
    ------
    ValueError
        If `ratio` is not in its range, or `mask` has another shape.
    TypeError
        If `x` is not a Variable or an array of floats, or `mask` not an array like it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> from tinylinks import using_config
    >>> np.random.seed(0)
    >>> x = np.array([1, 2, 3, 4, 5, 6], np.float32)
    >>> F.dropout(x)
    Variable([ 2.,  4.,  6.,  8.,  0., 12.], dtype=float32)
    >>> with using_config("train", False):
    ...     F.dropout(x)
    Variable([1., 2., 3., 4., 5., 6.], dtype=float32)

    Notes
    -----
    Follows Chainer's ``F.dropout``; Srivastava, Hinton, Krizhevsky, Sutskever and
    Salakhutdinov, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
    """
    x, mask = plain(x), plain(mask)
    errors.check_dropout(x, ratio, mask)
    if not config.train:
        y = x if isinstance(x, Function.Variable) else Function.Variable(x, requires_grad=False)
        return (y, None) if return_mask else y
    if mask is None:
        xp = get_array_module(x)
        keep = xp.random.random_sample(x.shape) >= ratio
        mask = xp.asarray(keep * (1 / (1 - ratio)), x.dtype)
    y = mul(x, mask)
    return (y, mask) if return_mask else y
