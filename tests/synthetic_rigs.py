"""Rigs made of numbers for the tests of the retargeting: any rest pose, rolls, size, axes and names."""

import numpy as np
from numpy.typing import NDArray
from posewright.core.take import Take
from posewright.rigging.rig import RigRest
from posewright.rigging.rotations import about, rotate, to_matrix, unit

Array = NDArray[np.float64]

# bone -> (parent, head, tail) of a person who faces -Y in a T-pose, metres; left is +X
BODY = {
    "hips": (None, (0, 0, 0.95), (0, 0, 1.05)),
    "spine": ("hips", (0, 0, 1.05), (0, 0.02, 1.2)),
    "chest": ("spine", (0, 0.02, 1.2), (0, 0, 1.45)),
    "neck": ("chest", (0, 0, 1.45), (0, -0.02, 1.55)),
    "head": ("neck", (0, -0.02, 1.55), (0, -0.02, 1.75)),
    "left_clavicle": ("chest", (0.02, 0, 1.4), (0.18, 0, 1.4)),
    "left_upper_arm": ("left_clavicle", (0.18, 0, 1.4), (0.46, 0, 1.4)),
    "left_forearm": ("left_upper_arm", (0.46, 0, 1.4), (0.72, 0, 1.4)),
    "left_hand": ("left_forearm", (0.72, 0, 1.4), (0.82, 0, 1.4)),
    "left_thigh": ("hips", (0.1, 0, 0.92), (0.1, -0.01, 0.5)),
    "left_shin": ("left_thigh", (0.1, -0.01, 0.5), (0.1, 0.01, 0.08)),
    "left_foot": ("left_shin", (0.1, 0.01, 0.08), (0.1, -0.13, 0.02)),
    "left_toe": ("left_foot", (0.1, -0.13, 0.02), (0.1, -0.2, 0.02)),
}


def mirrored(bones: dict) -> dict:
    """Return the bones with the right side added."""
    result = dict(bones)
    for name, (parent, head, tail) in bones.items():
        if name.startswith("left_"):
            flip = np.array([-1, 1, 1])
            side = parent.replace("left_", "right_")
            result[name.replace("left_", "right_")] = (side, head * flip, tail * flip)
    return result


def arms_lowered(bones: dict, degrees: float) -> dict:
    """Return the bones with the arms turned down from the T-pose about the shoulders."""
    result = {}
    for name, (parent, head, tail) in bones.items():
        head, tail = np.array(head, float), np.array(tail, float)
        core = name.split("_", 1)[-1]
        if core in ("upper_arm", "forearm", "hand"):
            pivot = np.array(bones["left_upper_arm"][1], float) * (
                1 if name.startswith("left") else np.array([-1, 1, 1])
            )
            angle = np.radians(degrees) * (1 if name.startswith("left") else -1)
            turn = about(np.array([0.0, 1.0, 0.0]), np.array(angle))
            head, tail = pivot + rotate(turn, head - pivot), pivot + rotate(turn, tail - pivot)
        result[name] = (parent, head, tail)
    return result


def make_rig(
    bones: dict | None = None,
    *,
    arm_degrees: float = 0.0,
    seed: int | None = None,
    scale: float = 1.0,
    turn: Array | None = None,
    names: dict[str, str] | None = None,
    size: float = 1.0,
) -> RigRest:
    """Return a rig that stands on z = 0 in the world.

    ``seed`` gives every bone a random roll; ``scale`` and ``turn`` (quaternion) are the armature
    object's, taken out of its bones again; ``size`` makes the character itself larger.
    """
    full = arms_lowered(mirrored(BODY) if bones is None else bones, arm_degrees)
    rng = np.random.default_rng(seed)
    world = np.eye(4)
    world[:3, :3] = scale * (np.eye(3) if turn is None else to_matrix(turn))
    back = np.linalg.inv(world[:3, :3])
    order = list(full)
    rest = np.tile(np.eye(4), (len(order), 1, 1))
    lengths = np.zeros(len(order))
    for i, name in enumerate(order):
        head, tail = (back @ (size * np.array(point, float)) for point in full[name][1:])
        along = unit(tail - head)
        side = unit(np.cross(along, [0.3, 0.5, 0.8]))
        roll = rng.uniform(-np.pi, np.pi) if seed is not None else 0.0
        side = rotate(about(along, np.array(roll)), side)
        rest[i, :3, :3] = np.stack([side, along, np.cross(side, along)], -1)
        rest[i, :3, 3] = head
        lengths[i] = np.linalg.norm(tail - head)
    parents = np.array([-1 if full[n][0] is None else order.index(full[n][0]) for n in order])
    shown = names or {}
    return RigRest("test rig", tuple(shown.get(n, n) for n in order), parents, rest, lengths, world)


