"""The curves of a training as a picture: loss above, validation error below, over the time of training."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..outputs import write_whole
from ..ticks import ticks
from .curves import Row

WIDTH, HEIGHT = 1000, 760
LEFT, RIGHT, TOP, BETWEEN, BOTTOM = 80, 25, 45, 70, 55
INK, GREY, FAINT = (40, 40, 40), (120, 120, 120), (225, 225, 225)
BLUE, ORANGE, GREEN = (190, 110, 30), (30, 120, 230), (90, 150, 60)  # blue, green, red
FONT = cv2.FONT_HERSHEY_SIMPLEX

Points = Sequence[tuple[float, float]]


class Panel:
    """Axes with a grid, into which lines are drawn; both axes linear."""

    def __init__(
        self, image: NDArray[np.uint8], top: int, bottom: int, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self.image = image
        self.top, self.bottom = top, bottom
        self.x_ticks, self.y_ticks = ticks(*x, 8), ticks(*y, 5)
        self.x = (x[0], max(x[1], x[0] + 1e-9))
        self.y = (min(y[0], self.y_ticks[0]), max(y[1], self.y_ticks[-1]))

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Return the pixel of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = min((y - self.y[0]) / (self.y[1] - self.y[0]), 1.0)  # what is too high runs along the upper edge
        return round(LEFT + across * (WIDTH - RIGHT - LEFT)), round(self.bottom - up * (self.bottom - self.top))

    def axes(self, title: str, unit: Callable[[float], str]) -> None:
        """Draw grid, ticks and title."""
        for value in self.y_ticks:
            left, row = self.place(self.x[0], value)
            cv2.line(self.image, (left, row), (WIDTH - RIGHT, row), FAINT, 1)
            _text(self.image, unit(value), (left - 8, row + 5), align=1.0)
        for value in (tick for tick in self.x_ticks if tick <= self.x[1]):
            column, row = self.place(value, self.y[0])
            cv2.line(self.image, (column, self.top), (column, row), FAINT, 1)
            _text(self.image, f"{value:g}", (column, row + 20), align=0.5)
        cv2.rectangle(self.image, (LEFT, self.top), (WIDTH - RIGHT, self.bottom), GREY, 1)
        _text(self.image, title, (LEFT, self.top - 12), ink=INK)

    def line(self, points: Points, colour: tuple[int, int, int], marks: bool = False) -> None:
        """Draw a curve through points, with a dot at each when ``marks``."""
        pixels = [self.place(*point) for point in points]
        cv2.polylines(self.image, [np.array(pixels, np.int32)], False, colour, 2, cv2.LINE_AA)
        for pixel in pixels if marks else ():
            cv2.circle(self.image, pixel, 4, colour, -1, cv2.LINE_AA)

    def upright(self, x: float, label: str) -> None:
        """Draw a vertical line with a label."""
        column, _ = self.place(x, self.y[0])
        cv2.line(self.image, (column, self.top), (column, self.bottom), GREY, 1)
        _text(self.image, label, (column + 6, self.top + 18))

    def legend(self, entries: Sequence[tuple[str, tuple[int, int, int]]]) -> None:
        """Name the curves, at the upper right."""
        column = WIDTH - RIGHT - 12
        for label, colour in reversed(entries):
            column -= _text(self.image, label, (column, self.top - 12), align=1.0) + 8
            cv2.line(self.image, (column - 24, self.top - 17), (column, self.top - 17), colour, 3, cv2.LINE_AA)
            column -= 40


def draw_curves(rows: Sequence[Row]) -> NDArray[np.uint8]:
    """Return the picture (H,W,3, BGR) of the curves; an empty one while there are no rows."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    if not rows:
        return image
    scale, unit = (60.0, "minutes") if rows[-1].seconds >= 120 else (1.0, "seconds")
    times = (0.0, rows[-1].seconds / scale)
    half = (HEIGHT - TOP - BETWEEN - BOTTOM) // 2
    begun = next((row.seconds / scale for before, row in pairwise(rows) if row.part > before.part), 0)
    loss = [(row.seconds / scale, row.loss) for row in rows]
    upper = Panel(image, TOP, TOP + half, times, _range(loss))
    upper.axes("loss, smoothed", "{:g}".format)
    upper.line(loss, GREEN)
    curves = {
        "exact 2D": (BLUE, [(row.seconds / scale, row.val_exact_pa) for row in rows if row.val_exact_pa is not None]),
        "noisy 2D": (ORANGE, [(row.seconds / scale, row.val_noisy_pa) for row in rows if row.val_noisy_pa is not None]),
    }
    panels = [upper]
    if points := [point for _, line in curves.values() for point in line]:
        lower = Panel(image, TOP + half + BETWEEN, HEIGHT - BOTTOM, times, _range(points))
        lower.axes("validation PA-MPJPE, mm", "{:g}".format)
        for colour, line in curves.values():
            lower.line(line, colour, marks=True)
        lower.legend([(name, colour) for name, (colour, _) in curves.items()])
        panels.append(lower)
    for panel in panels if begun else ():
        panel.upright(begun, "TCPFormer from here")
    _text(image, f"{unit} of training", (WIDTH // 2, HEIGHT - 12), align=0.5, ink=INK)
    return image


def write_curves(path: Path, rows: Sequence[Row]) -> None:
    """Write the curves as a PNG; PosewrightError when the disk refuses."""
    _, data = cv2.imencode(".png", draw_curves(rows))
    write_whole(path, data.tobytes())


def _range(points: Points) -> tuple[float, float]:
    """Return the range of y, without the worst 2 % of the points: the first would squeeze all others."""
    values = sorted(value for _, value in points)
    return values[0], values[max(0, math.ceil(len(values) * 0.98) - 1)]


def _text(
    image: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    *,
    align: float = 0.0,
    ink: tuple[int, int, int] = GREY,
) -> int:
    """Write text whose left end, middle or right end (``align`` 0 to 1) is at a pixel; return its width."""
    (width, _), _ = cv2.getTextSize(text, FONT, 0.5, 1)
    cv2.putText(image, text, (round(at[0] - align * width), at[1]), FONT, 0.5, ink, 1, cv2.LINE_AA)
    return width
