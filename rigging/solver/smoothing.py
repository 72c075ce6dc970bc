"""Curves made smooth over time, each frame by its weight. numpy only."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REFERENCE_FPS: Final = 30.0
"""Frames a second for which weights of change are stated; they grow with the square of the rate."""


def smoothed(weighted: NDArray[Any], weight: Array, change: float) -> NDArray[Any]:
    """Return x (F,) or (F,K), real or complex, that minimises sum w |x - weighted/w|^2 + change * sum |x[t+1]-x[t]|^2.

    A tridiagonal system for all K columns at once, solved by cyclic reduction (Hockney 1965): in a number of steps that
    grows with the logarithm of the frames, each for a whole array.
    """
    count = len(weight)
    inner = np.where((np.arange(count) == 0) | (np.arange(count) == count - 1), 1.0, 2.0)
    diagonal = weight + (change * inner if count > 1 else 0.0)
    beside = np.full(max(count - 1, 0), -change)
    return _reduced(diagonal, beside, np.ascontiguousarray(weighted.T)).T


def _reduced(diagonal: Array, beside: Array, right: NDArray[Any]) -> NDArray[Any]:
    """Return the solution (...,F) of a symmetric tridiagonal system: odd rows are eliminated, even ones solved."""
    count = len(diagonal)
    if count == 1:
        return right / diagonal
    odd = count // 2
    before, after = beside[0::2], beside[1::2]  # what ties an odd row to the even ones on both sides of it
    low, high = before / diagonal[1::2], after / diagonal[1::2][: len(after)]
    even_diagonal, even_right = diagonal[0::2].copy(), right[..., 0::2].copy()
    even_diagonal[:odd] -= low * before
    even_diagonal[1 : 1 + len(after)] -= high * after
    even_right[..., :odd] -= low * right[..., 1::2]
    even_right[..., 1 : 1 + len(after)] -= high * right[..., 1::2][..., : len(after)]
    solution = np.empty_like(right)
    even = _reduced(even_diagonal, -low[: len(after)] * after, even_right)
    solution[..., 0::2] = even
    solution[..., 1::2] = right[..., 1::2] / diagonal[1::2] - low * even[..., :odd]
    solution[..., 1::2][..., : len(after)] -= high * even[..., 1 : 1 + len(after)]
    return solution


def median(values: Array) -> Array:
    """Return the median over the first axis; for short arrays much quicker than ``np.median``."""
    ordered = np.sort(values, axis=0)
    return (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2
