"""L.Linear: the transcript, first values, lazy initialization, shapes and dtypes."""

import math
import pickle

import numpy as np
import pytest

import tinylinks.links as L
from tinylinks import Variable, backend, gradient_check, initializers, optimizers


def to(xp, link):
    for param in link.params(include_uninit=False):
        param.data = xp.asarray(backend.to_cpu(param.data))
    return link


def values(array):
    return backend.to_cpu(array).tolist()


def test_the_seed_transcript():
    f = L.Linear(3, 2)
    assert f.W.data.shape == (2, 3)
    assert f.W.data.dtype == np.float32
    assert len(np.unique(f.W.data)) == 6  # random
    assert f.b.data.dtype == np.float32
    assert f.b.data.tolist() == [0, 0]
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    y = f(x)
    assert y.data.shape == (2, 2)
    assert y.data.dtype == np.float32
    np.testing.assert_allclose(y.data, x.data @ f.W.data.T + f.b.data, rtol=1e-6)
    f.cleargrads()
    y.grad = np.ones((2, 2), np.float32)
    y.backward()
    assert f.W.grad.tolist() == [[5, 7, 9], [5, 7, 9]]
    assert f.b.grad.tolist() == [2, 2]
    assert f.W.grad.dtype == f.b.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad, np.ones((2, 2)) @ f.W.data, rtol=1e-6)


def test_a_second_backward_of_the_transcript_adds_up():
    f = L.Linear(3, 2)
    x = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    for _ in range(2):
        f(x).sum().backward()
    assert f.W.grad.tolist() == [[10, 14, 18], [10, 14, 18]]


def test_the_gradients_are_the_slopes(xp):
    f = to(xp, L.Linear(3, 2, initialW=np.ones((2, 3)), initial_bias=np.zeros(2)))
    x = xp.asarray(np.random.default_rng(0).normal(size=(4, 3)))
    gy = xp.asarray(np.random.default_rng(1).normal(size=(4, 2)))
    gradient_check.check_backward(f, x, gy, (f.W, f.b))
    ggW = (xp.asarray(np.ones((2, 3))), xp.asarray(np.ones(2)))
    gradient_check.check_double_backward(f, x, gy, x, (f.W, f.b), ggW)


def test_without_bias(xp):
    f = to(xp, L.Linear(3, 2, nobias=True, initialW=1.0))
    assert f.b is None
    assert [name for name, _ in f.namedparams()] == ["/W"]
    y = f(xp.ones((1, 3), dtype=np.float32))
    assert values(y.data) == [[3, 3]]
    y.sum().backward()
    assert values(f.W.grad) == [[1, 1, 1], [1, 1, 1]]


def test_first_values_are_those_of_lecun():
    np.random.seed(0)
    W = L.Linear(400, 500).W.data
    assert W.std() == pytest.approx(1 / math.sqrt(400), rel=0.01)
    assert abs(W.mean()) < 0.001


def test_a_seed_repeats_the_first_values():
    weights = []
    for seed in (3, 3, 4):
        np.random.seed(seed)
        weights.append(L.Linear(3, 2).W.data.tolist())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_first_values_that_are_arrays_keep_their_dtype(dtype, xp):
    W, b = xp.asarray(np.ones((2, 3), dtype)), xp.asarray(np.ones(2, dtype))
    f = L.Linear(3, 2, initialW=W, initial_bias=b)
    assert (f.W.dtype, values(f.W.data), values(f.b.data)) == (dtype, values(W), values(b))
    f.W.data[...] = 1  # the link's own: an optimizer must not change yours
    assert (f.W.data is W, f.b.data is b) == (False, False)
    y = f(xp.asarray(np.ones((1, 3), dtype)))
    assert (values(y.data), y.dtype) == ([[4, 4]], dtype)
    y.sum().backward()
    assert f.W.grad.dtype == f.b.grad.dtype == dtype


def test_first_values_from_numbers_and_initializers_are_float32():
    f = L.Linear(3, 2, initialW=initializers.Constant(0.5), initial_bias=1)
    assert (f.W.dtype, f.b.dtype) == (np.float32, np.float32)
    assert (f.W.data.tolist(), f.b.data.tolist()) == ([[0.5] * 3] * 2, [1, 1])


W, b = np.arange(6.0).reshape(2, 3) - 2, np.array([3.0, 5.0])
FLOATS = [np.float16, np.float32, np.float64, ">f4", ">f8"]


