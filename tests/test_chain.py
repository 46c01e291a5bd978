"""Chain, ChainList, Sequential: names, lists, calls, copies, and taking values over."""

import collections
import copy
import functools
import threading
import warnings
import weakref

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
    Variable,
    backend,
    initializers,
    optimizers,
)

MODES = ["share", "copy", "init"]


def names(link, **options):
    return [path for path, _ in link.namedparams(**options)]


def ways(link):
    return [path for path, _ in link.namedlinks()]


def sizes(links):
    """The output sizes of a list of Linears: each has another, so they tell them apart."""
    return [link.out_size for link in links]


def same(xs, ys):
    """Tell whether two lists hold the same objects."""
    return [id(x) for x in xs] == [id(y) for y in ys]


def linear(n):
    return L.Linear(1, n)


def to(xp, link):
    """Move the parameters of `link` to the backend."""
    for param in link.params(include_uninit=False):
        param.data = xp.asarray(backend.to_cpu(param.data))
    return link


def values(array):
    return backend.to_cpu(array).tolist()


def small():
    """Children with names, children with numbers, a parameter of its own, a persistent value."""
    model = Chain(l1=L.Linear(2, 3), rest=Sequential(L.Linear(3, 3), F.tanh, L.Linear(3, 1)))
    with model.init_scope():
        model.scale = Parameter(2.0, ())
    model.add_persistent("seen", np.array([1.0, 2.0]))
    return model


def run(model, x):
    return model.rest(model.l1(x)) * model.scale


def tied():
    """One link under two names, and one W in two links."""
    model = Chain(l1=L.Linear(2, 2), l2=L.Linear(2, 2))
    model.add_link("again", model.l1)
    model.l2.W = model.l1.W
    return model


X = np.array([[1, 2], [3, 4]], np.float32)


# ---- Chain ----


def test_a_chain_takes_links_by_name():
    l1, l2 = linear(1), linear(2)
    model = Chain(second=l2, first=l1)
    assert model.first is l1
    assert model["second"] is l2
    assert ways(model) == ["/", "/second", "/first"]
    assert same(model.children(), [l2, l1])


def test_add_link_is_an_assignment_in_the_scope():
    model = Chain()
    model.add_link("l1", linear(1))
    model.add_link("l2", linear(2))
    assert (model.l1.out_size, model["l2"].out_size) == (1, 2)
    assert names(model) == ["/l1/W", "/l1/b", "/l2/W", "/l2/b"]
    assert not model.within_init_scope


@pytest.mark.parametrize("wrong", [3, None, F.relu, L.Linear, "l1", [linear(1)]])
def test_a_chain_is_made_of_links_only(wrong):
    model = Chain()
    with pytest.raises(TypeError, match="expected a Link"):
        model.add_link("l1", wrong)
    with pytest.raises(TypeError, match="expected a Link"):
        Chain(l1=wrong)
    assert ways(model) == ["/"]


@pytest.mark.parametrize("name", ["copy", "params", "forward", "__call__", "init_scope"])
def test_the_name_of_a_method_is_no_name_for_a_link(name):
    with pytest.raises(AttributeError, match=rf"expected a new name .*'{name}'"):
        Chain(**{name: linear(1)})


def test_add_link_does_not_replace_a_child():
    first = linear(1)
    model = Chain(l1=first)
    with pytest.raises(AttributeError, match=r"expected a new name .*'l1'"):
        model.add_link("l1", linear(2))
    assert model.l1 is first


