"""Every chapter's notebook is honest: run in order, stored whole, and the same everywhere.

Each check takes a notebook and yields `(cell id, sentence)` for each fault. The second half of the
file plants faults in a good notebook and asks that the check named for each finds it.
"""

import ast
import builtins
import copy
import re

import nbformat
import pytest
import refresh
from notebooks import (
    CHAPTERS,
    ROOT,
    build,
    chapter_paths,
    code,
    code_cells,
    error,
    is_build,
    markdown,
    notebook,
    notebook_paths,
    picture,
    result,
    source,
    stdout,
    tags,
    write,
)

MOST_LINES = 20
FEWEST_PREDICTIONS = 3

# What is allowed all the same: (file, cell id, check) and the reason.
ALLOWED = {
    ("19_differentiate_the_derivative.ipynb", "c19-class-variable-variable-4", "check_lengths"): (
        "The library's own `backward`, which is one walk: to cut it in two would hide that."
    ),
}


# Reading outputs.


def text_of(output):
    """Return what a reader sees of an output, as text."""
    if output["output_type"] == "stream":
        return "".join(output["text"])
    if output["output_type"] == "error":
        return output["ename"] + ": " + output["evalue"]
    texts = []
    for kind, value in output["data"].items():
        value = "".join(value) if isinstance(value, list) else str(value)
        if kind in ("text/html", "image/svg+xml"):
            texts.append(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", value, flags=re.DOTALL))
        elif kind.startswith("text/"):
            texts.append(value)
    return "\n".join(texts)


def images(cell):
    return [
        kind
        for output in cell["outputs"]
        for kind in output.get("data", {})
        if kind.startswith("image/")
    ]


def parse(cell):
    """Return the cell's syntax tree, or None where it is not plain Python."""
    try:
        return ast.parse(source(cell))
    except SyntaxError:
        return None


def markdown_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


# Checks of every notebook of the book.


def check_counts(notebook):
    """Cells were run in order in a fresh kernel. nbval passes a cell that has no count."""
    for expected, cell in enumerate(code_cells(notebook), start=1):
        if cell["execution_count"] != expected:
            yield cell["id"], f"expected count {expected}, got {cell['execution_count']}"
        if not source(cell).strip():
            yield cell["id"], "expected code, got an empty cell"


def check_outputs_stored(notebook):
    """What prints, plots or ends in a value has the output stored."""
    for cell in code_cells(notebook):
        tree = parse(cell)
        if tree is None or not tree.body or "raises-exception" in tags(cell):
            continue
        kinds = {output["output_type"] for output in cell["outputs"]}
        calls = {ast.unparse(line.value.func) for line in tree.body if is_call(line)}
        if "print" in calls and "stream" not in kinds:
            yield cell["id"], "expected what print writes, got no such output"
        if "plt.show" in calls and not images(cell):
            yield cell["id"], "expected a figure for plt.show(), got none"
        last = tree.body[-1]
        if isinstance(last, ast.Expr) and not is_call(last) and "execute_result" not in kinds:
            yield cell["id"], f"expected the value of {ast.unparse(last)}, got no output"


def is_call(line):
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)


def check_errors(notebook):
    """An error stands where the tag says so, and only there. Nothing goes to stderr."""
    for cell in code_cells(notebook):
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        if failed and "raises-exception" not in tags(cell):
            yield cell["id"], "expected no error without the tag raises-exception, got one"
        if not failed and "raises-exception" in tags(cell):
            yield cell["id"], "expected the error that the tag raises-exception tells of, got none"
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            yield cell["id"], "expected nothing on stderr, got some text"


def check_nothing_ignored(notebook):
    """nbval compares every cell."""
    for cell in code_cells(notebook):
        for tag in tags(cell):
            if tag.startswith("nbval-") and tag != "nbval-check-output":
                yield cell["id"], f"expected no tag {tag}"
        if re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)(?!CHECK)", source(cell)):
            yield cell["id"], "expected no comment that turns nbval off"


