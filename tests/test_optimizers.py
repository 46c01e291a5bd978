"""Optimizers and their hooks: what they change, and by how much. See also test_training_golden."""

import copy
import io
import math
import pickle
import warnings
import weakref

import numpy as np
import pytest
import strict_xp

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Chain,
    Link,
    Parameter,
    Variable,
    backend,
    optimizer_hooks,
    optimizers,
    serializers,
)


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
    link.b.grad = np.ones((), np.float32)
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
    with pytest.warns(UserWarning, match="SGD.update: expected gradients, got none") as caught:
        optimizer.update()
        optimizer.update()
    assert [warning.filename for warning in caught] == [__file__] * 2  # where it was called
    assert optimizer.t == 2
    assert optimizer.setup(link).t == 0


def test_an_optimizer_of_a_model_that_is_not_used_any_more_warns():
    optimizer = optimizers.SGD().setup(make_link(np))
    optimizer.t = 100  # it has worked well so far, and then the cell with the model ran again
    link = make_link(np)
    for param in link.params():
        param.grad = np.ones_like(param.data)
    with pytest.warns(UserWarning, match="SGD.update: expected gradients, got none"):
        optimizer.update()


def test_a_name_of_another_library_is_not_set():
    optimizer = optimizers.Adam().setup(make_link(np))
    with pytest.raises(AttributeError, match="got 'lr'. .* write alpha"):
        optimizer.lr = 0.1
    optimizer.alpha = 0.1
    optimizer.t = 3
    optimizer.note = "mine"
    assert (optimizer.alpha, optimizer.t, optimizer.note) == (0.1, 3, "mine")
    optimizer = optimizers.SGD().setup(make_link(np))
    optimizer.lr = 0.1
    assert optimizer.lr == 0.1


@pytest.mark.parametrize("nest", [lambda x: [x], lambda x: [(1, x)], lambda x: {"a": [x]}])
def test_setup_warns_of_layers_that_are_only_in_a_list(nest):
    link = make_link(np)
    link.layers = []
    link.layers.append(nest(L.Linear(2, 2)))
    with pytest.warns(UserWarning, match="layers: expected each Parameter and each Link") as caught:
        optimizers.SGD().setup(link)
    assert [warning.filename for warning in caught] == [__file__]


def test_setup_does_not_warn_of_lists_of_what_is_registered():
    link = make_link(np)
    link.both = [*link.params(), "a text", (list(link.params()),)]
    link.both.append({"all": link.both})  # a circle
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizers.SGD().setup(link)


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
    with pytest.raises(ValueError, match="SGD: expected lr as a number of at least 0, got -1"):
        optimizer.update()


# ---- the equations, written out for a single number ----


def sgd(p, grads, lr):
    for g in grads:
        p -= lr * g
    return p


def momentum_sgd(p, grads, lr, momentum):
    v = 0.0
    for g in grads:
        v = momentum * v - lr * g
        p += v
    return p


def rmsprop(p, grads, lr, alpha, eps, eps_inside_sqrt=False):
    ms = 0.0
    for g in grads:
        ms = alpha * ms + (1 - alpha) * g * g
        p -= lr * g / (math.sqrt(ms + eps) if eps_inside_sqrt else math.sqrt(ms) + eps)
    return p


def adam(p, grads, alpha, beta1, beta2, eps, eta=1.0, weight_decay_rate=0.0, amsgrad=False):
    m = v = vhat = 0.0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        vhat = max(vhat, v) if amsgrad else v
        alpha_t = alpha * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        p -= eta * (alpha_t * m / (math.sqrt(vhat) + eps) + weight_decay_rate * p)
    return p


MOMENTS = {"alpha": 0.25, "beta1": 0.5, "beta2": 0.25, "eps": 0.125}
EQUATIONS = [
    ("SGD", sgd, {"lr": 0.25}),
    ("MomentumSGD", momentum_sgd, {"lr": 0.25, "momentum": 0.5}),
    ("RMSprop", rmsprop, {"lr": 0.25, "alpha": 0.5, "eps": 0.125}),
    ("RMSprop", rmsprop, {"lr": 0.25, "alpha": 0.5, "eps": 0.125, "eps_inside_sqrt": True}),
    ("Adam", adam, MOMENTS),
    ("Adam", adam, {**MOMENTS, "amsgrad": True}),
    ("Adam", adam, {**MOMENTS, "eta": 0.5, "weight_decay_rate": 0.25}),
    ("AdamW", adam, {**MOMENTS, "eta": 0.5, "weight_decay_rate": 0.25}),
]
GRADS = [2.0, -1.0, 0.5]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name, equation, options", EQUATIONS)
def test_three_updates_follow_the_equation(name, equation, options, dtype, xp):
    link = make_link(xp, dtype)
    optimizer = getattr(optimizers, name)(**options).setup(link)
    for g in GRADS:
        link.a.grad = xp.asarray([g, -g], dtype=dtype)
        link.b.grad = xp.asarray(g, dtype=dtype)
        optimizer.update()
    negative = [-g for g in GRADS]
    expected = [equation(1.0, GRADS, **options), equation(2.0, negative, **options)]
    close = {"rel": {np.float16: 5e-3, np.float32: 1e-5, np.float64: 1e-12}[dtype]}
    assert values(link.a.data) == pytest.approx(expected, **close)
    assert values(link.b.data) == pytest.approx(equation(3.0, GRADS, **options), **close)
    assert (link.a.dtype, link.b.dtype) == (dtype, dtype)


def every_optimizer():
    return [getattr(optimizers, name)() for name in optimizers.__all__ if name != "Optimizer"]


ALL = [type(optimizer).__name__ for optimizer in every_optimizer()]


def make(name, **options):
    return getattr(optimizers, name)(**options)


def step(optimizer, *grads):
    """Update with these gradients, one for each parameter; None for no gradient."""
    for param, g in zip(optimizer.target.params(), grads, strict=True):
        g = None if g is None else param.xp.asarray(np.full(param.shape, g, param.dtype))
        param.grad = g
    optimizer.update()


def states(optimizer):
    """Return what the optimizer remembers of each parameter, in their order."""
    return [optimizer._states[id(param)][1] for param in optimizer.target.params()]


def size(dtype):
    return np.dtype(dtype).itemsize


def arrays_of(state):
    return {name: value for name, value in state.items() if name != "t"}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_remembered_has_the_shape_the_dtype_and_the_module_of_the_parameter(dtype, xp):
    seen = 0
    for optimizer in [optimizers.MomentumSGD(), optimizers.RMSprop(eps=1e-4), optimizers.Adam()]:
        optimizer.setup(make_link(xp, dtype))
        step(optimizer, 1, 2)
        for param, state in zip(optimizer.target.params(), states(optimizer), strict=True):
            for array in arrays_of(state).values():
                assert type(array) is type(param.data)
                assert (array.dtype, array.shape) == (max(dtype, np.float32, key=size), param.shape)
                seen += 1
    assert seen == 2 * (1 + 1 + 2)


@pytest.mark.parametrize("name", ALL)
def test_what_is_remembered_is_changed_in_place(name, xp):
    optimizer = make(name).setup(make_link(xp))
    step(optimizer, 1, 2)
    before = [arrays_of(state) for state in states(optimizer)]
    step(optimizer, 3, 4)
    for old, state in zip(before, states(optimizer), strict=True):
        new = arrays_of(state)
        assert new.keys() == old.keys()
        assert all(new[key] is old[key] for key in new)


