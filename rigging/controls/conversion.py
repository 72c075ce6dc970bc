"""A motion of the bones that move the mesh, put onto the controls that move those bones. numpy only."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..rig import BoneMotion, RigRest
from ..rotations import (
    IDENTITY,
    about,
    across,
    between,
    conjugate,
    continuous,
    in_axes,
    multiply,
    norm,
    rotate,
    slerp,
    unit,
)
from ..solver.smoothing import REFERENCE_FPS, smoothed
from .bone_paths import BonePaths
from .responses import Parent, Responses
from .segments import Limb, Segment

Array = NDArray[np.float64]

LOOSE: Final = 0.005  # of the rig's size: a control that would be further than this from its joint is moved there
BENT: Final = 0.06  # of the limb: its joint is so far off the straight line where what it shows weighs 1,
USUAL: Final = 0.05  # against how the limb bends at rest,
SWINGS: Final = 2.0  # and against swings of the pole around the limb, in the axes of the limb's root
POLE_NEAR, POLE_FAR = 0.5, 1.5  # of the limb: how far from its middle joint a pole is kept


@dataclass
class Control:
    """A control: at rest, what carries it, and what it does."""

    name: str
    parent: Parent
    segments: tuple[int, ...] = ()  # that it turns
    turns: bool = True  # its rotation is keyed
    moves: bool = False  # its location can be keyed


@dataclass
class Pole:
    """A control that an elbow or a knee points to."""

    name: str
    limb: Limb
    parent: Parent
    angle: float  # radians, about the way from the limb's root to its end, from the pole to where the limb bends


@dataclass
class ControlRig:
    """The controls that are to be keyed, parents before their children, and the rest pose that they have together."""

    segments: list[Segment]
    responses: Responses
    controls: list[Control]
    mover: str | None
    goals: dict[str, Limb] = field(default_factory=dict)  # control -> limb whose end it holds
    poles: list[Pole] = field(default_factory=list)


@dataclass
class _Placed:
    """Where a control is: turn (F,4) from rest and head (F,3), armature space, and those it has without its keys."""

    turn: Array
    head: Array
    base: Array
    carried: Array


def control_motion(rest: RigRest, motion: BoneMotion, rig: ControlRig) -> BoneMotion:
    """Return the motion of the controls that makes the rig's bones move as ``motion`` says."""
    return _Conversion(rest, motion, rig).result()


