"""Head and hands from keypoints: turns are found where they show, fade to the usual where not, and never flip."""

import numpy as np
import pytest
from posewright.core.camera.pinhole import project
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, JOINTS
from posewright.core.values import Camera, Keypoints
from posewright.core.world.extremities import Extremities, chest_axes, extremities, hand_mount, head_mount
from posewright.core.world.extremity_model import HAND, HEAD, MIRROR, Part
from posewright.core.world.turning import Mount, turns

CAMERA = Camera(1000.0, (640.0, 360.0), (1280, 720))
STATURE = 1.75
FPS = 30.0
EXTRA = ("left_ear", "right_ear", *(f"{s}_{p}_1" for s in ("left", "right") for p in ("index", "pinky", "thumb")))
BODY = {
    "pelvis": (0, 0.95, 0),
    "spine": (0, 1.18, 0),
    "thorax": (0, 1.45, 0),
    "neck": (0, 1.54, 0),
    "nose": (0, 1.55, 0.13),
    "head": (0, 1.71, 0),
    "left_hip": (0.1, 0.95, 0),
    "left_knee": (0.1, 0.5, 0.02),
    "left_ankle": (0.1, 0.08, 0),
    "left_heel": (0.1, 0.03, -0.05),
    "left_foot_index": (0.1, 0.02, 0.14),
    "left_shoulder": (0.18, 1.42, 0),
    "left_elbow": (0.25, 1.15, 0.0),
    "left_wrist": (0.35, 1.15, 0.24),
}


def body(frames: int) -> np.ndarray:
    """A person (F,22,3) who faces the camera 4 m away, elbows bent, and sways a little."""
    table = {name: np.array(place, float) for name, place in BODY.items()}
    for name, place in BODY.items():
        if name.startswith("left_"):
            table["right_" + name[5:]] = np.array(place, float) * (-1, 1, 1)
    upright = np.stack([table[name] for name in JOINTS])
    camera = upright * (1, -1, -1) + (0.0, 1.0, 4.0)  # y down, z away
    sway = 0.1 * np.sin(np.arange(frames) / FPS)[:, None, None] * np.eye(3)[0]
    return camera + sway


def times(frames: int) -> np.ndarray:
    return np.arange(frames) / FPS


def looks_as(part: Part, turn: np.ndarray, anchor: np.ndarray, mirror: np.ndarray) -> dict[str, np.ndarray]:
    """Return pixels (F,2) of the part's keypoints that fit its looks, by least squares for their places."""
    names = sorted({name for look in part.looks for name in look.points})
    shares = np.array([[look.points.get(name, 0.0) for name in names] for look in part.looks])
    places = np.linalg.lstsq(shares, np.array([look.vector for look in part.looks]), rcond=None)[0]
    return {
        name: project(anchor + STATURE * (turn @ (mirror @ place)), CAMERA)
        for name, place in zip(names, places, strict=True)
    }


def filmed(joints: np.ndarray, head: np.ndarray, hands: dict[str, np.ndarray]) -> Keypoints:
    """Return the keypoints of a person with these angles (F,3) of head and hands."""
    frames = len(joints)
    points = np.full((frames, len(BLAZEPOSE_KEYPOINTS), 2), np.nan, np.float32)
    for name in JOINTS:
        if name in BLAZEPOSE_KEYPOINTS:
            points[:, BLAZEPOSE_KEYPOINTS.index(name)] = project(joints[:, JOINTS.index(name)], CAMERA)
    seen = looks_as(HEAD, turns(head_mount(joints), head), joints[:, JOINTS.index("neck")], np.eye(3))
    for side, angles in hands.items():
        mirror = np.eye(3) if side == "left" else MIRROR
        anchor = joints[:, JOINTS.index(f"{side}_wrist")]
        hand = looks_as(HAND, turns(hand_mount(joints, side, times(frames)), angles), anchor, mirror)
        seen |= {f"{side}_{name}": path for name, path in hand.items()}
    for name, path in seen.items():
        points[:, BLAZEPOSE_KEYPOINTS.index(name)] = path
    confidence = 0.9 * np.isfinite(points).all(-1).astype(np.float32)
    return Keypoints(points, confidence, BLAZEPOSE_KEYPOINTS, times(frames), CAMERA.image_size)


def waves(frames: int, sizes: tuple[float, float, float]) -> np.ndarray:
    t = times(frames)[:, None]
    return np.radians(sizes) * np.sin(2 * np.pi * t * (0.25, 0.2, 0.15) + (0.0, 1.0, 2.0))


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def back_of_hand(found: Extremities, side: str, joints: np.ndarray) -> np.ndarray:
    index, pinky = (found.positions[:, found.names.index(f"{side}_{part}_1")] for part in ("index", "pinky"))
    wrist = joints[:, JOINTS.index(f"{side}_wrist")]
    return np.cross(index - wrist, pinky - wrist) * (1 if side == "left" else -1)


