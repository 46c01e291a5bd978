"""Debug mode names the line of the user's code that a wrong number comes from."""

import inspect
import linecache
import os
import re
import subprocess
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Function,
    Sequential,
    Variable,
    backend,
    config,
    debug,
    grad,
    optimizers,
    using_config,
)

HERE = Path(__file__).name


@pytest.fixture(autouse=True)
def without_numpys_warnings():
    """NumPy warns of log(-1) and the like; here the library has to say it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


@pytest.fixture
def debugging():
    with using_config("debug", True):
        yield


def vector(*numbers):
    return Variable(np.array(numbers, np.float32))


def said(error):
    """Return all that a traceback prints below its frames: the sentence and the notes."""
    return "".join(traceback.format_exception_only(error))


def assert_names(error, line):
    """Demand this file and the text of `line`, with its number, in what `error` says."""
    source, first = inspect.getsourcelines(inspect.currentframe().f_back.f_code)
    (number,) = [n for n, text in enumerate(source, first) if text.strip() == line]
    assert f"{HERE}, line {number}: {line}" in said(error)


def function(backward, name="Odd"):
    """Make a Function that doubles, with this `backward`."""

    def forward(self, x):
        return x * 2

    return type(name, (Function,), {"forward": forward, "backward": backward})()


WALKS = {
    "backward": lambda x, y: y.backward(),
    "double": lambda x, y: y.backward(enable_double_backprop=True),
    "grad": lambda x, y: grad([y], [x]),
}


@pytest.fixture(params=WALKS.values(), ids=WALKS)
def walk(request):
    """Each way to go back through the graph."""
    return request.param


# ---- NaN and infinity ----


def test_a_nan_made_by_forward_is_named_with_its_line(debugging):
    x = vector(-1, 1)
    with pytest.raises(FloatingPointError) as caught:
        y = F.log(x)  # the culprit
        y.sum()
    assert_names(caught.value, "y = F.log(x)  # the culprit")
    assert said(caught.value).startswith(
        "FloatingPointError: log.forward: expected finite numbers, got NaN or infinity"
    )
    assert "(See chapter 21.)" in said(caught.value)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_infinities_and_nan_are_reported_alike(debugging, value):
    with pytest.raises(FloatingPointError, match=r"add.forward: expected finite numbers"):
        vector(0, 1) + np.array([0, value], np.float32)


def test_an_infinity_is_found_among_several_outputs(debugging):
    class Halves(Function):
        def forward(self, x):
            return x / 2, x / 0

    with pytest.raises(FloatingPointError, match=r"halves\.forward"):
        Halves().apply(vector(1, 2))


def test_an_operator_is_blamed_on_the_line_that_wrote_it(debugging):
    x = vector(0, 1)
    with pytest.raises(FloatingPointError, match=r"div\.forward") as caught:
        _ = 1 / x
    assert_names(caught.value, "_ = 1 / x")


def test_an_infinity_made_by_backward_names_the_line_of_the_forward(debugging):
    x = vector(0, 1)
    y = F.sqrt(x)  # its slope at 0 is infinite
    z = y.sum()
    with pytest.raises(FloatingPointError, match=r"sqrt\.backward") as caught:
        z.backward()
    assert_names(caught.value, "y = F.sqrt(x)  # its slope at 0 is infinite")


def test_an_infinity_is_found_among_several_gradients(debugging):
    class Second(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return gy, gy / 0

    y = Second().apply(vector(1, 2), vector(3, 4))
    with pytest.raises(FloatingPointError, match=r"second\.backward"):
        y.sum().backward()


def test_grad_looks_for_them_too(debugging):
    x = vector(0, 1)
    y = F.sqrt(x)
    with pytest.raises(FloatingPointError, match=r"sqrt\.backward") as caught:
        grad([y], [x])
    assert_names(caught.value, "y = F.sqrt(x)")


def test_every_walk_names_the_line_that_a_nan_comes_from(debugging, walk):
    x = vector(0, 1)
    y = F.sqrt(x)  # infinitely steep
    z = y.sum()
    with pytest.raises(FloatingPointError, match=r"^(sqrt\.backward|div\.forward): ") as caught:
        walk(x, z)
    assert_names(caught.value, "y = F.sqrt(x)  # infinitely steep")


def test_large_and_negative_numbers_are_no_reason_to_complain(debugging):
    x = vector(-3e38, 0, 3e38)
    y = F.sum(x * 1)
    y.backward()
    assert (x.grad == 1).all()


def test_integers_and_empty_arrays_pass(debugging):
    assert Variable(np.array([3, 4]))[1:].data == [4]
    assert F.exp(Variable(np.zeros((0, 3), np.float32))).shape == (0, 3)


def test_the_outputs_are_checked_where_no_graph_is_recorded(debugging):
    with using_config("enable_backprop", False), pytest.raises(FloatingPointError):
        F.log(vector(-1))


def test_a_slope_of_zero_is_no_zero_times_infinity(debugging):
    x = vector(0, 2)
    F.sum(x**0).backward()
    assert x.grad.tolist() == [0, 0]


# ---- an array changed in place ----


def test_an_input_changed_in_place_is_named_with_the_line_that_used_it(debugging):
    x = vector(1, 2)
    y = F.square(x)  # keeps x
    x.data[0] = 5
    z = y.sum()
    with pytest.raises(RuntimeError, match=r"square\.backward.*changed in place") as caught:
        z.backward()
    assert_names(caught.value, "y = F.square(x)  # keeps x")
    assert "change a copy" in said(caught.value)
    assert x.grad is None


def test_an_output_changed_in_place_is_noticed(debugging):
    y = F.exp(vector(1, 2))  # keeps y
    y.data *= 2
    with pytest.raises(RuntimeError, match=r"exp\.backward.*changed in place") as caught:
        y.sum().backward()
    assert_names(caught.value, "y = F.exp(vector(1, 2))  # keeps y")


def test_every_walk_notices_a_change_in_place(debugging, walk):
    x = vector(1, 2)
    y = F.square(x)  # will not see the 5
    z = y.sum()
    x.data[0] = 5
    with pytest.raises(RuntimeError, match=r"square\.backward.*changed in place") as caught:
        walk(x, z)
    assert_names(caught.value, "y = F.square(x)  # will not see the 5")


def test_the_second_of_two_retained_arrays_is_watched(debugging):
    a, b = vector(1, 2), vector(3, 4)
    y = a * b
    b.data[1] = 0
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()


def test_a_new_array_in_the_same_variable_is_no_change_in_place(debugging):
    x = vector(1, 2)
    y = F.square(x)
    x.data = np.array([5, 5], np.float32)
    y.sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_an_array_that_backward_does_not_need_may_change(debugging):
    x = vector(1, 2)
    y = x + 1
    x.data[0] = 5
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_retained_number_is_no_array_to_watch(debugging):
    x = vector(1, 2)
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


# ---- an array that a Function keeps in an attribute ----


LABELS, PLACES = np.array([0, 2]), np.array([0, 1, 1])
BESIDE = {  # what is used beside x (2, 3), an array for it, and what it is changed to
    "labels": (lambda x, t: F.softmax_cross_entropy(x, t), LABELS, 1),
    "labels' view": (lambda x, t: F.softmax_cross_entropy(x, t.reshape(2, 1)[:, 0]), LABELS, 1),
    "index": (lambda x, i: x[0, i], PLACES, 2),
    "index of rows": (lambda x, i: x[i], PLACES, 0),
    "mask": (lambda x, mask: x[mask], np.eye(2, 3) > 0, True),
    "condition": (lambda x, holds: F.where(holds, x, 0), np.eye(2, 3) > 0, True),
    "weights": (lambda x, w: F.mean(x, weights=w), np.ones((2, 3)), np.arange(3.0)),
    "weights of an axis": (lambda x, w: F.mean(x, 1, w), np.ones(3), np.arange(3.0)),
    "mask of dropout": (lambda x, mask: F.dropout(x, mask=mask), np.ones((2, 3)), 0),
    "factor": (lambda x, a: x * a, np.ones(3), 2),
    "exponent": (lambda x, a: (x * x + 1) ** a, np.ones(3), 2),
    "matrix": (lambda x, W: F.linear(x, W), np.ones((1, 3)), 2),
}


def beside(name, xp):
    """Return a Variable, what was computed of it, and the array beside it, with its new numbers."""
    function, array, after = BESIDE[name]
    x, array = Variable(xp.asarray([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])), xp.asarray(array.copy())
    after = xp.asarray(after) if isinstance(after, np.ndarray) else after
    return x, function(x, array), array, after


@pytest.mark.parametrize("name", BESIDE)
def test_whatever_is_used_beside_x_is_watched(name, debugging, walk, xp):
    x, y, array, after = beside(name, xp)
    array[...] = after
    with pytest.raises(RuntimeError, match="changed in place") as caught:
        walk(x, y.sum())
    assert f"{HERE}, line " in said(caught.value) and "(lambda x, " in said(caught.value)
    assert x.grad is None


@pytest.mark.parametrize("name", BESIDE)
def test_what_was_used_beside_x_and_left_alone_is_no_reason_to_complain(name, walk, xp):
    results = []
    for on in (True, False):
        with using_config("debug", on):
            x, y, _, _ = beside(name, xp)
            gxs = walk(x, y.sum())
        results.append(backend.to_cpu(x.grad if gxs is None else gxs[0].data).tolist())
    assert results[0] == results[1]


def test_a_label_that_is_no_class_any_more_is_a_change(debugging):
    x, t = Variable(np.zeros((2, 3))), np.array([0, 1])
    loss = F.softmax_cross_entropy(x, t)
    t[:] = 9  # backward would end in an IndexError
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()
    assert t.tolist() == [9, 9]  # as you left it


@pytest.mark.parametrize("form", ["memmap", "read-only", "other bytes"])
def test_what_lies_behind_an_array_is_watched(form, debugging, tmp_path):
    behind = np.lib.format.open_memmap(tmp_path / "t.npy", "w+", np.int64, (2,))
    t = behind
    if form == "read-only":
        t = np.asarray(behind)[:]
        t.flags.writeable = False
    if form == "other bytes":  # it was copied: to change it changes nothing
        t = behind = np.zeros(2, np.dtype(np.int64).newbyteorder())
    x = Variable(np.zeros((2, 3)))
    loss = F.softmax_cross_entropy(x, t)
    behind[:] = 2
    if form == "other bytes":
        loss.backward()
        assert (x.grad[:, 0] < 0).all()
    else:
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()


def test_a_list_used_as_index_may_change(debugging):
    for debug_mode in (True, False):
        with using_config("debug", debug_mode):
            x, i, rows = vector(1, 2, 3), [0, 1], [[0], [2]]
            y = x[i].sum() + F.get_item(x, (rows,)).sum()
        i[:], rows[0][0] = [2, 2], 1
        y.backward()
        assert x.grad.tolist() == [2, 1, 1]


class Times(Function):
    """Multiplies by what is found in its attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def forward(self, x):
        return x * self.slope()

    def backward(self, gy):
        return gy * self.slope()

    def slope(self):
        return next(iter(vars(self).values()))


