"""Record what Chainer 7.8.1 computes, so that tinylinks can be compared with it for ever.

Run it with the Python and the packages that README.md names, never with the project's own:

    python tests/golden/record.py

It writes golden.json beside itself. Nothing else in the project imports Chainer.

CASES is a table: one line of code that runs in Chainer and in tinylinks, and its inputs.
For each line the output, the gradients and the second-order gradients are recorded.
SCENARIOS is a table of short programs, each with the expressions to record after it ran.
"""

import json
import pathlib
import platform
import zlib

import chainer
import numpy as np

# --- Inputs -------------------------------------------------------------------------------------
# Each of these gives a function (rng, dtype) -> array. Variables are what is differentiated.
# Numbers have two decimals, so that the recorded file can be read.


class Input:
    def __init__(self, draw, variable):
        self.draw = draw
        self.variable = variable


def normal(*shape):
    """A Variable of any sign."""
    return Input(lambda rng, dtype: np.round(rng.randn(*shape), 2), variable=True)


def positive(*shape):
    """A Variable whose elements are at least 0.5."""
    return Input(lambda rng, dtype: np.round(0.5 + abs(rng.randn(*shape)), 2), variable=True)


def given(values):
    """A Variable with these values."""
    return Input(lambda rng, dtype: values, variable=True)


def constant(*shape):
    """A plain array of the case's dtype: not differentiated."""
    return Input(lambda rng, dtype: np.round(rng.randn(*shape), 2).astype(dtype), variable=False)


def weights(values):
    """A plain array of the case's dtype with these values."""
    return Input(lambda rng, dtype: np.array(values, dtype), variable=False)


def array(values, dtype):
    """A plain array with these values and this dtype, whatever the dtype of the case."""
    return Input(lambda rng, _: np.array(values, dtype), variable=False)


def labels(*shape, below):
    """Class labels from 0 to below - 1."""
    return Input(lambda rng, dtype: rng.randint(0, below, shape).astype(np.int32), variable=False)


# --- The table of cases -------------------------------------------------------------------------
CASES = []


def case(code, half=False, **inputs):
    """Record `code` in float64 (to second order), in float32, and with half=True in float16."""
    CASES.append((code, half, inputs))


# Operators, two Variables, with broadcasting.
for op in ["+", "-", "*", "/"]:
    case(f"x0 {op} x1", half=True, x0=normal(2, 3), x1=positive(2, 3))
    case(f"x0 {op} x1", x0=normal(2, 3), x1=positive(3))
    case(f"x0 {op} x1", x0=normal(2, 1), x1=positive(1, 3))
    case(f"x0 {op} x1", x0=normal(), x1=positive(2, 2))
    case(f"x0 {op} x1", x0=normal(), x1=positive())
    case(f"x0 {op} x1", x0=normal(0, 3), x1=positive(3))
    case(f"x {op} x", x=positive(3))
    # A plain array takes the dtype of the Variable, on either side.
    case(f"x {op} c", x=normal(2, 3), c=weights([0.5, 2.0, 4.0]))
    case(f"c {op} x", x=positive(2, 3), c=weights([0.5, 2.0, 4.0]))
    case(f"x {op} c", x=normal(2, 3), c=array([0.5, 2.0, 4.0], "float64"))
    case(f"c {op} x", x=positive(2, 3), c=array([0.5, 2.0, 4.0], "float32"))
case("F.add(x0, x1)", x0=normal(2, 3), x1=normal(3))
case("F.add(x0, x1, x2)", x0=normal(2, 3), x1=normal(2, 3), x2=normal(3))
case("x0 ** x1", half=True, x0=positive(2, 3), x1=normal(2, 3))
case("x0 ** x1", x0=positive(2, 3), x1=normal(3))
case("x0 ** x1", x0=positive(2, 1), x1=normal(1, 3))
case("x0 ** x1", x0=positive(), x1=normal())
case("x ** x", x=positive(3))
case("x ** c", x=positive(2, 3), c=weights([0.5, 2.0, -1.0]))
case("c ** x", x=normal(2, 3), c=weights([0.5, 2.0, 4.0]))

# Operators, a Variable and a scalar.
for code in ["x + 2", "2 + x", "x - 2", "2 - x", "x * 3", "3 * x", "x / 4", "x * 0.1", "0.1 + x"]:
    case(code, half=True, x=normal(2, 3))
    case(code, x=normal())
for code in ["2 / x", "x ** 2", "x ** 0.5", "x ** -1", "2 ** x", "0.5 ** x"]:
    case(code, half=True, x=positive(2, 3))
    case(code, x=positive())
case("x ** 3", x=given([-2.0, -0.5, 1.5]))
case("x ** 2", x=given([-1.0, 0.0, 3.0]))
case("x ** 1", x=given([-1.0, 0.5, 3.0]))
case("x + np.float64(0.1)", x=normal(3))
case("x * np.float32(0.1)", x=normal(3))
case("-x", half=True, x=normal(2, 3))
case("-x", x=normal())
case("abs(x)", x=normal(2, 3))
case("abs(x)", x=given([-1.5, 0.0, 2.0]))

# Functions of one array, element by element.
for name in ["exp", "square", "sin", "cos", "tanh", "sigmoid", "relu", "leaky_relu", "absolute"]:
    case(f"F.{name}(x)", half=True, x=normal(2, 3))
    case(f"F.{name}(x)", x=normal())
    case(f"F.{name}(x)", x=normal(0, 3))
    case(f"F.{name}(x)", x=given([-2.0, 0.0, 2.0]))
for name in ["log", "sqrt"]:
    case(f"F.{name}(x)", half=True, x=positive(2, 3))
    case(f"F.{name}(x)", x=positive())
    case(f"F.{name}(x)", x=positive(0, 3))
case("F.sigmoid(x)", x=given([-40.0, 40.0]))
case("F.tanh(x)", x=given([-40.0, 40.0]))
case("F.leaky_relu(x, slope=0.01)", x=normal(2, 3))
case("F.leaky_relu(x, slope=0)", x=given([-2.0, 0.0, 2.0]))
case("F.clip(x, -0.5, 0.5)", half=True, x=normal(2, 3))
case("F.clip(x, -1.0, 1.0)", x=given([-2.0, -1.0, 0.0, 1.0, 2.0]))
case("F.clip(x, None, 1.0)", x=given([-2.0, 1.0, 2.0]))
case("F.clip(x, -1.0, None)", x=given([-2.0, -1.0, 2.0]))

# Functions of two arrays, element by element; ties go to the first one.
for name in ["maximum", "minimum"]:
    case(f"F.{name}(x0, x1)", half=True, x0=normal(2, 3), x1=normal(2, 3))
    case(f"F.{name}(x0, x1)", x0=normal(2, 1), x1=normal(3))
    case(f"F.{name}(x0, x1)", x0=given([1.0, 2.0, 3.0]), x1=given([1.0, 3.0, 2.0]))
    case(f"F.{name}(x0, x1)", x0=normal(), x1=normal())
