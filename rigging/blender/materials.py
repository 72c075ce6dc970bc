"""Materials that look the same in renders and in the solid view."""

import bpy
from bpy.types import ID, Material, NodeTree

Colour = tuple[float, float, float, float]


def nodes_of(owner: ID) -> NodeTree:
    """Return the shader nodes of a material or world; they are made where this Blender leaves that to us."""
    if owner.node_tree is None:  # always there from Blender 5.0 on
        owner.use_nodes = True
    tree: NodeTree = owner.node_tree
    return tree


def plain_material(name: str, colour: Colour, roughness: float) -> Material:
    """Return a new material of one colour."""
    material = bpy.data.materials.new(name)
    shader = nodes_of(material).nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = roughness
    material.diffuse_color = colour  # what the solid view shows
    material.roughness = roughness
    return material
