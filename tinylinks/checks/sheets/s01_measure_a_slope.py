"""Sheet 1: slopes measured to one side and in a direction, and steps against them."""

import numpy as np

from tinylinks.checks.task import Task, Wrong


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, f):
        self.f = f
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.f(x)


def function(rng, shape):
    """Return a function of arrays of this shape. Its slopes are linear, and all different."""
    squares, lines = rng.uniform(0.5, 2, shape), rng.uniform(2, 3, shape)

    def f(x):
        mixed = x[..., ::2].sum() * x[..., 1::2].sum()
        return float((squares * x * x + lines * x).sum() + mixed)

    return f


FORWARD = """\
def forward_slope(f, x, h):
    return (f(x + h) - f(x)) / h
"""


class forward_slope(Task):
    def functions(self):
        a = float(self.array())
        return [("x * x", lambda x: x * x), ("sin", np.sin), ("a cube", lambda x: a * x**3)]

    def check_values(self, forward_slope):
        """How far does f move, and how far did you nudge its input?"""
        for name, f in self.functions():
            x = float(self.array())
            expected = float((f(x + 0.1) - f(x)) / 0.1)
            yield f"the slope of {name} with h = 0.1", forward_slope(f, x, 0.1), expected

    def check_steps(self, forward_slope):
        """The step is h, which may be large or small."""
        for h in (0.5, 0.02):
            for name, f in self.functions():
                x = float(self.array())
                expected = float((f(x + h) - f(x)) / h)
                yield f"the slope of {name} with h = {h}", forward_slope(f, x, h), expected

    def check_arrays(self, forward_slope):
        """An array of numbers has an array of slopes. Make a new array, and leave x as it is."""
        for dtype in (np.float32, np.float64):
            for shape in [(4,), (2, 3)]:
                x = self.array(*shape, dtype=dtype)
                f, h = self.functions()[2][1], 0.25
                at = x.astype(np.float64)
                expected = ((f(at + h) - f(at)) / h).astype(dtype)
                yield "the array of slopes", forward_slope(f, x, h), expected

    wrongs = [
        Wrong(
            "values",
            "the move of f is not divided by h",
            FORWARD.replace("(f(x + h) - f(x)) / h", "f(x + h) - f(x)"),
        ),
        Wrong(
            "values",
            "both sides are looked at, as `slope` does",
            FORWARD.replace("- f(x)) / h", "- f(x - h)) / (2 * h)"),
        ),
        Wrong(
            "values",
            "the move is divided by 2h, but from x to x + h it is only h",
            FORWARD.replace("/ h", "/ (2 * h)"),
        ),
        Wrong(
            "values",
            "the step goes to the left",
            FORWARD.replace("f(x + h) - f(x)", "f(x) - f(x - h)"),
        ),
        Wrong(
            "values",
            "parentheses are missing, so that only f(x) is divided by h",
            FORWARD.replace("(f(x + h) - f(x))", "f(x + h) - f(x)"),
        ),
        Wrong(
            "values",
            "nothing is subtracted, and the new value of f is divided by h",
            FORWARD.replace("(f(x + h) - f(x))", "f(x + h)"),
        ),
        Wrong(
            "values",
            "the slope has the wrong sign, because the new value is subtracted from the old one",
            FORWARD.replace("f(x + h) - f(x)", "f(x) - f(x + h)"),
        ),
        Wrong(
            "steps",
            "the step is always 0.1, whatever h is",
            FORWARD.replace("return", "h = 0.1\n    return"),
        ),
        Wrong(
            "steps",
            "x is moved by 0.1, and the move of f is divided by h",
            FORWARD.replace("x + h", "x + 0.1"),
        ),
        Wrong(
            "arrays",
            "`x += h` changes the array that was given",
            """\
def forward_slope(f, x, h):
    before = f(x)
    x += h
    return (f(x) - before) / h
""",
        ),
        Wrong(
            "arrays",
            "a whole array is taken for one number, by `float` or `round` for instance",
            FORWARD.replace("return (f(x + h) - f(x)) / h", "return float((f(x + h) - f(x)) / h)"),
        ),
    ]