def check_pictures(notebook):
    """A figure has a text that can stand for it."""
    for cell in code_cells(notebook):
        count = len(images(cell))
        if count:
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt) < 20 or len(alt.split()) < 4 or re.search(r"\.(png|svg|jpe?g)\b", alt):
                yield cell["id"], f"expected a sentence in mystnb.image.alt, got {alt!r}"
        if count > 1:
            yield cell["id"], f"expected one figure, which the text describes, got {count}"
        html = "".join(
            "".join(output.get("data", {}).get("text/html", "")) for output in cell["outputs"]
        )
        if re.search(r"<img\b(?![^>]*\balt=\"[^\"]{4,}\")", html):
            yield cell["id"], "expected alt in each <img>, got one without"
    for cell in markdown_cells(notebook):
        if re.search(r"!\[\s*\]\(", source(cell)):
            yield cell["id"], "expected a text in ![...](...), got none"
        for figure in re.findall(r"\{(?:figure|image)\}.*?(?:```|:::)", source(cell), re.DOTALL):
            if not re.search(r":alt: .{20,}", figure):
                yield cell["id"], "expected :alt: with a sentence in the figure"


def check_kernel(notebook):
    name = notebook["metadata"].get("kernelspec", {}).get("name")
    if name != "python3":
        yield None, f"expected the kernel python3, got {name}"


def check_lengths(notebook):
    for cell in code_cells(notebook):
        lines = len(source(cell).splitlines())
        if lines > MOST_LINES:
            yield cell["id"], f"expected {MOST_LINES} lines at most, got {lines}"


def check_ids(notebook):
    seen = set()
    for number, cell in enumerate(notebook["cells"]):
        id = cell.get("id")
        if id is None or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id):
            yield id, f"expected a cell id, got {id} in cell {number}"
        elif id in seen:
            yield id, f"expected a cell id of its own, got {id} again in cell {number}"
        seen.add(id)


# What differs from run to run or from machine to machine.
PASSING = {
    "a memory address": r"\b0x[0-9a-fA-F]+",
    "an absolute path": r"(?<![\w.])(/(home|root|Users|usr|tmp|opt|var|mnt|srv|private)/|[A-Z]:\\)",
    "a home folder": r"~[/\\]",
    "a time": r"\b\d+(\.\d+)?\s?(ns|us|µs|ms|s|sec|secs|seconds?|minutes?)\b|\b\d\d?:\d\d:\d\d\b",
    "a date": r"\b20\d\d-\d\d-\d\d\b",
    "a version": r"\b\d+\.\d+\.\d+\b",
}
FLOAT = re.compile(r"(?<![\w.])\d+\.\d*(e[+-]?\d+)?|(?<![\w.])\d+e[+-]?\d+")


