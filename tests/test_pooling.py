"""Max and average pooling: ties, edges, NaN, indices.

The table in test_functions.py compares values, gradients and second derivatives with loops.
"""

import math

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Variable, backend, gradient_check
from tinylinks.functions import pooling
from tinylinks.functions.convolution import slide


def values(x):
    return backend.to_cpu(backend.bare(x)).tolist()


def gradient(xp, image, function):
    """Return the gradient of the sum of ``function(x)`` for one image of one channel."""
    x = Variable(xp.asarray([[image]], dtype=np.float32))
    function(x).sum().backward()
    return values(x.grad[0, 0])


def test_the_first_of_tied_numbers_gets_the_gradient(xp):
    image = [[1, 1, 0, 2], [1, 1, 2, 2]]
    once = [[1, 0, 0, 1], [0, 0, 0, 0]]
    assert gradient(xp, image, lambda x: F.max_pooling_2d(x, 2)) == once


def test_a_number_that_is_the_largest_of_several_windows_gets_several_gradients(xp):
    image = [[0, 0, 0], [0, 5, 0], [0, 0, 0]]
    assert gradient(xp, image, lambda x: F.max_pooling_2d(x, 2, 1))[1] == [0, 4, 0]


def test_the_pad_of_max_pooling_is_smaller_than_any_number(xp):
    x = xp.asarray([[[[-5.0, -1e30]]]], dtype=np.float32)
    assert values(F.max_pooling_2d(x, (1, 2), 1, (0, 1))[0, 0, 0]) == pytest.approx([-5, -5, -1e30])
    assert gradient(xp, [[-5, -6]], lambda x: F.max_pooling_2d(x, (1, 2), 1, (0, 1))) == [[2, 1]]


def test_max_pooling_covers_all_pixels_unless_told_otherwise(xp):
    x = xp.asarray([[[[1.0, 2.0, 3.0]]]])
    assert values(F.max_pooling_2d(x, (1, 2))) == [[[[2, 3]]]]
    assert values(F.max_pooling_2d(x, (1, 2), cover_all=False)) == [[[[2]]]]
    assert values(F.max_pooling_2d(x, (1, 4))) == [[[[3]]]]  # a window larger than the image


def test_the_zeros_of_the_pad_count_in_an_average(xp):
    x = xp.asarray([[[[2.0, 4.0]]]])
    assert values(F.average_pooling_2d(x, (1, 2), 1, (0, 1))) == [[[[1, 3, 2]]]]
    assert values(F.average_pooling_2d(x, 1, 2, (0, 2))) == [[[[0, 2, 0]]]]
    assert gradient(xp, [[2, 4]], lambda x: F.average_pooling_2d(x, (1, 2))) == [[0.5, 0.5]]


@pytest.mark.parametrize("function", [F.max_pooling_2d, F.average_pooling_2d])
def test_windows_lie_side_by_side_unless_told_otherwise(function, xp):
    x = xp.ones((2, 3, 6, 6))
    assert function(x, (2, 3)).shape == (2, 3, 3, 2)
    assert function(x, (2, 3), stride=1).shape == (2, 3, 5, 4)


@pytest.mark.parametrize("function", [F.max_pooling_2d, F.average_pooling_2d])
def test_nan_is_not_hidden(function, xp):
    for place in range(4):
        image = np.zeros(4, np.float32)
        image[place] = math.nan
        assert math.isnan(function(xp.asarray(image.reshape(1, 1, 2, 2)), 2).item())


@pytest.mark.parametrize("function", [F.max_pooling_2d, F.average_pooling_2d])
def test_an_empty_mini_batch_stays_empty(function, xp):
    x = Variable(xp.zeros((0, 2, 4, 4)))
    y = function(x, 2)
    assert y.shape == (0, 2, 2, 2)
    y.sum().backward()
    assert x.grad.shape == x.shape


def test_indices_say_which_place_of_the_window_it_is(xp):
    x = Variable(xp.asarray([[[[1.0, 3.0, 2.0], [4.0, 0.0, 5.0]]], [[[1.0, 1.0, 9.0]] * 2]]))
    y, indexes = F.max_pooling_2d(x, 2, 1, return_indices=True)
    assert values(y) == [[[[4, 5]]], [[[1, 9]]]]
    assert type(indexes) is xp.ndarray
    assert values(indexes) == [[[[2, 3]]], [[[0, 1]]]]
    y.sum().backward()
    assert values(x.grad[1, 0, 0]) == [1, 0, 1]


def test_numbers_are_put_back_and_picked_out_to_any_order(xp):
    x, gy = np.random.default_rng(0).normal(size=(2, 2, 1, 3, 3))
    function = pooling.MaxPooling2D(slide("test", (3, 3), 2, 1, 0))
    function.apply(xp.asarray(x))
    for kind, values in [(pooling.PutBack, gy[..., :2, :2]), (pooling.PickOut, x)]:
        values = xp.asarray(np.ascontiguousarray(values))
        picked = kind(function.windows, function.masks).apply(values)

        def compute(x, kind=kind):
            return kind(function.windows, function.masks).apply(x)

        gradient_check.check_backward(compute, values, xp.ones(picked.shape))


def test_the_input_and_the_output_share_no_memory():
    x = np.ones((1, 1, 2, 2))
    for y in (F.max_pooling_2d(x, 1), F.average_pooling_2d(x, 1)):
        y.data[...] = 0
        assert x.all()


def test_labels_are_the_names_of_the_verbs():
    x = Variable(np.ones((1, 1, 2, 2)))
    assert F.max_pooling_2d(x, 2).creator.label == "max_pooling_2d"
    assert F.average_pooling_2d(x, 2).creator.label == "average_pooling_2d"
