"""How many held-out digits two networks read right: five splits, each with a seed of its own.

``python tests/accuracy.py`` trains all ten and prints a table. ``--record`` writes it to
tests/golden/accuracy.json too, with the machine named. Widths, epochs and step size were chosen
by looking inside the training parts only.
"""

import json
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Sequential, datasets, no_backprop_mode, optimizers, using_config

RECORD = Path(__file__).parent / "golden" / "accuracy.json"
SEEDS = range(5)


def mlp():
    """Return the network of chapter 15."""
    return Sequential(L.Linear(128), F.relu, L.Linear(10))


def convnet():
    """Return the network of chapter 17."""
    return Sequential(
        L.Convolution2D(16, 3, pad=1),
        F.relu,
        L.Convolution2D(32, 3, pad=1),
        F.relu,
        lambda x: F.max_pooling_2d(x, 2),
        lambda x: x.reshape(len(x), 512),
        F.dropout,
        L.Linear(10),
    )


#: name: (the network, how many axes a picture has, how many epochs)
RECIPES = {"mlp": (mlp, 1, 30), "convnet": (convnet, 3, 20)}
BATCH_SIZE, ALPHA = 32, 0.003


def settings(name):
    """Return all that was chosen, as a text."""
    make, _, epochs = RECIPES[name]
    np.random.seed(0)
    return f"{make()!r}\n{epochs} epochs, mini-batches of {BATCH_SIZE}, Adam(alpha={ALPHA})"


def accuracy(name, seed):
    """Train on 80 % of the digits; return the accuracy on the other 20 %."""
    make, ndim, epochs = RECIPES[name]
    training_set, test_set = datasets.split(datasets.get_digits(ndim), 0.2, seed=seed)
    np.random.seed(seed)
    model = make()
    optimizer = optimizers.Adam(alpha=ALPHA).setup(model)
    batches = datasets.MiniBatches(*training_set, batch_size=BATCH_SIZE, seed=seed)
    for _ in range(epochs):
        for x, t in batches:
            optimizer.update(lambda x=x, t=t: F.softmax_cross_entropy(model(x), t))
    x, t = test_set
    with using_config("train", False), no_backprop_mode():
        return F.accuracy(model(x), t).item()


def measure(name):
    """Train a recipe with all seeds; return what is to be recorded."""
    start = time.perf_counter()
    splits = [round(accuracy(name, seed), 4) for seed in SEEDS]
    seconds = (time.perf_counter() - start) / len(splits)
    return {
        "settings": settings(name),
        "splits": splits,
        "mean": round(statistics.mean(splits), 4),
        "seconds a training": round(seconds, 1),
    }


def processor():
    """Return the name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{platform.machine()} {(names or [platform.processor()])[0]}".strip()


def main():
    record = {
        "machine": processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "recipes": {name: measure(name) for name in RECIPES},
    }
    text = json.dumps(record, indent=2)
    print(text)
    if "--record" in sys.argv[1:]:
        RECORD.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
