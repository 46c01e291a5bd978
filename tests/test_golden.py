"""tinylinks computes what Chainer 7.8.1 computed (golden/README.md says how it was recorded)."""

import inspect
import json
import pathlib

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Chain,
    ChainList,
    Parameter,
    Sequential,
    Variable,
    grad,
    initializers,
    no_backprop_mode,
    optimizers,
    using_config,
)

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden").joinpath("golden.json").read_text())

# Where tinylinks decides differently from Chainer: how the name of the case or scenario begins,
# and why. The test then demands that the two differ: an entry that has become needless fails.
DIFFERENCES: dict[str, str] = {
    "F.softmax_cross_entropy(x, t) | x(2, 3) t(2, 3)": "labels are class numbers, not shares",
    "F.softmax_cross_entropy(x, t, reduce='no') | x(2, 3) t(2, 3)": "labels are class numbers",
}

# Functions that Chainer has only as operators: their cases are those of + - * / ** and negation.
OPERATORS = {"sub", "mul", "div", "pow", "neg"}

# The figures of a random initialisation are compared as statistics of 100,000 draws.
# 0.02 is more than four standard errors of each of them.
STATISTICS = {
    "the default initial weights of Linear": 0.02,
    "the default initial weights of convolutions": 0.02,
}

# Relative and absolute: a few units in the last place, for another NumPy and another processor.
TOLERANCE = {"float64": (1e-12, 1e-13), "float32": (1e-5, 1e-6), "float16": (5e-3, 1e-3)}


def decode(value):
    """Turn the recorded arrays of a JSON value into NumPy arrays."""
    if isinstance(value, dict):
        if "dtype" in value:
            return np.array(value["data"], value["dtype"]).reshape(value["shape"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def assert_same(actual, expected, what, atol=None):
    """Compare type, dtype, shape and numbers."""
    if isinstance(expected, np.ndarray):
        assert isinstance(actual, np.ndarray), f"{what} is {actual!r}, expected an array"
        assert actual.dtype == expected.dtype, f"{what}: dtype {actual.dtype}"
        assert actual.shape == expected.shape, f"{what}: shape {actual.shape}"
        rtol, default_atol = TOLERANCE[expected.dtype.name]
        np.testing.assert_allclose(
            actual, expected, rtol=rtol, atol=default_atol if atol is None else atol, err_msg=what
        )
    elif isinstance(expected, list):
        assert len(actual) == len(expected), f"{what} has {len(actual)} items"
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            assert_same(a, e, f"{what}[{index}]", atol)
    elif isinstance(expected, float):
        assert actual == pytest.approx(expected, rel=1e-12, abs=atol), what
    else:
        assert actual == expected, f"{what} is {actual!r}, expected {expected!r}"


def check(name, replay):
    """Run `replay`; where a difference is announced, demand that it shows."""
    if not name.startswith(tuple(DIFFERENCES)):
        replay()
    else:
        with pytest.raises((AssertionError, ValueError, TypeError)):
            replay()


def run(case):
    """Evaluate the case's line of code; return its Variables and its output."""
    xs = {name: Variable(decode(value)) for name, value in case["variables"].items()}
    names = {"F": F, "np": np, **decode(case["arrays"]), **xs}
    return xs, eval(case["code"], names)


def named(rows):
    return [pytest.param(row, id=row["name"]) for row in rows]


CASES = GOLDEN["cases"]


@pytest.mark.parametrize("case", named(CASES))
def test_the_output_and_the_gradients_are_chainers(case):
    def replay():
        xs, y = run(case)
        assert_same(y.array, decode(case["y"]), "y")
        if xs:
            y.grad = decode(case["gy"])
            y.backward()
        for name, x in xs.items():
            assert_same(x.grad, decode(case["gx"][name]), f"{name}.grad")

    check(case["name"], replay)


@pytest.mark.parametrize("case", named(c for c in CASES if "second" in c))
def test_the_second_order_gradients_are_chainers(case):
    """The gradients of sum(gx * ggx) with respect to the inputs and to gy.

    No gradient (None) and a gradient of zeros say the same, so they compare as equal.
    """

    def replay():
        xs, y = run(case)
        gy = Variable(decode(case["gy"]))
        gxs = grad([y], list(xs.values()), grad_outputs=[gy], enable_double_backprop=True)
        for name, gx in zip(xs, gxs, strict=True):
            assert_same(gx.array, decode(case["gx"][name]), f"grad to {name}")
        wanted = {**xs, "gy": gy}
        ggxs = [decode(case["ggx"][name]) for name in xs]
        total = sum(F.sum(gx * ggx) for gx, ggx in zip(gxs, ggxs, strict=True))
        seconds = grad([total], list(wanted.values()))
        for (name, variable), second in zip(wanted.items(), seconds, strict=True):
            expected = decode(case["second"][name])
            zeros = np.zeros_like(variable.array)
            assert_same(
                zeros if second is None else second.array,
                zeros if expected is None else expected,
                f"second-order gradient to {name}",
            )

    check(case["name"], replay)


@pytest.mark.parametrize("scenario", named(GOLDEN["scenarios"]))
def test_the_scenario_ends_as_in_chainer(scenario):
    def replay():
        names = {
            "np": np,
            "F": F,
            "L": L,
            "optimizers": optimizers,
            "initializers": initializers,
            "get_fans": initializers.get_fans,
            "using_config": using_config,
            "Variable": Variable,
            "Parameter": Parameter,
            "Chain": Chain,
            "ChainList": ChainList,
            "Sequential": Sequential,
            "grad": grad,
            "no_backprop_mode": no_backprop_mode,
            **decode(scenario["arrays"]),
        }
        exec(scenario["code"], names)
        for expression, expected in scenario["expected"].items():
            actual = eval(expression, names)
            # JSON has no tuples: shapes were written as lists.
            actual = json.loads(json.dumps(actual)) if is_plain(actual) else actual
            assert_same(actual, decode(expected), expression, STATISTICS.get(scenario["name"]))

    check(scenario["name"], replay)


def is_plain(value):
    """Numbers, strings and None, in lists and tuples to any depth."""
    if isinstance(value, (list, tuple)):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def test_the_file_was_recorded_from_chainer_7_8_1_and_is_not_empty():
    assert GOLDEN["made_with"]["chainer"] == "7.8.1"
    assert GOLDEN["cases"] and GOLDEN["scenarios"]


def test_every_announced_difference_names_a_case_or_a_scenario():
    names = [row["name"] for row in GOLDEN["cases"] + GOLDEN["scenarios"]]
    for beginning in DIFFERENCES:
        assert any(name.startswith(beginning) for name in names), beginning


def test_every_public_function_has_a_golden_case():
    codes = " ".join(case["code"] for case in CASES)
    public = {name for name, f in inspect.getmembers(F, inspect.isfunction) if name[0] != "_"}
    assert public, "tinylinks.functions has no functions"
    missing = {name for name in public - OPERATORS if f"F.{name}(" not in codes}
    assert not missing, f"record golden values for {sorted(missing)} in golden/record.py"
