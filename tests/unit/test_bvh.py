"""BVH: what is written has the joints of the take, what others write is understood, bad files get a sentence."""

from pathlib import Path

import numpy as np
import pytest
from posewright.core.bvh import read_bvh, take_from_bvh, world_joints, write_bvh
from posewright.core.bvh_format import END
from posewright.core.bvh_frames import euler_zxy
from posewright.core.bvh_names import joint_map, split_name
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.errors import PosewrightError

TINY = """HIERARCHY
ROOT Hips
{
 OFFSET 0 0 0
 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
 JOINT LeftUpLeg
 {
  OFFSET 1 0 0
  CHANNELS 3 Zrotation Xrotation Yrotation
  End Site
  {
   OFFSET 0 -2 0
  }
 }
}
MOTION
Frames: 2
Frame Time: 0.04
5 6 7 90 0 0 0 0 0
0 0 0 0 0 0 0 90 0
"""


def rotations(angles: np.ndarray) -> np.ndarray:
    """Return rotation matrices for rotation vectors (...,3)."""
    angle = np.linalg.norm(angles, axis=-1)[..., None, None]
    axis = angles / np.maximum(angle[..., 0], 1e-12)
    skew = np.cross(axis[..., None, :], np.eye(3)).swapaxes(-1, -2)
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * (skew @ skew)


def moving_person(frames: int = 90) -> Take:
    """A person whose every joint swings about, with rigid pelvis, head and feet; Z up, facing -Y."""
    bones = {
        "pelvis": ("", (0, 0, 0.95)),
        "left_hip": ("pelvis", (0.1, 0, 0)),
        "right_hip": ("pelvis", (-0.1, 0, 0)),
        "spine": ("pelvis", (0, 0, 0.22)),
        "thorax": ("spine", (0, 0, 0.27)),
        "neck": ("thorax", (0, 0, 0.09)),
        "head": ("neck", (0, 0, 0.2)),
        "nose": ("neck", (0, -0.12, 0.08)),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        bones |= {
            f"{side}_shoulder": ("thorax", (sign * 0.17, 0, -0.02)),
            f"{side}_elbow": (f"{side}_shoulder", (sign * 0.29, 0, 0)),
            f"{side}_wrist": (f"{side}_elbow", (sign * 0.25, 0, 0)),
            f"{side}_knee": (f"{side}_hip", (0, 0, -0.43)),
            f"{side}_ankle": (f"{side}_knee", (0, 0, -0.42)),
            f"{side}_heel": (f"{side}_ankle", (0, 0.06, -0.05)),
            f"{side}_foot_index": (f"{side}_ankle", (0, -0.13, -0.06)),
        }
    rng = np.random.default_rng(5)
    times = np.arange(frames) / 30.0
    turn: dict[str, np.ndarray] = {"": np.tile(np.eye(3), (frames, 1, 1))}
    place: dict[str, np.ndarray] = {"": np.zeros((frames, 3))}
    for name, (parent, offset) in bones.items():
        place[name] = place[parent] + np.einsum("fab,b->fa", turn[parent], np.array(offset, float))
        swing = 0.6 * np.sin(times[:, None] * rng.uniform(1, 4, 3) + rng.uniform(0, 6, 3))
        if name == "pelvis":
            swing[:, 2] += 2.5 * times  # turns round, more than once
            place[name] = place[name] + np.stack([times, 0.5 * times, 0.05 * np.sin(5 * times)], axis=-1)
        if name.endswith(("_elbow", "_knee")):  # hinges bend one way
            swing = np.zeros((frames, 3))
            bend = 0.9 + 0.8 * np.sin(3 * times)
            swing[:, 0 if name.endswith("knee") else 2] = bend * (-1 if name.startswith("left_e") else 1)
        turn[name] = turn[parent] @ rotations(swing)
    return Take(np.stack([place[name] for name in JOINTS], axis=1).astype(np.float32), JOINTS, 30.0)


def test_what_is_written_has_the_joints_of_the_take(tmp_path: Path) -> None:
    take = moving_person()
    write_bvh(take, tmp_path / "out.bvh")
    back = take_from_bvh(tmp_path / "out.bvh")
    assert set(back.joint_names) == set(JOINTS)
    assert back.fps == pytest.approx(30.0, abs=1e-4)
    for name in JOINTS:
        assert np.abs(back.joint(name) - take.joint(name)).max() < 1e-3, name
    assert not list(tmp_path.glob("*.part"))


def test_written_rotations_do_not_jump(tmp_path: Path) -> None:
    write_bvh(moving_person(), tmp_path / "out.bvh")
    bvh = read_bvh(tmp_path / "out.bvh")
    angles = np.radians(bvh.frames[:, 3:].reshape(len(bvh.frames), -1, 3))
    turns = np.array([[_zxy(*joint) for joint in frame] for frame in angles])
    steps = turns[:-1].swapaxes(-1, -2) @ turns[1:]
    degrees = np.degrees(np.arccos(np.clip((np.trace(steps, axis1=-2, axis2=-1) - 1) / 2, -1, 1)))
    assert degrees.max() < 15.0  # a frame; the motion itself turns up to 9


def test_written_hands_point_to_their_knuckles(tmp_path: Path) -> None:
    take = moving_person()
    wrist, elbow = (take.joint(f"left_{part}").astype(float) for part in ("wrist", "elbow"))
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow, axis=-1, keepdims=True)
    bent = along + np.array([0.1, 0.4, -0.3])  # a hand that does not go on in line with its forearm
    line = np.cross(bent, [0.3, 0.2, 1.0])
    knuckles = [wrist + 0.1 * bent + 0.03 * line, wrist + 0.1 * bent - 0.03 * line]
    joints = np.concatenate([take.joints, np.stack(knuckles, 1).astype(np.float32)], 1)
    names = (*take.joint_names, "left_index_1", "left_pinky_1")
    write_bvh(Take(joints, names, take.fps), tmp_path / "a.bvh")
    bvh = read_bvh(tmp_path / "a.bvh")
    world = world_joints(bvh)
    for side, wanted in (("left", bent), ("right", take.joint("right_wrist") - take.joint("right_elbow"))):
        start = bvh.names.index(f"{side}_wrist")
        hand = world[:, bvh.names.index(f"{side}_wrist{END}")] - world[:, start]
        cosine = (hand * wanted).sum(-1) / np.linalg.norm(hand, axis=-1) / np.linalg.norm(wanted, axis=-1)
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.1
    assert not any("index_1" in name for name in bvh.names)


