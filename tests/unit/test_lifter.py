"""Lifting a track: windows, mirrors, cameras, lengths and rates; networks here are small and untrained."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from posewright.core.lifting import load_lifter
from posewright.core.lifting.checkpoints import Checkpoint, save_weights
from posewright.core.lifting.conventions import OFFICIAL_FILL, OfficialConvention, OwnConvention, Track, h36m_points
from posewright.core.lifting.inputs import CHANNELS, LIFTER_JOINTS, predict_with_spread
from posewright.core.lifting.lifter import Lifter, precision
from posewright.core.lifting.pose_prior import PosePrior, PriorLifter
from posewright.core.lifting.windows import WindowMean, plan_windows
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, H36M_JOINTS, mirror_order
from posewright.core.training.losses import uncertainty_loss
from posewright.core.values import Camera, CameraPose, Keypoints
from posewright.errors import PosewrightError, UsageError
from posewright.progress import silent

HALF_PRECISION_ERROR = 0.01
"""Body units (about 6 mm) by which bfloat16 may change the joints in the mean."""

LIMB_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
DATA = Path(__file__).parent.parent / "data" / "parity"
CAMERA = Camera(900.0, (320.0, 180.0), (640, 360))
TCPFORMER = {"n_layers": 1, "dim_in": 4, "dim_feat": 16, "dim_rep": 24, "num_heads": 4, "num_joints": 19}
CONFIG = {
    "prior_width": 32,
    "prior_blocks": 1,
    "tcpformer": {**TCPFORMER, "n_frames": 27, "layer_scale_init_value": 0.3},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network of our own kind whose parts all have an effect."""
    torch.manual_seed(1)
    model = PriorLifter(**CONFIG)
    torch.nn.init.normal_(model.tcpformer.head.weight, std=0.02)
    torch.nn.init.normal_(model.prior.head.weight, std=0.02)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    meta = {
        "architecture": "prior_tcpformer",
        "config": CONFIG,
        "joints": list(LIFTER_JOINTS),
        "channels": list(CHANNELS),
        "frames": 27,
        "stride_seconds": 0.1,
        "licence": "GPL-3.0-or-later",
        "acknowledgement": "thanks",
    }
    save_weights(path, model.state_dict(), meta)
    return path


@pytest.fixture(scope="module")
def lifter(weights: Path) -> Lifter:
    return load_lifter(weights, device="cpu")


def walker(frames: int, fps: float = 30.0, camera: Camera = CAMERA, turn: float = 0.0) -> Keypoints:
    """A swaying body of 33 points that crosses the view; ``turn`` (radians) pans the camera to the right."""
    draw = np.random.default_rng(3)
    body = draw.normal(0, (0.2, 0.5, 0.2), (33, 3))
    phase = draw.uniform(0, 6, (33, 3))
    times = np.arange(frames) / fps
    joints = body + 0.1 * np.sin(3 * times[:, None, None] + phase)
    joints += np.stack([0.5 * times - 0.5, 0 * times, 4 + 0.1 * times], axis=-1)[:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    joints = joints @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]).T
    points = camera.focal_px * joints[..., :2] / joints[..., 2:] + camera.principal_point
    confidence = np.full((frames, 33), 0.9)
    return Keypoints(
        points.astype(np.float32), confidence.astype(np.float32), BLAZEPOSE_KEYPOINTS, times, camera.image_size
    )


def check(pose: CameraPose, frames: int) -> None:
    assert pose.joints.shape == (frames, len(pose.names), 3)
    assert pose.uncertainty is not None
    assert pose.uncertainty.shape == (frames, len(pose.names))
    assert np.isfinite(pose.joints).all() and np.isfinite(pose.uncertainty).all()
    np.testing.assert_allclose(pose.joints[:, pose.names.index("pelvis")], 0, atol=1e-6)
    assert pose.joints.std() > 0.01


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 26, 27, 28, 82, 200])
def test_any_length(lifter: Lifter, frames: int) -> None:
    check(lifter.lift(walker(frames), CAMERA), frames)


@pytest.mark.parametrize("fps", [6.0, 24.0, 29.97, 60.0, 240.0])
def test_any_rate(lifter: Lifter, fps: float) -> None:
    frames = round(4 * fps)
    at_rate = lifter.lift(walker(frames, fps), CAMERA)
    check(at_rate, frames)
    # the same motion at 30 fps: the same poses at the same times, up to the other frames of the window
    usual = lifter.lift(walker(121, 30.0), CAMERA)
    at_two_seconds = at_rate.joints[round(2 * fps)] - usual.joints[60]
    assert np.abs(at_two_seconds).max() < 0.1 * np.abs(usual.joints).max()


