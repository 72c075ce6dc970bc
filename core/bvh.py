"""Takes as BVH files, and BVH files as Takes. numpy only: this module is also imported inside Blender.

Files are written in metres, Y up, the rest pose a T-pose that faces +Z: what Blender's importer turns
upright with its defaults and what other programs expect.
"""

import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError
from .bvh_format import END, POSITIONS, Bvh, read_bvh, save_bvh
from .bvh_frames import Points, aligned, euler_zxy, limb, swung
from .bvh_names import joint_map
from .skeleton import JOINTS, PARENTS
from .take import Take

__all__ = ["Bvh", "read_bvh", "take_from_bvh", "world_joints", "write_bvh"]

Array = NDArray[np.float64]

ROTATION: Final = ("Zrotation", "Xrotation", "Yrotation")
TO_Y_UP: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Z up, facing -Y, to Y up, facing +Z."""

Z_UP_FROM: Final = {
    "Y": TO_Y_UP.T,
    "Z": np.eye(3),
    "X": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "-X": np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]),
}
"""The turn of a file's axes to Z up, by the axis that is up in the file."""

CLEARLY: Final = 1.5  # times further along one axis than along the others

NEEDED: Final = tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
)

HELPERS: Final = {"lower_back": "pelvis", "left_clavicle": "thorax", "right_clavicle": "thorax"}
"""Joints without length that turn a bone which is not rigid with its parent's others, as in most BVH files."""

HUNG: Final = {"spine": "lower_back", "left_shoulder": "left_clavicle", "right_shoulder": "right_clavicle"}

