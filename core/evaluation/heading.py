"""Whether a person who stands off the optical axis looks turned.

The same motions are seen from the same places by cameras that look past the person by several angles. The 2D is exact
and goes through ``Lifter.lift``, as real tracks do. The heading error is the angle about the vertical between the true
and the lifted direction of the line from the right to the left hip plus that of the shoulders. A lifter that takes the
place in the picture for the middle turns the person by the angle off the axis (PersPose, Hao et al., ICCV 2025).
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ...progress import Progress, silent
from ..lifting.inputs import LIFTER_JOINTS
from ..lifting.lifter import Lifter
from ..training.draw import Draw
from ..training.motions import FPS, PELVIS, Motions
from ..training.poses import sample_poses
from ..training.synthesis import VALIDATION_EXACT
from ..training.views import detector_joints
from ..values import Camera, Keypoints
from .keypoints import KEYPOINT_NAMES, detector_points

Array = NDArray[np.float64]
Direction = Literal["aside", "above"]

SEED: Final = 31
CLIPS: Final = 24
FRAMES: Final = 30
DISTANCE: Final = (2.5, 6.0)  # metres from camera to person
HEIGHT: Final = (0.6, 2.0)  # metres, of the camera
PLACES: Final[tuple[tuple[Direction, float], ...]] = (
    *(("aside", angle) for angle in (0.0, 15.0, 30.0)),
    *(("above", angle) for angle in (15.0, 30.0)),
)
CAMERA: Final = Camera(900.0, (1000.0, 1000.0), (2000, 2000))
LEVEL: Final = 0.7
"""Least horizontal length of hip line plus shoulder line, of 2, for which a person has a heading."""


@dataclass(frozen=True)
class HeadingError:
    """Heading errors of one place in the picture, degrees, over all frames."""

    direction: Direction  # of the person from the optical axis; ``aside`` is to either side, ``above`` up or down
    off_axis: float
    absolute: float  # mean absolute error
    signed: float  # mean error; clockwise from above is positive for a person on the right, the other way on the left
    beyond: float  # ``absolute`` less that on the axis

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class _Scenes:
    """Motions and level cameras that look at them (N clips of F frames); world metres, Z up."""

    joints: Array  # (N,F,19,3)
    aimed: Array  # (N,F,K,3) what a detector aims at
    cameras: Array  # (N,3)
    axes: Array  # (N,3,3) columns: right, down, ahead
    sides: Array  # (N,) 1 or -1: to which side the person is moved


def heading_errors(
    lifter: Lifter, motions: Motions, clips: int = CLIPS, rotate: bool = True, progress: Progress = silent
) -> list[HeadingError]:
    """Measure a lifter on ``clips`` seconds of motion for each of ``PLACES``.

    Without ``rotate`` the lifter is told that the person stands at the middle of the picture: what comes out then is
    what a lifter without perspective rotation would give.
    """
    scenes = _scenes(motions, clips)
    errors: list[HeadingError] = []
    for number, (direction, degrees) in enumerate(PLACES):
        progress("lift", number / len(PLACES), f"{degrees:g} degrees {direction}")
        found = np.concatenate([_errors(lifter, scenes, clip, direction, degrees, rotate) for clip in range(clips)])
        absolute = float(np.abs(found).mean())
        beyond = absolute - errors[0].absolute if errors else 0.0
        errors.append(HeadingError(direction, degrees, absolute, float(found.mean()), beyond))
    progress("lift", 1.0)
    return errors


def heading_difference(pose: Array, truth: Array, names: tuple[str, ...], up: Array) -> Array:
    """Return the angle (F,) in degrees, left positive, from the true to the lifted heading; NaN where there is none.

    ``pose`` and ``truth`` (F,J,3) have the joints ``names`` in the same axes; ``up`` (3,) is the vertical there.
    """
    found, right = (_across(values, names, up) for values in (pose, truth))
    sine = np.cross(right, found) @ up
    angle = np.degrees(np.arctan2(sine, (right * found).sum(-1)))
    return np.where(np.linalg.norm(right, axis=-1) < LEVEL, np.nan, angle)


def _across(joints: Array, names: tuple[str, ...], up: Array) -> Array:
    """Return the horizontal part (F,3) of the direction to the left of hips plus shoulders."""
    total = np.zeros((len(joints), 3))
    for part in ("hip", "shoulder"):
        line = joints[:, names.index(f"left_{part}")] - joints[:, names.index(f"right_{part}")]
        total += line / np.maximum(np.linalg.norm(line, axis=-1, keepdims=True), 1e-9)
    return total - (total @ up)[:, None] * up


def _scenes(motions: Motions, clips: int) -> _Scenes:
    draw = Draw(SEED, torch.device("cpu"))
    settings = replace(VALIDATION_EXACT.poses, seconds_apart=(1 / FPS, 1 / FPS))
    poses = sample_poses(motions.to(draw.device), draw, settings, clips, FRAMES)
    roots = poses.roots[:, :, None].double().numpy()
    aimed, truth = (values.double().numpy() for values in detector_joints(poses.joints, draw, 0.0))
    middle = roots[:, FRAMES // 2, 0]
    heading = draw.uniform((clips,), 0, 2 * math.pi).numpy()
    distance, height = draw.uniform((clips,), *DISTANCE).numpy(), draw.uniform((clips,), *HEIGHT).numpy()
    away = np.stack([np.cos(heading) * distance, np.sin(heading) * distance], axis=-1)
    cameras = np.concatenate([middle[:, :2] + away, height[:, None]], axis=-1)
    ahead = middle - cameras
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    axes = np.stack([right, np.cross(ahead, right), ahead], axis=-1)
    sides = np.where(np.arange(clips) % 2, 1.0, -1.0)
    return _Scenes(truth + roots, detector_points(aimed) + roots, cameras, axes, sides)


def _errors(lifter: Lifter, scenes: _Scenes, clip: int, direction: Direction, degrees: float, rotate: bool) -> Array:
    """Return the heading errors of one clip's frames, seen with the person off the axis."""
    angle = math.radians(degrees) * scenes.sides[clip]
    axes = _turned(scenes.axes[clip], direction, angle)
    placed = (scenes.aimed[clip] - scenes.cameras[clip]) @ axes
    pixels = CAMERA.focal_px * placed[..., :2] / placed[..., 2:] + CAMERA.principal_point
    truth = (scenes.joints[clip] - scenes.joints[clip, :, PELVIS : PELVIS + 1]) @ axes
    keypoints = Keypoints(
        pixels.astype(np.float32),
        np.ones(pixels.shape[:2], np.float32),
        KEYPOINT_NAMES,
        np.arange(FRAMES) / FPS,
        CAMERA.image_size,
    )
    pose = lifter.lift(keypoints, CAMERA if rotate else _centred(keypoints))
    names = tuple(name for name in LIFTER_JOINTS if name in pose.names)
    lifted = pose.joints[:, [pose.names.index(name) for name in names]].astype(np.float64)
    right = truth[:, [LIFTER_JOINTS.index(name) for name in names]]
    found = heading_difference(lifted, right, names, axes[2])
    return -scenes.sides[clip] * found[np.isfinite(found)]


def _turned(axes: Array, direction: Direction, angle: float) -> Array:
    """Turn a level camera (3,3) about the vertical, or about its own axis to the right, by an angle in radians."""
    about = np.array([0.0, 0.0, 1.0]) if direction == "aside" else axes[:, 0]
    cross = np.cross(np.eye(3), about)
    turn = np.eye(3) - math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
    return turn @ axes


def _centred(keypoints: Keypoints) -> Camera:
    """Return a camera whose axis goes through the person's hips."""
    hips = [keypoints.index("left_hip"), keypoints.index("right_hip")]
    x, y = keypoints.points[:, hips].mean(axis=(0, 1)).tolist()
    return replace(CAMERA, principal_point=(x, y))
