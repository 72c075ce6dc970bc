"""Writing the animated character, by the ending of the file; the scene is afterwards as it was before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import addon_utils
import bpy
from bpy.types import Object

from ...errors import PosewrightError
from .armature import meshes_of
from .bvh import write_armature_bvh
from .outputs import ExportFor
from .travel import travels

Writer = Callable[[Path, Object, ExportFor | None], None]

FBX_FOR: Final[dict[ExportFor | None, dict[str, Any]]] = {
    None: {},
    "unreal": {
        "use_armature_deform_only": True,
        "mesh_smooth_type": "FACE",  # or Unreal warns of missing smoothing groups
        "use_tspace": True,
        "primary_bone_axis": "Y",
        "secondary_bone_axis": "X",
    },
    "unity": {
        "use_armature_deform_only": True,
        "mesh_smooth_type": "OFF",
        "apply_scale_options": "FBX_SCALE_ALL",  # objects of scale 1 in Unity
        "primary_bone_axis": "Y",
        "secondary_bone_axis": "X",
    },
}
"""What differs from the usual .fbx: metres, Y up, facing +Z, which both engines turn into their own."""

ROOT_NODE: Final = "Armature"
"""Unreal makes a bone of the armature's object unless it is called so."""

TRAVELLING_NODE: Final = "root"
"""What the object is called when it carries the root motion, and must become that bone."""


def enable(module: str) -> None:
    """Load one of Blender's own importers if the user has switched it off."""
    if not addon_utils.check(module)[1] and addon_utils.enable(module, default_set=True) is None:
        raise PosewrightError(f"This Blender lacks its add-on {module}; enable it in the preferences.")


def write_blend(path: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Save the whole scene."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, copy=True, relative_remap=True)


def write_bvh(path: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Write the skeleton's motion."""
    with selected_alone(armature):  # what no view layer shows is not evaluated
        write_armature_bvh(armature, bpy.context.scene, path)


def write_fbx(path: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Write the character, baked on every frame of the scene."""
    enable("io_scene_fbx")
    names = {bpy.context.scene: action_name(armature)}  # which names the take in the file
    if export_for == "unreal":
        names[armature] = TRAVELLING_NODE if travels(armature) else ROOT_NODE
    options: dict[str, Any] = {
        "use_selection": True,
        "object_types": {"ARMATURE", "MESH"},
        "add_leaf_bones": False,
        "bake_anim": True,
        "bake_anim_use_nla_strips": False,
        "bake_anim_use_all_actions": False,
        "bake_anim_simplify_factor": 0.0,
        "path_mode": "COPY",
        "embed_textures": True,
    }
    with selected_alone(armature), renamed(names):
        bpy.ops.export_scene.fbx(filepath=str(path), **(options | FBX_FOR[export_for]))


def write_glb(path: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Write the character, baked on every frame of the scene, beginning at 0 s."""
    enable("io_scene_gltf2")
    animation = armature.animation_data
    layered = animation is not None and animation.action is None and len(animation.nla_tracks) > 0
    with selected_alone(armature), renamed({bpy.context.scene: action_name(armature)}):
        bpy.ops.export_scene.gltf(
            filepath=str(path),
            export_format="GLB",
            use_selection=True,
            export_animations=True,
            export_animation_mode="SCENE" if layered else "ACTIVE_ACTIONS",
            export_nla_strips_merged_animation_name=action_name(armature),
            export_anim_scene_split_object=False,
            export_frame_range=True,
            export_anim_slide_to_zero=True,
            export_force_sampling=True,
            export_optimize_animation_size=False,
            export_def_bones=export_for is not None,
        )


def require_usd() -> None:
    """Refuse USD files in a Blender that was built without it, as those of some Linux distributions are."""
    if not bpy.app.build_options.usd:
        raise PosewrightError(
            f"This Blender ({bpy.app.version_string}) was built without USD; take another format, such as .glb, or the "
            "Blender of blender.org."
        )


def write_usd(path: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Write the character with its animation."""
    require_usd()
    with selected_alone(armature):
        bpy.ops.wm.usd_export(
            filepath=str(path),
            selected_objects_only=True,
            export_animation=True,
            export_armatures=True,
            convert_world_material=False,
        )
    if not is_whole_usd(path):  # the exporter says nothing
        raise OSError("the file is incomplete, probably because the disk is full")


def is_whole_usd(path: Path) -> bool:
    """Tell whether a binary USD file reaches as far as its table of contents, which is written last."""
    with path.open("rb") as file:
        header = file.read(24)  # 8 bytes of magic, 8 of version, the place of the table of contents
    contents = int.from_bytes(header[16:24], "little")
    return header.startswith(b"PXR-USDC") and 24 <= contents < path.stat().st_size


WRITERS: Final[dict[str, Writer]] = {
    ".blend": write_blend,
    ".bvh": write_bvh,
    ".fbx": write_fbx,
    ".glb": write_glb,
    ".usdc": write_usd,
}
"""How each kind of file is written."""


def action_name(armature: Object) -> str:
    """Return the name of what moves the armature: its action, its top NLA track, or its own."""
    animation = armature.animation_data
    if animation is None:
        return armature.name
    if animation.action is not None:
        return animation.action.name
    playing = [track.name for track in animation.nla_tracks if track.strips and not track.mute]
    return playing[-1] if playing else armature.name


@contextmanager
def selected_alone(armature: Object) -> Iterator[None]:
    """Select the armature and its meshes, and nothing else, in object mode; afterwards all is as it was.

    What is hidden is shown meanwhile, and what no collection of the view layer shows is linked to the scene's own.
    """
    scene, layer = bpy.context.scene, bpy.context.view_layer
    frame, between, active, mode = scene.frame_current, scene.frame_subframe, layer.objects.active, armature.mode
    chosen = [obj for obj in layer.objects if obj.select_get()]
    character = [armature, *(mesh for mesh in meshes_of(armature) if mesh.name in layer.objects)]
    if mode != "OBJECT" and active is not None:
        bpy.ops.object.mode_set(mode="OBJECT")
    linked = armature.name not in layer.objects
    if linked:
        scene.collection.objects.link(armature)
    hidden = [(obj, obj.hide_viewport, obj.hide_select, obj.hide_get()) for obj in character]
    try:
        for obj in chosen:
            obj.select_set(False)
        for obj in character:
            obj.hide_viewport = obj.hide_select = False
            obj.hide_set(False)
            obj.select_set(True)
        layer.objects.active = armature
        yield
    finally:
        scene.frame_set(frame, subframe=between)
        for obj, in_viewport, from_mouse, by_eye in hidden:
            obj.select_set(obj in chosen)
            obj.hide_set(by_eye)
            obj.hide_viewport, obj.hide_select = in_viewport, from_mouse
        for obj in chosen:
            obj.select_set(True)
        if linked:
            scene.collection.objects.unlink(armature)
        layer.objects.active = active
        if mode != "OBJECT" and active is not None:
            bpy.ops.object.mode_set(mode=mode)


@contextmanager
def renamed(names: dict[Any, str]) -> Iterator[None]:
    """Give scenes and objects other names for a while; what has such a name already steps aside."""
    before = {item: item.name for item in names}
    aside: dict[Any, str] = {}
    try:
        for item, name in names.items():
            holders = bpy.data.objects if isinstance(item, Object) else bpy.data.scenes
            other = holders.get(name)
            if other is not None and other != item:
                aside[other] = name
                other.name = f"{name} aside"
            item.name = name
        yield
    finally:
        for item, name in before.items():
            item.name = name
        for item, name in aside.items():
            item.name = name
