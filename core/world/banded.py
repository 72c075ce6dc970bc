"""Normal equations of a fit over time, in which a frame is coupled with the next two at most."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

Array = NDArray[np.float64]

REACH = 2
"""How many frames ahead a frame is coupled with."""


HOLD = 1e6
"""How much more than the largest number of the diagonal a frame weighs that is held."""


class BandedSystem:
    """The matrix H and the gradient g of a sum of squares over F frames of N unknowns each.

    Only the blocks on and below the diagonal are given, H is symmetric; memory and time are linear in F.
    """

    def __init__(self, frames: int, unknowns: int) -> None:
        self.frames, self.unknowns = frames, unknowns
        self.gradient = np.zeros((frames, unknowns))
        self.blocks = np.zeros((REACH + 1, frames, unknowns, unknowns))
        """[k, t]: unknowns of frame t + k by those of frame t."""

    def solve(self, damping: float, held: NDArray[np.bool_] | None = None) -> Array:
        """Return the step (F,N) to the minimum; ``damping`` is added to the diagonal as a part of its median.

        Where most unknowns are free it is a part of the mean instead, so that these stay where they are. Frames that
        are ``held`` (F,) have no step.
        """
        size = self.unknowns
        band = np.zeros(((REACH + 1) * size, self.frames, size))
        rows, columns = np.indices((size, size)).reshape(2, -1)
        for ahead, blocks in enumerate(self.blocks):
            keep = rows >= columns if ahead == 0 else slice(None)
            band[ahead * size + rows[keep] - columns[keep], :, columns[keep]] = blocks.reshape(self.frames, -1)[
                :, keep
            ].T
        band = band.reshape(len(band), -1)
        band[0] += damping * (float(np.median(band[0])) or float(band[0].mean()) or 1.0)
        if held is not None and held.any():
            band[0].reshape(self.frames, size)[held] += HOLD * band[0].max()
        step = solveh_banded(band, -self.gradient.ravel(), lower=True, overwrite_ab=True, check_finite=False)
        return step.reshape(self.frames, size)
