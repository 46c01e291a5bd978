"""Convolution: one small set of weights slides over whole images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinylinks import backend, errors
from tinylinks.backend import get_array_module
from tinylinks.function import Function

if TYPE_CHECKING:
    from tinylinks.variable import Variable

Pair = tuple[int, int]  # one number along the height, one along the width


class Windows(NamedTuple):
    """Where windows lie that slide over images."""

    image: Pair  # height and width of an image
    grid: Pair  # how many windows there are, along the height and along the width
    ksize: Pair  # height and width of a window
    stride: Pair  # how far it is from one window to the next
    pad: Pair  # how many pixels are put around an image
    dilate: Pair  # how far it is from one place in a window to the next

    @property
    def reach(self) -> list[int]:
        """Height and width that hold the image with its pad, and the last window."""
        return [
            max(n + 2 * p, (count - 1) * s + (k - 1) * d + 1)
            for n, count, k, s, p, d in zip(*self, strict=True)
        ]

    def inside(self, frame: Any) -> Any:
        """Return the part of a frame that holds the images."""
        (h, w), (top, left) = self.image, self.pad
        return frame[:, top : top + h, left : left + w]

    def views(self, frame: Any) -> list[Any]:
        """Return for each place in a window what all windows see there (C, oh, ow, N)."""
        (oh, ow), (sy, sx), (dy, dx) = self.grid, self.stride, self.dilate
        corners = [(ky * dy, kx * dx) for ky, kx in np.ndindex(*self.ksize)]
        return [frame[:, y : y + sy * oh : sy, x : x + sx * ow : sx] for y, x in corners]


def slide(
    operation: str,
    image: Pair,
    ksize: int | Pair,
    stride: int | Pair,
    pad: int | Pair,
    dilate: int | Pair = 1,
    cover_all: bool = False,
) -> Windows:
    """Say where windows lie on images of this height and width."""
    pairs = errors.check_pairs(operation, ksize, stride, pad, dilate)
    errors.check_flag(operation, "cover_all", cover_all, "window")
    grid = []
    for n, k, s, p, d in zip(image, *pairs, strict=True):
        way = n + 2 * p - (k - 1) * d - 1  # how far the first window can be moved
        grid.append((way + (s - 1) * cover_all) // s + 1)
    errors.check_grid(operation, grid, image, pairs)
    return Windows(image, (grid[0], grid[1]), *pairs)


def framed(x: Any, windows: Windows, fill: float = 0) -> Any:
    """Put images (N, C, H, W) into a frame: (C, H', W', N), as far as windows reach.

    The images go last, so that one copy moves whole rows of all images.
    """
    frame = get_array_module(x).full((x.shape[1], *windows.reach, len(x)), fill, x.dtype)
    windows.inside(frame)[...] = x.transpose(1, 2, 3, 0)
    return frame


def im2col(x: Any, windows: Windows) -> Any:
    """Copy what each window sees: images (N, C, H, W) to columns (C, kh, kw, oh, ow, N)."""
    col = get_array_module(x).stack(windows.views(framed(x, windows)), axis=1)
    return col.reshape(x.shape[1], *windows.ksize, *windows.grid, len(x))


def col2im(col: Any, windows: Windows) -> Any:
    """Add up columns (C, kh, kw, oh, ow, N) where they were seen: images (C, H, W, N)."""
    frame = get_array_module(col).zeros((len(col), *windows.reach, col.shape[-1]), col.dtype)
    places = np.ndindex(*windows.ksize)
    for view, (ky, kx) in zip(windows.views(frame), places, strict=True):
        view += col[:, ky, kx]
    return windows.inside(frame)


def matrices(array: Any, groups: int, n_axes: int = 1) -> Any:
    """Make a matrix for each group: the first axes become its rows, the others its columns."""
    rows = math.prod(array.shape[:n_axes])
    return array.reshape(groups, rows // groups, -1)


class Sliding(Function):
    """A Function of windows that slide over images, for each group of channels by itself."""

    casts_ints = True

    def __init__(self, windows: Windows, groups: int = 1) -> None:
        self.windows = windows
        self.groups = groups


class Convolution2DFunction(Sliding):
    """y = each window on x (N, C, H, W) times W (O, C, kh, kw), added up, + b; (N, O, oh, ow)."""

    label = "convolution_2d"

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        self.retain_inputs((0, 1))  # not the columns: they are many times as large as x
        col = matrices(im2col(x, self.windows), self.groups, 3)
        y = matrices(W, self.groups) @ col
        y = y.reshape(len(W), *self.windows.grid, len(x))
        if b is not None:
            y += b[:, None, None, None]
        return y.transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        x, W = self.get_retained_inputs()
        how = self.windows, self.groups
        gx = Deconvolution2DFunction(*how).compute(gy, W) if self.needs(0) else None
        gW = ConvolutionWeights(*how).compute(x, gy) if self.needs(1) else None
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, backend.total(gy, axis=(0, 2, 3))


class Deconvolution2DFunction(Sliding):
    """y = each number of x (N, C, oh, ow) times W (C, O, kh, kw), laid out in its window, + b.

    It is how a convolution carries its gradient back to the images; y is (N, O, H, W).
    """

    label = "deconvolution_2d"

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:
        self.retain_inputs((0, 1))
        numbers = matrices(x.transpose(1, 2, 3, 0), self.groups)
        col = matrices(W, self.groups).transpose(0, 2, 1) @ numbers
        n_channels = W.shape[1] * self.groups
        col = col.reshape(n_channels, *self.windows.ksize, *self.windows.grid, len(x))
        y = col2im(col, self.windows)
        if b is not None:
            y += b[:, None, None, None]
        return y.transpose(3, 0, 1, 2)

    def backward(self, gy: Any) -> Any:
        x, W = self.get_retained_inputs()
        how = self.windows, self.groups
        gx = Convolution2DFunction(*how).compute(gy, W) if self.needs(0) else None
        gW = ConvolutionWeights(*how).compute(gy, x) if self.needs(1) else None
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, backend.total(gy, axis=(0, 2, 3))


class ConvolutionWeights(Sliding):
    """gW = the gradient of a convolution's W, given images x and the gradient gy of y."""

    def forward(self, x: Any, gy: Any) -> Any:
        self.retain_inputs((0, 1))
        col = matrices(im2col(x, self.windows), self.groups, 3)
        gW = matrices(gy.transpose(1, 2, 3, 0), self.groups) @ col.transpose(0, 2, 1)
        return gW.reshape(gy.shape[1], x.shape[1] // self.groups, *self.windows.ksize)

    def backward(self, ggW: Any) -> Any:
        x, gy = self.get_retained_inputs()
        how = self.windows, self.groups
        gx = Deconvolution2DFunction(*how).compute(gy, ggW) if self.needs(0) else None
        ggy = Convolution2DFunction(*how).compute(x, ggW) if self.needs(1) else None
        return gx, ggy


def convolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    cover_all: bool = False,
    *,
    dilate: int | Pair = 1,
    groups: int = 1,
) -> Variable:
    """Slide windows over images; multiply what each one sees by weights and add it up.

    Parameters
    ----------
    x : Variable or array of shape (N, C, H, W)
        N images of C channels.
    W : Variable or array of shape (O, C // groups, kh, kw)
        One set of weights for each channel of the output.
    b : Variable or array of shape (O,), optional
    stride : int or pair of int
        How far it is from one window to the next.
    pad : int or pair of int
        How many zeros are put around an image.
    dilate : int or pair of int
        How far it is from one place in a window to the next.
    cover_all : bool
        Add a window, if need be, so that every pixel is seen.
    groups : int
        Into how many groups the channels fall: each is convolved by itself.

    Returns
    -------
    Variable of shape (N, O, oh, ow)
        With ``oh = (H + 2 * pad - (kh - 1) * dilate - 1) // stride + 1``; `ow` likewise.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or no window fits.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[[[1.0, 1.0, 5.0], [1.0, 1.0, 5.0]]]])
    >>> W = np.array([[[[-1.0, 1.0]]]])  # how much brighter is the right neighbour?
    >>> F.convolution_2d(x, W)
    Variable([[[[0., 4.],
                [0., 4.]]]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.convolution_2d``; LeCun, Bottou, Bengio and Haffner, "Gradient-Based
    Learning Applied to Document Recognition" (1998).
    """
    errors.check_filters("convolution_2d", x, W, b, groups)
    windows = slide("convolution_2d", x.shape[2:], W.shape[2:], stride, pad, dilate, cover_all)
    function = Convolution2DFunction(windows, groups)
    return function.apply(x, W) if b is None else function.apply(x, W, b)


def deconvolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    outsize: Pair | None = None,
    *,
    dilate: int | Pair = 1,
    groups: int = 1,
) -> Variable:
    """Make each number of `x` a window of weights, and add up where windows overlap.

    A convolution with stride makes images smaller; this makes them larger. It is also called
    transposed convolution: it does to numbers what a convolution does to gradients.

    Parameters
    ----------
    x : Variable or array of shape (N, C, H, W)
    W : Variable or array of shape (C, O // groups, kh, kw)
    b : Variable or array of shape (O,), optional
    stride, pad, dilate : int or pair of int
        As in `convolution_2d`, of the convolution that goes the other way.
    outsize : pair of int, optional
        Height and width of the output: less than `stride` away from those without `outsize`.
    groups : int
        Into how many groups the channels fall: each is worked on by itself.

    Returns
    -------
    Variable of shape (N, O, oh, ow)
        With ``oh = stride * (H - 1) + (kh - 1) * dilate + 1 - 2 * pad``, unless `outsize` says
        something else; `ow` likewise.

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> x = np.array([[[[1.0, 5.0]]]])
    >>> F.deconvolution_2d(x, np.ones((1, 1, 2, 2)), stride=2)
    Variable([[[[1., 1., 5., 5.],
                [1., 1., 5., 5.]]]], dtype=float64)

    Notes
    -----
    Follows Chainer's ``F.deconvolution_2d``; Zeiler, Krishnan, Taylor and Fergus,
    "Deconvolutional Networks" (2010).
    """
    errors.check_filters("deconvolution_2d", x, W, b, groups)
    pairs = errors.check_pairs("deconvolution_2d", W.shape[2:], stride, pad, dilate)
    axes = zip(x.shape[2:], *pairs, strict=True)
    usual = [s * (n - 1) + (k - 1) * d + 1 - 2 * p for n, k, s, p, d in axes]
    image = errors.check_outsize(outsize, usual, pairs[1])
    function = Deconvolution2DFunction(Windows(image, x.shape[2:], *pairs), groups)
    return function.apply(x, W) if b is None else function.apply(x, W, b)
