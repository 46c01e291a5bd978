"""tinylinks.steps: what it tells of the walk back is what `backward` does."""

import gc
import sys
import weakref
from xml.etree import ElementTree

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinylinks
import tinylinks.functions as F
from tinylinks import Function, Variable, backend, graph, steps
from tinylinks.drawing import Layout, Picture, draw
from tinylinks.steps import table


def variable(values, name=None, dtype=np.float64):
    return Variable(np.array(values, dtype), name=name)


def named(y, name):
    y.name = name
    return y


def diamond():
    """y = exp(a) + a with a = x**2, at x = 1."""
    x = variable(1.0, "x")
    a = named(F.square(x), "a")
    e = named(F.exp(a), "e")
    return x, a, e, named(e + a, "y")


def chain(length):
    y = variable(1.0, "x")
    for _ in range(length):
        y = y + 1
    return y


class TwoWays(Function):
    """Two outputs: twice and three times the input."""

    def forward(self, x):
        return x * 2, x * 3

    def backward(self, ga, gb):
        return ga * 2 + gb * 3


class ToNobody(Function):
    """y = a + b, and no gradient for anybody."""

    def forward(self, a, b):
        return a + b

    def backward(self, gy):
        return None, None


# ---- random graphs ----

SHAPES = [(), (3,), (2, 1), (2, 3), (1,)]
ONE = [F.sin, F.tanh, F.square, F.relu, lambda x: x * 0.5, lambda x: 1 - x, lambda x: x.sum()]
TWO = [F.add, F.sub, F.mul, F.maximum, lambda a, b: (a + b) * a]


@st.composite
def graphs(draw):
    """Draw the end of a graph of up to 12 operations, and the Variables that were made."""
    count = draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    xs = [variable(random.uniform(-1, 1, draw(st.sampled_from(SHAPES)))) for _ in range(count)]
    everything = list(xs)
    for _ in range(draw(st.integers(1, 12))):
        a, b = (draw(st.sampled_from(everything[-5:])) for _ in range(2))
        kind = draw(st.integers(0, 5))
        if kind == 0:
            everything += TwoWays().apply(a)
        elif kind == 5:
            everything.append(ToNobody().apply(a, b))
        elif kind == 1:
            everything.append(draw(st.sampled_from(ONE))(a))
        else:
            everything.append(draw(st.sampled_from(TWO))(a, b))
    y = everything[-1]
    if draw(st.booleans()):
        y = y.sum()
        everything.append(y)
    if y.size > 1:
        y.grad = random.uniform(-1, 1, y.shape)
    return y, everything


def nodes_behind(y):
    """Return all nodes of the graph that ends in `y`."""
    found, todo = {}, [y.node]
    while todo:
        node = todo.pop()
        if node is not None and node not in found:
            found[node] = None
            todo += node.creator.inputs if node.creator else []
    return list(found)


def gradient_at(node):
    """Return the gradient that `backward(retain_grad=True)` left at a node."""
    if node.creator is None:
        return None if node.owner is None or node.owner() is None else node.owner().grad
    return node.grad


def assert_sums_are_those_of_backward(y):
    walk = steps(y)
    arrived = walk[-1].arrived
    y.backward(retain_grad=True)
    for node in nodes_behind(y):
        g = gradient_at(node)
        if g is not None or node in arrived:
            assert np.array_equal(arrived[node], g)
            assert arrived[node].dtype == g.dtype
    assert {step.function for step in walk} == {
        node.creator for node in arrived if node.creator is not None
    }


@settings(max_examples=60)
@given(graphs())
def test_the_sums_are_those_of_backward(drawn):
    assert_sums_are_those_of_backward(drawn[0])


@settings(max_examples=60)
@given(graphs())
def test_the_sums_are_those_of_backward_in_a_graph_of_second_derivatives(drawn):
    y, everything = drawn
    y.cleargrad()
    leaves = [x for x in everything if x.creator is None]
    gxs = tinylinks.grad([F.sin(y).sum()], leaves, enable_double_backprop=True)
    ends = [gx.sum() for gx in gxs if gx is not None]
    assume(ends)
    assert_sums_are_those_of_backward(sum(ends[1:], start=ends[0]))


