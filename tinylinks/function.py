"""Function: one step of a computation that knows its own derivative."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import numpy as np

from tinylinks import debug, errors
from tinylinks.backend import get_array_module, is_array_type
from tinylinks.config import config
from tinylinks.graph import Node


class Function:
    """One step of a computation: a rule to compute it and a rule to differentiate it.

    A subclass says how to compute (`forward`, on arrays) and how to carry a gradient back
    (`backward`). `apply` calls `forward` and records the step. An instance serves once.

    Attributes
    ----------
    inputs : tuple of Node or None
        Where the inputs stand in the graph; None stands for a constant.
    outputs : tuple of weakref to Variable
        The outputs, not kept alive.
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

    #: True if arrays of ints beside Variables become floats, as numbers do.
    casts_ints = False

    inputs: Any = None
    outputs: Any = ()
    rank = 0
    double_backprop = False  # True while `backward` works on Variables
    made_at = ""  # in debug mode, the line of the user's code that applied it
    copies: Any = ()  # in debug mode, copies of what was retained
    _input_indexes: tuple[int, ...] = ()
    _output_indexes: tuple[int, ...] = ()
    _retained_inputs: tuple[Any, ...] = ()
    _retained_outputs: tuple[Any, ...] = ()
    _zeros: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        """The name of the operation: `mean_squared_error` for `MeanSquaredError`."""
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
        except Exception as error:
            errors.check_arity(self, arrays)
            self.explain(error, *arrays)
            raise
        if type(ys) is tuple:
            return self._close(arrays, ys or errors.no_outputs(self), kind, dtype)
        return self._close(arrays, (ys,), kind, dtype)[0]

    def explain(self, error: Exception, *xs: Any) -> None:
        """Called when `forward` failed: raise a sentence that says why, if there is one."""

    def _open(self, inputs: tuple[Any, ...]) -> tuple[list[Any], Any, Any]:
        """Note the nodes of the inputs; return their arrays, with their type and dtype."""
        nodes: list[Node | None] = []
        arrays: list[Any] = []
        kind: Any = None
        dtype: Any = None
        mixed = False
        for x in inputs:
            if isinstance(x, self.Variable):
                node, array = x.node, x._data
            else:
                node, array = None, errors.check_constant(self, x, is_array_type)
            nodes.append(node)
            arrays.append(array)
            if type(array) is float or type(array) is int:
                continue  # a number takes the dtype of the arrays
            if kind is None:
                if array is None:
                    errors.has_no_array(self)
                kind, dtype = type(array), array.dtype
            elif type(array) is not kind or array.dtype is not dtype:
                mixed = True
        self.inputs = nodes
        if kind is None:  # nothing but numbers
            if not arrays:
                errors.no_inputs(self)
            arrays = [np.asarray(array, np.float32) for array in arrays]
            kind, dtype = np.ndarray, arrays[0].dtype
        if mixed:
            arrays, dtype = self._same_dtype(arrays, kind)
        if dtype.kind != "f" and not self.any_dtype:
            errors.not_floats(self, arrays)
        return arrays, kind, dtype

    def _same_dtype(self, arrays: list[Any], kind: Any) -> tuple[list[Any], Any]:
        """Give the arrays of constants the dtype of the Variables."""
        constants = [node is None for node in self.inputs]
        dtype = errors.check_alike(self, arrays, constants, kind)
        for i, array in enumerate(arrays):
            cast = constants[i] and type(array) is kind
            if cast and (self.casts_ints or array.dtype.kind == "f"):
                arrays[i] = array.astype(dtype)
        return arrays, dtype

    def _close(
        self, arrays: list[Any], ys: tuple[Any, ...], kind: Any, dtype: Any
    ) -> tuple[Any, ...]:
        """Put the results into Variables; record the step if a gradient may be asked for."""
        rank = -1
        for node in self.inputs:
            if node is not None and node.requires_grad and node.rank > rank:
                rank = node.rank
        outputs = []
        for y in ys:
            if type(y) is not kind or y.dtype is not dtype:
                y = errors.check_output(self, y, kind, dtype)
            outputs.append(self.Variable(y, requires_grad=rank >= 0))
        if rank >= 0 and config.enable_backprop:
            self._record(arrays, outputs, rank)
        if config.debug:
            debug.after_forward(self, outputs)
        return tuple(outputs)

    def _record(self, arrays: list[Any], outputs: list[Any], rank: int) -> None:
        """Tie the outputs to this Function, and keep what `backward` asked for."""
        self.rank = rank
        try:
            self._retained_inputs = tuple([arrays[i] for i in self._input_indexes])
            self._retained_outputs = tuple([outputs[i]._data for i in self._output_indexes])
        except (IndexError, TypeError):
            errors.bad_retain(self)
        self.outputs = tuple([y.node.owner for y in outputs])
        for i, y in enumerate(outputs):
            node = y.node
            node.creator, node.index, node.rank = self, i, rank + 1
        if len(outputs) > 1:  # zeros that take no memory, for outputs that get no gradient
            xp = get_array_module(arrays[0])
            self._zeros = tuple([xp.broadcast_to(xp.zeros((), y.dtype), y.shape) for y in outputs])

    def retain_inputs(self, indexes: tuple[int, ...]) -> None:
        """Called in `forward`: keep the arrays of these inputs until `backward`."""
        self._input_indexes = indexes

    def retain_outputs(self, indexes: tuple[int, ...]) -> None:
        """Called in `forward`: keep the arrays of these outputs until `backward`."""
        self._output_indexes = indexes

    def get_retained_inputs(self) -> tuple[Any, ...]:
        """Called in `backward`: the inputs that `forward` retained.

        Arrays; Variables that continue the graph if the walk is recorded for double backprop.
        """
        arrays = self._retained_inputs or errors.check_retained(self, "inputs")
        if not self.double_backprop:
            return arrays
        nodes = [self.inputs[i] for i in self._input_indexes]
        return tuple(map(self._variable, nodes, arrays))

    def get_retained_outputs(self) -> tuple[Any, ...]:
        """Called in `backward`: the outputs that `forward` retained, as arrays or Variables."""
        arrays = self._retained_outputs or errors.check_retained(self, "outputs")
        if not self.double_backprop:
            return arrays
        outputs = []
        for i, array in zip(self._output_indexes, arrays, strict=True):
            y = self.outputs[i]()
            if y is None or y._data is not array:  # the caller let go of it: make it again
                y = self.Variable(array)
                y.node.creator, y.node.index, y.node.rank = self, i, self.rank + 1
            outputs.append(y)
        return tuple(outputs)

    def _variable(self, node: Node | None, array: Any) -> Any:
        """Return the Variable of `node`, made again if nobody holds it any more."""
        if node is None:  # a constant
            return array
        x = node.owner()
        return x if x is not None and x._data is array else self.Variable._again(node, array)

    def needs(self, i: int) -> bool:
        """Tell whether anybody asks for the gradient of input `i`."""
        node = self.inputs[i]
        return node is not None and node.requires_grad

    def compute(self, *xs: Any) -> Any:
        """Compute on Variables with a record, or on bare arrays without one.

        For use inside `backward`, where gradients may be either.
        """
        if any([isinstance(x, self.Variable) for x in xs]):
            return self.apply(*xs)
        return self.forward(*xs)

    def all_gradients(self, arrived: dict[int, Any]) -> tuple[Any, ...]:
        """Return one gradient for each output: zeros where none has arrived."""
        if not self._zeros:
            return (arrived[0],)
        return tuple([arrived.get(i, zero) for i, zero in enumerate(self._zeros)])

    def run_backward(self, gys: tuple[Any, ...], enable_double_backprop: bool) -> tuple[Any, ...]:
        """Call `backward` and check what it returns."""
        if self.made_at:
            return debug.run_backward(self, gys, enable_double_backprop)
        self.double_backprop = enable_double_backprop
        gxs = self.backward(*gys)
        if type(gxs) is not tuple:
            gxs = (gxs,)
        if len(gxs) != len(self.inputs):
            errors.wrong_number(self, gxs)
        kind = type(gys[0])
        fitting = []
        for gx, node in zip(gxs, self.inputs, strict=True):
            if gx is None or node is None or not node.requires_grad:
                gx = None
            elif type(gx) is not kind or gx.shape != node.shape or gx.dtype is not node.dtype:
                gx = self.fit_gradient(gx, node)
            fitting.append(gx)
        return tuple(fitting)

    def fit_gradient(self, gx: Any, node: Node) -> Any:
        """Return `gx` as a gradient for the input at `node`, or raise if it cannot be one."""
        array = gx._data if isinstance(gx, self.Variable) else gx
        array = errors.check_gradient(self, array, node)
        if not self.double_backprop:
            return array
        return gx if isinstance(gx, self.Variable) else self.Variable(array, requires_grad=False)