def test_a_child_can_be_replaced_and_keeps_its_place():
    model, new = Chain(l1=linear(1), l2=linear(2)), linear(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.l1 = new
    assert model["l1"] is new
    assert sizes(model.children()) == [3, 2]


def test_a_deleted_child_leaves_its_name():
    model = Chain(l1=linear(1), l2=linear(2))
    del model.l1
    assert ways(model) == ["/", "/l2"]
    model.add_link("l1", linear(3))
    assert sizes(model.children()) == [2, 3]


@pytest.mark.parametrize("name", ["l9", "copy", 0])
def test_the_name_of_no_child_is_named(name):
    with pytest.raises((KeyError, AttributeError), match=r"Chain: expected .*l1.*, got .*"):
        Chain(l1=linear(1))[name]


def test_chains_and_lists_nest_and_names_show_the_way():
    model = Chain(head=linear(1), blocks=ChainList(linear(2), Chain(a=linear(3))))
    assert ways(model) == ["/", "/head", "/blocks", "/blocks/0", "/blocks/1", "/blocks/1/a"]
    assert names(model)[2:] == [f"/blocks/{p}" for p in ("0/W", "0/b", "1/a/W", "1/a/b")]
    assert same(model.links(), [link for _, link in model.namedlinks()])
    assert same(model.params(), [param for _, param in model.namedparams()])


def test_repr_shows_the_tree():
    model = Chain(l1=linear(2), rest=Sequential(F.relu, linear(3)))
    assert repr(model) == (
        "Chain(\n"
        "  (l1): Linear(in_size=1, out_size=2, nobias=False),\n"
        "  (rest): Sequential(\n"
        "    (0): relu,\n"
        "    (1): Linear(in_size=1, out_size=3, nobias=False),\n"
        "  ),\n"
        ")"
    )
    assert [repr(kind()) for kind in (Link, Chain, ChainList)] == [
        "Link()",
        "Chain()",
        "ChainList()",
    ]


def test_repr_names_functions_and_what_has_no_name():
    class Scale:
        def __call__(self, x):
            return x

        def __repr__(self):
            return "Scale()"

    text = repr(Sequential(lambda x: x, Scale(), F.tanh))
    assert text == "Sequential(\n  (0): <lambda>,\n  (1): Scale(),\n  (2): tanh,\n)"


def test_a_subclass_is_shown_by_its_own_name():
    class Block(ChainList):
        pass

    assert repr(Block()) == "Block()"
    assert repr(Block(linear(1))).startswith("Block(\n  (0): Linear")


# ---- circles ----


def around_a_chain():
    model = Chain(l1=linear(1))
    with model.init_scope():
        model.me = model


def around_two_lists():
    inner = ChainList()
    outer = ChainList(inner)
    inner.append(outer)


def by_replacement():
    model = Chain(l1=linear(1))
    model.l1 = Chain(deep=model)


def by_index():
    layers = Sequential(linear(1))
    layers[0] = layers


def by_slice():
    layers = ChainList(linear(1))
    layers[:] = [Chain(deep=layers)]


def by_extend():
    layers = Sequential(linear(1))
    layers.extend([Sequential(layers)])


@pytest.mark.parametrize(
    "make", [around_a_chain, around_two_lists, by_replacement, by_index, by_slice, by_extend]
)
def test_a_link_that_holds_itself_is_refused(make):
    with pytest.raises(ValueError, match=r"expected links that do not hold this \w+, got one"):
        make()


def test_a_refused_circle_leaves_no_trace():
    model, layers = Chain(l1=linear(1)), ChainList(linear(2))
    for refused in (lambda: model.add_link("me", model), lambda: layers.insert(0, layers)):
        with pytest.raises(ValueError, match="do not hold"):
            refused()
    assert ways(model) == ["/", "/l1"]
    assert not hasattr(model, "me")
    assert sizes(layers) == [2]


def test_one_link_may_stand_at_several_places():
    shared = linear(1)
    model = Sequential(shared, Sequential(shared), shared)
    assert names(model) == ["/0/W", "/0/b"]
    assert [link for link in model.links(skipself=True) if link is shared] == [shared]
    assert len(model) == 3


def test_params_asks_a_shared_link_once():
    asked = []

    class Asked(Chain):
        def _named_children(self):
            asked.append(self)
            return super()._named_children()

    model = Asked(l=L.Linear(2, 2))
    for _ in range(3):
        model = Chain(a=model, b=model)
    asked.clear()  # assigning a child asks, too
    assert len(list(model.params())) == 2
    assert len(asked) == 1


def test_a_shared_link_is_updated_once():
    shared = L.Linear(1, 1, initialW=np.array([[1.0]]), nobias=True)
    model = ChainList(shared, shared, Chain(again=shared))
    optimizer = optimizers.SGD(lr=0.5).setup(model)
    shared.W.grad = np.array([[1.0]])
    optimizer.update()
    assert shared.W.data.tolist() == [[0.5]]


# ---- ChainList ----


@pytest.mark.parametrize("kind", [ChainList, Sequential])
def test_a_chain_list_is_a_list(kind):
    a, b, c, d = map(linear, (1, 2, 3, 4))
    links = kind(a, b)
    links.append(c)
    links.insert(1, d)
    assert same(links, [a, d, b, c])
    assert (links[0], links[-1], len(links)) == (a, c, 4)
    assert links.pop() is c
    assert links.pop(0) is a
    links.extend([c, a])
    assert same(links, [d, b, c, a])
    del links[1]
    links[0] = b
    links.remove(c)
    links += [d]
    assert same(links, [b, a, d])
    assert (links.index(a), links.count(a), a in links, c in links) == (1, 1, True, False)
    assert same(reversed(links), [d, a, b])
    links.reverse()
    assert same(links, [d, a, b])
    assert names(links)[:2] == ["/0/W", "/0/b"]
    assert next(links.params()) is d.W


@pytest.mark.parametrize("kind", [ChainList, Sequential])
def test_negative_and_far_places_are_those_of_a_list(kind):
    links = kind(linear(1), linear(2))
    links.insert(-1, linear(3))
    links.insert(99, linear(4))
    assert sizes(links) == [1, 3, 2, 4]


def test_sequentials_add_up():
    a, b, c = map(linear, (1, 2, 3))
    one, two = Sequential(a, F.relu), Sequential(b)
    both = one + two
    assert type(both) is Sequential
    assert same(both, [a, F.relu, b])
    assert (len(one), len(two)) == (2, 1)
    one += Sequential(c)
    assert same(one, [a, F.relu, c])


@pytest.mark.parametrize("wrong", [[linear(1)], linear(1), ChainList(linear(1)), F.relu, 0])
def test_a_sequential_adds_no_more_than_a_sequential(wrong):
    model = Sequential(linear(1))
    with pytest.raises(TypeError, match=r"Sequential \+ x: expected x as a Sequential, got"):
        model + wrong
    assert len(model) == 1


@pytest.mark.parametrize("kind", [ChainList, Sequential])
def test_slices_can_be_assigned_and_deleted(kind):
    links = kind(*map(linear, (1, 2, 3, 4)))
    links[1:3] = [linear(7)]
    assert sizes(links) == [1, 7, 4]
    links[:2] = (linear(n) for n in (8, 9))
    assert sizes(links) == [8, 9, 4]
    del links[::2]
    assert sizes(links) == [9]
    assert names(links) == ["/0/W", "/0/b"]


def test_a_part_of_a_chain_list_is_a_list():
    links = ChainList(*map(linear, (1, 2, 3)))
    assert type(links[1:]) is list
    assert same(links[1:], list(links)[1:])


@pytest.mark.parametrize("kind", [ChainList, Sequential])
def test_clear_keeps_nothing(kind):
    links = kind(*map(linear, (1, 2, 3)))
    links.clear()
    assert (len(links), list(links.params()), list(links.children())) == (0, [], [])
    links.append(linear(5))
    assert names(links) == ["/0/W", "/0/b"]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 12])
@pytest.mark.parametrize("kind", [ChainList, Sequential])
def test_children_come_in_the_order_of_the_list(kind, n):
    """Chainer's Sequential orders three and more as 0, n - 1, ..., 1."""
    links = kind(*map(linear, range(1, n + 1)))
    assert sizes(links.children()) == list(range(1, n + 1))
    assert [path for path, _ in links.namedlinks(skipself=True)] == [f"/{i}" for i in range(n)]


