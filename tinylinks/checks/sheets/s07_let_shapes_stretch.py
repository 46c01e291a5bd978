"""Sheet 7: undo stretching, put gradients back, and a sum that does not overflow."""

import numpy as np

from tinylinks.checks.task import Task, Wrong

ROW = """\
def row_and_column(gy):
    return gy.sum(axis=0), gy.sum(axis=1, keepdims=True)
"""


class row_and_column(Task):
    without = ("Variable",)

    def check_row(self, row_and_column):
        """How often is each number of the row used? What is added up, and what is left?"""
        for shape in [(4, 3), (2, 5), (1, 3)]:
            gy = self.array(*shape)
            row, _ = self.parts(row_and_column(gy), 2)
            yield "the gradient of r", row, gy.sum(axis=0)

    def check_column(self, row_and_column):
        """A gradient has the shape of what it belongs to: c has two axes."""
        for shape in [(4, 3), (2, 5), (3, 1)]:
            gy = self.array(*shape)
            _, column = self.parts(row_and_column(gy), 2)
            yield "the gradient of c", column, gy.sum(axis=1).reshape(-1, 1)

    def check_float32(self, row_and_column):
        """The gradients have the dtype of gy."""
        gy = self.array(4, 3, dtype=np.float32)
        row, column = self.parts(row_and_column(gy), 2)
        yield "the gradient of r", row, gy.sum(axis=0)
        yield "the gradient of c", column, gy.sum(axis=1).reshape(-1, 1)

    wrongs = [
        Wrong("row", "nothing is added up", ROW.replace("gy.sum(axis=0)", "gy")),
        Wrong("row", "both axes are added up", ROW.replace("gy.sum(axis=0)", "gy.sum()")),
        Wrong(
            "row", "the mean is taken and not the sum", ROW.replace("gy.sum(axis=0)", "gy.mean(0)")
        ),
        Wrong("row", "only the last row counts", ROW.replace("gy.sum(axis=0)", "gy[-1]")),
        Wrong(
            "row",
            "the gradients of r and of c are returned in the other order",
            "def row_and_column(gy):\n    return gy.sum(axis=1, keepdims=True), gy.sum(axis=0)\n",
        ),
        Wrong(
            "column",
            "the axis of length 1 is lost, because keepdims is missing",
            ROW.replace(", keepdims=True", ""),
        ),
        Wrong(
            "column",
            "the mean is taken and not the sum",
            ROW.replace("gy.sum(axis=1", "gy.mean(axis=1"),
        ),
        Wrong(
            "row",
            "an axis of length 1 is left where r has none",
            ROW.replace("axis=0", "axis=0, keepdims=True"),
        ),
        Wrong(
            "column",
            "the axis of length 1 is put in front, and c is a row",
            ROW.replace("1, keepdims=True)", "1)[np.newaxis]"),
        ),
        Wrong(
            "float32",
            "the sums are made in float64",
            ROW.replace("axis=0", "axis=0, dtype=float").replace("axis=1", "axis=1, dtype=float"),
        ),
        Wrong(
            "row",
            "it is computed with Variables, and the walk gives the gradients",
            """\
def row_and_column(gy):
    r, c = Variable(0 * gy[0]), Variable(0 * gy[:, :1])
    y = r + c
    y.grad = gy
    y.backward()
    return r.grad, c.grad
""",
        ),
    ]


SUM_TO = """\
def sum_to(g, shape):
    extra = g.ndim - len(shape)
    g = g.sum(axis=tuple(range(extra)))
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g
"""


