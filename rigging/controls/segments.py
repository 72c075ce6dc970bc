"""The pieces of a mapped rig that controls must turn: each from a joint to the next. numpy only."""

from dataclasses import dataclass
from typing import Final

from ..maps.parts import FINGERS, SIDES, TWISTS
from ..rig import RigMap, RigRest
from ..solver.anatomy import NEXT_PART

LIMBS: Final = {"arm": ("upper_arm", "forearm", "hand"), "leg": ("thigh", "shin", "foot")}
"""Limb -> its parts from the root on; the last one is what a goal of IK holds."""


@dataclass(frozen=True)
class Segment:
    """A piece of the body: the bones that lie in it, and the joints that must move with it."""

    part: str
    bones: tuple[str, ...]
    end: str | None  # the bone that begins at its far end; None: the tail of its last bone is that end
    carried: tuple[str, ...] = ()  # bones that begin elsewhere on it

    @property
    def is_helper(self) -> bool:
        """Whether it is a twist bone: keyed only where it is free, since controls have their own ways of twisting."""
        return self.part.endswith("_twist")


@dataclass(frozen=True)
class Limb:
    """An arm or a leg by its segments (indices)."""

    name: str  # such as left_arm
    upper: int
    lower: int
    end: int


def segments_of(rest: RigRest, rig_map: RigMap) -> list[Segment]:
    """Return the segments of a map, those nearest to the hips first; ``root`` is the topmost bone above the hips."""
    names = rig_map.bones
    found = [*_trunk(rig_map)]
    above = rest.ancestors(rest.index(names["hips"][0])) if names.get("hips") else []
    if above:
        found.insert(0, Segment("root", (rest.bones[above[-1]],), None))
    for side in SIDES:
        for part in ("clavicle", "upper_arm", "forearm", "hand", "thigh", "shin", "foot"):
            bones = names.get(f"{side}_{part}")
            if bones:
                following = (rig_map.first(f"{side}_{core}") for core in NEXT_PART.get(part, ()))
                found.append(Segment(f"{side}_{part}", bones, next((bone for bone in following if bone), None)))
        for part in ("toe", *FINGERS):
            found += _chain(f"{side}_{part}", names.get(f"{side}_{part}", ()))
        for part in TWISTS:
            found += [Segment(f"{side}_{part}", (bone,), None) for bone in names.get(f"{side}_{part}", ())]
    return found


def limbs_of(segments: list[Segment]) -> list[Limb]:
    """Return the arms and legs that have all three parts."""
    index = {segment.part: i for i, segment in enumerate(segments)}
    found = []
    for side in SIDES:
        for limb, parts in LIMBS.items():
            own = [index.get(f"{side}_{part}") for part in parts]
            if None not in own:
                found.append(Limb(f"{side}_{limb}", *(int(i) for i in own if i is not None)))
    return found


def _trunk(rig_map: RigMap) -> list[Segment]:
    names = rig_map.bones
    chain = [(part, bone) for part in ("hips", "spine", "neck", "head") for bone in names.get(part, ())]
    found = []
    for (part, bone), (next_part, following) in zip(chain, [*chain[1:], ("", None)], strict=False):
        carried: tuple[str, ...] = ()
        if part == "hips" and next_part != "hips":
            carried = _firsts(rig_map, "thigh")
        elif part in ("hips", "spine") and next_part not in ("hips", "spine"):
            carried = _firsts(rig_map, "clavicle") or _firsts(rig_map, "upper_arm")
        found.append(Segment(part, (bone,), following, carried))
    return found


def _chain(part: str, bones: tuple[str, ...]) -> list[Segment]:
    return [Segment(part, (bone,), following) for bone, following in zip(bones, (*bones[1:], None), strict=False)]


def _firsts(rig_map: RigMap, core: str) -> tuple[str, ...]:
    return tuple(bone for side in SIDES if (bone := rig_map.first(f"{side}_{core}")))
