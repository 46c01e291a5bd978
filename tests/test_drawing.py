"""Pictures of graphs: names of all kinds."""

import io
import re

import matplotlib
import numpy as np
import pytest

import tinylinks
from tinylinks import Variable

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NAMES = [
    *[
        "cost_$a_$",
        "$",
        "$$",
        r"$\frac$",
        r"\$5 and $6",
        "\\",
        "\\n",
        "a_{",
        "_^{}",
        "{",
        "}",
        "%d",
    ],
    *['"', "'", "<b>", "&amp;", "αβγ", "Привет", "a\nb", "\n\n", "a\nb\nc\nd\ne", " ", "x" * 500],
]
ODD = {
    "a\tb": "a\ufffdb",
    "\0": "\ufffd",
    "\r": "\ufffd",
    "\ud800": "\ufffd",
    "\x1b[0m": "\ufffd[0m",
}


@pytest.fixture(autouse=True)
def _no_figure_is_left():
    yield
    plt.close("all")


def graph(name):
    x = Variable(np.ones(1), name=name)
    y = x * 2
    y.name = name
    return x, y


def test_ranks_are_columns_of_the_picture():
    x = Variable(np.array(1.5), name="x")
    a = tinylinks.functions.square(x)
    y = tinylinks.functions.exp(a) + a
    plain = tinylinks.draw(y)
    ax = tinylinks.draw(y, ranks=True)
    assert len(ax.patches) - len(plain.patches) == 3  # shaded
    place = {text.get_text(): text.xy for text in ax.texts if text.get_text().strip()}
    for rank, function in enumerate(["square", "exp", "+"]):
        x, top = place[f"rank {rank}"]
        assert x == place[function][0]
        assert top > max(place[function][1], place["x"][1])
    assert "rank 0" not in [text.get_text() for text in plain.texts]


def drawn(form):
    file = io.BytesIO()
    plt.savefig(file, format=form)
    return file.getvalue()


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_name_is_drawn_as_it_is(name):
    _, y = graph(name)
    ax = tinylinks.draw(y)
    assert [text.get_text() for text in ax.texts].count(f"{name}\n(1,)") == 2
    assert drawn("png") != drawn("svg")


@pytest.mark.parametrize(("name", "expected"), ODD.items(), ids=repr)
def test_what_no_font_has_is_drawn_as_a_sign(name, expected):
    _, y = graph(name)
    ax = tinylinks.draw(y)
    assert f"{expected}\n(1,)" in [text.get_text() for text in ax.texts]
    drawn("png")
    assert f'"{expected}\\n(1,)"' in tinylinks.to_dot(y)


def test_letters_that_the_font_lacks_are_warned_of_and_drawn():
    _, y = graph("日本語")
    tinylinks.draw(y)
    with pytest.warns(UserWarning, match="missing from font"):
        drawn("png")


@pytest.mark.parametrize("name", ["cost_$a_$", "\\", "{"])
def test_notes_are_drawn_as_they_are(name):
    x, y = graph("x")
    ax = tinylinks.draw(y, notes=[(x, name), (y.creator, "$a_$")], highlight=y)
    assert {name, "$a_$"} <= {text.get_text() for text in ax.texts}
    drawn("png")


def test_the_label_of_a_function_is_drawn_as_it_is():
    class Odd(tinylinks.Function):
        label = "$a_$\t"

        def forward(self, x):
            return x * 1

    y = Odd().apply(Variable(np.ones(1)))
    assert "$a_$\ufffd" in [text.get_text() for text in tinylinks.draw(y).texts]
    drawn("png")


def test_steps_are_drawn_with_such_names_too():
    from tinylinks.steps import steps

    x = Variable(np.array([2.0]), name="cost_$a_$")
    steps(x * x + x).draw()
    drawn("png")


def test_a_picture_is_high_enough_for_names_of_several_lines():
    heights = []
    for name in ("a", "a\nb\nc\nd\ne"):
        tinylinks.draw(graph(name)[1])
        heights.append(plt.gcf().get_size_inches()[1])
    assert heights == [0.8, 1.6]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_label_in_dot_is_one_text_in_quotes(name):
    _, y = graph(name)
    lines = [line for line in tinylinks.to_dot(y).split("\n") if "oval" in line]
    (label,) = {re.fullmatch(r'  \d \[shape=oval, label="(.*)"\];', line)[1] for line in lines}
    assert not re.search(r'(?<!\\)(\\\\)*"', label)  # a quote that ends it has no backslash
    read = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), label)
    assert read == f"{name}\n(1,)"
