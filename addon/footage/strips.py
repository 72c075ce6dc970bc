"""Strips of the video sequencer that are films: which there are, and how fast they play."""

from typing import Any

import bpy
from bpy.types import Scene

from ...core.sequence import are_in_order
from ...errors import PosewrightError
from ...rigging.blender.layers import action_curves


def strips_of(scene: Scene) -> list[Any]:
    """Return all strips of the scene, also those in meta strips; they were called sequences before Blender 4.4."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def movie_strips(scene: Scene) -> list[Any]:
    """Return the strips of the scene that are films: videos, and sequences of pictures."""
    return [strip for strip in strips_of(scene) if is_film(strip)]


def is_film(strip: Any) -> bool:
    """Return whether a strip shows a video or several pictures."""
    return strip.type == "MOVIE" or (strip.type == "IMAGE" and len(strip.elements) > 1)


def strip_file(strip: Any) -> str:
    """Return the file of a strip, of pictures the first one; PosewrightError when they are not in order."""
    if strip.type == "MOVIE":
        return strip.filepath
    names = [element.filename for element in strip.elements]
    if not are_in_order(names):
        raise PosewrightError(f"The pictures of the strip {strip.name} are not numbered one after the other.")
    return f"{strip.directory.rstrip('/')}/{names[0]}"


def active_strip(scene: Scene) -> Any | None:
    """Return the active strip that is a film, else the only one."""
    editor = scene.sequence_editor
    if editor is not None and editor.active_strip is not None and is_film(editor.active_strip):
        return editor.active_strip
    found = movie_strips(scene)
    return found[0] if len(found) == 1 else None


def retimed_speed(length: float, frames: float) -> float:
    """Return the speed of ``frames`` frames that fill ``length`` of the scene, between retiming keys at both ends.

    1 shows each frame of the file on a frame of the scene.
    """
    if bpy.app.version >= (5, 0, 0):
        return frames / length
    if bpy.app.version >= (4, 4, 0):
        return (frames - 1) / max(length - 1, 1)  # the last key lies on the last frame of both
    return frames / max(length - 1, 1)


def effect_speed(strip: Any, scene: Scene) -> float:
    """Return how many times faster an effect shows a strip, 1 without one.

    Raises PosewrightError where the speed is not the same all the time.
    """
    effects = [other for other in strips_of(scene) if other.type == "SPEED" and other.input_1 == strip]
    if not effects:
        return 1.0
    effect = effects[0]
    if effect.speed_control != "MULTIPLY" or effect.speed_factor <= 0 or _is_animated(effect, scene):
        raise PosewrightError(
            f"The effect {effect.name} changes the speed of the strip {strip.name} by more than a factor; choose its "
            "file as the source instead."
        )
    return float(effect.speed_factor)


def _is_animated(effect: Any, scene: Scene) -> bool:
    animation = scene.animation_data
    if animation is None:
        return False
    path = effect.path_from_id("speed_factor")
    slot = getattr(animation, "action_slot", None)
    curves = [*animation.drivers, *(action_curves(animation.action, slot) if animation.action else [])]
    return any(curve.data_path == path for curve in curves)
