"""Step through the walk back: see what `backward` does, visit by visit."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinylinks import backend, errors
from tinylinks.drawing import Frame, Picture, SvgFrames, draw_frames
from tinylinks.function import Function
from tinylinks.graph import Arrivals, Node, backward_steps
from tinylinks.variable import format_number

LONGEST = 1000  # visits that are noted
ROWS = 30  # visits that are printed
FRAMES = 6  # visits that are drawn, or fewer:
BOXES = 200  # boxes in all their pictures
LIST_BOXES = 1200  # boxes in all pictures of the list that a notebook shows
WIDTH = 88  # characters of a line
HEADER = [["visit"], ["gy"], ["gx (sum so far)"], ["then waiting"]]


class Step(NamedTuple):
    """One visit of the walk back.

    Attributes
    ----------
    number : int
        1 for the first visit.
    function : Function
        The Function that is visited.
    gys : tuple of array
        The gradients that came in, one for each output of the Function.
    gxs : tuple of array or None
        The gradients that its `backward` returned, one for each input.
    came : dict
        Node of an input -> the gradients that this visit sent there, as a list.
    arrived : dict
        Node -> the sum of all gradients that have arrived there so far.
    waiting : list of Function
        The queue after the visit; the next one to be visited comes first.
    """

    number: int
    function: Function
    gys: tuple[Any, ...]
    gxs: tuple[Any, ...]
    came: dict[Node, list[Any]]
    arrived: dict[Node, Any]
    waiting: list[Function]

    def __repr__(self) -> str:
        return "\n".join(table([HEADER, cells(self)]))


class Steps(Sequence[Step]):
    """The visits of one walk back, in order. `steps` makes it.

    `print` shows a table with a line for each visit: the Function; the gradients that came in
    (gy); those that it sends on (gx), and their sum so far where others have arrived before;
    and the Functions that wait then. Names are put in front of the gradients of Variables that
    have one. An array is shown by its shape and up to three numbers.

    A notebook shows a list, in which each visit has a picture and its line of the table. On the
    pages of the book, buttons lead through it.

    An index gives one `Step`, a slice gives the `Steps` of a part of the walk.
    """

    def __init__(self, end: Node, visits: list[Step]) -> None:
        self._end = end
        self._visits = visits

    def __len__(self) -> int:
        return len(self._visits)

    def __getitem__(self, index: Any) -> Any:
        found = self._visits[index]
        return Steps(self._end, found) if isinstance(index, slice) else found

    def __repr__(self) -> str:
        lines = table([HEADER, *map(cells, self._visits[:ROWS])])
        return "\n".join(lines + self._left_out(ROWS))

    def _repr_html_(self) -> str | None:
        """Return the list of the visits, or None if there is none or the graph is too large."""
        boxes = len(Picture([self._end]).texts)
        shown = self._visits[: LIST_BOXES // boxes]
        if not shown:
            return None
        frames = list(map(frame, shown))
        pictures = SvgFrames(self._end, frames)
        items = [
            f"<li>{pictures.write(f, in_words(f))}{as_terms(step)}</li>\n"
            for f, step in zip(frames, shown, strict=True)
        ]
        return (
            f'<ol class="tinylinks-steps" start="{shown[0].number}">\n{"".join(items)}</ol>'
            f"{''.join(f'<p>{line}</p>' for line in self._left_out(len(shown)))}"
        )

    def draw(self) -> None:
        """Draw the graph once for each visit, with matplotlib.

        A thick line marks the Function that is visited. Below each Variable stands the gradient
        that this visit sent there, and the sum so far. The printed table says the same in words.

        At most six visits are drawn, and fewer of a large graph. A slice chooses others, as in
        ``steps(y)[6:].draw()``.
        """
        shown = max(1, min(FRAMES, BOXES // len(Picture([self._end]).texts)))
        frames = list(map(frame, self._visits[:shown]))
        draw_frames(self._end, frames, "\n".join(self._left_out(shown)))

    def _left_out(self, shown: int) -> list[str]:
        """Say what is not shown, if there is anything."""
        lines = []
        if len(self) > shown:
            lines.append(f"Visits left out here: {len(self) - shown}. Add [{shown}:] to see them.")
        if self._visits and self._visits[-1].waiting:
            lines.append(f"The walk goes on after visit {self._visits[-1].number}.")
        return lines


class Watched(Arrivals):
    """Arrivals that note what comes in.

    Attributes
    ----------
    came : dict
        Node -> the gradients that have arrived there since the last `take`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[Node, list[Any]] = {}

    def add(self, node: Node, g: Any) -> None:
        """Let the gradient `g` arrive at `node`, and note it."""
        super().add(node, g)
        self.came.setdefault(node, []).append(g)

    def take(self) -> dict[Node, list[Any]]:
        """Return what has been noted, and begin again."""
        came, self.came = self.came, {}
        return came

    def sums(self) -> dict[Node, Any]:
        """Return what lies at the leaves and at the outputs of the waiting Functions.

        In a graph of higher derivatives several nodes may stand for one output. Then each gets
        the sum of all, as in `backward_steps`.
        """
        sums = dict(self.leaves)
        for function, arrived in self.waiting.items():
            gys = function.all_gradients(arrived)
            sums.update({node: gys[node.index] for node in arrived})
        return sums


