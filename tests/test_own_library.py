"""A library of one's own: exported from answers or from files, judged, trained on the digits."""

import json
import statistics

import exercises
import pytest
import running
from notebooks import ROOT, code_cells, sheet_paths

from tinylinks.checks import __main__ as program
from tinylinks.checks import judge, own, runner

# The timer of a check may ring while the garbage collector calls back: it rings again after it.
RINGS_AGAIN = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = pytest.mark.filterwarnings(RINGS_AGAIN)

GOLDEN = json.loads((ROOT / "tests" / "golden" / "accuracy.json").read_text(encoding="utf-8"))
NUMBERS = list(sheet_paths())
QUICK = (5,)
SHEETS = [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in NUMBERS]
WRONGS = [
    pytest.param(number, name, marks=[] if number in QUICK else pytest.mark.slow)
    for number in NUMBERS
    for name, task in runner.load(number).tasks.items()
    if task.join
]


def worked(folder, number, only=(), **instead):
    """Write a student's notebook of a sheet, with the reference answers, or others instead.

    With `only`, no other task is answered.
    """
    path = sheet_paths()[number]
    notebook = json.loads(running.edition(path))
    reference = {n: exercises.solution(text) for n, text in exercises.answers(number).items()}
    for cell in code_cells(notebook):
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in (only or reference):
            cell["source"] = {**reference, **instead}[name]
    folder.mkdir(exist_ok=True)
    (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def joined():
    found = [(n, name) for n in NUMBERS for name, t in runner.load(n).tasks.items() if t.join]
    assert {(5, "Sub"), (5, "Leaf"), (11, "Affine")} <= set(found)
    return found


def exported(tmp_path, answers):
    said = list(own.export(answers, "mylinks", tmp_path))
    return tmp_path / "mylinks", said


def verdict(library):
    found = list(judge.judge(library))
    return [sentence for well, sentence in found if not well], [s for _, s in found]


@pytest.fixture
def quickly(monkeypatch):
    """Leave the training out."""
    monkeypatch.setattr(judge, "_training", lambda names: iter([]))


# The reference


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    for number in NUMBERS:
        worked(folder / "answers", number)
    return exported(folder, folder / "answers")


def test_reference_answers_make_a_library_that_holds_and_reads(reference):
    library, said = reference
    wrong, all_of_it = verdict(library)
    assert wrong == []
    checks = sum(len(t.checks()) for n in NUMBERS for t in runner.load(n).tasks.values())
    answers = [s for s in all_of_it if s.startswith("Your answers to sheet")]
    assert len(answers) == len(NUMBERS)
    assert sum(int(s.split(": ")[1].split(" of ")[0]) for s in answers) == checks
    assert all_of_it[-1].startswith("It reads 9")
    assert sum("in the place of the book's code" in s for s in said) == len(joined())
    assert sum(": yours" in s for s in said) == sum(len(exercises.answers(n)) for n in NUMBERS)


@pytest.mark.parametrize(("number", "name"), joined())
def test_the_answers_really_are_what_computes(number, name, tmp_path, quickly):
    """An answer that raises is felt in the library."""
    felt = exercises.stub(exercises.answers(number)[name], "raise RuntimeError('felt')")
    library, _ = exported(tmp_path, worked(tmp_path / "answers", number, **{name: felt}))
    found, _ = verdict(library)
    cases = [s for s in found if ": so it is from chapter" in s]
    assert any("felt" in s and s.endswith(f"sheet {number}, task {name}.") for s in cases)


def test_the_least_and_the_most_are_those_recorded():
    splits = GOLDEN["recipes"]["mlp"]["splits"]
    assert judge.RECORDED == (min(splits), max(splits))


@pytest.mark.slow
def test_reference_answers_reach_the_accuracy_of_chapter_15(reference):
    names = vars(judge.load(reference[0]))
    reached = [judge.accuracy(names, seed) for seed in range(5)]
    least, most = judge.RECORDED
    assert least <= statistics.mean(reached) <= most
    assert abs(statistics.mean(reached) - GOLDEN["recipes"]["mlp"]["mean"]) < 0.005


# Wrong answers


@pytest.mark.parametrize("number", SHEETS)
def test_each_wrong_answer_leads_back_to_its_sheet(number, tmp_path):
    for name, task in runner.load(number).tasks.items():
        for place, wrong in enumerate(task.wrongs):
            folder = tmp_path / f"{name}{place}"
            folder.mkdir()
            answers = worked(folder / "answers", number, only=[name], **{name: wrong.code})
            library, said = exported(folder, answers)
            if f"sheet {number}, {name}: not exported" in "".join(said):
                continue
            found = [sentence for well, sentence in judge._answers(library, 0) if not well]
            back = [s for s in found if f"Go back to sheet {number}, task {name}." in s]
            assert any(wrong.when in sentence for sentence in back), (name, wrong.when)


@pytest.mark.parametrize(("number", "name"), WRONGS)
def test_a_wrong_answer_leads_back_from_the_contract_to_its_sheet_alone(
    number, name, tmp_path, quickly
):
    for place, wrong in enumerate(runner.load(number).tasks[name].wrongs):
        folder = tmp_path / str(place)
        folder.mkdir()
        answers = worked(folder / "answers", number, only=[name], **{name: wrong.code})
        found, _ = verdict(exported(folder, answers)[0])
        back = [s for s in found if f"Go back to sheet {number}, task {name}." in s]
        assert back
        assert [s for s in found if "Go back to" in s and s not in back] == []


@pytest.mark.parametrize(
    ("number", "name", "code", "words"),
    [
        (5, "Sub", "class Sub(Function):\n    def forward(self, a, b):\n        return b - a\n"
         "\n    def backward(self, gy):\n        return -gy, gy\n", "The four signs compute"),
        (5, "Leaf", "class Leaf:\n    def receive(self, g):\n        self.grad = g.copy()\n",
         "A second backward adds the same gradient once more"),
        (11, "Affine", "class Affine(Link):\n    def forward(self, x):\n"
         "        return linear(x, self.W) * 2\n", ""),
    ],
)  # fmt: skip
def test_the_contract_finds_the_answer_that_a_case_fails_for(
    number, name, code, words, tmp_path, quickly
):
    library, _ = exported(tmp_path, worked(tmp_path / "answers", number, **{name: code}))
    found, _ = verdict(library)
    cases = [s for s in found if ": so it is from chapter" in s]
    assert cases
    assert all(s.endswith(f"Go back to sheet {number}, task {name}.") for s in cases)
    assert any(s.startswith(words) for s in cases)


# What cannot be exported is said


def test_what_cannot_be_exported_is_said(tmp_path):
    answers = worked(
        tmp_path / "answers",
        5,
        Sub="class Sub(Function:\n    pass",
        Leaf="class Leaf:\n    def receive(self, g):\n        raise NotImplementedError",
        visit_order="def visit(y):\n    return []",
        slopes_after_walks="slopes_after_walks = undefined",
    )
    library, said = exported(tmp_path, answers)
    said = "\n".join(said)
    assert "sheet 5, Sub: not exported, for Python cannot read line 1: " in said
    assert "sheet 5, Leaf: not exported, for it is not written yet; the code of the book" in said
    assert "visit_order: not exported, for its cell does not define `visit_order`; it is" in said
    assert "slopes_after_walks: not exported, for its cell raises NameError: name 'und" in said
    assert "sheet 11: no answers found, so the code of the book takes their places." in said
    assert sorted(path.name for path in library.iterdir()) == [
        *["__init__.py", "adapters.py", "book.py"]
    ]


def test_an_untouched_notebook_gives_nothing_of_its_own(tmp_path):
    (tmp_path / "answers").mkdir()
    for number, path in sheet_paths().items():
        text = running.edition(path)
        (tmp_path / "answers" / f"{number}.ipynb").write_text(text, encoding="utf-8")
    library, said = exported(tmp_path, tmp_path / "answers")
    tasks = sum(len(runner.load(number).tasks) for number in NUMBERS)
    assert sum("not exported, for it is not written yet" in s for s in said) == tasks
    assert not list(library.glob("sheet*"))


def all_pass(number):
    checks = sum(len(task.checks()) for task in runner.load(number).tasks.values())
    return f"Your answers to sheet {number}: {checks} of {checks} checks pass."


def test_functions_that_a_student_wrote_beside_come_along(tmp_path):
    answers = worked(
        tmp_path / "answers",
        5,
        slopes_after_walks="def slopes_after_walks(x):\n    return twice(x)",
    )
    path = next(answers.glob("*.ipynb"))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    helper = "def twice(x):\n    return 4 * x, 8 * x"
    cell = {"cell_type": "code", "metadata": {}, "source": helper, "outputs": []}
    notebook["cells"].insert(4, {**cell, "execution_count": None, "id": "mine"})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    library, said = exported(tmp_path, answers)
    assert any(s.startswith("sheet 5, slopes_after_walks: yours") for s in said)
    sentences = [sentence for _, sentence in judge._answers(library, 0)]
    assert sentences == [all_pass(5)]


def test_what_is_no_name_or_taken_or_empty_is_refused(tmp_path):
    answers = worked(tmp_path / "answers", 5)
    (tmp_path / "taken").mkdir()
    (tmp_path / "empty").mkdir()
    for folder, name, words in [
        (answers, "my links", "expected a name that Python can import"),
        (answers, "taken", "is there already"),
        (tmp_path / "empty", "new", "got neither"),
    ]:
        with pytest.raises(ValueError, match=words):
            list(own.export(folder, name, tmp_path))
    (answers / "broken.ipynb").write_text("no", encoding="utf-8")
    with pytest.raises(ValueError, match="expected broken.ipynb to be a notebook"):
        list(own.export(answers, "new", tmp_path))


# Files of one's own

ENGINE = '''\
"""A small engine: closures, in the manner of micrograd, with names of its own."""

import numpy as np


class Tensor:
    def __init__(self, values, parents=(), name=None):
        self.values, self.parents, self.name = values, parents, name
        self.slope = None

    data = property(lambda self: self.values)
    grad = property(lambda self: self.slope)
    shape = property(lambda self: self.values.shape)


class Weights:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(0, (1 / n_in) ** 0.5, (n_out, n_in)).astype(np.float32)
        self.b = np.zeros(n_out, np.float32)
'''


def own_files(tmp_path, adapters):
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "engine.py").write_text(ENGINE, encoding="utf-8")
    (answers / "adapters.py").write_text(adapters, encoding="utf-8")
    return exported(tmp_path, answers)


