"""Link and Chain: what they register, in which order, and what they do with it."""

import warnings

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import Chain, Link, Parameter, Variable, backend


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
    assert L.Linear(None, 3).count_params() == 3


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
    ],
)
def test_a_link_without_its_init_says_so(use):
    with pytest.raises(RuntimeError, match=r"Forgetful: expected Link.__init__ to have run"):
        use(Forgetful())
