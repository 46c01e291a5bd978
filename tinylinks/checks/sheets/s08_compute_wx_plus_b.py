"""Sheet 8: the gradients of products of matrices, and a curve that is fitted step by step."""

from functools import partial

import numpy as np

from tinylinks.checks.task import Task, Wrong

#: N examples, numbers of each, results of each: all differ at first, then all are equal.
SIZES = [(5, 3, 2, np.float64), (2, 4, 3, np.float32), (3, 3, 3, np.float64)]

LINEAR = """\
def linear_gradients(x, W, gy):
    return gy @ W, gy.T @ x, gy.sum(axis=0)
"""


class linear_gradients(Task):
    without = ("Variable", "linear", "F.linear", "LinearFunction")

    join = """\
def backward(self, gy):
    x, W = self.get_retained_inputs()
    gx, gW, gb = linear_gradients(x, W, gy)
    return (gx, gW) if len(self.inputs) == 2 else (gx, gW, gb)


book.LinearFunction.backward = backward
"""

    def cases(self, linear_gradients):
        """Yield what went in, and the three gradients."""
        for n, n_in, n_out, dtype in SIZES:
            x, W = self.array(n, n_in, dtype=dtype), self.array(n_out, n_in, dtype=dtype)
            gy = self.array(n, n_out, dtype=dtype)
            yield x, W, gy, self.parts(linear_gradients(x, W, gy), 3)

    def check_gx(self, linear_gradients):
        """gx is (N, in). Which product of gy, (N, out), and W, (out, in), has this shape?"""
        for _, W, gy, (gx, _, _) in self.cases(linear_gradients):
            yield "gx", gx, gy @ W

    def check_gW(self, linear_gradients):
        """gW has the shape of W, (out, in). The N examples add up in it."""
        for x, _, gy, (_, gW, _) in self.cases(linear_gradients):
            yield "gW", gW, gy.T @ x

    def check_gb(self, linear_gradients):
        """b was stretched over the rows of the mini-batch."""
        for _, _, gy, (_, _, gb) in self.cases(linear_gradients):
            yield "gb", gb, gy.sum(axis=0)

    wrongs = [
        Wrong("gx", "W is transposed in gx", LINEAR.replace("gy @ W", "gy @ W.T")),
        Wrong(
            "gx",
            "the gradients of x and of W are returned in the other order",
            "def linear_gradients(x, W, gy):\n    return gy.T @ x, gy @ W, gy.sum(axis=0)\n",
        ),
        Wrong(
            "gx",
            "gy and W are multiplied number by number, as if they had one shape",
            LINEAR.replace("gy @ W", "gy * W"),
        ),
        Wrong("gx", "gx is transposed", LINEAR.replace("gy @ W", "(gy @ W).T")),
        Wrong("gx", "y is computed again, instead of gx", LINEAR.replace("gy @ W", "x @ W.T")),
        Wrong(
            "gx",
            "each row of gx is W times 1, without gy",
            LINEAR.replace("gy @ W", "np.ones_like(gy) @ W"),
        ),
        Wrong("gW", "gW is transposed", LINEAR.replace("gy.T @ x", "x.T @ gy")),
        Wrong(
            "gW", "gW is a mean over the examples", LINEAR.replace("gy.T @ x", "gy.T @ x / len(x)")
        ),
        Wrong(
            "gW",
            "gy is not used in gW, as if it were all ones",
            LINEAR.replace("gy.T @ x", "np.ones_like(gy).T @ x"),
        ),
        Wrong("gW", "gy is not transposed in gW", LINEAR.replace("gy.T @ x", "gy @ x")),
        Wrong("gb", "gb is not added up over the rows", LINEAR.replace("gy.sum(axis=0)", "gy")),
        Wrong(
            "gb", "gb is a mean over the rows", LINEAR.replace("gy.sum(axis=0)", "gy.mean(axis=0)")
        ),
        Wrong("gb", "gb is added up along the rows", LINEAR.replace("axis=0", "axis=1")),
        Wrong("gb", "gb is added up over everything", LINEAR.replace("axis=0", "")),
        Wrong(
            "gb",
            "gb still has an axis of length 1",
            LINEAR.replace("axis=0", "axis=0, keepdims=True"),
        ),
        Wrong(
            "gx",
            "it is computed with Variables, and the walk gives the gradients",
            """\
def linear_gradients(x, W, gy):
    x, W, b = Variable(x), Variable(W), Variable(0 * gy[0])
    y = linear(x, W, b)
    y.grad = gy
    y.backward()
    return x.grad, W.grad, b.grad
""",
        ),
    ]


