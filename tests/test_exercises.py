"""Exercises that teach: right answers pass, and every wrong one is told what is wrong with it.

Each proof is asked of each sheet; a new sheet brings its notebook and its module of checks, and
nothing has to be added here. The second half of the file tests the judge itself.
"""

import ast
import functools
import json
import re
import sys
import time
import warnings

import assignments
import exercises
import library_wheel
import nbformat
import new_sheet
import numpy as np
import pytest
import running
from notebooks import ROOT, chapter_paths, code_cells, read, sheet_paths, source

from tinylinks.checks import Score, check_answer, guard, runner, seed_for
from tinylinks.checks.compare import agree, difference
from tinylinks.checks.patience import TooSlow, limit
from tinylinks.checks.task import Task, Wrong

# The timer of a check may ring while the garbage collector calls back: it rings again after it.
RINGS_AGAIN = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = pytest.mark.filterwarnings(RINGS_AGAIN)

QUICK = (5, 11)  # their proof runs in `make test`, that of all others in `make test-all`
FEWEST_WRONG_ANSWERS = 8
NUMBERS = list(sheet_paths())
SHEETS = [
    pytest.param(number, marks=[] if number in QUICK else pytest.mark.slow) for number in NUMBERS
]
SEEDS = [0, *[pytest.param(seed, marks=pytest.mark.slow) for seed in exercises.SEEDS[1:]]]

every_sheet = pytest.mark.parametrize("number", NUMBERS)
each_sheet = pytest.mark.parametrize("number", SHEETS)


def tasks(number):
    return runner.load(number).tasks


def failed(results):
    return [result.check for result in results if not result.passed]


# The form of a sheet.


def test_each_notebook_has_its_checks_and_the_other_way_round():
    assert list(runner.numbers()) == NUMBERS
    for number, path in sheet_paths().items():
        assert path.stem == path.parent.name == chapter_paths()[number].stem
        assert runner.numbers()[number] == f"s{path.stem}"


@every_sheet
def test_a_sheet_is_a_page_below_its_chapter_which_leads_to_it(number):
    stem = sheet_paths()[number].stem
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    below = toc.split(f"- file: chapters/{stem}\n")[1].split("\n      - file:")[0]
    assert below.startswith("        sections:\n")
    assert f"          - file: chapters/exercises/{stem}/{stem}" in below
    last = "".join(source(cell) for cell in read(chapter_paths()[number])["cells"][-2:])
    assert f"<exercises/{stem}/{stem}>`" in last, "expected the end of the chapter to lead there"


@every_sheet
def test_a_sheet_has_tasks_with_hints_a_plan_a_solution_and_a_check(number):
    cells = read(sheet_paths()[number])["cells"]
    assert 3 <= len(tasks(number)) <= 5
    assert source(cells[0]).startswith(f"# Exercises for chapter {number}\n")
    triples = [cells[i : i + 3] for i in range(2, len(cells), 3)]
    assert len(triples) == len(tasks(number)), "expected a text, an answer and a check for each"
    for count, (name, (text, answer, checked)) in enumerate(
        zip(tasks(number), triples, strict=True), 1
    ):
        said = source(text)
        assert re.match(rf"## {count}\. \w", said)
        assert f"`{name}" in said, "expected the text to name what is written"
        titles = re.findall(r"^```\{dropdown\} (.+)$", said, re.MULTILINE)
        hints = len(titles) - 1
        assert hints >= 2
        assert titles == [*[f"Hint {i}" for i in range(1, hints + 1)], "The plan"]
        assert f"def {name}(" in source(answer) or f"class {name}" in source(answer)
        assert answer["metadata"]["tags"] == ["hide-input"]
        assert answer["metadata"]["mystnb"]["code_prompt_show"] == "Show the solution"
        assert answer["metadata"]["nbgrader"] == {
            "grade": False,
            "grade_id": name,
            "locked": False,
            "schema_version": 3,
            "solution": True,
            "task": False,
        }
        assert source(checked) == f"check_answer({number}, {name})"
        assert checked["metadata"]["nbgrader"] == {
            "grade": True,
            "grade_id": f"check-{name}",
            "locked": True,
            "points": len(tasks(number)[name].checks()),
            "schema_version": 3,
            "solution": False,
            "task": False,
        }


