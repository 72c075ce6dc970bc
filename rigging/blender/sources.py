"""The animation of an armature, of the open scene or of a file, as a Take: for retargeting it onto another rig."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Action, Object, Scene
from numpy.typing import NDArray

from ...core.take import Take
from ...errors import PosewrightError, UsageError
from ...progress import Progress, Work, silent
from ..maps.mapping import map_rig
from ..sources.skeletons import take_from_skeleton
from .armature import rest_of, world_poses
from .choosing import character_in
from .controls.dependencies import bone_in_path
from .files import open_motion
from .layers import action_curves, assign
from .linked import leave_edit_mode

Array = NDArray[np.float64]

REPORT_SECONDS = 1.0  # between reports of how far it is
STILL = 1e-5  # of the skeleton's size; what moves less does not move
RATES = (12.0, 15.0, 23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 72.0, 90.0, 100.0, 120.0, 144.0, 240.0)
RATE_ERROR = 0.004  # part of a rate by which keys may miss it


def take_from_armature(
    obj: Object,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    *,
    map_file: Path | None = None,
    progress: Progress = silent,
    provenance: dict[str, Any] | None = None,
) -> Take:
    """Return the motion of an armature of the open scene, as it is evaluated: whatever moves it.

    ``start`` and ``end`` are frames of the scene, by default those of its action, of its NLA strips or of the scene;
    ``fps`` frames a second of the take, by default the scene's. The scene is left at the frame where it was. Raises
    PosewrightError when the armature is no humanoid or does not move.
    """
    work = reading_armature(obj, start, end, fps, map_file=map_file, provenance=provenance, seconds=REPORT_SECONDS)
    while True:
        try:
            progress("rig", 0.02 + 0.04 * next(work), "reading the animation")
        except StopIteration as stop:
            return stop.value


def reading_armature(
    obj: Object,
    start: float | None = None,
    end: float | None = None,
    fps: float | None = None,
    *,
    map_file: Path | None = None,
    provenance: dict[str, Any] | None = None,
    seconds: float,
) -> Work[Take]:
    """Do what ``take_from_armature`` does in pieces of about so many seconds; nothing is changed between them."""
    if obj.data.pose_position == "REST":
        raise PosewrightError(f"{obj.name} is shown in its rest position; set its skeleton to Pose Position first.")
    if obj.mode == "EDIT":
        raise PosewrightError(f"{obj.name} is in Edit Mode, in which nothing moves; leave it first.")
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base
    first, last = _span(obj, scene)
    first, last = first if start is None else start, last if end is None else end
    if last < first:
        raise UsageError(f"The animation cannot end at frame {last:g} when it starts at frame {first:g}.")
    frames = first + np.arange(int((last - first) / rate * (fps or rate) + 1e-3) + 1) * (rate / (fps or rate))
    rest = rest_of(obj)
    rig_map = map_rig(rest, map_file)
    poses = np.empty((len(frames), len(rest.bones), 4, 4))
    count = 0
    while count < len(frames):
        until = time.monotonic() + seconds
        with closing(world_poses(obj, rest, frames[count:])) as found:
            for matrices in found:
                poses[count] = matrices
                count += 1
                if time.monotonic() > until:
                    break
        yield count / len(frames)
    places = poses[..., :3, 3]
    moved = float(np.abs(places - places[:1]).max())
    if len(frames) > 1 and moved <= STILL * float(np.ptp(places[0], axis=0).max()):
        raise PosewrightError(
            f"The armature {obj.name} does not move between frames {first:g} and {last:g}; "
            "give it an action, or name another armature, action or range."
        )
    return take_from_skeleton(rest, rig_map, poses, fps or rate, provenance=provenance)


def take_from_file(
    path: Path,
    armature: str | None = None,
    action: str | None = None,
    *,
    fps: float | None = None,
    map_file: Path | None = None,
    progress: Progress = silent,
) -> Take:
    """Return the motion of an armature in a file (.blend .fbx .glb .gltf .vrm .usd): for command lines and jobs.

    It is that of the named action, else the one that the file shows, else the longest. The scene that is open in this
    process is replaced. Raises PosewrightError when the file has no animated humanoid.
    """
    open_motion(path)
    scene = bpy.context.scene
    obj = character_in(
        scene, armature, source=str(path), option="--from-armature", map_file=map_file, rather=_is_animated
    )
    _choose(obj, action, path)
    if obj.data.library is None:
        obj.data.pose_position = "POSE"
    if obj.mode == "EDIT":
        leave_edit_mode(obj)
    rate = scene.render.fps / scene.render.fps_base
    if fps is None and path.suffix.lower() in (".glb", ".gltf", ".vrm"):
        fps = _rate_of_keys(obj, rate)  # these files know seconds, not frames
    name = obj.animation_data.action.name if obj.animation_data and obj.animation_data.action else None
    source = {"name": path.name, "armature": obj.name, "action": name}
    if path.suffix.lower().startswith(".usd") and fps is None:
        source["note"] = f"Blender does not read the frame rate of {path.name}; {rate:g} frames a second were taken."
    return take_from_armature(obj, fps=fps, map_file=map_file, progress=progress, provenance=source)


def _span(obj: Object, scene: Scene) -> tuple[float, float]:
    """Return the frames between which the armature is animated."""
    animation = obj.animation_data
    if animation is not None and animation.action is not None:
        return tuple(animation.action.frame_range)
    strips = (
        [] if animation is None else [s for t in animation.nla_tracks if not t.mute for s in t.strips if not s.mute]
    )
    if strips:
        return min(strip.frame_start for strip in strips), max(strip.frame_end for strip in strips)
    return float(scene.frame_start), float(scene.frame_end)


def _is_animated(obj: Object) -> bool:
    animation = obj.animation_data
    return animation is not None and (animation.action is not None or len(animation.nla_tracks) > 0)


def _choose(obj: Object, name: str | None, path: Path) -> None:
    """Make the wanted action the one that moves the armature."""
    animation = obj.animation_data
    if name is not None:
        found = bpy.data.actions.get(name)
        if found is None or not _moves(found, obj):
            names = ", ".join(sorted(a.name for a in bpy.data.actions if _moves(a, obj))) or "none"
            raise PosewrightError(f"There is no action {name} for {obj.name} in {path}; it holds: {names}.")
        _show(obj, found)
        return
    if animation is not None and animation.action is not None:
        return
    if animation is not None and any(track.strips and not track.mute for track in animation.nla_tracks):
        return
    usable = [action for action in bpy.data.actions if _moves(action, obj)]
    if usable:
        _show(obj, max(usable, key=lambda action: action.frame_range[1] - action.frame_range[0]))
    elif not _is_driven(obj):
        raise PosewrightError(f"{path} holds no animation of {obj.name}; choose a file in which the character moves.")


def _show(obj: Object, action: Action) -> None:
    animation = obj.animation_data_create()
    animation.use_tweak_mode = False
    for track in animation.nla_tracks:
        track.mute = True
        track.is_solo = False
    assign(obj, action)


def _moves(action: Action, obj: Object) -> bool:
    """Return whether an action has curves for bones of the armature."""
    slots = getattr(action, "slots", (None,))
    paths = {curve.data_path for slot in slots for curve in action_curves(action, slot)}
    named = (bone_in_path(path) for path in paths)
    return any(found is not None and found[0] in obj.pose.bones for found in named)


def _is_driven(obj: Object) -> bool:
    """Return whether something other than actions may move the armature's bones."""
    return any(bone.constraints for bone in obj.pose.bones) or bool(obj.animation_data and obj.animation_data.drivers)


def _rate_of_keys(obj: Object, scene_rate: float) -> float:
    """Return the frames a second at which the keys of the present action lie; the scene's where they tell nothing."""
    animation = obj.animation_data
    if animation is None or animation.action is None:
        return scene_rate
    times: set[float] = set()
    for curve in action_curves(animation.action, getattr(animation, "action_slot", None)):
        points = np.empty(2 * len(curve.keyframe_points), np.float32)
        curve.keyframe_points.foreach_get("co", points)
        times |= set(np.round(points[0::2] / scene_rate, 5).tolist())
    steps = np.diff(sorted(times))
    steps = steps[steps > 1e-3]
    if len(steps) < 2:
        return scene_rate
    rate = 1.0 / float(np.median(steps))
    near = min(RATES, key=lambda usual: abs(usual - rate))
    if abs(near - rate) <= RATE_ERROR * near:
        return near
    return rate if scene_rate <= rate <= RATES[-1] else scene_rate
