"""What is known of a take before the fit, and the fit itself."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JOINTS
from ..values import CameraPose
from .body import INDEX, PARENT_INDEX
from .directions import DIRECTIONS, END_JOINT, directions_of, joints_at
from .filters import gaussian
from .view import View

Array = NDArray[np.float64]

SHARED_SECONDS: Final = 0.1
"""Seconds for which keypoints and lifted poses are off in about the same way: more frames tell no more."""

_AGREEMENT: Final = {"left_hip": 0.5, "right_hip": 0.5, "left_shoulder": 0.7, "right_shoulder": 0.7, "nose": 0.0}
AGREEMENT: Final = np.array([_AGREEMENT.get(name, 1.0) for name in JOINTS])
"""How well a keypoint agrees with the joint of its name: hips and shoulders are drawn beside the joint, how far
differs, and the nose has its own place on every head."""

LEAST_SPREAD: Final = 0.05
SHORTER: Final = 1.0
LONGER: Final = 0.7
"""Radians by which a lifted bone is off at least, and for each part of its length that it was lifted too short or
too long: the lifter's mean over what may be so is shorter than the bone where it is unsure."""

HIDDEN: Final = 0.1
SEEN: Final = 0.3
HIDDEN_SECONDS: Final = 0.3
"""Confidence up to which a limb counts as hidden, from which it counts as seen, and the seconds that are averaged."""

FOOT: Final = ("ankle", "heel", "foot_index")
LIMBS: Final = ("elbow", "wrist", "knee", "ankle", "index")

HIPS_UNSURE: Final = 2.0
"""A line from hip to hip has an error at both ends."""

PER_FRAME: Final = ("times", "pixels", "trust", "uncertainty", "directions", "spread", "hidden", "stands", "levels")


@dataclass(frozen=True)
class Evidence:
    """What the stages before say about F frames, in reference axes and metres."""

    times: Array  # (F,) seconds
    view: View
    pixels: Array  # (F,22,2) keypoints of the joints, from the principal point
    trust: Array  # (F,22) confidence of the keypoints, 0 for what was not seen
    uncertainty: Array  # (F,22) metres by which the lifted joint may be off
    directions: Array  # (F,B,3) of the lifted bones
    spread: Array  # (F,B) radians by which they may be off
    hidden: Array  # (F,B) 0..1: that the picture does not show the end of the bone
    lengths: Array  # (22,) metres, of the lifted bones
    height: float  # metres, of the person
    stands: Array  # (F,4) 0..1: that heel and ball of each foot stand, as in a Take
    levels: Array  # (F,4) metres along ``up``: how high these points are when they stand there
    up: Array  # (3,)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def step(self) -> float:
        """Seconds from frame to frame."""
        return float(np.median(np.diff(self.times)))

    @property
    def worth(self) -> float:
        """What one frame tells by itself: frames shortly after each other are off in the same way."""
        return min(self.step / SHARED_SECONDS, 1.0)

    def part(self, frames: slice) -> "Evidence":
        """Return what is known about some frames."""
        cut = {name: getattr(self, name)[frames] for name in PER_FRAME}
        return Evidence(**cut, view=self.view.part(frames), lengths=self.lengths, height=self.height, up=self.up)


@dataclass(frozen=True)
class Fit:
    """A body of constant bones in F frames, in reference axes and metres."""

    root: Array  # (F,3) the pelvis
    directions: Array  # (F,B,3) of ``directions.DIRECTIONS``
    lengths: Array  # (22,)

    @cached_property
    def joints(self) -> Array:
        """The joints (F,22,3)."""
        return joints_at(self.root, self.directions, self.lengths)

    def part(self, frames: slice) -> "Fit":
        """Return some frames."""
        return Fit(self.root[frames], self.directions[frames], self.lengths)


def lifted_bones(pose: Array, lengths: Array, uncertainty: Array) -> tuple[Array, Array]:
    """Return the directions (F,B,3) of lifted poses (F,22,3) and by how many radians they may be off (F,B).

    ``uncertainty`` (F,22) is in metres. On motion capture with a detector's errors a bone is off by as many radians
    as its joint is unsure of bone lengths, and more where it was not lifted at its own length.
    """
    directions = directions_of(pose)
    end, start = list(END_JOINT), [PARENT_INDEX[joint] for joint in END_JOINT]
    length = np.maximum(lengths[end], 1e-3)
    unsure = uncertainty[:, end] / length
    unsure[:, DIRECTIONS.index("hips")] *= HIPS_UNSURE
    ratio = np.linalg.norm(pose[:, end] - pose[:, start], axis=-1) / length
    unlike = np.where(ratio < 1.0, SHORTER * (1.0 - ratio), LONGER * (ratio - 1.0))
    return directions, np.sqrt(unsure**2 + unlike**2 + LEAST_SPREAD**2)


def hidden_bones(trust: Array, times: Array) -> Array:
    """Return how surely (F,B) 0..1 the picture does not show the end of each bone of a limb.

    ``trust`` (F,22) is the confidence of the keypoints, which is averaged over ``HIDDEN_SECONDS``: a keypoint that is
    unsure for a moment is no hidden limb. The trunk never counts as hidden.
    """
    steady = gaussian(trust, times, HIDDEN_SECONDS)[:, list(END_JOINT)]
    hidden = np.clip(1.0 - (steady - HIDDEN) / (SEEN - HIDDEN), 0.0, 1.0)
    hidden[:, [name.split("_")[-1] not in LIMBS for name in DIRECTIONS]] = 0.0
    return hidden


def shown_feet(trust: Array, times: Array) -> Array:
    """Return how surely (F,4) the picture shows the foot of each contact point, 0..1, by its best keypoint."""
    steady = gaussian(trust, times, HIDDEN_SECONDS)
    shown = np.clip((steady - HIDDEN) / (SEEN - HIDDEN), 0.0, 1.0)
    feet = [shown[:, [INDEX[f"{side}_{part}"] for part in FOOT]].max(1) for side in ("left", "right")]
    return np.repeat(np.stack(feet, axis=1), 2, axis=1)


def joint_uncertainty(pose: CameraPose, scale: float) -> Array:
    """Return by how many metres (F,22) each joint of a lifted pose may be off; ``scale`` makes its unit metres."""
    unsure = pose.uncertainty
    if unsure is None:
        return np.full((len(pose.joints), len(JOINTS)), UNKNOWN_ERROR)
    neighbours = {"neck": "thorax", "left_heel": "left_ankle", "right_heel": "right_ankle"}
    neighbours |= {f"{side}_foot_index": f"{side}_ankle" for side in ("left", "right")}
    result = np.empty((len(pose.joints), len(JOINTS)))
    for name in JOINTS:
        source = name if name in pose.names else neighbours[name]
        result[:, INDEX[name]] = scale * unsure[:, pose.names.index(source)]
    return result


UNKNOWN_ERROR: Final = 0.08
"""Metres by which joints of a lifter are off that does not say how sure it is."""
