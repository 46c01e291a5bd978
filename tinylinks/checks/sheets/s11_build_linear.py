"""Sheet 11: parameters of a Link, how large they are at first, and those that come later."""

import math

import numpy as np

from tinylinks.checks.task import Task, Wrong


def about(got, expected):
    """Return `expected` if a measured number is within 3 % of it, otherwise its first two digits.

    So that all answers of one kind give the same, whatever random numbers they draw.
    """
    return expected if abs(got - expected) < 0.03 * expected else float(f"{got:.2g}")


def parameters(link):
    return [(name, p.shape) for name, p in link.namedparams()]


COUNT = """\
def count_numbers(in_size, out_size, nobias=False):
    W = 0 if in_size is None else in_size * out_size
    return W if nobias else W + out_size
"""


class count_numbers(Task):
    without = ("Linear", "Link", "Parameter")

    def sizes(self):
        return int(self.rng.integers(2, 10)), int(self.rng.integers(2, 10))

    def check_ready(self, count_numbers):
        """Which shapes do W and b have? How many numbers are in each?"""
        for _ in range(3):
            n, m = self.sizes()
            yield f"count_numbers({n}, {m})", count_numbers(n, m), n * m + m

    def check_nobias(self, count_numbers):
        """With nobias=True there is no b."""
        for _ in range(3):
            n, m = self.sizes()
            yield f"count_numbers({n}, {m}, True)", count_numbers(n, m, True), n * m

    def check_lazy(self, count_numbers):
        """What is known of W before the first mini-batch? And of b?"""
        for _ in range(3):
            _, m = self.sizes()
            yield f"count_numbers(None, {m})", count_numbers(None, m), m
            yield f"count_numbers(None, {m}, True)", count_numbers(None, m, True), 0

    wrongs = [
        Wrong("ready", "b is not counted", COUNT.replace("W + out_size", "W")),
        Wrong("ready", "b has as many numbers as a row of x", COUNT.replace("W + out", "W + in")),
        Wrong("ready", "the sizes are added, not multiplied", COUNT.replace(" * ", " + ")),
        Wrong(
            "nobias", "b is counted although there is none", COUNT.replace("nobias else", "0 else")
        ),
        Wrong(
            "lazy",
            "b is taken to come with the first mini-batch, as W does",
            COUNT.replace("return W if", "return W if in_size is None or"),
        ),
        Wrong("lazy", "W is taken to be there", COUNT.replace("in_size is None", "False")),
        Wrong("ready", "b is counted as one number", COUNT.replace("W + out_size", "W + 1")),
        Wrong(
            "ready",
            "nobias is taken the other way round",
            COUNT.replace("W if nobias else W + out_size", "W + out_size if nobias else W"),
        ),
        Wrong(
            "lazy",
            "while W is missing, b is counted in spite of nobias",
            COUNT.replace("if nobias", "if nobias and in_size is not None"),
        ),
        Wrong(
            "ready",
            "a Linear is made and asked, and this task is to be done without",
            """\
def count_numbers(in_size, out_size, nobias=False):
    return sum(p.size for p in Linear(in_size, out_size, nobias).params())
""",
        ),
        Wrong(
            "ready",
            "the parameters are counted, and not the numbers in them",
            """\
def count_numbers(in_size, out_size, nobias=False):
    return (in_size is not None) + (not nobias)
""",
        ),
    ]


AFFINE = """\
class Affine(Link):
    def __init__(self, in_size, out_size, nobias=False):
        super().__init__()
        with self.init_scope():
            self.W = Parameter(LeCunNormal(), (out_size, in_size))
            self.b = None if nobias else Parameter(0.0, (out_size,))

    def forward(self, x):
        return linear(x, self.W, self.b)
"""