def test_turned_head_and_hands_are_found() -> None:
    frames = 180
    joints = body(frames)
    head = waves(frames, (50, 20, 10))
    hands = {"left": waves(frames, (50, 10, 30)), "right": waves(frames, (-40, 8, -25))}
    for name in ("nose", "head"):
        neck = joints[:, JOINTS.index("neck")]
        joints[:, JOINTS.index(name)] = neck + STATURE * (turns(head_mount(joints), head) @ HEAD.places[name])
    found = extremities(joints, filmed(joints, head, hands), CAMERA, times(frames), STATURE)
    assert found.names == EXTRA
    assert found.positions.shape == (frames, len(EXTRA), 3)
    ears = found.positions[:, 0] - found.positions[:, 1]
    assert degrees_between(ears, turns(head_mount(joints), head)[:, :, 0]).mean() < 12
    for side, angles in hands.items():
        wanted = turns(hand_mount(joints, side, times(frames)), angles)
        usual = hand_mount(joints, side, times(frames)).carrier
        error = degrees_between(back_of_hand(found, side, joints), wanted[:, :, 1])
        assert error.mean() < 0.8 * degrees_between(usual[:, :, 1], wanted[:, :, 1]).mean()


def test_unseen_parts_are_as_people_usually_hold_them() -> None:
    frames = 30
    joints = body(frames)
    keypoints = filmed(joints, waves(frames, (50, 20, 10)), {"left": waves(frames, (60, 10, 30))})
    keypoints.confidence[:] = 0
    found = extremities(joints, keypoints, CAMERA, times(frames), STATURE)
    assert (found.confidence == 0).all()
    for side in ("left", "right"):
        index, pinky = (found.positions[:, found.names.index(f"{side}_{part}_1")] for part in ("index", "pinky"))
        wrist, elbow = (joints[:, JOINTS.index(f"{side}_{part}")] for part in ("wrist", "elbow"))
        assert degrees_between((index + pinky) / 2 - wrist, wrist - elbow).max() < 1
        # the elbow is at a right angle, so its hinge is what the palm looks along
        shoulder = joints[:, JOINTS.index(f"{side}_shoulder")]
        axis = degrees_between(back_of_hand(found, side, joints), np.cross(elbow - shoulder, wrist - elbow))
        assert np.minimum(axis, 180 - axis).max() < 10
    ears = found.positions[:, 0] - found.positions[:, 1]
    assert degrees_between(ears, chest_axes(joints)[:, :, 0]).max() < 1


def test_swapped_knuckles_do_not_flip_the_palm() -> None:
    frames = 120
    joints = body(frames)
    angles = waves(frames, (20, 5, 10))
    keypoints = filmed(joints, waves(frames, (20, 5, 5)), {"left": angles, "right": angles})
    index, pinky = (keypoints.index(f"left_{part}") for part in ("index", "pinky"))
    straight = extremities(joints, keypoints, CAMERA, times(frames), STATURE)
    swapped = keypoints.points.copy()
    swapped[40:55, [index, pinky]] = keypoints.points[40:55, [pinky, index]]
    keypoints.points = swapped
    found = extremities(joints, keypoints, CAMERA, times(frames), STATURE)
    normals = back_of_hand(found, "left", joints)
    assert degrees_between(normals[3:], normals[:-3]).max() < 45
    assert degrees_between(normals, back_of_hand(straight, "left", joints)).max() < 60


def test_a_gap_is_crossed_without_a_jump() -> None:
    frames = 120
    joints = body(frames)
    angles = np.tile(np.radians([60.0, 0.0, 20.0]), (frames, 1))
    keypoints = filmed(joints, np.zeros((frames, 3)), {"left": angles, "right": angles})
    keypoints.points[40:80] = np.nan
    keypoints.confidence[40:80] = 0
    found = extremities(joints, keypoints, CAMERA, times(frames), STATURE)
    normals = back_of_hand(found, "left", joints)
    assert np.isfinite(found.positions).all()
    assert degrees_between(normals[1:], normals[:-1]).max() < 6
    usual = hand_mount(joints, "left", times(frames)).carrier[:, :, 1]
    away = degrees_between(normals, usual)
    assert away[60] < away[20] - 5  # the longer unseen, the nearer to the usual


def test_detector_of_body_joints_alone_gives_nothing() -> None:
    joints = body(10)
    full = filmed(joints, np.zeros((10, 3)), {})
    names = tuple(name for name in BLAZEPOSE_KEYPOINTS if name in JOINTS)
    columns = [BLAZEPOSE_KEYPOINTS.index(name) for name in names]
    few = Keypoints(full.points[:, columns], full.confidence[:, columns], names, full.times, full.image_size)
    found = extremities(joints, few, CAMERA, times(10), STATURE)
    assert found.names == () and found.positions.shape == (10, 0, 3) and found.confidence.shape == (10, 0)
    np.testing.assert_array_equal(found.joints, joints)


@pytest.mark.parametrize("frames", [1, 2])
def test_shortest_clips(frames: int) -> None:
    joints = body(frames)
    found = extremities(joints, filmed(joints, np.zeros((frames, 3)), {}), CAMERA, times(frames), STATURE)
    assert np.isfinite(found.positions).all()


def test_angles_of_a_mount() -> None:
    mount = Mount(np.eye(3)[None], np.eye(3)[[0, 1, 2]], np.ones(3), np.ones(3), 1.0)
    turn = turns(mount, np.array([[np.pi / 2, 0.0, 0.0]]))[0]
    np.testing.assert_allclose(turn @ [0, 1, 0], [0, 0, 1], atol=1e-9)
    turn = turns(mount, np.array([[0.0, 0.0, np.pi / 2]]))[0]
    np.testing.assert_allclose(turn @ [1, 0, 0], [0, 1, 0], atol=1e-9)
