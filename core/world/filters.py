"""Filters without delay, by name, all given one bandwidth so that the name changes the kind and not the amount.

numpy alone: they also run inside Blender. Each works along the first axis of (F,N,D) values, N paths of vectors, at
true time stamps (F,) in seconds that increase, and leaves straight lines as they are, also at the ends. The bandwidth
is the equivalent noise bandwidth in Hz: of white noise at R frames a second the part 2 B / R of the variance is left,
whichever the filter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .cholesky import solve_banded

Array = NDArray[np.float64]

RIDGE: Final = 0.05
"""How much a filter with weighed frames leans from a straight line towards the mean, so that a few trusted frames
on one side give no steep line."""

PILOT: Final = 4.0
"""Hz: bandwidth at which speed is judged: a punch still looks fast there."""

FAST: Final = 1.4
"""Metres a second at which the filters that follow speed have raised their cut-off by half to the double. Measured:
less lets the jitter of ordinary gestures through, more dulls punches (benchmarks/smoothing.py)."""

STEADY_SECONDS: Final = 0.25
"""Standard deviation of the time over which a motion's own mean velocity is taken. Only speed beyond it counts, so that
a person who walks steadily is smoothed like one who stands."""

JITTER_SECONDS: Final = 0.15
"""Standard deviation of the time over which jitter is judged: what is faster than ``PILOT``."""

JITTER_SPEED: Final = 75.0
"""Metres a second that a metre of jitter may pretend: three times 2 pi ``PILOT``. Where a limb flickers, only speed
beyond that counts."""

SHORTEST_STEP: Final = 1e-3
"""Part of the usual step which two frames are at least apart; some files repeat a time stamp."""


def gaussian(values: NDArray[np.floating], times: Array, sigma: float, trust: Array | None = None) -> Array:
    """Return values (F,...) filtered by a Gaussian of ``sigma`` seconds, without delay, at true time stamps.

    It is a local straight-line fit with Gaussian weights (Cleveland 1979): equal to the usual convolution
    where frames are evenly spaced, and unbiased at the ends and at uneven times. ``trust`` (F,) > 0 weighs the
    frames. No NaN allowed.
    """
    values = np.asarray(values, np.float64)
    if sigma <= 0 or len(values) < 3:
        return values.copy()
    ridge = RIDGE if trust is not None else 0.0
    return _local_fit(values, times, sigma, 3.5, 1, lambda delay, _: np.exp(-0.5 * delay**2), trust, ridge)


def savitzky_golay(values: Array, times: Array, half_width: float) -> Array:
    """Return values (F,...) filtered by the parabola that fits best ``half_width`` seconds around each frame.

    Savitzky and Golay (1964), at true time stamps. Frames at the edge of the window count by how much of their
    step lies inside, so that the width need not be a whole number of frames.
    """

    def inside(delay: Array, step: float) -> Array:
        return np.clip((1.0 - np.abs(delay)) / step + 0.5, 0.0, 1.0)

    return _local_fit(values, times, half_width, 1.0, 2, inside, None, 0.0)


def _local_fit(
    values: NDArray[np.floating],
    times: Array,
    width: float,
    reach: float,
    degree: int,
    kernel: Callable[[Array, float], Array],
    trust: Array | None,
    ridge: float,
) -> Array:
    """Return at each frame the value of the polynomial that fits best around it.

    ``kernel`` weighs frames by their delay and the usual step, both in ``width`` seconds; it ends at ``reach``.
    """
    frames = len(values)
    weights = np.ones(frames) if trust is None else trust
    step = max(float(np.median(np.diff(times))), 1e-6) / width
    most = min(int(np.ceil(reach / step + 0.5)), frames - 1)
    flat = values.reshape(frames, -1)
    moments = np.zeros((2 * degree + 1, frames))
    sums = np.zeros((degree + 1, *flat.shape))
    for offset in range(-most, most + 1):
        here = slice(max(0, -offset), min(frames, frames - offset))
        there = slice(max(0, offset), min(frames, frames + offset))
        delay = (times[there] - times[here]) / width
        weight = kernel(delay, step) * weights[there]
        for power in range(2 * degree + 1):
            moments[power, here] += weight
            if power <= degree:
                sums[power, here] += weight[:, None] * flat[there]
            weight = weight * delay
    normal = np.stack([moments[row : row + degree + 1] for row in range(degree + 1)])  # (D,D,F)
    normal[1, 1] += max(ridge, 1e-12) * moments[0]
    normal[degree, degree] += 1e-9 * moments[0]  # where frames are too few for the polynomial, the simplest one
    fitted = np.linalg.solve(normal.transpose(2, 0, 1), np.moveaxis(sums, 0, 1))
    return fitted[:, 0].reshape(values.shape)


def spline(values: Array, times: Array, cutoff: float, order: int, slack: Array | None = None) -> Array:
    """Return the smoothing spline of (F,...) values: near them, with a small ``order``-th derivative.

    Its gain at the frequency f is 1 / (1 + (f / cutoff)^(2 order)), the gain of a Butterworth filter of that order
    run forward and backward, so that half of the amplitude is left at ``cutoff`` Hz; unlike that one it takes
    uneven times and invents nothing beyond the ends. It is also the Rauch-Tung-Striebel smoother (1965) of a motion
    whose ``order``-th derivative is white noise (Wahba 1978). ``slack`` (F,N), up to 1, scales the penalty of each of N
    paths (F,N,...) over time.
    """
    frames = len(values)
    order = min(order, frames - 1)
    paths = 1 if slack is None else slack.shape[1]
    flat = values.reshape(frames, -1)
    share = ((times - times[0]) / (times[-1] - times[0]))[:, None]
    line = (1.0 - share) * flat[0] + share * flat[-1]  # apart, so that straight lines stay to the last digit
    rows, spans = _divided_differences(times, order)
    penalty = (spans / (np.median(np.diff(times)) * (2.0 * pi * cutoff) ** (2 * order)))[:, None]
    if slack is not None:
        penalty = penalty * slack[order // 2 : order // 2 + len(penalty)]
    banded = np.zeros((order + 1, frames, paths))
    banded[0] = 1.0
    for below in range(order + 1):
        for column in range(order + 1 - below):
            product = penalty * (rows[:, column] * rows[:, column + below])[:, None]
            banded[below, column : column + len(product)] += product
    found = solve_banded(banded, (flat - line).reshape(frames, paths, -1)).reshape(flat.shape)
    return (found + line).reshape(values.shape)


def _divided_differences(times: Array, order: int) -> tuple[Array, Array]:
    """Return the coefficients (F-order, order+1) of the derivative at uneven times, and the seconds each stands for."""
    count = len(times) - order
    window = np.lib.stride_tricks.sliding_window_view(times, order + 1)[:count]
    gaps = window[:, :, None] - window[:, None, :]
    gaps[:, range(order + 1), range(order + 1)] = 1.0
    factorial = float(np.prod(np.arange(1, order + 1)))
    return factorial / gaps.prod(-1), (window[:, -1] - window[:, 0]) / order


def adaptive(values: Array, times: Array, cutoff: float, metres: float) -> Array:
    """Return (F,N,D) filtered by splines of the second order whose cut-off grows where the motion is fast.

    The idea is that of the 1-euro filter (Casiez et al. 2012), without its delay: jitter shows where a limb rests, and
    a dulled peak where it is fast. Speed is what remains of the velocity beyond its own mean over ``STEADY_SECONDS``,
    so that nothing changes for a motion seen from a steadily moving place, and beyond what the jitter there explains.
    ``metres`` is the way that one unit of the values stands for.
    """
    pilot = spline(values, times, PILOT / SPLINE_BANDWIDTH[2], 2)
    velocity = np.gradient(pilot, times, axis=0)
    velocity -= gaussian(velocity, times, STEADY_SECONDS)
    jitter = gaussian(((values - pilot) ** 2).sum(-1), times, JITTER_SECONDS).clip(0.0)
    squared_speed = metres**2 * ((velocity**2).sum(-1) - JITTER_SPEED**2 * jitter).clip(0.0)
    slack = (1.0 + squared_speed / FAST**2) ** -2  # the penalty goes with the 4th power of the cut-off
    return spline(values, times, cutoff, 2, slack)


def one_euro(values: Array, times: Array, cutoff: float, metres: float) -> Array:
    """Return (F,N,D) filtered by the 1-euro filter (Casiez et al. 2012), run forward and backward.

    The second run takes away the delay of the first; both orders are averaged. Half of the amplitude of a motion at
    rest is left at ``cutoff`` Hz, and the cut-off grows in proportion to the speed. The motion is mirrored through its
    ends, so that it does not slow down there.
    """
    share = ((times - times[0]) / (times[-1] - times[0]))[:, None, None]
    line = (1.0 - share) * values[0] + share * values[-1]
    rest = values - line  # 0 at both ends, where it is continued upside down
    pad = min(len(times) - 1, int(np.ceil(1.0 / (cutoff * float(np.median(np.diff(times)))))))
    rest = np.concatenate([-rest[pad:0:-1], rest, -rest[-2 : -2 - pad : -1]])
    steps = np.diff(times)
    steps = np.concatenate([steps[:pad][::-1], steps, steps[-pad:][::-1]])
    velocity = np.gradient(spline(values, times, cutoff, 2), times, axis=0)
    speed = metres * np.linalg.norm(velocity, axis=-1)
    speed = np.concatenate([speed[pad:0:-1], speed, speed[-2 : -2 - pad : -1]])
    keep = 2.0 * pi * cutoff * (1.0 + speed / FAST)

    def forward(paths: Array) -> Array:
        return _low_pass(paths, steps, keep)

    def backward(paths: Array) -> Array:
        return _low_pass(paths[::-1], steps[::-1], keep[::-1])[::-1]

    both = (backward(forward(rest)) + forward(backward(rest))) / 2.0
    return both[pad : pad + len(times)] + line


def _low_pass(values: Array, steps: Array, rates: Array) -> Array:
    """Return the exponential moving average of (F,N,D) with the rates (F,N) in radians a second."""
    result = values.copy()
    for frame in range(1, len(values)):
        part = -np.expm1(-rates[frame] * steps[frame - 1])[:, None]
        result[frame] = result[frame - 1] + part * (values[frame] - result[frame - 1])
    return result


def _spline_bandwidth(order: int) -> float:
    """Return the noise bandwidth over the cut-off of a gain 1 / (1 + x^(2 order)): its square's integral."""
    power = 2 * order
    return (1.0 - 1.0 / power) * (pi / power) / sin(pi / power)


