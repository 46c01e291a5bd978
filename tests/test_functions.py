"""Every public function: its values, its gradients to second order, its dtypes, on each backend.

TABLE has one line for each function. A new function needs one more line, and nothing else.
"""

import inspect
import itertools
import math
from typing import Any, NamedTuple

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinylinks.functions as F
from tinylinks import Variable, backend, gradient_check, using_config

# ---- what the functions are called with: (inputs, options) ----


def numbers(shape, low=-2.0, high=2.0):
    """Draw an array. The numbers come from a seed: they differ, and none is special."""
    return st.integers(0, 999).map(
        lambda seed: np.random.default_rng(seed).uniform(low, high, shape)
    )


def distinct(shape, offset=0.0):
    """Draw an array of multiples of 0.4, plus `offset`, all different: no two of them tie."""

    def make(seed):
        order = np.random.default_rng(seed).permutation(math.prod(shape))
        return (order.reshape(shape) - 2) * 0.4 + offset

    return st.integers(0, 999).map(make)


def shapes(min_dims=0, min_side=0):
    return hnp.array_shapes(min_dims=min_dims, max_dims=3, min_side=min_side, max_side=3)


@st.composite
def one(draw, low=-2.0, high=2.0, kinks=(), **options):
    """One input; no number is nearer than 0.1 to a kink, where no slope can be measured."""
    x = draw(numbers(draw(shapes()), low, high))
    for kink in kinks:
        x = np.where(abs(x - kink) < 0.1, kink + 0.25, x)
    return (x,), {name: draw(strategy) for name, strategy in options.items()}


@st.composite
def two_shapes(draw):
    """Two shapes that stretch to one."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)
    return draw(drawn).input_shapes


@st.composite
def two(draw, a=(-2.0, 2.0), b=(-2.0, 2.0)):
    """Two inputs that stretch to one shape; `a` and `b` say between which numbers they lie."""
    shape_a, shape_b = draw(two_shapes())
    return (draw(numbers(shape_a, *a)), draw(numbers(shape_b, *b))), {}


@st.composite
def two_distinct(draw):
    """Two inputs that stretch to one shape and are nowhere equal."""
    shape_a, shape_b = draw(two_shapes())
    return (draw(distinct(shape_a)), draw(distinct(shape_b, 0.2))), {}


@st.composite
def two_alike(draw):
    """Two inputs of one shape."""
    shape = draw(shapes())
    return (draw(numbers(shape)), draw(numbers(shape))), {}


@st.composite
def choice(draw):
    """Two inputs and a condition, of shapes that stretch to one."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3)
    a, b, c = draw(drawn).input_shapes
    return (draw(numbers(a)), draw(numbers(b))), {"condition": np.asarray(draw(numbers(c)) > 0)}


@st.composite
def reduction(draw, min_side=0):
    """An input with different elements, an axis, several, none or all, and keepdims."""
    shape = draw(shapes(min_side=min_side))
    axes = [None, (), *range(-len(shape), len(shape))]
    axes += [draw(st.permutations(range(len(shape))))[:n] for n in range(1, len(shape) + 1)]
    axis = draw(st.sampled_from(axes))
    axis = tuple(axis) if isinstance(axis, list) else axis
    return (draw(distinct(shape)),), {"axis": axis, "keepdims": draw(st.booleans())}


