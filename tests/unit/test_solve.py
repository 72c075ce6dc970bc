"""The solver: limbs point where the joints say, on rigs of any rest pose, roll, size and axes; nothing flips."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.errors import PosewrightError
from posewright.rigging import retarget
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, unit
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, make_rig, mirrored, walking_take

SEGMENTS = [
    ("upper_arm", "forearm", "shoulder", "elbow"),
    ("forearm", "hand", "elbow", "wrist"),
    ("thigh", "shin", "hip", "knee"),
    ("shin", "foot", "knee", "ankle"),
]
FLIPPED_AXES = about(np.array([1.0, 0.0, 0.0]), np.array(np.pi / 2))
TO_PLUS_X = about(np.array([0.0, 0.0, 1.0]), np.array(np.pi / 2))

RIGS = {
    "T-pose": make_rig(),
    "A-pose": make_rig(arm_degrees=45),
    "arms down": make_rig(arm_degrees=80),
    "arms up": make_rig(arm_degrees=-50),
    "random rolls": make_rig(arm_degrees=20, seed=3),
    "centimetres, Y up": make_rig(seed=5, scale=0.01, turn=FLIPPED_AXES),
    "twice as large": make_rig(seed=8, size=2.0, arm_degrees=30),
    "turned object": make_rig(seed=9, turn=TO_PLUS_X),
}


def identity_map(rest: RigRest) -> RigMap:
    bones = {name: (name,) for name in rest.bones if name not in ("spine", "chest")}
    return RigMap(bones | {"spine": ("spine", "chest")})


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), -1, 1)))


def limb_errors(heads: dict, take: Take) -> np.ndarray:
    errors = []
    for side in ("left", "right"):
        for a, b, c, d in SEGMENTS:
            bone = heads[f"{side}_{b}"] - heads[f"{side}_{a}"]
            errors.append(angles(bone, take.joint(f"{side}_{d}") - take.joint(f"{side}_{c}")))
    return np.array(errors)


def largest_step(motion: BoneMotion) -> float:
    dots = np.abs((motion.rotations[1:] * motion.rotations[:-1]).sum(-1))
    return float(np.degrees(2 * np.arccos(np.clip(dots, 0, 1))).max())


def without(take: Take, *cores: str) -> Take:
    keep = [i for i, n in enumerate(take.joint_names) if n not in cores and n.split("_", 1)[-1] not in cores]
    return Take(take.joints[:, keep], tuple(take.joint_names[i] for i in keep), take.fps)


@pytest.mark.parametrize("rest", RIGS.values(), ids=RIGS.keys())
def test_limbs_trunk_and_path_follow(rest: RigRest) -> None:
    take = walking_take()
    motion = solve_rig(rest, identity_map(rest), take, feet="never")
    heads = world_heads(rest, motion)
    assert limb_errors(heads, take).max() < 0.1  # degrees
    for a, b, c, d in (("left_thigh", "right_thigh", "left_hip", "right_hip"),):
        assert angles(heads[a] - heads[b], take.joint(c) - take.joint(d)).max() < 0.1
    shoulders = angles(
        heads["left_upper_arm"] - heads["right_upper_arm"], take.joint("left_shoulder") - take.joint("right_shoulder")
    )
    assert shoulders.mean() < 3
    middle = (heads["left_thigh"] + heads["right_thigh"]) / 2
    trunk = angles(heads["neck"] - middle, take.joint("thorax") - take.joint("pelvis"))
    assert trunk.mean() < 0.5
    rig_leg = np.mean([np.linalg.norm(heads["left_shin"] - heads["left_thigh"], axis=-1)]) + np.mean(
        np.linalg.norm(heads["left_foot"] - heads["left_shin"], axis=-1)
    )
    hips = take.joint("pelvis").astype(float) * rig_leg / 0.86
    level = (middle - middle[0] - (hips - hips[0]))[:, :2]
    assert np.abs(level).max() < 0.01 * rig_leg
    assert np.abs((middle - hips)[:, 2] - np.mean((middle - hips)[:, 2])).max() < 0.05 * rig_leg


def test_forward_kinematics_is_that_of_rest_without_motion() -> None:
    rest = RIGS["random rolls"]
    motion = BoneMotion(("spine",), np.tile([1.0, 0, 0, 0], (3, 1, 1)), {}, np.arange(3.0))
    np.testing.assert_allclose(
        pose_matrices(rest, motion), np.broadcast_to(rest.rest, (3, *rest.rest.shape)), atol=1e-9
    )


def test_rolls_do_not_change_the_pose_of_the_body() -> None:
    take = walking_take(20)
    heads = []
    for seed in (None, 1, 2):
        rest = make_rig(arm_degrees=35, seed=seed)
        heads.append(world_heads(rest, solve_rig(rest, identity_map(rest), take)))
    for name in heads[0]:
        np.testing.assert_allclose(heads[1][name], heads[0][name], atol=1e-6)
        np.testing.assert_allclose(heads[2][name], heads[0][name], atol=1e-6)


def test_same_rest_pose_gives_no_rotation() -> None:
    """A person who stands as the rig does leaves the rig as it is."""
    rest = make_rig(arm_degrees=40, seed=4)
    at = dict(zip(rest.bones, rest.heads(), strict=True))
    names = {
        "hip": "thigh",
        "knee": "shin",
        "ankle": "foot",
        "shoulder": "upper_arm",
        "elbow": "forearm",
        "wrist": "hand",
    }
    joints = {f"{s}_{j}": at[f"{s}_{b}"] for s in ("left", "right") for j, b in names.items()}
    joints["thorax"] = at["neck"]
    take = Take(np.tile(np.stack(list(joints.values())), (5, 1, 1)).astype(np.float32), tuple(joints), 30.0)
    motion = solve_rig(rest, identity_map(rest), take)
    turned = np.degrees(2 * np.arccos(np.clip(np.abs(motion.rotations[..., 0]), 0, 1)))
    assert turned.max() < 1.0
    assert np.abs(motion.locations["hips"]).max() < 0.005


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_straight_arms_do_not_flip(noise: float) -> None:
    """Arms swing over the head and through straight: the twist stays calm even if the bend is only noise."""
    take = walking_take(120)
    t = np.arange(120) / 30.0
    joints = take.joints.copy()
    rng = np.random.default_rng(2)
    for side, s in (("left", 1.0), ("right", -1.0)):
        names = [take.joint_names.index(f"{side}_{j}") for j in ("shoulder", "elbow", "wrist")]
        direction = np.stack([s * np.cos(2 * t), -0.3 + 0 * t, np.sin(2 * t)], -1)
        direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
        joints[:, names[1]] = joints[:, names[0]] + 0.3 * direction
        joints[:, names[2]] = joints[:, names[0]] + 0.56 * direction
    joints += rng.normal(0, noise, joints.shape)
    take = Take(joints.astype(np.float32), take.joint_names, 30.0)
    rest = RIGS["A-pose"]
    motion = solve_rig(rest, identity_map(rest), take, feet="never", hands="directions")
    assert limb_errors(world_heads(rest, motion), take).max() < 0.5
    assert largest_step(motion) < 25


def test_a_bent_elbow_lies_in_the_plane_of_the_rigs_hinge() -> None:
    """The forearm turns about the same axis of the upper arm in every frame: no twist hides in the elbow."""
    take = walking_take(60)
    rest = make_rig(seed=6)
    motion = solve_rig(rest, identity_map(rest), take)
    elbow = motion.rotations[:, motion.bones.index("left_forearm")]
    axis = unit(np.where(elbow[:, :1] < 0, -elbow, elbow)[:, 1:])
    assert np.degrees(2 * np.arccos(np.abs(elbow[:, 0]))).min() > 20  # it is bent
    assert angles(axis, np.broadcast_to(axis.mean(0), axis.shape)).max() < 8


FEWER = [
    ("heel",),
    ("foot_index", "heel"),
    ("nose",),
    ("head",),
    ("nose", "head", "neck"),
    ("spine",),
    ("thorax", "neck"),
    ("pelvis",),
    ("wrist",),
    ("elbow", "wrist"),
    ("knee", "ankle", "heel", "foot_index"),
]


@pytest.mark.parametrize("cores", FEWER, ids=" ".join)
def test_motion_with_fewer_joints(cores: tuple[str, ...]) -> None:
    take = without(walking_take(10), *cores)
    rest = RIGS["A-pose"]
    motion = solve_rig(rest, identity_map(rest), take)
    assert np.isfinite(motion.rotations).all()
    np.testing.assert_allclose(np.linalg.norm(motion.rotations, axis=-1), 1.0, atol=1e-9)
    assert all(np.isfinite(path).all() for path in motion.locations.values())


def test_one_frame_and_extra_joints() -> None:
    take = walking_take(1)
    extra = Take(
        np.repeat(take.joints, 2, axis=1)[:, : take.joints.shape[1] + 3], (*take.joint_names, "a", "b", "c"), 25
    )
    rest = RIGS["T-pose"]
    assert solve_rig(rest, identity_map(rest), extra).rotations.shape[0] == 1


def test_gaps_are_bridged() -> None:
    take = walking_take(30)
    joints = take.joints.copy()
    joints[10:14, take.joint_names.index("left_wrist")] = np.nan
    joints[:3] = np.nan
    motion = solve_rig(RIGS["A-pose"], identity_map(RIGS["A-pose"]), Take(joints, take.joint_names, take.fps))
    assert np.isfinite(motion.rotations).all()
    heads = world_heads(RIGS["A-pose"], motion)
    np.testing.assert_allclose(heads["left_hand"][0], heads["left_hand"][3], atol=0.01)  # held at the start


def test_motion_without_hips_gets_a_sentence() -> None:
    with pytest.raises(PosewrightError, match="left_hip"):
        solve_rig(RIGS["T-pose"], identity_map(RIGS["T-pose"]), without(walking_take(3), "hip"))


def test_motion_without_size_gets_a_sentence() -> None:
    take = walking_take(3)
    with pytest.raises(PosewrightError, match="one point"):
        solve_rig(RIGS["T-pose"], identity_map(RIGS["T-pose"]), Take(take.joints * 0, take.joint_names, 30.0))


def test_quaternion_signs_are_continuous() -> None:
    motion = solve_rig(RIGS["random rolls"], identity_map(RIGS["random rolls"]), walking_take(60))
    assert ((motion.rotations[1:] * motion.rotations[:-1]).sum(-1) > 0).all()


def test_standing_feet_stay_on_the_floor() -> None:
    """A long-shinned rig: thighs and shins built unlike the person's must not lift or sink the standing foot."""
    bones = dict(BODY)
    bones["left_thigh"] = ("hips", (0.1, 0, 0.92), (0.1, -0.01, 0.62))
    bones["left_shin"] = ("left_thigh", (0.1, -0.01, 0.62), (0.1, 0.01, 0.08))
    rest = make_rig(mirrored(bones), arm_degrees=40)
    t = np.linspace(0, 2, 60)
    drop = 0.15 * (1 - np.cos(np.pi * t)) / 2  # a knee bend on planted feet
    take = walking_take(60)
    joints = {n: np.tile(take.joint(n)[0].astype(float), (60, 1)) for n in take.joint_names}
    for side, s in (("left", 1.0), ("right", -1.0)):
        ankle = np.array([s * 0.1, 0, 0.08])
        hip = np.stack([np.full(60, s * 0.1), 0 * t, 0.93 - drop], -1)
        height = hip[:, 2] - ankle[2]
        forward = np.sqrt(np.maximum(0.43**2 - (height / 2) ** 2, 0))
        joints[f"{side}_hip"], joints[f"{side}_ankle"] = hip, np.tile(ankle, (60, 1))
        joints[f"{side}_knee"] = np.stack([hip[:, 0], -forward, (hip[:, 2] + ankle[2]) / 2], -1)
        joints[f"{side}_heel"] = np.tile(ankle + np.array([0, 0.06, -0.045]), (60, 1))
        joints[f"{side}_foot_index"] = np.tile(ankle + np.array([0, -0.13, -0.055]), (60, 1))
    motion = solve_rig(rest, identity_map(rest), Take(np.stack(list(joints.values()), 1), tuple(joints), 30.0))
    heads = world_heads(rest, motion)
    ankles = np.stack([heads["left_foot"][:, 2], heads["right_foot"][:, 2]])
    assert np.abs(ankles - 0.08).max() < 0.01


