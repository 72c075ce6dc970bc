"""A path of the person on which standing feet stay where they stand.

A single camera tells depth badly, and an error of depth moves the whole person. While a foot stands, the
person's path is known from the pose alone: it is the way of the pelvis as seen from that foot.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from .body import INDEX
from .ground import FOOT_POINTS

Array = NDArray[np.float64]

PLACE_SIGMA: Final = (0.03, 0.03, 0.20)
"""Metres by which the path may be changed, across the line of sight and along it (camera axes)."""

SLIDE_SIGMA: Final = 0.08
"""Metres per second by which a standing foot of a lifted pose seems to move."""

FORCE_SIGMA: Final = 2.0
"""Metres per second squared by which the change may speed up."""

STANDS: Final = 0.5


def plant_path(root: Array, pose: Array, contacts: Array, times: Array) -> Array:
    """Return the (F,3) path of the pelvis on which standing feet move as little as the pictures allow.

    ``root`` (F,3) and ``pose`` (F,22,3), relative to the pelvis, are in camera axes and metres; ``contacts``
    (F,4) as in a Take. For each axis the change x minimises the sum of (x / place)^2, of (foot speed / slide)^2
    over the standing feet and of (second difference of x / force)^2: a linear system with five diagonals.
    """
    if len(root) < 3:
        return root.copy()
    steps = np.diff(times)
    feet = root[:, None] + pose[:, [INDEX[name] for name in FOOT_POINTS]]
    stands = np.minimum(contacts[1:], contacts[:-1])
    stands = np.where(stands > STANDS, stands, 0.0)
    moved = (stands[..., None] * np.diff(feet, axis=0)).sum(1)
    hold = stands.sum(1) / (SLIDE_SIGMA * steps) ** 2
    pull = moved / (SLIDE_SIGMA * steps[:, None]) ** 2
    result = root.copy()
    for axis, place in enumerate(PLACE_SIGMA):
        bands = _bands(len(root), 1.0 / place**2, hold, 1.0 / (FORCE_SIGMA * np.median(steps) ** 2) ** 2)
        wanted = np.zeros(len(root))
        wanted[1:] -= pull[:, axis]
        wanted[:-1] += pull[:, axis]
        result[:, axis] += solveh_banded(bands, wanted)
    return result


def _bands(frames: int, place: float, hold: Array, smooth: float) -> Array:
    """Return the upper diagonals (3,F) of the normal matrix, as ``solveh_banded`` wants them."""
    bands = np.zeros((3, frames))
    bands[2] = place
    bands[2, 1:] += hold
    bands[2, :-1] += hold
    bands[1, 1:] -= hold
    for offset, part in enumerate((1.0, -2.0, 1.0)):  # second differences
        bands[2, offset : frames - 2 + offset] += smooth * part**2
    bands[1, 1 : frames - 1] -= 2.0 * smooth
    bands[1, 2:] -= 2.0 * smooth
    bands[0, 2:] += smooth
    return bands