@every_sheet
def test_the_minutes_of_the_tasks_are_those_of_the_sheet(number):
    head, *texts = [source(c) for c in read(sheet_paths()[number])["cells"] if not is_code(c)]
    minutes = [re.findall(r"(\d+) minutes", text) for text in texts]
    assert [len(found) for found in minutes] == [1] * len(tasks(number))
    said = re.search(r"\*\*It takes\*\* (\d+) minutes, all in all\.", head)
    assert int(said[1]) == sum(int(found[0]) for found in minutes)


def is_code(cell):
    return cell["cell_type"] == "code"


@every_sheet
def test_a_sheet_begins_as_its_wrong_answers_do(number):
    """The checks run them after the same first cell, but for the import of `check_answer`."""
    first = code_cells(read(sheet_paths()[number]))[0]
    lines = [ast.unparse(node) for node in ast.parse(source(first)).body]
    lines.remove("from tinylinks.checks import check_answer")
    start = [ast.unparse(node) for node in ast.parse(runner.load(number).start).body]
    assert sorted(lines) == sorted(start)


@every_sheet
def test_each_part_of_a_solution_is_the_body_of_a_function(number):
    """So that what is left without it can be run, and says that it is not written yet."""
    for name, text in exercises.answers(number).items():
        assert list(exercises.parts(text)), f"expected a marked solution in {name}"
        for stub in (running.without_solution(text), exercises.stub(text, "pass")):
            assert "SOLUTION" not in stub
            ast.parse(stub)
        for _, indent, _, _ in exercises.parts(text):
            assert indent, f"expected the solution of {name} inside a function"


@every_sheet
def test_each_check_has_a_hint_and_each_mistake_reads_on(number):
    for task in tasks(number).values():
        assert all(re.search(r"[.?]$", hint) for hint in task.checks().values())
        for wrong in task.wrongs:
            assert wrong.check in task.checks()
            assert re.match(r"[a-zW`].*[^.]$", wrong.when), "goes on after 'comes out when'"


# Solutions, stubs, wrong answers, planted faults.


@each_sheet
@pytest.mark.parametrize("seed", [*exercises.SEEDS, seed_for("secret", "ada")])
def test_solutions_pass_every_check(number, seed):
    for name, text in exercises.answers(number).items():
        results = exercises.run(number, name, exercises.solution(text), seed)
        assert len(results) == len(tasks(number)[name].checks())
        assert [r for r in results if not r.passed] == []


@each_sheet
def test_solutions_pass_where_there_is_no_timer(number, monkeypatch):
    """And do so in time: as on Windows and in the browser, they are traced."""
    monkeypatch.setattr(runner, "limit", functools.partial(limit, use_signal=False))
    for name, text in exercises.answers(number).items():
        results = exercises.run(number, name, exercises.solution(text), seconds=4)
        assert [r for r in results if not r.passed] == []


@each_sheet
@pytest.mark.parametrize("kind", exercises.STUBS)
def test_stubs_fail_every_check(number, kind):
    for name, text in exercises.answers(number).items():
        results = exercises.run(number, name, exercises.stub(text, exercises.STUBS[kind]))
        assert [r.check for r in results if r.passed] == [], name
        if kind == "not written":
            assert {r.sentence for r in results} == {"this is not written yet."}


@each_sheet
@pytest.mark.parametrize("seed", SEEDS)
def test_each_wrong_answer_is_named_by_its_check(number, seed):
    for name, task in tasks(number).items():
        for wrong in task.wrongs:
            results = {r.check: r for r in exercises.run(number, name, wrong.code, seed)}
            assert not results[wrong.check].passed, wrong
            assert wrong.when in exercises.mistakes(results[wrong.check])
            assert not results[wrong.check].only_here
            assert results[wrong.check].sentence


@each_sheet
def test_what_no_answer_may_do_is_said(number):
    for name, sentence, code in exercises.slips(number):
        assert exercises.is_said(sentence, exercises.run(number, name, code)), (name, sentence)


@every_sheet
def test_what_a_task_is_to_be_done_without_is_there(number):
    names = runner.load(number).namespace()
    for task in tasks(number).values():
        for name in task.without:
            module, _, last = name.rpartition(".")
            assert last in (vars(names[module]) if module else names)


@pytest.mark.slow
def test_every_kind_of_slip_is_planted_somewhere():
    said = {sentence for number in NUMBERS for _, sentence, _ in exercises.slips(number)}
    assert set(exercises.SLIPS) <= said
    refused = {guard.REFUSED.format(name) for name in ("Variable", "Adam", "np.logaddexp")}
    assert refused <= said