def walking_take(frames: int = 60, fps: float = 30.0, seed: int = 0) -> Take:
    """Return a smooth motion of all canonical joints with bent and swinging limbs, turning on its way."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames) / fps
    heading = 0.8 * np.sin(0.7 * t)
    z = np.zeros(frames)
    turn = about(np.array([0.0, 0.0, 1.0]), heading)

    def world(x: Array, y: Array, height: Array) -> Array:
        return rotate(turn, np.stack([x + z, y + z, height + z], -1)) + path

    path = np.stack([0.4 * t, -0.5 * t, 0.02 * np.sin(6 * t)], -1)
    joints: dict[str, Array] = {
        "pelvis": world(z, z, z + 0.93),
        "spine": world(z, z + 0.02, z + 1.18),
        "thorax": world(0.02 * np.sin(3 * t), -0.03 + z, z + 1.44),
        "neck": world(0.02 * np.sin(3 * t), -0.04 + z, z + 1.5),
        "nose": world(0.04 * np.sin(2 * t), -0.17 + z, z + 1.58),
        "head": world(0.02 * np.sin(2 * t), -0.05 + z, z + 1.74),
    }
    for side, s in (("left", 1.0), ("right", -1.0)):
        phase = s * np.sin(5 * t + 0.1 * rng.normal())
        hip = np.stack([s * 0.1 + z, z, z + 0.93], -1)
        thigh = np.stack([z + 0.03 * s, -0.45 * phase, z - 1.0], -1)
        shin = np.stack([z + 0.02 * s, 0.3 - 0.35 * phase, z - 1.0], -1)
        shoulder = np.stack([s * (0.19 + z), z - 0.02, 1.42 + 0.02 * phase], -1)
        upper = np.stack([s * (0.5 + 0.3 * np.sin(2 * t)), 0.5 * phase, z - 0.8], -1)
        fore = np.stack([s * 0.2 + z, -0.7 - 0.2 * phase, z - 0.4 + 0.5 * np.sin(3 * t)], -1)
        foot = np.stack([z + 0.1 * s, z - 0.9, -0.35 + 0.2 * phase], -1)
        knee, elbow = hip + 0.43 * unit(thigh), shoulder + 0.3 * unit(upper)
        ankle, wrist = knee + 0.43 * unit(shin), elbow + 0.26 * unit(fore)
        places = {"hip": hip, "knee": knee, "ankle": ankle, "shoulder": shoulder, "elbow": elbow, "wrist": wrist}
        places["foot_index"] = ankle + 0.15 * unit(foot)
        places["heel"] = ankle - 0.06 * unit(foot) * np.array([1, 1, 0]) - np.array([0, 0, 0.05])
        joints |= {f"{side}_{name}": world(*place.T) for name, place in places.items()}
    return Take(np.stack(list(joints.values()), 1).astype(np.float32), tuple(joints), fps)


def with_knuckles(take: Take, twist: float) -> Take:
    """Return the take with hands in line with their forearms, turned about them by degrees from the elbow's hinge."""
    names, paths = list(take.joint_names), [take.joints]
    for side in ("left", "right"):
        shoulder, elbow, wrist = (take.joint(f"{side}_{part}").astype(float) for part in ("shoulder", "elbow", "wrist"))
        along = unit(wrist - elbow)
        hinge = unit(np.cross(elbow - shoulder, along))
        line = rotate(about(along, np.radians(twist) * np.ones(len(along))), np.cross(hinge, along))
        for name, sign in (("index", 1), ("pinky", -1)):
            names.append(f"{side}_{name}_1")
            paths.append((wrist + 0.09 * along + sign * 0.035 * line)[:, None].astype(np.float32))
    return Take(np.concatenate(paths, 1), tuple(names), take.fps)
