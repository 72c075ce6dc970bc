"""Plots as SVG text: axes, lines, bars. Colours come from the page's style sheet by the names of classes."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spans import runs
from ..ticks import ticks

Array = NDArray[np.float64]

WIDTH: Final = 760.0
"""Width of every plot in its own units; the page scales it."""

LEFT: Final = 62.0
RIGHT: Final = 14.0
"""Margins for the numbers of the y axis, and for the last number of the x axis."""

MARGIN: Final = 0.05
"""Part of the range of y that is left free above and below."""

AXIS_HEIGHT: Final = 38.0
"""What numbers and name of an x axis take up below a panel."""

MOST_POINTS: Final = 700
"""Points of a line; longer ones are thinned so that their peaks stay."""


class Drawing:
    """An SVG picture that grows by its elements."""

    def __init__(self, height: float, label: str, width: float = WIDTH) -> None:
        self.width, self.height, self.label = width, height, label
        self._parts: list[str] = []

    def add(self, element: str) -> None:
        """Add an element as SVG text."""
        self._parts.append(element)

    def text(self, x: float, y: float, words: str, style: str = "tick", anchor: str = "start") -> None:
        """Add words at a place."""
        self.add(f'<text class="{style}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(words)}</text>')

    def rectangle(self, x: float, y: float, width: float, height: float, style: str, tip: str = "") -> None:
        """Add a filled rectangle, with a tip that shows under the mouse."""
        shape = f'class="{style}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0.0))}" height="{_n(height)}"'
        self.add(f"<rect {shape}><title>{escape(tip)}</title></rect>" if tip else f"<rect {shape}/>")

    def circle(self, x: float, y: float, radius: float, style: str) -> None:
        """Add a dot."""
        self.add(f'<circle class="{style}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def segment(self, start: tuple[float, float], end: tuple[float, float], style: str) -> None:
        """Add a straight line."""
        places = f'x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"'
        self.add(f'<line class="{style}" {places}/>')

    def polyline(self, points: Array, style: str) -> None:
        """Add a line through points (N,2), broken where one is NaN."""
        pieces = [points[start:stop] for start, stop in runs(np.isfinite(points).all(-1))]
        path = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in piece) for piece in pieces)
        if path:
            self.add(f'<path class="{style}" d="{path}"/>')

    def svg(self) -> str:
        """Return the whole picture."""
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" role="img" aria-label="{escape(self.label)}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(self._parts)}</svg>'


class Panel:
    """Axes within a drawing: numbers become places in it."""

    def __init__(
        self,
        drawing: Drawing,
        top: float,
        height: float,
        x: tuple[float, float],
        y: tuple[float, float],
        left: float = LEFT,
        right: float = RIGHT,
    ) -> None:
        self.drawing, self.top, self.height, self.left = drawing, top, height, left
        self.width = drawing.width - left - right
        self.x = (x[0], max(x[1], x[0] + 1e-9))
        margin = MARGIN * max(y[1] - y[0], 1e-9)
        self.y = (y[0] - margin, y[1] + margin)
        self.y_ticks = [value for value in ticks(*y, max(2, round(height / 30))) if self.y[0] <= value <= self.y[1]]

    def place(self, points: Array) -> Array:
        """Return where points (...,2) lie in the drawing; what is too high or low lies on the edge."""
        across = (points[..., 0] - self.x[0]) / (self.x[1] - self.x[0])
        up = np.clip((points[..., 1] - self.y[0]) / (self.y[1] - self.y[0]), 0.0, 1.0)
        return np.stack([self.left + across * self.width, self.top + (1.0 - up) * self.height], axis=-1)

    def column(self, x: float) -> float:
        """Return the horizontal place of a number."""
        return self.left + (x - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def axes(self, y_label: str, x_label: str = "", below: float = 0.0) -> None:
        """Draw the grid and its numbers; those of the x axis where it has a label, so much ``below`` the grid."""
        drawing = self.drawing
        for value in self.y_ticks:
            row = self.place(np.array([self.x[0], value]))[1]
            drawing.segment((self.left, row), (self.left + self.width, row), "grid")
            drawing.text(self.left - 7, row + 4, f"{value:g}", anchor="end")
        bottom = self.top + self.height
        for value in ticks(*self.x, 9):
            if self.x[0] - 1e-9 <= value <= self.x[1] + 1e-9:
                drawing.segment((self.column(value), self.top), (self.column(value), bottom), "grid")
                if x_label:
                    drawing.text(self.column(value), bottom + below + 16, f"{value:g}", anchor="middle")
        drawing.text(self.left, self.top - 8, y_label, "label")
        if x_label:
            drawing.text(self.left + self.width, bottom + below + 32, x_label, "label", "end")

    def line(self, x: Array, y: Array, style: str) -> None:
        """Draw a line over time, thinned."""
        self.drawing.polyline(self.place(thinned(x, y)), style)

    def span(self, start: float, end: float, style: str, top: float, height: float, tip: str = "") -> None:
        """Draw a bar from one time to another, at least a hair wide."""
        first = self.column(start)
        self.drawing.rectangle(first, top, max(self.column(end) - first, 1.5), height, style, tip)


def thinned(x: Array, y: Array, most: int = MOST_POINTS) -> Array:
    """Return points (N,2) of a line, no more than ``most``; of every stretch the lowest and the highest stay."""
    if len(x) <= most:
        return np.stack([x, y], axis=-1)
    edges = np.linspace(0, len(x), most // 2 + 1).astype(int)
    chosen = set()
    for start, stop in pairwise(edges):
        part = y[start:stop]
        if np.isfinite(part).any():
            chosen |= {start + int(np.nanargmin(part)), start + int(np.nanargmax(part))}
        else:
            chosen.add(int(start))  # keeps the break in the line
    order = sorted(chosen | {0, len(x) - 1})
    return np.stack([x[order], y[order]], axis=-1)


def limits(values: Sequence[Array], quantile: float = 1.0, least: float = 0.0) -> tuple[float, float]:
    """Return a range that holds 0 and (a quantile of) the known values, at least ``least`` wide."""
    known = np.concatenate([value[np.isfinite(value)] for value in values]) if values else np.zeros(0)
    if not len(known):
        return 0.0, max(least, 1.0)
    low, high = min(float(known.min()), 0.0), max(float(np.quantile(known, quantile)), 0.0)
    return low, max(high, low + max(least, 1e-6))


def _n(value: float) -> str:
    """Return a number for SVG: a tenth of a unit is finer than a screen shows."""
    return f"{value:.1f}".removesuffix(".0")
