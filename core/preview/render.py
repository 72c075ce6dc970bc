"""The preview video: three panels side by side, in real time."""

import os
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...progress import Progress
from ..footage import open_footage
from ..take import Take
from .overlay import BAR, caption
from .panels import Panels, Window
from .timing import frames_at, nearest, take_times
from .video import VideoFile

PANEL_HEIGHT: Final = 540
LONGEST: Final = 1920  # pixels of width
SIDE_ASPECT: Final = 0.8
FASTEST: Final = 60.0  # frames per second
BAR_HEIGHT: Final = 36
GAP: Final = 4

Image = NDArray[np.uint8]


def render(take: Take, clip: str | os.PathLike[str], out: str | os.PathLike[str], progress: Progress) -> None:
    """Write the video (see ``preview.render_preview``)."""
    progress("preview", 0.0)
    info = open_footage(clip, take.fps)
    window, side_size = layout(info.width, info.height)
    panels = Panels(take, info.width, side_size)
    widths = (window.size[0], window.size[0], side_size[0])
    fps = min(take.fps, FASTEST)
    times = take_times(take)
    count = max(1, round((times[-1] - times[0]) * fps) + 1)
    moments = times[0] + np.arange(count) / fps
    total = sum(widths) + 2 * GAP
    size = (total + total % 2, BAR_HEIGHT + window.size[1])
    with VideoFile(out, fps, size) as video:
        for done, (moment, frame) in enumerate(frames_at(info, moments)):
            index = nearest(times, moment)
            pictures = [panels.footage(frame.image, index, window), panels.same_view(index, window), panels.side(index)]
            texts = ["Footage and keypoints", "Result, same camera", "From the side"]
            notes = ["", "", f"{moment:.2f} s"]
            video.add(_side_by_side(pictures, texts, notes, size))
            progress("preview", (done + 1) / count)


def layout(width: int, height: int) -> tuple[Window, tuple[int, int]]:
    """Return the whole footage as a window of the first two panels, and the size of the third.

    Panels are at most 540 pixels high, and lower for wide footage, so that the video stays at most 1920 wide.
    """
    aspect = width / height
    tall = int(min(PANEL_HEIGHT, (LONGEST - 2 * GAP) / (2 * aspect + SIDE_ASPECT)))
    tall -= tall % 2
    return Window(0, 0, width, height, (round(tall * aspect), tall)), (round(tall * SIDE_ASPECT), tall)


def _side_by_side(pictures: list[Image], texts: list[str], notes: list[str], size: tuple[int, int]) -> Image:
    page = np.full((size[1], size[0], 3), BAR, np.uint8)
    left = 0
    for picture, text, note in zip(pictures, texts, notes, strict=True):
        height, width = picture.shape[:2]
        page[:BAR_HEIGHT, left : left + width] = caption(text, width, BAR_HEIGHT, note)
        page[BAR_HEIGHT : BAR_HEIGHT + height, left : left + width] = picture
        left += width + GAP
    return page
