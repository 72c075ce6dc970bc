"""Accuracy of lifters on motion-capture data that they have not seen, through synthetic cameras and keypoints."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import nn

from ...errors import PosewrightError
from ..lifting.checkpoints import load_checkpoint
from ..lifting.inputs import mirrored, predict_pose
from .draw import Draw
from .metrics import acceleration_error, aligned, bone_degrees, position_error
from .motions import Motions, load_motions
from .synthesis import VALIDATION_EXACT, VALIDATION_NOISY, make_batch

VALIDATION_FILE = "mocap_val.npz"
CONDITIONS = {"exact": VALIDATION_EXACT, "noisy": VALIDATION_NOISY}
WINDOWS_AT_A_TIME = 64
FRAMES_MEASURED = 6000
SEED = 77


@dataclass(frozen=True)
class Figures:
    """Mean errors over all frames and the lifter's 19 joints."""

    pa_mpjpe_mm: float  # after scale, rotation and translation are fitted
    mpjpe_mm: float  # relative to the pelvis, for a person of known size
    bone_degrees: float
    acceleration_mm: float  # second difference of the error, from one frame of a window to the next

    def as_json(self) -> dict[str, float]:
        """Return the figures rounded."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


@torch.no_grad()
def evaluate_network(
    network: nn.Module, motions: Motions, frames: int, stride_seconds: float, flip: bool = True
) -> dict[str, Figures]:
    """Measure a network of ours on windows with exact 2D and with a detector's errors; the windows are always the same.

    ``flip`` averages with the mirrored view, as lifting does.
    """
    network.eval()
    device = motions.bones.device
    measured = {}
    for name, settings in CONDITIONS.items():
        settings = replace(settings, poses=replace(settings.poses, seconds_apart=(stride_seconds, stride_seconds)))
        draw = Draw(SEED, device)
        rows = []
        for _ in range(max(1, FRAMES_MEASURED // (WINDOWS_AT_A_TIME * frames))):
            batch = make_batch(motions, draw, settings, WINDOWS_AT_A_TIME, frames)
            poses = predict_pose(network, batch.inputs)
            if flip:
                poses = (poses + mirrored(predict_pose(network, mirrored(batch.inputs)))) / 2
            # on the CPU: not every device can decompose matrices
            poses, truth = ((values * batch.size * 1000).cpu() for values in (poses, batch.targets))
            fitted = aligned(poses, truth)
            errors = (
                position_error(fitted, truth).mean(),
                position_error(poses, truth).mean(),
                bone_degrees(fitted, truth).mean(),
                acceleration_error(poses, truth).mean() if frames > 2 else torch.zeros(()),
            )
            rows.append(torch.stack(errors))
        measured[name] = Figures(*torch.stack(rows).mean(0).tolist())
    return measured


def evaluate_file(path: Path, data: Path, device: torch.device) -> dict[str, dict[str, float]]:
    """Measure the lifter in the file ``path`` on ``mocap_val.npz`` in the folder ``data``.

    Raises PosewrightError for a file that is no lifter of ours, or for missing data.
    """
    checkpoint = load_checkpoint(path)
    if checkpoint.convention != "virtual_view":
        raise PosewrightError(
            f"{path.name} reads other joints than the validation data has; only lifters of Posewright can be measured."
        )
    motions = load_motions(data / VALIDATION_FILE, balanced=False).to(device)
    network = checkpoint.build().to(device)
    figures = evaluate_network(network, motions, checkpoint.frames, checkpoint.stride_seconds)
    return {name: values.as_json() for name, values in figures.items()}
