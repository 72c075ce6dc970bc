"""Keyframes: the one place that writes them, for every version of Blender from 4.2 on.

All keys of a curve are written at once (``foreach_set``); inserting them one by one takes time that
grows with the square of the number of frames.
"""

from collections.abc import Callable

import bpy
import numpy as np
from bpy.types import Action, FCurve, Object, PoseBone
from numpy.typing import NDArray

from ..rig import BoneMotion
from .channels import rotation_channels

LINEAR = 1  # Blender's number for the interpolation, the same in all versions

NewCurve = Callable[[str, int, str], FCurve]  # data path, array index, group name


def key_motion(obj: Object, motion: BoneMotion, *, name: str, fps: float, start_frame: float = 1.0) -> Action:
    """Give the armature a new action with the keys of a motion, and return the action.

    Keys lie at ``start_frame + seconds * fps``, between frames where the footage's time stamps say so.
    Bones outside the motion get no keys. The action that the armature had stays in the file.
    """
    set_aside_animation(obj, motion.bones)
    action, new_curve = new_action(obj, name)
    frames = key_frames(motion.times, fps, start_frame)
    for k, bone_name in enumerate(motion.bones):
        bone = obj.pose.bones[bone_name]
        channel, values = rotation_channels(bone.rotation_mode, motion.rotations[:, k])
        _write_channel(new_curve, bone, channel, frames, values)
    for bone_name, locations in motion.locations.items():
        _write_channel(new_curve, obj.pose.bones[bone_name], "location", frames, locations)
    return action


def key_frames(times: NDArray[np.float64], fps: float, start_frame: float) -> NDArray[np.float64]:
    """Return the frame number of each time in seconds; what is a whole frame but for rounding becomes one."""
    frames = start_frame + np.asarray(times, np.float64) * fps
    whole = np.round(frames)
    return np.where(np.abs(frames - whole) < 1e-3, whole, frames)


def set_aside_animation(obj: Object, bones: tuple[str, ...]) -> None:
    """Make sure that nothing but the new action moves the bones; all earlier animation stays in the file.

    The former action is kept by a fake user, NLA tracks are muted, and what they left behind in the
    pose is cleared. Without former animation only the bones that the motion rests on are cleared.
    """
    animation = obj.animation_data
    animated = animation is not None and (animation.action is not None or len(animation.nla_tracks) > 0)
    if animation is not None:
        if animation.action is not None:
            animation.action.use_fake_user = True
            animation.action = None
        for track in animation.nla_tracks:
            track.mute = True
    cleared = set(obj.pose.bones) if animated else _with_parents(obj, bones)
    for bone in cleared:
        bone.matrix_basis.identity()


def new_action(obj: Object, name: str) -> tuple[Action, NewCurve]:
    """Assign a new, empty action to the object and return it with a function that adds a curve to it."""
    animation = obj.animation_data_create()
    action = bpy.data.actions.new(name)
    if not hasattr(action, "layers"):  # before Blender 4.4
        action.id_root = "OBJECT"
        animation.action = action
        return action, lambda path, index, group: action.fcurves.new(path, index=index, action_group=group)
    slot = action.slots.new(id_type="OBJECT", name=obj.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    bag = strip.channelbag(slot, ensure=True)
    animation.action = action
    animation.action_slot = slot  # never left to Blender, which assigns one only if the names agree
    if bpy.app.version >= (5, 0, 0):
        return action, lambda path, index, group: bag.fcurves.new(path, index=index, group_name=group)

    def new_curve(path: str, index: int, group: str) -> FCurve:
        curve = bag.fcurves.new(path, index=index)
        curve.group = bag.groups.get(group) or bag.groups.new(group)
        return curve

    return action, new_curve


def write_keys(curve: FCurve, frames: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Fill an empty curve with linear keys; frames increase strictly."""
    points = curve.keyframe_points
    points.add(len(frames))
    coordinates = np.empty(2 * len(frames), np.float32)
    coordinates[0::2] = frames
    coordinates[1::2] = values
    points.foreach_set("co", coordinates)
    points.foreach_set("interpolation", np.full(len(frames), LINEAR, np.int32))
    curve.update()  # or the handles stay at (0, 0)


def _write_channel(
    new_curve: NewCurve, bone: PoseBone, channel: str, frames: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    path = bone.path_from_id(channel)
    for index in range(values.shape[1]):
        write_keys(new_curve(path, index, bone.name), frames, values[:, index])


def _with_parents(obj: Object, names: tuple[str, ...]) -> set[PoseBone]:
    found: set[PoseBone] = set()
    for name in names:
        bone = obj.pose.bones[name]
        while bone is not None and bone not in found:
            found.add(bone)
            bone = bone.parent
    return found