@pytest.mark.parametrize("name", ALL)
def test_an_optimizer_leaves_gradients_as_they_are(name, xp):
    optimizer = make(name).setup(make_link(xp))
    step(optimizer, 1, 2)
    grads = [param.grad for param in optimizer.target.params()]
    optimizer.update()
    assert [param.grad for param in optimizer.target.params()][0] is grads[0]
    assert [values(g) for g in grads] == [[1, 1], 2]


@pytest.mark.parametrize("name", ALL)
def test_every_optimizer_leaves_a_parameter_without_gradient_alone(name):
    """Even if it had one before: in Chainer it would go on by its momentum."""
    optimizer = make(name).setup(make_link(np))
    step(optimizer, 1, 2)
    before = values(optimizer.target.b.data)
    remembered = {key: np.copy(value) for key, value in states(optimizer)[1].items()}
    step(optimizer, 1, None)
    assert values(optimizer.target.b.data) == before
    assert states(optimizer)[1] == remembered
    assert [state["t"] for state in states(optimizer)] == [2, 1]
    assert optimizer.t == 2


def test_a_parameter_that_comes_later_starts_its_own_count():
    model = Chain()
    with model.init_scope():
        model.l1 = L.Linear(2, 2, initialW=0.5)
    optimizer = optimizers.Adam(alpha=0.1).setup(model)
    step(optimizer, 1, 1)
    with model.init_scope():
        model.l2 = L.Linear(2, 1, initialW=0.5)
    step(optimizer, 1, 1, 1, 1)
    assert [state["t"] for state in states(optimizer)] == [2, 2, 1, 1]
    # Whatever the gradient, the first step of Adam is alpha long.
    np.testing.assert_allclose(model.l2.W.data, 0.4, rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_an_optimizer_may_be_set_up_before_the_first_mini_batch(name, xp):
    x = xp.asarray([[1.0, -2.0, 3.0]], dtype=np.float32)
    moved = []
    for first_call in (False, True):
        np.random.seed(0)
        f = L.Linear(2)
        f.b.data = xp.asarray(f.b.data)
        if first_call:
            f(x)
        optimizer = make(name).setup(f)
        for _ in range(3):
            optimizer.update(lambda f=f: F.sum(f(x) ** 2))
        assert optimizer.t == 3
        moved.append(values(f.W.data))
    assert moved[0] == moved[1]


def test_a_shared_parameter_is_moved_and_counted_once():
    model = Chain()
    with model.init_scope():
        model.l1, model.l2 = L.Linear(1, 1, nobias=True), L.Linear(1, 1, nobias=True)
        model.l2.W = model.l1.W
    optimizer = optimizers.Adam(alpha=0.1).setup(model)
    start = model.l1.W.item()
    step(optimizer, 1)
    assert model.l1.W.item() == pytest.approx(start - 0.1, rel=1e-5)
    assert [state["t"] for state in states(optimizer)] == [1]


def test_setup_forgets_what_was_and_frees_it(no_gc):
    optimizer = optimizers.Adam().setup(make_link(np))
    optimizer.add_hook(lambda opt: None, "nothing")
    step(optimizer, 1, 2)
    optimizer.new_epoch()
    gone = [weakref.ref(optimizer.target.a), weakref.ref(states(optimizer)[0]["m"])]
    optimizer.setup(make_link(np))
    assert [ref() for ref in gone] == [None, None]
    assert (optimizer.t, optimizer.epoch) == (0, 0)
    optimizer.add_hook(lambda opt: None, "nothing")
    step(optimizer, 1, 2)
    assert states(optimizer)[0]["t"] == 1


def test_a_new_parameter_does_not_inherit_what_is_remembered_of_another():
    """Not even under the same name."""
    optimizer = optimizers.MomentumSGD(lr=1, momentum=0.5).setup(L.Linear(1, 1, nobias=True))
    step(optimizer, 8)
    optimizer.target.W = Parameter(np.zeros((1, 1)))
    step(optimizer, 1)
    assert optimizer.target.W.item() == -1


def test_what_is_remembered_follows_the_model_to_another_device(strict):
    """Here from the stand-in for CuPy to NumPy: then all goes on as if it had been there."""
    here, there = make_link(np), make_link(strict)
    optimizer, other = optimizers.Adam().setup(here), optimizers.Adam().setup(there)
    for each in (optimizer, other):
        step(each, 1, 2)
    there.to_cpu()
    for each in (optimizer, other):
        step(each, -3, 4)
    assert [values(p.data) for p in there.params()] == [values(p.data) for p in here.params()]
    assert type(states(other)[0]["m"]) is np.ndarray


def test_what_is_remembered_follows_the_model_from_numpy_too(strict):
    link = make_link(np)
    optimizer = optimizers.MomentumSGD(lr=1, momentum=0.5).setup(link)
    step(optimizer, 4, 8)
    for param in link.params():
        param.data = strict.asarray(param.data)
    step(optimizer, 0, 0)
    assert (values(link.a.data), values(link.b.data)) == ([-5, -4], -9)
    assert type(states(optimizer)[0]["v"]) is strict.ndarray


def test_epochs_are_counted():
    optimizer = optimizers.SGD()
    assert optimizer.epoch == 0
    optimizer.new_epoch()
    optimizer.new_epoch()
    assert optimizer.epoch == 2


def test_the_hyperparameters_may_be_numpy_numbers():
    for number in (np.float64, np.float32):
        for optimizer in every_optimizer():
            link = make_link(np)
            for name, value in vars(optimizer).items():
                if isinstance(value, float):
                    setattr(optimizer, name, number(value))
            step(optimizer.setup(link), 1, 2)
            assert (link.a.dtype, link.b.dtype) == (np.float32, np.float32)


def test_the_defaults_are_chainers():
    defaults = {type(optimizer).__name__: vars(optimizer) for optimizer in every_optimizer()}
    moments = {"alpha": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eta": 1.0}
    moments |= {"weight_decay_rate": 0, "amsgrad": False}
    assert defaults == {
        "SGD": {"lr": 0.01},
        "MomentumSGD": {"lr": 0.01, "momentum": 0.9},
        "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "eps_inside_sqrt": False},
        "Adam": moments,
        "AdamW": moments,
    }


@pytest.mark.parametrize("name", ALL)
def test_every_number_that_an_optimizer_is_given_is_checked_again_at_an_update(name):
    for hyperparam in vars(make(name)):
        optimizer = make(name).setup(make_link(np))
        setattr(optimizer, hyperparam, -1)
        with pytest.raises((ValueError, TypeError), match=f"{name}: expected {hyperparam} "):
            optimizer.update()
        assert optimizer.t == 0


@pytest.mark.parametrize(
    "name, hyperparam, fine, wrong",
    [
        ("MomentumSGD", "momentum", [0, 0.5], [1, math.nan, None]),
        ("RMSprop", "alpha", [0, 0.5], [1, -0.1]),
        ("RMSprop", "eps", [0, 1], [-1e-8, math.inf]),
        ("SGD", "lr", [0, 0.5], [-0.1, math.nan, math.inf, -math.inf, True, 10**400, None]),
        ("MomentumSGD", "lr", [0, 0.5], [-0.1, math.nan, math.inf, False, np.True_]),
        ("RMSprop", "lr", [0, 0.5], [-0.1, math.nan, np.float32(math.inf), [0.1], np.ones(1)]),
        ("Adam", "alpha", [0, 0.5, 2], [-0.1, math.inf, "0.1", np.array(math.nan), 1j]),
        ("AdamW", "alpha", [0, 0.5, 2], [-1, math.nan, np.array(True), np.complex64(1)]),
        ("Adam", "beta1", [0, 0.99], [1, 1.5]),
        ("Adam", "beta2", [0, 0.99], [1, -0.5]),
        ("Adam", "eps", [0], [-1]),
        ("AdamW", "eta", [0, 2], [-1, True]),
        ("AdamW", "weight_decay_rate", [0, 2], [-1, math.nan]),
    ],
)
def test_the_limits_of_the_hyperparameters(name, hyperparam, fine, wrong):
    for value in fine:
        optimizer = make(name, **{hyperparam: value}).setup(make_link(np))
        step(optimizer, 1, 2)
        assert np.isfinite(optimizer.target.a.data).all()
    for value in wrong:
        with pytest.raises(ValueError, match=f"{name}: expected {hyperparam} as a number"):
            make(name, **{hyperparam: value})


@pytest.mark.parametrize("name", ["RMSprop", "Adam", "AdamW"])
def test_an_eps_that_is_zero_in_the_dtype_of_the_parameter_is_refused(name):
    for dtype in (np.float16, np.float32):
        optimizer = make(name, eps=1e-60).setup(make_link(np, dtype))
        with pytest.raises(ValueError, match=f"{name}: expected eps as a number that float32 can"):
            step(optimizer, 1, 2)
        assert (optimizer.t, values(optimizer.target.a.data)) == (0, [1, 2])
    step(make(name, eps=1e-60).setup(make_link(np, np.float64)), 1, 2)


def test_adam_does_not_divide_by_zero_in_float16(xp):
    link = make_link(xp, np.float16)
    step(optimizers.Adam().setup(link), 0, 0)
    assert (values(link.a.data), values(link.b.data)) == ([1, 2], 3)


def test_an_optimizer_of_ones_own_needs_update_core_alone():
    class Sign(optimizers.Optimizer):
        def update_core(self, data, grad, state):
            data -= state["t"] * np.sign(grad)

    optimizer = Sign().setup(make_link(np))
    step(optimizer, 5, -7)
    step(optimizer, 5, -7)
    assert (values(optimizer.target.a.data), values(optimizer.target.b.data)) == ([-2, -1], 6)
    assert states(optimizer) == [{"t": 2}, {"t": 2}]


def test_the_first_step_of_adam_is_alpha_long_whatever_the_gradient():
    link = make_link(np, np.float64)
    optimizer = optimizers.Adam(alpha=0.1).setup(link)
    for size in (1e-3, 1, 1e6):
        before = link.b.item()
        step(optimizer.setup(link), size, size)
        assert before - link.b.item() == pytest.approx(0.1, rel=1e-3)


# ---- learning rates of schedules ----


@pytest.mark.parametrize("rate", [0, 0.0, np.float32(0), np.array(0.0), np.array(0), np.int64(0)])
@pytest.mark.parametrize("name", ALL)
def test_a_learning_rate_of_0_moves_nothing_and_is_counted(name, rate, xp):
    optimizer = make(name, **{"alpha" if "Adam" in name else "lr": rate}).setup(make_link(xp))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            step(optimizer, 1, 2)
    assert (values(optimizer.target.a.data), values(optimizer.target.b.data)) == ([1, 2], 3)
    assert optimizer.t == 2
    assert [state["t"] for state in states(optimizer)] == [2, 2]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.asarray, np.float16])
