"""The scene around an animated character: frame rate and range, floor, light, camera with the footage, views."""

import os
from math import ceil, floor
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Collection, Material, Object, Scene
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ...core.take import Take
from ..rotations import continuous, from_matrix
from .armature import meshes_of
from .keyframes import KeyWriter, key_frames, new_action
from .materials import nodes_of, plain_material

Array = NDArray[np.float64]

STAGE = "Stage"
FILM_CAMERA = "Footage camera"
SENSOR_MM = 36.0
BOUND_FRAMES = 8  # at which the character's size is measured
CAMERA_AXES = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -Z with Y up
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
        camera = _add_film_camera(stage_collection(scene), take, clip, out, result)
        _key_film_camera(camera, take, result)
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


def _add_film_camera(
    collection: Collection, take: Take, clip: Path | None, out: Path, result: dict[str, Any]
) -> Object:
    """Add the camera of the footage; scaled and placed like the motion, so that the picture stays the same."""
    assert take.focal_px and take.image_size and take.world_from_camera is not None
    width, height = take.image_size
    data = bpy.data.cameras.new(FILM_CAMERA)
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR_MM
    data.lens = take.focal_px * SENSOR_MM / width
    if take.principal_point is not None:
        data.shift_x = (width / 2 - take.principal_point[0]) / width
        data.shift_y = (take.principal_point[1] - height / 2) / width
    camera = bpy.data.objects.new(FILM_CAMERA, data)
    matrix = _placed_camera(np.array(take.world_from_camera, np.float64), result)
    camera.matrix_world = Matrix(matrix.tolist())
    data.clip_end = max(100.0, 4 * float(np.linalg.norm(matrix[:3, 3])))
    collection.objects.link(camera)
    if clip is not None and clip.is_file():
        _show_footage(camera, take, clip, out)
    return camera


def _placed_camera(world_from_camera: Array, result: dict[str, Any]) -> Array:
    """Return camera matrices (...,4,4) of Blender's axes, scaled about the origin and placed like the motion."""
    matrices = world_from_camera @ CAMERA_AXES
    matrices[..., :3, 3] *= result["size_ratio"]
    return np.array(result["placement"]) @ matrices


def _key_film_camera(camera: Object, take: Take, result: dict[str, Any]) -> None:
    """Give the camera of moving footage its keys, on the frames of the character's."""
    if take.camera_path is None:
        return
    assert take.times is not None and take.image_size is not None
    render = bpy.context.scene.render
    frames = key_frames(take.times - take.times[0], render.fps / render.fps_base, result["frame_start"])
    writer = KeyWriter(frames)
    matrices = _placed_camera(np.array(take.camera_path, np.float64), result)
    camera.rotation_mode = "QUATERNION"
    _, new_curve = new_action(camera, FILM_CAMERA)
    turns = continuous(from_matrix(matrices[:, :3, :3]))
    for path, values in (("location", matrices[:, :3, 3]), ("rotation_quaternion", turns)):
        for index in range(values.shape[1]):
            writer.write(new_curve(path, index, FILM_CAMERA), values[:, index])
    if take.focal_path is not None:
        _, new_curve = new_action(camera.data, f"{FILM_CAMERA} lens")
        writer.write(new_curve("lens", 0, "Lens"), take.focal_path * SENSOR_MM / take.image_size[0])


def _show_footage(camera: Object, take: Take, clip: Path, out: Path) -> None:
    """Put the clip behind what the camera sees; its file is named relative to the result when that is a .blend."""
    footage = bpy.data.movieclips.load(str(clip.resolve()))
    begin = 0.0 if take.times is None else float(take.times[0])
    footage.frame_start = bpy.context.scene.frame_start - round(begin * take.fps)
    background = camera.data.background_images.new()
    background.source = "MOVIE_CLIP"
    background.clip = footage
    background.alpha = 0.6
    background.display_depth = "BACK"
    camera.data.show_background_images = True
    if out.suffix.lower() == ".blend":
        try:
            footage.filepath = "//" + Path(os.path.relpath(clip.resolve(), out.resolve().parent)).as_posix()
        except ValueError:  # another drive of Windows: the full path stays
            return


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