def test_files_of_ones_own_are_joined_by_adapters_and_what_is_missing_is_named(tmp_path):
    library, said = own_files(tmp_path, "from .engine import Tensor as Variable\n")
    assert said[0] == "Yours, joined by adapters.py: adapters.py, engine.py."
    found, _ = verdict(library)
    assert "There is no `square`: chapter 3 builds it. Go back to " + judge.sheet_of(3) in str(
        found
    )
    assert "There is no `Linear`: chapter 11 builds it. Go back to sheet 11." in found
    assert any(s.startswith("A variable knows its shape and dtype: so it is from") for s in found)
    assert found[-1].startswith("It cannot learn the digits yet: there is no Sequential and no ")


ADAPTERS = """\
from .book import *
from . import book
from .engine import Weights


class Linear(book.Linear):
    def __init__(self, in_size, out_size=None, *options, **more):
        super().__init__(in_size, out_size, *options, **more)
        if out_size is not None and in_size is not None and not options and not more:
            mine = Weights(in_size, out_size)
            self.W.data, self.b.data = mine.W, mine.b
"""


def test_files_of_ones_own_learn_the_digits(tmp_path):
    library, _ = own_files(tmp_path, ADAPTERS)
    names = vars(judge.load(library))
    assert names["Linear"].__module__.endswith("adapters")
    well, sentence = next(judge._training(names))
    assert well, sentence


