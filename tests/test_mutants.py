"""The tool that plants faults plants what it says, and tells a killed one from a survivor."""

import ast
import itertools
import subprocess
import sys

import mutants
import pytest


def kinds(source):
    """Return what the first statement of `source` can be turned into, as text."""
    tree = ast.parse(source)
    nodes = [node for node, _, _ in mutants.sites(tree)]
    return {mutants.one_line(other) for node in nodes for other in mutants.variants(node)}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("a + b", {"a - b"}),
        ("a - b", {"a + b", "b - a"}),
        ("a @ b", {"b @ a"}),
        ("-gy", {"gy"}),
        ("y = x.sum(axis=0)", {"x", "x.sum()"}),
        ("g = old + g if old else g", {"g", "old + g", "old - g"}),
        ("x is None", {"x is not None"}),
        ("a >= b", {"a > b"}),
        ("0.5", {"1.0"}),
        ("W.T", {"W"}),
        ("swap(b)", {"b"}),
        ("self.rank = rank", {"pass"}),
        ("n += 1", {"n -= 1", "pass"}),
        ("sub(other, self)", {"sub(self, other)", "pass"}),
        ("SumTo(shape).compute(gx)", {"gx", "pass"}),
        ("xp.add.at(gx, i, gy)", {"gx[i] += gy", "pass"}),
        ("weakref.ref(owner)", {"lambda: owner", "pass"}),
    ],
)
def test_each_kind_of_fault_is_made(source, faults):
    assert faults <= kinds(source)


def test_the_gradients_in_a_return_are_dropped_and_exchanged():
    faults = kinds("def backward(self, gy):\n    return gx, gW")
    assert {"return None", "return (None, gW)", "return (gx, None)", "return (gW, gx)"} <= faults


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring with 1 number."""',
        "if TYPE_CHECKING:\n    n = 1 + 1",
        "raise ValueError(1 + 1)",
        "x: Annotated[int, 1 + 1]",
        "__array_priority__ = 200",
    ],
)
def test_what_nobody_could_see_is_left_alone(source):
    assert kinds(source) == set()


ALL = mutants.generate()


def is_empty(function):
    """Tell whether a function holds nothing but its docstring."""
    return len(function.body) == 1 and ast.get_docstring(function) is not None


def test_every_core_function_has_a_fault():
    planted = {(mutant.module, mutant.function) for mutant in ALL}
    for module in mutants.CORE:
        for node, _, name in mutants.sites(mutants.tree_of(module)):
            if isinstance(node, ast.FunctionDef) and not is_empty(node):
                assert (module, name) in planted, f"no fault in {module}: {name}"


def test_every_fault_has_a_name_of_its_own_and_changes_its_module():
    assert len({mutant.key for mutant in ALL}) == len(ALL)
    for mutant in itertools.islice(ALL, 0, None, 50):
        right = ast.dump(mutants.tree_of(mutant.module))
        assert ast.dump(mutants.mutated_tree(mutant)) != right, mutant


def test_the_quick_sample_has_one_from_each_class_and_is_the_same_each_time():
    sample = mutants.sample(ALL)
    assert len(sample) >= 40
    inside = [mutant for mutant in ALL if mutant.function != "<module>"]
    assert {mutant.group for mutant in sample} == {mutant.group for mutant in inside}
    assert [m.key for m in sample] == [m.key for m in mutants.sample(mutants.generate())]


def test_every_argued_survivor_exists_and_is_argued():
    assert set(mutants.SURVIVORS) <= {mutant.key for mutant in ALL}
    assert all(len(why) > 20 for why in mutants.SURVIVORS.values())


SMALL_TEST = """
import numpy as np
import tinylinks.functions as F
from tinylinks import Variable

def test_exp():
    x = Variable(np.array(1.0))
    F.exp(x).backward()
    assert abs(x.grad - 2.718281828) < 1e-6
"""
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import mutants
mutants.test_files = lambda module=None, fast=False: [{small!r}]
faults = {{(m.function, m.change): m for m in mutants.generate()}}
seen = faults["Exp.backward", "gy * y  ->  gy / y"]
unseen = faults["Log.backward", "gy / x  ->  gy * x"]
for fault, verdict, by, seconds in mutants.run_all([None, seen, unseen], 1):
    print(verdict, by)
"""


def test_a_fault_that_a_test_sees_is_killed_and_another_survives(tmp_path):
    small = tmp_path / "test_small.py"
    small.write_text(SMALL_TEST)
    program = PROGRAM.format(tests=str(mutants.TESTS), small=str(small))
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    without, seen, unseen = ran.stdout.splitlines()
    assert without == unseen == "survived "
    assert seen.startswith("killed") and seen.endswith("::test_exp")


def test_survivors_without_an_argument_give_exit_code_1(capsys, monkeypatch):
    argued, unargued, killed = ALL[:3]
    monkeypatch.setattr(mutants, "SURVIVORS", {argued.key: "nobody could see it"})
    results = [(argued, "survived", "", 0.1), (killed, "killed", "test_x", 0.1)]
    assert mutants.report(results, 1.0) == 0
    assert mutants.report([*results, (unargued, "survived", "", 0.1)], 1.0) == 1
    assert f"SURVIVED  {unargued}" in capsys.readouterr().out
