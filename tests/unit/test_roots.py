"""Root motion: on the hips, on a root bone, in place; and a start where the character stands."""

from dataclasses import replace

import numpy as np
import pytest
from posewright.errors import PosewrightError
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, rotate, to_matrix, unit
from posewright.rigging.solver.anatomy import RigBody
from posewright.rigging.solver.roots import start_at_character, with_root_motion
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, make_rig, mirrored, walking_take

TURNED = about(np.array([0.0, 0.0, 1.0]), np.array(0.9))
FLIPPED = about(np.array([1.0, 0.0, 0.0]), np.array(np.pi / 2))


def rig_with_root(**how) -> tuple[RigRest, RigMap]:
    bones = {"root": (None, (0, 0, 0), (0, 0.3, 0))} | mirrored(BODY)
    bones["hips"] = ("root", *bones["hips"][1:])
    rest = make_rig(bones, **how)
    parts = {name: (name,) for name in rest.bones if name not in ("root", "spine", "chest")}
    return rest, RigMap(parts | {"spine": ("spine", "chest")})


def solved(rest: RigRest, rig_map: RigMap) -> BoneMotion:
    return solve_rig(rest, rig_map, walking_take(), feet="never")


RIGS = [{"seed": 2}, {"seed": 3, "scale": 0.01, "turn": FLIPPED}, {"seed": 4, "turn": TURNED, "size": 1.4}]


@pytest.mark.parametrize("how", RIGS)
def test_a_root_bone_takes_the_travel_and_the_body_stays_where_it_was(how: dict) -> None:
    rest, rig_map = rig_with_root(**how)
    before = solved(rest, rig_map)
    after = with_root_motion(rest, before, "hips", "bone")[0]
    assert after.bones[0] == "root"
    a, b = (rest.world @ pose_matrices(rest, motion) for motion in (before, after))
    keyed = [rest.index(bone) for bone in before.bones]
    assert np.abs(a[:, keyed] - b[:, keyed]).max() < 1e-9
    root, hips = b[:, rest.index("root"), :3, 3], b[:, rest.index("hips"), :3, 3]
    assert np.abs(root[:, 2] - rest.heads()[rest.index("root"), 2]).max() < 1e-9  # on the floor
    assert np.linalg.norm((root - hips)[:, :2], axis=-1).max() < 1e-9  # under the hips


@pytest.mark.parametrize("how", RIGS)
def test_the_root_bone_faces_where_the_body_does(how: dict) -> None:
    rest, rig_map = rig_with_root(**how)
    after = with_root_motion(rest, solved(rest, rig_map), "hips", "bone")[0]
    pose = rest.world @ pose_matrices(rest, after)

    def level(matrices: np.ndarray) -> np.ndarray:
        turn = matrices[..., :3, :3] @ np.linalg.inv((rest.world @ rest.rest)[rest.index("root"), :3, :3])
        return unit(turn @ np.array([1.0, 0.0, 0.0]) * [1, 1, 0])

    take = walking_take()
    line = unit((take.joint("left_hip") - take.joint("right_hip")) * [1, 1, 0])
    at_rest = rest.heads()[rest.index("left_thigh")] - rest.heads()[rest.index("right_thigh")]
    facing = np.stack([line[:, 0], line[:, 1]], -1)
    root = level(pose[:, rest.index("root")])
    start = unit(at_rest * [1, 1, 0])
    angle = np.arctan2(root[:, 1], root[:, 0]) + np.arctan2(start[1], start[0])
    error = np.degrees(np.angle(np.exp(1j * (angle - np.arctan2(facing[:, 1], facing[:, 0])))))
    assert np.abs(error).max() < 6  # it is smoothed


@pytest.mark.parametrize("how", RIGS)
def test_in_place_the_hips_stay_over_one_point_and_everything_else_is_the_same(how: dict) -> None:
    rest, rig_map = rig_with_root(**how)
    before = solved(rest, rig_map)
    after = with_root_motion(rest, before, "hips", "in-place")[0]
    assert after.bones == before.bones
    a, b = (world_heads(rest, motion) for motion in (before, after))
    assert np.abs(b["hips"][:, :2] - rest.heads()[rest.index("hips"), :2]).max() < 1e-9
    for bone in ("left_foot", "head", "right_hand"):
        assert np.abs((a[bone] - a["hips"]) - (b[bone] - b["hips"])).max() < 1e-9
    assert np.abs(a["hips"][:, 2] - b["hips"][:, 2]).max() < 1e-9