@each_sheet
def test_there_are_enough_wrong_answers_and_all_differ(number):
    wrongs = [(name, wrong) for name, task in tasks(number).items() for wrong in task.wrongs]
    assert len(wrongs) >= FEWEST_WRONG_ANSWERS
    named = [(name, wrong.check, wrong.when) for name, wrong in wrongs]
    assert len(set(named)) == len(named)
    assert len({wrong.code for _, wrong in wrongs}) == len(wrongs)
    for name, wrong in wrongs:
        assert not is_stub(wrong.code), f"expected an attempt at {name}, got a stub"
    for name, task in tasks(number).items():
        assert {wrong.check for wrong in task.wrongs} == set(task.checks()), name


def is_stub(code):
    """Tell whether every function in the code does nothing but return None or an argument."""
    functions = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef)]
    return all(len(f.body) == 1 and is_nothing(f.body[0]) for f in functions)


def is_nothing(node):
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Name | ast.Constant)
    return isinstance(node, ast.Pass | ast.Raise)


def test_a_stub_is_told_from_an_attempt():
    assert is_stub("def f(x):\n    return x") and is_stub("def f(x):\n    pass")
    assert not is_stub("def f(x):\n    return 2 * x")


@each_sheet
def test_planted_faults_are_seen_or_argued(number):
    argued = json.loads(exercises.golden(number).read_text(encoding="utf-8"))["argued"]
    assert set(exercises.survivors(number)) == set(argued)
    assert all(len(reason.split()) > 3 for reason in argued.values())


@every_sheet
def test_no_check_and_no_wrong_answer_was_taken_away(number):
    """`python tests/exercises.py --record` notes a change: make it on purpose."""
    recorded = json.loads(exercises.golden(number).read_text(encoding="utf-8"))
    del recorded["argued"]
    assert exercises.there_is(number) == recorded


# What students get.


def student(number):
    """Return the name and the text of a student's notebook."""
    path = sheet_paths()[number]
    name = next(name for name, page in running.sources().items() if page == path)
    return name, running.edition(path)


@every_sheet
def test_a_student_notebook_is_called_exercises(number):
    stem = sheet_paths()[number].stem
    assert student(number)[0] == f"{stem[:2]}_exercises{stem[2:]}.ipynb"
    assert student(number) == student(number)


@every_sheet
def test_a_student_notebook_holds_no_solution_and_no_output(number):
    _, text = student(number)
    notebook = json.loads(text)
    nbformat.validate(nbformat.from_dict(notebook))
    assert "SOLUTION" not in text
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    everything = "\n".join(source(cell) for cell in notebook["cells"])
    lines = {line.strip() for line in everything.split("\n")}
    for answer in exercises.answers(number).values():
        for _, _, body, _ in exercises.parts(answer):
            assert body not in everything
            telling = {line.strip() for line in body.split("\n") if len(line.strip()) > 8}
            assert not telling & lines


@every_sheet
def test_a_student_notebook_says_where_to_write(number):
    cells = json.loads(student(number)[1])["cells"]
    assert "*Write your code here*" in source(cells[1])
    room = [cell for cell in cells if "# Write your code here.\n" in source(cell)]
    assert len(room) == len(tasks(number))


@each_sheet
def test_an_untouched_student_notebook_passes_nothing(number):
    cells = [c for c in json.loads(student(number)[1])["cells"] if is_code(c)]
    names = {"__name__": "answers"}
    for cell in cells:
        if cell["id"] == "get-ready":
            continue
        *before, last = ast.parse(source(cell)).body
        exec(compile(ast.Module(before, []), "cell", "exec"), names)
        if not cell["metadata"].get("nbgrader", {}).get("grade"):
            exec(compile(ast.Module([last], []), "cell", "exec"), names)
        else:
            score = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            assert (score, score.of) == (0, cell["metadata"]["nbgrader"]["points"])


def test_the_wheel_holds_no_sheet():
    assert any("checks/sheets" in path.as_posix() for path in library_wheel.files())
    assert not any("exercises" in path.parts for path in library_wheel.files())