class Affine(Task):
    without = ("Linear",)

    join = """\
lazy = book.Linear.forward


def forward(self, x, *options, **more):
    if options or more or self.in_size is None or x.ndim != 2:
        return lazy(self, x, *options, **more)
    return Affine.forward(self, x)


book.Linear.forward = forward
"""

    def check_parameters(self, Affine):
        """A parameter is registered inside init_scope. A row of W makes one result."""
        yield "parameters", parameters(Affine(3, 2)), [("/W", (2, 3)), ("/b", (2,))]
        link = Affine(4, 5, nobias=True)
        yield "parameters with nobias=True", parameters(link), [("/W", (5, 4))]
        yield "b with nobias=True", link.b, None

    def check_first_values(self, Affine):
        """b starts at 0, and W with the numbers of LeCunNormal, others each time: normal, of
        the variance 1/n. What is n, and what is the spread?"""
        for n, m in [(400, 100), (100, 400)]:
            self.seed()
            link = Affine(n, m)
            yield "the spread of W", about(float(link.W.data.std()), 1 / math.sqrt(n)), n**-0.5
            yield "b", link.b.data, np.zeros(m, np.float32)
            yield "the dtype of W", str(link.W.data.dtype), "float32"
            W = link.W.data
            far = float((np.abs(W) > 2 * W.std()).mean())
            far = 0.046 if abs(far - 0.046) < 0.01 else far
            yield "the share of W beyond two spreads", far, 0.046
            again = Affine(n, m).W.data
            yield "whether the next Affine starts with the same W", bool((again == W).all()), False

    def ready(self, Affine, nobias):
        """Return a link whose parameters have values of ours."""
        link = Affine(3, 2, nobias=nobias)
        W, b = self.array(2, 3, dtype=np.float32), self.array(2, dtype=np.float32)
        link.W.data[...] = W
        if not nobias:
            link.b.data[...] = b
        Affine(3, 2, nobias=nobias)  # another one, made later, changes nothing
        return link, W, np.zeros_like(b) if nobias else b

    def check_values(self, Affine):
        """Each row of y is W times a row of x, and b is added to it."""
        for nobias in (False, True):
            link, W, b = self.ready(Affine, nobias)
            x = self.array(5, 3, dtype=np.float32)
            y = link(self.lib.Variable(x))
            self.walk(y, np.ones((5, 2), np.float32))
            yield "y", y.data, x @ W.T + b

    def check_gradients(self, Affine):
        """The function gets the Parameters themselves: only so the walk finds them."""
        for nobias in (False, True):
            link, W, _ = self.ready(Affine, nobias)
            x, gy = self.variable(5, 3, dtype=np.float32), self.array(5, 2, dtype=np.float32)
            self.walk(link(x), gy)
            yield "x.grad", x.grad, gy @ W
            yield "W.grad", link.W.grad, gy.T @ x.data
            if not nobias:
                yield "b.grad", link.b.grad, gy.sum(axis=0)

    wrongs = [
        Wrong(
            "parameters",
            "W has the shape (in_size, out_size)",
            AFFINE.replace("(out_size, in_size)", "(in_size, out_size)"),
        ),
        Wrong(
            "parameters",
            "the parameters are assigned outside init_scope, so nothing is registered",
            AFFINE.replace("with self.init_scope():", "if True:"),
        ),
        Wrong(
            "parameters",
            "b is there in spite of nobias=True",
            AFFINE.replace("None if nobias else Parameter", "Parameter"),
        ),
        Wrong(
            "first_values",
            "the variance 1/n is taken for the spread",
            AFFINE.replace("LeCunNormal()", "LeCunNormal(in_size**-0.5)"),
        ),
        Wrong("first_values", "W starts at 0, too", AFFINE.replace("LeCunNormal()", "0.0")),
        Wrong(
            "first_values",
            "b starts at random, as W does",
            AFFINE.replace("Parameter(0.0, (out_size,))", "Parameter(LeCunNormal(), (out_size,))"),
        ),
        Wrong("values", "b is not added", AFFINE.replace("self.W, self.b", "self.W")),
        Wrong(
            "values",
            "the result is transposed",
            AFFINE.replace("self.W, self.b)", "self.W, self.b).T"),
        ),
        Wrong(
            "gradients",
            "the function gets the array of W, and the walk ends there",
            AFFINE.replace("self.W, self.b", "self.W.data, self.b"),
        ),
        Wrong(
            "parameters",
            "the finished Linear is taken under another name",
            """\
class Affine(Linear):
    def __init__(self, in_size, out_size, nobias=False):
        super().__init__(in_size, out_size, nobias=nobias)
""",
        ),
        Wrong(
            "parameters",
            "b is made before W",
            """\
class Affine(Link):
    def __init__(self, in_size, out_size, nobias=False):
        super().__init__()
        with self.init_scope():
            self.b = None if nobias else Parameter(0.0, (out_size,))
            self.W = Parameter(LeCunNormal(), (out_size, in_size))

    def forward(self, x):
        return linear(x, self.W, self.b)
""",
        ),
        Wrong(
            "first_values",
            "`np.random.seed` is called, and all that is made starts with the same numbers",
            AFFINE.replace("        with self", "        np.random.seed(0)\n        with self"),
        ),
        Wrong(
            "first_values",
            "a generator with a fixed seed is made for each Affine, and all start with the same W",
            AFFINE.replace("LeCunNormal()", "draw")
            + """

def draw(array):
    array[...] = np.random.RandomState(0).normal(0, array.shape[1] ** -0.5, array.shape)
""",
        ),
        Wrong(
            "first_values",
            "the numbers of W are spread evenly, and not normal",
            AFFINE.replace(
                "Parameter(LeCunNormal(), (out_size, in_size))",
                "Parameter(0.0, (out_size, in_size))\n"
                "            limit = (3 / in_size) ** 0.5\n"
                "            W = self.W.data\n"
                "            W[...] = np.random.uniform(-limit, limit, W.shape)",
            ),
        ),
        Wrong(
            "values",
            "the last Affine that was made is kept in the class, and all compute with it",
            AFFINE.replace(
                "        with self", "        Affine.last = self\n        with self"
            ).replace("self.W, self.b)", "Affine.last.W, Affine.last.b)"),
        ),
        Wrong(
            "gradients",
            "the function gets the arrays of W and b, and the walk ends there",
            AFFINE.replace(
                "self.W, self.b)", "self.W.data, self.b if self.b is None else self.b.data)"
            ),
        ),
        Wrong(
            "parameters",
            "a finished Linear is made inside, and its Parameters are taken",
            AFFINE.replace(
                "Parameter(LeCunNormal(), (out_size, in_size))", "Linear(in_size, out_size).W"
            ),
        ),
    ]


