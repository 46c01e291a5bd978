"""Sheet 5: gradients that add up, and the order in which the walk visits."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


class slopes_after_walks(Task):
    without = ("Variable",)

    def check_one_walk(self, slopes_after_walks):
        """x is used twice, and each use sends its own gradient."""
        for shape in [(3,), (2, 3), ()]:
            x = self.array(*shape)
            one, _ = self.parts(slopes_after_walks(x), 2)
            yield "the gradient after one walk", one, 4 * x

    def check_two_walks(self, slopes_after_walks):
        """Only the leaf x keeps what the first walk brought."""
        for shape in [(), (3,), (2, 3)]:
            x = self.array(*shape)
            _, two = self.parts(slopes_after_walks(x), 2)
            yield "the gradient after two walks", two, 8 * x

    wrongs = [
        Wrong(
            "one_walk",
            "the second gradient overwrites the first",
            "def slopes_after_walks(x):\n    return 2 * x, 4 * x\n",
        ),
        Wrong(
            "one_walk",
            "the value of y is returned and not its slope",
            "def slopes_after_walks(x):\n    return 2 * x * x, 4 * x * x\n",
        ),
        Wrong(
            "two_walks",
            "the gradients in the middle are kept, so that the second walk sends them again",
            "def slopes_after_walks(x):\n    return 4 * x, 12 * x\n",
        ),
        Wrong(
            "two_walks",
            "the gradient of x is cleared between the walks",
            "def slopes_after_walks(x):\n    return 4 * x, 4 * x\n",
        ),
        Wrong(
            "one_walk",
            "the two results are exchanged",
            "def slopes_after_walks(x):\n    return 8 * x, 4 * x\n",
        ),
        Wrong(
            "one_walk",
            "a list is returned, where a tuple is expected",
            "def slopes_after_walks(x):\n    return [4 * x, 8 * x]\n",
        ),
        Wrong(
            "one_walk",
            "both results are one array, which was doubled in place",
            """\
def slopes_after_walks(x):
    g = np.array(4 * x)
    h = g
    h *= 2
    return g, h
""",
        ),
        Wrong(
            "two_walks",
            "the walk is done with a Variable, and this task is to be done without",
            """\
def slopes_after_walks(x):
    v = Variable(x)
    add(square(v), square(v)).backward()
    return v.grad, 2 * v.grad
""",
        ),
    ]


SUB = """\
class Sub(Function):
    def forward(self, a, b):
        return a - b

    def backward(self, gy):
        return gy, -gy
"""


class Sub(Task):
    join = """\
book.Sub = Sub
Sub.__bases__ = (book.Broadcasting,)
"""

    def check_values(self, Sub):
        """The first input minus the second."""
        for dtype in (np.float32, np.float64):
            a, b = self.array(2, 3, dtype=dtype), self.array(2, 3, dtype=dtype)
            y = Sub().apply(self.lib.Variable(a), self.lib.Variable(b))
            self.walk(y, np.ones_like(a))
            yield "y", y.data, a - b

    def check_gradients(self, Sub):
        """If b grows a little, by how much does a - b grow? And where does gy come in?"""
        for dtype in (np.float32, np.float64):
            a, b = self.variable(2, 3, dtype=dtype), self.variable(2, 3, dtype=dtype)
            gy = self.array(2, 3, dtype=dtype)
            self.walk(Sub().apply(a, b), gy)
            yield "a.grad", a.grad, gy
            yield "b.grad", b.grad, -gy

    def check_in_a_graph(self, Sub):
        """Each gradient has to go to the input that it is for, in both orders of the inputs."""
        square, exp = self.lib.square, self.lib.exp
        for swapped in (False, True):
            p, q, gy = self.variable(3), self.variable(3), self.array(3)
            first, second = (exp(q), square(p)) if swapped else (square(p), exp(q))
            self.walk(Sub().apply(first, second), gy)
            sign = -1 if swapped else 1
            yield "p.grad", p.grad, sign * gy * 2 * p.data
            yield "q.grad", q.grad, -sign * gy * np.exp(q.data)

    wrongs = [
        Wrong(
            "values", "the first input is subtracted from the second", SUB.replace("a - b", "b - a")
        ),
        Wrong("values", "the inputs are added", SUB.replace("a - b", "a + b")),
        Wrong("gradients", "moving b up is taken to move a - b up", SUB.replace("-gy", "gy")),
        Wrong(
            "gradients",
            "gy is not used, as if the walk began here with ones",
            SUB.replace("return gy, -gy", "return np.ones_like(gy), -np.ones_like(gy)"),
        ),
        Wrong(
            "gradients",
            "a list is returned, which counts as one gradient, where a tuple is expected",
            SUB.replace("gy, -gy", "[gy, -gy]"),
        ),
        Wrong(
            "in_a_graph",
            "the gradients are returned in the order of b and a",
            SUB.replace("gy, -gy", "-gy, gy"),
        ),
        Wrong(
            "gradients",
            "only one gradient is returned, where each input needs one",
            SUB.replace("return gy, -gy", "return gy"),
        ),
        Wrong(
            "gradients",
            "the numbers 1 and -1 are returned, and gy is not used",
            SUB.replace("return gy, -gy", "return 1, -1"),
        ),
        Wrong(
            "gradients",
            "gy is changed in place for b, although a gets the same array, and others, too",
            SUB.replace(
                "return gy, -gy", "ga = gy.copy()\n        gy *= -1\n        return ga, gy"
            ),
        ),
    ]


LEAF = """\
class Leaf:
    def __init__(self):
        self.grad = None

    def receive(self, g):
        if self.grad is None:
            self.grad = g.copy()
        else:
            self.grad = self.grad + g