@every_sheet
def test_an_assignment_has_solutions_points_and_hidden_tests(number, tmp_path):
    assignments.write(tmp_path, seed="secret")
    stem = sheet_paths()[number].stem
    notebook = read(tmp_path / "source" / stem / f"{stem}.ipynb")
    nbformat.validate(nbformat.from_dict(notebook))
    cells = {
        c["metadata"]["nbgrader"]["grade_id"]: c
        for c in code_cells(notebook)
        if "nbgrader" in c["metadata"]
    }
    answers = exercises.answers(number)
    assert {name: source(cells[name]) for name in answers} == answers
    for name in answers:
        visible, *hidden = source(cells[f"check-{name}"]).split("\n")
        assert visible == f"check_answer({number}, {name})"
        assert hidden[1] == f"check_answer({number}, {name}, seed='secret')"
        assert hidden[::2] == ["### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"]
    assert "get_config" in (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8")


def test_without_a_seed_nothing_is_hidden():
    assert "HIDDEN" not in assignments.assignment(assignments.sheets()[0])


# The judge: a sheet of its own, with one task.


class double(Task):
    """Return two times x."""

    def check_values(self, double):
        """What is two times x?"""
        for shape in [(), (3,), (2, 3)]:
            x = self.array(*shape)
            yield "y", double(x), 2 * x

    def check_dtype(self, double):
        """The result has the dtype of x."""
        for dtype in (np.float32, np.float64):
            x = self.array(2, 3, dtype=dtype)
            yield "y", double(x), 2 * x

    wrongs = [
        Wrong("values", "x is squared", "def double(x):\n    return x * x"),
        Wrong("values", "3 is added", "def double(x):\n    return x + 3"),
        Wrong("values", "None is added", "def double(x):\n    return x + None"),
        Wrong("dtype", "x becomes float64", "def double(x):\n    return x.astype(float) * 2"),
    ]


class One(runner.Sheet):
    def __init__(self):
        self.name, self.number, self.start = "99_double", 99, "import numpy as np"
        self.tasks = {"double": double}


@pytest.fixture
def judge(monkeypatch):
    """Return a function that checks the text of an answer to `double`."""
    sheet = One()
    monkeypatch.setattr(runner, "load", lambda number: sheet)
    runner.look_at.cache_clear()

    def run(text, **options):
        names = sheet.namespace(f"def double(x):\n    {text}")
        return runner.run(99, names["double"], **options)

    yield run
    runner.look_at.cache_clear()


def test_a_right_answer_passes_and_another_is_named(judge):
    assert failed(judge("return 2 * x")) == []
    assert judge("return x + x + 0.5")[0].mistake == ""
    values, dtype = judge("return x * x")
    assert values.mistake == "x is squared"
    assert values.hint == "What is two times x? (See chapter 99.)"
    assert dtype.sentence.startswith("y[0, 0] is ")
    assert judge("return (2 * x).astype(np.float64)")[1].mistake == "x becomes float64"


def test_an_error_is_named_if_it_says_the_same_and_not_if_it_only_has_the_same_type(judge):
    assert judge("y = x\n    return y + None")[0].mistake == "None is added"
    other = judge("return x * [None]")[0]
    assert other.sentence.startswith("your code raised TypeError")
    assert other.mistake == ""


@pytest.mark.parametrize(
    "text, likeness",
    [
        ("KeyError in line 2, `d[a]`: 'a'.", 2),
        ("KeyError in line 13, `d[b] + 1`: 'a'.", 1),
        ("KeyError in line 2, `d[a]`: 'b'.", 0),
        ("KeyError in line 2, `d[a]`: 'a', 3.", 0),
    ],
)
def test_errors_of_one_kind_are_alike_only_if_they_say_the_same(text, likeness):
    known = runner.Seen([1.0], "KeyError", "KeyError in line 2, `d[a]`: 'a'.")
    assert runner.likeness(runner.Seen([1.0], "KeyError", text), known) == likeness
    assert runner.likeness(runner.Seen([2.0], "KeyError", text), known) == 0


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("return None", "y is None, expected a number."),
        ("return [x]", "y is "),
        ("return np.ones((3, 2))", "y has shape (3, 2), expected ()."),
        ("return np.full(np.shape(x), np.nan)", "y is nan, expected "),
        ("raise NotImplementedError", "this is not written yet."),
        ("return x.nothing", "your code raised AttributeError in line 2, `return x.nothing`: "),
        ("x[...] = 0; return x", "your code changes an array that it was given."),
        ("x *= 2; return x", "your code changes an array that it was given."),
        ("exit()", "your code raised SystemExit in line 2, `exit()`: "),
        ("return 1 / 0", "your code raised ZeroDivisionError in line 2, `return 1 / 0`: "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(judge, text, sentence):
    result = judge(text)[0]
    assert result.sentence.startswith(sentence)
    assert "\n" not in result.sentence


def test_prints_warnings_and_random_numbers_are_free(judge, capsys):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = judge("print(1); np.random.rand(); np.log(-1.0); return 2 * x")
    assert failed(results) == [] and caught == []
    assert capsys.readouterr() == ("", "")
    assert (np.random.get_state()[1] == before).all()


LOOPS = [
    "while True: pass",
    "for i in iter(int, 1): pass",
    "x = [1]\n    for i in x: x.append(i)",
    "while True:\n        x = np.ones(3) + 1",
]
CATCHES_ALL = "while True:\n        try:\n            x.no\n        except:\n            pass"


@pytest.mark.parametrize("text", [*LOOPS, CATCHES_ALL])
def test_a_loop_without_end_is_named_in_time(judge, text):
    start = time.monotonic()
    results = judge(text, seconds=0.3)
    assert time.monotonic() - start < 2
    assert failed(results) == ["values", "dtype"]
    assert {r.sentence for r in results} == {
        "your code was stopped after 0.3 seconds: is there a loop without end?"
    }
    assert failed(judge("return 2 * x")) == []


def test_the_time_is_under_six_seconds():
    assert runner.SECONDS < 6


@pytest.mark.parametrize("text", LOOPS)
@pytest.mark.parametrize("inside", [False, True])
def test_without_a_timer_a_loop_is_found_by_tracing(text, inside):
    """As on Windows and in the browser."""
    names = {"np": np}
    text = f"def f():\n    {text}\nf()" if inside else text.replace("\n    ", "\n")
    with pytest.raises(TooSlow), limit(0.2, use_signal=False):
        exec(compile(text, "loop", "exec"), names)


def test_tracing_and_the_timer_leave_nothing_behind():
    for use_signal in (True, False):
        with limit(0.05, use_signal):
            pass
    time.sleep(0.1)


def test_another_seed_gives_other_numbers_and_the_same_seed_the_same(judge):
    said = [judge("return x + 1", seed=seed)[0].sentence for seed in (0, 0, 1, "a", "b")]
    assert said[0] == said[1]
    assert len(set(said)) == 4


def test_check_prints_a_line_for_each_and_counts(judge, capsys):
    names = One().namespace("def double(x):\n    return x * x")
    score = check_answer(99, names["double"])
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith("FAIL  values: y is ")
    assert lines[1] == "      This is what comes out when x is squared."
    assert [line[:4] for line in lines] == ["FAIL", "    ", "FAIL", ""]
    assert isinstance(score, float) and (score, score.of, repr(score)) == (0, 2, "0")
    assert score._repr_markdown_() == "**0 of 2**"


def test_a_hint_is_said_where_no_mistake_is_named(judge, capsys):
    check_answer(99, One().namespace("def double(x):\n    return x + 0.5")["double"])
    lines = capsys.readouterr().out.split("\n")
    assert lines[1] == "      Hint: What is two times x? (See chapter 99.)"
    assert [line[:4] for line in lines] == ["FAIL", "    ", "FAIL", "    ", ""]


def test_mistakes_that_give_the_same_are_all_named(judge):
    double.wrongs.append(Wrong("values", "x meets itself", "def double(x):\n    return x**2"))
    try:
        assert judge("return x * x")[0].mistake == "x is squared, or when x meets itself"
    finally:
        del double.wrongs[-1]


def test_a_mistake_that_does_more_than_the_answer_is_not_named(judge):
    """Both have the wrong dtype, but only the one that is known adds 3 to whole numbers."""
    assert judge("return x + 3 if x.dtype == float else x * 2")[0].mistake == ""
    assert judge("return x + 3")[0].mistake == "3 is added"


def test_a_mistake_among_others_is_named_where_it_is(judge, capsys):
    text = "return x.astype(float) * 2 if np.shape(x) == (2, 3) else x + 9"
    values, dtype = judge(text)
    assert (values.mistake, dtype.mistake) == ("", "x becomes float64")
    assert dtype.only_here
    check_answer(99, One().namespace(f"def double(x):\n    {text}")["double"])
    assert "      In this check, the same comes out when x becomes float64." in (
        capsys.readouterr().out.split("\n")
    )


def test_under_the_same_sentence_no_other_mistake_is_named(judge):
    double.wrongs.append(
        Wrong(
            "dtype",
            "a float32 meets None",
            "def double(x):\n    return 2 * x if x.dtype == float else x + None",
        )
    )
    try:
        assert [r.mistake for r in judge("return None + x")] == ["", ""]
        assert judge("return x + None")[1].mistake == "None is added"
    finally:
        del double.wrongs[-1]


def test_words_of_later_chapters_are_not_said():
    code = "def gradients_along(y, gy):\n    y.grad = gy\n    y.backward()\n    return [gy]"
    said = exercises.run(4, "gradients_along", code)[3].sentence
    assert "got one without a creator. There is nothing to walk. (See chapter 4.)" in said


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("global last\n    last = x\n    return 2 * x", guard.OUTSIDE.format("last")),
        ("seen.append(1)\n    return 2 * x", guard.OUTSIDE.format("seen")),
        ("table[0] = 9.0\n    return 2 * x", guard.OUTSIDE.format("table")),
    ],
)
def test_what_is_left_outside_is_seen(judge, text, sentence):
    names = One().namespace(f"seen, table = [], np.zeros(2)\ndef double(x):\n    {text}")
    assert runner.run(99, names["double"])[0].sentence == sentence


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("np.random.seed(0)\n    return 2 * x", guard.SEED),
        ("import sys\n    sys.setrecursionlimit(5000)\n    return 2 * x", guard.LIMIT),
    ],
)
def test_what_an_answer_sets_for_all_is_seen_and_undone(judge, text, sentence):
    limit_before, state = sys.getrecursionlimit(), np.random.get_state()[1].copy()
    assert [result.sentence for result in judge(text)] == [sentence] * 2
    assert sys.getrecursionlimit() == limit_before
    assert (np.random.get_state()[1] == state).all()
    np.random.seed(1)  # it is NumPy's again


