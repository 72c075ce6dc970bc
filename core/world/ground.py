"""Which way is up, and where the floor is, for a camera that does not move."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS
from .body import BALL_HEIGHT, HEEL_HEIGHT, INDEX
from .smoothing import gaussian

Array = NDArray[np.float64]

PITCH_SIGMA: Final = 12.0
ROLL_SIGMA: Final = 3.0
"""Degrees by which cameras are expected to look up or down, and to lean sideways."""

CAMERA_HEIGHT: Final = 1.4
CAMERA_HEIGHT_SIGMA: Final = 0.5
CAMERA_HEIGHT_PITCH: Final = 3.0
"""Metres over the floor at which people hold cameras, and what that is worth in degrees at best."""

POSTURE_PITCH: Final = 4.0
POSTURE_ROLL: Final = 5.0
"""Degrees by which standing people and lifters are off together, averaged over a clip, to or from the camera and
sideways."""

LYING: Final = 65.0
"""Degrees from the up axis of a level camera beyond which a straight body lies rather than stands."""

SLOW_FOOT: Final = 0.4
"""Metres per second: a foot that is faster hardly counts for the floor."""

FLOOR_SPREAD: Final = 0.04
"""Metres around the floor within which a resting foot counts fully."""

REST_HEIGHTS: Final = (HEEL_HEIGHT, BALL_HEIGHT, HEEL_HEIGHT, BALL_HEIGHT)


@dataclass(frozen=True)
class _Evidence:
    """A guess of the up axis in camera axes, with its standard deviation for pitch and roll in degrees."""

    up: Array
    pitch_sigma: float
    roll_sigma: float


def estimate_up(joints: Array, weights: Array, contacts: Array | None = None) -> Array:
    """Return the unit up axis (3,) in camera axes.

    ``joints`` (F,22,3) are absolute, in camera axes and metres; ``weights`` (F,) says how well each frame
    was seen; ``contacts`` (F,4), when known, adds the plane through the planted feet. The guesses (a level
    camera, upright people, the plane) are averaged by their certainty.
    """
    level = np.array([0.0, -1.0, 0.0])
    evidence = [_Evidence(level, PITCH_SIGMA, ROLL_SIGMA)]
    evidence += _posture(joints, weights)
    evidence.append(_camera_height(joints, weights))
    if contacts is not None:
        evidence += _foot_plane(joints, contacts)
    pitch = _mean([(np.arctan2(-item.up[2], -item.up[1]), item.pitch_sigma) for item in evidence])
    roll = _mean([(np.arctan2(item.up[0], -item.up[1]), item.roll_sigma) for item in evidence])
    up = np.array([np.tan(roll), -1.0, -np.tan(pitch)])
    return up / np.linalg.norm(up)


def _mean(guesses: list[tuple[float, float]]) -> float:
    weight = np.array([1.0 / sigma**2 for _, sigma in guesses])
    return float(np.clip(np.dot(weight, [value for value, _ in guesses]) / weight.sum(), -1.2, 1.2))


def _camera_height(joints: Array, weights: Array) -> _Evidence:
    """Return the pitch at which the feet are as far below the camera as is usual; nothing of the roll."""
    feet = joints[:, [INDEX[name] for name in CONTACT_JOINTS]]
    lower = feet[np.arange(len(feet)), feet[..., 1].argmax(1)]
    down, away = np.average(lower[:, 1:], axis=0, weights=weights + 1e-6)
    far = max(float(np.hypot(down, away)), CAMERA_HEIGHT + 0.1)
    pitch = float(np.arctan2(away, down) - np.arccos(CAMERA_HEIGHT / far))
    sigma = float(np.hypot(np.degrees(CAMERA_HEIGHT_SIGMA / far), CAMERA_HEIGHT_PITCH))
    return _Evidence(np.array([0.0, -np.cos(pitch), -np.sin(pitch)]), sigma, 90.0)


def _posture(joints: Array, weights: Array) -> list[_Evidence]:
    """Return the mean body axis of the frames where the person stands with straight legs and trunk."""
    hips, thorax = joints[:, INDEX["pelvis"]], joints[:, INDEX["thorax"]]
    ankles = (joints[:, INDEX["left_ankle"]] + joints[:, INDEX["right_ankle"]]) / 2.0
    trunk, axis = _unit(thorax - hips), _unit(thorax - ankles)
    bend = [np.degrees(np.arccos(np.clip((trunk * _unit(hips - ankles)).sum(-1), -1, 1)))]
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, INDEX[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
        bend.append(0.7 * np.degrees(np.arccos(np.clip((_unit(hip - knee) * _unit(knee - ankle)).sum(-1), -1, 1))))
    weight = weights * np.exp(-0.5 * (np.stack(bend) / 20.0) ** 2).prod(0)
    if weight.sum() < 1e-6 * len(joints):
        return []
    mean = _robust_direction(axis, weight)
    if -mean[1] < np.cos(np.radians(LYING)):
        return []
    upright = float(weight.sum() / max(weights.sum(), 1e-9))
    fewer = float(np.clip(0.3 / max(upright, 1e-6), 1.0, 10.0)) ** 0.5
    return [_Evidence(mean, fewer * POSTURE_PITCH, fewer * POSTURE_ROLL)]


def _robust_direction(directions: Array, weight: Array) -> Array:
    """Return the weighted mean of (F,3) unit vectors, outliers weighted down (IRLS, 8 degrees)."""
    robust = weight
    mean = _unit((robust[:, None] * directions).sum(0))
    for _ in range(10):
        off = np.degrees(np.arccos(np.clip(directions @ mean, -1, 1)))
        robust = weight / (1.0 + (off / 8.0) ** 2)
        mean = _unit((robust[:, None] * directions).sum(0))
    return mean


def _foot_plane(joints: Array, contacts: Array) -> list[_Evidence]:
    """Return the normal of the plane through the planted feet; as sure as the feet were spread out."""
    points = np.stack([joints[:, INDEX[name]] for name in CONTACT_JOINTS], axis=1)[contacts > 0.5]
    if len(points) < 20:
        return []
    centre = np.median(points, axis=0)
    design = np.stack([points[:, 0] - centre[0], points[:, 2] - centre[2], np.ones(len(points))], axis=1)
    weight = np.ones(len(points))
    slope = np.zeros(3)
    for _ in range(10):
        slope = np.linalg.lstsq(design * weight[:, None], points[:, 1] * weight, rcond=None)[0]
        weight = 1.0 / np.sqrt(1.0 + ((points[:, 1] - design @ slope) / 0.03) ** 2)
    up = _unit(np.array([slope[0], -1.0, slope[1]]))
    spread = design[:, :2].std(0)
    noise = 0.06  # metres by which a planted foot is misplaced, for steps on end
    sigmas = np.degrees(np.arctan(noise / np.maximum(spread, 1e-3)))
    return [_Evidence(up, max(float(sigmas[1]), 1.0), max(float(sigmas[0]), 1.0))]


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def camera_rotation(up: Array) -> Array:
    """Return the (3,3) rotation from camera axes to the world: Z up, Y level and away from the camera."""
    away = np.array([0.0, 0.0, 1.0]) - up[2] * up
    away = _unit(away) if np.linalg.norm(away) > 1e-3 else np.array([0.0, -1.0, 0.0])
    return np.stack([np.cross(away, up), away, up])


def floor_height(joints: Array, stature: float, weights: Array, times: Array) -> float:
    """Return the height of the floor under (F,22,3) world joints.

    It is the height at which the lower foot rests for most of the time, weighted by ``weights`` (F,): the weighted
    median where it is slow, then a robust mean around that. A jump, a climb or a few bad frames do not move it.
    """
    feet = joints[:, [INDEX[name] for name in CONTACT_JOINTS]]
    heights = feet[..., 2] - stature * np.array(REST_HEIGHTS)
    lowest = heights.argmin(1)
    low = heights.min(1)
    if len(times) < 3:
        return float(low.min())
    speed = np.linalg.norm(np.gradient(gaussian(feet, times, 0.05), times, axis=0), axis=-1)
    weight = (weights + 1e-6) / (1.0 + (speed[np.arange(len(low)), lowest] / SLOW_FOOT) ** 4)
    order = np.argsort(low)
    share = np.cumsum(weight[order])
    floor = float(np.interp(0.5 * share[-1], share, low[order]))
    for _ in range(10):
        robust = weight / (1.0 + ((low - floor) / FLOOR_SPREAD) ** 2)
        floor = float((robust * low).sum() / robust.sum())
    return floor