IN_OUT = """\
class InOut(Function):
    def forward(self, x, W, b):
        self.retain_inputs((0, 1))
        return x @ W + b

    def backward(self, gy):
        x, W = self.get_retained_inputs()
        return gy @ W.T, x.T @ gy, gy.sum(axis=0)
"""


class InOut(Task):
    retains = True

    def cases(self, InOut, walk=True):
        """Yield x, W, b, y and the gradient gy, after a walk."""
        for n, n_in, n_out, dtype in SIZES:
            arrays = (n, n_in), (n_in, n_out), (n_out,)
            x, W, b = [self.variable(*shape, dtype=dtype) for shape in arrays]
            y, gy = InOut().apply(x, W, b), self.array(n, n_out, dtype=dtype)
            if walk:
                self.walk(y, gy)
            yield x, W, b, y, gy

    def check_values(self, InOut):
        """Here W is (in, out). Look which product has the shape (N, out)."""
        for x, W, b, y, _ in self.cases(InOut, walk=False):
            yield "y", y.data, x.data @ W.data + b.data

    def check_x(self, InOut):
        """Put x.grad, (N, in), together from gy, (N, out), and W, (in, out)."""
        for x, W, _, _, gy in self.cases(InOut):
            yield "x.grad", x.grad, gy @ W.data.T

    def check_W(self, InOut):
        """Put W.grad, (in, out), together from x, (N, in), and gy, (N, out)."""
        for x, W, _, _, gy in self.cases(InOut):
            yield "W.grad", W.grad, x.data.T @ gy

    def check_b(self, InOut):
        """b was stretched over the N rows. What undoes this?"""
        for _, _, b, _, gy in self.cases(InOut):
            yield "b.grad", b.grad, gy.sum(axis=0)

    wrongs = [
        Wrong(
            "values", "W is transposed, as in the chapter", IN_OUT.replace("x @ W +", "x @ W.T +")
        ),
        Wrong("values", "b is not added", IN_OUT.replace("x @ W + b", "x @ W")),
        Wrong("values", "b is subtracted", IN_OUT.replace("x @ W + b", "x @ W - b")),
        Wrong("values", "W and x change places", IN_OUT.replace("x @ W +", "W @ x +")),
        Wrong(
            "x",
            "gx is that of the chapter, where W is (out, in): it fits only a square W",
            IN_OUT.replace("gy @ W.T", "gy @ W"),
        ),
        Wrong(
            "x",
            "nothing was retained in forward",
            IN_OUT.replace("        self.retain_inputs((0, 1))\n", ""),
        ),
        Wrong(
            "x",
            "the gradients of x and of W are returned in the other order",
            IN_OUT.replace("gy @ W.T, x.T @ gy", "x.T @ gy, gy @ W.T"),
        ),
        Wrong(
            "x",
            "a list is returned, which counts as one gradient, where a tuple is expected",
            IN_OUT.replace(
                "gy @ W.T, x.T @ gy, gy.sum(axis=0)", "[gy @ W.T, x.T @ gy, gy.sum(axis=0)]"
            ),
        ),
        Wrong("x", "gy is not used in gx", IN_OUT.replace("gy @ W.T", "np.ones_like(gy) @ W.T")),
        Wrong(
            "W",
            "gW is that of the chapter, where W is (out, in): it fits only a square W",
            IN_OUT.replace("x.T @ gy", "gy.T @ x"),
        ),
        Wrong(
            "W", "gW is a mean over the examples", IN_OUT.replace("x.T @ gy", "x.T @ gy / len(gy)")
        ),
        Wrong("W", "gy is not used in gW", IN_OUT.replace("x.T @ gy", "x.T @ np.ones_like(gy)")),
        Wrong(
            "b",
            "gb is gy, and what was stretched is not added up",
            IN_OUT.replace(".sum(axis=0)", ""),
        ),
        Wrong("b", "gb is a mean over the rows", IN_OUT.replace("sum(axis=0)", "mean(axis=0)")),
        Wrong(
            "b", "gb counts the rows, without gy", IN_OUT.replace("gy.sum", "np.ones_like(gy).sum")
        ),
        Wrong(
            "x",
            "x and W are kept in the class, where the next InOut overwrites them",
            IN_OUT.replace("self.retain_inputs((0, 1))", "InOut.x, InOut.W = x, W").replace(
                "self.get_retained_inputs()", "InOut.x, InOut.W"
            ),
        ),
        Wrong(
            "x",
            "nothing is retained, and x and W are taken from the record",
            IN_OUT.replace("        self.retain_inputs((0, 1))\n", "").replace(
                "self.get_retained_inputs()", "[x.data for x in self.inputs[:2]]"
            ),
        ),
    ]


