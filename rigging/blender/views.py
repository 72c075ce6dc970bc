"""Pictures of an animated character from fixed sides, a few moments each: what a contact sheet is made of.

Rendered by Cycles on the CPU, which needs neither a window nor a graphics card.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Mesh, Object, Scene
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ...errors import PosewrightError, UsageError
from ...progress import Progress, silent
from .armature import armatures_of, meshes_of, named_armature
from .files import open_rig
from .film_camera import FILM_CAMERA
from .materials import plain_material
from .stage import add_floor, add_light, stage_collection

Array = NDArray[np.float64]

SIDES = {"front": 0.0, "side": 90.0, "back": 180.0, "other-side": -90.0}
"""View -> degrees that the camera stands to the left of the front, which is where the footage was filmed from."""

PITCH = np.radians(8.0)  # looking down a little shows the floor
AIR = 1.12  # of the character's extent
SAMPLES = 12
PLAIN = (0.5, 0.55, 0.62, 1.0)
THICKNESS = 0.12  # of a bone's length, where bones stand for a mesh


def render_views(request: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Render an animated character at evenly spaced moments.

    The request holds result (the animated file), folder (for the pictures), views (names of ``SIDES``), moments (how
    many), size (width and height in pixels) and optionally armature (a name). Returns armature, times (seconds from
    the first frame) and pictures (view -> list of paths). The file is not changed.
    """
    unknown = [view for view in request["views"] if view not in SIDES]
    if unknown:
        raise UsageError(f"There is no view {unknown[0]}; choose from {', '.join(SIDES)}.")
    result = Path(request["result"])
    progress("preview", 0.0, f"opening {result.name}")
    open_rig(result)
    scene = bpy.context.scene
    obj = _animated_armature(scene, result, request.get("armature"))
    first, last = _frame_range(scene, obj, result)
    count = max(1, int(request["moments"]))
    frames = np.round(first + (np.arange(count) + 0.5) / count * (last - first)).astype(int).tolist()
    front = _front(scene)
    meshes = _only_character(scene, obj)
    if not meshes:
        raise PosewrightError(f"The armature {obj.name} in {result} has neither meshes nor bones to be shown.")
    _without_magenta(meshes)
    centres, extent = _followed(scene, meshes, frames)
    _prepare(scene, centres, extent, tuple(request["size"]))
    far = 12.0 * float(extent.max())
    pictures = _render(scene, request["views"], front, frames, centres, far, Path(request["folder"]), progress)
    rate = scene.render.fps / scene.render.fps_base
    return {"armature": obj.name, "times": [(f - first) / rate for f in frames], "pictures": pictures}


def _animated_armature(scene: Scene, path: Path, name: str | None) -> Object:
    """Return the armature that is meant: the one of that name, else the one that moves."""
    if name is not None:
        return named_armature(scene, name, source=str(path))
    armatures = armatures_of(scene, source=str(path))
    moving = [obj for obj in armatures if obj.animation_data is not None and obj.animation_data.action is not None]
    if len(moving or armatures) > 1:
        names = ", ".join(sorted(obj.name for obj in moving or armatures))
        raise PosewrightError(f"There are several armatures in {path}: {names}. Name one with --armature.")
    return (moving or armatures)[0]


def _frame_range(scene: Scene, obj: Object, path: Path) -> tuple[float, float]:
    """Return the frames that play: the scene's in a .blend, the action's in files that have no range of their own."""
    action = obj.animation_data.action if obj.animation_data is not None else None
    if path.suffix.lower() == ".blend" or action is None:
        return float(scene.frame_start), float(scene.frame_end)
    start, end = action.frame_range
    return float(start), float(end)


def _front(scene: Scene) -> float:
    """Return where the front camera stands, radians about Z from -Y: as the footage's camera, if there is one."""
    film = scene.objects.get(FILM_CAMERA)
    if film is None:
        return 0.0
    back = np.array(film.matrix_world)[:3, 2]
    return float(np.arctan2(back[0], -back[1])) if np.hypot(back[0], back[1]) > 0.2 else 0.0


def _only_character(scene: Scene, obj: Object) -> list[Object]:
    """Hide everything but the character, and return its meshes; without any, its bones get bodies."""
    meshes = [mesh for mesh in meshes_of(obj) if mesh.name in scene.objects and not mesh.hide_render]
    meshes = [mesh for mesh in meshes if mesh.visible_get()] or meshes
    for other in scene.objects:
        other.hide_render = other not in meshes
    return meshes or _bodies(scene, obj)


