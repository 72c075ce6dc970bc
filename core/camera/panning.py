"""Whether the camera of a clip moved, and how it turned and zoomed: from the background, person left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from ...progress import Progress
from ..footage import Source, read_frames
from ..values import CameraMotion, Keypoints
from .background import Background, Matches, Shrink
from .panorama import Panorama
from .turn import STILL, Fit, Turn, fit_turn

Array = NDArray[np.float64]
Pair = tuple[float, Matches]  # zoom of the first picture, and where its points lie in the second

LOOK_EVERY: Final = 0.2
"""Seconds between the pictures that decide whether the camera moves."""

SAME_TIME: Final = 1e-4  # seconds

SLIGHT: Final = 0.0025
CLEAR: Final = 0.015
"""Parts of the picture's longer side by which the background of a moving camera is shifted: slightly but time and
again (a hand-held camera), or clearly. A camera that was pushed once by less counts as standing still."""

STEADY: Final = 0.0008
"""Part of the longer side by which a standing camera may seem to move from one look to the next."""

OFTEN: Final = 0.1
"""Part of the looks between which a hand-held camera moves at least."""

MOSTLY_STILL: Final = 0.5
"""Part of the background's points that must stand still for the camera to have stood still, whatever the others do."""

PAIRS: Final = 12
"""Pairs of pictures from which the focal length is found."""

FOCAL_RANGE: Final = 0.6
FOCAL_STEPS: Final = 41
"""How far (logarithm) and how finely focal lengths around the usual one are tried."""

MATCH_ERROR: Final = 0.3
"""Pixels by which matches are off at least."""

INDEPENDENT: Final = 30.0
"""Matches that count for the focal length at most: what lens and shutter bend, it bends for all of them."""

FOCAL_SIGMA: Final = 0.05
"""Uncertainty (logarithm) that lenses which bend straight lines leave in a focal length from the background."""

UNLIKELY: Final = 0.45
"""Logarithm by which a focal length from the background lies off the expected one when it is no turn that shows."""

UNEXPLAINED: Final = 1.0
"""Pixels by which the matches of a turning camera miss their places at most, in the middle."""

PARALLAX: Final = 0.35
"""Part of the matches that may disagree with a turn, in the middle over the pairs."""


@dataclass(frozen=True)
class Look:
    """What a glance at the background told."""

    moved: bool | None  # None: the background is too plain to tell
    shift: float  # part of the picture's longer side by which it was shifted at most
    pairs: list[Pair]  # pictures turned against each other


@dataclass(frozen=True)
class Panned:
    """How the camera of a clip turned and zoomed."""

    motion: CameraMotion
    lost: float  # part of the frames whose background could not be followed; they are interpolated


def look(clip: Source, keypoints: Keypoints, focal_px: float, progress: Progress) -> Look:
    """Return whether the camera of a clip moved, from a few pictures a second; ``focal_px`` may be a guess."""
    shrink = Shrink(keypoints)
    focal, size = focal_px * shrink.scale, max(keypoints.image_size) * shrink.scale
    panorama, looks = Panorama(focal), 0
    shifts: list[float] = []
    steps: list[float] = []
    pairs: list[tuple[float, float, Matches]] = []
    before = STILL
    for picture in _pictures(clip, keypoints, LOOK_EVERY, progress):
        sight = panorama.place(picture)
        looks += 1
        if sight.turn is None:
            continue
        stands = sight.key_turn is STILL and sight.still >= MOSTLY_STILL
        turn = STILL if stands else sight.turn
        shifts.append(_shift(STILL, turn, focal, picture))
        steps.append(_shift(before, turn, focal, picture))
        before = turn
        if sight.matches is not None and not stands:
            pairs.append((_shift(sight.key_turn, turn, focal, picture), sight.key_turn.zoom, sight.matches))
            pairs = sorted(pairs, key=lambda pair: -pair[0])[:PAIRS]
    if not shifts or 2 * len(shifts) < looks:
        return Look(None, 0.0, [])
    shift = float(np.quantile(shifts, 0.95)) / size
    often = float((np.array(steps) > STEADY * size).mean()) >= OFTEN
    moved = shift > CLEAR or (shift > SLIGHT and often)
    return Look(moved, shift, [(zoom, matches) for _, zoom, matches in pairs])


