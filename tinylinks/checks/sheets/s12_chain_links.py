"""Sheet 12: Links made of Links, their paths, one that is shared, and one that is mixed of two."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


def parameters(link):
    return [(path, p.shape) for path, p in link.namedparams()]


def data(y):
    """Return the array of a result, or say that it is no Variable."""
    if not hasattr(y, "creator"):
        kind = "None" if y is None else f"a value of type {type(y).__name__}"
        raise Mistake(f"your Link gives {kind}, expected a Variable.")
    return y.data


PATHS = """\
def sequential_params(in_size, layers):
    found, i = [], 0
    for out_size in layers:
        if out_size is None:
            continue
        if in_size is not None:
            found.append((f"/{i}/W", (out_size, in_size)))
            in_size = out_size
        found.append((f"/{i}/b", (out_size,)))
        i += 1
    return found
"""


class sequential_params(Task):
    without = ("Linear", "Sequential")

    def compare(self, sequential_params, *cases):
        for in_size, layers, *expected in cases:
            got = sequential_params(in_size, list(layers))
            yield f"sequential_params({in_size}, {layers})", got, expected

    def check_before(self, sequential_params):
        """A lazy Linear has b from the start. What is there of W?"""
        n, m = int(self.rng.integers(2, 10)), int(self.rng.integers(2, 10))
        one, two = ("/0/b", (n,)), ("/1/b", (m,))
        yield from self.compare(sequential_params, (None, [n], one), (None, [n, m], one, two))

    def check_after(self, sequential_params):
        """The shape of W is (out, in). What goes out of one layer goes into the next."""
        k, n, m = [int(i) for i in self.rng.choice(np.arange(2, 10), 3, replace=False)]
        one = [("/0/W", (n, k)), ("/0/b", (n,))]
        two = [("/1/W", (m, n)), ("/1/b", (m,))]
        three = [("/2/W", (k, m)), ("/2/b", (k,))]
        cases = (k, [n], *one), (k, [n, m], *one, *two), (k, [n, m, k], *one, *two, *three)
        yield from self.compare(sequential_params, *cases)

    def check_functions(self, sequential_params):
        """The numbers in the paths count Links only."""
        k, n, m = [int(i) for i in self.rng.choice(np.arange(2, 10), 3, replace=False)]
        one = [("/0/W", (n, k)), ("/0/b", (n,))]
        two = [("/1/W", (m, n)), ("/1/b", (m,))]
        cases = (
            (k, [n, None, m], *one, *two),
            (k, [None, n, None, None, m, None], *one, *two),
            (None, [n, None, m], one[1], two[1]),
        )
        yield from self.compare(sequential_params, *cases)

    wrongs = [
        Wrong(
            "before",
            "W is taken to be there before the first mini-batch",
            PATHS.replace("if in_size is not None", "if True"),
        ),
        Wrong(
            "before",
            "b is taken to come with the first mini-batch, as W does",
            PATHS.replace(
                '        found.append((f"/{i}/b"',
                '        if in_size is not None:\n            found.append((f"/{i}/b"',
            ),
        ),
        Wrong(
            "before",
            "a shape with one axis is written as a number and not as a tuple",
            PATHS.replace("(out_size,)", "out_size"),
        ),
        Wrong("before", "the slash at the beginning is missing", PATHS.replace('f"/{i}', 'f"{i}')),
        Wrong("before", "all layers have the same number", PATHS.replace("i += 1", "pass")),
        Wrong("before", "the numbers begin at 1", PATHS.replace("[], 0", "[], 1")),
        Wrong(
            "before",
            "the second layer is taken to have its W, because the size of the first is known",
            PATHS.replace(
                "            in_size = out_size\n        found",
                "        in_size = out_size\n        found",
            ),
        ),
        Wrong(
            "before",
            "b has as many numbers as there are examples, or as go in",
            PATHS.replace('/b", (out_size,)', '/b", (in_size,)'),
        ),
        Wrong(
            "after",
            "W has the shape (in, out)",
            PATHS.replace("(out_size, in_size)", "(in_size, out_size)"),
        ),
        Wrong(
            "after",
            "every layer is given what goes into the first",
            PATHS.replace("            in_size = out_size\n", ""),
        ),
        Wrong(
            "after",
            "b is listed before W",
            """\
