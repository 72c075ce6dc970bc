"""Keys as Blender evaluates them: exact, in every rotation mode, and never more than were asked for."""

import bpy
import numpy as np
import pytest
from blender.armatures import basis_of, chain, curves_of, evaluated_basis, random_motion
from posewright.errors import PosewrightError
from posewright.rigging.blender.keyframes import key_frames, key_motion

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
