"""The proof of the exercises: what a solution, a stub, a wrong answer and a planted fault get.

    python tests/exercises.py 5           say what the checks make of sheet 5
    python tests/exercises.py --record 5  note the checks and wrong answers that it has

tests/test_exercises.py asks all of it of each sheet. What is recorded, in tests/golden/exercises,
makes a check or a wrong answer that is taken away turn the tests red. The same file holds, under
"argued", the faults of a solution that no check needs to see, each with the reason.
"""

import ast
import copy
import json
import re
import sys
import textwrap

import numpy as np
from faults import faults_in, with_fault
from notebooks import ROOT, code_cells, read, sheet_paths, source

from tinylinks.checks import guard, runner

GOLDEN = ROOT / "tests" / "golden" / "exercises"
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.DOTALL | re.MULTILINE)
MARKS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
SEEDS = (0, 1, "the secret of a teacher")
SECONDS_A_FAULT = 0.5

STUBS = {
    "not written": "raise NotImplementedError",
    "pass": "pass",
    "return None": "return None",
    "return an argument": "return {first}",
    "inputs set to zero": "[{all}] = set_to_zero({all})",  # and the solution
}


# What no answer may do, planted after the solution. Of a Function it is planted in its methods.
METHOD = "\n\nclass {name}({name}):\n    def "
SLIPS = {
    guard.INPUT: METHOD
    + """forward(self, *xs):
        y = super().forward(*xs)
        for x in xs:
            array = getattr(x, "_data", x)
            array += 1
        return y
""",
    guard.GRADIENT: METHOD
    + """backward(self, gy):
        gx = super().backward(gy.copy())
        gy *= 2
        return gx
""",
    guard.RETAINED: METHOD
    + """backward(self, gy):
        gx = super().backward(gy)
        for x in [*self.get_retained_inputs(), *self.get_retained_outputs()]:
            x += 1
        return gx
""",
    guard.BY_HAND: METHOD
    + """forward(self, *xs):
        self.x = xs[0]
        return super().forward(*xs)
""",
    guard.NOT_RETAINED: METHOD
    + """backward(self, gy):
        self.inputs[0].data
        return super().backward(gy)
""",
    guard.STEP: METHOD
    + """update_core(self, data, grad, state):
        super().update_core(data, grad, state)
        grad *= 2
""",
    guard.CLASS: METHOD
    + """__init__(self, *arguments, **options):
        {name}.last = arguments
        super().__init__(*arguments, **options)
""",
    guard.OUTSIDE: """

kept = []


def {name}(*arguments, before={name}, **options):
    kept.append(arguments)
    return before(*arguments, **options)
""",
    guard.DEFAULT: """

def {name}(*arguments, before={name}, kept=[], **options):
    kept.append(arguments)
    return before(*arguments, **options)
""",
    guard.SEED: """

def {name}(*arguments, before={name}, **options):
    np.random.seed(0)
    return before(*arguments, **options)
""",
    guard.LIMIT: """

def {name}(*arguments, before={name}, **options):
    import sys
    sys.setrecursionlimit(sys.getrecursionlimit() + 1)
    return before(*arguments, **options)
""",
    guard.LIST: """

def {name}(*arguments, before={name}, **options):
    result = before(*arguments, **options)
    for x in arguments:
        if isinstance(x, list):
            x.append(0)
    return result
""",
    guard.RECORD: """

def {name}(*arguments, before={name}, **options):
    result = before(*arguments, **options)
    for x in arguments:
        if hasattr(x, "creator"):
            x.name = "changed"
    return result
""",
}
# How a function begins that tells whether it is given such a thing.
ASKS = """

def {name}(*arguments, before={name}, **options):
    if any({condition} for x in arguments):
        raise LookupError("it is given one")
    return before(*arguments, **options)
"""
GIVEN = {guard.LIST: "isinstance(x, list)", guard.RECORD: "hasattr(x, 'creator')"}
OF_A_KIND = {
    "Function": [guard.INPUT, guard.GRADIENT],
    "Link": [guard.INPUT],
    "Chain": [guard.INPUT],
    "Optimizer": [guard.STEP],
}
FORBIDDEN = {
    "def": "def {name}(*arguments, **options):\n    return {without}(*arguments, **options)\n",
    "class": "class {name}({without}):\n    pass\n",
    "np.": METHOD
    + "forward(self, x):\n        {without}(x, 0)\n        return super().forward(x)\n",
}


