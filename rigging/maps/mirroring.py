"""The parts of one side given to the other: by the names of bones, else by their places. numpy only."""

import numpy as np

from ..rig import RigMap, RigRest
from .naming import names_of
from .parts import ALL_PARTS, SIDES, Parts, other_side
from .skeleton import Skeleton

NEAR = 0.03  # of the height: so far from its mirrored place a bone may be


def mirrored(rest: RigRest, rig_map: RigMap, source: str = "left") -> dict[str, list[str]]:
    """Return the parts of the other side, with the counterparts of the bones that ``source`` has.

    A part of which no bone has a counterpart gets none. Parts that ``source`` lacks are not named.
    """
    found: Parts = {part: tuple(rest.index(bone) for bone in bones) for part, bones in rig_map.bones.items()}
    counterpart = Counterparts(rest, found)
    result: dict[str, list[str]] = {}
    for part in ALL_PARTS:
        if part.startswith(f"{source}_") and found.get(part):
            others = [counterpart.of(b, source) for b in found[part]]
            result[other_side(part) or part] = [rest.bones[b] for b in others if b is not None]
    return result


class Counterparts:
    """The bone of the other side for each bone of a rig."""

    def __init__(self, rest: RigRest, found: Parts) -> None:
        self._names = names_of(rest)
        self._named = {(name.side, name.core, name.machinery): b for b, name in reversed(list(enumerate(self._names)))}
        self._exact = {bone: b for b, bone in enumerate(rest.bones)}
        self._rest = rest
        skeleton = Skeleton.of(rest)
        self._heads, self._height = skeleton.heads, skeleton.height
        hips = [found[f"{side}_thigh"][0] for side in SIDES if found.get(f"{side}_thigh")]
        self._middle = self._heads[hips].mean(axis=0) if len(hips) == len(SIDES) else None
        step = self._heads[hips[0]] - self._heads[hips[1]] if self._middle is not None else np.zeros(3)
        length = float(np.linalg.norm(step))
        self._lateral = step / length if length else None

    def of(self, b: int, source: str) -> int | None:
        """Return the counterpart of a bone, None when the rig has none."""
        name = self._names[b]
        if name.side:
            flipped = self._exact.get(_flipped(self._rest.bones[b]))
            if flipped is not None:
                return flipped
            other = SIDES[1 - SIDES.index(name.side)]
            return self._named.get((other, name.core, name.machinery)) or self._by_place(b)
        return self._by_place(b)

    def _by_place(self, b: int) -> int | None:
        if self._middle is None or self._lateral is None:
            return None
        aside = float((self._heads[b] - self._middle) @ self._lateral)
        image = self._heads[b] - 2 * aside * self._lateral
        apart = np.linalg.norm(self._heads - image, axis=-1)
        nearest = int(apart.argmin())
        return nearest if apart[nearest] < NEAR * self._height and nearest != b else None


def _flipped(bone: str) -> str:
    """Return the name with the usual words of its side exchanged, as Blender flips names."""
    for one, other in (("Left", "Right"), ("left", "right"), ("LEFT", "RIGHT")):
        if one in bone:
            return bone.replace(one, other)
        if other in bone:
            return bone.replace(other, one)
    for mark in (".", "_", "-", " "):
        for one, other in (("L", "R"), ("l", "r"), ("R", "L"), ("r", "l")):
            if bone.endswith(mark + one):
                return bone[: -len(one)] + other
            if f"{mark}{one}{mark}" in bone:
                return bone.replace(f"{mark}{one}{mark}", f"{mark}{other}{mark}", 1)
            if f"{mark}{one}." in bone:
                return bone.replace(f"{mark}{one}.", f"{mark}{other}.", 1)
            if bone.startswith(one + mark):
                return other + bone[len(one) :]
    return bone