def kept_in(how):
    """Return a Times that keeps an array of ones somewhere, and the array."""
    array = np.ones(2, np.float32)
    x = Variable(array)
    circle = {"a": [array]}
    circle["a"].append(circle)

    def slopes(self, read):
        return type("Times", (Times,), {"slope": read})(kept=self)

    return {
        "an attribute": lambda: Times(a=array),
        "a list": lambda: slopes([array], lambda self: self.kept[0]),
        "a tuple": lambda: slopes((0, array), lambda self: self.kept[1]),
        "a dict": lambda: slopes({"a": array}, lambda self: self.kept["a"]),
        "a list in a tuple": lambda: slopes(([array],), lambda self: self.kept[0][0]),
        "a circle": lambda: slopes(circle, lambda self: self.kept["a"][0]),
        "a Variable": lambda: slopes(x, lambda self: self.kept.data),
        "a view": lambda: slopes(array[:], lambda self: self.kept),
        "its class": lambda: type("Times", (Times,), {"a": array, "slope": lambda self: self.a})(),
    }[how](), array


HOW = ["an attribute", "a list", "a tuple", "a dict", "a list in a tuple", "a circle"]
HOW += ["a Variable", "a view", "its class"]


@pytest.mark.parametrize("how", HOW)
def test_an_array_is_watched_wherever_a_function_keeps_it(how, debugging, walk):
    times, array = kept_in(how)
    x = vector(1, 2)
    y = times.apply(x)
    walk(x, y.sum())  # all is well
    array[1] = 5
    with pytest.raises(RuntimeError, match=r"^times\.backward: .*changed in place"):
        walk(x, y.sum())
    assert array.tolist() == [1, 5]
    array[1] = 1
    walk(x, y.sum())  # and again


