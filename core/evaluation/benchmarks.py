"""The protocols of Human3.6M and MPI-INF-3DHP as the authors of TCPFormer measure them, quirks included.

For whoever has the data and keeps to its terms. The data files that MotionBERT and P-STMO prepared are what official
checkpoints are measured on; the arrays here have their conventions (docs/evaluation.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..lifting.checkpoints import MPI_JOINTS
from ..lifting.conventions import Convention, OfficialConvention
from ..skeleton import H36M_JOINTS
from ..training.metrics import aligned, joint_errors, position_error

Array = NDArray[Any]

EXCLUDED: Final = ("s_09_act_05_subact_02", "s_09_act_10_subact_02", "s_09_act_13_subact_01")
"""Beginnings of the names of Human3.6M's test videos whose truth is wrong."""

IMAGE_SIZES: Final = {
    "54138969": (1000, 1002),
    "60457274": (1000, 1002),
    "55011271": (1000, 1000),
    "58860488": (1000, 1000),
}
"""Width and height of the pictures of Human3.6M's cameras."""

MPI_UNIT_MM: Final = 1024.0
MPI_OUTDOOR_UNIT_MM: Final = 960.0
MPI_OUTDOOR: Final = ("TS5", "TS6")
"""Test sequences of MPI-INF-3DHP that are 1920 pixels wide; their unit is half of that, in millimetres."""

AUC_THRESHOLDS_MM: Final = tuple(range(0, 151, 5))
WINDOWS_AT_A_TIME: Final = 16


@dataclass(frozen=True)
class BenchmarkFigures:
    """Means as a benchmark defines them."""

    mpjpe_mm: float
    pa_mpjpe_mm: float
    acceleration_mm: float  # a frame squared
    actions: dict[str, float]  # MPJPE of each action

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return asdict(self)


def full_clips(sources: Sequence[str], frames: int) -> NDArray[np.int64]:
    """Return frame numbers (N,T) of the test clips: whole ones of ``frames`` frames, one after another in each video.

    ``sources`` (F,) names the video of each frame. What remains at the end of a video is never measured.
    """
    names = np.asarray(sources)
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]
    clips = [
        np.arange(first, first + frames)
        for begin, end in pairwise(starts)
        for first in range(begin, end - frames + 1, frames)
    ]
    return np.array(clips, dtype=np.int64).reshape(-1, frames)


def centred_windows(count: int, frames: int) -> NDArray[np.int64]:
    """Return frame numbers (count,T) of windows about every frame of a sequence; its ends are repeated."""
    reach = (frames - 1) // 2
    return np.clip(np.arange(count)[:, None] + np.arange(frames) - reach, 0, count - 1)


def normalised(points: Array, width: int, height: int) -> Array:
    """Return pixels (...,2) as official networks read them: divided by half the width, the middle at 0."""
    return points * (2.0 / width) - np.array([1.0, height / width])


@torch.no_grad()
def lift_clips(network: nn.Module, clips: Tensor, convention: Convention) -> Tensor:
    """Return what an official network says of clips (N,T,17,3), as they are and mirrored, on average: (N,T,17,3).

    The root is at the origin.
    """
    root, parts = convention.joints.index("pelvis"), []
    for part in clips.split(WINDOWS_AT_A_TIME):
        plain, flipped = network(part), convention.mirrored(network(convention.mirrored(part)))
        parts.append(about((plain + flipped) / 2, root))
    return torch.cat(parts)


def human36m_errors(
    outputs: Tensor, truth: Tensor, factors: Tensor, widths: Tensor, actions: Sequence[str], sources: Sequence[str]
) -> BenchmarkFigures:
    """Measure the outputs (N,T,17,3) of a Human3.6M network on N clips.

    ``truth`` (N,T,17,3) is ``joints_2.5d_image`` of the data, pixels; ``factors`` (N,T) its ``2.5d_factor``, mm a
    pixel; ``widths`` (N,) of the pictures. Means are taken within each action and then over the actions; the last two
    frames of a clip count with an acceleration error of 0.
    """
    kept = [number for number, source in enumerate(sources) if not source.startswith(EXCLUDED)]
    names = np.array([actions[number] for number in kept])
    scale = factors[kept][..., None, None].double()
    # the offset of the picture's middle is the same for every joint: it goes with the root
    poses = about(outputs[kept].double(), 0) * (widths[kept][:, None, None, None].double() / 2) * scale
    right = about(truth[kept].double() * scale, 0)
    rows = torch.stack(
        [
            position_error(poses, right),
            position_error(aligned(poses, right), right),
            nn.functional.pad(torch.diff(poses - right, n=2, dim=1).norm(dim=-1).mean(-1), (0, 2)),
        ]
    ).numpy()
    by_action = {str(name): rows[:, names == name].mean(axis=(1, 2)) for name in np.unique(names)}
    means = np.mean(list(by_action.values()), axis=0)
    return BenchmarkFigures(*means.tolist(), actions={name: float(row[0]) for name, row in by_action.items()})