@pytest.mark.parametrize("name, equation, options", EQUATIONS)
def test_hyperparameters_may_come_as_numbers_of_numpy(name, equation, options, kind, xp):
    """`np.where(t < 10, 0.1, 0.01)` gives an array of shape ()."""
    given = {key: v if isinstance(v, bool) else kind(v) for key, v in options.items()}
    for dtype in (np.float16, np.float32, np.float64):
        moved = []
        for each in (options, given):
            link = make_link(xp, dtype)
            optimizer = make(name, **each).setup(link)
            for g in GRADS:
                step(optimizer, g, -g)
            moved.append((values(link.a.data), values(link.b.data)))
        assert moved[0] == moved[1]


def test_a_schedule_may_warm_up_from_0():
    link = make_link(np, np.float64)
    optimizer = optimizers.SGD().setup(link)
    for t in range(5):
        optimizer.lr = np.interp(t, [0, 4], [0, 1])
        step(optimizer, None, 1)
    assert link.b.item() == pytest.approx(3 - (0 + 0.25 + 0.5 + 0.75 + 1))


# ---- float16 ----


@pytest.mark.parametrize("scale", [1e-4, 1e-3, 1.0, 100.0])
@pytest.mark.parametrize("name", ALL)
def test_float16_moves_as_float64_does_but_for_rounding(name, scale, xp):
    """The squares of small gradients are 0 in float16, and of large ones infinite."""
    rng = np.random.default_rng(0)
    grads = [(scale * rng.normal(size=2)).astype(np.float16) for _ in range(50)]
    moved = []
    for dtype in (np.float16, np.float64):
        link = Link()
        with link.init_scope():
            link.a = Parameter(xp.asarray(np.array([1.0, -0.5], dtype)))
        rate = {"alpha": 0.01} if "Adam" in name else {"lr": 0.01 / scale}
        optimizer = make(name, **(rate if name != "RMSprop" else {"lr": 0.01})).setup(link)
        for g in grads:
            link.a.grad = xp.asarray(g.astype(dtype))
            optimizer.update()
        moved.append(np.array(values(link.a.data)))
        assert link.a.dtype == dtype
    np.testing.assert_allclose(moved[0], moved[1], atol=50 * 2.0**-12)  # half a digit a step


def test_an_optimizer_of_ones_own_gets_float16_in_float32():
    seen = []

    class Halve(optimizers.Optimizer):
        state_names = ("last",)

        def update_core(self, data, grad, state):
            seen.append({data.dtype, grad.dtype, state["last"].dtype})
            data /= 2

    link = make_link(np, np.float16)
    array = link.a.data
    step(Halve().setup(link), 1, 1)
    assert seen == [{np.dtype(np.float32)}] * 2
    assert link.a.data is array
    assert (array.tolist(), link.b.item(), link.b.dtype) == ([0.5, 1], 1.5, np.float16)


@pytest.mark.parametrize("name", ALL)
def test_a_resumed_training_in_float16_goes_on_bit_for_bit(name):
    rng = np.random.default_rng(0)
    grads = rng.normal(size=6)

    def trained(count):
        optimizer = make(name).setup(make_link(np, np.float16))
        for g in grads[:count]:
            step(optimizer, g, -g)
        return optimizer

    expected, first, resumed = trained(6), trained(3), trained(0)
    serializers.load_npz(saved(first.target), resumed.target)
    serializers.load_npz(saved(first), resumed)
    for g in grads[3:]:
        step(resumed, g, -g)
    for param, other in zip(resumed.target.params(), expected.target.params(), strict=True):
        assert param.data.tobytes() == other.data.tobytes()
    assert all(a.dtype == np.float32 for s in states(resumed) for a in arrays_of(s).values())


@pytest.mark.parametrize("code", [">f2", ">f4", ">f8"])
@pytest.mark.parametrize("name", ALL)
def test_the_order_of_bytes_does_not_matter(name, code):
    moved = []
    for dtype in (code, code.replace(">", "<")):
        link = make_link(np, dtype)
        optimizer = make(name).setup(link)
        for hook in (optimizer_hooks.WeightDecay(0.1), optimizer_hooks.GradientClipping(1)):
            optimizer.add_hook(hook)
        for g in GRADS:
            step(optimizer, g, -g)
        moved.append([values(param.data) for param in link.params()])
        assert link.a.dtype == np.dtype(dtype).newbyteorder("=")
    assert moved[0] == moved[1]


# ---- all or nothing ----


