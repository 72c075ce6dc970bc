"""Errors of a whole motion against its truth, whatever the place, direction and size of either.

Twelve joints count, whose definitions differ least between skeletons: shoulders, elbows, wrists, hips, knees, ankles.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import PosewrightError
from ..take import Take
from ..training.metrics import aligned, fit_rotation
from ..vectors import unit

Array = NDArray[np.float64]

PARTS: Final = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
MAIN: Final = tuple(f"{side}_{part}" for part in PARTS for side in ("left", "right"))
LIMBS: Final = tuple(
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in ("left", "right")
    for upper, lower in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
FEWEST_JOINTS: Final = 4
FEWEST_FRAMES: Final = 3
JOINTS_A_FRAME: Final = 6
"""A frame with fewer known joints than this is not fitted on its own, unless the truth has no more."""


@dataclass(frozen=True)
class Truth:
    """What really happened: F frames at an even rate, beginning with the footage."""

    joints: Array  # (F,J,3) metres, NaN where it is not known
    names: tuple[str, ...]
    fps: float


@dataclass(frozen=True)
class MotionErrors:
    """Mean errors over the frames of a clip."""

    pa_mpjpe_mm: float  # every frame scaled, turned and moved onto the truth
    root_relative_mm: float  # relative to the hips (or shoulders), one scale and rotation for the clip
    bone_degrees: float  # directions of the limbs, one rotation for the clip
    acceleration_mm: float  # per frame of the truth squared, after the fit of ``root_relative_mm``
    coverage_percent: float  # frames of the truth that the motion has
    joints_pa_mm: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        values = asdict(self)
        single = {name: round(value, 1) for name, value in values.pop("joints_pa_mm").items()}
        return {**{name: round(value, 2) for name, value in values.items()}, "joints_pa_mm": single}


def motion_errors(take: Take, truth: Truth) -> MotionErrors:
    """Compare a take with the truth; PosewrightError when they have too few joints or frames in common."""
    names = tuple(n for n in MAIN if n in take.joint_names and n in truth.names and _ever(truth, n))
    if len(names) < FEWEST_JOINTS:
        raise PosewrightError(f"The truth and the take share only {len(names)} of the joints that are compared.")
    found = _at_times(take, names, np.arange(len(truth.joints)) / truth.fps)
    right = np.stack([truth.joints[:, truth.names.index(name)] for name in names], axis=1)
    known = np.isfinite(found).all(-1) & np.isfinite(right).all(-1)
    whole = known.all(1)
    if whole.sum() < FEWEST_FRAMES:
        raise PosewrightError("The truth and the take have fewer than three complete frames in common.")
    single = 1000 * _aligned_errors(found, right, known)
    turned, target = _about_root(found, right, names, whole)
    difference = np.diff(turned - target, n=2, axis=0)
    return MotionErrors(
        pa_mpjpe_mm=float(np.nanmean(single)),
        root_relative_mm=1000 * float(np.nanmean(np.linalg.norm(turned - target, axis=-1))),
        bone_degrees=_bone_degrees(found, right, names),
        acceleration_mm=1000 * float(np.nanmean(np.linalg.norm(difference, axis=-1))),
        coverage_percent=100 * float(np.isfinite(found).all((1, 2)).mean()),
        joints_pa_mm={name: float(np.nanmean(single[:, column])) for column, name in enumerate(names)},
    )


def _ever(truth: Truth, name: str) -> bool:
    return bool(np.isfinite(truth.joints[:, truth.names.index(name)]).any())


def _at_times(take: Take, names: tuple[str, ...], times: Array) -> Array:
    """Return the take's joints (T,J,3) at these times, NaN before and after it."""
    own = np.asarray(take.times, np.float64)
    inside = (times >= own[0] - 1e-6) & (times <= own[-1] + 1e-6)
    joints = np.stack([take.joint(name) for name in names], axis=1).astype(np.float64)
    flat = joints.reshape(len(own), -1)
    moved = np.stack([np.interp(times, own, flat[:, column]) for column in range(flat.shape[1])], axis=-1)
    return np.where(inside[:, None, None], moved.reshape(len(times), len(names), 3), np.nan)


def _aligned_errors(found: Array, right: Array, known: NDArray[np.bool_]) -> Array:
    """Return distances (F,J) after every frame was fitted; NaN for joints or frames that do not count."""
    enough = known.sum(1) >= min(JOINTS_A_FRAME, known.shape[1])
    poses, truth = (torch.from_numpy(np.where(known[..., None], values, 0.0)) for values in (found, right))
    fitted = aligned(poses, truth, torch.from_numpy(known))
    errors = (fitted - truth).norm(dim=-1).numpy()
    return np.where(known & enough[:, None], errors, np.nan)


def _about_root(found: Array, right: Array, names: tuple[str, ...], whole: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return both motions (F,J,3) relative to their root, the first scaled and turned as fits the clip best."""
    part = "hip" if {"left_hip", "right_hip"} <= set(names) else "shoulder"
    pair = [names.index(f"{side}_{part}") for side in ("left", "right")]
    moved, target = (values - values[:, pair].mean(1, keepdims=True) for values in (found, right))
    source = _points(moved[whole])
    rotation, gain = fit_rotation(source, _points(target[whole]))
    scale = float(gain / source.square().sum().clamp(min=1e-12))
    return scale * moved @ rotation.numpy(), target


def _bone_degrees(found: Array, right: Array, names: tuple[str, ...]) -> float:
    """Return the mean angle between limbs, after one rotation for the clip."""
    pairs = [(names.index(a), names.index(b)) for a, b in LIMBS if a in names and b in names]
    start, end = (list(columns) for columns in zip(*pairs, strict=True))
    first, second = (unit(values[:, end] - values[:, start]) for values in (found, right))
    whole = np.isfinite(first).all((1, 2)) & np.isfinite(second).all((1, 2))
    rotation, _ = fit_rotation(_points(first[whole]), _points(second[whole]))
    cosine = ((first @ rotation.numpy()) * second).sum(-1)
    return float(np.nanmean(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))


def _points(values: Array) -> Tensor:
    return torch.from_numpy(values.reshape(-1, 3))
