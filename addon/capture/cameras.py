"""The camera that filmed the footage, where the file knows it."""

from typing import TYPE_CHECKING

from bpy.types import Scene

from ...cli.in_blender import scene_camera
from ...core.settings import TrackSettings
from ...errors import PosewrightError
from ...rigging.blender.solved_clips import clip_camera_for, solved_clip_of
from ..footage.source import Footage

if TYPE_CHECKING:
    from ...core.camera.solved import SolvedCamera

SOLVED = "clip"


def footage_camera(
    scene: Scene, footage: Footage, settings: TrackSettings, first_frame: float
) -> "SolvedCamera | None":
    """Return the camera that the settings mean: the scene's, the one of a solved clip, or None for the others.

    Raises PosewrightError when there is none of that kind, or when it does not fit.
    """
    if settings.camera != SOLVED:
        return scene_camera(footage.clip, settings, first_frame)
    chosen = scene.posewright.footage
    clip = chosen.movie_clip if chosen.source == "CLIP" else solved_clip_of(footage.clip)
    if clip is None:
        raise PosewrightError(
            f"The camera motion of {footage.name} is not solved in this file: open the video in the clip editor, "
            "track and solve it, or choose another camera."
        )
    return clip_camera_for(clip, start=settings.start, end=settings.end, rate=settings.fps)