@st.composite
def along_axis(draw):
    """An input and an axis that has elements; other axes may be empty."""
    shape = draw(shapes(min_dims=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    assume(shape[axis] > 0)
    return (draw(numbers(shape)),), {"axis": axis}


@st.composite
def stretching(draw, back=False):
    """An input and a shape that it stretches to; the other way round if `back`."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)
    shapes = draw(drawn)
    small, large = shapes.input_shapes[0], shapes.result_shape
    if back:
        return (draw(numbers(large)),), {"shape": small}
    return (draw(numbers(small)),), {"shape": large}


@st.composite
def reshaping(draw):
    x = draw(numbers(draw(shapes())))
    forms = [x.shape[::-1], (x.size,), (1, *x.shape)] + [(-1,), (1, -1)] * (x.size > 0)
    return (x,), {"shape": draw(st.sampled_from(forms))}


@st.composite
def permuting(draw):
    x = draw(numbers(draw(shapes())))
    axes = draw(st.permutations([i - x.ndim * draw(st.integers(0, 1)) for i in range(x.ndim)]))
    return (x,), {"axes": draw(st.sampled_from([None, tuple(axes)]))}


@st.composite
def picking(draw):
    """An input and an index: ints, slices, None, Ellipsis; arrays with repeats; a mask."""
    shape = draw(shapes(min_dims=1, min_side=1))
    basic = hnp.basic_indices(shape, allow_newaxis=True)
    fancy = hnp.integer_array_indices(shape)
    repeats = st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5)
    mask = hnp.arrays(bool, st.sampled_from([shape, shape[:1]]))
    return (draw(numbers(shape)),), {"index": draw(st.one_of(basic, fancy, repeats, mask))}


@st.composite
def joining(draw):
    """One to three inputs that differ in length along one axis."""
    shape = draw(shapes(min_dims=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    xs = []
    for length in draw(st.lists(st.integers(0, 2), min_size=1, max_size=3)):
        own = list(shape)
        own[axis] = length
        xs.append(draw(numbers(tuple(own))))
    return tuple(xs), {"axis": axis}


@st.composite
def matrices(draw):
    """Matrices, vectors and stacks of matrices, each perhaps transposed."""
    signature = "(n?,k),(k,m?)->(n?,m?)"
    drawn = hnp.mutually_broadcastable_shapes(
        signature=signature, max_dims=1, min_side=0, max_side=3
    )
    xs = [draw(numbers(shape)) for shape in draw(drawn).input_shapes]
    options = {"transa": draw(st.booleans()), "transb": draw(st.booleans())}
    for i, name in enumerate(options):
        if options[name] and xs[i].ndim > 1:
            xs[i] = xs[i].swapaxes(-1, -2)
    return tuple(xs), options


@st.composite
def dense(draw):
    """x, W and perhaps b, with one or two batch axes and one or two axes of features."""
    batch = draw(st.lists(st.integers(0, 2), min_size=1, max_size=2))
    features = draw(st.lists(st.integers(1, 2), min_size=1, max_size=2))
    out = draw(st.integers(1, 3))
    given_shapes = [(*batch, *features), (out, math.prod(features)), (out,)]
    xs = [draw(numbers(shape)) for shape in given_shapes[: draw(st.sampled_from([2, 3]))]]
    return tuple(xs), {"n_batch_axes": len(batch)}


@st.composite
def scores_and_labels(draw):
    """Scores, labels with some to be ignored, and every option of the loss."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=3))
    labels = st.integers(-1, shape[1] - 1)
    options = {
        "t": draw(hnp.arrays(np.int32, shape[:1] + shape[2:], elements=labels)),
        "normalize": draw(st.booleans()),
        "cache_score": draw(st.booleans()),
        "class_weight": draw(st.one_of(st.none(), numbers(shape[1], 0.5, 2.0))),
        "reduce": draw(st.sampled_from(["mean", "no"])),
    }
    return (draw(numbers(shape)),), options


@st.composite
def masking(draw):
    """An input, and which of its elements to keep."""
    x = draw(numbers(draw(shapes(min_dims=1))))
    return (x,), {"keep": np.asarray(draw(numbers(x.shape)) > 0)}


@st.composite
def normalizing(draw, fixed=False):
    """x, gamma and beta (mean and var, if `fixed`), and the axes to average over."""
    shape = draw(shapes(min_dims=1, min_side=2))
    axis = draw(st.sampled_from([None, *range(len(shape)), tuple(range(len(shape)))]))
    axes = (0,) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    size = tuple([n for i, n in enumerate(shape) if i not in axes])
    given = [draw(numbers(size)) for _ in range(3 if fixed else 2)]
    given += [draw(numbers(size, 0.5))] * fixed
    return (draw(distinct(shape)), *given), {"axis": axis}


def sizes(draw, low, high):
    """Draw a number for the height and one for the width."""
    return draw(st.tuples(st.integers(low, high), st.integers(low, high)))


@st.composite
def convolving(draw):
    """Images with room for a window, W and perhaps b, and every option of a convolution."""
    groups, cover_all = draw(st.integers(1, 2)), draw(st.booleans())
    ksize, stride, more = sizes(draw, 1, 3), sizes(draw, 1, 3), sizes(draw, 0, 3)
    pad, dilate = sizes(draw, 0, 2), sizes(draw, 1, 2)
    axes = zip(ksize, dilate, pad, more, strict=True)
    image = [max(1, (k - 1) * d + 1 - 2 * p) + n for k, d, p, n in axes]
    n, (c, o) = draw(st.integers(0, 2)), sizes(draw, 1, 2)
    options = {"stride": stride, "pad": pad, "dilate": dilate, "groups": groups}
    given_shapes = [(n, c * groups, *image), (o * groups, c, *ksize), (o * groups,)]
    xs = [draw(numbers(shape)) for shape in given_shapes[: draw(st.sampled_from([2, 3]))]]
    return tuple(xs), {"cover_all": cover_all, **options}


@st.composite
def deconvolving(draw):
    """What a convolution gave, W and perhaps b, and every option of the way back."""
    xs, options = draw(convolving())
    cover_all = options.pop("cover_all")
    y = convolve(*xs[:2], cover_all=cover_all, **options)
    b = [draw(numbers(xs[1].shape[1] * options["groups"]))] * draw(st.integers(0, 1))
    if cover_all or draw(st.booleans()):  # else the output may be smaller than the images were
        options["outsize"] = xs[0].shape[2:]
    else:
        assume(min(usual_size(y, xs[1], **options)) > 0)
    return (draw(numbers(y.shape)), xs[1], *b), options


@st.composite
def pooling(draw, cover_all=True):
    """Images of different numbers, and every option of a pooling."""
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *sizes(draw, 3, 5))
    ksize, stride, pad = sizes(draw, 1, 3), draw(st.none() | st.integers(1, 3)), sizes(draw, 0, 2)
    options = {"ksize": ksize, "stride": stride, "pad": pad}
    if cover_all:
        options["cover_all"] = draw(st.booleans())
        assume(all(map(len, windows(shape, **options).values())))  # each sees a pixel
    return (draw(distinct(shape)),), options


# ---- the same computations in NumPy, each by the shortest way ----


def sum_to(x, shape):
    y = np.zeros(shape)
    for index in np.ndindex(x.shape):
        kept = index[x.ndim - len(shape) :]
        y[tuple(0 if n == 1 else i for i, n in zip(kept, shape, strict=True))] += x[index]
    return y


def matmul(a, b, transa, transb):
    a = a.swapaxes(-1, -2) if transa and a.ndim > 1 else a
    b = b.swapaxes(-1, -2) if transb and b.ndim > 1 else b
    return a @ b


def linear(x, W, b=0.0, *, n_batch_axes):
    rows = x.reshape(*x.shape[:n_batch_axes], W.shape[1])
    return np.einsum("...i,oi->...o", rows, W) + b


def softmax(x, axis):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def softmax_cross_entropy(x, t, normalize, class_weight, reduce, cache_score):
    log_p = np.log(softmax(x, 1))
    losses = np.zeros(t.shape)
    for index in np.ndindex(t.shape):
        if (label := t[index]) >= 0:
            weight = 1 if class_weight is None else class_weight[label]
            losses[index] = -log_p[(index[0], label, *index[1:])] * weight
    if reduce == "no":
        return losses
    return losses.sum() / max(1, (t >= 0).sum() if normalize else len(t))


def batch_normalization(x, gamma, beta, mean=None, var=None, *, axis):
    axis = 0 if axis is None else axis
    mean, var = (x.mean(axis), x.var(axis)) if mean is None else (mean, var)
    gamma, beta, mean, var = (np.expand_dims(a, axis) for a in (gamma, beta, mean, var))
    return gamma * (x - mean) / np.sqrt(var + 2e-5) + beta


def starts(n, k, s, p, d, cover_all):
    """Where on an axis of length `n` windows start."""
    reach = (k - 1) * d + 1
    found = [i for i in range(-p, n + p, s) if i + reach <= n + p]
    return [*found, found[-1] + s] if cover_all and found[-1] + reach < n + p else found


def windows(shape, ksize, stride=None, pad=(0, 0), dilate=(1, 1), cover_all=False):
    """Return for each window the pixels that it sees: pairs (place in the window, pixel)."""
    stride = ksize if stride is None else stride
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    axes = zip(shape[2:], ksize, stride, pad, dilate, strict=True)
    rows, columns = [list(enumerate(starts(*axis, cover_all))) for axis in axes]
    seen = {}
    for (i, top), (j, left) in itertools.product(rows, columns):
        places = [(y, x) for y in range(ksize[0]) for x in range(ksize[1])]
        pairs = [(at, (top + at[0] * dilate[0], left + at[1] * dilate[1])) for at in places]
        inside = [0 <= y < shape[2] and 0 <= x < shape[3] for _, (y, x) in pairs]
        seen[i, j] = [pair for pair, here in zip(pairs, inside, strict=True) if here]
    return seen


def convolve(x, W, b=None, *, groups, **options):
    seen = windows(x.shape, W.shape[2:], **options)
    y = np.zeros((len(x), len(W), *(np.max(list(seen), axis=0) + 1)))
    for o in range(len(W)):
        first = o // (len(W) // groups) * W.shape[1]  # the first channel of the group
        channels = x[:, first : first + W.shape[1]]
        for (i, j), pairs in seen.items():
            for place, pixel in pairs:
                y[:, o, i, j] += channels[:, :, *pixel] @ W[o, :, *place]
    return y if b is None else y + b[:, None, None]


def usual_size(x, W, stride, pad, dilate, groups):
    axes = zip(x.shape[2:], W.shape[2:], stride, pad, dilate, strict=True)
    return [s * (n - 1) + (k - 1) * d + 1 - 2 * p for n, k, s, p, d in axes]


def deconvolve(x, W, b=None, *, stride, pad, dilate, groups, outsize=None):
    o = W.shape[1]
    size = outsize or usual_size(x, W, stride, pad, dilate, groups)
    y = np.zeros((len(x), o * groups, *size))
    for c, i, j, ky, kx in np.ndindex(*x.shape[1:], *W.shape[2:]):
        row = i * stride[0] - pad[0] + ky * dilate[0]
        column = j * stride[1] - pad[1] + kx * dilate[1]
        if 0 <= row < y.shape[2] and 0 <= column < y.shape[3]:
            first = c // (x.shape[1] // groups) * o
            y[:, first : first + o, row, column] += x[:, c, i, j, None] * W[c, :, ky, kx]
    return y if b is None else y + b[:, None, None]


def pool(reduce):
    """Return the pooling that makes one number of what a window sees."""

    def pooled(x, **options):
        seen = windows(x.shape, **options)
        y = np.zeros((*x.shape[:2], *(np.max(list(seen), axis=0) + 1)))
        for (i, j), pairs in seen.items():
            y[:, :, i, j] = reduce([x[:, :, *pixel] for _, pixel in pairs], options["ksize"])
        return y

    return pooled


# ---- the table ----


class Row(NamedTuple):
    function: Any  # the function under test
    reference: Any  # what it computes, in NumPy
    cases: Any  # what it is called with


positive = (0.5, 2.0)

TABLE = {
    "absolute": Row(F.absolute, np.abs, one(kinks=[0])),
    "add": Row(F.add, np.add, two()),
    "batch_normalization": Row(F.batch_normalization, batch_normalization, normalizing()),
    "average_pooling_2d": Row(
        F.average_pooling_2d,
        pool(lambda pixels, ksize: sum(pixels) / math.prod(ksize)),
        pooling(cover_all=False),
    ),
    "broadcast_to": Row(F.broadcast_to, np.broadcast_to, stretching()),
    "clip": Row(lambda x: F.clip(x, -1.0, 1.0), lambda x: x.clip(-1, 1), one(kinks=[-1, 1])),
    "concat": Row(
        lambda *xs, axis: F.concat(xs, axis), lambda *xs, axis: np.concatenate(xs, axis), joining()
    ),
    "convolution_2d": Row(F.convolution_2d, convolve, convolving()),
    "cos": Row(F.cos, np.cos, one()),
    "dropout": Row(
        lambda x, keep: F.dropout(x, mask=keep.astype(x.dtype) * 2),
        lambda x, keep: 2 * x * keep,
        masking(),
    ),
    "deconvolution_2d": Row(F.deconvolution_2d, deconvolve, deconvolving()),
    "div": Row(F.div, np.divide, two(b=positive)),
    "exp": Row(F.exp, np.exp, one()),
    "fixed_batch_normalization": Row(
        F.fixed_batch_normalization, batch_normalization, normalizing(fixed=True)
    ),
    "get_item": Row(F.get_item, lambda x, index: x[index], picking()),
    "leaky_relu": Row(
        F.leaky_relu,
        lambda x, slope: np.where(x > 0, x, slope * x),
        one(kinks=[0], slope=st.sampled_from([0.2, -1.5, 0.0])),
    ),
    "linear": Row(F.linear, linear, dense()),
    "log": Row(F.log, np.log, one(*positive)),
    "log_softmax": Row(F.log_softmax, lambda x, axis: np.log(softmax(x, axis)), along_axis()),
    "matmul": Row(F.matmul, matmul, matrices()),
    "max": Row(F.max, np.max, reduction(min_side=1)),
    "max_pooling_2d": Row(
        F.max_pooling_2d, pool(lambda pixels, ksize: np.max(pixels, axis=0)), pooling()
    ),
    "maximum": Row(F.maximum, np.maximum, two_distinct()),
    "mean": Row(F.mean, np.mean, reduction(min_side=1)),
    "mean_squared_error": Row(
        F.mean_squared_error, lambda a, b: ((a - b) ** 2).sum() / max(1, a.size), two_alike()
    ),
    "min": Row(F.min, np.min, reduction(min_side=1)),
    "minimum": Row(F.minimum, np.minimum, two_distinct()),
    "mul": Row(F.mul, np.multiply, two()),
    "neg": Row(F.neg, np.negative, one()),
    "pow": Row(F.pow, np.power, two(a=positive)),
    "relu": Row(F.relu, lambda x: np.where(x > 0, x, 0), one(kinks=[0])),
    "reshape": Row(F.reshape, lambda x, shape: x.reshape(shape), reshaping()),
    "sigmoid": Row(F.sigmoid, lambda x: 1 / (1 + np.exp(-x)), one()),
    "sin": Row(F.sin, np.sin, one()),
    "softmax": Row(F.softmax, softmax, along_axis()),
    "softmax_cross_entropy": Row(
        F.softmax_cross_entropy, softmax_cross_entropy, scores_and_labels()
    ),
    "sqrt": Row(F.sqrt, np.sqrt, one(*positive)),
    "square": Row(F.square, np.square, one()),
    "sub": Row(F.sub, np.subtract, two()),
    "sum": Row(F.sum, np.sum, reduction()),
    "sum_to": Row(F.sum_to, sum_to, stretching(back=True)),
    "tanh": Row(F.tanh, np.tanh, one()),
    "transpose": Row(F.transpose, np.transpose, permuting()),
    "where": Row(
        lambda x, y, condition: F.where(condition, x, y),
        lambda x, y, condition: np.where(condition, x, y),
        choice(),
    ),
}
NO_GRADIENT = {"accuracy"}  # tested below


def test_the_table_has_every_public_function():
    public = {name for name in F.__all__ if inspect.isfunction(getattr(F, name))}
    assert public == set(TABLE) | NO_GRADIENT
    assert public == {
        name
        for name, value in vars(F).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def move(xp, x):
    """Bring the arrays in an option to the backend; leave the rest as it is."""
    if isinstance(x, tuple):
        return tuple(move(xp, part) for part in x)
    return xp.asarray(x) if isinstance(x, np.ndarray) else x


def on(xp, inputs, options):
    """Bring a case of the table to the backend."""
    return [xp.asarray(x) for x in inputs], {name: move(xp, x) for name, x in options.items()}


def like(arrays, xp, dtype=None):
    """Return arrays of the same shapes with other numbers."""
    rng = np.random.default_rng(7)
    return tuple(xp.asarray(rng.uniform(-1, 1, a.shape).astype(dtype or a.dtype)) for a in arrays)


@pytest.mark.parametrize("name", TABLE)
@given(data=st.data())
def test_values_are_those_of_numpy(name, xp, data):
    function, reference, cases = TABLE[name]
    inputs, options = data.draw(cases)
    arrays, moved = on(xp, inputs, options)
    y = function(*map(Variable, arrays), **moved)
    expected = reference(*inputs, **options)
    assert type(y) is Variable
    assert type(y.data) is xp.ndarray
    assert y.shape == np.shape(expected)
    assert y.dtype == np.float64
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", TABLE)
@settings(max_examples=10)
@given(data=st.data())
def test_gradients_are_the_slopes(name, xp, data):
    function, _, cases = TABLE[name]
    inputs, options = data.draw(cases)
    xs, options = on(xp, inputs, options)
    (gy,) = like([function(*xs, **options)], xp)
    gradient_check.check_backward(lambda *xs: function(*xs, **options), tuple(xs), gy, eps=1e-4)


@pytest.mark.parametrize("name", TABLE)
@settings(max_examples=6)
@given(data=st.data())
def test_second_derivatives_are_the_slopes_of_the_gradients(name, xp, data):
    function, _, cases = TABLE[name]
    inputs, options = data.draw(cases)
    xs, options = on(xp, inputs, options)
    (gy,) = like([function(*xs, **options)], xp)
    gradient_check.check_double_backward(
        lambda *xs: function(*xs, **options), tuple(xs), gy, like(xs, xp), eps=1e-4
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", TABLE)
@settings(max_examples=4)
@given(data=st.data())
def test_dtypes_are_kept_forward_and_backward(name, dtype, xp, data):
    function, reference, cases = TABLE[name]
    inputs, options = data.draw(cases)
    if "class_weight" in options and options["class_weight"] is not None:
        options["class_weight"] = options["class_weight"].astype(dtype)
    inputs = [x.astype(dtype) for x in inputs]
    arrays, moved = on(xp, inputs, options)
    gradients = {}
    for enable_double_backprop in (False, True):
        xs = [Variable(x) for x in arrays]
        y = function(*xs, **moved)
        assert y.dtype == dtype
        F.sum(y).backward(enable_double_backprop=enable_double_backprop)
        assert [x.grad.dtype for x in xs] == [dtype] * len(xs)
        gradients[enable_double_backprop] = [backend.to_cpu(x.grad) for x in xs]
    tolerance = 4 * len(inputs[0].shape) + 20  # units in the last place
    expected = reference(*(x.astype(np.float64) for x in inputs), **options)
    close = {"rtol": tolerance * np.finfo(dtype).eps, "atol": tolerance * np.finfo(dtype).eps}
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, **close)
    for plain, recorded in zip(*gradients.values(), strict=True):
        np.testing.assert_allclose(plain, recorded, **close)


# ---- numbers that the table does not reach ----


def gradient_of(function, *xs):
    """Return the gradients of the sum of ``function(*xs)``, as NumPy arrays."""
    variables = [Variable(x) for x in xs]
    F.sum(function(*variables)).backward()
    return [backend.to_cpu(x.grad) for x in variables]


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (F.relu, [0.0, -0.0], [0, 0]),
        (F.leaky_relu, [0.0, -1.0], [0.2, 0.2]),
        (F.absolute, [0.0, -3.0], [0, -1]),
        (F.max, [3.0, 1.0, 3.0], [1, 0, 1]),
        (F.min, [1.0, 1.0, 3.0], [1, 1, 0]),
        (lambda x: F.clip(x, -1.0, 1.0), [-1.0, 1.0, 1.5], [1, 1, 0]),
        (lambda x: F.maximum(x, 2.0), [2.0, 1.0, 3.0], [1, 0, 1]),
        (lambda x: F.minimum(x, 2.0), [2.0, 1.0, 3.0], [1, 1, 0]),
    ],
    ids=["relu", "leaky_relu", "absolute", "max", "min", "clip", "maximum", "minimum"],
)
def test_gradient_at_a_kink(function, x, expected, xp):
    (gx,) = gradient_of(function, xp.asarray(x, dtype=np.float32))
    np.testing.assert_allclose(gx, expected, rtol=1e-6)


