"""Bring a result into the scene as one step for undo; Cancel; the log of a worker that failed."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, IntProperty
from bpy.types import Context, Event, Operator, Timer, WindowManager

from ...errors import Cancelled, PosewrightError
from .. import session
from . import queue
from .held import is_held
from .job import Job
from .keys import stopped_playback

SOON = 0.01  # seconds


class POSEWRIGHT_OT_deliver(Operator):
    """Take over the result of the work that has ended"""

    bl_idname = "posewright.deliver"
    bl_label = "Posewright"
    bl_options = {"INTERNAL", "UNDO"}

    _timer: Timer | None = None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Wait for the next event: what ends in ``modal`` is a step for undo, and is said in the status bar."""
        self._timer = context.window_manager.event_timer_add(SOON, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Deliver on the first tick at which no other operator, a grab for example, holds the scene."""
        if event.type != "TIMER" or is_held(context.window):
            return {"PASS_THROUGH"}
        self._end(context.window_manager)
        return self.execute(context)

    def execute(self, context: Context) -> set[str]:
        """Deliver the first of what waits."""
        if not queue.queue.deliveries:
            return {"CANCELLED"}
        delivery = queue.queue.deliveries.popleft()
        try:
            sentence = delivery.act(context)
        except Cancelled:
            self.report({"INFO"}, "Cancelled; nothing was changed.")
            return {"CANCELLED"}
        except PosewrightError as error:
            session.state.error = str(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            queue.redraw()
        session.state.error = ""
        if sentence:
            self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator."""
        self._end(context.window_manager)

    def _end(self, manager: WindowManager) -> None:
        if self._timer is not None:
            manager.event_timer_remove(self._timer)
            self._timer = None


class POSEWRIGHT_OT_cancel(Operator):
    """Stop the work; the scene stays as it is"""

    bl_idname = "posewright.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    all: BoolProperty(name="All", description="Also what waits in the queue", default=False, options={"SKIP_SAVE"})
    spare_setup: BoolProperty(
        name="Spare the Set-Up",
        description="Leave the set-up of the runtime alone, as the key does: it has a Cancel of its own",
        default=False,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    job: IntProperty(
        name="Job",
        description="The number of what is stopped; 0: what runs now",
        min=0,
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only while something runs."""
        return bool(queue.jobs())

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Leave an Esc to what else it is for: an animation that plays."""
        is_playing = context.screen is not None and context.screen.is_animation_playing
        if event.type == "ESC" and (is_playing or stopped_playback() or not self._meant()):
            return {"PASS_THROUGH"}
        return self.execute(context)

    def execute(self, context: Context) -> set[str]:
        """Ask the worker to stop, or take what waits out of the queue."""
        meant = self._meant()
        for job in reversed(meant):
            queue.cancel(job)
        return {"FINISHED"} if meant else {"CANCELLED"}

    def _meant(self) -> list[Job]:
        """Return the jobs to stop."""
        able = [job for job in queue.jobs() if not (self.spare_setup and job.kind == "setup")]
        return able if self.all else [job for job in able if job.number == self.job or not self.job][:1]


class POSEWRIGHT_OT_copy_log(Operator):
    """Copy what the worker process wrote before it failed, to send it to somebody who can help"""

    bl_idname = "posewright.copy_log"
    bl_label = "Copy the Log"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only when there is one."""
        return bool(session.state.log)

    def execute(self, context: Context) -> set[str]:
        """Copy."""
        context.window_manager.clipboard = session.state.log
        self.report({"INFO"}, "The log is in the clipboard.")
        return {"FINISHED"}


class POSEWRIGHT_OT_dismiss(Operator):
    """Take the message away"""

    bl_idname = "posewright.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context: Context) -> set[str]:
        """Forget the message and its log."""
        session.state.error = session.state.log = ""
        return {"FINISHED"}