def sequential_params(in_size, layers):
    found, i = [], 0
    for out_size in layers:
        if out_size is None:
            continue
        found.append((f"/{i}/b", (out_size,)))
        if in_size is not None:
            found.append((f"/{i}/W", (out_size, in_size)))
            in_size = out_size
        i += 1
    return found
""",
        ),
        Wrong(
            "after",
            "b is not listed as soon as W is there",
            PATHS.replace(
                "            in_size = out_size\n",
                "            in_size = out_size\n            i += 1\n            continue\n",
            ),
        ),
        Wrong(
            "functions",
            "the functions are counted, too",
            PATHS.replace("            continue", "            i += 1\n            continue"),
        ),
        Wrong(
            "functions", "the list ends at the first function", PATHS.replace("continue", "break")
        ),
        Wrong(
            "functions",
            "after a function the size is taken to be unknown",
            PATHS.replace(
                "            continue", "            in_size = None\n            continue"
            ),
        ),
        Wrong(
            "before",
            "the pairs are lists, and not tuples",
            PATHS.replace("return found", "return [list(pair) for pair in found]"),
        ),
        Wrong(
            "after",
            "there are two layers at most",
            PATHS.replace(
                '        found.append((f"/{i}/b',
                '        if i == 2:\n            break\n        found.append((f"/{i}/b',
            ).replace("if in_size is not None:", "if in_size is not None and i < 2:"),
        ),
        Wrong(
            "functions",
            "the list that was given is changed: None is taken out of it",
            PATHS.replace(
                "    found, i",
                "    while None in layers:\n        layers.remove(None)\n    found, i",
            ),
        ),
        Wrong(
            "before",
            "a Sequential is made and asked, and this task is to be done without",
            """\
def sequential_params(in_size, layers):
    model = Sequential(*[tanh if n is None else Linear(n) for n in layers])
    if in_size is not None:
        model(Variable(np.zeros((1, in_size), np.float32)))
    return [(path, p.shape) for path, p in model.namedparams()]
""",
        ),
    ]


RESIDUAL = """\
class Residual(Chain):
    def __init__(self, n):
        super().__init__()
        with self.init_scope():
            self.l1 = Linear(n, n)
            self.l2 = Linear(n, n)

    def forward(self, x):
        return x + self.l2(tanh(self.l1(x)))
