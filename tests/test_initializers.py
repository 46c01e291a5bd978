"""The first values of parameters."""

import math

import numpy as np
import pytest

from tinylinks import initializers


def test_constant_fills():
    w = np.zeros((2, 3), np.float16)
    initializers.Constant(0.5)(w)
    assert (w == 0.5).all()


@pytest.mark.parametrize("shape", [(500, 400), (200, 10, 40)])
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_lecun_normal_has_mean_0_and_variance_1_by_fan_in(shape, scale):
    w = np.empty(shape, np.float32)
    initializers.LeCunNormal(scale)(w)
    assert w.std() == pytest.approx(scale / math.sqrt(400), rel=0.01)
    assert abs(w.mean()) < 0.001 * scale


def test_lecun_normal_is_normal():
    w = np.empty((500, 400), np.float32)
    initializers.LeCunNormal()(w)
    share = (abs(w) < 1 / math.sqrt(400)).mean()  # within one standard deviation
    assert share == pytest.approx(0.6827, abs=0.005)


def test_a_seed_repeats_the_draw():
    draws = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        draws.append(initializers.generate_array(initializers.LeCunNormal(), (2, 3)).tolist())
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [(2, [2, 2]), (0.5, [0.5, 0.5]), (np.float64(3), [3, 3]), (initializers.Constant(4), [4, 4])],
)
def test_generate_array_makes_float32(initializer, expected):
    array = initializers.generate_array(initializer, (2,))
    assert (array.tolist(), array.dtype) == (expected, np.float32)


def test_generate_array_without_initializer_fills_with_nan():
    assert np.isnan(initializers.generate_array(None, (2,))).all()


def test_generate_array_takes_any_callable():
    def count(array):
        array[...] = np.arange(array.size).reshape(array.shape)

    assert initializers.generate_array(count, (2, 2)).tolist() == [[0, 1], [2, 3]]


def test_generate_array_keeps_an_array(xp):
    array = xp.asarray([1.0, 2.0])
    assert initializers.generate_array(array, (2,)) is array


def test_generate_array_takes_a_length_as_shape():
    assert initializers.generate_array(0, 3).shape == (3,)


@pytest.mark.parametrize("scale", [0, -1.0])
def test_the_scale_of_lecun_normal_is_above_zero(scale):
    with pytest.raises(ValueError, match="LeCunNormal: expected scale as a number above 0"):
        initializers.LeCunNormal(scale)
