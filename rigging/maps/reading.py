"""What the bone names of a rig say: what one leaves open is told by the others. the standard library alone."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from . import names
from .names import BoneName

KNOWN_MORE: Final = 4  # names that are understood without a prefix, and are not with it: the prefix is none of theirs
SHARED: Final = 6  # names that begin alike
TRIED: Final = 12  # prefixes
ENOUGH: Final = 14  # names that are understood as they are: nothing is sought before them
NUMBERED: Final = 0.6  # of the names end in numbers that are all different: a count of nodes, not part of the names

_NODE_NUMBER: Final = re.compile(r"_\d+$")
_JOINT: Final = re.compile(r"[_:.| -]+|(?<=[a-z\d])(?=[A-Z])")
_LIMB: Final = re.compile(r"^(?:arm|leg)(?=.)")


@lru_cache(maxsize=16)
def read_names(bones: tuple[str, ...], known: frozenset[str]) -> tuple[BoneName, ...]:
    """Return what each name of a rig says; ``known`` holds the cores that mean parts of a body.

    Numbers that merely count the nodes (``LeftArm_012`` of files from Sketchfab) and words that many names begin with
    (``CATRigLArm1``, ``Character1_LeftArm``) are left out, a letter that is glued to a word is a side where both sides
    are there (``lfemur`` and ``rfemur``), and a limb's word before that of a part says nothing new (``LArm_Hand``).
    """
    bare = _without_node_numbers(bones)
    prefix = _prefix(bare, known)
    read = [names.parse(bone, prefix if bone.startswith(prefix) else "") for bone in bare]
    if prefix:
        read = [replace(n, machinery=n.machinery or names.parse(b).machinery) for n, b in zip(read, bare, strict=True)]
    return tuple(_without_limbs(_with_glued_sides(read, known), known))


def _without_node_numbers(bones: tuple[str, ...]) -> tuple[str, ...]:
    found = [match[0] for match in map(_NODE_NUMBER.search, bones) if match]
    if len(found) < NUMBERED * len(bones) or len(set(found)) < 0.9 * len(found):
        return bones
    return tuple(_NODE_NUMBER.sub("", bone) or bone for bone in bones)


def _prefix(bones: tuple[str, ...], known: frozenset[str]) -> str:
    """Return what most names begin with, else that without which the most names are understood; "" when none is."""
    shared = names.common_prefix(bones)
    if shared or _understood(map(names.parse, bones), known) >= ENOUGH:
        return shared
    starts = Counter(bone[: joint.end()] for bone in bones for joint in _JOINT.finditer(bone) if joint.start() > 1)
    able = [start for start, count in starts.most_common(TRIED) if count >= SHARED]
    gains = {start: _gain([bone for bone in bones if bone.startswith(start)], start, known) for start in able}
    best = max(gains, key=lambda start: (gains[start], len(start)), default="")
    return best if gains.get(best, 0) >= KNOWN_MORE else ""


def _gain(bones: list[str], prefix: str, known: frozenset[str]) -> int:
    return _understood((names.parse(bone, prefix) for bone in bones), known) - _understood(
        map(names.parse, bones), known
    )


def _understood(read: Iterable[BoneName], known: frozenset[str]) -> int:
    return sum(name.core in known or (name.side != "" and _LIMB.sub("", name.core) in known) for name in read)


def _with_glued_sides(read: list[BoneName], known: frozenset[str]) -> list[BoneName]:
    plain = {name.core for name in read if not name.side}
    sides = {"l": "left", "r": "right"}

    def sided(name: BoneName) -> BoneName:
        letter, core = name.core[:1], name.core[1:]
        if name.side or letter not in sides or not {f"l{core}", f"r{core}"} <= plain:
            return name
        return replace(name, side=sides[letter], core=core) if names.digits_apart(core)[0] in known else name

    return [sided(name) for name in read]


def _without_limbs(read: list[BoneName], known: frozenset[str]) -> list[BoneName]:
    taken = {(name.side, name.core) for name in read}

    def shorter(name: BoneName) -> BoneName:
        core = _LIMB.sub("", name.core)
        unclear = name.side and name.core not in known and (name.side, core) not in taken
        return replace(name, core=core) if unclear and core in known else name

    return [shorter(name) for name in read]
