"""What a report measures on a take: series over time, per part of the body. numpy only.

Whatever a take lacks is None or left out; NaN marks what is not known in single frames.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..skeleton import CONTACT_JOINTS, PARENTS, STANDS
from ..take import Take
from ..vectors import unit

Array = NDArray[np.float64]

PARTS: Final = {
    "head": ("head", "nose", "neck", "left_ear", "right_ear"),
    "trunk": ("pelvis", "left_hip", "right_hip", "spine", "thorax", "left_shoulder", "right_shoulder"),
    "left arm": ("left_elbow", "left_wrist"),
    "right arm": ("right_elbow", "right_wrist"),
    "left hand": ("left_index_1", "left_pinky_1", "left_thumb_1"),
    "right hand": ("right_index_1", "right_pinky_1", "right_thumb_1"),
    "left leg": ("left_knee", "left_ankle"),
    "right leg": ("right_knee", "right_ankle"),
    "left foot": ("left_heel", "left_foot_index"),
    "right foot": ("right_heel", "right_foot_index"),
}
"""Parts of the body as people call them, by their joints."""

OUTSIDE_PIXELS: Final = 2.0
"""Pixels beyond the edge of the picture from which a keypoint is outside."""

REST: Final = {"heel": 0.025, "foot_index": 0.018}
"""Height of the joints of a standing foot, parts of the stature."""

USUAL_HEIGHT: Final = 1.7
"""Metres, for people some of whose bones are missing."""

LOWEST: Final = 0.05
"""Part of the frames in which a foot is lower than the floor that is guessed for takes without contacts."""

ANKLE_SHARE: Final = 0.045
"""Height of the ankle joint of a standing person, part of the stature."""


@dataclass(frozen=True)
class Bone:
    """The length of one bone over a take, metres; of pairs, left and right."""

    name: str  # "shin", or "left shin" where the other side is missing
    left: Array  # (F,) of the left side, or of a bone in the middle
    right: Array | None  # (F,)

    @property
    def difference(self) -> float | None:
        """How much longer the left one is than the right one, as a part of their mean."""
        if self.right is None:
            return None
        left, right = np.nanmedian(self.left), np.nanmedian(self.right)
        return float((left - right) / max((left + right) / 2.0, 1e-9))

    @property
    def spread(self) -> float:
        """Standard deviation over the take, as a part of the length; the worse side's."""
        sides = [self.left] if self.right is None else [self.left, self.right]
        return float(max(np.nanstd(side) / max(float(np.nanmean(side)), 1e-9) for side in sides))


BONES: Final = {
    "knee": "thigh",
    "ankle": "shin",
    "foot_index": "foot",
    "elbow": "upper arm",
    "wrist": "forearm",
    "hip": "half of the hips",
    "shoulder": "collar bone",
    "spine": "lower trunk",
    "thorax": "upper trunk",
    "neck": "base of neck",
    "head": "neck and head",
}
"""Bones by the joint at their lower end, in the order of the table."""