def test_another_array_in_an_attribute_is_no_change_in_place(debugging):
    times, x = Times(a=np.ones(2, np.float32)), vector(1, 2)
    y = times.apply(x)
    times.a = np.full(2, 3, np.float32)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]


class Observer(Function):
    """Squares x, and keeps a moving average, as the batch normalization of others does."""

    def __init__(self, average):
        self.average, self.calls = average, np.zeros(1)

    def forward(self, x, scale):
        self.retain_inputs((0,))
        self.average *= 0.5
        self.average += 0.5 * x.mean(axis=0)
        return x * x

    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        self.calls += 1
        self.last = gy
        return gy * 2 * x, None


def test_an_array_that_backward_does_not_count_on_may_change(debugging, xp):
    average = xp.zeros(3, np.float32)
    x = Variable(xp.full((2, 3), 3, np.float32))
    y = Observer(average).apply(x, x) + Observer(average).apply(x, 1.0)
    y.sum().backward()
    assert x.grad.tolist() == [[12] * 3] * 2
    x.cleargrad()
    y.sum().backward(enable_double_backprop=True)
    assert x.grad.tolist() == [[12] * 3] * 2
    (ggx,) = grad([x.grad_var.sum()], [x])
    assert ggx.data.tolist() == [[4] * 3] * 2
    assert average.tolist() == [2.25] * 3


