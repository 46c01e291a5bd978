"""Variable: its array, its gradient, its operators and indexing."""

import copy
import operator
import pickle
import weakref

import numpy as np
import pytest

import tinylinks.functions as F
from tinylinks import Parameter, Variable, as_variable, backend, grad, no_backprop_mode
from tinylinks.functions.shapes import GetItemGrad


def variable(xp, values, dtype=np.float32, **options):
    return Variable(xp.asarray(values, dtype=dtype), **options)


def values(array):
    return backend.to_cpu(array).tolist()


# ---- the array ----


def test_data_and_array_are_the_array_itself(xp):
    a = xp.asarray([[1.0, 2.0, 3.0]])
    x = Variable(a)
    assert x.data is a
    assert x.array is a
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((1, 3), 2, 3, np.float64, 1)
    assert x.xp is xp


@pytest.mark.parametrize("value", [[1.0, 2.0], 3.0, None, "text", np.array([None])])
def test_nothing_but_an_array_of_numbers_can_be_assigned_to_data(value):
    x = Variable(np.array([5.0, 6.0]))
    with pytest.raises(TypeError, match="Variable: expected "):
        x.data = value
    assert x.data.tolist() == [5, 6]


def test_the_gradient_as_a_variable_is_a_constant_unless_it_was_recorded(xp):
    x = Variable(xp.asarray(3.0))
    (x * x).backward()
    assert (x.grad_var.item(), x.grad_var.requires_grad) == (6, False)


def test_a_new_array_of_the_same_form_keeps_the_gradient(xp):
    x = variable(xp, [1, 2], grad=xp.ones(2, dtype=np.float32))
    x.array = xp.asarray([3, 4], dtype=np.float32)
    assert values(x.data) == [3, 4]
    assert values(x.grad) == [1, 1]


@pytest.mark.parametrize("other", [np.zeros(3, np.float32), np.zeros(2, np.float64)])
def test_a_new_array_of_another_form_drops_the_gradient(other):
    x = variable(np, [1, 2], grad=np.ones(2, np.float32))
    x.data = other
    assert x.grad is None
    y = x * 2
    y.grad = np.ones_like(other)
    y.backward()
    assert (x.grad.shape, x.grad.dtype) == (other.shape, other.dtype)


def test_item_is_a_python_number(xp):
    assert type(variable(xp, [[2.5]]).item()) is float
    assert variable(xp, [[2.5]]).item() == 2.5


def test_name_is_kept_and_can_be_changed():
    x = variable(np, 1, name="x")
    x.name += "1"
    assert x.name == "x1"


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(2.0, np.float32), "Variable(2., dtype=float32)"),
        (np.array([1, 2]), "Variable([1, 2], dtype=int64)"),
        (np.array([1 / 3, 1e10]), "Variable([0.3333,  1e+10], dtype=float64)"),
        (np.array([np.nan, np.inf]), "Variable([nan, inf], dtype=float64)"),
        (np.zeros((0, 2)), "Variable([], dtype=float64)"),
    ],
)
def test_repr_shows_at_most_4_digits(array, text):
    assert repr(Variable(array)).replace("shape=(0, 2)", "") == text


def test_repr_breaks_lines_below_the_first_number(strict):
    x = Variable(strict.asarray([[1.0, 2.0], [3.0, 4.0]]), name="x")
    assert repr(x) == "Variable([[1., 2.],\n          [3., 4.]], dtype=float64, name='x')"
    assert repr(Parameter(x.data)).startswith("Parameter([[1., 2.],\n           [3., 4.]]")


def test_as_variable_keeps_a_variable_and_makes_a_constant_of_an_array(xp):
    x = variable(xp, [1])
    assert as_variable(x) is x
    assert as_variable(x.data).data is x.data
    assert not as_variable(x.data).requires_grad


# ---- operators ----

ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
OTHERS = {
    "a float": lambda xp: 2.5,
    "an int": lambda xp: 3,
    "a NumPy float64": lambda xp: np.float64(2.5),
    "a NumPy float16": lambda xp: np.float16(2.5),
    "a NumPy int": lambda xp: np.int32(3),
    "an array": lambda xp: xp.asarray([[2.0], [3.0]], dtype=np.float32),
    "an array of shape ()": lambda xp: xp.asarray(2.5, dtype=np.float32),
    "an array of float64": lambda xp: xp.asarray([2.5, 3.0]),
    "an array of int": lambda xp: xp.asarray([2, 3]),
    "a Variable": lambda xp: variable(xp, [1.5, 2.5]),
    "a Variable of shape ()": lambda xp: variable(xp, 1.5),
}


def plain(x):
    """Return `x` as NumPy computes with it."""
    x = x.data if isinstance(x, Variable) else x
    return x if isinstance(x, int | float | np.generic) else backend.to_cpu(x)


