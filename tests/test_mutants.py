"""The tool that plants faults plants what it says, and tells a killed one from a survivor."""

import ast
import itertools
import os
import subprocess
import sys

import mutants
import pytest
from faults import one_line, sites, variants


def kinds(source):
    """Return what the first statement of `source` can be turned into, as text."""
    tree = ast.parse(source)
    nodes = [node for node, _, _ in sites(tree)]
    return {one_line(other) for node in nodes for other in variants(node)}


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
        for node, _, name in sites(mutants.tree_of(module)):
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
import tinylinks.links as L
from tinylinks import Variable, config

def test_exp():
    x = Variable(np.array(1.0))
    F.exp(x).backward()
    assert abs(x.grad - 2.718281828) < 1e-6

def test_log_looks_at_nothing():
    F.log(Variable(np.array(2.0))).backward()

def test_leaky_relu():
    assert F.leaky_relu(np.array(-1.0)).item() == -0.2

def test_linear():
    assert L.Linear(3, 2).W.shape == (2, 3)

def test_config():
    assert config.train
"""
FAULTS = {  # function and change -> what becomes of it
    ("Exp.backward", "gy * y  ->  gy / y"): "killed ::test_exp",
    ("Log.backward", "gy / x  ->  gy * x"): "survived ",
    ("leaky_relu", "0.2  ->  0.4"): "killed ::test_leaky_relu",  # a default
    ("Linear.__init__", "super().__init__()  ->  pass"): "killed ::test_linear",
    ("Config", "True  ->  False"): "killed ::test_config",  # a constant of a class
    ("grad", "gy is None  ->  gy is not None"): "survived ",  # no test calls it
}
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import mutants
faults = {{(m.function, m.change): m for m in mutants.generate()}}
def tell(result):
    print(result[1], result[2])
trouble = mutants.run_tests([faults[key] for key in {keys!r}], 1, tell, [{small!r}])
print("trouble:", trouble)
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def planted(folder, source):
    """Plant FAULTS where `source` is the only file of tests; return the lines printed."""
    small = folder / "test_small.py"
    small.write_text(source)
    program = PROGRAM.format(tests=str(mutants.TESTS), keys=list(FAULTS), small=str(small))
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return ran.stdout.splitlines()


@needs_fork
def test_a_fault_that_a_test_sees_is_killed_and_another_survives(tmp_path):
    first, *verdicts, last = planted(tmp_path, SMALL_TEST)
    assert first.startswith("mutants: without a fault 5 tests pass")
    assert verdicts == list(FAULTS.values())
    assert last == "trouble: "


@needs_fork
def test_tests_that_fail_without_a_fault_are_named(tmp_path):
    (line,) = planted(tmp_path, SMALL_TEST.replace("2.718281828", "3.141592653"))
    assert "must pass without a fault" in line and line.endswith("::test_exp")


@needs_fork
def test_a_file_of_tests_that_cannot_be_imported_is_named(tmp_path):
    lines = planted(tmp_path, "import nothing_of_this_name")
    assert lines[0].startswith("trouble: pytest could not import a file of tests")
    assert any("nothing_of_this_name" in line for line in lines)


def test_survivors_without_an_argument_give_exit_code_1(capsys, monkeypatch):
    argued, unargued, killed = ALL[:3]
    monkeypatch.setattr(mutants, "SURVIVORS", {argued.key: "nobody could see it"})
    results = [(argued, "survived", "", 0.1), (killed, "killed", "test_x", 0.1)]
    assert mutants.report(results, 1.0) == 0
    assert mutants.report([*results, (unargued, "survived", "", 0.1)], 1.0) == 1
    assert f"SURVIVED  {unargued}" in capsys.readouterr().out
