"""Plant faults in the code that the chapters build, one at a time, and see the chapter turn red.

python tests/chapter_mutants.py                 all faults of all chapters, in a minute
python tests/chapter_mutants.py --chapter 4 5   those of these chapters and their companions
python tests/chapter_mutants.py --quick         a sample, one from each build cell
python tests/chapter_mutants.py --only PATTERN  those whose name matches the regular expression
python tests/chapter_mutants.py --argued        say also which survive and are argued, and why
python tests/chapter_mutants.py --list          say which faults there are, run nothing

mutants.py asks whether the tests of the library notice a fault. Here the page itself must show
it: the fault is planted in the function or method of one build cell, in the chapter or companion
that teaches it, and a later cell of this page must fail, or show something else than what is
stored. What nbval compares is compared here too, so pictures do not count. Code that a later
cell replaces counts: it was taught. A fault that no cell shows survives. It is either argued
in SURVIVORS below, with the reason why no cell needs to show it, or the exit code is 1.

What makes it fast: each page runs once, in a process of its own. Before it runs a build cell,
it forks one process for each fault there, which runs the cell with the fault and then the cells
that follow, until the first red one.
"""

import argparse
import ast
import contextlib
import dataclasses
import functools
import io
import itertools
import linecache
import multiprocessing
import os
import re
import signal
import sys
import time

from faults import faults_in, with_fault
from mutants import limit_memory, quieten, run_all
from notebooks import CHAPTERS, code_cells, is_build, pages, read, source

PATIENCE = 1  # seconds of computing for a cell that took none: an endless loop is red

# What nbval does not compare.
PICTURES = ("image/png", "image/jpeg")

# Why a survivor needs no cell that shows the difference.
CARRIED = "An earlier cell taught this line and showed what it does; here it is carried along."
COMPUTES = "The dtype of x counts, by the rule of chapter 6: a constant takes it."
DEFAULT = "A default: the function that the chapter builds on top of this one passes a value."
FAR_BELOW_1 = "The number is there against a division by 0. It is far below 1."
GPU = "It matters for the arrays of a GPU only."
HIGHER = "It matters where gradients are Variables themselves, which chapter 19 tells of."
NUMBERS = "NumPy takes True and False for 1 and 0. Stricter array modules do not."
OWNED = "In the chapter every node has an owner; in the library only a leaf has one."
ONE_OUTPUT = "There is one output: only how many indexes there are counts as yet."
STEP = "The step or the tolerance of a measurement: any will do within the bounds of chapter 1."
SAID_AGAIN = "The walk of chapter 18, in full, says it again before each backward."
SHORTCUT = "It saves time: the other way gives the same."
STANDS_IN = "It stands in until initialize."
TIES = "It breaks ties between equal ranks: any order among them is right."

