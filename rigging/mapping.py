"""Which bone is which part of the body: by names, then by shape, then by the user's own file. numpy only."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import PosewrightError
from . import names
from .rig import RigMap, RigRest
from .structure import Skeleton, facing, parts_by_shape

MIDDLE: Final = ("hips", "spine", "neck", "head")
LIMBS: Final = ("clavicle", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
PARTS: Final = (*MIDDLE, *(f"{side}_{part}" for side in ("left", "right") for part in LIMBS))
FORMAT: Final = "posewright-map-1"

PRESETS: Final = ("mixamo", "unreal", "makehuman", "rigify", "vrm", "vrchat", "biped", "daz", "generic")

_NEEDED: Final = (("legs", ("left_thigh", "right_thigh")), ("arms", ("left_upper_arm", "right_upper_arm")))
_OPTIONAL: Final = ("neck", "left_clavicle", "right_clavicle", "left_toe", "right_toe")

GIVE_MAP: Final = "give a map of its bones (--map, in Blender under Options)."
"""What to do about a rig that is not understood."""

Parts = dict[str, tuple[int, ...]]


def map_rig(rest: RigRest, map_file: Path | None = None) -> RigMap:
    """Return which bones of a rig are which parts of the body.

    Names come first (presets, then names that many rigs share), what they leave open is found by the
    shape of the rest pose, sides are checked against the feet, and ``map_file`` (JSON as
    ``RigMap.to_json`` gives it) overrides. Raises PosewrightError when there are no legs, no arms or no
    hips, or when the file is not a map of this rig.
    """
    skeleton = Skeleton.of(rest)
    notes: list[str] = []
    found, source = _by_names(rest, skeleton)
    own = {} if map_file is None else _read_map(rest, map_file)
    by_shape = _by_shape(skeleton, found | own)
    if by_shape:
        source = f"{source} and shape" if found else "shape"
    found |= by_shape
    _check_sides(skeleton, found, rest, notes)
    found |= own
    if own:
        source = f"{source}, {Path(str(map_file)).name}"
    _require(rest, found)
    _note_what_is_missing(rest, found, notes)
    ordered = {part: tuple(rest.bones[b] for b in found[part]) for part in PARTS if found.get(part)}
    return RigMap(ordered, source, notes)


@cache
def preset(name: str) -> dict[str, list[str]]:
    """Return the bone name cores of a preset, part without side -> names, best first."""
    text = (Path(__file__).parent / "presets" / f"{name}.json").read_text("utf-8")
    return json.loads(text)["parts"]


def _by_names(rest: RigRest, skeleton: Skeleton) -> tuple[Parts, str]:
    """Return the parts of the preset that knows most of the names, completed by names that many rigs share."""
    table = _name_table(rest)
    candidates = [(name, _match(preset(name), table)) for name in PRESETS]
    best, found = max(candidates, key=lambda pair: len(pair[1]))
    if len(found) < 4:  # a chance hit or two in names that say nothing
        return {}, "names"
    shared = _match(preset("generic"), table)
    taken = {b for bones in found.values() for b in bones}
    found = {p: b for p, b in shared.items() if p not in found and not taken & set(b)} | found
    return _with_spine(skeleton, found), best


def _name_table(rest: RigRest) -> dict[tuple[str, str], int]:
    """Return (side, core of the name) -> the bone that has it: no machinery, deforming rather than not."""
    table: dict[tuple[str, str], int] = {}
    for b, bone in enumerate(rest.bones):
        name = names.parse(bone)
        if name.machinery:
            continue
        key = (name.side, name.core)
        if key not in table or (_deforms(rest, b) and not _deforms(rest, table[key])):
            table[key] = b
    return table


def _deforms(rest: RigRest, b: int) -> bool:
    return rest.deform is None or bool(rest.deform[b])


def _match(cores: dict[str, list[str]], table: dict[tuple[str, str], int]) -> Parts:
    found: Parts = {}
    for part in PARTS:
        side, core = part.split("_", 1) if part not in MIDDLE else ("", part)
        b = next((table[side, name] for name in cores[core] if (side, name) in table), None)
        if b is not None:
            found[part] = (b,)
    return found


def _with_spine(skeleton: Skeleton, found: Parts) -> Parts:
    """Return the parts with all bones between hips and head, as the rig's tree has them."""
    if "hips" not in found or "head" not in found:
        return found
    path = skeleton.path(found["hips"][0], found["head"][0])
    if path is None:
        return found
    between = path[1:-1]
    neck = found.get("neck", (-1,))[0]
    if neck in between:
        start = between.index(neck)
    else:
        arms = [found[part][0] for part in ("left_upper_arm", "right_upper_arm") if part in found]
        carries = [i for i, b in enumerate(between) if all(b in skeleton.path_up(arm) for arm in arms)]
        start = carries[-1] + 1 if arms and carries else len(between)
    found = {part: bones for part, bones in found.items() if part not in ("spine", "neck")}
    if between[:start]:
        found["spine"] = tuple(between[:start])
    if between[start:]:
        found["neck"] = tuple(between[start:])
    return found


