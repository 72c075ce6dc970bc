"""The likeliest bones for a part of the body, best first, for whoever corrects a map. numpy only.

Each bone is judged by its name, by where it hangs between the parts that are known, by its place in the rest pose, by
the other side, by the shape of the rig, and by whether it moves the body and is still free.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rig import RigMap, RigRest
from .mirroring import Counterparts
from .naming import names_of
from .parts import FINGERS, PARTS, TWISTS, Parts, core_of, other_side
from .placing import Frame
from .resemblance import resemblances
from .skeleton import Skeleton
from .structure import parts_by_shape

Array = NDArray[np.float64]

MOST: Final = 5  # suggestions

WEIGHTS: Final = {"name": 1.2, "hangs": 1.0, "place": 0.6, "spaces": 0.5, "mirror": 0.9, "shape": 0.8, "carries": 0.4}
"""What the kinds of evidence for a bone weigh."""

REASONS: Final = {
    "name": "its name",
    "hangs": "where it hangs",
    "place": "its place",
    "spaces": "its distance to the next joints",
    "mirror": "the other side",
    "shape": "the shape of the rig",
    "carries": "",
}
ENOUGH: Final = 0.02  # of the skin: what carries less is hardly a part of the body
NEXT: Final = 0.5  # of hanging in the right order is hanging there as the next joint
TOLD: Final = 0.35  # of a kind of evidence's weight: enough for a reason

USED, KEPT, NO_BODY, MACHINERY, OFF_SIDE = 0.6, 0.5, 0.6, 0.5, 0.9
"""What counts against a bone: it is another part already, by the user's own word; it moves no skin; its name says that
it is a control; it lies on the other side or beside the middle."""

ABOVE: Final = {
    "spine": ("hips",),
    "neck": ("spine", "hips"),
    "head": ("neck", "spine", "hips"),
    "clavicle": ("spine", "hips"),
    "upper_arm": ("clavicle", "spine", "hips"),
    "forearm": ("upper_arm", "clavicle", "spine", "hips"),
    "hand": ("forearm", "upper_arm", "clavicle", "spine", "hips"),
    "thigh": ("hips",),
    "shin": ("thigh", "hips"),
    "foot": ("shin", "thigh", "hips"),
    "toe": ("foot", "shin", "thigh", "hips"),
    **dict.fromkeys(FINGERS, ("hand", "forearm", "upper_arm")),
    **{twist: (twist.removesuffix("_twist"),) for twist in TWISTS},
}
"""Part -> what it hangs on, the nearest first."""


@dataclass(frozen=True)
class Suggestion:
    """A bone that may be a part."""

    bone: str
    worth: float  # more is better, for this part and rig alone
    reasons: tuple[str, ...]  # what speaks for it, in words, the strongest first


class Ranking:
    """A rig and what is known of its parts, to rank its bones for any part."""

    def __init__(self, rest: RigRest, rig_map: RigMap, stated: Collection[str] = (), *, by_shape: bool = True) -> None:
        """Look at the rig once; ``stated`` are the parts of the map that the user has set.

        Without ``by_shape`` it is left aside which parts the shape of the rig shows.
        """
        self._rest, self._stated = rest, frozenset(stated)
        self._whole, self._body = Skeleton.of(rest), Skeleton.body_of(rest)
        self._found: Parts = {p: tuple(map(rest.index, bones)) for p, bones in rig_map.bones.items() if bones}
        self._shape = parts_by_shape(self._body) if by_shape else {}
        self._likeness = resemblances(rest)
        self._machinery = np.array([name.machinery for name in names_of(rest)], np.float64)

    def of(self, part: str, most: int = MOST) -> list[Suggestion]:
        """Return the likeliest bones for a part, best first; what the map says of the part itself does not count."""
        known = {other: bones for other, bones in self._found.items() if other != part}
        frame = Frame.of(self._body, self._whole, self._shape | known)
        near = self._neighbours(part, known)
        evidence = {
            "name": self._likeness[part],
            "hangs": self._hanging(part, near),
            "place": frame.placed(part),
            "spaces": frame.spaced(part, near),
            "mirror": self._mirroring(part, known, frame),
            "shape": self._shaped(part),
            "carries": np.sqrt(np.minimum(self._body.mass / ENOUGH, 1.0)),
        }
        total = sum((WEIGHTS[kind] * values for kind, values in evidence.items()), self._against(part, known, frame))
        order = np.argsort(-total, kind="stable")[:most]
        return [Suggestion(self._rest.bones[b], float(total[b]), _reasons(evidence, int(b))) for b in order]

    def _neighbours(self, part: str, known: Parts) -> dict[str, int]:
        """Return the known parts next to a part, and the bone of each that is nearest: what it hangs on comes first."""
        there = {**known, part: ()}
        above = _part_above(part, there)
        below = [other for other in known if other in PARTS and _part_above(other, there) == part]
        near = {} if above is None else {above: known[above][-1 if above == "spine" else 0]}
        return near | {other: known[other][0] for other in below}

    def _hanging(self, part: str, near: dict[str, int]) -> Array:
        """Judge (B,) whether bones hang between what is next above and below the part, as next joints: -1 to 1."""
        above = _part_above(part, near)
        values = np.zeros((max(1, len(near)), len(self._rest.bones)))
        for row, (other, bone) in zip(values, near.items(), strict=False):
            between = _parts_between(part, other) if other == above else _parts_between(other, part)
            row[:] = -1.0
            for tree in (self._whole, self._body):
                for b in tree.below[bone] if other == above else tree.path_up(bone):
                    steps = len((tree.path(bone, b) if other == above else tree.path(b, bone)) or ()) - 1
                    worth = 1.0 - NEXT + NEXT * np.exp(-abs(steps - 1 - between))
                    row[b] = max(row[b], worth) if steps else -1.0
        return values.mean(axis=0)

    def _mirroring(self, part: str, known: Parts, frame: Frame) -> Array:
        """Judge (B,) whether bones are the counterpart of the other side's part, 0 to 1."""
        other = other_side(part)
        if other is None or other not in known:
            return np.zeros(len(self._rest.bones))
        bone = known[other][0]
        values = frame.opposite(bone)
        counterpart = Counterparts(self._rest, known).of(bone, other.split("_")[0])
        if counterpart is not None:
            values = 0.5 * values
            values[counterpart] = 1.0
        values[bone] = 0.0
        return values

    def _shaped(self, part: str) -> Array:
        values = np.zeros(len(self._rest.bones))
        if part in self._shape:
            values[self._shape[part][0]] = 1.0
        return values

    def _against(self, part: str, known: Parts, frame: Frame) -> Array:
        """Return what counts against bones (B,), below 0."""
        values = -NO_BODY * ~self._body.body - MACHINERY * self._machinery - OFF_SIDE * frame.off_side(part)
        for other, bones in known.items():
            values[list(bones[:1])] -= USED + (KEPT if other in self._stated else 0.0)
        return values


def _part_above(part: str, known: Collection[str]) -> str | None:
    """Return what a part hangs on, the nearest of the known parts; None when none is."""
    side = part.removesuffix(core_of(part))
    able = (name for core in ABOVE.get(core_of(part), ()) for name in (f"{side}{core}", core))
    return next((name for name in able if name in known and name != part), None)


def _parts_between(part: str, above: str) -> int:
    """Return how many parts there are between a part and one that it hangs on."""
    return [core_of(name) for name in ABOVE[core_of(part)]].index(core_of(above))


def _reasons(evidence: dict[str, Array], b: int) -> tuple[str, ...]:
    """Return what speaks for a bone, in words, the strongest first."""
    strength = {kind: WEIGHTS[kind] * float(values[b]) for kind, values in evidence.items()}
    told = [kind for kind, value in strength.items() if REASONS[kind] and value > TOLD * WEIGHTS[kind]]
    return tuple(REASONS[kind] for kind in sorted(told, key=lambda kind: -strength[kind]))
