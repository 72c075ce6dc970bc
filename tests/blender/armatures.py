"""Armatures and motions for the tests of the Blender side."""

import bpy
import numpy as np
from bpy.types import Object
from mathutils import Matrix, Quaternion
from numpy.typing import NDArray
from posewright.rigging.blender.files import new_scene
from posewright.rigging.rig import BoneMotion, RigRest


def chain(count: int = 4, *, connect: bool = False) -> Object:
    """Return an armature with a chain of bones that lean and roll differently, in an empty scene."""
    new_scene()
    data = bpy.data.armatures.new("Chain")
    obj = bpy.data.objects.new("Chain", data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    head = np.zeros(3)
    for i in range(count):
        tail = head + np.array([0.1 * np.sin(i), 0.1 * np.cos(2 * i), 0.3])
        bone = data.edit_bones.new(f"bone {i}")
        bone.head, bone.tail, bone.roll = head, tail, 0.4 * i
        if i:
            bone.parent = data.edit_bones[f"bone {i - 1}"]
            bone.use_connect = connect
        head = tail
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def random_motion(bones: tuple[str, ...], frames: int, *, fps: float = 30.0, seed: int = 0) -> BoneMotion:
    """Return smooth rotations through large angles, and a path of the first bone."""
    rng = np.random.default_rng(seed)
    times = np.arange(frames) / fps
    axes = rng.normal(size=(1, len(bones), 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    half = np.sin(times[:, None, None] * rng.uniform(1, 4, (1, len(bones), 1)) + rng.uniform(0, 6, (1, len(bones), 1)))
    rotations = np.concatenate([np.cos(half), np.sin(half) * axes], -1)
    path = np.stack([0.3 * times, 0.1 * np.sin(3 * times), 0.05 * np.cos(5 * times)], 1)
    return BoneMotion(bones, rotations, {bones[0]: path}, times)


def evaluated_basis(obj: Object, bone: str, frame: float) -> NDArray[np.float64]:
    """Return a bone's ``matrix_basis`` after the depsgraph ran at a frame, (4,4)."""
    bpy.context.scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array(evaluated.pose.bones[bone].matrix_basis)


def world_heads(obj: Object, bones: tuple[str, ...], frames: list[float]) -> NDArray[np.float64]:
    """Return where bones begin in the world, (F,B,3) metres."""
    out = np.empty((len(frames), len(bones), 3))
    for i, frame in enumerate(frames):
        bpy.context.scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
        evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        out[i] = [evaluated.matrix_world @ evaluated.pose.bones[name].head for name in bones]
    return out


def basis_of(motion: BoneMotion, bone: str, frame: int) -> NDArray[np.float64]:
    """Return the ``matrix_basis`` that a motion asks for."""
    k = motion.bones.index(bone)
    matrix = Quaternion(motion.rotations[frame, k].tolist()).to_matrix().to_4x4()
    if bone in motion.locations:
        matrix = Matrix.Translation(motion.locations[bone][frame].tolist()) @ matrix
    return np.array(matrix)


def curves_of(obj: Object) -> dict[str, int]:
    """Return data path -> number of curves of the object's present action, in any version of Blender."""
    action = obj.animation_data.action
    if hasattr(action, "layers"):
        bag = action.layers[0].strips[0].channelbag(obj.animation_data.action_slot)
        curves = list(bag.fcurves)
    else:
        curves = list(action.fcurves)
    found: dict[str, int] = {}
    for curve in curves:
        found[curve.data_path] = found.get(curve.data_path, 0) + 1
    return found


def armature_of(rest: RigRest, name: str) -> Object:
    """Return a rig made of numbers as an armature of the open scene."""
    data = bpy.data.armatures.new(name)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for b, bone in enumerate(rest.bones):
        new = data.edit_bones.new(bone)
        new.length = rest.lengths[b]
        new.matrix = Matrix(rest.rest[b].tolist())
        if rest.parents[b] >= 0:
            new.parent = data.edit_bones[rest.bones[rest.parents[b]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.matrix_world = Matrix(rest.world.tolist())
    return obj
