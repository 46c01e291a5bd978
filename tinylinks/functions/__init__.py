"""The functions: each is a verb such as `relu` and a class such as `ReLU`."""

from typing import TYPE_CHECKING, NoReturn

from tinylinks import errors
from tinylinks.functions.activation import leaky_relu, log_softmax, relu, softmax
from tinylinks.functions.arithmetic import absolute, add, div, mul, neg, pow, sub
from tinylinks.functions.convolution import convolution_2d, deconvolution_2d
from tinylinks.functions.elementwise import (
    clip,
    cos,
    exp,
    log,
    maximum,
    minimum,
    sigmoid,
    sin,
    sqrt,
    square,
    tanh,
    where,
)
from tinylinks.functions.evaluation import accuracy
from tinylinks.functions.linear import linear, matmul
from tinylinks.functions.loss import mean_squared_error, softmax_cross_entropy
from tinylinks.functions.noise import dropout
from tinylinks.functions.normalization import batch_normalization, fixed_batch_normalization
from tinylinks.functions.pooling import average_pooling_2d, max_pooling_2d
from tinylinks.functions.shapes import (
    Axis,
    broadcast_to,
    concat,
    get_item,
    max,
    mean,
    min,
    reshape,
    sum,
    sum_to,
    transpose,
)

__all__ = [
    "Axis",
    "absolute",
    "accuracy",
    "add",
    "average_pooling_2d",
    "batch_normalization",
    "broadcast_to",
    "clip",
    "concat",
    "convolution_2d",
    "cos",
    "deconvolution_2d",
    "div",
    "dropout",
    "exp",
    "fixed_batch_normalization",
    "get_item",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pooling_2d",
    "maximum",
    "mean",
    "mean_squared_error",
    "min",
    "minimum",
    "mul",
    "neg",
    "pow",
    "relu",
    "reshape",
    "sigmoid",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "sqrt",
    "square",
    "sub",
    "sum",
    "sum_to",
    "tanh",
    "transpose",
    "where",
]

if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("functions", name, __all__, "shapes")
