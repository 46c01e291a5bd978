"""Link: an object that holds parameters."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tinylinks import backend, errors, initializers
from tinylinks.graph import add_up
from tinylinks.variable import Parameter

if TYPE_CHECKING:
    from tinylinks import chain


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

    #: The class of what `repeat` returns. chain.py sets it: a Sequential is a Link, so this
    #: file cannot import that one.
    Sequential: Any

    _later_enabled = True  # what `update_enabled` is to be of parameters that come later

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Answer those who name an argument as another library does."""
        errors.check_keywords(cls, kwargs, "Link")
        return super().__new__(cls)

    def __init__(self) -> None:
        self._params: list[str] = []  # names of attributes, in the order of registration
        self._later: dict[str, Any] = {}  # name of a parameter to come -> its initializer
        self._persistent: list[str] = []  # names of what is saved, but not learnt
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
            if name in self._later and name not in self.__dict__:
                value.update_enabled = self._later_enabled
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

    def _reserve(self, name: str, initializer: Any) -> None:
        """Keep a place among the parameters for one that comes with the first mini-batch."""
        self._params.append(name)
        self._later[name] = initializer

    def _set_param(self, name: str, array: Any) -> None:
        """Copy `array` into a parameter; make the parameter if it waits for its shape."""
        param = self.__dict__.get(name)
        if param is None:
            param = Parameter(self._later[name])
            with self.init_scope():
                setattr(self, name, param)
        if param.is_initialized:
            param.data[...] = backend.like(array, param.data)
        else:
            param.initialize(array.shape)  # for the dtype that its initializer gives
            param.data = array.astype(param.dtype)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        for names in (self._params, self._persistent):
            if name in names:
                names.remove(name)

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for an attribute that is not there.
        errors.no_attribute(self, name, name in self.__dict__.get("_later", ()))

    def _named_children(self) -> list[tuple[str, Link]]:
        return []

    def children(self) -> Iterator[Link]:
        """Yield the links that this link is made of; a plain Link has none."""
        for _, child in self._named_children():
            yield child

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, Link]]:
        """Yield this link and all links below it, each once, with paths such as ``/l1``."""
        links: dict[int, tuple[str, Link]] = {}
        self._find(links, {})
        yield from list(links.values())[skipself:]

    def links(self, skipself: bool = False) -> Iterator[Link]:
        """Yield this link and all links below it, each once."""
        for _, link in self.namedlinks(skipself):
            yield link

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each once, with paths such as ``/l1/W``."""
        params: dict[int, tuple[str, str, Parameter]] = {}
        self._find({}, params)
        for path, name, param in params.values():
            if include_uninit or param.is_initialized:
                yield f"{path}/{name}", param

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Yield all parameters of this link and of the links below it, each once."""
        params: dict[int, Parameter] = {}
        self._gather(set(), params)
        for param in params.values():
            if include_uninit or param.is_initialized:
                yield param

    def _gather(self, seen: set[int], params: dict[int, Parameter]) -> None:
        """Put all parameters into a dict with ids as keys: `_find` without paths, and fast."""
        seen.add(id(self))
        for name in self._params:
            param = self.__dict__.get(name)
            if param is not None:
                params[id(param)] = param
        for _, child in self._named_children():
            if id(child) not in seen:
                child._gather(seen, params)

    def _find(self, links: dict[int, Any], params: dict[int, Any], path: str = "") -> None:
        """Put this link and those below it, and all parameters, into dicts with ids as keys."""
        links[id(self)] = (path or "/", self)
        for name, param in self._own_params():
            params.setdefault(id(param), (path, name, param))
        for name, child in self._named_children():
            if id(child) not in links:
                child._find(links, params, f"{path}/{name}")

    def _own_params(self) -> list[tuple[str, Parameter]]:
        """Return the parameters of this link alone: those that are there already."""
        there = self.__dict__
        return [(name, there[name]) for name in self._params if name in there]

    def _waiting(self) -> list[str]:
        """Return the paths of the parameters that have no array yet."""
        return [
            f"{path.rstrip('/')}/{name}"
            for path, link in self.namedlinks()
            for name in link._params
            if name not in link.__dict__ or not link.__dict__[name].is_initialized
        ]

    def count_params(self) -> int:
        """Return how many numbers the parameters hold together.

        A warning names the parameters that wait for their shape: they cannot be counted.
        """
        waiting = self._waiting()
        if waiting:
            warnings.warn(errors.not_counted(waiting), stacklevel=2)
        return sum(param.size for param in self.params(include_uninit=False))

    def cleargrads(self) -> None:
        """Forget all gradients, so that the next `backward` starts from nothing."""
        for param in self.params():
            param.cleargrad()

    def disable_update(self) -> None:
        """Freeze all parameters: they get gradients, but optimizers leave them where they are.

        Those that come with the first mini-batch are frozen, too. To freeze a single one, set
        its ``update_enabled`` to False.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylinks.links as L
        >>> from tinylinks import Sequential, optimizers
        >>> model = Sequential(L.Linear(1, 1, initialW=2.0), L.Linear(1, 1, initialW=3.0))
        >>> model[0].disable_update()
        >>> optimizer = optimizers.SGD(lr=1).setup(model)
        >>> optimizer.update(lambda: model(np.ones((1, 1), np.float32)))
        >>> model[0].W.data, model[1].W.data
        (array([[2.]], dtype=float32), array([[1.]], dtype=float32))
        """
        self._let_update(False)

    def enable_update(self) -> None:
        """Let optimizers move all parameters again, after `disable_update`."""
        self._let_update(True)

    def _let_update(self, enabled: bool) -> None:
        for link in self.links():
            link._later_enabled = enabled
            for _, param in link._own_params():
                param.update_enabled = enabled

    @property
    def update_enabled(self) -> bool:
        """True if an optimizer may move at least one parameter."""
        for link in self.links():
            for name in link._params:
                param = link.__dict__.get(name)
                if link._later_enabled if param is None else param.update_enabled:
                    return True
        return False

    def zerograds(self) -> None:
        """Set all gradients to zero. Deprecated: `cleargrads` needs no memory for it."""
        warnings.warn(errors.ZEROGRADS, DeprecationWarning, stacklevel=2)
        for param in self.params(include_uninit=False):
            param.grad = param.xp.zeros_like(param.data)

    def to_cpu(self) -> Self:
        """Move all parameters and persistent values to NumPy arrays."""
        return self._move(backend.to_cpu)

    def to_gpu(self) -> Self:
        """Move all parameters and persistent values to CuPy arrays on the current GPU."""
        return self._move(backend.to_gpu)

    def _move(self, to: Callable[[Any], Any]) -> Self:
        for param in self.params(include_uninit=False):
            param._move(to)
        for link in self.links():
            for name in link._persistent:
                value = link.__dict__[name]
                if backend.is_array_type(type(value)):
                    link.__dict__[name] = to(value)
        return self

    def add_persistent(self, name: str, value: Any) -> None:
        """Make `value` an attribute that is saved with the parameters, but not learnt.

        Examples
        --------
        >>> from tinylinks import Link
        >>> link = Link()
        >>> link.add_persistent("steps", 0)
        >>> link.steps
        0
        """
        errors.check_super_init(self)
        errors.check_name(self, name)
        errors.check_not_learnt("add_persistent", value, Parameter, Link)
        setattr(self, name, value)
        self._persistent.append(name)

    def register_persistent(self, name: str) -> None:
        """Let an attribute that is there already be saved with the parameters."""
        errors.check_persistent(self, name)
        errors.check_not_learnt("register_persistent", getattr(self, name), Parameter, Link)
        if name not in self._persistent:
            self._persistent.append(name)

    def serialize(self, serializer: Any) -> None:
        """Show `serializer` all parameters and persistent values, to be saved or to be set.

        It is called with the name and the value of each. When it loads, it fills an array that
        it is given, and returns the value for a number or for what is not there yet.
        """
        there = self.__dict__
        for name in self._params:
            waits = name not in there or not there[name].is_initialized
            array = serializer(name, None if waits else there[name].data)
            if waits and array is not None:
                self._set_param(name, np.asarray(array))
        for name in self._persistent:
            there[name] = serializer(name, there[name])
        for name, child in self._named_children():
            child.serialize(serializer[name])

    def copy(self, mode: str = "share") -> Self:
        """Return a copy of this link and of all links below it, without gradients.

        What is shared inside of it is shared inside of the copy: links, parameters, arrays. An
        attribute that also holds children, in a list, tuple, set, dict or method, holds those
        of the copy. A warning names one that still leads to those of the original, as a
        function may.

        Parameters
        ----------
        mode : {"share", "copy", "init"}
            The parameters of the copy use the same arrays, or begin with equal values, or
            are drawn again by their initializers. What waits for its first mini-batch cannot be
            shared.

        Examples
        --------
        >>> import tinylinks.links as L
        >>> f = L.Linear(3, 2)
        >>> f.copy().W.data is f.W.data, f.copy("copy").W.data is f.W.data
        (True, False)
        """
        errors.check_choice("copy", "mode", mode, ("share", "copy", "init"), "links")
        errors.check_shared(self, mode)
        links: dict[int, Any] = {}
        params: dict[int, Any] = {}
        self._find(links, params)
        made = {key: copy.copy(link) for key, (_, link) in links.items()}  # id -> copy
        for _, _, param in params.values():
            new_array(param, mode, made)
        for _, _, param in params.values():
            copy_param(param, mode, made)
        for key, (_, link) in links.items():
            link._fill(made[key], mode, made)
            errors.check_repointed(made[key], {*links, *params}, Link)
        return made[id(self)]

    def _fill(self, other: Link, mode: str, made: dict[int, Any]) -> None:
        """Put the copies of what this link holds into `other`, a copy of it."""
        for name in self._persistent if mode != "share" else ():
            copy.deepcopy(self.__dict__[name], made)
        for name, value in self.__dict__.items():
            other.__dict__[name] = repoint(value, made)

    def __copy__(self) -> Self:
        """For `copy.copy`: the same parameters and children, in lists of its own."""
        link = type(self).__new__(type(self))
        for name, value in self.__dict__.items():
            link.__dict__[name] = value.copy() if isinstance(value, (list, dict)) else value
        return link

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        """Take over the values of the parameters of a link that is built alike.

        What waits for its first mini-batch in `link` is left as it is here.
        """
        errors.check_built_alike("copyparams", self, link, Link)
        errors.check_taken_over(self, link, copy_persistent)
        for target, source in zip(self.links(), link.links(), strict=True):
            for name, param in source._own_params():
                if param.is_initialized:
                    target._set_param(name, param.data)
            for name in source._persistent if copy_persistent else ():
                target._set_persistent(name, source.__dict__[name])

    def _set_persistent(self, name: str, value: Any) -> None:
        """Copy `value` into a persistent array, or take the place of another value."""
        mine = self.__dict__[name]
        if all([backend.is_array_type(type(each)) for each in (value, mine)]):
            mine[...] = backend.like(value, mine)
        elif value is not None:  # None: it comes with the first mini-batch
            self.__dict__[name] = copy.deepcopy(value)

    def addgrads(self, link: Link) -> None:
        """Add the gradients of a link that is built alike to the gradients here."""
        errors.check_built_alike("addgrads", self, link, Link)
        params = dict(self.namedparams())
        for path, source in link.namedparams():
            if source.grad is not None:
                errors.check_there("addgrads", path, params)
                param = params[path]
                g = backend.like(source.grad, param.data)
                param.grad = g.copy() if param.grad is None else add_up(param.grad, g)

    def repeat(self, n_repeat: int, mode: str = "init") -> chain.Sequential:
        """Return a Sequential of `n_repeat` copies of this link. See `copy` for `mode`."""
        errors.check_repeat(n_repeat)
        return self.Sequential(*[self.copy(mode) for _ in range(n_repeat)])

    def _shown(self) -> list[str]:
        """What `repr` lists: the children."""
        return [f"({name}): {child!r}" for name, child in self._named_children()]

    def __repr__(self) -> str:
        lines = "".join([f"\n{text},".replace("\n", "\n  ") for text in self._shown()])
        return f"{type(self).__name__}({lines}\n)" if lines else f"{type(self).__name__}()"


