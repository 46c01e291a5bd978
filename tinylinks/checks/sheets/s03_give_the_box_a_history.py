"""Sheet 3: a Function of one's own, and what can be read from a history."""

import numpy as np

from tinylinks.checks.task import Task, Wrong

# As often as Python lets functions call each other; in the page, a longer graph cannot be freed.
LONG = 1000

CUBE = """\
class Cube(Function):
    def forward(self, x):
        return x * x * x


def cube(x):
    return Cube().apply(x)
"""


class cube(Task):
    def look(self, cube, x, expected):
        """Yield what kind of thing the answer is, and if it is a Variable, its array."""
        y = cube(x)
        yield "the type of the answer", type(y).__name__, "Variable"
        if isinstance(y, self.lib.Variable):
            yield "y.data", y.data, expected

    def check_values(self, cube):
        """`forward` gets an array and returns one. `apply` takes care of the boxes."""
        for dtype in (np.float32, np.float64):
            for shape in [(3,), (2, 3), ()]:
                x = self.array(*shape, dtype=dtype)
                yield from self.look(cube, self.lib.Variable(x), np.asarray(x**3))

    def check_history(self, cube):
        """Only `apply` writes down what was done. What is on record for your result?"""
        for shape in [(3,), (2, 3)]:
            x = self.variable(*shape)
            y = cube(x)
            yield "y.data", y.data, x.data**3
            yield "y.creator", type(y.creator).__name__, "Cube"
            yield "y.creator.label", y.creator.label, "cube"
            yield "whether the input on record is x", y.creator.inputs[0] is x, True

    def check_each_call(self, cube):
        """Each call gives a Variable with a record of its own: an instance is one step."""
        x1, x2 = self.variable(3), self.variable(3)
        y1, y2 = cube(x1), cube(x2)
        yield "the second result", y2.data, x2.data**3
        yield (
            "whether the two results have creators of their own",
            y1.creator is not y2.creator,
            True,
        )
        yield "whether the input on record for the first is x1", y1.creator.inputs[0] is x1, True
        y = cube(y2)
        yield "the cube of a cube", y.data, x2.data**9
        yield "whether its input on record is the first cube", y.creator.inputs[0] is y2, True

    wrongs = [
        Wrong("values", "x is squared", CUBE.replace("x * x * x", "x * x")),
        Wrong("values", "x is multiplied by 3", CUBE.replace("x * x * x", "3 * x")),
        Wrong(
            "values", "the number 3 is raised to the power of x", CUBE.replace("x * x * x", "3**x")
        ),
        Wrong(
            "values",
            "`forward` asks for `x.data`, but it gets an array, whose `.data` is its memory",
            CUBE.replace("x * x * x", "x.data * x.data * x.data"),
        ),
        Wrong(
            "values",
            "`forward` is called directly, on the box instead of the array in it",
            CUBE.replace("apply(x)", "forward(x)"),
        ),
        Wrong(
            "values",
            "`forward` is called directly, and its array is returned without a box",
            CUBE.replace("apply(x)", "forward(x.data)"),
        ),
        Wrong(
            "values",
            "the parentheses after Cube are missing, so there is no instance",
            CUBE.replace("Cube()", "Cube"),
        ),
        Wrong(
            "values",
            "`forward` does not return an array: it returns a box, or nothing",
            CUBE.replace("x * x * x", "Variable(np.asarray(x * x * x))"),
        ),
        Wrong(
            "history",
            "the result is put into a box by hand, and nothing is on record",
            CUBE.replace("Cube().apply(x)", "Variable(np.asarray(x.data**3))"),
        ),
        Wrong(
            "history",
            "x is put into another box first, and that one is on record",
            CUBE.replace("apply(x)", "apply(Variable(x.data))"),
        ),
        Wrong(
            "history",
            "the class has another name, from which the label comes",
            CUBE.replace("Cube", "Power"),
        ),
        Wrong(
            "each_call",
            "one instance is made at the top and shared by all calls",
            """\
class Cube(Function):
    def forward(self, x):
        return x * x * x


the_cube = Cube()


def cube(x):
    return the_cube.apply(x)
""",
        ),
        Wrong(
            "each_call",
            "one instance is shared, and its record is wiped out before each call",
            """\
class Cube(Function):
    def forward(self, x):
        return x * x * x


the_cube = Cube()


def cube(x):
    the_cube.inputs = None
    return the_cube.apply(x)
""",
        ),
    ]


