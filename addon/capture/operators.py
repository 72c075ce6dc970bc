"""Capture: from the footage to a take in the list."""
# pyright: reportInvalidTypeForm=false

from dataclasses import asdict
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Context, Event, Operator

from ...cli.in_blender import scene_camera, start_track
from ...core.settings import TrackSettings
from ...core.take import Take
from ...errors import PosewrightError
from ...weights import store
from .. import session
from ..footage.source import footage_of
from ..jobs import queue
from ..jobs.queue import Job
from ..takes.store import Origin, add_take
from .settings import track_settings

DETECTOR = TrackSettings().detector


class POSEWRIGHT_OT_capture(Operator):
    """Follow the person in the video; the motion becomes a take of this file"""

    bl_idname = "posewright.capture"
    bl_label = "Capture"
    bl_options = {"UNDO"}  # not REGISTER: repeating it would run ``execute``, for minutes, in the window

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Put the capture into the queue; Blender stays usable."""
        try:
            queue.add(capture_job(context))
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        session.state.error = ""
        return {"INTERFACE"}  # nothing has changed yet: no step for undo

    def execute(self, context: Context) -> set[str]:
        """Do the same from a script or without a window: return when it is done."""
        try:
            self.report({"INFO"}, queue.run_now(capture_job(context), context))
        except PosewrightError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def capture_job(context: Context) -> Job:
    """Return the job that captures the chosen footage; PosewrightError when a choice is missing or wrong."""
    scene = context.scene
    footage = footage_of(scene)
    return track_job(context, footage.clip, track_settings(scene, footage), scene.posewright.apply.frame_start)


def track_job(context: Context, clip: Path, settings: TrackSettings, first_frame: float) -> Job:
    """Return the job that captures a clip as a take of the present scene; PosewrightError as ``capture_job``."""
    scene = context.scene.name
    check_weights()
    camera = scene_camera(clip, settings, first_frame)

    def keep(context: Context, result: dict[str, Any]) -> str:
        file = Path(result["out"])
        take = Take.load(file)
        file.unlink(missing_ok=True)
        target = bpy.data.scenes.get(scene, context.scene)
        item = add_take(target, take, clip.stem, Origin(str(clip), asdict(settings), first_frame))
        return f"Captured {item.name}: {take.frames} frames."

    return Job("capture", clip.name, lambda worker: start_track(worker, clip, settings, camera), keep)


def check_weights() -> None:
    """Raise PosewrightError when the weights must be fetched first and the network may not be used."""
    if store.find(DETECTOR).path is None and not bpy.app.online_access:
        raise PosewrightError(
            "The first capture fetches the weights that find a person, but Blender may not use the network: "
            "switch on Preferences > System > Allow Online Access."
        )
