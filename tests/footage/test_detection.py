"""Keypoints of real and rendered clips, found with the real networks."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from posewright.core.detection import Detector, detect_keypoints
from posewright.core.footage import read_frames
from posewright.core.pipeline import Tracker
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.values import Keypoints
from posewright.errors import Cancelled, PosewrightError, UsageError
from posewright.progress import silent
from posewright.weights import store

pytestmark = pytest.mark.footage

JOINTS = (
    "nose",
    *(f"{s}_{j}" for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")),
)
SHORT = 0.35  # seconds


@pytest.fixture(scope="module")
def detector() -> Detector:
    """A detector on the CPU; the test is skipped where the weights cannot be had."""
    try:
        store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(str(error))
    return Detector(TrackSettings(device="cpu"))


def errors(found: Keypoints, truth: Path) -> NDArray[np.float32]:
    """Return the distance (F,J) in pixels of the joints from the truth at the same times."""
    with np.load(truth) as stored:
        names, fps = [str(n) for n in stored["joint_names"]], float(stored["fps"])
        true = stored["joints2d"][:, [names.index(joint) for joint in JOINTS]]
    frames = np.round(found.times * fps).astype(int)
    columns = [found.index(joint) for joint in JOINTS]
    return np.linalg.norm(found.points[:, columns] - true[frames], axis=-1)


def write_clip(path: Path, images: list[NDArray[np.uint8]], fps: float = 30.0) -> Path:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, (width, height))  # pyright: ignore
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


# Measured with balanced on the same stretch: 4.0, 2.7, 4.4 and 3.4 pixels.
@pytest.mark.parametrize(
    ("clip", "start", "limit"),
    [("s1_walk_side", 1.0, 5.5), ("s2_dance_arms", 0.5, 4.0), ("s3_jump_angle", 3.0, 5.5), ("s4_reach_bend", 1.3, 4.0)],
)
def test_points_of_rendered_clips(shared: Path, detector: Detector, clip: str, start: float, limit: float) -> None:
    folder = shared / "clips" / "synthetic"
    found = detector.with_settings(TrackSettings(start=start, end=start + SHORT)).detect(
        folder / "videos" / f"{clip}.mp4"
    )
    assert found.names == BLAZEPOSE_KEYPOINTS
    assert found.points.shape == (len(found.times), 33, 2)
    assert found.times[0] == pytest.approx(start, abs=0.02)
    assert errors(found, folder / "truth" / f"{clip}_full.npz").mean() < limit
    assert found.depth_hint is not None
    assert np.isfinite(found.depth_hint).all()


def test_legs_exchanged_alone_are_put_right(shared: Path, detector: Detector) -> None:
    """A man walks in to the left; for six frames the networks take his legs for each other, but not his arms."""
    clip = shared / "clips" / "real" / "bodypose3d_cam0.mp4"
    found = detector.with_settings(TrackSettings(end=0.8)).detect(clip)
    stride = (found.times > 0.18) & (found.times < 0.32)
    left, right = (found.points[stride, found.index(f"{side}_ankle"), 0] for side in ("left", "right"))
    assert (left < right).all()


def test_crouching_body_is_found(shared: Path, detector: Detector) -> None:
    """The detector's own square is far too small here, and points found in it are 25 to 30 pixels off."""
    folder = shared / "clips" / "synthetic"
    found = detector.with_settings(TrackSettings(start=2.4, end=3.4)).detect(folder / "videos" / "s4_reach_bend.mp4")
    assert np.median(errors(found, folder / "truth" / "s4_reach_bend_full.npz"), 1).max() < 20


def test_walker_is_followed_and_nobody_else(shared: Path, detector: Detector) -> None:
    """A man does jumping jacks behind the woman who walks through; she is nearer for longer."""
    clip = shared / "clips" / "real" / "sports2d_demo.mp4"
    found = detector.with_settings(TrackSettings(quality="fast", start=2.4, end=3.9)).detect(clip)
    hips = found.points[:, [found.index("left_hip"), found.index("right_hip")]].mean(1)
    assert np.isfinite(hips[found.times > 2.6]).all()
    assert np.nanmin(hips[:, 1]) > 600  # he stands higher
    assert np.nanmax(np.abs(np.diff(hips[:, 0]))) < 40  # and she walks steadily


def test_somebody_is_pointed_out_at_a_later_moment(shared: Path, detector: Detector) -> None:
    """The woman is not in the picture at first; she is pointed out at 5 s, and followed before and after."""
    clip = shared / "clips" / "real" / "sports2d_demo.mp4"
    settings = TrackSettings(quality="fast", start=4.4, end=5.4, person="606,819@5")
    found = detector.with_settings(settings).detect(clip)
    hips = found.points[:, [found.index("left_hip"), found.index("right_hip")]].mean(1)
    at = int(np.argmin(np.abs(found.times - 5.0)))
    assert np.abs(hips[at] - (534, 716)).max() < 30, "where her hips are; the detector's square lies lower"
    assert np.isfinite(hips[[0, -1]]).all() and np.nanmax(np.abs(np.diff(hips[:, 0]))) < 40