def check_same_everywhere(notebook):
    """Outputs hold nothing that changes with time, place or processor."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            text = refresh.COLOUR.sub("", text_of(output))
            for what, pattern in PASSING.items():
                found = re.search(pattern, text)
                if found:
                    yield cell["id"], f"expected no output with {what}, got {found.group()!r}"
            if str(ROOT) in text:
                yield cell["id"], "expected no output with the place of the checkout"
            for found in FLOAT.finditer(text):
                if significant_digits(found.group()) > 4:
                    yield cell["id"], f"expected 4 significant digits, got {found.group()}"


def significant_digits(number):
    """Count the digits from the first to the last that is not 0; a whole number has none."""
    mantissa, _, exponent = number.partition("e")
    whole, _, fraction = mantissa.partition(".")
    if not exponent and not fraction.strip("0"):
        return 0  # exact, like 1024.0
    return len((whole + fraction).strip("0"))


def check_build_cells(notebook):
    """A build cell is silent code that the walk can run in every later chapter."""
    for cell in filter(is_build, code_cells(notebook)):
        if cell["outputs"]:
            yield cell["id"], "expected a build cell to show nothing: the walk would repeat it"
        tree = parse(cell)
        if tree is None:
            yield cell["id"], "expected a build cell to be plain Python"
        elif any(name == "after" for name, _ in walk_calls(tree)):
            yield cell["id"], "expected no after(...) in a build cell: each walk would start others"


def check_definitions_are_used(notebook):
    """A build cell that defines something is followed by one whose output shows it."""
    cells = code_cells(notebook)
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        tree = parse(cell)
        if not is_build(cell) or tree is None:
            continue
        if not any(isinstance(line, (ast.FunctionDef, ast.ClassDef)) for line in tree.body):
            continue
        if following is None or not following["outputs"]:
            yield cell["id"], "expected the next code cell to show what this one defines"


def check_magics(notebook):
    for cell in code_cells(notebook):
        lines = source(cell).strip().splitlines()
        if any(line.lstrip().startswith(("%", "!")) for line in lines) and len(lines) > 1:
            yield cell["id"], "expected a magic alone in its cell"


# Checks of the numbered chapters.


def check_head(notebook):
    first = notebook["cells"][0]
    if first["cell_type"] != "markdown" or not source(first).startswith("# "):
        yield first["id"], "expected the first cell to begin with the title, '# ...'"
    elif not re.search(r"\d+ minutes", source(first)):
        yield first["id"], "expected the head to say how many minutes it takes"


def check_tail(notebook):
    text = "\n".join(source(cell) for cell in markdown_cells(notebook))
    sections = re.findall(r"^## +(.+?) *$", text, re.MULTILINE)
    last = [title for title in sections[-3:] if title in ("What you can do now", "In practice")]
    if last != ["What you can do now", "In practice"]:
        yield (
            None,
            f"expected 'What you can do now' and 'In practice' at the end, got {sections[-3:]}",
        )


def check_predictions(notebook):
    """The reader predicts often, and the next cell answers."""
    count = 0
    cells = notebook["cells"]
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell["cell_type"] != "markdown":
            continue
        asked = len(re.findall(r"^(?:`{3,}|:{3,})\{admonition\} Predict", source(cell), re.M))
        count += asked
        if asked and (following is None or following["cell_type"] != "code"):
            yield cell["id"], "expected a code cell right after the prediction"
        elif asked and not following["outputs"]:
            yield cell["id"], "expected the cell after the prediction to show the answer"
    if count < FEWEST_PREDICTIONS:
        yield None, f"expected {FEWEST_PREDICTIONS} predictions or more, got {count}"


def is_companion(notebook):
    return notebook["metadata"].get("tinylinks", {}).get("companion", False)


def is_sheet(notebook):
    return notebook["metadata"].get("tinylinks", {}).get("sheet", False)


def walk_calls(tree):
    """Yield the name, and the text, of each call of a plain name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, ast.unparse(node)


def check_walk(notebook, number):
    """The first code cell brings the code so far, where a chapter uses it."""
    before = number - 1
    cells = [(cell, parse(cell)) for cell in code_cells(notebook)]
    cells = [(cell, tree) for cell, tree in cells if tree is not None]
    calls = [
        (index, cell, text)
        for index, (cell, tree) in enumerate(cells)
        for name, text in walk_calls(tree)
        if name == "after"
    ]
    call = f"after({before}, globals())"
    if is_companion(notebook):  # all of its chapter is there, but nothing of itself
        call = f"after({number}, globals(), in_full=False)"
    for index, cell, written in calls:
        if index > 0:
            yield cell["id"], "expected after(...) in the first code cell only"
        if written != call:
            yield cell["id"], f"expected {call}, got {written}"
        if "from tinylinks.walk import after" not in source(cell):
            yield cell["id"], "expected 'from tinylinks.walk import after' before the call"
    foreign = names_from_elsewhere([tree for _, tree in cells])
    if not calls and foreign:
        yield None, f"expected {call}: the chapter uses {sorted(foreign)}"


