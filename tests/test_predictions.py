"""A prediction is worth making if a wrong idea leads to a wrong answer: each wrong answer that a
page names is what a wrong engine really gives.

tests/wrong_answers/NN.toml holds them, for chapter NN. `engine` is code that makes the engine of
the page wrong. It runs just before the cell that the prediction asks about, or before another one.
Then the cell shows what `says` says, and the folded answer on the page names it.
"""

import re
import tomllib

import pytest
from chapter_mutants import Page, in_own_process
from notebooks import ROOT, chapter_paths, code, code_cells, markdown, read, source, stdout, write

FOLDER = ROOT / "tests" / "wrong_answers"
FOLD = re.compile(r"^(`{3,}|:{3,})\{answer\}\n(.*?)^\1", re.DOTALL | re.MULTILINE)
FEWEST = 2


def wrong_answers(number):
    path = FOLDER / f"{number:02}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["wrong"] if path.exists() else []


def predictions(notebook):
    """Return {id of a predicted cell: the text of its folded answer}."""
    found, asked, cell_asked = {}, False, None
    for cell in notebook["cells"]:
        text = source(cell)
        if cell["cell_type"] == "code":
            cell_asked, asked = (cell["id"] if asked else None), False
            continue
        if cell_asked:
            fold = FOLD.search(text)
            found[cell_asked] = fold[2] if fold else ""
            cell_asked = None
        asked = bool(re.search(r"^[`:]{3,}\{admonition\} Predict", text, re.MULTILINE))
    return found


def words(text):
    """Return a text without marks of Markdown, and with single spaces."""
    return " ".join(re.sub(r"[`*$]", "", text).split())


def says(text, answer):
    """Tell whether a text has an answer in it: 1.0 is not in 11.0, nor in 1.05."""
    return re.search(rf"(?<![\w.]){re.escape(words(answer))}(?!\w|\.\d)", words(text)) is not None


def shown(outputs):
    parts = []
    for output in outputs:
        text = (
            output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain")
        )
        parts.append("".join(text or ""))
    return "\n".join(parts)


def results(number, path, wrongs):
    """Run a page; yield (what a wrong engine shows in the predicted cell) for each, in order."""
    page = Page(number, path)
    page.start()
    ids = [cell["id"] for cell in page.cells]
    places = [(ids.index(w.get("before", w["cell"])), ids.index(w["cell"])) for w in wrongs]
    found = {}
    for k in range(max([start for start, _ in places], default=-1) + 1):
        for i, (start, predicted) in enumerate(places):
            if start == k:
                attempt = with_engine(page, wrongs[i]["engine"], start, predicted)
                found[i] = next(in_own_process(attempt), "the process ended early")
        page.run(k + 1)
    yield [found[i] for i in range(len(wrongs))]


def with_engine(page, engine, start, predicted):
    """Make the engine wrong; run the cells from there to the predicted one; yield what it shows."""
    exec(compile(engine, "<wrong engine>", "exec"), page.namespace)
    for k in range(start, predicted + 1):
        page.run(k + 1)
    yield shown(page.outputs)


def mistakes(notebook, wrongs, outputs):
    """Say what is the matter with the wrong answers of a page."""
    asked = predictions(notebook)
    stored = {cell["id"]: shown(cell["outputs"]) for cell in code_cells(notebook)}
    for wrong, output in zip(wrongs, outputs, strict=True):
        cell, answer = wrong["cell"], wrong["says"]
        if cell not in asked:
            yield f"{cell}: no prediction asks about this cell"
        elif not says(output, answer):
            yield f"{cell}: the engine does not show {answer!r} but {output!r}"
        elif says(stored[cell], answer):
            yield f"{cell}: {answer!r} is what the right engine shows too: {stored[cell]!r}"
        elif not says(asked[cell], answer):
            yield f"{cell}: the folded answer does not name {answer!r}"
    for cell in asked:
        count = len({words(wrong["says"]) for wrong in wrongs if wrong["cell"] == cell})
        if count < FEWEST:
            yield f"{cell}: {count} wrong answers, expected {FEWEST} or more"


@pytest.mark.parametrize("number", chapter_paths())
def test_wrong_answers_are_those_of_wrong_engines(number):
    path, wrongs = chapter_paths()[number], wrong_answers(number)
    ((*outputs,),) = in_own_process(results(number, path, wrongs))
    assert list(mistakes(read(path), wrongs, outputs)) == []


# The checks find what they look for.

PREDICT = "```{admonition} Predict\nWhat?\n```"


def page_with(folder, fold):
    return write(
        folder,
        "01_a.ipynb",
        code("def double(x):\n    return 2 * x", id="build"),
        markdown(PREDICT),
        code("print(double(3))", stdout("6\n"), id="asked"),
        markdown(f"```{{answer}}\n{fold}\n```"),
    )


def judge(path, wrongs):
    ((*outputs,),) = in_own_process(results(1, path, wrongs))
    return list(mistakes(read(path), wrongs, outputs))


SQUARED = {"cell": "asked", "says": "9", "engine": "def double(x):\n    return x * x"}
SAME = {"cell": "asked", "says": "3", "engine": "def double(x):\n    return x"}


def test_two_wrong_answers_that_wrong_engines_give(tmp_path):
    path = page_with(tmp_path, "It is 6. *9* is the square, and `3` is x.")
    assert judge(path, [SQUARED, SAME]) == []


def test_an_answer_that_is_not_named(tmp_path):
    (mistake,) = judge(page_with(tmp_path, "It is 6, not 19 nor 3."), [SQUARED, SAME])
    assert mistake == "asked: the folded answer does not name '9'"


def test_an_engine_that_is_right(tmp_path):
    right = {"cell": "asked", "says": "9", "engine": "pass"}
    (mistake,) = judge(page_with(tmp_path, "9 or 3"), [right, SAME])
    assert mistake == "asked: the engine does not show '9' but '6\\n'"


def test_an_answer_that_is_right(tmp_path):
    right = {"cell": "asked", "says": "6", "engine": "pass"}
    (mistake,) = judge(page_with(tmp_path, "6 or 3"), [right, SAME])
    assert mistake == "asked: '6' is what the right engine shows too: '6\\n'"


def test_too_few_wrong_answers(tmp_path):
    (mistake,) = judge(page_with(tmp_path, "9"), [SQUARED])
    assert mistake == "asked: 1 wrong answers, expected 2 or more"


def test_no_wrong_answers_at_all(tmp_path):
    (mistake,) = judge(page_with(tmp_path, "9"), [])
    assert mistake == "asked: 0 wrong answers, expected 2 or more"


def test_an_engine_may_be_wrong_from_an_earlier_cell_on(tmp_path):
    early = {"cell": "asked", "says": "3", "before": "build", "engine": "raise_ = 1"}
    (mistake,) = judge(page_with(tmp_path, "9 or 3"), [SQUARED, early])
    assert mistake == "asked: the engine does not show '3' but '6\\n'"


def test_a_cell_that_nobody_asks_about(tmp_path):
    path = page_with(tmp_path, "9 or 3")
    wrongs = [SQUARED, SAME, {"cell": "build", "says": "9", "engine": "pass"}]
    assert judge(path, wrongs) == ["build: no prediction asks about this cell"]
