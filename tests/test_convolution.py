"""Convolution and its reverse: values, memory, and the links with their lazy W.

The table in test_functions.py compares values, gradients and second derivatives with loops.
"""

import gc
import tracemalloc

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Variable, backend, grad, gradient_check, initializers, optimizers
from tinylinks.functions import convolution

LINKS = [L.Convolution2D, L.Deconvolution2D]


def random(xp, *shape, dtype=np.float64, seed=0):
    return xp.asarray(np.random.default_rng(seed).normal(size=shape).astype(dtype))


def to(xp, link):
    for param in link.params(include_uninit=False):
        param.data = xp.asarray(backend.to_cpu(param.data))
    return link


def values(x):
    return backend.to_cpu(backend.bare(x)).tolist()


# ---- the functions ----


def test_a_window_of_one_pixel_is_a_linear_function_of_the_channels(xp):
    x, W, b = random(xp, 2, 3, 4, 5), random(xp, 6, 3, 1, 1), random(xp, 6)
    pixels = Variable(x).transpose(0, 2, 3, 1)
    expected = F.linear(pixels, W.reshape(6, 3), b, n_batch_axes=3).transpose(0, 3, 1, 2)
    y = F.convolution_2d(x, W, b)
    np.testing.assert_allclose(values(y), values(expected), rtol=1e-12)


