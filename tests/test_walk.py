"""The walk: `after(n, namespace)` brings back what chapters 1 to n built."""

import inspect
import json
import os
import subprocess
import sys
import traceback

import pytest
from notebooks import CHAPTERS, build, chapter_paths, code, markdown, write

from tinylinks import walk
from tinylinks.walk import after

BOX = """\
class Box:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def copy(self):
        return Box(self.value)
"""

HISTORY = """\
class Box(Box):
    __slots__ = ("creator",)

    def __init__(self, value):
        super().__init__(value)
        self.creator = None

    @property
    def depth(self):
        return 0 if self.creator is None else self.creator.depth + 1
"""


@pytest.fixture
def book(tmp_path):
    """A book of two chapters in which one class grows."""
    write(tmp_path, "01_box.ipynb", markdown("# Box"), code("1 / 0"), build(BOX))
    write(tmp_path, "02_history.ipynb", build(HISTORY), build("answer = Box(42).value"))
    return tmp_path


# What it runs.


def test_returns_the_namespace_it_was_given(book):
    namespace = {}
    assert after(1, namespace, folder=book) is namespace


def test_a_notebook_is_not_shown_all_its_names(book):
    # Jupyter shows the value of the last line.
    globals_of_a_notebook = {"after": after, "book": book}
    shown = eval("after(2, globals(), folder=book)", globals_of_a_notebook)
    assert shown is None
    assert globals_of_a_notebook["answer"] == 42


def test_runs_only_the_chapters_up_to_n(book):
    names = after(1, {}, folder=book)
    assert names["Box"].__name__ == "Box"
    assert "answer" not in names


def test_runs_only_cells_tagged_build(book):
    # The untagged cell of chapter 1 divides by zero.
    assert after(2, {}, folder=book)["answer"] == 42


def test_runs_chapters_and_cells_in_order(tmp_path):
    write(tmp_path, "02_b.ipynb", build("order += [3]"))
    write(tmp_path, "01_a.ipynb", build("order = [1]"), build("order += [2]"))
    assert after(2, {}, folder=tmp_path)["order"] == [1, 2, 3]


def test_reads_a_source_that_is_a_list_of_lines(tmp_path):
    write(tmp_path, "01_a.ipynb", build(["x = 1\n", "y = x + 1"]))
    assert after(1, {}, folder=str(tmp_path))["y"] == 2


def test_reads_the_output_free_copies_of_an_installed_package(tmp_path):
    package = tmp_path / "site-packages" / "tinylinks"
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": ["build"]}, "source": "x = 7"}
    (package / "_chapters").mkdir(parents=True)
    (package / "_chapters" / "01_a.ipynb").write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "site-packages" / "chapters").mkdir()  # somebody else's
    folder = walk._find_book(package)
    assert folder == package / "_chapters"
    assert after(1, {}, folder=folder)["x"] == 7


def test_prefers_the_checkout_to_copies_that_may_be_old(tmp_path):
    write(tmp_path / "chapters", "01_a.ipynb", build("x = 'new'"))
    write(tmp_path / "tinylinks" / "_chapters", "01_a.ipynb", build("x = 'old'"))
    folder = walk._find_book(tmp_path / "tinylinks")
    assert after(1, {}, folder=folder)["x"] == "new"


def test_does_not_hand_its_own_future_imports_to_a_cell(tmp_path):
    write(tmp_path, "01_a.ipynb", build("def f(x: int): pass"))
    assert after(1, {}, folder=tmp_path)["f"].__annotations__ == {"x": int}  # and not "int"


def test_running_again_starts_from_the_beginning(book):
    namespace = after(2, {}, folder=book)
    after(2, namespace, folder=book)
    assert len(namespace["Box"].__mro__) == 3  # Box, the Box of chapter 1, object


# Companions.


@pytest.fixture
def book_in_full(book):
    """The same book with a companion of each chapter."""
    write(book / "in_full", "01_box.ipynb", markdown("# 1 in full"), build("words = ['one']"))
    write(book / "in_full", "02_history.ipynb", code("1 / 0"), build("words += ['two', answer]"))
    return book


def test_the_companion_of_a_chapter_runs_after_it(book_in_full):
    assert after(1, {}, folder=book_in_full)["words"] == ["one"]
    assert after(2, {}, folder=book_in_full)["words"] == ["one", "two", 42]


