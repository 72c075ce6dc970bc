"""A person filmed by a camera that turns and zooms moves like the same person filmed by one that stands still."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.core.camera.motion import widest
from posewright.core.lifting import load_lifter
from posewright.core.pipeline import motion_of
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.take import Take
from posewright.core.values import Camera, CameraMotion, Keypoints
from scipy.spatial.transform import Rotation

FRAMES = 60


@pytest.fixture(scope="module")
def walk(shared: Path) -> tuple[Keypoints, Camera]:
    """The true pixels of a walking person, and the camera."""
    with np.load(shared / "clips/synthetic/truth/s1_walk_side_full.npz") as truth:
        names = [str(name) for name in truth["joint_names"]]
        pixels, focal = truth["joints2d"][:FRAMES].astype(np.float32), float(truth["K"][0, 0])
        size = (int(truth["image_size"][0]), int(truth["image_size"][1]))
    points = np.full((FRAMES, len(BLAZEPOSE_KEYPOINTS), 2), np.nan, np.float32)
    for column, name in enumerate(BLAZEPOSE_KEYPOINTS):
        source = name.replace("foot_index", "toe_base")
        if source in names:
            points[:, column] = pixels[:, names.index(source)]
    confidence = np.isfinite(points).all(-1).astype(np.float32)
    keypoints = Keypoints(points, confidence, BLAZEPOSE_KEYPOINTS, np.arange(FRAMES) / 30.0, size)
    return keypoints, Camera(focal, (size[0] / 2, size[1] / 2), size)


def filmed_anew(keypoints: Keypoints, camera: Camera) -> tuple[Keypoints, Camera, CameraMotion]:
    """Return what a camera sees that turns 12 degrees to the left and 2 up, and widens by a fifth."""
    share = np.linspace(0, 1, FRAMES)
    rotation = Rotation.from_rotvec(np.radians([2.0, -12.0, 0.0]) * share[:, None]).as_matrix()
    zoom = 1 - 0.2 * share
    rays = (keypoints.points.astype(float) - camera.principal_point) / camera.focal_px
    rays = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1) @ rotation  # to the axes of each frame
    points = camera.focal_px * zoom[:, None, None] * rays[..., :2] / rays[..., 2:] + camera.principal_point
    focal, motion = widest(camera.focal_px, CameraMotion("pan", rotation, np.zeros((FRAMES, 3)), zoom))
    return replace(keypoints, points=points.astype(np.float32)), replace(camera, focal_px=focal), motion


def test_a_turning_camera_is_taken_out(walk: tuple[Keypoints, Camera]) -> None:
    keypoints, camera = walk
    lifter = load_lifter("default", torch.device("cpu"))
    settings = TrackSettings(height=1.75)
    still = motion_of(keypoints, camera, lifter, settings)
    moved, wide, motion = filmed_anew(keypoints, camera)
    panned = motion_of(moved, wide, lifter, settings, motion=motion)
    ignored = motion_of(moved, camera, lifter, settings)
    assert apart(panned, still) < 0.015
    assert apart(ignored, still) > 0.2, "or the test says nothing"
    assert panned.focal_px == pytest.approx(camera.focal_px)
    np.testing.assert_array_equal(panned.keypoints, moved.points)
    assert seen_off(panned, "left_knee") < 4.0


def test_a_turning_camera_may_repeat_time_stamps(walk: tuple[Keypoints, Camera]) -> None:
    moved, wide, motion = filmed_anew(*walk)
    times = moved.times.copy()
    times[20] = times[19]
    take = motion_of(replace(moved, times=times), wide, load_lifter("default"), TrackSettings(), motion=motion)
    assert take.camera_path is not None and take.keypoints is not None
    assert np.isfinite(take.joints).all() and np.isfinite(take.camera_path).all()


def apart(one: Take, other: Take) -> float:
    """Return by how many metres the joints of two takes differ in the middle."""
    return float(np.median(np.linalg.norm(one.joints - other.joints, axis=-1)))


def seen_off(take: Take, name: str) -> float:
    """Return by how many pixels a joint lies off its keypoint, seen by the camera of each frame, in the middle."""
    assert take.camera_path is not None and take.focal_path is not None and take.keypoints is not None
    points = np.concatenate([take.joint(name), np.ones((take.frames, 1))], axis=1)
    local = np.einsum("fij,fj->fi", np.linalg.inv(take.camera_path), points)
    pixels = take.focal_path[:, None] * local[:, :2] / local[:, 2:3] + take.principal_point
    return float(np.median(np.linalg.norm(pixels - take.keypoints[:, take.keypoint_names.index(name)], axis=1)))
