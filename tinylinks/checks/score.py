"""How many checks passed."""

from __future__ import annotations

__all__ = ["Score"]


class Score(float):
    """How many checks passed: a number, which a grader can read.

    Attributes
    ----------
    of : int
        How many checks there are.

    Examples
    --------
    >>> score = Score(2, of=3)
    >>> score, score.of
    (2, 3)
    """

    of: int

    def __new__(cls, value: float, of: int) -> Score:
        """Make the number and note how many checks there are."""
        score = super().__new__(cls, value)
        score.of = of
        return score

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def _repr_markdown_(self) -> str:
        """Say it in a notebook; a grader still finds the number."""
        return f"**{self!r} of {self.of}**"
