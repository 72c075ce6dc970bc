"""Foot contacts: when a heel or the ball of a foot stands on something."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS
from .body import INDEX
from .ground import REST_HEIGHTS
from .smoothing import gaussian, runs

Array = NDArray[np.float64]

SLOW: Final = 0.30
"""Metres per second: a planted foot looks slower than this, a foot in the air is faster."""

ON, OFF = 0.6, 0.35
SHORTEST = 0.1  # seconds


@dataclass(frozen=True)
class Limits:
    """What a standing foot may look like."""

    along: float  # part that speed along the line of sight counts, which a single camera tells worst
    low: float  # metres over its rest height


UNSURE_DEPTH: Final = Limits(along=0.0, low=0.25)
"""Before the feet have steadied the path: a standing foot stands still in the picture."""

STEADY: Final = Limits(along=0.3, low=0.06)


def estimate_contacts(joints: Array, sight: Array, times: Array, stature: float, limits: Limits = STEADY) -> Array:
    """Return the probability (F,4) that heel and ball of each foot stand, columns as ``CONTACT_POINTS``.

    ``joints`` (F,22,3) in the world. ``sight`` (3,) is the unit vector from the camera to the person. Contacts
    start above one probability, last until another (hysteresis), and are never shorter than a tenth of a second.
    """
    result = np.zeros((len(joints), len(CONTACT_JOINTS)))
    if len(joints) < 3:
        return result
    for column, (name, rest) in enumerate(zip(CONTACT_JOINTS, REST_HEIGHTS, strict=True)):
        path = joints[:, INDEX[name]]
        velocity = np.gradient(gaussian(path, times, 0.03), times, axis=0)
        along = velocity @ sight
        across = velocity - along[:, None] * sight
        speed = np.sqrt((across**2).sum(-1) + (limits.along * along) ** 2)
        height = path[:, 2] - rest * stature
        chance = _falling(speed, SLOW, 0.25 * SLOW) * _falling(height, limits.low, 0.25 * limits.low)
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
