"""The same motion gives the same directions in the world, however a rig rests, is built, is turned and is scaled."""

from collections.abc import Callable

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import world_heads
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, rotate, to_matrix, unit
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import BODY, arms_lowered, make_rig, mirrored, walking_take

Bones = dict[str, tuple]
SEGMENTS = (
    ("upper_arm", "forearm", "shoulder", "elbow"),
    ("forearm", "hand", "elbow", "wrist"),
    ("thigh", "shin", "hip", "knee"),
    ("shin", "foot", "knee", "ankle"),
)
Z = np.array([0.0, 0.0, 1.0])
X = np.array([1.0, 0.0, 0.0])


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), -1, 1)))


def object_matrix(scale: tuple[float, float, float], *turns: tuple[np.ndarray, float]) -> np.ndarray:
    """Return a matrix that scales first, then turns about axes by degrees."""
    matrix = np.diag([*scale, 1.0])
    for axis, degrees in turns:
        turn = np.eye(4)
        turn[:3, :3] = to_matrix(about(axis, np.radians(degrees)))
        matrix = turn @ matrix
    return matrix


def disguised(rest: RigRest, world: np.ndarray, seed: int = 1) -> RigRest:
    """Return a rig with its joints at the same places of the world, below another object, with any axes and tails."""
    rng = np.random.default_rng(seed)
    to_armature = np.linalg.inv(world)
    matrices = rest.rest.copy()
    matrices[:, :3, :3] = to_matrix(unit(rng.normal(size=(len(matrices), 4))))
    matrices[:, :3, 3] = rest.heads() @ to_armature[:3, :3].T + to_armature[:3, 3]
    lengths = rng.uniform(0.02, 0.3, len(matrices)) / abs(np.linalg.det(world[:3, :3])) ** (1 / 3)
    return RigRest(rest.name, rest.bones, rest.parents, matrices, lengths, world)


def map_of(rest: RigRest) -> RigMap:
    sides = ("left_", "right_")
    bones = {name: (name,) for name in rest.bones if name in ("hips", "head") or name.startswith(sides)}
    bones["spine"] = tuple(n for n in rest.bones if n.startswith(("spine", "chest")))
    bones["neck"] = tuple(n for n in rest.bones if n.startswith("neck"))
    return RigMap({part: found for part, found in bones.items() if found})


def largest_step(motion: BoneMotion) -> float:
    dots = np.abs((motion.rotations[1:] * motion.rotations[:-1]).sum(-1))
    return float(np.degrees(2 * np.arccos(np.clip(dots, 0, 1))).max())


def follows(rest: RigRest, take: Take, limb: float = 0.5, trunk: float = 3.0) -> BoneMotion:
    """Check the directions of all limbs in the world and of the trunk, and that the channels are calm."""
    motion = solve_rig(rest, map_of(rest), take, feet="never")
    heads = world_heads(rest, motion)
    for side in ("left", "right"):
        for a, b, c, d in SEGMENTS:
            if f"{side}_{a}" in heads and f"{side}_{b}" in heads:
                bone = heads[f"{side}_{b}"] - heads[f"{side}_{a}"]
                assert angles(bone, take.joint(f"{side}_{d}") - take.joint(f"{side}_{c}")).max() < limb, (side, a)
    for bone, joint in (("thigh", "hip"), ("upper_arm", "shoulder")):
        line = heads[f"left_{bone}"] - heads[f"right_{bone}"]
        assert angles(line, take.joint(f"left_{joint}") - take.joint(f"right_{joint}")).mean() < 4
    if "neck" in heads:
        middle = (heads["left_thigh"] + heads["right_thigh"]) / 2
        assert angles(heads["neck"] - middle, take.joint("thorax") - take.joint("pelvis")).mean() < trunk
    assert np.isfinite(motion.rotations).all()
    assert all(np.isfinite(path).all() for path in motion.locations.values())
    assert largest_step(motion) < 25
    return motion


OBJECTS = {
    "plain": object_matrix((1, 1, 1)),
    "hundredth": object_matrix((0.01, 0.01, 0.01), (X, 90)),
    "hundred times": object_matrix((100, 100, 100), (X, 90)),
    "mirrored": object_matrix((-1, 1, 1)),
    "mirrored in itself, turned": object_matrix((-0.01, -0.01, -0.01), (X, 90), (Z, 30)),
    "taller": object_matrix((1, 1, 1.2)),
    "taller, Y up": object_matrix((0.01, 0.012, 0.01), (X, 90)),
    "broader, facing aside": object_matrix((1.3, 1, 1), (Z, 90)),
    "sheared by a parent": object_matrix((1, 1.2, 1)) @ object_matrix((1, 1, 1), (Z, 30)),
}


@pytest.mark.parametrize("world", OBJECTS.values(), ids=OBJECTS.keys())
def test_objects_of_any_scale_and_axes(world: np.ndarray) -> None:
    follows(disguised(make_rig(arm_degrees=35), world), walking_take())


