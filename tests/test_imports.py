"""What `import tinylinks` does, and what it leaves alone."""

import ast
import graphlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tinylinks

PACKAGE = Path(tinylinks.__file__).parent
MODULES = {
    ".".join(("tinylinks", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
REPORT = """
import sys
before = set(sys.modules)
import {name}
import json
print(json.dumps(sorted({{module.partition(".")[0] for module in set(sys.modules) - before}})))
"""


def imported_by(name):
    """Import a module in a new Python; return the packages that it brings and what it prints."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", REPORT.format(name=name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *printed, last = result.stdout.splitlines()
    return set(json.loads(last)), printed, result.stderr


def test_import_brings_numpy_and_nothing_else_and_prints_nothing():
    packages, printed, complaints = imported_by("tinylinks")
    foreign = packages - set(sys.stdlib_module_names)
    with_numpy, _, _ = imported_by("numpy")
    assert foreign - with_numpy - set(sys.stdlib_module_names) == {"tinylinks"}
    assert "numpy" in foreign
    assert (printed, complaints) == ([], "")
    assert not foreign & {"matplotlib", "cupy", "scipy", "pytest"}


def statements(tree):
    """Yield the statements that run on import: not those in functions and TYPE_CHECKING blocks."""
    todo = list(tree.body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        yield node
        todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


def imports_of(path):
    """Return the modules of the package that a module needs while it is imported."""
    needed = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            needed |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                needed.add(submodule if submodule in MODULES else node.module)
    return needed & set(MODULES)


def test_no_import_cycle():
    graph = {name: imports_of(path) for name, path in MODULES.items()}
    assert len(graph) > 15
    assert "tinylinks.function" in graph["tinylinks.variable"]
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises at a cycle
    assert order[-1] == "tinylinks" or order.index("tinylinks") > order.index("tinylinks.variable")


@pytest.mark.parametrize("name", [name for name in MODULES if name != "tinylinks"])
def test_no_module_needs_the_package_as_a_whole(name):
    assert "tinylinks" not in imports_of(MODULES[name])


# What is called to be read: check_answer, check_chapter, and the commands of tinylinks.checks.
PRINT = ["tinylinks.checks", *[f"tinylinks.checks.{m}" for m in ("chapters", "judge", "__main__")]]


@pytest.mark.parametrize("name", MODULES)
def test_no_environment_variable_is_read_and_nothing_is_printed(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    allowed = {"print"} if name in PRINT else set()
    assert not used & {"environ", "environb", "getenv", "getenvb", "print"} - allowed


@pytest.mark.parametrize("name", MODULES)
def test_numpy_is_the_only_foreign_import_at_the_top(name):
    foreign = set()
    for node in statements(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            foreign |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            foreign.add(node.module.partition(".")[0])
    assert foreign - set(sys.stdlib_module_names) <= {"numpy", "tinylinks"}


def test_all_public_names_are_there():
    assert sorted(set(tinylinks.__all__)) == sorted(tinylinks.__all__)
    assert [name for name in tinylinks.__all__ if not hasattr(tinylinks, name)] == []
