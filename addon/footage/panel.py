"""The first panel: the footage."""

from bpy.types import Context, Panel

from ..panels import SidebarPanel


class POSEWRIGHT_PT_footage(SidebarPanel, Panel):
    """The video, and which part of it."""

    bl_idname = "POSEWRIGHT_PT_footage"
    bl_label = "Footage"
    bl_order = 1

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        footage = context.scene.posewright.footage
        column = self.layout.column()
        column.prop(footage, "clip", text="")
        column.prop(footage, "use_range")
        if footage.use_range:
            row = column.row(align=True)
            row.prop(footage, "start")
            row.prop(footage, "end")
