"""Sheet 4: the backward of a Function, what it keeps for it, and the walk through a chain."""

import numpy as np

from tinylinks.checks.task import Task, Wrong

# As often as Python lets functions call each other; in the page, a longer graph cannot be freed.
LONG = 1000


class Slopes:
    """What the tasks need that ask for the gradient of one Function."""

    def forwards(self, Function, f, **limits):
        """Yield the value of the Function, and what it should be."""
        for dtype in (np.float32, np.float64):
            for shape in [(3,), (2, 3), ()]:
                x = self.array(*shape, dtype=dtype, **limits)
                y = Function().apply(self.lib.Variable(x))
                yield "y", y.data, np.asarray(f(x))

    def backwards(self, Function, f, ones=False, **limits):
        """Yield the gradient of x, and what it should be."""
        for dtype in (np.float32, np.float64):
            for shape in [(3,), (2, 3), ()]:
                x = self.array(*shape, dtype=dtype, **limits)
                gy = np.ones(shape, dtype) if ones else self.array(*shape, dtype=dtype)
                v = self.lib.Variable(x)
                y = Function().apply(v)
                self.walk(y, gy)
                yield "x.grad", v.grad, self.slopes(f, x, gy)
                yield "y.grad after the walk", y.grad, gy


CUBE = """\
class Cube(Function):
    def forward(self, x):
        self.retain_inputs((0,))
        return x * x * x

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return 3 * x * x * gy
"""


class Cube(Slopes, Task):
    retains = True

    def check_values(self, Cube):
        """The array goes in, and its third power comes out."""
        yield from self.forwards(Cube, lambda x: x**3)

    def check_slope(self, Cube):
        """Here gy is 1 everywhere. What is the slope of x to the power of 3?"""
        yield from self.backwards(Cube, lambda x: x**3, ones=True)

    def check_weighted(self, Cube):
        """What arrives at the output is gy. What is handed on is the slope times gy."""
        yield from self.backwards(Cube, lambda x: x**3)

    def check_in_a_chain(self, Cube):
        """Before and after Cube there are other Functions: gy is what the next one hands on."""
        exp = self.lib.exp

        def cubed(x):
            return Cube().apply(x)

        for what, chain, f in [
            ("exp(cube(x))", lambda x: exp(cubed(x)), lambda x: np.exp(x**3)),
            ("cube(exp(x))", lambda x: cubed(exp(x)), lambda x: np.exp(x) ** 3),
            ("cube(cube(x))", lambda x: cubed(cubed(x)), lambda x: x**9),
        ]:
            x, gy = self.variable(2, 3, high=1.3, low=-1.3), self.array(2, 3)
            self.walk(chain(x), gy)
            yield f"x.grad for {what}", x.grad, self.slopes(f, x.data, gy)

    wrongs = [
        Wrong("values", "x is squared", CUBE.replace("x * x * x", "x * x")),
        Wrong("values", "x is multiplied by 3", CUBE.replace("return x * x * x", "return 3 * x")),
        Wrong(
            "slope",
            "the slope is taken to be 3x, and not 3 times the square of x",
            CUBE.replace("3 * x * x * gy", "3 * x * gy"),
        ),
        Wrong(
            "slope",
            "the 3 is forgotten: the slope is taken to be the square of x",
            CUBE.replace("3 * x * x * gy", "x * x * gy"),
        ),
        Wrong(
            "slope",
            "the slope is taken to be that of the square, 2x",
            CUBE.replace("3 * x * x * gy", "2 * x * gy"),
        ),
        Wrong(
            "slope",
            "the output is kept, and taken for the input",
            CUBE.replace("inputs", "outputs"),
        ),
        Wrong(
            "slope",
            "nothing was kept, so there is nothing to get",
            CUBE.replace("        self.retain_inputs((0,))\n", ""),
        ),
        Wrong(
            "slope",
            "`retain_inputs` is given a number, where it needs a tuple",
            CUBE.replace("((0,))", "(0)"),
        ),
        Wrong(
            "slope",
            "the comma in `(x,) = ...` is missing, so that x is a tuple",
            CUBE.replace("(x,) =", "x ="),
        ),
        Wrong(
            "slope",
            "the gradient is computed, but `return` is missing",
            CUBE.replace("return 3", "3"),
        ),
        Wrong(
            "slope",
            "the gradient is returned in a tuple, which has an axis more than x",
            CUBE.replace("return 3 * x * x * gy", "return (3 * x * x * gy,)"),
        ),
        Wrong(
            "slope",
            "`*=` changes the array gy, which is the gradient of y",
            CUBE.replace("return 3 * x * x * gy", "gy *= 3 * x * x\n        return gy"),
        ),
        Wrong(
            "weighted",
            "gy is not used, and only the slope is handed on",
            CUBE.replace("3 * x * x * gy", "3 * x * x"),
        ),
        Wrong(
            "weighted",
            "gy is added to the slope, not multiplied",
            CUBE.replace("3 * x * x * gy", "3 * x * x + gy - 1"),
        ),
        Wrong(
            "weighted",
            "gy is raised to the power, too",
            CUBE.replace("3 * x * x * gy", "3 * x * x * gy**3"),
        ),
        Wrong(
            "in_a_chain",
            "x is kept in the class, where the next Cube overwrites it",
            CUBE.replace("self.retain_inputs((0,))", "Cube.x = x").replace(
                "(x,) = self.get_retained_inputs()", "x = Cube.x"
            ),
        ),
        Wrong(
            "slope",
            "the comma in `(x,) = ...` is missing, and x, a tuple, is squared",
            CUBE.replace("(x,) =", "x =").replace("x * x * gy", "x**2 * gy"),
        ),
        Wrong(
            "slope",
            "the gradients are added up to one number",
            CUBE.replace("3 * x * x * gy", "(3 * x * x * gy).sum()"),
        ),
        Wrong(
            "slope",
            "nothing is retained, and `backward` takes x from the record",
            CUBE.replace("        self.retain_inputs((0,))\n", "").replace(
                "(x,) = self.get_retained_inputs()", "x = self.inputs[0].data"
            ),
        ),
        Wrong(
            "slope",
            "x is kept by hand, in an attribute",
            CUBE.replace("self.retain_inputs((0,))", "self.x = x").replace(
                "(x,) = self.get_retained_inputs()", "x = self.x"
            ),
        ),
        Wrong(
            "slope",
            "`*=` changes x, which is the array of the input",
            CUBE.replace("return 3 * x * x * gy", "x *= x\n        return 3 * x * gy"),
        ),
    ]


