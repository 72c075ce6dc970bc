"""Put a take on its characters again, and lift it again from its own keypoints."""
# pyright: reportInvalidTypeForm=false

import json

from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Operator

from ...cli.in_blender import start_relift
from ...core.edits.replay import edited
from ...core.relift import keypoints_of
from ...core.take import Take
from .. import choices
from ..jobs.job import Job
from ..jobs.queued import StartsJob
from ..jobs.results import read_take, scene_of
from ..reports import reported
from ..takes.store import Origin, add_take, find_take, need_take, take_of, take_wanted
from .changing import change
from .edits import add_edit, edits_of
from .frames import Mixin
from .operators import tell

STEP = "Clean Up"
"""What Blender calls the step for undo."""


class _Follows(Mixin):
    """Put the take on its characters again; a motion that was changed by hand stays in the file as another action"""

    bl_label = STEP

    spare: BoolProperty(
        name="Spare Changes by Hand",
        description="Leave characters alone whose motion was changed by hand",
        default=True,
    )
    take: StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # uid; when empty, the chosen one is meant

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    @reported
    def execute(self, context: Context) -> set[str]:
        """Let them follow; the take has changed already."""
        item = find_take(context.scene, self.take) or need_take(context)
        outcome = change(context.scene, item, lambda: None, spare=self.spare)
        tell(context, outcome)
        return {"FINISHED"}


class POSEWRIGHT_OT_follow_edits(_Follows, Operator):
    """Put the take on its characters again; a motion that was changed by hand stays in the file as another action"""

    bl_idname = "posewright.follow_edits"
    bl_options = {"UNDO", "INTERNAL"}


class POSEWRIGHT_OT_follow_on(_Follows, Operator):
    """Put the take on its characters again, as a part of the step before"""

    bl_idname = "posewright.follow_on"
    bl_options = {"UNDO_GROUPED", "INTERNAL"}
    bl_undo_group = STEP


class POSEWRIGHT_OT_relift(StartsJob, Operator):
    """Find the motion anew from the take's own 2D keypoints, with sides as you exchanged them; it becomes a new take"""

    bl_idname = "posewright.relift"
    bl_label = "Lift Again"

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is a take."""
        return take_wanted(cls, context)

    def job_of(self, context: Context) -> Job:
        """Return the job that the panel's choices ask for."""
        return relift_job(context)


def relift_job(context: Context) -> Job:
    """Return the job that lifts the chosen take again; PosewrightError when it holds no keypoints or no camera."""
    item, uid = need_take(context), context.scene.session_uid
    edits = edits_of(item)
    swapped = edited(take_of(item), [edit for edit in edits if edit.kind == "swap"])
    keypoints_of(swapped)  # says what is missing before a worker is started
    name, others = item.name, [edit for edit in edits if edit.kind != "swap"]
    origin = Origin(item.clip, json.loads(item.settings or "{}"), item.frame_start)
    smooth, filter = item.smooth, item.filter

    def keep(context: Context, take: Take) -> str:
        added = add_take(scene_of(context, uid), take, name, origin)
        added.smooth, added.filter = smooth, filter
        for edit in others:
            add_edit(added, edit)
        return f"{name} was lifted again: {added.name}."

    device = choices.device()
    return Job("relift", name, lambda worker: start_relift(worker, swapped, device), keep, read=read_take)
