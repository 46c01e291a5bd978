"""Arrays of every kind, at every door of the library.

For each public function and link, each of its inputs in turn is given in every form that an array
may have. Where nothing is lost, the result is that of the plain array. Everything else is refused
in a sentence. The same is done with parameters that wait for their shape.
"""

import re
import warnings

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Function,
    Parameter,
    Sequential,
    Variable,
    backend,
    config,
    datasets,
    grad,
    gradient_check,
    optimizers,
    using_config,
)

SENTENCE = re.compile(r"[^:]+: expected .+, got .+\. .+ \(See chapter \d+\.\)")


def uniform(*shape):
    """Return positive numbers, the same ones for the same shape."""
    return np.random.RandomState(sum(shape)).uniform(0.5, 1.5, shape)


# ---- the doors: a name -> what is called, and plain arrays for it ----

X, LABELS, IMAGES = uniform(2, 3), np.array([0, 2]), uniform(2, 2, 4, 4)
W, FILTERS = uniform(4, 3), uniform(3, 2, 2, 2)


def mini_batches(x, t):
    """Return the loss of all examples, gone through one by one."""
    batches = datasets.MiniBatches(x, t, batch_size=1, shuffle=False)
    return F.add(*[F.softmax_cross_entropy(*batch) for batch in batches])


def gradient_of_double(gy):
    x = Variable(X)
    return grad([x * 2], [x], [gy])[0]


def assigned(name):
    """Return a function that assigns to an attribute of a Variable, and reads it."""

    def call(array):
        x = Variable(X[::-1].copy())
        setattr(x, name, array)
        return getattr(x, name)

    return call


def normalize(*size, **options):
    """Return a function that calls a BatchNormalization with first values of its own."""

    def call(x, gamma, beta, mean, var):
        first = {"initial_gamma": gamma, "initial_beta": beta}
        averages = {"initial_avg_mean": mean, "initial_avg_var": var}
        return L.BatchNormalization(*size, **first, **averages, **options)(x)

    return call


def link(kind, *sizes):
    """Return a function that calls a link with first values of its own."""
    return lambda x, W, b: kind(*sizes, initialW=W, initial_bias=b)(x)


ONE = (  # what takes one array
    "absolute cos dropout exp leaky_relu log log_softmax max mean min neg relu sigmoid sin softmax "
    "sqrt square sum tanh transpose"
)
TWO = "add div maximum mean_squared_error minimum mul pow sub"
COLUMNS = [uniform(3)] * 4

