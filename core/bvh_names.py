"""Which joint of a BVH file is which joint of a Take, by the names that common programs give them.

A BVH joint is the head of a bone: "LeftLeg" of Mixamo lies at the knee.
"""

import re
from collections.abc import Sequence
from typing import Final

from .bvh_format import END
from .skeleton import JOINTS

_SIDED: Final = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip", "upleg1"),
    "knee": ("leg", "lowleg", "lowerleg", "shin", "calf", "tibia", "knee"),
    "ankle": ("foot", "ankle"),
    "foot_index": ("toebase", "toe", "toes", "ball", "toe0", "footindex", "footend"),
    "heel": ("heel",),
    "shoulder": ("arm", "uparm", "upperarm", "humerus", "shldr", "shoulder"),
    "elbow": ("forearm", "lowarm", "lowerarm", "elbow", "radius"),
    "wrist": ("wrist", "hand"),
}
"""Canonical part -> names without side, best first: a "shoulder" is the clavicle where there is an upper arm."""

_MIDDLE: Final = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "thorax": ("neck", "neck1", "neck01"),
    "neck": ("head",),
    "head": ("headend", "headtop", "headtopend", "headnub", "headsite"),
    "nose": ("nose",),
}
"""The neck bone begins at the base of the neck, which a Take calls thorax, the head bone where its neck ends."""

_PREFIXES: Final = ("mixamorig", "bip01", "bip001", "bip", "character1", "jnt", "joint", "def", "org", "b")
_SPINE: Final = re.compile(r"(lowerback|spine|chest|abdomen|torso)\d*")


def joint_map(names: Sequence[str]) -> dict[str, str]:
    """Return canonical joint -> name in the file, for the joints that are recognised.

    A file that has our own names is taken by them.
    """
    if {"thorax", "left_shoulder", "left_hip", "left_knee"} <= set(names):
        return {name: name for name in JOINTS if name in names}
    split = {name: split_name(name) for name in names}
    found: dict[str, str] = {}
    for side in ("left", "right"):
        for part, stems in _SIDED.items():
            _take(found, f"{side}_{part}", [(side, stem) for stem in stems], split)
    for part, stems in _MIDDLE.items():
        _take(found, part, [("", stem) for stem in stems], split)
    spine = [name for name, (side, stem) in split.items() if not side and _SPINE.fullmatch(stem)]
    if spine:
        found["spine"] = spine[len(spine) // 2]
    return found


def _take(found: dict[str, str], joint: str, wanted: list[tuple[str, str]], split: dict[str, tuple[str, str]]) -> None:
    for target in wanted:
        for name, parts in split.items():
            if parts == target and name not in found.values():
                found[joint] = name
                return


def split_name(name: str) -> tuple[str, str]:
    """Return the side ("left", "right" or "") and the rest of a joint's name, in small letters without signs."""
    end = name.endswith(END)
    bare = name.removesuffix(END).split(":")[-1]
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare)
    words = [word for word in re.split(r"[^a-z0-9]+", bare.lower()) if word]
    if len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    side = ""
    for letter, full in (("l", "left"), ("r", "right")):
        if not side and (letter in words or full in words):
            words.remove(letter if letter in words else full)
            side = full
    stem = "".join(words)
    for full in ("left", "right"):
        if not side and stem.startswith(full) and stem != full:
            side, stem = full, stem[len(full) :]
    known = {stem for stems in _SIDED.values() for stem in stems}
    if not side and stem[:1] in ("l", "r") and stem[1:] in known and stem not in known:
        side, stem = {"l": "left", "r": "right"}[stem[0]], stem[1:]
    return side, stem + ("end" if end else "")