"""


def residual(x, W1, b1, W2, b2):
    return x + np.tanh(x @ W1.T + b1) @ W2.T + b2


class Residual(Task):
    def check_parameters(self, Residual):
        """A child is an attribute, and is assigned inside init_scope. Both sizes are known."""
        for n in (4, 3):
            shapes = {"W": (n, n), "b": (n,)}
            expected = [(f"/{k}/{p}", shapes[p]) for k in ("l1", "l2") for p in ("W", "b")]
            link = Residual(n)
            two = getattr(link, "l1", None) is not getattr(link, "l2", None)
            yield "whether l1 and l2 are there, and are two links", two, True
            yield f"the parameters of Residual({n})", parameters(link), expected
            other = getattr(Residual(n), "l1", None)
            apart = getattr(link, "l1", None) is not other
            yield f"whether the next Residual({n}) has another l1", apart, True

    def ready(self, Residual, n):
        """Return a link whose Parameters have values of ours."""
        link, arrays = Residual(n), []
        for name in ("l1", "l2"):
            child = getattr(link, name, None)
            if not isinstance(child, self.lib.Linear):
                raise Mistake(f"your Link has no Linear {name}.")
            for p, shape in [("W", (n, n)), ("b", (n,))]:
                arrays.append(self.array(*shape, dtype=np.float32, low=-1, high=1))
                getattr(child, p).data = arrays[-1].copy()
        return link, arrays

    def check_values(self, Residual):
        """First l1, then tanh, then l2, and x is added to what comes out."""
        for n in (4, 3):
            link, arrays = self.ready(Residual, n)
            x = self.array(5, n, dtype=np.float32)
            yield "y", data(link(self.lib.Variable(x))), residual(x, *arrays)
            for p in (link.l1.W, link.l1.b, link.l2.W, link.l2.b):
                p.data = np.zeros_like(p.data)
            yield "y with all Parameters 0", data(link(self.lib.Variable(x))), x

    def check_gradients(self, Residual):
        """x is used twice: in l1, and where it is added. Each use has a gradient."""
        for n in (4, 3):
            link, arrays = self.ready(Residual, n)
            x, gy = self.variable(5, n, dtype=np.float32), self.array(5, n, dtype=np.float32)
            link.cleargrads()
            self.walk(link(x), gy)
            wide = [array.astype(np.float64) for array in arrays]
            yield "x.grad", x.grad, self.slopes(lambda x, w=wide: residual(x, *w), x.data, gy)
            h = np.tanh(x.data @ arrays[0].T + arrays[1])
            yield "l2.W.grad", link.l2.W.grad, gy.T @ h
            gh = gy @ arrays[2] * (1 - h * h)
            yield "l1.W.grad", link.l1.W.grad, gh.T @ x.data
            yield "l1.b.grad", link.l1.b.grad, gh.sum(axis=0)

    wrongs = [
        Wrong(
            "parameters",
            "the links are kept in a list, where no Chain looks",
            RESIDUAL.replace(
                "self.l1 = Linear(n, n)\n            self.l2 = Linear(n, n)",
                "self.layers = [Linear(n, n), Linear(n, n)]",
            )
            .replace("self.l2(", "self.layers[1](")
            .replace("self.l1(", "self.layers[0]("),
        ),
        Wrong(
            "parameters",
            "one Linear has both names, and is shared",
            RESIDUAL.replace("self.l2 = Linear(n, n)", "self.l2 = self.l1"),
        ),
        Wrong(
            "parameters",
            "the links are lazy, and W is not there yet",
            RESIDUAL.replace("Linear(n, n)", "Linear(n)"),
        ),
        Wrong(
            "parameters",
            "l1 and l2 are assigned outside init_scope",
            RESIDUAL.replace("with self.init_scope():", "if True:"),
        ),
        Wrong(
            "parameters",
            "l2 is assigned outside init_scope",
            RESIDUAL.replace("            self.l2 = Linear", "        self.l2 = Linear"),
        ),
        Wrong(
            "parameters",
            "the second link has one result only",
            RESIDUAL.replace("self.l2 = Linear(n, n)", "self.l2 = Linear(n, 1)"),
        ),
        Wrong(
            "parameters",
            "the class is built on another Link than a Chain",
            RESIDUAL.replace("(Chain)", "(Link)"),
        ),
        Wrong(
            "parameters",
            "`super().__init__()` is missing",
            RESIDUAL.replace("        super().__init__()\n", ""),
        ),
        Wrong("values", "x is not added", RESIDUAL.replace("return x + ", "return ")),
        Wrong("values", "tanh is missing", RESIDUAL.replace("tanh(self.l1(x))", "self.l1(x)")),
        Wrong(
            "values",
            "tanh is taken of the result of l2, too",
            RESIDUAL.replace("self.l2(tanh(self.l1(x)))", "tanh(self.l2(tanh(self.l1(x))))"),
        ),
        Wrong(
            "values",
            "tanh comes after l2 and not between",
            RESIDUAL.replace("self.l2(tanh(self.l1(x)))", "tanh(self.l2(self.l1(x)))"),
        ),
        Wrong(
            "values",
            "l2 comes before l1",
            RESIDUAL.replace("self.l2(tanh(self.l1(x)))", "self.l1(tanh(self.l2(x)))"),
        ),
        Wrong(
            "values", "l1 is called twice, and l2 never", RESIDUAL.replace("self.l2(", "self.l1(")
        ),
        Wrong("values", "the bend is relu and not tanh", RESIDUAL.replace("tanh(", "relu(")),
        Wrong(
            "values",
            "x is added before l2, which then changes it",
            RESIDUAL.replace("x + self.l2(tanh(self.l1(x)))", "self.l2(x + tanh(self.l1(x)))"),
        ),
        Wrong(
            "gradients",
            "the array of x is added, and the walk does not find this use",
            RESIDUAL.replace("return x +", "return x.data +"),
        ),
        Wrong(
            "gradients",
            "l1 gets the array of x, and the walk does not find this use",
            RESIDUAL.replace("self.l1(x)", "self.l1(x.data)"),
        ),
        Wrong(
            "gradients",
            "l2 gets an array, and the walk does not reach l1",
            RESIDUAL.replace("tanh(self.l1(x))", "tanh(self.l1(x)).data"),
        ),
        Wrong(
            "parameters",
            "the links are kept in the class by their size, and two Residuals share them",
            RESIDUAL.replace("    def __init__", "    made = {}\n\n    def __init__").replace(
                "self.l1 = Linear(n, n)\n            self.l2 = Linear(n, n)",
                "pair = self.made.setdefault(n, (Linear(n, n), Linear(n, n)))\n"
                "            self.l1, self.l2 = pair",
            ),
        ),
        Wrong(
            "values",
            "what goes into l2 is added to what comes out of it, and not x",
            RESIDUAL.replace(
                "return x + self.l2(tanh(self.l1(x)))",
                "h = tanh(self.l1(x))\n        return h + self.l2(h)",
            ),
        ),
        Wrong(
            "parameters",
            "both sizes are 4, whatever n is",
            RESIDUAL.replace("Linear(n, n)", "Linear(4, 4)"),
        ),
    ]


TWINS = """\
class Twins(Chain):
    def __init__(self, link):
        super().__init__()
        with self.init_scope():
            self.net = link

    def forward(self, x0, x1):
        return self.net(x0) - self.net(x1)
