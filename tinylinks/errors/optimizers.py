"""Sentences of optimizers and their hooks."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

from tinylinks.errors.arguments import check_positive
from tinylinks.errors.link import inside_a_container, names_its_own
from tinylinks.errors.names import OTHER_LIBRARIES, renamed, spelling_of_attribute
from tinylinks.errors.words import describe, is_number, is_whole


def check_link(optimizer: Any, link: Any, Link: type) -> None:
    if not isinstance(link, Link):
        raise TypeError(
            f"{type(optimizer).__name__}.setup: expected a Link or a Chain, got "
            f"{describe(link)}. Pass the model itself, not its parameters. "
            "(See chapter 13.)"
        )
    top: Any = link
    known = {*map(id, top.links()), *map(id, top.params())}
    for below in top.links():
        for name, value in vars(below).items():
            if isinstance(value, list | tuple | dict) and not names_its_own(below, Link):
                if any(id(x) not in known for x in held_in(value, Link)):
                    warnings.warn(inside_a_container(below, name, value), stacklevel=3)


def held_in(container: Any, Link: type) -> list[Any]:
    """Return the Links and Parameters in a list, tuple or dict, and in those inside it."""
    found, todo, seen = [], [container], set()
    while todo:
        x = todo.pop()
        if isinstance(x, Link) or hasattr(x, "is_initialized"):
            found.append(x)
        elif isinstance(x, list | tuple | dict) and id(x) not in seen:
            seen.add(id(x))
            todo.extend(x.values() if isinstance(x, dict) else x)
    return found


def check_target(optimizer: Any, method: str) -> None:
    if optimizer.target is None:
        raise RuntimeError(
            f"{type(optimizer).__name__}.{method}: expected a link to update, got none. "
            "Call optimizer.setup(model) first. (See chapter 13.)"
        )


def no_optimizer_attribute(optimizer: Any, name: str) -> NoReturn:
    kind = type(optimizer).__name__
    if name.startswith("_"):  # Python and IPython ask for these, people do not
        raise AttributeError(f"{kind} has no attribute {name!r}", name=name)
    do = renamed("Optimizer", name) or spelling_of_attribute(optimizer, name)
    raise AttributeError(
        f"{kind}: expected the name of an attribute, got {name!r}. {do} (See chapter 13.)",
        name=name,
        obj=optimizer,
    )


def check_hyperparameter(optimizer: Any, name: str) -> None:
    """Refuse to set, by the name of another library, what would then never be read."""
    if optimizer.target is not None and name in OTHER_LIBRARIES["Optimizer"]:
        getattr(optimizer, name)  # raises if it is not there


def nothing_moved(optimizer: Any) -> None:
    """Warn of an update that found no gradient. By default Python shows this once for a line."""
    warnings.warn(no_gradients(optimizer), stacklevel=3)


def no_gradients(optimizer: Any) -> str:
    return (
        f"{type(optimizer).__name__}.update: expected gradients, got none for any parameter, so "
        "nothing moves. Call loss.backward() first, for a loss that the link given to setup has "
        "computed. (See chapter 13.)"
    )


def check_lossfun(optimizer: Any, lossfun: Any) -> None:
    if not callable(lossfun):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected a function that returns the loss, got "
            f"{describe(lossfun)}. Call loss.backward() and then update(), or pass the function. "
            "(See chapter 13.)"
        )


def check_loss(optimizer: Any, loss: Any, Variable: type) -> None:
    if not isinstance(loss, Variable):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected lossfun to return a Variable, got "
            f"{describe(loss)}. Let it end with `return loss`. (See chapter 13.)"
        )


def check_above_zero(optimizer: Any, **hyperparams: Any) -> None:
    kind = type(optimizer).__name__
    for name, value in hyperparams.items():
        do = "Pass a small number, such as 0.01."
        if hasattr(value, "namedparams"):
            do = f"Pass the model to setup: {kind}().setup(model)."
        check_positive(kind, name, value, do, 13)


def check_below_one(optimizer: Any, **hyperparams: Any) -> None:
    for name, value in hyperparams.items():
        if not is_number(value) or not 0 <= value < 1:
            raise ValueError(
                f"{type(optimizer).__name__}: expected {name} as a number from 0 to below 1, got "
                f"{describe(value)}. Pass one such as 0.9. (See chapter 13.)"
            )


def check_not_negative(optimizer: Any, **hyperparams: Any) -> None:
    for name, value in hyperparams.items():
        if not is_number(value) or not 0 <= value < math.inf:
            raise ValueError(
                f"{type(optimizer).__name__}: expected {name} as a number of at least 0, got "
                f"{describe(value)}. Pass a finite one. (See chapter 13.)"
            )


def check_eps_fits(optimizer: Any, dtype: Any) -> None:
    if optimizer.eps and not dtype.type(optimizer.eps):
        raise ValueError(
            f"{type(optimizer).__name__}: expected eps as a number that {dtype} can hold, got "
            f"{optimizer.eps}. Pass a larger one, such as 1e-4, or use parameters of a wider "
            "dtype. (See chapter 13.)"
        )


def no_update_core(optimizer: Any) -> NoReturn:
    name = type(optimizer).__name__
    raise NotImplementedError(
        f"{name}: expected a method `update_core`, got none. Write `def update_core(self, data, "
        "grad, state)` in a class derived from Optimizer. (See chapter 13.)"
    )


def check_hook(optimizer: Any, hook: Any, name: Any, hooks: Any) -> None:
    where = f"{type(optimizer).__name__}.add_hook"
    if not callable(hook) or isinstance(hook, type):
        raise TypeError(
            f"{where}: expected something to call with the optimizer, got {describe(hook)}. "
            "Pass an instance, such as WeightDecay(1e-4). (See chapter 13.)"
        )
    if not isinstance(name, str):
        raise TypeError(
            f"{where}: expected a text as name of the hook, got {describe(name)}. "
            "Pass one, as in name='clip'. (See chapter 13.)"
        )
    if name in hooks:
        raise ValueError(
            f"{where}: expected a new name, got {name!r}, which is taken. "
            "Pass another as name, or call remove_hook first. (See chapter 13.)"
        )


def check_hook_name(optimizer: Any, name: Any, hooks: Any) -> None:
    if name not in hooks:
        raise ValueError(
            f"{type(optimizer).__name__}.remove_hook: expected the name of a hook "
            f"({', '.join(hooks) or 'there is none'}), got {name!r}. Check the spelling. "
            "(See chapter 13.)"
        )


def check_resumed(optimizer: Any, t: int, serializer: Any) -> None:
    """Called when `t` updates have become optimizer.t: refuse memory of what is not there."""
    counts = (optimizer.t, optimizer.epoch)
    if not all([is_whole(count) and count >= 0 for count in counts]):
        raise ValueError(
            f"{type(optimizer).__name__}.serialize: expected whole numbers as t and epoch, got "
            f"{' and '.join(map(describe, counts))}. Pass a file that save_npz has written of an "
            "optimizer. (See chapter 16.)"
        )
    for path, link in optimizer.target.namedlinks() if optimizer.t != t else ():
        where = serializer.path + f"{path}/".lstrip("/")
        waiting = [
            name
            for name in {**dict.fromkeys(link._params), **link._later}
            if not getattr(link.__dict__.get(name), "is_initialized", False)
            and any(f"{where}{name}/{state}" in serializer.npz for state in optimizer.state_names)
        ]
        if waiting:
            raise RuntimeError(
                f"{type(optimizer).__name__}.serialize: expected a link whose parameters are "
                f"there, got one where {path.rstrip('/')}/{waiting[0]} waits for its shape. "
                "Call load_npz on the link before its optimizer. (See chapter 16.)"
            )