@pytest.mark.parametrize("function", [F.maximum, F.minimum])
def test_where_two_inputs_tie_the_first_gets_the_gradient(function, xp):
    a, b = xp.asarray([1.0, 2.0]), xp.asarray([1.0, 2.0])
    ga, gb = gradient_of(function, a, b)
    assert (ga.tolist(), gb.tolist()) == ([1, 1], [0, 0])


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.int64(2)], ids=repr)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "maximum", "minimum"])
def test_a_number_takes_the_dtype_of_the_array(name, number, xp):
    function, reference, _ = TABLE[name]
    for order in (lambda x: (x, number), lambda x: (number, x)):
        x = Variable(xp.asarray([1.25, 3.5], dtype=np.float32))
        y = function(*order(x))
        expected = reference(*order(np.array([1.25, 3.5], np.float32)))
        np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-6)
        F.sum(y).backward()
        assert y.dtype == x.grad.dtype == np.float32
        gradient_check.check_backward(lambda x, to=order: function(*to(x)), xp.asarray([1.25, 3.5]))


def test_where_takes_a_number_in_place_of_an_array(xp):
    condition = xp.asarray([True, False])
    x = xp.asarray([1.0, 2.0], dtype=np.float32)
    y = F.where(condition, x, 0.0)
    assert (y.dtype, backend.to_cpu(y.data).tolist()) == (np.float32, [1, 0])
    (gx,) = gradient_of(lambda x: F.where(condition, 0.0, x), x)
    assert gx.tolist() == [0, 1]


