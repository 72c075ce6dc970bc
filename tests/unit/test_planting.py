"""Feet stay where they stand: on rigs of other builds, over steps, through the roll from heel to ball."""

from pathlib import Path

import numpy as np
import pytest
from posewright.cli.main import parse
from posewright.cli.retarget import rig_request
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices, world_heads
from posewright.rigging.rig import RigMap, RigRest
from posewright.rigging.rotations import rotate, unit
from posewright.rigging.solver.anatomy import RigBody
from posewright.rigging.solver.legs import MOST, bend_limb, soft_reach
from posewright.rigging.solver.soles import sole_of
from posewright.rigging.solver.solve import solve_rig
from posewright.rigging.solver.stances import FeetMode, contacts_of, runs, steady
from synthetic_rigs import BODY, make_rig, mirrored

CLIPS = ["s1_walk_side", "s2_dance_arms", "s3_jump_angle", "s4_reach_bend"]
FPS = 30.0


def other_build() -> RigRest:
    """A rig with wide hips, long thighs, short shins and long feet."""
    bones = dict(BODY)
    bones["left_thigh"] = ("hips", (0.17, 0, 0.92), (0.17, -0.02, 0.42))
    bones["left_shin"] = ("left_thigh", (0.17, -0.02, 0.42), (0.17, 0.01, 0.1))
    bones["left_foot"] = ("left_shin", (0.17, 0.01, 0.1), (0.17, -0.2, 0.03))
    bones["left_toe"] = ("left_foot", (0.17, -0.2, 0.03), (0.17, -0.3, 0.03))
    return make_rig(mirrored(bones), arm_degrees=40, seed=2)


def map_of(rest: RigRest) -> RigMap:
    bones = {name: (name,) for name in rest.bones if name not in ("spine", "chest")}
    return RigMap(bones | {"spine": ("spine", "chest")})


def sole_paths(rest: RigRest, take: Take, feet: FeetMode = "auto") -> dict[str, np.ndarray]:
    """Return the paths (F,3) of heels and balls of the moving rig."""
    motion = solve_rig(rest, map_of(rest), take, feet)
    poses = rest.world @ pose_matrices(rest, motion)
    body = RigBody(rest, map_of(rest))
    found = {}
    for side in ("left", "right"):
        sole, bone = sole_of(body, side), rest.index(f"{side}_foot")
        still = rest.world @ rest.rest[bone]
        for point, place in (("heel", sole.heel), ("toe", sole.ball)):
            local = np.linalg.inv(still) @ [*place, 1.0]
            found[f"{side}_{point}"] = (poses[:, bone] @ local)[:, :3]
    return found


def stepping_take(frames: int = 90, *, lift: float = 0.0, rise: float = 0.0, swing: float = 0.15) -> Take:
    """Return a person whose left foot stands, steps 0.4 m ahead onto a surface ``rise`` high, and stands again.

    ``lift`` is the height of the floor, ``swing`` how high the foot is swung. The standing feet slide and the knees
    give, as noise of a capture; contacts say when they stand.
    """
    t = np.linspace(0, 1, frames)
    step = np.clip((t - 0.4) / 0.2, 0, 1)
    step = step * step * (3 - 2 * step)
    joints: dict[str, np.ndarray] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ahead = 0.4 * step if side == "left" else 0.0 * t
        up = rise * step + swing * np.sin(np.pi * step) if side == "left" else 0.0 * t
        slide = 0.02 * np.sin(9 * t + sign)
        ankle = np.stack([sign * 0.1 + slide, -ahead + slide, 0.08 + up + lift], -1)
        hip = np.stack([sign * 0.1 + 0 * t, -0.2 * step, 0.88 + 0.5 * rise * step + lift], -1)
        middle, way = (hip + ankle) / 2, hip - ankle
        out = np.sqrt(np.maximum(0.43**2 - (way**2).sum(-1) / 4, 0.0))
        forward = unit(np.cross(np.tile([1.0, 0, 0], (frames, 1)), way))
        joints[f"{side}_hip"], joints[f"{side}_knee"] = hip, middle + out[:, None] * forward
        joints[f"{side}_ankle"] = ankle
        joints[f"{side}_heel"] = ankle + np.array([0, 0.06, -0.055])
        joints[f"{side}_foot_index"] = ankle + np.array([0, -0.13, -0.055])
        joints[f"{side}_shoulder"] = hip + np.array([sign * 0.08, 0, 0.5])
    names = tuple(joints)
    stands = (step == 0) | (step == 1)
    contacts = np.ones((frames, 4), np.float32)
    contacts[:, :2] = stands[:, None]
    return Take(np.stack(list(joints.values()), 1).astype(np.float32), names, FPS, contacts=contacts)


