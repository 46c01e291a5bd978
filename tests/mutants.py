"""Plant faults in the core, one at a time, and see that a test turns red.

python tests/mutants.py                 all faults, in some minutes
python tests/mutants.py --quick         a sample from each class and module, in two minutes
python tests/mutants.py --only PATTERN  those whose name matches the regular expression
python tests/mutants.py --argued        also those that SURVIVORS argues to change nothing
python tests/mutants.py --list          say which faults there are, run nothing

A fault ("mutant") is a change of one place in the syntax tree of one module; faults.py says
which there are. A fault that no test notices survives. It is either argued in SURVIVORS below,
with the reason why it changes nothing that anybody could see, or the exit code is 1.

What makes it fast: pytest collects the tests once. A first run without a fault measures
how long each test takes and which functions it calls. Then each fault gets a process of its
own, forked from the one that holds the collected tests: there the faulty code takes the place
of the right code, and only the tests that call the function run, until one fails.
"""

import argparse
import ast
import dataclasses
import functools
import gc
import importlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import re
import sys
import time
import types
from pathlib import Path

from faults import faults_in, place, with_fault

for library in ("OMP", "OPENBLAS", "MKL"):  # before NumPy is imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tinylinks"
TESTS = ROOT / "tests"

# The core: what the book builds. errors/ is left out, its sentences are compared word by word.
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
    "functions.noise",
    "functions.convolution",
    "functions.pooling",
    "functions.normalization",
    "derivatives",
    "link",
    "chain",
    "links.linear",
    "links.convolution",
    "links.normalization",
    "initializers",
    "optimizers",
    "optimizer_hooks",
    "datasets",
    "serializers",
    "config",
    "gradient_check",
    "debug",
    "steps",
]

# Tests that say nothing about the core, or take too long to be asked for each fault.
LEFT_OUT = {
    "test_blank",
    "test_book",
    "test_cells_again",
    "test_chapter_mutants",
    "test_companions",
    "test_contract",
    "test_drift",
    "test_exercises",
    "test_imports",
    "test_index",
    "test_language",
    "test_live",
    "test_live_cells",
    "test_mutants",
    "test_notebooks",
    "test_own_library",
    "test_package",
    "test_percents",
    "test_predictions",
    "test_reading",
    "test_refresh",
    "test_running",
    "test_same_pattern",
    "test_teaching",
    "test_walk",
}
# What --quick leaves out as well: words in the names of tests.
SLOW_WORDS = [
    "strict",
    "deep_chain",
    "does_not_grow",
    "no_more_memory",
    "only_what_a_function",
    "slopes_of",
    "values_are_those",
    "dtypes_are_kept",
]

PATIENCE = 8  # seconds for a test that took none: an endless loop is a fault that is noticed
SECONDS = 1200  # for all tests of one fault: after that there is no verdict, which is an error
MEGABYTES = 4000

# (module, function, change) -> why nobody could see a difference.
ANY_NEGATIVE = "NumPy takes any negative number for the length that it is to find out."
NO_ARRAY = "What has no axes is no array, and is refused right after."
LONGER = "The numbers are the same in the end; it only takes longer."
ONLY_SPEED = "How large a block is changes the speed, and nothing else."
ANY_LENGTH = "Any number of bytes that None has room in."
NO_SUCH_FLOAT = "Floats have 2 bytes or 4, and never 3."
ANY_SEED = "Any seed will do that NumPy's generator has drawn."

