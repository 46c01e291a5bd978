"""Saving and loading: nothing is lost, Chainer's files and ours are the same, and no file harms."""

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Chain,
    ChainList,
    Link,
    Parameter,
    Sequential,
    backend,
    initializers,
    optimizers,
    serializers,
)
from tinylinks.datasets import MiniBatches
from tinylinks.serializers import DictionarySerializer, NpzDeserializer, load_npz, save_npz

GOLDEN = Path(__file__).with_name("golden")


def shown(obj):
    """Return all that an object would save, as plain values: key -> (dtype, shape, bytes)."""
    serializer = DictionarySerializer()
    obj.serialize(serializer)
    return {key: facts(array) for key, array in serializer.target.items()}


def facts(array):
    """Describe an array to its last bit. One of objects has no bytes that mean anything."""
    return array.dtype.str, array.shape, None if array.dtype.hasobject else array.tobytes()


def read(path):
    """Read a file with NumPy alone."""
    with np.load(path, allow_pickle=True) as file:
        return {key: facts(file[key]) for key in file}


def mlp(out_size=2):
    return Chain(l1=L.Linear(4, 3), l2=L.Linear(3, out_size))


def saved(obj, compression=True):
    """Return the bytes of the file."""
    file = io.BytesIO()
    save_npz(file, obj, compression)
    return file.getvalue()


def load(data, obj, **options):
    load_npz(io.BytesIO(data), obj, **options)


def a_zip(**entries):
    """Return the bytes of a zip file with these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def npy(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), **options)
    return file.getvalue()


def npy_header(shape, dtype="<f4"):
    """Return the head of a .npy entry, without any data."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def refused(data, obj, kind=ValueError, **options):
    """See that loading fails with a sentence, and that the object is as it was."""
    before = shown(obj)
    attributes = {path: sorted(vars(link)) for path, link in obj.namedlinks()}
    with pytest.raises(kind) as caught:
        load(data, obj, **options)
    assert shown(obj) == before
    assert {path: sorted(vars(link)) for path, link in obj.namedlinks()} == attributes
    sentence = str(caught.value)
    assert sentence.startswith("load_npz: expected ") and " got " in sentence
    return sentence


# ---- what is saved comes back ----


@pytest.mark.parametrize("compression", [True, False])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_model_comes_back_bit_for_bit(tmp_path, compression, kind):
    model, other = mlp(), mlp()
    assert shown(model) != shown(other)
    save_npz(kind(tmp_path / "model"), model, compression=compression)
    load_npz(kind(tmp_path / "model"), other)
    assert shown(model) == shown(other)
    assert os.listdir(tmp_path) == ["model"]


def test_a_compressed_file_is_smaller():
    model = Chain(l1=L.Linear(50, 50, initialW=1))
    small, large = io.BytesIO(), saved(model, compression=False)
    save_npz(small, model)  # files are compressed if nothing is said
    assert len(small.getvalue()) == len(saved(model)) < len(large) / 5


def test_two_files_of_one_model_are_the_same_byte_for_byte():
    model = mlp()
    assert saved(model) == saved(model)


def test_arrays_are_filled_in_place_and_stay_on_their_device(xp):
    model, other = mlp(), mlp()
    for param in [*model.params(), *other.params()]:
        param.data = xp.asarray(param.data)
    arrays = [param.data for param in other.params()]
    load(saved(model), other)
    assert all(param.data is array for param, array in zip(other.params(), arrays, strict=True))
    assert {type(array) for array in arrays} == {xp.ndarray}
    assert shown(model) == shown(other)


def test_a_shared_array_is_still_shared_after_loading():
    model = mlp()
    other = model.copy("share")
    load(saved(mlp()), other)
    assert other.l1.W.data is model.l1.W.data
    assert shown(other) == shown(model)


def test_a_shared_link_is_loaded_for_both_of_its_names():
    shared = L.Linear(2, 2)
    model, other = Chain(a=shared, b=shared), Chain(a=L.Linear(2, 2), b=L.Linear(2, 2))
    load(saved(model), other)
    assert other.a.W.data.tolist() == other.b.W.data.tolist() == shared.W.data.tolist()
    load(saved(other), model)
    assert model.a is model.b


