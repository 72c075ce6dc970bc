"""An operator that waits for a worker process without stopping Blender."""

from collections.abc import Callable

import bpy
from bpy.types import Context, Event, Operator, Timer

from ..errors import Cancelled, PosewrightError
from . import session
from .session import Running

LOOK_SECONDS = 0.1


class WaitsForWorker(Operator):
    """Base of an operator that is modal while a worker does its job.

    While it waits every event but Esc goes on to Blender, and the panel shows the progress.
    """

    _timer: Timer | None = None
    _then: Callable[[Context], set[str]]

    def wait_for(self, context: Context, running: Running, then: Callable[[Context], set[str]]) -> set[str]:
        """Begin to wait, and call ``then`` when the result is there; returns what ``invoke`` must return.

        What ``then`` returns ends the operator; a PosewrightError of it becomes a message.
        """
        session.state.running = running
        self._then = then
        manager = context.window_manager
        self._timer = manager.event_timer_add(LOOK_SECONDS, window=context.window)
        manager.modal_handler_add(self)
        redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Look after the worker on every tick of the timer."""
        running = session.state.running
        if running is None:  # the add-on was switched off
            self._stop_waiting(context)
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS" and not context.screen.is_animation_playing:
            running.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        redraw(context)
        try:
            if not running.job.poll():
                return {"PASS_THROUGH"}
            ending = self._then(context)
        except Cancelled:
            self.report({"INFO"}, "Cancelled; nothing was changed.")
            ending = {"CANCELLED"}
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            ending = {"CANCELLED"}
        except BaseException:
            self._stop_waiting(context)
            raise
        self._stop_waiting(context)
        return ending

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator: another file is opened, or Blender is closed."""
        self._stop_waiting(context)

    def _stop_waiting(self, context: Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        session.end_running()
        redraw(context)


def redraw(context: Context) -> None:
    """Have the panel and the preferences drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()