STANDS_IN = "It stands in until the Parameter gets its shape."
SURVIVORS: dict[tuple[str, str, str], str] = {
    (
        "variable",
        "Variable.__getstate__",
        "state if isinstance(state, tuple) else (state, {})  ->  state",
    ): "It is for the book: until chapter 18 its Variables have no slots.",
    ("variable", "Variable.__setstate__", "0  ->  1"): STANDS_IN,
    ("variable", "Variable.__setstate__", "np.float32  ->  np.float64"): STANDS_IN,
    (
        "functions.arithmetic",
        "Div.backward",
        "return (gy / self.number, None)  ->  return (gy / self.number, None)",
    ): "None in place of None.",
    (
        "link",
        "Link._fill",
        "for (name, value) in self.__dict__.items()  ->  "
        "for (name, value) in list(self.__dict__.items())[1:]",
    ): "The first attribute is a list of names, which __copy__ has copied.",
    (
        "link",
        "Link.copy",
        "for (_, _, param) in params.values()  ->  for (_, _, param) in list(params.values())[1:]",
    ): "copy_param enters the array of the first one.",
    ("link", "copy_param", "new_array(param, mode, made)  ->  pass"): (
        "Link.copy has entered the arrays of all parameters."
    ),
    ("initializers", "generate_array", "False  ->  True"): "A copy of a copy has the same numbers.",
    (
        "initializers",
        "share_dtype",
        "v if name in given else _typed(v, dtype)  ->  _typed(v, dtype)",
    ): "It has this dtype, so nothing is cast.",
    ("graph", "Arrivals.__init__", "0  ->  1"): (
        "The count only breaks ties between equal ranks: it may start anywhere."
    ),
    ("graph", "Arrivals.add", "self.count += 1  ->  self.count -= 1"): (
        "Functions of one rank cannot send each other gradients: any order among them is right."
    ),
    ("graph", "Arrivals.add", "1  ->  2"): "The count breaks ties: it only has to grow.",
    ("function", "<module>", "1  ->  2"): (
        "ALL_OF saves the copy of a list: without the entry, the list is copied."
    ),
    ("function", "<module>", "1  ->  0"): (
        "ALL_OF saves the copy of a list: without the entry, the list is copied."
    ),
    ("function", "Function", "0  ->  1"): "The rank of a Function that was not applied yet.",
    ("function", "Function._open", "1  ->  2"): (
        "Any number below 0 says that no input asks for a gradient."
    ),
    ("function", "Function._open", "dtype if type(array) in NUMBERS else None  ->  None"): (
        "Sends inputs with a number to _make_alike, which finds nothing to do: only slower."
    ),
    ("function", "Function._open", "node.rank > rank  ->  node.rank >= rank"): (
        "The largest rank is the same whether or not an equal one replaces it."
    ),
    (
        "function",
        "Function._open",
        "(arrays, kind, dtype) if alike else self._make_alike(arrays, kind)  ->  "
        "self._make_alike(arrays, kind)",
    ): "_make_alike finds nothing to do where all are alike: only slower.",
    (
        "functions.shapes",
        "Broadcasting.fit_shape",
        "SumTo(node.shape).compute(gx) if stretched else gx  ->  SumTo(node.shape).compute(gx)",
    ): "Summed to the shape that it has, a gradient stays as it is: only slower.",
    ("graph", "backward_steps", "len(gys) > 1  ->  len(gys) >= 1"): (
        "It only saves a call: all_gradients gives the same for a single gradient."
    ),
    ("graph", "backward_steps", "1  ->  0"): (
        "It only saves a call: all_gradients gives the same for a single gradient."
    ),
    ("graph", "backward_steps", "False  ->  True"): (
        "The default of retain_grad: backward and grad, its two callers, pass it."
    ),
    ("graph", "backward_steps", "False  ->  True  (2)"): (
        "The default of enable_double_backprop: backward and grad, its two callers, pass it."
    ),
    ("variable", "Parameter.__init__", "0  ->  1"): "A size that stands in until initialize.",
    ("variable", "Parameter.__init__", "np.float32  ->  np.float64"): (
        "A dtype that stands in until initialize."
    ),
    ("variable", "format_array", "0  ->  1"): "The width of the numbers in an array without any.",
    ("variable", "format_array", "1000  ->  1001"): (
        "How many numbers of a long array decide on its width: NumPy shows only its ends."
    ),
    ("variable", "format_array", "1000  ->  999"): (
        "How many numbers of a long array decide on its width: NumPy shows only its ends."
    ),
    ("functions.elementwise", "Clip.forward", "False  ->  True"): (
        "A copy more, of an array that nobody else holds."
    ),
    ("functions.elementwise", "keep", "x.dtype.itemsize > 8  ->  x.dtype.itemsize >= 8"): LONGER,
    ("functions.elementwise", "keep", "8  ->  7"): LONGER,
    ("functions.elementwise", "keep", "8  ->  9"): "No dtype of floats has 9 bytes.",
    ("functions.linear", "linear", "0  ->  1"): "Anything but 2 says: not a matrix.",
    (
        "functions.loss",
        "MeanSquaredError.forward",
        "wide(x0) - wide(x1)  ->  wide(x1) - wide(x0)",
    ): "The difference is squared: its sign is lost.",
    ("functions.loss", "SoftmaxCrossEntropy.leave_out", "1  ->  2"): ANY_NEGATIVE,
    ("functions.loss", "softmax_cross_entropy", "np.float32  ->  np.float64"): (
        "More digits than are needed, until the weights get the dtype of x."
    ),
    ("functions.loss", "softmax_cross_entropy", "np.float32  ->  np.float64  (2)"): LONGER,
    ("functions.loss", "softmax_cross_entropy", "False  ->  True  (2)"): LONGER,
    (
        "functions.loss",
        "softmax_cross_entropy",
        "weights.astype(np.result_type(x.dtype, np.float32), copy=False)  ->  weights",
    ): LONGER,
    ("functions.loss", "softmax_cross_entropy", "counted & known  ->  counted | known"): (
        "A label that is no class is an index that wraps round on a GPU; its weight is nan."
    ),
    ("functions.loss", "SoftmaxCrossEntropy.backward", "1  ->  2  (3)"): (
        "To reshape, any negative length says: whatever is left."
    ),
    ("functions.loss", "softmax_cross_entropy", "True  ->  False  (2)"): (
        "The default of cache_score: it only saves time."
    ),
    ("functions.loss", "softmax_cross_entropy", "False  ->  True"): (
        "The default of enable_double_backprop: it is there for Chainer's signature."
    ),
    ("functions.loss", "softmax_cross_entropy", "x.ndim > 2  ->  x.ndim >= 2"): (
        "A matrix is then transposed and reshaped to what it is."
    ),
    ("functions.loss", "softmax_cross_entropy", "2  ->  1"): (
        "A matrix is then transposed and reshaped to what it is."
    ),
    ("functions.loss", "softmax_cross_entropy", "0  ->  1  (4)"): (
        "Which class stands in for one that does not count is all the same: its weight is 0 or nan."
    ),
    ("functions.pooling", "AveragePooling2D.forward", "False  ->  True"): (
        "A copy more, of an array that nobody else holds."
    ),
    ("functions.loss", "softmax_cross_entropy", "1  ->  0  (8)"): (
        "A loss of one axis is then reshaped to the shape that it has."
    ),
    ("gradient_check", "numerical_grad", "np.zeros  ->  np.ones"): (
        "Each number of the array is replaced by a slope."
    ),
    ("gradient_check", "check_double_backward.gradients", "0  ->  1"): (
        "What stands for no gradient is measured and differentiated alike, and agrees."
    ),
    (
        "debug",
        "users_line",
        "for frame in reversed(traceback.extract_stack())  ->  "
        "for frame in list(reversed(traceback.extract_stack()))[1:]",
    ): "The innermost frame is that of users_line itself: never the line of a user.",
    (
        "function",
        "Function.fit_gradient",
        "gx if isinstance(gx, self.Variable) else self.Variable(array, requires_grad=False)  ->  "
        "gx",
    ): "Wherever the array goes from here, it is taken as a constant.",
    ("functions.shapes", "SumTo.explain", "errors.bad_sum_to(x.shape, self.shape)  ->  pass"): (
        "forward has already said so: it checks the shape itself."
    ),
    ("link", "Link.init_scope", "errors.check_super_init(self)  ->  pass"): (
        "The same is checked again further on, with the same sentence."
    ),
    ("link", "Link._register", "errors.check_super_init(self)  ->  pass"): (
        "The same is checked again further on, with the same sentence."
    ),
    ("chain", "Chain.__setattr__", "errors.check_super_init(self)  ->  pass"): (
        "The same is checked again further on, with the same sentence."
    ),
    (
        "config",
        "ConfigContext.__init__",
        "errors.check_config(name, value, CONFIG_NAMES)  ->  pass",
    ): "The same is checked again further on, with the same sentence.",
    ("optimizers", "<module>", "2 ** 18  ->  2 * 18"): ONLY_SPEED,
    ("optimizers", "<module>", "2 ** 18  ->  18 ** 2"): ONLY_SPEED,
    ("optimizers", "<module>", "2  ->  3"): ONLY_SPEED,
    ("optimizers", "<module>", "2  ->  1"): ONLY_SPEED,
    ("optimizers", "<module>", "18  ->  19"): ONLY_SPEED,
    ("optimizers", "<module>", "18  ->  17"): ONLY_SPEED,
    ("optimizers", "Optimizer._move", "2  ->  3"): NO_SUCH_FLOAT,
    ("optimizers", "Optimizer._state_of", "2  ->  3"): NO_SUCH_FLOAT,
    ("optimizers", "Optimizer._state_of", "False  ->  True"): "New zeros are copied once more.",
    ("optimizers", "blocks", "size <= BLOCK  ->  size < BLOCK"): (
        "An array of just this size is one block."
    ),
    ("functions.convolution", "matrices", "1  ->  2  (2)"): ANY_NEGATIVE,
    ("datasets", "get_digits", "1  ->  2  (4)"): ANY_NEGATIVE,
    (
        "functions.normalization",
        "batch_axes",
        "return (0, *range(getattr(gamma, 'ndim', 1) + 1, getattr(x, 'ndim', 0)))  ->  "
        "return (*range(getattr(gamma, 'ndim', 1) + 1, getattr(x, 'ndim', 0)), 0)",
    ): "The order of the axes to average over does not matter.",
    ("functions.normalization", "as_floats", "np.float32  ->  np.float64"): (
        "More digits than are needed do no harm, they only take more memory."
    ),
    ("functions.normalization", "as_floats", "False  ->  True"): (
        "A copy more, of an array that nobody changes."
    ),
    ("functions.normalization", "batch_axes", "1  ->  2"): NO_ARRAY,
    ("functions.normalization", "batch_axes", "0  ->  1  (2)"): NO_ARRAY,
    (
        "optimizer_hooks",
        "GradientClipping.__call__",
        "norm > self.threshold  ->  norm >= self.threshold",
    ): "Gradients that are just as long as allowed are multiplied by 1.",
    ("datasets", "_seed", "2 ** 31  ->  2 * 31"): ANY_SEED,
    ("datasets", "_seed", "2 ** 31  ->  31 ** 2"): ANY_SEED,
    ("datasets", "_seed", "31  ->  30"): ANY_SEED,
    ("datasets", "_seed", "31  ->  32"): ANY_SEED,
    ("serializers", "_write_npz", "True  ->  False"): (
        "Only an array of more than two gigabytes needs the longer form."
    ),
    ("serializers", "_replacing", "new.flush()  ->  pass"): (
        "The file is complete when it is closed; only a crash of the machine in between shows it."
    ),
    ("serializers", "_write_npy", "False  ->  True"): "The order of the axes, where there is none.",
    ("serializers", "_Entry._read_objects", "1000  ->  1001"): ANY_LENGTH,
    ("serializers", "_Entry._read_objects", "1000  ->  999"): ANY_LENGTH,
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


def file_of(module):
    file = PACKAGE / (module.replace(".", "/") + ".py")
    return file if file.exists() else file.with_suffix("") / "__init__.py"


@functools.cache  # somebody may edit a file while the tests run
def source_of(module):
    return file_of(module).read_text(encoding="utf-8")


def tree_of(module):
    return ast.parse(source_of(module))


def generate(modules=CORE):
    """Return all faults, in an order that is the same in each run."""
    return [Mutant(module, *fault) for module in modules for fault in faults_in(tree_of(module))]


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
    return with_fault(tree_of(mutant.module), mutant.path, mutant.node)


def first_line(function):
    """Return the line where the code of a function starts: that of its first decorator."""
    return min(node.lineno for node in [function, *function.decorator_list])


# ---- planting one ----


def codes_in(code):
    """Yield all code objects inside of another one."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from codes_in(constant)


def functions_of_the_package():
    """Return (file, first line) -> the functions that were made there."""
    found = {}
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType):
            code = function.__code__
            if code.co_filename.startswith(str(PACKAGE)):
                found.setdefault((code.co_filename, code.co_firstlineno), []).append(function)
    return found


def plant(mutant, functions):
    """Put the faulty code in the place of the right code; return False if it cannot be imported."""
    tree = mutated_tree(mutant)
    node, owner = place(mutant.path, tree)
    file = str(file_of(mutant.module))
    if isinstance(node, ast.FunctionDef):
        for function in functions[file, first_line(node)]:
            plant_function(function, node, tree, file)
        return True
    module = importlib.import_module(f"tinylinks.{mutant.module}")
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    try:
        value = eval(compile(ast.Expression(node.value), file, "eval"), vars(module))
    except Exception:
        return False
    setattr(getattr(module, owner) if owner else module, target.id, value)
    return True


def plant_function(function, node, tree, file):
    """Give `function` the code and the defaults of the faulty `node`."""
    if "__class__" in function.__code__.co_freevars:  # it must not lose the cell of super()
        node.body.append(ast.copy_location(ast.Expr(ast.Name("__class__", ast.Load())), node))
        ast.fix_missing_locations(node)
    whole = compile(tree, file, "exec", dont_inherit=True)
    line, name = first_line(node), node.name
    (code,) = (c for c in codes_in(whole) if (c.co_firstlineno, c.co_name) == (line, name))
    function.__code__ = code

    def value(default):
        return eval(compile(ast.Expression(default), file, "eval"), function.__globals__)

    arguments = node.args
    if arguments.defaults:
        function.__defaults__ = tuple(map(value, arguments.defaults))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            function.__kwdefaults__[argument.arg] = value(default)


# ---- running the tests ----


def quieten():
    """Send what the tests print to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def limit_memory():
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))


