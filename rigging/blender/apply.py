"""A take onto an armature of the open scene: map, solve, key."""

from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object, PoseBone

from ...core.take import Take
from ...errors import PosewrightError
from ...progress import Progress, silent
from ..mapping import map_rig
from ..rig import RigMap
from ..solve import solve_rig
from .armature import rest_of
from .keyframes import key_motion

ACTION_NAME = "Posewright"

OVERRIDING = {
    "COPY_ROTATION",
    "COPY_TRANSFORMS",
    "DAMPED_TRACK",
    "IK",
    "LOCKED_TRACK",
    "SPLINE_IK",
    "STRETCH_TO",
    "TRACK_TO",
    "TRANSFORM",
    "ACTION",
    "ARMATURE",
}
"""Kinds of constraints that turn a bone away from its keys."""


def animate_armature(
    obj: Object,
    take: Take,
    map_file: Path | None = None,
    *,
    frame_start: float = 1.0,
    fps: float | None = None,
    name: str = ACTION_NAME,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Key a take onto an armature of the open scene, as a new action; earlier actions stay in the file.

    The first frame of the take lies at ``frame_start``; ``fps`` is the scene's frame rate unless given. Returns
    armature, action (names), bones_keyed, frames (counts), frame_start, frame_end (floats) and notes (sentences).
    Raises PosewrightError when the armature is no humanoid or cannot be keyed.
    """
    check_editable(obj)
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base if fps is None else fps
    progress("rig", 0.1, "finding the bones")
    rest = rest_of(obj)
    rig_map = map_rig(rest, map_file)
    progress("rig", 0.2, "turning the bones")
    motion = solve_rig(rest, rig_map, take)
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
        "notes": [*rig_map.notes, *constraint_notes(obj, rig_map)],
    }


def check_editable(obj: Object) -> None:
    """Refuse an armature that Blender does not let us key."""
    if obj.library is not None and obj.override_library is None:
        raise PosewrightError(
            f"The armature {obj.name} is linked from another file; make a library override of it first."
        )


def constraint_notes(obj: Object, rig_map: RigMap) -> list[str]:
    """Say which keyed bones do not follow their keys because constraints drive them."""
    names = [name for bones in rig_map.bones.values() for name in bones]
    held = [name for name in names if overriding_constraints(obj.pose.bones[name])]
    if not held:
        return []
    more = f" and {len(held) - 3} more" if len(held) > 3 else ""
    return [
        f"Constraints drive {', '.join(held[:3])}{more} and may override the keys; mute them to see the whole motion."
    ]


def overriding_constraints(bone: PoseBone) -> list[bpy.types.Constraint]:
    """Return the active constraints that turn a bone away from its keys."""
    return [c for c in bone.constraints if c.type in OVERRIDING and c.influence > 0 and not c.mute]
