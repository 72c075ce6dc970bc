"""Keys as Blender evaluates them: exact, in every rotation mode, and never more than were asked for."""

import bpy
import numpy as np
import pytest
from blender.armatures import basis_of, chain, curves_of, evaluated_basis, random_motion
from bpy.types import Object
from mathutils import Quaternion
from posewright.errors import PosewrightError
from posewright.rigging.blender.keyframes import curves_of as blender_curves
from posewright.rigging.blender.keyframes import key_frames, key_motion, write_motion
from posewright.rigging.keys.curves import evaluate
from posewright.rigging.keys.settings import KeySettings
from posewright.rigging.rig import BoneMotion

MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")
FRAMES = 40


@pytest.mark.parametrize("mode", MODES)
def test_the_pose_is_the_motion(mode: str) -> None:
    obj = chain()
    bones = tuple(obj.data.bones.keys())
    for bone in obj.pose.bones:
        bone.rotation_mode = mode
    motion = random_motion(bones, FRAMES)
    key_motion(obj, motion, name="dance", fps=30.0, start_frame=5)
    for frame in (0, 1, 17, FRAMES - 1):
        for bone in bones:
            found = evaluated_basis(obj, bone, 5 + frame)
            np.testing.assert_allclose(found, basis_of(motion, bone, frame), atol=2e-6)
    assert {bone.rotation_mode for bone in obj.pose.bones} == {mode}


@pytest.mark.parametrize("mode", MODES)
def test_between_frames_nothing_jumps(mode: str) -> None:
    """Half way between two keys the pose is near both: no sign flips, no turns through 360 degrees."""
    obj = chain(2)
    bones = tuple(obj.data.bones.keys())
    for bone in obj.pose.bones:
        bone.rotation_mode = mode
    motion = random_motion(bones, 200, fps=120.0, seed=3)
    motion.rotations[::2] *= -1  # the same rotations with the worst signs
    key_motion(obj, motion, name="dance", fps=120.0)
    for frame in range(198):
        half = evaluated_basis(obj, bones[1], 1 + frame + 0.5)
        near = basis_of(motion, bones[1], frame)
        turned = np.degrees(np.arccos(np.clip((np.trace(half[:3, :3].T @ near[:3, :3]) - 1) / 2, -1, 1)))
        assert turned < 4.0, f"{mode}: {turned:.1f} degrees at frame {frame}"


def tumbling(bones: tuple[str, ...], frames: int, fps: float) -> BoneMotion:
    """Return turns through several full circles that pass near the poles of every Euler order."""
    t = np.arange(frames) / fps
    turns = np.stack([(Quaternion((0, 0, 1), 2.5 * s) @ Quaternion((0, 1, 0), 4.1 * s)) for s in t])
    turns = np.stack([Quaternion(q.tolist()) @ Quaternion((1, 0, 0), 3.3 * s) for q, s in zip(turns, t, strict=True)])
    return BoneMotion(bones, np.repeat(turns[:, None], len(bones), 1), {}, t)


@pytest.mark.parametrize("mode", MODES)
def test_a_tumbling_bone_neither_flips_nor_jumps(mode: str) -> None:
    """On every key exact, between keys never further off than the motion turns from key to key near a pole."""
    obj = chain(1)
    obj.pose.bones[0].rotation_mode = mode
    motion = tumbling(("bone 0",), 480, 120.0)
    key_motion(obj, motion, name="tumble", fps=120.0)
    for curve in blender_curves(obj):
        values = np.array([point.co[1] for point in curve.keyframe_points])
        assert np.abs(np.diff(values)).max() < np.pi, f"{mode} {curve.data_path}[{curve.array_index}]"
    for frame in range(0, 480, 7):
        np.testing.assert_allclose(
            evaluated_basis(obj, "bone 0", 1 + frame), basis_of(motion, "bone 0", frame), atol=5e-5
        )


def turned_off(obj: Object, motion: BoneMotion, bone: str, frame: int) -> float:
    """Return the degrees between a bone as Blender has it and as the motion asks for."""
    found, wanted = evaluated_basis(obj, bone, 1 + frame), basis_of(motion, bone, frame)
    sine = np.linalg.norm(found[:3, :3] - wanted[:3, :3]) / np.sqrt(8.0)
    return float(np.degrees(2.0 * np.arcsin(min(1.0, sine))))


