"""What must hold of the package and, from the chapter on that builds it, of the book's classes.

A case is a function of `lib`, which has the names that the chapters build: `Variable`, `square`
and so on. `@since(n)` names the first chapter after which it holds, and `@since(n, in_full=True)`
says that it holds only after the companion of that chapter.

The name of a case says what must hold. A case that fails says it as a sentence, with the values
that it met: it is read by those who wrote a library of their own, too. The library carries this
file with it (`tinylinks/checks/chapters.py`), and where it goes there is no pytest.
"""

import ast
import copy
import functools
import gc
import linecache
import unittest.mock
import weakref
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, SimpleNamespace
from typing import NamedTuple

import numpy as np
import strict_xp

import tinylinks
from tinylinks import backend
from tinylinks.checks import expect as pytest  # the part of pytest that is needed here
from tinylinks.checks.expect import assert_allclose, assert_array_equal, assert_repr, shown

CASES = []


class Case(NamedTuple):
    page: int | str  # the first page after which it holds: 4, or "4 in full"
    run: Callable  # takes `lib`
    id: str


def since(chapter, in_full=False):
    """Register a case that holds after `chapter`, or its companion, and all later pages."""
    page = f"{chapter} in full" if in_full else chapter

    def register(case):
        @functools.wraps(case)
        def saying_what_is_wrong(lib):
            try:
                case(lib)
            except Exception as error:
                raise AssertionError(sentence(case, page, error)) from error

        CASES.append(Case(page, saying_what_is_wrong, case.__name__))
        return saying_what_is_wrong

    return register


def sentence(case, page, error):
    """Say what a case asks for, and what came instead."""
    rule = case.__name__.replace("_", " ")
    got = what_came(*innermost(case, error), error).rstrip(".")
    return f"{rule[0].upper()}{rule[1:]}: so it is from chapter {page} on. Here {got}."


def innermost(case, error):
    """Return the frame of the case in which it failed, and the statement there."""
    traceback = error.__traceback__
    while traceback.tb_frame.f_code is not case.__code__:
        traceback = traceback.tb_next
    statements = [
        node
        for node in ast.walk(tree_of(case.__code__.co_filename))
        if isinstance(node, ast.stmt) and node.lineno <= traceback.tb_lineno <= node.end_lineno
    ]
    return traceback.tb_frame, max(statements, key=lambda node: node.lineno)


@functools.cache
def tree_of(file):
    return ast.parse("".join(linecache.getlines(file)))


def what_came(frame, statement, error):
    """Write the expression that failed, what came, and what was expected."""
    text = str(error).strip().rstrip(".")
    asked = by_the_contract(frame, error)
    if isinstance(error, pytest.NotThere):
        return text
    if asked and isinstance(statement, ast.Assert):
        return values(statement.test, frame)
    if asked and isinstance(statement, ast.With):
        body = "; ".join([ast.unparse(line) for line in statement.body])
        return f"{body} {text}{where(statement, frame)}"
    if asked:  # assert_allclose, or one like it
        first = statement.value.args[0]
        return f"{ast.unparse(first)} {text}{where(first, frame)}"
    line = ast.unparse(getattr(statement, "test", statement)).split("\n")[0].rstrip(":")
    return f"{line} raised {type(error).__name__}: {text}{where(statement, frame)}"


def by_the_contract(frame, error):
    """Tell whether an error comes from what a case asks, not from the library."""
    traceback = error.__traceback__
    while traceback.tb_next:
        traceback = traceback.tb_next
    ours = (frame.f_code.co_filename, pytest.__file__)
    return isinstance(error, AssertionError) and traceback.tb_frame.f_code.co_filename in ours


def values(test, frame):
    """Write a condition that does not hold, and what is on its left."""
    text = ast.unparse(test)
    if not isinstance(test, ast.Compare):
        return f"it is not so that {text}{where(test, frame)}"
    left, right = ast.unparse(test.left), ast.unparse(test.comparators[0])
    came = shown(eval(left, frame.f_globals, frame.f_locals))
    if len(test.ops) > 1 or not isinstance(test.ops[0], ast.Eq | ast.Is):
        right = text
    elif isinstance(frame.f_locals.get(right), int | float | str | list | tuple | np.ndarray):
        right = shown(frame.f_locals[right])
    return f"{left} is {came}, expected {right}{where(test.left, frame)}"


def where(expression, frame):
    """Say what the names of functions and numbers in an expression are, if it is not plain."""
    parts = {}
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and node.id in frame.f_locals:
            value = frame.f_locals[node.id]
            if isinstance(value, int | float | str):
                parts[node.id] = repr(value)
            elif isinstance(value, FunctionType | BuiltinFunctionType):
                parts[node.id] = code_of(value)
    said = [f"{name} is {text}" for name, text in parts.items() if text not in ("", name)]
    return f", where {' and '.join(said)}" if said else ""


def code_of(function):
    """Return the code of a lambda, or the name of another function."""
    code = getattr(function, "__code__", None)
    if function.__name__ != "<lambda>" or code is None:
        return function.__name__
    for node in ast.walk(tree_of(code.co_filename)):
        if isinstance(node, ast.Lambda):
            body = node.body
            if (
                body.lineno,
                body.end_lineno,
                body.col_offset,
                body.end_col_offset,
            ) in code.co_positions():
                return ast.unparse(node)
    return ""


def scalar(lib, value=1.0, name=None):
    return lib.Variable(np.array(value), name=name)


def diamond(lib):
    """y = exp(a) + a with a = x**2, at x = 1."""
    x = scalar(lib)
    a = lib.square(x)
    e = lib.exp(a)
    return SimpleNamespace(x=x, a=a, e=e, y=lib.add(e, a))


SLOPE = 2 * (np.e + 1)  # of the diamond, by hand


# ---- chapter 1: slopes ----


@since(1)
def a_slope_is_measured_on_both_sides(lib):
    assert_allclose(lib.slope(lambda x: x**3, 2.0, 0.5), 12.25)
    assert_allclose(lib.slope(lambda x: x * x, 3.0), 6.0)


@since(1)
def each_number_of_an_array_has_a_slope_and_is_put_back(lib):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    weights = np.arange(6.0).reshape(2, 3)
    assert_allclose(lib.slopes(lambda x: (weights * x * x).sum(), x), 2 * weights * x)
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]


# ---- chapter 2: the box ----


@since(2)
def a_variable_keeps_the_array_itself(lib):
    array = np.array([1.0, 2.0])
    assert lib.Variable(array).data is array


@since(2)
def a_variable_knows_its_shape_and_dtype(lib):
    x = lib.Variable(np.ones((2, 3), np.float32))
    assert (x.shape, x.ndim, x.size, x.dtype) == ((2, 3), 2, 6, np.float32)
    assert len(x) == 2


@since(2)
def a_name_is_kept_and_shown(lib):
    x = lib.Variable(np.ones(2), name="x")
    assert x.name == "x"
    assert_repr(x, "Variable([{1}., {1}.], dtype={float64}, name='{x}')")


@since(2)
def repr_shows_four_significant_digits(lib):
    x = lib.Variable(np.array([[2 / 3, 1234567.0], [-0.00001234, np.nan]], np.float32))
    rows = "Variable([[    {0.6667},  {1.235e+06}],\n          [{-1.234e-05},        {nan}]]"
    assert_repr(x, rows + ", dtype={float32})")


@since(2)
def repr_of_no_axis_and_of_no_element(lib):
    assert_repr(lib.Variable(np.array(3.0)), "Variable({3}., dtype={float64})")
    assert_repr(lib.Variable(np.zeros(0)), "Variable({[]}, dtype={float64})")


@since(2)
def repr_of_whole_numbers_has_no_point(lib):
    assert_repr(lib.Variable(np.array([1, 20], np.int32)), "Variable([ {1}, {20}], dtype={int32})")


@since(2)
def item_gives_the_only_element(lib):
    item = lib.Variable(np.array([[2.5]])).item()
    assert type(item) is float
    assert item == 2.5


@since(2)
def item_of_several_elements_is_refused(lib):
    with pytest.raises(ValueError, says="item: expected exactly one element"):
        lib.Variable(np.ones(2)).item()


@since(2)
def len_without_an_axis_is_refused(lib):
    with pytest.raises(TypeError, says="len: expected a Variable with at least one axis"):
        len(lib.Variable(np.array(1.0)))


@since(2)
def only_arrays_of_numbers_are_let_in(lib):
    for data in ([1.0, 2.0], (1.0,), 3, 2.5, "abc", None, np.float64(1)):
        with pytest.raises(TypeError, says="Variable: expected"):
            lib.Variable(data)


@since(2)
def arrays_of_integers_are_let_in(lib):
    assert lib.Variable(np.array([1, 2])).dtype.kind == "i"


# ---- chapter 3: the history ----


@since(3)
def a_function_computes_forward(lib):
    x = lib.Variable(np.array([1.0, 2.0]))
    assert_allclose(lib.square(x).data, [1.0, 4.0])
    assert_allclose(lib.exp(x).data, np.exp([1.0, 2.0]))


@since(3)
def a_result_is_a_variable_also_without_axes(lib):
    y = lib.square(scalar(lib, 3.0))
    assert type(y) is lib.Variable
    assert type(y.data) is np.ndarray
    assert y.shape == ()


@since(3)
def a_result_knows_its_creator_and_a_leaf_has_none(lib):
    x = scalar(lib)
    y = lib.square(x)
    assert x.creator is None
    assert isinstance(y.creator, lib.Square)


@since(3)
def the_history_leads_back_to_the_leaf(lib):
    x = scalar(lib, 2.0, name="x")
    y = lib.exp(lib.square(x))
    (a,) = y.creator.inputs
    (leaf,) = a.creator.inputs
    assert (leaf.name, leaf.creator) == ("x", None)


@since(3)
def each_call_makes_a_function_of_its_own(lib):
    x = scalar(lib)
    assert lib.square(x).creator is not lib.square(x).creator


@since(3)
def a_function_can_be_used_once(lib):
    f = lib.Square()
    f.apply(scalar(lib))
    with pytest.raises(RuntimeError, says="square: expected a new instance"):
        f.apply(scalar(lib))


@since(3, in_full=True)
def the_label_is_the_class_in_small_letters(lib):
    class MeanSquaredError(lib.Function):
        pass

    assert MeanSquaredError().label == "mean_squared_error"
    assert lib.Square().label == "square"


@since(3)
def a_function_without_forward_says_so(lib):
    class Nothing(lib.Function):
        pass

    with pytest.raises(NotImplementedError, says="{Nothing}: expected a method `{forward}`"):
        Nothing().apply(scalar(lib))


@since(3)
def float32_stays_float32(lib):
    for value in (np.ones(2, np.float32), np.array(1, np.float32)):
        assert lib.exp(lib.square(lib.Variable(value))).dtype == np.float32


# ---- chapter 4: the chain ----


@since(4)
def a_gradient_goes_back_through_a_chain(lib):
    x = scalar(lib)
    lib.exp(lib.square(x)).backward()
    assert_allclose(x.grad, 2 * np.e)
    assert type(x.grad) is np.ndarray


@since(4)
def backward_gives_the_derivative_of_the_weighted_sum(lib):
    x = lib.Variable(np.array([1.0, 2.0, 3.0]))
    y = lib.square(x)
    y.grad = np.array([1.0, 10.0, 0.0])
    y.backward()
    assert_allclose(x.grad, [2.0, 40.0, 0.0])


@since(4)
def a_result_of_several_numbers_needs_a_gradient_to_start_from(lib):
    y = lib.square(lib.Variable(np.ones(3)))
    with pytest.raises(RuntimeError, says="backward: expected ... got shape {(3,)}"):
        y.backward()


@since(4)
def a_result_of_one_number_starts_from_one(lib):
    x = lib.Variable(np.array([[3.0]]))
    lib.square(x).backward()
    assert_allclose(x.grad, [[6.0]])


@since(4)
def backward_of_a_leaf_is_refused(lib):
    with pytest.raises(RuntimeError, says="backward: expected a Variable that was computed"):
        scalar(lib).backward()