@pytest.mark.parametrize("function", [F.tanh, F.exp, F.sigmoid, F.softmax])
def test_an_output_that_two_nodes_stand_for_has_one_sum(function):
    """What `backward` retained of an output makes a second node of it in the graph."""
    x = variable([[0.5, -1.0]], "x")
    y = named(function(x), "y")
    (gx,) = tinylinks.grad([y * y], [x], enable_double_backprop=True)
    gx.grad = np.array([[1.0, 2.0]])
    nodes = [n for n in nodes_behind(gx) if n.creator is y.creator]
    assert len(nodes) > 1
    arrived = steps(gx)[-1].arrived
    gx.backward(retain_grad=True)
    assert all(np.array_equal(arrived[node], y.node.grad) for node in nodes)
    assert np.array_equal(arrived[x.node], x.grad)


@settings(max_examples=60)
@given(graphs())
def test_each_step_is_one_of_backward_steps(drawn):
    y, _ = drawn
    arrivals = graph.Arrivals()
    arrivals.add(y.node, np.ones(y.shape) if y.grad is None else y.grad)
    before = {}
    walk = iter(steps(y))
    number = 0
    for number, (function, gys, gxs) in enumerate(graph.backward_steps(arrivals), 1):
        step = next(walk)
        assert (step.number, step.function) == (number, function)
        assert_same(step.gys, gys)
        assert_same(step.gxs, gxs)
        assert step.waiting == [f for _, _, f in sorted(arrivals.queue)]
        for there in [arrivals.leaves, *arrivals.waiting.values()]:
            assert_same([step.arrived[node] for node in there], there.values())
        pairs = zip(function.inputs, gxs, strict=True)
        sent = [n for n, gx in pairs if n is not None and n.requires_grad and gx is not None]
        assert list(step.came) == list(dict.fromkeys(sent))
        assert sum(map(len, step.came.values())) == len(sent)
        for node, gs in step.came.items():
            total = sum(gs, start=before.get(node, 0.0))
            assert np.allclose(step.arrived[node], total, rtol=0, atol=1e-12)
        before = step.arrived
    assert next(walk, None) is None
    assert number > 0


def assert_same(arrays, others):
    for a, b in zip(arrays, others, strict=True):
        assert (a is None) == (b is None)
        assert a is None or np.array_equal(a, b)


def state(y):
    """Return all that a walk could change, as far as a reader can see it."""
    nodes = nodes_behind(y)
    functions = [n.creator for n in nodes if n.creator]
    owners = [n.owner() for n in nodes if n.owner and n.owner() is not None]
    return (
        [[getattr(n, name) for name in graph.Node.__slots__ if name != "grad"] for n in nodes],
        [None if n.grad is None else n.grad.tolist() for n in nodes],
        [None if x.grad is None else x.grad.tolist() for x in [y, *owners]],
        [x.data.tolist() for x in [y, *owners]],
        [(f.inputs, f.rank, f.double_backprop) for f in functions],
        [[a.tolist() for a in f._retained_inputs if hasattr(a, "tolist")] for f in functions],
        [[a.tolist() for a in f._retained_outputs] for f in functions],
    )


@given(graphs(), st.booleans())
def test_no_gradient_and_nothing_in_the_graph_changes(drawn, walked_before):
    y, _ = drawn
    if walked_before:
        y.backward(retain_grad=True)
    before = state(y)
    first = steps(y)
    assert state(y) == before
    second = steps(y)
    assert repr(first) == repr(second)


def test_what_is_told_stays_when_gradients_change_later():
    x = variable([1.0, 2.0], "x")
    y = x + 0.0
    y.grad = np.array([3.0, 4.0])
    walk = steps(y)
    text = repr(walk)
    y.grad[...] = 7.0
    x.data[...] = 7.0
    y.backward()
    x.grad[...] = 7.0
    assert repr(walk) == text
    assert walk[0].gys[0].tolist() == [3.0, 4.0]


