"""Where a picture is taken from: pinhole cameras over the world of a take."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..take import Take

Array = NDArray[np.float64]

NEAREST: Final = 0.05
"""Metres before the camera within which nothing is drawn."""

SIDE_FIELD: Final = 34.0  # degrees, vertical
SIDE_PITCH: Final = 9.0  # degrees that the view from the side looks down
SIDE_EXTENT: Final = 1.6  # height of the picture at the person, in statures
FOLLOW_SECONDS: Final = 0.4


@dataclass(frozen=True)
class View:
    """A camera: x right, y down, z away; pixels from the top left corner of the picture."""

    focal: float  # pixels
    centre: tuple[float, float]
    size: tuple[int, int]  # width, height
    rotation: Array  # (3,3) world axes to camera axes
    position: Array  # (3,) in the world, metres

    def to_camera(self, points: NDArray[np.floating]) -> Array:
        """Return world points (...,3) in camera axes."""
        return (np.asarray(points, np.float64) - self.position) @ self.rotation.T

    def project(self, points: NDArray[np.floating]) -> Array:
        """Return world points (...,3) as x, y in pixels and the distance along the axis; NaN behind the camera."""
        local = self.to_camera(points)
        depth = np.where(local[..., 2] > NEAREST, local[..., 2], np.nan)
        pixels = self.focal * local[..., :2] / depth[..., None] + self.centre
        return np.concatenate([pixels, depth[..., None]], axis=-1)

    def cropped(self, left: float, top: float, scale: float, size: tuple[int, int]) -> "View":
        """Return the view of a part of the picture that starts at ``left``, ``top`` and is enlarged by ``scale``."""
        x, y = self.centre
        return replace(self, focal=self.focal * scale, centre=((x - left) * scale, (y - top) * scale), size=size)

    def at(self, position: Array) -> "View":
        """Return the same camera at another place."""
        return replace(self, position=position)


def stature(take: Take) -> float:
    """Return about how tall the person stands, in metres: from the bones of the legs and the trunk."""

    def bone(a: str, b: str) -> float:
        if a not in take.joint_names or b not in take.joint_names:
            return np.nan
        return float(np.nanmedian(np.linalg.norm(take.joint(a) - take.joint(b), axis=-1)))

    sides = [bone(f"{s}_hip", f"{s}_knee") + bone(f"{s}_knee", f"{s}_ankle") for s in ("left", "right")]
    legs = np.array(sides)
    if np.isnan(legs).all():
        return 1.7
    return float(np.clip(np.nanmean(legs) / 0.47, 0.5, 3.0))


def footage_view(take: Take, index: int = 0) -> View:
    """Return the camera that filmed a frame of the take; for a take without one, a camera in front of its start."""
    if take.world_from_camera is not None and take.focal_px and take.image_size:
        width, height = take.image_size
        centre = take.principal_point or (width / 2, height / 2)
        matrix = take.world_from_camera if take.camera_path is None else take.camera_path[index]
        focal = take.focal_px if take.focal_path is None else float(take.focal_path[index])
        return View(focal, centre, (width, height), matrix[:3, :3].T, matrix[:3, 3])
    size = take.image_size or (540, 540)
    height, middle = stature(take), _middle(take)
    span = float(np.nanmax(np.linalg.norm(middle - middle.mean(0), axis=-1)))
    distance = 2.4 * height + 2.0 * span
    target = np.array([*middle.mean(0)[:2], 0.5 * height])
    rotation = _looking((0.0, 1.0), SIDE_PITCH)
    focal = 0.75 * min(size) * distance / (1.2 * height + span)
    return View(focal, (size[0] / 2, size[1] / 2), size, rotation, target - distance * rotation[2])


def side_views(take: Take, camera: View, size: tuple[int, int]) -> list[View]:
    """Return one camera a frame that looks across the line of sight of ``camera`` and goes along with the person."""
    forward = camera.rotation[2, :2]
    if np.linalg.norm(forward) < 0.2:  # a camera that looks straight down: the top of its picture counts
        forward = -camera.rotation[1, :2]
    forward = forward / max(float(np.linalg.norm(forward)), 1e-9)
    rotation = _looking((-forward[1], forward[0]), SIDE_PITCH)  # from the camera's right to its left
    height = stature(take)
    focal = size[1] / 2 / np.tan(np.radians(SIDE_FIELD / 2))
    distance = focal * SIDE_EXTENT * height / size[1]
    middle = _steady(_middle(take), take.fps)
    lift = np.maximum(_steady(_middle(take)[:, 2:], take.fps)[:, 0] - 0.62 * height, 0.0)
    target = np.column_stack([middle[:, :2], 0.5 * height + lift])
    view = View(focal, (size[0] / 2, size[1] / 2), size, rotation, np.zeros(3))
    return [view.at(place - distance * rotation[2]) for place in target]


def _looking(direction: tuple[float, float], pitch_degrees: float) -> Array:
    """Return the rotation of a level camera that looks along a horizontal direction, ``pitch_degrees`` down."""
    pitch = np.radians(pitch_degrees)
    flat = np.array([*direction, 0.0])
    away = np.cos(pitch) * flat - np.sin(pitch) * np.array([0.0, 0.0, 1.0])
    right = np.cross(away, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(away, right), away])


def _middle(take: Take) -> Array:
    """Return the (F,3) path of the person."""
    if "pelvis" in take.joint_names:
        path = take.joint("pelvis").astype(np.float64)
    else:
        path = np.nanmean(take.joints.astype(np.float64), axis=1)
    return np.where(np.isfinite(path), path, np.nanmedian(path, axis=0))


def _steady(path: Array, fps: float) -> Array:
    """Return the path (F,K) without what is faster than the follower."""
    sigma = FOLLOW_SECONDS * fps
    reach = max(1, min(int(3 * sigma), 400))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    padded = np.pad(path, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T], axis=-1)
