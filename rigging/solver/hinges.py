"""Which way elbows and knees bend: the twist of a limb, also while it is straight. numpy only.

The bend of a limb shows its hinge axis only while it is bent. The axis is followed in time as an
angle around the limb, measured from a frame that is carried along the limb's direction without
twisting (parallel transport, Bishop 1975). Evidence from the bend, weighted by how far the limb is
bent, a weak prior (how arms and knees usually bend), and a penalty on sudden change give a linear
least squares problem in the unit circle, so that straight phases keep the plane of their neighbours.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import across, between, conjugate, cross, dot, rotate, running_product, unit
from .smoothing import REFERENCE_FPS, smoothed

Array = NDArray[np.float64]

PRIOR_WEIGHT: Final = 0.03  # against sin^2 of the bend: about what 10 degrees of bend weigh, which may be noise
REST_PRIOR_WEIGHT: Final = 0.005  # the same for a rest pose, which was drawn and not measured: 4 degrees
CHANGE_WEIGHT: Final = 1.0  # at 30 frames a second: a straight limb keeps its plane for some 6 frames


@dataclass(frozen=True)
class UsualHinge:
    """How a limb usually bends, in the axes of its trunk at rest: a direction and the hinge axis there."""

    direction: Array  # (3,)
    axis: Array  # (3,) at right angles to direction

    def at(self, directions: Array) -> Array:
        """Return the hinge axes (...,3) of limbs that point along ``directions`` (...,3)."""
        return rotate(between(self.direction, directions), self.axis)


def usual_arm(side: str, left: Array, up: Array, forward: Array) -> UsualHinge:
    """Return how an arm bends: half-way hanging, its elbow brings the forearm to the front."""
    outward = left if side == "left" else -left
    direction = unit(outward - up)
    return UsualHinge(direction, unit(np.cross(direction, forward)))


def usual_leg(up: Array, forward: Array) -> UsualHinge:
    """Return how a leg bends: hanging, its knee brings the shin to the back."""
    return UsualHinge(-up, unit(np.cross(forward, -up)))


def rest_hinge(usual: UsualHinge, upper: Array, lower: Array) -> Array:
    """Return the hinge axis (3,) of a limb at rest from its directions and how such limbs usually bend.

    A rest pose that is clearly bent, the usual way, says it itself.
    """
    axis = usual.at(upper)
    bend = np.cross(upper, lower)
    if float(bend @ axis) <= 0:
        return axis
    return unit(REST_PRIOR_WEIGHT * axis + float(bend @ bend) * unit(bend))


def follow_hinge(
    usual: UsualHinge, upper: Array, lower: Array, trunk: Array, fps: float, hint: Array | None = None
) -> Array:
    """Return the hinge axes (F,3) of a moving limb, continuous in time and at right angles to ``upper``.

    ``upper`` and ``lower`` (F,3) are unit directions in the world, ``trunk`` (F,4) the turn of chest or
    pelvis from rest, ``hint`` (F,3) further evidence for the axis; its length squared is its weight.
    """
    back = conjugate(trunk)
    direction = rotate(back, upper)
    transported = _transported(direction, usual)
    partner = cross(direction, transported)
    usual_axis = usual.at(direction)
    # next to the one direction that is opposite to the usual one, the usual hinge is arbitrary
    nearness = (0.5 + 0.5 * dot(direction, usual.direction))[..., 0]
    prior = _circle(usual_axis, transported, partner)
    evidence = np.zeros(len(upper), np.complex128)
    weight = np.zeros(len(upper))
    for axis in (rotate(back, cross(upper, lower)), None if hint is None else rotate(back, hint)):
        if axis is None:
            continue
        angle = _circle(axis, transported, partner)
        # limbs hardly bend against their joint: such evidence is mostly noise of a straight limb, which would spin
        plausible = 1 - nearness * (1 - (0.5 + 0.5 * (angle * prior.conj()).real) ** 2)
        strength = dot(axis, axis)[..., 0] * plausible
        evidence += strength * angle
        weight += strength
    pull = PRIOR_WEIGHT * nearness**2 + 1e-9
    change = CHANGE_WEIGHT * (fps / REFERENCE_FPS) ** 2
    circle = smoothed(evidence + pull * prior, weight + pull, change)
    angle = np.unwrap(np.angle(circle))
    angle = smoothed(np.abs(circle) ** 2 * angle, np.abs(circle) ** 2 + 1e-6, change)
    axis = np.cos(angle)[:, None] * transported + np.sin(angle)[:, None] * partner
    return rotate(trunk, axis)


def _transported(directions: Array, usual: UsualHinge) -> Array:
    """Return axes (F,3) at right angles to the directions, carried from frame to frame without twist."""
    first = unit(across(usual.at(directions[:1]), directions[:1]))
    steps = running_product(between(directions[:-1], directions[1:]))
    axes = np.concatenate([first, rotate(steps, first)])
    return unit(across(axes, directions))


def _circle(axes: Array, first: Array, second: Array) -> NDArray[np.complex128]:
    """Return the angle of axes in the plane of two unit vectors, as unit complex numbers (1 where undefined)."""
    value = dot(axes, first)[..., 0] + 1j * dot(axes, second)[..., 0]
    size = np.abs(value)
    return np.where(size > 1e-9, value / np.maximum(size, 1e-9), 1.0)
