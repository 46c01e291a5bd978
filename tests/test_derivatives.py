"""tinylinks.grad, and derivatives of derivatives."""

import math

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Function, Parameter, Variable, backend, grad


def variable(xp, values):
    return Variable(xp.asarray(values, dtype=np.float64))


def values(x):
    return backend.to_cpu(x.data).tolist()


def test_grad_returns_one_gradient_for_each_input(xp):
    x, y = variable(xp, 2), variable(xp, 3)
    gx, gy = grad([x * y], [x, y])
    assert (type(gx), type(gy)) == (Variable, Variable)
    assert (gx.item(), gy.item()) == (3, 2)


@pytest.mark.parametrize("enable_double_backprop", [False, True])
def test_grad_leaves_all_variables_alone(enable_double_backprop, xp):
    x = variable(xp, 2)
    h = x * x
    y = h * 3
    grad([y], [x, h], enable_double_backprop=enable_double_backprop)
    assert [v.grad for v in (x, h, y)] == [None] * 3


def test_grad_of_a_variable_on_the_way(xp):
    x = variable(xp, 2)
    h = x * x
    y = h * h
    gh, gx = grad([y], [h, x])
    assert (gh.item(), gx.item()) == (8, 32)


def test_grad_of_an_output_by_itself_is_one(xp):
    y = variable(xp, [1, 2]) * 3
    (g,) = grad([y], [y])
    assert values(g) == [1, 1]


def test_grad_adds_up_over_the_outputs(xp):
    x = variable(xp, 2)
    (gx,) = grad([x * 3, x * x], [x])
    assert gx.item() == 7


def test_grad_adds_up_over_an_output_given_twice(xp):
    x = variable(xp, 2)
    y = x * 3
    starts = [variable(xp, 1), variable(xp, 10)]
    (gx,) = grad([y, y], [x], grad_outputs=starts)
    assert gx.item() == 33


def test_grad_of_an_output_of_several_elements_starts_from_ones(xp):
    x = variable(xp, [1, 2])
    (gx,) = grad([x * x], [x])
    assert values(gx) == [2, 4]


def test_grad_outputs_are_what_it_starts_from(xp):
    x = variable(xp, [1, 2])
    gy = xp.asarray([1.0, 10.0])
    for start in (gy, Variable(gy)):
        (gx,) = grad([x * 3, x * x], [x], [start, None])
        assert values(gx) == [5, 34]


def test_grad_inputs_are_added_to_the_results(xp):
    x, y, z = (variable(xp, n) for n in (2, 3, 4))
    gx, gy, gz = grad([x * y], [x, y, z], grad_inputs=[variable(xp, 10), None, variable(xp, 5)])
    assert (gx.item(), gy.item(), gz.item()) == (13, 2, 5)


@pytest.mark.parametrize("enable_double_backprop", [False, True])
def test_grad_inputs_go_on_from_where_they_arrive(enable_double_backprop, xp):
    """Chainer gives the same: 26 and 13."""
    x = variable(xp, 3)
    h = 2 * x
    y = h * h
    given = [None, variable(xp, 1)]
    found = grad([y], [x, h], grad_inputs=given, enable_double_backprop=enable_double_backprop)
    assert [g.item() for g in found] == [2 * (2 * 6 + 1), 2 * 6 + 1]
    assert given[1].item() == 1
    assert [v.grad for v in (x, h, y)] == [None] * 3


def test_grad_inputs_along_one_chain(xp):
    x = variable(xp, 3)
    a = 2 * x
    b = a * a
    y = 5 * b
    gives = [variable(xp, n) for n in (1000, 100, 10)]
    found = grad([y], [x, a, b], grad_inputs=gives, set_grad=True, retain_grad=True)
    at_b = 5 + 10
    at_a = at_b * 2 * 6 + 100
    assert [g.item() for g in found] == [at_a * 2 + 1000, at_a, at_b]
    assert [v.grad.item() for v in (x, a, b)] == [at_a * 2 + 1000, at_a, at_b]


