"""See in Chainer 7.8.1 what chapters/rules.md says of it, where the library differs.

    chainer39/bin/python tests/golden/rules.py

README.md says how to get that Python. Each function here is named after the test that pins the
row, without its `test_`. Rows whose test compares with recorded values of Chainer have none.
"""

import copy
import functools
import io
import os
import pickle
import tempfile
import types
import warnings

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import (
    Chain,
    ChainList,
    Sequential,
    Variable,
    gradient_check,
    initializers,
    optimizers,
    serializers,
)


def array(*numbers):
    return np.array(numbers, np.float32)


def matrix():
    return Variable(np.ones((2, 3), np.float32))


def fails(kind, run):
    try:
        run()
    except kind:
        return True
    return False


def data_and_array_are_the_array_itself():
    a = array(1, 2)
    x = Variable(a)
    return x.data is a and x.array is a


def numbers_that_no_gpu_has_are_refused():
    dtypes = (np.longdouble, np.complex64)
    return all(Variable(np.zeros(2, dtype)).dtype == dtype for dtype in dtypes)


def only_floats_have_gradients():
    x = Variable(np.array([1, 2]))
    x.grad = np.array([3, 4])
    return x.grad.tolist() == [3, 4]


def a_masked_array_does_not_lose_its_mask():
    x = Variable(np.ma.masked_array(array(1, 2), [True, False]))
    return isinstance(x.array, np.ma.MaskedArray)


def gradients_add_up_over_calls_until_cleargrad():
    x = Variable(array(2))
    for factor in (3, 5):
        (x * factor).backward()
    added = x.grad == 8
    x.cleargrad()
    return added and x.grad is None


def retain_grad_keeps_the_gradients_on_the_way():
    kept = []
    for retain_grad in (True, False):
        x = Variable(array(2))
        h = x * 3
        y = h * h
        y.backward(retain_grad=retain_grad)
        kept.append(h.grad is not None)
    return kept == [True, False]


def grad_checks_shape_and_dtype_at_once():
    x = matrix()
    wrong = [array(1), np.ones((2, 3)), [1]]
    return all(fails((TypeError, ValueError), lambda g=g: setattr(x, "grad", g)) for g in wrong)


def a_grad_var_that_you_hold_survives_cleargrad():
    x = Variable(array(2))
    (x * 3).backward()
    held = x.grad_var
    x.cleargrad()
    return held.array == 3 and x.grad is None


def no_comparison_of_variables():
    x = matrix()
    tries = [lambda: x == x, lambda: x < x, lambda: bool(x), lambda: hash(x)]
    return all(fails(TypeError, run) for run in tries)


def two_variables_of_different_dtypes_are_not_mixed():
    x = matrix()
    mixed = fails(chainer.utils.type_check.InvalidType, lambda: x + Variable(np.ones((2, 3))))
    return mixed and (x + 1.5).dtype == np.float32


def every_tied_element_gets_the_full_gradient():
    x = matrix()
    F.sum(F.max(x, axis=1)).backward()
    return (x.grad == 1).all()


def gradient_at_a_kink():
    x = Variable(array(0))
    F.leaky_relu(x).backward()
    return np.isclose(x.grad, 0.2)


def max_pooling_covers_all_pixels_unless_told_otherwise():
    x = np.ones((1, 1, 3, 3), np.float32)
    largest, average = F.max_pooling_2d(x, 2), F.average_pooling_2d(x, 2)
    return largest.shape == (1, 1, 2, 2) and average.shape == (1, 1, 1, 1)


def the_window_is_not_turned_round():
    x, W = array(0, 1, 5).reshape(1, 1, 1, 3), array(-1, 1).reshape(1, 1, 1, 2)
    return F.convolution_2d(x, W).array.ravel().tolist() == [1, 4]


def each_element_becomes_0_or_is_made_larger():
    y = F.dropout(np.ones(100, np.float32), 0.2).array
    return set(y.tolist()) == {0, 1.25}


def a_lazy_W_is_the_one_a_seed_gives_a_known_size():
    f = L.Linear(2)
    f(matrix())
    return f.out_size == 2 and f.W.shape == (2, 3)


def first_values_are_those_of_lecun():
    f = L.Linear(100, 1000)
    return abs(f.W.array.std() - 0.1) < 0.002 and not f.b.array.any()


