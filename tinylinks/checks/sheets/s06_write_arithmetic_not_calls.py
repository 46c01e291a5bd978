"""Sheet 6: formulas with Variables, an operator, a Function of two inputs, and a polynomial."""

import numpy as np

from tinylinks.checks.task import Task, Wrong


def first_slopes(task, f, a, b, gy):
    """Return the gradient of f(a, b) for a."""
    return task.slopes(lambda at: f(at, b), a, gy)


def second_slopes(task, f, a, b, gy):
    """Return the gradient of f(a, b) for b."""
    return task.slopes(lambda at: f(a, at), b, gy)


HARMONIC = """\
def harmonic(a, b):
    return 2 * a * b / (a + b)
"""


def mean(a, b):
    return 2 * a * b / (a + b)


class harmonic(Task):
    def positive(self, *shape, dtype=np.float64):
        return self.array(*shape, dtype=dtype, low=0.3, high=3)

    def check_values(self, harmonic):
        """Two divided by the sum of 1 / a and 1 / b."""
        for dtype in (np.float32, np.float64):
            for shape in [(3,), (2, 3), ()]:
                a, b = self.positive(*shape, dtype=dtype), self.positive(*shape, dtype=dtype)
                y = harmonic(self.lib.Variable(a), self.lib.Variable(b))
                yield "the type of the answer", type(y).__name__, "Variable"
                if isinstance(y, self.lib.Variable):
                    yield "y", y.data, np.asarray(mean(a, b))

    def check_gradients(self, harmonic):
        """Each a and each b in your formula sends a gradient, unless you write `.data`."""
        for shape in [(3,), (2, 3)]:
            a, b, gy = self.positive(*shape), self.positive(*shape), self.array(*shape)
            va, vb = self.lib.Variable(a), self.lib.Variable(b)
            self.walk(harmonic(va, vb), gy)
            yield "a.grad", va.grad, first_slopes(self, mean, a, b, gy)
            yield "b.grad", vb.grad, second_slopes(self, mean, a, b, gy)

    def check_constants(self, harmonic):
        """One of the two may be a number or an array. Variables compute with both."""
        for count in range(4):
            a, gy = self.positive(2, 3), self.array(2, 3)
            b = self.positive(2, 3) if count % 2 else float(self.positive())
            v = self.lib.Variable(a)
            y = harmonic(v, b) if count < 2 else harmonic(b, v)
            self.walk(y, gy)
            what = "an array" if count % 2 else "a number"
            side = "b" if count < 2 else "a"
            yield f"y, where {side} is {what}", y.data, mean(a, b)
            grad = f"{'a' if count < 2 else 'b'}.grad, where {side} is {what}"
            yield grad, v.grad, first_slopes(self, mean, a, b, gy)

    wrongs = [
        Wrong(
            "values",
            "parentheses are missing: `2 / 1 / a + 1 / b` divides only the first part",
            HARMONIC.replace("2 * a * b / (a + b)", "2 / 1 / a + 1 / b"),
        ),
        Wrong(
            "values",
            "parentheses are missing: only a is below the line",
            HARMONIC.replace("(a + b)", "a + b"),
        ),
        Wrong(
            "values",
            "it is the ordinary mean, half of the sum",
            HARMONIC.replace("2 * a * b / (a + b)", "(a + b) / 2"),
        ),
        Wrong("values", "the 2 is forgotten", HARMONIC.replace("2 * ", "")),
        Wrong(
            "values",
            "the sum of 1 / a and 1 / b is not turned over at the end",
            HARMONIC.replace("2 * a * b / (a + b)", "(1 / a + 1 / b) / 2"),
        ),
        Wrong(
            "values",
            "the arrays are computed with, and there is no Variable any more",
            HARMONIC.replace("return", "a, b = a.data, b.data\n    return"),
        ),
        Wrong(
            "gradients",
            "`.data` in the sum: the walk does not get to a and b there",
            HARMONIC.replace("(a + b)", "(a.data + b.data)"),
        ),
        Wrong(
            "gradients",
            "`.data` above the line: the walk does not get to a and b there",
            HARMONIC.replace("a * b /", "a.data * b.data /"),
        ),
        Wrong(
            "gradients",
            "`.data` of b, above the line: the walk gets to b by the other way only",
            HARMONIC.replace("a * b /", "a * b.data /"),
        ),
        Wrong(
            "gradients",
            "`.data` of b: the walk gets to a only",
            "def harmonic(a, b):\n    return 2 / (1 / a + 1 / b.data)\n",
        ),
        Wrong(
            "gradients",
            "a is put into a new box, and the walk ends there",
            HARMONIC.replace("return", "a = Variable(a.data)\n    return"),
        ),
        Wrong(
            "gradients",
            "the result is put into a new box, and its history is lost",
            """\
def harmonic(a, b):
    a, b = a.data, b.data
    return Variable(np.asarray(2 * a * b / (a + b)))
""",
        ),
        Wrong(
            "constants",
            "`.data` is asked of a number, which has none",
            """\
def harmonic(a, b):
    if np.any(a.data + b.data == 0):
        raise ZeroDivisionError("harmonic: expected a + b other than 0.")
    return 2 * a * b / (a + b)
""",
        ),
        Wrong(
            "constants",
            "a number is put into a box, which refuses it",
            """\
def harmonic(a, b):
    a = a if isinstance(a, Variable) else Variable(a)
    b = b if isinstance(b, Variable) else Variable(b)
    return 2 * a * b / (a + b)
""",
        ),
    ]