@pytest.mark.parametrize("sign", ARITHMETIC)
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("swapped", [False, True], ids=["on the right", "on the left"])
def test_arithmetic_with(kind, sign, swapped, xp):
    operate = ARITHMETIC[sign]
    x, other = variable(xp, [1.5, 0.5]), OTHERS[kind](xp)
    pair = (other, x) if swapped else (x, other)
    y = operate(*pair)
    assert type(y) is Variable
    assert type(y.data) is xp.ndarray
    assert y.dtype == np.float32
    np.testing.assert_allclose(plain(y), operate(*map(plain, pair)), rtol=1e-6)
    y.sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((2,), np.float32)
    if isinstance(other, Variable):
        assert (other.grad.shape, other.grad.dtype) == (other.shape, np.float32)


def test_two_variables_of_different_dtypes_are_not_mixed(xp):
    with pytest.raises(TypeError, match="float32 and float64"):
        variable(xp, [1, 2]) + variable(xp, [1, 2], np.float64)


@pytest.mark.parametrize("swapped", [False, True], ids=["on the right", "on the left"])
@pytest.mark.parametrize("wrap", [Variable, lambda a: a], ids=["a Variable", "an array"])
def test_matmul_with(wrap, swapped, xp):
    a, b = [[1.0, 2.0]], [[3.0], [4.0]]
    if swapped:
        y = wrap(xp.asarray(a)) @ Variable(xp.asarray(b))
    else:
        y = Variable(xp.asarray(a)) @ wrap(xp.asarray(b))
    assert values(y.data) == [[11.0]]


def test_negation_and_abs(xp):
    x = variable(xp, [1, -2])
    assert values((-x).data) == [-1, 2]
    assert values(abs(x).data) == [1, 2]


def test_plus_is_the_variable_itself(xp):
    x = variable(xp, [1, -2])
    assert +x is x


def test_arithmetic_in_place_makes_a_new_variable(xp):
    x = variable(xp, [1, 2])
    y = x
    y += 1
    y *= 2
    y -= 1
    y **= 2
    y /= 4
    assert values(x.data) == [1, 2]
    assert values(y.data) == [9 / 4, 25 / 4]
    y.sum().backward()
    assert values(x.grad) == [3, 5]


def test_an_array_to_which_a_variable_is_added_in_place_becomes_one():
    x, a = variable(np, [1, 2]), np.array([3, 4], np.float32)
    total = a
    total += x
    total.sum().backward()
    assert (values(total.data), values(a), values(x.grad)) == ([4, 6], [3, 4], [1, 1])


ROUNDING = {
    "x // 2": lambda x: x // 2,
    "2 // x": lambda x: 2 // x,
    "x // x": lambda x: x // x,
    "an array // x": lambda x: x.data // x,
    "x % 2": lambda x: x % 2,
    "2 % x": lambda x: 2 % x,
    "an array % x": lambda x: x.data % x,
    "divmod(x, 2)": lambda x: divmod(x, 2),
    "divmod(2, x)": lambda x: divmod(2, x),
}


@pytest.mark.parametrize("name", ROUNDING)
def test_what_rounds_down_has_no_slope_and_is_refused(name, xp):
    with pytest.raises(TypeError, match="expected an operation with a slope"):
        ROUNDING[name](variable(xp, [1, 2]))


# ---- powers at 0 ----

