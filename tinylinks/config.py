"""The few switches of the library. Each thread has its own."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tinylinks import errors


class Config(threading.local):
    """Switches of the current thread.

    Attributes
    ----------
    train : bool
        True while a model learns. Dropout and batch normalization look at it.
    enable_backprop : bool
        True while the graph is recorded. `no_backprop_mode` turns it off.
    debug : bool
        True makes the library look for NaN, infinities and arrays that were changed in
        place, and say which line of your code they come from. It is slow.

    Examples
    --------
    >>> from tinylinks import config
    >>> config.train, config.enable_backprop, config.debug
    (True, True, False)
    """

    train: bool = True
    enable_backprop: bool = True
    debug: bool = False

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for an attribute that is not there.
        errors.no_name("config", name, CONFIG_NAMES, 18)

    def __setattr__(self, name: str, value: Any) -> None:
        errors.check_config(name, value, CONFIG_NAMES)
        super().__setattr__(name, value)


CONFIG_NAMES = ("train", "enable_backprop", "debug")
config = Config()


@contextlib.contextmanager
def using_config(name: str, value: bool) -> Iterator[None]:
    """Set one switch inside a `with` block and restore it afterwards.

    Parameters
    ----------
    name : str
        One of ``train``, ``enable_backprop``, ``debug``.
    value : bool
        Its value inside the block.

    Raises
    ------
    AttributeError
        If there is no such switch.
    TypeError
        If `value` is not True or False.

    Examples
    --------
    >>> from tinylinks import config, using_config
    >>> with using_config("train", False):
    ...     print(config.train)
    False
    >>> config.train
    True

    Notes
    -----
    Follows Chainer's ``chainer.using_config``.
    """
    errors.check_config(name, value, CONFIG_NAMES)
    before = getattr(config, name)
    setattr(config, name, value)
    try:
        yield
    finally:
        setattr(config, name, before)


def no_backprop_mode() -> contextlib.AbstractContextManager[None]:
    """Record no graph inside a `with` block: faster, and no array is kept alive.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks.functions as F
    >>> from tinylinks import Variable, no_backprop_mode
    >>> x = Variable(np.array([1.0, 2.0], np.float32))
    >>> with no_backprop_mode():
    ...     y = F.square(x)
    >>> y.creator is None
    True

    Notes
    -----
    Follows Chainer's ``chainer.no_backprop_mode``.
    """
    return using_config("enable_backprop", False)