FUNCTIONS = {
    **{name: (getattr(F, name), X) for name in ONE.split()},
    **{name: (getattr(F, name), X, X[::-1]) for name in TWO.split()},
    "add of three": (F.add, X, X, X),
    "average_pooling_2d": (lambda x: F.average_pooling_2d(x, 2), IMAGES),
    "max_pooling_2d": (lambda x: F.max_pooling_2d(x, 2), IMAGES),
    "broadcast_to": (lambda x: F.broadcast_to(x, (2, 2, 3)), X),
    "sum_to": (lambda x: F.sum_to(x, (1, 3)), X),
    "reshape": (lambda x: F.reshape(x, (3, 2)), X),
    "clip": (lambda x: F.clip(x, 0.7, 1.2), X),
    "concat": (lambda x, y: F.concat([x, y]), X, uniform(2, 2)),
    "matmul": (F.matmul, X, uniform(3, 2)),
    "matmul transposed": (lambda a, b: F.matmul(a, b, True), X, X),
    "linear": (F.linear, X, W, uniform(4)),
    "linear of more axes": (F.linear, uniform(2, 3, 2), uniform(4, 6), uniform(4)),
    "where": (F.where, X > 1, X, -X),
    "where number": (lambda condition, x: F.where(condition, 0, x), X > 1, X),
    "get_item": (F.get_item, X, np.array([0, 1, 1])),
    "get_item in a tuple": (lambda x, i: F.get_item(x, (0, i)), X, np.array([0, 1, 1])),
    "get_item with a mask": (F.get_item, X, X > 1),
    "mean with weights": (lambda x, w: F.mean(x, weights=w), X, X[::-1]),
    "mean with weights for an axis": (lambda x, w: F.mean(x, 1, w), X, uniform(3)),
    "softmax_cross_entropy": (F.softmax_cross_entropy, X, LABELS),
    "softmax_cross_entropy of more axes": (
        F.softmax_cross_entropy,
        *(uniform(2, 3, 2), np.array([[0, 1], [2, 2]])),
    ),
    "softmax_cross_entropy with class_weight": (
        lambda x, t, w: F.softmax_cross_entropy(x, t, class_weight=w),
        *(X, LABELS, uniform(3)),
    ),
    "accuracy": (F.accuracy, X, LABELS),
    "dropout with a mask": (lambda x, mask: F.dropout(x, mask=mask), X, X[::-1]),
    "batch_normalization": (F.batch_normalization, uniform(4, 3), *COLUMNS[:2]),
    "fixed_batch_normalization": (F.fixed_batch_normalization, uniform(4, 3), *COLUMNS),
    "convolution_2d": (F.convolution_2d, IMAGES, FILTERS, uniform(3)),
    "deconvolution_2d": (F.deconvolution_2d, IMAGES, uniform(2, 3, 2, 2), uniform(3)),
}
OTHERS = {
    "Linear": (link(L.Linear, 3, 4), X, W, uniform(4)),
    "Linear that waits": (link(L.Linear, 4), X, W, uniform(4)),
    "Convolution2D": (link(L.Convolution2D, 2, 3, 2), IMAGES, FILTERS, uniform(3)),
    "Convolution2D that waits": (link(L.Convolution2D, 3, 2), IMAGES, FILTERS, uniform(3)),
    "Deconvolution2D": (link(L.Deconvolution2D, 2, 3, 2), IMAGES, uniform(2, 3, 2, 2), uniform(3)),
    "BatchNormalization": (normalize(3), uniform(4, 3), *COLUMNS),
    "BatchNormalization that waits": (normalize(axis=0), uniform(4, 3), *COLUMNS),
    "x + y": (lambda x, y: Variable(x) + y, X, X),
    "y - x": (lambda x, y: y - Variable(x), X, X),
    "x * y": (lambda x, y: Variable(x) * y, X, X),
    "y / x": (lambda x, y: y / Variable(x), X, X),
    "x ** y": (lambda x, y: Variable(x) ** y, X, X),
    "x @ y": (lambda x, y: Variable(x) @ y, X, uniform(3, 2)),
    "x[i]": (lambda x, i: Variable(x)[i], X, np.array([0, 1, 1])),
    "Variable": (Variable, X),
    "Parameter": (Parameter, X),
    "Variable(grad=)": (lambda g: Variable(X, grad=g).grad, X),
    "x.data =": (assigned("data"), X),
    "x.grad =": (assigned("grad"), X),
    "grad(grad_outputs=)": (gradient_of_double, X),
    "MiniBatches": (mini_batches, X, LABELS),
}
DOORS = FUNCTIONS | OTHERS


def places(name):
    """Return the positions of the inputs of a door."""
    return range(len(DOORS[name]) - 1)


def test_every_function_and_link_is_a_door():
    names = {name.split()[0] for name in DOORS}
    assert {*F.__all__, *L.__all__} - names == {"Axis"}


# ---- what is put in ----


class DType:
    """As torch.float32, which has no kind."""

    def __str__(self):
        return "torch.float32"


class Tensor:
    """Stands for an array of PyTorch. Its shape is right, and little else is."""

    dtype, requires_grad = DType(), False

    def __init__(self, array):
        self.array, self.shape, self.ndim = array, array.shape, array.ndim

    def __len__(self):
        return len(self.array)

    def detach(self):
        return self

    def __array__(self, *args, **kwargs):
        return self.array


