"""The animated armature as a BVH file: metres, Y up, every bone with its evaluated motion.

Blender's own exporter writes the axes of the armature object, so that a character whose object is
turned or scaled lies down or grows in other programs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object, Scene
from mathutils import Euler, Matrix
from numpy.typing import NDArray

from ...core.bvh_format import END, POSITIONS, ROTATIONS, Bvh, bvh_text
from ..rig import RigRest
from .armature import rest_of

FloatArray = NDArray[np.float64]

Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
TURNS = ROTATIONS[::-1]  # Z first, as most programs write it
STILL = 1e-4  # metres; a bone whose distance to its parent changes by less has rotation channels alone


def write_armature_bvh(armature: Object, scene: Scene, path: Path) -> None:
    """Write the scene's frame range; several root bones are put under one that stands still.

    Raises OSError when the disk refuses.
    """
    rest = rest_of(armature)
    heads, tails = _rest_points(rest)
    offsets = heads - np.where(rest.parents[:, None] >= 0, heads[rest.parents], 0.0)
    frames = range(scene.frame_start, scene.frame_end + 1)
    positions = np.empty((len(frames), len(rest.bones), 3), np.float32)
    angles = np.empty_like(positions)
    for i, (position, angle) in enumerate(_poses(armature, scene, rest, frames)):
        positions[i], angles[i] = position, np.degrees(angle)
    moves = (np.abs(positions - offsets).max(axis=(0, 2)) > STILL) | (rest.parents < 0)
    joints = _joints(rest, offsets, tails - heads)
    columns = [np.empty((len(frames), 0))]
    for joint in joints:
        if joint.bone >= 0:
            columns += [positions[:, joint.bone]] if moves[joint.bone] else []
            columns.append(angles[:, joint.bone, ::-1])
    channels = [_channels(joint, moves) for joint in joints]
    bvh = Bvh(
        names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=np.array([joint.offset for joint in joints], np.float64),
        channels=tuple(channels),
        frames=np.concatenate(columns, axis=1).astype(np.float64),
        frame_time=scene.render.fps_base / scene.render.fps,
    )
    path.write_text(bvh_text(bvh), "utf-8", newline="\n")


def _rest_points(rest: RigRest) -> tuple[FloatArray, FloatArray]:
    """Return where the bones begin and end at rest, (B,3) metres, Y up."""
    matrices = rest.world @ rest.rest
    heads = matrices[:, :3, 3]
    tails = heads + matrices[:, :3, 1] * rest.lengths[:, None]
    return heads @ Y_UP.T, tails @ Y_UP.T


def _poses(armature: Object, scene: Scene, rest: RigRest, frames: range) -> Iterator[tuple[FloatArray, list[Euler]]]:
    """Yield for each frame every bone's position and its rotation away from rest, in its parent's axes."""
    inverse_rest = np.linalg.inv(_directions(rest.world @ rest.rest))
    parents = rest.parents
    buffer = np.empty(16 * len(rest.bones), np.float32)
    angles = [Euler((0.0, 0.0, 0.0)) for _ in rest.bones]
    indices = [armature.pose.bones.find(name) for name in rest.bones]
    current = scene.frame_current
    for frame in frames:
        scene.frame_set(frame)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        evaluated.pose.bones.foreach_get("matrix", buffer)
        pose = buffer.reshape(-1, 4, 4).transpose(0, 2, 1)[indices].astype(np.float64)
        world = np.array(evaluated.matrix_world) @ pose
        turn = Y_UP @ _directions(world) @ inverse_rest @ Y_UP.T
        heads = world[:, :3, 3] @ Y_UP.T
        above = np.where(parents[:, None, None] >= 0, turn[parents], np.eye(3)).transpose(0, 2, 1)
        step = heads - np.where(parents[:, None] >= 0, heads[parents], 0.0)
        local = above @ turn
        angles = [Matrix(m).to_euler("XYZ", last) for m, last in zip(local.tolist(), angles, strict=True)]
        yield np.einsum("bij,bj->bi", above, step), angles
    scene.frame_set(current)


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


def _channels(joint: _Joint, moves: NDArray[np.bool_]) -> tuple[str, ...]:
    if joint.bone < 0:
        return ()
    return (*POSITIONS, *TURNS) if moves[joint.bone] else TURNS


def _words(rest: RigRest) -> list[str]:
    """Return the bones' names without blanks, which would end them in the file, still different from each other."""
    words: dict[str, None] = {}
    for name in rest.bones:
        word = "_".join(name.split())
        while word in words:
            word += "_"
        words[word] = None
    return list(words)
