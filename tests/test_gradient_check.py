"""gradient_check: it measures slopes, and it finds wrong gradients."""

import inspect

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Function, Parameter, backend, gradient_check


class Square(Function):
    """x ** 2, with a gradient and a second derivative that a test chooses."""

    def __init__(self, factor=2.0, second=2.0):
        self.factor, self.second = factor, second

    def forward(self, x):
        self.retain_inputs((0,))
        return x * x

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        if self.second == 2.0:
            return gy * x * self.factor
        return Slope(self.second).compute(gy, x)


class Slope(Function):
    """2 * gy * x, with a derivative by x that is right only for second = 2."""

    def __init__(self, second):
        self.second = second

    def forward(self, gy, x):
        self.retain_inputs((0, 1))
        return 2 * gy * x

    def backward(self, g):
        gy, x = self.get_retained_inputs()
        return 2 * x * g, self.second * gy * g


def test_numerical_grad_measures_slopes(xp):
    x, y = xp.asarray([[1.0, 2.0]]), xp.asarray(3.0)
    gx, gy = gradient_check.numerical_grad(
        lambda: [x * y, x**2], [x, y], [xp.asarray([[1.0, 10.0]]), xp.asarray([[1.0, 1.0]])]
    )
    assert (type(gx), type(gy)) == (xp.ndarray, xp.ndarray)
    np.testing.assert_allclose(backend.to_cpu(gx), [[3 + 2, 30 + 4]])
    np.testing.assert_allclose(backend.to_cpu(gy), 21)


def test_numerical_grad_restores_its_inputs(xp):
    x = xp.asarray([0.1, 0.2, 0.3])
    gradient_check.numerical_grad(lambda: [x * x], [x], [x])
    assert backend.to_cpu(x).tolist() == [0.1, 0.2, 0.3]


def test_numerical_grad_moves_by_eps_to_both_sides():
    x, seen = np.array([1.0]), []

    def f():
        seen.append(x.item())
        return [x**3]

    (gx,) = gradient_check.numerical_grad(f, [x], [np.ones(1)], eps=0.5)
    assert {0.5, 1.5} <= set(seen) <= {0.5, 1.0, 1.5}
    assert gx.item() == (1.5**3 - 0.5**3) / 1.0


def test_numerical_grad_of_an_f_that_fills_one_array_again_and_again():
    x, y = np.array([1.0, 2.0]), np.zeros(2)

    def f():
        np.multiply(x, x, out=y)
        return [y]

    (gx,) = gradient_check.numerical_grad(f, [x], [np.ones(2)])
    np.testing.assert_allclose(gx, [2, 4])


def test_numerical_grad_refuses_lists_of_numbers():
    with pytest.raises(TypeError, match="numerical_grad: expected inputs as an array of floats"):
        gradient_check.numerical_grad(lambda: [np.ones(1)], [[1.0]], [np.ones(1)])


def test_the_defaults_are_steps_and_tolerances_for_float64():
    def defaults(function):
        parameters = inspect.signature(function).parameters.values()
        return {p.name: p.default for p in parameters if p.name in ("eps", "atol", "rtol")}

    assert defaults(gradient_check.numerical_grad) == {"eps": 1e-3}
    assert defaults(gradient_check.check_backward) == {"eps": 1e-3, "atol": 1e-5, "rtol": 1e-4}
    second = {"eps": 1e-3, "atol": 1e-4, "rtol": 1e-3}
    assert defaults(gradient_check.check_double_backward) == second


def test_a_right_gradient_passes(xp):
    x = xp.asarray([[0.5, -1.0]])
    gradient_check.check_backward(lambda x: Square().apply(x), x, x)
    gradient_check.check_double_backward(lambda x: Square().apply(x), x, x, x)
    gradient_check.check_double_backward(lambda x: Square(second=2.0).apply(x), x, x, x)