class DataFrame:
    """Stands for a table of pandas, which has no dtype, but a `_data`."""

    def __init__(self, array):
        self._data, self.shape, self.ndim, self.size = array, array.shape, array.ndim, array.size

    def __len__(self):
        return len(self._data)

    def to_numpy(self):
        return self._data

    def __array__(self, *args, **kwargs):
        return self._data


class Series(DataFrame):
    """Stands for a column of pandas. It has a dtype of NumPy, and much that an array has."""

    dtype = property(lambda self: self._data.dtype)

    def __getitem__(self, index):
        return self._data[index]

    def reshape(self, *shape):
        return Series(self._data.reshape(*shape))


class Sparse:
    """Stands for a sparse matrix of SciPy."""

    def __init__(self, array):
        self.shape, self.ndim, self.dtype, self.size = array.shape, array.ndim, array.dtype, 3

    def toarray(self):
        raise AssertionError("not unasked")


class Standard:
    """Stands for an array of any library that follows the array API standard."""

    def __init__(self, array):
        self.shape, self.ndim, self.dtype, self.size = array.shape, array.ndim, "float", 3

    def __array_namespace__(self):
        raise AssertionError("not unasked")


class Stub:
    """Has what a library looks at first, and nothing else."""

    dtype = DType()

    def __init__(self, array):
        self.shape, self.ndim = array.shape, array.ndim


class Subclass(np.ndarray):
    """Somebody's arrays with units, perhaps."""


def read_only(array):
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def strided(array):
    wide = np.zeros([2 * n for n in array.shape], array.dtype)
    view = wide[(..., *[slice(None, None, 2)] * array.ndim)]
    view[...] = array
    return view


def masked(array):
    return np.ma.masked_array(array, np.arange(array.size).reshape(array.shape) == 0)


@pytest.fixture(scope="module")
def in_a_file(tmp_path_factory):
    """Return a function that puts an array into a file, and maps the file to memory."""
    folder = tmp_path_factory.mktemp("arrays")

    def make(array):
        path = folder / f"{len(list(folder.iterdir()))}.npy"
        np.save(path, array)
        return np.load(path, mmap_mode="r")

    return make


TAKEN = {  # nothing is lost
    "memmap": None,
    "read-only": read_only,
    "other bytes": lambda array: array.astype(array.dtype.newbyteorder()),
    "strided": strided,
    "Fortran's order": lambda array: array.copy(order="F"),
}
REFUSED = {
    "masked": masked,
    "mask of nothing": np.ma.masked_array,
    "subclass": lambda array: array.view(Subclass),
    "recarray": lambda array: array.view(np.recarray),
    "structured": lambda array: np.zeros(array.shape, [("a", "f4")]),
    "text": lambda array: array.astype(str),
    "objects": lambda array: array.astype(object),
    "complex": lambda array: array.astype(complex),
    "long double": lambda array: array.astype(np.longdouble),
    "times": lambda array: array.astype(int).astype("M8[s]"),
    "torch": Tensor,
    "column": Series,
    "table": DataFrame,
    "sparse": Sparse,
    "standard": Standard,
    "stub": Stub,
    "flat stub": lambda array: Stub(array.ravel()),
    "generator": lambda array: (row for row in array),
    "set": lambda array: {1, 2},
    "dict": lambda array: {"x": array},
    "a str": lambda array: "x",
}
LISTS = {"list": np.ndarray.tolist, "tuple": lambda array: tuple(array.tolist())}

# A list is fine as an index.
FINE = {("x[i]", 1), ("get_item", 1), ("get_item in a tuple", 1), ("get_item with a mask", 1)}


def call(name, i, make):
    """Call a door with its input i in another form; return the result's array."""
    function, *arrays = DOORS[name]
    arrays[i] = make(arrays[i])
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "the matrix subclass")
        y = function(*arrays)
    return getattr(y, "_data", y)