QUADRATIC = """\
class QuadraticForm(Function):
    def forward(self, x, A):
        self.retain_inputs((0, 1))
        return (x @ A * x).sum(axis=1)

    def backward(self, gy):
        x, A = self.get_retained_inputs()
        g = gy.reshape(len(gy), 1)
        return g * (x @ A + x @ A.T), (g * x).T @ x
"""


def form(x, A):
    return np.einsum("ni,ij,nj->n", x, A, x)


class QuadraticForm(Task):
    retains = True

    def cases(self, QuadraticForm, walk=True):
        for n, k, dtype in [(4, 3, np.float64), (2, 5, np.float32), (3, 3, np.float64)]:
            x, A = self.variable(n, k, dtype=dtype), self.variable(k, k, dtype=dtype)
            y, gy = QuadraticForm().apply(x, A), self.array(n, dtype=dtype)
            if walk:
                self.walk(y, gy)
            yield x, A, y, gy

    def check_values(self, QuadraticForm):
        """There is one number for each row of x: row times A times the same row."""
        for x, A, y, _ in self.cases(QuadraticForm, walk=False):
            yield "y", y.data, form(x.data, A.data)

    def check_x(self, QuadraticForm):
        """x is used twice, left and right of A. Each use has a gradient."""
        for x, A, _, gy in self.cases(QuadraticForm):
            yield "x.grad", x.grad, self.slopes(partial(form, A=A.data), x.data, gy)

    def check_A(self, QuadraticForm):
        """By how much does y[n] move with A[i, j]? All examples add up."""
        for x, A, _, gy in self.cases(QuadraticForm):
            yield "A.grad", A.grad, np.einsum("n,ni,nj->ij", gy, x.data, x.data)

    wrongs = [
        Wrong(
            "values",
            "each row meets all rows and not only itself",
            QUADRATIC.replace("(x @ A * x).sum(axis=1)", "x @ A @ x.T"),
        ),
        Wrong("values", "the sum over the row is missing", QUADRATIC.replace(".sum(axis=1)", "")),
        Wrong("values", "the columns are added up", QUADRATIC.replace("axis=1", "axis=0")),
        Wrong(
            "values",
            "the result still has an axis of length 1",
            QUADRATIC.replace("axis=1", "axis=1, keepdims=True"),
        ),
        Wrong(
            "x",
            "the matrix A is taken for symmetric: 2xA is right only if A equals A.T",
            QUADRATIC.replace("(x @ A + x @ A.T)", "(2 * x @ A)"),
        ),
        Wrong(
            "x",
            "the matrix A is taken for symmetric, and is transposed besides",
            QUADRATIC.replace("(x @ A + x @ A.T)", "(2 * x @ A.T)"),
        ),
        Wrong("x", "only the left x counts", QUADRATIC.replace("(x @ A + x @ A.T)", "(x @ A.T)")),
        Wrong("x", "only the right x counts", QUADRATIC.replace("(x @ A + x @ A.T)", "(x @ A)")),
        Wrong(
            "x",
            "gy is not made a column, and is stretched over the rows",
            QUADRATIC.replace("gy.reshape(len(gy), 1)", "gy"),
        ),
        Wrong("x", "gy is not used in gx", QUADRATIC.replace("g * (x @ A", "(x @ A")),
        Wrong(
            "x",
            "gy is multiplied along the columns and not along the rows",
            QUADRATIC.replace(
                "g * (x @ A + x @ A.T)", "np.resize(gy, x.shape) * (x @ A + x @ A.T)"
            ),
        ),
        Wrong("A", "gy is not used in gA", QUADRATIC.replace("(g * x).T", "x.T")),
        Wrong(
            "A", "gA is counted twice, as gx is", QUADRATIC.replace("(g * x).T", "2 * (g * x).T")
        ),
        Wrong(
            "A", "gA is a mean over the examples", QUADRATIC.replace("T @ x\n", "T @ x / len(x)\n")
        ),
        Wrong(
            "A",
            "the weights of the examples are added up first",
            QUADRATIC.replace("(g * x).T", "gy.sum() * x.T"),
        ),
        Wrong(
            "x",
            "x and A are kept in the class, where the next QuadraticForm overwrites them",
            QUADRATIC.replace("self.retain_inputs((0, 1))", "QuadraticForm.kept = x, A").replace(
                "self.get_retained_inputs()", "QuadraticForm.kept"
            ),
        ),
    ]


