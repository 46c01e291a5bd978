"""Saving and loading: nothing is lost, Chainer's files and ours are the same, and no file harms."""

import collections
import contextlib
import dataclasses
import gzip
import io
import os
import pickle
import struct
import tempfile
import threading
import tracemalloc
import types
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


BAD_NAMES = ["a/W", "/W", "W/", "a//W", "a..W", "W.", ".", "a\\W", "a\0W", "", "W.npy", "\ud800"]


def assign_parameter(name):
    link = Link()
    with link.init_scope():
        setattr(link, name, Parameter(1.0, (1,)))


def assign_link(name):
    chain = Chain()
    with chain.init_scope():
        setattr(chain, name, L.Linear(1, 1))


def register(name):
    link = Link()
    link.__dict__[name] = 1
    link.register_persistent(name)


ASSIGNERS = {
    "parameter": assign_parameter,
    "link": assign_link,
    "add_link": lambda name: Chain().add_link(name, L.Linear(1, 1)),
    "Chain": lambda name: Chain(**{name: L.Linear(1, 1)}),
    "add_persistent": lambda name: Link().add_persistent(name, 1),
    "register_persistent": register,
}


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("how", ASSIGNERS)
def test_a_name_that_no_file_can_have_is_refused_where_it_is_given(how, name):
    with pytest.raises(AttributeError, match="expected a name that a file can have, got"):
        ASSIGNERS[how](name)


@pytest.mark.parametrize("name", ["W", "l1", "Größe", "conv-1", "a b", "a.b", "0", "file"])
@pytest.mark.parametrize("how", ASSIGNERS)
def test_other_names_are_taken(how, name):
    ASSIGNERS[how](name)


def written_by(names):
    """Return an object that saves a number under each of some names."""

    class Writing(Link):
        def serialize(self, serializer):
            for i, name in enumerate(names):
                serializer(name, i)

    return Writing()


@pytest.mark.parametrize("name", [*BAD_NAMES[2:], "../W", "a/../W", "a\\..\\W", "W/../../b"])
def test_a_name_that_could_not_be_read_back_is_not_saved(tmp_path, name):
    """The slashes of a path are allowed here: a part may be given as 'l1/W', or '/l1/W'."""
    for obj in (written_by(["b", name]), {"b": 1, name: 2}):
        with pytest.raises(ValueError, match="save_npz: expected a name of its own"):
            save_npz(tmp_path / "model", obj)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("names", [("W", "/W"), ("a/W", "/a/W"), ("W", "b", "W")])
def test_one_name_for_two_values_is_not_saved(names):
    objects = [written_by(names)] + [dict.fromkeys(names, 1)] * (len(set(names)) == len(names))
    for obj in objects:
        with pytest.raises(ValueError, match="which comes twice"):
            saved(obj)


def test_parts_with_names_in_common_need_names_of_their_own():
    training = Training(OPTIMIZERS["adam"], seed=1)

    class Flat(Link):
        def serialize(self, serializer):
            training.optimizer.serialize(serializer)
            training.batches.serialize(serializer)

    with pytest.raises(ValueError, match=r"'epoch', which comes twice.*serializer\[\"name of"):
        saved(Flat())


def test_a_persistent_value_takes_no_name_of_a_parameter_that_waits_or_of_another_value():
    link = L.Linear(None, 2)
    link.add_persistent("best", None)
    for name in ("W", "best"):
        with pytest.raises(AttributeError, match="which is taken"):
            link.add_persistent(name, 1)
    with pytest.raises(AttributeError, match="which is taken"), link.init_scope():
        link.best = Parameter(1.0, (1,))


@pytest.mark.parametrize("key", [3, None, b"W", ("a", "b")])
def test_a_key_is_a_text(key):
    serializer = DictionarySerializer()
    for call in (lambda: serializer(key, 1), lambda: serializer[key], lambda: saved({key: 1})):
        with pytest.raises(TypeError, match="save_npz: expected a text as the name"):
            call()
    deserializer = NpzDeserializer({})
    for call in (
        lambda: deserializer(key, 1),
        lambda: deserializer[key],
        lambda: load(saved(mlp()), mlp(), path=key),
    ):
        with pytest.raises(TypeError, match="load_npz: expected a text as the name"):
            call()


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


