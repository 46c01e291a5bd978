"""Compare gradients with measured slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module, is_array_type, plain, to_cpu
from tinylinks.derivatives import grad
from tinylinks.variable import Variable

__all__ = ["check_backward", "check_double_backward", "numerical_grad"]


def numerical_grad(
    f: Callable[[], Sequence[Any]],
    inputs: Sequence[Any],
    grad_outputs: Sequence[Any],
    eps: float = 1e-3,
) -> list[Any]:
    """Measure slopes: move each number of `inputs` a little and see how far `f` moves.

    Parameters
    ----------
    f : callable
        Takes nothing, reads `inputs` and returns a list of arrays.
    inputs : list of array
        Changed in place while `f` is called, and restored.
    grad_outputs : list of array
        How much each number of the outputs counts.
    eps : float
        How far to move.

    Returns
    -------
    list of array
        The slopes, one array for each of `inputs`. Where `f` is not finite, neither are they.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import gradient_check
    >>> x = np.array([1.0, 2.0])
    >>> (gx,) = gradient_check.numerical_grad(lambda: [x**2], [x], [np.ones(2)])
    >>> gx.round(6)
    array([2., 4.])

    Notes
    -----
    Follows Chainer's ``chainer.gradient_check.numerical_grad``.
    """
    errors.check_positive(
        "gradient_check", "eps", eps, "Pass how far to move, such as 1e-3.", "shapes"
    )
    errors.check_floats("numerical_grad", "inputs", inputs, is_array_type)
    slopes = []
    for x in inputs:
        slope = np.zeros(x.shape, x.dtype)
        for i in np.ndindex(x.shape):
            here = x[i].copy()
            x[i] = here + eps
            right = [y.copy() for y in errors.check_results(f())]
            x[i] = here - eps
            left = [y.copy() for y in errors.check_results(f())]
            x[i] = here
            moves = [after - before for after, before in zip(right, left, strict=True)]
            pairs = zip(moves, grad_outputs, strict=True)
            slope[i] = sum(float((move * g).sum()) for move, g in pairs) / (2 * eps)
        slopes.append(get_array_module(x).asarray(slope))
    return slopes


def check_backward(
    func: Callable[..., Any],
    x_data: Any,
    y_grad: Any = None,
    params: Any = (),
    eps: float = 1e-3,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
) -> None:
    """Raise AssertionError if the gradients of `func` differ from measured slopes.

    They differ, too, where one of them is not finite.

    Parameters
    ----------
    func : callable
        Takes Variables and returns a Variable or a tuple of them.
    x_data : array or tuple of array
        What `func` is called with. float64 is precise enough.
    y_grad : array or tuple of array, optional
        The gradients to start from; ones if not given. None in a tuple stands for zeros.
    params : Parameter or tuple of Parameter
        Their gradients are checked as well.
    eps : float
        How far to move.
    atol : float
        How much absolute difference to allow.
    rtol : float
        How much relative difference to allow.
    no_grads : list of bool, optional
        True for each of `x_data` that is not to be checked. If not given, all are checked but
        those of whole numbers or truth values.
    dtype : dtype of floats, optional
        What to measure the slopes in: np.float64 for a function of float32.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> from tinylinks import gradient_check
    >>> gradient_check.check_backward(F.tanh, np.array([0.5, -1.0]))

    Notes
    -----
    After Chainer's ``chainer.gradient_check.check_backward``, which measures along one
    random direction; this one measures every number.
    """
    xs, params = _as_tuple(x_data), _as_tuple(params)
    errors.check_positive(
        "gradient_check", "eps", eps, "Pass how far to move, such as 1e-3.", "shapes"
    )
    errors.check_dtype("check_backward", dtype)
    left_out = errors.check_no_grads("check_backward", no_grads, xs, is_array_type)
    checked = [x for x, out in zip(xs, left_out, strict=True) if not out]
    errors.check_floats("check_backward", "x_data", checked, is_array_type)
    variables = [Variable(x.copy()) for x in xs]
    ys = _as_tuple(func(*variables))
    errors.check_func_outputs("check_backward", ys, Variable)
    gys = [y.xp.ones_like(y.data) for y in ys] if y_grad is None else list(_as_tuple(y_grad))
    errors.check_same_length("check_backward", "y_grad", gys, "the outputs", len(ys))
    gys = [y.xp.zeros_like(y.data) if gy is None else gy for y, gy in zip(ys, gys, strict=True)]
    errors.check_floats("check_backward", "y_grad", gys, is_array_type)
    wanted = [i for i, out in enumerate(left_out) if not out]
    gxs = grad(ys, [*[variables[i] for i in wanted], *params], gys)
    slopes = _measure(func, variables, wanted, params, gys, eps, dtype)
    places = [*wanted, *range(len(xs), len(xs) + len(params))]
    for i, gx, slope in zip(places, gxs, slopes, strict=True):
        _compare(i, gx, slope, atol, rtol)


def check_double_backward(
    func: Callable[..., Any],
    x_data: Any,
    y_grad: Any,
    x_grad_grad: Any,
    params: Any = (),
    params_grad_grad: Any = (),
    eps: float = 1e-3,
    atol: float = 1e-4,
    rtol: float = 1e-3,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
) -> None:
    """Raise AssertionError if the second derivatives of `func` differ from measured slopes.

    The gradients of `func` are taken as a function of `x_data` and `y_grad`, and the
    gradients of that are compared with measured slopes. If `func` has no gradient for one of
    `x_data`, the outputs must not move with it.

    Parameters
    ----------
    func : callable
        Takes Variables and returns a Variable or a tuple of them.
    x_data, y_grad : array or tuple of array
        What `func` is called with, and the gradients of its outputs.
    x_grad_grad : array or tuple of array
        How much each number of the gradients counts; of the shapes of `x_data`.
    params, params_grad_grad : tuple
        The same for Parameters that `func` uses.
    eps, atol, rtol : float
        As in `check_backward`.
    no_grads : list of bool, optional
        True for each of `x_data` and `y_grad` that is not to be checked.
    dtype : dtype of floats, optional
        What to measure the slopes in.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> from tinylinks import gradient_check
    >>> x, gy, ggx = np.array([0.5, -1.0]), np.array([1.0, 2.0]), np.array([1.0, -1.0])
    >>> gradient_check.check_double_backward(F.tanh, x, gy, ggx)

    Notes
    -----
    After Chainer's ``chainer.gradient_check.check_double_backward``.
    """
    xs, gys, params = _as_tuple(x_data), _as_tuple(y_grad), _as_tuple(params)
    left_out = errors.check_no_grads("check_double_backward", no_grads, (*xs, *gys), is_array_type)
    wanted = [i for i, x in enumerate(xs) if getattr(x, "dtype", np.dtype(float)).kind == "f"]
    without: list[bool] = []  # for each of the inputs whether `func` has no gradient for it

    def gradients(*args: Variable) -> tuple[Variable, ...]:
        ys = _as_tuple(func(*args[: len(xs)]))
        errors.check_func_outputs("check_double_backward", ys, Variable)
        inputs = [*[args[i] for i in wanted], *params]
        gxs = grad(ys, inputs, args[len(xs) :], enable_double_backprop=True)
        without[:] = [gx is None for gx in gxs]
        return tuple([x * 0 if gx is None else gx for x, gx in zip(inputs, gxs, strict=True)])

    ggxs = (*_as_tuple(x_grad_grad), *_as_tuple(params_grad_grad))
    check_backward(gradients, (*xs, *gys), ggxs, params, eps, atol, rtol, left_out, dtype)
    places = [i for i, none in zip(wanted, without) if none and not left_out[i]]
    lone = [x for x, none in zip(params, without[len(wanted) :], strict=True) if none]
    variables = [Variable(x.copy()) for x in xs]
    slopes = _measure(func, variables, places, lone, gys, eps, dtype)
    for i, slope in zip([*places, *[len(left_out)] * len(lone)], slopes, strict=True):
        _compare(i, None, slope, atol, rtol)


def _measure(
    func: Callable[..., Any],
    variables: list[Variable],
    wanted: list[int],
    params: Sequence[Any],
    gys: Sequence[Any],
    eps: float,
    dtype: Any,
) -> list[Any]:
    """Measure the slopes for some of the inputs of `func`, and for `params`, in `dtype`."""
    before = [(p, p.data, p.grad) for p in params]
    try:
        for x in (*variables, *params):
            if dtype is not None and x.dtype.kind == "f":
                x.data = x.data.astype(dtype)
        arrays = [x.data for x in (*[variables[i] for i in wanted], *params)]
        return numerical_grad(
            lambda: [y.data for y in _as_tuple(func(*variables))], arrays, gys, eps
        )
    finally:
        for p, array, g in before:
            p.data, p.grad = array, g


def _compare(i: int, gx: Variable | None, slope: Any, atol: float, rtol: float) -> None:
    """Raise AssertionError if the gradient of input `i` is not its slope."""
    slope = to_cpu(slope)
    computed = np.zeros_like(slope) if gx is None else to_cpu(gx.data)
    message = f"the gradient of input {i} is not its slope"
    np.testing.assert_allclose(computed, slope, rtol, atol, err_msg=message)
    errors.check_measured(i, np.isfinite(slope).all())  # nan and nan are equal there


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(map(plain, x if isinstance(x, tuple | list) else (x,)))


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("gradient_check", name, __all__, "shapes")