def follow(clip: Source, keypoints: Keypoints, focal_px: float, progress: Progress) -> Panned:
    """Return how the camera turned and zoomed, at the times of the keypoints; ``focal_px`` is the first frame's."""
    shrink = Shrink(keypoints)
    panorama = Panorama(focal_px * shrink.scale)
    times: list[float] = []
    turns: list[Turn] = []
    frames = 0
    for picture in _pictures(clip, keypoints, 0.0, progress):
        frames += 1
        turn = panorama.place(picture).turn
        if turn is not None:
            times.append(picture.time)
            turns.append(turn)
    if not turns:
        times, turns = [float(keypoints.times[0])], [STILL]
        return Panned(_motion(times, turns, keypoints.times), 1.0)
    return Panned(_motion(times, turns, keypoints.times), 1.0 - len(turns) / frames)


def focal_from_turns(pairs: list[Pair], usual: float) -> tuple[float, float] | None:
    """Return the focal length that explains turned pictures best, and the uncertainty of its logarithm.

    How much faster points at the edge move than those in the middle tells the field of view (self-calibration of a
    turning camera). ``usual`` is where to search, in pixels of the small pictures like the result. None where the
    turns are too small to tell.
    """
    if not pairs:
        return None
    offsets = np.linspace(-FOCAL_RANGE, FOCAL_RANGE, FOCAL_STEPS)
    cost = np.array([[_misfit(pair, usual * np.exp(offset)) for offset in offsets] for pair in pairs])
    # pairs of one camera err alike (lens, shutter), so that many of them count like a few
    cost = cost.mean(axis=0) * min(len(pairs), 3)
    chance = np.exp(cost.min() - cost)
    chance /= chance.sum()
    mean = float((chance * offsets).sum())
    spread = float(np.sqrt((chance * (offsets - mean) ** 2).sum()))
    if spread > 0.5 * FOCAL_RANGE:
        return None
    return usual * float(np.exp(mean)), float(np.hypot(spread, FOCAL_SIGMA))


def travels(pairs: list[Pair], focal: float) -> bool:
    """Return whether the background moved as only a camera that changes its place makes it move (parallax)."""
    if not pairs:
        return False
    fits = [_fit(pair, focal) for pair in pairs]
    missed = float(np.median([np.median(fit.error) for fit in fits]))
    against = float(np.median([1.0 - fit.agree.mean() for fit in fits]))
    return missed > UNEXPLAINED or against > PARALLAX


def _fit(pair: Pair, focal: float) -> Fit:
    zoom, matches = pair
    return fit_turn(STILL.rays(matches.here, focal * zoom), matches.there, focal * zoom, STILL)


def _misfit(pair: Pair, focal: float) -> float:
    """Return the negative logarithm of the chance of a pair's matches at a focal length; outliers count little."""
    error = np.minimum(_fit(pair, focal).error, 4.0)
    return min(1.0, INDEPENDENT / len(error)) * float(np.log1p(0.5 * (error / MATCH_ERROR) ** 2).sum())


def _pictures(clip: Source, keypoints: Keypoints, every: float, progress: Progress) -> Iterator[Background]:
    """Yield the backgrounds of the frames that have keypoints, or of frames about ``every`` seconds apart."""
    shrink, times = Shrink(keypoints), keypoints.times
    begin, span = float(times[0]), max(float(times[-1] - times[0]), 1e-6)
    for frame in read_frames(clip, begin - SAME_TIME, float(times[-1]) + SAME_TIME, every):
        nearest = int(np.argmin(np.abs(times - frame.time)))
        if every or abs(times[nearest] - frame.time) < SAME_TIME:
            progress("camera", float(np.clip((frame.time - begin) / span, 0.0, 1.0)))
            yield shrink(frame.image, frame.time)


def _shift(one: Turn, other: Turn, focal: float, picture: Background) -> float:
    """Return by how many pixels (root mean square over the picture) two views are shifted; twice its size at most."""
    half = picture.centre
    grid = np.array([[x, y] for x in (-0.7, 0.0, 0.7) for y in (-0.7, 0.0, 0.7)]) * half
    moved = other.pixels(one.rays(grid, focal), focal) - grid
    most = 4.0 * float(half.max())
    return float(min(np.sqrt((np.nan_to_num(moved, nan=most) ** 2).sum(axis=1).mean()), most))


def _motion(known: list[float], turns: list[Turn], times: Array) -> CameraMotion:
    """Return the motion at the times of all frames, the first one's axes as reference; gaps are interpolated."""
    within = np.clip(times, known[0], known[-1])
    rotations = Rotation.from_matrix([turn.rotation for turn in turns])
    spun = Slerp(known, rotations)(within) if len(turns) > 1 else Rotation.concatenate([rotations] * len(times))
    zoom = np.exp(np.interp(within, known, np.log([turn.zoom for turn in turns])))
    rotation = (spun[0].inv() * spun).as_matrix()
    return CameraMotion("pan", rotation, np.zeros((len(times), 3)), zoom / zoom[0])
