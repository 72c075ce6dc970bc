"""Which bone is which part of the body: by names, by shape, by the file itself, and by the user's map. numpy only."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import PosewrightError
from ..rig import MAP_FORMAT, RigMap, RigRest
from .extras import finger_parts, twist_parts
from .judgement import BY_NAMES, BY_SHAPE, BY_SHARED_NAMES, STATED, confidence
from .naming import PRESETS, parts_by_names, preset, stated_parts
from .parts import ALL_PARTS, BELOW, EXTRA_PARTS, LIMBS, MIDDLE, PARTS, Parts, core_of, in_words
from .posture import stands_on_four
from .skeleton import Skeleton
from .structure import left_of, parts_by_shape
from .user_maps import parts_stated, read_map, saved_map

__all__ = ["EXTRA_PARTS", "FORMAT", "GIVE_MAP", "LIMBS", "MIDDLE", "NEEDED", "PARTS", "PRESETS", "map_rig", "preset"]

FORMAT: Final = MAP_FORMAT
GIVE_MAP: Final = "give a map of its bones (--map, in Blender under Character > Bone Map)."
"""What to do about a rig that is not understood."""

NOT_FOUND: Final = "Not found in"
"""How the note about missing parts begins."""

FLAT: Final = 1e-6  # of the largest scale of an armature: a smaller one leaves nothing of it

_LIMBS_NEEDED: Final = (("legs", ("left_thigh", "right_thigh")), ("arms", ("left_upper_arm", "right_upper_arm")))
NEEDED: Final = ("hips", *(part for _, parts in _LIMBS_NEEDED for part in parts))
"""Parts without which nothing can be put on a rig."""
_OPTIONAL: Final = ("neck", "left_clavicle", "right_clavicle", "left_toe", "right_toe")
_LIMB_ORDER: Final = (("clavicle", "upper_arm", "forearm", "hand"), ("thigh", "shin", "foot"))
_LYING: Final = (  # turns that set a rig upright whose up is not the world's: on its back, on its face
    np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
)


def map_rig(
    rest: RigRest,
    map_file: Path | None = None,
    stated: Mapping[str, Any] | None = None,
    *,
    complete: bool = True,
) -> RigMap:
    """Return which bones of a rig are which parts of the body, and how sure that is.

    Names come first (what the file itself states, presets, names that many rigs share) as far as hierarchy and shape
    do not contradict; what they leave open is found by the shape of the rest pose and the skin; sides are checked
    against the feet; ``stated`` (part -> bones, as in a map file), else ``map_file`` (JSON as ``RigMap.to_json`` gives
    it), or else the map that the user had remembered for this rig, overrides: a bone that it names is of no other part.
    Raises PosewrightError when there are no bones, no legs, no arms or no hips, when the body stands on four legs, or
    when the map is not one of this rig. Unless it must be ``complete``, what lacks or stands on four legs gets a note.
    """
    _require_size(rest)
    notes: list[str] = []
    own, own_source = _own_parts(rest, map_file, stated, notes)
    whole, body = Skeleton.of(rest), Skeleton.body_of(rest)
    body, shape = _shape(rest, body)
    found, origin, source = _merge(rest, whole, body, shape, own, notes)
    _check_sides(body, found, rest, notes)
    found = _without(found, own) | own
    if own_source:
        source = f"{source}, {own_source}" if set(found) - set(own) else own_source
    problem = _problem(rest, body, found, own)
    if problem and complete:
        raise PosewrightError(problem)
    notes += [problem] if problem else []
    found = _with_chains(whole, body, found, set(own))
    preset_name = source.split(" ")[0].rstrip(",")
    extra, by_name = finger_parts(body, found, preset_name if preset_name in PRESETS else "generic")
    extra |= twist_parts(body, found | extra)
    origin |= dict.fromkeys(by_name, BY_NAMES) | {part: BY_NAMES for part in extra if part.endswith("_twist")}
    found |= {part: bones for part, bones in _without(extra, own).items() if part not in own and part not in found}
    found = {part: found[part] for part in ALL_PARTS if found.get(part)}
    judged, doubts = confidence(body, found, origin, shape, set(own), left_of(body, found))
    _note_what_is_missing(rest, found, notes)
    notes += doubts
    return RigMap({p: tuple(rest.bones[b] for b in bones) for p, bones in found.items()}, source, notes, judged)


def _own_parts(
    rest: RigRest, map_file: Path | None, stated: Mapping[str, Any] | None, notes: list[str]
) -> tuple[Parts, str]:
    """Return the parts that the user states, by hand, by a file or by a remembered map, and the name of that."""
    if stated:
        return parts_stated(rest, stated, "The bone map"), "your map"
    if map_file is not None:
        return read_map(rest, Path(map_file)), Path(map_file).name
    remembered = saved_map(rest)
    if remembered is None:
        return {}, ""
    try:
        own = read_map(rest, remembered)
    except PosewrightError as error:
        notes.append(f"The map remembered for {rest.name} is damaged and was left aside: {error}")
        return {}, ""
    notes.append(f"The map that you had remembered for {rest.name} is used ({remembered}).")
    return own, "remembered map"


def _without(found: Parts, own: Parts) -> Parts:
    """Return the parts without the bones that the user states for others; what loses its first bone goes."""
    stated = {b for bones in own.values() for b in bones}
    rest = {part: tuple(b for b in bones if b not in stated) for part, bones in found.items()}
    return {part: bones for part, bones in rest.items() if bones and bones[0] == found[part][0]}


def _shape(rest: RigRest, body: Skeleton) -> tuple[Skeleton, Parts]:
    """Return the parts by shape, and the tree that they were found in: set upright where the rig lies."""
    shape = parts_by_shape(body)
    if "left_upper_arm" in shape and "head" in shape:
        return body, shape
    for turn in _LYING:
        upright = Skeleton.body_of(rest, up=turn)
        lying = parts_by_shape(upright)
        if len(lying) > len(shape) and {"left_upper_arm", "head", "left_shin"} <= set(lying):
            return upright, lying
    return body, shape


def _merge(
    rest: RigRest, whole: Skeleton, body: Skeleton, shape: Parts, own: Parts, notes: list[str]
) -> tuple[Parts, dict[str, float], str]:
    """Return the parts by names and shape together, what each is worth by its origin, and the words for it."""
    named, source = parts_by_names(rest, whole, body)
    stated = stated_parts(rest)
    if stated:
        named, source = named | stated, "the file's own humanoid"
    worth = BY_SHARED_NAMES if source == "generic" else BY_NAMES
    trusted = bool(stated) or _trusted(body, named, shape, rest, notes)
    if not trusted:
        named, source = {}, "shape"
    named = _with_spine(whole, body, named)
    odd = set() if stated else _contradicted(body, named, shape)
    found = {part: bones for part, bones in named.items() if part not in odd}
    origin = {part: STATED if part in stated else worth for part in found}
    wanted = [p for p in PARTS if p not in found and p not in own and (not found or p not in _OPTIONAL or p in odd)]
    taken = {b for bones in found.values() for b in bones}
    agreeing = not found or _agreement(body, shape, found) >= 0.5
    filled = {p: shape[p] for p in wanted if p in shape and agreeing and not taken & set(shape[p])}
    if filled and found:
        source = f"{source} and shape"
    merged = found | filled
    if found and {"hips", "head"} & set(filled):
        merged = {part: merged[part] for part in merged if part not in ("spine", "neck") or part in own}
        merged = _with_spine(whole, body, merged)
    return merged, origin | dict.fromkeys(filled, BY_SHAPE), source if found or filled else "names"


def _trusted(body: Skeleton, named: Parts, shape: Parts, rest: RigRest, notes: list[str]) -> bool:
    """Return whether names are to be believed: they are unless shape and hierarchy tell another story throughout."""
    if not named:
        return False
    if len(shape) < 12 or _agreement(body, shape, named) >= 0.35:
        return True
    if _well_ordered(body, named) >= 0.8 and len(named) >= 12:
        return True
    notes.append(f"The names of the bones of {rest.name} do not fit its shape; the shape was followed.")
    return False


def _agreement(body: Skeleton, shape: Parts, found: Parts) -> float:
    """Return the share of the parts known to both that are the same bones (left and right may be swapped)."""
    both = [p for p in shape if p in found and core_of(p) not in ("spine", "neck", "clavicle")]
    if not both:
        return 0.0
    swapped = {p: p.replace("left", "#").replace("right", "left").replace("#", "right") for p in both}
    straight = sum(shape[p][0] == found[p][0] for p in both)
    crossed = sum(swapped[p] in found and shape[p][0] == found[swapped[p]][0] for p in both)
    return max(straight, crossed) / len(both)


def _well_ordered(body: Skeleton, named: Parts) -> float:
    """Return the share of limb parts that hang on the part above them."""
    pairs = [
        (named[part][0], named[part.replace(core_of(part), BELOW[core_of(part)])][0])
        for part in named
        if core_of(part) in BELOW and part.replace(core_of(part), BELOW[core_of(part)]) in named
    ]
    return sum(above in body.path_up(b) for b, above in pairs) / len(pairs) if pairs else 0.0


def _contradicted(body: Skeleton, named: Parts, shape: Parts) -> set[str]:
    """Return the named parts that do not hang on the part above them while the shape knows one that does."""
    odd = set()
    for part, bones in named.items():
        core = core_of(part)
        above = named.get(part.replace(core, BELOW[core])) if core in BELOW else None
        if above is None or part not in shape or shape[part][0] == bones[0]:
            continue
        hangs = above[0] in body.path_up(bones[0]) or above[0] in body.rest.ancestors(bones[0])
        if not hangs and above[0] in body.path_up(shape[part][0]):
            odd.add(part)
    return odd


def _with_spine(whole: Skeleton, body: Skeleton, found: Parts) -> Parts:
    """Return the parts with all bones between hips and head, as the rig's tree has them."""
    if "hips" not in found or "head" not in found:
        return found
    path = whole.path(found["hips"][0], found["head"][0]) or body.path(found["hips"][0], found["head"][0])
    if path is None:
        return found
    between = [b for b in path[1:-1] if body.body[b] or whole.rest.deform is None or whole.rest.deform[b]]
    neck = found.get("neck", (-1,))[0]
    if neck in between:
        start = between.index(neck)
    else:
        arms = [found[part][0] for part in ("left_upper_arm", "right_upper_arm") if part in found]
        up = [set(whole.path_up(arm)) | set(body.path_up(arm)) for arm in arms]
        carries = [i for i, b in enumerate(between) if all(b in above for above in up)]
        start = carries[-1] + 1 if arms and carries else len(between)
    found = {part: bones for part, bones in found.items() if part not in ("spine", "neck")}
    if between[:start]:
        found["spine"] = tuple(between[:start])
    if between[start:]:
        found["neck"] = tuple(between[start:])
    return found


