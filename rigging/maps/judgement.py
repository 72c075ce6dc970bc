"""How sure a map is of each part, and what is doubtful about it in plain words. numpy only."""

import re
from typing import Final

import numpy as np

from .parts import BELOW, FINGERS, PARTS, SIDES, TWISTS, Parts, core_of, in_words, other_side
from .skeleton import Skeleton

BY_NAMES, BY_SHARED_NAMES, BY_SHAPE, STATED = 0.8, 0.7, 0.6, 0.95
"""What a part is worth before anything else speaks: a preset's name, a common one, shape alone, the file itself."""

DOUBTFUL = 0.5  # below this a part gets a sentence
ON_THE_FLOOR: Final = 0.06  # of the height: arms that end so low are legs
_NO_PART: Final = re.compile(
    r"wing|feather|tail|hair|skirt|cape|cloth|tentacle|wheel|door|hood|sword|shield|weapon", re.IGNORECASE
)
"""Words for what is no part of a person: a bone that has one was taken for a part by its shape alone."""
_OPTIONAL_SKIN = ("hips", "clavicle", "neck", "toe", "spine")


def confidence(
    s: Skeleton, found: Parts, origin: dict[str, float], shape: Parts, own: set[str], lateral: np.ndarray | None
) -> tuple[dict[str, float], list[str]]:
    """Return part -> 0..1, and the reasons of the doubtful ones as sentences.

    ``s`` is the body's tree, ``origin`` what each part is worth by where it comes from, ``shape`` the parts by shape
    alone, ``own`` the parts that the user has stated (1.0), ``lateral`` (3,) the body's left.
    """
    values: dict[str, float] = {}
    reasons: list[str] = []
    for part, bones in found.items():
        if part in own:
            values[part] = 1.0
            continue
        value, against = origin.get(part, BY_SHAPE), ""
        told_apart = value > BY_SHAPE  # what the shape found cannot be confirmed by the shape
        for change, reason in _signs(s, found, shape if told_apart else {}, part, lateral):
            value += change
            against = reason if change < 0 and reason and not against else against
        values[part] = float(np.clip(value, 0.05, 1.0))
        if values[part] < DOUBTFUL and part in PARTS:
            reasons.append(f"{in_words(part).capitalize()} is doubtful: {s.rest.bones[bones[0]]}{against}.")
    return values, reasons


def _signs(s: Skeleton, found: Parts, shape: Parts, part: str, lateral: np.ndarray | None) -> list[tuple[float, str]]:
    """Return what speaks for (+) and against (-) a part, with a reason where it speaks against."""
    core = core_of(part)
    if core in FINGERS or core in TWISTS:
        other = found.get(other_side(part) or "")
        alike = other is not None and len(other) == len(found[part])
        return [(0.1 if alike else -0.2, "")]
    b = found[part][0]
    signs: list[tuple[float, str]] = []
    if part in shape:
        same = _same(s, shape[part], found[part])
        signs.append((0.15, "") if same else (-0.25, " is not where the shape of the rig has it"))
    elif shape and core not in ("clavicle", "neck", "toe"):
        signs.append((-0.1, " is not found by the shape of the rig"))
    if s.rest.skin is not None and core not in _OPTIONAL_SKIN and s.mass[b] <= 0:
        signs.append((-0.3, " moves no skin"))
    if not shape and _NO_PART.search(s.rest.bones[b]):
        signs.append((-0.3, " is named as something else"))
    if core in ("upper_arm", "forearm", "hand") and _ends_on_floor(s, found, part):
        signs.append((-0.35, " ends on the floor, as a leg does"))
    signs += _order_sign(s, found, part, core)
    signs += _mirror_sign(s, found, part, lateral)
    return signs


def _ends_on_floor(s: Skeleton, found: Parts, part: str) -> bool:
    """Return whether an arm reaches down to where the feet are."""
    below = s.below[found[part][0]]
    if not found.get("left_thigh") or not found.get("right_thigh"):
        return False
    feet = [b for side in SIDES for b in s.below[found[f"{side}_thigh"][0]]]
    lowest = float(min(s.heads[below, 2].min(), s.tails[below, 2].min()))
    return lowest - float(s.heads[feet, 2].min()) < ON_THE_FLOOR * s.height


def _same(s: Skeleton, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Return whether two sets of bones begin with the same bone, or at the same place."""
    return a[0] == b[0] or bool(np.linalg.norm(s.heads[a[0]] - s.heads[b[0]]) < 0.01 * s.height)


def _order_sign(s: Skeleton, found: Parts, part: str, core: str) -> list[tuple[float, str]]:
    """Judge whether a part hangs on the part above it."""
    above = found.get(part.replace(core, BELOW[core])) if core in BELOW else found.get("hips")
    if not above or part == "hips" or core == "clavicle":
        return []
    up = {*s.path_up(found[part][0]), *s.rest.ancestors(found[part][0])}
    if above[0] in up:
        return [(0.05, "")]
    return [(-0.3, f" does not hang on {s.rest.bones[above[0]]}")]


def _mirror_sign(s: Skeleton, found: Parts, part: str, lateral: np.ndarray | None) -> list[tuple[float, str]]:
    """Judge whether a part of one side mirrors that of the other, and parts of the middle lie in the middle."""
    hips = [found[p][0] for p in ("left_thigh", "right_thigh") if found.get(p)]
    if lateral is None or len(hips) < 2:
        return []
    middle, height = s.heads[hips].mean(axis=0), s.height
    other = other_side(part)
    here = s.heads[found[part][0]] - middle
    if other is None:
        aside = abs(float(here @ lateral)) / height
        return [(0.05, "")] if aside < 0.03 else [(-0.25, " is not in the middle of the body")]
    if not found.get(other):
        return [(-0.2, " has no counterpart on the other side")]
    there = s.heads[found[other][0]] - middle
    error = np.linalg.norm(here - 2 * float(here @ lateral) * lateral - there) / height
    own_side = float(here @ lateral) * (1 if part.startswith(SIDES[0]) else -1) > -0.01 * height
    if not own_side and core_of(part) not in ("toe", "foot"):
        return [(-0.3, " lies on the other side of the body")]
    return [(0.05, "")] if error < 0.05 else [(-0.1 if error < 0.2 else -0.25, " does not mirror the other side")]
