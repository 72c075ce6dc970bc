"""A take onto an armature of the open scene: map, solve, key."""

from typing import Any

import bpy
import numpy as np
from bpy.types import Object

from ...core.take import Take
from ...progress import Progress, silent
from ..keys.settings import part_of
from ..maps.mapping import map_rig
from ..settings import RetargetSettings
from ..solver.anatomy import RigBody
from ..solver.motion import body_joints, leg_length
from ..solver.roots import start_at_character, with_root_motion
from ..solver.solve import solve_rig
from .armature import rest_of
from .controls.driving import driven
from .controls.properties import set_property
from .keyframes import clear_pose, write_motion
from .linked import make_ready

ACTION_NAME = "Posewright"


def animate_armature(
    obj: Object,
    take: Take,
    settings: RetargetSettings | None = None,
    *,
    frame_start: float = 1.0,
    fps: float | None = None,
    name: str = ACTION_NAME,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Key a take onto an armature of the open scene, as a new action; earlier actions stay in the file.

    The first frame of the take lies at ``frame_start``; ``fps`` is the scene's frame rate unless given. Returns
    armature, action (names), bones_keyed, frames, keys, keys_before (counts), frame_start, frame_end (floats), notes
    (sentences), size_ratio: how much larger the character is than the person, about the world's origin, and placement:
    the matrix (rows) that then brought the motion to its place. Raises PosewrightError when the armature is no
    humanoid or cannot be keyed.
    """
    settings = settings or RetargetSettings()
    ready = make_ready(obj)
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base if fps is None else fps
    take = part_of(take, settings.keys)
    progress("rig", 0.1, "finding the bones")
    rest = rest_of(obj)
    rig_map = map_rig(rest, settings.map_file, settings.map)
    progress("rig", 0.15, "finding the controls")
    drive = driven(obj, rest, rig_map, settings.drive)
    rest, rig_map = drive.rest, drive.map
    progress("rig", 0.2, "turning the bones")
    body = RigBody(rest, rig_map)
    placement = np.eye(4)
    if settings.place == "character":
        take, placement = start_at_character(take, body)
    motion = solve_rig(rest, rig_map, take, settings.feet, hands=settings.hands, fingers=settings.fingers)
    motion, travel = with_root_motion(rest, motion, rig_map.bones["hips"][0], settings.root)
    motion = drive.finish(motion)
    progress("rig", 0.6, "writing keyframes")
    clear_pose(obj.pose.bones[bone] for bone in drive.upstream)
    for path, value in drive.settings.items():
        set_property(obj, path, value)
    written = write_motion(
        obj,
        motion,
        settings.keys,
        name=name,
        fps=rate,
        start_frame=frame_start,
        properties=drive.properties,
        travel=travel,
    )
    progress("rig", 0.8, "")
    start, end = written.action.frame_range
    return {
        "armature": obj.name,
        "action": written.action.name,
        "bones_keyed": len(motion.bones),
        "frames": take.frames,
        "keys": written.keys,
        "keys_before": written.keys_before,
        "frame_start": float(start),
        "frame_end": float(end),
        "size_ratio": size_ratio(body, take),
        "placement": placement.tolist(),
        "notes": [*ready, *rig_map.notes, *drive.notes],
    }


def size_ratio(body: RigBody, take: Take) -> float:
    """Return the rig's leg length over that of the take's person."""
    leg = leg_length(body_joints(take))
    return body.leg_length / leg if leg else 1.0