MOD = """\
class Variable(Variable):
    def __mod__(self, other):
        return (self - other) / other

    def __rmod__(self, other):
        return (other - self) / self
"""


def part(a, b):
    return (a - b) / b


class Variable(Task):
    def positive(self, *shape, dtype=np.float64):
        return self.array(*shape, dtype=dtype, low=0.3, high=3)

    def check_values(self, Variable):
        """How much larger than b is a? And how many times b is that?"""
        for dtype in (np.float32, np.float64):
            for shape in [(3,), (2, 3)]:
                a, b = self.positive(*shape, dtype=dtype), self.positive(*shape, dtype=dtype)
                y = Variable(a) % Variable(b)
                yield "the type of a % b", type(y).__name__, "Variable"
                if isinstance(y, Variable):
                    yield "a % b", y.data, part(a, b)

    def check_gradients(self, Variable):
        """Each use of b sends a gradient, the one below the line, too."""
        for shape in [(3,), (2, 3)]:
            a, b, gy = self.positive(*shape), self.positive(*shape), self.array(*shape)
            va, vb = Variable(a), Variable(b)
            self.walk(va % vb, gy)
            yield "a.grad", va.grad, first_slopes(self, part, a, b, gy)
            yield "b.grad", vb.grad, second_slopes(self, part, a, b, gy)

    def check_right(self, Variable):
        """On the right of % there may be a number or an array."""
        for other in (float(self.positive()), self.positive(2, 3), 8):
            a, gy = self.positive(2, 3), self.array(2, 3)
            va = Variable(a)
            y = va % other
            self.walk(y, gy)
            what = "an array" if isinstance(other, np.ndarray) else f"{other:.3g}"
            yield f"x % {what}", y.data, part(a, other)
            grad = first_slopes(self, part, a, other, gy)
            yield f"x.grad of x % {what}", va.grad, grad

    def check_left(self, Variable):
        """For `8 % x`, Python calls `x.__rmod__(8)`. What is on the left there?"""
        for other in (float(self.positive()), self.positive(2, 3), 8):
            a, gy = self.positive(2, 3), self.array(2, 3)
            va = Variable(a)
            y = other % va
            self.walk(y, gy)
            what = "an array" if isinstance(other, np.ndarray) else f"{other:.3g}"
            yield f"{what} % x", y.data, part(other, a)
            grad = second_slopes(self, part, other, a, gy)
            yield f"x.grad of {what} % x", va.grad, grad

    wrongs = [
        Wrong(
            "values",
            "the difference is divided by a",
            MOD.replace("(self - other) / other", "(self - other) / self"),
        ),
        Wrong(
            "values",
            "parentheses are missing, so that only b is divided by b",
            MOD.replace("(self - other) / other", "self - other / other"),
        ),
        Wrong("values", "b minus a is taken", MOD.replace("(self - other)", "(other - self)")),
        Wrong(
            "values",
            "a is divided by b, and the 1 is not subtracted",
            MOD.replace("(self - other) / other", "self / other"),
        ),
        Wrong(
            "values",
            "the difference is not divided",
            MOD.replace("(self - other) / other", "self - other"),
        ),
        Wrong(
            "values",
            "it is the remainder, as Python computes it for numbers",
            MOD.replace(
                "(self - other) / other", "Variable(self.data % getattr(other, 'data', other))"
            ),
        ),
        Wrong(
            "values",
            "the array is returned, not a Variable",
            MOD.replace("(self - other) / other", "((self - other) / other).data"),
        ),
        Wrong(
            "values",
            "it is said in per cent, multiplied by 100",
            MOD.replace("return (", "return 100 * ("),
        ),
        Wrong(
            "values",
            "the sign is lost",
            MOD.replace("(self - other)", "abs(self - other)"),
        ),
        Wrong(
            "gradients",
            "the arrays are computed with and put into a new box, and the history is lost",
            MOD.replace(
                "(self - other) / other", "Variable((self.data - other.data) / other.data)"
            ),
        ),
        Wrong(
            "gradients",
            "the array is taken below the line, and the walk does not get to b there",
            MOD.replace("(self - other) / other", "(self - other) / getattr(other, 'data', other)"),
        ),
        Wrong(
            "gradients",
            "the array is taken above the line, and the walk does not get to b there",
            MOD.replace("(self - other) / other", "(self - getattr(other, 'data', other)) / other"),
        ),
        Wrong(
            "right",
            "only a Variable is expected, and a number has no `.data`",
            MOD.replace(
                "        return (self - other) / other",
                "        assert self.data.shape == other.data.shape\n"
                "        return (self - other) / other",
            ),
        ),
        Wrong(
            "right",
            "a number is put into a box, which refuses it",
            MOD.replace(
                "        return (self - other) / other",
                "        if not isinstance(other, Variable):\n"
                "            other = Variable(other)\n"
                "        return (self - other) / other",
            ),
        ),
        Wrong(
            "left",
            "the order is lost: `8 % x` is computed as `x % 8`",
            MOD.replace("(other - self) / self", "(self - other) / other"),
        ),
        Wrong(
            "left",
            "a number is put into a box, which refuses it",
            MOD.replace("(other - self) / self", "Variable(other) % self"),
        ),
        Wrong(
            "left",
            "there is no `__rmod__`, and a number does not know Variables",
            MOD.split("\n    def __rmod__")[0],
        ),
        Wrong(
            "left",
            "`__rmod__` writes `other % self`, for which Python calls `__rmod__` again",
            MOD.replace("(other - self) / self", "other % self"),
        ),
        Wrong(
            "left",
            "the difference is in the right order, and is divided by the wrong one",
            MOD.replace("(other - self) / self", "(other - self) / other"),
        ),
        Wrong(
            "left",
            "the array is taken below the line, and the walk does not get to x there",
            MOD.replace("(other - self) / self", "(other - self) / self.data"),
        ),
    ]