class Graphs:
    """What tasks need that read a history: chains of Functions, from the first to the last."""

    def chain(self, x, labels):
        for label in labels:
            x = getattr(self.lib, label)(x)
        self.watch(x.data)
        return x

    def labels(self, ends):
        """Return labels that read differently from both ends."""
        first = "square" if ends == "exp" else "exp"
        middle = [["square"], ["exp"], ["exp", "square"]][self.rng.integers(3)]
        return [first, *middle, ends]

    def small(self, *shape):
        return self.lib.Variable(self.array(*shape, low=0.15, high=0.6))

    def long_chain(self):
        y = self.lib.exp(self.lib.Variable(self.watch(np.full(2, -1.0)), name="x"))
        for _ in range(LONG):
            y = self.lib.square(y)
        self.watch(y.data)
        return y


FORMULA = """\
def formula(y):
    labels = []
    while y.creator is not None:
        labels.append(y.creator.label)
        y = y.creator.inputs[0]
    text = "?" if y.name is None else y.name
    for label in reversed(labels):
        text = f"{label}({text})"
    return text
"""


class formula(Graphs, Task):
    def check_chain(self, formula):
        """The Function that came last is the outermost. What is in the innermost parentheses?"""
        for ends, name in [("exp", "x"), ("square", "weights")]:
            x, labels = self.small(3), self.labels(ends)
            x.name = name
            expected = name
            for label in labels:
                expected = f"{label}({expected})"
            yield "the formula", formula(self.chain(x, labels)), expected

    def check_no_name(self, formula):
        """If the Variable at the beginning has no name, write a question mark."""
        y = self.chain(self.small(3), ["square", "exp"])
        yield "the formula", formula(y), "exp(square(?))"

    def check_names_between(self, formula):
        """Only the name of the Variable at the beginning is in the formula."""
        x = self.small(3)
        a = self.chain(x, ["square"])
        y = self.chain(a, ["exp"])
        x.name, a.name, y.name = "x", "a", "y"
        yield "the formula", formula(y), "exp(square(x))"
        yield "the names after the call", [v.name for v in (x, a, y)], ["x", "a", "y"]

    def check_leaf(self, formula):
        """A Variable that was not computed has no creator: its formula is its name, or the
        question mark."""
        x = self.small(3)
        self.watch(x.data)
        x.name = "start"
        yield "the formula of a Variable that was not computed", formula(x), "start"
        x = self.small(3)
        yield "the formula of one that has no name either", formula(x), "?"

    def check_long(self, formula):
        """As for a short one. Python lets about a thousand calls be inside each other. A loop
        has no such limit."""
        y, text = self.long_chain(), "square(" * LONG + "exp(x)" + ")" * LONG
        got = formula(y)
        yield "the length of the formula", len(got), len(text)
        yield "whether the formula is right", got == text, True

    wrongs = [
        Wrong(
            "chain",
            "the labels are written in the order of the walk, from the end to the beginning",
            FORMULA.replace("reversed(labels)", "labels"),
        ),
        Wrong(
            "chain",
            "the name at the beginning is left out",
            FORMULA.replace('"?" if y.name is None else y.name', '""'),
        ),
        Wrong(
            "chain",
            "the Function at the very beginning is left out",
            FORMULA.replace("reversed(labels)", "reversed(labels[:-1])"),
        ),
        Wrong(
            "chain",
            "the Function at the end is left out, because the walk begins at its input",
            FORMULA.replace("    labels = []\n", "    labels = []\n    y = y.creator.inputs[0]\n"),
        ),
        Wrong(
            "chain",
            "the names of the classes are written, with a capital letter",
            FORMULA.replace("y.creator.label", "type(y.creator).__name__"),
        ),
        Wrong(
            "chain",
            "the closing parentheses are missing",
            FORMULA.replace('f"{label}({text})"', 'f"{label}({text}"'),
        ),
        Wrong(
            "chain",
            "only the last step is looked at",
            """\
def formula(y):
    if y.creator is None:
        return "?" if y.name is None else y.name
    x = y.creator.inputs[0]
    return f"{y.creator.label}({'?' if x.name is None else x.name})"
""",
        ),
        Wrong(
            "chain",
            "the tuple of inputs is taken for the input itself",
            FORMULA.replace(".inputs[0]", ".inputs"),
        ),
        Wrong(
            "no_name",
            "the word None is written where there is no name",
            FORMULA.replace('"?" if y.name is None else y.name', "y.name"),
        ),
        Wrong(
            "names_between",
            "the formula ends at the first Variable that has a name",
            """\
def formula(y):
    before, after, first = "", "", True
    while y.creator is not None and (first or y.name is None):
        before, after, first = before + y.creator.label + "(", after + ")", False
        y = y.creator.inputs[0]
    return before + ("?" if y.name is None else y.name) + after
""",
        ),
        Wrong(
            "leaf",
            "one step is made before anybody asks whether there is a creator",
            """\
def formula(y):
    before, after = "", ""
    while True:
        before, after = before + y.creator.label + "(", after + ")"
        y = y.creator.inputs[0]
        if y.creator is None:
            return before + ("?" if y.name is None else y.name) + after
""",
        ),
        Wrong(
            "long",
            "the function calls itself for each Function of the history",
            """\
def formula(y):
    if y.creator is None:
        return "?" if y.name is None else y.name
    return f"{y.creator.label}({formula(y.creator.inputs[0])})"
""",
        ),
        Wrong(
            "leaf",
            "a Variable that was not computed gives its name, and nobody asks whether it has one",
            FORMULA.replace(
                "    labels = []\n",
                "    labels = []\n    if y.creator is None:\n        return y.name\n",
            ),
        ),
        Wrong(
            "names_between",
            "the name of y is taken, which is at the end and not at the beginning",
            FORMULA.replace("    labels = []\n", "    labels, end = [], y\n").replace(
                '"?" if y.name is None else y.name', '"?" if end.name is None else end.name'
            ),
        ),
        Wrong(
            "no_name",
            "the Variable at the beginning gets the question mark as its name",
            FORMULA.replace("    text =", "    y.name = y.name or '?'\n    text ="),
        ),
        Wrong(
            "chain",
            "the history is taken apart on the way",
            FORMULA.replace(
                "        y = y.creator.inputs[0]",
                "        f, y.creator = y.creator, None\n        y = f.inputs[0]",
            ),
        ),
        Wrong(
            "chain",
            "the formula is printed, and nothing is returned",
            FORMULA.replace("return text", "print(text)"),
        ),
        Wrong(
            "long",
            "the limit for calls inside each other is raised, which a longer history meets again",
            """\
import sys


def formula(y):
    sys.setrecursionlimit(100000)
    if y.creator is None:
        return "?" if y.name is None else y.name
    return f"{y.creator.label}({formula(y.creator.inputs[0])})"
""",
        ),
        Wrong(
            "no_name",
            "the name is made a text, and where there is none, the text is None",
            FORMULA.replace('"?" if y.name is None else y.name', "str(y.name)"),
        ),
    ]


