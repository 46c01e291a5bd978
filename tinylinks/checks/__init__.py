"""Check the answers to the exercises, and say in a sentence what is wrong.

A sheet of exercises begins with ``from tinylinks.checks import check_answer``. Below each answer
a cell such as ``check_answer(5, Sub)`` runs it::

    pass  values
    FAIL  gradients: b.grad[0, 0] is 0.526036, expected -0.526036.
          This is what comes out when moving b up is taken to move a - b up.
    FAIL  in_a_graph: q.grad[0] is -3.52964, expected 3.52964.

The expected values come from NumPy. What "comes out when" is found by experiment: the answer gives
the same numbers as a wrong answer that is known, in all checks. If it does so in one check only,
the sentence begins with "In this check". Where no mistake is known, a hint is given. The tasks of
each sheet are in a module of its own, ``tinylinks.checks.sheets.s05_meet_a_diamond`` and so on.

`check_chapter` checks the code of a whole chapter, written by you in its blank twin, and
``python -m tinylinks.checks`` joins answers into a library of your own, and judges it.
"""

from __future__ import annotations

import hashlib
import textwrap
from typing import Any

from tinylinks.checks.chapters import check_chapter
from tinylinks.checks.runner import Result, run
from tinylinks.checks.score import Score

__all__ = ["Result", "Score", "check_answer", "check_chapter", "run", "seed_for"]

INDENT = " " * 6


def check_answer(sheet: int, answer: Any, seed: int | str = 0) -> Score:
    """Check an answer, print a line for each check, and return how many passed.

    Parameters
    ----------
    sheet : int
        The number of the sheet, which is that of its chapter.
    answer : function or class
        The answer. Its name says which task of the sheet it is for.
    seed : int or str
        Another seed gives other numbers. Teachers keep one for themselves.

    Returns
    -------
    Score
        A float: the number of checks that passed.

    Raises
    ------
    ValueError
        If there is no such sheet, or no task with the name of the answer in it.

    Examples
    --------
    >>> def slopes_after_walks(x):
    ...     return 2 * x, 4 * x
    >>> score = check_answer(5, slopes_after_walks)
    FAIL  one_walk: [0] of the gradient after one walk is 0.991838, expected 1.98368.
          This is what comes out when the second gradient overwrites the first.
    FAIL  two_walks: the gradient after two walks is 4.68575, expected 9.37149.
    >>> score
    0
    """
    results = run(sheet, answer, seed=seed)
    before, mistakes = "", {""}
    for result in results:
        _say(result, result.sentence == before, result.mistake in mistakes)
        before = result.sentence
        mistakes.add(result.mistake)
    return Score(sum(result.passed for result in results), of=len(results))


def _say(result: Result, same: bool, named: bool) -> None:
    """Print what one check found, but not a sentence or a mistake that was there before."""
    if result.passed:
        print(f"pass  {result.check}")
        return
    lines = [f"FAIL  {result.check}: {'the same' if same else result.sentence}"]
    if not named:
        lines.append(f"{INDENT}{result.because}")
    if not result.mistake and not same:
        lines.append(f"{INDENT}Hint: {result.hint}")
    for line in lines:
        print(textwrap.fill(line, 96, subsequent_indent=INDENT, break_long_words=False))


def seed_for(secret: int | str, student: str) -> str:
    """Return a seed for one student, so that everybody gets numbers of their own.

    Parameters
    ----------
    secret : int or str
        The seed that the teacher keeps.
    student : str
        A name, always spelled in the same way.

    Returns
    -------
    str
        A seed for `check_answer`. Whoever does not know the secret cannot find it.

    Examples
    --------
    >>> seed_for("our secret", "ada") == seed_for("our secret", "ada")
    True
    >>> seed_for("our secret", "ada") == seed_for("our secret", "bob")
    False
    """
    return hashlib.sha256(f"{secret}\n{student}".encode()).hexdigest()
