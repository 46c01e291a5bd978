"""F.batch_normalization, F.fixed_batch_normalization and L.BatchNormalization."""

import numpy as np
import pytest

import tinylinks.functions as F
import tinylinks.links as L
from tinylinks import (
    Sequential,
    Variable,
    backend,
    gradient_check,
    initializers,
    optimizers,
    serializers,
    using_config,
)

# Shapes of x and gamma, and the axes to average over: given, and what None stands for.
CASES = [
    ((5, 3), (3,), None, (0,)),
    ((4, 3, 2, 2), (3,), None, (0, 2, 3)),
    ((4, 3, 2), (3, 2), None, (0,)),
    ((4, 3, 2), (4, 3), 2, (2,)),
    ((4, 3, 2), (3,), (0, 2), (0, 2)),
    ((4, 3, 2), (3,), (2, 0), (0, 2)),
    ((4, 3), (), (0, 1), (0, 1)),
    ((6,), (), None, (0,)),
]
cases = pytest.mark.parametrize(("shape", "size", "axis", "axes"), CASES)


def draw(shape, seed, low=-2.0, high=2.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


def inputs(shape, size):
    return draw(shape, 0), draw(size, 1), draw(size, 2)


def stretched(array, axes, ndim):
    """Insert axes of length 1 where x is averaged over."""
    return np.expand_dims(array, [i for i in range(ndim) if i in axes])


def normalized(x, gamma, beta, mean, var, axes, eps=2e-5):
    gamma, beta, mean, var = (stretched(a, axes, x.ndim) for a in (gamma, beta, mean, var))
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def like(xp, *shapes):
    return tuple(xp.asarray(draw(shape, 7 + i)) for i, shape in enumerate(shapes))


# ---- the functions ----


@cases
def test_the_values_are_those_of_the_formula(shape, size, axis, axes, xp):
    x, gamma, beta = inputs(shape, size)
    y = F.batch_normalization(*map(xp.asarray, (x, gamma, beta)), axis=axis)
    expected = normalized(x, gamma, beta, x.mean(axes), x.var(axes), axes)
    assert (type(y), type(y.data), y.dtype) == (Variable, xp.ndarray, np.float64)
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-12, atol=1e-12)


@cases
def test_the_values_with_a_fixed_mean_and_variance_are_those_of_the_formula(
    shape, size, axis, axes, xp
):
    given = (*inputs(shape, size), draw(size, 3), draw(size, 4, 0.5))
    y = F.fixed_batch_normalization(*map(xp.asarray, given), axis=axis)
    assert (type(y), type(y.data)) == (Variable, xp.ndarray)
    np.testing.assert_allclose(backend.to_cpu(y.data), normalized(*given, axes), rtol=1e-12)


def test_each_column_has_mean_0_and_variance_1():
    x = draw((50, 3), 0) * [1, 10, 100] + [5, -3, 0]
    y = F.batch_normalization(x, np.ones(3), np.zeros(3)).data
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=0), 1, atol=1e-4)


@cases
def test_the_gradients_are_the_slopes_to_second_order(shape, size, axis, axes, xp):
    given = tuple(map(xp.asarray, inputs(shape, size)))
    gy, *ggx = like(xp, shape, shape, size, size)

    def f(*xs):
        return F.batch_normalization(*xs, axis=axis)

    gradient_check.check_backward(f, given, gy, eps=1e-4)
    gradient_check.check_double_backward(f, given, gy, tuple(ggx), eps=1e-4)


