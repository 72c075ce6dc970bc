"""Rotations as the channels of a bone's rotation mode. Inside Blender (mathutils), no bpy."""

import numpy as np
from mathutils import Euler, Quaternion
from numpy.typing import NDArray


def rotation_channels(mode: str, quaternions: NDArray[np.float64]) -> tuple[str, NDArray[np.float64]]:
    """Return the channel's name and its values (F,n) for rotations (F,4) wxyz in a bone's rotation mode.

    All forms are continuous: quaternions keep their sign, angles do not jump by full turns.
    """
    quaternions = continuous(quaternions)
    if mode == "QUATERNION":
        return "rotation_quaternion", quaternions
    if mode == "AXIS_ANGLE":
        return "rotation_axis_angle", axis_angles(quaternions)
    return "rotation_euler", euler_angles(quaternions, mode)


def continuous(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same rotations (F,4) with the sign that is nearest to the frame before."""
    turns = np.sum(quaternions[1:] * quaternions[:-1], axis=-1) < 0
    signs = np.concatenate([[1.0], np.cumprod(np.where(turns, -1.0, 1.0))])
    return quaternions * signs[:, None]


def euler_angles(quaternions: NDArray[np.float64], order: str) -> NDArray[np.float64]:
    """Return Euler angles (F,3) in radians; of the two solutions each frame has the one nearest to the last."""
    angles = np.empty((len(quaternions), 3))
    previous = Euler((0.0, 0.0, 0.0), order)
    for frame, quaternion in enumerate(quaternions.tolist()):
        previous = Quaternion(quaternion).to_euler(order, previous)
        angles[frame] = previous
    return np.unwrap(angles, axis=0)


def axis_angles(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (F,4) angle in radians and axis; the axis does not flip where the angle passes zero."""
    length = np.linalg.norm(quaternions[:, 1:], axis=-1)
    angle = 2 * np.arctan2(length, quaternions[:, 0])
    axis = np.empty((len(quaternions), 3))
    last = np.array([0.0, 1.0, 0.0])
    for frame, size in enumerate(length):
        if size > 1e-6:
            found = quaternions[frame, 1:] / size
            if found @ last < 0:
                found, angle[frame] = -found, -angle[frame]
            last = found
        axis[frame] = last
    return np.column_stack([np.unwrap(angle), axis])