@pytest.mark.parametrize("factor", [-2.0, 1.0, 2.01, 0.0, np.nan])
def test_a_wrong_gradient_is_found(factor):
    x = np.array([[0.5, -1.0]])
    with pytest.raises(AssertionError, match="the gradient of input 0 is not its slope"):
        gradient_check.check_backward(lambda x: Square(factor).apply(x), x, x)


def test_a_gradient_that_is_none_counts_as_zero():
    x, y = np.array([0.5]), np.array([2.0])
    gradient_check.check_backward(lambda x, y: x * 3 + y.data * 0, (x, y))
    with pytest.raises(AssertionError, match="input 1"):
        gradient_check.check_backward(lambda x, y: x * y.data, (x, y))


@pytest.mark.parametrize("second", [-2.0, 1.0, 2.1, 0.0])
def test_a_wrong_second_derivative_is_found(second):
    x = np.array([[0.5, -1.0]])
    gradient_check.check_backward(lambda x: Square(second=second).apply(x), x, x)
    with pytest.raises(AssertionError):
        gradient_check.check_double_backward(lambda x: Square(second=second).apply(x), x, x, x)


def test_a_wrong_gradient_of_a_parameter_is_found():
    class Wrong(Function):
        def forward(self, x, a):
            self.retain_inputs((0, 1))
            return x * a

        def backward(self, gy):
            x, a = self.get_retained_inputs()
            return gy * a, gy * x * 2

    a = Parameter(np.array([3.0]))
    x = np.array([0.5])
    with pytest.raises(AssertionError, match="input 1"):
        gradient_check.check_backward(lambda x: Wrong().apply(x, a), x, params=a)
    gradient_check.check_backward(lambda x: x * a, x, params=a)
    assert a.grad is None
    assert a.data.tolist() == [3]


def test_several_inputs_outputs_and_parameters(xp):
    f = L.Linear(3, 2, initialW=xp.asarray(np.ones((2, 3))), initial_bias=xp.asarray(np.ones(2)))
    x = xp.asarray(np.arange(6.0).reshape(2, 3) / 10)
    gys = (xp.asarray(np.full((2, 2), 2.0)), xp.asarray(np.array(3.0)))
    gradient_check.check_backward(lambda x: (F.tanh(f(x)), F.sum(f(x))), x, gys, (f.W, f.b))


def test_tolerances_are_what_is_given():
    x = np.array([1.0])
    wrong = lambda x: Square(2.01).apply(x)  # noqa: E731
    gradient_check.check_backward(wrong, x, atol=0.011, rtol=0)
    gradient_check.check_backward(wrong, x, atol=0, rtol=0.006)
    with pytest.raises(AssertionError):
        gradient_check.check_backward(wrong, x, atol=0.009, rtol=0)


def test_the_data_are_not_changed():
    x = np.array([0.1, 0.2])
    gradient_check.check_backward(F.tanh, x)
    gradient_check.check_double_backward(F.tanh, x, x, x)
    assert x.tolist() == [0.1, 0.2]


@pytest.mark.parametrize("name", ["numerical_grad", "check_backward"])
def test_a_step_of_zero_is_refused_before_anything_is_computed(name):
    def f(*args):
        raise AssertionError("computed")

    x = np.array([1.0])
    arguments = {"numerical_grad": (f, [x], [x]), "check_backward": (f, x)}[name]
    with pytest.raises(ValueError, match="gradient_check: expected eps as a number above 0"):
        getattr(gradient_check, name)(*arguments, eps=0)


def test_y_grad_is_made_of_arrays_of_floats():
    x = np.array([1.0])
    for y_grad in (1.0, [[1.0]], np.array([1])):
        with pytest.raises(TypeError, match="check_backward: expected y_grad as an array of flo"):
            gradient_check.check_backward(F.tanh, x, y_grad)


def test_the_function_for_second_derivatives_must_return_variables():
    x = np.array([1.0])
    with pytest.raises(TypeError, match="check_double_backward: expected func to return a Var"):
        gradient_check.check_double_backward(lambda x: x.data * 2, x, x, x)