SIN = """\
class Sin(Function):
    def forward(self, x):
        self.retain_inputs((0,))
        return np.sin(x)

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return np.cos(x) * gy
"""


class Sin(Slopes, Task):
    retains = True

    def check_values(self, Sin):
        """NumPy has the sine, as `np.sin`."""
        yield from self.forwards(Sin, np.sin)

    def check_gradient(self, Sin):
        """The slope of the sine is the cosine. Of what: of the input or of the output?"""
        yield from self.backwards(Sin, np.sin, low=-4, high=4)

    def check_in_a_chain(self, Sin):
        """In a chain, gy is what the next Function hands on, and x is what the one before gave."""
        exp = self.lib.exp

        def sin(x):
            return Sin().apply(x)

        for what, chain, f in [
            ("exp(sin(x))", lambda x: exp(sin(x)), lambda x: np.exp(np.sin(x))),
            ("sin(exp(x))", lambda x: sin(exp(x)), lambda x: np.sin(np.exp(x))),
            ("sin(sin(x))", lambda x: sin(sin(x)), lambda x: np.sin(np.sin(x))),
        ]:
            x, gy = self.variable(2, 3), self.array(2, 3)
            self.walk(chain(x), gy)
            yield f"x.grad for {what}", x.grad, self.slopes(f, x.data, gy)

    wrongs = [
        Wrong(
            "values",
            "sine and cosine are exchanged",
            SIN.replace("np.sin", "np.?").replace("np.cos", "np.sin").replace("np.?", "np.cos"),
        ),
        Wrong(
            "values",
            "`math.sin` is used, which takes a single number, no array",
            "import math\n\n\n" + SIN.replace("np.", "math."),
        ),
        Wrong(
            "gradient",
            "the cosine is computed from the output, as a root, and has lost its sign",
            SIN.replace("inputs", "outputs").replace("np.cos(x)", "np.sqrt(1 - x * x)"),
        ),
        Wrong(
            "gradient",
            "gy is added to the slope, not multiplied",
            SIN.replace("np.cos(x) * gy", "np.cos(x) + gy"),
        ),
        Wrong(
            "gradient",
            "the output is kept, and the cosine is taken there",
            SIN.replace("inputs", "outputs"),
        ),
        Wrong(
            "gradient",
            "the slope has the sign of the other one: the cosine's slope is minus the sine",
            SIN.replace("np.cos(x)", "-np.cos(x)"),
        ),
        Wrong(
            "gradient",
            "the slope of the sine is taken to be the sine, as for exp",
            SIN.replace("np.cos(x)", "np.sin(x)"),
        ),
        Wrong(
            "gradient",
            "gy is not used, and only the slope is handed on",
            SIN.replace(" * gy", ""),
        ),
        Wrong(
            "gradient",
            "gy is put into the cosine, and x is not used",
            SIN.replace("np.cos(x) * gy", "np.cos(gy)"),
        ),
        Wrong(
            "gradient",
            "gy is put into the cosine, together with x",
            SIN.replace("np.cos(x) * gy", "np.cos(x * gy)"),
        ),
        Wrong(
            "gradient",
            "gy is divided by the slope, not multiplied",
            SIN.replace("np.cos(x) * gy", "gy / np.cos(x)"),
        ),
        Wrong(
            "in_a_chain",
            "x is kept in the class, where the next Sin overwrites it",
            SIN.replace("self.retain_inputs((0,))", "Sin.x = x").replace(
                "(x,) = self.get_retained_inputs()", "x = Sin.x"
            ),
        ),
        Wrong(
            "gradient",
            "the comma in `(x,) = ...` is missing, so that x is a tuple",
            SIN.replace("(x,) =", "x ="),
        ),
        Wrong(
            "gradient",
            "nothing is retained, and `backward` takes x from the record",
            SIN.replace("        self.retain_inputs((0,))\n", "").replace(
                "(x,) = self.get_retained_inputs()", "x = self.inputs[0].data"
            ),
        ),
    ]