@pytest.mark.parametrize("in_size", [3, None])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_dtype_of_one_first_value_is_that_of_the_other(dtype, in_size, xp):
    """NumPy's random numbers are float64: beside a b of float32 they failed at the first call."""
    native = np.dtype(dtype).newbyteorder("=")
    x = xp.ones((1, 3), dtype=np.float32)
    for first in ({"initialW": W}, {"initial_bias": b}, {"initialW": W, "initial_bias": b}):
        if xp is not np and dtype not in FLOATS[:3]:
            continue
        first = {name: xp.asarray(value.astype(dtype)) for name, value in first.items()}
        f = L.Linear(in_size, 2, **first)
        y = to(xp, f)(x)
        assert (f.W.dtype, f.b.dtype, y.dtype) == (native, native, native)
        expected = backend.to_cpu(f.W.data).sum(axis=1) + backend.to_cpu(f.b.data)
        np.testing.assert_allclose(backend.to_cpu(y.data)[0], expected, rtol=2e-3)
        if "initialW" in first:
            assert values(f.W.data) == W.tolist()
        if "initial_bias" in first:
            assert values(f.b.data) == b.tolist()
        y.sum().backward()
        assert f.W.grad.dtype == f.b.grad.dtype == native


@pytest.mark.parametrize("dtype", [int, np.uint8, bool])
@pytest.mark.parametrize("in_size", [3, None])
def test_first_values_that_are_whole_numbers_become_floats(dtype, in_size, xp):
    """A parameter of whole numbers could not learn. Chainer casts them, too."""
    f = L.Linear(in_size, 2, initialW=xp.asarray(abs(W).astype(dtype)))
    y = to(xp, f)(xp.ones((1, 3), dtype=np.float32))
    assert (f.W.dtype, f.b.dtype) == (np.float32, np.float32)
    assert values(y.data) == [abs(W).astype(dtype).sum(axis=1).tolist()]
    double = L.Linear(3, 2, initialW=abs(W).astype(dtype), initial_bias=b)
    assert (double.W.dtype, double.b.dtype) == (np.float64, np.float64)


def test_an_initializer_with_a_dtype_gives_it_to_both():
    for size in (3, None):
        f = L.Linear(size, 2, initialW=initializers.HeNormal(dtype=np.float64))
        assert f(np.ones((1, 3), np.float32)).dtype == f.b.dtype == f.W.dtype == np.float64
        f = L.Linear(size, 2, initial_bias=initializers.One(np.float16))
        assert f(np.ones((1, 3), np.float32)).dtype == f.b.dtype == f.W.dtype == np.float16


@pytest.mark.parametrize("link", [L.Linear, L.Convolution2D, L.Deconvolution2D])
def test_first_values_of_two_dtypes_are_refused_where_they_are_given(link):
    size = (3, 2) if link is L.Linear else (3, 2, 1)
    with pytest.raises(TypeError, match=f"{link.__name__}: expected first values of one dtype"):
        link(*size, initialW=W, initial_bias=b.astype(np.float32))
    assert link(*size, nobias=True, initial_bias=b).W.dtype == np.float32


@pytest.mark.parametrize("wrong", [W.tolist(), Variable(W), np.ma.array(W), "zeros", True, list])
@pytest.mark.parametrize("size", [(3, 2), (None, 2)])
def test_what_is_no_first_value_is_refused_where_it_is_given(wrong, size):
    for name in ("initialW", "initial_bias"):
        with pytest.raises(TypeError, match="Parameter: expected an array, a number or an init"):
            L.Linear(*size, **{name: wrong})


@pytest.mark.parametrize("kind", [complex, str, object])
def test_first_values_that_are_no_numbers_are_refused(kind):
    with pytest.raises(TypeError, match="expected a NumPy or CuPy array of numbers"):
        L.Linear(3, 2, initialW=W.astype(kind))
    with pytest.raises(TypeError, match="expected a NumPy or CuPy array of numbers"):
        L.Linear(3, 2, initialW=W.astype(kind), initial_bias=b)


def test_a_file_that_is_shown_as_an_array_gives_first_values(tmp_path):
    np.save(tmp_path / "W.npy", W.astype(np.float32))
    file = np.load(tmp_path / "W.npy", mmap_mode="r")
    for f in (L.Linear(3, 2, initialW=file), L.Linear(None, 2, initialW=file)):
        f(np.ones((1, 3), np.float32))
        assert (type(f.W.data), f.W.dtype) == (np.ndarray, np.float32)
        f.W.data += 1  # not the file
        assert file.tolist() == W.tolist()


