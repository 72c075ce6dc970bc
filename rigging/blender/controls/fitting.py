"""What controls really did, checked on a few frames; where a rig does not follow as expected, they are corrected."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...controls.bone_paths import BonePaths
from ...controls.conversion import Control, ControlRig
from ...controls.segments import Segment
from ...rig import BoneMotion, RigRest
from ...rotations import (
    IDENTITY,
    between,
    conjugate,
    continuous,
    from_matrix,
    multiply,
    norm,
    slerp,
    to_matrix,
    unit,
)
from .probing import Probe

Array = NDArray[np.float64]

CHECKED: Final = 6  # frames that are looked at
GOOD: Final = 1.0  # degrees that the worst may be off, on average, before controls are corrected
_ROUNDS = 3
_MOST_FRAMES = 400  # that are corrected one by one; those between them follow


def fit(
    probe: Probe, rest: RigRest, motion: BoneMotion, rig: ControlRig, keyed: BoneMotion
) -> tuple[BoneMotion, float]:
    """Return the motion of the controls, corrected where the rig asks for it, and the mean degrees that are left.

    ``motion`` is what the deforming bones should do, ``keyed`` what the controls get for it. The rig is put into poses
    of single frames; each control is turned by what its segments are off, beyond what turned those that carry it.
    """
    judge = _Judge(probe, rest, motion, rig)
    sample = np.unique(np.linspace(0, len(keyed.times) - 1, CHECKED).astype(int))
    before = judge.error(judge.poses(keyed, sample), sample)
    if before < GOOD:
        return keyed, before
    frames = np.unique(np.linspace(0, len(keyed.times) - 1, _MOST_FRAMES).astype(int))
    best, least = keyed, before
    for _ in range(_ROUNDS):
        better = judge.corrected(best, frames)
        error = judge.error(judge.poses(better, sample), sample)
        if error > 0.9 * least:
            break
        best, least = better, error
    return best, least


class _Judge:
    def __init__(self, probe: Probe, rest: RigRest, motion: BoneMotion, rig: ControlRig) -> None:
        self.probe = probe
        self.rig = rig
        self.paths = BonePaths(rest, motion)
        self.rest = rest
        self.moved = set(motion.bones)
        self.bones = rig.responses.bones

    def poses(self, keyed: BoneMotion, frames: NDArray[np.int64]) -> Array:
        """Return the matrices (S,N,4,4) that the rig really has in some frames."""
        rotations = to_matrix(keyed.rotations[frames])
        posed = []
        for s, frame in enumerate(frames):
            basis = {}
            for k, name in enumerate(keyed.bones):
                basis[name] = np.eye(4)
                basis[name][:3, :3] = rotations[s, k]
                if name in keyed.locations:
                    basis[name][:3, 3] = keyed.locations[name][frame]
            posed.append(self.probe.pose(self.bones, basis))
        return np.stack(posed)

    def error(self, posed: Array, frames: NDArray[np.int64]) -> float:
        """Return how far what a control turns points off, at the worst of them, in degrees, mean of the frames."""
        found = [0.0]
        for control in self._turning():
            first, last = (self.rig.segments[control.segments[k]] for k in (0, -1))
            actual, wanted = self._direction(first, last, posed), self._wanted(first, last, frames)
            sine, cosine = norm(np.cross(actual, wanted)), np.sum(actual * wanted, -1)
            found.append(float(np.degrees(np.arctan2(sine, cosine)).mean()))
        return max(found)

    def corrected(self, keyed: BoneMotion, frames: NDArray[np.int64]) -> BoneMotion:
        """Return the motion with the controls turned by what they are off in some frames, and between them likewise."""
        posed = self.poses(keyed, frames)
        turned: dict[str, Array] = {}
        rotations = keyed.rotations.copy()
        for control in self._turning():
            column = keyed.bones.index(control.name)
            carried = next((turned[name] for name in self._above(control.name) if name in turned), IDENTITY)
            off = self._off(control, posed, frames)
            turned[control.name] = off
            own = multiply(conjugate(np.broadcast_to(carried, off.shape)), off)
            actual = posed[:, self.rig.responses.row[control.name], :3, :3]
            local = _in_axes_of(actual, own)
            rotations[:, column] = multiply(rotations[:, column], _between_frames(local, frames, len(rotations)))
        return replace(keyed, rotations=continuous(rotations))

    def _above(self, name: str) -> list[str]:
        """Return what carries a control, the nearest first."""
        parents = {control.name: control.parent.turn for control in self.rig.controls}
        found: list[str] = []
        while (above := parents.get(name)) is not None and above not in found:
            found.append(above)
            name = above
        return found

    def _turning(self) -> list[Control]:
        return [
            control
            for control in self.rig.controls
            if control.turns
            and control.segments
            and control.name not in self.rig.goals
            and any(bone in self.moved for i in control.segments for bone in self.rig.segments[i].bones)
        ]

    def _off(self, control: Control, posed: Array, frames: NDArray[np.int64]) -> Array:
        """Return the turns (S,4) that a control still lacks."""
        first, last = (self.rig.segments[control.segments[k]] for k in (0, -1))
        if first.end is None or not self.rig.responses.carries(control.name, first, whole=False):
            n = self.rig.responses.row[first.bones[0]]
            actual = from_matrix(posed[:, n, :3, :3] / norm(np.swapaxes(posed[:, n, :3, :3], -1, -2))[:, None, :])
            axes = from_matrix(self.rest.rest[self.rest.index(first.bones[0]), :3, :3])
            return multiply(multiply(self.paths.turn(first.bones[0])[frames], axes), conjugate(actual))
        return between(self._direction(first, last, posed), self._wanted(first, last, frames))

    def _direction(self, first: Segment, last: Segment, posed: Array) -> Array:
        responses = self.rig.responses
        start = posed[:, responses.row[first.bones[0]], :3, 3]
        if last.end is not None:
            return unit(posed[:, responses.row[last.end], :3, 3] - start)
        return unit(posed[:, responses.row[last.bones[-1]], :3, 1])

    def _wanted(self, first: Segment, last: Segment, frames: NDArray[np.int64]) -> Array:
        if last.end is not None:
            return unit(self.paths.head(last.end)[frames] - self.paths.head(first.bones[0])[frames])
        bone = last.bones[-1]
        return to_matrix(self.paths.turn(bone)[frames]) @ self.rest.rest[self.rest.index(bone), :3, 1]


def _in_axes_of(matrices: Array, turns: Array) -> Array:
    """Return turns (S,4) as seen in the axes of each frame's matrix (S,3,3)."""
    axes = matrices / norm(np.swapaxes(matrices, -1, -2))[:, None, :]
    vector = np.einsum("si,sij->sj", turns[:, 1:], axes)
    return np.concatenate([turns[:, :1], vector], -1)


def _between_frames(turns: Array, frames: NDArray[np.int64], count: int) -> Array:
    """Return turns (count,4) for all frames from those of some."""
    if len(frames) == count:
        return turns
    turns = continuous(turns)
    everywhere = np.arange(count)
    after = np.clip(np.searchsorted(frames, everywhere), 1, len(frames) - 1)
    first, last = frames[after - 1], frames[after]
    share = (everywhere - first) / np.maximum(last - first, 1)
    return slerp(turns[after - 1], turns[after], share)
