"""Function: how a step is applied, recorded and carried back."""

import re
import weakref

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Function, Variable, backend, errors, grad, gradient_check, using_config


class SumAndDifference(Function):
    """Two inputs, two outputs."""

    def forward(self, a, b):
        return a + b, a - b

    def backward(self, gs, gd):
        return gs + gd, gs - gd


class Cube(Function):
    def forward(self, x):
        self.retain_inputs((0,))
        return x**3

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return 3 * x**2 * gy


class ExpAndSquare(Function):
    """Two outputs, of which the first is retained, and an input."""

    def forward(self, x):
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return np.exp(x), x * x

    def backward(self, ge, gs):
        (x,) = self.get_retained_inputs()
        (e,) = self.get_retained_outputs()
        return ge * e + gs * 2 * x


class PickFirst(Function):
    """No gradient for the second input."""

    def forward(self, a, b):
        return a * 1

    def backward(self, gy):
        return gy, None


def variables(xp, *numbers):
    return [Variable(xp.asarray(number)) for number in numbers]


def values(array):
    return backend.to_cpu(array).tolist()


def test_one_output_is_a_variable_and_several_are_a_tuple(xp):
    a, b = variables(xp, [1.0], [2.0])
    assert type(Cube().apply(a)) is Variable
    outputs = SumAndDifference().apply(a, b)
    assert type(outputs) is tuple
    assert [values(y.data) for y in outputs] == [[3], [-1]]


def test_a_tuple_of_one_stays_a_tuple():
    class Boxed(Function):
        def forward(self, x):
            return (x * 2,)

        def backward(self, gy):
            return (gy * 2,)

    x = Variable(np.array(3.0))
    (y,) = Boxed().apply(x)
    y.backward()
    assert x.grad.item() == 2


def test_outputs_of_one_function_share_their_creator_and_know_their_place(xp):
    a, b = variables(xp, [1.0], [2.0])
    s, d = SumAndDifference().apply(a, b)
    assert s.creator is d.creator
    assert (s.node.index, d.node.index) == (0, 1)


@pytest.mark.parametrize("enable_double_backprop", [False, True])
@pytest.mark.parametrize(("used", "expected"), [(0, (1, 1)), (1, (1, -1))])
def test_an_output_without_gradient_counts_as_zero(used, expected, enable_double_backprop, xp):
    a, b = variables(xp, [5.0], [2.0])
    outputs = SumAndDifference().apply(a, b)
    outputs[used].sum().backward(enable_double_backprop=enable_double_backprop)
    assert (a.grad.item(), b.grad.item()) == expected


def test_both_outputs_send_their_gradients_back_together(xp):
    a, b = variables(xp, [5.0], [2.0])
    s, d = SumAndDifference().apply(a, b)
    (s * 10 + d).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (11, 9)


def test_several_outputs_have_first_and_second_derivatives():
    x, gys = np.array([0.5, -1.0]), (np.array([1.0, 2.0]), np.array([-1.0, 3.0]))
    gradient_check.check_backward(lambda x: ExpAndSquare().apply(x), x, gys)
    gradient_check.check_double_backward(lambda x: ExpAndSquare().apply(x), x, gys, np.ones(2))
    gradient_check.check_double_backward(lambda x: ExpAndSquare().apply(x)[0], x, gys[0], gys[1])


@pytest.mark.parametrize("enable_double_backprop", [False, True])
def test_none_means_no_gradient(enable_double_backprop, xp):
    a, b = variables(xp, 1.0, 2.0)
    h = b * 2
    y = PickFirst().apply(a, h)
    y.backward(enable_double_backprop=enable_double_backprop)
    assert (a.grad.item(), h.grad, b.grad) == (1, None, None)


def test_backward_may_compute_with_functions(xp):
    class Tangent(Function):
        def forward(self, x):
            self.retain_inputs((0,))
            return F.sin(x).data / F.cos(x).data

        def backward(self, gy):
            (x,) = self.get_retained_inputs()
            return gy / F.square(F.cos(x))

    x = xp.asarray([0.5, -1.0])
    gradient_check.check_backward(lambda x: Tangent().apply(x), x, x)
    gradient_check.check_double_backward(lambda x: Tangent().apply(x), x, x, x)


