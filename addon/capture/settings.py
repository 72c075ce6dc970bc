"""The choices in the panels as the settings of a capture."""

import bpy
from bpy.types import Scene

from ...core.settings import TrackSettings
from ...errors import PosewrightError
from .. import choices
from ..footage.source import Footage
from .properties import OWN_LENS


def track_settings(scene: Scene, footage: Footage) -> TrackSettings:
    """Return the settings of the capture; the network is used only if Blender's preferences allow it.

    Raises PosewrightError when they contradict each other.
    """
    chosen = scene.posewright.capture
    if 0 < chosen.fov < 1:
        raise PosewrightError("The field of view must be at least 1 degree, or 0 when it is not known.")
    return TrackSettings(
        device=choices.device(),
        quality=chosen.quality,
        height=chosen.height,
        person=footage.person,
        start=footage.start,
        end=footage.end,
        fps=footage.rate,
        smooth=chosen.smooth,
        filter=chosen.filter,
        fov=None if chosen.camera in OWN_LENS else chosen.fov or None,
        camera=chosen.camera,
        offline=not bpy.app.online_access,
    )