"""


class Leaf(Task):
    join = """\
def backward(self, retain_grad=False):
    book.errors.check_backward(self)
    gy = book.np.ones_like(self.data) if self.grad is None else self.grad
    arrivals = book.Arrivals()
    arrivals.add(self, gy)
    for _ in book.backward_steps(arrivals, retain_grad):
        pass
    if not retain_grad:
        self.grad = None
    for x, g in arrivals.leaves.items():
        leaf = Leaf()
        leaf.grad = x.grad
        leaf.receive(g)
        x.grad = book.np.asarray(leaf.grad)  # a sum of two numbers is no array


book.Variable.backward = backward
"""

    def check_first(self, Leaf):
        """There is nothing yet to which the first gradient could be added."""
        leaf, g = Leaf(), self.array(2, 3)
        yield "grad of a new leaf", leaf.grad, None
        leaf.receive(g)
        yield "grad", leaf.grad, g

    def check_adds_up(self, Leaf):
        """Where a value is used several times, its gradients add up."""
        for dtype in (np.float32, np.float64):
            leaf, gs = Leaf(), [self.array(2, 3, dtype=dtype) for _ in range(3)]
            for count, g in enumerate(gs, 1):
                leaf.receive(g)
                yield f"the sum of {count}", leaf.grad, np.sum(gs[:count], axis=0)

    def check_own_copy(self, Leaf):
        """Whoever sent the array may go on and change it. Whose array is in grad?"""
        leaf, sent = Leaf(), self.rng.normal(size=(2, 3))
        first = sent.copy()
        leaf.receive(sent)
        sent[...] = 100.0
        yield "grad after its sender changed the array", leaf.grad, first

    wrongs = [
        Wrong(
            "first",
            "the first gradient is added to None",
            LEAF.replace("self.grad is None", "False"),
        ),
        Wrong("first", "grad starts at 0 and not at None", LEAF.replace("= None", "= 0")),
        Wrong(
            "adds_up",
            "the second gradient overwrites the first",
            LEAF.replace("self.grad + g", "g.copy()"),
        ),
        Wrong(
            "adds_up",
            "the first gradient is kept, and all others are dropped",
            LEAF.replace("self.grad + g", "self.grad"),
        ),
        Wrong(
            "adds_up",
            "the array of the sender is kept, and += changes it",
            LEAF.replace("g.copy()", "g").replace("self.grad = self.grad + g", "self.grad += g"),
        ),
        Wrong("own_copy", "the array of the sender is kept", LEAF.replace("g.copy()", "g")),
        Wrong(
            "first",
            "grad is kept in the class, and all leaves share it",
            LEAF.replace("self.grad", "Leaf.grad"),
        ),
        Wrong(
            "adds_up",
            "`not` or `==` asks a whole array, where `is None` is meant",
            LEAF.replace("self.grad is None", "not self.grad"),
        ),
    ]


ORDER = """\
def visit_order(y):
    order, waiting = [], []
    if y.creator is not None:
        waiting.append(y.creator)
    while waiting:
        f = max(waiting, key=lambda f: f.rank)
        waiting.remove(f)
        order.append(f.label)
        for x in f.inputs:
            if x.creator is not None and x.creator not in waiting:
                waiting.append(x.creator)
    return order