def test_grad_inputs_of_an_output_are_added_to_grad_outputs(xp):
    x = variable(xp, 3)
    y = x * x
    found = grad([y], [y, x], [variable(xp, 10)], [variable(xp, 1), None])
    assert [g.item() for g in found] == [11, 66]


def test_grad_inputs_go_on_where_no_output_leads(xp):
    x = variable(xp, 3)
    aside = 5 * x
    gx, g_aside = grad([x * x], [x, aside], grad_inputs=[None, variable(xp, 2)])
    assert (gx.item(), g_aside.item()) == (6 + 10, 2)


def test_grad_inputs_of_one_output_of_several(xp):
    x = variable(xp, [[1, 2], [3, 4]])
    first, second = x
    given = [None, variable(xp, [10, 20]), None]
    found = grad([(first * 3).sum()], [first, second, x], grad_inputs=given)
    assert [values(g) for g in found] == [[3, 3], [10, 20], [[3, 3], [10, 20]]]


def test_a_recorded_result_depends_on_grad_inputs_too(xp):
    x, g = variable(xp, 3), variable(xp, 5)
    h = x * x
    gx, _ = grad([h * 1], [x, h], grad_inputs=[None, g], enable_double_backprop=True)
    gx.backward()  # gx = (1 + g) 2 x
    assert (gx.item(), x.grad.item(), g.grad.item()) == (36, 12, 6)


def test_grad_inputs_must_fit_the_inputs(xp):
    x = variable(xp, [1, 2])
    with pytest.raises(ValueError, match="grad: expected the shape of the data"):
        grad([x * x], [x], grad_inputs=[xp.ones((3,))])
    with pytest.raises(TypeError, match="grad: expected the dtype of the data"):
        grad([x * x], [x], grad_inputs=[xp.ones((2,), dtype=np.float32)])


def test_grad_inputs_are_returned_as_variables_where_there_is_no_way(xp):
    x, z = variable(xp, 2), variable(xp, 4)
    (gz,) = grad([x * x], [z], grad_inputs=[xp.asarray(5.0)])
    assert (type(gz), gz.item()) == (Variable, 5)


def test_a_result_does_not_share_its_memory_with_grad_outputs(xp):
    x, gy = variable(xp, [1, 2]), xp.asarray([3.0, 4.0])
    gx, gh = grad([x + 0, x], [x, x], [gy, None])
    (g,) = grad([x], [x], [gy])
    (gz,) = grad([x], [variable(xp, [5, 6])], grad_inputs=[gy])
    for result in (gx, gh, g, gz):
        result.data[...] = 9
    assert backend.to_cpu(gy).tolist() == [3, 4]


def test_two_results_do_not_share_their_memory(xp):
    x, y = variable(xp, [1, 2]), variable(xp, [3, 4])
    gx, gy = grad([(x + y) * 2], [x, y])
    gx.data[...] = 9
    assert values(gy) == [2, 2]


def test_grad_of_a_parameter_that_waits_says_so():
    with pytest.raises(RuntimeError, match="grad: expected a Parameter with an array") as caught:
        grad([Parameter()], [variable(np, 2)])
    assert "initialize(shape)" in str(caught.value)


def test_grad_without_a_way_is_none(xp):
    x, y = variable(xp, 2), variable(xp, 3)
    gx, gy = grad([x * x], [x, y])
    assert (gx.item(), gy) == (4, None)


def test_grad_of_an_unused_output_of_several_is_none():
    class Two(Function):
        def forward(self, x):
            return x * 2, x * 3

        def backward(self, ga, gb):
            return 2 * ga + 3 * gb

    a, b = Two().apply(Variable(np.array(1.0)))
    (gb,) = grad([a], [b])
    assert gb is None