SPLINE_BANDWIDTH: Final = {order: _spline_bandwidth(order) for order in (1, 2, 3)}
GAUSSIAN_BANDWIDTH: Final = 1.0 / (4.0 * pi**0.5)  # times sigma
SAVGOL_BANDWIDTH: Final = 9.0 / 16.0  # times the half width


@dataclass(frozen=True)
class Filter:
    """A kind of filter: (F,N,D) values, times, bandwidth in Hz, and the metres of one unit give filtered values."""

    apply: Callable[[Array, Array, float, float], Array]
    cutoff: float
    """Frequency at which half of the power is left (-3 dB), over the bandwidth."""


def _half_power(order: int) -> float:
    return (2.0**0.5 - 1.0) ** (0.5 / order) / SPLINE_BANDWIDTH[order]


FILTERS: Final = {
    "adaptive": Filter(lambda v, t, b, m: adaptive(v, t, b / SPLINE_BANDWIDTH[2], m), _half_power(2)),
    "gaussian": Filter(lambda v, t, b, _: gaussian(v, t, GAUSSIAN_BANDWIDTH / b), 0.940),
    "butterworth": Filter(lambda v, t, b, _: spline(v, t, b / SPLINE_BANDWIDTH[2], 2), _half_power(2)),
    "savgol": Filter(lambda v, t, b, _: savitzky_golay(v, t, SAVGOL_BANDWIDTH / b), 0.946),
    "one-euro": Filter(lambda v, t, b, m: one_euro(v, t, b / SPLINE_BANDWIDTH[1], m), _half_power(1)),
    "kalman": Filter(lambda v, t, b, _: spline(v, t, b / SPLINE_BANDWIDTH[3], 3), _half_power(3)),
}
"""The filters by the names of ``settings.FILTERS``."""


def increasing(times: NDArray[np.floating]) -> Array:
    """Return times (F,) whose steps are all at least a small part of the usual one."""
    times = np.asarray(times, np.float64)
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) and np.median(steps) > 0 else 1.0 / 30.0
    if not len(steps) or steps.min() >= SHORTEST_STEP * usual:
        return times
    return np.concatenate([times[:1], times[0] + np.cumsum(np.maximum(steps, SHORTEST_STEP * usual))])