def test_backward_afterwards_is_as_ever():
    x, a, _, y = diamond()
    steps(y)
    y.backward()
    assert x.grad.item() == pytest.approx(2 * (np.e + 1))
    assert (a.grad, y.grad) == (None, None)


# ---- where it starts ----


def test_a_single_element_starts_from_one(xp):
    x = Variable(xp.asarray([[2.0]], dtype=np.float32))
    (step,) = steps(x * x)
    assert backend.to_cpu(step.gys[0]).tolist() == [[1.0]]
    assert step.gys[0].dtype == np.float32
    assert type(step.gys[0]) is type(x.data)


def test_the_gradient_of_y_starts_it_where_there_is_one():
    y = variable(2.0, "x") * 3.0
    y.grad = np.array(5.0)
    (step,) = steps(y)
    assert (step.gys[0].item(), step.arrived[y.node].item()) == (5.0, 5.0)
    assert y.grad.item() == 5.0


@pytest.mark.parametrize(
    "y",
    [
        variable([1.0, 2.0]) * 2.0,
        variable(1.0),
        Variable(np.ones(1), requires_grad=False) * 2.0,
        tinylinks.Parameter(0.0),
    ],
)
def test_what_backward_refuses_is_refused_with_the_same_sentence(y):
    with pytest.raises(RuntimeError) as of_backward:
        y.backward()
    with pytest.raises(RuntimeError) as of_steps:
        steps(y)
    assert str(of_steps.value) == str(of_backward.value)


@pytest.mark.parametrize(
    ("y", "got"),
    [
        (np.ones(2), "a float64 array of shape (2,)"),
        (3.0, "3.0"),
        (None, "None"),
        ([variable(1.0) * 2.0], "a list"),
    ],
)
def test_what_is_no_variable_is_refused(y, got):
    with pytest.raises(TypeError) as caught:
        steps(y)
    assert str(caught.value).startswith("steps: expected a Variable")
    assert f"got {got}." in str(caught.value)
    assert "(See chapter" in str(caught.value)