class Motion:
    """A take seen as series over its F frames; joints that are never known are left out.

    Raises PosewrightError for a take in which no joint is ever known.
    """

    def __init__(self, take: Take) -> None:
        self.take = take
        joints: Array = np.array(take.joints, np.float64)
        joints[~np.isfinite(joints).all(-1)] = np.nan
        known = np.flatnonzero(np.isfinite(joints).any((0, 2)))
        if not len(known):
            raise PosewrightError("This motion has no joint with a known place in any frame; there is nothing to show.")
        self.names = tuple(take.joint_names[column] for column in known)
        self.joints = joints[:, known]
        raw = None if take.joints_raw is None else np.asarray(take.joints_raw, np.float64)[:, known]
        self.raw = raw if raw is not None and np.isfinite(raw).all(-1).any() else None
        self.seen = None if take.confidence is None else np.asarray(take.confidence, np.float64)[:, known]
        self.times: Array = np.asarray(take.times, np.float64)
        self.fps = take.fps

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.joints)

    def has(self, *names: str) -> bool:
        """Tell whether the take has all of these joints."""
        return all(name in self.names for name in names)

    def path(self, name: str) -> Array:
        """Return the (F,3) path of a joint in metres."""
        return self.joints[:, self.names.index(name)]

    def middle(self, part: str) -> Array | None:
        """Return the (F,3) middle between a left and a right joint, None when the take lacks one of them."""
        if not self.has(f"left_{part}", f"right_{part}"):
            return None
        return (self.path(f"left_{part}") + self.path(f"right_{part}")) / 2.0

    @cached_property
    def root(self) -> Array:
        """The (F,3) path of the pelvis, or of the middle of all joints in takes without hips."""
        if self.has("pelvis"):
            return self.path("pelvis")
        hips = self.middle("hip")
        return self.joints.mean(1) if hips is None else hips

    @cached_property
    def root_speed(self) -> Array:
        """The speed of the pelvis (F,) in metres a second."""
        return self.speed(self.root)

    def speed(self, path: Array) -> Array:
        """Return the speed (F,) along a path (F,3) in metres a second; zeros for a single frame."""
        if len(path) < 2:
            return np.zeros(len(path))
        return np.linalg.norm(np.diff(path, axis=0, append=2 * path[-1:] - path[-2:-1]), axis=-1) * self.fps

    @cached_property
    def facing(self) -> Array | None:
        """Where the body faces, seen from above: unit vectors (F,2), None without hips or shoulders."""
        sides = [
            self.path(f"left_{part}") - self.path(f"right_{part}")
            for part in ("hip", "shoulder")
            if self.has(f"left_{part}", f"right_{part}")
        ]
        if not sides:
            return None
        across = np.sum([unit(side) for side in sides], axis=0)[:, :2]
        return unit(np.stack([across[:, 1], -across[:, 0]], axis=-1))  # left x up

    @cached_property
    def feet(self) -> dict[str, Array]:
        """The (F,3) paths of the heels and balls of the feet that the take has, in the order of the contacts."""
        return {name: self.path(name) for name in CONTACT_JOINTS if self.has(name)}

    @cached_property
    def floor(self) -> float:
        """The height of the floor: 0 in our takes; where the feet are lowest in takes without contacts."""
        if self.take.contacts is not None or not self.feet:
            return 0.0
        low = np.min([path[:, 2] - self.rest_height(name) for name, path in self.feet.items()], axis=0)
        return float(np.nanquantile(low, LOWEST)) if np.isfinite(low).any() else 0.0

    def over_floor(self, joint: str) -> Array:
        """Return how high (F,) a heel or ball of a foot is over where it would stand, metres."""
        return self.path(joint)[:, 2] - self.rest_height(joint) - self.floor

    def planted(self, joint: str) -> NDArray[np.bool_] | None:
        """Return when a heel or ball of a foot stands (F,), None when the take has no contacts."""
        if self.take.contacts is None:
            return None
        return np.asarray(self.take.contacts)[:, CONTACT_JOINTS.index(joint)] > STANDS

    def planted_speed(self, joint: str) -> Array | None:
        """Return the speed (F,) of a foot while it stands in this frame and the next, NaN elsewhere."""
        stands = self.planted(joint)
        if stands is None:
            return None
        held = stands & np.append(stands[1:], False)
        return np.where(held, self.speed(self.path(joint)), np.nan)

    @cached_property
    def slide(self) -> float | None:
        """The mean way that standing feet move, millimetres a frame; None without contacts."""
        speeds = [speed for name in self.feet if (speed := self.planted_speed(name)) is not None]
        if not speeds or not np.isfinite(speeds).any():
            return None
        return 1000.0 * float(np.nanmean(speeds)) / self.fps

    def columns(self, part: str) -> list[int]:
        """Return the columns of the joints of a part of the body that the take has."""
        return [self.names.index(name) for name in PARTS[part] if name in self.names]

    def jitter(self, part: str | None = None, *, raw: bool = False) -> Array | None:
        """Return the mean length of the joints' second differences (F,), millimetres a frame squared, NaN at the ends.

        Of one part of the body or of all; with ``raw`` as it was lifted, None when the take does not have that.
        """
        joints = self.raw if raw else self.joints
        if joints is None:
            return None
        columns = list(range(len(self.names))) if part is None else self.columns(part)
        result = np.full(self.frames, np.nan)
        if self.frames > 2 and columns:
            second = np.diff(joints[:, columns], n=2, axis=0)
            result[1:-1] = 1000.0 * np.linalg.norm(second, axis=-1).mean(1)
        return result

    def confidence(self, part: str) -> Array | None:
        """Return the mean confidence (F,) of a part of the body, None when the take does not have it."""
        columns = self.columns(part)
        return None if self.seen is None or not columns else self.seen[:, columns].mean(1)

    @cached_property
    def outside(self) -> dict[str, NDArray[np.bool_]]:
        """For each part of the body with keypoints, when one of them lies outside the picture (F,)."""
        take = self.take
        if take.keypoints is None or take.image_size is None or not take.keypoint_names:
            return {}
        points = np.asarray(take.keypoints, np.float64)
        past = np.maximum(-points, points - np.asarray(take.image_size, np.float64)).max(-1)
        columns = {
            part: [column for column, name in enumerate(take.keypoint_names) if {name, f"{name}_1"} & set(joints)]
            for part, joints in PARTS.items()
        }
        return {part: (past[:, found] > OUTSIDE_PIXELS).any(1) for part, found in columns.items() if found}

    @cached_property
    def bones(self) -> list[Bone]:
        """The bones of the take, both sides together."""
        found = []
        for lower, name in BONES.items():
            pair = [self._bone(f"{side}_{lower}") for side in ("left", "right")]
            if pair[0] is not None:
                found.append(Bone(name if pair[1] is not None else f"left {name}", pair[0], pair[1]))
            elif pair[1] is not None:
                found.append(Bone(f"right {name}", pair[1], None))
            elif (single := self._bone(lower)) is not None:
                found.append(Bone(name, single, None))
        return found

    def _bone(self, lower: str) -> Array | None:
        """Return the length (F,) of the bone above a joint, up to the next joint that the take has."""
        if not self.has(lower):
            return None
        upper = PARENTS[lower]
        while upper is not None and not self.has(upper):
            upper = PARENTS[upper]
        return None if upper is None else np.linalg.norm(self.path(lower) - self.path(upper), axis=-1)

    @cached_property
    def height(self) -> float | None:
        """About how tall the person would stand, metres: the sum of the bones; None when some are missing."""
        lengths = {bone.name: float(np.nanmedian(bone.left)) for bone in self.bones}
        trunk = ("thigh", "shin", "lower trunk", "upper trunk", "base of neck", "neck and head")
        if not all(name in lengths for name in trunk):
            return None
        return sum(lengths[name] for name in trunk) / (1.0 - ANKLE_SHARE)

    def rest_height(self, joint: str) -> float:
        """Return the height of a heel or ball of a standing foot, metres."""
        share = next(share for part, share in REST.items() if joint.endswith(part))
        return share * (self.height or USUAL_HEIGHT)
