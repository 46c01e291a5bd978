"""Every line of the core is written in front of the reader, in the chapter that explains it.

`python tests/test_drift.py` prints the count; so does a test run. The counting itself is in
drift.py, the plan in drift_plan.toml.
"""

import drift
import pytest
from notebooks import build, code, pages, write

LEAST = 0.95  # of the statements of the core

# The book and the library.


def test_the_chapters_show_the_core_as_planned():
    faults = drift.faults()
    assert not faults, "\n".join(faults)


def test_the_chapters_show_nearly_all_of_the_core():
    lines = drift.count()
    shown = sum(line.statements for line in lines if line.shown)
    assert shown >= LEAST * sum(line.statements for line in lines), drift.table(lines)


def test_what_no_chapter_shows_is_listed_with_a_reason():
    absent = {line.name for line in drift.count() if not line.shown}
    assert absent == set(drift.read_plan()["missing"])


@pytest.mark.parametrize("page", pages())
def test_what_a_page_defines_is_called_in_the_cells_after_it(page):
    uncalled = set(drift.uncalled(pages()[page], page))
    argued = {name for name in drift.read_plan().get("called_later", {}) if is_in(name, page)}
    assert uncalled == argued


def is_in(name, page):
    return name.startswith(f"chapter {page},")


def test_each_definition_called_later_has_a_reason():
    later = drift.read_plan().get("called_later", {})
    assert all(len(reason.split()) >= 4 for reason in later.values())
    assert all(any(is_in(name, page) for page in pages()) for name in later)


# The comparison.

METHOD = """\
class Variable:
    def backward(self, retain=False):
        gy = self.grad * 2
        return self.walk(gy)
"""


def code_of(text):
    return {item.name: item.code for item in drift.definitions(text)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.grad * 2", "self.grad * -2"),
        ("self.grad * 2", "self.grad + 2"),
        ("self.grad * 2", "2 * self.grad"),
        ("        gy = self.grad * 2\n", ""),
        ("gy", "g"),
        ("retain=False", "retain=True"),
        ("retain=False", "*, retain=False"),
        ("    def backward", "    @property\n    def backward"),
        ("return self", "self"),
    ],
)
def test_a_change_of_the_code_is_seen(before, after):
    changed = METHOD.replace(before, after)
    assert changed != METHOD
    assert code_of(changed).keys() == code_of(METHOD).keys()
    assert code_of(changed) != code_of(METHOD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("retain=False):", "retain: bool = False) -> None:"),
        ("        gy", '        """Walk back."""\n        gy'),
        ("        gy", "        # Twice, because.\n\n        gy"),
        ("gy = self", "gy: Any = self"),
        ("        gy =", "        gy: Any\n        gy ="),
        ("class Variable:\n", 'class Variable:\n    """A box."""\n\n    _data: Any\n'),
        ("class Variable:", "class Variable(Variable):"),
        ("self.walk(gy)", "self.walk(\n            gy\n        )"),
        ("class", "from typing import Any\n\n\nclass"),
        ("class", "if TYPE_CHECKING:\n    from a import b\n\n\nclass"),
        ("    def", "    @overload\n    def backward(self): ...\n    def"),
    ],
)
def test_what_is_not_code_is_not_seen(before, after):
    changed = METHOD.replace(before, after)
    assert changed != METHOD
    assert code_of(changed) == code_of(METHOD)


def test_a_module_is_taken_apart_into_definitions():
    text = '''\
"""Module."""
import numpy as np
__all__ = ["f"]
limit: int = 3
count: int
def f(x):
    """Say."""
    def inner():
        return x
    return inner
class A:
    __slots__ = ("a",)
    @property
    def b(self):
        return 1
    @b.setter
    def b(self, value):
        self.a = value
    c = b
class B(A):
    """Only words."""
A.other = B
if limit:
    limit = 4
'''
    assert [(item.name, item.statements) for item in drift.definitions(text)] == [
        ("limit", 1),
        ("f", 4),
        ("A.__slots__", 1),
        ("A.b", 2),
        ("A.b.setter", 2),
        ("A.c", 1),
        ("B", 1),
        ("A.other", 1),
        ("if limit:", 2),
    ]