@cases
def test_the_gradients_with_a_fixed_mean_and_variance_are_the_slopes(shape, size, axis, axes, xp):
    given = (*inputs(shape, size), draw(size, 3), draw(size, 4, 0.5))
    given = tuple(map(xp.asarray, given))
    gy, *ggx = like(xp, shape, shape, size, size, size, size)

    def f(*xs):
        return F.fixed_batch_normalization(*xs, axis=axis)

    gradient_check.check_backward(f, given, gy, eps=1e-4)
    gradient_check.check_double_backward(f, given, gy, tuple(ggx), eps=1e-4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_kept(dtype, xp):
    given = [a.astype(dtype) for a in inputs((5, 3), (3,))]
    running = [xp.asarray(np.ones(3, dtype)) for _ in range(2)]
    xs = [Variable(xp.asarray(a)) for a in given]
    y = F.batch_normalization(*xs, running_mean=running[0], running_var=running[1])
    y.sum().backward()
    z = F.fixed_batch_normalization(*xs, *running)
    z.sum().backward()
    assert {a.dtype for a in (y, z, *running, *(x.grad for x in xs))} == {np.dtype(dtype)}
    x, gamma, beta = (a.astype(np.float64) for a in given)
    expected = normalized(x, gamma, beta, x.mean(0), x.var(0), (0,))
    tolerance = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, atol=tolerance, rtol=tolerance)


def test_a_constant_takes_the_dtype_of_the_variables():
    x, gamma, beta = (a.astype(np.float32) for a in inputs((5, 3), (3,)))
    y = F.batch_normalization(x.astype(np.float64), Variable(gamma), Variable(beta))
    z = F.batch_normalization(Variable(x), gamma.astype(np.float64), beta.astype(np.float64))
    counts = F.batch_normalization(np.array([[1], [3]]), Variable(gamma[:1]), Variable(beta[:1]))
    assert (y.dtype, z.dtype, counts.dtype) == (np.float32, np.float32, np.float32)
    np.testing.assert_allclose(y.data, z.data, atol=1e-6)
    np.testing.assert_allclose(counts.data, [beta[:1] - gamma[:1], beta[:1] + gamma[:1]], rtol=1e-4)


@cases
def test_moving_averages_come_nearer_to_those_of_the_batch_in_place(shape, size, axis, axes, xp):
    x, gamma, beta = inputs(shape, size)
    start = draw(size, 3), draw(size, 4)
    mean, var = (xp.array(a) for a in start)
    options = {"running_mean": mean, "running_var": var, "decay": 0.75, "axis": axis}
    F.batch_normalization(*map(xp.asarray, (x, gamma, beta)), **options)
    expected = 0.75 * start[0] + 0.25 * x.mean(axes)
    np.testing.assert_allclose(backend.to_cpu(mean), expected, rtol=1e-12)
    expected = 0.75 * start[1] + 0.25 * x.var(axes, ddof=1)  # divided by m - 1, not by m
    np.testing.assert_allclose(backend.to_cpu(var), expected, rtol=1e-12)


def test_one_of_the_moving_averages_may_be_left_out():
    x, gamma, beta = inputs((4, 3), (3,))
    mean, var = np.zeros(3), np.zeros(3)
    F.batch_normalization(x, gamma, beta, running_mean=mean)
    F.batch_normalization(x, gamma, beta, running_var=var)
    np.testing.assert_allclose(mean, 0.1 * x.mean(0))
    np.testing.assert_allclose(var, 0.1 * x.var(0, ddof=1))


def test_moving_averages_may_have_another_dtype():
    x, gamma, beta = (a.astype(np.float16) for a in inputs((4, 3), (3,)))
    mean = np.zeros(3, np.float32)
    F.batch_normalization(x, gamma, beta, running_mean=mean)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, 0.1 * x.mean(0), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("shape", "axis"), [((1, 3), None), ((4, 3, 1), 2), ((3,), ())])
def test_a_mean_of_one_number_is_warned_of_and_leaves_beta(shape, axis):
    x = draw(shape, 0)
    size = (
        shape
        if axis == ()
        else tuple(n for i, n in enumerate(shape) if i != (0 if axis is None else axis))
    )
    running = np.ones(size)
    with pytest.warns(UserWarning, match="expected several numbers for each mean, got one"):
        y = F.batch_normalization(
            x, np.ones(size), np.full(size, 5.0), axis=axis, running_var=running
        )
    assert y.data.tolist() == np.full(shape, 5.0).tolist()
    np.testing.assert_allclose(running, 0.9)


