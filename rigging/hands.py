"""How hands turn, from knuckles at rest and in the motion, and how forearms share their twist. numpy only."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .anatomy import RigBody
from .rotations import conjugate, frame, from_frames, multiply, power, unit

Array = NDArray[np.float64]

INDEX_FINGER: Final = re.compile(r"index|finger\W?2")
LITTLE_FINGER: Final = re.compile(r"pinky|little|small|finger\W?5")
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


def _rest_hand(rig: RigBody, side: str, hinge: Array) -> Array:
    """Return the axes (3,3) of a hand at rest: to the knuckles, from the little finger to the index, and across."""
    wrist = rig.joint(f"{side}_hand")
    index, little = _knuckle(rig, side, INDEX_FINGER), _knuckle(rig, side, LITTLE_FINGER)
    if index is not None and little is not None:
        along, line = (index + little) / 2 - wrist, index - little
        if np.linalg.norm(np.cross(along, line)) > 0.1 * np.linalg.norm(along) * np.linalg.norm(line) > 0:
            return frame(along, line)
    arm = rig.direction(f"{side}_forearm") if rig.has(f"{side}_forearm") else rig.direction(f"{side}_upper_arm")
    return frame(arm, np.cross(hinge, arm))


def _knuckle(rig: RigBody, side: str, name: re.Pattern[str]) -> Array | None:
    """Return where a finger begins (3,): the first bone below the hand that is called so."""
    rest = rig.rest
    hands = {rest.index(bone) for bone in rig.map.bones[f"{side}_hand"]}
    for b, bone in enumerate(rest.bones):
        low = bone.lower()
        if name.search(low) and not INSIDE_THE_PALM.search(low) and hands & set(rest.ancestors(b)):
            return rig.heads[b]
    return None


def forearm_bones(rig: RigBody, side: str) -> list[str]:
    """Return the bones from elbow to wrist: those of the part, and those between them and the hand."""
    bones = list(rig.map.bones.get(f"{side}_forearm", ()))
    hand = rig.map.first(f"{side}_hand")
    if not bones or hand is None:
        return bones
    above = [rig.rest.bones[b] for b in rig.rest.ancestors(rig.rest.index(hand))]
    if bones[-1] in above:
        bones += above[: above.index(bones[-1])][::-1]
    return bones


def twisted(forearm: Array, hand: Array, axis: Array, count: int) -> list[Array]:
    """Return the turns (F,4) of a forearm's bones, which share the hand's twist about the forearm.

    ``forearm`` and ``hand`` (F,4) are turns from rest, ``axis`` (3,) the forearm's direction at rest. Bones near the
    wrist take more of the twist than bones near the elbow, a single one half of it.
    """
    swing_twist = multiply(conjugate(forearm), hand)
    sign = np.where(swing_twist[..., :1] < 0, -1.0, 1.0)
    along = sign[..., 0] * (swing_twist[..., 1:] @ axis)
    twist = unit(np.concatenate([sign * swing_twist[..., :1], along[..., None] * axis], -1))
    return [multiply(forearm, power(twist, (k + 0.5) / count)) for k in range(count)]
