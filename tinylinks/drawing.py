"""Pictures of computational graphs."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Iterable
from typing import Any

from tinylinks import errors

SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "matmul": "@"}
LINE = "#444444"
COLOURS = {True: ("#ffe0b3", "#8a4b00"), False: ("#dcebfa", "#1f5a96")}  # of Functions or not
INK = "#1b1b1b"
PLAIN: Any = {"parse_math": False}  # names may hold dollars, which begin a formula in matplotlib


class Picture:
    """The boxes and arrows of a graph, before anything is drawn.

    Attributes
    ----------
    texts : dict
        Key of a box -> what is written in it.
    functions : dict
        Key of a box -> the Function that it stands for; the other boxes are Variables.
    before : dict
        Key of a box -> the keys of the boxes with an arrow to it.
    """

    def __init__(self, outputs: Iterable[Any]) -> None:
        self.texts: dict[int, str] = {}
        self.functions: dict[int, Any] = {}
        self.before: dict[int, list[int]] = {}
        todo = [getattr(y, "node", y) for y in outputs]
        while todo:
            node = todo.pop()
            if id(node) in self.texts:
                continue
            self.texts[id(node)] = printable(describe_node(node))
            self.before[id(node)] = []
            f = node.creator
            if f is None:
                continue
            self.before[id(node)] = [id(f)]
            if id(f) not in self.texts:
                self.texts[id(f)] = SIGNS.get(f.label) or printable(f.label)
                self.functions[id(f)] = f
                inputs = [x for x in f.inputs if x is not None]  # None is a constant
                self.before[id(f)] = [id(x) for x in inputs]
                todo.extend(reversed(inputs))

    def columns(self) -> dict[int, int]:
        """Number the columns: every arrow leads to the right, and none is longer than it must."""
        column: dict[int, int] = {}
        todo = list(self.texts)
        while todo:  # a box comes after all boxes before it
            key = todo[-1]
            missing = [k for k in self.before[key] if k not in column]
            if missing:
                todo.extend(missing)
                continue
            todo.pop()
            column[key] = max((column[k] + 1 for k in self.before[key]), default=0)
        for key in self.texts:  # a leaf stands just before the first place where it is used
            used = [column[k] for k, befores in self.before.items() if key in befores]
            if not self.before[key] and used:
                column[key] = min(used) - 1
        return column


class Layout:
    """Where the boxes of a Picture stand and which way the arrows go.

    An arrow that jumps over a column gets a point there, which keeps its place like a box,
    so that the arrow runs around the boxes.

    Attributes
    ----------
    routes : list of list
        For each arrow the keys of a box, of the points on its way, and of a box.
    places : dict
        Key of a box or point -> (x, y).
    """

    def __init__(self, picture: Picture) -> None:
        number = picture.columns()
        column: dict[Any, int] = {key: number[key] for key in picture.texts}
        self.routes: list[list[Any]] = []
        for key, befores in picture.before.items():
            for k in befores:
                points = [(k, key, c) for c in range(column[k] + 1, column[key])]
                column.update({point: point[2] for point in points})
                self.routes.append([k, *points, key])
        columns: list[list[Any]] = [[] for _ in range(max(column.values()) + 1)]
        for key, c in column.items():
            columns[c].append(key)

        left: dict[Any, list[Any]] = {key: [] for key in column}
        right: dict[Any, list[Any]] = {key: [] for key in column}
        for route in self.routes:
            for k, key in itertools.pairwise(route):
                left[key].append(k)
                right[k].append(key)
        y: dict[Any, float] = {}
        for keys in reversed(columns):
            spread(keys, y, right)
        for keys in columns[1:]:
            spread(keys, y, left)

        lines = max(text.count("\n") + 1 for text in picture.texts.values())
        self.row = 0.8 * max(1.0, lines / 3)  # how high one row is, in inches
        self.places: dict[Any, tuple[float, float]] = {}
        x, before = 0.0, 0.0
        for keys in columns:
            width = max(len(line) for k in keys for line in picture.texts.get(k, "").split("\n"))
            x += 0.55 + 0.05 * (before + width)
            before = width
            self.places.update({key: (x, y[key]) for key in keys})

    @property
    def size(self) -> tuple[float, float]:
        """The width and the height of a figure that it fits into, in inches: at most 100."""
        xs, ys = zip(*self.places.values(), strict=True)
        width, height = max(xs) - min(xs) + 1.2, self.row * (max(ys) - min(ys) + 1)
        return round(min(width, 100), 2), round(min(height, 100), 2)  # whole pixels


def spread(keys: list[Any], y: dict[Any, float], neighbours: dict[Any, list[Any]]) -> None:
    """Place the boxes of one column near the mean height of their neighbours, 1 apart."""
    wish = {}
    for i, key in enumerate(keys):
        near = [y[k] for k in neighbours[key] if k in y]
        wish[key] = sum(near) / len(near) if near else y.get(key, -i)
    keys.sort(key=lambda key: -wish[key])
    for i, key in enumerate(keys):
        y[key] = wish[key] if i == 0 else min(wish[key], y[keys[i - 1]] - 1)
    shift = sum(wish[key] - y[key] for key in keys) / len(keys)
    for key in keys:
        y[key] += shift


def pyplot() -> Any:
    """Return matplotlib's pyplot: it is imported here, for those who draw."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        errors.no_matplotlib()
    return plt