def test_keys_are_paths_through_the_links():
    model = ChainList(L.Linear(2, 3), Sequential(L.Linear(3, 4), F.relu, L.Linear(4, 1)))
    assert list(shown(model)) == ["0/W", "0/b", "1/0/W", "1/0/b", "1/1/W", "1/1/b"]


def test_gradients_are_not_saved_and_not_touched():
    model, other = mlp(), mlp()
    other.l1.W.grad = np.ones((3, 4), np.float32)
    load(saved(model), other)
    assert other.l1.W.grad.tolist() == np.ones((3, 4)).tolist()
    assert other.l2.W.grad is None


class Counting(Link):
    """A link with persistent values of all kinds."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.a = Parameter(np.ones(2))
        for name, value in self.first_values().items():
            self.add_persistent(name, value)

    @staticmethod
    def first_values():
        return {"n": 0, "x": 0.0, "yes": False, "text": "", "mean": np.zeros(2), "none": None}


def test_persistent_values_come_back_with_their_types():
    link, other = Counting(), Counting()
    link.n, link.x, link.yes, link.text = 3, 0.1, True, "Grüße"
    link.mean[:] = [1, 2]
    mean = other.mean
    load(saved(link), other)
    got = (other.n, other.x, other.yes, other.text, other.none)
    assert got == (3, 0.1, True, "Grüße", None)
    assert [type(value) for value in got[:4]] == [int, float, bool, str]
    assert other.mean is mean
    assert mean.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_empty_arrays_and_scalars_and_all_float_dtypes_come_back(dtype):
    def link(value):
        made = Link()
        made.add_persistent("empty", np.zeros((0, 3), dtype))
        made.add_persistent("single", np.array(value, dtype))
        made.add_persistent("number", dtype(value))
        made.add_persistent(
            "columns", np.asfortranarray(np.arange(6, dtype=dtype).reshape(2, 3) * dtype(value))
        )
        return made

    one, other = link(1.5), link(0)
    load(saved(one), other)
    assert shown(one) == shown(other)
    assert type(other.number) is dtype


def test_dicts_of_arrays_can_be_saved_too(xp):
    data = saved({"a": xp.asarray(np.arange(3)), "b": 2})
    assert read(io.BytesIO(data)) == {
        "a": facts(np.arange(3)),
        "b": facts(np.asarray(2)),
    }


def test_any_name_can_be_saved():
    link, other = Link(), Link()
    for name in ("file", "allow_pickle", "arr_0", "Größe"):
        link.add_persistent(name, 1)
        other.add_persistent(name, 0)
    load(saved(link), other)
    assert shown(other) == shown(link)


# ---- lazy links ----


def lazy():
    return Chain(l1=L.Linear(None, 3), l2=L.Linear(3, 2))


def test_a_lazy_link_is_saved_as_absent_and_loads_as_absent():
    data = saved(lazy())
    assert read(io.BytesIO(data))["l1/W"] == ("|O", (), None)
    with np.load(io.BytesIO(data), allow_pickle=True) as file:
        assert file["l1/W"][()] is None  # so Chainer asks
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"_core" not in archive.read("l1/W.npy")  # NumPy 1 has no numpy._core
    other = lazy()
    load(data, other)
    assert not hasattr(other.l1, "W")
    assert other.l1(np.ones((1, 4), np.float32)).shape == (1, 3)


def test_a_lazy_link_gets_its_size_from_the_file():
    model, other = lazy(), lazy()
    model.l1(np.ones((2, 5), np.float32))
    load(saved(model), other)
    assert shown(other) == shown(model)
    assert other.l1.in_size == 5
    x = np.ones((2, 5), np.float32)
    assert other.l1(x).data.tolist() == model.l1(x).data.tolist()


def test_what_a_lazy_link_gets_is_its_own():
    model, other = lazy(), lazy()
    model.l1(np.ones((2, 5), np.float32))
    serializer = DictionarySerializer()
    model.serialize(serializer)
    other.serialize(NpzDeserializer(serializer.target))
    other.l1.W.data[:] = 0
    assert model.l1.W.data.all()


def test_without_a_file_too_a_lazy_link_is_absent():
    serializer = DictionarySerializer()
    lazy().serialize(serializer)
    other = lazy()
    other.serialize(NpzDeserializer(serializer.target))
    assert not hasattr(other.l1, "W")
    assert other.l2.W.data.tolist() == serializer.target["l2/W"].tolist()


def test_a_file_without_W_does_not_fit_a_model_that_has_it():
    model = lazy()
    data = saved(model)
    model.l1(np.ones((2, 5), np.float32))
    sentence = refused(data, model)
    assert "'l1/W'" in sentence and "an entry without numbers" in sentence
    W = model.l1.W.data.tolist()
    model.l2.b.data[:] = 1
    load(data, model, strict=False)
    assert model.l1.W.data.tolist() == W
    assert model.l2.b.data.tolist() == [0, 0]


def test_a_lazy_link_that_has_got_its_W_is_as_before_if_a_later_array_does_not_fit():
    model, other = lazy(), Chain(l1=L.Linear(None, 3), l2=L.Linear(3, 7))
    model.l1(np.ones((2, 5), np.float32))
    refused(saved(model), other)
    assert not hasattr(other.l1, "W")


def test_a_parameter_that_waits_for_its_shape_is_loaded_or_left_as_it_was():
    def link(rows):
        made = Link()
        with made.init_scope():
            made.a = Parameter(initializers.Constant(1))
            made.b = Parameter(0, (rows,))
        return made

    source = link(2)
    source.a.initialize((3,))
    other = link(9)
    refused(saved(source), other)
    assert not other.a.is_initialized
    fits = link(2)
    a = fits.a
    load(saved(source), fits)
    assert fits.a is a
    assert a.data.tolist() == [1, 1, 1]


# ---- optimizers and mini-batches ----

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(lr=0.1),
    "momentum": lambda: optimizers.MomentumSGD(lr=0.1),
    "rmsprop": lambda: optimizers.RMSprop(lr=0.01),
    "adam": lambda: optimizers.Adam(alpha=0.01),
    "adamw": lambda: optimizers.AdamW(alpha=0.01),
}


class Training:
    """A model, its optimizer and its mini-batches, saved in one file."""

    def __init__(self, make, seed, in_size=4):
        np.random.seed(seed)
        rng = np.random.RandomState(7)  # the data are the same each time
        x, t = rng.randn(20, 4).astype(np.float32), rng.randint(0, 2, 20).astype(np.int32)
        self.model = Sequential(L.Linear(in_size, 5), F.tanh, L.Linear(5, 2))
        self.optimizer = make().setup(self.model)
        self.batches = MiniBatches(x, t, batch_size=6, seed=seed)
        self.losses = []

    def step(self, x, t):
        loss = F.softmax_cross_entropy(self.model(x), t)
        self.model.cleargrads()
        loss.backward()
        self.optimizer.update()
        self.losses.append(loss.item())

    def serialize(self, serializer):
        self.model.serialize(serializer["model"])
        self.optimizer.serialize(serializer["optimizer"])
        self.batches.serialize(serializer["batches"])


@pytest.mark.parametrize("in_size", [4, None], ids=["sized", "lazy"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_that_was_stopped_goes_on_bit_for_bit(name, in_size):
    """Stopped in the middle of the second epoch, loaded into new objects of other seeds."""
    whole, file = Training(OPTIMIZERS[name], seed=1, in_size=in_size), io.BytesIO()
    for _ in range(4):
        for x, t in whole.batches:
            whole.step(x, t)
            if len(whole.losses) == 6:
                save_npz(file, whole)
    resumed = Training(OPTIMIZERS[name], seed=2, in_size=in_size)
    load_npz(file, resumed)
    while resumed.batches.epoch < 4:
        for x, t in resumed.batches:
            resumed.step(x, t)
    assert resumed.losses == whole.losses[6:]
    assert shown(resumed) == shown(whole)


def test_parts_of_a_file_are_loaded_by_their_path():
    training = Training(OPTIMIZERS["adam"], seed=1)
    for path in ("model", "model/", "/model/"):
        other = Training(OPTIMIZERS["adam"], seed=2).model
        load(saved(training), other, path=path)
        assert shown(other) == shown(training.model)


def test_if_one_part_does_not_fit_the_others_are_unchanged():
    training = Training(OPTIMIZERS["adam"], seed=1)
    for x, t in training.batches:
        training.step(x, t)
    data = saved(training)
    other = Training(OPTIMIZERS["adam"], seed=2)
    other.batches.n = 19  # the last part that is loaded
    before = shown(other)
    with pytest.raises(ValueError, match="expected the position in 19 examples, got one in 20"):
        load(data, other)
    assert shown(other) == before
    assert (other.optimizer.t, other.batches.epoch) == (0, 0)


# ---- the same files as Chainer's (golden/README.md says how they were made) ----


class Net(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, 3)
            self.bn = L.BatchNormalization(3)
            self.l2 = L.Linear(3, 2)
        self.add_persistent("steps", 7)
        self.add_persistent("rate", 0.5)
        self.add_persistent("mean", np.arange(3.0))
        self.add_persistent("note", "hello")
        self.add_persistent("nothing", None)


def layers():
    return ChainList(L.Linear(2, 3), Sequential(L.Linear(3, 4), F.relu, L.Linear(4, 1)))


def adam():
    net = Net()
    load_npz(GOLDEN / "net.npz", net)
    return optimizers.Adam().setup(net)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("lazy", Net),
        ("net", Net),
        ("net_later", Net),
        ("layers", layers),
        ("adam_new", adam),
        ("adam", adam),
    ],
)
def test_a_file_of_chainer_is_loaded_and_saved_again_with_the_same_content(tmp_path, name, make):
    obj = make()
    load_npz(GOLDEN / f"{name}.npz", obj)
    path = tmp_path / f"{name}.npz"
    save_npz(path, obj, compression=name != "layers")
    assert read(path) == read(GOLDEN / f"{name}.npz")
    stored = [
        {info.compress_type for info in zipfile.ZipFile(file).infolist()}
        for file in (path, GOLDEN / f"{name}.npz")
    ]
    assert stored[0] == stored[1]


def test_a_training_goes_on_where_chainer_stopped():
    optimizer = adam()
    net = optimizer.target
    load_npz(GOLDEN / "adam.npz", optimizer)
    assert (optimizer.t, optimizer.epoch) == (3, 1)
    for _ in range(2):
        for path, param in net.namedparams():
            param.grad = np.full(param.shape, 0.25 * len(path), np.float32)
        optimizer.update()
    later = Net()
    load_npz(GOLDEN / "net_later.npz", later)
    for (path, param), (_, other) in zip(net.namedparams(), later.namedparams(), strict=True):
        np.testing.assert_allclose(param.data, other.data, rtol=1e-6, err_msg=path)
    assert net.l1.W.data.tolist() != adam().target.l1.W.data.tolist()


# ---- what may be left out ----


def test_what_the_file_has_beyond_the_model_is_ignored():
    model = mlp()
    only = Chain(l2=L.Linear(3, 2))
    load(saved(model), only)
    assert only.l2.W.data.tolist() == model.l2.W.data.tolist()


def test_what_the_model_has_beyond_the_file_is_an_error_if_strict():
    model, other = Chain(l2=L.Linear(3, 2)), mlp()
    assert "'l1/W' in the file, got none" in refused(saved(model), other)
    W = other.l1.W.data.tolist()
    load(saved(model), other, strict=False)
    assert other.l1.W.data.tolist() == W
    assert other.l2.W.data.tolist() == model.l2.W.data.tolist()


def test_a_number_that_is_left_out_or_absent_stays():
    assert NpzDeserializer({"t": np.array(3)}, ignore_names="t")("t", 7) == 7
    assert NpzDeserializer({}, strict=False)("t", 7) == 7
    with pytest.raises(ValueError, match="'t' in the file, got none: it is empty"):
        NpzDeserializer({})("t", 7)


def test_the_newer_headers_of_numpy_are_read():
    """NumPy writes them where a header is longer than 64 KiB."""
    f = L.Linear(1, 3, nobias=True)
    load(a_zip(**{"W.npy": npy([[0.0], [1.0], [2.0]], version=(2, 0))}), f)
    assert f.W.data.tolist() == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        ("l1/W", {"l1/W"}),
        (["l1/W", "l2/b"], {"l1/W", "l2/b"}),
        (lambda key: key.endswith("b"), {"l1/b", "l2/b"}),
        (("l1/W", lambda key: key == "l2/W"), {"l1/W", "l2/W"}),
        ([], set()),
    ],
)
def test_names_can_be_ignored(names, left_out):
    model, other = mlp(), mlp()
    for param in [*model.params()]:
        param.data += 1
    before = shown(other)
    load(saved(model), other, ignore_names=names)
    changed = {key for key, value in shown(other).items() if value != before[key]}
    assert changed == set(before) - left_out
    assert {key for key in changed if shown(other)[key] != shown(model)[key]} == set()


# ---- shapes and dtypes ----


def test_another_shape_is_refused_and_the_error_names_the_key_and_both_shapes():
    sentence = refused(saved(mlp()), mlp(out_size=5))
    assert sentence.startswith("load_npz: expected 'l2/W' of shape (5, 3), got (2, 3).")


@pytest.mark.parametrize("shape", [(), (1,), (1, 2), (2, 1), (3,)])
def test_no_array_is_stretched_into_another_shape(shape):
    model = Link()
    with model.init_scope():
        model.b = Parameter(0, (2,))
    refused(saved({"b": np.ones(shape)}), model)


@pytest.mark.parametrize(
    ("stored", "own"),
    [(np.float64, np.float32), (np.float32, np.float64), (np.float64, np.float16), (int, float)],
)
def test_numbers_are_cast_into_the_dtype_of_the_parameter(stored, own):
    model = Link()
    with model.init_scope():
        model.b = Parameter(np.zeros(2, own))
    load(saved({"b": np.array([1, 2], stored)}), model)
    assert (model.b.dtype, model.b.data.tolist()) == (own, [1, 2])


def test_a_number_that_is_too_large_for_the_dtype_is_found_before_anything_is_changed():
    model = Link()
    with model.init_scope():
        model.a = Parameter(0, (2,))
        model.b = Parameter(0, (2,))
    data = saved({"a": np.ones(2), "b": np.array([1, 1e300])})
    with pytest.raises(RuntimeWarning, match="overflow"):  # the tests make warnings errors
        load(data, model)
    assert model.a.data.tolist() == [0, 0]


def test_numbers_of_a_machine_with_another_byte_order_are_read():
    W = np.arange(6, dtype=">f4").reshape(2, 3)
    model, other = L.Linear(3, 2, nobias=True), L.Linear(None, 2, nobias=True)
    for f in (model, other):
        load(saved({"W": W}), f)
        assert (f.W.data.tolist(), f.W.dtype.isnative) == (W.tolist(), True)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (3, 1.5),
        (True, 2),
        (1.5, "text"),
        ("text", 3),
        (np.zeros(2, int), np.ones(2)),
        (np.zeros(2), np.ones(2, complex)),
        (np.zeros(2), np.array(["a", "b"])),
        (np.zeros(2, bool), np.ones(2)),
    ],
)
def test_what_would_lose_its_meaning_is_not_cast(value, stored):
    model = Link()
    model.add_persistent("value", value)
    sentence = refused(a_zip(**{"value.npy": npy(stored)}), model, TypeError)
    assert "'value'" in sentence


# ---- writing cannot damage what is there ----


class Broken(Link):
    """A link that fails while it is saved."""

    def serialize(self, serializer):
        serializer("a", np.ones(3))
        serializer("b", object())


def test_a_model_that_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.npz"
    save_npz(path, mlp())
    before = path.read_bytes()
    with pytest.raises(TypeError, match="'b'"):
        save_npz(path, Broken())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


class FullDisk(io.FileIO):
    """A file on a disk with room for 200 bytes."""

    def write(self, data):
        if self.tell() + len(data) > 200:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("failing", ["write", "fsync", "replace", "interrupt"])
def test_a_crash_leaves_the_old_file_whole_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "model.npz"
    save_npz(path, mlp())
    before = path.read_bytes()

    def crash(*args):
        raise OSError("the power went") if failing != "interrupt" else KeyboardInterrupt

    if failing == "write":
        monkeypatch.setattr("builtins.open", lambda path, mode: FullDisk(path, mode))
    else:
        monkeypatch.setattr(os, "fsync" if failing == "fsync" else "replace", crash)
    with pytest.raises((OSError, KeyboardInterrupt)):
        save_npz(path, mlp())
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]
    load_npz(path, mlp())


def test_the_new_file_is_complete_and_on_the_disk_before_it_gets_the_name(tmp_path, monkeypatch):
    path, model = tmp_path / "model.npz", mlp()
    events = []
    fsync, replace = os.fsync, os.replace

    def checked_replace(new, name):
        assert Path(new).parent == path.parent
        other = mlp()
        load_npz(new, other)
        assert shown(other) == shown(model)
        events.append("replace")
        replace(new, name)

    def noted_fsync(file):
        events.append(os.fstat(file).st_size)
        fsync(file)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", checked_replace)
    save_npz(path, model)
    assert events == [path.stat().st_size, "replace"]


def test_a_link_of_the_file_system_stays_one(tmp_path):
    target, name = tmp_path / "runs" / "model.npz", tmp_path / "latest.npz"
    target.parent.mkdir()
    target.write_bytes(b"old")
    try:
        name.symlink_to(target)
    except OSError:
        pytest.skip("this system has no symbolic links")
    model, other = mlp(), mlp()
    save_npz(name, model)
    assert name.is_symlink()
    load_npz(target, other)
    assert shown(model) == shown(other)


def test_the_file_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    save_npz(tmp_path / "model.npz", mlp())
    assert (tmp_path / "model.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_open_file_is_left_open_and_is_written_from_where_it_stands(tmp_path):
    model, other = mlp(), mlp()
    with open(tmp_path / "model", "w+b") as file:
        file.write(b"a line before it\n")
        save_npz(file, model)
        assert not file.closed
        load_npz(file, other)
        assert not file.closed
    assert shown(model) == shown(other)


# ---- reading cannot damage anything ----


def damaged(data, obj, whole):
    """Load a file with a fault: it is refused, or what was changed means nothing."""
    before = shown(obj)
    try:
        load(data, obj)
    except (ValueError, TypeError) as error:
        assert str(error).startswith("load_npz: expected ")
        assert shown(obj) == before
        return True
    assert shown(obj) == whole
    return False


@pytest.mark.parametrize("compression", [True, False])
def test_a_truncated_file_is_refused_wherever_it_ends(compression):
    model = mlp()
    data = saved(model, compression)
    for size in [*range(0, len(data), 50), len(data) - 1]:
        assert damaged(data[:size], mlp(), shown(model)), f"{size} bytes of {len(data)}"


@pytest.mark.parametrize("compression", [True, False])
def test_a_flipped_bit_is_found_or_means_nothing(compression):
    model = mlp()
    data, whole = saved(model, compression), shown(model)
    found = 0
    for place in range(0, len(data), 3):
        wrong = bytearray(data)
        wrong[place] ^= 1 << place % 8
        found += damaged(bytes(wrong), mlp(), whole)
    assert found > len(data) / 3 / 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a zip file",
        b"PK\x03\x04" + bytes(100),
        npy([1.0, 2.0]),
        pickle.dumps({"W": [1.0]}),
        a_zip(**{"W.npy": b""}),
        a_zip(**{"W.npy": b"no array"}),
        a_zip(**{"W.npy": npy_header((2, 3))}),
        a_zip(**{"W.npy": npy_header((2, 3)) + bytes(25)}),
        a_zip(**{"W.npy": npy_header((2**40, 2**20)) + bytes(24)}),
        a_zip(**{"W.npy": npy_header((-2, -3)) + bytes(24)}),
        a_zip(**{"W.npy": npy_header((2, 3), "no dtype") + bytes(24)}),
        a_zip(**{"W.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", 30) + b"[" * 30}),
    ],
    ids=lambda data: f"{len(data)}-bytes",
)
def test_what_is_no_whole_file_of_arrays_is_refused(data):
    sentence = refused(data, L.Linear(3, 2, nobias=True))
    assert "damaged or of another kind" in sentence


@pytest.mark.parametrize("name", ["readme.txt", "W", "../W.npy", "/W.npy", "a/../W.npy", "\\W.npy"])
def test_a_file_with_strange_names_is_refused(name):
    data = a_zip(**{"b.npy": npy(np.zeros(2)), name: npy(np.ones((2, 3)))})
    assert repr(name) in refused(data, L.Linear(3, 2))


def test_one_name_twice_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("W.npy", npy(np.ones((2, 3))))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("W.npy", npy(np.zeros((2, 3))))
    assert "one name twice" in refused(file.getvalue(), L.Linear(3, 2, nobias=True))


class Bomb:
    """Whoever unpickles it makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.parametrize("strict", [True, False])