def refused(optimizer, match, error=ValueError):
    """Update, be refused, and see that nothing has changed: no array, no gradient, no count."""
    params = list(optimizer.target.params())
    look = lambda: (  # noqa: E731
        [copy.deepcopy((backend.to_cpu(p.data), backend.to_cpu(p.grad))) for p in params],
        optimizer.t,
        [copy.deepcopy(state) for _, state in optimizer._states.values() if state["t"]],
    )
    before = look()
    with pytest.raises(error, match=match):
        optimizer.update()
    np.testing.assert_equal(look(), before)


HOOKS = [[], [optimizer_hooks.WeightDecay(0.5), optimizer_hooks.GradientClipping(0.1)]]


@pytest.mark.parametrize("hooks", HOOKS)
@pytest.mark.parametrize("name", ALL)
def test_what_cannot_move_is_refused_before_anything_moves(name, hooks):
    def begin():
        optimizer = make(name).setup(make_link(np))
        for hook in hooks:
            optimizer.add_hook(hook)
        step(optimizer, 1, 2)
        return optimizer, optimizer.target.b  # the last one, so that another could move first

    optimizer, b = begin()
    b.data.flags.writeable = False
    refused(optimizer, rf"{name}.update: expected an array that can be changed for /b, got a read")

    optimizer, b = begin()
    b.grad.shape = (1, 1)
    refused(optimizer, rf"{name}.update: expected a gradient of shape \(\) for /b, got \(1, 1\)")

    optimizer, b = begin()
    rate = next(iter(vars(optimizer).keys() & {"lr", "alpha"} - {"alpha"} or {"alpha"}))
    setattr(optimizer, rate, math.nan)
    refused(optimizer, f"{name}: expected {rate} as a number of at least 0, got nan")


@pytest.mark.parametrize("name", ALL)
def test_a_gradient_of_another_array_module_is_refused_before_anything_moves(name, strict):
    optimizer = make(name).setup(make_link(np))
    step(optimizer, 1, 2)
    optimizer.target.b.data = strict.asarray(3.0, dtype=np.float32)
    match = f"{name}.update: expected the gradient of /b from strict_xp like its data, got .* numpy"
    refused(optimizer, match, TypeError)


@pytest.mark.parametrize("name", ALL)
def test_after_the_shape_of_a_parameter_changed_setup_is_called_again(name):
    optimizer = make(name).setup(make_link(np))
    step(optimizer, 1, 2)
    optimizer.target.b.data = np.zeros((4, 2), np.float32)
    optimizer.target.b.grad = np.ones((4, 2), np.float32)
    if name != "SGD":  # it remembers no array
        refused(optimizer, rf"{name}: expected /b with the shape \(\) .* got \(4, 2\)")
    optimizer.setup(optimizer.target).update()
    assert (optimizer.target.b.data < 0).all()


@pytest.mark.parametrize("name", ALL)
def test_what_is_remembered_follows_the_parameter_to_another_dtype(name, xp):
    optimizer, other = [make(name).setup(make_link(xp, t)) for t in (np.float32, np.float64)]
    for each in (optimizer, other):
        step(each, 0.5, 2)
    for param in optimizer.target.params():
        param.data = param.data.astype(np.float64)
    for each in (optimizer, other):
        step(each, 0.25, 1)
    for state in states(optimizer):
        assert all(array.dtype == np.float64 for array in arrays_of(state).values())
    for param, expected in zip(optimizer.target.params(), other.target.params(), strict=True):
        np.testing.assert_allclose(values(param.data), values(expected.data), rtol=1e-6)


def test_a_hook_may_not_leave_a_number_that_is_refused():
    optimizer = optimizers.SGD().setup(make_link(np))
    optimizer.add_hook(lambda opt: setattr(opt, "lr", math.nan), "schedule")
    step_back = [p.data.copy() for p in optimizer.target.params()]
    with pytest.raises(ValueError, match="SGD: expected lr as a number of at least 0, got nan"):
        step(optimizer, 1, 2)
    assert [p.data.tolist() for p in optimizer.target.params()] == [a.tolist() for a in step_back]
    assert optimizer.t == 0


# ---- an update_core that changes nothing ----


class Rebinds(optimizers.Optimizer):
    def update_core(self, data, grad, state):
        data = data - 0.1 * grad


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_update_core_that_rebinds_is_warned_of(dtype, xp):
    optimizer = Rebinds().setup(make_link(xp, dtype))
    with pytest.warns(
        UserWarning, match="Rebinds.update_core: expected data to be changed"
    ) as all_:
        step(optimizer, 1, 2)
    assert len(all_) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(optimizer, 1, 2)  # only the first update is looked at, as it costs a copy


def test_an_update_core_derived_from_ours_that_rebinds_is_warned_of():
    class Mine(optimizers.SGD):
        def update_core(self, data, grad, state):
            data = data - self.lr * grad

    with pytest.warns(UserWarning, match="Mine.update_core: expected data to be changed"):
        step(Mine().setup(make_link(np)), 1, 2)


def test_an_update_core_that_changes_something_or_has_nothing_to_change_is_not_warned_of(xp):
    class Second(optimizers.Optimizer):
        def update_core(self, data, grad, state):
            if data.ndim == 0:
                data -= grad

    class Warm(optimizers.SGD):
        def __init__(self):
            super().__init__(lr=0)

        def update_core(self, data, grad, state):
            data -= self.lr * grad

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(Second().setup(make_link(xp)), 1, 2)
        step(Rebinds().setup(make_link(xp)), 0, 0)
        step(optimizers.SGD(lr=0).setup(make_link(xp)), 1, 2)
        step(Warm().setup(make_link(xp)), 1, 2)


# ---- frozen parameters ----


@pytest.mark.parametrize("name", ALL)
def test_a_frozen_parameter_keeps_its_gradient_and_stays(name, xp):
    optimizer = make(name).setup(make_link(xp))
    optimizer.target.a.update_enabled = False
    step(optimizer, 1, 2)
    assert values(optimizer.target.a.data) == [1, 2]
    assert values(optimizer.target.a.grad) == [1, 1]
    assert values(optimizer.target.b.data) < 3
    assert optimizer.t == 1
    assert [state["t"] for _, state in optimizer._states.values()] == [1]
    optimizer.target.a.update_enabled = True
    step(optimizer, 1, 2)
    assert values(optimizer.target.a.data)[0] < 1
    assert [state["t"] for state in states(optimizer)] == [1, 2]


def test_hooks_see_frozen_parameters_as_in_chainer():
    link = make_link(np)
    link.a.update_enabled = False
    optimizer = optimizers.SGD(lr=1).setup(link)
    optimizer.add_hook(optimizer_hooks.WeightDecay(1))
    optimizer.add_hook(optimizer_hooks.GradientClipping(6.5))
    link.a.grad, link.b.grad = np.array([2, 2], np.float32), np.array(9, np.float32)
    optimizer.update()
    assert [values(link.a.grad), values(link.b.grad)] == [[1.5, 2], 6]  # (3, 4, 12), halved
    assert [values(link.a.data), values(link.b.data)] == [[1, 2], -3]


def test_disable_update_freezes_all_below_and_enable_update_frees_them():
    model = Chain(l1=L.Linear(2, 2), l2=Chain(l=L.Linear(2, 1)))
    model.l2.disable_update()
    enabled = {path: param.update_enabled for path, param in model.namedparams()}
    assert enabled == {"/l1/W": True, "/l1/b": True, "/l2/l/W": False, "/l2/l/b": False}
    assert (model.update_enabled, model.l1.update_enabled, model.l2.update_enabled) == (
        True,
        True,
        False,
    )
    model.l2.l.b.update_enabled = True
    assert model.l2.update_enabled
    model.disable_update()
    assert not model.update_enabled
    model.enable_update()
    assert all(param.update_enabled for param in model.params())


