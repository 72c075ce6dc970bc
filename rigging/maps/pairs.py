"""Mirrored pairs of branches of a rig: limbs, and what looks like them. numpy only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..rotations import unit
from .skeleton import Skeleton

Array = NDArray[np.float64]

SMALLEST = 0.12  # of the height: what reaches less far is no limb
MIRRORED = 0.35  # of the limb's reach: so far off the mirrored place
POSED = 0.25  # how alike limbs count that are built alike but rest in unlike poses
LEVEL = np.array([1.0, 1.0, 0.0])


@dataclass(frozen=True)
class Pair:
    """Two bones that hang on the same bone and whose branches mirror each other."""

    meeting: int
    first: int
    second: int
    reach: float  # how far the branches reach from their first joints, metres
    mirror: float  # 1: exact mirror images, 0: hardly
    lateral: Array  # (3,) level unit vector from second to first


def limb_pairs(s: Skeleton) -> Iterator[Pair]:
    """Yield the mirrored pairs of branches that are long enough for limbs."""
    height = s.height
    for meeting in np.flatnonzero(s.body):
        long = [(c, *far_point(s, c)) for c in s.children[meeting] if len(s.children[meeting]) > 1]
        long = [entry for entry in long if entry[1] > SMALLEST * height]
        for i, (a, reach_a, far_a) in enumerate(long):
            for b, reach_b, far_b in long[i + 1 :]:
                pair = _pair(s, int(meeting), (a, reach_a, far_a), (b, reach_b, far_b))
                if pair is not None:
                    yield pair


def far_point(s: Skeleton, b: int) -> tuple[float, Array]:
    """Return how far a branch reaches from its first joint, and the place (3,) there."""
    below = s.below[b]
    points = np.concatenate([s.heads[below], [s.centre(other) for other in below]])
    apart = np.linalg.norm(points - s.heads[b], axis=-1)
    return float(apart.max()), points[int(apart.argmax())]


def _pair(s: Skeleton, meeting: int, a: tuple[int, float, Array], b: tuple[int, float, Array]) -> Pair | None:
    reach = (a[1] + b[1]) / 2
    if abs(a[1] - b[1]) > MIRRORED * reach:
        return None
    apart = (s.heads[a[0]] - s.heads[b[0]]) * LEVEL
    if np.linalg.norm(apart) < 0.1 * reach:  # they begin at one place: the ends tell the sides
        apart = apart + (a[2] - b[2]) * LEVEL
    if np.linalg.norm(apart) < 0.02 * reach:
        return None
    lateral = unit(apart)
    between = (s.heads[a[0]] + s.heads[b[0]]) / 2
    error = 0.0
    for point_a, point_b in ((s.heads[a[0]], s.heads[b[0]]), (a[2], b[2])):
        image = point_a - 2 * ((point_a - between) @ lateral) * lateral
        error = max(error, float(np.linalg.norm(image - point_b)))
    mirror = 1.0 - error / (MIRRORED * reach)
    if mirror > POSED:
        return Pair(meeting, a[0], b[0], reach, mirror, lateral)
    return _posed_pair(s, meeting, a[0], b[0], reach)


def _posed_pair(s: Skeleton, meeting: int, a: int, b: int, reach: float) -> Pair | None:
    """Return a pair that begins at mirrored places and is built alike, although it rests in unlike poses."""
    if not s.children[a] or not s.children[b]:
        return None
    apart = s.heads[a] - s.heads[b]
    if np.linalg.norm(apart * LEVEL) < 0.1 * reach:  # clavicles may begin at one place
        apart = apart + s.heads[s.children[a]].mean(axis=0) - s.heads[s.children[b]].mean(axis=0)
    if np.linalg.norm(apart * LEVEL) < max(0.05 * reach, 3 * abs(float(apart[2]))):
        return None
    lengths = [_inner_length(s, limb) for limb in (a, b)]
    counts = [len(s.below[limb]) for limb in (a, b)]
    if min(lengths) < 0.9 * max(lengths) or min(counts) < 0.8 * max(counts):
        return None
    return Pair(meeting, a, b, reach, POSED, unit(apart * LEVEL))


def _inner_length(s: Skeleton, limb: int) -> float:
    """Return the sum of the ways from joint to joint in a branch, which no pose changes."""
    below = s.below[limb][1:]
    return float(np.linalg.norm(s.heads[below] - s.heads[s.parents[below]], axis=-1).sum())


def mass_of(s: Skeleton, pair: Pair) -> float:
    """Return the skin that a pair moves, all of the rig's is 1."""
    return float(s.mass[pair.first] + s.mass[pair.second])
