"""What controls really did, checked on a few frames; where a rig does not follow as expected, they are corrected."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
_MOST_FRAMES = 400  # that are corrected one by one; those between them follow


def fit(
    probe: Probe, rest: RigRest, motion: BoneMotion, rig: ControlRig, keyed: BoneMotion
) -> tuple[BoneMotion, float]:
    """Return the motion of the controls, corrected where the rig asks for it, and the mean degrees that are left.

    ``motion`` is what the deforming bones should do, ``keyed`` what the controls get for it. The rig is put into poses
    of single frames; what helps in a few frames is done in all of them.
    """
    judge = Judge(rest, motion, rig)
    sample = _spread(len(keyed.times), CHECKED)
    before = judge.error(_poses(probe, rig, keyed, sample), sample)
    if before < GOOD:
        return keyed, before
    frames = _spread(len(keyed.times), _MOST_FRAMES)
    fitted = keyed
    for error_of, corrected in (
        (judge.body_error, judge.with_body),  # limbs bend as they should only from where they should begin
        (judge.bend_error, judge.with_limbs),
    ):
        for _ in range(_rounds(probe, rig, fitted, sample, error_of, corrected)):
            fitted = corrected(fitted, _poses(probe, rig, fitted, frames), frames)
    after = judge.error(_poses(probe, rig, fitted, sample), sample)
    return (fitted, after) if after < before else (keyed, before)


def _rounds(
    probe: Probe, rig: ControlRig, keyed: BoneMotion, sample: Frames, error_of: ErrorOf, corrected: Corrected
) -> int:
    """Return how often a correction must be made until no more helps, tried in some frames."""
    posed = _poses(probe, rig, keyed, sample)
    errors = [error_of(posed, sample)]
    while errors[-1] >= FINE and len(errors) <= _ROUNDS:
        keyed = corrected(keyed, posed, sample)
        posed = _poses(probe, rig, keyed, sample)
        errors.append(error_of(posed, sample))
    best = 0
    for k, error in enumerate(errors):
        best = k if error < BETTER * errors[best] else best
    return best


def _poses(probe: Probe, rig: ControlRig, keyed: BoneMotion, frames: Frames) -> Array:
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
        posed.append(probe.pose(rig.responses.bones, basis))
    return np.stack(posed)


def _spread(count: int, most: int) -> Frames:
    """Return at most so many frames, spread evenly from the first to the last."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))
