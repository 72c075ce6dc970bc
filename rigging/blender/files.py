"""Files of characters: opening every supported kind, and saving the animated character by the ending.

The rig's own file is never changed. A result appears complete or not at all.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import addon_utils
import bpy
from bpy.types import Object

from ...errors import PosewrightError, UsageError
from ..vrm import read_humanoid
from .armature import meshes_of
from .bvh import write_armature_bvh
from .outputs import partial_path, remove_partial
from .skin import remember_humanoid

RIG_ENDINGS = (".blend", ".fbx", ".glb", ".gltf", ".vrm", ".bvh")
MOTION_ENDINGS = (".blend", ".fbx", ".glb", ".gltf", ".vrm", ".usdc", ".usda", ".usd", ".usdz")


def open_rig(path: Path) -> None:
    """Open the file of a rig in place of the present scene; PosewrightError when that cannot be done."""
    ending = path.suffix.lower()
    if ending not in RIG_ENDINGS:
        raise UsageError(f"{path.name} is no kind of rig file; it must end in one of {', '.join(RIG_ENDINGS)}.")
    _open(path)


def open_motion(path: Path) -> None:
    """Open a file for the animation in it, in place of the present scene; PosewrightError when that cannot be done."""
    _open(path)


def _open(path: Path) -> None:
    ending = path.suffix.lower()
    if not path.is_file():
        raise PosewrightError(f"There is no file {path}.")
    try:
        if ending == ".blend":
            bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
        else:
            new_scene()
            _import(path.resolve(), ending)
            remember_humanoid(read_humanoid(path))
            _pack_images()
    except (RuntimeError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise PosewrightError(
            f"{path} cannot be opened as a {ending} file in Blender {bpy.app.version_string}: {_reason(error)}"
        ) from error


def new_scene() -> None:
    """Start an empty file; the preferences and add-ons of this Blender stay as they are."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def _import(path: Path, ending: str) -> None:
    if ending == ".fbx":
        _enable("io_scene_fbx")
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif ending == ".bvh":
        _enable("io_anim_bvh")
        bpy.ops.import_anim.bvh(filepath=str(path), axis_forward="-Z", axis_up="Y", update_scene_fps=True)
    elif ending.startswith(".usd"):
        bpy.ops.wm.usd_import(filepath=str(path))
    elif ending == ".vrm":  # a .glb with more in it, which the importer knows by the ending alone
        with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
            copy = Path(folder) / f"{path.stem}.glb"
            shutil.copyfile(path, copy)
            _import(copy, ".glb")
    else:
        _enable("io_scene_gltf2")
        bpy.ops.import_scene.gltf(filepath=str(path))


def _enable(module: str) -> None:
    """Load one of Blender's own importers if the user has switched it off."""
    if not addon_utils.check(module)[1] and addon_utils.enable(module, default_set=True) is None:
        raise PosewrightError(f"This Blender lacks its add-on {module}; enable it in the preferences.")


def _pack_images() -> None:
    for image in bpy.data.images:
        on_disk = image.source == "FILE" and image.packed_file is None and image.filepath
        if on_disk and Path(bpy.path.abspath(image.filepath)).is_file():
            image.pack()


def save_result(out: Path, armature: Object) -> None:
    """Save the scene (.blend) or the character with its animation (all other endings) to ``out``.

    Raises PosewrightError when Blender cannot write it; ``out`` is then as it was before.
    """
    part = partial_path(out)
    write = _WRITERS[out.suffix.lower()]
    remove_partial(out)
    try:
        write(part, armature)
        part.replace(out)
    except (RuntimeError, OSError) as error:
        raise PosewrightError(f"{out} could not be written: {_reason(error).rstrip('.')}.") from error
    finally:
        remove_partial(out)


def _save_blend(path: Path, armature: Object) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, copy=True, relative_remap=True)


def _save_bvh(path: Path, armature: Object) -> None:
    write_armature_bvh(armature, bpy.context.scene, path)


def _save_fbx(path: Path, armature: Object) -> None:
    _enable("io_scene_fbx")
    select_character(armature)
    bpy.context.scene.name = _action_name(armature)  # which names the take in the file
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        add_leaf_bones=False,
        bake_anim=True,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_simplify_factor=0.0,
        path_mode="COPY",
        embed_textures=True,
    )


def _save_glb(path: Path, armature: Object) -> None:
    _enable("io_scene_gltf2")
    select_character(armature)
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLB",
        use_selection=True,
        export_animations=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_nla_strips_merged_animation_name=_action_name(armature),
        export_frame_range=True,
        export_anim_slide_to_zero=True,
        export_force_sampling=True,
        export_optimize_animation_size=False,
    )


def _action_name(armature: Object) -> str:
    animation = armature.animation_data
    return animation.action.name if animation is not None and animation.action is not None else armature.name


def _save_usd(path: Path, armature: Object) -> None:
    select_character(armature)
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


_WRITERS: dict[str, Callable[[Path, Object], None]] = {
    ".blend": _save_blend,
    ".bvh": _save_bvh,
    ".fbx": _save_fbx,
    ".glb": _save_glb,
    ".usdc": _save_usd,
}


def select_character(armature: Object) -> None:
    """Select the armature and its meshes, and nothing else."""
    layer = bpy.context.view_layer
    for obj in layer.objects:
        obj.select_set(False)
    for obj in [armature, *meshes_of(armature)]:
        if obj.name not in layer.objects:
            continue
        obj.hide_viewport = obj.hide_select = False
        obj.hide_set(False)
        obj.select_set(True)
    layer.objects.active = armature


def _reason(error: Exception) -> str:
    """Return what the disk's or an operator's error says, without its traceback."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("Location:", "File "))]
    return said[-1].removeprefix("Error: ").removeprefix("OSError: ") if said else type(error).__name__
