"""Animate a character from a video: the button, what it does when the take is there, and Cancel."""

from pathlib import Path

import bpy
from bpy.types import Context, Event, Operator

from ..cli.capture import take_warnings
from ..cli.in_blender import Runtime, WorkerProcess, WorkerTracker, start_track
from ..core.settings import TrackSettings
from ..core.take import Take
from ..errors import PosewrightError
from ..progress import silent
from ..weights import store
from . import preferences, session
from .settings import character_of, clip_of, track_settings
from .takes import animate, say_done
from .waiting import WaitsForWorker

DETECTOR = TrackSettings().detector


class POSEWRIGHT_OT_animate_video(WaitsForWorker):
    """Follow the person in the video and put the motion on the character as keyframes"""

    bl_idname = "posewright.animate_video"
    bl_label = "Animate from Video"
    bl_options = {"UNDO"}  # not REGISTER: repeating it would run ``execute``, for minutes, in the window

    _clip: Path
    _take_file: Path
    _character: str  # a name: undo and other work may replace the object while we wait

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only one job at a time."""
        return session.state.running is None

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Start the worker and wait for it while Blender stays usable."""
        worker = None
        try:
            self._clip, self._character = _chosen(context)
            settings = track_settings(context.scene.posewright)
            worker = WorkerProcess(_ready_python())
            first_frame = context.scene.posewright.frame_start
            job, self._take_file = start_track(worker, self._clip, settings, first_frame)
        except PosewrightError as error:
            if worker is not None:
                worker.close()
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        session.state.notes = []
        return self.wait_for(context, session.Running("capture", worker, job), self._use_take)

    def execute(self, context: Context) -> set[str]:
        """Do the same from a script or without a window: return when it is done."""
        try:
            self._clip, self._character = _chosen(context)
            _ready_python()
            chosen = context.scene.posewright
            tracker = WorkerTracker(track_settings(chosen), chosen.frame_start)
            try:
                take = tracker.track(self._clip, silent)
            finally:
                tracker.close()
            return self._animate(context, take)
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def _use_take(self, context: Context) -> set[str]:
        return self._animate(context, Take.load(self._take_file))

    def _animate(self, context: Context, take: Take) -> set[str]:
        session.keep_take(take, self._clip.stem)
        session.state.notes = take_warnings(take)
        obj = context.scene.objects.get(self._character)
        if obj is None:
            raise PosewrightError(
                f"The character {self._character} is gone; the take is kept: choose another one and press Apply Take."
            )
        result = animate(context, obj, take, self._clip.stem)
        session.state.notes += result["notes"]
        say_done(self, result)
        return {"FINISHED"}


class POSEWRIGHT_OT_cancel(Operator):
    """Stop the work; the scene stays as it is"""

    bl_idname = "posewright.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only while something runs."""
        return session.state.running is not None

    def execute(self, context: Context) -> set[str]:
        """Ask the worker to stop; the operator that waits for it ends then."""
        if session.state.running is not None:
            session.state.running.cancel()
        return {"FINISHED"}


def _chosen(context: Context) -> tuple[Path, str]:
    clip = clip_of(context.scene.posewright)
    return clip, character_of(context).name


def _ready_python() -> Path:
    """Return the Python for the worker; PosewrightError when there is none, or when weights cannot be fetched."""
    preferences.choose_runtime()
    python = Runtime.python()
    if store.find(DETECTOR).path is None and not bpy.app.online_access:
        raise PosewrightError(
            "The first capture fetches the weights that find a person, but Blender may not use the network: "
            "switch on Preferences > System > Allow Online Access."
        )
    return python
