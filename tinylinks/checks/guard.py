"""Watch an answer while a check runs it: what it changes, where it keeps things, what it uses.

Such slips often give right numbers in a small test, and wrong ones later. So they are looked for
in every task, and each has its own sentence.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np

from tinylinks.checks.task import SEED_IT, Mistake, Task

__all__ = ["Guard", "guarded"]

#: The methods that are watched, by the class that an answer is derived from.
METHODS = {
    "Function": ("forward", "backward"),
    "Link": ("__init__", "forward"),
    "Optimizer": ("__init__", "update_core"),
}

OUTSIDE = (
    "your code changes `{}`, which is outside of it, so the next call meets what this one left: "
    "keep it inside."
)
CLASS = (
    "your code keeps something in the class, as `{}`, where the next one overwrites it: keep it in "
    "`self`."
)
DEFAULT = (
    "your code changes the default value of `{}`, which is made only once, so the next call meets "
    "what this one left: begin with None, and make it inside."
)
INPUT = "`forward` changes its input in place, but it belongs to others, too: make a new array."
GRADIENT = "`backward` changes gy in place, but it belongs to others, too: make a new array."
RETAINED = (
    "`backward` changes in place what was kept, which is an input or the output itself: make a new "
    "array."
)
BY_HAND = "`forward` keeps an array in `self.{}`: retain what `backward` will need."
NOT_RETAINED = "`backward` reads the `data` of an input: let `forward` retain what it will need."
STEP = "`update_core` changes grad in place, but it belongs to the parameter: make a new array."
LIST = (
    "your code changes the list that it was given, and it belongs to others, too: make a new one."
)
RECORD = (
    "your code changes the `{}` of a Variable or Function that it was given, and it belongs to "
    "others, too: leave it as it is."
)
SEED = (
    "your code calls `np.random.seed`, which decides all numbers that are drawn after it, those of "
    "others, too: leave it out."
)
LIMIT = (
    "your code raises the limit for calls inside each other, and a longer history needs a higher "
    "one still: use a loop."
)
LONG = 500  # Variables and Functions of a graph
DEEPEST = 1000  # calls inside each other, as Python allows them at first
REFUSED = "your answer uses `{}`, and this task is to be done without it."


class Guard:
    """What is seen of an answer, apart from its results.

    Parameters
    ----------
    task : Task
        The task at work.
    answer : function or class
        The answer.
    names : dict
        The names of the notebook.

    Attributes
    ----------
    answer : function or class
        What the check runs.
    """

    def __init__(self, task: Task, answer: Any, names: dict[str, Any]) -> None:
        self.task, self.names = task, names
        self.said: list[str] = []
        self.said_last: list[str] = []
        self.long: list[Any] = []  # what belongs to a long graph
        self.answer = self.function(answer) if isinstance(answer, FunctionType) else answer
        bases = answer.__mro__ if isinstance(answer, type) else ()
        finished = [cls.__name__ for cls in bases if cls.__name__ in task.without]
        if finished:
            self.said.append(REFUSED.format(finished[0]))

    def begin(self) -> None:
        """Note what is there now."""
        self.deepest = sys.getrecursionlimit()
        self.before = [(say, owner, snapshot(owner)) for say, owner in places(self)]

    def look(self, at_end: bool = False) -> None:
        """Raise a `Mistake` if there is something to say."""
        if sys.getrecursionlimit() != self.deepest:
            self.said.append(LIMIT)
        for sentence in self.said + (self.said_last if at_end else []):
            raise Mistake(sentence)
        for say, owner, before in self.before:
            for name in changed(before, snapshot(owner)):
                where = f"{owner.__name__}.{name}" if say == CLASS else name
                raise Mistake(say.format(where))
        self.task.check_watched()

    def function(self, answer: FunctionType) -> Callable[..., Any]:
        """Return an answer that is a function, watched.

        What it does to a record is said at the end, for a check often has more to say about it.
        """

        @functools.wraps(answer)
        def call(*arguments: Any, **options: Any) -> Any:
            lists = [(x, x.copy()) for x in arguments if isinstance(x, list)]
            record = [(x, public(x)) for x in history(arguments)]
            if len(record) > LONG:
                self.long += [x for x, _ in record]
            with refused(self.task.without, self.names):
                result = answer(*arguments, **options)
            if len(record) > LONG:
                self.long += history([result])
            if any(content(x) != content(old) for x, old in lists):
                self.said.append(LIST)
            for x, old in record:
                self.said_last += [RECORD.format(name) for name in changed(old, public(x))]
            return result

        return call

    def init(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return `__init__` of a Link or an optimizer, watched."""

        @functools.wraps(method)
        def __init__(self_: Any, *arguments: Any, **options: Any) -> None:
            with refused(self.task.without, self.names):
                method(self_, *arguments, **options)

        return __init__

    def seed(self, number: Any = None) -> None:
        """Stand for `np.random.seed`."""
        self.said.append(SEED)

    def forward(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return `forward` of a Function or a Link, watched."""

        @functools.wraps(method)
        def forward(f: Any, *xs: Any) -> Any:
            before = [(x, x.copy()) for x in arrays(xs)]
            with refused(self.task.without, self.names):
                ys = method(f, *xs)
            if differ(before):
                self.said.append(INPUT)
            return ys

        return forward

    def backward(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return `backward` of a Function, watched."""

        @functools.wraps(method)
        def backward(f: Any, *gys: Any) -> Any:
            inputs = f.inputs
            given = [(x, x.copy()) for x in arrays(gys)]
            kept = [(x, x.copy()) for x in arrays(list(vars(f).values()))]
            if self.task.retains:
                own = [
                    k for k, v in vars(f).items() if k[0] != "_" and k != "inputs" and arrays([v])
                ]
                self.said += [BY_HAND.format(name) for name in own]
                f.inputs = [None if x is None else Closed(x) for x in inputs]
            try:
                gxs = method(f, *gys)
            finally:
                f.inputs = inputs
            if differ(given):
                self.said.append(GRADIENT)
            elif differ(kept):
                self.said.append(RETAINED)
            return gxs

        return backward

    def update_core(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return `update_core` of an optimizer, watched."""

        @functools.wraps(method)
        def update_core(optimizer: Any, data: Any, grad: Any, state: Any) -> Any:
            before = [(grad, grad.copy())]
            result = method(optimizer, data, grad, state)
            if differ(before):
                self.said.append(STEP)
            return result

        return update_core


class Closed:
    """An input of a Function, without its array."""

    def __init__(self, x: Any) -> None:
        self._x = x

    def __getattr__(self, name: str) -> Any:
        if name in ("data", "_data"):
            raise Mistake(NOT_RETAINED)
        return getattr(self._x, name)


@contextmanager
def guarded(task: Task, answer: Any, names: dict[str, Any]) -> Iterator[Guard]:
    """Watch an answer in this block."""
    guard, deepest = Guard(task, answer, names), sys.getrecursionlimit()
    own = vars(answer).copy() if isinstance(answer, type) else {}
    methods = {
        name: getattr(answer, name)
        for base, watched in METHODS.items()
        if own and issubclass(answer, names.get(base, Guard))
        for name in watched
        if getattr(answer, name) is not getattr(names[base], name)
    }
    try:
        for name, method in methods.items():
            setattr(answer, name, getattr(guard, name.strip("_"))(method))
        vars(np.random)["seed"] = guard.seed
        sys.setrecursionlimit(min(deepest, DEEPEST))  # also if the cell has raised it before
        guard.begin()
        yield guard
    finally:
        vars(np.random)["seed"] = SEED_IT
        sys.setrecursionlimit(deepest)
        take_apart(guard.long)
        for name in methods:
            if name in own:
                setattr(answer, name, own[name])
            else:
                delattr(answer, name)


@contextmanager
def refused(without: tuple[str, ...], names: dict[str, Any]) -> Iterator[None]:
    """Let these names refuse to be called in this block, such as ``linear`` and ``F.linear``."""
    old = []
    for name in without:
        module, _, last = name.rpartition(".")
        owner = vars(names[module]) if module in names else names
        if last in owner:
            old.append((owner, last, owner[last]))
            owner[last] = refusing(name)
    try:
        yield
    finally:
        for owner, last, value in old:
            owner[last] = value


def refusing(name: str) -> type:
    """Return a class that stands for what is not to be used."""

    def __new__(cls: type, *arguments: Any, **options: Any) -> Any:
        raise Mistake(REFUSED.format(name))

    return type(name, (), {"__new__": __new__})


def places(guard: Guard) -> Iterator[tuple[str, Any]]:
    """Yield where an answer could leave something behind, and before it the sentence for that."""
    answer, names = guard.answer, guard.names
    module = names.get("__name__")
    yield OUTSIDE, names
    kinds = answer.__mro__ if isinstance(answer, type) else ()
    for cls in kinds:
        if cls.__module__ == module:
            yield CLASS, cls
    for value in [answer, *names.values(), *[v for cls in kinds for v in vars(cls).values()]]:
        f = getattr(value, "__wrapped__", value)
        if isinstance(f, FunctionType) and not f.__code__.co_filename.startswith("<chapter"):
            yield DEFAULT, f


def snapshot(owner: Any) -> dict[str, tuple[Any, Any]]:
    """Return the values by their names, each with what is in it.

    Of a function it is what its arguments are if nothing is given.
    """
    if isinstance(owner, FunctionType):
        given = owner.__defaults__ or ()
        arguments = owner.__code__.co_varnames[: owner.__code__.co_argcount]
        values = dict(zip(arguments[-len(given) :], given)) | (owner.__kwdefaults__ or {})
    else:
        values = owner if isinstance(owner, dict) else getattr(owner, "__dict__", {})
    return {name: (v, content(v)) for name, v in values.items() if not name.startswith("__")}


def content(value: Any) -> Any:
    """Return what is in a list, a dictionary, a set or an array, to see whether it changes."""
    if isinstance(value, dict):
        return [id(part) for pair in value.items() for part in pair]
    if isinstance(value, list | set):
        return [id(part) for part in value]
    return value.tobytes() if isinstance(value, np.ndarray) and value.size < 1000 else None


def changed(before: dict[str, tuple[Any, Any]], now: dict[str, tuple[Any, Any]]) -> list[str]:
    """Return the names whose values are others now, or have something else in them."""
    same = [
        name
        for name, (value, inside) in now.items()
        if name in before and before[name][0] is value and before[name][1] == inside
    ]
    return [name for name in now if name not in same]


def history(values: Any) -> list[Any]:
    """Return the Variables among some values, and all Variables and Functions that led to them."""
    found: dict[int, Any] = {}
    todo = list(values)
    while todo:
        x = todo.pop()
        if id(x) not in found and (hasattr(x, "creator") or hasattr(x, "inputs")):
            found[id(x)] = x
            todo += [getattr(x, "creator", None), *(getattr(x, "inputs", None) or ())]
    return list(found.values())


def take_apart(graph: list[Any]) -> None:
    """Cut a graph into pieces. Freed at once, a long one is too much for the stack of a browser."""
    for x in graph:
        if hasattr(x, "inputs"):
            x.inputs = None


def public(x: Any) -> dict[str, tuple[Any, Any]]:
    """Return what a Variable or Function says of itself, apart from its gradient."""
    return {k: v for k, v in snapshot(x).items() if k[0] != "_" and k not in ("data", "grad")}


def arrays(values: Any) -> list[np.ndarray]:
    """Return the arrays among some values, in lists, tuples and Variables among them, too."""
    found = []
    for value in values:
        if isinstance(value, np.ndarray):
            found.append(value)
        elif type(value) in (list, tuple):
            found += arrays(value)
        elif isinstance(getattr(value, "data", None), np.ndarray):  # a Variable
            found.append(value.data)
    return found


def differ(before: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    """Tell whether an array is no longer what it was."""
    return any(not np.array_equal(x, old, equal_nan=x.dtype.kind == "f") for x, old in before)
