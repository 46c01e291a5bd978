"""Hooks: what an optimizer does to the gradients before the parameters move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from tinylinks import errors

__all__ = ["GradientClipping", "WeightDecay"]


class WeightDecay:
    """Add ``rate * param`` to each gradient: it pulls the parameters towards zero.

    Parameters
    ----------
    rate : float
        How strong the pull is.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizer_hooks, optimizers
    >>> f = L.Linear(1, 1, initialW=np.array([[3.0]]), nobias=True)
    >>> optimizer = optimizers.SGD(lr=0.1).setup(f)
    >>> optimizer.add_hook(optimizer_hooks.WeightDecay(0.5))
    >>> optimizer.update(lambda: f(np.array([[2.0]])))
    >>> f.W.grad
    array([[3.5]])

    Notes
    -----
    Follows Chainer's ``chainer.optimizer_hooks.WeightDecay``. Why it helps is told by Krogh
    and Hertz, "A Simple Weight Decay Can Improve Generalization" (1991).
    """

    name = "WeightDecay"
    timing = "pre"
    call_for_each_param = True

    def __init__(self, rate: float) -> None:
        errors.check_not_negative(self, rate=rate)
        self.rate = rate

    def __call__(self, rule: Any, param: Any) -> None:
        """Change the gradient of a parameter, in place. `rule` is the optimizer."""
        errors.check_not_negative(self, rate=self.rate)
        errors.check_writeable(self.name, param.grad)
        param.grad += float(self.rate) * param.data


class GradientClipping:
    """Shorten all gradients together if their common length is above a threshold.

    The length is ``sqrt((g**2).sum())`` over the numbers ``g`` of all gradients.

    Parameters
    ----------
    threshold : float
        The greatest length that is left as it is.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> from tinylinks import optimizer_hooks, optimizers
    >>> f = L.Linear(2, 1)
    >>> optimizer = optimizers.SGD().setup(f)
    >>> optimizer.add_hook(optimizer_hooks.GradientClipping(0.5))
    >>> f.W.grad = np.array([[3, 4]], np.float32)
    >>> optimizer.update()
    >>> f.W.grad
    array([[0.3, 0.4]], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.optimizer_hooks.GradientClipping``. The method is that of
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    (2013).
    """

    name = "GradientClipping"
    timing = "pre"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._check()

    def _check(self) -> None:
        errors.check_positive(
            self.name, "threshold", self.threshold, "Pass one such as 5.", "downhill"
        )

    def __call__(self, opt: Any) -> None:
        """Change the gradients of the link that `opt` updates, in place."""
        self._check()
        params = [param for param in opt.target.params() if param.grad is not None]
        for param in params:
            errors.check_writeable(self.name, param.grad)
        # In float64: in float16 squares soon become infinite, and a small factor becomes 0.
        norm = math.sqrt(sum((param.grad.astype(float) ** 2).sum() for param in params))
        errors.check_norm(self, opt, norm)
        if norm > self.threshold:
            for param in params:
                param.grad[...] = param.grad.astype(float) * (self.threshold / norm)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("optimizer_hooks", name, __all__, "downhill")