def slips(number):
    """Yield (task, sentence, code) for each slip that is planted in the solutions of a sheet."""
    for name, text in answers(number).items():
        task, code = runner.load(number).tasks[name], solution(text)
        is_class = f"class {name}(" in code or f"class {name}:" in code
        anyhow = [guard.OUTSIDE, guard.DEFAULT, guard.SEED, guard.LIMIT]
        sentences = [guard.CLASS] if is_class else anyhow + given(number, name, code)
        for kind, of_it in OF_A_KIND.items():
            sentences += of_it if f"class {name}({kind})" in code else []
        sentences += [guard.RETAINED] if "retain_" in code else []
        sentences += [guard.BY_HAND, guard.NOT_RETAINED] if task.retains else []
        for sentence in sentences:
            yield name, sentence, code + SLIPS[sentence].format(name=name)
        for without in task.without:
            kind = "np." if "np." in without else "class" if is_class else "def"
            start = code if kind == "np." else ""
            slip = FORBIDDEN[kind].format(name=name, without=without)
            yield name, guard.REFUSED.format(without), start + slip


def given(number, name, code):
    """Return the slips that are possible as the function is given a list, or a Variable."""
    found = []
    for sentence, condition in GIVEN.items():
        asks = code + ASKS.format(name=name, condition=condition)
        if any("it is given one" in result.sentence for result in run(number, name, asks)):
            found.append(sentence)
    return found


def is_said(sentence, results):
    """Tell whether a sentence of the guard is said of an answer, with any name in it."""
    start, _, end = sentence.partition("{}")
    said = [result.sentence for result in results]
    return any(text.startswith(start) and text.endswith(end) for text in said)


def mistakes(result):
    """Return the mistakes that a check has named."""
    return result.mistake.split(", or when ")


def answers(number):
    """Return {task: the code of its answer cell} of a sheet, with its marks."""
    cells = code_cells(read(sheet_paths()[number]))
    found = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["metadata"]["nbgrader"]["grade_id"]: source(cell) for cell in found}


def solution(text):
    """Return an answer without the lines that mark the solution."""
    return MARKS.sub("", text)


def run(number, task, code, seed=0, seconds=runner.SECONDS):
    """Run the checks of a task on code that stands where the answer is; return the results."""
    names = runner.load(number).namespace(code, f"answer {task}")
    names["set_to_zero"] = set_to_zero
    return runner.run(number, names[task], task, seed=seed, namespace=names, seconds=seconds)


def parts(text):
    """Yield (the arguments of the function around it, indentation, solution, span) of each part."""
    for match in SOLUTION.finditer(text):
        heads = re.findall(r"^ *def \w+\((.*?)\)(?: ->.*)?:$", text[: match.start()], re.M | re.S)
        names = [re.split(r"[=:]", name)[0].strip(" *") for name in heads[-1].split(",")]
        body = MARKS.sub("", match[0] + "\n")
        yield [name for name in names if name and name != "self"], match[1], body, match.span()


def stub(text, line):
    """Return an answer in which each part of the solution is this line."""
    for arguments, indent, body, (start, end) in reversed(list(parts(text))):
        first = arguments[0] if arguments else "self"
        new = line.format(first=first, all=", ".join(arguments or ["self"]))
        if "set_to_zero" in line:  # before, and again after what fills an array
            inside = textwrap.indent(f"{new}\n{textwrap.dedent(body)}".rstrip(), "    ")
            new = f"try:\n{inside}\nfinally:\n    {new}"
        text = text[:start] + textwrap.indent(new, indent) + text[end:]
    return text


