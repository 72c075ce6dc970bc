"""Hands, forearms and heads of a rig turn as knuckles and ears of a motion say; motions without them are as before."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, from_matrix, rotate, to_matrix, unit
from posewright.rigging.solver.solve import solve_rig
from posewright.rigging.solver.targets import HEAD_POINTS
from synthetic_rigs import BODY, make_rig, mirrored, walking_take, with_knuckles

RIGS = {
    "T-pose": make_rig(),
    "A-pose, rolls": make_rig(arm_degrees=40, seed=3),
    "centimetres": make_rig(scale=0.01, seed=5),
}


def map_of(rest: RigRest) -> RigMap:
    bones = {name: (name,) for name in rest.bones if name not in ("spine", "chest") and "finger" not in name}
    return RigMap({k: v for k, v in bones.items() if "_wrist" not in k} | {"spine": ("spine", "chest")})


def turns_of(rest: RigRest, motion: BoneMotion, bone: str) -> np.ndarray:
    """Return the world turn (F,3,3) of a bone from rest."""
    axes = rest.world_rotation()
    b = rest.index(bone)
    turn = pose_matrices(rest, motion)[:, b, :3, :3] @ rest.rest[b, :3, :3].T
    return axes @ turn @ axes.T


def degrees(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    trace = np.trace(np.swapaxes(a, -1, -2) @ b, axis1=-2, axis2=-1)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


@pytest.mark.parametrize("rest", RIGS.values(), ids=RIGS.keys())
@pytest.mark.parametrize("twist", [-70.0, 0.0, 70.0])
def test_twist_is_the_hands_and_half_the_forearms(rest: RigRest, twist: float) -> None:
    take = walking_take()
    before = solve_rig(rest, map_of(rest), take)
    after = solve_rig(rest, map_of(rest), with_knuckles(take, twist))
    for side in ("left", "right"):
        forearm = turns_of(rest, before, f"{side}_forearm")
        along = unit(take.joint(f"{side}_wrist").astype(float) - take.joint(f"{side}_elbow"))
        for bone, share in (("forearm", 0.5), ("hand", 1.0)):
            wanted = to_matrix(about(along, share * np.radians(twist) * np.ones(len(along)))) @ forearm
            off = degrees(turns_of(rest, after, f"{side}_{bone}"), wanted)
            assert np.median(off) < 2 and off.max() < 50  # some elbows are nearly straight and keep their plane
    heads = [world_heads(rest, motion) for motion in (before, after)]
    for bone in rest.bones:
        np.testing.assert_allclose(heads[0][bone], heads[1][bone], atol=1e-6)


def test_motion_without_knuckles_leaves_hands_on_their_forearms() -> None:
    rest = RIGS["A-pose, rolls"]
    motion = solve_rig(rest, map_of(rest), walking_take())
    for side in ("left", "right"):
        assert f"{side}_hand" not in motion.bones or np.allclose(
            turns_of(rest, motion, f"{side}_hand"), turns_of(rest, motion, f"{side}_forearm")
        )


def test_fingers_of_the_rig_tell_how_its_hands_rest() -> None:
    """A rig that rests with its thumbs up: the line of its knuckles still follows that of the motion."""
    bones = dict(BODY)
    bones["left_index_finger"] = ("left_hand", (0.8, 0, 1.43), (0.84, 0, 1.43))
    bones["left_little_finger"] = ("left_hand", (0.8, 0, 1.37), (0.83, 0, 1.37))
    rest = make_rig(mirrored(bones), seed=2)
    take = with_knuckles(walking_take(), 30)
    heads = world_heads(rest, solve_rig(rest, map_of(rest), take))
    for side in ("left", "right"):
        line = unit(heads[f"{side}_index_finger"] - heads[f"{side}_little_finger"])
        wanted = unit(take.joint(f"{side}_index_1").astype(float) - take.joint(f"{side}_pinky_1"))
        assert np.degrees(np.arccos(np.clip((line * wanted).sum(-1), -1, 1))).max() < 0.1


def test_bones_between_elbow_and_wrist_share_the_twist() -> None:
    bones = dict(BODY)
    bones["left_wrist_bone"] = ("left_forearm", (0.59, 0, 1.4), (0.72, 0, 1.4))
    bones["left_hand"] = ("left_wrist_bone", *BODY["left_hand"][1:])
    rest = make_rig(mirrored(bones))
    take = with_knuckles(walking_take(), 60)
    before = turns_of(rest, solve_rig(rest, map_of(rest), walking_take()), "left_forearm")
    motion = solve_rig(rest, map_of(rest), take)
    for bone, wanted in (("left_forearm", 15), ("left_wrist_bone", 45), ("left_hand", 60)):
        assert abs(np.median(degrees(turns_of(rest, motion, bone), before)) - wanted) < 2


def test_a_hand_of_several_palms_turns_as_one() -> None:
    bones = dict(BODY)
    bones["left_other_palm"] = ("left_forearm", BODY["left_hand"][1], (0.82, 0, 1.43))
    bones["left_finger"] = ("left_other_palm", (0.82, 0, 1.43), (0.86, 0, 1.43))
    rest = make_rig(mirrored(bones), seed=1)
    rig_map = RigMap({k: v for k, v in map_of(rest).bones.items() if not k.endswith(("palm", "finger"))})
    motion = solve_rig(rest, rig_map, with_knuckles(walking_take(), 50))
    for bone in ("left_other_palm", "left_finger"):
        assert degrees(turns_of(rest, motion, bone), turns_of(rest, motion, "left_hand")).max() < 1e-3


def test_a_twist_of_half_a_turn_stays_continuous() -> None:
    take = walking_take(90)
    knuckles = [with_knuckles(take, twist).joints for twist in np.linspace(-120, 120, 90)]
    joints = np.stack([frames[k] for k, frames in enumerate(knuckles)])
    rest = RIGS["T-pose"]
    motion = solve_rig(rest, map_of(rest), Take(joints, with_knuckles(take, 0).joint_names, take.fps))
    plain = solve_rig(rest, map_of(rest), take)
    for bone in ("left_forearm", "left_hand"):
        own = turns_of(rest, plain, "left_forearm")
        turn = turns_of(rest, motion, bone)
        assert degrees(turn[1:], turn[:-1]).max() < 12 + degrees(own[1:], own[:-1]).max()


def test_head_turns_as_nose_ears_and_top_say() -> None:
    take = walking_take()
    rest = RIGS["T-pose"]
    t = np.arange(take.frames) / take.fps
    wanted = about(np.array([0.0, 0.0, 1.0]), 0.6 * np.sin(2 * t))
    bent = take.joint("thorax").astype(float) + 0.04 * np.sin(t)[:, None]  # a neck that bends by itself
    joints = take.joints.copy()
    extra = []
    for name in ("nose", "head", "left_ear", "right_ear"):
        left, up, forward = HEAD_POINTS[name]
        path = bent + rotate(wanted, np.array([left, -forward, up]))
        if name in take.joint_names:
            joints[:, take.joint_names.index(name)] = path
        else:
            extra.append(path[:, None].astype(np.float32))
    names = (*take.joint_names, "left_ear", "right_ear")
    motion = solve_rig(rest, map_of(rest), Take(np.concatenate([joints, *extra], 1), names, take.fps))
    turn = from_matrix(turns_of(rest, motion, "head"))
    assert degrees(to_matrix(turn), to_matrix(wanted)).max() < 1.5