def test_a_fixed_mean_and_variance_take_a_batch_of_one_and_of_none():
    ones, zeros = np.ones(3), np.zeros(3)
    for n in (0, 1):
        y = F.fixed_batch_normalization(np.full((n, 3), 3.0), ones, zeros, ones, ones, eps=0)
        assert y.data.tolist() == [[2, 2, 2]] * n


def test_equal_numbers_become_beta_and_no_nan():
    x = Variable(np.full((4, 3), 7.0, np.float32))
    y = F.batch_normalization(x, np.ones(3, np.float32), np.zeros(3, np.float32))
    y.sum().backward()
    assert not y.data.any()
    assert not x.grad.any()


# ---- the link ----


def to(xp, link):
    """Bring the parameters and the moving averages to the backend."""
    for param in link.params(include_uninit=False):
        param.data = xp.asarray(backend.to_cpu(param.data))
    for name in ("avg_mean", "avg_var"):
        if getattr(link, name) is not None:
            setattr(link, name, xp.asarray(backend.to_cpu(getattr(link, name))))
    return link


def values(array):
    return backend.to_cpu(backend.bare(array)).tolist()


def test_first_values():
    bn = L.BatchNormalization(3)
    assert [name for name, _ in bn.namedparams()] == ["/gamma", "/beta"]
    assert values(bn.gamma.data) == values(bn.avg_var) == [1, 1, 1]
    assert values(bn.beta.data) == values(bn.avg_mean) == [0, 0, 0]
    assert {a.dtype for a in (bn.gamma, bn.beta, bn.avg_mean, bn.avg_var)} == {np.dtype("float32")}
    assert (bn.N, bn.decay, bn.eps) == (0, 0.9, 2e-5)
    assert repr(bn) == "BatchNormalization(size=(3,), decay=0.9, eps=2e-05)"


def test_first_values_that_are_given():
    bn = L.BatchNormalization(
        2,
        initial_gamma=np.array([1.0, 2.0], np.float16),
        initial_beta=3,
        initial_avg_mean=initializers.Constant(4, dtype=np.float16),
        initial_avg_var=5,
        dtype=np.float64,
    )
    found = bn.gamma.data, bn.beta.data, bn.avg_mean, bn.avg_var
    assert [a.tolist() for a in found] == [[1, 2], [3, 3], [4, 4], [5, 5]]
    assert [a.dtype for a in found] == [np.float64, np.float64, np.float16, np.float64]


def test_while_it_learns_it_uses_the_mini_batch_and_moves_the_averages(xp):
    bn = to(xp, L.BatchNormalization(3, decay=0.75, eps=0.5, dtype=np.float64))
    x = draw((5, 3), 0)
    y = bn(Variable(xp.asarray(x)))
    ones, zeros = np.ones(3), np.zeros(3)
    expected = normalized(x, ones, zeros, x.mean(0), x.var(0), (0,), eps=0.5)
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-12)
    np.testing.assert_allclose(values(bn.avg_mean), 0.25 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(values(bn.avg_var), 0.75 + 0.25 * x.var(0, ddof=1), rtol=1e-12)


def test_when_it_does_not_learn_it_uses_the_averages_and_leaves_them(xp):
    mean, var = draw(3, 1), draw(3, 2, 0.5)
    bn = L.BatchNormalization(3, eps=0.5, dtype=np.float64, initial_avg_mean=mean)
    bn.avg_var = var.copy()
    to(xp, bn)
    x = draw((5, 3), 0)
    with using_config("train", False):
        y = bn(xp.asarray(x))
        alone = bn(xp.asarray(x[:1]))
    expected = normalized(x, np.ones(3), np.zeros(3), mean, var, (0,), eps=0.5)
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-12)
    np.testing.assert_allclose(backend.to_cpu(alone.data), expected[:1], rtol=1e-12)
    assert (values(bn.avg_mean), values(bn.avg_var)) == (mean.tolist(), var.tolist())


