"""A take onto an armature of the open scene: map, solve, key."""

from dataclasses import dataclass
from math import inf
from typing import Any

import bpy
import numpy as np
from bpy.types import Object
from numpy.typing import NDArray

from ...core.take import Take
from ...progress import Progress, Work, finished, part_of_work, silent
from ..keys.settings import part_of
from ..maps.mapping import map_rig
from ..rig import BoneMotion
from ..settings import DriveMode, RetargetSettings
from ..solver.anatomy import RigBody
from ..solver.motion import body_joints, leg_length
from ..solver.roots import Travel, start_at_character, with_root_motion
from ..solver.solve import solving_rig
from .armature import rest_of
from .controls.driving import Driven, driven
from .controls.properties import set_property
from .keyframes import clear_pose, write_motion
from .linked import make_ready
from .travel import world_at_home

ACTION_NAME = "Posewright"


@dataclass(frozen=True)
class Solved:
    """The motion of a take for one armature, solved and not keyed yet."""

    drive: Driven
    mode: DriveMode
    motion: BoneMotion
    travel: Travel | None
    frames: int
    size_ratio: float  # how much larger the character is than the person
    placement: NDArray[np.float64]  # (4,4) as ``animate_armature`` returns it
    written: str | None = None  # the take as ``packing.as_text`` gives it, where that was done ahead as well


def animate_armature(
    obj: Object,
    take: Take,
    settings: RetargetSettings | None = None,
    *,
    frame_start: float = 1.0,
    fps: float | None = None,
    name: str = ACTION_NAME,
    progress: Progress = silent,
    solved: Solved | None = None,
) -> dict[str, Any]:
    """Key a take onto an armature of the open scene, as a new action; earlier actions stay in the file.

    The first frame of the take lies at ``frame_start``; ``fps`` is the scene's frame rate unless given. ``solved`` is
    what ``solving`` gave for the same take and settings, where that was done before. Returns armature, action (names),
    bones_keyed, frames, keys, keys_before (counts), frame_start, frame_end (floats), notes (sentences), size_ratio: how
    much larger the character is than the person, about the world's origin, and placement: the matrix (rows) that then
    brought the motion to its place. Raises PosewrightError when the armature is no humanoid or cannot be keyed.
    """
    settings = settings or RetargetSettings()
    ready = make_ready(obj)
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base if fps is None else fps
    progress("rig", 0.1, "turning the bones")
    solved = solved or finished(solving(obj, take, settings))
    drive, motion = solved.drive, solved.motion
    progress("rig", 0.6, "writing keyframes")
    released = driven(obj, drive.rest, drive.map, "deform").notes if solved.mode == "deform" else []
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
        travel=solved.travel,
    )
    progress("rig", 0.8, "")
    start, end = written.action.frame_range
    return {
        "armature": obj.name,
        "action": written.action.name,
        "bones_keyed": len(motion.bones),
        "frames": solved.frames,
        "keys": written.keys,
        "keys_before": written.keys_before,
        "frame_start": float(start),
        "frame_end": float(end),
        "size_ratio": solved.size_ratio,
        "placement": solved.placement.tolist(),
        "notes": [*ready, *drive.map.notes, *drive.notes, *released],
    }


def solving(
    obj: Object, take: Take, settings: RetargetSettings, seconds: float = inf, *, trusting: bool = False
) -> Work[Solved]:
    """Solve a take for an armature without changing anything, in pieces of about so many ``seconds``.

    A piece is longer where it cannot be divided: to find out about the controls of a rig takes half a second, once.
    With ``trusting`` a rig is not put to the test that followed its controls before, whatever the motion. Raises
    PosewrightError when the armature is no humanoid, or its controls cannot move it.
    """
    take = part_of(take, settings.keys)
    rest = rest_of(obj)
    yield 0.05
    rig_map = map_rig(rest, settings.map_file, settings.map)
    yield 0.1
    drive = Driven(rest, rig_map) if settings.drive == "deform" else driven(obj, rest, rig_map, settings.drive)
    yield 0.3
    body = RigBody(rest, rig_map)
    placement = np.eye(4)
    if settings.place == "character":
        take, placement = start_at_character(take, body)
    work = solving_rig(rest, rig_map, take, settings.feet, hands=settings.hands, fingers=settings.fingers)
    motion = yield from part_of_work(work, 0.3, 0.6)
    motion, travel = with_root_motion(rest, motion, rig_map.bones["hips"][0], settings.root)
    yield 0.6
    motion = yield from part_of_work(drive.finishing(motion, seconds, trusting=trusting), 0.6, 1.0)
    return Solved(drive, settings.drive, motion, travel, take.frames, size_ratio(body, take), placement)


def still_fits(obj: Object, solved: Solved) -> bool:
    """Return whether the armature is where it was, and built as it was, when its motion was solved."""
    rest, bones = solved.drive.rest, obj.data.bones
    matrices = np.empty(16 * len(bones), np.float32)
    bones.foreach_get("matrix_local", matrices)
    now = dict(zip((bone.name for bone in bones), matrices.reshape(-1, 4, 4).transpose(0, 2, 1), strict=True))
    return (
        len(now) == len(rest.bones)
        and all(name in now and np.array_equal(now[name], own) for name, own in zip(rest.bones, rest.rest, strict=True))
        and np.allclose(world_at_home(obj), rest.world, rtol=1e-4, atol=1e-6)
        and solved.drive.still_fits()
    )


def size_ratio(body: RigBody, take: Take) -> float:
    """Return the rig's leg length over that of the take's person."""
    leg = leg_length(body_joints(take))
    return body.leg_length / leg if leg else 1.0