DESCEND = """\
def descend(error, w, lr, steps):
    for _ in range(steps):
        w = w - lr * slope(error, w)
    return w
"""


class descend(Task):
    def valley(self):
        """Return an error with its lowest point at `goal`, the goal, and how much it bends."""
        goal, a = float(self.array(low=-3, high=3)), float(self.array(low=0.5, high=1.5))
        return (lambda w: a * (w - goal) ** 2), goal, 2 * a

    def start(self, goal):
        side = 1 if self.rng.random() < 0.5 else -1
        return goal + side * float(self.array(low=2, high=4))

    def after(self, steps, lr, w, goal, bend):
        return goal + (w - goal) * (1 - lr * bend) ** steps

    def check_one_step(self, descend):
        """One step moves w against the slope, by lr times the slope."""
        for lr in (0.05, 0.1):
            error, goal, bend = self.valley()
            w = self.start(goal)
            expected = self.after(1, lr, w, goal, bend)
            yield f"w after 1 step with lr = {lr}", descend(error, w, lr, 1), expected

    def check_more_steps(self, descend):
        """Each step starts where the step before it ended. Is the slope the same there?"""
        for steps in (2, 7):
            error, goal, bend = self.valley()
            w = self.start(goal)
            expected = self.after(steps, 0.1, w, goal, bend)
            yield f"w after {steps} steps", descend(error, w, 0.1, steps), expected

    def check_both_sides(self, descend):
        """Left of the lowest point, the slope is negative. Which way does w have to go there?"""
        for side in (-1, 1):
            error, goal, bend = self.valley()
            w = goal + 3.0 * side
            expected = self.after(4, 0.1, w, goal, bend)
            where = "left" if side < 0 else "right"
            yield f"w when it starts {where} of the goal", descend(error, w, 0.1, 4), expected

    wrongs = [
        Wrong("one_step", "w goes up the slope", DESCEND.replace("w - lr", "w + lr")),
        Wrong(
            "one_step",
            "the error itself is subtracted, not its slope",
            DESCEND.replace("slope(error, w)", "error(w)"),
        ),
        Wrong("one_step", "lr is not used", DESCEND.replace("lr * ", "")),
        Wrong("one_step", "lr is always 0.05", DESCEND.replace("lr * ", "0.05 * ")),
        Wrong(
            "one_step",
            "the error is returned, not w",
            DESCEND.replace("return w", "return error(w)"),
        ),
        Wrong(
            "one_step",
            "the slope is returned, not w",
            DESCEND.replace("return w", "return slope(error, w)"),
        ),
        Wrong(
            "one_step",
            "ten steps are made, whatever `steps` says",
            DESCEND.replace("range(steps)", "range(10)"),
        ),
        Wrong(
            "one_step",
            "one step too many is made",
            DESCEND.replace("range(steps)", "range(steps + 1)"),
        ),
        Wrong(
            "one_step",
            "w is replaced by the step and not moved by it",
            DESCEND.replace("w - lr", "-lr"),
        ),
        Wrong(
            "more_steps",
            "the slope is measured once, before the loop",
            """\
def descend(error, w, lr, steps):
    steepness = slope(error, w)
    for _ in range(steps):
        w = w - lr * steepness
    return w
""",
        ),
        Wrong(
            "more_steps",
            "`return` is inside the loop, or each step starts from the first w: only one counts",
            DESCEND.replace("    return w", "        return w"),
        ),
        Wrong(
            "both_sides",
            "the sign of the slope is lost",
            DESCEND.replace("slope(error, w)", "abs(slope(error, w))"),
        ),
    ]


SLOPES = """\
def forward_slopes(f, x, h):
    gradient = np.zeros_like(x)
    here = f(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        gradient[i] = (f(x) - here) / h
        x[i] = kept
    return gradient
"""


