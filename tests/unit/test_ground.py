"""Which way is up: people who stand, walk, bend, sit and lie, before cameras that look up, down and aslant."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from posewright.core.lifting.inputs import LIFTER_JOINTS
from posewright.core.skeleton import CONTACT_JOINTS, JOINTS
from posewright.core.training.evaluate import VALIDATION_FILE
from posewright.core.values import CameraPose
from posewright.core.world.body import INDEX, canonical, heel_of
from posewright.core.world.feet import Contacts
from posewright.core.world.ground import REST_HEIGHTS, camera_rotation, floor_height
from posewright.core.world.planting import plant_path
from posewright.core.world.up import Guess, feet_plane, mean_up, posture_guesses

Array = NDArray[np.float64]

FPS = 30.0
HEIGHT = 1.7
FRAMES = 60

STANDING = {
    "pelvis": (0.02, 0.0, 0.93),
    "left_hip": (0.02, 0.09, 0.93),
    "left_knee": (0.03, 0.09, 0.51),
    "left_ankle": (-0.03, 0.09, 0.08),
    "left_foot_index": (0.12, 0.09, 0.03),
    "spine": (0.01, 0.0, 1.18),
    "thorax": (0.02, 0.0, 1.43),
    "neck": (0.03, 0.0, 1.50),
    "nose": (0.15, 0.0, 1.60),
    "head": (0.05, 0.0, 1.70),
    "left_shoulder": (0.02, 0.18, 1.40),
    "left_elbow": (0.02, 0.20, 1.12),
    "left_wrist": (0.06, 0.20, 0.87),
}
"""A standing body: ahead, to its left, up."""
TRUNK = ("spine", "thorax", "neck", "nose", "head", "shoulder", "elbow", "wrist")
LEG = ("knee", "ankle", "foot_index")


def body(places: dict[str, tuple[float, float, float]], frames: int = FRAMES) -> Array:
    """Return joints (F,22,3) of a body that keeps still and is the same left and right."""
    joints = np.zeros((frames, len(JOINTS), 3))
    for name, place in places.items():
        joints[:, INDEX[name]] = place
        joints[:, INDEX[name.replace("left", "right")]] = np.array(place) * (1, -1 if "left" in name else 1, 1)
    return with_heels(joints)


def with_heels(joints: Array) -> Array:
    for side in ("left", "right"):
        knee, ankle, ball = (joints[:, INDEX[f"{side}_{part}"]] for part in ("knee", "ankle", "foot_index"))
        joints[:, INDEX[f"{side}_heel"]] = heel_of(knee, ankle, ball)
    return joints


def rotated(joints: Array, parts: tuple[str, ...], about: str, degrees: float) -> Array:
    """Return the joints with some parts turned forwards about the joint of that name."""
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    columns = [INDEX[name] for name in JOINTS if name.removeprefix("left_").removeprefix("right_") in parts]
    pivot = joints[:, [INDEX[about]]]
    result = joints.copy()
    result[:, columns] = (joints[:, columns] - pivot) @ matrix.T + pivot
    return with_heels(result)


def camera_up(pitch: float, roll: float) -> Array:
    """Return the up axis in camera axes of a camera that looks down by ``pitch`` degrees and leans by ``roll``."""
    up = np.array([np.tan(np.radians(roll)), -1.0, -np.tan(np.radians(pitch))])
    return up / np.linalg.norm(up)


def before_camera(world: Array, up: Array, heading: float = 0.0, distance: float = 4.0) -> Array:
    """Return joints in the axes of a camera with this up axis that looks at the body's middle."""
    turn = np.radians(heading)
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    middle = world[:, INDEX["pelvis"]].mean(0)
    return (world - middle) @ about_z.T @ camera_rotation(up) + [0, 0, distance]


def guessed(joints: Array, seen: Array | None = None) -> list[Guess]:
    frames = len(joints)
    seen = np.ones((frames, len(JOINTS))) if seen is None else seen
    return posture_guesses(joints, np.ones(frames), seen, np.arange(frames) / FPS)


