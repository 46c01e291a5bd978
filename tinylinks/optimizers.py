"""Optimizers: they move parameters against their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from tinylinks import backend, errors
from tinylinks.link import Link
from tinylinks.variable import Parameter, Variable

__all__ = ["SGD", "Adam", "AdamW", "MomentumSGD", "Optimizer", "RMSprop"]


BLOCK = 2**16  # elements: few enough for the cache, and enough to be worth a loop


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
    stays where it is.
    """

    state_names: Any = ()
    target: Any = None
    t = 0
    epoch = 0

    def setup(self, link: Link) -> Self:
        """Choose the link whose parameters are updated; return the optimizer.

        It starts anew: without hooks, and without memory of earlier updates.
        """
        errors.check_link(self, link, Link)
        self.target, self.t, self.epoch = link, 0, 0
        self._hooks: dict[str, Callable[[Any], Any]] = {}
        # A Parameter cannot be a key, but its id can while the Parameter is kept beside it.
        self._states: dict[int, tuple[Parameter, dict[str, Any]]] = {}
        return self

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """Move all parameters that have a gradient.

        With `lossfun`, first compute ``lossfun(*args, **kwds)``, clear the gradients and
        call `backward`.
        """
        errors.check_target(self, "update")
        self._check()
        if lossfun is not None:
            self._compute_grads(lossfun, args, kwds)
        for hook in self._hooks.values():
            hook(self)
        self.t += 1
        moved = False
        for param in self.target.params():
            grad = param.grad
            if grad is not None:
                moved = True
                state = self._state_of(param)
                state["t"] += 1
                self.update_core(param.data, grad, state)
        if not moved:
            errors.nothing_moved(self)

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
        _, state = self._states.setdefault(id(param), (param, {"t": 0}))
        for name in self.state_names:
            if name not in state:
                state[name] = param.xp.zeros_like(param.data)
            elif type(state[name]) is not type(param.data):  # the model went to another device
                state[name] = param.xp.asarray(backend.to_cpu(state[name]))
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
            The array of the parameter, which is changed in place, and its gradient.
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

    def add_hook(self, hook: Callable[[Any], Any], name: str | None = None) -> None:
        """Have ``hook(optimizer)`` called at each update, before the parameters move.

        Parameters
        ----------
        hook : callable
            For instance one of `tinylinks.optimizer_hooks`.
        name : str, optional
            For `remove_hook`. If omitted, ``hook.name`` or the name of the function.
        """
        errors.check_target(self, "add_hook")
        if name is None:
            name = getattr(hook, "name", getattr(hook, "__name__", None))
        errors.check_hook(self, hook, name, self._hooks)
        self._hooks[str(name)] = hook

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


def blocks(*arrays: Any) -> Iterator[Any]:
    """Cut large arrays into blocks of rows, so that what is computed of one stays in the cache."""
    size = arrays[0].size
    if size <= BLOCK or type(arrays[0]) is not np.ndarray:
        yield arrays
    else:
        rows = -(-len(arrays[0]) * BLOCK // size)  # rounded up
        for start in range(0, len(arrays[0]), rows):
            yield [array[start : start + rows] for array in arrays]


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
        errors.check_above_zero(self, lr=self.lr)

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        for p, g in blocks(data, grad):
            p -= self.lr * g


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
        errors.check_above_zero(self, lr=self.lr)
        errors.check_below_one(self, momentum=self.momentum)

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        for p, g, v in blocks(data, grad, state["v"]):
            v *= self.momentum
            v -= self.lr * g
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
        At an update, if `eps` is zero in the dtype of a parameter.

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
        errors.check_above_zero(self, lr=self.lr)
        errors.check_below_one(self, alpha=self.alpha)
        errors.check_not_negative(self, eps=self.eps)
        errors.check_flag("RMSprop", "eps_inside_sqrt", self.eps_inside_sqrt, 13)

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        errors.check_eps_fits(self, data.dtype)
        xp = backend.get_array_module(data)
        for p, g, ms in blocks(data, grad, state["ms"]):
            ms *= self.alpha
            ms += (1 - self.alpha) * g * g
            if self.eps_inside_sqrt:
                p -= self.lr * g / xp.sqrt(ms + self.eps)
            else:
                p -= self.lr * g / (xp.sqrt(ms) + self.eps)


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
        At an update, if `eps` is zero in the dtype of a parameter.

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
        errors.check_above_zero(self, alpha=self.alpha)
        errors.check_below_one(self, beta1=self.beta1, beta2=self.beta2)
        rate = self.weight_decay_rate
        errors.check_not_negative(self, eps=self.eps, eta=self.eta, weight_decay_rate=rate)
        errors.check_flag(type(self).__name__, "amsgrad", self.amsgrad, 13)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the arrays that are remembered of each parameter."""
        return ("m", "v", "vhat") if self.amsgrad else ("m", "v")

    def update_core(self, data: Any, grad: Any, state: dict[str, Any]) -> None:
        """Move one parameter. See `Optimizer.update_core`."""
        xp, length = backend.get_array_module(data), self._length(state["t"])
        dtype = self._step_dtype(data)
        for p, g, m, v, *vhat in blocks(data, grad, *[state[name] for name in self.state_names]):
            step = xp.asarray((1 - self.beta1) * g, dtype)
            m *= self.beta1
            m += step
            step *= g  # the array is there already: to use it saves time
            step *= (1 - self.beta2) / (1 - self.beta1)
            v *= self.beta2
            v += step
            v = xp.maximum(*vhat, v, out=vhat[0]) if vhat else v
            if self.weight_decay_rate:
                p *= 1 - self.eta * self.weight_decay_rate
            xp.sqrt(v, out=step)
            step += self.eps
            xp.divide(m, step, out=step)
            step *= length
            p -= step

    def _length(self, t: int) -> float:
        """Return what the step of update `t` is multiplied by."""
        return self.eta * self.alpha * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def _step_dtype(self, data: Any) -> np.dtype:
        """Return the dtype to compute steps in: float16 could not hold `eps`."""
        dtype = np.promote_types(data.dtype, np.float32)
        errors.check_eps_fits(self, dtype)
        return dtype


class AdamW(Adam):
    """Adam with weight decay beside the gradient, not in it.

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
        errors.no_name("optimizers", name, __all__, 13)