def test_a_function_of_numbers_alone_gives_float32():
    y = F.add(1, 2)
    assert (y.dtype, y.item()) == (np.float32, 3.0)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_negative_number_has_whole_powers(power, xp):
    (gx,) = gradient_of(lambda x: F.pow(x, power), xp.asarray([-2.0, 0.0, 2.0]))
    np.testing.assert_allclose(gx, power * np.array([-2.0, 0.0, 2.0]) ** (power - 1))


def test_softmax_and_sigmoid_do_not_overflow(xp):
    x = xp.asarray([[-1000.0, 0.0, 1000.0]], dtype=np.float32)
    assert backend.to_cpu(F.softmax(x).data).tolist() == [[0, 0, 1]]
    assert backend.to_cpu(F.log_softmax(x).data).tolist() == [[-2000, -1000, 0]]
    assert backend.to_cpu(F.sigmoid(x).data).tolist() == [[0, 0.5, 1]]
    t = xp.asarray([0], dtype=np.int32)
    assert F.softmax_cross_entropy(x, t).item() == 2000
    np.testing.assert_allclose(
        gradient_of(lambda x: F.softmax_cross_entropy(x, t), x)[0], [[-1, 0, 1]]
    )


@pytest.mark.parametrize("reduce", ["mean", "no"])
def test_softmax_cross_entropy_of_ignored_rows_alone_is_zero(reduce, xp):
    x = xp.ones((2, 3), dtype=np.float32)
    t = xp.asarray([-1, -1], dtype=np.int32)
    loss = F.softmax_cross_entropy(x, t, reduce=reduce)
    assert backend.to_cpu(loss.data).sum() == 0
    gx = gradient_of(lambda x: F.softmax_cross_entropy(x, t, reduce=reduce), x)[0]
    assert not gx.any()


