"""The camera of every frame, as the world stage looks through it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..values import Camera, CameraMotion

Array = NDArray[np.float64]

NEAREST: Final = 0.1
"""Metres: what is nearer to the camera, or behind it, is projected as if it were there."""


@dataclass(frozen=True)
class View:
    """Cameras (F) of one focal length in reference axes: those of the camera itself as long as it stands still."""

    focal_px: float
    rotation: Array  # (F,3,3) camera axes to reference axes
    position: Array  # (F,3) metres

    @classmethod
    def of(cls, camera: Camera, motion: CameraMotion | None, frames: int) -> "View":
        """Return the view of a camera that stands still, or moves as ``motion`` says."""
        if motion is None:
            return cls(camera.focal_px, np.tile(np.eye(3), (frames, 1, 1)), np.zeros((frames, 3)))
        return cls(camera.focal_px, motion.rotation, motion.position)

    def part(self, frames: slice) -> "View":
        """Return the cameras of some frames."""
        return View(self.focal_px, self.rotation[frames], self.position[frames])

    def to_reference(self, points: Array) -> Array:
        """Return points (F,...,3) of camera axes in reference axes."""
        flat = points.reshape(len(points), -1, 3)
        return (flat @ self.rotation.swapaxes(1, 2) + self.position[:, None]).reshape(points.shape)

    def to_camera(self, points: Array) -> Array:
        """Return points (F,...,3) of reference axes in the axes of each frame's camera."""
        flat = points.reshape(len(points), -1, 3)
        return ((flat - self.position[:, None]) @ self.rotation).reshape(points.shape)

    def turn_to_reference(self, vectors: Array) -> Array:
        """Return directions (F,...,3) of camera axes in reference axes."""
        flat = vectors.reshape(len(vectors), -1, 3)
        return (flat @ self.rotation.swapaxes(1, 2)).reshape(vectors.shape)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Return pixels (F,K,2) from the principal point of points (F,K,3), and their derivatives (F,K,2,3)."""
        placed = self.to_camera(points)
        depth = np.maximum(placed[..., 2], NEAREST)
        pixels = self.focal_px * placed[..., :2] / depth[..., None]
        slope = np.zeros((*placed.shape[:2], 2, 3))
        slope[..., 0, 0] = slope[..., 1, 1] = self.focal_px / depth
        slope[..., 2] = -pixels / depth[..., None]
        return pixels, slope @ self.rotation.swapaxes(1, 2)[:, None]

    def depth(self, points: Array) -> Array:
        """Return how far points (F,3) are away along the optical axis, at least ``NEAREST``."""
        return np.maximum(self.to_camera(points)[:, 2], NEAREST)
