"""Links made of Links: Chain, ChainList and Sequential."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any

from tinylinks import errors
from tinylinks.link import Link


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

    def __init__(self, **links: Link) -> None:
        super().__init__()
        self._children: list[str] = []  # names of attributes, in the order of registration
        for name, link in links.items():
            self.add_link(name, link)

    def add_link(self, name: str, link: Link) -> None:
        """Make `link` a child, as an assignment inside `init_scope` does. The name must be new."""
        errors.check_child("add_link", link, Link)
        errors.check_name(self, name)
        with self.init_scope():
            setattr(self, name, link)

    def __getitem__(self, name: str) -> Link:
        errors.check_child_name(self, name)
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Link):
            errors.check_super_init(self)
            errors.check_no_circle(self, value)
            self._register(self._children, name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in self._children:
            self._children.remove(name)

    def _named_children(self) -> list[tuple[str, Link]]:
        return [(name, self.__dict__[name]) for name in self._children]


class ChainList(Link, MutableSequence):
    """A list of Links that is itself a Link. Its children have numbers instead of names.

    It does what a list does: `append`, `insert`, `extend`, `pop`, `len`, indexes, slices.

    Examples
    --------
    >>> import tinylinks.links as L
    >>> from tinylinks import ChainList
    >>> layers = ChainList(L.Linear(4, 3), L.Linear(3, 2))
    >>> layers.append(L.Linear(2, 1))
    >>> [name for name, param in layers.namedparams()]
    ['/0/W', '/0/b', '/1/W', '/1/b', '/2/W', '/2/b']
    >>> layers[2]
    Linear(in_size=2, out_size=1, nobias=False)

    Notes
    -----
    Follows Chainer's ``chainer.ChainList``.
    """

    def __init__(self, *links: Any) -> None:
        super().__init__()
        self._layers: list[Any] = []
        self.extend(links)

    def add_link(self, link: Any) -> None:
        """Put `link` at the end, as `append` does."""
        self.append(link)

    def _check(self, layer: Any) -> None:
        errors.check_child(type(self).__name__, layer, Link)
        errors.check_no_circle(self, layer)

    def insert(self, index: int, layer: Any) -> None:
        """Put `layer` in front of the one at `index`."""
        self._check(layer)
        self._layers.insert(index, layer)

    def __getitem__(self, index: Any) -> Any:
        return self._layers[index]

    def __setitem__(self, index: Any, layer: Any) -> None:
        layers = list(layer) if isinstance(index, slice) else [layer]
        for each in layers:
            self._check(each)
        self._layers[index] = layers if isinstance(index, slice) else layer

    def __delitem__(self, index: Any) -> None:
        del self._layers[index]

    def __len__(self) -> int:
        return len(self._layers)

    def _named_children(self) -> list[tuple[str, Link]]:
        links = [layer for layer in self._layers if isinstance(layer, Link)]
        return [(str(i), link) for i, link in enumerate(links)]


class Sequential(ChainList):
    """A ChainList that computes: it calls its layers one after the other.

    A layer is a Link or any function, such as ``F.relu``. A part, ``model[:2]``, is a
    Sequential of the same layers.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> import tinylinks.links as L
    >>> from tinylinks import Sequential
    >>> model = Sequential(L.Linear(4, 3), F.relu, L.Linear(3, 2))
    >>> model
    Sequential(
      (0): Linear(in_size=4, out_size=3, nobias=False),
      (1): relu,
      (2): Linear(in_size=3, out_size=2, nobias=False),
    )
    >>> model(np.zeros((5, 4), np.float32)).shape
    (5, 2)

    Notes
    -----
    Follows Chainer's ``chainer.Sequential``. As there, only the links are counted in the
    names of parameters: those of ``model[2]`` are ``/1/W`` and ``/1/b``.
    """

    def forward(self, *xs: Any) -> Any:
        """Call the first layer on the inputs, and each other on what the one before returned."""
        errors.check_layers(self)
        for layer in self._layers:
            y = layer(*xs)
            xs = y if type(y) is tuple else (y,)
        return y

    def _check(self, layer: Any) -> None:
        errors.check_layer(layer, Link)
        if isinstance(layer, Link):
            errors.check_no_circle(self, layer)

    def __getitem__(self, index: Any) -> Any:
        layers = self._layers[index]
        return Sequential(*layers) if isinstance(index, slice) else layers

    def __add__(self, other: Any) -> Sequential:
        errors.check_added(other, Sequential)
        return Sequential(*self, *other)

    def _shown(self) -> list[str]:
        names = [getattr(layer, "__name__", repr(layer)) for layer in self._layers]
        return [f"({i}): {name}" for i, name in enumerate(names)]


Link.Sequential = Sequential
