"""The page "The same pattern": the functions that no chapter builds, each with a true rule.

A function has its row there until a chapter builds it, and no longer. RULES has the formulas of
each row once more, and beside them the same in NumPy, which the library must compute.
"""

import ast
import inspect
import re
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import pytest
from notebooks import (
    CHAPTERS,
    ROOT,
    build,
    code,
    code_cells,
    is_build,
    pages,
    read,
    source,
    write,
)

import tinylinks.functions as F
from tinylinks import Function, Variable

# ---- the rules: what the page says, and the same in NumPy ----


class Rule(NamedTuple):
    formula: str  # as on the page
    value: Any  # the same, of arrays
    gradients: list[str]  # as on the page, one for each input
    slopes: Any  # the same, of gy and arrays; one for each input
    inputs: tuple[Any, ...]  # with ties, and with the numbers at which a slope jumps
    call: Any = None  # how to call the function, if not with the inputs alone


rng = np.random.default_rng(0)
A = np.array([[-1.5, -1.0, 0.0], [0.5, 1.0, 2.0]])
B = np.array([[-1.5, 0.0, -1.0], [1.5, 1.0, -2.0]])
POSITIVE = np.array([0.25, 1.0, 3.0])
CONDITION = np.array([[True, False, True], [False, False, True]])
SCORES = rng.normal(size=(4, 3))
LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]


def softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)


def along(x):
    return x.sum(axis=1, keepdims=True)


RULES = {
    "sqrt": Rule(
        r"y = \sqrt{x}",
        lambda x: x**0.5,
        [r"gx = gy / (2 \cdot y)"],
        lambda gy, x: [gy / (2 * x**0.5)],
        (POSITIVE,),
    ),
    "sin": Rule(
        r"y = \sin x",
        np.sin,
        [r"gx = gy \cdot \cos x"],
        lambda gy, x: [gy * np.cos(x)],
        (A,),
    ),
    "cos": Rule(
        r"y = \cos x",
        np.cos,
        [r"gx = -gy \cdot \sin x"],
        lambda gy, x: [-gy * np.sin(x)],
        (A,),
    ),
    "maximum": Rule(
        r"y = \max(x_1, x_2)",
        np.maximum,
        [r"gx_1 = gy \cdot [x_1 \ge x_2]", r"gx_2 = gy \cdot [x_1 < x_2]"],
        lambda gy, x1, x2: [gy * (x1 >= x2), gy * (x1 < x2)],
        (A, B),
    ),
    "minimum": Rule(
        r"y = \min(x_1, x_2)",
        np.minimum,
        [r"gx_1 = gy \cdot [x_1 \le x_2]", r"gx_2 = gy \cdot [x_1 > x_2]"],
        lambda gy, x1, x2: [gy * (x1 <= x2), gy * (x1 > x2)],
        (A, B),
    ),
    "clip": Rule(
        r"y = \min(\max(x, a), b)",
        lambda x: np.minimum(np.maximum(x, -1), 1),
        [r"gx = gy \cdot [a \le x \le b]"],
        lambda gy, x: [gy * ((-1 <= x) & (x <= 1))],
        (A,),
        lambda x: F.clip(x, -1.0, 1.0),
    ),
    "where": Rule(
        r"y = [c] \cdot x_1 + [\text{not } c] \cdot x_2",
        lambda x1, x2: CONDITION * x1 + ~CONDITION * x2,
        [r"gx_1 = gy \cdot [c]", r"gx_2 = gy \cdot [\text{not } c]"],
        lambda gy, x1, x2: [gy * CONDITION, gy * ~CONDITION],
        (A, B),
        lambda x1, x2: F.where(CONDITION, x1, x2),
    ),
    "concat": Rule(
        r"y = (x_1, x_2)",
        lambda x1, x2: np.hstack([x1, x2]),
        [r"(gx_1, gx_2) = gy"],
        lambda gy, x1, x2: [gy[:, :3], gy[:, 3:]],
        (A, B[:, :2]),
        lambda *xs: F.concat(xs),
    ),
    "leaky_relu": Rule(
        r"y = x \cdot ([x > 0] + s \cdot [x \le 0])",
        lambda x: x * ((x > 0) + 0.2 * (x <= 0)),
        [r"gx = gy \cdot ([x > 0] + s \cdot [x \le 0])"],
        lambda gy, x: [gy * ((x > 0) + 0.2 * (x <= 0))],
        (A,),
    ),
    "log_softmax": Rule(
        r"y_i = x_i - \log \sum_j e^{x_j}",
        lambda x: x - np.log(along(np.exp(x))),
        [r"gx_i = gy_i - e^{y_i} \cdot \sum_j gy_j"],
        lambda gy, x: [gy - np.exp(x - np.log(along(np.exp(x)))) * along(gy)],
        (SCORES,),
    ),
}


