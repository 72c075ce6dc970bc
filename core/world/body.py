"""The body of the person: canonical joints from lifted ones, one set of bone lengths, and its size.

All poses here are (F,22,3) arrays in the order of ``skeleton.JOINTS``, in any axes and unit.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..skeleton import H36M_JOINTS, JOINTS, PARENTS, mirror_order
from ..values import CameraPose
from ..vectors import unit

Array = NDArray[np.float64]

INDEX: Final = {name: position for position, name in enumerate(JOINTS)}
PARENT_INDEX: Final = tuple(-1 if PARENTS[name] is None else INDEX[str(PARENTS[name])] for name in JOINTS)
MIRROR: Final = tuple(mirror_order(JOINTS))

DEFAULT_HEIGHT: Final = 1.70
"""Metres, when the person's height is not given: about the mean of adults."""

ANKLE_HEIGHT: Final = 0.045
HEEL_HEIGHT: Final = 0.025
BALL_HEIGHT: Final = 0.018
"""Height of ankle, heel and ball-of-the-foot joints over the sole of a standing foot, parts of the stature."""

LONGER: Final = 0.4

LONG_BONES: Final = (
    *("left_knee", "left_ankle", "right_knee", "right_ankle", "spine", "thorax"),
    *("left_elbow", "left_wrist", "right_elbow", "right_wrist"),
)
"""Bones, by their lower joint, whose lengths are well defined and clearly seen."""

UNEVEN: Final = 0.05
"""Difference of proportions, as a part of the lengths, from which a pose counts as lifted badly."""

_NECK_SHARE = 0.4  # of the way from the base of the neck to the lifters' head point
_HEAD_TOP = 1.2  # lifters' head point lies about 5 cm under the vertex, 27 cm over the base of the neck
_HEEL_BACK, _HEEL_DOWN = 0.28, 0.37  # of the length ankle to ball, along and across it, in a standing foot
_BALL_FORWARD, _BALL_DOWN = 0.082, 0.026  # parts of the stature, for lifters without a foot joint


def canonical(pose: CameraPose) -> Array:
    """Return the canonical (F,22,3) joints of a lifted pose, pelvis at the origin.

    Neck, top of the head and heels are placed from their neighbours. Raises PosewrightError when a joint
    of the 17 is missing.
    """
    missing = [name for name in H36M_JOINTS if name not in pose.names]
    if missing:
        raise PosewrightError(f"The lifter gave no {missing[0]}; use a lifter with the 17 Human3.6M joints.")
    lifted = {name: np.asarray(pose.joints[:, i], np.float64) for i, name in enumerate(pose.names)}
    result = np.empty((len(pose.joints), len(JOINTS), 3))
    for name in H36M_JOINTS:
        result[:, INDEX[name]] = lifted[name]
    hips = (lifted["left_hip"] + lifted["right_hip"]) / 2.0
    thorax, head = lifted["thorax"], lifted["head"]
    result[:, INDEX["pelvis"]] = hips
    result[:, INDEX["neck"]] = thorax + _NECK_SHARE * (head - thorax)
    result[:, INDEX["head"]] = thorax + _HEAD_TOP * (head - thorax)
    for side in ("left", "right"):
        knee, ankle = lifted[f"{side}_knee"], lifted[f"{side}_ankle"]
        ball = lifted.get(f"{side}_foot_index")
        if ball is None:
            ball = _guess_ball(lifted, side)
        result[:, INDEX[f"{side}_foot_index"]] = ball
        result[:, INDEX[f"{side}_heel"]] = heel_of(knee, ankle, ball)
    return result - hips[:, None]


def heel_of(knee: Array, ankle: Array, ball: Array) -> Array:
    """Return the (F,3) heels of rigid feet, in the plane of shin and foot."""
    foot = ball - ankle
    length = np.linalg.norm(foot, axis=-1, keepdims=True)
    forward = foot / np.maximum(length, 1e-9)
    shin = knee - ankle
    up = unit(shin - (shin * forward).sum(-1, keepdims=True) * forward)
    return ankle - length * (_HEEL_BACK * forward + _HEEL_DOWN * up)


