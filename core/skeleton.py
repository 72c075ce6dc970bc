"""Names and topology of the joints that flow through Posewright.

Left and right are always the person's own.
"""

from typing import Final

JOINTS: Final = (
    "pelvis",
    "left_hip",
    "left_knee",
    "left_ankle",
    "left_heel",
    "left_foot_index",
    "right_hip",
    "right_knee",
    "right_ankle",
    "right_heel",
    "right_foot_index",
    "spine",
    "thorax",
    "neck",
    "nose",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
)
"""The canonical joints of a Take: pelvis = mid of the hip joints, thorax = base of the neck,
foot_index = ball of the foot, head = top of the head."""

PARENTS: Final = {
    "pelvis": None,
    "left_hip": "pelvis",
    "left_knee": "left_hip",
    "left_ankle": "left_knee",
    "left_heel": "left_ankle",
    "left_foot_index": "left_ankle",
    "right_hip": "pelvis",
    "right_knee": "right_hip",
    "right_ankle": "right_knee",
    "right_heel": "right_ankle",
    "right_foot_index": "right_ankle",
    "spine": "pelvis",
    "thorax": "spine",
    "neck": "thorax",
    "nose": "neck",
    "head": "neck",
    "left_shoulder": "thorax",
    "left_elbow": "left_shoulder",
    "left_wrist": "left_elbow",
    "right_shoulder": "thorax",
    "right_elbow": "right_shoulder",
    "right_wrist": "right_elbow",
}

H36M_JOINTS: Final = (
    "pelvis",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "spine",
    "thorax",
    "nose",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
)
"""Order of the 17 joints of Human3.6M-style lifters."""

BLAZEPOSE_KEYPOINTS: Final = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "left_mouth",
    "right_mouth",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
"""Order of the 33 keypoints of BlazePose."""

DETECTED_PLACES: Final = {"hip": (-0.010, -0.004, 0.030), "shoulder": (-0.007, 0.022, 0.003)}
"""Where BlazePose sees hips and shoulders: metres outwards, up and forwards of the joints, along the axes of the trunk.
Measured on rendered clips."""

CONTACT_POINTS: Final = ("left_heel", "left_toe", "right_heel", "right_toe")
"""Columns of ``Take.contacts``."""

CONTACT_JOINTS: Final = ("left_heel", "left_foot_index", "right_heel", "right_foot_index")
"""Joints of the columns of ``Take.contacts``."""

STANDS: Final = 0.5
"""Probability of contact above which a heel or toe stands."""


def mirror_name(name: str) -> str:
    """Return the joint of the other side (``left_knee`` -> ``right_knee``); middle joints stay."""
    if name.startswith("left_"):
        return "right_" + name[len("left_") :]
    if name.startswith("right_"):
        return "left_" + name[len("right_") :]
    return name


def mirror_order(names: tuple[str, ...]) -> list[int]:
    """Return the index of each joint's mirror partner within ``names``."""
    return [names.index(mirror_name(name)) for name in names]