COUNT = """\
def count(y):
    functions = 0
    while y.creator is not None:
        functions += 1
        y = y.creator.inputs[0]
    return functions, functions + 1
"""


class count(Graphs, Task):
    def check_functions(self, count):
        """Each step is a Function of its own, even if two are of the same kind."""
        for steps in (2, 3, 5):
            y = self.chain(self.small(3), [*["square"] * (steps - 1), "exp"])
            functions, _ = self.parts(count(y), 2)
            yield f"the number of Functions after {steps} steps", functions, steps
            yield "whether y has a creator after the call", y.creator is not None, True

    def check_variables(self, count):
        """The Variable that you begin with and the one at the end count, too."""
        for steps in (2, 3, 5):
            y = self.chain(self.small(3), [*["square"] * (steps - 1), "exp"])
            _, variables = self.parts(count(y), 2)
            yield f"the number of Variables after {steps} steps", variables, steps + 1

    def check_leaf(self, count):
        """A Variable that was not computed is a history with no Function."""
        x = self.small(3)
        self.watch(x.data)
        functions, variables = self.parts(count(x), 2)
        yield "the number of Functions", functions, 0
        yield "the number of Variables", variables, 1

    def check_long(self, count):
        """As for a short one. Python lets about a thousand calls be inside each other. A loop
        has no such limit."""
        functions, variables = self.parts(count(self.long_chain()), 2)
        yield "the number of Functions", functions, LONG + 1
        yield "the number of Variables", variables, LONG + 2

    wrongs = [
        Wrong(
            "functions",
            "the two numbers are exchanged",
            COUNT.replace("functions, functions + 1", "functions + 1, functions"),
        ),
        Wrong(
            "functions",
            "all Functions of one kind are counted as one",
            """\
def count(y):
    labels, variables = set(), 1
    while y.creator is not None:
        labels.add(y.creator.label)
        variables += 1
        y = y.creator.inputs[0]
    return len(labels), variables
""",
        ),
        Wrong(
            "functions",
            "the history is taken apart on the way",
            COUNT.replace(
                "y = y.creator.inputs[0]", "f, y.creator = y.creator, None\n        y = f.inputs[0]"
            ),
        ),
        Wrong(
            "functions",
            "the walk stops one Function too early",
            COUNT.replace(
                "y.creator is not None", "y.creator and y.creator.inputs[0].creator is not None"
            ),
        ),
        Wrong(
            "variables",
            "one Variable is forgotten, the one at the beginning or the one at the end",
            COUNT.replace("functions, functions + 1", "functions, functions"),
        ),
        Wrong(
            "variables",
            "the Variables at both ends are forgotten",
            COUNT.replace("functions + 1", "functions - 1"),
        ),
        Wrong(
            "leaf",
            "one step is made before anybody asks whether there is a creator",
            """\
def count(y):
    functions = 0
    while True:
        functions += 1
        y = y.creator.inputs[0]
        if y.creator is None:
            return functions, functions + 1
""",
        ),
        Wrong(
            "leaf",
            "nothing is counted if there is no Function, not even the Variable itself",
            COUNT.replace("return", "if functions == 0:\n        return 0, 0\n    return"),
        ),
        Wrong(
            "long",
            "the function calls itself for each Function of the history",
            """\
def count(y):
    if y.creator is None:
        return 0, 1
    functions, variables = count(y.creator.inputs[0])
    return functions + 1, variables + 1
""",
        ),
        Wrong(
            "functions",
            "a list is returned, where a tuple is expected",
            COUNT.replace("functions, functions + 1", "[functions, functions + 1]"),
        ),
        Wrong(
            "functions",
            "the count of the Functions begins at 1, and that of the Variables one higher",
            COUNT.replace("functions = 0", "functions = 1"),
        ),
        Wrong(
            "functions",
            "all Functions of one kind are counted as one, and the Variables after that",
            """\
def count(y):
    labels = set()
    while y.creator is not None:
        labels.add(y.creator.label)
        y = y.creator.inputs[0]
    return len(labels), len(labels) + 1
""",
        ),
        Wrong(
            "functions",
            "the Variables that are counted get a name",
            COUNT.replace(
                "        functions += 1", "        functions += 1\n        y.name = str(functions)"
            ),
        ),
    ]


