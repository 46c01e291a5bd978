"""The pieces of a chapter: the functions and methods that its ``build`` cells write.

`tools/blank.py` empties them, which makes the blank twin of a chapter, and `missing` finds those
that are still empty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tinylinks import walk

__all__ = ["Piece", "blank", "is_nothing", "missing", "pieces", "pieces_in"]


@dataclass(frozen=True)
class Piece:
    """One function or method, where it is written.

    Attributes
    ----------
    owner : str
        The class, or "" for a function.
    name : str
        Its own name.
    setter : bool
        Whether it is the half of a property that takes a value.
    node : ast.FunctionDef
        Its code.
    """

    owner: str
    name: str
    setter: bool
    node: ast.FunctionDef

    def __str__(self) -> str:
        full = f"{self.owner}.{self.name}" if self.owner else self.name
        return f"{full}, the setter" if self.setter else full


def pieces(chapter: int) -> list[Piece]:
    """Return the pieces of a main chapter, in their order.

    Examples
    --------
    >>> [str(piece) for piece in pieces(15)]
    ['split', 'MiniBatches.__init__', 'MiniBatches.__iter__']
    """
    path = walk._find_chapters(walk._find_book())[chapter]
    return [piece for _, source in walk._read_build_cells(path) for piece in pieces_in(source)]


def pieces_in(source: str) -> Iterator[Piece]:
    """Yield the pieces of one cell. A function that does nothing anyway is none.

    Examples
    --------
    >>> [str(p) for p in pieces_in("class A:\\n    def f(self):\\n        return 1")]
    ['A.f']
    """
    for node in ast.parse(source).body:
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, ast.FunctionDef) and not is_nothing(function):
                setter = any(
                    isinstance(d, ast.Attribute) and d.attr == "setter"
                    for d in function.decorator_list
                )
                yield Piece(owner, function.name, setter, function)


def is_nothing(function: ast.FunctionDef) -> bool:
    """Tell whether a function does nothing but return None."""
    (first, *rest) = function.body
    value = first.value if isinstance(first, ast.Expr | ast.Return) else None
    nothing = isinstance(first, ast.Pass | ast.Return) and value is None
    constant = isinstance(value, ast.Constant) and value.value in (None, ...)
    return not rest and (nothing or constant)


def missing(chapter: int, names: dict[str, Any]) -> list[str]:
    """Return the pieces of a chapter that are not there yet, or still empty.

    Parameters
    ----------
    chapter : int
        Its number.
    names : dict
        The names of the notebook, ``globals()``.

    Examples
    --------
    >>> def split(arrays, share, seed):
    ...     ...
    >>> missing(15, {"split": split})
    ['split', 'MiniBatches.__init__', 'MiniBatches.__iter__']
    """
    found = [str(piece) for piece in pieces(chapter) if not _written(piece, names)]
    return list(dict.fromkeys(found))


def _written(piece: Piece, names: dict[str, Any]) -> bool:
    versions = list(_versions(piece, names))
    return bool(versions) and not any([blank(version) for version in versions])


def _versions(piece: Piece, names: dict[str, Any]) -> Iterator[Any]:
    """Yield what there is of a piece: a class that grew may have several methods of one name."""
    thing = names.get(piece.owner or piece.name)
    if not piece.owner:
        if thing is not None:
            yield thing
        return
    for cls in thing.__mro__ if isinstance(thing, type) else ():
        if cls.__name__ == piece.owner and piece.name in vars(cls):
            value = vars(cls)[piece.name]
            half = getattr(value, "fset" if piece.setter else "fget", value)
            if half is not None:  # a property may have no setter yet
                yield half


def blank(function: Any) -> bool:
    """Tell whether a function has no body yet: nothing, or ``...``.

    Examples
    --------
    >>> def f(x):
    ...     ...
    >>> blank(f), blank(lambda x: x)
    (True, False)
    """
    inside = getattr(function, "__func__", function)  # of a static method
    code = getattr(getattr(inside, "__wrapped__", inside), "__code__", None)
    return code is not None and code.co_code == _NOTHING and code.co_consts[-1:] in ((None,), ())


def _nothing() -> None: ...


_NOTHING = _nothing.__code__.co_code