def human36m_benchmark(network: nn.Module, data: Mapping[str, Array], frames: int) -> BenchmarkFigures:
    """Measure an official network on Human3.6M's prepared test data.

    ``data`` has by frame, as in the prepared file: ``joint_2d`` (F,17,2) pixels, ``confidence`` (F,17),
    ``joints_2.5d_image`` (F,17,3), ``2.5d_factor``, ``camera_name``, ``action`` and ``source`` (F,).
    """
    index = full_clips([str(name) for name in data["source"]], frames)
    cameras = [str(name) for name in data["camera_name"][index[:, 0]]]
    sizes = np.array([IMAGE_SIZES[name] for name in cameras])
    points = [
        normalised(data["joint_2d"][clip], width, height) for clip, (width, height) in zip(index, sizes, strict=True)
    ]
    confidence = data["confidence"][index].reshape(*index.shape, 17, 1)
    inputs = torch.from_numpy(np.concatenate([np.stack(points), confidence], axis=-1)).float()
    outputs = lift_clips(network, inputs, OfficialConvention(H36M_JOINTS, metric=False))
    return human36m_errors(
        outputs,
        torch.from_numpy(data["joints_2.5d_image"][index]),
        torch.from_numpy(data["2.5d_factor"][index]),
        torch.from_numpy(sizes[:, 0]),
        [str(name) for name in data["action"][index[:, 0]]],
        [str(name) for name in data["source"][index[:, 0]]],
    )


def mpi_inf_3dhp_errors(outputs: Tensor, truth: Tensor, sequences: Sequence[str]) -> Tensor:
    """Return distances (N,17) in mm of an MPI-INF-3DHP network's outputs (N,17,3) at the middle of each window.

    ``truth`` (N,17,3) is the "universal" annotation in mm, ``sequences`` (N,) are TS1 to TS6. MPJPE is the mean of all.
    """
    unit = torch.tensor([MPI_OUTDOOR_UNIT_MM if name in MPI_OUTDOOR else MPI_UNIT_MM for name in sequences])
    root = MPI_JOINTS.index("pelvis")
    return joint_errors(about(outputs.double(), root) * unit[:, None, None], about(truth.double(), root))


def mpi_inf_3dhp_benchmark(
    network: nn.Module, data: Mapping[str, Mapping[str, Array]], frames: int
) -> dict[str, float]:
    """Measure an official network on the test sequences of MPI-INF-3DHP.

    Returns ``mpjpe_mm``, ``pck_percent`` and ``auc_percent``.
    ``data`` has for each sequence ``points`` (F,17,2) pixels, ``joints`` (F,17,3) mm, ``valid`` (F,) and
    ``image_size`` (width, height). Every valid frame is lifted in the middle of a window of its own.
    """
    convention, rows = OfficialConvention(MPI_JOINTS, metric=True), []
    for name, sequence in data.items():
        chosen = np.flatnonzero(sequence["valid"])
        width, height = (int(size) for size in sequence["image_size"])
        points = normalised(sequence["points"], width, height)
        inputs = torch.from_numpy(np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)).float()
        windows = inputs[torch.from_numpy(centred_windows(len(points), frames)[chosen])]
        middle = lift_clips(network, windows, convention)[:, (frames - 1) // 2]
        truth = torch.from_numpy(np.asarray(sequence["joints"])[chosen])
        rows.append(mpi_inf_3dhp_errors(middle, truth, [name] * len(chosen)))
    errors = torch.cat(rows)
    return {
        "mpjpe_mm": float(errors.mean()),
        "pck_percent": correct_percent(errors),
        "auc_percent": auc_percent(errors),
    }


def correct_percent(errors: Tensor, threshold_mm: float = 150.0) -> float:
    """Return the share of joints that are nearer than the threshold (PCK), in percent.

    The data set's own script decides which joints count in published figures; here all that are given do.
    """
    return 100 * float((errors < threshold_mm).double().mean())


def auc_percent(errors: Tensor) -> float:
    """Return the mean of ``correct_percent`` over thresholds from 0 to 150 mm, in percent."""
    return float(np.mean([correct_percent(errors, threshold) for threshold in AUC_THRESHOLDS_MM]))


def about(poses: Tensor, root: int) -> Tensor:
    """Return poses (...,J,3) relative to one of their joints."""
    return poses - poses[..., root : root + 1, :]