def test_a_function_takes_variables_arrays_and_numbers(xp):
    a, _ = variables(xp, 1.0, 2.0)
    s, d = SumAndDifference().apply(a, 2)
    assert (s.item(), d.item()) == (3, -1)
    s, d = SumAndDifference().apply(xp.asarray(4.0), a)
    (s * d).backward()
    assert a.grad.item() == -2
    s, d = SumAndDifference().apply(1, 2.0)
    assert (s.dtype, s.item(), s.requires_grad) == (np.float32, 3, False)


def test_an_instance_serves_once():
    cube = Cube()
    cube.apply(Variable(np.array(2.0)))
    with pytest.raises(RuntimeError, match="new instance"):
        cube.apply(Variable(np.array(2.0)))


def test_label_is_the_name_in_small_letters():
    assert SumAndDifference().label == "sum_and_difference"
    assert Cube().label == "cube"


def test_inputs_are_nodes_and_constants_are_none(xp):
    a, b = variables(xp, 1.0, 2.0)
    y = SumAndDifference().apply(a, b.data)[0]
    assert list(y.creator.inputs) == [a.node, None]
    assert [y.creator.needs(i) for i in (0, 1)] == [True, False]


def test_a_constant_variable_needs_no_gradient():
    a, c = Variable(np.array(1.0)), Variable(np.array(2.0), requires_grad=False)
    y = SumAndDifference().apply(a, c)[0]
    assert [y.creator.needs(i) for i in (0, 1)] == [True, False]
    y.backward()
    assert c.grad is None


@pytest.mark.parametrize("how", ["no_backprop_mode", "a constant"])
def test_nothing_is_retained_where_no_gradient_is_asked_for(how):
    x, cube = Variable(np.array(2.0), requires_grad=how != "a constant"), Cube()
    array = weakref.ref(x.data)
    with using_config("enable_backprop", how != "no_backprop_mode"):
        y = cube.apply(x)
    del x
    assert array() is None
    assert (y.item(), y.creator) == (8, None)


@pytest.mark.parametrize("how", ["no_backprop_mode", "a constant"])
def test_several_outputs_have_no_creator_where_there_is_no_record(how):
    a = Variable(np.array(3.0), requires_grad=how != "a constant")
    with using_config("enable_backprop", how != "no_backprop_mode"):
        outputs = SumAndDifference().apply(a, 1.0)
    assert [y.creator for y in outputs] == [None, None]
    assert [y.requires_grad for y in outputs] == [how != "a constant"] * 2


def test_several_outputs_without_a_record_are_leaves():
    a = Variable(np.array(3.0))
    with using_config("enable_backprop", False):
        total, difference = SumAndDifference().apply(a, 1.0)
    (total**2 * difference).backward(enable_double_backprop=True)
    assert (total.grad, difference.grad, a.grad) == (16, 16, None)
    slope = total.grad_var
    total.cleargrad()
    slope.backward()
    assert total.grad == 4  # the second derivative, 2 * difference


def test_a_constant_of_ints_reaches_forward_as_it_is():
    class Pick(Function):
        def forward(self, x, t):
            self.t = t
            return x[np.arange(len(t)), t]

        def backward(self, gy):
            return np.eye(3)[self.t] * gy[:, None], None

    x = Variable(np.arange(6.0).reshape(2, 3))
    y = Pick().apply(x, np.array([2, 0]))
    assert y.data.tolist() == [2, 3]
    y.sum().backward()
    assert x.grad.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_retained_arrays_are_the_arrays_themselves(xp):
    x = Variable(xp.asarray(2.0))
    y = Cube().apply(x)
    (kept,) = y.creator.get_retained_inputs()
    assert kept is x.data
    y = F.exp(x)
    (kept,) = y.creator.get_retained_outputs()
    assert kept is y.data


def test_a_lone_number_becomes_an_array_of_float32():
    y = F.exp(0.0)
    assert (type(y.data), y.dtype, y.item()) == (np.ndarray, np.float32, 1)


class Twice(Function):
    """Its derivative is the same everywhere: backward returns an array, whatever it gets."""

    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return np.full(gy.shape, 2.0)


def test_an_array_from_backward_is_a_constant_for_second_derivatives():
    x = Variable(np.array(3.0))
    (gx,) = grad([Twice().apply(x)], [x], enable_double_backprop=True)
    assert (type(gx), gx.item(), gx.requires_grad) == (Variable, 2, False)
    (gx,) = grad([Twice().apply(x * x)], [x], enable_double_backprop=True)
    (ggx,) = grad([gx], [x])
    assert (gx.item(), ggx.item()) == (12, 4)