def test_add_link_appends():
    links = ChainList(linear(1))
    links.add_link(linear(2))
    assert sizes(links) == [1, 2]


@pytest.mark.parametrize(
    "put",
    [
        lambda links, x: links.append(x),
        lambda links, x: links.add_link(x),
        lambda links, x: links.insert(0, x),
        lambda links, x: links.extend([x]),
        lambda links, x: links.__setitem__(0, x),
        lambda links, x: links.__setitem__(slice(0, 1), [x]),
        lambda links, x: ChainList(x),
    ],
)
@pytest.mark.parametrize("wrong", [3, None, F.relu, L.Linear, [linear(1)]])
def test_a_chain_list_is_made_of_links_only(put, wrong):
    links = ChainList(linear(1))
    with pytest.raises(TypeError, match="expected a Link"):
        put(links, wrong)
    assert sizes(links) == [1]


@pytest.mark.parametrize("wrong", [3, None, L.Linear, "relu", [linear(1)], np.ones(1)])
def test_a_layer_is_a_link_or_a_function(wrong):
    layers = Sequential(linear(1))
    for put in (layers.append, Sequential, lambda x: layers.__setitem__(0, x)):
        with pytest.raises(TypeError, match="Sequential: expected a Link or a function"):
            put(wrong)
    assert sizes(layers) == [1]


def test_a_chain_list_may_have_parameters_of_its_own():
    class Model(ChainList):
        def __init__(self):
            super().__init__(linear(2))
            with self.init_scope():
                self.a = Parameter(1.0, (1,))

        def forward(self, x):
            return self[0](x) * self.a

    model = Model()
    assert names(model) == ["/a", "/0/W", "/0/b"]
    other = model.copy("copy")
    assert type(other) is Model
    assert other.a.data is not model.a.data  # Chainer's copy shares it
    assert other(np.ones((3, 1), np.float32)).shape == (3, 2)


def test_a_link_is_no_attribute_of_a_chain_list():
    links = ChainList()
    with pytest.raises(TypeError, match=r"Chain: a Chain is made of Links"), links.init_scope():
        links.l1 = linear(1)
    assert names(links) == []


def test_a_chain_list_says_that_it_has_no_forward():
    with pytest.raises(NotImplementedError, match="ChainList: expected a method `forward`"):
        ChainList(linear(1))(X)


class ForgetfulList(ChainList):
    def __init__(self):
        """Forget super().__init__()."""


class ForgetfulLayers(Sequential):
    def __init__(self):
        """Forget super().__init__()."""


@pytest.mark.parametrize("kind", [ForgetfulList, ForgetfulLayers])
@pytest.mark.parametrize(
    "use",
    [
        lambda links: links.append(linear(1)),
        lambda links: links.params().__next__(),
        lambda links: len(links),
        lambda links: links.copy(),
        lambda links: Chain(inside=links),
        lambda links: links(1),
    ],
)
def test_a_list_without_its_init_says_so(kind, use):
    with pytest.raises(RuntimeError, match=r"Forgetful\w+: expected Link.__init__ to have run"):
        use(kind())


# ---- Sequential ----


def test_a_sequential_calls_its_layers_in_order(xp):
    l1, l2 = to(xp, L.Linear(2, 3)), to(xp, L.Linear(3, 1))
    x = xp.asarray(X)
    y = Sequential(l1, F.tanh, l2)(x)
    assert values(y.data) == values(l2(F.tanh(l1(x))).data)


def test_tuples_between_layers_become_arguments():
    model = Sequential(lambda x, y: (x + y, x * y), lambda a, b: [a, b], lambda pair: pair[1])
    assert model(2, 5) == 10


def test_a_layer_may_return_anything():
    assert Sequential(lambda: None, lambda x: x is None)() is True


def test_an_empty_sequential_says_that_it_cannot_compute():
    with pytest.raises(RuntimeError, match="Sequential: expected at least one layer"):
        Sequential()(X)


def test_only_links_count_in_the_names_of_parameters():
    model = Sequential(F.relu, linear(1), F.tanh, linear(2))
    assert names(model) == ["/0/W", "/0/b", "/1/W", "/1/b"]
    assert [path for path, _ in model.namedlinks(skipself=True)] == ["/0", "/1"]


def test_a_part_of_a_sequential_computes_with_the_same_layers():
    model = Sequential(L.Linear(2, 3), F.tanh, L.Linear(3, 1))
    part = model[:2]
    assert type(part) is Sequential
    assert part[0] is model[0]
    assert values(model[2](part(X)).data) == values(model(X).data)


def test_a_part_of_a_subclass_is_a_plain_sequential():
    class Model(Sequential):
        def __init__(self, n):
            super().__init__(linear(n), F.relu)

    assert type(Model(3)[:1]) is Sequential
    assert type(Model(3).copy()) is Model