def test_grad_of_all_outputs_of_a_function():
    class Two(Function):
        def forward(self, x):
            return x * 2, x * 3

        def backward(self, ga, gb):
            return 2 * ga + 3 * gb

    x = Variable(np.array(1.0))
    a, b = Two().apply(x)
    ga, gb, gx = grad([a * 5 + b * 7], [a, b, x])
    assert (ga.item(), gb.item(), gx.item()) == (5, 7, 31)


def test_grad_outputs_must_fit_the_outputs(xp):
    y = variable(xp, [1, 2]) * 3
    with pytest.raises(ValueError, match="grad: expected the shape of the data"):
        grad([y], [y], [xp.ones((3,))])
    with pytest.raises(TypeError, match="grad: expected the dtype of the data"):
        grad([y], [y], [xp.ones((2,), dtype=np.float32)])


def test_set_grad_puts_the_results_into_the_inputs(xp):
    x, y = variable(xp, 2), variable(xp, 3)
    y.grad = xp.asarray(9.0)
    gx, gy = grad([x * x], [x, y], set_grad=True)
    assert (x.grad.item(), y.grad) == (4, None)
    h = x * x
    (gh,) = grad([h * 5], [h], set_grad=True)
    assert (h.grad.item(), x.grad.item()) == (5, 4)


def test_retain_grad_leaves_the_gradients_on_the_way(xp):
    x = variable(xp, 2)
    h = x * x
    grad([h * 5], [x], retain_grad=True)
    assert (h.grad.item(), x.grad) == (5, None)


def test_results_are_constants_unless_recorded(xp):
    x = variable(xp, 2)
    (gx,) = grad([x**3], [x])
    assert (gx.creator, gx.requires_grad) == (None, False)
    (gx,) = grad([x**3], [x], enable_double_backprop=True)
    assert gx.creator is not None


def test_a_recorded_result_depends_on_grad_outputs_too(xp):
    x, gy = variable(xp, 2), variable(xp, 5)
    (gx,) = grad([x**3], [x], [gy], enable_double_backprop=True)
    gx.backward()
    assert (x.grad.item(), gy.grad.item()) == (60, 12)


def test_a_gradient_penalty_trains(xp):
    x, w = variable(xp, 2), variable(xp, 3)
    (gx,) = grad([w * x * x], [x], enable_double_backprop=True)  # 2 w x
    (gx * gx).backward()  # 4 w² x²
    assert (w.grad.item(), x.grad.item()) == (8 * 3 * 4, 8 * 9 * 2)


HIGHER = {
    "exp": (F.exp, lambda n, x: math.exp(x)),
    "sin": (F.sin, lambda n, x: math.sin(x + n * math.pi / 2)),
    "log": (F.log, lambda n, x: -((-1) ** n) * math.factorial(n - 1) * x**-n),
    "x ** 0.5": (
        lambda x: x**0.5,
        lambda n, x: math.prod(0.5 - i for i in range(n)) * x ** (0.5 - n),
    ),
    "x ** 5": (lambda x: x**5, lambda n, x: math.perm(5, n) * x ** (5 - n)),
    "x * x * x * x": (lambda x: x * x * x * x, lambda n, x: math.perm(4, n) * x ** (4 - n)),
    "1 / x": (lambda x: 1 / x, lambda n, x: (-1) ** n * math.factorial(n) * x ** -(n + 1)),
    "2 ** x": (lambda x: 2**x, lambda n, x: math.log(2) ** n * 2**x),
}


@pytest.mark.parametrize("name", HIGHER)
def test_derivatives_one_to_four(name, xp):
    function, derivative = HIGHER[name]
    x = variable(xp, 0.7)
    y = function(x)
    for n in (1, 2, 3, 4):
        (y,) = grad([y], [x], enable_double_backprop=True)
        assert y.item() == pytest.approx(derivative(n, 0.7), rel=1e-9)


