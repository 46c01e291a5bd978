"""The computational graph, and the walk back through it.

A Function points to the nodes of its inputs. The node of each output points back to the
Function that made it, its creator. All arrows lead backwards, so a graph has no cycle and
is freed as soon as nobody holds its end.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks.backend import bare

if TYPE_CHECKING:
    from tinylinks.function import Function
    from tinylinks.variable import Variable


class Node:
    """The place of a Variable in the graph: everything about it but its array.

    The graph keeps nodes, not Variables. So an array that nobody needs can be freed while
    the graph that it belonged to lives on.

    Attributes
    ----------
    owner : weakref to Variable or None
        For a leaf the Variable, as long as somebody holds it: it gets the gradient.
    grad : array or None
        The gradient that ``backward(retain_grad=True)`` left here on its way.
    shape, dtype, requires_grad, name
        What is known of the Variable.
    creator : Function or None
        The Function that made it; None for a leaf.
    index : int
        Which output of its creator it is.
    rank : int
        The length of the longest way here from a leaf.
    """

    __slots__ = (
        "creator", "dtype", "grad", "index", "name", "owner", "rank", "requires_grad", "shape"
    )  # fmt: skip

    def __init__(
        self,
        data: Any,
        requires_grad: bool,
        creator: Function | None = None,
        index: int = 0,
    ) -> None:
        self.shape: tuple[int, ...] = data.shape
        self.dtype = data.dtype
        self.requires_grad = requires_grad
        self.creator = creator
        self.index = index
        self.rank = 0 if creator is None else creator.rank + 1
        self.owner: weakref.ref[Variable] | None = None
        self.grad: Any = None
        self.name: str | None = None

    def set_owner(self, x: Variable) -> None:
        """Make `x` the Variable that gets the gradient that arrives here."""
        self.owner = weakref.ref(x)


class Arrivals:
    """The gradients that are on their way, added up where several meet.

    Attributes
    ----------
    leaves : dict
        Node -> the gradient that has arrived at this leaf.
    waiting : dict
        Function -> {node of an output: the gradient that has arrived there}.
    queue : list
        The waiting Functions as a heap, the one of highest rank first.
    """

    def __init__(self) -> None:
        self.leaves: dict[Node, Any] = {}
        self.waiting: dict[Function, dict[Node, Any]] = {}
        self.queue: list[tuple[int, int, Function]] = []
        self.count = 0

    def add(self, node: Node, g: Any) -> None:
        """Let the gradient `g` arrive at `node`."""
        arrived: dict[Node, Any] | None
        function = node.creator
        if function is None:
            arrived = self.leaves
        else:
            arrived = self.waiting.get(function)
            if arrived is None:
                self.waiting[function] = {node: g}
                self.count += 1
                heappush(self.queue, (-function.rank, self.count, function))
                return
        arrived[node] = add_up(arrived[node], g) if node in arrived else g

    def pop(self) -> tuple[Function, dict[Node, Any]]:
        """Take out the Function of highest rank, with the gradients of its outputs.

        Nobody can send it another gradient: a Function that could has a higher rank.
        """
        function = heappop(self.queue)[2]
        return function, self.waiting.pop(function)


def add_up(a: Any, b: Any) -> Any:
    """Add two gradients; NumPy turns a sum of arrays of shape () into a number, so box it."""
    total = a + b
    return np.asarray(total) if isinstance(total, np.generic) else total


def backward_steps(
    arrivals: Arrivals, retain_grad: bool = False, enable_double_backprop: bool = False
) -> Iterator[tuple[Function, Sequence[Any], Sequence[Any]]]:
    """Walk back through the graph, visiting each Function once; yield after each visit.

    Parameters
    ----------
    arrivals : Arrivals
        Holds the gradients to start from; at the end, the gradients of the leaves.
        Gradients are arrays, or Variables if `enable_double_backprop`.
    retain_grad : bool
        Leave the gradients of the Variables on the way in their `grad`.
    enable_double_backprop : bool
        Record the walk itself as a graph.

    Yields
    ------
    function, gys, gxs
        The Function visited, the gradients that came in and the gradients that it sent on.
    """
    while arrivals.queue:
        function, arrived = arrivals.pop()
        gys: Sequence[Any] = tuple(arrived.values())
        if len(gys) > 1 or function._zeros:
            gys = function.all_gradients(arrived)
        if retain_grad:
            for node in arrived:
                node.grad = bare(gys[node.index]).copy()
        gxs = function.run_backward(gys, enable_double_backprop)
        kind = type(gys[0])
        for node, gx in zip(function.inputs, gxs):
            if gx is None or node is None or not node.requires_grad:
                continue
            if type(gx) is not kind or gx.dtype is not node.dtype or gx.shape != node.shape:
                gx = function.fit_gradient(gx, node)
            arrivals.add(node, gx)
        yield function, gys, gxs
        del gys, gxs, gx  # or these arrays would live on while the next step computes
