"""One contract for the package and for what the chapters build, so that they cannot part."""

import contextlib
import functools
import inspect
import textwrap
from types import SimpleNamespace

import contract
import numpy as np
import pytest
from contract import CASES
from notebooks import pages

import tinylinks
import tinylinks.functions as F
from tinylinks import Function, datasets, function, optimizers, serializers
from tinylinks.checks import expect
from tinylinks.functions.arithmetic import Add
from tinylinks.functions.elementwise import Exp, Square
from tinylinks.gradient_check import numerical_grad
from tinylinks.walk import after


def slopes(f, x, h=1e-3):
    """Measure as chapter 1 does, with what the package has for it."""
    (found,) = numerical_grad(lambda: [np.asarray(f(x))], [x], [np.ones(())], h)
    return found


def package():
    return SimpleNamespace(
        slope=lambda f, x, h=1e-3: slopes(f, np.array(x), h).item(),
        slopes=slopes,
        Variable=tinylinks.Variable,
        Function=tinylinks.Function,
        Square=Square,
        Exp=Exp,
        Add=Add,
        Parameter=tinylinks.Parameter,
        Link=tinylinks.Link,
        Chain=tinylinks.Chain,
        ChainList=tinylinks.ChainList,
        Sequential=tinylinks.Sequential,
        Linear=tinylinks.links.Linear,
        LeCunNormal=tinylinks.initializers.LeCunNormal,
        as_variable=tinylinks.as_variable,
        grad=tinylinks.grad,
        **{name: getattr(serializers, name) for name in serializers.__all__},
        BatchNormalization=tinylinks.links.BatchNormalization,
        Convolution2D=tinylinks.links.Convolution2D,
        Deconvolution2D=tinylinks.links.Deconvolution2D,
        **{name: getattr(datasets, name) for name in datasets.__all__},
        **{name: getattr(optimizers, name) for name in optimizers.__all__},
        **{name: getattr(F, name) for name in F.__all__},
    )


RANKS = [
    case.run for case in CASES if case.id.endswith("_know_their_rank") or "wherever" in case.id
]


@pytest.mark.parametrize("case", RANKS, ids=lambda case: case.__name__)
def test_the_rank_of_the_first_input_in_place_of_the_highest_is_noticed(case, monkeypatch):
    """The fault is planted in Function, and a case that keeps silent about it fails here."""
    text = textwrap.dedent(inspect.getsource(Function._open))
    assert text.count("node.rank > rank") == 1
    names = dict(vars(function))
    code = "from __future__ import annotations\n" + text.replace("node.rank > rank", "rank < 0")
    exec(code, names)
    monkeypatch.setattr(Function, "_open", names["_open"])
    with pytest.raises(AssertionError):
        case(package())


PAGES = list(pages())  # 4, "4 in full", 5, ...
IN_THE_BOOK = [
    pytest.param(page, case.run, id=f"{case.id} after chapter {page}")
    for page in PAGES
    for case in CASES
    if case.page in PAGES[: PAGES.index(page) + 1]
]


@pytest.mark.parametrize("case", [pytest.param(case.run, id=case.id) for case in CASES])
def test_the_package_keeps_the_contract(case):
    case(package())


@functools.lru_cache(maxsize=1)  # the cases of one page follow each other
def built_after(page):
    """Return what is built once the page is read: 4, or "4 in full"."""
    chapter, _, in_full = str(page).partition(" ")
    return SimpleNamespace(**after(int(chapter), {}, in_full=bool(in_full)))


@pytest.mark.parametrize(("page", "case"), IN_THE_BOOK)
def test_the_book_keeps_the_contract(page, case):
    case(built_after(page))


def test_every_chapter_adds_cases():
    named = {case.page for case in CASES}
    assert named >= {page for page in PAGES if isinstance(page, int)}


def test_every_case_names_a_page_that_is_there():
    assert {case.page for case in CASES} <= set(PAGES)


# Slips that a reader made and no case noticed, until it was added.