def names_from_elsewhere(trees):
    """Return the names that the cells read and none of them makes."""
    read, made = set(), set(dir(builtins)) | {"__name__", "display", "get_ipython"}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef):
            made.add(node.name)
        elif isinstance(node, ast.ClassDef):
            # class Box(Box): makes no Box, it needs one.
            if node.name not in map(ast.unparse, node.bases):
                made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return read - made


def check_as_refresh_leaves_it(path):
    """`tests/refresh.py` would change nothing but the outputs."""
    fresh = refresh.tidy(nbformat.read(path, as_version=4))
    if refresh.as_text(fresh) != path.read_text(encoding="utf-8"):
        yield None, "expected the file as tests/refresh.py writes it: run it on this chapter"


EVERY = [
    check_counts,
    check_outputs_stored,
    check_errors,
    check_nothing_ignored,
    check_pictures,
    check_kernel,
    check_lengths,
    check_ids,
    check_same_everywhere,
    check_build_cells,
    check_definitions_are_used,
    check_magics,
]
CHAPTER = [check_head, check_tail, check_predictions]


def all_faults(path):
    """Yield (file, cell id, check) and the sentence for each fault of the notebook at `path`."""
    content = nbformat.read(path, as_version=4)
    sheet = is_sheet(content)  # how it begins is the matter of test_exercises.py
    numbered = path in chapter_paths(path.parent).values() and not sheet
    main = numbered and not is_companion(content)
    found = {check.__name__: check(content) for check in EVERY + CHAPTER * main}
    if sheet:
        found["check_head"] = check_head(content)
    if numbered:
        found["check_walk"] = check_walk(content, int(path.name[:2]))
    found["check_as_refresh_leaves_it"] = check_as_refresh_leaves_it(path)
    for name, faults in found.items():
        for id, sentence in faults:
            yield (path.name, id, name), sentence


# The book.


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_notebook_is_honest(path):
    faults = [f"{key}: {text}" for key, text in all_faults(path) if key not in ALLOWED]
    assert not faults, "\n".join(faults)


def test_the_book_has_a_landing_page_and_chapters():
    assert (CHAPTERS / "index.ipynb").is_file()
    assert chapter_paths()


def test_what_is_allowed_is_still_there_and_has_a_reason():
    there = {key for path in notebook_paths() for key, _ in all_faults(path)}
    assert set(ALLOWED) <= there
    assert all(len(reason.split()) > 3 for reason in ALLOWED.values())


# The checks: each passes a good chapter, and each finds the faults planted for it.


def good_chapter():
    return notebook(
        markdown("# Grow a box\n\nAbout 12 minutes.", id="head"),
        code("from tinylinks.walk import after\n\nafter(1, globals())", id="walk", count=1),
        build("class Box(Box):\n    size = 1", id="grow", count=2),
        code("Box.size", result("1", 3), id="show", count=3),
        *[
            cell
            for i in range(FEWEST_PREDICTIONS)
            for cell in (
                markdown(f"```{{admonition}} Predict\nWhat is {i}?\n```", id=f"ask{i}"),
                code(f"print({i})", stdout(f"{i}\n"), id=f"answer{i}", count=4 + i),
            )
        ],
        code(
            "plt = Box.plot()\nplt.show()",
            picture(),
            id="plot",
            count=7,
            mystnb={"image": {"alt": "A box whose size is 1, drawn as a square."}},
        ),
        code("Box.no", error(), id="fail", count=8, tags=["raises-exception"]),
        markdown("## What you can do now\n\nGrow a box.\n\n## In practice\n\nMore.", id="tail"),
    )


def faults_of(check, content):
    return [text for _, text in (check(content, 2) if check is check_walk else check(content))]


@pytest.mark.parametrize("check", [*EVERY, *CHAPTER, check_walk], ids=lambda check: check.__name__)
def test_a_good_chapter_passes(check):
    assert faults_of(check, good_chapter()) == []


