"""Curves between keys as Blender evaluates them. numpy only.

Bezier curves are those of automatic, clamped handles without smoothing of the accelerations, held at both ends.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .settings import Interpolation

Array = NDArray[np.float64]

HANDLE: Final = 1 / 2.5614  # length of an automatic handle, part of the step to the next key
MOST_UNEQUAL: Final = 5.0  # a handle is at most so many times as long as that on the key's other side
NEWTON_STEPS: Final = 4


def evaluate(frames: Array, values: Array, at: Array, interpolation: Interpolation) -> Array:
    """Return the curves (N,n) at frames ``at`` (N,), from keys at ``frames`` (K,) with ``values`` (K,n).

    Before the first and after the last key the curves are held.
    """
    if len(frames) == 1:
        return np.repeat(values, len(at), 0)
    if interpolation == "linear":
        return np.stack([np.interp(at, frames, column) for column in values.T], 1)
    before = np.clip(np.searchsorted(frames, at, "right") - 1, 0, len(frames) - 1)
    if interpolation == "constant":
        return values[before]
    return _bezier(frames, values, np.clip(at, frames[0], frames[-1]), np.minimum(before, len(frames) - 2))


def _bezier(frames: Array, values: Array, at: Array, before: NDArray[np.int64]) -> Array:
    """Return the values (N,n) of Bezier curves; ``before`` (N,) is the key before each frame."""
    reach, rise = _handles(frames, values)
    after = before + 1
    step = frames[after] - frames[before]
    # the frame as a cubic of the curve's own parameter, from 0 to 1: its inverse by Newton's method
    first, last = reach[before, 1] / step, 1.0 - reach[after, 0] / step
    wanted = (at - frames[before]) / step
    t = wanted.copy()
    for _ in range(NEWTON_STEPS):
        place, slope = _cubic(0.0, first, last, 1.0, t), _slope(first, last, t)
        t = np.clip(t - (place - wanted) / slope, 0.0, 1.0)
    left, right = values[before] + rise[before, 1], values[after] + rise[after, 0]
    return _cubic(values[before], left, right, values[after], t[:, None])


def _handles(frames: Array, values: Array) -> tuple[Array, Array]:
    """Return the handles of every key, left and right: lengths (K,2) in frames and heights (K,2,n) over the key."""
    steps = np.diff(frames)
    before, after = np.concatenate([steps[:1], steps]), np.concatenate([steps, steps[-1:]])
    down, up = np.diff(values, axis=0, prepend=values[:1]), np.diff(values, axis=0, append=values[-1:])
    slope = (down / before[:, None] + up / after[:, None]) / 2.0
    left = HANDLE * np.minimum(before, MOST_UNEQUAL * after)
    right = HANDLE * np.minimum(after, MOST_UNEQUAL * before)
    rise_left, rise_right = -slope * left[:, None], slope * right[:, None]
    over_left = np.where(down >= 0, rise_left < -down, rise_left > -down)
    over_right = np.where(up >= 0, rise_right > up, rise_right < up)
    rise_left = np.where(over_left, -down, rise_left)
    rise_right = np.where(over_right, up, rise_right)
    ratio = (right / left)[:, None]
    rise_left, rise_right = (  # a handle that was clamped turns the other one, the left one first
        np.where(over_right & ~over_left, -rise_right / ratio, rise_left),
        np.where(over_left, -rise_left * ratio, rise_right),
    )
    extreme = (down >= 0) & (up <= 0) | (down <= 0) & (up >= 0)
    extreme[[0, -1]] = True  # level at the ends
    rise_left, rise_right = np.where(extreme, 0.0, rise_left), np.where(extreme, 0.0, rise_right)
    return np.stack([left, right], 1), np.stack([rise_left, rise_right], 1)


def _cubic(a: Array | float, b: Array, c: Array, d: Array | float, t: Array) -> Array:
    rest = 1.0 - t
    return rest**3 * a + 3.0 * rest**2 * t * b + 3.0 * rest * t**2 * c + t**3 * d


def _slope(b: Array, c: Array, t: Array) -> Array:
    rest = 1.0 - t
    return 3.0 * (rest**2 * b + 2.0 * rest * t * (c - b) + t**2 * (1.0 - c))