class sum_to(Task):
    without = ("SumTo",)

    join = """\
refusing = book.SumTo.forward


def forward(self, x):
    refusing(self, x)  # says no where shapes do not fit
    return sum_to(x, self.shape)


book.SumTo.forward = forward
"""

    def compare(self, sum_to, *pairs, dtype=np.float64):
        """Compare with adding one by one: each number goes to the place that it came from."""
        for long, short in pairs:
            g, expected = self.array(*long, dtype=dtype), np.zeros(short)
            places = np.broadcast_to(np.arange(expected.size).reshape(short), long)
            np.add.at(expected.reshape(-1), places, g)
            what = f"sum_to(g, {short}) of a g of shape {long}"
            yield what, sum_to(g, short), expected.astype(dtype)

    def check_in_front(self, sum_to):
        """Axes that stretching put in front are gone afterwards. There may be several."""
        yield from self.compare(sum_to, ((2, 3), (3,)), ((2, 3, 4), (4,)), ((5, 2, 3), (2, 3)))

    def check_length_one(self, sum_to):
        """An axis of length 1 was stretched: add up along it, and keep it."""
        pairs = ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((2, 3, 4), (2, 1, 4)), ((2, 3), (1, 1))
        yield from self.compare(sum_to, *pairs)

    def check_both(self, sum_to):
        """Axes in front, and axes of length 1. Which number has an axis of shape in g?"""
        pairs = ((2, 3, 4), (3, 1)), ((4, 2, 3), (1, 3)), ((2, 3, 4, 5), (3, 1, 1)), ((2, 3), ())
        yield from self.compare(sum_to, *pairs)

    def check_some_equal(self, sum_to):
        """Where nothing was stretched, nothing is added up: also where g itself has length 1."""
        pairs = ((2, 3), (2, 3)), ((2, 1, 3), (1, 3)), ((3, 3), (3, 1)), ((3, 3), (3,))
        yield from self.compare(sum_to, *pairs)

    def check_float32(self, sum_to):
        """The sums have the dtype of g."""
        yield from self.compare(sum_to, ((2, 3, 4), (3, 1)), ((2, 3), (2, 1)), dtype=np.float32)

    wrongs = [
        Wrong(
            "in_front",
            "the axes in front are not added up",
            SUM_TO.replace("    g = g.sum(axis=tuple(range(extra)))\n", ""),
        ),
        Wrong(
            "in_front",
            "of the axes in front, only one is added up",
            SUM_TO.replace("tuple(range(extra))", "0").replace(
                "    g = g.sum(axis=0)", "    if extra > 0:\n        g = g.sum(axis=0)"
            ),
        ),
        Wrong(
            "in_front",
            "the last axes are added up and not those in front",
            SUM_TO.replace("range(extra)", "range(-extra, 0)"),
        ),
        Wrong(
            "in_front",
            "the axes in front are added up and kept with length 1",
            SUM_TO.replace("range(extra))", "range(extra)), keepdims=True").replace(
                "enumerate(shape)", "enumerate(shape, extra)"
            ),
        ),
        Wrong(
            "length_one",
            "the axis of length 1 is lost, because keepdims is missing",
            SUM_TO.replace(
                "    for i, n in enumerate(shape):\n        if n == 1:\n"
                "            g = g.sum(axis=i, keepdims=True)\n    return g\n",
                "    return g.sum(axis=tuple([i for i, n in enumerate(shape) if n == 1]))\n",
            ),
        ),
        Wrong(
            "length_one",
            "keepdims is missing in the loop, so an axis is lost and the next ones move up",
            SUM_TO.replace(", keepdims=True", ""),
        ),
        Wrong(
            "length_one",
            "along the axis of length 1 the mean is taken",
            SUM_TO.replace("g.sum(axis=i", "g.mean(axis=i"),
        ),
        Wrong(
            "length_one",
            "along the axis of length 1 the first number is taken",
            SUM_TO.replace("g.sum(axis=i, keepdims=True)", "g.take([0], axis=i)"),
        ),
        Wrong(
            "both",
            "the axes of length 1 are looked for in g before those in front are gone",
            """\
def sum_to(g, shape):
    extra = g.ndim - len(shape)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g.sum(axis=tuple(range(extra)))
""",
        ),
        Wrong(
            "some_equal",
            "axes are found by their lengths and not by their places",
            """\
def sum_to(g, shape):
    for i in reversed(range(g.ndim)):
        if g.shape[i] not in shape:
            g = g.sum(axis=i, keepdims=1 in shape)
    return g.reshape(shape)
""",
        ),
        Wrong(
            "float32",
            "the sums are made in float64",
            SUM_TO.replace("return g", "return g.astype(float)"),
        ),
    ]


