"""From lifted poses to a Take: metres, Z up, feet on the floor, going where the person went."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..settings import TrackSettings
from ..skeleton import JOINTS
from ..take import Take
from ..values import Camera, CameraPose, Keypoints
from .body import DEFAULT_HEIGHT, bone_lengths, canonical, evenness, stature, with_lengths
from .extremities import extremities
from .feet import STEADY, UNSURE_DEPTH, Limits, estimate_contacts
from .ground import camera_rotation, estimate_up, floor_height
from .planting import plant_path
from .root import observations, solve_root
from .smoothing import fill_gaps, gap_seconds, hampel, smooth
from .timing import even_take

Array = NDArray[np.float64]

LONGEST_GAP = 0.5
"""Seconds: across a longer gap the pose is still filled in, with confidence 0."""


@dataclass(frozen=True)
class _Motion:
    """A motion in camera axes and metres."""

    pose: Array  # (F,22,3) relative to the pelvis
    root: Array  # (F,3)
    lengths: Array  # (22,)
    trust: Array  # (F,)
    times: Array  # (F,)
    height: float

    @property
    def joints(self) -> Array:
        return self.pose + self.root[:, None]


@dataclass(frozen=True)
class _Ground:
    """Where up and the floor are, and when which foot stands."""

    rotation: Array  # (3,3) camera axes to world axes
    floor: float  # height of the floor in these axes
    contacts: Array  # (F,4)


def solve_world(pose: CameraPose, keypoints: Keypoints, camera: Camera, settings: TrackSettings) -> Take:
    """Return the motion in the world for lifted poses and the 2D keypoints they came from.

    The person gets one set of bone lengths (of ``settings.height``, or an average adult's), a path, an up
    axis and a floor; the camera is taken to stand still. The take has the frame rate of ``settings.fps`` or of the
    footage. Raises PosewrightError when no frame shows enough of a person.
    """
    times = _check(pose, keypoints)
    lifted, missing = _whole_motion(canonical(pose), times)
    raw = _in_metres(lifted, keypoints, camera, times, settings.height or DEFAULT_HEIGHT)
    motion = _smoothed(raw, settings.smooth, settings.filter)
    motion = _planted(motion, _find_ground(motion, UNSURE_DEPTH))
    motion = _planted(motion, _find_ground(motion, STEADY))
    ground = _find_ground(motion, STEADY)

    found = extremities(motion.joints, keypoints, camera, times, motion.height)
    found_raw = extremities(raw.joints, keypoints, camera, times, raw.height)
    world = found.all_joints @ ground.rotation.T
    transform = np.eye(4)
    transform[:3, :3] = ground.rotation
    transform[:3, 3] = [-world[0, 0, 0], -world[0, 0, 1], -ground.floor]
    take = Take(
        joints=(world + transform[:3, 3]).astype(np.float32),
        joint_names=(*JOINTS, *found.names),
        fps=settings.fps or _rate(times),
        times=times,
        confidence=np.concatenate([_confidence(keypoints, missing, times), found.confidence], 1).astype(np.float32),
        contacts=ground.contacts.astype(np.float32),
        joints_raw=(found_raw.all_joints @ ground.rotation.T + transform[:3, 3]).astype(np.float32),
        keypoints=np.asarray(keypoints.points, np.float32),
        keypoint_names=keypoints.names,
        keypoint_confidence=np.nan_to_num(np.asarray(keypoints.confidence, np.float32)),
        focal_px=camera.focal_px,
        principal_point=camera.principal_point,
        image_size=camera.image_size,
        world_from_camera=transform,
    )
    return even_take(take)


def _check(pose: CameraPose, keypoints: Keypoints) -> Array:
    times = np.asarray(keypoints.times, np.float64)
    if len(pose.joints) != len(keypoints.points) or len(times) != len(keypoints.points):
        raise ValueError("pose, keypoints and times must have the same number of frames")
    if len(times) < 2:
        raise PosewrightError("The footage has a single frame; motion needs at least two.")
    return times


def _whole_motion(joints: Array, times: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the poses without outliers and gaps, and the mask (F,22) of what was filled in."""
    typical = float(np.nanmedian(np.linalg.norm(joints[:, 1:], axis=-1))) if np.isfinite(joints).any() else 0.0
    filled, missing = fill_gaps(hampel(joints, half_window=3, floor=0.15 * typical), times)
    if not np.isfinite(filled).all():
        raise PosewrightError("Too little of the person was seen to find a pose; use footage that shows the body.")
    return filled, missing


def _in_metres(lifted: Array, keypoints: Keypoints, camera: Camera, times: Array, height: float) -> _Motion:
    """Return the motion of a body of constant bone lengths and this height, where the 2D keypoints show it."""
    lengths = bone_lengths(lifted)
    scale = height / stature(lengths)
    pose = with_lengths(lifted * scale, lengths * scale)
    pixels, weights = observations(keypoints, camera)
    root, trust = solve_root(pose, pixels, weights, evenness(lifted, lengths), camera, times)
    return _Motion(pose, root, lengths * scale, trust, times, height)


def _smoothed(motion: _Motion, strength: float, filter: str) -> _Motion:
    pose = with_lengths(smooth(motion.pose, motion.times, strength, filter), motion.lengths)
    root = smooth(motion.root, motion.times, strength, filter)
    return _Motion(pose, root, motion.lengths, motion.trust, motion.times, motion.height)


def _planted(motion: _Motion, ground: _Ground) -> _Motion:
    up = ground.rotation[2]
    root = plant_path(motion.root, motion.pose, ground.contacts, up, ground.floor, motion.height, motion.times)
    return _Motion(motion.pose, root, motion.lengths, motion.trust, motion.times, motion.height)


def _find_ground(motion: _Motion, limits: Limits) -> _Ground:
    """Find up, floor and contacts; each helps to find the others, so in two rounds."""
    contacts = None
    ground = None
    for _ in range(2):
        rotation = camera_rotation(estimate_up(motion.joints, motion.trust, contacts))
        world = motion.joints @ rotation.T
        floor = floor_height(world, motion.height, motion.trust, motion.times)
        sight = rotation @ np.median(motion.root, axis=0)
        contacts = estimate_contacts(world - [0, 0, floor], _unit(sight), motion.times, motion.height, limits)
        ground = _Ground(rotation, floor, contacts)
    assert ground is not None
    return ground


def _rate(times: Array) -> float:
    return float(1.0 / np.median(np.diff(times)))


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _confidence(keypoints: Keypoints, missing: NDArray[np.bool_], times: Array) -> NDArray[np.float32]:
    """Return the (F,22) trust in each joint: that of its keypoint, or of the parts around it."""
    seen = np.nan_to_num(np.asarray(keypoints.confidence, np.float64))
    around = {
        "pelvis": ("left_hip", "right_hip"),
        "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
        "thorax": ("left_shoulder", "right_shoulder"),
        "neck": ("left_shoulder", "right_shoulder", "left_ear", "right_ear"),
        "head": ("left_ear", "right_ear", "nose"),
    }
    result = np.zeros((len(seen), len(JOINTS)))
    for joint, name in enumerate(JOINTS):
        columns = [keypoints.index(part) for part in around.get(name, (name,)) if part in keypoints.names]
        if columns:
            result[:, joint] = seen[:, columns].mean(1)
    result[gap_seconds(missing, times) > LONGEST_GAP] = 0.0
    return np.clip(result, 0.0, 1.0).astype(np.float32)