def slide(path: np.ndarray, stands: np.ndarray) -> float:
    """Return the largest way in mm between neighbouring frames that both stand."""
    steps = 1000 * np.linalg.norm(np.diff(path, axis=0), axis=-1)
    return float(steps[stands[1:] & stands[:-1]].max())


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1, 1)))


@pytest.mark.parametrize("rise", [0.0, 0.25])
def test_feet_stand_where_the_contacts_say(rise: float) -> None:
    take = stepping_take(rise=rise)
    rest = other_build()
    paths = sole_paths(rest, take)
    assert take.contacts is not None
    free = sole_paths(rest, take, "never")
    for k, (name, path) in enumerate(paths.items()):
        stands = take.contacts[:, k] > 0.5
        assert slide(free[name], stands) > 1.0
        assert slide(path, stands) < 0.1
    size = RigBody(rest, map_of(rest)).leg_length / 0.86
    up = paths["left_heel"][-1, 2] - paths["left_heel"][0, 2]
    assert up == pytest.approx(size * rise, abs=0.005)
    assert paths["left_heel"][0, 2] == pytest.approx(sole_of(RigBody(rest, map_of(rest)), "left").heel[2], abs=1e-4)


def test_feet_at_the_root_of_the_rig_stand_too() -> None:
    bones = mirrored(BODY)
    for side in ("left", "right"):
        bones[f"{side}_foot"] = (None, *bones[f"{side}_foot"][1:])
    order = sorted(bones, key=lambda name: (not name.endswith("foot"), list(bones).index(name)))
    take = stepping_take()
    assert take.contacts is not None
    paths = sole_paths(make_rig({name: bones[name] for name in order}), take)
    assert max(slide(path, take.contacts[:, k] > 0.5) for k, path in enumerate(paths.values())) < 0.1


def test_who_stands_on_a_box_all_the_time_is_not_put_on_the_floor() -> None:
    rest = other_build()
    heights = [sole_paths(rest, stepping_take(lift=lift))["right_toe"][0, 2] for lift in (0.0, 0.4)]
    assert heights[1] - heights[0] == pytest.approx(0.4 * RigBody(rest, map_of(rest)).leg_length / 0.86, abs=0.01)


def test_a_foot_eases_into_its_place() -> None:
    """No pop: a planted foot never gains more speed than the step itself has."""
    take = stepping_take()
    rest = other_build()
    paths, free = sole_paths(rest, take), sole_paths(rest, take, "never")
    for name in ("left_heel", "left_toe"):
        steps = [np.linalg.norm(np.diff(p[name], axis=0), axis=-1).max() for p in (paths, free)]
        assert steps[0] < 1.3 * steps[1]


