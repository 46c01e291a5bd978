"""The links: functions with some arguments replaced by parameters."""

from typing import TYPE_CHECKING, NoReturn

from tinylinks import errors
from tinylinks.links.convolution import Convolution2D, Deconvolution2D
from tinylinks.links.linear import Linear
from tinylinks.links.normalization import BatchNormalization

__all__ = ["BatchNormalization", "Convolution2D", "Deconvolution2D", "Linear"]

if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("links", name, __all__, "linear")
