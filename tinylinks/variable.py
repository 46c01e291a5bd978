"""Variable: an array in a box that remembers where it came from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NoReturn, Self

import numpy as np

from tinylinks import backend, errors, initializers
from tinylinks import functions as F
from tinylinks.config import config, using_config
from tinylinks.function import Function
from tinylinks.functions.arithmetic import Absolute, Add, Div, Mul, Neg, Pow, Sub
from tinylinks.functions.shapes import Rows
from tinylinks.graph import Arrivals, Node, add_up, backward_steps

ndarray = np.ndarray


class Variable:
    """An array, its gradient, and its place in the graph.

    Parameters
    ----------
    data : numpy.ndarray or cupy.ndarray
        The array. It is not copied, unless its bytes are in the order of another kind of
        machine. Lists and numbers are refused.
    name : str, optional
        Shown by `repr` and in drawings.
    grad : array, optional
        A first gradient, of the shape and dtype of `data`.
    requires_grad : bool
        False for a constant, whose gradient nobody asks for.

    Raises
    ------
    TypeError
        If `data` is not an array of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Variable
    >>> x = Variable(np.array([1.0, 2.0, 3.0], np.float32), name="x")
    >>> x
    Variable([1., 2., 3.], dtype=float32, name='x')
    >>> y = (x**2).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4., 6.], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.Variable``. ``==``, ``<``, ``bool`` and ``hash`` raise, as
    there.
    """

    __slots__ = ("__weakref__", "_data", "_grad", "node")

    #: Makes `array + x` call `x.__radd__` instead of NumPy's own addition.
    __array_priority__ = 200

    _data: Any
    _grad: Any  # an array, or a Variable after double backprop
    node: Node

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Answer those who name an argument as another library does."""
        if kwargs:
            errors.check_keywords(cls, kwargs, "Variable")
        return object.__new__(cls)

    def __init__(
        self,
        data: Any,
        *,
        name: str | None = None,
        grad: Any = None,
        requires_grad: bool = True,
    ) -> None:
        if type(data) is not ndarray or data.dtype not in errors.DTYPES:
            data = backend.plain(data)
            errors.check_data(data, backend.is_array_type)
        self._data = data
        self._grad = None
        self.node = Node(data, requires_grad)
        self.node.set_owner(self)
        self.node.name = name
        if grad is not None:
            self.grad = grad

    @staticmethod
    def _at(node: Node, array: Any) -> Variable:
        """Make a Variable that is at `node` in a graph, without further checks."""
        x = object.__new__(Variable)
        x._data, x._grad, x.node = array, None, node
        return x

    # ---- the array ----

    @property
    def data(self) -> Any:
        """The array. Assign another one to replace it; the place in the graph stays."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        data = backend.plain(data)
        errors.check_data(data, backend.is_array_type)
        if data.shape != self.node.shape or data.dtype != self.node.dtype:
            self._grad = None  # it would not fit any more
            self.node.shape, self.node.dtype = data.shape, data.dtype
        self._data = data

    array = data

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype:
        """The type of the elements."""
        return self._data.dtype

    @property
    def xp(self) -> ModuleType:
        """The array module that fits the array, numpy or cupy."""
        return backend.get_array_module(self._data)

    def to_cpu(self) -> None:
        """Move the array and the gradient to NumPy."""
        self._move(backend.to_cpu)

    def to_gpu(self) -> None:
        """Move the array and the gradient to CuPy, on the current GPU."""
        self._move(backend.to_gpu)

    def _move(self, to: Callable[[Any], Any]) -> None:
        errors.check_initialized(to.__name__, self)
        self._data = to(self._data)
        if self._grad is not None:
            self._grad = to(self.grad)

    def item(self) -> Any:
        """Return the only element as a Python number.

        Examples
        --------
        >>> import numpy as np
        >>> from tinylinks import Variable
        >>> Variable(np.array([2.5])).item()
        2.5
        """
        errors.check_item(self)
        return self._data.item()

    def __len__(self) -> int:
        errors.check_len(self)
        return len(self._data)

    def __iter__(self) -> Iterator[Variable]:
        errors.check_len(self, "iter")
        return iter(Rows().apply(self) if len(self) else ())

    def __reversed__(self) -> Iterator[Variable]:
        return reversed(tuple(self))

    def __repr__(self) -> str:
        kind = type(self).__name__
        name = "" if self.name is None else f", name={self.name!r}"
        return f"{kind}({format_array(self._data, kind + '(')}, dtype={self.dtype}{name})"

    def __getstate__(self) -> dict[str, Any]:
        """For `copy` and pickle: all attributes, but not the graph."""
        state: Any = object.__getstate__(self)
        attributes, slots = state if isinstance(state, tuple) else (state, {})
        place = (self.name, self.requires_grad)
        return {**(attributes or {}), **slots, "_grad": self.grad, "node": place}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what `__getstate__` gave, as a leaf."""
        for key, value in state.items():
            object.__setattr__(self, key, value)
        name, requires_grad = state["node"]
        waits = self._data is None
        self.node = Node(np.empty(0, np.float32) if waits else self._data, requires_grad)
        self.node.set_owner(self)
        self.node.name = name

    # ---- the gradient ----

    @property
    def grad(self) -> Any:
        """The gradient as an array, or None. Assigning checks its shape and dtype."""
        g = self.node.grad if self._grad is None else self._grad
        return g._data if isinstance(g, Variable) else g

    @grad.setter
    def grad(self, g: Any) -> None:
        if g is not None:
            g = backend.plain(g)
            errors.check_grad(self, g, backend.is_array_type)
        self.cleargrad()
        self._grad = g

    @property
    def grad_var(self) -> Variable | None:
        """The gradient as a Variable, or None.

        After `backward(enable_double_backprop=True)` that of a leaf can itself be
        differentiated. For a Variable on the way, `tinylinks.grad` gives such a gradient.
        """
        if not isinstance(self._grad, Variable) and self.grad is not None:
            self._grad = Variable(self.grad, requires_grad=False)
        return self._grad

    @grad_var.setter
    def grad_var(self, g: Variable | None) -> None:
        if g is not None:
            errors.check_grad_var(g, Variable)
            errors.check_grad(self, g._data, backend.is_array_type)
        self.cleargrad()
        self._grad = g

    def cleargrad(self) -> None:
        """Forget the gradient, so that the next `backward` starts from nothing."""
        self._grad = self.node.grad = None

    def _receive(self, g: Any) -> None:
        """Add `g`, an array or a Variable, to the gradient."""
        if type(g) is not type(self._data):  # a Variable, or the data has moved since then
            errors.check_grad(self, backend.bare(g), backend.is_array_type)
        if self.grad is None:
            self._grad = g
        elif isinstance(g, Variable):
            self._grad = self.grad_var + g
        else:
            self._grad = add_up(self.grad, g)

    # ---- the graph ----

    @property
    def name(self) -> str | None:
        """The name shown by `repr` and in drawings."""
        return self.node.name

    @name.setter
    def name(self, name: str | None) -> None:
        self.node.name = name

    @property
    def requires_grad(self) -> bool:
        """False for a constant."""
        return self.node.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        errors.no_requires_grad()

    @property
    def creator(self) -> Function | None:
        """The Function that made this Variable; None for a leaf."""
        return self.node.creator

    @property
    def rank(self) -> int:
        """The length of the longest way here from a leaf."""
        return self.node.rank

    def backward(self, retain_grad: bool = False, enable_double_backprop: bool = False) -> None:
        """Compute the gradient of this Variable with respect to every leaf it came from.

        Gradients are added to the `grad` of the leaves. The gradient of this Variable is
        consumed, and those on the way are dropped.

        Parameters
        ----------
        retain_grad : bool
            Keep the gradients of this Variable and of those on the way.
        enable_double_backprop : bool
            Record the walk back as a graph, so that gradients can be differentiated.

        Raises
        ------
        RuntimeError
            If this Variable has no creator, or several elements and no `grad` to start from.

        Examples
        --------
        >>> import numpy as np
        >>> from tinylinks import Variable
        >>> x = Variable(np.array([3.0]))
        >>> y = x**2
        >>> y.backward(enable_double_backprop=True)
        >>> gx = x.grad_var
        >>> x.cleargrad()
        >>> gx.backward()
        >>> x.grad
        array([2.])
        """
        if enable_double_backprop and not config.enable_backprop:
            with using_config("enable_backprop", True):  # the walk is to be recorded all the same
                return self.backward(retain_grad, enable_double_backprop)
        errors.check_backward(self)
        gy = self.xp.ones(self.shape, self.dtype) if self.grad is None else self.grad
        arrivals = Arrivals()
        if enable_double_backprop:
            arrivals.add(self.node, as_variable(gy) if self.grad is None else self.grad_var)
        else:
            arrivals.add(self.node, gy)
        deque(backward_steps(arrivals, retain_grad, enable_double_backprop), maxlen=0)
        if not retain_grad:
            self.cleargrad()
        given = {id(gy)}
        for node, g in arrivals.leaves.items():
            if node.owner is None:  # it was cut off by unchain_backward
                g = backend.bare(g)
                node.grad = own(g, given) if node.grad is None else add_up(node.grad, g)
            elif (x := node.owner()) is not None:
                x._receive(own(g, given))

    def unchain(self) -> None:
        """Cut this Variable off from its creator: it becomes a leaf."""
        self.node.creator = None
        self.node.set_owner(self)

    def unchain_backward(self) -> None:
        """Cut every Variable behind this one off from its creator, and free the graph.

        Use it to forget the past, for instance of a recurrent network.
        """
        nodes = [self.node]
        self.node.set_owner(self)
        while nodes:
            node = nodes.pop()
            if node.creator is not None:
                nodes.extend(n for n in node.creator.inputs if n is not None)
                node.creator = None

    # ---- arithmetic ----

    def __add__(self, other: Any) -> Variable:
        return Add().apply(self, other)

    def __radd__(self, other: Any) -> Variable:
        return Add().apply(other, self)

    def __sub__(self, other: Any) -> Variable:
        return Sub().apply(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return Sub().apply(other, self)

    def __mul__(self, other: Any) -> Variable:
        return Mul().apply(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return Mul().apply(other, self)

    def __truediv__(self, other: Any) -> Variable:
        return Div().apply(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return Div().apply(other, self)

    def __pow__(self, other: Any) -> Variable:
        return Pow().apply(self, other)

    def __rpow__(self, other: Any) -> Variable:
        return Pow().apply(other, self)

    def __matmul__(self, other: Any) -> Variable:
        return F.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return F.matmul(other, self)

    def __pos__(self) -> Variable:
        return self

    def __neg__(self) -> Variable:
        return Neg().apply(self)

    def __abs__(self) -> Variable:
        return Absolute().apply(self)

    # ---- shapes ----

    def __getitem__(self, index: Any) -> Variable:
        return F.get_item(self, index)

    @property
    def T(self) -> Variable:
        """The Variable with its axes in reverse order."""
        return F.transpose(self)

    def transpose(self, *axes: Any) -> Variable:
        """Permute the axes; without arguments, reverse them. See `F.transpose`."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return F.transpose(self, given or None)

    def reshape(self, *shape: Any) -> Variable:
        """Give the elements another shape. See `F.reshape`."""
        return F.reshape(self, shape[0] if len(shape) == 1 else shape)

    def sum(self, axis: F.Axis = None, keepdims: bool = False) -> Variable:
        """Add up the elements along `axis`. See `F.sum`."""
        return F.sum(self, axis, keepdims)

    def mean(self, axis: F.Axis = None, weights: Any = None, keepdims: bool = False) -> Variable:
        """Average the elements along `axis`. See `F.mean`."""
        return F.mean(self, axis, weights, keepdims)

    def max(self, axis: F.Axis = None, keepdims: bool = False) -> Variable:
        """Take the largest element along `axis`. See `F.max`."""
        return F.max(self, axis, keepdims)

    def min(self, axis: F.Axis = None, keepdims: bool = False) -> Variable:
        """Take the smallest element along `axis`. See `F.min`."""
        return F.min(self, axis, keepdims)

    # ---- what a Variable cannot do ----

    def __floordiv__(self, other: Any) -> NoReturn:
        errors.no_operator("x // y")

    def __mod__(self, other: Any) -> NoReturn:
        errors.no_operator("x % y")

    def __divmod__(self, other: Any) -> NoReturn:
        errors.no_operator("divmod(x, y)")

    __rfloordiv__ = __floordiv__
    __rmod__ = __mod__
    __rdivmod__ = __divmod__

    def __setitem__(self, index: Any, value: Any) -> None:
        errors.no_setitem()

    def __eq__(self, other: object) -> bool:
        errors.no_comparison("==")

    def __ne__(self, other: object) -> bool:
        errors.no_comparison("!=")

    def __lt__(self, other: object) -> bool:
        errors.no_comparison("<")

    def __le__(self, other: object) -> bool:
        errors.no_comparison("<=")

    def __gt__(self, other: object) -> bool:
        errors.no_comparison(">")

    def __ge__(self, other: object) -> bool:
        errors.no_comparison(">=")

    def __bool__(self) -> bool:
        errors.no_bool()

    def __hash__(self) -> int:
        errors.no_hash()

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        errors.no_array()

    def __array_function__(self, *args: Any) -> Any:
        errors.no_array()

    def __float__(self) -> float:
        errors.no_number("float", self)

    def __int__(self) -> int:
        errors.no_number("int", self)

    def __format__(self, spec: str) -> str:
        if spec:
            errors.no_number("format", self)
        return repr(self)

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for an attribute that is not there.
        errors.no_variable_attribute(self, name)


class Parameter(Variable):
    """A Variable that a Link registers as its own and an optimizer changes.

    Parameters
    ----------
    initializer : array, number, initializer or None
        An array is taken as it is. A number or an initializer fills an array of `shape`;
        None stands for NaN, so that a forgotten initial value shows.
    shape : tuple of int, optional
        Without it (and without an array) the Parameter waits for `initialize`.
    name : str, optional

    Attributes
    ----------
    update_enabled : bool
        Set it to False to freeze the Parameter: it gets gradients, but optimizers leave it
        where it is. See also `Link.disable_update`.

    Examples
    --------
    >>> from tinylinks import Parameter
    >>> Parameter(0.5, (2,))
    Parameter([0.5, 0.5], dtype=float32)

    Notes
    -----
    Follows Chainer's ``chainer.Parameter``.
    """

    __slots__ = ("initializer", "update_enabled")

    def __init__(
        self,
        initializer: Any = None,
        shape: Any = None,
        *,
        name: str | None = None,
    ) -> None:
        self.initializer = initializer
        self.update_enabled = True
        first = backend.plain(initializer)
        data = first if shape is None else initializers.generate_array(first, shape)
        if backend.is_array_type(type(data)):
            super().__init__(data, name=name)
        else:
            errors.check_initializer(initializer)
            super().__init__(np.empty(0, np.float32), name=name)
            self._data = None  # until `initialize`

    @property
    def is_initialized(self) -> bool:
        """False while the Parameter waits for `initialize`."""
        return self._data is not None

    def initialize(self, shape: int | tuple[int, ...]) -> None:
        """Make the array, now that its shape is known."""
        self.data = initializers.generate_array(self.initializer, shape)

    def __repr__(self) -> str:
        return super().__repr__() if self.is_initialized else "Parameter(not initialized)"


def as_variable(x: Any) -> Variable:
    """Return `x` if it is a Variable, otherwise a constant Variable around it.

    Parameters
    ----------
    x : Variable or array

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import as_variable
    >>> as_variable(np.array([1.0])).requires_grad
    False

    Notes
    -----
    Follows Chainer's ``chainer.as_variable``.
    """
    return x if isinstance(x, Variable) else Variable(x, requires_grad=False)


def own(g: Any, given: set[int]) -> Any:
    """Return a gradient that nobody else holds, so that it is yours to change.

    It is copied if its array is a view, or one of those in `given`, where its id is added.
    """
    array = backend.bare(g)
    shared = id(array) in given or getattr(array, "base", None) is not None
    given.add(id(array))
    if not shared:
        return g
    return Variable._at(g.node, array.copy()) if isinstance(g, Variable) else array.copy()


def format_array(array: Any, prefix: str = "") -> str:
    """Write `array` with at most 4 significant digits, so that it reads alike everywhere."""
    array = backend.to_cpu(array)
    if array.dtype.kind != "f":
        return np.array2string(array, separator=", ", prefix=prefix)
    width = max((len(format_number(v)) for v in array.ravel()[:1000]), default=0)
    show: Any = {"float_kind": lambda v: format_number(v).rjust(width)}
    return np.array2string(array, separator=", ", prefix=prefix, formatter=show)


def format_number(value: float) -> str:
    """Write a number with at most 4 significant digits and, like NumPy, a point: 3 -> '3.'."""
    text = f"{value:.4g}"
    return text if set(text) & set(".en") else text + "."


Function.Variable = Variable
