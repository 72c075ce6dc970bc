"""Accuracy of the whole way, footage to motion in the world, on clips whose truth is known.

A folder of clips holds ``clips.json``: for each clip its ``video`` and its ``truth``, both relative to the folder. A
truth is an ``.npz`` with ``joints`` (F,J,3) in metres, ``joint_names`` as in a take, ``fps``, and possibly ``valid``
(F,J). The figures of another program may lie beside it as ``baseline_mediapipe.json``.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import Cancelled, PosewrightError, UsageError
from ...progress import Progress, silent
from ..camera.pinhole import guess_camera
from ..detection import Detector
from ..footage import open_footage
from ..lifting.lifter import Lifter
from ..outputs import ensure_folder
from ..pipeline import motion_of
from ..settings import TrackSettings
from ..take import Take
from ..values import Camera, Keypoints
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
    """What one lifter reaches on one clip, or the problem that kept it from a motion."""

    clip: Clip
    errors: MotionErrors | None
    problem: str = ""

    @property
    def ratio(self) -> float | None:
        """PA-MPJPE relative to the baseline's."""
        base = self.clip.baseline.get("pa_mpjpe_mm")
        return self.errors.pa_mpjpe_mm / base if base and self.errors else None

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded."""
        ratio = None if self.ratio is None else round(self.ratio, 3)
        errors = self.errors.as_json() if self.errors else {"problem": self.problem}
        return {"clip": self.clip.name, **errors, "baseline": self.clip.baseline, "ratio": ratio}


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
    lifters: Mapping[str, Lifter],
    settings: TrackSettings,
    takes: Path | None = None,
    progress: Progress = silent,
) -> dict[str, list[ClipFigures]]:
    """Capture every clip with every lifter as a user would, and compare with the truth; a list for each lifter.

    The keypoints are found once a clip. ``takes`` is a folder that keeps the takes as ``LIFTER/CLIP.npz``, by the names
    of ``lifters``. Raises PosewrightError for footage or truth that cannot be used.
    """
    truths = [read_truth(clip.truth) for clip in clips]
    detector = Detector(settings, progress)
    figures: dict[str, list[ClipFigures]] = {name: [] for name in lifters}
    for number, (clip, truth) in enumerate(zip(clips, truths, strict=True)):
        part = _Part(progress, number, len(clips), clip.name)
        info = open_footage(clip.video)
        camera = guess_camera(settings, (info.width, info.height))
        keypoints = detector.detect(info.path, part)
        for name, lifter in lifters.items():
            take, found = _capture(keypoints, camera, lifter, settings, clip, truth)
            figures[name].append(found)
            if takes and take:
                take.provenance = {"weights": [{"used_for": "lifting", **lifter.provenance}]}
                ensure_folder(takes / name)
                take.save(takes / name / f"{clip.name}.npz")
    progress("detect", 1.0)
    return figures


def _capture(
    keypoints: Keypoints, camera: Camera, lifter: Lifter, settings: TrackSettings, clip: Clip, truth: Truth
) -> tuple[Take | None, ClipFigures]:
    """Return the motion that a lifter makes of keypoints, and how far it is off; a failure is a result as well."""
    try:
        take = motion_of(keypoints, camera, lifter, replace(settings, lifter=lifter.name))
        return take, ClipFigures(clip, motion_errors(take, truth))
    except (Cancelled, UsageError):
        raise
    except PosewrightError as error:
        return None, ClipFigures(clip, None, str(error))


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
