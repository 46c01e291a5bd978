"""The backend seam, and the strict stand-in for CuPy that the tests use."""

import types

import numpy as np
import pytest
import strict_xp

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Chain, Variable, backend, optimizer_hooks, optimizers, using_config


@pytest.fixture
def fake_cupy(monkeypatch, strict):
    """A module `cupy` whose GPU works: the stand-in, under CuPy's name."""
    cupy = types.ModuleType("cupy")
    for name, value in vars(strict).items():
        if not name.startswith("_"):
            setattr(cupy, name, value)
    cupy.cuda = types.SimpleNamespace(is_available=lambda: True)
    monkeypatch.setitem(__import__("sys").modules, "cupy", cupy)
    monkeypatch.setattr(strict.ndarray, "__module__", "cupy")
    monkeypatch.setattr(backend, "_modules", {np.ndarray: np})
    return cupy


def test_the_module_fits_the_array(xp):
    x = xp.asarray([1.0])
    assert backend.get_array_module(x) is xp
    assert backend.get_array_module(Variable(x)) is xp
    assert backend.is_array_type(type(x))


@pytest.mark.parametrize("x", [1, 1.0, True, np.float32(1), np.int64(1)])
def test_numbers_belong_to_numpy(x):
    assert backend.get_array_module(x) is np


def test_bare_opens_a_variable_and_nothing_else(xp):
    x = xp.asarray([1.0])
    assert backend.bare(Variable(x)) is x
    assert backend.bare(x) is x
    assert backend.bare(2.0) == 2.0


def test_to_cpu_gives_numpy_and_keeps_a_numpy_array(xp):
    x = xp.asarray([1.0, 2.0])
    assert type(backend.to_cpu(x)) is np.ndarray
    assert backend.to_cpu(x).tolist() == [1, 2]
    a = np.ones(2)
    assert backend.to_cpu(a) is a


@pytest.mark.parametrize("x", [1.0, [1.0], None, Variable(np.ones(1))])
@pytest.mark.parametrize("move", [backend.to_cpu, backend.to_gpu])
def test_only_arrays_are_moved(move, x):
    with pytest.raises(TypeError, match="expected a NumPy or CuPy array"):
        move(x)


def test_subclasses_of_arrays_are_not_arrays():
    assert not backend.is_array_type(np.matrix)
    assert not backend.is_array_type(np.ma.MaskedArray)


def test_without_cupy_there_is_no_gpu(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)  # the import fails
    assert backend.has_gpu() is False
    with pytest.raises(RuntimeError, match="CuPy and a working GPU"):
        backend.to_gpu(np.ones(1))


@pytest.mark.parametrize("problem", ["no driver", "the first array raises", "a wrong sum"])
def test_a_gpu_that_does_not_work_is_none(problem, fake_cupy, monkeypatch):
    def fail(*args):
        raise OSError(problem)

    if problem == "no driver":
        monkeypatch.setattr(fake_cupy.cuda, "is_available", lambda: False)
    elif problem == "the first array raises":
        monkeypatch.setattr(fake_cupy, "ones", fail)
    else:
        monkeypatch.setattr(fake_cupy, "ones", lambda n: fake_cupy.asarray([2.0]))
    assert backend.has_gpu() is False


def test_cupy_is_known_from_its_first_array_on(fake_cupy):
    assert backend.has_gpu() is True
    x = fake_cupy.asarray([1.0, 2.0])
    assert backend.get_array_module(x) is fake_cupy
    assert backend.to_cpu(x).tolist() == [1, 2]
    (Variable(x) * 2).sum().backward()


def test_to_gpu_gives_cupys_arrays(fake_cupy):
    x = backend.to_gpu(np.ones(2, np.float32))
    assert (type(x), x.dtype) == (fake_cupy.ndarray, np.float32)
    assert backend.to_gpu(x) is x


