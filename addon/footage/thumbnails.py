"""A small picture of the chosen video, made by Blender itself in the background."""

from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews  # pyright: ignore[reportMissingImports]

from ...core.sequence import is_picture

_collections: list[Any] = []  # the one there is, once a picture was wanted


def icon_of(file: str) -> int:
    """Return the icon that shows a video, 0 when there is none: without a window, or for a file that is gone.

    Blender reads the video when the icon is first drawn, in a job of its own.
    """
    if bpy.app.background or not file:
        return 0
    if not _collections:
        _collections.append(bpy.utils.previews.new())
    collection = _collections[0]
    if file not in collection:
        if not Path(file).is_file():
            return 0
        collection.clear()
        collection.load(file, file, "IMAGE" if is_picture(Path(file)) else "MOVIE")
    return collection[file].icon_id


def forget() -> None:
    """Free the picture."""
    while _collections:
        bpy.utils.previews.remove(_collections.pop())
