"""Twist along limbs is shared by the bones there: no joint is wrung, in the chain or beside it, and nothing jumps."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, multiply, rotate, unit
from posewright.rigging.solver.solve import solve_rig
from posewright.rigging.solver.twists import twist_angle
from synthetic_rigs import BODY, make_rig, mirrored, walking_take, with_knuckles

X = np.array([1.0, 0.0, 0.0])


def with_bones(beside: bool) -> RigRest:
    """Return a rig with two bones along upper arm, forearm, thigh and shin, in the chain or helpers beside it."""
    bones: dict[str, tuple] = {}
    halves = {"upper_arm": "forearm", "forearm": "hand", "thigh": "shin", "shin": "foot"}
    for name, (parent, head, tail) in BODY.items():
        core = name.split("_", 1)[-1]
        above = parent
        if not beside and parent is not None and parent.startswith("left_") and halves.get(parent[5:]) == core:
            above = f"{parent}_twist"
        bones[name] = (above, head, tail)
        if core in halves:
            middle = tuple((np.array(head) + np.array(BODY[f"left_{halves[core]}"][1])) / 2)
            bones[f"{name}_twist"] = (name, middle, BODY[f"left_{halves[core]}"][1])
    return make_rig(mirrored(bones), arm_degrees=0, seed=4)


def map_of(rest: RigRest, beside: bool) -> RigMap:
    bones = {n: (n,) for n in rest.bones if n not in ("spine", "chest") and (beside or not n.endswith("_twist"))}
    return RigMap(bones | {"spine": ("spine", "chest")})


def world_turn(rest: RigRest, motion: BoneMotion, bone: str) -> np.ndarray:
    b = rest.index(bone)
    return pose_matrices(rest, motion)[:, b, :3, :3] @ rest.rest[b, :3, :3].T


def twist_between(rest: RigRest, motion: BoneMotion, a: str, b: str, axis: np.ndarray) -> np.ndarray:
    """Return the degrees (F,) by which bone ``b`` is twisted against ``a`` about an axis at rest."""
    relative = np.swapaxes(world_turn(rest, motion, a), -1, -2) @ world_turn(rest, motion, b)
    w = np.sqrt(np.maximum(1 + np.trace(relative, axis1=-2, axis2=-1), 1e-12)) / 2
    vector = np.stack([relative[:, i, j] - relative[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], -1)
    return np.degrees(2 * np.arctan2(vector @ axis / (4 * w), w))


@pytest.mark.parametrize("beside", [False, True], ids=["in the chain", "beside it"])
@pytest.mark.parametrize("twist", [-90.0, 90.0])
def test_a_hand_turned_by_90_degrees_wrings_no_joint(beside: bool, twist: float) -> None:
    rest = with_bones(beside)
    motion = solve_rig(rest, map_of(rest, beside), with_knuckles(walking_take(), twist))
    pairs = [("forearm", "forearm_twist"), ("forearm_twist", "hand")]
    for side, axis in (("left", X), ("right", -X)):
        found = [twist_between(rest, motion, f"{side}_{a}", f"{side}_{b}", axis) for a, b in pairs]
        assert max(np.median(np.abs(angles)) for angles in found) < 60
        assert np.median(np.abs(sum(found))) > 40  # and yet the hand is turned


@pytest.mark.parametrize("beside", [False, True], ids=["in the chain", "beside it"])
def test_upper_arms_and_thighs_turn_from_the_trunk_on(beside: bool) -> None:
    """The bone near the shoulder or hip has about half of the twist that the elbow or knee needs."""
    rest, plain = with_bones(beside), make_rig(seed=4)
    take = walking_take()
    motion = solve_rig(rest, map_of(rest, beside), take)
    own = solve_rig(
        plain,
        RigMap({n: (n,) for n in plain.bones if n not in ("spine", "chest")} | {"spine": ("spine", "chest")}),
        take,
    )
    for part, above, axis in (
        ("left_upper_arm", "left_clavicle", X),
        ("left_thigh", "hips", np.array([0.0, 0.0, -1.0])),
    ):
        whole = twist_between(plain, own, above, part, axis)
        near = f"{part}_twist" if beside else part
        share = twist_between(rest, motion, above, near, axis)
        np.testing.assert_allclose(share, (0.75 if beside else 0.5) * whole, atol=4)
    heads = [world_heads(rest, motion), world_heads(plain, own)]
    for bone in plain.bones:
        np.testing.assert_allclose(heads[0][bone], heads[1][bone], atol=2e-3)


def test_helpers_that_constraints_hold_are_not_keyed() -> None:
    rest = with_bones(True)
    rest.constrained = np.array([name.endswith("forearm_twist") for name in rest.bones])
    motion = solve_rig(rest, map_of(rest, True), with_knuckles(walking_take(), 60))
    assert "left_forearm_twist" not in motion.bones
    assert "left_upper_arm_twist" in motion.bones


def test_an_arm_that_swings_all_around_keeps_its_bones_calm() -> None:
    """Through the direction opposite to rest, where a twist means nothing, no bone jumps."""
    rest = with_bones(False)
    take = walking_take(120)
    joints = take.joints.copy()
    angle = np.linspace(0, 2 * np.pi, 120)
    shoulder, elbow, wrist = (take.joint_names.index(f"left_{name}") for name in ("shoulder", "elbow", "wrist"))
    way = np.stack([np.cos(angle), -np.sin(angle), 0.1 + 0 * angle], -1)
    bent = unit(way + np.array([0, 0, 0.8]))
    joints[:, elbow] = joints[:, shoulder] + 0.3 * unit(way)
    joints[:, wrist] = joints[:, elbow] + 0.26 * bent
    motion = solve_rig(rest, map_of(rest, False), Take(joints.astype(np.float32), take.joint_names, take.fps))
    for bone in ("left_upper_arm", "left_upper_arm_twist", "left_forearm"):
        turns = world_turn(rest, motion, bone)
        steps = np.trace(np.swapaxes(turns[1:], -1, -2) @ turns[:-1], axis1=-2, axis2=-1)
        assert np.degrees(np.arccos(np.clip((steps - 1) / 2, -1, 1))).max() < 30


def test_twist_is_followed_over_half_a_turn() -> None:
    angle = np.linspace(-1, 4, 200)
    swing = about(np.array([0.0, 1.0, 0.0]), np.full(200, 0.8))
    turns = multiply(swing, about(X, angle))
    turns *= np.where(np.arange(200) % 7 < 3, -1, 1)[:, None]  # the sign of a quaternion means nothing
    np.testing.assert_allclose(twist_angle(turns, X), angle, atol=1e-9)
    np.testing.assert_allclose(rotate(swing, X), rotate(turns, X), atol=1e-9)


def test_an_arm_that_is_straightened_a_little_too_far_does_not_spin(shared) -> None:
    """A dancer's arm passes through straight and some degrees beyond: its twist stays within what shoulders can do."""
    take = Take.load(shared / "clips" / "synthetic" / "truth" / "s2_dance_arms_full.npz")
    rest = make_rig(arm_degrees=40)
    motion = solve_rig(rest, map_of(rest, False), take)
    for side in ("left", "right"):
        at_rest = dict(zip(rest.bones, rest.heads(), strict=True))
        axis = unit(at_rest[f"{side}_forearm"] - at_rest[f"{side}_upper_arm"])
        twist = twist_between(rest, motion, f"{side}_clavicle", f"{side}_upper_arm", axis)
        assert np.abs(twist).max() < 110
        assert np.abs(np.diff(twist)).max() < 30
