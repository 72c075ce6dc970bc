"""Clean motion over time: outliers out, gaps filled, and a filter without delay, all at true time stamps.

Every function works along the first axis of an array of any further shape; NaN marks what is missing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE: Final = 0.05
"""How much a filter with weighed frames leans from a straight line towards the mean, so that a few trusted frames
on one side give no steep line."""

FULL_STRENGTH: Final = 0.1
"""Standard deviation in seconds of the filter at strength 1."""


def hampel(values: NDArray[np.floating], half_window: int = 3, limit: float = 4.0, floor: float = 0.0) -> Array:
    """Return the values with outliers replaced by NaN (Hampel's identifier).

    A vector (last axis) is an outlier when it lies further from the median of its neighbourhood than
    ``limit`` times the median distance there, and further than ``floor``.
    """
    values = np.asarray(values, np.float64)
    padded = np.pad(values, [(half_window, half_window)] + [(0, 0)] * (values.ndim - 1), constant_values=np.nan)
    windows = np.moveaxis(np.lib.stride_tricks.sliding_window_view(padded, 2 * half_window + 1, axis=0), -1, 0)
    with np.errstate(all="ignore"):
        centre = _nanmedian(windows)
        distances = np.linalg.norm(windows - centre, axis=-1)
        spread = 1.4826 * _nanmedian(distances)
        off = np.linalg.norm(values - centre, axis=-1)
    outlier = off > np.maximum(limit * spread, floor)
    return np.where(outlier[..., None], np.nan, values)


def _nanmedian(windows: Array) -> Array:
    """Return the median over the first axis, NaN where nothing is known (numpy's would warn there)."""
    count = np.isfinite(windows).sum(0)
    ordered = np.sort(windows, axis=0)  # NaN last
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], 0)[0]
    high = np.take_along_axis(ordered, np.maximum(count // 2, 0)[None], 0)[0]
    return np.where(count > 0, (low + high) / 2.0, np.nan)


def fill_gaps(values: NDArray[np.floating], times: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Fill every gap: a straight line in time inside, the nearest known value outside.

    Returns the filled values and, without the last axis, where something was filled in. What was never
    known stays NaN.
    """
    values = np.asarray(values, np.float64)
    flat = values.reshape(len(values), -1, values.shape[-1]).copy()
    missing = np.asarray(~np.isfinite(flat).all(-1))
    for column in np.flatnonzero(missing.any(0)):
        known = ~missing[:, column]
        if known.any():
            for axis in range(flat.shape[-1]):
                flat[:, column, axis] = np.interp(times, times[known], flat[known, column, axis])
    return flat.reshape(values.shape), missing.reshape(values.shape[:-1])


def gap_seconds(missing: NDArray[np.bool_], times: Array) -> Array:
    """Return for each frame of a (F,...) mask the length in seconds of the gap it lies in, 0 outside of gaps."""
    flat = missing.reshape(len(missing), -1)
    result = np.zeros(flat.shape)
    for column in np.flatnonzero(flat.any(0)):
        for start, stop in runs(flat[:, column]):
            before, after = max(start - 1, 0), min(stop, len(times) - 1)
            result[start:stop, column] = times[after] - times[before]
    return result.reshape(missing.shape)


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the (start, stop) of every run of True in a 1-D mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(mask, bool), [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def gaussian(values: NDArray[np.floating], times: Array, sigma: float, trust: Array | None = None) -> Array:
    """Return the values filtered by a Gaussian of ``sigma`` seconds, without delay, at true time stamps.

    It is a local straight-line fit with Gaussian weights (Cleveland 1979): equal to the usual convolution
    where frames are evenly spaced, and unbiased at the ends and at uneven times. ``trust`` (F,) > 0 weighs the
    frames. No NaN allowed.
    """
    values = np.asarray(values, np.float64)
    frames = len(values)
    weights = np.ones(frames) if trust is None else trust
    if sigma <= 0 or frames < 3:
        return values.copy()
    step = float(np.median(np.diff(times)))
    reach = min(max(1, int(np.ceil(3.5 * sigma / max(step, 1e-6)))), frames - 1)
    flat = values.reshape(frames, -1)
    sums = np.zeros((3, frames))
    weighted = np.zeros((2, *flat.shape))
    for offset in range(-reach, reach + 1):
        here = np.arange(max(0, -offset), min(frames, frames - offset))
        delay = times[here + offset] - times[here]
        weight = np.exp(-0.5 * (delay / sigma) ** 2) * weights[here + offset]
        sums[:, here] += weight * np.stack([np.ones_like(delay), delay, delay**2])
        weighted[0, here] += weight[:, None] * flat[here + offset]
        weighted[1, here] += (weight * delay)[:, None] * flat[here + offset]
    if trust is not None:
        sums[2] += RIDGE * sigma**2 * sums[0]
    determinant = sums[0] * sums[2] - sums[1] ** 2
    result = (sums[2][:, None] * weighted[0] - sums[1][:, None] * weighted[1]) / determinant[:, None]
    return result.reshape(values.shape)


def smooth(values: NDArray[np.floating], times: Array, strength: float) -> Array:
    """Return the values filtered with a strength from 0 (nothing changes) to 1 (strong)."""
    return gaussian(values, times, FULL_STRENGTH * float(np.clip(strength, 0.0, 1.0)))
