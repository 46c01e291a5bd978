"""Optimizers: they move parameters against their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from tinylinks import backend, errors
from tinylinks.link import Link
from tinylinks.variable import Parameter, Variable

__all__ = ["SGD", "Adam", "AdamW", "MomentumSGD", "Optimizer", "RMSprop"]


BLOCK = 2**18  # elements: few enough for the cache, and enough to be worth a loop


class Optimizer:
    """What all optimizers share. A subclass says how one parameter moves.

    It writes `update_core`, and in `state_names` the names of the arrays that it remembers
    of each parameter.

    Attributes
    ----------
    target : Link or None
        The link whose parameters move; None before `setup`.
    t : int
        How many updates there were.
    epoch : int
        How many times `new_epoch` was called.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> class Averaged(optimizers.Optimizer):
    ...     state_names = ("mean",)
    ...
    ...     def update_core(self, data, grad, state):
    ...         mean, t = state["mean"], state["t"]
    ...         mean += (grad - mean) / t
    ...         data -= 0.5 * mean
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = Averaged().setup(f)
    >>> optimizer.update(lambda: f(np.array([[2.0]])))
    >>> f.W.data
    array([[2.]])

    Notes
    -----
    Follows Chainer's ``chainer.Optimizer``. Other than there, a parameter without gradient
    stays where it is, and parameters of float16 move in float32: `update_core` gets copies in
    float32, and what is remembered stays so. The parameter gets the result, rounded.
    """

    state_names: Any = ()
    target: Any = None
    t = 0
    epoch = 0

    def __new__(cls, *args: Any, **kwds: Any) -> Self:
        """Check the names of the arguments, which `__init__` gets, too."""
        errors.check_settings(cls, args, kwds)
        return super().__new__(cls)

    def setup(self, link: Link) -> Self:
        """Choose the link whose parameters are updated; return the optimizer.

        It starts from nothing: without hooks, and without memory of earlier updates.
        """
        errors.check_link(self, link, Link)
        self.target, self.t, self.epoch = link, 0, 0
        self._hooks: dict[str, tuple[Callable[..., Any], str]] = {}  # name -> hook, timing
        # A Parameter cannot be a key, but its id can while the Parameter is kept with it.
        self._states: dict[int, tuple[Parameter, dict[str, Any]]] = {}
        return self

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """Move all parameters that have a gradient and are not frozen.

        With `lossfun`, first compute ``lossfun(*args, **kwds)``, clear the gradients and
        call `backward`. What cannot move is refused before the first parameter moves.
        """
        errors.check_target(self, "update")
        if lossfun is not None:
            self._compute_grads(lossfun, args, kwds)
        if self._hooks:
            self._moving()  # what cannot move is refused before a hook changes a gradient
            self.call_hooks("pre")
        moving = self._moving()
        before = errors.at_the_first_update(self, moving)
        self.t += 1
        for data, grad, state in moving:
            state["t"] += 1
            self._move(data, grad, state)
        errors.check_moved(self, moving, before)
        if self._hooks:
            self.call_hooks("post")

    def _moving(self) -> list[tuple[Any, Any, dict[str, Any]]]:
        """Return array, gradient and state of each parameter that is to move; check all of it."""
        self._check()
        moving = []
        for param in self.target.params():
            data, grad = param._data, param.grad
            if grad is not None and param.update_enabled:
                errors.check_moves(self, param, data, grad)
                moving.append((data, grad, self._state_of(param)))
        return moving

    def _move(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Call `update_core`. With float16 it gets copies: float16 has too few digits to add up."""
        if data.dtype.itemsize > 2:
            self.update_core(data, grad, state)
        else:
            wide = data.astype(np.float32)
            self.update_core(wide, grad.astype(np.float32), state)
            data[...] = wide

    def _check(self) -> None:
        """Check the hyperparameters: at each update, since they may be changed in between."""

    def _compute_grads(self, lossfun: Callable[..., Any], args: Any, kwds: Any) -> None:
        errors.check_lossfun(self, lossfun)
        loss = lossfun(*args, **kwds)
        errors.check_loss(self, loss, Variable)
        self.target.cleargrads()
        loss.backward()

    def _state_of(self, param: Parameter) -> dict[str, Any]:
        """Return what is remembered of `param`. Its arrays are zeros at first."""
        states, key = self._states, id(param)
        if key not in states:
            states[key] = param, {"t": 0}
        data, state = param.data, states[key][1]
        for name in self.state_names:
            array, dtype = state.get(name), data.dtype if data.dtype.itemsize > 2 else np.float32
            if array is None:
                state[name] = param.xp.zeros_like(data).astype(dtype, copy=False)
            elif array.shape != data.shape:
                errors.shape_changed(self, param, array)
            elif type(array) is not type(data) or array.dtype != dtype:
                # The model went to another device, or its parameters to another dtype.
                state[name] = param.xp.asarray(backend.to_cpu(array), dtype)
        return state

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        """Make a copied or unpickled optimizer find what it remembers of its own parameters."""
        self.__dict__.update(attributes)
        if self.target is not None:
            self._hooks = self._hooks.copy()
            self._states = {id(p): (p, state.copy()) for p, state in self._states.values()}

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. A subclass writes it.

        Parameters
        ----------
        data, grad : array
            The array of the parameter, which is changed in place, and its gradient. For a
            parameter of float16 they are copies in float32.
        state : dict
            An array for each of `state_names`, to be changed in place, and under ``"t"``
            how many times this parameter was moved, this time included.
        """
        errors.no_update_core(self)

    def __setattr__(self, name: str, value: Any) -> None:
        errors.check_hyperparameter(self, name)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> NoReturn:
        # Python asks here only for an attribute that is not there.
        errors.no_optimizer_attribute(self, name)

    def new_epoch(self) -> None:
        """Count one more pass over the training data."""
        self.epoch += 1

    def add_hook(
        self, hook: Callable[..., Any], name: str | None = None, timing: str = "auto"
    ) -> None:
        """Have ``hook(optimizer)`` called at each update.

        Parameters
        ----------
        hook : callable
            For instance one of `tinylinks.optimizer_hooks`. With an attribute
            ``call_for_each_param`` that is True, it is called as ``hook(optimizer, param)`` for
            each parameter that has a gradient.
        name : str, optional
            For `remove_hook`. If omitted, ``hook.name`` or the name of the function.
        timing : {"auto", "pre", "post"}
            Whether it is called before the parameters move, or after. With "auto",
            ``hook.timing`` decides, and without such an attribute it is "pre".
        """
        errors.check_target(self, "add_hook")
        if name is None:
            name = getattr(hook, "name", getattr(hook, "__name__", None))
        errors.check_hook(self, hook, name, self._hooks)
        if timing == "auto":
            timing = getattr(hook, "timing", "pre")
        errors.check_choice("add_hook", "timing", timing, ("pre", "post"), "downhill")
        self._hooks[str(name)] = hook, timing

    def call_hooks(self, timing: str = "pre") -> None:
        """Call the hooks of this timing, in the order in which they were added."""
        errors.check_target(self, "call_hooks")
        errors.check_choice("call_hooks", "timing", timing, ("pre", "post"), "downhill")
        for hook, when in list(self._hooks.values()):
            if when == timing:
                self.call_hook(hook)

    def call_hook(self, hook: Callable[..., Any]) -> None:
        """Call one hook: once, or for each parameter that has a gradient."""
        if getattr(hook, "call_for_each_param", False):
            for param in self.target.params():
                if param.grad is not None:
                    hook(self, param)
        else:
            hook(self)

    def remove_hook(self, name: str) -> None:
        """Call the hook of this name no longer."""
        errors.check_target(self, "remove_hook")
        errors.check_hook_name(self, name, self._hooks)
        del self._hooks[name]

    def serialize(self, serializer: Any) -> None:
        """Save or load what is remembered, but not the parameters: the link does that.

        The keys are Chainer's: ``t``, ``epoch``, ``l1/W/t``, ``l1/W/m`` and so on. Load the
        link first, so that all its parameters are there.
        """
        errors.check_target(self, "serialize")
        before = self.t
        self.t = serializer("t", self.t)
        self.epoch = serializer("epoch", self.epoch)
        errors.check_resumed(self, before, serializer)
        if self.t == 0:
            self._states.clear()
        for path, param in self.target.namedparams(include_uninit=False):
            state, child = self._state_of(param), serializer[path]
            for name in ("t", *self.state_names) if self.t else ("t",):
                state[name] = child(name, state[name])


def blocks(*arrays: Any) -> list[Any]:
    """Cut large arrays into blocks of rows, so that what is computed of one stays in the cache."""
    size = arrays[0].size
    if size <= BLOCK or type(arrays[0]) is not np.ndarray:
        return [arrays]
    length = len(arrays[0])
    rows = -(-length * BLOCK // size)  # rounded up
    return [[a[start : start + rows] for a in arrays] for start in range(0, length, rows)]


class SGD(Optimizer):
    """Stochastic gradient descent: ``param -= lr * grad``.

    Parameters
    ----------
    lr : float
        The learning rate.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.SGD(lr=0.1).setup(f)
    >>> y = f(np.array([[2.0]]))
    >>> y.backward()
    >>> optimizer.update()
    >>> f.W.data
    array([[2.8]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizers.SGD``. The method is that of Robbins and Monro,
    "A Stochastic Approximation Method" (1951).
    """

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self._check()

    def _check(self) -> None:
        errors.check_not_negative(self, lr=self.lr)

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        lr = float(self.lr)  # a number of NumPy would make float64 of float32
        for p, g in blocks(data, grad):
            p -= lr * g


class MomentumSGD(Optimizer):
    """SGD with momentum: ``v = momentum * v - lr * grad; param += v``.

    Parameters
    ----------
    lr : float
        The learning rate.
    momentum : float
        How much of its speed ``v`` a parameter keeps, from 0 to below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.MomentumSGD(lr=0.1, momentum=0.5).setup(f)
    >>> for _ in range(2):
    ...     optimizer.update(lambda: f(np.array([[2.0]])))
    >>> f.W.data
    array([[2.5]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizers.MomentumSGD``. The method is Polyak's, "Some
    methods of speeding up the convergence of iteration methods" (1964).
    """

    state_names = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr = lr
        self.momentum = momentum
        self._check()

    def _check(self) -> None:
        errors.check_not_negative(self, lr=self.lr)
        errors.check_below_one(self, momentum=self.momentum)

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        lr, momentum = float(self.lr), float(self.momentum)
        for p, g, v in blocks(data, grad, state["v"]):
            v *= momentum
            v -= lr * g
            p += v


class RMSprop(Optimizer):
    """Divide each gradient by its usual size: ``param -= lr * grad / (sqrt(ms) + eps)``.

    ``ms`` is a moving mean of ``grad**2``.

    Parameters
    ----------
    lr : float
        The learning rate.
    alpha : float
        How much of the mean is kept at each update, from 0 to below 1.
    eps : float
        Keeps the division away from zero.
    eps_inside_sqrt : bool
        Divide by ``sqrt(ms + eps)`` instead.

    Raises
    ------
    ValueError
        At an update, if `eps` is zero in the dtype of a parameter (float16 counts as float32).

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.RMSprop(lr=0.1, alpha=0.75).setup(f)
    >>> optimizer.update(lambda: f(np.array([[2.0]])))
    >>> f.W.data.round(6)
    array([[2.8]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizers.RMSprop``. The method is from Tieleman and
    Hinton's "Lecture 6.5: RMSprop" (2012).
    """

    state_names = ("ms",)

    def __init__(
        self,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        eps_inside_sqrt: bool = False,
    ) -> None:
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.eps_inside_sqrt = eps_inside_sqrt
        self._check()

    def _check(self) -> None:
        errors.check_not_negative(self, lr=self.lr)
        errors.check_below_one(self, alpha=self.alpha)
        errors.check_eps_fits(self)
        errors.check_flag("RMSprop", "eps_inside_sqrt", self.eps_inside_sqrt, "downhill")

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        xp = backend.get_array_module(data)
        lr, alpha, eps = float(self.lr), float(self.alpha), float(self.eps)
        for p, g, ms in blocks(data, grad, state["ms"]):
            ms *= alpha
            ms += (1 - alpha) * g * g
            if self.eps_inside_sqrt:
                p -= lr * g / xp.sqrt(ms + eps)
            else:
                p -= lr * g / (xp.sqrt(ms) + eps)


class Adam(Optimizer):
    """Adam: momentum, and steps divided by the usual size of the gradient.

    ``m`` is a moving mean of ``grad`` and ``v`` one of ``grad**2``. Both start from zero;
    ``alpha_t`` makes up for that. Then ``param -= alpha_t * m / (sqrt(v) + eps)``.

    Parameters
    ----------
    alpha : float
        The learning rate: about how far a parameter moves at each update.
    beta1 : float
        How much of ``m`` is kept at each update, from 0 to below 1.
    beta2 : float
        How much of ``v`` is kept at each update, from 0 to below 1.
    eps : float
        Keeps the division away from zero.
    eta : float
        All of the step is multiplied by it: to change the length of the steps by a schedule.
    weight_decay_rate : float
        At each update the parameter also loses ``eta * weight_decay_rate`` of itself.
    amsgrad : bool
        Divide by the largest ``v`` so far instead of the latest.

    Raises
    ------
    ValueError
        At an update, if `eps` is zero in the dtype of a parameter (float16 counts as float32).

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.Adam(alpha=0.1).setup(f)
    >>> for _ in range(2):
    ...     optimizer.update(lambda: f(np.array([[2.0]])))
    >>> f.W.data.round(6)
    array([[2.8]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizers.Adam``. The method is that of Kingma and Ba, "Adam:
    A Method for Stochastic Optimization" (2015), with `eps` as at the end of their section 2.
    `amsgrad` is from Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond" (2018).
    """

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0,
        amsgrad: bool = False,
    ) -> None:
        self.alpha = alpha
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.eta = eta
        self.weight_decay_rate = weight_decay_rate
        self.amsgrad = amsgrad
        self._check()

    def _check(self) -> None:
        errors.check_below_one(self, beta1=self.beta1, beta2=self.beta2)
        rate = self.weight_decay_rate
        errors.check_not_negative(self, alpha=self.alpha, eta=self.eta, weight_decay_rate=rate)
        errors.check_eps_fits(self)
        errors.check_flag(type(self).__name__, "amsgrad", self.amsgrad, "downhill")

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the arrays that are remembered of each parameter."""
        return ("m", "v", "vhat") if self.amsgrad else ("m", "v")

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        xp, length = backend.get_array_module(data), self._length(state["t"])
        beta1, beta2, eps = float(self.beta1), float(self.beta2), float(self.eps)
        for p, g, m, v, *vhat in blocks(data, grad, *[state[name] for name in self.state_names]):
            step = xp.asarray((1 - beta1) * g)
            m *= beta1
            m += step
            step *= g  # the array is there already: to use it saves time
            step *= (1 - beta2) / (1 - beta1)
            v *= beta2
            v += step
            v = xp.maximum(*vhat, v, out=vhat[0]) if vhat else v
            if self.weight_decay_rate:
                p *= 1 - float(self.eta) * float(self.weight_decay_rate)
            xp.sqrt(v, out=step)
            step += eps
            xp.divide(m, step, out=step)
            step *= length
            p -= step

    def _length(self, t: int) -> float:
        """Return what the step of update `t` is multiplied by."""
        makes_up = math.sqrt(1 - math.pow(self.beta2, t)) / (1 - math.pow(self.beta1, t))
        return float(self.eta) * float(self.alpha) * makes_up


class AdamW(Adam):
    """Adam with weight decay apart from the gradient, not in it.

    Parameters
    ----------
    alpha, beta1, beta2, eps, eta, weight_decay_rate : float
        See `Adam`. Without a `weight_decay_rate` it is Adam.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.AdamW(weight_decay_rate=0.1).setup(f)
    >>> optimizer.update(lambda: 0 * f(np.array([[2.0]])))
    >>> f.W.data
    array([[2.7]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizers.AdamW``. The method is that of Loshchilov and
    Hutter, "Decoupled Weight Decay Regularization" (2019).
    """

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, weight_decay_rate)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("optimizers", name, __all__, "downhill")
