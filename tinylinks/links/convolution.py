"""Convolution2D and its reverse: windows of weights that slide over images."""

from __future__ import annotations

from typing import Any

from tinylinks import errors
from tinylinks import functions as F
from tinylinks.backend import get_array_module
from tinylinks.functions.convolution import Pair
from tinylinks.initializers import LeCunNormal, share_dtype
from tinylinks.link import Link
from tinylinks.variable import Parameter, Variable


class Convolution2D(Link):
    """A convolution of images, with W and b as parameters.

    Parameters
    ----------
    in_channels : int or None
        How many channels an image has. ``Convolution2D(None, 16, 3)`` and
        ``Convolution2D(16, 3)`` take it from the first mini-batch; until then there is no `W`.
    out_channels : int
        How many channels the output has.
    ksize : int or pair of int
        Height and width of a window.
    stride : int or pair of int
        How far it is from one window to the next.
    pad : int or pair of int
        How many zeros are put around an image.
    dilate : int or pair of int
        How far it is from one place in a window to the next.
    nobias : bool
        Leave out b.
    initialW : array of the shape of W, number or initializer, optional
        The first W; `initializers.LeCunNormal` if not given. An array of floats keeps its
        dtype, and b gets the same.
    initial_bias : array of shape (out_channels,), number or initializer, optional
        The first b; 0 if not given.
    groups : int
        Into how many groups the channels fall: each is convolved by itself.

    Attributes
    ----------
    W : Parameter of shape (out_channels, in_channels // groups, kh, kw)
    b : Parameter of shape (out_channels,), or None

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> f = L.Convolution2D(1, 16, 3)
    >>> f.W.shape
    (16, 1, 3, 3)
    >>> f(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 16, 6, 6)

    Notes
    -----
    Follows Chainer's ``chainer.links.Convolution2D``.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int | Pair | None = None,
        ksize: int | Pair | None = None,
        stride: int | Pair = 1,
        pad: int | Pair = 0,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: int | Pair = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if ksize is None:
            in_channels, out_channels, ksize = None, in_channels, out_channels
        name = type(self).__name__
        pairs = errors.check_pairs(name, ksize, stride, pad, dilate)
        errors.check_channels(name, in_channels, out_channels, groups)
        errors.check_flag(name, "nobias", nobias, "window")
        self.ksize, self.stride, self.pad, self.dilate = pairs
        self.out_channels: Any = out_channels
        self.groups = groups
        W = LeCunNormal() if initialW is None else initialW
        b = 0 if nobias or initial_bias is None else initial_bias
        W, b = share_dtype(name, initialW=W, initial_bias=b)
        with self.init_scope():
            self._reserve("W", W)
            if in_channels is not None:
                self.W = Parameter(W, self._shape(in_channels))
            self.b = None if nobias else Parameter(b, self.out_channels)

    def forward(self, x: Any) -> Variable:
        """Convolve the images `x` (N, in_channels, H, W). See `F.convolution_2d`."""
        if "W" in self.__dict__:
            return self._convolve(x, self.W)
        name = type(self).__name__
        errors.check_images(name, x)
        errors.check_channels(name, x.shape[1], self.out_channels, self.groups)
        W = Parameter(self._later["W"], self._shape(x.shape[1]))
        W.data = get_array_module(x).asarray(W.data)
        y = self._convolve(x, W)  # if x is refused, W is forgotten
        with self.init_scope():
            self.W = W
        return y

    def _shape(self, in_channels: int) -> tuple[int, ...]:
        return (self.out_channels, in_channels // self.groups, *self.ksize)

    def _convolve(self, x: Any, W: Parameter) -> Variable:
        how = {"dilate": self.dilate, "groups": self.groups}
        return F.convolution_2d(x, W, self.b, self.stride, self.pad, **how)

    @property
    def in_channels(self) -> int | None:
        """How many channels an image has; None until the first mini-batch."""
        return self.W.shape[1] * self.groups if "W" in self.__dict__ else None

    def __repr__(self) -> str:
        sizes = f"in_channels={self.in_channels}, out_channels={self.out_channels}"
        windows = f"ksize={self.ksize}, stride={self.stride}, pad={self.pad}"
        rest = f"nobias={self.b is None}, dilate={self.dilate}, groups={self.groups}"
        return f"{type(self).__name__}({sizes}, {windows}, {rest})"


class Deconvolution2D(Convolution2D):
    """The reverse of a convolution of images, with W and b as parameters.

    A convolution with stride makes images smaller; this makes them larger.

    Parameters
    ----------
    in_channels, out_channels, ksize, stride, pad, nobias, initialW, initial_bias, dilate, groups
        As in `Convolution2D`.
    outsize : pair of int, optional
        Height and width of the output. See `F.deconvolution_2d`.

    Attributes
    ----------
    W : Parameter of shape (in_channels, out_channels // groups, kh, kw)
    b : Parameter of shape (out_channels,), or None

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> f = L.Deconvolution2D(16, 1, 4, stride=2, pad=1)
    >>> f.W.shape
    (16, 1, 4, 4)
    >>> f(np.zeros((5, 16, 8, 8), np.float32)).shape
    (5, 1, 16, 16)

    Notes
    -----
    Follows Chainer's ``chainer.links.Deconvolution2D``.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int | Pair | None = None,
        ksize: int | Pair | None = None,
        stride: int | Pair = 1,
        pad: int | Pair = 0,
        nobias: bool = False,
        outsize: Pair | None = None,
        initialW: Any = None,
        initial_bias: Any = None,
        *,
        dilate: int | Pair = 1,
        groups: int = 1,
    ) -> None:
        how = (ksize, stride, pad, nobias, initialW, initial_bias)
        super().__init__(in_channels, out_channels, *how, dilate=dilate, groups=groups)
        self.outsize = outsize

    def _shape(self, in_channels: int) -> tuple[int, ...]:
        return (in_channels, self.out_channels // self.groups, *self.ksize)

    def _convolve(self, x: Any, W: Parameter) -> Variable:
        how = {"dilate": self.dilate, "groups": self.groups}
        return F.deconvolution_2d(x, W, self.b, self.stride, self.pad, self.outsize, **how)

    @property
    def in_channels(self) -> int | None:
        """How many channels an image has; None until the first mini-batch."""
        return self.W.shape[0] if "W" in self.__dict__ else None