def test_nothing_is_unpickled(tmp_path, shape, strict):
    mark = str(tmp_path / "it ran")
    array = np.empty(shape, object)
    array[...] = Bomb(mark)
    data = a_zip(**{"W.npy": npy(array, allow_pickle=True), "b.npy": npy(np.ones(2))})
    f, waiting = L.Linear(3, 2), L.Linear(None, 2)
    before = f.W.data.tolist()
    if strict:
        refused(data, f)
    else:
        load(data, f, strict=False)
    load(data, waiting, strict=strict)
    assert f.W.data.tolist() == before
    assert not hasattr(waiting, "W")
    assert not Path(mark).exists()
    with np.load(io.BytesIO(data), allow_pickle=True) as file:
        file["W"]
    assert Path(mark).exists(), "the payload would not have done anything"


def test_a_file_that_would_fill_the_memory_is_refused_before_it_does():
    bomb = a_zip(**{"W.npy": npy_header((2, 10_000_000)) + bytes(80_000_000)})
    assert len(bomb) < 100_000
    tracemalloc.start()
    sentence = refused(bomb, L.Linear(None, 2, nobias=True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert "compression=False" in sentence


def test_a_large_array_of_zeros_is_loaded_if_it_was_not_packed():
    zeros = {"W": np.zeros((1, 2**24 + 1), np.float32)}
    f = L.Linear(None, 1, nobias=True)
    load(saved(zeros, compression=False), f)
    assert f.W.shape == (1, 2**24 + 1)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, NotImplementedError])
