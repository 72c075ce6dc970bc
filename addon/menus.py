"""Object > Posewright and Pose > Posewright in the 3D view: there search (F3) and Quick Favorites find us."""

import bpy
from bpy.types import Context, Menu

PLACES = ("VIEW3D_MT_object", "VIEW3D_MT_pose")


class POSEWRIGHT_MT_menu(Menu):
    """The steps of the work."""

    bl_idname = "POSEWRIGHT_MT_menu"
    bl_label = "Posewright"

    def draw(self, context: Context) -> None:
        """Draw the steps in their order."""
        layout = self.layout
        layout.operator_context = "INVOKE_REGION_WIN"
        layout.operator("posewright.pick_person")
        layout.operator("posewright.capture", icon="REC")
        layout.operator("posewright.import_take", icon="IMPORT")
        layout.operator("posewright.export_take", icon="EXPORT")
        layout.separator()
        layout.operator("posewright.pick_character")
        layout.operator("posewright.add_mannequin", icon="ADD")
        layout.operator("posewright.apply", icon="PLAY")
        layout.operator("posewright.add_camera", icon="VIEW_CAMERA")
        layout.separator()
        layout.operator("posewright.swap_sides")
        layout.operator("posewright.freeze")
        layout.operator("posewright.floor_here")
        layout.operator("posewright.mark_moments", icon="MARKER")
        layout.operator("posewright.report", icon="FILE_TEXT")


def _draw(menu: Menu, context: Context) -> None:
    menu.layout.separator()
    menu.layout.menu("POSEWRIGHT_MT_menu", icon="ARMATURE_DATA")


def register() -> None:
    """Add the menu."""
    for name in PLACES:
        getattr(bpy.types, name).append(_draw)


def unregister() -> None:
    """Take it out again."""
    for name in PLACES:
        getattr(bpy.types, name).remove(_draw)