def describe_node(node: Any) -> str:
    """Write the name and the shape of a Variable."""
    shape = str(tuple(node.shape)) if len(node.shape) else ""
    return "\n".join(filter(None, [str(node.name or ""), shape]))


def printable(text: str) -> str:
    """Put a sign in place of characters that no font has, such as a tab or half a character."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def draw(
    outputs: Any,
    ax: Any = None,
    notes: Iterable[tuple[Any, str]] = (),
    highlight: Any = None,
    ranks: bool = False,
) -> Any:
    """Draw the graph that led to a Variable, with matplotlib.

    Round boxes are Variables, with name and shape; square boxes are Functions. Arrows show
    the order of the computation, from left to right.

    Parameters
    ----------
    outputs : Variable or list of Variable
    ax : matplotlib Axes, optional
        Where to draw; a new figure of fitting size if not given.
    notes : pairs of Variable or Function and str, optional
        Short texts to write below boxes.
    highlight : Variable or Function, optional
        Draw its box with a thick line.
    ranks : bool, optional
        Shade the column of each rank, and write the rank above its Functions.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks
    >>> x = tinylinks.Variable(np.array(2.0), name="x")
    >>> ax = tinylinks.draw(x * x)
    >>> [text.get_text() for text in ax.texts if text.get_text().strip()]
    ['×', 'x']
    """
    plt = pyplot()
    errors.check_flag("draw", "ranks", ranks, "diamond")
    picture = Picture(errors.check_drawn("draw", outputs))
    layout = Layout(picture)
    xs, ys = zip(*layout.places.values(), strict=True)
    if ax is None:
        _, ax = plt.subplots(figsize=layout.size, layout="constrained")
    ax.set_xlim(min(xs) - 0.6, max(xs) + 0.6)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
    ax.axis("off")
    boxes = {key: draw_box(ax, picture, key, layout.places[key]) for key in picture.texts}
    for route, bend in zip(layout.routes, bends(layout.routes), strict=True):
        *way, last, end = [layout.places[key] for key in route]
        ax.plot(*zip(*way, last, strict=True), color=LINE, linewidth=1, zorder=0)
        arrow = {
            "arrowstyle": "-|>",
            "color": LINE,
            "connectionstyle": f"arc3,rad={bend}",
            "patchA": boxes.get(route[-2]),
            "patchB": boxes[route[-1]],
            "shrinkA": 0,
            "shrinkB": 1,
        }
        ax.annotate("", end, last, arrowprops=arrow)
    for x, text in notes:
        key = id(getattr(x, "node", x))
        below = (0, -15 - 7 * picture.texts[key].count("\n"))
        place = layout.places[key]
        how = {"textcoords": "offset points", "ha": "center", "va": "top", **PLAIN}
        ax.annotate(text, place, below, **how)
    if highlight is not None:
        boxes[id(getattr(highlight, "node", highlight))].set_linewidth(3)
    if ranks:
        columns = {layout.places[key][0]: f.rank for key, f in picture.functions.items()}
        for x, rank in columns.items():
            ax.axvspan(x - 0.4, x + 0.4, color="#eeeeee", zorder=-1)
            ax.annotate(f"rank {rank}", (x, max(ys) + 0.45), ha="center", va="top")
    return ax


def bends(routes: list[list[Any]]) -> list[float]:
    """Return how much each arrow is bent: where a value is used twice, both are to be seen."""
    sides = itertools.cycle([0.3, -0.3])
    return [next(sides) if routes.count(route) > 1 else 0 for route in routes]


def draw_box(ax: Any, picture: Picture, key: int, place: tuple[float, float]) -> Any:
    """Draw one box and return its outline."""
    function = key in picture.functions
    face, edge = COLOURS[function]
    style = {
        "boxstyle": "square,pad=0.4" if function else "round,pad=0.45,rounding_size=0.8",
        "facecolor": face,
        "edgecolor": edge,
    }
    text = picture.texts[key] or " "
    how = {"ha": "center", "va": "center", "color": INK, "bbox": style, **PLAIN}
    box = ax.annotate(text, place, **how)
    return box.get_bbox_patch()


Frame = tuple[str, list[tuple[Any, str]], Any]  # title, and the notes and the highlight of `draw`


def draw_frames(end: Any, frames: list[Frame], end_line: str) -> None:
    """Draw one graph several times, one below the other: what `Steps.draw` shows.

    Parameters
    ----------
    end : Variable or Node
        The end of the graph.
    frames : list of Frame
    end_line : str
        Written below the last picture.
    """
    plt = pyplot()
    width, height = Layout(Picture([end])).size
    width *= stretch(frames)
    width = max(width, 0.085 * max((len(title) for title, _, _ in frames), default=0))
    height *= 1.2  # notes may have two lines
    whole = (height + 0.5) * len(frames) + 0.4
    figure = plt.figure(figsize=(round(width, 2), round(whole, 2)))
    for i, (title, notes, highlight) in enumerate(frames, 1):
        bottom = whole - (height + 0.5) * i
        ax = figure.add_axes((0.02, bottom / whole, 0.96, height / whole))
        draw(end, ax=ax, notes=notes, highlight=highlight)
        ax.set_title(title, loc="left", fontsize="medium", **PLAIN)
    figure.text(0.02, 0.1 / whole, end_line, **PLAIN)


def stretch(frames: list[Frame]) -> float:
    """Return how much wider a picture has to be for its notes to stand next to each other."""
    lines = [line for _, notes, _ in frames for _, text in notes for line in text.split("\n")]
    # From one Variable to the next it is 1.3 inches or more.
    return max(1.0, 0.08 * max(map(len, lines), default=0) / 1.3)


class SvgFrames:
    """The pictures of `draw_frames` as SVG, for web pages. They need no matplotlib.

    All have the same size. Lines and notes take the colour of the text around them.

    Parameters
    ----------
    end : Variable or Node
        The end of the graph.
    frames : list of Frame
    """

    INCH = 100  # pixels
    LETTER_WIDTH, LINE_HEIGHT = 7, 15  # how wide and how high a letter is, about
    BELOW = 40  # room for the notes below a box

    def __init__(self, end: Any, frames: list[Frame]) -> None:
        self.picture = Picture([end])
        layout = Layout(self.picture)
        wide, high = self.INCH * stretch(frames), self.INCH * 1.2 * layout.row
        self.places = {key: (wide * x, -high * y) for key, (x, y) in layout.places.items()}
        self.sizes = {key: self.size(text) for key, text in self.picture.texts.items()}
        self.arrows = "".join(map(self.arrow, layout.routes, bends(layout.routes)))
        xs, ys = zip(*self.places.values(), strict=True)
        texts = [text for _, notes, _ in frames for _, text in notes]
        half_width = max(self.size(text)[0] for text in [*texts, *self.picture.texts.values()]) / 2
        half_height = max(height for _, height in self.sizes.values()) / 2
        self.left, self.top = round(min(xs) - half_width), round(min(ys) - half_height - 4)
        self.width = round(max(xs) + half_width) - self.left
        self.height = round(max(ys) + half_height) + self.BELOW - self.top

    def size(self, text: str) -> tuple[int, int]:
        """Return the width and the height of a box for a text."""
        lines = text.split("\n")
        return self.LETTER_WIDTH * max(map(len, lines)) + 16, self.LINE_HEIGHT * len(lines) + 10

    def arrow(self, route: list[Any], bend: float) -> str:
        """Write an arrow, which ends where its last box begins."""
        *way, (x, y), (end_x, end_y) = [self.places[key] for key in route]
        middle_x = (x + end_x) / 2 + bend * (end_y - y)
        middle_y = (y + end_y) / 2 - bend * (end_x - x)
        dx, dy = end_x - middle_x, end_y - middle_y
        width, height = self.sizes[route[-1]]
        part = 1 / max(abs(dx) / width * 2, abs(dy) / height * 2)
        tip = f"{end_x - part * dx:.0f} {end_y - part * dy:.0f}"
        points = " L".join(f"{x:.0f} {y:.0f}" for x, y in [*way, (x, y)])
        turn = round(math.degrees(math.atan2(dy, dx)))
        return (
            f'<path d="M{points} Q{middle_x:.0f} {middle_y:.0f} {tip}" fill="none"/>'
            f'<path d="M0 0L-8 -4V4Z" transform="translate({tip}) rotate({turn})"/>'
        )

    def box(self, key: int, thick: bool) -> str:
        """Write a box."""
        (x, y), (width, height) = self.places[key], self.sizes[key]
        face, edge = COLOURS[key in self.picture.functions]
        return (
            f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" '
            f'height="{height}" rx="{0 if key in self.picture.functions else 11}" '
            f'fill="{face}" stroke="{edge}" stroke-width="{3 if thick else 1}"/>'
            + self.text(self.picture.texts[key], x, y - height / 2 + 5, INK)
        )

    def text(self, text: str, x: float, top: float, colour: str) -> str:
        """Write the lines of a text below each other."""
        return "".join(
            f'<text x="{x:.0f}" y="{top + 11 + self.LINE_HEIGHT * i:.0f}" fill="{colour}">'
            f"{html.escape(line)}</text>"
            for i, line in enumerate(text.split("\n"))
        )

    def write(self, frame: Frame, words: str) -> str:
        """Write a picture, and the words that stand for it where it cannot be seen."""
        title, notes, highlight = frame
        boxes = [self.box(key, key == id(highlight)) for key in self.picture.texts]
        below = [
            self.text(text, x, y + self.sizes[id(node)][1] / 2 + 3, "currentColor")
            for node, text in notes
            for x, y in [self.places[id(node)]]
        ]
        return (
            f'<svg role="img" aria-label="{html.escape(words)}" '
            f'viewBox="{self.left} {self.top} {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" font-size="12" text-anchor="middle">'
            f'<g stroke="currentColor" fill="currentColor">{self.arrows}</g>'
            f"{''.join(boxes)}{''.join(below)}</svg>"
        )


def to_dot(outputs: Any) -> str:
    """Write the graph that led to a Variable in the DOT language of Graphviz.

    Parameters
    ----------
    outputs : Variable or list of Variable

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> import tinylinks
    >>> x = tinylinks.Variable(np.array(2.0), name="x")
    >>> print(tinylinks.to_dot(x * x))
    digraph {
      rankdir=LR;
      0 [shape=oval, label=""];
      1 [shape=box, label="×"];
      2 [shape=oval, label="x"];
      1 -> 0;
      2 -> 1;
      2 -> 1;
    }
    """
    picture = Picture(errors.check_drawn("to_dot", outputs))
    number = {key: i for i, key in enumerate(picture.texts)}
    lines = ["digraph {", "  rankdir=LR;"]
    for key, text in picture.texts.items():
        shape = "box" if key in picture.functions else "oval"
        label = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'  {number[key]} [shape={shape}, label="{label}"];')
    for key, befores in picture.before.items():
        lines += [f"  {number[k]} -> {number[key]};" for k in befores]
    return "\n".join([*lines, "}"])
