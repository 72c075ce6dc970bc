"""Left and right mixed up for some frames of a 2D track: found by the jumps it makes, and exchanged back.

Works on any track with names in pairs (``left_knee``, ``right_knee``). A body moves on: where a joint is follows from
the two frames before. A track that changes sides breaks that twice, at both ends of the mixed-up stretch; legs that
really cross do not break it, which is why velocity is compared and not position alone. The path through the four
variants of every frame (as it is, all exchanged, arms only, legs only) that moves on best is found by the Viterbi
algorithm over pairs of successive frames.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..skeleton import mirror_order
from ..values import Keypoints

ARMS: Final = ("shoulder", "elbow", "wrist", "clavicle", "hand", "pinky", "index", "thumb", "finger")
LEGS: Final = ("hip", "knee", "ankle", "heel", "foot", "toe")

VARIANTS: Final = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0]])
"""Which of arms, legs and head is exchanged in each variant."""

KEEP: Final = np.array([0.0, 0.1, 0.2, 0.2])
"""What a variant costs per frame; it settles which of two equally smooth stories is told: the detector's own."""

SWITCH: Final = 4.0
"""What it costs to change the variant between two frames."""

STEADY: Final = 0.002
"""Smallest usual error of predicting a joint, in sizes of the person."""

DAMPING: Final = 0.7
"""Part of its velocity that a joint is expected to keep: less than 1, since noise in the velocity counts double."""

LONG_STEP: Final = 0.1
"""Seconds between frames beyond which velocity predicts nothing."""

Paths = NDArray[np.float64]


def repair_sides(keypoints: Keypoints) -> Keypoints:
    """Return the keypoints with left and right exchanged back in the frames in which they were mixed up."""
    variants = mixed_up(keypoints.points, keypoints.confidence, keypoints.names, keypoints.times)
    if not variants.any():
        return keypoints
    order = exchange_orders(keypoints.names)[variants]  # (F,J) which joint each one really is
    hint = keypoints.depth_hint
    return replace(
        keypoints,
        points=np.take_along_axis(keypoints.points, order[..., None], 1),
        confidence=np.take_along_axis(keypoints.confidence, order, 1),
        depth_hint=None if hint is None else np.take_along_axis(hint, order[..., None], 1),
    )


def exchange_orders(names: tuple[str, ...]) -> NDArray[np.intp]:
    """Return for each variant (4,J) the order of the joints that exchanges its sides."""
    mirror, groups = np.array(mirror_order(names)), _groups(names)
    return np.where(VARIANTS[:, groups] == 1, mirror, np.arange(len(names)))