class _Conversion:
    def __init__(self, rest: RigRest, motion: BoneMotion, rig: ControlRig) -> None:
        self.rest = rest
        self.motion = motion
        self.rig = rig
        self.frames = len(motion.times)
        self.paths = BonePaths(rest, motion)
        self.placed: dict[str, _Placed] = {}

    def result(self) -> BoneMotion:
        """Place every control and return the channels of those that are keyed."""
        bones: list[str] = []
        rotations: list[Array] = []
        locations: dict[str, Array] = {}
        for control in self._ordered():
            placed = self._place(control)
            self.placed[control.name] = placed
            moved = control.name != self.rig.mover and self._is_loose(control, placed)
            if moved or control.name == self.rig.mover or control.name in self.rig.goals:
                locations[control.name] = self._location(control.name, placed)
            if control.name in locations or (control.turns and self._is_moved(control)):
                bones.append(control.name)
                local = multiply(conjugate(placed.base), placed.turn)
                rotations.append(in_axes(local, self._axes(control.name)))
        for pole in self.rig.poles:
            bones.append(pole.name)
            rotations.append(np.tile(IDENTITY, (self.frames, 1)))
            locations[pole.name] = self._location(pole.name, self._place_pole(pole))
        return BoneMotion(tuple(bones), continuous(np.stack(rotations, 1)), locations, self.motion.times)

    def _ordered(self) -> list[Control]:
        """Return the controls, each after all that carry it."""
        known = {control.name: control for control in self.rig.controls}
        found: dict[str, Control] = {}

        def visit(name: str | None, above: frozenset[str]) -> None:
            if name is None or name in found or name in above or name not in known:
                return
            parent = known[name].parent
            for other in (parent.turn, parent.partial, parent.place):
                visit(other, above | {name})
            found[name] = known[name]

        for name in known:
            visit(name, frozenset())
        return list(found.values())

    def _place(self, control: Control) -> _Placed:
        base, carried = self._base(control.name, control.parent)
        turn = base
        if control.segments and control.turns and self._is_moved(control):
            turn = self._wanted_turn(control)
        elif control.name == self.rig.mover and control.turns:
            turn = self.paths.turn(self._hips())
        head = carried
        if control.name in self.rig.goals:
            head = self._goal_head(control, turn)
        elif control.name == self.rig.mover:
            head = self._mover_head(control, turn)
        elif control.parent.dragged and control.segments and self._is_moved(control):
            head = carried = self._joint_head(control, turn)  # what drags it there is trusted to
        elif control.moves and control.segments and self._is_moved(control):
            wanted = self._joint_head(control, turn)
            off = np.sqrt(np.max(np.sum((wanted - carried) ** 2, -1)))
            head = wanted if off > LOOSE * self.rig.responses.size else carried
        return _Placed(turn, head, base, carried)

    def _base(self, name: str, parent: Parent) -> tuple[Array, Array]:
        """Return turn and head that a control has without its own keys."""
        turn = np.broadcast_to(IDENTITY, (self.frames, 4))
        if parent.turn in self.placed:
            turn = self.placed[parent.turn].turn
        if parent.partial in self.placed:
            turn = slerp(turn, self.placed[parent.partial].turn, parent.share)
        head = self.rig.responses.head(name)
        if parent.place in self.placed:
            carrier = self.placed[parent.place]
            return turn, carrier.head + rotate(carrier.turn, head - self.rig.responses.head(parent.place))
        return turn, np.broadcast_to(head, (self.frames, 3))

    def _wanted_turn(self, control: Control) -> Array:
        """Return the turn (F,4) of what a control carries; of several segments in a row, from the first to the last."""
        first, last = (self.rig.segments[control.segments[k]] for k in (0, -1))
        turn = self._turn(first)
        if first is last:
            return turn
        mean = turn
        for k, index in enumerate(control.segments[1:], start=1):
            mean = slerp(mean, self._turn(self.rig.segments[index]), 1 / (k + 1))
        rest = self.rig.responses.joints(last)[1] - self.rig.responses.joints(first)[0]
        wanted = self._end(last) - self.paths.head(first.bones[0])
        return multiply(between(rotate(mean, unit(rest)), unit(wanted)), mean)

    def _turn(self, segment: Segment) -> Array:
        """Return the turn (F,4) of a segment from how the rig shows it at rest, which may not be its bone's rest."""
        return self.paths.turn_from(segment.bones[0], self.rig.responses.rest[self.rig.responses.row[segment.bones[0]]])

    def _end(self, segment: Segment) -> Array:
        if segment.end is not None:
            return self.paths.head(segment.end)
        responses, last = self.rig.responses, segment.bones[-1]
        return self.paths.head(last) + rotate(self.paths.turn(last), responses.tail(last) - responses.head(last))

    def _joint_head(self, control: Control, turn: Array) -> Array:
        """Return where a control must be for the joint where its segment begins to be in place."""
        bone = self.rig.segments[control.segments[0]].bones[0]
        return self.paths.head(bone) + rotate(
            turn, self.rig.responses.head(control.name) - self.rig.responses.head(bone)
        )

    def _goal_head(self, control: Control, turn: Array) -> Array:
        bone = self.rig.segments[self.rig.goals[control.name].end].bones[0]
        offset = self.rig.responses.head(control.name) - self.rig.responses.head(bone)
        return self.paths.head(bone) + rotate(turn, offset)

    def _mover_head(self, control: Control, turn: Array) -> Array:
        """Return where the mover must be for what it turns, or else for the controls that begin on it."""
        own = [i for i in control.segments if self.rig.segments[i].part != "root"]
        if own:
            return self._joint_head(replace(control, segments=tuple(own)), turn)
        head = self.rig.responses.head(control.name)
        children = [
            child
            for child in self.rig.controls
            if child.parent.place == control.name
            and child.segments
            and self._is_moved(child)
            and child.name not in self.rig.goals
        ]
        places = [
            self._joint_head(child, self._wanted_turn(child)) - rotate(turn, self.rig.responses.head(child.name) - head)
            for child in children
        ]
        if places:
            return np.mean(places, axis=0)
        hips = self._hips()
        return self.paths.head(hips) + rotate(turn, head - self.rig.responses.head(hips))

    def _place_pole(self, pole: Pole) -> _Placed:
        base, carried = self._base(pole.name, pole.parent)
        responses = self.rig.responses
        bones = [self.rig.segments[i].bones[0] for i in (pole.limb.upper, pole.limb.lower, pole.limb.end)]
        start, middle, end = (self.paths.head(bone) for bone in bones)
        points = [responses.head(bone) for bone in bones]
        length = sum(float(np.linalg.norm(b - a)) for a, b in pairwise(points))
        axis = unit(end - start)
        rest_axis = unit(points[2] - points[0])
        offset = across(responses.head(pole.name) - points[1], rest_axis)
        away = float(np.clip(np.linalg.norm(offset), POLE_NEAR * length, POLE_FAR * length))
        usual = rotate(about(rest_axis, np.asarray(pole.angle)), unit(offset))
        turn = self._turn(self.rig.segments[pole.limb.upper])
        bend = across(middle - start, axis)
        weight = (norm(bend) / (BENT * length)) ** 2
        weighted = weight[:, None] * rotate(conjugate(turn), unit(bend)) + USUAL * usual
        shown = rotate(turn, smoothed(weighted, weight + USUAL, SWINGS * (self._fps() / REFERENCE_FPS) ** 2))
        shown = unit(across(shown, axis))
        direction = rotate(about(axis, np.full(self.frames, -pole.angle)), shown)
        head = middle - bend + (away + norm(bend)[:, None]) * direction
        return _Placed(base, head, base, carried)

    def _location(self, name: str, placed: _Placed) -> Array:
        """Return the location channels (F,3) of a control."""
        shift = rotate(conjugate(placed.base), placed.head - placed.carried)
        axes = self.rig.responses.location_axes[self.rig.responses.row[name]]
        return shift @ np.linalg.inv(axes).T

    def _is_loose(self, control: Control, placed: _Placed) -> bool:
        return control.moves and placed.head is not placed.carried

    def _is_moved(self, control: Control) -> bool:
        """Return whether the motion has keys for what a control turns."""
        keyed = self.motion.bones
        if control.name == self.rig.mover and not control.segments:
            return True
        return any(bone in keyed for i in control.segments for bone in self.rig.segments[i].bones)

    def _fps(self) -> float:
        """Return the frames a second."""
        times = self.motion.times
        return float((len(times) - 1) / max(times[-1] - times[0], 1e-9)) if len(times) > 1 else REFERENCE_FPS

    def _hips(self) -> str:
        return next(segment.bones[0] for segment in self.rig.segments if segment.part == "hips")

    def _axes(self, name: str) -> Array:
        axes = self.rig.responses.rest[self.rig.responses.row[name], :3, :3]
        return axes / np.linalg.norm(axes, axis=0)