MAXIMUM = """\
class Maximum(Function):
    def forward(self, a, b):
        self.retain_inputs((0, 1))
        return np.maximum(a, b)

    def backward(self, gy):
        a, b = self.get_retained_inputs()
        return gy * (a >= b), gy * (a < b)
"""


class Maximum(Task):
    def pair(self, *shape, dtype=np.float64):
        """Return two arrays of which now the one, now the other has the larger number."""
        a = self.array(*shape, dtype=dtype)
        signs = np.where(np.arange(a.size) % 2, 0.5, -0.75).reshape(shape)
        return a, self.watch((a + signs * self.rng.choice([-1, 1])).astype(dtype))

    def check_values(self, Maximum):
        """Of each pair of numbers the larger one."""
        for dtype in (np.float32, np.float64):
            for shape in [(4,), (2, 3)]:
                a, b = self.pair(*shape, dtype=dtype)
                y = Maximum().apply(self.lib.Variable(a), self.lib.Variable(b))
                yield "y", y.data, np.where(a > b, a, b)

    def check_gradients(self, Maximum):
        """Only the larger number moves the result. The other gets 0, whether gy is positive or
        negative."""
        for dtype in (np.float32, np.float64):
            for shape in [(4,), (2, 3)]:
                a, b = self.pair(*shape, dtype=dtype)
                gy = self.array(*shape, dtype=dtype)
                va, vb = self.lib.Variable(a), self.lib.Variable(b)
                y = Maximum().apply(va, vb)
                self.walk(y, gy)
                yield "a.grad", va.grad, np.where(a > b, gy, dtype(0))
                yield "b.grad", vb.grad, np.where(a > b, dtype(0), gy)
                y.creator.backward(self.watch(gy.copy()))  # must leave it as it is

    def check_tie(self, Maximum):
        """If both are the same, all of gy goes to the first, and nothing gets lost or doubled."""
        a, gy = self.array(2, 3), self.array(2, 3)
        b = self.watch(a + np.array([[0.0, 0.5, 0.0], [-0.5, 0.0, 0.5]]))
        va, vb = self.lib.Variable(a), self.lib.Variable(b)
        self.walk(Maximum().apply(va, vb), gy)
        yield "a.grad", va.grad, np.where(a < b, 0.0, gy)
        yield "b.grad", vb.grad, np.where(a < b, gy, 0.0)

    def check_in_a_graph(self, Maximum):
        """Each gradient has to go to the input that it is for, in both orders of the inputs."""
        square, exp = self.lib.square, self.lib.exp
        for swapped in (False, True):
            p, q = self.array(2, 4, low=0.5, high=1.6), self.array(2, 4)
            gy = self.array(2, 4)
            vp, vq = self.lib.Variable(p), self.lib.Variable(q)
            first, second = (exp(vq), square(vp)) if swapped else (square(vp), exp(vq))
            self.walk(Maximum().apply(first, second), gy)
            yield "p.grad", vp.grad, np.where(p * p > np.exp(q), gy * 2 * p, 0.0)
            yield "q.grad", vq.grad, np.where(p * p > np.exp(q), 0.0, gy * np.exp(q))
        a, b = self.pair(2, 4)
        c, gy = (
            self.watch(b + 0.25 * np.where(np.arange(8) < 4, 1, -1).reshape(2, 4)),
            self.array(2, 4),
        )
        boxes = [self.lib.Variable(x) for x in (a, b, c)]
        y = Maximum().apply(Maximum().apply(boxes[0], boxes[1]), boxes[2])
        self.walk(y, gy)
        largest = np.argmax([a, b, c], axis=0)
        for place, box in enumerate(boxes):
            grad = np.where(largest == place, gy, 0.0)
            yield f"the gradient of number {place + 1} of three", box.grad, grad

    def check_number(self, Maximum):
        """One of the two may be a number, which has no shape and no gradient."""
        for first in (False, True):
            a, gy, number = self.array(2, 3), self.array(2, 3), 0.05
            a = self.watch(np.where(np.arange(6).reshape(2, 3) % 2, abs(a), -abs(a)))
            v = self.lib.Variable(a)
            y = Maximum().apply(number, v) if first else Maximum().apply(v, number)
            self.walk(y, gy)
            yield "y", y.data, np.where(a > number, a, number)
            yield "x.grad", v.grad, np.where(a > number, gy, 0.0)

    wrongs = [
        Wrong("values", "the smaller number is taken", MAXIMUM.replace("np.maximum", "np.minimum")),
        Wrong(
            "values",
            "`np.max` is asked, which looks for the largest number of one array",
            MAXIMUM.replace("np.maximum(a, b)", "np.max(a, b)"),
        ),
        Wrong(
            "values",
            "`max` of Python compares two whole arrays, which has no single answer",
            MAXIMUM.replace("np.maximum(a, b)", "max(a, b)"),
        ),
        Wrong(
            "gradients",
            "both inputs get all of gy",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy, gy"),
        ),
        Wrong(
            "gradients",
            "the smaller number gets the gradient",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy * (a < b), gy * (a >= b)"),
        ),
        Wrong(
            "gradients",
            "what is returned is where the larger numbers are, and not gy there",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "a >= b, a < b"),
        ),
        Wrong(
            "gradients",
            "gy is not used, as if the walk began here with ones",
            MAXIMUM.replace(
                "gy * (a >= b), gy * (a < b)", "(a >= b).astype(a.dtype), (a < b).astype(a.dtype)"
            ),
        ),
        Wrong(
            "gradients",
            "a number that is smaller gets minus gy",
            MAXIMUM.replace(
                "gy * (a >= b), gy * (a < b)", "np.where(a >= b, gy, -gy), np.where(a < b, gy, -gy)"
            ),
        ),
        Wrong(
            "gradients",
            "the numbers themselves are compared with gy, so that gy is taken for the output",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy * (a == gy), gy * (b == gy)"),
        ),
        Wrong(
            "gradients",
            "only one gradient comes back: a list counts as one, or the second is missing",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "[gy * (a >= b), gy * (a < b)]"),
        ),
        Wrong(
            "gradients",
            "the larger number is handed on, multiplied by gy, where its slope is 1",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy * a * (a >= b), gy * b * (a < b)"),
        ),
        Wrong(
            "gradients",
            "only the first input is kept, and the second is not there to compare with",
            MAXIMUM.replace("(0, 1)", "(0,)"),
        ),
        Wrong(
            "gradients",
            "nothing was kept, so there is nothing to get",
            MAXIMUM.replace("        self.retain_inputs((0, 1))\n", ""),
        ),
        Wrong(
            "gradients",
            "a minus is to turn True into False, which `~` does",
            MAXIMUM.replace("gy * (a < b)", "gy * -(a >= b)"),
        ),
        Wrong(
            "gradients",
            "`*=` changes the array gy, which may belong to another branch of the graph, too",
            MAXIMUM.replace(
                "return gy * (a >= b), gy * (a < b)",
                "gb = gy * (a < b)\n        gy *= a >= b\n        return gy, gb",
            ),
        ),
        Wrong(
            "gradients",
            "whole arrays are compared, and one of them gets all of gy",
            MAXIMUM.replace(
                "gy * (a >= b), gy * (a < b)",
                "gy * float(a.sum() >= b.sum()), gy * float(a.sum() < b.sum())",
            ),
        ),
        Wrong(
            "gradients",
            "gy is divided among both",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy / 2, gy / 2"),
        ),
        Wrong("tie", "both get all of gy at a tie", MAXIMUM.replace("a < b", "a <= b")),
        Wrong("tie", "nobody gets gy at a tie", MAXIMUM.replace("a >= b", "a > b")),
        Wrong(
            "tie",
            "the second gets gy at a tie, and not the first",
            MAXIMUM.replace("a >= b", "a > b").replace("a < b", "a <= b"),
        ),
        Wrong(
            "tie",
            "both get half of gy at a tie",
            MAXIMUM.replace(
                "gy * (a >= b), gy * (a < b)",
                "gy * ((a > b) + 0.5 * (a == b)).astype(gy.dtype), "
                "gy * ((a < b) + 0.5 * (a == b)).astype(gy.dtype)",
            ),
        ),
        Wrong(
            "in_a_graph",
            "the two inputs are kept in the class, where the next Maximum overwrites them",
            MAXIMUM.replace("self.retain_inputs((0, 1))", "Maximum.kept = (a, b)").replace(
                "self.get_retained_inputs()", "Maximum.kept"
            ),
        ),
        Wrong(
            "number",
            "the larger numbers are picked with an index, which a number does not have",
            MAXIMUM.replace(
                "return np.maximum(a, b)",
                "y = a.copy()\n        y[b > a] = b[b > a]\n        return y",
            ),
        ),
        Wrong(
            "number",
            "the gradients are written into arrays of the shape of a and of b",
            MAXIMUM.replace(
                "return gy * (a >= b), gy * (a < b)",
                "ga, gb = np.zeros_like(a), np.zeros_like(b)\n"
                "        ga[a >= b] = gy[a >= b]\n"
                "        gb[a < b] = gy[a < b]\n"
                "        return ga, gb",
            ),
        ),
        Wrong(
            "values",
            "`if` compares two whole arrays, which has no single answer",
            MAXIMUM.replace(
                "        return np.maximum(a, b)",
                "        if a >= b:\n            return a\n        return b",
            ),
        ),
        Wrong(
            "gradients",
            "`if` compares two whole arrays in `backward`, which has no single answer",
            MAXIMUM.replace(
                "        return gy * (a >= b), gy * (a < b)",
                "        if a >= b:\n            return gy, 0 * gy\n        return 0 * gy, gy",
            ),
        ),
        Wrong(
            "gradients",
            "`gy[a >= b]` picks numbers out, and the shape is lost",
            MAXIMUM.replace("gy * (a >= b), gy * (a < b)", "gy[a >= b], gy[a < b]"),
        ),
        Wrong(
            "gradients",
            "a comma is missing: two arrays are kept, and one name gets both",
            MAXIMUM.replace(
                "a, b = self.get_retained_inputs()", "a = b = self.get_retained_inputs()"
            ),
        ),
    ]


