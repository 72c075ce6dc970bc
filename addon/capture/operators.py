"""Capture: from the footage to a take in the list."""
# pyright: reportInvalidTypeForm=false

from dataclasses import asdict

import bpy
from bpy.types import Context, Operator, Scene

from ...cli.in_blender import start_track
from ...core.sequence import title_of
from ...core.settings import TrackSettings
from ...core.take import Take
from ...errors import PosewrightError
from ...weights import store
from ..footage.properties import refresh
from ..footage.source import Footage, footage_of
from ..jobs.job import Job
from ..jobs.queued import StartsJob
from ..jobs.results import read_take, scene_of
from ..scenes import require_own
from ..takes import warming
from ..takes.store import Origin, add_take
from .cameras import footage_camera
from .settings import track_settings

DETECTOR = TrackSettings().detector


class POSEWRIGHT_OT_capture(StartsJob, Operator):
    """Follow the person in the video; the motion becomes a take of this file"""

    bl_idname = "posewright.capture"
    bl_label = "Capture"

    def job_of(self, context: Context) -> Job:
        """Return the job that the panel's choices ask for."""
        job = capture_job(context)
        warming.prepare()
        return job


def capture_job(context: Context) -> Job:
    """Return the job that captures the chosen footage as a take; PosewrightError when a choice is missing or wrong."""
    scene = context.scene
    require_own(scene)
    refresh(scene.posewright.footage)  # the file may have changed since it was chosen
    footage = footage_of(scene)
    settings = track_settings(scene, footage)
    first_frame = footage.first_frame(float(scene.posewright.apply.frame_start))
    check_weights()
    camera = footage_camera(scene, footage, settings, first_frame)
    uid = scene.session_uid

    def keep(context: Context, take: Take) -> str:
        return _keep(scene_of(context, uid), take, footage, settings, first_frame)

    return Job(
        "capture",
        footage.name,
        lambda worker: start_track(worker, footage.clip, settings, camera),
        keep,
        read=read_take,
    )


def _keep(scene: Scene, take: Take, footage: Footage, settings: TrackSettings, first_frame: float) -> str:
    """Add the take to the scene, where the footage lies in its timeline; returns the sentence to report."""
    if footage.shown is not None and take.times is not None:
        first_frame = footage.shown.frame_at(float(take.times[0]))
        scene.posewright.apply.frame_start = round(first_frame)
    item = add_take(scene, take, title_of(footage.clip), Origin(str(footage.clip), asdict(settings), first_frame))
    return f"Captured {item.name}: {take.frames} frames."


def check_weights() -> None:
    """Raise PosewrightError when the weights must be fetched first and the network may not be used."""
    if store.find(DETECTOR).path is None and not bpy.app.online_access:
        raise PosewrightError(
            "The first capture fetches the weights that find a person, but Blender may not use the network: "
            "switch on Preferences > System > Allow Online Access."
        )