PICK = """\
def pick_gradient(gy, index, shape):
    gx = np.zeros(shape, gy.dtype)
    np.add.at(gx, index, gy)
    return gx
"""


class pick_gradient(Task):
    def compare(self, pick_gradient, gy, index, shape):
        expected = np.zeros(shape, gy.dtype)
        for place, g in zip(index, gy, strict=True):
            expected[place] += g
        yield f"gx for the index {index}", pick_gradient(gy, np.array(index), shape), expected

    def check_once(self, pick_gradient):
        """Each number of gy goes back to the place that it was picked from. The others get 0."""
        for index in ([3, 0, 2], [4, 1]):
            yield from self.compare(pick_gradient, self.array(len(index)), index, (5,))

    def check_again(self, pick_gradient):
        """A number that was picked twice was used twice. What do its gradients do?"""
        for index in ([0, 0, 2], [1, 3, 1, 1]):
            yield from self.compare(pick_gradient, self.array(len(index)), index, (4,))

    def check_rows(self, pick_gradient):
        """The index picks along the first axis. If x is a table, it picks rows."""
        for index in ([2, 0], [1, 1, 0], [3, 3]):
            yield from self.compare(pick_gradient, self.array(len(index), 3), index, (4, 3))

    def check_float32(self, pick_gradient):
        """The gradient has the dtype of gy."""
        gy = self.array(3, dtype=np.float32)
        yield from self.compare(pick_gradient, gy, [0, 2, 3], (4,))

    wrongs = [
        Wrong(
            "once",
            "gy is picked from, as on the way forward",
            PICK.replace("np.add.at(gx, index, gy)", "gx[: len(gy)] = gy[index % len(gy)]"),
        ),
        Wrong(
            "once",
            "gy is put to the front, wherever it was picked from",
            PICK.replace("np.add.at(gx, index, gy)", "gx[: len(gy)] = gy"),
        ),
        Wrong(
            "once",
            "the places that were not picked get 1",
            PICK.replace("zeros", "ones").replace("np.add.at(gx, index, gy)", "gx[index] = gy"),
        ),
        Wrong(
            "again",
            "the gradient that is written last wins, as `gx[index] += gy` does it",
            PICK.replace("np.add.at(gx, index, gy)", "gx[index] += gy"),
        ),
        Wrong(
            "again",
            "the first gradient of a place is kept, and later ones are dropped",
            PICK.replace("np.add.at(gx, index, gy)", "gx[index[::-1]] = gy[::-1]"),
        ),
        Wrong(
            "again",
            "the gradients of a place are averaged",
            PICK.replace(
                "    return gx",
                "    return gx / np.maximum(np.bincount(index, minlength=len(gx)), 1)",
            ),
        ),
        Wrong(
            "rows",
            "the index picks columns",
            PICK.replace(
                "np.add.at(gx, index, gy)",
                "np.add.at(gx, index if gx.ndim == 1 else (slice(None), index % 3), "
                "gy if gx.ndim == 1 else np.resize(gy, (len(gx), len(index))))",
            ),
        ),
        Wrong(
            "rows",
            "of several rows of gy that belong to one place, the last one wins",
            PICK.replace("np.add.at(gx, index, gy)", "gx[index] = gy"),
        ),
        Wrong(
            "rows",
            "all numbers of a row get the sum of its gradient",
            PICK.replace("gy)", "gy if gy.ndim == 1 else gy.sum(axis=1, keepdims=True))"),
        ),
        Wrong("float32", "gx is made in float64", PICK.replace(", gy.dtype", "")),
    ]


LOG_SUM_EXP = """\
def log_sum_exp(x):
    m = x.data.max(axis=1, keepdims=True)
    return Log().apply(exp(x - m).sum(axis=1)) + m[:, 0]
"""


