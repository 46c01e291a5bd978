"""Function: one step of a computation that knows its own derivative."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from tinylinks import debug, errors
from tinylinks.backend import bare, get_array_module, is_array_type
from tinylinks.config import config
from tinylinks.graph import Node, add_up

new = object.__new__
ALL_OF = {1: (0,), 2: (0, 1)}  # how many inputs -> the indexes of all of them
NUMBERS = {int, float}  # a Python number takes the dtype of the arrays next to it


class Function:
    """One step of a computation: a rule to compute it and a rule to differentiate it.

    A subclass says how to compute (`forward`, on arrays) and how to carry a gradient back
    (`backward`). `apply` calls `forward` and records the step. An instance serves once.

    Attributes
    ----------
    inputs : list of Node or None
        Where the inputs are in the graph; None stands for a constant.
    rank : int
        The largest rank among the inputs. Backward goes from high to low rank.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks import Function, Variable
    >>> class Cube(Function):
    ...     def forward(self, x):
    ...         self.retain_inputs((0,))
    ...         return x**3
    ...
    ...     def backward(self, gy):
    ...         (x,) = self.get_retained_inputs()
    ...         return 3 * x**2 * gy
    >>> x = Variable(np.array(2.0))
    >>> y = Cube().apply(x)
    >>> y
    Variable(8., dtype=float64)
    >>> y.backward()
    >>> x.grad
    array(12.)

    Notes
    -----
    Follows Chainer's ``chainer.FunctionNode``, but `forward` and `backward` take and
    return plain arguments instead of tuples.
    """

    #: The class of what `apply` returns. variable.py sets it: the operators of Variable are
    #: made of Functions, so this file cannot import that one.
    Variable: Any

    #: True if it only moves numbers about, so that it takes integers too.
    any_dtype = False

    #: True if arrays of ints next to Variables become floats, as numbers do.
    casts_ints = False

    inputs: Any = None
    rank = 0
    double_backprop = False  # True while `backward` works on Variables
    made_at = ""  # in debug mode, the line of the user's code that applied it
    watched: Any = ()  # in debug mode, the arrays that it keeps: what it retains, and attributes
    copies: Any = ()  # and copies of them, to see whether they were changed
    _input_indexes: tuple[int, ...] = ()
    _output_indexes: tuple[int, ...] = ()
    _retained_inputs: Sequence[Any] = ()
    _retained_outputs: Sequence[Any] = ()
    _zeros: Sequence[Any] = ()

    @property
    def label(self) -> str:
        """The name of the operation, as `mean_squared_error` for `MeanSquaredError`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def forward(self, *xs: Any) -> Any:
        """Compute the outputs from the inputs: arrays in, an array or a tuple of arrays out."""
        errors.not_written(self, "forward")

    def backward(self, *gys: Any) -> Any:
        """Return the gradients of the inputs, given the gradients of the outputs.

        One for each input, None where there is none. Written with the operators and
        methods that arrays and Variables share, it serves higher derivatives as well.
        """
        errors.not_written(self, "backward")

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        errors.not_called(self)

    def apply(self, *inputs: Any) -> Any:
        """Compute on Variables, arrays or scalars, and record the step.

        Returns
        -------
        Variable or tuple of Variable
            A tuple if `forward` returns one.

        Raises
        ------
        RuntimeError
            If this instance was used before.
        TypeError
            If an input is not a Variable, an array or a number, or if dtypes or array
            modules are mixed.
        """
        if self.inputs is not None:
            errors.used_twice(self)
        arrays, kind, dtype = self._open(inputs)
        try:
            ys = self.forward(*arrays)
        except (TypeError, ValueError, IndexError) as error:
            errors.check_arity(self, arrays)
            self.explain(error, *arrays)
            raise
        if type(ys) is tuple:
            outputs = self._box_several(ys, arrays, kind, dtype)
        else:
            outputs = self._box(ys, arrays, kind, dtype)
        if type(self) not in errors.ARITY_CHECKED:
            errors.check_arity(self, arrays, ys)
        if config.debug:
            debug.after_forward(self, outputs)
        return outputs

    def explain(self, error: Exception, *xs: Any) -> None:
        """Called when `forward` failed: raise a sentence that says why, if there is one."""

    def _open(self, inputs: tuple[Any, ...]) -> tuple[list[Any], Any, Any]:
        """Note nodes and rank of the inputs; return their arrays, with their type and dtype."""
        nodes, arrays = [], []
        Variable, rank, kind, dtype = self.Variable, -1, None, None
        for x in inputs:
            if isinstance(x, Variable):
                node, array = x.node, x._data
                if node.requires_grad and node.rank > rank:
                    rank = node.rank
            else:
                node, array = None, errors.check_constant(self, x, is_array_type)
            nodes.append(node)
            arrays.append(array)
            if kind is None and type(array) not in NUMBERS:
                kind, dtype = type(array), getattr(array, "dtype", None)
            elif type(array) is not kind or dtype is None or array.dtype is not dtype:
                dtype = dtype if type(array) in NUMBERS else None  # None: they are not alike
        self.inputs, self.rank = nodes, rank
        alike = dtype is not None and dtype.kind == "f"
        return (arrays, kind, dtype) if alike else self._make_alike(arrays, kind)

    def _make_alike(self, arrays: list[Any], kind: Any) -> tuple[list[Any], Any, Any]:
        """Give the arrays of constants the dtype of the Variables; make lone numbers arrays."""
        if kind is None:
            arrays = [np.asarray(a, np.float32) for a in arrays or errors.no_inputs(self)]
            return arrays, np.ndarray, arrays[0].dtype
        constants = [node is None for node in self.inputs]
        dtype = errors.check_alike(self, arrays, constants, kind)
        for i, array in enumerate(arrays):
            cast = constants[i] and type(array) is kind
            if cast and (self.casts_ints or array.dtype.kind == "f"):
                arrays[i] = array.astype(dtype)
        if dtype.kind != "f" and not self.any_dtype:
            errors.not_floats(self, arrays)
        return arrays, kind, dtype

    def _box(self, y: Any, arrays: list[Any], kind: Any, dtype: Any) -> Any:
        """Put the result into a Variable. If there is a record, note it and what was retained."""
        if type(y) is not kind or y.dtype is not dtype:
            y = errors.check_output(self, y, kind, dtype)
        result = new(self.Variable)
        result._data, result._grad = y, None
        if self.rank >= 0 and config.enable_backprop:
            result.node = Node(y, True, self)
            if self._input_indexes != ():
                self._retained_inputs = pick(self, arrays, self._input_indexes)
            if self._output_indexes != ():
                self._retained_outputs = pick(self, [y], self._output_indexes)
        else:
            result.node = Node(y, self.rank >= 0)
            result.node.set_owner(result)  # it is a leaf
        return result

    def _box_several(self, ys: Sequence[Any], arrays: list[Any], kind: Any, dtype: Any) -> Any:
        """Do the same for a tuple of results."""
        ys = [errors.check_output(self, y, kind, dtype) for y in ys or errors.no_outputs(self)]
        asked = self.rank >= 0
        creator = self if asked and config.enable_backprop else None
        nodes = [Node(y, asked, creator, i) for i, y in enumerate(ys)]
        outputs = [self.Variable._at(node, y) for node, y in zip(nodes, ys, strict=True)]
        if creator is None:
            for x in outputs:
                x.node.set_owner(x)
        else:
            self._retained_inputs = pick(self, arrays, self._input_indexes)
            self._retained_outputs = pick(self, ys, self._output_indexes)
            xp = get_array_module(arrays[0])  # zeros that take no memory, where no gradient comes
            self._zeros = [xp.broadcast_to(xp.zeros((), y.dtype), y.shape) for y in ys]
        return tuple(outputs)

    def retain_inputs(self, indexes: tuple[int, ...]) -> None:
        """Called in `forward`: keep the arrays of these inputs until `backward`."""
        self._input_indexes = indexes

    def retain_outputs(self, indexes: tuple[int, ...]) -> None:
        """Called in `forward`: keep the arrays of these outputs until `backward`."""
        self._output_indexes = indexes

    def get_retained_inputs(self) -> Sequence[Any]:
        """Called in `backward`: the inputs that `forward` retained.

        Arrays; Variables that continue the graph if the walk is recorded for double backprop.
        """
        arrays = self._retained_inputs or errors.check_retained(self, "inputs")
        if not self.double_backprop:
            return arrays
        nodes = [self.inputs[i] for i in self._input_indexes]
        pairs = zip(nodes, arrays, strict=True)
        return [a if node is None else self.Variable._at(node, a) for node, a in pairs]

    def get_retained_outputs(self) -> Sequence[Any]:
        """Called in `backward`: the outputs that `forward` retained, as arrays or Variables."""
        arrays = self._retained_outputs or errors.check_retained(self, "outputs")
        if not self.double_backprop:
            return arrays
        pairs = zip(self._output_indexes, arrays, strict=True)
        nodes = [(Node(array, True, self, i), array) for i, array in pairs]
        return [self.Variable._at(node, array) for node, array in nodes]

    def needs(self, i: int) -> bool:
        """Tell whether anybody asks for the gradient of input `i`."""
        node = self.inputs[i]
        return node is not None and node.requires_grad

    def compute(self, *xs: Any) -> Any:
        """Compute on Variables with a record, or on bare arrays without one.

        For use inside `backward`, where gradients may be either.
        """
        for x in xs:
            if isinstance(x, self.Variable):
                return self.apply(*xs)
        return self.forward(*xs)

    def all_gradients(self, arrived: dict[Node, Any]) -> Sequence[Any]:
        """Return one gradient for each output: zeros where none has arrived."""
        gys: dict[int, Any] = {}
        for node, g in arrived.items():
            gys[node.index] = add_up(gys[node.index], g) if node.index in gys else g
        return [gys.get(i, zero) for i, zero in enumerate(self._zeros or [None])]

    def run_backward(self, gys: Sequence[Any], enable_double_backprop: bool) -> tuple[Any, ...]:
        """Call `backward`, and see that it returns one gradient for each input."""
        self.double_backprop = enable_double_backprop
        if self.made_at:
            return debug.run_backward(self, gys)
        gxs = self.backward(*gys)
        if type(gxs) is not tuple:
            gxs = (gxs,)
        if len(gxs) != len(self.inputs):
            errors.wrong_number(self, gxs)
        return gxs

    def fit_shape(self, gx: Any, node: Node) -> Any:
        """Undo in `gx` what happened to the shape of the input before `forward`: here, nothing."""
        return gx

    def fit_gradient(self, gx: Any, node: Node) -> Any:
        """Return `gx` as a gradient for the input at `node`, or raise if it cannot be one."""
        try:
            gx = self.fit_shape(gx, node)
            array = errors.check_gradient(self, bare(gx), node)
        except Exception as error:
            debug.add_line(self, error)
            raise
        if not self.double_backprop:
            return array
        return gx if isinstance(gx, self.Variable) else self.Variable(array, requires_grad=False)


def pick(function: Function, arrays: Sequence[Any], indexes: tuple[int, ...]) -> Sequence[Any]:
    """Return those of the arrays that `function` asked to retain."""
    if indexes == ALL_OF.get(len(arrays)):
        return arrays
    try:
        return [arrays[i] for i in indexes]
    except (IndexError, TypeError):
        errors.bad_retain(function)