def test_without_it_the_companions_of_the_chapters_before_run_all_the_same(book_in_full):
    names = after(2, {}, in_full=False, folder=book_in_full)
    assert (names["words"], names["answer"]) == (["one"], 42)
    assert "words" not in after(1, {}, in_full=False, folder=book_in_full)


def test_a_traceback_names_the_companion_and_the_cell(book_in_full):
    write(book_in_full / "in_full", "02_history.ipynb", code("0"), build("x = 1\n1 / 0"))
    with pytest.raises(ZeroDivisionError) as caught:
        after(2, {}, folder=book_in_full)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.filename, frame.line) == ("<chapter 2 in full, cell 2>", "1 / 0")


# Classes that grow.


def test_a_grown_class_keeps_its_slots_and_reaches_super(book):
    box = after(2, {}, folder=book)["Box"](5)
    assert (box.value, box.creator) == (5, None)
    with pytest.raises(AttributeError):
        box.colour = "red"


def test_a_property_added_later_works(book):
    Box = after(2, {}, folder=book)["Box"]
    inner, outer = Box(1), Box(2)
    outer.creator = inner
    assert outer.depth == 1


def test_an_early_method_makes_objects_of_the_latest_class(book):
    Box = after(2, {}, folder=book)["Box"]
    assert type(Box(1).copy()) is Box


def test_a_property_can_be_given_its_setter_later(tmp_path):
    getter = "class A:\n    @property\n    def x(self):\n        return self._x"
    setter = "class A(A):\n    @A.x.setter\n    def x(self, value):\n        self._x = value + 1\n"
    write(tmp_path, "01_a.ipynb", build(getter), build(setter))
    a = after(1, {}, folder=tmp_path)["A"]()
    a.x = 1
    assert a.x == 2


def test_an_object_made_earlier_keeps_the_old_class(book):
    namespace = after(1, {}, folder=book)
    old = namespace["Box"](1)
    after(2, namespace, folder=book)
    assert not hasattr(old, "depth")


def test_classes_belong_to_the_module_of_the_namespace(book):
    assert after(1, {}, folder=book)["Box"].__module__ == "chapters"
    assert after(1, {"__name__": "__main__"}, folder=book)["Box"].__module__ == "__main__"


# Tracebacks.


def test_a_traceback_names_chapter_and_cell_and_shows_the_line(tmp_path):
    # Markdown is not counted: the book marks the failing cell [2].
    failing = build("def divide(x):\n    return x / 0  # the culprit\n\ndivide(1)")
    write(tmp_path, "01_a.ipynb", code("0"), markdown("text"), failing)
    with pytest.raises(ZeroDivisionError) as caught:
        after(1, {}, folder=tmp_path)
    text = "".join(traceback.format_exception(caught.value))
    assert 'File "<chapter 1, cell 2>", line 2, in divide' in text
    assert "return x / 0  # the culprit" in text
    assert "this came from chapter 1, cell 2, in 01_a.ipynb" in text


def test_an_error_that_comes_later_still_shows_the_line(tmp_path):
    write(tmp_path, "01_a.ipynb", build("def divide(x):\n    return x / 0  # later"))
    divide = after(1, {}, folder=tmp_path)["divide"]
    with pytest.raises(ZeroDivisionError) as caught:
        divide(1)
    text = "".join(traceback.format_exception(caught.value))
    assert 'File "<chapter 1, cell 1>", line 2, in divide' in text
    assert "return x / 0  # later" in text


def test_a_cell_that_is_not_python_is_named(tmp_path):
    write(tmp_path, "01_a.ipynb", build("x = 1\nx = = 2"))
    with pytest.raises(SyntaxError) as caught:
        after(1, {}, folder=tmp_path)
    assert (caught.value.filename, caught.value.lineno) == ("<chapter 1, cell 1>", 2)


def test_the_source_of_a_function_can_be_read_back(tmp_path):
    write(tmp_path, "01_a.ipynb", build("x = 0\n\ndef f():\n    return x\n"))
    names = after(1, {}, folder=tmp_path)
    assert inspect.getsource(names["f"]) == "def f():\n    return x\n"


# Bad input: one sentence that says what was expected, what came and what to do.


