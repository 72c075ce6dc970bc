"""Keyframes: the one place that writes them, for every version of Blender from 4.2 on.

All keys of a curve are written at once (``foreach_set``); inserting them one by one takes time that
grows with the square of the number of frames.
"""

from collections.abc import Callable

import bpy
import numpy as np
from bpy.types import Action, Camera, FCurve, Object, PoseBone
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..rig import BoneMotion
from .channels import rotation_channels

CONSTANT, LINEAR = 0, 1  # Blender's numbers for the interpolation, the same in all versions
SNAP = 0.1  # frames; a time stamp in whole milliseconds is off by less at up to 200 frames/s

NewCurve = Callable[[str, int, str], FCurve]  # data path, array index, group name


def key_motion(obj: Object, motion: BoneMotion, *, name: str, fps: float, start_frame: float = 1.0) -> Action:
    """Give the armature a new action with the keys of a motion, and return the action.

    Keys lie at ``start_frame + seconds * fps``, between frames where the footage's time stamps say so.
    Bones outside the motion get no keys. The action that the armature had stays in the file.
    """
    set_aside_animation(obj, motion.bones)
    action, new_curve = new_action(obj, name)
    writer = KeyWriter(key_frames(motion.times, fps, start_frame))
    for k, bone_name in enumerate(motion.bones):
        bone = obj.pose.bones[bone_name]
        channel, values = rotation_channels(bone.rotation_mode, motion.rotations[:, k])
        writer.write_channel(new_curve, bone, channel, values)
    for bone_name, locations in motion.locations.items():
        writer.write_channel(new_curve, obj.pose.bones[bone_name], "location", locations)
    return action


def key_frames(times: NDArray[np.float64], fps: float, start_frame: float) -> NDArray[np.float64]:
    """Return the frame number of each time in seconds, strictly increasing.

    Times that miss whole frames only by the rounding of time stamps give whole frames; footage of varying
    frame rate keeps its true times, between the frames.
    """
    frames = start_frame + np.asarray(times, np.float64) * fps
    whole = np.round(frames)
    if np.all(np.abs(frames - whole) < SNAP) and np.all(np.diff(whole) > 0):
        return whole
    if np.any(np.diff(frames) <= 0):
        raise PosewrightError("The time stamps of the motion do not increase; capture the clip again with --fps.")
    return frames


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


def new_action(owner: Object | Camera, name: str) -> tuple[Action, NewCurve]:
    """Assign a new, empty action to an object or a camera and return it with a function that adds a curve to it."""
    animation = owner.animation_data_create()
    action = bpy.data.actions.new(name)
    if not hasattr(action, "layers"):  # before Blender 4.4
        action.id_root = owner.id_type
        animation.action = action
        return action, lambda path, index, group: action.fcurves.new(path, index=index, action_group=group)
    slot = action.slots.new(id_type=owner.id_type, name=owner.name)
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


def curves_of(obj: Object) -> list[FCurve]:
    """Return the curves of the object's present action that move it."""
    animation = obj.animation_data
    if animation is None or animation.action is None:
        return []
    action = animation.action
    if not hasattr(action, "layers"):  # before Blender 4.4
        return list(action.fcurves)
    bags = [strip.channelbag(animation.action_slot) for layer in action.layers for strip in layer.strips]
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


class KeyWriter:
    """Fills empty curves with keys at given frames (F,), which increase strictly."""

    def __init__(self, frames: NDArray[np.float64], interpolation: int = LINEAR) -> None:
        self._coordinates = np.empty(2 * len(frames), np.float32)
        self._coordinates[0::2] = frames
        self._interpolation = np.full(len(frames), interpolation, np.int32)

    def write(self, curve: FCurve, values: NDArray[np.float64]) -> None:
        """Give an empty curve its keys, all at once."""
        points = curve.keyframe_points
        points.add(len(self._interpolation))
        self._coordinates[1::2] = values
        points.foreach_set("co", self._coordinates)
        points.foreach_set("interpolation", self._interpolation)
        curve.update()  # or the handles stay at (0, 0)

    def write_channel(self, new_curve: NewCurve, bone: PoseBone, channel: str, values: NDArray[np.float64]) -> None:
        """Add the curves of one channel of a bone, values (F,n)."""
        path = bone.path_from_id(channel)
        for index in range(values.shape[1]):
            self.write(new_curve(path, index, bone.name), values[:, index])


def _with_parents(obj: Object, names: tuple[str, ...]) -> set[PoseBone]:
    found: set[PoseBone] = set()
    for name in names:
        bone = obj.pose.bones[name]
        while bone is not None and bone not in found:
            found.add(bone)
            bone = bone.parent
    return found