# ---- the page ----


class Row(NamedTuple):
    rule: list[str]  # the formula, then the gradients
    like: str  # the function whose pattern it follows
    chapter: int  # the chapter that builds that one
    test: str


ROW = re.compile(
    r"""
    \*[ ]-[ ]\{func\}`.+?[ ]<tinylinks\.functions\.(?P<name>\w+)>`\n
    (?P<rule>.+?)
    [ ][ ]-[ ]Like[ ]`(?P<like>\w+)`,[ ]\{doc\}`chapter[ ](?P<chapter>\d+)[ ]<.+?
    [ ]{4}Test:[ ]`(?P<test>\S+)`\n
    """,
    re.VERBOSE | re.DOTALL,
)
LINK = re.compile(r"\{doc\}`chapter (\d+) <(\w+)>`")
PAGE = (CHAPTERS / "same_pattern.md").read_text(encoding="utf-8")


def rows(page):
    """Return the rows of the table by the name of the function."""
    found = {}
    for name, rule, like, chapter, test in ROW.findall(page):
        lines = [line.strip() for line in rule.splitlines() if line.strip()]
        found[name] = Row([line.strip("$") for line in lines], like, int(chapter), test)
    return found


ROWS = rows(PAGE)


# ---- what the chapters build ----


def public_functions():
    return {name for name in F.__all__ if inspect.isfunction(getattr(F, name))}


def class_of(name):
    """Return the class of a public function: the one in its file whose label is that name.

    A function that is made of others, such as dropout, has none: then it is the function itself.
    """
    values = vars(inspect.getmodule(getattr(F, name))).values()
    classes = [value for value in values if inspect.isclass(value) and issubclass(value, Function)]
    found = [one for one in classes if one.__new__(one).label == name] or [getattr(F, name)]
    assert len(found) == 1, name
    return found[0]


def built(folder=CHAPTERS):
    """Return {name: chapters} of the public functions that stand in a build cell, by class."""
    names = {class_of(name).__name__: name for name in public_functions()}
    chapters = defaultdict(set)
    for page, path in pages(folder).items():
        for cell in filter(is_build, code_cells(read(path))):
            for node in ast.walk(ast.parse(source(cell))):
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in names:
                    chapters[names[node.name]].add(int(str(page).split()[0]))
    return chapters


BUILT = built()

# ---- the tests ----


def test_each_row_of_the_table_was_read():
    assert len(ROWS) == PAGE.count("\n* - ") - 1 > 0  # one is the head
    assert list(ROWS) == list(RULES)


def test_every_public_function_is_built_in_a_chapter_or_has_a_row():
    assert public_functions() - BUILT.keys() - ROWS.keys() == set()


def test_no_row_is_of_a_function_that_a_chapter_builds():
    assert {name: BUILT[name] for name in ROWS.keys() & BUILT.keys()} == {}


@pytest.mark.parametrize("name", RULES)
def test_the_page_gives_the_formulas_that_are_tested_here(name):
    rule = RULES[name]
    assert ROWS[name].rule == [rule.formula, *rule.gradients]


