"""What the operators share that start a job: pressed they put it into the queue, called from a script they wait."""

from typing import TYPE_CHECKING

from bpy.types import Context, Event, Operator

from .. import session
from ..reports import reported, reported_when_invoked
from . import queue
from .job import Job

if TYPE_CHECKING:
    _Mixin = Operator
else:
    _Mixin = object  # what is an Operator here gets registered


class StartsJob(_Mixin):
    """An operator whose work is the job that ``job_of`` returns; what is wrong is reported as an error."""

    bl_options = {"UNDO"}  # not REGISTER: repeating it would run ``execute``, for minutes, in the window

    def job_of(self, context: Context) -> Job:
        """Return the job; PosewrightError when a choice is missing or wrong."""
        raise NotImplementedError

    @reported_when_invoked
    def invoke(self, context: Context, event: Event) -> set[str]:
        """Put the work into the queue; Blender stays usable."""
        queue.add(self.job_of(context))
        session.state.error = ""
        return {"INTERFACE"}  # nothing has changed yet: no step for undo

    @reported
    def execute(self, context: Context) -> set[str]:
        """Do the same from a script or without a window: return when it is done."""
        self.report({"INFO"}, queue.run_now(self.job_of(context), context))
        return {"FINISHED"}