def test_feet_that_are_not_below_the_shins() -> None:
    """Feet at the root of the rig are carried by location keys."""
    bones = mirrored(BODY)
    for side in ("left", "right"):
        bones[f"{side}_foot"] = (None, *bones[f"{side}_foot"][1:])
    bones = {k: bones[k] for k in sorted(bones, key=lambda k: (not k.endswith("foot"), list(bones).index(k)))}
    rest = make_rig(bones)
    motion = solve_rig(rest, identity_map(rest), walking_take(20), feet="never")
    assert {"left_foot", "right_foot", "hips"} <= set(motion.locations)
    heads = world_heads(rest, motion)
    gap = np.linalg.norm(heads["left_foot"] - heads["left_shin"], axis=-1)
    np.testing.assert_allclose(gap, gap[0], atol=1e-9)
    assert limb_errors(heads, walking_take(20)).max() < 0.1


def test_connected_hips_move_by_the_bone_above() -> None:
    bones = {"root": (None, (0, 0, 0.5), (0, 0, 0.95))} | mirrored(BODY)
    bones["hips"] = ("root", *bones["hips"][1:])
    rest = make_rig(bones)
    rest.connected = np.array([name == "hips" for name in rest.bones])
    rig_map = identity_map(rest)
    del rig_map.bones["root"]
    motion = solve_rig(rest, rig_map, walking_take(20), feet="never")
    assert set(motion.locations) == {"root"}
    assert limb_errors(world_heads(rest, motion), walking_take(20)).max() < 0.1