@pytest.mark.parametrize("interpolation", ("linear", "bezier", "constant"))
@pytest.mark.parametrize("mode", ("QUATERNION", "ZXY", "AXIS_ANGLE"))
def test_reduced_keys_keep_the_motion_within_the_stated_error(mode: str, interpolation: str) -> None:
    obj = chain(3)
    bones = tuple(obj.data.bones.keys())
    for bone in obj.pose.bones:
        bone.rotation_mode = mode
    motion = random_motion(bones, 150, fps=60.0, seed=5)
    settings = KeySettings(reduce_degrees=2.0, interpolation=interpolation)
    written = write_motion(obj, motion, settings, name="few", fps=60.0)
    assert written.keys_before == 450
    assert written.keys < (450 if interpolation == "constant" else 200)
    assert written.degrees_off <= 2.0
    worst = max(turned_off(obj, motion, bone, frame) for bone in bones for frame in range(150))
    assert worst <= 2.0
    assert worst == pytest.approx(written.degrees_off, abs=0.01)
    ends = {curve.group.name: set() for curve in blender_curves(obj)}
    for curve in blender_curves(obj):
        ends[curve.group.name].add(tuple(point.co[0] for point in curve.keyframe_points))
    assert all(len(frames) == 1 for frames in ends.values())  # all curves of a bone have the same keys


def test_bezier_curves_are_those_of_blender() -> None:
    obj = chain(1)
    motion = random_motion(("bone 0",), 60, seed=9)
    rng = np.random.default_rng(4)
    times = np.cumsum(rng.choice([1, 2, 3, 9], 60)) / 30.0
    motion = BoneMotion(motion.bones, motion.rotations, motion.locations, times - times[0])
    key_motion(obj, motion, name="smooth", fps=30.0, keys=KeySettings(interpolation="bezier"))
    for curve in blender_curves(obj):
        keys = np.array([point.co[:] for point in curve.keyframe_points])
        at = np.arange(-2.0, keys[-1, 0] + 3.0, 0.5)
        mine = evaluate(keys[:, 0], keys[:, 1:], at, "bezier")[:, 0]
        theirs = [curve.evaluate(frame) for frame in at.tolist()]
        np.testing.assert_allclose(mine, theirs, atol=2e-5)


def test_a_bake_rate_of_its_own() -> None:
    obj = chain(2)
    motion = random_motion(tuple(obj.data.bones.keys()), 61, fps=30.0)
    written = write_motion(obj, motion, KeySettings(rate=10.0, name="every third"), name="x", fps=30.0)
    assert written.action.name == "every third"
    frames = [point.co[0] for point in blender_curves(obj)[0].keyframe_points]
    assert frames == list(range(1, 62, 3))
    np.testing.assert_allclose(evaluated_basis(obj, "bone 1", 31), basis_of(motion, "bone 1", 30), atol=2e-6)


def test_a_strip_lies_over_the_characters_own_animation() -> None:
    obj = chain(3)
    own = random_motion(("bone 0", "bone 1"), FRAMES, seed=1)
    first = key_motion(obj, own, name="walk", fps=30.0)
    keys_before = [len(curve.keyframe_points) for curve in blender_curves(obj)]
    motion = random_motion(("bone 1", "bone 2"), 10, seed=2)
    motion.locations.clear()
    written = write_motion(obj, motion, KeySettings(nla=True), name="dance", fps=30.0, start_frame=11)
    animation = obj.animation_data
    assert animation.action is None
    assert [track.name for track in animation.nla_tracks] == ["dance around", "walk", "dance"]
    assert not any(track.mute for track in animation.nla_tracks)
    assert written.action.frame_range[:] == (11, 20)
    still = np.eye(4)
    for frame in (11, 15, 20):
        expected = [still, *(basis_of(motion, bone, frame - 11) for bone in ("bone 1", "bone 2"))]
        for k in range(3):  # bone 0, which carries the two others, rests
            np.testing.assert_allclose(evaluated_basis(obj, f"bone {k}", frame), expected[k], atol=2e-6)
    for frame in (5, 25):  # around the strip the character's own animation plays
        for bone in ("bone 0", "bone 1"):
            np.testing.assert_allclose(evaluated_basis(obj, bone, frame), basis_of(own, bone, frame - 1), atol=2e-6)
    obj.animation_data.nla_tracks["dance"].mute = True
    obj.animation_data.action = first
    assert [len(curve.keyframe_points) for curve in blender_curves(obj)] == keys_before


