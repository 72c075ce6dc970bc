"""Files of solved cameras, and how a moving camera goes through the stages."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from posewright.core.camera.motion import filmed, widest, without_zoom
from posewright.core.camera.solved import SolvedCamera, read_camera
from posewright.core.camera.study import known_camera, study_camera
from posewright.core.footage import FootageInfo
from posewright.core.settings import TrackSettings
from posewright.core.take import Take
from posewright.core.values import Camera, CameraMotion, Keypoints
from posewright.errors import PosewrightError, UsageError
from scipy.spatial.transform import Rotation

SIZE = (1280, 720)
INFO = FootageInfo(Path("clip.mp4"), *SIZE, 25.0, 51, 2.04)


def example(frames: int = 51) -> SolvedCamera:
    """A camera of 25 frames a second that turns, walks and zooms."""
    steps = np.arange(frames)
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(np.radians(0.5) * steps[:, None] * [[0, 0, 1.0]]).as_matrix()
    poses[:, 0, 3] = 0.02 * steps
    return SolvedCamera(25.0, 0.0, SIZE, 900.0 * 1.005**steps, (640.0, 350.0), poses)


def keypoints_of(points: np.ndarray, times: np.ndarray) -> Keypoints:
    confidence = np.ones(points.shape[:2], np.float32)
    return Keypoints(points.astype(np.float32), confidence, ("left_hip", "nose"), times, SIZE)


def changed(path: Path, **values: Any) -> Path:
    """Write an example with other values; None leaves one out."""
    example().save(path)
    stored = json.loads(path.read_text("utf-8")) | values
    path.write_text(json.dumps({key: value for key, value in stored.items() if value is not None}), "utf-8")
    return path


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    example().save(tmp_path / "camera.json")
    back, wanted = read_camera(tmp_path / "camera.json"), example()
    np.testing.assert_allclose(back.world_from_camera, wanted.world_from_camera, atol=1e-12)
    np.testing.assert_allclose(back.focal_px, wanted.focal_px)
    assert (back.fps, back.start, back.image_size, back.principal_point) == (25.0, 0.0, SIZE, (640.0, 350.0))
    assert [path.name for path in tmp_path.iterdir()] == ["camera.json"]


def test_a_camera_at_the_times_of_a_clip() -> None:
    """Pictures twice as large, at times between the camera's frames."""
    camera, motion = example().seen_at(np.array([0.0, 0.1, 2.0]), (2560, 1440))
    assert camera.focal_px == pytest.approx(1800.0)
    assert camera.principal_point == (1280.0, 700.0)
    assert motion.kind == "solved"
    np.testing.assert_allclose(motion.zoom, 1.005 ** np.array([0, 2.5, 50]), rtol=1e-9)
    np.testing.assert_allclose(motion.position[:, 0], [0, 0.05, 1.0], atol=1e-12)
    turned = np.degrees(Rotation.from_matrix(motion.rotation).magnitude())
    np.testing.assert_allclose(turned, [0, 1.25, 25], atol=1e-9)