@since(4)
def grad_checks_shape_and_dtype_at_once(lib):
    x = lib.Variable(np.ones(2, np.float32))
    with pytest.raises(ValueError, says="grad: expected the shape of the data, {(2,)}"):
        x.grad = np.ones(3, np.float32)
    with pytest.raises(TypeError, says="grad: expected the dtype of the data, {float32}"):
        x.grad = np.ones(2)
    with pytest.raises(TypeError, says="grad: expected"):
        x.grad = [1.0, 1.0]
    assert x.grad is None


@since(4)
def grad_may_be_given_at_once_or_set_to_none(lib):
    x = lib.Variable(np.ones(2), grad=np.ones(2))
    x.grad = None
    assert x.grad is None


@since(4)
def a_function_without_backward_says_so(lib):
    class OneWay(lib.Function):
        def forward(self, x):
            return x

    y = OneWay().apply(scalar(lib))
    with pytest.raises(NotImplementedError, says="{OneWay}: expected a method `{backward}`"):
        y.backward()


@since(4)
def a_chain_may_be_very_long(lib):
    x = y = scalar(lib)
    for _ in range(20_000):
        y = lib.square(y)
    y.grad = np.array(0.0)
    y.backward()
    assert x.grad == 0


@since(4)
def gradients_keep_float32(lib):
    x = lib.Variable(np.array(1, np.float32))
    lib.exp(lib.square(x)).backward()
    assert x.grad.dtype == np.float32


# ---- chapter 5: the diamond ----


@since(5)
def a_function_may_have_two_inputs(lib):
    p, q = scalar(lib), scalar(lib)
    lib.add(lib.square(p), lib.exp(q)).backward()
    assert_allclose([p.grad, q.grad], [2.0, np.e])


@since(5)
def gradients_add_up_where_a_value_is_used_twice(lib):
    x = scalar(lib)
    lib.add(x, x).backward()
    assert x.grad == 2


@since(5)
def a_diamond_is_walked_in_the_right_order(lib):
    d = diamond(lib)
    d.y.backward()
    assert_allclose(d.x.grad, SLOPE)


@since(5)
def each_function_is_visited_once(lib):
    visits = []

    class Counted(lib.Function):
        def forward(self, x):
            return x + 0

        def backward(self, gy):
            visits.append(self)
            return gy

    x = y = scalar(lib)
    for _ in range(12):  # a chain of diamonds: a walk along all ways would make 2**12 visits
        y = Counted().apply(lib.add(y, y))
    y.backward()
    assert len(visits) == 12
    assert x.grad == 2**12


@since(5)
def ranks_grow_along_the_longest_way(lib):
    d = diamond(lib)
    assert [d.x.rank, d.a.rank, d.e.rank, d.y.rank] == [0, 1, 2, 3]
    assert d.y.creator.rank == 2


@since(5)
def the_deeper_input_decides_on_the_rank_wherever_it_stands(lib):
    class Three(lib.Function):
        def forward(self, a, b, c):
            return a + b + c

    d = diamond(lib)
    for inputs in [(d.e, d.a), (d.a, d.e)]:
        y = lib.add(*inputs)
        assert (y.creator.rank, y.rank) == (2, 3)
    for inputs in [(d.e, d.a, d.x), (d.a, d.e, d.x), (d.x, d.a, d.e)]:
        assert Three().apply(*inputs).creator.rank == 2


@since(5)
def each_function_is_visited_once_wherever_the_deeper_input_stands(lib):
    class Counted(lib.Function):
        def forward(self, x):
            return x + 0

        def backward(self, gy):
            visits.append(self)
            return gy

    for swap in (False, True):
        visits = []
        x = scalar(lib)
        deep = Counted().apply(Counted().apply(x))
        short = lib.add(*((x, deep) if swap else (deep, x)))
        long = lib.exp(lib.exp(deep))
        lib.add(*((short, long) if swap else (long, short))).backward()
        assert len(visits) == 2, "the gradient of `deep` was not complete"
        assert_allclose(x.grad, np.exp(1 + np.e) + 2)


@since(5)
def a_second_backward_adds_the_same_gradient_once_more(lib):
    d = diamond(lib)
    d.y.backward()
    d.y.backward()
    assert_allclose(d.x.grad, 2 * SLOPE)


@since(5)
def cleargrad_forgets(lib):
    d = diamond(lib)
    d.y.backward()
    d.x.cleargrad()
    assert d.x.grad is None
    d.y.backward()
    assert_allclose(d.x.grad, SLOPE)


@since(5)
def gradients_on_the_way_are_dropped(lib):
    d = diamond(lib)
    d.y.backward()
    assert d.a.grad is None
    assert d.e.grad is None


@since(5)
def the_gradient_of_the_result_is_used_up(lib):
    d = diamond(lib)
    d.y.grad = np.array(2.0)
    d.y.backward()
    assert d.y.grad is None
    assert_allclose(d.x.grad, 2 * SLOPE)


@since(5, in_full=True)
def retain_grad_keeps_them(lib):
    d = diamond(lib)
    d.y.backward(retain_grad=True)
    assert_allclose([d.y.grad, d.e.grad, d.a.grad], [1.0, 1.0, np.e + 1])


@since(5)
def a_leaf_owns_its_gradient(lib):
    p, q = lib.Variable(np.ones(2)), lib.Variable(np.ones(2))
    start = np.ones(2)
    y = lib.add(p, q)
    y.grad = start
    y.backward()
    p.grad[0] = 100.0
    assert q.grad[0] == 1.0
    assert start[0] == 1.0


@since(5, in_full=True)
def none_stands_for_no_gradient(lib):
    class First(lib.Function):
        def forward(self, a, b):
            return a + 0

        def backward(self, gy):
            return gy, None

    p, q = scalar(lib), scalar(lib)
    First().apply(p, q).backward()
    assert p.grad == 1
    assert q.grad is None


@since(5)
def backward_that_fails_leaves_all_gradients_as_they_were(lib):
    class Fails(lib.Function):
        def forward(self, x):
            return x + 0

        def backward(self, gy):
            raise RuntimeError("{on purpose}")

    p, q = scalar(lib), scalar(lib)
    y = lib.add(lib.square(p), Fails().apply(q))
    with pytest.raises(RuntimeError, says="{on purpose}"):
        y.backward()
    assert p.grad is None


# ---- chapter 6: arithmetic ----


def gradients(lib, f, *arrays):
    """Return the gradients of f(*arrays), which may have any shape, started with 1, 2, 3, ..."""
    xs = [lib.Variable(np.array(a)) for a in arrays]
    y = f(*xs)
    y.grad = np.arange(1, y.size + 1, dtype=y.dtype).reshape(y.shape)
    y.backward()
    return [x.grad for x in xs]


@since(6)
def the_four_signs_compute_and_know_their_slopes(lib):
    signs = {
        (6.0, 1.0, 1.0): lambda a, b: a + b,
        (2.0, 1.0, -1.0): lambda a, b: a - b,
        (8.0, 2.0, 4.0): lambda a, b: a * b,
        (2.0, 0.5, -1.0): lambda a, b: a / b,
        (-14.0, -8.0, 1.0): lambda a, b: -(a**2) + b,
    }
    for expected, sign in signs.items():
        y = sign(scalar(lib, 4.0), scalar(lib, 2.0))
        assert_allclose([y.item(), *gradients(lib, sign, 4.0, 2.0)], expected)


@since(6)
def numbers_may_stand_on_the_left(lib):
    for sign, value, slope in [
        (lambda x: 1 + x, 5, 1),
        (lambda x: 10 - x, 6, -1),
        (lambda x: 3 * x, 12, 3),
        (lambda x: 8 / x, 2, -0.5),
    ]:
        assert_allclose(sign(scalar(lib, 4.0)).data, value)
        assert_allclose(gradients(lib, sign, 4.0), [slope])


@since(6)
def the_four_signs_of_a_shallow_and_a_deep_input_know_their_rank(lib):
    shallow = scalar(lib, 2.0)
    deep = lib.exp(lib.square(shallow))
    signs = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b]
    for sign in signs:
        for y in (sign(deep, shallow), sign(shallow, deep), sign(deep, 3), sign(3, deep)):
            assert (y.creator.rank, y.rank) == (2, 3)


@since(6, in_full=True)
def operators_compute_what_they_say(lib):
    a, b = lib.Variable(np.array([6.0, 2.0])), lib.Variable(np.array([3.0, 4.0]))
    results = [a + b, a - b, a * b, a / b, a**b, -a]
    expected = [[9, 6], [3, -2], [18, 8], [2, 0.5], [216, 16], [-6, -2]]
    for y, numbers in zip(results, expected, strict=True):
        assert_allclose(y.data, numbers)


@since(6, in_full=True)
def operators_know_their_slopes(lib):
    slopes = {
        (1.0, 1.0): lambda a, b: a + b,
        (1.0, -1.0): lambda a, b: a - b,
        (2.0, 4.0): lambda a, b: a * b,
        (0.5, -1.0): lambda a, b: a / b,
        (8.0, 16 * np.log(4)): lambda a, b: a**b,
        (-1.0, 1.0): lambda a, b: b + -a,
    }
    for expected, f in slopes.items():
        assert_allclose(gradients(lib, f, 4.0, 2.0), expected)


@since(6, in_full=True)
def numbers_may_stand_on_both_sides(lib):
    x = scalar(lib, 4.0)
    results = [1 + x, x + 1, 10 - x, x - 1, 3 * x, x * 3, 8 / x, x / 2, 2**x, x**2]
    assert_allclose([y.item() for y in results], [5, 5, 6, 3, 12, 12, 2, 2, 16, 16])


@since(6)
def an_array_on_the_left_lets_the_variable_compute(lib):
    y = np.array([1.0, 2.0]) * lib.Variable(np.array([3.0, 4.0]))
    assert type(y) is lib.Variable
    assert_allclose(y.data, [3.0, 8.0])


@since(6, in_full=True)
def the_slope_of_the_power_0_is_0_also_at_0(lib):
    (gx,) = gradients(lib, lambda x: x**0, [0.0, 2.0])
    assert_allclose(gx, 0.0)


@since(6, in_full=True)
def a_power_of_0_has_finite_slopes(lib):
    gx, gb = gradients(lib, lambda a, b: a**b, [0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0])
    assert_allclose(gx, [0, 2, 0, 0])
    assert_allclose(gb, [0, 0, 0, 4 * np.log(2)])
    (gb,) = gradients(lib, lambda b: 0**b, [0.0, 1.0, 2.0])
    assert_allclose(gb, 0.0)


@since(6, in_full=True)
def operators_of_a_shallow_and_a_deep_input_know_their_rank(lib):
    shallow = scalar(lib, 2.0)
    deep = lib.exp(lib.square(shallow))
    signs = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b]
    signs += [lambda a, b: a / b, lambda a, b: a**b]
    for sign in signs:
        for y in (sign(deep, shallow), sign(shallow, deep), sign(deep, 3), sign(3, deep)):
            assert (y.creator.rank, y.rank) == (2, 3)


@since(6, in_full=True)
def plus_leaves_a_variable_as_it_is(lib):
    x = scalar(lib)
    assert +x is x


