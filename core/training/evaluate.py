"""Accuracy of lifters on motion-capture data that they have not seen, through synthetic cameras and keypoints."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import PosewrightError
from ..lifting.checkpoints import load_checkpoint
from ..lifting.inputs import mirrored, predict_pose
from .draw import Draw
from .metrics import BONES, acceleration_error, aligned, bone_degrees, joint_errors, position_error, scaled
from .motions import Motions, load_motions
from .synthesis import VALIDATION_EXACT, VALIDATION_NOISY, Batch, SynthesisSettings, make_batch

EVALUATION = 3
"""Version of what is measured: figures are comparable only where it is the same. It rises whenever the validation
cameras, the detector's errors or the measures change."""

VALIDATION_FILE = "mocap_val.npz"
CONDITIONS = {"exact": VALIDATION_EXACT, "noisy": VALIDATION_NOISY}
WINDOWS_AT_A_TIME = 64
FRAMES_MEASURED = 6000
SEED = 77

Lift = Callable[[Batch], tuple[Tensor, Tensor]]
"""Lifts a batch: poses and truth, both (B,T,J,3) on the CPU, millimetres."""


@dataclass(frozen=True)
class Figures:
    """Mean errors over all frames and the lifter's joints."""

    pa_mpjpe_mm: float  # after scale, rotation and translation are fitted
    mpjpe_mm: float  # relative to the pelvis, for a person of known size
    n_mpjpe_mm: float  # relative to the pelvis, after the scale is fitted
    bone_degrees: float
    acceleration_mm: float  # second difference of the error, from one frame of a window to the next

    def as_json(self) -> dict[str, float]:
        """Return the figures rounded, with the version of the evaluation that they are of."""
        return {**{name: round(value, 2) for name, value in asdict(self).items()}, "evaluation": EVALUATION}


@dataclass(frozen=True)
class Measurement:
    """The figures of one kind of 2D input, and the errors of single joints."""

    figures: Figures
    joints_pa_mm: tuple[float, ...]  # after the fit of the whole pose
    joints_mm: tuple[float, ...]  # relative to the pelvis


def evaluate_network(
    network: nn.Module, motions: Motions, frames: int, stride_seconds: float, flip: bool = True
) -> dict[str, Figures]:
    """Measure a network of ours on windows with exact 2D and with a detector's errors; the windows are always the same.

    ``flip`` averages with the mirrored view, as lifting does.
    """
    lift = own_lift(network, flip)
    return {
        name: measure(lift, motions, settings, frames, stride_seconds).figures for name, settings in CONDITIONS.items()
    }


def own_lift(network: nn.Module, flip: bool = True) -> Lift:
    """Return how a network of ours lifts the windows of a batch."""
    network.eval()

    def lift(batch: Batch) -> tuple[Tensor, Tensor]:
        poses = predict_pose(network, batch.inputs, batch.times)
        if flip:
            poses = (poses + mirrored(predict_pose(network, mirrored(batch.inputs), batch.times))) / 2
        # on the CPU: not every device can decompose matrices
        return (poses * batch.size * 1000).cpu(), (batch.targets * batch.size * 1000).cpu()

    return lift


@torch.no_grad()
def measure(
    lift: Lift,
    motions: Motions,
    settings: SynthesisSettings,
    frames: int,
    stride_seconds: float,
    frames_measured: int | None = None,
    bones: tuple[tuple[int, int], ...] = BONES,
) -> Measurement:
    """Measure a lifter on windows of ``frames`` frames, ``stride_seconds`` apart, drawn with a fixed seed.

    ``frames_measured`` is the number of frames (default ``FRAMES_MEASURED``), ``bones`` the pairs of the lifter's
    joints whose directions are compared.
    """
    rows, joints_pa, joints = [], [], []
    total = FRAMES_MEASURED if frames_measured is None else frames_measured
    for batch in _batches(motions, settings, frames, stride_seconds, total):
        poses, truth = lift(batch)
        fitted = aligned(poses, truth)
        errors = (
            position_error(fitted, truth).mean(),
            position_error(poses, truth).mean(),
            position_error(scaled(poses, truth), truth).mean(),
            bone_degrees(fitted, truth, bones).mean(),
            acceleration_error(poses, truth).mean() if frames > 2 else torch.zeros(()),
        )
        rows.append(torch.stack(errors))
        joints_pa.append(joint_errors(fitted, truth).mean((0, 1)))
        joints.append(joint_errors(poses, truth).mean((0, 1)))
    means = (torch.stack(values).mean(0).tolist() for values in (rows, joints_pa, joints))
    figures, single_pa, single = means
    return Measurement(Figures(*figures), tuple(single_pa), tuple(single))


def _batches(
    motions: Motions, settings: SynthesisSettings, frames: int, stride_seconds: float, total: int
) -> Iterator[Batch]:
    """Yield the windows of an evaluation, about ``total`` frames, the same ones at every call."""
    settings = replace(settings, poses=replace(settings.poses, seconds_apart=(stride_seconds, stride_seconds)))
    draw = Draw(SEED, motions.bones.device)
    for _ in range(max(1, total // (WINDOWS_AT_A_TIME * frames))):
        yield make_batch(motions, draw, settings, WINDOWS_AT_A_TIME, frames)


def evaluate_file(path: Path, data: Path, device: torch.device) -> dict[str, dict[str, Any]]:
    """Measure the lifter of ours in the file ``path`` on ``mocap_val.npz`` in the folder ``data``.

    Raises PosewrightError for a file that is no lifter of ours, or for missing data.
    """
    checkpoint = load_checkpoint(path)
    if checkpoint.convention != "virtual_view":
        raise PosewrightError(f"{path.name} is a lifter of another make; posewright evaluate measures it.")
    motions = load_motions(data / VALIDATION_FILE, balanced=False).to(device)
    network = checkpoint.build().to(device)
    figures = evaluate_network(network, motions, checkpoint.frames, checkpoint.stride_seconds)
    return {name: values.as_json() for name, values in figures.items()}