class Keeps(Function):
    """Adds its inputs up, and keeps those that a test asks for."""

    def __init__(self, indexes):
        self.indexes = indexes

    def forward(self, *xs):
        self.retain_inputs(self.indexes)
        return sum(xs)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("indexes", [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 1)])
def test_what_is_retained_is_what_was_asked_for(indexes, n):
    keeps, xs = Keeps(indexes), [Variable(np.array(float(i))) for i in range(n)]
    if max(indexes) < n:
        keeps.apply(*xs)
        assert [x.item() for x in keeps.get_retained_inputs()] == list(indexes)
    else:
        with pytest.raises(TypeError, match=f"positions from 0 to {n - 1}, and"):
            keeps.apply(*xs)


def test_retained_inputs_are_given_back_in_the_order_asked_for():
    class Quotient(Function):
        def forward(self, a, b):
            self.retain_inputs((1, 0))
            return a / b

        def backward(self, gy):
            b, a = self.get_retained_inputs()
            return gy / b, -gy * a / b**2

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    gradient_check.check_backward(lambda a, b: Quotient().apply(a, b), (a, b), a)
    gradient_check.check_double_backward(lambda a, b: Quotient().apply(a, b), (a, b), a, (a, b))


def test_an_output_that_nobody_holds_takes_part_in_second_derivatives(xp):
    x = Variable(xp.asarray(0.5))
    y = F.exp(F.exp(x) * 1.0)  # nobody holds the inner exp
    y.backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    e = np.exp(0.5)
    assert x.grad.item() == pytest.approx(np.exp(e) * e * (e + 1), rel=1e-12)


def test_an_input_that_nobody_holds_takes_part_in_second_derivatives(xp):
    x = Variable(xp.asarray(0.5))
    y = F.sin(F.sin(x) * 1.0)
    y.backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    s, c = np.sin(0.5), np.cos(0.5)
    assert x.grad.item() == pytest.approx(-np.sin(s) * c**2 - np.cos(s) * s, rel=1e-12)


def test_an_input_whose_array_was_replaced_is_differentiated_where_it_was():
    x = Variable(np.array(2.0))
    y = Cube().apply(x)
    x.data = np.array(10.0)
    y.backward(enable_double_backprop=True)
    assert x.grad.item() == 12


def test_plain_backward_works_on_bare_arrays(xp):
    seen = []

    class Spy(Function):
        def forward(self, x):
            self.retain_inputs((0,))
            self.retain_outputs((0,))
            return x * 1

        def backward(self, gy):
            seen.append([type(a) for a in (gy, *self.get_retained_inputs())])
            seen[-1] += [type(a) for a in self.get_retained_outputs()]
            return gy

    x = Variable(xp.asarray(2.0))
    y = Spy().apply(x)
    y.backward()
    y.backward(enable_double_backprop=True)
    assert seen == [[xp.ndarray] * 3, [Variable] * 3]


def test_a_numpy_scalar_as_result_becomes_an_array():
    class Total(Function):
        def forward(self, x):
            return x.sum()  # a NumPy scalar

        def backward(self, gy):
            return gy * np.ones(3, np.float32)

    x = Variable(np.ones(3, np.float32))
    y = Total().apply(x)
    assert (type(y.data), y.shape, y.dtype) == (np.ndarray, (), np.float32)
    y.backward()
    assert x.grad.tolist() == [1, 1, 1]


# ---- forward and backward fit to what comes in and goes out ----


def guided(unpack, backward):
    """Make a Function as Chainer's guide has it: `forward` gets one tuple."""

    def forward(self, inputs):
        return unpack(inputs)

    return type("Guided", (Function,), {"forward": forward, "backward": backward})()


def first(inputs):
    (x,) = inputs
    return x * 2


BACKWARDS = {
    "a FunctionNode": lambda self, indexes, gys: (gys[0] * 2,),
    "a FunctionNode of today": lambda self, target_input_indexes, grad_outputs: grad_outputs[0],
    "a Function of old": lambda self, inputs, gys: (gys[0] * 2,),
}