ZEROS = {
    "a number": lambda xp, dtype: 0,
    "a float": lambda xp, dtype: 0.0,
    "a NumPy number": lambda xp, dtype: np.float32(0),
    "an array of ints": lambda xp, dtype: xp.zeros((3,), dtype=np.int64),
    "an array of shape ()": lambda xp, dtype: xp.zeros((), dtype=dtype),
    "a column": lambda xp, dtype: xp.zeros((2, 1), dtype=dtype),
    "a Variable": lambda xp, dtype: Variable(xp.zeros((3,), dtype=dtype)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ZEROS)
def test_the_slope_of_0_to_the_b_is_0(kind, dtype, xp):
    b = Variable(xp.asarray(np.arange(3), dtype=dtype))
    y = ZEROS[kind](xp, dtype) ** b
    first, second = derivatives(y, b)
    assert values(y.data.reshape(-1)[:3]) == [1, 0, 0]
    assert values(first.data) == values(second.data) == [0, 0, 0]
    assert (first.dtype, second.dtype) == (dtype, dtype)


EXPONENTS = {
    "an array of ints": lambda xp, dtype: xp.arange(4),
    "an array of floats": lambda xp, dtype: xp.asarray(np.arange(4), dtype=np.float64),
    "a constant": lambda xp, dtype: Variable(
        xp.asarray(np.arange(4), dtype=dtype), requires_grad=False
    ),
    "a Variable": lambda xp, dtype: Variable(xp.asarray(np.arange(4), dtype=dtype)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", EXPONENTS)
def test_powers_with_whole_exponents_in_an_array(kind, dtype, xp):
    """Bases of 0 and below, too: what stands there is p(x) = 1 + x + x**2 + x**3."""
    x = Variable(xp.asarray(np.array([[0.0], [-2.0], [3.0]]), dtype=dtype))
    exponents = EXPONENTS[kind](xp, dtype)
    if kind == "a Variable":  # its own slope is not asked for: below 0 there is none
        x = Variable(xp.asarray(np.array([[0.0], [2.0], [3.0]]), dtype=dtype))
    first, second = derivatives(x**exponents, x)
    at = backend.to_cpu(x.data)
    assert values(first.data) == (1 + 2 * at + 3 * at**2).tolist()
    assert values(second.data) == (2 + 6 * at).tolist()
    assert (first.dtype, second.dtype) == (dtype, dtype)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("form", [int, float, np.int64, np.float32, "array", "Variable"])
def test_derivatives_of_a_single_power_at_0(n, form, xp):
    x, array = Variable(xp.zeros(())), xp.asarray(np.array(float(n)))
    exponent = {"array": array, "Variable": Variable(array)}.get(form)
    y = x ** (form(n) if exponent is None else exponent)
    found = [y, *derivatives(y, x)]
    assert [d.item() for d in found] == [[1, 0, 0], [0, 1, 0], [0, 0, 2]][n]
    if form == "Variable":
        assert [d.item() for d in derivatives(y, exponent)] == [0, 0]


@pytest.mark.parametrize("b", [0.0, 1.0, 2.0])
def test_mixed_derivatives_of_a_power(b, xp):
    """d/db (b a ** (b - 1)) = a ** (b - 1) (1 + b log a), in either order."""
    a, b = Variable(xp.asarray([0.5, 2.0])), Variable(xp.asarray([b, b]))
    for first, second in ((a, b), (b, a)):
        (slope,) = grad([(a**b).sum()], [first], enable_double_backprop=True)
        (mixed,) = grad([slope.sum()], [second])
        at, n = backend.to_cpu(a.data), backend.to_cpu(b.data)
        np.testing.assert_allclose(
            backend.to_cpu(mixed.data), at ** (n - 1) * (1 + n * np.log(at)), rtol=1e-12
        )


def test_the_slope_of_a_power_0_of_a_tiny_number_is_0(xp):
    """Its inverse would be infinite in float16."""
    x = Variable(xp.asarray(np.array([[1e-7], [-1e-7]]), dtype=np.float16))
    (x ** xp.asarray([0, 1])).sum().backward()
    (x**0).sum().backward()
    assert values(x.grad) == [[1], [1]]


def test_infinite_slopes_of_powers_stay_infinite(xp):
    x, b = Variable(xp.zeros(2)), xp.asarray([0.5, -1.0])
    with np.errstate(divide="ignore"):
        (x**b).sum().backward()
    assert values(x.grad) == [np.inf, -np.inf]


def derivatives(y, x):
    """Return the first and the second derivative of the sum of y with respect to x."""
    (first,) = grad([y], [x], enable_double_backprop=True)
    (second,) = grad([first], [x], enable_double_backprop=True)
    return first, x * 0 if second is None else second


@pytest.mark.parametrize("shape", [(), (1,), (2, 1), (3, 2, 2)])
def test_a_stretched_input_gets_the_sum_of_its_gradients(shape, xp):
    x = Variable(xp.ones(shape))
    y = x + xp.zeros((3, 2, 2))
    y.sum().backward()
    assert values(x.grad) == np.full(shape, 12 / x.size).tolist()


# ---- methods ----

X = np.arange(24.0).reshape(2, 3, 4)
METHODS = {
    "T": (lambda x: x.T, X.T),
    "transpose()": (lambda x: x.transpose(), X.T),
    "transpose(None)": (lambda x: x.transpose(None), X.T),
    "transpose(1, 0, 2)": (lambda x: x.transpose(1, 0, 2), X.transpose(1, 0, 2)),
    "transpose((1, 0, 2))": (lambda x: x.transpose((1, 0, 2)), X.transpose(1, 0, 2)),
    "transpose([-1, 0, 1])": (lambda x: x.transpose([-1, 0, 1]), X.transpose(-1, 0, 1)),
    "reshape(6, 4)": (lambda x: x.reshape(6, 4), X.reshape(6, 4)),
    "reshape((6, -1))": (lambda x: x.reshape((6, -1)), X.reshape(6, 4)),
    "reshape([24])": (lambda x: x.reshape([24]), X.reshape(24)),
    "reshape(-1)": (lambda x: x.reshape(-1), X.reshape(24)),
    "sum()": (lambda x: x.sum(), X.sum()),
    "sum(1)": (lambda x: x.sum(1), X.sum(1)),
    "sum(axis, keepdims)": (
        lambda x: x.sum(axis=(0, 2), keepdims=True),
        X.sum((0, 2))[None, :, None],
    ),
    "mean()": (lambda x: x.mean(), X.mean()),
    "mean(axis, keepdims)": (lambda x: x.mean(axis=-1, keepdims=True), X.mean(-1)[..., None]),
    "max()": (lambda x: x.max(), X.max()),
    "max(axis, keepdims)": (lambda x: x.max(axis=0, keepdims=True), X.max(0)[None]),
    "min()": (lambda x: x.min(), X.min()),
    "min(axis, keepdims)": (lambda x: x.min(axis=0, keepdims=True), X.min(0)[None]),
    "sum(0, True)": (lambda x: x.sum(0, True), X.sum(0)[None]),
    "max(0, True)": (lambda x: x.max(0, True), X.max(0)[None]),
    "min(0, True)": (lambda x: x.min(0, True), X.min(0)[None]),
    "mean(0, None, True)": (lambda x: x.mean(0, None, True), X.mean(0)[None]),
    "mean(weights=)": (lambda x: x.mean(weights=x.data), np.average(X, weights=X)),
    "mean(1, weights=)": (
        lambda x: x.mean(1, weights=x.xp.asarray([1.0, 0.0, 3.0])),
        np.average(X, 1, [1, 0, 3]),
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_method(name, xp):
    method, expected = METHODS[name]
    x = Variable(xp.asarray(X))
    y = method(x)
    assert y.shape == np.shape(expected)
    assert values(y.data) == expected.tolist()
    y.sum().backward()
    assert x.grad.shape == X.shape


INDEXES = {
    "an int": -1,
    "a slice": slice(None, None, -2),
    "ints and slices": (0, slice(1, None), 2),
    "None": (None, 1, None),
    "Ellipsis": (..., 1),
    "all ints": (1, 2, 3),
    "a list with repeats": [1, 0, 1, 1],
    "an array with repeats": np.array([[0, 0], [1, 0]]),
    "two arrays": (np.array([0, 1, 1]), slice(None), np.array([3, 0, 0])),
    "a mask": X % 5 == 0,
    "a mask of the first axis": np.array([False, True]),
    "nothing": slice(0, 0),
}


@pytest.mark.parametrize("name", INDEXES)
def test_indexing_with(name, xp):
    index = INDEXES[name]
    moved = tuple(
        xp.asarray(i) if isinstance(i, np.ndarray) else i
        for i in (index if isinstance(index, tuple) else (index,))
    )
    x = Variable(xp.asarray(X))
    y = x[moved if isinstance(index, tuple) else moved[0]]
    assert y.shape == X[index].shape
    assert values(y.data) == X[index].tolist()
    y.sum().backward()
    counts = np.zeros_like(X)
    np.add.at(counts, index, 1)
    assert values(x.grad) == counts.tolist()


def test_a_loop_goes_over_the_first_axis_and_ends(xp):
    x = variable(xp, [[1, 2], [3, 4]])
    assert [values(row.data) for row in x] == [[1, 2], [3, 4]]
    assert [values(row.data) for row in reversed(x)] == [[3, 4], [1, 2]]
    assert list(variable(xp, [])) == list(reversed(variable(xp, []))) == []


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 2, 2)])
def test_rows_send_their_gradients_back(shape, dtype, xp):
    x = Variable(xp.asarray(np.ones(shape), dtype=dtype))
    first, _, third = x
    assert (first.shape, first.dtype) == (shape[1:], dtype)
    (first * 2 + third * first).sum().backward()
    assert x.grad.dtype == dtype
    expected = np.zeros(shape)
    expected[0], expected[2] = 3, 1
    assert values(x.grad) == expected.tolist()


def test_the_rows_of_whole_numbers_and_of_constants(xp):
    assert [row.item() for row in Variable(xp.arange(3))] == [0, 1, 2]
    rows = list(Variable(xp.ones((2, 2)), requires_grad=False))
    assert [row.requires_grad for row in rows] == [False, False]
    with no_backprop_mode():
        assert [row.creator for row in variable(xp, [1, 2])] == [None, None]


def test_retain_grad_keeps_the_gradients_of_rows(xp):
    x = variable(xp, [[1, 2], [3, 4], [5, 6]])
    first, second, _ = x
    (first * second).sum().backward(retain_grad=True)
    assert (values(first.grad), values(second.grad)) == ([3, 4], [1, 2])
    assert values(x.grad) == [[3, 4], [1, 2], [0, 0]]


def test_rows_that_nobody_holds_are_freed(no_gc):
    x = variable(np, np.ones((3, 2)))
    first, *rest = x
    gone = [weakref.ref(row) for row in rest]
    del rest
    (first * 3).sum().backward()
    assert [ref() for ref in gone] == [None, None]
    assert values(x.grad) == [[3, 3], [0, 0], [0, 0]]


def test_rows_are_differentiated_twice_and_thrice(xp):
    x = Variable(xp.asarray([[1.0, 2.0], [3.0, 5.0], [7.0, 1.0]]))
    y = 0
    for row, other in zip(x, reversed(x), strict=True):
        y = y + (row**3 * other).sum()  # with the first row a and the last one c: a**3 c + c**3 a
    (gx,) = grad([y], [x], enable_double_backprop=True)
    first, second, third = map(np.array, values(x.data))
    expected = [3 * first**2 * third + third**3, 4 * second**3, 3 * third**2 * first + first**3]
    assert values(gx.data) == np.array(expected).tolist()
    (ggx,) = grad([gx[0].sum()], [x], enable_double_backprop=True)
    expected = [6 * first * third, 0 * second, 3 * first**2 + 3 * third**2]
    assert values(ggx.data) == np.array(expected).tolist()
    (gggx,) = grad([list(ggx)[0].sum()], [x])
    assert values(gggx.data) == [values(6 * x[2].data), [0, 0], values(6 * x[0].data)]


def test_a_loop_over_rows_makes_one_array_for_their_gradients(monkeypatch, xp):
    made = []

    def counted(self, gy):
        made.append(self)
        return forward(self, gy)

    forward = GetItemGrad.forward
    monkeypatch.setattr(GetItemGrad, "forward", counted)
    x = variable(xp, np.ones((5, 2)))
    sum(row.sum() for row in x).backward()
    sum(row.sum() for row in reversed(x)).backward()
    assert (made, values(x.grad)) == ([], np.full((5, 2), 2).tolist())


@pytest.mark.parametrize(
    "search",
    [lambda x: 3.0 in x, lambda x: x[0] in x, max, min, sorted],
    ids=["number in", "row in", "max", "min", "sorted"],
)
def test_what_compares_rows_is_refused(search):
    with pytest.raises(TypeError, match="expected arrays or numbers, got a Variable"):
        search(variable(np, [1, 2]))


def test_a_single_number_has_no_rows():
    for look in (iter, reversed, list, len):
        with pytest.raises(TypeError, match="expected a Variable with at least one axis"):
            look(variable(np, 3))


def test_an_index_that_picks_no_element_twice_needs_no_addition(monkeypatch, xp):
    class Refuses:
        def at(self, x, index, values):
            raise AssertionError("it takes much longer than an assignment")

    x = variable(xp, np.ones((3, 2)))
    monkeypatch.setattr(xp, "add", Refuses())
    for index in (0, np.int64(-1), slice(1, None), (0, 1), (..., 0), (None, 1), (slice(2), 1)):
        x[index].sum().backward()
    with pytest.raises(AssertionError):
        x[[0, 0]].sum().backward()


# ---- the gradient ----


def test_backward_of_one_element_starts_from_one(xp):
    for shape in [(), (1,), (1, 1)]:
        x = Variable(xp.asarray(np.full(shape, 3.0)))
        y = x * x
        y.backward()
        assert values(x.grad) == np.full(shape, 6.0).tolist()


def test_backward_starts_from_the_gradient_that_was_assigned(xp):
    x = variable(xp, [1, 2])
    y = x * 3
    y.grad = xp.asarray([1, 10], dtype=np.float32)
    y.backward()
    assert values(x.grad) == [3, 30]


def test_gradients_add_up_over_calls_until_cleargrad(xp):
    x = variable(xp, 2)
    (x * 3).backward()
    (x * 5).backward()
    assert x.grad.item() == 8
    x.cleargrad()
    assert x.grad is None
    (x * 7).backward()
    assert x.grad.item() == 7


def test_adding_up_leaves_the_array_that_you_hold_alone(xp):
    x = variable(xp, 2)
    (x * 3).backward()
    held = x.grad
    (x * 5).backward()
    assert (held.item(), x.grad.item()) == (3, 8)


def test_an_input_used_twice_gets_both_gradients(xp):
    x = variable(xp, [1, 2])
    F.sum(x * x + x).backward()
    assert values(x.grad) == [3, 5]


def test_the_gradient_of_the_output_is_consumed(xp):
    x = variable(xp, [1, 2])
    y = x * 3
    y.grad = xp.ones(2, dtype=np.float32)
    y.backward()
    assert y.grad is None


def test_gradients_on_the_way_are_dropped(xp):
    x = variable(xp, 2)
    h = x * 3
    y = h * h
    y.backward()
    assert (h.grad, y.grad) == (None, None)
    assert x.grad.item() == 36


@pytest.mark.parametrize("enable_double_backprop", [False, True])
def test_retain_grad_keeps_the_gradients_on_the_way(enable_double_backprop, xp):
    x = variable(xp, 2)
    h = x * 3
    y = h * h
    y.backward(retain_grad=True, enable_double_backprop=enable_double_backprop)
    assert (y.grad.item(), h.grad.item(), x.grad.item()) == (1, 12, 36)
    assert isinstance(h.grad_var, Variable)


def test_a_second_backward_starts_afresh_and_adds(xp):
    x = variable(xp, 3)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad.item() == 12


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_gradients_add_up_whether_recorded_or_not(first, second, xp):
    x = variable(xp, 3)
    y = x * x
    y.backward(enable_double_backprop=first)
    y.backward(enable_double_backprop=second)
    assert x.grad.item() == 12
    assert type(x.grad) is xp.ndarray


def test_what_requires_no_gradient_gets_none(xp):
    x = variable(xp, 2, requires_grad=False)
    w = variable(xp, 3)
    h = x * x
    assert (h.requires_grad, h.creator) == (False, None)
    y = h * w
    assert y.requires_grad
    y.backward()
    assert (x.grad, w.grad.item()) == (None, 4)


def test_what_was_made_without_a_record_is_a_leaf_that_gets_gradients(xp):
    x = variable(xp, 2)
    with no_backprop_mode():
        y = x * x
    for _ in range(2):
        (y * 3).backward()
    assert (values(y.grad), x.grad) == (6, None)


def test_no_backprop_mode_records_nothing(xp):
    x = variable(xp, 2)
    with no_backprop_mode():
        h = x * 3
    assert (h.creator, h.rank) == (None, 0)
    (h * x).backward()
    assert x.grad.item() == 6


def test_assigning_grad_keeps_the_array_itself(xp):
    x = variable(xp, [1, 2])
    g = xp.ones(2, dtype=np.float32)
    x.grad = g
    assert x.grad is g
    x.grad = None
    assert x.grad is None


def test_grad_var_is_the_gradient_as_a_variable(xp):
    x = variable(xp, [1, 2])
    assert x.grad_var is None
    x.grad = xp.ones(2, dtype=np.float32)
    assert x.grad_var.data is x.grad
    assert x.grad_var is x.grad_var
    g = variable(xp, [3, 4])
    x.grad_var = g
    assert (x.grad_var is g, x.grad is g.data) == (True, True)
    x.grad_var = None
    assert x.grad is None


def test_a_grad_var_that_you_hold_survives_cleargrad(xp):
    x = variable(xp, 2)
    (x**3).backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    assert (gx.item(), x.grad.item()) == (12, 12)


def leaves_of_a_sum(xp, **options):
    """Return z = x + y after backward with a gradient that was assigned to it."""
    x, y = variable(xp, [1, 2]), variable(xp, [3, 4])
    z = x + y
    g = z.grad = xp.ones(2, dtype=np.float32)
    z.backward(**options)
    return g, x, y


@pytest.mark.parametrize("enable_double_backprop", [False, True])
def test_leaves_do_not_share_their_gradient_array(enable_double_backprop, xp):
    g, x, y = leaves_of_a_sum(xp, enable_double_backprop=enable_double_backprop)
    x.grad[...] = 7
    assert values(y.grad) == [1, 1]
    assert values(g) == [1, 1]


@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 1)])
def test_a_gradient_is_no_view_of_the_one_that_was_assigned(shape, xp):
    x = variable(xp, [1, 2])
    y = x.reshape(shape)
    g = y.grad = xp.ones(shape, dtype=np.float32)
    y.backward()
    x.grad[...] = 7
    assert (values(g), g.shape) == (np.ones(shape).tolist(), shape)


