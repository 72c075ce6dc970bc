"""A camera that stands still: what the settings tell of it, and how it projects."""

import numpy as np
from numpy.typing import NDArray

from ..settings import TrackSettings
from ..values import Camera
from .focal import choose_focal


def guess_camera(settings: TrackSettings, image_size: tuple[int, int]) -> Camera:
    """Return the camera that the settings give, or a sound default; the principal point is the image centre.

    Raises UsageError when a value is not possible (see ``camera.focal.choose_focal``).
    """
    width, height = image_size
    return Camera(choose_focal(settings, image_size).px, (width / 2.0, height / 2.0), image_size)


def project(points: NDArray[np.floating], camera: Camera) -> NDArray[np.float64]:
    """Return the (...,2) pixels of (...,3) points in camera axes; NaN for points not in front of the camera."""
    points = np.asarray(points, np.float64)
    depth = np.where(points[..., 2:] > 1e-6, points[..., 2:], np.nan)
    return camera.focal_px * points[..., :2] / depth + np.asarray(camera.principal_point)
