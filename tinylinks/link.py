"""Link: an object that holds parameters. Chain: a Link made of Links."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, Self

from tinylinks import errors
from tinylinks.variable import Parameter


class Link:
    """An object that holds parameters.

    The most fundamental ones behave like functions with some arguments replaced by
    parameters. A subclass makes its parameters inside ``with self.init_scope():`` and
    computes in `forward`; calling the link runs it.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Link, Parameter, Variable
    >>> class Scale(Link):
    ...     def __init__(self, size):
    ...         super().__init__()
    ...         with self.init_scope():
    ...             self.a = Parameter(2.0, (size,))
    ...
    ...     def forward(self, x):
    ...         return self.a * x
    >>> scale = Scale(3)
    >>> scale(Variable(np.array([1, 2, 3], np.float32)))
    Variable([2., 4., 6.], dtype=float32)
    >>> [name for name, param in scale.namedparams()]
    ['/a']

    Notes
    -----
    Follows Chainer's ``chainer.Link``.
    """

    def __init__(self) -> None:
        self._params: list[str] = []  # names of attributes, in the order of registration
        self._later: dict[str, str] = {}  # name of an attribute -> why it is not there yet
        self._within_init_scope = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs of the link. A subclass writes it."""
        errors.no_forward(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`."""
        errors.check_super_init(self)
        return self.forward(*args, **kwargs)

    @contextlib.contextmanager
    def init_scope(self) -> Iterator[None]:
        """Register the Parameters (and, in a Chain, the Links) assigned in the `with` block."""
        errors.check_super_init(self)
        before = self._within_init_scope
        self._within_init_scope = True
        try:
            yield
        finally:
            self._within_init_scope = before

    @property
    def within_init_scope(self) -> bool:
        """True inside ``with self.init_scope():``."""
        return self._within_init_scope

    def __setattr__(self, name: str, value: Any) -> None:
        errors.check_assigned(self, name, value, Parameter, Link)
        if isinstance(value, Parameter):
            self._register(self._params, name, value)
            if value.name is None:
                value.name = name
        super().__setattr__(name, value)

    def _register(self, names: list[str], name: str, value: Any) -> None:
        """Put `name` on the list of what the link owns, if this is the place to do so."""
        errors.check_super_init(self)
        if name in names:
            return
        if self._within_init_scope:
            errors.check_name(self, name)
            names.append(name)
        else:
            warnings.warn(errors.outside_init_scope(self, name, value), stacklevel=3)

    def _reserve(self, name: str, why: str) -> None:
        """Keep a place among the parameters for one that comes later, and say why."""
        self._params.append(name)
        self._later[name] = why

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in self._params:
            self._params.remove(name)

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for an attribute that is not there.
        errors.no_attribute(self, name, self.__dict__.get("_later", {}).get(name))

    def _named_children(self) -> list[tuple[str, Link]]:
        return []

    def children(self) -> Iterator[Link]:
        """Yield the links that this link is made of; a plain Link has none."""
        for _, child in self._named_children():
            yield child

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, Link]]:
        """Yield this link and all links below it, each once, with paths such as ``/l1``."""
        if not skipself:
            yield "/", self
        seen = {id(self)}
        for name, child in self._named_children():
            for path, link in child.namedlinks():
                if id(link) not in seen:
                    seen.add(id(link))
                    yield f"/{name}{path}".rstrip("/"), link

    def links(self, skipself: bool = False) -> Iterator[Link]:
        """Yield this link and all links below it, each once."""
        links: dict[int, Link] = {}
        self._find(links, {})
        yield from list(links.values())[skipself:]

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each once, with paths such as ``/l1/W``."""
        seen = set()
        for path, link in self.namedlinks():
            for name, param in link._own_params():
                if id(param) not in seen and (include_uninit or param.is_initialized):
                    seen.add(id(param))
                    yield f"{path.rstrip('/')}/{name}", param

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Yield all parameters of this link and of the links below it, each once."""
        params: dict[int, Parameter] = {}
        self._find({}, params)
        for param in params.values():
            if include_uninit or param.is_initialized:
                yield param

    def _find(self, links: dict[int, Link], params: dict[int, Parameter]) -> None:
        """Put this link, the links below it and the parameters of all into dicts: id -> object."""
        links[id(self)] = self
        there = self.__dict__
        for name in self._params:
            if name in there:  # it may come later
                params[id(there[name])] = there[name]
        for _, child in self._named_children():
            if id(child) not in links:
                child._find(links, params)

    def _own_params(self) -> list[tuple[str, Parameter]]:
        """Return the parameters of this link alone: those that are there already."""
        there = self.__dict__
        return [(name, there[name]) for name in self._params if name in there]

    def count_params(self) -> int:
        """Return how many numbers the parameters hold together."""
        return sum(param.size for param in self.params(include_uninit=False))

    def cleargrads(self) -> None:
        """Forget all gradients, so that the next `backward` starts from nothing."""
        for param in self.params():
            param.cleargrad()

    def zerograds(self) -> None:
        """Set all gradients to zero. Deprecated: `cleargrads` needs no memory for it."""
        warnings.warn(errors.ZEROGRADS, DeprecationWarning, stacklevel=2)
        for param in self.params(include_uninit=False):
            param.grad = param.xp.zeros_like(param.data)

    def to_cpu(self) -> Self:
        """Move all parameters to NumPy arrays."""
        for param in self.params(include_uninit=False):
            param.to_cpu()
        return self

    def to_gpu(self) -> Self:
        """Move all parameters to CuPy arrays on the current GPU."""
        for param in self.params(include_uninit=False):
            param.to_gpu()
        return self


class Chain(Link):
    """A Link made of Links.

    Links that are assigned inside ``with self.init_scope():`` become its children; their
    parameters are its parameters.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> import tinylinks.links as L
    >>> from tinylinks import Chain
    >>> class MLP(Chain):
    ...     def __init__(self):
    ...         super().__init__()
    ...         with self.init_scope():
    ...             self.l1 = L.Linear(4, 3)
    ...             self.l2 = L.Linear(3, 2)
    ...
    ...     def forward(self, x):
    ...         return self.l2(F.relu(self.l1(x)))
    >>> model = MLP()
    >>> [name for name, param in model.namedparams()]
    ['/l1/W', '/l1/b', '/l2/W', '/l2/b']
    >>> model(np.zeros((5, 4), np.float32)).shape
    (5, 2)

    Notes
    -----
    Follows Chainer's ``chainer.Chain``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._children: list[str] = []  # names of attributes, in the order of registration

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Link):
            errors.check_super_init(self)
            self._register(self._children, name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in self._children:
            self._children.remove(name)

    def _named_children(self) -> list[tuple[str, Link]]:
        return [(name, self.__dict__[name]) for name in self._children]