def test_a_limit_that_was_raised_before_is_of_no_use():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        (wrong,) = [
            wrong
            for wrong in runner.load(3).tasks["count"].wrongs
            if wrong.when == "the function calls itself for each Function of the history"
        ]
        assert failed(exercises.run(3, "count", wrong.code)) == ["long"]
        assert sys.getrecursionlimit() == 100_000
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("y.name = 'y'", guard.RECORD.format("name")),
        ("y.creator.inputs[0].name = 'x'", guard.RECORD.format("name")),
        ("y.creator.inputs = ()", guard.RECORD.format("inputs")),
        ("y.creator.rank = 0", guard.RECORD.format("rank")),
        ("y.creator.seen = True", guard.RECORD.format("seen")),
    ],
)
def test_a_record_that_is_changed_is_seen(text, sentence):
    text = f"    if y.creator is not None:\n        {text}\n    return order\n"
    code = exercises.solution(exercises.answers(5)["visit_order"])
    code = code.replace("    return order\n", text)
    assert exercises.run(5, "visit_order", code)[0].sentence == sentence


def test_a_list_that_is_changed_is_seen():
    code = exercises.solution(exercises.answers(13)["momentum_places"])
    code = code.replace("    return", "    gradients.clear()\n    return")
    said = {result.sentence for result in exercises.run(13, "momentum_places", code)}
    assert guard.LIST in said


