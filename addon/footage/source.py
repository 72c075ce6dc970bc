"""Which footage is meant: its file, the part that is used, whom to follow, and where it lies in the timeline."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpy.types import Scene

from ...core.sequence import is_picture, name_of
from ...errors import PosewrightError
from ..files import absolute
from .facts import Facts
from .strips import movie_strips, strip_file
from .timeline import Shown, shown_clip, shown_strip

HALF = 0.5  # of a frame: by which a part is cut before its first frame and before the one after its last


@dataclass(frozen=True)
class Footage:
    """A part of a video, or of a sequence of pictures, and the person to follow in it."""

    clip: Path  # of a sequence the first picture
    start: float | None = None  # seconds of the video
    end: float | None = None
    person: str = "largest"
    shown: Shown | None = None  # in the timeline, None for a file
    rate: float | None = None  # pictures a second, None for a video

    @property
    def name(self) -> str:
        """Return the name by which people know it."""
        return name_of(self.clip)

    def first_frame(self, otherwise: float) -> float:
        """Return the frame of the scene on which what is used begins."""
        return otherwise if self.shown is None else self.shown.frame_at(self.start or 0.0)


def footage_of(scene: Scene) -> Footage:
    """Return the chosen footage; PosewrightError when there is none, or when its part is empty."""
    chosen = scene.posewright.footage
    clip = file_of(scene)
    if not clip.is_file():
        raise PosewrightError(f"There is no video {clip}.")
    if chosen.problem:
        raise PosewrightError(chosen.problem)
    shown = shown_of(scene)
    start, end = whole_part(scene, shown)
    if chosen.use_range:
        if chosen.end <= chosen.start:
            raise PosewrightError("The part of the video must end later than it begins.")
        if chosen.start >= (end or math.inf) or chosen.end <= (start or 0.0):
            raise PosewrightError("The part between In and Out lies outside what the timeline shows of the video.")
        start = chosen.start if start is None else max(start, chosen.start)
        end = chosen.end if end is None else min(end, chosen.end)
    return Footage(clip, start, end, chosen.person, shown, chosen.rate if is_picture(clip) else None)


def file_of(scene: Scene) -> Path:
    """Return the file of the chosen footage; PosewrightError when nothing is chosen."""
    chosen = scene.posewright.footage
    if chosen.source == "CLIP":
        if chosen.movie_clip is None:
            raise PosewrightError("Choose a movie clip first.")
        return absolute(chosen.movie_clip.filepath, chosen.movie_clip)
    if chosen.source == "STRIP":
        return absolute(strip_file(need_strip(scene)), scene)
    if not chosen.clip:
        raise PosewrightError("Choose a video first.")
    path, known = absolute(chosen.clip, scene), Path(chosen.facts_of)
    is_elsewhere = chosen.clip.startswith("//") and not path.is_file() and known.is_file()
    return known if is_elsewhere else path  # elsewhere: the .blend was saved in another folder since


def need_strip(scene: Scene) -> Any:
    """Return the chosen strip; PosewrightError when there is none of that name."""
    name = scene.posewright.footage.strip
    found = next((strip for strip in movie_strips(scene) if strip.name == name), None)
    if found is None:
        raise PosewrightError(
            f"There is no movie strip {name} in this scene any more." if name else "Choose a movie strip first."
        )
    return found


def facts_of(scene: Scene) -> Facts | None:
    """Return what is known about the chosen footage, None when Blender could not read it."""
    chosen = scene.posewright.footage
    return Facts(chosen.size[0], chosen.size[1], chosen.fps, chosen.frames) if chosen.frames > 0 else None


def shown_of(scene: Scene) -> Shown | None:
    """Return where the chosen footage lies in the timeline, None for a file; PosewrightError as ``shown_strip``."""
    chosen = scene.posewright.footage
    facts = facts_of(scene)
    if chosen.source == "FILE":
        return None
    if facts is None:
        raise PosewrightError("Blender cannot read this video; choose its file as the source instead.")
    if chosen.source == "CLIP":
        return shown_clip(chosen.movie_clip, facts) if chosen.movie_clip is not None else None
    return shown_strip(need_strip(scene), facts, scene)


def whole_part(scene: Scene, shown: Shown | None) -> tuple[float | None, float | None]:
    """Return the seconds of the video that the timeline shows; None where it shows the beginning or the end."""
    facts = facts_of(scene)
    if shown is None or facts is None:
        return None, None
    margin = HALF / facts.fps  # so that rounding loses no frame and adds none
    start = shown.start - margin if shown.start > margin else None
    end = shown.end - margin if shown.end < facts.seconds - margin else None
    return start, end