def test_whatever_the_reader_stumbles_over_is_said_in_one_sentence(monkeypatch, error):
    def stumble(*args):
        raise error

    monkeypatch.setattr(zipfile.ZipFile, "read", stumble)
    refused(saved(mlp()), mlp())


# ---- the protocol that Chainer users know ----


def test_the_serializers_work_without_a_file(xp):
    model, other = mlp(), mlp()
    for param in other.params():
        param.data = xp.asarray(param.data)
    serializer = DictionarySerializer()
    model.serialize(serializer["a"]["/b/"])
    assert sorted(serializer.target) == ["a/b/l1/W", "a/b/l1/b", "a/b/l2/W", "a/b/l2/b"]
    other.serialize(NpzDeserializer(serializer.target, path="a/b/"))
    assert backend.to_cpu(other.l1.W.data).tolist() == model.l1.W.data.tolist()


def test_a_serializer_returns_what_it_is_given_and_a_deserializer_what_it_has():
    serializer = DictionarySerializer({"before": np.array(0)}, "part/")
    array = np.ones(2)
    assert serializer("/array", array) is array
    assert (serializer("n", 3), serializer("none", None)) == (3, None)
    assert list(serializer.target) == ["before", "part/array", "part/n", "part/none"]
    deserializer = NpzDeserializer({"n": np.array(3), "none": None}, strict=False)
    assert (deserializer("n", 0), deserializer("none", None)) == (3, None)
    assert deserializer("missing", 5) == 5


