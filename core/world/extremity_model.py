"""What a head and a hand look like to BlazePose, and how far they turn: measured once, used for everybody.

Axes of every part: x to the person's left, y up, z forward, for a person who stands with the arms spread (T-pose),
palms down and thumbs to the front. The tables are of the head and of the left hand; the right one is its mirror image.
All lengths are parts of the stature.

The detector's places were measured on real footage from four calibrated cameras (one man; his keypoints in four views
triangulated) and on four rendered clips, and their errors likewise. Its hand is small: knuckles of index and little
finger are 3.3 cm apart in the real footage, where anatomy says 6 to 7.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class Look:
    """A difference of keypoints in the picture that tells how a part is turned."""

    points: dict[str, float]  # keypoint (without side) -> share; the shares sum up to 0
    vector: tuple[float, float, float]  # the difference in the part's axes
    noise: float  # standard deviation of one coordinate
    blur: float  # the same, in pixels of the picture that the detector looked at: counts when the part is small there


@dataclass(frozen=True)
class Part:
    """A part that turns on another."""

    looks: tuple[Look, ...]
    places: dict[str, tuple[float, float, float]]  # joints of the take, from where the part is mounted
    twist: int  # axis of the twist: 0, 1 or 2
    swing: tuple[int, int]  # axes of the swing
    spread: tuple[float, float, float]  # degrees: usual twist and swings
    limit: tuple[float, float, float]  # degrees: the furthest
    steadiness: float  # seconds for which a turn usually stays alike


EARS: Final = {"left_ear": 0.5, "right_ear": 0.5}
EYES: Final = {"left_eye": 0.5, "right_eye": 0.5}


def _minus(points: dict[str, float]) -> dict[str, float]:
    return {name: -share for name, share in points.items()}


HEAD: Final = Part(
    looks=(
        Look({"nose": 1.0, **_minus(EARS)}, (0.0, 0.0, 0.0437), 0.0062, 1.5),
        Look({"left_ear": 1.0, "right_ear": -1.0}, (0.064, 0.0, 0.0), 0.020, 1.5),
        Look({"left_eye": 1.0, "right_eye": -1.0}, (0.033, 0.0, 0.0), 0.0105, 1.5),
        Look({**EYES, "left_mouth": -0.5, "right_mouth": -0.5}, (0.0, 0.0381, -0.011), 0.0032, 1.5),
        Look({"left_mouth": 1.0, "right_mouth": -1.0}, (0.023, 0.0, 0.0), 0.0083, 1.5),
    ),
    places={
        "left_ear": (0.0498, 0.0326, 0.0113),
        "right_ear": (-0.0498, 0.0326, 0.0113),
        "nose": (0.0, 0.0217, 0.0902),
        "head": (0.0, 0.1053, 0.0118),
    },
    twist=1,
    swing=(0, 2),
    spread=(25.0, 25.0, 12.0),
    limit=(85.0, 60.0, 40.0),
    steadiness=0.5,
)
"""Mounted at the neck. Twist: turned to the left; swings: nodding, leaning.

The widths (ears, eyes, mouth) have 2.5 times their measured noise: the detector draws a face that is seen from one side
narrower than it is, which would turn the head too far.
"""

HAND: Final = Part(
    looks=(
        Look({"index": 0.5, "pinky": 0.5, "wrist": -1.0}, (0.0445, 0.0, 0.0), 0.008, 1.0),
        Look({"index": 1.0, "pinky": -1.0}, (0.009, -0.001, 0.013), 0.0045, 3.0),
        Look({"thumb": 1.0, "index": -0.5, "pinky": -0.5}, (-0.0075, -0.005, 0.011), 0.0050, 3.0),
    ),
    places={
        "index_1": (0.0641, 0.0, 0.0205),
        "pinky_1": (0.0565, 0.0, -0.0205),
        "thumb_1": (0.0296, -0.0144, 0.0295),
    },
    twist=0,
    swing=(1, 2),
    spread=(25.0, 15.0, 25.0),
    limit=(90.0, 35.0, 85.0),
    steadiness=0.4,
)
"""Mounted at the wrist. Twist: that of the forearm; swings: to the thumb's or the little finger's side, up or down."""

SURENESS: Final = ((0.0, 0.3, 0.5, 0.7, 0.9), (0.0, 0.1, 0.3, 0.7, 1.0))
"""Confidence of a keypoint -> its weight, 1 for the confidence that the noises above belong to."""

LIFTED_NOISE: Final = 0.04
"""How far nose and top of the head are lifted from where they belong (part of the stature)."""

MIRROR: Final = np.diag([-1.0, 1.0, 1.0])
"""The left hand's vectors to the right hand's."""

MIRROR_TURN: Final = np.diag([1.0, -1.0, -1.0])
"""The left hand's axes of rotation to the right hand's: a turn about y or z has the opposite sense in a mirror."""
