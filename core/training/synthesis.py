"""Training batches: recorded motion, changed and seen by random cameras through a detector's eyes."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..lifting.inputs import network_input, virtual_views
from .detector_noise import (
    EXACT,
    ViewSettings,
    cut_body,
    disturb,
    guess_depth,
    lose_joints,
    swap_sides,
)
from .draw import Draw
from .motions import PELVIS, Motions
from .poses import RECORDED, PoseSettings, sample_poses
from .views import (
    CameraSettings,
    before_camera,
    body_size,
    detector_joints,
    hidden_joints,
    middle_points,
    project,
)


@dataclass(frozen=True)
class SynthesisSettings:
    """What training sees."""

    poses: PoseSettings = field(default_factory=PoseSettings)
    views: ViewSettings = field(default_factory=ViewSettings)
    cameras: CameraSettings = field(default_factory=CameraSettings)


VALIDATION_EXACT = SynthesisSettings(RECORDED, EXACT)
VALIDATION_NOISY = SynthesisSettings(RECORDED, ViewSettings(cut=0.0, depth=1.0))
VALIDATION_NO_DEPTH = SynthesisSettings(RECORDED, ViewSettings(cut=0.0, depth=0.0))


@dataclass(frozen=True)
class Batch:
    """Windows to learn from."""

    inputs: Tensor  # (B,T,19,6): see ``lifting.inputs``
    targets: Tensor  # (B,T,19,3): axes of the virtual cameras, pelvis at 0, in units of ``size``
    size: Tensor  # (B,1,1,1) metres
    times: Tensor  # (B,T) seconds


def make_batch(motions: Motions, draw: Draw, settings: SynthesisSettings, count: int, frames: int) -> Batch:
    """Return ``count`` new windows of ``frames`` frames."""
    views = settings.views
    poses = sample_poses(motions, draw, settings.poses, count, frames)
    joints, pelvis = before_camera(poses, draw, settings.cameras)
    seen, truth = detector_joints(joints, draw, views.body)
    points = project(seen, pelvis)
    span = (points - points[..., PELVIS : PELVIS + 1, :]).abs().amax(dim=(1, 2, 3))
    points, confidence, mistaken = disturb(points, hidden_joints(joints), span, draw, views)
    sides = swap_sides(torch.arange(points.shape[2], device=draw.device).expand(points.shape[:3]), draw, views.swaps)
    points = points.gather(2, sides[..., None].expand(points.shape))
    if views.cut:
        points, confidence = cut_body(points, confidence, span, draw, views.cut)
    if views.missing:
        confidence = lose_joints(confidence, draw, views.missing)
    points, confidence = middle_points(points, confidence)
    focal = torch.exp(draw.normal((count, 1, 1, 1), views.focal))
    view = virtual_views(points * focal, confidence > 0, poses.times)
    size = body_size(truth)
    targets = truth @ view.rotations.transpose(-1, -2) / size
    wider = draw.normal((count, 1), views.box)
    depth, known = guess_depth(targets, mistaken.float(), draw, views)
    points = view.points / wider.exp()[..., None, None]
    inputs = network_input(points, confidence, view.log_box + wider, depth.gather(2, sides), known)
    return Batch(inputs, targets, size, poses.times)
