"""The few switches of the library. Each thread has its own."""

import functools
import inspect
import threading
import types
from collections.abc import Callable, Generator
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
        errors.no_name("config", name, CONFIG_NAMES, "backward_needs")

    def __setattr__(self, name: str, value: Any) -> None:
        errors.check_config(name, value, CONFIG_NAMES)
        super().__setattr__(name, value)


CONFIG_NAMES = ("train", "enable_backprop", "debug")
config = Config()


class ConfigContext(threading.local):
    """What `using_config` returns: a switch that is set in `with` blocks, or in a function.

    It can be used again and again, within itself too. Each thread has its own attributes, as it
    has its own switches; `before` holds what they were before each block that is entered now.
    """

    def __init__(self, name: str, value: bool) -> None:
        errors.check_config(name, value, CONFIG_NAMES)
        self.name, self.value = name, value
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(getattr(config, self.name))
        setattr(config, self.name, self.value)

    def __exit__(self, *error: object) -> None:
        setattr(config, self.name, self.before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` such that the switch is set while it runs."""
        errors.check_decorated(self.name, function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        @functools.wraps(function)
        def run_generator(*args: Any, **kwargs: Any) -> Any:
            return (yield from self._drive(function(*args, **kwargs)))

        @functools.wraps(function)
        async def run_coroutine(*args: Any, **kwargs: Any) -> Any:
            return await types.coroutine(self._drive)(function(*args, **kwargs))

        if inspect.isgeneratorfunction(function):
            return run_generator
        return run_coroutine if inspect.iscoroutinefunction(function) else run

    def _drive(self, steps: Any) -> Generator[Any, Any, Any]:
        """Run a generator or a coroutine; where it pauses, the switch is as it was."""
        go_on: Callable[[], Any] = functools.partial(steps.send, None)
        while True:
            with self:
                try:
                    result = go_on()
                except StopIteration as end:
                    return end.value
            try:
                go_on = functools.partial(steps.send, (yield result))
            except GeneratorExit:
                with self:
                    steps.close()
                raise
            except BaseException as error:
                go_on = functools.partial(steps.throw, error)


def using_config(name: str, value: bool) -> ConfigContext:
    """Set one switch inside a `with` block, or inside a function, and restore it afterwards.

    Parameters
    ----------
    name : str
        One of ``train``, ``enable_backprop``, ``debug``.
    value : bool
        Its value inside the block.

    Returns
    -------
    ConfigContext
        For `with`, as often as you like; or to decorate a function, also one that yields or is
        asynchronous. Where such a function pauses, the switch is as it was outside.

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
    >>> @using_config("train", False)
    ... def test():
    ...     return config.train
    >>> test()
    False

    Notes
    -----
    Follows Chainer's ``chainer.using_config``.
    """
    return ConfigContext(name, value)


def no_backprop_mode() -> ConfigContext:
    """Record no graph inside a `with` block, or inside a function: faster, and it saves memory.

    As a decorator, it is written ``@no_backprop_mode()``.

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
