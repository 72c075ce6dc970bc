"""What Posewright reads from an armature: which one is meant, its rest pose, its poses, and the meshes it moves."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from bpy.types import Constraint, Object, PoseBone, Scene
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..rig import RigRest
from .controls.dependencies import REPLACING
from .linked import instances
from .skin import skin_of, stated_humanoid
from .travel import world_at_home

OVERRIDING = REPLACING | {"ARMATURE"}
"""Kinds of constraints that move a bone away from its keys; limits, for example, do not."""


def armatures_of(scene: Scene, *, source: str = "this scene") -> list[Object]:
    """Return the armature objects of a scene; PosewrightError, naming ``source``, when there is none."""
    found = [obj for obj in scene.objects if obj.type == "ARMATURE"]
    if not found and (empties := instances(scene)):
        raise PosewrightError(
            f"The character of {empties[0].name} is an instance of a linked collection; select it and make a library "
            "override first (Object > Library Override > Make)."
        )
    if not found:
        raise PosewrightError(f"There is no armature in {source}; choose a file that holds a rigged character.")
    return found


def named_armature(scene: Scene, name: str, *, source: str = "this scene") -> Object:
    """Return the armature of that object or data name; PosewrightError, listing all, when there is none."""
    armatures = armatures_of(scene, source=source)
    for obj in armatures:
        if name in (obj.name, obj.data.name):
            return obj
    names = ", ".join(sorted(obj.name for obj in armatures))
    raise PosewrightError(f"There is no armature {name} in {source}; it holds: {names}.")


def rest_of(obj: Object) -> RigRest:
    """Return the rest pose of an armature object, parents before their children."""
    bones = _parents_first(obj)
    held = holding_constraints(obj)
    index = {bone.name: i for i, bone in enumerate(bones)}
    skin = skin_of(obj, index)
    return RigRest(
        name=obj.name,
        bones=tuple(index),
        parents=np.array([index[b.parent.name] if b.parent else -1 for b in bones], np.int64),
        rest=np.array([b.matrix_local for b in bones], np.float64).reshape(-1, 4, 4),
        lengths=np.array([b.length for b in bones], np.float64),
        world=world_at_home(obj),
        deform=np.array([b.use_deform for b in bones], np.bool_),
        connected=np.array([b.use_connect for b in bones], np.bool_),
        inherit_rotation=np.array([b.use_inherit_rotation for b in bones], np.bool_),
        constrained=np.array([b.name in held for b in bones], np.bool_),
        local_location=np.array([b.use_local_location for b in bones], np.bool_),
        skin=None if skin is None else skin.shares,
        skin_centres=None if skin is None else skin.centres,
        skin_edges=None if skin is None else skin.edges,
        humanoid=stated_humanoid(obj),
    )


def world_poses(obj: Object, rest: RigRest, frames: NDArray[np.float64]) -> Generator[NDArray[np.float64], None, None]:
    """Yield the matrices (B,4,4) of an armature's bones in the world at frames of the scene, all that moves them in.

    They are evaluated apart, with nothing but what the armature depends on: meshes take most of the time of a frame,
    and what is hidden would not move. The scene stays at its frame.
    """
    buffer = np.empty(16 * len(obj.pose.bones), np.float32)
    indices = [obj.pose.bones.find(name) for name in rest.bones]
    with _apart(obj) as scene:
        for frame in frames.tolist():
            whole = int(np.floor(frame))
            scene.frame_set(whole, subframe=frame - whole)
            evaluated = obj.evaluated_get(scene.view_layers[0].depsgraph)
            evaluated.pose.bones.foreach_get("matrix", buffer)
            pose = buffer.reshape(-1, 4, 4).transpose(0, 2, 1)[indices].astype(np.float64)
            yield np.array(evaluated.matrix_world, np.float64) @ pose


@contextmanager
def _apart(obj: Object) -> Iterator[Scene]:
    """Make a scene for a while that holds one object alone, with the units and the frame rate of the present one."""
    render = bpy.context.scene.render
    scene = bpy.data.scenes.new("Posewright apart")
    scene.render.fps, scene.render.fps_base = render.fps, render.fps_base
    scene.collection.objects.link(obj)
    hidden = obj.hide_viewport
    if hidden:  # what is not touched is not drawn anew
        obj.hide_viewport = False
    try:
        scene.view_layers[0].update()
        yield scene
    finally:
        if hidden:
            obj.hide_viewport = True
        bpy.data.scenes.remove(scene)


def holding_constraints(obj: Object) -> dict[str, list[Constraint]]:
    """Return bone -> active constraints that move it away from its keys; IK also holds the bones above its own."""
    held: dict[str, list[Constraint]] = {}
    for bone in obj.pose.bones if obj.pose is not None else ():  # none before Blender has evaluated the object once
        for constraint in bone.constraints:
            if constraint.type not in OVERRIDING or constraint.mute or constraint.influence == 0:
                continue
            for name in [bone.name, *_chain_above(bone, constraint)]:
                held.setdefault(name, []).append(constraint)
    return held


def _chain_above(bone: PoseBone, constraint: Constraint) -> list[str]:
    if constraint.type not in ("IK", "SPLINE_IK"):
        return []
    above = [parent.name for parent in bone.parent_recursive]
    return above if constraint.chain_count == 0 else above[: constraint.chain_count - 1]


def meshes_of(armature: Object) -> list[Object]:
    """Return the meshes that an armature moves: by a modifier, or as children of it or of its bones."""
    return [obj for obj in bpy.data.objects if obj.type == "MESH" and _moved_by(obj, armature)]


def _moved_by(obj: Object, armature: Object) -> bool:
    if any(m.type == "ARMATURE" and m.object == armature for m in obj.modifiers):
        return True
    parent = obj.parent
    while parent is not None:
        if parent == armature:
            return True
        parent = parent.parent
    return False


def _parents_first(obj: Object) -> list[bpy.types.Bone]:
    ordered: list[bpy.types.Bone] = []
    waiting = [bone for bone in obj.data.bones if bone.parent is None]
    while waiting:
        bone = waiting.pop()
        ordered.append(bone)
        waiting.extend(reversed(bone.children))
    return ordered