@since(6, in_full=True)
def what_rounds_down_is_refused(lib):
    x = scalar(lib, 7.0)
    tries = {
        "x // y": [lambda: x // 2, lambda: 2 // x, lambda: np.ones(2) // x],
        "x % y": [lambda: x % 2, lambda: 2 % x, lambda: x % x],
        "divmod": [lambda: divmod(x, 2), lambda: divmod(2, x)],
    }
    for operation, actions in tries.items():
        for action in actions:
            with pytest.raises(TypeError, says=f"{operation}...: expected an operation with a s"):
                action()


@since(6, in_full=True)
def a_variable_can_be_taken_apart_row_by_row(lib):
    table = np.arange(6.0).reshape(3, 2)

    def weigh(x):
        first, second, third = x
        return first * 10 + third

    (gx,) = gradients(lib, weigh, table)
    assert_allclose(gx, [[10, 20], [0, 0], [1, 2]])
    x = lib.Variable(table)
    assert_allclose([row.data for row in x], table)
    assert_allclose([row.data for row in reversed(x)], table[::-1])
    assert list(lib.Variable(np.zeros((0, 2)))) == []


@since(6)
def a_constant_has_no_gradient(lib):
    x = scalar(lib, 2.0)
    constant = lib.Variable(np.array(3.0), requires_grad=False)
    (x * constant).backward()
    assert x.grad == 3
    assert constant.grad is None
    assert (constant * 2).creator is None


@since(6, in_full=True)
def constants_take_the_dtype_of_the_variable(lib):
    x = lib.Variable(np.ones(2, np.float32))
    for constant in (0.5, 3, np.float64(0.5), np.ones(2), np.ones(2, np.float16)):
        assert (x * constant).dtype == np.float32
        assert (constant * x).dtype == np.float32


@since(6, in_full=True)
def two_variables_of_different_dtype_are_refused(lib):
    x = lib.Variable(np.ones(2, np.float32))
    with pytest.raises(TypeError, says="mul: expected one dtype, got float32 and float64"):
        x * lib.Variable(np.ones(2))


@since(6, in_full=True)
def whole_numbers_have_no_slope(lib):
    x = lib.Variable(np.array([1, 2]))
    with pytest.raises(TypeError, says="exp: expected floats"):
        lib.exp(x)
    assert x[0].item() == 1


@since(6, in_full=True)
def an_index_that_occurs_twice_counts_twice(lib):
    (gx,) = gradients(lib, lambda x: x[[0, 0, 2]], [1.0, 2.0, 3.0])
    assert_allclose(gx, [1 + 2, 0, 3])


@since(6, in_full=True)
def slices_and_rows_can_be_picked(lib):
    table = np.arange(6.0).reshape(2, 3)
    (gx,) = gradients(lib, lambda x: x[1:, ::2], table)
    assert_allclose(gx, [[0, 0, 0], [1, 0, 2]])
    first, second = lib.Variable(table)
    assert_allclose(second.data, [3.0, 4.0, 5.0])


@since(6, in_full=True)
def comparing_and_bool_are_refused(lib):
    x = scalar(lib)
    for compare in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(TypeError, says="Compare the arrays"):
            getattr(x, compare)(x)
    with pytest.raises(TypeError, says="bool: expected a single True or False"):
        bool(x)


@since(6, in_full=True)
def numpy_functions_are_refused(lib):
    for function in (np.exp, np.sum, np.asarray):
        with pytest.raises(TypeError, says="NumPy function: expected arrays, got a Variable"):
            function(scalar(lib))


@since(6)
def as_variable_boxes_an_array_as_a_constant(lib):
    x = scalar(lib)
    assert lib.as_variable(x) is x
    assert not lib.as_variable(np.ones(2)).requires_grad


@since(6)
def a_power_does_not_lose_the_gradient_of_its_exponent(lib):
    """Chapter 6 refuses a Variable as exponent; the library knows its slope."""
    a, b = scalar(lib, 4.0), scalar(lib, 2.0)
    try:
        y = a**b
    except TypeError:
        return
    y.backward()
    assert_allclose([a.grad, b.grad], [8.0, 16 * np.log(4)])


@since(7)
def a_backward_that_returns_booleans_is_refused(lib):
    class Positive(lib.Function):
        def forward(self, x):
            self.retain_inputs((0,))
            return x * (x > 0)

        def backward(self, gy):
            (x,) = self.get_retained_inputs()
            return x > 0

    x = scalar(lib, 3.0)
    with pytest.raises(
        TypeError, says="positive.backward: expected ... dtype {float64}, got {bool}"
    ):
        Positive().apply(x).backward()
    assert x.grad is None


@since(6, in_full=True)
def only_floats_have_gradients(lib):
    for array in (np.array([1, 2]), np.array([True, False])):
        x = lib.Variable(array)
        with pytest.raises(TypeError, says="grad: expected a Variable of floats, got one of"):
            x.grad = array.copy()
        with pytest.raises(TypeError, says="backward: expected a result of floats"):
            x[0].backward()


@since(6, in_full=True)
def a_masked_array_does_not_lose_its_mask(lib):
    x, masked = lib.Variable(np.ones(2)), np.ma.masked_array([0, 1], [True, False])
    for compute in (lambda: x * masked, lambda: masked - x, lambda: x[masked], lambda: x[masked,]):
        with pytest.raises(TypeError, says="expected ..., got an int64 {MaskedArray}...x.filled"):
            compute()


@since(6, in_full=True)
def a_list_used_as_index_may_change_afterwards(lib):
    x, i = lib.Variable(np.array([1.0, 2.0, 3.0])), [0, 0]
    y = x[i]
    i[:] = [2, 2]
    y.grad = np.array([1.0, 10.0])
    y.backward()
    assert x.grad.tolist() == [11, 0, 0]


# ---- chapter 7: shapes ----


@since(7)
def stretched_inputs_get_gradients_of_their_own_shape(lib):
    table, row, column = np.ones((2, 3)), np.ones(3), np.ones((2, 1))
    for f in (lambda a, b: a + b, lambda a, b: b * a, lambda a, b: a - b, lambda a, b: a / b):
        for other in (row, column):
            shapes = [g.shape for g in gradients(lib, f, table, other)]
            assert shapes == [table.shape, other.shape]
    assert_allclose(gradients(lib, lambda a, b: a + b, table, row)[1], [5, 7, 9])
    assert_allclose(gradients(lib, lambda a, b: a + b, table, column)[1], [[6], [15]])


@since(7, in_full=True)
def the_slopes_of_powers_with_a_row_of_exponents(lib):
    (gx,) = gradients(lib, lambda x: x ** np.arange(4), [[0.0], [-2.0]])
    assert_allclose(gx, [[2], [6 - 2 * 7 * 2 + 3 * 8 * 4]])


@since(7, in_full=True)
def reductions_take_their_options_by_place_too(lib):
    x = lib.Variable(np.arange(6.0).reshape(2, 3))
    for y in (x.sum(0, True), x.max(0, True), x.min(0, True), x.mean(0, None, True)):
        assert y.shape == (1, 3)
    assert_allclose(x.mean(0, weights=np.array([3.0, 1.0])).data, [0.75, 1.75, 2.75])


@since(7, in_full=True)
def arrays_of_whole_numbers_become_floats_beside_variables(lib):
    x = lib.Variable(np.ones(2, np.float32))
    assert (x * np.array([1, 2])).dtype == np.float32


@since(7)
def sums_and_means_reduce_forward_and_stretch_backward(lib):
    table = np.array([[1.0, 5.0, 3.0], [7.0, 3.0, 2.0]])
    tries = [
        (lambda x: x.sum(), 21, np.ones((2, 3))),
        (lambda x: x.sum(axis=0), [8, 8, 5], [[1, 2, 3]] * 2),
        (lambda x: x.mean(axis=1, keepdims=True), [[3], [4]], [[1 / 3] * 3, [2 / 3] * 3]),
        (lambda x: x.mean(axis=-1), [3, 4], [[1 / 3] * 3, [2 / 3] * 3]),
    ]
    for f, numbers, gx in tries:
        y = f(lib.Variable(table))
        assert_allclose(y.data, numbers)
        assert_allclose(gradients(lib, f, table)[0], gx)


@since(7)
def a_transpose_and_another_shape_send_gradients_back_to_their_places(lib):
    table = np.arange(6.0).reshape(2, 3)
    for f in (lambda x: x.reshape(3, 2).reshape(-1), lambda x: x.reshape((6,))):
        assert_allclose(gradients(lib, f, table)[0], [[1, 2, 3], [4, 5, 6]])
    assert_allclose(gradients(lib, lambda x: x.T, table)[0], [[1, 3, 5], [2, 4, 6]])


@since(7, in_full=True)
def reductions_know_their_axes(lib):
    x = lib.Variable(np.array([[1.0, 5.0], [7.0, 3.0]]))
    assert x.sum().shape == ()
    assert_allclose(x.sum(axis=0).data, [8, 8])
    assert_allclose(x.mean(axis=1).data, [3, 5])
    assert_allclose(x.max(axis=-1, keepdims=True).data, [[5], [7]])
    assert_allclose(x.min(axis=(0, 1)).data, 1)


@since(7, in_full=True)
def reductions_send_gradients_back_to_every_term(lib):
    table = np.array([[1.0, 5.0], [7.0, 3.0]])
    assert_allclose(gradients(lib, lambda x: x.sum(axis=0), table)[0], [[1, 2], [1, 2]])
    assert_allclose(gradients(lib, lambda x: x.mean(axis=1), table)[0], [[0.5, 0.5], [1, 1]])
    assert_allclose(gradients(lib, lambda x: x.max(axis=1), table)[0], [[0, 1], [2, 0]])
    assert_allclose(gradients(lib, lambda x: x.min(axis=0), table)[0], [[1, 0], [0, 2]])


@since(7, in_full=True)
def every_tied_element_gets_the_full_gradient(lib):
    (gx,) = gradients(lib, lambda x: x.max(), [2.0, 5.0, 5.0])
    assert_allclose(gx, [0, 1, 1])


@since(7, in_full=True)
def other_layouts_send_gradients_back_to_their_places(lib):
    table = np.arange(6.0).reshape(2, 3)
    for f in (lambda x: x.reshape(3, 2).reshape(-1), lambda x: x.reshape((6,))):
        assert_allclose(gradients(lib, f, table)[0], [[1, 2, 3], [4, 5, 6]])
    for f in (lambda x: x.T, lambda x: x.transpose(), lambda x: x.transpose(1, 0)):
        assert_allclose(gradients(lib, f, table)[0], [[1, 3, 5], [2, 4, 6]])
    cube = np.arange(24.0).reshape(2, 3, 4)
    (gx,) = gradients(lib, lambda x: x.transpose((1, 2, 0)), cube)
    assert gx.shape == cube.shape
    assert_allclose(gx.transpose(1, 2, 0).ravel(), np.arange(1, 25))


@since(7, in_full=True)
def backward_must_return_one_gradient_for_each_input(lib):
    class TooFew(lib.Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return gy

    y = TooFew().apply(scalar(lib), scalar(lib))
    with pytest.raises(ValueError, says="too_few.backward: expected 2 gradients... got 1"):
        y.backward()


@since(7)
def backward_must_return_the_shape_of_the_input(lib):
    class Flat(lib.Function):
        def forward(self, x):
            return x + 0

        def backward(self, gy):
            return gy.reshape(-1)

    y = Flat().apply(lib.Variable(np.ones((2, 2))))
    y.grad = np.ones((2, 2))
    with pytest.raises(ValueError, says="flat.backward: expected ... {(2, 2)}, got {(4,)}"):
        y.backward()


@since(7)
def backward_must_return_the_dtype_of_the_input(lib):
    class Double(lib.Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            return np.full(gy.shape, 2.0)

    x = lib.Variable(np.array(1, np.float32))
    with pytest.raises(TypeError, says="double.backward: expected ...{float32}, got {float64}"):
        Double().apply(x).backward()
    assert x.grad is None


@since(7)
def a_gradient_that_cannot_be_summed_to_the_shape_of_the_input_is_refused(lib):
    """What a plus sends back is summed to its inputs. Here it is turned."""
    plus = type((scalar(lib) + 1.0).creator)

    class Turned(plus):
        def backward(self, gy):
            return gy.T, gy

    x = lib.Variable(np.ones((2, 3)))
    y = Turned().apply(x, np.ones((2, 3)))
    y.grad = np.ones((2, 3))
    with pytest.raises(ValueError, says="sum_to: expected ...{(3, 2)}, got {(2, 3)}"):
        y.backward()
    assert x.grad is None


# ---- chapter 8: Wx + b ----


@since(8)
def linear_computes_and_differentiates(lib):
    x, W, b = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]], [0.5, 0.0]
    y = lib.linear(np.array(x), np.array(W), np.array(b))
    assert_allclose(y.data, [[1.5, 5.0], [4.5, 11.0]])
    gy = np.array([[1.0, 2.0], [3.0, 4.0]])
    gx, gW, gb = gradients(lib, lib.linear, x, W, b)
    assert_allclose(gx, gy @ W)
    assert_allclose(gW, gy.T @ x)
    assert_allclose(gb, gy.sum(axis=0))


@since(8)
def linear_says_that_the_rows_do_not_fit(lib):
    W = lib.Variable(np.ones((2, 3)))
    with pytest.raises(ValueError, says="linear: expected x.shape[1] == W.shape[1], got {4}"):
        lib.linear(np.ones((5, 4)), W)
    with pytest.raises(ValueError, says="linear: expected b of shape {(2,)}, got {(3,)}"):
        lib.linear(np.ones((5, 3)), W, np.ones(3))


@since(8, in_full=True)
def linear_says_what_does_not_fit(lib):
    W = lib.Variable(np.ones((2, 3)))
    with pytest.raises(ValueError, says="linear: expected x.shape[1] == W.shape[1], got {4}"):
        lib.linear(np.ones((5, 4)), W)
    with pytest.raises(ValueError, says="linear: expected x of shape (N, in)"):
        lib.linear(np.ones(3), W)
    with pytest.raises(ValueError, says="linear: expected b of shape {(2,)}, got {(3,)}"):
        lib.linear(np.ones((5, 3)), W, np.ones(3))


@since(8, in_full=True)
def linear_takes_further_axes_as_one(lib):
    W = np.ones((2, 12))
    assert lib.linear(np.ones((5, 3, 4)), W).shape == (5, 2)
    assert lib.linear(np.ones((6, 5, 12)), W, n_batch_axes=2).shape == (6, 5, 2)


@since(8)
def two_matrices_multiply_and_know_their_slopes(lib):
    a, b = np.arange(12.0).reshape(4, 3), np.arange(6.0).reshape(3, 2)
    assert_allclose((a @ lib.Variable(b)).data, a @ b)
    gy = np.arange(1.0, 9.0).reshape(4, 2)
    ga, gb = gradients(lib, lambda a, b: a @ b, a, b)
    assert_allclose(ga, gy @ b.T)
    assert_allclose(gb, a.T @ gy)


@since(8, in_full=True)
def matrices_and_vectors_multiply_as_in_numpy(lib):
    rng = np.random.default_rng(0)
    for a, b in [
        ((4, 3), (3, 2)),
        ((3,), (3, 2)),
        ((4, 3), (3,)),
        ((3,), (3,)),
        ((5, 1, 3), (3, 2)),
    ]:
        a, b = rng.normal(size=a), rng.normal(size=b)
        assert_allclose((lib.Variable(a) @ b).data, a @ b)
        assert_allclose((a @ lib.Variable(b)).data, a @ b)
        ga, gb = gradients(lib, lambda a, b: a @ b, a, b)
        assert (ga.shape, gb.shape) == (a.shape, b.shape)


@since(8)
def products_of_a_shallow_and_a_deep_input_know_their_rank(lib):
    shallow = [lib.Variable(np.ones(shape)) for shape in [(2, 2), (2, 2), (2,)]]
    deep = [lib.exp(lib.square(x)) for x in shallow]
    x, W, b = shallow
    for y in (deep[0] @ W, x @ deep[1], np.ones((2, 2)) @ deep[1], lib.matmul(x, deep[1])):
        assert y.rank == 3
    for inputs in [(deep[0], W, b), (x, deep[1], b), (x, W, deep[2])]:
        assert lib.linear(*inputs).rank == 3
    assert lib.linear(x, deep[1]).rank == 3


@since(8, in_full=True)
def matmul_says_what_does_not_fit(lib):
    with pytest.raises(ValueError, says="matmul: expected a.shape[-1] == b.shape[-2]"):
        lib.Variable(np.ones((4, 3))) @ np.ones((2, 3))


@since(8)
def a_line_can_be_fitted(lib):
    x = np.linspace(-1, 1, 20).reshape(-1, 1)
    W, b = lib.Variable(np.zeros((1, 1))), lib.Variable(np.zeros(1))
    for _ in range(200):
        loss = lib.mean_squared_error(lib.linear(x, W, b), 2 * x + 1)
        W.cleargrad()
        b.cleargrad()
        loss.backward()
        W.data -= 0.3 * W.grad
        b.data -= 0.3 * b.grad
    assert_allclose([W.item(), b.item()], [2.0, 1.0], atol=1e-3)


@since(8)
def the_mean_squared_error_is_the_mean_of_the_squares_of_the_differences(lib):
    a, b = [[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    loss = lib.mean_squared_error(lib.Variable(np.array(a)), np.array(b))
    assert loss.shape == ()
    assert_allclose(loss.data, (0 + 4 + 9 + 16 + 16 + 36) / 6)


@since(8)
def the_slopes_of_the_mean_squared_error_are_the_differences_times_2_over_n(lib):
    a, b = [[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    ga, gb = gradients(lib, lib.mean_squared_error, a, b)
    assert_allclose(ga, np.array([[0, 2, 3], [4, 4, 6]]) * 2 / 6)
    assert_allclose(gb, np.array([[0, 2, 3], [4, 4, 6]]) * -2 / 6)


@since(8)
def the_mean_squared_error_stretches_nothing(lib):
    x = lib.Variable(np.ones((3, 1)))
    with pytest.raises(ValueError, says="mean_squared_error: expected ...{(3, 1)} and {(3,)}"):
        lib.mean_squared_error(x, np.ones(3))


@since(8)
def products_compute_no_gradient_that_nobody_needs(lib):
    """A constant needs none, so backward gives None in its place."""
    x, W, gy = np.ones((4, 3)), lib.Variable(np.ones((3, 2))), np.ones((4, 2))
    for y, constant in [(x @ W, 0), (lib.Variable(x) @ W.data, 1)]:
        found = y.creator.backward(gy)
        assert found[constant] is None
        assert found[1 - constant] is not None


@since(8)
def new_data_of_another_shape_drop_the_gradient(lib):
    x = lib.Variable(np.ones(2), grad=np.ones(2))
    x.data = np.zeros(2)
    assert x.grad is not None
    x.data = np.zeros(3)
    assert x.grad is None


# ---- chapter 9: bends ----


@since(9)
def activations_bend_and_know_their_slopes(lib):
    x = [-1.0, 0.0, 2.0]
    assert_allclose(lib.relu(lib.Variable(np.array(x))).data, [0, 0, 2])
    assert_allclose(gradients(lib, lib.relu, x)[0], [0, 0, 3])
    y = np.tanh(x)
    assert_allclose(gradients(lib, lib.tanh, x)[0], [1, 2, 3] * (1 - y**2))
    y = 1 / (1 + np.exp(-np.array(x)))
    assert_allclose(lib.sigmoid(lib.Variable(np.array(x))).data, y)
    assert_allclose(gradients(lib, lib.sigmoid, x)[0], [1, 2, 3] * y * (1 - y))


@since(9)
def the_size_of_a_number_has_the_slope_of_its_sign(lib):
    x = [-3.0, 0.0, 2.0]
    for f in (abs, lib.absolute):
        assert_allclose(f(lib.Variable(np.array(x))).data, [3, 0, 2])
        assert_allclose(gradients(lib, f, x)[0], [-1, 0, 3])


@since(9)
def nothing_overflows(lib):
    x = lib.Variable(np.array([-1000.0, 1000.0], np.float32))
    with np.errstate(all="raise"):
        assert_allclose(lib.sigmoid(x).data, [0, 1])
        assert_allclose(lib.tanh(x).data, [-1, 1])


# ---- chapter 10: Link ----


def line(lib):
    """A link with the parameters `a` and `c`."""

    class Line(lib.Link):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.a = lib.Parameter(2.0, (1,))
                self.c = lib.Parameter(1.0, (1,))

        def forward(self, x):
            return self.a * x + self.c

    return Line()


@since(10)
def a_link_is_called_and_brings_its_parameters(lib):
    f = line(lib)
    y = f(np.array([[1.0], [2.0]], np.float32))
    assert_allclose(y.data, [[3.0], [5.0]])
    assert [p is q for p, q in zip(f.params(), [f.a, f.c], strict=True)] == [True, True]
    assert [(path, p.name) for path, p in f.namedparams()] == [("/a", "a"), ("/c", "c")]


@since(10)
def only_what_is_assigned_in_the_scope_is_registered(lib):
    f = line(lib)
    with pytest.warns(UserWarning, says="expected a Parameter to be assigned inside"):
        f.friend = lib.Parameter(0.0, (1,))
    with f.init_scope():
        f.size = 3
    assert [path for path, _ in f.namedparams()] == ["/a", "/c"]


@since(10)
def a_registered_name_keeps_its_place_and_a_deleted_one_loses_it(lib):
    f = line(lib)
    f.a = lib.Parameter(5.0, (1,))
    assert [path for path, _ in f.namedparams()] == ["/a", "/c"]
    with pytest.raises(TypeError, says="expected a Parameter, got"):
        f.a = np.ones(1)
    del f.a
    assert [path for path, _ in f.namedparams()] == ["/c"]


@since(10)
def the_scope_is_closed_also_after_an_error(lib):
    f = line(lib)
    try:
        with f.init_scope():
            raise RuntimeError("on purpose")
    except RuntimeError:
        pass
    with pytest.warns(UserWarning, says="expected a Parameter to be assigned inside"):
        f.friend = lib.Parameter(0.0, (1,))
    assert [path for path, _ in f.namedparams()] == ["/a", "/c"]


@since(10)
def a_link_that_forgot_super_init_is_refused_or_has_parameters_of_its_own(lib):
    class Forgetful(lib.Link):
        def __init__(self):
            with self.init_scope():
                self.a = lib.Parameter(0.0, (1,))

    try:
        one, other = Forgetful(), Forgetful()
    except (AttributeError, KeyError, RuntimeError):
        return
    assert [p is one.a for p in one.params()] == [True]
    assert [p is other.a for p in other.params()] == [True]


@since(10)
def a_link_hands_all_that_it_is_called_with_to_forward(lib):
    class Sum(lib.Link):
        def forward(self, a, b, c=0):
            return a + 10 * b + 100 * c

    assert Sum()(1, 2) == 21
    assert Sum()(1, b=2, c=3) == 321


@since(10)
def the_first_values_of_a_parameter_have_its_shape(lib):
    assert lib.Parameter(np.array([1.0, 2.0]), (2,)).data.tolist() == [1, 2]
    with pytest.raises(ValueError, says="Parameter: expected ...{(2,)}, got {(3,)}"):
        lib.Parameter(np.ones(3), (2,))


@since(10, in_full=True)
def a_block_inside_a_block_leaves_us_in_the_outer_one(lib):
    f = line(lib)
    assert not f.within_init_scope
    with f.init_scope():
        with f.init_scope():
            assert f.within_init_scope
        assert f.within_init_scope
    assert not f.within_init_scope


@since(10, in_full=True)
def mistakes_with_links_are_named(lib):
    class Forgetful(lib.Link):
        def __init__(self):
            with self.init_scope():
                self.a = lib.Parameter(0.0, (1,))

    with pytest.raises(RuntimeError, says="super().__init__()"):
        Forgetful()
    with pytest.raises(NotImplementedError, says="expected a method `{forward}`"):
        lib.Link()(1)


@since(11)
def an_attribute_that_is_not_there_is_named(lib):
    with pytest.raises(AttributeError, says="Line: expected the name of an attribute, got '{d}'"):
        _ = line(lib).d


@since(10)
def cleargrads_clears_all_gradients(lib):
    f = line(lib)
    y = f(np.ones((3, 1), np.float32))
    y.grad = np.ones((3, 1), np.float32)
    y.backward()
    assert f.c.grad == 3
    f.cleargrads()
    assert f.c.grad is None


@since(10, in_full=True)
def zerograds_fills_with_zeros_and_warns(lib):
    f = line(lib)
    with pytest.warns(DeprecationWarning, says="zerograds: expected cleargrads"):
        f.zerograds()
    assert f.c.grad == 0


@since(10, in_full=True)
def a_parameter_may_wait_for_its_shape(lib):
    p = lib.Parameter(0.5, name="p")
    assert not p.is_initialized
    assert_repr(p, "Parameter(not initialized)")
    p.initialize((2,))
    assert p.is_initialized
    assert_allclose(p.data, [0.5, 0.5])
    assert p.dtype == np.float32


@since(10)
def parameters_of_links_below_are_found_each_once(lib):
    class Pair(lib.Link):
        def __init__(self, first, second):
            super().__init__()
            self.pair = [("first", first), ("second", second)]

        def _named_children(self):
            return self.pair

    f = line(lib)
    pair = Pair(f, Pair(f, line(lib)))
    paths = ["/first/a", "/first/c", "/second/second/a", "/second/second/c"]
    assert [path for path, _ in pair.namedparams()] == paths
    assert len(list(pair.params())) == 4
    assert pair.count_params() == 4


@since(10, in_full=True)
def links_that_are_met_twice_are_listed_once(lib):
    class Pair(lib.Link):
        def __init__(self, first, second):
            super().__init__()
            self.pair = [("first", first), ("second", second)]

        def _named_children(self):
            return self.pair

    f = line(lib)
    pair = Pair(f, Pair(f, line(lib)))
    assert [path for path, _ in pair.namedlinks()] == ["/", "/first", "/second", "/second/second"]
    assert [link is f for link in pair.links(skipself=True)] == [True, False, False]
    assert [link is f for link in pair.children()] == [True, False]


@since(10, in_full=True)
def a_copy_of_a_variable_has_its_gradient_and_no_graph(lib):
    class Weighted(lib.Parameter):
        pass

    x = lib.Variable(np.array([1.0, 2.0]), name="x", grad=np.array([3.0, 4.0]))
    h = copy.deepcopy(x * x)
    assert (h.creator, h.rank, h.data.tolist()) == (None, 0, [1, 4])
    twin = copy.deepcopy(x)
    assert (twin.name, twin.grad.tolist()) == ("x", [3, 4])
    (twin * twin).sum().backward()
    assert (twin.grad.tolist(), x.grad.tolist()) == ([5, 8], [3, 4])
    p = Weighted(0.5, (2,))
    p.weight = 3
    for q in (copy.copy(p), copy.deepcopy(p)):
        assert (type(q), q.weight, q.initializer) == (Weighted, 3, 0.5)
    assert not copy.deepcopy(lib.Parameter(0.5)).is_initialized


@since(10, in_full=True)
def names_of_other_libraries_are_answered(lib):
    with pytest.raises(TypeError, says="Parameter: expected ... got 'requires_grad'"):
        lib.Parameter(np.ones(2), requires_grad=False)


@since(10, in_full=True)
def what_waits_is_not_counted_in_silence(lib):
    link = line(lib)
    with link.init_scope():
        link.later = lib.Parameter(0.0)
    with pytest.warns(UserWarning, says="count_params: expected ... got /later waiting"):
        assert link.count_params() == 2


# ---- chapter 11: Linear ----


@since(11)
def the_seed_transcript_holds(lib):
    f = lib.Linear(3, 2)
    assert (f.W.shape, f.W.dtype, f.b.dtype) == ((2, 3), np.float32, np.float32)
    assert len(np.unique(f.W.data)) == 6
    assert_array_equal(f.b.data, [0, 0])
    x = lib.Variable(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    y = f(x)
    assert_allclose(y.data, x.data @ f.W.data.T, rtol=1e-5)
    f.cleargrads()
    y.grad = np.ones((2, 2), np.float32)
    y.backward()
    assert_allclose(f.W.grad, [[5, 7, 9], [5, 7, 9]])
    assert_allclose(f.b.grad, [2, 2])
    y.grad = np.ones((2, 2), np.float32)
    y.backward()
    assert_allclose(f.b.grad, [4, 4])
    f.cleargrads()
    assert f.W.grad is None


@since(11)
def the_input_size_comes_from_the_first_mini_batch(lib):
    for f in (lib.Linear(2), lib.Linear(None, 2)):
        assert not hasattr(f, "W")
        with pytest.raises(AttributeError, says="expected a first mini-batch"):
            _ = f.W
        assert f(np.ones((5, 3), np.float32)).shape == (5, 2)
        assert f.W.shape == (2, 3)
        assert [path for path, _ in f.namedparams()] == ["/W", "/b"]


@since(11, in_full=True)
def a_linear_tells_its_sizes(lib):
    f = lib.Linear(2)
    assert (f.in_size, repr(f)) == (None, "Linear(in_size=None, out_size=2, nobias=False)")
    f(np.ones((5, 3), np.float32))
    assert (f.in_size, repr(f)) == (3, "Linear(in_size=3, out_size=2, nobias=False)")


@since(11, in_full=True)
def a_refused_mini_batch_leaves_no_trace(lib):
    f = lib.Linear(2)
    with pytest.raises(TypeError, says="linear: expected one dtype"):
        f(lib.Variable(np.ones((5, 3))))
    assert not hasattr(f, "W")


@since(11)
def first_weights_have_the_variance_1_over_n(lib):
    np.random.seed(0)
    W = lib.Linear(400, 300).W.data
    assert_allclose(W.std(), 0.05, rtol=0.02)


@since(11)
def first_values_can_be_given(lib):
    W = np.array([[1.0, 2.0]], np.float32)
    f = lib.Linear(2, 1, nobias=True, initialW=W)
    assert_array_equal(f.W.data, W)
    assert f.b is None
    assert f(np.array([[10.0, 100.0]], np.float32)).item() == 210
    assert lib.Linear(2, 1, initialW=0.5).W.data.tolist() == [[0.5, 0.5]]


@since(11)
def first_values_given_to_a_lazy_link_wait_for_the_first_mini_batch(lib):
    x, W = np.array([[10.0, 100.0]], np.float32), np.array([[1.0, 2.0]], np.float32)
    for first, y in [(W, 210), (0.5, 55)]:
        assert lib.Linear(None, 1, initialW=first)(x).item() == y


@since(11)
def the_scale_of_first_weights_is_a_factor_of_their_spread(lib):
    np.random.seed(0)
    W = lib.Linear(400, 300, initialW=lib.LeCunNormal(scale=3.0)).W.data
    assert_allclose(W.std(), 0.15, rtol=0.02)


@since(11)
def a_bare_array_takes_the_dtype_of_the_parameters(lib):
    for f in (lib.Linear(3, 2), lib.Linear(2)):
        y = f(np.ones((5, 3)))
        assert (f.W.dtype, y.dtype) == (np.float32, np.float32)


@since(11)
def a_variable_of_another_dtype_than_the_parameters_is_refused(lib):
    x = lib.Variable(np.ones((5, 3)))
    for f in (lib.Linear(3, 2), lib.Linear(2)):
        with pytest.raises(
            TypeError, says="linear: expected one dtype, got {float64} and {float32}"
        ):
            f(x)


@since(11, in_full=True)
def first_values_of_b_can_be_given(lib):
    f = lib.Linear(2, 1, initialW=np.array([[1.0, 2.0]]), initial_bias=np.array([3.0]))
    assert f.W.dtype == np.float64
    assert f(np.array([[10.0, 100.0]])).item() == 213


@since(11, in_full=True)
def first_values_of_float64_do_not_stand_beside_float32(lib):
    x, W, b = np.ones((1, 3), np.float32), np.ones((2, 3)), np.zeros(2)
    for size in (3, None):
        for first in ({"initialW": W}, {"initial_bias": b}):
            f = lib.Linear(size, 2, **first)
            assert f(x).dtype == f.W.dtype == f.b.dtype == np.float64
    with pytest.raises(TypeError, says="Linear: expected first values of one dtype"):
        lib.Linear(3, 2, initialW=W, initial_bias=b.astype(np.float32))


@since(11, in_full=True)
def bad_sizes_are_named(lib):
    for sizes in [(3, 0), (0, 2), (3, -1), (3, 2.5), (None,), (None, None), ("3", 2)]:
        with pytest.raises((TypeError, ValueError), says="Linear: expected"):
            lib.Linear(*sizes)


@since(11)
def xor_is_learned(lib):
    np.random.seed(0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    t = np.array([[0], [1], [1], [0]], np.float32)
    l1, l2 = lib.Linear(8), lib.Linear(1)
    for _ in range(300):
        loss = lib.mean_squared_error(l2(lib.tanh(l1(x))), t)
        l1.cleargrads()
        l2.cleargrads()
        loss.backward()
        for p in (*l1.params(), *l2.params()):
            p.data -= 0.2 * p.grad
    assert_allclose(l2(lib.tanh(l1(x))).data, t, atol=0.05)


# ---- chapter 12: links made of links ----


def mlp(lib):
    """A Chain with a child that is a Sequential."""
    return lib.Chain(l1=lib.Linear(2, 3), rest=lib.Sequential(lib.tanh, lib.Linear(3, 1)))


def paths(link):
    return [path for path, _ in link.namedparams()]


@since(12)
def a_chain_brings_the_parameters_of_its_children(lib):
    class Model(lib.Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.second = lib.Linear(2, 3)
                self.first = lib.Linear(3, 1)

        def forward(self, x):
            return self.first(lib.tanh(self.second(x)))

    model = Model()
    assert paths(model) == ["/second/W", "/second/b", "/first/W", "/first/b"]
    model(np.ones((4, 2), np.float32)).sum().backward()
    assert model.first.b.grad == 4
    model.cleargrads()
    assert [p.grad for p in model.params()] == [None] * 4


@since(12)
def links_nest_and_their_paths_tell_where(lib):
    model = mlp(lib)
    assert paths(model) == ["/l1/W", "/l1/b", "/rest/0/W", "/rest/0/b"]


@since(12, in_full=True)
def links_have_paths_too(lib):
    assert [path for path, _ in mlp(lib).namedlinks()] == ["/", "/l1", "/rest", "/rest/0"]


@since(12, in_full=True)
def the_repr_of_a_link_shows_what_is_in_it(lib):
    lines = repr(mlp(lib)).splitlines()
    assert lines[2:4] == ["  (rest): Sequential(", "    (0): tanh,"]


@since(12)
def a_child_outside_the_scope_is_not_registered(lib):
    model = lib.Chain()
    with pytest.warns(UserWarning, says="expected a Linear to be assigned inside"):
        model.l1 = lib.Linear(2, 3)
    assert paths(model) == []
    with model.init_scope():
        model.l2 = lib.Linear(2, 3)
    assert paths(model) == ["/l2/W", "/l2/b"]
    with pytest.raises(TypeError, says="expected a Link"):
        model.l2 = None


@since(12, in_full=True)
def a_child_is_found_by_its_name_and_a_deleted_one_is_gone(lib):
    model = lib.Chain(l2=lib.Linear(2, 3))
    model.add_link("l1", lib.Linear(3, 1))
    assert model["l1"] is model.l1
    assert [id(link) for link in model.children()] == [id(model.l2), id(model.l1)]
    del model.l2
    assert paths(model) == ["/l1/W", "/l1/b"]


@since(12, in_full=True)
def a_chain_list_does_what_a_list_does(lib):
    a, b, c = (lib.Linear(1, n) for n in (1, 2, 3))
    links = lib.ChainList(a, c)
    links.insert(1, b)
    assert [link is each for link, each in zip(links, [a, b, c], strict=True)] == [True] * 3
    assert (links.pop(), links[-1], len(links)) == (c, b, 2)
    links[0] = c
    links.extend([a])
    assert paths(links)[4:] == ["/2/W", "/2/b"]
    assert next(links.params()) is c.W
    del links[1:]
    assert paths(links) == ["/0/W", "/0/b"]
    with pytest.raises(TypeError, says="expected a Link"):
        links.append(lib.tanh)


@since(12)
def a_sequential_calls_one_layer_after_the_other(lib):
    model = lib.Sequential(lib.Linear(2, 3), lib.tanh, lib.Linear(3, 1))
    x = np.ones((4, 2), np.float32)
    y = model(x)
    assert_array_equal(y.data, model[2](lib.tanh(model[0](x))).data)
    assert_array_equal(y.data, model[2](model[:2](x)).data)


@since(12, in_full=True)
def a_sequential_hands_on_several_results_and_needs_a_layer(lib):
    assert lib.Sequential(lambda x: (x, 2), lambda x, y: x * y)(3) == 6
    with pytest.raises(RuntimeError, says="expected at least one layer"):
        lib.Sequential()(3)


@since(12)
def what_is_shared_is_found_and_copied_once(lib):
    model = lib.Chain(l1=lib.Linear(2, 2), l2=lib.Linear(2, 2))
    with model.init_scope():
        model.again = model.l1
    model.l2.W = model.l1.W
    for each in (model, *map(model.copy, ("share", "copy", "init"))):
        assert paths(each) == ["/l1/W", "/l1/b", "/l2/b"]
        assert each.again is each.l1
        assert each.count_params() == 8


@since(12)
def a_copy_shares_arrays_or_has_its_own_or_begins_anew(lib):
    model = mlp(lib)
    shared, own, new = map(model.copy, ("share", "copy", "init"))
    assert shared.l1.W.data is model.l1.W.data
    assert shared.l1.W is not model.l1.W
    assert own.rest[1].W.data is not model.rest[1].W.data
    assert_array_equal(own.rest[1].W.data, model.rest[1].W.data)
    assert not (new.rest[1].W.data == model.rest[1].W.data).any()
    shared.rest(shared.l1(np.ones((4, 2), np.float32))).sum().backward()
    assert [p.grad for each in (model, own, new) for p in each.params()] == [None] * 12


@since(12, in_full=True)
def a_repeated_link_comes_in_copies_of_its_own(lib):
    copies = lib.Linear(2, 2).repeat(3)
    assert len(copies) == 3
    assert copies[0].W.data is not copies[1].W.data


@since(12, in_full=True)
def arrays_that_are_tied_stay_tied_in_copies(lib):
    model = lib.Chain(a=lib.Linear(2, 2))
    model.add_link("b", model.a.copy())
    for other in map(model.copy, ("share", "copy", "init")):
        assert other.a.W.data is other.b.W.data
        assert other.a.W is not other.b.W


@since(12, in_full=True)
def a_copy_computes_with_children_of_its_own(lib):
    class Model(lib.Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = lib.Linear(2, 2)
            self.held = [(self.l1,), {"x": self.l1}, self.l1.forward]

    model = Model()
    for other in (copy.deepcopy(model), *map(model.copy, ("share", "copy", "init"))):
        (one,), two, three = other.held
        assert one is two["x"] is three.__self__ is other.l1 is not model.l1
    model.bend = lambda x: model.l1(x)
    with pytest.warns(UserWarning, says="copy: expected ... got Model.bend"):
        model.copy()


@since(12, in_full=True)
def a_shallow_copy_has_lists_of_its_own(lib):
    model = lib.Chain(a=lib.Linear(2, 2))
    other = copy.copy(model)
    other.add_link("b", lib.Linear(2, 2))
    assert (paths(model), other.a is model.a) == (["/a/W", "/a/b"], True)


@since(12, in_full=True)
def sequentials_add_up(lib):
    one, two = lib.Sequential(lib.Linear(2, 2), lib.tanh), lib.Sequential(lib.Linear(2, 1))
    assert [layer is each for layer, each in zip(one + two, [*one, *two], strict=True)] == [
        True
    ] * 3
    with pytest.raises(TypeError, says="Sequential + x: expected"):
        one + [lib.tanh]


@since(12, in_full=True)
def values_and_gradients_go_from_link_to_link(lib):
    model, other = mlp(lib), mlp(lib)
    for p in model.params():
        p.grad = np.ones_like(p.data)
    other.copyparams(model)
    assert_array_equal(other.l1.W.data, model.l1.W.data)
    assert other.l1.W.grad is None
    other.addgrads(model)
    other.addgrads(model)
    assert (other.l1.b.grad.tolist(), model.l1.b.grad.tolist()) == ([2, 2, 2], [1, 1, 1])
    with pytest.raises(ValueError, says="copyparams: expected"):
        other.copyparams(model.l1)


@since(12, in_full=True)
def a_link_that_waits_takes_over_values_but_gives_none(lib):
    lazy, ready = lib.Linear(3), lib.Linear(2, 3)
    W = ready.W.data.copy()
    ready.copyparams(lazy)
    assert_array_equal(ready.W.data, W)
    lazy.copyparams(ready)
    assert_array_equal(lazy.W.data, W)
    assert lazy.in_size == 2


@since(12, in_full=True)
def a_link_that_holds_itself_is_refused(lib):
    model = lib.ChainList()
    with pytest.raises(ValueError, says="expected links that do not hold this ChainList"):
        model.append(lib.Chain(deep=model))
    assert len(model) == 0


# ---- chapter 18: what is kept ----


@since(18)
def arrays_that_backward_does_not_need_are_freed(lib):
    x = lib.Variable(np.ones(3))
    middle = -x
    y = -middle
    array = weakref.ref(middle.data)
    del middle
    assert array() is None
    y.sum().backward()
    assert_array_equal(x.grad, 1)


@since(18)
def arrays_that_backward_needs_are_kept(lib):
    x = lib.Variable(np.ones(3))
    middle = x * 2
    y = lib.square(middle).sum()
    middle = weakref.ref(middle.data)
    assert middle() is not None
    y.backward()
    assert_array_equal(x.grad, 8)


@since(18)
def a_graph_is_freed_without_the_garbage_collector(lib):
    gc.disable()
    try:
        x = lib.Variable(np.ones(3))
        y = lib.exp(x * x).sum()
        y.backward()
        function = weakref.ref(y.creator)
        del y
        assert function() is None
    finally:
        gc.enable()


@since(18)
def a_very_long_chain_is_freed_too(lib):
    y = scalar(lib)
    for _ in range(20_000):
        y = -y
    y.backward()
    del y


@since(18)
def no_backprop_mode_makes_no_record(lib):
    with tinylinks.no_backprop_mode():
        y = scalar(lib) * 2
    assert y.creator is None
    with pytest.raises(RuntimeError, says="outside no_backprop_mode"):
        y.backward()


@since(18)
def unchain_makes_a_leaf(lib):
    x = scalar(lib, 2.0)
    h = x * x
    y = h * h
    h.unchain()
    y.backward()
    assert h.creator is None
    assert h.grad == 8
    assert x.grad is None


@since(18, in_full=True)
def unchain_backward_forgets_all_that_is_behind(lib):
    x = scalar(lib, 2.0)
    h = x * x
    y = h * 3
    y.unchain_backward()
    assert y.creator is None
    assert h.creator is None


class Both:
    """A Function with two results, to be derived from `lib.Function` as well."""

    def forward(self, a, b):
        return a + b, a * 2

    def backward(self, g_sum, g_double):
        return g_sum + 2 * g_double, g_sum


@since(18, in_full=True)
def a_function_may_have_several_results(lib):
    class Two(Both, lib.Function):
        pass

    a, b = lib.Variable(np.ones(2)), lib.Variable(np.ones(2))
    total, double = Two().apply(a, b)
    (total + double * 10).sum().backward()
    assert_array_equal(a.grad, 21)
    assert_array_equal(b.grad, 1)


@since(18, in_full=True)
def a_result_that_nobody_used_sends_zeros(lib):
    class Two(Both, lib.Function):
        pass

    a, b = lib.Variable(np.ones(2)), lib.Variable(np.ones(2))
    _, double = Two().apply(a, b)
    double.sum().backward()
    assert_array_equal(a.grad, 2)
    assert_array_equal(b.grad, 0)


@since(18, in_full=True)
def a_variable_has_no_hash(lib):
    with pytest.raises(TypeError, says="hash: expected"):
        hash(scalar(lib))


@since(18, in_full=True)
def calling_a_function_says_what_to_write(lib):
    with pytest.raises(TypeError, says="Write Square(...).apply(x)"):
        lib.Square()(scalar(lib))


@since(18, in_full=True)
def the_wrong_number_of_inputs_is_named(lib):
    with pytest.raises(TypeError, says="square: expected as many inputs as"):
        lib.Square().apply(scalar(lib), scalar(lib))


@since(18, in_full=True)
def debug_mode_sees_an_array_that_was_changed_in_place(lib):
    with tinylinks.using_config("debug", True):
        x = lib.Variable(np.ones(2))
        y = (x * x).sum()
        x.data[0] = 5.0
        with pytest.raises(RuntimeError, says="changed in place"):
            y.backward()


@since(18, in_full=True)
def debug_mode_sees_nan_and_infinity(lib):
    with tinylinks.using_config("debug", True), np.errstate(all="ignore"):
        with pytest.raises(FloatingPointError, says="div.forward: expected finite numbers"):
            scalar(lib) / 0.0


@since(18, in_full=True)
def numbers_in_another_order_of_bytes_are_put_into_ours(lib):
    other = np.dtype(np.float32).newbyteorder()
    for array in (np.array([1, 2], other), np.array([1, 2], np.float32).astype(other)):
        x = lib.Variable(array, grad=array)
        assert x.dtype.isnative and x.grad.dtype is x.dtype
        x.data, x.grad = array, None
        y = x * array + x
        y.grad = array
        y.backward()
        assert (x.dtype, y.dtype, x.grad.dtype) == (np.float32,) * 3
        assert (y.data.tolist(), x.grad.tolist()) == ([2, 6], [2, 6])


@since(18)
def numbers_that_no_gpu_has_are_refused(lib):
    for dtype in (np.longdouble, np.complex64, object, "U1", "M8[s]", [("a", "f4")]):
        array = np.zeros(2, dtype)
        with pytest.raises(TypeError, says="Variable: expected ...array of numbers, got a"):
            lib.Variable(array)
        with pytest.raises(TypeError, says="square: expected Variables, arrays or numbers"):
            lib.square(array)


@since(18)
def two_parameters_that_wait_cannot_be_computed_with(lib):
    p = lib.Parameter(0.5)
    for compute in (lambda: p + p, lambda: p * p, lambda: p @ p, lambda: 2 * p, lambda: p - 1):
        with pytest.raises(RuntimeError, says=": expected ..., got ...initialize(shape)"):
            compute()


@since(18, in_full=True)
def a_function_written_for_chainer_is_recognized(lib):
    class Double(lib.Function):
        def forward(self, inputs):
            (x,) = inputs  # with one row, the row
            return (x * 2,)

        def backward(self, indexes, gys):
            return (gys[0] * 2,)

    with pytest.raises(TypeError, says="double: expected ...forward(self, x)..., as in Chainer"):
        Double().apply(lib.Variable(np.ones((1, 3))))
    with pytest.raises(TypeError, says="double: expected Variables...one by one"):
        Double().apply((lib.Variable(np.ones((1, 3))),))


@since(18, in_full=True)
def backward_takes_one_gradient_for_each_output(lib):
    class Halves(lib.Function):
        def forward(self, x):
            return x / 2, x / 2

        def backward(self, gy):
            return gy

    for _ in range(2):
        with pytest.raises(TypeError, says="halves: expected backward to take 2 gradients"):
            Halves().apply(lib.Variable(np.ones(2)))


@since(18, in_full=True)
def debug_mode_watches_what_a_function_keeps(lib):
    class Times(lib.Function):
        def __init__(self, a):
            self.parts = [a]

        def forward(self, x):
            return x * self.parts[0]

        def backward(self, gy):
            return gy * self.parts[0]

    x, a = lib.Variable(np.ones(2)), np.array([3.0, 4.0])
    with tinylinks.using_config("debug", True):
        y = Times(a).apply(x)
        y.grad = np.ones(2)
        a[0] = 5
        with pytest.raises(RuntimeError, says="times.backward: ...changed in place"):
            y.backward()
    assert a.tolist() == [5, 4]


# ---- chapter 19: derivatives of derivatives ----


def derivatives(lib, f, value, count):
    """Return the first `count` derivatives of f at `value`."""
    x = lib.Variable(np.array(value))
    y, results = f(x), []
    for _ in range(count):
        (y,) = lib.grad([y], [x], enable_double_backprop=True)
        results.append(y.item())
    return results


@since(19)
def derivatives_of_any_order(lib):
    assert_allclose(derivatives(lib, lambda x: x**3, 2.0, 4), [12, 12, 6, 0])
    assert_allclose(derivatives(lib, lib.exp, 1.0, 4), [np.e] * 4)
    assert_allclose(derivatives(lib, lambda x: 1 / x, 2.0, 3), [-1 / 4, 1 / 4, -3 / 8])
    y = np.tanh(0.5)
    slope = 1 - y**2
    assert_allclose(derivatives(lib, lib.tanh, 0.5, 2), [slope, -2 * y * slope])


@since(19, in_full=True)
def a_walk_that_is_asked_to_be_recorded_is_recorded_inside_of_no_backprop_mode(lib):
    x = lib.Variable(np.array(3.0))
    y = x * x * x
    with tinylinks.no_backprop_mode():
        y.backward(enable_double_backprop=True)
        gx = x.grad_var
        assert (x * x).creator is None
    x.cleargrad()
    gx.backward()
    assert x.grad == 18


@since(19)
def second_derivatives_through_linear(lib):
    W = np.array([[1.0, -2.0], [0.5, 3.0]])
    x = lib.Variable(np.array([[0.3, -0.2]]))
    y = lib.square(lib.linear(x, W)).sum()
    (gx,) = lib.grad([y], [x], enable_double_backprop=True)
    assert_allclose(gx.data, 2 * x.data @ W.T @ W)
    gx[0, 0].backward()
    assert_allclose(x.grad, 2 * (W.T @ W)[:1])


@since(19)
def second_derivatives_through_shapes(lib):
    x = lib.Variable(np.array([[1.0, 2.0], [3.0, 5.0]]))
    y = ((x - x.mean(axis=0)) ** 2).sum() + (x.T.reshape(4)[[0, 0, 3]] ** 3).sum()
    (gx,) = lib.grad([y], [x], enable_double_backprop=True)
    assert_allclose(gx.data, [[4.0, -3.0], [2.0, 78.0]])
    gx[1, 1].backward()
    assert_allclose(x.grad, [[0.0, -1.0], [0.0, 1.0 + 30.0]])


@since(19)
def second_derivatives_of_powers_at_0(lib):
    for exponents in ([0.0, 1.0, 2.0], [0, 1, 2]):
        x = lib.Variable(np.zeros((2, 1)))
        y = (x ** np.array(exponents)).sum()
        (gx,) = lib.grad([y], [x], enable_double_backprop=True)
        assert_allclose(gx.data, 1.0)
        gx.sum().backward()
        assert_allclose(x.grad, 2.0)
    assert_allclose(derivatives(lib, lambda x: 0**x, 1.0, 2), 0)


@since(19, in_full=True)
def second_derivatives_through_rows(lib):
    x = lib.Variable(np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 1.0]]))
    first, second, _ = x
    (first**3 * second).sum().backward(enable_double_backprop=True)
    gx = x.grad_var
    assert_allclose(gx.data, [[9, 60], [1, 8], [0, 0]])
    x.cleargrad()
    gx[0].sum().backward()
    assert_allclose(x.grad, [[18, 60], [3, 12], [0, 0]])


@since(19, in_full=True)
def a_gradient_that_depends_on_nothing_is_a_constant(lib):
    functions = [lambda x: x + 1, lambda x: 2 * x, lambda x: -x, lambda x: x.sum(), lib.relu]
    functions += [lambda x: x.reshape(1), lambda x: x / 4 - x, lambda x: x.T, lambda x: x[0]]
    for f in functions:
        x = lib.Variable(np.array([3.0]))
        f(x).backward(enable_double_backprop=True)
        gx = x.grad_var
        x.cleargrad()
        assert (gx.creator, gx.requires_grad) == (None, False)
        with pytest.raises(RuntimeError, says="backward: expected ..., got a constant"):
            gx.backward()
        assert x.grad is None


@since(19, in_full=True)
def an_ordinary_gradient_has_no_history(lib):
    x = scalar(lib, 3.0)
    (x * x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad_var.creator is None
    assert not x.grad_var.requires_grad


@since(19, in_full=True)
def grad_var_checks_what_it_is_given(lib):
    x = lib.Variable(np.ones(2))
    with pytest.raises(TypeError, says="grad_var: expected a Variable"):
        x.grad_var = np.ones(2)
    with pytest.raises(ValueError, says="grad: expected the shape of the data"):
        x.grad_var = lib.Variable(np.ones(3))
    x.grad_var = lib.Variable(np.array([5.0, 6.0]))
    assert_array_equal(x.grad, [5, 6])


@since(19, in_full=True)
def gradients_on_record_accumulate_too(lib):
    x = scalar(lib, 2.0)
    y = x * x
    for _ in range(2):
        y.backward(enable_double_backprop=True)
    assert x.grad == 8
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    assert x.grad == 4


@since(19)
def a_gradient_penalty_can_be_trained(lib):
    x, W = np.array([[1.0, 2.0]]), lib.Variable(np.array([[3.0, -1.0]]))
    point = lib.Variable(x)
    y = lib.tanh(lib.linear(point, W)).sum()
    (gx,) = lib.grad([y], [point], enable_double_backprop=True)
    (gx**2).sum().backward()

    def penalty_at(W):
        slope = 1 - np.tanh(x @ W.T) ** 2
        return ((slope * W) ** 2).sum()

    for i in range(2):
        nudge = np.zeros((1, 2))
        nudge[0, i] = 1e-6
        measured = (penalty_at(W.data + nudge) - penalty_at(W.data - nudge)) / 2e-6
        assert_allclose(W.grad[0, i], measured, rtol=1e-5)


@since(20)
def variables_come_back_with_their_gradients(lib):
    backend.register(strict_xp.ndarray, strict_xp)
    x = lib.Variable(strict_xp.asarray([1.0, 2.0]))
    (x * x).sum().backward()
    x.to_cpu()
    assert type(x.data) is type(x.grad) is np.ndarray
    assert (x.data.tolist(), x.grad.tolist()) == ([1, 2], [2, 4])
    x.cleargrad()
    x.to_cpu()  # here already, and without a gradient
    assert x.grad is None


@since(20)
def links_come_back_with_all_that_they_keep(lib):
    backend.register(strict_xp.ndarray, strict_xp)
    link = lib.Linear(2, 3)
    link.add_persistent("mean", strict_xp.asarray([0.5]))
    link.add_persistent("count", 7)
    for param in link.params():
        param.data = strict_xp.asarray(param.data)
    assert link(strict_xp.ones((1, 2), np.float32)).shape == (1, 3)
    assert link.to_cpu() is link
    assert {type(param.data) for param in link.params()} == {np.ndarray}
    assert (type(link.mean), link.count) == (np.ndarray, 7)
    assert lib.Linear(3).to_cpu().b.shape == (3,)  # its W waits


@since(20)
def without_a_gpu_to_gpu_says_so(lib):
    with unittest.mock.patch.object(backend, "has_gpu", lambda: False):
        for owner in (lib.Variable(np.ones(1)), lib.Linear(2, 3)):
            with pytest.raises(RuntimeError, says="to_gpu: expected CuPy and a working GPU"):
                owner.to_gpu()


# ---- chapter 21: say no in time ----


@since(21)
def debug_mode_names_the_line_of_your_code(lib):
    x = lib.Variable(np.array(3.0))
    with tinylinks.using_config("debug", True):
        y = lib.exp(x) * x  # this is the line
    assert y.creator.made_at.endswith(": y = lib.exp(x) * x  # this is the line")
    y.creator.made_at = ""
    assert (lib.exp(x) * x).creator.made_at == ""


# ---- chapters 13 and 14: optimizers, classes ----


@since(13)
def each_optimizer_makes_the_step_of_its_equation(lib):
    grad = np.array([2.0, -0.5])
    steps = {
        lib.SGD(lr=0.1): 0.1 * grad,
        lib.MomentumSGD(lr=0.1, momentum=0.5): 0.1 * grad,
        lib.RMSprop(lr=0.1, alpha=0.75): 0.1 * grad / (0.5 * abs(grad)),
        lib.Adam(alpha=0.1): 0.1 * np.sign(grad),
        lib.AdamW(alpha=0.1, weight_decay_rate=0.5): 0.1 * np.sign(grad) + 0.5,
    }
    for optimizer, step in steps.items():
        model = lib.Linear(2, 1, nobias=True, initialW=np.ones((1, 2)))
        optimizer.setup(model).update(lambda model=model: model(grad.reshape(1, 2)).sum())
        assert_allclose(model.W.data, [1 - step], rtol=1e-6)


@since(13)
def an_optimizer_meets_lazy_parameters_and_moves_shared_ones_once(lib):
    lazy = lib.Linear(1)
    optimizer = lib.MomentumSGD(lr=0.5).setup(lazy)
    x = np.ones((1, 1), np.float32)
    optimizer.update(lambda: lazy(x).sum())
    assert (optimizer.t, lazy.b.data.item()) == (1, -0.5)
    shared = lib.Linear(1, 1, nobias=True, initialW=np.array([[3.0]]))
    model = lib.Sequential(shared, shared)
    lib.SGD(lr=0.5).setup(model).update(lambda: model(np.ones((1, 1))).sum())
    assert_allclose(shared.W.data, [[0.0]])  # the slope of W**2 is 2 W


@since(13, in_full=True)
def a_frozen_parameter_gets_its_gradient_and_stays(lib):
    model = lib.Sequential(lib.Linear(1), lib.Linear(1, 1))
    model[0].disable_update()
    model[1].b.update_enabled = False
    loss = lambda: model(np.ones((1, 2), np.float32)).sum()  # noqa: E731
    loss()  # W of the first layer comes now
    before = [p.data.copy() for p in model.params()]
    lib.SGD(lr=1).setup(model).update(loss)
    moved = [(p.data != old).any() for p, old in zip(model.params(), before, strict=True)]
    assert moved == [False, False, True, False]
    assert all(p.grad is not None for p in model.params())
    assert [model.update_enabled, model[0].update_enabled] == [True, False]
    model.enable_update()
    assert all(p.update_enabled for p in model.params())


@since(13, in_full=True)
def what_cannot_move_is_refused_before_anything_moves(lib):
    model = lib.Linear(1, 1, initialW=np.ones((1, 1), np.float32))
    optimizer = lib.MomentumSGD(lr=1).setup(model)
    for p in model.params():
        p.grad = np.ones_like(p.data)
    model.b.data.flags.writeable = False
    with pytest.raises(ValueError, says="MomentumSGD.update: expected an array that can be chang"):
        optimizer.update()
    model.b.data = np.zeros(1, np.float32)
    optimizer.lr = -1
    with pytest.raises(ValueError, says="MomentumSGD: expected lr as a number of at least 0"):
        optimizer.update()
    assert (model.W.data, optimizer.t) == (1, 0)
    optimizer.lr = 0  # a schedule may begin there
    optimizer.update()
    assert (model.W.data, optimizer.t) == (1, 1)


@since(13, in_full=True)
def hooks_are_called_before_or_after_once_or_for_each_parameter(lib):
    seen = []

    def hook(optimizer, *param):
        seen.append((optimizer.t, [p.name for p in param]))

    model = lib.Linear(1, 1)
    for timing in ("pre", "post"):
        for each in (False, True):
            optimizer = lib.SGD().setup(model)
            hook.call_for_each_param = each
            optimizer.add_hook(hook, timing=timing)
            optimizer.update(lambda: model(np.ones((1, 1), np.float32)).sum())
    assert seen == [(0, []), (0, ["W"]), (0, ["b"]), (1, []), (1, ["W"]), (1, ["b"])]


@since(13, in_full=True)
def float16_moves_in_float32(lib):
    model = lib.Linear(1, 1, nobias=True, initialW=np.ones((1, 1), np.float16))
    optimizer = lib.Adam(alpha=0.125, eps=1e-12).setup(model)
    for size in (1e-4, 1e-5):  # the square of the second is 0 in float16
        model.W.grad = np.full((1, 1), size, np.float16)
        optimizer.update()
    m, v = 0.1 * (0.9 * 1e-4 + 1e-5), 0.001 * (0.999 * 1e-8 + 1e-10)
    second = 0.125 * (1 - 0.999**2) ** 0.5 / (1 - 0.9**2) * m / v**0.5
    assert_allclose(model.W.data, 1 - 0.125 - second, rtol=2e-3)


@since(14)
def softmax_cross_entropy_pulls_the_true_class_up(lib):
    x = lib.Variable(np.array([[0.0, 0.0], [0.0, 1000.0]]))
    loss = lib.softmax_cross_entropy(x, np.array([0, 0]))
    loss.backward()
    assert_allclose(loss.data, (np.log(2) + 1000) / 2)
    assert_allclose(x.grad, [[-0.25, 0.25], [-0.5, 0.5]])
    assert lib.accuracy(x, np.array([0, 1])).item() == 1


@since(14)
def a_network_learns_classes(lib):
    np.random.seed(0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    t = np.array([0, 1, 1, 0])
    model = lib.Sequential(lib.Linear(8), lib.tanh, lib.Linear(2))
    optimizer = lib.Adam(alpha=0.1).setup(model)
    for _ in range(100):
        optimizer.update(lambda: lib.softmax_cross_entropy(model(x), t))
    assert lib.softmax_cross_entropy(model(x), t).item() < 0.05
    assert lib.accuracy(model(x), t).item() == 1


@since(14)
def masked_labels_are_refused(lib):
    x, t = lib.Variable(np.zeros((2, 3))), np.ma.masked_array([0, 1], [True, False])
    with pytest.raises(TypeError, says="softmax_cross_entropy: ...{MaskedArray}...x.filled"):
        lib.softmax_cross_entropy(x, t)


@since(15)
def a_split_gives_each_example_to_one_part(lib):
    arrays = np.arange(10), np.arange(10) * 10
    train, test = lib.split(arrays, 0.3, seed=0)
    assert [len(array) for array in train + test] == [7, 7, 3, 3]
    assert sorted([*train[0], *test[0]]) == list(range(10))
    assert_array_equal(train[1], train[0] * 10)
    assert_array_equal(test[1], test[0] * 10)


@since(15)
def mini_batches_give_each_example_once_an_epoch_in_a_new_order(lib):
    x = np.arange(10)
    batches = lib.MiniBatches(x, x * 10, batch_size=4, seed=0)
    epochs = []
    for _ in range(2):
        pairs = list(batches)
        assert [len(a) for a, _ in pairs] == [4, 4, 2]
        assert all([(b == a * 10).all() for a, b in pairs])
        epochs.append(np.concatenate([a for a, _ in pairs]).tolist())
    assert sorted(epochs[0]) == sorted(epochs[1]) == x.tolist()
    assert epochs[0] != epochs[1]
    assert (batches.epoch, batches.position) == (2, 0)
    next(iter(batches))
    assert batches.position == 4


@since(15)
def however_a_loop_over_mini_batches_is_left_the_next_one_goes_on(lib):
    """The third of three mini-batches is the last: after it comes the next epoch."""
    for n, rest in ((1, [4, 2]), (2, [2]), (3, [4, 4, 2])):
        left, never_closed = (lib.MiniBatches(np.arange(10), batch_size=4, seed=0) for _ in "ab")
        for _ in zip(range(n), left):
            pass
        iterator = iter(never_closed)
        for _ in range(n):
            next(iterator)
        for batches in (left, never_closed):
            assert (batches.epoch, batches.position) == ((0, 4 * n) if n < 3 else (1, 0))
            assert [len(a) for (a,) in batches] == rest
            assert (batches.epoch, batches.position) == (1 + (n == 3), 0)


def saved(lib, obj):
    """Return copies of what an object shows to be saved, as {path: array}."""
    target = {}
    obj.serialize(lib.DictionarySerializer(target))
    return {path: np.array(array) for path, array in target.items()}


@since(16)
def a_model_is_saved_and_loaded_into_a_lazy_one(lib):
    x = np.ones((4, 2), np.float32)
    model, other = (lib.Sequential(lib.Linear(3), lib.tanh, lib.Linear(1)) for _ in range(2))
    y = model(x)
    arrays = saved(lib, model)
    assert list(arrays) == ["0/W", "0/b", "1/W", "1/b"]
    other.serialize(lib.NpzDeserializer(arrays))
    assert other[0].W.data is not model[0].W.data
    assert_array_equal(other(x).data, y.data)


@since(16)
def a_training_goes_on_where_it_was_saved(lib):
    x = np.ones((1, 1))
    link, other = (lib.Linear(1, 1, nobias=True, initialW=np.ones((1, 1))) for _ in range(2))
    optimizers = [lib.Adam(alpha=0.1).setup(each) for each in (link, other)]
    for n in range(4):
        optimizers[0].update(lambda: (link(x) ** 2).sum())
        optimizers[0].new_epoch()
        if n == 1:
            arrays = saved(lib, link), saved(lib, optimizers[0])
    assert list(arrays[1])[:5] == ["t", "epoch", "W/t", "W/m", "W/v"]
    for each, source in zip((other, optimizers[1]), arrays, strict=True):
        each.serialize(lib.NpzDeserializer(source))
    assert (optimizers[1].t, optimizers[1].epoch) == (2, 2)
    for _ in range(2):
        optimizers[1].update(lambda: (other(x) ** 2).sum())
    assert_array_equal(other.W.data, link.W.data)


@since(16, in_full=True)
def an_optimizer_is_not_loaded_before_its_lazy_link(lib):
    link = lib.Linear(1, 1)
    optimizer = lib.Adam().setup(link)
    optimizer.update(lambda: link(np.ones((1, 1), np.float32)).sum())
    arrays = saved(lib, optimizer)
    with pytest.raises(RuntimeError, says="serialize: expected a link whose parameters are there"):
        lib.Adam().setup(lib.Linear(1)).serialize(lib.NpzDeserializer(arrays))


@since(16)
def mini_batches_go_on_in_the_middle_of_an_epoch(lib):
    x = np.arange(10)
    whole = list(lib.MiniBatches(x, batch_size=3, seed=1))
    begun = lib.MiniBatches(x, batch_size=3, seed=1)
    next(iter(begun))
    other = lib.MiniBatches(x, batch_size=3, seed=2)
    other.serialize(lib.NpzDeserializer(saved(lib, begun)))
    rest = list(other)
    assert [a.tolist() for (a,) in rest] == [a.tolist() for (a,) in whole[1:]]


@since(16)
def mini_batches_saved_with_the_last_one_go_on_with_the_next_epoch(lib):
    whole, begun, other = (lib.MiniBatches(np.arange(10), batch_size=4, seed=1) for _ in "abc")
    epochs = [[a.tolist() for (a,) in whole] for _ in range(2)]
    for _ in begun:
        arrays = saved(lib, begun)
    other.serialize(lib.NpzDeserializer(arrays))
    assert [a.tolist() for (a,) in other] == epochs[1]


@since(16, in_full=True)
def a_parameter_without_axes_that_waits_is_loaded_as_an_array(lib):
    made = []
    for _ in range(2):
        link = lib.Link()
        with link.init_scope():
            link.a = lib.Parameter(2.0)
        made.append(link)
    made[0].a.initialize(())
    made[1].serialize(lib.NpzDeserializer(saved(lib, made[0])))
    assert (type(made[1].a.data), made[1].a.shape, made[1].a.item()) == (np.ndarray, (), 2)


@since(16)
def persistent_values_are_saved(lib):
    link, other = lib.Link(), lib.Link()
    for each, total, steps in ((link, np.ones(2), 3), (other, np.zeros(2), 0)):
        each.add_persistent("total", total)
        each.add_persistent("steps", steps)
    array = other.total
    other.serialize(lib.NpzDeserializer(saved(lib, link)))
    assert (other.total is array, array.tolist(), other.steps) == (True, [1, 1], 3)


@since(16)
def dropout_drops_only_while_a_model_learns(lib):
    np.random.seed(0)
    x = lib.Variable(np.ones(1000, np.float32))
    y = lib.dropout(x, 0.2)
    assert y.dtype == np.float32
    assert_allclose(np.unique(y.data), [0, 1.25])
    assert 0.9 < y.data.mean() < 1.1
    y.sum().backward()
    assert_array_equal(x.grad, y.data)
    with tinylinks.using_config("train", False):
        assert lib.dropout(x, 0.2) is x


@since(16)
def batch_normalization_gives_columns_of_mean_0_and_variance_1(lib):
    x = np.random.default_rng(0).normal(3, 2, (50, 2)).astype(np.float32)
    bn = lib.BatchNormalization(2)
    y = bn(x).data
    assert_allclose(y.mean(axis=0), [0, 0], atol=1e-5)
    assert_allclose(y.var(axis=0), [1, 1], rtol=1e-3)
    assert_allclose(bn.avg_mean, 0.1 * x.mean(axis=0), rtol=1e-5)
    assert_allclose(bn.avg_var, 0.9 + 0.1 * x.var(axis=0, ddof=1), rtol=1e-5)
    assert paths(bn) == ["/gamma", "/beta"]
    with tinylinks.using_config("train", False):
        expected = (x - bn.avg_mean) / np.sqrt(bn.avg_var + 2e-5)
        assert_allclose(bn(x).data, expected, rtol=1e-4, atol=1e-6)
        assert_allclose(bn(x[:1]).data, expected[:1], rtol=1e-4, atol=1e-6)


@since(16, in_full=True)
def batch_normalization_takes_arrays_of_every_dtype_both_ways(lib):
    x = np.random.default_rng(0).uniform(0, 9, (50, 2))
    for kind in ("float16", "float64", "uint8", "int64", "bool"):
        rows, bn = (x > 4 if kind == "bool" else x.astype(kind)), lib.BatchNormalization(2)
        exact = rows.astype(np.float64)
        y = bn(rows)
        expected = (exact - exact.mean(axis=0)) / np.sqrt(exact.var(axis=0) + 2e-5)
        assert_allclose(y.data, expected, rtol=1e-3, atol=1e-5)
        y.sum().backward()
        with tinylinks.using_config("train", False):
            z = bn(rows)
        expected = (exact - bn.avg_mean) / np.sqrt(bn.avg_var + 2e-5)
        assert_allclose(z.data, expected, rtol=1e-3, atol=1e-5)
        assert y.dtype == z.dtype == bn.avg_mean.dtype == bn.gamma.grad.dtype == np.float32


@since(17)
def a_convolution_adds_up_what_each_window_sees(lib):
    rng = np.random.default_rng(0)
    x, W, b = (rng.normal(size=shape) for shape in [(2, 3, 5, 4), (4, 3, 3, 2), 4])
    y = lib.convolution_2d(x, W, b, stride=(2, 1), pad=(1, 0))
    assert y.shape == (2, 4, 3, 3)
    assert y.data[1, 2, 1, 2] == pytest.approx((W[2] * x[1, :, 1:4, 2:4]).sum() + b[2])
    with pytest.raises(ValueError, says="convolution_2d: expected"):
        lib.convolution_2d(x, W[:, :2])


@since(17, in_full=True)
def a_deconvolution_is_the_gradient_of_a_convolution(lib):
    rng = np.random.default_rng(0)
    x, W = lib.Variable(rng.normal(size=(2, 3, 5, 5))), rng.normal(size=(4, 3, 3, 3))
    y = lib.convolution_2d(x, W, stride=2)
    y.grad = gy = rng.normal(size=y.shape)
    y.backward()
    assert_allclose(x.grad, lib.deconvolution_2d(gy, W, stride=2).data)


@since(17, in_full=True)
def pooling_keeps_the_largest_or_the_average(lib):
    x = lib.Variable(np.array([[[[1.0, 3.0, 2.0], [4.0, 4.0, 5.0]]]]))
    y = lib.max_pooling_2d(x, 2)
    y.sum().backward()
    assert y.data.ravel().tolist() == [4, 5]
    assert x.grad.ravel().tolist() == [0, 0, 0, 1, 0, 1]
    assert lib.average_pooling_2d(x, 2).data.ravel().tolist() == [3]


@since(17, in_full=True)
def links_with_filters_find_their_channels_at_the_first_mini_batch(lib):
    x = np.ones((5, 2, 8, 8), np.float32)
    f, g = lib.Convolution2D(4, 3, pad=1), lib.Deconvolution2D(None, 3, 2, stride=2)
    assert not hasattr(f, "W")
    assert f(x).shape == (5, 4, 8, 8)
    assert g(f(x)).shape == (5, 3, 16, 16)
    assert (f.W.shape, g.W.shape) == ((4, 2, 3, 3), (4, 3, 2, 2))
    assert paths(f) == ["/W", "/b"]


@since(17, in_full=True)
def refused_images_leave_no_filters(lib):
    x = np.ones((5, 2, 8, 8), np.float32)
    for f in (lib.Convolution2D(4, 3), lib.Deconvolution2D(4, 3)):
        for wrong in (lib.Variable(np.ones((5, 3, 8, 8))), x[0], x[:, :0]):
            with pytest.raises((TypeError, ValueError)):
                f(wrong)
            assert not hasattr(f, "W")
        f(x)
        assert f.W.shape[:2] in ((4, 2), (2, 4))
    f = lib.Convolution2D(4, 9)
    with pytest.raises(ValueError, says="expected"):
        f(x)  # the windows are larger than the images
    assert not hasattr(f, "W")