def put(id, /, **changes):
    """Return a planter that changes the cell named `id`."""

    def plant(content):
        cell = next(cell for cell in content["cells"] if cell["id"] == id)
        cell.update(copy.deepcopy(changes))

    return plant


def drop(id):
    """Return a planter that takes the cell named `id` away."""

    def plant(content):
        content["cells"] = [cell for cell in content["cells"] if cell["id"] != id]

    return plant


def show(text):
    """Return a planter that makes a cell print `text`."""
    return put("answer0", outputs=[stdout(text)])


def put_kernel(content):
    content["metadata"]["kernelspec"]["name"] = "python3.11"


SVG = {"data": {"text/html": "<svg><title>a</title>0.123456</svg>"}, "output_type": "display_data"}
IMG = {"data": {"text/html": '<img src="a.png">'}, "output_type": "display_data"}
ALT = {"mystnb": {"image": {"alt": "figure_1_of_chapter_two.png"}}}
SHORT_ALT = {"mystnb": {"image": {"alt": "A plot."}}}
BUILD = {"tags": ["build"]}
LATE_WALK = "from tinylinks.walk import after\nafter(1, globals())"
FIGURE = "```{figure} a.png\nA caption.\n```"

PLANTED = [
    (check_counts, put("show", execution_count=None), "expected count 3, got None"),
    (check_counts, put("show", execution_count=4), "expected count 3, got 4"),
    (check_counts, drop("walk"), "expected count 1, got 2"),
    (check_counts, put("show", source=""), "empty cell"),
    (check_outputs_stored, put("answer0", outputs=[]), "expected what print writes"),
    (check_outputs_stored, put("plot", outputs=[]), "expected a figure for plt.show()"),
    (check_outputs_stored, put("show", outputs=[]), "expected the value of Box.size"),
    (check_errors, put("show", outputs=[error()]), "without the tag raises-exception"),
    (check_errors, put("fail", outputs=[]), "got none"),
    (check_errors, put("show", outputs=[{**stdout("a"), "name": "stderr"}]), "stderr"),
    (check_nothing_ignored, put("show", metadata={"tags": ["nbval-skip"]}), "nbval-skip"),
    (
        check_nothing_ignored,
        put("show", metadata={"tags": ["nbval-ignore-output"]}),
        "nbval-ignore-output",
    ),
    (check_nothing_ignored, put("show", source="# NBVAL_IGNORE_OUTPUT\n1"), "turns nbval off"),
    (check_pictures, put("plot", metadata={}), "got ''"),
    (check_pictures, put("plot", metadata=ALT), "figure_1_of_chapter_two.png"),
    (check_pictures, put("plot", metadata=SHORT_ALT), "A plot."),
    (check_pictures, put("plot", outputs=[picture(), picture()]), "expected one figure"),
    (check_pictures, put("show", outputs=[IMG]), "expected alt in each <img>"),
    (check_pictures, put("ask0", source="![](a.png)"), "expected a text in ![...](...)"),
    (check_pictures, put("ask0", source=FIGURE), "expected :alt:"),
    (check_kernel, put_kernel, "got python3.11"),
    (check_lengths, put("show", source="x = 1\n" * 21), "got 21"),
    (check_ids, put("show", id=None), "expected a cell id, got None"),
    (check_ids, put("show", id="grow"), "got grow again"),
    (check_same_everywhere, show("<Box at 0x7f3a>"), "a memory address, got '0x7f3a'"),
    (check_same_everywhere, show("read /home/ada/a.npz"), "an absolute path"),
    (check_same_everywhere, show("read C:\\a.npz"), "an absolute path"),
    (check_same_everywhere, show(f"in {ROOT}"), "the place of the checkout"),
    (check_same_everywhere, show("~/a.npz"), "a home folder"),
    (check_same_everywhere, show("took 12 ms"), "a time, got '12 ms'"),
    (check_same_everywhere, show("took 1.5s"), "a time, got '1.5s'"),
    (check_same_everywhere, show("at 12:30:01"), "a time, got '12:30:01'"),
    (check_same_everywhere, show("on 2030-01-02"), "a date"),
    (check_same_everywhere, show("numpy 2.4.6"), "a version, got '2.4.6'"),
    (check_same_everywhere, show("[0.12345 1.]"), "4 significant digits, got 0.12345"),
    (check_same_everywhere, show("1.2345e-07"), "got 1.2345e-07"),
    (check_same_everywhere, put("show", outputs=[SVG]), "got 0.123456"),
    (check_same_everywhere, put("show", outputs=[result("12345.6")]), "got 12345.6"),
    (check_same_everywhere, put("fail", outputs=[error(value="3.14159")]), "got 3.14159"),
    (check_build_cells, put("grow", outputs=[stdout("hello")]), "to show nothing"),
    (check_build_cells, put("grow", source="%pip install numpy"), "plain Python"),
    (check_build_cells, put("walk", metadata=BUILD), "each walk would start others"),
    (check_definitions_are_used, put("show", outputs=[]), "the next code cell to show"),
    (check_definitions_are_used, put("fail", metadata=BUILD, source="def f(): 0"), "to show"),
    (check_magics, put("show", source="%pip install numpy\nx = 1"), "a magic alone"),
    (check_head, put("head", source="Grow a box. 5 minutes."), "begin with the title"),
    (check_head, put("head", source="# Grow a box"), "how many minutes"),
    (check_head, drop("head"), "begin with the title"),
    (check_tail, put("tail", source="## In practice\n\n## What you can do now"), "at the end"),
    (check_tail, put("tail", source="## What you can do now"), "at the end"),
    (check_predictions, put("ask1", source="What is it?"), "3 predictions or more, got 2"),
    (check_predictions, drop("answer1"), "a code cell right after the prediction"),
    (check_predictions, put("answer1", outputs=[]), "to show the answer"),
    (check_walk, drop("walk"), "the chapter uses ['Box']"),
    (check_walk, put("walk", source="after(1, globals())"), "before the call"),
    (check_walk, put("walk", source=LATE_WALK.replace("1", "2")), "expected after(1, globals())"),
    (check_walk, put("show", source=LATE_WALK), "in the first code cell only"),
]


