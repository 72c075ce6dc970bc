"""How the feet of a motion turn the feet and toes of a rig. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import about, across, cross, dot, frame, from_frames, rotate, slerp, unit
from .anatomy import RigBody
from .smoothing import smoothed
from .stances import Standing

Array = NDArray[np.float64]

UP: Final = np.array([0.0, 0.0, 1.0])

HEEL_SLOPE: Final = np.radians(-4)
ANKLE_SLOPE: Final = np.radians(-19)
"""Slope of heel -> ball and of ankle -> ball when a foot stands flat: the joints lie above the sole."""

FREE_TILT: Final = np.radians(4)
"""How much of the difference between the slopes of two skeletons' feet is let go while a foot is in the air."""

_MOST_TOE_BEND = np.radians(60)
_HEEL_UP = np.sin(np.radians(5))  # from this pitch of the sole on, toes stay wholly on the floor


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
    left = unit(across(cross(up, forward) + 0.3 * hinge, forward))
    slope = ANKLE_SLOPE
    if f"{side}_heel" in joints:
        sole = unit(across(unit(ball - joints[f"{side}_heel"]), left))
        slope = HEEL_SLOPE - float(np.median(np.arccos(np.clip((sole * forward).sum(-1), -1, 1))))
    tilt = float(np.arcsin(rest_forward[2])) - slope
    kept = tilt - standing.in_air * np.clip(tilt, -FREE_TILT, FREE_TILT)
    forward = rotate(about(left, -kept), forward)
    foot = from_frames(frame(rest_forward, rest_left), frame(forward, left))
    return foot, toe_turns(rig, side, foot, standing)


def toe_turns(rig: RigBody, side: str, foot: Array, standing: Standing) -> Array:
    """Return the turns (F,4) of the toes for those of the foot.

    They lie flat on the floor while the ball stands and the heel is up, and go with the foot otherwise.
    """
    rest_level = unit(across(rig.foot_direction(side), UP))  # the sole, not the bone, which may be steep
    forward = rotate(foot, rest_level)
    level = unit(across(forward, UP))
    flat = from_frames(frame(rest_level, np.cross(UP, rest_level)), frame(level, cross(UP, level)))
    angle = 2 * np.arccos(np.clip(np.abs(dot(foot, flat)[:, 0]), 0, 1))
    heel_up = np.clip(-forward[:, 2] / _HEEL_UP, 0, 1)
    upright = np.clip(dot(level, forward)[:, 0] / 0.3, 0, 1)
    share = standing.ball * heel_up * upright * np.minimum(1.0, _MOST_TOE_BEND / np.maximum(angle, 1e-9))
    return slerp(foot, flat, smoothed(share, np.ones_like(share), 1.0))