@pytest.mark.parametrize("backward", BACKWARDS.values(), ids=BACKWARDS)
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("unpack", [first, lambda inputs: (first(inputs),) * 2])
def test_a_function_written_for_chainer_is_recognized(unpack, rows, backward, xp):
    """With one row, it would take the row for the only input, without a word."""
    x = xp.ones((rows, 3))
    for inputs in ([x], [x, x], [Variable(x)]):
        with pytest.raises(TypeError, match=r"guided: expected .*forward\(self, x\).*Chainer"):
            guided(unpack, backward).apply(*inputs)


def test_inputs_in_a_tuple_are_refused_with_the_remedy(xp):
    x = Variable(xp.ones((1, 3)))
    for inputs in ((x,), (x, x), [x], (x.data, x.data)):
        with pytest.raises(TypeError, match=r"got a (tuple|list)\. Pass its arrays one by one"):
            guided(first, BACKWARDS["a FunctionNode"]).apply(inputs)


def splits(backward):
    def forward(self, x):
        return x * 1, x * 2

    return type("Splits", (Function,), {"forward": forward, "backward": backward})()


FITTING = [
    lambda self, a, b: a + 2 * b,
    lambda self, *gys: gys[0] + 2 * gys[1],
    lambda self, a, *rest: a + 2 * rest[0],
    lambda self, a, b, c=2: a + c * b,
]


@pytest.mark.parametrize("backward", FITTING)
def test_backward_takes_as_many_gradients_as_there_are_outputs(backward):
    x = Variable(np.array([1.0, 2.0]))
    a, b = splits(backward).apply(x)
    (a + b).sum().backward()
    assert x.grad.tolist() == [3, 3]


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize(
    "backward", [lambda self, gy: gy, lambda self: None, lambda self, a, b, c: a]
)
def test_another_number_of_gradients_is_refused_where_it_is_applied(backward, record):
    with using_config("enable_backprop", record):
        with pytest.raises(
            TypeError, match=r"splits: expected backward to take 2 gradients, .+got"
        ):
            splits(backward).apply(Variable(np.ones(2)))


def test_methods_that_do_not_tell_what_they_take_are_let_pass():
    class Sine(Function):
        forward, backward = staticmethod(np.sin), staticmethod(np.negative)

    x = Variable(np.array(0.5))
    y = Sine().apply(x)
    y.backward()
    assert (y.item(), x.grad) == (np.sin(0.5), -1)


def test_each_class_is_looked_at_once(monkeypatch):
    seen = []
    check = errors.check_arity
    monkeypatch.setattr(errors, "check_arity", lambda f, *args: seen.append(f) or check(f, *args))

    class Halve(Cube):
        def backward(self, gy):
            return gy / 2

    class Quarter(Halve):
        def backward(self, gy):
            return gy / 4

    functions = [kind() for kind in (Halve, Halve, Quarter, Quarter, Halve)]
    for function in functions:
        function.apply(Variable(np.array(2.0)))
    assert [functions.index(f) for f in seen] == [0, 2]


class Same(Function):
    """Returns its input, or a view of it."""

    def __init__(self, index):
        self.index = index

    def forward(self, x):
        return x if self.index is None else x[self.index]

    def backward(self, gy):
        return gy if self.index is None else gy[self.index]


@pytest.mark.parametrize("index", [None, slice(None), slice(None, None, -1)])
def test_forward_may_return_its_input_or_a_view_of_it(index, xp):
    x = Variable(xp.asarray([1.0, 2.0, 3.0]))
    y = Same(index).apply(x)
    (y * y + x).sum().backward()
    assert values(x.grad) == [3, 5, 7]
    assert values(x.data) == [1, 2, 3]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda x: None, "got None. Return arrays: look for a `return`"),
        (lambda x: [x], "got a list. Return arrays"),
        (lambda x: Variable(x), "got a float64 Variable of shape (2,). Return arrays"),
        (lambda x: (x, [x]), "got a list. Return arrays"),
        (lambda x: (x, None), "got None. Return arrays"),
        (lambda x: (), "got ()"),
        (lambda x: float(x.sum()), "got 2.0. Return arrays"),
        (lambda x: np.ma.masked_array(x), "got a float64 MaskedArray"),
        (lambda x: x > 1, "got bool. Convert"),
        (lambda x: x.astype(">f8"), "got >f8. Convert"),
    ],
)
def test_what_forward_returns_is_an_array_or_a_tuple_of_them(result, words):
    class Odd(Function):
        def forward(self, x):
            return result(x)

    with pytest.raises(TypeError, match=re.escape(words)):
        Odd().apply(Variable(np.ones(2)))
