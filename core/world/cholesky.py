"""Linear systems whose unknowns, one a frame, are coupled with a few neighbours: many at once, with numpy alone.

A filter must also run inside Blender, whose Python has no scipy. The loop runs over the frames, and all systems go
through it side by side.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def solve_banded(lower: Array, right: Array) -> Array:
    """Return the solutions (F,M,D) of M symmetric, positive definite systems with D right sides each.

    ``lower`` (B+1,F,M) holds the diagonal and the B diagonals below it: ``lower[b, t]`` couples the frames t + b and t.
    With M = 1 it serves any number of right sides. The matrix is split into L D L^T without square roots.
    """
    reach, frames = len(lower) - 1, lower.shape[1]
    rest = lower.transpose(1, 0, 2).copy()  # (F,B+1,M): row t is the column t below the diagonal
    parts = np.empty((frames, reach, *rest.shape[2:], 1))
    found = right.copy()
    for frame in range(frames):
        column = rest[frame]
        part = column[1:] / column[0]
        parts[frame] = part[..., None]
        for ahead in range(1, min(reach, frames - 1 - frame) + 1):
            rest[frame + ahead, : reach + 1 - ahead] -= part[ahead - 1] * column[ahead:]
            found[frame + ahead] -= parts[frame, ahead - 1] * found[frame]
    found /= rest[:, 0, :, None]
    for frame in range(frames - 2, -1, -1):
        for ahead in range(1, min(reach, frames - 1 - frame) + 1):
            found[frame] -= parts[frame, ahead - 1] * found[frame + ahead]
    return found
