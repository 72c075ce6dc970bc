"""Fewer keys: those that can be left out while the motion stays within a stated error. numpy only.

Keys are added where the curve through the present ones is farthest off, segment by segment (Ramer 1972; Douglas and
Peucker 1973), until it is nowhere off by more than the tolerance; then every key that is not needed is taken out again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .channels import rotations_of
from .curves import evaluate
from .settings import Interpolation

Array = NDArray[np.float64]
Marks = NDArray[np.bool_]

FIRST_STEP = 16  # frames between the keys to begin with
ROUGH = 3.0  # times the tolerance: of the straight lines whose keys Bezier curves begin with
SAFETY = 0.998  # of the tolerance; Blender holds keys in single precision


@dataclass(frozen=True)
class BoneChannels:
    """The curves of one bone, whose keys lie on the same frames (F,)."""

    mode: str  # rotation mode
    rotation: Array  # (F,3) or (F,4), as ``rotation_channels`` gives it
    location: Array | None = None  # (F,3)


@dataclass(frozen=True)
class Tolerance:
    """How far reduced curves may be off."""

    radians: float
    length: float  # of locations, in their unit


def kept_keys(frames: Array, bone: BoneChannels, tolerance: Tolerance, interpolation: Interpolation) -> Marks:
    """Return which of a bone's keys (F,) to keep; the first and the last always."""
    kept = np.zeros(len(frames), bool)
    kept[[0, -1]] = True
    if len(frames) < 3:
        return kept
    if interpolation == "bezier":  # a key's handles depend on its neighbours: none can be judged alone and taken out
        rough = Tolerance(ROUGH * tolerance.radians, ROUGH * tolerance.length)
        kept = kept_keys(frames, bone, rough, "linear")
        _add_keys(kept, _Error(frames, bone, tolerance, interpolation), reach=1)
    else:
        kept[::FIRST_STEP] = True
        error = _Error(frames, bone, tolerance, interpolation)
        _add_keys(kept, error, reach=0)
        _drop_keys(kept, error)
    return kept


def most_off(frames: Array, bone: BoneChannels, kept: Marks, interpolation: Interpolation) -> tuple[float, float]:
    """Return by how much a bone with these keys is off at most: radians, and the unit of its locations."""
    rotation, location = _between(frames, bone, kept, interpolation, slice(None))
    wanted = rotations_of(bone.mode, bone.rotation)
    cosine = np.abs((rotation * wanted).sum(-1))
    sine = np.linalg.norm(rotation - np.where((rotation * wanted).sum(-1) < 0, -1, 1)[:, None] * wanted, axis=-1)
    angle = 4.0 * np.arctan2(sine, np.sqrt(np.maximum(2.0 + 2.0 * cosine, 0.0)))
    if location is None or bone.location is None:
        return float(angle.max()), 0.0
    return float(angle.max()), float(np.linalg.norm(location - bone.location, axis=-1).max())


class _Error:
    """How far a bone is off at every frame, 1 being the tolerance."""

    def __init__(self, frames: Array, bone: BoneChannels, tolerance: Tolerance, interpolation: Interpolation) -> None:
        self.frames, self.bone = frames, bone
        self.interpolation: Interpolation = interpolation
        self.wanted = rotations_of(bone.mode, bone.rotation)
        self.least = 1.0 - np.cos(SAFETY * tolerance.radians / 2.0)
        self.length = SAFETY * tolerance.length

    def __call__(self, kept: Marks, at: NDArray[np.int64]) -> Array:
        """Return how far the bone is off (N,) at the frames of these indices (N,)."""
        rotation, location = _between(self.frames, self.bone, kept, self.interpolation, at)
        error = (1.0 - np.abs(np.einsum("fc,fc->f", rotation, self.wanted[at]))) / self.least
        if location is not None and self.bone.location is not None:
            off = location - self.bone.location[at]
            error = np.maximum(error, np.einsum("fc,fc->f", off, off) / self.length**2)
        error[kept[at]] = 0.0
        return error


def _between(
    frames: Array, bone: BoneChannels, kept: Marks, interpolation: Interpolation, at: NDArray[np.int64] | slice
) -> tuple[Array, Array | None]:
    """Return rotations (N,4) and locations (N,3) that the kept keys give at some frames."""
    keys = frames[kept]
    rotation = rotations_of(bone.mode, evaluate(keys, bone.rotation[kept], frames[at], interpolation))
    if bone.location is None:
        return rotation, None
    return rotation, evaluate(keys, bone.location[kept], frames[at], interpolation)


def _add_keys(kept: Marks, error: _Error, *, reach: int) -> None:
    """Mark, again and again, the worst frame of every segment that is off.

    A new key changes the curve of its own segment and of ``reach`` segments on both sides; only these are looked at.
    """
    at = np.arange(len(kept))
    while len(at):
        now = error(kept, at)
        segment = np.cumsum(kept) - 1
        own = segment[at]
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        worst = np.repeat(np.maximum.reduceat(now, starts), np.diff(np.append(starts, len(at))))
        found = at[(now > 1.0) & (now == worst)]
        if not len(found):
            return
        split, first = np.unique(segment[found], return_index=True)
        changed = np.zeros(segment[-1] + 1, bool)
        for step in range(-reach, reach + 1):
            changed[np.clip(split + step, 0, segment[-1])] = True
        kept[found[first]] = True
        at = np.flatnonzero(changed[segment])


def _drop_keys(kept: Marks, error: _Error) -> None:
    """Unmark keys whose two segments stay within the tolerance as one; every other key is tried at a time."""
    open_keys = kept.copy()  # those not tried since a neighbour went
    open_keys[[0, -1]] = False
    parity = 0
    while open_keys.any():
        keys = np.flatnonzero(kept)
        places = np.flatnonzero(open_keys[keys])
        places = places[places % 2 == parity]
        parity = 1 - parity
        if not len(places):
            continue
        tried = keys[places]
        without = kept.copy()
        without[tried] = False
        sizes = keys[places + 1] - keys[places - 1] - 1
        starts = np.cumsum(sizes) - sizes
        at = np.arange(sizes.sum()) + np.repeat(keys[places - 1] + 1 - starts, sizes)
        fine = np.maximum.reduceat(error(without, at), starts) <= 1.0
        open_keys[tried] = False
        kept[tried[fine]] = False
        for beside in (keys[places - 1][fine], keys[places + 1][fine]):
            open_keys[beside] = True
        open_keys[[0, -1]] = False
