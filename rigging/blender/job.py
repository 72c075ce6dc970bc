"""One rig job from files to a file: open the rig, animate it, make the scene ready to play, save."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object

from ...core.sequence import title_of
from ...core.take import Take
from ...errors import UsageError
from ...progress import Progress, silent
from ..keys.settings import part_of
from ..settings import RetargetSettings
from .applied import Applied, apply_take, take_id
from .armature import named_armature
from .choosing import character_in
from .files import new_scene, open_rig, save_result
from .inputs import CHARACTER_ENDINGS, MANNEQUIN
from .linked import override_linked
from .mannequin import build_mannequin
from .outputs import check_export_for, check_output, first_frame
from .sources import take_from_file
from .stage import set_frame_rate, set_stage


def run_job(request: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Animate a rig and save it.

    The request holds paths as strings: motion (.npz, .bvh, or a file with an animated character, of which
    from_armature and from_action may name parts), rig (a file or "mannequin"), out; and optionally armature (a name),
    map (a .json), settings (RetargetSettings as JSON), clip (the footage), export_for (an engine, see ``outputs``) and
    overwrite. Returns out, fps and what ``animate_armature`` does. The scene that is open in this process is replaced.
    """
    out = Path(request["out"])
    rig = None if request["rig"] == MANNEQUIN else Path(request["rig"])
    check_output(out, rig, overwrite=bool(request.get("overwrite")), motion=Path(request["motion"]))
    export_for = check_export_for(request.get("export_for"), out)
    map_file = Path(request["map"]).resolve() if request.get("map") else None
    settings = replace(RetargetSettings.from_json(request.get("settings") or {}), map_file=map_file)
    clip = Path(request["clip"]) if request.get("clip") else None
    progress("rig", 0.0, "reading the motion")
    take = part_of(_read_motion(request, progress), settings.keys)
    settings = replace(settings, keys=replace(settings.keys, start=None, end=None))
    progress("rig", 0.02, "opening the rig")
    notes = [note] if (note := take.recorded("source", dict).get("note")) else []
    obj = open_character(rig, request.get("armature"), map_file, notes)
    fps = set_frame_rate(bpy.context.scene, take.fps)
    name = title_of(clip or Path(request["motion"]))
    applied = Applied(take_id(take), first_frame(out), fps, settings)
    result = apply_take(obj, take, applied, name=name, progress=progress)
    result["notes"] = [*notes, *result["notes"]]
    set_stage(obj, take, result, clip=clip, out=out, furnish=rig is None or rig.suffix.lower() != ".blend")
    progress("rig", 0.85, f"writing {out.name}")
    save_result(out, obj, export_for)
    progress("rig", 1.0, "")
    return {"out": str(out), "fps": take.fps, **result}


def _read_motion(request: dict[str, Any], progress: Progress) -> Take:
    """Return the motion of the request: a take, a BVH file, or what moves a character in a file of its own."""
    path = Path(request["motion"])
    if path.suffix.lower() in CHARACTER_ENDINGS:
        return take_from_file(path, request.get("from_armature"), request.get("from_action"), progress=progress)
    return load_motion(path)


def load_motion(path: Path) -> Take:
    """Read a take or a BVH file."""
    ending = path.suffix.lower()
    if ending == ".npz":
        return Take.load(path)
    if ending == ".bvh":
        from ..sources.bvh import take_from_any_bvh

        return take_from_any_bvh(path)
    raise UsageError(f"{path.name} is no motion; give a take (.npz) or a .bvh file.")


def open_character(rig: Path | None, name: str | None, map_file: Path | None, notes: list[str] | None = None) -> Object:
    """Open the rig's file, or build the mannequin, and return the armature that is meant.

    Characters that the file only links become library overrides, about which ``notes`` gets sentences.
    """
    if rig is None:
        new_scene()
        mannequin = build_mannequin()
        return mannequin if name is None else named_armature(bpy.context.scene, name, source=MANNEQUIN)
    open_rig(rig)
    overridden = override_linked(bpy.context.scene)
    if notes is not None:
        notes += overridden
    return character_in(bpy.context.scene, name, source=str(rig), option="--armature", map_file=map_file)
