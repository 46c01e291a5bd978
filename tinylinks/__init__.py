"""tinylinks: a small define-by-run neural network library, and the book that explains it."""

from typing import TYPE_CHECKING, NoReturn

from tinylinks import (
    backend,
    datasets,
    errors,
    functions,
    gradient_check,
    initializers,
    links,
    optimizer_hooks,
    optimizers,
    serializers,
)
from tinylinks.chain import Chain, ChainList, Sequential
from tinylinks.config import config, no_backprop_mode, using_config
from tinylinks.derivatives import grad
from tinylinks.drawing import draw, to_dot
from tinylinks.function import Function
from tinylinks.link import Link
from tinylinks.steps import Step, Steps, steps
from tinylinks.variable import Parameter, Variable, as_variable

__all__ = [
    "Chain",
    "ChainList",
    "Function",
    "Link",
    "Parameter",
    "Sequential",
    "Step",
    "Steps",
    "Variable",
    "as_variable",
    "backend",
    "config",
    "datasets",
    "draw",
    "functions",
    "grad",
    "gradient_check",
    "initializers",
    "links",
    "no_backprop_mode",
    "optimizer_hooks",
    "optimizers",
    "serializers",
    "steps",
    "to_dot",
    "using_config",
]
__version__ = "0.2.0"

if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("tinylinks", name, __all__, "box")
