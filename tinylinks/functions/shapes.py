"""Functions that change shapes: stretch, add up, pick, join, reorder."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module, total
from tinylinks.function import Function
from tinylinks.graph import Node

if TYPE_CHECKING:
    from tinylinks.variable import Variable

Axis = int | tuple[int, ...] | None


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """Return `shape` with 1 in place of each axis that a reduction along `axis` removes."""
    if axis is None:
        return (1,) * len(shape)
    places = range(len(shape))  # an index of it may be negative, but not out of range
    axes = {places[a] for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple([1 if i in axes else n for i, n in enumerate(shape)])


class SumTo(Function):
    """y = x added up until it has `shape`: the reverse of stretching."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        self.x_shape = x.shape
        extra = x.ndim - len(self.shape)  # axes that stretching put in front
        stretched = [i for i, n in enumerate(self.shape, extra) if n == 1]
        y = total(x, axis=(*range(extra), *stretched), keepdims=True)
        if extra < 0 or y.shape[extra:] != self.shape:
            errors.bad_sum_to(x.shape, self.shape)
        return y.reshape(self.shape)

    def backward(self, gy: Any) -> Any:
        return BroadcastTo(self.x_shape).compute(gy)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_sum_to(x.shape, self.shape)


class BroadcastTo(Function):
    """y = x stretched to `shape`."""

    any_dtype = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        self.x_shape = x.shape
        return get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy: Any) -> Any:
        return SumTo(self.x_shape).compute(gy)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_broadcast_to(x.shape, self.shape)


class Broadcasting(Function):
    """A Function of inputs that NumPy stretches to a common shape.

    Its `backward` need not care: the gradient of a stretched input is added up here.
    """

    casts_ints = True

    def fit_shape(self, gx: Any, node: Node) -> Any:
        stretched = getattr(gx, "shape", node.shape) != node.shape
        return SumTo(node.shape).compute(gx) if stretched else gx

    def explain(self, error: Exception, *xs: Any) -> None:
        errors.bad_broadcast(self, xs)


class Reshape(Function):
    """y = x with its elements in another shape."""

    any_dtype = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        self.x_shape = x.shape
        return x.reshape(self.shape)

    def backward(self, gy: Any) -> Any:
        return gy.reshape(self.x_shape)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_reshape(x.shape, self.shape)


class Transpose(Function):
    """y = x with its axes in another order; reversed if `axes` is None."""

    any_dtype = True

    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return x.transpose(self.axes)

    def backward(self, gy: Any) -> Any:
        if self.axes is None:
            return gy.transpose()
        n = len(self.axes)
        return gy.transpose(np.argsort([a % n for a in self.axes]).tolist())

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_transpose(x.shape, self.axes)


class Sum(Function):
    """y = the elements of x added up along `axis`."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        self.x_shape = x.shape
        self.kept = kept_shape(x.shape, self.axis)
        return total(x, self.axis, self.keepdims)

    def backward(self, gy: Any) -> Any:
        return BroadcastTo(self.x_shape).compute(gy.reshape(self.kept))

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_axis(self, x.shape, self.axis)


class Mean(Sum):
    """y = the average of the elements of x along `axis`; 0 if there are none."""

    def forward(self, x: Any) -> Any:
        average = x.mean if x.size else x.sum
        y = average(axis=self.axis, keepdims=self.keepdims)
        self.x_shape, self.kept = x.shape, kept_shape(x.shape, self.axis)
        self.share = y.size / builtins.max(1, x.size)  # of each element in its mean
        return y

    def backward(self, gy: Any) -> Any:
        return super().backward(gy * self.share)


class Max(Function):
    """y = the largest element of x along `axis`. Every tied element gets the full gradient."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        y = self.choose(x)
        kept = kept_shape(x.shape, self.axis)
        self.chosen = x == y.reshape(kept)
        return y

    def choose(self, x: Any) -> Any:
        return x.max(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy: Any) -> Any:
        gy = gy.reshape(kept_shape(self.chosen.shape, self.axis))
        return gy * self.chosen.astype(gy.dtype)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_axis(self, x.shape, self.axis)


