"""The camera of a solved movie clip: points lie where the tracks saw them, in metres of the scene."""

import math
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector
from posewright.errors import PosewrightError
from posewright.rigging.blender.solved_clips import clip_camera_for, is_solved, solved_clip_of

FRAMES, LENS = 60, 35.0
POINTS = np.random.default_rng(4).uniform(-1, 1, (40, 3)) * [2.0, 2.0, 1.5]


def pose(frame: int) -> Matrix:
    """Return where the true camera is: on an arc around the points, rising."""
    angle = 0.02 * frame - 0.6
    place = Vector((6 * math.sin(angle), -6 * math.cos(angle), 1.0 + 0.01 * frame))
    return Matrix.LocRotScale(place, (-place).to_track_quat("-Z", "Y"), None)


def seen(point: np.ndarray, frame: int, focal: float, size: tuple[int, int]) -> tuple[float, float]:
    """Return where the true camera sees a point, in pixels from the lower left."""
    local = pose(frame).inverted() @ Vector(point)
    return size[0] / 2 + focal * local.x / -local.z, size[1] / 2 + focal * local.y / -local.z


@pytest.fixture
def movie(checkout: Path) -> bpy.types.MovieClip:
    """A clip with the tracks of the points, solved by Blender, and a camera that has the motion in true metres."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    clip = bpy.data.movieclips.load(str(checkout / "examples" / "dance.mp4"))
    tracking, size = clip.tracking, tuple(clip.size)
    tracking.camera.focal_length = LENS
    focal = tracking.camera.focal_length_pixels
    for number, point in enumerate(POINTS):
        track = tracking.tracks.new(name=f"{number}", frame=1)
        for frame in range(FRAMES):
            x, y = seen(point, frame, focal, size)
            track.markers.insert_frame(frame + 1, co=(x / size[0], y / size[1]))
    tracking.objects[0].keyframe_a, tracking.objects[0].keyframe_b = 1, FRAMES // 2
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type, area.spaces.active.clip = "CLIP_EDITOR", clip
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        assert bpy.ops.clip.solve_camera() == {"FINISHED"}
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    solver = camera.constraints.new("CAMERA_SOLVER")
    solver.clip, solver.use_active_clip = clip, False
    # What Set Scale, Set Floor and Set Origin do: the camera object carries the solved world into the true one.
    solved = [Vector(one.matrix.translation) for one in tracking.reconstruction.cameras]
    scale = (pose(FRAMES - 1).translation - pose(0).translation).length / (solved[-1] - solved[0]).length
    first = tracking.reconstruction.cameras[0].matrix
    camera.matrix_basis = pose(0) @ Matrix.Scale(scale, 4) @ first.inverted()
    return clip


@pytest.mark.parametrize(("start_frame", "unit"), [(1, 1.0), (101, 0.01)])
def test_points_lie_where_the_tracks_saw_them(movie: bpy.types.MovieClip, start_frame: int, unit: float) -> None:
    """In a scene of centimetres the camera object is a hundred times as large; the take's metres are the same."""
    movie.frame_start = start_frame
    scene = bpy.context.scene
    scene.unit_settings.scale_length = unit
    camera = scene.objects["Camera"]
    camera.matrix_basis = Matrix.Scale(1.0 / unit, 4) @ camera.matrix_basis
    before = scene.frame_current
    found = clip_camera_for(movie, start=0.5, end=1.2)
    assert scene.frame_current == before
    assert (found.fps, found.start, found.image_size) == (30.0, 0.5, tuple(movie.size))
    width, height = found.image_size
    for frame in (15, 30, 36):
        at = np.linalg.inv(found.world_from_camera[frame - 15])
        local = (at @ np.c_[POINTS, np.ones(len(POINTS))].T).T[:, :3]
        mine = found.focal_px[frame - 15] * local[:, :2] / local[:, 2:] + found.principal_point
        true = np.array([seen(point, frame, found.focal_px[0], (width, height)) for point in POINTS])
        np.testing.assert_allclose(mine, np.c_[true[:, 0], height - true[:, 1]], atol=0.05)
        np.testing.assert_allclose(found.world_from_camera[frame - 15][:3, 3], pose(frame).translation, atol=1e-3)


def test_frames_that_the_clip_skips(movie: bpy.types.MovieClip) -> None:
    """With a frame offset the first frame of the clip is a later one of the file."""
    whole = clip_camera_for(movie, end=1.0)
    movie.frame_offset = 20
    later = clip_camera_for(movie, start=20 / 30, end=1.0)
    assert later.start == pytest.approx(20 / 30)
    np.testing.assert_allclose(later.world_from_camera[0], whole.world_from_camera[0], atol=1e-6)


def test_what_keeps_a_clip_from_being_used(movie: bpy.types.MovieClip, checkout: Path) -> None:
    file = checkout / "examples" / "dance.mp4"
    assert is_solved(movie) and solved_clip_of(file) == movie and solved_clip_of(checkout / "other.mp4") is None
    for end in (4.0, None):
        with pytest.raises(PosewrightError, match=r"solved from 0\.00 to 1\.97 s"):
            clip_camera_for(movie, end=end)
    bpy.context.scene.objects["Camera"].constraints[0].mute = True
    with pytest.raises(PosewrightError, match="Setup Tracking Scene"):
        clip_camera_for(movie)
    plain = bpy.data.movieclips.load(str(file))
    with pytest.raises(PosewrightError, match="not solved yet"):
        clip_camera_for(plain)