def test_the_averages_come_to_those_of_the_data():
    bn = L.BatchNormalization(2)
    rng = np.random.default_rng(0)
    for _ in range(100):
        bn(rng.normal([3, -1], [2, 0.5], (200, 2)).astype(np.float32))
    np.testing.assert_allclose(bn.avg_mean, [3, -1], atol=0.2)
    np.testing.assert_allclose(bn.avg_var, [4, 0.25], rtol=0.1)


def test_finetuning_gives_plain_averages_over_all_mini_batches():
    bn = L.BatchNormalization(3, dtype=np.float64)
    batches = [draw((5, 3), i) for i in range(4)]
    bn(batches[3])
    for count in (1, 2):  # after start_finetuning it begins anew
        for x in batches[:3]:
            bn(x, finetune=True)
        assert bn.N == 3
        np.testing.assert_allclose(bn.avg_mean, np.mean([x.mean(0) for x in batches[:3]], 0))
        np.testing.assert_allclose(bn.avg_var, np.mean([x.var(0, ddof=1) for x in batches[:3]], 0))
        bn.start_finetuning()
        assert (bn.N, count) == (0, count)


def test_finetuning_changes_nothing_when_the_model_does_not_learn():
    bn = L.BatchNormalization(3)
    with using_config("train", False):
        bn(np.ones((2, 3), np.float32), finetune=True)
    assert (bn.N, bn.avg_mean.tolist()) == (0, [0, 0, 0])


@pytest.mark.parametrize("train", [True, False])
def test_the_gradients_of_the_parameters_are_the_slopes(train, xp):
    bn = to(xp, L.BatchNormalization(3, dtype=np.float64, initial_gamma=2, initial_beta=1))
    x, gy = like(xp, (4, 3, 2), (4, 3, 2))
    with using_config("train", train):
        gradient_check.check_backward(bn, x, gy, (bn.gamma, bn.beta), eps=1e-4)


@pytest.mark.parametrize(("use_gamma", "use_beta"), [(True, False), (False, True), (False, False)])
def test_gamma_and_beta_can_be_left_out(use_gamma, use_beta, xp):
    options = {"initial_gamma": 2, "initial_beta": 3, "dtype": np.float64}
    bn = to(xp, L.BatchNormalization(3, use_gamma=use_gamma, use_beta=use_beta, **options))
    assert [name for name, _ in bn.namedparams()] == ["/gamma"] * use_gamma + ["/beta"] * use_beta
    assert ((bn.gamma is None), (bn.beta is None)) == (not use_gamma, not use_beta)
    x = draw((5, 3), 0)
    for train in (True, False):
        with using_config("train", train):
            mean, var = (
                (x.mean(0), x.var(0)) if train else (values(bn.avg_mean), values(bn.avg_var))
            )
            y = bn(xp.asarray(x))
        gamma, beta = np.full(3, 2 if use_gamma else 1), np.full(3, 3 if use_beta else 0)
        expected = normalized(x, gamma, beta, mean, var, (0,))
        np.testing.assert_allclose(values(y), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "axis", "size"),
    [((4, 3), 0, (3,)), ((4, 3, 2, 2), (0, 2, 3), (3,)), ((4, 3, 2), (0,), (3, 2))],
)
def test_without_a_size_it_comes_with_the_first_mini_batch(shape, axis, size, xp):
    bn = L.BatchNormalization(axis=axis)
    assert (hasattr(bn, "gamma"), hasattr(bn, "beta")) == (False, False)
    assert (bn.avg_mean, bn.avg_var, list(bn.params())) == (None, None, [])
    assert repr(bn) == "BatchNormalization(size=None, decay=0.9, eps=2e-05)"
    with pytest.raises(AttributeError, match=r"BatchNormalization.gamma: expected a first mini"):
        bn.gamma.data  # noqa: B018
    y = bn(xp.asarray(draw(shape, 0).astype(np.float32)))
    assert y.shape == shape
    assert [name for name, _ in bn.namedparams()] == ["/gamma", "/beta"]
    arrays = bn.gamma.data, bn.beta.data, bn.avg_mean, bn.avg_var
    assert {(type(a), a.shape, a.dtype.name) for a in arrays} == {(xp.ndarray, size, "float32")}
    gamma = bn.gamma
    bn(xp.asarray(draw(shape, 1).astype(np.float32)))
    assert bn.gamma is gamma


