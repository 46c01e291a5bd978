"""What the cases of the contract use of pytest, for those who have only the library.

The contract, ``tests/contract.py``, is run by pytest in the project, and by `check_chapter` and by
the judge of a library of one's own where there is no pytest. It says the same words in both.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

__all__ = ["approx", "raises", "warns"]

Kinds = type[BaseException] | tuple[type[BaseException], ...]


@contextmanager
def raises(kinds: Kinds, match: str = "") -> Iterator[SimpleNamespace]:
    """Expect that the block raises an error of these kinds.

    Parameters
    ----------
    kinds : type, or tuple of them
        The kinds of error.
    match : str
        A regular expression that is found in its text.

    Raises
    ------
    AssertionError
        If nothing is raised, or an error with another text. Errors of another kind go on.

    Examples
    --------
    >>> with raises(ValueError, match="expected one"):
    ...     raise ValueError("item: expected one element")
    >>> with raises(ValueError):
    ...     pass
    Traceback (most recent call last):
        ...
    AssertionError: nothing was raised, expected ValueError.
    """
    caught = SimpleNamespace(value=None)
    try:
        yield caught
    except kinds as error:
        caught.value = error
        if not re.search(match, str(error)):
            raise AssertionError(
                f"the text of the {type(error).__name__} is {str(error)!r}, "
                f"expected one with {match!r}."
            ) from error
    else:
        raise AssertionError(f"nothing was raised, expected {_names(kinds)}.")


@contextmanager
def warns(kind: type[Warning], match: str = "") -> Iterator[None]:
    """Expect that the block warns, with these words.

    Parameters
    ----------
    kind : type
        The kind of warning.
    match : str
        A regular expression that is found in its text.

    Raises
    ------
    AssertionError
        If there is no such warning.

    Examples
    --------
    >>> with warns(UserWarning, match="twice"):
    ...     warnings.warn("it is used twice")
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    texts = [str(w.message) for w in caught if issubclass(w.category, kind)]
    if not any(re.search(match, text) for text in texts):
        said = f"the warnings were {texts}" if texts else "there was no warning"
        raise AssertionError(f"{said}, expected a {kind.__name__} with {match!r}.")


class approx:
    """A number that others are compared with: nearly the same is the same.

    Parameters
    ----------
    expected : float
        The number.

    Examples
    --------
    >>> 0.1 + 0.2 == approx(0.3), 0.31 == approx(0.3)
    (True, False)
    """

    def __init__(self, expected: float) -> None:
        self.expected = expected

    def __eq__(self, other: object) -> bool:
        return bool(np.isclose(other, self.expected, rtol=1e-6, atol=1e-12))  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"about {self.expected}"


def _names(kinds: Kinds) -> str:
    return " or ".join([k.__name__ for k in (kinds if isinstance(kinds, tuple) else (kinds,))])
