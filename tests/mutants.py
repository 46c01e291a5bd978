"""Plant faults in the core, one at a time, and see that a test turns red.

python tests/mutants.py                 all faults
python tests/mutants.py --quick         a sample from each class and module, in about a minute
python tests/mutants.py --list          say which faults there are, run nothing
python tests/mutants.py --only PATTERN  those whose name matches the regular expression

A fault ("mutant") is a change of one place in the syntax tree of one module: a sign, an
operand, a dropped `sum`, an inverted condition. Each is run in a process of its own, against
the faster tests first, until one fails. A fault that no test notices survives. It is either
argued in SURVIVORS below, with the reason why it changes nothing that anybody could see, or
the exit code is 1.
"""

import argparse
import ast
import copy
import dataclasses
import importlib.abc
import importlib.util
import multiprocessing
import multiprocessing.connection
import os
import re
import sys
import time
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL"):  # before NumPy is imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tinylinks"
TESTS = ROOT / "tests"

# The core: what the book builds. errors.py is left out, its sentences are compared word by word.
CORE = [
    "graph",
    "function",
    "variable",
    "functions.arithmetic",
    "functions.elementwise",
    "functions.activation",
    "functions.shapes",
    "functions.linear",
    "functions.loss",
    "functions.evaluation",
    "derivatives",
    "link",
    "links.linear",
    "initializers",
    "optimizers",
    "config",
    "gradient_check",
    "debug",
]

# Tests that say nothing about the core, or take too long to be asked for each fault.
LEFT_OUT = {
    "test_a11y",
    "test_bench",
    "test_book",
    "test_contract",
    "test_dev",
    "test_drift",
    "test_mutants",
    "test_notebooks",
    "test_package",
    "test_refresh",
    "test_walk",
}
# Asked first, after the file named like the module, because they notice much in a short time.
FIRST = ["test_golden", "test_variable", "test_function"]
LAST = ["test_graph", "test_functions"]  # the slowest

SECONDS = 90  # no fault may take longer: an endless loop is a fault that is noticed
MEGABYTES = 4000

# (module, function, change) -> why nobody could see a difference.
SURVIVORS: dict[tuple[str, str, str], str] = {
    ("graph", "Arrivals.__init__", "0  ->  1"): (
        "The count only breaks ties between equal ranks: it may start anywhere."
    ),
    ("graph", "Arrivals.add", "self.count += 1  ->  self.count -= 1"): (
        "Functions of one rank cannot send each other gradients: any order among them is right."
    ),
    ("graph", "backward_steps", "False  ->  True"): (
        "The default of retain_grad: backward and grad, its two callers, pass it."
    ),
    ("graph", "backward_steps", "False  ->  True  (2)"): (
        "The default of enable_double_backprop: backward and grad, its two callers, pass it."
    ),
}


# ---- the faults ----


@dataclasses.dataclass
class Mutant:
    """One fault: in the tree of `module`, the node at `path` becomes `node`."""

    module: str
    function: str
    change: str
    path: tuple
    node: ast.AST

    @property
    def key(self):
        return self.module, self.function, self.change

    @property
    def group(self):
        """The class that the fault is in, or all free functions of a module."""
        head = self.function.partition(".")[0]
        return self.module, head if head[0].isupper() else "functions"

    def __str__(self):
        return f"{self.module}: {self.function}: {self.change}"


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
    elif isinstance(node, ast.Continue):
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
        if name == "compute":  # SumTo(shape).compute(gx) -> gx
            yield node.args[0]
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


def file_of(module):
    return PACKAGE / (module.replace(".", "/") + ".py")


def tree_of(module):
    return ast.parse(file_of(module).read_text(encoding="utf-8"))


def one_line(node):
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def short(node):
    """Write a node in one line; of a compound statement, only its head."""
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {one_line(node.test)}"
    if isinstance(node, ast.For):
        return f"for {one_line(node.target)} in {one_line(node.iter)}"
    return one_line(node)


def generate(modules=CORE):
    """Return all faults, in an order that is the same in each run."""
    mutants = []
    for module in modules:
        seen = {}
        for node, path, function in sites(tree_of(module)):
            for other in variants(node):
                change = f"{short(node)}  ->  {short(other)}"
                count = seen[function, change] = seen.get((function, change), 0) + 1
                if count > 1:
                    change += f"  ({count})"
                mutants.append(Mutant(module, function or "<module>", change, path, other))
    return mutants


