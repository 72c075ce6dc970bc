"""Footage to Take: the stages in their order, with models that are loaded once for many clips.

torch and opencv are imported when a clip is tracked, not when this module is.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..errors import PosewrightError
from ..progress import Progress, silent
from ..weights import store
from ..weights.registry import is_shipped
from .settings import TrackSettings
from .take import Take
from .values import Camera, CameraMotion, Keypoints

if TYPE_CHECKING:
    from .detection import Detector
    from .footage import FootageInfo
    from .lifting.lifter import Lifter

SEEN = 0.3
"""Confidence above which a keypoint counts as seen."""

MOSTLY = 0.9
"""Part of the frames below which it is worth saying how rarely something was seen."""

SMALLEST = 50
"""Pixels of the person's height in the picture below which keypoints are hardly more than guesses."""

BODY = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
FEET = ("left_ankle", "right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index")
HASH_BLOCK = 1 << 20  # bytes


def track(path: str | os.PathLike[str], settings: TrackSettings | None = None, progress: Progress = silent) -> Take:
    """Return the motion of the person in one clip; see ``Tracker`` for many clips."""
    return Tracker(settings or TrackSettings()).track(path, progress)


class Tracker:
    """Turns footage into Takes and keeps its models loaded between clips."""

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self.settings = settings or TrackSettings()
        self._detector: Detector | None = None
        self._lifter: Lifter | None = None

    def track(self, path: str | os.PathLike[str], progress: Progress = silent) -> Take:
        """Return the motion of the person in a clip.

        Raises PosewrightError with a sentence for footage that cannot be read, is a single frame or shows nobody,
        and for weights or a device that are not to be had; UsageError for settings that make no sense; Cancelled
        when ``progress`` raises it.
        """
        from .camera.study import known_camera, study_camera
        from .footage import open_footage

        info = open_footage(path, self.settings.fps)
        if info.frame_count == 1:
            raise PosewrightError(f"{info.path} has a single frame; give a video in which the person moves.")
        known = known_camera(self.settings, info)
        detector, lifter = self._models(progress)
        progress("detect", 0.0)
        keypoints = detector.detect(info, progress)
        studied = study_camera(known, info, keypoints, progress)
        take = motion_of(keypoints, studied.camera, lifter, self.settings, progress, studied.motion)
        progress("world", 0.5)
        guesses = {"focal": studied.focal.source == "default", "height": self.settings.height is None}
        take.provenance = self._provenance(info, lifter.provenance)
        take.provenance |= {"focal_px": studied.focal.px, "camera": studied.facts}
        take.provenance["warnings"] = [
            *capture_warnings(keypoints, guesses),
            *studied.warnings,
            *terms_of(lifter.provenance),
        ]
        progress("world", 1.0)
        return take

    def with_settings(self, settings: TrackSettings) -> "Tracker":
        """Return a tracker with other settings; it shares the models that are loaded where they are the same."""
        other = Tracker(settings)
        same = all(getattr(settings, name) == getattr(self.settings, name) for name in ("device", "lifter", "detector"))
        if same and self._detector is not None:
            other._lifter, other._detector = self._lifter, self._detector.with_settings(settings)
        return other

    def _models(self, progress: Progress) -> "tuple[Detector, Lifter]":
        """Load what is not loaded yet, the lifter first: it is small and may be named wrongly."""
        if self._lifter is None or self._detector is None:
            from .detection import Detector
            from .device import resolve_device
            from .lifting import load_lifter

            device = resolve_device(self.settings.device)
            progress("weights", 0.0)
            self._lifter = load_lifter(self.settings.lifter, device)
            self._detector = Detector(self.settings, progress)
            progress("weights", 1.0)
        return self._detector, self._lifter

    def _provenance(self, info: "FootageInfo", lifter: dict[str, Any]) -> dict[str, Any]:
        """Return where a Take came from: clip, program, weights and their terms, settings."""
        detector = store.ensure(self.settings.detector, offline=True)
        return {
            "program": "posewright",
            "version": __version__,
            "source": {
                "name": info.path.name,
                "sha256": files_sha256(info.pictures or (info.path,)),
                "frames_per_second": info.fps,
            },
            "weights": [
                {"used_for": "keypoints", **store.provenance(detector)},
                {"used_for": "lifting", **lifter},
            ],
            "settings": asdict(self.settings),
        }


