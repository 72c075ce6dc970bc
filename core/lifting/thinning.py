"""Lifting fewer frames: choosing them, and rebuilding the poses of the others from their own 2D.

After the training-free use of HoT ("Hourglass Tokenizer", CVPR 2024): frames are redundant, so a few of them are
lifted and the rest follows by interpolation. Here every k-th frame is lifted, and those beyond that whose 2D joints
an interpolation would miss. Depth is interpolated; x and y follow the keypoints of each frame.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SECONDS_APART: Final = 1 / 15
"""Time between lifted frames, as closely as the frame rate allows."""

SUDDEN: Final = 0.05
"""Distance in 2D, root mean square over the joints in half boxes, by which an interpolation may miss a frame."""


def kept_frames(times: Array, points: Array, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the frames to lift, ascending, the first and the last among them.

    ``times`` (F,) seconds, ascending; ``points`` (F,J,2) in half boxes, ``seen`` (F,J). The same input gives
    the same frames.
    """
    total = len(times)
    if total < 3:
        return np.arange(total)
    every = max(1, round(SECONDS_APART / max(float(np.median(np.diff(times))), 1e-6)))
    kept = np.union1d(np.arange(0, total, every), [total - 1])
    filled = _filled(times, points, seen)
    missed = np.sqrt(np.square(_spline(times, kept, filled[kept]) - filled).sum(-1).mean(-1))
    return np.union1d(kept, np.flatnonzero(missed > SUDDEN))


def rebuild(
    times: Array, kept: NDArray[np.int64], outputs: Array, points: Array, seen: NDArray[np.bool_], root: int
) -> Array:
    """Return poses (F,J,3) of all frames from those of the frames ``kept`` (K,J,3), relative to the joint ``root``.

    Between the lifted frames, the depth, the size of the body in the picture and what the network corrects in
    x and y change smoothly (with continuous second derivatives, at true times); ``points`` (F,J,2), the keypoints as
    the network sees them, give the rest of x and y. Lifted frames stay as they are.
    """
    flat = _filled(times, points, seen)
    flat = flat - flat[:, root : root + 1]
    here = flat[kept]
    power = np.maximum(np.square(here).sum((1, 2), keepdims=True), 1e-9)
    size = (outputs[..., :2] * here).sum((1, 2), keepdims=True) / power
    correction = outputs[..., :2] - size * here
    place = _spline(times, kept, size) * flat + _spline(times, kept, correction)
    rebuilt = np.concatenate([place, _spline(times, kept, outputs[..., 2:])], axis=-1)
    rebuilt[kept] = outputs
    return rebuilt


def spread_over(times: Array, kept: NDArray[np.int64], values: Array) -> Array:
    """Return values (F,J) of all frames from those (K,J) of the frames ``kept``, linearly in time."""
    return np.stack([np.interp(times, times[kept], column) for column in values.T], axis=1)


def _spline(times: Array, kept: NDArray[np.int64], values: Array) -> Array:
    """Interpolate values (K,...) of the frames ``kept`` at all times: (F,...)."""
    from scipy.interpolate import CubicSpline

    if len(kept) == 1:
        return np.repeat(values, len(times), axis=0)
    return CubicSpline(times[kept], values, axis=0)(times)


def _filled(times: Array, points: Array, seen: NDArray[np.bool_]) -> Array:
    """Interpolate the joints where they are not seen; those never seen stay."""
    filled = np.array(points, np.float64)
    for joint in np.flatnonzero(~seen.all(axis=0) & seen.any(axis=0)):
        here = seen[:, joint]
        for axis in range(filled.shape[-1]):
            filled[~here, joint, axis] = np.interp(times[~here], times[here], filled[here, joint, axis])
    return filled
