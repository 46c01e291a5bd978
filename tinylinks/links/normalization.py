"""BatchNormalization: mean 0 and variance 1, with gamma and beta as parameters."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from tinylinks import errors
from tinylinks import functions as F
from tinylinks.backend import get_array_module, is_array_type
from tinylinks.config import config
from tinylinks.functions.normalization import batch_axes
from tinylinks.initializers import Constant, generate_array, own_dtype
from tinylinks.link import Link
from tinylinks.variable import Parameter, Variable


class BatchNormalization(Link):
    """Give each column of a mini-batch mean 0 and variance 1, then compute gamma x + beta.

    While ``config.train`` is True, mean and variance are those of the mini-batch, and moving
    averages of them are kept. Otherwise the moving averages serve, so that the output for one
    example does not depend on the others.

    Parameters
    ----------
    size : int, tuple of int, or None
        The shape of `gamma`: how many columns, or channels, `x` has. None takes it from the
        first mini-batch; then `axis` must be given, and until then there is no `gamma`.
    decay : float
        How much of the moving averages remains at each mini-batch.
    eps : float
        Is added to the variance, so that nothing is divided by 0.
    dtype : dtype of floats, optional
        Of all parameters and averages. If not given, it is that of the first values, if one of
        them has a dtype, and otherwise float32. An `x` that is an array takes it, too.
    use_gamma : bool
        False leaves gamma out: then it is None, and counts as 1.
    use_beta : bool
        False leaves beta out: then it is None, and counts as 0.
    initial_gamma : array, number or initializer, optional
        The first gamma; 1 if not given.
    initial_beta : array, number or initializer, optional
        The first beta; 0 if not given.
    initial_avg_mean : array, number or initializer, optional
        The first running mean; 0 if not given.
    initial_avg_var : array, number or initializer, optional
        The first running variance; 1 if not given.
    axis : int or tuple of int, optional
        The axes to average over, as in `F.batch_normalization`.

    Attributes
    ----------
    gamma, beta : Parameter, or None
    avg_mean, avg_var : array
        The moving averages; None until the size is known. They are saved with the parameters.
    N : int
        How many mini-batches were taken with ``finetune=True``.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.links as L
    >>> bn = L.BatchNormalization(2)
    >>> bn(np.array([[1, 10], [3, 30]], np.float32))
    Variable([[-1., -1.],
              [ 1.,  1.]], dtype=float32)
    >>> bn.avg_mean
    array([0.2, 2. ], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.links.BatchNormalization``.
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        axis: F.Axis = None,
        initial_avg_mean: Any = None,
        initial_avg_var: Any = None,
    ) -> None:
        super().__init__()
        errors.check_normalization_link(size, axis, use_gamma, use_beta)
        self.decay, self.eps, self.axis = decay, eps, axis
        given = (initial_gamma, initial_beta, initial_avg_mean, initial_avg_var)
        dtype = dtype_of(given) if dtype is None else dtype
        gamma, beta = first(initial_gamma, 1, dtype), first(initial_beta, 0, dtype)
        for name, used, value in (("gamma", use_gamma, gamma), ("beta", use_beta, beta)):
            if used:
                self._reserve(name, value)
            else:
                setattr(self, name, None)
        self._averages = {
            "avg_mean": first(initial_avg_mean, 0, dtype),
            "avg_var": first(initial_avg_var, 1, dtype),
        }
        for name, start in {"avg_mean": None, "avg_var": None, "N": 0}.items():
            self.add_persistent(name, start)
        if size is not None:
            self._begin(size)

    def _begin(self, shape: int | tuple[int, ...]) -> None:
        """Make what is not there yet, now that its shape is known."""
        for name, value in self._later.items():
            if name not in self.__dict__:
                setattr(self, name, Parameter(value, shape))
        for name, value in self._averages.items():
            if getattr(self, name) is None:
                setattr(self, name, generate_array(value, shape))

    def forward(self, x: Any, *, finetune: bool = False) -> Variable:
        """Normalize `x`. See `F.batch_normalization`.

        With ``finetune=True``, while ``config.train`` is True, the moving averages become plain
        averages over all mini-batches since `start_finetuning`.
        """
        errors.check_flag("BatchNormalization", "finetune", finetune, "learnt")
        names = (*self._later, *self._averages)
        waiting = [name for name in names if self.__dict__.get(name) is None]
        if waiting:
            axes = batch_axes(x, None, self.axis)
            self._begin(errors.check_normalized("batch_normalization", x, axes))
            self._move(get_array_module(x).asarray)
        try:
            return self._normalize(x, finetune)
        except Exception:  # x is refused: what was made for it is forgotten
            for name in waiting:
                if name in self._later:
                    del self.__dict__[name]
                else:
                    self.__dict__[name] = None
            raise

    def _normalize(self, x: Any, finetune: bool) -> Variable:
        mean, var = self.avg_mean, self.avg_var
        xp = get_array_module(mean)
        gamma = xp.ones_like(mean) if self.gamma is None else self.gamma
        beta = xp.zeros_like(mean) if self.beta is None else self.beta
        if not config.train:
            return F.fixed_batch_normalization(x, gamma, beta, mean, var, self.eps, self.axis)
        decay = self.N / (self.N + 1) if finetune else self.decay
        options: dict[str, Any] = {"eps": self.eps, "decay": decay, "axis": self.axis}
        y = F.batch_normalization(x, gamma, beta, running_mean=mean, running_var=var, **options)
        self.N += finetune
        return y

    def serialize(self, serializer: Any) -> None:
        """Save or load, as `Link.serialize` does."""
        super().serialize(serializer)
        for name in self._averages:
            average = getattr(self, name)
            if np.isscalar(average):  # loaded in place of None: it is to be an array here
                setattr(self, name, np.asarray(average))

    def start_finetuning(self) -> None:
        """Count mini-batches for ``finetune=True`` from 0 again."""
        self.N = 0

    def __repr__(self) -> str:
        size = None if self.avg_mean is None else self.avg_mean.shape
        return f"BatchNormalization(size={size}, decay={self.decay}, eps={self.eps})"


def dtype_of(given: tuple[Any, ...]) -> Any:
    """Return the dtype of the first array or initializer that has one of floats, or None."""
    return next(filter(None, map(own_dtype, given)), None)


def first(value: Any, default: float, dtype: Any) -> Any:
    """Return `value`, or `default` if there is none, such that its array has the dtype."""
    value = default if value is None else value
    if errors.is_number(value):
        return Constant(value, dtype)
    if is_array_type(type(value)) and value.dtype.kind in "fiub":
        return value.astype("f4" if dtype is None else dtype)
    if hasattr(value, "dtype") and value.dtype is None:  # an initializer that may have any
        value = copy.copy(value)
        value.dtype = dtype
    return value
