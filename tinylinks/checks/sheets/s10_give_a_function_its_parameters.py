"""Sheet 10: Links with Parameters of their own, a step for all of them, and their paths."""

from functools import partial

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


def parameters(link):
    return [(name, p.shape) for name, p in link.namedparams()]


def data(y):
    """Return the array of a result, or say that it is no Variable."""
    if not hasattr(y, "creator"):
        kind = "None" if y is None else f"a value of type {type(y).__name__}"
        raise Mistake(f"your Link gives {kind}, expected a Variable.")
    return y.data


SCALE = """\
class Scale(Link):
    def __init__(self, size):
        super().__init__()
        with self.init_scope():
            self.s = Parameter(1.0, (size,))

    def forward(self, x):
        return self.s * x
"""


class Scale(Task):
    def check_parameters(self, Scale):
        """What is to be listed is a Parameter, and is assigned inside init_scope."""
        for size in (3, 4):
            link = Scale(size)
            yield "the type of s", type(getattr(link, "s", None)).__name__, "Parameter"
            yield f"the parameters of Scale({size})", parameters(link), [("/s", (size,))]
            yield "s at first", link.s.data, np.ones(size, np.float32)

    def ready(self, Scale, size):
        """Return a link whose parameter has values of ours."""
        link, s = Scale(size), self.array(size, dtype=np.float32)
        if not isinstance(getattr(link, "s", None), self.lib.Variable):
            raise Mistake("your Link has no Parameter s.")
        link.s.data[...] = s
        return link, s

    def check_values(self, Scale):
        """Each column of x is multiplied by its number of s, the one that s holds now."""
        for size in (3, 4):
            link, s = self.ready(Scale, size)
            x = self.array(5, size, dtype=np.float32)
            yield "y", data(link(self.lib.Variable(x))), s * x
            yield "y of an array", data(link(x)), s * x

    def check_gradients(self, Scale):
        """The walk finds s only if the Parameter itself was multiplied."""
        for size in (3, 4):
            link, s = self.ready(Scale, size)
            x, gy = self.variable(5, size, dtype=np.float32), self.array(5, size, dtype=np.float32)
            self.walk(link(x), gy)
            yield "s.grad", link.s.grad, (gy * x.data).sum(axis=0)
            yield "x.grad", x.grad, gy * s

    wrongs = [
        Wrong(
            "parameters",
            "s is assigned outside init_scope, so it is not registered",
            SCALE.replace("with self.init_scope():", "if True:"),
        ),
        Wrong(
            "parameters",
            "s is a Variable and not a Parameter",
            SCALE.replace("Parameter(1.0, (size,))", "Variable(np.ones(size, np.float32))"),
        ),
        Wrong(
            "parameters",
            "s is no attribute: it is a local name, or kept in a list",
            SCALE.replace(
                "self.s = Parameter(1.0, (size,))", "self.all = [Parameter(1.0, (size,))]"
            ).replace("self.s *", "self.all[0] *"),
        ),
        Wrong(
            "parameters",
            "`super().__init__()` is missing, and there is no list of names yet",
            SCALE.replace("        super().__init__()\n", ""),
        ),
        Wrong("parameters", "s has another name", SCALE.replace("self.s", "self.scale")),
        Wrong("parameters", "s is one number for all columns", SCALE.replace("(size,)", "(1,)")),
        Wrong("parameters", "s starts at 0, and y is 0", SCALE.replace("1.0", "0.0")),
        Wrong("parameters", "s has two axes", SCALE.replace("(size,)", "(1, size)")),
        Wrong("values", "s is added", SCALE.replace("self.s * x", "self.s + x")),
        Wrong("values", "x is divided by s", SCALE.replace("self.s * x", "x / self.s")),
        Wrong(
            "values",
            "s is made again at each call",
            SCALE.replace("return self.s * x", "return Parameter(1.0, self.s.shape) * x"),
        ),
        Wrong(
            "gradients",
            "the array of s is used, and the walk ends there",
            SCALE.replace("self.s * x", "self.s.data * x"),
        ),
        Wrong(
            "gradients",
            "the result is put into a new Variable, which has no history",
            SCALE.replace("return self.s * x", "y = self.s * x\n        return Variable(y.data)"),
        ),
    ]


