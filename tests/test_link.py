"""Link and Chain: what they register, in which order, and what they do with it."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Chain, ChainList, Link, Parameter, Sequential, Variable, backend


class Scale(Link):
    def __init__(self, size, dtype=np.float32):
        super().__init__()
        with self.init_scope():
            self.a = Parameter(np.full(size, 2.0, dtype))
            self.b = Parameter(np.full(size, 1.0, dtype))

    def forward(self, x, *, times=1):
        return (self.a * x + self.b) * times


class MLP(Chain):
    """Registered in another order than the alphabet's."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.second = L.Linear(3, 2)
            self.first = L.Linear(4, 3)
            self.scale = Parameter(1.0, ())

    def forward(self, x):
        return self.second(F.relu(self.first(x))) * self.scale


class Tied(Chain):
    """Two links that share W, and one link under two names."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(2, 2)
            self.l2 = L.Linear(2, 2)
            self.again = self.l1
            self.l2.W = self.l1.W

    def forward(self, x):
        return self.again(self.l2(self.l1(x)))


def names(link, **options):
    return [name for name, _ in link.namedparams(**options)]


def to(xp, link):
    """Move the parameters of `link` to the backend."""
    for param in link.params(include_uninit=False):
        param.data = xp.asarray(backend.to_cpu(param.data))
    return link


def test_a_call_runs_forward_with_all_its_arguments(xp):
    scale = to(xp, Scale(2))
    y = scale(xp.asarray([1, 2], dtype=np.float32), times=10)
    assert backend.to_cpu(y.data).tolist() == [30, 50]


def test_parameters_come_in_the_order_of_registration():
    scale = Scale(2)
    assert names(scale) == ["/a", "/b"]
    assert [p is q for p, q in zip(scale.params(), (scale.a, scale.b), strict=True)] == [True, True]


def test_a_parameter_is_named_after_its_attribute_unless_it_has_a_name():
    link = Link()
    with link.init_scope():
        link.a, link.b = Parameter(0.0, (1,)), Parameter(0.0, (1,), name="bias")
    assert (link.a.name, link.b.name) == ("a", "bias")


def test_a_chain_names_the_parameters_by_their_way():
    model = MLP()
    assert names(model) == ["/scale", "/second/W", "/second/b", "/first/W", "/first/b"]


def test_chains_nest():
    outer = Chain()
    with outer.init_scope():
        outer.model, outer.last = MLP(), Scale(2)
    assert names(outer)[-3:] == ["/model/first/b", "/last/a", "/last/b"]
    ways = [way for way, _ in outer.namedlinks()]
    assert ways == ["/", "/model", "/model/second", "/model/first", "/last"]
    assert [way for way, _ in outer.namedlinks(skipself=True)] == ways[1:]
    assert list(map(id, outer.links())) == [id(link) for _, link in outer.namedlinks()]
    assert list(map(id, outer.children())) == [id(outer.model), id(outer.last)]


def test_a_plain_link_has_no_children():
    assert list(Scale(2).children()) == []
    assert [way for way, _ in Scale(2).namedlinks()] == ["/"]


def test_what_is_shared_is_yielded_once():
    model = Tied()
    assert names(model) == ["/l1/W", "/l1/b", "/l2/b"]
    assert [way for way, _ in model.namedlinks()] == ["/", "/l1", "/l2"]
    assert model.count_params() == 4 + 2 + 2


def test_a_shared_parameter_gets_the_gradients_of_all_its_uses():
    model = Tied()
    x = Variable(np.ones((1, 2), np.float32))
    model(x).sum().backward()
    W, b1, b2 = (p.data.astype(float) for p in model.params())
    h1 = x.data @ W.T + b1
    h2 = h1 @ W.T + b2
    g3 = np.ones((1, 2))
    g2 = g3 @ W
    expected = g3.T @ h2 + g2.T @ h1 + (g2 @ W).T @ x.data
    np.testing.assert_allclose(model.l1.W.grad, expected, rtol=1e-5, atol=1e-6)


def test_count_params_counts_numbers():
    assert MLP().count_params() == 1 + 3 * 2 + 2 + 4 * 3 + 3


def test_count_params_warns_of_what_waits():
    model = Chain(l1=L.Linear(None, 3), l2=L.Linear(3, 2))
    with pytest.warns(UserWarning, match=r"count_params: expected .* got /l1/W waiting") as caught:
        assert model.count_params() == 3 + 6 + 2
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.warns(UserWarning, match="got /W waiting"):
        assert L.Linear(None, 3).count_params() == 3
    model.l1(np.ones((1, 4), np.float32))
    assert model.count_params() == 12 + 3 + 6 + 2


def test_include_uninit_decides_about_parameters_that_wait():
    link = Link()
    with link.init_scope():
        link.ready, link.waiting = Parameter(0.0, (2,)), Parameter(0.0)
    assert names(link) == ["/ready", "/waiting"]
    assert names(link, include_uninit=False) == ["/ready"]
    assert [p.name for p in link.params(include_uninit=False)] == ["ready"]


def test_cleargrads_forgets_all_gradients(xp):
    model = to(xp, MLP())
    model(xp.ones((2, 4), dtype=np.float32)).sum().backward()
    assert all(p.grad is not None for p in model.params())
    model.cleargrads()
    assert [p.grad for p in model.params()] == [None] * 5


def test_zerograds_is_deprecated_and_still_works(xp):
    scale = to(xp, Scale(2))
    with pytest.warns(DeprecationWarning, match="cleargrads"):
        scale.zerograds()
    assert backend.to_cpu(scale.a.grad).tolist() == [0, 0]
    assert scale.a.grad.dtype == np.float32


def test_outside_init_scope_a_parameter_is_kept_but_not_registered():
    link = Link()
    with pytest.warns(UserWarning, match="init_scope"):
        link.a = Parameter(0.0, (1,))
    assert names(link) == []
    assert link.a.shape == (1,)


@pytest.mark.parametrize("kind", [Link, Chain])
def test_a_variable_inside_init_scope_is_warned_of_where_it_is_assigned(kind):
    link = kind()
    with link.init_scope(), pytest.warns(UserWarning, match="expected a Parameter") as caught:
        link.W = Variable(np.ones(2))
    assert caught[0].filename == __file__
    link.h = Variable(np.ones(2))  # outside, a Variable is an attribute as any other
    assert list(link.params()) == []


def test_a_list_of_what_is_registered_already_is_no_reason_to_warn():
    model = Chain(l1=L.Linear(2, 2), l2=L.Linear(2, 2))
    model.layers = [model.l1, model.l2]
    with pytest.warns(UserWarning, match="got a list of them"):
        model.layers = [model.l1, L.Linear(2, 2)]


def test_outside_init_scope_a_link_is_kept_but_not_registered():
    chain = Chain()
    with pytest.warns(UserWarning, match="init_scope"):
        chain.l1 = Scale(1)
    assert (names(chain), list(chain.children())) == ([], [])


def test_a_registered_parameter_can_be_replaced_without_a_warning():
    scale = Scale(1)
    new = Parameter(np.ones(1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scale.a = new
    assert next(scale.params()) is new
    assert names(scale) == ["/a", "/b"]


def test_a_deleted_attribute_is_not_registered_any_more():
    scale, model = Scale(1), MLP()
    del scale.a, model.first
    assert names(scale) == ["/b"]
    assert names(model) == ["/scale", "/second/W", "/second/b"]


def test_a_deleted_link_is_no_child_any_more():
    model = MLP()
    del model.first
    assert not hasattr(model, "first")
    assert [way for way, _ in model.namedlinks()] == ["/", "/second"]
    assert list(model.children()) == [model.second]
    model.first = "only a name now"
    assert [way for way, _ in model.namedlinks()] == ["/", "/second"]


def test_an_attribute_that_was_not_registered_can_be_deleted():
    model = MLP()
    model.note = "plain"
    del model.note
    assert not hasattr(model, "note")
    assert len(list(model.children())) == 2
    assert len(names(model)) == 5


@pytest.mark.parametrize("value", [None, np.ones(1), Variable(np.ones(1))])
def test_a_registered_parameter_gives_way_to_nothing_but_a_parameter(value):
    scale = Scale(1)
    a = scale.a
    with pytest.raises(TypeError, match="expected a Parameter"):
        scale.a = value
    assert next(scale.params()) is a


def test_a_registered_link_gives_way_to_nothing_but_a_link():
    model = MLP()
    with pytest.raises(TypeError, match="expected a Link"):
        model.first = None
    assert "/first/W" in names(model)


@pytest.mark.parametrize("value", [Parameter(0.0, (1,)), Scale(1)])
@pytest.mark.parametrize("name", ["copy", "note"])
def test_a_name_that_is_taken_is_not_registered(name, value):
    chain = Chain()
    chain.note = "taken"
    with (
        pytest.raises(AttributeError, match=rf"expected a new name .*'{name}'"),
        chain.init_scope(),
    ):
        setattr(chain, name, value)
    assert (chain.note, names(chain)) == ("taken", [])
    assert chain.copy().note == "taken"


@pytest.mark.parametrize("kind", [Link, ChainList, Sequential])
def test_a_link_is_not_quietly_an_attribute_of_what_has_no_named_children(kind):
    link = kind()
    with pytest.warns(UserWarning, match="expected a Scale to be assigned inside"):
        link.l1 = Scale(1)
    with pytest.raises(TypeError, match="a Chain is made of Links"), link.init_scope():
        link.l2 = Scale(1)
    assert names(link) == []


def test_init_scope_ends_even_after_an_error():
    link = Link()
    with pytest.raises(ZeroDivisionError), link.init_scope():
        assert link.within_init_scope
        raise ZeroDivisionError
    assert not link.within_init_scope


def test_init_scopes_nest():
    link = Link()
    with link.init_scope():
        with link.init_scope():
            pass
        assert link.within_init_scope
        link.a = Parameter(0.0, (1,))
    assert names(link) == ["/a"]


def test_the_scope_of_a_chain_is_not_that_of_its_children():
    chain = Chain()
    with chain.init_scope():
        chain.l1 = Scale(1)
        with pytest.warns(UserWarning, match="init_scope"):
            chain.l1.c = Parameter(0.0, (1,))
    assert names(chain) == ["/l1/a", "/l1/b"]


def test_a_link_moves_all_its_parameters_to_the_cpu(strict):
    model = to(strict, MLP())
    assert model.to_cpu() is model
    assert {type(p.data) for p in model.params()} == {np.ndarray}


def test_to_cpu_leaves_alone_what_waits_for_its_shape(strict):
    link = Link()
    with link.init_scope():
        link.ready, link.waiting = Parameter(strict.ones((2,))), Parameter(0.0)
    assert link.to_cpu() is link
    assert type(link.ready.data) is np.ndarray
    assert link.waiting.data is None


def test_a_chain_computes_and_learns_on_the_backend(xp):
    model = to(xp, MLP())
    x = xp.asarray(np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32))
    t = xp.asarray([0, 1, 0, 1, 1])
    F.softmax_cross_entropy(model(x), t).backward()
    assert {type(p.grad) for p in model.params()} == {xp.ndarray}
    assert {p.grad.dtype for p in model.params()} == {np.dtype(np.float32)}


def waiting():
    """Return a link with a parameter that is there and one that waits for its shape."""
    link = Link()
    with link.init_scope():
        link.ready, link.waiting = Parameter(0.0, (2,)), Parameter(0.0)
    return link


def test_what_waits_is_a_parameter_without_numbers():
    link = waiting()
    assert [p.name for p in link.params()] == ["ready", "waiting"]
    with pytest.warns(UserWarning, match="got /waiting waiting for a shape"):
        assert link.count_params() == 2
    with pytest.warns(DeprecationWarning, match="cleargrads"):
        link.zerograds()
    assert (link.ready.grad.tolist(), link.waiting.grad) == ([0, 0], None)


def test_to_gpu_needs_no_gpu_where_all_parameters_wait():
    link = Link()
    with link.init_scope():
        link.waiting = Parameter(0.0)
    assert link.to_gpu() is link


def test_links_yields_what_is_shared_once_and_can_skip_the_link_itself():
    model = Tied()
    assert list(map(id, model.links())) == [id(model), id(model.l1), id(model.l2)]
    assert list(map(id, model.links(skipself=True))) == [id(model.l1), id(model.l2)]


def test_a_deleted_parameter_leaves_its_name_and_its_place():
    scale = Scale(1)
    del scale.a
    scale.a = "only a name now"
    del scale.a
    with scale.init_scope():
        scale.a = Parameter(0.0, (1,))
    assert names(scale) == ["/b", "/a"]


class Forgetful(Chain):
    def __init__(self):
        """Forget super().__init__()."""

    def forward(self, x):
        return x


@pytest.mark.parametrize(
    "use",
    [
        lambda link: link(1),
        lambda link: link.init_scope().__enter__(),
        lambda link: setattr(link, "a", Parameter(0.0, (1,))),
        lambda link: setattr(link, "l1", Scale(1)),
        lambda link: Link.__setattr__(link, "a", Parameter(0.0, (1,))),
        lambda link: link.add_persistent("n", 1),
        lambda link: link.register_persistent("n"),
        lambda link: link["l1"],
        lambda link: link.copy(),
        lambda link: link.serialize(Saver([])),
        lambda link: Chain(inside=link),
    ],
)
def test_a_link_without_its_init_says_so(use):
    with pytest.raises(RuntimeError, match=r"Forgetful: expected Link.__init__ to have run"):
        use(Forgetful())


@pytest.mark.parametrize("kind", [Link, Chain, Sequential, L.Linear, L.BatchNormalization])
def test_what_is_missing_for_want_of_init_is_answered_so(kind):
    class Forgetful(kind):
        def __init__(self):
            """Forget super().__init__()."""

    link = Forgetful()
    assert not hasattr(link, "W")
    with pytest.raises(AttributeError, match=r"got 'b'. Write super\(\).__init__\(\) as the first"):
        link.b  # noqa: B018


# ---- persistent values ----


def test_a_persistent_value_is_an_attribute_and_no_parameter():
    link = Link()
    link.add_persistent("steps", 3)
    assert link.steps == 3
    link.steps += 1
    assert link.steps == 4
    assert (names(link), link.count_params()) == ([], 0)


def test_register_persistent_takes_an_attribute_that_is_there(strict):
    link = Link()
    link.mean = strict.ones(2)
    link.register_persistent("mean")
    link.to_cpu()
    assert type(link.mean) is np.ndarray


@pytest.mark.parametrize("name", ["a", "copy", "forward", "__class__"])
def test_a_persistent_value_needs_a_new_name(name):
    scale = Scale(1)
    a = scale.a
    with pytest.raises(AttributeError, match=rf"expected a new name .*'{name}'"):
        scale.add_persistent(name, 1)
    assert scale.a is a


def test_what_is_not_there_cannot_be_registered():
    for link in (Link(), L.Linear(2)):
        with pytest.raises(AttributeError, match="register_persistent: expected .*'W'"):
            link.register_persistent("W")


@pytest.mark.parametrize("value", [Parameter(0.0, (1,)), Scale(1)])
def test_parameters_and_links_do_not_persist_as_values(value):
    link = Chain()
    with pytest.raises(TypeError, match="add_persistent: expected"):
        link.add_persistent("a", value)
    assert not hasattr(link, "a")


def test_a_persistent_value_registered_twice_is_saved_once():
    link = Link()
    link.add_persistent("steps", 3)
    link.register_persistent("steps")
    assert saved(link) == [("/steps", 3)]


def test_a_parameter_is_not_registered_as_a_value():
    scale = Scale(1)
    with pytest.raises(TypeError, match="register_persistent: expected"):
        scale.register_persistent("a")
    assert [path for path, _ in saved(scale)] == ["/a", "/b"]


def test_a_deleted_persistent_value_is_forgotten():
    link = Link()
    link.add_persistent("steps", 3)
    del link.steps
    assert saved(link) == []
    assert not hasattr(link.copy("copy"), "steps")
    link.to_cpu()
    link.add_persistent("steps", 4)
    assert saved(link) == [("/steps", 4)]


# ---- serialize ----


class Saver:
    """Notes the path and the value of all that it is shown."""

    def __init__(self, seen, path=""):
        self.seen, self.path = seen, path

    def __getitem__(self, name):
        return Saver(self.seen, f"{self.path}/{name}")

    def __call__(self, name, value):
        self.seen.append((f"{self.path}/{name}", value))
        return value


class Loader:
    """Fills arrays in place and returns everything else, as Chainer's loaders do."""

    def __init__(self, values, path=""):
        self.values, self.path = values, path

    def __getitem__(self, name):
        return Loader(self.values, f"{self.path}/{name}")

    def __call__(self, name, value):
        new = self.values.get(f"{self.path}/{name}", value)
        if isinstance(value, np.ndarray):
            value[...] = new
            return value
        return new


