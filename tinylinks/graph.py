"""The computational graph, and the walk back through it.

A Function points to the nodes of its inputs. The node of each output points back to the
Function that made it, its creator. All arrows lead backwards, so a graph has no cycle and
is freed as soon as nobody holds its end.
"""

from __future__ import annotations

import heapq
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinylinks.function import Function
    from tinylinks.variable import Variable


class Node:
    """The place of a Variable in the graph: everything about it but its array.

    The graph keeps nodes, not Variables. So an array that nobody needs can be freed while
    the graph that it belonged to lives on.

    Attributes
    ----------
    owner : weakref to Variable
        The Variable, as long as somebody else holds it.
    shape, dtype, requires_grad, name
        What is known of the Variable.
    creator : Function or None
        The Function that made it; None for a leaf.
    index : int
        Which output of its creator it is.
    rank : int
        The length of the longest way here from a leaf.
    """

    __slots__ = ("creator", "dtype", "index", "name", "owner", "rank", "requires_grad", "shape")

    def __init__(self, owner: Variable, data: Any, requires_grad: bool, name: str | None) -> None:
        self.owner = weakref.ref(owner)
        self.shape: tuple[int, ...] = data.shape
        self.dtype = data.dtype
        self.requires_grad = requires_grad
        self.name = name
        self.creator: Function | None = None
        self.index = 0
        self.rank = 0


class Arrivals:
    """The gradients that are on their way, added up where several meet.

    Attributes
    ----------
    leaves : dict
        Node -> the gradient that has arrived at this leaf.
    waiting : dict
        Function -> {index of an output: the gradient that has arrived there}.
    queue : list
        The waiting Functions as a heap, the one of highest rank first.
    """

    def __init__(self) -> None:
        self.leaves: dict[Node, Any] = {}
        self.waiting: dict[Function, dict[int, Any]] = {}
        self.queue: list[tuple[int, int, Function]] = []
        self.count = 0

    def add(self, node: Node, g: Any) -> None:
        """Let the gradient `g` arrive at `node`."""
        function = node.creator
        if function is None:
            self.leaves[node] = add_up(self.leaves[node], g) if node in self.leaves else g
            return
        gys = self.waiting.get(function)
        if gys is None:
            gys = self.waiting[function] = {}
            self.count += 1  # among equal ranks, first come, first served
            heapq.heappush(self.queue, (-function.rank, self.count, function))
        gys[node.index] = add_up(gys[node.index], g) if node.index in gys else g

    def pop(self) -> tuple[Function, dict[int, Any]]:
        """Take out the Function of highest rank, with the gradients of its outputs.

        Nobody can send it another gradient: a Function that could has a higher rank.
        """
        function = heapq.heappop(self.queue)[2]
        return function, self.waiting.pop(function)


def add_up(a: Any, b: Any) -> Any:
    """Add two gradients; NumPy turns a sum of arrays of shape () into a number, so box it."""
    total = a + b
    return np.asarray(total) if isinstance(total, np.generic) else total


def backward_steps(
    arrivals: Arrivals, retain_grad: bool = False, enable_double_backprop: bool = False
) -> Iterator[tuple[Function, tuple[Any, ...], tuple[Any, ...]]]:
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
        gys = function.all_gradients(arrived)
        if retain_grad:
            for output, gy in zip(function.outputs, gys, strict=True):
                if (y := output()) is not None:
                    y._keep(gy)
        gxs = function.run_backward(gys, enable_double_backprop)
        for node, gx in zip(function.inputs, gxs, strict=True):
            if gx is not None and node is not None and node.requires_grad:
                arrivals.add(node, gx)
        yield function, gys, gxs
