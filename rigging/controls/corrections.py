"""What a rig did with its controls against what it should have done, and controls corrected by it. numpy only."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal

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
    from_matrix,
    multiply,
    norm,
    rotate,
    slerp,
    to_matrix,
    unit,
)
from .bone_paths import BonePaths
from .conversion import LOOSE, Control, ControlRig, Pole
from .segments import Limb, Segment

Array = NDArray[np.float64]
Frames = NDArray[np.int64]

PLACES: Final = 6.0  # degrees for each hundredth of the rig's size divided by (100 degrees): see ``Judge.error``
SHOWN: Final = 0.04  # of the limb: its middle joint is so far off the straight line where a pole is half corrected


class Judge:
    """Compares poses that a rig had under its controls with the motion of its bones.

    Poses are matrices (S,N,4,4) of the bones of ``rig.responses`` in S frames of the motion.
    """

    def __init__(self, rest: RigRest, motion: BoneMotion, rig: ControlRig) -> None:
        self.rig = rig
        self.paths = BonePaths(rest, motion)
        self.rest = rest
        self.moved = set(motion.bones)
        self._hips = next(segment.bones[0] for segment in rig.segments if segment.part == "hips")

    def error(self, posed: Array, frames: Frames) -> float:
        """Return how far the worst piece is off in degrees, mean of the frames, limbs with IK included."""
        return max(self.body_error(posed, frames), self.bend_error(posed, frames))

    def bend_error(self, posed: Array, frames: Frames) -> float:
        """Return how far the worst bone of the limbs with IK is off in degrees, mean of the frames."""
        segments = [self.rig.segments[i] for limb in self.rig.goals.values() for i in (limb.upper, limb.lower)]
        return max((self._degrees_off(segment, segment, posed, frames) for segment in segments), default=0.0)

    def body_error(self, posed: Array, frames: Frames) -> float:
        """Return how far the worst of the other pieces is off in degrees, mean of the frames.

        They are what controls turn, and the way from the hips to shoulders and hip joints. A body that is off by a
        hundredth of the rig's size counts as ``PLACES`` * 0.57 degrees.
        """
        found = [0.0, float(PLACES * np.degrees(norm(self._way(self._hips, posed, frames)) / self._size).mean())]
        for control in self._turning():
            first, last = (self.rig.segments[control.segments[k]] for k in (0, -1))
            found.append(self._degrees_off(first, last, posed, frames))
        start, at = self.paths.head(self._hips)[frames], self._head(self._hips, posed)
        for segment in self.rig.segments:
            if segment.part.endswith(("upper_arm", "thigh")):
                bone = segment.bones[0]
                found.append(_degrees(self._head(bone, posed) - at, self.paths.head(bone)[frames] - start))
        return max(found)

    def with_body(self, keyed: BoneMotion, posed: Array, frames: Frames) -> BoneMotion:
        """Return the motion with controls turned and moved by what they are off in some frames, between them likewise.

        Each control is turned by what its segments are off beyond what turned those that carry it; the body goes where
        its hips belong. Goals and poles of IK stay in place.
        """
        turned: dict[str, Array] = {}
        rotations = keyed.rotations.copy()
        for control in self._turning():
            column = keyed.bones.index(control.name)
            carried = next((turned[name] for name in self._above(control.name) if name in turned), IDENTITY)
            off = self._off(control, posed, frames)
            turned[control.name] = off
            own = multiply(conjugate(np.broadcast_to(carried, off.shape)), off)
            local = _in_axes_of(self._matrix(control.name, posed), own)
            rotations[:, column] = multiply(rotations[:, column], _between_turns(local, frames, len(rotations)))
        moved = self._moved(keyed, self._ways(keyed, posed, frames), posed, frames)
        return replace(moved, rotations=continuous(rotations))

    def with_limbs(self, keyed: BoneMotion, posed: Array, frames: Frames) -> BoneMotion:
        """Return the motion with the goals of IK moved to where hands and feet belong, and poles swung around limbs.

        Only where limbs begin in their places: those that cannot reach their goals would draw them further away.
        """
        ends = {name: self.rig.segments[limb.end].bones[0] for name, limb in self.rig.goals.items()}
        ways = {name: self._way(bone, posed, frames) for name, bone in ends.items()}
        ways |= {pole.name: self._swing(pole, posed, frames) for pole in self.rig.poles}
        return self._moved(keyed, ways.items(), posed, frames)

    def _moved(self, keyed: BoneMotion, ways: Iterable[tuple[str, Array]], posed: Array, frames: Frames) -> BoneMotion:
        """Return the motion with controls moved by ways (S,3) of armature space."""
        locations = dict(keyed.locations)
        for name, way in ways:
            axes = self._location_axes(name, keyed, posed, frames)
            step = np.linalg.solve(axes, way[..., None])[..., 0]
            before = locations.get(name, np.zeros((len(keyed.times), 3)))
            locations[name] = before + _between_ways(step, frames, len(keyed.times))
        return replace(keyed, locations=locations)

    @property
    def _size(self) -> float:
        return self.rig.responses.size

    def _turning(self) -> list[Control]:
        return [
            control
            for control in self.rig.controls
            if control.turns
            and control.segments
            and any(bone in self.moved for i in control.segments for bone in self.rig.segments[i].bones)
        ]

    def _above(self, name: str, how: Literal["turn", "place"] = "turn") -> list[str]:
        """Return what turns or places a control, the nearest first."""
        parents = {control.name: getattr(control.parent, how) for control in self.rig.controls}
        found: list[str] = []
        while (above := parents.get(name)) is not None and above not in found:
            found.append(above)
            name = above
        return found

    def _off(self, control: Control, posed: Array, frames: Frames) -> Array:
        """Return the turns (S,4) that a control still lacks."""
        first, last = (self.rig.segments[control.segments[k]] for k in (0, -1))
        whole = control.name in self.rig.goals or first.end is None
        if whole or not self.rig.responses.carries(control.name, first, whole=False):
            actual = from_matrix(self._matrix(first.bones[0], posed))
            axes = from_matrix(self.rest.rest[self.rest.index(first.bones[0]), :3, :3])
            return multiply(multiply(self.paths.turn(first.bones[0])[frames], axes), conjugate(actual))
        return between(self._direction(first, last, posed), self._wanted(first, last, frames))

    def _ways(self, keyed: BoneMotion, posed: Array, frames: Frames) -> Iterator[tuple[str, Array]]:
        """Return the ways (S,3) that controls still have to go beyond those that carry them, armature space."""
        off: dict[str, Array] = {}
        if self.rig.mover in keyed.locations:
            off[self.rig.mover] = self._way(self._hips, posed, frames)
            yield self.rig.mover, off[self.rig.mover]
        for control in self.rig.controls:
            if not control.segments or control.name in (self.rig.mover, *self.rig.goals):
                continue
            segment = self.rig.segments[control.segments[0]]
            way = self._way(segment.bones[0], posed, frames)
            loose = control.moves and segment.part == "spine" and norm(way).max() > LOOSE * self._size
            if loose or control.name in keyed.locations:
                off[control.name] = way
                carried = next((off[name] for name in self._above(control.name, "place") if name in off), np.zeros(3))
                yield control.name, off[control.name] - carried

    def _swing(self, pole: Pole, posed: Array, frames: Frames) -> Array:
        """Return the way (S,3) of a pole that swings a limb's middle joint to where it belongs."""
        names = self._joints(pole.limb)
        actual = [self._head(name, posed) for name in names]
        wanted = [self.paths.head(name)[frames] for name in names]
        axis, wanted_axis = unit(actual[2] - actual[0]), unit(wanted[2] - wanted[0])
        bend = across(actual[1] - actual[0], axis)
        aim = rotate(between(wanted_axis, axis), across(wanted[1] - wanted[0], wanted_axis))
        length = norm(wanted[1] - wanted[0]) + norm(wanted[2] - wanted[1])
        shown = np.minimum(norm(bend), norm(aim)) ** 2
        angle = np.arctan2(np.sum(np.cross(bend, aim) * axis, -1), np.sum(bend * aim, -1))
        angle = angle * shown / (shown + (SHOWN * length) ** 2)
        arm = self._head(pole.name, posed) - actual[0]
        return rotate(about(axis, angle), arm) - arm

    def _joints(self, limb: Limb) -> list[str]:
        return [self.rig.segments[i].bones[0] for i in (limb.upper, limb.lower, limb.end)]

    def _way(self, bone: str, posed: Array, frames: Frames) -> Array:
        return self.paths.head(bone)[frames] - self._head(bone, posed)

    def _head(self, bone: str, posed: Array) -> Array:
        return posed[:, self.rig.responses.row[bone], :3, 3]

    def _matrix(self, bone: str, posed: Array) -> Array:
        """Return the axes (S,3,3) of a bone, without scale."""
        matrix = posed[:, self.rig.responses.row[bone], :3, :3]
        return matrix / norm(np.swapaxes(matrix, -1, -2))[:, None, :]

    def _location_axes(self, name: str, keyed: BoneMotion, posed: Array, frames: Frames) -> Array:
        """Return the axes (S,3,3) that a control's location channels count in where the rig is posed."""
        responses = self.rig.responses
        row = responses.row[name]
        own = to_matrix(keyed.rotations[frames, keyed.bones.index(name)])
        rest = responses.rest[row, :3, :3] / norm(responses.rest[row, :3, :3].T)
        return self._matrix(name, posed) @ np.swapaxes(own, -1, -2) @ rest.T @ responses.location_axes[row]

    def _degrees_off(self, first: Segment, last: Segment, posed: Array, frames: Frames) -> float:
        return _degrees(self._direction(first, last, posed), self._wanted(first, last, frames))

    def _direction(self, first: Segment, last: Segment, posed: Array) -> Array:
        start = self._head(first.bones[0], posed)
        if last.end is not None:
            return unit(self._head(last.end, posed) - start)
        return unit(posed[:, self.rig.responses.row[last.bones[-1]], :3, 1])

    def _wanted(self, first: Segment, last: Segment, frames: Frames) -> Array:
        if last.end is not None:
            return unit(self.paths.head(last.end)[frames] - self.paths.head(first.bones[0])[frames])
        bone = last.bones[-1]
        return to_matrix(self.paths.turn(bone)[frames]) @ self.rest.rest[self.rest.index(bone), :3, 1]


