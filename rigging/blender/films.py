"""Footage in Blender: videos and numbered pictures, how fast they were filmed, and how an image shows them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
from bpy.types import Image

from ...core.sequence import sequence_of
from ...errors import PosewrightError

FASTEST: Final = 240.0  # frames a second


@dataclass(frozen=True)
class Film:
    """A video, or a sequence of pictures, as Blender reads it."""

    file: Path  # the video, or the first picture
    rate: float  # frames a second
    frames: int
    first: int | None = None  # number of the first picture, None of a video

    @property
    def before(self) -> int:
        """Return what the number of the first frame is more than 1, as images count them."""
        return 0 if self.first is None else self.first - 1

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.frames / self.rate


def read_film(clip: Path, rate: float | None = None) -> Film:
    """Return what Blender reads of footage; ``rate`` is that of pictures, which a video tells itself.

    Raises PosewrightError when it cannot be read.
    """
    sequence = sequence_of(clip)
    if sequence is not None:
        if not rate:
            raise PosewrightError(f"{sequence.path} is a sequence of pictures, whose frame rate is not known.")
        return Film(sequence.pictures[0].resolve(), rate, sequence.frames, sequence.first)
    try:
        footage = bpy.data.movieclips.load(str(clip.resolve()))
    except RuntimeError as error:
        raise PosewrightError(f"Blender cannot read the video {clip}.") from error
    try:
        found, frames = float(footage.fps), int(footage.frame_duration)
    finally:
        bpy.data.movieclips.remove(footage)
    if not 0 < found <= FASTEST or frames < 1:
        raise PosewrightError(f"Blender cannot tell how long the video {clip} is.")
    return Film(clip.resolve(), found, frames)


def load_image(film: Film) -> Image:
    """Return a new image of the file that shows the film."""
    image = bpy.data.images.load(str(film.file))
    if film.first is not None:
        image.source = "SEQUENCE"
    return image
