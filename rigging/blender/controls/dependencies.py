"""Which bones of an armature move which others, as parents, constraints and drivers say in its present state."""

import re
from collections.abc import Iterable
from typing import Any

import bpy
from bpy.types import Constraint, Object, PoseBone

REPLACING = frozenset(
    (
        "ACTION",
        "COPY_LOCATION",
        "COPY_ROTATION",
        "COPY_TRANSFORMS",
        "DAMPED_TRACK",
        "FOLLOW_PATH",
        "IK",
        "LOCKED_TRACK",
        "SPLINE_IK",
        "STRETCH_TO",
        "TRACK_TO",
        "TRANSFORM",
    )
)
"""Kinds of constraints that can move a bone away from its keys."""

COMPOSING = frozenset(("ARMATURE", "CHILD_OF"))
"""Kinds of constraints that carry a bone and keep its keys: spaces of a control, or what drives a deforming bone."""

CHAINED = frozenset(("IK", "SPLINE_IK"))
"""Kinds of constraints that also move the bones above their own."""

_HELD = 0.999  # influence from which nothing of the keys is left
_BONE = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)*)"\]\.?(.*)$')
_CHANNELS = ("location", "rotation", "scale", "matrix")


class Dependencies:
    """What a bone's pose depends on, in the state that the evaluated armature is in."""

    def __init__(self, obj: Object, evaluated: Object) -> None:
        self.sources: dict[str, set[str]] = {bone.name: set() for bone in evaluated.pose.bones}
        self.held: set[str] = set()
        """Bones whose keys show in nothing."""
        self.stretched: set[str] = set()
        """Bones that IK makes longer or shorter."""
        for bone in evaluated.pose.bones:
            if bone.parent is not None:
                self.sources[bone.name].add(bone.parent.name)
            for constraint in bone.constraints:
                if not constraint.mute and constraint.influence > 0.0:
                    self._constrain(bone, constraint, evaluated, obj)
        self._read_drivers(obj)

    def above(self, bones: Iterable[str]) -> set[str]:
        """Return the bones that move some of the given ones, and these themselves."""
        return _reached(bones, self.sources)

    def below(self) -> dict[str, set[str]]:
        """Return bone -> bones that depend on it directly."""
        followers: dict[str, set[str]] = {bone: set() for bone in self.sources}
        for bone, sources in self.sources.items():
            for source in sources:
                followers[source].add(bone)
        return followers

    def followers(self, bones: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return for each of the given bones everything that depends on it, itself included."""
        below = self.below()
        return {bone: frozenset(_reached([bone], below)) for bone in bones}

    def _constrain(self, bone: PoseBone, constraint: Constraint, evaluated: Object, obj: Object) -> None:
        moved = [bone.name]
        if constraint.type in CHAINED:
            above = [parent.name for parent in bone.parent_recursive]
            count = getattr(constraint, "chain_count", 0)
            use_tail = getattr(constraint, "use_tail", True)
            start = [] if use_tail else above[:1]
            moved = [*moved, *(above if count == 0 else above[: count - 1]), *start]
            if getattr(constraint, "use_stretch", False):
                self.stretched |= {name for name in moved if evaluated.pose.bones[name].ik_stretch > 0}
        targets = _targets(constraint, (evaluated, obj)) & self.sources.keys()
        for name in moved:
            self.sources[name] |= (targets | set(moved)) - {name}
        replaces = constraint.type in REPLACING or (constraint.type in COMPOSING and bone.bone.use_deform)
        if replaces and constraint.influence >= _HELD and not _adds(constraint):
            self.held.update(moved)

    def _read_drivers(self, obj: Object) -> None:
        drivers = obj.animation_data.drivers if obj.animation_data else ()
        for curve in drivers:
            driven = bone_in_path(curve.data_path)
            if driven is None or driven[0] not in self.sources:
                continue
            name, channel = driven
            sources = {source for variable in curve.driver.variables for source in _moving_sources(variable, obj)}
            self.sources[name] |= (sources & self.sources.keys()) - {name}
            if channel.startswith(_CHANNELS):
                self.held.add(name)


def bone_in_path(path: str) -> tuple[str, str] | None:
    """Return the bone that a data path begins with and what follows it, or None."""
    found = _BONE.match(path)
    return None if found is None else (bpy.utils.unescape_identifier(found[1]), found[2])


def _reached(start: Iterable[str], edges: dict[str, set[str]]) -> set[str]:
    found = set(start)
    waiting = list(found)
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _targets(constraint: Constraint, own: tuple[Object, Object]) -> set[str]:
    """Return the bones of the same armature that a constraint looks at."""
    found: set[str] = set()
    if constraint.type == "ARMATURE":
        found = {target.subtarget for target in constraint.targets if target.target in own and target.weight > 0}
    for target, name in (("target", "subtarget"), ("pole_target", "pole_subtarget")):
        if getattr(constraint, target, None) in own and getattr(constraint, name, ""):
            found.add(getattr(constraint, name))
    if constraint.type == "SPLINE_IK" and constraint.target is not None:
        hooks = [m for m in constraint.target.modifiers if m.type == "HOOK" and m.object in own]
        found |= {hook.subtarget for hook in hooks}
    return found


def _adds(constraint: Constraint) -> bool:
    """Return whether a constraint adds to what the keys say."""
    if constraint.type == "COPY_LOCATION":
        return constraint.use_offset
    return getattr(constraint, "mix_mode", "REPLACE") not in ("REPLACE",)


def _moving_sources(variable: Any, obj: Object) -> Iterable[str]:
    for target in variable.targets:
        if target.id != obj:
            continue
        if variable.type != "SINGLE_PROP":
            yield target.bone_target
            continue
        source = bone_in_path(target.data_path)
        if source is not None and source[1].startswith(_CHANNELS):
            yield source[0]
