"""The runtime in the preferences: its state, the large button, how far it is, what the check found."""

import bpy
from bpy.types import Context, UILayout

from .. import session
from ..jobs.drawing import draw_error, draw_jobs
from ..jobs.queue import jobs
from ..notes import draw_notes
from . import state

ICONS = {"ok": "CHECKMARK", "note": "INFO", "missing": "ERROR"}


def draw_runtime(layout: UILayout, context: Context) -> None:
    """Draw all of it into a box."""
    ready, sentence = state.state()
    box = layout.box()
    if jobs("setup"):
        box.label(text="Blender can be used meanwhile", icon="TIME")
    else:
        draw_notes(box, [sentence], context, icon="CHECKMARK" if ready else "ERROR")
    if not draw_jobs(box, "setup", "check"):
        _draw_buttons(box, ready)
    draw_error(box, context)
    if session.state.findings:
        column = box.column(align=True)
        for finding in session.state.findings:
            column.label(text=f"{finding['what']}: {finding['says']}", icon=ICONS[finding["state"]])
        box.operator("posewright.copy_check", icon="COPYDOWN")


def _draw_buttons(box: UILayout, ready: bool) -> None:
    if not ready and not bpy.app.online_access:
        _draw_permission(box)
    large = box.row()
    large.scale_y = 1.0 if ready else 1.6
    if ready:
        large.operator("posewright.check", icon="VIEWZOOM")
        large.operator("posewright.set_up", text="Set Up Again", icon="FILE_REFRESH")
        large.operator("posewright.remove_runtime", text="Remove", icon="TRASH")
    else:
        large.operator("posewright.set_up", text="Set Up", icon="IMPORT")
        if not jobs():
            small = box.row()
            small.operator("posewright.check", icon="VIEWZOOM")
            small.operator("posewright.remove_runtime", text="Remove", icon="TRASH")


def _draw_permission(box: UILayout) -> None:
    """Draw Blender's own switch, where the user may change it."""
    column = box.column(align=True)
    column.label(text="Set Up needs the network, which Blender may not use now:", icon="INTERNET_OFFLINE")
    if bpy.app.online_access_override:  # by the way in which Blender was started
        column.label(text="Start Blender with --online-mode, or install the offline zip")
    else:
        column.prop(bpy.context.preferences.system, "use_online_access")