@pytest.mark.parametrize(("number", "name"), [(3, "formula"), (5, "visit_order")])
def test_the_variable_of_the_finished_library_is_no_obstacle(number, name):
    """Somebody imports it into a sheet, in the place of the chapters' own."""
    solution = exercises.solution(exercises.answers(number)[name])
    code = f"from tinylinks import Variable\n{solution}"
    results = {result.check: result for result in exercises.run(number, name, code)}
    assert results["leaf"].passed, results["leaf"].sentence


def test_what_the_guard_does_is_undone():
    for code in (exercises.answers(4)["Cube"], exercises.answers(9)["Softplus"]):
        number, name = (4, "Cube") if "Cube" in code else (9, "Softplus")
        names = runner.load(number).namespace(exercises.solution(code))
        before, logaddexp = dict(vars(names[name])), np.logaddexp
        runner.run(number, names[name])
        assert dict(vars(names[name])) == before
        assert np.logaddexp is logaddexp


def test_the_same_sentence_is_not_said_twice(judge, capsys):
    names = One().namespace("def double(x):\n    raise NotImplementedError")
    check_answer(99, names["double"])
    assert capsys.readouterr().out.split("\n")[:3] == [
        "FAIL  values: this is not written yet.",
        "      Hint: What is two times x? (See chapter 99.)",
        "FAIL  dtype: the same",
    ]