def test_an_error_in_a_backward_comes_through():
    class Odd(Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            return gy, gy

    y = Odd().apply(variable(1.0))
    with pytest.raises(ValueError, match=r"odd.backward: expected 1 gradient"):
        steps(y)


# ---- a sequence ----


def test_it_is_a_sequence_of_steps():
    x, a, e, y = diamond()
    walk = steps(y)
    assert len(walk) == 3
    assert [step.function.label for step in walk] == ["add", "exp", "square"]
    assert walk[-1] is walk[2]
    assert [f.label for f in walk[0].waiting] == ["exp", "square"]
    assert walk[1].came == {a.node: [walk[1].gxs[0]]}
    assert walk[1].arrived[a.node] == pytest.approx(np.e + 1)
    assert list(walk[0].arrived) == [y.node, e.node, a.node]
    assert x.node not in walk[1].arrived
    with pytest.raises(IndexError):
        walk[3]


def test_a_slice_is_a_part_of_the_walk():
    _, _, _, y = diamond()
    walk = steps(y)
    part = walk[1:]
    assert type(part) is type(walk)
    assert [step.number for step in part] == [2, 3]
    assert part[0] is walk[1]
    assert part._end is walk._end
    assert len(walk[3:]) == 0


def test_the_queue_is_told_in_the_order_of_the_visits():
    x = variable(1.0)
    ways = [F.sin(x), F.sin(F.sin(F.sin(x))), F.sin(F.sin(x)), x * x]
    y = F.concat([F.reshape(way, (1,)) for way in ways], axis=0).sum()
    walk = steps(y)
    assert max(len(step.waiting) for step in walk) == 4
    for step, following in zip(walk, walk[1:]):
        assert step.waiting[0] is following.function
        ranks = [f.rank for f in step.waiting]
        assert ranks == sorted(ranks, reverse=True)


def test_a_long_walk_ends_after_1000_visits():
    walk = steps(chain(1000))
    assert len(walk) == 1000
    assert "The walk goes on" not in repr(walk)
    walk = steps(chain(1001))
    assert len(walk) == 1000
    assert repr(walk).endswith("The walk goes on after visit 1000.")


# ---- memory ----


def test_it_holds_the_graph_but_no_variable(no_gc):
    x = variable([1.0, 2.0])
    h = x + 1.0
    y = (h + 2.0).sum()
    walk = steps(y)
    seen = [weakref.ref(v) for v in (x, h, y)] + [weakref.ref(v.data) for v in (x, h)]
    function = weakref.ref(y.creator)
    del x, h, y
    assert [ref() for ref in seen] == [None] * 5
    assert function() is walk[0].function
    gradient = weakref.ref(walk[0].gys[0])
    assert gradient() is not None
    del walk
    assert (function(), gradient()) == (None, None)
    assert gc.collect() == 0  # it found no cycle


# ---- in words ----


def lines(*rows):
    return "\n".join(rows)


def test_the_table_of_the_diamond():
    _, _, _, y = diamond()
    assert repr(steps(y)) == lines(
        "visit      gy        gx (sum so far)       then waiting",
        "1. add     y: 1.     e: 1., a: 1.          exp, square",
        "2. exp     e: 1.     a: 2.718 (sum 3.718)  square",
        "3. square  a: 3.718  x: 7.437              nothing",
    )
    assert repr(steps(y)[1]) == lines(
        "visit   gy     gx (sum so far)       then waiting",
        "2. exp  e: 1.  a: 2.718 (sum 3.718)  square",
    )
    assert repr(steps(y)[1:2]) == lines(
        "visit   gy     gx (sum so far)       then waiting",
        "2. exp  e: 1.  a: 2.718 (sum 3.718)  square",
        "The walk goes on after visit 2.",
    )
    assert repr(steps(y)[3:]) == "visit  gy  gx (sum so far)  then waiting"


def test_the_table_of_a_value_used_twice():
    x = variable(3.0, "x")
    assert repr(steps(x * x)) == lines(
        "visit   gy  gx (sum so far)      then waiting",
        "1. mul  1.  x: 3. + 3. (sum 6.)  nothing",
    )


def test_the_table_of_several_outputs(strict):
    x = Variable(strict.asarray([1.0, 2.0], dtype=np.float32))
    _, b = TwoWays().apply(x)
    b.name = "b"
    y = b.sum()
    assert repr(steps(y)) == lines(
        "visit        gy                               gx (sum so far)   then waiting",
        "1. sum       1.                               b: (2,) [1., 1.]  two_ways",
        "2. two_ways  (2,) [0., 0.], b: (2,) [1., 1.]  (2,) [3., 3.]     nothing",
    )


def test_the_table_of_a_function_that_sends_nothing_on():
    x = variable(1.0, "x")
    assert repr(steps(ToNobody().apply(x, x))) == lines(
        "visit         gy  gx (sum so far)  then waiting",
        "1. to_nobody  1.  nothing          nothing",
    )


def test_what_goes_to_constants_is_not_told():
    x = variable(1.0, "x")
    c = Variable(np.array(1.0), name="c", requires_grad=False)
    (step,) = steps(c + x)
    assert len(step.gxs) == 2
    assert list(step.came) == [x.node]


def test_a_wide_table_has_a_line_for_each_gradient():
    x, W, b = variable(np.ones((2, 3)), "x"), variable(np.ones((2, 3)), "W"), variable([0, 0], "b")
    h = named(F.linear(x, W, b), "h")
    assert repr(steps(named(h.sum(), "y"))) == lines(
        "visit      gy                       gx (sum so far)          then waiting",
        "1. sum     y: 1.                    h: (2, 2) [1., 1., ...]  linear",
        "2. linear  h: (2, 2) [1., 1., ...]  x: (2, 3) [2., 2., ...]  nothing",
        "                                    W: (2, 3) [2., 2., ...]",
        "                                    b: (2,) [2., 2.]",
    )


@pytest.mark.parametrize(("width", "rows"), [(88, 1), (89, 2)])
def test_a_table_may_be_88_characters_wide(width, rows):
    row = [["visit"], ["gy"], ["gx", "x" * (width - 20)], ["end"]]
    short = [["1"], ["2"], ["3"], []]
    assert len(table([short, row])) == rows + 1
    assert len(table([short, row])[1]) == (88 if rows == 1 else 85)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (2.0, "2."),
        ([2.0], "(1,) [2.]"),
        ([[1.23456, -2.0, 1e-9]], "(1, 3) [1.235, -2., 1e-09]"),
        ([1.0, 2.0, 3.0, 4.0], "(4,) [1., 2., ...]"),
        (np.ones((0, 2)), "(0, 2) []"),
        ([np.nan, np.inf], "(2,) [nan, inf]"),
    ],
)
def test_gradients_are_told_in_short(values, text):
    y = variable(np.zeros(np.shape(values)), "x") + 0.0
    y.grad = np.array(values)
    line = repr(steps(y)).splitlines()[1]
    assert line.split() == ["1.", "add", *text.split(), "x:", *text.split(), "nothing"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (4, "  sin, sin, sin, sin"),
        (5, "  sin, sin, sin, sin, 1 more"),
        (6, "  sin, sin, sin, sin, 2 more"),
    ],
)
def test_of_the_waiting_functions_four_are_named(count, text):
    x = variable([[1.0]])
    y = F.concat([F.sin(x) for _ in range(count)], axis=0)
    y.grad = np.ones(y.shape)
    first = steps(y)[0]
    assert len(first.waiting) == count
    assert repr(first._replace(came={})).endswith(text)


