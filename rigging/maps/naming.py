"""Parts of a body found by the names of bones: the preset that knows a rig best, and names that many rigs share.

numpy only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rig import RigRest
from . import names
from .parts import BELOW, FINGERS, LIMBS, MIDDLE, PARTS, SIDES, Parts, core_of
from .reading import read_names
from .skeleton import Skeleton, is_control_rig, moving_bones

PRESETS: Final = (
    "mixamo",
    "unreal",
    "makehuman",
    "rigify",
    "vrm",
    "vrchat",
    "joints",
    "biped",
    "character_creator",
    "daz",
    "auto_rig_pro",
    "xsens",
    "cat",
    "mmd",
    "half_life",
    "generic",
)
NEAR_HIPS: Final = 0.15  # of the height: how far from the hip joints hips begin
FEWEST: Final = 4  # parts: fewer are chance hits in names that say nothing

STATED: Final = {
    "hips": "hips",
    "neck": "neck",
    "head": "head",
    **{
        f"{side}_{part}": f"{side}{word}"
        for side in SIDES
        for part, word in zip(
            LIMBS,
            ("Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes"),
            strict=True,
        )
    },
}
"""Part -> VRM's name of its bone."""

_JOINTS: Final = ("Metacarpal", "Proximal", "Intermediate", "Distal")
"""Of a finger, root end first; VRM 1 begins its thumb with the metacarpal."""

Table = dict[tuple[str, str], int]


@cache
def preset(name: str) -> dict[str, dict[str, list[str]]]:
    """Return a preset: its groups parts, fingers and twists, each part without side -> cores of names, best first."""
    content = json.loads((Path(__file__).parent / "presets" / f"{name}.json").read_text("utf-8"))
    return {group: content[group] for group in ("parts", "fingers", "twists")}


@cache
def _known_cores() -> frozenset[str]:
    return frozenset(core for name in PRESETS for cores in preset(name)["parts"].values() for core in cores)


def names_of(rest: RigRest) -> tuple[names.BoneName, ...]:
    """Return what the name of each bone says."""
    return read_names(rest.bones, _known_cores())


def parts_by_names(rest: RigRest, whole: Skeleton, body: Skeleton) -> tuple[Parts, str]:
    """Return the parts of the preset that knows most of the names, completed by names that many rigs share.

    ``whole`` is the tree of all bones and ``body`` that of the body. Returns the parts and the name of the preset;
    no parts when the names say nothing.
    """
    table, loose = name_tables(rest)
    moving = moving_bones(rest)
    best: tuple[float, Parts, str] = (-1.0, {}, "names")
    for name in PRESETS:
        found = _with_ends(_match(preset(name)["parts"], table, moving))
        worth = len(found) - 2.0 * len(_upside_down(found, whole, body))
        if worth > best[0]:
            best = (worth, found, name)
    _, found, name = best
    generic = preset("generic")["parts"]
    if len(found) >= 2:
        for more in (_match(generic, table, moving), _match(generic, loose, moving)):
            taken = {b for bones in found.values() for b in bones}
            fits = {p: b for p, b in more.items() if p not in found and not taken & set(b)}
            found = found | {p: b for p, b in fits.items() if not _upside_down(found | {p: b}, whole, body)}
    if len(found) < FEWEST:
        return {}, "names"
    found = _with_whole_limbs(found, table, moving)
    return found | _hips_above_all(found, name, table, whole) | _first_toes(found, name, table, whole), name


def name_tables(rest: RigRest) -> tuple[Table, Table]:
    """Return (side, core of the name) -> the bone that has it, and the same for cores without numbers at their end.

    Machinery is left out; of several bones of a name the one that moves the skin is taken, or that deforms.
    """
    moving = moving_bones(rest)
    table: Table = {}
    loose: dict[tuple[str, str], tuple[tuple[bool, int], int]] = {}
    worth: dict[tuple[str, str], tuple[bool, bool, bool]] = {}
    for b, (bone, name) in enumerate(zip(rest.bones, names_of(rest), strict=True)):
        if name.machinery:
            continue
        key = (name.side, name.core)
        rank = (bool(moving[b]), rest.deform is None or bool(rest.deform[b]), not bone.lower().startswith("c_"))
        if key not in table or rank > worth[key]:
            table[key], worth[key] = b, rank
        stem, number = names.digits_apart(name.core)
        order = (not moving[b], number)
        if (name.side, stem) not in loose or order < loose[name.side, stem][0]:
            loose[name.side, stem] = (order, b)
    return table, {key: b for key, (_, b) in loose.items()}


