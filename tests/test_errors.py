"""Mistakes that beginners make, and the sentence that the library answers with.

Each sentence reads "operation: expected ..., got .... What to do. (See chapter N.)". The
table says what the beginner writes and which words must stand in which part.

Below the table the source of all sentences is read: each has these parts, and the chapter that
it names is in the book and treats the matter.
"""

import ast
import dataclasses
import functools
import io
import math
import re
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import strict_xp
from notebooks import ROOT, chapter_paths, pages, read, source

import tinylinks
import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Chain,
    ChainList,
    Function,
    Link,
    Parameter,
    Sequential,
    Variable,
    as_variable,
    backend,
    config,
    datasets,
    draw,
    grad,
    gradient_check,
    initializers,
    no_backprop_mode,
    optimizer_hooks,
    optimizers,
    serializers,
    to_dot,
    using_config,
)
from tinylinks.walk import CHAPTERS, after, see

PACKAGE = Path(tinylinks.__file__).parent
ROOMS = sorted((PACKAGE / "errors").glob("*.py"))


@dataclasses.dataclass
class Mistake:
    """What a beginner does, and words that the four parts of the answer must hold."""

    make: Callable[[], object]
    operation: str
    expected: str
    got: str
    do: str
    kind: type[Exception]
    missing: str = ""


MISTAKES: dict[str, Mistake] = {}


def mistake(operation, expected, got, do, kind=TypeError, missing=""):
    """Enter the function below into the table."""

    def enter(make):
        assert make.__name__ not in MISTAKES, f"{make.__name__} stands in the table twice"
        MISTAKES[make.__name__] = Mistake(make, operation, expected, got, do, kind, missing)
        return make

    return enter


def vector(*numbers, dtype=np.float32):
    return Variable(np.array(numbers, dtype))


def matrix(rows, columns, dtype=np.float32):
    return Variable(np.arange(rows * columns, dtype=dtype).reshape(rows, columns))


def number():
    return Variable(np.array(2.0, np.float32))


def odd_forward(result):
    """Apply a Function whose `forward` returns `result(x)`."""

    class Odd(Function):
        def forward(self, x):
            return result(x)

        def backward(self, gy):
            return gy

    return Odd().apply(vector(1, 2))