@pytest.mark.parametrize(
    ("n", "error", "came"),
    [
        ("4", TypeError, "got '4'"),
        (4.0, TypeError, "got 4.0"),
        (None, TypeError, "got None"),
        (True, TypeError, "got True"),
        ({}, TypeError, "got {}"),
        (0, ValueError, "got 0"),
        (-1, ValueError, "got -1"),
    ],
)
def test_a_number_that_is_no_chapter_is_refused(book, n, error, came):
    with pytest.raises(error, match="^after: expected n to be ") as caught:
        after(n, {}, folder=book)
    assert came in str(caught.value)


@pytest.mark.parametrize(
    ("namespace", "came", "remedy"),
    [
        (None, "got NoneType", "write globals();"),
        ([], "got list", "write globals();"),
        (globals, "got builtin_function_or_method", "write globals() with its parentheses;"),
    ],
)
def test_a_namespace_that_is_no_dict_is_refused(book, namespace, came, remedy):
    with pytest.raises(TypeError, match="^after: expected namespace to be a dict") as caught:
        after(1, namespace, folder=book)
    assert came in str(caught.value)
    assert remedy in str(caught.value)


def test_a_chapter_that_does_not_exist_says_which_do(book):
    with pytest.raises(FileNotFoundError, match="The chapters there are: 1, 2") as caught:
        after(11, {}, folder=book)
    assert "expected the chapters 1 to 11, got a book without chapter 3" in str(caught.value)


def test_nothing_runs_when_a_chapter_is_missing(book):
    (book / "01_box.ipynb").rename(book / "03_box.ipynb")
    namespace = {}
    with pytest.raises(FileNotFoundError, match="without chapter 1.*there are: 2, 3"):
        after(2, namespace, folder=book)
    assert namespace == {}


# Classes that follow one that grew.


def test_classes_below_follow_and_so_do_their_objects():
    class Animal:
        pass

    class Cat(Animal):
        pass

    cat, First = Cat(), Animal

    class Animal(Animal):
        legs = 4

    class Animal(Animal):
        tail = True

    walk.rebase(Animal)
    assert (cat.legs, cat.tail) == (4, True)
    assert Cat.__bases__ == (Animal,)
    assert not issubclass(First, Animal)


def test_other_bases_of_a_class_stay():
    class Animal:
        pass

    class Pet:
        pass

    class Cat(Animal, Pet):
        pass

    class Animal(Animal):
        pass

    walk.rebase(Animal)
    assert Cat.__bases__ == (Animal, Pet)


@pytest.mark.parametrize("thing", [int, str, "Animal", None])
def test_a_class_that_did_not_grow_is_refused(thing):
    with pytest.raises(TypeError, match="^rebase: expected a class made by"):
        walk.rebase(thing)


def test_an_empty_folder_says_that_there_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="The chapters there are: none"):
        after(1, {}, folder=tmp_path)


def test_a_package_without_a_book_says_where_it_looked(tmp_path):
    with pytest.raises(FileNotFoundError, match="^after: expected the book's notebooks") as caught:
        walk._find_book(tmp_path / "tinylinks")
    assert str(tmp_path) in str(caught.value)


def test_two_notebooks_of_one_number_are_named(book):
    write(book, "02_other.ipynb")
    with pytest.raises(ValueError, match=r"got 02_history.ipynb and 02_other.ipynb"):
        after(2, {}, folder=book)


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"worksheets": []}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, text):
    (tmp_path / "01_a.ipynb").write_text(text)
    with pytest.raises(ValueError, match="expected 01_a.ipynb to be a Jupyter notebook"):
        after(1, {}, folder=tmp_path)


# What it costs.


def test_needs_nothing_but_the_standard_library(book):
    # The file runs by itself, so that what the package imports is not counted.
    program = (
        "import runpy, sys\n"
        "names = runpy.run_path(sys.argv[1])\n"
        "assert names['after'](2, {}, folder=sys.argv[2])['answer'] == 42\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(sorted(name for name in foreign if not name.startswith('_')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, walk.__file__, str(book)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# The book itself.


def test_no_chapter_is_missing():
    numbers = list(chapter_paths())
    assert numbers == list(range(1, max(numbers) + 1))


def test_the_chapters_of_the_book_run_in_silence(capsys):
    # What a build cell prints would be printed again in every later chapter.
    names = after(max(chapter_paths(), default=1), {})
    assert names["__name__"] == "chapters"
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_the_book_is_found_without_being_told_where():
    assert walk._find_book() == CHAPTERS