def test_variables_and_links_move_to_the_gpu_and_back(fake_cupy):
    x = Variable(np.array([[1.0, 2.0]], np.float32), grad=np.ones((1, 2), np.float32))
    x.to_gpu()
    assert type(x.data) is type(x.grad) is fake_cupy.ndarray
    f = L.Linear(2, 3)
    assert f.to_gpu() is f
    optimizer = optimizers.SGD().setup(f)
    optimizer.update(lambda: f(x).sum())
    assert {type(p.data) for p in f.params()} == {fake_cupy.ndarray}
    assert f.to_cpu() is f
    x.to_cpu()
    assert f(x).xp is np


def test_a_gradient_that_arrives_where_the_data_has_left_is_refused(fake_cupy):
    x = Variable(np.array([1.0, 2.0]))
    y = (x * x).sum()
    x.to_gpu()
    with pytest.raises(
        TypeError, match=r"grad: expected a \w+ array like the data, got one of numpy"
    ):
        y.backward()
    assert x.grad is None


def test_a_lazy_link_on_the_gpu_makes_its_W_there(fake_cupy):
    f = L.Linear(3).to_gpu()
    f(backend.to_gpu(np.ones((1, 2), np.float32)))
    assert type(f.W.data) is fake_cupy.ndarray


def test_debug_mode_works_on_the_backend(xp):
    x = Variable(xp.asarray([1.0, 2.0]))
    with using_config("debug", True):
        y = F.log(x).sum()
        y.backward()
        with pytest.raises(FloatingPointError, match="log"), np.errstate(all="ignore"):
            F.log(x * 0)
    assert backend.to_cpu(x.grad).tolist() == [1, 0.5]