POLYNOMIAL = """\
def polynomial(x, coefficients):
    y = 0 * x
    for c in reversed(coefficients):
        y = y * x + c
    return y
"""


class polynomial(Task):
    def value(self, x, coefficients):
        return sum([c * x**power for power, c in enumerate(coefficients)])

    def coefficients(self, count):
        return [round(float(c), 1) for c in self.array(count, low=1.5, high=5)]

    def check_values(self, polynomial):
        """The first coefficient is that of no x at all, the second that of x, and so on."""
        for dtype in (np.float32, np.float64):
            for count, shape in [(2, (3,)), (3, (2, 3)), (4, ())]:
                x, numbers = self.array(*shape, dtype=dtype), self.coefficients(count)
                given = list(numbers)
                y = polynomial(self.lib.Variable(x), given)
                yield "the list of coefficients after the call", given, numbers
                yield "the type of the answer", type(y).__name__, "Variable"
                if isinstance(y, self.lib.Variable):
                    expected = np.asarray(self.value(x.astype(np.float64), numbers), dtype)
                    yield f"y for the coefficients {numbers}", y.data, expected

    def check_slopes(self, polynomial):
        """Each x in the formula sends its gradient. Is there one that the walk does not get to?"""
        for count, shape in [(2, (3,)), (3, (2, 3)), (4, (3,))]:
            x, numbers = self.array(*shape), self.coefficients(count)
            v, gy = self.lib.Variable(x), self.array(*shape)
            self.walk(polynomial(v, list(numbers)), gy)
            expected = first_slopes(self, self.value, x, numbers, gy)
            yield f"x.grad for the coefficients {numbers}", v.grad, expected

    def check_constant(self, polynomial):
        """A single coefficient gives a Variable, too, of the shape of x and with the slope 0."""
        for shape in [(3,), (2, 3)]:
            x, gy, numbers = self.variable(*shape), self.array(*shape), self.coefficients(1)
            y = polynomial(x, list(numbers))
            yield "the type of the answer", type(y).__name__, "Variable"
            if isinstance(y, self.lib.Variable):
                yield f"y for the coefficients {numbers}", y.data, np.full(shape, numbers[0])
                self.walk(y, gy)
                yield "x.grad", x.grad, np.zeros(shape)

    def check_learnt(self, polynomial):
        """A coefficient may be a Variable. Its gradient is a power of x, times gy."""
        x, gy, numbers = self.array(), self.array(), self.array(4)
        v = self.lib.Variable(x)
        boxes = [self.lib.Variable(np.array(c)) for c in numbers]
        y = polynomial(v, list(boxes))
        self.walk(y, gy)
        yield "y", y.data, np.asarray(self.value(x, numbers))
        for power, box in enumerate(boxes):
            yield f"the gradient of coefficient {power}", box.grad, np.asarray(x**power * gy)
        yield "x.grad", v.grad, first_slopes(self, self.value, x, numbers, gy)

    wrongs = [
        Wrong(
            "values",
            "the coefficients are read from the end",
            POLYNOMIAL.replace("reversed(coefficients)", "coefficients"),
        ),
        Wrong(
            "values",
            "every power is one too high: multiplied by x after c is added, not before",
            POLYNOMIAL.replace("y * x + c", "(y + c) * x"),
        ),
        Wrong(
            "values",
            "the powers are forgotten, and every coefficient is multiplied by x",
            "def polynomial(x, coefficients):\n    return sum([c * x for c in coefficients])\n",
        ),
        Wrong(
            "values",
            "the last coefficient is left out",
            POLYNOMIAL.replace("reversed(coefficients)", "reversed(coefficients[:-1])"),
        ),
        Wrong(
            "values",
            "the first coefficient is left out",
            POLYNOMIAL.replace("reversed(coefficients)", "reversed(coefficients[1:])"),
        ),
        Wrong(
            "values",
            "x is multiplied by the power, not raised to it",
            "def polynomial(x, coefficients):\n"
            "    return sum([c * (x * k) for k, c in enumerate(coefficients)])\n",
        ),
        Wrong(
            "values",
            "exactly three coefficients are expected",
            """\
def polynomial(x, coefficients):
    c0, c1, c2 = coefficients
    return c0 + c1 * x + c2 * x**2
""",
        ),
        Wrong(
            "values",
            "`reverse` turns the list around that was given; `reversed` leaves it as it is",
            POLYNOMIAL.replace("y = 0", "coefficients.reverse()\n    y = 0").replace(
                "reversed(coefficients)", "coefficients"
            ),
        ),
        Wrong(
            "values",
            "`pop` takes the coefficients out of the list that was given",
            """\
def polynomial(x, coefficients):
    y = 0 * x
    while coefficients:
        y = y * x + coefficients.pop()
    return y
""",
        ),
        Wrong(
            "values",
            "a function of NumPy is asked, which computes with arrays and not with Variables",
            "def polynomial(x, coefficients):\n    return np.polyval(coefficients[::-1], x)\n",
        ),
        Wrong(
            "values",
            "x is added and the coefficient multiplied, the wrong way round",
            POLYNOMIAL.replace("y * x + c", "y * c + x"),
        ),
        Wrong(
            "values",
            "y starts at x, and a power of x comes on top",
            POLYNOMIAL.replace("0 * x", "x"),
        ),
        Wrong(
            "values",
            "the arrays are computed with, and there is no Variable any more",
            POLYNOMIAL.replace("y = 0 * x\n", "x = x.data\n    y = 0 * x\n"),
        ),
        Wrong(
            "slopes",
            "`.data` in the loop: the walk gets to x by one way only, or by none",
            POLYNOMIAL.replace("y * x + c", "y * x.data + c"),
        ),
        Wrong(
            "slopes",
            "x is put into a new box, and the walk ends there",
            POLYNOMIAL.replace("y = 0 * x\n", "x = Variable(x.data)\n    y = 0 * x\n"),
        ),
        Wrong(
            "slopes",
            "what was computed so far is put into a new box in each round",
            POLYNOMIAL.replace("y = y * x + c", "y = Variable(y.data) * x + c"),
        ),
        Wrong(
            "constant",
            "a single coefficient is returned as it is, a number and no Variable",
            """\
def polynomial(x, coefficients):
    y = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        y = y * x + c
    return y
""",
        ),
        Wrong(
            "constant",
            "the sum starts from a Variable that has nothing to do with x",
            """\
def polynomial(x, coefficients):
    y = Variable(np.zeros_like(x.data))
    for c in reversed(coefficients[1:]):
        y = (y + c) * x
    return y + coefficients[0]
""",
        ),
        Wrong(
            "constant",
            "a single coefficient is put into a box that has nothing to do with x",
            """\
def polynomial(x, coefficients):
    if len(coefficients) == 1:
        return Variable(np.full(x.shape, coefficients[0]))
    y = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        y = y * x + c
    return y
""",
        ),
        Wrong(
            "learnt",
            "`float` turns a coefficient into a number, and a Variable is none",
            POLYNOMIAL.replace("+ c", "+ float(c)"),
        ),
        Wrong(
            "learnt",
            "a function of NumPy is given Variables, as by `np.array(coefficients)`",
            POLYNOMIAL.replace("reversed(coefficients)", "np.array(coefficients)[::-1].tolist()"),
        ),
        Wrong(
            "learnt",
            "`.data` of a coefficient is taken, and the walk does not get to it",
            POLYNOMIAL.replace("+ c", "+ getattr(c, 'data', c)"),
        ),
    ]