def odd_backward(result):
    """Go back through a Function whose `backward` returns `result(gy)`."""

    class Odd(Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            return result(gy)

    Odd().apply(vector(1, 2)).sum().backward()


def elsewhere(*numbers):
    """Make a Variable of an array that is not NumPy's: of the stand-in for CuPy."""
    backend.register(strict_xp.ndarray, strict_xp)
    return Variable(strict_xp.asarray(np.array(numbers, np.float32)))


class Double(Function):
    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return gy * 2


# ---- chapter 2: a Variable and its array ----


@mistake("Variable", "NumPy or CuPy array", "a list", "Variable(np.array(..., dtype=np.float32))")
def a_list_in_a_box():
    Variable([1.0, 2.0])


@mistake("Variable", "array of numbers", "3.", "Variable(np.array(3, dtype=np.float32))")
def an_int_in_a_box():
    Variable(3)


@mistake("Variable", "array of numbers", "a float32 Variable of shape (2,)", "already")
def a_variable_in_a_box():
    Variable(vector(1, 2))


@mistake("item", "exactly one element", "shape (3,)", "x.sum()", ValueError)
def item_of_a_vector():
    vector(1, 2, 3).item()


@mistake("item", "exactly one element", "shape (0, 3)", "x[0, 0]", ValueError)
def item_of_an_empty_batch():
    matrix(0, 3).item()


@mistake("len", "at least one axis", "shape ()", "x.item()")
def len_of_a_number():
    len(number())


@mistake("Variable", "array of numbers", "an object array of shape (2,)", "all rows of one length")
def rows_of_unequal_length():
    Variable(np.array([[1], [2, 3]], dtype=object))


@mistake("Variable", "array of numbers", "a <U1 array of shape (2,)", "no text")
def text_in_an_array():
    Variable(np.array(["1", "2"]))


@mistake("Variable", "array of numbers", "a complex128 array of shape (1,)", "dtype=np.float32")
def complex_numbers_in_a_box():
    Variable(np.array([1 + 2j]))


@mistake("iter", "at least one axis", "shape ()", "x.item()")
def a_loop_over_a_number():
    return list(number())


@mistake("float", "a number", "a float32 Variable of shape ()", "x.item()")
def float_of_a_variable():
    float(number())


@mistake("int", "a number", "a float32 Variable of shape (2,)", "x.item()")
def int_of_a_variable():
    int(vector(1, 2))


@mistake("format", "a number", "a float32 Variable of shape ()", "x.item()")
def a_loss_printed_with_three_decimals():
    return f"{number():.3f}"


@mistake("Variable", "name of an attribute", "'gard'", "spelling", AttributeError)
def an_attribute_misspelt():
    return vector(1).gard


@mistake("Variable", "name of an attribute", "'numpy'", "write x.data", AttributeError)
def an_attribute_from_another_library():
    return vector(1).numpy()


# ---- chapters 3 to 5: Functions and backward ----


@mistake("relu", "Variables, arrays or numbers", "a list", "np.array(")
def a_list_into_a_function():
    F.relu([1.0, 2.0])


@mistake("exp", "Variables of its own library", "another class", "pass x.data")
def a_variable_of_a_chapter_in_a_function_of_the_library():
    F.exp(after(6, {})["Variable"](np.ones(2)))


@mistake("add", "Variables, arrays or numbers", "None", "`return`")
def none_in_arithmetic():
    vector(1, 2) + None


@mistake("mul", "Variables, arrays or numbers", "the class Double", "np.array(")
def a_class_in_the_place_of_its_result():
    vector(1, 2) * Double


@mistake("double", "a new instance", "applied before", "Double(...).apply(x)", RuntimeError)
def one_function_instance_for_two_steps():
    double = Double()
    double.apply(vector(1, 2))
    double.apply(vector(3, 4))


@mistake("Half", "a method `forward`", "none", "def forward(self", NotImplementedError)
def a_function_without_forward():
    class Half(Function):
        def backward(self, gy):
            return gy * 0.5

    Half().apply(vector(1, 2))


@mistake("Half", "a method `backward`", "none", "def backward(self", NotImplementedError)
def a_function_without_backward():
    class Half(Function):
        def forward(self, x):
            return x * 0.5

    Half().apply(vector(1, 2)).sum().backward()


@mistake("Half", "a method `forward`", "forward_cpu", "def forward(self", NotImplementedError)
def a_function_with_a_forward_for_each_machine():
    class Half(Function):
        def forward_cpu(self, inputs):
            return inputs[0] * 0.5

    Half().apply(vector(1, 2))


class Guided(Function):
    """As Chainer's guide has it: one row of a mini-batch can be taken for the tuple of inputs."""

    def forward(self, inputs):
        (x,) = inputs
        return (x * 2,)

    def backward(self, indexes, gys):
        return (gys[0] * 2,)


@mistake("guided", "forward(self, x)", "backward(self, indexes, gys)", "Name the arrays one by one")
def a_function_as_chainers_guide_has_it():
    Guided().apply(matrix(1, 3))


@mistake("guided", "Variables, arrays or numbers", "a tuple", "one by one, as in apply(x, y)")
def inputs_in_a_tuple():
    Guided().apply((vector(1), vector(2)))


@mistake("split_up", "backward to take 2 gradients", "backward(self, gy)", "several outputs")
def a_backward_with_one_gradient_for_two_outputs():
    class SplitUp(Function):
        def forward(self, x):
            return x * 1, x * 2

        def backward(self, gy):
            return gy

    SplitUp().apply(vector(1, 2))


@mistake("pair.backward", "2 gradients", "1", "Return a tuple, not a list", ValueError)
def a_list_of_gradients():
    class Pair(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return [gy, gy]

    Pair().apply(vector(1, 2), vector(3, 4)).sum().backward()


@mistake("odd.forward", "ndarray", "None", "Return arrays")
def a_forward_without_return():
    odd_forward(lambda x: None)


@mistake("odd.forward", "ndarray", "a list", "Return arrays")
def a_forward_that_returns_a_list():
    odd_forward(lambda x: x.tolist())


@mistake("odd.forward", "ndarray", "a float32 Variable", "Return arrays, not Variables")
def a_forward_that_returns_a_variable():
    odd_forward(Variable)


@mistake("odd.forward", "floats of dtype float32", "int64", ".astype(x.dtype)")
def a_forward_that_returns_ints():
    odd_forward(lambda x: x.astype(np.int64))


@mistake("odd.forward", "floats of dtype float32", "bool", ".astype(x.dtype)")
def a_forward_that_returns_bools():
    odd_forward(lambda x: x > 1)


@mistake("odd.backward", "1 gradient", "2", "None for an input without gradient", ValueError)
def a_backward_with_one_gradient_too_many():
    odd_backward(lambda gy: (gy, gy))


@mistake("join.backward", "2 gradients", "1", "None for an input without", ValueError)
def a_backward_with_one_gradient_too_few():
    class Join(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return gy

    Join().apply(vector(1, 2), vector(3, 4)).sum().backward()


@mistake("odd.backward", "shape (2,)", "(1,)", "Undo in backward", ValueError)
def a_backward_with_a_wrong_shape():
    odd_backward(lambda gy: gy[:1])


@mistake("odd.backward", "shape (2,)", "()", "Undo in backward", ValueError)
def a_backward_that_adds_up():
    odd_backward(lambda gy: gy.sum())


@mistake("odd.backward", "dtype float32", "float64", "gx.astype(gy.dtype)")
def a_backward_in_another_dtype():
    odd_backward(lambda gy: gy * np.array([1.0, 2.0]))


@mistake("odd.backward", "dtype float32", "bool", "gx.astype(gy.dtype)")
def a_backward_that_returns_a_mask():
    odd_backward(lambda gy: gy > 0)


@mistake("odd.backward", "an array as gradient", "a list", "from gy")
def a_backward_that_returns_a_list():
    odd_backward(lambda gy: [1.0, 2.0])


@mistake("odd.backward", "an array as gradient", "2.0", "from gy")
def a_backward_that_returns_a_float():
    odd_backward(lambda gy: 2.0)


@mistake("odd.backward", "an array as gradient", "a float32 MaskedArray", "from gy")
def a_backward_that_returns_a_masked_array():
    odd_backward(np.ma.masked_array)


@mistake("grad", "a Variable of floats", "one of int64", "only floats have slopes")
def a_gradient_of_whole_numbers():
    Variable(np.array([1, 2])).grad = np.array([1, 1])


@mistake("grad", "a Variable of floats", "one of bool", ".astype(np.float32)")
def a_gradient_of_true_and_false():
    Variable(np.array([True, False])).grad = np.array([True, True])


@mistake("backward", "a result of floats", "an int64 Variable of shape ()", ".astype(np.float32)")
def backward_from_a_whole_number():
    Variable(np.array([1, 2]))[0].backward()


@mistake("grad", "a float32 array of shape (2,)", "a float32 MaskedArray", "x.filled(0)")
def a_masked_gradient():
    vector(1, 2).grad = np.ma.masked_array(np.ones(2, np.float32), [True, False])


@mistake("backward", "a single number", "shape (2, 3)", "y.sum().backward()", RuntimeError)
def backward_from_a_matrix():
    (matrix(2, 3) * 2).backward()


@mistake("backward", "a gradient to start from", "shape (3,)", "set y.grad", RuntimeError)
def backward_with_the_gradient_as_argument():
    (vector(1, 2, 3) * 2).backward(np.ones(3, np.float32))


@mistake("backward", "computed from others", "without a creator", "on the result", RuntimeError)
def backward_from_a_leaf():
    vector(1).backward()


@mistake("backward", "computed from others", "without a creator", "no_backprop_mode", RuntimeError)
def backward_where_no_graph_was_recorded():
    x = vector(1, 2)
    with no_backprop_mode():
        y = x.sum()
    y.backward()


@mistake("backward", "depends on a Variable", "a constant", "leave this backward", RuntimeError)
def backward_of_a_gradient_that_is_the_same_everywhere():
    x = vector(1)
    (2 * x).backward(enable_double_backprop=True)
    x.grad_var.backward()


@mistake("backward", "depends on a Variable", "a constant", "require a gradient", RuntimeError)
def backward_from_constants():
    constant = Variable(np.ones(2, np.float32), requires_grad=False)
    constant.sum().backward()


@mistake("grad", "a float32 array of shape (2,)", "a list", "np.array(..., dtype=np.float32)")
def a_list_as_gradient():
    vector(1, 2).grad = [1.0, 1.0]


@mistake("grad", "a float32 array of shape (2,)", "1.", "np.array(..., dtype=np.float32)")
def a_number_as_gradient():
    vector(1, 2).grad = 1


@mistake("grad", "shape of the data, (2,)", "(3,)", "one number for each", ValueError)
def a_gradient_of_another_shape():
    vector(1, 2).grad = np.ones(3, np.float32)


@mistake("grad", "shape of the data, (2,)", "(2, 1)", "one number for each", ValueError)
def a_gradient_as_a_column():
    Variable(np.zeros(2, np.float32), grad=np.ones((2, 1), np.float32))


@mistake("grad", "dtype of the data, float32", "float64", "g.astype(np.float32)")
def a_gradient_in_double_precision():
    vector(1, 2).grad = np.ones(2)


@mistake("grad", "dtype of the data, float32", "int64", "g.astype(np.float32)")
def a_gradient_of_ints():
    vector(1, 2).grad = np.array([1, 1])


@mistake("grad", "an array", "a float32 Variable of shape (2,)", "grad_var")
def a_variable_as_gradient():
    vector(1, 2).grad = vector(1, 1)


@mistake("grad_var", "a Variable", "a float32 array of shape (2,)", "to grad instead")
def an_array_as_gradient_variable():
    vector(1, 2).grad_var = np.ones(2, np.float32)


@mistake("draw", "a Variable", "a float32 array of shape (2,)", "not its array")
def drawing_an_array():
    draw(vector(1, 2).data)


@mistake("draw", "ranks to be True or False", "3", "ranks=True")
def drawing_three_ranks():
    draw(vector(1, 2).sum(), ranks=3)


@mistake("steps", "a Variable of tinylinks", "a list", "computed from tinylinks.Variable")
def steps_of_a_list():
    tinylinks.steps([vector(1, 2)])


@mistake("to_dot", "a Variable", "3.", "the result")
def a_number_for_graphviz():
    to_dot(3)


@mistake("relu", "Variables, arrays or numbers", "a float64 MaskedArray of shape", "np.array(")
def a_masked_array_into_a_function():
    F.relu(np.ma.masked_array([[1.0]]))


@mistake("double", "at least one input", "none", "apply(x)")
def a_function_applied_to_nothing():
    Double().apply()


@mistake("double", "as many inputs as forward(self, x)", "2", "one for each")
def an_input_too_many():
    Double().apply(vector(1), vector(2))


@mistake("Double", "its method apply", "a call", "Double(...).apply(x)")
def a_function_that_is_called():
    Double()(vector(1, 2))


@mistake("Variable", "attribute", "'inputs'", "make an instance", AttributeError)
def apply_without_an_instance():
    Double.apply(vector(1, 2))


@mistake("odd.forward", "an array or a tuple", "()", "at least one array")
def a_forward_that_returns_an_empty_tuple():
    odd_forward(lambda x: ())


@mistake("odd.forward", "a tuple of positions", "0", "retain_inputs((0,))")
def retaining_without_a_tuple():
    class Odd(Function):
        def forward(self, x):
            self.retain_inputs(0)
            return x * 2

    Odd().apply(vector(1, 2))


@mistake("odd.forward", "a tuple of positions", "(1,)", "retain_inputs((0,))")
def retaining_an_input_that_is_not_there():
    class Odd(Function):
        def forward(self, x):
            self.retain_inputs((1,))
            return x * 2

    Odd().apply(vector(1, 2))


@mistake(
    "odd.backward",
    "retain_inputs to have been called",
    "nothing",
    "retain_inputs((0,))",
    RuntimeError,
)
def asking_for_what_was_not_retained():
    def backward(self, gy):
        (x,) = self.get_retained_inputs()
        return gy * x

    odd = type("Odd", (Function,), {"forward": lambda self, x: x * x, "backward": backward})
    odd().apply(vector(1, 2)).sum().backward()


# ---- chapter 6: operators and indexing ----


@mistake("add", "one dtype", "float32 and float64", "astype")
def two_dtypes_in_a_sum():
    vector(1, 2) + vector(1, 2, dtype=np.float64)


@mistake("matmul", "one dtype", "float32 and float64", "astype")
def two_dtypes_in_a_product():
    matrix(2, 3) @ matrix(3, 2, np.float64)


@mistake("mul", "floats", "an int64 array of shape (2,)", ".astype(np.float32)")
def arithmetic_on_ints():
    vector(1, 2, dtype=np.int64) * 2


@mistake("relu", "floats", "int64", ".astype(np.float32)")
def an_array_of_ints_into_a_function():
    F.relu(np.array([1, 2]))


@mistake("sigmoid", "floats", "bool", ".astype(np.float32)")
def an_array_of_bools_into_a_function():
    F.sigmoid(np.array([True, False]))


@mistake("x // y", "with a slope", "one that rounds down", "x.data // y")
def rounding_down():
    return vector(1) // 2


@mistake("x % y", "with a slope", "one that rounds down", "x.data % y")
def a_remainder():
    return 7 % vector(1)


@mistake("divmod(x, y)", "with a slope", "one that rounds down", "divmod(x.data, y)")
def quotient_and_remainder():
    return divmod(vector(1), 2)


@mistake("x == y", "arrays or numbers", "a Variable", "x.data == y.data")
def equality():
    return vector(1) == vector(1)


@mistake("x < y", "arrays or numbers", "a Variable", "x.data < y.data")
def sorting():
    sorted([vector(2), vector(1)])


@mistake("x > y", "arrays or numbers", "a Variable", "x.data > y.data")
def an_array_compared_with_a_variable():
    return np.zeros(2, np.float32) < vector(1, 2)


@mistake("bool", "a single True or False", "a Variable", "x.item() > 0")
def a_variable_as_condition():
    return 1 if vector(1) else 0


@mistake("bool", "a single True or False", "a Variable", "is not None")
def a_variable_or_a_default():
    return vector(1) or 0


@mistake("requires_grad", "when a Variable is made", "assignment", "a new one", AttributeError)
def requires_grad_changed_later():
    vector(1).requires_grad = False


@mistake("softmax_cross_entropy", "array of int", "shape (2, 3)", "argmax(axis=1)")
def labels_one_hot_as_floats():
    F.softmax_cross_entropy(matrix(2, 3), np.eye(3)[:2])


@mistake("softmax_cross_entropy", "one label for each", "(2, 1)", "with reshape", ValueError)
def labels_as_a_column():
    F.softmax_cross_entropy(matrix(2, 3), np.array([[0], [1]]))


@mistake("softmax_cross_entropy", "scores of shape (N, C)", "None", "`return`", ValueError)
def scores_of_a_forward_without_return():
    F.softmax_cross_entropy(None, np.array([0, 1]))


@mistake("Variable", "name of an attribute", "'exp'", "Write F.exp(x)", AttributeError)
def a_function_sought_among_the_methods():
    vector(1).exp()


@mistake("copyparams", "/bn/avg_mean of shape (3,)", "(4,)", "same sizes", ValueError)
def means_of_another_size_to_copy():
    def make(n):
        return Chain(bn=L.BatchNormalization(n, use_gamma=False, use_beta=False))

    make(3).copyparams(make(4))


@mistake("x[...]", "an index into shape (3,)", "3", "for axis i", IndexError)
def an_index_of_numpy_that_is_too_large():
    vector(1, 2, 3)[np.int64(3)]


@mistake("batch_normalization", "running_mean as an array", "float32 Variable", "x.data")
def a_running_mean_in_a_variable():
    one = np.ones(3, np.float32)
    F.batch_normalization(matrix(2, 3), one, one, running_mean=vector(0, 0, 0), running_var=one)


@mistake("SGD", "name of an attribute", "'step'", "write update()", AttributeError)
def pytorchs_step():
    optimizers.SGD().setup(L.Linear(2, 1)).step()


@mistake("Adam", "name of an attribute", "'alhpa'", "did you mean alpha", AttributeError)
def a_misspelt_hyperparameter():
    optimizers.Adam().alhpa  # noqa: B018


@mistake(
    "linear", "n_batch_axes", "int64 array of shape (2,)", "targets are for the loss", ValueError
)
def targets_passed_to_a_link():
    L.Linear(3, 1)(matrix(2, 3), np.array([0, 1]))


@mistake("hash", "can be compared", "a Variable", "id(x)")
def hash_of_a_variable():
    hash(vector(1))


@mistake("x[...] = value", "the graph can record", "an assignment", "F.where")
def assigning_to_an_element():
    vector(1, 2)[0] = 5


@mistake("NumPy function", "arrays", "a Variable", "tinylinks.functions")
def numpy_exp_of_a_variable():
    np.exp(vector(1, 2))


@mistake("NumPy function", "arrays", "a Variable", "x.data")
def an_array_from_a_variable():
    np.asarray(vector(1, 2))


@mistake("x[...]", "an index into shape (3,)", "3.", "0 to x.shape[i] - 1", IndexError)
def an_index_too_far():
    vector(1, 2, 3)[3]


@mistake("x[...]", "an index into shape (3,)", "(0, 0)", "for axis i", IndexError)
def one_index_too_many():
    vector(1, 2, 3)[0, 0]


@mistake("x[...]", "an index into shape (3,)", "[ True, False]", "a mask of", IndexError)
def a_mask_of_another_length():
    vector(1, 2, 3)[np.array([True, False])]


@mistake("x[...]", "ints, slices or arrays", "1.0", "whole number")
def a_float_as_index():
    vector(1, 2, 3)[1.0]


@mistake("x[...]", "ints, slices or arrays", "'a'", "whole number")
def a_name_as_index():
    vector(1, 2, 3)["a"]


@mistake("x[...]", "ints, slices or arrays", "an int64 Variable", "x[i.data]")
def a_variable_as_index():
    vector(1, 2, 3)[Variable(np.array([0, 1]))]


@mistake("NumPy function", "arrays", "a Variable", "tinylinks.functions")
def numpy_sum_of_a_variable():
    np.sum(vector(1, 2))


# ---- chapter 7: shapes ----


@mistake("add", "stretched to one", "(3,) and (2,)", "insert an axis", ValueError)
def vectors_of_two_lengths():
    vector(1, 2, 3) + vector(1, 2)


@mistake("maximum", "stretched to one", "(2, 3) and (2,)", "reshape", ValueError)
def a_column_without_its_axis():
    F.maximum(matrix(2, 3), vector(1, 2))


@mistake("sum", "an axis of shape (3,), from -1 to 0", "1.", "tuple", ValueError)
def an_axis_that_is_not_there():
    vector(1, 2, 3).sum(axis=1)


@mistake("mean", "an axis of shape (2, 3), from -2 to 1", "(0, 0)", "each one once", ValueError)
def an_axis_named_twice():
    F.mean(matrix(2, 3), axis=(0, 0))


@mistake("softmax", "an axis of shape (3,)", "1.", "tuple", ValueError)
def softmax_of_a_single_row():
    F.softmax(vector(1, 2, 3))


@mistake("max", "at least one element", "shape (0, 3)", "empty mini-batch", ValueError)
def the_largest_of_nothing():
    matrix(0, 3).max(axis=0)


@mistake("reshape", "3 elements", "(2, 2)", "-1", ValueError)
def a_shape_of_too_many_elements():
    vector(1, 2, 3).reshape(2, 2)


@mistake("reshape", "3 elements", "(-1, 2)", "-1", ValueError)
def a_shape_that_cannot_be_worked_out():
    vector(1, 2, 3).reshape(-1, 2)


@mistake("reshape", "once -1", "(-1, -1)", "(2, 3)", ValueError)
def two_unknowns_in_a_shape():
    vector(1, 2, 3).reshape(-1, -1)


@mistake("reshape", "whole numbers", "(1.5, 2)", "(2, 3)", ValueError)
def a_shape_with_a_fraction():
    vector(1, 2, 3).reshape(1.5, 2)


@mistake("Parameter", "whole numbers", "(-1,)", "(2, 3)", ValueError)
def a_negative_shape():
    Parameter(0, -1)


@mistake("transpose", "each of the 2 axes once", "(0, 0)", "an order of (0, 1)", ValueError)
def an_axis_moved_twice():
    matrix(2, 3).transpose(0, 0)


@mistake("transpose", "each of the 2 axes once", "(1, 0, 2)", "an order of", ValueError)
def an_axis_too_many():
    F.transpose(matrix(2, 3), (1, 0, 2))


@mistake("broadcast_to", "(3,) can be stretched to", "(3, 2)", "in front", ValueError)
def stretching_to_the_right():
    F.broadcast_to(vector(1, 2, 3), (3, 2))


@mistake("sum_to", "can be stretched to (2, 3)", "(2,)", "leave it out in front", ValueError)
def adding_up_to_a_shape_that_does_not_fit():
    F.sum_to(matrix(2, 3), (2,))


@mistake("concat", "a list of Variables", "a float32 Variable", "F.concat([x, y])")
def joining_without_a_list():
    F.concat(vector(1), vector(2))


@mistake("concat", "a list of Variables", "[]", "F.concat([x, y])")
def joining_nothing():
    F.concat([])


@mistake("concat", "Variables and arrays", "a list at place 1", "np.array(...)")
def a_list_beside_a_variable_to_join():
    F.concat([matrix(2, 3), [[1.0], [2.0]]])


@mistake("concat", "agree but for axis 1", "(2, 3) and (3, 3)", "another axis", ValueError)
def joining_side_by_side_what_is_not_equally_high():
    F.concat([matrix(2, 3), matrix(3, 3)])


@mistake("concat", "agree but for axis 1", "(3,) and (3,)", "reshape", ValueError)
def joining_vectors_along_axis_1():
    F.concat([vector(1, 2, 3), vector(4, 5, 6)])


@mistake("softmax", "axis as one whole number", "None", "1 as a rule")
def softmax_over_everything():
    F.softmax(matrix(2, 3), axis=None)


@mistake("sum", "keepdims to be True or False", "'no'", "keepdims=True")
def a_text_as_keepdims():
    F.sum(vector(1, 2), keepdims="no")


@mistake("where", "stretched to one", "(2,) and (3,) and (3,)", "insert an axis", ValueError)
def a_condition_of_another_shape():
    F.where(np.array([True, False]), vector(1, 2, 3), vector(4, 5, 6))


@mistake("mean", "weights as a Variable or an array", "a list", "keepdims=True")
def weights_as_a_list():
    F.mean(vector(1, 2), weights=[0.5, 0.5])


@mistake("mean", "weights of the shape of x, (2, 3)", "(2,)", "as in axis=0", ValueError)
def weights_of_one_axis_for_all_axes():
    F.mean(matrix(2, 3), weights=np.ones(2, np.float32))


@mistake("mean", "if axis is (0,)", "(2,)", "broadcast_to", ValueError)
def weights_of_one_axis_for_a_tuple():
    F.mean(matrix(2, 3), axis=(0,), weights=np.ones(2, np.float32))


# ---- chapters 8 and 9: linear and bends ----


@mistake("matmul", "matrices or vectors", "2.", "with *")
def a_matrix_times_a_number():
    matrix(2, 3) @ 2


@mistake("matmul", "matrices or vectors", "a list", "with *")
def a_matrix_times_a_list():
    F.matmul(matrix(2, 3), [1.0, 2.0, 3.0])


@mistake("matmul", "a.shape[-1] == b.shape[-2]", "(2, 3) and (2, 3)", "transpose", ValueError)
def a_product_without_transpose():
    matrix(2, 3) @ matrix(2, 3)


@mistake("linear", "x.shape[1] == W.shape[1]", "3 != 4", "4 numbers", ValueError)
def rows_too_short_for_w():
    F.linear(matrix(2, 3), matrix(5, 4))


@mistake("linear", "W of shape (out, in)", "(3,)", "two axes", ValueError)
def a_vector_as_w():
    F.linear(matrix(2, 3), vector(1, 2, 3))


@mistake("linear", "b of shape (5,)", "(3,)", "each row of W", ValueError)
def a_bias_as_long_as_a_row():
    F.linear(matrix(2, 3), matrix(5, 3), vector(1, 2, 3))


@mistake("linear", "b of shape (5,)", "(1, 5)", "each row of W", ValueError)
def a_bias_with_two_axes():
    F.linear(matrix(2, 3), matrix(5, 3), matrix(1, 5))


@mistake("linear", "shape (N, in)", "(3,)", "x.reshape(1, -1)", ValueError)
def a_single_row_for_linear():
    L.Linear(3, 2)(vector(1, 2, 3))


@mistake("linear", "at least 3 axes", "(4, 3)", "smaller n_batch_axes", ValueError)
def more_batch_axes_than_there_are():
    F.linear(matrix(4, 3), matrix(2, 3), n_batch_axes=2)


@mistake("linear", "x as a Variable or an array", "a list", "np.array(")
def rows_as_a_list():
    L.Linear(3, 2)([[1.0, 2.0, 3.0]])


@mistake("linear", "n_batch_axes to be a whole number", "0.", "Pass 1", ValueError)
def no_batch_axis():
    F.linear(matrix(4, 3), matrix(2, 3), n_batch_axes=0)


@mistake("linear", "n_batch_axes to be a whole number", "'1'", "Pass 1", ValueError)
def a_text_as_number_of_batch_axes():
    L.Linear(2)(matrix(4, 3), n_batch_axes="1")


@mistake("mean_squared_error", "one shape", "(3, 1) and (3,)", "reshape one", ValueError)
def a_column_against_a_row():
    F.mean_squared_error(matrix(3, 1), vector(1, 2, 3))


@mistake("mean_squared_error", "one shape", "(3,) and a number", "Stretching", ValueError)
def a_target_that_is_one_number():
    F.mean_squared_error(vector(1, 2, 3), 0.0)


@mistake("clip", "x_min < x_max", "1 and 0", "the smaller one first", ValueError)
def clip_bounds_swapped():
    F.clip(vector(1, 2, 3), 1, 0)


@mistake("where", "an array of bool", "a float32 array of shape (3,)", "x.data > 0")
def a_condition_of_floats():
    F.where(vector(1, 0, 1), vector(1, 2, 3), 0)


@mistake("where", "an array of bool", "a list", "x.data > 0")
def a_condition_as_a_list():
    F.where([True, False], vector(1, 2), 0)


@mistake("linear", "W of shape (out, in)", "a number", "two axes", ValueError)
def a_number_as_w():
    F.linear(matrix(2, 3), 2.0)


@mistake("leaky_relu", "slope as a number", "None", "a float")
def a_leaky_relu_without_slope():
    F.leaky_relu(vector(1, 2), None)


@mistake("leaky_relu", "slope as a number", "a list", "a float")
def a_list_of_slopes():
    F.leaky_relu(vector(1, 2), [0.1, 0.2])


@mistake(
    "matmul", "in front of the last two", "(2, 2, 3) and (3, 3, 2)", "one of them 1", ValueError
)
def stacks_of_two_heights():
    a, b = np.zeros((2, 2, 3), np.float32), np.zeros((3, 3, 2), np.float32)
    F.matmul(a, b)


# ---- chapters 10 to 12: links ----


@mistake("Linear", "out_size as a whole number above 0", "None", "Linear(out_size)", ValueError)
def linear_of_none():
    L.Linear(None)


@mistake("Linear", "out_size as a whole number above 0", "0.", "Linear(in_size", ValueError)
def linear_without_outputs():
    L.Linear(3, 0)


@mistake("Linear", "out_size as a whole number above 0", "2.5", "Linear(in_size", ValueError)
def linear_with_half_an_output():
    L.Linear(3, 2.5)


@mistake("Linear", "in_size as a whole number above 0", "-1", "columns of x", ValueError)
def linear_with_a_negative_size():
    L.Linear(-1, 2)


@mistake("Linear", "in_size as a whole number above 0", "True", "columns of x", ValueError)
def linear_with_a_bool_as_size():
    L.Linear(True, 2)


@mistake("Linear", "in_size as a whole number above 0", "0.", "columns of x", ValueError)
def a_first_batch_without_columns():
    L.Linear(2)(matrix(4, 0))


@mistake("Linear.W", "a first mini-batch", "none", "Call the link", AttributeError)
def w_before_the_first_batch():
    return L.Linear(2).W


@mistake("Linear", "name of an attribute", "'weight'", "write W", AttributeError)
def w_by_another_name():
    return L.Linear(3, 2).weight


@mistake("Parameter", "an initial array of shape (2, 3)", "(3, 2)", "out_size, in_size", ValueError)
def w_transposed():
    L.Linear(3, 2, initialW=np.zeros((3, 2)))


@mistake("Parameter", "an initial array of shape (2,)", "(3,)", "b (out_size,)", ValueError)
def a_bias_for_the_inputs():
    L.Linear(3, 2, initial_bias=np.zeros(3))


@mistake("Parameter", "an initializer", "'he'", "np.array(...)")
def an_initializer_by_name():
    L.Linear(3, 2, initialW="he")


@mistake("Parameter", "an initializer", "a list", "np.array(...)")
def w_as_a_list():
    L.Linear(2, 1, initialW=[[1.0, 2.0]])


@mistake("Parameter", "an initializer that fills", "a float64 array of shape", "array[...] = ...")
def an_initializer_that_returns_the_numbers():
    L.Linear(2, 1, initialW=lambda array: np.ones(array.shape))


@mistake("linear", "Variables, arrays or numbers", "a <U1 array of shape (1, 2)", "np.array(")
def numbers_written_as_text():
    L.Linear(2, 1)(np.array([["1", "2"]]))


@mistake("linear", "x as a Variable or an array", "None", "np.array(")
def nothing_at_all():
    L.Linear(2, 1)(None)


@mistake("save_npz", "a file name", "''", "'model.npz'")
def a_file_without_a_name():
    serializers.save_npz("", L.Linear(2, 1))


@mistake("softmax_cross_entropy", "normalize to be True or False", "a float64 array", "normalize=")
def class_weights_in_the_place_of_normalize():
    F.softmax_cross_entropy(matrix(2, 3), np.array([0, 1]), np.ones(3))


@mistake("Parameter", "an initializer", "LeCunNormal", "initializers.")
def the_class_of_an_initializer():
    L.Linear(2, 1, initialW=initializers.LeCunNormal)


@mistake("Net", "Link.__init__ to have run", "without", "super().__init__()", RuntimeError)
def a_chain_that_forgets_super_init():
    class Net(Chain):
        def __init__(self):
            with self.init_scope():
                self.l1 = L.Linear(3, 2)

    Net()


@mistake("Net", "Link.__init__ to have run", "without", "first line", RuntimeError)
def a_child_before_super_init():
    class Net(Chain):
        def __init__(self):
            self.l1 = L.Linear(3, 2)

    Net()


@mistake("Scale", "Link.__init__ to have run", "without", "first line", RuntimeError)
def a_parameter_before_super_init():
    class Scale(Link):
        def __init__(self):
            self.a = Parameter(1.0, 3)

    Scale()


@mistake("Net.l1", "inside `with", "outside", "into the block", UserWarning)
def a_child_outside_init_scope():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            self.l1 = L.Linear(3, 2)

    Net()


@mistake("Scale.a", "a Parameter to be assigned inside", "outside", "not registered", UserWarning)
def a_parameter_outside_init_scope():
    class Scale(Link):
        def __init__(self):
            super().__init__()
            self.a = Parameter(1.0, 3)

    Scale()


@mistake("Net.layers", "as an attribute of its own", "a list", "into a ChainList", UserWarning)
def links_in_a_list():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.layers = [L.Linear(3, 2)]

    Net()


@mistake("Net.W", "a Parameter inside", "a plain Variable", "in place of Variable", UserWarning)
def a_variable_inside_init_scope():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.W = vector(1, 2)

    Net()


@mistake("Link.parts", "as an attribute of its own", "a dict", "into a ChainList", UserWarning)
def parameters_in_a_dict():
    Link().parts = {"a": 1, "b": Parameter(1.0, 3)}


@mistake("Linear", "name of an attribute", "'eval'", "using_config", AttributeError)
def a_name_of_pytorch():
    L.Linear(3, 2).eval()


@mistake("Convolution2D", "ksize as a whole number", "None", "(2, 3)", ValueError)
def a_convolution_without_a_size():
    L.Convolution2D(16)


@mistake("SGD.update", "gradients", "none for any", "loss.backward()", UserWarning)
def an_update_without_backward():
    optimizers.SGD().setup(L.Linear(3, 2)).update()


@mistake("linear", "100 numbers for each example", "144 in x", "before this one", ValueError)
def images_of_another_size():
    L.Linear(100, 10)(np.ones((3, 4, 6, 6), np.float32))


@mistake("draw", "matplotlib", "without it", "pip install", ModuleNotFoundError)
def a_picture_without_matplotlib():
    with mock.patch.dict(sys.modules, {"matplotlib": None, "matplotlib.pyplot": None}):
        draw(vector(1) * 2)


@mistake("accuracy", "scores of shape (N, C)", "(2,)", "not the answers", ValueError)
def answers_in_place_of_scores():
    F.accuracy(np.array([0, 1]), np.array([0, 1]))


@mistake("Net", "a method `forward`", "none", "def forward(self, x)", NotImplementedError)
def forward_misspelt():
    class Net(Chain):
        def foward(self, x):
            return x

    Net()(matrix(2, 3))


@mistake("Net", "a new name", "'params'", "Choose another", AttributeError)
def a_child_called_like_a_method():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.params = L.Linear(3, 2)

    Net()


@mistake("Net", "name of an attribute", "'l2'", "__init__ sets it", AttributeError)
def a_layer_that_was_never_made():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Linear(3, 2)

        def forward(self, x):
            return self.l2(self.l1(x))

    Net()(matrix(2, 3))


@mistake("relu", "Variables with arrays", "a Parameter", "initialize(", RuntimeError)
def computing_with_an_empty_parameter():
    F.relu(Parameter())


@mistake("backward", "a result of a computation", "a Parameter", "mini-batch", RuntimeError)
def backward_from_an_empty_parameter():
    Parameter().backward()


@mistake("Linear.W", "a Parameter", "a float32 array of shape (2, 3)", "to its data")
def an_array_in_the_place_of_w():
    L.Linear(3, 2).W = np.zeros((2, 3), np.float32)


@mistake("Linear.b", "a Parameter", "None", "`del` it first")
def a_bias_taken_away():
    L.Linear(3, 2).b = None


@mistake("Net.l1", "a Parameter", "a Linear", "Make Net a Chain")
def a_child_of_a_plain_link():
    class Net(Link):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Linear(3, 2)

    Net()


@mistake("Linear", "nobias to be True or False", "a float64 array of shape (2, 3)", "nobias=True")
def w_in_the_place_of_nobias():
    L.Linear(3, 2, np.zeros((2, 3)))


@mistake("Linear", "the arguments in_size, out_size, nobias", "'bias'", "nobias=True")
def an_argument_of_another_library():
    L.Linear(3, 2, bias=False)


@mistake("Parameter", "the arguments initializer, shape", "'requires_grad'", "disable_update()")
def a_parameter_that_shall_not_learn():
    Parameter(np.ones(2), requires_grad=False)


@mistake("Linear", "of one dtype", "float64 and initial_bias of float32", "initial_bias.astype(")
def first_values_of_two_dtypes():
    L.Linear(3, 2, initialW=np.ones((2, 3)), initial_bias=np.ones(2, np.float32))


@mistake("HeNormal", "a generator of random numbers", "3", "np.random.default_rng(0)")
def a_seed_in_the_place_of_a_generator():
    initializers.HeNormal(rng=3)


@mistake("LeCunNormal", "shape (out, in)", "shape (2,)", "0 for a bias", ValueError)
def a_random_bias():
    L.Linear(3, 2, initial_bias=initializers.LeCunNormal())


@mistake("Constant", "fill_value as a number", "'zeros'", "a float")
def a_constant_by_name():
    initializers.Constant("zeros")(np.zeros(2))


@mistake("Parameter.shape", "with an array", "waits for its shape", "mini-batch", AttributeError)
def the_shape_of_an_empty_parameter():
    return Parameter().shape


@mistake("Net.l1", "a Link", "3.", "`del` it")
def a_number_in_the_place_of_a_child():
    class Net(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Linear(3, 2)

    Net().l1 = 3


@mistake("grad", "a Parameter with an array", "waits for its shape", "initialize(", RuntimeError)
def a_gradient_for_an_empty_parameter():
    Parameter().grad = np.ones(2, np.float32)


@mistake("to_cpu", "a Parameter with an array", "waits", "mini-batch", RuntimeError)
def moving_an_empty_parameter():
    Parameter().to_cpu()


# ---- links made of links ----


@mistake("add_link", "a Link", "a function", "L.Linear(3, 2)")
def a_function_as_a_child():
    Chain(bend=F.relu)


@mistake("ChainList", "a Link", "a list", "Make an instance")
def a_list_of_links_for_a_chain_list():
    ChainList([L.Linear(3, 2)])


@mistake("Sequential", "a Link or a function", "the class Linear", "Pass an instance")
def a_class_as_a_layer():
    Sequential(L.Linear, F.relu)


@mistake("Sequential", "a Link or a function", "a float32 Variable", "F.relu without ()")
def a_function_called_in_a_sequential():
    Sequential(L.Linear(3, 2), F.relu(matrix(2, 3)))


@mistake("Sequential", "at least one layer", "none", "append", RuntimeError)
def a_sequential_without_layers():
    Sequential()(matrix(2, 3))


@mistake("Sequential + x", "x as a Sequential", "a list", "extend")
def a_list_added_to_a_sequential():
    Sequential(F.relu) + [F.tanh]


def counts(array):
    link = Link()
    link.add_persistent("n", array)
    return link


@mistake("copyparams", "/n as an array that can be changed", "read-only", "copy()", ValueError)
def numbers_for_a_read_only_array():
    mine = counts(np.zeros(1))
    mine.n.flags.writeable = False
    mine.copyparams(counts(np.ones(1)))


@mistake("copyparams", "/n that fit into int8", "others of int64", "one dtype", ValueError)
def numbers_that_are_too_large_to_copy():
    counts(np.zeros(1, np.int8)).copyparams(counts(np.array([300])))


@mistake("Chain", "links that do not hold this Chain", "one that does", "one way", ValueError)
def a_chain_in_itself():
    model = Chain(l1=L.Linear(3, 2))
    model.add_link("model", ChainList(model))


@mistake("Chain", "the name of a child (l1, l2)", "'l3'", "spelling", AttributeError)
def a_child_that_is_not_there():
    Chain(l1=L.Linear(3, 2), l2=L.Linear(2, 1))["l3"]


@mistake("copy", "'share' or 'copy' or 'init'", "'deep'", "one of these", ValueError)
def a_mode_that_copy_does_not_know():
    L.Linear(3, 2).copy("deep")


@mistake("copyparams", "a link", "one", "same class", ValueError)
def values_of_a_model_built_otherwise():
    Chain(l1=L.Linear(3, 2)).copyparams(ChainList(L.Linear(3, 2)))


@mistake("copyparams", "/l1/W of shape (2, 3)", "(2, 4)", "same sizes", ValueError)
def values_of_a_larger_model():
    Chain(l1=L.Linear(3, 2)).copyparams(Chain(l1=L.Linear(4, 2)))


@mistake("addgrads", "a Link", "a list", "Make an instance")
def gradients_in_a_list():
    L.Linear(3, 2).addgrads([np.ones((2, 3))])


@mistake("addgrads", "/W to be there", "waits for its first", "copyparams", ValueError)
def gradients_for_a_link_that_waits():
    source = L.Linear(3, 2)
    source.W.grad = np.ones((2, 3), np.float32)
    L.Linear(2).addgrads(source)


@mistake("repeat", "a whole number", "2.5", "copies", ValueError)
def two_and_a_half_copies():
    L.Linear(2, 2).repeat(2.5)


@mistake("register_persistent", "the name of an attribute", "'steps'", "Assign", AttributeError)
def a_persistent_value_that_is_not_there():
    L.Linear(3, 2).register_persistent("steps")


@mistake("add_persistent", "a value that is not learnt", "a Parameter", "init_scope")
def a_parameter_as_a_persistent_value():
    Link().add_persistent("a", Parameter(0.0, (1,)))


@mistake("copy", "arrays to share", "which waits", "mode='copy'", RuntimeError)
def a_shared_copy_before_the_first_batch():
    Chain(l1=L.Linear(2)).copy()


# ---- chapters 13 and 14: learning ----


@mistake("SGD", "lr as a number of at least 0", "-0.1", "0.01", ValueError)
def walking_uphill():
    optimizers.SGD(lr=-0.1)


@mistake("SGD", "lr as a number of at least 0", "a Linear", "SGD().setup(model)", ValueError)
def the_model_in_the_place_of_lr():
    optimizers.SGD(L.Linear(3, 2))


@mistake("SGD", "lr as a number of at least 0", "nan", "0.01", ValueError)
def a_learning_rate_that_is_no_number():
    optimizers.SGD(math.nan)


@mistake("SGD.update", "a link to update", "none", "optimizer.setup(model)", RuntimeError)
def update_without_setup():
    optimizers.SGD().update()


@mistake("SGD.setup", "a Link or a Chain", "a list", "the model itself")
def setup_with_a_list():
    optimizers.SGD().setup([L.Linear(3, 2)])


@mistake("SGD.setup", "a Link or a Chain", "a generator", "not its parameters")
def setup_with_parameters():
    optimizers.SGD().setup(L.Linear(3, 2).params())


@mistake("softmax_cross_entropy", "from 0 to 2", "3.", "Count the classes from 0", ValueError)
def classes_counted_from_1():
    F.softmax_cross_entropy(matrix(2, 3), np.array([1, 3]))


@mistake("accuracy", "from 0 to 2", "-1", "Count the classes from 0", ValueError)
def a_negative_class():
    F.accuracy(matrix(2, 3), np.array([0, -1]))


@mistake("softmax_cross_entropy", "array of int", "a float64 array", "dtype=np.int32")
def labels_as_floats():
    F.softmax_cross_entropy(matrix(2, 3), np.array([0.0, 1.0]))


@mistake("softmax_cross_entropy", "array of int", "a list", "dtype=np.int32")
def labels_as_a_list():
    F.softmax_cross_entropy(matrix(2, 3), [0, 1])


@mistake("accuracy", "array of int", "a bool array", "Number the classes")
def labels_as_bools():
    F.accuracy(matrix(2, 3), np.array([True, False]))


@mistake("softmax_cross_entropy", "one label for each row", "(2, 3)", "one-hot", ValueError)
def labels_one_hot():
    F.softmax_cross_entropy(matrix(2, 3), np.eye(3, dtype=np.int32)[:2])


@mistake("accuracy", "one label for each row", "(3,)", "its own label", ValueError)
def more_labels_than_rows():
    F.accuracy(matrix(2, 3), np.array([0, 1, 2]))


@mistake("softmax_cross_entropy", "scores of shape (N, C)", "(3,)", "x.reshape(1, -1)", ValueError)
def scores_of_a_single_row():
    F.softmax_cross_entropy(vector(1, 2, 3), np.array([0]))


@mistake("accuracy", "scores of shape (N, C)", "a list", "x.reshape(1, -1)", ValueError)
def scores_as_a_list():
    F.accuracy([[1.0, 2.0]], np.array([0]))


@mistake("softmax_cross_entropy", "'mean' or 'no'", "'sum'", "one of these", ValueError)
def another_way_to_reduce():
    F.softmax_cross_entropy(matrix(2, 3), np.array([0, 1]), reduce="sum")


@mistake("SGD.update", "a function", "a float32 Variable of shape ()", "loss.backward()")
def update_with_the_loss():
    model = L.Linear(3, 2)
    optimizers.SGD().setup(model).update(model(matrix(4, 3)).sum())


@mistake("SGD.update", "lossfun to return a Variable", "None", "return loss")
def a_loss_function_without_return():
    optimizers.SGD().setup(L.Linear(3, 2)).update(lambda: None)


@mistake("softmax_cross_entropy", "class_weight as an array of floats", "(2,)", "each class")
def a_class_without_weight():
    weights = np.ones(2, np.float32)
    F.softmax_cross_entropy(matrix(2, 3), np.array([0, 1]), class_weight=weights)


@mistake("softmax_cross_entropy", "class_weight as an array of floats", "bool", "each class")
def truth_values_as_weights():
    weights = np.array([True, False, True])
    F.softmax_cross_entropy(matrix(2, 3), np.array([0, 1]), class_weight=weights)


@mistake("accuracy", "at least one class", "(2, 0)", "along axis 1", ValueError)
def scores_without_a_class():
    F.accuracy(matrix(2, 0), np.array([0, 1]))


@mistake("softmax", "at least one axis", "()", "(N, C)", ValueError)
def softmax_of_a_single_number():
    F.softmax(number(), axis=0)


@mistake("accuracy", "ignore_label as a whole number", "'none'", "-1")
def a_text_as_label_to_ignore():
    F.accuracy(matrix(2, 3), np.array([0, 1]), ignore_label="none")


@mistake("MomentumSGD", "momentum as a number from 0 to below 1", "1", "0.9", ValueError)
def a_speed_that_never_gets_less():
    optimizers.MomentumSGD(momentum=1)


@mistake("Adam", "alpha as a number of at least 0", "-1", "0.01", ValueError)
def an_adam_that_climbs():
    optimizers.Adam(-1)


@mistake("Adam", "alpha, beta1, beta2", "'lr'", "write alpha")
def an_adam_as_in_other_libraries():
    optimizers.Adam(lr=0.1)


@mistake("SGD", "lr", "2 values", "setup(model)")
def an_optimizer_of_parameters():
    optimizers.SGD(L.Linear(3, 2).params(), lr=0.1)


@mistake("Adam", "beta2 as a number from 0 to below 1", "'0.999'", "0.9", ValueError)
def a_moment_as_text():
    optimizers.Adam(beta2="0.999")


@mistake("AdamW", "weight_decay_rate as a number of at least 0", "-0.1", "finite", ValueError)
def a_weight_that_grows():
    optimizers.AdamW(weight_decay_rate=-0.1)


@mistake("RMSprop", "eps_inside_sqrt to be True or False", "1", "eps_inside_sqrt=True")
def a_number_for_a_flag_of_rmsprop():
    optimizers.RMSprop(eps_inside_sqrt=1)


@mistake("RMSprop", "eps as a number that float32 can hold", "1e-50", "1e-8", ValueError)
def an_eps_too_small_for_float32():
    f = L.Linear(1, 1)
    optimizer = optimizers.RMSprop(eps=1e-50).setup(f)
    optimizer.update(lambda: f(matrix(1, 1)))


def optimizer_with_gradients(kind=optimizers.SGD):
    """Return an optimizer that has made one update, and the W of its link, with a gradient."""
    f = L.Linear(1, 1)
    optimizer = kind().setup(f)
    optimizer.update(lambda: f(matrix(1, 1)))
    return optimizer, f.W


@mistake("SGD.update", "an array that can be changed for /W", "a read-only one", "copy", ValueError)
def a_parameter_that_is_read_only():
    optimizer, W = optimizer_with_gradients()
    W.data.flags.writeable = False
    optimizer.update()


@mistake("SGD.update", "a gradient of shape (1,) for /W", "(1, 1)", "walk back", ValueError)
def a_parameter_whose_shape_was_changed_in_place():
    optimizer, W = optimizer_with_gradients()
    W.data.shape = (1,)
    optimizer.update()


@mistake("SGD.update", "gradient of /W from strict_xp", "one from numpy", "to_cpu or to_gpu")
def a_parameter_that_is_elsewhere_than_its_gradient():
    backend.register(strict_xp.ndarray, strict_xp)
    optimizer, W = optimizer_with_gradients()
    W.data = strict_xp.asarray(W.data)
    optimizer.update()


@mistake("Adam", "/W with the shape (1, 1)", "(2, 1)", "setup again", ValueError)
def a_parameter_that_has_another_shape_now():
    optimizer, W = optimizer_with_gradients(optimizers.Adam)
    W.data = np.ones((2, 1), np.float32)
    W.grad = np.ones((2, 1), np.float32)
    optimizer.update()


@mistake("WeightDecay", "a gradient that can be changed", "read-only", "Assign a copy", ValueError)
def a_gradient_that_is_read_only():
    optimizer, W = optimizer_with_gradients()
    optimizer.add_hook(optimizer_hooks.WeightDecay(0.1))
    W.grad = np.broadcast_to(np.float32(1), (1, 1))
    optimizer.update()


@mistake(
    "GradientClipping", "of a finite length", "inf because of /W", "smaller", FloatingPointError
)
def an_infinite_gradient():
    optimizer, W = optimizer_with_gradients()
    optimizer.add_hook(optimizer_hooks.GradientClipping(1))
    W.grad[...] = math.inf
    optimizer.update()


@mistake("add_hook", "'pre' or 'post'", "'after'", "one of these", ValueError)
def a_hook_at_another_time():
    optimizer, _ = optimizer_with_gradients()
    optimizer.add_hook(optimizer_hooks.WeightDecay(0.1), timing="after")


@mistake("Mine", "a method `update_core`", "none", "def update_core", NotImplementedError)
def an_optimizer_without_update_core():
    class Mine(optimizers.Optimizer):
        pass

    f = L.Linear(1, 1)
    Mine().setup(f).update(lambda: f(matrix(1, 1)))


@mistake("Optimizer", "a method `update_core`", "none", "derived from", NotImplementedError)
def the_base_of_all_optimizers():
    f = L.Linear(1, 1)
    optimizers.Optimizer().setup(f).update(lambda: f(matrix(1, 1)))


@mistake("Adam.add_hook", "a link to update", "none", "optimizer.setup(model)", RuntimeError)
def a_hook_before_setup():
    optimizers.Adam().add_hook(optimizer_hooks.WeightDecay(1e-4))


@mistake("Adam.remove_hook", "a link to update", "none", "optimizer.setup(model)", RuntimeError)
def removing_a_hook_before_setup():
    optimizers.Adam().remove_hook("WeightDecay")


@mistake("Adam.serialize", "a link to update", "none", "optimizer.setup(model)", RuntimeError)
def saving_an_optimizer_before_setup():
    serializers.save_npz(io.BytesIO(), optimizers.Adam())


@mistake("SGD.add_hook", "something to call", "the class WeightDecay", "an instance")
def a_hook_without_its_rate():
    optimizers.SGD().setup(L.Linear(3, 2)).add_hook(optimizer_hooks.WeightDecay)


@mistake("SGD.add_hook", "something to call", "0.1", "an instance")
def a_rate_for_a_hook():
    optimizers.SGD().setup(L.Linear(3, 2)).add_hook(0.1)


@mistake("SGD.add_hook", "a text as name", "None", "name=")
def a_hook_that_has_no_name():
    hook = functools.partial(print, end="")
    optimizers.SGD().setup(L.Linear(3, 2)).add_hook(hook)


@mistake("SGD.add_hook", "a new name", "'WeightDecay', which is taken", "as name", ValueError)
def the_same_hook_twice():
    optimizer = optimizers.SGD().setup(L.Linear(3, 2))
    for _ in range(2):
        optimizer.add_hook(optimizer_hooks.WeightDecay(1e-4))


@mistake("SGD.remove_hook", "(WeightDecay)", "'weight_decay'", "spelling", ValueError)
def removing_a_hook_that_is_not_there():
    optimizer = optimizers.SGD().setup(L.Linear(3, 2))
    optimizer.add_hook(optimizer_hooks.WeightDecay(1e-4))
    optimizer.remove_hook("weight_decay")


@mistake("WeightDecay", "rate as a number of at least 0", "-1", "finite", ValueError)
def a_decay_that_pushes():
    optimizer_hooks.WeightDecay(-1)


@mistake("GradientClipping", "threshold as a number above 0", "0", "such as 5", ValueError)
def clipping_to_nothing():
    optimizer_hooks.GradientClipping(0)


@mistake("optimizer_hooks", "one of Grad", "'Weightdecay'", "mean WeightDecay?", AttributeError)
def a_hook_in_small_letters():
    optimizer_hooks.Weightdecay(0.1)


@mistake("Adam.serialize", "a link whose parameters are", "/W waits", "load_npz", RuntimeError)
def loading_the_optimizer_before_the_link():
    model = L.Linear(3, 2)
    optimizer = optimizers.Adam().setup(model)
    optimizer.update(lambda: model(matrix(4, 3)).sum())
    file = io.BytesIO()
    serializers.save_npz(file, optimizer)
    serializers.load_npz(file, optimizers.Adam().setup(L.Linear(2)))


@mistake("optimizers", "one of SGD", "'sgd'", "did you mean SGD?", AttributeError)
def an_optimizer_in_small_letters():
    optimizers.sgd()


@mistake(
    "links",
    "one of BatchNormalization, ",
    "'Dense'",
    "write tinylinks.links.Linear",
    AttributeError,
)
def a_link_from_another_library():
    L.Dense(3, 2)


@mistake("functions", "a name that is there", "'ReLU'", "did you mean relu?", AttributeError)
def a_class_in_the_place_of_the_verb():
    F.ReLU(vector(1, 2))


@mistake("links", "Linear", "'Dropout'", "Write tinylinks.functions.dropout.", AttributeError)
def a_function_sought_among_the_links():
    L.Dropout(0.5)


@mistake("links", "Linear", "'EmbedID'", "Chainer has it", AttributeError)
def a_link_that_only_chainer_has():
    L.EmbedID(10, 3)


@mistake("datasets", "MiniBatches", "'get_mnist'", "datasets.get_digits", AttributeError)
def a_data_set_that_only_chainer_has():
    datasets.get_mnist()


@mistake("tinylinks", "Sequential", "'Linear'", "Write tinylinks.links.Linear.", AttributeError)
def a_link_sought_at_the_top():
    tinylinks.Linear(3, 2)


@mistake(
    "functions",
    "a name that is there",
    "'MaxPool2D'",
    "did you mean max_pooling_2d",
    AttributeError,
)
def a_function_of_another_library():
    F.MaxPool2D(3)


# ---- chapter 16: dropout and batch normalization ----


@mistake("dropout", "an array of floats", "a list", ".astype(np.float32)")
def a_list_into_dropout():
    F.dropout([1.0, 2.0])


@mistake("dropout", "an array of floats", "an int64 Variable of shape (2,)", ".astype(np.float32)")
def whole_numbers_into_dropout():
    F.dropout(vector(1, 2, dtype=np.int64))


@mistake("dropout", "from 0 to below 1", "1.", "0.5", ValueError)
def dropping_everything():
    F.dropout(vector(1, 2), ratio=1)


@mistake("dropout", "from 0 to below 1", "50.", "how large a share", ValueError)
def a_ratio_in_percent():
    F.dropout(vector(1, 2), 50)


@mistake("dropout", "from 0 to below 1", "-0.1", "0.5", ValueError)
def a_negative_ratio():
    F.dropout(vector(1, 2), -0.1)


@mistake("dropout", "mask as a float32 array of shape (2,)", "(3,)", "return_mask=True", ValueError)
def a_mask_of_another_shape():
    F.dropout(vector(1, 2), mask=np.ones(3, np.float32))


@mistake("dropout", "mask as a float32 array", "a bool array", "return_mask=True", ValueError)
def a_mask_of_bools():
    F.dropout(vector(1, 2), mask=np.array([True, False]))


@mistake("dropout", "mask as a float32 array", "a list", "return_mask=True", ValueError)
def a_mask_as_a_list():
    F.dropout(vector(1, 2), mask=[0.0, 2.0])


@mistake("dropout", "all arrays from numpy", "strict_xp", "backend.to_cpu")
def a_mask_in_another_array_module():
    F.dropout(vector(1, 2), mask=elsewhere(0, 2).data)


@mistake("dropout", "a Parameter with an array", "waits", "mini-batch", RuntimeError)
def dropout_of_an_empty_parameter():
    F.dropout(Parameter())


def normalize(x, gamma=(1, 1, 1), beta=(0, 0, 0), **options):
    return F.batch_normalization(x, vector(*gamma), vector(*beta), **options)


@mistake("batch_normalization", "x as a Variable or an array", "a list", "np.array(")
def a_list_to_normalize():
    normalize([[1.0, 2.0, 3.0]])


@mistake("batch_normalization", "a Parameter with an array", "waits", "mini-batch", RuntimeError)
def normalizing_an_empty_parameter():
    L.BatchNormalization(3)(Parameter())


@mistake("batch_normalization", "gamma as an array of shape (3,)", "(2,)", "one number", ValueError)
def a_gamma_of_another_shape():
    normalize(matrix(2, 3), gamma=(1, 1))


@mistake("batch_normalization", "gamma as an array of shape (3,)", "1.", "one number", ValueError)
def a_number_as_gamma():
    F.batch_normalization(matrix(2, 3), 1, 0)


@mistake("batch_normalization", "beta as an array of shape (3,)", "0.", "one number", ValueError)
def a_number_as_beta():
    F.batch_normalization(matrix(2, 3), vector(1, 1, 1), 0)


@mistake("batch_normalization", "gamma as an array of shape (3,)", "(4,)", "each mean", ValueError)
def another_number_of_columns():
    L.BatchNormalization(4)(matrix(2, 3))


@mistake("batch_normalization", "running_mean as an array of", "(2,)", "one number", ValueError)
def a_moving_average_of_another_shape():
    normalize(matrix(2, 3), running_mean=np.zeros(2, np.float32))


@mistake("fixed_batch_normalization", "var as an array of shape", "None", "one number", ValueError)
def no_variance():
    ones = vector(1, 1, 1)
    F.fixed_batch_normalization(matrix(2, 3), ones, ones, ones, None)


@mistake("batch_normalization", "of the dtype of x, float64", "float32", "where it is loaded")
def double_precision_into_a_normalization():
    L.BatchNormalization(3)(matrix(2, 3, np.float64))


@mistake(
    "batch_normalization", "beta of the dtype of gamma, float32", "float64", "where it is made"
)
def a_beta_of_another_dtype_than_gamma():
    F.batch_normalization(matrix(2, 3).data, np.ones(3, np.float32), np.zeros(3))


@mistake("fixed_batch_normalization", "gamma as floats", "an int64 array", ".astype(np.float32)")
def a_gamma_of_whole_numbers():
    ones = np.ones(3, np.int64)
    F.fixed_batch_normalization(matrix(2, 3).data, ones, ones, ones, ones)


@mistake("batch_normalization", "all arrays from numpy", "strict_xp", "backend.to_cpu")
def a_moving_average_in_another_array_module():
    normalize(matrix(2, 3), running_var=elsewhere(1, 1, 1).data)


@mistake("batch_normalization", "axes of x from 0 to 1", "axis=(2,)", "mini-batch", ValueError)
def averages_over_an_axis_that_is_not_there():
    normalize(matrix(2, 3), axis=2)


@mistake("batch_normalization", "axes of x from 0 to 1", "axis=(-2,)", "mini-batch", ValueError)
def an_axis_counted_from_the_end():
    normalize(matrix(2, 3), axis=-2)


@mistake("batch_normalization", "axes of x from 0 to 1, each once", "(0, 0)", "over", ValueError)
def averages_over_an_axis_twice():
    L.BatchNormalization(axis=(0, 0))(matrix(2, 3))


@mistake("batch_normalization", "axes of x", "axis=('batch',)", "mini-batch", ValueError)
def an_axis_by_name():
    normalize(matrix(2, 3), axis="batch")


@mistake("batch_normalization", "at least one number", "(0, 3)", "empty mini-batch", ValueError)
def normalizing_an_empty_mini_batch():
    normalize(matrix(0, 3))


@mistake("batch_normalization", "decay as a number from 0 to 1", "9.", "0.9", ValueError)
def a_decay_above_1():
    normalize(matrix(2, 3), decay=9)


@mistake("batch_normalization", "eps as a number not below 0", "-1.", "2e-5", ValueError)
def a_negative_eps():
    normalize(matrix(2, 3), eps=-1)


@mistake("fixed_batch_normalization", "eps as a number not below 0", "'small'", "2e-5", ValueError)
def an_eps_in_words():
    ones = vector(1, 1, 1)
    F.fixed_batch_normalization(matrix(2, 3), ones, ones, ones, ones, "small")


@mistake("batch_normalization", "several numbers", "one", 'using_config("train"', UserWarning)
def predicting_for_one_example_while_training():
    L.BatchNormalization(3)(matrix(1, 3))


@mistake("BatchNormalization", "size as a whole number above 0", "None", "or axis", ValueError)
def a_normalization_without_size_and_axis():
    L.BatchNormalization()


@mistake("BatchNormalization", "size as a whole number above 0", "0.", "channels", ValueError)
def a_normalization_of_nothing():
    L.BatchNormalization(0)


@mistake("BatchNormalization", "size as a whole number above 0", "3.5", "channels", ValueError)
def a_size_that_is_not_whole():
    L.BatchNormalization(3.5, axis=0)


@mistake("BatchNormalization", "use_gamma to be True or False", "1.", "use_gamma=True")
def a_number_in_the_place_of_use_gamma():
    L.BatchNormalization(3, use_gamma=1)


@mistake("BatchNormalization", "use_beta to be True or False", "'no'", "use_beta=True")
def a_text_in_the_place_of_use_beta():
    L.BatchNormalization(3, use_beta="no")


@mistake("BatchNormalization", "finetune to be True or False", "None", "finetune=True")
def finetuning_with_none():
    L.BatchNormalization(3)(matrix(2, 3), finetune=None)


@mistake("Constant", "dtype of floats", "the class int", "np.float32")
def a_link_with_whole_numbers():
    L.BatchNormalization(3, dtype=int)


@mistake("HeNormal", "dtype of floats", "'float31'", "np.float32")
def a_dtype_that_is_not_there():
    initializers.HeNormal(dtype="float31")


@mistake("HeNormal", "fan_option to be 'fan_in' or 'fan_out'", "'in'", "one of these", ValueError)
def a_fan_misspelt():
    initializers.HeNormal(fan_option="in")


@mistake("GlorotUniform", "shape (out, in)", "shape (3,)", "0 for a bias", ValueError)
def the_fans_of_a_vector():
    Parameter(initializers.GlorotUniform(), 3)


@mistake("HeNormal", "none of them 0", "shape (0, 3)", "0 for a bias", ValueError)
def the_fans_of_nothing():
    Parameter(initializers.HeNormal(fan_option="fan_out"), (0, 3))


@mistake("get_fans", "shape (out, in)", "shape ()", "0 for a bias", ValueError)
def the_fans_of_a_number():
    initializers.get_fans(())


@mistake("Uniform", "scale as a number above 0", "-0.5", "leave it out", ValueError)
def a_negative_scale():
    initializers.Uniform(-0.5)


@mistake("Normal", "scale as a number above 0", "'big'", "leave it out", ValueError)
def a_scale_in_words():
    initializers.Normal("big")


# ---- chapters 15 and 16: data, saving and loading ----


@mistake("get_digits", "ndim as 1, 2 or 3", "4", "Pass 1", ValueError)
def pictures_of_four_axes():
    datasets.get_digits(ndim=4)


@mistake("split", "at least one array", "a float32 array of shape (3,)", "Pass (x, t)")
def one_array_to_split():
    datasets.split(vector(1, 2, 3).data, 0.5)


@mistake("MiniBatches", "at least one array", "a tuple", "x and t")
def mini_batches_of_nothing():
    datasets.MiniBatches(batch_size=2)


@mistake("MiniBatches", "one row for each example", "a list", "np.array(...)")
def mini_batches_of_a_list():
    datasets.MiniBatches([1.0, 2.0], batch_size=2)


@mistake("MiniBatches", "one row for each example", "32", "name the argument")
def a_batch_size_without_its_name():
    datasets.MiniBatches(np.zeros(3), 32, batch_size=2)


@mistake("split", "one row for each example", "a float64 array of shape ()", "np.array(...)")
def a_single_number_to_split():
    datasets.split((np.array(1.0),), 0.5)


@mistake("MiniBatches", "one length above 0", "lengths 3, 2", "one row", ValueError)
def more_pictures_than_labels():
    datasets.MiniBatches(np.zeros((3, 4)), np.zeros(2), batch_size=2)


@mistake("MiniBatches", "one length above 0", "lengths 0, 0", "one row", ValueError)
def mini_batches_of_no_examples():
    datasets.MiniBatches(np.zeros((0, 4)), np.zeros(0), batch_size=2)


@mistake("split", "between 0 and 1", "20", "Pass 0.2", ValueError)
def a_share_in_per_cent():
    datasets.split((np.zeros(10),), 20)


@mistake("split", "leaves both parts some of the 10 examples", "0.01", "Pass 0.2", ValueError)
def a_share_that_leaves_nothing():
    datasets.split((np.zeros(10),), 0.01)


@mistake("split", "seed as a whole number", "-1", "Pass 0", ValueError)
def a_negative_seed():
    datasets.split((np.zeros(10),), 0.2, seed=-1)


@mistake("MiniBatches", "seed as a whole number", "'today'", "None for", ValueError)
def a_seed_in_words():
    datasets.MiniBatches(np.zeros(10), batch_size=2, seed="today")


@mistake("MiniBatches", "batch_size as a whole number above 0", "0", "how many", ValueError)
def mini_batches_of_size_zero():
    datasets.MiniBatches(np.zeros(10), batch_size=0)


@mistake("MiniBatches", "batch_size as a whole number above 0", "2.5", "how many", ValueError)
def mini_batches_of_half_an_example():
    datasets.MiniBatches(np.zeros(10), batch_size=2.5)


@mistake("MiniBatches", "shuffle to be True or False", "'yes'", "shuffle=True")
def shuffle_in_words():
    datasets.MiniBatches(np.zeros(10), batch_size=2, shuffle="yes")


def saved(obj):
    """Return an open file that holds `obj`."""
    file = io.BytesIO()
    serializers.save_npz(file, obj)
    return file


def zipped(**entries):
    """Return an open zip file with these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file


@mistake("MiniBatches", "the position in 11 examples", "one in 10", "from the data", ValueError)
def a_position_in_other_data():
    file = saved(datasets.MiniBatches(np.zeros(10), batch_size=2))
    serializers.load_npz(file, datasets.MiniBatches(np.zeros(11), batch_size=2))


@mistake("save_npz", "a file name or an open binary file", "a Linear", "'model.npz'")
def model_and_file_exchanged():
    serializers.save_npz(L.Linear(3, 2), "model.npz")


@mistake("load_npz", "a file name or an open binary file", "a StringIO", "in mode 'rb'")
def a_text_file_to_load():
    serializers.load_npz(io.StringIO(), L.Linear(3, 2))


@mistake("load_npz", "the name of a file", "'no such file'", "spelling", FileNotFoundError)
def a_file_that_is_not_there():
    serializers.load_npz("no such file", L.Linear(3, 2))


@mistake("save_npz", "in a folder that is there", "'no/such/file'", "makedirs", FileNotFoundError)
def a_folder_that_is_not_there():
    serializers.save_npz("no/such/file", L.Linear(3, 2))


@mistake("save_npz", "a Link, an optimizer", "a float32 array of shape (1,)", "the model itself")
def an_array_to_save():
    serializers.save_npz(io.BytesIO(), vector(1).data)


@mistake("load_npz", "a Link, an optimizer", "the class Linear", "the model itself")
def a_class_to_load_into():
    serializers.load_npz(saved(L.Linear(3, 2)), L.Linear)


@mistake("load_npz", "ignore_names as a key", "3", "'l1/W'")
def a_number_to_ignore():
    serializers.load_npz(saved(L.Linear(3, 2)), L.Linear(3, 2), ignore_names=["W", 3])


@mistake("save_npz", "an array of numbers, a number or a text", "a list", "np.array(...)")
def a_persistent_list():
    link = Link()
    link.add_persistent("sizes", [1, 2])
    saved(link)


@mistake("save_npz", "as 'note' that NumPy keeps", "'a\\x00'", "NUL", ValueError)
def a_text_that_ends_in_nul():
    serializers.save_npz(io.BytesIO(), {"note": "a\0"})


@mistake("save_npz", "as 'n'", str(2**80), "np.array(...)")
def a_persistent_number_without_dtype():
    link = Link()
    link.add_persistent("n", 2**80)
    saved(link)


@mistake("load_npz", "a whole file that save_npz has written", "damaged", "Check", ValueError)
def a_file_that_was_cut():
    serializers.load_npz(io.BytesIO(saved(L.Linear(3, 2)).getvalue()[:100]), L.Linear(3, 2))


@mistake("load_npz", "a file of arrays", "an entry 'mimetype'", "save_npz", ValueError)
def a_zip_file_of_another_program():
    serializers.load_npz(zipped(mimetype="text"), L.Linear(3, 2))


@mistake("load_npz", "'W' about as large as in", "80000000 bytes", "compression", ValueError)
def a_file_that_fills_the_memory():
    head = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (2, 10_000_000)}
    np.lib.format.write_array_header_1_0(head, header)
    file = zipped(**{"W.npy": head.getvalue() + bytes(80_000_000)})
    serializers.load_npz(file, L.Linear(None, 2, nobias=True))


@mistake("load_npz", "a whole file", "one that is damaged", "Check where it comes", ValueError)
def an_array_that_is_longer_than_it_says():
    W = io.BytesIO()
    np.save(W, np.zeros((2, 3)))
    serializers.load_npz(zipped(**{"W.npy": W.getvalue() + b"more"}), L.Linear(3, 2))


@mistake("load_npz", "a file that can be read here", "deflate64", "Look", ValueError)
def a_file_packed_by_another_program():
    with mock.patch("zipfile.ZipFile.read", side_effect=NotImplementedError("deflate64")):
        serializers.load_npz(saved(L.Linear(3, 2)), L.Linear(3, 2))


@mistake("load_npz", "an npz file", "a .npy file of a single array", "Check the name", ValueError)
def a_file_of_a_single_array():
    file = io.BytesIO()
    np.save(file, np.zeros((2, 3)))
    serializers.load_npz(file, L.Linear(3, 2))


@mistake("save_npz", "the name of a file", "'.', which is a folder", "Name", IsADirectoryError)
def a_folder_as_file():
    serializers.save_npz(".", L.Linear(3, 2))


@mistake(
    "load_npz", "open in mode 'rb'", "one that is closed", "`with open(name, 'rb')", ValueError
)
def a_file_that_was_closed():
    file = saved(L.Linear(3, 2))
    file.close()
    serializers.load_npz(file, L.Linear(3, 2))


@mistake("save_npz", "can be opened", "File name too long", "Choose another", OSError)
def a_name_without_end():
    with mock.patch("builtins.open", side_effect=OSError(36, "File name too long")):
        serializers.save_npz("model.npz", L.Linear(3, 2))


@mistake("save_npz", "a file that may be changed", "read-only", "os.chmod", PermissionError)
def a_file_that_is_read_only():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.npz")
        path.touch(0o444)
        try:
            serializers.save_npz(path, L.Linear(3, 2))
        finally:
            path.chmod(0o644)


@mistake("load_npz", "whose read() gives bytes", "'text'", "in mode 'rb'")
def a_stream_of_text():
    stream = mock.Mock(spec=["read"])
    stream.read.return_value = "text"
    serializers.load_npz(stream, L.Linear(3, 2))


@mistake("save_npz", "a text as the name", "3", "'l1/W'")
def a_number_as_key():
    serializers.save_npz(io.BytesIO(), {3: np.zeros(2)})


@mistake("save_npz", "a name of its own", "'a', which comes twice", "another name", ValueError)
def one_name_for_two_arrays():
    serializers.save_npz(io.BytesIO(), {"a": np.zeros(2), "/a": np.zeros(2)})


@mistake("save_npz", "a name of its own", "'a..b', with two dots", "another name", ValueError)
def a_name_that_could_not_be_read_back():
    serializers.save_npz(io.BytesIO(), {"a..b": np.zeros(2)})


@mistake("Chain", "a name that a file can have", "'l1/a', with a slash", "'l1'", AttributeError)
def a_link_with_a_slash_in_its_name():
    Chain(**{"l1/a": L.Linear(2, 1)})


@mistake("Link", "a name that a file can have", "3", "Choose a name", AttributeError)
def a_persistent_value_with_a_number_for_a_name():
    Link().add_persistent(3, 0.0)


@mistake("Adam.serialize", "whole numbers as t and epoch", "0.5 and 0", "Pass a file", ValueError)
def an_optimizer_with_half_a_step():
    optimizer = optimizers.Adam().setup(L.Linear(1, 1))
    serializers.load_npz(saved({"t": 0.5, "epoch": 0}), optimizer)


@mistake("MiniBatches", "a position up to 10", "1, 0 and 11", "Pass a file", ValueError)
def a_position_beyond_the_end():
    file = saved({"n": 10, "seed": 1, "epoch": 0, "position": 11})
    serializers.load_npz(file, datasets.MiniBatches(np.zeros(10), batch_size=2))


@mistake("MiniBatches", "one loop at a time", "to epoch 1, position 0", "second", RuntimeError)
def a_loop_inside_of_a_loop():
    batches = datasets.MiniBatches(np.zeros(10), batch_size=2)
    for _ in batches:
        len(list(batches))


@mistake("load_npz", "'l1/W' in the file", "it begins with 'W', 'b'", "strict=False", ValueError)
def the_file_of_another_model():
    serializers.load_npz(saved(L.Linear(3, 2)), Chain(l1=L.Linear(3, 2)))


@mistake("load_npz", "'W' in the file", "an entry without numbers", "as the saved", ValueError)
def a_file_of_objects():
    W = io.BytesIO()
    np.lib.format.write_array(W, np.zeros((2, 3), object))
    serializers.load_npz(zipped(**{"W.npy": W.getvalue()}), L.Linear(3, 2))


@mistake("load_npz", "numbers as 'W'", "None: when the model was saved", "keeps", UserWarning)
def the_file_of_a_model_that_waited():
    serializers.load_npz(saved(L.Linear(2)), L.Linear(3, 2))


@mistake("load_npz", "arrays such as 'l1/W'", "none that the model has", "the path", UserWarning)
def a_file_of_which_nothing_fits():
    model = Chain(l1=L.Linear(3, 2))
    serializers.load_npz(saved(L.Linear(3, 2)), model, strict=False)


@mistake("load_npz", "'W' of shape (2, 4)", "(2, 3)", "the sizes", ValueError)
def the_file_of_a_smaller_model():
    serializers.load_npz(saved(L.Linear(3, 2)), L.Linear(4, 2))


@mistake("load_npz", "'a' of a dtype that fits int64", "float64", "dtype of the saved one")
def floats_for_a_whole_number():
    link = Link()
    link.add_persistent("a", np.zeros(2, np.int64))
    serializers.load_npz(saved({"a": np.ones(2)}), link)


@mistake("load_npz", "'a' with values that fit int8", "int64 with 300", "dtype", ValueError)
def a_number_that_is_too_large():
    link = Link()
    link.add_persistent("a", np.zeros(2, np.int8))
    serializers.load_npz(saved({"a": np.array([1, 300])}), link)


@mistake("load_npz", "'a' to be an array of the model that can", "read-only", "copy()", ValueError)
def an_array_that_cannot_be_filled():
    link = Link()
    link.add_persistent("a", np.broadcast_to(0.0, (2,)))
    serializers.load_npz(saved({"a": np.ones(2)}), link)


@mistake("load_npz", "'a' to be 'text' or the like", "int64", "a first value")
def a_number_for_a_text():
    link = Link()
    link.add_persistent("a", "text")
    serializers.load_npz(saved({"a": 3}), link)


# ---- chapter 17: convolution and pooling ----


def images(*shape):
    return Variable(np.ones(shape, np.float32))


@mistake("convolution_2d", "(N, C, H, W)", "of shape (28, 28)", "reshape", ValueError)
def one_image_without_mini_batch():
    F.convolution_2d(images(28, 28), images(1, 1, 3, 3))


@mistake("convolution_2d", "(N, C, H, W)", "a list", "reshape", ValueError)
def a_list_of_images():
    F.convolution_2d([[1.0]], images(1, 1, 1, 1))


@mistake("Convolution2D", "(N, C, H, W)", "of shape (5, 28, 28)", "reshape", ValueError)
def a_first_mini_batch_without_channels():
    L.Convolution2D(16, 3)(images(5, 28, 28))


@mistake("Convolution2D", "out_channels", "None", "Convolution2D(out_channels, ksize)", ValueError)
def a_convolution_without_channels():
    L.Convolution2D(None, 3)


@mistake("Convolution2D", "in_channels", "0", "first mini-batch", ValueError)
def a_convolution_of_no_channels():
    L.Convolution2D(0, 16, 3)


@mistake("Convolution2D", "in_channels", "0", "first mini-batch", ValueError)
def a_first_mini_batch_of_no_channels():
    L.Convolution2D(16, 3)(images(5, 0, 28, 28))


@mistake("Deconvolution2D", "out_channels", "1.5", "Deconvolution2D(", ValueError)
def half_a_channel():
    L.Deconvolution2D(3, 1.5, 3)


@mistake("Convolution2D", "nobias to be True or False", "0.0", "nobias=True")
def a_bias_where_nobias_belongs():
    L.Convolution2D(1, 16, 3, 1, 0, 0.0)


@mistake("convolution_2d", "one dtype", "float64 and float32", "alike")
def images_of_another_dtype():
    L.Convolution2D(1, 16, 3)(Variable(np.ones((1, 1, 4, 4))))


@mistake("convolution_2d", "(O, C // groups, kh, kw)", "of shape (3, 3)", "Give it", ValueError)
def a_window_of_weights_with_two_axes():
    F.convolution_2d(images(1, 1, 5, 5), images(3, 3))


@mistake("deconvolution_2d", "(C, O // groups, kh, kw)", "(1, 1, 0, 3)", "Give it", ValueError)
def a_window_without_height():
    F.deconvolution_2d(images(1, 1, 5, 5), images(1, 1, 0, 3))


@mistake("convolution_2d", "3 channels", "1 in shape (2, 1, 8, 8)", "transpose", ValueError)
def images_of_one_colour_for_weights_of_three():
    F.convolution_2d(images(2, 1, 8, 8), images(4, 3, 3, 3))


@mistake("convolution_2d", "2 channels, for W of", "4 in shape", "axis 1", ValueError)
def weights_that_do_not_know_of_groups():
    F.convolution_2d(images(2, 4, 8, 8), images(4, 1, 3, 3), groups=2)


@mistake("deconvolution_2d", "3 channels", "1 in shape (2, 1, 8, 8)", "transpose", ValueError)
def weights_of_a_convolution_for_its_reverse():
    F.deconvolution_2d(images(2, 1, 8, 8), images(3, 1, 3, 3))


@mistake("convolution_2d", "b of shape (4,)", "(3,)", "channel of the output", ValueError)
def a_bias_for_each_input_channel():
    F.convolution_2d(images(2, 3, 8, 8), images(4, 3, 3, 3), images(3))


@mistake("deconvolution_2d", "b of shape (6,)", "(4,)", "channel of the output", ValueError)
def a_bias_that_does_not_know_of_groups():
    F.deconvolution_2d(images(2, 4, 8, 8), images(4, 3, 3, 3), images(4), groups=2)


@mistake("Convolution2D", "groups as a whole number above 0", "0", "Pass 1", ValueError)
def no_groups():
    L.Convolution2D(4, 4, 3, groups=0)


@mistake("Convolution2D", "out_channels to be a multiple of groups=2", "3", "equally", ValueError)
def groups_that_do_not_divide_the_output():
    L.Convolution2D(4, 3, 3, groups=2)


@mistake("Convolution2D", "in_channels to be a multiple of groups=2", "3", "equally", ValueError)
def groups_that_do_not_divide_the_images():
    L.Convolution2D(None, 4, 3, groups=2)(images(1, 3, 8, 8))


@mistake("convolution_2d", "W.shape[0] to be a multiple of groups=2", "3", "equally", ValueError)
def groups_that_do_not_divide_the_weights():
    F.convolution_2d(images(1, 4, 8, 8), images(3, 2, 3, 3), groups=2)


@mistake(
    "convolution_2d",
    "not smaller than a window",
    "(2, 4) for windows of (3, 3)",
    "Choose",
    ValueError,
)
def a_window_larger_than_the_image():
    F.convolution_2d(images(1, 1, 2, 4), images(1, 1, 3, 3))


@mistake(
    "convolution_2d",
    "not smaller than",
    "(4, 4) for windows of (3, 3), with pad (0, 0) and dilate (2, 2)",
    "ksize",
    ValueError,
)
def a_dilated_window_larger_than_the_image():
    F.convolution_2d(images(1, 1, 4, 4), images(1, 1, 3, 3), dilate=2)


@mistake("convolution_2d", "stride as a whole number not below 1", "0", "Write 2", ValueError)
def a_stride_of_nothing():
    F.convolution_2d(images(1, 1, 4, 4), images(1, 1, 3, 3), stride=0)


@mistake("convolution_2d", "pad as a whole number not below 0", "(0, -1)", "(2, 3)", ValueError)
def a_negative_pad():
    F.convolution_2d(images(1, 1, 4, 4), images(1, 1, 3, 3), pad=(0, -1))


@mistake("convolution_2d", "dilate as a whole number not below 1", "1.5", "Write 2", ValueError)
def a_broken_dilate():
    F.convolution_2d(images(1, 1, 4, 4), images(1, 1, 3, 3), dilate=1.5)


@mistake("max_pooling_2d", "ksize as a whole number", "(2, 2, 2)", "(2, 3)", ValueError)
def a_window_of_three_axes():
    F.max_pooling_2d(images(1, 1, 4, 4), (2, 2, 2))


@mistake("convolution_2d", "cover_all to be True or False", "1", "cover_all=True")
def a_number_for_cover_all():
    F.convolution_2d(images(1, 1, 4, 4), images(1, 1, 3, 3), None, 1, 0, 1)


@mistake("deconvolution_2d", "images to be left", "(0, 1)", "smaller pad", ValueError)
def a_pad_that_takes_everything_away():
    F.deconvolution_2d(images(1, 1, 2, 3), images(1, 1, 1, 1), pad=1)


@mistake("deconvolution_2d", "less than the stride (2, 2) away", "(7, 7)", "Pass None", ValueError)
def an_outsize_too_large():
    F.deconvolution_2d(images(1, 1, 2, 2), images(1, 1, 3, 3), stride=2, outsize=(7, 7))


@mistake("deconvolution_2d", "outsize as a whole number not below 1", "(5, 0)", "2", ValueError)
def an_outsize_of_nothing():
    F.deconvolution_2d(images(1, 1, 2, 2), images(1, 1, 3, 3), stride=2, outsize=(5, 0))


@mistake("max_pooling_2d", "to see a part of the image", "pad (2, 2)", "pad below", ValueError)
def a_pooling_of_the_pad_alone():
    F.max_pooling_2d(images(1, 1, 4, 4), 2, pad=2)


@mistake("max_pooling_2d", "to see a part of the image", "stride (3, 3)", "cover_all", ValueError)
def a_pooling_beyond_the_image():
    F.max_pooling_2d(images(1, 1, 3, 3), 1, 3)


@mistake("max_pooling_2d", "(N, C, H, W)", "of shape (4, 4)", "reshape", ValueError)
def the_largest_of_one_image():
    F.max_pooling_2d(images(4, 4), 2)


@mistake("average_pooling_2d", "(N, C, H, W)", "of shape (4, 4)", "reshape", ValueError)
def an_average_of_one_image():
    F.average_pooling_2d(images(4, 4), 2)


@mistake("max_pooling_2d", "return_indices to be True or False", "'yes'", "return_indices=True")
def a_word_for_return_indices():
    F.max_pooling_2d(images(1, 1, 4, 4), 2, return_indices="yes")


@mistake("average_pooling_2d", "floats", "an int64 array", "astype", TypeError)
def an_average_of_whole_numbers():
    F.average_pooling_2d(np.ones((1, 1, 4, 4), np.int64), 2)


# ---- chapters 18 to 20: under the hood ----


@mistake(
    "config",
    "train, enable_backprop, debug",
    "'trian'",
    "spelling: did you mean train?",
    AttributeError,
)
def a_switch_misspelt():
    with using_config("trian", False):
        pass


@mistake(
    "config",
    "train, enable_backprop, debug",
    "'debgu'",
    "spelling: did you mean debug?",
    AttributeError,
)
def a_switch_misspelt_in_an_assignment():
    config.debgu = True


@mistake("config.train", "True or False", "0.", "one of these two")
def a_number_as_switch():
    with using_config("train", 0):
        pass


@mistake("config.enable_backprop", "a function to decorate", "the class Net", "`def`")
def a_class_decorated():
    @no_backprop_mode()
    class Net(Chain):
        pass


@mistake("config.train", "without both async and yield", "steps", "inside")
def an_asynchronous_generator_decorated():
    @using_config("train", False)
    async def steps():
        yield 1


@mistake("config.debug", "True or False", "'on'", "one of these two")
def a_text_as_switch():
    config.debug = "on"


@mistake("grad", "outputs as a list", "a float32 Variable of shape ()", "[x]")
def grad_of_a_single_output():
    x = vector(1, 2)
    grad(x.sum(), [x])


@mistake("grad", "inputs as a list", "a float32 Variable of shape (2,)", "[x]")
def grad_to_a_single_input():
    x = vector(1, 2)
    grad([x.sum()], x)


@mistake("grad", "grad_outputs as a list of 1", "2.", "None where", ValueError)
def one_starting_gradient_too_many():
    x = vector(1, 2)
    one = np.ones((), np.float32)
    grad([x.sum()], [x], [one, one])


@mistake("grad", "grad_inputs as a list of 1", "a float32 Variable", "None where", ValueError)
def gradients_to_add_without_a_list():
    x = vector(1, 2)
    grad([x.sum()], [x], grad_inputs=x)


@mistake("check_backward", "y_grad as a list of 1", "2.", "None where", ValueError)
def one_gradient_too_many_to_check():
    gradient_check.check_backward(F.tanh, np.zeros(2), (np.ones(2), np.ones(2)))


@mistake("to_cpu", "a NumPy or CuPy array", "a float32 Variable of shape (2,)", "x.data")
def moving_a_variable_by_the_backend():
    backend.to_cpu(vector(1, 2))


@mistake("to_gpu", "a NumPy or CuPy array", "a list", "x.data")
def moving_a_list_to_the_gpu():
    backend.to_gpu([1.0, 2.0])


@mistake("check_backward", "no_grads as a list of 1", "[True, False]", "not to be", ValueError)
def one_flag_too_many():
    gradient_check.check_backward(F.tanh, np.zeros(2), no_grads=[True, False])


@mistake("gradient_check", "finite numbers for input 0", "NaN", "smooth", AssertionError)
def checking_where_nothing_is_finite():
    with np.errstate(all="ignore"):
        gradient_check.check_backward(lambda x: x * np.nan, np.zeros(2))


@mistake("check_backward", "x_data as an array", "a float32 Variable", "np.array(")
def checking_a_variable():
    gradient_check.check_backward(F.tanh, vector(1, 2))


@mistake("check_backward", "func to return a Variable", "a float64 array", "tinylinks.functions")
def checking_a_function_of_arrays():
    gradient_check.check_backward(lambda x: x.data * 2, np.zeros(2))


@mistake("gradient_check", "eps as a number above 0", "0.", "how far to move", ValueError)
def checking_without_a_step():
    gradient_check.check_backward(F.tanh, np.zeros(2), eps=0)


@mistake(
    "config",
    "train, enable_backprop, debug",
    "'trian'",
    "spelling: did you mean train?",
    AttributeError,
)
def a_switch_misspelt_when_read():
    return config.trian


@mistake("Variable", "array of numbers", "None", "np.array(")
def a_constant_from_nothing():
    as_variable(None)


@mistake("add", "all arrays from numpy", "strict_xp", "backend.to_cpu")
def two_array_modules_in_a_sum():
    vector(1, 2) + elsewhere(1, 2)


@mistake("grad", "a numpy array like the data", "strict_xp", "backend.to_cpu")
def a_gradient_from_another_array_module():
    vector(1, 2).grad = elsewhere(1, 1).data


@mistake("accuracy", "an array of NumPy or CuPy", "an int64 MaskedArray", "x.filled(0)")
def masked_labels():
    F.accuracy(matrix(2, 3), np.ma.masked_array([0, 1], [True, False]))


@mistake("where", "an array of NumPy or CuPy", "a bool matrix", "np.array(x)")
def a_condition_in_a_matrix():
    F.where(np.ones((2, 3), bool).view(np.matrix), matrix(2, 3), 0)


@mistake("exp", "Variables, arrays or numbers", "a float128 array", ".astype(np.float64)")
def numbers_longer_than_64_bits():
    F.exp(np.ones(2, np.longdouble))


@mistake("Variable", "array of numbers", "a complex64 array", "x.real")
def complex_numbers_of_a_fourier_transform():
    Variable(np.ones(2, np.complex64))


@mistake("batch_normalization", "running_mean as an array that can be", "read-only", "x.copy()",
         ValueError)  # fmt: skip
def moving_averages_that_cannot_move():
    running_mean = np.broadcast_to(np.float32(0), 3)
    F.batch_normalization(matrix(4, 3), np.ones(3), np.ones(3), running_mean=running_mean)


@mistake("grad", "outputs as a list of Variables", "None at place 1", "[x]")
def an_output_that_is_missing():
    x = vector(1)
    grad([x * 2, None], [x])


@mistake("grad", "inputs as a list of Variables", "a list at place 0", "[x]")
def a_list_among_the_inputs():
    x = vector(1)
    grad([x * 2], [[x]])


@mistake("accuracy", "all arrays from numpy", "strict_xp", "backend.to_cpu")
def labels_in_another_array_module():
    backend.register(strict_xp.ndarray, strict_xp)
    F.accuracy(matrix(1, 3), strict_xp.asarray(np.array([0])))


@mistake("numerical_grad", "a list of arrays", "None", "lambda: [y]")
def measuring_a_function_without_return():
    gradient_check.numerical_grad(lambda: None, [np.zeros(2)], [np.ones(2)])


# ---- what holds for all of them ----

# A remedy is an instruction. These are the verbs that the sentences use.
VERBS = (
    "assign|call|check|choose|compare|compute|convert|count|del|give|insert|keep|let|look|make|move|"
    "multiply|name|number|pass|pick|put|read|reduce|reshape|return|skip|stay|test|undo|use|write"
)
REMEDY = re.compile(rf"(?:^|[.:;,] )`?(?:{VERBS})\b", re.IGNORECASE)

# Beginnings of what is said instead, where it is shorter and no less clear.
SAYS_WHAT_FITS = ("A gradient has", "Each row of x needs")


def answer(make):
    """Make a mistake and return the exception that answers it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Exception) as caught:
            make()
    return caught.value


def raising_line(error):
    """Return file and line of the innermost frame."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return Path(frame.filename), frame.lineno


def row(name):
    missing = MISTAKES[name].missing
    marks = pytest.mark.xfail(reason=missing, strict=True) if missing else ()
    return pytest.param(MISTAKES[name], id=name, marks=marks)


@pytest.mark.parametrize("mistake", [row(name) for name in MISTAKES])
def test_the_answer_names_the_operation_what_was_expected_what_came_and_what_to_do(mistake):
    error = answer(mistake.make)
    assert type(error) is mistake.kind
    assert raising_line(error)[0].is_relative_to(PACKAGE), "not raised by the library"
    sentence = str(error)
    assert re.search(r" \(See chapter \d+(, in full)?\.\)$", sentence)
    assert "\n" not in sentence
    head, _, rest = sentence.removeprefix(f"{mistake.operation}: expected ").partition(" got ")
    assert sentence.startswith(f"{mistake.operation}: expected ")
    assert mistake.expected in head
    got, _, do = rest.rpartition(" (See chapter")[0].partition(". ")
    assert mistake.got in got + "."
    assert do and mistake.do in do
    assert REMEDY.search(do) or do.startswith(SAYS_WHAT_FITS), f"no instruction in: {do}"
    raw = error.__context__ is not None and not error.__suppress_context__
    assert not raw, "the traceback shows the error of NumPy too"


@pytest.mark.parametrize("collect", [lambda x: {x: 1}, lambda x: {x}], ids=["key", "set"])
def test_a_variable_is_no_key_and_goes_into_no_set(collect):
    # Python 3.14 puts words of its own around the sentence.
    with pytest.raises(TypeError, match=r"hash: expected .* keep the Variables in a list"):
        collect(vector(1))


def test_there_are_many_different_mistakes():
    """At most three that end in the same `raise` count."""
    lines = Counter(raising_line(answer(m.make)) for m in MISTAKES.values() if not m.missing)
    assert sum(min(3, n) for n in lines.values()) >= 120
    assert len(lines) >= 60


ELSEWHERE = {
    "no_gpu": "said only on a machine without one",
    "check_finite": "debug mode, see test_debug.py",
    "changed_in_place": "debug mode, see test_debug.py",
}


def test_every_sentence_is_the_answer_to_a_mistake():
    said = set(map(raising_line, map(answer, makers())))
    unsaid = [
        f"{path.name}: {function.name}, line {node.lineno}"
        for path, tree in TREES.items()
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and function.name not in ELSEWHERE
        for node in ast.walk(function)
        if isinstance(node, ast.Raise)
        and node.exc is not None
        and (path, node.lineno) not in said
        # Python asks for __names__ that are not there; nobody reads the answer.
        and "has no attribute" not in ast.unparse(node)
    ]
    assert unsaid == []


def makers():
    return [mistake.make for mistake in MISTAKES.values() if not mistake.missing]


# ---- what holds for the source of all sentences ----

FORM = re.compile(
    r"(?P<operation>[^:]+): expected (?P<expected>.+), got (?P<got>.+?)\. (?P<do>.+)"
    r" \{see\((?P<chapter>.+)\)\}"
)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in ROOMS}
NUMBERED = {
    function.name: [argument.arg for argument in function.args.args].index("chapter")
    for tree in TREES.values()
    for function in tree.body
    if isinstance(function, ast.FunctionDef)
    and "chapter" in [argument.arg for argument in function.args.args]
}


@dataclasses.dataclass
class Sentence:
    """A sentence in the source, with {x} where something is filled in."""

    where: str  # the function or the name that holds it
    line: tuple[Path, int]
    text: str
    definition: ast.stmt


def template(node):
    """Return the text of a string in the source; None for what is no string."""
    if isinstance(node, ast.JoinedStr):
        parts = [getattr(part, "value", part) for part in node.values]
        return "".join(p if isinstance(p, str) else f"{{{ast.unparse(p)}}}" for p in parts)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else None


def find_sentences(path):
    """Yield what is raised, and what is returned or kept to be raised or warned of elsewhere."""
    for definition in TREES[path].body:
        for node in ast.walk(definition):
            raised = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            if not raised and not isinstance(node, ast.Return | ast.Assign):
                continue
            text = template(node.exc.args[0] if raised else node.value)
            # Python asks for __names__ that are not there; nobody reads the answer.
            if text is None or "has no attribute" in text:
                continue
            if raised or ": expected " in text:
                name = getattr(definition, "name", None) or ast.unparse(definition.targets[0])
                yield Sentence(name, (path, node.lineno), text, definition)


ALL = [sentence for path in ROOMS for sentence in find_sentences(path)]


@pytest.mark.parametrize("sentence", ALL, ids=lambda s: f"{s.where}-{s.line[1]}")
def test_each_sentence_in_the_source_has_all_its_parts(sentence):
    parts = FORM.fullmatch(sentence.text)
    assert parts, sentence.text
    do = parts["do"]  # if all of it is filled in, the test above has read it
    assert REMEDY.search(do) or do.startswith((*SAYS_WHAT_FITS, "{do}", "{spelling")), do


def test_whatever_is_raised_is_such_a_sentence():
    """What a `raise` in errors/ says stands there in full, or comes from a function of it."""
    found = {sentence.line for sentence in ALL}
    makers = {sentence.where for sentence in ALL}
    raised = [
        ((path, node.lineno), node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
    ]
    others = [node for line, node in raised if line not in found]
    assert len(raised) > 100
    for node in others:
        text = ast.unparse(node)
        called = re.fullmatch(r"raise \w+\((\w+)\(.*\).*\)( from None)?", text)
        assert "has no attribute" in text or (called and called[1] in makers), text


# walk.py says which file of the book is missing or cannot be read: no chapter treats that.
# checks/ speaks of a reader's answers.
OWN_SENTENCES = {*ROOMS, PACKAGE / "walk.py", *(PACKAGE / "checks").rglob("*.py")}


@functools.cache
def all_sources():
    """Return the files of the library as syntax trees."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_the_rest_of_the_library_raises_only_through_errors():
    found = []
    for path, tree in all_sources().items():
        for node in ast.walk(tree):
            own = isinstance(node, ast.Raise) and node.exc is not None
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "warnings.warn":
                own = not ast.unparse(node.args[0]).startswith("errors.")
            if own and path not in OWN_SENTENCES:
                found.append(f"{path.name}, line {node.lineno}: {ast.unparse(node)}")
    assert found == []


# ---- the chapters that sentences name ----


def chapters_in(node):
    """Return the chapters whose keys are written in a piece of source."""
    texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return {number for key, number in CHAPTERS.items() if key in texts}


def numbers_from_callers(name):
    """Return the chapters that the library passes to a function of errors/."""
    numbers = set()
    for tree in all_sources().values():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == name:
                numbers |= chapters_in(call.args[NUMBERED[name]])
    return numbers


def numbers_of(sentence):
    """Return the chapters that a sentence can name, as its author planned them."""
    chapter = FORM.fullmatch(sentence.text)["chapter"]
    if chapter.startswith("'"):
        return chapters_in(ast.parse(chapter))
    if sentence.where in NUMBERED:
        return numbers_from_callers(sentence.where)
    found = set()
    for node in ast.walk(sentence.definition):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "chapter":
            found |= chapters_in(node.value)
    return found


def named_chapters():
    """Return the chapters that the library sends its readers to."""
    return {number for sentence in ALL for number in numbers_of(sentence)}


# What each chapter must tell of: a word of its text -> the functions of errors/ that send there.
MATTER = {
    2: {
        "np.array(": "check_data",
        "item()": "check_item no_number",
        "len(": "check_len",
        "attribute": "no_variable_attribute",
        "floats": "not_floats",
        "from tinylinks import": "no_name",
    },
    3: {
        "apply(": "no_variable_attribute not_called no_inputs check_constant",
        "forward(": "not_written check_arity check_output no_outputs",
        "instance": "used_twice",
        "draw(": "check_drawn no_matplotlib",
    },
    4: {
        "backward(": "not_written check_backward check_gradient",
        "grad": "check_grad",
        "retain_inputs(": "bad_retain check_retained check_arity",
    },
    5: {"inputs": "wrong_number check_steps", "rank": "check_flag"},
    6: {
        "==": "no_comparison",
        "//": "no_operator",
        "bool": "no_bool",
        "__array_priority__": "no_array",
        "index": "check_index bad_index no_setitem",
        "dtype": "check_alike check_backward check_grad",
    },
    7: {
        "shape": "check_shape",
        "stretch": "bad_broadcast",
        "SumTo": "bad_sum_to check_gradient check_gradient_dtype",
        "BroadcastTo": "bad_broadcast_to",
        "reshape": "bad_reshape",
        "transpose": "bad_transpose",
        "axis": "bad_axis check_one_axis check_concat bad_concat",
        "mean": "check_weights",
        "keepdims": "check_flag",
        "F.": "no_name",
        "gradient_check": "check_positive check_same_length check_floats check_func_outputs "
        "check_results check_no_grads check_measured",
    },
    8: {
        "@": "check_matmul bad_matmul",
        "linear": "check_linear",
        "mini-batch": "check_batch_axes",
        "mean_squared_error": "check_same_shape",
    },
    9: {"> 0": "check_condition", "relu": "check_clip check_number"},
    10: {
        "init_scope": "outside_init_scope no_parameter check_name",
        "super().__init__()": "check_super_init",
        "Parameter": "check_assigned",
        "initializer": "check_initializer check_filled",
        "__new__": "check_keywords",
        "forward": "no_forward",
        "Link": "no_attribute",
        "zerograds": "ZEROGRADS",
    },
    11: {
        "links": "no_name",
        "mini-batch": "waits check_backward has_no_array no_attribute not_counted",
        "out_size": "check_sizes",
        "nobias": "check_flag",
        "initialW": "check_initial check_number",
        "share_dtype": "check_one_dtype",
        "random": "check_rng",
        "variance": "check_fans check_positive check_dtype check_choice",
    },
    12: {
        "ChainList": "check_child check_no_circle check_child_name inside_a_container",
        "Sequential": "check_layer check_layers check_added",
        "lambda": "not_repointed",
        "copyparams": "check_built_alike check_can_take check_taken_over",
        "addgrads": "check_there",
        "repeat": "check_repeat",
        "mode": "check_choice check_shared",
    },
    13: {
        "loss": "check_lossfun check_loss",
        "gradient": "no_name check_positive check_target check_link no_gradients check_norm",
        "in place": "nothing_changed check_moves check_writeable",
        "setup": "shape_changed check_settings",
        "enable_update": "all_frozen",
        "timing": "check_choice",
        "momentum": "check_below_one",
        "Adam": "check_not_negative check_eps_fits check_flag",
        "update_core": "no_update_core",
        "optimizer": "no_optimizer_attribute",
        "add_hook": "check_hook check_hook_name",
    },
    14: {
        "labels": "check_label_array check_classes check_class_weight check_choice",
        "normalize": "check_flag",
    },
    15: {
        "get_digits": "check_ndim",
        "split": "check_share check_examples check_seed",
        "datasets": "no_name",
        "MiniBatches": "check_batch_size check_flag check_not_moved",
    },
    16: {
        "serializers": "no_name",
        "save_npz": "check_file check_open check_saved check_serializable opening check_archive "
        "check_old_file check_key check_path",
        "load_npz": "check_absent check_loaded check_ignore_names check_same_examples reading "
        "check_bytes damaged check_zip kept nothing_fits check_head check_replaced check_numbers",
        "name": "check_saveable",
        "MiniBatches": "check_stand",
        "add_persistent": "check_persistent check_not_learnt",
        "optimizer": "check_resumed",
        "dropout": "check_dropout",
        "batch_normalization": "check_normalized check_like_x check_like_gamma check_batch "
        "check_eps",
        "BatchNormalization": "check_normalization_link check_flag ONE_TO_NORMALIZE",
    },
    17: {
        "F.convolution_2d": "check_images check_grid check_filters check_flag",
        "stride": "check_pair",
        "L.Convolution2D": "check_channels",
        "F.deconvolution_2d": "check_outsize",
        "F.max_pooling_2d": "check_inside",
        "groups": "check_groups",
    },
    18: {
        "using_config": "no_name check_config check_decorated",
        "hash": "no_hash",
        "requires_grad": "no_requires_grad",
    },
    19: {
        "grad_var": "check_grad_var",
        "constant": "check_backward",
        "grad(": "check_variables check_same_length",
    },
    20: {"backend": "no_name check_array no_gpu check_grad check_backend check_alike check_moves"},
    21: {"debug": "check_finite", "in place": "changed_in_place", "mask": "check_backend"},
}


def test_the_table_of_matters_holds_every_chapter_that_a_sentence_names():
    named = {(number, s.where) for s in ALL for number in numbers_of(s)}
    listed = [
        (number, where)
        for number, words in MATTER.items()
        for functions in words.values()
        for where in functions.split()
    ]
    assert sorted(named) == sorted(listed)


@pytest.mark.parametrize("number", MATTER)
def test_the_chapter_that_a_sentence_names_is_there_and_treats_the_matter(number):
    book = pages()
    assert number in book, f"there is no chapter {number}"
    path = book[number]
    text = "\n".join(
        source(cell)
        for page in (number, f"{number} in full")
        if page in book
        for cell in read(book[page])["cells"]
    )
    missing = {word: functions for word, functions in MATTER[number].items() if word not in text}
    assert not missing, f"chapter {number} is silent about {missing}"
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert f"file: chapters/{path.stem}\n" in toc, f"{path.name} is not in _toc.yml"


def test_the_numbers_shown_are_those_that_were_found():
    said = [re.search(r"chapter (\d+)[^()]*\)$", str(answer(make))) for make in makers()]
    assert {int(number[1]) for number in said} <= named_chapters()


def test_the_key_of_a_chapter_is_in_the_name_of_its_file():
    """One table gives chapters their numbers, so that moving one changes no sentence by hand."""
    stems = {number: f"{path.stem}_" for number, path in chapter_paths().items()}
    assert sorted(CHAPTERS.values()) == list(stems)
    assert [key for key, number in CHAPTERS.items() if f"_{key}_" not in stems[number]] == []


def test_no_sentence_has_the_number_of_a_chapter():
    texts = [path.read_text(encoding="utf-8") for path in ROOMS]
    assert not [found for text in texts for found in re.findall(r"See chapter \d", text)]


def test_a_sentence_may_send_to_a_companion():
    assert see("diamond") == "(See chapter 5.)"
    assert see("diamond", in_full=True) == "(See chapter 5, in full.)"
