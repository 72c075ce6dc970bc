"""Lift a take again from the keypoints that it holds, with the settings of its capture: after sides were put right."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..errors import PosewrightError, UsageError
from ..progress import Progress, silent
from .settings import Device, TrackSettings
from .take import Take
from .values import Camera, CameraMotion, Keypoints


def relifted(take: Take, progress: Progress = silent, device: Device | None = None) -> Take:
    """Return the motion that the take's own keypoints and camera give, lifted and solved anew.

    Lifter and settings are those of the capture, the device too unless another is given; the provenance is that of the
    take. Raises PosewrightError when the take holds no keypoints or no camera, or when its lifter is not here.
    """
    keypoints, camera, motion = keypoints_of(take), camera_of(take), camera_motion_of(take)
    settings = settings_of(take)
    settings = replace(settings, device=device or settings.device)
    from .device import resolve_device
    from .lifting import load_lifter
    from .pipeline import motion_of

    progress("weights", 0.0)
    lifter = load_lifter(settings.lifter, resolve_device(settings.device))
    progress("weights", 1.0)
    result = motion_of(keypoints, camera, lifter, settings, progress, motion)
    progress("world", 1.0)
    notes = {key: value for key, value in take.provenance.items() if key != "smoothing"}
    return replace(result, provenance=notes | {"lifted_again": True})


def can_lift_again(take: Take) -> bool:
    """Return whether the take holds what it takes: the keypoints of a detector, and a camera."""
    return take.keypoints is not None and bool(take.keypoint_names) and None not in (take.focal_px, take.image_size)


def keypoints_of(take: Take) -> Keypoints:
    """Return the take's keypoints; PosewrightError when it has none."""
    if not can_lift_again(take):
        raise PosewrightError(
            "This take cannot be lifted again: it holds no keypoints or no camera, as takes of other programs do."
        )
    assert take.keypoints is not None and take.image_size is not None
    points = np.asarray(take.keypoints, np.float32)
    confidence = np.isfinite(points).all(-1).astype(np.float32)
    if take.keypoint_confidence is not None:
        confidence = np.where(confidence > 0, np.nan_to_num(take.keypoint_confidence), 0.0).astype(np.float32)
    hint = None
    if take.keypoint_depth is not None:  # nothing but the depth is used of the detector's own guess
        hint = np.zeros((*take.keypoint_depth.shape, 3), np.float32)
        hint[..., 2] = take.keypoint_depth
    times = np.asarray(take.times, np.float64)
    return Keypoints(points, confidence, take.keypoint_names, times, take.image_size, hint)


def camera_of(take: Take) -> Camera:
    """Return the camera, of the shortest focal length that it had: keypoints without its zoom lie in the picture."""
    assert take.focal_px is not None and take.image_size is not None
    focal = take.focal_px if take.focal_path is None else float(np.min(take.focal_path))
    width, height = take.image_size
    return Camera(focal, take.principal_point or (width / 2.0, height / 2.0), take.image_size)


def camera_motion_of(take: Take) -> CameraMotion | None:
    """Return how the camera moved, or None where it stood still."""
    kind = take.recorded("camera", dict).get("kind", "static")
    if take.camera_path is None and take.focal_path is None and kind != "solved":
        return None
    first = np.eye(4) if take.world_from_camera is None else take.world_from_camera
    poses = np.tile(first, (take.frames, 1, 1)) if take.camera_path is None else np.asarray(take.camera_path)
    if kind != "solved":
        poses = np.linalg.inv(poses[0]) @ poses
    focal = np.ones(take.frames) if take.focal_path is None else take.focal_path / np.min(take.focal_path)
    return CameraMotion(
        "solved" if kind == "solved" else "pan", poses[:, :3, :3], poses[:, :3, 3], np.asarray(focal, np.float64)
    )


def settings_of(take: Take) -> TrackSettings:
    """Return the settings that the take was captured with, as far as it tells; UsageError when they make no sense."""
    recorded: dict[str, Any] = take.recorded("settings", dict)
    known = {field.name for field in fields(TrackSettings)}
    try:
        settings = TrackSettings(**{key: value for key, value in recorded.items() if key in known})
    except TypeError as error:
        raise UsageError("The take tells no usable settings of its capture.") from error
    return replace(settings, fps=take.fps)