def test_one_matrix_is_a_camera_that_stands_still(tmp_path: Path) -> None:
    place = changed(tmp_path / "c.json", world_from_camera=np.eye(4).tolist(), focal_px=800.0)
    camera, motion = read_camera(place).seen_at(np.array([5.0, 60.0, 900.0]), SIZE)
    assert camera.focal_px == pytest.approx(800.0)
    np.testing.assert_allclose(motion.rotation, np.tile(np.eye(3), (3, 1, 1)), atol=1e-12)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"format": "other"}, "is not a camera"),
        ({"version": 7}, "version 7"),
        ({"fps": None}, "lacks fps"),
        ({"fps": 0}, "above 0"),
        ({"fps": "quick"}, "does not hold numbers"),
        ({"focal_px": [900.0] * 50}, "51 matrices and 50 focal lengths"),
        ({"focal_px": -1}, "must be above 0"),
        ({"focal_px": float("nan")}, "no numbers"),
        ({"image_size": [1280]}, "two numbers"),
        ({"world_from_camera": [[1, 2], [3]]}, "does not hold numbers"),
        ({"world_from_camera": [[1, 2], [3, 4]]}, "4 x 4"),
        ({"focal_px": 9.0, "world_from_camera": (2 * np.eye(4)).tolist()}, "without scale"),
        ({"focal_px": 9.0, "world_from_camera": np.diag([-1.0, 1, 1, 1]).tolist()}, "without scale"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, values: dict[str, Any], words: str) -> None:
    place = changed(tmp_path / "camera.json", **values)
    with pytest.raises(PosewrightError, match=words) as error:
        read_camera(place)
    assert "camera.json" in str(error.value)


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    example().save(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text("utf-8")
    (tmp_path / "a.json").write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(PosewrightError, match="damaged"):
        read_camera(tmp_path / "a.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PosewrightError, match="damaged"):
        read_camera(tmp_path / "b.json")
    with pytest.raises(PosewrightError, match="cannot be read"):
        read_camera(tmp_path / "nothing.json")


def test_cameras_that_do_not_fit_the_clip() -> None:
    with pytest.raises(PosewrightError, match="1280 x 720 pixels, the clip has 720 x 1280"):
        example().seen_at(np.array([0.0, 1.0]), (720, 1280))
    with pytest.raises(PosewrightError, match=r"51 frames.*whole clip"):
        example().seen_at(np.array([0.0, 3.0]), SIZE)


def test_the_stages_know_a_solved_camera(tmp_path: Path) -> None:
    example().save(tmp_path / "camera.json")
    known = known_camera(TrackSettings(camera=str(tmp_path / "camera.json")), INFO)
    keypoints = keypoints_of(np.full((51, 2, 2), 300.0), np.arange(51) / 25.0)
    studied = study_camera(known, INFO, keypoints)
    assert studied.motion is not None and studied.motion.kind == "solved"
    assert studied.facts["kind"] == "solved"
    assert studied.facts["focal_source"] == "solved camera"
    assert studied.camera.principal_point == (640.0, 350.0)


def test_a_standing_camera_is_not_studied() -> None:
    known = known_camera(TrackSettings(camera="static", fov=60.0), INFO)
    studied = study_camera(known, INFO, keypoints_of(np.zeros((2, 2, 2)), np.array([0.0, 0.04])))
    assert studied.motion is None
    assert studied.facts == {
        "kind": "static",
        "focal_px": pytest.approx(1108.5, abs=0.1),
        "focal_source": "--fov",
        "focal_sigma_percent": 0.0,
    }
    with pytest.raises(UsageError, match="open in Blender"):
        known_camera(TrackSettings(camera="scene"), INFO)


def test_zoom_is_taken_out_of_the_keypoints() -> None:
    times = np.arange(3) / 25.0
    zoom = np.array([1.0, 0.8, 1.6])
    still = np.tile(np.eye(3), (3, 1, 1))
    focal, motion = widest(1000.0, CameraMotion("pan", still, np.zeros((3, 3)), zoom))
    assert focal == pytest.approx(800.0)
    np.testing.assert_allclose(motion.zoom, [1.25, 1.0, 2.0])
    camera = Camera(focal, (640.0, 360.0), SIZE)
    rays = np.array([[-0.3, 0.1], [0.2, -0.2]])
    seen = keypoints_of(1000.0 * zoom[:, None, None] * rays + camera.principal_point, times)
    seen.points[2, 1] = (640.0, -5.0)  # outside the picture: guessed by the detector
    plain = without_zoom(seen, camera, motion)
    np.testing.assert_allclose(plain.points[:2], np.tile(800.0 * rays + camera.principal_point, (2, 1, 1)), rtol=1e-6)
    assert np.isnan(plain.points[2, 1]).all()
    assert plain.confidence[2].tolist() == [1.0, 0.0]
    assert plain.points[2, 0] == pytest.approx(800.0 * rays[0] + camera.principal_point)


@pytest.mark.parametrize("resampled", [False, True])
def test_the_take_learns_how_its_camera_moved(resampled: bool) -> None:
    """A point of the world lies in the picture of each frame where the camera of that frame has it."""
    times = np.arange(51) / 25.0
    camera, motion = example().seen_at(times, SIZE)
    seen = keypoints_of(np.random.default_rng(1).uniform(0, 700, (51, 2, 2)), times)
    first = np.eye(4)
    first[:3, :3], first[:3, 3] = motion.rotation[0], motion.position[0]
    own = np.arange(61) / 30.0 if resampled else times
    rate = 30.0 if resampled else 25.0
    take = Take(np.zeros((len(own), 1, 3), np.float32), ("pelvis",), rate, times=own, world_from_camera=first)
    take = filmed(take, seen, camera, motion)
    assert take.camera_path is not None and take.focal_path is not None and take.keypoints is not None
    assert take.focal_px == pytest.approx(900.0)
    assert len(take.keypoints) == len(take.camera_path) == len(take.focal_path) == len(own)
    last = -1
    np.testing.assert_allclose(take.camera_path[last], example().world_from_camera[50], atol=1e-9)
    assert take.focal_path[last] == pytest.approx(900.0 * 1.005**50)
    np.testing.assert_array_equal(take.keypoints[0], seen.points[0])
    if not resampled:
        np.testing.assert_array_equal(take.keypoints, seen.points)


def test_a_solved_camera_that_stands_still_has_no_path() -> None:
    times = np.arange(5) / 25.0
    still = SolvedCamera(25.0, 0.0, SIZE, np.array([900.0]), (640.0, 360.0), example(1).world_from_camera)
    camera, motion = still.seen_at(times, SIZE)
    take = Take(np.zeros((5, 1, 3), np.float32), ("pelvis",), 25.0, times=times, world_from_camera=np.eye(4))
    take = filmed(take, keypoints_of(np.zeros((5, 2, 2)), times), camera, motion)
    assert take.camera_path is None
    assert take.focal_path is None
    assert take.focal_px == pytest.approx(900.0)