def _guess_ball(lifted: dict[str, Array], side: str) -> Array:
    """Return the ball of a foot that points where the hips face, square to the shin."""
    knee, ankle = lifted[f"{side}_knee"], lifted[f"{side}_ankle"]
    shin = knee - ankle
    length = np.linalg.norm(shin, axis=-1, keepdims=True)
    up = shin / np.maximum(length, 1e-9)
    forward = np.cross(lifted["left_hip"] - lifted["right_hip"], lifted["thorax"] - lifted["pelvis"])
    forward = unit(forward - (forward * up).sum(-1, keepdims=True) * up)
    return ankle + length / 0.245 * (_BALL_FORWARD * forward - _BALL_DOWN * up)


def bone_lengths(joints: Array) -> Array:
    """Return one length for the bone above each joint (22,), the same left and right; the pelvis has 0.

    Bones are lifted too short rather than too long when they point at the camera, so it is a length that is reached
    or passed in ``LONGER`` of the frames.
    """
    lengths = np.quantile(_lengths(joints), 1.0 - LONGER, axis=0)
    lengths = (lengths + lengths[list(MIRROR)]) / 2.0
    lengths[0] = 0.0
    return lengths


def evenness(joints: Array, lengths: Array) -> Array:
    """Return how well the bones of each frame keep their proportions (F,), 0..1.

    A pose in which some bones are much shorter than they should be and others are not was lifted badly.
    """
    columns = [INDEX[name] for name in LONG_BONES]
    sizes = lengths[columns] / np.maximum(_lengths(joints)[:, columns], 1e-9)
    low, high = np.quantile(sizes, [0.2, 0.8], axis=1)
    return 1.0 / (1.0 + (np.log(high / low) / UNEVEN) ** 2)


def _lengths(joints: Array) -> Array:
    bones = joints - joints[:, [max(parent, 0) for parent in PARENT_INDEX]]
    return np.linalg.norm(bones, axis=-1)


def stature(lengths: Array) -> float:
    """Return how tall a person with these bone lengths stands, in the same unit.

    The chain shin, thigh, hip centre to base of the neck, base of the neck to vertex is what stands over
    the ankle; the ankle joint's own height is a constant part of the stature. On bodies of known stature
    (the rendered clips) this is right within 2 %.
    """
    chain = ("left_ankle", "left_knee", "spine", "thorax", "neck", "head")
    return float(sum(lengths[INDEX[name]] for name in chain)) / (1.0 - ANKLE_HEIGHT)


def with_lengths(joints: Array, lengths: Array) -> Array:
    """Return the poses with every bone at its length and in its old direction, pelvis where it was.

    The hips are placed on both sides of the pelvis along their common axis, so that the pelvis stays in
    their middle; feet and head are rigid: heels have their place in the foot, and the nose keeps its median angle.
    """
    result = joints.copy()
    axis = unit(joints[:, INDEX["left_hip"]] - joints[:, INDEX["right_hip"]])
    for joint, parent in enumerate(PARENT_INDEX):
        name = JOINTS[joint]
        if parent < 0:
            continue
        if name.endswith("_hip"):
            direction = axis if name.startswith("left") else -axis
        else:
            direction = unit(joints[:, joint] - joints[:, parent])
        result[:, joint] = result[:, parent] + lengths[joint] * direction
    for side in ("left", "right"):
        knee, ankle, ball = (result[:, INDEX[f"{side}_{part}"]] for part in ("knee", "ankle", "foot_index"))
        result[:, INDEX[f"{side}_heel"]] = heel_of(knee, ankle, ball)
    result[:, INDEX["nose"]] = _rigid_nose(result, float(lengths[INDEX["nose"]]))
    return result


def _rigid_nose(joints: Array, length: float) -> Array:
    """Return the nose (F,3) at the median angle between nose and top of the head, seen from the neck."""
    neck = joints[:, INDEX["neck"]]
    top, nose = unit(joints[:, INDEX["head"]] - neck), joints[:, INDEX["nose"]] - neck
    along = (nose * top).sum(-1, keepdims=True)
    forward = nose - along * top
    across = np.linalg.norm(forward, axis=-1, keepdims=True)
    angle = float(np.median(np.arctan2(across, along)))
    return neck + length * (np.cos(angle) * top + np.sin(angle) * forward / np.maximum(across, 1e-9))
