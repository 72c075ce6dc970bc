"""Fingers of a rig point as those of a motion, whatever their number of bones; without them they keep their rest."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.maps.parts import FINGERS
from posewright.rigging.rig import RigMap, RigRest
from posewright.rigging.rotations import about, rotate, unit
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, make_rig, mirrored, walking_take, with_knuckles

SPREAD = {"thumb": 0.045, "index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03}
PIECES = (0.04, 0.025, 0.02)


def fingered(count: int) -> RigRest:
    """Return a T-pose rig whose fingers have so many bones and point away from the arm; the index is ahead (-Y)."""
    bones = dict(BODY)
    for finger, ahead in SPREAD.items():
        parent, start = "left_hand", np.array([0.8, -ahead, 1.4])
        for k in range(count):
            end = start + np.array([sum(PIECES) / count, 0, 0])
            bones[f"left_{finger}{k + 1}"] = (parent, tuple(start), tuple(end))
            parent, start = f"left_{finger}{k + 1}", end
    return make_rig(mirrored(bones), seed=7)


def map_of(rest: RigRest) -> RigMap:
    digits = tuple("123456789")
    bones = {n: (n,) for n in rest.bones if n not in ("spine", "chest") and not n.endswith(digits)}
    for part in (f"{side}_{finger}" for side in ("left", "right") for finger in FINGERS):
        bones[part] = tuple(n for n in rest.bones if n.rstrip("123456789") == part)
    return RigMap(bones | {"spine": ("spine", "chest")})


def with_fingers(take: Take, curl: float, spread: float = 0.0, fingers: tuple[str, ...] = FINGERS) -> Take:
    """Return the take with hands whose fingers bend by ``curl`` degrees at each joint."""
    take = with_knuckles(take, 0.0)
    paths: dict[str, np.ndarray] = {n: take.joint(n).astype(float) for n in take.joint_names}
    for side in ("left", "right"):
        wrist, index, little = (paths[f"{side}_{n}"] for n in ("wrist", "index_1", "pinky_1"))
        along, line = unit((index + little) / 2 - wrist), unit(index - little)
        towards = -1.0 if side == "left" else 1.0
        for finger in fingers:
            place = wrist + 0.09 * along + SPREAD[finger] * line * (0.035 / 0.03)
            aside = about(np.cross(along, line), np.radians(spread * SPREAD[finger] / 0.03) * np.ones(len(along)))
            way, hinge = rotate(aside, along), rotate(aside, line)
            for k in range(4):
                paths[f"{side}_{finger}_{k + 1}"] = place
                way = rotate(about(hinge, np.radians(towards * curl) * np.ones(len(hinge))), way)
                place = place + (PIECES[k] if k < 3 else 0) * way
    return Take(np.stack(list(paths.values()), 1).astype(np.float32), tuple(paths), take.fps)


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), -1, 1)))


@pytest.mark.parametrize("curl", [0.0, 25.0, 70.0])
@pytest.mark.parametrize("spread", [0.0, 12.0])
def test_fingers_of_three_bones_point_as_the_persons(curl: float, spread: float) -> None:
    rest = fingered(3)
    take = with_fingers(walking_take(), curl, spread)
    heads = world_heads(rest, solve_rig(rest, map_of(rest), take))
    for side in ("left", "right"):
        for finger in FINGERS:
            for k in (1, 2):
                bone = heads[f"{side}_{finger}{k + 1}"] - heads[f"{side}_{finger}{k}"]
                wanted = take.joint(f"{side}_{finger}_{k + 1}") - take.joint(f"{side}_{finger}_{k}").astype(float)
                assert angles(bone, wanted).max() < (0.5 if spread == 0 else 12), (side, finger, k)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_fingers_of_other_numbers_of_bones_bend_as_far(count: int) -> None:
    rest = fingered(count)
    take = with_fingers(walking_take(), 30.0)
    motion = solve_rig(rest, map_of(rest), take)
    poses = rest.world @ pose_matrices(rest, motion)
    last = min(count, 3)
    b = rest.index(f"left_index{last}")
    start, end = poses[:, rest.index("left_index1"), :3, 3], poses[:, b, :3, 3] + poses[:, b, :3, 1] * rest.lengths[b]
    whole = take.joint("left_index_4").astype(float) - take.joint("left_index_1")
    assert angles(end - start, whole).max() < 12
    assert {f"left_index{k + 1}" for k in range(count)} <= set(motion.bones)


def test_fingers_do_not_twist() -> None:
    """A finger that only curls turns about one axis of its bones."""
    rest = fingered(3)
    motion = solve_rig(rest, map_of(rest), with_fingers(walking_take(), 40.0))
    for bone in ("left_middle2", "right_ring3"):
        turns = motion.rotations[:, motion.bones.index(bone)]
        along = np.array([0.0, 1.0, 0.0])  # a bone's own axis
        assert np.abs(turns[:, 1:] @ along).max() < 0.01


def test_some_fingers_and_none() -> None:
    rest = fingered(3)
    some = solve_rig(rest, map_of(rest), with_fingers(walking_take(), 40.0, fingers=("thumb", "index")))
    keyed = {bone for bone in some.bones if bone[-1].isdigit()}
    assert keyed == {f"{s}_{f}{k}" for s in ("left", "right") for f in ("thumb", "index") for k in (1, 2, 3)}
    for take in (walking_take(), with_knuckles(walking_take(), 0.0)):
        motion = solve_rig(rest, map_of(rest), take)
        assert not any(bone[-1].isdigit() for bone in motion.bones)