REPLAY = """\
def replay(y, x):
    steps = []
    while y.creator is not None:
        steps.append(y.creator)
        y = y.creator.inputs[0]
    for f in reversed(steps):
        x = type(f)().apply(x)
    return x
"""


class replay(Graphs, Task):
    def computed(self, labels, values):
        for label in labels:
            values = np.exp(values) if label == "exp" else values * values
        return values

    def record(self, y):
        """Return the labels from the end to the beginning, and the Variable there."""
        labels = []
        while getattr(y, "creator", None) is not None:
            labels.append(y.creator.label)
            y = y.creator.inputs[0]
        return labels, y

    def check_values(self, replay):
        """The first step comes first, and it gets the new x."""
        for ends in ("exp", "square"):
            labels, x = self.labels(ends), self.small(3)
            expected = self.computed(labels, x.data)
            got = replay(self.chain(self.small(3), labels), x)
            yield "the type of the answer", type(got).__name__, "Variable"
            if isinstance(got, self.lib.Variable):
                yield "the data of the answer", got.data, expected

    def check_other_shapes(self, replay):
        """The steps do not depend on the shape. The new x may have another one."""
        labels, x = self.labels("exp"), self.small(2, 4)
        expected = self.computed(labels, x.data)
        got = replay(self.chain(self.small(3), labels), x)
        yield "the data of the answer", got.data, expected

    def check_any_function(self, replay):
        """There are more Functions than Square and Exp. Of which class is the one on record?"""

        class Half(self.lib.Function):
            def forward(self, x):
                return x / 2

        x = self.small(3)
        y = Half().apply(self.chain(self.small(3), ["square"]))
        yield "the data of the answer", replay(y, x).data, x.data**2 / 2

    def check_record(self, replay):
        """The answer has a history of its own, which begins at the new x."""
        labels, x = self.labels("square"), self.small(3)
        expected = self.computed(labels, x.data)
        y = self.chain(self.small(3), labels)
        got = replay(y, x)
        found, start = self.record(got)
        yield "the data of the answer", got.data, expected
        yield "whether the Functions of y made the answer", got.creator is y.creator, False
        yield "the labels on record, from the end", found, labels[::-1]
        yield "whether the history begins at the new x", start is x, True

    def check_y_stays(self, replay):
        """y keeps its history: an instance is one step, and has room for one record."""
        labels, old, x = self.labels("exp"), self.small(3), self.small(3)
        y = self.chain(old, labels)
        got = replay(y, x)
        found, start = self.record(y)
        yield "the data of the answer", got.data, self.computed(labels, x.data)
        yield "y has its labels on record, as before", found, labels[::-1]
        yield "whether the history of y begins where it did", start is old, True

    def check_leaf(self, replay):
        """If y was not computed, there is nothing to do again."""
        y, x = self.small(3), self.small(3)
        self.watch(y.data)
        got = replay(y, x)
        yield "whether the answer is x itself", got is x, True
        yield "whether the answer is y", got is y, False
        labels = self.labels("exp")
        got = replay(self.chain(self.small(3), labels), x)
        yield "the data after some steps", got.data, self.computed(labels, x.data)

    def check_long(self, replay):
        """As for a short one. Python lets about a thousand calls be inside each other. A loop
        has no such limit."""
        x = self.lib.Variable(self.watch(np.full(2, -2.0)))
        got = replay(self.long_chain(), x)
        yield "the data of the answer", got.data, np.zeros(2)
        labels, start = self.record(got)
        yield "the number of steps on record", len(labels), LONG + 1
        yield "whether the history begins at the new x", start is x, True

    wrongs = [
        Wrong(
            "values",
            "the steps are done from the end to the beginning",
            REPLAY.replace("reversed(steps)", "steps"),
        ),
        Wrong(
            "values",
            "the old x is used, where the history of y begins",
            REPLAY.replace("    for f", "    x = y\n    for f"),
        ),
        Wrong(
            "values",
            "every step gets x, and not the result of the step before it",
            REPLAY.replace("x = type(f)", "y = type(f)").replace("return x", "return y"),
        ),
        Wrong(
            "values",
            "the old Functions are applied again, and each of them serves for one step only",
            REPLAY.replace("type(f)()", "f"),
        ),
        Wrong(
            "values",
            "the step at the beginning is left out",
            REPLAY.replace("reversed(steps)", "reversed(steps[:-1])"),
        ),
        Wrong(
            "values",
            "the arrays go through `forward`, and the result has no box",
            REPLAY.replace("    for f", "    x = x.data\n    for f").replace(
                "type(f)().apply(x)", "f.forward(x)"
            ),
        ),
        Wrong(
            "other_shapes",
            "the new numbers are written into the array of the old x",
            REPLAY.replace("    for f", "    y.data[...] = x.data\n    for f"),
        ),
        Wrong(
            "record",
            "the arrays go through `forward`, and only the result is put into a box",
            REPLAY.replace("    for f", "    x = x.data\n    for f")
            .replace("type(f)().apply(x)", "f.forward(x)")
            .replace("return x", "return Variable(x)"),
        ),
        Wrong(
            "record",
            "x is put into another box first, and the history begins there",
            REPLAY.replace("    for f", "    x = Variable(x.data)\n    for f"),
        ),
        Wrong(
            "record",
            "the old Functions are applied again, with their records put back afterwards",
            REPLAY.replace(
                "x = type(f)().apply(x)",
                "kept, f.inputs = f.inputs, None\n        x = f.apply(x)\n        f.inputs = kept",
            ),
        ),
        Wrong(
            "any_function",
            "only the Functions with the labels `square` and `exp` are known",
            REPLAY.replace("type(f)().apply(x)", "{'square': square, 'exp': exp}[f.label](x)"),
        ),
        Wrong(
            "y_stays",
            "the record of each old Function is wiped out, so that it can be applied again",
            REPLAY.replace("x = type(f)().apply(x)", "f.inputs = None\n        x = f.apply(x)"),
        ),
        Wrong(
            "leaf",
            "y is returned if it was not computed",
            REPLAY.replace("return x", "return x if steps else y"),
        ),
        Wrong(
            "leaf",
            "one step is made before anybody asks whether there is a creator",
            """\
def replay(y, x):
    steps = []
    while True:
        steps.append(y.creator)
        y = y.creator.inputs[0]
        if y.creator is None:
            break
    for f in reversed(steps):
        x = type(f)().apply(x)
    return x
""",
        ),
        Wrong(
            "long",
            "the function calls itself for each Function of the history",
            """\
def replay(y, x):
    if y.creator is None:
        return x
    return type(y.creator)().apply(replay(y.creator.inputs[0], x))
""",
        ),
        Wrong(
            "values",
            "the parentheses after `type(f)` are missing, so there is no instance",
            REPLAY.replace("type(f)()", "type(f)"),
        ),
        Wrong(
            "values",
            "the step at the end is left out",
            REPLAY.replace("reversed(steps)", "reversed(steps[1:])"),
        ),
        Wrong(
            "values",
            "all steps of one kind are done once",
            REPLAY.replace(
                "        steps.append(y.creator)",
                "        if type(y.creator) not in map(type, steps):\n"
                "            steps.append(y.creator)",
            ),
        ),
        Wrong(
            "y_stays",
            "x is written into the record of y, as the input of its first step",
            REPLAY.replace(
                "    for f", "    if steps:\n        steps[-1].inputs = (x,)\n    for f"
            ),
        ),
        Wrong(
            "y_stays",
            "the history of y is taken apart on the way",
            REPLAY.replace(
                "        steps.append(y.creator)\n        y = y.creator.inputs[0]\n",
                "        f, y.creator = y.creator, None\n"
                "        steps.append(f)\n        y = f.inputs[0]\n",
            ),
        ),
        Wrong(
            "values",
            "x gets the name of the old one, or another",
            REPLAY.replace("    for f", "    x.name = y.name or 'x'\n    for f"),
        ),
    ]
