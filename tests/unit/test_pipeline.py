"""The pipeline around the stages: early refusals, warnings, provenance. The whole job is in tests/footage."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.pipeline import Tracker, capture_warnings, files_sha256, terms_of
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.values import Keypoints
from posewright.errors import PosewrightError, UsageError


def keypoints(body: float, feet: float, frames: int = 100, tall: float = 250.0) -> Keypoints:
    """Return a track on which the body and the feet are seen in these parts of the frames."""
    confidence = np.zeros((frames, len(BLAZEPOSE_KEYPOINTS)), np.float32)
    confidence[: round(body * frames)] = 0.9
    low = [i for i, name in enumerate(BLAZEPOSE_KEYPOINTS) if name.endswith(("ankle", "heel", "foot_index"))]
    confidence[round(feet * frames) :, low] = 0.05
    points = np.zeros((*confidence.shape, 2), np.float32)
    points[..., 1] = np.linspace(40, 40 + tall, len(BLAZEPOSE_KEYPOINTS))
    return Keypoints(points, confidence, BLAZEPOSE_KEYPOINTS, np.arange(frames) / 30.0, (640, 360))


def test_good_capture_needs_no_words() -> None:
    assert capture_warnings(keypoints(1.0, 1.0), {"focal": False, "height": False}) == []


@pytest.mark.parametrize(
    ("body", "feet", "words"),
    [(0.6, 0.6, "60 %"), (1.0, 0.0, "never seen"), (1.0, 0.4, "40 %")],
)
def test_what_was_not_seen_is_said(body: float, feet: float, words: str) -> None:
    warnings = capture_warnings(keypoints(body, feet), {"focal": False, "height": False})
    assert len(warnings) == 1
    assert words in warnings[0]


def test_tiny_people_are_said() -> None:
    warnings = capture_warnings(keypoints(1.0, 1.0, tall=30.0), {"focal": False, "height": False})
    assert len(warnings) == 1
    assert "30 pixels" in warnings[0]


def test_guesses_are_said() -> None:
    warnings = capture_warnings(keypoints(1.0, 1.0), {"focal": True, "height": True})
    assert len(warnings) == 2
    assert any("height" in text for text in warnings)
    assert any("field of view" in text for text in warnings)


def test_bad_footage_is_refused_before_any_model_is_loaded(tmp_path: Path) -> None:
    tracker = Tracker(TrackSettings(lifter="no such weights"))
    with pytest.raises(PosewrightError, match="no file"):
        tracker.track(tmp_path / "nobody.mp4")
    (tmp_path / "text.mp4").write_text("no video" * 100)
    with pytest.raises(PosewrightError, match="video"):
        tracker.track(tmp_path / "text.mp4")


def write_clip(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (320, 240))
    for _ in range(frames):
        writer.write(np.full((240, 320, 3), 90, np.uint8))
    writer.release()
    return path


def test_single_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="single frame"):
        Tracker().track(write_clip(tmp_path / "one.mp4", 1))


def test_unknown_weights_are_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Tracker(TrackSettings(lifter="no such weights")).track(write_clip(tmp_path / "some.mp4", 5))


def test_camera_that_cannot_be_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="field of view"):
        Tracker(TrackSettings(fov=179.5)).track(write_clip(tmp_path / "some.mp4", 5))


def test_hash_of_a_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "data").write_bytes(data)
    assert files_sha256([tmp_path / "data"]) == hashlib.sha256(data).hexdigest()
    assert files_sha256([tmp_path / "data"] * 2) == hashlib.sha256(2 * data).hexdigest()


def test_foreign_lifters_name_their_terms() -> None:
    assert terms_of({"name": "posewright-lifter", "licence": "GPL-3.0-or-later"}) == []
    (sentence,) = terms_of({"name": "official", "licence": "for academic research only"})
    assert "official" in sentence
    assert "academic research only" in sentence
