"""Actions, slots and NLA tracks: what animates an object, and a new action on top of it."""

from collections.abc import Iterator

from bpy.types import Action, FCurve, Object, PoseBone

from .controls.dependencies import bone_in_path

CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
AT_REST = 1e-6  # channels that differ by less from their value at rest are there


class Layers:
    """What animates an object before a new action is laid over it."""

    def __init__(self, obj: Object) -> None:
        self._obj = obj
        animation = obj.animation_data
        if animation is not None:
            animation.use_tweak_mode = False  # while a strip is edited the action cannot be changed
        self.action: Action | None = None if animation is None else animation.action
        self.slot = getattr(animation, "action_slot", None)

    @property
    def found(self) -> bool:
        """Whether there is any animation."""
        animation = self._obj.animation_data
        return self.action is not None or (animation is not None and len(animation.nla_tracks) > 0)

    def paths(self) -> set[tuple[str, int]]:
        """Return data path and array index of all that is animated."""
        return {(curve.data_path, curve.array_index) for curve in self._curves()}

    def animated(self, bones: set[str]) -> list[tuple[PoseBone, str, int]]:
        """Return bone, channel and array index of what moves some of these bones."""
        found: dict[tuple[str, str, int], PoseBone] = {}
        for curve in self._curves():
            name, channel = bone_in_path(curve.data_path) or ("", "")
            bone = self._obj.pose.bones.get(name)
            if bone is not None and name in bones and channel in CHANNELS:
                found[name, channel, curve.array_index] = bone
        return [(bone, channel, index) for (_, channel, index), bone in found.items()]

    def _curves(self) -> Iterator[FCurve]:
        if self.action is not None:
            yield from action_curves(self.action, self.slot)
        animation = self._obj.animation_data
        for track in animation.nla_tracks if animation is not None else ():
            for strip in track.strips:
                if strip.action is not None:
                    yield from action_curves(strip.action, getattr(strip, "action_slot", None))


def off_rest(bone: PoseBone) -> list[tuple[str, int]]:
    """Return channel and array index of all by which a bone is posed away from rest."""
    return [
        (channel, index)
        for channel in CHANNELS
        for index, value in enumerate(getattr(bone, channel))
        if abs(value - bone.bl_rna.properties[channel].default_array[index]) > AT_REST
    ]


def push_up(obj: Object, action: Action, slot: object, below: Layers) -> None:
    """Lay the object's new, active action as a strip on a new top track; no action is active afterwards.

    The action that was active before is pushed down beneath it, as Blender's own *Push Down* does: an active action
    lies over all tracks and would hide the strip.
    """
    obj.animation_data.action = None
    if below.action is not None:
        add_track(obj, below.action, below.slot, extrapolation="HOLD")
    add_track(obj, action, slot, extrapolation="NOTHING" if below.found else "HOLD")


def add_track(obj: Object, action: Action, slot: object, *, extrapolation: str) -> None:
    """Put an action as a strip on a new track above the others; it need not be active."""
    begin, end = action.frame_range
    track = obj.animation_data.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, int(begin), action)
    if slot is not None:
        strip.action_slot = slot
    strip.action_frame_start, strip.action_frame_end = begin, end
    strip.frame_end, strip.frame_start = max(end, begin + 1e-3), begin
    strip.extrapolation, strip.blend_type = extrapolation, "REPLACE"


def assign(obj: Object, action: Action) -> None:
    """Make an action the active one of an object that it is made for, whatever its slot is called."""
    animation = obj.animation_data_create()
    animation.action = action
    if hasattr(action, "slots") and animation.action_slot is None:
        suitable = [slot for slot in action.slots if slot.target_id_type in ("OBJECT", "UNSPECIFIED")]
        if suitable:
            animation.action_slot = suitable[0]


def action_curves(action: Action, slot: object) -> list[FCurve]:
    """Return the curves of an action that belong to a slot (None before Blender 4.4)."""
    if not hasattr(action, "layers"):
        return list(action.fcurves)
    if slot is None:
        return []
    bags = [strip.channelbag(slot) for layer in action.layers for strip in layer.strips]
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]
