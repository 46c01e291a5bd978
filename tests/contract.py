"""What must hold of the package and, from the chapter on that builds it, of the book's classes.

A case is a function of `lib`, which has `Variable`, `Function`, `Square`, `Exp`, `Add`,
`square`, `exp` and `add`. `@since(n)` names the first chapter after which it holds; as long
as the book has no such chapter, the case runs on the package alone.
"""

from types import SimpleNamespace

import numpy as np
import pytest

CASES = []


def since(chapter):
    """Register a case that holds after `chapter` and all later ones."""

    def register(case):
        CASES.append(pytest.param(chapter, case, id=case.__name__))
        return case

    return register


def scalar(lib, value=1.0, name=None):
    return lib.Variable(np.array(value), name=name)


def diamond(lib):
    """y = exp(a) + a with a = x**2, at x = 1."""
    x = scalar(lib)
    a = lib.square(x)
    e = lib.exp(a)
    return SimpleNamespace(x=x, a=a, e=e, y=lib.add(e, a))


SLOPE = 2 * (np.e + 1)  # of the diamond, by hand


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
    assert repr(x) == "Variable([1., 1.], dtype=float64, name='x')"


@since(2)
def repr_shows_four_significant_digits(lib):
    x = lib.Variable(np.array([[2 / 3, 1234567.0], [-0.00001234, np.nan]], np.float32))
    rows = "Variable([[    0.6667,  1.235e+06],\n          [-1.234e-05,        nan]]"
    assert repr(x) == rows + ", dtype=float32)"


@since(2)
def repr_of_no_axis_and_of_no_element(lib):
    assert repr(lib.Variable(np.array(3.0))) == "Variable(3., dtype=float64)"
    assert repr(lib.Variable(np.zeros(0))) == "Variable([], dtype=float64)"


@since(2)
def repr_of_whole_numbers_has_no_point(lib):
    assert repr(lib.Variable(np.array([1, 20], np.int32))) == "Variable([ 1, 20], dtype=int32)"


@since(2)
def item_gives_the_only_element(lib):
    item = lib.Variable(np.array([[2.5]])).item()
    assert type(item) is float
    assert item == 2.5


@since(2)
def item_of_several_elements_is_refused(lib):
    with pytest.raises(ValueError, match="item: expected exactly one element"):
        lib.Variable(np.ones(2)).item()


@since(2)
def len_without_an_axis_is_refused(lib):
    with pytest.raises(TypeError, match="len: expected a Variable with at least one axis"):
        len(lib.Variable(np.array(1.0)))


@since(2)
def only_arrays_of_numbers_are_let_in(lib):
    for data in ([1.0, 2.0], (1.0,), 3, 2.5, "abc", None, np.float64(1)):
        with pytest.raises(TypeError, match="Variable: expected"):
            lib.Variable(data)


@since(2)
def arrays_of_integers_are_let_in(lib):
    assert lib.Variable(np.array([1, 2])).dtype.kind == "i"


# ---- chapter 3: the history ----


@since(3)
def a_function_computes_forward(lib):
    x = lib.Variable(np.array([1.0, 2.0]))
    np.testing.assert_allclose(lib.square(x).data, [1.0, 4.0])
    np.testing.assert_allclose(lib.exp(x).data, np.exp([1.0, 2.0]))


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
    with pytest.raises(RuntimeError, match="square: expected a new instance"):
        f.apply(scalar(lib))


@since(3)
def the_label_is_the_class_in_small_letters(lib):
    class MeanSquaredError(lib.Function):
        pass

    assert MeanSquaredError().label == "mean_squared_error"
    assert lib.Square().label == "square"


@since(3)
def a_function_without_forward_says_so(lib):
    class Nothing(lib.Function):
        pass

    with pytest.raises(NotImplementedError, match="Nothing: expected a method `forward`"):
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
    np.testing.assert_allclose(x.grad, 2 * np.e)
    assert type(x.grad) is np.ndarray


@since(4)
def backward_gives_the_derivative_of_the_weighted_sum(lib):
    x = lib.Variable(np.array([1.0, 2.0, 3.0]))
    y = lib.square(x)
    y.grad = np.array([1.0, 10.0, 0.0])
    y.backward()
    np.testing.assert_allclose(x.grad, [2.0, 40.0, 0.0])


@since(4)
def a_result_of_several_numbers_needs_a_gradient_to_start_from(lib):
    y = lib.square(lib.Variable(np.ones(3)))
    with pytest.raises(RuntimeError, match=r"backward: expected .* got shape \(3,\)"):
        y.backward()


@since(4)
def a_result_of_one_number_starts_from_one(lib):
    x = lib.Variable(np.array([[3.0]]))
    lib.square(x).backward()
    np.testing.assert_allclose(x.grad, [[6.0]])


@since(4)
def backward_of_a_leaf_is_refused(lib):
    with pytest.raises(RuntimeError, match="backward: expected a Variable that was computed"):
        scalar(lib).backward()


@since(4)
def grad_checks_shape_and_dtype_at_once(lib):
    x = lib.Variable(np.ones(2, np.float32))
    with pytest.raises(ValueError, match=r"grad: expected the shape of the data, \(2,\)"):
        x.grad = np.ones(3, np.float32)
    with pytest.raises(TypeError, match="grad: expected the dtype of the data, float32"):
        x.grad = np.ones(2)
    with pytest.raises(TypeError, match="grad: expected"):
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
    with pytest.raises(NotImplementedError, match="OneWay: expected a method `backward`"):
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
    np.testing.assert_allclose([p.grad, q.grad], [2.0, np.e])


@since(5)
def gradients_add_up_where_a_value_is_used_twice(lib):
    x = scalar(lib)
    lib.add(x, x).backward()
    assert x.grad == 2


@since(5)
def a_diamond_is_walked_in_the_right_order(lib):
    d = diamond(lib)
    d.y.backward()
    np.testing.assert_allclose(d.x.grad, SLOPE)


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
def a_second_backward_adds_the_same_gradient_once_more(lib):
    d = diamond(lib)
    d.y.backward()
    d.y.backward()
    np.testing.assert_allclose(d.x.grad, 2 * SLOPE)


@since(5)
def cleargrad_forgets(lib):
    d = diamond(lib)
    d.y.backward()
    d.x.cleargrad()
    assert d.x.grad is None
    d.y.backward()
    np.testing.assert_allclose(d.x.grad, SLOPE)


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
    np.testing.assert_allclose(d.x.grad, 2 * SLOPE)


@since(5)
def retain_grad_keeps_them(lib):
    d = diamond(lib)
    d.y.backward(retain_grad=True)
    np.testing.assert_allclose([d.y.grad, d.e.grad, d.a.grad], [1.0, 1.0, np.e + 1])


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


@since(5)
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
            raise RuntimeError("on purpose")

    p, q = scalar(lib), scalar(lib)
    y = lib.add(lib.square(p), Fails().apply(q))
    with pytest.raises(RuntimeError, match="on purpose"):
        y.backward()
    assert p.grad is None


# ---- chapter 7: shapes, checked on the way back ----


@since(7)
def backward_must_return_one_gradient_for_each_input(lib):
    class TooFew(lib.Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return gy

    y = TooFew().apply(scalar(lib), scalar(lib))
    with pytest.raises(ValueError, match=r"too_few.backward: expected 2 gradients.* got 1"):
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
    with pytest.raises(ValueError, match=r"flat.backward: expected .* \(2, 2\), got \(4,\)"):
        y.backward()