def test_the_foot_rolls_from_heel_to_ball() -> None:
    take = stepping_take()
    assert take.contacts is not None
    contacts = take.contacts.copy()
    contacts[:, 2:] = 0
    contacts[10:50, 2], contacts[30:80, 3] = 1, 1  # right: heel, heel and ball, ball
    joints = take.joints.copy()
    names = take.joint_names
    pitch = np.interp(np.arange(90), [0, 10, 30, 50, 80, 89], [0.4, 0.4, 0, 0, -0.5, -0.5])
    ankle = take.joint("right_ankle")
    for joint, back in (("right_heel", 0.06), ("right_foot_index", -0.13)):
        ahead = np.stack([0 * pitch, back * np.cos(pitch), -back * np.sin(pitch) - 0.055 * np.cos(pitch)], -1)
        joints[:, names.index(joint)] = ankle + ahead
    paths = sole_paths(other_build(), Take(joints, names, FPS, contacts=contacts))
    heel, ball = contacts[:, 2] > 0.5, contacts[:, 3] > 0.5
    assert slide(paths["right_heel"], heel) < 0.5
    assert slide(paths["right_toe"], ball) < 0.5
    assert slide(paths["right_toe"], heel & ~ball) > 2 and slide(paths["right_heel"], ball & ~heel) > 2  # it rolls


def test_a_contact_out_of_reach_does_not_drag_the_body_down() -> None:
    """Who marks a foot as standing for the whole of a walk gets a foot that lets go, not a body on the floor."""
    take = stepping_take()
    t = np.arange(90) / FPS
    joints = take.joints + np.stack([0 * t, -1.5 * t, 0 * t], -1)[:, None].astype(np.float32)
    walk = Take(joints, take.joint_names, FPS, contacts=np.ones((90, 4), np.float32))
    rest = other_build()
    heads = [world_heads(rest, solve_rig(rest, map_of(rest), walk, feet))["hips"] for feet in ("auto", "never")]
    assert np.abs(heads[0] - heads[1]).max() < 0.3
    assert np.isfinite(heads[0]).all()


def test_an_edited_contact_changes_only_its_time() -> None:
    take = stepping_take(150)
    assert take.contacts is not None
    edited = Take(take.joints, take.joint_names, FPS, contacts=take.contacts.copy())
    assert edited.contacts is not None
    edited.contacts[:12, 2:] = 0
    rest = other_build()
    paths = [sole_paths(rest, t)["right_heel"] for t in (take, edited)]
    assert slide(paths[1], np.arange(150) < 8) > 0.3
    np.testing.assert_allclose(paths[1][60:], paths[0][60:], atol=0.012)


@pytest.mark.parametrize("feet", ["auto", "always"])
@pytest.mark.parametrize("clip", CLIPS)
def test_feet_of_captured_motion_do_not_slide(shared, clip: str, feet: FeetMode) -> None:
    """True motion without contacts: they are found; knees do not snap, limbs stay nearly where they were."""
    take = Take.load(shared / "clips" / "synthetic" / "truth" / f"{clip}_full.npz")
    rest = other_build()
    heads = world_heads(rest, solve_rig(rest, map_of(rest), take, feet))
    free = world_heads(rest, solve_rig(rest, map_of(rest), take, "never"))
    ours, before = [], []
    for side in ("left", "right"):
        toe = take.joint(f"{side}_toe_base").astype(float)
        speed = FPS / 2 * np.linalg.norm(toe[2:] - toe[:-2], axis=-1)
        stands = np.concatenate([[False], speed < 0.12, [False]])
        pairs = stands[1:] & stands[:-1]
        for path, found in ((heads[f"{side}_toe"], ours), (free[f"{side}_toe"], before)):
            found += list(1000 * np.linalg.norm(np.diff(path, axis=0), axis=-1)[pairs])
    assert np.mean(ours) < 3.3
    assert np.mean(ours) < 0.6 * np.mean(before)
    for side in ("left", "right"):
        for a, b in (("thigh", "shin"), ("shin", "foot")):
            was, bone = (unit(h[f"{side}_{b}"] - h[f"{side}_{a}"]) for h in (free, heads))
            assert angles(was, bone).mean() < 6
            assert (angles(bone[1:], bone[:-1]) - angles(was[1:], was[:-1])).max() < 12