case("F.where(c, x0, x1)", x0=normal(3), x1=normal(3), c=array([True, False, True], "bool"))
case("F.where(c, x0, x1)", x0=normal(2, 3), x1=normal(3), c=array([[True], [False]], "bool"))
case("F.where(c, x0, x1)", x0=normal(), x1=normal(2), c=array([True, False], "bool"))

# Reductions.
for name in ["sum", "mean", "max", "min"]:
    case(f"F.{name}(x)", half=True, x=normal(2, 3))
    case(f"F.{name}(x)", x=normal())
    for args in ["axis=0", "axis=-1", "axis=(0, 2)", "axis=(-1, 0)", "axis=1, keepdims=True"]:
        case(f"F.{name}(x, {args})", x=normal(2, 3, 2))
    case(f"F.{name}(x, keepdims=True)", x=normal(2, 3))
    case(f"F.{name}(x, axis=(0, 1), keepdims=True)", half=True, x=normal(2, 3))
case("F.sum(x)", x=normal(0, 3))
case("F.sum(x, axis=0)", x=normal(0, 3))
case("F.sum(x, axis=1)", x=normal(0, 3))
case("F.mean(x, axis=1)", x=normal(0, 3))
case("F.max(x, axis=1)", x=normal(0, 3))
case("F.max(x)", x=given([[1.0, 3.0], [3.0, 2.0]]))
case("F.max(x, axis=0)", x=given([[1.0, 3.0], [1.0, 2.0]]))
case("F.max(x, axis=1, keepdims=True)", x=given([[2.0, 2.0], [1.0, 2.0]]))
case("F.min(x)", x=given([[1.0, 3.0], [3.0, 1.0]]))
case("F.min(x, axis=-1)", x=given([[2.0, 2.0], [1.0, 2.0]]))
case("F.mean(x, weights=c)", x=normal(3), c=weights([1.0, 2.0, 5.0]))
case("F.mean(x, axis=1, weights=c)", x=normal(2, 3), c=weights([1.0, 2.0, 5.0]))
case("F.mean(x, axis=0, weights=w)", x=normal(2, 3), w=positive(2))
case("x.mean()", x=normal(2, 3))
case("x.mean(axis=0)", x=normal(2, 3))

# Shapes.
case("F.reshape(x, (3, 2))", half=True, x=normal(2, 3))
case("F.reshape(x, (-1,))", x=normal(2, 3))
case("F.reshape(x, (2, 1, -1))", x=normal(2, 3))
case("F.reshape(x, (1, 1))", x=normal())
case("F.reshape(x, ())", x=normal(1, 1))
case("F.reshape(x, (2, 3))", x=normal(2, 3))
case("F.reshape(x, (3, 0))", x=normal(0, 3))
case("x.reshape(3, 2)", x=normal(2, 3))
case("x.reshape((3, 2))", x=normal(2, 3))
case("x.reshape(-1)", x=normal(2, 3))
case("F.transpose(x)", half=True, x=normal(2, 3))
case("F.transpose(x)", x=normal(2, 3, 2))
case("F.transpose(x, (1, 2, 0))", x=normal(2, 3, 2))
case("F.transpose(x, axes=(-1, 0, -2))", x=normal(2, 3, 2))
case("F.transpose(x)", x=normal())
case("F.transpose(x)", x=normal(0, 3))
case("x.T", x=normal(2, 3))
case("x.transpose()", x=normal(2, 3, 2))
case("x.transpose(1, 2, 0)", x=normal(2, 3, 2))
case("x.transpose((2, 0, 1))", x=normal(2, 3, 2))
case("F.broadcast_to(x, (2, 3))", half=True, x=normal(3))
case("F.broadcast_to(x, (2, 2, 3))", x=normal(2, 1))
case("F.broadcast_to(x, (2, 2))", x=normal())
case("F.broadcast_to(x, (2, 3))", x=normal(2, 3))
case("F.sum_to(x, (3,))", half=True, x=normal(2, 3))
case("F.sum_to(x, (1, 3))", x=normal(2, 3))
case("F.sum_to(x, (2, 1))", x=normal(2, 2, 3))
case("F.sum_to(x, ())", x=normal(2, 3))
case("F.sum_to(x, (2, 3))", x=normal(2, 3))
case("F.concat((x0, x1))", half=True, x0=normal(2, 1), x1=normal(2, 2))
case("F.concat([x0, x1, x2], axis=0)", x0=normal(1, 2), x1=normal(0, 2), x2=normal(2, 2))
case("F.concat((x0, x1), axis=-1)", x0=normal(2, 1, 2), x1=normal(2, 1, 1))
case("F.concat((x, x), axis=0)", x=normal(3))

# Indexing.
for index in ["1", "-1", "1:", "::-1", "1:3:2", "...", "None", "()"]:
    case(f"x[{index}]", x=normal(3, 2))
for index in ["1, 0", ":, 1", "..., 0", ":, None", "1, ..., None", "0, :1"]:
    case(f"x[{index}]", x=normal(3, 2))
case("x[()]", x=normal())
case("x[...]", x=normal())
case("x[[0, 2, 0]]", half=True, x=normal(3, 2))
case("x[[0, 0, 0]]", x=normal(3))
case("x[:, [1, 1]]", x=normal(3, 2))
case("x[[0, 1, 0], [1, 0, 1]]", x=normal(3, 2))
case("x[c]", x=normal(3, 2), c=array([2, 2, -1], "int64"))
case("x[c]", x=normal(3, 2), c=array([[0, 2], [2, 0]], "int32"))
case("x[c]", x=normal(3, 2), c=array([True, False, True], "bool"))
case("x[c]", x=normal(2, 2), c=array([[True, False], [True, True]], "bool"))
case("x[c]", x=normal(3, 2), c=array([], "int64"))
case("x[0:0]", x=normal(3, 2))
case("F.get_item(x, (slice(None), 1))", x=normal(3, 2))
case("F.get_item(x, [0, 2, 0])", x=normal(3, 2))