def steps(y: Any) -> Steps:
    """Walk back from `y` as ``y.backward()`` does, and tell each step.

    The walk is a real one, but no Variable gets a gradient from it. It ends after 1000 visits.

    Parameters
    ----------
    y : Variable
        The walk starts from `y.grad`; without it from 1, if `y` has a single element.

    Returns
    -------
    Steps
        A sequence of `Step`. Print it to read it, call its method `draw` to see it.

    Raises
    ------
    TypeError
        If `y` is not a Variable.
    RuntimeError
        As `backward`: if `y` has no creator, or several elements and no `grad`.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks
    >>> import tinylinks.functions as F
    >>> x = tinylinks.Variable(np.array(1.0), name="x")
    >>> a = F.square(x)
    >>> a.name = "a"
    >>> walk = tinylinks.steps(F.exp(a) + a)
    >>> print(walk)
    visit      gy        gx (sum so far)       then waiting
    1. add     1.        1., a: 1.             exp, square
    2. exp     1.        a: 2.718 (sum 3.718)  square
    3. square  a: 3.718  x: 7.437              nothing
    >>> step = walk[1]
    >>> step.function.label, round(step.arrived[a.node].item(), 3)
    ('exp', 3.718)

    Notes
    -----
    Chainer has nothing like it. The order of the visits is that of chapter 5.
    """
    errors.check_steps(y)
    errors.check_backward(y)
    xp = backend.get_array_module(y.data)
    gy = xp.ones(y.shape, y.dtype) if y.grad is None else y.grad.copy()
    arrivals = Watched()
    arrivals.add(y.node, gy)
    arrived = {y.node: gy}
    arrivals.take()  # the start is no visit
    visits = []
    walk = itertools.islice(backward_steps(arrivals), LONGEST)
    for number, (function, gys, gxs) in enumerate(walk, 1):
        arrived = arrived | arrivals.sums()
        waiting = [f for _, _, f in sorted(arrivals.queue)]
        came = arrivals.take()
        visits.append(Step(number, function, tuple(gys), tuple(gxs), came, arrived, waiting))
    return Steps(y.node, visits)


# ---- in words ----


def numbers(g: Any) -> str:
    """Write up to three numbers of a gradient; of a longer one, the first two."""
    array = backend.to_cpu(g)
    texts = [format_number(v) for v in array.flat[:3]]
    if array.size > 3:
        texts[2] = "..."
    return f"[{', '.join(texts)}]" if array.shape else texts[0]


def short(g: Any) -> str:
    """Write the shape of a gradient, if it has axes, and its first numbers."""
    return f"{g.shape} {numbers(g)}" if g.shape else numbers(g)


def named(name: str | None, text: str) -> str:
    """Put the name of a Variable in front, if it has one."""
    return f"{name}: {text}" if name else text


def cells(step: Step) -> list[list[str]]:
    """Return what is in the columns of the table: lists of texts."""
    names = {node.index: node.name for node in step.arrived if node.creator is step.function}
    gys = [named(names.get(i), short(gy)) for i, gy in enumerate(step.gys)]
    gxs = []
    for node, gs in step.came.items():
        text = " + ".join(map(short, gs))
        if step.arrived[node] is not gs[0]:  # others have arrived before
            text += f" (sum {short(step.arrived[node])})"
        gxs.append(named(node.name, text))
    shown = f"{step.number}. {step.function.label}"
    return [[shown], few(gys), few(gxs) or ["nothing"], queue(step)]


def queue(step: Step) -> list[str]:
    """Return the names of the waiting Functions: of four at most."""
    return few([function.label for function in step.waiting]) or ["nothing"]


def few(texts: list[str]) -> list[str]:
    """Return four texts at most, and how many more there are."""
    more = [f"{len(texts) - 4} more"] if len(texts) > 4 else []
    return texts[:4] + more


def table(rows: Sequence[list[list[str]]]) -> list[str]:
    """Write each row as one line or, if that is too wide, each text of a cell below the other."""
    lines = align([[", ".join(cell) for cell in row] for row in rows])
    if max(map(len, lines)) <= WIDTH:
        return lines
    return align([line for row in rows for line in itertools.zip_longest(*row, fillvalue="")])


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad the texts so that they form columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def as_terms(step: Step) -> str:
    """Write a line of the table as HTML: each column is a term with what belongs to it."""
    columns = zip(HEADER, [[step.function.label], *cells(step)[1:]], strict=True)
    rows = [f"<dt>{name}</dt><dd>{html.escape(', '.join(texts))}</dd>" for [name], texts in columns]
    return f"<dl>{''.join(rows)}</dl>"


# ---- in pictures ----


def title(step: Step) -> str:
    """Write the line above the picture of a visit."""
    return f"{step.number}. visit {step.function.label}, then waiting: {', '.join(queue(step))}"


def frame(step: Step) -> Frame:
    """Return what the picture of a visit shows."""
    return title(step), notes(step), step.function


def in_words(frame: Frame) -> str:
    """Say what the picture of a visit shows."""
    name, notes, _ = frame
    arrived = [named(node.name, text.replace("\n", ", ")) for node, text in notes]
    return f"Graph: {name}. Arrived so far: {'; '.join(arrived)}."


def notes(step: Step) -> list[tuple[Node, str]]:
    """Return what is written below each Variable: what came in this visit, and the sum so far."""
    texts = {node: numbers(g) for node, g in step.arrived.items()}
    for node, gs in step.came.items():
        if step.arrived[node] is not gs[0]:
            texts[node] = " + ".join(map(numbers, gs)) + f"\nsum {texts[node]}"
    return list(texts.items())
