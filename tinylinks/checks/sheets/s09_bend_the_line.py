"""Sheet 9: two bends, weights that are thought out, and weights that are learned."""

import itertools

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong

LEAKY = """\
class LeakyReLU(Function):
    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        self.retain_inputs((0,))
        return np.where(x > 0, x, self.slope * x)

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return np.where(x > 0, gy, self.slope * gy)
"""


class LeakyReLU(Task):
    def walked(self, LeakyReLU, x, slope):
        """Return the value, the gradient, and the gradient of y."""
        v, gy = self.lib.Variable(x), self.array(*x.shape, dtype=x.dtype)
        y = LeakyReLU(slope).apply(v)
        self.walk(y, gy)
        return y.data, v.grad, gy

    def check_values(self, LeakyReLU):
        """Right of 0 the line has the slope 1, left of 0 the slope that was given."""
        for slope in (0.2, 0.05):
            x = self.array(3, 4)
            y = LeakyReLU(slope).apply(self.lib.Variable(x))
            yield "y", y.data, np.maximum(x, 0) + slope * np.minimum(x, 0)

    def check_gradients(self, LeakyReLU):
        """The gradient is gy times the slope at x. What is the slope where x is negative?"""
        for slope in (0.2, 0.05):
            x = self.array(3, 4)
            _, gx, gy = self.walked(LeakyReLU, x, slope)
            yield "x.grad", gx, gy * [[1 if value > 0 else slope for value in row] for row in x]

    def check_at_zero(self, LeakyReLU):
        """At 0 itself, take the slope of the left side."""
        x = self.watch(np.array([-0.0, 3.0, 0.0, -2.0]))
        _, gx, gy = self.walked(LeakyReLU, x, 0.2)
        yield "x.grad", gx, gy * [0.2, 1, 0.2, 0.2]

    def check_in_a_graph(self, LeakyReLU):
        """gy goes to other branches of the graph as well: it stays as it is, and each gradient is
        the slope times gy."""
        x, w, gy = self.variable(3, 4), self.variable(3, 4), self.array(3, 4)
        for swapped in (False, True):
            x.cleargrad()
            w.cleargrad()
            bent = LeakyReLU(0.2).apply(x)
            self.walk(w + bent if swapped else bent + w, gy)
            yield "x.grad", x.grad, np.where(x.data > 0, gy, 0.2 * gy)
            yield "the gradient of w in y = LeakyReLU(0.2).apply(x) + w", w.grad, gy

    def check_float32(self, LeakyReLU):
        """y and the gradient have the dtype of x."""
        x = self.array(3, dtype=np.float32)
        y, gx, gy = self.walked(LeakyReLU, x, 0.2)
        yield "y", y, np.maximum(x, 0) + 0.2 * np.minimum(x, 0)
        yield "x.grad", gx, np.where(x > 0, gy, np.float32(0.2) * gy)

    wrongs = [
        Wrong(
            "values",
            "the left side is 0: that is relu",
            LEAKY.replace("x, self.slope * x", "x, 0 * x"),
        ),
        Wrong(
            "values",
            "the left side bends up: that is a kind of abs",
            LEAKY.replace("x, self.slope * x", "x, -self.slope * x"),
        ),
        Wrong("values", "the sides are exchanged", LEAKY.replace("x > 0, x", "x < 0, x")),
        Wrong(
            "values",
            "the left side is level, at the height of the slope",
            LEAKY.replace("x, self.slope * x", "x, self.slope"),
        ),
        Wrong("values", "the slope is 0.2, whatever was given", LEAKY.replace("= slope", "= 0.2")),
        Wrong(
            "gradients",
            "the gradient is 0 on the left: that is relu",
            LEAKY.replace("self.slope * gy", "0 * gy"),
        ),
        Wrong(
            "gradients",
            "the gradient is 1 everywhere, as if nothing were bent",
            LEAKY.replace("gy, self.slope * gy", "gy, gy"),
        ),
        Wrong(
            "gradients",
            "gy is multiplied by y and not by the slope",
            LEAKY.replace("gy, self.slope * gy", "gy * x, self.slope * x * gy"),
        ),
        Wrong(
            "gradients",
            "gy is not used: the slopes alone are returned",
            LEAKY.replace("gy, self.slope * gy", "np.ones_like(gy), self.slope"),
        ),
        Wrong(
            "gradients",
            "it is asked whether gy is positive, and not x",
            LEAKY.replace("x > 0", "gy > 0"),
        ),
        Wrong(
            "gradients",
            "nothing was retained in forward",
            LEAKY.replace("        self.retain_inputs((0,))\n", ""),
        ),
        Wrong(
            "gradients",
            "`.data` is asked of an array, where it is the raw memory",
            LEAKY.replace("x > 0, gy", "x.data > 0, gy"),
        ),
        Wrong(
            "gradients",
            "the tuple of all retained inputs is taken for x",
            LEAKY.replace("(x,) =", "x ="),
        ),
        Wrong(
            "in_a_graph",
            "gy is changed in place, where another input gets the same array",
            LEAKY.replace(
                "return np.where(x > 0, gy, self.slope * gy)",
                "gy[x <= 0] *= self.slope\n        return gy",
            ),
        ),
        Wrong("at_zero", "the number 0 counts as the right side", LEAKY.replace("x > 0", "x >= 0")),
        Wrong(
            "at_zero",
            "the gradient at 0 is 0, as with sign",
            LEAKY.replace("self.slope * gy)", "self.slope * gy) * (x != 0)"),
        ),
        Wrong(
            "float32",
            "np.where makes an array of float64 out of two Python numbers",
            LEAKY.replace(
                "np.where(x > 0, gy, self.slope * gy)",
                "gy * np.where(x > 0, 1.0, self.slope)",
            ),
        ),
        Wrong(
            "values",
            "the slope is kept in the class, and the last one that was made decides for all",
            LEAKY.replace("self.slope", "LeakyReLU.slope"),
        ),
        Wrong(
            "gradients",
            "x is kept in the class, where the next use overwrites it",
            LEAKY.replace("self.retain_inputs((0,))", "LeakyReLU.x = x").replace(
                "(x,) = self.get_retained_inputs()", "x = LeakyReLU.x"
            ),
        ),
        Wrong(
            "values",
            "the left side is 0 on both ways: that is relu",
            LEAKY.replace("self.slope * x", "0 * x").replace("self.slope * gy", "0 * gy"),
        ),
    ]


