"""Which controls of a rig turn its body, by how the rig answered to each of them. numpy only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..maps.parts import FINGERS
from .responses import ALL, Responses, depths
from .segments import Limb, Segment

LEG = ("thigh", "shin", "foot", "toe")
CHAINS = ("toe", *FINGERS)


@dataclass
class Choice:
    """The controls of a rig in one state of its switches."""

    turning: dict[int, str]  # segment -> the control that turns it
    goals: dict[str, str]  # limb -> the control that its hand or foot follows by IK
    mover: str | None  # what moves the whole body
    depth: dict[str, int] = field(default_factory=dict)

    def is_fk(self, limb: Limb) -> bool:
        """Return whether controls turn the limb's two long bones."""
        return limb.upper in self.turning and limb.lower in self.turning


def choose(responses: Responses, segments: list[Segment], limbs: list[Limb], shown: Mapping[str, bool]) -> Choice:
    """Return the controls that are nearest to what they turn; ``shown`` says of each whether people see it.

    The nearest control is the one that carries the fewest segments; of several that carry the same ones it is one
    with a shape of its own, and then the one that the others turn as well.
    """
    controls = list(responses.turned)
    depth = depths(responses, controls)
    carried = {name: {i for i, segment in enumerate(segments) if responses.carries(name, segment)} for name in controls}
    partly = {
        name: {i for i, segment in enumerate(segments) if responses.carries(name, segment, whole=False)}
        for name in controls
    }

    whole = {
        name: {i for i, segment in enumerate(segments) if responses.share(name, segment.bones[0]) >= ALL}
        for name in controls
    }

    def nearness(name: str) -> tuple[int, bool, int]:
        return len(partly[name] | whole[name]), not shown.get(name, True), -depth[name]

    turning: dict[int, str] = {}
    for i, excluded in enumerate(_carriers(segments)):
        for found in (carried, partly, whole):
            names = [name for name in controls if i in found[name] and not (excluded and excluded <= found[name])]
            if segments[i].is_helper:
                names = [name for name in names if name == segments[i].bones[0]]
            if names:
                turning[i] = min(names, key=nearness)
                break
    goals = {}
    for limb in limbs:
        names = [name for name in responses.moved if responses.is_goal(name, limb, segments)]
        if names:
            goals[limb.name] = min(names, key=lambda name: (not shown.get(name, True), depth.get(name, 0)))
    return Choice(turning, goals, _mover(responses, segments, limbs, shown, depth, partly), depth)


def _carriers(segments: list[Segment]) -> list[set[int]]:
    """Return for each segment those that only controls for more than it carry as well."""
    index: dict[str, int] = {}
    for i, segment in enumerate(segments):
        index.setdefault(segment.part, i)
    trunk = {i for i, segment in enumerate(segments) if segment.part in ("hips", "spine", "head")}
    chest = max((i for i, segment in enumerate(segments) if segment.part in ("hips", "spine")), default=-1)
    found: list[set[int]] = []
    for i, segment in enumerate(segments):
        side, _, core = segment.part.partition("_")
        if segment.part in ("root", "hips") or segment.is_helper:
            found.append(set())
        elif segment.part == "spine":
            found.append(trunk - {i})
        else:
            above = _above(side, core, segment.part)
            carrier = next((index[part] for part in above if part in index), chest)
            carrier = i - 1 if i and segments[i - 1].part == segment.part and core in CHAINS else carrier
            found.append({carrier} if 0 <= carrier != i else set())
    return found


def _above(side: str, core: str, part: str) -> list[str]:
    """Return the parts that carry a part, the nearest first; those that a rig lacks are passed over."""
    if part in ("neck", "head"):
        return []
    chain = ["foot", "shin", "thigh", "hips"] if core in LEG else ["hand", "forearm", "upper_arm", "clavicle"]
    chain = [name if name == "hips" else f"{side}_{name}" for name in chain]
    return chain[chain.index(part) + 1 :] if part in chain else chain


def _mover(
    responses: Responses,
    segments: list[Segment],
    limbs: list[Limb],
    shown: Mapping[str, bool],
    depth: Mapping[str, int],
    carried: Mapping[str, set[int]],
) -> str | None:
    """Return the nearest control that moves hips, spine and the roots of all limbs."""
    trunk = [segment.bones[0] for segment in segments if segment.part in ("hips", "spine", "neck", "head")]
    roots = [segments[limb.upper].bones[0] for limb in limbs]
    for bones in ([*trunk, *roots], [*trunk[:1], *roots]):
        names = [name for name in responses.moved if bones and responses.moves_along(name, bones)]
        if names:
            return min(
                names,
                key=lambda name: (len(carried.get(name, ())), not shown.get(name, True), -depth.get(name, 0)),
            )
    return None
