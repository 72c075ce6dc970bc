"""From lifted poses to a Take: metres, Z up, feet on the floor, going where the person went."""

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..settings import TrackSettings
from ..skeleton import JOINTS
from ..take import Take
from ..values import Camera, CameraPose, Keypoints
from .body import DEFAULT_HEIGHT, bone_lengths, canonical, stature, with_lengths
from .feet import estimate_contacts
from .ground import camera_rotation, estimate_up, floor_height
from .root import observations, solve_root
from .smoothing import fill_gaps, gap_seconds, hampel, smooth

Array = NDArray[np.float64]

LONGEST_GAP = 0.5
"""Seconds: across a longer gap the pose is still filled in, with confidence 0."""


def solve_world(pose: CameraPose, keypoints: Keypoints, camera: Camera, settings: TrackSettings) -> Take:
    """Return the motion in the world for lifted poses and the 2D keypoints they came from.

    The person gets one set of bone lengths (of ``settings.height``, or an average adult's), a path, an up
    axis and a floor; the camera is taken to stand still. Raises PosewrightError when no frame shows enough
    of a person.
    """
    times = _check(pose, keypoints)
    lifted, missing = _whole_motion(canonical(pose), times)
    lengths = bone_lengths(lifted)
    height = settings.height or DEFAULT_HEIGHT
    scale = height / stature(lengths)
    body = with_lengths(lifted * scale, lengths * scale)

    pixels, weights = observations(keypoints, camera)
    root, trust = solve_root(body, pixels, weights, camera, times)
    raw = body + root[:, None]
    moving = with_lengths(smooth(body, times, settings.smooth), lengths * scale) + smooth(
        root, times, settings.smooth
    ).reshape(-1, 1, 3)

    up = estimate_up(moving, trust)
    for _ in range(2):
        rotation = camera_rotation(up)
        world = moving @ rotation.T
        floor = floor_height(world, height, trust)
        sight = _unit(rotation @ np.median(root, axis=0))
        contacts = estimate_contacts(world - [0, 0, floor], sight, times, height)
        up = estimate_up(moving, trust, contacts)

    start = world[0, 0]
    offset = np.array([-start[0], -start[1], -floor])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = offset
    return Take(
        joints=(world + offset).astype(np.float32),
        joint_names=JOINTS,
        fps=_rate(times),
        times=times,
        confidence=_confidence(keypoints, missing, times),
        contacts=contacts.astype(np.float32),
        joints_raw=(raw @ rotation.T + offset).astype(np.float32),
        keypoints=np.asarray(keypoints.points, np.float32),
        keypoint_names=keypoints.names,
        focal_px=camera.focal_px,
        principal_point=camera.principal_point,
        image_size=camera.image_size,
        world_from_camera=transform,
    )


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