@pytest.mark.parametrize("ignored", [0, 1, 5])
def test_softmax_cross_entropy_of_pictures_divides_by_pixels_or_by_pictures(ignored, xp):
    x = xp.zeros((2, 4, 3))  # 2 pictures of 3 pixels: each pixel costs log(4)
    t = np.zeros((2, 3), np.int32)
    t.flat[:ignored] = -1
    t = xp.asarray(t)
    assert F.softmax_cross_entropy(x, t).item() == pytest.approx(np.log(4))
    by_pictures = F.softmax_cross_entropy(x, t, normalize=False)
    assert by_pictures.item() == pytest.approx((6 - ignored) * np.log(4) / 2)


def test_softmax_cross_entropy_ignores_another_label(xp):
    x = xp.asarray(np.random.default_rng(0).normal(size=(3, 4)))
    t = xp.asarray([0, 99, 2], dtype=np.int64)
    kept = xp.asarray([0, 2], dtype=np.int64)
    loss = F.softmax_cross_entropy(x, t, ignore_label=99)
    assert loss.item() == pytest.approx(F.softmax_cross_entropy(x[::2], kept).item())
    gx = gradient_of(lambda x: F.softmax_cross_entropy(x, t, ignore_label=99), x)[0]
    assert gx.any(axis=1).tolist() == [True, False, True]


