"""F.dropout: what becomes 0, what the rest is multiplied by, and when nothing happens."""

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Variable, backend, gradient_check, using_config


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.5, 0.9])
def test_each_element_becomes_0_or_is_made_larger(ratio, xp):
    xp.random.seed(0)
    x = np.random.default_rng(0).uniform(1, 2, (100, 100)).astype(np.float32)
    y = F.dropout(xp.asarray(x), ratio)
    assert (type(y), type(y.data), y.dtype) == (Variable, xp.ndarray, np.float32)
    y = backend.to_cpu(y.data)
    dropped = y == 0
    assert dropped.mean() == pytest.approx(ratio, abs=0.02)  # four standard deviations
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - ratio), rtol=1e-6)


def test_the_ratio_is_one_half_if_not_given():
    assert (F.dropout(np.ones((100, 100))).data == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_the_mean_stays_about_alike():
    x = np.random.default_rng(0).uniform(1, 2, 100_000)
    assert F.dropout(x, 0.3).data.mean() == pytest.approx(x.mean(), rel=0.01)


def test_a_seed_repeats_what_is_dropped_and_each_call_draws_anew():
    x = np.ones((4, 5), np.float32)
    draws = []
    for number in (1, 1, 2):
        np.random.seed(number)
        draws.append([F.dropout(x).data.tolist() for _ in range(2)])
    assert draws[0] == draws[1] != draws[2]
    assert draws[0][0] != draws[0][1]


def test_an_element_stays_where_the_random_number_is_not_below_the_ratio():
    np.random.seed(0)
    y = F.dropout(np.ones((3, 4)), 0.3)
    np.random.seed(0)
    random = np.random.rand(3, 4)
    np.testing.assert_array_equal(y.data != 0, random >= 0.3)
    np.random.seed(0)
    assert F.dropout(np.ones((3, 4)), random[0, 0]).data[0, 0] != 0


def test_the_gradient_passes_where_the_element_stayed(xp):
    xp.random.seed(0)
    x = Variable(xp.asarray(np.full((4, 5), 3.0)))
    y = F.dropout(x, 0.25)
    y.sum().backward()
    np.testing.assert_allclose(backend.to_cpu(x.grad), backend.to_cpu(y.data) / 3)


def test_nothing_happens_when_the_model_does_not_learn(xp):
    x = Variable(xp.ones((50, 50), dtype=np.float32))
    array = xp.ones((50, 50), dtype=np.float32)
    with using_config("train", False):
        assert F.dropout(x) is x
        y, mask = F.dropout(array, return_mask=True)
    assert mask is None
    assert (type(y), y.data is array, y.requires_grad) == (Variable, True, False)


def test_outside_training_no_random_number_is_drawn():
    np.random.seed(0)
    with using_config("train", False):
        F.dropout(np.ones(5))
    drawn = np.random.rand()
    np.random.seed(0)
    assert drawn == np.random.rand()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_mask_that_comes_back_repeats_the_result(dtype, xp):
    x = xp.asarray(np.random.default_rng(0).normal(size=(6, 7)).astype(dtype))
    y, mask = F.dropout(x, 0.4, return_mask=True)
    assert (type(mask), mask.dtype, mask.shape) == (xp.ndarray, dtype, (6, 7))
    again, same = F.dropout(x, 0.4, mask=mask, return_mask=True)
    assert same is mask
    np.testing.assert_array_equal(backend.to_cpu(again.data), backend.to_cpu(y.data))
    assert y.dtype == dtype


def test_the_gradients_with_a_mask_are_the_slopes(xp):
    x, gy, ggx = (xp.asarray(np.random.default_rng(i).normal(size=(3, 4))) for i in range(3))
    _, mask = F.dropout(x, 0.4, return_mask=True)
    gradient_check.check_backward(lambda x: F.dropout(x, mask=mask), x, gy)
    gradient_check.check_double_backward(lambda x: F.dropout(x, mask=mask) ** 2, x, gy, ggx)


@pytest.mark.parametrize("shape", [(), (0, 3), (1,)])
def test_any_shape_is_fine(shape, xp):
    x = Variable(xp.ones(shape, dtype=np.float32))
    y, mask = F.dropout(x, 0.0, return_mask=True)
    F.dropout(x, mask=mask).sum().backward()
    assert (y.shape, mask.shape, x.grad.shape) == (shape, shape, shape)
    assert backend.to_cpu(y.data).tolist() == np.ones(shape).tolist()
