"""What the answers of a rig to turned and moved controls mean: who carries what, who is whose child. numpy only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rotations import from_matrix, norm
from .segments import Limb, Segment

Array = NDArray[np.float64]

TURN: Final = np.radians(30.0)
"""By how much a control is turned."""

CLOSE: Final = 0.03  # of how far a joint should move: a joint that is off by less goes with the control
STILL: Final = 0.02  # of the size of what is looked at: less is no motion
ALL: Final = 0.97  # share of a turn from which it is taken as the whole
NOTHING: Final = 0.03
RIGHT_AXIS: Final = 0.98  # cosine between the axes of two turns that are called the same
LONGER: Final = 0.15  # share by which IK may stretch a limb
BENDS: Final = np.radians(3.0)  # by how much a limb's root turns at least when its goal moves


@dataclass
class Responses:
    """Poses of N bones in armature space: at rest, and with one control turned or moved after the other."""

    bones: tuple[str, ...]
    rest: Array  # (N,4,4) evaluated
    lengths: Array  # (N,)
    location_axes: Array  # (N,3,3) that location channels count in, at rest
    turned: dict[str, Array]  # control -> (N,4,4)
    moved: dict[str, Array]
    size: float  # of the rig, armature units

    def __post_init__(self) -> None:
        self.row = {bone: n for n, bone in enumerate(self.bones)}
        self._back = np.linalg.inv(self.rest)
        self._turns: dict[str, Array] = {}
        self._deltas: dict[str, Array] = {}
        self._moving: dict[str, NDArray[np.bool_]] = {}
        self._dragged: dict[str, NDArray[np.bool_]] = {}
        self._shares: dict[str, Array] = {}

    def head(self, bone: str, posed: Array | None = None) -> Array:
        """Return where a bone begins, at rest or in a pose."""
        return (self.rest if posed is None else posed)[self.row[bone], :3, 3]

    def tail(self, bone: str, posed: Array | None = None) -> Array:
        """Return where a bone ends; what stretches the bone counts."""
        n = self.row[bone]
        matrix = (self.rest if posed is None else posed)[n]
        return matrix[:3, 3] + matrix[:3, 1] * self.lengths[n]

    def joints(self, segment: Segment, posed: Array | None = None) -> Array:
        """Return the joints (P,3) of a segment: where it begins, where it ends, and the others on it."""
        end = self.tail(segment.bones[-1], posed) if segment.end is None else self.head(segment.end, posed)
        return np.stack([self.head(segment.bones[0], posed), end, *(self.head(b, posed) for b in segment.carried)])

    def carries(self, control: str, segment: Segment, *, whole: bool = True) -> bool:
        """Return whether a segment goes with a control that is turned; without ``whole`` only its two ends count."""
        posed = self.turned.get(control)
        if posed is None:
            return False
        if not self._follows(control)[self.row[segment.bones[0]]]:
            return False
        before, after = self.joints(segment), self.joints(segment, posed)
        if not whole:
            before, after = before[:2], after[:2]
        delta = self._delta(control)
        wanted = before @ delta[:3, :3].T + delta[:3, 3]
        length = float(norm(before[1] - before[0]))
        turned = norm((wanted[1] - wanted[0]) - (before[1] - before[0]))
        if length <= 0 or turned < 0.05 * length:
            return False
        if segment.end is None and self.share(control, segment.bones[-1]) < ALL:
            return False
        reach = float(norm(before - before[0]).max())
        return bool(norm(after - wanted).max() < CLOSE * max(length, 0.5 * reach))

    def turns_itself(self, control: str) -> bool:
        """Return whether a control's own keys turn it, as far as they should."""
        if control not in self.turned:
            return False
        return abs(float(norm(self._turn_vectors(control)[self.row[control]])) - TURN) < 0.1 * TURN

    def share(self, control: str, other: str) -> float:
        """Return how much of a control's turn another bone makes, 0 when it turns about another axis."""
        if control not in self.turned:
            return 0.0
        if control not in self._shares:
            self._shares[control] = _shares(self._turn_vectors(control), self.row[control])
        return float(self._shares[control][self.row[other]])

    def shift(self, control: str, bone: str) -> Array:
        """Return how far (3,) a bone's head goes when a control is moved."""
        return self.head(bone, self.moved[control]) - self.head(bone)

    def moves_along(self, control: str, bones: Iterable[str]) -> bool:
        """Return whether the heads of all bones go as far as a control that is moved."""
        if control not in self.moved:
            return False
        own = self.shift(control, control)
        far = float(norm(own))
        return far > 1e-4 * self.size and all(
            float(norm(self.shift(control, bone) - own)) < CLOSE * far for bone in bones
        )

    def places(self, control: str, bone: str) -> bool:
        """Return whether a control that is turned swings the head of a bone around its own."""
        posed = self.turned.get(control)
        if posed is None:
            return False
        delta = self._delta(control)
        before = self.head(bone)
        wanted = delta[:3, :3] @ before + delta[:3, 3]
        far = float(norm(wanted - before))
        return far > 1e-4 * self.size and float(norm(self.head(bone, posed) - wanted)) < CLOSE * far

    def drags(self, control: str, bone: str) -> bool:
        """Return whether the head of a bone moves at all when a control is turned."""
        if control not in self.turned:
            return False
        if control not in self._dragged:
            way = norm((self.turned[control] - self.rest)[:, :3, 3])
            self._dragged[control] = way > 1e-3 * self.size
        return bool(self._dragged[control][self.row[bone]])

    def is_goal(self, control: str, limb: Limb, segments: list[Segment]) -> bool:
        """Return whether a control draws the end of a limb after it, so that the limb bends."""
        upper, lower, end = (segments[i] for i in (limb.upper, limb.lower, limb.end))
        if not self.moves_along(control, [end.bones[0]]) or self.moves_along(control, [lower.bones[0]]):
            return False
        start = self.head(upper.bones[0])
        if float(norm(self.shift(control, upper.bones[0]))) > STILL * float(norm(self.head(end.bones[0]) - start)):
            return False
        posed, middle = self.moved[control], lower.bones[0]
        before, after = self.head(middle) - start, self.head(middle, posed) - start
        longer = abs(float(norm(after) / max(float(norm(before)), 1e-9)) - 1)
        return bool(longer < LONGER and _between(before, after) > BENDS)

    def _turn_vectors(self, control: str) -> Array:
        """Return how the bones turned (N,3), radians about axes, when a control was turned."""
        if control not in self._turns:
            rotations = self.turned[control][:, :3, :3] @ self._back[:, :3, :3]
            self._turns[control] = _turn_vectors(rotations)
        return self._turns[control]

    def _follows(self, control: str) -> NDArray[np.bool_]:
        """Return which of the bones (N,) a control that is turned does anything to."""
        if control not in self._moving:
            change = np.abs(self.turned[control] - self.rest).max((1, 2))
            self._moving[control] = change > 1e-5 * max(1.0, self.size)
        return self._moving[control]

    def _delta(self, control: str) -> Array:
        if control not in self._deltas:
            self._deltas[control] = self.turned[control][self.row[control]] @ self._back[self.row[control]]
        return self._deltas[control]


