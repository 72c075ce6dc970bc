"""Clips whose truth is known, made from motion capture: a camera that stands still, and a detector with its errors.

Rendered clips show what a real detector does, but there are few of them and few bodies; these are many. The detector's
errors are those that the lifter trains with (``training.detector_noise``), at 30 frames a second.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import PosewrightError
from ..lifting.inputs import HINT_SIZE, LIFTER_JOINTS
from ..training.detector_noise import ViewSettings, disturb, guess_depth
from ..training.draw import Draw
from ..training.motions import FPS, Motions
from ..training.poses import RECORDED, sample_poses
from ..training.views import CameraSettings, before_camera, body_size, detector_joints, hidden_joints, project
from ..values import Camera, Keypoints
from .keypoints import FACE, KEYPOINT_NAMES, LIMBS, detector_points

Array = NDArray[np.float64]

SEED: Final = 71
FRAMES: Final = 151
STEP: Final = 3
"""Frames between those for which the detector's errors are drawn, a tenth of a second apart as in training."""

JITTER: Final = 0.004
"""Error of every single frame, in half boxes."""

CAMERA: Final = Camera(1000.0, (3000.0, 3000.0), (6000, 6000))
"""Wide enough for everybody to be in the picture."""

CAMERAS: Final = CameraSettings(nearest=2.2, farthest=7.0, steep=0.0, roll=0.04, moving=0.0)
ERRORS: Final = ViewSettings(cut=0.0, missing=0.0, swaps=0.0, depth=1.0)


@dataclass(frozen=True)
class SimulatedClip:
    """What a detector gives, and what really happened; one person of known height before a camera that stands still."""

    keypoints: Keypoints
    joints: Array  # (F,19,3) world, metres, Z up, of ``lifting.inputs.LIFTER_JOINTS``
    up: Array  # (3,) in camera axes

    def path(self, name: str) -> Array:
        """Return the true path (F,3) of a joint."""
        return self.joints[:, LIFTER_JOINTS.index(name)]


def simulated_clips(motions: Motions, count: int, seed: int = SEED) -> list[SimulatedClip]:
    """Return ``count`` clips of ``FRAMES`` frames; PosewrightError when no motion is that long."""
    draw = Draw(seed, torch.device("cpu"))
    long_enough = motions.weights * (motions.lengths >= FRAMES)
    if not (long_enough > 0).any():
        raise PosewrightError(f"No clip of the motion data has {FRAMES} frames; give data with longer clips.")
    every_frame = replace(RECORDED, seconds_apart=(1 / FPS, 1 / FPS))
    poses = sample_poses(replace(motions, weights=long_enough), draw, every_frame, count, FRAMES)
    joints, pelvis = before_camera(poses, draw, CAMERAS)
    seen, truth = detector_joints(joints, draw, ERRORS.body)
    points, confidence, depth = _detected(joints, project(seen, pelvis), truth, draw)
    return [
        _clip(*(part[clip].double().numpy() for part in (points, confidence, depth, truth, poses.joints, poses.roots)))
        for clip in range(count)
    ]


def _detected(joints: Tensor, aim: Tensor, truth: Tensor, draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
    """Return points (B,F,19,2) of focal length 1, confidence and depth in metres (both (B,F,19))."""
    half_box = (aim - aim[:, :, :1]).abs().amax((1, 2, 3))
    some = slice(None, None, STEP)
    points, confidence, mistaken = disturb(aim[:, some], hidden_joints(joints)[:, some], half_box, draw, ERRORS)
    depth, _ = guess_depth((truth / body_size(truth))[:, some], mistaken.float(), draw, ERRORS)
    jitter = draw.normal(aim.shape, JITTER) * half_box[:, None, None, None]
    return aim + _every_frame(points - aim[:, some]) + jitter, _every_frame(confidence), HINT_SIZE * _every_frame(depth)


def _every_frame(values: Tensor) -> Tensor:
    """Return values (B,S,...) of every third frame for all frames, by straight lines."""
    place = torch.arange(FRAMES) / STEP
    before = place.floor().long().clamp(max=values.shape[1] - 2)
    share = (place - before).view(1, -1, *[1] * (values.dim() - 2))
    return values[:, before] * (1 - share) + values[:, before + 1] * share


def _clip(points: Array, confidence: Array, depth: Array, truth: Array, recorded: Array, roots: Array) -> SimulatedClip:
    """Return one clip: ``truth`` (F,19,3) in camera axes, ``recorded`` in the world, both relative to the pelvis."""
    u, _, vt = np.linalg.svd(truth.reshape(-1, 3).T @ recorded.reshape(-1, 3))
    to_world = np.asarray((u * [1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt, np.float64)
    keypoints = Keypoints(
        detector_points(CAMERA.focal_px * points + CAMERA.principal_point).astype(np.float32),
        _of_keypoints(confidence).astype(np.float32),
        KEYPOINT_NAMES,
        np.arange(FRAMES) / FPS,
        CAMERA.image_size,
        np.stack([np.zeros_like(_of_keypoints(depth))] * 2 + [_of_keypoints(depth)], axis=-1).astype(np.float32),
    )
    return SimulatedClip(keypoints, truth @ to_world + roots[:, None], to_world[:, 2])


def _of_keypoints(values: Array) -> Array:
    """Return values (F,19) of the lifter's joints for the keypoints; the face has those of the head."""
    own = [LIFTER_JOINTS.index(name) for name in (*LIMBS, "nose")]
    face = [LIFTER_JOINTS.index("head")] * (2 * len(FACE))
    return values[:, own + face]