# Products of matrices. Vectors follow numpy.matmul.
case("F.matmul(x0, x1)", half=True, x0=normal(2, 3), x1=normal(3, 2))
case("F.matmul(x0, x1, transa=True)", x0=normal(3, 2), x1=normal(3, 2))
case("F.matmul(x0, x1, transb=True)", x0=normal(2, 3), x1=normal(2, 3))
case("F.matmul(x0, x1, transa=True, transb=True)", x0=normal(3, 2), x1=normal(1, 3))
case("F.matmul(x0, x1)", x0=normal(3), x1=normal(3))
case("F.matmul(x0, x1)", x0=normal(2, 3), x1=normal(3))
case("F.matmul(x0, x1)", x0=normal(3), x1=normal(3, 2))
case("F.matmul(x0, x1)", x0=normal(2, 2, 3), x1=normal(2, 3, 1))
case("F.matmul(x0, x1)", x0=normal(2, 2, 3), x1=normal(3, 2))
case("F.matmul(x0, x1)", x0=normal(2, 1, 2, 3), x1=normal(2, 3, 1))
case("F.matmul(x0, x1)", x0=normal(2, 2, 3), x1=normal(3))
case("F.matmul(x0, x1)", x0=normal(3), x1=normal(2, 3, 2))
case("F.matmul(x0, x1, transa=True)", x0=normal(2, 3, 2), x1=normal(2, 3, 1))
case("F.matmul(x0, x1)", x0=normal(0, 3), x1=normal(3, 2))
case("F.matmul(x0, x1)", x0=normal(2, 0), x1=normal(0, 2))
case("x0 @ x1", half=True, x0=normal(2, 3), x1=normal(3, 2))
case("x0 @ x1", x0=normal(3), x1=normal(3))
case("x0 @ x1", x0=normal(2, 2, 3), x1=normal(2, 3, 2))
case("x @ x", x=normal(2, 2))
case("x @ c", x=normal(2, 3), c=constant(3, 2))
case("c @ x", x=normal(3, 2), c=constant(2, 3))

# Linear.
case("F.linear(x, W, b)", half=True, x=normal(2, 3), W=normal(2, 3), b=normal(2))
case("F.linear(x, W)", half=True, x=normal(2, 3), W=normal(2, 3))
case("F.linear(x, W, b=None)", x=normal(1, 1), W=normal(1, 1))
case("F.linear(x, W, b)", x=normal(0, 3), W=normal(2, 3), b=normal(2))
case("F.linear(x, W, b)", x=normal(2, 3, 1), W=normal(2, 3), b=normal(2))
case("F.linear(x, W, b, n_batch_axes=2)", x=normal(2, 2, 3), W=normal(2, 3), b=normal(2))
case("F.linear(x, W, n_batch_axes=2)", x=normal(2, 2, 3), W=normal(1, 3))
case("F.linear(x, W, b, n_batch_axes=2)", x=normal(2, 1, 3, 2), W=normal(2, 6), b=normal(2))
case("F.linear(c, W, b)", c=constant(2, 3), W=normal(2, 3), b=normal(2))

# Convolution, its reverse, and pooling.
case(
    "F.convolution_2d(x, W, b)",
    half=True,
    x=normal(2, 2, 3, 4),
    W=normal(2, 2, 2, 3),
    b=normal(2),
)
case("F.convolution_2d(x, W)", x=normal(1, 1, 3, 3), W=normal(1, 1, 3, 3))
case("F.convolution_2d(x, W, b)", x=normal(0, 1, 3, 3), W=normal(2, 1, 2, 2), b=normal(2))
case("F.convolution_2d(c, W)", c=constant(1, 1, 3, 3), W=normal(1, 1, 2, 2))
for args in [
    "stride=2",
    "stride=2, cover_all=True",
    "pad=(1, 2), stride=(2, 1)",
    "stride=3, pad=1, cover_all=True",
    "dilate=2",
    "pad=1, dilate=(1, 2), stride=2, cover_all=True",
]:
    case(f"F.convolution_2d(x, W, {args})", x=normal(1, 2, 4, 5), W=normal(1, 2, 2, 2))
case(
    "F.convolution_2d(x, W, b, 2, 1, True, groups=2)",
    x=normal(2, 4, 3, 3),
    W=normal(4, 2, 2, 2),
    b=normal(4),
)
case("F.convolution_2d(x, W, groups=3)", x=normal(1, 3, 2, 2), W=normal(3, 1, 2, 2))
case(
    "F.deconvolution_2d(x, W, b)",
    half=True,
    x=normal(2, 2, 2, 3),
    W=normal(2, 2, 2, 3),
    b=normal(2),
)
case("F.deconvolution_2d(x, W)", x=normal(1, 1, 1, 1), W=normal(1, 1, 3, 3))
for args in [
    "stride=2",
    "stride=3",
    "pad=(0, 1), stride=(2, 1)",
    "dilate=2, pad=1",
    "stride=2, outsize=(5, 7)",
    "stride=3, pad=1, outsize=(2, 5)",
]:
    case(f"F.deconvolution_2d(x, W, {args})", x=normal(1, 2, 2, 3), W=normal(2, 1, 2, 2))
case(
    "F.deconvolution_2d(x, W, b, 2, 1, (4, 4), groups=2)",
    x=normal(1, 4, 2, 2),
    W=normal(4, 1, 3, 3),
    b=normal(2),
)
tied = [[[[1.0, 1.0, 0.5, 2.0], [1.0, 0.0, 2.0, 2.0]]]]
for args in [
    "2",
    "(2, 1)",
    "2, cover_all=False",
    "3, 2",
    "3, stride=1, pad=1",
    "(3, 2), (2, 1), 1",
]:
    case(f"F.max_pooling_2d(x, {args})", x=normal(2, 2, 3, 5))
case("F.max_pooling_2d(x, 2)", half=True, x=normal(1, 2, 4, 4))
case("F.max_pooling_2d(x, 2)", x=given(tied))
case("F.max_pooling_2d(x, 2, 1)", x=given(tied))
case("F.max_pooling_2d(x, 2, return_indices=True)[0]", x=given(tied))
for args in ["2", "(1, 2)", "3, 2", "3, stride=1, pad=1", "(2, 3), (2, 1), (1, 2)"]:
    case(f"F.average_pooling_2d(x, {args})", x=normal(2, 2, 3, 5))
case("F.average_pooling_2d(x, 2)", half=True, x=normal(1, 2, 4, 4))

# Softmax.
for name in ["softmax", "log_softmax"]:
    case(f"F.{name}(x)", half=True, x=normal(2, 3))
    case(f"F.{name}(x, axis=0)", x=normal(2, 3))
    case(f"F.{name}(x, axis=-1)", x=normal(2, 2, 3))
    case(f"F.{name}(x)", x=normal(2, 3, 2))
    case(f"F.{name}(x)", x=given([[1000.0, 0.0, -1000.0], [500.0, 500.0, 500.0]]))
    case(f"F.{name}(x)", x=normal(0, 3))