def test_uneven_time_stamps(lifter: Lifter) -> None:
    keypoints = walker(100)
    keypoints.times = np.cumsum(np.random.default_rng(0).choice([0.016, 0.033, 0.3], 100))
    check(lifter.lift(keypoints, CAMERA), 100)


def test_windows_hold_every_frame_at_the_trained_distance() -> None:
    times = np.arange(301) / 30
    windows = plan_windows(times, 27, 0.1)
    assert {len(w) for w in windows} == {27}
    assert {int(step) for w in windows for step in np.diff(w)} == {3}
    count = np.bincount(np.concatenate(windows), minlength=301)
    assert count.min() == 1 and count[45:-45].min() >= 2
    assert [list(w) for w in plan_windows(times[:4], 27, 0.1)] == [[0, 1, 2, 3]]


def test_mean_of_windows_and_its_variance() -> None:
    mean = WindowMean(3, 1)
    mean.add(np.array([0, 1]), torch.zeros(2, 1, 3), torch.full((2, 1), 0.5))
    mean.add(np.array([1, 2]), torch.ones(2, 1, 3), torch.zeros(2, 1))
    poses, variance = mean.result()
    np.testing.assert_allclose(poses[:, 0, 0], [0, 0.5, 1])
    np.testing.assert_allclose(variance[:, 0], [0.5, 0.75 + 0.25, 0])


def test_mirrored_footage_gives_the_mirrored_pose(lifter: Lifter) -> None:
    keypoints = walker(60)
    order = mirror_order(BLAZEPOSE_KEYPOINTS)
    points = keypoints.points[:, order] * [-1, 1] + [2 * CAMERA.principal_point[0], 0]
    mirrored = Keypoints(
        points.astype(np.float32), keypoints.confidence[:, order], keypoints.names, keypoints.times, (640, 360)
    )
    plain, flipped = lifter.lift(keypoints, CAMERA), lifter.lift(mirrored, CAMERA)
    expected = plain.joints[:, mirror_order(plain.names)] * [-1, 1, 1]
    np.testing.assert_allclose(flipped.joints, expected, atol=2e-4)


def test_place_in_the_picture_does_not_matter(lifter: Lifter) -> None:
    """A camera panned by 20 degrees sees the same person turned by 20 degrees."""
    turn = np.radians(20.0)
    wide = Camera(900.0, (640.0, 360.0), (1280, 720))  # holds the person in both views
    straight = lifter.lift(walker(40, camera=wide), wide).joints
    panned = lifter.lift(walker(40, camera=wide, turn=turn), wide).joints
    cos, sin = np.cos(turn), np.sin(turn)
    expected = straight @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]).T
    np.testing.assert_allclose(panned, expected, atol=0.03 * np.abs(straight).max())


def test_unseen_joints_are_uncertain(lifter: Lifter) -> None:
    keypoints = walker(60)
    wrist = keypoints.index("left_wrist")
    keypoints.points[20:40, wrist] = np.nan
    keypoints.confidence[20:40, wrist] = 0
    pose = lifter.lift(keypoints, CAMERA)
    check(pose, 60)
    assert pose.uncertainty is not None
    doubt = pose.uncertainty[:, pose.names.index("left_wrist")]
    assert doubt[20:40].min() > doubt[:20].max()
    keypoints.confidence[:] = 0
    with pytest.raises(PosewrightError, match="No joint"):
        lifter.lift(keypoints, CAMERA)


def test_progress_is_reported_and_stops_the_work(lifter: Lifter) -> None:
    seen = []
    lifter.lift(walker(600), CAMERA, lambda stage, done, note="": seen.append((stage, done)))
    assert seen[0] == ("lift", 0.0) and seen[-1] == ("lift", 1.0) and len(seen) > 2

    def stop(stage: str, done: float, note: str = "") -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lifter.lift(walker(600), CAMERA, stop)


@pytest.mark.parametrize("form", ["h36m", "mpi"])
def test_official_checkpoints_lift(form: str) -> None:
    lifter = load_lifter(DATA / f"tiny9_ckpt_{form}_style.pth.tr", device="cpu")
    assert lifter.frames == 9
    assert "research only" in lifter.provenance["licence"]
    check(lifter.lift(walker(40), CAMERA), 40)
    assert set(lifter.joints) <= set(LIFTER_JOINTS)