def test_a_stretched_gradient_can_be_changed(xp):
    x = variable(xp, [1, 2])
    x.sum().backward()
    x.grad[0] = 7
    assert values(x.grad) == [7, 1]


def test_a_leaf_does_not_share_its_gradient_with_those_retained_on_the_way(xp):
    x = variable(xp, [1, 2])
    h = x + 1
    (h * 2).sum().backward(retain_grad=True)
    x.grad[...] = 7
    assert values(h.grad) == [2, 2]


# ---- the graph ----


def test_unchain_makes_a_leaf(xp):
    x = variable(xp, 2)
    h = x * 3
    y = h * h
    h.unchain()
    assert h.creator is None
    y.backward()
    assert (x.grad, h.grad.item()) == (None, 12)


def test_an_unchained_variable_adds_up_its_gradients_as_any_leaf_does(xp):
    h = variable(xp, 2) * 3
    h.unchain()
    for _ in range(2):
        (h * 5).backward()
    assert h.grad.item() == 10


def test_what_unchain_backward_cut_off_gets_arrays_as_gradients(xp):
    h = variable(xp, 2) * 3
    y = h * 5
    (h + 1).unchain_backward()
    y.backward(enable_double_backprop=True)
    assert (type(h.grad), h.grad.item()) == (xp.ndarray, 5)
    assert type(h.node.grad) is xp.ndarray