def sample(mutants):
    """Return one fault for each class, and one for the free functions of each module."""
    groups = {}
    for mutant in mutants:
        if mutant.key not in SURVIVORS and mutant.function != "<module>":
            groups.setdefault(mutant.group, []).append(mutant)
    for group in groups.values():  # dropped checks only where there is nothing else
        group.sort(key=lambda mutant: "errors." in mutant.change)
    return [group[(len(group) - 1) // 4] for group in groups.values()]


def mutated_tree(mutant):
    """Return the tree of the mutant's module with the fault in it."""
    tree = node = tree_of(mutant.module)
    *way, (field, index) = mutant.path
    for name, i in way:
        node = getattr(node, name) if i is None else getattr(node, name)[i]
    old = getattr(node, field) if index is None else getattr(node, field)[index]
    new = ast.copy_location(copy.deepcopy(mutant.node), old)
    if index is None:
        setattr(node, field, new)
    else:
        getattr(node, field)[index] = new
    return ast.fix_missing_locations(tree)


# ---- running one ----


class Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the faulty module in the place of the right one."""

    def __init__(self, mutant):
        self.name = f"tinylinks.{mutant.module}"
        self.file = str(file_of(mutant.module))
        self.code = compile(mutated_tree(mutant), self.file, "exec", dont_inherit=True)
        self.planted = False

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            return importlib.util.spec_from_file_location(name, self.file, loader=self)
        return None

    def exec_module(self, module):
        self.planted = True
        exec(self.code, module.__dict__)


def test_files(module=None, fast=False):
    """Return the test files, the most telling ones first and the slowest last."""
    files = {path.stem: str(path) for path in sorted(TESTS.glob("test_*.py"))}
    own = f"test_{module.rpartition('.')[2]}" if module else ""
    names = [name for name in dict.fromkeys([own, *FIRST, *files]) if name not in LEFT_OUT]
    slow = [name for name in LAST if name != own]
    quick = [name for name in names if name not in slow]
    return [files[name] for name in (quick if fast else quick + slow) if name in files]


def quieten():
    """Send what the tests print to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def limit_memory():
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))


class FirstFailure:
    """A pytest plugin that remembers which test failed first."""

    name = ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.name:
            self.name = report.nodeid.rpartition("/")[2]


def run(mutant, fast, answer):
    """Run the tests with one fault planted, or with none; send the verdict to `answer`."""
    quieten()
    limit_memory()
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than most tests
    sys.path.insert(0, str(ROOT))
    import pytest

    planter = None
    if mutant is not None:
        planter = Planter(mutant)
        sys.meta_path.insert(0, planter)
    files = test_files(mutant.module if mutant else None, fast)
    if mutant is not None and "errors." in mutant.change:
        files.sort(key=lambda file: "test_errors" not in file)
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=no"]
    options += ["--rootdir", str(ROOT), "-m", "not slow and not gpu and not browser"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # preload imported hypothesis
    batches = [(files[:2], ["-k", "not strict"]), (files[2:], ["-k", "not strict"])]
    if not fast:
        batches.append((files, ["-k", "strict"]))  # the stand-in for CuPy last: it is slow
    for batch, choice in batches:
        if not batch:
            continue
        first = FirstFailure()
        code = pytest.main([*options, *choice, *batch], plugins=[first])
        if planter is not None and not planter.planted:
            answer.send(("error", "the tests did not import the faulty module"))
            return
        if code in (1, 2):
            answer.send(("killed", first.name or "import"))
            return
        if code not in (0, 5):
            answer.send(("error", f"pytest ended with code {code}"))
            return
    answer.send(("survived", ""))


def preload():
    """Import what the tests need, but not the library, so that each child starts at once."""
    import json  # noqa: F401

    import numpy  # noqa: F401
    import pytest  # noqa: F401

    try:
        import hypothesis.extra.numpy  # noqa: F401
    except ImportError:
        return


class Job:
    """A fault under test, in a process of its own."""

    def __init__(self, context, mutant, fast):
        self.mutant = mutant
        self.answer, sender = context.Pipe(duplex=False)
        self.process = context.Process(target=run, args=(mutant, fast, sender), daemon=True)
        self.process.start()
        sender.close()
        self.start = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def verdict(self):
        """Return (verdict, by what) when there is one, else None."""
        if self.answer.poll():
            try:
                result = self.answer.recv()
            except EOFError:
                result = ("killed", "crash")
        elif not self.process.is_alive():
            result = ("killed", "crash")
        elif self.seconds > SECONDS:
            result = ("killed", f"timeout of {SECONDS} s")
        else:
            return None
        self.process.kill()
        self.process.join()
        self.answer.close()
        return result


def run_all(mutants, jobs, fast=False):
    """Yield (mutant, verdict, by what, seconds) for each fault as it is decided."""
    fork = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if fork else "spawn")
    if fork:
        preload()
    waiting = list(reversed(mutants))
    running = []
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(Job(context, waiting.pop(), fast))
        multiprocessing.connection.wait([job.answer for job in running], timeout=1)
        for job in list(running):
            result = job.verdict()
            if result is not None:
                running.remove(job)
                yield job.mutant, *result, job.seconds