def test_a_dict_that_a_serializer_has_filled_can_be_saved():
    serializer, other = DictionarySerializer(), lazy()
    lazy().serialize(serializer)
    data = saved(serializer.target)
    assert read(io.BytesIO(data))["l1/W"] == ("|O", (), None)
    load(data, other)
    assert other.l2.W.data.tolist() == serializer.target["l2/W"].tolist()
    for nothing in ({}, 0, False, ""):
        with pytest.raises(TypeError, match="got an object array"):
            saved({"a": np.array(nothing, object)})


def test_without_a_file_too_a_lazy_link_is_absent():
    serializer = DictionarySerializer()
    lazy().serialize(serializer)
    other = lazy()
    other.serialize(NpzDeserializer(serializer.target))
    assert not hasattr(other.l1, "W")
    assert other.l2.W.data.tolist() == serializer.target["l2/W"].tolist()


def test_what_waited_when_it_was_saved_leaves_what_is_there_and_a_warning_says_so():
    """As in Chainer, where nothing is said."""
    model = Chain(l1=L.Linear(None, 3), bn=L.BatchNormalization(axis=0), l2=L.Linear(3, 2))
    data = saved(model)
    model.l2(model.bn(model.l1(np.ones((2, 5), np.float32))))
    before = shown(model)
    model.l2.b.data[:] = 1
    with pytest.warns(UserWarning, match="expected numbers as 'l1/W', 'bn/gamma', .*got None"):
        load(data, model)
    assert shown(model) == before
    model.l2.b.data[:] = 1
    load(data, model, strict=False)
    assert shown(model) == before


def test_the_warning_about_what_waited_comes_before_anything_is_changed():
    model = lazy()
    data = saved(model)
    model.l1(np.ones((2, 5), np.float32))
    model.l2.b.data[:] = 1
    refused(data, model, UserWarning)  # the tests make warnings errors


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


def test_a_file_of_which_nothing_fits_warns_if_it_is_not_strict():
    model, other = mlp(), mlp()
    before = shown(other)
    for options in ({"path": "modle"}, {"path": "l3"}):
        with pytest.warns(UserWarning, match="got none that the model has, so nothing was loaded"):
            load(saved(model), other, strict=False, **options)
    with pytest.warns(UserWarning, match="expected arrays such as 'l1/W'"):
        load(saved({"other": np.ones(2)}), other, strict=False)
    assert shown(other) == before
    load(saved(model), other, strict=False, ignore_names=lambda key: True)  # that was meant
    load(saved(model), Link(), strict=False)
    load(saved({"l1/b": np.ones(3)}), other, strict=False)
    assert other.l1.b.data.tolist() == [1, 1, 1]


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


def holding(value):
    """Return a link with one persistent value."""
    link = Link()
    link.add_persistent("value", value)
    return link


def loaded(saved_value, value):
    """Save a persistent value, and load it in place of another; return what became of that."""
    link = holding(value)
    load(saved(holding(saved_value)), link)
    return link.value


DTYPES = ["?", "i1", "u1", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "U1", "U3"]
VALUES = {
    "b": [False, True],
    "i": [0, 1, -1, 127, -128, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)],
    "u": [0, 1, 255, 256, 2**32 - 1, 2**63, 2**64 - 1],
    "f": [0.0, -1.5, 0.1, 65504.0, 7e4, 1e38, 1e300, np.inf, -np.inf, np.nan],
    "c": [0j, 1 + 2j, 1e300j, 7e4 + 0j, complex(np.inf, 0)],
    "U": ["", "a", "abc", "ß"],
}


def is_kept(old, new):
    """Tell whether `new` is `old`, where floats may be rounded: Python compares exactly."""
    if isinstance(old, float | complex):
        with np.errstate(over="ignore"):
            alike = np.isclose(new, old, rtol=1e-3, equal_nan=True)
        return bool(alike) and np.isfinite(new) == np.isfinite(old)
    return new == old


