"""Sums and means of float16 against float64: they are added up in float32."""

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Variable, backend, using_config

EPS = float(np.finfo(np.float16).eps)
N = 5000  # 2048 + 1 is 2048 in float16


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x, axis):
    return np.log(softmax(x, axis))


TABLE = {
    "sum": (lambda x: F.sum(x, axis=0), lambda x: x.sum(0)),
    "sum of all": (lambda x: F.sum(x), lambda x: x.sum()),
    "sum_to": (lambda x: F.sum_to(x, (1, 2)), lambda x: x.sum(0, keepdims=True)),
    "mean": (lambda x: F.mean(x, axis=0), lambda x: x.mean(0)),
    "mean of all": (lambda x: F.mean(x), lambda x: x.mean()),
    "softmax": (lambda x: F.softmax(x, axis=0), lambda x: softmax(x, 0)),
    "log_softmax": (lambda x: F.log_softmax(x, axis=0), lambda x: log_softmax(x, 0)),
    "mean_squared_error": (lambda x: F.mean_squared_error(x, x * 0), lambda x: (x * x).mean()),
    "average_pooling_2d": (
        lambda x: F.average_pooling_2d(x.reshape(1, 1, 100, 100), 100),
        lambda x: x.mean().reshape(1, 1, 1, 1),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_added_up_is_as_exact_as_its_dtype(name, xp):
    function, formula = TABLE[name]
    x = np.random.default_rng(0).uniform(0, 3, (N, 2)).astype(np.float16)
    y = function(Variable(xp.asarray(x)))
    assert y.dtype == np.float16
    expected = formula(x.astype(np.float64))
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=4 * EPS, atol=1e-7)


@pytest.mark.parametrize(("function", "p"), [(F.softmax, 1), (F.log_softmax, 0)])
@pytest.mark.parametrize("double", [False, True])
def test_gradients_of_softmax_are_as_exact(function, p, double, xp):
    rng = np.random.default_rng(0)
    x = Variable(xp.asarray(rng.normal(size=(N, 2)).astype(np.float16)))
    gy = rng.uniform(0, 1, (N, 2)).astype(np.float16)
    y = function(x, axis=0)
    y.grad = xp.asarray(gy)
    y.backward(enable_double_backprop=double)
    s, g = softmax(backend.to_cpu(x.data).astype(np.float64), 0), gy.astype(np.float64)
    expected = s * (g - (s * g).sum(0)) if p else g - s * g.sum(0)
    error = abs(backend.to_cpu(x.grad) - expected).max()
    assert error < 4 * EPS * abs(expected).max()


def test_the_gradient_of_a_row_that_was_stretched_is_as_exact(xp):
    b = Variable(xp.zeros((2,), dtype=np.float16))
    (xp.zeros((N, 2), dtype=np.float16) + b).sum().backward()
    assert b.grad.tolist() == [5000, 5000]


BIASED = {  # x, W, b -> y, with as many rows or places for each bias as float16 cannot count
    "linear": (F.linear, (N, 3), (2, 3)),
    "convolution_2d": (F.convolution_2d, (2, 1, 1, N), (2, 1, 1, 1)),
    "deconvolution_2d": (F.deconvolution_2d, (2, 1, 1, N), (1, 2, 1, 1)),
}


@pytest.mark.parametrize("name", BIASED)
@pytest.mark.parametrize("double", [False, True])
def test_the_gradient_of_a_bias_is_as_exact(name, double, xp):
    function, x_shape, W_shape = BIASED[name]
    x, W = (xp.ones(shape, dtype=np.float16) for shape in (x_shape, W_shape))
    b = Variable(xp.zeros((2,), dtype=np.float16))
    y = function(Variable(x), Variable(W), b)
    gy = np.random.default_rng(0).uniform(0, 2, y.shape).astype(np.float16)
    y.grad = xp.asarray(gy)
    y.backward(enable_double_backprop=double)
    rows = np.moveaxis(gy.astype(np.float64), 1, -1).reshape(-1, 2)
    np.testing.assert_allclose(backend.to_cpu(b.grad), rows.sum(0), rtol=4 * EPS)


def test_softmax_over_very_many_numbers_does_not_overflow(xp):
    x = xp.zeros((1, 70_000), dtype=np.float16)
    assert F.softmax(x).data[0, 0].item() == np.float16(1 / 70_000)
    assert F.log_softmax(x).data[0, 0].item() == np.float16(-np.log(70_000))
    loss = F.softmax_cross_entropy(x, xp.zeros((1,), dtype=np.int32))
    assert loss.item() == np.float16(np.log(70_000))


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_of_a_million_rows_is_added_up_first_and_then_divided(ignored, weighted, xp):
    x = Variable(xp.zeros((1_000_000, 2), dtype=np.float16))
    t = np.zeros(1_000_000, np.int32)
    t[0] = -ignored
    weight = xp.ones((2,), dtype=np.float16) if weighted else None
    loss = F.softmax_cross_entropy(x, xp.asarray(t), class_weight=weight)
    assert (loss.item(), loss.dtype) == (np.float16(np.log(2)), np.float16)
    loss.backward()
    half = 0.5 / (1_000_000 - ignored)
    found = backend.to_cpu(x.grad)[1].tolist()
    assert found == [np.float16(-half), np.float16(half)]


def test_the_gradient_of_a_loss_that_was_made_larger_is_as_exact(xp):
    """What is multiplied by 1024 first should not have lost its digits to a division by N."""
    x = Variable(xp.zeros((60_000, 2), dtype=np.float16))
    loss = F.softmax_cross_entropy(x, xp.zeros((60_000,), dtype=np.int32)) * 1024
    loss.backward()
    expected = 0.5 * 1024 / 60_000
    assert abs(x.grad[0, 1].item() / expected - 1) < 2 * EPS


def test_a_single_large_difference_does_not_overflow(xp):
    x = np.zeros(1000, np.float16)
    x[0] = 300  # its square is infinite in float16
    y = F.mean_squared_error(xp.asarray(x), xp.zeros((1000,), dtype=np.float16))
    assert (y.item(), y.dtype) == (90, np.float16)


LARGE = (np.arange(4).reshape(4, 1) * 300).astype(np.float16)  # the variance is 112,500
NORMAL = [-1.342, -0.447, 0.447, 1.342]


@pytest.mark.parametrize("use_gamma", [True, False])
@pytest.mark.parametrize("use_beta", [True, False])
def test_batch_normalization_of_float16_beside_float32_does_not_overflow(use_gamma, use_beta, xp):
    bn = L.BatchNormalization(1, use_gamma=use_gamma, use_beta=use_beta, decay=0)
    bn._move(xp.asarray)
    y = bn(xp.asarray(LARGE))
    np.testing.assert_allclose(backend.to_cpu(y.data).ravel(), NORMAL, atol=1e-3)
    assert backend.to_cpu(bn.avg_var).tolist() == [150_000]
    with using_config("train", False):
        z = bn(xp.asarray(LARGE))
    np.testing.assert_allclose(
        backend.to_cpu(z.data).ravel(), np.multiply(NORMAL, 0.866), atol=1e-3
    )
    assert y.dtype == z.dtype == np.float32


def test_batch_normalization_of_float16_alone_does_not_overflow_at_an_array(xp):
    gamma, beta = xp.ones((1,), dtype=np.float16), xp.zeros((1,), dtype=np.float16)
    y = F.batch_normalization(xp.asarray(LARGE), gamma, beta)
    np.testing.assert_allclose(backend.to_cpu(y.data).ravel(), NORMAL, atol=2e-3)
    assert y.dtype == np.float16