def test_none_forgets_a_gradient_that_was_retained_on_the_way(xp):
    for attribute in ("grad", "grad_var"):
        h = variable(xp, 2) * 3
        (h * 5).backward(retain_grad=True)
        assert h.grad.item() == 5
        setattr(h, attribute, None)
        assert (h.grad, h.grad_var) == (None, None)


def test_grad_var_must_have_the_shape_of_the_data(xp):
    x = variable(xp, [1, 2])
    with pytest.raises(ValueError, match=r"grad: expected the shape of the data, \(2,\), got \(3,"):
        x.grad_var = variable(xp, [1, 2, 3])
    assert x.grad is None


def test_recorded_gradients_add_up_to_one_that_can_be_differentiated(xp):
    x = variable(xp, 2)
    for y in (x**2, x**3):
        y.backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    assert (gx.item(), x.grad.item()) == (4 + 12, 2 + 12)


def test_the_inputs_of_a_sum_do_not_share_their_gradient(xp):
    x, y = variable(xp, [1, 2]), variable(xp, [3, 4])
    ((x + y) * 2).sum().backward()
    x.grad[...] = 9
    assert values(y.grad) == [2, 2]


def test_the_slope_of_a_power_of_zero_is_zero_everywhere(xp):
    x = variable(xp, [0, 2, np.inf])
    (x**0).sum().backward()
    assert values(x.grad) == [0, 0, 0]


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_no_comparison_of_variables(sign):
    x, y = variable(np, [1, 2]), variable(np, [3, 4])
    with pytest.raises(TypeError, match=f"x {sign} y: expected arrays or numbers"):
        eval(f"x {sign} y", {"x": x, "y": y})