def test_a_foot_that_stands_on_its_heel_alone_is_not_pressed_flat() -> None:
    """How low a ball comes is judged by both feet: toes that are up all the time do not stand."""
    take = stepping_take()
    joints = take.joints.copy()
    names = take.joint_names
    joints[:, names.index("right_foot_index")] += np.array([0.0, 0.0, 0.09], np.float32)
    bare = Take(joints, names, FPS)
    stands = contacts_of(bare)
    assert stands[10:30, 2].all() and not stands[:, 3].any()  # right heel, right toe
    assert stands[10:30, :2].all()


def test_ground_keeps_feet_from_sinking() -> None:
    rest, low = other_build(), stepping_take(swing=-0.15)
    lowest = [sole_paths(rest, low, feet)["left_toe"][:, 2].min() for feet in ("never", "ground")]
    assert lowest[0] < -0.01
    assert lowest[1] > 0.0


def test_motion_and_rigs_without_feet() -> None:
    """Nothing to plant is no error."""
    take = stepping_take(20)
    keep = [i for i, n in enumerate(take.joint_names) if n.split("_", 1)[1] not in ("foot_index", "heel")]
    bare = Take(take.joints[:, keep], tuple(take.joint_names[i] for i in keep), FPS, contacts=take.contacts)
    assert slide(sole_paths(other_build(), bare)["right_heel"], np.ones(20, bool)) < 0.1
    bones = {k: v for k, v in mirrored(BODY).items() if not k.endswith(("foot", "toe"))}
    rest = make_rig(bones)
    assert np.isfinite(solve_rig(rest, map_of(rest), take).rotations).all()
    one = Take(take.joints[:1], take.joint_names, FPS, contacts=np.ones((1, 4), np.float32))
    assert np.isfinite(solve_rig(other_build(), map_of(other_build()), one).rotations).all()


def test_bent_leg_reaches_and_keeps_its_plane() -> None:
    bend = np.linspace(0.05, 2.0, 40)
    axis = np.tile([1.0, 0, 0], (40, 1))
    upper = np.stack([0 * bend, -np.sin(bend / 2), -np.cos(bend / 2)], -1)
    lower = np.stack([0 * bend, np.sin(bend / 2), -np.cos(bend / 2)], -1)
    target = (0.45 * upper + 0.4 * lower) * np.linspace(0.8, 0.99, 40)[:, None] + [0.05, 0, 0]
    target *= np.minimum(1, 0.84 / np.linalg.norm(target, axis=-1, keepdims=True))
    thigh, shin = bend_limb(upper, lower, axis, [0.45, 0.4], target)
    upper, lower = rotate(thigh, upper), rotate(shin, lower)
    np.testing.assert_allclose(0.45 * upper + 0.4 * lower, target, atol=1e-9)
    normal = unit(np.cross(upper, lower))
    assert (normal[:, 0] > 0.9).all()  # bent the same way, about nearly the same axis
    same = bend_limb(upper, lower, normal, [0.45, 0.4], 0.45 * upper + 0.4 * lower)
    np.testing.assert_allclose(np.abs(same[0][:, 0]), 1, atol=1e-9)


def test_legs_stretch_softly() -> None:
    lengths = np.linspace(0.5, 1.3, 400)
    reached = soft_reach(lengths, np.full(400, 0.5), 1.0)
    np.testing.assert_allclose(reached[lengths < 0.98], lengths[lengths < 0.98])
    assert reached.max() <= MOST
    assert (np.diff(reached) >= 0).all()
    np.testing.assert_allclose(soft_reach(np.array([0.9995]), np.array([0.9995]), 1.0), 0.9995)  # its own length


def test_flickering_contacts_are_steadied() -> None:
    flags = np.array([0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1], bool)
    assert runs(steady(flags, 30.0)) == [(5, 11)]


def test_the_way_to_hold_feet_is_an_option() -> None:
    words = ["retarget", "take.npz", "--rig", "mannequin", "-o", "out.blend"]
    requests = [rig_request(parse(words + more), Path("take.npz")) for more in ([], ["--feet", "ground"])]
    assert [request["settings"]["feet"] for request in requests] == ["auto", "ground"]