ORDER: Final = (
    *("pelvis", "left_hip", "left_knee", "left_ankle", "left_heel", "left_foot_index"),
    *("right_hip", "right_knee", "right_ankle", "right_heel", "right_foot_index"),
    *("lower_back", "spine", "thorax", "neck", "nose", "head"),
    *("left_clavicle", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_clavicle", "right_shoulder", "right_elbow", "right_wrist"),
)
"""A walk through the tree."""

KNUCKLES: Final = tuple(f"{side}_{finger}_1" for side in ("left", "right") for finger in ("index", "pinky"))
"""Joints of a take that are not in the file but tell how its hands are turned."""

X, Y, Z = np.eye(3)
TALL: Final = ((0.4, 3.0, 1.0), (52.0, 80.0, 0.0254), (40.0, 300.0, 0.01), (400.0, 3000.0, 0.001))
"""Statures in a file's unit, from and to, and the metres of that unit: metres, inches, centimetres, millimetres.
A person 52 to 80 units tall is a grown one in inches, rather than an infant in centimetres."""

LEG_PART: Final = 0.475
"""Hip joint to ankle, part of the stature."""

USUAL_HEIGHT: Final = 1.70
"""Metres; files in other units are made this tall."""


def write_bvh(take: Take, path: str | os.PathLike[str]) -> None:
    """Write a take as BVH: bones of constant length (the median), rotations with rolls that do not jump.

    Raises PosewrightError when limbs are missing from the take, or the disk refuses.
    """
    points = _complete(take)
    times = np.arange(take.frames) / take.fps
    frames = joint_frames(points, times)
    parents = _tree(points)
    names = list(parents)
    index = {name: position for position, name in enumerate(names)}
    offsets = np.array([_offset(name, parents[name], points, frames) for name in names])
    turns = np.stack([frames[name] for name in names], axis=1)
    above = [index[parent] if parent else -1 for parent in parents.values()]
    local = turns.copy()
    for joint, parent in enumerate(above):
        if parent >= 0:
            local[:, joint] = turns[:, parent].transpose(0, 2, 1) @ turns[:, joint]
    angles = euler_zxy(local)
    motion = np.concatenate([points["pelvis"], angles.reshape(take.frames, -1)], axis=1)
    save_bvh(_with_ends(names, above, offsets, motion, 1.0 / take.fps), path)


def _complete(take: Take) -> Points:
    """Return the paths of the known joints, Y up, with pelvis and thorax made from their sides when missing."""
    missing = [name for name in NEEDED if name not in take.joint_names]
    if missing:
        raise PosewrightError(f"The motion has no {missing[0]}; a BVH file needs hips, legs, shoulders and arms.")
    wanted = [name for name in (*JOINTS, *KNUCKLES) if name in take.joint_names]
    points = {name: take.joint(name).astype(np.float64) @ TO_Y_UP.T for name in wanted}
    if not all(np.isfinite(path).all() for path in points.values()):
        raise PosewrightError("The motion has gaps; a BVH file needs every joint in every frame.")
    points["pelvis"] = (points["left_hip"] + points["right_hip"]) / 2.0
    if "thorax" not in points:
        points["thorax"] = (points["left_shoulder"] + points["right_shoulder"]) / 2.0
    return points


def _tree(points: Points) -> dict[str, str | None]:
    """Return the joints of the file in order, with their parents."""
    present = [name for name in ORDER if name in points or name in HELPERS]
    parents: dict[str, str | None] = {}
    for name in present:
        parent = HELPERS.get(name) or HUNG.get(name) or PARENTS[name]
        while parent is not None and parent not in present:
            parent = "lower_back" if parent == "spine" else PARENTS[parent]
        parents[name] = parent
    return parents


def joint_frames(points: Points, times: Array) -> dict[str, Array]:
    """Return the axes (F,3,3) of every joint of the file from the joints' paths, Y up."""
    across_hips = points["left_hip"] - points["right_hip"]
    across = points["left_shoulder"] - points["right_shoulder"]
    pelvis, thorax = points["pelvis"], points["thorax"]
    frames = {"pelvis": aligned(across_hips, 0, thorax - pelvis, 1)}
    waist = points.get("spine")
    between = across_hips + across
    frames["lower_back"] = aligned((thorax if waist is None else waist) - pelvis, 1, 2.0 * across_hips + across, 0)
    if waist is not None:
        frames["spine"] = aligned(thorax - waist, 1, between, 0)
    top = points.get("neck", points.get("head"))
    chest = thorax - (pelvis if waist is None else waist)
    frames["thorax"] = aligned(chest if top is None else top - thorax, 1, across, 0)
    _add_head(frames, points)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _add_arm(frames, points, side, sign, times)
        _add_leg(frames, points, side, times)
    return frames


def _add_head(frames: dict[str, Array], points: Points) -> None:
    if "neck" in points:
        frames["neck"] = frames["thorax"]
        if "head" in points:
            up = points["head"] - points["neck"]
            frames["neck"] = swung(frames["thorax"], Y, up)
            if "nose" in points:
                frames["neck"] = aligned(up, 1, points["nose"] - points["neck"], 2)
    for leaf in ("head", "nose"):
        frames[leaf] = frames.get("neck", frames["thorax"])


def _add_arm(frames: dict[str, Array], points: Points, side: str, sign: float, times: Array) -> None:
    shoulder, elbow, wrist = (points[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
    clavicle = swung(frames["thorax"], sign * X, shoulder - points["thorax"])
    frames[f"{side}_clavicle"] = clavicle
    upper, lower = limb(frames["thorax"], sign * X, -sign * Y, elbow - shoulder, wrist - elbow, times)
    frames[f"{side}_shoulder"], frames[f"{side}_elbow"], frames[f"{side}_wrist"] = upper, lower, lower
    index, little = (points.get(f"{side}_{finger}_1") for finger in ("index", "pinky"))
    if index is not None and little is not None:
        frames[f"{side}_wrist"] = aligned(sign * ((index + little) / 2.0 - wrist), 0, index - little, 2)


def _add_leg(frames: dict[str, Array], points: Points, side: str, times: Array) -> None:
    hip, knee, ankle = (points[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
    upper, lower = limb(frames["pelvis"], -Y, X, knee - hip, ankle - knee, times)
    frames[f"{side}_hip"], frames[f"{side}_knee"] = upper, lower
    ball, heel = points.get(f"{side}_foot_index"), points.get(f"{side}_heel")
    foot = lower
    if ball is not None and heel is not None:
        foot = aligned(ball - heel, 2, ankle - heel, 1)
    elif ball is not None:
        foot = aligned(ball - ankle, 2, knee - ankle, 1)
    for part in ("ankle", "foot_index", "heel"):
        frames[f"{side}_{part}"] = foot


def _offset(name: str, parent: str | None, points: Points, frames: dict[str, Array]) -> Array:
    """Return the place of a joint in its parent's axes: the mean direction at the median length."""
    if parent is None or name in HELPERS:
        return np.zeros(3)
    bone = points[name] - points[HELPERS.get(parent, parent)]
    local = np.einsum("fba,fb->fa", frames[parent], bone)
    mean = local.mean(0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12) * float(np.median(np.linalg.norm(bone, axis=-1)))


def _with_ends(names: list[str], above: list[int], offsets: Array, motion: Array, frame_time: float) -> Bvh:
    """Return the file with an End Site under every joint that has no child."""
    ends = {"left_wrist": 0.18 * X, "right_wrist": -0.18 * X, "head": 0.02 * Y}
    file_names: list[str] = []
    parents: list[int] = []
    places: list[Array] = []
    channels: list[tuple[str, ...]] = []
    for joint, name in enumerate(names):
        file_names.append(name)
        parents.append(file_names.index(names[above[joint]]) if above[joint] >= 0 else -1)
        places.append(offsets[joint])
        channels.append((*POSITIONS, *ROTATION) if above[joint] < 0 else ROTATION)
        if joint not in above:
            file_names.append(name + END)
            parents.append(len(file_names) - 2)
            places.append(ends.get(name, 0.05 * Z))
            channels.append(())
    return Bvh(tuple(file_names), tuple(parents), np.array(places), tuple(channels), motion, frame_time)


def take_from_bvh(path: str | os.PathLike[str]) -> Take:
    """Read anybody's BVH as a take: the joints whose names are known, in metres, Z up.

    The names of our own files, Mixamo, CMU, Unreal, Rigify and Daz are known among others. Raises PosewrightError when
    the file is no BVH or its limbs are not recognised.
    """
    bvh = read_bvh(path)
    found = joint_map(bvh.names)
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise PosewrightError(
            f"The joint names of {Path(path)} are not known: there is no {missing[0].replace('_', ' ')}. "
            "Rename its joints as Mixamo does (LeftUpLeg, LeftLeg, LeftArm, ...)."
        )
    names = tuple(name for name in JOINTS if name in found or name == "pelvis")
    world = world_joints(bvh)
    joints = np.empty((len(world), len(names), 3), np.float32)
    for column, name in enumerate(names):
        if name == "pelvis":
            sides = [bvh.names.index(found[f"{side}_hip"]) for side in ("left", "right")]
            joints[:, column] = world[:, sides].mean(1)
        else:
            joints[:, column] = world[:, bvh.names.index(found[name])]
    provenance = {"source": {"name": Path(path).name}}
    return Take(joints=joints, joint_names=names, fps=1.0 / bvh.frame_time, provenance=provenance)


def world_joints(bvh: Bvh) -> Array:
    """Return where every joint and End Site of a file is, (F,J,3) in metres, Z up.

    The unit is judged by how tall the skeleton is, the up axis by where the shoulders are over the ankles.
    """
    found = joint_map(bvh.names)
    places = bvh.positions()
    parts = [f"{side}_{part}" for part in ("shoulder", "ankle") for side in ("left", "right")]
    turn = Z_UP_FROM["Y"]
    if all(part in found for part in parts):
        columns = [bvh.names.index(found[part]) for part in parts]
        turn = to_z_up(places[:, columns[2:]].mean(1), places[:, columns[:2]].mean(1))
    return places @ turn.T * _metres_per_unit(bvh, found)


def to_z_up(ankles: Array, shoulders: Array) -> Array:
    """Return the turn (3,3) that brings a file's axes upright, from the paths (F,3) between ankles and shoulders.

    Their median way tells the axis that is up; Y when it is as good as another.
    """
    upward = np.median(shoulders - ankles, axis=0)
    x, y, z = np.abs(upward)
    if z >= CLEARLY * max(x, y):
        return Z_UP_FROM["Z"]
    if x >= CLEARLY * max(y, z):
        return Z_UP_FROM["X"] if upward[0] > 0 else Z_UP_FROM["-X"]
    return Z_UP_FROM["Y"]


def _metres_per_unit(bvh: Bvh, found: dict[str, str]) -> float:
    """Judge the unit by the length of the legs, which are nearly half of a person."""
    if "left_hip" not in found or "left_ankle" not in found:
        return 1.0
    joint, top = bvh.names.index(found["left_ankle"]), bvh.names.index(found["left_hip"])
    length = 0.0
    while joint not in (top, -1):
        length += float(np.linalg.norm(bvh.offsets[joint]))
        joint = bvh.parents[joint]
    stature = length / LEG_PART
    for low, high, unit in TALL:
        if low <= stature <= high:
            return unit
    return USUAL_HEIGHT / stature if stature > 0 else 1.0
