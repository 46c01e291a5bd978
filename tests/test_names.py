"""Names that are not here: each is answered with what to write instead."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import tinylinks
from tinylinks import (
    Chain,
    ChainList,
    Link,
    Parameter,
    Sequential,
    Variable,
    backend,
    config,
    datasets,
    errors,
    functions,
    gradient_check,
    initializers,
    links,
    optimizer_hooks,
    optimizers,
    serializers,
)

GOLDEN = Path(__file__).resolve().parent / "golden"
NAMES = json.loads((GOLDEN / "names.json").read_text(encoding="utf-8"))

# Where somebody who knows Chainer would look for its names.
PARTS = {
    "backend": backend,
    "backends.cuda": backend,
    "chainer": tinylinks,
    "config": config,
    "configuration": config,
    "dataset": datasets,
    "datasets": datasets,
    "function_hooks": tinylinks,
    "functions": functions,
    "gradient_check": gradient_check,
    "initializers": initializers,
    "iterators": tinylinks,
    "link_hooks": tinylinks,
    "links": links,
    "optimizer_hooks": optimizer_hooks,
    "optimizers": optimizers,
    "serializers": serializers,
    "training": tinylinks,
    "training.extensions": tinylinks,
    "Variable": Variable(np.ones(1)),
    "Parameter": Parameter(np.ones(1)),
    "Link": Link(),
    "Chain": Chain(),
    "ChainList": ChainList(),
    "Sequential": Sequential(),
    "SGD": optimizers.SGD(),
    "MomentumSGD": optimizers.MomentumSGD(),
    "RMSprop": optimizers.RMSprop(),
    "Adam": optimizers.Adam(),
}


@pytest.mark.parametrize("where", NAMES)
def test_no_name_of_chainer_is_called_a_spelling_mistake(where):
    """Each is here, or an answer says what to write instead."""
    answers = {}
    for name in NAMES[where]:
        try:
            getattr(PARTS[where], name)
        except AttributeError as error:
            answers[name] = str(error)
    wrong = {name for name, text in answers.items() if "spelling" in text or "expected" not in text}
    assert wrong <= {"disable_update", "enable_update", "update_enabled"}  # to freeze parameters


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (tinylinks, "Sequentail"),
        (links, "Liner"),
        (functions, "rellu"),
        (optimizers, "Adm"),
        (optimizer_hooks, "WeigthDecay"),
        (initializers, "HeNormall"),
        (serializers, "load_nzp"),
        (datasets, "get_digit"),
        (gradient_check, "check_backwards"),
        (backend, "get_array_modul"),
        (config, "trian"),
    ],
)
def test_a_spelling_mistake_is_called_one_in_every_module(module, name):
    with pytest.raises(AttributeError, match="Check the spelling: did you mean"):
        getattr(module, name)
    assert not hasattr(module, "__something__")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("from tinylinks import iterators", "Use arrays, and datasets.MiniBatches"),
        ("from tinylinks import Chain, training", "Write the loop over datasets.MiniBatches"),
        ("from tinylinks.datasets import get_mnist", "Use datasets.get_digits"),
        ("from tinylinks.serializers import load_hdf5 as load", "Use save_npz and load_npz"),
        ("from tinylinks.links import Liner", "did you mean Linear"),
    ],
)
def test_an_import_of_what_is_not_there_is_answered(line, answer):
    """Python drops an AttributeError there, and its text."""
    with pytest.raises(ImportError, match=f"expected .*{answer}"):
        exec(line)
    assert not hasattr(tinylinks, "iterators")
    with pytest.raises(AttributeError):
        _ = tinylinks.iterators


def test_the_advice_for_names_of_chainer_names_what_there_is():
    for advice in errors.INSTEAD:
        for part, name in re.findall(r"\b(F|L|optimizers|datasets|initializers)\.(\w+)", advice):
            module = {"F": functions, "L": links}.get(part) or getattr(tinylinks, part)
            assert hasattr(module, name), advice
    here = [name for name in errors.CHAINER if name in tinylinks.__all__ + functions.__all__]
    assert here == []
