"""BVH files of any hierarchy, axes and unit give the motion that is in them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from posewright.core.bvh_format import END, POSITIONS, Bvh, save_bvh
from posewright.core.bvh_frames import euler_zxy
from posewright.core.take import Take
from posewright.errors import PosewrightError
from posewright.rigging.kinematics import pose_matrices
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import RigRest
from posewright.rigging.rotations import about, to_matrix, unit
from posewright.rigging.solver.solve import solve_rig
from posewright.rigging.sources.bvh import take_from_any_bvh
from synthetic_rigs import make_rig, walking_take

ROTATION = ("Zrotation", "Xrotation", "Yrotation")
FRAMES = 30
UP = {
    "Y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "Z": np.eye(3),
    "X": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]),
}
LIMBS = {"upper_arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist")}
LIMBS |= {"thigh": ("hip", "knee"), "shin": ("knee", "ankle")}
NEXT = {"upper_arm": "forearm", "forearm": "hand", "thigh": "shin", "shin": "foot"}


@dataclass
class Moving:
    """A rig in motion: turns (F,B,3,3) of its bones from rest and their heads (F,B,3), Z up."""

    rest: RigRest
    turns: np.ndarray
    heads: np.ndarray


@pytest.fixture(scope="module")
def walk() -> Moving:
    rest = make_rig()
    motion = solve_rig(rest, map_rig(rest), walking_take(FRAMES), "never")
    poses = rest.world @ pose_matrices(rest, motion)
    at_rest = rest.world @ rest.rest
    return Moving(rest, poses[..., :3, :3] @ np.linalg.inv(at_rest[:, :3, :3]), poses[..., :3, 3])


def bvh_of(walk: Moving, *, names: list[str], up: str = "Y", scale: float = 1.0, seed: int | None = None) -> Bvh:
    """Return the motion as a file; with ``seed`` its zero pose is no pose at all."""
    rest, to_up = walk.rest, UP[up]
    rng = np.random.default_rng(seed)
    count = len(names)
    junk = np.stack([np.eye(3) if seed is None else to_matrix(unit(rng.normal(size=4))) for _ in range(count)])
    turns = to_up @ walk.turns @ to_up.T @ junk
    heads, tails = (points @ to_up.T * scale for points in (rest.heads(), rest.tails()))
    file_names: list[str] = []
    parents: list[int] = []
    offsets: list[np.ndarray] = []
    channels: list[tuple[str, ...]] = []
    columns: list[np.ndarray] = []

    def add(b: int, parent_place: int) -> None:
        parent = int(rest.parents[b])
        place = len(file_names)
        file_names.append(names[b])
        parents.append(parent_place)
        offset = heads[b] - (heads[parent] if parent >= 0 else 0.0)
        offsets.append(offset if parent < 0 else junk[parent].T @ offset)
        local = turns[:, b] if parent < 0 else turns[:, parent].transpose(0, 2, 1) @ turns[:, b]
        channels.append((*POSITIONS, *ROTATION) if parent < 0 else ROTATION)
        if parent < 0:
            columns.append(walk.heads[:, b] @ to_up.T * scale)
        columns.append(euler_zxy(local[:, None])[:, 0])
        children = np.flatnonzero(rest.parents == b)
        for child in children:
            add(int(child), place)
        if not len(children):
            file_names.append(names[b] + END)
            parents.append(place)
            offsets.append(junk[b].T @ (tails[b] - heads[b]))
            channels.append(())

    for root in np.flatnonzero(rest.parents < 0):
        add(int(root), -1)
    return Bvh(tuple(file_names), tuple(parents), np.array(offsets), tuple(channels), np.hstack(columns), 1 / 30)


def saved(bvh: Bvh, folder: Path) -> Path:
    save_bvh(bvh, folder / "clip.bvh")
    return folder / "clip.bvh"


def most_off(take: Take, walk: Moving) -> float:
    """Return the degrees between limbs of a take and of the motion, whichever way the person faces."""
    worst = 0.0
    for side in ("left", "right"):
        for part, (start, end) in LIMBS.items():
            bones = [walk.rest.index(f"{side}_{name}") for name in (part, NEXT[part])]
            theirs = unit(walk.heads[:, bones[1]] - walk.heads[:, bones[0]])
            mine = unit((take.joint(f"{side}_{end}") - take.joint(f"{side}_{start}")).astype(float))
            worst = max(worst, float(np.degrees(2 * np.arcsin(np.linalg.norm(mine - theirs, axis=-1) / 2)).max()))
    return worst


def unnamed(walk: Moving) -> list[str]:
    return [f"Joint {b}" for b in range(len(walk.rest.bones))]


def mixamo(walk: Moving, prefix: str = "mixamorig:") -> list[str]:
    known = {"hips": "Hips", "spine": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head"}
    parts = {"clavicle": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand"}
    parts |= {"thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "ToeBase"}
    known |= {f"{side}_{part}": side.title() + name for side in ("left", "right") for part, name in parts.items()}
    return [prefix + known[bone] for bone in walk.rest.bones]


@pytest.mark.parametrize("up", ("Y", "Z", "X"))
@pytest.mark.parametrize("scale", (1.0, 100.0, 39.37, 7.3))
def test_a_skeleton_whose_names_say_nothing(up: str, scale: float, walk: Moving, tmp_path: Path) -> None:
    take = take_from_any_bvh(saved(bvh_of(walk, names=unnamed(walk), up=up, scale=scale), tmp_path))
    assert take.frames == FRAMES and take.fps == pytest.approx(30.0)
    assert most_off(take, walk) < 0.2
    assert {"nose", "left_heel", "right_index_1", "spine", "left_foot_index"} <= set(take.joint_names)
    leg = np.linalg.norm(take.joint("left_knee") - take.joint("left_ankle"), axis=-1)
    np.testing.assert_allclose(leg, 0.42, rtol=0.02 if scale != 7.3 else 0.2)
    assert take.provenance["source"]["name"] == "clip.bvh"


def test_known_names_bring_head_and_hands_along(walk: Moving, tmp_path: Path) -> None:
    for prefix in ("mixamorig:", "Character1_Ctrl:", "a|b:"):
        take = take_from_any_bvh(saved(bvh_of(walk, names=mixamo(walk, prefix), scale=100.0), tmp_path))
        assert most_off(take, walk) < 0.2
        head = walk.turns[:, walk.rest.index("head")]
        ears = unit((take.joint("left_ear") - take.joint("right_ear")).astype(float))
        np.testing.assert_allclose(ears, head[..., 0], atol=2e-3)
        assert "left_pinky_1" in take.joint_names


def test_a_zero_pose_that_is_none_and_a_first_frame_that_stands(walk: Moving, tmp_path: Path) -> None:
    standing = replace(
        walk,
        turns=np.concatenate([np.tile(np.eye(3), (1, len(walk.rest.bones), 1, 1)), walk.turns]),
        heads=np.concatenate([walk.rest.heads()[None], walk.heads]),
    )
    take = take_from_any_bvh(saved(bvh_of(standing, names=unnamed(walk), seed=3), tmp_path))
    assert most_off(take, standing) < 0.2
    assert "nose" in take.joint_names  # the first frame tells how the head rests


def test_a_zero_pose_that_is_none_with_known_names(walk: Moving, tmp_path: Path) -> None:
    striding = replace(walk, turns=walk.turns[5:12], heads=walk.heads[5:12])
    take = take_from_any_bvh(saved(bvh_of(striding, names=mixamo(walk), seed=3), tmp_path))
    assert most_off(take, striding) < 0.2
    assert "left_ear" not in take.joint_names


def test_joints_with_positions_dummies_and_more_roots(walk: Moving, tmp_path: Path) -> None:
    bvh = bvh_of(walk, names=unnamed(walk), scale=100.0)
    poses = bvh.poses()
    names, parents, offsets = ["reference", "motion root"], [-1, 0], [np.zeros(3)] * 2
    channels: list[tuple[str, ...]] = [(*POSITIONS, *ROTATION), ()]
    columns = [np.zeros((FRAMES, 6))]
    starts = np.cumsum([0, *map(len, bvh.channels)])
    place = {-1: 1}
    for joint, name in enumerate(bvh.names):
        if not bvh.channels[joint]:
            continue  # no End Sites at all
        parent = bvh.parents[joint]
        if name in ("Joint 5", "Joint 9"):  # a joint without length before it
            names.append(f"dummy {joint}")
            parents.append(place[parent])
            offsets.append(bvh.offsets[joint])
            channels.append(ROTATION)
            columns.append(np.zeros((FRAMES, 3)))
            above, offset = len(names) - 1, np.zeros(3)
        else:
            above, offset = place[parent], bvh.offsets[joint]
        place[joint] = len(names)
        names.append(name)
        parents.append(above)
        offsets.append(offset)
        channels.append((*POSITIONS, *ROTATION))
        own = bvh.frames[:, starts[joint] : starts[joint + 1]]
        columns.append(own if parent < 0 else np.hstack([np.repeat(offset[None], FRAMES, 0), own]))
    rich = Bvh(tuple(names), tuple(parents), np.array(offsets), tuple(channels), np.hstack(columns), 1 / 30)
    np.testing.assert_allclose(rich.poses()[:, place[12], :3, 3], poses[:, 12, :3, 3], atol=1e-6)
    assert most_off(take_from_any_bvh(saved(rich, tmp_path)), walk) < 0.2


def test_hips_in_the_middle_of_what_they_carry(tmp_path: Path) -> None:
    """The mean of their children is where they are themselves."""
    rest = make_rig()
    centre = Moving(rest, np.tile(np.eye(3), (4, len(rest.bones), 1, 1)), np.tile(rest.heads(), (4, 1, 1)))
    bvh = bvh_of(centre, names=mixamo(centre))
    children = [j for j, parent in enumerate(bvh.parents) if parent == 0]
    bvh.offsets[children] -= bvh.offsets[children].mean(axis=0)
    take = take_from_any_bvh(saved(bvh, tmp_path))
    assert np.isfinite(take.joints).all() and "nose" in take.joint_names


def test_arms_that_hang_in_the_pose_of_the_offsets(walk: Moving, tmp_path: Path) -> None:
    """As Xsens and others write their files: such a person stands, too."""
    rest = make_rig(arm_degrees=90)
    standing = Moving(rest, np.tile(np.eye(3), (4, len(rest.bones), 1, 1)), np.tile(rest.heads(), (4, 1, 1)))
    take = take_from_any_bvh(saved(bvh_of(standing, names=mixamo(standing)), tmp_path))
    assert most_off(take, standing) < 0.2
    assert {"nose", "left_ear", "right_pinky_1"} <= set(take.joint_names)


def test_what_is_no_person_gets_a_sentence(tmp_path: Path) -> None:
    names = tuple(f"tail {k}" for k in range(6))
    offsets = np.tile([0.0, 0.0, 1.0], (6, 1))
    tail = Bvh(names, (-1, 0, 1, 2, 3, 4), offsets, ((*POSITIONS, *ROTATION), *[ROTATION] * 5), np.zeros((4, 21)), 0.1)
    with pytest.raises(PosewrightError, match=r"The skeleton of clip\.bvh is not understood: .*no legs"):
        take_from_any_bvh(saved(tail, tmp_path))


def test_a_turned_person_keeps_facing_where_they_did(walk: Moving, tmp_path: Path) -> None:
    turn = to_matrix(about(np.array([0.0, 0.0, 1.0]), np.array(2.0)))
    turned = replace(walk, turns=turn @ walk.turns, heads=walk.heads @ turn.T)
    take = take_from_any_bvh(saved(bvh_of(turned, names=unnamed(walk)), tmp_path))
    assert most_off(take, turned) < 0.2
