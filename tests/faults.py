"""The faults that are planted: in the core by mutants.py, in the chapters by chapter_mutants.py.

A fault ("mutant") is a change of one place in a syntax tree: a sign, an operand, a dropped
`sum`, an inverted condition. `faults_in` lists those of a tree, `with_fault` plants one.
"""

import ast
import copy

OTHER_OPERATOR = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
}
OTHER_COMPARISON = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)  # a - b is not b - a
OTHER_NAME = {
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "zeros": "ones",
    "ones_like": "zeros_like",
    "zeros_like": "ones_like",
    "float32": "float64",
    "Sin": "Cos",
    "Cos": "Sin",
    "argmax": "argmin",
    "accumulate": "chain",
}
# Methods and functions that hand on what they are given, changed: x.sum(...) -> x.
DROPPED_METHODS = {"sum", "reshape", "transpose", "astype", "copy", "ravel", "max", "min"}
DROPPED_FUNCTIONS = {"swap", "bare", "as_variable", "sorted", "sqrt", "to_cpu", "reversed"}
DROPPED_KEYWORDS = {"axis", "keepdims", "requires_grad", "include_uninit", "key", "initial"}
ORDERED_CALLS = {"sub", "div", "pow", "matmul", "where"}  # arguments in another order
SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "type_params"}


def variants(node):
    """Yield what could stand in the place of `node`."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in OTHER_OPERATOR:
            yield changed(node, op=OTHER_OPERATOR[type(node.op)]())
        if isinstance(node.op, ORDERED):
            yield changed(node, left=node.right, right=node.left)
    elif isinstance(node, ast.AugAssign):
        if type(node.op) in OTHER_OPERATOR:
            yield changed(node, op=OTHER_OPERATOR[type(node.op)]())
        yield ast.Pass()
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        if type(node.ops[0]) in OTHER_COMPARISON:
            yield changed(node, ops=[OTHER_COMPARISON[type(node.ops[0])]()])
    elif isinstance(node, ast.BoolOp):
        yield changed(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    elif isinstance(node, ast.IfExp):
        yield node.orelse  # overwrite instead of accumulate, always or never
        if "needs(" not in ast.unparse(node.test):  # a gradient that nobody asks for is dropped
            yield node.body
    elif isinstance(node, ast.If | ast.While):
        if not inverted_already(node.test):
            yield changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Constant):
        yield from other_constants(node)
    elif isinstance(node, ast.Attribute):
        if node.attr in OTHER_NAME:
            yield changed(node, attr=OTHER_NAME[node.attr])
        if node.attr == "T":
            yield node.value
    elif isinstance(node, ast.Name):
        if node.id in OTHER_NAME:
            yield changed(node, id=OTHER_NAME[node.id])
    elif isinstance(node, ast.Call):
        yield from other_calls(node)
    elif isinstance(node, ast.Return):
        yield from other_returns(node)
    elif isinstance(node, ast.Lambda):
        yield changed(node, body=ast.Constant(None))
    elif isinstance(node, ast.Continue | ast.Delete):
        yield ast.Pass()
    elif isinstance(node, ast.For):
        rest = ast.parse(f"list({ast.unparse(node.iter)})[1:]", mode="eval").body
        yield changed(node, iter=rest)  # the first one is forgotten
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
        yield ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
        if ast.unparse(node.value.func).endswith("add.at"):  # counts a repeated index once
            x, index, g = map(ast.unparse, node.value.args)
            yield ast.parse(f"{x}[{index}] += {g}").body[0]
    elif isinstance(node, ast.Assign):
        if not any(isinstance(target, ast.Name) for target in node.targets):
            yield ast.Pass()  # an attribute or an item keeps its old value


def other_constants(node):
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        if value > 0:
            yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 2 if value else 1.0)


def other_calls(node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if isinstance(node.func, ast.Attribute):
        if name in DROPPED_METHODS and not is_super(node.func.value):
            yield node.func.value
        if name == "compute" and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]  # SumTo(shape).compute(gx) -> gx
        if name == "ref":  # a graph that keeps its outputs alive
            yield ast.Lambda(NO_ARGUMENTS, node.args[0])
    if name in DROPPED_FUNCTIONS and node.args:
        yield node.args[0]
    if name in ORDERED_CALLS and len(node.args) >= 2:
        yield changed(node, args=[*node.args[:-2], node.args[-1], node.args[-2]])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg in DROPPED_KEYWORDS:
            yield changed(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])


def other_returns(node):
    value = node.value
    if value is None:
        return
    if isinstance(value, ast.Constant) and value.value is None:
        yield ast.Return(ast.Constant(1.0))
        return
    yield ast.Return(ast.Constant(None))
    if isinstance(value, ast.Tuple):
        for i in range(len(value.elts)):
            elements = list(value.elts)
            elements[i] = ast.Constant(None)
            yield ast.Return(changed(value, elts=elements))
        if len(value.elts) > 1 and ast.dump(value.elts[0]) != ast.dump(value.elts[1]):
            first, second, *rest = value.elts
            yield ast.Return(changed(value, elts=[second, first, *rest]))


NO_ARGUMENTS = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def changed(node, **fields):
    """Return a copy of `node` with other fields."""
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def is_super(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "super"


def inverted_already(test):
    """Tell whether the comparison or the `not` in a condition is inverted anyway."""
    if isinstance(test, ast.UnaryOp):
        return True
    simple = ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], simple)


def is_check(node):
    """Tell whether `node` is a call such as errors.check_item(x), to be dropped as a whole."""
    if isinstance(node, ast.Expr):
        node = node.value
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("errors.")


def is_left_alone(node):
    """Tell whether faults in `node` would be seen by nobody, or by a type checker only."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | ast.Raise | ast.JoinedStr):
        return True
    if isinstance(node, ast.keyword) and node.arg in ("strict", "stacklevel"):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return getattr(target, "id", "") in ("__slots__", "__array_priority__", "CONFIG_NAMES")
    return False