def test_a_variable_in_a_text_is_its_repr():
    x = variable(np, [1, 2])
    assert f"{x}" == repr(x) == "Variable([1., 2.], dtype=float32)"


def test_a_parameter_that_waits_has_a_name_and_adds_up_its_gradients(xp):
    p = Parameter(0.5, name="scale")
    assert p.name == "scale"
    p.initialize((2,))
    p.data = xp.asarray(p.data)
    for _ in range(2):
        (p * 3).sum().backward()
    assert values(p.grad) == [6, 6]


@pytest.mark.parametrize("value", ["text", [1.0]])
def test_a_parameter_cannot_wait_for_what_gives_no_values(value):
    with pytest.raises(TypeError, match="Parameter: expected an array, a number or an initializer"):
        Parameter(value)


def test_unchain_backward_cuts_everything_behind(xp):
    x = variable(xp, 2)
    h1 = x * 3
    h2 = h1 * h1
    y = h2 + h1
    h2.unchain_backward()
    assert (h1.creator, h2.creator) == (None, None)
    assert y.creator is not None
    y.backward()
    assert (x.grad, h1.grad.item(), h2.grad.item()) == (None, 1, 1)
    y.backward()  # what was cut off is a leaf: its gradients add up
    assert (h1.grad.item(), h2.grad.item()) == (2, 2)
    h1.cleargrad()
    assert h1.grad is None


