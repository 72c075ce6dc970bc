"""Footage to 2D keypoints of one person. torch is loaded when a ``Detector`` is made, not before."""

from os import PathLike
from pathlib import Path

from ...progress import Progress, silent
from ..settings import TrackSettings
from ..values import Keypoints
from .detector import Detector
from .sides import repair_sides

__all__ = ["Detector", "detect_keypoints", "repair_sides"]


def detect_keypoints(path: str | PathLike[str], settings: TrackSettings, progress: Progress = silent) -> Keypoints:
    """Return the 33 keypoints of one person in every frame of a video.

    Raises PosewrightError when the video cannot be read, shows nobody, or weights or device are not to be had.
    """
    return Detector(settings, progress).detect(Path(path), progress)
