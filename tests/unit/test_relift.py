"""Lifting again from a take's own keypoints: the same as the capture, and better where sides were confused."""

import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from posewright.cli.in_blender import start_relift
from posewright.cli.worker_process import WorkerProcess
from posewright.core.edits.edit import Edit
from posewright.core.edits.replay import edited
from posewright.core.lifting import load_lifter
from posewright.core.pipeline import motion_of
from posewright.core.relift import can_lift_again, relifted
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.take import Take
from posewright.core.values import Camera, CameraMotion, Keypoints
from posewright.errors import PosewrightError
from posewright.progress import silent
from scipy.spatial.transform import Rotation

SETTINGS = TrackSettings(device="cpu", height=1.75)
SIZE = (854, 480)


def seen(shared: Path) -> tuple[Keypoints, Camera]:
    """Return the first three seconds of a rendered walk as a good detector sees them, with its depth."""
    with np.load(shared / "clips" / "synthetic" / "truth" / "s1_walk_side_full.npz") as truth:
        names = [str(name) for name in truth["joint_names"]]
        points = np.full((90, 33, 2), np.nan, np.float32)
        hint = np.zeros((90, 33, 3), np.float32)
        hips = truth["joints_cam"][:90, [names.index("left_hip"), names.index("right_hip")]].mean(1)
        for column, name in enumerate(BLAZEPOSE_KEYPOINTS):
            source = name.replace("foot_index", "toe_base")
            if source in names:
                points[:, column] = truth["joints2d"][:90, names.index(source)]
                hint[:, column] = truth["joints_cam"][:90, names.index(source)] - hips
        focal = float(truth["K"][0, 0])
    points += np.random.default_rng(1).normal(size=points.shape).astype(np.float32)
    sure = np.isfinite(points).all(-1).astype(np.float32)
    keypoints = Keypoints(points, sure, BLAZEPOSE_KEYPOINTS, np.arange(90) / 30.0, SIZE, hint)
    return keypoints, Camera(focal, (427.0, 240.0), SIZE)


def capture(keypoints: Keypoints, camera: Camera, motion: CameraMotion | None = None) -> Take:
    take = motion_of(keypoints, camera, load_lifter("default", "cpu"), SETTINGS, motion=motion)
    kind = "static" if motion is None else motion.kind
    return replace(take, provenance={"settings": asdict(SETTINGS), "camera": {"kind": kind}})


def saved(take: Take, folder: Path) -> Take:
    take.save(folder / "take.npz")
    return Take.load(folder / "take.npz")


def test_the_same_keypoints_give_the_same_motion(shared: Path, tmp_path: Path) -> None:
    take = saved(capture(*seen(shared)), tmp_path)
    assert can_lift_again(take)
    again = relifted(take)
    np.testing.assert_allclose(again.joints, take.joints, atol=2e-4)
    assert again.provenance["lifted_again"] is True
    assert again.provenance["settings"] == take.provenance["settings"]


@pytest.mark.parametrize("kind", ["pan", "solved"])
def test_with_a_camera_that_moves(shared: Path, tmp_path: Path, kind: str) -> None:
    keypoints, camera = seen(shared)
    turn = Rotation.from_rotvec(np.radians(0.1) * np.arange(90)[:, None] * [[0, 1, 0]]).as_matrix()
    place = np.zeros((90, 3))
    if kind == "solved":
        turn = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]) @ turn
        place = np.array([0.5, -4.0, 1.2]) + 0.002 * np.arange(90)[:, None]
    motion = CameraMotion(kind, turn, place, np.linspace(1.0, 1.2, 90))  # type: ignore[arg-type]
    take = saved(capture(keypoints, camera, motion), tmp_path)
    np.testing.assert_allclose(relifted(take).joints, take.joints, atol=1e-3)


def test_sides_put_right_in_the_keypoints(shared: Path) -> None:
    """A detector that confuses left and right for a second: exchanged back and lifted again it is the true motion."""
    keypoints, camera = seen(shared)
    truth = capture(keypoints, camera)
    swap = Edit("swap", 1.0, 2.0)
    wrong = edited(truth, [swap])
    assert wrong.keypoints is not None and wrong.keypoint_confidence is not None and wrong.keypoint_depth is not None
    hint = np.zeros((90, 33, 3), np.float32)
    hint[..., 2] = wrong.keypoint_depth
    confused = capture(
        replace(keypoints, points=wrong.keypoints, confidence=wrong.keypoint_confidence, depth_hint=hint), camera
    )

    def error(take: Take) -> float:
        off = (take.joints - take.joints[:, :1]) - (truth.joints - truth.joints[:, :1])
        return float(np.linalg.norm(off, axis=-1).mean())

    assert error(confused) > 0.02
    assert error(relifted(edited(confused, [swap]))) < 0.002


def test_takes_that_cannot(shared: Path) -> None:
    take = Take(np.zeros((4, 1, 3), np.float32), ("pelvis",), 30.0)
    assert not can_lift_again(take)
    with pytest.raises(PosewrightError, match="holds no keypoints"):
        relifted(take)


def test_as_a_job_of_the_worker(shared: Path) -> None:
    take = capture(*seen(shared))
    bare = Take(np.zeros((4, 1, 3), np.float32), ("pelvis",), 30.0)
    worker = WorkerProcess(Path(sys.executable))
    try:
        stages = set()
        result = start_relift(worker, take, "cpu").wait(lambda stage, done, note="": stages.add(stage))
        np.testing.assert_allclose(Take.load(result["out"]).joints, take.joints, atol=2e-4)
        assert "lift" in stages
        with pytest.raises(PosewrightError, match="holds no keypoints"):
            start_relift(worker, bare).wait(silent)
    finally:
        worker.close()
