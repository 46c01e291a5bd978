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


# What a case says of a library that breaks it.


class Box:
    size = 2

    def grow(self):
        raise ValueError("grow: expected room, got none.")


def a_box_has_one_place(lib):
    box = lib()
    assert (box.size, 0) == (1, 0)


def a_box_is_empty(lib):
    assert not lib().size


def a_box_grows(lib):
    with contextlib.nullcontext():
        lib().grow()


def an_open_box_cannot_grow(lib):
    with expect.raises(TypeError, says="grow"):
        lib()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (a_box_has_one_place, "Here (box.size, 0) is (2, 0), expected (box.size, 0) == (1, 0)"),
        (a_box_is_empty, "A box is empty: so it is from chapter 3 on. Here it is not so that not"),
        (a_box_grows, "Here lib().grow() raised ValueError: grow: expected room, got none."),
        (an_open_box_cannot_grow, "Here nothing was raised, expected TypeError."),
    ],
)
def test_a_case_that_fails_says_in_a_sentence_what_is_wrong(case, words, monkeypatch):
    monkeypatch.setattr(contract, "CASES", [])
    with pytest.raises(AssertionError) as caught:
        contract.since(3)(case)(Box)
    assert words in str(caught.value)
    assert ": so it is from chapter 3 on. Here " in str(caught.value)
