"""Pick the person: with the mouse in a picture of the video, or by the place of a pixel."""
# pyright: reportInvalidTypeForm=false

from dataclasses import asdict
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.props import FloatProperty, IntProperty
from bpy.types import Area, Context, Event, Operator, Timer

from ....cli.worker_process import WorkerJob, WorkerProcess
from ....core.settings import TrackSettings
from ....errors import PosewrightError
from ... import choices
from ...jobs import queue
from ...jobs.job import Job
from ...reports import reported, reported_when_invoked
from ..properties import ANYBODY
from ..source import Footage, facts_of, footage_of
from .drawing import HELP, Overlay
from .picture import Moment, Picture, Somebody, fitted, free_part, key_of, person_at, region_at

TICK = 0.1  # seconds
STEP = 0.5  # seconds of the video that the wheel goes
LATER = {"WHEELDOWNMOUSE", "RIGHT_ARROW", "DOWN_ARROW"}
EARLIER = {"WHEELUPMOUSE", "LEFT_ARROW", "UP_ARROW"}
LEAVE = {"ESC", "RIGHTMOUSE"}
DIGITS = ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
NUMBERS = {f"{prefix}{name}": index for prefix in ("", "NUMPAD_") for index, name in enumerate(DIGITS)}

_shown: list[Overlay] = []  # the one that is on the screen


class POSEWRIGHT_OT_pick_person(Operator):
    """Show a picture of the video and choose the person to follow by a click"""

    bl_idname = "posewright.pick_person"
    bl_label = "Pick Person"
    bl_options = {"UNDO"}

    x: IntProperty(name="X", description="Pixel of the video, from its left", default=-1, min=-1, options={"SKIP_SAVE"})
    y: IntProperty(name="Y", description="Pixel of the video, from its top", default=-1, min=-1, options={"SKIP_SAVE"})
    seconds: FloatProperty(
        name="Seconds",
        description="The moment of the video at which the person is there; -1: the first that is used",
        default=-1.0,
        min=-1.0,
        options={"SKIP_SAVE"},
    )

    _picture: Picture
    _area: Area
    _workspace: str
    _overlay: Overlay | None = None
    _timer: Timer | None = None
    _job: Job | None = None
    _failure: str = ""

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Not while it is shown already, or while the worker is busy."""
        if _shown:
            return False
        if queue.jobs():
            cls.poll_message_set("Posewright is at work; pick the person when it is done")
            return False
        return True

    @reported_when_invoked
    def invoke(self, context: Context, event: Event) -> set[str]:
        """Show the picture over the 3D view."""
        if self.x >= 0:
            return self.execute(context)
        if context.area is None or context.area.type != "VIEW_3D":
            raise PosewrightError("The picture is shown in a 3D view: press the button in its sidebar.")
        footage = footage_of(context.scene)
        self._picture = _picture_of(context, footage)
        self._look(footage)
        self._area, self._workspace = context.area, context.workspace.name
        self._overlay = Overlay(self._picture, context.area)
        _shown.append(self._overlay)
        self._timer = context.window_manager.event_timer_add(TICK, window=context.window)
        context.workspace.status_text_set(HELP)
        context.window_manager.modal_handler_add(self)
        self._redraw()
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context: Context) -> set[str]:
        """Choose by the pixel, from a script."""
        if self.x < 0 or self.y < 0:
            raise PosewrightError("Without a window, say where the person is: x and y, in pixels of the video.")
        self._choose(context, self.x, self.y, self.seconds if self.seconds >= 0 else None)
        return {"FINISHED"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Follow the mouse over the picture; all events elsewhere are for others."""
        if self._overlay not in _shown or not _is_open(context, self._area):
            return self._leave(context, {"CANCELLED"})
        if self._failure:
            self.report({"ERROR"}, self._failure)
            return self._leave(context, {"CANCELLED"})
        if event.type == "TIMER":
            self._say_progress()
            return {"PASS_THROUGH"}
        region = region_at(self._area, event.mouse_x, event.mouse_y)
        part = free_part(self._area, region)
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        if not part.holds(x, y):
            self._hover(-1)
            return {"PASS_THROUGH"}
        moment = self._picture.moment
        at = -1 if moment is None else person_at(moment, fitted(moment.size, part, _scale(context)), x, y)
        if event.type == "MOUSEMOVE":
            self._hover(at)
            return {"PASS_THROUGH"}  # so that the sidebar notices that the mouse has left it
        if event.value == "PRESS":
            return self._press(context, event.type, at)
        return {"RUNNING_MODAL"}

    def cancel(self, context: Context) -> None:
        """Clean up when Blender itself ends the operator."""
        self._leave(context, {"CANCELLED"})

    def _press(self, context: Context, key: str, at: int) -> set[str]:
        moment = self._picture.moment
        if key in LEAVE:
            return self._leave(context, {"CANCELLED"})
        if key in EARLIER | LATER:
            self._step(STEP if key in LATER else -STEP)
        chosen = at if key == "LEFTMOUSE" else NUMBERS.get(key, -1)
        if moment is None or not 0 <= chosen < len(moment.people):
            return {"RUNNING_MODAL"}
        x, y = moment.people[chosen].centre
        self._choose(context, int(x), int(y), moment.seconds)
        return self._leave(context, {"FINISHED"})

    def _choose(self, context: Context, x: int, y: int, seconds: float | None) -> None:
        moment = "" if seconds is None else f"@{seconds:.2f}"
        context.scene.posewright.footage.person = f"{x},{y}{moment}"
        self.report({"INFO"}, f"The person at {x}, {y} is followed.")

    def _step(self, seconds: float) -> None:
        picture = self._picture
        picture.wanted = min(max(picture.wanted + seconds, picture.first), picture.last)
        seen = picture.moments.get(key_of(picture.wanted))
        if seen is not None:
            picture.show(seen, key_of(picture.wanted))
        elif self._job is None:
            self._look(self._footage)
        self._redraw()

    def _look(self, footage: Footage) -> None:
        """Have the worker look at the wanted moment; PosewrightError when there is no worker to be had."""
        picture, key = self._picture, key_of(self._picture.wanted)
        self._footage = footage
        job = _people_job(footage, picture.wanted, lambda moment: self._arrived(moment, key), self._fail)
        queue.add(job)
        self._job = job
        picture.words = "Looking for people..."

    def _arrived(self, moment: Moment, key: int) -> None:
        self._job = None
        self._picture.show(moment, key)
        if key != key_of(self._picture.wanted):  # the wheel was turned meanwhile
            self._step(0.0)
        self._redraw()

    def _fail(self, sentence: str) -> None:
        self._job, self._failure = None, sentence

    def _say_progress(self) -> None:
        job, before = self._job, self._picture.words
        if job is not None and job.running is not None:
            starting = job.running.stage == "start"
            self._picture.words = "Starting the worker..." if starting else "Looking for people..."
        if self._picture.words != before:
            self._redraw()

    def _hover(self, index: int) -> None:
        if index != self._picture.hovered:
            self._picture.hovered = index
            self._redraw()

    def _leave(self, context: Context, result: set[str]) -> set[str]:
        if self._overlay is not None:
            self._overlay.remove()
            if self._overlay in _shown:
                _shown.remove(self._overlay)
            self._overlay = None
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if self._job is not None:
            queue.cancel(self._job)
            self._job = None
        workspace = bpy.data.workspaces.get(self._workspace)  # not the present one, which may have changed meanwhile
        if workspace is not None:
            workspace.status_text_set(None)
        self._redraw()
        return result

    def _redraw(self) -> None:
        if _is_open(bpy.context, self._area):
            self._area.tag_redraw()