RECIPROCAL = """\
class Reciprocal(Function):
    def forward(self, x):
        self.retain_outputs((0,))
        return 1 / x

    def backward(self, gy):
        (y,) = self.get_retained_outputs()
        return -y * y * gy
"""


class Reciprocal(Slopes, Task):
    retains = True

    def inverse(self, x):
        return 1 / x

    def check_values(self, Reciprocal):
        """One divided by x."""
        yield from self.forwards(Reciprocal, self.inverse, low=0.3, high=3)

    def check_gradient(self, Reciprocal):
        """If x grows, does 1 / x grow, too? Write the slope with y in it."""
        yield from self.backwards(Reciprocal, self.inverse, low=0.3, high=3)

    def check_kept(self, Reciprocal):
        """The slope is computed from the output alone, which is all that is kept."""
        f, x = Reciprocal(), self.variable(2, 3, low=1.2, high=3)
        gy = self.array(2, 3)
        self.walk(f.apply(x), gy)
        yield "x.grad", x.grad, self.slopes(self.inverse, x.data, gy)
        yield "the number of inputs that are kept", len(f.get_retained_inputs()), 0
        yield "the number of outputs that are kept", len(f.get_retained_outputs()), 1
        held = [k for k, v in vars(f).items() if isinstance(v, np.ndarray)]
        yield "other attributes that hold an array", held, []

    def check_negative(self, Reciprocal):
        """Left of 0, too, 1 / x falls when x grows."""
        yield from self.backwards(Reciprocal, self.inverse, low=-3, high=-0.3)

    wrongs = [
        Wrong("values", "x is returned as it is, over 1", RECIPROCAL.replace("1 / x", "x / 1")),
        Wrong("values", "the sign is changed", RECIPROCAL.replace("1 / x", "-1 / x")),
        Wrong(
            "gradient",
            "x takes the place of y, and minus the square of x is the slope",
            RECIPROCAL.replace("outputs", "inputs"),
        ),
        Wrong(
            "gradient",
            "nothing was kept, so there is nothing to get",
            RECIPROCAL.replace("        self.retain_outputs((0,))\n", ""),
        ),
        Wrong(
            "gradient",
            "the minus is forgotten",
            RECIPROCAL.replace("-y * y", "y * y"),
        ),
        Wrong(
            "gradient",
            "the square is forgotten: the slope is taken to be minus y",
            RECIPROCAL.replace("-y * y", "-y"),
        ),
        Wrong(
            "gradient",
            "gy is not used, and only the slope is handed on",
            RECIPROCAL.replace(" * gy", ""),
        ),
        Wrong(
            "gradient",
            "the slope is taken to be one divided by the slope of x, which is 1",
            RECIPROCAL.replace("-y * y * gy", "1 / gy"),
        ),
        Wrong(
            "kept",
            "the input is kept, and not the output",
            RECIPROCAL.replace("outputs", "inputs")
            .replace("(y,)", "(x,)")
            .replace("-y * y * gy", "-gy / (x * x)"),
        ),
        Wrong(
            "kept",
            "the input is kept, too",
            RECIPROCAL.replace(
                "self.retain_outputs((0,))",
                "self.retain_inputs((0,))\n        self.retain_outputs((0,))",
            ),
        ),
        Wrong(
            "kept",
            "y is kept by hand, in an attribute",
            RECIPROCAL.replace("self.retain_outputs((0,))", "self.y = 1 / x").replace(
                "(y,) = self.get_retained_outputs()", "y = self.y"
            ),
        ),
        Wrong(
            "kept",
            "x is kept by hand, in an attribute",
            RECIPROCAL.replace("self.retain_outputs((0,))", "self.x = x")
            .replace("(y,) = self.get_retained_outputs()", "x = self.x")
            .replace("-y * y * gy", "-gy / (x * x)"),
        ),
        Wrong(
            "kept",
            "nothing is kept, and x is taken from the record",
            RECIPROCAL.replace("        self.retain_outputs((0,))\n", "")
            .replace("(y,) = self.get_retained_outputs()", "x = self.inputs[0].data")
            .replace("-y * y * gy", "-gy / (x * x)"),
        ),
        Wrong(
            "negative",
            "the slope is taken to be positive left of 0",
            RECIPROCAL.replace("-y * y", "-y * abs(y)"),
        ),
        Wrong(
            "gradient",
            "the comma in `(y,) = ...` is missing, so that y is a tuple",
            RECIPROCAL.replace("(y,) =", "y ="),
        ),
        Wrong(
            "gradient",
            "`*=` changes y, which is the array of the output",
            RECIPROCAL.replace("return -y * y * gy", "y *= y\n        return -y * gy"),
        ),
        Wrong(
            "gradient",
            "y is kept in the class, where the next Reciprocal overwrites it",
            RECIPROCAL.replace("self.retain_outputs((0,))", "Reciprocal.y = 1 / x").replace(
                "(y,) = self.get_retained_outputs()", "y = Reciprocal.y"
            ),
        ),
        Wrong(
            "kept",
            "the output is retained, but x is taken from the record",
            RECIPROCAL.replace(
                "(y,) = self.get_retained_outputs()", "x = self.inputs[0].data"
            ).replace("-y * y * gy", "-gy / (x * x)"),
        ),
    ]


