"""The second panel: capture."""

from bpy.types import Context, Panel

from ..jobs.drawing import draw_error, draw_jobs
from ..jobs.queue import jobs
from ..panels import SidebarPanel


class POSEWRIGHT_PT_capture(SidebarPanel, Panel):
    """From the footage to a take."""

    bl_idname = "POSEWRIGHT_PT_capture"
    bl_label = "Capture"
    bl_order = 2

    def draw(self, context: Context) -> None:
        """Draw the choices, the large button, and how far the work is."""
        chosen = context.scene.posewright.capture
        column = self.layout.column()
        column.row().prop(chosen, "quality", expand=True)
        column.prop(chosen, "height")
        column.separator()
        button = column.row()
        button.scale_y = 1.5
        button.operator("posewright.capture", icon="REC", text="Add to Queue" if jobs("capture") else "Capture")
        draw_jobs(column, "capture", "relift")
        draw_error(column, context)


class POSEWRIGHT_PT_capture_options(SidebarPanel, Panel):
    """What is seldom changed."""

    bl_idname = "POSEWRIGHT_PT_capture_options"
    bl_parent_id = "POSEWRIGHT_PT_capture"
    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        chosen = context.scene.posewright.capture
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(chosen, "camera")
        field = layout.column()
        field.active = chosen.camera != "scene"  # which has a lens of its own
        field.prop(chosen, "fov")
        layout.prop(chosen, "smooth")
        smoother = layout.column()
        smoother.active = chosen.smooth > 0
        smoother.prop(chosen, "filter")
