"""Foot contacts: when a heel or the ball of a foot stands on something."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .body import INDEX
from .ground import FOOT_POINTS, REST_HEIGHTS
from .smoothing import gaussian, runs

Array = NDArray[np.float64]

SLOW: Final = 0.30
"""Metres per second: a planted foot looks slower than this, a foot in the air is faster."""

LOW: Final = 0.06
"""Metres over its rest height under which a foot point may stand on the floor."""

ON, OFF = 0.6, 0.35
SHORTEST = 0.1  # seconds


def estimate_contacts(joints: Array, sight: Array, times: Array, stature: float) -> Array:
    """Return the probability (F,4) that heel and ball of each foot stand, columns as ``CONTACT_POINTS``.

    ``joints`` (F,22,3) in the world. ``sight`` (3,) is the unit vector from the camera to the person:
    speed along it is what a single camera tells worst, and counts for less. Contacts start above one
    probability, last until another (hysteresis), and are never shorter than a tenth of a second.
    """
    result = np.zeros((len(joints), len(FOOT_POINTS)))
    if len(joints) < 3:
        return result
    for column, (name, rest) in enumerate(zip(FOOT_POINTS, REST_HEIGHTS, strict=True)):
        path = joints[:, INDEX[name]]
        velocity = np.gradient(gaussian(path, times, 0.03), times, axis=0)
        along = velocity @ sight
        across = velocity - along[:, None] * sight
        speed = np.sqrt((across**2).sum(-1) + (0.3 * along) ** 2)
        height = path[:, 2] - rest * stature
        chance = _falling(speed, SLOW, 0.25 * SLOW) * _falling(height, LOW, 0.25 * LOW)
        result[:, column] = _hysteresis(chance, times)
    return result


def _falling(value: Array, middle: float, width: float) -> Array:
    return 1.0 / (1.0 + np.exp(np.clip((value - middle) / width, -40, 40)))


def _hysteresis(chance: Array, times: Array) -> Array:
    """Return the chances with dropouts inside of contacts lifted and flickering outside of them lowered."""
    held = np.zeros(len(chance), bool)
    for start, stop in runs(chance > OFF):
        long_enough = times[stop - 1] - times[start] >= SHORTEST - 1e-9
        held[start:stop] = long_enough and chance[start:stop].max() > ON
    return np.where(held, np.maximum(chance, 0.5 + 0.5 * chance), np.minimum(chance, 0.45))
