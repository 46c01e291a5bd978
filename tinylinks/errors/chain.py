"""Sentences of links that are made of links."""

from __future__ import annotations

import warnings
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinylinks.errors.link import check_super_init
from tinylinks.errors.words import describe, is_whole
from tinylinks.walk import see

if TYPE_CHECKING:
    from tinylinks.link import Link


def check_child(operation: str, link: Any, Link: type) -> None:
    if not isinstance(link, Link):
        raise TypeError(
            f"{operation}: expected a Link, got {describe(link)}. Make an instance, such as "
            f"L.Linear(3, 2); a function such as F.relu goes into a Sequential. {see('links')}"
        )


def check_layer(layer: Any, Link: type) -> None:
    if not callable(layer) or isinstance(layer, type):
        raise TypeError(
            f"Sequential: expected a Link or a function, got {describe(layer)}. "
            f"Pass an instance, such as L.Linear(3, 2), or F.relu without (). {see('links')}"
        )


def check_added(other: Any, Sequential: type) -> None:
    if not isinstance(other, Sequential):
        raise TypeError(
            f"Sequential + x: expected x as a Sequential, got {describe(other)}. "
            f"Use append for one layer, and extend for a list of them. {see('links')}"
        )


def check_layers(link: Any) -> None:
    if len(link) == 0:
        raise RuntimeError(
            "Sequential: expected at least one layer to call, got none. "
            f"Give it one with append. {see('links')}"
        )


def check_no_circle(link: Any, child: Link) -> None:
    check_super_init(child)
    if any(below is link for below in child.links()):
        kind = type(link).__name__
        raise ValueError(
            f"{kind}: expected links that do not hold this {kind}, got one that does. "
            f"Let links point one way only: from the whole to its parts. {see('links')}"
        )


def check_child_name(link: Any, name: Any) -> None:
    if name not in link._children:
        kind, names = type(link).__name__, ", ".join(link._children) or "nothing"
        raise AttributeError(
            f"{kind}: expected the name of a child ({names}), got {name!r}. "
            f"Check the spelling. {see('links')}"
        )


def check_shared(link: Link, mode: str) -> None:
    """Refuse to share arrays that are not there yet: each copy would get its own."""
    waiting = link._waiting() if mode == "share" else []
    if waiting:
        raise RuntimeError(
            f"copy: expected arrays to share, got {waiting[0]}, which waits for its first "
            "mini-batch. Call the link on a mini-batch first, or use mode='copy'. "
            f"{see('links')}"
        )


def check_repointed(link: Any, old: set[int], Link: type) -> None:
    """Warn if an attribute of a copy still leads to what was copied, whose ids are `old`."""
    for name, value in link.__dict__.items():
        if leads_to(value, old, Link, set()):
            warnings.warn(not_repointed(link, name, value), stacklevel=3)


def not_repointed(link: Any, name: str, value: Any) -> str:
    return (
        f"copy: expected links and parameters in attributes, lists, dicts or methods, got "
        f"{type(link).__name__}.{name}, {describe(value)} that leads to those of the original: "
        "the copy computes with them. Make it a method, or assign it again to the copy. "
        f"{see('links')}"
    )


def leads_to(value: Any, old: set[int], Link: type, seen: set[int]) -> bool:
    """Tell whether something in `value` has an id that is in `old`."""
    if id(value) in old:
        return True
    if isinstance(value, (type, ModuleType, Link)) or id(value) in seen:
        return False
    seen.add(id(value))
    return any([leads_to(part, old, Link, seen) for part in parts(value, old)])


def parts(value: Any, old: set[int]) -> list[Any]:
    """Return what an object holds, as far as one can look into it."""
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, MethodType):
        return [value.__self__]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if cell != CellType()]
        names = [value.__globals__.get(name) for name in value.__code__.co_names]
        return [*cells, *(value.__defaults__ or ()), *[x for x in names if id(x) in old]]
    return list(getattr(value, "__dict__", {}).values())


def check_built_alike(operation: str, link: Link, other: Any, Link: type) -> None:
    """Refuse two links whose parameters do not correspond to each other."""
    check_child(operation, other, Link)
    mine, others = [
        [f"{path}: {', '.join([*x._params, *x._persistent])}" for path, x in y.namedlinks()]
        for y in (link, other)
    ]
    if mine != others:
        mine, others = [[text for text in x if text[-2:] != ": "] for x in (mine, others)]
        raise ValueError(
            f"{operation}: expected a link with {'; '.join(mine) or 'nothing'}, got one with "
            f"{'; '.join(others) or 'nothing'}. Make both by the same class, or by "
            f"copy. {see('links')}"
        )
    params = dict(link.namedparams(include_uninit=False))
    for path, param in other.namedparams(include_uninit=False):
        if path in params and params[path].shape != param.shape:
            raise ValueError(
                f"{operation}: expected {path} of shape {params[path].shape}, got {param.shape}. "
                f"Make both links with the same sizes. {see('links')}"
            )


def check_taken_over(link: Link, other: Link, copy_persistent: bool) -> None:
    """Check, before anything is changed, that all values can be written."""
    for path, param in link.namedparams(include_uninit=False):
        check_can_take(path, param.data, param.data)
    for (path, x), y in zip(link.namedlinks(), other.links(), strict=True):
        for name in x._persistent if copy_persistent else ():
            mine, others = x.__dict__[name], y.__dict__[name]
            shape, other_shape = (getattr(value, "shape", ()) for value in (mine, others))
            if mine is not None and others is not None and shape != other_shape:
                raise ValueError(
                    f"copyparams: expected {path.rstrip('/')}/{name} of shape {shape}, got "
                    f"{other_shape}. Make both links with the same sizes. {see('links')}"
                )
            if hasattr(mine, "dtype") and hasattr(others, "dtype"):
                check_can_take(f"{path.rstrip('/')}/{name}", mine, others)


def check_can_take(path: str, mine: Any, others: Any) -> None:
    """Check that an array can be written, and that the numbers fit into it."""
    if isinstance(mine, np.ndarray) and not mine.flags.writeable:
        raise ValueError(
            f"copyparams: expected {path} as an array that can be changed, got one that is "
            f"read-only. Assign a copy of it first, array.copy(). {see('links')}"
        )
    if mine.dtype.kind in "iub" and (others.astype(mine.dtype) != others).any():
        raise ValueError(
            f"copyparams: expected numbers for {path} that fit into {mine.dtype}, got others of "
            f"{others.dtype}. Give both links arrays of one dtype. {see('links')}"
        )


def check_there(operation: str, path: str, params: Any) -> None:
    if path not in params or not params[path].is_initialized:
        raise ValueError(
            f"{operation}: expected {path} to be there, got a link that waits for its first "
            f"mini-batch. Call copyparams first. {see('links')}"
        )


def check_repeat(n_repeat: Any) -> None:
    if not is_whole(n_repeat) or n_repeat < 0:
        raise ValueError(
            f"repeat: expected a whole number that is not negative, got {describe(n_repeat)}. "
            f"Pass the number of copies, such as 3. {see('links')}"
        )