def test_a_size_of_several_axes():
    bn = L.BatchNormalization((3, 2))
    x = draw((5, 3, 2), 0).astype(np.float32)
    expected = normalized(x, np.ones((3, 2)), np.zeros((3, 2)), x.mean(0), x.var(0), (0,))
    np.testing.assert_allclose(bn(x).data, expected, rtol=1e-4, atol=1e-5)
    assert bn.avg_mean.shape == (3, 2)


def test_a_batch_that_is_refused_leaves_a_link_without_size_as_it_was():
    bn = L.BatchNormalization(axis=(0, 2))
    with pytest.raises(ValueError, match="expected axes of x from 0 to 1"):
        bn(np.ones((4, 3), np.float32))
    assert not hasattr(bn, "gamma")
    assert bn.avg_mean is None


@pytest.mark.parametrize(
    "x, message",
    [
        (np.ones((0, 3), np.float32), "at least one number for each mean"),
        (Variable(np.ones((4, 3))), "gamma of the dtype of x"),
    ],
)
def test_what_was_made_for_a_refused_batch_is_forgotten(x, message):
    bn = L.BatchNormalization(axis=0)
    with pytest.raises((ValueError, TypeError), match=message):
        bn(x)
    assert [path for path, _ in bn.namedparams()] == []
    assert (bn.avg_mean, bn.avg_var, bn.N) == (None, None, 0)
    assert bn(np.ones((4, 2), np.float32)).shape == (4, 2)
    assert [path for path, _ in bn.namedparams()] == ["/gamma", "/beta"]


def trained(**options):
    bn = L.BatchNormalization(**options)
    for i in range(2):
        bn(draw((5, 3), i).astype(np.float32), finetune=True)
    for i, param in enumerate(bn.params()):
        param.data[...] = draw(3, i)
    return bn


def all_values(bn):
    names = [name for name in ("gamma", "beta") if getattr(bn, name) is not None]
    arrays = {name: getattr(bn, name).data.tolist() for name in names}
    return {**arrays, "avg_mean": bn.avg_mean.tolist(), "avg_var": bn.avg_var.tolist(), "N": bn.N}


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("use_gamma", [True, False])
def test_what_is_saved_can_be_loaded_before_the_first_mini_batch_too(use_gamma, waits, tmp_path):
    old = trained(size=3, use_gamma=use_gamma)
    new = L.BatchNormalization(None if waits else 3, axis=0, use_gamma=use_gamma)
    serializers.save_npz(tmp_path / "bn.npz", old)
    with np.load(tmp_path / "bn.npz") as file:
        assert set(file) == {"beta", "avg_mean", "avg_var", "N"} | (
            {"gamma"} if use_gamma else set()
        )
    serializers.load_npz(tmp_path / "bn.npz", new)
    assert all_values(new) == all_values(old)
    x = draw((4, 3), 9).astype(np.float32)
    for train in (False, True, False):
        with using_config("train", train):
            assert new(x).data.tolist() == old(x).data.tolist()
    assert all_values(new) == all_values(old)