# ---- the command ----


def report(results, seconds):
    """Print the counts and the survivors; return the exit code."""
    survivors = [mutant for mutant, verdict, *_ in results if verdict == "survived"]
    errors = [(mutant, by) for mutant, verdict, by, _ in results if verdict == "error"]
    argued = [mutant for mutant in survivors if mutant.key in SURVIVORS]
    unargued = [mutant for mutant in survivors if mutant.key not in SURVIVORS]
    for mutant in argued:
        print(f"argued    {mutant}\n          {SURVIVORS[mutant.key]}")
    for mutant in unargued:
        print(f"SURVIVED  {mutant}")
    for mutant, by in errors:
        print(f"ERROR     {mutant}: {by}")
    killed = len(results) - len(survivors) - len(errors)
    print(
        f"mutants: {len(results)} planted in {len({m.key[:2] for m, *_ in results})} functions, "
        f"{killed} killed, {len(argued)} argued, {len(unargued)} survived, "
        f"{len(errors)} errors, {seconds:.0f} s"
    )
    return 1 if unargued or errors else 0


def check_baseline(fast):
    """Stop if the tests fail without any fault: they would then kill everything."""
    ((_, verdict, by, seconds),) = run_all([None], 1, fast)
    if verdict != "survived":
        sys.exit(f"mutants: the tests must pass without a fault, but: {verdict} by {by}")
    print(f"mutants: without a fault the tests pass, in {seconds:.1f} s", flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sample, about a minute")
    parser.add_argument("--list", action="store_true", help="list the faults and end")
    parser.add_argument("--only", metavar="PATTERN", default="", help="a regular expression")
    parser.add_argument("--fast", action="store_true", help="ask the faster tests only")
    parser.add_argument("--jobs", type=int, default=0, help="how many at a time")
    parser.add_argument("--verbose", action="store_true", help="print each verdict")
    options = parser.parse_args(arguments)

    mutants = generate()
    unknown = set(SURVIVORS) - {mutant.key for mutant in mutants}
    for key in sorted(unknown):  # test_mutants.py fails for them
        print(f"mutants: SURVIVORS argues a fault that does not exist any more: {key}")
    if options.quick:
        mutants = sample(mutants)
    elif not options.only:  # named by --only, the argued ones are tried as well
        mutants = [mutant for mutant in mutants if mutant.key not in SURVIVORS]
        print(f"mutants: {len(SURVIVORS)} more are argued in SURVIVORS to change nothing")
    mutants = [mutant for mutant in mutants if re.search(options.only, str(mutant))]
    if not mutants:
        sys.exit("mutants: no fault matches")
    if options.list:
        print("\n".join(map(str, mutants)))
        print(f"mutants: {len(mutants)}")
        return 0

    start = time.monotonic()
    check_baseline(options.fast or options.quick)
    results = []
    for result in run_all(mutants, options.jobs or min(2, os.cpu_count() or 1), options.fast):
        results.append(result)
        mutant, verdict, by, seconds = result
        if options.verbose:
            print(f"{verdict:8} {seconds:5.1f} s  {mutant}  [{by}]", flush=True)
        elif len(results) % 100 == 0:
            print(f"mutants: {len(results)} of {len(mutants)}", flush=True)
    return report(results, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