def test_what_waits_keeps_its_dtype_in_copies_and_when_it_is_loaded():
    lazy = L.Linear(None, 2, initial_bias=b)
    for f in (lazy.copy("copy"), lazy.copy("init"), pickle.loads(pickle.dumps(lazy))):
        f(np.ones((1, 3), np.float32))
        assert (f.W.dtype, f.copy("init").W.dtype) == (np.float64, np.float64)
    lazy.copyparams(L.Linear(3, 2))
    assert (lazy.W.dtype, lazy.b.dtype) == (np.float64, np.float64)


@pytest.mark.parametrize("make", [lambda: L.Linear(2), lambda: L.Linear(None, 2)])
def test_one_size_is_the_output_size_and_W_comes_with_the_first_batch(make, xp):
    f = to(xp, make())
    assert not hasattr(f, "W")
    with pytest.raises(AttributeError, match="first mini-batch"):
        f.W.data  # noqa: B018
    assert repr(f) == "Linear(in_size=None, out_size=2, nobias=False)"
    assert (f.in_size, f.out_size) == (None, 2)
    y = f(xp.ones((4, 3), dtype=np.float32))
    assert (y.shape, y.dtype) == ((4, 2), np.float32)
    assert (f.W.shape, f.W.dtype, type(f.W.data)) == ((2, 3), np.float32, xp.ndarray)
    assert f.in_size == 3
    assert repr(f) == "Linear(in_size=3, out_size=2, nobias=False)"
    y.sum().backward()
    assert values(f.W.grad) == [[4] * 3] * 2
    W = f.W
    f(xp.ones((1, 3), dtype=np.float32))
    assert f.W is W


def test_a_lazy_W_keeps_its_place_before_b():
    f = L.Linear(2)
    assert [name for name, _ in f.namedparams()] == ["/b"]
    f(np.ones((4, 3), np.float32))
    assert [name for name, _ in f.namedparams()] == ["/W", "/b"]
    assert f.W.name == "W"


def test_a_lazy_W_is_the_one_a_seed_gives_a_known_size():
    np.random.seed(0)
    known = L.Linear(3, 2).W.data
    np.random.seed(0)
    lazy = L.Linear(2)
    lazy(np.ones((1, 3), np.float32))
    assert lazy.W.data.tolist() == known.tolist()


def test_a_batch_that_is_refused_leaves_a_lazy_link_as_it_was():
    f = L.Linear(2)
    for wrong in (np.ones((4, 3), np.float64), np.ones(3, np.float32), np.ones((4, 0), np.float32)):
        with pytest.raises((TypeError, ValueError)):
            f(Variable(wrong))
        assert (hasattr(f, "W"), f.in_size) == (False, None)
    assert f(np.ones((4, 5), np.float32)).shape == (4, 2)


def test_a_lazy_link_takes_an_array_of_the_right_shape():
    f = L.Linear(None, 2, initialW=np.ones((2, 3)), initial_bias=np.zeros(2))
    assert f(np.ones((1, 3))).data.tolist() == [[3, 3]]
    assert f.W.dtype == np.float64


def test_an_optimizer_updates_a_W_that_came_later():
    f = L.Linear(None, 1, nobias=True, initialW=1.0)
    optimizer = optimizers.SGD(lr=0.5).setup(f)
    f(np.ones((1, 2), np.float32)).backward()
    optimizer.update()
    assert f.W.data.tolist() == [[0.5, 0.5]]


def test_more_axes_are_taken_as_one(xp):
    f = to(xp, L.Linear(6, 2, initialW=1.0))
    assert f(xp.ones((4, 2, 3), dtype=np.float32)).shape == (4, 2)
    lazy = to(xp, L.Linear(2))
    lazy(xp.ones((4, 2, 3), dtype=np.float32))
    assert lazy.W.shape == (2, 6)


def test_n_batch_axes_keeps_axes_in_front(xp):
    f = to(xp, L.Linear(3, 2, initialW=1.0))
    x = Variable(xp.ones((5, 4, 3), dtype=np.float32))
    y = f(x, n_batch_axes=2)
    assert y.shape == (5, 4, 2)
    y.sum().backward()
    assert (values(f.b.grad), x.grad.shape) == ([20, 20], (5, 4, 3))
    lazy = to(xp, L.Linear(2))
    assert lazy(x, n_batch_axes=2).shape == (5, 4, 2)
    assert lazy.W.shape == (2, 3)


def test_an_empty_batch_gives_zero_gradients(xp):
    f = to(xp, L.Linear(3, 2))
    y = f(xp.zeros((0, 3), dtype=np.float32))
    assert y.shape == (0, 2)
    y.sum().backward()
    assert values(f.W.grad) == [[0] * 3] * 2
    assert values(f.b.grad) == [0, 0]
