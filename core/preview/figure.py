"""The drawn person: which joints are connected, how thick the limbs are, and in which colours."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]  # RGB

LEFT: Final[Colour] = (255, 138, 61)
RIGHT: Final[Colour] = (64, 156, 255)
MIDDLE: Final[Colour] = (226, 229, 235)
CONTACT: Final[Colour] = (88, 224, 138)


@dataclass(frozen=True)
class Limb:
    """A tapered capsule between two joints; radii are parts of the stature."""

    start: str
    end: str
    start_radius: float
    end_radius: float
    colour: Colour


@dataclass(frozen=True)
class Capsule:
    """A limb in one frame, in world metres."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    start_radius: float
    end_radius: float
    colour: Colour


def _of_both_sides(start: str, end: str, start_radius: float, end_radius: float) -> tuple[Limb, ...]:
    return tuple(
        Limb(start.replace("*", side), end.replace("*", side), start_radius, end_radius, colour)
        for side, colour in (("left", LEFT), ("right", RIGHT))
    )


LIMBS: Final = (
    Limb("pelvis", "spine", 0.060, 0.064, MIDDLE),
    Limb("spine", "thorax", 0.066, 0.066, MIDDLE),
    Limb("thorax", "neck", 0.034, 0.031, MIDDLE),
    Limb("left_shoulder", "right_shoulder", 0.031, 0.031, MIDDLE),
    Limb("left_hip", "right_hip", 0.047, 0.047, MIDDLE),
    *_of_both_sides("*_hip", "*_knee", 0.050, 0.033),
    *_of_both_sides("*_knee", "*_ankle", 0.033, 0.023),
    *_of_both_sides("*_ankle", "*_foot_index", 0.023, 0.019),
    *_of_both_sides("*_heel", "*_foot_index", 0.019, 0.019),
    *_of_both_sides("*_shoulder", "*_elbow", 0.034, 0.024),
    *_of_both_sides("*_elbow", "*_wrist", 0.024, 0.018),
)

NO_SPINE: Final = (Limb("pelvis", "neck", 0.058, 0.045, MIDDLE), Limb("pelvis", "thorax", 0.058, 0.055, MIDDLE))
"""For motions of other makers, whose joints may lack the spine."""

HEAD_RADIUS: Final = 0.056
HAND_RADIUS: Final = 0.026
NOSE_RADIUS: Final = 0.014
EAR_RADIUS: Final = 0.012
FINGER_RADIUS: Final = 0.011

KEYPOINT_LIMBS: Final = (
    *(("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")),
    *(("left_shoulder", "left_hip"), ("right_shoulder", "right_hip")),
    *(("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    *(("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
    *(("left_wrist", "left_index"), ("right_wrist", "right_index")),
    *(("left_hip", "left_knee"), ("right_hip", "right_knee")),
    *(("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    *(("left_ankle", "left_heel"), ("right_ankle", "right_heel")),
    *(("left_heel", "left_foot_index"), ("right_heel", "right_foot_index")),
    *(("left_ankle", "left_foot_index"), ("right_ankle", "right_foot_index")),
    *(("nose", "left_ear"), ("nose", "right_ear")),
)
"""Lines of the 2D skeleton; those whose points a detector lacks are left out."""


def side_colour(*names: str) -> Colour:
    """Return the colour of a line between joints: that of a side only when all are on it."""
    if all(name.startswith("left_") for name in names):
        return LEFT
    if all(name.startswith("right_") for name in names):
        return RIGHT
    if any(name.startswith("left_") for name in names) and not any(name.startswith("right_") for name in names):
        return LEFT
    if any(name.startswith("right_") for name in names) and not any(name.startswith("left_") for name in names):
        return RIGHT
    return MIDDLE


def capsules(names: tuple[str, ...], joints: NDArray[np.floating], stature: float) -> list[Capsule]:
    """Return the body for joints (J,3) of one frame; limbs without a finite joint at both ends are left out."""
    at = {name: joints[i].astype(np.float64) for i, name in enumerate(names) if np.isfinite(joints[i]).all()}
    limbs = LIMBS if "spine" in names else LIMBS + NO_SPINE
    body = [
        Capsule(at[limb.start], at[limb.end], limb.start_radius * stature, limb.end_radius * stature, limb.colour)
        for limb in limbs
        if limb.start in at and limb.end in at
    ]
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        body += _hand(at, side, stature, colour)
        if f"{side}_ear" in at:
            ear = at[f"{side}_ear"]
            body.append(Capsule(ear, ear, EAR_RADIUS * stature, EAR_RADIUS * stature, colour))
    return body + _head(at, stature)


def _hand(at: dict[str, NDArray[np.float64]], side: str, stature: float, colour: Colour) -> list[Capsule]:
    """Return a hand as flat and as turned as its knuckles say, or a plain one in line with the forearm."""
    if f"{side}_wrist" not in at or f"{side}_elbow" not in at:
        return []
    wrist = at[f"{side}_wrist"]
    thick, thin = FINGER_RADIUS * stature, 0.6 * FINGER_RADIUS * stature
    knuckles = [at[name] for name in (f"{side}_index_1", f"{side}_pinky_1") if name in at]
    if len(knuckles) < 2:
        hand = wrist + 0.22 * (wrist - at[f"{side}_elbow"])
        return [Capsule(wrist, hand, 0.018 * stature, HAND_RADIUS * stature, colour)]
    middle = (knuckles[0] + knuckles[1]) / 2
    fingers = 0.8 * (middle - wrist)
    knuckles.append(middle + 0.1 * fingers)
    parts = [Capsule(wrist, knuckle, thick, thick, colour) for knuckle in knuckles]
    parts += [Capsule(knuckle, knuckle + fingers, thick, thin, colour) for knuckle in knuckles]
    if f"{side}_thumb_1" in at:
        thumb = at[f"{side}_thumb_1"]
        parts.append(Capsule(wrist, thumb, thick, thick, colour))
        parts.append(Capsule(thumb, thumb + 0.5 * (fingers + thumb - wrist) / 2, thick, thin, colour))
    return parts


def _head(at: dict[str, NDArray[np.float64]], stature: float) -> list[Capsule]:
    if "head" not in at or "neck" not in at:
        return []
    top, neck = at["head"], at["neck"]
    up = (top - neck) / max(float(np.linalg.norm(top - neck)), 1e-9)
    radius = HEAD_RADIUS * stature
    crown = top - radius * up
    chin = neck + 0.45 * (crown - neck)
    parts = [
        Capsule(neck, chin, 0.031 * stature, 0.034 * stature, MIDDLE),
        Capsule(chin, crown, 0.9 * radius, radius, MIDDLE),
    ]
    if "nose" in at:
        # the lifted nose may lie off the drawn head: show where it points, on its surface
        middle = (chin + crown) / 2
        out = at["nose"] - middle
        out = out / max(float(np.linalg.norm(out)), 1e-9)
        size = NOSE_RADIUS * stature
        parts.append(Capsule(middle + 0.8 * radius * out, middle + 1.12 * radius * out, size, 0.7 * size, MIDDLE))
    return parts
