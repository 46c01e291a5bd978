"""The first values of parameters."""

import functools
import math

import numpy as np
import pytest

import tinylinks.links as L
from tinylinks import Parameter, initializers, optimizers
from tinylinks.initializers import GlorotUniform, HeNormal, LeCunNormal, Normal, Uniform

# Initializers with a scale of 1, and the standard deviation that each gives to an array of
# shape (500, 400): fan_in is 400, fan_out 500.
SPREAD = {
    "Normal": (Normal, 1.0),
    "Uniform": (Uniform, 1 / math.sqrt(3)),
    "LeCunNormal": (LeCunNormal, 1 / math.sqrt(400)),
    "GlorotUniform": (GlorotUniform, math.sqrt(2 / (400 + 500))),
    "HeNormal": (HeNormal, math.sqrt(2 / 400)),
    "HeNormal, fan_out": (
        lambda scale: HeNormal(scale, fan_option="fan_out"),
        math.sqrt(2 / 500),
    ),
}
EVEN = {"Uniform", "GlorotUniform"}  # the others are normal


def test_constant_fills():
    w = np.zeros((2, 3), np.float16)
    initializers.Constant(0.5)(w)
    assert (w == 0.5).all()


def test_a_constant_may_be_an_array_that_stretches():
    w = initializers.generate_array(initializers.Constant(np.array([[1.0], [2.0]])), (2, 3))
    assert (w.tolist(), w.dtype) == ([[1] * 3, [2] * 3], np.float32)


def test_zero_and_one_fill():
    w = np.full((2, 3), 7.0, np.float16)
    initializers.Zero()(w)
    assert (w == 0).all()
    initializers.One()(w)
    assert (w == 1).all()


@pytest.mark.parametrize("shape", [(500, 400), (500, 16, 5, 5)])
@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("name", SPREAD)
def test_random_numbers_have_mean_0_and_the_standard_deviation_of_the_rule(name, scale, shape):
    make, std = SPREAD[name]
    if len(shape) == 4:  # fan_in is still 400, but fan_out is 500 * 25
        std = {
            "GlorotUniform": math.sqrt(2 / (400 + 500 * 25)),
            "HeNormal, fan_out": math.sqrt(2 / (500 * 25)),
        }.get(name, std)
    w = np.empty(shape, np.float32)
    make(scale)(w)
    assert w.std() == pytest.approx(scale * std, rel=0.01)
    assert abs(w.mean()) < 0.01 * scale * std


@pytest.mark.parametrize("name", SPREAD)
def test_random_numbers_are_normal_or_lie_evenly(name):
    make, std = SPREAD[name]
    w = np.empty((500, 400), np.float32)
    make(1.0)(w)
    share = (abs(w) < std).mean()  # within one standard deviation
    assert share == pytest.approx(1 / math.sqrt(3) if name in EVEN else 0.6827, abs=0.005)
    assert (abs(w).max() <= std * math.sqrt(3) * 1.0001) == (name in EVEN)


@pytest.mark.parametrize(
    ("make", "scale"), [(Normal, 0.05), (Uniform, 0.05), (LeCunNormal, 1), (GlorotUniform, 1)]
)
def test_the_scale_that_holds_if_none_is_given(make, scale):
    assert (make().scale, make().dtype) == (scale, None)


def test_he_normal_looks_at_fan_in_if_not_told_otherwise():
    assert (HeNormal().scale, HeNormal().fan_option) == (1, "fan_in")


@pytest.mark.parametrize("name", SPREAD)
def test_a_seed_repeats_the_draw(name):
    draws = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        draws.append(initializers.generate_array(SPREAD[name][0](1.0), (2, 3)).tolist())
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("generator", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize("name", SPREAD)
def test_a_generator_of_ones_own_repeats_the_draw_and_leaves_numpys_alone(name, generator):
    make = SPREAD[name][0]
    if name == "HeNormal, fan_out":
        make = functools.partial(HeNormal, fan_option="fan_out")
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    draws = [initializers.generate_array(make(1.0, rng=generator(s)), (2, 3)) for s in (1, 1, 2)]
    assert draws[0].tolist() == draws[1].tolist() != draws[2].tolist()
    assert np.random.get_state()[1].tolist() == before


def test_copies_do_not_draw_the_same_numbers_from_a_generator():
    """Chainer copies the generator, so all of these would be equal."""
    layer = L.Linear(2, 2, initialW=Normal(rng=np.random.RandomState(0)))
    layers = [layer, *layer.repeat(2)]
    assert len({tuple(link.W.data.ravel()) for link in layers}) == 3


@pytest.mark.parametrize("rng", [3, "seed", np.random])
@pytest.mark.parametrize("make", [Normal, Uniform, LeCunNormal, GlorotUniform, HeNormal])
def test_a_generator_can_draw(make, rng):
    if rng is np.random:
        assert make(rng=rng).rng is rng
    else:
        with pytest.raises(TypeError, match=f"{make.__name__}: expected rng as a generator"):
            make(rng=rng)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((2, 3), (3, 2)), ((2, 3, 5), (15, 10)), ((2, 3, 5, 7), (105, 70)), ((1, 1), (1, 1))],
)
def test_fan_in_and_fan_out_of_matrices_and_filters(shape, fans):
    assert initializers.get_fans(shape) == fans


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [(2, [2, 2]), (0.5, [0.5, 0.5]), (np.float64(3), [3, 3]), (initializers.Constant(4), [4, 4])],
)
def test_generate_array_makes_float32(initializer, expected):
    array = initializers.generate_array(initializer, (2,))
    assert (array.tolist(), array.dtype) == (expected, np.float32)


