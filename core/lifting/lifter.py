"""A loaded lifter: keypoints of a clip in, poses in camera axes out."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import PosewrightError, UsageError
from ...progress import Progress, silent
from ...weights import store
from ..device import resolve_device
from ..values import Camera, CameraPose, Keypoints
from .checkpoints import Checkpoint, load_checkpoint
from .conventions import Track, convention_of
from .thinning import kept_frames, rebuild, spread_over
from .windows import WindowMean, plan_windows

WEIGHTS_SUFFIXES: Final = (".safetensors", ".tr", ".pth", ".pt")
FRAMES_A_PASS: Final = {"cpu": 1024, "mps": 4096, "cuda": 16384}
"""Frames, the mirrored ones among them, that go through the network at once: bounds its memory."""

TYPICAL_ERROR: Final = {
    "pelvis": 0.02,
    "hip": 0.03,
    "spine": 0.06,
    "thorax": 0.10,
    "shoulder": 0.11,
    "head": 0.14,
    "nose": 0.14,
    "elbow": 0.14,
    "wrist": 0.20,
    "knee": 0.12,
    "ankle": 0.14,
    "foot_index": 0.15,
}
"""Root mean square error of joints from exact keypoints, in body units, measured on rendered clips of dancing,
jumping and bending people; nearly all of it is depth."""

UNSEEN_ERROR: Final = 0.30
"""What a joint that the detector did not see adds to it."""


class Lifter:
    """Lifts 2D keypoints to 3D; made by ``load_lifter``."""

    def __init__(self, checkpoint: Checkpoint, provenance: dict[str, Any], device: torch.device) -> None:
        self.name: str = provenance["name"]
        self.provenance = provenance
        self.device = device
        self.frames = checkpoint.frames
        self.stride_seconds = checkpoint.stride_seconds
        self._convention = convention_of(checkpoint.convention)
        self._model = checkpoint.build().to(device)

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the joints that it gives."""
        return self._convention.joints

    def lift(self, keypoints: Keypoints, camera: Camera, progress: Progress = silent, thin: bool = False) -> CameraPose:
        """Return the pose of every frame in the axes of ``camera``, pelvis at the origin.

        Every frame is seen in overlapping windows, each as it is and mirrored. The joints have a constant
        unit (about half of trunk plus leg); ``uncertainty`` (F,J) in the same unit comes from how far the
        passes disagree and from the error that the network expects; for a network that expects none, from how
        far such joints are off as a rule and the confidence of the keypoints. With ``thin`` the network sees
        about 15 frames a second and the others are rebuilt from their keypoints (``thinning``).
        Raises PosewrightError when no joint is seen in any frame.
        """
        track = self._convention.track(keypoints, camera)
        if not (track.confidence > 0).any():
            raise PosewrightError("No joint of the person was seen in the footage, so there is nothing to lift.")
        lift = self._lift_thinned if thin else self._lift_track
        outputs, variance, knows_error = lift(track, np.asarray(keypoints.times, np.float64), progress)
        poses = self._convention.poses(track, outputs)
        # turn back by the transpose: (R^T x)^T = x^T R
        joints = np.einsum("fjk,fki->fji", poses, track.rotations)
        if not knows_error:
            variance = variance + self._usual_variance(track)
        return CameraPose(joints.astype(np.float32), self.joints, np.sqrt(variance).astype(np.float32))

    def _usual_variance(self, track: Track) -> NDArray[np.float64]:
        """Return by how much (F,J) joints are off as a rule, by kind and confidence."""
        doubt = UNSEEN_ERROR * (1.0 - np.clip(track.confidence, 0.0, 1.0))
        typical = np.array([TYPICAL_ERROR[name.removeprefix("left_").removeprefix("right_")] for name in self.joints])
        return doubt**2 + typical**2

    def _lift_thinned(
        self, track: Track, times: NDArray[np.float64], progress: Progress
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Do as ``_lift_track`` with some of the frames and rebuild the others."""
        points, seen = track.inputs[..., :2].double().numpy(), track.confidence > 0
        kept = kept_frames(times, points, seen)
        fewer = Track(track.inputs[kept], track.confidence[kept], track.rotations[kept], track.box[kept])
        outputs, variance, knows_error = self._lift_track(fewer, times[kept], progress)
        poses = rebuild(times, kept, outputs, points, seen, self.joints.index("pelvis"))
        return poses, spread_over(times, kept, variance), knows_error

    def _lift_track(
        self, track: Track, times: NDArray[np.float64], progress: Progress
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Return the network's mean output (F,J,3), its variance (F,J), and whether that holds its expected error."""
        windows = plan_windows(times, self.frames, self.stride_seconds)
        mean = WindowMean(len(times), len(self.joints))
        done, knows_error = 0, False
        progress("lift", 0.0)
        for batch in _batches(windows, FRAMES_A_PASS[self.device.type] // 2):
            clips = torch.stack([track.inputs[index] for index in batch])
            poses, noise, spread = self._both_ways(clips, np.stack([times[index] for index in batch]))
            if spread is not None:
                knows_error, noise = True, noise + spread.square()
            for index, pose, own in zip(batch, poses, noise, strict=True):
                mean.add(index, pose, own)
            done += len(batch)
            progress("lift", done / len(windows))
        outputs, variance = mean.result()
        return outputs.numpy(), variance.numpy(), knows_error

    @torch.inference_mode()
    def _both_ways(self, clips: Tensor, times: NDArray[np.float64]) -> tuple[Tensor, Tensor, Tensor | None]:
        """Lift clips (B,T,J,C) at ``times`` (B,T) as they are and mirrored, in one pass.

        Returns the mean (B,T,J,3), its variance and the expected error (both (B,T,J)), or None for the latter.
        """
        both = torch.cat((clips, self._convention.mirrored(clips))).to(self.device)
        # single precision holds times around the middle of a clip, not those of a long film
        apart = torch.from_numpy(times - times.mean(axis=1, keepdims=True)).float().to(self.device)
        with precision(self.device):
            poses, spread = self._convention.predict(self._model, both, torch.cat((apart, apart)))
        plain, flipped = poses.float().cpu().chunk(2)
        flipped = self._convention.mirrored(flipped)
        mean, variance = (plain + flipped) / 2, (plain - flipped).square().sum(-1) / 4
        if spread is None:
            return mean, variance, None
        plain, flipped = spread.float().exp().cpu()[..., None].expand(*spread.shape, 3).chunk(2)
        return mean, variance, (plain + self._convention.mirrored(flipped))[..., 1] / 2


def precision(device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which networks run on a device: bfloat16 on cuda, single precision elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def _batches(windows: list[NDArray[np.int64]], frames: int) -> Iterator[list[NDArray[np.int64]]]:
    """Group windows of equal length, at most ``frames`` frames together (at least one window)."""
    for length in sorted({len(window) for window in windows}):
        same = [window for window in windows if len(window) == length]
        size = max(1, frames // length)
        for start in range(0, len(same), size):
            yield same[start : start + size]


def load(name_or_path: str | os.PathLike[str], device: str | torch.device = "auto") -> Lifter:
    """Return a lifter by the name of its weights, or from a weights file (see ``lifting.load_lifter``)."""
    target = device if isinstance(device, torch.device) else resolve_device(device)  # pyright: ignore[reportArgumentType]
    path, provenance = _find(name_or_path)
    checkpoint = load_checkpoint(path)
    described = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": checkpoint.licence,
        "architecture": checkpoint.architecture,
    }
    for key in ("training_data", "acknowledgement"):
        if key in checkpoint.metadata:
            described[key] = checkpoint.metadata[key]
    return Lifter(checkpoint, {**described, **provenance}, target)


def _find(name_or_path: str | os.PathLike[str]) -> tuple[Path, dict[str, Any]]:
    """Return the file of a lifter and what is known about it beside its own description."""
    text = os.fspath(name_or_path)
    path = Path(text).expanduser()
    if path.is_file() or path.suffix in WEIGHTS_SUFFIXES or len(path.parts) > 1:
        return path, {"name": path.stem}
    entry = store.find("default" if text == "posewright" else text).entry
    if entry.kind != "lifter":
        raise UsageError(f"'{text}' is a {entry.kind}, not a lifter; 'posewright weights list' shows what there is.")
    known = {"name": entry.name, "licence": entry.licence, "terms": entry.terms, "training_data": entry.training_data}
    return store.ensure(entry.name, offline=True), known
