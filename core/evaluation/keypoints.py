"""The lifter's joints as keypoints of a detector, for lifters that read more of a face than ours."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..lifting.inputs import LIFTER_JOINTS

LIMBS: Final = tuple(name for name in LIFTER_JOINTS if name.startswith(("left_", "right_")))
FACE: Final = ("ear", "eye", "mouth")
KEYPOINT_NAMES: Final = (*LIMBS, "nose", *(f"{side}_{part}" for part in FACE for side in ("left", "right")))
"""BlazePose's names of what ``detector_points`` gives."""

EYES: Final = (0.75, 0.18)
MOUTH: Final = (0.75, -0.20)
"""Where eyes and mouth lie from the middle of the ears: shares of the way to the tip of the nose, and of the way that
the ears lie above the base of the neck. In an upright head 9 cm forward, and 4 cm up or down."""


def detector_points(joints: NDArray[Any]) -> NDArray[np.float64]:
    """Return BlazePose's keypoints (...,K,D) from what it sees of the lifter's joints (...,19,D), in 2D or 3D.

    The joints are those that a detector aims at: the head is the middle of the ears, the nose its tip. Left and right
    of the face lie in one place, since lifters read their middles only.
    """

    def joint(name: str) -> NDArray[np.float64]:
        return np.asarray(joints[..., LIFTER_JOINTS.index(name), :], np.float64)

    ears, forward, up = joint("head"), joint("nose") - joint("head"), joint("head") - joint("thorax")
    face = {"ear": ears}
    for part, (ahead, above) in (("eye", EYES), ("mouth", MOUTH)):
        face[part] = ears + ahead * forward + above * up
    pairs = [face[part] for part in FACE for _ in ("left", "right")]
    return np.stack([*(joint(name) for name in LIMBS), joint("nose"), *pairs], axis=-2)