class forward_slopes(Task):
    def problem(self, *shape, dtype=np.float64):
        """Return a function of an array, the array, the step and the slopes to one side."""
        f, x, h = function(self.rng, shape), self.array(*shape, dtype=dtype), 0.25
        expected, at = np.zeros(shape), x.astype(np.float64)
        for i in np.ndindex(shape):
            moved = at.copy()
            moved[i] += h
            expected[i] = (f(moved) - f(at)) / h
        return f, x.copy(), h, expected.astype(dtype)

    def check_values(self, forward_slopes):
        """Nudge one number at a time, and leave the others where they were."""
        for shape in [(4,), (2, 3)]:
            f, x, h, expected = self.problem(*shape)
            yield "the gradient", forward_slopes(f, x, h), expected

    def check_types(self, forward_slopes):
        """The gradient has the shape and the dtype of x."""
        for dtype in (np.float32, np.float64):
            for shape in [(5,), (3, 2), (2, 1, 3)]:
                f, x, h, expected = self.problem(*shape, dtype=dtype)
                yield "the gradient", forward_slopes(f, x, h), expected

    def check_calls(self, forward_slopes):
        """What is the same for each number, and need be computed only once?"""
        for shape in [(4,), (2, 3)]:
            f, x, h, expected = self.problem(*shape)
            counted = Counted(f)
            yield "the gradient", forward_slopes(counted, x, h), expected
            yield f"the number of calls of f for {x.size} numbers", counted.calls, x.size + 1

    def check_x_stays(self, forward_slopes):
        """The gradient is as before, and x holds the same numbers after the call."""
        for shape in [(4,), (2, 3)]:
            f, x, h, expected = self.problem(*shape)
            before = x.copy()
            yield "the gradient", forward_slopes(f, x, h), expected
            yield "x after the call", x, before

    wrongs = [
        Wrong(
            "values",
            "the nudged numbers are not put back, so that more and more of them are moved",
            SLOPES.replace("        x[i] = kept\n", ""),
        ),
        Wrong(
            "values",
            "all numbers are nudged together",
            """\
def forward_slopes(f, x, h):
    return np.ones_like(x) * (f(x + h) - f(x)) / h
""",
        ),
        Wrong(
            "values",
            "both sides are looked at, as `slopes` does",
            "def forward_slopes(f, x, h):\n    return slopes(f, x, h)\n",
        ),
        Wrong(
            "values",
            "the moves of f are not divided by h",
            SLOPES.replace("(f(x) - here) / h", "f(x) - here"),
        ),
        Wrong(
            "values",
            "the steps go to the left",
            SLOPES.replace("kept + h", "kept - h").replace("f(x) - here", "here - f(x)"),
        ),
        Wrong(
            "values",
            "the slopes are added up to one number",
            SLOPES.replace("return gradient", "return gradient.sum()"),
        ),
        Wrong(
            "values",
            "`return` is inside the loop, which ends after the first number",
            SLOPES.replace("    return gradient", "        return gradient"),
        ),
        Wrong(
            "types",
            "the slopes are kept in float64, whatever the dtype of x is",
            SLOPES.replace("np.zeros_like(x)", "np.zeros(x.shape)"),
        ),
        Wrong(
            "types",
            "the slopes are collected in a flat list, and the shape of x is lost",
            """\
def forward_slopes(f, x, h):
    gradient = []
    here = f(x)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += h
        gradient.append((f(moved) - here) / h)
    return np.array(gradient)
""",
        ),
        Wrong(
            "types",
            "a loop over the rows nudges a whole row at a time",
            SLOPES.replace("np.ndindex(x.shape)", "range(len(x))").replace("x[i]\n", "x[i] * 1\n"),
        ),
        Wrong(
            "calls",
            "the value without a nudge is computed again for each number",
            SLOPES.replace(
                "        x[i] = kept + h", "        here = f(x)\n        x[i] = kept + h"
            ),
        ),
        Wrong(
            "x_stays",
            "the last number is not put back",
            """\
def forward_slopes(f, x, h):
    gradient = np.zeros_like(x)
    here = f(x)
    last = None
    for i in np.ndindex(x.shape):
        if last is not None:
            x[last] -= h
        x[i] += h
        gradient[i] = (f(x) - here) / h
        last = i
    return gradient
""",
        ),
    ]


