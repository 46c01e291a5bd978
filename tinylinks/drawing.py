"""Pictures of computational graphs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from tinylinks import errors

SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "matmul": "@"}
LINE = "#444444"
PLAIN: Any = {"parse_math": False}  # names may hold dollars, which begin a formula in matplotlib


class Picture:
    """The boxes and arrows of a graph, before anything is drawn.

    Attributes
    ----------
    texts : dict
        Key of a box -> what is written in it.
    functions : set
        The keys of the boxes that are Functions; the others are Variables.
    before : dict
        Key of a box -> the keys of the boxes with an arrow to it.
    """

    def __init__(self, outputs: Iterable[Any]) -> None:
        self.texts: dict[int, str] = {}
        self.functions: set[int] = set()
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
                self.functions.add(id(f))
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
    outputs: Any, ax: Any = None, notes: Iterable[tuple[Any, str]] = (), highlight: Any = None
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
    picture = Picture(errors.check_drawn("draw", outputs))
    layout = Layout(picture)
    xs, ys = zip(*layout.places.values(), strict=True)
    if ax is None:
        _, ax = plt.subplots(figsize=layout.size, layout="constrained")
    ax.set_xlim(min(xs) - 0.6, max(xs) + 0.6)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
    ax.axis("off")
    boxes = {key: draw_box(ax, picture, key, layout.places[key]) for key in picture.texts}
    bends = itertools.cycle([0.3, -0.3])
    for route in layout.routes:
        *way, last, end = [layout.places[key] for key in route]
        ax.plot(*zip(*way, last, strict=True), color=LINE, linewidth=1, zorder=0)
        bend = next(bends) if layout.routes.count(route) > 1 else 0  # used twice: show both
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
    return ax


def draw_box(ax: Any, picture: Picture, key: int, place: tuple[float, float]) -> Any:
    """Draw one box and return its outline."""
    function = key in picture.functions
    style = {
        "boxstyle": "square,pad=0.4" if function else "round,pad=0.45,rounding_size=0.8",
        "facecolor": "#ffe0b3" if function else "#dcebfa",
        "edgecolor": "#8a4b00" if function else "#1f5a96",
    }
    text = picture.texts[key] or " "
    how = {"ha": "center", "va": "center", "color": "#1b1b1b", "bbox": style, **PLAIN}
    box = ax.annotate(text, place, **how)
    return box.get_bbox_patch()


def draw_frames(
    end: Any, frames: list[tuple[str, list[tuple[Any, str]], Any]], end_line: str
) -> None:
    """Draw one graph several times, one below the other: what `Steps.draw` shows.

    Parameters
    ----------
    end : Variable or Node
        The end of the graph.
    frames : list of tuple
        For each picture its title, and the notes and the highlight of `draw`.
    end_line : str
        Written below the last picture.
    """
    plt = pyplot()
    width, height = Layout(Picture([end])).size
    lines = [line for _, notes, _ in frames for _, text in notes for line in text.split("\n")]
    # From one Variable to the next it is 1.3 inches or more: stretch that for longer notes.
    width *= max(1.0, 0.08 * max(map(len, lines), default=0) / 1.3)
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
