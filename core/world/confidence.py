"""How far each joint of a take can be trusted."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JOINTS
from ..values import Keypoints
from .smoothing import gap_seconds

Array = NDArray[np.float64]

LONGEST_GAP: Final = 0.5
"""Seconds: across a longer gap the pose is still filled in, with confidence 0."""

AROUND: Final = {
    "pelvis": ("left_hip", "right_hip"),
    "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "neck": ("left_shoulder", "right_shoulder", "left_ear", "right_ear"),
    "head": ("left_ear", "right_ear", "nose"),
}
"""Keypoints around the joints that have none of their own."""


def joint_confidence(keypoints: Keypoints, missing: NDArray[np.bool_], times: Array) -> NDArray[np.float32]:
    """Return the (F,22) trust in each joint: that of its keypoint, or of the parts around it.

    ``missing`` (F,22) tells which joints were filled in.
    """
    seen = np.nan_to_num(np.asarray(keypoints.confidence, np.float64))
    result = np.zeros((len(seen), len(JOINTS)))
    for joint, name in enumerate(JOINTS):
        columns = [keypoints.index(part) for part in AROUND.get(name, (name,)) if part in keypoints.names]
        if columns:
            result[:, joint] = seen[:, columns].mean(1)
    result[gap_seconds(missing, times) > LONGEST_GAP] = 0.0
    return np.clip(result, 0.0, 1.0).astype(np.float32)