def test_what_waits_for_its_first_mini_batch_can_be_saved_and_loaded(tmp_path):
    serializers.save_npz(tmp_path / "bn.npz", L.BatchNormalization(axis=0))
    bn = L.BatchNormalization(axis=0)
    serializers.load_npz(tmp_path / "bn.npz", bn)
    assert bn(np.ones((2, 3), np.float32)).data.tolist() == [[0, 0, 0]] * 2


def test_a_copy_has_its_own_averages_and_init_makes_the_first_values_again():
    old = trained(size=3)
    before = all_values(old)
    copy, new = old.copy("copy"), old.copy("init")
    copy(np.ones((4, 3), np.float32))
    assert all_values(old) == before
    assert (new.gamma.data.tolist(), new.beta.data.tolist()) == ([1, 1, 1], [0, 0, 0])


def test_the_averages_move_between_the_backends_with_the_parameters(strict):
    bn = to(strict, trained(size=3))
    bn.to_cpu()
    assert {type(a) for a in (bn.avg_mean, bn.avg_var, bn.gamma.data)} == {np.ndarray}


def test_an_optimizer_changes_gamma_and_beta_and_nothing_else():
    bn = L.BatchNormalization(3)
    optimizer = optimizers.SGD(0.5).setup(bn)
    x = draw((5, 3), 0).astype(np.float32)
    y = bn(x)
    loss = (y * y * np.arange(3, dtype=np.float32)).sum() + y.sum()
    mean, var = bn.avg_mean.tolist(), bn.avg_var.tolist()
    bn.cleargrads()
    loss.backward()
    optimizer.update()
    np.testing.assert_allclose(bn.gamma.data, 1 - 0.5 * 10 * np.arange(3), rtol=1e-3)
    np.testing.assert_allclose(bn.beta.data, [-2.5] * 3, rtol=1e-4)
    assert (bn.avg_mean.tolist(), bn.avg_var.tolist()) == (mean, var)


# ---- arrays of other dtypes ----

KINDS = ["float16", "float32", "float64", ">f4", "int8", "uint8", "int64", "bool"]


def rows(kind):
    x = draw((8, 3), 0, 0, 9)
    return x > 4 if kind == "bool" else x.astype(kind)


def both_ways(bn, x):
    """Return what the link gives while it learns and when it does not."""
    y = bn(x)
    with using_config("train", False):
        return y, bn(x)