FIT = """\
def fit_parabola(x, t, lr=0.3, steps=300):
    a, b, c = [Variable(np.zeros(1)) for _ in range(3)]
    for _ in range(steps):
        loss = mean_squared_error(a + b * x + c * x**2, t)
        for p in (a, b, c):
            p.cleargrad()
        loss.backward()
        for p in (a, b, c):
            p.data -= lr * p.grad
    return a.item(), b.item(), c.item()
"""


class fit_parabola(Task):
    def expected(self, x, t, lr, steps):
        """Return what the steps arrive at, with NumPy."""
        powers, p = np.stack([x**0, x, x**2]), np.zeros(3)
        for _ in range(steps):
            p = p - lr * 2 * (powers * (p @ powers - t)).mean(axis=1)
        return [float(number) for number in p]

    def compare(self, fit_parabola, *settings, high=1.0):
        """Compare with NumPy, for settings lr and steps, or with those of the first line."""
        x, (a, b, c) = self.array(50, low=-high, high=high), self.array(3)
        t = self.watch(a + b * x + c * x**2)
        found = self.parts(fit_parabola(x, t, *settings), 3)
        lr, steps = settings or (0.3, 300)
        for name, got, wanted in zip("abc", found, self.expected(x, t, lr, steps), strict=True):
            yield f"{name} after {steps} step{'s' * (steps > 1)} with lr={lr}", got, wanted

    def check_first_step(self, fit_parabola):
        """All three begin at 0. Each moves by lr times its gradient, downhill."""
        for lr in (0.3, 0.05):
            yield from self.compare(fit_parabola, lr, 1)

    def check_next_steps(self, fit_parabola):
        """Each step begins where the last one ended, with fresh gradients of the same three
        Variables."""
        for steps in (2, 5):
            yield from self.compare(fit_parabola, 0.2, steps)

    def check_arrives(self, fit_parabola):
        """With enough steps the parabola is found. Make as many as you are told, and no fewer."""
        x = self.array(40, low=-1, high=1)
        t = self.watch(1 - 2 * x + 3 * x**2)
        found = self.parts(fit_parabola(x, t, 0.4, 1500), 3)
        for name, got, wanted in zip("abc", found, (1.0, -2.0, 3.0), strict=True):
            yield f"{name} after 1500 steps, for t = 1 - 2x + 3x²", got, wanted
        yield from self.compare(fit_parabola, high=0.5)

    wrongs = [
        Wrong("first_step", "the step goes uphill", FIT.replace("-= lr", "+= lr")),
        Wrong("first_step", "lr is not used", FIT.replace("lr * p.grad", "0.3 * p.grad")),
        Wrong(
            "first_step",
            "the loss is a sum and not a mean, so the steps are 50 times as long",
            FIT.replace("mean_squared_error(", "((").replace(", t)", " - t) ** 2).sum()"),
        ),
        Wrong("first_step", "c is multiplied by x and not by its square", FIT.replace("x**2", "x")),
        Wrong(
            "first_step",
            "the numbers are returned in the order of c, b, a",
            FIT.replace("a.item(), b.item(), c.item()", "c.item(), b.item(), a.item()"),
        ),
        Wrong("first_step", "the Variables begin at 1", FIT.replace("zeros", "ones")),
        Wrong(
            "first_step",
            "nothing moves, as when `p = ...` gives the name p to something new",
            FIT.replace("p.data -= lr * p.grad", "p = p - lr * p.grad"),
        ),
        Wrong(
            "first_step",
            "the loop makes one step too many",
            FIT.replace("range(steps)", "range(steps + 1)"),
        ),
        Wrong(
            "first_step",
            "the three names stand for one and the same Variable",
            FIT.replace("[Variable(np.zeros(1)) for _ in range(3)]", "3 * [Variable(np.zeros(1))]"),
        ),
        Wrong(
            "first_step",
            "there is no gradient at the step: nobody walked back, or it was cleared after that",
            FIT.replace("        loss.backward()\n", "").replace(
                "        for p in (a, b, c):\n            p.cleargrad()",
                "        loss.backward()\n        for p in (a, b, c):\n            p.cleargrad()",
            ),
        ),
        Wrong(
            "first_step",
            "c does not take part in the steps",
            FIT.replace("c):\n            p.data", "):\n            p.data"),
        ),
        Wrong(
            "next_steps", "the gradients are never cleared", FIT.replace("p.cleargrad()", "pass")
        ),
        Wrong(
            "next_steps",
            "one of the three is not cleared",
            FIT.replace("c):\n            p.clear", "):\n            p.clear"),
        ),
        Wrong(
            "next_steps",
            "`a = a - ...` makes a Variable that is no leaf and gets no gradient",
            FIT.replace(
                "        for p in (a, b, c):\n            p.data -= lr * p.grad\n",
                "        a, b, c = a - lr * a.grad, b - lr * b.grad, c - lr * c.grad\n",
            ),
        ),
        Wrong(
            "next_steps",
            "the function returns inside the loop, after one step",
            FIT.replace("    return", "        return"),
        ),
        Wrong(
            "next_steps",
            "the gradient is measured once, before the loop",
            FIT.replace("    for _ in range(steps):\n        loss =", "    loss =")
            .replace(
                "        for p in (a, b, c):\n            p.cleargrad()\n        loss", "    loss"
            )
            .replace(
                "        for p in (a, b, c):\n            p.data",
                "    for p in steps * [a, b, c]:\n        p.data",
            ),
        ),
        Wrong(
            "arrives",
            "the loop is left as soon as the loss is small",
            FIT.replace(
                "        loss.backward()\n",
                "        if loss.item() < 0.0001:\n            break\n        loss.backward()\n",
            ),
        ),
        Wrong(
            "first_step",
            "the loop makes one step too few",
            FIT.replace("range(steps)", "range(1, steps)"),
        ),
        Wrong(
            "first_step",
            "the Variables are returned, and not their numbers",
            FIT.replace("a.item(), b.item(), c.item()", "a, b, c"),
        ),
        Wrong(
            "first_step",
            "the arrays are returned, and not their numbers",
            FIT.replace("a.item(), b.item(), c.item()", "a.data, b.data, c.data"),
        ),
        Wrong(
            "next_steps",
            "only a is cleared",
            FIT.replace("for p in (a, b, c):\n            p.cleargrad()", "a.cleargrad()"),
        ),
    ]
