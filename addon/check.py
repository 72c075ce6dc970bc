"""The button in the preferences that asks the worker what this machine can do."""

from typing import Any

from bpy.types import Context, Event, Operator

from ..cli.in_blender import Runtime, WorkerJob, WorkerProcess, ask_worker
from ..errors import PosewrightError
from . import preferences, session
from .waiting import WaitsForWorker


class POSEWRIGHT_OT_check(WaitsForWorker):
    """Start the chosen Python and show what it can do, and what is missing"""

    bl_idname = "posewright.check"
    bl_label = "Check"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only one job at a time."""
        return session.state.running is None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Ask, and wait for the answer while Blender stays usable."""
        session.state.findings = None
        try:
            preferences.choose_runtime()
            worker = WorkerProcess(Runtime.python())
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return self.wait_for(context, session.Running("check", worker, WorkerJob(worker, "doctor")), self._show)

    def execute(self, context: Context) -> set[str]:
        """Ask from a script or without a window."""
        try:
            preferences.choose_runtime()
            _keep(ask_worker(Runtime.python(), "doctor"))
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _show(self, context: Context) -> set[str]:
        running = session.state.running
        if running is not None and running.job.result is not None:
            _keep(running.job.result)
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


def _keep(result: dict[str, Any]) -> None:
    session.state.findings = result["findings"]
