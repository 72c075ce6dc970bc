"""Which footage is meant."""

from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Scene

from ...errors import PosewrightError


@dataclass(frozen=True)
class Footage:
    """A part of a video and the person to follow in it."""

    clip: Path
    start: float | None = None  # seconds of the video
    end: float | None = None
    person: str = "largest"


def footage_of(scene: Scene) -> Footage:
    """Return the chosen footage; PosewrightError when there is none, or when its part is empty."""
    chosen = scene.posewright.footage
    if not chosen.clip:
        raise PosewrightError("Choose a video first.")
    clip = Path(bpy.path.abspath(chosen.clip))
    if not clip.is_file():
        raise PosewrightError(f"There is no video {clip}.")
    if not chosen.use_range:
        return Footage(clip, person=chosen.person)
    if chosen.end <= chosen.start:
        raise PosewrightError("The part of the video must end later than it begins.")
    return Footage(clip, chosen.start, chosen.end, chosen.person)