def test_what_comes_with_the_first_mini_batch_is_frozen_too():
    model = Chain(l1=L.Linear(2), l2=L.Linear(1), l3=L.Linear(1, nobias=True))
    model.l1.disable_update()
    assert (model.l1.update_enabled, model.l3.update_enabled) == (False, True)
    model.l2.disable_update()
    model.l2.enable_update()
    optimizer = optimizers.SGD(lr=1).setup(model)
    loss = lambda: model.l3(model.l2(model.l1(np.ones((1, 3), np.float32)))).sum()  # noqa: E731
    optimizer.update(loss)
    before = [param.data.copy() for param in model.params()]
    assert [param.update_enabled for param in model.params()] == [False] * 2 + [True] * 3
    optimizer.update(loss)
    moved = [(p.data != old).any() for p, old in zip(model.params(), before, strict=True)]
    assert moved == [False] * 2 + [True] * 3


def test_a_parameter_that_is_assigned_stays_as_it_is():
    """Only what comes with the first mini-batch is given the state of its link."""
    frozen = Parameter(np.ones(2, np.float32))
    frozen.update_enabled = False
    link = Link()
    with link.init_scope():
        link.p = frozen
    assert not link.p.update_enabled
    f = L.Linear(2)
    f.disable_update()
    f(np.ones((1, 3), np.float32))
    f.W.update_enabled = True
    with f.init_scope():
        f.W = f.W
    assert f.W.update_enabled


def test_a_waiting_parameter_stays_frozen_when_it_gets_its_shape():
    link = Link()
    with link.init_scope():
        link.p = Parameter(0.0)
    link.disable_update()
    link.p.initialize(2)
    assert not link.p.update_enabled


def test_a_layer_that_is_loaded_is_frozen_as_it_was():
    file = saved(L.Linear(3, 2))
    link = L.Linear(2)
    link.disable_update()
    serializers.load_npz(file, link)
    assert [param.update_enabled for param in link.params()] == [False, False]


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: x.copy(),
        lambda x: x.copy("copy"),
        lambda x: x.copy("init"),
        lambda x: x.repeat(1)[0],
    ],
)
@pytest.mark.parametrize("sizes", [(3, 2), (2,)])
def test_copies_are_frozen_as_the_first_one(copied, sizes):
    link = L.Linear(*sizes)
    if sizes == (2,) and copied(L.Linear(3, 2)) is not None:
        link(np.ones((1, 3), np.float32))
    link.W.update_enabled = False
    other = copied(link)
    assert [param.update_enabled for param in other.params()] == [False, True]
    link.disable_update()
    assert [param.update_enabled for param in copied(link).params()] == [False, False]
    assert [param.update_enabled for param in other.params()] == [False, True]


def test_a_copy_of_a_frozen_link_that_waits_is_frozen():
    link = L.Linear(2)
    link.disable_update()
    other = copy.deepcopy(link)
    other(np.ones((1, 3), np.float32))
    assert not other.W.update_enabled


def test_setup_does_not_free_what_is_frozen():
    link = make_link(np)
    link.disable_update()
    optimizer = optimizers.SGD().setup(link)
    with pytest.warns(UserWarning, match="SGD.update: expected parameters that may move, got none"):
        step(optimizer, 1, 2)
    assert optimizer.t == 1


def test_a_shared_parameter_is_frozen_everywhere():
    model = Chain(l1=L.Linear(1, 1, nobias=True), l2=L.Linear(1, 1, nobias=True))
    model.l2.W = model.l1.W
    model.l1.disable_update()
    assert not model.l2.update_enabled


# ---- names of other libraries ----


@pytest.mark.parametrize(
    "name, wrong, right",
    [
        ("Adam", {"lr": 0.1}, "write alpha"),
        ("AdamW", {"learning_rate": 0.1}, "write alpha"),
        ("Adam", {"betas": (0.9, 0.999)}, "write beta1 and beta2"),
        ("Adam", {"beta_1": 0.9}, "write beta1"),
        ("Adam", {"epsilon": 1e-8}, "write eps"),
        ("AdamW", {"weight_decay": 0.1}, "write weight_decay_rate"),
        ("SGD", {"alpha": 0.1}, "write lr"),
        ("SGD", {"learning_rate": 0.1}, "write lr"),
        ("SGD", {"momentum": 0.9}, "write MomentumSGD"),
        ("SGD", {"weight_decay": 0.1}, r"add_hook\(WeightDecay"),
        ("MomentumSGD", {"alpha": 0.1}, "write lr"),
        ("MomentumSGD", {"momentun": 0.1}, "mean momentum"),
        ("RMSprop", {"learning_rate": 0.1}, "write lr"),
        ("RMSprop", {"rho": 0.1}, "write alpha"),
        ("AdamW", {"amsgrad": True}, "write Adam, which has amsgrad and weight_decay_rate"),
        ("Rebinds", {"lr": 0.1}, "no arguments, got 'lr'"),
    ],
)
def test_names_of_other_libraries_are_answered(name, wrong, right):
    maker = Rebinds if name == "Rebinds" else getattr(optimizers, name)
    with pytest.raises(TypeError, match=rf"^{name}: expected .*, got '{[*wrong][0]}'\. ") as caught:
        maker(**wrong)
    caught.match(right)
    with pytest.raises(TypeError, match=f"^{name}: expected"):
        maker(0.1, **wrong)


@pytest.mark.parametrize("args, kwds", [((0.1, 0.9), {}), ((0.1,), {"lr": 0.1})])
def test_too_many_arguments_are_answered(args, kwds):
    with pytest.raises(TypeError, match=r"^SGD: expected lr, got 2 values. .*setup\(model\)"):
        optimizers.SGD(*args, **kwds)


def test_an_optimizer_of_ones_own_takes_the_arguments_of_its_init():
    class Mine(optimizers.SGD):
        def __init__(self, lr, *args, decay, **kwds):
            super().__init__(lr)
            self.seen = args, decay, kwds

    assert Mine(0.1, 2, decay=3, more=4).seen == ((2,), 3, {"more": 4})
    assert copy.deepcopy(Mine(0.5, decay=1)).lr == 0.5
    assert pickle.loads(pickle.dumps(Rebinds())).t == 0


@pytest.mark.parametrize(
    "name, right",
    [
        ("learning_rate", "write lr"),
        ("alpha", "write lr"),
        ("hyperparam", "write optimizer.lr"),
        ("use_cleargrads", "write update"),
        ("momentum", "write MomentumSGD"),
    ],
)
def test_attributes_of_other_libraries_are_answered(name, right):
    optimizer = optimizers.SGD().setup(make_link(np))
    for look in (lambda: getattr(optimizer, name), lambda: setattr(optimizer, name, 1)):
        with pytest.raises(AttributeError, match=f"got '{name}'. .*{right}"):
            look()


def test_a_parameter_names_the_way_to_freeze_it():
    with pytest.raises(AttributeError, match=r"To freeze a Parameter, call disable_update of its"):
        Parameter(np.ones(2)).requires_grad = False
    for name in ("update_rule", "requires_grad_"):
        with pytest.raises(AttributeError, match="write update_enabled = False"):
            getattr(Parameter(np.ones(2)), name)


# ---- hooks ----


def test_a_hook_is_called_with_the_optimizer_after_the_backward_and_before_the_update():
    link = make_link(np)
    optimizer = optimizers.SGD(lr=1).setup(link)
    seen = []
    optimizer.add_hook(
        lambda opt: seen.append((opt, link.b.grad.item(), link.b.item(), opt.t)), "x"
    )
    optimizer.update(lambda: link.b * 2)
    assert seen == [(optimizer, 2, 3, 0)]
    assert (link.b.item(), optimizer.t) == (1, 1)