"""


class Twins(Task):
    def made(self, Twins):
        """Return a network of ours, and a link that was made with it."""
        lib = self.lib
        net = lib.Sequential(lib.Linear(3, 4), lib.tanh, lib.Linear(4, 2))
        arrays = []
        for p in net.params():
            arrays.append(self.array(*p.shape, dtype=np.float32, low=-1, high=1))
            p.data = arrays[-1].copy()
        return net, arrays, Twins(net)

    def out(self, x, W1, b1, W2, b2):
        return np.tanh(x @ W1.T + b1) @ W2.T + b2

    def inputs(self):
        return [self.variable(5, 3, dtype=np.float32) for _ in range(2)]

    def check_parameters(self, Twins):
        """Both ways lead through one network. It is there once, under the name net."""
        net, _, twins = self.made(Twins)
        x0, x1 = self.inputs()
        data(twins(x0, x1))
        yield 'hasattr(twins, "net")', hasattr(twins, "net"), True
        yield (
            "the parameters",
            parameters(twins),
            [(f"/net{name}", p) for name, p in parameters(net)],
        )
        same = [p is q for p, q in zip(twins.params(), net.params(), strict=False)]
        yield "whether they are the Parameters of the link that was given", all(same), True
        names = [name for name, value in vars(twins).items() if isinstance(value, self.lib.Link)]
        yield "under how many names it has a link", len(names), 1

    def check_values(self, Twins):
        """The result for the first input minus the result for the second."""
        net, arrays, twins = self.made(Twins)
        x0, x1 = self.inputs()
        yield "y", data(twins(x0, x1)), self.out(x0.data, *arrays) - self.out(x1.data, *arrays)
        for p in net.params():
            p.data *= 2
        twice = [2 * array for array in arrays]
        y = data(twins(x0, x1))
        yield (
            "y after the network has learned",
            y,
            self.out(x0.data, *twice) - self.out(x1.data, *twice),
        )

    def check_gradients(self, Twins):
        """Each use brings a gradient. That of the second one has a minus. None is cleared."""
        net, arrays, twins = self.made(Twins)
        x0, x1 = self.inputs()
        gy = self.array(5, 2, dtype=np.float32)
        net.cleargrads()
        before = net[0].W.grad = np.ones_like(net[0].W.data)
        y = twins(x0, x1)
        yield "a gradient that was there before, after the call", net[0].W.grad, before
        net.cleargrads()
        self.walk(y, gy)
        wide = [array.astype(np.float64) for array in arrays]
        yield "x0.grad", x0.grad, self.slopes(lambda x: self.out(x, *wide), x0.data, gy)
        yield "x1.grad", x1.grad, self.slopes(lambda x: self.out(x, *wide), x1.data, -gy)
        h0, h1 = [np.tanh(x.data @ arrays[0].T + arrays[1]) for x in (x0, x1)]
        yield "the gradient of W of the last Linear", net[2].W.grad, gy.T @ h0 - gy.T @ h1

    wrongs = [
        Wrong(
            "parameters",
            "there are two networks, a copy for the second input",
            TWINS.replace(
                "self.net = link", "self.net = link\n            self.other = link.copy('copy')"
            ).replace("self.net(x1)", "self.other(x1)"),
        ),
        Wrong(
            "parameters",
            "a copy is taken, which has Parameters of its own",
            TWINS.replace("self.net = link", "self.net = link.copy('copy')"),
        ),
        Wrong(
            "gradients",
            "copy() is taken: it shares the arrays, but its Parameters are others",
            TWINS.replace("self.net = link", "self.net = link.copy()"),
        ),
        Wrong(
            "parameters",
            "the network is assigned outside init_scope",
            TWINS.replace("with self.init_scope():", "if True:"),
        ),
        Wrong("parameters", "the child has another name", TWINS.replace("self.net", "self.link")),
        Wrong(
            "parameters",
            "the network is kept in a list",
            TWINS.replace("self.net = link", "self.both = [link, link]")
            .replace("self.net(x0)", "self.both[0](x0)")
            .replace("self.net(x1)", "self.both[1](x1)"),
        ),
        Wrong("values", "the results are added", TWINS.replace(") - self", ") + self")),
        Wrong(
            "values",
            "the first is subtracted from the second",
            TWINS.replace("self.net(x0) - self.net(x1)", "self.net(x1) - self.net(x0)"),
        ),
        Wrong(
            "values",
            "the inputs are subtracted before the network, which is bent",
            TWINS.replace("self.net(x0) - self.net(x1)", "self.net(x0 - x1)"),
        ),
        Wrong(
            "values",
            "the first input is used twice",
            TWINS.replace("x1)\n", "x0)\n").replace(
                "forward(self, x0, x0)", "forward(self, x0, x1)"
            ),
        ),
        Wrong(
            "values",
            "the size of the difference is returned, without its sign",
            TWINS.replace("self.net(x0) - self.net(x1)", "abs(self.net(x0) - self.net(x1))"),
        ),
        Wrong(
            "gradients",
            "the second result is an array, and brings no gradient",
            TWINS.replace("self.net(x1)", "self.net(x1).data"),
        ),
        Wrong(
            "gradients",
            "the first result is an array, and brings no gradient",
            TWINS.replace("self.net(x0)", "self.net(x0).data"),
        ),
        Wrong(
            "gradients",
            "the arrays of the inputs are used, which then get no gradient",
            TWINS.replace("self.net(x0) - self.net(x1)", "self.net(x0.data) - self.net(x1.data)"),
        ),
        Wrong(
            "parameters",
            "the link is a child twice, under two names",
            TWINS.replace(
                "self.net = link", "self.net = link\n            self.other = link"
            ).replace("self.net(x1)", "self.other(x1)"),
        ),
        Wrong(
            "values",
            "the network is kept in the class, and all Twins compute with the last one",
            TWINS.replace("self.net = link", "self.net = Twins.last = link").replace(
                "self.net(x0) - self.net(x1)", "Twins.last(x0) - Twins.last(x1)"
            ),
        ),
        Wrong(
            "gradients",
            "the gradients are cleared in `forward`, also those that are still needed",
            TWINS.replace("        return", "        self.cleargrads()\n        return"),
        ),
    ]


IN_PLACE = "p.data = share", "p.data[...] = share"
COMPARED = "shapes[0] != shapes[1]"
BLEND = """\
def blend(a, b, share):
    shapes = [[(k, p.shape) for k, p in link.namedparams()] for link in (a, b)]
    if shapes[0] != shapes[1]:
        raise ValueError("blend: expected two models with the same parameters.")
    model = a.copy("copy")
    for p, q in zip(model.params(), b.params()):
        p.data = share * p.data + (1 - share) * q.data
    return model