def test_a_setter_added_in_a_later_cell_is_the_setter_of_the_library():
    library = "class A:\n    @b.setter\n    def b(self, value):\n        self.a = value"
    chapter = library.replace("class A", "class A(A)").replace("@b", "@A.b")
    assert code_of(chapter) == code_of(library)
    assert code_of(chapter.replace("@A.b", "@C.b")) != code_of(library)


# The count and its faults, on a library and a book made up for it.

LIBRARY = """\
class Box:
    def __init__(self, value: int) -> None:
        self.value = value

    def double(self) -> int:
        return self.value * 2
"""
INIT = "class Box:\n    def __init__(self, value):\n        self.value = value"
DOUBLE = "class Box(Box):\n    def double(self):\n        return self.value * 2"


@pytest.fixture
def made_up(tmp_path):
    """Return a function: the faults of a plan, with chapters of the cells given."""
    (tmp_path / "tinylinks").mkdir()
    (tmp_path / "tinylinks" / "box.py").write_text(LIBRARY)

    def judge(*chapters, what=drift.faults, **plan):
        for number, cells in enumerate(chapters, start=1):
            write(tmp_path / "chapters", f"{number:02}_a.ipynb", *cells)
        plan = {
            "modules": ["tinylinks/box.py"],
            "chapters": {"box.Box.__init__": 1, "box.*": 2},
            **plan,
        }
        return what(plan, tmp_path, tmp_path / "chapters")

    return judge


def test_a_book_that_shows_everything_has_no_fault(made_up):
    assert made_up([build(INIT)], [build(DOUBLE)]) == []


def test_what_a_later_chapter_will_show_is_no_fault(made_up):
    assert made_up([build(INIT)]) == []


def test_what_an_existing_chapter_does_not_show_is_a_fault(made_up):
    changed = DOUBLE.replace("2", "3")
    fault = "box.Box.double: chapter 2 does not show it as it stands"
    assert made_up([build(INIT)], [build(changed)]) == [fault]
    assert made_up([build(INIT), build(DOUBLE)], []) == [fault]  # in the wrong chapter
    assert made_up([build(INIT)], [code(DOUBLE)]) == [fault]  # where the walk does not go
    of_other_class = DOUBLE.replace("Box", "Bag")
    assert made_up([build(INIT)], [build(of_other_class)]) == [fault]


def test_what_is_missing_for_a_reason_is_no_fault(made_up):
    reason = {"box.Box.double": "it would swell the chapter"}
    assert made_up([build(INIT)], [], missing=reason) == []


def test_a_line_in_missing_that_is_stale_or_bare_is_a_fault(made_up):
    def with_missing(name, reason="it would swell the chapter"):
        return made_up([build(INIT)], [build(DOUBLE)], missing={name: reason})

    assert with_missing("box.Box.double") == [
        "box.Box.double: listed as missing, but chapter 2 shows it"
    ]
    assert with_missing("box.Box.triple") == [
        "box.Box.triple: listed as missing, but the core has nothing of that name"
    ]
    assert with_missing("box.Box.double", "later")[-1] == (
        "box.Box.double: listed as missing without a reason"
    )


def test_a_definition_without_a_chapter_is_a_fault(made_up):
    plan = {"box.Box.__init__": 1}
    assert made_up([build(INIT)], chapters=plan) == ["box.Box.double: no chapter is planned for it"]


@pytest.mark.parametrize("name", ["box.Box.triple", "bag.*"])
def test_a_plan_for_what_does_not_exist_is_a_fault(made_up, name):
    plan = {"box.*": 1, name: 1}
    faults = made_up([build(INIT), build(DOUBLE)], chapters=plan)
    assert faults == [f"{name}: planned, but the core has nothing of that name"]