SLIPS = {
    "a_slope_is_measured_on_both_sides": """
        slope = lambda f, x, h=1e-3: (f(x + h) - f(x - h)) / h
    """,
    "a_power_does_not_lose_the_gradient_of_its_exponent": """
        def backward(self, gy):
            a, b = self.get_retained_inputs()
            return b * a ** (b - 1) * gy, None
        Pow.backward = backward
    """,
    "a_gradient_that_cannot_be_summed_to_the_shape_of_the_input_is_refused": """
        SumTo.forward = lambda self, x: x.reshape(self.shape)
    """,
    "backward_must_return_the_dtype_of_the_input": """
        Function.fit_gradient = lambda self, gx, node: bare(self.fit_shape(gx, node))
    """,
    "the_slopes_of_the_mean_squared_error_are_the_differences_times_2_over_n": """
        def backward(self, gy):
            a, b = self.get_retained_inputs()
            return (a - b) * (gy / a.size), (b - a) * (gy / a.size)
        MeanSquaredError.backward = backward
    """,
    "the_mean_squared_error_is_the_mean_of_the_squares_of_the_differences": """
        MeanSquaredError.forward = lambda self, a, b: ((a - b) ** 2).sum() * 7
    """,
    "the_mean_squared_error_stretches_nothing": """
        MeanSquaredError.forward = lambda self, a, b: ((a - b) ** 2).mean()
    """,
    "products_compute_no_gradient_that_nobody_needs": """
        def backward(self, gy):
            a, b = self.get_retained_inputs()
            return gy @ b.T, a.T @ gy
        MatMul.backward = backward
    """,
    "the_scope_is_closed_also_after_an_error": """
        @contextlib.contextmanager
        def init_scope(self):
            self._within_init_scope = True
            yield
            self._within_init_scope = False
        Link.init_scope = init_scope
    """,
    "a_link_that_forgot_super_init_is_refused_or_has_parameters_of_its_own": """
        assign, own, scope = Link.__setattr__, Link._own_params, Link.init_scope
        ready = lambda self: "_params" in self.__dict__
        Link.__setattr__ = lambda self, *pair: (assign if ready(self) else object.__setattr__)(
            self, *pair
        )
        Link._own_params = lambda self: own(self) if ready(self) else []
        Link.init_scope = lambda self: scope(self) if ready(self) else contextlib.nullcontext()
    """,
    "a_link_hands_all_that_it_is_called_with_to_forward": """
        Link.__call__ = lambda self, x: self.forward(x)
    """,
    "the_first_values_of_a_parameter_have_its_shape": """
        def __init__(self, initializer, shape=None, *, name=None):
            Variable.__init__(self, np.array(initializer), name=name)
        Parameter.__init__ = __init__
    """,
    "first_values_given_to_a_lazy_link_wait_for_the_first_mini_batch": """
        def forward(self, x):
            if "W" not in self.__dict__:
                with self.init_scope():
                    self.W = Parameter(LeCunNormal(), (self.out_size, x.shape[1]))
            return linear(x, self.W, self.b)
        Linear.forward = forward
    """,
    "the_scale_of_first_weights_is_a_factor_of_their_spread": """
        def __call__(self, array):
            array[...] = np.random.normal(0, array.shape[1] ** -0.5, array.shape)
        LeCunNormal.__call__ = __call__
    """,
    "a_bare_array_takes_the_dtype_of_the_parameters": """
        old = Linear.forward
        Linear.forward = lambda self, x: Variable(old(self, x).data.astype(x.dtype))
    """,
    "a_variable_of_another_dtype_than_the_parameters_is_refused": """
        old = Linear.forward
        Linear.forward = lambda self, x: old(self, getattr(x, "data", x))
    """,
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_noticed(name):
    names = after(11, {}, in_full=False)
    (case,) = [case for case in CASES if case.id == name]
    case.run(SimpleNamespace(**names))
    exec(textwrap.dedent(SLIPS[name]), names)
    with pytest.raises(AssertionError) as caught:
        case.run(SimpleNamespace(**names))
    assert f": so it is from chapter {case.page} on. Here " in str(caught.value)


# What a case says of a library that breaks it.


class Box:
    size = 2
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])

    def grow(self):
        raise ValueError("grow: expected room, got none.")


def a_box_has_one_place(lib):
    box = lib()
    assert (box.size, 0) == (1, 0)


class Half:
    def __repr__(self):
        raise AttributeError("name")


def a_box_is_what_is_in_it(lib):
    inside = Half()
    assert inside is lib


def a_box_has_no_lid(lib):
    box, wanted = lib(), [np.array(1 / 3), None]
    assert [np.array(2 / 3), box.size] == wanted


def a_box_has_a_name_or_none(lib):
    assert lib().size is None


def a_box_is_empty(lib):
    assert not lib().size


def a_box_grows(lib):
    with contextlib.nullcontext():
        lib().grow()


def a_box_can_be_listed(lib):
    for number in lib():
        assert number


def a_box_asks_itself(lib):
    lib().inside.check()


