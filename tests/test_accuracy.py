"""The networks of the book read digits as well as it says. `accuracy.py` has the recipes."""

import inspect
import json
import statistics

import pytest
from accuracy import ALPHA, BATCH_SIZE, RECIPES, RECORD, SEEDS, accuracy, convnet, settings
from notebooks import CHAPTERS, code_cells, read, source

RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))["recipes"]
LEAST = {"mlp": 0.965, "convnet": 0.985}
TEXT = {"mlp": 0.97, "convnet": 0.985}  # chapters 15 and 17 say that the mean is above it


def test_every_recipe_is_recorded():
    assert RECORDED.keys() == LEAST.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_the_record_is_of_this_recipe(name):
    assert RECORDED[name]["settings"] == settings(name)


@pytest.mark.parametrize("name", RECIPES)
def test_the_recorded_mean_is_that_of_five_splits_and_high_enough(name):
    splits = RECORDED[name]["splits"]
    assert len(splits) == len(SEEDS) == 5
    assert RECORDED[name]["mean"] == round(statistics.mean(splits), 4) >= LEAST[name]


def test_chapter_15_trains_the_recorded_network_and_tells_its_mean():
    cells = read(CHAPTERS / "15_read_handwriting.ipynb")
    code = "\n".join(map(source, code_cells(cells)))
    epochs = RECIPES["mlp"][2]
    for part in (
        "Sequential(Linear(128), F.relu, Linear(10))",
        f"EPOCHS = {epochs}\n",
        f"Adam(alpha={ALPHA}).setup(model)",
        f"batch_size={BATCH_SIZE}, seed=seed)",
    ):
        assert part in code
    text = "\n".join(map(source, cells["cells"]))
    mean = 100 * RECORDED["mlp"]["mean"]
    assert f"its mean accuracy on the test sets was {mean:.2f} %" in text


def test_chapter_17_trains_the_recorded_network_and_tells_its_mean():
    cells = read(CHAPTERS / "17_slide_a_window.ipynb")
    code = "\n".join(map(source, code_cells(cells)))
    recipe = inspect.getsource(convnet).split("return ")[1].replace("L.", "")
    epochs = RECIPES["convnet"][2]
    for part in (
        recipe,
        "EPOCHS = 10\n",  # enough for the page, which has no BLAS
        f"Adam(alpha={ALPHA}).setup(model)",
        f"batch_size={BATCH_SIZE}, seed=0)",
    ):
        assert part in code
    text = "\n".join(map(source, cells["cells"]))
    means = {name: 100 * recorded["mean"] for name, recorded in RECORDED.items()}
    here, there = means["convnet"], means["mlp"]
    for part in (
        f"this one for {epochs} epochs. The mean accuracy of this network was {here:.2f} %;",
        f"that of chapter 15 was {there:.2f} %",
        f"{100 - there:.2f} mistakes in a hundred, and this one {100 - here:.2f}",
        "of ten mistakes, six are gone",
    ):
        assert part in text
    assert 0.35 < (100 - here) / (100 - there) < 0.45


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_five_trainings_reach_what_the_book_says(name):
    mean = statistics.mean(accuracy(name, seed) for seed in SEEDS)
    assert mean >= max(LEAST[name], TEXT[name])