SOFTPLUS = """\
class Softplus(Function):
    def forward(self, x):
        self.retain_inputs((0,))
        return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return gy / (1 + np.exp(-x))
"""


class Softplus(Task):
    without = ("np.logaddexp",)

    def walked(self, Softplus, x):
        """Return the value, the gradient, and the gradient of y."""
        v, gy = self.lib.Variable(x), self.array(*x.shape, dtype=x.dtype)
        y = Softplus().apply(v)
        self.walk(y, gy)
        return y.data, v.grad, gy

    def check_values(self, Softplus):
        """It is log(1 + exp(x)), for each number by itself."""
        x = self.array(3, 4)
        yield "y", Softplus().apply(self.lib.Variable(x)).data, np.logaddexp(0, x)

    def check_gradients(self, Softplus):
        """1 + exp(x) has the slope exp(x), and log(u) has the slope 1/u. Multiply."""
        x = self.array(3, 4)
        _, gx, gy = self.walked(Softplus, x)
        yield "x.grad", gx, self.slopes(lambda x: np.logaddexp(0, x), x, gy)

    def check_large(self, Softplus):
        """exp(1000) is infinite. Far to the right the result is x, with the slope 1."""
        x = self.watch(np.array([[1000.0, -2.0], [-1000.0, 500.0]]))
        y, gx, gy = self.walked(Softplus, x)
        yield "y", y, np.logaddexp(0, x)
        yield "x.grad", gx, gy * [[1, np.exp(-2) / (1 + np.exp(-2))], [0, 1]]

    def check_between(self, Softplus):
        """The formula holds at 5 and at -5 as well. From where on is x, or 0, near enough?"""
        right = np.arange(2, 30) + self.rng.uniform(0.2, 0.8, 28)
        x = self.watch(np.array([right, -right]))
        y, gx, gy = self.walked(Softplus, x)
        yield "y", y, np.logaddexp(0, x)
        yield "x.grad", gx, gy * np.exp(x - np.logaddexp(0, x))

    def check_float32(self, Softplus):
        """y and the gradient have the dtype of x."""
        x = self.array(3, dtype=np.float32)
        y, gx, gy = self.walked(Softplus, x)
        yield "y", y, np.logaddexp(np.float32(0), x)
        yield "x.grad", gx, self.slopes(lambda x: np.logaddexp(0, x), x, gy)

    wrongs = [
        Wrong(
            "values",
            "the 1 is forgotten: log(exp(x)) is x",
            SOFTPLUS.replace("np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))", "np.log(np.exp(x))"),
        ),
        Wrong(
            "values",
            "exp is taken of -x",
            SOFTPLUS.replace("np.maximum(x, 0)", "np.maximum(-x, 0)"),
        ),
        Wrong(
            "values",
            "the numbers are added up before the log",
            SOFTPLUS.replace("np.log1p(np.exp(-abs(x)))", "np.log1p(np.exp(-abs(x)).sum())"),
        ),
        Wrong(
            "values",
            "the log is that to the base 2",
            SOFTPLUS.replace("np.log1p(np.exp(-abs(x)))", "np.log2(1 + np.exp(-abs(x)))"),
        ),
        Wrong(
            "values",
            "what was split off is not added again",
            SOFTPLUS.replace("np.maximum(x, 0) + ", ""),
        ),
        Wrong(
            "values",
            "the minus in the exponent is forgotten",
            SOFTPLUS.replace("-abs(x)", "abs(x)"),
        ),
        Wrong(
            "gradients",
            "the slope of exp is forgotten, or the exponent has the wrong sign",
            SOFTPLUS.replace("np.exp(-x)", "np.exp(x)"),
        ),
        Wrong(
            "gradients",
            "the slope of exp is used, and that of log is forgotten",
            SOFTPLUS.replace("gy / (1 + np.exp(-x))", "gy * np.exp(x)"),
        ),
        Wrong(
            "gradients",
            "the output was retained, and the formula is the one for the input",
            SOFTPLUS.replace("retain_inputs", "retain_outputs").replace(
                "retained_inputs", "retained_outputs"
            ),
        ),
        Wrong("gradients", "gy is not used", SOFTPLUS.replace("gy /", "1 /")),
        Wrong(
            "gradients",
            "the slope is multiplied by y, too",
            SOFTPLUS.replace("return gy", "return np.logaddexp(0, x) * gy"),
        ),
        Wrong(
            "gradients",
            "the slope is that of relu",
            SOFTPLUS.replace("gy / (1 + np.exp(-x))", "gy * (x > 0)"),
        ),
        Wrong(
            "gradients",
            "the slope is that of sigmoid, s times 1 - s, and not sigmoid itself",
            SOFTPLUS.replace(
                "return gy / (1 + np.exp(-x))",
                "s = 1 / (1 + np.exp(-x))\n        return gy * s * (1 - s)",
            ),
        ),
        Wrong(
            "large",
            "the form for positive numbers is used for negative ones, too",
            SOFTPLUS.replace("np.maximum(x, 0)", "x").replace("-abs(x)", "-x"),
        ),
        Wrong(
            "large",
            "the formula is computed as it stands, and exp(1000) is infinite",
            SOFTPLUS.replace(
                "np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))", "np.log(1 + np.exp(x))"
            ),
        ),
        Wrong(
            "large",
            "in the gradient infinity is divided by infinity, which is nan",
            SOFTPLUS.replace("gy / (1 + np.exp(-x))", "gy * np.exp(x) / (1 + np.exp(x))"),
        ),
        Wrong(
            "large",
            "x is cut off at 20, and so is the result",
            SOFTPLUS.replace(
                "np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))",
                "np.log(1 + np.exp(np.minimum(x, 20)))",
            ),
        ),
        Wrong(
            "float32",
            "the gradient is made in float64",
            SOFTPLUS.replace("return gy", "return gy.astype(float)"),
        ),
        Wrong(
            "gradients",
            "the comma in `(x,) = ...` is missing, so that x is a tuple",
            SOFTPLUS.replace("(x,) =", "x ="),
        ),
        Wrong(
            "values",
            "`np.logaddexp` is used, which the task is to be done without",
            SOFTPLUS.replace(
                "np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))", "np.logaddexp(0, x).astype(x.dtype)"
            ),
        ),
        Wrong(
            "gradients",
            "the slope is computed with the size of x, as if both sides had the same",
            SOFTPLUS.replace("np.exp(-x))", "np.exp(-abs(x)))"),
        ),
        Wrong(
            "gradients",
            "x is kept in the class, where the next use overwrites it",
            SOFTPLUS.replace("self.retain_inputs((0,))", "Softplus.x = x").replace(
                "(x,) = self.get_retained_inputs()", "x = Softplus.x"
            ),
        ),
        Wrong(
            "gradients",
            "gy is divided in place, where another input gets the same array",
            SOFTPLUS.replace(
                "return gy / (1 + np.exp(-x))", "gy /= 1 + np.exp(-x)\n        return gy"
            ),
        ),
        Wrong(
            "large",
            "the formula is computed as it stands, in the value and in the slope",
            SOFTPLUS.replace(
                "np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))", "np.log(1 + np.exp(x))"
            ).replace("gy / (1 + np.exp(-x))", "gy * np.exp(x) / (1 + np.exp(x))"),
        ),
        Wrong(
            "between",
            "from 2 on the result is x, which is only nearly so there",
            SOFTPLUS.replace(
                "np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))",
                "np.where(x > 2, x, np.log1p(np.exp(np.minimum(x, 2))))",
            ),
        ),
        Wrong(
            "between",
            "below -5 the result is 0, which is only nearly so there",
            SOFTPLUS.replace("return np.max", "return (x > -5) * (np.max").replace(
                "abs(x)))", "abs(x))))"
            ),
        ),
    ]


