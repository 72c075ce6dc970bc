"""Files of characters: opening every supported kind, and saving the animated character by the ending.

The rig's own file is never changed. A result appears complete or not at all.
"""

import re
import shutil
import tempfile
from pathlib import Path

import bpy
from bpy.types import Object

from ...errors import PosewrightError
from ..maps.vrm import read_humanoid
from .exporters import WRITERS, enable, require_usd
from .inputs import CHARACTER_ENDINGS, RIG_ENDINGS, check_file
from .outputs import ExportFor, partial_path, remove_partial
from .skin import remember_humanoid


def open_rig(path: Path) -> None:
    """Open the file of a rig in place of the present scene; PosewrightError when that cannot be done."""
    check_file(path, RIG_ENDINGS, "rig")
    _open(path)


def open_motion(path: Path) -> None:
    """Open a file for the animation in it, in place of the present scene; PosewrightError when that cannot be done."""
    check_file(path, CHARACTER_ENDINGS, "motion")
    _open(path)


def _open(path: Path) -> None:
    ending = path.suffix.lower()
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
            f"{path} cannot be opened as a {ending} file in Blender {bpy.app.version_string}: {reason_of(error)}"
        ) from error


def new_scene() -> None:
    """Start an empty file; the preferences and add-ons of this Blender stay as they are."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def _import(path: Path, ending: str) -> None:
    if ending == ".fbx":
        enable("io_scene_fbx")
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif ending == ".bvh":
        enable("io_anim_bvh")
        bpy.ops.import_anim.bvh(filepath=str(path), axis_forward="-Z", axis_up="Y", update_scene_fps=True)
    elif ending.startswith(".usd"):
        require_usd()
        bpy.ops.wm.usd_import(filepath=str(path))
    elif ending == ".vrm":  # a .glb with more in it, which the importer knows by the ending alone
        with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
            copy = Path(folder) / f"{path.stem}.glb"
            shutil.copyfile(path, copy)
            _import(copy, ".glb")
    else:
        enable("io_scene_gltf2")
        bpy.ops.import_scene.gltf(filepath=str(path))


def _pack_images() -> None:
    for image in bpy.data.images:
        on_disk = image.source == "FILE" and image.packed_file is None and image.filepath
        if on_disk and Path(bpy.path.abspath(image.filepath)).is_file():
            image.pack()


def save_result(out: Path, armature: Object, export_for: ExportFor | None = None) -> None:
    """Save the scene (.blend) or the character with its animation (all other endings) to ``out``.

    ``export_for`` writes .fbx and .glb as a game engine wants them. The scene is afterwards as it was. Raises
    PosewrightError when Blender cannot write it; ``out`` is then as it was before.
    """
    part = partial_path(out)
    write = WRITERS[out.suffix.lower()]
    remove_partial(out)
    try:
        write(part, armature, export_for)
        part.replace(out)
    except (RuntimeError, OSError) as error:
        raise PosewrightError(f"{out} could not be written: {reason_of(error).rstrip('.')}.") from error
    finally:
        remove_partial(out)


def reason_of(error: Exception) -> str:
    """Return what the disk's or an operator's error says, without its traceback."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("Location:", "File "))]
    return re.sub(r"^(Error: |OSError: |\[Errno \d+\] )+", "", said[-1]) if said else type(error).__name__
