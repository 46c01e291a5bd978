"""The page of Chainer's rules: each row leads to a test that is there and that runs."""

import ast
import re

import pytest
from notebooks import CHAPTERS, ROOT
from test_golden import DIFFERENCES, GOLDEN
from test_training_golden import GOLDEN as TRAINING

RULES = (CHAPTERS / "rules.md").read_text(encoding="utf-8")
TESTS = (CHAPTERS / "rule_tests.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\* - (.+)\n  - \*\*(\w+)\.?\*\*(.*)\n  - \{ref\}`(\w+) <([\w-]+)>`$", re.M)
ROWS = ROW.findall(RULES)
LISTED = re.findall(
    r"^\(([\w-]+)\)=\n## .+\n\n```\{literalinclude\} \.\./tests/(\w+)\.py\n:pyobject: (\w+)\n"
    r":caption: tests/(\w+)\.py\n```$",
    TESTS,
    re.M,
)


def functions(path):
    """Return the functions of a file that pytest runs: tests, and cases of the contract."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and (
            node.name.startswith("test_")
            or "since" in "".join(map(ast.unparse, node.decorator_list))
        )
    }


def test_every_row_was_read():
    assert len(ROWS) == RULES.count("\n* - ") - RULES.count("* - In Chainer") > 40
    assert len(LISTED) == TESTS.count("{literalinclude}")


def test_every_row_says_what_became_of_the_rule():
    for chainer, kind, here, _, _ in ROWS:
        assert kind in ("Kept", "Simplified", "Mended")
        assert bool(here.strip()) == (kind != "Kept"), chainer


def test_every_row_leads_to_its_test_and_back():
    assert sorted((file, label) for *_, file, label in ROWS) == sorted(
        (file, label) for label, file, *_ in LISTED
    )


@pytest.mark.parametrize(("label", "file", "name", "caption"), LISTED)
def test_the_test_is_one_that_runs(label, file, name, caption):
    assert name in functions(ROOT / "tests" / f"{file}.py")
    assert (label, caption) == (name.replace("_", "-"), file)


RECORDED = {  # their tests compare with what was recorded from Chainer
    "the_output_and_the_gradients_are_chainers",
    "the_training_goes_as_in_chainer",
    "a_file_of_chainer_is_loaded_and_saved_again_with_the_same_content",
}


def test_every_row_was_seen_in_chainer():
    seen = {
        node.name
        for node in ast.parse((ROOT / "tests/golden/rules.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    } - {"array", "matrix", "fails", "main"}
    rows = {label.replace("-", "_").removeprefix("test_") for *_, label in ROWS}
    assert rows == seen | RECORDED


def test_the_differences_of_the_golden_values_are_on_the_page():
    """Both are about one function, whose labels may be shares in Chainer."""
    assert {name.partition("(")[0] for name in DIFFERENCES} == {"F.softmax_cross_entropy"}
    assert "labels-are-numbers-of-classes" in "".join(label for *_, label in ROWS)


def test_the_numbers_of_recorded_cases_are_as_said():
    assert f"{len(GOLDEN['cases'])} cases were recorded" in RULES
    assert f"{len(TRAINING['trainings'])} trainings of 50 steps were recorded" in RULES