def _match(cores: dict[str, list[str]], table: Table, moving: NDArray[np.bool_]) -> Parts:
    """Return the parts whose names are in a table: the best name whose bone moves the skin, else the best name."""
    found: Parts = {}
    for part in PARTS:
        side = "" if part in MIDDLE else part.partition("_")[0]
        bones = [table[side, name] for name in cores[core_of(part)] if (side, name) in table]
        bones = [b for b in bones if (b,) not in found.values()]
        if bones:
            found[part] = (next((b for b in bones if moving[b]), bones[0]),)
    return found


def _with_ends(found: Parts) -> Parts:
    """Return the parts without toes where there is no foot, and without clavicles where there is no upper arm.

    Where joints are named there is an ankle beside the "foot" that is a toe, and a shoulder alone is no clavicle.
    """
    needs = {"toe": "foot", "clavicle": "upper_arm"}
    cores = {part: core_of(part) for part in found}
    return {p: b for p, b in found.items() if cores[p] not in needs or p.replace(cores[p], needs[cores[p]]) in found}


def _with_whole_limbs(found: Parts, table: Table, moving: NDArray[np.bool_]) -> Parts:
    """Return the parts with legs of one bone as thighs: where nothing else is one, a leg is."""
    if "left_thigh" in found or "right_thigh" in found:
        return found
    nothing: dict[str, list[str]] = {core: [] for core in (*MIDDLE, *LIMBS)}
    legs = _match(nothing | {"thigh": ["leg"]}, table, moving)
    if len(legs) < 2:
        return found
    return {p: b for p, b in found.items() if b not in legs.values()} | legs


def _first_toes(found: Parts, name: str, table: Table, whole: Skeleton) -> Parts:
    """Return toes that begin nearer to the foot than those that were found: balls of feet."""
    cores = [*preset(name)["parts"]["toe"], *preset("generic")["parts"]["toe"]]
    nearer: Parts = {}
    for side in SIDES:
        foot, toe = found.get(f"{side}_foot"), found.get(f"{side}_toe")
        between = whole.path(foot[0], toe[0]) if foot and toe else None
        named = {table[side, core] for core in cores if (side, core) in table}
        first = next((b for b in (between or [])[1:] if b in named), None)
        if first is not None:
            nearer[f"{side}_toe"] = (first,)
    return nearer


def _upside_down(found: Parts, whole: Skeleton, body: Skeleton) -> list[str]:
    """Return the parts of limbs that lie above the part that they should hang on: names mean something else then."""
    wrong = []
    for part, bones in found.items():
        core = core_of(part)
        if core not in BELOW:
            continue
        above = found.get(part.replace(core, BELOW[core]))
        if above and any(bones[0] in tree.path_up(above[0]) for tree in (whole, body)):
            wrong.append(part)
    return wrong


def _hips_above_all(found: Parts, name: str, table: Table, whole: Skeleton) -> Parts:
    """Return the hips that carry legs and head, where the named ones do not, or lie far from the hip joints (a root).

    Other bones that the names offer come first, then, for hips without the spine, whatever bone near them has both.
    """
    limbs = [found[part][0] for part in ("left_thigh", "right_thigh", "head") if part in found]
    if "hips" not in found or not limbs or is_control_rig(whole.rest):  # whose deforming bones hang on controls
        return {}
    carried = [set(whole.path_up(b)) for b in limbs]
    near = [b for b in set.intersection(*carried) if _is_near_legs(whole, b, limbs)]
    cores = [*preset(name)["parts"]["hips"], *preset("generic")["parts"]["hips"]]
    for core in cores:
        b = table.get(("", core))
        if b is not None and (b in near if near else all(b in up for up in carried)):
            return {"hips": (b,)}
    if len(limbs) < 3 or not near or found["hips"][0] in carried[-1]:
        return {}
    return {"hips": (max(near, key=lambda b: len(whole.path_up(b))),)}


def _is_near_legs(whole: Skeleton, b: int, limbs: list[int]) -> bool:
    """Return whether a bone begins about as high as the first of ``limbs``, a thigh."""
    return abs(float(whole.heads[b, 2] - whole.heads[limbs[0], 2])) < NEAR_HIPS * whole.height


def stated_parts(rest: RigRest) -> Parts:
    """Return the parts that the file itself states (VRM's humanoid); they are the truth about names."""
    stated = rest.humanoid or {}
    index = {bone: b for b, bone in enumerate(rest.bones)}
    found = {part: (index[stated[word]],) for part, word in STATED.items() if stated.get(word) in index}
    for side in SIDES:
        for finger in FINGERS:
            word = f"{side}{'Little' if finger == 'pinky' else finger.title()}"
            joints = [index[stated[word + joint]] for joint in _JOINTS if stated.get(word + joint) in index]
            found |= {f"{side}_{finger}": tuple(joints)} if joints else {}
    spine = [index[stated[word]] for word in ("spine", "chest", "upperChest") if stated.get(word) in index]
    return found | ({"spine": tuple(spine)} if spine else {})
