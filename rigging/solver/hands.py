"""How hands turn, from knuckles at rest and in the motion. numpy only."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import frame, from_frames
from .anatomy import RigBody

Array = NDArray[np.float64]

INDEX_FINGER: Final = re.compile(r"index|finger\W?2")
LITTLE_FINGER: Final = re.compile(r"pinky|little|small|finger\W?5")
SAME_PLACE: Final = 0.02  # of the upper arm
INSIDE_THE_PALM: Final = re.compile(r"palm|carpal")


def hand_turn(rig: RigBody, joints: dict[str, Array], side: str, hinge: Array) -> Array | None:
    """Return the turn (F,4) of a hand from rest, or None when rig or motion do not have it.

    A rig without fingers is taken to rest with its palm half-way between up and down, where ``hinge`` (3,), the elbow's
    axis at rest, stands upright on the palm.
    """
    names = [f"{side}_{part}" for part in ("wrist", "index_1", "pinky_1")]
    if not rig.has(f"{side}_hand") or any(name not in joints for name in names):
        return None
    wrist, index, little = (joints[name] for name in names)
    return from_frames(_rest_hand(rig, side, hinge), frame((index + little) / 2 - wrist, index - little))


def palm(rig: RigBody, side: str) -> Array | None:
    """Return the axes (3,3) of a hand at rest: to the knuckles, from the little finger to the index, and across.

    None where the rig has no such fingers.
    """
    wrist = rig.joint(f"{side}_hand")
    index, little = knuckle(rig, side, "index", INDEX_FINGER), knuckle(rig, side, "pinky", LITTLE_FINGER)
    if index is None or little is None:
        return None
    along, line = (index + little) / 2 - wrist, index - little
    if np.linalg.norm(np.cross(along, line)) <= 0.1 * np.linalg.norm(along) * np.linalg.norm(line):
        return None
    return frame(along, line)


def palms_beside(rig: RigBody, side: str) -> list[str]:
    """Return the bones that begin where the hand does and hang as it does: rigs may have several for one hand."""
    if not rig.has(f"{side}_hand"):
        return []
    rest, hand = rig.rest, rig.index(f"{side}_hand")
    mapped = {bone for bones in rig.map.bones.values() for bone in bones}
    near = SAME_PLACE * rig.length(f"{side}_upper_arm")
    return [
        bone
        for b, bone in enumerate(rest.bones)
        if rest.parents[b] == rest.parents[hand] >= 0
        and np.linalg.norm(rig.heads[b] - rig.heads[hand]) < near
        and bone not in mapped
        and not rest.is_held(b)
    ]


def _rest_hand(rig: RigBody, side: str, hinge: Array) -> Array:
    axes = palm(rig, side)
    if axes is not None:
        return axes
    arm = rig.direction(f"{side}_forearm") if rig.has(f"{side}_forearm") else rig.direction(f"{side}_upper_arm")
    return frame(arm, np.cross(hinge, arm))


def knuckle(rig: RigBody, side: str, finger: str, name: re.Pattern[str]) -> Array | None:
    """Return where a finger begins (3,): its first bone in the map, or below the hand the first that is called so."""
    if rig.has(f"{side}_{finger}"):
        return rig.joint(f"{side}_{finger}")
    rest = rig.rest
    hands = {rest.index(bone) for bone in rig.map.bones[f"{side}_hand"]}
    for b, bone in enumerate(rest.bones):
        low = bone.lower()
        if name.search(low) and not INSIDE_THE_PALM.search(low) and hands & set(rest.ancestors(b)):
            return rig.heads[b]
    return None
