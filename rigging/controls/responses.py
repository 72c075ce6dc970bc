"""What the answers of a rig to turned and moved controls mean: who carries what, who is whose child. numpy only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

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


class _Joints(NamedTuple):
    """The joints of a segment at rest: its two ends, then the others on it."""

    rows: list[int]  # among heads and tails
    way: Array  # (3,) from end to end
    length: float
    reach: float  # from where it begins to the joint that is furthest away


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
        self._along: dict[str, NDArray[np.bool_]] = {}
        self._placed: dict[str, NDArray[np.bool_]] = {}
        self._offs: dict[str, Array] = {}
        self._segments: dict[Segment, _Joints] = {}
        self._points = _ends(self.rest, self.lengths)

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
        if control not in self.turned:
            return False
        if not self._follows(control)[self.row[segment.bones[0]]]:
            return False
        joints = self._joints_of(segment)
        spin = self._delta(control)[:3, :3] - np.eye(3)
        if joints.length <= 0 or float(norm(spin @ joints.way)) < 0.05 * joints.length:
            return False
        if segment.end is None and self.share(control, segment.bones[-1]) < ALL:
            return False
        off = self._off(control)[joints.rows if whole else joints.rows[:2]].max()
        return bool(off < CLOSE * max(joints.length, 0.5 * (joints.reach if whole else joints.length)))

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
        if control not in self._along:
            way = self.moved[control][:, :3, 3] - self.rest[:, :3, 3]
            own = way[self.row[control]]
            far = float(norm(own))
            self._along[control] = (norm(way - own) < CLOSE * far) & (far > 1e-4 * self.size)
        along = self._along[control]
        return bool(along[self.row[control]]) and all(bool(along[self.row[bone]]) for bone in bones)

    def places(self, control: str, bone: str) -> bool:
        """Return whether a control that is turned swings the head of a bone around its own."""
        if control not in self.turned:
            return False
        if control not in self._placed:
            far = norm(self._carried(control)[: len(self.bones)] - self.rest[:, :3, 3])
            near = self._off(control)[: len(self.bones)] < CLOSE * far
            self._placed[control] = near & (far > 1e-4 * self.size)
        return bool(self._placed[control][self.row[bone]])

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

    def _joints_of(self, segment: Segment) -> "_Joints":
        if segment not in self._segments:
            count = len(self.bones)
            end = count + self.row[segment.bones[-1]] if segment.end is None else self.row[segment.end]
            rows = [self.row[segment.bones[0]], end, *(self.row[bone] for bone in segment.carried)]
            points = self._points[rows]
            way = points[1] - points[0]
            self._segments[segment] = _Joints(rows, way, float(norm(way)), float(norm(points - points[0]).max()))
        return self._segments[segment]

    def _carried(self, control: str) -> Array:
        """Return where (2N,3) heads and then tails would be if all turned with a control."""
        delta = self._delta(control)
        return self._points @ delta[:3, :3].T + delta[:3, 3]

    def _off(self, control: str) -> Array:
        """Return how far (2N,) heads and then tails are from where they would be if all turned with a control."""
        if control not in self._offs:
            self._offs[control] = norm(_ends(self.turned[control], self.lengths) - self._carried(control))
        return self._offs[control]

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


def _ends(posed: Array, lengths: Array) -> Array:
    """Return the heads and then the tails (2N,3) of bones; what stretches a bone counts."""
    heads = posed[:, :3, 3]
    return np.concatenate([heads, heads + posed[:, :3, 1] * lengths[:, None]])


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