def _degrees(actual: Array, wanted: Array) -> float:
    """Return the mean angle between vectors (S,3)."""
    sine, cosine = norm(np.cross(actual, wanted)), np.sum(actual * wanted, -1)
    return float(np.degrees(np.arctan2(sine, cosine)).mean())


def _in_axes_of(axes: Array, turns: Array) -> Array:
    """Return turns (S,4) as seen in the axes of each frame's matrix (S,3,3)."""
    vector = np.einsum("si,sij->sj", turns[:, 1:], axes)
    return np.concatenate([turns[:, :1], vector], -1)


def _between_turns(turns: Array, frames: Frames, count: int) -> Array:
    """Return turns (count,4) for all frames from those of some."""
    if len(frames) == count:
        return turns
    turns = continuous(turns)
    after, share = _neighbours(frames, count)
    return slerp(turns[after - 1], turns[after], share)


def _between_ways(ways: Array, frames: Frames, count: int) -> Array:
    """Return ways (count,3) for all frames from those of some."""
    if len(frames) == count:
        return ways
    after, share = _neighbours(frames, count)
    return ways[after - 1] + (ways[after] - ways[after - 1]) * share[:, None]


def _neighbours(frames: Frames, count: int) -> tuple[NDArray[np.int64], Array]:
    """Return for all frames the index of the next of some frames, and the share of the way to it."""
    everywhere = np.arange(count)
    after = np.clip(np.searchsorted(frames, everywhere), 1, len(frames) - 1)
    first, last = frames[after - 1], frames[after]
    return after, (everywhere - first) / np.maximum(last - first, 1)
