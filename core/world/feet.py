"""Foot contacts: when a heel or the ball of a foot stands on something, be it the floor, a stair or a chair."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS, STANDS
from .body import INDEX
from .ground import REST_HEIGHTS
from .smoothing import gaussian, runs

Array = NDArray[np.float64]

SLOW: Final = 0.40
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


SUPPORT_SHORTEST: Final = 0.25  # seconds
SUPPORT_SHARE: Final = 0.3
SUPPORT_NEAR: Final = 0.03
"""A foot that is still above the floor stands on something if it is so for a while, and the lower foot for a part of
that time: something must carry the person. The lower foot may be this much higher than the other, in metres."""


@dataclass(frozen=True)
class Contacts:
    """When heel and ball of each foot stand, and on what; columns as ``skeleton.CONTACT_POINTS``."""

    chance: Array  # (F,4) probability that it stands
    level: Array  # (F,4) metres over the floor of what it stands on; 0 for the floor, and in the air

    @property
    def on_floor(self) -> Array:
        """The probability (F,4) of standing on the floor."""
        return np.where(self.level == 0, self.chance, 0.0)


def estimate_contacts(
    joints: Array, sight: Array, times: Array, stature: float, shown: Array, limits: Limits = STEADY
) -> Contacts:
    """Return when heel and ball of each foot stand.

    ``joints`` (F,22,3) in the world, the floor at 0. ``sight`` (3,) is the unit vector from the camera to the person,
    ``shown`` (F,4) tells whether the picture shows the points at all: nobody knows of others whether they stand.
    Contacts start above one probability, last until another (hysteresis), and are never shorter than a tenth of a
    second.
    """
    frames = len(joints)
    contacts = Contacts(np.zeros((frames, len(CONTACT_JOINTS))), np.zeros((frames, len(CONTACT_JOINTS))))
    if frames < 3:
        return contacts
    paths = joints[:, [INDEX[name] for name in CONTACT_JOINTS]]
    heights = paths[..., 2] - stature * np.array(REST_HEIGHTS)
    still = shown * _falling(_speeds(paths, sight, times, limits), SLOW, 0.25 * SLOW)
    lower = _lower_foot(heights)
    for column in range(len(CONTACT_JOINTS)):
        low = _falling(heights[:, column], limits.low, 0.25 * limits.low)
        contacts.chance[:, column] = _hysteresis(still[:, column] * low, times)
        if limits is STEADY:
            _add_supports(contacts, column, heights[:, column], still[:, column], lower[:, column], times)
    return contacts


def _speeds(paths: Array, sight: Array, times: Array, limits: Limits) -> Array:
    """Return the speeds (F,4) of paths (F,4,3), in metres a second."""
    velocity = np.gradient(gaussian(paths, times, 0.03), times, axis=0)
    along = velocity @ sight
    across = velocity - along[..., None] * sight
    return np.sqrt((across**2).sum(-1) + (limits.along * along) ** 2)


def _lower_foot(heights: Array) -> NDArray[np.bool_]:
    """Return which points (F,4) belong to the lower foot, or to a foot that is hardly higher."""
    feet = np.minimum(heights[:, 0::2], heights[:, 1::2])
    lower = feet <= feet.min(1, keepdims=True) + SUPPORT_NEAR
    return np.repeat(lower, 2, axis=1)


def _add_supports(
    contacts: Contacts, column: int, height: Array, still: Array, lower: NDArray[np.bool_], times: Array
) -> None:
    """Add the times in which a point stands on something above the floor."""
    held = _hysteresis(still, times)
    for start, stop in runs(held > STANDS):
        inside = slice(start, stop)
        level = float(np.median(height[inside]))
        long_enough = times[stop - 1] - times[start] >= SUPPORT_SHORTEST
        if level > 2.0 * STEADY.low and long_enough and lower[inside].mean() >= SUPPORT_SHARE:
            contacts.chance[inside, column] = held[inside]
            contacts.level[inside, column] = level


def _falling(value: Array, middle: float, width: float) -> Array:
    return 1.0 / (1.0 + np.exp(np.clip((value - middle) / width, -40, 40)))


def _hysteresis(chance: Array, times: Array) -> Array:
    """Return the chances with dropouts inside of contacts lifted and flickering outside of them lowered."""
    held = np.zeros(len(chance), bool)
    for start, stop in runs(chance > OFF):
        long_enough = times[stop - 1] - times[start] >= SHORTEST - 1e-9
        held[start:stop] = long_enough and chance[start:stop].max() > ON
    return np.where(held, np.maximum(chance, 0.5 + 0.5 * chance), np.minimum(chance, 0.45))
