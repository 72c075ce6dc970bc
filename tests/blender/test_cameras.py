"""Blender's scene camera as the camera of a clip: points lie where Blender itself sees them."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from posewright.cli.in_blender import scene_camera, start_track
from posewright.core.camera.solved import read_camera
from posewright.core.settings import TrackSettings
from posewright.errors import PosewrightError
from posewright.rigging.blender.cameras import camera_over, scene_camera_for

POINTS = np.array([[0.3, 0.2, 1.1], [-0.8, 1.0, 0.0], [0.5, -0.4, 1.8]])


@pytest.fixture
def scene() -> bpy.types.Scene:
    """A scene of 25 frames a second with a camera on a turning, scaled arm."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 25, 1.0
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 1280, 720, 100
    arm = bpy.data.objects.new("Arm", None)
    arm.scale = (2.0, 2.0, 2.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    for obj in (arm, camera):
        scene.collection.objects.link(obj)
    camera.parent = arm
    camera.location, camera.rotation_euler = (0.2, -3.0, 0.8), (1.4, 0.05, 0.0)
    for frame, angle in ((1, 0.0), (51, 0.6)):
        arm.rotation_euler = (0.0, 0.1 * angle, angle)
        arm.keyframe_insert("rotation_euler", frame=frame)
    scene.camera = camera
    return scene


def seen_by_blender(scene: bpy.types.Scene, frame: float) -> np.ndarray:
    scene.frame_set(int(frame // 1), subframe=frame % 1)
    width, height = scene.render.resolution_x, scene.render.resolution_y
    views = [world_to_camera_view(scene, scene.camera, Vector(point)) for point in POINTS]
    return np.array([[view.x * width, (1 - view.y) * height] for view in views])


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1000, 1000)])
@pytest.mark.parametrize("fit", ["AUTO", "HORIZONTAL", "VERTICAL"])
def test_points_lie_where_blender_sees_them(scene: bpy.types.Scene, fit: str, size: tuple[int, int]) -> None:
    scene.render.resolution_x, scene.render.resolution_y = size
    data = scene.camera.data
    data.sensor_fit, data.sensor_width, data.sensor_height, data.shift_x, data.shift_y = fit, 36.0, 20.0, 0.07, -0.04
    for frame, lens in ((1, 30.0), (51, 45.0)):
        data.lens = lens
        data.keyframe_insert("lens", frame=frame)
    scene.frame_set(7)
    frames = np.array([1.0, 12.5, 30.0, 51.0])
    solved = camera_over(scene, frames, fps=25.0, start=0.0)
    assert scene.frame_current == 7
    assert solved.image_size == size
    for index, frame in enumerate(frames):
        local = (np.linalg.inv(solved.world_from_camera[index]) @ np.c_[POINTS, np.ones(3)].T).T[:, :3]
        mine = solved.focal_px[index] * local[:, :2] / local[:, 2:] + solved.principal_point
        np.testing.assert_allclose(mine, seen_by_blender(scene, frame), atol=0.01)


def test_the_camera_of_a_clip_follows_its_time(scene: bpy.types.Scene, checkout: Path, tmp_path: Path) -> None:
    """The clip has another frame rate than the scene; its second 1 lies 25 frames after the first frame."""
    clip = checkout / "examples" / "dance.mp4"
    scene_camera_for(clip, first_frame=1).save(tmp_path / "camera.json")
    solved = read_camera(tmp_path / "camera.json")
    assert (solved.fps, solved.start) == (30.0, 0.0)
    for index in (0, 15, 30, 31, 60):  # frames of the clip
        local = (np.linalg.inv(solved.world_from_camera[index]) @ np.c_[POINTS, np.ones(3)].T).T[:, :3]
        mine = solved.focal_px[index] * local[:, :2] / local[:, 2:] + solved.principal_point
        np.testing.assert_allclose(mine, seen_by_blender(scene, 1.0 + 25.0 * index / 30.0), atol=0.01)
    part = scene_camera_for(clip, start=1.0, end=2.0, first_frame=26)
    assert part.start == 1.0
    np.testing.assert_allclose(part.world_from_camera[:30], solved.world_from_camera[30:60], atol=1e-6)


class Recorder:
    """Takes the place of a worker process: keeps what is sent to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent: list[dict[str, Any]] = []

    def send(self, request: dict[str, Any]) -> None:
        """Keep a request."""
        self.sent.append(request)


def test_captures_take_the_scene_camera_along(scene: bpy.types.Scene, checkout: Path, tmp_path: Path) -> None:
    clip = checkout / "examples" / "dance.mp4"
    worker = Recorder(tmp_path)
    settings = TrackSettings(camera="scene", start=1.0, fov=60.0)
    start_track(worker, clip, settings, scene_camera(clip, settings, first_frame=26))  # type: ignore[arg-type]
    sent = worker.sent[0]["settings"]
    assert sent["fov"] is None, "the camera has a lens of its own"
    solved = read_camera(Path(sent["camera"]))
    assert (solved.start, solved.fps) == (1.0, 30.0)
    expected = camera_over(scene, np.array([26.0]), fps=25.0, start=0.0).world_from_camera[0]
    np.testing.assert_allclose(solved.world_from_camera[0], expected, atol=1e-6)
    scene.camera = None
    with pytest.raises(PosewrightError, match="has no camera"):
        scene_camera(clip, TrackSettings(camera="scene"))


def test_a_camera_that_stands_still_is_one_frame(scene: bpy.types.Scene) -> None:
    scene.camera.parent.animation_data_clear()
    solved = camera_over(scene, np.arange(1.0, 20.0), fps=25.0, start=0.0)
    assert len(solved.world_from_camera) == len(solved.focal_px) == 1


def test_cameras_that_cannot_be_used(scene: bpy.types.Scene, tmp_path: Path) -> None:
    frames = np.array([1.0, 2.0])
    scene.camera.data.type = "ORTHO"
    with pytest.raises(PosewrightError, match="perspective"):
        camera_over(scene, frames, fps=25.0, start=0.0)
    scene.camera.data.type = "PERSP"
    scene.render.pixel_aspect_x = 1.5
    with pytest.raises(PosewrightError, match="not square"):
        camera_over(scene, frames, fps=25.0, start=0.0)
    scene.camera = None
    with pytest.raises(PosewrightError, match="has no camera"):
        camera_over(scene, frames, fps=25.0, start=0.0)
    with pytest.raises(PosewrightError, match="cannot read"):
        scene_camera_for(tmp_path / "nothing.mp4")