@pytest.mark.parametrize(("length", "rows"), [(30, 31), (31, 32), (40, 32)])
def test_thirty_visits_are_printed(length, rows):
    text = repr(steps(chain(length))).splitlines()
    assert len(text) == rows
    assert text[30].startswith("30. add")
    if length > 30:
        assert text[31] == f"Visits left out here: {length - 30}. Add [30:] to see them."
    assert repr(steps(chain(40))[30:]).splitlines()[1].startswith("31. add")


def test_words_need_no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    _, _, _, y = diamond()
    assert str(steps(y)).count("\n") == 3
    assert steps(y)._repr_html_().count("<svg") == 3


# ---- in pictures ----


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def texts_of(ax):
    return [text.get_text() for text in ax.texts if text.get_text().strip()]


def notes_of(ax, y):
    """Return what stands in a picture beside the texts of its boxes."""
    texts = texts_of(ax)
    plain = texts_of(draw(y))
    for text in plain:
        texts.remove(text)
    return sorted(texts)


def thick_boxes(ax):
    boxes = {text.get_text(): text.get_bbox_patch() for text in ax.texts}
    return [text for text, box in boxes.items() if box and box.get_linewidth() == 3]


def test_the_pictures_of_the_diamond(pyplot):
    _, _, _, y = diamond()
    steps(y).draw()
    figure = pyplot.gcf()
    axes = figure.axes
    assert [ax.get_title("left") for ax in axes] == [
        "1. visit add, then waiting: exp, square",
        "2. visit exp, then waiting: square",
        "3. visit square, then waiting: nothing",
    ]
    assert [thick_boxes(ax) for ax in axes] == [["+"], ["exp"], ["square"]]
    assert [notes_of(ax, y) for ax in axes] == [
        ["1.", "1.", "1."],
        ["1.", "1.", "2.718\nsum 3.718"],
        ["1.", "1.", "3.718", "7.437"],
    ]
    assert "".join(text.get_text() for text in figure.texts) == ""


def test_a_note_shows_all_that_one_visit_sends(pyplot):
    x = variable([3.0, 4.0], "x")
    steps((x * x).sum()).draw()
    note = "[3., 4.] + [3., 4.]\nsum [6., 8.]"
    assert note in texts_of(pyplot.gcf().axes[1])


def numbers_of(pyplot, walk):
    """Return the numbers of the visits that a walk draws, and the lines below them."""
    walk.draw()
    figure = pyplot.gcf()
    titles = [ax.get_title("left") for ax in figure.axes]
    return [int(title.partition(".")[0]) for title in titles], figure.texts[0].get_text()


