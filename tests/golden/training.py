"""Record how Chainer 7.8.1 trains, step by step, with each of its optimizers and hooks.

Run it as record.py is run; it writes training.json beside itself:

    python tests/golden/training.py

Each row of OPTIMIZERS trains each of MODELS for fifty steps in float64. Recorded are the loss of
each step, the parameters at the end, and what the optimizer would save: its keys and values.
The code of a row runs in Chainer and in tinylinks.
"""

import json
import pathlib
import platform

import chainer
import numpy as np
from record import one_per_line

MODELS = {
    "MLP": """
class Model(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(6, 5, initialW=W0, initial_bias=b0)
            self.l2 = L.Linear(5, 3, initialW=W1, initial_bias=b1)

    def forward(self, x):
        return self.l2(F.tanh(self.l1(x)))
""",
    "convolutional network": """
class Model(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(1, 2, 3, initialW=W0, initial_bias=b0)
            self.l1 = L.Linear(8, 3, initialW=W1, initial_bias=b1)

    def forward(self, x):
        h = F.max_pooling_2d(F.relu(self.conv(x)), 2)
        return self.l1(F.reshape(h, (len(x), 8)))
""",
}

TRAINING = """

model = Model()
losses = []


def lossfun(x, t):
    loss = F.softmax_cross_entropy(model(x), t)
    losses.append(float(loss.array))
    return loss


optimizer = optimizers.{optimizer}.setup(model)
for hook in [{hooks}]:
    optimizer.add_hook(hook)
for step in range(50):
    {before}
    optimizer.update(lossfun, x, t)
"""

# What makes an optimizer, its hooks, and what happens before each step.
# Some have an eps so large that its place shows, or a threshold that only early steps reach.
OPTIMIZERS = [
    ("SGD()", "", "pass"),
    ("SGD(lr=0.3)", "", "pass"),
    ("SGD(lr=0.3)", "", "optimizer.lr *= 0.97"),
    ("MomentumSGD()", "", "pass"),
    ("MomentumSGD(lr=0.05, momentum=0.7)", "", "pass"),
    ("RMSprop()", "", "pass"),
    ("RMSprop(lr=0.02, alpha=0.8, eps=0.01)", "", "pass"),
    ("RMSprop(lr=0.02, alpha=0.8, eps=0.01, eps_inside_sqrt=True)", "", "pass"),
    ("Adam()", "", "pass"),
    ("Adam(alpha=0.02, beta1=0.8, beta2=0.9, eps=0.01)", "", "pass"),
    ("Adam(alpha=0.02, beta2=0.6, amsgrad=True)", "", "pass"),
    ("Adam(alpha=0.02, weight_decay_rate=0.01)", "", "optimizer.eta = 1 - step / 50"),
    ("AdamW()", "", "pass"),
    ("AdamW(alpha=0.02, eta=0.5, weight_decay_rate=0.02)", "", "pass"),
    ("SGD(lr=0.3)", "optimizer_hooks.WeightDecay(0.05)", "pass"),
    ("Adam(alpha=0.02)", "optimizer_hooks.WeightDecay(0.05)", "pass"),
    ("SGD(lr=0.3)", "optimizer_hooks.GradientClipping(0.4)", "pass"),
    ("MomentumSGD(lr=0.05)", "optimizer_hooks.GradientClipping(0.4)", "pass"),
    (
        "RMSprop()",
        "optimizer_hooks.WeightDecay(0.1), optimizer_hooks.GradientClipping(0.4)",
        "pass",
    ),
    (
        "MomentumSGD()",
        "optimizer_hooks.GradientClipping(0.4), optimizer_hooks.WeightDecay(0.1)",
        "pass",
    ),
]


class Collect:
    """A serializer that keeps what it is given, under the keys of a file."""

    def __init__(self, saved, path=""):
        self.saved = saved
        self.path = path

    def __getitem__(self, key):
        return Collect(self.saved, f"{self.path}{key.strip('/')}/")

    def __call__(self, key, value):
        self.saved[self.path + key] = np.asarray(value).tolist()
        return value


def draw(shape, rng):
    return np.round(rng.randn(*shape), 2)


def inputs(model):
    """Return the data and the first parameters, as arrays."""
    rng = np.random.RandomState(0)
    shapes = {"x": (8, 6), "W0": (5, 6), "b0": (5,), "W1": (3, 5), "b1": (3,)}
    if model != "MLP":
        shapes = {"x": (8, 1, 6, 6), "W0": (2, 1, 3, 3), "b0": (2,), "W1": (3, 8), "b1": (3,)}
    arrays = {name: draw(shape, rng) for name, shape in shapes.items()}
    return {**arrays, "t": rng.randint(0, 3, 8)}


def record(model, optimizer, hooks, before):
    code = MODELS[model] + TRAINING.format(optimizer=optimizer, hooks=hooks, before=before)
    names = {
        "F": chainer.functions,
        "L": chainer.links,
        "Chain": chainer.Chain,
        "optimizers": chainer.optimizers,
        "optimizer_hooks": chainer.optimizer_hooks,
        **{name: array.copy() for name, array in inputs(model).items()},
    }
    with chainer.using_config("dtype", np.dtype("float64")):
        exec(code, names)
    saved = {}
    names["optimizer"].serialize(Collect(saved))
    return {
        "name": " | ".join(filter(None, [model, optimizer, hooks, before.removeprefix("pass")])),
        "model": model,
        "code": code,
        "losses": names["losses"],
        "params": {path: p.array.tolist() for path, p in names["model"].namedparams()},
        "saved": saved,
    }


def main():
    np.seterr(all="raise", under="ignore")
    rows = [record(model, *row) for model in MODELS for row in OPTIMIZERS]
    made_with = {
        "chainer": chainer.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    arrays = {
        model: {name: array.tolist() for name, array in inputs(model).items()} for model in MODELS
    }
    path = pathlib.Path(__file__).with_name("training.json")
    path.write_text(
        f'{{"made_with": {json.dumps(made_with)},\n'
        f'"inputs": {json.dumps(arrays)},\n'
        f'"trainings": {one_per_line(rows)}}}\n'
    )
    print(f"{len(rows)} trainings, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
