"""Twist shared along limbs, so that no joint is wrung: bones in the chain and helper bones beside it. numpy only.

An upper arm turns about itself from the shoulder on, a forearm up to the wrist. One bone can have one twist only; where
a rig has several bones along a limb, in the chain or beside it, each takes its share by where along the limb it lies.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...core.spans import runs
from ..maps.parts import SIDES
from ..rotations import about, conjugate, multiply, unit
from .anatomy import NEXT_PART, RigBody

Array = NDArray[np.float64]
Turns = dict[str, Array]

UNCERTAIN: Final = 0.15
"""Squared cosine of half the swing below which a twist cannot be told from the swing and is not shared any more."""

_ABOVE: Final = {"upper_arm": ("clavicle", "chest"), "thigh": ("hips",)}
_BELOW: Final = {"forearm": "hand", "shin": "foot"}


@dataclass(frozen=True)
class _Bone:
    """A bone along a limb, where it and the next one begin, from 0 to 1, and what it twists about at rest.

    A bone in the chain twists about its own line to the next one, which so stays where it is.
    """

    name: str
    start: float
    stop: float
    in_chain: bool
    axis: Array  # (3,)

    def twisted(self, turn: Array, angle: Array) -> Array:
        """Return the turn (F,4) of the bone in a limb that turns, with a twist (F,) radians before it."""
        return multiply(turn, about(self.axis, angle))

    @property
    def middle(self) -> float:
        return (self.start + self.stop) / 2


def shared_twists(rig: RigBody, turns: Turns, cores: Collection[str]) -> Turns:
    """Return bone -> world turn (F,4) from rest for the bones along upper arms, forearms, thighs and shins.

    Parts other than ``cores`` are left out. ``turns`` are those of the parts. The bones of upper arms and thighs go
    from no twist against the trunk to that of elbow and knee; those of forearms and shins from there to that of hand
    and foot. A single bone of an upper arm or a leg keeps the hinge below it, a single forearm takes half of the
    hand's twist.
    """
    found: Turns = {}
    for side in SIDES:
        for core, above in ((core, names) for core, names in _ABOVE.items() if core in cores):
            carrier = next((turns[name] for name in (f"{side}_{above[0]}", *above) if name in turns), None)
            found |= _from_above(rig, turns, f"{side}_{core}", carrier)
        for core, below in ((core, name) for core, name in _BELOW.items() if core in cores):
            found |= _to_below(rig, turns, f"{side}_{core}", turns.get(f"{side}_{below}"))
    return found


def _from_above(rig: RigBody, turns: Turns, part: str, carrier: Array | None) -> Turns:
    bones, turn = _along(rig, part), turns.get(part)
    if turn is None or carrier is None or len(bones) < 2:
        return {}
    twist = twist_angle(multiply(conjugate(carrier), turn), rig.direction(part))
    shares = [(bone, bone.stop if bone.in_chain else bone.middle) for bone in _split(bones)]
    return {bone.name: bone.twisted(turn, (share - 1) * twist) for bone, share in shares}


def _to_below(rig: RigBody, turns: Turns, part: str, end: Array | None) -> Turns:
    bones, turn = _along(rig, part), turns.get(part)
    is_leg = part.endswith("shin")
    if turn is None or end is None or not bones or (is_leg and len(bones) < 2):
        return {}
    twist = twist_angle(multiply(conjugate(turn), end), rig.direction(part))
    shares = [(bone, bone.start if is_leg and bone.in_chain else bone.middle) for bone in bones]
    return {bone.name: bone.twisted(turn, share * twist) for bone, share in shares}


def twist_angle(turns: Array, axis: Array) -> Array:
    """Return the angles (F,) by which turns (F,4) twist about an axis (3,), without jumps.

    The twist of a swing by nearly half a turn means nothing: the angle goes to 0 there.
    """
    along = turns[:, 1:] @ axis
    certainty = np.clip((turns[:, 0] ** 2 + along**2) / UNCERTAIN, 0, 1)
    angle = np.unwrap(2 * np.arctan2(along, turns[:, 0]))
    for start, stop in runs(certainty > 0):
        angle[start:stop] -= 2 * np.pi * np.round(np.median(angle[start:stop]) / (2 * np.pi))
    return certainty**2 * (3 - 2 * certainty) * angle


def chain_bones(rig: RigBody, part: str) -> list[str]:
    """Return the bones from the joint of a part to that of the next: those of the part, and those between.

    A bone between that a constraint holds, while none holds the part itself, has a rig's own way to turn: left out.
    """
    side, core = part.split("_", 1)
    bones = list(rig.map.bones.get(part, ()))
    follower = next((rig.map.first(f"{side}_{name}") for name in NEXT_PART[core] if rig.has(f"{side}_{name}")), None)
    if not bones or follower is None:
        return bones
    above = [rig.rest.bones[b] for b in rig.rest.ancestors(rig.rest.index(follower))]
    between = above[: above.index(bones[-1])][::-1] if bones[-1] in above else []
    return bones + [bone for bone in between if _is_held(rig, bones[0]) or not _is_held(rig, bone)]


def _along(rig: RigBody, part: str) -> list[_Bone]:
    """Return the bones along a limb in their order from its root, each up to where the next one begins."""
    chain = chain_bones(rig, part)
    held = bool(chain) and _is_held(rig, chain[0])
    beside = [bone for bone in rig.map.bones.get(f"{part}_twist", ()) if held or not _is_held(rig, bone)]
    if not chain:
        return []
    joint, direction = rig.joint(part), rig.direction(part)
    length = max(rig.length(part), 1e-9)
    places = [float(np.clip((_head(rig, b) - joint) @ direction / length, 0, 1)) for b in chain + beside]
    points = [*(_head(rig, bone) for bone in chain), joint + length * direction]
    ways = [b - a for a, b in pairwise(points)] + [direction] * len(beside)
    order = np.argsort(places, kind="stable")
    stops = [*(places[i] for i in order[1:]), 1.0]
    return [
        _Bone((chain + beside)[i], places[i], stop, bool(i < len(chain)), unit(ways[i]))
        for i, stop in zip(order, stops, strict=True)
    ]


def _split(bones: list[_Bone]) -> list[_Bone]:
    """Return the bones with those in the chain up to the next one in the chain, whatever hangs beside it."""
    chain = [bone for bone in bones if bone.in_chain]
    stops = {bone.name: after.start for bone, after in pairwise(chain)} | {chain[-1].name: 1.0}
    return [replace(bone, stop=stops.get(bone.name, bone.stop)) for bone in bones]


def _head(rig: RigBody, bone: str) -> Array:
    return rig.heads[rig.rest.index(bone)]


def _is_held(rig: RigBody, bone: str) -> bool:
    return rig.rest.is_held(rig.rest.index(bone))
