"""Optimizers: they move parameters against their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tinylinks import errors
from tinylinks.link import Link
from tinylinks.variable import Variable

__all__ = ["SGD"]


class SGD:
    """Stochastic gradient descent: ``param -= lr * param.grad``.

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
    Follows Chainer's ``chainer.optimizers.SGD``.
    """

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self._check_lr()
        self.target: Link | None = None
        self.t = 0  # how many updates there were

    def _check_lr(self) -> None:
        errors.check_positive("SGD", "lr", self.lr, "Pass a small number, such as 0.01.", 13)

    def setup(self, link: Link) -> Self:
        """Choose the link whose parameters are updated; return the optimizer."""
        errors.check_link("SGD", link, Link)
        self.target, self.t = link, 0
        return self

    def update(self, lossfun: Callable[..., Any] | None = None, *args: Any, **kwds: Any) -> None:
        """Move all parameters that have a gradient.

        With `lossfun`, first compute ``lossfun(*args, **kwds)``, clear the gradients and
        call `backward`.
        """
        errors.check_target("SGD", self.target)
        self._check_lr()
        assert self.target is not None
        if lossfun is not None:
            errors.check_lossfun("SGD", lossfun)
            loss = lossfun(*args, **kwds)
            errors.check_loss("SGD", loss, Variable)
            self.target.cleargrads()
            loss.backward()
        self.t += 1
        for param in self.target.params():
            grad = param.grad
            if grad is not None:
                data = param.data
                data -= self.lr * grad  # in place


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("optimizers", name, __all__, 13)
