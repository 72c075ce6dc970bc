"""The camera of a Blender scene, solved or placed by hand, as the camera that filmed a clip."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import bpy
import numpy as np
from bpy.types import Object, Scene
from numpy.typing import NDArray

from ...core.camera.solved import SolvedCamera
from ...errors import PosewrightError
from .films import read_film

Array = NDArray[np.float64]

CAMERA_AXES: Final = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -Z with Y up
BEYOND: Final = 0.5
"""Seconds by which the camera is read beyond the clip: the length that Blender tells is an estimate."""


def scene_camera_for(
    clip: Path,
    *,
    start: float | None = None,
    end: float | None = None,
    first_frame: float | None = None,
    rate: float | None = None,
) -> SolvedCamera:
    """Return the camera of the open scene for a clip, of which the seconds ``start`` to ``end`` are used.

    What is used of the clip begins at ``first_frame`` of the scene (its start frame unless given). ``rate`` is that of
    numbered pictures, in frames a second. Raises
    PosewrightError for a scene without a camera and for cameras that are no pinholes.
    """
    scene = bpy.context.scene
    film = read_film(clip, rate)
    begin = start or 0.0
    stop = max(min(end if end is not None else film.seconds, film.seconds), begin) + BEYOND
    frame = float(scene.frame_start if first_frame is None else first_frame)
    times = begin + np.arange(int((stop - begin) * film.rate) + 2) / film.rate
    return camera_over(scene, frame + (times - begin) * scene_rate(scene), fps=film.rate, start=begin)


def camera_over(scene: Scene, frames: Array, *, fps: float, start: float) -> SolvedCamera:
    """Return the scene's camera at frame numbers (F,), also between whole ones, which lie ``1 / fps`` seconds apart.

    A camera that neither moves nor zooms comes as a single frame. The scene's current frame stays as it was.
    """
    camera = _camera_of(scene)
    size = _image_size(scene)
    poses, focal, centres = np.empty((len(frames), 4, 4)), np.empty(len(frames)), np.empty((len(frames), 2))
    for index, seen in enumerate(evaluated_over(scene, camera, frames)):
        poses[index] = camera_pose(seen, scene)
        focal[index], centres[index] = _intrinsics(seen, size)
    if np.ptp(centres, axis=0).max() > 0.5:
        raise PosewrightError(f"The shift of the camera {camera.name} is animated, which is not supported.")
    if np.ptp(poses, axis=0).max() < 1e-6 and np.ptp(focal) < 1e-3:
        poses, focal = poses[:1], focal[:1]
    return SolvedCamera(fps, start, size, focal, (float(centres[0, 0]), float(centres[0, 1])), poses)


def evaluated_over(scene: Scene, obj: Object, frames: Array) -> Iterator[Object]:
    """Yield the evaluated object at frame numbers (F,), also between whole ones; the scene's frame stays as it was."""
    now = (scene.frame_current, scene.frame_subframe)
    try:
        for frame in frames:
            whole = int(np.floor(frame))
            scene.frame_set(whole, subframe=float(frame - whole))
            yield obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    finally:
        scene.frame_set(now[0], subframe=now[1])


def camera_pose(camera: Object, scene: Scene) -> Array:
    """Return the world pose (4,4) of an evaluated camera: metres, x to the right and y down in its picture."""
    pose = np.array(camera.matrix_world.normalized(), np.float64) @ CAMERA_AXES
    pose[:3, 3] *= scene.unit_settings.scale_length
    return pose


def scene_rate(scene: Scene) -> float:
    """Return the frames a second at which the scene plays."""
    return scene.render.fps / scene.render.fps_base


def _camera_of(scene: Scene) -> Object:
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        raise PosewrightError("The scene has no camera; choose one in the scene's properties.")
    if camera.data.type != "PERSP":
        raise PosewrightError(f"The camera {camera.name} must be a perspective camera to match a video.")
    return camera


def _image_size(scene: Scene) -> tuple[int, int]:
    render = scene.render
    if abs(render.pixel_aspect_x - render.pixel_aspect_y) > 1e-6:
        raise PosewrightError("The scene's pixels are not square; set the aspect of its resolution to 1 by 1.")
    share = render.resolution_percentage / 100.0
    return max(1, int(render.resolution_x * share)), max(1, int(render.resolution_y * share))


def _intrinsics(camera: Object, size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """Return focal length and principal point in pixels; the sensor fits the width, the height or the longer one."""
    data, (width, height) = camera.data, size
    level = data.sensor_fit == "HORIZONTAL" or (data.sensor_fit == "AUTO" and width >= height)
    across = width if level else height
    sensor = data.sensor_height if data.sensor_fit == "VERTICAL" else data.sensor_width
    centre = (width / 2.0 - data.shift_x * across, height / 2.0 + data.shift_y * across)
    return data.lens * across / sensor, centre