STEP = """\
def sgd_step(link, lr):
    for p in link.params():
        if p.grad is not None:
            p.data -= lr * p.grad
"""


class sgd_step(Task):
    def link(self, **arrays):
        """Return a Link with these Parameters."""
        link = self.lib.Link()
        with link.init_scope():
            for name, array in arrays.items():
                setattr(link, name, self.lib.Parameter(array.copy()))
        return link

    def pair(self, **children):
        """Return a Link with these children."""

        class Pair(self.lib.Link):
            def _named_children(self):
                return list(children.items())

        return Pair()

    def check_moves(self, sgd_step):
        """Each number moves by lr times its gradient, against it. Which array is to change?"""
        for lr, dtype in [(0.1, np.float32), (0.5, np.float64)]:
            a, b = self.array(2, 3, dtype=dtype), self.array(4, dtype=dtype)
            ga, gb = self.array(2, 3, dtype=dtype), self.array(4, dtype=dtype)
            link = self.link(a=a, b=b)
            link.a.grad, link.b.grad = ga.copy(), gb.copy()
            sgd_step(link, lr)
            yield f"a after a step with lr={lr}", link.a.data, (a - lr * ga).astype(dtype)
            yield f"b after a step with lr={lr}", link.b.data, (b - lr * gb).astype(dtype)

    def check_no_gradient(self, sgd_step):
        """What got no gradient stays where it is. All others move, also those after it."""
        a, b, c, g = [self.array(3) for _ in range(4)]
        link = self.link(a=a)
        link.a.grad = g.copy()
        sgd_step(link, 0.3)
        yield "a, where all have gradients", link.a.data, a - 0.3 * g
        link = self.link(a=a, b=b, c=c)
        link.a.grad, link.c.grad = g.copy(), 2 * g
        sgd_step(link, 0.3)
        yield "a, before the one without a gradient", link.a.data, a - 0.3 * g
        yield "b, which has no gradient", link.b.data, b
        yield "c, after it", link.c.data, c - 0.6 * g

    def check_same_parameters(self, sgd_step):
        """A step changes numbers. The Parameters stay, and so do their gradients."""
        a, g = self.array(2, 3), self.array(2, 3)
        link = self.link(a=a)
        before = link.a
        before.grad = g.copy()
        for count in (1, 2):
            sgd_step(link, 0.2)
            yield f"a after step {count} with the same gradient", before.data, a - 0.2 * count * g
            yield "whether link.a is the Parameter from before", link.a is before, True
            yield "a.grad", before.grad, g

    def check_children(self, sgd_step):
        """Links inside the link have Parameters, too. A shared one moves once."""
        a, b, g = self.array(3), self.array(2), self.array(3)
        first, second = self.link(a=a), self.link(b=b)
        link = self.pair(one=first, two=second, again=first)
        with link.init_scope():
            link.own = self.lib.Parameter(a.copy())
        link.own.grad, first.a.grad, second.b.grad = g.copy(), g.copy(), g[:2].copy()
        sgd_step(link, 0.4)
        yield "the link's own Parameter", link.own.data, a - 0.4 * g
        yield "a of a child that is there twice", first.a.data, a - 0.4 * g
        yield "b of a child", second.b.data, b - 0.4 * g[:2]

    wrongs = [
        Wrong(
            "moves",
            "nothing moves, as when `p = ...` gives the name p to something new",
            STEP.replace("p.data -= lr * p.grad", "p = p - lr * p.grad"),
        ),
        Wrong("moves", "the step goes uphill", STEP.replace("-=", "+=")),
        Wrong("moves", "lr is not used", STEP.replace("lr * p.grad", "p.grad")),
        Wrong(
            "moves",
            "only the direction of the gradient counts, and not its size",
            STEP.replace("p.grad\n", "np.sign(p.grad)\n"),
        ),
        Wrong(
            "moves",
            "a Variable is no array: `p.data -= lr * p` moves by the number itself",
            STEP.replace("lr * p.grad", "lr * p.data"),
        ),
        Wrong(
            "moves",
            "only the first Parameter moves",
            STEP.replace("p.grad\n", "p.grad\n            return\n"),
        ),
        Wrong(
            "moves",
            "the data are replaced by the step, and not moved by it",
            STEP.replace("-= lr", "= -lr"),
        ),
        Wrong(
            "no_gradient",
            "a Parameter without a gradient is not passed over",
            STEP.replace("p.grad is not None", "True"),
        ),
        Wrong(
            "no_gradient",
            "the loop ends at a Parameter without a gradient",
            STEP.replace(
                "        if p.grad is not None:\n    ",
                "        if p.grad is None:\n            break\n",
            ),
        ),
        Wrong(
            "no_gradient",
            "if one gradient is missing, nothing moves at all",
            STEP.replace(
                "    for p",
                "    if any(p.grad is None for p in link.params()):\n        return\n    for p",
            ),
        ),
        Wrong(
            "same_parameters",
            "new Parameters take the place of the old ones",
            """\
def sgd_step(link, lr):
    for path, p in list(link.namedparams()):
        if p.grad is not None:
            setattr(link, path.split("/")[-1], Parameter(p.data - lr * p.grad))
""",
        ),
        Wrong(
            "same_parameters", "the gradients are cleared as well", STEP + "    link.cleargrads()\n"
        ),
        Wrong(
            "same_parameters",
            "the gradient itself is multiplied by lr",
            STEP.replace("p.data -= lr * p.grad", "p.grad *= lr\n            p.data -= p.grad"),
        ),
        Wrong(
            "children",
            "only the link's own Parameters move",
            STEP.replace("link.params()", "[getattr(link, name) for name in link._params]"),
        ),
        Wrong(
            "children",
            "each child makes its own step, and a shared one makes two",
            STEP + "    for _, child in link._named_children():\n        sgd_step(child, lr)\n",
        ),
        Wrong(
            "moves",
            "`_met_params` is asked: the Link of the full library has only `params()`",
            STEP.replace("link.params()", "[p for path, p in link._met_params()]"),
        ),
    ]


