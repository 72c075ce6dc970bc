"""Axes with Z up, and where the floor is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS
from .body import BALL_HEIGHT, HEEL_HEIGHT, INDEX
from .smoothing import gaussian

Array = NDArray[np.float64]

SLOW_FOOT: Final = 0.4
"""Metres per second: a foot that is faster hardly counts for the floor."""

FLOOR_SPREAD: Final = 0.04
"""Metres around the floor within which a resting foot counts fully."""

REST_HEIGHTS: Final = (HEEL_HEIGHT, BALL_HEIGHT, HEEL_HEIGHT, BALL_HEIGHT)


def camera_rotation(up: Array) -> Array:
    """Return the (3,3) rotation from camera axes to the world: Z up, Y level and away from the camera."""
    away = np.array([0.0, 0.0, 1.0]) - up[2] * up
    away = _unit(away) if np.linalg.norm(away) > 1e-3 else np.array([0.0, -1.0, 0.0])
    return np.stack([np.cross(away, up), away, up])


def floor_height(joints: Array, stature: float, weights: Array, times: Array) -> float:
    """Return the height of the floor under (F,22,3) world joints.

    It is the height at which the lower foot rests for most of the time, weighted by ``weights`` (F,): the weighted
    median where it is slow, then a robust mean around that. A jump, a climb or a few bad frames do not move it.
    """
    feet = joints[:, [INDEX[name] for name in CONTACT_JOINTS]]
    heights = feet[..., 2] - stature * np.array(REST_HEIGHTS)
    lowest = heights.argmin(1)
    low = heights.min(1)
    if len(times) < 3:
        return float(low.min())
    speed = np.linalg.norm(np.gradient(gaussian(feet, times, 0.05), times, axis=0), axis=-1)
    weight = (weights + 1e-6) / (1.0 + (speed[np.arange(len(low)), lowest] / SLOW_FOOT) ** 4)
    order = np.argsort(low)
    share = np.cumsum(weight[order])
    floor = float(np.interp(0.5 * share[-1], share, low[order]))
    for _ in range(10):
        robust = weight / (1.0 + ((low - floor) / FLOOR_SPREAD) ** 2)
        floor = float((robust * low).sum() / robust.sum())
    return floor


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