@pytest.mark.parametrize(
    ("leaves", "length", "drawn"),
    [(1, 6, 6), (1, 7, 6), (2, 19, 5), (1, 33, 2), (1, 100, 1)],
)
def test_few_visits_of_a_large_graph_are_drawn(leaves, length, drawn, pyplot):
    y = variable(1.0)
    for i in range(length):
        y = y + (variable(1.0) if i < leaves - 1 else 1)
    assert len(Picture([y]).texts) == 2 * length + leaves
    numbers, below = numbers_of(pyplot, steps(y))
    assert numbers == list(range(1, drawn + 1))
    left_out = f"Visits left out here: {length - drawn}. Add [{drawn}:] to see them."
    assert below == (left_out if length > drawn else "")


def test_a_slice_chooses_the_visits_that_are_drawn(pyplot):
    walk = steps(chain(9))
    assert numbers_of(pyplot, walk[6:]) == ([7, 8, 9], "")
    assert numbers_of(pyplot, walk[2:4]) == ([3, 4], "The walk goes on after visit 4.")
    assert numbers_of(pyplot, walk[9:]) == ([], "")


def test_notes_cover_no_box_and_no_other_note(pyplot):
    x, W = variable([[-0.123456, 2.0, 3.0]] * 2, "x"), variable([[0.123456] * 3] * 3, "W")
    b = variable([-0.123456] * 3, "b")
    y = named((F.linear(x, W, b) * x).sum(), "y")
    steps(y).draw()
    figure = pyplot.gcf()
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    texts = [text for ax in figure.axes for text in [*ax.texts, ax._left_title]]
    boxes = [text.get_bbox_patch() or text for text in texts if text.get_text()]
    extents = [box.get_window_extent(renderer) for box in boxes]
    assert len(extents) > 20
    for i, one in enumerate(extents):
        assert figure.bbox.containsx(one.x0) and figure.bbox.containsx(one.x1)
        assert figure.bbox.containsy(one.y0) and figure.bbox.containsy(one.y1)
        for other in extents[:i]:
            assert not one.overlaps(other)


def test_the_figure_of_a_very_large_graph_can_be_made():
    y = F.concat([F.sin(variable([1.0])) for _ in range(130)], axis=0)
    width, height = Layout(Picture([y])).size
    assert (width < 10, height) == (True, 100)


def test_of_many_outputs_and_inputs_four_are_shown(xp):
    x = Variable(xp.ones((6, 2)))
    walk = steps(F.concat([row.reshape(1, 2) for row in x]).sum())
    joined, rows = str(walk[1]), str(walk[-1])
    assert (walk[1].function.label, walk[-1].function.label) == ("concat", "rows")
    assert (joined.count("(1, 2) [1., 1.]"), joined.count("2 more")) == (4, 2)  # gx, and waiting
    assert (rows.count("(2,) [1., 1.]"), rows.count("2 more")) == (4, 1)


# ---- as a list with pictures, which notebooks show ----


def listed(walk):
    """Return the list that a notebook shows, and the lines below it."""
    root = ElementTree.fromstring(f"<div>{walk._repr_html_()}</div>")
    return root[0], [line.text for line in root[1:]]


def words_of(item):
    return [text.text for text in item.iter("dd")]


def test_the_list_says_what_the_table_says():
    _, _, _, y = diamond()
    found, below = listed(steps(y))
    assert (found.tag, found.get("start"), below) == ("ol", "1", [])
    assert [[name.text for name in item.iter("dt")] for item in found] == [
        ["visit", "gy", "gx (sum so far)", "then waiting"]
    ] * 3
    assert list(map(words_of, found)) == [
        ["add", "y: 1.", "e: 1., a: 1.", "exp, square"],
        ["exp", "e: 1.", "a: 2.718 (sum 3.718)", "square"],
        ["square", "a: 3.718", "x: 7.437", "nothing"],
    ]


def test_each_picture_of_the_list_is_told_in_words():
    _, _, _, y = diamond()
    pictures = list(listed(steps(y))[0].iter("svg"))
    assert {picture.get("role") for picture in pictures} == {"img"}
    assert pictures[1].get("aria-label") == (
        "Graph: 2. visit exp, then waiting: square. "
        "Arrived so far: y: 1.; e: 1.; a: 2.718, sum 3.718."
    )