def test_image_units_of_human36m_are_unprojected() -> None:
    """Exact answers of such a network, made from a known body, give back its shape."""
    body = np.random.default_rng(5).normal(0, 0.4, (6, 17, 3))
    body -= body[:, :1]
    distance, box = np.array([2.0, 3.0, 4.0, 4.5, 6.0, 8.0]), np.array([0.5, 0.4, 0.3, 0.2, 0.15, 0.1])
    half_picture = (box / OFFICIAL_FILL)[:, None]
    depth = body[..., 2] + distance[:, None]
    flat = body[..., :2] / depth[..., None] / half_picture[..., None]
    deep = body[..., 2] / distance[:, None] / half_picture
    inputs = np.concatenate([flat, np.ones((6, 17, 1))], -1)
    track = Track(torch.from_numpy(inputs), np.ones((6, 17)), np.tile(np.eye(3), (6, 1, 1)), box)
    outputs = np.concatenate([flat - flat[:, :1], deep[..., None]], -1)
    poses = OfficialConvention(H36M_JOINTS, metric=False).poses(track, outputs)
    for pose, truth in zip(poses, body, strict=True):
        scale = np.linalg.norm(pose) / np.linalg.norm(truth)
        np.testing.assert_allclose(pose, scale * truth, atol=1e-5)


def test_human36m_joints_from_the_detector() -> None:
    keypoints = walker(2)
    keypoints.confidence[1, keypoints.index("left_hip")] = 0
    points, confidence = h36m_points(keypoints)
    assert (confidence[0] > 0).all()
    assert (confidence[1] > 0).sum() == 17 - 5  # pelvis, both hips, spine and thorax are placed by it
    np.testing.assert_allclose(points[0, 2], keypoints.points[0, keypoints.index("right_knee")])


def test_loading_by_name_and_file(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path))
    lifter = load_lifter(str(weights), device="cpu")
    assert lifter.name == "small"
    assert len(lifter.provenance["sha256"]) == 64
    assert lifter.provenance["acknowledgement"] == "thanks"
    with pytest.raises(UsageError, match="nobody"):
        load_lifter("nobody")
    with pytest.raises(UsageError, match="detector"):
        load_lifter("blazepose")
    with pytest.raises(PosewrightError, match="no weights file"):
        load_lifter("lost.safetensors")
    shutil.copy(weights, tmp_path / "no ending")
    assert load_lifter(tmp_path / "no ending").name == "no ending"


def own_lifter(config: dict[str, Any], train: Callable[[PriorLifter], None]) -> Lifter:
    """A lifter of a network that ``train`` has prepared."""
    torch.manual_seed(2)
    model = PriorLifter(**config)
    train(model)
    channels = CHANNELS[: config["tcpformer"]["dim_in"]]
    checkpoint = Checkpoint(
        model.state_dict(), "prior_tcpformer", config, "virtual_view", LIFTER_JOINTS, channels, 27, 0.1, "none"
    )
    return Lifter(checkpoint, {"name": "own"}, torch.device("cpu"))


def test_the_expected_error_of_the_network_becomes_the_uncertainty() -> None:
    wrist = LIFTER_JOINTS.index("left_wrist")

    def one_bad_wrist(model: PriorLifter) -> None:
        assert model.prior.spread is not None
        torch.nn.init.constant_(model.prior.spread.bias, np.log(0.1))
        with torch.no_grad():
            model.prior.spread.bias[wrist] = np.log(0.4)

    pose = own_lifter({**CONFIG, "uncertainty": True}, one_bad_wrist).lift(walker(40), CAMERA)
    check(pose, 40)
    assert pose.uncertainty is not None
    expected = np.full(19, 0.1)
    # an untrained network is its own mirror image, so that passes agree; the mirrored one doubts the other wrist
    expected[[wrist, LIFTER_JOINTS.index("right_wrist")]] = 0.25
    np.testing.assert_allclose(pose.uncertainty, np.tile(expected, (40, 1)), rtol=1e-4)


def test_expected_errors_are_calibrated() -> None:
    """Trained on bodies whose depth is more or less of a riddle, the prior expects errors as large as they are."""
    torch.manual_seed(0)
    prior = PosePrior(19, 4, 64, 1, uncertainty=True)
    optimizer = torch.optim.Adam(prior.parameters(), 3e-3)
    shape = torch.randn(19, 3) * torch.tensor([0.3, 0.5, 0.3])

    def batch(size: int) -> tuple[torch.Tensor, torch.Tensor]:
        confidence = torch.rand(size, 1).expand(size, 19)
        body = shape + (0.05 + 0.5 * (1 - confidence[..., None])) * torch.randn(size, 19, 3)
        body = body - body[:, :1]
        channels = (body[..., :2] / 1.4, confidence[..., None], torch.full((size, 19, 1), -1.5))
        return torch.cat(channels, dim=-1), body

    for _ in range(300):
        inputs, truth = batch(64)
        poses, spread = predict_with_spread(prior, inputs)
        assert spread is not None
        loss = (poses - truth).norm(dim=-1).mean() + 0.1 * uncertainty_loss(poses, truth, spread)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        inputs, truth = batch(2000)
        poses, spread = predict_with_spread(prior, inputs)
    assert spread is not None
    order = spread[:, 1:].flatten().argsort()
    errors = (poses - truth).norm(dim=-1)[:, 1:].flatten()[order].chunk(5)
    expected = spread[:, 1:].exp().flatten()[order].chunk(5)
    means = [float(part.mean()) for part in errors]
    assert means == sorted(means) and means[-1] > 2 * means[0], means
    for mean, foretold in zip(means, expected, strict=True):
        assert float(foretold.mean()) == pytest.approx(mean, rel=0.25)


