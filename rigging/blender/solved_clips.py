"""The solved motion of a movie clip as the camera that filmed it."""

from pathlib import Path

import bpy
import numpy as np
from bpy.types import MovieClip, Object, Scene

from ...core.camera.solved import SolvedCamera
from ...errors import PosewrightError
from .cameras import BEYOND, camera_pose, evaluated_over


def solved_clip_of(file: Path) -> MovieClip | None:
    """Return a solved movie clip of this file, None when the open .blend holds none."""
    for clip in bpy.data.movieclips:
        path = Path(bpy.path.abspath(clip.filepath, library=clip.library))
        if is_solved(clip) and path.resolve() == file.resolve():
            return clip
    return None


def is_solved(clip: MovieClip) -> bool:
    """Return whether the motion of the camera is known."""
    return clip.tracking.reconstruction.is_valid


def clip_camera_for(
    clip: MovieClip, *, start: float | None = None, end: float | None = None, rate: float | None = None
) -> SolvedCamera:
    """Return the camera of a solved clip, of which the seconds ``start`` to ``end`` of its file are used.

    How large, where and how upright the solved world is tells the scene's camera object that has the clip's motion,
    by a constraint Camera Solver. ``rate`` is that of a clip of numbered pictures. Raises PosewrightError when there is
    none, or when the solution misses frames.
    """
    scene = bpy.context.scene
    if not is_solved(clip):
        raise PosewrightError(f"The camera motion of {clip.name} is not solved yet; solve it in the clip editor.")
    camera = _solver_camera(scene, clip)
    fps, size = float(clip.fps) if rate is None else rate, (int(clip.size[0]), int(clip.size[1]))
    known = {solved.frame for solved in clip.tracking.reconstruction.cameras}
    first, last = min(known) - 1 + clip.frame_offset, max(known) - 1 + clip.frame_offset  # frames of the file, from 0
    begin = round((start or 0.0) * fps)
    needed = clip.frame_duration - 1 if end is None else min(round(end * fps), clip.frame_duration - 1)
    stop = min(last, needed + round(BEYOND * fps))
    missing = set(range(begin - clip.frame_offset + 1, stop - clip.frame_offset + 2)) - known
    if missing or stop <= begin or last < needed - 1:
        raise PosewrightError(
            f"The camera of {clip.name} is solved from {first / fps:.2f} to {last / fps:.2f} s, and not all of what is "
            "used lies within; set In and Out, or track the clip there too."
        )
    frames = clip.frame_start + np.arange(begin, stop + 1) - clip.frame_offset
    poses = np.stack([camera_pose(seen, scene) for seen in evaluated_over(scene, camera, frames.astype(np.float64))])
    focal, centre = _lens(clip, size)
    return SolvedCamera(fps, begin / fps, size, np.full(len(poses), focal), centre, poses)


def _solver_camera(scene: Scene, clip: MovieClip) -> Object:
    found = [obj for obj in scene.objects if obj.type == "CAMERA" and _follows(obj, scene, clip)]
    if not found:
        raise PosewrightError(
            f"No camera of the scene has the solved motion of {clip.name}, so its size and its floor are not known: in "
            "the clip editor use Setup Tracking Scene, Set Floor and Set Scale."
        )
    return scene.camera if scene.camera in found else found[0]


def _follows(obj: Object, scene: Scene, clip: MovieClip) -> bool:
    solvers = (one for one in obj.constraints if one.type == "CAMERA_SOLVER" and not one.mute)
    return any((scene.active_clip if one.use_active_clip else one.clip) == clip for one in solvers)


def _lens(clip: MovieClip, size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """Return focal length and principal point in pixels, from the upper left."""
    camera = clip.tracking.camera
    if abs(camera.pixel_aspect - 1.0) > 1e-6:
        raise PosewrightError(f"The pixels of {clip.name} are not square, which is not supported.")
    x, y = camera.principal_point_pixels
    return float(camera.focal_length_pixels), (float(x), size[1] - float(y))