ALONG = """\
def slope_along(f, x, d):
    h = 1e-3
    return (f(x + h * d) - f(x - h * d)) / (2 * h)
"""


class slope_along(Task):
    def problem(self, *shape):
        """Return a function of an array, the array, a direction and the slope along it."""
        x, d = self.array(*shape), self.array(*shape)
        f = function(self.rng, shape)

        return f, x.copy(), d, float((self.slopes(f, x, 1.0) * d).sum())

    def check_values(self, slope_along):
        """If all numbers move at once, each by h times its number in d, how far does f move?"""
        for shape in [(4,), (2, 3)]:
            f, x, d, expected = self.problem(*shape)
            yield "the slope along d", slope_along(f, x, d), expected

    def check_long_and_short(self, slope_along):
        """Twice as long a d moves f twice as far, and -d moves it the other way."""
        for factor in (2.0, -1.0, 0.25):
            f, x, d, expected = self.problem(2, 3)
            got = slope_along(f, x, self.watch(factor * d))
            yield f"the slope along {factor:g} times d", got, factor * expected

    def check_calls(self, slope_along):
        """Two calls are enough: one a little forward, one a little back."""
        for shape in [(4,), (2, 3)]:
            f, x, d, expected = self.problem(*shape)
            counted = Counted(f)
            yield "the slope along d", slope_along(counted, x, d), expected
            yield f"the number of calls of f for {x.size} numbers", counted.calls, 2

    def check_x_stays(self, slope_along):
        """The slope is as before, and x and d hold the same numbers after the call."""
        f, x, d, expected = self.problem(2, 3)
        before = x.copy()
        yield "the slope along d", slope_along(f, x, d), expected
        yield "x after the call", x, before

    wrongs = [
        Wrong(
            "values",
            "the slopes of all numbers are added, and d is not used",
            "def slope_along(f, x, d):\n    return slopes(f, x).sum()\n",
        ),
        Wrong(
            "values",
            "only one side is looked at",
            ALONG.replace("f(x - h * d)", "f(x)").replace("(2 * h)", "h"),
        ),
        Wrong(
            "values",
            "the move is divided by h, but from one side to the other it is 2h",
            ALONG.replace("(2 * h)", "h"),
        ),
        Wrong(
            "values",
            "each slope is multiplied by its number in d, and they are not added up",
            "def slope_along(f, x, d):\n    return slopes(f, x) * d\n",
        ),
        Wrong(
            "values",
            "x moves by all of d, and not by a small part of it",
            """\
def slope_along(f, x, d):
    return f(x + d) - f(x)
""",
        ),
        Wrong(
            "values",
            "parentheses are missing, and the result is multiplied by h",
            ALONG.replace("(2 * h)", "2 * h"),
        ),
        Wrong(
            "values",
            "the step is so small that it is rounded away",
            ALONG.replace("1e-3", "1e-17"),
        ),
        Wrong(
            "long_and_short",
            "d is shortened to length 1",
            ALONG.replace("h = 1e-3", "h = 1e-3\n    d = d / np.sqrt((d * d).sum())"),
        ),
        Wrong(
            "long_and_short",
            "the sign of d is lost",
            ALONG.replace("h = 1e-3", "h = 1e-3\n    d = abs(d)"),
        ),
        Wrong(
            "calls",
            "each number is nudged by itself, as `slopes` does",
            "def slope_along(f, x, d):\n    return (slopes(f, x) * d).sum()\n",
        ),
        Wrong(
            "calls",
            "f(x) is computed, too, for a slope to either side",
            """\
def slope_along(f, x, d):
    h = 1e-3
    here = f(x)
    right = (f(x + h * d) - here) / h
    left = (here - f(x - h * d)) / h
    return (right + left) / 2
""",
        ),
        Wrong(
            "x_stays",
            "x is moved with += and -=, and is not put back",
            """\
def slope_along(f, x, d):
    h = 1e-3
    x += h * d
    right = f(x)
    x -= 2 * h * d
    return (right - f(x)) / (2 * h)
""",
        ),
    ]