def test_a_core_module_that_is_not_there_is_a_fault(made_up):
    modules = ["tinylinks/box.py", "tinylinks/bag.py"]
    assert made_up([build(INIT)], modules=modules) == [
        "tinylinks/bag.py: listed as a core module, but it defines nothing"
    ]


def test_the_longest_glob_decides_and_a_name_in_full_before_it():
    chapters = {"box.*": 1, "box.Box.d*": 2, "box.Box.double": 3}
    names = ["box.Box.double", "box.Box.divide", "box.Box.copy", "bag.Bag"]
    assert [drift.planned_chapter(name, chapters) for name in names] == [3, 2, 1, None]


def test_the_table_gives_the_share_and_what_is_still_to_come(made_up):
    lines = made_up([build(INIT)], what=drift.count)
    assert drift.table(lines).splitlines() == [
        "module                              statements   shown   share",
        "tinylinks/box.py                             4       2    50 %",
        "all                                          4       2    50 %",
        "still to come in chapter 2, 2 statements:",
        "    box.Box: double",
    ]
    lines = made_up([build(INIT)], [code("0")], what=drift.count)
    assert drift.table(lines).splitlines()[-2:] == [
        "missing in chapter 2, 2 statements:",
        "    box.Box: double",
    ]


def test_the_table_puts_the_names_of_a_class_together():
    names = ["box.Box.size", "box.Box.size.setter", "box.pack", "box.Box.copy"]
    lines = [drift.Line("tinylinks/box.py", name, 1, 2, False, False) for name in names]
    assert drift.names_of(lines) == "box.Box: size, size.setter, copy; box: pack"


# Whether a chapter calls what it defines.


def uncalled(folder, *cells):
    return drift.uncalled(write(folder, "03_a.ipynb", *cells), 3)


def test_a_function_called_in_a_following_cell_counts_as_called(tmp_path):
    assert uncalled(tmp_path, build("def f():\n    return 1"), code("1"), code("print(f())")) == []


def test_a_function_nobody_calls_is_named(tmp_path):
    assert uncalled(tmp_path, build("def f():\n    return 1"), code("f")) == [
        "chapter 3, cell 1: f"
    ]


def test_a_call_in_the_defining_cell_does_not_count(tmp_path):
    assert uncalled(tmp_path, build("def f():\n    return 1\n\nx = f()"), code("x")) == [
        "chapter 3, cell 1: f"
    ]


def test_a_call_after_the_next_definition_is_too_late(tmp_path):
    cells = build("def f():\n    return 1"), build("def g():\n    return f()"), code("g()")
    assert uncalled(tmp_path, *cells) == ["chapter 3, cell 1: f"]


def test_each_method_is_counted_property_and_setter_apart(tmp_path):
    box = build(
        "class Box:\n"
        "    @property\n    def x(self):\n        return 1\n"
        "    @x.setter\n    def x(self, value):\n        pass\n"
        "    def __repr__(self):\n        return 'Box'\n"
        "    def __add__(self, other):\n        return 1\n"
    )
    everything = code("box = Box()\nbox.x = box.x\nbox + 1\nbox")
    assert uncalled(tmp_path, box, everything) == []
    assert uncalled(tmp_path, box, code("box = Box()\nbox.x\nbox + 1")) == [
        "chapter 3, cell 1: Box.x.setter",
        "chapter 3, cell 1: Box.__repr__",
    ]


def test_a_function_called_by_a_cell_that_raises_counts(tmp_path):
    cells = build("def f():\n    return 1 / 0"), code("f()", tags=["raises-exception"])
    assert uncalled(tmp_path, *cells) == []


def test_a_magic_is_passed_over(tmp_path):
    cells = build("def f():\n    return 1"), code("%pip list"), code("f()")
    assert uncalled(tmp_path, *cells) == []


def test_an_error_that_no_tag_tells_of_names_the_cell(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        uncalled(tmp_path, code("1 / 0"))
    assert caught.value.__notes__ == ["in chapter 3, cell 1"]


if __name__ == "__main__":
    print(drift.table(drift.count()))