# (chapter, function, change) -> why. It holds for each cell of the chapter, and of its companion,
# with this fault.
LATER = "It is for a parameter that comes after its name, which the companion shows."
MADE_BEFORE = "The companion of chapter 10 makes it too: it matters where nobody read that."
ONE_ASKED = "It matters where one input is a constant, which the companion shows."
MINUS_ONE = "NumPy takes any negative length as the one that is left open."
SURVIVORS: dict[tuple[int, str, str], str] = {
    (13, "blocks", "size <= BLOCK  ->  size < BLOCK"): "An array of just this size is one block.",
    (17, "slide", "errors.check_grid(operation, counts, image, pairs)  ->  pass"): (
        "The companion shows windows that do not fit."
    ),
    (17, "Convolution2DFunction.backward", "0  ->  1"): ONE_ASKED,
    (17, "Convolution2DFunction.backward", "1  ->  0"): ONE_ASKED,
    (17, "Convolution2DFunction.forward", "1  ->  2  (2)"): MINUS_ONE,
    (17, "Convolution2DFunction.forward", "1  ->  2  (3)"): MINUS_ONE,
    (17, "ConvolutionWeights.forward", "1  ->  2  (2)"): MINUS_ONE,
    (17, "ConvolutionWeights.forward", "1  ->  2  (3)"): MINUS_ONE,
    (17, "Deconvolution2DFunction.forward", "1  ->  2  (2)"): MINUS_ONE,
    (17, "Deconvolution2DFunction.forward", "1  ->  2  (3)"): MINUS_ONE,
    (17, "matrices", "1  ->  2  (2)"): (
        "NumPy takes any negative number for the length that it is to find out."
    ),
    (1, "slope", "0.001  ->  0.002"): STEP,
    (1, "slopes", "0.001  ->  0.002"): STEP,
    (1, "numerical_grad", "0.001  ->  0.002"): STEP,
    (1, "slopes", "np.zeros_like  ->  np.ones_like"): (
        "Each number of the array is replaced by a slope."
    ),
    (2, "format_array", "backend.to_cpu(array)  ->  array"): GPU,
    (2, "format_array", "0  ->  1"): "The width of the numbers in an array without any.",
    (2, "format_array", "1000  ->  1001"): (
        "How many numbers of a long array decide on its width: NumPy shows only its ends."
    ),
    (2, "format_array", "1000  ->  999"): (
        "How many numbers of a long array decide on its width: NumPy shows only its ends."
    ),
    (4, "Exp.forward", "0  ->  1"): ONE_OUTPUT,
    (5, "Variable.backward", "errors.check_backward(self)  ->  pass"): CARRIED,
    (5, "Function", "0  ->  1"): "The rank of a Function that was not applied yet.",
    (5, "Arrivals.__init__", "0  ->  1"): TIES,
    (5, "Arrivals.add", "self.count += 1  ->  self.count -= 1"): TIES,
    (5, "Arrivals.add", "1  ->  2"): TIES,
    (
        5,
        "add_up",
        "np.asarray(total) if isinstance(total, np.generic) else total  ->  np.asarray(total)",
    ): "asarray hands an array on as it is: the condition is there for the arrays of a GPU.",
    (5, "backward_steps", "False  ->  True"): DEFAULT,
    (
        5,
        "Variable.backward",
        "for _ in backward_steps(arrivals, retain_grad)  ->  "
        "for _ in list(backward_steps(arrivals, retain_grad))[1:]",
    ): "The loop does nothing with the steps: the list takes all of them as well.",
    (6, "Function._open", "1  ->  2"): (
        "Any number below 0 says that no input asks for a gradient."
    ),
    (6, "Function._open", "errors.used_twice(self)  ->  pass"): CARRIED,
    (9, "Absolute.backward", "bare(x)  ->  x"): HIGHER,
    (6, "less_1", "bare(b)  ->  b"): HIGHER,
    (6, "less_1", "bare(a)  ->  a"): HIGHER,
    (6, "less_1", "zero.astype(b.dtype)  ->  zero"): NUMBERS,
    (6, "log", "bare(a)  ->  a"): HIGHER,
    (6, "log", "bare(b)  ->  b"): HIGHER,
    (6, "log", "zero.astype(b.dtype)  ->  zero"): NUMBERS,
    (6, "Pow.backward", "1  ->  0"): HIGHER,
    (
        6,
        "Pow.backward",
        "return (b * a ** (b - 1) * gy, None)  ->  return (b * a ** (b - 1) * gy, None)",
    ): "None in place of None.",
    (7, "check", "0.0001  ->  0.0002"): STEP,
    (7, "Max.backward", "self.chosen.astype(gy.dtype)  ->  self.chosen"): NUMBERS,
    (8, "linear", "0  ->  1"): "Anything but 2 says: not a matrix.",
    (8, "MeanSquaredError.forward", "x0 - x1  ->  x1 - x0"): (
        "The difference is squared: its sign is lost."
    ),
    (9, "ReLU.forward", "0  ->  1"): ONE_OUTPUT,
    (9, "Tanh.forward", "0  ->  1"): ONE_OUTPUT,
    (9, "Sigmoid.forward", "0  ->  1"): ONE_OUTPUT,
    (9, "ReLU.backward", "(bare(y) > 0).astype(gy.dtype)  ->  bare(y) > 0"): NUMBERS,
    (9, "ReLU.backward", "bare(y)  ->  y"): HIGHER,
    (10, "Parameter.__init__", "0  ->  1"): STANDS_IN,
    (10, "Link", "True  ->  False"): LATER,
    (10, "Parameter.__init__", "np.float32  ->  np.float64"): STANDS_IN,
    (10, "Link._register", "errors.check_super_init(self)  ->  pass"): (
        "init_scope has said the same already."
    ),
    (11, "Link.__init__", "self._later = {}  ->  pass"): MADE_BEFORE,
    (12, "Link.__init__", "self._persistent = []  ->  pass"): MADE_BEFORE,
    (11, "Linear.forward", "W.data = get_array_module(x).asarray(W.data)  ->  pass"): GPU,
    (
        7,
        "Broadcasting.fit_shape",
        "SumTo(node.shape).compute(gx) if stretched else gx  ->  SumTo(node.shape).compute(gx)",
    ): SHORTCUT,
    (18, "Node.__reduce__", "0  ->  1"): (
        "It stands in until the copy is an input: then its place gets shape and dtype."
    ),
    (18, "Variable.unchain", "self.node.set_owner(self)  ->  pass"): OWNED,
    (
        18,
        "Variable.__getstate__",
        "state if isinstance(state, tuple) else (state, {})  ->  (state, {})",
    ): "No class of the book has slots without a dictionary.",
    (18, "<module>", "1  ->  2"): SHORTCUT,
    (18, "<module>", "1  ->  2  (2)"): SHORTCUT,
    (18, "<module>", "1  ->  0"): SHORTCUT,
    (18, "<module>", "1  ->  0  (2)"): SHORTCUT,
    (18, "<module>", "2  ->  1"): SHORTCUT,
    (18, "<module>", "0  ->  1"): SHORTCUT,
    (18, "<module>", "0  ->  1  (2)"): SHORTCUT,
    (18, "Function._open", "node.rank > rank  ->  node.rank >= rank"): (
        "The largest rank is the same whether or not an equal one replaces it."
    ),
    (18, "Function._open", "dtype if type(array) in NUMBERS else None  ->  None"): SHORTCUT,
    (
        18,
        "Function._open",
        "(arrays, kind, dtype) if alike else self._make_alike(arrays, kind)  ->  "
        "self._make_alike(arrays, kind)",
    ): SHORTCUT,
    (18, "Stack.forward", "0  ->  1"): "All arrays are of one module: any of them tells it.",
    (18, "Function", "False  ->  True"): "run_backward says which it is before each backward.",
    (18, "backward_steps", "False  ->  True"): DEFAULT,
    (18, "backward_steps", "False  ->  True  (2)"): "Only chapter 19 gives the switch a meaning.",
    (18, "backward_steps", "len(gys) > 1  ->  len(gys) >= 1"): SHORTCUT,
    (18, "backward_steps", "1  ->  2"): SHORTCUT,
    (18, "backward_steps", "1  ->  0"): SHORTCUT,
    (18, "own", "backend.bare(g)  ->  g"): HIGHER,
    (18, "own", "array.copy()  ->  array"): HIGHER,
    (
        18,
        "own",
        "Variable._at(g.node, array.copy()) if isinstance(g, Variable) else array.copy()  ->  "
        "array.copy()",
    ): HIGHER,
    (
        18,
        "Variable.backward",
        "for _ in backward_steps(arrivals, retain_grad)  ->  "
        "for _ in list(backward_steps(arrivals, retain_grad))[1:]",
    ): "The loop does nothing with the steps: the list takes all of them as well.",
    (19, "recorded_walk", "f.double_backprop = False  ->  pass"): SAID_AGAIN,
    (
        19,
        "grad",
        "Variable(np.ones_like(y.data), requires_grad=False)  ->  Variable(np.ones_like(y.data))",
    ): "Nobody has a name for this 1, so nobody can ask for its gradient.",
    (19, "grad", "False  ->  True  (2)"): (
        "Nobody has a name for this 1, so nobody can ask for its gradient."
    ),
    (19, "recorded_walk", "False  ->  True"): SAID_AGAIN,
    (19, "backward_steps", "False  ->  True"): DEFAULT,
    (19, "grad", "gy if enable_double_backprop else gy.data  ->  gy.data"): (
        "Where retained inputs are Variables, an array to start from is a constant as well."
    ),
    (19, "grad", "gy if enable_double_backprop else gy.data  ->  gy"): (
        "It saves time: with a constant Variable to start from, the numbers are the same."
    ),
    (19, "backward_steps", "False  ->  True  (2)"): DEFAULT,
    (19, "Variable.backward", "as_variable(gy)  ->  gy"): (
        "An array to start from gives the same: fit_gradient makes Variables of what comes of it."
    ),
    (12, "Chain.__setattr__", "errors.check_super_init(self)  ->  pass"): (
        "`_register` makes the same check."
    ),
    (12, "ChainList.__init__", "self._layers = []  ->  pass"): (
        "The ChainList of the cell before, on which this one is built, has made the list."
    ),
    (
        12,
        "Link.copy",
        "for (_, _, param) in params.values()  ->  for (_, _, param) in list(params.values())[1:]",
    ): "`copy_param` makes what is missing.",
    (12, "Link.copy", "new_array(param, mode, made)  ->  pass"): (
        "It matters if a Parameter of a subclass holds another Parameter as an attribute."
    ),
    (
        12,
        "Link._fill",
        "for (name, value) in self.__dict__.items()  ->  "
        "for (name, value) in list(self.__dict__.items())[1:]",
    ): "The first attribute is a list of names. `__copy__` has copied it already.",
    (12, "Link.add_persistent", "errors.check_super_init(self)  ->  pass"): (
        "The check of `init_scope`, which chapter 10 shows."
    ),
    (
        13,
        "Optimizer._state_of",
        "type(array) is not type(data)  ->  type(array) is type(data)",
    ): GPU,
    (13, "Optimizer._state_of", "backend.to_cpu(array)  ->  array"): GPU,
    (13, "Optimizer._state_of", "2  ->  3"): "Floats have 2 bytes or 4, and never 3.",
    (13, "Optimizer._state_of", "False  ->  True"): "New zeros are copied once more.",
    (13, "Optimizer._move", "2  ->  3"): "Floats have 2 bytes or 4, and never 3.",
    (
        16,
        "dropout",
        "np.random.random_sample(x.shape) >= ratio  ->  np.random.random_sample(x.shape) > ratio",
    ): "A random number is hardly ever equal to the ratio.",
    (16, "fixed_batch_normalization", "2e-05  ->  4e-05"): FAR_BELOW_1,
    (16, "batch_normalization", "2e-05  ->  4e-05"): FAR_BELOW_1,
    (16, "BatchNormalization.forward", "2e-05  ->  4e-05"): FAR_BELOW_1,
    (16, "BatchNormalization.forward", "self.avg_var + 2e-05  ->  self.avg_var - 2e-05"): (
        FAR_BELOW_1
    ),
    (16, "BatchNormalization.__init__", "np.float32  ->  np.float64"): COMPUTES,
    (16, "BatchNormalization.__init__", "np.float32  ->  np.float64  (2)"): COMPUTES,
    (
        18,
        "Function.gradients",
        "node.owner() if isinstance(node, Node) else node  ->  node.owner()",
    ): "It matters where the cell has run before: test_cells_again.py runs it twice.",
    (
        18,
        "Div.backward",
        "return (gy / self.number, None)  ->  return (gy / self.number, None)",
    ): "The None is another None.",
    (14, "Softmax.forward", "0  ->  1"): (
        "Until chapter 18 a Function has one output, and any index means it."
    ),
}