def test_hooks_are_called_in_the_order_in_which_they_were_added():
    optimizer = optimizers.SGD().setup(make_link(np))
    seen = []
    for name in "cab":
        optimizer.add_hook(lambda opt, name=name: seen.append(name), name)
    optimizer.target.b.grad = np.ones((), np.float32)
    optimizer.update()
    assert seen == ["c", "a", "b"]
    optimizer.remove_hook("a")
    optimizer.update()
    assert seen == ["c", "a", "b", "c", "b"]


def test_a_hook_is_named_by_the_argument_or_by_itself():
    def double(opt):
        opt.target.b.grad *= 2

    link = make_link(np)
    optimizer = optimizers.SGD(lr=1).setup(link)
    optimizer.add_hook(double)
    optimizer.add_hook(double, name="again")
    optimizer.add_hook(optimizer_hooks.WeightDecay(0))
    optimizer.update(lambda: link.b * 1)
    assert link.b.item() == 3 - 4
    optimizer.remove_hook("double")
    optimizer.remove_hook("again")
    optimizer.remove_hook("WeightDecay")
    optimizer.update(lambda: link.b * 1)
    assert link.b.item() == 3 - 4 - 1


def test_the_graph_of_the_loss_is_freed_before_the_parameters_move(no_gc):
    link = make_link(np)
    optimizer = optimizers.SGD().setup(link)
    kept, alive = [], []

    def lossfun():
        loss = link.b * 2
        kept.append(weakref.ref(loss))
        return loss

    optimizer.add_hook(lambda opt: alive.append(kept[0]() is not None), "look")
    optimizer.update(lossfun)
    assert alive == [False]


@pytest.mark.parametrize("rate", [0.5, np.float64(0.5)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weight_decay_adds_a_share_of_the_parameter_to_its_gradient(dtype, rate, xp):
    link = make_link(xp, dtype)
    optimizer = optimizers.SGD(lr=1).setup(link)
    optimizer.add_hook(optimizer_hooks.WeightDecay(rate))
    g = link.a.grad = xp.asarray([1.0, -1.0], dtype=dtype)
    optimizer.update()
    assert values(link.a.grad) == [1.5, 0]
    assert values(link.a.data) == [-0.5, 2]
    assert (link.a.grad.dtype, link.a.dtype) == (dtype, dtype)
    assert link.a.grad is g
    assert link.b.grad is None
    assert values(link.b.data) == 3


@pytest.mark.parametrize("threshold", [2.5, np.float64(2.5)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_clipping_shortens_all_gradients_together(dtype, threshold, xp):
    link = make_link(xp, dtype)
    with link.init_scope():
        link.c = Parameter(xp.ones(3, dtype=dtype))
    optimizer = optimizers.SGD(lr=1).setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(threshold))
    g = link.a.grad = xp.asarray([0.0, 3.0], dtype=dtype)
    link.b.grad = xp.asarray(-4.0, dtype=dtype)
    optimizer.update()
    assert (values(link.a.grad), values(link.b.grad)) == ([0, 1.5], -2)
    assert (values(link.a.data), values(link.b.data)) == ([1, 0.5], 5)
    assert (link.a.grad.dtype, link.b.grad.dtype) == (dtype, dtype)
    assert link.a.grad is g
    assert link.c.grad is None


def test_clipping_leaves_short_gradients_as_they_are(xp):
    link = make_link(xp)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(5))
    for a, b in [(3.0, 4.0), (0.0, 0.0)]:
        g = link.a.grad = xp.asarray([a, 0], dtype=np.float32)
        link.b.grad = xp.asarray(b, dtype=np.float32)
        optimizer.update()
        assert link.a.grad is g
        assert values(g) == [a, 0]


def test_clipping_does_not_overflow_in_float16():
    link = make_link(np, np.float16)
    optimizer = optimizers.SGD(lr=1).setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(500))
    step(optimizer, 3000, None)
    np.testing.assert_allclose(link.a.grad, 500 / math.sqrt(2), rtol=1e-3)


@pytest.mark.parametrize("double", [False, True])
def test_hooks_change_each_gradient_once_where_backward_gave_several_the_same(double):
    link = Link()
    with link.init_scope():
        link.a, link.b = Parameter(np.ones(2)), Parameter(np.ones(2))
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.WeightDecay(0.5))
    y = link.a + link.b
    y.grad = g = np.ones(2)
    y.backward(enable_double_backprop=double)
    optimizer.update()
    assert [values(link.a.grad), values(link.b.grad)] == [[1.5, 1.5], [1.5, 1.5]]
    assert values(g) == [1, 1]


def test_hooks_look_at_their_numbers_at_each_update():
    link = make_link(np)
    decay, clipping = optimizer_hooks.WeightDecay(1), optimizer_hooks.GradientClipping(1)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(decay)
    optimizer.add_hook(clipping)
    decay.rate, clipping.threshold = 0.5, 1e9
    step(optimizer, None, 1)
    assert link.b.grad == 1 + 0.5 * 3


@pytest.mark.parametrize(
    "wrong, what", [(math.inf, "inf"), (-math.inf, "inf"), (math.nan, "nan")], ids=str
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_clipping_refuses_gradients_that_are_not_finite(dtype, wrong, what, xp):
    """Chainer makes NaN of all of them, or leaves them, in silence."""
    link = make_link(xp, dtype)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(1))
    link.a.grad = xp.asarray([1.0, wrong], dtype=dtype)
    link.b.grad = xp.asarray(5.0, dtype=dtype)
    match = f"GradientClipping: expected gradients of a finite length, got {what} because of /a. N"
    with pytest.raises(FloatingPointError, match=match):
        optimizer.update()
    assert (values(link.a.data), values(link.b.data), optimizer.t) == ([1, 2], 3, 0)
    assert values(link.b.grad) == 5


def test_clipping_says_no_name_where_only_the_length_is_not_finite():
    link = make_link(np, np.float64)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(1))
    with pytest.warns(RuntimeWarning, match="overflow"):
        with pytest.raises(FloatingPointError, match=r"finite length, got inf\. Nothing has moved"):
            step(optimizer, 1e200, 1)