def test_written_rest_pose_is_upright_and_sided(tmp_path: Path) -> None:
    write_bvh(moving_person(), tmp_path / "out.bvh")
    bvh = read_bvh(tmp_path / "out.bvh")
    rest = {bvh.names[0]: np.zeros(3)}
    for joint in range(1, len(bvh.names)):
        rest[bvh.names[joint]] = rest[bvh.names[bvh.parents[joint]]] + bvh.offsets[joint]
    assert rest["head"][1] > rest["left_hip"][1] > rest["left_ankle"][1]
    assert rest["left_wrist"][0] > 0.5 > -0.5 > rest["right_wrist"][0]
    assert rest["left_foot_index"][2] > rest["left_heel"][2]


def test_take_without_helper_joints(tmp_path: Path) -> None:
    whole = moving_person(40)
    keep = [i for i, name in enumerate(JOINTS) if name.endswith(("hip", "knee", "ankle", "shoulder", "elbow", "wrist"))]
    take = Take(whole.joints[:, keep], tuple(JOINTS[i] for i in keep), 30.0)
    write_bvh(take, tmp_path / "out.bvh")
    back = take_from_bvh(tmp_path / "out.bvh")
    for name in ("left_knee", "right_ankle"):
        assert np.abs(back.joint(name) - take.joint(name)).max() < 1e-3


def test_take_without_legs_gets_a_sentence(tmp_path: Path) -> None:
    take = Take(np.zeros((2, 1, 3), np.float32), ("left_hip",), 30.0)
    with pytest.raises(PosewrightError, match="knee"):
        write_bvh(take, tmp_path / "out.bvh")
    assert list(tmp_path.iterdir()) == []


