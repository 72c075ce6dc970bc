"""Round numbers for the axes of plots."""

import math


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return about ``count`` round values, evenly spread, that enclose ``low`` to ``high``."""
    span = max(high - low, 1e-9 * max(abs(high), 1.0))
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return [round(index * step, 12) for index in range(first, max(last, first + 1) + 1)]
