"""Accuracy on motion capture that no lifter has seen, in the detail that a reader of figures wants.

Our own lifters are measured on all joints. Lifters of other makes get the same windows through their own joints and
input; only the twelve joints that everybody means alike are compared, relative to the middle of the hips.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ...progress import Progress, silent
from ..lifting.checkpoints import Checkpoint
from ..lifting.conventions import Convention, convention_of
from ..lifting.inputs import LIFTER_JOINTS
from ..training.evaluate import CONDITIONS, VALIDATION_FILE, Figures, Lift, Measurement, measure, own_lift
from ..training.metrics import BONES
from ..training.motions import Motions, load_actions, load_motions
from ..training.synthesis import VALIDATION_NO_DEPTH, Batch
from ..values import Camera, Keypoints
from .benchmarks import lift_clips
from .keypoints import KEYPOINT_NAMES, LIMBS, detector_points
from .motion import LIMBS as LIMB_BONES
from .motion import MAIN

FRAMES_AN_ACTION: Final = 600
FOCAL: Final = 1000.0
NOTE_OFFICIAL: Final = (
    "This lifter has other joints than ours: twelve are compared, and some centimetres are what it means by hips, "
    "shoulders and ankles."
)


@dataclass(frozen=True)
class Validation:
    """What one lifter reaches on the validation motions; the names of inputs are those of ``CONDITIONS`` and others."""

    measured: dict[str, Measurement]  # for each kind of 2D input
    joints: tuple[str, ...]
    actions: dict[str, dict[str, Figures]]  # for each action each kind of input; empty unless asked for
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        return {
            "figures": {name: values.figures.as_json() for name, values in self.measured.items()},
            "joints": {name: self._joints(values) for name, values in self.measured.items()},
            "actions": {a: {name: row.as_json() for name, row in rows.items()} for a, rows in self.actions.items()},
            "note": self.note,
        }

    def _joints(self, values: Measurement) -> dict[str, dict[str, float]]:
        pairs = zip(self.joints, values.joints_pa_mm, values.joints_mm, strict=True)
        return {name: {"pa_mm": round(fitted, 2), "mm": round(plain, 2)} for name, fitted, plain in pairs}


def measure_validation(
    checkpoint: Checkpoint, data: Path, device: torch.device, by_action: bool = False, progress: Progress = silent
) -> Validation:
    """Measure a lifter on ``mocap_val.npz`` in the folder ``data``, ``by_action`` on every action by itself as well.

    Raises PosewrightError for missing or damaged data.
    """
    path = data / VALIDATION_FILE
    motions = load_motions(path, balanced=False).to(device)
    actions = load_actions(path) if by_action else []
    network = checkpoint.build().to(device)
    own = checkpoint.convention == "virtual_view"
    lift = own_lift(network) if own else other_lift(network, convention_of(checkpoint.convention), device)
    joints = LIFTER_JOINTS if own else MAIN
    bones = BONES if own else tuple((MAIN.index(a), MAIN.index(b)) for a, b in LIMB_BONES)
    settings = dict(CONDITIONS)
    if "depth" in checkpoint.channels:
        settings["noisy, no depth"] = VALIDATION_NO_DEPTH
    names = sorted(set(actions))
    total = len(settings) + len(names)

    def run(motions: Motions, name: str, frames: int | None = None) -> Measurement:
        return measure(lift, motions, settings[name], checkpoint.frames, checkpoint.stride_seconds, frames, bones)

    measured = {}
    for number, name in enumerate(settings):
        progress("lift", number / total, f"validation motions, {name} 2D")
        measured[name] = run(motions, name)
    rows = {}
    for number, action in enumerate(names):
        progress("lift", (len(settings) + number) / total, action)
        chosen = only(motions, [each == action for each in actions])
        rows[action] = {name: run(chosen, name, FRAMES_AN_ACTION).figures for name in CONDITIONS}
    progress("lift", 1.0)
    return Validation(measured, joints, rows, "" if own else NOTE_OFFICIAL)


def only(motions: Motions, clips: list[bool]) -> Motions:
    """Return the motions with all but some of the recorded clips, and their mirror images, never drawn."""
    chosen = torch.tensor([*clips, *clips], device=motions.weights.device)
    return replace(motions, weights=motions.weights * chosen)


def other_lift(network: nn.Module, convention: Convention, device: torch.device) -> Lift:
    """Return how a network of another convention lifts the windows of a batch: ``MAIN`` joints, hips at the origin.

    The virtual cameras of the batch are the cameras through which it sees.
    """
    columns = [convention.joints.index(name) for name in MAIN]
    truth_columns = [LIFTER_JOINTS.index(name) for name in MAIN]
    camera = Camera(FOCAL, (0.0, 0.0), (int(2 * FOCAL), int(2 * FOCAL)))

    def lift(batch: Batch) -> tuple[Tensor, Tensor]:
        tracks = [convention.track(_keypoints(batch, window), camera) for window in range(len(batch.inputs))]
        clips = torch.stack([track.inputs for track in tracks]).to(device)
        outputs = lift_clips(network, clips, convention).cpu().numpy()
        poses = [
            np.einsum("fjk,fki->fji", convention.poses(track, out), track.rotations)
            for track, out in zip(tracks, outputs.astype(np.float64), strict=True)
        ]
        unit = 1000 * batch.size.cpu()
        found = torch.from_numpy(np.stack(poses)[..., columns, :]).float() * unit
        return _about_hips(found), _about_hips(batch.targets.cpu()[..., truth_columns, :] * unit)

    return lift


def _about_hips(poses: Tensor) -> Tensor:
    hips = [MAIN.index("left_hip"), MAIN.index("right_hip")]
    return poses - poses[..., hips, :].mean(-2, keepdim=True)


def _keypoints(batch: Batch, window: int) -> Keypoints:
    """Return one window of a batch as a detector's keypoints, seen by its virtual cameras."""
    inputs = batch.inputs[window].cpu().double().numpy()
    points = detector_points(inputs[..., :2] * np.exp(inputs[..., 3:4])) * FOCAL
    own = [LIFTER_JOINTS.index(name) for name in (*LIMBS, "nose")]
    face = inputs[..., [LIFTER_JOINTS.index(name) for name in ("head", "nose", "thorax")], 2].min(-1, keepdims=True)
    unlike = len(KEYPOINT_NAMES) - len(own)
    confidence = np.concatenate([inputs[..., own, 2], face.repeat(unlike, axis=-1)], axis=-1)
    points[confidence <= 0] = np.nan
    return Keypoints(
        points.astype(np.float32),
        confidence.astype(np.float32),
        KEYPOINT_NAMES,
        batch.times[window].cpu().double().numpy(),
        (int(2 * FOCAL), int(2 * FOCAL)),
    )
