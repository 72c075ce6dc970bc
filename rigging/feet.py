"""When the feet of a motion stand, and how they turn the feet and toes of a rig. numpy only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..core.skeleton import CONTACT_POINTS
from ..core.take import Take
from .anatomy import SIDES, RigBody
from .hinges import smoothed
from .rotations import about, across, dot, frame, from_frames, rotate, slerp, unit

Array = NDArray[np.float64]

UP = np.array([0.0, 0.0, 1.0])

HEEL_SLOPE: Final = np.radians(-4)
ANKLE_SLOPE: Final = np.radians(-19)
"""Slope of heel -> ball and of ankle -> ball when a foot stands flat: the joints lie above the sole."""

_SLOW = 0.25  # metres a second: a ball of the foot slower than this and low may stand
_LOW = 0.05  # metres over the lowest heights of the same foot
_MOST_TOE_BEND = np.radians(60)


@dataclass
class Standing:
    """How much (0..1) the heel and the ball of a foot stand in each frame."""

    heel: Array  # (F,)
    ball: Array  # (F,)
    ankle_height: float  # metres over the floor, when it stands


def standing_feet(take: Take, joints: dict[str, Array]) -> dict[str, Standing]:
    """Return how the feet stand, from the take's contacts or, without them, from speed and height."""
    feet = {}
    for side in SIDES:
        if f"{side}_ankle" in joints:
            feet[side] = _standing(take, joints, side)
    return feet


def foot_turns(
    rig: RigBody, side: str, joints: dict[str, Array], standing: Standing, shin: Array, hinge: Array
) -> tuple[Array, Array]:
    """Return the turns (F,4) of foot and toe from rest, in world axes.

    A standing foot lies on its sole whatever the slopes of the two skeletons' feet; ``shin`` (F,3) is
    the direction knee to ankle, ``hinge`` (F,3) the axis of the knee: they hold the foot in the air.
    """
    ball = joints[f"{side}_foot_index"]
    forward = unit(ball - joints[f"{side}_ankle"])
    rest_forward = rig.foot_direction(side)
    rest_left = unit(np.cross(UP, rest_forward))
    flat = standing.heel[:, None]
    up = unit(flat * UP - (1 - flat) * shin)
    left = unit(across(np.cross(up, forward) + 0.3 * hinge, forward))
    slope = ANKLE_SLOPE
    if f"{side}_heel" in joints:
        sole = unit(across(unit(ball - joints[f"{side}_heel"]), left))
        slope = HEEL_SLOPE - float(np.median(np.arccos(np.clip((sole * forward).sum(-1), -1, 1))))
    tilt = float(np.arcsin(rest_forward[2])) - slope
    forward = rotate(about(left, np.full(len(left), -tilt)), forward)
    foot = from_frames(frame(rest_forward, rest_left), frame(forward, left))
    return foot, _toe_turns(rest_forward, rest_left, forward, left, foot, standing.ball)


def _toe_turns(rest_forward: Array, rest_left: Array, forward: Array, left: Array, foot: Array, stands: Array) -> Array:
    """Return the turns of the toes: flat on the floor while the ball stands and the heel is up, else with the foot."""
    level = unit(across(forward, UP))
    rest_level = unit(across(rest_forward, UP))
    flat = from_frames(frame(rest_level, np.cross(UP, rest_level)), frame(level, np.cross(UP, level)))
    angle = 2 * np.arccos(np.clip(np.abs((foot * flat).sum(-1)), 0, 1))
    lifted = forward[:, 2] < rest_forward[2]  # the heel is higher than at rest: the toes bend up
    upright = np.clip(dot(level, forward)[:, 0] / 0.3, 0, 1)
    share = stands * lifted * upright * np.minimum(1.0, _MOST_TOE_BEND / np.maximum(angle, 1e-9))
    return slerp(foot, flat, smoothed(share, np.ones_like(share), 1.0))


def _standing(take: Take, joints: dict[str, Array], side: str) -> Standing:
    ankle = joints[f"{side}_ankle"]
    ball = joints.get(f"{side}_foot_index")
    if take.contacts is not None and take.contacts.shape == (len(ankle), 4):
        contacts = np.nan_to_num(take.contacts.astype(np.float64))
        heel_down, ball_down = (contacts[:, CONTACT_POINTS.index(f"{side}_{part}")] for part in ("heel", "toe"))
    else:
        ball_down = _slow_and_low(ankle if ball is None else ball, take.fps)
        heel_down = ball_down if ball is None else ball_down * _slow_and_low(ankle, take.fps)
    if take.frames > 2:
        heel_down, ball_down = (smoothed(w, np.ones_like(w), 0.5) for w in (heel_down, ball_down))
    flat = (heel_down > 0.5) & (ball_down > 0.5)
    height = float(np.median(ankle[flat, 2])) if flat.sum() >= 3 else float(np.percentile(ankle[:, 2], 5))
    return Standing(heel_down, ball_down, height)


def _slow_and_low(path: Array, fps: float) -> Array:
    if len(path) < 3:
        return np.zeros(len(path))
    speed = np.linalg.norm(np.gradient(path, 1 / fps, axis=0), axis=-1)
    height = path[:, 2] - np.percentile(path[:, 2], 5)
    return np.clip(2 - speed / _SLOW, 0, 1) * np.clip(2 - height / _LOW, 0, 1)
