"""Maps of bones as files: reading, writing, and those that are remembered for a rig. numpy only.

A rig is known again by its signature: the names and parents of its bones, whatever its name, pose or size.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ...core.outputs import write_whole
from ...errors import PosewrightError
from ..rig import MAP_FORMAT, RigMap, RigRest
from .parts import ALL_PARTS, Parts, other_side

FOLDER_VARIABLE: Final = "POSEWRIGHT_MAPS"


def maps_folder() -> Path:
    """Return the folder of remembered maps: the variable POSEWRIGHT_MAPS, else in the user's configuration."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    if os.name == "nt" and os.environ.get("APPDATA"):
        base = Path(os.environ["APPDATA"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "posewright" / "maps"


def signature(rest: RigRest) -> str:
    """Return what a rig is known by: a hash (16 hex digits) of the names of its bones and of their parents."""
    parents = [rest.bones[p] if p >= 0 else "" for p in rest.parents]
    lines = sorted(f"{bone}\t{parent}" for bone, parent in zip(rest.bones, parents, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def map_path(rest: RigRest) -> Path:
    """Return where the map of a rig is, or would be, remembered."""
    return maps_folder() / f"{signature(rest)}.json"


def saved_map(rest: RigRest) -> Path | None:
    """Return the file of the map that the user had remembered for this rig, or None."""
    path = map_path(rest)
    return path if path.is_file() else None


def save_map(rest: RigRest, rig_map: RigMap) -> Path:
    """Remember a map for a rig and return its file; PosewrightError when it cannot be written."""
    path = map_path(rest)
    write_map(path, rest, rig_map)
    return path


def forget_map(rest: RigRest) -> bool:
    """Forget the map of a rig; returns whether there was one. PosewrightError when it cannot be deleted."""
    path = map_path(rest)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PosewrightError(f"The map {path} could not be deleted: {error.strerror}.") from error
    return True


def write_map(path: Path, rest: RigRest, rig_map: RigMap) -> None:
    """Write a map as a file that can be corrected and shared; PosewrightError when that fails."""
    content = rig_map.to_json() | {"rig": rest.name, "signature": signature(rest)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosewrightError(f"The map {path} could not be written: {error.strerror}.") from error
    write_whole(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def read_map(rest: RigRest, path: Path) -> Parts:
    """Return the parts of a map file (``null``: no bones); PosewrightError when it is no map of this rig."""
    return parts_stated(rest, read_entries(path), f"The map {path}")


def read_entries(path: Path) -> dict[str, Any]:
    """Return what a map file says, part -> a bone, a list of bones or None; PosewrightError when it is no map."""
    try:
        content: Any = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise PosewrightError(f"The map {path} could not be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise PosewrightError(f"The map {path} is no JSON file: {error}.") from error
    entries = content.get("map") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise PosewrightError(f'The map {path} has no "map" with parts and their bones.')
    stated = content.get("format", MAP_FORMAT)
    if stated != MAP_FORMAT:
        raise PosewrightError(f"The map {path} is of the format {stated}; this Posewright reads {MAP_FORMAT}.")
    return {str(part): value for part, value in entries.items()}


def parts_stated(rest: RigRest, entries: Mapping[str, Any], what: str) -> Parts:
    """Return the parts of the entries of a map; PosewrightError, naming it by ``what``, when it is none of this rig."""
    found = {part: _bones(rest, what, part, value) for part, value in entries.items()}
    for part, bones in found.items():
        both = set(bones) & set(found.get(other_side(part) or "", ()))
        if both:
            raise PosewrightError(f"{what} gives the bone {rest.bones[min(both)]} to both sides.")
    return found


def _bones(rest: RigRest, what: str, part: str, value: Any) -> tuple[int, ...]:
    bones = [] if value is None else [value] if isinstance(value, str) else value
    if part not in ALL_PARTS:
        raise PosewrightError(f"{what} names the part {part}; the parts are {', '.join(ALL_PARTS)}.")
    if not isinstance(bones, list | tuple) or not all(isinstance(bone, str) for bone in bones):
        raise PosewrightError(f"{what} must give a bone, a list of bones or null for {part}.")
    unknown = [bone for bone in bones if bone not in rest.bones]
    if unknown:
        raise PosewrightError(f"{what} names the bone {unknown[0]}, which {rest.name} does not have.")
    return tuple(rest.index(bone) for bone in bones)