def test_derivatives_by_repeated_backward(xp):
    x = variable(xp, 0.7)
    y = F.tanh(x)
    found = []
    for _ in range(3):
        y.backward(enable_double_backprop=True)
        y = x.grad_var
        x.cleargrad()
        found.append(y.item())
    t = math.tanh(0.7)
    expected = [1 - t**2, -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)]
    assert found == pytest.approx(expected, rel=1e-12)


def test_double_backprop_starts_from_an_assigned_gradient(xp):
    x = variable(xp, [1, 2])
    y = x * x
    y.grad = xp.asarray([1.0, 10.0])
    y.backward(enable_double_backprop=True)
    assert values(x.grad_var) == [2, 40]
    gx = x.grad_var
    x.cleargrad()
    gx.sum().backward()
    assert values(x.grad_var) == [2, 20]


def test_double_backprop_continues_from_an_assigned_grad_var(xp):
    x, g = variable(xp, 3), variable(xp, 5)
    y = x * x
    y.grad_var = g
    y.backward(enable_double_backprop=True)
    x.grad_var.backward()
    assert g.grad.item() == 6


def test_derivatives_of_a_whole_power_at_zero(xp):
    x = variable(xp, 0)
    y, found = x**3, []
    for _ in range(3):
        (y,) = grad([y], [x], enable_double_backprop=True)
        found.append(y.item())
    assert found == [0, 0, 6]


CONSTANT_SLOPES = {
    "x + 1": lambda x: x + 1,
    "2 * x": lambda x: 2 * x,
    "-x": lambda x: -x,
    "x / 4 - x": lambda x: x / 4 - x,
    "abs(x)": abs,
    "x.sum()": lambda x: x.sum(),
    "x.mean(axis=0)": lambda x: x.mean(axis=0),
    "x.max()": lambda x: x.max(),
    "x.reshape(1, 1)": lambda x: x.reshape(1, 1),
    "x.T": lambda x: x.T,
    "x[0]": lambda x: x[0],
    "rows": lambda x: next(iter(x)),
    "x @ W": lambda x: x @ x.xp.ones((1, 1)),
    "linear": lambda x: F.linear(x.reshape(1, 1), x.xp.ones((1, 1))),
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "maximum": lambda x: F.maximum(x, 1.0),
    "clip": lambda x: F.clip(x, -5, 5),
    "where": lambda x: F.where(x.data > 0, x, 0.0),
    "concat": lambda x: F.concat([x], axis=0),
    "broadcast_to": lambda x: F.broadcast_to(x, (1, 1)),
    "sum_to": lambda x: F.sum_to(x, ()),
    "dropout": lambda x: F.dropout(x, 0.0),
}


@pytest.mark.parametrize("name", CONSTANT_SLOPES)
def test_a_gradient_that_depends_on_nothing_is_a_constant_and_says_so(name, xp):
    x = variable(xp, [3])
    CONSTANT_SLOPES[name](x).backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    assert (gx.creator, gx.requires_grad) == (None, False)
    for end in (gx, (gx * gx).sum()):
        with pytest.raises(RuntimeError, match=r"got a constant.*the same for every x"):
            end.backward()
    assert (x.grad, grad([gx], [x])) == (None, [None])


def test_a_constant_gradient_may_be_part_of_a_loss(xp):
    x, w = variable(xp, 3), variable(xp, 2)
    (2 * x + w * w).backward(enable_double_backprop=True)
    gx, gw = x.grad_var, w.grad_var
    x.cleargrad(), w.cleargrad()
    (gx * gx + gw * gw).backward()  # 2**2 + (2 w)**2
    assert (x.grad, w.grad.item()) == (None, 8 * 2)


def test_the_hessian_of_a_function_of_two_numbers(xp):
    x = variable(xp, [2, 3])
    (gx,) = grad([x[0] ** 2 * x[1]], [x], enable_double_backprop=True)
    rows = [values(grad([gx[i]], [x])[0]) for i in (0, 1)]
    assert rows == [[6, 4], [4, 0]]