@pytest.mark.parametrize("dtype", [None, np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("waits", [True, False])
def test_an_array_of_any_dtype_takes_that_of_the_link(kind, dtype, waits):
    given = rows(kind)
    x = given.astype(np.float64)
    for use_gamma, use_beta in [(True, True), (True, False), (False, True), (False, False)]:
        options = {"use_gamma": use_gamma, "use_beta": use_beta, "dtype": dtype, "decay": 0.5}
        bn = L.BatchNormalization(None if waits else 3, axis=0, **options)
        y, z = both_ways(bn, given)
        own = np.float32 if dtype is None else dtype
        assert y.dtype == z.dtype == bn.avg_mean.dtype == own
        ones, zeros = np.ones(3), np.zeros(3)
        tolerance = 100 * np.finfo(own).eps
        expected = normalized(x, ones, zeros, x.mean(0), x.var(0), (0,))
        np.testing.assert_allclose(y.data, expected, atol=tolerance, rtol=tolerance)
        np.testing.assert_allclose(bn.avg_mean, 0.5 * x.mean(0), rtol=tolerance)
        mean, var = 0.5 * x.mean(0), 0.5 + 0.5 * x.var(0, ddof=1)
        expected = normalized(x, ones, zeros, mean, var, (0,))
        np.testing.assert_allclose(z.data, expected, atol=tolerance, rtol=tolerance)
        bn(given, finetune=True)
        assert bn.N == 1
        np.testing.assert_allclose(bn.avg_var, x.var(0, ddof=1), rtol=tolerance)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variables", [True, False])
def test_the_functions_give_the_dtype_of_gamma_too(kind, variables, xp):
    given, x = rows(kind), rows(kind).astype(np.float64)
    if xp is not np and kind == ">f4":
        pytest.skip("only NumPy has it")
    arrays = [np.full(3, n, np.float32) for n in (2.0, 1.0, 3.0, 4.0)]
    gamma, beta, mean, var = map(xp.asarray, arrays)
    if variables:
        gamma, beta = Variable(gamma), Variable(beta)
    y = F.batch_normalization(xp.asarray(given), gamma, beta)
    z = F.fixed_batch_normalization(xp.asarray(given), gamma, beta, mean, var)
    assert y.dtype == z.dtype == np.float32
    expected = normalized(x, *arrays[:2], x.mean(0), x.var(0), (0,))
    np.testing.assert_allclose(backend.to_cpu(y.data), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(backend.to_cpu(z.data), normalized(x, *arrays, (0,)), rtol=1e-5)


def test_as_the_first_layer_it_takes_what_a_linear_takes():
    for kind in KINDS:
        model = Sequential(L.BatchNormalization(3), L.Linear(3, 2))
        y, z = both_ways(model, rows(kind))
        y.sum().backward()
        assert y.dtype == z.dtype == model[0].gamma.grad.dtype == np.float32


def test_the_mean_of_large_numbers_is_taken_before_they_become_float32():
    x = draw((8, 3), 0) + 1e9  # float32 has steps of 64 there
    y = L.BatchNormalization(3)(x)
    expected = normalized(x, np.ones(3), np.zeros(3), x.mean(0), x.var(0), (0,))
    np.testing.assert_allclose(y.data, expected, atol=1e-5)


def test_the_gradients_at_an_array_of_another_dtype_are_the_slopes_to_second_order():
    x = rows("int64")
    gamma, beta, gy = draw(3, 1), draw(3, 2), draw((8, 3), 3)
    for f in (
        lambda *p: F.batch_normalization(x, *p),
        lambda *p: F.fixed_batch_normalization(x, *p, np.ones(3, "f4"), np.full(3, 2, "f4")),
    ):
        gradient_check.check_backward(f, (gamma, beta), gy)
        gradient_check.check_double_backward(f, (gamma, beta), gy, (gamma, beta))


def test_a_variable_of_another_dtype_is_refused_both_ways():
    bn, x = L.BatchNormalization(3), Variable(rows("float64"))
    for train in (True, False):
        with (
            using_config("train", train),
            pytest.raises(TypeError, match="gamma of the dtype of x, float64, got float32"),
        ):
            bn(x)
    assert bn.avg_mean.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ({"initial_gamma": np.ones(3)}, np.float64),
        ({"initial_beta": np.ones(3, np.float16)}, np.float16),
        ({"initial_avg_var": initializers.One(dtype=np.float64)}, np.float64),
        ({"initial_gamma": np.ones(3, np.int64)}, np.float32),
        ({"initial_gamma": np.float64(2)}, np.float32),
        ({"initial_gamma": np.ones(3), "dtype": np.float32}, np.float32),
        ({"initial_gamma": initializers.Normal(0.1), "dtype": np.float64}, np.float64),
        ({"initial_gamma": initializers.Normal(0.1), "initial_beta": np.ones(3)}, np.float64),
    ],
)
def test_all_first_values_have_one_dtype(first, expected):
    bn = L.BatchNormalization(3, **first)
    y, z = both_ways(bn, rows("float32"))
    arrays = (bn.gamma, bn.beta, bn.avg_mean, bn.avg_var, y, z)
    assert {a.dtype for a in arrays} == {np.dtype(expected)}


def test_an_initializer_that_gets_a_dtype_is_a_copy():
    ones = initializers.One()
    L.BatchNormalization(3, initial_gamma=ones, dtype=np.float64)
    assert ones.dtype is None
