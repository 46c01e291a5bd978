"""The libraries that ``bench.py`` compares, each doing the same work.

To add a library, write one class like those below and name it in ``PEERS``.  A contender has
``mlp(task)``, ``chain(task)`` and, if it has Adam, ``adam(task)`` and ``adam_update(task)``; each
returns a worker with three methods:

* ``loss()``: forward and backward, returns the loss,
* ``gradients()``: the gradients that ``loss()`` left, as NumPy arrays (used to check, never timed),
* ``update()``: one step of gradient descent, or of Adam (nothing to do for the chain).

Every contender is written as its own documentation tells a user to write it.
"""

from importlib.metadata import version

import numpy as np


class MLPTask:
    """A multilayer perceptron with relu, and one mini-batch to train it on."""

    lr = 0.01

    def __init__(self, sizes, batch):
        rng = np.random.default_rng(0)
        self.sizes = sizes
        self.x = rng.standard_normal((batch, sizes[0])).astype(np.float32)
        self.t = rng.integers(0, sizes[-1], batch).astype(np.int32)
        self.weights = [
            (rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)).astype(np.float32)
            for n_out, n_in in zip(sizes[1:], sizes)
        ]
        self.biases = [np.zeros(n_out, np.float32) for n_out in sizes[1:]]

    def copies(self):
        """Fresh parameters: W1, b1, W2, b2, ..., as every contender orders its gradients."""
        return [p.copy() for pair in zip(self.weights, self.biases) for p in pair]