def motion_of(
    keypoints: Keypoints,
    camera: Camera,
    lifter: "Lifter",
    settings: TrackSettings,
    progress: Progress = silent,
    motion: CameraMotion | None = None,
) -> Take:
    """Return the motion in the world of the person whose keypoints these are; see ``Tracker.track`` for errors.

    ``motion`` is that of a camera that turned or moved, with zooms of at least 1 against ``camera``.
    """
    from .camera.motion import filmed, without_zoom
    from .world.solve import solve_world

    seen = keypoints if motion is None else without_zoom(keypoints, camera, motion)
    progress("lift", 0.0)
    pose = lifter.lift(seen, camera, progress, thin=settings.quality == "fast")
    progress("world", 0.0)
    if motion is None:
        return solve_world(pose, seen, camera, settings)
    return filmed(solve_world(pose, seen, camera, settings, motion), keypoints, camera, motion)


def files_sha256(paths: Iterable[Path]) -> str:
    """Return the hash of files of any size, one behind the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(HASH_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def capture_warnings(keypoints: Keypoints, guesses: dict[str, bool]) -> list[str]:
    """Return what the user should know about a capture, as sentences.

    ``guesses`` tells whether the camera's ``focal`` length and the person's ``height`` had to be guessed.
    """
    warnings = []
    body = _seen_share(keypoints, BODY)
    if body < MOSTLY:
        warnings.append(f"The person was seen in only {100 * body:.0f} % of the frames; the rest is filled in.")
    feet = _seen_share(keypoints, FEET)
    if feet < 0.05:
        warnings.append("The feet were never seen, so legs, floor and the person's path are guesses.")
    elif feet < MOSTLY * body:
        warnings.append(f"The feet were seen in only {100 * feet:.0f} % of the frames; film the whole body.")
    tall = _pixels_tall(keypoints)
    if 0 < tall < SMALLEST:
        warnings.append(f"The person is only {tall:.0f} pixels tall, too small to be followed well; film from nearer.")
    if guesses["height"]:
        warnings.append("The person's height was not given, 1.70 m is assumed; the true one makes the size right.")
    if guesses["focal"]:
        warnings.append("The camera's field of view was guessed; the true one makes the distance right.")
    return warnings


def _pixels_tall(keypoints: Keypoints) -> float:
    """Return the median height in the picture of what is seen of the person, 0 when nothing is."""
    seen = np.nan_to_num(keypoints.confidence) > SEEN
    rows = keypoints.points[..., 1]
    complete = seen.sum(axis=1) >= seen.shape[1] / 2
    if not complete.any():
        return 0.0
    low = np.where(seen, rows, np.inf)[complete].min(axis=1)
    high = np.where(seen, rows, -np.inf)[complete].max(axis=1)
    return float(np.median(high - low))


def terms_of(lifter: dict[str, Any]) -> list[str]:
    """Return a sentence about the terms of a lifter that does not come with Posewright."""
    if is_shipped(lifter["name"]):
        return []
    return [f"The motion was made with the lifter {lifter['name']}, whose terms are not ours: {lifter['licence']}."]


def _seen_share(keypoints: Keypoints, names: tuple[str, ...]) -> float:
    """Return the part of the frames in which at least half of these joints were seen."""
    columns = [keypoints.index(name) for name in names if name in keypoints.names]
    if not columns or not len(keypoints.confidence):
        return 0.0
    seen = np.nan_to_num(keypoints.confidence[:, columns]) > SEEN
    return float((seen.mean(axis=1) >= 0.5).mean())
