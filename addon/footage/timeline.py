"""Where footage lies in the timeline: strips of the video sequencer, and clips of the clip editor."""

from dataclasses import dataclass
from typing import Any

import bpy
from bpy.types import Context, MovieClip, Scene

from ...errors import PosewrightError
from ...rigging.blender.cameras import scene_rate
from .facts import Facts

ROUNDED = 1.5
"""Frames by which the length of a strip may differ from that of its file at the true speed."""

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


def strips_of(scene: Scene) -> list[Any]:
    """Return all strips of the scene, also those in meta strips; they were called sequences before Blender 4.4."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def movie_strips(scene: Scene) -> list[Any]:
    """Return the movie strips of the scene."""
    return [strip for strip in strips_of(scene) if strip.type == "MOVIE"]


def active_strip(scene: Scene) -> Any | None:
    """Return the active movie strip, else the only one."""
    editor = scene.sequence_editor
    if editor is not None and editor.active_strip is not None and editor.active_strip.type == "MOVIE":
        return editor.active_strip
    found = movie_strips(scene)
    return found[0] if len(found) == 1 else None


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

    Raises PosewrightError for a strip that runs backward or at a speed of its own.
    """
    if strip.use_reverse_frames:
        raise PosewrightError(f"The strip {strip.name} runs backward; choose its file as the source instead.")
    length = strip.frame_final_duration + strip.frame_offset_start + strip.frame_offset_end  # frames of the scene
    frames = facts.frames - strip.animation_offset_start - strip.animation_offset_end  # of the file
    true = scene_rate(scene)
    if abs(length - frames * true / facts.fps) <= ROUNDED:
        rate = true
    elif abs(length - frames) <= ROUNDED:
        rate = facts.fps  # each frame of the file on a frame of the scene
    else:
        raise PosewrightError(
            f"The strip {strip.name} plays faster or slower than it was filmed; choose its file as the source instead."
        )
    start = strip.animation_offset_start / facts.fps + strip.frame_offset_start / rate
    return Shown(float(strip.frame_final_start), start, start + strip.frame_final_duration / rate, rate)
