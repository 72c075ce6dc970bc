"""Training data and measures, on a small set of moving bodies made here."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from made_motions import write_motions
from posewright.core.lifting.inputs import LIFTER_MIRROR
from posewright.core.training import evaluate
from posewright.core.training.detector_noise import ViewSettings, cut_body, disturb, lose_joints
from posewright.core.training.draw import Draw
from posewright.core.training.evaluate import evaluate_file
from posewright.core.training.metrics import aligned, bone_degrees, position_error
from posewright.core.training.motions import (
    L_ANKLE,
    L_ELBOW,
    L_WRIST,
    PARENTS,
    R_KNEE,
    R_WRIST,
    THORAX,
    Motions,
    load_motions,
    to_joints,
    to_world_bones,
)
from posewright.core.training.poses import PoseSettings, rotate, sample_poses
from posewright.core.training.synthesis import VALIDATION_EXACT, SynthesisSettings, make_batch
from posewright.core.training.train import TRAIN_FILE

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motions")
    write_motions(folder)
    return folder


@pytest.fixture(scope="module")
def motions(data: Path) -> Motions:
    return load_motions(data / TRAIN_FILE)


def joints_of(motions: Motions) -> torch.Tensor:
    return to_joints(to_world_bones(motions.bones, motions.pelvis_axes, motions.chest_axes))


def test_bones_in_body_axes_give_the_recorded_joints_back(data: Path, motions: Motions) -> None:
    with np.load(data / TRAIN_FILE) as stored:
        recorded = torch.from_numpy(stored["positions"] * stored["scale"]).float()
    torch.testing.assert_close(joints_of(motions)[:130], recorded - recorded[:, :1], rtol=0, atol=1e-5)


def test_every_clip_is_there_mirrored_too(motions: Motions) -> None:
    joints = joints_of(motions)
    mirror = joints[:130, LIFTER_MIRROR] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(joints[130:], mirror, rtol=0, atol=1e-5)


def test_what_the_network_sees_is_the_projection_of_what_it_must_say(motions: Motions) -> None:
    batch = make_batch(motions, Draw(0, CPU), VALIDATION_EXACT, 200, 1)
    limbs = [L_ELBOW, L_WRIST, R_WRIST, R_KNEE, L_ANKLE]
    image = batch.inputs[..., limbs, :2] * batch.inputs[..., limbs, 3:4].exp()
    truth = (batch.targets * batch.size)[..., limbs, :]
    # X = x (D + z) for one distance D of the pelvis, to be found by least squares
    rest = truth[..., :2] - image * truth[..., 2:]
    distance = (rest * image).sum((-1, -2)) / image.square().sum((-1, -2))
    back = image * (distance[..., None, None] + truth[..., 2:])
    # the picture's centre is the middle between the hips in 2D, some millimetres beside the pelvis' own image
    torch.testing.assert_close(back, truth[..., :2], rtol=0, atol=6e-3)
    assert distance.min() > 1.4 and distance.max() < 9


def test_targets_have_the_size_of_a_body_whatever_its_height(motions: Motions) -> None:
    batch = make_batch(motions, Draw(0, CPU), SynthesisSettings(), 64, 3)
    legs = sum(
        (batch.targets[..., a, :] - batch.targets[..., b, :]).norm(dim=-1) for a, b in ((1, 2), (2, 3), (4, 5), (5, 6))
    )
    trunk = batch.targets[..., 7, :].norm(dim=-1) + (batch.targets[..., 8, :] - batch.targets[..., 7, :]).norm(dim=-1)
    assert isinstance(legs, torch.Tensor)
    torch.testing.assert_close((legs / 2 + trunk).mean(1) / 2, torch.ones(64), rtol=0, atol=1e-3)


def test_noise_depends_on_the_seed_alone_and_is_finite(motions: Motions) -> None:
    first, again, other = (
        make_batch(motions, Draw(seed, CPU), SynthesisSettings(), 32, 5).inputs for seed in (4, 4, 5)
    )
    torch.testing.assert_close(first, again)
    assert not torch.equal(first, other)
    assert torch.isfinite(first).all()
    assert first[..., 2].min() >= 0 and first[..., 2].max() <= 1


def test_a_detectors_error_is_some_centimetres_and_changes_slowly() -> None:
    draw, nothing = Draw(0, CPU), torch.zeros(300, 9, 19)
    errors, confidence, _ = disturb(torch.zeros(300, 9, 19, 2), nothing, torch.ones(300), draw, ViewSettings())
    typical = errors.norm(dim=-1).median()  # in half boxes, of about a metre
    assert 0.015 < typical < 0.05
    assert errors.diff(dim=1).norm(dim=-1).median() < 0.75 * typical
    assert 0.5 < confidence.mean() < 0.95
    hidden, less_sure, _ = disturb(torch.zeros(300, 9, 19, 2), nothing + 1, torch.ones(300), draw, ViewSettings())
    assert hidden.norm(dim=-1).median() > 1.5 * typical
    assert less_sure.mean() < confidence.mean() - 0.1


def test_lost_joints_and_legs_outside_the_picture_have_little_confidence() -> None:
    draw, sure = Draw(0, CPU), torch.full((400, 5, 19), 0.9)
    kept = lose_joints(sure, draw, 0.1)
    assert 0.02 < (kept == 0).float().mean() < 0.1
    _, confidence = cut_body(torch.zeros(400, 5, 19, 2), sure, torch.ones(400), draw, 1.0)
    assert confidence[..., L_ANKLE].max() <= 0.4
    torch.testing.assert_close(confidence[..., THORAX], sure[..., THORAX])


@pytest.mark.parametrize(
    "settings", [PoseSettings(mix=1, mix_arm=1), PoseSettings(sit=1), PoseSettings(bend=1), PoseSettings(tilt=1)]
)
def test_new_poses_keep_left_and_right_alike_and_bones_constant(motions: Motions, settings: PoseSettings) -> None:
    poses = sample_poses(motions, Draw(0, CPU), settings, 32, 4)
    assert torch.isfinite(poses.joints).all()
    bones = poses.joints[..., 1:, :] - poses.joints[..., list(PARENTS)[1:], :]
    lengths = bones.norm(dim=-1)
    limbs = [joint - 1 for joint in (2, 3, 5, 6, 12, 13, 15, 16)]
    assert lengths[..., limbs].std(dim=1).max() < 2e-3
    torch.testing.assert_close(lengths[..., [1, 2, 11, 12]], lengths[..., [4, 5, 14, 15]], rtol=0.02, atol=0.01)


def test_a_bent_trunk_leans_forward(motions: Motions) -> None:
    only = PoseSettings(mix=0, mix_arm=0, sit=0, bend=1, tilt=0, joint_noise_deg=0, bone_spread=0)
    upright = PoseSettings(mix=0, mix_arm=0, sit=0, bend=0, tilt=0, joint_noise_deg=0, bone_spread=0)
    bent = sample_poses(motions, Draw(0, CPU), only, 64, 1).joints[..., THORAX, :]
    straight = sample_poses(motions, Draw(0, CPU), upright, 64, 1).joints[..., THORAX, :]
    assert bent[..., 1].mean() < straight[..., 1].mean() - 0.2  # the bodies look along -y
    assert bent[..., 2].mean() < straight[..., 2].mean()


def test_alignment_removes_any_similarity() -> None:
    truth = torch.randn(6, 19, 3, dtype=torch.float64)
    moved = 1.7 * rotate(truth, torch.tensor([0.3, -2.0, 1.1], dtype=torch.float64)) + 5.0
    assert position_error(aligned(moved, truth), truth).max() < 1e-9
    mirrored = truth * torch.tensor([-1.0, 1.0, 1.0])
    assert position_error(aligned(mirrored, truth), truth).mean() > 0.1  # a reflection is no rotation


def test_bone_degrees_of_a_turned_body() -> None:
    truth = torch.randn(4, 19, 3)
    assert bone_degrees(truth * 3.0, truth).max() < 0.1
    truth[..., 2] = 0
    turned = rotate(truth, torch.tensor([0.0, 0.0, math.radians(25)]))
    torch.testing.assert_close(bone_degrees(turned, truth), torch.full((4,), 25.0), rtol=0, atol=0.1)


def test_the_shipped_lifter_reaches_its_figures(shared: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "FRAMES_MEASURED", 1500)
    figures = evaluate_file(checkout / "weights/files/posewright-lifter.safetensors", shared / "mocap", CPU)
    assert figures["exact"]["pa_mpjpe_mm"] < 36
    assert figures["noisy"]["pa_mpjpe_mm"] < 44
    assert figures["noisy"]["bone_degrees"] < 9.2
    assert figures["noisy"]["acceleration_mm"] < 25
