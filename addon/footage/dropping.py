"""Files that are dropped into the 3D view, and entries in the menus of the clip editor and the sequencer."""

from typing import Any

import bpy
from bpy.types import Context, FileHandler, Menu

from .operators import VIDEO_ENDINGS


class POSEWRIGHT_FH_video(FileHandler):
    """A video becomes the footage."""

    bl_idname = "POSEWRIGHT_FH_video"
    bl_label = "Posewright: Capture a Person"
    bl_import_operator = "posewright.use_footage"
    bl_file_extensions = ";".join(VIDEO_ENDINGS)

    @classmethod
    def poll_drop(cls, context: Context) -> bool:
        """Only where the Posewright tab is; the sequencer and others have uses of their own for a video."""
        return context.area is not None and context.area.type == "VIEW_3D"


class POSEWRIGHT_FH_take(FileHandler):
    """A take or a BVH motion becomes a take of the list."""

    bl_idname = "POSEWRIGHT_FH_take"
    bl_label = "Posewright: Import as a Take"
    bl_import_operator = "posewright.import_take"
    bl_file_extensions = ".npz;.bvh"

    @classmethod
    def poll_drop(cls, context: Context) -> bool:
        """Only where the Posewright tab is."""
        return context.area is not None and context.area.type == "VIEW_3D"


def _draw_clip(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.operator("posewright.use_clip", icon="ARMATURE_DATA")


def _draw_strip(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.operator("posewright.use_strip", icon="ARMATURE_DATA")


MENUS: tuple[tuple[str, Any], ...] = (("CLIP_MT_clip", _draw_clip), ("SEQUENCER_MT_strip", _draw_strip))


def register() -> None:
    """Add the entries to the menus."""
    for name, draw in MENUS:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Take the entries out again."""
    for name, draw in MENUS:
        getattr(bpy.types, name).remove(draw)