def refusal(name, i, make):
    """Return the sentence that answers a form of input i; demand that it is one."""
    try:
        call(name, i, make)
    except (TypeError, ValueError, IndexError) as error:
        assert SENTENCE.fullmatch(str(error)), f"{name}, input {i}: {error!r}"
        return str(error)
    raise AssertionError(f"{name} takes it as input {i}")


@pytest.mark.parametrize("name", DOORS)
def test_what_loses_nothing_counts_as_a_plain_array(name, in_a_file):
    expected = call(name, 0, np.copy)
    for i in places(name):
        for kind, make in TAKEN.items():
            y = call(name, i, make or in_a_file)
            assert type(y) is np.ndarray, (i, kind)
            assert y.dtype == expected.dtype and y.dtype.isnative, (i, kind)
            np.testing.assert_allclose(y, expected, rtol=1e-12, err_msg=f"input {i}, {kind}")


NAMES = {  # what a sentence must say: the name of the type, and what to write
    "masked": ("MaskedArray", "x.filled("),
    "subclass": ("Subclass", "np.array(x)"),
    "recarray": ("recarray", "np.array(x)"),
    "torch": ("a torch.float32 Tensor", "x.detach().cpu().numpy()"),
    "column": ("Series", "x.to_numpy()"),
    "table": ("a DataFrame", "x.to_numpy()"),
    "sparse": ("Sparse", "x.toarray()"),
    "standard": ("Standard", "np.array(x)"),
    "stub": ("Stub", "np.array(x)"),
}


@pytest.mark.parametrize("kind", REFUSED | LISTS)
def test_everything_else_is_refused_in_a_sentence(kind):
    for name in DOORS:
        for i in places(name):
            if kind in LISTS and (name, i) in FINE:
                continue
            if name.startswith("BatchNorm") and i > 1 and kind == "long double":
                continue  # it gets the dtype of gamma
            sentence = refusal(name, i, (REFUSED | LISTS)[kind])
            assert "from numpy, got one from numpy" not in sentence
            for words in NAMES.get(kind, ()):  # the type, and what to write
                assert words in sentence, (name, i)


def test_a_matrix_is_refused():
    for name, (_, *arrays) in DOORS.items():
        for i, array in enumerate(arrays):
            # A matrix has two axes. On the left, it computes by itself.
            if array.ndim == 2 and not name.startswith("y "):
                sentence = refusal(name, i, lambda a: a.view(np.matrix))
                assert "matrix" in sentence and "np.array(x)" in sentence, (name, i)


# ---- gradients ----


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_plain_arrays(name, in_a_file):
    function, *arrays = FUNCTIONS[name]

    def gradients(make):
        xs = [Variable(make(a)) if a.dtype == float else make(a) for a in arrays]
        np.random.seed(0)
        y = function(*xs)
        y.grad = make(np.asarray(np.random.RandomState(1).uniform(1, 2, y.shape)))
        if y.creator is not None:
            y.backward()
        return [x.grad for x in xs if isinstance(x, Variable)]

    expected = gradients(np.copy)
    for kind, make in TAKEN.items():
        for gx, plain in zip(gradients(make or in_a_file), expected, strict=True):
            assert type(gx) is type(plain), kind
            if gx is not None:
                assert gx.dtype is plain.dtype, kind
                np.testing.assert_allclose(gx, plain, rtol=1e-12, err_msg=kind)


BIG = [">f2", ">f4", ">f8", "<f2", "<f4", "<f8"]


@pytest.mark.parametrize("dtype", BIG)
def test_numbers_in_any_order_of_bytes_are_learnt_from(dtype):
    def train(dtype):
        W, x = uniform(1, 3).astype(dtype), uniform(8, 3).astype(dtype)
        model = Sequential(L.Linear(3, 1, initialW=W, initial_bias=np.zeros(1, dtype)), F.tanh)
        optimizer = optimizers.MomentumSGD(lr=0.1).setup(model)
        for _ in range(5):
            optimizer.update(lambda: F.mean_squared_error(model(x), np.ones((8, 1), dtype)))
        return model[0].W

    W, expected = train(dtype), train(np.dtype(dtype).newbyteorder("="))
    assert W.dtype.isnative and W.dtype == expected.dtype
    assert W.data.tolist() == expected.data.tolist()
    assert W.grad.tolist() == expected.grad.tolist()