class ConvTask:
    """Images through two convolutions with max pooling and two linear layers, as LeNet's."""

    lr = 0.01

    def __init__(self):
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((64, 1, 28, 28)).astype(np.float32)
        self.t = rng.integers(0, 10, 64).astype(np.int32)
        shapes = [(20, 1, 5, 5), (50, 20, 5, 5), (500, 800), (10, 500)]
        self.weights = [
            (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
            for shape in shapes
        ]
        self.biases = [np.zeros(shape[0], np.float32) for shape in shapes]

    copies = MLPTask.copies


class ChainTask:
    """``y = y * a; y = y + b; y = tanh(y); y = sin(y)``, again and again, on 4 numbers."""

    blocks = 500  # of 4 operations

    def __init__(self):
        rng = np.random.default_rng(0)
        self.x, self.a, self.b = rng.uniform(0.5, 1.5, (3, 4)).astype(np.float32)
        # The gradient of the last y.  Any array will do; ones keep the code of the peers short.
        self.gy = np.ones(4, np.float32)


class Worker:
    """What most contenders share: the gradients lie in ``self.params``."""

    params: list

    def gradients(self):
        return [np.asarray(p.grad) for p in self.params]

    def update(self):
        pass


class UpdateAlone:
    """The updates of another worker, always with the gradients of the first loss."""

    def __init__(self, worker):
        self.first = worker.loss()
        self.gradients = worker.gradients
        self.update = worker.update

    def loss(self):
        return self.first


# ---------------------------------------------------------------- by hand: the yardstick


class ByHandMLP:
    """The passes written out: in-place where possible, and no gradient for x."""

    def __init__(self, task, xp):
        self.xp = xp
        self.lr = task.lr
        self.x, self.t = xp.asarray(task.x), xp.asarray(task.t)
        self.rows = xp.arange(len(task.x))
        params = [xp.asarray(p) for p in task.copies()]
        self.layers = list(zip(params[0::2], params[1::2]))
        self.grads = None

    def loss(self):
        xp = self.xp
        inputs = []
        h = self.x
        for W, b in self.layers[:-1]:
            inputs.append(h)
            h = h @ W.T
            h += b
            xp.maximum(h, 0, out=h)
        inputs.append(h)
        W, b = self.layers[-1]
        y = h @ W.T
        y += b

        loss, gy = self.softmax_cross_entropy(y)
        grads = []
        for i in range(len(self.layers) - 1, -1, -1):
            h = inputs[i]
            grads.append((gy.T @ h, gy.sum(axis=0)))
            if i > 0:
                gy = gy @ self.layers[i][0]
                gy *= h > 0
        self.grads = grads[::-1]
        return loss

    def softmax_cross_entropy(self, y):
        """Return the loss, and its gradient with respect to y, which is p - t."""
        xp = self.xp
        y -= y.max(axis=1, keepdims=True)
        picked = y[self.rows, self.t]
        p = xp.exp(y, out=y)
        total = p.sum(axis=1)
        loss = (xp.log(total) - picked).mean()
        gy = p
        gy /= total[:, None]
        gy[self.rows, self.t] -= 1
        gy /= len(gy)
        return loss, gy

    def gradients(self):
        return [g for pair in self.grads for g in pair]

    def update(self):
        for (W, b), (gW, gb) in zip(self.layers, self.grads):
            gW *= self.lr
            W -= gW
            gb *= self.lr
            b -= gb
        self.grads = None


class ByHandAdam(ByHandMLP):
    """The same passes, and Adam in place with one array for what is in between."""

    def __init__(self, task, xp):
        super().__init__(task, xp)
        self.steps = 0
        params = [p for pair in self.layers for p in pair]
        self.state = [(p, xp.zeros_like(p), xp.zeros_like(p)) for p in params]

    def update(self):
        xp = self.xp
        beta1, beta2, eps = 0.9, 0.999, 1e-8
        self.steps += 1
        alpha_t = 0.001 * np.sqrt(1 - beta2**self.steps) / (1 - beta1**self.steps)
        for (p, m, v), g in zip(self.state, self.gradients()):
            s = g - m
            s *= 1 - beta1
            m += s
            xp.multiply(g, g, out=s)
            s -= v
            s *= 1 - beta2
            v += s
            xp.sqrt(v, out=s)
            s += eps
            xp.divide(m, s, out=s)
            s *= float(alpha_t)
            p -= s


class ByHandConv(ByHandMLP):
    """Convolutions as products of matrices; the columns are kept for the way back.

    The images are the last axis of all arrays: so the copies and the pooling work on long rows.
    """

    def loss(self):
        (W1, b1), (W2, b2), (W3, b3), (W4, b4) = self.layers
        x = self.x.transpose(1, 2, 3, 0)
        col1, y1 = self.convolve(x, W1, b1)
        p1 = self.pool(y1)
        col2, y2 = self.convolve(p1, W2, b2)
        p2 = self.pool(y2)
        h2 = self.xp.ascontiguousarray(p2.transpose(3, 0, 1, 2)).reshape(len(self.x), -1)
        h3 = h2 @ W3.T
        h3 += b3
        self.xp.maximum(h3, 0, out=h3)
        y = h3 @ W4.T
        y += b4
        loss, gy = self.softmax_cross_entropy(y)

        g3 = gy @ W4
        g3 *= h3 > 0
        g2 = (g3 @ W3).T.reshape(p2.shape)
        g2 = self.pool_back(g2, y2, p2)
        g1 = self.convolve_back(g2, W2, p1)
        g1 = self.pool_back(g1, y1, p1)
        self.grads = [self.weights(g1, W1, col1), self.weights(g2, W2, col2)]
        self.grads += [(g3.T @ h2, g3.sum(axis=0)), (gy.T @ h3, gy.sum(axis=0))]
        return loss

    @staticmethod
    def places(x, W):
        """What the windows see, for each place in a window."""
        kh, kw = W.shape[2:]
        h, w = x.shape[1] - kh + 1, x.shape[2] - kw + 1
        return [x[:, i : i + h, j : j + w] for i in range(kh) for j in range(kw)]

    def convolve(self, x, W, b):
        places = self.places(x, W)
        col = self.xp.empty((len(x), len(places), *places[0].shape[1:]), x.dtype)
        for i, place in enumerate(places):
            col[:, i] = place
        h, w, n = col.shape[2:]
        col = col.reshape(-1, h * w * n)
        y = W.reshape(len(W), -1) @ col
        y += b[:, None]
        return col, y.reshape(len(W), h, w, n)

    def convolve_back(self, gy, W, x):
        gcol = W.reshape(len(W), -1).T @ gy.reshape(len(W), -1)
        gcol = gcol.reshape(len(x), -1, *gy.shape[1:])
        gx = self.xp.zeros_like(x)
        for i, place in enumerate(self.places(gx, W)):
            place += gcol[:, i]
        return gx

    def weights(self, gy, W, col):
        gy = gy.reshape(len(W), -1)
        return (gy @ col.T).reshape(W.shape), gy.sum(axis=1)

    @staticmethod
    def corners(x):
        return [x[:, i::2, j::2] for i in range(2) for j in range(2)]

    def pool(self, x):
        a, b, c, d = self.corners(x)
        y = self.xp.maximum(a, b)
        self.xp.maximum(y, c, out=y)
        return self.xp.maximum(y, d, out=y)

    def pool_back(self, gy, x, y):
        gx = self.xp.empty_like(x)
        for part, g in zip(self.corners(x), self.corners(gx)):  # no two are equal here
            self.xp.multiply(part == y, gy, out=g)
        return gx


class ByHandChain(Worker):
    def __init__(self, task):
        self.task = task

    def loss(self):
        a, b = self.task.a, self.task.b
        y = self.task.x.copy()
        kept = []
        for _ in range(self.task.blocks):
            z = y * a
            z += b
            np.tanh(z, out=z)
            kept.append((y, z))
            y = np.sin(z)

        ga, gb = np.zeros_like(a), np.zeros_like(b)
        g = self.task.gy.copy()
        for y_in, z in reversed(kept):
            g *= np.cos(z)
            z *= z
            np.subtract(1, z, out=z)
            g *= z
            gb += g
            y_in *= g  # y_in is not needed again
            ga += y_in
            g *= a
        self.grads = [g, ga, gb]
        return y.sum()

    def gradients(self):
        return self.grads


class ByHand:
    name = "by hand"

    def __init__(self, xp=np):
        self.xp = xp

    def mlp(self, task):
        return ByHandMLP(task, self.xp)

    def adam(self, task):
        return ByHandAdam(task, self.xp)

    def adam_update(self, task):
        return UpdateAlone(self.adam(task))

    def conv(self, task):
        return ByHandConv(task, self.xp)

    def chain(self, task):
        return ByHandChain(task)


# ---------------------------------------------------------------- by hand, as one writes it


class PlainMLP(ByHandMLP):
    """The same passes as most people write them: nothing in place but the update."""

    def loss(self):
        xp = self.xp
        inputs = []
        h = self.x
        for W, b in self.layers[:-1]:
            inputs.append(h)
            h = xp.maximum(h @ W.T + b, 0)
        inputs.append(h)
        W, b = self.layers[-1]
        y = h @ W.T + b

        p = xp.exp(y - y.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        loss = -xp.log(p[self.rows, self.t]).mean()
        gy = p.copy()
        gy[self.rows, self.t] -= 1
        gy = gy / len(gy)
        grads = []
        for i in range(len(self.layers) - 1, -1, -1):
            h = inputs[i]
            grads.append((gy.T @ h, gy.sum(axis=0)))
            if i > 0:
                gy = (gy @ self.layers[i][0]) * (h > 0)
        self.grads = grads[::-1]
        return loss

    def update(self):
        for (W, b), (gW, gb) in zip(self.layers, self.grads):
            W -= self.lr * gW
            b -= self.lr * gb


class Plain:
    name = "plain"
    version = "NumPy as one writes it"

    def mlp(self, task):
        return PlainMLP(task, np)


# ---------------------------------------------------------------- tinylinks


class Tinylinks:
    name = "tinylinks"

    def __init__(self, xp=np):
        import tinylinks

        self.xp = xp
        self.version = tinylinks.__version__

    def mlp(self, task):
        return TinylinksMLP(task, self.xp)

    def adam(self, task):
        from tinylinks import optimizers

        worker = TinylinksMLP(task, self.xp)
        worker.optimizer = optimizers.Adam().setup(worker.model)
        return worker

    def adam_update(self, task):
        return UpdateAlone(self.adam(task))

    def conv(self, task):
        return TinylinksConv(task, self.xp)

    def chain(self, task):
        return TinylinksChain(task)


def tinylinks_model(task, xp):
    import tinylinks.functions as F
    import tinylinks.links as L
    from tinylinks import Chain

    params = [xp.asarray(p) for p in task.copies()]

    class MLP(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Linear(*task.sizes[0:2], initialW=params[0], initial_bias=params[1])
                self.l2 = L.Linear(*task.sizes[1:3], initialW=params[2], initial_bias=params[3])
                if len(task.sizes) > 3:
                    self.l3 = L.Linear(*task.sizes[2:4], initialW=params[4], initial_bias=params[5])

        def forward(self, x):
            h = self.l2(F.relu(self.l1(x)))
            return self.l3(F.relu(h)) if len(task.sizes) > 3 else h

    return MLP()


class TinylinksMLP(Worker):
    def __init__(self, task, xp):
        import tinylinks.functions as F
        from tinylinks import optimizers

        self.softmax_cross_entropy = F.softmax_cross_entropy
        self.x, self.t = xp.asarray(task.x), xp.asarray(task.t)
        self.model = tinylinks_model(task, xp)
        self.optimizer = optimizers.SGD(task.lr).setup(self.model)

    def loss(self):
        loss = self.softmax_cross_entropy(self.model(self.x), self.t)
        self.model.cleargrads()
        loss.backward()
        return loss

    def gradients(self):
        # In the order of the layers: W before b whatever the order of registration.
        named = dict(self.model.namedparams())
        return [named[f"/l{i}/{name}"].grad for i in range(1, len(named) // 2 + 1) for name in "Wb"]

    def update(self):
        self.optimizer.update()


def lenet(params, Chain, F, L):
    """The model of ConvTask, for tinylinks and Chainer."""
    first = [{"initialW": W, "initial_bias": b} for W, b in zip(params[0::2], params[1::2])]

    class LeNet(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Convolution2D(1, 20, 5, **first[0])
                self.l2 = L.Convolution2D(20, 50, 5, **first[1])
                self.l3 = L.Linear(800, 500, **first[2])
                self.l4 = L.Linear(500, 10, **first[3])

        def forward(self, x):
            h = F.max_pooling_2d(self.l1(x), 2)
            h = F.max_pooling_2d(self.l2(h), 2)
            return self.l4(F.relu(self.l3(h)))

    return LeNet()


class TinylinksConv(TinylinksMLP):
    def __init__(self, task, xp):
        import tinylinks.functions as F
        import tinylinks.links as L
        from tinylinks import Chain, optimizers

        self.softmax_cross_entropy = F.softmax_cross_entropy
        self.x, self.t = xp.asarray(task.x), xp.asarray(task.t)
        self.model = lenet([xp.asarray(p) for p in task.copies()], Chain, F, L)
        self.optimizer = optimizers.SGD(task.lr).setup(self.model)


class TinylinksChain(Worker):
    def __init__(self, task):
        import tinylinks.functions as F
        from tinylinks import Variable

        self.tanh, self.sin = F.tanh, F.sin
        self.task = task
        self.params = [Variable(v) for v in (task.x, task.a, task.b)]

    def loss(self):
        tanh, sin = self.tanh, self.sin
        x, a, b = self.params
        for p in self.params:
            p.cleargrad()
        y = x
        for _ in range(self.task.blocks):
            y = y * a
            y = y + b
            y = tanh(y)
            y = sin(y)
        y.grad = self.task.gy
        y.backward()
        return y.array.sum()


# ---------------------------------------------------------------- peers


class Chainer:
    """Chainer 7.8.1 needs Python 3.9 and NumPy 1.23: this class runs there and nowhere else."""

    name = "chainer"

    def __init__(self):
        import chainer

        self.version = chainer.__version__

    def mlp(self, task):
        return ChainerMLP(task)

    def conv(self, task):
        return ChainerConv(task)

    def chain(self, task):
        return ChainerChain(task)


class ChainerMLP(Worker):
    def __init__(self, task):
        import chainer
        import chainer.functions as F
        import chainer.links as L

        params = task.copies()
        relu = F.relu
        self.softmax_cross_entropy = F.softmax_cross_entropy

        class MLP(chainer.Chain):
            def __init__(self):
                super().__init__()
                with self.init_scope():
                    self.l1 = L.Linear(*task.sizes[0:2], initialW=params[0], initial_bias=params[1])
                    self.l2 = L.Linear(*task.sizes[1:3], initialW=params[2], initial_bias=params[3])
                    if len(task.sizes) > 3:
                        self.l3 = L.Linear(
                            *task.sizes[2:4], initialW=params[4], initial_bias=params[5]
                        )

            def forward(self, x):
                h = self.l2(relu(self.l1(x)))
                return self.l3(relu(h)) if len(task.sizes) > 3 else h

        self.x, self.t = task.x, task.t
        self.model = MLP()
        self.optimizer = chainer.optimizers.SGD(task.lr).setup(self.model)

    loss = TinylinksMLP.loss
    gradients = TinylinksMLP.gradients
    update = TinylinksMLP.update


class ChainerConv(ChainerMLP):
    def __init__(self, task):
        import chainer
        import chainer.functions as F
        import chainer.links as L

        self.softmax_cross_entropy = F.softmax_cross_entropy
        self.x, self.t = task.x, task.t
        self.model = lenet(task.copies(), chainer.Chain, F, L)
        self.optimizer = chainer.optimizers.SGD(task.lr).setup(self.model)


class ChainerChain(TinylinksChain):
    def __init__(self, task):
        import chainer
        import chainer.functions as F

        self.tanh, self.sin = F.tanh, F.sin
        self.task = task
        self.params = [chainer.Variable(v) for v in (task.x, task.a, task.b)]


class Torch:
    name = "torch"

    device = "cpu"

    def __init__(self):
        import torch

        torch.set_num_threads(1)
        self.version = torch.__version__

    def to(self, device):
        """Work on another device.  False where this torch cannot."""
        import torch

        self.device = device
        return torch.cuda.is_available()

    def mlp(self, task):
        return TorchMLP(task, self.device)

    def adam(self, task):
        import torch

        worker = TorchMLP(task, self.device)
        worker.optimizer = torch.optim.Adam(worker.params)
        return worker

    def adam_update(self, task):
        return UpdateAlone(self.adam(task))

    def conv(self, task):
        return TorchConv(task, self.device)

    def chain(self, task):
        return TorchChain(task)


class TorchMLP(Worker):
    def __init__(self, task, device):
        import torch
        from torch import nn

        modules = []
        arrays = task.copies()
        for W, b in zip(arrays[0::2], arrays[1::2]):
            linear = nn.Linear(W.shape[1], W.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(W))
                linear.bias.copy_(torch.from_numpy(b))
            modules += [linear, nn.ReLU()]
        self.model = nn.Sequential(*modules[:-1]).to(device)
        self.cross_entropy = nn.functional.cross_entropy
        self.x = torch.from_numpy(task.x).to(device)
        self.t = torch.from_numpy(task.t).long().to(device)
        self.params = list(self.model.parameters())
        self.optimizer = torch.optim.SGD(self.params, lr=task.lr)

    def loss(self):
        loss = self.cross_entropy(self.model(self.x), self.t)
        self.optimizer.zero_grad()
        loss.backward()
        return loss.detach()

    def gradients(self):
        return [p.grad.cpu().numpy() for p in self.params]

    def update(self):
        self.optimizer.step()


class TorchConv(TorchMLP):
    def __init__(self, task, device):
        import torch
        from torch import nn

        layers = [nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5), nn.Linear(800, 500)]
        layers.append(nn.Linear(500, 10))
        arrays = task.copies()
        for layer, W, b in zip(layers, arrays[0::2], arrays[1::2]):
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(W))
                layer.bias.copy_(torch.from_numpy(b))
        l1, l2, l3, l4 = layers
        pools = [nn.MaxPool2d(2), nn.MaxPool2d(2)]
        model = nn.Sequential(l1, pools[0], l2, pools[1], nn.Flatten(), l3, nn.ReLU(), l4)
        self.model = model.to(device)
        self.cross_entropy = nn.functional.cross_entropy
        self.x = torch.from_numpy(task.x).to(device)
        self.t = torch.from_numpy(task.t).long().to(device)
        self.params = list(self.model.parameters())
        self.optimizer = torch.optim.SGD(self.params, lr=task.lr)


class TorchChain(Worker):
    def __init__(self, task):
        import torch

        self.tanh, self.sin = torch.tanh, torch.sin
        self.task = task
        self.gy = torch.from_numpy(task.gy)
        self.params = [torch.tensor(v, requires_grad=True) for v in (task.x, task.a, task.b)]

    def loss(self):
        tanh, sin = self.tanh, self.sin
        x, a, b = self.params
        for p in self.params:
            p.grad = None
        y = x
        for _ in range(self.task.blocks):
            y = y * a
            y = y + b
            y = tanh(y)
            y = sin(y)
        y.backward(self.gy)
        return y.detach().sum()


class DeZero:
    name = "dezero"

    def __init__(self):
        # DeZero 0.0.13 says np.int when it is imported, a name that NumPy no longer has.
        np.int = int
        try:
            import dezero  # noqa: F401
        finally:
            del np.int
        self.version = version("dezero")

    def mlp(self, task):
        return DeZeroMLP(task)

    def chain(self, task):
        return DeZeroChain(task)


class DeZeroMLP(Worker):
    def __init__(self, task):
        import dezero.functions as F
        import dezero.layers as L
        from dezero import Model, optimizers

        class MLP(Model):
            def __init__(self):
                super().__init__()
                self.layers = []
                for i, (n_in, n_out) in enumerate(zip(task.sizes, task.sizes[1:])):
                    layer = L.Linear(n_out, in_size=n_in)
                    setattr(self, f"l{i}", layer)
                    self.layers.append(layer)

            def forward(self, x):
                for layer in self.layers[:-1]:
                    x = F.relu(layer(x))
                return self.layers[-1](x)

        self.softmax_cross_entropy = F.softmax_cross_entropy
        self.x, self.t = task.x, task.t
        self.model = MLP()
        self.params = []
        arrays = task.copies()
        for layer, W, b in zip(self.model.layers, arrays[0::2], arrays[1::2]):
            # DeZero keeps W as (in, out).
            layer.W.data, layer.b.data = np.ascontiguousarray(W.T), b
            self.params += [layer.W, layer.b]
        self.optimizer = optimizers.SGD(task.lr).setup(self.model)

    def loss(self):
        loss = self.softmax_cross_entropy(self.model(self.x), self.t)
        self.model.cleargrads()
        loss.backward()
        return loss.data

    def gradients(self):
        return [p.grad.data.T for p in self.params]

    def update(self):
        self.optimizer.update()


class DeZeroChain(Worker):
    def __init__(self, task):
        import dezero.functions as F
        from dezero import Variable

        self.tanh, self.sin = F.tanh, F.sin
        self.task = task
        self.gy = Variable(task.gy)
        self.params = [Variable(v) for v in (task.x, task.a, task.b)]

    def loss(self):
        tanh, sin = self.tanh, self.sin
        x, a, b = self.params
        for p in self.params:
            p.cleargrad()
        y = x
        for _ in range(self.task.blocks):
            y = y * a
            y = y + b
            y = tanh(y)
            y = sin(y)
        y.grad = self.gy
        y.backward()
        return y.data.sum()

    def gradients(self):
        return [p.grad.data for p in self.params]


class MyGrad:
    name = "mygrad"

    def __init__(self):
        import mygrad

        self.version = mygrad.__version__

    def mlp(self, task):
        return MyGradMLP(task)

    def chain(self, task):
        return MyGradChain(task)


class MyGradMLP(Worker):
    def __init__(self, task):
        import mygrad as mg
        from mygrad.nnet.activations import relu
        from mygrad.nnet.losses import softmax_crossentropy

        self.matmul, self.relu, self.softmax_crossentropy = mg.matmul, relu, softmax_crossentropy
        self.x, self.t, self.lr = task.x, task.t, task.lr
        self.params = [mg.tensor(p) for p in task.copies()]

    def loss(self):
        h = self.x
        for i in range(0, len(self.params) - 2, 2):
            h = self.relu(self.matmul(h, self.params[i].T) + self.params[i + 1])
        y = self.matmul(h, self.params[-2].T) + self.params[-1]
        loss = self.softmax_crossentropy(y, self.t)
        loss.backward()  # clears the old gradients itself
        return loss.data

    def update(self):
        for p in self.params:
            p.data -= self.lr * p.grad


class MyGradChain(Worker):
    def __init__(self, task):
        import mygrad as mg

        self.tanh, self.sin = mg.tanh, mg.sin
        self.task = task
        self.params = [mg.tensor(v) for v in (task.x, task.a, task.b)]

    def loss(self):
        tanh, sin = self.tanh, self.sin
        x, a, b = self.params
        y = x
        for _ in range(self.task.blocks):
            y = y * a
            y = y + b
            y = tanh(y)
            y = sin(y)
        y.backward(self.task.gy)
        return y.data.sum()


class Autograd:
    name = "autograd"

    def __init__(self):
        import autograd  # noqa: F401 (only to find out whether it is there)

        self.version = version("autograd")

    def mlp(self, task):
        return AutogradMLP(task)

    def chain(self, task):
        return AutogradChain(task)


class AutogradMLP(Worker):
    def __init__(self, task):
        import autograd.numpy as anp
        from autograd import value_and_grad

        x, t, rows = task.x, task.t, np.arange(len(task.x))
        self.params, self.lr = task.copies(), task.lr

        def loss(params):
            h = x
            for i in range(0, len(params) - 2, 2):
                h = anp.maximum(anp.dot(h, params[i].T) + params[i + 1], 0)
            y = anp.dot(h, params[-2].T) + params[-1]
            y = y - anp.max(y, axis=1, keepdims=True)
            return anp.mean(anp.log(anp.sum(anp.exp(y), axis=1)) - y[rows, t])

        self.value_and_grad = value_and_grad(loss)

    def loss(self):
        loss, self.grads = self.value_and_grad(self.params)
        return loss

    def gradients(self):
        return self.grads

    def update(self):
        for p, g in zip(self.params, self.grads):
            p -= self.lr * g


class AutogradChain(Worker):
    def __init__(self, task):
        import autograd.numpy as anp
        from autograd import value_and_grad

        tanh, sin = anp.tanh, anp.sin

        def last_sum(params):
            y, a, b = params
            for _ in range(task.blocks):
                y = y * a
                y = y + b
                y = tanh(y)
                y = sin(y)
            return anp.sum(y)

        self.params = (task.x, task.a, task.b)
        self.value_and_grad = value_and_grad(last_sum)

    def loss(self):
        loss, self.grads = self.value_and_grad(self.params)
        return loss

    def gradients(self):
        return self.grads


PEERS = [Plain, Torch, Chainer, DeZero, MyGrad, Autograd]