def test_a_sequential_learns(xp):
    model = to(xp, Sequential(L.Linear(2, 8), F.tanh, L.Linear(8, 1)))
    optimizer = optimizers.SGD(lr=0.3).setup(model)
    x = xp.asarray([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    t = xp.asarray([[0], [1], [1], [0]], dtype=np.float32)
    for _ in range(400):
        loss = F.mean_squared_error(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert loss.item() < 0.01


def test_a_sequential_takes_its_sizes_from_the_first_batch():
    model = Sequential(L.Linear(4), F.relu, L.Linear(2))
    optimizer = optimizers.SGD(lr=0.1).setup(model)
    before = list(model.params())
    assert names(model) == ["/0/b", "/1/b"]
    model.cleargrads()
    model(X).sum().backward()
    assert names(model) == ["/0/W", "/0/b", "/1/W", "/1/b"]
    W = model[2].W.data.copy()
    optimizer.update()  # it was set up before there was a W
    assert not (W == model[2].W.data).any()
    assert [p for p in before if p.grad is None] == []


# ---- copy ----


@pytest.mark.parametrize("mode", MODES)
def test_a_copy_is_another_model_of_the_same_build(mode, xp):
    model = to(xp, small())
    other = model.copy(mode)
    assert type(other) is Chain
    assert names(other) == names(model)
    assert ways(other) == ways(model)
    assert repr(other) == repr(model)
    mine = {id(x) for x in (*model.links(), *model.params())}
    assert not mine & {id(x) for x in (*other.links(), *other.params())}
    assert {type(p.data) for p in other.params()} == {xp.ndarray}
    assert [p.name for p in other.params()] == [p.name for p in model.params()]
    assert [p.dtype for p in other.params()] == [p.dtype for p in model.params()]
    assert run(other, xp.asarray(X)).shape == (2, 1)


def test_share_is_the_default_and_uses_the_same_arrays(xp):
    model = to(xp, small())
    other = model.copy()
    pairs = list(zip(model.params(), other.params(), strict=True))
    assert [p.data is q.data for p, q in pairs] == [True] * len(pairs)
    assert other.seen is model.seen
    run(other, xp.asarray(X)).sum().backward()
    assert [p.grad is None for p, _ in pairs] == [True] * len(pairs)
    optimizers.SGD(lr=1).setup(other).update()
    assert values(run(model, xp.asarray(X)).data) == values(run(other, xp.asarray(X)).data)


def test_copy_begins_with_equal_values_and_goes_its_own_way(xp):
    model = to(xp, small())
    other = model.copy("copy")
    x = xp.asarray(X)
    before = values(run(model, x).data)
    assert values(run(other, x).data) == before
    run(other, x).sum().backward()
    optimizers.SGD(lr=1).setup(other).update()
    other.seen += 1
    assert values(run(model, x).data) == before
    assert values(run(other, x).data) != before
    assert model.seen.tolist() == [1, 2]


def test_init_draws_anew(xp):
    model = to(xp, small())
    for p in model.params():
        p.data[...] = 7
    other = model.copy("init")
    assert other.scale.item() == 2
    assert values(other.l1.b.data) == [0, 0, 0]
    W = np.array(values(other.l1.W.data))
    assert len(np.unique(W)) == W.size
    assert 0.1 < abs(W).max() < 7
    assert {v for p in model.params() for v in np.ravel(values(p.data))} == {7}


@pytest.mark.parametrize("mode", MODES)
def test_a_copy_has_no_gradients(mode):
    model = small()
    run(model, X).sum().backward()
    assert [p.grad for p in model.copy(mode).params()] == [None] * 7
    assert all(p.grad is not None for p in model.params())


@pytest.mark.parametrize("mode", MODES)
def test_what_is_shared_stays_shared_in_the_copy(mode):
    model = tied()
    other = model.copy(mode)
    assert other.again is other.l1
    assert other.l2.W is other.l1.W
    assert other.l1.W is not model.l1.W
    assert names(other) == ["/l1/W", "/l1/b", "/l2/b"]


@pytest.mark.parametrize("mode", MODES)
def test_arrays_that_are_tied_are_tied_in_the_copy(mode, xp):
    model = to(xp, Chain(a=L.Linear(2, 2)))
    model.add_link("b", model.a.copy())
    assert model.b.W is not model.a.W
    other = model.copy(mode)
    assert other.a.W.data is other.b.W.data
    assert other.a.b.data is other.b.b.data
    assert other.a.W is not other.b.W
    assert (other.a.W.data is model.a.W.data) == (mode == "share")
    equal = values(other.a.W.data) == values(model.a.W.data)
    assert equal == (mode != "init")


class Positive(Parameter):
    pass


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2,), None])
def test_a_parameter_of_a_subclass_keeps_its_class_and_attributes(mode, shape):
    link = Link()
    with link.init_scope():
        link.w = Positive(0.5, shape, name="weight")
    link.w.limits = [0, 1]
    for other in (link, link.repeat(1, mode)[0]) if shape or mode != "share" else ():
        assert (type(other.w), other.w.limits, other.w.name) == (Positive, [0, 1], "weight")
    if shape:
        other.w.limits.append(2)
        assert link.w.limits == [0, 1]
        assert other.w.data.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("mode", MODES)
def test_a_parameter_that_holds_another_is_copied_with_it(mode):
    link = Link()
    with link.init_scope():
        link.a, link.b = Positive(0.5, (2,)), Parameter(0.5, (2,))
    link.a.partner, link.a.owner = link.b, link
    other = link.copy(mode)
    assert other.a.partner is other.b is not link.b
    assert other.a.owner is other
    assert (other.b.data is link.b.data) == (mode == "share")


Pair = collections.namedtuple("Pair", "one other")

HOLD = {  # how a Chain keeps its children besides, and how to get at l1 there
    "attribute": (lambda m: m.l1, lambda held: held),
    "list": (lambda m: [m.l1, 3], lambda held: held[0]),
    "tuple": (lambda m: (3, m.l1), lambda held: held[1]),
    "dict": (lambda m: {"x": m.l1}, lambda held: held["x"]),
    "keys": (lambda m: {m.l1: 3}, lambda held: next(iter(held))),
    "set": (lambda m: {m.l1}, lambda held: next(iter(held))),
    "frozenset": (lambda m: frozenset([m.l1]), lambda held: next(iter(held))),
    "ordered": (lambda m: collections.OrderedDict(x=m.l1), lambda held: held["x"]),
    "namedtuple": (lambda m: Pair(m.l1, 3), lambda held: held.one),
    "nested": (lambda m: [({"x": [m.l1]},)], lambda held: held[0][0]["x"][0]),
    "method": (lambda m: m.l1.forward, lambda held: held.__self__),
    "own method": (lambda m: m.forward, lambda held: held.__self__.l1),
    "methods": (lambda m: [m.l1.forward], lambda held: held[0].__self__),
    "partial": (lambda m: functools.partial(m.l1, n_batch_axes=1), lambda held: held.func),
    "argument": (lambda m: functools.partial(print, m.l1), lambda held: held.args[0]),
}


