"""Trainings of fifty steps against those recorded from Chainer 7.8.1: see golden/training.py."""

import json
import pathlib

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Chain, optimizer_hooks, optimizers

RECORD = pathlib.Path(__file__).with_name("golden") / "training.json"
GOLDEN = json.loads(RECORD.read_text(encoding="utf-8"))

# In float64 one step differs by some 1e-16 on another processor, and fifty by somewhat more.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


class Collect:
    """A serializer that keeps what it is given, under the keys of a file."""

    def __init__(self, saved, path=""):
        self.saved = saved
        self.path = path

    def __getitem__(self, key):
        return Collect(self.saved, f"{self.path}{key.strip('/')}/")

    def __call__(self, key, value):
        self.saved[self.path + key] = value
        return value


def train(row):
    """Run the code of a row; return its names."""
    names = {
        "F": F,
        "L": L,
        "Chain": Chain,
        "optimizers": optimizers,
        "optimizer_hooks": optimizer_hooks,
        **{name: np.array(values) for name, values in GOLDEN["inputs"][row["model"]].items()},
    }
    exec(row["code"], names)
    return names


@pytest.mark.parametrize("row", [pytest.param(r, id=r["name"]) for r in GOLDEN["trainings"]])
def test_the_training_goes_as_in_chainer(row):
    names = train(row)
    assert len(names["losses"]) == 50
    np.testing.assert_allclose(names["losses"], row["losses"], **CLOSE)
    params = dict(names["model"].namedparams())
    assert params.keys() == row["params"].keys()
    for path, param in params.items():
        assert param.dtype == np.float64
        np.testing.assert_allclose(param.data, row["params"][path], **CLOSE, err_msg=path)
    saved = {}
    names["optimizer"].serialize(Collect(saved))
    assert saved.keys() == row["saved"].keys()
    for key, value in saved.items():
        np.testing.assert_allclose(value, row["saved"][key], **CLOSE, err_msg=key)


def test_the_file_was_recorded_from_chainer_7_8_1_with_every_optimizer_and_hook():
    assert GOLDEN["made_with"]["chainer"] == "7.8.1"
    codes = " ".join(row["code"] for row in GOLDEN["trainings"])
    names = {*optimizers.__all__, *optimizer_hooks.__all__} - {"Optimizer"}
    assert names
    assert {name for name in names if f".{name}(" not in codes} == set()


def test_each_recorded_training_differs_from_the_others():
    """Otherwise a hook or an option would be recorded that does nothing here."""
    last = {}
    for row in GOLDEN["trainings"]:
        # Without weight decay AdamW is Adam.
        if "AdamW()" not in row["name"]:
            last.setdefault((row["model"], row["losses"][-1]), []).append(row["name"])
    assert [names for names in last.values() if len(names) > 1] == []
    assert len(last) > 30