def test_the_window_is_not_turned_round(xp):
    """As in all libraries: strictly, it is a correlation."""
    x, W = random(xp, 1, 1, 2, 3), xp.asarray([[[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]])
    assert F.convolution_2d(x, W).item() == x[0, 0, 0, 0].item()


def test_each_number_of_a_deconvolution_becomes_a_window(xp):
    x, W = xp.asarray([[[[2.0, 3.0]]]]), xp.asarray([[[[1.0, 10.0]]]])
    assert values(F.deconvolution_2d(x, W)) == [[[[2, 23, 30]]]]
    assert values(F.deconvolution_2d(x, W, stride=2)) == [[[[2, 20, 3, 30]]]]
    assert values(F.deconvolution_2d(x, W, dilate=2)) == [[[[2, 3, 20, 30]]]]
    assert values(F.deconvolution_2d(x, W, pad=(0, 1))) == [[[[23]]]]
    assert values(F.deconvolution_2d(x, W, stride=2, outsize=(1, 5))) == [[[[2, 20, 3, 30, 0]]]]
    assert values(F.deconvolution_2d(x, W, stride=2, outsize=(1, 3))) == [[[[2, 20, 3]]]]


def test_pixels_beyond_the_last_whole_window_are_seen_only_with_cover_all(xp):
    x, W = xp.asarray([[[[1.0, 2.0, 3.0]]]]), xp.ones((1, 1, 1, 2))
    assert values(F.convolution_2d(x, W, stride=2)) == [[[[3]]]]
    assert values(F.convolution_2d(x, W, stride=2, cover_all=True)) == [[[[3, 3]]]]


@pytest.mark.parametrize("groups", [1, 2])
def test_a_deconvolution_is_the_transposed_convolution(groups, xp):
    """The sum of conv(x) * z is the sum of x * deconv(z), with the same W."""
    how = {"stride": (2, 3), "pad": (1, 0), "dilate": (1, 2), "groups": groups}
    x, W = random(xp, 2, 4, 7, 8), random(xp, 6, 4 // groups, 3, 2)
    y = F.convolution_2d(x, W, **how)
    z = random(xp, *y.shape, seed=1)
    back = F.deconvolution_2d(z, W, outsize=(7, 8), **how)
    assert (y * z).sum().item() == pytest.approx((back * x).sum().item(), rel=1e-12)


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_groups_are_functions_side_by_side(function, xp):
    x, W, b = random(xp, 2, 4, 5, 4), random(xp, 4, 2, 2, 2), random(xp, 4)
    y = function(x, W, b, groups=2)
    left = function(x[:, :2], W[:2], b[:2])
    right = function(x[:, 2:], W[2:], b[2:])
    np.testing.assert_allclose(values(y), values(F.concat([left, right])), rtol=1e-12)


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_an_empty_mini_batch_has_gradients_of_zeros(function, xp):
    W, b = Variable(random(xp, 2, 2, 3, 3)), Variable(random(xp, 2))
    y = function(xp.zeros((0, 2, 5, 5)), W, b)
    assert y.shape[:2] == (0, 2)
    y.sum().backward()
    assert (W.grad.shape, b.grad.shape) == ((2, 2, 3, 3), (2,))
    assert not backend.to_cpu(W.grad).any() and not backend.to_cpu(b.grad).any()


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_whole_numbers_beside_parameters_become_floats(function):
    W = Variable(np.ones((1, 1, 2, 2), np.float32))
    y = function(np.ones((1, 1, 3, 3), np.int64), W)
    assert (y.dtype, y.data.max()) == (np.float32, 4)
    y.sum().backward()
    assert W.grad.dtype == np.float32


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_any_order_of_the_numbers_in_memory_will_do(function):
    x, W = random(np, 2, 3, 4, 5), random(np, 3, 3, 2, 2)
    turned = np.ascontiguousarray(x.transpose(3, 1, 0, 2)).transpose(2, 1, 3, 0)
    np.testing.assert_allclose(function(turned, W).data, function(x, W).data, rtol=1e-12)


def test_third_derivatives_are_there(xp):
    """A convolution is linear in x and in W: one slope of the sum of y**2 by x, x and W is 4."""
    x, W = Variable(xp.asarray([[[[3.0]]]])), Variable(xp.asarray([[[[5.0]]]]))
    y = F.convolution_2d(x, W) ** 2  # x**2 W**2
    for variable, slope in [(x, 150), (x, 50), (W, 20)]:
        (y,) = grad([y], [variable], enable_double_backprop=True)
        assert y.item() == slope


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_only_the_gradients_that_are_asked_for_are_computed(function, monkeypatch):
    """One step for each: without the gradient of the other input."""
    calls = []
    for name in ["im2col", "col2im"]:
        real = getattr(convolution, name)

        def noted(x, windows, name=name, real=real):
            calls.append(name)
            return real(x, windows)

        monkeypatch.setattr(convolution, name, noted)
    x, W = random(np, 1, 1, 3, 3), random(np, 1, 1, 2, 2)
    for inputs in [(Variable(x), W), (x, Variable(W))]:
        y = function(*inputs).sum()
        calls.clear()
        y.backward()
        assert len(calls) == 1
        assert all(v.grad is not None for v in inputs if isinstance(v, Variable))


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_second_derivatives_beside_constants(function, xp):
    x, W = random(xp, 2, 1, 3, 3), random(xp, 1, 1, 2, 2)
    for own, call in [(W, lambda W: function(x, W) ** 2), (x, lambda x: function(x, W) ** 2)]:
        gy, gg = random(xp, *call(own).shape, seed=1), random(xp, *own.shape, seed=2)
        gradient_check.check_double_backward(call, own, gy, gg)


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
def test_the_gradient_of_W_has_a_gradient_by_x(function, xp):
    """Where the gradient of y is a constant, it is that of x with V in place of W."""
    x, W = Variable(random(xp, 2, 1, 3, 3)), Variable(random(xp, 1, 1, 2, 2))
    V = random(xp, 1, 1, 2, 2, seed=1)
    (gW,) = grad([function(x, W).sum()], [W], enable_double_backprop=True)
    (gx,) = grad([(gW * V).sum()], [x])
    (expected,) = grad([function(x, V).sum()], [x])
    np.testing.assert_allclose(values(gx), values(expected), rtol=1e-12)


def test_a_frame_is_no_larger_than_image_and_windows_reach():
    how = {"stride": (1, 3), "pad": (2, 0), "dilate": (1, 2)}
    windows = convolution.slide("test", (4, 6), (3, 2), **how)
    assert (windows.grid, windows.reach) == ((6, 2), [8, 6])
    windows = convolution.slide("test", (4, 6), (1, 2), **how, cover_all=True)
    assert (windows.grid, windows.reach) == ((8, 2), [8, 6])
    windows = convolution.slide("test", (4, 7), (1, 2), **how, cover_all=True)
    assert (windows.grid, windows.reach) == ((8, 3), [8, 9])
    windows = convolution.slide("test", (4, 3), 2, 3, (1, 2))  # the last pixels are not seen
    assert (windows.grid, windows.reach) == ((2, 2), [6, 7])


def test_the_columns_do_not_live_until_backward():
    """They are 9 times as large as x here."""
    x, W = (
        Variable(np.ones((4, 8, 32, 32), np.float32)),
        Variable(np.ones((1, 8, 3, 3), np.float32)),
    )
    F.convolution_2d(x, W)  # what is loaded once
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        y = F.convolution_2d(x, W)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before > 7 * x.data.nbytes
    assert after - before < y.data.nbytes + 20_000


def test_labels_are_the_names_of_the_verbs():
    x, W = Variable(random(np, 1, 1, 3, 3)), random(np, 1, 1, 2, 2)
    assert F.convolution_2d(x, W).creator.label == "convolution_2d"
    assert F.deconvolution_2d(x, W).creator.label == "deconvolution_2d"


# ---- the links ----


@pytest.mark.parametrize(
    ("make", "shape", "y_shape"),
    [
        (lambda: L.Convolution2D(3, 4, 3), (4, 3, 3, 3), (2, 4, 6, 5)),
        (lambda: L.Convolution2D(3, 4, (2, 5), 2, (0, 1)), (4, 3, 2, 5), (2, 4, 4, 3)),
        (lambda: L.Convolution2D(3, 6, 3, groups=3, dilate=2), (6, 1, 3, 3), (2, 6, 4, 3)),
        (lambda: L.Deconvolution2D(3, 4, 3), (3, 4, 3, 3), (2, 4, 10, 9)),
        (lambda: L.Deconvolution2D(3, 4, 3, 2, 1), (3, 4, 3, 3), (2, 4, 15, 13)),
        (lambda: L.Deconvolution2D(3, 4, 3, 2, outsize=(18, 15)), (3, 4, 3, 3), (2, 4, 18, 15)),
        (lambda: L.Deconvolution2D(3, 6, 3, groups=3, dilate=2), (3, 2, 3, 3), (2, 6, 12, 11)),
    ],
)
def test_shapes_of_the_links(make, shape, y_shape):
    link = make()
    assert (link.W.shape, link.b.shape) == (shape, (y_shape[1],))
    assert link.W.dtype == link.b.dtype == np.float32
    assert link.in_channels == 3
    assert link(np.ones((2, 3, 8, 7), np.float32)).shape == y_shape


def test_the_links_say_how_they_were_made():
    f = L.Convolution2D(None, 16, 3, stride=2, pad=(0, 1), nobias=True, dilate=2, groups=4)
    assert repr(f) == (
        "Convolution2D(in_channels=None, out_channels=16, ksize=(3, 3), stride=(2, 2), "
        "pad=(0, 1), nobias=True, dilate=(2, 2), groups=4)"
    )
    f(np.ones((1, 8, 9, 9), np.float32))
    assert repr(f).startswith("Convolution2D(in_channels=8, out_channels=16, ")
    assert repr(L.Deconvolution2D(2, 1, 3)).startswith("Deconvolution2D(in_channels=2, ")


@pytest.mark.parametrize("kind", LINKS)
def test_the_gradients_of_the_links_are_the_slopes(kind, xp):
    W, b = random(xp, 2, 2, 3, 2), random(xp, 2)
    f = kind(2, 2, (3, 2), 2, 1, initialW=W, initial_bias=b)
    assert (values(f.W), values(f.b)) == (values(W), values(b))
    x = random(xp, 2, 2, 3, 4)
    gy = random(xp, *f(x).shape)
    gradient_check.check_backward(f, x, gy, (f.W, f.b))
    ggs = (random(xp, *W.shape, seed=1), random(xp, 2, seed=2))
    gradient_check.check_double_backward(f, x, gy, x, (f.W, f.b), ggs)


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_first_values_that_are_arrays_keep_their_dtype(kind, dtype, xp):
    W, b = xp.ones((2, 2, 2, 2), dtype=dtype), xp.ones(2, dtype=dtype)
    f = kind(2, 2, 2, 2, initialW=W, initial_bias=b)
    y = f(xp.ones((1, 2, 2, 2), dtype=dtype))
    assert y.dtype == dtype
    y.sum().backward()
    assert f.W.grad.dtype == f.b.grad.dtype == dtype


@pytest.mark.parametrize("kind", LINKS)
def test_first_values_of_the_links(kind):
    np.random.seed(0)
    f = kind(50, 50, 4)
    assert f.W.data.std() == pytest.approx(1 / np.sqrt(50 * 16), rel=0.02)
    assert values(f.b) == [0] * 50
    f = kind(1, 2, 1, initialW=initializers.Constant(0.5), initial_bias=1)
    assert (values(f.W.data.ravel()), values(f.b)) == ([0.5, 0.5], [1, 1])


@pytest.mark.parametrize("kind", LINKS)
def test_without_bias(kind, xp):
    f = to(xp, kind(1, 2, 2, nobias=True, initialW=1.0))
    assert f.b is None
    assert [name for name, _ in f.namedparams()] == ["/W"]
    f(xp.ones((1, 1, 2, 2), dtype=np.float32)).sum().backward()
    assert f.W.grad.shape == f.W.shape


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("sizes", [(4, 3), (None, 4, 3)], ids=str)
def test_W_comes_with_the_first_mini_batch(kind, sizes, xp):
    f = to(xp, kind(*sizes, groups=2))
    assert (hasattr(f, "W"), f.in_channels) == (False, None)
    with pytest.raises(AttributeError, match="first mini-batch"):
        f.W.data  # noqa: B018
    f(xp.ones((2, 6, 5, 5), dtype=np.float32)).sum().backward()
    assert type(f.W.data) is xp.ndarray
    assert f.W.shape == kind(6, 4, 3, groups=2).W.shape
    assert (f.in_channels, f.W.grad.shape) == (6, f.W.shape)
    assert [name for name, _ in f.namedparams()] == ["/W", "/b"]
    W = f.W
    f(xp.ones((1, 6, 3, 3), dtype=np.float32))
    assert f.W is W


@pytest.mark.parametrize("kind", LINKS)
def test_a_lazy_W_is_the_one_a_seed_gives_known_channels(kind):
    np.random.seed(0)
    known = kind(3, 2, 2).W.data
    np.random.seed(0)
    lazy = kind(2, 2)
    lazy(np.ones((1, 3, 4, 4), np.float32))
    assert values(lazy.W) == known.tolist()


@pytest.mark.parametrize("kind", LINKS)
def test_images_that_are_refused_leave_a_lazy_link_as_it_was(kind):
    f = kind(None, 2, 3, pad=1, groups=2)
    for wrong in [(2, 5, 5), (1, 3, 5, 5), (1, 0, 5, 5), (1, 2, 0, 0)]:
        with pytest.raises(ValueError, match="onvolution"):
            f(np.ones(wrong, np.float32))
        assert (hasattr(f, "W"), f.in_channels) == (False, None)
    with pytest.raises(TypeError):
        f(Variable(np.ones((1, 2, 5, 5))))
    assert not hasattr(f, "W")
    assert f(np.ones((1, 2, 5, 5), np.float32)).shape == (1, 2, 5, 5)


@pytest.mark.parametrize("kind", LINKS)
def test_a_lazy_link_takes_the_parameters_of_another(kind):
    source, lazy = kind(6, 4, 3, groups=2), kind(4, 3, groups=2)
    lazy.copyparams(source)
    assert values(lazy.W) == values(source.W)
    assert lazy.in_channels == 6
    x = random(np, 1, 6, 4, 4, dtype=np.float32)
    assert values(lazy(x)) == values(source(x))


def test_an_optimizer_updates_a_W_that_came_later():
    f = L.Convolution2D(None, 1, 2, nobias=True, initialW=1.0)
    optimizer = optimizers.SGD(lr=0.5).setup(f)
    f(np.ones((1, 1, 2, 2), np.float32)).backward()
    optimizer.update()
    assert values(f.W) == [[[[0.5, 0.5], [0.5, 0.5]]]]
