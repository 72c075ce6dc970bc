"""The contacts of a take in the scene: four animated values that an animator can change, and back.

They are custom properties of an empty beside the character, 1 while heel or toe stands and 0 in the air, with
constant keys where they change. The character's own armature stays as it is.
"""

from collections.abc import Iterable

import bpy
import numpy as np
from bpy.types import FCurve, Object
from numpy.typing import NDArray

from ...core.skeleton import CONTACT_POINTS, STANDS
from ...core.take import Take
from ...errors import PosewrightError
from ..keys.settings import part_of
from ..solver.stances import contacts_of
from .applied import Applied
from .keyframes import KeyWriter, curves_of, key_frames, new_action

CHARACTER, WHICH = "posewright_character", "posewright_take_id"
"""Custom properties of the empty: the armature, and the ``take_id`` of the take that the contacts belong to."""

GROUP = "Contacts"
SIZE = 0.15  # of the character's height: how large the empty is drawn
_INSIDE = 0.01  # frames after a take's frame where a value is read: keys lie at single precision


def add_contacts(obj: Object, take: Take, applied: Applied) -> Object:
    """Add the empty with the contacts of a take that was applied to an armature.

    Contacts of the same armature that were there before are replaced. A take without contacts gets those that
    the retargeting finds.
    """
    stands, frames = contacts_of(take), frames_of(take, applied)
    _remove(find_contacts(obj))
    name = f"{obj.name} contacts"
    empty = bpy.data.objects.new(name, None)
    empty.empty_display_size = SIZE * max(float(obj.dimensions.z), 0.1)
    empty.location = obj.matrix_world.translation
    collections = [own for own in obj.users_collection if own.library is None]
    (collections[0] if collections else bpy.context.scene.collection).objects.link(empty)
    empty[CHARACTER], empty[WHICH] = obj, applied.take
    _, new_curve = new_action(empty, name)
    for k, point in enumerate(CONTACT_POINTS):
        empty[point] = float(stands[0, k])
        what = f"1 while the {point.replace('_', ' ')} stands, 0 in the air"
        empty.id_properties_ui(point).update(min=0.0, max=1.0, description=what)
        changes = np.flatnonzero(np.diff(stands[:, k], prepend=~stands[0, k]))
        curve = new_curve(_path(point), 0, GROUP)
        KeyWriter(frames[changes], "constant").write(curve, stands[changes, k].astype(np.float64))
        if curve.group is not None:
            curve.group.show_expanded = True  # heels and toes are seen in the Dope Sheet at once
    return empty


def find_contacts(obj: Object) -> Object | None:
    """Return the empty that holds the contacts of an armature, or None."""
    return next((other for other in bpy.data.objects if other.get(CHARACTER) == obj and other.users_scene), None)


def character_of_contacts(obj: Object | None) -> Object | None:
    """Return the armature that an empty holds the contacts of, or None for any other object."""
    return obj.get(CHARACTER) if obj is not None else None


def belongs(empty: Object, applied: Applied) -> bool:
    """Return whether the contacts are those of the take that was applied."""
    return empty.get(WHICH) == applied.take


def belong_to(empty: Object, applied: Applied) -> None:
    """Note that the contacts are those of a take that was applied, a changed one for example."""
    empty[WHICH] = applied.take


def read_contacts(empty: Object, take: Take, applied: Applied) -> NDArray[np.float32]:
    """Return the contacts (F,4), 0 or 1, that the empty holds at the frames of a take.

    Raises PosewrightError when they belong to another take.
    """
    if not belongs(empty, applied):
        raise PosewrightError(
            f"{empty.name} belongs to another take than the motion of its character; press Edit Contacts again."
        )
    curves = {curve.data_path: curve for curve in curves_of(empty)}
    frames = frames_of(take, applied)
    values = np.empty((take.frames, len(CONTACT_POINTS)))
    for k, point in enumerate(CONTACT_POINTS):
        curve = curves.get(_path(point))
        if curve is not None and len(curve.keyframe_points):
            values[:, k] = [curve.evaluate(frame + _INSIDE) for frame in frames.tolist()]
        elif point in empty:
            values[:, k] = float(empty[point])
        else:
            raise PosewrightError(f"{empty.name} has no {point} any more; press Edit Contacts again.")
    return (values > STANDS).astype(np.float32)


def set_contact(empty: Object, points: Iterable[str], start: int, end: int, *, stands: bool) -> None:
    """Let heels and toes (names of ``CONTACT_POINTS``) stand or not from one frame to another, both included."""
    curves = {curve.data_path: curve for curve in curves_of(empty)}
    for point in points:
        curve = curves.get(_path(point))
        if curve is None:
            raise PosewrightError(f"{empty.name} has no keys for {point} any more; press Edit Contacts again.")
        after = curve.evaluate(end + 1 + _INSIDE)
        for key in reversed(list(curve.keyframe_points)):
            if start - _INSIDE <= key.co[0] < end + 1:
                curve.keyframe_points.remove(key, fast=True)
        _insert(curve, start, float(stands))
        _insert(curve, end + 1, float(after > STANDS))
        curve.update()


def frames_of(take: Take, applied: Applied) -> NDArray[np.float64]:
    """Return the frame number (F,) of the timeline at which each frame of the take lies, keyed or left out."""
    times = np.asarray(take.times, np.float64)
    first = float(np.asarray(part_of(take, applied.settings.keys).times, np.float64)[0])
    return key_frames(times - first, applied.fps, applied.frame_start)


def _insert(curve: FCurve, frame: int, value: float) -> None:
    key = curve.keyframe_points.insert(frame, value, options={"FAST"})
    key.interpolation = "CONSTANT"


def _path(point: str) -> str:
    return f'["{point}"]'


def _remove(empty: Object | None) -> None:
    """Remove contacts with the action that belongs to them."""
    if empty is None:
        return
    action = empty.animation_data.action if empty.animation_data is not None else None
    bpy.data.objects.remove(empty)
    if action is not None and action.users == 0:
        bpy.data.actions.remove(action)