def test_files():
    """Return the files of the tests that are asked."""
    return [str(file) for file in sorted(TESTS.glob("test_*.py")) if file.stem not in LEFT_OUT]


@dataclasses.dataclass
class Measured:
    """What the run without a fault says about a test."""

    seconds: float
    places: set  # (file, first line) of the functions that it calls


def name_of(test):
    """Return the name of a test, without the folder."""
    file, _, name = test.nodeid.partition("::")
    return f"{Path(file).name}::{name}"


class Session:
    """A pytest plugin that runs the collected tests once for each fault instead of once.

    Parameters
    ----------
    mutants : list of Mutant
    jobs : int
        How many processes run at a time.
    tell : callable
        Gets (mutant, verdict, by what, seconds) as soon as a fault is decided.
    """

    def __init__(self, mutants, jobs, tell):
        self.mutants, self.jobs, self.tell = mutants, jobs, tell
        self.killers = {}  # (module, function) -> tests that noticed a fault there
        self.failed = ""
        self.trouble = "pytest did not collect the tests"

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.failed:
            self.failed = name_of(report)

    def pytest_collectreport(self, report):
        if report.failed:
            self.trouble = f"pytest could not import a file of tests: {report.longrepr}"

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            return True
        self.items = session.items
        gc.unfreeze()  # what conftest.py has put aside holds the functions
        self.functions = functions_of_the_package()
        gc.freeze()  # what is here now is not looked through again in each process
        self.trouble = self.run_all()
        return True

    def run_all(self):
        """Measure the tests, then plant the faults; return what went wrong, if anything did."""
        ((_, verdict, self.measured, seconds),) = run_all([None], 1, self.measure)
        if verdict != "measured":
            return f"the tests must pass without a fault, but: {self.measured}"
        print(
            f"mutants: without a fault {len(self.measured)} tests pass, in {seconds:.0f} s",
            flush=True,
        )
        for mutant, verdict, by, seconds in run_all([None, *self.mutants], self.jobs, self.run):
            if mutant is not None:
                if verdict == "killed":
                    self.killers.setdefault(mutant.key[:2], []).append(by)
                self.tell((mutant, verdict, by, seconds))
            elif verdict != "survived":
                return f"the tests must pass without a fault, but: {verdict} by {by}"
        return ""

    def call(self, item, following):
        """Run one test; return the name of it if it fails."""
        self.failed = ""
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return self.failed

    def measure(self, _, answer):
        """In a process of its own: send nodeid -> Measured to `answer`, or a test that fails."""
        quieten()
        measured = {}
        for item in self.items:
            codes = set()

            def note(frame, event, arg, add=codes.add):
                if event == "call":
                    add(frame.f_code)

            start = time.perf_counter()
            sys.setprofile(note)
            failed = self.call(item, None)
            sys.setprofile(None)
            seconds = time.perf_counter() - start
            places = {(code.co_filename, code.co_firstlineno) for code in codes}
            if failed:
                if self.call(item, None):
                    answer.send(("failed", failed))
                    return
                places = set(self.functions)  # passes unwatched: it may call any of them
            measured[item.nodeid] = Measured(seconds, places & self.functions.keys())
        answer.send(("measured", measured))

    def chosen(self, mutant):
        """Return the tests that could notice a fault, the most telling ones first."""
        if mutant is None:
            return self.items
        file = file_of(mutant.module)
        node, _ = place(mutant.path, tree_of(mutant.module))
        items = self.items
        # Any test may read a constant or, by inspect.signature, a default.
        if isinstance(node, ast.FunctionDef) and ("args", None) not in mutant.path:
            here = str(file), first_line(node)
            items = [item for item in items if here in self.measured[item.nodeid].places]
        killers = set(self.killers.get(mutant.key[:2], []))

        def order(item):
            seconds, name = self.measured[item.nodeid].seconds, name_of(item)
            return name not in killers, seconds > 0.1, f"test_{file.stem}.py" not in name, seconds

        return sorted(items, key=order)

    def run(self, mutant, answer):
        """In a process of its own: send the verdict over a fault, or the error of this tool."""
        try:
            answer.send(self.verdict(mutant))
        except Exception as error:
            answer.send(("error", repr(error)))

    def verdict(self, mutant):
        """Run the tests with a fault planted."""
        import signal

        quieten()
        limit_memory()
        items = self.chosen(mutant)
        if mutant is not None and not plant(mutant, self.functions):
            return "killed", "the import"
        for item, following in itertools.pairwise([*items, None]):
            limit = PATIENCE + 20 * self.measured[item.nodeid].seconds
            signal.setitimer(signal.ITIMER_REAL, limit)  # ends this process
            if failed := self.call(item, following):
                return "killed", failed
        return "survived", ""