def test_true_times_reach_a_network_that_uses_them() -> None:
    config = {**CONFIG, "tcpformer": {**CONFIG["tcpformer"], "time_position": True, "time_gate": 1.0}}

    def all_parts_work(model: PriorLifter) -> None:
        torch.nn.init.normal_(model.tcpformer.head.weight, std=0.05)

    lifter = own_lifter(config, all_parts_work)
    steady, late = walker(9, 10.0), walker(9, 10.0)
    # the windows and the input are the same; a frame in the middle comes a little later
    inputs = OwnConvention().track(steady, CAMERA)
    late.times = steady.times + np.where(np.arange(9) == 4, 0.04, 0)
    first, _, _ = lifter._lift_track(inputs, steady.times, silent)
    second, _, _ = lifter._lift_track(inputs, late.times, silent)
    hours, _, _ = lifter._lift_track(inputs, steady.times + 36000, silent)
    assert np.abs(first - second).max() > 1e-4
    np.testing.assert_allclose(hours, first, atol=1e-5)


def test_thinned_lifting_is_near_the_full_one(lifter: Lifter) -> None:
    keypoints = walker(241, 60.0)
    full, thin = lifter.lift(keypoints, CAMERA), lifter.lift(keypoints, CAMERA, thin=True)
    check(thin, 241)
    assert np.linalg.norm(full.joints - thin.joints, axis=-1).mean() < 0.02 * np.abs(full.joints).max()
    assert full.uncertainty is not None and thin.uncertainty is not None
    np.testing.assert_allclose(thin.uncertainty, full.uncertainty, atol=0.02)


def test_half_precision_is_near_single_precision(lifter: Lifter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cuda runs, here on the CPU."""
    full = lifter.lift(walker(60), CAMERA)
    monkeypatch.setattr("posewright.core.lifting.lifter.precision", lambda _: torch.autocast("cpu", torch.bfloat16))
    half = lifter.lift(walker(60), CAMERA)
    check(half, 60)
    apart = np.linalg.norm(half.joints - full.joints, axis=-1)
    assert 0 < apart.mean() < HALF_PRECISION_ERROR


def test_precision_by_device() -> None:
    with precision(torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def procrustes_mm(poses: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance (millimetres) of poses (F,J,3) to the truth in metres, each frame fitted by a similarity."""
    errors = []
    for pose, goal in zip(poses - poses.mean(1, keepdims=True), truth - truth.mean(1, keepdims=True), strict=True):
        u, s, vt = np.linalg.svd(pose.T @ goal)
        s[2] *= (sign := np.sign(np.linalg.det(u @ vt)))
        u[:, 2] *= sign
        errors.append(np.linalg.norm(s.sum() / (pose**2).sum() * pose @ u @ vt - goal, axis=-1).mean())
    return 1000 * float(np.mean(errors))


def test_shipped_lifter_on_exact_keypoints(shared: Path) -> None:
    """The four rendered clips, their true 2D joints as keypoints: better than MediaPipe's 3D (74 mm)."""
    lifter = load_lifter("default", device="cpu")
    limbs = [f"{side}_{part}" for side in ("left", "right") for part in LIMB_JOINTS]
    errors = []
    for file in sorted((shared / "clips/synthetic/truth").glob("*_full.npz")):
        with np.load(file) as truth:
            names = tuple(str(name).replace("toe_base", "foot_index") for name in truth["joint_names"])
            width, height = (int(v) for v in truth["image_size"])
            camera = Camera(truth["K"][0, 0], (truth["K"][0, 2], truth["K"][1, 2]), (width, height))
            points = truth["joints2d"].astype(np.float32)
            times = np.arange(len(points)) / float(truth["fps"])
            goal = truth["joints_cam"][:, [names.index(name) for name in limbs]]
        keypoints = Keypoints(points, np.full(points.shape[:2], 0.9, np.float32), names, times, (width, height))
        pose = lifter.lift(keypoints, camera)
        errors.append(procrustes_mm(pose.joints[:, [pose.names.index(name) for name in limbs]], goal))
    assert len(errors) == 4
    assert np.mean(errors) < 39, errors
