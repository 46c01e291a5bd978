"""A library of one's own: exported from answers or from files, judged, trained on the digits."""

import json
import re
import statistics
import textwrap

import exercises
import numpy as np
import pytest
import running
from notebooks import ROOT, code_cells, sheet_paths

from tinylinks.checks import __main__ as program
from tinylinks.checks import chapters, judge, own, runner
from tinylinks.walk import after

# The timer of a check may ring while the garbage collector calls back: it rings again after it.
RINGS_AGAIN = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = pytest.mark.filterwarnings(RINGS_AGAIN)

GOLDEN = json.loads((ROOT / "tests" / "golden" / "accuracy.json").read_text(encoding="utf-8"))
NUMBERS = list(sheet_paths())
SHEETS = [pytest.param(n, marks=[] if n == 5 else pytest.mark.slow) for n in NUMBERS]
JOINED = [
    pytest.param(number, name, marks=[] if name == "Leaf" else pytest.mark.slow)
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
    return [sentence for well, sentence in found if well is False], [s for _, s in found]


@pytest.fixture(autouse=True)
def patiently(monkeypatch):
    """Other programs may slow a case down."""
    monkeypatch.setattr(chapters, "SECONDS", 60.0)


@pytest.fixture
def quickly(monkeypatch):
    """Leave the training out."""
    monkeypatch.setattr(judge, "_training", lambda names, to: iter([]))


# The reference


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    for number in NUMBERS:
        worked(folder / "answers", number)
    return exported(folder, folder / "answers")


@pytest.mark.slow
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


@pytest.mark.parametrize(("number", "name"), JOINED)
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


@pytest.mark.parametrize(("number", "name"), JOINED)
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
    found, all_of_it = verdict(library)
    assert "Yours: 1 of the 1 names that are asked for." in all_of_it
    assert any(s.startswith("A variable knows its shape and dtype: so it is from") for s in found)
    assert all_of_it[-2] == "From chapter 14 on, it will be trained on the digits."
    assert all_of_it[-1].startswith(
        "Chapters 3 to 17 are to come: chapter 3 builds `Function`, `Square`, "
    )
    assert "chapter 11 builds `LeCunNormal` and `Linear`; chapter 12 builds" in all_of_it[-1]


UP_TO_11 = """\
from types import SimpleNamespace

from tinylinks.walk import after

after(11, globals(), in_full=False)
"""


def own_engine(tmp_path, change="", adapters="from .engine import *\n"):
    """Export files of one's own that go as far as chapter 11, and what they change of it."""
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "engine.py").write_text(UP_TO_11 + textwrap.dedent(change), encoding="utf-8")
    (answers / "adapters.py").write_text(adapters, encoding="utf-8")
    return exported(tmp_path, answers)[0]


def count(to):
    return sum(isinstance(case.page, int) and 1 <= case.page <= to for case in chapters.cases())


@pytest.mark.parametrize("to", [None, 11])
def test_a_library_is_judged_as_far_as_it_goes(tmp_path, to):
    library = own_engine(tmp_path)
    found = list(judge.judge(library, to=to))
    assert [well for well, _ in found] == [None, True, None, None]
    assert found[1][1] == f"The contract, chapters 1 to 11: {count(11)} of {count(11)} cases hold."
    assert found[3][1].startswith("Chapters 12 to 17 are to come: chapter 12 builds `Chain` and ")


def test_what_is_there_and_not_asked_for_is_not_called_to_come(tmp_path):
    library = own_engine(tmp_path)
    assert [s for _, s in judge.judge(library, to=5)][
        -1
    ] == "Not judged this time: chapters 6 to 17."


def test_a_chapter_without_names_of_its_own_is_asked_if_it_is_begun(tmp_path):
    (tmp_path / "answers").mkdir()
    for chapter, change, sentence in [
        (5, "", "The contract, chapters 1 to 5:"),
        (7, "", "The contract, chapters 1 to 7:"),
        (7, "del Variable.sum, Variable.mean", "The contract, chapters 1 to 7:"),
    ]:
        names = {"__name__": "nothing", **after(chapter, {}, in_full=False)}
        assert judge.reached(names) == chapter, (change, sentence)


def test_all_missing_names_are_named_at_once_and_their_cases_do_not_run(tmp_path):
    library = own_engine(tmp_path, adapters="from .engine import Variable, Function, Linear, F\n")
    found, _ = verdict(library)
    assert found[0].startswith("The contract, chapters 2 to 11: ")
    missing = [s for s in found if s.startswith("There is no ")]
    assert len(missing) == len(found) - 1
    assert [s.split("builds")[0] for s in missing] == [
        "There is no `Square`, `exp` or `square`: chapter 3 ",
        "There is no `add`: chapter 5 ",
        "There is no `as_variable`: chapter 6 ",
        "There is no `linear`, `matmul` or `mean_squared_error`: chapter 8 ",
        "There is no `absolute`, `relu`, `sigmoid` or `tanh`: chapter 9 ",
        "There is no `Link` or `Parameter`: chapter 10 ",
        "There is no `LeCunNormal`: chapter 11 ",
    ]
    assert "`F.linear` is there: write linear = F.linear into adapters.py. Go back to" in missing[3]
    assert missing[1].endswith("chapter 5 builds it. `F.add` is there: write add = F.add into "
                               "adapters.py. Go back to chapter 5 and its sheet.")  # fmt: skip


