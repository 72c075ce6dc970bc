"""The second panel: capture."""

from bpy.types import Context, Panel, UILayout

from ...errors import PosewrightError
from ..footage.source import footage_of
from ..jobs.drawing import draw_error, draw_jobs
from ..jobs.queue import jobs
from ..notes import draw_notes
from ..panels import SidebarPanel
from ..runtime import state
from .device import device_words
from .properties import OWN_LENS


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
        column.prop(chosen, "height_shown")
        column.separator()
        ready, sentence = state.state()
        if ready:
            _draw_capture(column, context)
        else:
            _draw_set_up(column, context, sentence)
        draw_jobs(column, "capture", "relift")
        draw_error(column, context)


def _draw_capture(layout: UILayout, context: Context) -> None:
    missing = _missing(context)
    button = layout.row()
    button.scale_y = 1.5
    button.enabled = not missing
    button.operator("posewright.capture", icon="REC", text="Add to Queue" if jobs("capture") else "Capture")
    if missing:
        draw_notes(layout, [missing], context)
    elif not jobs() and device_words():
        aside = layout.row()
        aside.active = False
        aside.alignment = "CENTER"
        aside.label(text=device_words())


def _draw_set_up(layout: UILayout, context: Context, sentence: str) -> None:
    """Draw the button that makes the worker's environment, in the place of the one that needs it."""
    button = layout.row()
    button.scale_y = 1.5
    button.operator("posewright.set_up", icon="IMPORT", text="Set Up...")
    draw_notes(layout, [sentence], context)
    draw_jobs(layout, "setup")


def _missing(context: Context) -> str:
    """Return what keeps the chosen footage from being captured, "" when nothing does."""
    try:
        footage_of(context.scene)
    except PosewrightError as error:
        return str(error)
    return ""


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
        field.active = chosen.camera not in OWN_LENS
        field.prop(chosen, "fov")
        layout.prop(chosen, "smooth")
        smoother = layout.column()
        smoother.active = chosen.smooth > 0
        smoother.prop(chosen, "filter")
