"""Where a detector of keypoints sees hips and shoulders: beside the joints."""

import numpy as np
from numpy.typing import NDArray

from ..skeleton import DETECTED_PLACES
from ..vectors import unit
from .body import INDEX
from .directions import DIRECTION_INDEX

Array = NDArray[np.float64]


def detected_places(joints: Array, directions: Array) -> Array:
    """Return the joints (F,22,3) with hips and shoulders where the detector sees them."""
    left, up, forward = trunk_axes(directions)
    result = joints.copy()
    for part, (outwards, above, ahead) in DETECTED_PLACES.items():
        for side, sign in (("left", 1.0), ("right", -1.0)):
            result[:, INDEX[f"{side}_{part}"]] += sign * outwards * left + above * up + ahead * forward
    return result


def trunk_axes(directions: Array) -> tuple[Array, Array, Array]:
    """Return the left, up and forward axes (F,3) of the trunk of bodies with these directions (F,B,3)."""
    left = directions[:, DIRECTION_INDEX["hips"]]
    up = directions[:, DIRECTION_INDEX["spine"]] + directions[:, DIRECTION_INDEX["thorax"]]
    up = unit(up - (up * left).sum(-1, keepdims=True) * left)
    return left, up, np.cross(left, up)
