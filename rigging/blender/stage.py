"""The scene around an animated character: frame rate and range, floor, light, camera with the footage, views."""

from math import ceil, floor
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Collection, Material, Object, Scene
from mathutils import Vector
from numpy.typing import NDArray

from ...core.take import Take
from .armature import meshes_of
from .film_camera import Placement, add_film_camera
from .materials import nodes_of, plain_material

Array = NDArray[np.float64]

STAGE = "Stage"
SENSOR_MM = 36.0
BOUND_FRAMES = 8  # at which the character's size is measured
FLOOR_COLOURS = ((0.34, 0.36, 0.38, 1.0), (0.29, 0.31, 0.33, 1.0))
SKY = (0.55, 0.6, 0.66, 1.0)


def set_frame_rate(scene: Scene, fps: float) -> float:
    """Set the scene's frame rate, also one like 29.97, and return it as Blender holds it."""
    whole = max(1, round(fps))
    scene.render.fps = whole
    scene.render.fps_base = whole / fps
    return scene.render.fps / scene.render.fps_base


def set_stage(obj: Object, take: Take, result: dict[str, Any], *, clip: Path | None, out: Path, furnish: bool) -> None:
    """Make the scene ready to play: frame range, camera, views; with ``furnish`` also floor and light.

    ``result`` is what ``animate_armature`` returned. The camera is the one that the take was filmed with, and
    shows the clip behind the character. A scene that has a camera keeps it.
    """
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = floor(result["frame_start"]), max(1, ceil(result["frame_end"]))
    scene.frame_set(scene.frame_start)
    low, high = _bounds(obj, scene)
    if furnish:
        collection = stage_collection(scene)
        add_floor(collection, low, high)
        add_light(scene, collection)
    if take.focal_px and take.image_size and take.world_from_camera is not None:
        camera = add_film_camera(stage_collection(scene), take, Placement.of(result), clip=clip, beside=out)
        scene.render.resolution_x, scene.render.resolution_y = take.image_size
    elif furnish:
        camera = _add_view_camera(stage_collection(scene), low, high)
    else:
        camera = None
    if scene.camera is None and camera is not None:
        scene.camera = camera
    bpy.context.view_layer.objects.active = obj
    _set_views(low, high)


def _bounds(obj: Object, scene: Scene) -> tuple[Array, Array]:
    """Return the corners of the box that the character sweeps through."""
    points: list[tuple[float, ...]] = []
    for frame in np.linspace(scene.frame_start, scene.frame_end, BOUND_FRAMES).astype(int).tolist():
        scene.frame_set(frame)
        depsgraph = bpy.context.evaluated_depsgraph_get()
        armature = obj.evaluated_get(depsgraph)
        points += [tuple(armature.matrix_world @ bone.head) for bone in armature.pose.bones if bone.bone.use_deform]
        for mesh in meshes_of(obj):
            if mesh.visible_get():
                evaluated = mesh.evaluated_get(depsgraph)
                points += [tuple(evaluated.matrix_world @ Vector(corner)) for corner in evaluated.bound_box]
    scene.frame_set(scene.frame_start)
    table = np.array(points or [(0.0, 0.0, 0.0)])
    return table.min(0), table.max(0)


def stage_collection(scene: Scene) -> Collection:
    """Return the collection for floor, light and cameras, made when the scene has none."""
    found = scene.collection.children.get(STAGE)
    if found is None:
        found = bpy.data.collections.new(STAGE)
        scene.collection.children.link(found)
    return found


def add_floor(collection: Collection, low: Array, high: Array) -> None:
    """Add a chequered floor at z = 0 with squares of half a metre under the whole path."""
    centre = np.round((low + high) / 2)
    half = float(np.ceil(max((high - low)[:2]) / 2 + 3))
    mesh = bpy.data.meshes.new("Floor")
    corners = [(-half, -half, 0.0), (half, -half, 0.0), (half, half, 0.0), (-half, half, 0.0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    plane = bpy.data.objects.new("Floor", mesh)
    plane.location = (centre[0], centre[1], 0.0)
    plane.hide_select = True
    mesh.materials.append(_floor_material())
    collection.objects.link(plane)


def _floor_material() -> Material:
    material = plain_material("Floor", FLOOR_COLOURS[0], roughness=0.9)
    tree = nodes_of(material)
    shader = tree.nodes["Principled BSDF"]
    chequer = tree.nodes.new("ShaderNodeTexChecker")
    chequer.inputs["Scale"].default_value = 2.0
    chequer.inputs["Color1"].default_value, chequer.inputs["Color2"].default_value = FLOOR_COLOURS
    place = tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(place.outputs["Object"], chequer.inputs["Vector"])
    tree.links.new(chequer.outputs["Color"], shader.inputs["Base Color"])
    return material


def add_light(scene: Scene, collection: Collection) -> None:
    """Add a sun, and a sky where the scene has none."""
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy = 2.5
    sun.data.angle = 0.2
    sun.rotation_euler = (0.75, 0.15, 0.5)
    sun.location = (0.0, 0.0, 4.0)
    collection.objects.link(sun)
    if scene.world is None:
        scene.world = bpy.data.worlds.new("World")
    background = nodes_of(scene.world).nodes.get("Background")
    if background is not None:
        background.inputs["Color"].default_value = SKY
        background.inputs["Strength"].default_value = 0.6


def _add_view_camera(collection: Collection, low: Array, high: Array) -> Object:
    """Add a camera in front, a little to the side, that sees the whole motion."""
    data = bpy.data.cameras.new("Camera")
    data.lens = 50.0
    camera = bpy.data.objects.new("Camera", data)
    width, height = float(np.hypot(*(high - low)[:2])), float(high[2] - low[2])
    reach = data.lens / SENSOR_MM * 1.15 * max(width, height * 16 / 9, 0.1)
    direction = Vector((0.45, -1.0, 0.22)).normalized()
    camera.location = Vector((low + high) / 2) + direction * (reach + width / 2)
    camera.rotation_euler = direction.to_track_quat("Z", "Y").to_euler()
    data.clip_end = max(100.0, 10 * reach)
    collection.objects.link(camera)
    return camera


def _set_views(low: Array, high: Array) -> None:
    """Turn every 3D view of the file to the character, in colour."""
    centre, size = Vector((low + high) / 2), float(np.linalg.norm(high - low))
    for screen in bpy.data.screens:
        for area in screen.areas:
            for space in area.spaces:
                if space.type == "VIEW_3D" and space.region_3d is not None:
                    space.region_3d.view_perspective = "PERSP"
                    space.region_3d.view_location = centre
                    space.region_3d.view_distance = 1.6 * max(size, 0.1)
                    space.region_3d.view_rotation = Vector((0.45, -1.0, 0.3)).to_track_quat("Z", "Y")
                    space.shading.color_type = "MATERIAL"
                    space.clip_end = max(space.clip_end, 20 * size)