@pytest.mark.parametrize("own", DTYPES)
@pytest.mark.parametrize("stored", DTYPES)
def test_a_value_is_kept_or_refused_for_each_pair_of_dtypes(stored, own):
    """Tried one by one, beside a 0 that always fits."""
    kinds = "?biufcU"
    fits = 0
    for value in VALUES[np.dtype(stored).kind]:
        try:
            with np.errstate(over="ignore"):
                array = np.array([0 if stored[0] != "U" else "", value], stored)
        except OverflowError:
            continue
        target = np.ones(2, own) if own[0] != "U" else np.array(["q", "q"], own)
        before = target.tolist()
        link = holding(target)
        try:
            load(saved(holding(array)), link)
        except (TypeError, ValueError) as error:
            assert str(error).startswith("load_npz: expected 'value'")
            assert target.tolist() == before
        else:
            assert link.value is target
            assert is_kept(array.tolist()[1], target.tolist()[1])
            assert kinds.index(own[0]) >= min(kinds.index(stored[0]), kinds.index("i"))
            fits += 1
    whole = stored[0] in "iu" and own[0] in "iufc"
    assert (fits > 0) == (
        stored == own
        or whole
        or (stored[0] == own[0])
        or (stored[0] == "?" and own[0] != "U")
        or (stored[0] == "f" and own[0] == "c")
    )


@pytest.mark.parametrize(
    ("array", "own"),
    [
        (np.array([300]), "i1"),
        (np.array([-1]), "u8"),
        (np.array([2**63], "u8"), "i8"),
        (np.array([2**24 + 1]), "f4"),
        (np.array([2**63 - 1]), "f8"),
        (np.array([1, 1e300]), "f4"),
        (np.array([7e4], "f4"), "f2"),
        (np.array([1e300 + 1j]), "c8"),
        (np.array(["abc"]), "U2"),
    ],
    ids=str,
)
def test_numbers_that_a_dtype_cannot_hold_are_refused_before_anything_is_changed(array, own):
    """Chainer casts: int64 wraps round in int8, float64 becomes inf in float16."""
    model = Link()
    model.add_persistent("first", np.zeros(2))
    model.add_persistent("value", np.zeros(array.shape, own))
    data = saved({"first": np.ones(2), "value": array})
    sentence = refused(data, model)
    value = array.tolist()[-1]
    assert f"'value' with values that fit {np.dtype(own)}, got {array.dtype} with" in sentence
    assert repr(value) in sentence


def test_numbers_that_a_smaller_dtype_can_hold_are_loaded(xp):
    target = xp.asarray(np.zeros(2, np.int8))
    assert loaded(np.array([-128, 127]), target) is target
    assert target.tolist() == [-128, 127]
    assert loaded(np.array([5], np.int64), np.zeros(1, np.uint8)).tolist() == [5]
    assert loaded(np.array(["ab"], "U9"), np.array(["xyz"])).tolist() == ["ab"]


def test_floats_are_rounded_to_a_smaller_dtype():
    """As in Chainer: a model of float64 becomes one of float32."""
    target = np.zeros(3, np.float32)
    loaded(np.array([0.1, np.inf, np.nan]), target)
    np.testing.assert_array_equal(target, np.array([0.1, np.inf, np.nan], np.float32))


