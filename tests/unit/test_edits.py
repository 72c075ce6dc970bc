"""Edits replayed on a take: what each changes and what it leaves alone; smoothing anew gives what the capture gave."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from posewright.core.camera.pinhole import guess_camera
from posewright.core.edits.chains import Chains
from posewright.core.edits.edit import Edit
from posewright.core.edits.replay import contact_edits, edited, lowest_point, tallness
from posewright.core.edits.smoothing import Smoothing, smoothed, smoothing_of
from posewright.core.settings import FILTERS, TrackSettings
from posewright.core.skeleton import (
    BLAZEPOSE_KEYPOINTS,
    CONTACT_POINTS,
    H36M_JOINTS,
    PARENTS,
    mirror_name,
    mirror_order,
)
from posewright.core.take import Take
from posewright.core.values import CameraPose, Keypoints
from posewright.core.world.solve import solve_world
from posewright.errors import PosewrightError, UsageError
from synthetic_rigs import walking_take

FPS = 30.0


def captured(frames: int = 90) -> Take:
    """Return a walk as a capture would give it: trembling before the filter, with contacts, keypoints and a camera."""
    rng = np.random.default_rng(4)
    take = walking_take(frames, FPS)
    joints = np.concatenate([take.joints, take.joints[:, [take.joint_names.index("left_wrist")]] + [0.05, 0, 0]], 1)
    joints[:, -1] += 0.02 * np.sin(np.arange(frames) / 9)[:, None]
    names = (*take.joint_names, "left_index_1")
    fitted = (joints + 0.004 * rng.normal(size=joints.shape)).astype(np.float32)
    contacts = np.zeros((frames, 4), np.float32)
    contacts[10:40, :2], contacts[50:80, 2:] = 0.9, 0.8
    keypoints = ("nose", "left_hip", "right_hip", "left_wrist", "right_wrist")
    take = Take(
        joints=fitted,
        joint_names=names,
        fps=FPS,
        times=2.0 + np.arange(frames) / FPS,
        confidence=rng.random((frames, len(names))).astype(np.float32),
        contacts=contacts,
        joints_raw=fitted + np.float32(0.01),
        joints_fitted=fitted,
        keypoints=rng.random((frames, 5, 2)).astype(np.float32),
        keypoint_names=keypoints,
        keypoint_confidence=rng.random((frames, 5)).astype(np.float32),
        keypoint_depth=rng.random((frames, 5)).astype(np.float32),
        focal_px=500.0,
        image_size=(640, 360),
        world_from_camera=np.diag([1.0, 1.0, 1.0, 1.0]),
        provenance={"settings": {"smooth": 0.5, "filter": "adaptive", "height": 1.8}},
    )
    return smoothed(take, smoothing_of(take))


def at(frame: int) -> float:
    return frame / FPS


def same(a: Take, b: Take, *names: str) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def bone_lengths(take: Take) -> np.ndarray:
    pairs = [(joint, parent) for joint, parent in PARENTS.items() if parent is not None]
    return np.stack([np.linalg.norm(take.joint(a) - take.joint(b), axis=-1) for a, b in pairs], axis=1)


def test_without_edits_it_is_the_take_itself() -> None:
    take = captured()
    assert edited(take) is take
    assert edited(take, (), 0.5, "adaptive") is take
    assert edited(take, (), 0.50001, None) is take


def test_the_captured_take_is_never_touched() -> None:
    take, before = captured(), captured()
    edits = [Edit("swap", 0, 1), Edit("freeze", 1, 2, 0.2), Edit("floor", value=0.1), Edit("turn", value=90.0)]
    edited(take, [*edits, Edit("origin"), Edit("contact", 0, 3, 1.0)], 1.0, "gaussian")
    for name in ("joints", "joints_fitted", "joints_raw", "confidence", "contacts", "keypoints", "world_from_camera"):
        assert same(take, before, name), name
    assert take.provenance == before.provenance


def test_swap_exchanges_everything_in_its_times() -> None:
    take = captured()
    result = edited(take, [Edit("swap", at(20), at(39))])
    inside, outside = slice(20, 40), np.r_[0:20, 40:90]
    for name in ("joints_fitted", "joints_raw", "confidence"):
        before, after = getattr(take, name), getattr(result, name)
        for column, joint in enumerate(take.joint_names):
            other = mirror_name(joint) if mirror_name(joint) in take.joint_names else joint
            assert np.array_equal(after[inside, column], before[inside, take.joint_names.index(other)]), (name, joint)
        assert np.array_equal(after[outside], before[outside])
    order = mirror_order(take.keypoint_names)
    for name in ("keypoints", "keypoint_confidence", "keypoint_depth"):
        assert np.array_equal(getattr(result, name)[inside], getattr(take, name)[inside][:, order]), name
        assert np.array_equal(getattr(result, name)[outside], getattr(take, name)[outside]), name
    assert result.contacts is not None and take.contacts is not None
    assert np.array_equal(result.contacts[inside], take.contacts[inside][:, [2, 3, 0, 1]])
    assert result.provenance["edits"] == [
        {"kind": "swap", "first": at(20), "last": at(39), "value": 0.0, "part": ""},
    ]


def test_swap_of_a_confused_stretch_restores_the_capture() -> None:
    """A capture that confused the sides for a while and was smoothed over the borders becomes what it should be."""
    take = captured()
    swap = Edit("swap", at(20), at(39))
    confused = edited(take, [swap])
    confused = replace(confused, provenance=take.provenance)
    assert np.abs(confused.joints - take.joints).max() > 0.1
    assert np.abs(edited(confused, [swap]).joints - take.joints).max() < 1e-5


@pytest.mark.parametrize(("part", "moving"), [("arms", "left_elbow"), ("legs", "left_knee")])
def test_swap_of_arms_or_legs_alone(part: str, moving: str) -> None:
    take = captured()
    result = edited(take, [Edit("swap", 0.0, at(89), part=part)])
    assert result.joints_fitted is not None and take.joints_fitted is not None
    for column, joint in enumerate(take.joint_names):
        stays = np.array_equal(result.joints_fitted[:, column], take.joints_fitted[:, column])
        arm = joint.split("_")[-1] in ("shoulder", "elbow", "wrist")
        leg = any(word in joint for word in ("_hip", "knee", "ankle", "heel", "foot"))
        assert stays != (arm if part == "arms" else leg), joint
    assert moving in take.joint_names
    assert same(take, result, "contacts") == (part == "arms")


@pytest.mark.parametrize("name", list(FILTERS))
def test_smoothing_keeps_the_lengths_of_bones(name: str) -> None:
    take = captured()
    even = walking_take(90, FPS)
    take = replace(take, joints_fitted=None, joints=even.joints, joint_names=even.joint_names)
    take = replace(take, confidence=None, joints_raw=None)
    calm = edited(take, (), 1.0, name)
    assert np.abs(calm.joints - take.joints).max() > 0.005
    # only the collar and hip bones of this walk change their lengths
    steady = np.ptp(bone_lengths(take), axis=0) < 1e-4
    assert steady.sum() > 10
    np.testing.assert_allclose(bone_lengths(calm)[:, steady], bone_lengths(take)[:, steady], atol=1e-4)
    assert calm.provenance["smoothing"] == {"strength": 1.0, "filter": name}


def test_smoothing_again_starts_from_what_was_captured() -> None:
    take = captured()
    strong = edited(take, (), 1.0, "gaussian")
    assert smoothing_of(strong) == Smoothing(1.0, "gaussian")
    back = edited(strong, (), 0.5, "adaptive")  # as after export and import
    np.testing.assert_allclose(back.joints, take.joints, atol=1e-6)
    assert take.joints_fitted is not None
    raw = edited(take, (), 0.0)
    np.testing.assert_allclose(raw.joints, take.joints_fitted, atol=1e-5)
    with pytest.raises(UsageError, match="no filter"):
        edited(take, (), 0.5, "magic")


def test_takes_of_others_are_smoothed_from_what_they_are() -> None:
    joints = walking_take(60, FPS).joints + np.float32(0.005) * np.random.default_rng(1).normal(size=(60, 22, 3))
    take = Take(joints.astype(np.float32), walking_take(60, FPS).joint_names, FPS)
    assert smoothing_of(take).strength == 0.0
    calm = edited(take, (), 0.7)
    jerk = [np.abs(np.diff(motion.joints, 2, axis=0)).mean() for motion in (take, calm)]
    assert jerk[1] < 0.4 * jerk[0]
    unknown = Take(take.joints[:, :3], ("a", "b", "c"), FPS)
    assert np.isfinite(edited(unknown, (), 0.7).joints).all()


def test_gaps_of_others_stay_gaps() -> None:
    take = walking_take(60, FPS)
    take.joints[20:25, 3] = np.nan
    take.joints[:, 5] = np.nan
    calm = edited(take, (), 0.7)
    assert np.array_equal(np.isnan(calm.joints), np.isnan(take.joints))


def test_the_captured_smoothing_gives_the_captured_motion(shared: Path) -> None:
    """What the slider gives at the captured place is what the capture gave, but for how feet were planted."""
    with np.load(shared / "clips" / "synthetic" / "truth" / "s1_walk_side_full.npz") as truth:
        names = [str(name) for name in truth["joint_names"]]
        places = {name: truth["joints_cam"][:, number].astype(float) for number, name in enumerate(names)}
        pixels = {name: truth["joints2d"][:, number] for number, name in enumerate(names)}
        size = (int(truth["image_size"][0]), int(truth["image_size"][1]))
        settings = TrackSettings(height=float(truth["stature"]), focal_px=float(truth["K"][0, 0]))
    hips = (places["left_hip"] + places["right_hip"]) / 2
    places |= {"pelvis": hips, "spine": places["spine_mid"], "thorax": places["neck"]}
    places["head"] = places["neck"] + (places["head_top"] - places["neck"]) / 1.2
    rng = np.random.default_rng(2)
    pose = np.stack([places[name] - hips for name in H36M_JOINTS], axis=1)
    pose[:, 1:] += 0.01 * rng.normal(size=pose[:, 1:].shape)
    points = np.full((len(hips), 33, 2), np.nan, np.float32)
    for column, name in enumerate(BLAZEPOSE_KEYPOINTS):
        if name in pixels:
            points[:, column] = pixels[name] + rng.normal(size=(len(hips), 2))
    sure = np.isfinite(points).all(-1).astype(np.float32)
    keypoints = Keypoints(points, sure, BLAZEPOSE_KEYPOINTS, np.arange(len(hips)) / FPS, size)
    take = solve_world(CameraPose(pose, H36M_JOINTS), keypoints, guess_camera(settings, size), settings)
    assert take.joints_fitted is not None and take.joints_fitted.shape == take.joints.shape
    assert np.abs(take.joints_fitted - take.joints).max() > 0.02
    off = np.linalg.norm(smoothed(take, smoothing_of(take)).joints - take.joints, axis=-1)
    assert off.mean() < 0.002  # metres
    assert off.max() < 0.015


def test_freeze_holds_and_eases() -> None:
    take = captured()
    result = edited(take, [Edit("freeze", at(40), at(60), 0.2)])
    np.testing.assert_allclose(result.joints[40:61], np.tile(take.joints[40], (21, 1, 1)), atol=1e-6)
    far = np.r_[0:34, 67:90]
    assert np.array_equal(result.joints[far], take.joints[far])
    steps = np.linalg.norm(np.diff(result.joints, axis=0), axis=-1).max(1)
    usual = np.linalg.norm(np.diff(take.joints, axis=0), axis=-1).max()
    way = np.linalg.norm(take.joints[66] - take.joints[40], axis=-1).max()
    assert steps.max() < usual + 2.0 * way / 6  # six frames of easing, at most 1.5 times the mean speed
    assert result.contacts is not None and take.contacts is not None
    assert np.array_equal(result.contacts[40:61], np.tile(take.contacts[40], (21, 1)))
    assert not result.contacts[62:66].any()  # the feet slide to where they are next
    assert np.ptp(bone_lengths(result)[61:66], axis=0).max() < 0.03
    assert result.joints_fitted is None  # there is nothing to smooth it from any more
    assert np.array_equal(edited(take, [Edit("freeze", 50.0, 60.0)]).joints, take.joints)  # after its end


def test_freeze_to_the_end_and_without_easing() -> None:
    take = captured()
    result = edited(take, [Edit("freeze", at(70), at(89), 0.0)])
    assert np.array_equal(result.joints[:71], take.joints[:71])
    assert np.array_equal(result.joints[70:], np.tile(take.joints[70], (20, 1, 1)))


def test_whole_take_moves_with_its_camera() -> None:
    take = captured()
    up = edited(take, [Edit("floor", value=0.25)])
    for name in ("joints", "joints_fitted", "joints_raw"):
        np.testing.assert_allclose(
            getattr(up, name) - getattr(take, name), np.full_like(take.joints, [0, 0, 0.25]), atol=1e-6
        )
    assert up.world_from_camera is not None
    assert up.world_from_camera[:3, 3] == pytest.approx([0, 0, 0.25])

    left = edited(take, [Edit("turn", value=90.0)])
    start = take.joint("pelvis")[0]
    np.testing.assert_allclose(left.joint("pelvis")[0], start, atol=1e-5)
    way, turned = take.joint("pelvis")[-1] - start, left.joint("pelvis")[-1] - start
    np.testing.assert_allclose(turned, [-way[1], way[0], way[2]], atol=1e-5)

    home = edited(replace(take, joints=take.joints + np.array([3, 4, 0], np.float32)), [Edit("origin")])
    np.testing.assert_allclose(home.joint("pelvis")[0][:2], 0, atol=1e-5)
    for moved in (up, left, home):  # whatever the camera sees stays where it is in the picture
        assert moved.world_from_camera is not None and take.world_from_camera is not None
        source = take if moved is not home else replace(take, joints=take.joints + np.array([3, 4, 0], np.float32))
        for result in (moved, source):
            assert result.world_from_camera is not None
        here, there = (
            np.linalg.inv(t.world_from_camera)[:3, :3] @ t.joints[30].T + np.linalg.inv(t.world_from_camera)[:3, 3:]
            for t in (moved, source)
        )
        np.testing.assert_allclose(here, there, atol=1e-5)


def test_contacts_are_told_by_what_differs() -> None:
    take = captured()
    assert take.contacts is not None
    wanted = (take.contacts > 0.5).astype(np.float32)
    wanted[60:70, :2] = 1.0
    wanted[15:20, 1] = 0.0
    wanted[80:, 3] = 1.0
    edits = contact_edits(take.contacts, wanted, take)
    assert [(edit.part, edit.value) for edit in edits] == [("left_foot", 1.0), ("left_toe", 0.0), ("right_toe", 1.0)]
    result = edited(take, edits)
    assert result.contacts is not None
    assert np.array_equal(result.contacts > 0.5, wanted > 0.5)
    untouched = np.ones_like(wanted, bool)
    untouched[60:70, :2] = untouched[15:20, 1] = untouched[80:, 3] = False
    assert np.array_equal(result.contacts[untouched], take.contacts[untouched])
    bare = replace(take, contacts=None)
    found = edited(bare, contact_edits(None, wanted, bare)).contacts
    assert found is not None and np.array_equal(found > 0.5, wanted > 0.5)
    assert contact_edits(take.contacts, take.contacts, take) == []
    assert set(CONTACT_POINTS) >= {edit.part for edit in edits} - {"left_foot", "right_foot"}


def test_the_order_of_the_list_does_not_matter_between_kinds() -> None:
    take = captured()
    edits = [Edit("contact", 0.5, 1.0, 1.0, "feet"), Edit("freeze", 1.0, 1.5, 0.2), Edit("swap", 0.3, 0.9)]
    one, other = edited(take, edits, 0.8), edited(take, edits[::-1], 0.8)
    assert same(one, other, "joints", "contacts", "keypoints")


def test_edits_as_json() -> None:
    for edit in (
        Edit("swap", 1.0, 2.0, part="legs"),
        Edit("floor", value=-0.1),
        Edit("contact", 0.0, 1.0, 1.0, "feet"),
    ):
        assert Edit.from_json(edit.to_json()) == edit
    for wrong in ({}, [], {"kind": "melt"}, {"kind": "swap", "first": 2.0, "last": 1.0}, {"kind": 3}, "swap"):
        with pytest.raises(PosewrightError):
            Edit.from_json(wrong)
    for wrong in ({"kind": "floor", "value": float("nan")}, {"kind": "swap", "part": "head"}, {"kind": "swap", "x": 1}):
        with pytest.raises(PosewrightError):
            Edit.from_json(wrong)


def test_edits_of_an_exported_take_are_kept_in_its_history() -> None:
    take = captured()
    once = edited(take, [Edit("floor", value=0.1)])
    twice = edited(once, [Edit("turn", value=5.0)])
    assert [edit["kind"] for edit in twice.provenance["edits"]] == ["floor", "turn"]


def test_lowest_point_counts_from_the_sole() -> None:
    take = walking_take(60, FPS)
    tall = tallness(take)
    assert 1.4 < tall < 2.1
    low = lowest_point(take, at(30))
    feet = {name: take.joint(name)[30, 2] for name in take.joint_names if "heel" in name or "foot" in name}
    assert min(feet.values()) - 0.05 < low < min(feet.values())
    down = edited(take, [Edit("floor", value=-low)])
    assert lowest_point(down, at(30)) == pytest.approx(0.0, abs=1e-5)
    take.joints[30] = np.nan
    with pytest.raises(PosewrightError, match="no joint"):
        lowest_point(take, at(30))


def test_moments_between_frames_and_other_rates() -> None:
    take = captured()
    assert np.flatnonzero(Edit("swap", 0.49 / FPS, 0.49 / FPS).frames_of(take)).tolist() == [0]
    assert np.flatnonzero(Edit("swap", at(3), at(5)).frames_of(take)).tolist() == [3, 4, 5]
    assert not Edit("swap", 100.0, 101.0).frames_of(take).any()


def test_chains_of_any_names() -> None:
    names = ("left_index_2", "left_index_1", "left_wrist", "pelvis", "left_ear", "hat", "left_elbow", "left_big_toe")
    chains = Chains.of(names)
    assert chains.root == 3
    assert [names[parent] if parent >= 0 else "" for parent in chains.parents] == [
        *("left_index_1", "left_wrist", "left_elbow", "", "pelvis", "pelvis", "pelvis", "pelvis"),
    ]
    joints = np.random.default_rng(0).normal(size=(5, len(names), 3))
    np.testing.assert_allclose(chains.joined(*chains.split(joints)), joints, atol=1e-12)
    assert Chains.of(("a", "a", "b")).root == 0


def test_rigid_parts_stay_rigid() -> None:
    rng = np.random.default_rng(3)
    names = ("pelvis", "neck", "nose", "head", "left_ear", "right_ear")
    head = rng.normal(size=(4, 3))
    angles = np.linspace(0, 2, 50)
    turn = np.stack([np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) for a in angles])
    joints = np.zeros((50, 6, 3))
    joints[:, 1] = [0, 0, 1.5]
    joints[:, 2:] = joints[:, 1:2] + 0.1 * head @ turn.swapaxes(1, 2)
    noisy = joints.copy()
    noisy[:, 2:] += 0.01 * rng.normal(size=(50, 4, 3))
    stiff = Chains.of(names).stiffened(noisy, joints)
    sizes = np.linalg.norm(stiff[:, 2:, None] - stiff[:, None, 2:], axis=-1)
    assert np.ptp(sizes, axis=0).max() < 1e-9
    assert np.abs(stiff - joints).max() < 0.03
