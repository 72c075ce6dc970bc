"""The list of takes: import, export, delete, capture again."""
# pyright: reportInvalidTypeForm=false

import json

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from ...cli.capture import TAKE_ENDINGS, write_take
from ...core.settings import TrackSettings
from ...rigging.blender.job import load_motion
from ..files import chosen_file
from ..reports import reported
from .store import Origin, active_take, add_take, current_take, need_take, remove_take, take_wanted


class POSEWRIGHT_OT_import_take(Operator):
    """Add a take (.npz) or a motion (.bvh) from a file to the list"""

    bl_idname = "posewright.import_take"
    bl_label = "Import Take"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.npz;*.bvh", options={"HIDDEN"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Take what was dropped, else let the user choose the file."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Read the file."""
        path = chosen_file(self.filepath, "take")
        take = load_motion(path)
        item = add_take(context.scene, take, path.stem, Origin(frame_start=context.scene.posewright.apply.frame_start))
        self.report({"INFO"}, f"{item.name}: {take.frames} frames.")
        return {"FINISHED"}


class POSEWRIGHT_OT_export_take(Operator):
    """Write the take with its edits to a file: .npz keeps everything, .bvh is for other programs"""

    bl_idname = "posewright.export_take"
    bl_label = "Export Take"

    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default="*.npz;*.bvh", options={"HIDDEN"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Let the user choose the name."""
        self.filepath = f"{bpy.path.clean_name(need_take(context).name)}.npz"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Write the file."""
        path = chosen_file(self.filepath, "take")
        if path.suffix.lower() not in TAKE_ENDINGS:
            path = path.with_name(path.name + ".npz")
        write_take(current_take(need_take(context)), path)
        self.report({"INFO"}, f"Saved {path}.")
        return {"FINISHED"}


class POSEWRIGHT_OT_delete_take(Operator):
    """Take this one out of the list; characters keep the motion that they got from it"""

    bl_idname = "posewright.delete_take"
    bl_label = "Delete Take"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def execute(self, context: Context) -> set[str]:
        """Remove the item, and its text when nothing else needs it."""
        remove_take(context.scene, context.scene.posewright.take_index)
        return {"FINISHED"}


class POSEWRIGHT_OT_recall_settings(Operator):
    """Show how this take was captured in the panels above, so that it can be captured again with other choices"""

    bl_idname = "posewright.recall_settings"
    bl_label = "Capture Again..."
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only for takes that were captured here."""
        item = active_take(context)
        return item is not None and bool(item.clip)

    def execute(self, context: Context) -> set[str]:
        """Put the take's footage and settings into the panels."""
        item, chosen = need_take(context), context.scene.posewright
        values = {**TrackSettings().__dict__, **json.loads(item.settings or "{}")}
        footage, capture = chosen.footage, chosen.capture
        footage.source, footage.clip = "FILE", item.clip
        footage.rate = values["fps"] or footage.rate  # of numbered pictures
        footage.person = values["person"]
        footage.start, footage.end = values["start"] or 0.0, values["end"] or 0.0
        footage.use_range = values["start"] is not None or values["end"] is not None  # its end, where none was given
        for name in ("quality", "smooth", "filter", "camera"):
            setattr(capture, name, values[name])
        capture.height = values["height"] or capture.height
        capture.fov = values["fov"] or 0.0
        self.report({"INFO"}, f"Footage and Capture show how {item.name} was made; change them and press Capture.")
        return {"FINISHED"}