def _with_chains(whole: Skeleton, body: Skeleton, found: Parts, own: set[str]) -> Parts:
    """Return the parts of the limbs with all bones of the body up to where the next part begins."""
    found = dict(found)
    for side in ("left", "right"):
        for order in _LIMB_ORDER:
            for core, after in pairwise(order):
                here, beyond = found.get(f"{side}_{core}"), found.get(f"{side}_{after}")
                if not here or not beyond or f"{side}_{core}" in own:
                    continue
                path = body.path(here[0], beyond[0]) or whole.path(here[0], beyond[0])
                if path is not None:
                    between = [b for b in path[1:-1] if body.body[b]]
                    found[f"{side}_{core}"] = (here[0], *between)
    return found


def _check_sides(s: Skeleton, found: Parts, rest: RigRest, notes: list[str]) -> None:
    """Swap sides in ``found`` when the rig's feet and both hips and shoulders say that names mirror them."""
    left = left_of(s, found)
    pairs = [(f"left_{part}", f"right_{part}") for part in ("thigh", "upper_arm")]
    if left is None or any(p not in found for pair in pairs for p in pair):
        return
    steps = [s.heads[found[a][0]] - s.heads[found[b][0]] for a, b in pairs]
    if all(float(step @ left) < -0.5 * np.linalg.norm(step) for step in steps):
        for part in LIMBS:
            a, b = found.pop(f"left_{part}", None), found.pop(f"right_{part}", None)
            found.update({p: bones for p, bones in ((f"left_{part}", b), (f"right_{part}", a)) if bones is not None})
        notes.append(
            f"The feet of {rest.name} show that its bones called left are on its right side; the sides were swapped."
        )