ONE = """\
def exactly_one(n):
    W1 = np.ones((3, n))
    b1 = np.array([0.0, -1.0, -2.0])
    W2 = np.array([[1.0, -2.0, 1.0]])
    b2 = np.zeros(1)
    return W1, b1, W2, b2
"""


class exactly_one(Task):
    def weights(self, exactly_one, n):
        given = self.parts(exactly_one(n), 4)
        if any(isinstance(w, self.lib.Variable) for w in given):
            raise Mistake("your answer gives Variables, expected arrays.")
        weights = [np.asarray(w, np.float64) for w in given]
        shapes = [w.shape for w in weights]
        hidden = [shape[0] for shape in (shapes[1], shapes[0], (0,)) if shape][0]
        return weights, shapes, [(hidden, n), (hidden,), (1, hidden), (1,)]

    def check_shapes(self, exactly_one):
        """A row of W1 belongs to a hidden number, and has an entry for each switch."""
        for n in (2, 3, 4):
            _, shapes, expected = self.weights(exactly_one, n)
            names = ("W1", "b1", "W2", "b2")
            for name, shape, wanted in zip(names, shapes, expected, strict=True):
                yield f"the shape of {name} for {n} switches", shape, wanted

    def answers(self, exactly_one, n):
        """Compare what the network says with what it should say, in all cases."""
        (W1, b1, W2, b2), shapes, expected = self.weights(exactly_one, n)
        if shapes != expected or expected[0][0] == 0:
            raise Mistake(f"the shapes for {n} switches are {shapes}, and do not fit.")
        for on in range(n + 1):
            for which in itertools.combinations(range(n), on):
                x = np.zeros(n)
                x[list(which)] = 1
                y = np.maximum(W1 @ x + b1, 0) @ W2[0] + b2[0]
                yield (
                    f"the answer for the switches {x.astype(int).tolist()}",
                    float(y),
                    float(on == 1),
                )

    def check_two(self, exactly_one):
        """That is XOR. relu of s is 0, 1, 2, and relu of s - 1 is 0, 0, 1."""
        yield from self.answers(exactly_one, 2)

    def check_more(self, exactly_one):
        """All shapes go with n. With three switches on, and with more, the answer is 0 again."""
        for n in (3, 4, 6, 1):
            yield from self.answers(exactly_one, n)

    wrongs = [
        Wrong(
            "shapes",
            "W1 has a row for each switch and a column for each hidden number",
            ONE.replace("(3, n)", "(n, 3)"),
        ),
        Wrong(
            "shapes",
            "W2 is a row with one axis only",
            ONE.replace("[[1.0, -2.0, 1.0]]", "[1.0, -2.0, 1.0]"),
        ),
        Wrong(
            "shapes", "W2 is a column", ONE.replace("[[1.0, -2.0, 1.0]]", "[[1.0], [-2.0], [1.0]]")
        ),
        Wrong(
            "shapes", "b2 is a number without an axis", ONE.replace("np.zeros(1)", "np.array(0.0)")
        ),
        Wrong("shapes", "W1 is made for two switches only", ONE.replace("(3, n)", "(3, 2)")),
        Wrong(
            "two", "no hidden number has a bias", ONE.replace("0.0, -1.0, -2.0", "0.0, 0.0, 0.0")
        ),
        Wrong(
            "two",
            "the second hidden number counts once: then one switch is enough, as with OR",
            ONE.replace("1.0, -2.0, 1.0", "1.0, -1.0, 0.0"),
        ),
        Wrong(
            "two",
            "the second hidden number is added and not subtracted",
            ONE.replace("1.0, -2.0, 1.0", "1.0, 2.0, 1.0"),
        ),
        Wrong(
            "two",
            "only the second hidden number counts: then both switches are needed, as with AND",
            ONE.replace("1.0, -2.0, 1.0", "0.0, 1.0, 0.0"),
        ),
        Wrong(
            "two",
            "the answer is upside down",
            ONE.replace("1.0, -2.0, 1.0", "-1.0, 2.0, -1.0").replace("zeros", "ones"),
        ),
        Wrong(
            "two",
            "neither of two hidden numbers has a bias",
            ONE.replace("-1.0, -2.0]", "0.0, 0.0]").replace("1.0, -2.0, 1.0", "1.0, -2.0, 0.0"),
        ),
        Wrong(
            "more",
            "a third hidden number is missing, and the answer falls below 0",
            ONE.replace("1.0, -2.0, 1.0", "1.0, -2.0, 0.0"),
        ),
        Wrong(
            "more",
            "the lamp is on for three switches as well",
            ONE.replace("1.0, -2.0, 1.0", "1.0, -2.0, 2.0"),
        ),
        Wrong(
            "more",
            "only the first two switches count",
            ONE.replace("    b1", "    W1[:, 2:] = 0\n    b1"),
        ),
        Wrong(
            "more",
            "the third hidden number begins one switch too late",
            ONE.replace("-1.0, -2.0]", "-1.0, -3.0]"),
        ),
        Wrong(
            "more",
            "the lamp is on for every odd number of switches",
            """\
def exactly_one(n):
    W2 = [[1.0] + [-2.0 if i % 2 else 2.0 for i in range(1, n)]]
    return np.ones((n, n)), -np.arange(n) * 1.0, np.array(W2), np.zeros(1)
""",
        ),
        Wrong(
            "two",
            "the biases have the other sign",
            ONE.replace("-1.0, -2.0]", "1.0, 2.0]"),
        ),
        Wrong(
            "shapes",
            "a list is returned, where a tuple is expected",
            ONE.replace("return W1, b1, W2, b2", "return [W1, b1, W2, b2]"),
        ),
    ]