def sites(node, path=(), function=()):
    """Yield each node below `node`, with the way to it and the names around it."""
    for field, value in ast.iter_fields(node):
        if field in SKIPPED_FIELDS:
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or is_left_alone(child):
                continue
            here = (*path, (field, index))
            inside = function
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inside = (*function, child.name)
            yield child, here, ".".join(inside)
            if not is_check(child):  # what it says is the matter of test_errors.py
                yield from sites(child, here, inside)


def one_line(node):
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def short(node):
    """Write a node in one line; of a compound statement, only its head."""
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {one_line(node.test)}"
    if isinstance(node, ast.For):
        return f"for {one_line(node.target)} in {one_line(node.iter)}"
    return one_line(node)


def place(path, tree):
    """Return the outermost function that a node is in, or the constant of a class or module.

    With the class around it, if there is one. None for what else a module does while it is
    imported, such as telling Function what a Variable is: without it nothing works.
    """
    node, owner = tree, None
    for name, i in path:
        node = getattr(node, name) if i is None else getattr(node, name)[i]
        if isinstance(node, ast.FunctionDef):
            return node, owner
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            named = isinstance(target, ast.Name) or isinstance(node.value, ast.Lambda)
            return (node, owner) if named and len(path) > 1 else None
        if isinstance(node, ast.ClassDef):
            owner = node.name
    return None


def faults_in(tree):
    """Yield (function, change, path, node) for each fault of a module or cell.

    With it the node at `path` becomes `node`. `change` says so in one line; where a function
    has several faults of the same text, they are numbered.
    """
    seen = {}
    for node, path, function in sites(tree):
        found = place(path, tree)
        if found is None:
            continue
        if not function and isinstance(found[0].value, ast.Lambda):  # F.square = lambda x: ...
            function = ast.unparse(found[0].targets[0])
        for other in variants(node):
            change = f"{short(node)}  ->  {short(other)}"
            count = seen[function, change] = seen.get((function, change), 0) + 1
            if count > 1:
                change += f"  ({count})"
            yield function or "<module>", change, path, other


def with_fault(tree, path, node):
    """Put a fault into a tree, which changes it, and return the tree."""
    inner = tree
    *way, (field, index) = path
    for name, i in way:
        inner = getattr(inner, name) if i is None else getattr(inner, name)[i]
    old = getattr(inner, field) if index is None else getattr(inner, field)[index]
    new = ast.copy_location(copy.deepcopy(node), old)
    if index is None:
        setattr(inner, field, new)
    else:
        getattr(inner, field)[index] = new
    return ast.fix_missing_locations(tree)
