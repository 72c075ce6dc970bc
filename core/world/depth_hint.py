"""The detector's own guess of the pose in 3D, mixed into the lifted one.

A detector that sees the picture knows things that 2D keypoints do not tell, such as which arm is in front; a
lifter knows how people move. Their errors differ, so the mean of both is better than either.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..values import CameraPose, Keypoints

Array = NDArray[np.float64]

WEIGHT: Final = 0.5
"""Part of the detector's guess in the mean."""

LIMBS: Final = tuple(
    f"{side}_{part}"
    for side in ("left", "right")
    for part in ("hip", "knee", "ankle", "foot_index", "shoulder", "elbow", "wrist")
)
SHOULDERS: Final = ("left_shoulder", "right_shoulder")
HIPS: Final = ("left_hip", "right_hip")
CARRIED: Final = {
    "pelvis": HIPS,
    "spine": (*SHOULDERS, *HIPS),
    "thorax": SHOULDERS,
    "head": SHOULDERS,
    "nose": SHOULDERS,
}
"""Joints that the detector has not: they move with the mean of these."""


def mix_depth_hint(pose: CameraPose, keypoints: Keypoints, weight: float = WEIGHT) -> CameraPose:
    """Return the mean of the lifted pose and the detector's own, brought to its size and place in each frame.

    Both are in camera axes, so nothing is turned. Frames and detectors without a guess leave the pose as it is.
    """
    names = [name for name in LIMBS if name in pose.names and name in keypoints.names]
    if keypoints.depth_hint is None or weight <= 0 or len(names) < 4:
        return pose
    seen = [keypoints.index(name) for name in names]
    lifted = np.asarray(pose.joints[:, [pose.names.index(name) for name in names]], np.float64)
    hint = np.asarray(keypoints.depth_hint[:, seen], np.float64)
    known = np.isfinite(hint).all((1, 2)) & np.isfinite(lifted).all((1, 2))
    trust = np.nan_to_num(keypoints.confidence[:, seen].astype(np.float64)) + 1e-3
    change = np.zeros_like(lifted)
    change[known] = weight * (_fitted(hint[known], lifted[known], trust[known]) - lifted[known])
    moved = {name: change[:, column] for column, name in enumerate(names)}
    for name, parts in CARRIED.items():
        if all(part in moved for part in parts):
            moved[name] = np.mean([moved[part] for part in parts], axis=0)
    joints = np.asarray(pose.joints, np.float64).copy()
    for column, name in enumerate(pose.names):
        joints[:, column] += moved.get(name, 0.0)
    return CameraPose(joints.astype(np.float32), pose.names, pose.uncertainty)


def _fitted(hint: Array, lifted: Array, trust: Array) -> Array:
    """Return the hint (F,N,3) with the size and the place that fit the lifted joints best in each frame."""
    share = (trust / trust.sum(1, keepdims=True))[..., None]
    centre = (share * lifted).sum(1, keepdims=True)
    from_centre = hint - (share * hint).sum(1, keepdims=True)
    size = (share * from_centre * (lifted - centre)).sum((1, 2)) / (share * from_centre**2).sum((1, 2))
    return np.maximum(size, 0.0)[:, None, None] * from_centre + centre