POLY = """\
class Polynomial(Link):
    def __init__(self, degree):
        super().__init__()
        self.degree = degree
        with self.init_scope():
            for i in range(degree + 1):
                setattr(self, f"a{i}", Parameter(0.0, (1,)))

    def forward(self, x):
        y = self.a0
        for i in range(1, self.degree + 1):
            y = y + getattr(self, f"a{i}") * x**i
        return y
"""


class Polynomial(Task):
    def check_parameters(self, Polynomial):
        """A polynomial of degree 3 has four numbers. Each is an attribute of its own."""
        for degree in (3, 1):
            link = Polynomial(degree)
            yield 'hasattr(link, "a0")', hasattr(link, "a0"), True
            expected = [(f"/a{i}", (1,)) for i in range(degree + 1)]
            yield f"the parameters of Polynomial({degree})", parameters(link), expected
            values = np.concatenate([p.data for p in link.params()])
            yield "their first values", values, np.zeros(degree + 1, np.float32)

    def ready(self, Polynomial, degree):
        link, a = Polynomial(degree), self.array(degree + 1, dtype=np.float32)
        for i, value in enumerate(a):
            if not isinstance(getattr(link, f"a{i}", None), self.lib.Variable):
                raise Mistake(f"your Link has no Parameter a{i}.")
            getattr(link, f"a{i}").data[...] = value
        return link, a

    def check_values(self, Polynomial):
        """a0 stands alone, a1 is multiplied by x, a2 by x squared, and so on."""
        for degree in (3, 1, 2):
            link, a = self.ready(Polynomial, degree)
            x = self.array(5, 1, dtype=np.float32)
            yield (
                f"y for the degree {degree}",
                data(link(self.lib.Variable(x))),
                np.polyval(a[::-1], x),
            )
            yield f"y of an array for the degree {degree}", data(link(x)), np.polyval(a[::-1], x)

    def check_gradients(self, Polynomial):
        """Each Parameter has to be in the graph, and x as well."""
        for degree in (3, 1, 2):
            link, a = self.ready(Polynomial, degree)
            x, gy = self.variable(5, 1, dtype=np.float32), self.array(5, 1, dtype=np.float32)
            self.walk(link(x), gy)
            for i in range(degree + 1):
                grad = getattr(link, f"a{i}").grad
                yield f"a{i}.grad for the degree {degree}", grad, (gy * x.data**i).sum(axis=0)
            slope = self.slopes(partial(np.polyval, a[::-1].astype(float)), x.data, gy)
            yield f"x.grad for the degree {degree}", x.grad, slope

    wrongs = [
        Wrong(
            "parameters",
            "the Parameters are kept in a list, which registers nothing",
            """\
class Polynomial(Link):
    def __init__(self, degree):
        super().__init__()
        with self.init_scope():
            self.a = [Parameter(0.0, (1,)) for _ in range(degree + 1)]

    def forward(self, x):
        return sum(a * x**i for i, a in enumerate(self.a))
""",
        ),
        Wrong(
            "parameters",
            "one Parameter has all the names, and is listed once",
            POLY.replace(
                "            for i", "            a = Parameter(0.0, (1,))\n            for i"
            ).replace("Parameter(0.0, (1,)))", "a)"),
        ),
        Wrong(
            "parameters",
            "the highest power is forgotten",
            POLY.replace("range(degree + 1)", "range(degree)").replace(
                "self.degree + 1", "self.degree"
            ),
        ),
        Wrong(
            "parameters",
            "the names begin at a1",
            POLY.replace("range(degree + 1)", "range(1, degree + 2)")
            .replace("self.a0", "self.a1")
            .replace("range(1, self.degree + 1)", "range(2, self.degree + 2)")
            .replace("x**i", "x ** (i - 1)"),
        ),
        Wrong(
            "parameters",
            "the Parameters are assigned outside init_scope",
            POLY.replace("with self.init_scope():", "if True:"),
        ),
        Wrong(
            "parameters",
            "the Parameters are made from the highest to the lowest",
            POLY.replace("in range(degree + 1)", "in range(degree, -1, -1)"),
        ),
        Wrong("parameters", "the Parameters start at 1", POLY.replace("0.0", "1.0")),
        Wrong(
            "values",
            "each power is one too high",
            POLY.replace("self.a0", "self.a0 * x").replace("x**i", "x ** (i + 1)"),
        ),
        Wrong(
            "values",
            "the highest power is forgotten",
            POLY.replace("range(1, self.degree + 1)", "range(1, self.degree)"),
        ),
        Wrong(
            "values",
            "forward returns inside the loop",
            POLY.replace("        return y", "            return y"),
        ),
        Wrong("values", "a0 is forgotten", POLY.replace("y = self.a0", "y = 0 * self.a0")),
        Wrong("values", "all Parameters are multiplied by x itself", POLY.replace("x**i", "x")),
        Wrong("values", "x is multiplied by i and not raised to it", POLY.replace("x**i", "x * i")),
        Wrong(
            "values",
            "the numbers belong to the powers in the other order",
            POLY.replace("self.a0", 'getattr(self, f"a{self.degree}")').replace(
                'f"a{i}") * x', 'f"a{self.degree - i}") * x'
            ),
        ),
        Wrong(
            "gradients",
            "the arrays of the Parameters are used, and the walk ends there",
            POLY.replace('f"a{i}") * x', 'f"a{i}").data * x'),
        ),
        Wrong(
            "gradients",
            "the powers are computed with the array of x, and the walk ends there",
            POLY.replace("* x**i", "* (x.data if isinstance(x, Variable) else x) ** i"),
        ),
    ]


