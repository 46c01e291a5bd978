"""Compare gradients with measured slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module, is_array_type, plain, to_cpu
from tinylinks.derivatives import grad
from tinylinks.variable import Variable


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
        The slopes, one array for each of `inputs`.

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
    errors.check_positive("gradient_check", "eps", eps, "Pass how far to move, such as 1e-3.", 7)
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
) -> None:
    """Raise AssertionError if the gradients of `func` differ from measured slopes.

    Parameters
    ----------
    func : callable
        Takes Variables and returns a Variable or a tuple of them.
    x_data : array or tuple of array
        What `func` is called with. float64 is precise enough.
    y_grad : array or tuple of array, optional
        The gradients to start from; ones if not given.
    params : Parameter or tuple of Parameter
        Their gradients are checked as well.
    eps : float
        How far to move.
    atol : float
        How much absolute difference to allow.
    rtol : float
        How much relative difference to allow.

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
    errors.check_positive("gradient_check", "eps", eps, "Pass how far to move, such as 1e-3.", 7)
    errors.check_floats("check_backward", "x_data", xs, is_array_type)
    variables = [Variable(x.copy()) for x in xs]
    ys = _as_tuple(func(*variables))
    errors.check_func_outputs("check_backward", ys, Variable)
    gys = [y.xp.ones_like(y.data) for y in ys] if y_grad is None else list(_as_tuple(y_grad))
    errors.check_same_length("check_backward", "y_grad", gys, "the outputs", len(ys))
    errors.check_floats("check_backward", "y_grad", gys, is_array_type)
    wanted = [*variables, *params]
    gxs = grad(ys, wanted, gys)
    arrays = [x.data for x in wanted]
    slopes = numerical_grad(lambda: [y.data for y in _as_tuple(func(*variables))], arrays, gys, eps)
    for i, (x, gx, slope) in enumerate(zip(wanted, gxs, slopes, strict=True)):
        computed = np.zeros(x.shape, x.dtype) if gx is None else to_cpu(gx.data)
        np.testing.assert_allclose(
            computed,
            to_cpu(slope),
            rtol,
            atol,
            err_msg=f"the gradient of input {i} is not its slope",
        )


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
) -> None:
    """Raise AssertionError if the second derivatives of `func` differ from measured slopes.

    The gradients of `func` are taken as a function of `x_data` and `y_grad`, and the
    gradients of that are compared with measured slopes.

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

    def gradients(*args: Variable) -> tuple[Variable, ...]:
        ys = _as_tuple(func(*args[: len(xs)]))
        errors.check_func_outputs("check_double_backward", ys, Variable)
        wanted = [*args[: len(xs)], *params]
        gxs = grad(ys, wanted, args[len(xs) :], enable_double_backprop=True)
        return tuple([x * 0 if gx is None else gx for x, gx in zip(wanted, gxs, strict=True)])

    ggxs = (*_as_tuple(x_grad_grad), *_as_tuple(params_grad_grad))
    check_backward(gradients, (*xs, *gys), ggxs, params, eps, atol, rtol)


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(map(plain, x if isinstance(x, tuple | list) else (x,)))