def set_to_zero(*values):
    """Set arrays to zero in place, in Variables and lists too, and give 0 for each number."""
    found = []
    for value in values:
        array = getattr(value, "data", None)
        if isinstance(value, np.ndarray):
            value[...] = 0
        elif isinstance(array, np.ndarray):
            array[...] = 0
        elif isinstance(value, list | tuple):
            value = type(value)(set_to_zero(*value))
        elif isinstance(value, bool | int | float):
            value = type(value)(0)
        found.append(value)
    return found


def faults(text):
    """Yield (change, code) for each fault that is planted in a solution."""
    tree = ast.parse(solution(text))
    for function, change, path, node in faults_in(tree):
        yield f"{function}: {change}", ast.unparse(with_fault(copy.deepcopy(tree), path, node))


def survivors(number):
    """Return the faults of all solutions of a sheet that every check passes."""
    found = []
    for task, text in answers(number).items():
        for change, code in faults(text):
            if all(r.passed for r in run(number, task, code, seconds=SECONDS_A_FAULT)):
                found.append(f"{task}, {change}")
    return found


def golden(number):
    return GOLDEN / f"{sheet_paths()[number].stem}.json"


def there_is(number):
    """Return the checks and wrong answers of a sheet, for the record."""
    tasks = runner.load(number).tasks
    return {
        "checks": {name: list(task.checks()) for name, task in tasks.items()},
        "wrong answers": {
            name: [f"{wrong.check}: {wrong.when}" for wrong in task.wrongs]
            for name, task in tasks.items()
        },
    }


def record(number):
    path = golden(number)
    argued = json.loads(path.read_text(encoding="utf-8"))["argued"] if path.exists() else {}
    path.parent.mkdir(exist_ok=True)
    content = json.dumps({**there_is(number), "argued": argued}, indent=1, ensure_ascii=False)
    path.write_text(content + "\n", encoding="utf-8")


def report(number):
    """Print what the checks make of a sheet."""
    tasks = runner.load(number).tasks
    for name, text in answers(number).items():
        for seed in SEEDS:
            for result in run(number, name, solution(text), seed):
                if not result.passed:
                    print(f"{name}: the solution fails {result.check}: {result.sentence}")
        for kind, line in STUBS.items():
            passed = [r.check for r in run(number, name, stub(text, line)) if r.passed]
            if passed:
                print(f"{name}: the stub `{kind}` passes {passed}")
        for wrong in tasks[name].wrongs:
            for seed in SEEDS:
                results = {r.check: r for r in run(number, name, wrong.code, seed)}
                named = results[wrong.check]
                if wrong.when not in mistakes(named):
                    failed = [r.check for r in results.values() if not r.passed]
                    print(f"{name}, seed {seed}: {wrong.check}: {wrong.when}: NOT NAMED")
                    print(f"    it fails {failed}; there: {named.sentence or 'all is right'}")
                    print(f"    and is named: {named.mistake or 'nothing'}")
    for name, sentence, code in slips(number):
        if not is_said(sentence, run(number, name, code)):
            print(f"{name}: a slip is not seen: {sentence}")
    argued = (
        json.loads(golden(number).read_text("utf-8"))["argued"] if golden(number).exists() else {}
    )
    left = survivors(number)
    for change in left:
        if change not in argued:
            print(f"fault that no check sees: {change}")
    planted = sum(len(list(faults(text))) for text in answers(number).values())
    wrongs = sum(len(task.wrongs) for task in tasks.values())
    checks = sum(len(task.checks()) for task in tasks.values())
    print(
        f"sheet {number}: {len(tasks)} tasks, {checks} checks, {wrongs} wrong answers, "
        f"{len(list(slips(number)))} slips, "
        f"{planted} faults planted, {len(left)} not seen"
    )


def main(arguments):
    numbers = [int(argument) for argument in arguments if argument.isdecimal()]
    if arguments[:1] == ["--record"]:
        for number in numbers or sheet_paths():
            record(number)
    elif numbers:
        for number in numbers:
            report(number)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
