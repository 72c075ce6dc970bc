"""Keyframes: the one place that writes them, for every version of Blender from 4.2 on.

All keys of a curve are written at once (``foreach_set``); inserting them one by one takes time that
grows with the square of the number of frames.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.types import Action, Camera, FCurve, Object, PoseBone
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..keys.channels import rotation_channels
from ..keys.reduce import BoneChannels, Tolerance, kept_keys, most_off
from ..keys.settings import Interpolation, KeySettings, resampled
from ..rig import BoneMotion
from ..solver.roots import Travel
from .controls.properties import set_property
from .layers import Layers, action_curves, add_track, off_rest, push_up
from .travel import go_home, home_of, object_channels, object_motion, remember_home

CODES: dict[Interpolation, int] = {"constant": 0, "linear": 1, "bezier": 2}  # the same in all versions
AUTO_CLAMPED = 4
SNAP = 0.1  # frames; a time stamp in whole milliseconds is off by less at up to 200 frames/s
LEG_SHARE = 0.47  # of a character's height
LENGTH_SHARE = (
    0.5  # of the way that a foot makes when the leg turns by the reduction's angle: what locations may be off
)

NewCurve = Callable[[str, int, str], FCurve]  # data path, array index, group name
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Written:
    """What was keyed, and how true it is."""

    action: Action
    keys: int  # key frames of bones: those of one bone lie on the same frames in all its curves
    keys_before: int  # without reduction
    degrees_off: float  # most that a bone's own rotation is off the full motion at any of its frames
    length_off: float  # most that a bone's location is off, armature units


def key_motion(
    obj: Object,
    motion: BoneMotion,
    *,
    name: str,
    fps: float,
    start_frame: float = 1.0,
    keys: KeySettings | None = None,
) -> Action:
    """Give the armature a new action with the keys of a motion, and return the action; see ``write_motion``."""
    return write_motion(obj, motion, keys or KeySettings(), name=name, fps=fps, start_frame=start_frame).action


def write_motion(
    obj: Object,
    motion: BoneMotion,
    keys: KeySettings,
    *,
    name: str,
    fps: float,
    start_frame: float = 1.0,
    properties: Mapping[str, float] | None = None,
    travel: Travel | None = None,
) -> Written:
    """Give the armature a new action with the keys of a motion.

    Keys lie at ``start_frame + seconds * fps``, between frames where the footage's time stamps say so. Bones outside
    the motion get no keys. The action that the armature had stays in the file; with ``keys.nla`` it plays on beneath
    the new one, which lies in a strip on a track of its own. Channels that are locked in the panels are keyed as well:
    Blender's locks hold hands off, not animation. Locations of connected bones have no effect and get no keys.
    ``properties`` (data paths seen from the object, such as switches between IK and FK) are set and get one key at the
    first frame; ``travel`` moves the object itself. ``keys.start`` and ``keys.end`` are for takes (``part_of``) and not
    looked at here.
    """
    home = home_of(obj)
    carrier = None if travel is None else object_motion(obj, travel)
    go_home(obj)
    if keys.rate is not None:
        motion = resampled(motion, keys.rate)
        carrier = carrier and resampled(carrier, keys.rate)
    frames = key_frames(motion.times, fps, start_frame)
    layers = Layers(obj)
    over = keys.nla and layers.found
    if not over:
        set_aside_animation(obj, motion.bones)
    action, new_curve = new_action(obj, keys.name or name)
    slot = getattr(obj.animation_data, "action_slot", None)
    writer = MotionWriter(obj, frames, keys, new_curve)
    for bone, channels in _channels(obj, motion):
        writer.write(bone, channels)
    if carrier is not None:
        writer.write_object(obj, object_channels(obj, carrier))
        remember_home(action, home)
    if over:
        writer.hold_still(layers, _with_parents(obj, motion.bones), frames[:1])
        key_values(obj, writer.paths | {(path, 0) for path in properties or {}}, layers, f"{action.name} around")
    for path, value in (properties or {}).items():
        set_property(obj, path, value)
        KeyWriter(frames[:1], "constant").write(new_curve(path, 0, "Switches"), np.array([value]))
    if keys.nla:
        push_up(obj, action, slot, layers)
    return Written(action, writer.keys, writer.keys_before, float(np.degrees(writer.radians_off)), writer.length_off)


def key_frames(times: Array, fps: float, start_frame: float) -> Array:
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
        animation.use_tweak_mode = False  # while a strip is edited the action cannot be changed
        if animation.action is not None:
            if animation.action.library is None:  # one that is linked stays in its own file
                animation.action.use_fake_user = True
            animation.action = None
        for track in animation.nla_tracks:
            track.mute = True
    clear_pose(obj.pose.bones if animated else _with_parents(obj, bones))


def clear_pose(bones: Iterable[PoseBone]) -> None:
    """Put bones back to rest in their parents."""
    for bone in bones:
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
    return action_curves(animation.action, getattr(animation, "action_slot", None))


def key_values(obj: Object, paths: Collection[tuple[str, int]], layers: Layers, name: str) -> None:
    """Key the present values of channels that nothing else animates, in a strip: or they stay as a strip left them."""
    left = sorted(set(paths) - layers.paths())
    if not left:
        return
    values = [np.atleast_1d(obj.path_resolve(path))[index] for path, index in left]
    action, new_curve = new_action(obj, name)
    writer = KeyWriter(np.zeros(1), "constant")
    for (path, index), value in zip(left, values, strict=True):
        writer.write(new_curve(path, index, "Around"), np.array([value]))
    add_track(obj, action, getattr(obj.animation_data, "action_slot", None), extrapolation="HOLD")


class MotionWriter:
    """Writes the curves of bones, reduced as wished, and remembers how true they are."""

    def __init__(self, obj: Object, frames: Array, keys: KeySettings, new_curve: NewCurve) -> None:
        self._frames, self._settings, self._new_curve = frames, keys, new_curve
        self._whole = KeyWriter(frames, keys.interpolation)
        self._tolerance = _tolerance(obj, keys.reduce_degrees)
        self.paths: set[tuple[str, int]] = set()  # of the curves: data path, array index
        self.keys = self.keys_before = 0
        self.radians_off = self.length_off = 0.0

    def write(self, bone: PoseBone, channels: BoneChannels) -> None:
        """Add the curves of one bone."""
        writer, kept = self._whole, np.ones(len(self._frames), bool)
        if self._tolerance is not None:
            kept = kept_keys(self._frames, channels, self._tolerance, self._settings.interpolation)
            writer = KeyWriter(self._frames[kept], self._settings.interpolation)
            radians, length = most_off(self._frames, channels, kept, self._settings.interpolation)
            self.radians_off, self.length_off = max(self.radians_off, radians), max(self.length_off, length)
        self.keys += int(kept.sum())
        self.keys_before += len(kept)
        self._add(writer, bone, rotation_channel(bone), channels.rotation[kept])
        if channels.location is not None:
            self._add(writer, bone, "location", channels.location[kept])

    def write_object(self, obj: Object, channels: Iterable[tuple[str, Array]]) -> None:
        """Add the curves of the object itself, with all keys."""
        for path, values in channels:
            for index in range(values.shape[1]):
                self._whole.write(self._new_curve(path, index, "Object Transforms"), values[:, index])
                self.paths.add((path, index))

    def hold_still(self, layers: Layers, bones: set[PoseBone], frame: Array) -> None:
        """Give one key of rest to channels of bones that this motion leaves alone and that are moved otherwise."""
        writer = KeyWriter(frame)
        posed = [(bone, channel, index) for bone in bones for channel, index in off_rest(bone)]
        for bone, channel, index in dict.fromkeys([*posed, *layers.animated({bone.name for bone in bones})]):
            path = bone.path_from_id(channel)
            if (path, index) not in self.paths:
                at_rest = bone.bl_rna.properties[channel].default_array[index]
                writer.write(self._new_curve(path, index, bone.name), np.array([at_rest]))
                self.paths.add((path, index))

    def _add(self, writer: "KeyWriter", bone: PoseBone, channel: str, values: Array) -> None:
        writer.write_channel(self._new_curve, bone, channel, values)
        path = bone.path_from_id(channel)
        self.paths |= {(path, index) for index in range(values.shape[1])}


def rotation_channel(bone: PoseBone) -> str:
    """Return the property that turns a bone in its rotation mode."""
    return {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
        bone.rotation_mode, "rotation_euler"
    )


def _channels(obj: Object, motion: BoneMotion) -> Iterable[tuple[PoseBone, BoneChannels]]:
    for k, name in enumerate(motion.bones):
        bone = obj.pose.bones[name]
        connected = bone.bone.use_connect and bone.parent is not None
        _, rotation = rotation_channels(bone.rotation_mode, motion.rotations[:, k])
        yield bone, BoneChannels(bone.rotation_mode, rotation, None if connected else motion.locations.get(name))


def _tolerance(obj: Object, degrees: float | None) -> Tolerance | None:
    """Return what reduction may cost; locations by the length of the character's legs."""
    if degrees is None:
        return None
    heads = np.array([bone.head_local for bone in obj.data.bones], np.float64).reshape(-1, 3)
    height = float(np.ptp(heads, axis=0).max()) or 1.0
    return Tolerance(float(np.radians(degrees)), LENGTH_SHARE * LEG_SHARE * height * float(np.radians(degrees)))


class KeyWriter:
    """Fills empty curves with keys at given frames (F,), which increase strictly."""

    def __init__(self, frames: Array, interpolation: Interpolation = "linear") -> None:
        self._coordinates = np.empty(2 * len(frames), np.float32)
        self._coordinates[0::2] = frames
        self._interpolation = np.full(len(frames), CODES[interpolation], np.int32)
        self._handles = np.full(len(frames), AUTO_CLAMPED, np.int32) if interpolation == "bezier" else None

    def write(self, curve: FCurve, values: Array) -> None:
        """Give an empty curve its keys, all at once."""
        points = curve.keyframe_points
        points.add(len(self._interpolation))
        self._coordinates[1::2] = values
        points.foreach_set("co", self._coordinates)
        points.foreach_set("interpolation", self._interpolation)
        if self._handles is not None:
            curve.auto_smoothing = "NONE"  # as ``keys.curves`` has it; the other one lets keys far away have a say
            points.foreach_set("handle_left_type", self._handles)
            points.foreach_set("handle_right_type", self._handles)
        curve.update()  # or the handles stay at (0, 0)

    def write_channel(self, new_curve: NewCurve, bone: PoseBone, channel: str, values: Array) -> None:
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
