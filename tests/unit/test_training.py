"""Training data, measures and the training loop, on a small set of moving bodies made here."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.cli.main import main
from posewright.core.lifting.checkpoints import load_checkpoint
from posewright.core.lifting.inputs import LIFTER_MIRROR
from posewright.core.training import evaluate
from posewright.core.training.detector_noise import ViewSettings, cut_legs, disturb, lose_joints
from posewright.core.training.draw import Draw
from posewright.core.training.evaluate import VALIDATION_FILE, evaluate_file, evaluate_network
from posewright.core.training.metrics import aligned, bone_degrees, position_error
from posewright.core.training.motions import (
    L_ANKLE,
    L_ELBOW,
    L_KNEE,
    L_WRIST,
    PARENTS,
    R_ELBOW,
    R_KNEE,
    R_WRIST,
    THORAX,
    Motions,
    load_motions,
    to_joints,
    to_world_bones,
)
from posewright.core.training.poses import PoseSettings, rotate, sample_poses
from posewright.core.training.recipe import Recipe
from posewright.core.training.synthesis import VALIDATION_EXACT, SynthesisSettings, make_batch
from posewright.core.training.train import TRAIN_FILE, Trainer, train
from posewright.errors import Cancelled, PosewrightError


@pytest.fixture(autouse=True)
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on fewer frames than in earnest."""
    monkeypatch.setattr(evaluate, "FRAMES_MEASURED", 400)


CPU = torch.device("cpu")
TINY = Recipe(
    minutes=0.05,
    prior_windows=16,
    windows=4,
    frames=5,
    prior_width=32,
    prior_blocks=1,
    dim_feat=12,
    n_layers=1,
    num_heads=2,
)
REST = [  # left is +x, up is +z, the person looks along -y; the order of LIFTER_JOINTS
    *((0.0, 0, 0.92), (-0.1, 0, 0.92), (-0.1, -0.02, 0.5), (-0.1, 0.02, 0.08), (0.1, 0, 0.92), (0.1, -0.02, 0.5)),
    *((0.1, 0.02, 0.08), (0, 0.02, 1.15), (0, 0.03, 1.45), (0, -0.07, 1.56), (0, 0, 1.7), (0.18, 0.02, 1.42)),
    *((0.3, 0.03, 1.15), (0.35, -0.1, 0.92), (-0.18, 0.02, 1.42), (-0.3, 0.03, 1.15), (-0.35, -0.1, 0.92)),
    *((0.1, -0.12, 0.03), (-0.1, -0.12, 0.03)),
]


def moving_bodies(frames: int) -> np.ndarray:
    """Arms and legs of REST swing about shoulders and hips while the body walks on: (F,19,3) metres."""
    rest = torch.tensor(REST)
    bones = rest - rest[list(PARENTS)]
    swing = torch.sin(torch.arange(frames) / 9.0)[:, None, None] * torch.tensor([0.9, 0.0, 0.0])
    world = bones.repeat(frames, 1, 1)
    for joints, side in (((L_KNEE, L_ANKLE, 17, R_ELBOW, R_WRIST), 1.0), ((R_KNEE, 3, 18, L_ELBOW, L_WRIST), -1.0)):
        world[:, list(joints)] = rotate(world[:, list(joints)], side * swing)
    return (to_joints(world) + rest[0] + torch.arange(frames)[:, None, None] * torch.tensor([0, -0.02, 0])).numpy()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motions")
    positions = np.concatenate([moving_bodies(80), moving_bodies(50)])
    for name in (TRAIN_FILE, VALIDATION_FILE):
        np.savez(
            folder / name,
            positions=np.round(positions * 1000).astype(np.int16),
            scale=0.001,
            clip_starts=np.array([0, 80, 130]),
            source=np.array(["made", "made"]),
            subject=np.array(["a", "b"]),
        )
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
    _, confidence = cut_legs(torch.zeros(400, 5, 19, 2), sure, torch.ones(400), draw, 1.0)
    assert confidence[..., L_ANKLE].max() <= 0.3
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


@pytest.mark.parametrize("prior_share", [1.0, 0.0])
def test_some_steps_lower_the_loss(motions: Motions, prior_share: float) -> None:
    recipe = replace(TINY, minutes=60, prior_share=prior_share, windows=12, learning_rate=2e-2)
    trainer = Trainer(recipe, motions, CPU)
    losses = [trainer.step() for _ in range(100)]
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:20])
    before = evaluate_network(TINY.build(), motions, 5, 0.1)
    after = evaluate_network(trainer.mean.prior if prior_share else trainer.mean, motions, 5, 0.1)
    assert after["noisy"].mpjpe_mm < before["noisy"].mpjpe_mm


def test_a_stopped_training_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.safetensors"
    calls = 0

    def stop_soon(stage: str, done: float, note: str = "") -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Cancelled

    torch.set_num_threads(1)
    with pytest.raises(Cancelled):
        train(data, out, TINY, CPU, progress=stop_soon)
    assert [path.name for path in tmp_path.iterdir()] == ["own.safetensors.unfinished"]
    with pytest.raises(PosewrightError, match="other settings"):
        train(data, out, replace(TINY, prior_width=40), CPU)
    first: list[str] = []
    header = train(data, out, TINY, CPU, progress=lambda stage, done, note="": first.append(note))
    assert first[0].endswith("step 6")
    assert [path.name for path in tmp_path.iterdir()] == ["own.safetensors"]
    assert "NSF EIA-0196217" in header["acknowledgement"]
    checkpoint = load_checkpoint(out)
    assert (checkpoint.frames, checkpoint.stride_seconds) == (5, 0.1)
    again = evaluate_file(out, data, CPU)["noisy"]["mpjpe_mm"]
    assert again == pytest.approx(header["figures"]["lifter"]["noisy"]["mpjpe_mm"], rel=0.02)  # but for half precision


def test_bad_data_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "w.safetensors"
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / TRAIN_FILE).write_bytes(b"no numbers")
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "damaged" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    "wrong", [["--minutes", "0"], ["--dim-feat", "10", "--num-heads", "4"], ["--prior-share", "2"], ["--frames", "0"]]
)
def test_settings_that_make_no_sense_are_wrong_usage(wrong: list[str], data: Path, tmp_path: Path) -> None:
    assert main(["train", "--data", str(data), "-o", str(tmp_path / "w.safetensors"), *wrong]) == 2


def test_evaluate_prints_a_table_and_json(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "w.safetensors"
    options = "--minutes 0.02 --frames 3 --windows 4 --prior-windows 8 --prior-width 16 --dim-feat 8 --num-heads 2"
    command = ["train", "--data", str(data), "-o", str(out), "-q", "--device", "cpu", *options.split()]
    assert main(command) == 0
    assert "PA-MPJPE" in capsys.readouterr().out
    assert main(["evaluate", "--data", str(data), "--weights", str(out), "--device", "cpu", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["exact"]["pa_mpjpe_mm"] > 0
    assert main(["train", "--data", str(data), "-o", str(out)]) == 1  # exists, and no --overwrite


def test_the_shipped_lifter_reaches_its_figures(shared: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "FRAMES_MEASURED", 1500)
    figures = evaluate_file(checkout / "weights/files/posewright-lifter.safetensors", shared / "mocap", CPU)
    assert figures["exact"]["pa_mpjpe_mm"] < 40
    assert figures["noisy"]["pa_mpjpe_mm"] < 55
    assert figures["noisy"]["bone_degrees"] < 11.5
    assert figures["noisy"]["acceleration_mm"] < 31
