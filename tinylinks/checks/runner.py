"""Run the checks of a task on an answer, and find the wrong answer that it agrees with."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import linecache
import pkgutil
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from tinylinks.checks import sheets
from tinylinks.checks.compare import agree, difference, keep
from tinylinks.checks.guard import guarded
from tinylinks.checks.patience import TooSlow, limit
from tinylinks.checks.task import Mistake, Task, Wrong
from tinylinks.errors.words import describe

__all__ = ["Result", "Sheet", "load", "numbers", "run"]

SECONDS = 5.0  # that an answer may take, all checks together
MOST = 3  # mistakes that are named together

# What the library says with words that no sheet has met, for they are of chapter 18.
TOO_EARLY = re.compile(r"Call backward on the result, and .* require a gradient\.")

START = """\
import numpy as np
from tinylinks.walk import after
after({number}, globals())
"""


@dataclass(frozen=True)
class Result:
    """What one check found.

    Attributes
    ----------
    check : str
        The name of the check.
    passed : bool
        Whether the answer is right in this.
    sentence : str
        What came and what was expected, or "".
    mistake : str
        The mistake that gives the same, or "". If there are several, ", or when" is between them.
    only_here : bool
        Whether it gives the same in this check, but is not all that is wrong.
    hint : str
        Where to look next.
    """

    check: str
    passed: bool
    sentence: str = ""
    mistake: str = ""
    only_here: bool = False
    hint: str = ""

    @property
    def because(self) -> str:
        """The mistake in a sentence, or ""."""
        this = "In this check, the same" if self.only_here else "This is what"
        return f"{this} comes out when {self.mistake}." if self.mistake else ""


@dataclass
class Seen:
    """All that a check saw of an answer."""

    values: list[Any] = field(default_factory=list)
    error: str = ""  # the type of the error, or "Mistake" or "TooSlow"
    message: str = ""
    sentence: str = ""


class Sheet:
    """The tasks of one sheet, by name, and the code of the first cell of its notebook."""

    def __init__(self, module: ModuleType) -> None:
        self.name = module.__name__.rpartition(".")[2][1:]
        self.number = int(self.name[:2])
        self.start: str = getattr(module, "START", START.format(number=self.number))
        classes = [value for value in vars(module).values() if isinstance(value, type)]
        self.tasks: dict[str, type[Task]] = {
            cls.__name__: cls for cls in classes if issubclass(cls, Task) and cls is not Task
        }

    def namespace(self, code: str = "", name: str = "answer") -> dict[str, Any]:
        """Return the names of a notebook in which the first cell was run, and then `code`."""
        names: dict[str, Any] = {"__name__": "answers"}
        exec(compile(self.start, "<first cell>", "exec"), names)
        file = f"<{name}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec"), names)
        return names


def numbers() -> dict[int, str]:
    """Return the module of each sheet by its number."""
    names = [module.name for module in pkgutil.iter_modules(sheets.__path__)]
    return {int(name[1:3]): name for name in sorted(names)}


@functools.cache
def _load(name: str) -> Sheet:
    return Sheet(importlib.import_module(f"{sheets.__name__}.{name}"))


def load(number: int) -> Sheet:
    """Return the sheet of a chapter."""
    known = numbers()
    if not isinstance(number, int) or number not in known:
        raise ValueError(
            f"check_answer: expected the number of a sheet, one of {', '.join(map(str, known))}, "
            f"got {number!r}."
        )
    return _load(known[number])


def run(
    sheet: int,
    answer: Any,
    name: str | None = None,
    *,
    seed: int | str = 0,
    namespace: dict[str, Any] | None = None,
    seconds: float = SECONDS,
) -> list[Result]:
    """Run all checks of a task and return what each found. Nothing is printed.

    Parameters
    ----------
    sheet : int
        The number of the sheet.
    answer : function or class
        The answer.
    name : str, optional
        The task, if the answer has another name.
    seed : int or str
        It decides the numbers.
    namespace : dict, optional
        The names of the notebook. By default those where the answer was defined.
    seconds : float
        After this time the answer is stopped.

    Returns
    -------
    list of Result
    """
    tasks = load(sheet).tasks
    name = getattr(answer, "__name__", "") if name is None else name
    if name not in tasks:
        got = repr(name) if name else describe(answer)
        raise ValueError(
            f"check_answer: expected an answer of sheet {sheet}, one of {', '.join(tasks)}, "
            f"got {got}. Pass the function or class itself, without calling it."
        )
    names = namespace_of(answer) if namespace is None else namespace
    seen: dict[str, Seen] = {}
    stopped: Seen | None = None
    for check in tasks[name].checks():
        seen[check] = stopped or look(tasks[name], check, answer, names, seed, seconds)
        if seen[check].error in ("TooSlow", "NotImplementedError"):
            stopped = seen[check]
    known = {} if stopped else known_mistakes(sheet, tasks[name], seen, seed)
    found = []
    for check, hint in tasks[name].checks().items():
        said = f"{hint} (See chapter {sheet}.)"
        if seen[check].sentence:
            mistake, only_here = known.get(check, ("", False))
            found.append(Result(check, False, seen[check].sentence, mistake, only_here, said))
        else:
            found.append(Result(check, True))
    return found


def look(
    task: type[Task],
    check: str,
    answer: Any,
    names: dict[str, Any],
    seed: int | str = 0,
    seconds: float = SECONDS,
) -> Seen:
    """Run one check on an answer and return all that it saw."""
    seen = Seen()
    at_work = task(names, seed, check)
    try:
        with quiet(), guarded(at_work, answer, names) as guard, limit(seconds):
            for what, got, expected in getattr(at_work, f"check_{check}")(guard.answer):
                guard.look()
                seen.values.append(keep(got))
                seen.sentence = seen.sentence or difference(what, got, expected)
            guard.look(at_end=True)
    except TooSlow:
        seen.error = "TooSlow"
        said = f"your code was stopped after {seconds:g} seconds: is there a loop without end?"
    except Mistake as mistake:
        seen.error, said = "Mistake", str(mistake)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also what exit() raises
        seen.error, said = type(error).__name__, describe_error(error, task.__name__, names)
    if seen.error:
        seen.message = said
        seen.sentence = seen.sentence or said
    return seen


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow prints and warnings, and leave NumPy's random numbers as they were."""
    state = np.random.get_state()
    with (
        warnings.catch_warnings(record=True),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("always")
        try:
            yield
        finally:
            np.random.set_state(state)


def describe_error(error: BaseException, name: str, names: dict[str, Any]) -> str:
    """Say in a sentence what an answer raised, and in which of its lines."""
    if isinstance(error, NotImplementedError):
        return "this is not written yet."
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is names and not frame.f_code.co_filename.startswith("<chapter")
    ]
    text = TOO_EARLY.sub("There is nothing to walk.", " ".join(str(error).split())) or "no text"
    kind = type(error).__name__
    end = "" if text.endswith((".", "?", "!", ".)")) else "."
    if not frames:
        return f"with your {name}, there was an error, {kind}: {text}{end}"
    frame, number = frames[-1]
    code = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
    where = f"line {number}" + (f", `{code}`" if code else "")
    return f"your code raised {kind} in {where}: {text}{end}"


