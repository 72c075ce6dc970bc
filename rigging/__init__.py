"""Take to bones. The solver is plain numpy; whatever touches bpy lives in ``rigging.blender``."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.take import Take
    from .rig import BoneMotion, RigMap, RigRest
    from .solver.roots import RootMode
    from .solver.stances import FeetMode


def retarget(
    take: "Take",
    rest: "RigRest",
    map_file: "str | Path | None" = None,
    feet: "FeetMode" = "auto",
    root: "RootMode" = "hips",
) -> "tuple[BoneMotion, RigMap]":
    """Return the motion of a rig's bones that follows a take, and the map of the bones that was used.

    ``rest`` is the rig at rest (inside Blender: ``rigging.blender.armature.rest_of``); ``map_file`` a JSON
    map that overrides what is found; ``feet`` says what holds the feet on the floor, ``root`` what carries the body.
    ``object`` is for Blender alone and counts as ``in-place`` here. Raises PosewrightError when rig or take lack what
    is needed.
    """
    from .maps.mapping import map_rig
    from .solver.roots import with_root_motion
    from .solver.solve import solve_rig

    rig_map = map_rig(rest, None if map_file is None else Path(map_file))
    motion = solve_rig(rest, rig_map, take, feet)
    return with_root_motion(rest, motion, rig_map.bones["hips"][0], root)[0], rig_map