def n_batch_axes_keeps_axes_in_front():
    x = np.ones((2, 3, 4), np.float32)
    return L.Linear(12, 5)(x).shape == (2, 5) and L.Linear(4, 5)(x, 2).shape == (2, 3, 5)


def zerograds_is_deprecated_and_still_works():
    f = L.Linear(2, 2)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        f.zerograds()
    return not f.W.grad.any() and any(w.category is DeprecationWarning for w in seen)


def chains_and_lists_nest_and_names_show_the_way():
    model = Chain(l1=ChainList(L.Linear(2, 2)))
    return [path for path, _ in model.namedparams()] == ["/l1/0/W", "/l1/0/b"]


def parameters_come_in_the_order_of_registration():
    model = Chain()
    with model.init_scope():
        model.l2, model.l10 = L.Linear(2, 2), L.Linear(2, 2)
    return [child.name for child in model.children()] == ["l10", "l2"]


def share_is_the_default_and_uses_the_same_arrays():
    f = L.Linear(2, 2)
    shared = [f.copy().W.array is f.W.array]
    shared += [f.copy(mode).W.array is f.W.array for mode in ("copy", "init")]
    return shared == [True, False, False]


def when_it_does_not_learn_it_uses_the_averages_and_leaves_them():
    bn = L.BatchNormalization(3)
    with chainer.using_config("train", False):
        y = bn(matrix())
    return np.allclose(y.array, 1, atol=1e-4) and not bn.avg_mean.any()


def a_hook_is_called_with_the_optimizer_after_the_backward_and_before_the_update():
    f = L.Linear(3, 2)
    optimizer = optimizers.SGD().setup(f)
    W, seen = f.W.array.copy(), []

    def look(optimizer):
        seen.extend([f.W.grad is not None, np.array_equal(W, f.W.array)])

    optimizer.add_hook(look, name="look")
    optimizer.update(lambda: F.sum(f(matrix())))
    return seen == [True, True] and not np.array_equal(W, f.W.array)


def a_result_of_several_numbers_needs_a_gradient_to_start_from():
    x = matrix()
    add, relu = (x + x).backward, F.relu(x).backward
    return fails(AttributeError, add) and fails(TypeError, relu)


def backward_of_a_leaf_is_refused():
    return matrix().backward() is None


def leaves_do_not_share_their_gradient_array():
    a, b = Variable(array(1, 1)), Variable(array(1, 1))
    y = a + b
    y.grad = array(1, 1)
    y.backward()
    return a.grad is b.grad


def derivatives_of_a_whole_power_at_zero():
    x = Variable(np.zeros(1))
    (gx,) = chainer.grad([x**1], [x], enable_double_backprop=True)
    (ggx,) = chainer.grad([gx], [x])
    return np.isnan(ggx.array).all()


def the_slope_of_0_to_the_b_is_0():
    x, exponents = Variable(np.zeros(3)), np.arange(3.0)
    with np.errstate(all="ignore"):
        (gx,) = chainer.grad([x**exponents], [x])
    y = 0 ** Variable(exponents)
    return np.isnan(gx.array).tolist() == [True, False, False] and fails(
        ValueError, F.sum(y).backward
    )


def a_gradient_that_depends_on_nothing_is_a_constant_and_says_so():
    x = Variable(array(3))
    (2 * x).backward(enable_double_backprop=True)
    gx = x.grad_var
    x.cleargrad()
    gx.backward()
    return gx.creator is not None and x.grad is None


def grad_inputs_go_on_from_where_they_arrive():
    x = Variable(array(3))
    h = 2 * x
    gx, gh = chainer.grad([h * h], [x, h], grad_inputs=[None, Variable(array(1))])
    return gx.array == 26 and gh.array == 13


def grad_inputs_go_on_where_no_output_leads():
    x = Variable(array(3))
    y, aside = x * x, 5 * x
    given = [None, Variable(array(2))]
    gx, g_aside = chainer.grad([y], [x, aside], grad_inputs=given)
    _, gy = chainer.grad([y], [x, y], grad_outputs=[Variable(array(10))], grad_inputs=given)
    return gx.array == 6 and g_aside.array == 2 and gy.array == 2


def what_rounds_down_has_no_slope_and_is_refused():
    x = Variable(array(7))
    y = x // 2
    y.backward()
    others = [lambda: x % 2, lambda: divmod(x, 2)]
    return y.array == 3 and x.grad is None and all(fails(TypeError, run) for run in others)


