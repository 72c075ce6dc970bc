"""The virtual cameras through which every lifter looks: a known pose must come back through them."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from posewright.core.lifting import inputs
from posewright.core.lifting.inputs import (
    LIFTER_JOINTS,
    lifter_points,
    mirrored,
    network_input,
    predict_pose,
    virtual_view,
    virtual_views,
)
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.values import Camera, Keypoints

CAMERA = Camera(900.0, (640.0, 360.0), (1280, 720))
TIMES = np.arange(12) / 30.0
AHEAD = np.array([0.0, 0.0, 4.0])


def standing(frames: int = 12) -> NDArray[np.float64]:
    """A rigid body of random joints about the pelvis, metres, camera axes: (F,19,3)."""
    body = np.random.default_rng(1).normal(0, [0.25, 0.45, 0.2], (len(LIFTER_JOINTS), 3))
    body[0] = 0.0
    return np.repeat(body[None], frames, axis=0)


def pixels(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    return CAMERA.focal_px * joints[..., :2] / joints[..., 2:] + CAMERA.principal_point


def test_a_known_pose_comes_back_from_the_edge_of_the_picture() -> None:
    pose, pelvis = standing(), np.array([1.6, -0.5, 3.5])
    view = virtual_view(pixels(pose + pelvis), np.ones((12, 19)), CAMERA, TIMES)
    turned = np.einsum("fij,fkj->fki", view.rotations, pose)
    distance = np.linalg.norm(pelvis)
    # in the virtual camera the pelvis lies straight ahead, and x and y times depth are the pose itself
    np.testing.assert_allclose(view.points[:, 0], 0.0, atol=1e-9)
    back = view.points * view.box[:, None, None] * (distance + turned[..., 2:])
    np.testing.assert_allclose(back, turned[..., :2], atol=1e-9)
    np.testing.assert_allclose(np.einsum("fji,fkj->fki", view.rotations, turned), pose, atol=1e-9)


def test_where_in_the_picture_the_person_stands_does_not_matter() -> None:
    pose = standing()
    middle = virtual_view(pixels(pose + AHEAD), np.ones((12, 19)), CAMERA, TIMES)
    angle = 0.4
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    aside = virtual_view(pixels((pose + AHEAD) @ turn.T), np.ones((12, 19)), CAMERA, TIMES)
    np.testing.assert_allclose(aside.points, middle.points, atol=1e-9)
    np.testing.assert_allclose(aside.log_box, middle.log_box, atol=1e-9)


def test_a_gap_is_bridged_relative_to_the_pelvis() -> None:
    pose = standing() + np.linspace([-0.5, 0, 4], [0.5, 0, 4], 12)[:, None]
    points, confidence = pixels(pose), np.ones((12, 19))
    complete = virtual_view(points, confidence, CAMERA, TIMES)
    confidence[4:8, 5] = 0.0
    points[4:8, 5] = np.nan
    bridged = virtual_view(points, confidence, CAMERA, TIMES)
    assert np.isfinite(bridged.points).all()
    np.testing.assert_allclose(bridged.points[4:8, 5], complete.points[4:8, 5], atol=0.01)


def test_a_joint_that_is_never_seen_lies_at_the_centre() -> None:
    confidence = np.ones((12, 19))
    confidence[:, 9] = 0.0
    view = virtual_view(pixels(standing() + AHEAD), confidence, CAMERA, TIMES)
    assert np.isfinite(view.points).all()
    np.testing.assert_array_equal(view.points[:, 9], 0.0)


def test_a_clip_without_hips_and_one_frame_alone() -> None:
    confidence = np.ones((1, 19))
    confidence[:, [0, 1, 4, 7]] = 0.0
    view = virtual_view(pixels(standing(1) + AHEAD), confidence, CAMERA, TIMES[:1])
    assert np.isfinite(view.points).all() and np.isfinite(view.log_box).all()


def test_blocks_of_a_long_clip_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = np.random.default_rng(2).normal(0, 0.02, (90, 19, 3)).cumsum(axis=0) + 1.5 * AHEAD
    rays = torch.from_numpy(walk[None, ..., :2] / 6.0)
    times, seen = torch.arange(90, dtype=torch.float64)[None] / 30.0, torch.ones(1, 90, 19, dtype=torch.bool)
    whole = virtual_views(rays, seen, times)
    monkeypatch.setattr(inputs, "BLOCK", 16)
    blocks = virtual_views(rays, seen, times)
    torch.testing.assert_close(blocks.points, whole.points)
    torch.testing.assert_close(blocks.log_box, whole.log_box)


def test_lifter_points_are_means_of_what_the_detector_sees() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 700, (2, 33, 2)).astype(np.float32)
    confidence = np.ones((2, 33), np.float32)
    right_hip = BLAZEPOSE_KEYPOINTS.index("right_hip")
    points[1, right_hip], confidence[1, right_hip] = np.nan, 0.0
    keypoints = Keypoints(points, confidence, BLAZEPOSE_KEYPOINTS, TIMES[:2], (1280, 720))
    found, sure = lifter_points(keypoints)
    hips = points[:, [BLAZEPOSE_KEYPOINTS.index("left_hip"), right_hip]].mean(1)
    np.testing.assert_allclose(found[0, 0], hips[0])
    assert np.isnan(found[1, 0]).all() and sure[1, 0] == 0  # half a pelvis is none
    assert np.isfinite(found[1, LIFTER_JOINTS.index("left_foot_index")]).all()
    assert found.shape == (2, 19, 2)


def test_what_lies_outside_the_picture_was_not_seen_but_for_the_hips() -> None:
    points = np.full((1, 33, 2), 300.0, np.float32)
    below = [BLAZEPOSE_KEYPOINTS.index(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "ankle")]
    points[:, below, 1] = 725.0
    sure = np.full((1, 33), 0.2, np.float32)
    found, confidence = lifter_points(Keypoints(points, sure, BLAZEPOSE_KEYPOINTS, TIMES[:1], (1280, 720)))
    joint = LIFTER_JOINTS.index
    assert confidence[0, joint("left_ankle")] == 0 and np.isnan(found[0, joint("right_ankle")]).all()
    np.testing.assert_allclose(confidence[0, [joint("pelvis"), joint("left_hip"), joint("left_knee")]], 0.2)


def test_mirroring_twice_changes_nothing_and_once_swaps_the_sides() -> None:
    values = torch.randn(2, 3, 19, 4)
    once = mirrored(values)
    torch.testing.assert_close(mirrored(once), values)
    left, right = LIFTER_JOINTS.index("left_wrist"), LIFTER_JOINTS.index("right_wrist")
    torch.testing.assert_close(once[..., left, 1:], values[..., right, 1:])
    torch.testing.assert_close(once[..., left, 0], -values[..., right, 0])


def test_predictions_are_relative_to_the_pelvis() -> None:
    class Silent(torch.nn.Module):
        def forward(self, x: torch.Tensor, times: torch.Tensor | None = None) -> torch.Tensor:
            return torch.zeros(*x.shape[:-1], 3)

    points, ones = torch.randn(1, 4, 19, 2), torch.ones(1, 4, 19)
    pose = predict_pose(Silent(), network_input(points, ones, torch.zeros(1, 4), ones, ones > 0))
    torch.testing.assert_close(pose[..., :2], points - points[..., :1, :])
    torch.testing.assert_close(pose[..., 2], torch.zeros(1, 4, 19))
