"""The losses and accuracy where numbers are not finite, weights are of all kinds, or rows few."""

import itertools

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Variable, backend, grad, using_config

C = 3


def by_formula(x, t, normalize=True, class_weight=None, ignore_label=-1, reduce="mean"):
    """Return the loss and the gradient of its sum, row by row, in float64."""
    rows = np.moveaxis(x.astype(np.float64), 1, -1).reshape(-1, C)
    weight = np.ones(C) if class_weight is None else class_weight.astype(np.float64)
    losses, gx = np.zeros(len(rows)), np.zeros_like(rows)
    for i, (row, label) in enumerate(zip(rows, t.ravel(), strict=True)):
        if label != ignore_label and weight[label] != 0:
            z = row - row.max()
            log_p = z - np.log(np.exp(z).sum())
            losses[i] = -log_p[label] * weight[label]
            gx[i] = (np.exp(log_p) - np.eye(C)[label]) * weight[label]
    number = max((t != ignore_label).sum() if normalize else len(x), 1)
    if reduce == "mean":
        losses, gx = losses.sum() / number, gx / number
    else:
        losses = losses.reshape(t.shape)
    return losses, np.moveaxis(gx.reshape(*t.shape, C), -1, 1)


SETTINGS = list(
    itertools.product([True, False], [True, False], ["mean", "no"], [None, np.float32, np.float64])
)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, C), (2, C, 2, 2)])
@pytest.mark.parametrize("ignore_label", [-1, 0, 99])
def test_rows_that_do_not_count_may_hold_anything(shape, dtype, bad, ignore_label, xp):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(dtype)
    t = rng.integers(1, C, shape[:1] + shape[2:])
    t.flat[:3] = ignore_label, 2, ignore_label  # the second has the class of weight 0, if any has
    for normalize, cache_score, reduce, kind in SETTINGS:
        weight = None if kind is None else np.array([1.5, 2, 0], kind)
        rows = np.moveaxis(x.copy(), 1, -1)
        rows.reshape(-1, C)[0 if weight is None else slice(2)] = bad
        spoilt = np.moveaxis(rows, -1, 1)
        options = {"normalize": normalize, "ignore_label": ignore_label, "reduce": reduce}
        expected, slopes = by_formula(spoilt, t, class_weight=weight, **options)
        v = Variable(xp.asarray(spoilt))
        if weight is not None:
            options["class_weight"] = xp.asarray(weight)

        def loss(v=v, options=options, cache_score=cache_score):
            return F.softmax_cross_entropy(v, xp.asarray(t), cache_score=cache_score, **options)

        y = loss()
        tolerance = {"rtol": 4 * np.finfo(dtype).eps, "atol": 4 * np.finfo(dtype).eps}
        np.testing.assert_allclose(backend.to_cpu(y.data), expected, **tolerance)
        assert (y.dtype, y.shape) == (dtype, expected.shape)
        gy = np.ones(y.shape, dtype)
        if reduce == "no":
            gy.flat[0] = bad  # nothing of it may arrive at x
        for double in (False, True):
            (gx,) = grad([y], [v], [Variable(xp.asarray(gy))], enable_double_backprop=double)
            np.testing.assert_allclose(backend.to_cpu(gx.data), slopes, **tolerance)
            assert gx.dtype == dtype


@pytest.mark.parametrize("reduce", ["mean", "no"])
@pytest.mark.parametrize("cache_score", [True, False])
def test_second_derivatives_leave_those_rows_out_too(cache_score, reduce, xp):
    x = np.random.default_rng(0).normal(size=(4, C))
    x[0], x[1] = np.inf, np.nan
    t, weight = np.array([-1, 2, 0, 1]), np.array([1.5, 2.0, 0.0])
    v = Variable(xp.asarray(x))
    options = {"reduce": reduce, "class_weight": weight}
    y = F.softmax_cross_entropy(
        v, xp.asarray(t), cache_score=cache_score, reduce=reduce, class_weight=xp.asarray(weight)
    )
    y.grad = xp.ones(y.shape)
    y.backward(enable_double_backprop=True)
    gx = v.grad_var
    v.cleargrad()
    (gx * gx).sum().backward()

    def squares():
        _, slopes = by_formula(x, t, **options)
        return (slopes**2).sum()

    measured = np.zeros_like(x)
    for i in itertools.product([2, 3], range(C)):
        here = x[i]
        x[i] = here + 1e-5
        right = squares()
        x[i] = here - 1e-5
        measured[i] = (right - squares()) / 2e-5
        x[i] = here
    np.testing.assert_allclose(backend.to_cpu(v.grad), measured, atol=1e-8)
    assert abs(measured).max() > 0.01


