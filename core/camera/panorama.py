"""Where each picture of a turning camera looked: pictures matched to a few key pictures of the same background."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .background import FEWEST_POINTS, Background, Matches, follow_points, recognise
from .turn import STILL, Fit, Turn, fit_turn

Array = NDArray[np.float64]

STEP: Final = 0.25
"""Part of the picture's longer side by which a view may be shifted against its key picture before it becomes one."""

STEP_ZOOM: Final = 0.2
"""Logarithm of the zoom against the key picture at which a view becomes one."""

FEWEST_KEPT: Final = 0.35
"""Part of the key picture's points that must still agree; fewer, and the view becomes a key picture."""

LEAST_AGREEMENT: Final = 0.3
"""Part of the matches that must agree with a turn for it to be believed."""

STILL_PIXELS: Final = 0.75
"""Pixels by which a point that stands still may seem to move."""

PATIENCE: Final = 0.5
"""Seconds without a match after which the background is taken to be a new one, seen from the last known view."""

MOST_KEYS: Final = 100


@dataclass(frozen=True)
class Sight:
    """What one picture told of the camera."""

    time: float  # seconds
    turn: Turn | None  # None where the background could not be followed
    still: float = 0.0  # part of the points that lie where they lie in the key picture
    key_turn: Turn = STILL
    matches: Matches | None = None  # against the key picture


@dataclass(frozen=True)
class _Key:
    picture: Background
    turn: Turn


class Panorama:
    """Finds the view of picture after picture; the first one is the reference.

    Pictures are matched to the nearest key picture, not to the one before, so errors add up only where the camera
    turns to something new.
    """

    def __init__(self, focal: float) -> None:
        """``focal`` is the focal length of the first picture in pixels of the small pictures."""
        self._focal = focal
        self._keys: list[_Key] = []
        self._last: tuple[float, Turn] | None = None
        self._speed = np.zeros(4)  # of the turn and the zoom's logarithm, per second
        self._before: Background | None = None

    def place(self, picture: Background) -> Sight:
        """Return where a picture looked."""
        if self._last is None:
            return self._first(picture)
        time, last = self._last
        guesses = [self._ahead(picture.time), last]
        sight = self._match(picture, self._nearest(guesses[0]), guesses)
        if sight is None and self._before is not None and self._before.time == time:
            self._add(self._before, last)
            sight = self._match(picture, self._keys[-1], [last])
        if sight is None or sight.turn is None:
            return self._lost(picture)
        span = max(picture.time - time, 1e-6)
        turned = Rotation.from_matrix(last.rotation.T @ sight.turn.rotation).as_rotvec()
        self._speed = np.append(turned, np.log(sight.turn.zoom / last.zoom)) / span
        self._last, self._before = (picture.time, sight.turn), picture
        return sight

    def _first(self, picture: Background) -> Sight:
        if len(picture.points) < FEWEST_POINTS:
            return Sight(picture.time, None)
        self._add(picture, STILL)
        self._last, self._before = (picture.time, STILL), picture
        return Sight(picture.time, STILL, 1.0)

    def _ahead(self, time: float) -> Turn:
        """Return the view that the last one leads to at an even speed."""
        assert self._last is not None
        span = min(time - self._last[0], PATIENCE)
        return self._last[1].turned(self._speed[:3] * span, float(np.exp(np.clip(self._speed[3] * span, -0.3, 0.3))))

    def _match(self, picture: Background, key: _Key, guesses: list[Turn]) -> Sight | None:
        for guess in guesses:
            sight = self._against(picture, key, guess)
            if sight is not None:
                return sight
        rough = recognise(key.picture, picture, self._focal * key.turn.zoom)
        if rough is None:
            return None
        return self._against(picture, key, Turn(key.turn.rotation @ rough.rotation, key.turn.zoom * rough.zoom))

    def _against(self, picture: Background, key: _Key, guess: Turn) -> Sight | None:
        """Match a picture with a key picture; None unless enough of it agrees."""
        focal = self._focal * key.turn.zoom
        relative = Turn(key.turn.rotation.T @ guess.rotation, guess.zoom / key.turn.zoom)
        if not np.isfinite(STILL.pixels(relative.rays(np.zeros((1, 2)), focal), focal)).all():
            return None
        matches = follow_points(key.picture, picture, focal, relative)
        if len(matches.here) < FEWEST_POINTS:
            return None
        fit = fit_turn(key.turn.rays(matches.here, self._focal), matches.there, self._focal, guess)
        if fit.agree.sum() < FEWEST_POINTS or fit.agree.mean() < LEAST_AGREEMENT:
            return None
        still = float((np.linalg.norm(matches.there - matches.here, axis=1) < STILL_PIXELS).mean())
        if self._is_far(picture, key, fit):
            self._add(picture, fit.turn)
        return Sight(picture.time, fit.turn, still, key.turn, matches)

    def _is_far(self, picture: Background, key: _Key, fit: Fit) -> bool:
        few = fit.agree.sum() < FEWEST_KEPT * len(key.picture.points)
        return few or self._distance(fit.turn, key.turn, max(picture.grey.shape)) > 1.0

    def _distance(self, one: Turn, other: Turn, size: int) -> float:
        """Return how far two views are apart, in steps."""
        angle = float(Rotation.from_matrix(one.rotation.T @ other.rotation).magnitude())
        return angle * self._focal / (STEP * size) + abs(float(np.log(one.zoom / other.zoom))) / STEP_ZOOM

    def _nearest(self, turn: Turn) -> _Key:
        return min(self._keys, key=lambda key: self._distance(turn, key.turn, max(key.picture.grey.shape)))

    def _add(self, picture: Background, turn: Turn) -> None:
        if len(picture.points) < FEWEST_POINTS:
            return
        self._keys.append(_Key(picture, turn))
        if len(self._keys) > MOST_KEYS:
            del self._keys[1]

    def _lost(self, picture: Background) -> Sight:
        assert self._last is not None
        time, last = self._last
        if picture.time - time > PATIENCE and len(picture.points) >= FEWEST_POINTS:
            self._add(picture, last)
            self._last, self._before, self._speed = (picture.time, last), picture, np.zeros(4)
        return Sight(picture.time, None)
