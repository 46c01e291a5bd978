"""SGD: what it changes, and by how much."""

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Chain, Link, Parameter, Variable, backend, optimizers


def make_link(xp, dtype=np.float32):
    link = Link()
    with link.init_scope():
        link.a = Parameter(xp.asarray([1.0, 2.0], dtype=dtype))
        link.b = Parameter(xp.asarray(3.0, dtype=dtype))
    return link


def values(array):
    return backend.to_cpu(array).tolist()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_update_moves_against_the_gradient(dtype, xp):
    link = make_link(xp, dtype)
    optimizer = optimizers.SGD(lr=0.5).setup(link)
    link.a.grad = xp.asarray([1.0, -2.0], dtype=dtype)
    link.b.grad = xp.asarray(4.0, dtype=dtype)
    optimizer.update()
    assert (values(link.a.data), values(link.b.data)) == ([0.5, 3.0], 1.0)
    assert (link.a.dtype, link.b.dtype) == (dtype, dtype)
    assert values(link.a.grad) == [1, -2]


def test_the_learning_rate_is_001_and_can_be_changed():
    link = make_link(np, np.float64)
    optimizer = optimizers.SGD().setup(link)
    assert optimizer.lr == 0.01
    link.b.grad = np.array(1.0)
    optimizer.update()
    optimizer.lr = 0.1
    optimizer.update()
    assert link.b.item() == pytest.approx(3 - 0.01 - 0.1)


def test_a_parameter_without_gradient_stays(xp):
    link = make_link(xp)
    optimizer = optimizers.SGD(lr=0.5).setup(link)
    link.b.grad = xp.asarray(4.0, dtype=np.float32)
    optimizer.update()
    assert (values(link.a.data), values(link.b.data)) == ([1, 2], 1)


def test_a_parameter_that_waits_for_its_shape_is_left_alone():
    link = make_link(np)
    with link.init_scope():
        link.c = Parameter(0.0)
    optimizers.SGD().setup(link).update()
    assert not link.c.is_initialized


def test_update_with_a_loss_function_computes_it_clears_and_goes_back(xp):
    link = make_link(xp)
    optimizer = optimizers.SGD(lr=0.5).setup(link)
    link.a.grad = xp.ones(2, dtype=np.float32)  # must not count
    optimizer.update(lambda factor, power: factor * link.b**power, 2, power=2)
    assert (values(link.a.data), values(link.b.data)) == ([1, 2], -3)
    assert link.a.grad is None


def test_setup_returns_the_optimizer_and_updates_are_counted():
    link = make_link(np)
    optimizer = optimizers.SGD()
    assert optimizer.setup(link) is optimizer
    assert (optimizer.target is link, optimizer.t) == (True, 0)
    optimizer.update()
    optimizer.update()
    assert optimizer.t == 2
    assert optimizer.setup(link).t == 0


def test_a_shared_parameter_is_updated_once():
    model = Chain()
    with model.init_scope():
        model.l1, model.l2 = L.Linear(1, 1, initialW=1.0), L.Linear(1, 1)
        model.l2.W = model.l1.W
        model.again = model.l1
    optimizer = optimizers.SGD(lr=0.5).setup(model)
    model.l1.W.grad = np.ones((1, 1), np.float32)
    optimizer.update()
    assert model.l1.W.data.tolist() == [[0.5]]


def test_the_array_of_a_parameter_is_changed_in_place(xp):
    link = make_link(xp)
    array = link.a.data
    link.a.grad = xp.ones(2, dtype=np.float32)
    optimizers.SGD(lr=1).setup(link).update()
    assert link.a.data is array
    assert values(array) == [0, 1]


def test_an_update_leaves_the_gradient_that_others_hold_alone(xp):
    link = make_link(xp)
    y = link.a + 1
    g = y.grad = xp.ones(2, dtype=np.float32)
    y.backward()
    optimizers.SGD(lr=0.5).setup(link).update()
    assert values(g) == [1, 1]


def test_sgd_fits_a_line(xp):
    x = np.linspace(-1, 1, 20).reshape(20, 1)
    f = L.Linear(1, 1, initialW=xp.asarray([[0.0]]), initial_bias=xp.asarray([0.0]))
    optimizer = optimizers.SGD(lr=0.3).setup(f)
    xs, ts = Variable(xp.asarray(x)), Variable(xp.asarray(3 * x - 1))
    for _ in range(200):
        optimizer.update(lambda: F.mean_squared_error(f(xs), ts))
    assert f.W.item() == pytest.approx(3, abs=1e-6)
    assert f.b.item() == pytest.approx(-1, abs=1e-6)


def test_sgd_learns_exclusive_or(xp):
    np.random.seed(1)
    model = Chain()
    with model.init_scope():
        model.l1, model.l2 = L.Linear(2, 16), L.Linear(16, 2)
    for param in model.params():
        param.data = xp.asarray(param.data)
    optimizer = optimizers.SGD(lr=0.5).setup(model)
    x = xp.asarray([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    t = xp.asarray([0, 1, 1, 0])
    scores = lambda: model.l2(F.tanh(model.l1(x)))  # noqa: E731
    for _ in range(300):
        optimizer.update(lambda: F.softmax_cross_entropy(scores(), t))
    assert F.accuracy(scores(), t).item() == 1


def test_the_updates_are_counted_from_zero():
    assert optimizers.SGD().t == 0


def test_a_learning_rate_that_was_changed_is_checked_again():
    link = make_link(np)
    optimizer = optimizers.SGD(0.1).setup(link)
    optimizer.lr = -1
    with pytest.raises(ValueError, match="SGD: expected lr as a number above 0, got -1"):
        optimizer.update()
