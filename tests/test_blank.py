"""Blank twins: filled with the chapter's code they pass, and empty they name what is missing."""

import ast
import contextlib
import gc
import io
import json
import re
import warnings

import blank
import matplotlib
import matplotlib.pyplot as plt
import nbformat
import pytest
import running
from notebooks import chapter_paths, code_cells, is_build, read, source, tags

from tinylinks.checks import chapters, check_chapter, pieces
from tinylinks.checks.patience import TooSlow, limit
from tinylinks.walk import after

# The timer of a check may ring while the garbage collector calls back: it rings again after it.
RINGS_AGAIN = "ignore::pytest.PytestUnraisableExceptionWarning"
pytestmark = pytest.mark.filterwarnings(RINGS_AGAIN)

QUICK = (5, 8, 11)
SECONDS = 300  # a cell of chapter 17 trains
NUMBERS = list(chapter_paths())
each_chapter = pytest.mark.parametrize("number", NUMBERS)
each_chapter_run = pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in NUMBERS]
)


def twin(number):
    gc.collect()  # a long chain of an earlier chapter that is freed in `ast.parse` disturbs it
    path = chapter_paths()[number]
    return json.loads(blank.twin(running.edition(path), read(path)))


def code(number):
    """Return {id: code} of the build cells of a chapter."""
    return {c["id"]: source(c) for c in code_cells(read(chapter_paths()[number])) if is_build(c)}


# What is in them


def test_there_is_one_for_each_main_chapter():
    names = [f"blank/{path.name}" for path in chapter_paths().values()]
    assert list(running.blanks()) == names
    assert set(names) < set(running.editions())


@each_chapter
def test_each_piece_has_its_line_and_no_line_is_left_over(number):
    wanted = [str(piece) for cell in code(number).values() for piece in pieces.pieces_in(cell)]
    said = blank.lines().get(number, {})
    assert {name: wanted.count(name) for name in wanted} == {n: len(said[n]) for n in said}
    for line in [line for row in said.values() for line in row]:
        assert re.match(r"[A-Z].*[.?]$", line), line


@each_chapter
def test_signatures_stay_and_bodies_are_gone(number):
    nbformat.validate(nbformat.from_dict(twin(number)))
    there = {cell["id"]: source(cell) for cell in code_cells(twin(number))}
    for id, full in code(number).items():
        left, before = ast.parse(there[id]), ast.parse(full)
        assert signatures(left) == signatures(before)
        for piece in pieces.pieces_in(full):
            rows = full.split("\n")[piece.node.body[0].lineno - 1 : piece.node.end_lineno]
            body = "\n".join(rows)
            assert body not in there[id]
            assert not {x.strip() for x in body.split("\n") if len(x.strip()) > 30} & {
                x.strip() for x in there[id].split("\n")
            }
        for function in functions(left):
            assert pieces.is_nothing(function), function.name


def functions(tree):
    """Return functions and methods, but not what is inside them."""
    bodies = [tree.body, *[node.body for node in tree.body if isinstance(node, ast.ClassDef)]]
    return [node for body in bodies for node in body if isinstance(node, ast.FunctionDef)]


def signatures(tree):
    """Return all that is no body of a function, as text."""
    for function in functions(tree):
        function.body = [ast.Pass()]
    return ast.unparse(tree)


@each_chapter
def test_each_goal_is_what_the_page_shows(number):
    cells = twin(number)["cells"]
    stored = {cell["id"]: cell for cell in code_cells(read(chapter_paths()[number]))}
    goals = {cell["id"].removesuffix("-goal"): source(cell) for cell in cells if is_goal(cell)}
    built = [i for i, cell in enumerate(cells) if is_build(cell)]
    shows = [c["id"] for c in cells[built[0] :] if stored.get(c["id"], {}).get("outputs")]
    assert list(goals) == [id[:59] for id in shows]
    for id in shows:
        for output in stored[id]["outputs"]:
            for line in blank.text_of(output, stored[id]).strip("\n").split("\n"):
                assert line in goals[id[:59]]


def is_goal(cell):
    return cell["id"].endswith("-goal")


@each_chapter
def test_a_goal_that_answers_a_question_is_folded(number):
    asks, folded = 0, 0
    for cell in twin(number)["cells"]:
        asks = "**Predict**" in source(cell) if is_text(cell) and not is_goal(cell) else asks
        if is_goal(cell):
            folded += asks
            assert source(cell).startswith("<details>") == asks
    assert folded > 0


def is_text(cell):
    return cell["cell_type"] == "markdown"


@each_chapter
def test_the_check_is_the_last_cell_or_comes_before_names_are_replaced(number):
    cells = code_cells(twin(number))
    place = [cell["id"] for cell in cells].index("check-chapter")
    assert source(cells[place]).split("\n")[-1] == f"check_chapter({number}, globals())"
    built = {piece.owner or piece.name for n in NUMBERS[:number] for piece in pieces.pieces(n)}
    built |= {"F"} if number > 5 else set()
    last = max(i for i, cell in enumerate(cells) if is_build(cell))
    replaced = [
        i for i, cell in enumerate(cells) if i > last and blank.imported(source(cell)) & built
    ]
    assert last < place
    assert place < min(replaced) if replaced else place == len(cells) - 1


