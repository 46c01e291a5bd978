"""Save models with Chainer 7.8.1, and see that Chainer loads what tinylinks has saved.

Run it with the Python and the packages that README.md names, never with the project's own:

    python tests/golden/npz.py record           writes the .npz files beside this one
    python tests/golden/npz.py check FOLDER     loads files of these names, saved by tinylinks

tests/test_serializers.py builds the same models with tinylinks.
"""

import pathlib
import sys

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import optimizers, serializers

HERE = pathlib.Path(__file__).parent


class Net(chainer.Chain):
    """Lazy and other links, and persistent values of all kinds."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, 3)
            self.bn = L.BatchNormalization(3)
            self.l2 = L.Linear(3, 2)
        self.add_persistent("steps", 7)
        self.add_persistent("rate", 0.5)
        self.add_persistent("mean", np.arange(3.0))
        self.add_persistent("note", "hello")
        self.add_persistent("nothing", None)

    def forward(self, x):
        return self.l2(F.relu(self.bn(self.l1(x))))


def layers():
    return chainer.ChainList(
        L.Linear(2, 3), chainer.Sequential(L.Linear(3, 4), F.relu, L.Linear(4, 1))
    )


def train(net, optimizer, steps):
    """Move the parameters: the same gradients in each step, so that nothing depends on F."""
    for _ in range(steps):
        for path, param in net.namedparams():
            param.grad = np.full(param.shape, 0.25 * len(path), np.float32)
        optimizer.update()


def objects():
    """Yield name -> object, each as it is when it is saved."""
    net = Net()
    yield "lazy", net
    net(np.arange(8, dtype=np.float32).reshape(2, 4))
    optimizer = optimizers.Adam().setup(net)
    yield "adam_new", optimizer
    train(net, optimizer, 3)
    optimizer.new_epoch()
    yield "net", net
    yield "adam", optimizer
    train(net, optimizer, 2)
    yield "net_later", net
    yield "layers", layers()


def record():
    np.random.seed(0)
    for name, obj in objects():
        compression = name != "layers"
        serializers.save_npz(str(HERE / f"{name}.npz"), obj, compression)


def check(folder):
    """Load each file of tinylinks and compare what Chainer then holds with its own file."""
    for name, obj in objects():
        (path,) = pathlib.Path(folder).rglob(f"{name}.npz")
        # Chainer refuses an optimizer that was saved before its first update, its own file too.
        serializers.load_npz(str(path), obj, strict=name != "adam_new")
        target = {}
        obj.serialize(serializers.DictionarySerializer(target))
        with np.load(str(HERE / f"{name}.npz"), allow_pickle=True) as file:
            assert set(file) == set(target), name
            for key in file:
                assert file[key].dtype == target[key].dtype, (name, key)
                assert file[key].tolist() == target[key].tolist(), (name, key)
        print(f"{name}.npz of tinylinks was loaded by Chainer: {len(target)} values are the same")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"record": record, "check": check}[command](*arguments)