# Losses.
case("F.mean_squared_error(x0, x1)", half=True, x0=normal(2, 3), x1=normal(2, 3))
case("F.mean_squared_error(x0, x1)", x0=normal(4), x1=normal(4))
case("F.mean_squared_error(x0, x1)", x0=normal(), x1=normal())
case("F.mean_squared_error(x, c)", x=normal(2, 3), c=constant(2, 3))
for extra in ["", ", enable_double_backprop=True"]:
    # In Chainer only the second form has second-order gradients.
    def sce(options="", extra=extra, **inputs):
        case(f"F.softmax_cross_entropy(x, t{options}{extra})", **inputs)

    ignored = array([0, -1, 2, -1], "int32")
    sce(half=not extra, x=normal(3, 4), t=labels(3, below=4))
    sce(x=normal(3, 4), t=array([0, 3, 3], "int64"))
    sce(x=normal(2, 3, 2), t=labels(2, 2, below=3))
    sce(x=normal(2, 3, 2, 2), t=labels(2, 2, 2, below=3))
    sce(x=given([[800.0, 0.0], [0.0, 800.0]]), t=array([1, 1], "int32"))
    if extra:  # Without it, Chainer's own backward fails on an empty batch.
        sce(x=normal(0, 3), t=labels(0, below=3))
    sce(x=normal(4, 3), t=ignored)
    sce(x=normal(2, 3), t=array([-1, -1], "int32"))
    sce(", normalize=False", x=normal(4, 3), t=ignored)
    sce(", normalize=False", x=normal(2, 3, 2), t=array([[0, -1], [1, 2]], "int32"))
    sce(", normalize=True", x=normal(2, 3, 2), t=array([[0, -1], [1, 2]], "int32"))
    sce(", ignore_label=0", x=normal(4, 3), t=array([0, 1, 2, 0], "int32"))
    sce(", reduce='no'", x=normal(3, 4), t=labels(3, below=4))
    sce(", reduce='no'", x=normal(4, 3), t=ignored)
    sce(", reduce='no'", x=normal(2, 3, 2), t=labels(2, 2, below=3))
    three = weights([0.5, 2.0, 1.0])
    sce(", class_weight=c", x=normal(4, 3), t=labels(4, below=3), c=three)
    sce(", class_weight=c", x=normal(4, 3), t=ignored, c=three)
    sce(", class_weight=c, reduce='no'", x=normal(4, 3), t=ignored, c=three)