def test_location_keys_may_count_in_the_axes_above() -> None:
    rest, rig_map = rig_with_root(seed=7)
    rest = replace(rest, local_location=np.array([bone not in ("root", "hips") for bone in rest.bones]))
    before = solved(rest, rig_map)
    after = with_root_motion(rest, before, "hips", "bone")[0]
    a, b = (rest.world @ pose_matrices(rest, motion) for motion in (before, after))
    keyed = [rest.index(bone) for bone in before.bones]
    assert np.abs(a[:, keyed] - b[:, keyed]).max() < 1e-9
    head = rest.heads()[rest.index("root"), 2]
    assert np.abs(b[:, rest.index("root"), 2, 3] - head).max() < 1e-9


@pytest.mark.parametrize("how", RIGS)
def test_the_object_takes_the_travel_and_the_body_stays_where_it_was(how: dict) -> None:
    rest = make_rig(**how)
    rig_map = RigMap({n: (n,) for n in rest.bones if n not in ("spine", "chest")} | {"spine": ("spine", "chest")})
    before = solved(rest, rig_map)
    after, travel = with_root_motion(rest, before, "hips", "object")
    assert travel is not None and after.bones == before.bones
    moves = np.tile(np.eye(4), (len(travel.times), 1, 1))
    moves[:, :3, :3], moves[:, :3, 3] = to_matrix(travel.turns), travel.shifts
    a = rest.world @ pose_matrices(rest, before)
    b = moves[:, None] @ rest.world @ pose_matrices(rest, after)
    assert np.abs(a - b).max() < 1e-9
    assert np.abs(world_heads(rest, after)["hips"][:, :2] - rest.heads()[0, :2]).max() < 1e-9
    assert np.ptp(travel.shifts[:, 2]) == 0


def test_a_rig_without_a_bone_above_its_hips_gets_a_sentence() -> None:
    rest = make_rig()
    rig_map = RigMap({n: (n,) for n in rest.bones if n not in ("spine", "chest")} | {"spine": ("spine", "chest")})
    with pytest.raises(PosewrightError, match="no bone above hips for the root motion"):
        with_root_motion(rest, solved(rest, rig_map), "hips", "bone")


def test_feet_that_hang_on_the_root_go_with_it() -> None:
    rest, rig_map = rig_with_root(seed=6)
    parents = rest.parents.copy()
    for side in ("left", "right"):
        parents[rest.index(f"{side}_foot")] = rest.index("root")
    rest = replace(rest, parents=parents)
    before = solved(rest, rig_map)
    after = with_root_motion(rest, before, "hips", "bone")[0]
    a, b = (world_heads(rest, motion) for motion in (before, after))
    assert np.abs(a["left_toe"] - b["left_toe"]).max() < 1e-9


@pytest.mark.parametrize("how", RIGS)
def test_the_motion_starts_where_the_character_stands_and_faces(how: dict) -> None:
    rest, rig_map = rig_with_root(**how)
    rest = replace(rest, world=np.array([[1, 0, 0, 3.0], [0, 1, 0, -2.0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ rest.world)
    rig = RigBody(rest, rig_map)
    take, matrix = start_at_character(walking_take(), rig)
    heads = world_heads(rest, solve_rig(rest, rig_map, take, feet="never"))
    middle = (heads["left_thigh"] + heads["right_thigh"]) / 2
    assert np.abs((middle[0] - rig.hip_middle)[:2]).max() < 2e-3
    line = unit((heads["left_thigh"] - heads["right_thigh"])[0] * [1, 1, 0])
    assert float(line @ unit(rig.left * [1, 1, 0])) > np.cos(np.radians(0.5))
    there = world_heads(rest, solve_rig(rest, rig_map, walking_take(), feet="never"))["head"]
    moved = rotate(about(np.array([0.0, 0.0, 1.0]), np.arctan2(matrix[1, 0], matrix[0, 0])), there) + matrix[:3, 3]
    assert np.abs(moved - heads["head"]).max() < 2e-3
