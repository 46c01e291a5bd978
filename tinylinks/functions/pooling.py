"""Pooling: what windows see is summed up in one number each, channel by channel."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from tinylinks import errors
from tinylinks.backend import get_array_module
from tinylinks.functions.convolution import (
    Deconvolution2DFunction,
    Pair,
    Sliding,
    Windows,
    framed,
    slide,
)

if TYPE_CHECKING:
    from tinylinks.variable import Variable


class MaxPooling2D(Sliding):
    """y = the largest number in each window. The first of tied ones gets the gradient."""

    label = "max_pooling_2d"

    def forward(self, x: Any) -> Any:
        xp = get_array_module(x)
        views = self.windows.views(framed(x, self.windows, -math.inf))
        y = functools.reduce(xp.maximum, views)
        missing, self.masks = xp.ones(y.shape, bool), []
        for view in views:  # for each place in a window: is the largest number there?
            mask = (view == y) & missing
            missing &= ~mask  # of tied ones the first counts
            self.masks.append(mask)
        return y.transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        return PutBack(self.windows, self.masks).compute(gy)


class PutBack(Sliding):
    """Put each number where the mask of its window is True; add up where windows overlap."""

    def __init__(self, windows: Windows, masks: list[Any]) -> None:
        super().__init__(windows)
        self.masks = masks

    def forward(self, gy: Any) -> Any:
        gy = gy.transpose(1, 2, 3, 0)
        xp = get_array_module(gy)
        frame = xp.zeros((len(gy), *self.windows.reach, gy.shape[-1]), gy.dtype)
        for view, mask in zip(self.windows.views(frame), self.masks, strict=True):
            view += gy * mask
        return self.windows.inside(frame).transpose(3, 0, 1, 2)

    def backward(self, ggx: Any) -> Any:
        return PickOut(self.windows, self.masks).compute(ggx)


class PickOut(PutBack):
    """The way back from `PutBack`: pick out of each window what is where its mask is True."""

    def forward(self, x: Any) -> Any:
        y: Any = 0
        for view, mask in zip(self.windows.views(framed(x, self.windows)), self.masks, strict=True):
            y = y + view * mask
        return y.transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        return PutBack(self.windows, self.masks).compute(gy)


class AveragePooling2D(Sliding):
    """y = the average of each window."""

    label = "average_pooling_2d"

    def forward(self, x: Any) -> Any:
        wide = x.astype("f4") if x.dtype == "f2" else x  # sums of float16 soon overflow
        views = self.windows.views(framed(wide, self.windows))
        return (sum(views) / len(views)).transpose(3, 0, 1, 2).astype(x.dtype, copy=False)

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
        With ``oh = (H + 2 * pad - ksize) / stride + 1``, rounded up if `cover_all`, otherwise down.
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
    errors.check_flag("max_pooling_2d", "return_indices", return_indices, "window")
    stride = ksize if stride is None else stride
    windows = slide("max_pooling_2d", x.shape[2:], ksize, stride, pad, cover_all=cover_all)
    errors.check_inside("max_pooling_2d", windows)
    function = MaxPooling2D(windows)
    y = function.apply(x)
    if not return_indices:
        return y
    indexes = sum(place * mask for place, mask in enumerate(function.masks))
    return y, indexes.transpose(3, 0, 1, 2)


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
