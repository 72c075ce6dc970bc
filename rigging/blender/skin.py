"""What an armature's meshes tell of its bones: how much each moves, and where that lies."""

import itertools
import json
from typing import NamedTuple

import bpy
import numpy as np
from bpy.types import Object
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_VERTICES = 8_000  # looked at; of larger characters every n-th vertex
HUMANOID = "posewright_humanoid"
"""The property of an armature object that holds what its file says of human bones (JSON)."""


WAYS = np.array([way for way in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(way)])
"""The 26 ways in which the outermost points of a bone's skin are looked for."""


class Skin(NamedTuple):
    """What the bones of an armature move, at rest."""

    shares: Array  # (B,) of the skin's weight
    centres: Array  # (B,3) world; NaN: nothing
    edges: Array  # (B,26,3) armature space: the points that a bone moves by half or more, furthest each way; or NaN


def skin_of(armature: Object, index: dict[str, int]) -> Skin | None:
    """Return what each bone moves, or None when no mesh is moved.

    ``index`` gives the row of a bone. Meshes that hang on a bone as a whole count for that bone. Large characters
    are sampled.
    """
    meshes = _skins(armature)
    step = max(1, -(-sum(len(obj.data.vertices) for obj in meshes) // MOST_VERTICES))
    found = [_weights(obj, armature, index, step) for obj in meshes]
    total, moment = np.zeros(len(index)), np.zeros((len(index), 3))
    for bones, weights, points in found:
        np.add.at(total, bones, weights)
        np.add.at(moment, bones, weights[:, None] * points)
    if not total.any():
        return None
    centres = np.full((len(index), 3), np.nan)
    some = total > 0
    centres[some] = moment[some] / total[some, None]
    return Skin(total / total.sum(), centres, _edges(armature, found, len(index)))


def _edges(armature: Object, found: list[tuple[NDArray[np.int64], Array, Array]], count: int) -> Array:
    """Return the outermost points (B,26,3), in armature space, of what each bone moves by half or more."""
    mostly = [weights >= 0.5 for _, weights, _ in found]
    bones = np.concatenate([b[most] for (b, _, _), most in zip(found, mostly, strict=True)])
    world = np.concatenate([p[most] for (_, _, p), most in zip(found, mostly, strict=True)])
    to_armature = np.array(armature.matrix_world.inverted_safe(), np.float64)
    points = world @ to_armature[:3, :3].T + to_armature[:3, 3]
    edges = np.full((count, len(WAYS), 3), np.nan)
    order = np.argsort(bones, kind="stable")
    starts = np.flatnonzero(np.diff(bones[order], prepend=-1))
    for group in np.split(order, starts[1:]) if len(order) else ():
        edges[bones[group[0]]] = points[group][(points[group] @ WAYS.T).argmax(0)]
    return edges


def surface_of(armature: Object, index: dict[str, int]) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return the skin: points (V,3) in the world, triangles (T,3), and the row (V,) of the bone that moves each most.

    -1 stands for points that no bone moves.
    """
    points, triangles, owners, start = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)], 0
    for obj in _skins(armature):
        obj.data.calc_loop_triangles()
        flat = np.empty(3 * len(obj.data.loop_triangles), np.int32)
        obj.data.loop_triangles.foreach_get("vertices", flat)
        places = _points(obj)
        points.append(places)
        triangles.append(start + flat.reshape(-1, 3).astype(np.int64))
        owners.append(_owners(obj, armature, index))
        start += len(places)
    return np.concatenate(points), np.concatenate(triangles), np.concatenate(owners)


def _owners(obj: Object, armature: Object, index: dict[str, int]) -> NDArray[np.int64]:
    if obj.parent_type == "BONE" and not _modified_by(obj, armature):
        return np.full(len(obj.data.vertices), index.get(obj.parent_bone, -1))
    rows = [index.get(group.name, -1) for group in obj.vertex_groups]
    owners = np.full(len(obj.data.vertices), -1)
    for v, vertex in enumerate(obj.data.vertices):
        best = max(vertex.groups, key=lambda g: g.weight if rows[g.group] >= 0 else -1.0, default=None)
        if best is not None:
            owners[v] = rows[best.group]
    return owners


def _skins(armature: Object) -> list[Object]:
    meshes = [obj for obj in bpy.data.objects if obj.type == "MESH" and len(obj.data.vertices)]
    return [obj for obj in meshes if _modified_by(obj, armature) or obj.parent == armature]


def _weights(obj: Object, armature: Object, index: dict[str, int], step: int) -> tuple[NDArray[np.int64], Array, Array]:
    """Return bone (N,), weight (N,) and place in the world (N,3) of a mesh's weights."""
    points = _points(obj)[::step]
    if obj.parent == armature and obj.parent_type == "BONE" and not _modified_by(obj, armature):
        b = index.get(obj.parent_bone)
        count = 0 if b is None else len(points)
        return np.full(count, b or 0), np.ones(count), points[:count]
    rows = [index.get(group.name, -1) for group in obj.vertex_groups] or [-1]
    chosen = (
        obj.data.vertices[:] if step == 1 else [obj.data.vertices[v] for v in range(0, len(obj.data.vertices), step)]
    )
    found = [(v, g.group, g.weight) for v, vertex in enumerate(chosen) for g in vertex.groups]
    table = np.array(found, np.float64).reshape(-1, 3)
    vertices, bones, weights = table[:, 0].astype(np.int64), np.array(rows)[table[:, 1].astype(np.int64)], table[:, 2]
    ours = (bones >= 0) & (weights > 0)
    vertices, bones, weights = vertices[ours], bones[ours], weights[ours]
    sums = np.bincount(vertices, weights, len(points))
    return bones, weights / sums[vertices], points[vertices]


def _points(obj: Object) -> Array:
    """Return the vertices (V,3) of a mesh in the world, without modifiers."""
    flat = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", flat)
    world = np.array(obj.matrix_world, np.float64)
    return flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def _modified_by(obj: Object, armature: Object) -> bool:
    return any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers)


def stated_humanoid(armature: Object) -> dict[str, str] | None:
    """Return the human bones that the armature's file named when it was opened, or None."""
    text = armature.get(HUMANOID)
    return json.loads(text) if isinstance(text, str) else None


def remember_humanoid(stated: dict[str, str] | None) -> None:
    """Keep what the opened file said of human bones with the armature that has them."""
    for armature in bpy.data.objects:
        if stated and armature.type == "ARMATURE":
            own = {word: bone for word, bone in stated.items() if bone in armature.data.bones}
            if len(own) > len(stated) // 2:
                armature[HUMANOID] = json.dumps(own)
