"""The values that flow between the stages before they become a Take."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with square pixels: x right, y down, z away from the camera."""

    focal_px: float
    principal_point: tuple[float, float]
    image_size: tuple[int, int]  # width, height


@dataclass(frozen=True)
class CameraMotion:
    """How a camera turned, moved and zoomed through a clip (F frames).

    A point X in the axes of frame t lies at ``rotation[t] @ X + position[t]`` in the reference axes: the camera axes of
    the first frame for a panning camera, the world of the scene (metres, Z up) for a solved one.
    """

    kind: Literal["pan", "solved"]
    rotation: NDArray[np.float64]  # (F,3,3)
    position: NDArray[np.float64]  # (F,3) metres; 0 for a panning camera
    zoom: NDArray[np.float64]  # (F,) focal length of each frame over ``Camera.focal_px``


@dataclass
class Keypoints:
    """2D joints of one person through a clip (F frames, J joints).

    A joint that was not seen has NaN coordinates and confidence 0.
    """

    points: NDArray[np.float32]  # (F,J,2) pixels, origin top left, y down
    confidence: NDArray[np.float32]  # (F,J) 0..1
    names: tuple[str, ...]
    times: NDArray[np.float64]  # (F,) seconds, true time stamps of the footage
    image_size: tuple[int, int]  # width, height
    depth_hint: NDArray[np.float32] | None = None
    """(F,J,3) the detector's own 3D guess: metres, hip centred, camera axes; or None."""

    def index(self, name: str) -> int:
        """Return the column of a joint."""
        return self.names.index(name)


@dataclass
class CameraPose:
    """Lifted joints in camera axes (x right, y down, z away), pelvis at the origin.

    The size is arbitrary but constant over the clip; the world stage makes it metres.
    """

    joints: NDArray[np.float32]  # (F,J,3)
    names: tuple[str, ...]
    uncertainty: NDArray[np.float32] | None = None  # (F,J) same unit as joints; larger = less sure