def test_forward_kinematics_of_a_known_chain(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bvh"
    path.write_text(TINY)
    bvh = read_bvh(path)
    assert bvh.names == ("Hips", "LeftUpLeg", "LeftUpLeg_end")
    assert bvh.frame_time == 0.04
    places = bvh.positions()
    np.testing.assert_allclose(places[0, 2], [7, 7, 7], atol=1e-9)
    np.testing.assert_allclose(places[1, 2], [1, 0, -2], atol=1e-9)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no BVH"),
        ("solid cube", "no BVH"),
        (TINY.replace("}\n}\nMOTION", "}\nMOTION"), "hierarchy"),
        (TINY.replace("Zposition", "Wposition"), "hierarchy"),
        (TINY.replace("5 6 7", "5 six 7"), "no number"),
        (TINY.replace("5 6 7", "5 nan 7"), "not possible"),
        (TINY[:-20], "breaks off"),
        (TINY.replace("Frames: 2", "Frames: 0"), "no frames"),
        (TINY.replace("Frame Time: 0.04", "Frame Time: 0"), "not possible"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "bad.bvh"
    path.write_text(text)
    with pytest.raises(PosewrightError, match=word):
        read_bvh(path)


def test_missing_file_and_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="no file"):
        read_bvh(tmp_path / "nobody.bvh")
    (tmp_path / "tiny.bvh").write_text(TINY)
    with pytest.raises(PosewrightError, match="names"):
        take_from_bvh(tmp_path / "tiny.bvh")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("mixamorig:LeftUpLeg", ("left", "upleg")),
        ("LeftForeArm", ("left", "forearm")),
        ("upper_arm.R", ("right", "upperarm")),
        ("calf_l", ("left", "calf")),
        ("rShldr", ("right", "shldr")),
        ("lefthand", ("left", "hand")),
        ("Head_end", ("", "headend")),
        ("Leg", ("", "leg")),
    ],
)
def test_names_are_split(name: str, split: tuple[str, str]) -> None:
    assert split_name(name) == split


def test_clavicles_are_not_shoulders() -> None:
    assert joint_map(["HandLeft", "WristLeft", "ElbowLeft"])["left_wrist"] == "WristLeft"
    found = joint_map(["LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand", "Neck", "Head", "Head_end"])
    assert found["left_shoulder"] == "LeftArm"
    assert (found["thorax"], found["neck"], found["head"]) == ("Neck", "Head", "Head_end")


@pytest.mark.parametrize("factor", [1.0, 100.0])
@pytest.mark.parametrize("turned", [False, True])
def test_units_and_up_axis_are_recognised(tmp_path: Path, factor: float, turned: bool) -> None:
    take = moving_person(40)
    write_bvh(take, tmp_path / "out.bvh")
    bvh = read_bvh(tmp_path / "out.bvh")
    offsets, frames = bvh.offsets * factor, bvh.frames.copy()
    frames[:, :3] *= factor
    if turned:  # the same file with Z up: another root rotation
        to_z = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        frames[:, :3] = frames[:, :3] @ to_z.T
        angles = np.radians(frames[:, 3:6])
        root = np.stack([to_z @ _zxy(*row) for row in angles])
        frames[:, 3:6] = euler_zxy(root[:, None])[:, 0]
    changed = type(bvh)(bvh.names, bvh.parents, offsets, bvh.channels, frames, bvh.frame_time)
    joints = world_joints(changed)
    knee = joints[:, bvh.names.index("left_knee")]
    assert np.abs(knee - take.joint("left_knee")).max() < 1e-3


def _zxy(z: float, x: float, y: float) -> np.ndarray:
    return rotations(np.array([0, 0, z])) @ rotations(np.array([x, 0, 0])) @ rotations(np.array([0, y, 0]))


def test_angles_make_the_rotations_again() -> None:
    turns = rotations(np.random.default_rng(2).normal(size=(50, 3, 3)))
    angles = np.radians(euler_zxy(turns))
    again = np.array([[_zxy(*joint) for joint in frame] for frame in angles])
    np.testing.assert_allclose(again, turns, atol=1e-9)