case("F.softmax_cross_entropy(x, t, cache_score=False)", x=normal(3, 4), t=labels(3, below=4))
soft = weights([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
case("F.softmax_cross_entropy(x, t)", x=normal(2, 3), t=soft)
case("F.softmax_cross_entropy(x, t, reduce='no')", x=normal(2, 3), t=soft)
case("F.accuracy(c, t)", c=constant(6, 3), t=labels(6, below=3))
case("F.accuracy(c, t)", c=weights([[1.0, 1.0], [0.0, 2.0]]), t=array([0, 0], "int32"))
case("F.accuracy(c, t)", c=constant(2, 3, 2), t=labels(2, 2, below=3))
case("F.accuracy(c, t)", c=constant(4, 2, 1, 1), t=labels(4, below=2))
case("F.accuracy(c, t, ignore_label=-1)", c=constant(6, 3), t=array([0, -1, 2, 1, -1, 0], "int32"))
case("F.accuracy(c, t, ignore_label=1)", c=constant(3, 2), t=array([1, 1, 1], "int32"))

# Dropout with a given mask, and batch normalization.
case("F.dropout(x, mask=c)", half=True, x=normal(3, 2), c=weights([[2, 0], [0, 2], [2, 2]]))
case("F.dropout(x, 0.25, mask=c) ** 2", x=normal(3), c=weights([0.5, 0.0, 4.0]))
case("F.dropout(x, ratio=0.0)", x=normal(2, 3))
for shape, size, options in [
    ((5, 3), 3, ""),
    ((4, 3, 2, 2), 3, ""),
    ((3, 3, 2), (3, 2), ""),
    ((4, 3, 2), 3, ", axis=(0, 2)"),
    ((2, 3, 4), (2, 3), ", axis=2"),
    ((4, 3), 3, ", eps=0.5"),
]:
    size = size if isinstance(size, tuple) else (size,)
    # Chainer's second order divides by gamma.
    given_to = {"x": normal(*shape), "gamma": positive(*size), "beta": normal(*size)}
    case(f"F.batch_normalization(x, gamma, beta{options})", **given_to)
    given_to.update(mean=normal(*size), var=positive(*size))
    case(f"F.fixed_batch_normalization(x, gamma, beta, mean, var{options})", **given_to)

# Compositions: a gradient that meets itself again, and functions inside functions.
case("F.tanh(x) * F.sigmoid(x) + x", x=normal(2, 3))
case("F.sum(F.relu(F.linear(x, W, b)) ** 2, axis=1)", x=normal(2, 3), W=normal(2, 3), b=normal(2))
case("F.exp(-F.square(x0 - x1) / 2)", x0=normal(2, 1), x1=normal(3))
case("F.log(F.sum(F.exp(x), axis=1))", x=normal(2, 3))


# --- The table of scenarios ---------------------------------------------------------------------
# (name, code, inputs, expressions to record). The code sees Chainer's names, and np.
SCENARIOS = []


def scenario(name, code, record, dtype="float32", **inputs):
    """Run `code`, then record the expressions in `record`.

    Chainer's links make parameters of `dtype` even if the initial value is an array of another.
    """
    SCENARIOS.append((name, code.strip() + "\n", record, dtype, inputs))


scenario(
    "the seed transcript",
    """
f = L.Linear(3, 2, initialW=W)
x = Variable(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
y = f(x)
f.cleargrads()
y.grad = np.ones((2, 2), np.float32)
y.backward()
""",
    ["y.array", "f.W.array", "f.b.array", "f.W.grad", "f.b.grad", "x.grad"],
    W=array([[0.5, -1.0, 0.25], [1.5, 0.0, -0.75]], "float32"),
)
scenario(
    "gradients accumulate in a leaf",
    """
x = Variable(a)
y = x * x
y.grad = g
y.backward()
first = x.grad.copy()
z = 3 * x
z.grad = g
z.backward()
""",
    ["first", "x.grad"],
    a=constant(2, 3),
    g=constant(2, 3),
)
scenario(
    "cleargrad forgets the gradient",
    """
x = Variable(a)
F.sum(x * x).backward()
x.cleargrad()
cleared = x.grad
F.sum(3 * x).backward()
""",
    ["cleared", "x.grad"],
    a=constant(3),
)
scenario(
    "a leaf starts from the gradient that it holds",
    """
x = Variable(a)
x.grad = g
F.sum(x * x).backward()
""",
    ["x.grad"],
    a=constant(3),
    g=constant(3),
)
scenario(
    "a Variable used many times",
    """
x = Variable(a)
y = x * x
z = F.sum(y * y * x + x - F.exp(y + x))
z.backward()
""",
    ["z.array", "x.grad", "y.grad"],
    a=constant(3),
)
scenario(
    "a diamond inside a diamond",
    """
x = Variable(a)
y = x + 1
left, right = y * 2, F.tanh(y)
inner = left * right + left
z = F.sum(inner * right - y)
z.backward()
""",
    ["z.array", "x.grad"],
    a=constant(3),
)
scenario(
    "interior gradients are dropped",
    """
x = Variable(a)
y = F.exp(x)
z = F.sum(y)
z.backward()
""",
    ["x.grad", "y.grad", "z.grad"],
    a=constant(3),
)
scenario(
    "interior gradients are kept with retain_grad",
    """
x = Variable(a)
y = F.exp(x)
z = F.sum(y * y)
z.backward(retain_grad=True)
""",
    ["x.grad", "y.grad", "z.grad"],
    a=constant(3),
)
scenario(
    "a gradient given to the output",
    """
x = Variable(a)
y = F.exp(x)
y.grad = g
y.backward()
""",
    ["x.grad", "y.grad"],
    a=constant(3),
    g=constant(3),
)
scenario(
    "an output of size 1 starts from 1",
    """
x = Variable(a)
y = F.reshape(F.sum(x), (1, 1))
y.backward()
""",
    ["x.grad"],
    a=constant(3),
)
scenario(
    "grad leaves the grad attributes alone",
    """
x = Variable(a)
y = F.exp(x) * x
gx, = grad([y], [x], grad_outputs=[Variable(g)])
""",
    ["gx.array", "x.grad", "y.grad"],
    a=constant(3),
    g=constant(3),
)
scenario(
    "grad with several outputs and inputs",
    """
x0, x1 = Variable(a), Variable(b)
y0, y1 = x0 * x1, F.sin(x0)
gx0, gx1 = grad([y0, y1], [x0, x1], grad_outputs=[Variable(g), None])
""",
    ["gx0.array", "gx1.array"],
    a=constant(1),
    b=constant(1),
    g=constant(1),
)
scenario(
    "grad with respect to an interior Variable",
    """
x = Variable(a)
y = F.exp(x)
z = F.sum(y * y)
gy, gx = grad([z], [y, x])
""",
    ["gy.array", "gx.array"],
    a=constant(3),
)
scenario(
    "grad gives None where there is no path",
    """
x0, x1 = Variable(a), Variable(b)
gx0, gx1 = grad([F.sum(x0 * 2)], [x0, x1])
""",
    ["gx0.array", "gx1"],
    a=constant(2),
    b=constant(2),
)
scenario(
    "grad with set_grad",
    """
x = Variable(a)
y = F.exp(x)
z = F.sum(y * y)
gx, = grad([z], [x], set_grad=True)
""",
    ["gx.array", "x.grad", "y.grad"],
    a=constant(3),
)
scenario(
    "grad with set_grad replaces what was there",
    """
x = Variable(a)
x.grad = g
gx, = grad([F.sum(x * x)], [x], set_grad=True)
""",
    ["gx.array", "x.grad"],
    a=constant(3),
    g=constant(3),
)
scenario(
    "grad with retain_grad",
    """
x = Variable(a)
y = F.exp(x)
z = F.sum(y * y)
gx, = grad([z], [x], retain_grad=True)
""",
    ["gx.array", "y.grad", "x.grad"],
    a=constant(3),
)
scenario(
    "grad adds to grad_inputs",
    """
x = Variable(a)
gx, = grad([F.sum(x * x)], [x], grad_inputs=[Variable(g)])
""",
    ["gx.array"],
    a=constant(3),
    g=constant(3),
)
scenario(
    "derivatives of tanh up to the fifth",
    """
x = Variable(a)
y = F.tanh(x)
derivatives = []
for _ in range(5):
    y, = grad([y], [x], grad_outputs=[Variable(np.ones_like(a))], enable_double_backprop=True)
    derivatives.append(y.array)
""",
    ["derivatives"],
    a=weights([-1.0, -0.25, 0.0, 0.5, 2.0]),
)
scenario(
    "derivatives of a quotient up to the fourth",
    """
x = Variable(a)
y = F.sin(x) / (1 + x ** 2)
derivatives = []
for _ in range(4):
    y, = grad([y], [x], grad_outputs=[Variable(np.ones_like(a))], enable_double_backprop=True)
    derivatives.append(y.array)
""",
    ["derivatives"],
    a=weights([-1.0, 0.5, 2.0]),
)
scenario(
    "Newton's method through two backward calls",
    """
x = Variable(a)
path = []
for _ in range(8):
    y = F.sum(x ** 4 - 2 * x ** 2)
    x.cleargrad()
    y.backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    x.array[...] -= gx.array / x.grad
    path.append(x.array.copy())
""",
    ["path"],
    a=weights([2.0]),
)
scenario(
    "a gradient penalty reaches the parameters",
    """
l1 = L.Linear(3, 4, initialW=W0, initial_bias=b0)
l2 = L.Linear(4, 1, initialW=W1, nobias=True)
x = Variable(a)
y = F.sum(l2(F.tanh(l1(x))))
gx, = grad([y], [x], enable_double_backprop=True)
penalty = F.sum((F.sqrt(F.sum(gx ** 2, axis=1)) - 1) ** 2)
loss = y + 10 * penalty
l1.cleargrads()
l2.cleargrads()
loss.backward()
""",
    ["penalty.array", "l1.W.grad", "l1.b.grad", "l2.W.grad", "x.grad"],
    dtype="float64",
    a=constant(2, 3),
    W0=constant(4, 3),
    b0=constant(4),
    W1=constant(1, 4),
)
scenario(
    "unchain_backward cuts the history",
    """
x = Variable(a)
y = F.exp(x)
y.unchain_backward()
z = F.sum(y * x)
z.backward()
""",
    ["x.grad", "y.grad"],
    a=constant(3),
)
scenario(
    "no_backprop_mode builds no graph",
    """
x = Variable(a)
with no_backprop_mode():
    y = F.exp(x)
z = F.sum(y * x)
z.backward()
""",
    ["x.grad", "y.grad"],
    a=constant(3),
)
scenario(
    "requires_grad=False gets no gradient",
    """
x, c = Variable(a), Variable(b, requires_grad=False)
y = F.sum(x * c)
y.backward()
""",
    ["x.grad", "c.grad", "y.requires_grad", "(c * 2).requires_grad"],
    a=constant(3),
    b=constant(3),
)
scenario(
    "a lazy Linear takes its size from the first batch",
    """
f = L.Linear(2)
y = f(a)
""",
    ["y.shape", "f.W.shape", "f.b.shape", "f.W.dtype.name", "y.dtype.name"],
    a=array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 1, 2]], "float32"),
)
scenario(
    "a constant as initial value",
    """
f = L.Linear(3, 2, initialW=0.5, initial_bias=-1)
""",
    ["f.W.array", "f.b.array"],
)
MLP = """
class MLP(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(3, 5, initialW=W0, initial_bias=b0)
            self.l2 = L.Linear(5, 3, initialW=W1, initial_bias=b1)

    def forward(self, x):
        return self.l2(F.{activation}(self.l1(x)))


model = MLP()
optimizer = optimizers.SGD(lr={lr}).setup(model)
losses = []
for _ in range(50):
    loss = F.{loss}(model(x), t)
    model.cleargrads()
    loss.backward()
    optimizer.update()
    losses.append(float(loss.array))
"""
trained = ["losses", "model.l1.W.array", "model.l1.b.array", "model.l2.W.array", "model.l2.b.array"]
start = {
    "dtype": "float64",
    "W0": constant(5, 3),
    "b0": constant(5),
    "W1": constant(3, 5),
    "b1": constant(3),
}
scenario(
    "fifty steps of SGD on a classification",
    MLP.format(activation="relu", loss="softmax_cross_entropy", lr="0.1"),
    trained + ["[name for name, _ in sorted(model.namedparams())]"],
    x=constant(8, 3),
    t=labels(8, below=3),
    **start,
)
scenario(
    "fifty steps of SGD on a regression",
    MLP.format(activation="tanh", loss="mean_squared_error", lr="0.05"),
    trained,
    x=constant(8, 3),
    t=constant(8, 3),
    **start,
)
scenario(
    "ten steps of SGD with the default rate",
    """
optimizer = optimizers.SGD()
model = Chain()
with model.init_scope():
    model.w = Parameter(a)
optimizer.setup(model)
for _ in range(10):
    loss = F.sum((model.w - 3) ** 2)
    model.cleargrads()
    loss.backward()
    optimizer.update()
""",
    ["optimizer.lr", "model.w.array"],
    a=constant(2),
)
# Where the default initial weights lie: many draws, so that the figures are sharp.
scenario(
    "the default initial weights of Linear",
    """
np.random.seed(0)
draws = [L.Linear(fan_in, 100000 // fan_in) for fan_in in (3, 100, 784)]
scaled = [f.W.array.astype(np.float64) * np.sqrt(f.W.shape[1]) for f in draws]
""",
    [
        "[f.W.dtype.name for f in draws]",
        "[f.W.shape for f in draws]",
        "[float(w.mean()) for w in scaled]",
        "[float(w.std()) for w in scaled]",
        "[float((abs(w) < 1).mean()) for w in scaled]",
        "[float((abs(w) < 2).mean()) for w in scaled]",
        "[float(abs(f.b.array).max()) for f in draws]",
    ],
)
# Links made of links.
scenario(
    "a Chain of named links",
    """
l1 = L.Linear(2, 3, initialW=a, initial_bias=b)
model = Chain(l1=l1, l2=L.Linear(3, 1, nobias=True, initialW=c))
model.add_link("l3", L.Linear(1, 1, initialW=d, initial_bias=e))
y = model["l3"](F.tanh(model["l2"](model.l1(x))))
model.cleargrads()
F.sum(y).backward()
""",
    [
        "[path for path, _ in model.namedparams()]",
        "[path for path, _ in model.namedlinks()]",
        "model.count_params()",
        "y.array",
        "model.l1.W.grad",
        "model.l3.b.grad",
    ],
    a=constant(3, 2),
    b=constant(3),
    c=constant(1, 3),
    d=constant(1, 1),
    e=constant(1),
    x=constant(4, 2),
    dtype="float64",
)
scenario(
    "a ChainList is a list",
    """
sizes = lambda: [(path, p.shape) for path, p in model.namedparams()]
model = ChainList(L.Linear(1, 2), L.Linear(2, 3, nobias=True))
model.append(L.Linear(3, 4))
model.insert(1, L.Linear(7, 7))
after_insert = sizes()
popped = model.pop(0)
model.extend([L.Linear(8, 9)])
model[0] = L.Linear(5, 5, nobias=True)
after_extend = sizes()
del model[1]
model.remove(model[-1])
model.reverse()
""",
    ["after_insert", "popped.W.shape", "after_extend", "sizes()", "len(model)"],
)
scenario(
    "a Sequential calls one layer after the other",
    """
model = Sequential(L.Linear(2, 3, initialW=a, initial_bias=b), F.relu)
model.append(L.Linear(3, 2, initialW=c, initial_bias=d))
model.append(lambda h: (h, h + 1))
model.append(lambda h, k: h * k)
y = model(x)
model.cleargrads()
F.sum(y).backward()
""",
    [
        "[path for path, _ in model.namedparams()]",
        "[path for path, _ in model.namedlinks()]",
        "len(model)",
        "y.array",
        "model[0].W.grad",
        "model[2].b.grad",
    ],
    a=constant(3, 2),
    b=constant(3),
    c=constant(2, 3),
    d=constant(2),
    x=constant(4, 2),
    dtype="float64",
)
COPIES = """
l1, l2 = L.Linear(2, 3, initialW=a, initial_bias=b), L.Linear(3, 1, initialW=c, nobias=True)
model = Chain(l1=l1, l2=ChainList(l2))
model.l1.add_persistent("n", 5)
model.cleargrads()
other = model.copy({mode})
other.cleargrads()
F.sum(other.l2[0](F.tanh(other.l1(x)))).backward()
optimizers.SGD(lr=0.5).setup(other).update()
"""
copied = [
    "model.l1.W.array",
    "model.l1.b.array",
    "model.l2[0].W.array",
    "other.l1.W.array",
    "other.l1.b.array",
    "other.l2[0].W.array",
    "other.l1.W.grad",
    "[p.grad is None for p in model.params()]",
    "[path for path, _ in other.namedparams()]",
    "other.l1.n",
]
for mode in ["", "mode='share'", "'copy'"]:
    scenario(
        f"a step of a copied model, copy({mode})",
        COPIES.format(mode=mode),
        copied,
        a=constant(3, 2),
        b=constant(3),
        c=constant(1, 3),
        x=constant(4, 2),
        dtype="float64",
    )