# ---- the faults ----


@dataclasses.dataclass
class Mutant:
    """One fault: in the code of a cell, the node at `path` becomes `node`."""

    page: int | str  # 4, or "4 in full"
    number: int  # of the cell, as the book counts them
    cell: str  # its id
    function: str
    change: str
    path: tuple
    node: ast.AST

    @property
    def chapter(self):
        return int(str(self.page).split()[0])

    @property
    def key(self):
        return self.chapter, self.function, self.change

    def __str__(self):
        where = f"chapter {self.page}, cell {self.number} ({self.cell})"
        return f"{where}: {self.function}: {self.change}"


@functools.cache  # somebody may edit a chapter while this runs
def cells_of(path):
    return code_cells(read(path))


def generate(folder=CHAPTERS):
    """Return all faults, in the order of the book."""
    mutants = []
    for page, path in pages(folder).items():
        for number, cell in enumerate(cells_of(path), start=1):
            if is_build(cell):
                tree = ast.parse(source(cell))
                faults = faults_in(tree)
                mutants += [Mutant(page, number, cell["id"], *fault) for fault in faults]
    return mutants


def sample(mutants):
    """Return one fault from each build cell."""
    wanted = [mutant for mutant in mutants if mutant.key not in SURVIVORS]
    groups = [list(group) for _, group in itertools.groupby(wanted, lambda m: (m.page, m.cell))]
    return [group[(len(group) - 1) // 2] for group in groups]


# ---- running the cells of a chapter ----


def compared(outputs):
    """Return {what: texts} of the outputs of a cell: all that nbval compares."""
    found = {}
    for output in outputs:
        if output["output_type"] == "stream":  # nbval joins the pieces of a stream
            before = found.get(output["name"], [""])[0]
            found[output["name"]] = [before + "".join(output["text"])]
            continue
        texts = {key: output[key] for key in ("ename", "evalue") if key in output}
        for key, text in {**texts, **output.get("data", {})}.items():
            if key not in PICTURES:
                found.setdefault(key, []).append("".join(text))
    return found


class Page:
    """The code cells of a chapter or companion, and the names that those which ran have made."""

    def __init__(self, page, path):
        # After mutants.py, which keeps NumPy to one thread; before a process is forked.
        import matplotlib.pyplot as plt
        from IPython.core.formatters import DisplayFormatter

        self.plt, self.formatter = plt, DisplayFormatter()
        self.page, self.folder = page, path.parent
        self.cells = cells_of(path)
        self.namespace = {"__name__": "__main__", "display": self.display}
        self.outputs = []  # of the cell that runs
        self.kept = []  # Jupyter keeps what a cell ended with

    def start(self):
        """Make this process one that the cells can run in."""
        os.chdir(self.folder)
        self.plt.switch_backend("Agg")
        self.plt.show = lambda: self.show_figures()  # a function: matplotlib sets attributes of it

    def display(self, *values):
        for value in values:
            data, _ = self.formatter.format(value)
            self.outputs.append({"output_type": "display_data", "data": data})

    def show_figures(self):
        """Show the figures without drawing them: nobody looks at the pictures."""
        for number in self.plt.get_fignums():
            data = {"text/plain": repr(self.plt.figure(number))}
            self.outputs.append({"output_type": "display_data", "data": data})
        self.plt.close("all")

    def run(self, number, mutant=None):
        """Run a cell as Jupyter would, with a fault if there is one; return if it is as stored."""
        cell = self.cells[number - 1]
        if source(cell).startswith(("%", "!")):  # for Jupyter, not for Python
            return True
        tree = ast.parse(source(cell))
        if mutant is not None:
            tree = with_fault(tree, mutant.path, mutant.node)
        self.outputs = []
        file, lines = (
            f"<cell {number} of {self.page}>",  # not as the walk names what earlier chapters built
            source(cell).splitlines(keepends=True),
        )
        linecache.cache[file] = (len(source(cell)), None, lines, file)  # debug mode shows lines
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                self.execute(tree, file)
            except Exception as error:
                sys.last_value = error
                error = {"ename": type(error).__name__, "evalue": str(error)}
                self.outputs.append({"output_type": "error", **error})
            self.show_figures()
        for name, stream in [("stdout", out), ("stderr", err)]:
            if stream.getvalue():
                text = stream.getvalue()
                self.outputs.append({"output_type": "stream", "name": name, "text": text})
        # A cell that should fail and did not has other outputs too.
        return compared(self.outputs) == compared(cell["outputs"])

    def execute(self, tree, file):
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), self.namespace)
        if last is None:
            return
        value = eval(compile(ast.Expression(last.value), file, "eval"), self.namespace)
        if value is not None:
            self.kept.append(value)
            self.display(value)

    # ---- with faults ----

    def measure(self, _, answer):
        """In a process of its own: send the seconds that each cell takes, or one that is red."""
        seconds = []
        for number in range(1, len(self.cells) + 1):
            start = time.process_time()
            if not self.run(number):
                shown, stored = compared(self.outputs), compared(self.cells[number - 1]["outputs"])
                text = f"without a fault, cell {number} shows {shown}, and {stored} is stored"
                answer.send(("red", text))
                return
            seconds.append(time.process_time() - start)
        answer.send(("green", seconds))

    def verdicts(self, mutants, jobs):
        """Run the page; yield (mutant, verdict, by what, seconds) for each of the faults."""
        self.start()
        ((_, verdict, self.seconds, _),) = run_all([None], 1, self.measure)
        if verdict != "green":
            yield None, "error", self.seconds, 0.0
            return
        last = max(mutant.number for mutant in mutants)
        for number in range(1, last + 1):
            yield from run_all([m for m in mutants if m.number == number], jobs, self.try_fault)
            self.run(number)

    def try_fault(self, mutant, answer):
        """In a process of its own: send the verdict over a fault."""
        quieten()
        limit_memory()
        for number in range(mutant.number, len(self.cells) + 1):
            # Time of computing: how busy the machine is plays no part. The signal ends it.
            limit = PATIENCE + 10 * self.seconds[number - 1]
            signal.setitimer(signal.ITIMER_PROF, limit)
            fault = mutant if number == mutant.number else None
            if not self.run(number, fault):
                answer.send(("killed", f"cell {number}"))
                return
        answer.send(("survived", ""))