@pytest.mark.parametrize("degrees", [90, 180, 251])
def test_facing_any_way(degrees: float) -> None:
    turn = about(Z, np.radians(degrees))
    bones = {
        n: (p, rotate(turn, np.array(h, float)), rotate(turn, np.array(t, float)))
        for n, (p, h, t) in mirrored(BODY).items()
    }
    follows(disguised(make_rig(bones), np.eye(4)), walking_take())


def knees_bent(bones: Bones) -> Bones:
    """Return the bones in a half squat."""
    changed = dict(bones)
    for side, x in (("left", 0.1), ("right", -0.1)):
        hip, knee, ankle = (x, 0, 0.92), (x, -0.3, 0.62), (x, 0, 0.32)
        changed[f"{side}_thigh"] = ("hips", hip, knee)
        changed[f"{side}_shin"] = (f"{side}_thigh", knee, ankle)
        changed[f"{side}_foot"] = (f"{side}_shin", ankle, (x, -0.13, 0.26))
        changed[f"{side}_toe"] = (f"{side}_foot", (x, -0.13, 0.26), (x, -0.2, 0.26))
    return changed


def arms_forward(bones: Bones, bend: float = 0.0) -> Bones:
    changed = dict(bones)
    for side, x in (("left", 0.18), ("right", -0.18)):
        elbow, wrist = (x, -0.28, 1.4), (x, -0.28 - 0.26 * np.cos(bend), 1.4 + 0.26 * np.sin(bend))
        changed[f"{side}_upper_arm"] = (f"{side}_clavicle", (x, 0, 1.4), elbow)
        changed[f"{side}_forearm"] = (f"{side}_upper_arm", elbow, wrist)
        changed[f"{side}_hand"] = (f"{side}_forearm", wrist, (x, wrist[1] - 0.1, wrist[2]))
    return changed


POSES: dict[str, Callable[[Bones], Bones]] = {
    "T": lambda bones: bones,
    "A": lambda bones: arms_lowered(bones, 45),
    "I": lambda bones: arms_lowered(bones, 88),
    "arms up": lambda bones: arms_lowered(bones, -80),
    "arms forward": arms_forward,
    "arms forward, elbows bent": lambda bones: arms_forward(bones, 1.2),
    "knees bent": knees_bent,
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES.keys())
def test_any_rest_pose(pose: Callable[[Bones], Bones]) -> None:
    take = walking_take()
    rest = disguised(make_rig(pose(mirrored(BODY))), np.eye(4))
    motion = follows(rest, take)
    # elbows are hinges: the forearm turns about one axis of the upper arm, whatever the rest pose
    for bone in ("left_forearm", "right_shin"):
        turn = motion.rotations[:, motion.bones.index(bone)]
        angle = 2 * np.arccos(np.clip(np.abs(turn[:, 0]), 0, 1))
        axis = unit(np.where(turn[:, :1] < 0, -turn, turn)[:, 1:])[angle > 0.4]
        if len(axis) > 5:
            axis = np.where(
                (axis @ axis[0])[:, None] < 0, -axis, axis
            )  # a bent rest pose is straightened and bent more
            assert angles(axis, np.broadcast_to(unit(axis.mean(0)), axis.shape)).max() < 20, bone


def without(*cores: str) -> Bones:
    """Return the body without bones; what hung on them hangs on their parents."""
    bones = mirrored(BODY)
    gone = {name for name in bones if name.split("_", 1)[-1] in cores or name in cores}

    def parent_of(name: str) -> str | None:
        parent = bones[name][0]
        while parent in gone:
            parent = bones[parent][0]
        return parent

    return {name: (parent_of(name), *bones[name][1:]) for name in bones if name not in gone}


def chain(name: str, count: int, start: tuple, end: tuple, parent: str) -> Bones:
    points = [tuple(np.array(start) + (np.array(end) - start) * k / count) for k in range(count + 1)]
    names = [f"{name}{k}" if k else name for k in range(count)]
    above = [parent, *names]
    return {names[k]: (above[k], points[k], points[k + 1]) for k in range(count)}


def spines(count: int, necks: int = 1) -> Bones:
    """Return the body with so many bones in spine and neck."""
    bones = mirrored(BODY)
    below = {"hips": bones["hips"]} | chain("spine", count, (0, 0, 1.05), (0, 0, 1.45), "hips")
    last = list(below)[-1]
    below |= chain("neck", necks, (0, 0, 1.45), (0, -0.02, 1.55), last)
    top = list(below)[-1]
    rest = {n: b for n, b in bones.items() if n not in ("hips", "spine", "chest", "neck")}
    swap = {"chest": last, "neck": top}
    return below | {n: (swap.get(p, p), h, t) for n, (p, h, t) in rest.items()}


def with_roots() -> Bones:
    """Return the body below two bones without a use, with feet and one arm that hang on nothing."""
    bones = {"root": (None, (0, 0, 0), (0, 0.2, 0)), "motion": ("root", (0, 0, 0), (0, 0.1, 0))} | mirrored(BODY)
    bones["hips"] = ("motion", *bones["hips"][1:])
    for name in ("left_foot", "right_foot", "left_clavicle"):
        bones[name] = (None, *bones[name][1:])
    roots = [n for n, b in bones.items() if b[0] is None]
    return {n: bones[n] for n in (*roots, *(n for n in bones if n not in roots))}