def test_debug_mode_finds_nothing_wrong_in_rows_that_do_not_count():
    x = Variable(np.array([[np.inf, 0.0], [1.0, 2.0]]))
    with using_config("debug", True), pytest.raises(FloatingPointError, match="log_softmax"):
        F.log_softmax(Variable(np.array([[0.0, 1.0], [np.nan, 2.0]])))
    with using_config("debug", True):
        F.softmax_cross_entropy(x, np.array([-1, 1])).backward()
    assert x.grad[0].tolist() == [0, 0]


def test_the_weight_of_a_class_that_does_not_occur_may_be_anything(xp):
    x, t = xp.zeros((2, C)), xp.asarray(np.array([-1, 1]))
    weight = xp.asarray(np.array([np.nan, 2.0, np.inf]))
    loss = F.softmax_cross_entropy(x, t, class_weight=weight)
    assert loss.item() == pytest.approx(2 * np.log(3))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8, np.int64])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_class_weight_may_have_another_dtype(dtype, kind, xp):
    x = np.random.default_rng(0).normal(size=(4, C)).astype(dtype)
    t, weight = np.array([0, 1, 2, -1]), np.array([1, 2, 3], kind)
    v = Variable(xp.asarray(x))
    y = F.softmax_cross_entropy(v, xp.asarray(t), class_weight=xp.asarray(weight))
    y.backward()
    expected, slopes = by_formula(x, t, class_weight=weight)
    tolerance = {"rtol": 4 * np.finfo(dtype).eps, "atol": 2 * np.finfo(dtype).eps}
    np.testing.assert_allclose(y.item(), expected, **tolerance)
    np.testing.assert_allclose(backend.to_cpu(v.grad), slopes, **tolerance)
    assert y.dtype == v.grad.dtype == dtype


@pytest.mark.parametrize("reduce", ["mean", "no"])
@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_if_no_row_counts_loss_and_gradients_are_zero(bad, reduce, xp):
    for t, weight in ([-1, -1], None), ([1, 1], [1.0, 0.0, 1.0]):
        x = Variable(xp.asarray(np.full((2, C), bad)))
        weight = weight and xp.asarray(np.array(weight))
        y = F.softmax_cross_entropy(x, xp.asarray(np.array(t)), reduce=reduce, class_weight=weight)
        y.sum().backward()
        assert not y.data.any()
        assert not x.grad.any()


def test_accuracy_of_rows_that_do_not_count_may_hold_anything(xp):
    y = xp.asarray(np.array([[np.nan, np.nan], [np.inf, -np.inf], [0, 1], [1, 0]]))
    t = xp.asarray(np.array([-1, -1, 1, 1]))
    assert F.accuracy(y, t, ignore_label=-1).item() == 0.5


@pytest.mark.parametrize("function", [F.where, None])
def test_what_is_not_chosen_gets_no_infinite_gradient(function, xp):
    chosen = xp.asarray(np.array([True, False, False]))
    a = Variable(xp.asarray(np.array([2.0, -1.0, -1.0])))
    b = Variable(xp.asarray(np.array([0.0, 0.0, 0.0])))
    y = F.where(chosen, a, b) if function else F.maximum(a, b)
    for double in (False, True):
        (ga, gb) = grad(
            [y],
            [a, b],
            [Variable(xp.asarray(np.array([3.0, np.inf, np.nan])))],
            enable_double_backprop=double,
        )
        np.testing.assert_equal(backend.to_cpu(ga.data), [3, 0, 0])
        np.testing.assert_equal(backend.to_cpu(gb.data), [0, np.inf, np.nan])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradients_of_a_choice_keep_their_numbers(dtype):
    a, b = np.array([1.5, -0.0, 2.0], dtype), np.array([-1.5, 3.0, 4.0], dtype)
    x, z = Variable(a), Variable(b)
    y = F.maximum(x, z)
    y.grad = np.array([0.1, -7.0, 1e-3], dtype)
    y.backward()
    assert x.grad.tolist() == [y_ * k for y_, k in zip(np.array([0.1, 0, 0], dtype), [1, 1, 1])]
    assert z.grad.tolist() == np.array([0, -7.0, 1e-3], dtype).tolist()


@pytest.mark.parametrize("swapped", [False, True])
def test_whole_numbers_are_targets_for_the_mean_squared_error(swapped):
    x, t = Variable(np.array([1, 2], np.float32)), np.array([2, 4])
    loss = F.mean_squared_error(t, x) if swapped else F.mean_squared_error(x, t)
    assert (float(loss.data), loss.dtype) == (2.5, np.float32)
