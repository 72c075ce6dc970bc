"""What controls really did, checked on a few frames; where a rig does not follow as expected, they are corrected."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from math import inf
from types import TracebackType
from typing import Final

import numpy as np
from bpy.types import Object
from numpy.typing import NDArray

from ....progress import Work
from ...controls.conversion import ControlRig
from ...controls.corrections import Judge
from ...rig import BoneMotion, RigRest
from ...rotations import to_matrix
from .probing import Probe

Array = NDArray[np.float64]
Frames = NDArray[np.int64]
ErrorOf = Callable[[Array, Frames], float]
Corrected = Callable[[BoneMotion, Array, Frames], BoneMotion]

CHECKED: Final = 8  # frames that are looked at
GOOD: Final = 0.5  # degrees that the worst may be off, on average, before controls are corrected,
FINE: Final = 0.1  # and to which they then are
BETTER: Final = 0.9  # of the error is left at most by a correction that is worth it
_ROUNDS = 6
HALF: Final = 0.5  # of the way: nobody can know how many rounds it takes
_MOST_FRAMES = 400  # that are corrected one by one; those between them follow


def fitting(
    obj: Object,
    properties: Mapping[str, float],
    rest: RigRest,
    motion: BoneMotion,
    rig: ControlRig,
    keyed: BoneMotion,
    seconds: float = inf,
) -> Work[tuple[BoneMotion, float]]:
    """Return the motion of the controls, corrected where the rig asks for it, and the mean degrees that are left.

    ``motion`` is what the deforming bones should do, ``keyed`` what the controls get for it while ``properties`` are
    set. The rig is put into poses of single frames; what helps in a few frames is done in all of them. The work rests
    when a piece of it has taken so many ``seconds``; then the rig is as it was.
    """
    judge = Judge(rest, motion, rig)
    sample = _spread(len(keyed.times), CHECKED)
    with _Poser(obj, properties, rig, seconds) as poser:
        before = judge.error((yield from poser.poses(keyed, sample)), sample)
        if before < GOOD:
            return keyed, before
        frames = _spread(len(keyed.times), _MOST_FRAMES)
        fitted = keyed
        for error_of, corrected in (
            (judge.body_error, judge.with_body),  # limbs bend as they should only from where they should begin
            (judge.bend_error, judge.with_limbs),
        ):
            for _ in range((yield from _rounds(poser, fitted, sample, error_of, corrected))):
                fitted = corrected(fitted, (yield from poser.poses(fitted, frames)), frames)
        after = judge.error((yield from poser.poses(fitted, sample)), sample)
    return (fitted, after) if after < before else (keyed, before)


def _rounds(poser: "_Poser", keyed: BoneMotion, sample: Frames, error_of: ErrorOf, corrected: Corrected) -> Work[int]:
    """Return how often a correction must be made until no more helps, tried in some frames."""
    posed = yield from poser.poses(keyed, sample)
    errors = [error_of(posed, sample)]
    while errors[-1] >= FINE and len(errors) <= _ROUNDS:
        keyed = corrected(keyed, posed, sample)
        posed = yield from poser.poses(keyed, sample)
        errors.append(error_of(posed, sample))
    best = 0
    for k, error in enumerate(errors):
        best = k if error < BETTER * errors[best] else best
    return best


class _Poser:
    """Puts a rig into poses, and lets go of it now and then."""

    def __init__(self, obj: Object, properties: Mapping[str, float], rig: ControlRig, seconds: float) -> None:
        self._obj, self._properties, self._rig, self._seconds = obj, properties, rig, seconds
        self._open: ExitStack | None = None
        self._begun = 0.0

    def __enter__(self) -> "_Poser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def poses(self, keyed: BoneMotion, frames: Frames) -> Work[Array]:
        """Return the matrices (S,N,4,4) that the rig really has in some frames."""
        rotations = to_matrix(keyed.rotations[frames])
        posed = []
        for s, frame in enumerate(frames):
            if self._open is not None and time.monotonic() - self._begun > self._seconds:
                self._let_go()
                yield HALF
            basis = {}
            for k, name in enumerate(keyed.bones):
                basis[name] = np.eye(4)
                basis[name][:3, :3] = rotations[s, k]
                if name in keyed.locations:
                    basis[name][:3, 3] = keyed.locations[name][frame]
            posed.append(self._pose(basis))
        return np.stack(posed)

    def _pose(self, basis: dict[str, Array]) -> Array:
        if self._open is not None:
            return self._held.pose(self._rig.responses.bones, basis)
        with ExitStack() as stack:
            self._held = stack.enter_context(Probe(self._obj))
            for path, value in self._properties.items():
                self._held.set(path, value)
            posed = self._held.pose(self._rig.responses.bones, basis)
            self._open = stack.pop_all()
        self._begun = time.monotonic()  # the first pose takes as long as many others
        return posed

    def _let_go(self) -> None:
        stack, self._open = self._open, None
        if stack is not None:
            stack.close()


def _spread(count: int, most: int) -> Frames:
    """Return at most so many frames, spread evenly from the first to the last."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))
