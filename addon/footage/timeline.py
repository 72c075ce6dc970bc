"""Where footage lies in the timeline: strips of the video sequencer, and clips of the clip editor."""

from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Context, MovieClip, Scene

from ...errors import PosewrightError
from ...rigging.blender.cameras import scene_rate
from .facts import Facts
from .strips import effect_speed, retimed_speed

ROUNDED = 1.5
"""Frames by which the length of a strip may differ from that of its file at the true speed."""

EVEN_KEYS = 2
"""Retiming keys of a strip whose speed is changed as a whole: one at each end."""

SAME_RATE = 0.002  # part by which frame rates may differ and yet be one


@dataclass(frozen=True)
class Shown:
    """A part of a video in the timeline: which second of it is shown on which frame of the scene."""

    first_frame: float  # of the scene
    start: float  # seconds of the video, shown on ``first_frame``
    end: float  # seconds
    rate: float  # frames of the scene that a second of the video takes there

    def seconds_at(self, frame: float) -> float:
        """Return the second of the video that is shown on a frame."""
        return self.start + (frame - self.first_frame) / self.rate

    def frame_at(self, seconds: float) -> float:
        """Return the frame on which a second of the video is shown."""
        return self.first_frame + (seconds - self.start) * self.rate

    def plays_true(self, scene: Scene) -> bool:
        """Return whether the timeline shows the video at its true speed."""
        return abs(self.rate / scene_rate(scene) - 1.0) < SAME_RATE

    def shows_each_frame(self, facts: Facts) -> bool:
        """Return whether each frame of the video has a frame of the scene."""
        return abs(self.rate / facts.fps - 1.0) < SAME_RATE


def active_clip(context: Context) -> MovieClip | None:
    """Return the clip of a clip editor that is open, else the scene's active clip, else the only one in the file."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "CLIP_EDITOR" and area.spaces.active.clip is not None:
                return area.spaces.active.clip
    if context.scene.active_clip is not None:
        return context.scene.active_clip
    return bpy.data.movieclips[0] if len(bpy.data.movieclips) == 1 else None


def shown_clip(clip: MovieClip, facts: Facts) -> Shown:
    """Return where a clip lies: Blender shows a frame of it on each frame of the scene, whatever the rates."""
    start = clip.frame_offset / facts.fps
    return Shown(float(clip.frame_start), start, facts.seconds, facts.fps)


def shown_strip(strip: Any, facts: Facts, scene: Scene) -> Shown:
    """Return where a strip lies and which part of its file it shows.

    Raises PosewrightError for a strip that runs backward or at a changing speed.
    """
    if strip.use_reverse_frames:
        raise PosewrightError(f"The strip {strip.name} runs backward; choose its file as the source instead.")
    length = strip.frame_final_duration + strip.frame_offset_start + strip.frame_offset_end  # frames of the scene
    every = facts.frames if strip.type == "MOVIE" else len(strip.elements)
    frames = every - strip.animation_offset_start - strip.animation_offset_end  # of the file
    rate = _strip_rate(strip, length, frames, facts, scene)
    faster = effect_speed(strip, scene)
    start = strip.animation_offset_start / facts.fps + faster * strip.frame_offset_start / rate
    end = min(start + faster * strip.frame_final_duration / rate, facts.seconds)
    return Shown(float(strip.frame_final_start), start, end, rate / faster)


def _strip_rate(strip: Any, length: float, frames: float, facts: Facts, scene: Scene) -> float:
    """Return the frames of the scene that a second of the file takes in a strip of this length, trimmed or not."""
    true = scene_rate(scene)
    keys = len(getattr(strip, "retiming_keys", ()))
    if keys == EVEN_KEYS:
        return facts.fps / retimed_speed(length, frames)
    if not keys and strip.type == "MOVIE" and abs(length - frames * true / facts.fps) <= ROUNDED:
        return true
    if not keys and abs(length - frames) <= ROUNDED:
        return facts.fps  # each frame of the file on a frame of the scene
    raise _uneven(strip)


def _uneven(strip: Any) -> PosewrightError:
    return PosewrightError(
        f"The strip {strip.name} plays faster or slower than it was filmed, and not evenly; choose its file as the "
        "source instead."
    )