def test_a_score_is_a_number_that_nbgrader_reads():
    assert float(repr(Score(2.0, of=3))) == 2.0


@pytest.mark.parametrize(
    ("sheet", "answer", "got"),
    [
        (5, 3, "got 3. Pass the function or class itself"),
        (5, None, "got None. Pass"),
        (5, np.ones(2), r"got a float64 array of shape \(2,\). Pass"),
        ("5", len, "expected the number of a sheet, .*got '5'"),
        ([5], len, r"expected the number of a sheet, .*got \[5\]"),
        (None, len, "expected the number of a sheet, .*got None"),
    ],
)
def test_what_is_no_sheet_or_no_answer_is_named(sheet, answer, got):
    with pytest.raises(ValueError, match=got):
        check_answer(sheet, answer)


def test_an_unknown_sheet_or_task_is_named():
    with pytest.raises(ValueError, match="expected the number of a sheet, one of .*5, .*got 98"):
        check_answer(98, len)
    with pytest.raises(ValueError, match="an answer of sheet 5, one of .*Sub.*, got 'len'"):
        check_answer(5, len)


def test_a_notebook_whose_first_cell_was_not_run_is_told_so():
    names = {"__name__": "answers"}
    exec("class Sub:\n    def apply(self, a, b):\n        return a", names)
    results = runner.run(5, names["Sub"])
    assert (
        results[0].sentence == "`Variable` is not there: run the first code cell of the notebook."
    )


@pytest.mark.parametrize(
    "got, expected, sentence",
    [
        (np.ones(2, np.float64), np.ones(2, np.float32), "v has dtype float64, expected float32."),
        (np.ones(2), np.ones((1, 2)), "v has shape (2,), expected (1, 2)."),
        (np.array([1.0, 2.5]), np.array([1.0, 2.0]), "v[1] is 2.5, expected 2."),
        (np.inf, 1.0, "v is inf, expected 1."),
        (1, 2.5, "v is 1, expected 2.5."),
        ("a", 1.0, "v is 'a', expected a number."),
        (3, "three", "v is 3, expected 'three'."),
        ((1, 2), [1, 2], "v is (1, 2), expected [1, 2]."),
        (1, True, "v is 1, expected True."),
        (False, True, "v is False, expected True."),
        (object(), None, "v is a value of type object, expected None."),
    ],
)
def test_a_difference_is_told(got, expected, sentence):
    assert difference("v", got, expected) == sentence
    assert difference("v", expected, expected) == ""


def test_values_agree_or_not():
    a = np.array([1.0, np.nan])
    assert agree(np.int64(2), 2) and agree(2, np.int64(2)) and not agree(2, True)
    assert agree(a, a.copy()) and agree([a, "x"], [a, "x"]) and agree(None, None)
    assert not agree(a, a.astype(np.float32)) and not agree([a], [a, a])
    assert not agree(a, np.array([1.0, 2.0])) and not agree("a", None)


def test_slopes_are_those_of_the_weighted_output():
    task = Task({}, 0, "slopes")
    x, gy = task.array(2, 3), task.array(2, 3)
    assert difference("x.grad", task.slopes(np.square, x, gy), 2 * x * gy) == ""


def test_an_error_is_named():
    assert Task({}).raised(int, "a") == "ValueError"
    assert Task({}).raised(int, "1") == "no error"


@pytest.mark.parametrize("low, high", [(-2.0, 2.0), (0.5, 1.5), (0.1, 0.9)])
def test_the_numbers_of_a_task_are_telling(low, high):
    """At 0 and at 1 many wrong answers give the right number."""
    x = Task({}).array(1000, low=low, high=high)
    assert ((x >= low) & (x <= high)).all()
    assert (np.abs(x) > 0.09).all() and (np.abs(x - 1) > 0.09).all()


def test_a_new_sheet_begins_with_all_cells_that_it_needs():
    made = new_sheet.begin(runner.load(5))
    there = read(sheet_paths()[5])["cells"]
    assert [cell["id"] for cell in made] == [cell["id"] for cell in there]
    assert [cell["metadata"] for cell in made] == [cell["metadata"] for cell in there]
    assert made[1]["source"] == source(there[1])
    assert all("TODO" in cell["source"] for cell in made if not is_code(cell))