BUILDS = {
    "no clavicles": without("clavicle"),
    "no neck": without("neck"),
    "no neck and head": without("neck", "head"),
    "no toes": without("toe"),
    "no hands": without("hand"),
    "no spine": without("spine", "chest"),
    "one spine bone": spines(1),
    "seven spine bones": spines(7),
    "five neck bones": spines(3, 5),
    "several roots": with_roots(),
}


@pytest.mark.parametrize("bones", BUILDS.values(), ids=BUILDS.keys())
def test_any_build(bones: Bones) -> None:
    follows(disguised(make_rig(bones, arm_degrees=0), np.eye(4)), walking_take())


def test_without_feet_shins_end_where_their_bones_end() -> None:
    rest = make_rig(without("foot", "toe"), seed=4)
    follows(rest, walking_take())


@pytest.mark.parametrize("whole", ["arm", "leg"])
def test_limbs_of_one_bone_point_from_end_to_end(whole: str) -> None:
    take = walking_take()
    missing, upper, last, ends = {
        "arm": ("forearm", "upper_arm", "hand", ("shoulder", "wrist")),
        "leg": ("shin", "thigh", "foot", ("hip", "ankle")),
    }[whole]
    rest = disguised(make_rig(without(missing)), np.eye(4))
    heads = world_heads(rest, solve_rig(rest, map_of(rest), take, feet="never"))
    for side in ("left", "right"):
        wanted = take.joint(f"{side}_{ends[1]}") - take.joint(f"{side}_{ends[0]}")
        assert angles(heads[f"{side}_{last}"] - heads[f"{side}_{upper}"], wanted).max() < 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_bones_that_do_not_turn_with_their_parents(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rest = disguised(make_rig(with_roots()), object_matrix((0.01, 0.01, 0.01), (X, 90)), seed)
    rest.inherit_rotation = rng.uniform(size=len(rest.bones)) > 0.5
    rest.local_location = rng.uniform(size=len(rest.bones)) > 0.5
    follows(rest, walking_take())


def test_loose_parts_stay_together() -> None:
    """Feet and an arm that hang on nothing are carried by location keys, at the length of the limb."""
    rest = disguised(make_rig(with_roots()), object_matrix((1, 1, 1), (Z, 40)))
    heads = world_heads(rest, follows(rest, walking_take()))
    at_rest = dict(zip(rest.bones, rest.heads(), strict=True))
    for a, b in (("left_foot", "left_shin"), ("left_clavicle", "chest")):
        gap = np.linalg.norm(heads[a] - heads[b], axis=-1)
        np.testing.assert_allclose(gap, np.linalg.norm(at_rest[a] - at_rest[b]), rtol=1e-6)


def test_planted_feet_of_a_taller_object_stand_on_the_floor() -> None:
    """A figure that its object stretches by a fifth has its soles where it has them at rest."""
    take = walking_take(20)
    still = Take(np.repeat(take.joints[:1], 20, 0), take.joint_names, take.fps, contacts=np.ones((20, 4), np.float32))
    rest = disguised(make_rig(), object_matrix((1, 1, 1.2)))
    heads = world_heads(rest, solve_rig(rest, map_of(rest), still))
    at_rest = dict(zip(rest.bones, rest.heads(), strict=True))
    for side in ("left", "right"):
        np.testing.assert_allclose(heads[f"{side}_toe"][:, 2], at_rest[f"{side}_toe"][2], atol=0.005)


LYING = {
    "on its back": object_matrix((1, 1, 1), (X, -90)),
    "on its face, in centimetres": object_matrix((0.01, 0.01, 0.01), (X, 90)),
    "on its side": object_matrix((1, 1, 1), (np.array([0.0, 1.0, 0.0]), 90)),
    "tilted": object_matrix((1, 1, 1), (X, 40), (Z, 25)),
    "upside down": object_matrix((1, 1, 1), (X, 180)),
}


@pytest.mark.parametrize("world", LYING.values(), ids=LYING.keys())
def test_characters_that_lie_at_rest_stand_in_the_motion(world: np.ndarray) -> None:
    """Wherever its object is turned to, a figure moves upright on the floor, its feet flat."""
    take, upright = walking_take(), make_rig(arm_degrees=35)
    size = abs(np.linalg.det(world[:3, :3])) ** (1 / 3)
    own = np.diag([size, size, size, 1.0])
    standing = disguised(upright, own)
    lying = RigRest(standing.name, standing.bones, standing.parents, standing.rest, standing.lengths, world)
    heads = [world_heads(rest, solve_rig(rest, map_of(rest), take)) for rest in (standing, lying)]
    for bone in ("head", "left_hand", "right_shin", "left_foot", "left_toe"):
        steps = [np.diff(h[bone], axis=0) for h in heads]
        np.testing.assert_allclose(steps[1], steps[0], atol=1e-4)
        np.testing.assert_allclose(heads[1][bone][:, 2], heads[0][bone][:, 2], atol=1e-4)
