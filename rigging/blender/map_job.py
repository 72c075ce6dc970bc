"""One job: open a rig, find which bone is which part of the body, and write, remember or forget the map."""

from pathlib import Path
from typing import Any

import numpy as np
from bpy.types import Object

from ...progress import Progress, silent
from ..maps.mapping import map_rig
from ..maps.parts import PARTS
from ..maps.skeleton import Skeleton
from ..maps.structure import facing_of
from ..maps.user_maps import forget_map, save_map, signature, write_map
from ..rig import RigMap, RigRest
from .armature import rest_of
from .inputs import MANNEQUIN
from .job import open_character
from .skin import surface_of

DRAWING = "drawing.npz"


def map_bones(request: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Map the bones of a rig.

    The request holds rig (a file or "mannequin") and optionally armature (a name), map (a .json that overrides), out
    (a .json to write), remember and forget (bools), and folder (where to leave what a picture is drawn from). Returns
    armature, bones (how many there are), source, map (part -> bones), missing (parts), confidence, notes, signature,
    remembered (the file) and forgotten (bool), and drawing (a file). The rig's own file is not changed.
    """
    rig = None if request["rig"] == MANNEQUIN else Path(request["rig"])
    map_file = Path(request["map"]) if request.get("map") else None
    progress("map", 0.0, "opening the rig")
    obj = open_character(rig, request.get("armature"), map_file)
    rest = rest_of(obj)
    forgotten = bool(request.get("forget")) and forget_map(rest)
    progress("map", 0.6, "finding the bones")
    rig_map = map_rig(rest, map_file)
    if request.get("out"):
        write_map(Path(request["out"]), rest, rig_map)
    remembered = str(save_map(rest, rig_map)) if request.get("remember") else None
    drawing = None
    if request.get("folder"):
        drawing = str(Path(request["folder"]) / DRAWING)
        _save_drawing(Path(drawing), obj, rest, rig_map)
    progress("map", 1.0, "")
    return {
        "armature": obj.name,
        "bones": len(rest.bones),
        "source": rig_map.source,
        "map": {part: list(bones) for part, bones in rig_map.bones.items()},
        "missing": [part for part in PARTS if part not in rig_map.bones],
        "confidence": {part: round(value, 3) for part, value in rig_map.confidence.items()},
        "notes": rig_map.notes,
        "signature": signature(rest),
        "remembered": remembered,
        "forgotten": forgotten,
        "drawing": drawing,
    }


def _save_drawing(path: Path, obj: Object, rest: RigRest, rig_map: RigMap) -> None:
    """Write what a picture of the map needs: the bones, the skin, and where the front is."""
    points, triangles, owners = surface_of(obj, {bone: i for i, bone in enumerate(rest.bones)})
    skeleton = Skeleton.of(rest)
    parts = {part: tuple(rest.index(bone) for bone in bones) for part, bones in rig_map.bones.items()}
    forward = facing_of(skeleton, parts)
    if forward is None or np.linalg.norm(forward) < 0.2:
        forward = np.array([0.0, -1.0, 0.0])
    np.savez(
        path,
        bones=np.array(rest.bones),
        heads=skeleton.heads,
        tails=skeleton.tails,
        points=points,
        triangles=triangles,
        owners=owners,
        forward=forward / np.linalg.norm(forward),
    )
