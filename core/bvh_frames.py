"""Rotations of a skeleton from the places of its joints, with rolls that do not jump. numpy only.

Axes of the person at rest, a T-pose: x to the person's left, y up, z forward. A frame (F,3,3) holds the three
axes of one joint as columns; multiplied with an offset at rest it gives the offset of the moment.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .vectors import unit

Array = NDArray[np.float64]
Points = dict[str, Array]

HINGE_SECONDS: Final = 0.15
"""Standard deviation of the smoothing of a knee's or elbow's axis, weighted by how clearly it shows."""

STRAIGHT: Final = 0.15
"""Sine of the bend of a knee or elbow below which its axis is rather taken from the body than from the bend."""


def aligned(exact: Array, exact_axis: int, hint: Array, hint_axis: int) -> Array:
    """Return frames whose axis ``exact_axis`` is ``exact`` (F,3), and ``hint_axis`` as near to ``hint`` as can be.

    Where the hint lies along the exact axis the frame before is carried on.
    """
    first = unit(exact)
    second = hint - (hint * first).sum(-1, keepdims=True) * first
    good = np.linalg.norm(second, axis=-1) > 1e-6
    second = _carried(second, first, good)
    third_axis = 3 - exact_axis - hint_axis
    third = np.cross(first, second)
    if (hint_axis - exact_axis) % 3 != 1:
        third = -third
    frames = np.empty((*first.shape[:-1], 3, 3))
    frames[..., exact_axis], frames[..., hint_axis], frames[..., third_axis] = first, second, third
    return frames


def _carried(second: Array, first: Array, good: NDArray[np.bool_]) -> Array:
    second = second.copy()
    for frame in np.flatnonzero(~good):
        before = second[frame - 1] if frame else np.eye(3)[np.argmin(np.abs(first[frame]))]
        second[frame] = before - before @ first[frame] * first[frame]
    return unit(second)


def swung(frames: Array, axis: Array, direction: Array) -> Array:
    """Return the frames after the smallest turn that brings their rest direction ``axis`` (3,) to ``direction``."""
    start, end = frames @ axis, unit(direction)
    cosine = (start * end).sum(-1)[:, None, None]
    cross = np.cross(start, end)
    skew = np.zeros((len(frames), 3, 3))
    skew[:, [2, 0, 1], [1, 2, 0]] = cross
    skew[:, [1, 2, 0], [2, 0, 1]] = -cross
    turn = np.eye(3) + skew + skew @ skew / np.maximum(1.0 + cosine, 1e-6)
    opposite = cosine[:, 0, 0] < -1.0 + 1e-6  # half a turn about any axis across
    if opposite.any():
        across = unit(np.cross(start[opposite], frames[opposite][:, :, np.argmin(np.abs(axis))]))
        turn[opposite] = 2.0 * across[:, :, None] * across[:, None, :] - np.eye(3)
    return turn @ frames


def limb(parent: Array, axis: Array, hinge: Array, upper: Array, lower: Array, times: Array) -> tuple[Array, Array]:
    """Return the frames of thigh and shin, or of upper arm and forearm.

    ``axis`` and ``hinge`` (3,) are the limb's direction and the axis of its knee or elbow at rest; ``upper`` and
    ``lower`` (F,3) the two bones. The roll of the upper bone turns the hinge into the plane of the bend. A limb
    that is nearly straight does not show it, so it is smoothed over time, weighted by how clearly it shows, and
    leans on the smallest turn from the parent.
    """
    swing = swung(parent, axis, upper)
    bend = np.cross(unit(upper), unit(lower))
    local = np.einsum("fba,fb->fa", swing, bend)
    side = np.cross(axis, hinge)
    clear = np.stack([local @ hinge, local @ side], axis=-1) * np.linalg.norm(bend, axis=-1)[:, None]
    steady = _gaussian(clear, times, HINGE_SECONDS) + np.array([STRAIGHT**2, 0.0])
    angle = np.arctan2(steady[:, 1], steady[:, 0])
    rolled = swing @ _about(axis, angle)
    return rolled, swung(rolled, axis, lower)


def _about(axis: Array, angles: Array) -> Array:
    """Return the (F,3,3) rotations about a fixed unit axis."""
    skew = np.cross(axis, np.eye(3)).T
    sine, cosine = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    return np.eye(3) + sine * skew + (1.0 - cosine) * (skew @ skew)


def _gaussian(values: Array, times: Array, sigma: float) -> Array:
    """Return the mean of the neighbours, weighted by a Gaussian in time, in blocks that bound the memory."""
    result = np.empty_like(values)
    for begin in range(0, len(values), 512):
        chosen = slice(begin, begin + 512)
        low, high = np.searchsorted(times, [times[chosen][0] - 4 * sigma, times[chosen][-1] + 4 * sigma])
        weights = np.exp(-0.5 * ((times[chosen, None] - times[None, low:high]) / sigma) ** 2)
        result[chosen] = weights @ values[low:high] / weights.sum(1, keepdims=True)
    return result


def euler_zxy(rotations: Array) -> Array:
    """Return the angles (F,J,3) in degrees about z, x and y, multiplied in this order, without jumps over time."""
    x = np.arcsin(np.clip(rotations[..., 2, 1], -1.0, 1.0))
    z = np.arctan2(-rotations[..., 0, 1], rotations[..., 1, 1])
    y = np.arctan2(-rotations[..., 2, 0], rotations[..., 2, 2])
    locked = np.abs(rotations[..., 2, 1]) > 1.0 - 1e-9  # z and y turn about the same axis: all of it to z
    z = np.where(locked, np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0]), z)
    y = np.where(locked, 0.0, y)
    angles = np.degrees(np.stack([z, x, y], axis=-1))
    other = np.stack([angles[..., 0] + 180.0, 180.0 - angles[..., 1], angles[..., 2] + 180.0], axis=-1)
    for frame in range(1, len(angles)):
        choices = np.stack([angles[frame], other[frame]])
        choices += 360.0 * np.round((angles[frame - 1] - choices) / 360.0)
        far = np.abs(choices - angles[frame - 1]).sum(-1)
        angles[frame] = np.where((far[0] <= far[1])[:, None], choices[0], choices[1])
    return angles
