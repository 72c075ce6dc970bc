"""The world stage: filters, camera, and the whole on the exact poses and keypoints of rendered clips."""

from pathlib import Path

import numpy as np
import pytest
from posewright.core.camera.pinhole import guess_camera, project
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, H36M_JOINTS, JOINTS
from posewright.core.take import Take
from posewright.core.values import CameraPose, Keypoints
from posewright.core.world.body import bone_lengths, stature, with_lengths
from posewright.core.world.smoothing import fill_gaps, gap_seconds, gaussian, hampel
from posewright.core.world.solve import solve_world
from posewright.errors import PosewrightError, UsageError

CLIPS = ("s1_walk_side", "s2_dance_arms", "s3_jump_angle", "s4_reach_bend")
POSE = (*H36M_JOINTS, "left_foot_index", "right_foot_index")


def truth_of(shared: Path, clip: str) -> dict[str, np.ndarray]:
    with np.load(shared / "clips" / "synthetic" / "truth" / f"{clip}_full.npz") as stored:
        return {name: stored[name] for name in stored.files}


def exact_inputs(truth: dict[str, np.ndarray]) -> tuple[CameraPose, Keypoints]:
    """Return the truth as a perfect detector and a perfect lifter would give it, in a unit of its own."""
    names = [str(name) for name in truth["joint_names"]]
    places = {name: truth["joints_cam"][:, i].astype(float) for i, name in enumerate(names)}
    pixels = {name: truth["joints2d"][:, i] for i, name in enumerate(names)}
    for side in ("left", "right"):
        places[f"{side}_foot_index"] = places[f"{side}_toe_base"]
        pixels[f"{side}_foot_index"] = pixels[f"{side}_toe_base"]
    hips = (places["left_hip"] + places["right_hip"]) / 2
    neck, top = places["neck"], places["head_top"]
    places |= {"pelvis": hips, "spine": places["spine_mid"], "thorax": neck, "head": neck + (top - neck) / 1.2}
    pose = np.stack([places[name] - hips for name in POSE], axis=1)
    points = np.full((len(hips), 33, 2), np.nan, np.float32)
    for column, name in enumerate(BLAZEPOSE_KEYPOINTS):
        if name in pixels:
            points[:, column] = pixels[name]
    confidence = np.isfinite(points).all(-1).astype(np.float32)
    size = (int(truth["image_size"][0]), int(truth["image_size"][1]))
    times = np.arange(len(hips)) / 30.0
    return CameraPose((0.6 * pose).astype(np.float32), POSE), Keypoints(
        points, confidence, BLAZEPOSE_KEYPOINTS, times, size
    )


def solve(truth: dict[str, np.ndarray], **options: float) -> Take:
    pose, keypoints = exact_inputs(truth)
    settings = TrackSettings(height=float(truth["stature"]), focal_px=float(truth["K"][0, 0]), **options)  # type: ignore[arg-type]
    return solve_world(pose, keypoints, guess_camera(settings, keypoints.image_size), settings)


def truth_path(truth: dict[str, np.ndarray], name: str) -> np.ndarray:
    return truth["joints3d"][:, [str(n) for n in truth["joint_names"]].index(name)].astype(float)