def test_what_may_only_repeat_an_early_mistake_waits(tmp_path):
    wrong = "Add.backward = lambda self, gy: (gy, 2 * gy)"
    found, _ = verdict(own_engine(tmp_path, wrong))
    failed = [s for s in found if ": so it is from chapter" in s]
    assert len(failed) == judge.SHOWN
    assert all(": so it is from chapter 5 on." in s for s in failed)
    held = int(found[0].split(": ")[1].split(" of ")[0])
    assert found[-1] == f"{count(11) - held - judge.SHOWN} more cases wait until this is mended."
    assert "{" not in "".join(failed) and "\\" not in "".join(failed)


def test_wrong_words_hold_back_nothing(tmp_path):
    change = """
    Variable.item = lambda self: self.data.item() if self.size == 1 else None
    Sub.backward = lambda self, gy: (gy, gy)
    """
    found, _ = verdict(own_engine(tmp_path, change))
    first, second = found[1:3]
    assert first == (
        "Item of several elements is refused: so it is from chapter 2 on. Here "
        "lib.Variable(np.ones(2)).item() raised nothing, expected a ValueError. "
        "Go back to chapter 2 and its sheet."
    )
    assert second.startswith(
        "The four signs compute and know their slopes: so it is from chapter 6"
    )
    assert "[y.item(), *gradients(lib, sign, 4.0, 2.0)] is [2, 1, 1], expected [2, 1, -1]" in second
    assert ", where sign is lambda a, b: a - b. Go back to chapter 6 and its sheet." in second


def test_the_words_of_ones_own_errors_are_free(tmp_path):
    change = """
    def item(self):
        if self.size != 1:
            raise ValueError(f"there are {self.size}")
        return self.data.item()

    Variable.item = item
    Variable.__repr__ = lambda self: (
        f"<{self.name} {self.dtype}: {', '.join(str(self.data).split())}>"
    )
    """
    found, _ = verdict(own_engine(tmp_path, change))
    assert [s for s in found if "Item of several" in s] == []
    assert len(found) == 2  # of repr, only that there are four digits
    assert found[1].startswith("Repr shows four significant digits: so it is from chapter 2 on. ")
    assert "expected it to name 0.6667, 1.235e+06, -1.234e-05." in found[1]


def test_a_package_that_is_all_from_the_book_is_told_so(tmp_path, quickly):
    _, said = verdict(own_engine(tmp_path, adapters="from .book import *\n"))
    assert said[0] == "All of it is the book's code: nothing in this library is yours yet."


def test_the_adapters_of_the_page_for_teachers_work(tmp_path):
    page = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    (adapters,) = re.findall(r"^```python\n(from \.engine .+?)^```", page, re.M | re.S)
    library = own_engine(tmp_path, "Step, Tensor = Function, Variable", adapters)
    well, said = zip(*judge.judge(library, to=5), strict=True)
    assert False not in well
    assert said[0].endswith(" From the book: MiniBatches, split.")


def test_the_loss_of_the_book_refuses_a_variable_of_ones_own(tmp_path):
    """The page for teachers says so."""
    names = vars(judge.load(own_engine(tmp_path)))
    x, book = names["Variable"](np.zeros((1, 2))), after(14, {})
    with pytest.raises(TypeError, match="of its own library"):
        book["softmax_cross_entropy"](x, np.array([0]))


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
    (library / "engine.py").write_text("a = 1\nb = (2\n", encoding="utf-8")
    found, _ = verdict(library)
    assert found == [
        "The library cannot be imported. engine.py, line 2: SyntaxError: '(' was never closed"
    ]


def test_a_file_that_python_cannot_read_is_not_exported(tmp_path):
    (tmp_path / "adapters.py").write_text("from .engine import *\n", encoding="utf-8")
    (tmp_path / "engine.py").write_text("a = 1\nb = (2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"cannot read engine.py, line 2: '\(' was never closed"):
        list(own.export(tmp_path, "mylinks", tmp_path))
    assert not (tmp_path / "mylinks").exists()


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
    assert said.endswith("All is well.\n")
    (tmp_path / "mine" / "sheet99.py").write_text("", encoding="utf-8")
    assert program.main(["export", "answers", "--name", "mine", "--force"]) == 0
    assert not (tmp_path / "mine" / "sheet99.py").exists()
    assert program.main(["judge", "mine", "--to", "1"]) == 1
    assert "FAIL  judge: expected a chapter from 2 to 17, got 1." in capsys.readouterr().out
    assert program.main(["judge", "nowhere"]) == 1
    assert "FAIL  judge: expected the folder of a package" in capsys.readouterr().out


def test_force_leaves_what_was_not_exported(tmp_path):
    answers = worked(tmp_path / "answers", 5)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "book.py").write_text("of my own", encoding="utf-8")
    with pytest.raises(ValueError, match="to be an earlier export, got other files, which stay"):
        list(own.export(answers, "mine", tmp_path, force=True))
    library, _ = exported(tmp_path, answers)
    with pytest.raises(ValueError, match="to be an earlier export, got other files, which stay"):
        (library / "adapters.py").write_text("from .book import *", encoding="utf-8")
        list(own.export(library, "mylinks", tmp_path, force=True))


def test_each_join_runs_with_the_answer_of_its_task():
    for number, name in joined():
        join = runner.load(number).tasks[name].join
        assert name in join and "book." in join
        assert name in exercises.answers(number)