def a_loop_over_rows_makes_one_array_for_their_gradients():
    made = []

    class Note(chainer.FunctionHook):
        def forward_postprocess(self, function, in_data):
            made.append(type(function).__name__)

    x = matrix()
    y = F.sum(sum(row * 2 for row in x))
    with Note():
        y.backward()
    return made.count("GetItemGrad") == len(x)


def grad_adds_up_over_an_output_given_twice():
    x = Variable(array(2))
    y = x * 3
    starts = [Variable(array(1)), Variable(array(10))]
    (gx,) = chainer.grad([y, y], [x], grad_outputs=starts)
    return gx.array == 30


def one_output_is_a_variable_and_several_are_a_tuple():
    class Double(chainer.FunctionNode):
        def forward(self, inputs):
            return (2 * inputs[0],)

        def backward(self, indexes, grad_outputs):
            self.seen = indexes
            return (2 * grad_outputs[0],)

    x, double = matrix(), Double()
    outputs = double.apply((x,))
    F.sum(outputs[0]).backward()
    return type(outputs) is tuple and double.seen == (0,)


def plain_backward_works_on_bare_arrays():
    class Double(chainer.FunctionNode):
        def forward(self, inputs):
            return (2 * inputs[0],)

        def backward(self, indexes, grad_outputs):
            self.seen = type(grad_outputs[0])
            return (2 * grad_outputs[0],)

    double = Double()
    F.sum(double.apply((matrix(),))[0]).backward()
    return double.seen is Variable


def labels_are_numbers_of_classes_and_no_shares():
    shares = np.full((2, 3), 1 / 3, np.float32)
    return F.softmax_cross_entropy(matrix(), shares).shape == ()


def a_label_below_zero_is_refused_unless_it_is_to_be_ignored():
    x = np.array([[0, 5, 1]], np.float32)
    losses = [F.softmax_cross_entropy(x, np.array([t])).array for t in (-2, 1)]
    ignored = F.softmax_cross_entropy(x, np.array([-1])).array
    return losses[0] == losses[1] and ignored == 0


def rows_that_do_not_count_may_hold_anything():
    x, t = np.array([[np.inf, 0], [1, 2]], np.float32), np.array([-1, 0])
    with np.errstate(invalid="ignore"):
        ignored = F.softmax_cross_entropy(x, t)
        weightless = F.softmax_cross_entropy(x, t + 1, class_weight=array(0, 1))
    return np.isnan(ignored.array) and np.isnan(weightless.array)


def an_empty_batch_goes_forward_and_back():
    nothing, x = np.zeros((0, 2), np.float32), Variable(np.zeros((0, 2), np.float32))
    loss = F.softmax_cross_entropy(x, np.zeros(0, np.int32))
    return np.isnan(F.mean_squared_error(nothing, nothing).array) and fails(
        ValueError, loss.backward
    )


def what_is_added_up_is_as_exact_as_its_dtype():
    x = np.ones((5000, 2), np.float16)
    return (F.sum(x, axis=0).array == 2048).all() and (F.average(x, axis=0).array == 1).all()


def the_functions_give_the_dtype_of_gamma_too():
    x, ones = np.array([[1], [3]], np.float16), array(1)
    y = F.batch_normalization(x, ones, ones)
    z = F.fixed_batch_normalization(x, ones, ones, ones, ones)
    whole = x.astype(np.int32)
    refused = fails(
        chainer.utils.type_check.InvalidType, lambda: F.batch_normalization(whole, ones, ones)
    )
    return y.dtype == z.dtype == np.float16 and refused


def a_function_can_be_used_once():
    exp = F.exp(matrix()).creator
    first = exp.outputs[0]
    exp.apply((matrix(),))
    return exp.outputs[0] is not first


def a_wrong_gradient_is_found():
    drawn = []
    normal = np.random.normal

    def note(*args, **kwargs):
        drawn.append(1)
        return normal(*args, **kwargs)

    np.random.normal = note
    try:
        gradient_check.check_backward(lambda x: x * x, np.ones(3), np.ones(3))
    finally:
        np.random.normal = normal
    return len(drawn) > 0


def a_gradient_and_a_slope_that_are_both_not_finite_do_not_pass():
    gradient_check.check_backward(lambda x: x * np.nan, np.ones(1), np.ones(1))
    return True