@dataclass(frozen=True)
class Parent:
    """What carries a control: it turns with ``turn``, by ``share`` with ``partial``, and is placed by ``place``."""

    turn: str | None = None
    partial: str | None = None
    share: float = 0.0
    place: str | None = None
    dragged: bool = False  # something moves its place in a way that is not understood


def depths(responses: Responses, controls: Iterable[str]) -> dict[str, int]:
    """Return by how many of the controls each of them is turned or swung."""
    names = list(controls)

    def leads(name: str, other: str) -> bool:
        return name != other and (responses.share(name, other) > NOTHING or responses.drags(name, other))

    return {other: sum(leads(name, other) for name in names) for other in names}


def parent_of(responses: Responses, control: str, others: Iterable[str], depth: dict[str, int]) -> Parent:
    """Return what carries a control among the others."""
    shares = {name: responses.share(name, control) for name in others if name != control}
    whole = [name for name, share in shares.items() if share >= ALL]
    parts = [name for name, share in shares.items() if NOTHING < share < ALL]
    placing = [name for name in shares if responses.places(name, control) or responses.moves_along(name, [control])]
    turn, partial, place = (_deepest(found, depth) for found in (whole, parts, placing))
    dragging = [name for name in shares if name not in placing and responses.drags(name, control)]
    dragged = any(place is None or depth[name] > depth[place] for name in dragging)
    return Parent(turn, partial, shares[partial] if partial is not None else 0.0, place, dragged)


def _deepest(names: list[str], depth: dict[str, int]) -> str | None:
    return max(names, key=depth.__getitem__) if names else None


def _shares(vectors: Array, own: int) -> Array:
    """Return how much (N,) of one bone's turn, given by rotation vectors (N,3), the others make about its axis."""
    lengths = norm(vectors)
    along = vectors @ vectors[own]
    same = (lengths * lengths[own] >= 1e-6) & (along >= RIGHT_AXIS * lengths * lengths[own])
    return np.where(same, lengths / max(float(lengths[own]), 1e-9), 0.0)


def _turn_vectors(rotations: Array) -> Array:
    """Return the rotation vectors (N,3) of matrices (N,3,3) that may be scaled a little."""
    q = from_matrix(rotations / np.cbrt(np.abs(np.linalg.det(rotations)))[:, None, None])
    q = np.where(q[:, :1] < 0, -q, q)
    sine = norm(q[:, 1:])
    return q[:, 1:] * (2 * np.arctan2(sine, q[:, 0]) / np.maximum(sine, 1e-12))[:, None]


def _between(a: Array, b: Array) -> float:
    return float(np.arctan2(norm(np.cross(a, b)), a @ b))
