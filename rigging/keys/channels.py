"""Rotations as the channels of a bone's rotation mode. numpy only.

Every form is continuous: quaternions keep their sign, angles do not jump by full turns, and of the two Euler
solutions or the two directions of an axis each frame has the one that is nearest to the frame before.
"""

import numpy as np
from numpy.typing import NDArray

from ..rotations import about, continuous, multiply, to_matrix

Array = NDArray[np.float64]

NO_AXIS = 1e-6  # sine of half the angle below which a rotation has no axis to speak of


def rotation_channels(mode: str, quaternions: Array) -> tuple[str, Array]:
    """Return the channel's name and its values (F,n) for rotations (F,4) wxyz in a bone's rotation mode."""
    if mode == "QUATERNION":
        return "rotation_quaternion", continuous(quaternions)
    if mode == "AXIS_ANGLE":
        return "rotation_axis_angle", axis_angles(continuous(quaternions))
    return "rotation_euler", euler_angles(quaternions, mode)


def rotations_of(mode: str, values: Array) -> Array:
    """Return the rotations (F,4) wxyz that Blender makes of a bone's channel values, also of ones between keys."""
    if mode == "QUATERNION":
        return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)
    if mode == "AXIS_ANGLE":
        length = np.linalg.norm(values[:, 1:], axis=-1, keepdims=True)
        return about(values[:, 1:] / np.maximum(length, 1e-12), values[:, 0])
    first, middle, last = (about(np.eye(3)["XYZ".index(axis)], values[:, "XYZ".index(axis)]) for axis in mode)
    return multiply(last, multiply(middle, first))


def euler_angles(quaternions: Array, order: str) -> Array:
    """Return Euler angles (F,3) about X, Y, Z in radians; ``order`` "XYZ" turns about X first."""
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_matrix(quaternions)
    first = np.arctan2(sign * m[:, k, j], m[:, k, k])
    middle = np.arctan2(-sign * m[:, k, i], np.hypot(m[:, i, i], m[:, j, i]))
    last = np.arctan2(sign * m[:, j, i], m[:, i, i])
    near = np.stack([first, middle, last], 1)
    far = np.stack([first + np.pi, np.pi - middle, last + np.pi], 1)
    # The step between two solutions of the same kind is the same for both kinds, and so is that between
    # different kinds: each frame either keeps the kind of the one before or changes it.
    keep, change = _turn(near[1:] - near[:-1]), _turn(far[1:] - near[:-1])
    kinds = np.concatenate([[0], np.cumsum(change < keep)]) % 2
    chosen = np.unwrap(np.where(kinds[:, None] == 0, near, far), axis=0)
    angles = np.empty_like(chosen)
    angles[:, [i, j, k]] = chosen
    return angles


def axis_angles(quaternions: Array) -> Array:
    """Return (F,4): angle in radians and axis, for quaternions of continuous signs."""
    length = np.linalg.norm(quaternions[:, 1:], axis=-1)
    found = length > NO_AXIS
    if not found.any():
        return np.tile([0.0, 0.0, 1.0, 0.0], (len(length), 1))
    last_found = np.maximum.accumulate(np.where(found, np.arange(len(length)), found.argmax()))
    axis = quaternions[last_found, 1:] / length[last_found, None]
    flips = np.where((axis[1:] * axis[:-1]).sum(-1) < 0, -1.0, 1.0)
    signs = np.concatenate([[1.0], np.cumprod(flips)])
    angle = 2 * np.arctan2(length, quaternions[:, 0]) * signs
    return np.column_stack([np.unwrap(angle), axis * signs[:, None]])


def _turn(steps: Array) -> Array:
    """Return how far angles (F,3) move in all, full turns left out."""
    return np.abs((steps + np.pi) % (2 * np.pi) - np.pi).sum(-1)