def test_objects_of_any_class_can_be_saved_and_their_parts_are_checked_first():
    class Part:
        __slots__ = ("n",)

        def __init__(self, n):
            self.n = n

        def serialize(self, serializer):
            self.n = serializer("n", self.n)

    class Whole:
        def __init__(self, n, size):
            self.parts = {"a": Part(n), "rest": [(Part(n + 1),)]}
            self.again = self.parts["a"]
            self.array = np.full(size, n)

        def serialize(self, serializer):
            self.parts["a"].serialize(serializer["a"])
            self.parts["rest"][0][0].serialize(serializer["b"])
            serializer("array", self.array)

    data = saved(Whole(5, 2))
    other = Whole(0, 2)
    load(data, other)
    assert (other.again.n, other.parts["rest"][0][0].n, other.array.tolist()) == (5, 6, [5, 5])
    wrong = Whole(0, 3)
    with pytest.raises(ValueError, match="'array' of shape"):
        load(data, wrong)
    assert (wrong.again.n, wrong.parts["rest"][0][0].n) == (0, 1)


def test_serializers_says_its_names():
    assert serializers.save_npz is save_npz
    assert set(serializers.__all__) == {
        "DictionarySerializer",
        "NpzDeserializer",
        "load_npz",
        "save_npz",
    }


def test_what_was_put_into_a_dictionary_does_not_follow_the_model(xp):
    model = L.Linear(2, 1)
    model.W.data = xp.asarray(model.W.data)
    serializer = DictionarySerializer()
    model.serialize(serializer)
    before = serializer.target["W"].tolist()
    model.W.data += 1
    assert serializer.target["W"].tolist() == before
