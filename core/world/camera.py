"""The camera that filmed the clip: what is known of it, what is guessed, and how it projects."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ..settings import TrackSettings
from ..values import Camera

DEFAULT_FOCAL: Final = 0.9
"""Focal length in units of the image's longer side when nothing is known: a field of view of 58 degrees.

Main cameras of phones while filming have 0.75 to 0.85, webcams 0.8 to 1.0, cameras with a 35 to 50 mm lens
0.97 to 1.4. A person's depth is off by the same factor as the focal length; the pose hardly changes.
"""


def guess_camera(settings: TrackSettings, image_size: tuple[int, int]) -> Camera:
    """Return the camera that the settings give, or a sound default; the principal point is the image centre.

    ``settings.focal_px`` wins over ``settings.fov`` (horizontal, degrees). Raises UsageError when a value is
    not possible.
    """
    width, height = image_size
    centre = (width / 2.0, height / 2.0)
    if settings.focal_px is not None:
        if not np.isfinite(settings.focal_px) or settings.focal_px <= 0:
            raise UsageError(f"A focal length of {settings.focal_px} pixels is not possible; it must be above 0.")
        return Camera(float(settings.focal_px), centre, image_size)
    if settings.fov is not None:
        if not 1 < settings.fov < 170:
            raise UsageError(f"A field of view of {settings.fov} degrees is not possible; give 1 to 170.")
        return Camera(width / 2.0 / float(np.tan(np.radians(settings.fov) / 2.0)), centre, image_size)
    return Camera(DEFAULT_FOCAL * max(width, height), centre, image_size)


def is_guessed(settings: TrackSettings) -> bool:
    """Return whether ``guess_camera`` has to fall back on the default focal length."""
    return settings.focal_px is None and settings.fov is None


def project(points: NDArray[np.floating], camera: Camera) -> NDArray[np.float64]:
    """Return the (...,2) pixels of (...,3) points in camera axes; NaN for points not in front of the camera."""
    points = np.asarray(points, np.float64)
    depth = np.where(points[..., 2:] > 1e-6, points[..., 2:], np.nan)
    return camera.focal_px * points[..., :2] / depth + np.asarray(camera.principal_point)