def turned_onto(path: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Turn a path about Z and move it in the plane so that it fits best; heights stay."""
    a, b = path[:, :2] - path[:, :2].mean(0), wanted[:, :2] - wanted[:, :2].mean(0)
    angle = np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.concatenate([a @ turn.T + wanted[:, :2].mean(0), path[:, 2:]], axis=1)


@pytest.mark.parametrize("clip", CLIPS)
def test_exact_input_gives_the_true_motion(shared: Path, clip: str) -> None:
    truth = truth_of(shared, clip)
    take = solve(truth)
    hips = (truth_path(truth, "left_hip") + truth_path(truth, "right_hip")) / 2
    error = np.linalg.norm(turned_onto(take.joint("pelvis").astype(float), hips) - hips, axis=-1)
    assert error.mean() < 0.06  # metres; measured 0.01 to 0.04, of which the up axis is most
    thigh = np.linalg.norm(take.joint("left_knee") - take.joint("left_hip"), axis=-1)
    true_thigh = np.linalg.norm(truth_path(truth, "left_knee") - truth_path(truth, "left_hip"), axis=-1)
    assert thigh.mean() == pytest.approx(true_thigh.mean(), rel=0.04)
    assert thigh.std() < 1e-4


@pytest.mark.parametrize("clip", CLIPS)
def test_feet_are_on_the_floor_and_do_not_slide(shared: Path, clip: str) -> None:
    take = solve(truth_of(shared, clip))
    assert take.contacts is not None
    feet = ("left_heel", "left_foot_index", "right_heel", "right_foot_index")
    paths = np.stack([take.joint(name) for name in feet], axis=1)
    stands = take.contacts > 0.5
    assert stands.any(1).mean() > 0.5
    assert abs(np.median(paths[stands][:, 2]) - 0.04) < 0.03
    steps = np.linalg.norm(np.diff(paths, axis=0), axis=-1)[stands[1:] & stands[:-1]]
    assert steps.mean() < 0.005  # metres a frame; the truth itself slides 0.001 to 0.003


def test_jump_leaves_the_floor(shared: Path) -> None:
    truth = truth_of(shared, "s3_jump_angle")
    take = solve(truth)
    low = np.min([take.joint(f"{side}_foot_index")[:, 2] for side in ("left", "right")], axis=0)
    airborne = truth["sole_min_z"] > 0.08
    assert airborne.any()
    assert low[airborne].mean() > 0.08
    assert take.contacts is not None
    assert take.contacts[airborne].max() < 0.6


def test_world_is_the_camera_turned(shared: Path) -> None:
    """The take, seen by its own camera, lies on the keypoints."""
    truth = truth_of(shared, "s2_dance_arms")
    take = solve(truth)
    assert take.world_from_camera is not None
    assert take.keypoints is not None
    to_camera = np.linalg.inv(take.world_from_camera)
    settings = TrackSettings(focal_px=take.focal_px)
    camera = guess_camera(settings, take.image_size or (0, 0))
    for name in ("left_wrist", "right_ankle", "left_shoulder"):
        seen = project(take.joint(name) @ to_camera[:3, :3].T + to_camera[:3, 3], camera)
        error = np.linalg.norm(seen - take.keypoints[:, take.keypoint_names.index(name)], axis=-1)
        assert error.mean() < 8.0, name  # pixels of 360


def test_other_frame_rate(shared: Path) -> None:
    truth = truth_of(shared, "s1_walk_side")
    take = solve(truth, fps=24.0)
    assert take.fps == 24.0
    assert take.frames == pytest.approx(len(truth["joints3d"]) * 24 / 30, abs=1)


def test_gaps_and_outliers_are_bridged(shared: Path) -> None:
    truth = truth_of(shared, "s1_walk_side")
    pose, keypoints = exact_inputs(truth)
    pose.joints[40:46] = np.nan
    keypoints.points[40:46] = np.nan
    keypoints.confidence[40:46] = 0.0
    pose.joints[70, 3] += 2.0
    settings = TrackSettings(height=float(truth["stature"]), focal_px=float(truth["K"][0, 0]))
    take = solve_world(pose, keypoints, guess_camera(settings, keypoints.image_size), settings)
    assert np.isfinite(take.joints).all()
    assert np.abs(take.joints - solve(truth).joints).max() < 0.25
    assert take.confidence is not None
    assert take.confidence[42].max() == 0.0


def test_repeated_time_stamps_do_no_harm(shared: Path) -> None:
    truth = truth_of(shared, "s1_walk_side")
    pose, keypoints = exact_inputs(truth)
    keypoints.times[[30, 31, 80]] = keypoints.times[[29, 29, 79]]
    settings = TrackSettings(height=float(truth["stature"]), focal_px=float(truth["K"][0, 0]))
    take = solve_world(pose, keypoints, guess_camera(settings, keypoints.image_size), settings)
    assert np.isfinite(take.joints).all()
    assert np.median(np.abs(take.joints - solve(truth).joints[: take.frames])) < 0.01


def test_nobody_and_single_frames_get_a_sentence(shared: Path) -> None:
    pose, keypoints = exact_inputs(truth_of(shared, "s1_walk_side"))
    settings = TrackSettings()
    camera = guess_camera(settings, keypoints.image_size)
    nobody = CameraPose(np.full_like(pose.joints, np.nan), pose.names)
    with pytest.raises(PosewrightError, match="Too little"):
        solve_world(nobody, keypoints, camera, settings)
    one = Keypoints(keypoints.points[:1], keypoints.confidence[:1], keypoints.names, keypoints.times[:1], (854, 480))
    with pytest.raises(PosewrightError, match="single frame"):
        solve_world(CameraPose(pose.joints[:1], pose.names), one, camera, settings)


def test_poses_that_do_not_fit_the_picture_get_a_sentence(shared: Path) -> None:
    pose, keypoints = exact_inputs(truth_of(shared, "s1_walk_side"))
    upside_down = CameraPose(pose.joints * np.array([-1, -1, 1], np.float32), pose.names)
    with pytest.raises(PosewrightError, match="where the person stands"):
        solve_world(upside_down, keypoints, guess_camera(TrackSettings(), keypoints.image_size), TrackSettings())


def test_a_face_alone_gets_a_sentence(shared: Path) -> None:
    pose, keypoints = exact_inputs(truth_of(shared, "s1_walk_side"))
    keypoints.confidence[:, [index for index, name in enumerate(keypoints.names) if name != "nose"]] = 0
    with pytest.raises(PosewrightError, match="where the person stands"):
        solve_world(pose, keypoints, guess_camera(TrackSettings(), keypoints.image_size), TrackSettings())


def test_bones_get_their_lengths_and_rigid_parts() -> None:
    joints = np.random.default_rng(4).normal(size=(30, len(JOINTS), 3))
    lengths = bone_lengths(joints)
    body = with_lengths(joints, lengths)
    again = bone_lengths(body)
    for name in ("left_knee", "right_wrist", "thorax", "nose"):
        assert again[JOINTS.index(name)] == pytest.approx(lengths[JOINTS.index(name)])
    assert stature(2 * lengths) == pytest.approx(2 * stature(lengths))
    for first, second in (("left_heel", "left_foot_index"), ("nose", "head")):
        between = np.linalg.norm(body[:, JOINTS.index(first)] - body[:, JOINTS.index(second)], axis=-1)
        assert between.std() < 1e-9


def test_camera_of_settings() -> None:
    assert guess_camera(TrackSettings(fov=90.0), (1000, 500)).focal_px == pytest.approx(500.0)
    assert guess_camera(TrackSettings(focal_px=700.0), (1000, 500)).focal_px == 700.0
    assert guess_camera(TrackSettings(), (500, 1000)).focal_px == pytest.approx(900.0)
    with pytest.raises(UsageError):
        guess_camera(TrackSettings(fov=200.0), (1000, 500))


def test_filter_keeps_straight_lines_at_uneven_times() -> None:
    times = np.cumsum(np.random.default_rng(6).uniform(0.01, 0.05, 80))
    line = np.stack([3 * times + 1, -times], axis=-1)
    np.testing.assert_allclose(gaussian(line, times, 0.1), line, atol=1e-9)


def test_filter_has_no_delay_and_calms() -> None:
    times = np.arange(300) / 30.0
    rng = np.random.default_rng(7)
    clean = np.sin(2 * np.pi * 0.5 * times)[:, None]
    noisy = clean + 0.05 * rng.normal(size=clean.shape)
    filtered = gaussian(noisy, times, 0.05)
    delays = [np.corrcoef(filtered[20:-20, 0], np.roll(clean, shift)[20:-20, 0])[0, 1] for shift in (-1, 0, 1)]
    assert int(np.argmax(delays)) == 1
    assert np.diff(filtered, 2, axis=0).std() < 0.15 * np.diff(noisy, 2, axis=0).std()


def test_outliers_and_gaps() -> None:
    times = np.arange(50) / 30.0
    path = np.stack([times, times**2, 0 * times], axis=-1)[:, None]
    broken = path.copy()
    broken[20] += 3.0
    broken[30:33] = np.nan
    found = hampel(broken, floor=0.05)
    assert np.isnan(found[20]).all()
    filled, missing = fill_gaps(found, times)
    assert missing[:, 0].sum() == 4
    assert np.abs(filled - path).max() < 0.01
    assert gap_seconds(missing, times)[31, 0] == pytest.approx(4 / 30, abs=1e-6)