def result_without_record(xp):
    with no_backprop_mode():
        return variable(xp, 1) * 2


def unchained_result(xp):
    x = variable(xp, 1) * 2
    x.unchain()
    return x


def parameter_that_waited(xp):
    x = Parameter(2.0)
    x.initialize(())
    x.data = xp.asarray(x.data)
    return x


@pytest.mark.parametrize("make", [result_without_record, unchained_result, parameter_that_waited])
def test_the_gradient_of_every_kind_of_leaf_can_be_differentiated(make, xp):
    x = make(xp)
    y = x * x * x
    y.backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    assert x.grad.item() == 12


def test_unchain_backward_of_many_diamonds_ends():
    y = variable(np, 1)
    for _ in range(60):  # 2 ** 60 ways back
        y = y + y
    y.unchain_backward()
    assert y.creator is None


def test_rank_is_the_longest_way_from_a_leaf(xp):
    x = variable(xp, 2)
    assert x.rank == 0
    h = x * 2
    assert (h.rank, h.creator.rank) == (1, 0)
    assert (h + x).rank == 2
    assert (x + h.sum().sum()).rank == 4


# ---- moving to a GPU and back ----


def test_to_cpu_moves_array_and_gradient(strict):
    x = variable(strict, [1, 2], grad=strict.ones(2, dtype=np.float32))
    x.to_cpu()
    assert type(x.data) is type(x.grad) is np.ndarray
    y = x * 2
    assert y.data.tolist() == [2, 4]


