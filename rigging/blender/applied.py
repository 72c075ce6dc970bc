"""What was applied to a character: noted on its action, with the take itself, so that it can be applied again.

The take lies in the .blend as a text, hidden in lists, that the action points to: with it a motion can be changed
in a later session, on another computer, without the file it came from.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.types import Action, Object

from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Progress, silent
from ..settings import RetargetSettings
from .apply import animate_armature
from .film_camera import Placement
from .keyframes import curves_of
from .packing import packed, unpacked

NOTE, TAKE = "posewright", "posewright_take"
"""Custom properties of the action: the note, and the text that holds the take."""


@dataclass(frozen=True)
class Applied:
    """How a take was put on a character."""

    take: str  # ``take_id``
    frame_start: float
    fps: float  # frames of the timeline a second
    settings: RetargetSettings


def take_id(take: Take) -> str:
    """Return what tells takes apart: their joints and times, not their contacts."""
    digest = hashlib.sha1(np.ascontiguousarray(take.joints).tobytes(), usedforsecurity=False)
    digest.update(np.asarray(take.times, np.float64).tobytes())
    return digest.hexdigest()


def apply_take(obj: Object, take: Take, applied: Applied, *, name: str, progress: Progress = silent) -> dict[str, Any]:
    """Put a take on an armature and note on the new action what it was made of, with the take itself.

    Returns and raises what ``animate_armature`` does.
    """
    result = animate_armature(
        obj,
        take,
        applied.settings,
        frame_start=applied.frame_start,
        fps=applied.fps,
        name=name,
        progress=progress,
    )
    action = bpy.data.actions[result["action"]]
    action[NOTE] = {
        "take": applied.take,
        "frame_start": applied.frame_start,
        "fps": applied.fps,
        "settings": json.dumps(applied.settings.self_contained().to_json()),
        "keys": _fingerprint(obj),
        "size_ratio": result["size_ratio"],
        "placement": [value for row in result["placement"] for value in row],
    }
    action[TAKE] = packed(take, action.name, applied.take)
    return result


def applied_to(obj: Object) -> Applied:
    """Return what was applied to the armature; PosewrightError when its present action is not ours."""
    note = _note(obj)
    if note is None:
        raise PosewrightError(f"The motion of {obj.name} was not made by Posewright; apply a take to it first.")
    settings = RetargetSettings.from_json(json.loads(note["settings"]))
    return Applied(note["take"], float(note["frame_start"]), float(note["fps"]), settings)


def placement_on(obj: Object) -> Placement | None:
    """Return where the take on an armature lies in the scene; None when its present action does not say."""
    note = _note(obj)
    if note is None or "placement" not in note:
        return None
    matrix = np.array(note["placement"], np.float64).reshape(4, 4)
    return Placement(float(note["frame_start"]), float(note["size_ratio"]), matrix)


def apply_again(obj: Object, take: Take, applied: Applied, progress: Progress = silent) -> dict[str, Any]:
    """Apply a take with the settings of before; the new action takes the place and the name of the former one.

    An action that somebody changed by hand stays in the file, and a note in the result says so. Returns what
    ``animate_armature`` returns; when that fails, the armature keeps its action.
    """
    former = obj.animation_data.action
    changed = changed_by_hand(obj)
    slot = getattr(obj.animation_data, "action_slot", None)
    try:
        result = apply_take(obj, take, applied, name=former.name, progress=progress)
    except BaseException:
        obj.animation_data.action = former
        if slot is not None:
            obj.animation_data.action_slot = slot
        raise
    if changed:
        result["notes"].append(f"The action {former.name} had been changed by hand; it stays in the file.")
    else:
        _take_place(former, obj.animation_data.action)
    result["action"] = obj.animation_data.action.name
    return result


def changed_by_hand(obj: Object) -> bool:
    """Return whether somebody changed keys of the armature's present action since a take was applied."""
    return _note(obj, "keys") != _fingerprint(obj)


def kept_take(obj: Object) -> Take:
    """Return the take of the armature's present action; PosewrightError when somebody removed or changed it."""
    text = obj.animation_data.action.get(TAKE)
    if text is None:
        raise PosewrightError(f"The take of {obj.name} is not in this file any more; apply it again with Apply Take.")
    return unpacked(text)


def _note(obj: Object, key: str | None = None) -> Any:
    animation = obj.animation_data
    action = animation.action if animation is not None else None
    note = action.get(NOTE) if action is not None else None
    return note if note is None or key is None else note.get(key)


def _fingerprint(obj: Object) -> str:
    """Return what changes when somebody edits the keys of the armature's present action."""
    total = 0
    for curve in curves_of(obj):
        points = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", points)
        total = zlib.crc32(points.tobytes(), zlib.crc32(f"{curve.data_path}{curve.array_index}".encode(), total))
    return str(total)


def _take_place(former: Action, action: Action) -> None:
    """Remove the former action if nothing else needs it, and give its name to the new one."""
    name, text = former.name, former.get(TAKE)
    former.use_fake_user = False
    if former.users == 0:
        bpy.data.actions.remove(former)
        action.name = name
        if text is not None and text.users == 0:
            bpy.data.texts.remove(text)