def angle(a: Array, b: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def sitting() -> Array:
    """Return somebody on a chair: thighs level, shins and trunk upright."""
    return rotated(rotated(body(STANDING), LEG, "pelvis", -85.0), LEG[1:], "left_knee", 85.0)


@pytest.mark.parametrize(("pitch", "roll"), [(-15.0, 0.0), (0.0, 4.0), (10.0, -3.0), (25.0, 2.0)])
@pytest.mark.parametrize("heading", [0.0, 90.0, 215.0])
def test_a_standing_body_tells_how_the_camera_is_held(pitch: float, roll: float, heading: float) -> None:
    up = camera_up(pitch, roll)
    found = mean_up(guessed(before_camera(body(STANDING), up, heading)))
    assert angle(found, up) < 4.5  # level cameras pull; measured 0.3 to 4.1


def test_who_bends_stays_over_the_feet() -> None:
    bent = rotated(body(STANDING), TRUNK, "pelvis", 75.0)
    back = [INDEX[name] for name in JOINTS if name.split("_")[-1] not in (*LEG, "heel")]
    bent[:, back] -= [0.30, 0.0, 0.02]
    up = camera_up(12.0, 0.0)
    for heading in (0.0, 90.0):
        assert angle(mean_up(guessed(before_camera(bent, up, heading))), up) < 6.0  # the body itself: 4.8


@pytest.mark.parametrize("heading", [0.0, 90.0, 180.0])
def test_a_seat_carries_who_sits(heading: float) -> None:
    up = camera_up(8.0, 0.0)
    found = mean_up(guessed(before_camera(sitting(), up, heading)))
    assert angle(found, up) < 2.0  # the feet lie 30 degrees before the centre of mass


@pytest.mark.parametrize("heading", [0.0, 90.0])
def test_who_lies_does_not_turn_the_world(heading: float) -> None:
    lying = rotated(body(STANDING), TRUNK + LEG, "pelvis", 90.0)
    up = camera_up(10.0, 0.0)
    assert angle(mean_up(guessed(before_camera(lying, up, heading))), up) < 4.0


def test_who_lies_down_for_a_while_stood_before() -> None:
    lying = rotated(body(STANDING), TRUNK + LEG, "pelvis", 90.0)
    up = camera_up(10.0, 0.0)
    both = before_camera(np.concatenate([body(STANDING), lying]), up, 90.0)
    assert angle(mean_up(guessed(both)), up) < 4.0


def test_unseen_legs_say_nothing() -> None:
    up = camera_up(0.0, 0.0)
    joints = before_camera(rotated(body(STANDING), LEG, "pelvis", -50.0), up, 90.0)
    seen = np.ones((FRAMES, len(JOINTS)))
    seen[:, [INDEX[name] for name in JOINTS if name.split("_", 1)[-1] in (*LEG, "heel")]] = 0.0
    guesses = guessed(joints, seen)
    assert len(guesses) == 2  # a level camera, and the trunk
    assert angle(mean_up(guesses), up) < 2.0
    assert angle(mean_up(guessed(joints)), up) > 5.0


@pytest.mark.parametrize("frames", [2, 4])
def test_a_few_frames_are_enough(frames: int) -> None:
    up = camera_up(8.0, 1.0)
    assert angle(mean_up(guessed(before_camera(body(STANDING, frames), up))), up) < 4.0


def walking(places: list[tuple[float, float]]) -> tuple[Array, Array]:
    """Return a body that stands for half a second in each place, and the contacts (F,4)."""
    joints = np.concatenate([body(STANDING, 15) + np.array([*place, 0.0]) for place in places])
    for name, rest in zip(CONTACT_JOINTS, REST_HEIGHTS, strict=True):
        joints[:, INDEX[name], 2] = rest * HEIGHT
    contacts = np.ones((len(joints), 4))
    contacts[14::15] = 0.0
    return joints, contacts


def plane_of(joints: Array, contacts: Array, believed: Array) -> list[Guess]:
    return feet_plane(joints, contacts, HEIGHT, believed, np.arange(len(joints)) / FPS)


def test_places_of_feet_lie_in_a_plane() -> None:
    up = camera_up(20.0, 3.0)
    world, contacts = walking([(0.0, 0.0), (1.0, 0.2), (2.0, -0.4), (0.5, 1.0)])
    [guess] = plane_of(before_camera(world, up), contacts, camera_up(10.0, 0.0))
    assert angle(guess.up, up) < 0.5
    assert guess.pitch_sigma < 5.0
    assert guess.roll_sigma < 5.0


def test_feet_in_one_place_hardly_tell() -> None:
    up = camera_up(20.0, 0.0)
    world, contacts = walking([(0.0, 0.0)] * 4)
    [guess] = plane_of(before_camera(world, up), contacts, up)
    assert guess.pitch_sigma > 10.0
    assert not plane_of(before_camera(world, up), np.zeros_like(contacts), up)


def test_feet_that_drift_along_the_view_count_less() -> None:
    up = camera_up(20.0, 0.0)
    world, contacts = walking([(0.0, 0.0), (0.0, 0.3), (0.0, -0.3), (0.0, 0.2)])
    joints = before_camera(world, up)
    drift = 1.0 + 0.1 * np.sin(np.arange(len(joints)) / 4.0)
    steady, drifting = (plane_of(path, contacts, up)[0] for path in (joints, joints * drift[:, None, None]))
    assert drifting.pitch_sigma > 1.5 * steady.pitch_sigma


def test_a_path_that_is_not_pressed_keeps_the_heights_of_feet() -> None:
    world, contacts = walking([(0.0, 0.0)])
    root = world[:, INDEX["pelvis"]]
    stands = Contacts(contacts, np.zeros_like(contacts))
    about = (root, world - root[:, None], stands, np.tile([0.0, 1.0, -0.3], (len(root), 1)), np.array([0.0, 0.0, 1.0]))
    times = np.arange(len(root)) / FPS
    floor = -0.1  # of which the feet tell nothing
    assert np.abs(plant_path(*about, floor, HEIGHT, times, pressed=False) - root).max() < 1e-6
    assert (plant_path(*about, floor, HEIGHT, times) - root)[:14, 2].max() < -0.005


def test_motion_capture_before_cameras(shared: Path) -> None:
    """Real people, exactly seen: 5 seconds each, before cameras that look down by 10 degrees from somewhere."""
    with np.load(shared / "mocap" / VALIDATION_FILE) as stored:
        positions, starts = stored["positions"] * float(stored["scale"]), stored["clip_starts"]
    up = camera_up(10.0, 0.0)
    off = []
    for clip, (start, stop) in enumerate(pairwise(starts)):
        stop = min(int(stop), int(start) + 150)
        if stop - start < 60:
            continue
        pose = CameraPose(positions[start:stop] - positions[start:stop, :1], LIFTER_JOINTS)
        joints = canonical(pose) + (positions[start:stop, :1] - positions[start, 0])
        off.append(angle(mean_up(guessed(before_camera(joints, up, 47.0 * clip))), up))
    assert len(off) > 20
    assert np.median(off) < 1.5  # degrees; measured 1.0
    assert np.percentile(off, 90) < 4.0  # measured 2.7


def test_floor_is_where_feet_rest() -> None:
    joints = body(STANDING, 90)
    for name, rest in zip(CONTACT_JOINTS, REST_HEIGHTS, strict=True):
        joints[:, INDEX[name], 2] = rest * HEIGHT
    joints[40:60, :, 2] += 0.4 * np.sin(np.linspace(0, np.pi, 20))[:, None]  # a jump
    joints[70:73, :, 2] -= 0.3  # a few bad frames
    times = np.arange(90) / FPS
    assert abs(floor_height(joints + np.array([0, 0, 0.7]), HEIGHT, np.ones(90), times) - 0.7) < 0.01
