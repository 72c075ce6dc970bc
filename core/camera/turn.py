"""A camera that turns and zooms on the spot: how its pictures map onto each other, and the fit to point matches.

Pixels are counted from the principal point. A view has a rotation R (its axes to the reference axes) and a zoom z
(its focal length over the reference's, f): the pixel p looks along ``R @ (p / (f z), 1)``. The pictures of two such
views differ by the homography K' R'^T R K^-1 alone, whatever the depth of the scene (Hartley and Zisserman, Multiple
View Geometry, 8.4).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]

SCALES: Final = (6.0, 3.0, 1.5, 1.0, 1.0, 1.0)
"""Pixels at which a match counts a quarter, step by step: wide first, as the start may be rough."""

AGREES: Final = 2.0
"""Pixels within which a match agrees with the fit."""


@dataclass(frozen=True)
class Turn:
    """Where a camera looked."""

    rotation: Array  # (3,3) its axes to the reference axes
    zoom: float  # its focal length over the reference's

    def rays(self, pixels: Array, focal: float) -> Array:
        """Return the directions (N,3) in reference axes of pixels (N,2), of length 1 along the optical axis."""
        local = np.concatenate([pixels / (focal * self.zoom), np.ones((len(pixels), 1))], axis=1)
        return local @ self.rotation.T

    def pixels(self, rays: Array, focal: float) -> Array:
        """Return the pixels (N,2) of directions in reference axes; NaN for those behind the camera."""
        local = rays @ self.rotation
        depth = np.where(local[:, 2] > 1e-3, local[:, 2], np.nan)
        return focal * self.zoom * local[:, :2] / depth[:, None]

    def homography(self, to: "Turn", focal: float, centre: Array) -> Array:
        """Return the (3,3) matrix that takes pixels of this view, from the top left corner, to those of another."""
        return to.matrix(focal, centre) @ to.rotation.T @ self.rotation @ np.linalg.inv(self.matrix(focal, centre))

    def matrix(self, focal: float, centre: Array) -> Array:
        """Return the (3,3) matrix of the intrinsics."""
        length = focal * self.zoom
        return np.array([[length, 0.0, centre[0]], [0.0, length, centre[1]], [0.0, 0.0, 1.0]])

    def turned(self, vector: Array, zoom: float = 1.0) -> "Turn":
        """Return the view after a further turn by a rotation vector in its own axes, and a zoom by a factor."""
        return Turn(self.rotation @ Rotation.from_rotvec(vector).as_matrix(), self.zoom * zoom)


STILL: Final = Turn(np.eye(3), 1.0)


@dataclass(frozen=True)
class Fit:
    """A view that was fitted to matches."""

    turn: Turn
    agree: NDArray[np.bool_]  # (N,) matches that lie where the fit has them
    error: Array  # (N,) pixels

    @property
    def spread(self) -> float:
        """Root mean square distance in pixels of the matches that agree."""
        return float(np.sqrt((self.error[self.agree] ** 2).mean())) if self.agree.any() else np.inf


def fit_turn(rays: Array, pixels: Array, focal: float, start: Turn) -> Fit:
    """Return the view that sees directions (N,3) at pixels (N,2), from a start some degrees off at most.

    Robust Gauss-Newton (Geman-McClure weights of a scale that shrinks): matches on things that move count for nothing
    as long as fewer than half of all matches move alike.
    """
    turn = start
    for scale in SCALES:
        for _ in range(2):
            seen = turn.pixels(rays, focal)
            ahead = np.isfinite(seen).all(axis=1)
            if not ahead.any():
                break
            offset = np.where(ahead[:, None], pixels - seen, 0.0)
            # the shift that all have in common is what a rough start lacks
            usual = np.median(offset[ahead], axis=0) if scale == SCALES[0] else np.zeros(2)
            weight = ahead / (1.0 + ((offset - usual) ** 2).sum(axis=1) / scale**2) ** 2
            turn = _step(turn, rays, offset, weight, focal)
    error = np.linalg.norm(pixels - turn.pixels(rays, focal), axis=1)
    error = np.where(np.isfinite(error), error, np.inf)
    return Fit(turn, error < AGREES, error)


def _step(turn: Turn, rays: Array, offset: Array, weight: Array, focal: float) -> Turn:
    """Return the view after one weighted Gauss-Newton step towards pixels that lie ``offset`` (N,2) away."""
    local = rays @ turn.rotation
    depth = np.where(local[:, 2] > 1e-3, local[:, 2], 1.0)
    x, y = local[:, 0] / depth, local[:, 1] / depth
    # a turn by w moves the direction d, seen from the camera, by d x w; the last column is the zoom's logarithm
    horizontal = np.stack([x * y, -(1.0 + x * x), y, x], axis=1)
    vertical = np.stack([1.0 + y * y, -x * y, -x, y], axis=1)
    table = focal * turn.zoom * np.concatenate([horizontal, vertical])
    weights = np.concatenate([weight, weight])
    normal = table.T @ (weights[:, None] * table)
    normal += (1e-9 * np.trace(normal) + 1e-12) * np.eye(4)
    change = np.linalg.solve(normal, table.T @ (weights * offset.T.ravel()))
    return turn.turned(np.clip(change[:3], -0.3, 0.3), float(np.exp(np.clip(change[3], -0.5, 0.5))))