class Min(Max):
    """y = the smallest element of x along `axis`. Every tied element gets the full gradient."""

    def choose(self, x: Any) -> Any:
        return x.min(axis=self.axis, keepdims=self.keepdims)


class GetItem(Function):
    """y = x[index]."""

    any_dtype = True

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: Any) -> Any:
        self.x_shape = x.shape
        return x[self.index]

    def backward(self, gy: Any) -> Any:
        return GetItemGrad(self.index, self.x_shape).compute(gy)

    def explain(self, error: Exception, x: Any) -> None:
        errors.bad_index(x, self.index)


class GetItemGrad(Function):
    """gx = zeros but for gx[index], to which gy is added: as often as an index occurs."""

    def __init__(self, index: Any, shape: tuple[int, ...]) -> None:
        self.index, self.shape = index, shape

    def forward(self, gy: Any) -> Any:
        xp = get_array_module(gy)
        gx = xp.zeros(self.shape, gy.dtype)
        if is_plain(self.index):
            gx[self.index] = gy
        else:
            xp.add.at(gx, self.index, gy)  # gx[index] += gy would count a repeated index once
        return gx

    def backward(self, ggx: Any) -> Any:
        return ggx[self.index]


class Rows(Function):
    """The rows of x, each an output of its own, so that their gradients make one array."""

    any_dtype = True

    def forward(self, x: Any) -> tuple[Any, ...]:
        return tuple(x)

    def backward(self, *gys: Any) -> Any:
        return Stack().compute(*gys)


class Stack(Function):
    """y = the arrays xs as rows: the reverse of Rows."""

    def forward(self, *xs: Any) -> Any:
        return get_array_module(xs[0]).stack(xs)

    def backward(self, gy: Any) -> Any:
        return Rows().compute(gy)


class Concat(Function):
    """y = the arrays xs joined along `axis`."""

    any_dtype = True
    casts_ints = True

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        y = get_array_module(xs[0]).concatenate(xs, self.axis)
        self.lengths = [x.shape[self.axis] for x in xs]
        return y

    def backward(self, gy: Any) -> Any:
        before = (slice(None),) * (self.axis % gy.ndim)
        places = itertools.accumulate(self.lengths, initial=0)
        return tuple([gy[(*before, slice(*pair))] for pair in itertools.pairwise(places)])

    def explain(self, error: Exception, *xs: Any) -> None:
        errors.bad_concat(xs, self.axis)


def is_plain(index: Any) -> bool:
    """Tell whether an index is made of numbers and slices, which pick no element twice."""
    plain = int | np.integer | slice | type(...) | None
    return all(isinstance(part, plain) for part in (index if type(index) is tuple else (index,)))