scenario(
    "a copied model starts anew, copy('init')",
    """
model = Chain(l1=L.Linear(2, 3, initialW=2, initial_bias=1), l2=L.Linear(3, 4))
for p in model.params():
    p.array[...] = 7
other = model.copy("init")
""",
    ["model.l1.W.array", "other.l1.W.array", "other.l1.b.array", "other.l2.b.array"]
    + ["bool((other.l2.W.array == 7).any())", "other.l2.W.shape"],
)
scenario(
    "copyparams takes numbers and persistent values",
    """
a = a.astype(np.float32)
model, other, third = [Chain(l1=L.Linear(2, 3), l2=L.Linear(3, 1)) for _ in range(3)]
model.l1.W.array[...] = a
model.l2.b.array[...] = 8
for n, link in enumerate([model, other, third]):
    link.l1.add_persistent("n", n)
    link.add_persistent("mean", a + n)
    link.cleargrads()
array, mean = other.l1.W.array, other.mean
other.copyparams(model)
third.copyparams(model, copy_persistent=False)
""",
    [
        "other.l1.W.array",
        "other.l2.b.array",
        "array is other.l1.W.array",
        "other.l1.n",
        "other.mean",
        "mean is other.mean",
        "third.l1.W.array",
        "third.l1.n",
        "third.mean",
        "[p.grad is None for p in other.params()]",
    ],
    a=constant(3, 2),
)
scenario(
    "copyparams to a link that waits for its first batch",
    """
a, b, x = [v.astype(np.float32) for v in (a, b, x)]
model, other = L.Linear(2, 3, initialW=a, initial_bias=b), L.Linear(3)
other.copyparams(model)
""",
    ["other.W.array", "other.b.array", "other(x).array"],
    a=constant(3, 2),
    b=constant(3),
    x=constant(4, 2),
)
scenario(
    "addgrads adds up",
    """
a, b, c = [v.astype(np.float32) for v in (a, b, c)]
model, other = [Chain(l1=L.Linear(2, 3), l2=L.Linear(3, 1)) for _ in range(2)]
model.cleargrads()
other.cleargrads()
model.l1.W.grad = a.copy()
model.l1.b.grad = b.copy()
other.l1.W.grad = 2 * a
other.l2.W.grad = c.copy()
other.addgrads(model)
""",
    [
        "other.l1.W.grad",
        "other.l1.b.grad",
        "other.l2.W.grad",
        "other.l2.b.grad is None",
        "model.l1.W.grad",
    ],
    a=constant(3, 2),
    b=constant(3),
    c=constant(1, 3),
)
scenario(
    "repeat makes a Sequential",
    """
a, x = [v.astype(np.float32) for v in (a, x)]
layer = Sequential(L.Linear(2, 2, initialW=a), F.tanh)
layer[0].b.array[...] = 3
models = [layer.repeat(3, mode) for mode in ["init", "copy", "share"]]
models.append(layer.repeat(2))
layer[0].b.array[...] = 4
""",
    [
        "[len(model) for model in models]",
        "[path for path, _ in models[0].namedparams()]",
        "[model[1][0].b.array for model in models]",
        "models[1][2][0].W.array",
        "models[2](x).array",
        "len(layer.repeat(0))",
    ],
    a=constant(2, 2),
    x=constant(4, 2),
)