@pytest.mark.parametrize("clip", ["s1_walk_side", "s2_dance_arms", "s3_jump_angle", "s4_reach_bend"])
def test_captured_motion(shared, clip: str) -> None:
    """True motion with joints named otherwise (head_top, toe_base): limbs exact, calm, on the floor."""
    take = Take.load(shared / "clips" / "synthetic" / "truth" / f"{clip}_full.npz")
    rest = RIGS["A-pose"]
    motion, rig_map = retarget(take, rest)
    assert set(rig_map.bones) >= set(identity_map(rest).bones)
    heads = world_heads(rest, motion)
    errors = limb_errors(heads, take)
    arms = errors[[0, 1, 4, 5]]
    assert arms.max() < 10.5 and np.median(arms) < 0.1  # they give way only where hands meet
    assert np.percentile(errors, 95) < 7 and errors.mean() < 1  # legs give way for feet that stand
    bones = [(f"{side}_{c}", f"{side}_{d}") for side in ("left", "right") for *_, c, d in SEGMENTS]
    paths = [unit(take.joint(b).astype(float) - take.joint(a)) for a, b in bones]
    own = max(angles(path[1:], path[:-1]).max() for path in paths)
    assert largest_step(motion) < 15 + 1.5 * own
    toes = np.stack([heads["left_toe"][:, 2], heads["right_toe"][:, 2]]).min(0)
    assert np.percentile(toes, 2) > -0.03