ALONG = """\
def gradients_along(y, gy):
    gradients = [gy]
    while y.creator is not None:
        gradients.append(y.creator.backward(gradients[-1]))
        y = y.creator.inputs[0]
    return gradients
"""


class gradients_along(Task):
    def chain(self, *labels):
        """Return the Variables of a chain, from the first to the last."""
        found = [self.variable(2, 3, low=-0.6, high=0.6)]
        for label in labels:
            found.append(getattr(self.lib, label)(found[-1]))
            self.watch(found[-1].data)
        return found

    def expected(self, labels, variables, gy):
        """Return the gradients, from the last to the first, with the slopes of NumPy."""
        found = [gy]
        for label, x in zip(reversed(labels), reversed(variables[:-1])):
            slope = np.exp(x.data) if label == "exp" else 2 * x.data
            found.append(found[-1] * slope)
        return found

    def compare(self, got, expected):
        """Yield the length of a list, and then each of its gradients."""
        yield "the type of the answer", type(got).__name__, "list"
        if isinstance(got, list):
            yield "the number of gradients", len(got), len(expected)
            for count, (one, other) in enumerate(zip(got, expected)):
                yield f"the gradient at place {count}", one, other

    def check_one_step(self, gradients_along):
        """First comes gy itself, then what the Function hands on for it."""
        for label in ("exp", "square"):
            variables, gy = self.chain(label), self.array(2, 3)
            got = gradients_along(variables[-1], gy)
            yield from self.compare(got, self.expected([label], variables, gy))

    def check_chain(self, gradients_along):
        """What a Function hands on is what arrives at the one before it."""
        for labels in [["square", "exp", "square"], ["exp", "exp", "square", "exp"]]:
            variables, gy = self.chain(*labels), self.array(2, 3)
            got = gradients_along(variables[-1], gy)
            yield from self.compare(got, self.expected(labels, variables, gy))

    def check_no_traces(self, gradients_along):
        """The answer is as for any chain, and no `grad` and no history has changed."""
        labels = ["exp", "square", "exp"]
        variables, gy = self.chain(*labels), self.array(2, 3)
        kept = self.array(2, 3)
        variables[1].grad = kept.copy()
        got = gradients_along(variables[-1], gy)
        yield from self.compare(got, self.expected(labels, variables, gy))
        yield "grad of the Variable at the beginning", variables[0].grad, None
        yield "grad of one that had a gradient", variables[1].grad, kept
        yield "grad of y", variables[-1].grad, None
        yield "whether y has a creator after the call", variables[-1].creator is not None, True

    def check_leaf(self, gradients_along):
        """If y was not computed, there is only gy: nothing is walked."""
        gy = self.array(2, 3)
        yield from self.compare(gradients_along(self.chain()[-1], gy), [gy])

    def check_long(self, gradients_along):
        """As for a short one. Python lets about a thousand calls be inside each other. A loop
        has no such limit."""
        y = self.lib.exp(self.lib.Variable(self.watch(np.full(2, -1.0))))
        for _ in range(LONG):
            y = self.lib.square(y)
        self.watch(y.data)
        gy = self.array(2)
        got = gradients_along(y, gy)
        yield "the number of gradients", len(got), LONG + 2
        yield "the gradient at place 0", got[0], gy

    wrongs = [
        Wrong(
            "one_step",
            "the walk begins with ones, and gy is not used",
            ALONG.replace("[gy]", "[np.ones_like(gy)]"),
        ),
        Wrong(
            "one_step",
            "gy itself is left out",
            ALONG.replace("return gradients", "return gradients[1:]"),
        ),
        Wrong(
            "one_step",
            "only the last gradient is returned, that of the Variable at the beginning",
            ALONG.replace("return gradients", "return gradients[-1]"),
        ),
        Wrong(
            "one_step",
            "they are listed from the beginning to the end",
            ALONG.replace("return gradients", "return gradients[::-1]"),
        ),
        Wrong(
            "one_step",
            "the slopes are listed, and not multiplied with what arrived",
            ALONG.replace("(gradients[-1])", "(np.ones_like(gy))"),
        ),
        Wrong(
            "one_step",
            "the arrays of the Variables are listed, and not their gradients",
            ALONG.replace("gradients.append(y.creator.backward(gradients[-1]))", "").replace(
                ".inputs[0]\n", ".inputs[0]\n        gradients.append(y.data)\n"
            ),
        ),
        Wrong(
            "chain",
            "every Function gets the gy of the end, not what the one behind it handed on",
            ALONG.replace("(gradients[-1])", "(gy)"),
        ),
        Wrong(
            "chain",
            "only one step is made",
            ALONG.replace("while y.creator is not None", "if y.creator is not None"),
        ),
        Wrong(
            "chain",
            "the walk stops one Function too early",
            """\
def gradients_along(y, gy):
    gradients = [gy]
    while y.creator is not None:
        gradients.append(y.creator.backward(gradients[-1]))
        y = y.creator.inputs[0]
        if y.creator is not None and y.creator.inputs[0].creator is None:
            break
    return gradients
""",
        ),
        Wrong(
            "no_traces",
            "`y.backward()` walks, and leaves its gradients in the Variables",
            """\
def gradients_along(y, gy):
    y.grad = gy.copy()
    y.backward()
    gradients = [y.grad]
    while y.creator is not None:
        y = y.creator.inputs[0]
        gradients.append(y.grad)
    return gradients
""",
        ),
        Wrong(
            "no_traces",
            "`y.backward()` walks, and all gradients are cleared afterwards, older ones too",
            """\
def gradients_along(y, gy):
    y.grad = gy.copy()
    y.backward()
    gradients = [y.grad]
    y.grad = None
    while y.creator is not None:
        y = y.creator.inputs[0]
        gradients.append(y.grad)
        y.grad = None
    return gradients
""",
        ),
        Wrong(
            "no_traces",
            "the history is taken apart on the way",
            ALONG.replace(
                "y = y.creator.inputs[0]", "f, y.creator = y.creator, None\n        y = f.inputs[0]"
            ),
        ),
        Wrong(
            "leaf",
            "one step is made before anybody asks whether there is a creator",
            """\
def gradients_along(y, gy):
    gradients = [gy]
    while True:
        gradients.append(y.creator.backward(gradients[-1]))
        y = y.creator.inputs[0]
        if y.creator is None:
            return gradients
""",
        ),
        Wrong(
            "long",
            "the function calls itself for each Function of the history",
            """\
def gradients_along(y, gy):
    if y.creator is None:
        return [gy]
    return [gy, *gradients_along(y.creator.inputs[0], y.creator.backward(gy))]
""",
        ),
    ]