@pytest.mark.parametrize("name", RULES)
def test_the_formulas_are_true(name):
    rule = RULES[name]
    xs = [Variable(x) for x in rule.inputs]
    y = (rule.call or getattr(F, name))(*xs)
    assert type(y.creator) is class_of(name)
    np.testing.assert_allclose(y.data, rule.value(*rule.inputs), rtol=1e-12)
    y.grad = gy = np.random.default_rng(1).normal(size=y.shape)
    y.backward()
    for x, slope in zip(xs, rule.slopes(gy, *rule.inputs), strict=True):
        assert (x.grad is None) == (slope is None)
        if slope is not None:
            np.testing.assert_allclose(x.grad, slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", RULES)
def test_the_pattern_was_built_in_the_chapter_that_the_row_names(name):
    assert ROWS[name].chapter in BUILT[ROWS[name].like]


def test_links_lead_to_the_chapter_of_their_number():
    links = LINK.findall(PAGE)
    assert len(links) == PAGE.count("{doc}") > 0
    assert [number for number, file in links if file[:3] != f"{int(number):02}_"] == []


class Watch:
    """A plugin for pytest: it notes the error with which each test ended, or None."""

    def __init__(self):
        self.errors = []

    def pytest_runtest_makereport(self, item, call):
        if call.when == "call":
            self.errors.append(call.excinfo and call.excinfo.type)


def run_test(test):
    """Run one test of test_functions.py in this process; return the error it ended with."""
    watch = Watch()
    path = ROOT / "tests" / "test_functions.py"
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={ROOT}"]
    pytest.main([*options, f"{path}::{test}"], plugins=[watch])
    assert len(watch.errors) == 1, f"{test}: expected one test, got {len(watch.errors)}"
    return watch.errors[0]


def spoil(monkeypatch, function):
    """Make the class give gradients that are twice too large, and some where there are none."""
    right = function.backward

    def wrong(self, gy):
        gxs = right(self, gy)
        gxs = gxs if type(gxs) is tuple else (gxs,)
        return tuple(
            2 * gx if gx is not None else np.ones(x.shape) if self.needs(i) else None
            for i, (x, gx) in enumerate(zip(self.inputs, gxs, strict=True))
        )

    monkeypatch.setattr(function, "backward", wrong)


@pytest.mark.parametrize("name", RULES)
def test_the_test_that_a_row_names_fails_when_its_gradient_is_wrong(name, monkeypatch):
    spoil(monkeypatch, class_of(name))
    assert run_test(ROWS[name].test) is AssertionError


# ---- what counts as built ----

SQRT = "class Sqrt(Function):\n    def backward(self, gy):\n        return gy"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (SQRT, {"sqrt": {6}}),
        (SQRT.replace("Sqrt", "LeakyReLU"), {"leaky_relu": {6}}),
        (SQRT.replace("Sqrt", "LinearFunction"), {"linear": {6}}),
        ("class Linear(Link):\n    pass", {}),  # L.Linear, not F.linear
        (SQRT.replace("Sqrt", "Double"), {}),
        ("sqrt = np.sqrt", {}),
        ("def sqrt(x):\n    return Sqrt().apply(x)", {}),
        ("def dropout(x):\n    return x", {"dropout": {6}}),  # it has no class
    ],
)
def test_what_counts_as_built(tmp_path, cell, expected):
    other = code(SQRT.replace("Sqrt", "Sin"), tags=["raises-exception"])
    write(tmp_path, "06_build.ipynb", build(cell), other)
    assert built(tmp_path) == expected


def test_a_function_may_be_built_in_several_chapters(tmp_path):
    for number in (4, 7):
        write(tmp_path, f"{number:02}_build.ipynb", build(SQRT))
    assert built(tmp_path) == {"sqrt": {4, 7}}
