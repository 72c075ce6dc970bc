"""Hands that meet in the motion meet on the rig, whose shoulders and arms are built otherwise. numpy only."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..maps.parts import SIDES
from ..rotations import across, limited, multiply, norm, rotate, unit
from .anatomy import RigBody
from .hinges import rest_hinge, usual_arm
from .legs import bend_limb, soft_reach

Array = NDArray[np.float64]
Turns = dict[str, Array]

HandMode = Literal["directions", "contacts"]
"""Where hands go: directions: where the arms' directions bring them; contacts: also to each other, while they are near
each other in the motion."""

HAND_MODES: Final[tuple[HandMode, ...]] = get_args(HandMode)

NEAR: Final = 0.3  # metres between the wrists of a person below which they begin to belong together,
TOGETHER: Final = 0.15  # and below which they do
PERSON_ARM: Final = 0.50  # metres from the shoulder to the wrist of the person that these are meant for
MOST_TURN: Final = np.radians(10)
"""How far an upper arm or forearm is turned away from the motion's direction at most."""


@dataclass
class RigArm:
    """An arm of the rig while it moves: shoulder and wrist (F,3), turns (F,4) of upper arm and forearm."""

    side: str
    shoulder: Array
    wrist: Array
    upper: Array
    lower: Array


def can_reach(rig: RigBody, turns: Turns) -> bool:
    """Return whether rig and motion have two arms with elbows."""
    parts = [f"{side}_{part}" for side in SIDES for part in ("upper_arm", "forearm", "hand")]
    return all(rig.has(part) for part in parts) and all(f"{side}_forearm" in turns for side in SIDES)


def hands_together(rig: RigBody, arms: tuple[RigArm, RigArm], joints: dict[str, Array]) -> Turns:
    """Return the turns (F,4) of upper arms and forearms with which hands that are near each other are so on the rig.

    What lies between the wrists is the person's, in the size of the rig's arms; each arm gives half of the difference.
    """
    own = [_arm_length(joints, side) for side in SIDES]
    length = [rig.length(f"{side}_upper_arm") + rig.length(f"{side}_forearm") for side in SIDES]
    apart = joints["left_wrist"] - joints["right_wrist"]
    size = sum(length) / sum(own)
    share = np.clip((NEAR - norm(apart) * 2 * PERSON_ARM / sum(own)) / (NEAR - TOGETHER), 0, 1)
    weight = share**2 * (3 - 2 * share)
    missing = weight[:, None] * (size * apart - (arms[0].wrist - arms[1].wrist)) / 2
    turns: Turns = {}
    for arm, shift in zip(arms, (missing, -missing), strict=True):
        turns |= _reached(rig, arm, arm.wrist + shift)
    return turns


def _arm_length(joints: dict[str, Array], side: str) -> float:
    points = [joints[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")]
    return float(sum(np.median(norm(b - a)) for a, b in pairwise(points)))


def _reached(rig: RigBody, arm: RigArm, wrist: Array) -> Turns:
    """Return the turns of an arm that brings its wrist to a place, as far as little turns do."""
    parts = [f"{arm.side}_{part}" for part in ("upper_arm", "forearm")]
    rest_upper, rest_lower = (rig.direction(part) for part in parts)
    upper, lower = rotate(arm.upper, rest_upper), rotate(arm.lower, rest_lower)
    usual = usual_arm(arm.side, rig.shoulder_line, rig.up, rig.forward)
    hinge = unit(across(rotate(arm.upper, rest_hinge(usual, rest_upper, rest_lower)), upper))
    pieces = [rig.length(part) for part in parts]
    way = wrist - arm.shoulder
    reach = soft_reach(norm(way), norm(arm.wrist - arm.shoulder), sum(pieces))
    first, second = bend_limb(upper, lower, hinge, pieces, unit(way) * reach[:, None])
    found = zip(parts, ((first, arm.upper), (second, arm.lower)), strict=True)
    return {part: multiply(limited(turn, MOST_TURN), own) for part, (turn, own) in found}
