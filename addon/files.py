"""Files that operators read or write, and how their paths are kept in a .blend."""

import os
from pathlib import Path

import bpy
from bpy.types import ID

from ..errors import PosewrightError

FILE_OPTIONS = {"ANIMATABLE"} | ({"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set())
"""Of a property that holds a path: it may begin with //, the folder of the .blend; before 4.5 that needed no leave."""


def chosen_file(path: str, what: str) -> Path:
    """Return the file of a path that may begin with //; PosewrightError, about ``what`` it is, when it is empty."""
    if not path:
        raise PosewrightError(f"Name the file of the {what}.")
    return Path(bpy.path.abspath(path))


def absolute(path: str, owner: ID) -> Path:
    """Return the full path of one that is kept in a data-block, which may begin with //."""
    return Path(os.path.normpath(bpy.path.abspath(path, library=owner.library)))


def kept(path: str, blend: str) -> str:
    """Return a path as the .blend of this name keeps it: relative to it, where the preferences say so."""
    is_relative = path.startswith("//")
    if not path or is_relative or not blend or not bpy.context.preferences.filepaths.use_relative_paths:
        return path
    return relative(Path(path), blend)


def relative(path: Path, blend: str) -> str:
    """Return a full path as one that begins with //, the folder of the .blend of this name, if it is of that drive."""
    try:
        return bpy.path.relpath(str(path), start=str(Path(blend).parent))
    except ValueError:  # another drive of Windows
        return str(path)
