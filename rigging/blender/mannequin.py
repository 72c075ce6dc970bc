"""The built-in character as Blender objects: an armature, and one mesh that it moves."""

import bpy
import numpy as np
from bpy.types import Mesh, Object

from .mannequin_body import Solid, body_bones, body_solids
from .materials import plain_material

NAME = "Mannequin"
COLOURS = (("Mannequin shell", (0.78, 0.74, 0.68, 1.0), 0.45), ("Mannequin joints", (0.045, 0.1, 0.14, 1.0), 0.35))
ROLL_AXIS = (0.0, -1.0, 0.0)  # the bones' Z axes look forwards


def build_mannequin() -> Object:
    """Add the character to the open scene, standing at the origin, and return its armature."""
    collection = bpy.data.collections.new(NAME)
    bpy.context.scene.collection.children.link(collection)
    armature = bpy.data.objects.new(NAME, bpy.data.armatures.new(NAME))
    collection.objects.link(armature)
    _add_bones(armature)
    body = bpy.data.objects.new(f"{NAME} body", _build_mesh(body_solids()))
    collection.objects.link(body)
    body.parent = armature
    _bind(body, armature)
    return armature


def _add_bones(armature: Object) -> None:
    bpy.context.view_layer.objects.active = armature
    with bpy.context.temp_override(active_object=armature, object=armature):  # scripts may override the scene alone
        bpy.ops.object.mode_set(mode="EDIT")
        _add_edit_bones(armature)
        bpy.ops.object.mode_set(mode="OBJECT")
    armature.data.display_type = "STICK"
    armature.show_in_front = True


def _add_edit_bones(armature: Object) -> None:
    for bone in body_bones():
        edit_bone = armature.data.edit_bones.new(bone.name)
        edit_bone.head, edit_bone.tail = bone.head, bone.tail
        edit_bone.align_roll((0.0, 0.0, 1.0) if bone.name.startswith(("foot", "toe")) else ROLL_AXIS)
        if bone.parent is not None:
            edit_bone.parent = armature.data.edit_bones[bone.parent]
            edit_bone.use_connect = bone.connected


def _build_mesh(solids: list[Solid]) -> Mesh:
    """Return the solids as one smooth mesh with two materials; the vertices keep the order of the solids."""
    starts = np.cumsum([0, *(len(solid.points) for solid in solids)])
    points = np.concatenate([solid.points for solid in solids])
    faces = [[i + int(start) for i in f] for solid, start in zip(solids, starts, strict=False) for f in solid.faces]
    mesh = bpy.data.meshes.new(NAME)
    mesh.from_pydata(points.tolist(), [], faces)
    for colour in COLOURS:
        mesh.materials.append(plain_material(*colour))
    indices = np.concatenate([np.full(len(solid.faces), solid.material, np.int32) for solid in solids])
    mesh.polygons.foreach_set("material_index", indices)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(indices), np.bool_))
    mesh.update()
    return mesh


def _bind(body: Object, armature: Object) -> None:
    """Give each vertex to its bones and add the modifier that moves them."""
    for bone in armature.data.bones:
        body.vertex_groups.new(name=bone.name)
    start = 0
    for solid in body_solids():
        for bone, shares in solid.weights.items():
            group = body.vertex_groups[bone]
            for share in np.unique(shares[shares > 0]):
                group.add((start + np.flatnonzero(shares == share)).tolist(), float(share), "REPLACE")
        start += len(solid.points)
    modifier = body.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