def test_a_chapter_that_imports_the_library_under_its_own_names_is_checked_before():
    cells = [
        {"cell_type": "code", "source": "class Variable: ...", "metadata": {"tags": ["build"]}},
        {"cell_type": "markdown", "source": "## Finished", "metadata": {}},
        {"cell_type": "markdown", "source": "It is the same.", "metadata": {}},
        {"cell_type": "code", "source": "from tinylinks import Variable", "metadata": {}},
    ]
    cells = [{**cell, "id": str(i)} for i, cell in enumerate(cells)]
    assert blank.place_of_check(cells, 5) == 1
    assert blank.place_of_check(cells[:3], 5) == 3


# What the last cell says


def run(number, cells, forgiving):
    """Run the code cells of a twin in one namespace; return what the check printed, and found."""
    matplotlib.use("Agg")
    names, score = {"__name__": "twin"}, None
    for cell in cells:
        if cell["id"] == "get-ready":
            continue
        said = io.StringIO()
        try:
            with warnings.catch_warnings(), limit(SECONDS), contextlib.redirect_stdout(said):
                warnings.simplefilter("ignore")
                if cell["id"] == "check-chapter":
                    score = check_chapter(number, names)
                else:
                    exec(compile(source(cell), f"<{cell['id']}>", "exec"), names)
        except (Exception, TooSlow):
            if not forgiving and "raises-exception" not in tags(cell):
                raise
        finally:
            plt.close("all")
        if cell["id"] == "check-chapter":
            return said.getvalue(), score
    return None


@each_chapter_run
def test_filled_with_the_code_of_the_chapter_it_passes(number):
    cells = code_cells(twin(number))
    for cell in cells:
        cell["source"] = code(number).get(cell["id"], cell["source"])
    said, score = run(number, cells, forgiving=False)
    assert "FAIL" not in said and "to do" not in said
    assert score == score.of >= len(blank.lines()[number]) + said.count("pass  ")
    assert said.count("pass  ") > 0


@each_chapter_run
def test_empty_it_names_each_piece(number):
    said, score = run(number, code_cells(twin(number)), forgiving=True)
    first = " ".join(said.split("FAIL")[0].split()).removeprefix("to do ")
    assert set(first.split(", ")) == {name.replace(", the setter", "") for name in todo(number)}
    assert score < score.of
    assert said.count("FAIL") == 1, "one sentence, as long as pieces are missing"


def todo(number):
    return {part for name in blank.lines()[number] for part in name.split(", ")}


def test_an_empty_piece_among_many_is_named():
    names = after(5, {}, in_full=False)
    exec("class Variable(Variable):\n    def cleargrad(self):\n        ...", names)
    assert pieces.missing(5, names) == ["Variable.cleargrad"]


@pytest.mark.parametrize(
    ("number", "right", "wrong", "words"),
    [
        (5, "return gy, gy", "return gy, -gy", "A function may have two inputs"),
        (5, "max([x.rank for x in inputs])", "inputs[0].rank", "wherever it stands"),
        (11, "math.sqrt(1 / fan_in)", "1 / fan_in", "variance 1 over n"),
        (1, "/ (2 * h)", "/ h", "both sides"),
    ],
)
def test_a_wrong_piece_is_told_in_a_sentence(number, right, wrong, words, capsys):
    names = after(number - 1, {}) if number > 1 else {}
    text = "\n\n".join(code(number).values())
    assert text.count(right) >= 1
    exec(compile(text.replace(right, wrong), "<twin>", "exec"), names)
    score = check_chapter(number, names)
    said = " ".join(capsys.readouterr().out.split())
    assert "to do" not in said
    assert re.search(rf"FAIL [^:]*{words}[^:]*: so it is from chapter {number} on\. Here ", said)
    assert score < score.of


def test_a_loop_without_end_is_named(monkeypatch, capsys):
    monkeypatch.setattr(chapters, "SECONDS", 0.1)
    names = after(15, {}, in_full=False)
    exec("def split(arrays, share, seed):\n    while True:\n        pass", names)
    assert check_chapter(15, names).of == 6
    assert "a loop without end" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_chapter_is_refused():
    with pytest.raises(ValueError, match="check_chapter: expected the number of a chapter, 1 to"):
        check_chapter(99, {})


def test_a_piece_without_a_line_stops_the_generator():
    with pytest.raises(ValueError, match="expected a line for f in blank.toml, got none"):
        blank.emptied("def f(x):\n    return x", {})


def test_decorators_and_comments_stay_where_they_are():
    text = (
        "import a\n\n\nclass B:\n    n = 1  # one\n\n    @property\n    def f(self):\n"
        "        # because\n        return 2\n\n    def g(self): \n        @a\n        def h():\n"
        "            pass\n        return errors.no(h)\n\n\nB.k = 3"
    )
    assert blank.emptied(text, {"B.f": ["Do this."], "B.g": ["Do that."]}) == (
        "import a\n\n\nclass B:\n    n = 1  # one\n\n    @property\n    def f(self):\n"
        "        # Do this.\n        ...\n\n    def g(self): \n        # Do that.\n"
        "        # What is refused, and how: errors.no(h)\n        ...\n\n\nB.k = 3"
    )