def holding(make):
    class Model(Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.l1 = L.Linear(2, 2)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that `held` is not registered
                self.held = make(self)

        def forward(self, x):
            return self.l1(x)

    return Model()


@pytest.mark.parametrize("name", HOLD)
@pytest.mark.parametrize("mode", [*MODES, "deepcopy"])
def test_what_holds_the_children_besides_holds_those_of_the_copy(name, mode):
    make, get = HOLD[name]
    model = holding(make)
    other = copy.deepcopy(model) if mode == "deepcopy" else model.copy(mode)
    assert get(other.held) is other.l1
    assert get(model.held) is model.l1
    assert type(other.held) is type(model.held)


def test_a_list_that_holds_itself_is_copied():
    model = holding(lambda m: [m.l1])
    model.held.append(model.held)
    other = model.copy()
    assert other.held[1] is other.held is not model.held
    assert other.held[0] is other.l1


def test_a_parameter_that_is_held_besides_is_that_of_the_copy():
    model = holding(lambda m: {"W": m.l1.W, "array": m.l1.W.data})
    other = model.copy("copy")
    assert other.held["W"] is other.l1.W
    assert other.held["array"] is other.l1.W.data


def test_a_link_that_names_its_children_is_copied_with_them():
    class Two(Link):
        def __init__(self):
            super().__init__()
            self.both = [linear(1), linear(2)]

        def _named_children(self):
            return list(zip("ab", self.both, strict=True))

    model = Two()
    other = model.copy("copy")
    assert sizes(other.both) == [1, 2]
    assert other.both[0] is not model.both[0]


def test_a_link_beside_the_family_is_not_copied():
    friend, model = linear(1), holding(lambda m: [m.l1])
    model.held.append(friend)
    assert model.copy("copy").held[1] is friend


class Holder:
    def __init__(self, link):
        self.link = link

    def step(self, x):
        return self.link(x)


def with_default(link):
    return lambda x, link=link: link(x)


FUNCTIONS = {
    "function": lambda m: lambda x: m.l1(x),
    "of the link": lambda m: (lambda link: lambda x: link(x))(m.l1),
    "default": lambda m: with_default(m.l1),
    "in a list": lambda m: [F.relu, lambda x: m.l1(x)],
    "object": lambda m: Holder(m.l1),
    "method of an object": lambda m: Holder(m.l1).step,
    "reference": lambda m: Holder([m.l1]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("mode", MODES)
def test_a_copy_warns_of_what_still_leads_to_the_original(name, mode):
    model = holding(FUNCTIONS[name])
    with pytest.warns(UserWarning, match=r"copy: expected links .* got Model.held, an? ") as caught:
        model.copy(mode)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_copy_does_not_warn_of_other_functions_and_objects():
    other = linear(1)

    def never():
        return later

    model = holding(lambda m: [F.relu, lambda x: other(x), Holder(3), np, Chain, never, {1: 2}])
    assert model.copy("copy").held[:1] == [F.relu]
    later = 1


@pytest.mark.parametrize("mode", MODES)
def test_a_copy_keeps_what_cannot_be_copied(mode):
    model = holding(lambda m: [threading.Lock()])
    model.xp = np
    other = model.copy(mode)
    assert other.held[0] is model.held[0]
    assert other.xp is np


@pytest.mark.parametrize("mode", MODES)
def test_a_list_shares_in_its_copy_too(mode):
    layer = linear(1)
    model = ChainList(layer, Sequential(layer, F.relu), layer)
    other = model.copy(mode)
    assert other[0] is other[2] is other[1][0] is not layer
    assert other.count_params() == 2


@pytest.mark.parametrize("mode", MODES)
def test_the_copy_of_a_list_is_another_list(mode):
    model = Sequential(linear(1), F.relu)
    other = model.copy(mode)
    other.append(linear(2))
    other[0] = linear(3)
    assert (len(model), sizes(model.children())) == (2, [1])
    assert model[1] is other[1] is F.relu


@pytest.mark.parametrize("mode", MODES)
def test_what_the_copy_registers_is_its_own(mode):
    model = small()
    other = model.copy(mode)
    with other.init_scope():
        other.l3, other.extra = linear(1), Parameter(0.0, (1,))
    other.add_persistent("count", 1)
    del other.scale
    assert names(model) == names(small())
    assert not hasattr(model, "count")
    assert "/scale" not in names(other)
    assert run(model, X).shape == (2, 1)


@pytest.mark.parametrize("mode", ["copy", "init"])
def test_a_first_value_given_as_an_array_is_not_shared(mode):
    f = L.Linear(2, 1, initialW=np.array([[3.0, 4.0]]), initial_bias=np.array([5.0]))
    f(X.astype(float)).sum().backward()
    g = f.copy(mode)
    assert (g.W.data.tolist(), g.b.data.tolist(), g.W.dtype) == ([[3, 4]], [5], np.float64)
    optimizers.SGD(lr=1).setup(f).update()
    assert (g.W.data.tolist(), g.b.data.tolist()) == ([[3, 4]], [5])


@pytest.mark.parametrize("mode", ["copy", "init"])
def test_copies_that_wait_draw_other_first_values(mode):
    """They share the initializer, and with it where its random numbers go on."""
    f = L.Linear(2, initialW=initializers.Normal(rng=np.random.default_rng(0)))
    one, other = f.copy(mode), f.copy(mode)
    one(X)
    other(X)
    assert (one.W.data != other.W.data).all()
    link = Link()
    with link.init_scope():
        link.p = Parameter(initializers.Normal(rng=np.random.default_rng(0)))
    one, other = link.copy(mode), link.copy(mode)
    one.p.initialize(3)
    other.p.initialize(3)
    assert (one.p.data != other.p.data).all()


@pytest.mark.parametrize("mode", MODES)
def test_the_copy_of_a_partial_has_its_attributes(mode):
    link = Link()
    link.f = functools.partial(print, end="")
    link.f.note = 3
    assert link.copy(mode).f.note == 3


@pytest.mark.parametrize("mode", ["copy", "init"])
def test_a_model_that_waits_is_copied_waiting(mode):
    model = Sequential(L.Linear(4), F.relu, L.Linear(2))
    other = model.copy(mode)
    other(X)
    assert [layer.in_size for layer in other.children()] == [2, 4]
    assert names(model) == ["/0/b", "/1/b"]
    assert model(np.ones((1, 7), np.float32)).shape == (1, 2)
    assert other[0].W.shape == (4, 2)


@pytest.mark.parametrize("mode", ["copy", "init"])
def test_a_parameter_that_waits_is_copied_waiting(mode):
    link = Link()
    with link.init_scope():
        link.a = Parameter(3.0)
    other = link.copy(mode)
    other.a.initialize((2,))
    assert other.a.data.tolist() == [3, 3]
    assert not link.a.is_initialized


def test_a_link_that_waits_cannot_be_shared():
    link = Link()
    with link.init_scope():
        link.a = Parameter(3.0)
    for waits, path in [
        (L.Linear(2), "/W"),
        (Sequential(F.relu, L.Linear(2)), "/0/W"),
        (link, "/a"),
    ]:
        for share in (waits.copy, lambda link=waits: link.repeat(2, mode="share")):
            with pytest.raises(RuntimeError, match=rf"copy: expected arrays to share, got {path},"):
                share()
        assert len(waits.repeat(2, mode="copy")) == len(waits.repeat(2)) == 2


def test_a_shared_copy_of_what_waits_does_not_part_unseen():
    """Either both get the same W, or the copy is refused with a sentence."""
    link = L.Linear(2)
    try:
        other = link.copy("share")
    except RuntimeError as error:
        assert str(error).startswith("copy: expected")
    else:
        other(X)
        assert link.W.data is other.W.data


def test_a_shared_copy_of_what_waits_is_fine_after_the_first_batch():
    link = L.Linear(2)
    link(X)
    assert link.copy().W.data is link.W.data


@pytest.mark.parametrize("mode", ["deep", None, "", 1])
def test_an_unknown_mode_is_named(mode):
    with pytest.raises(ValueError, match="copy: expected mode to be 'share' or 'copy' or 'init'"):
        small().copy(mode)


def test_a_copied_model_learns_what_the_first_one_does():
    model = Sequential(L.Linear(2, 4), F.tanh, L.Linear(4, 1))
    other = model.copy("copy")
    for each in (model, other):
        optimizer = optimizers.SGD(lr=0.1).setup(each)
        for _ in range(3):
            optimizer.update(lambda each=each: F.sum(each(X) ** 2))
    np.testing.assert_array_equal(model(X).data, other(X).data)


# ---- repeat ----


@pytest.mark.parametrize("mode", MODES)
def test_repeat_makes_a_sequential_of_copies(mode):
    layer = L.Linear(2, 2)
    model = layer.repeat(3, mode)
    assert type(model) is Sequential
    assert names(model) == [f"/{i}/{p}" for i in range(3) for p in "Wb"]
    assert len({id(x) for x in (layer, *model)}) == 4
    arrays = {id(each.W.data) for each in (layer, *model)}
    assert len(arrays) == (1 if mode == "share" else 4)
    equal = [(each.W.data == layer.W.data).all() for each in model]
    assert equal == [mode != "init"] * 3
    assert model(X).shape == (2, 2)


def test_repeat_draws_anew_unless_told_otherwise():
    model = Sequential(L.Linear(2, 2), F.relu).repeat(2)
    assert not (model[0][0].W.data == model[1][0].W.data).any()
    assert names(model) == ["/0/0/W", "/0/0/b", "/1/0/W", "/1/0/b"]


def test_what_is_repeated_learns_apart():
    """The default must not share a first value that was given as an array."""
    model = L.Linear(1, 1, initialW=np.ones((1, 1), np.float32)).repeat(2)
    model[0].W.data += 1
    assert (model[0].W.item(), model[1].W.item()) == (2, 1)


def test_repeat_no_times_is_an_empty_sequential():
    assert len(linear(1).repeat(0)) == 0


@pytest.mark.parametrize("n", [-1, 2.5, "3", None, True])
def test_repeat_wants_a_whole_number(n):
    with pytest.raises(ValueError, match="repeat: expected a whole number"):
        linear(1).repeat(n)


# ---- copyparams ----


def test_copyparams_takes_the_numbers_and_keeps_the_arrays(xp):
    model, other = to(xp, small()), to(xp, small())
    arrays = [p.data for p in other.params()]
    run(model, xp.asarray(X)).sum().backward()
    other.copyparams(model)
    assert same([p.data for p in other.params()], arrays)
    assert [values(p.data) for p in other.params()] == [values(p.data) for p in model.params()]
    assert [p.grad for p in other.params()] == [None] * 7
    model.l1.W.data += 1
    assert values(other.l1.W.data) != values(model.l1.W.data)


def test_copyparams_takes_persistent_values_unless_told_otherwise():
    model, other, third = small(), small(), small()
    for n, each in enumerate([model, other, third]):
        each.l1.add_persistent("n", n)
        each.rest[0].add_persistent("notes", [n])
    model.seen += 10
    other.copyparams(model)
    third.copyparams(model, copy_persistent=False)
    assert (other.seen.tolist(), other.l1.n, other.rest[0].notes) == ([11, 12], 0, [0])
    assert (third.seen.tolist(), third.l1.n, third.rest[0].notes) == ([1, 2], 2, [2])
    model.seen += 1
    model.rest[0].notes.append(5)
    assert (other.seen.tolist(), other.rest[0].notes) == ([11, 12], [0])


def test_copyparams_keeps_the_dtype():
    single, double = L.Linear(2, 1), L.Linear(2, 1, initialW=np.ones((1, 2)))
    single.copyparams(double)
    assert (single.W.dtype, single.W.data.tolist()) == (np.float32, [[1, 1]])
    double.copyparams(single)
    assert double.W.dtype == np.float64


def test_copyparams_goes_between_cpu_and_gpu(strict):
    there, here = to(strict, small()), small()
    there.seen = strict.asarray(there.seen)
    here.copyparams(there)
    assert {type(p.data) for p in here.params()} == {np.ndarray}
    assert type(here.seen) is np.ndarray
    assert [values(p.data) for p in here.params()] == [values(p.data) for p in there.params()]
    here.l1.W.data += 1
    there.copyparams(here)
    assert {type(p.data) for p in there.params()} == {strict.ndarray}
    assert values(there.l1.W.data) == values(here.l1.W.data)


def test_copyparams_from_a_link_that_waits_changes_nothing():
    """Chainer draws new values for the source and puts them over those of the target."""
    model, source = L.Linear(2, 3), L.Linear(3, initial_bias=5)
    W = model.W.data.copy()
    model.copyparams(source)
    assert model.W.data.tolist() == W.tolist()
    assert model.b.data.tolist() == [5, 5, 5]
    assert not hasattr(source, "W")


def test_copyparams_to_a_link_that_waits_ends_the_waiting(xp):
    model = Sequential(L.Linear(3), F.relu, L.Linear(1))
    optimizer = optimizers.SGD(lr=0.5).setup(model)
    source = to(xp, Sequential(L.Linear(2, 3), F.relu, L.Linear(3, 1)))
    to(xp, model).copyparams(source)
    assert [layer.in_size for layer in model.children()] == [2, 3]
    assert names(model) == names(source)
    x = xp.asarray(X)
    assert values(model(x).data) == values(source(x).data)
    before = values(model[2].b.data)
    model(x).sum().backward()
    optimizer.update()
    assert values(model[2].b.data) == [before[0] - 1]
    assert values(source[2].b.data) == before


def test_copyparams_between_two_that_wait_leaves_both_waiting():
    model, source = L.Linear(3), L.Linear(3)
    model.copyparams(source)
    assert not hasattr(model, "W")
    assert not hasattr(source, "W")


def test_copyparams_initializes_a_parameter_that_waits():
    links = [Link(), Link()]
    for link, shape in zip(links, [None, (2,)], strict=True):
        with link.init_scope():
            link.a = Parameter(3.0, shape)
    links[0].copyparams(links[1])
    assert links[0].a.data.tolist() == [3, 3]
    assert links[0].a.data is not links[1].a.data


def test_copyparams_of_what_is_shared():
    model, other = tied(), tied()
    other.copyparams(model)
    assert other.l2.W is other.l1.W
    assert [p.data.tolist() for p in other.params()] == [p.data.tolist() for p in model.params()]


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (lambda: linear(2), lambda: linear(3)),
        (lambda: L.Linear(2, 3), lambda: L.Linear(1, 3)),  # NumPy would stretch it
        (lambda: L.Linear(3), lambda: L.Linear(4, 2)),
        (lambda: linear(2), lambda: L.Linear(1, 2, nobias=True)),
        (lambda: L.Linear(1, 2, nobias=True), lambda: linear(2)),
        (lambda: Chain(l1=linear(1)), lambda: Chain(l2=linear(1))),
        (lambda: Chain(l1=linear(1)), lambda: linear(1)),
        (lambda: ChainList(linear(1)), lambda: ChainList(linear(1), linear(1))),
        (lambda: ChainList(linear(1), linear(1)), lambda: ChainList(linear(1))),
    ],
)
def test_copyparams_wants_a_link_that_is_built_alike(target, source):
    target, source = target(), source()
    before = [p.data.copy() for p in target.params()]
    with pytest.raises(ValueError, match=r"copyparams: expected .*, got .*"):
        target.copyparams(source)
    assert all(map(np.array_equal, before, [p.data for p in target.params()]))


@pytest.mark.parametrize("method", ["copyparams", "addgrads"])
def test_numbers_come_from_a_link(method):
    with pytest.raises(TypeError, match=f"{method}: expected a Link, got"):
        getattr(linear(1), method)([np.ones((1, 1))])


def test_copyparams_into_what_is_read_only_changes_nothing():
    model, other = small(), small()
    before = [p.data.copy() for p in other.params()]
    last = list(other.params())[-1]
    last.data.flags.writeable = False
    with pytest.raises(ValueError, match=r"copyparams: expected /rest/1/b as an array that can be"):
        other.copyparams(model)
    last.data.flags.writeable = True
    other.seen.flags.writeable = False
    with pytest.raises(ValueError, match=r"copyparams: expected /seen as an array that can be"):
        other.copyparams(model)
    other.copyparams(other, copy_persistent=False)  # then it need not be written
    assert all(map(np.array_equal, before, [p.data for p in other.params()]))


@pytest.mark.parametrize("value", [300, 1.5, -200])
def test_copyparams_does_not_wrap_whole_numbers(value, xp):
    one, two = Link(), Link()
    one.add_persistent("n", xp.asarray(np.array([1.0, 2.0])))
    two.add_persistent("n", xp.asarray(np.array([0, 0], np.int8)))
    two.copyparams(one)
    assert values(two.n) == [1, 2]
    one.n[0] = value
    with pytest.raises(ValueError, match=r"copyparams: expected numbers for /n that fit into int8"):
        two.copyparams(one)
    assert values(two.n) == [1, 2]


@pytest.mark.parametrize(("mine", "other"), [(0, np.array(3)), (np.array(0), 3), (0, 3), (None, 3)])
def test_copyparams_takes_numbers_and_arrays_of_no_axis_for_each_other(mine, other):
    one, two = Link(), Link()
    one.add_persistent("n", mine)
    two.add_persistent("n", other)
    one.copyparams(two)
    assert one.n == 3


# ---- addgrads ----


def test_addgrads_adds_what_is_there(xp):
    model, other = to(xp, ChainList(linear(1), linear(1))), to(xp, ChainList(linear(1), linear(1)))
    ones = xp.ones((1, 1), dtype=np.float32)
    model[0].W.grad, model[1].W.grad = ones, ones * 2
    other[0].W.grad, other[1].b.grad = ones * 4, xp.ones((1,), dtype=np.float32)
    other.addgrads(model)
    expected = [[[5]], None, [[2]], [1]]
    assert [p.grad if p.grad is None else values(p.grad) for p in other.params()] == expected
    assert (values(model[0].W.grad), model[0].b.grad) == ([[1]], None)


def test_addgrads_takes_no_array_of_the_other(xp):
    """Chainer's addgrads lets two links hold one array."""
    model, other = to(xp, linear(1)), to(xp, linear(1))
    model.W.grad = xp.ones((1, 1), dtype=np.float32)
    other.addgrads(model)
    other.W.grad[...] = 9
    other.addgrads(model)
    assert (values(model.W.grad), values(other.W.grad)) == ([[1]], [[10]])


def test_addgrads_leaves_an_array_that_somebody_else_holds():
    model, other = linear(1), linear(1)
    model.W.grad = other.W.grad = g = np.ones((1, 1), np.float32)
    other.addgrads(model)
    assert (g.tolist(), other.W.grad.tolist()) == ([[1]], [[2]])


def test_addgrads_of_a_model_to_itself_doubles():
    model = linear(1)
    model.W.grad = np.ones((1, 1), np.float32)
    model.addgrads(model)
    assert model.W.grad.tolist() == [[2]]


def test_addgrads_adds_what_is_shared_once():
    """Chainer adds it once for each name."""
    model, other = tied(), tied()
    for p in model.params():
        p.grad = np.ones_like(p.data)
    other.addgrads(model)
    assert [np.unique(p.grad).tolist() for p in other.params()] == [[1], [1], [1]]


def test_addgrads_goes_between_cpu_and_gpu(strict):
    there, here = to(strict, linear(1)), linear(1)
    there.W.grad = strict.ones((1, 1), dtype=np.float32)
    here.addgrads(there)
    assert type(here.W.grad) is np.ndarray
    there.addgrads(here)
    assert values(there.W.grad) == [[2]]


def test_halves_of_a_batch_give_the_gradient_of_the_whole():
    """What addgrads is for: several copies, each with a part of the data."""
    model = small()
    parts = [model.copy(), model.copy()]
    for part, x in zip(parts, np.split(X, 2), strict=True):
        run(part, x).sum().backward()
    total = model.copy()
    for part in parts:
        total.addgrads(part)
    run(model, X).sum().backward()
    for p, q in zip(model.params(), total.params(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-5, atol=1e-6)


def test_addgrads_and_links_that_wait():
    model, lazy = L.Linear(2, 3), L.Linear(3)
    model.addgrads(lazy)
    assert model.W.grad is None
    model.W.grad = np.ones((3, 2), np.float32)
    with pytest.raises(ValueError, match=r"addgrads: expected /W to be there.* copyparams"):
        lazy.addgrads(model)
    lazy.copyparams(model)
    lazy.addgrads(model)
    assert lazy.W.grad.tolist() == [[1, 1]] * 3


@pytest.mark.parametrize("source", [linear(3), L.Linear(1, 2, nobias=True), ChainList(linear(2))])
def test_addgrads_wants_a_link_that_is_built_alike(source):
    for p in source.params():
        p.grad = np.ones_like(p.data)
    target = linear(2)
    with pytest.raises(ValueError, match=r"addgrads: expected .*, got .*"):
        target.addgrads(source)
    assert [p.grad for p in target.params()] == [None, None]


# ---- memory, moves ----


@pytest.mark.parametrize("mode", [None, *MODES])
def test_a_model_that_nobody_holds_is_freed(mode, no_gc):
    model = small()
    optimizer = optimizers.SGD(lr=0.1).setup(model)
    run(model, X).sum().backward()
    optimizer.update()
    if mode is not None:
        model = model.copy(mode)
        optimizer.setup(model)
    gone = [weakref.ref(x) for x in (model, model.rest, model.rest[0], model.rest[0].W)]
    del optimizer, model
    assert [ref() for ref in gone] == [None] * 4


def test_a_link_taken_out_of_a_list_is_freed(no_gc):
    links = Sequential(linear(1), linear(2), linear(3))
    gone = [weakref.ref(link) for link in links]
    del links[0]
    links.pop()
    links.clear()
    assert [ref() for ref in gone] == [None] * 3


def test_to_cpu_moves_what_persists_too(strict):
    model = to(strict, small())
    model.seen = strict.asarray(model.seen)
    model.rest.add_persistent("note", "stays as it is")
    assert model.to_cpu() is model
    assert {type(p.data) for p in model.params()} == {np.ndarray}
    assert type(model.seen) is np.ndarray
    assert (model.seen.tolist(), model.rest.note) == ([1, 2], "stays as it is")


def test_gradients_move_with_their_parameters(strict):
    model = to(strict, linear(1))
    model.W.grad = strict.ones((1, 1), dtype=np.float32)
    model.to_cpu()
    assert type(model.W.grad) is np.ndarray


@pytest.mark.parametrize("kind", [Link, Chain, ChainList, Sequential])
@pytest.mark.parametrize("hold", [list, tuple, lambda links: dict(enumerate(links))])
def test_links_in_a_container_are_warned_of_where_it_was_assigned(kind, hold):
    link = kind()
    with pytest.warns(UserWarning, match="Put Links into a ChainList") as caught:
        link.parts = hold([linear(1)])
    assert [warning.filename for warning in caught] == [__file__]
    link.sizes = hold([1, 2])


def test_a_link_that_names_its_children_may_keep_them_in_a_list():
    class Pair(Link):
        def __init__(self):
            super().__init__()
            self.both = [linear(1), linear(2)]

        def _named_children(self):
            return list(zip("ab", self.both, strict=True))

    class Same(Pair):
        pass

    assert names(Same()) == ["/a/W", "/a/b", "/b/W", "/b/b"]


def test_a_variable_is_no_layer():
    with pytest.raises(TypeError, match="F.relu without"):
        Sequential(F.relu(Variable(X)))
