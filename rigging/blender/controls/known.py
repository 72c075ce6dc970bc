"""What was found out about rigs with controls, kept while Blender runs: trying all controls takes half a second.

It is looked up by everything that it could depend on, as far as that can be read quickly, and each use is checked on
the rig itself (``fitting.fit``): what does not hold any more is found out again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from bpy.types import Constraint, Object

from ...controls.conversion import ControlRig
from ...rig import RigMap, RigRest
from .switches import State, switches_of

MOST: Final = 8  # rigs
RELIABLE: Final = 0.1  # degrees

_CONSTRAINT: Final = (
    "name",
    "type",
    "subtarget",
    "pole_subtarget",
    "pole_angle",
    "chain_count",
    "use_tail",
    "use_stretch",
    "use_offset",
    "mix_mode",
    "owner_space",
    "target_space",
    "head_tail",
)
_BONE: Final = ("lock_rotation", "lock_location", "ik_stiffness_x", "lock_ik_x", "lock_ik_y", "lock_ik_z")


@dataclass
class Found:
    """The controls of a rig, and what must be set for them to move it; nothing of it belongs to a scene."""

    rig: ControlRig
    properties: dict[str, float]  # as ``driving.Driven`` has them, and so on
    settings: dict[str, float]
    notes: list[str]
    upstream: tuple[str, ...]
    error: float | None = None  # most degrees by which bones were off when a motion was checked

    @property
    def is_reliable(self) -> bool:
        """Whether every motion comes out as the checked ones did: where no IK has to reach for anything."""
        return self.error is not None and self.error < RELIABLE and not self.rig.goals


_found: dict[str, Found] = {}  # by ``key_of``


def recall(key: str) -> Found | None:
    """Return what was found out, or None."""
    return _found.get(key)


def remember(key: str, found: Found) -> None:
    """Keep what was found out; of many the oldest goes."""
    _found.pop(key, None)
    while len(_found) >= MOST:
        _found.pop(next(iter(_found)))
    _found[key] = found


def forget() -> None:
    """Let go of everything."""
    _found.clear()


def key_of(obj: Object, rest: RigRest, rig_map: RigMap, wanted: State) -> str:
    """Return what tells rigs apart, and what is asked of them."""
    digest = hashlib.sha1(usedforsecurity=False)
    for part in _parts(obj, rest, rig_map, wanted):
        digest.update(repr(part).encode())
    for array in (rest.parents, rest.rest, rest.lengths, rest.deform, rest.connected, rest.inherit_rotation):
        digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _parts(obj: Object, rest: RigRest, rig_map: RigMap, wanted: State) -> Iterator[Any]:
    yield obj.name, wanted, rest.bones, sorted(rig_map.bones.items())
    drivers = obj.animation_data.drivers if obj.animation_data else ()
    driven = {curve.data_path for curve in drivers}
    for curve in drivers:
        variables = [
            (v.name, v.type, [(_name(t.id), t.data_path, t.bone_target, t.transform_type) for t in v.targets])
            for v in curve.driver.variables
        ]
        yield curve.data_path, curve.array_index, curve.mute, curve.driver.type, curve.driver.expression, variables
    for bone in obj.pose.bones:
        yield bone.custom_shape is not None, [_plain(getattr(bone, name)) for name in _BONE]
        for constraint in bone.constraints:
            yield bone.name, _constraint(constraint, driven, bone.path_from_id())
    for switch in switches_of(obj):
        told = (switch.known(wanted), switch.known_pole(), switch.known_stretch())
        owner = obj if switch.bone is None else obj.pose.bones[switch.bone]
        yield switch, owner[switch.name] if told == (None, None, None) else told


def _constraint(constraint: Constraint, driven: set[str], bone: str) -> list[Any]:
    """Return what a constraint does, but for what drivers say of it."""
    values = [getattr(constraint, name, None) for name in _CONSTRAINT]
    for name in ("target", "pole_target"):
        values.append(_name(getattr(constraint, name, None)))
    if constraint.type == "ARMATURE":
        values += [(_name(target.target), target.subtarget) for target in constraint.targets]
    path = f'{bone}.constraints["{constraint.name}"].'
    values += [getattr(constraint, name) for name in ("mute", "influence") if path + name not in driven]
    return values


def _name(owner: Any) -> str | None:
    return None if owner is None else owner.name_full


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | float) else tuple(value)