class Net(Chain):
    """A little of every link and of what networks do between them."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(1, 2, 3)
            self.norm = L.BatchNormalization(2)
            self.deconv = L.Deconvolution2D(2, 2, 2)
            self.l1 = L.Linear(None, 3)

    def forward(self, x):
        h = F.max_pooling_2d(F.relu(self.norm(self.conv(x))), 2)
        h = F.average_pooling_2d(F.dropout(self.deconv(h)), 2)
        return self.l1(h)


@pytest.mark.parametrize("name", ["SGD", "MomentumSGD", "RMSprop", "Adam", "AdamW"])
def test_a_training_step_looks_at_no_number_of_the_gpu(name, fake_cupy, monkeypatch):
    """Whoever looks waits until the GPU is done with all that it was given."""
    model = Net().to_gpu()
    optimizer = getattr(optimizers, name)().setup(model)
    optimizer.add_hook(optimizer_hooks.WeightDecay(0.01))
    rng = np.random.default_rng(0)
    x = backend.to_gpu(rng.normal(size=(4, 1, 6, 6)).astype(np.float32))
    t = backend.to_gpu(np.array([0, 1, 2, -1], np.int32))

    def step():
        optimizer.update(lambda: F.softmax_cross_entropy(model(x), t))

    step()  # makes what is lazy

    def refuse(self):
        raise AssertionError("somebody looked")

    for method in ("get", "item", "tolist", "tobytes", "__bool__", "__int__", "__float__"):
        monkeypatch.setattr(fake_cupy.ndarray, method, refuse)
    before = [param.data.copy() for param in model.params()]
    step()
    monkeypatch.undo()
    for param, old in zip(model.params(), before, strict=True):
        assert (param.data != old).any(), param.name


# ---- the stand-in is as strict as it says ----

REFUSED = {
    "np.asarray": lambda x: np.asarray(x),
    "np.array": lambda x: np.array(x),
    "np.exp": lambda x: np.exp(x),
    "np.sum": lambda x: np.sum(x),
    "np.where": lambda x: np.where([True, False], x, x),
    "np.concatenate": lambda x: np.concatenate([x, x]),
    "np.testing": lambda x: np.testing.assert_array_equal(x, [1.0, 2.0]),
    "+ array": lambda x: x + np.ones(2),
    "array +": lambda x: np.ones(2) + x,
    "array @": lambda x: np.ones(2) @ x,
    "+= array": lambda x: x.__iadd__(np.ones(2)),
    "array +=": lambda x: np.ones(2).__iadd__(x),
    "< array": lambda x: x < np.ones(2),
    "== array": lambda x: x == np.ones(2),
    "x[array]": lambda x: x[np.array([0, 1])],
    "x[mask]": lambda x: x[np.array([True, False])],
    "x[0] = array": lambda x: x.__setitem__(slice(None), np.ones(2)),
    "array[x]": lambda x: np.ones(2)[x],
    "array[0] = x": lambda x: np.ones(2).__setitem__(slice(None), x),
    "xp.exp(array)": lambda x: strict_xp.exp(np.ones(2)),
    "xp.exp(number)": lambda x: strict_xp.exp(1.0),
    "xp.maximum(x, array)": lambda x: strict_xp.maximum(x, np.ones(2)),
    "xp.concatenate([x, array])": lambda x: strict_xp.concatenate([x, np.ones(2)]),
    "xp.broadcast_to(array)": lambda x: strict_xp.broadcast_to(np.ones(2), (2, 2)),
    "x.clip(array)": lambda x: x.clip(np.zeros(2)),
    "bool of several": lambda x: bool(x == x),
    "x.max(initial)": lambda x: x.max(initial=0),
    "hash": hash,
    "an index": lambda x: [1, 2][strict_xp.asarray(1)],
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_stand_in_refuses(name, strict):
    with pytest.raises((TypeError, ValueError, IndexError)):
        REFUSED[name](strict.asarray([1.0, 2.0]))


def test_the_stand_in_has_no_function_that_nobody_listed(strict):
    with pytest.raises(AttributeError):
        strict.einsum  # noqa: B018
    with pytest.raises(AttributeError):
        strict.asarray([1.0]).setflags  # noqa: B018


def test_the_stand_in_computes_with_arrays_of_shape_empty(strict):
    x = strict.asarray([[1.0, 2.0], [3.0, 4.0]])
    for y in (x.sum(), x.max(), x[0, 1], x[0][1], strict.exp(x[0, 0]), x[0, 0] * 2):
        assert type(y) is strict.ndarray
        assert y.shape == ()
    x[0, 1][...] = 7  # a view, as on a GPU
    assert x.get().tolist() == [[1, 7], [3, 4]]


def test_the_stand_in_keeps_float32_beside_numbers(strict):
    x = strict.asarray([1.0], dtype=np.float32)
    for y in (x + 1, 1 + x, x * 2.5, x**2, 2.0**x, strict.maximum(x, 0), -x, abs(x), x / 3):
        assert y.dtype == np.float32


@pytest.mark.parametrize(
    "xp", ["strict", pytest.param("cupy", marks=pytest.mark.gpu)], indirect=True
)
def test_on_a_gpu_an_index_in_an_array_wraps_around(xp):
    x = xp.asarray([1.0, 2.0, 3.0])
    assert x[xp.asarray([0, 4, -4])].tolist() == [1, 2, 3]
    x[xp.asarray([3])] = 7
    assert x.tolist() == [7, 2, 3]
    assert xp.asarray([[1, 2], [3, 4]])[xp.asarray([2]), xp.asarray([-3])].tolist() == [2]


def test_the_stand_in_copies_what_it_gives_and_takes(strict):
    a = np.ones(2)
    x = strict.asarray(a)
    a[0] = 7
    x.get()[1] = 7
    assert x.get().tolist() == [1, 1]


@pytest.mark.gpu
def test_cupy_has_all_that_the_stand_in_has():
    import cupy

    names = [name for name in vars(strict_xp) if not name.startswith("_")]
    assert [name for name in names if not hasattr(cupy, name)] == []
    methods = vars(strict_xp.ndarray)
    ours = {"_values", "__weakref__"}
    assert [m for m in methods if not hasattr(cupy.ndarray, m) and m not in ours] == []


def test_of_several_the_one_that_is_not_numpys_decides(strict):
    a, b = np.ones(2), strict.ones(2)
    assert backend.get_array_module(a, Variable(a), 3.0) is np
    for xs in [(a, b), (b, a), (3.0, a, Variable(b)), (None, b)]:
        assert backend.get_array_module(*xs) is strict
