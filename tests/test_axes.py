"""Every function that takes an axis: on single numbers, on empty arrays, along every axis."""

import re

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Variable, backend

SENTENCE = re.compile(r"[^:]+: expected .+, got .+\. .+ \(See chapter \d+\.\)")


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def ones(x, axis, count):
    """Return arrays of the shape that is left over when `axis` goes."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    shape = [n for i, n in enumerate(x.shape) if i not in axes]
    return [x.xp.ones(shape) for _ in range(count)]


def none_given(formula):
    return lambda x, axis: formula(x, axis) if x.size else x.sum(axis)  # the mean of nothing is 0


# The function, what NumPy computes, and the axes that it takes.
TABLE = {
    "sum": (F.sum, lambda x, axis: x.sum(axis), "any"),
    "mean": (F.mean, none_given(lambda x, axis: x.mean(axis)), "any"),
    "max": (F.max, lambda x, axis: x.max(axis), "any"),
    "min": (F.min, lambda x, axis: x.min(axis), "any"),
    "softmax": (F.softmax, softmax, "one"),
    "log_softmax": (F.log_softmax, lambda x, axis: np.log(softmax(x, axis)), "one"),
    "concat": (
        lambda x, axis: F.concat([x, x], axis),
        lambda x, a: np.concatenate([x, x], a),
        "one",
    ),
    "batch_normalization": (
        lambda x, axis: F.batch_normalization(x, *ones(x, axis, 2), axis=axis),
        lambda x, axis: x - x.mean(axis, keepdims=True),
        "positive",
    ),
    "fixed_batch_normalization": (
        lambda x, axis: F.fixed_batch_normalization(x, *ones(x, axis, 4), eps=0, axis=axis),
        lambda x, axis: x,
        "positive",
    ),
}
SHAPES = [(), (1,), (3,), (0,), (2, 3), (0, 3), (3, 0), (0, 0), (2, 0, 3)]
AXES = [None, 0, -1, 1, -2, 2, -3, 3, (), (0,), (-1,), (0, 1), (1, 0), (0, 0), (0, -1), (5,)]
OTHERS = [1.5, "0", [0], True]


def is_there(axis, ndim, takes):
    """Tell whether NumPy, strictly, has such an axis: it lets 0 and -1 pass for a single number."""
    if axis is None:
        return takes == "any"
    axes = axis if isinstance(axis, tuple) else (axis,)
    if (
        takes == "one"
        and isinstance(axis, tuple)
        or takes == "positive"
        and min(axes, default=0) < 0
    ):
        return False
    there = all(-ndim <= a < ndim for a in axes)
    return there and len({a % ndim for a in axes}) == len(axes)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.filterwarnings("ignore:batch_normalization. expected several numbers")
def test_along_every_axis_there_is_a_value_and_a_gradient_or_a_sentence(name, shape, xp):
    function, formula, takes = TABLE[name]
    array = np.random.default_rng(0).uniform(1, 2, shape)
    for axis in AXES[takes == "positive" :]:  # None has another meaning there
        x = Variable(xp.asarray(array))
        try:
            y = function(x, axis)
        except (ValueError, TypeError) as error:
            assert SENTENCE.fullmatch(str(error)), (axis, error)
            empty = 0 in shape and name not in ("sum", "mean", "concat")
            single = shape == () and takes == "positive"
            assert not is_there(axis, len(shape), takes) or empty or single, axis
            continue
        assert is_there(axis, len(shape), takes), axis
        if name != "batch_normalization":
            np.testing.assert_allclose(backend.to_cpu(y.data), formula(array, axis), err_msg=axis)
        else:
            signs = np.sign(formula(array, axis).round(12))
            assert np.sign(backend.to_cpu(y.data).round(3) - 1).tolist() == signs.tolist()
        for double in (False, True):
            x.cleargrad()
            y.grad = xp.ones(y.shape)
            y.backward(enable_double_backprop=double)
            assert x.grad.shape == shape
        if name in ("sum", "mean"):
            share = y.size / max(x.size, 1) if name == "mean" else 1
            np.testing.assert_allclose(backend.to_cpu(x.grad), share)


@pytest.mark.parametrize("name", [name for name in TABLE if "batch" not in name])
@pytest.mark.parametrize("axis", OTHERS, ids=str)
def test_what_is_no_axis_ends_in_a_sentence(name, axis):
    for shape in SHAPES:
        try:
            TABLE[name][0](Variable(np.ones(shape)), axis)
        except (ValueError, TypeError) as error:
            assert SENTENCE.fullmatch(str(error)), error
        else:
            assert axis is True  # a whole number for Python


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("axis", [0, -1, 1, (0,)])
def test_a_single_number_has_no_axis(name, axis):
    x = Variable(np.array(3.0))
    with pytest.raises(ValueError, match=r"expected axis=None for shape \(\), got"):
        getattr(F, name)(x, axis)
    with pytest.raises(ValueError, match=r"expected axis=None for shape \(\), got"):
        getattr(x, name)(axis)
    assert getattr(x, name)().item() == getattr(x, name)(axis=()).item() == 3