DIAGONAL = """\
class Diagonal(Link):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        if hasattr(self, "d"):
            return self.d * x
        d = Parameter(1.0, (x.shape[1],))
        y = d * x
        with self.init_scope():
            self.d = d
        return y
"""


class Diagonal(Task):
    def check_waits(self, Diagonal):
        """Before the first mini-batch the attribute is not there. It counts the columns of x."""
        link = Diagonal()
        yield 'hasattr(link, "d") before', hasattr(link, "d"), False
        yield "parameters before", parameters(link), []
        x = self.array(5, 3, dtype=np.float32)
        y = link(self.lib.Variable(x))
        yield "parameters after a mini-batch of shape (5, 3)", parameters(link), [("/d", (3,))]
        yield "d", link.d.data, np.ones(3, np.float32)
        yield "y with this d", y.data, x
        link = Diagonal()
        link(self.variable(2, 4, dtype=np.float32))
        yield "parameters after a mini-batch of shape (2, 4)", parameters(link), [("/d", (4,))]

    def ready(self, Diagonal):
        link, d = Diagonal(), self.array(3, dtype=np.float32)
        link(self.variable(5, 3, dtype=np.float32))
        link.d.data[...] = d
        return link, d

    def check_values(self, Diagonal):
        """The first mini-batch decides for good: later ones use the same d."""
        link, d = self.ready(Diagonal)
        x = self.array(4, 3, dtype=np.float32)
        yield "y", link(self.lib.Variable(x)).data, d * x

    def check_gradients(self, Diagonal):
        """d is used for each row, so its gradients add up. The function gets d itself."""
        link, d = self.ready(Diagonal)
        x, gy = self.variable(4, 3, dtype=np.float32), self.array(4, 3, dtype=np.float32)
        link.cleargrads()
        self.walk(link(x), gy)
        yield "x.grad", x.grad, gy * d
        yield "d.grad", link.d.grad, (gy * x.data).sum(axis=0)
        fresh, x = Diagonal(), self.variable(4, 3, dtype=np.float32)
        y = fresh(x)
        yield (
            "whether the result of the first mini-batch has a creator",
            y.creator is not None,
            True,
        )
        self.walk(y, gy)
        yield "d.grad of the first mini-batch", fresh.d.grad, (gy * x.data).sum(axis=0)

    def check_refused(self, Diagonal):
        """A mini-batch that cannot be computed decides nothing. When do you keep d?"""
        link = Diagonal()
        wrong = self.variable(5, 4, dtype=np.float64)
        yield "the error for a Variable of float64", self.raised(link, wrong), "TypeError"
        yield 'hasattr(link, "d") after it', hasattr(link, "d"), False
        yield "y.shape", link(self.variable(5, 3, dtype=np.float32)).shape, (5, 3)
        link = Diagonal()
        refused = self.raised(link, self.variable(2, 3, 4, dtype=np.float32)) != "no error"
        if refused:  # a product of the last axis can be computed
            yield 'hasattr(link, "d") after a refused one of three axes', hasattr(link, "d"), False

    wrongs = [
        Wrong(
            "waits",
            "d is None before the first mini-batch, a trap that snaps later",
            """\
class Diagonal(Link):
    def __init__(self):
        super().__init__()
        self.d = None

    def forward(self, x):
        if self.d is None:
            d = Parameter(1.0, (x.shape[1],))
            y = d * x
            with self.init_scope():
                self.d = d
            return y
        return self.d * x
""",
        ),
        Wrong(
            "waits",
            "the rows of x are counted, not its columns",
            DIAGONAL.replace("x.shape[1]", "x.shape[0]"),
        ),
        Wrong(
            "waits",
            "d is assigned outside init_scope, so it is not registered",
            DIAGONAL.replace("with self.init_scope():", "if True:"),
        ),
        Wrong("waits", "d starts at 0, and y is 0", DIAGONAL.replace("1.0", "0.0")),
        Wrong(
            "values",
            "d is made again for each mini-batch",
            DIAGONAL.replace('hasattr(self, "d")', "False"),
        ),
        Wrong("values", "d is added", DIAGONAL.replace("self.d * x", "self.d + x")),
        Wrong(
            "gradients",
            "the array of d is used, and the walk ends there",
            DIAGONAL.replace("return self.d * x", "return self.d.data * x"),
        ),
        Wrong(
            "refused",
            "d is kept before it is known whether x can be computed with",
            """\
class Diagonal(Link):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        if not hasattr(self, "d"):
            with self.init_scope():
                self.d = Parameter(1.0, (x.shape[1],))
        return self.d * x
""",
        ),
        Wrong(
            "waits",
            "there are always three columns",
            DIAGONAL.replace("x.shape[1]", "3"),
        ),
        Wrong(
            "waits",
            "d is kept in the class, and all Diagonals share it",
            DIAGONAL.replace("            self.d = d", "            self.d = Diagonal.d = d"),
        ),
        Wrong(
            "gradients",
            "the first mini-batch itself is returned, and no product",
            DIAGONAL.replace("return y", "return x"),
        ),
        Wrong(
            "refused",
            "the dtype is asked first, but there are other reasons why the product is refused",
            """\
class Diagonal(Link):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        if not hasattr(self, "d"):
            if x.dtype != np.float32:
                raise TypeError("Diagonal: expected float32.")
            with self.init_scope():
                self.d = Parameter(1.0, (x.shape[1],))
        return self.d * x
""",
        ),
        Wrong(
            "refused",
            "d takes the dtype of x, and is not float32",
            DIAGONAL.replace(
                "Parameter(1.0, (x.shape[1],))", "Parameter(np.ones(x.shape[1], x.dtype))"
            ),
        ),
        Wrong(
            "refused",
            "the error is caught, and nobody hears of it",
            """\
class Diagonal(Link):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        if hasattr(self, "d"):
            return self.d * x
        d = Parameter(1.0, (x.shape[1],))
        try:
            y = d * x
        except Exception:
            return x
        with self.init_scope():
            self.d = d
        return y
""",
        ),
    ]