@pytest.mark.parametrize("size", [6e4, 1e10, 1e30])
def test_clipping_does_not_make_0_of_small_factors(size):
    """1e-9 is 0 in float16, but 60000 * 1e-9 is not."""
    link = Link()
    with link.init_scope():
        link.a = Parameter(np.zeros(2, np.float16))
        link.b = Parameter(np.zeros(4, np.float32))
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(1e4))
    link.a.grad, link.b.grad = np.full(2, 6e4, np.float16), np.full(4, size, np.float32)
    length = math.sqrt(2 * 6e4**2 + 4 * float(np.float32(size)) ** 2)
    optimizer.update()
    np.testing.assert_allclose(link.a.grad, 6e4 * 1e4 / length, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(link.b.grad, size * 1e4 / length, rtol=1e-6)


def test_clipping_counts_a_shared_parameter_once_and_an_empty_one_not():
    model = Chain(l1=L.Linear(1, 1, nobias=True), l2=L.Linear(1, 1, nobias=True), none=L.Linear(2))
    model.l2.W = model.l1.W
    with model.init_scope():
        model.empty = Parameter(np.zeros((0, 3), np.float32))
    optimizer = optimizers.SGD().setup(model)
    optimizer.add_hook(optimizer_hooks.GradientClipping(2))
    model.l1.W.grad = np.full((1, 1), 4, np.float32)
    model.empty.grad = np.zeros((0, 3), np.float32)
    optimizer.update()
    assert values(model.l1.W.grad) == [[2]]


@pytest.mark.parametrize(
    "hook", [optimizer_hooks.WeightDecay(0.5), optimizer_hooks.GradientClipping(0.5)]
)
def test_hooks_refuse_a_gradient_that_is_read_only(hook):
    link = make_link(np)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(hook)
    link.a.grad = np.broadcast_to(np.float32(1), 2)
    with pytest.raises(ValueError, match=f"^{hook.name}: expected a gradient that can be changed"):
        optimizer.update()
    optimizer.remove_hook(hook.name)
    optimizer.update()  # to move, it need not be changed
    assert optimizer.t == 1


def test_the_numbers_of_hooks_are_checked_at_each_update():
    decay, clipping = optimizer_hooks.WeightDecay(1), optimizer_hooks.GradientClipping(1)
    decay.rate, clipping.threshold = -1, 0
    for hook, match in ((decay, "WeightDecay: expected rate"), (clipping, "GradientClipping: exp")):
        optimizer = optimizers.SGD().setup(make_link(np))
        optimizer.add_hook(hook)
        with pytest.raises(ValueError, match=match):
            step(optimizer, 1, 1)
        assert optimizer.t == 0


class Tell:
    """A hook that notes when it was called, and with what."""

    name = "tell"

    def __init__(self, seen, **attributes):
        self.seen = seen
        vars(self).update(attributes)

    def __call__(self, opt, *param):
        self.seen.append((self.name, opt.t, *[p.name for p in param]))


@pytest.mark.parametrize(
    "attributes, arguments, t",
    [
        ({}, {}, 0),
        ({"timing": "pre"}, {}, 0),
        ({"timing": "post"}, {}, 1),
        ({"timing": "post"}, {"timing": "auto"}, 1),
        ({"timing": "post"}, {"timing": "pre"}, 0),
        ({}, {"timing": "post"}, 1),
    ],
)
@pytest.mark.parametrize("each", [False, True])
def test_a_hook_is_called_before_or_after_once_or_for_each_parameter(
    each, attributes, arguments, t
):
    seen = []
    optimizer = optimizers.SGD().setup(make_link(np))
    optimizer.add_hook(Tell(seen, call_for_each_param=each, **attributes), **arguments)
    step(optimizer, 1, 2)
    assert seen == ([("tell", t, "a"), ("tell", t, "b")] if each else [("tell", t)])


def test_a_hook_for_each_parameter_gets_those_with_a_gradient_shared_ones_once():
    seen = []
    model = Chain(l1=L.Linear(1, 1), l2=L.Linear(1, 1), wait=L.Linear(2))
    model.l2.W = model.l1.W
    model.l1.b.update_enabled = False
    optimizer = optimizers.SGD().setup(model)
    optimizer.add_hook(Tell(seen, call_for_each_param=True, timing="post"))
    model.l1.W.grad, model.l1.b.grad = np.ones((1, 1), np.float32), np.ones(1, np.float32)
    optimizer.update()
    assert seen == [("tell", 1, "W"), ("tell", 1, "b")]


def test_hooks_before_and_after_keep_their_order_and_share_their_names():
    seen = []
    optimizer = optimizers.SGD().setup(make_link(np))
    for name, timing in [("d", "post"), ("a", "pre"), ("c", "post"), ("b", "pre")]:
        optimizer.add_hook(Tell(seen, name=name), timing=timing)
    step(optimizer, 1, 2)
    assert seen == [("a", 0), ("b", 0), ("d", 1), ("c", 1)]
    with pytest.raises(ValueError, match="SGD.add_hook: expected a new name, got 'c'"):
        optimizer.add_hook(Tell(seen, name="c"))
    optimizer.remove_hook("c")
    optimizer.remove_hook("a")
    step(optimizer, 1, 2)
    assert seen[4:] == [("b", 1), ("d", 2)]


def test_a_hook_after_the_update_may_clip_the_parameters():
    optimizer = optimizers.SGD(lr=1).setup(make_link(np))

    def clip(opt, param):
        param.data.clip(-1, 1, out=param.data)

    clip.call_for_each_param = True
    optimizer.add_hook(clip, timing="post")
    step(optimizer, 4, -4)
    assert (values(optimizer.target.a.data), values(optimizer.target.b.data)) == ([-1, -1], 1)


def test_call_hooks_calls_those_of_one_timing():
    seen = []
    optimizer = optimizers.SGD().setup(make_link(np))
    for name, timing in [("a", "pre"), ("b", "post")]:
        optimizer.add_hook(Tell(seen, name=name), timing=timing)
    optimizer.call_hooks()
    optimizer.call_hooks("post")
    optimizer.call_hook(Tell(seen))
    assert seen == [("a", 0), ("b", 0), ("tell", 0)]
    with pytest.raises(ValueError, match="call_hooks: expected timing to be 'pre' or 'post', got"):
        optimizer.call_hooks("after")
    with pytest.raises(RuntimeError, match="SGD.call_hooks: expected a link to update, got none"):
        optimizers.SGD().call_hooks()


def test_a_hook_may_remove_itself():
    optimizer = optimizers.SGD().setup(make_link(np))
    optimizer.add_hook(lambda opt: opt.remove_hook("once"), "once")
    optimizer.add_hook(lambda opt: seen.append(opt.t), "other")
    seen = []
    step(optimizer, 1, 2)
    step(optimizer, 1, 2)
    assert seen == [0, 1]


# ---- saving and resuming ----


def trainer(name):
    """Return a small model and an optimizer of it that have learnt nothing yet."""
    np.random.seed(3)
    model = Chain()
    with model.init_scope():
        model.l1, model.l2 = L.Linear(3, 4), L.Linear(4, 2)
    return model, make(name).setup(model)


def train(model, optimizer, steps):
    x = np.random.RandomState(0).randn(8, 3).astype(np.float32)
    t = np.arange(8) % 2
    for _ in range(steps):
        optimizer.update(lambda: F.softmax_cross_entropy(model.l2(F.tanh(model.l1(x))), t))


def saved(x):
    file = io.BytesIO()
    serializers.save_npz(file, x)
    file.seek(0)
    return file


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("name", ALL)
def test_a_resumed_training_goes_on_bit_for_bit(name, after):
    model, optimizer = trainer(name)
    train(model, optimizer, after)
    optimizer.new_epoch()
    files = saved(model), saved(optimizer)
    train(model, optimizer, 4)
    resumed, its_optimizer = trainer(name)
    serializers.load_npz(files[0], resumed)
    serializers.load_npz(files[1], its_optimizer)
    assert (its_optimizer.t, its_optimizer.epoch) == (after, 1)
    assert (type(its_optimizer.t), type(its_optimizer.epoch)) == (int, int)
    assert [state["t"] for state in states(its_optimizer)] == [after] * 4
    train(resumed, its_optimizer, 4)
    for param, expected in zip(resumed.params(), model.params(), strict=True):
        assert param.data.tobytes() == expected.data.tobytes()


def test_an_optimizer_goes_back_to_what_was_saved():
    model, optimizer = trainer("Adam")
    train(model, optimizer, 2)
    files = saved(model), saved(optimizer)
    train(model, optimizer, 3)
    expected = [param.data.copy() for param in model.params()]
    serializers.load_npz(files[0], model)
    serializers.load_npz(files[1], optimizer)
    train(model, optimizer, 3)
    for param, array in zip(model.params(), expected, strict=True):
        assert param.data.tobytes() == array.tobytes()


def test_the_saved_keys_before_and_after_the_first_update_are_chainers():
    model, optimizer = trainer("Adam")
    paths = ["l1/W", "l1/b", "l2/W", "l2/b"]
    assert sorted(np.load(saved(optimizer))) == sorted(["t", "epoch", *(f"{p}/t" for p in paths)])
    step(optimizer, 1, None, None, 1)
    every = [f"{path}/{name}" for path in paths for name in ("t", "m", "v")]
    assert sorted(np.load(saved(optimizer))) == sorted(["t", "epoch", *every])
    optimizer.amsgrad = True
    assert "l1/W/vhat" in np.load(saved(optimizer))


def test_what_is_loaded_lands_in_the_array_module_of_the_parameter(xp):
    optimizer = optimizers.MomentumSGD(lr=1, momentum=0.5).setup(make_link(np))
    step(optimizer, 4, 8)
    other = optimizers.MomentumSGD(lr=1, momentum=0.5).setup(make_link(xp))
    serializers.load_npz(saved(optimizer), other)
    assert [values(state["v"]) for state in states(other)] == [[-4, -4], -8]
    assert all(type(state["v"]) is type(other.target.a.data) for state in states(other))
    step(other, 0, 0)
    assert (values(other.target.a.data), values(other.target.b.data)) == ([-1, 0], -1)


def waiting_links():
    """Yield links with a parameter that waits, and its path."""
    yield L.Linear(2), "W"
    link = Link()
    with link.init_scope():
        link.p = Parameter(0.0)
    yield link, "p"
    yield Chain(l=L.Linear(2)), "l/W"


@pytest.mark.parametrize("part", ["", "optimizer"])
@pytest.mark.parametrize("link, path", list(waiting_links()))
def test_the_optimizer_of_a_model_that_waits_is_not_resumed(link, path, part):
    """What the file holds of its weights would be lost without a word."""
    start = f"{part}/" if part else ""
    file = {f"{start}t": np.array(3), f"{start}epoch": np.array(0)}
    file |= {f"{start}{path}/{name}": np.ones((2, 3)) for name in ("m", "v")}
    file |= {f"{start}{path}/t": np.array(3)}
    other = optimizers.Adam().setup(link)
    with pytest.raises(RuntimeError, match=f"one where /{path} waits for its shape"):
        other.serialize(serializers.NpzDeserializer(file, start))


@pytest.mark.parametrize("name", ["SGD", "MomentumSGD", "RMSprop", "Adam", "AdamW"])
def test_a_layer_that_was_never_used_does_not_keep_the_rest_from_being_resumed(name):
    def make():
        model = Chain(used=L.Linear(2), spare=L.Linear(4))
        return model, getattr(optimizers, name)().setup(model)

    x, t = np.ones((3, 5), np.float32), np.array([0, 1, 0])
    model, optimizer = make()
    loss = lambda model: F.softmax_cross_entropy(model.used(x), t)  # noqa: E731
    optimizer.update(loss, model)
    files = saved(model), saved(optimizer)
    optimizer.update(loss, model)

    again, other = make()
    serializers.load_npz(files[0], again)
    serializers.load_npz(files[1], other)
    other.update(loss, again)
    assert other.t == 2
    np.testing.assert_array_equal(again.used.W.data, model.used.W.data)


def test_an_optimizer_that_has_not_moved_a_waiting_parameter_can_be_saved():
    model = Chain()
    with model.init_scope():
        model.l1, model.p = L.Linear(2), Parameter(0.0)
    optimizer = optimizers.Adam().setup(model)
    model.l1.b.grad = np.ones(2, np.float32)
    optimizer.update()
    assert sorted(np.load(saved(optimizer))) == ["epoch", "l1/b/m", "l1/b/t", "l1/b/v", "t"]


# ---- large arrays, in blocks ----


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("name, equation, options", EQUATIONS)
def test_a_large_array_moves_as_a_small_one_does(name, equation, options, order, monkeypatch):
    moved = []
    for block in (2**18, 7, 1):
        monkeypatch.setattr(optimizers, "BLOCK", block)
        rng = np.random.default_rng(0)
        link = Link()
        with link.init_scope():
            link.a = Parameter(np.array(rng.normal(size=(5, 3, 2)), order=order))
        optimizer = getattr(optimizers, name)(**options).setup(link)
        for _ in range(3):
            link.a.grad = rng.normal(size=link.a.shape)
            optimizer.update()
        moved.append(link.a.data.tolist())
    assert moved[0] == moved[1] == moved[2]


def test_blocks_are_views_of_rows_and_of_all_rows(monkeypatch):
    monkeypatch.setattr(optimizers, "BLOCK", 8)
    a = np.arange(21.0).reshape(7, 3)
    parts = list(optimizers.blocks(a, -a))
    assert [len(x) for x, _ in parts] == [3, 3, 1]
    assert all(x.base is not None and np.shares_memory(x, a) for x, _ in parts)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in parts]), a)
    np.testing.assert_array_equal(np.concatenate([y for _, y in parts]), -a)
    assert [x.shape for (x,) in optimizers.blocks(a)] == [(3, 3), (3, 3), (1, 3)]
    assert [x.shape for (x,) in optimizers.blocks(a[:2])] == [(2, 3)]


