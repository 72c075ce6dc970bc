"""Where the person stands in front of the camera: the pelvis path from lifted poses and their 2D keypoints.

With a pinhole camera, a joint at X relative to the pelvis and its pixel u (from the principal point) give,
for the pelvis at t, two linear equations: ``f tx - u tz = u Z - f X`` and the same for y. Every frame is a
small weighted least-squares problem; reweighting by the residual makes it robust (IRLS).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..skeleton import JOINTS
from ..values import Camera, Keypoints
from .smoothing import fill_gaps, gaussian, hampel

Array = NDArray[np.float64]

TRUST: Final = {
    "left_shoulder": 1.0,
    "right_shoulder": 1.0,
    "left_hip": 0.6,
    "right_hip": 0.6,
    "left_knee": 1.0,
    "right_knee": 1.0,
    "left_ankle": 1.0,
    "right_ankle": 1.0,
    "left_foot_index": 0.5,
    "right_foot_index": 0.5,
    "left_heel": 0.5,
    "right_heel": 0.5,
    "left_elbow": 0.6,
    "right_elbow": 0.6,
    "left_wrist": 0.3,
    "right_wrist": 0.3,
    "nose": 0.3,
}
"""How well a 2D keypoint agrees with the joint of that name: hips are drawn off the joint centre, hands and
faces are lifted worse than knees."""

DEPTH_SIGMA: Final = 2.0
SURE_DEPTH_SIGMA: Final = 0.2
SIDE_SIGMA: Final = 0.04
"""Seconds of the filters: on the depth, which 2D tells badly, at most and in a clip whose frames are all trusted, and
on the place in the image plane."""

TOO_FAR: Final = 0.03
TOO_NEAR: Final = 0.08
"""Parts of the depth by which a frame may lie beyond and before its neighbours without losing trust."""


def observations(keypoints: Keypoints, camera: Camera) -> tuple[Array, Array]:
    """Return the (F,22,2) pixels, from the principal point, of the canonical joints and their (F,22) weights.

    The weight is 0 for what was not seen or has no 2D keypoint.
    """
    pixels = np.zeros((len(keypoints.points), len(JOINTS), 2))
    for joint, name in enumerate(JOINTS):
        if name in TRUST and name in keypoints.names:
            offset = np.asarray(keypoints.points[:, keypoints.index(name)], np.float64) - camera.principal_point
            pixels[:, joint] = np.where(np.isfinite(offset).all(-1)[:, None], offset, 0.0)
    return pixels, seen_joints(keypoints) * [TRUST.get(name, 0.0) for name in JOINTS]


def seen_joints(keypoints: Keypoints) -> Array:
    """Return the confidence (F,22) of the keypoints of the canonical joints, 0 for those unseen or without one.

    A detector can only guess what lies outside the picture; hips alone count there, as without them nothing tells
    where the person is.
    """
    result = np.zeros((len(keypoints.points), len(JOINTS)))
    for joint, name in enumerate(JOINTS):
        if name in keypoints.names:
            points = keypoints.points[:, keypoints.index(name)]
            seen = np.isfinite(points).all(-1)
            if not name.endswith("_hip"):
                with np.errstate(invalid="ignore"):
                    seen &= ((points >= 0) & (points <= keypoints.image_size)).all(-1)
            result[:, joint] = np.where(seen, np.nan_to_num(keypoints.confidence[:, keypoints.index(name)]), 0.0)
    return result


def solve_root(
    joints: Array, pixels: Array, weights: Array, evenness: Array, camera: Camera, times: Array
) -> tuple[Array, Array]:
    """Return the (F,3) path of the pelvis in camera axes, in the unit of the joints, and its trust (F,) 0..1.

    ``joints`` (F,J,3) is relative to the pelvis; ``pixels`` and ``weights`` come from ``observations``,
    ``evenness`` (F,) from ``body.evenness``. Frames where too little was seen are bridged. The depth is smoothed
    more than the sides, and the sides are then solved anew for the smoothed depth. Raises PosewrightError when no
    frame can be solved.
    """
    focal = camera.focal_px
    per_frame, trust = _frames_alone(joints, pixels, weights, focal)
    if not np.isfinite(per_frame).any():
        raise PosewrightError(
            "In no frame enough of the body is seen, or fits its 3D pose, to tell where the person stands; "
            "film the whole body, or use another lifter."
        )
    cleaned = hampel(per_frame, half_window=7, floor=0.02 * float(np.nanmedian(per_frame[:, 2])))
    filled, _ = fill_gaps(cleaned, times)
    trust = trust * evenness
    depth = _steady_depth(filled[:, 2], trust, times)
    sides = _sides_at_depth(joints, pixels, weights, depth, focal)
    sides, _ = fill_gaps(hampel(sides, half_window=3, floor=0.05), times)
    sides = gaussian(sides, times, SIDE_SIGMA)
    return np.concatenate([sides * depth[:, None], depth[:, None]], axis=1), trust


def _steady_depth(depth: Array, trust: Array, times: Array) -> Array:
    """Return the smoothed depth (F,).

    A bone that was lifted too flat looks too long for its picture and moves the person away, so depths that are
    too large are trusted less than those that are too small.
    """
    logarithm = np.log(depth)
    weight = trust + 1e-4
    sigma = min(SURE_DEPTH_SIGMA / max(float(np.median(trust)), 1e-3), DEPTH_SIGMA)
    smoothed = logarithm
    for _ in range(8):
        smoothed = gaussian(logarithm, times, sigma, weight)
        above = np.maximum(logarithm - smoothed, 0.0) / TOO_FAR
        below = np.maximum(smoothed - logarithm, 0.0) / TOO_NEAR
        weight = (trust + 1e-4) / (1.0 + above**2 + below**2)
    return np.exp(smoothed)


def _frames_alone(joints: Array, pixels: Array, weights: Array, focal: float) -> tuple[Array, Array]:
    """Solve every frame by itself; (F,3) with NaN where fewer than 4 joints were seen, and the trust (F,)."""
    depth = _depth_from_extent(joints, pixels, weights, focal)
    enough = (weights > 0.05).sum(1) >= 4
    result = np.full((len(joints), 3), np.nan)
    robust = weights
    for _ in range(6):
        distance = np.maximum(joints[..., 2] + depth[:, None], 0.1 * depth[:, None])
        scaled = robust / distance**2
        solution = _normal_equations(joints, pixels, scaled, focal)
        good = enough & (solution[:, 2] > 0.3 * depth) & (solution[:, 2] < 3.0 * depth)
        result[good] = solution[good]
        depth = np.where(good, solution[:, 2], depth)
        absolute = joints + np.where(good[:, None], solution, np.nan)[:, None]
        error = np.linalg.norm(focal * absolute[..., :2] / absolute[..., 2:] - pixels, axis=-1)
        spread = _spread(error, weights)
        robust = weights / (1.0 + (np.nan_to_num(error) / (2.0 * spread[:, None])) ** 2)
    result[~enough] = np.nan
    trust = np.clip(weights.sum(1) / 5.0, 0.0, 1.0) * np.isfinite(result).all(1)
    return result, trust


def _spread(error: Array, weights: Array) -> Array:
    """Return the median pixel error of the seen joints of each frame, at least 1 pixel."""
    seen = np.where((weights > 0.05) & np.isfinite(error), error, np.nan)
    spread = np.ones(len(error))
    known = np.isfinite(seen).any(1)
    spread[known] = np.maximum(np.nanmedian(seen[known], axis=1), 1.0)
    return spread


def _depth_from_extent(joints: Array, pixels: Array, weights: Array, focal: float) -> Array:
    """Return a first depth (F,): focal length times extent in 3D over extent in 2D (PoseDA, ICCV 2023)."""
    weight = weights / np.maximum(weights.sum(1, keepdims=True), 1e-9)

    def extent(points: Array) -> Array:
        centred = points - (weight[..., None] * points).sum(1, keepdims=True)
        return np.sqrt((weight[..., None] * centred**2).sum((1, 2)))

    ratio = focal * extent(joints[..., :2]) / np.maximum(extent(pixels), 1e-6)
    usable = (weights > 0.05).sum(1) >= 4
    typical = float(np.median(ratio[usable])) if usable.any() else 4.0
    return np.where(usable, np.clip(ratio, typical / 5.0, typical * 5.0), typical)


def _normal_equations(joints: Array, pixels: Array, weights: Array, focal: float) -> Array:
    """Return the weighted least-squares pelvis (F,3) of the linear equations above."""
    right = pixels * joints[..., 2:] - focal * joints[..., :2]
    total = weights.sum(1)
    mean = (weights[..., None] * pixels).sum(1)
    square = (weights * (pixels**2).sum(-1)).sum(1)
    matrix = np.zeros((len(joints), 3, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = focal**2 * total
    matrix[:, :2, 2] = matrix[:, 2, :2] = -focal * mean
    matrix[:, 2, 2] = square
    vector = np.empty((len(joints), 3))
    vector[:, :2] = focal * (weights[..., None] * right).sum(1)
    vector[:, 2] = -(weights[..., None] * pixels * right).sum((1, 2))
    scale = np.maximum(np.trace(matrix, axis1=1, axis2=2), 1e-12)
    matrix += 1e-9 * scale[:, None, None] * np.eye(3)
    return np.linalg.solve(matrix, vector[..., None])[..., 0]


def _sides_at_depth(joints: Array, pixels: Array, weights: Array, depth: Array, focal: float) -> Array:
    """Return the best (F,2) place beside the optical axis over the depth, for given depths; NaN when unseen."""
    distance = np.maximum(joints[..., 2] + depth[:, None], 0.1 * depth[:, None])
    place = pixels * distance[..., None] / focal - joints[..., :2]
    robust = weights
    result = np.full((len(joints), 2), np.nan)
    enough = (weights > 0.05).sum(1) >= 3
    for _ in range(5):
        total = np.maximum(robust.sum(1), 1e-9)
        result = (robust[..., None] * place).sum(1) / total[:, None]
        error = np.linalg.norm(place - result[:, None], axis=-1) * focal / distance
        robust = weights / (1.0 + (error / (2.0 * _spread(error, weights)[:, None])) ** 2)
    return np.where(enough[:, None], result / depth[:, None], np.nan)
