"""Hands that meet in the motion meet on rigs with other shoulders and arms, and arms give way little for it."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import world_heads
from posewright.rigging.rig import RigMap, RigRest
from posewright.rigging.rotations import unit
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, make_rig, mirrored, walking_take

FRAMES = 60
ARM = 0.28 + 0.26


def rig(shoulder: float, stretch: float = 1.0) -> RigRest:
    """Return a rig with shoulders so far from its middle, and upper arms of another length."""
    bones = dict(BODY)
    elbow = shoulder + 0.28 * stretch
    bones["left_clavicle"] = ("chest", (0.02, 0, 1.4), (shoulder, 0, 1.4))
    bones["left_upper_arm"] = ("left_clavicle", (shoulder, 0, 1.4), (elbow, 0, 1.4))
    bones["left_forearm"] = ("left_upper_arm", (elbow, 0, 1.4), (elbow + 0.26, 0, 1.4))
    bones["left_hand"] = ("left_forearm", (elbow + 0.26, 0, 1.4), (elbow + 0.36, 0, 1.4))
    return make_rig(mirrored(bones), arm_degrees=30, seed=3)


def map_of(rest: RigRest) -> RigMap:
    bones = {name: (name,) for name in rest.bones if name not in ("spine", "chest")}
    return RigMap(bones | {"spine": ("spine", "chest")})


def clapping() -> Take:
    """Return a person who brings the hands together in front of the chest and parts them again."""
    take = walking_take(1)
    joints = {name: np.tile(take.joint(name)[0].astype(float), (FRAMES, 1)) for name in take.joint_names}
    half = 0.03 + 0.35 * np.abs(np.linspace(-1, 1, FRAMES)) ** 2
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = joints[f"{side}_shoulder"]
        wrist = np.stack([sign * half, np.full(FRAMES, -0.38), np.full(FRAMES, 1.25)], -1)
        way = wrist - shoulder
        length = np.linalg.norm(way, axis=-1)
        along = (0.30**2 + length**2 - 0.26**2) / (2 * length)
        down = unit(np.cross(way, np.cross(way, [0, 0, 1.0])))
        joints[f"{side}_elbow"] = shoulder + along[:, None] * unit(way) + np.sqrt(0.3**2 - along**2)[:, None] * down
        joints[f"{side}_wrist"] = wrist
    return Take(np.stack(list(joints.values()), 1).astype(np.float32), tuple(joints), 30.0)


def limbs(heads: dict) -> np.ndarray:
    pairs = [
        (f"{side}_{a}", f"{side}_{b}")
        for side in ("left", "right")
        for a, b in (("upper_arm", "forearm"), ("forearm", "hand"))
    ]
    return np.stack([unit(heads[b] - heads[a]) for a, b in pairs])


@pytest.mark.parametrize(
    "rest", [rig(0.14), rig(0.22), rig(0.18, 0.85), rig(0.18, 1.15)], ids=["narrow", "broad", "short", "long"]
)
def test_hands_that_meet_meet_on_the_rig(rest: RigRest) -> None:
    take = clapping()
    free = world_heads(rest, solve_rig(rest, map_of(rest), take, hands="directions"))
    ours = world_heads(rest, solve_rig(rest, map_of(rest), take))
    size = np.linalg.norm(free["left_hand"][0] - free["left_forearm"][0]) + np.linalg.norm(
        free["left_forearm"][0] - free["left_upper_arm"][0]
    )
    wanted = (take.joint("left_wrist") - take.joint("right_wrist")).astype(float) * size / 0.56
    together = np.linalg.norm(take.joint("left_wrist") - take.joint("right_wrist"), axis=-1) < 0.15
    miss = [np.linalg.norm(h["left_hand"] - h["right_hand"] - wanted, axis=-1)[together].max() for h in (free, ours)]
    assert miss[0] > 0.01
    assert miss[1] < 0.35 * miss[0]
    cost = np.degrees(np.arccos(np.clip((limbs(free) * limbs(ours)).sum(-1), -1, 1)))
    assert cost.max() < 10.1
    assert cost[:, ~(np.linalg.norm(take.joint("left_wrist") - take.joint("right_wrist"), axis=-1) < 0.34)].max() < 1e-4
    turned = np.degrees(np.arccos(np.clip((limbs(ours)[:, 1:] * limbs(ours)[:, :-1]).sum(-1), -1, 1))).max()
    own = np.degrees(np.arccos(np.clip((limbs(free)[:, 1:] * limbs(free)[:, :-1]).sum(-1), -1, 1))).max()
    assert turned < own + 4
