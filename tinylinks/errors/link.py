"""Sentences of a Link: its parameters and attributes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from tinylinks.errors.names import renamed
from tinylinks.errors.serializers import no_name_in_a_file
from tinylinks.errors.words import describe
from tinylinks.walk import see

if TYPE_CHECKING:
    from tinylinks.link import Link


ZEROGRADS = (
    "zerograds: expected cleargrads, got the deprecated name. Call cleargrads(): it sets "
    f"gradients to None, which needs no memory. {see('parameters')}"
)


def check_super_init(link: Link) -> None:
    if "_within_init_scope" not in link.__dict__:
        name = type(link).__name__
        raise RuntimeError(
            f"{name}: expected Link.__init__ to have run, got a link without. Write "
            f"super().__init__() as the first line of {name}.__init__. {see('parameters')}"
        )


def not_counted(waiting: list[str]) -> str:
    return (
        f"count_params: expected all parameters to be there, got {', '.join(waiting)} waiting for "
        "a shape. What waits is not counted: call the link on a mini-batch first. "
        f"{see('linear')}"
    )


def no_forward(link: Link) -> NoReturn:
    name = type(link).__name__
    raise NotImplementedError(
        f"{name}: expected a method `forward`, got none. "
        f"Write `def forward(self, x)` in class {name}; a call runs it. {see('parameters')}"
    )


def check_name(link: Link, name: str) -> None:
    check_saveable(link, name)
    own = link.__dict__
    taken = own.get(name) is not None or name in (*own["_params"], *own["_persistent"])
    if taken or hasattr(type(link), name):
        raise AttributeError(
            f"{type(link).__name__}: expected a new name for a parameter or link, got {name!r}, "
            f"which is taken. Choose another. {see('parameters')}"
        )


def check_saveable(link: Link, name: str) -> None:
    """Refuse a name that `save_npz` would refuse later. In a file, a slash parts names."""
    wrong = "a slash" if "/" in str(name) else no_name_in_a_file(str(name))
    if wrong or not isinstance(name, str):
        raise AttributeError(
            f"{type(link).__name__}: expected a name that a file can have, got "
            f"{f'{name!r}, with {wrong}' if wrong else describe(name)}. Choose a name as Python's "
            f"variables have, such as 'l1'. {see('learnt')}"
        )


def check_assigned(link: Link, name: str, value: Any, Parameter: type, Link: type) -> None:
    """Refuse a value that would quietly take the place of a parameter or a child."""
    own, kind = link.__dict__, type(link).__name__
    if name in own.get("_params", ()) and not isinstance(value, Parameter):
        raise TypeError(
            f"{kind}.{name}: expected a Parameter, got {describe(value)}. Assign an array to "
            f"its data, {name}.data; to take the Parameter away, `del` it first. "
            f"{see('parameters')}"
        )
    if name in own.get("_children", ()) and not isinstance(value, Link):
        raise TypeError(
            f"{kind}.{name}: expected a Link, got {describe(value)}. "
            f"To take the Link away, `del` it first. {see('parameters')}"
        )
    within = own.get("_within_init_scope", False)
    if within and "_children" not in own and isinstance(value, Link):
        raise TypeError(
            f"{kind}.{name}: expected a Parameter, got {describe(value)}. "
            f"Make {kind} a Chain: a Chain is made of Links. {see('parameters')}"
        )
    if "_params" in own and "_children" not in own and isinstance(value, Link):
        warnings.warn(outside_init_scope(link, name, value), stacklevel=3)
    if within and hasattr(value, "creator") and not isinstance(value, Parameter):
        warnings.warn(no_parameter(link, name), stacklevel=4 if "_children" in own else 3)
    container = isinstance(value, list | tuple | dict) and "_params" in own
    if container and not names_its_own(link, Link):
        held = value.values() if isinstance(value, dict) else value
        mine = set(map(id, own.values()))
        if any([isinstance(item, (Parameter, Link)) and id(item) not in mine for item in held]):
            line = 4 if "_children" in own else 3  # a Chain comes here by one call more
            warnings.warn(inside_a_container(link, name, value), stacklevel=line)


def names_its_own(link: Link, Link: type) -> bool:
    """Tell whether the class says by itself which children it has: it may keep them in a list."""
    if "_children" in link.__dict__ or "_layers" in link.__dict__:  # Chain and ChainList say it
        return False
    plain = getattr(Link, "_named_children", None)  # a Link of chapter 10 has none yet
    return plain is None or type(link)._named_children is not plain


def inside_a_container(link: Link, name: str, value: Any) -> str:
    kind = type(value).__name__
    return (
        f"{type(link).__name__}.{name}: expected each Parameter and each Link as an attribute of "
        f"its own, got a {kind} of them. What is in a {kind} is not registered, so cleargrads and "
        f"optimizers do not see it. Put Links into a ChainList. {see('links')}"
    )


def no_parameter(link: Link, name: str) -> str:
    return (
        f"{type(link).__name__}.{name}: expected a Parameter inside `with self.init_scope():`, got "
        "a plain Variable. It is not registered, so cleargrads and optimizers do not see it: write "
        f"Parameter in place of Variable. {see('parameters')}"
    )


def outside_init_scope(link: Link, name: str, value: Any) -> str:
    kind = type(value).__name__
    return (
        f"{type(link).__name__}.{name}: expected a {kind} to be assigned inside `with "
        "self.init_scope():`, got it outside. It is not registered, so cleargrads and "
        f"optimizers do not see it: move the line into the block. {see('parameters')}"
    )


#: What links are called in PyTorch -> what to write here.
def no_attribute(link: Link, name: str, comes_later: bool) -> NoReturn:
    kind = type(link).__name__
    if name in ("_params", "_later", "_children", "_layers", "_within_init_scope"):
        check_super_init(link)
    if not comes_later:
        do = renamed("Link", name) or "Check the spelling, and that __init__ sets it."
        if "_within_init_scope" not in link.__dict__:
            do = f"Write super().__init__() as the first line of {kind}.__init__."
        raise AttributeError(
            f"{kind}: expected the name of an attribute, got {name!r}. {do} {see('parameters')}",
            name=name,
            obj=link,
        )
    raise AttributeError(
        f"{kind}.{name}: expected a first mini-batch, which tells its size, got none. "
        f"Call the link on a mini-batch first. {see('linear')}",
        name=name,
        obj=link,
    )


def check_persistent(link: Link, name: str) -> None:
    check_super_init(link)
    if name not in link.__dict__:
        raise AttributeError(
            f"register_persistent: expected the name of an attribute, got {name!r}. "
            f"Assign it first, or use add_persistent. {see('learnt')}"
        )
    check_saveable(link, name)


def check_not_learnt(operation: str, value: Any, Parameter: type, Link: type) -> None:
    if isinstance(value, Parameter | Link):
        raise TypeError(
            f"{operation}: expected a value that is not learnt, got a {type(value).__name__}. "
            "Parameters and Links are saved anyway: assign them inside init_scope. "
            f"{see('learnt')}"
        )
