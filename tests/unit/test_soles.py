"""Soles from the skin: heels, toes that give way to the floor, boots that are long for their legs."""

import itertools

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices
from posewright.rigging.rig import RigMap, RigRest
from posewright.rigging.rotations import about
from posewright.rigging.solver.anatomy import RigBody
from posewright.rigging.solver.feet import bent_up
from posewright.rigging.solver.soles import sole_of
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, make_rig, mirrored

FOOT = np.array(list(itertools.product((-0.04, 0.04), (-0.1, 0.1), (0.0, 0.08))))  # a box around the ankle
TOES = np.array(list(itertools.product((-0.04, 0.04), (-0.26, -0.14), (0.0, 0.03))))


def with_boots(rest: RigRest, *, toes: bool = True) -> RigRest:
    """Give the feet of a rig a skin: boxes that stand on the floor."""
    edges = np.full((len(rest.bones), len(FOOT), 3), np.nan)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        middle = np.array([sign * 0.1, 0.0, 0.0])
        edges[rest.index(f"{side}_foot")] = FOOT + middle
        if toes:
            edges[rest.index(f"{side}_toe")] = TOES + middle
        else:
            edges[rest.index(f"{side}_foot"), ::2] = TOES[::2] + middle
    rest.skin_edges = edges
    return rest


def without_toes() -> tuple[RigRest, RigMap]:
    rest = make_rig({name: bone for name, bone in mirrored(BODY).items() if not name.endswith("toe")})
    return with_boots(rest, toes=False), map_of(rest)


def map_of(rest: RigRest) -> RigMap:
    bones = {name: (name,) for name in rest.bones if name not in ("spine", "chest")}
    return RigMap(bones | {"spine": ("spine", "chest")})


def tiptoeing(frames: int = 60) -> Take:
    """Return a person who stands on the right foot and rises from the left heel, by 45 degrees over the ball."""
    still, angle = np.zeros(frames), np.clip(np.arange(frames) / 20, 0, 1) * np.radians(45)
    joints: dict[str, np.ndarray] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn = angle if side == "left" else still
        ball = np.array([sign * 0.1, -0.13, 0.03])
        for joint, back, up in (("ankle", 0.13, 0.055), ("heel", 0.19, 0.0), ("foot_index", 0.0, 0.0)):
            way = (back * np.cos(turn) - up * np.sin(turn), back * np.sin(turn) + up * np.cos(turn))
            joints[f"{side}_{joint}"] = ball + np.stack([still, *way], -1)
        hip, ankle = np.tile([sign * 0.1, 0.0, 0.92], (frames, 1)), joints[f"{side}_ankle"]
        half = np.linalg.norm(hip - ankle, axis=-1) / 2
        bend = np.sqrt(np.maximum(0.43**2 - half**2, 0.0))
        joints[f"{side}_hip"] = hip
        joints[f"{side}_knee"] = (hip + ankle) / 2 + bend[:, None] * np.array([0.0, -1.0, 0.0])
        joints[f"{side}_shoulder"] = hip + np.array([sign * 0.08, 0, 0.5])
    contacts = np.ones((frames, 4), np.float32)
    contacts[1:, 0] = 0  # the left heel
    contacts[25:, 1] = 0  # its ball
    return Take(np.stack(list(joints.values()), 1).astype(np.float32), tuple(joints), 30.0, contacts=contacts)


def lowest(rest: RigRest, rig_map: RigMap, take: Take, bone: str) -> np.ndarray:
    """Return the height (F,) of the lowest point of what a bone moves."""
    assert rest.skin_edges is not None
    b = rest.index(bone)
    points = np.linalg.inv(rest.rest[b]) @ np.c_[rest.skin_edges[b], np.ones(len(FOOT))].T
    poses = rest.world @ pose_matrices(rest, solve_rig(rest, rig_map, take))
    return (poses[:, b] @ points)[:, 2].min(-1)


def test_the_skin_shows_the_heel() -> None:
    rest = with_boots(make_rig())
    sole = sole_of(RigBody(rest, map_of(rest)), "left")
    np.testing.assert_allclose(sole.heel, [0.1, 0.1, 0.0], atol=1e-9)
    rest.skin_edges = None
    bare = sole_of(RigBody(rest, map_of(rest)), "left")
    assert bare.heel[1] == pytest.approx(0.01 + 0.35 * 0.14) and bare.heel[2] == bare.ball[2]


def test_toes_do_not_sink_into_the_floor() -> None:
    """In the stance they lie flat; while the foot leaves the floor they give way."""
    rest = with_boots(make_rig(seed=3))
    height = lowest(rest, map_of(rest), tiptoeing(), "left_toe")
    assert height.min() > -0.013  # what a foot in the air may sink: 1.5 % of the leg
    assert np.abs(height[:20]).max() < 0.004


def test_toes_give_way_softly() -> None:
    """A foot that points down and comes to the floor within two frames does not snap its toes up."""
    take = tiptoeing()
    assert take.contacts is not None
    joints, contacts = take.joints.copy(), take.contacts.copy()
    contacts[:, :2] = 0
    up = np.interp(np.arange(60), [0, 30, 32, 60], [0.2, 0.2, 0.0, 0.0])
    for joint in ("left_ankle", "left_heel", "left_foot_index"):
        joints[:, take.joint_names.index(joint), 2] += up
    rest = with_boots(make_rig(seed=3))
    motion = solve_rig(rest, map_of(rest), Take(joints, take.joint_names, 30.0, contacts=contacts))
    toe = motion.rotations[:, motion.bones.index("left_toe")]
    bend = 2 * np.degrees(np.arccos(np.clip(np.abs(toe[:, 0]), 0, 1)))
    assert bend[:25].max() < 6 and bend[-1] > 20
    assert np.abs(np.diff(bend)).max() < 12


def test_a_foot_without_toes_is_not_put_through_the_floor() -> None:
    rest, rig_map = without_toes()
    height = lowest(rest, rig_map, tiptoeing(), "left_foot")
    assert height.min() > -0.06  # the ball rolls, the stiff tip sinks a little; 0.09 with the whole roll


def test_bending_up_reaches_the_floor_and_not_more() -> None:
    """A tip 0.1 m ahead of a joint 0.03 m over the floor, of a foot that points down."""
    pitch = np.radians([-20.0, 0.0, 10.0, 40.0, 80.0])
    turns = about(np.array([1.0, 0.0, 0.0]), pitch)  # faces -Y: about +X it goes down
    joint = np.tile([0.0, 0.0, 0.03], (5, 1))
    forward = np.array([0.0, -1.0, 0.0])
    angle = bent_up(turns, joint, np.array([[0.0, -0.1, 0.0]]), forward, np.zeros(5))
    np.testing.assert_allclose(angle[:3], 0, atol=1e-9)
    left = pitch[3:] - angle[3:]
    np.testing.assert_allclose(np.sin(np.minimum(left, np.arcsin(0.3))) * 0.1, 0.03, atol=1e-9)
