"""Training batches: recorded motion, changed and seen by random cameras through a detector's eyes."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..lifting.inputs import network_input, virtual_views
from .draw import Draw
from .motions import PELVIS, Motions
from .poses import RECORDED, PoseSettings, sample_poses
from .views import (
    EXACT,
    ViewSettings,
    before_camera,
    body_size,
    cut_legs,
    detector_joints,
    disturb,
    hidden_joints,
    lose_joints,
    middle_points,
    project,
    swap_sides,
)


@dataclass(frozen=True)
class SynthesisSettings:
    """What training sees."""

    poses: PoseSettings = field(default_factory=PoseSettings)
    views: ViewSettings = field(default_factory=ViewSettings)


VALIDATION_EXACT = SynthesisSettings(RECORDED, EXACT)
VALIDATION_NOISY = SynthesisSettings(RECORDED, ViewSettings(cut=0.0))


@dataclass(frozen=True)
class Batch:
    """Windows to learn from."""

    inputs: Tensor  # (B,T,19,4): see ``lifting.inputs``
    targets: Tensor  # (B,T,19,3): axes of the virtual cameras, pelvis at 0, in units of ``size``
    size: Tensor  # (B,1,1,1) metres


def make_batch(motions: Motions, draw: Draw, settings: SynthesisSettings, count: int, frames: int) -> Batch:
    """Return ``count`` new windows of ``frames`` frames."""
    views = settings.views
    poses = sample_poses(motions, draw, settings.poses, count, frames)
    joints, pelvis = before_camera(poses, draw)
    seen, truth = detector_joints(joints, draw, views.body)
    points = project(seen, pelvis)
    span = (points - points[..., PELVIS : PELVIS + 1, :]).abs().amax(dim=(1, 2, 3))
    points, confidence = disturb(points, hidden_joints(joints), span, draw, views)
    if views.swaps:
        points = swap_sides(points, draw, views.swaps)
    if views.cut:
        points, confidence = cut_legs(points, confidence, span, draw, views.cut)
    if views.missing:
        confidence = lose_joints(confidence, draw, views.missing)
    points, confidence = middle_points(points, confidence)
    focal = torch.exp(draw.normal((count, 1, 1, 1), views.focal))
    view = virtual_views(points * focal, confidence > 0, poses.times)
    wider = draw.normal((count, 1), views.box)
    inputs = network_input(view.points / wider.exp()[..., None, None], confidence, view.log_box + wider)
    size = body_size(truth)
    turned = truth @ view.rotations.transpose(-1, -2)
    return Batch(inputs, turned / size, size)