def test_a_label_below_zero_is_refused_unless_it_is_to_be_ignored(xp):
    x, t = xp.zeros((2, 3)), xp.asarray([0, -2], dtype=np.int32)
    on_gpu = xp is not np
    with (
        using_config("debug", on_gpu),
        pytest.raises(ValueError, match="expected labels from 0 to 2, .* got -2"),
    ):
        F.softmax_cross_entropy(x, t)
    assert F.softmax_cross_entropy(x, t, ignore_label=-2).item() == pytest.approx(np.log(3))


def test_labels_are_numbers_of_classes_and_no_shares(xp):
    with pytest.raises(TypeError, match="expected labels as an array of int"):
        F.softmax_cross_entropy(xp.zeros((2, 3)), xp.ones((2, 3)) / 3)


MOVES = {
    "broadcast_to": (
        lambda x: F.broadcast_to(x, (2, 2, 3)),
        lambda x: np.broadcast_to(x, (2, 2, 3)),
    ),
    "reshape": (lambda x: F.reshape(x, (3, 2)), lambda x: x.reshape(3, 2)),
    "transpose": (F.transpose, np.transpose),
    "get_item": (lambda x: x[1:], lambda x: x[1:]),
    "concat": (lambda x: F.concat((x, x)), lambda x: np.concatenate((x, x), axis=1)),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("dtype", [np.int32, np.bool_])
def test_what_only_moves_numbers_takes_whole_ones_and_truth_values(name, dtype):
    move, np_move = MOVES[name]
    x = np.array([[0, 1, 2], [3, 0, 5]]).astype(dtype)
    y = move(Variable(x))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, np_move(x))


def test_concat_turns_whole_numbers_beside_a_variable_into_floats():
    y = F.concat((Variable(np.array([1, 2], np.float32)), np.array([3, 4])), axis=0)
    assert (y.dtype, y.data.tolist()) == (np.float32, [1, 2, 3, 4])


def test_linear_takes_whole_numbers_beside_its_parameters():
    W, b = Variable(np.array([[1, 2, 3]], np.float32)), Variable(np.array([4], np.float32))
    y = F.linear(np.array([[1, 1, 1], [0, 1, 0]]), W, b)
    assert (y.dtype, y.data.tolist()) == (np.float32, [[10], [6]])
    y.sum().backward()
    assert (W.grad.dtype, W.grad.tolist()) == (np.float32, [[1, 2, 1]])


def test_mean_squared_error_of_a_constant_and_a_variable_has_one_gradient(xp):
    x, t = xp.asarray([1.0, 2.0]), Variable(xp.asarray([2.0, 5.0]))
    F.mean_squared_error(x, t).backward()
    assert backend.to_cpu(t.grad).tolist() == [1, 3]


def test_mean_squared_error_takes_whole_numbers_beside_a_variable():
    y = F.mean_squared_error(Variable(np.array([1, 2], np.float32)), np.array([1, 4]))
    assert (y.dtype, y.item()) == (np.float32, 2)


def test_class_weight_may_be_a_variable(xp):
    x, t = xp.asarray([[1.0, 2.0], [3.0, 1.0]]), xp.asarray([0, 1])
    weight = xp.asarray([0.5, 2.0])
    of_array = F.softmax_cross_entropy(x, t, class_weight=weight)
    of_variable = F.softmax_cross_entropy(x, t, class_weight=Variable(weight))
    assert of_array.item() == of_variable.item() > 0


def test_the_only_axis_of_a_vector_can_be_given_as_a_number():
    x = np.array([1.0, 2.0])
    for y in (F.transpose(x, 0), Variable(x).transpose(0)):
        assert y.data.tolist() == [1, 2]


@pytest.mark.parametrize("axis", [(0, 1), 1.0, None])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_the_axis_of_the_classes_is_one_whole_number(name, axis):
    with pytest.raises(TypeError, match=f"^{name}: expected axis as one whole number"):
        getattr(F, name)(np.ones((2, 3)), axis=axis)


@pytest.mark.parametrize("axis", [2, -3])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_the_axis_of_the_classes_is_one_of_the_array(name, axis):
    with pytest.raises(ValueError, match=f"^{name}: expected an axis of shape .* got {axis}"):
        getattr(F, name)(np.ones((2, 3)), axis=axis)


@pytest.mark.parametrize("shape", [(4,), (3, 2), (6,), (2, 2), (3, 1), (1, 2, 3), (2,), (0,)])
def test_sum_to_needs_a_shape_that_stretches_to_that_of_x(shape):
    with pytest.raises(ValueError, match="^sum_to: expected ") as caught:
        F.sum_to(np.ones((2, 3)), shape)
    assert str(shape) in str(caught.value)