def test_an_input_without_a_gradient_has_second_derivatives_of_zero():
    x, y = np.array([0.5]), np.array([2.0])
    gradient_check.check_double_backward(lambda x, y: x * x + y.data * 0, (x, y), x, (x, y))


# ---- what must not pass ----


class Steep(Function):
    """Multiply by `value`, which need not be finite; the gradient says the same."""

    def __init__(self, value):
        self.value = value

    def forward(self, x):
        return x * self.value

    def backward(self, gy):
        return gy * self.value


class Jump(Function):
    """Minus infinity below 0 and infinity above: the measured slope is infinite."""

    def forward(self, x):
        return np.where(x > 0, np.inf, -np.inf)

    def backward(self, gy):
        return gy * np.inf


class SecondNan(Function):
    """x, with a gradient gy that is nan plus nan times x: a second derivative that is nan."""

    def forward(self, x):
        self.retain_inputs((0,))
        return x * 1

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return gy * Steep(np.nan).compute(x)


@pytest.mark.parametrize(
    ("function", "x"), [(lambda: Steep(np.nan), [-1.0]), (lambda: Jump(), [1e-4])]
)
def test_a_gradient_and_a_slope_that_are_both_not_finite_do_not_pass(function, x):
    message = "gradient_check: expected finite numbers for input 0, got NaN or infinity"
    with pytest.raises(AssertionError, match=message), np.errstate(all="ignore"):
        gradient_check.check_backward(lambda x: function().apply(x), np.array(x))
    with pytest.raises(AssertionError, match=message), np.errstate(all="ignore"):
        gradient_check.check_backward(lambda x, z: (z * 2, function().apply(x)), (np.array(x),) * 2)


def test_a_finite_gradient_does_not_pass_beside_a_slope_that_is_not_nor_the_other_way_round():
    class Half(Function):
        def __init__(self, forward, backward):
            self.factors = forward, backward

        def forward(self, x):
            return x * self.factors[0]

        def backward(self, gy):
            return gy * self.factors[1]

    for factors in [(np.nan, 1.0), (1.0, np.nan), (1.0, np.inf), (np.nan, np.inf)]:
        with pytest.raises(AssertionError), np.errstate(all="ignore"):
            gradient_check.check_backward(lambda x, f=factors: Half(*f).apply(x), np.ones(2))


def test_second_derivatives_that_are_not_finite_do_not_pass():
    x = np.array([0.5])
    with pytest.raises(AssertionError, match="expected finite numbers"):
        gradient_check.check_double_backward(lambda x: SecondNan().apply(x), x, x, x)


def test_numerical_grad_is_nan_where_the_function_is():
    for number, expected in ((1.0, True), (7.0, False)):
        x = np.array([number])
        with np.errstate(all="ignore"):
            (gx,) = gradient_check.numerical_grad(lambda x=x: [np.log(x - 5)], [x], [np.ones(1)])
        assert np.isnan(gx).tolist() == [expected]


def test_an_input_without_gradient_that_moves_the_output_does_not_pass_the_second_check():
    """Its second derivatives are 0, and so they are right: the first one is not."""
    x, p = np.array([0.5, 2.0]), Parameter(np.array([3.0, 4.0]))
    x.flags.writeable = False

    def without_y(x, y):
        return x * x + 3 * y.data

    def without_p(x):
        return x * x + 3 * p.data

    with pytest.raises(AssertionError, match="the gradient of input 1 is not its slope"):
        gradient_check.check_double_backward(without_y, (x, x), x, (x, x))
    with pytest.raises(AssertionError, match="the gradient of input 2 is not its slope"):
        gradient_check.check_double_backward(without_p, x, x, x, p, x)
    gradient_check.check_double_backward(without_p, x, x, x)  # p is not asked for
    flags = [False, True, False]
    gradient_check.check_double_backward(without_y, (x, x), x, (x, x), no_grads=flags)


# ---- no_grads and dtype ----


