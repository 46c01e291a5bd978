"""Sentences of convolution and pooling."""

from __future__ import annotations

from typing import Any

from tinylinks.errors.shapes import shape_of
from tinylinks.errors.variable import check_initialized
from tinylinks.errors.words import describe, is_whole
from tinylinks.walk import see


def check_images(operation: str, x: Any) -> None:
    check_initialized(operation, x)
    if getattr(x, "ndim", 0) != 4:
        raise ValueError(
            f"{operation}: expected images of shape (N, C, H, W), got {describe(x)}. "
            "Give them four axes with reshape: N images of one channel have the shape "
            f"(N, 1, H, W), and one image (1, C, H, W). {see('window')}"
        )


def check_pair(operation: str, argument: str, value: Any, smallest: int) -> tuple[int, int]:
    """Return a number for height and width, or a pair of them, as a pair."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all([is_whole(n) and n >= smallest for n in pair]):
        raise ValueError(
            f"{operation}: expected {argument} as a whole number not below {smallest} or a pair "
            f"of them, got {value if isinstance(value, tuple | list) else describe(value)}. "
            f"Write 2, or (2, 3) if height and width differ. {see('window')}"
        )
    return pair


def check_pairs(operation: str, ksize: Any, stride: Any, pad: Any, dilate: Any) -> Any:
    return (
        check_pair(operation, "ksize", ksize, 1),
        check_pair(operation, "stride", stride, 1),
        check_pair(operation, "pad", pad, 0),
        check_pair(operation, "dilate", dilate, 1),
    )


def check_grid(operation: str, grid: Any, image: Any, pairs: Any) -> None:
    if min(grid) < 1:
        ksize, _, pad, dilate = pairs
        apart = f" and dilate {dilate}" if max(dilate) > 1 else ""
        raise ValueError(
            f"{operation}: expected images not smaller than a window, got height and width "
            f"{tuple(image)} for windows of {ksize}, with pad {pad}{apart}. "
            f"Choose a smaller ksize, or a larger pad. {see('window')}"
        )


def check_inside(operation: str, windows: Any) -> None:
    """See that no window of a pooling lies in the padding alone."""
    for n, many, k, s, p, _ in zip(*windows):
        if p >= k or (many - 1) * s - p >= n:
            raise ValueError(
                f"{operation}: expected each window to see a part of the image, got one that "
                f"does not, with ksize {windows.ksize}, stride {windows.stride} and pad "
                f"{windows.pad}. Choose a pad below ksize, and a stride not above it or "
                f"cover_all=False. {see('window')}"
            )


def check_groups(operation: str, groups: Any, **channels: Any) -> None:
    if not is_whole(groups) or groups < 1:
        raise ValueError(
            f"{operation}: expected groups as a whole number above 0, got {describe(groups)}. "
            f"Pass 1 to have all channels together. {see('window')}"
        )
    for name, n in channels.items():
        if n % groups:
            raise ValueError(
                f"{operation}: expected {name} to be a multiple of groups={groups}, got {n}. "
                "Choose groups such that each has equally many channels. "
                f"{see('window')}"
            )


def check_filters(operation: str, x: Any, W: Any, b: Any, groups: Any) -> None:
    """Check x (N, C, H, W), b (O,), and W: (O, C, kh, kw), or for a deconvolution (C, O, ...)."""
    check_images(operation, x)
    check_initialized(operation, W, b)
    back = operation == "deconvolution_2d"
    axes = "(C, O // groups, kh, kw)" if back else "(O, C // groups, kh, kw)"
    if getattr(W, "ndim", 0) != 4 or 0 in W.shape:
        raise ValueError(
            f"{operation}: expected W of shape {axes}, got {describe(W)}. Give it one small "
            "image of weights for each pair of an output and an input channel. "
            f"{see('window')}"
        )
    check_groups(operation, groups, **{"W.shape[0]": W.shape[0]})
    C, out = W.shape[0], W.shape[1] * groups
    if not back:
        C, out = W.shape[1] * groups, W.shape[0]
    if x.shape[1] != C:
        raise ValueError(
            f"{operation}: expected x with {C} channels, for W of shape {W.shape} and "
            f"groups={groups}, got {x.shape[1]} in shape {x.shape}. "
            f"Give x its channels on axis 1: is a transpose missing? {see('window')}"
        )
    if b is not None and getattr(b, "shape", None) != (out,):
        raise ValueError(
            f"{operation}: expected b of shape ({out},), got {shape_of(b)}. "
            f"Give it one number for each channel of the output. {see('window')}"
        )


def check_outsize(outsize: Any, usual: Any, stride: Any) -> Any:
    """Return height and width of the images that deconvolution_2d makes."""
    given = (
        tuple(usual) if outsize is None else check_pair("deconvolution_2d", "outsize", outsize, 1)
    )
    if min(given) < 1:
        raise ValueError(
            f"deconvolution_2d: expected images to be left, got height and width {given} without "
            f"the pad. Choose a smaller pad. {see('window')}"
        )
    if not all([abs(n - u) < s for n, u, s in zip(given, usual, stride)]):
        raise ValueError(
            f"deconvolution_2d: expected an outsize less than the stride {stride} away from the "
            f"usual {tuple(usual)}, got {given}. Pass None to have the usual one. "
            f"{see('window')}"
        )
    return given


def check_channels(link: str, in_channels: Any, out_channels: Any, groups: Any) -> None:
    channels = {"out_channels": out_channels}
    if in_channels is not None:
        channels["in_channels"] = in_channels
    for name, n in channels.items():
        if not is_whole(n) or n < 1:
            raise ValueError(
                f"{link}: expected {name} as a whole number above 0, got {describe(n)}. Write "
                f"{link}(in_channels, out_channels, ksize), or {link}(out_channels, ksize) to have "
                f"in_channels taken from the first mini-batch. {see('window')}"
            )
    check_groups(link, groups, **channels)