CONVOLUTIONS = """
f = L.Convolution2D(None, 2, (2, 3), stride=2, pad=1, initialW=W0, initial_bias=b0)
g = L.Deconvolution2D(2, 1, 3, 2, 1, False, (4, 5), initialW=W1, initial_bias=b1)
h = L.Convolution2D(4, 2, groups=2, nobias=True)
loss = F.sum(g(F.relu(f(x))) ** 2)
f.cleargrads()
g.cleargrads()
loss.backward()
h(np.ones((1, 6, 2, 2), "float32"))
"""
scenario(
    "links of convolutions",
    CONVOLUTIONS,
    [
        "loss.array",
        "f.W.grad",
        "f.b.grad",
        "g.W.grad",
        "g.b.grad",
        "h.W.shape",
        "[f.stride, f.pad, f.dilate, f.groups, f.out_channels]",
        "[name for name, _ in sorted(h.namedparams())]",
    ],
    dtype="float64",
    x=constant(2, 2, 4, 5),
    W0=constant(2, 2, 2, 3),
    b0=constant(2),
    W1=constant(2, 1, 3, 3),
    b1=constant(1),
)
scenario(
    "where the largest numbers stand",
    "y, indexes = F.max_pooling_2d(c, 2, 1, 1, return_indices=True)",
    ["y.array", "indexes.tolist()"],
    c=array([[[[-1.0, 1.0, 1.0], [-1.0, -1.0, 1.0]]]], "float64"),
)
scenario(
    "the default initial weights of convolutions",
    """
np.random.seed(0)
f = L.Convolution2D(10, 500, (4, 5))
g = L.Deconvolution2D(500, 10, (4, 5))
scaled = [h.W.array.astype(np.float64) * np.sqrt(200) for h in (f, g)]
""",
    [
        "[f.W.shape, g.W.shape]",
        "[float(w.mean()) for w in scaled]",
        "[float(w.std()) for w in scaled]",
        "[float((abs(w) < 1).mean()) for w in scaled]",
        "[float(abs(h.b.array).max()) for h in (f, g)]",
    ],
)

NORMALIZE = """
bn = L.BatchNormalization({size}, dtype=np.float64)
bn.gamma.array[...], bn.beta.array[...] = gamma, beta
bn.cleargrads()
ys = []
for i in range(3):
    ys.append(bn(x * (i + 1) + i{finetune}).array)
averages = [bn.avg_mean.copy(), bn.avg_var.copy()]
y = bn(Variable(x))
F.sum(y**3).backward()
with using_config("train", False):
    tested = bn(x[:1]).array
"""
normalized = ["ys", "averages", "bn.gamma.grad", "bn.beta.grad", "tested", "int(bn.N)"]
normalized += ["bn.avg_mean", "bn.avg_var", "[path for path, _ in sorted(bn.namedparams())]"]
for size, finetune in [("3", ""), ("3, decay=0.5, eps=0.1", ""), ("3", ", finetune=True")]:
    scenario(
        f"a BatchNormalization({size}){finetune} in training and after it",
        NORMALIZE.format(size=size, finetune=finetune),
        normalized,
        gamma=constant(3),
        beta=constant(3),
        x=constant(4, 3, 2, 2),
        dtype="float64",
    )