def texts_in(picture):
    return sorted(text.text for text in picture.iter("text") if text.text)


def test_the_pictures_of_the_list_show_what_draw_shows(pyplot):
    x, W, b = variable(np.ones((2, 3)), "x"), variable(np.ones((2, 3)), "W"), variable([0, 0], "b")
    walk = steps(named((F.linear(x, W, b) * 2).sum(), "y"))
    walk.draw()
    drawn = [sorted("\n".join(texts_of(ax)).split("\n")) for ax in pyplot.gcf().axes]
    pictures = list(listed(walk)[0].iter("svg"))
    assert list(map(texts_in, pictures)) == drawn
    thick = [
        [box.get("fill") for box in picture.iter("rect") if box.get("stroke-width") == "3"]
        for picture in pictures
    ]
    assert thick == [["#ffe0b3"]] * 3
    assert len({picture.get("viewBox") for picture in pictures}) == 1, "the height jumps"


def spans(picture):
    """Yield (left, right, top, bottom) of all boxes and of all texts of a picture."""
    for box in picture.iter("rect"):
        x, y, width, height = (float(box.get(key)) for key in ("x", "y", "width", "height"))
        yield x, x + width, y, y + height
    for text in picture.iter("text"):
        half = 3.5 * len(text.text or "")
        x, y = float(text.get("x")), float(text.get("y"))
        yield x - half, x + half, y - 11, y + 4


def test_nothing_reaches_out_of_a_picture():
    x = variable([[-0.123456, 2.0, 3.0]] * 2, "a name with many letters")
    _, _, _, y = diamond()
    for walk in (steps((x * x).sum()), steps(y), steps(x.sum()), steps(chain(3))):
        for picture in listed(walk)[0].iter("svg"):
            left, top, width, height = map(int, picture.get("viewBox").split())
            for x0, x1, y0, y1 in spans(picture):
                assert left <= x0 < x1 + 1 <= left + width + 1
                assert top <= y0 < y1 <= top + height


def test_arrows_end_where_their_boxes_begin():
    x = variable(3.0, "x")
    (picture,) = listed(steps(x * x))[0].iter("svg")
    result, times, _ = picture.iter("rect")
    lines = [path.get("d") for path in picture.iter("path") if path.get("fill") == "none"]
    ends = [tuple(map(float, line.split()[-2:])) for line in lines]
    left = {float(box.get("x")) for box in (times, result)}
    assert {end[0] for end in ends} <= left
    assert len(set(lines)) == len(ends) == 3, "x is used twice: two arrows, each with a bend"
    upper, lower = sorted(end for end in ends if end[0] == float(times.get("x")))
    assert lower[1] - upper[1] > 5


def test_names_are_no_html():
    x = variable(1.0, '<b>"x"&')
    text = steps(x * 2)._repr_html_()
    assert "<b>" not in text
    found, _ = listed(steps(x * 2))
    assert words_of(found[0])[2] == '<b>"x"&: 2.'
    assert '<b>"x"&: 2.' in next(found.iter("svg")).get("aria-label")


def test_a_slice_is_a_list_that_begins_later():
    walk = steps(chain(9))
    found, below = listed(walk[2:4])
    assert (found.get("start"), len(found)) == ("3", 2)
    assert below == ["The walk goes on after visit 4."]
    assert walk[9:]._repr_html_() is None


@pytest.mark.parametrize(("length", "shown"), [(24, 24), (25, 23), (37, 16), (599, 1)])
def test_few_pictures_of_a_large_graph_are_in_the_list(length, shown):
    found, below = listed(steps(chain(length)))
    assert len(found) == shown
    left_out = f"Visits left out here: {length - shown}. Add [{shown}:] to see them."
    assert below == ([left_out] if length > shown else [])


def test_a_graph_that_no_picture_can_hold_has_no_list():
    walk = steps(chain(600))
    assert walk._repr_html_() is None
    assert "1. add" in repr(walk)
