"""Measures of how well a prediction does that have no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinylinks import errors
from tinylinks.backend import bare, plain
from tinylinks.function import Function

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class Accuracy(Function):
    """The share of rows of y (N, C) whose largest element is where t (N,) says."""

    def __init__(self, t: Any, ignore_label: int | None) -> None:
        self.t, self.ignore_label = t, ignore_label

    def forward(self, y: Any) -> Any:
        correct = y.argmax(axis=1).reshape(self.t.shape) == self.t
        if self.ignore_label is not None:
            correct = correct[self.t != self.ignore_label]
        return (correct.mean() if correct.size else correct.sum()).astype(y.dtype)

    def backward(self, gy: Any) -> Any:
        return None


def accuracy(y: Any, t: Any, ignore_label: int | None = None) -> Variable:
    """Compute the share of predictions that are right.

    Parameters
    ----------
    y : Variable or array of shape (N, C, ...)
        Scores; the largest along axis 1 is the prediction.
    t : Variable or array of int of shape (N, ...)
        The true classes.
    ignore_label : int, optional
        Rows with this label do not count.

    Returns
    -------
    Variable of shape ()
        Of the dtype of `y`. It has no gradient.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.accuracy(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]))
    Variable(0.5, dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.accuracy``.
    """
    errors.check_initialized("accuracy", y, t)
    t = plain(bare(t))
    errors.check_labels("accuracy", y, t, ignore_label)
    return Accuracy(t, ignore_label).apply(y)