HE = """\
class HeNormal:
    def __call__(self, array):
        fan_in = math.prod(array.shape[1:])
        std = math.sqrt(2 / fan_in)
        array[...] = np.random.normal(0.0, std, array.shape)
"""


class HeNormal(Task):
    def filled(self, HeNormal, *shape, dtype=np.float32):
        self.seed()
        array = np.full(shape, np.nan, dtype)
        HeNormal()(array)
        return array

    def check_fills(self, HeNormal):
        """The array that was given gets the numbers, others each time: array[...] = ..."""
        for dtype in (np.float32, np.float64):
            array = self.filled(HeNormal, 50, 40, dtype=dtype)
            yield "the number of nan left in the array", int(np.isnan(array).sum()), 0
            yield "how many different numbers there are", min(len(np.unique(array)), 1000), 1000
            again = np.full((50, 40), np.nan, dtype)
            HeNormal()(again)
            yield "whether the next array gets the same", bool((again == array).all()), False

    def check_spread(self, HeNormal):
        """The variance is 2/n. Is n the number of rows or of columns? And what is the spread?"""
        for shape in [(500, 400), (200, 800)]:
            expected = math.sqrt(2 / shape[1])
            spread = float(self.filled(HeNormal, *shape).std())
            yield f"the spread for the shape {shape}", about(spread, expected), expected

    def check_more_axes(self, HeNormal):
        """If there are more axes, all but the first count."""
        for shape in [(40, 20, 100), (50, 4, 5, 100)]:
            expected = math.sqrt(2 / math.prod(shape[1:]))
            spread = float(self.filled(HeNormal, *shape).std())
            yield f"the spread for the shape {shape}", about(spread, expected), expected

    def check_normal(self, HeNormal):
        """Normal numbers lie around 0, and some of them lie far out."""
        array = self.filled(HeNormal, 500, 400)
        yield "the mean, in spreads", round(abs(float(array.mean() / array.std())), 1), 0.0
        far = float((np.abs(array) > 2 * array.std()).mean())
        yield "the share beyond two spreads", 0.046 if abs(far - 0.046) < 0.005 else far, 0.046

    wrongs = [
        Wrong(
            "fills",
            "the given array stays as it was, as when a new one is returned",
            HE.replace("array[...] =", "return"),
        ),
        Wrong(
            "fills",
            "all numbers of the array are the same one",
            HE.replace(", array.shape)", ")"),
        ),
        Wrong(
            "spread",
            "the number of rows is taken, which is fan_out",
            HE.replace("math.prod(array.shape[1:])", "array.shape[0]"),
        ),
        Wrong("spread", "the variance is taken for the spread", HE.replace("math.sqrt", "float")),
        Wrong(
            "spread",
            "the variance is 1/n, as in LeCunNormal",
            HE.replace("2 / fan_in", "1 / fan_in"),
        ),
        Wrong(
            "more_axes",
            "only the second axis counts",
            HE.replace("math.prod(array.shape[1:])", "array.shape[1]"),
        ),
        Wrong(
            "more_axes",
            "only the last axis counts",
            HE.replace("math.prod(array.shape[1:])", "array.shape[-1]"),
        ),
        Wrong(
            "normal",
            "the numbers are spread evenly, and none of them lies far out",
            HE.replace(
                "np.random.normal(0.0, std,", "np.random.uniform(-std * 3**0.5, std * 3**0.5,"
            ),
        ),
        Wrong(
            "normal",
            "the numbers lie around 1 and not around 0",
            HE.replace("normal(0.0,", "normal(1.0,"),
        ),
        Wrong(
            "fills",
            "one row is drawn, and all rows get it",
            HE.replace(", array.shape)", ", array.shape[1:])"),
        ),
        Wrong(
            "fills",
            "a generator with a fixed seed is made at each call, and all arrays get the same",
            HE.replace("np.random.normal", "np.random.RandomState(0).normal"),
        ),
        Wrong(
            "fills",
            "`np.random.seed` is called, and all arrays get the same",
            HE.replace("        fan_in", "        np.random.seed(0)\n        fan_in", 1),
        ),
        Wrong(
            "spread",
            "the numbers of LeCunNormal are doubled, which doubles the spread and not the variance",
            HE.replace("math.sqrt(2 / fan_in)", "2 * math.sqrt(1 / fan_in)"),
        ),
        Wrong(
            "spread",
            "all numbers of the array are counted",
            HE.replace("math.prod(array.shape[1:])", "array.size"),
        ),
        Wrong(
            "normal",
            "each number is the spread itself, with a sign at random",
            HE.replace(
                "np.random.normal(0.0, std, array.shape)",
                "std * np.random.choice([-1, 1], array.shape)",
            ),
        ),
    ]