"""


class blend(Task):
    def model(self, hidden=4, out_size=2, ready=True, names=False, turned=None):
        """Return a model for 3 columns, with numbers of ours and a gradient for each.

        With `turned` 1 or -1 it has one parameter, of shape (3, 2) or (2, 3).
        """
        lib, sizes = self.lib, (hidden, out_size)
        if turned is not None:
            model = lib.Chain(l1=lib.Linear(*(2, 3)[::turned], nobias=True))
        elif names:
            model = lib.Chain(l1=lib.Linear(3, hidden), l2=lib.Linear(hidden, out_size))
        elif ready:
            model = lib.Sequential(lib.Linear(3, hidden), lib.tanh, lib.Linear(*sizes))
        else:
            model = lib.Sequential(lib.Linear(hidden), lib.tanh, lib.Linear(out_size))
        for p in model.params():
            p.data, p.grad = [self.array(*p.shape, dtype=np.float32).copy() for _ in range(2)]
        return model

    def arrays(self, model):
        if not hasattr(model, "params"):
            raise Mistake(
                f"your answer gives a value of type {type(model).__name__}, expected a model."
            )
        return [p.data.copy() for p in model.params()]

    def compare(self, blend, share, names=False):
        """Compare the parameters of the new model."""
        a, b = self.model(names=names), self.model(names=names)
        arrays = list(zip(self.arrays(a), self.arrays(b), strict=True))
        new = self.arrays(blend(a, b, share))
        yield "the number of parameters", len(new), len(arrays)
        for path, got, (p, q) in zip([k for k, _ in a.namedparams()], new, arrays, strict=True):
            mixed = (share * p.astype(float) + (1 - share) * q).astype(np.float32)
            yield f"{path} with the share {share}", got, mixed

    def text(self, blend, *given):
        """Return what the error says that is raised."""
        try:
            blend(*given)
        except Exception as error:
            return str(error)
        return ""

    def check_values(self, blend):
        """Each parameter is share times that of a, and the rest is that of b. a and b may be
        Sequentials, or other Chains."""
        for share in (0.5, 0.2, 0.9):
            yield from self.compare(blend, share)
        yield from self.compare(blend, 0.3, names=True)

    def check_kept(self, blend):
        """Neither a nor b may change, now or when the new model learns. Which copy is its own?
        Also with the share 1 or 0, the model is a new one."""
        yield from self.compare(blend, 0.3)
        a, b = self.model(), self.model()
        before = [self.arrays(model) for model in (a, b)]
        grads = [[p.grad for p in model.params()] for model in (a, b)]
        for share in (1, 0, 0.3):
            new = blend(a, b, share)
            yield f"whether the new model is a, with the share {share}", new is a, False
            yield f"whether the new model is b, with the share {share}", new is b, False
        for name, model, arrays in zip("ab", (a, b), grads, strict=True):
            kept = all(p.grad is array for p, array in zip(model.params(), arrays, strict=True))
            yield f"whether {name} still has its gradients", kept, True
        for when in ("after blend", "after the new model has learned"):
            for name, model, arrays in zip("ab", (a, b), before, strict=True):
                for (path, p), array in zip(model.namedparams(), arrays, strict=True):
                    yield f"{path} of {name} {when}", p.data, array
            for p in new.params():
                p.data += 1

    def check_called(self, blend):
        """The result is a model of the same kind: it can be called. No gradient comes along."""
        a, b = self.model(), self.model()
        mixed = [(0.4 * p + 0.6 * q) for p, q in zip(self.arrays(a), self.arrays(b), strict=True)]
        new = blend(a, b, 0.4)
        x = self.array(5, 3, dtype=np.float32)
        if not callable(new):
            raise Mistake(
                f"your answer gives a value of type {type(new).__name__}, expected a model."
            )
        y = data(new(self.lib.Variable(x)))
        yield "y", y, np.tanh(x @ mixed[0].T + mixed[1]) @ mixed[2].T + mixed[3]
        yield "the gradients of the new model", [p.grad for p in new.params()], [None] * 4

    def check_refused(self, blend):
        """Compare paths and shapes first, and say what is wrong. zip ends with the shorter list,
        and NumPy stretches."""
        square = {"hidden": 3, "out_size": 3}
        for what, a, b in [
            ("a lazy model and one that is not", {**square, "ready": False}, square),
            ("a model and a lazy one", square, {**square, "ready": False}),
            ("models with 1 and with 2 results", {"out_size": 1}, {}),
            ("models with 2 and with 1 results", {}, {"out_size": 1}),
            ("models with other paths", {}, {"names": True}),
            ("models with W of shape (3, 2) and (2, 3)", {"turned": 1}, {"turned": -1}),
        ]:
            a, b = self.model(**a), self.model(**b)
            error = self.raised(blend, a, b, 0.5)
            error = error if error in ("ValueError", "no error") else "another error"
            yield f"the error for {what}", error, "ValueError"
            yield "whether it has a text", bool(self.text(blend, a, b, 0.5)), True
        yield from self.compare(blend, 0.7)

    wrongs = [
        Wrong(
            "values",
            "the shares of a and b are exchanged",
            BLEND.replace(
                "share * p.data + (1 - share) * q.data", "(1 - share) * p.data + share * q.data"
            ),
        ),
        Wrong(
            "values",
            "the share is not used, and half is taken of each",
            BLEND.replace("    model =", "    share = 0.5\n    model ="),
        ),
        Wrong(
            "values",
            "both are multiplied by the share",
            BLEND.replace("(1 - share) * q", "share * q"),
        ),
        Wrong("values", "b is added as a whole", BLEND.replace("(1 - share) * q", "q")),
        Wrong(
            "values",
            "what comes out is a, unchanged: `p = ...`, for one, moves nothing",
            BLEND.replace("p.data = share", "p = share"),
        ),
        Wrong(
            "values",
            "only the first parameter is mixed",
            BLEND.replace("    return model", "        break\n    return model"),
        ),
        Wrong(
            "values", "the new model starts at random, with init", BLEND.replace('"copy"', '"init"')
        ),
        Wrong("kept", "the new model is a itself", BLEND.replace('a.copy("copy")', "a")),
        Wrong(
            "kept",
            "the new model is b itself",
            BLEND.replace('a.copy("copy")', "b")
            .replace("b.params()):", "a.params()):")
            .replace(
                "share * p.data + (1 - share) * q.data", "share * q.data + (1 - share) * p.data"
            ),
        ),
        Wrong(
            "kept",
            "copy() shares its arrays with a, and they are changed in place",
            BLEND.replace('"copy"', "").replace("p.data = share", "p.data[...] = share"),
        ),
        Wrong(
            "kept",
            "the list of parameters is mixed into b in place",
            BLEND.replace(
                "p.data = share * p.data + (1 - share) * q.data",
                "q.data *= 1 - share\n        p.data = share * p.data + q.data",
            ),
        ),
        Wrong(
            "values",
            "a list of arrays is returned, and no model",
            BLEND.replace("    return model", "    return [p.data for p in model.params()]"),
        ),
        Wrong(
            "called",
            "copy.deepcopy is taken, which copies the gradients of a as well",
            BLEND.replace('a.copy("copy")', "copy.deepcopy(a)"),
        ),
        Wrong(
            "called",
            "the gradients are mixed as well",
            BLEND.replace(
                "    return model",
                "    for p, q, r in zip(model.params(), a.params(), b.params()):\n"
                "        p.grad = share * q.grad + (1 - share) * r.grad\n    return model",
            ),
        ),
        Wrong(
            "refused",
            "nothing is compared, or no error is raised",
            BLEND.replace("if shapes", "if False and shapes"),
        ),
        Wrong(
            "refused",
            "only the paths are compared, and NumPy stretches what has another shape",
            BLEND.replace("(k, p.shape) for", "k for"),
        ),
        Wrong(
            "refused",
            "only the number of parameters is compared",
            BLEND.replace("if shapes[0] != shapes[1]", "if len(shapes[0]) != len(shapes[1])"),
        ),
        Wrong(
            "refused",
            "only the shapes are compared, and not the paths",
            BLEND.replace("[(k, p.shape) for k, p", "[p.shape for k, p"),
        ),
        Wrong(
            "refused",
            "another kind of error is raised",
            BLEND.replace("raise ValueError", "raise TypeError"),
        ),
        Wrong(
            "values",
            "only the parameters W are mixed, and b is that of a",
            BLEND.replace("        p.data", "        if p.ndim == 2:\n            p.data"),
        ),
        Wrong(
            "kept",
            "with the share 1 or 0, a or b itself is returned",
            BLEND.replace(
                "    model =",
                "    if share in (0, 1):\n        return a if share else b\n    model =",
            ),
        ),
        Wrong(
            "kept",
            "the gradients of a and b are cleared",
            BLEND.replace("    model =", "    a.cleargrads()\n    b.cleargrads()\n    model ="),
        ),
        Wrong(
            "refused",
            "nothing is compared, and the arrays are changed in place",
            BLEND.replace(COMPARED, "False").replace(*IN_PLACE),
        ),
        Wrong(
            "refused",
            "only the paths are compared, and the arrays are changed in place",
            BLEND.replace("(k, p.shape) for", "k for").replace(*IN_PLACE),
        ),
        Wrong(
            "refused",
            "only the number of parameters is compared, and the arrays are changed in place",
            BLEND.replace(COMPARED, "len(shapes[0]) != len(shapes[1])").replace(*IN_PLACE),
        ),
        Wrong(
            "refused",
            "only the sizes are compared, and one array is brought into the shape of the other",
            BLEND.replace("(k, p.shape)", "(k, p.size)").replace(
                "* q.data", "* q.data.reshape(p.shape)"
            ),
        ),
        Wrong(
            "refused",
            "the ValueError says nothing",
            BLEND.replace(
                'ValueError("blend: expected two models with the same parameters.")', "ValueError"
            ),
        ),
        Wrong(
            "refused",
            "the function returns None, and no error is raised",
            BLEND.replace("raise ValueError(", "return print("),
        ),
    ]
