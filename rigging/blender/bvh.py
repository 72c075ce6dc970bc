"""The animated armature as a BVH file: metres, Y up, every bone with its evaluated motion.

Blender's own exporter writes the axes of the armature object, so that a character whose object is
turned or scaled lies down or grows in other programs.
"""

from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object, Scene
from mathutils import Euler, Matrix
from numpy.typing import NDArray

from ..rig import RigRest
from .armature import rest_of

FloatArray = NDArray[np.float64]

Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
ROTATION = "Zrotation Yrotation Xrotation"
POSITION = "Xposition Yposition Zposition"
STILL = 1e-4  # metres; a bone whose distance to its parent changes by less has rotation channels alone


def write_armature_bvh(armature: Object, scene: Scene, path: Path) -> None:
    """Write the scene's frame range; several root bones are put under one that stands still."""
    rest = rest_of(armature)
    heads, tails = _rest_points(rest)
    offsets = heads - np.where(rest.parents[:, None] >= 0, heads[rest.parents], 0.0)
    frames = range(scene.frame_start, scene.frame_end + 1)
    positions = np.empty((len(frames), len(rest.bones), 3), np.float32)
    angles = np.empty_like(positions)
    for i, (position, angle) in enumerate(_poses(armature, scene, rest, frames)):
        positions[i], angles[i] = position, np.degrees(angle)
    moves = (np.abs(positions - offsets).max(axis=(0, 2)) > STILL) | (rest.parents < 0)
    order, lines = _hierarchy(rest, offsets, tails - heads, moves)
    columns = [part for b in order for part in ([positions[:, b]] if moves[b] else []) + [angles[:, b, ::-1]]]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(["HIERARCHY", *lines, "MOTION", f"Frames: {len(frames)}", ""]))
        file.write(f"Frame Time: {scene.render.fps_base / scene.render.fps:.8f}\n")
        np.savetxt(file, np.concatenate(columns, axis=1), fmt="%.6g")


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


def _hierarchy(
    rest: RigRest, offsets: FloatArray, tips: FloatArray, moves: NDArray[np.bool_]
) -> tuple[list[int], list[str]]:
    """Return the bones in file order and the lines of the hierarchy."""
    children: list[list[int]] = [[] for _ in range(len(rest.bones) + 1)]
    for bone, parent in enumerate(rest.parents.tolist()):
        children[parent].append(bone)  # roots in the last list
    order: list[int] = []
    lines: list[str] = []

    def add(bone: int, kind: str) -> None:
        order.append(bone)
        channels = f"6 {POSITION} {ROTATION}" if moves[bone] else f"3 {ROTATION}"
        lines.extend([f"{kind} {_word(rest.bones[bone])}", "{", f"OFFSET {_numbers(offsets[bone])}"])
        lines.append(f"CHANNELS {channels}")
        for child in children[bone]:
            add(child, "JOINT")
        if not children[bone]:
            lines.extend(["End Site", "{", f"OFFSET {_numbers(tips[bone])}", "}"])
        lines.append("}")

    if len(children[-1]) == 1:
        add(children[-1][0], "ROOT")
        return order, lines
    lines.extend([f"ROOT {_word(rest.name)}_root", "{", "OFFSET 0 0 0", "CHANNELS 0"])
    for root in children[-1]:
        add(root, "JOINT")
    return order, [*lines, "}"]


def _word(name: str) -> str:
    """Return a name without blanks, which would end it in the file."""
    return "_".join(name.split())


def _numbers(values: FloatArray) -> str:
    return " ".join(f"{value:.6g}" for value in values)