def _require_size(rest: RigRest) -> None:
    if not rest.bones:
        raise PosewrightError(f"The armature {rest.name} has no bones; choose one that has.")
    sizes = np.linalg.svd(rest.world[:3, :3], compute_uv=False)
    if not sizes[-1] > FLAT * sizes[0]:
        raise PosewrightError(f"The armature {rest.name} has no size in the scene; give it a scale that is not 0.")


def _problem(rest: RigRest, body: Skeleton, found: Parts, own: Parts) -> str:
    """Return why a map is of no use, as a sentence; "" when it is."""
    for word, parts in _LIMBS_NEEDED:
        if any(not found.get(part) for part in parts):
            return f"The armature {rest.name} has no {word} that Posewright can find; {GIVE_MAP}"
    if not found.get("hips"):
        return f"The armature {rest.name} has no hips that Posewright can find; {GIVE_MAP}"
    if not own and stands_on_four(body, found):
        return f"The armature {rest.name} stands on four legs; choose a character on two, or {GIVE_MAP}"
    return ""


def _note_what_is_missing(rest: RigRest, found: Parts, notes: list[str]) -> None:
    missing = [in_words(part) for part in PARTS if not found.get(part)]
    if missing:
        notes.append(f"{NOT_FOUND} {rest.name}, and left out: {', '.join(missing)}.")