def one_size_is_the_output_size_and_W_comes_with_the_first_batch():
    f = L.Linear(2)
    before = hasattr(f, "W") and f.W.array is None
    f(matrix())
    return before and f.in_size is None


def first_values_that_are_arrays_keep_their_dtype():
    return L.Linear(1, 1, initialW=np.ones((1, 1), np.float64)).W.dtype == np.float32


def linear_says_what_does_not_fit():
    return fails(IndexError, lambda: L.Linear(3, 2)(array(1, 2, 3)))


def outside_init_scope_a_link_is_kept_but_not_registered():
    class Model(Chain):
        def __init__(self):
            super().__init__()
            self.l1 = L.Linear(2, 2)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model = Model()
    return list(model.params()) == [] and not [w for w in seen if w.category is UserWarning]


def children_come_in_the_order_of_the_list():
    layers = Sequential(*[L.Linear(2, 2) for _ in range(4)])
    order = [list(layers).index(child) for child in layers.children()]
    return order == [0, 3, 2, 1]


def clear_keeps_nothing():
    layers = Sequential(L.Linear(2, 2), L.Linear(2, 2))
    layers.clear()
    return len(layers) == 0 and list(layers.params()) != []


def a_shared_link_is_updated_once():
    f = L.Linear(1, 1, nobias=True, initialW=1)
    optimizer = optimizers.SGD(lr=1).setup(ChainList(f, f))
    f.W.grad = np.array([[0.25]], np.float32)
    optimizer.update()
    return f.W.array == 0.5


def a_link_that_holds_itself_is_refused():
    chain = Chain()
    with chain.init_scope():
        chain.inner = chain
    return fails(RecursionError, lambda: list(chain.params()))


def copyparams_from_a_link_that_waits_changes_nothing():
    f = L.Linear(3, 2)
    f.W.array[...] = 7
    f.copyparams(L.Linear(None, 2))
    return (f.W.array != 7).any()


def a_hook_is_called_before_or_after_once_or_for_each_parameter():
    seen = []
    link = L.Linear(1, 1)
    optimizer = optimizers.SGD().setup(link)
    for timing in ("pre", "post"):
        for each in (False, True):
            hook = functools.partial(lambda *key: seen.append((*key, optimizer.t)), timing, each)
            hook.timing, hook.call_for_each_param = timing, each
            optimizer.add_hook(hook, f"{timing} {each}")
    optimizer.update(lambda: link(np.ones((1, 1), np.float32)))
    return [(timing, each, len(args), t) for timing, each, *args, t in seen] == [
        ("pre", False, 1, 0),
        *[("pre", True, 2, 0)] * 2,
        ("post", False, 1, 1),
        *[("post", True, 2, 1)] * 2,
    ]


def setup_does_not_free_what_is_frozen():
    link = L.Linear(1, 1)
    link.disable_update()
    optimizer = optimizers.SGD().setup(link)
    seen = [link.update_enabled]
    link.disable_update()
    seen.append(link.W.update_rule.enabled)
    optimizer.setup(link)
    return [*seen, link.update_enabled] == [True, False, True]


def hooks_see_frozen_parameters_as_in_chainer():
    link = L.Linear(1, 1, initialW=4, initial_bias=0)
    optimizer = optimizers.SGD(1).setup(link)
    link.W.update_rule.enabled = False
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1))
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(6.5))
    link.W.grad, link.b.grad = array(1).reshape(1, 1), array(12)  # 5 and 12, halved
    optimizer.update()
    return [link.W.grad.item(), link.b.grad.item(), link.W.array.item()] == [2.5, 6, 4]


def what_cannot_move_is_refused_before_anything_moves():
    link = L.Linear(1, 1)
    optimizer = optimizers.SGD().setup(link)
    before = [p.array.copy() for p in link.params()]
    for p in link.params():
        p.grad = np.ones_like(p.array)
    last = list(link.params())[-1]
    last.array.flags.writeable = False
    refused = fails(ValueError, optimizer.update)
    moved = [(p.array != old).all() for p, old in zip(link.params(), before)]
    return refused and moved == [True, False] and optimizer.t == 1


def float16_moves_as_float64_does_but_for_rounding():
    link = chainer.Link()
    with link.init_scope():
        link.p = chainer.Parameter(np.ones(1, np.float16))
    optimizer = optimizers.Adam(alpha=0.01).setup(link)
    for g in (1e-3, 1e-4):  # the square of the second adds nothing
        link.p.grad = np.array([g], np.float16)
        optimizer.update()
    return link.p.update_rule.state["v"] == 0 and abs(link.p.array - 1) > 1


