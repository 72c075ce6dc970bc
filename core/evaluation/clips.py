"""Accuracy of the whole way, footage to motion in the world, on clips whose truth is known.

A folder of clips holds ``clips.json``: for each clip its ``video`` and its ``truth``, both relative to the folder. A
truth is an ``.npz`` with ``joints`` (F,J,3) in metres, ``joint_names`` as in a take, ``fps``, and possibly ``valid``
(F,J). The figures of another program may lie beside it as ``baseline_mediapipe.json``.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import PosewrightError
from ...progress import Progress, silent
from ..detection import Detector
from ..footage import open_footage
from ..lifting.lifter import Lifter
from ..outputs import ensure_folder
from ..pipeline import motion_of
from ..settings import TrackSettings
from ..world.camera import guess_camera
from .motion import MotionErrors, Truth, motion_errors

CLIPS_FILE: Final = "clips.json"
BASELINE_FILE: Final = "baseline_mediapipe.json"
BASELINE_NAMES: Final = {
    "pa_mpjpe": "pa_mpjpe_mm",
    "rr_mpjpe": "root_relative_mm",
    "bone_dir_deg": "bone_degrees",
    "accel_err": "acceleration_mm",
}
"""What the baseline's file calls its figures, and what we call them."""


@dataclass(frozen=True)
class Clip:
    """Footage with its truth."""

    name: str
    video: Path
    truth: Path
    baseline: dict[str, float]  # MediaPipe's figures by our names; empty where there are none


@dataclass(frozen=True)
class ClipFigures:
    """What one lifter reaches on one clip."""

    clip: Clip
    errors: MotionErrors

    @property
    def ratio(self) -> float | None:
        """PA-MPJPE relative to the baseline's."""
        base = self.clip.baseline.get("pa_mpjpe_mm")
        return self.errors.pa_mpjpe_mm / base if base else None

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        ratio = None if self.ratio is None else round(self.ratio, 3)
        return {"clip": self.clip.name, **self.errors.as_json(), "baseline": self.clip.baseline, "ratio": ratio}


def read_clips(folder: Path) -> list[Clip]:
    """Return the clips of a folder; PosewrightError when its list is missing or damaged."""
    listed, baseline = _read_json(folder / CLIPS_FILE), {}
    if (folder / BASELINE_FILE).is_file():
        baseline = _read_json(folder / BASELINE_FILE)
    try:
        clips = [
            Clip(name, folder / entry["video"], folder / entry["truth"], _baseline(baseline.get(name, {})))
            for name, entry in listed.items()
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise PosewrightError(f"{folder / CLIPS_FILE} does not name a video and a truth for every clip.") from error
    if not clips:
        raise PosewrightError(f"{folder / CLIPS_FILE} lists no clips.")
    return clips


def read_truth(path: Path) -> Truth:
    """Read what really happened in a clip; PosewrightError when the file is missing or damaged."""
    try:
        with np.load(path) as stored:
            joints = stored["joints"].astype(np.float64)
            valid = stored["valid"] if "valid" in stored else np.ones(joints.shape[:2], bool)
            joints[~valid] = np.nan
            return Truth(joints, tuple(str(name) for name in stored["joint_names"]), float(stored["fps"]))
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise PosewrightError(f"{path} is missing or holds no truth of a clip (joints, joint_names, fps).") from error


def measure_clips(
    clips: Sequence[Clip],
    lifters: Sequence[Lifter],
    settings: TrackSettings,
    takes: Path | None = None,
    progress: Progress = silent,
) -> list[list[ClipFigures]]:
    """Capture every clip with every lifter as a user would, and compare with the truth; a list for each lifter.

    The keypoints are found once a clip. ``takes`` is a folder that keeps the takes as ``LIFTER/CLIP.npz``. Raises
    PosewrightError for footage, truth or weights that cannot be used.
    """
    truths = [read_truth(clip.truth) for clip in clips]
    detector = Detector(settings, progress)
    figures: list[list[ClipFigures]] = [[] for _ in lifters]
    for number, (clip, truth) in enumerate(zip(clips, truths, strict=True)):
        part = _Part(progress, number, len(clips), clip.name)
        info = open_footage(clip.video)
        camera = guess_camera(settings, (info.width, info.height))
        keypoints = detector.detect(info.path, part)
        for lifter, row in zip(lifters, figures, strict=True):
            take = motion_of(keypoints, camera, lifter, replace(settings, lifter=lifter.name))
            row.append(ClipFigures(clip, motion_errors(take, truth)))
            if takes:
                take.provenance = {"weights": [{"used_for": "lifting", **lifter.provenance}]}
                ensure_folder(takes / lifter.name)
                take.save(takes / lifter.name / f"{clip.name}.npz")
    progress("detect", 1.0)
    return figures


@dataclass(frozen=True)
class _Part:
    """Passes a clip's progress on as a part of the whole."""

    progress: Progress
    number: int
    count: int
    name: str

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        self.progress(stage, (self.number + done) / self.count, f"{self.name} {note}".rstrip())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PosewrightError(f"{path} is missing or damaged; a folder of clips holds one.") from error
    if not isinstance(found, dict):
        raise PosewrightError(f"{path} holds no table of clips.")
    return found


def _baseline(entry: dict[str, Any]) -> dict[str, float]:
    """Return the figures of one clip; those against the main truth where a file has several."""
    entry = entry.get("fused", entry)
    return {
        ours: round(float(entry[theirs]), 2) for theirs, ours in BASELINE_NAMES.items() if entry.get(theirs) is not None
    }
