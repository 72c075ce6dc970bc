"""A take onto an armature of the open scene: map, solve, key."""

from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object

from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Progress, silent
from ..anatomy import RigBody
from ..mapping import map_rig
from ..motion import body_joints, leg_length
from ..solve import solve_rig
from ..stances import FeetMode
from .armature import rest_of
from .keyframes import key_motion

ACTION_NAME = "Posewright"


def animate_armature(
    obj: Object,
    take: Take,
    map_file: Path | None = None,
    *,
    frame_start: float = 1.0,
    fps: float | None = None,
    name: str = ACTION_NAME,
    feet: FeetMode = "auto",
    progress: Progress = silent,
) -> dict[str, Any]:
    """Key a take onto an armature of the open scene, as a new action; earlier actions stay in the file.

    The first frame of the take lies at ``frame_start``; ``fps`` is the scene's frame rate unless given; ``feet`` says
    what holds the feet on the floor. Returns armature, action (names), bones_keyed, frames (counts), frame_start,
    frame_end (floats), notes (sentences), and size_ratio: how much larger the character is than the person, about the
    world's origin. Raises PosewrightError when the armature is no humanoid or cannot be keyed.
    """
    check_editable(obj)
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base if fps is None else fps
    progress("rig", 0.1, "finding the bones")
    rest = rest_of(obj)
    rig_map = map_rig(rest, map_file)
    progress("rig", 0.2, "turning the bones")
    motion = solve_rig(rest, rig_map, take, feet)
    progress("rig", 0.6, "writing keyframes")
    action = key_motion(obj, motion, name=name, fps=rate, start_frame=frame_start)
    progress("rig", 0.8, "")
    start, end = action.frame_range
    return {
        "armature": obj.name,
        "action": action.name,
        "bones_keyed": len(motion.bones),
        "frames": take.frames,
        "frame_start": float(start),
        "frame_end": float(end),
        "size_ratio": size_ratio(RigBody(rest, rig_map), take),
        "notes": list(rig_map.notes),
    }


def check_editable(obj: Object) -> None:
    """Refuse an armature that Blender does not let us key."""
    if obj.library is not None and obj.override_library is None:
        raise PosewrightError(
            f"The armature {obj.name} is linked from another file; make a library override of it first."
        )


def size_ratio(body: RigBody, take: Take) -> float:
    """Return the rig's leg length over that of the take's person."""
    leg = leg_length(body_joints(take))
    return body.leg_length / leg if leg else 1.0
