"""Count how much of the core stands in the chapter that explains it, or in its companion.

The core modules are taken apart into definitions: functions, methods, and the single statements of
modules and classes. `drift_plan.toml` says for each which chapter explains it. A definition counts
as shown when a build cell of that chapter, or of its companion, has it: the same name, in a class
of the same name, with the same signature and body. Docstrings, annotations and comments do not
count.
"""

import ast
import contextlib
import io
import os
import sys
import textwrap
import tomllib
import warnings
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import NamedTuple

from notebooks import CHAPTERS, ROOT, code_cells, is_build, pages, read, source, tags

PLAN = ROOT / "tests" / "drift_plan.toml"


# Taking source apart.


class Definition(NamedTuple):
    name: str  # "Variable.backward"; a setter is "Variable.grad.setter"
    code: str  # the bare syntax tree, as text
    statements: int
    line: int  # where its code object begins: at the first decorator


class Bare(ast.NodeTransformer):
    """Take docstrings and annotations out of a syntax tree."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = node.type_comment = None
        node.body = without_docstring(node.body) or [ast.Pass()]
        return node

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.body = without_docstring(node.body) or [ast.Pass()]
        return node

    def visit_arg(self, node):
        node.annotation = node.type_comment = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def without_docstring(body):
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return body[1:] if isinstance(first.value.value, str) else body
    return body


def definitions(text):
    """Return the definitions in the source `text`, in order."""
    tree = Bare().visit(ast.parse(text))
    return list(take_apart(without_docstring(tree.body), ""))


def take_apart(body, prefix):
    """Yield the definitions among the statements `body` of a module or of the class `prefix`."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            inside = list(take_apart(node.body, f"{prefix}{node.name}."))
            yield from inside or [Definition(prefix + node.name, "class", 1, node.lineno)]
        elif isinstance(node, ast.FunctionDef):
            if not any(ast.unparse(d).endswith("overload") for d in node.decorator_list):
                yield define(node, prefix + function_name(node, prefix))
        elif isinstance(node, ast.Assign):
            name = prefix + ast.unparse(node.targets[0])
            if name != "__all__":
                yield define(node, name)
        elif not isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, ast.Expr)):
            if not for_type_checkers(node):
                yield define(node, prefix + ast.unparse(node).partition("\n")[0])


def function_name(node, prefix):
    """Return the name, with ".setter" after that of a setter.

    A chapter adds a setter to an earlier property with `@Variable.grad.setter`. This is made the
    `@grad.setter` of the library.
    """
    name = node.name
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter"):
            if ast.unparse(decorator.value) == prefix + name:
                decorator.value = ast.Name(name, ast.Load())
            return f"{name}.{decorator.attr}"
    return name


def for_type_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def define(node, name):
    statements = sum(isinstance(inner, ast.stmt) for inner in ast.walk(node))
    first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", [])]])
    return Definition(name, ast.dump(node), statements, first)


# The plan, the core and the chapters.


