"""Pooling: what windows see is summed up in one number each, channel by channel."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module
from tinylinks.functions.convolution import Deconvolution2DFunction, Pair, Sliding, framed, slide
from tinylinks.functions.shapes import GetItemGrad

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class MaxPooling2D(Sliding):
    """y = the largest number in each window. The first of tied ones gets the gradient."""

    label = "max_pooling_2d"

    def forward(self, x: Any) -> Any:
        xp = get_array_module(x)
        frame = framed(x, self.windows, -math.inf)
        views = self.windows.views(frame)
        y = functools.reduce(xp.maximum, views)
        self.indexes = xp.zeros(y.shape, int)  # where in its window the largest number stands:
        smaller = xp.ones(y.shape, bool)
        for view in views[:-1]:
            smaller &= view != y
            self.indexes += smaller  # as many places as have only smaller ones up to there
        self.shape = frame.shape
        return y.transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        gy = gy.transpose(1, 2, 3, 0).reshape(-1)
        frame = GetItemGrad(self.places(), (math.prod(self.shape),)).compute(gy)
        return self.windows.inside(frame.reshape(self.shape)).transpose(3, 0, 1, 2)

    def places(self) -> Any:
        """Return where in the frame, laid out as one row, the largest numbers stand."""
        xp = get_array_module(self.indexes)
        _, _, w, n = self.shape
        corners = self.windows.views(xp.arange(math.prod(self.shape)).reshape(self.shape))[0]
        steps = xp.asarray([(y * w + x) * n for y, x in np.ndindex(*self.windows.ksize)])
        return (corners + steps[self.indexes]).ravel()


class AveragePooling2D(Sliding):
    """y = the average of each window."""

    label = "average_pooling_2d"

    def forward(self, x: Any) -> Any:
        views = self.windows.views(framed(x, self.windows))
        return (sum(views) / len(views)).transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        (N, C), (kh, kw) = gy.shape[:2], self.windows.ksize
        W = get_array_module(gy).full((1, 1, kh, kw), 1 / (kh * kw), gy.dtype)
        gy = gy.reshape(N * C, 1, *self.windows.grid)  # each channel is an image by itself
        gx = Deconvolution2DFunction(self.windows).compute(gy, W)
        return gx.reshape(N, C, *self.windows.image)


def max_pooling_2d(
    x: Any,
    ksize: int | Pair,
    stride: int | Pair | None = None,
    pad: int | Pair = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """Take the largest number in each window, channel by channel.

    Parameters
    ----------
    x : Variable or array of shape (N, C, H, W)
    ksize : int or pair of int
        Height and width of a window.
    stride : int or pair of int, optional
        How far it is from one window to the next; as far as `ksize` if not given.
    pad : int or pair of int
        How many pixels, smaller than any number, are put around an image.
    cover_all : bool
        Add a window, if need be, so that every pixel is seen.
    return_indices : bool
        Return also which place in its window each number comes from.

    Returns
    -------
    Variable of shape (N, C, oh, ow)
        With ``oh = (H + 2 * pad - ksize) / stride + 1``, rounded up if `cover_all`, else down.
        With `return_indices` a tuple: this, and an array of int of the same shape.

    Raises
    ------
    ValueError
        If no window fits, or one would lie outside of the image.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[[[1.0, 3.0, 2.0], [4.0, 0.0, 5.0]]]])
    >>> F.max_pooling_2d(x, 2)
    Variable([[[[4., 5.]]]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.max_pooling_2d``. Of tied numbers, the first in the window gets the
    gradient.
    """
    errors.check_images("max_pooling_2d", x)
    errors.check_flag("max_pooling_2d", "return_indices", return_indices, 17)
    stride = ksize if stride is None else stride
    windows = slide("max_pooling_2d", x.shape[2:], ksize, stride, pad, cover_all=cover_all)
    errors.check_inside("max_pooling_2d", windows)
    function = MaxPooling2D(windows)
    y = function.apply(x)
    return (y, function.indexes.transpose(3, 0, 1, 2)) if return_indices else y


def average_pooling_2d(
    x: Any, ksize: int | Pair, stride: int | Pair | None = None, pad: int | Pair = 0
) -> Variable:
    """Average the numbers in each window, channel by channel.

    Parameters
    ----------
    x : Variable or array of shape (N, C, H, W)
    ksize : int or pair of int
        Height and width of a window.
    stride : int or pair of int, optional
        How far it is from one window to the next; as far as `ksize` if not given.
    pad : int or pair of int
        How many zeros are put around an image; they count in the average.

    Returns
    -------
    Variable of shape (N, C, oh, ow)
        With ``oh = (H + 2 * pad - ksize) // stride + 1``; `ow` likewise.

    Raises
    ------
    ValueError
        If no window fits.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[[[1.0, 3.0, 2.0], [4.0, 0.0, 5.0]]]])
    >>> F.average_pooling_2d(x, (2, 1))
    Variable([[[[2.5, 1.5, 3.5]]]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.average_pooling_2d``.
    """
    errors.check_images("average_pooling_2d", x)
    stride = ksize if stride is None else stride
    return AveragePooling2D(slide("average_pooling_2d", x.shape[2:], ksize, stride, pad)).apply(x)