def test_softmax_cross_entropy_takes_its_labels_as_a_variable(xp):
    x, t = xp.ones((2, 3)), xp.asarray([0, 2])
    assert F.softmax_cross_entropy(x, Variable(t)).item() == pytest.approx(math.log(3))


def test_accuracy_takes_its_labels_as_a_variable(xp):
    y, t = xp.asarray([[2.0, 1.0], [0.0, 3.0]]), xp.asarray([0, 0])
    assert F.accuracy(y, Variable(t)).item() == 0.5


@pytest.mark.parametrize(
    ("t", "ignore_label", "expected"),
    [
        ([0, 1, 1], None, 2 / 3),
        ([1, 0, 0], None, 1 / 3),
        ([0, 1, -1], -1, 1.0),
        ([5, 5, 5], 5, 0.0),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_accuracy_is_the_share_of_right_predictions(t, ignore_label, expected, dtype, xp):
    y = xp.asarray([[2, 1], [0, 3], [5, 1]], dtype=dtype)
    a = F.accuracy(Variable(y), xp.asarray(t), ignore_label)
    assert (a.shape, a.dtype, type(a.data)) == ((), dtype, xp.ndarray)
    assert a.item() == pytest.approx(expected, rel=1e-3)


def test_the_bounds_of_clip_may_be_numbers_of_numpy(xp):
    x = xp.asarray([0.5, 2.0], dtype=np.float32)
    y = F.clip(x, np.float64(0), np.float64(1))
    assert (y.dtype, y.data.tolist()) == (np.float32, [0.5, 1.0])


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_a_bare_array_of_many_axes_gives_way_to_the_dtype_of_the_parameters(dtype, xp):
    W = Variable(xp.ones((3, 4), dtype=np.float32))
    assert F.linear(xp.ones((2, 2, 2), dtype=dtype), W).dtype == np.float32
    assert F.matmul(W, xp.ones(4, dtype=dtype)).dtype == np.float32
    assert F.matmul(xp.ones(3, dtype=dtype), W).dtype == np.float32


def test_average_pooling_does_not_overflow_in_float16(xp):
    x = xp.full((1, 1, 2, 2), 40000, np.float16)
    y = F.average_pooling_2d(x, 2)
    assert (y.dtype, y.item()) == (np.float16, 40000)


@pytest.mark.parametrize("problem", [MemoryError, FloatingPointError])
def test_what_has_nothing_to_do_with_shapes_is_not_explained_by_shapes(problem, monkeypatch):
    def fail(self, a, b):
        raise problem("something else")

    monkeypatch.setattr(
        type(F.matmul(Variable(np.ones((1, 1))), np.ones((1, 1))).creator), "forward", fail
    )
    with pytest.raises(problem, match="something else"):
        F.matmul(np.ones((2, 2)), np.ones((2, 2)))


def test_accuracy_looks_along_axis_1(xp):
    y = np.random.default_rng(0).normal(size=(2, 3, 4))
    t = y.argmax(axis=1)
    t[0, 0] = (t[0, 0] + 1) % 3
    assert F.accuracy(xp.asarray(y), xp.asarray(t)).item() == 7 / 8


def test_accuracy_gives_no_gradient(xp):
    x = Variable(xp.asarray([[2.0, 1.0]]))
    F.accuracy(x, xp.asarray([0])).backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (F.relu, (0, 3)),
        (F.softmax, (0, 3)),
        (F.log_softmax, (0, 3)),
        (F.sum, (0, 3)),
        (F.mean, (0, 3)),
        (lambda x: F.max(x, axis=1), (0, 3)),
        (lambda x: F.mean_squared_error(x, x), (0, 3)),
        (lambda x: F.matmul(x, x.T), (0, 3)),
        (lambda x: F.matmul(x.T, x), (0, 3)),
        (lambda x: F.concat([x, x], axis=0), (0, 3)),
        (lambda x: F.linear(x, x.xp.ones((2, 3), dtype=x.dtype)), (0, 3)),
        (lambda x: F.softmax_cross_entropy(x, x.xp.zeros((0,), dtype=np.int32)), (0, 3)),
        (lambda x: F.accuracy(x, x.xp.zeros((0,), dtype=np.int32)), (0, 3)),
    ],
)
def test_an_empty_batch_goes_forward_and_back(function, shape, xp):
    x = Variable(xp.zeros(shape, dtype=np.float32))
    y = function(x)
    assert y.dtype == np.float32
    F.sum(y).backward()
    assert x.grad is None or x.grad.shape == shape
    assert np.isfinite(backend.to_cpu(y.data)).all()


def test_a_constant_gets_no_gradient_and_takes_no_time_for_one(xp):
    x, c = Variable(xp.asarray([1.0, 2.0])), xp.asarray([3.0, 4.0])
    y = x * c
    assert [y.creator.needs(i) for i in (0, 1)] == [True, False]
    y.grad = xp.ones(2)
    y.backward()
    assert backend.to_cpu(x.grad).tolist() == [3, 4]


def test_functions_take_bare_arrays(xp):
    y = F.add(xp.asarray([1.0]), xp.asarray([2.0]))
    assert (y.item(), y.requires_grad, y.creator) == (3.0, False, None)


# ---- arrays of two backends ----

