"""Key settings, bake rates, ranges and the reduction of keys, without Blender."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.errors import UsageError
from posewright.rigging.keys.channels import rotation_channels, rotations_of
from posewright.rigging.keys.curves import evaluate
from posewright.rigging.keys.reduce import BoneChannels, Tolerance, kept_keys, most_off
from posewright.rigging.keys.settings import KeySettings, part_of, resampled
from posewright.rigging.rig import BoneMotion
from posewright.rigging.rotations import about, multiply

MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


def swinging(frames: int) -> np.ndarray:
    t = np.arange(frames) / 120.0
    x, y, z = np.eye(3)
    return multiply(about(x, 0.9 * np.sin(2 * t)), multiply(about(z, 0.7 * np.sin(3.1 * t)), about(y, t)))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": " "}, "name of the action is empty"),
        ({"rate": 0.0}, "more than 0 and at most 10000"),
        ({"rate": "fast"}, "setting rate of the keys must be a number; 'fast' is none"),
        ({"rate": float("nan")}, "more than 0"),
        ({"rate": 1e9}, r"1e\+09 keys a second are not possible"),
        ({"reduce_degrees": -1.0}, "cannot be reduced by -1 degrees"),
        ({"reduce_degrees": 400.0}, "at most 45"),
        ({"interpolation": "cubic"}, "no interpolation cubic; choose one of linear, bezier, constant"),
        ({"start": -2.0}, "cannot start at -2 s"),
        ({"end": float("inf")}, "cannot end at inf s"),
        ({"start": 2.0, "end": 2.0}, "cannot end at 2 s when it starts at 2 s"),
    ],
)
def test_settings_that_make_no_sense_get_a_sentence(values: dict, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        KeySettings(**values)


def test_a_part_of_a_take() -> None:
    joints = np.arange(30, dtype=np.float32).reshape(10, 1, 3)
    contacts = np.arange(40, dtype=np.float32).reshape(10, 4)
    camera = np.tile(np.eye(4), (10, 1, 1)) * np.arange(1, 11)[:, None, None]
    times = 5.0 + np.arange(10) / 10
    take = Take(joints, ("a",), 10.0, times=times, contacts=contacts, camera_path=camera, world_from_camera=camera[0])
    part = part_of(take, KeySettings(start=0.2, end=0.5))
    np.testing.assert_allclose(part.times, [5.2, 5.3, 5.4, 5.5])
    np.testing.assert_array_equal(part.joints, joints[2:6])
    assert part.contacts is not None and part.world_from_camera is not None
    np.testing.assert_array_equal(part.contacts, contacts[2:6])
    np.testing.assert_array_equal(part.world_from_camera, camera[2])
    assert part_of(take, KeySettings()) is take
    with pytest.raises(UsageError, match=r"no frame after 3 s; it lasts 0\.90 s"):
        part_of(take, KeySettings(start=3.0))


def test_another_rate_keeps_the_motion_and_its_end() -> None:
    motion = BoneMotion(("a",), swinging(50)[:, None], {"a": np.arange(150.0).reshape(50, 3)}, np.arange(50) / 30.0)
    denser = resampled(motion, 60.0)
    assert denser.times[-1] == pytest.approx(motion.times[-1])
    np.testing.assert_allclose(np.abs((denser.rotations[::2] * motion.rotations).sum(-1)), 1.0, atol=1e-9)
    np.testing.assert_allclose(denser.locations["a"][1::2], motion.locations["a"][:-1] + 1.5)
    coarse = resampled(motion, 7.0)
    np.testing.assert_allclose(coarse.times, [*np.arange(12) / 7.0, 49 / 30])
    single = BoneMotion(("a",), motion.rotations[:1], {}, np.zeros(1))
    assert resampled(single, 10.0) is single


@pytest.mark.parametrize("interpolation", ("linear", "bezier", "constant"))
@pytest.mark.parametrize("mode", MODES)
def test_fewer_keys_within_the_tolerance(mode: str, interpolation: str) -> None:
    frames = np.arange(400.0) + 1
    turns = swinging(400)
    path = np.stack([0.01 * frames, np.sin(frames / 20), 0 * frames], 1)
    bone = BoneChannels(mode, rotation_channels(mode, turns)[1], path)
    np.testing.assert_allclose(np.abs((rotations_of(mode, bone.rotation) * turns).sum(-1)), 1.0, atol=1e-9)
    counts = []
    for degrees in (0.5, 2.0, 8.0):
        tolerance = Tolerance(np.radians(degrees), 0.01 * degrees)
        kept = kept_keys(frames, bone, tolerance, interpolation)
        radians, length = most_off(frames, bone, kept, interpolation)
        assert kept[0] and kept[-1]
        assert radians <= tolerance.radians and length <= tolerance.length
        if degrees > 1:  # no key too many
            assert max(radians / tolerance.radians, length / tolerance.length) > 0.5
        counts.append(int(kept.sum()))
    assert counts[0] > counts[1] > counts[2]
    assert counts[1] < (370 if interpolation == "constant" else 60)


def test_a_bone_that_rests_keeps_two_keys() -> None:
    bone = BoneChannels("QUATERNION", np.tile([1.0, 0.0, 0.0, 0.0], (100, 1)))
    assert kept_keys(np.arange(100.0), bone, Tolerance(1e-3, 1e-3), "linear").sum() == 2


def test_curves_are_held_outside_their_keys() -> None:
    frames, values = np.array([2.0, 5.0]), np.array([[1.0], [4.0]])
    at = np.array([0.0, 2.0, 3.5, 5.0, 9.0])
    np.testing.assert_allclose(evaluate(frames, values, at, "linear")[:, 0], [1, 1, 2.5, 4, 4])
    np.testing.assert_allclose(evaluate(frames, values, at, "constant")[:, 0], [1, 1, 1, 4, 4])
    np.testing.assert_allclose(evaluate(frames, values, at, "bezier")[:, 0], [1, 1, 2.5, 4, 4], atol=1e-9)