def _by_shape(skeleton: Skeleton, found: Parts) -> Parts:
    """Return the parts that ``found`` lacks and that the shape of the rig tells."""
    needed = [part for part in PARTS if part not in found and part not in _OPTIONAL]
    if not needed:
        return {}
    shape = parts_by_shape(skeleton)
    if found and not _agree(shape, found):
        return {}
    taken = {b for bones in found.values() for b in bones}
    wanted = needed if found else PARTS
    return {p: bones for p, bones in shape.items() if p in wanted and not taken & set(bones)}


def _agree(shape: Parts, found: Parts) -> bool:
    """Return whether names and shape tell the same story about the parts that both know."""
    both = [part for part in shape if part in found and part not in ("spine", "neck")]
    same = sum(shape[part][0] == found[part][0] for part in both)
    return bool(both) and same >= 0.5 * len(both)


def _check_sides(skeleton: Skeleton, found: Parts, rest: RigRest, notes: list[str]) -> None:
    """Swap sides in ``found`` when the rig's feet and both hips and shoulders say that names mirror them."""
    forward = facing(skeleton.heads, found, skeleton.tails)
    pairs = [(f"left_{part}", f"right_{part}") for part in ("thigh", "upper_arm")]
    if forward is None or np.linalg.norm(forward) < 0.3 or any(p not in found for pair in pairs for p in pair):
        return
    left = np.cross([0.0, 0.0, 1.0], forward)
    steps = [skeleton.heads[found[a][0]] - skeleton.heads[found[b][0]] for a, b in pairs]
    if all(float(step @ left) < -0.5 * np.linalg.norm(step) * np.linalg.norm(left) for step in steps):
        for part in LIMBS:
            a, b = found.pop(f"left_{part}", None), found.pop(f"right_{part}", None)
            found.update({p: bones for p, bones in ((f"left_{part}", b), (f"right_{part}", a)) if bones is not None})
        notes.append(
            f"The feet of {rest.name} show that its bones called left are on its right side; the sides were swapped."
        )


def _read_map(rest: RigRest, path: Path) -> Parts:
    """Return the parts of the user's file."""
    try:
        content: Any = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise PosewrightError(f"The map {path} could not be read: {error.strerror}.") from error
    except ValueError as error:
        raise PosewrightError(f"The map {path} is no JSON file: {error}.") from error
    entries = content.get("map") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise PosewrightError(f'The map {path} has no "map" with parts and their bones.')
    found: Parts = {}
    for part, value in entries.items():
        bones = [] if value is None else [value] if isinstance(value, str) else value
        if part not in PARTS:
            raise PosewrightError(f"The map {path} names the part {part}; the parts are {', '.join(PARTS)}.")
        if not isinstance(bones, list) or not all(isinstance(bone, str) for bone in bones):
            raise PosewrightError(f"The map {path} must give a bone, a list of bones or null for {part}.")
        unknown = [bone for bone in bones if bone not in rest.bones]
        if unknown:
            raise PosewrightError(f"The map {path} names the bone {unknown[0]}, which {rest.name} does not have.")
        found[part] = tuple(rest.index(bone) for bone in bones)
    return found


def _require(rest: RigRest, found: Parts) -> None:
    for word, parts in _NEEDED:
        if any(not found.get(part) for part in parts):
            raise PosewrightError(f"The armature {rest.name} has no {word} that Posewright can find; {GIVE_MAP}")
    if not found.get("hips"):
        raise PosewrightError(f"The armature {rest.name} has no hips that Posewright can find; {GIVE_MAP}")


def _note_what_is_missing(rest: RigRest, found: Parts, notes: list[str]) -> None:
    missing = [part.replace("_", " ") for part in PARTS if not found.get(part)]
    if missing:
        notes.append(f"Not found in {rest.name}, and left out: {', '.join(missing)}.")
    if rest.constrained is not None:
        held = [rest.bones[b] for bones in found.values() for b in bones if rest.constrained[b]]
        if held:
            notes.append(
                f"{len(held)} of the mapped bones of {rest.name} are held by constraints (such as {held[0]}); "
                "keys on them show only while those constraints are off."
            )
