"""Bring back the code that the earlier chapters built.

Every chapter runs on its own, in a fresh Python. Its first cell asks for the code so far::

    from tinylinks.walk import after
    after(4, globals())

This runs, in order, the code cells of chapters 1 to 4 that carry the tag ``build``: first those of
a chapter, then those of its companion, the page that builds the rest of the code as the library
has it. It reads the notebooks themselves, in an installed package their code cells, so it cannot
disagree with the book.
A class grows from chapter to chapter: ``class Variable(Variable):`` adds one method and keeps the
rest. An object that was made before such a cell keeps the class it was made from. Classes that were
built on the old class can be moved to the new one: `rebase(Function)`.
"""

from __future__ import annotations

import json
import linecache
import operator
import sys
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

__all__ = ["after", "rebase"]

_PACKAGE = Path(__file__).resolve().parent

#: The one place that gives chapters their numbers. A key is a word of the name of its file.
CHAPTERS = {
    "slope": 1,
    "box": 2,
    "history": 3,
    "walk_back": 4,
    "diamond": 5,
    "arithmetic": 6,
    "shapes": 7,
    "wx_plus_b": 8,
    "bend": 9,
    "parameters": 10,
    "linear": 11,
    "links": 12,
    "downhill": 13,
    "classes": 14,
    "handwriting": 15,
    "learnt": 16,
    "window": 17,
    "backward_needs": 18,
    "derivative": 19,
    "gpu": 20,
    "say_no": 21,
}


def see(key: str, in_full: bool = False) -> str:
    """Say where to read on: in a chapter, or in its companion that has the rest of the code.

    Examples
    --------
    >>> see("diamond")
    '(See chapter 5.)'
    """
    return f"(See chapter {CHAPTERS[key]}{', in full' if in_full else ''}.)"


def after(
    n: int,
    namespace: dict[str, Any],
    *,
    in_full: bool = True,
    folder: str | PathLike[str] | None = None,
) -> dict[str, Any] | None:
    """Run the ``build`` cells of chapters 1 to `n`, and of their companions, in `namespace`.

    A traceback names the page and the cell, ``<chapter 3, cell 5>`` or ``<chapter 3 in full,
    cell 5>``, and shows the line. Cell 5 is the one that the book marks ``[5]``: only code cells
    are counted.

    Parameters
    ----------
    n : int
        The last chapter to run, 1 or more.
    namespace : dict
        Where the names go, in a notebook ``globals()``. A namespace without ``__name__``
        is given ``"chapters"``, the module that its classes then belong to.
    in_full : bool
        False leaves out the companion of chapter `n` itself, which begins so.
    folder : str or path, optional
        The folder with the notebooks ``01_*.ipynb``, ``02_*.ipynb`` and so on, and in it the
        folder ``in_full`` with the companions, of the same names. By default the book next to the
        package, or the copies that the installed package carries.

    Returns
    -------
    dict or None
        `namespace` itself. None if it is the caller's own ``globals()``, for a notebook would
        show them all.

    Raises
    ------
    TypeError
        If `n` is not a whole number, or `namespace` is not a dict.
    ValueError
        If `n` is less than 1, or a notebook cannot be read.
    FileNotFoundError
        If there is no book, or one of the chapters 1 to `n` is not in it.

    Examples
    --------
    A book of one chapter with one code cell, and what the walk does with it:

    >>> import json, pathlib, tempfile
    >>> cell = {"cell_type": "code", "metadata": {"tags": ["build"]},
    ...         "source": "def double(x):\\n    return x + x"}
    >>> with tempfile.TemporaryDirectory() as book:
    ...     path = pathlib.Path(book, "01_double_a_number.ipynb")
    ...     _ = path.write_text(json.dumps({"cells": [cell]}))
    ...     names = after(1, {}, folder=book)
    >>> names["double"](21)
    42
    """
    last = _check_number(n)
    _check_namespace(namespace)
    book = _find_book() if folder is None else Path(folder)
    chapters, companions = _find_chapters(book), _find_chapters(book / "in_full")
    _check_complete(last, chapters)
    namespace.setdefault("__name__", "chapters")
    for chapter in range(1, last + 1):
        pages = {f"chapter {chapter}": chapters[chapter]}
        if chapter in companions and (in_full or chapter < last):
            pages[f"chapter {chapter} in full"] = companions[chapter]
        for page, path in pages.items():
            for cell, source in _read_build_cells(path):
                _run(source, f"<{page}, cell {cell}>", path, namespace)
    return None if namespace is sys._getframe(1).f_globals else namespace


