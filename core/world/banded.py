"""Normal equations of a fit over time, in which a frame is coupled with the next two at most."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

Array = NDArray[np.float64]

REACH = 2
"""How many frames ahead a frame is coupled with."""


class BandedSystem:
    """The matrix H and the gradient g of a sum of squares over F frames of N unknowns each.

    Only the blocks on and below the diagonal are given, H is symmetric; memory and time are linear in F.
    """

    def __init__(self, frames: int, unknowns: int) -> None:
        self.frames, self.unknowns = frames, unknowns
        self.gradient = np.zeros((frames, unknowns))
        self._band = np.zeros(((REACH + 1) * unknowns, frames, unknowns))
        self._rows, self._columns = np.indices((unknowns, unknowns)).reshape(2, -1)
        self._lower = self._rows >= self._columns

    def add(self, ahead: int, blocks: Array, first: int = 0) -> None:
        """Add blocks (T,N,N): unknowns of frame t + ``ahead`` by those of frame t, from frame ``first`` on."""
        keep = self._lower if ahead == 0 else slice(None)
        rows, columns = self._rows[keep], self._columns[keep]
        flat = blocks.reshape(len(blocks), -1)[:, keep]
        self._band[ahead * self.unknowns + rows - columns, first : first + len(blocks), columns] += flat.T

    def solve(self, damping: float) -> Array:
        """Return the step (F,N) to the minimum; ``damping`` is added to the diagonal as a part of its median."""
        band = self._band.reshape(len(self._band), -1)
        band[0] += damping * np.median(band[0])
        step = solveh_banded(band, -self.gradient.ravel(), lower=True, overwrite_ab=True, check_finite=False)
        return step.reshape(self.frames, self.unknowns)
