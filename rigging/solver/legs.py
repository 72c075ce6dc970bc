"""Limbs of two bones: bend knee and hip, or elbow and shoulder, so that the end comes to a place. numpy only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import about, across, between, cross, dot, multiply, norm, rotate, unit

Array = NDArray[np.float64]

FREE: Final = 0.99
"""Share of the whole leg up to which it stretches freely; the knee is bent by 16 degrees there."""

MOST: Final = 0.998
"""The most that a leg is stretched to; it keeps a bend of 7 degrees, below which knees snap."""

_MOST_BEND = np.radians(155)
_BACKWARDS = 0.01  # of the leg: after so much change of length a knee that was bent backwards is not any more


def soft_reach(length: Array, own: Array, whole: float) -> Array:
    """Return how long (F,) a leg may become that should be ``length`` (F,) long and is ``own`` (F,) long.

    Towards the whole leg it gives way smoothly (soft IK); a leg that is already longer than that keeps its length.
    """
    free, rest = FREE * whole, (MOST - FREE) * whole
    soft = np.where(length > free, free + rest * (1 - np.exp(-np.maximum(length - free, 0) / rest)), length)
    return np.minimum(length, np.maximum(soft, own))


def bend_limb(upper: Array, lower: Array, axis: Array, pieces: list[float], target: Array) -> tuple[Array, Array]:
    """Return the turns (F,4) that both bones need beyond their own for the end of the limb to reach a target.

    ``upper`` and ``lower`` (F,3) are the directions of the bones, ``axis`` (F,3) the hinge between them at right angles
    to ``upper``, ``pieces`` the two lengths, ``target`` (F,3) goes from hip or shoulder to ankle or wrist. The joint
    bends about its own hinge (law of cosines), then the whole limb swings the shortest way: its plane stays.
    """
    a, b = pieces
    now = norm(a * upper + b * lower)
    inside = across(lower, axis)
    breadth = norm(inside)
    angle = np.arctan2(dot(cross(upper, inside), axis)[:, 0], dot(upper, inside)[:, 0])
    wanted = norm(target)
    bend = np.arccos(np.clip((wanted**2 - a**2 - b**2) / (2 * a * b * breadth), np.cos(_MOST_BEND), 1))
    kept = np.maximum(0, 1 - np.abs(wanted - now) / (_BACKWARDS * (a + b)))
    knee = about(axis, bend + 2 * kept * np.minimum(angle, 0) - angle)
    leg = a * upper + b * rotate(knee, lower)
    swing = between(unit(leg), unit(target))
    return swing, multiply(swing, knee)
