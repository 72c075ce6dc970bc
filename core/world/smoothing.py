"""Clean motion over time: outliers out, gaps filled, and a filter without delay, all at true time stamps.

Every function works along the first axis of an array of any further shape; NaN marks what is missing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ..settings import DEFAULT_FILTER
from ..spans import runs
from .filters import FILTERS, Filter, gaussian, increasing

__all__ = [
    "cutoff_hz",
    "fill_gaps",
    "gap_seconds",
    "gaussian",
    "hampel",
    "runs",
    "smooth",
    "smooth_directions",
    "smooth_rotations",
]

Array = NDArray[np.float64]

FULL_STRENGTH: Final = 1.41
"""Hz: equivalent noise bandwidth of every filter at strength 1; it is inversely proportional to the strength."""

CURVED_GAP: Final = 0.5
"""Seconds: the longest gap that is filled as if the motion went on; across longer ones it fades towards a straight
line. Beyond the first and the last known value a motion is held still."""

GOES_ON: Final = 0.7
"""Part by which motion at the edge of a gap goes on into it; measured best for gaps of 0.2 to 0.5 s."""

EDGE_FRAMES: Final = 3
"""Known frames on each side of a gap that show how the motion enters and leaves it."""

METRES_PER_ROTATION: Final = 0.6
"""Way that a unit of a quaternion stands for: half an angle at the end of a bone of 0.3 m."""

METRES_PER_DIRECTION: Final = 0.3
"""The same for a unit of a direction: a whole angle."""


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
    """Fill every gap: a curve in time inside, the nearest known value outside.

    The curve is Hermite's cubic with the velocities of both sides, damped by ``GOES_ON``; across a gap longer than
    ``CURVED_GAP`` it comes the nearer to a straight line the longer the gap. Returns the filled values and, without
    the last axis, where something was filled in. What was never known stays NaN.
    """
    values = np.asarray(values, np.float64)
    flat = values.reshape(len(values), -1, values.shape[-1]).copy()
    missing = np.asarray(~np.isfinite(flat).all(-1))
    for column in np.flatnonzero(missing.any(0)):
        known = np.flatnonzero(~missing[:, column])
        if not len(known):
            continue
        for start, stop in runs(missing[:, column]):
            if start == 0 or stop == len(values):
                flat[start:stop, column] = flat[known[0] if start == 0 else known[-1], column]
            else:
                flat[start:stop, column] = _across(flat[:, column], times, known, start, stop)
    return flat.reshape(values.shape), missing.reshape(values.shape[:-1])


def _across(values: Array, times: Array, known: NDArray[np.intp], start: int, stop: int) -> Array:
    """Return the values (stop-start, D) in a gap with known frames on both sides."""
    span = max(float(times[stop] - times[start - 1]), 1e-9)
    chord = values[stop] - values[start - 1]
    goes_on = GOES_ON * min(1.0, CURVED_GAP / span) ** 2
    at = int(np.searchsorted(known, start))
    entry, leave = (
        goes_on * (_velocity(values[frames], times[frames], chord / span) * span - chord)
        for frames in (known[max(0, at - EDGE_FRAMES) : at], known[at : at + EDGE_FRAMES])
    )
    u = ((times[start:stop] - times[start - 1]) / span)[:, None]
    return values[start - 1] + u * chord + u * (1 - u) ** 2 * entry - u**2 * (1 - u) * leave


def _velocity(values: Array, times: Array, without: Array) -> Array:
    """Return the slope (D,) of the straight line through known frames; ``without`` one when there is a single frame."""
    since = times - times.mean()
    spread = float(since @ since)
    return since @ values / spread if spread > 0 else without


def gap_seconds(missing: NDArray[np.bool_], times: Array) -> Array:
    """Return for each frame of a (F,...) mask the length in seconds of the gap it lies in, 0 outside of gaps."""
    flat = missing.reshape(len(missing), -1)
    result = np.zeros(flat.shape)
    for column in np.flatnonzero(flat.any(0)):
        for start, stop in runs(flat[:, column]):
            before, after = max(start - 1, 0), min(stop, len(times) - 1)
            result[start:stop, column] = times[after] - times[before]
    return result.reshape(missing.shape)


def smooth(
    values: NDArray[np.floating], times: NDArray[np.floating], strength: float, filter: str = DEFAULT_FILTER
) -> Array:
    """Return values (F,...) filtered with a strength from 0 (nothing changes) to 1 (strong), without delay.

    ``filter`` is one of ``settings.FILTERS``; at one strength all leave the same part of white noise on a motion at
    rest. The last axis of (F,...,D) is a vector, in metres. No NaN allowed; UsageError for an unknown name.
    """
    return _filtered(values, times, strength, filter, 1.0)


def smooth_rotations(
    quaternions: NDArray[np.floating], times: NDArray[np.floating], strength: float, filter: str = DEFAULT_FILTER
) -> Array:
    """Return rotations (F,B,4), wxyz, filtered and of length 1, their signs continuous over time.

    Filtering the four numbers and normalising differs from an average along the sphere by the third power of the
    angle that is averaged over: at most 0.3 degrees for 60 degrees within the filter's reach, 0.9 for 90. Strength 0
    changes nothing. Errors as ``smooth``.
    """
    quaternions = np.asarray(quaternions, np.float64)
    if strength <= 0:
        return _filtered(quaternions, times, strength, filter, 1.0)
    turned = np.where((quaternions[1:] * quaternions[:-1]).sum(-1) < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones_like(quaternions[:1, ..., 0]), np.cumprod(turned, axis=0)])
    continuous = quaternions * signs[..., None]
    return _on_sphere(_filtered(continuous, times, strength, filter, METRES_PER_ROTATION), continuous)


def smooth_directions(
    directions: NDArray[np.floating], times: NDArray[np.floating], strength: float, filter: str = DEFAULT_FILTER
) -> Array:
    """Return unit vectors (F,...,3) filtered, again of length 1; strength 0 changes nothing. Errors as ``smooth``."""
    directions = np.asarray(directions, np.float64)
    if strength <= 0:
        return _filtered(directions, times, strength, filter, 1.0)
    return _on_sphere(_filtered(directions, times, strength, filter, METRES_PER_DIRECTION), directions)


def _on_sphere(vectors: Array, before: Array) -> Array:
    """Return the vectors with length 1; those that cancelled out as they were before."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-6, vectors / np.maximum(length, 1e-12), before)


def cutoff_hz(strength: float, filter: str = DEFAULT_FILTER) -> float:
    """Return the frequency at which half of the power of a motion at rest is left (-3 dB); inf at strength 0."""
    return named_filter(filter).cutoff * FULL_STRENGTH / strength if strength > 0 else float("inf")


def named_filter(name: str) -> Filter:
    """Return the filter of this name; UsageError with the known names otherwise."""
    if name not in FILTERS:
        raise UsageError(f'There is no filter "{name}"; choose one of {", ".join(FILTERS)}.')
    return FILTERS[name]


def _filtered(
    values: NDArray[np.floating], times: NDArray[np.floating], strength: float, name: str, metres: float
) -> Array:
    chosen = named_filter(name)
    values = np.asarray(values, np.float64)
    strength = float(np.clip(strength, 0.0, 1.0))
    if strength <= 0 or len(values) < 3 or not values.size:
        return values.copy()
    paths = values.reshape(len(values), -1, values.shape[-1] if values.ndim > 1 else 1)
    return chosen.apply(paths, increasing(times), FULL_STRENGTH / strength, metres).reshape(values.shape)