def clipping_refuses_gradients_that_are_not_finite():
    link = L.Linear(1, 1)
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(1))
    link.W.grad, link.b.grad = np.full((1, 1), np.inf, np.float32), array(1)
    with np.errstate(all="ignore"):
        optimizer.update()
    return np.isnan(link.W.grad).all()


def an_optimizer_of_ones_own_needs_update_core_alone():
    f = L.Linear(2, 2)
    optimizers.SGD().setup(f)
    return f.W.update_rule is not f.b.update_rule and f.W.update_rule is not None


def every_optimizer_leaves_a_parameter_without_gradient_alone():
    f = L.Linear(2, 2, initial_bias=1)
    optimizer = optimizers.SGD(lr=1).setup(f)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(0.5))
    f.cleargrads()
    optimizer.update()
    return (f.b.array == 0.5).all()


def an_epoch_has_each_example_once_and_rows_stay_together():
    batches = chainer.iterators.SerialIterator(list(range(4)), 2)
    return [batches.next() and batches.epoch for _ in range(6)] == [0, 1, 1, 2, 2, 3]


def nothing_is_unpickled():
    seen = []
    serializers.npz_hostile = seen.append

    class Hostile:
        def __reduce__(self):
            return eval, ("__import__('chainer').serializers.npz_hostile('ran')",)

    file = io.BytesIO()
    np.savez(file, W=np.array(Hostile(), dtype=object), b=np.zeros(2))
    file.seek(0)
    serializers.load_npz(file, L.Linear(3, 2))
    return seen == ["ran"]


def if_one_part_does_not_fit_the_others_are_unchanged():
    file = io.BytesIO()
    saved = Chain(a=L.Linear(2, 2, initialW=9), b=L.Linear(2, 3))
    serializers.save_npz(file, saved)
    file.seek(0)
    model = Chain(a=L.Linear(2, 2), b=L.Linear(2, 4))
    return (
        fails(ValueError, lambda: serializers.load_npz(file, model))
        and (model.a.W.array == 9).all()
    )


def no_array_is_stretched_into_another_shape():
    file = io.BytesIO()
    np.savez(file, W=np.full((1, 1), 7), b=np.zeros(1))
    file.seek(0)
    f = L.Linear(3, 2)
    serializers.load_npz(file, f)
    return (f.W.array == 7).all()


def what_waited_when_it_was_saved_leaves_what_is_there_and_a_warning_says_so():
    file = io.BytesIO()
    serializers.save_npz(file, L.Linear(None, 2))
    file.seek(0)
    f = L.Linear(3, 2, initialW=7)
    serializers.load_npz(file, f)
    return (f.W.array == 7).all()


def numbers_that_a_dtype_cannot_hold_are_refused_before_anything_is_changed():
    arrays = {"n": np.array([300]), "x": np.array([1e300])}
    f = chainer.Link()
    f.add_persistent("n", np.zeros(1, np.int8))
    f.add_persistent("x", np.zeros(1, np.float32))
    f.serialize(serializers.NpzDeserializer(arrays))
    return f.n[0] == 44 and np.isinf(f.x[0])


def a_number_that_became_another_kind_of_number_comes_back():
    deserializer = serializers.NpzDeserializer({"t": np.array(0.5)})
    is_array = isinstance(deserializer("t", None), np.ndarray)
    return is_array and fails(TypeError, lambda: deserializer("t", 0))


def a_name_that_no_file_can_have_is_refused_where_it_is_given():
    f = chainer.Link()
    with f.init_scope():
        f.W = chainer.Parameter(1.0, (1,))
        setattr(f, "/W", chainer.Parameter(2.0, (1,)))
    target = {}
    f.serialize(serializers.DictionarySerializer(target))
    return list(target) == ["W"]


def a_crash_leaves_the_old_file_whole_and_nothing_else():
    class Failing(chainer.Link):
        def serialize(self, serializer):
            serializer("a", np.ones(2))

    savez = np.savez_compressed

    def crash(file, **arrays):
        file.write(b"half of it")
        raise OSError("the disk is full")

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.npz")
        serializers.save_npz(path, Failing())
        np.savez_compressed = crash
        try:
            failed = fails(OSError, lambda: serializers.save_npz(path, Failing()))
        finally:
            np.savez_compressed = savez
        with open(path, "rb") as file:
            return failed and file.read() == b"half of it"


