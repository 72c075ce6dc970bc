"""The contact sheet: eight moments as columns, cut out around the person."""

import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...progress import Progress
from ..footage import open_footage
from ..take import Take
from .overlay import BAR, caption
from .panels import Panels, Window
from .picture import write_picture
from .timing import frames_at, nearest, take_times

MOMENTS: Final = 8
CELL: Final = (272, 340)  # width, height
BAR_HEIGHT: Final = 34
GAP: Final = 4
AIR: Final = 1.25  # of the person's extent
TITLES: Final = ("Footage and keypoints", "Result, same camera", "Result, from the side")

Image = NDArray[np.uint8]


def draw_sheet(take: Take, clip: str | os.PathLike[str], out: str | os.PathLike[str], progress: Progress) -> None:
    """Write the sheet (see ``preview.contact_sheet``)."""
    progress("preview", 0.0)
    info = open_footage(clip, take.fps)
    panels = Panels(take, info.width, CELL)
    times = take_times(take)
    count = min(MOMENTS, take.frames)
    moments = times[0] + (np.arange(count) + 0.5) / count * (times[-1] - times[0])
    indices = [nearest(times, moment) for moment in moments]
    windows = _windows(panels, indices, info.width, info.height)
    columns = []
    for done, (moment, frame) in enumerate(frames_at(info, moments)):
        index, window = indices[done], windows[done]
        pictures = [panels.footage(frame.image, index, window), panels.same_view(index, window), panels.side(index)]
        columns.append((f"{moment:.2f} s", pictures))
        progress("preview", (done + 1) / count)
    write_picture(Path(out), _page(columns))


def _windows(panels: Panels, indices: list[int], width: int, height: int) -> list[Window]:
    """Return the part of the footage to show for each moment: of one size, around the person, inside the picture."""
    boxes = [panels.person_box(index) for index in indices]
    extents = [max(box[2] - box[0], (box[3] - box[1]) * CELL[0] / CELL[1]) for box in boxes if box is not None]
    wide = AIR * max(extents, default=width)
    wide = max(2, round(min(wide, width, height * CELL[0] / CELL[1])))
    tall = min(height, round(wide * CELL[1] / CELL[0]))
    windows = []
    for box in boxes:
        x, y = (width / 2, height / 2) if box is None else ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        left = int(np.clip(round(x - wide / 2), 0, width - wide))
        top = int(np.clip(round(y - tall / 2), 0, height - tall))
        windows.append(Window(left, top, wide, tall, CELL))
    return windows


def _page(columns: list[tuple[str, list[Image]]]) -> Image:
    width = len(columns) * (CELL[0] + GAP) - GAP
    rows = []
    for row, title in enumerate(TITLES):
        strip = np.full((CELL[1], width, 3), BAR, np.uint8)
        for column, (_, pictures) in enumerate(columns):
            left = column * (CELL[0] + GAP)
            strip[:, left : left + CELL[0]] = pictures[row]
        rows += [caption(title, width, BAR_HEIGHT), strip]
    stamps = np.full((BAR_HEIGHT, width, 3), BAR, np.uint8)
    for column, (stamp, _) in enumerate(columns):
        left = column * (CELL[0] + GAP)
        stamps[:, left : left + CELL[0]] = caption(stamp, CELL[0], BAR_HEIGHT)
    return np.concatenate([*rows, stamps])