def _bodies(scene: Scene, obj: Object) -> list[Object]:
    """Give every bone a slender body that goes with it."""
    material = plain_material("Bones", PLAIN, roughness=0.6)
    made = []
    for bone in obj.data.bones:
        body = bpy.data.objects.new(bone.name, _octahedron(bone.length))
        body.data.materials.append(material)
        scene.collection.objects.link(body)
        body.parent, body.parent_type, body.parent_bone = obj, "BONE", bone.name
        body.matrix_parent_inverse = Matrix.Translation((0.0, -bone.length, 0.0))  # a child's origin is the tail
        made.append(body)
    return made


def _octahedron(length: float) -> Mesh:
    mesh = bpy.data.meshes.new("Bone")
    wide, waist = THICKNESS * length, 0.2 * length
    ring = [(wide, waist, 0.0), (0.0, waist, wide), (-wide, waist, 0.0), (0.0, waist, -wide)]
    sides = [(i, (i + 1) % 4) for i in range(4)]
    faces = [(4, a, b) for a, b in sides] + [(5, b, a) for a, b in sides]
    mesh.from_pydata([*ring, (0.0, 0.0, 0.0), (0.0, length, 0.0)], [], faces)
    return mesh


def _followed(scene: Scene, meshes: Sequence[Object], frames: list[int]) -> tuple[Array, Array]:
    """Return the middle (N,3) of the character at each frame, and its largest extent (3,) in metres."""
    boxes = []
    for frame in frames:
        scene.frame_set(frame)
        depsgraph = bpy.context.evaluated_depsgraph_get()
        points = [
            tuple(evaluated.matrix_world @ Vector(corner))
            for evaluated in (mesh.evaluated_get(depsgraph) for mesh in meshes)
            for corner in evaluated.bound_box
        ]
        boxes.append((np.min(points, axis=0), np.max(points, axis=0)))
    low, high = (np.array(corner) for corner in zip(*boxes, strict=True))
    return (low + high) / 2, np.maximum((high - low).max(0), 1e-3)


def _prepare(scene: Scene, centres: Array, extent: Array, size: tuple[int, int]) -> None:
    """Add floor, light and camera, and set the renderer."""
    width, height = size
    reach = float(extent.max())
    collection = stage_collection(scene)
    collection.hide_render = False
    add_floor(collection, centres.min(0) - reach, centres.max(0) + reach)
    add_light(scene, collection)
    data = bpy.data.cameras.new("Contact sheet")
    data.type = "ORTHO"
    data.sensor_fit = "VERTICAL"
    data.ortho_scale = AIR * max(float(extent[2]), float(extent[:2].max()) * height / width)
    data.clip_end = 40.0 * reach
    scene.camera = bpy.data.objects.new("Contact sheet", data)
    collection.objects.link(scene.camera)
    render = scene.render
    render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.max_bounces = 2
    scene.cycles.use_denoising = False
    render.use_persistent_data = True
    scene.view_settings.view_transform = "Standard"
    render.use_compositing = render.use_sequencer = False
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.image_settings.file_format = "PNG"


def _without_magenta(meshes: Sequence[Object]) -> None:
    """Make plain what has textures whose pictures are not to be found."""
    plain = plain_material("Plain", PLAIN, roughness=0.6)
    for mesh in meshes:
        for slot in mesh.material_slots:
            tree = slot.material.node_tree if slot.material is not None else None
            images = [getattr(node, "image", None) for node in tree.nodes] if tree is not None else []
            if any(image is not None and _is_missing(image) for image in images):
                slot.material = plain


def _is_missing(image: Image) -> bool:
    """Return whether the picture of a texture is not to be found."""
    if image.source != "FILE" or image.packed_file is not None or not image.filepath:
        return False
    return not Path(bpy.path.abspath(image.filepath)).is_file()


def _render(
    scene: Scene,
    views: Sequence[str],
    front: float,
    frames: list[int],
    centres: Array,
    far: float,
    folder: Path,
    progress: Progress,
) -> dict[str, list[str]]:
    """Render each view of each frame; returns view -> pictures."""
    pictures: dict[str, list[str]] = {view: [] for view in views}
    for i, frame in enumerate(frames):
        scene.frame_set(frame)
        for k, view in enumerate(views):
            progress("preview", (i + k / len(views)) / len(frames), "")
            angle = front + np.radians(SIDES[view])
            back = Vector((np.sin(angle) * np.cos(PITCH), -np.cos(angle) * np.cos(PITCH), np.sin(PITCH)))
            scene.camera.matrix_world = Matrix.Translation(Vector(centres[i]) + far * back) @ (
                back.to_track_quat("Z", "Y").to_matrix().to_4x4()
            )
            path = folder / f"{view}-{i:03d}.png"
            scene.render.filepath = str(path)
            bpy.ops.render.render(write_still=True)
            pictures[view].append(str(path))
    return pictures