def test_one_frame_is_enough(shared: Path, detector: Detector, tmp_path: Path) -> None:
    frame = next(iter(read_frames(shared / "clips" / "synthetic" / "videos" / "s2_dance_arms.mp4")))
    found = detector.detect(write_clip(tmp_path / "one.mp4", [frame.image]))
    assert found.points.shape == (1, 33, 2)
    assert np.isfinite(found.points).all()
    assert errors(found, shared / "clips" / "synthetic" / "truth" / "s2_dance_arms_full.npz").mean() < 5


def test_frames_without_the_person_hold_nan(shared: Path, detector: Detector, tmp_path: Path) -> None:
    frame = next(iter(read_frames(shared / "clips" / "synthetic" / "videos" / "s2_dance_arms.mp4")))
    empty = np.full_like(frame.image, 90)
    found = detector.detect(write_clip(tmp_path / "gap.mp4", [frame.image] * 9 + [empty] * 20 + [frame.image] * 9))
    present = np.isfinite(found.points[:, 0, 0])
    assert present[:9].all()
    assert not present[10:28].any()
    assert present[29:].all()
    assert (found.confidence[10:28] == 0).all()


def test_nobody_there(detector: Detector, tmp_path: Path) -> None:
    wall = np.random.default_rng(0).integers(80, 120, (240, 320, 3), np.uint8)
    with pytest.raises(PosewrightError, match=r"No person was found in .*wall\.mp4"):
        detector.detect(write_clip(tmp_path / "wall.mp4", [wall] * 5))


def test_stretch_outside_the_clip(shared: Path, detector: Detector) -> None:
    with pytest.raises(PosewrightError, match="no frames between"):
        detector.with_settings(TrackSettings(start=500.0)).detect(
            shared / "clips" / "synthetic" / "videos" / "s2_dance_arms.mp4"
        )


def test_joints_outside_the_picture_are_doubtful(shared: Path, detector: Detector, tmp_path: Path) -> None:
    frame = next(iter(read_frames(shared / "clips" / "synthetic" / "videos" / "s2_dance_arms.mp4")))
    upper = np.ascontiguousarray(frame.image[:210])  # cut off above the knees
    found = detector.detect(write_clip(tmp_path / "upper.mp4", [upper] * 3))
    assert found.confidence[:, found.index("left_shoulder")].min() > 0.5
    for joint in ("left_ankle", "right_ankle", "left_heel", "right_heel"):
        assert found.confidence[:, found.index(joint)].max() <= 0.2


def test_lower_rate_reads_fewer_frames(shared: Path, detector: Detector) -> None:
    clip = shared / "clips" / "synthetic" / "videos" / "s1_walk_side.mp4"
    found = detector.with_settings(TrackSettings(fps=10.0, end=1.0)).detect(clip)
    assert np.allclose(found.times, np.arange(0, 1.05, 0.1), atol=0.01)


def test_progress_reaches_the_end_and_can_stop_the_work(shared: Path, detector: Detector) -> None:
    clip, seen = shared / "clips" / "synthetic" / "videos" / "s1_walk_side.mp4", []
    detector.with_settings(TrackSettings(end=SHORT)).detect(
        clip, lambda stage, done, note="": seen.append((stage, done))
    )
    assert {stage for stage, _ in seen} == {"detect"}
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    assert seen[-1][1] == pytest.approx(1.0, abs=0.1)

    def stop(stage: str, done: float, note: str = "") -> None:
        raise Cancelled

    stopped: Callable[..., None] = stop
    with pytest.raises(Cancelled):
        detector.detect(clip, stopped)


def test_unknown_detector() -> None:
    with pytest.raises(UsageError, match="no detector 'magic'"):
        detect_keypoints("clip.mp4", TrackSettings(detector="magic"))


def test_a_tracker_with_other_choices_keeps_the_models(detector: Detector) -> None:
    tracker = Tracker(TrackSettings(device="cpu"))
    loaded, lifter = tracker._models(silent)
    other = tracker.with_settings(TrackSettings(device="cpu", quality="best", start=1.0, person="2"))
    found, same_lifter = other._models(silent)
    assert found.model is loaded.model and same_lifter is lifter
    assert (found.settings.quality, loaded.settings.quality) == ("best", "balanced")
    assert tracker.with_settings(TrackSettings(device="cpu", lifter="another"))._lifter is None