def test_a_mapped_file_is_not_read_before_its_rows_are_needed(in_a_file):
    x = in_a_file(uniform(6, 3))
    batches = datasets.MiniBatches(x, batch_size=2, shuffle=False)
    assert type(batches.arrays[0]) is np.memmap
    assert [type(x_batch) for (x_batch,) in batches] == [np.ndarray] * 3
    (train,), (test,) = datasets.split((x,), 0.5, seed=0)
    assert len(train) == len(test) == 3


def test_a_variable_shows_the_changes_of_a_mapped_file(tmp_path):
    array = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", float, (2,))
    x = Variable(array)
    array[0] = 5
    assert type(x.data) is np.ndarray and x.data.tolist() == [5, 0]
    x.data[1] = 7
    assert array.tolist() == [5, 7]


def test_labels_of_every_dtype_of_whole_numbers_count_alike():
    for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", ">i2", ">i4", ">i8", ">u4"):
        loss = F.softmax_cross_entropy(X, LABELS.astype(dtype))
        assert loss.item() == F.softmax_cross_entropy(X, LABELS).item()


@pytest.mark.parametrize("move", [backend.to_cpu, backend.get_array_module])
def test_the_backend_knows_arrays_in_files(move, in_a_file):
    moved = move(in_a_file(X))
    assert moved is np or (type(moved) is np.ndarray and moved.tolist() == X.tolist())


def test_bare_takes_the_array_of_a_variable_and_of_nothing_else():
    x, array = Variable(X), masked(X)
    assert backend.bare(x) is X and backend.bare(X) is X
    assert backend.bare(array) is array  # its `_data` would have no mask
    table = DataFrame(X)
    assert backend.bare(table) is table
    assert backend.bare(3) == 3


@pytest.mark.parametrize(
    "check",
    [
        lambda x: gradient_check.check_backward(F.exp, x),
        lambda x: gradient_check.check_backward(F.exp, X, x),
        lambda x: gradient_check.numerical_grad(lambda: [X], [x], [X]),
        lambda x: datasets.split((x,), 0.5),
        lambda x: datasets.MiniBatches(X, x, batch_size=1),
        backend.to_cpu,
        backend.to_gpu,
    ],
)
@pytest.mark.parametrize("kind", ["masked", "subclass", "torch", "column", "table", "standard"])
def test_what_computes_without_a_function_refuses_them_too(check, kind):
    with pytest.raises(TypeError) as caught:
        check(REFUSED[kind](X))
    assert SENTENCE.fullmatch(str(caught.value))
    for words in NAMES[kind]:
        assert words in str(caught.value)


@pytest.mark.parametrize("kind", TAKEN)
def test_gradients_are_checked_at_arrays_in_every_form(kind, in_a_file):
    make = TAKEN[kind] or in_a_file
    gradient_check.check_backward(F.exp, make(X), make(X))
    gradient_check.check_double_backward(F.exp, make(X), make(X), make(X))


@pytest.mark.parametrize("number", [np.float16(2), np.float32(2), np.longdouble(2), np.int8(2), 2])
def test_a_number_of_numpy_counts_as_one_of_python(number):
    y = Variable(X.astype(np.float32)) * number
    assert y.dtype == np.float32
    assert y.data.tolist() == (X.astype(np.float32) * 2).tolist()


@pytest.mark.parametrize("number", [2j, np.complex64(2), np.timedelta64(2), True, "2"])
def test_a_number_that_is_not_real_is_refused(number):
    with pytest.raises(TypeError, match=r"mul: expected Variables, arrays or numbers, got .+\. "):
        Variable(X) * number


