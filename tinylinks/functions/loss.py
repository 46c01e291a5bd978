"""Losses: how wrong a prediction is, as one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import bare, get_array_module, is_array_type, narrow, plain, wide
from tinylinks.config import config
from tinylinks.function import Function
from tinylinks.functions.activation import Softmax
from tinylinks.functions.elementwise import keep
from tinylinks.functions.shapes import reshape, transpose

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class MeanSquaredError(Function):
    """y = the average of (x0 - x1) ** 2."""

    casts_ints = True

    def forward(self, x0: Any, x1: Any) -> Any:
        errors.check_same_shape(self, x0, x1)
        self.retain_inputs((0, 1))
        diff = wide(x0) - wide(x1)
        return narrow((diff * diff).mean() if diff.size else diff.sum(), x0.dtype)

    def backward(self, gy: Any) -> Any:
        x0, x1 = self.get_retained_inputs()
        gx = (x0 - x1) * (gy * (2 / max(x0.size, 1)))
        return gx, -gx if self.needs(1) else None


class SoftmaxCrossEntropy(Function):
    """y = -log(softmax(x)) at the true classes: scores x (N, C), labels t (N,).

    `weights`, a number or an array (N,), multiplies the rows. Those of weight 0 are left out,
    even if they hold infinities. The result has shape (N,), or () with `add_up`.
    """

    def __init__(self, t: Any, weights: Any, add_up: bool, cache_score: bool) -> None:
        self.t, self.weights = t, weights
        self.add_up, self.cache_score = add_up, cache_score

    def forward(self, x: Any) -> Any:
        self.retain_inputs((0,))
        xp = get_array_module(x)
        self.rows = xp.arange(len(x))
        z = wide(self.leave_out(x))
        z = z - z.max(axis=1, keepdims=True)  # minus the largest: no overflow
        p = xp.exp(z)
        total = p.sum(axis=1, keepdims=True)
        losses = (xp.log(total[:, 0]) - z[self.rows, self.t]) * self.weights
        if self.cache_score:
            p /= total
            self.p = p
        return narrow(losses.sum() if self.add_up else losses, x.dtype)

    def leave_out(self, x: Any) -> Any:
        """Put zeros into the rows that do not count: 0 times infinity would be nan."""
        if isinstance(self.weights, float):
            return x
        return keep(x, (self.weights != 0).reshape(-1, 1))

    def backward(self, gy: Any) -> Any:
        (x,) = self.get_retained_inputs()
        if self.cache_score and not self.double_backprop:
            p = self.p
        else:
            p = Softmax(1).compute(self.leave_out(x))
        one_hot = get_array_module(x).zeros(x.shape, x.dtype)
        one_hot[self.rows, self.t] = 1
        weights = self.weights if isinstance(self.weights, float) else self.weights.reshape(-1, 1)
        gy = self.leave_out(gy.reshape(-1, 1))
        if self.double_backprop:
            return (p - one_hot) * (gy * weights)
        return narrow((p - one_hot) * (wide(gy) * weights), x.dtype)


def mean_squared_error(x0: Any, x1: Any) -> Variable:
    """Compute the average of ``(x0 - x1) ** 2`` over all elements.

    Parameters
    ----------
    x0, x1 : Variable or array
        Of one shape and dtype.

    Returns
    -------
    Variable of shape ()

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    Variable(2., dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.mean_squared_error``.
    """
    return MeanSquaredError().apply(x0, x1)


def softmax_cross_entropy(
    x: Any,
    t: Any,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: Any = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    enable_double_backprop: bool = False,
) -> Variable:
    """Compute how surprised the scores `x` are by the true classes `t`.

    For one row it is ``-log(softmax(x)[t])``.

    Parameters
    ----------
    x : Variable or array of shape (N, C, ...)
        Scores, one for each class.
    t : Variable or array of int of shape (N, ...)
        The true classes, from 0 to C - 1.
    normalize : bool
        Divide by the number of rows that count; otherwise by N.
    cache_score : bool
        Keep softmax(x) for backward: faster, with more memory.
    class_weight : array of shape (C,), optional
        Multiplies the loss of each class. Rows of a class of weight 0 do not count.
    ignore_label : int
        Rows with this label do not count.
    reduce : {"mean", "no"}
        Average, or return the loss of each row.
    enable_double_backprop : bool
        Only there to match Chainer's signature: higher derivatives always work.

    Returns
    -------
    Variable of shape (), or of the shape of `t` with ``reduce="no"``

    Raises
    ------
    TypeError
        If `t` does not hold integers.
    ValueError
        If the shapes do not fit together, or if a label is out of range. On a GPU labels are
        looked at in debug mode alone, as a look has to wait for all the work before it.
        Without it, a label out of range makes the loss nan.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> scores = np.array([[0.0, 0.0], [0.0, 100.0]])
    >>> F.softmax_cross_entropy(scores, np.array([0, 1]))
    Variable(0.3466, dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.softmax_cross_entropy``.
    """
    errors.check_initialized("softmax_cross_entropy", x, t, class_weight)
    x, t = plain(x), plain(bare(t))
    errors.check_label_array("softmax_cross_entropy", x, t, ignore_label)
    errors.check_flag("softmax_cross_entropy", "normalize", normalize, "classes")
    errors.check_choice("softmax_cross_entropy", "reduce", reduce, ("mean", "no"), "classes")
    class_weight = plain(bare(class_weight))
    if class_weight is not None:
        errors.check_class_weight(x, class_weight, is_array_type)
        class_weight = class_weight.astype(np.result_type(x.dtype, np.float32))
    xp = get_array_module(t)
    # Who looks at numbers on a GPU waits for all that it has to do. So not at each step.
    look = xp is np or config.debug
    all_count = look and errors.check_classes("softmax_cross_entropy", x.shape[1], t, ignore_label)
    shape = t.shape
    if x.ndim > 2:  # to (N, C), classes last
        x = transpose(x, (0, *range(2, x.ndim), 1))
        x, t = reshape(x, (t.size, x.shape[-1])), t.reshape(t.size)
    add_up = reduce == "mean"
    number: Any = max(t.size if normalize else shape[0], 1) if add_up else 1
    if not all_count:
        counted, known = t != ignore_label, (t >= 0) & (t < x.shape[1])
        t = xp.where(counted & known, t, 0)
        if add_up and normalize:
            number = xp.maximum(counted.sum(), 1)
    weights: Any = (1.0 if class_weight is None else class_weight[t]) / number
    if not all_count:  # a label that is no class makes the loss nan, if nobody looked
        weights = xp.where(counted, xp.where(known, weights, np.nan), 0)
    if not isinstance(weights, float):
        weights = weights.astype(np.result_type(x.dtype, np.float32), copy=False)
    loss = SoftmaxCrossEntropy(t, weights, add_up, cache_score).apply(x)
    return loss if add_up or len(shape) == 1 else reshape(loss, shape)
