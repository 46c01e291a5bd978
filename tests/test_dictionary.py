"""The dictionary says the same in three languages; `golden/dictionary.py` ran the other two."""

import importlib.util
import json

import matplotlib
import numpy as np
import pytest
from notebooks import ROOT

PATH = ROOT / "tests" / "golden" / "dictionary.py"
SPEC = importlib.util.spec_from_file_location("dictionary", PATH)
dictionary = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(dictionary)

ENTRIES = dictionary.entries()
RECORD = json.loads(dictionary.RECORD.read_text(encoding="utf-8"))
PEERS = {"chainer": "7.8.1", "torch": "2.13.0"}
RANDOM = {"One step: loss": "the first values of the model are drawn at random"}


@pytest.fixture(scope="module")
def made():
    matplotlib.use("agg")
    return dictionary.run("tinylinks")


def test_every_cell_of_the_page_belongs_to_an_entry():
    cells = json.loads(dictionary.PAGE.read_text(encoding="utf-8"))["cells"]
    assert len(ENTRIES) == sum(cell["cell_type"] == "code" for cell in cells)


@pytest.mark.parametrize("peer", PEERS)
def test_what_the_page_says_was_run(peer):
    """If this fails, run `golden/dictionary.py` again for the peer that it names."""
    assert RECORD[peer]["version"].startswith(PEERS[peer])
    said = {title: columns[peer] for title, columns in ENTRIES.items()}
    assert RECORD[peer]["code"] == said


@pytest.mark.parametrize("peer", PEERS)
def test_what_has_the_same_name_has_the_same_value(peer, made):
    compared = 0
    for title, values in RECORD[peer]["values"].items():
        common = made[title].keys() & values.keys()
        for name in sorted(common):
            what = f"{title}: {name}"
            if what in RANDOM:
                continue
            ours, theirs = flat(made[title][name]), flat(values[name])
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=what)
        compared += bool(common)
    assert compared > 30


def flat(value):
    """Return the numbers of a list of lists, and how they are nested."""
    if not isinstance(value, list):
        return [value]
    return [len(value), *[number for item in value for number in flat(item)]]


def test_the_column_of_chainer_has_its_own_imports():
    assert "import tinylinks" in ENTRIES["Imports"]["tinylinks"]
    for title, columns in ENTRIES.items():
        if title != "Imports" and columns["chainer"] is not None:
            assert "tinylinks" not in columns["chainer"]