def read_plan(path=PLAN):
    """Return the plan: "modules", "chapters" (name or glob -> number), "missing" (name -> why)."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def core_definitions(modules, root=ROOT):
    """Return {module: {name: definition}}; names begin with the module, as in "link.Link.copy"."""
    core = {}
    for module in modules:
        prefix = module.removeprefix("tinylinks/").removesuffix(".py").replace("/", ".")
        path = root / module
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        core[module] = {f"{prefix}.{item.name}": item for item in definitions(text)}
    return core


def planned_chapter(name, chapters):
    """Return the chapter that explains `name`: by its own line, or else the longest glob."""
    if name in chapters:
        return chapters[name]
    globs = [glob for glob in chapters if fnmatchcase(name, glob)]
    return chapters[max(globs, key=len)] if globs else None


def build_definitions(path):
    """Return {(name, code)} of what the build cells of the notebook at `path` define."""
    shown = set()
    for cell in filter(is_build, code_cells(read(path))):
        with contextlib.suppress(SyntaxError):  # test_notebooks.py names such a cell
            shown.update((item.name, item.code) for item in definitions(source(cell)))
    return shown


class Line(NamedTuple):
    """One definition of the core, and where it stands with the book."""

    module: str
    name: str
    statements: int
    chapter: int | None  # the one that explains it
    written: bool  # whether that chapter exists
    shown: bool


def count(plan=None, root=ROOT, folder=CHAPTERS):
    """Return a `Line` for each definition of the core."""
    plan = plan or read_plan()
    shown = {page: build_definitions(path) for page, path in pages(folder).items()}
    lines = []
    for module, items in core_definitions(plan["modules"], root).items():
        for name, item in items.items():
            chapter = planned_chapter(name, plan["chapters"])
            there = any(
                (item.name, item.code) in shown.get(page, ())
                for page in (chapter, f"{chapter} in full")
            )
            lines.append(Line(module, name, item.statements, chapter, chapter in shown, there))
    return lines


# What is wrong.


def faults(plan=None, root=ROOT, folder=CHAPTERS):
    """Return a sentence for each way in which plan, core and chapters do not fit."""
    plan = plan or read_plan()
    chapters, missing = plan["chapters"], plan.get("missing", {})
    lines = {line.name: line for line in count(plan, root, folder)}
    found = [
        f"{module}: listed as a core module, but it defines nothing"
        for module in plan["modules"]
        if not any(line.module == module for line in lines.values())
    ]
    for line in lines.values():
        if line.chapter is None:
            found.append(f"{line.name}: no chapter is planned for it")
        elif line.written and not line.shown and line.name not in missing:
            found.append(f"{line.name}: chapter {line.chapter} does not show it as it stands")
    for glob in chapters:
        if not any(fnmatchcase(name, glob) for name in lines):
            found.append(f"{glob}: planned, but the core has nothing of that name")
    for name, reason in missing.items():
        if name not in lines:
            found.append(f"{name}: listed as missing, but the core has nothing of that name")
        elif lines[name].shown:
            found.append(f"{name}: listed as missing, but chapter {lines[name].chapter} shows it")
        if len(reason.split()) < 4:
            found.append(f"{name}: listed as missing without a reason")
    return found


# The table.


def table(lines):
    """Return the count as text: the share of each module, then what is still to come."""
    rows = [("module", "statements", "shown", "share")]
    for module in [*dict.fromkeys(line.module for line in lines), "all"]:
        of_module = [line for line in lines if module in (line.module, "all")]
        total = sum(line.statements for line in of_module)
        shown = sum(line.statements for line in of_module if line.shown)
        rows.append((module, str(total), str(shown), f"{100 * shown // max(total, 1)} %"))
    text = [f"{a:34}{b:>12}{c:>8}{d:>8}" for a, b, c, d in rows]
    absent = defaultdict(list)
    for line in lines:
        if not line.shown:
            absent[line.chapter or 0, line.written].append(line)
    for (chapter, written), group in sorted(absent.items()):
        what = "missing in" if written else "still to come in"
        statements = sum(line.statements for line in group)
        text.append(f"{what} chapter {chapter or '?'}, {statements} statements:")
        text += textwrap.wrap(names_of(group), 96, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(text)


def names_of(lines):
    """Return the names, those of one class or module together: "Variable: shape, size"."""
    groups = defaultdict(list)
    for line in lines:
        owner, _, name = line.name.removesuffix(".setter").rpartition(".")
        groups[owner].append(name + ".setter" * line.name.endswith(".setter"))
    return "; ".join(f"{owner}: {', '.join(names)}" for owner, names in groups.items())


# Whether what a chapter defines is used where the reader looks.


def uncalled(path, page):
    """Run a page and name each function of a build cell that no following cell calls.

    The cells that follow are those up to the next build cell that defines something.
    """
    namespace = {"__name__": "__main__", "display": show}
    waiting, found = {}, []
    with quiet(path.parent):
        for number, cell in enumerate(code_cells(read(path)), start=1):
            file = f"<chapter {page}, cell {number}>"
            fresh = functions_of(cell, file)
            if fresh:
                found += [f"{where[0][1:-1]}: {name}" for where, name in waiting.items()]
                waiting = fresh
            run(cell, file, namespace, {} if fresh else waiting)
    return found + [f"{where[0][1:-1]}: {name}" for where, name in waiting.items()]


def functions_of(cell, file):
    """Return {(file, first line): name} of the functions that a build cell defines."""
    if not is_build(cell):
        return {}
    items = take_apart(ast.parse(source(cell)).body, "")
    return {(file, item.line): item.name for item in items if item.code.startswith("FunctionDef")}


def run(cell, file, namespace, waiting):
    """Run one cell as Jupyter would, and take out of `waiting` what it calls."""

    def called(frame, event, argument):
        if event == "call":
            waiting.pop((frame.f_code.co_filename, frame.f_code.co_firstlineno), None)
            if not waiting:
                sys.setprofile(None)  # the rest runs at full speed

    if source(cell).startswith(("%", "!")):  # for Jupyter, not for Python
        return
    try:
        body = ast.parse(source(cell), file).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        sys.setprofile(called if waiting else None)
        exec(compile(ast.Module(body, []), file, "exec"), namespace)
        if last is not None:
            show(eval(compile(ast.Expression(last.value), file, "eval"), namespace))
    except Exception as error:
        if "raises-exception" not in tags(cell):
            error.add_note(f"in {file[1:-1]}")
            raise
    finally:
        sys.setprofile(None)


def show(*values):
    """Make the texts and pictures of the values, as Jupyter does to display them."""
    for value in values:
        for name in ("__repr__", "_repr_html_", "_repr_svg_", "_repr_png_"):
            if value is not None and hasattr(type(value), name):
                getattr(value, name)()


@contextlib.contextmanager
def quiet(folder):
    """Work in `folder`; draw figures for nobody; let prints and warnings go unseen."""
    import matplotlib

    matplotlib.use("Agg")
    before = os.getcwd()
    os.chdir(folder)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(before)
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