TRAIN = """\
def train_two_layers(x, t, start, lr, steps):
    params = [Variable(array.copy()) for array in start]
    W1, b1, W2, b2 = params
    losses = []
    for _ in range(steps):
        h = tanh(linear(x, W1, b1))
        loss = mean_squared_error(linear(h, W2, b2), t)
        for p in params:
            p.cleargrad()
        loss.backward()
        for p in params:
            p.data -= lr * p.grad
        losses.append(loss.item())
    return losses
"""


class train_two_layers(Task):
    def expected(self, x, t, start, lr, steps):
        """Return the losses, with NumPy."""
        (W1, b1, W2, b2), losses = start, []
        for _ in range(steps):
            h = np.tanh(x @ W1.T + b1)
            d = h @ W2.T + b2 - t
            losses.append(float((d * d).mean()))
            gy = 2 * d / d.size
            gh = gy @ W2 * (1 - h * h)
            W2, b2 = W2 - lr * gy.T @ h, b2 - lr * gy.sum(axis=0)
            W1, b1 = W1 - lr * gh.T @ x, b1 - lr * gh.sum(axis=0)
        return losses

    def start(self, hidden):
        shapes = (hidden, 2), (hidden,), (1, hidden), (1,)
        return tuple(self.rng.uniform(-1, 1, shape) for shape in shapes)

    def compare(self, train_two_layers, x, t, start, lr, steps):
        expected = self.expected(x, t, tuple(array.copy() for array in start), lr, steps)
        found = train_two_layers(x, t, start, lr, steps)
        if not isinstance(found, list):
            raise Mistake(
                f"your answer gives a value of type {type(found).__name__}, expected a list."
            )
        yield f"the number of losses of {steps} step{'s' * (steps > 1)}", len(found), steps
        for i, (got, wanted) in enumerate(zip(found, expected, strict=False)):
            yield f"loss {i} with lr={lr}", got, wanted

    def check_first_loss(self, train_two_layers):
        """Two layers, tanh only between them. Note the loss before the step."""
        for hidden in (4, 3):
            x, t = self.array(5, 2), self.array(5, 1)
            yield from self.compare(train_two_layers, x, t, self.start(hidden), 0.1, 1)

    def check_steps(self, train_two_layers):
        """In each step all four are cleared, and all four move."""
        for hidden, lr in [(3, 0.1), (4, 0.05)]:
            x, t = self.array(5, 2), self.array(5, 1)
            yield from self.compare(train_two_layers, x, t, self.start(hidden), lr, 6)

    def check_xor(self, train_two_layers):
        """The same for the four examples of XOR, and 100 steps. Also a small loss is noted."""
        x = self.watch(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
        t = self.watch(np.array([[0.0], [1.0], [1.0], [0.0]]))
        yield from self.compare(train_two_layers, x, t, self.start(4), 0.2, 100)
        start = W1, b1, W2, b2 = self.start(4)
        near = self.watch(np.tanh(x @ W1.T + b1) @ W2.T + b2 + 0.01)
        yield from self.compare(train_two_layers, x, near, start, 0.1, 5)

    def check_start_kept(self, train_two_layers):
        """The arrays of start stay as they are. A Variable holds the array that it is given."""
        x, t, start = self.array(5, 2), self.array(5, 1), self.start(3)
        kept = [array.copy() for array in start]
        yield from self.compare(train_two_layers, x, t, start, 0.1, 3)
        for name, array, before in zip(("W1", "b1", "W2", "b2"), start, kept, strict=True):
            yield f"{name} of start, after the training", array, before

    wrongs = [
        Wrong(
            "first_loss",
            "there is no bend between the layers",
            TRAIN.replace("tanh(linear(x, W1, b1))", "linear(x, W1, b1)"),
        ),
        Wrong("first_loss", "the bend is relu and not tanh", TRAIN.replace("tanh(", "relu(")),
        Wrong(
            "first_loss",
            "the result of the second layer is bent, too",
            TRAIN.replace("linear(h, W2, b2)", "tanh(linear(h, W2, b2))"),
        ),
        Wrong(
            "first_loss",
            "one of the four has no gradient: it is not used, or was cleared after the walk",
            TRAIN.replace("x, W1, b1", "x, W1"),
        ),
        Wrong(
            "first_loss",
            "the weights start at 0 and not with what was given",
            TRAIN.replace("array.copy()", "np.zeros_like(array)"),
        ),
        Wrong(
            "first_loss",
            "the loss is a sum and not a mean",
            TRAIN.replace("mean_squared_error(", "((").replace(", t)", " - t) ** 2).sum()"),
        ),
        Wrong(
            "first_loss",
            "the loss is noted after the step and not before it",
            TRAIN.replace(
                "loss.item()",
                "mean_squared_error(linear(tanh(linear(x, W1, b1)), W2, b2), t).item()",
            ),
        ),
        Wrong("steps", "the steps go uphill", TRAIN.replace("-= lr", "+= lr")),
        Wrong("steps", "no gradient is ever cleared", TRAIN.replace("p.cleargrad()", "pass")),
        Wrong(
            "steps",
            "b1 is missing in the loop that clears",
            TRAIN.replace("params:\n            p.clear", "(W1, W2, b2):\n            p.clear"),
        ),
        Wrong(
            "steps",
            "b2 is missing in the loop that clears",
            TRAIN.replace("params:\n            p.clear", "(W1, b1, W2):\n            p.clear"),
        ),
        Wrong(
            "steps",
            "W1 is missing in the loop that clears",
            TRAIN.replace("params:\n            p.clear", "(b1, W2, b2):\n            p.clear"),
        ),
        Wrong(
            "steps",
            "W1 is missing in the loop that moves",
            TRAIN.replace("params:\n            p.data", "(b1, W2, b2):\n            p.data"),
        ),
        Wrong(
            "steps",
            "the biases are missing in the loop that moves",
            TRAIN.replace("params:\n            p.data", "(W1, W2):\n            p.data"),
        ),
        Wrong(
            "steps",
            "only the second layer moves",
            TRAIN.replace("params:\n            p.data", "(W2, b2):\n            p.data"),
        ),
        Wrong(
            "steps",
            "nothing moves, as when `p = ...` gives the name p to something new",
            TRAIN.replace("p.data -= lr * p.grad", "p = p - lr * p.grad"),
        ),
        Wrong(
            "steps",
            "one of the four has no gradient: the walk ends at an array, or it was cleared",
            TRAIN.replace("linear(h, W2", "linear(h.data, W2"),
        ),
        Wrong(
            "steps",
            "W2 is missing in the loop that clears",
            TRAIN.replace("params:\n            p.clear", "(W1, b1, b2):\n            p.clear"),
        ),
        Wrong(
            "steps",
            "the function returns inside the loop, after one step",
            TRAIN.replace("    return", "        return"),
        ),
        Wrong(
            "xor",
            "the training ends as soon as the loss is small, and the list is short",
            TRAIN.replace(
                "    return", "        if loss.item() < 0.3:\n            break\n    return"
            ),
        ),
        Wrong(
            "start_kept",
            "the arrays of start are in the Variables, and the steps change them",
            TRAIN.replace("array.copy()", "array"),
        ),
        Wrong(
            "first_loss",
            "the list holds Variables, and no numbers",
            TRAIN.replace("loss.item()", "loss"),
        ),
        Wrong(
            "first_loss",
            "one loss more is noted, that after the last step",
            TRAIN.replace("range(steps)", "range(steps + 1)"),
        ),
        Wrong(
            "first_loss",
            "the losses are kept outside, and the next training goes on in the same list",
            "losses = []\n\n\n" + TRAIN.replace("    losses = []\n", ""),
        ),
        Wrong(
            "steps",
            "the four move one after the other, each with a walk of its own",
            """\
def train_two_layers(x, t, start, lr, steps):
    params = [Variable(array.copy()) for array in start]
    W1, b1, W2, b2 = params
    losses = []
    for _ in range(steps):
        for p in params:
            loss = mean_squared_error(linear(tanh(linear(x, W1, b1)), W2, b2), t)
            if p is W1:
                losses.append(loss.item())
            for q in params:
                q.cleargrad()
            loss.backward()
            p.data -= lr * p.grad
    return losses
""",
        ),
        Wrong(
            "xor",
            "the training ends when the loss is below a thousandth, and the list is short",
            TRAIN.replace(
                "        for p in params:\n            p.clear",
                "        if loss.item() < 1e-3:\n            break\n"
                "        for p in params:\n            p.clear",
            ),
        ),
    ]
