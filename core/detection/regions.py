"""Regions: turned squares of the picture, as the detector proposes them and the landmark network sees them.

Regions are arrays (...,4): centre x, centre y, side in pixels, angle in radians (0 = the person upright,
positive = turned clockwise in the picture). NaN stands for no region.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.float32] | NDArray[np.float64]

MARGIN = 1.25
"""MediaPipe's enlargement of the square around a person."""

CROP = 256
"""Side of the landmark network's input, pixels."""

SUPERSAMPLE = 4
"""Samples per crop pixel and axis, at most, when a large region is shrunk."""


def region_of(centre: Array, top: Array) -> Array:
    """Return regions (...,4) for the detector's two alignment points (...,2): mid hip, and the circle around the body.

    MediaPipe's rule: a square of twice their distance, enlarged by 1.25, turned so that ``top`` is above ``centre``.
    """
    across = top - centre
    side = 2.0 * np.linalg.norm(across, axis=-1) * MARGIN
    angle = math.pi / 2 - np.arctan2(-across[..., 1], across[..., 0])
    return np.stack([centre[..., 0], centre[..., 1], side, wrap_angle(angle)], -1)


def wrap_angle(angle: Array) -> Array:
    """Return angles in -pi .. pi."""
    return (angle + math.pi) % (2 * math.pi) - math.pi


def scaled(regions: Array, factor: float) -> Array:
    """Return the regions with their sides multiplied."""
    return regions * np.array([1.0, 1.0, factor, 1.0])


def upright(regions: Array) -> Array:
    """Return the regions without their turn."""
    return regions * np.array([1.0, 1.0, 1.0, 0.0])


def disagreement(a: Array, b: Array) -> Array:
    """Return how far two regions (...,4) are apart; NaN where one is missing.

    1 is the most that one body could explain. It is the largest of: centre distance (in fifths of the mean side),
    size ratio (1.5 apart) and turn (60 degrees).
    """
    side = (a[..., 2] + b[..., 2]) / 2
    distance = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]) / (0.2 * side)
    size = np.abs(np.log(a[..., 2] / b[..., 2])) / math.log(1.5)
    turn = np.abs(wrap_angle(a[..., 3] - b[..., 3])) / math.radians(60)
    return np.maximum(np.maximum(distance, size), turn)


def to_image(points: Floats, regions: Array) -> Array:
    """Map points (N,J,2), in 0..1 of their region, to pixels of the picture; regions (N,4)."""
    offset = (points - 0.5) * regions[:, None, 2:3]
    return regions[:, None, :2] + turn(offset, regions[:, 3])


def turn(vectors: Floats, angles: Array) -> Array:
    """Turn the x and y of vectors (N,J,2 or 3) clockwise in the picture by angles (N,)."""
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = vectors[..., 0], vectors[..., 1]
    turned = vectors.astype(np.float64)
    turned[..., 0], turned[..., 1] = cos * x - sin * y, sin * x + cos * y
    return turned


def cut_out(image: NDArray[np.uint8], region: Array, size: int = CROP) -> NDArray[np.uint8]:
    """Return the region of the picture as (size,size,3), area-averaged when it shrinks, edges repeated outside.

    Crop pixel i shows the place i * side / size from the region's corner, MediaPipe's convention.
    """
    import cv2

    x, y, side, angle = (float(value) for value in region)
    finer = min(max(math.ceil(side / size), 1), SUPERSAMPLE)
    step = side / (size * finer)
    # The fine samples of a crop pixel lie symmetrically about its place.
    first = -side / 2 - (finer - 1) / 2 * step
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array(
        [
            [cos * step, -sin * step, x + (cos - sin) * first],
            [sin * step, cos * step, y + (sin + cos) * first],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(image, matrix, (size * finer, size * finer), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return fine if finer == 1 else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)  # pyright: ignore