@pytest.mark.parametrize(("check", "plant", "words"), PLANTED)
def test_a_planted_fault_is_found(check, plant, words):
    content = good_chapter()
    plant(content)
    assert any(words in text for text in faults_of(check, content))


def test_each_check_has_a_planted_fault():
    assert {check for check, _, _ in PLANTED} == {*EVERY, *CHAPTER, check_walk}


@pytest.mark.parametrize(
    "text",
    ["0.1234", "[[1. 2.]\n [3. 4.]]", "1024.0", "1e-07", "12345", "-0.5", "shape (3, 2)", "2.500"],
)
def test_ordinary_outputs_pass(text):
    content = good_chapter()
    show(text)(content)
    assert faults_of(check_same_everywhere, content) == []


def test_a_companion_begins_with_its_own_chapter():
    walk = "from tinylinks.walk import after\n\nafter(2, globals(), in_full=False)"
    content = notebook(code(walk), build("class Box(Box):\n    size = 1"))
    assert faults_of(check_walk, content)
    content["metadata"]["tinylinks"] = {"companion": True}
    assert faults_of(check_walk, content) == []


def test_a_chapter_without_earlier_code_needs_no_walk():
    content = notebook(build("class Box:\n    size = 1"), build("class Box(Box):\n    name = 'b'"))
    assert faults_of(check_walk, content) == []


def test_a_file_that_refresh_would_change_is_found(tmp_path):
    path = write(tmp_path, "02_a.ipynb", *good_chapter()["cells"])
    assert ("02_a.ipynb", None, "check_as_refresh_leaves_it") in dict(all_faults(path))
    path.write_text(refresh.as_text(refresh.tidy(good_chapter())), encoding="utf-8")
    assert dict(all_faults(path)) == {}