def test_the_links_may_keep_what_they_change(debugging):
    np.random.seed(0)
    layers = [L.Convolution2D(1, 2, 3), L.BatchNormalization(2), F.leaky_relu, F.dropout]
    model = Sequential(*layers, lambda x: F.max_pooling_2d(x, 2), L.Linear(3))
    optimizer = optimizers.Adam().setup(model)
    x, t = np.random.rand(4, 1, 8, 8).astype(np.float32), np.array([0, 1, 2, 0])
    for _ in range(2):
        loss = F.softmax_cross_entropy(model(x), t) + F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert all(np.isfinite(param.grad).all() for param in model.params())


# ---- errors in a backward ----


def test_an_error_inside_a_backward_names_the_line_of_the_forward(debugging):
    odd = function(lambda self, gy: gy.no_such_method())
    y = odd.apply(vector(1, 2))  # made here
    z = y.sum()
    with pytest.raises(AttributeError, match="no_such_method") as caught:
        z.backward()
    assert_names(caught.value, "y = odd.apply(vector(1, 2))  # made here")
    assert "backward of odd" in said(caught.value)


ODD = np.zeros((2, 3), np.float32)
WRONG = {
    # What the walk refuses: a gradient that does not fit the input.
    "number": (lambda self, gy: (gy, gy), ValueError, "expected 1 gradient"),
    "shape": (lambda self, gy: gy[:1], ValueError, "expected a gradient of the input's shape"),
    "dtype": (lambda self, gy: np.ones(2), TypeError, "expected a gradient of the input's dtype"),
    "list": (lambda self, gy: [1, 2], TypeError, "expected an array as gradient"),
    # What the library refuses inside a backward.
    "retained": (lambda self, gy: self.get_retained_inputs(), RuntimeError, "retain_inputs"),
    "matmul": (lambda self, gy: F.matmul(ODD, ODD), ValueError, "matmul: expected a.shape"),
    "add": (lambda self, gy: vector(1, 2) + vector(1, 2, 3), ValueError, "stretched to one"),
    "two dtypes": (lambda self, gy: vector(1) + Variable(np.ones(1)), TypeError, "one dtype"),
    "a list in": (lambda self, gy: F.exp([1.0]), TypeError, "exp: expected Variables, arrays"),
    "again": (lambda self, gy: self.apply(gy), RuntimeError, "expected a new instance"),
    # What nobody refuses: errors of NumPy and of the user's own code.
    "numpy": (lambda self, gy: ODD @ ODD, ValueError, "matmul"),
    "attribute": (lambda self, gy: gy.no_such_name, AttributeError, "no_such_name"),
    "division": (lambda self, gy: 1 // 0, ZeroDivisionError, "division"),
    "own": (lambda self, gy: fail("my own words"), KeyError, "my own words"),
}


def fail(words):
    raise KeyError(words)


@pytest.mark.parametrize(("backward", "kind", "words"), WRONG.values(), ids=WRONG)
def test_whatever_goes_wrong_in_a_backward_names_the_line_of_the_forward(
    debugging, walk, backward, kind, words
):
    x = vector(1, 2)
    y = function(backward).apply(x)  # the forward
    z = y.sum()
    with pytest.raises(kind, match=re.escape(words)) as caught:
        walk(x, z)
    assert_names(caught.value, "y = function(backward).apply(x)  # the forward")
    assert said(caught.value).count("In the backward of odd, made by") == 1


def test_an_error_in_the_second_walk_names_the_line_that_asked_for_the_first(debugging):
    x = vector(1e-20, 1)  # the slope of log is 1e20 here, and the slope of that too large
    y = F.log(x)
    (gx,) = grad([y], [x], enable_double_backprop=True)
    with pytest.raises(FloatingPointError, match=r"^div\.backward: ") as caught:
        grad([gx], [x])
    assert_names(caught.value, "(gx,) = grad([y], [x], enable_double_backprop=True)")


def test_an_error_in_the_second_walk_names_a_line_of_the_users_backward(debugging):
    class Cube(Function):
        def forward(self, x):
            self.retain_inputs((0,))
            return x**3

        def backward(self, gy):
            (x,) = self.get_retained_inputs()
            slope = function(lambda self, gy: fail("second"), "Slope").compute(x)
            return slope * gy

    x = vector(1, 2)
    (gx,) = grad([Cube().apply(x)], [x], enable_double_backprop=True)
    with pytest.raises(KeyError, match="second") as caught:
        grad([gx], [x])
    _, first = inspect.getsourcelines(Cube.backward)
    assert f"In the backward of slope, made by {HERE}, line {first + 2}: " in said(caught.value)


def test_a_gradient_that_cannot_be_added_up_names_the_line_of_the_forward(debugging):
    x = vector(1, 2, 3)
    y = x * 2  # of three numbers
    x.data = np.ones(2, np.float32)
    with pytest.raises(ValueError, match="expected a shape") as caught:
        y.sum().backward()
    assert_names(caught.value, "y = x * 2  # of three numbers")


def test_a_missing_backward_names_the_line_of_the_forward(debugging):
    class Half(Function):
        def forward(self, x):
            return x / 2

    y = Half().apply(vector(1, 2))
    with pytest.raises(NotImplementedError) as caught:
        y.sum().backward()
    assert_names(caught.value, "y = Half().apply(vector(1, 2))")


# ---- the line ----


def test_the_line_is_the_users_not_one_of_the_library(debugging):
    y = F.mean_squared_error(vector(1, 2), vector(3, 4))  # calls on through the library
    assert y.creator.made_at.startswith(f"{HERE}, line ")
    assert y.creator.made_at.endswith("# calls on through the library")


@pytest.mark.parametrize("beside", ["tinylinks_course.py", "tinylinks-course/lesson.py"])
def test_a_file_whose_name_begins_like_the_package_is_the_users(debugging, beside):
    path = Path(debug.__file__).parent.parent / beside  # it need not exist
    names = {"F": F, "x": vector(1, 2)}
    exec(compile("y = F.exp(x)", str(path), "exec"), names)
    assert names["y"].creator.made_at.startswith(f"{path.name}, line 1")


def test_a_cell_of_a_notebook_is_named_without_its_file(debugging):
    names = {"F": F, "x": vector(1, 2)}
    for file in ("<ipython-input-3>", "/tmp/ipykernel_123/456.py"):
        exec(compile("y = F.exp(x)", file, "exec"), names)
        assert names["y"].creator.made_at.startswith("line 1")


# Three mistakes, and what the library says to each.
LESSON = """\
import traceback

import numpy as np
import tinylinks.functions as F
from tinylinks import Function, Variable, using_config


class Odd(Function):
    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return gy.no_such_name


def one_and_zero():
    return Variable(np.array([1, 0], np.float32))


def say(x, y):
    x.data[0] = 5
    try:
        y.sum().backward()
    except Exception as error:
        print(" ".join(traceback.format_exception_only(error)).replace(chr(10), " "))


with using_config("debug", True), np.errstate(all="ignore"):
    x = one_and_zero()
    say(x, F.square(x))  # changed in place
    say(x, F.sqrt(one_and_zero()))  # infinite
    say(x, Odd().apply(x))  # an error
"""
MADE_AT = {
    number: line.strip()
    for number, line in enumerate(LESSON.splitlines(), 1)
    if line.startswith("    say(x,")
}


def assert_lesson(output, place):
    """Demand of each of the three answers that it names the line in this manner."""
    answers = output.splitlines()
    assert [answer.partition(":")[0] for answer in answers] == [
        "RuntimeError",
        "FloatingPointError",
        "AttributeError",
    ]
    for answer, (number, line) in zip(answers, MADE_AT.items(), strict=True):
        expected = f" by {place.format(number=number, line=line)}"
        assert answer.rstrip().endswith(expected) or f"{expected}. " in answer


def run(*arguments, **options):
    """Run Python in a process of its own and return what it prints."""
    env = {**os.environ, "PYTHONPATH": str(Path(debug.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, timeout=120, env=env, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_is_named_with_file_line_and_text(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(LESSON, encoding="utf-8")
    assert_lesson(run(str(path)), "lesson.py, line {number}: {line}")


def test_a_command_is_named_with_its_line(tmp_path):
    """Python 3.13 and later remember the text of ``python -c``."""
    text = ": {line}" if sys.version_info >= (3, 13) else ""
    assert_lesson(run("-c", LESSON, cwd=tmp_path), "line {number}" + text)


def test_code_without_a_text_is_named_with_its_line(capsys):
    exec(compile(LESSON, "<typed>", "exec"), {"__name__": "__main__"})
    assert_lesson(capsys.readouterr().out, "line {number}")


def test_a_cell_of_a_notebook_is_named_with_line_and_text(capsys):
    file = "/tmp/ipykernel_123/456.py"  # what a kernel calls a cell, and where it keeps the text
    linecache.cache[file] = (len(LESSON), None, LESSON.splitlines(keepends=True), file)
    try:
        exec(compile(LESSON, file, "exec"), {"__name__": "__main__"})
    finally:
        del linecache.cache[file]
    assert_lesson(capsys.readouterr().out, "line {number}: {line}")


# ---- off by default ----


def test_it_is_off_by_default():
    assert config.debug is False


def test_without_it_nothing_is_looked_at(monkeypatch):
    def fail(*args):
        raise AssertionError("debug code ran")

    for name in ("after_forward", "run_backward", "users_line", "copy"):
        monkeypatch.setattr(debug, name, fail)
    x = vector(-1, 0)
    y = F.log(x)
    y.sum().backward()
    assert np.isnan(y.data[0]) and np.isinf(y.data[1])
    assert x.grad.tolist() == [-1, np.inf]


def test_without_it_nothing_is_copied():
    y = F.square(vector(1, 2))
    assert y.creator.copies == ()
    assert y.creator.made_at == ""


def test_with_it_the_copies_are_copies(debugging):
    x = vector(1, 2)
    y = F.square(x)
    (kept,) = y.creator.copies
    assert kept is not x.data and kept.tolist() == [1, 2]


def test_a_graph_made_without_it_can_be_walked_with_it():
    x = vector(0, 1)
    y = F.sqrt(x)
    with using_config("debug", True):
        y.sum().backward()
    assert x.grad.tolist() == [np.inf, 0.5]


def test_the_gradients_are_the_same_with_it_and_without():
    def gradient():
        x = vector(0.5, 1.5)
        F.sum(F.tanh(x) * F.exp(x) / (x + 2)).backward()
        return x.grad

    plain = gradient()
    with using_config("debug", True):
        watched = gradient()
    np.testing.assert_array_equal(watched, plain)
