"""The button in the preferences that asks the worker what this machine can do."""

from typing import Any

from bpy.types import Context, Event, Operator

from ..cli.in_blender import WorkerJob
from ..errors import PosewrightError
from . import preferences, session
from .jobs import queue
from .jobs.queue import Job


class POSEWRIGHT_OT_check(Operator):
    """Start the chosen Python and show what it can do, and what is missing"""

    bl_idname = "posewright.check"
    bl_label = "Check"
    bl_options = {"INTERNAL"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Ask, while Blender stays usable."""
        session.state.findings = None
        try:
            queue.add(_job())
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"INTERFACE"}

    def execute(self, context: Context) -> set[str]:
        """Ask from a script or without a window."""
        try:
            queue.run_now(_job(), context)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class POSEWRIGHT_OT_copy_install_commands(Operator):
    """Copy the commands to the clipboard"""

    bl_idname = "posewright.copy_install_commands"
    bl_label = "Copy the Commands"
    bl_options = {"INTERNAL"}

    def execute(self, context: Context) -> set[str]:
        """Copy."""
        context.window_manager.clipboard = "\n".join(preferences.install_commands())
        return {"FINISHED"}


def _job() -> Job:
    return Job("check", "Check", lambda worker: WorkerJob(worker, "doctor"), _keep)


def _keep(context: Context, result: dict[str, Any]) -> str:
    session.state.findings = result["findings"]
    return "Ready." if result["ready"] else "Something is missing: see the preferences."