def in_own_process(work):
    """Yield what the generator `work` yields, from a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def send():
        for item in work:
            sender.send(item)

    process = context.Process(target=send)
    process.start()
    sender.close()
    with contextlib.suppress(EOFError):
        while True:
            yield receiver.recv()
    process.join()
    if process.exitcode:
        yield None, "error", f"the end of the process, {process.exitcode}", 0.0


def run_pages(mutants, jobs, tell, folder=CHAPTERS):
    """Plant the faults; return a sentence for each page that could not be asked."""
    troubles = []
    for page, path in pages(folder).items():
        here = [mutant for mutant in mutants if mutant.page == page]
        for result in in_own_process(Page(page, path).verdicts(here, jobs)) if here else []:
            if result[0] is None:
                troubles.append(f"chapter {page}: {result[2]}")
            else:
                tell(result)
    return troubles


# ---- the command ----


def report(results, seconds, say_argued=False):
    """Print the counts and the survivors; return the exit code."""
    survivors = [mutant for mutant, verdict, *_ in results if verdict == "survived"]
    errors = [(mutant, by) for mutant, verdict, by, _ in results if verdict == "error"]
    killed = [mutant for mutant, verdict, *_ in results if verdict == "killed"]
    argued = [mutant for mutant in survivors if mutant.key in SURVIVORS]
    unargued = [mutant for mutant in survivors if mutant.key not in SURVIVORS]
    needless = ({mutant.key for mutant in killed} & set(SURVIVORS)) - {m.key for m in argued}
    for mutant in argued if say_argued else []:
        print(f"argued    {mutant}\n          {SURVIVORS[mutant.key]}")
    for key in sorted(needless):
        print(f"NEEDLESS  {key}: SURVIVORS argues it, but it turns the chapter red")
    for mutant in unargued:
        print(f"SURVIVED  {mutant}")
    for mutant, by in errors:
        print(f"ERROR     {mutant}: {by}")
    for page in dict.fromkeys(mutant.page for mutant, *_ in results):
        here = [verdict for mutant, verdict, *_ in results if mutant.page == page]
        count = {word: here.count(word) for word in ("killed", "survived", "error")}
        print(
            f"chapter mutants: chapter {page}: {len(here)} planted, {count['killed']} red, "
            f"{count['survived']} not"
        )
    cells = {(mutant.page, mutant.cell) for mutant, *_ in results}
    print(
        f"chapter mutants: {len(results)} planted in {len(cells)} cells, "
        f"{len(killed)} red, {len(argued)} argued, {len(unargued)} survived, "
        f"{len(errors)} errors, {seconds:.0f} s"
    )
    return 1 if unargued or errors else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chapter", metavar="N", type=int, nargs="+", help="these chapters")
    parser.add_argument("--quick", action="store_true", help="one fault from each build cell")
    parser.add_argument("--list", action="store_true", help="list the faults and end")
    parser.add_argument("--only", metavar="PATTERN", default="", help="a regular expression")
    parser.add_argument("--argued", action="store_true", help="say which are argued, and why")
    parser.add_argument("--jobs", type=int, default=0, help="how many at a time")
    parser.add_argument("--verbose", action="store_true", help="print each verdict")
    options = parser.parse_args(arguments)

    mutants = every = generate()
    if options.quick:
        mutants = sample(mutants)
    chapters = options.chapter or [mutant.chapter for mutant in every]
    mutants = [mutant for mutant in mutants if mutant.chapter in chapters]
    mutants = [mutant for mutant in mutants if re.search(options.only, str(mutant))]
    if not mutants:
        sys.exit("chapter mutants: no fault matches")
    if options.list:
        print("\n".join(map(str, mutants)))
        print(f"chapter mutants: {len(mutants)}")
        return 0
    for key in sorted(set(SURVIVORS) - {mutant.key for mutant in every}):
        print(f"chapter mutants: SURVIVORS argues a fault that does not exist any more: {key}")
    print(f"chapter mutants: {len(mutants)} of {len(every)} faults are planted", flush=True)
    if "fork" not in multiprocessing.get_all_start_methods():
        print("chapter mutants: SKIPPED, this system cannot fork (use Linux, macOS or WSL)")
        return 0

    start = time.monotonic()
    results = []

    def tell(result):
        results.append(result)
        if options.verbose:
            mutant, verdict, by, seconds = result
            print(f"{verdict:8} {seconds:5.1f} s  {mutant}  [{by}]", flush=True)

    jobs = options.jobs or min(2, os.cpu_count() or 1)
    troubles = run_pages(mutants, jobs, tell)
    code = report(results, time.monotonic() - start, options.argued)
    for trouble in troubles:
        print(f"ERROR     {trouble}")
    return 1 if troubles else code


if __name__ == "__main__":
    sys.exit(main())