"""


class Counted(tuple):
    """Inputs that count how often somebody looks at them."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()

    def __getitem__(self, index):
        self.looks += 1
        return super().__getitem__(index)


class visit_order(Task):
    def order(self, visit_order, y):
        self.watch(y.data)
        return visit_order(y)

    def check_chain(self, visit_order):
        """In a chain there is one order only, from the end to the beginning."""
        middle = [str(label) for label in self.rng.choice(["exp", "square"], 2)]
        y, labels = self.variable(3), ["square", *middle, "exp"]
        for label in labels:
            y = getattr(self.lib, label)(y)
        yield "the order", self.order(visit_order, y), labels[::-1]

    def check_deeper_first(self, visit_order):
        """a also gets a gradient by way of exp: has it arrived when square is visited?"""
        a = self.lib.square(self.variable(3))
        y = self.lib.add(self.lib.exp(a), a)
        yield "the order for add(exp(a), a)", self.order(visit_order, y), ["add", "exp", "square"]

    def check_deeper_second(self, visit_order):
        """Which of the two inputs is deeper, the first or the second?"""
        a = self.lib.square(self.variable(3))
        y = self.lib.add(a, self.lib.exp(a))
        yield "the order for add(a, exp(a))", self.order(visit_order, y), ["add", "exp", "square"]
        b = self.lib.square(a)
        y = self.lib.add(b, self.lib.exp(b))
        labels = ["add", "exp", "square", "square"]
        yield "the order with two squares before", self.order(visit_order, y), labels

    def check_once(self, visit_order):
        """Each Function is visited once, after all who use its output."""
        add, exp, square = self.lib.add, self.lib.exp, self.lib.square
        a = square(self.variable(3))
        b = exp(add(exp(a), a))
        y = add(square(b), b)
        labels = ["add", "square", "exp", "add", "exp", "square"]
        yield "the order for two diamonds", self.order(visit_order, y), labels

    def check_leaf(self, visit_order):
        """A leaf has no creator, and None is no Function. What is there to visit?"""
        yield "the order for a leaf", self.order(visit_order, self.variable(3)), []

    def check_ties(self, visit_order):
        """Two Functions may have one rank, or one label. Both wait, and either may come first."""
        add, exp, square = self.lib.add, self.lib.exp, self.lib.square
        a, b = self.variable(3), self.variable(3)
        order = self.order(visit_order, add(square(a), exp(b)))
        yield "the first visit for add(square(a), exp(b))", order[:1], ["add"]
        yield "the others", sorted(order[1:]), ["exp", "square"]
        order = self.order(visit_order, add(square(a), square(b)))
        yield "the order for add(square(a), square(b))", order, ["add", "square", "square"]
        order = self.order(visit_order, add(square(exp(a)), square(b)))
        yield "the order with an exp before", sorted(order), ["add", "exp", "square", "square"]

    def check_long(self, visit_order):
        """Python allows about a thousand calls inside each other. A loop has no such limit."""
        y = self.lib.exp(self.lib.Variable(np.zeros(3)))
        for _ in range(1200):
            y = self.lib.square(y)
        order = self.order(visit_order, y)
        yield "the number of visits", len(order), 1201
        yield "the last visit", order[-1], "exp"

    def check_many_ways(self, visit_order):
        """Ten diamonds in a row have 1,024 ways. What is on your list already needs no other look:
        the ways on from there are known."""
        y = self.lib.square(self.variable(3, low=0.2, high=0.6))
        inputs = y.creator.inputs = Counted(y.creator.inputs)
        for _ in range(10):
            y = self.lib.add(self.lib.square(y), y)
        order = self.order(visit_order, y)
        yield "the order for ten diamonds", order, ["add", "square"] * 10 + ["square"]
        if inputs.looks > 200:
            raise Mistake(
                f"your code looks at the inputs of the first square {inputs.looks:,} times, "
                "expected once or a few times."
            )

    wrongs = [
        Wrong(
            "chain",
            "the lowest rank is visited first, as on the way forward",
            """\
def visit_order(y):
    found, todo = [], [y.creator]
    while todo:
        f = todo.pop()
        if f is not None and f not in found:
            found.append(f)
            todo += [x.creator for x in f.inputs]
    return [f.label for f in sorted(found, key=lambda f: f.rank)]
""",
        ),
        Wrong(
            "chain",
            "the Function at the very beginning is left out",
            ORDER.replace("return order", "return order[:-1]"),
        ),
        Wrong(
            "deeper_first",
            "the last entry of the list is always taken, whatever its rank",
            ORDER.replace("max(waiting, key=lambda f: f.rank)", "waiting[-1]"),
        ),
        Wrong(
            "deeper_second",
            "the first entry of the list is always taken, whatever its rank",
            ORDER.replace("max(waiting, key=lambda f: f.rank)", "waiting[0]"),
        ),
        Wrong(
            "deeper_second",
            "only the first input of each Function is followed",
            """\
def visit_order(y):
    order = []
    while y.creator is not None:
        order.append(y.creator.label)
        y = y.creator.inputs[0]
    return order
""",
        ),
        Wrong(
            "once",
            "each way back is walked by itself, to its end",
            """\
def visit_order(y):
    order, todo = [], [y.creator]
    while todo:
        f = todo.pop(0)
        order.append(f.label)
        todo = [x.creator for x in f.inputs if x.creator is not None] + todo
    return order
""",
        ),
        Wrong(
            "once",
            "a Function is put on the list once for each Variable that it made the walk meet",
            ORDER.replace(" and x.creator not in waiting", ""),
        ),
        Wrong(
            "long",
            "the function calls itself for each Function of the graph",
            """\
def visit_order(y):
    found = set()

    def visit(f):
        if f is not None and f not in found:
            found.add(f)
            for x in f.inputs:
                visit(x.creator)

    visit(y.creator)
    return [f.label for f in sorted(found, key=lambda f: -f.rank)]
""",
        ),
        Wrong(
            "many_ways",
            "each way through the graph is walked by itself, and what was met is sorted",
            """\
def visit_order(y):
    found, todo = [], [y.creator]
    while todo:
        f = todo.pop()
        if f is not None:
            if f not in found:
                found.append(f)
            todo += [x.creator for x in f.inputs]
    return [f.label for f in sorted(found, key=lambda f: -f.rank)]
""",
        ),
        Wrong(
            "chain",
            "the Functions are listed, and not their labels",
            ORDER.replace("append(f.label)", "append(f)"),
        ),
        Wrong(
            "chain",
            "a label is noted once, though several Functions may have it",
            ORDER.replace(
                "        order.append", "        if f.label not in order:\n            order.append"
            ),
        ),
        Wrong(
            "deeper_first",
            "the lowest rank is taken first",
            ORDER.replace("max(", "min("),
        ),
        Wrong(
            "deeper_first",
            "one way is walked to its end, and what was met there is not visited again",
            """\
def visit_order(y):
    order, todo, seen = [], [y.creator], []
    while todo:
        f = todo.pop()
        if f is not None and f not in seen:
            seen.append(f)
            order.append(f.label)
            todo += [x.creator for x in f.inputs]
    return order
""",
        ),
        Wrong(
            "deeper_first",
            "only the last input of each Function is followed",
            """\
def visit_order(y):
    order = []
    while y.creator is not None:
        order.append(y.creator.label)
        y = y.creator.inputs[-1]
    return order
""",
        ),
        Wrong(
            "deeper_second",
            "the Functions are visited in the order in which they are met",
            """\
def visit_order(y):
    order, todo, seen = [], [y.creator], []
    while todo:
        f = todo.pop(0)
        if f is not None and f not in seen:
            seen.append(f)
            order.append(f.label)
            todo += [x.creator for x in f.inputs]
    return order
""",
        ),
        Wrong(
            "leaf",
            "the creator of a leaf, which is None, is put on the list",
            ORDER.replace("    if y.creator is not None:\n        waiting", "    waiting"),
        ),
        Wrong(
            "ties",
            "it is asked whether a Function of this rank waits already, and one of two is lost",
            ORDER.replace(
                "x.creator not in waiting", "x.creator.rank not in [g.rank for g in waiting]"
            ),
        ),
        Wrong(
            "ties",
            "it is asked whether a Function of this label waits already, and one of two is lost",
            ORDER.replace(
                "x.creator not in waiting", "x.creator.label not in [g.label for g in waiting]"
            ),
        ),
    ]