class Job:
    """A fault under test, in a process of its own."""

    def __init__(self, mutant, work):
        context = multiprocessing.get_context("fork")
        self.mutant = mutant
        self.answer, sender = context.Pipe(duplex=False)
        self.process = context.Process(target=work, args=(mutant, sender), daemon=True)
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
                self.process.join()
                code = self.process.exitcode  # -n if signal n ended it: no time, no memory
                result = ("killed" if code < 0 else "error", f"the end of the process, {code}")
        elif self.seconds > SECONDS:
            result = ("error", f"no verdict after {SECONDS} s")
        else:
            return None
        self.process.kill()
        self.process.join()
        self.answer.close()
        return result


def run_all(mutants, jobs, work):
    """Yield (mutant, verdict, by what, seconds) for each fault as it is decided."""
    waiting = list(reversed(mutants))
    running = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Job(waiting.pop(), work))
            multiprocessing.connection.wait([job.answer for job in running], timeout=1)
            for job in list(running):
                result = job.verdict()
                if result is not None:
                    running.remove(job)
                    yield job.mutant, *result, job.seconds
    finally:
        for job in running:
            job.process.kill()


def run_tests(mutants, jobs, tell, files, words=()):
    """Collect the tests and run them for each fault; return what went wrong, if anything did."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than most tests
    sys.path.insert(0, str(ROOT))
    import pytest

    session = Session(mutants, jobs, tell)
    options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    options += ["-o", "addopts=--import-mode=importlib --strict-markers"]
    options += ["-s", "-p", "no:cacheprovider", "-p", "no:terminal"]
    options += ["-m", "not slow and not gpu and not browser"]
    options += ["-k", " and ".join(f"not {word}" for word in words)] if words else []
    pytest.main([*options, *files], plugins=[session])
    return session.trouble


# ---- the command ----


class Progress:
    """Collects the results, and prints how far it is."""

    def __init__(self, total, verbose):
        self.results, self.total, self.verbose = [], total, verbose

    def add(self, result):
        self.results.append(result)
        mutant, verdict, by, seconds = result
        if self.verbose:
            print(f"{verdict:8} {seconds:5.1f} s  {mutant}  [{by}]", flush=True)
        elif len(self.results) % 50 == 0:
            print(f"mutants: {len(self.results)} of {self.total}", flush=True)


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


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sample, in two minutes")
    parser.add_argument("--list", action="store_true", help="list the faults and end")
    parser.add_argument("--only", metavar="PATTERN", default="", help="a regular expression")
    parser.add_argument("--argued", action="store_true", help="plant those in SURVIVORS too")
    parser.add_argument("--jobs", type=int, default=0, help="how many at a time")
    parser.add_argument("--verbose", action="store_true", help="print each verdict")
    options = parser.parse_args(arguments)

    mutants = every = generate()
    unknown = set(SURVIVORS) - {mutant.key for mutant in mutants}
    for key in sorted(unknown):  # test_mutants.py fails for them
        print(f"mutants: SURVIVORS argues a fault that does not exist any more: {key}")
    if options.quick:
        mutants = sample(mutants)
    elif not options.argued:
        mutants = [mutant for mutant in mutants if mutant.key not in SURVIVORS]
    mutants = [mutant for mutant in mutants if re.search(options.only, str(mutant))]
    if not mutants:
        sys.exit("mutants: no fault matches")
    if options.list:
        print("\n".join(map(str, mutants)))
        print(f"mutants: {len(mutants)}")
        return 0
    print(
        f"mutants: there are {len(every)} faults, {len(SURVIVORS)} of them argued in SURVIVORS "
        f"to change nothing; {len(mutants)} are planted",
        flush=True,
    )
    if "fork" not in multiprocessing.get_all_start_methods():
        print("mutants: SKIPPED, this system cannot fork a process (use Linux, macOS or WSL)")
        return 0

    start = time.monotonic()
    progress = Progress(len(mutants), options.verbose)
    words = SLOW_WORDS if options.quick else ()
    jobs = options.jobs or min(2, os.cpu_count() or 1)
    trouble = run_tests(mutants, jobs, progress.add, test_files(), words)
    if trouble:
        sys.exit(f"mutants: {trouble}")
    return report(progress.results, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
