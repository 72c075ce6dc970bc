"""How the feet of a motion turn the feet and toes of a rig. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import about, across, cross, dot, frame, from_frames, multiply, norm, rotate, slerp, unit
from .anatomy import RigBody
from .motion import leg_length
from .smoothing import smoothed
from .soles import sole_of
from .stances import Standing

Array = NDArray[np.float64]

UP: Final = np.array([0.0, 0.0, 1.0])

HEEL_SLOPE: Final = np.radians(-4)
ANKLE_SLOPE: Final = np.radians(-19)
"""Slope of heel -> ball and of ankle -> ball when a foot stands flat: the joints lie above the sole."""

FREE_TILT: Final = np.radians(4)
"""How much of the difference between the slopes of two skeletons' feet is let go while a foot is in the air."""

_MOST_TOE_BEND = np.radians(75)
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
    foot = _rolled(rig, side, joints, standing, foot)
    return foot, toe_turns(rig, side, foot, standing)


def _rolled(rig: RigBody, side: str, joints: dict[str, Array], standing: Standing, foot: Array) -> Array:
    """Return the turns (F,4) of a foot that rolls with its heel as high as the person's in the rig's size.

    A foot that is long for its leg so rolls by less; one without toes rolls over its tip.
    """
    sole, size = sole_of(rig, side), rig.leg_length / (leg_length(joints) or rig.leg_length)
    own = size * float(np.median(norm(joints[f"{side}_foot_index"] - joints[f"{side}_ankle"])))
    length = float(norm(sole.ball - sole.ankle))
    if not rig.has(f"{side}_toe") and len(sole.front):
        length = max(length, float(norm(sole.front - sole.ankle).max()))
    share = min(1.0, own / length)
    forward = rotate(foot, sole.forward)
    pitch = np.arcsin(np.clip(-forward[:, 2], 0, 1))
    less = (1 - share) * (1 - standing.in_air) * pitch
    return multiply(foot, about(np.cross(UP, sole.forward), -less))


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


def bent_up(turns: Array, joint: Array, points: Array, forward: Array, floor: Array) -> Array:
    """Return how far (F,) radians toes, or a rigid foot, must bend up for no point of them to sink into the floor.

    ``turns`` (F,4) are theirs from rest without it, ``joint`` (F,3) is where they bend, ``points`` (N,3) count from
    there at rest, ``forward`` (3,) is where they point at rest, ``floor`` (F,) a height for the lowest of them. They
    bend at most until they lie level.
    """
    angle = np.zeros(len(turns))
    left = rotate(turns, np.cross(UP, forward))
    most = np.clip(np.arcsin(np.clip(-rotate(turns, forward)[:, 2], -1, 1)), 0, _MOST_TOE_BEND)
    for point in points:
        way = rotate(turns, point)
        fixed = dot(way, left)[:, 0] * left[:, 2]
        level, up = way[:, 2] - fixed, -cross(left, way)[:, 2]
        wanted = floor - joint[:, 2] - fixed
        highest = np.arctan2(up, level)
        needed = highest - np.arccos(np.clip(wanted / np.maximum(np.hypot(level, up), 1e-9), -1, 1))
        angle = np.where(way[:, 2] + joint[:, 2] < floor, np.maximum(angle, needed), angle)
    return np.clip(angle, 0, most)
