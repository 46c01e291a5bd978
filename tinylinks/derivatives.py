"""Gradients as values: for derivatives of derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinylinks import errors
from tinylinks.backend import is_array_type
from tinylinks.config import config, using_config
from tinylinks.graph import Arrivals, backward_steps
from tinylinks.variable import Variable, as_variable, own


def grad(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None = None,
    grad_inputs: Sequence[Variable | None] | None = None,
    set_grad: bool = False,
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
) -> list[Variable | None]:
    """Compute the gradients of `outputs` with respect to `inputs` and return them.

    Unlike `backward` it leaves the `grad` of all Variables alone, and `inputs` may stand
    anywhere in the graph.

    Parameters
    ----------
    outputs, inputs : list of Variable
    grad_outputs : list of Variable, array or None, optional
        The gradients to start from; None stands for ones.
    grad_inputs : list of Variable, array or None, optional
        Gradients that arrive at the inputs as well: they are added to what comes from the
        outputs, and go on from there.
    set_grad : bool
        Also put the results into the `grad` of `inputs`.
    retain_grad : bool
        Also leave the gradients on the way in the `grad` of the Variables there.
    enable_double_backprop : bool
        Record the computation, so that the results can be differentiated in turn.

    Returns
    -------
    list of Variable or None
        One for each input; None where the outputs do not depend on it.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks
    >>> x = tinylinks.Variable(np.array(2.0))
    >>> y = x**3
    >>> (gx,) = tinylinks.grad([y], [x], enable_double_backprop=True)
    >>> gx
    Variable(12., dtype=float64)
    >>> tinylinks.grad([gx], [x])
    [Variable(12., dtype=float64)]

    Notes
    -----
    Follows Chainer's ``chainer.grad``.
    """
    if enable_double_backprop and not config.enable_backprop:
        with using_config("enable_backprop", True):  # the walk is to be recorded all the same
            return grad(outputs, inputs, grad_outputs, grad_inputs, set_grad, retain_grad, True)
    errors.check_variables("grad", "outputs", outputs, Variable)
    errors.check_variables("grad", "inputs", inputs, Variable)
    gys = [None] * len(outputs) if grad_outputs is None else grad_outputs
    errors.check_same_length("grad", "grad_outputs", gys, "outputs", len(outputs))
    gxs = [None] * len(inputs) if grad_inputs is None else grad_inputs
    errors.check_same_length("grad", "grad_inputs", gxs, "inputs", len(inputs))

    arrivals = Arrivals()
    given = set()

    def begin(x: Variable, g: Any) -> None:
        """Let `g`, which was given, arrive at `x`."""
        g = as_variable(g)
        errors.check_grad(x, g.data, is_array_type)
        given.add(id(g.data))
        arrivals.add(x.node, g if enable_double_backprop else g.data)

    for y, gy in zip(outputs, gys, strict=True):
        errors.check_initialized("grad", y)
        begin(y, y.xp.ones_like(y.data) if gy is None else gy)
    for x, gx in zip(inputs, gxs, strict=True):
        if gx is not None:
            begin(x, gx)

    places = {(x.creator, x.node.index) for x in inputs}
    passed: dict[Any, Any] = {}  # the gradients that passed by inputs that are not leaves
    for function, gs, sent in backward_steps(arrivals, retain_grad, enable_double_backprop):
        for i, g in enumerate(gs):
            # Zeros stand for an output that nothing arrived at: it has no gradient.
            if (function, i) in places and all(g is not zero for zero in function._zeros):
                passed[function, i] = g
        del g, gs, sent  # or these arrays would live on while the next step computes

    results = []
    for x in inputs:
        leaf, place = x.creator is None, (x.creator, x.node.index)
        g = arrivals.leaves.get(x.node) if leaf else passed.get(place)
        if g is not None:
            g = as_variable(own(g, given))
        if set_grad:
            x.grad_var = g
        results.append(g)
    return results
