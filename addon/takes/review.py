"""What the chosen take is worth: its report as a page, and markers at the moments that deserve a look."""
# pyright: reportInvalidTypeForm=false

import bpy
import numpy as np
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from ...core.outputs import write_whole
from ...core.report.events import find_events
from ...core.report.motion import Motion
from ...core.report.page import report_page
from ..cleanup.changing import clock_of
from ..files import chosen_file
from ..reports import reported
from .store import current_take, need_take, take_wanted

MARK = "Posewright: "
"""Before the name of our markers, by which they are found again."""


class POSEWRIGHT_OT_mark_moments(Operator):
    """Put markers into the timeline where the take deserves a look: feet that slide, leaps, hidden limbs"""

    bl_idname = "posewright.mark_moments"
    bl_label = "Mark Moments to Look At"
    bl_options = {"REGISTER", "UNDO"}

    clear: BoolProperty(name="Clear", description="Only take the markers of before away", default=False)

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Replace the markers of before."""
        scene = context.scene
        item = need_take(context)
        take, clock = current_take(item), clock_of(scene, item)
        for marker in [marker for marker in scene.timeline_markers if marker.name.startswith(MARK)]:
            scene.timeline_markers.remove(marker)
        if self.clear:
            return {"FINISHED"}
        events = [event for event in find_events(Motion(take)) if event.is_warning]
        begin = float(np.asarray(take.times)[0])
        for event in events:
            scene.timeline_markers.new(f"{MARK}{event.sentence}", frame=clock.frame(event.start - begin))
        count = len(events)
        self.report({"INFO"}, f"{count or 'No'} moment{'' if count == 1 else 's'} to look at.")
        return {"FINISHED"}


class POSEWRIGHT_OT_report(Operator):
    """Write a page about the take, with plots and moments to look at, and show it in the web browser"""

    bl_idname = "posewright.report"
    bl_label = "Report"

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.html", options={"HIDDEN"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    show: BoolProperty(name="Show", description="Open the page in the web browser", default=True, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the name."""
        self.filepath = f"{bpy.path.clean_name(need_take(context).name)}.html"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Write the page."""
        path = chosen_file(self.filepath, "report")
        if path.suffix.lower() not in (".html", ".htm"):
            path = path.with_name(path.name + ".html")
        item = need_take(context)
        write_whole(path, report_page(current_take(item), item.name).encode("utf-8"))
        if self.show and not bpy.app.background:
            bpy.ops.wm.url_open(url=path.absolute().as_uri())
        self.report({"INFO"}, f"Saved {path}.")
        return {"FINISHED"}


class POSEWRIGHT_OT_dismiss_take_notes(Operator):
    """Take the notes about this take away"""

    bl_idname = "posewright.dismiss_take_notes"
    bl_label = "Dismiss Notes"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def execute(self, context: Context) -> set[str]:
        """Forget them."""
        need_take(context).notes = ""
        return {"FINISHED"}