def mixed_up(
    points: NDArray[np.floating], confidence: NDArray[np.floating], names: tuple[str, ...], times: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return the variant of every frame (F,) that tells the smoothest story: 0 = as it is, see ``VARIANTS``.

    points (F,J,2) in any unit, NaN where not seen; confidence (F,J) 0..1; times (F,) seconds.
    """
    variants = np.zeros(len(points), np.intp)
    seen = np.flatnonzero(np.isfinite(points).all(-1).any(-1))
    left = np.array([index for index, name in enumerate(names) if name.startswith("left_")])
    if len(seen) < 2 or not len(left):
        return variants
    right = np.array(mirror_order(names))[left]
    pairs = np.stack([points[seen][:, left], points[seen][:, right]], 2).astype(np.float64)  # (F,P,2,2)
    pairs /= _size(points[seen])[:, None, None, None]
    sure = np.minimum(confidence[seen][:, left], confidence[seen][:, right])
    variants[seen] = _best_story(pairs, sure.astype(np.float64), _groups(names)[left], times[seen])
    return variants


def _groups(names: tuple[str, ...]) -> NDArray[np.intp]:
    """Return 0 for joints of the arms, 1 for the legs, 2 for the head."""
    plain = [name.removeprefix("left_").removeprefix("right_") for name in names]
    return np.array([1 if name.startswith(LEGS) else 0 if name.startswith(ARMS) else 2 for name in plain])


def _size(points: NDArray[np.floating]) -> Paths:
    """Return the size of the person (F,): the longer side of the box around the joints, never under half the usual."""
    low, high = np.nanmin(points, 1), np.nanmax(points, 1)
    extent = (high - low).max(-1).astype(np.float64)
    return np.maximum(np.maximum(extent, 0.5 * np.median(extent)), 1e-6)


def _best_story(pairs: Paths, sure: Paths, groups: NDArray[np.intp], times: Paths) -> NDArray[np.intp]:
    """Return the variant of each frame for pairs (F,P,2,2: left and right, x and y), both seen."""
    first, later = _move_costs(pairs, sure, groups, times)
    change = SWITCH * (1.0 - np.eye(len(VARIANTS)))
    total = KEEP[:, None] + KEEP[None] + change + first
    back = np.zeros((len(pairs), *change.shape), np.intp)
    for frame, cost in enumerate(later, 2):
        arriving = total[:, :, None] + cost  # from (before, now) to (now, next)
        back[frame] = arriving.argmin(0)
        total = arriving.min(0) + KEEP[None] + change
    before, now = np.unravel_index(int(total.argmin()), total.shape)
    story = np.zeros(len(pairs), np.intp)
    story[-2:] = before, now
    for frame in range(len(pairs) - 1, 1, -1):
        story[frame - 2] = back[frame][story[frame - 1], story[frame]]
    return story


def _move_costs(pairs: Paths, sure: Paths, groups: NDArray[np.intp], times: Paths) -> tuple[Paths, Paths]:
    """Return the costs (4,4) of the first step and (F-2,4,4,4) of going on, by the variants of the frames."""
    steps = np.diff(times)
    known = (steps[1:] <= LONG_STEP) & (steps[:-1] <= LONG_STEP)
    ratio = np.where(known, steps[1:] / np.maximum(steps[:-1], 1e-6), 0.0)
    ahead = DAMPING * np.minimum(ratio, 2.0)[:, None, None, None]
    error = {}  # of predicting each joint (F,P,2), by which of the two frames before are exchanged against the last
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        old, now = _turned(pairs[:-2], a), _turned(pairs[1:-1], b)
        error[a, b] = np.linalg.norm(now + (now - old) * ahead - pairs[2:], axis=-1)
    start = [np.linalg.norm(_turned(pairs[:1], a) - pairs[1:2], axis=-1) for a in (0, 1)]
    usual = np.maximum(np.nanmedian(np.concatenate([start[0], error[0, 0]]), (0, 2)), STEADY)
    first, later = [], []
    for inside in (groups == group for group in range(3)):
        one, more = np.zeros((1, 2, 2)), np.zeros((len(pairs) - 2, 2, 2, 2))
        for a in (0, 1):
            one[:, a, 0] = one[:, 1 - a, 1] = _total(start[a], usual, sure[1:2], inside)
        for (a, b), off in error.items():
            more[:, a, b, 0] = more[:, 1 - a, 1 - b, 1] = _total(off, usual, sure[2:], inside)
        first.append(one[0])
        later.append(more)
    return _by_variant(first, 2), _by_variant(later, 3)


def _turned(pairs: Paths, exchanged: int) -> Paths:
    return pairs[:, :, ::-1] if exchanged else pairs


def _total(off: Paths, usual: Paths, sure: Paths, inside: NDArray[np.bool_]) -> Paths:
    """Return how unusual the errors (F,P,2) of some joints are, summed (F,); joints not seen say nothing.

    The logarithm (of a Cauchy distribution) keeps a single wild joint from deciding for the whole body.
    """
    unusual = np.log1p((np.nan_to_num(off) / usual[:, None]) ** 2)
    return (unusual * sure[..., None])[:, inside].sum((1, 2))


def _by_variant(per_group: list[Paths], frames: int) -> Paths:
    """Return costs by the variants of ``frames`` frames from those by group and exchange, (...,2,2[,2]) each."""
    total: Paths | float = 0.0
    for group, costs in enumerate(per_group):
        state = VARIANTS[:, group]
        total = total + costs[(..., *np.ix_(*[state] * frames))]
    return np.asarray(total)