def new_array(param: Parameter, mode: str, made: dict[int, Any]) -> None:
    """Enter the array that a copy of `param` will have into `made`, unless it is there."""
    if not param.is_initialized or id(param.data) in made:
        return  # two parameters with one array: their copies have one, too
    if mode == "init":
        array = initializers.generate_array(param.initializer, param.shape)
        made[id(param.data)] = param.xp.asarray(array)
    else:
        made[id(param.data)] = param.data if mode == "share" else param.data.copy()


def copy_param(param: Parameter, mode: str, made: dict[int, Any] | None = None) -> Parameter:
    """Copy a Parameter without its gradient. For `mode` see `Link.copy`.

    What is in `made`, id -> copy, is not copied again. The copy is entered, too.
    """
    made = {} if made is None else made
    new_array(param, mode, made)
    made.setdefault(id(param.initializer), param.initializer)
    other = copy.deepcopy(param, made)
    other.cleargrad()
    return other


def repoint(value: Any, made: dict[int, Any]) -> Any:
    """Return `value` with the copies from `made`, id -> copy, where it holds what was copied.

    It looks into lists, tuples, sets and dicts, inside of each other too, and into methods.
    """
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, (list, set, dict)):
        return refill(value, made)
    if isinstance(value, (tuple, frozenset)):
        make = getattr(type(value), "_make", type(value))  # a namedtuple has _make
        return make([repoint(part, made) for part in value])
    if isinstance(value, MethodType):
        return MethodType(value.__func__, repoint(value.__self__, made))
    if isinstance(value, partial):
        func, args, keywords = repoint((value.func, value.args, value.keywords), made)
        twin = partial(func, *args, **keywords)
        twin.__dict__.update(vars(value))
        return twin
    return value


def refill(value: Any, made: dict[int, Any]) -> Any:
    """Copy a list, set or dict with `repoint` of its parts."""
    twin = made[id(value)] = copy.copy(value)  # before its parts: it may hold itself
    twin.clear()
    if isinstance(value, dict):
        twin.update([repoint(pair, made) for pair in value.items()])
    else:
        put = twin.extend if isinstance(value, list) else twin.update
        put([repoint(part, made) for part in value])
    return twin