def test_to_cpu_moves_a_gradient_that_is_a_variable(strict):
    x = variable(strict, 2)
    (x * x).backward(enable_double_backprop=True)
    x.to_cpu()
    assert type(x.grad) is np.ndarray
    assert x.grad.item() == 4


# ---- Parameter ----


def test_a_parameter_fills_an_array_of_its_shape():
    assert values(Parameter(0.5, (2, 3)).data) == [[0.5] * 3] * 2
    assert Parameter(0.5, 2).shape == (2,)
    assert np.isnan(Parameter(shape=(2,)).data).all()


def test_a_parameter_takes_an_array_as_it_is(xp):
    a = xp.asarray([1.0, 2.0])
    assert Parameter(a).data is a
    copied = Parameter(a, (2,)).data
    assert (copied is a, copied.tolist()) == (False, [1.0, 2.0])
    assert Parameter(a, (2,), name="W").name == "W"


def test_a_parameter_without_shape_waits_for_initialize():
    p = Parameter(0.5)
    assert not p.is_initialized
    assert repr(p) == "Parameter(not initialized)"
    p.initialize((2,))
    assert p.is_initialized
    (p * 2).sum().backward()
    assert values(p.grad) == [2, 2]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_copy_of_a_variable_gets_gradients_of_its_own(copied):
    x = Variable(np.array([1.0, 2.0]), name="x", grad=np.ones(2))
    y = copied(x * x)
    assert y.creator is None and y.name is None
    z = copied(x)
    assert (z.name, z.grad.tolist(), z.requires_grad) == ("x", [1.0, 1.0], True)
    (z * z).sum().backward()
    assert z.grad.tolist() == [3.0, 5.0]
    assert x.grad.tolist() == [1.0, 1.0]
    assert not copied(Variable(np.ones(1), requires_grad=False)).requires_grad


class Weighted(Variable):
    """A subclass with arguments and an attribute of its own."""

    def __init__(self, weight, data):
        super().__init__(data)
        self.weight = weight


class Positive(Parameter):
    """A subclass that keeps its attribute in a slot, as the library does."""

    __slots__ = ("limits",)


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COPIES = [
    copy.copy,
    copy.deepcopy,
    *[lambda x, protocol=n: pickle.loads(pickle.dumps(x, protocol)) for n in PROTOCOLS],
]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_is_of_the_same_class_and_has_its_attributes(copied):
    x = copied(Weighted(3, np.array([1.0, 2.0])))
    assert (type(x), x.weight, x.data.tolist()) == (Weighted, 3, [1, 2])
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2]
    p = Positive(0.5, (2,), name="p")
    p.limits, p.grad = [0, 1], np.ones(2, np.float32)
    q = copied(p)
    assert (type(q), q.limits, q.name, q.initializer) == (Positive, [0, 1], "p", 0.5)
    assert (q.data.tolist(), q.grad.tolist()) == ([0.5, 0.5], [1, 1])


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_what_waits_waits(copied):
    p = Positive(0.5, name="p")
    p.limits = [0, 1]
    q = copied(p)
    assert (type(q), q.is_initialized, q.name, q.limits) == (Positive, False, "p", [0, 1])
    q.initialize((2,))
    assert q.data.tolist() == [0.5, 0.5]
    assert not p.is_initialized


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_has_the_gradient_that_backward_left_and_no_graph(copied):
    x = Variable(np.array([3.0]))
    h = x * x
    y = h * 2
    y.backward(retain_grad=True, enable_double_backprop=True)
    assert copied(x).grad.tolist() == [12]
    twin = copied(h)
    assert (twin.grad.tolist(), twin.creator, twin.rank) == ([2], None, 0)
    assert copied(x).grad_var.creator is None


def test_a_deep_copy_has_an_array_of_its_own():
    x = Variable(np.array([1.0, 2.0]))
    assert copy.copy(x).data is x.data
    assert copy.deepcopy(x).data is not x.data


def test_the_variable_of_unchain_backward_becomes_a_leaf(xp):
    x = Variable(xp.asarray(np.array([1.0, 2.0])))
    y = x * 2
    y.unchain_backward()
    y.grad = xp.asarray(np.ones(2))
    (y * 3).sum().backward()
    assert y.grad.tolist() == [4.0, 4.0]
    assert x.grad is None
