"""From lifted poses to a Take: metres, Z up, feet on the floor, going where the person went."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..settings import DEFAULT_FILTER, TrackSettings, refine_terms
from ..skeleton import JOINTS
from ..take import Take
from ..values import Camera, CameraMotion, CameraPose, Keypoints
from ..vectors import unit
from .body import DEFAULT_HEIGHT, bone_lengths, canonical, evenness, stature, with_lengths
from .confidence import joint_confidence
from .directions import directions_of
from .evidence import Evidence, Fit, hidden_bones, joint_uncertainty, lifted_bones, shown_feet
from .extremities import extremities
from .feet import STEADY, UNSURE_DEPTH, Contacts, Limits, estimate_contacts
from .filters import increasing
from .ground import REST_HEIGHTS, camera_rotation, floor_height
from .planting import plant_path
from .refine import refine
from .root import observations, seen_joints, solve_root
from .smoothing import fill_gaps, hampel, smooth, smooth_directions
from .timing import even_take
from .up import feet_plane, mean_up, posture_guesses
from .view import View

Array = NDArray[np.float64]

START_SMOOTHING: Final = 0.5
"""Strength of the filter on what the refinement starts from."""

ROUNDS: Final = (4, 3)
"""Iterations of the refinement with the first guess of ground and contacts, and with what they are after it."""

UP: Final = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class _Scene:
    """What stays the same while the motion is solved."""

    times: Array  # (F,)
    view: View
    trust: Array  # (F,) how well each frame was seen
    seen: Array  # (F,22) confidence of the joints' keypoints
    height: float  # metres, of the person
    rotation: Array  # (3,3) reference axes to axes with Z up
    solved: bool  # the reference axes are those of a scene, with Z up

    @property
    def up(self) -> Array:
        """The up axis (3,) in reference axes."""
        return self.rotation[2]


@dataclass(frozen=True)
class _Ground:
    """Where the floor is, and when which foot stands."""

    floor: float  # height of the floor along ``_Scene.up``
    contacts: Contacts


def solve_world(
    pose: CameraPose,
    keypoints: Keypoints,
    camera: Camera,
    settings: TrackSettings,
    camera_motion: CameraMotion | None = None,
) -> Take:
    """Return the motion in the world for lifted poses and the 2D keypoints they came from.

    The person gets one set of bone lengths (of ``settings.height``, or an average adult's), a path, an up axis and a
    floor. Without ``camera_motion`` the camera stands still; with that of a solved camera the world is that of its
    scene. The take has the frame rate of ``settings.fps`` or of the footage. Raises PosewrightError when no frame
    shows enough of a person, UsageError for settings that make no sense.
    """
    terms = refine_terms(settings.refine)
    times = _check(pose, keypoints)
    lifted, missing = _whole_motion(canonical(pose), times)
    view = View.of(camera, camera_motion, len(times))
    height = settings.height or DEFAULT_HEIGHT
    raw, trust = _in_metres(lifted, keypoints, camera, view, times, height)
    solved = camera_motion is not None and camera_motion.kind == "solved"
    scene = _Scene(times, view, trust, seen_joints(keypoints), height, np.eye(3), solved)
    if not solved:
        scene = replace(scene, rotation=_upright(_smoothed(raw, scene, START_SMOOTHING, DEFAULT_FILTER), scene))

    refined = raw
    if terms:
        scale = height / stature(bone_lengths(lifted))
        refined = _refined(raw, scale * lifted, joint_uncertainty(pose, scale), keypoints, camera, scene, terms)
    filtered = _smoothed(refined, scene, settings.smooth, settings.filter)
    motion = _planted(filtered, scene)
    ground = _find_ground(motion, scene, STEADY)
    fitted = replace(refined, root=refined.root + motion.root - filtered.root)
    take = _take((motion, raw, fitted), ground, scene, keypoints, camera, missing, settings)
    return even_take(take)


def _take(
    motions: tuple[Fit, Fit, Fit],
    ground: _Ground,
    scene: _Scene,
    keypoints: Keypoints,
    camera: Camera,
    missing: NDArray[np.bool_],
    settings: TrackSettings,
) -> Take:
    """Return the take of a motion in reference axes, of how it was lifted and of what it was before the filter."""
    transform = _world(motions[0], ground, scene)
    found, found_raw, found_fitted = (
        extremities(scene.view.to_camera(fit.joints), keypoints, camera, scene.times, scene.height) for fit in motions
    )
    confidence = joint_confidence(keypoints, missing, scene.times)
    first = np.eye(4)
    first[:3, :3], first[:3, 3] = scene.view.rotation[0], scene.view.position[0]
    return Take(
        joints=_moved(scene.view.to_reference(found.all_joints), transform).astype(np.float32),
        joint_names=(*JOINTS, *found.names),
        fps=settings.fps or _rate(scene.times),
        times=scene.times,
        confidence=np.concatenate([confidence, found.confidence], axis=1).astype(np.float32),
        contacts=ground.contacts.chance.astype(np.float32),
        joints_raw=_moved(scene.view.to_reference(found_raw.all_joints), transform).astype(np.float32),
        joints_fitted=_moved(scene.view.to_reference(found_fitted.all_joints), transform).astype(np.float32),
        keypoints=np.asarray(keypoints.points, np.float32),
        keypoint_names=keypoints.names,
        keypoint_confidence=np.nan_to_num(np.asarray(keypoints.confidence, np.float32)),
        keypoint_depth=None if keypoints.depth_hint is None else np.asarray(keypoints.depth_hint[..., 2], np.float32),
        focal_px=camera.focal_px,
        principal_point=camera.principal_point,
        image_size=camera.image_size,
        world_from_camera=transform @ first,
    )


def _world(motion: Fit, ground: _Ground, scene: _Scene) -> Array:
    """Return the matrix (4,4) from reference axes to the world: the person starts over its origin, on the floor.

    When the reference is the world of a scene, that stays.
    """
    transform = np.eye(4)
    if not scene.solved:
        start = scene.rotation @ motion.root[0]
        transform[:3, :3] = scene.rotation
        transform[:3, 3] = [-start[0], -start[1], -ground.floor]
    return transform


def _moved(joints: Array, transform: Array) -> Array:
    return joints @ transform[:3, :3].T + transform[:3, 3]


def _check(pose: CameraPose, keypoints: Keypoints) -> Array:
    times = increasing(keypoints.times)
    if len(pose.joints) != len(keypoints.points) or len(times) != len(keypoints.points):
        raise ValueError("pose, keypoints and times must have the same number of frames")
    if len(times) < 2:
        raise PosewrightError(
            "Only a single frame of the footage is used, and motion needs two: change start, end or frame rate."
        )
    return times


def _whole_motion(joints: Array, times: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the poses without outliers and gaps, and the mask (F,22) of what was filled in."""
    typical = float(np.nanmedian(np.linalg.norm(joints[:, 1:], axis=-1))) if np.isfinite(joints).any() else 0.0
    filled, missing = fill_gaps(hampel(joints, half_window=3, floor=0.15 * typical), times)
    if not np.isfinite(filled).all():
        raise PosewrightError("Too little of the person was seen to find a pose; use footage that shows the body.")
    return filled, missing


def _in_metres(
    lifted: Array, keypoints: Keypoints, camera: Camera, view: View, times: Array, height: float
) -> tuple[Fit, Array]:
    """Return the motion of a body of constant bones and this height where the keypoints show it, and its trust (F,)."""
    lengths = bone_lengths(lifted)
    scale = height / stature(lengths)
    pose = with_lengths(lifted * scale, lengths * scale)
    pixels, weights = observations(keypoints, camera)
    root, trust = solve_root(pose, pixels, weights, evenness(lifted, lengths), camera, times)
    directions = view.turn_to_reference(directions_of(pose))
    return Fit(view.to_reference(root), directions, lengths * scale), trust


def _refined(
    raw: Fit,
    lifted: Array,
    uncertainty: Array,
    keypoints: Keypoints,
    camera: Camera,
    scene: _Scene,
    terms: frozenset[str],
) -> Fit:
    """Return the motion fitted to everything that is known of it; floor and contacts are found anew on the way."""
    directions, spread = lifted_bones(lifted, raw.lengths, uncertainty)
    pixels, _ = observations(keypoints, camera)
    evidence = Evidence(
        times=scene.times,
        view=scene.view,
        pixels=pixels,
        trust=scene.seen,
        uncertainty=uncertainty,
        directions=scene.view.turn_to_reference(directions),
        spread=spread,
        hidden=hidden_bones(scene.seen, scene.times),
        lengths=raw.lengths,
        height=scene.height,
        stands=np.zeros((len(scene.times), 4)),
        levels=np.zeros((len(scene.times), 4)),
        up=UP,
    )
    fit = _planted(_smoothed(raw, scene, START_SMOOTHING, DEFAULT_FILTER), scene)
    for iterations in ROUNDS:
        ground = _find_ground(fit, scene, STEADY)
        levels = ground.floor + ground.contacts.level + scene.height * np.array(REST_HEIGHTS)
        evidence = replace(evidence, stands=ground.contacts.chance, levels=levels, up=scene.up)
        fit = refine(fit, evidence, terms, iterations)
    return fit


def _smoothed(motion: Fit, scene: _Scene, strength: float, filter: str) -> Fit:
    directions = smooth_directions(motion.directions, scene.times, strength, filter)
    return Fit(smooth(motion.root, scene.times, strength, filter), directions, motion.lengths)


def _planted(motion: Fit, scene: _Scene) -> Fit:
    """Return the motion on a path on which standing feet stand, in two rounds: what stands shows better then."""
    for limits in (UNSURE_DEPTH, STEADY):
        ground = _find_ground(motion, scene, limits)
        pose = motion.joints - motion.root[:, None]
        sight = motion.root - scene.view.position
        contacts, height = ground.contacts, scene.height
        root = plant_path(motion.root, pose, contacts, sight, scene.up, ground.floor, height, scene.times)
        motion = replace(motion, root=root)
    return motion


def _upright(motion: Fit, scene: _Scene) -> Array:
    """Return the rotation (3,3) of reference axes to axes with Z up, for a motion that no floor has changed."""
    guesses = posture_guesses(motion.joints, scene.trust, scene.seen, scene.times)
    up = mean_up(guesses)
    contacts = _find_ground(motion, replace(scene, rotation=camera_rotation(up)), UNSURE_DEPTH).contacts
    pose = motion.joints - motion.root[:, None]
    sight = motion.root - scene.view.position
    root = plant_path(motion.root, pose, contacts, sight, up, 0.0, scene.height, scene.times, pressed=False)
    standing = root[:, None] + pose
    return camera_rotation(mean_up(guesses + feet_plane(standing, contacts.on_floor, scene.height, up, scene.times)))


def _find_ground(motion: Fit, scene: _Scene, limits: Limits) -> _Ground:
    """Find the floor, and when which foot stands."""
    upright = motion.joints @ scene.rotation.T
    floor = floor_height(upright, scene.height, scene.trust, scene.times)
    sight = unit(scene.rotation @ np.median(motion.root - scene.view.position, axis=0))
    shown = shown_feet(scene.seen, scene.times)
    contacts = estimate_contacts(upright - [0, 0, floor], sight, scene.times, scene.height, shown, limits)
    return _Ground(floor, contacts)


def _rate(times: Array) -> float:
    return float(1.0 / np.median(np.diff(times)))
