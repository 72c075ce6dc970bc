"""Contact sheets of animated characters: moments as columns, footage on top, under it each character from its sides."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..footage import Source, open_footage
from ..pictures import read_picture
from .overlay import BAR, caption
from .picture import write_picture
from .timing import frames_at

BAR_HEIGHT: Final = 26
GAP: Final = 3
SAME_MOMENT: Final = 0.05  # seconds, about a frame

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Strip:
    """One character: what it is, the seconds (N,) shown, and for each view its name and N pictures of one size."""

    title: str
    times: tuple[float, ...]
    views: tuple[tuple[str, tuple[Path, ...]], ...]


def draw_strips(strips: list[Strip], out: str | os.PathLike[str], clip: Source | None, clip_start: float = 0.0) -> None:
    """Write the sheet; ``clip_start`` is the moment of the footage at which the motions begin, in seconds.

    Raises PosewrightError when the footage cannot be read or the picture cannot be written.
    """
    rows: list[Image] = []
    shown: tuple[float, ...] = ()
    for strip in strips:
        pictures = [(f"{strip.title}, {view}", [read_picture(path) for path in paths]) for view, paths in strip.views]
        cell = pictures[0][1][0].shape[1]
        if len(strip.times) != len(shown) or not np.allclose(strip.times, shown, atol=SAME_MOMENT):
            rows += _heading(strip, cell, clip, clip_start)
            shown = strip.times
        for title, images in pictures:
            rows += [caption(title, _width(len(images), cell), BAR_HEIGHT), _row(images)]
    width = max(row.shape[1] for row in rows)
    write_picture(Path(out), np.concatenate([_padded(row, width) for row in rows]))


def _heading(strip: Strip, cell: int, clip: Source | None, clip_start: float) -> list[Image]:
    """Return the footage, if there is any, and the times of the columns."""
    stamps = [caption(f"{time:.2f} s", cell, BAR_HEIGHT) for time in strip.times]
    if clip is None:
        return [_row(stamps)]
    info = open_footage(clip)
    size = (cell, max(2, round(cell * info.height / info.width)))
    moments = clip_start + np.array(strip.times)
    footage = [
        np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
        for _, frame in frames_at(info, moments)
    ]
    return [caption(info.path.name, _width(len(footage), cell), BAR_HEIGHT), _row(footage), _row(stamps)]


def _row(images: list[Image]) -> Image:
    height, cell = images[0].shape[:2]
    row = np.full((height, _width(len(images), cell), 3), BAR, np.uint8)
    for column, image in enumerate(images):
        left = column * (cell + GAP)
        row[:, left : left + cell] = image
    return row


def _width(columns: int, cell: int) -> int:
    return columns * (cell + GAP) - GAP


def _padded(row: Image, width: int) -> Image:
    full = np.full((row.shape[0], width, 3), BAR, np.uint8)
    full[:, : row.shape[1]] = row
    return full
