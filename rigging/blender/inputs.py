"""Files that a rig job reads: of which kinds they may be, and whether they are there. No bpy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...errors import PosewrightError, UsageError

MANNEQUIN: Final = "mannequin"
"""Stands for the built-in character where the file of a rig is asked for."""

RIG_ENDINGS: Final = (".blend", ".fbx", ".glb", ".gltf", ".vrm", ".bvh")
CHARACTER_ENDINGS: Final = (".blend", ".fbx", ".glb", ".gltf", ".vrm", ".usdc", ".usda", ".usd", ".usdz")
"""Files whose characters' animation can be read."""


def check_rig(rig: str, map_file: Path | None = None) -> None:
    """Refuse a rig, or a map of it, that cannot be read, before the work starts."""
    if rig != MANNEQUIN:
        check_file(Path(rig), RIG_ENDINGS, "rig")
    if map_file is not None:
        check_file(map_file)


def check_motion(motion: Path, *, character: bool = False, parts_named: bool = False) -> None:
    """Refuse a motion that cannot be read, before the work starts.

    ``character`` says that it is meant to be that of a character in the file, ``parts_named`` that an armature or an
    action of the file is asked for by name.
    """
    takes = () if character else (".npz",)
    check_file(motion, (*takes, ".bvh", *CHARACTER_ENDINGS), "motion")
    if parts_named and motion.suffix.lower() not in CHARACTER_ENDINGS:
        raise UsageError(f"{motion.name} holds no armatures and actions to choose from; leave their names out.")


def check_file(path: Path, endings: Sequence[str] = (), what: str = "") -> None:
    """Refuse a file that is of none of the kinds (UsageError) or not there (PosewrightError)."""
    if endings and path.suffix.lower() not in endings:
        raise UsageError(f"{path.name} is no kind of {what} file; it must end in one of {', '.join(endings)}.")
    if path.is_dir():
        raise PosewrightError(f"{path} is a folder; give the name of a file in it.")
    if not path.is_file():
        raise PosewrightError(f"There is no file {path}.")
