"""The form in which a task is written down: what is checked, and the wrong answers that are known.

A sheet is a module with one class for each task. The class has the name of what the student
writes. Its methods ``check_...`` are the checks, in their order, and the docstring of each is the
hint that is shown when it fails::

    class Double(Task):
        def check_values(self, Double):
            "What is two times x?"
            x = self.array(2, 3)
            yield "y", Double(x), 2 * x

        wrongs = [
            Wrong("values", "x is squared", "def Double(x): return x * x"),
        ]

A check yields what it looks at: a name, what came, and what is expected. It goes on to the end,
so that a wrong answer is known by everything that it gives. What every answer must not do, such as
changing arrays that belong to others, is looked for in all checks (`guard.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

__all__ = ["SEED_IT", "Mistake", "Task", "Wrong"]

#: For the checks alone: an answer that calls `np.random.seed` is told so (`guard.py`).
SEED_IT = np.random.seed


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that students give.

    Parameters
    ----------
    check : str
        The check that names it.
    when : str
        What was done, in words that go on after "This is what comes out when", without a full stop.
    code : str
        The answer, as a student would write it into the cell.
    """

    check: str
    when: str
    code: str


class Mistake(Exception):
    """Raised by a check that cannot go on; its text is the sentence."""


class Task:
    """One task, on its way through one check.

    Parameters
    ----------
    lib : dict
        The names of the notebook, with the classes that the answer is built on.
    seed : int or str
        It decides all numbers.
    check : str
        The name of the check.

    Attributes
    ----------
    lib : namespace
        ``self.lib.Variable`` is the Variable of the notebook.
    rng : numpy.random.Generator
        For what `array` cannot do.
    """

    wrongs: ClassVar[list[Wrong]] = []
    #: Code that puts the answer into a library of the student's own (`own.py`). `book` is the
    #: module with the code of all chapters, and the answer is there under its name. "" if the
    #: library has no place for it.
    join: ClassVar[str] = ""
    #: What is not to be used, by its name: ``("Variable", "np.logaddexp")``. An answer that is a
    #: class is not to be built on it either.
    without: ClassVar[tuple[str, ...]] = ()
    #: True if `backward` of a Function is to get back what `forward` retained, and nothing else.
    retains: ClassVar[bool] = False

    def __init__(self, lib: dict[str, Any], seed: int | str = 0, check: str = "") -> None:
        self.lib = _Names(**{k: v for k, v in lib.items() if not k.startswith("__")})
        name = f"{type(self).__name__}.{check} {seed}"
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self._watched: list[tuple[np.ndarray, np.ndarray]] = []

    def array(self, *shape: int, dtype: Any = np.float64, low: float = -2.0, high: float = 2.0):  # type: ignore[no-untyped-def]
        """Return an array of random numbers, none near 0 or 1, and watch that it stays the same.

        Parameters
        ----------
        shape : int
            The lengths of its axes.
        dtype : dtype
            By default float64.
        low, high : float
            Between which the numbers are.
        """
        values = self.rng.uniform(low, high, shape)
        for special in (0.0, 1.0):  # there 2x and x * x, or x and 1 / x, would be alike
            near = np.abs(values - special) < 0.1
            values = np.where(near, values + 0.25 * (1 if high > special + 0.4 else -1), values)
        return self.watch(np.asarray(values, dtype))

    def seed(self, number: int | None = None) -> None:
        """Seed NumPy's random numbers, by default with a number of this check."""
        SEED_IT(self.rng.integers(10000) if number is None else number)

    def watch(self, array: np.ndarray) -> np.ndarray:
        """Note an array that the answer is given. It must not change, and is returned."""
        self._watched.append((array, array.copy()))
        return array

    def variable(self, *shape: int, dtype: Any = np.float64, **limits: float) -> Any:
        """Return a Variable of the notebook that holds such an array."""
        return self.lib.Variable(self.array(*shape, dtype=dtype, **limits))

    def walk(self, y: Any, gy: np.ndarray) -> None:
        """Walk back from `y`, starting with the gradient `gy`: the output is weighted by it."""
        if not hasattr(y, "backward"):
            raise Mistake(f"your answer gives {_a(y)}, expected a Variable.")
        y.grad = gy.copy()
        y.backward()

    def parts(self, result: Any, count: int) -> tuple[Any, ...]:
        """Return the parts of a tuple, or say that it is none."""
        if not isinstance(result, tuple) or len(result) != count:
            got = f"a tuple of {len(result)}" if isinstance(result, tuple) else _a(result)
            raise Mistake(f"your answer gives {got}, expected a tuple of {count}.")
        return result

    def slopes(self, f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, gy: Any) -> np.ndarray:
        """Return the gradient of ``(gy * f(x)).sum()``, measured with NumPy alone.

        Parameters
        ----------
        f : function
            It takes an array of float64, and computes with NumPy.
        x : array
            Where the gradient is measured.
        gy : array or number
            The weights of the results.
        """
        at, found = x.astype(np.float64), np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            at[place] += 1e-5
            above = np.sum(gy * f(at))
            at[place] -= 2e-5
            found[place] = (above - np.sum(gy * f(at))) / 2e-5
            at[place] = x[place]
        return found.astype(x.dtype)

    def raised(self, f: Callable[..., Any], *arguments: Any) -> str:
        """Return the name of the error that a call raises, or ``"no error"``."""
        try:
            f(*arguments)
        except Exception as error:
            return type(error).__name__
        return "no error"

    def check_watched(self) -> None:
        """Say so if an array that the answer was given is no longer what it was."""
        for array, before in self._watched:
            if not np.array_equal(array, before, equal_nan=True):
                raise Mistake("your code changes an array that it was given.")

    @classmethod
    def checks(cls) -> dict[str, str]:
        """Return the hint of each check, in their order."""
        methods = {k[6:]: v for k, v in vars(cls).items() if k.startswith("check_")}
        return {name: " ".join((method.__doc__ or "").split()) for name, method in methods.items()}


class _Names(SimpleNamespace):
    def __getattr__(self, name: str) -> Any:
        raise Mistake(f"`{name}` is not there: run the first code cell of the notebook.")


def _a(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