def rebase(new: type) -> None:
    """Let the classes that were built on the class before `new` build on `new`.

    In a file you would edit a class, and the classes below it would follow. In the book a class
    grows by a new one of the same name; this makes the others follow.

    Parameters
    ----------
    new : type
        A class made by ``class Name(Name):``.

    Raises
    ------
    TypeError
        If `new` is not a class built on an earlier class of its name.

    Examples
    --------
    >>> class Animal:
    ...     pass
    >>> class Cat(Animal):
    ...     pass
    >>> class Animal(Animal):
    ...     legs = 4
    >>> rebase(Animal)
    >>> Cat.legs
    4
    """
    earlier = [cls for cls in getattr(new, "__mro__", ())[1:] if cls.__name__ == new.__name__]
    if not earlier:
        raise TypeError(
            f"rebase: expected a class made by `class Name(Name):`, got {new!r}. "
            f"Call it after the cell in which a class grew. {see('history')}"
        )
    for old in earlier:
        for cls in old.__subclasses__():
            if cls.__name__ != new.__name__:
                cls.__bases__ = tuple([new if base is old else base for base in cls.__bases__])


def _find_book(package: Path = _PACKAGE) -> Path:
    """Return the folder of notebooks: that of the checkout, or the copies in the package."""
    checkout, copies = package.parent / "chapters", package / "_chapters"
    for folder in (checkout, copies):
        # A folder named "chapters" next to an installed package may be anybody's.
        if any(folder.glob("[0-9][0-9]_*.ipynb")):
            return folder
    raise FileNotFoundError(
        "after: expected the book's notebooks, 01_*.ipynb and so on, in a folder 'chapters' "
        f"next to the package or in '_chapters' inside it, got none near {package}. "
        f"Install tinylinks again, or pass the folder that has them: folder=... {see('history')}"
    )


def _find_chapters(folder: Path) -> dict[int, Path]:
    """Return the notebook of each chapter by its number."""
    chapters: dict[int, Path] = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        number = int(path.name[:2])
        if number in chapters:
            raise ValueError(
                f"after: expected one notebook for chapter {number}, "
                f"got {chapters[number].name} and {path.name}. Rename or remove one. "
                f"{see('history')}"
            )
        chapters[number] = path
    return chapters


def _read_build_cells(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and source of each code cell that is tagged ``build``."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"after: expected {path.name} to be a Jupyter notebook of format 4, "
            "got a file that does not read as one. Restore it from the repository. "
            f"{see('history')}"
        ) from None
    number = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            number += 1
            if "build" in cell.get("metadata", {}).get("tags", []):
                yield number, "".join(cell["source"])  # a string, or a list of lines


def _run(source: str, name: str, path: Path, namespace: dict[str, Any]) -> None:
    """Run one cell under `name`, where tracebacks will look for its lines."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        # Without dont_inherit the __future__ import of this file would hold in the cell too.
        exec(compile(source, name, "exec", dont_inherit=True), namespace)
    except Exception as error:
        error.add_note(f"after: this came from {name[1:-1]}, in {path.name}.")
        raise


def _check_number(n: object) -> int:
    """Return `n` as an int, or say why it does not name a chapter."""
    try:
        number = operator.index(n)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(n, bool):
        raise TypeError(
            f"after: expected n to be a whole number, the last chapter to run, got {n!r}. "
            f"In chapter 5 write after(4, globals()). {see('history')}"
        )
    if number < 1:
        raise ValueError(
            f"after: expected n to be 1 or more, the last chapter to run, got {number}. "
            f"Chapter 1 needs no such line: nothing comes before it. {see('history')}"
        )
    return number


def _check_namespace(namespace: object) -> None:
    """Say why `namespace` cannot take the names, if it cannot."""
    if not isinstance(namespace, dict):
        hint = " with its parentheses" if callable(namespace) else ""
        raise TypeError(
            "after: expected namespace to be a dict that takes the names, "
            f"got {type(namespace).__name__}. In a notebook write globals(){hint}; "
            f"elsewhere an empty dict, {{}}, will do. {see('history')}"
        )


def _check_complete(last: int, chapters: dict[int, Path]) -> None:
    """Say which chapter is missing, and which there are."""
    for number in range(1, last + 1):
        if number not in chapters:
            there = ", ".join(str(chapter) for chapter in sorted(chapters)) or "none"
            raise FileNotFoundError(
                f"after: expected the chapters 1 to {last}, got a book without chapter {number}. "
                f"The chapters there are: {there}. Ask for one of these. {see('history')}"
            )
