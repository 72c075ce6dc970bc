"""What really moves a rig: controls are turned or moved one after the other and the answers of all bones are read.

Everything happens in a scene of its own that holds the armature alone, so that meshes cost nothing; pose, animation and
custom properties are afterwards as they were.
"""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

import bpy
import numpy as np
from bpy.types import Object, PoseBone
from mathutils import Matrix
from numpy.typing import NDArray

from ...controls.responses import TURN, Responses
from ...controls.segments import Limb, Segment
from ...rotations import about, to_matrix
from .dependencies import Dependencies
from .properties import get_property, set_property

Array = NDArray[np.float64]

ASKEW = np.array([0.48, 0.6, 0.64])
"""The axis that controls are turned about: along no bone and no axis of the world."""

_AT_REST = {
    "location": (0.0, 0.0, 0.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
}
"""The channels of bones and their values at rest. They are read and written for all bones at once: one by one takes as
long as several evaluations."""


class Probe:
    """An armature at rest whose bones can be put anywhere; a context manager that restores everything."""

    def __init__(self, obj: Object) -> None:
        self.obj = obj
        self._poses: dict[str, NDArray[np.float32]] = {}
        self._properties: dict[str, Any] = {}
        self._posed: set[str] = set()
        self._rows = {bone.name: row for row, bone in enumerate(obj.pose.bones)}
        self._dependencies: Dependencies | None = None

    def __enter__(self) -> "Probe":
        self._scene = bpy.data.scenes.new("Posewright probe")
        self._scene.collection.objects.link(self.obj)
        self._hidden = self.obj.hide_viewport
        if self._hidden:
            self.obj.hide_viewport = False  # what is disabled is not evaluated
        self._detach_animation()
        bones = self.obj.pose.bones
        for channel, values in _AT_REST.items():
            self._poses[channel] = np.empty(len(values) * len(bones), np.float32)
            bones.foreach_get(channel, self._poses[channel])
            bones.foreach_set(channel, np.tile(np.array(values, np.float32), len(bones)))
        self._position = self.obj.data.pose_position
        if self._position != "POSE":
            self.obj.data.pose_position = "POSE"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel, values in self._poses.items():
            self.obj.pose.bones.foreach_set(channel, values)
        for path, former in self._properties.items():
            set_property(self.obj, path, former)
        if self._position != "POSE":
            self.obj.data.pose_position = self._position
        self._attach_animation()
        self._evaluated()  # drivers write what they give into constraints
        if self._hidden:
            self.obj.hide_viewport = True
        bpy.data.scenes.remove(self._scene)
        self.obj.update_tag()

    def set(self, path: str, value: float) -> None:
        """Set a property by its path (see ``property_path``)."""
        self._properties.setdefault(path, get_property(self.obj, path))
        set_property(self.obj, path, value)
        self._dependencies = None

    def get(self, path: str) -> float:
        """Return the value of a property."""
        return float(get_property(self.obj, path))

    def dependencies(self) -> Dependencies:
        """Return what depends on what in the present state of the properties."""
        if self._dependencies is None:
            self._dependencies = Dependencies(self.obj, self._evaluated())
        return self._dependencies

    def pose(self, bones: Iterable[str], basis: Mapping[str, Array] | None = None) -> Array:
        """Return the matrices (N,4,4) of bones in armature space when the bones in ``basis`` have these channels.

        All other bones are at rest in their parents.
        """
        basis = basis or {}
        for name in self._posed - basis.keys():
            self.obj.pose.bones[name].matrix_basis = Matrix.Identity(4)
        for name, matrix in basis.items():
            self.obj.pose.bones[name].matrix_basis = Matrix(matrix.tolist())
        self._posed = set(basis)
        posed = self._evaluated().pose.bones
        matrices = np.empty(16 * len(posed), np.float32)
        posed.foreach_get("matrix", matrices)
        rows = [self._rows[name] for name in bones]
        return matrices.reshape(-1, 4, 4).transpose(0, 2, 1)[rows].astype(np.float64)

    def _evaluated(self) -> Object:
        self.obj.update_tag()
        layer = self._scene.view_layers[0]
        layer.update()
        return self.obj.evaluated_get(layer.depsgraph)

    def _detach_animation(self) -> None:
        animation = self.obj.animation_data
        self._animation = None
        if animation is not None:
            self._tweaked = animation.use_tweak_mode
            animation.use_tweak_mode = False  # while a strip is edited the action cannot be changed
            self._animation = animation.action, getattr(animation, "action_slot", None), animation.use_nla
            animation.action = None
            animation.use_nla = False

    def _attach_animation(self) -> None:
        if self._animation is None:
            return
        animation = self.obj.animation_data
        animation.action, slot, animation.use_nla = self._animation
        if slot is not None:
            animation.action_slot = slot
        animation.use_tweak_mode = self._tweaked


def respond(
    probe: Probe, segments: list[Segment], limbs: list[Limb], *, locked: bool = False
) -> tuple[Responses, dict[str, bool]]:
    """Turn and move every control that may move the segments; return the answers, and which controls people see.

    Controls whose rotation is locked about some axis are turned only if ``locked``.
    """
    dependencies = probe.dependencies()
    wanted = _joint_bones(segments)
    free = {name: probe.obj.pose.bones[name] for name in sorted(dependencies.above(wanted) - dependencies.held)}
    turning = [name for name, bone in free.items() if _turns(bone, locked=locked)]
    moving = [name for name, bone in free.items() if _moves(bone)]
    controls = list(dict.fromkeys([*turning, *moving]))
    bones = tuple(dict.fromkeys([*wanted, *controls]))
    rest = probe.pose(bones)
    lengths = np.array([probe.obj.pose.bones[name].length for name in bones])
    axes = np.stack([_location_axes(probe.obj.pose.bones[name], rest[n]) for n, name in enumerate(bones)])
    size = float(np.ptp(rest[:, :3, 3], axis=0).max()) or 1.0
    responses = Responses(bones, rest, lengths, axes, {}, {}, size)
    followers = dependencies.followers(controls)
    for group in _apart(turning, followers, set(bones)):
        _try(probe, responses, responses.turned, {name: _turned(responses, name) for name in group}, followers)
    responses.turned = {name: posed for name, posed in responses.turned.items() if responses.turns_itself(name)}
    for group in _apart(moving, followers, set(bones)):
        basis = {name: move_of(responses, name, segments, limbs) for name in group}
        _try(probe, responses, responses.moved, basis, followers)
    return responses, {name: free[name].custom_shape is not None for name in controls}


def _try(
    probe: Probe,
    responses: Responses,
    answers: dict[str, Array],
    basis: dict[str, Array],
    followers: Mapping[str, frozenset[str]],
) -> None:
    """Pose controls that have nothing to do with each other at once, and note for each what followed it."""
    if not basis:
        return
    posed = probe.pose(responses.bones, basis)
    for name in basis:
        own = np.array([bone in followers[name] for bone in responses.bones])
        answers[name] = np.where(own[:, None, None], posed, responses.rest)


def _joint_bones(segments: list[Segment]) -> list[str]:
    found: dict[str, None] = {}
    for segment in segments:
        found |= dict.fromkeys([*segment.bones, *segment.carried, *([segment.end] if segment.end else [])])
    return list(found)


def _apart(controls: Iterable[str], followers: Mapping[str, frozenset[str]], looked_at: set[str]) -> list[list[str]]:
    """Return the controls in groups in which no two move the same bone that is looked at."""
    groups: list[tuple[list[str], set[str]]] = []
    for name in sorted(controls, key=lambda name: (-len(followers[name] & looked_at), name)):
        moved = followers[name] & looked_at
        for group, taken in groups:
            if not moved & taken:
                group.append(name)
                taken |= moved
                break
        else:
            groups.append(([name], set(moved)))
    return [group for group, _ in groups]


def _turned(responses: Responses, name: str) -> Array:
    """Return the channels (4,4) that turn a control about an axis that is askew to everything."""
    axes = responses.rest[responses.row[name], :3, :3]
    axes = axes / np.linalg.norm(axes, axis=0)
    basis = np.eye(4)
    basis[:3, :3] = axes.T @ to_matrix(about(ASKEW, np.asarray(TURN))) @ axes
    return basis


def move_of(responses: Responses, name: str, segments: list[Segment], limbs: list[Limb]) -> Array:
    """Return the channels (4,4) that move a control as the end of the nearest limb can go: inwards and aside."""
    step = 0.05 * responses.size * ASKEW
    head = responses.head(name)
    ends = [
        (responses.head(segments[limb.upper].bones[0]), responses.head(segments[limb.end].bones[0])) for limb in limbs
    ]
    if ends:
        start, end = min(ends, key=lambda pair: float(np.linalg.norm(pair[1] - head)))
        step = 0.3 * (start - end) + 0.1 * float(np.linalg.norm(start - end)) * ASKEW
    basis = np.eye(4)
    basis[:3, 3] = np.linalg.solve(responses.location_axes[responses.row[name]], step)
    return basis


def _location_axes(bone: PoseBone, rest: Array) -> Array:
    """Return the axes (3,3) that a bone's location channels count in."""
    if bone.bone.use_local_location:
        return rest[:3, :3]
    return np.eye(3) if bone.parent is None else np.array(bone.parent.bone.matrix_local, np.float64)[:3, :3]


def _turns(bone: PoseBone, *, locked: bool) -> bool:
    """Return whether people may turn a bone about all axes, or with ``locked`` about one at least."""
    return not all(bone.lock_rotation) if locked else not any(bone.lock_rotation)


def _moves(bone: PoseBone) -> bool:
    return not any(bone.lock_location) and not (bone.bone.use_connect and bone.parent is not None)
