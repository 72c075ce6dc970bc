"""The worker's look at one frame: its picture in a file, and the people in it, for choosing one of them."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.settings import Device, TrackSettings
from ..errors import PosewrightError
from ..progress import Progress

if TYPE_CHECKING:
    from ..core.detection import Detector

LARGEST = 1600
"""Pixels of the longer side of the picture that is written; people are counted in pixels of the video all the same."""


def look_at_people(
    clip: Path, out: Path, settings: TrackSettings, seconds: float, progress: Progress
) -> dict[str, Any]:
    """Write the frame of a clip at a time as an array (H,W,3) of RGB bytes; return its time, its size and who is in it.

    Raises PosewrightError when the clip cannot be read, or the detector's weights or device are not to be had.
    """
    from ..core.detection.glance import glance_at
    from ..core.footage import open_footage

    progress("weights", 0.0)
    detector = _detector(settings.detector, settings.device, settings.offline)
    glance = glance_at(open_footage(clip, settings.fps), detector, seconds, progress)
    try:
        with out.open("wb") as stream:
            np.save(stream, _reduced(glance.frame.image))
    except OSError as error:
        raise PosewrightError(f"The picture could not be written to {out}: {error.strerror}.") from error
    return {
        "out": str(out),
        "seconds": glance.frame.time,
        "size": [glance.info.width, glance.info.height],
        "duration": glance.info.duration,
        "fps": glance.info.fps,
        "people": [{"box": seen.box, "centre": seen.centre, "score": seen.score} for seen in glance.people],
    }


@lru_cache(maxsize=1)
def _detector(name: str, device: Device, offline: bool) -> "Detector":
    """Return a detector; it is kept for the next look, since another moment is often asked for at once."""
    from ..core.detection import Detector

    return Detector(TrackSettings(detector=name, device=device, offline=offline))


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    height, width = image.shape[:2]
    share = LARGEST / max(height, width)
    if share >= 1:
        return image
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