def a_copy_of_a_variable_gets_gradients_of_its_own():
    x = Variable(array(1, 2))
    y = x * 2
    y.grad = array(3, 4)
    twins = [copy.deepcopy(y), pickle.loads(pickle.dumps(y))]
    return all((t.grad == array(3, 4)).all() and t.creator is None for t in twins)


class Positive(chainer.Parameter):
    pass


def a_copy_is_of_the_same_class_and_has_its_attributes():
    p = Positive(array(1, 2))
    p.limit = 3
    twin = copy.deepcopy(p)
    return type(twin) is chainer.Parameter and not hasattr(twin, "limit")


def a_generator_of_ones_own_repeats_the_draw_and_leaves_numpys_alone():
    draws = []
    for seed in (1, 1, 2):
        rng = np.random.RandomState(seed)
        draws.append(L.Linear(2, 2, initialW=initializers.Normal(rng=rng)).W.array.tolist())
    return draws[0] == draws[1] != draws[2]


def copies_do_not_draw_the_same_numbers_from_a_generator():
    layer = L.Linear(2, 2, initialW=initializers.Normal(rng=np.random.RandomState(0)))
    one, two = layer.repeat(2)
    return (one.W.array == two.W.array).all()


def count_params_warns_of_what_waits():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        counted = L.Linear(None, 3).count_params()
    return counted == 3 and len(caught) == 1


def a_shallow_copy_has_the_same_parameters_in_lists_of_its_own():
    model = Chain(a=L.Linear(1, 1))
    copy.copy(model).add_link("extra", L.Linear(1, 1))
    return fails(KeyError, lambda: list(model.params()))


def a_link_that_waits_cannot_be_shared():
    link = L.Linear(None, 3)
    other = link.copy()
    link(np.ones((1, 2), np.float32))
    return other.W.array is link.W.array


def a_copy_has_no_gradients():
    link = L.Linear(1, 1)
    link.W.grad = array([1])
    return link.copy().W.grad is None and link.copy("copy").W.grad == 1


def arrays_that_are_tied_are_tied_in_the_copy():
    model = Chain(a=L.Linear(2, 2))
    model.add_link("b", model.a.copy())
    other = model.copy("copy")
    return model.a.W.array is model.b.W.array and other.a.W.array is not other.b.W.array


def what_holds_the_children_besides_holds_those_of_the_copy():
    model = Chain(a=L.Linear(2, 2))
    model.layers = [model.a]
    copies = [model.copy(mode) for mode in ("share", "copy")]
    return [other.layers[0] is other.a for other in copies] == [False, False]


def sequentials_add_up():
    both = Sequential(L.Linear(1, 1), F.relu) + Sequential(L.Linear(1, 1))
    return type(both) is Sequential and len(both) == 3


def negative_and_far_places_are_those_of_a_list():
    return fails(IndexError, lambda: Sequential(L.Linear(1, 1)).insert(9, F.relu))


def an_unknown_switch_or_value_changes_nothing():
    chainer.config.trian = False
    return chainer.config.trian is False


def one_object_serves_again_and_again_and_within_itself():
    mode = chainer.using_config("train", False)
    with mode:
        with mode:
            pass
    left_set = chainer.config.train is False
    chainer.config.train = True
    return left_set and not callable(mode)


def a_walk_that_is_asked_to_be_recorded_is_recorded_inside_of_no_backprop_mode():
    x = Variable(array(3))
    y = x * x
    with chainer.no_backprop_mode():
        y.backward(enable_double_backprop=True)
        (gx,) = chainer.grad([y], [x], enable_double_backprop=True)
    return x.grad_var.creator is not None and gx.creator is not None


def the_module_fits_the_array():
    f = L.Linear(2, 2)
    return hasattr(f, "to_intel64") and hasattr(f, "to_chx") and f.device.name == "@numpy"


def main():
    helpers = (array, matrix, fails, main)
    rows = [f for f in globals().values() if isinstance(f, types.FunctionType)]
    rows = [f for f in rows if f.__module__ == "__main__" and f not in helpers]
    wrong = [f.__name__ for f in rows if not f()]
    print(
        f"Chainer {chainer.__version__}: {len(rows) - len(wrong)} of {len(rows)} rows are as said"
    )
    assert not wrong, wrong


if __name__ == "__main__":
    main()