@pytest.mark.parametrize("dtype", [np.float16, "float64", np.dtype(np.float32)])
@pytest.mark.parametrize(
    "make",
    [
        lambda dtype: initializers.Constant(2, dtype),
        initializers.Zero,
        initializers.One,
        *[lambda dtype, make=make: make(dtype=dtype) for make in (Normal, Uniform, LeCunNormal)],
        *[lambda dtype, make=make: make(dtype=dtype) for make in (GlorotUniform, HeNormal)],
    ],
)
def test_the_dtype_of_an_initializer_is_that_of_the_array(make, dtype):
    assert make(dtype).dtype == dtype
    assert initializers.generate_array(make(dtype), (2, 3)).dtype == dtype
    assert Parameter(make(dtype), (2, 3)).dtype == dtype
    late = Parameter(make(dtype))
    late.initialize((2, 3))
    assert late.dtype == dtype
    assert initializers.generate_array(make(None), (2, 3)).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.int32, "bool", "float33", 3])
def test_an_initializer_makes_floats(dtype):
    def fill(array):
        array[...] = 1

    fill.dtype = dtype
    for make in (lambda: Parameter(fill, (2,)), lambda: L.Linear(2, 3, initialW=fill)):
        with pytest.raises(TypeError, match="Parameter: expected dtype as a dtype of floats"):
            make()


def test_generate_array_without_initializer_fills_with_nan():
    assert np.isnan(initializers.generate_array(None, (2,))).all()


def test_generate_array_takes_any_callable():
    def count(array):
        array[...] = np.arange(array.size).reshape(array.shape)

    assert initializers.generate_array(count, (2, 2)).tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_generate_array_copies_an_array(dtype, xp):
    array = xp.asarray([1.0, 2.0], dtype=dtype)
    made = initializers.generate_array(array, (2,))
    assert (type(made), made.dtype, made.tolist()) == (xp.ndarray, dtype, [1, 2])
    whole = initializers.generate_array(xp.asarray(np.array([1, 2])), (2,))
    assert (type(whole), whole.dtype, whole.tolist()) == (xp.ndarray, np.float32, [1, 2])
    made[0] = 5
    assert array.tolist() == [1, 2]


def test_learning_does_not_change_the_array_that_was_given_as_first_value():
    W, b = np.ones((2, 3), np.float32), np.ones(2, np.float32)
    f = L.Linear(3, 2, initialW=W, initial_bias=b)
    lazy = L.Linear(None, 2, initialW=W)
    for link in (f, lazy):
        link(np.ones((1, 3), np.float32)).sum().backward()
        optimizers.SGD(0.5).setup(link).update()
    assert f.W.data.tolist() == lazy.W.data.tolist() == [[0.5] * 3] * 2
    assert f.b.data.tolist() == [0.5, 0.5]
    assert W.tolist() == [[1] * 3] * 2
    assert b.tolist() == [1, 1]


def test_a_parameter_of_an_array_alone_keeps_the_array_itself(xp):
    array = xp.asarray([1.0, 2.0])
    assert Parameter(array).data is array
    assert Parameter(array, (2,)).data is not array


def test_generate_array_takes_a_length_as_shape():
    assert initializers.generate_array(0, 3).shape == (3,)


@pytest.mark.parametrize("make", [Normal, Uniform, LeCunNormal, GlorotUniform, HeNormal])
@pytest.mark.parametrize("scale", [0, -1.0, math.nan])
def test_the_scale_is_above_zero(make, scale):
    with pytest.raises(ValueError, match=f"{make.__name__}: expected scale as a number above 0"):
        make(scale)


def test_an_initializer_may_be_any_function_that_fills():
    def ramp(array):
        array[...] = np.arange(array.size).reshape(array.shape)

    assert initializers.generate_array(ramp, (2, 2)).tolist() == [[0.0, 1.0], [2.0, 3.0]]


def test_what_an_initializer_returns_is_refused_next_to_another_dtype_too():
    with pytest.raises(TypeError, match="got one that returned a float64 array"):
        L.Linear(3, 2, initialW=lambda array: np.ones((2, 3)), initial_bias=np.zeros(2))