def test_around_a_strip_the_pose_and_the_switches_stay() -> None:
    obj = chain(2)
    obj["switch"] = 0.0
    key_motion(obj, random_motion(("bone 1",), 10, seed=4), name="own", fps=30.0)
    obj.pose.bones["bone 0"].location = (0.1, 0.2, 0.3)
    posed = evaluated_basis(obj, "bone 0", 1)
    motion = random_motion(("bone 0", "bone 1"), 10)
    motion.locations.clear()
    settings = KeySettings(nla=True)
    write_motion(obj, motion, settings, name="dance", fps=30.0, start_frame=5, properties={'["switch"]': 1.0})
    np.testing.assert_allclose(evaluated_basis(obj, "bone 0", 8), basis_of(motion, "bone 0", 3), atol=2e-6)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    assert evaluated["switch"] == 1.0
    np.testing.assert_allclose(evaluated_basis(obj, "bone 0", 2), posed, atol=2e-6)
    assert obj.evaluated_get(bpy.context.evaluated_depsgraph_get())["switch"] == 0.0


def test_other_bones_get_no_curves() -> None:
    obj = chain(5)
    key_motion(obj, random_motion(("bone 1", "bone 3"), FRAMES), name="dance", fps=30.0)
    expected = {f'pose.bones["bone {i}"].rotation_quaternion': 4 for i in (1, 3)}
    assert curves_of(obj) == {**expected, 'pose.bones["bone 1"].location': 3}


def test_keys_are_linear_and_on_whole_frames() -> None:
    obj = chain(1)
    action = key_motion(obj, random_motion(("bone 0",), FRAMES, fps=29.97), name="dance", fps=29.97)
    assert tuple(action.frame_range) == (1, FRAMES)
    curves = action.fcurves if not hasattr(action, "layers") else action.layers[0].strips[0].channelbags[0].fcurves
    for curve in curves:
        assert {point.interpolation for point in curve.keyframe_points} == {"LINEAR"}
        assert [point.co[0] for point in curve.keyframe_points] == list(range(1, FRAMES + 1))
        assert curve.group.name == "bone 0"


def test_the_former_action_is_kept_and_has_no_say() -> None:
    obj = chain(3)
    first = key_motion(obj, random_motion(("bone 0", "bone 2"), FRAMES, seed=1), name="walk", fps=30.0)
    obj.animation_data.nla_tracks.new().strips.new("walk", 1, first)
    key_motion(obj, random_motion(("bone 1",), FRAMES, seed=2), name="dance", fps=30.0)
    assert obj.animation_data.action.name == "dance"
    assert first.use_fake_user
    assert all(track.mute for track in obj.animation_data.nla_tracks)
    for bone in ("bone 0", "bone 2"):
        np.testing.assert_allclose(evaluated_basis(obj, bone, 10), np.eye(4), atol=1e-6)


def test_two_objects_keep_their_own_motion() -> None:
    """A slot must be assigned by us: Blender does it only when the names agree."""
    obj = chain(2)
    motion = random_motion(("bone 0",), FRAMES)
    action = key_motion(obj, motion, name="dance", fps=30.0)
    obj.name = "renamed"
    np.testing.assert_allclose(evaluated_basis(obj, "bone 0", 9), basis_of(motion, "bone 0", 8), atol=2e-6)
    again = key_motion(obj, motion, name="dance", fps=30.0)
    assert again != action
    np.testing.assert_allclose(evaluated_basis(obj, "bone 0", 9), basis_of(motion, "bone 0", 8), atol=2e-6)


def test_true_times_become_frames_between() -> None:
    times = np.array([0.0, 0.030, 0.075, 0.1, 0.16])
    np.testing.assert_allclose(key_frames(times, 30.0, 1.0), 1 + 30 * times)
    milliseconds = np.round(np.arange(100) / 30.0, 3)
    np.testing.assert_array_equal(key_frames(milliseconds, 30.0, 1.0), np.arange(100) + 1)


def test_times_that_stand_still_are_refused() -> None:
    with pytest.raises(PosewrightError, match="do not increase"):
        key_frames(np.array([0.0, 0.033, 0.033, 0.1]), 30.0, 1.0)


def test_a_long_motion_is_written_at_once() -> None:
    import time

    obj = chain(60)
    motion = random_motion(tuple(obj.data.bones.keys()), 2000)
    begin = time.perf_counter()
    key_motion(obj, motion, name="long", fps=30.0)
    assert time.perf_counter() - begin < 5.0  # inserting key by key takes minutes
    assert sum(curves_of(obj).values()) == 60 * 4 + 3
    assert bpy.data.actions["long"].frame_range[1] == 2000
