"""Cameras solved elsewhere, as a file: where a camera was, how it looked and how it zoomed, frame by frame.

The file is JSON: ``{"format": "posewright-camera", "version": 1, "fps": 30, "start": 0, "image_size": [1920, 1080],
"focal_px": 1500 or one for each frame, "principal_point": [960, 540], "world_from_camera": [4x4, ...]}``. Metres, Z up;
a camera looks along its z axis with x to the right and y down. A camera with one matrix stands still.
numpy alone: Blender writes these files.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..values import Camera, CameraMotion

Array = NDArray[np.float64]

FORMAT: Final = "posewright-camera"
VERSION: Final = 1

SAME_SHAPE: Final = 0.01
"""Part by which the width over the height of picture and camera may differ, e.g. by rounding to even sizes."""

SLACK: Final = 1.0
"""Frames by which a clip may begin before its camera and end after it."""


@dataclass(frozen=True)
class SolvedCamera:
    """A camera over some frames (F), or one that stands still (F = 1)."""

    fps: float
    start: float  # seconds in the footage of the first frame
    image_size: tuple[int, int]  # width, height
    focal_px: Array  # (F,)
    principal_point: tuple[float, float]
    world_from_camera: Array  # (F,4,4) metres

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        values = {
            "format": FORMAT,
            "version": VERSION,
            "fps": self.fps,
            "start": self.start,
            "image_size": list(self.image_size),
            "focal_px": self.focal_px.tolist(),
            "principal_point": list(self.principal_point),
            "world_from_camera": self.world_from_camera.tolist(),
        }
        partial = path.with_name(path.name + ".part")
        try:
            partial.write_text(json.dumps(values), "utf-8")
            partial.replace(path)
        except OSError as error:
            raise PosewrightError(f"The camera could not be written to {path}: {error.strerror}.") from error
        finally:
            partial.unlink(missing_ok=True)

    def seen_at(self, times: Array, image_size: tuple[int, int]) -> tuple[Camera, CameraMotion]:
        """Return the camera at the times (F,) of a clip's frames, for pictures of this size.

        The constant camera has the shortest focal length. Raises PosewrightError when the pictures have another shape
        than the camera's, or when the camera does not last as long as the clip.
        """
        from scipy.spatial.transform import Rotation, Slerp

        scale = self._scale(image_size)
        poses, focal = self.world_from_camera, self.focal_px * scale
        if len(poses) == 1:
            poses, focal = np.tile(poses, (2, 1, 1)), np.tile(focal, 2)
            known = np.array([times[0], times[-1] + 1.0])
        else:
            known = self.start + np.arange(len(poses)) / self.fps
        slack = SLACK / self.fps
        if times[0] < known[0] - slack or times[-1] > known[-1] + slack:
            raise PosewrightError(
                f"The camera lasts from {known[0]:.2f} to {known[-1]:.2f} s ({len(poses)} frames at {self.fps:g} a "
                f"second), the clip from {times[0]:.2f} to {times[-1]:.2f} s; export the camera for the whole clip."
            )
        within = np.clip(times, known[0], known[-1])
        rotation = Slerp(known, Rotation.from_matrix(poses[:, :3, :3]))(within).as_matrix()
        position = np.stack([np.interp(within, known, poses[:, axis, 3]) for axis in range(3)], axis=1)
        focal = np.exp(np.interp(within, known, np.log(focal)))
        centre = (self.principal_point[0] * scale, self.principal_point[1] * scale)
        camera = Camera(float(focal.min()), centre, image_size)
        return camera, CameraMotion("solved", rotation, position, focal / focal.min())

    def _scale(self, image_size: tuple[int, int]) -> float:
        """Return the size of the clip's pictures over the camera's."""
        own, shape = self.image_size[0] / self.image_size[1], image_size[0] / image_size[1]
        if abs(own / shape - 1.0) > SAME_SHAPE:
            raise PosewrightError(
                f"The camera is for pictures of {self.image_size[0]} x {self.image_size[1]} pixels, the clip has "
                f"{image_size[0]} x {image_size[1]}; set the resolution of the scene to that of the clip."
            )
        return image_size[0] / self.image_size[0]


def read_camera(path: Path) -> SolvedCamera:
    """Read the file of a solved camera; raises PosewrightError with a plain sentence when it is not one."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PosewrightError(f"The camera {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise PosewrightError(f"{path} is not a camera: it is no JSON file, or it is damaged.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise PosewrightError(f'{path} is not a camera: its "format" must be "{FORMAT}".')
    if values.get("version") != VERSION:
        raise PosewrightError(f"{path} has version {values.get('version')}; this Posewright reads version {VERSION}.")
    poses = _numbers(path, values, "world_from_camera")
    if poses.ndim == 2:
        poses = poses[None]
    if poses.ndim != 3 or poses.shape[1:] != (4, 4) or not len(poses):
        raise PosewrightError(f"{path}: world_from_camera must be a list of 4 x 4 matrices.")
    size, centre = _numbers(path, values, "image_size"), _numbers(path, values, "principal_point")
    if size.shape != (2,) or centre.shape != (2,) or (size < 1).any():
        raise PosewrightError(f"{path}: image_size and principal_point must be two numbers each.")
    fps, start = _numbers(path, values, "fps"), _numbers(path, values, "start", 0.0)
    if fps.shape != () or fps <= 0 or start.shape != ():
        raise PosewrightError(f"{path}: fps must be a number above 0, and start a number of seconds.")
    return SolvedCamera(
        fps=float(fps),
        start=float(start),
        image_size=(round(float(size[0])), round(float(size[1]))),
        focal_px=_focal(path, _numbers(path, values, "focal_px"), len(poses)),
        principal_point=(float(centre[0]), float(centre[1])),
        world_from_camera=_rigid(path, poses),
    )


def _numbers(path: Path, values: dict[str, Any], name: str, default: float | None = None) -> Array:
    if name not in values and default is None:
        raise PosewrightError(f"{path} is not a whole camera: it lacks {name}.")
    try:
        found = np.asarray(values.get(name, default), np.float64)
    except (TypeError, ValueError) as error:
        raise PosewrightError(f"{path}: {name} does not hold numbers, or rows of different lengths.") from error
    if not np.isfinite(found).all():
        raise PosewrightError(f"{path}: {name} holds values that are no numbers (NaN or infinite).")
    return found


def _focal(path: Path, focal: Array, frames: int) -> Array:
    focal = np.full(frames, focal) if focal.ndim == 0 else focal
    if focal.shape == (1,):
        focal = np.full(frames, focal[0])
    if focal.shape != (frames,):
        raise PosewrightError(f"{path}: there are {frames} matrices and {focal.size} focal lengths.")
    if (focal <= 0).any():
        raise PosewrightError(f"{path}: focal lengths must be above 0.")
    return focal


def _rigid(path: Path, poses: Array) -> Array:
    """Return the matrices with their rotations made exact; PosewrightError when they scale, shear or mirror."""
    left, _, right = np.linalg.svd(poses[:, :3, :3])
    exact = poses.copy()
    exact[:, :3, :3] = left @ right
    off = np.abs(exact[:, :3, :3] - poses[:, :3, :3]).max()
    if off > 1e-3 or (np.linalg.det(exact[:, :3, :3]) < 0).any() or np.abs(poses[:, 3] - [0, 0, 0, 1]).max() > 1e-6:
        raise PosewrightError(f"{path}: the matrices of world_from_camera must be turns and shifts, without scale.")
    return exact
