"""The take file: what is saved is loaded, little is required, bad files get a sentence."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from posewright.core.skeleton import JOINTS
from posewright.core.take import CAMERA, OPTIONAL, Take
from posewright.core.world.timing import even_take, nearest_rate
from posewright.errors import PosewrightError
from scipy.spatial.transform import Rotation


def turning(frames: int) -> np.ndarray:
    """A camera that turns by 2 degrees a frame and walks along X."""
    path = np.tile(np.eye(4), (frames, 1, 1))
    path[:, :3, :3] = Rotation.from_rotvec(np.radians(2.0) * np.arange(frames)[:, None] * [[0, 1, 0]]).as_matrix()
    path[:, 0, 3] = 0.1 * np.arange(frames)
    return path


def example(frames: int = 12) -> Take:
    rng = np.random.default_rng(1)
    return Take(
        joints=rng.normal(size=(frames, len(JOINTS), 3)).astype(np.float32),
        joint_names=JOINTS,
        fps=25.0,
        times=0.5 + np.arange(frames) / 25.0,
        confidence=rng.random((frames, len(JOINTS))).astype(np.float32),
        contacts=rng.random((frames, 4)).astype(np.float32),
        joints_raw=rng.normal(size=(frames, len(JOINTS), 3)).astype(np.float32),
        joints_fitted=rng.normal(size=(frames, len(JOINTS), 3)).astype(np.float32),
        keypoints=rng.normal(size=(frames, 2, 2)).astype(np.float32),
        keypoint_names=("nose", "left_hip"),
        keypoint_confidence=rng.random((frames, 2)).astype(np.float32),
        keypoint_depth=rng.normal(size=(frames, 2)).astype(np.float32),
        focal_px=900.0,
        principal_point=(320.0, 180.0),
        image_size=(640, 360),
        world_from_camera=np.eye(4),
        camera_path=turning(frames),
        focal_path=np.linspace(900.0, 1000.0, frames),
        provenance={"source": {"name": "Größe.mp4"}, "warnings": []},
    )


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    take = example()
    take.save(tmp_path / "take.npz")
    back = Take.load(tmp_path / "take.npz")
    for name in ("joints", "times", *OPTIONAL, *CAMERA):
        np.testing.assert_array_equal(getattr(back, name), getattr(take, name))
    for name in ("joint_names", "fps", "keypoint_names", "focal_px", "principal_point", "image_size", "provenance"):
        assert getattr(back, name) == getattr(take, name), name
    assert [path.name for path in tmp_path.iterdir()] == ["take.npz"]


def test_file_holds_no_pickles(tmp_path: Path) -> None:
    example().save(tmp_path / "take.npz")
    with np.load(tmp_path / "take.npz", allow_pickle=False) as stored:
        assert json.loads(str(stored["provenance"]))["source"]["name"] == "Größe.mp4"
        assert int(stored["format_version"]) == 1


@pytest.mark.parametrize("name", ["joints", "joints3d"])
def test_three_values_are_enough(tmp_path: Path, name: str) -> None:
    values = {name: np.zeros((3, 2, 3)), "joint_names": np.array(["left_hip", "right_hip"]), "fps": 24.0}
    np.savez(tmp_path / "motion.npz", **values)
    take = Take.load(tmp_path / "motion.npz")
    assert take.frames == 3
    np.testing.assert_allclose(take.times, [0, 1 / 24, 2 / 24])
    with pytest.raises(KeyError):
        take.joint("nose")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"fps": None}, "lacks fps"),
        ({"fps": 0.0}, "frame rate"),
        ({"fps": 1e9}, "frame rate"),
        ({"joints": np.zeros((3, 5, 3))}, "shape"),
        ({"joints": np.zeros((0, 2, 3))}, "no frames"),
        ({"joints": np.array([["a"]])}, "numbers"),
        ({"joint_names": np.array(5)}, "numbers"),
        ({"fps": np.array([24.0, 25.0])}, "numbers"),
        ({"image_size": np.array([640])}, "numbers"),
        ({"focal_px": 0.0}, "focal length"),
        ({"image_size": np.array([0, 0])}, "picture size"),
        ({"confidence": np.zeros((2, 2))}, "confidence of the shape"),
        ({"contacts": np.zeros((3, 2))}, "contacts of the shape"),
        ({"contacts": np.array("none")}, "contacts of the shape"),
        ({"joints_raw": np.zeros((3, 1, 3))}, "joints_raw of the shape"),
        ({"joints_fitted": np.zeros((3, 1, 3))}, "joints_fitted of the shape"),
        ({"keypoints": np.zeros((2, 5, 2))}, "keypoints of the shape"),
        ({"keypoints": np.zeros((3, 5, 2)), "keypoint_names": np.array(["nose"])}, "keypoints of the shape"),
        ({"world_from_camera": np.eye(3)}, "world_from_camera of the shape"),
        ({"camera_path": np.zeros((2, 4, 4))}, "camera_path of the shape"),
        ({"times": np.zeros(2)}, "times of the shape"),
        ({"times": np.zeros(3)}, "increase"),
        ({"times": np.array([0.0, np.nan, 1.0])}, "increase"),
        ({"provenance": np.array("made by hand")}, "numbers"),
        ({"provenance": np.array("[1]")}, "JSON object"),
    ],
)
def test_files_that_are_no_takes(tmp_path: Path, change: dict[str, object], word: str) -> None:
    values: dict[str, object] = {"joints": np.zeros((3, 2, 3)), "joint_names": np.array(["a", "b"]), "fps": 24.0}
    values = {key: value for key, value in {**values, **change}.items() if value is not None}
    np.savez(tmp_path / "motion.npz", **values)  # type: ignore[arg-type]
    with pytest.raises(PosewrightError, match=word):
        Take.load(tmp_path / "motion.npz")


def test_text_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "notes.npz").write_text("no take")
    with pytest.raises(PosewrightError, match="not a take"):
        Take.load(tmp_path / "notes.npz")
    with pytest.raises(PosewrightError, match="no file"):
        Take.load(tmp_path / "nobody.npz")
    with (tmp_path / "array.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(PosewrightError, match="not a take"):
        Take.load(tmp_path / "array.npz")


def test_damaged_files_get_a_sentence(tmp_path: Path) -> None:
    example(200).save(tmp_path / "take.npz")
    whole = (tmp_path / "take.npz").read_bytes()
    for place in range(40, len(whole) - 50, len(whole) // 60):
        (tmp_path / "damaged.npz").write_bytes(whole[:place] + bytes(40) + whole[place + 40 :])
        with contextlib.suppress(PosewrightError):  # some bytes do not matter
            Take.load(tmp_path / "damaged.npz")


def test_folder_that_is_missing_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="could not be written"):
        example().save(tmp_path / "nowhere" / "take.npz")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems limit the size of files")
def test_full_disk_gets_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    """In a process of its own, because what went wrong showed when Python cleaned up."""
    code = (
        "import resource, sys, numpy as np; from posewright.core.take import Take; "
        "take = Take(np.random.rand(200, 2, 3).astype(np.float32), ('pelvis', 'head'), 30.0); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); take.save(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "take.npz")], capture_output=True, text=True)
    assert "PosewrightError: The take could not be written" in done.stderr
    assert "ignored" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_uneven_frames_are_made_even() -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.02, 0.05, 200))
    path = np.stack([np.sin(times), np.cos(times), times], axis=-1)[:, None]
    take = even_take(Take(path.astype(np.float32), ("pelvis",), 60.0, times=times))
    assert take.times is not None
    np.testing.assert_allclose(np.diff(take.times), 1 / 60, atol=1e-9)
    wanted = np.stack([np.sin(take.times), np.cos(take.times), take.times], axis=-1)
    assert np.abs(take.joints[:, 0] - wanted).max() < 1e-3


def test_the_camera_is_made_even_with_the_motion() -> None:
    times = np.array([0.0, 0.1, 0.3, 0.4])
    take = Take(np.zeros((4, 1, 3), np.float32), ("pelvis",), 10.0, times=times)
    take.camera_path, take.focal_path = turning(4), np.array([100.0, 110.0, 120.0, 130.0])
    even = even_take(take)
    assert even.camera_path is not None and even.focal_path is not None
    np.testing.assert_allclose(even.focal_path, [100, 110, 115, 120, 130])
    np.testing.assert_allclose(even.camera_path[:, 0, 3], [0, 0.1, 0.15, 0.2, 0.3], atol=1e-9)
    angles = Rotation.from_matrix(even.camera_path[:, :3, :3]).magnitude()
    np.testing.assert_allclose(np.degrees(angles), [0, 2, 3, 4, 6], atol=1e-6)


def test_even_frames_are_left_alone() -> None:
    take = example()
    assert even_take(take).joints is take.joints


@pytest.mark.parametrize(("rate", "nearest"), [(29.9998, 30.0), (29.9701, 30 / 1.001), (27.3, 27.3), (60.01, 60.0)])
def test_rates_are_recognised(rate: float, nearest: float) -> None:
    assert nearest_rate(rate) == pytest.approx(nearest, abs=1e-9)


def test_more_frames_a_second_show_no_jerks() -> None:
    """A swing at 30 frames a second, resampled to 120, speeds up no more than the swing itself."""
    times = np.arange(60) / 30.0
    angle = 0.9 * np.sin(5.0 * times)
    arm = np.stack([np.sin(angle), np.zeros(60), -np.cos(angle)], axis=-1)[:, None]
    even = even_take(Take(arm.astype(np.float32), ("left_wrist",), 120.0, times=times))
    assert even.frames == 237
    found = np.linalg.norm(np.diff(even.joints[:, 0].astype(float), n=2, axis=0), axis=-1) * 120.0**2
    true = np.linalg.norm(np.diff(arm[:, 0], n=2, axis=0), axis=-1) * 30.0**2
    assert found[8:-8].max() < 1.15 * true.max()
    np.testing.assert_allclose(np.linalg.norm(even.joints[:, 0], axis=-1), 1.0, atol=0.001)
    np.testing.assert_allclose(even.joints[::4], arm.astype(np.float32), atol=1e-6)
