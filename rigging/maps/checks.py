"""What cannot be in a map, in plain words: bones of two parts, limbs upside down, sides exchanged. numpy only."""

from itertools import pairwise

import numpy as np

from ..rig import RigMap, RigRest
from .parts import BELOW, LIMBS, PARTS, Parts, core_of, in_words
from .skeleton import Skeleton
from .structure import left_of

OPPOSITE = -0.5  # of a step from right to left, along the body's left: it goes the other way


def conflicts(rest: RigRest, rig_map: RigMap) -> list[str]:
    """Return a sentence for each thing in a map that no body can have, nothing when all fits together."""
    whole, body = Skeleton.of(rest), Skeleton.body_of(rest)
    found: Parts = {part: tuple(rest.index(bone) for bone in bones) for part, bones in rig_map.bones.items()}
    return [*_twice(rest, found), *_upside_down(whole, body, found), *_exchanged(body, found)]


def _twice(rest: RigRest, found: Parts) -> list[str]:
    parts_of: dict[int, list[str]] = {}
    for part, bones in found.items():
        for b in bones:
            parts_of.setdefault(b, []).append(part)
    return [
        f"{rest.bones[b]} is both {in_words(parts[0])} and {in_words(parts[1])}."
        for b, parts in parts_of.items()
        if len(parts) > 1
    ]


def _upside_down(whole: Skeleton, body: Skeleton, found: Parts) -> list[str]:
    """Name parts, and bones of a part, that carry what they should hang on."""
    names = whole.rest.bones
    pairs = [(found[part][0], found[above][0], part) for part, above in _order(found)]
    inside = [(b, a, part) for part, bones in found.items() for a, b in pairwise(bones)]
    return [
        f"{names[b]} ({in_words(part)}) carries {names[a]}, on which it should hang."
        for b, a, part in [*pairs, *inside]
        if a != b and (b in whole.path_up(a) or b in body.path_up(a))
    ]


def _order(found: Parts) -> list[tuple[str, str]]:
    """Return the parts that hang on another part, and that part."""
    limbs = [(part, part.replace(core_of(part), BELOW[core_of(part)])) for part in PARTS if core_of(part) in BELOW]
    order = [*limbs, ("head", "neck"), ("neck", "spine"), ("head", "spine")]
    return [(part, above) for part, above in order if found.get(part) and found.get(above)]


def _exchanged(body: Skeleton, found: Parts) -> list[str]:
    left = left_of(body, found)
    if left is None:
        return []
    wrong = []
    for core in LIMBS:
        a, b = found.get(f"left_{core}"), found.get(f"right_{core}")
        if not a or not b or a[0] == b[0]:
            continue
        step = body.heads[a[0]] - body.heads[b[0]]
        if float(step @ left) < OPPOSITE * float(np.linalg.norm(step)):
            wrong.append(core)
    if {"thigh", "upper_arm"} <= set(wrong):
        return ["Left and right are exchanged: the feet show that what is called left is on the right side."]
    return [f"Left and right {in_words(core)} are exchanged." for core in wrong]