def test_an_array_that_is_not_of_numpy_stays_whole(monkeypatch):
    monkeypatch.setattr(optimizers, "BLOCK", 1)
    a = strict_xp.ones((3, 2))
    ((part,),) = optimizers.blocks(a)
    assert part is a


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_a_copied_optimizer_remembers_what_the_first_one_did(copied):
    f = L.Linear(1, 1, initialW=np.array([[1.0]]), nobias=True)
    optimizer = optimizers.MomentumSGD(lr=0.1).setup(f)
    for _ in range(3):
        optimizer.update(lambda: f(np.array([[1.0]])))
    g, other = copied((f, optimizer))
    assert other.target is g and g.W is not f.W
    for link, each in ((f, optimizer), (g, other)):
        each.update(lambda link=link: link(np.array([[1.0]])))
    assert g.W.data == f.W.data
    assert other._states.keys() == {id(g.W)}
    assert copied(optimizers.SGD()).target is None


def test_what_was_saved_before_the_first_update_takes_all_memory_away():
    f = L.Linear(1, 1, initialW=np.array([[1.0]]), nobias=True)
    optimizer = optimizers.MomentumSGD(lr=0.1).setup(f)
    file = io.BytesIO()
    serializers.save_npz(file, optimizer)
    optimizer.update(lambda: f(np.array([[1.0]])))
    serializers.load_npz(file, optimizer)
    assert optimizer.t == 0
    assert optimizer._state_of(f.W)["v"] == 0


def test_a_loss_of_another_model_is_warned_of_at_the_first_update():
    f, g = L.Linear(1, 1), L.Linear(1, 1)
    optimizer = optimizers.SGD().setup(g)
    with pytest.warns(UserWarning, match="so nothing moves") as caught:
        optimizer.update(lambda: f(np.ones((1, 1), np.float32)))
    assert caught[0].filename == __file__


def test_a_shallow_copy_has_hooks_and_counts_of_its_own():
    f = L.Linear(1, 1)
    optimizer = optimizers.Adam().setup(f)
    f.W.grad = np.ones((1, 1), np.float32)
    optimizer.update()
    other = copy.copy(optimizer)
    assert (type(other), other.target, other.t) == (optimizers.Adam, f, 1)
    other.add_hook(optimizer_hooks.WeightDecay(0.1))
    other.update()
    assert optimizer.t == 1
    with pytest.raises(ValueError, match="remove_hook: expected the name of a hook"):
        optimizer.remove_hook("WeightDecay")
    saved = serializers.DictionarySerializer()
    optimizer.serialize(saved)
    assert saved.target["W/t"] == 1
    assert copy.copy(optimizers.SGD()).target is None
