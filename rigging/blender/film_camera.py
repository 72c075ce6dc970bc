"""The camera that filmed a take, in the scene, with the footage behind what it sees."""

import os
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Camera, Collection, FCurve, Object, Scene
from mathutils import Matrix
from numpy.typing import NDArray

from ...core.take import Take
from ...errors import PosewrightError
from ..rotations import continuous, from_matrix
from .cameras import scene_rate
from .films import Film, load_image, read_film
from .keyframes import KeyWriter, NewCurve, key_frames, new_action

Array = NDArray[np.float64]

FILM_CAMERA = "Footage camera"
SENSOR_MM = 36.0
CAMERA_AXES = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -Z with Y up
OPACITY = 0.6  # of the footage
SAME_RATE = 1e-3  # relative difference of two frame rates that nobody sees within a minute


@dataclass(frozen=True)
class Placement:
    """Where a take lies in a scene: scaled about the world's origin, then moved, from a frame on."""

    frame_start: float = 1.0
    size_ratio: float = 1.0  # of the character against the person, or Blender units a metre
    matrix: Array = field(default_factory=lambda: np.eye(4))  # (4,4)

    @classmethod
    def of(cls, result: dict[str, Any]) -> "Placement":
        """Return where ``animate_armature`` put a take, from what it returned."""
        return cls(result["frame_start"], result["size_ratio"], np.array(result["placement"], np.float64))


def add_film_camera(
    collection: Collection, take: Take, placement: Placement, *, clip: Path | None = None, beside: Path | None = None
) -> Object:
    """Add the camera of the footage; scaled and placed like the motion, so that the picture stays the same.

    With ``clip`` the footage is shown behind the scene, at its true speed; its file is named relative to ``beside``
    when that is a .blend. Raises PosewrightError when the take does not know its camera, or the clip cannot be read.
    """
    if not take.focal_px or not take.image_size or take.world_from_camera is None:
        raise PosewrightError("This take does not know its camera: it was not captured from a video.")
    film = read_film(clip, take.fps) if clip is not None and clip.exists() else None  # before anything is made
    width, height = take.image_size
    data = bpy.data.cameras.new(FILM_CAMERA)
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR_MM
    data.lens = take.focal_px * SENSOR_MM / width
    if take.principal_point is not None:
        data.shift_x = (width / 2 - take.principal_point[0]) / width
        data.shift_y = (take.principal_point[1] - height / 2) / width
    camera = bpy.data.objects.new(FILM_CAMERA, data)
    matrix = _placed(np.array(take.world_from_camera, np.float64), placement)
    camera.matrix_world = Matrix(matrix.tolist())
    data.clip_end = max(100.0 * placement.size_ratio, 4 * float(np.linalg.norm(matrix[:3, 3])))
    collection.objects.link(camera)
    settings_curve = _curves_of_settings(data)
    _key_path(camera, take, placement, settings_curve)
    if film is not None:
        _show_footage(data, take, film, placement.frame_start, beside, settings_curve)
    return camera


def _curves_of_settings(data: Camera) -> NewCurve:
    """Return a function that adds curves to one action of the camera's settings, made with the first of them."""
    made: list[NewCurve] = []

    def new_curve(path: str, index: int, group: str) -> FCurve:
        if not made:
            made.append(new_action(data, f"{FILM_CAMERA} settings")[1])
        return made[0](path, index, group)

    return new_curve


def _placed(world_from_camera: Array, placement: Placement) -> Array:
    """Return camera matrices (...,4,4) of Blender's axes, scaled about the origin and placed like the motion."""
    matrices = world_from_camera @ CAMERA_AXES
    matrices[..., :3, 3] *= placement.size_ratio
    return placement.matrix @ matrices


def _key_path(camera: Object, take: Take, placement: Placement, settings_curve: NewCurve) -> None:
    """Give the camera of moving footage its keys, on the frames of the motion."""
    if take.camera_path is None:
        return
    assert take.times is not None and take.image_size is not None
    rate = scene_rate(bpy.context.scene)
    writer = KeyWriter(key_frames(take.times - take.times[0], rate, placement.frame_start))
    matrices = _placed(np.array(take.camera_path, np.float64), placement)
    camera.rotation_mode = "QUATERNION"
    _, new_curve = new_action(camera, FILM_CAMERA)
    turns = continuous(from_matrix(matrices[:, :3, :3]))
    for path, values in (("location", matrices[:, :3, 3]), ("rotation_quaternion", turns)):
        for index in range(values.shape[1]):
            writer.write(new_curve(path, index, FILM_CAMERA), values[:, index])
    if take.focal_path is not None:
        writer.write(settings_curve("lens", 0, "Lens"), take.focal_path * SENSOR_MM / take.image_size[0])


def _show_footage(
    data: Camera,
    take: Take,
    film: Film,
    frame_start: float,
    beside: Path | None,
    settings_curve: NewCurve,
) -> None:
    """Put the film behind what the camera sees."""
    begin = 0.0 if take.times is None else float(take.times[0])
    scene = bpy.context.scene
    background = data.background_images.new()
    background.alpha = OPACITY
    background.display_depth = "BACK"
    data.show_background_images = True
    if abs(film.rate / scene_rate(scene) - 1) < SAME_RATE:
        footage = bpy.data.movieclips.load(str(film.file))
        footage.frame_start = round(frame_start) - round(begin * film.rate)
        background.source, background.clip = "MOVIE_CLIP", footage
    else:
        footage = load_image(film)
        background.source, background.image = "IMAGE", footage
        _play_at_speed(data, scene, film, begin, frame_start, settings_curve)
    if beside is not None and beside.suffix.lower() == ".blend":
        try:
            footage.filepath = "//" + Path(os.path.relpath(film.file, beside.resolve().parent)).as_posix()
        except ValueError:  # another drive of Windows: the full path stays
            return


def _play_at_speed(
    data: Camera, scene: Scene, film: Film, begin: float, frame_start: float, settings_curve: NewCurve
) -> None:
    """Have footage of another frame rate than the scene's play at its true speed.

    Blender shows one frame of a video for each of the scene's. What it leaves out or shows twice is an animated
    offset, a straight line in time.
    """
    number, rate = len(data.background_images) - 1, film.rate
    user = data.background_images[number].image_user
    last = max(frame_start + film.seconds * scene_rate(scene), frame_start + 1)
    # So early that the offset is below zero all the time: Blender cuts off what lies behind its point. And so long that
    # no frame lies outside, for there the count stands still.
    user.frame_start = min(1, floor(frame_start)) - film.before - film.frames
    user.frame_duration = ceil(last) - user.frame_start + 1
    user.use_auto_refresh = True
    frames = np.array([frame_start, last])
    shown = film.before + begin * rate + (frames - frame_start) * rate / scene_rate(scene)  # number less 1
    curve = settings_curve(f"background_images[{number}].image_user.frame_offset", 0, "Footage")
    KeyWriter(frames).write(curve, shown - (frames - user.frame_start) - 0.5)
    curve.extrapolation = "LINEAR"
