"""The chapters become no harder to read by accident; `reading.py` measures."""

import pytest
import reading
from notebooks import build, code, markdown, notebook

LIMITS = reading.limits()


def test_no_chapter_became_harder_to_read():
    assert reading.above_the_limits(reading.book(), LIMITS) == []


def test_each_chapter_has_its_limits():
    numbers = {str(number) for number in reading.book()}
    for name in set(reading.Figures._fields) - set(reading.FREE):
        assert set(LIMITS[name]) == numbers, name


def test_the_code_until_operators_work_stays_short():
    last, every = reading.to_six()
    most = LIMITS["until_operators_work"]
    assert last <= most["last_versions"]
    assert every <= most["all_versions"]


def test_the_head_of_a_chapter_tells_about_how_long_it_takes():
    wrong = {
        number: (row.said, row.minutes)
        for number, row in reading.book().items()
        if abs(row.said - row.minutes) > max(4, 0.2 * row.minutes)
    }
    assert wrong == {}


def page():
    return notebook(
        markdown("# Box\n\nOne two (three). **It takes** 7 minutes. See chapter 9 and `a b c`."),
        build("class Box:\n    size = 1\n\n    def f(self):\n        # Twice.\n        return 2"),
        code("print(1, 'a', x)\nfor i in range(9):\n    print(i)\nx"),
        code("x = 1\ny = 2", tags=["hide-input"]),
        markdown("```{admonition} Predict\n:class: tip\nWhat?\n```"),
        code("print(f'{a}{b}', [1, 2])\nx.y"),
        markdown("```{answer}\nFour.\n```\n\nNow (one two three four five six) $x^2$."),
    )


def test_the_figures_of_a_page():
    found = reading.figures(8, page())
    assert found.words == 26
    assert found.code == 4 + 4 + 2
    assert (found.predictions, found.said) == (1, 7)
    assert found.minutes == round((26 - 0.5) / 170 + 10 / 9 + 1)
    assert (found.parentheses, found.longest) == (round(100 * 6 / 26), 6)
    assert (found.later, found.crowded) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print(1)", 1),
        ("print('a', b)", 1),
        ("print(f'{a} {b}')", 2),
        ("print([a, b, c])", 3),
        ("show_error(f)", 1),
        ("a + b", 1),
        ("a.b()", 0),
        ("for a in b:\n    print(a, b)", 0),
        ("%pip install numpy", 0),
    ],
)
def test_the_values_that_a_cell_prints_are_counted(text, expected):
    assert reading.values_printed(text) == expected


def test_the_lines_of_a_definition_are_those_of_its_last_version():
    cell = build("class A:\n    x = 1\n\n    def f(self):\n        y = 2\n        return y")
    assert sum(reading.definitions(cell).values()) == 4
    assert reading.definitions(code("def f():\n    return 1")) == {}


def test_what_is_above_its_limit_is_named():
    row = reading.figures(8, page())
    assert reading.above_the_limits({8: row}, {"code": {"8": 10}}) == []
    assert reading.above_the_limits({8: row}, {"code": {"8": 9}}) == [
        "chapter 8: code is 10, the limit is 9"
    ]


def test_a_record_holds_what_was_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "LIMITS", tmp_path / "limits.toml")
    found = {8: reading.figures(8, page())}
    reading.LIMITS.write_text(reading.record(found), encoding="utf-8")
    assert reading.above_the_limits(found, reading.limits()) == []
    assert reading.limits()["code"] == {"8": 10}
