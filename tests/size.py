"""Count the code: it is to stay small enough to be read as a whole.

A line of code is a statement here, however many lines the formatter gives it. Not counted are
docstrings, imports, and names that are only declared; what does nothing but check, which is what
calls `errors` or `debug`; and the files in `ASIDE`.
"""

import ast

from notebooks import ROOT

PACKAGE = ROOT / "tinylinks"
CORE = [  # what the book explains first, up to Linear
    "variable.py",
    "function.py",
    "graph.py",
    "functions/arithmetic.py",
    "functions/linear.py",
    "link.py",
    "links/linear.py",
]
ASIDE = [
    *["errors/", "debug.py", "gradient_check.py"],  # they only check
    *["walk.py", "steps.py"],  # they serve the book: its code so far, and its walks back
    "datasets/__init__.py",
    "checks/",  # of answers to exercises: counted apart
]
CHECKS = ("errors.", "debug.", "warnings.warn(errors.", "self.explain(")


def sizes(all_of_it=False):
    """Return {file: statements} of the files that count; with `all_of_it`, checks and all files."""
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    return {
        name: statements(ast.parse(path.read_text("utf-8")).body, checks=all_of_it)
        for name, path in paths.items()
        if all_of_it or not name.startswith(tuple(ASIDE))
    }


def statements(body, checks=False):
    """Count the statements of a block, with those inside them; of checks only if asked to."""
    counted = [node for node in body if not is_no_code(node) and (checks or not is_check(node))]
    return sum(count(node, checks) for node in counted)


def count(node, checks):
    """Count one statement, with those inside it."""
    handlers = [handler.body for handler in getattr(node, "handlers", [])]
    explains = handlers and all(map(only_checks, handlers))
    if explains and not checks:  # a `try` for the sake of a better sentence
        return statements(node.body)
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    return 1 + sum(statements(block, checks) for block in [*blocks, *handlers])


def is_no_code(node):
    """Tell whether a statement is a docstring, an import or a declaration."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Import | ast.ImportFrom)


def is_check(node):
    """Tell whether a statement does nothing but check."""
    if isinstance(node, ast.FunctionDef | ast.If) and not getattr(node, "orelse", []):
        return only_checks(node.body)
    calls = isinstance(node, ast.Expr | ast.Assign | ast.Return) and node.value is not None
    return calls and ast.unparse(node.value).startswith(CHECKS)


def only_checks(body):
    """Tell whether a block holds checks and nothing else, but for a bare `raise`."""
    rest = [node for node in body if not is_no_code(node) and ast.unparse(node) != "raise"]
    return bool(rest) and all(map(is_check, rest))


def table():
    """Return the count as text."""
    counted, everything = sizes(), sizes(all_of_it=True)
    core, package = sum(counted[name] for name in CORE), sum(counted.values())
    exercises = sum(count for name, count in everything.items() if name.startswith("checks/"))
    return (
        f"size of the core: {core} statements; of the whole package: {package}, "
        f"and {sum(everything.values()) - package - exercises} that check or serve the book, "
        f"{exercises} that check answers to exercises"
    )