class log_sum_exp(Task):
    def expected(self, x):
        return np.logaddexp.reduce(x.astype(np.float64), axis=1)

    def walked(self, log_sum_exp, x, gy):
        """Return the value and the gradient."""
        v = self.lib.Variable(x)
        y = log_sum_exp(v)
        self.walk(y, gy)
        return y.data, v.grad

    def softmax(self, x):
        return np.exp(x - self.expected(x).reshape(-1, 1)).astype(x.dtype)

    def check_values(self, log_sum_exp):
        """Take exp of each number, add up each row, take the log. One number a row is left."""
        for shape, dtype in [((4, 3), np.float64), ((2, 5), np.float32), ((3, 3), np.float64)]:
            x = self.array(*shape, dtype=dtype)
            y, _ = self.walked(log_sum_exp, x, np.ones(shape[0], dtype))
            yield "y", y, self.expected(x).astype(dtype)

    def check_large(self, log_sum_exp):
        """exp(1000) is infinite, and exp(-1000) is 0. Which number of a row can you subtract?"""
        for shift in (1000, -1000):
            far = np.zeros((3, 4))
            far[1], far[2, 1] = shift, abs(shift)
            x = self.watch(self.array(3, 4) + far)
            y, gx = self.walked(log_sum_exp, x, np.ones(3))
            yield "y", y, self.expected(x)
            yield "x.grad", gx, self.softmax(x)

    def check_gradients(self, log_sum_exp):
        """The walk passes through Variables only. An array in between is a constant."""
        for shape, dtype in [((4, 3), np.float64), ((2, 5), np.float32), ((3, 3), np.float64)]:
            x, gy = self.array(*shape, dtype=dtype), self.array(shape[0], dtype=dtype)
            _, gx = self.walked(log_sum_exp, x, gy)
            yield "x.grad", gx, gy.reshape(-1, 1) * self.softmax(x)

    wrongs = [
        Wrong(
            "values",
            "the columns are added up and not the rows",
            LOG_SUM_EXP.replace("axis=1", "axis=0").replace("m[:, 0]", "m[0]"),
        ),
        Wrong("values", "the largest is not added again", LOG_SUM_EXP.replace(" + m[:, 0]", "")),
        Wrong(
            "values",
            "the result still has an axis of length 1",
            LOG_SUM_EXP.replace("sum(axis=1)", "sum(axis=1, keepdims=True)").replace("[:, 0]", ""),
        ),
        Wrong(
            "values",
            "a column of sums and a row of largest numbers are stretched to a table",
            LOG_SUM_EXP.replace("sum(axis=1)", "sum(axis=1, keepdims=True)"),
        ),
        Wrong(
            "values",
            "keepdims is missing at the largest, and its numbers are taken for a row",
            LOG_SUM_EXP.replace("max(axis=1, keepdims=True)", "max(axis=1)").replace("[:, 0]", ""),
        ),
        Wrong(
            "values", "the log is missing", "def log_sum_exp(x):\n    return exp(x).sum(axis=1)\n"
        ),
        Wrong(
            "values",
            "the largest is subtracted once more, and not added",
            LOG_SUM_EXP.replace("+ m[:", "- m[:"),
        ),
        Wrong(
            "large",
            "nothing is subtracted before exp",
            "def log_sum_exp(x):\n    return Log().apply(exp(x).sum(axis=1))\n",
        ),
        Wrong(
            "large",
            "the largest number of the whole table is subtracted from all rows",
            LOG_SUM_EXP.replace("max(axis=1, keepdims=True)", "max()").replace("[:, 0]", ""),
        ),
        Wrong(
            "large",
            "what is subtracted from a row is not its largest number",
            LOG_SUM_EXP.replace("max", "min"),
        ),
        Wrong(
            "gradients",
            "exp gets the array of x, and the walk ends there",
            LOG_SUM_EXP.replace("exp(x - m)", "exp(Variable(x.data - m))"),
        ),
        Wrong(
            "gradients",
            "the largest is a Variable where it is subtracted, and an array where it is added",
            LOG_SUM_EXP.replace("x.data.max(axis=1", "F.max(x, axis=1").replace("m[:", "m.data[:"),
        ),
    ]
