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
    with pytest.raises(ValueError, match="SGD: expected lr as a number above 0, got -1"):
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
                assert (array.dtype, array.shape) == (dtype, param.shape)
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
        ("Adam", "alpha", [0.5, 2], [0, math.inf, "0.1"]),
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


def test_an_eps_that_is_zero_in_the_dtype_of_the_parameter_is_refused():
    rmsprop = optimizers.RMSprop(eps=1e-8).setup(make_link(np, np.float16))
    with pytest.raises(ValueError, match="RMSprop: expected eps as a number that float16 can"):
        step(rmsprop, 1, 2)
    adam = optimizers.Adam(eps=1e-60).setup(make_link(np, np.float32))
    with pytest.raises(ValueError, match="Adam: expected eps as a number that float32 can hold"):
        step(adam, 1, 2)


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
    for block in (2**16, 7, 1):
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