# ---- parameters that wait for their shape ----


@pytest.mark.filterwarnings("ignore:BatchNormalization._averages")
@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_parameter_that_waits_is_refused_in_a_sentence(all_of_them):
    for name, (function, *arrays) in DOORS.items():
        for i in places(name):
            p = Parameter(0.5)
            inputs = [p if all_of_them or k == i else array for k, array in enumerate(arrays)]
            with pytest.raises((TypeError, RuntimeError, ValueError)) as caught:
                function(*inputs)
            sentence = str(caught.value)
            assert SENTENCE.fullmatch(sentence), (name, i, sentence)
            assert "Parameter" in sentence or "grad_outputs" in name, (name, i, sentence)


USES = {
    "p + p": lambda p: p + p,
    "p - p": lambda p: p - p,
    "p * p": lambda p: p * p,
    "p / p": lambda p: p / p,
    "p ** p": lambda p: p**p,
    "p @ p": lambda p: p @ p,
    "2 * p": lambda p: 2 * p,
    "p ** 2": lambda p: p**2,
    "x + p": lambda p: Variable(X) + p,
    "p + array": lambda p: p + X,
    "array - p": lambda p: X - p,
    "-p": lambda p: -p,
    "abs": abs,
    "len": len,
    "iter": list,
    "float": float,
    "p[0]": lambda p: p[0],
    "x[p]": lambda p: Variable(X)[p],
    "item": lambda p: p.item(),
    "sum": lambda p: p.sum(),
    "mean": lambda p: p.mean(axis=0),
    "max": lambda p: p.max(),
    "min": lambda p: p.min(),
    "reshape": lambda p: p.reshape(2, 2),
    "transpose": lambda p: p.transpose(1, 0),
    "T": lambda p: p.T,
    "shape": lambda p: p.shape,
    "ndim": lambda p: p.ndim,
    "size": lambda p: p.size,
    "dtype": lambda p: p.dtype,
    "backward": lambda p: p.backward(),
    "grad": lambda p: setattr(p, "grad", X),
    "to_cpu": lambda p: p.to_cpu(),
    "add of three": lambda p: F.add(X, X, p),
    "concat": lambda p: F.concat([p, p]),
    "Linear": lambda p: L.Linear(2)(p),
    "ready Linear": lambda p: L.Linear(3, 2)(p),
    "Convolution2D": lambda p: L.Convolution2D(2, 3)(p),
    "ready Convolution2D": lambda p: L.Convolution2D(2, 2, 3)(p),
    "Deconvolution2D": lambda p: L.Deconvolution2D(2, 3)(p),
    "BatchNormalization": lambda p: L.BatchNormalization(3)(p),
    "waiting BatchNormalization": lambda p: L.BatchNormalization(axis=0)(p),
    "Sequential": lambda p: Sequential(L.Linear(2), F.relu)(p),
    "grad()": lambda p: grad([p], [p]),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("train", [True, False])
def test_whatever_is_done_with_a_parameter_that_waits_is_answered_in_a_sentence(use, train):
    with using_config("train", train), pytest.raises(Exception) as caught:
        USES[use](Parameter(0.5))
    assert SENTENCE.fullmatch(str(caught.value)), caught.value
    assert "Parameter" in str(caught.value)


def test_a_function_of_ones_own_is_given_plain_arrays(in_a_file):
    seen = []

    class Look(Function):
        def forward(self, *xs):
            seen.extend(xs)
            return xs[0] * 1

        def backward(self, gy):
            return (gy,) + (None,) * (len(self.inputs) - 1)

    assert config.debug is False
    makers = [in_a_file, *filter(None, TAKEN.values())]
    Look().apply(*[make(X) for make in makers], *[Variable(make(X)) for make in makers])
    assert {type(x) for x in seen} == {np.ndarray}
    assert {x.dtype for x in seen} == {np.dtype(float)}