class POSEWRIGHT_OT_clear_person(Operator):
    """Follow the largest person again"""

    bl_idname = "posewright.clear_person"
    bl_label = "Largest Person"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """Forget who was picked."""
        context.scene.posewright.footage.person = ANYBODY
        return {"FINISHED"}


def forget() -> None:
    """Take the picture away, when the add-on is switched off."""
    while _shown:
        _shown.pop().remove()


def person_words(person: str) -> str:
    """Return whom a choice means, in words."""
    if person == ANYBODY:
        return "Largest Person"
    place, _, seconds = person.partition("@")
    if "," not in place:
        return f"Number {place} by Size"
    x, y = (part.strip() for part in place.split(",", 1))
    return f"The One at {x}, {y}" + (f" ({float(seconds):g} s)" if _is_number(seconds) else "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _picture_of(context: Context, footage: Footage) -> Picture:
    facts = facts_of(context.scene)
    first = footage.start or 0.0
    last = footage.end if footage.end is not None else facts.seconds if facts is not None else first
    return Picture(footage.name, first, max(first, last), first)


def _people_job(footage: Footage, seconds: float, arrived: Any, failed: Any) -> Job:
    settings = TrackSettings(device=choices.device(), fps=footage.rate, offline=not bpy.app.online_access)

    def start(worker: WorkerProcess) -> WorkerJob:
        out = str(worker.folder / "people.npy")
        return WorkerJob(worker, "people", clip=str(footage.clip), seconds=seconds, out=out, settings=asdict(settings))

    def read(result: dict[str, Any]) -> Moment:
        file = Path(result["out"])
        people = tuple(Somebody(tuple(one["box"]), tuple(one["centre"])) for one in result["people"])
        image = np.load(file, allow_pickle=False)
        file.unlink(missing_ok=True)
        return Moment(float(result["seconds"]), tuple(result["size"]), image, people)

    def show(context: Context, moment: Moment) -> str:
        arrived(moment)
        return ""

    return Job("people", footage.name, start, show, read=read, failed=failed, is_aside=True)


def _is_open(context: Context, area: Area) -> bool:
    areas = [other for window in context.window_manager.windows for other in window.screen.areas]
    return any(area == other and other.type == "VIEW_3D" for other in areas)


def _scale(context: Context) -> float:
    return context.preferences.system.ui_scale