MIXED = {
    "add": lambda x, np_x: F.add(x, np_x),
    "add, reflected": lambda x, np_x: np_x + Variable(x),
    "matmul": lambda x, np_x: F.matmul(x, np_x),
    "concat": lambda x, np_x: F.concat([x, np_x]),
    "linear": lambda x, np_x: F.linear(x, np_x),
    "mean_squared_error": lambda x, np_x: F.mean_squared_error(x, np_x),
    "where, value": lambda x, np_x: F.where(x > 0, x, np_x),
    "where, condition": lambda x, np_x: F.where(np_x > 0, x, x),
    "labels": lambda x, np_x: F.softmax_cross_entropy(x, np.array([0, 1])),
    "class_weight": lambda x, np_x: F.softmax_cross_entropy(
        x, x.argmax(axis=1), class_weight=np.ones(2)
    ),
    "labels of accuracy": lambda x, np_x: F.accuracy(x, np.array([0, 1])),
    "index": lambda x, np_x: F.get_item(x, np.array([0, 1])),
    "mask": lambda x, np_x: F.get_item(x, np_x > 0),
    "grad": lambda x, np_x: setattr(Variable(x), "grad", np_x),
}


@pytest.mark.parametrize("name", MIXED)
def test_arrays_of_two_backends_are_told_apart(name, strict):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match=r"backend\.to_cpu or backend\.to_gpu"):
        MIXED[name](strict.asarray(x), x)


def test_accuracy_of_one_row():
    y = np.array([[2.0, 1.0]])
    assert F.accuracy(y, np.array([0])).item() == 1
    assert F.accuracy(y, np.array([1])).item() == 0


LARGE = 70_000  # more than the largest number of float16, 65,504


def test_means_do_not_overflow_in_float16(xp):
    x = Variable(xp.asarray(np.full((LARGE, 1), 3, np.float16)))
    t = xp.zeros((LARGE, 1), np.float16)
    y = F.mean(x)
    y.backward()
    assert (y.item(), y.dtype) == (3.0, np.float16)
    assert abs(x.grad[0].item() * LARGE - 1) < 0.01
    assert F.mean_squared_error(x, t).item() == 9.0


def test_counts_do_not_overflow_in_float16(xp):
    scores = np.zeros((LARGE, 2), np.float16)
    scores[:, 1] = 5
    t = np.ones(LARGE, np.int32)
    assert F.accuracy(xp.asarray(scores), xp.asarray(t)).item() == 1.0
    t[0] = -1  # one row is ignored
    loss = F.softmax_cross_entropy(xp.asarray(scores), xp.asarray(t))
    assert np.isfinite(loss.item())


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
def test_a_label_below_zero_is_read_alike_in_every_dtype(dtype, xp):
    scores = np.zeros((2, 300))
    scores[1, 255] = 5.0  # what -1 would be as an uint8
    x = xp.asarray(scores)
    loss = F.softmax_cross_entropy(x, xp.asarray(np.array([3, -1], dtype)))
    assert abs(loss.item() - np.log(300)) < 1e-12
    wrong = xp.asarray(np.array([3, -106], dtype))
    with using_config("debug", xp is not np), pytest.raises(ValueError, match="got -106"):
        F.softmax_cross_entropy(x, wrong)


@pytest.mark.parametrize("wrong", [-2, 3])
@pytest.mark.parametrize(
    "xp", ["strict", pytest.param("cupy", marks=pytest.mark.gpu)], indirect=True
)
def test_on_a_gpu_a_label_that_is_no_class_makes_the_loss_nan(wrong, xp):
    x = xp.zeros((4, 3), dtype=np.float32)
    t = xp.asarray([0, -1, wrong, 2], dtype=np.int32)
    assert math.isnan(F.softmax_cross_entropy(x, t).item())
    losses = F.softmax_cross_entropy(x, t, reduce="no")
    assert losses.dtype == np.float32
    assert [math.isnan(loss) for loss in losses.data.tolist()] == [False, False, True, False]
    assert losses.data.tolist()[1] == 0  # ignored
    gx = gradient_of(lambda x: F.softmax_cross_entropy(x, t, reduce="no"), x)[0]
    assert [math.isnan(row[0]) for row in gx.tolist()] == [False, False, True, False]


def test_weights_of_a_mean_may_lie_along_any_axis(xp):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    for axis in (0, 1, -1, np.int64(0)):
        y = F.mean(xp.asarray(x), axis, weights=xp.asarray(np.array([1.0, 3.0])))
        assert y.data.tolist() == np.average(x, axis, [1.0, 3.0]).tolist()


# ---- a single number has no axes ----

ALONG_AN_AXIS = {
    name: function
    for name in F.__all__
    if inspect.isfunction(function := getattr(F, name))
    and "axis" in inspect.signature(function).parameters
}


@pytest.mark.parametrize("name", ALONG_AN_AXIS)
@pytest.mark.parametrize("axis", [-2, -1, 0, 1, np.int64(0), (0,), (-1,), (0, 1), "0", 0.0, [0]])
def test_an_axis_of_a_single_number_is_refused(axis, name, xp):
    """Also where NumPy would take axis 0 of it: there are no scores to compare."""
    x = Variable(xp.asarray(3.0))
    more = {
        "concat": [x],
        "batch_normalization": [x, x],
        "fixed_batch_normalization": [x, x, x.data, x.data],
    }
    first = [x] if name == "concat" else x
    with pytest.raises((TypeError, ValueError), match=r"expected .+ got .+\(See chapter \d+\.\)"):
        ALONG_AN_AXIS[name](first, *more.get(name, [])[name == "concat" :], axis=axis)


@pytest.mark.parametrize("function", [F.sum, F.mean, F.max, F.min])
@pytest.mark.parametrize("axis", [None, ()])
def test_no_axis_of_a_single_number_is_that_number(axis, function, xp):
    x = Variable(xp.asarray(3.0))
    y = function(x, axis)
    y.backward()
    assert (y.item(), y.shape, x.grad.item()) == (3, (), 1)
