"""How a motion becomes keys: name, rate, range, reduction, interpolation. numpy only."""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Final, Literal, get_args

import numpy as np

from ...core.take import CAMERA, FASTEST, OPTIONAL, Take
from ...errors import UsageError
from ..rig import BoneMotion
from ..rotations import slerp

Interpolation = Literal["linear", "bezier", "constant"]
INTERPOLATIONS: Final[tuple[Interpolation, ...]] = get_args(Interpolation)

MOST_REDUCTION: Final = 45.0
"""Degrees; beyond it nothing of the motion would be left."""

_CLOSE: Final = 1e-6  # seconds; times that differ by less are the same


@dataclass(frozen=True)
class KeySettings:
    """What keys are written. UsageError, in one sentence, for values that make no sense."""

    name: str | None = None
    """Of the new action; None: as the motion is called."""
    nla: bool = False
    """Put the action into a strip on a new NLA track, above the character's own animation, which plays on around it."""
    rate: float | None = None
    """Keys a second; None: one for every frame of the motion."""
    reduce_degrees: float | None = None
    """Leave keys out as long as no bone turns off its full motion by more than this; None: keep all."""
    interpolation: Interpolation = "linear"
    """Between keys; "bezier" has automatic, clamped handles."""
    start: float | None = None
    """Seconds of the motion at which to begin; None: its first frame."""
    end: float | None = None
    """Seconds of the motion at which to end; None: its last frame."""

    def __post_init__(self) -> None:
        for word in ("rate", "reduce_degrees", "start", "end"):
            value = getattr(self, word)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise UsageError(f"The setting {word} of the keys must be a number; {value!r} is none.")
        if self.name is not None and not str(self.name).strip():
            raise UsageError("The name of the action is empty; leave it out or give one.")
        if self.rate is not None and not 0 < self.rate <= FASTEST:
            raise UsageError(f"{self.rate:g} keys a second are not possible; give more than 0 and at most {FASTEST:g}.")
        if self.reduce_degrees is not None and not 0 < self.reduce_degrees <= MOST_REDUCTION:
            raise UsageError(
                f"Keys cannot be reduced by {self.reduce_degrees:g} degrees; "
                f"give more than 0 and at most {MOST_REDUCTION:g}, such as 0.5."
            )
        if self.interpolation not in INTERPOLATIONS:
            raise UsageError(
                f"There is no interpolation {self.interpolation}; choose one of {', '.join(INTERPOLATIONS)}."
            )
        for word, value in (("start", self.start), ("end", self.end)):
            if value is not None and not (isfinite(value) and value >= 0):
                raise UsageError(f"The motion cannot {word} at {value:g} s; give seconds from its first frame.")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise UsageError(f"The motion cannot end at {self.end:g} s when it starts at {self.start:g} s.")


def part_of(take: Take, keys: KeySettings) -> Take:
    """Return the frames of a take from ``keys.start`` to ``keys.end``, seconds from its first frame.

    The take itself when both are None. UsageError when no frame lies there.
    """
    if keys.start is None and keys.end is None:
        return take
    seconds = np.asarray(take.times, np.float64) - float(np.asarray(take.times)[0])
    begin, end = keys.start or 0.0, np.inf if keys.end is None else keys.end
    chosen = (seconds >= begin - _CLOSE) & (seconds <= end + _CLOSE)
    if not chosen.any():
        where = f"after {begin:g} s" if keys.end is None else f"between {begin:g} s and {end:g} s"
        raise UsageError(f"The motion has no frame {where}; it lasts {seconds[-1]:.2f} s.")
    arrays = {name: getattr(take, name) for name in (*OPTIONAL, *CAMERA) if name != "world_from_camera"}
    cut = {name: values[chosen] for name, values in arrays.items() if values is not None}
    if "camera_path" in cut:
        cut["world_from_camera"] = cut["camera_path"][0]
    return replace(take, joints=take.joints[chosen], times=np.asarray(take.times, np.float64)[chosen], **cut)


def resampled(motion: BoneMotion, rate: float) -> BoneMotion:
    """Return a motion with ``rate`` keys a second from its first frame on, and one at its last."""
    if len(motion.times) == 1:
        return motion
    length = float(motion.times[-1])
    times = np.arange(int((length + _CLOSE) * rate) + 1) / rate
    if length - times[-1] > _CLOSE:
        times = np.append(times, length)
    after = np.clip(np.searchsorted(motion.times, times, "right"), 1, len(motion.times) - 1)
    before = after - 1
    share = np.clip((times - motion.times[before]) / (motion.times[after] - motion.times[before]), 0.0, 1.0)
    share[np.isclose(share, 1.0, atol=1e-9)] = 1.0
    rotations = slerp(motion.rotations[before], motion.rotations[after], share[:, None])
    columns = {
        bone: np.stack([np.interp(times, motion.times, path[:, k]) for k in range(path.shape[1])], 1)
        for bone, path in motion.locations.items()
    }
    return replace(motion, rotations=rotations, locations=columns, times=times)
