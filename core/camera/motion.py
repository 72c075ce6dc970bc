"""A moving camera in the stages: zoom is taken out before lifting, and the Take learns how the camera moved."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..take import Take
from ..values import Camera, CameraMotion, Keypoints
from ..world.filters import increasing
from ..world.timing import interpolate, interpolate_poses

Array = NDArray[np.float64]

HIPS = ("left_hip", "right_hip")
STILL = 1e-6  # metres, and sines of angles, by which a camera that stands still may move


def widest(focal_px: float, motion: CameraMotion) -> tuple[float, CameraMotion]:
    """Return the shortest focal length and the motion with zooms of at least 1, for that of the first frame.

    With it, whatever lay in a picture still lies in it when the zoom is taken out.
    """
    least = float(motion.zoom.min())
    return focal_px * least / float(motion.zoom[0]), replace(motion, zoom=motion.zoom / least)


def without_zoom(keypoints: Keypoints, camera: Camera, motion: CameraMotion) -> Keypoints:
    """Return the keypoints as a camera of constant focal length would have seen them.

    Points outside the picture, which the detector guesses, could come to lie inside and be believed: they count as
    unseen from here on, but for the hips, without which there is no person to look at.
    """
    centre = np.asarray(camera.principal_point)
    points = np.asarray(keypoints.points, np.float64)
    outside = ((points < 0) | (points > keypoints.image_size)).any(axis=-1)
    outside[:, [keypoints.index(name) for name in HIPS if name in keypoints.names]] = False
    points = centre + (points - centre) / motion.zoom[:, None, None]
    points[outside] = np.nan
    return replace(
        keypoints,
        points=points.astype(np.float32),
        confidence=np.where(outside, 0.0, keypoints.confidence).astype(np.float32),
    )


def filmed(take: Take, keypoints: Keypoints, camera: Camera, motion: CameraMotion) -> Take:
    """Return the take with the keypoints as they were found (``keypoints``), and the path of its camera if it moved.

    ``take.world_from_camera`` is that of the first frame.
    """
    times, own = increasing(keypoints.times), np.asarray(take.times, np.float64)
    points, confidence = np.asarray(keypoints.points, np.float32), np.asarray(keypoints.confidence, np.float32)
    poses = np.tile(np.eye(4), (len(times), 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = motion.rotation, motion.position
    focal = camera.focal_px * motion.zoom
    if len(own) != len(times) or not np.array_equal(own, times):
        points, confidence = interpolate(points, times, own), interpolate(confidence, times, own)
        poses, focal = interpolate_poses(poses, times, own), np.interp(own, times, focal)
    assert take.world_from_camera is not None
    world = take.world_from_camera @ np.linalg.inv(poses[0])
    return replace(
        take,
        keypoints=points,
        keypoint_confidence=np.nan_to_num(confidence),
        focal_px=float(focal[0]),
        camera_path=None if np.ptp(poses, axis=0).max() < STILL else world @ poses,
        focal_path=None if np.ptp(focal) < 1e-3 * focal[0] else focal,
    )