NAMED = """\
def named_params(family):
    found = {}

    def visit(family, before):
        for name, member in family:
            path = f"{before}/{name}"
            if isinstance(member, list):
                visit(member, path)
            elif id(member) not in found:
                found[id(member)] = path, member

    visit(family, "")
    return list(found.values())
"""


class named_params(Task):
    def parameter(self, *shape):
        p = self.lib.Parameter(self.array(*shape))
        self.watch(p.data)
        return p

    def compare(self, named_params, family, expected):
        """Compare the paths, and ask whether the Parameters are those of the family."""
        found = named_params(family)
        if not isinstance(found, list) or not all(
            isinstance(x, tuple) and len(x) == 2 for x in found
        ):
            raise Mistake(
                "your answer gives something else than a list of pairs, path and Parameter."
            )
        yield "the list of paths", [path for path, _ in found], [path for path, _ in expected]
        same = [p is q for (_, p), (_, q) in zip(found, expected, strict=False)]
        yield "whether each path has its Parameter", all(same), True

    def check_flat(self, named_params):
        """A path is the name of a Parameter, with a slash before it."""
        W, b = self.parameter(2, 3), self.parameter(2)
        yield from self.compare(named_params, [("W", W), ("b", b)], [("/W", W), ("/b", b)])
        yield from self.compare(named_params, [("b", b)], [("/b", b)])

    def check_nested(self, named_params):
        """A member may be a family again. What is before the name of a Parameter in it?"""
        W, b, s, d = [self.parameter(2) for _ in range(4)]
        family = [("first", [("W", W), ("b", b)]), ("s", s), ("second", [("d", d)])]
        expected = [("/first/W", W), ("/first/b", b), ("/s", s), ("/second/d", d)]
        yield from self.compare(named_params, family, expected)

    def check_deep(self, named_params):
        """A family may be in a family in a family. And it may be empty."""
        W, b, s, t = [self.parameter(2) for _ in range(4)]
        family = [("a", [("b", [("c", [("W", W)]), ("b", b)]), ("none", []), ("t", t)]), ("s", s)]
        expected = [("/a/b/c/W", W), ("/a/b/b", b), ("/a/t", t), ("/s", s)]
        yield from self.compare(named_params, family, expected)

    def check_shared(self, named_params):
        """One Parameter in two places is listed once, where it is met first. Equal ones are two."""
        W, b, s, t = [self.parameter(2) for _ in range(4)]
        twin = self.lib.Parameter(W.data.copy())
        shared = [("W", W), ("b", b)]
        family = [
            ("one", shared),
            ("two", shared),
            ("last", [("W", twin), ("s", s), ("b", b)]),
            ("b", t),
        ]
        expected = [("/one/W", W), ("/one/b", b), ("/last/W", twin), ("/last/s", s), ("/b", t)]
        yield from self.compare(named_params, family, expected)

    wrongs = [
        Wrong(
            "flat",
            "the slash is missing at the beginning",
            NAMED.replace('f"{before}/{name}"', 'f"{before}/{name}" if before else name'),
        ),
        Wrong(
            "flat",
            "there is a slash at the end of the path",
            NAMED.replace("= path, member", '= path + "/", member'),
        ),
        Wrong(
            "flat",
            "path and Parameter are in the other order",
            NAMED.replace("= path, member", "= member, path"),
        ),
        Wrong(
            "flat",
            "the last member is left out",
            NAMED.replace("list(found.values())", "list(found.values())[:-1]"),
        ),
        Wrong(
            "flat",
            "the list of members is walked backwards",
            NAMED.replace("in family:", "in family[::-1]:"),
        ),
        Wrong(
            "nested",
            "the path has only the last name",
            NAMED.replace('f"{before}/{name}"', 'f"/{name}"'),
        ),
        Wrong(
            "flat",
            "what was found is a default argument, and is kept from call to call",
            """\
def named_params(family, before="", found=[]):
    for name, member in family:
        if isinstance(member, list):
            named_params(member, f"{before}/{name}", found)
        elif all(member is not other for _, other in found):
            found.append((f"{before}/{name}", member))
    return found
""",
        ),
        Wrong(
            "nested",
            "the path of a family is its bare name, without what was before it",
            NAMED.replace("visit(member, path)", "visit(member, name)"),
        ),
        Wrong(
            "deep",
            "the paths are put into the order of the alphabet",
            NAMED.replace(
                "list(found.values())", "sorted(found.values(), key=lambda pair: pair[0])"
            ),
        ),
        Wrong(
            "nested",
            "families inside the family are passed over",
            NAMED.replace("visit(member, path)", "pass"),
        ),
        Wrong(
            "nested",
            "a slash is missing between the names",
            NAMED.replace('f"{before}/{name}"', 'f"{before}{name}" if before else f"/{name}"'),
        ),
        Wrong(
            "nested",
            "the Parameters of the family itself come first, and those of its members after them",
            NAMED.replace(
                "in family:", "in sorted(family, key=lambda pair: isinstance(pair[1], list)):"
            ),
        ),
        Wrong(
            "nested",
            "the names are joined from the inside to the outside",
            NAMED.replace('f"{before}/{name}"', 'f"/{name}{before}"'),
        ),
        Wrong(
            "deep",
            "only one level of families is looked into",
            NAMED.replace(
                "visit(member, path)", "if not before:\n                    visit(member, path)"
            ),
        ),
        Wrong(
            "deep",
            "the path has only the last two names",
            NAMED.replace("visit(member, path)", 'visit(member, f"/{name}")'),
        ),
        Wrong(
            "shared",
            "a Parameter is listed once for each place",
            NAMED.replace("elif id(member) not in found:", "else:").replace(
                "id(member)", "len(found)"
            ),
        ),
        Wrong(
            "shared",
            "a Parameter has the last path to it, and not the first",
            NAMED.replace("elif id(member) not in found:", "else:"),
        ),
        Wrong(
            "shared",
            "two Parameters are told apart by their names",
            NAMED.replace("id(member)", "name"),
        ),
        Wrong(
            "shared",
            "two Parameters are told apart by their numbers",
            NAMED.replace("id(member)", "member.data.tobytes()"),
        ),
        Wrong(
            "shared",
            "only whole families are told apart, and not the Parameters in them",
            NAMED.replace("elif id(member) not in found:", "else:")
            .replace(
                "visit(member, path)",
                "if id(member) not in seen:\n                    seen.add(id(member))\n"
                "                    visit(member, path)",
            )
            .replace("found = {}", "found, seen = {}, set()")
            .replace("found[id(member)]", "found[path]"),
        ),
        Wrong(
            "flat",
            "what was met is kept in a default argument `seen=set()`, from call to call",
            """\
def named_params(family, before='', seen=set()):
    found = []
    for name, member in family:
        path = f'{before}/{name}'
        if isinstance(member, list):
            found += named_params(member, path)
        elif id(member) not in seen:
            seen.add(id(member))
            found.append((path, member))
    return found
""",
        ),
        Wrong(
            "flat",
            "`in` compares the numbers of Parameters, where `id` tells them apart",
            """\
def named_params(family):
    found, met = [], []

    def visit(family, before):
        for name, member in family:
            path = f"{before}/{name}"
            if isinstance(member, list):
                visit(member, path)
            elif member not in met:
                met.append(member)
                found.append((path, member))

    visit(family, "")
    return found
""",
        ),
    ]
