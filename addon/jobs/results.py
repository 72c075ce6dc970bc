"""What comes of the worker: its takes, and the scenes that they are for."""

from pathlib import Path
from typing import Any

import bpy
from bpy.types import Context, Scene

from ...core.take import Take


def read_take(result: dict[str, Any]) -> Take:
    """Return the take that a job wrote, and remove its file; PosewrightError when it cannot be read."""
    file = Path(result["out"])
    take = Take.load(file)
    file.unlink(missing_ok=True)
    return take


def scene_of(context: Context, uid: int) -> Scene:
    """Return the scene of a ``session_uid``, whatever it is called by now; the present one when it was deleted."""
    return next((scene for scene in bpy.data.scenes if scene.session_uid == uid), context.scene)