def an_open_box_cannot_grow(lib):
    for _ in range(2):
        with expect.raises(TypeError, says="grow"):
            lib()


def a_box_refuses_to_grow_by_its_type(lib):
    with expect.raises(TypeError):
        lib().grow()


def a_box_says_how_much_room_it_has(lib):
    with expect.raises(ValueError, says="grow: expected ...room, got {7}"):
        lib().grow()


def a_box_warns(lib):
    with expect.warns(UserWarning, says="full"):
        lib()


def a_box_doubles(lib):
    for double in (lambda x: x * 2, lambda x: x + x):
        expect.assert_allclose(double(lib.numbers[0]), [2, 5])


def a_box_has_numbers(lib):
    expect.assert_allclose(lib.numbers.repeat(2), 1.0)


def a_box_has_a_shape(lib):
    expect.assert_array_equal(lib.numbers, [1.0, 2.0])


def a_box_has_a_gradient(lib):
    expect.assert_allclose(None, 2.0)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (a_box_has_one_place, "Here (box.size, 0) is (2, 0), expected (1, 0)."),
        (
            a_box_has_no_lid,
            "Here [np.array(2 / 3), box.size] is [0.666667, 2], expected [0.333333, ",
        ),
        (a_box_is_what_is_in_it, "Here inside is a Half, expected lib."),
        (a_box_has_a_name_or_none, "Here lib().size is 2, expected None."),
        (a_box_is_empty, "A box is empty: so it is from chapter 3 on. Here it is not so that not"),
        (a_box_grows, "Here lib().grow() raised ValueError: grow: expected room, got none."),
        (a_box_can_be_listed, "Here for number in lib() raised TypeError: 'Box' object is not "),
        (a_box_asks_itself, "Here lib().inside.check() raised AttributeError: 'Box' object "),
        (an_open_box_cannot_grow, "Here lib() raised nothing, expected a TypeError."),
        (
            a_box_refuses_to_grow_by_its_type,
            "Here lib().grow() raised a ValueError: grow: expected room, got none. Expected a Type",
        ),
        (
            a_box_says_how_much_room_it_has,
            "Here lib().grow() raised a ValueError with 'grow: expected room, got none.', "
            "expected one with 'grow: expected ...room, got 7'.",
        ),
        (a_box_warns, "Here lib() gave no warning, expected a UserWarning."),
        (
            a_box_doubles,
            "Here double(lib.numbers[0]) is [2, 4], expected [2, 5], where double is lambda x: x ",
        ),
        (a_box_has_numbers, "Here lib.numbers.repeat(2) is 2 at [2], expected 1."),
        (a_box_has_a_shape, "Here lib.numbers has the shape (2, 2), expected (2,)."),
        (a_box_has_a_gradient, "Here None is None, expected 2."),
    ],
)
def test_a_case_that_fails_says_in_a_sentence_what_is_wrong(case, words, monkeypatch):
    monkeypatch.setattr(contract, "CASES", [])
    with pytest.raises(AssertionError) as caught:
        contract.since(3)(case)(Box)
    assert words in str(caught.value)
    assert ": so it is from chapter 3 on. Here " in str(caught.value)
    assert str(caught.value).endswith(".")


def test_the_words_of_a_text_count_for_the_book_and_the_facts_for_all():
    says = "grow: expected ... room, got {(3,)}"
    for text in ("grow: expected some room, got (3,).", "grow: expected a room, got (3,)"):
        with expect.raises(ValueError, says=says):
            raise ValueError(text)
    with pytest.raises(expect.Words, match=r"'no room for \(3,\)', expected one with 'grow"):
        with expect.raises(ValueError, says=says):
            raise ValueError("no room for (3,)")
    with expect.facts_only():
        with expect.raises(ValueError, says=says):
            raise ValueError("no room for (3,)")
        with pytest.raises(expect.Words, match=r"expected it to name \(3,\)\.$"):
            with expect.raises(ValueError, says=says):
                raise ValueError("no room for (13,)")
        expect.assert_repr([1, 2], "Box([{1}, {2}])")
        with pytest.raises(expect.Words, match="is shown as '.1, 2.', expected it to name 3"):
            expect.assert_repr([1, 2], "Box([{1}, {3}])")
    with pytest.raises(expect.Words, match="expected 'Box"):
        expect.assert_repr([1, 2], "Box([{1}, {2}])")


def test_other_errors_than_the_expected_count_as_numbers_not_as_words():
    with pytest.raises(AssertionError) as caught, expect.raises(TypeError):
        raise ValueError("another")
    assert not isinstance(caught.value, expect.Words)