def test_a_library_that_cannot_be_imported_is_told_where(tmp_path):
    library, _ = own_files(tmp_path, "from .engine import Nothing\n")
    found, _ = verdict(library)
    assert len(found) == 1
    assert found[0].startswith("The library cannot be imported. adapters.py, line 1: ImportError: ")


def test_a_name_that_the_package_needs_is_refused(tmp_path):
    (tmp_path / "book.py").write_text("", encoding="utf-8")
    (tmp_path / "adapters.py").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="book.py is a name that the package needs"):
        list(own.export(tmp_path, "mylinks", tmp_path))


# Training, and the commands


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("relu = lambda x: x * 0.0", "So something in it learns less than it should."),
        ("del Adam", "It cannot learn the digits yet: there is no Adam."),
        ("relu = lambda x: x.nothing", "The training on the digits ended with AttributeError: "),
    ],
)
def test_what_goes_wrong_in_training_is_said(reference, change, words):
    names = dict(vars(judge.load(reference[0])))
    exec(change, names)
    ((well, sentence),) = judge._training(names)
    assert not well
    assert words in sentence


def test_the_commands(tmp_path, monkeypatch, capsys, quickly):
    worked(tmp_path / "answers", 5)
    monkeypatch.chdir(tmp_path)
    assert program.main(["export", "answers", "--name", "mine"]) == 0
    assert "python -m tinylinks.checks judge mine" in capsys.readouterr().out
    assert program.main(["export", "answers", "--name", "mine"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert program.main(["judge", "mine"]) == 0
    said = capsys.readouterr().out
    assert f"ok    {all_pass(5)}" in said
    assert said.endswith("All is well: the library is yours.\n")
    assert program.main(["judge", "nowhere"]) == 1
    assert "FAIL  judge: expected the folder of a package" in capsys.readouterr().out


def test_each_join_runs_with_the_answer_of_its_task():
    for number, name in joined():
        join = runner.load(number).tasks[name].join
        assert name in join and "book." in join
        assert name in exercises.answers(number)