def known_mistakes(
    sheet: int, task: type[Task], seen: dict[str, Seen], seed: int | str
) -> dict[str, tuple[str, bool]]:
    """Return, for checks that failed, the mistake that gives the same, and if it is so only there.

    A mistake is known by what its check sees, and is no explanation if it does something that the
    answer does not do. One that gives the same in all checks is named alone.
    """
    failed = [check for check in seen if seen[check].sentence]
    alike: dict[Wrong, int] = {}
    of_all: dict[Wrong, int] = {}
    for wrong in [wrong for wrong in task.wrongs if wrong.check in failed]:
        known = look_at(sheet, task.__name__, wrong, seed)
        there = seen[wrong.check].sentence
        if all(likeness(seen[c], known[c]) or known.passes(c, seen[c], there) for c in seen):
            alike[wrong] = likeness(seen[wrong.check], known[wrong.check])
            if all(known[check].sentence for check in failed):
                of_all[wrong] = alike[wrong]
    if of_all:
        return dict.fromkeys(failed, (named(of_all), False))
    by_check = {c: {w: how for w, how in alike.items() if w.check == c} for c in failed}
    return {check: (named(those), True) for check, those in by_check.items() if those}


def named(alike: dict[Wrong, int]) -> str:
    """Put the mistakes that are most alike into words, or return "" if they are too many."""
    most = max(alike.values())
    likely = [wrong.when for wrong, how in alike.items() if how == most]
    return ", or when ".join(likely) if len(likely) <= MOST else ""


class Known:
    """What the checks see of a wrong answer that is known. They run in order, when asked."""

    def __init__(self, sheet: int, task: str, wrong: Wrong, seed: int | str) -> None:
        with quiet():
            # under a name of its own, for the line that an error is said to be in
            self.names = load(sheet).namespace(wrong.code, f"a wrong answer: {wrong.when}")
        self.task, self.seed = load(sheet).tasks[task], seed
        self.seen: dict[str, Seen] = {}

    def __getitem__(self, check: str) -> Seen:
        """Return what this check sees."""
        for name in self.task.checks():
            if check not in self.seen and name not in self.seen:
                answer = self.names[self.task.__name__]
                self.seen[name] = look(self.task, name, answer, self.names, self.seed)
        return self.seen[check]

    def passes(self, check: str, seen: Seen, said: str) -> bool:
        """Tell whether it passes this check, where an answer fails for something else, or not."""
        return not self[check].sentence and seen.sentence != said


look_at = functools.lru_cache(maxsize=64)(Known)


def likeness(one: Seen, other: Seen) -> int:
    """Return 2 if two answers were seen to be the same, 1 if their errors are in other lines."""
    if one.error != other.error or not agree(one.values, other.values):
        return 0
    if one.message == other.message:
        return 2
    return int(bare(one.message) == bare(other.message))


def bare(message: str) -> str:
    """Return what was said of an error without the line of code.

    Examples
    --------
    >>> bare("your code raised IndexError in line 2, `a[i]`: index 3 is out of bounds.")
    'your code raised IndexError: index 3 is out of bounds.'
    """
    return re.sub(r" in line \d+(, `.*`)?:", ":", message)


def namespace_of(answer: Any) -> dict[str, Any]:
    """Return the names among which an answer was defined."""
    inside = list(vars(answer).values()) if isinstance(answer, type) else []
    for part in [answer, *inside]:
        part = getattr(part, "__func__", getattr(part, "fget", part))
        if hasattr(part, "__globals__"):
            return part.__globals__
    return vars(sys.modules.get(getattr(answer, "__module__", ""), ModuleType("nowhere")))
