"""What was applied to a character: noted on its action, with the take itself, so that it can be applied again.

The take lies in the .blend as a text, hidden in lists, that the action points to: with it a motion can be changed
in a later session, on another computer, without the file it came from.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np
from bpy.types import Action, NlaStrip, Object

from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Progress, silent
from ..settings import RetargetSettings
from .apply import Solved, animate_armature
from .film_camera import Placement
from .keyframes import curves_of
from .layers import action_curves
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


def apply_take(
    obj: Object,
    take: Take,
    applied: Applied,
    *,
    name: str,
    progress: Progress = silent,
    solved: Solved | None = None,
) -> dict[str, Any]:
    """Put a take on an armature and note on the new action what it was made of, with the take itself.

    Takes, returns and raises what ``animate_armature`` does.
    """
    result = animate_armature(
        obj,
        take,
        applied.settings,
        frame_start=applied.frame_start,
        fps=applied.fps,
        name=name,
        progress=progress,
        solved=solved,
    )
    action = bpy.data.actions[result["action"]]
    action[NOTE] = {
        "take": applied.take,
        "frame_start": applied.frame_start,
        "fps": applied.fps,
        "settings": json.dumps(applied.settings.self_contained().to_json()),
        "size_ratio": result["size_ratio"],
        "placement": [value for row in result["placement"] for value in row],
    }
    action[NOTE]["keys"] = _fingerprint(obj, made_action(obj))
    action[TAKE] = packed(take, action.name, applied.take, None if solved is None else solved.written)
    return result


def applied_to(obj: Object) -> Applied:
    """Return what was applied to the armature; PosewrightError when its present action is not ours."""
    note = _note(obj)
    if note is None:
        raise PosewrightError(_not_ours(obj))
    settings = RetargetSettings.from_json(json.loads(note["settings"]))
    return Applied(note["take"], float(note["frame_start"]), float(note["fps"]), settings)


def placement_on(obj: Object) -> Placement | None:
    """Return where the take on an armature lies in the scene; None when its present action does not say."""
    note = _note(obj)
    if note is None or "placement" not in note:
        return None
    matrix = np.array(note["placement"], np.float64).reshape(4, 4)
    return Placement(float(note["frame_start"]), float(note["size_ratio"]), matrix)


def apply_again(
    obj: Object, take: Take, applied: Applied, progress: Progress = silent, solved: Solved | None = None
) -> dict[str, Any]:
    """Apply a take with the settings of before; the new action takes the place and the name of the former one.

    That place is the armature's active action, or a strip of its NLA tracks, which stays where it is. An action that
    somebody changed by hand stays in the file, and a note in the result says so. Returns what ``animate_armature``
    returns; when that fails, the armature keeps its action.
    """
    made = made_action(obj)
    if made is None:
        raise PosewrightError(_not_ours(obj))
    former, strip = made
    changed = changed_by_hand(obj)
    keys = replace(applied.settings.keys, nla=strip is not None)
    applied = replace(applied, settings=replace(applied.settings, keys=keys))
    if strip is None:
        with _former_kept(obj):
            result = apply_take(obj, take, applied, name=former.name, progress=progress, solved=solved)
    else:
        result = _again_in_strip(obj, strip, take, applied, progress, solved)
    action = bpy.data.actions[result["action"]]
    if changed:
        former.use_fake_user = True
        result["notes"].append(f"The action {former.name} had been changed by hand; it stays in the file.")
    else:
        _take_place(former, action)
    result["action"] = action.name
    return result


@contextmanager
def _former_kept(obj: Object) -> Iterator[None]:
    """Give the armature its action back when the block fails."""
    animation = obj.animation_data
    former, slot = animation.action, getattr(animation, "action_slot", None)
    try:
        yield
    except BaseException:
        animation.action = former
        if slot is not None:
            animation.action_slot = slot
        raise


def _again_in_strip(
    obj: Object, strip: NlaStrip, take: Take, applied: Applied, progress: Progress, solved: Solved | None
) -> dict[str, Any]:
    """Apply a take as ``apply_take`` does, and put its action into a strip in place of the one that is there."""
    animation = obj.animation_data
    active, slot = animation.action, getattr(animation, "action_slot", None)
    count = len(animation.nla_tracks)
    animation.action = None  # or it would be pushed down beneath the new strip
    try:
        result = apply_take(obj, take, applied, name=strip.action.name, progress=progress, solved=solved)
        made = animation.nla_tracks[-1].strips[0]
        begin, end, fresh = made.action_frame_start, made.action_frame_end, getattr(made, "action_slot", None)
        strip.action = bpy.data.actions[result["action"]]
        if fresh is not None:
            strip.action_slot = fresh
        strip.action_frame_start, strip.action_frame_end = begin, end
    finally:
        for track in reversed(list(animation.nla_tracks)[count:]):
            animation.nla_tracks.remove(track)
        if active is not None:
            animation.action = active
            if slot is not None:
                animation.action_slot = slot
    return result


def changed_by_hand(obj: Object) -> bool:
    """Return whether somebody changed keys of the armature's present action since a take was applied."""
    return _note(obj, "keys") != _fingerprint(obj, made_action(obj))


def made_action(obj: Object) -> tuple[Action, NlaStrip | None] | None:
    """Return the action of the armature that a take was put into, and the strip it lies in; None when there is none.

    The active action comes first, then the strips from the top down that are not muted.
    """
    animation = obj.animation_data
    if animation is None:
        return None
    if animation.action is not None and animation.action.get(NOTE) is not None:
        return animation.action, None
    for track in reversed(animation.nla_tracks):
        for strip in () if track.mute else track.strips:
            if not strip.mute and strip.action is not None and strip.action.get(NOTE) is not None:
                return strip.action, strip
    return None


def kept_take(obj: Object) -> Take:
    """Return the take that is on the armature; PosewrightError when somebody removed or changed it."""
    made = made_action(obj)
    text = made[0].get(TAKE) if made is not None else None
    if text is None:
        raise PosewrightError(f"The take of {obj.name} is not in this file any more; apply it again with Apply Take.")
    return unpacked(text)


def _not_ours(obj: Object) -> str:
    return f"The motion of {obj.name} was not made by Posewright; apply a take to it first."


def _note(obj: Object, key: str | None = None) -> Any:
    made = made_action(obj)
    note = made[0].get(NOTE) if made is not None else None
    return note if note is None or key is None else note.get(key)


def _fingerprint(obj: Object, made: tuple[Action, NlaStrip | None] | None) -> str:
    """Return what changes when somebody edits the keys of an action of the armature."""
    if made is None:
        curves = []
    elif made[1] is None:
        curves = curves_of(obj)
    else:
        curves = action_curves(made[0], getattr(made[1], "action_slot", None))
    total = 0
    for curve in curves:
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