def saved(link):
    seen = []
    link.serialize(Saver(seen))
    return seen


def test_serialize_shows_everything_once_with_its_path():
    model = MLP()
    model.first.add_persistent("steps", 7)
    seen = saved(model)
    paths = ["/scale", "/second/W", "/second/b", "/first/W", "/first/b", "/first/steps"]
    assert [path for path, _ in seen] == paths
    assert [id(value) for _, value in seen[:5]] == [id(p.data) for p in model.params()]
    assert seen[-1][1] == 7


def test_serialize_numbers_the_children_of_a_list():
    model = Sequential(F.relu, L.Linear(1, 1), ChainList(L.Linear(1, 1, nobias=True)))
    assert [path for path, _ in saved(model)] == ["/0/W", "/0/b", "/1/0/W"]


def test_serialize_fills_arrays_and_sets_numbers():
    model = MLP()
    model.add_persistent("steps", 0)
    W = model.first.W.data
    model.serialize(Loader({"/first/W": np.full((3, 4), 2.0), "/steps": 9}))
    assert model.first.W.data is W
    assert (np.unique(W).tolist(), model.steps) == ([2], 9)


def test_what_waits_is_saved_as_none_and_loaded_with_its_size():
    lazy, link = L.Linear(2), waiting()
    assert saved(lazy)[0] == ("/W", None)
    assert saved(link)[1] == ("/waiting", None)
    W = np.ones((2, 3), np.float32)
    lazy.serialize(Loader({"/W": W, "/b": np.array([5.0, 6.0])}))
    link.serialize(Loader({"/waiting": W}))
    assert (lazy.in_size, lazy.b.data.tolist(), names(lazy)) == (3, [5, 6], ["/W", "/b"])
    assert lazy(np.ones((1, 3), np.float32)).data.tolist() == [[8, 9]]
    lazy.W.data += 1
    assert (W == 1).all()
    assert (link.waiting.data == W).all()