scenario(
    "a BatchNormalization that takes its size from the first mini-batch",
    NORMALIZE.replace("bn.gamma.array", "bn(x)\nbn.gamma.array").format(
        size="axis=(0, 2, 3)", finetune=""
    ),
    normalized,
    gamma=constant(3),
    beta=constant(3),
    x=constant(4, 3, 2, 2),
    dtype="float64",
)
scenario(
    "what a BatchNormalization begins with",
    """
bn = L.BatchNormalization(
    2, initial_gamma=2, initial_beta=3, initial_avg_mean=a, initial_avg_var=initializers.Constant(5)
)
other = L.BatchNormalization((2, 3), use_gamma=False, use_beta=False)
y = other(b.astype(np.float32))
other.start_finetuning()
""",
    [
        "[bn.gamma.array, bn.beta.array, bn.avg_mean, bn.avg_var]",
        "[other.avg_mean, other.avg_var, y.array]",
        "[list(other.params()), other.gamma, other.beta, other.N]",
    ],
    a=array([0.5, 1.5], "float32"),
    b=constant(4, 2, 3),
)
# Random numbers of one seed: NumPy's old generator gives the same ones for ever.
scenario(
    "dropout of a seed",
    """
np.random.seed(0)
y, mask = F.dropout(x.astype(np.float32), 0.3, return_mask=True)
again = F.dropout(x).array
with using_config("train", False):
    tested = F.dropout(x, 0.9, return_mask=True)
""",
    ["y.array", "mask", "again", "tested[0].array", "tested[1]"],
    x=constant(4, 5),
)
scenario(
    "the numbers of the initializers",
    """
np.random.seed(0)
one = initializers
every = [one.Zero(), one.One(), one.Constant(3), one.Constant(a), one.Normal(), one.Normal(2.0)]
every += [one.Uniform(), one.Uniform(3), one.LeCunNormal(), one.LeCunNormal(2), one.HeNormal()]
every += [one.GlorotUniform(), one.GlorotUniform(2), one.HeNormal(2, fan_option="fan_out")]
every += [one.Zero(np.float64), one.One("float16"), one.Constant(3, "float64")]
every += [one.Normal(dtype=np.float64), one.Uniform(dtype="float16")]
every += [one.LeCunNormal(dtype=np.float64), one.GlorotUniform(dtype="float16")]
every += [one.HeNormal(1, np.float64, "fan_out")]
params = [Parameter(initializer, (2, 3, 2, 1)) for initializer in every]
""",
    [
        "[param.array for param in params]",
        "[get_fans(shape) for shape in [(2, 3), (1, 4, 5), (2, 3, 5, 7)]]",
    ],
    a=array([[2.0], [3.0]], "float32"),
)


# --- Recording ----------------------------------------------------------------------------------
def seed_of(text):
    """A case's seed comes from its own text, so a new case does not change the others."""
    return np.random.RandomState(zlib.crc32(text.encode()))


def draw(inputs, rng, dtype):
    """Return the arrays of the Variables and the plain arrays."""
    variables, arrays = {}, {}
    for name in sorted(inputs):
        value = inputs[name].draw(rng, dtype)
        if inputs[name].variable:
            variables[name] = np.array(value, dtype)
        else:
            arrays[name] = value
    return variables, arrays


def random_like(rng, array):
    return np.array(np.round(rng.randn(*array.shape), 2), array.dtype)


def plain(variable):
    return None if variable is None else variable.array


def name_of(code, inputs, dtype, taken):
    """Code, shapes and dtype; a number where that is not enough."""
    variables, arrays = draw(inputs, np.random.RandomState(0), dtype)
    shapes = [f"{name}{a.shape}" for name, a in {**variables, **arrays}.items()]
    first = name = " | ".join([code, " ".join(shapes), dtype])
    count = 1
    while name in taken:
        count += 1
        name = f"{first} | {count}"
    return name


def record_case(name, code, inputs, dtype):
    rng = seed_of(name)
    variables, arrays = draw(inputs, rng, dtype)
    result = {"name": name, "code": code, "variables": variables, "arrays": arrays}

    def run():
        xs = {name: chainer.Variable(a.copy()) for name, a in variables.items()}
        names = dict(F=chainer.functions, np=np, **arrays, **xs)
        return xs, eval(code, names)

    xs, y = run()
    result["y"] = y.array
    if not xs:
        return result

    # First order, on arrays.
    result["gy"] = gy = random_like(rng, y.array)
    y.grad = gy.copy()
    y.backward()
    result["gx"] = {name: x.grad for name, x in xs.items()}
    no_double = "softmax_cross_entropy" in code and "enable_double_backprop" not in code
    if dtype != "float64" or no_double:
        return result

    # Second order: the gradient of sum(gx * ggx) with respect to the inputs and to gy.
    xs, y = run()
    gy = chainer.Variable(gy)
    wanted = list(xs.values())
    gxs = chainer.grad([y], wanted, grad_outputs=[gy], enable_double_backprop=True)
    ggxs = [random_like(rng, x.array) for x in wanted]
    total = sum(chainer.functions.sum(gx * ggx) for gx, ggx in zip(gxs, ggxs))
    seconds = chainer.grad([total], wanted + [gy])
    result["ggx"] = dict(zip(xs, ggxs))
    result["second"] = dict(zip(list(xs) + ["gy"], map(plain, seconds)))
    return result


def record_scenario(name, code, expressions, dtype, inputs):
    _, arrays = draw(inputs, seed_of(name), "float64")
    names = dict(
        np=np,
        F=chainer.functions,
        L=chainer.links,
        optimizers=chainer.optimizers,
        initializers=chainer.initializers,
        get_fans=chainer.initializer.get_fans,
        using_config=chainer.using_config,
        Variable=chainer.Variable,
        Parameter=chainer.Parameter,
        Chain=chainer.Chain,
        ChainList=chainer.ChainList,
        Sequential=chainer.Sequential,
        grad=chainer.grad,
        no_backprop_mode=chainer.no_backprop_mode,
        **{name: a.copy() for name, a in arrays.items()},
    )
    with chainer.using_config("dtype", np.dtype(dtype)):
        exec(code, names)
    expected = {e: eval(e, names) for e in expressions}
    return {"name": name, "code": code, "arrays": arrays, "expected": expected}


# --- Writing ------------------------------------------------------------------------------------
def encode(value):
    """Arrays as {dtype, shape, data}. Floats are written so that they read back exactly."""
    if isinstance(value, np.ndarray):
        data = value.ravel().tolist()
        if value.dtype.kind == "f":
            data = [float(str(v)) for v in value.ravel()]
        return {"dtype": value.dtype.name, "shape": list(value.shape), "data": data}
    raise TypeError(f"cannot record {value!r}")


def one_per_line(rows):
    return "[\n" + ",\n".join(json.dumps(r, default=encode, allow_nan=False) for r in rows) + "\n]"


def main():
    # An infinity or NaN in the making is a mistake in the table, not something to record.
    np.seterr(all="raise", under="ignore")
    cases = []
    for code, half, inputs in CASES:
        for dtype in ["float64", "float32"] + ["float16"] * half:
            name = name_of(code, inputs, dtype, [c["name"] for c in cases])
            cases.append(record_case(name, code, inputs, dtype))
    scenarios = [record_scenario(*row) for row in SCENARIOS]
    made_with = {
        "chainer": chainer.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(
        f'{{"made_with": {json.dumps(made_with)},\n'
        f'"cases": {one_per_line(cases)},\n'
        f'"scenarios": {one_per_line(scenarios)}}}\n'
    )
    print(f"{len(cases)} cases, {len(scenarios)} scenarios, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