def test_what_numpy_is_told_to_raise_does_not_leave_half_a_model():
    model = Link()
    model.add_persistent("first", np.zeros(1, np.float32))
    model.add_persistent("second", np.zeros(1, np.float32))
    data = saved({"first": np.array([0.1]), "second": np.array([1e-300])})
    with np.errstate(all="raise"):
        load(data, model)
    assert (model.first[0], model.second[0]) == (np.float32(0.1), 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_models_of_other_floats_come_back_bit_for_bit(dtype):
    def model():
        return Chain(
            l1=L.Linear(4, 3, initialW=np.random.randn(3, 4).astype(dtype)),
            bn=L.BatchNormalization(3, dtype=dtype),
        )

    one, other = model(), model()
    load(saved(one), other)
    assert other.l1.W.dtype == other.bn.avg_mean.dtype == dtype
    assert shown(one) == shown(other)


def test_numbers_of_a_machine_with_another_byte_order_are_read():
    W = np.arange(6, dtype=">f4").reshape(2, 3)
    model, other = L.Linear(3, 2, nobias=True), L.Linear(None, 2, nobias=True)
    for f in (model, other):
        load(saved({"W": W}), f)
        assert (f.W.data.tolist(), f.W.dtype.isnative) == (W.tolist(), True)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (True, 2),
        (True, 1.0),
        (1, "text"),
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


@pytest.mark.parametrize("first", [None, 0, 0.0, np.int8(0), np.float32(0), -1, 10**9])
@pytest.mark.parametrize(
    "value",
    [0.93, 3, -(2**62), 2**53 + 1, 300, 1e300, np.inf, np.float32(0.1), np.int8(3), np.uint8(255)],
)
def test_a_number_that_became_another_kind_of_number_comes_back(first, value):
    new = loaded(value, first)
    assert not isinstance(new, np.ndarray)
    assert np.asarray(new).item() == np.asarray(value).item()
    if first is None:
        assert type(new) is type(value)


@pytest.mark.parametrize("value", [True, False, "text", "", 3, 0.5, np.float16(0.5), np.ones(2)])
def test_what_was_None_comes_back_as_what_it_became(value):
    new = loaded(value, None)
    assert type(new) is type(value)
    assert np.array_equal(new, value)


@pytest.mark.parametrize("value", [True, "text", 3, 0.5, np.float32(1)])
def test_what_became_None_comes_back_as_None(value):
    assert loaded(None, value) is None


def test_a_number_keeps_its_type_if_that_loses_nothing():
    kinds = [(3, 0.0), (3.0, 0), (True, 0), (3, np.int8(0)), (0.5, np.float32(0)), ("a", "")]
    assert [type(loaded(value, first)) for value, first in kinds] == [
        type(first) for _, first in kinds
    ]
    assert type(loaded(2**53 + 1, 0.0)) is int
    assert np.isnan(loaded(np.nan, 0))


def test_a_number_that_became_an_array_comes_back_as_an_array():
    total = loaded(np.array([1.0, 2.0], ">f8"), 0)
    assert (total.tolist(), total.dtype.isnative, total.flags.writeable) == ([1, 2], True, True)


def test_a_parameter_without_axes_that_waited_is_an_array():
    def link():
        made = Link()
        with made.init_scope():
            made.a = Parameter(initializers.Constant(1))
        return made

    source, other = link(), link()
    source.a.initialize(())
    load(saved(source), other)
    assert (type(other.a.data), other.a.shape, other.a.dtype) == (np.ndarray, (), np.float32)


def test_averages_without_axes_that_waited_are_arrays():
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    one, other = [L.BatchNormalization(axis=(0, 1)) for _ in range(2)]
    one(x)
    load(saved(one), other)
    assert type(other.avg_mean) is type(other.avg_var) is np.ndarray
    assert shown(one) == shown(other)
    assert other(x).data.tolist() == one(x).data.tolist()
    assert shown(one) == shown(other)


@pytest.mark.parametrize("kind", ["flag", "broadcast", "memory-mapped"])
def test_an_array_that_is_read_only_is_refused_before_anything_is_changed(tmp_path, kind):
    model = mlp()
    model.add_persistent("mean", np.zeros(2))
    data = saved(model)
    if kind == "flag":
        model.l2.b.data.flags.writeable = False
    elif kind == "broadcast":
        model.l2.b.data = np.broadcast_to(np.float32(1), (2,))
    else:
        np.save(tmp_path / "mean.npy", model.mean)
        model.mean = np.load(tmp_path / "mean.npy", mmap_mode="r")
    for param in model.params():
        if param.data.flags.writeable:
            param.data += 1
    assert "that is read-only. Make a copy first" in refused(data, model)


def test_a_memory_mapped_array_is_saved_and_filled(tmp_path):
    np.save(tmp_path / "mean.npy", np.zeros(2))
    mean = np.load(tmp_path / "mean.npy", mmap_mode="r+")
    assert loaded(np.array([1.0, 2.0]), mean) is mean
    mean.flush()
    assert np.load(tmp_path / "mean.npy").tolist() == [1, 2]
    assert loaded(np.load(tmp_path / "mean.npy", mmap_mode="r"), np.zeros(2)).tolist() == [1, 2]


def test_a_masked_array_is_not_saved_without_its_mask():
    link = holding(np.ma.masked_array([1.0, 2.0], [True, False]))
    with pytest.raises(TypeError, match=r"got a float64 MaskedArray .*array.filled"):
        saved(link)


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


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_old_file_gives_the_new_one_its_rights(tmp_path, mode):
    path = tmp_path / "model.npz"
    save_npz(path, mlp())
    path.chmod(mode)
    mode = path.stat().st_mode  # Windows knows fewer
    save_npz(path, mlp())
    assert path.stat().st_mode == mode


def test_a_new_file_follows_the_umask(tmp_path):
    old = os.umask(0o077)
    try:
        (tmp_path / "plain").write_bytes(b"")
        save_npz(tmp_path / "model.npz", mlp())
    finally:
        os.umask(old)
    assert (tmp_path / "model.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_is_read_only_is_not_written_over(tmp_path):
    path = tmp_path / "best.npz"
    save_npz(path, mlp())
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(
        PermissionError, match=r"save_npz: expected .*best.npz', which is read-only"
    ):
        save_npz(path, mlp())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["best.npz"]
    path.chmod(0o644)
    save_npz(path, mlp())


def test_all_names_of_one_file_see_what_is_saved_under_one(tmp_path):
    path, other = tmp_path / "model.npz", tmp_path / "latest.npz"
    save_npz(path, Chain(l1=L.Linear(50, 50)))  # longer than what comes
    os.link(path, other)
    model = mlp()
    save_npz(path, model)
    assert path.samefile(other)
    assert sorted(os.listdir(tmp_path)) == ["latest.npz", "model.npz"]
    loaded = mlp()
    load_npz(other, loaded)
    assert shown(loaded) == shown(model)


def test_if_the_old_file_cannot_be_filled_the_new_one_is_there_under_another_name(
    tmp_path, monkeypatch
):
    path, model = tmp_path / "model.npz", mlp()
    save_npz(path, mlp())
    os.link(path, tmp_path / "latest.npz")

    def crash(*args):
        raise OSError("the disk is full")

    monkeypatch.setattr("shutil.copyfile", crash)
    with pytest.raises(OSError, match="the disk is full"):
        save_npz(path, model)
    (rest,) = set(os.listdir(tmp_path)) - {"model.npz", "latest.npz"}
    other = mlp()
    load_npz(tmp_path / rest, other)
    assert shown(other) == shown(model)


def test_a_link_to_a_file_that_is_not_there_yet_leads_to_it(tmp_path):
    (tmp_path / "latest").symlink_to(tmp_path / "model.npz")
    save_npz(tmp_path / "latest", mlp())
    assert (tmp_path / "latest").is_symlink()
    load_npz(tmp_path / "model.npz", mlp())


@pytest.mark.parametrize("name", ["m", "m" * 255, "m" * 251 + ".npz", "Größe", "a b"])
def test_every_name_that_a_file_can_have_will_do(tmp_path, name):
    model, other = mlp(), mlp()
    for _ in range(2):
        save_npz(tmp_path / name, model)
    load_npz(tmp_path / name, other)
    assert shown(model) == shown(other)
    assert os.listdir(tmp_path) == [name]


class Named:
    """A path of one's own."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize(
    "kind", [os.fsencode, lambda path: Named(str(path)), lambda path: Named(os.fsencode(path))]
)
def test_a_path_may_be_bytes_or_an_object_that_knows_it(tmp_path, kind):
    model, other = mlp(), mlp()
    save_npz(kind(tmp_path / "model"), model)
    load_npz(kind(tmp_path / "model"), other)
    assert shown(model) == shown(other)


@pytest.mark.parametrize("name", ["m" * 256, "a\0b", "\udcff\ud800"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    for operation, call in (("save_npz", save_npz), ("load_npz", load_npz)):
        with pytest.raises((OSError, ValueError)) as caught:
            call(f"{tmp_path}/{name}", mlp())
        assert str(caught.value).startswith(f"{operation}: expected the name of a file")
    assert os.listdir(tmp_path) == []


def test_what_the_system_says_of_a_file_is_passed_on(tmp_path, monkeypatch):
    save_npz(tmp_path / "model", mlp())
    before = (tmp_path / "model").read_bytes()

    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    for operation, call in (("save_npz", save_npz), ("load_npz", load_npz)):
        with monkeypatch.context() as patch:
            patch.setattr("builtins.open", refuse)
            with pytest.raises(PermissionError) as caught:
                call(tmp_path / "model", mlp())
        assert str(caught.value).startswith(f"{operation}: expected the name of a file that can")
        assert "model': Permission denied." in str(caught.value)
    assert (tmp_path / "model").read_bytes() == before


def test_a_folder_is_no_file(tmp_path):
    for call in (save_npz, load_npz):
        with pytest.raises(IsADirectoryError, match="which is a folder"):
            call(tmp_path, mlp())


def test_two_shapes_for_one_parameter_that_waits_change_nothing(tmp_path):
    class Scale(Link):
        def __init__(self, W):
            super().__init__()
            with self.init_scope():
                self.W = W

    W = Parameter(0)
    model = Chain(a=Scale(W), b=Scale(W))
    shapes = {"a/W": (2, 3), "b/W": (2, 4)}
    np.savez(tmp_path / "two.npz", **{key: np.ones(shapes[key], np.float32) for key in shapes})
    with pytest.raises(ValueError, match=r"expected 'b/W' of shape \(2, 3\), got \(2, 4\)"):
        load_npz(tmp_path / "two.npz", model)
    assert not W.is_initialized


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("reads", [True, False])
def test_through_a_pipe_with_a_name(tmp_path, reads):
    """A tool that looks which lines a test runs sees only this thread: so it reads, or writes."""
    os.mkfifo(tmp_path / "pipe")
    model, other = mlp(), mlp()
    here, there = (load_npz, other), (save_npz, model)
    if not reads:
        here, there = there, here
    beside = threading.Thread(target=there[0], args=[tmp_path / "pipe", there[1]], daemon=True)
    beside.start()
    here[0](tmp_path / "pipe", here[1])
    beside.join(timeout=30)
    assert shown(other) == shown(model)
    assert (tmp_path / "pipe").is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_device_can_be_read():
    """To save is tried with the pipe above: a planted fault could put a file in its place."""
    with pytest.raises(ValueError, match="that is empty"):
        load_npz(os.devnull, mlp())


def test_through_an_open_pipe():
    read, write = os.pipe()
    model, other = mlp(), mlp()
    with os.fdopen(read, "rb") as source:
        with os.fdopen(write, "wb") as sink:
            save_npz(sink, model)
        load_npz(source, other)
    assert shown(other) == shown(model)


class Stream:
    """What can only be read, or only written, from its begin to its end."""

    def __init__(self, data=b""):
        self.data = data

    def read(self, size=-1):
        return self.data

    def write(self, data):
        self.data += data


def test_an_object_that_can_read_or_write_is_enough():
    model, other, stream = mlp(), mlp(), Stream()
    save_npz(stream, model)
    load_npz(stream, other)
    assert shown(other) == shown(model)


@pytest.mark.parametrize("data", ["text", None, 3])
def test_a_stream_of_something_else_is_refused(data):
    with pytest.raises(TypeError, match=r"load_npz: expected a file whose read\(\) gives bytes"):
        load_npz(Stream(data), mlp())


OPENERS = {
    "BytesIO": lambda path, mode: io.BytesIO(path.read_bytes()),
    "unbuffered": lambda path, mode: open(path, mode, buffering=0),
    "gzip": lambda path, mode: gzip.open(path.with_suffix(".gz"), mode),
    "spooled": lambda path, mode: tempfile.SpooledTemporaryFile(),
    "temporary": lambda path, mode: tempfile.NamedTemporaryFile(),
}


@pytest.mark.parametrize("name", OPENERS)
def test_open_files_of_many_kinds(tmp_path, name):
    model, other = mlp(), mlp()
    (tmp_path / "model").write_bytes(b"")
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(OPENERS[name](tmp_path / "model", "wb"))
        save_npz(file, model)
        if name in ("unbuffered", "gzip"):
            file.close()
            file = stack.enter_context(OPENERS[name](tmp_path / "model", "rb"))
        load_npz(file, other)
        load_npz(file, mlp())  # it can be read again
    assert shown(other) == shown(model)


@pytest.mark.parametrize("mode", ["rb", "wb", "ab", "xb", "r+b", "w+b", "r", "w", "w+"])
def test_a_file_has_to_be_open_for_what_is_done_to_it(tmp_path, mode):
    for method, call in (("write", save_npz), ("read", load_npz)):
        path = tmp_path / method
        if mode[0] != "x":
            path.write_bytes(saved(mlp()))
        with open(path, mode) as file:
            binary, opened = "b" in mode, method == "read" and mode[0] == "r"
            opened = opened or "+" in mode or (method == "write" and mode[0] != "r")
            if binary and opened and not (mode == "w+b" and method == "read"):
                call(file, mlp())
                continue
            with pytest.raises((TypeError, ValueError)) as caught:
                call(file, mlp())
        sentence = str(caught.value)
        assert sentence.startswith(f"{call.__name__}: expected ")
        assert "damaged" not in sentence
        other = "reading" if method == "write" else "writing"
        assert f"is open for {other} only" in sentence or not binary or mode == "w+b"


def test_what_is_saved_to_an_open_file_is_there_before_it_is_closed(tmp_path):
    model, other = mlp(), mlp()
    with open(tmp_path / "model", "wb") as file:
        save_npz(file, model)
        load_npz(tmp_path / "model", other)
    assert shown(other) == shown(model)


def test_a_closed_file_is_said_to_be_closed(tmp_path):
    files = [io.BytesIO(saved(mlp())), open(tmp_path / "model", "w+b"), tempfile.TemporaryFile()]
    for file in files:
        file.close()
        for call in (save_npz, load_npz):
            with pytest.raises(ValueError, match="got one that is closed"):
                call(file, mlp())


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
    ("data", "words"),
    [
        (b"", "empty"),
        (b"not a zip file", "none: it begins with b'not a zi'"),
        (npy([1.0, 2.0]), "a .npy file of a single array, which np.load reads"),
        *[(pickle.dumps({"W": [1.0]}, protocol), "a pickle") for protocol in (2, 3, 4, 5)],
        (gzip.compress(b"W", mtime=0), "packed with gzip"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
    ],
)
@pytest.mark.parametrize("form", ["file", "path", "stream"])
def test_what_is_no_npz_file_is_not_called_damaged(tmp_path, data, words, form):
    (tmp_path / "model").write_bytes(data)
    file = {"file": io.BytesIO(data), "path": tmp_path / "model", "stream": Stream(data)}[form]
    with pytest.raises(ValueError, match="^load_npz: expected an npz file") as caught:
        load_npz(file, L.Linear(3, 2))
    assert f"that is {words}" in str(caught.value)
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + bytes(100),
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


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
def test_None_is_known_without_unpickling_it(protocol):
    """As Chainer and NumPy have written it through the years."""
    head = npy_header((), "|O")
    link = holding(3)
    load(a_zip(**{"value.npy": head + pickle.dumps(np.array(None), protocol)}), link)
    assert link.value is None


@pytest.mark.parametrize("nothing", [[None], (None,), {}, "None", 0, Bomb("never made")])
def test_what_is_not_None_is_not_taken_for_it(nothing):
    array = np.empty((), object)
    array[()] = nothing
    data = a_zip(**{"value.npy": npy(array, allow_pickle=True)})
    assert "an entry without numbers" in refused(data, holding(3))
    assert not Path("never made").exists()


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


def test_zeros_that_the_model_has_room_for_are_loaded_however_small_they_were_packed():
    zeros = np.zeros((1, 2**24 + 1), np.float32)
    data = saved({"W": zeros})
    assert len(data) < 100_000
    f = L.Linear(2**24 + 1, 1, nobias=True, initialW=zeros + 1)
    load(data, f)
    assert not f.W.data.any()


@pytest.mark.parametrize("value", [0, "text", np.zeros(2), np.array("text")])
def test_what_the_model_has_no_room_for_is_not_unpacked(value):
    bomb = a_zip(**{"value.npy": npy_header((20_000_000,)) + bytes(80_000_000)})
    text = a_zip(**{"value.npy": npy_header((), "<U20000000") + bytes(80_000_000)})
    for data in (bomb, text):
        tracemalloc.start()
        refused_of(data, holding(value))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10_000_000


def test_a_file_does_not_get_room_by_saying_that_it_is_larger():
    bomb = bytearray(a_zip(**{"value.npy": npy_header((20_000_000,)) + bytes(80_000_000)}))
    entry = bomb.index(b"PK\x01\x02")
    bomb[entry + 20 : entry + 24] = struct.pack("<I", 2**31 - 1)  # how long it is in the file
    link = holding(None)
    tracemalloc.start()
    assert refused(bytes(bomb), link)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def refused_of(data, link):
    """See that loading is refused with a sentence."""
    with pytest.raises((TypeError, ValueError), match="^load_npz: expected 'value'"):
        load(data, link)


def test_what_the_model_does_not_ask_for_is_not_unpacked():
    bomb = npy_header((20_000_000,)) + bytes(80_000_000)
    data = a_zip(**{"W.npy": npy(np.ones((2, 3))), "other.npy": bomb, "broken.npy": b"no array"})
    f = L.Linear(3, 2, nobias=True)
    tracemalloc.start()
    load(data, f)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f.W.data.tolist() == np.ones((2, 3)).tolist()
    assert peak < 10_000_000


@pytest.mark.parametrize("error", [5, 13, 110])
def test_an_error_of_the_disk_or_the_network_is_not_called_damage(error):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            raise OSError(error, "of the system")

        readinto = read

    with pytest.raises(type(OSError(error, "")), match="read here, got one that cannot: of the sy"):
        load_npz(Failing(saved(mlp())), mlp())


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


class Counter:
    def __init__(self, n):
        self.n = n

    def serialize(self, serializer):
        self.n = serializer("n", self.n)


class Slotted:
    __slots__ = ("part",)

    def __init__(self, part):
        self.part = part

    def serialize(self, serializer):
        self.part.serialize(serializer)


@dataclasses.dataclass
class Held:
    part: Counter


def only(part):
    return part


Pair = collections.namedtuple("Pair", "part other")
PLACES = {  # how an object may hold a part of it, and where the part is
    "attribute": (lambda part: part, lambda held: held),
    "list": (lambda part: [part], lambda held: held[0]),
    "tuple": (lambda part: (part,), lambda held: held[0]),
    "namedtuple": (lambda part: Pair(part, 1), lambda held: held.part),
    "dict": (lambda part: {"a": part}, lambda held: held["a"]),
    "OrderedDict": (lambda part: collections.OrderedDict(a=part), lambda held: held["a"]),
    "defaultdict": (lambda part: collections.defaultdict(int, a=part), lambda held: held["a"]),
    "deque": (lambda part: collections.deque([part]), lambda held: held[0]),
    "set": (lambda part: {part}, lambda held: only(*held)),
    "frozenset": (lambda part: frozenset([part]), lambda held: only(*held)),
    "nested": (lambda part: [{"a": (part,)}], lambda held: held[0]["a"][0]),
    "slot": (Slotted, lambda held: held.part),
    "dataclass": (Held, lambda held: held.part),
    "namespace": (lambda part: types.SimpleNamespace(part=part), lambda held: held.part),
}


@pytest.mark.parametrize("place", PLACES)
def test_wherever_a_part_is_held_it_is_unchanged_if_another_does_not_fit(place):
    put, find = PLACES[place]

    class Whole:
        def __init__(self, n, size):
            self.held, self.array = put(Counter(n)), np.full(size, n)
            self.itself = [self]
            self.itself.append(self.itself)

        def serialize(self, serializer):
            find(self.held).serialize(serializer["part"])
            serializer("array", self.array)

    data, part = saved(Whole(5, 2)), Counter(0)
    wrong = Whole(0, 3)
    with pytest.raises(ValueError, match="'array' of shape"):
        load(data, wrong)
    assert find(wrong.held).n == 0
    fits = Whole(0, 2)
    part = find(fits.held)
    load(data, fits)
    assert find(fits.held) is part
    assert part.n == 5


def test_a_dict_that_can_serialize_is_unchanged_if_a_part_does_not_fit():
    class Store(dict):
        def serialize(self, serializer):
            for key in self:
                self[key] = serializer(key, self[key])

    data = saved(Store(n=5, array=np.ones(2)))
    wrong, fits = Store(n=0, array=np.zeros(3)), Store(n=0, array=np.zeros(2))
    with pytest.raises(ValueError, match="'array' of shape"):
        load(data, wrong)
    load(data, fits)
    assert (wrong["n"], fits["n"], fits["array"].tolist()) == (0, 5, [1, 1])


def test_an_optimizer_counts_in_whole_numbers():
    optimizer = optimizers.Adam().setup(L.Linear(1, 1))
    for name, value in (("t", 0.5), ("t", -1), ("epoch", None), ("epoch", np.ones(2))):
        serializer = DictionarySerializer()
        optimizer.serialize(serializer)
        serializer.target[name] = np.array(value)
        with pytest.raises(ValueError, match="Adam.serialize: expected whole numbers"):
            load(saved(serializer.target), optimizer)
        assert (optimizer.t, optimizer.epoch) == (0, 0)


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