def test_what_waits_in_the_file_too_keeps_waiting():
    lazy = L.Linear(2)
    lazy.serialize(Loader({"/b": np.array([5.0, 6.0])}))
    assert not hasattr(lazy, "W")
    assert lazy.b.data.tolist() == [5, 6]


def test_what_waited_has_the_dtype_that_it_would_have_had():
    """Chainer makes the parameter first and then copies the numbers."""
    lazy = L.Linear(2)
    lazy.serialize(Loader({"/W": np.ones((2, 3))}))
    assert lazy.W.dtype == np.float32
    other = L.Linear(2)
    other.copyparams(L.Linear(3, 2, initialW=np.ones((2, 3)), initial_bias=np.ones(2)))
    assert (other.W.dtype, other.b.dtype) == (np.float32, np.float32)
    assert other(np.ones((1, 3), np.float32)).data.tolist() == [[4, 4]]


# ---- what Python does with objects ----


def test_a_shallow_copy_has_the_same_parameters_in_lists_of_its_own():
    model, layers, lazy = MLP(), Sequential(L.Linear(1, 1)), L.Linear(2)
    model.add_persistent("steps", 1)
    others = [copy.copy(model), copy.copy(layers), copy.copy(lazy)]
    assert [type(other) for other in others] == [MLP, Sequential, L.Linear]
    assert others[0].first is model.first
    assert others[0].scale is model.scale
    assert others[1][0] is layers[0]
    others[0].add_link("extra", L.Linear(1, 1))
    others[0].add_persistent("more", 2)
    del others[0].scale
    others[1].append(L.Linear(1, 1))
    others[2](np.ones((1, 3), np.float32))
    assert names(model) == ["/scale", "/second/W", "/second/b", "/first/W", "/first/b"]
    assert [path for path, _ in saved(model)][:2] == ["/scale", "/steps"]
    assert (names(layers), names(lazy)) == (["/0/W", "/0/b"], ["/b"])


def test_a_shallow_copy_has_attributes_that_pickle_would_drop():
    class Half(Link):
        def __getstate__(self):
            return {}

    link = Half()
    link.size = 3
    assert copy.copy(link).size == 3
    assert link.copy().size == 3


def test_a_deep_copy_and_a_pickle_have_the_gradients():
    model = MLP()
    model(np.ones((2, 4), np.float32)).sum().backward()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for p, q in zip(model.params(), other.params(), strict=True):
            np.testing.assert_array_equal(p.grad, q.grad)
            assert p.grad is not q.grad


def test_python_can_copy_a_model_deeply():
    model = MLP()
    other = copy.deepcopy(model)
    other(np.ones((2, 4), np.float32)).sum().backward()
    assert [p.grad is None for p in model.params()] == [True] * 5
    assert [p.grad is None for p in other.params()] == [False] * 5


def test_a_model_can_be_pickled():
    model = MLP()
    other = pickle.loads(pickle.dumps(model))
    assert names(other) == names(model)
    other(np.ones((2, 4), np.float32)).sum().backward()
    assert [p.grad is None for p in other.params()] == [False] * 5
