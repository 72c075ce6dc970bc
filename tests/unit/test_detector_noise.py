"""The detector's errors that training makes: their size, their structure, and the detector's own depth."""

import numpy as np
import torch
from posewright.core.lifting.inputs import LIFTER_JOINTS, LIFTER_MIRROR, lifter_depths
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS
from posewright.core.training.detector_noise import (
    EXACT,
    LIMBS,
    ViewSettings,
    disturb,
    guess_depth,
    limb_mistakes,
    swap_sides,
)
from posewright.core.training.draw import Draw
from posewright.core.training.motions import L_ELBOW, L_HIP, L_KNEE, L_WRIST, R_HIP
from posewright.core.values import Keypoints

CPU = torch.device("cpu")
SHAPE = (400, 9, 19)


def test_exact_settings_leave_points_and_depth_alone() -> None:
    points, joints, nothing = torch.randn(*SHAPE, 2), torch.randn(*SHAPE, 3), torch.zeros(SHAPE)
    same, _, mistaken = disturb(points, nothing, torch.ones(400), Draw(0, CPU), EXACT)
    torch.testing.assert_close(same, points)
    assert not mistaken.any()
    _, known = guess_depth(joints, nothing, Draw(0, CPU), EXACT)
    assert not known.any()


def test_mistakes_take_whole_limbs_outwards_and_hidden_ones_more_often() -> None:
    seen = limb_mistakes(torch.zeros(4000, 9, 19), Draw(0, CPU), 0.05)
    behind = limb_mistakes(torch.ones(4000, 9, 19), Draw(0, CPU), 0.05)
    assert 0.005 < seen[..., L_WRIST].float().mean() < 0.05
    assert behind.float().mean() > 2 * seen.float().mean()
    assert not seen[..., [L_HIP, R_HIP, 8, 9, 10, 11, 14]].any()  # the trunk stays where it is
    for limb in LIMBS:  # whoever mistakes the knee mistakes the foot
        assert (seen[..., limb[0]] <= seen[..., limb[-1]]).all()


def test_a_mistaken_limb_often_lies_on_the_other_one() -> None:
    points = torch.zeros(*SHAPE, 2)
    points[..., LIMBS[0] + LIMBS[2], 0], points[..., LIMBS[1] + LIMBS[3], 0] = 1.0, -1.0
    settings = ViewSettings(mistakes=0.5, outliers=0)
    found, _, mistaken = disturb(points, torch.zeros(SHAPE), torch.full((400,), 0.5), Draw(1, CPU), settings)
    distance = (found - points[:, :, LIFTER_MIRROR]).norm(dim=-1)[mistaken]
    assert 0.35 < (distance < 0.7).float().mean() < 0.85


def test_the_detectors_depth_follows_the_truth_and_errs_more_towards_the_ends() -> None:
    joints = torch.randn(400, 1, 19, 3).expand(*SHAPE, 3) * 0.3
    joints = joints - joints[..., :1, :]
    depth = joints[..., 2]
    guess, known = guess_depth(joints, torch.zeros(SHAPE), Draw(0, CPU), ViewSettings(depth=1.0))
    assert known.all()
    error = (guess - depth).square().mean((0, 1)).sqrt()
    assert error[L_HIP] < error[L_ELBOW] < error[L_WRIST]
    assert torch.corrcoef(torch.stack((guess[..., L_KNEE].ravel(), depth[..., L_KNEE].ravel())))[0, 1] > 0.2
    _, sometimes = guess_depth(joints, torch.zeros(SHAPE), Draw(0, CPU), ViewSettings(depth=0.6))
    assert 0.5 < sometimes.float().mean() < 0.7
    assert (guess_depth(joints, torch.zeros(SHAPE), Draw(0, CPU), ViewSettings(depth=0.0))[0] == 0).all()


def test_exchanged_sides_stay_exchanged_to_the_end_of_the_window() -> None:
    joints = torch.arange(19).expand(SHAPE)
    swapped = swap_sides(joints, Draw(0, CPU), 0.3) != joints
    wrist = swapped[..., L_WRIST]
    assert 0.05 < wrist.float().mean() < 0.3
    assert (wrist.int().diff(dim=1) >= 0).all()


def test_depth_of_real_keypoints_is_relative_to_the_pelvis() -> None:
    generator = np.random.default_rng(0)
    points = generator.uniform(0, 500, (4, 33, 2)).astype(np.float32)
    hint = generator.normal(0, 0.2, (4, 33, 3)).astype(np.float32)
    hint[2] = np.nan
    names, times = BLAZEPOSE_KEYPOINTS, np.arange(4) / 30
    keypoints = Keypoints(points, np.ones((4, 33), np.float32), names, times, (640, 480), hint)
    depths = lifter_depths(keypoints)
    assert np.isnan(depths[2]).all()
    np.testing.assert_allclose(depths[[0, 1, 3], 0], 0)
    wrist, hips = names.index("left_wrist"), [names.index("left_hip"), names.index("right_hip")]
    apart = hint[0, wrist, 2] - hint[0, hips, 2].mean()
    column = LIFTER_JOINTS.index("left_wrist")
    np.testing.assert_allclose(depths[0, column] * 0.63, apart, rtol=1e-5)
    keypoints.depth_hint = None
    assert np.isnan(lifter_depths(keypoints)).all()
