"""The graph: its order, its depth, and what it keeps alive."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import tinylinks
import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Function, Variable, optimizers
from tinylinks.functions.shapes import Stack
from tinylinks.graph import Node


def variable(values, dtype=np.float64):
    return Variable(np.array(values, dtype))


# ---- order ----


class Counted(Function):
    """y = the sum of the inputs; notes each call of backward."""

    def __init__(self, calls, name):
        self.calls, self.name = calls, name

    def forward(self, *xs):
        return sum(xs[1:], start=xs[0] * 1)

    def backward(self, gy):
        self.calls.append(self.name)
        return (gy,) * len(self.inputs)


def test_each_function_of_a_diamond_runs_backward_once_and_in_order():
    calls = []
    x = variable(1.0)
    a = Counted(calls, "a").apply(x)
    b = Counted(calls, "b").apply(a)
    c = Counted(calls, "c").apply(a)
    d = Counted(calls, "d").apply(b, c)
    d.backward()
    assert (calls[0], set(calls[1:3]), calls[3:]) == ("d", {"b", "c"}, ["a"])
    assert x.grad.item() == 2


@pytest.mark.parametrize("short_first", [True, False])
def test_a_short_way_waits_for_a_long_one(short_first):
    calls = []
    x = variable(1.0)
    start = Counted(calls, "start").apply(x)
    long = start
    for i in range(5):
        long = Counted(calls, f"long {i}").apply(long)
    end = (start, long) if short_first else (long, start)
    Counted(calls, "end").apply(*end).backward()
    assert calls == ["end", *[f"long {i}" for i in (4, 3, 2, 1, 0)], "start"]
    assert x.grad.item() == 2


def test_a_way_across_ranks_runs_each_function_once():
    calls = []
    x = variable(1.0)
    ys = [x]
    for i in range(12):  # each uses all before it: 2 ** 11 ways from end to start
        ys.append(Counted(calls, i).apply(*ys))
    ys[-1].backward()
    assert calls == list(range(11, -1, -1))
    assert x.grad.item() == 2**11


BINARY = {
    "add": F.add,
    "sub": F.sub,
    "mul": F.mul,
    "div": F.div,
    "pow": F.pow,
    "matmul": F.matmul,
    "matmul of vectors": lambda a, b: F.matmul(a[0], b[:, 0]),
    "linear": F.linear,
    "linear with a deep b": lambda a, b: F.linear(a, np.ones((2, 2)), b[0]),
    "maximum": F.maximum,
    "minimum": F.minimum,
    "where": lambda a, b: F.where(np.eye(2) > 0, a, b),
    "concat": lambda a, b: F.concat([a, b]),
    "concat of three": lambda a, b: F.concat([np.ones((2, 2)), a, b]),
    "mean_squared_error": F.mean_squared_error,
    "mean with weights": lambda a, b: F.mean(a, weights=b),
    "batch_normalization": lambda a, b: F.batch_normalization(a, b[0], np.ones(2)),
    "stack": lambda a, b: Stack().apply(a, b),
}


@pytest.mark.parametrize("name", BINARY)
def test_the_deeper_input_decides_on_the_rank_wherever_it_stands(name):
    calls = []
    x = variable([[1.0, 2.0], [3.0, 4.5]])
    deep = Counted(calls, "deep").apply(Counted(calls, "first").apply(x * 2))
    for pair in ((x, deep), (deep, x)):
        y = BINARY[name](*pair)
        function = y.creator
        while None not in function.inputs and len(function.inputs) == 1:
            function = function.inputs[0].creator  # what follows it, as a reshape
        assert function.rank >= deep.rank
        # A longer way from `deep` is walked first. Had y a lower rank, `deep` came twice.
        long = deep
        for _ in range(6):
            long = long + 0
        calls.clear()
        (y.sum() + long.sum()).backward()
        assert calls == ["deep", "first"]


def test_many_diamonds_take_no_longer_than_their_functions():
    x = y = variable(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_several_outputs_of_one_function_run_backward_once():
    calls = []

    class Two(Function):
        def forward(self, x):
            return x * 2, x * 3

        def backward(self, ga, gb):
            calls.append((ga.item(), gb.item()))
            return 2 * ga + 3 * gb

    x = variable(1.0)
    a, b = Two().apply(x)
    (a * 10 + b * 100 * 1).backward()  # the gradient of b arrives later
    assert calls == [(10, 100)]
    assert x.grad.item() == 320


def test_branches_that_do_not_lead_to_the_output_are_left_alone():
    calls = []
    x = variable(1.0)
    a = Counted(calls, "a").apply(x)
    Counted(calls, "aside").apply(a)
    a.backward()
    assert calls == ["a"]


def test_constants_are_not_walked_to():
    calls = []
    c = Variable(np.array(1.0), requires_grad=False)
    aside = Counted(calls, "aside").apply(c)
    (aside * variable(2.0)).backward()
    assert (calls, c.grad) == ([], None)


# ---- depth ----


@pytest.mark.parametrize(("length", "record"), [(100_000, False), (20_000, True)])
def test_a_deep_chain_goes_forward_and_back(length, record):
    x = y = variable([1.0])
    for _ in range(length):
        y = y + 1
    assert y.rank == length
    y.backward(enable_double_backprop=record)
    assert (y.data.item(), x.grad.item()) == (length + 1, 1)
    del y  # freeing it must not be recursive either


def test_a_deep_chain_has_a_gradient_of_its_gradient():
    x = y = variable(1.0)
    for _ in range(2_000):
        y = y * x
    (gx,) = tinylinks.grad([y], [x], enable_double_backprop=True)
    (ggx,) = tinylinks.grad([gx], [x])
    assert (gx.item(), ggx.item()) == (2_001, 2_001 * 2_000)


def test_a_deep_chain_is_unchained():
    x = y = variable(1.0)
    for _ in range(20_000):
        y = y + 1
    y.unchain_backward()
    assert y.creator is None
    assert x.grad is None


# ---- memory ----


def count():
    """Count the objects of graphs that are alive."""
    return sum(isinstance(o, Variable | Function | Node | np.ndarray) for o in gc.get_objects())


def mlp_step():
    model = tinylinks.Chain()
    with model.init_scope():
        model.l1, model.l2 = L.Linear(4, 3), L.Linear(3, 2)
    optimizer = optimizers.SGD().setup(model)
    x, t = np.ones((5, 4), np.float32), np.array([0, 1, 0, 1, 1])

    def step():
        loss = F.softmax_cross_entropy(model.l2(F.relu(model.l1(x))), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()

    return step


def penalty_step():
    """A step whose loss holds a gradient."""
    model = L.Linear(4, 1)
    optimizer = optimizers.SGD().setup(model)
    x = Variable(np.ones((5, 4), np.float32))

    def step():
        y = F.tanh(model(x)).sum()
        (gx,) = tinylinks.grad([y], [x], enable_double_backprop=True)
        model.cleargrads()
        (y + F.square(gx).sum()).backward()
        optimizer.update()

    return step


def double_backprop_step():
    """A step that differentiates `grad_var` and leaves it in place."""
    x = variable([0.5, 1.0])

    def step():
        x.cleargrad()
        y = F.exp(x * x).sum()
        y.backward(retain_grad=True, enable_double_backprop=True)
        gx = x.grad_var
        x.cleargrad()
        gx.sum().backward()

    return step


@pytest.mark.parametrize("make", [mlp_step, penalty_step, double_backprop_step])
def test_training_does_not_grow_without_the_garbage_collector(make, no_gc):
    step = make()
    for _ in range(3):
        step()
    before = count()
    for _ in range(50):
        step()
    assert count() == before
    assert gc.collect() == 0  # it found no cycle


def test_training_takes_no_more_memory_with_time(no_gc):
    step = mlp_step()
    for _ in range(20):
        step()
    tracemalloc.start()
    try:
        for _ in range(20):
            step()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(200):
            step()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2_000


def test_a_graph_is_freed_with_its_end(no_gc):
    x = variable([1.0])
    y = F.exp(x) * x
    function = weakref.ref(y.creator)
    assert function() is not None
    del y
    assert function() is None


@pytest.mark.parametrize(
    ("inner", "outer", "kept"),
    [
        (lambda x: F.linear(x, np.ones((2, 3))), F.relu, False),
        (lambda x: F.linear(x, np.ones((2, 3))), F.exp, False),
        (lambda x: x @ np.ones((3, 2)), lambda h: h + 1, False),
        (lambda x: x + 1, lambda h: h + 2, False),
        (lambda x: x + 1, lambda h: 1 - h, False),
        (lambda x: x + 1, F.sum, False),
        (lambda x: x + 1, lambda h: -h, False),
        (lambda x: x * 2, lambda h: h[[0]], False),
        (lambda x: x * 2, F.sigmoid, False),
        (lambda x: x * 2, F.leaky_relu, False),
        (lambda x: x * 2, lambda h: F.maximum(h, 0.0), False),
        (lambda x: x * 2, lambda h: F.clip(h, -1.0, 1.0), False),
        (lambda x: x * 2, F.max, False),
        (F.relu, lambda h: h + 1, True),  # relu retains its output
        (lambda x: x + 1, F.square, True),  # square retains its input
        (lambda x: x + 1, lambda h: h * 2, False),  # a number is all that its slope needs
        (lambda x: x + 1, lambda h: 2 * h, False),
        (lambda x: x + 1, lambda h: h / 2, False),
        (lambda x: x + 1, lambda h: h / np.full((1, 3), 2.0), True),
        (lambda x: x + 1, lambda h: 2 / h, True),
        (lambda x: x + 1, lambda h: h * np.full((1, 3), 2.0), True),
        (lambda x: x + 1, lambda h: F.linear(h, np.ones((2, 3))), True),
    ],
)
def test_only_what_a_function_retained_stays_alive(inner, outer, kept, no_gc):
    x = variable([[1.0, -2.0, 3.0]])
    middle = inner(x)
    end = outer(middle)
    array = weakref.ref(middle.data)
    del middle
    assert (array() is not None) is kept
    end.sum().backward()
    assert x.grad.shape == x.shape


def test_a_leaf_that_nobody_holds_is_freed(no_gc):
    x = variable([1.0, 2.0])
    array, box = weakref.ref(x.data), weakref.ref(x)
    y = x + 1
    del x
    assert (array(), box()) == (None, None)
    y.sum().backward()


def test_no_backprop_mode_lets_go_of_everything(no_gc):
    x = variable([1.0, 2.0])
    with tinylinks.no_backprop_mode():
        h = F.square(x)
        array = weakref.ref(h.data)
        y = F.square(h)
        del h
    assert array() is None
    assert y.creator is None


def test_the_gradients_on_the_way_are_freed_while_backward_runs(no_gc):
    """Backward through 50 functions holds a few gradients at a time, not 50."""
    x = y = variable(np.ones(10_000))
    for _ in range(50):
        y = y + 1
    y.grad = np.ones(10_000)
    tracemalloc.start()
    try:
        y.backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert x.grad is not None
    assert peak < 5 * x.data.nbytes


def repeated(step, times=6):
    def run(x):
        for _ in range(times):
            x = step(x)
        return x.sum()

    return run


# What is computed -> how many arrays of the size of x there are at the peak, beside x. A name that
# outlives its use makes one more. Chainer 7.8.1 needs as many, or more.
PEAKS = {
    "-x": (repeated(lambda h: -h), 2),
    "x + 1": (repeated(lambda h: h + 1), 2),
    "(x + 1) / 2": (repeated(lambda h: (h + 1) / 2), 3),
    "2 * (x - 1)": (repeated(lambda h: 2 * (h - 1)), 3),
    "x * x": (repeated(lambda h: h * h), 9),
    "x ** 2": (repeated(lambda h: h**2), 7),
    "exp": (repeated(lambda h: F.exp(h * 0.5)), 8),
    "residual": (repeated(lambda h: F.relu(h + 1) * 0.5 + h), 9),
    "squares": (lambda x: (x * x + x * x).sum(), 4),
    "tanh": (repeated(F.tanh), 9),
}


def walk_by_backward(y, x):
    y.backward()


def walk_by_recorded_backward(y, x):
    y.backward(enable_double_backprop=True)


def walk_by_grad(y, x):
    tinylinks.grad([y], [x])


@pytest.mark.parametrize("walk", [walk_by_backward, walk_by_grad])
@pytest.mark.parametrize("name", PEAKS)
def test_a_step_holds_no_array_longer_than_it_is_needed(name, walk, no_gc):
    compute, arrays = PEAKS[name]
    x = variable(np.full(50_000, 0.5))
    for _ in range(2):  # the first step makes what is made once
        x.cleargrad()
        tracemalloc.start()
        try:
            walk(compute(x), x)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert arrays - 0.5 < peak / x.data.nbytes < arrays + 0.5


def test_a_recorded_walk_back_keeps_only_what_can_be_differentiated(no_gc):
    """The slope of relu(h + 1) * 0.5 + h is a constant: nothing is recorded."""
    x = variable(np.full(50_000, 0.5))
    y = PEAKS["residual"][0](x)
    tracemalloc.start()
    try:
        y.backward(enable_double_backprop=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * x.data.nbytes
