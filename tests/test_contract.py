"""One contract for the package and for what the chapters build, so that they cannot part."""

import inspect
import textwrap
from types import SimpleNamespace

import pytest
from contract import CASES
from notebooks import chapter_paths

import tinylinks
import tinylinks.functions as F
from tinylinks import Function, datasets, function, optimizers, serializers
from tinylinks.functions.arithmetic import Add
from tinylinks.functions.elementwise import Exp, Square
from tinylinks.walk import after


def package():
    return SimpleNamespace(
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
        as_variable=tinylinks.as_variable,
        **{name: getattr(serializers, name) for name in serializers.__all__},
        BatchNormalization=tinylinks.links.BatchNormalization,
        Convolution2D=tinylinks.links.Convolution2D,
        Deconvolution2D=tinylinks.links.Deconvolution2D,
        **{name: getattr(datasets, name) for name in datasets.__all__},
        **{name: getattr(optimizers, name) for name in optimizers.__all__},
        **{name: getattr(F, name) for name in F.__all__},
    )


RANKS = [
    case.values[1]
    for case in CASES
    if case.id.endswith("_know_their_rank") or "wherever" in case.id
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


CHAPTERS = sorted(chapter_paths())
IN_CHAPTERS = [
    pytest.param(chapter, case.values[1], id=f"{case.id} after chapter {chapter}")
    for case in CASES
    for chapter in CHAPTERS
    if case.values[0] in CHAPTERS and chapter >= case.values[0]
]


@pytest.mark.parametrize("case", [pytest.param(case.values[1], id=case.id) for case in CASES])
def test_the_package_keeps_the_contract(case):
    case(package())


@pytest.mark.parametrize(("chapter", "case"), IN_CHAPTERS)
def test_the_chapters_keep_the_contract(chapter, case):
    case(SimpleNamespace(**after(chapter, {})))


def test_every_chapter_after_the_first_adds_cases():
    assert {case.values[0] for case in CASES} >= set(CHAPTERS) - {1}