def sum_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Add up the elements of `x` until it has `shape`: the reverse of `broadcast_to`.

    Parameters
    ----------
    x : Variable or array
    shape : tuple of int
        Could be stretched to the shape of `x`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.sum_to(np.ones((2, 3)), (1, 3))
    Variable([[2., 2., 2.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.sum_to``.
    """
    return SumTo(errors.check_shape("sum_to", shape)).apply(x)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Stretch `x` to `shape` as NumPy does it; the gradient is summed back.

    Parameters
    ----------
    x : Variable or array
    shape : tuple of int

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.broadcast_to(np.array([1.0, 2.0]), (2, 2))
    Variable([[1., 2.],
              [1., 2.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.broadcast_to``.
    """
    return BroadcastTo(errors.check_shape("broadcast_to", shape)).apply(x)


def reshape(x: Any, shape: tuple[int, ...]) -> Variable:
    """Give the elements of `x` another shape, in the same order.

    Parameters
    ----------
    x : Variable or array
    shape : tuple of int
        One entry may be -1: it is worked out from the rest.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.reshape(np.arange(4.0), (2, -1))
    Variable([[0., 1.],
              [2., 3.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.reshape``.
    """
    return Reshape(errors.check_shape("reshape", shape, smallest=-1)).apply(x)


def transpose(x: Any, axes: tuple[int, ...] | None = None) -> Variable:
    """Put the axes of `x` into another order.

    Parameters
    ----------
    x : Variable or array
    axes : tuple of int, optional
        Axis `axes[i]` of `x` becomes axis i. Without it the order is reversed.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.transpose(np.ones((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)

    Notes
    -----
    Follows Chainer's ``F.transpose``.
    """
    order: Any = axes
    if axes is not None:
        order = tuple(axes) if hasattr(axes, "__iter__") else (axes,)
    return Transpose(order).apply(x)


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Add up the elements of `x` along `axis`.

    Parameters
    ----------
    x : Variable or array
    axis : int, tuple of int or None
        None means all axes.
    keepdims : bool
        Keep the axes that were added up, with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Variable([4., 6.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.sum``.
    """
    return Sum(axis, keepdims).apply(x)


def mean(x: Any, axis: Axis = None, weights: Any = None, keepdims: bool = False) -> Variable:
    """Average the elements of `x` along `axis`.

    Parameters
    ----------
    x : Variable or array
    axis : int, tuple of int or None
        None means all axes.
    weights : Variable or array, optional
        How much each element counts: of the shape of `x`, or one for each place on `axis`.
    keepdims : bool
        Keep the axes that were averaged, with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Variable([2., 3.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.mean`` (another name of ``F.average``).
    """
    if weights is None:
        return Mean(axis, keepdims).apply(x)
    errors.check_weights("mean", x, weights, axis)
    if weights.ndim == 1 and x.ndim > 1:
        along: Any = axis
        weights = reshape(weights, tuple([-1 if i == along % x.ndim else 1 for i in range(x.ndim)]))
    weights = broadcast_to(weights, x.shape)
    return sum(x * weights, axis, keepdims) / sum(weights, axis, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Take the largest element of `x` along `axis`.

    Every element that ties for the largest gets the full gradient.

    Parameters
    ----------
    x : Variable or array
    axis : int, tuple of int or None
        None means all axes.
    keepdims : bool
        Keep the axes that were searched, with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.max(np.array([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    Variable([4., 3.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.max``.
    """
    return Max(axis, keepdims).apply(x)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Take the smallest element of `x` along `axis`.

    Every element that ties for the smallest gets the full gradient.

    Parameters
    ----------
    x : Variable or array
    axis : int, tuple of int or None
        None means all axes.
    keepdims : bool
        Keep the axes that were searched, with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.min(np.array([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    Variable([1., 2.], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.min``.
    """
    return Min(axis, keepdims).apply(x)


def get_item(x: Any, index: Any) -> Variable:
    """Pick elements of `x`; the same as ``x[index]``.

    Parameters
    ----------
    x : Variable or array
    index : int, slice, None, Ellipsis, array or list of int or bool, or a tuple of these
        Where an element is picked several times, its gradients are added up.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable
    >>> x = Variable(np.array([1.0, 2.0, 3.0]))
    >>> y = x[[0, 0, 2]].sum()
    >>> y.backward()
    >>> x.grad
    array([2., 0., 1.])

    Notes
    -----
    Follows Chainer's ``F.get_item``.
    """
    return GetItem(errors.check_index(index, x)).apply(x)


def concat(xs: Sequence[Any], axis: int = 1) -> Variable:
    """Join Variables along an axis.

    Parameters
    ----------
    xs : list or tuple of Variable or array
        Of one dtype, and of one shape but for `axis`.
    axis : int

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> F.concat([np.ones((2, 1)), np.zeros((2, 2))])
    Variable([[1., 0., 0.],
              [1., 0., 0.]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.concat``.
    """
    errors.check_concat(xs)
    return Concat(axis).apply(*xs)
