"""Takes at an even frame rate: phone video is uneven, and animation programs count frames."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..take import Take

Array = NDArray[np.float64]

UNEVEN: Final = 0.25
"""Part of a frame by which true time stamps may differ from an even rate without the motion being resampled."""

NTSC: Final = 1.001
COMMON_RATES: Final = (*range(1, 121), 24 / NTSC, 30 / NTSC, 60 / NTSC, 120 / NTSC, 240, 240 / NTSC)


def even_take(take: Take) -> Take:
    """Return the take with its frames exactly ``1 / take.fps`` apart, starting at its first time stamp.

    A take that is even already stays untouched, apart from a rate that is off by rounding. The joints of others follow
    cubic splines, so that no frame of the footage shows as a jerk between more frames; what is no path, straight lines.
    """
    times = np.asarray(take.times, np.float64)
    rate = nearest_rate(take.fps)
    even = times[0] + np.arange(len(times)) / rate
    if np.abs(even - times).max() <= UNEVEN / rate:
        return replace(take, fps=rate)
    count = int(np.floor((times[-1] - times[0]) * rate + UNEVEN)) + 1
    even = times[0] + np.arange(max(count, 2)) / rate

    def on_curves(values: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if values is None else along_curves(values, times, even)

    def at_even(values: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if values is None else interpolate(values, times, even)

    return replace(
        take,
        joints=along_curves(take.joints, times, even),
        fps=rate,
        times=even,
        confidence=at_even(take.confidence),
        contacts=at_even(take.contacts),
        joints_raw=on_curves(take.joints_raw),
        joints_fitted=on_curves(take.joints_fitted),
        keypoints=at_even(take.keypoints),
        keypoint_confidence=at_even(take.keypoint_confidence),
        keypoint_depth=at_even(take.keypoint_depth),
        camera_path=None if take.camera_path is None else interpolate_poses(take.camera_path, times, even),
        focal_path=None if take.focal_path is None else np.interp(even, times, take.focal_path),
    )


def nearest_rate(rate: float) -> float:
    """Return the common frame rate within a part in 2000 of this one, or the rate itself."""
    best = min(COMMON_RATES, key=lambda common: abs(common - rate))
    return float(best) if abs(best - rate) < rate / 2000.0 else float(rate)


def along_curves(paths: NDArray[np.float32], times: Array, even: Array) -> NDArray[np.float32]:
    """Return paths (F,...) at other times, held at the ends, on cubic splines; straight lines where there are gaps."""
    from scipy.interpolate import CubicSpline

    if not np.isfinite(paths).all():
        return interpolate(paths, times, even)
    within = np.clip(even, times[0], times[-1])
    return CubicSpline(times, paths.astype(np.float64), axis=0)(within).astype(np.float32)


def interpolate(values: NDArray[np.float32], times: Array, even: Array) -> NDArray[np.float32]:
    """Return the values (F,...) at other times; a gap (NaN) beside a time stays a gap."""
    after = np.clip(np.searchsorted(times, even), 1, len(times) - 1)
    share = np.clip((even - times[after - 1]) / (times[after] - times[after - 1]), 0.0, 1.0)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    low, high = values[after - 1], values[after]
    mixed = (1.0 - share) * low + share * high
    return np.where(share <= 0, low, np.where(share >= 1, high, mixed)).astype(np.float32)


def interpolate_poses(poses: Array, times: Array, even: Array) -> Array:
    """Return rigid poses (F,4,4) at other times, held at the ends: rotations on the shortest arc, places straight."""
    from scipy.spatial.transform import Rotation, Slerp

    within = np.clip(even, times[0], times[-1])
    result = np.tile(np.eye(4), (len(even), 1, 1))
    result[:, :3, :3] = Slerp(times, Rotation.from_matrix(poses[:, :3, :3]))(within).as_matrix()
    for axis in range(3):
        result[:, axis, 3] = np.interp(within, times, poses[:, axis, 3])
    return result
