"""The animated armature as a BVH file: metres, Y up, every bone with its evaluated motion.

Blender's own exporter writes the axes of the armature object, so that a character whose object is
turned or scaled lies down or grows in other programs.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bpy.types import Object, Scene
from numpy.typing import NDArray

from ...core.bvh_format import END, POSITIONS, Bvh, bvh_text
from ..keys.channels import euler_angles
from ..rig import RigRest
from ..rotations import from_matrix
from .armature import rest_of, world_poses

FloatArray = NDArray[np.float64]

Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
USUAL_ORDER = "XYZ"  # written Z first, as most programs do
ORDERS = ("XYZ", "YXZ", "YZX", "XZY", "ZXY", "ZYX")
NEAR_POLE = np.sin(np.radians(60))  # of the middle angle
STILL = 1e-4  # metres; a bone whose distance to its parent changes by less has rotation channels alone


def write_armature_bvh(armature: Object, scene: Scene, path: Path) -> None:
    """Write the scene's frame range; several root bones are put under one that stands still.

    Raises OSError when the disk refuses.
    """
    rest = rest_of(armature)
    heads, tails = _rest_points(rest)
    offsets = heads - np.where(rest.parents[:, None] >= 0, heads[rest.parents], 0.0)
    frames = np.arange(scene.frame_start, scene.frame_end + 1, dtype=np.float64)
    positions = np.empty((len(frames), len(rest.bones), 3))
    turns = np.empty((len(frames), len(rest.bones), 3, 3))
    for i, poses in enumerate(world_poses(armature, rest, frames)):
        positions[i], turns[i] = _in_parents(poses, rest)
    moves = (np.abs(positions - offsets).max(axis=(0, 2)) > STILL) | (rest.parents < 0)
    joints = _joints(rest, offsets, tails - heads)
    columns, channels = [np.empty((len(frames), 0))], []
    for joint in joints:
        if joint.bone < 0:
            channels.append(())
            continue
        order = _order(turns[:, joint.bone])
        angles = euler_angles(from_matrix(turns[:, joint.bone]), order)
        columns += [positions[:, joint.bone]] if moves[joint.bone] else []
        columns.append(np.degrees(angles[:, ["XYZ".index(axis) for axis in reversed(order)]]))
        rotation = tuple(f"{axis}rotation" for axis in reversed(order))
        channels.append((*POSITIONS, *rotation) if moves[joint.bone] else rotation)
    bvh = Bvh(
        names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=np.array([joint.offset for joint in joints], np.float64),
        channels=tuple(channels),
        frames=np.concatenate(columns, axis=1),
        frame_time=scene.render.fps_base / scene.render.fps,
    )
    path.write_text(bvh_text(bvh), "utf-8", newline="\n")


def _rest_points(rest: RigRest) -> tuple[FloatArray, FloatArray]:
    """Return where the bones begin and end at rest, (B,3) metres, Y up."""
    matrices = rest.world @ rest.rest
    heads = matrices[:, :3, 3]
    tails = heads + matrices[:, :3, 1] * rest.lengths[:, None]
    return heads @ Y_UP.T, tails @ Y_UP.T


def _in_parents(poses: FloatArray, rest: RigRest) -> tuple[FloatArray, FloatArray]:
    """Return every bone's position (B,3) and its rotation (B,3,3) away from rest, in its parent's axes, Y up."""
    parents = rest.parents
    turn = Y_UP @ _directions(poses) @ np.linalg.inv(_directions(rest.world @ rest.rest)) @ Y_UP.T
    heads = poses[:, :3, 3] @ Y_UP.T
    above = np.where(parents[:, None, None] >= 0, turn[parents], np.eye(3)).transpose(0, 2, 1)
    step = heads - np.where(parents[:, None] >= 0, heads[parents], 0.0)
    return np.einsum("bij,bj->bi", above, step), above @ turn


def _order(turns: FloatArray) -> str:
    """Return the order of the axes for a joint's rotations (F,3,3), the first to turn about first.

    It is the usual one unless the joint comes near its pole, where angles run wild between two frames: then the order
    whose pole is furthest away.
    """
    off = np.abs(turns).max(axis=0)  # sine of the middle angle: the entry of the last axis' row, the first one's column

    def nearness(order: str) -> float:
        return float(off["XYZ".index(order[2]), "XYZ".index(order[0])])

    return USUAL_ORDER if nearness(USUAL_ORDER) < NEAR_POLE else min(ORDERS, key=nearness)


def _directions(matrices: FloatArray) -> FloatArray:
    """Return the rotations of matrices that may scale, (B,3,3)."""
    axes = matrices[:, :3, :3]
    return axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True)
class _Joint:
    name: str
    parent: int
    offset: FloatArray
    bone: int  # -1 for the end of a bone, and for the root above several


def _joints(rest: RigRest, offsets: FloatArray, tips: FloatArray) -> list[_Joint]:
    """Return the joints in the order of a walk through the tree, with an end for each bone without children."""
    children: list[list[int]] = [[] for _ in range(len(rest.bones) + 1)]
    for bone, parent in enumerate(rest.parents.tolist()):
        children[parent].append(bone)  # the roots are in the last list
    joints: list[_Joint] = []
    names = _words(rest)

    def add(bone: int, parent: int) -> None:
        place = len(joints)
        joints.append(_Joint(names[bone], parent, offsets[bone], bone))
        for child in children[bone]:
            add(child, place)
        if not children[bone]:
            joints.append(_Joint(names[bone] + END, place, tips[bone], -1))

    roots = children[-1]
    if len(roots) > 1:
        joints.append(_Joint("_".join([*rest.name.split(), "root"]), -1, np.zeros(3), -1))
    top = len(joints) - 1
    for root in roots:
        add(root, top)
    return joints


def _words(rest: RigRest) -> list[str]:
    """Return the bones' names without blanks, which would end them in the file, still different from each other."""
    words: dict[str, None] = {}
    for name in rest.bones:
        word = "_".join(name.split())
        while word in words:
            word += "_"
        words[word] = None
    return list(words)