def test_no_grads_leaves_inputs_out(xp):
    x = xp.asarray(np.array([0.5, 2.0]))

    def without_y(x, y):
        return x * x * y.data

    with pytest.raises(AssertionError, match="input 1"):
        gradient_check.check_backward(without_y, (x, x), x)
    gradient_check.check_backward(without_y, (x, x), x, no_grads=[False, True])
    gradient_check.check_backward(without_y, (x, x), x, no_grads=(False, np.True_))
    gradient_check.check_double_backward(
        without_y, (x, x), x, (x, x), no_grads=[False, True, False]
    )
    with pytest.raises(AssertionError, match="input 1"):  # numbers count all inputs
        gradient_check.check_backward(lambda x, y: x * y.data, (x, x), x, no_grads=[True, False])


def test_whole_numbers_are_left_out_of_themselves(xp):
    x, n, yes = (xp.asarray(np.array(a)) for a in ([0.5, 2.0], [3, 4], [True, False]))

    def f(x, n, yes):
        return F.where(yes, x * x * n.data.astype(float), x)

    gradient_check.check_backward(f, (x, n, yes), x)
    gradient_check.check_double_backward(f, (x, n, yes), x, x)
    with pytest.raises(TypeError, match="x_data as an array of floats"):
        gradient_check.check_backward(f, (x, n, yes), x, no_grads=[False, False, True])


def test_dtype_is_what_slopes_are_measured_in(xp):
    rng = np.random.default_rng(0)
    W, b = (xp.asarray(rng.normal(size=s).astype(np.float32)) for s in ((2, 3), (2,)))
    f, seen = L.Linear(3, 2, initialW=W, initial_bias=b), set()
    x, gy = (xp.asarray(rng.normal(size=s).astype(np.float32)) for s in ((4, 3), (4, 2)))
    x += 50

    def tanh(x):
        seen.add((x.dtype, f.W.dtype))
        return F.tanh(f(x) / 50)

    with pytest.raises(AssertionError):
        gradient_check.check_backward(tanh, x, gy, (f.W, f.b))  # float32 is too coarse
    f.W.grad = gW = xp.ones((2, 3), dtype=np.float32)
    gradient_check.check_backward(tanh, x, gy, (f.W, f.b), dtype=np.float64)
    assert seen == {(np.dtype(t), np.dtype(t)) for t in ("float32", "float64")}
    ggs = x, (f.W, f.b), (W, b)
    gradient_check.check_double_backward(tanh, x, gy, *ggs, dtype="float64", rtol=1e-2)
    assert (f.W.dtype, f.b.dtype, f.W.grad is gW) == (np.float32, np.float32, True)
    assert backend.to_cpu(f.W.data).tolist() == backend.to_cpu(W).tolist()


@pytest.mark.parametrize("check", ["check_backward", "check_double_backward"])
def test_dtype_is_one_of_floats(check):
    x = np.array([0.5])
    arguments = {"check_backward": [F.tanh, x], "check_double_backward": [F.tanh, x, x, x]}[check]
    with pytest.raises(TypeError, match="check_backward: expected dtype as a dtype of floats"):
        getattr(gradient_check, check)(*arguments, dtype=int)


def test_after_an_error_the_parameters_are_as_they_were():
    f, calls = L.Linear(3, 2), []

    def fails(x):
        calls.append(0)
        if len(calls) > 1:
            raise ZeroDivisionError
        return f(x)

    with pytest.raises(ZeroDivisionError):
        gradient_check.check_backward(fails, np.ones((1, 3), np.float32), None, f.W, dtype="f8")
    assert f.W.dtype == np.float32


def test_none_in_y_grad_stands_for_zeros():
    x = np.array([0.5, 2.0])
    gradient_check.check_backward(lambda x: (Steep(2.0).apply(x), x * x), x, (None, x))
    with pytest.raises(AssertionError):
        gradient_check.check_backward(lambda x: (x * x, Square(5.0).apply(x)), x, (None, x))
    gradient_check.check_backward(lambda x: (x * x, Square(5.0).apply(x)), x, (x, None))
