"""The background of a clip: small grey pictures with the person left out, and where their points lie in other ones."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..values import Keypoints
from .turn import STILL, Turn, fit_turn

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

LONGER_SIDE: Final = 640
"""Pixels to which pictures are made smaller: tracking finds a twentieth of a pixel, which is enough."""

MOST_POINTS: Final = 250
FEWEST_POINTS: Final = 12
"""Points that a background must have, and that must be found again, to tell how the camera moved."""

MARGIN: Final = 0.08
"""Width of the edge around the person that is left out with it, in diagonals of the person's box."""

RETURN_ERROR: Final = 0.5
"""Pixels by which a point may miss itself when tracked there and back."""

WINDOW: Final = (21, 21)
LEVELS: Final = 3
STOP: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)


@dataclass(frozen=True)
class Background:
    """One picture of the background."""

    grey: Picture  # (H,W)
    allowed: Picture  # (H,W) 255 where the background is, 0 where the person is
    time: float  # seconds

    @property
    def centre(self) -> Array:
        """The middle of the picture, where the principal point is taken to be."""
        return np.array([self.grey.shape[1], self.grey.shape[0]]) / 2.0

    @cached_property
    def points(self) -> Array:
        """Corners (N,2) that can be found again, in pixels from the top left corner."""
        apart = max(self.grey.shape) / 60.0
        found = cv2.goodFeaturesToTrack(self.grey, MOST_POINTS, 0.01, apart, mask=self.allowed, blockSize=5)
        # opencv counts from the middle of the first pixel
        return np.zeros((0, 2)) if found is None else found.reshape(-1, 2).astype(np.float64) + 0.5

    @cached_property
    def landmarks(self) -> tuple[tuple[cv2.KeyPoint, ...], NDArray[np.uint8] | None]:
        """Points that are recognised by their looks from afar (ORB), with their descriptions."""
        found, looks = cv2.ORB.create(1000).detectAndCompute(self.grey, self.allowed)  # pyright: ignore
        return tuple(found), None if looks is None else np.asarray(looks, np.uint8)


@dataclass(frozen=True)
class Matches:
    """Points of one picture and where they lie in another, both from the middle of the picture."""

    here: Array  # (N,2) pixels
    there: Array  # (N,2)


@dataclass
class Shrink:
    """Makes the pictures of a clip small and grey, and leaves out the person by the keypoints."""

    keypoints: Keypoints
    scale: float = field(init=False)

    def __post_init__(self) -> None:
        self.scale = min(1.0, LONGER_SIDE / max(self.keypoints.image_size))

    def __call__(self, image: Picture, time: float) -> Background:
        """Return the background of an RGB picture (H,W,3)."""
        size = (round(image.shape[1] * self.scale), round(image.shape[0] * self.scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if self.scale < 1 else image
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        return Background(grey, self._allowed(grey, time), time)

    def _allowed(self, grey: Picture, time: float) -> Picture:
        allowed = np.full(grey.shape, 255, np.uint8)
        index = int(np.argmin(np.abs(self.keypoints.times - time)))
        points = self.keypoints.points[index]
        points = points[np.isfinite(points).all(axis=1)] * self.scale
        if len(points) >= 3:
            hull = np.round(cv2.convexHull(points.astype(np.float32))).astype(np.int32)
            edge = max(4, round(2 * MARGIN * float(np.linalg.norm(np.ptp(points, axis=0)))))
            cv2.fillConvexPoly(allowed, hull, [0])
            cv2.polylines(allowed, [hull], True, [0], edge)
        return allowed


def follow_points(one: Background, other: Background, focal: float, guess: Turn = STILL) -> Matches:
    """Find the points of one picture in another by Lucas and Kanade's method (pyramids), there and back.

    ``guess`` is the other's view with the first's as reference: the other picture is first turned back by it, so that
    points are found across large turns and zooms. ``focal`` is the first view's, in pixels.
    """
    turned = other.grey
    to_other = STILL.homography(guess, focal, one.centre)
    if guess is not STILL:
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        shift = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
        matrix = np.linalg.inv(shift) @ to_other @ shift
        turned = np.asarray(cv2.warpPerspective(turned, matrix, one.grey.shape[::-1], flags=how), np.uint8)
    start = (one.points - 0.5).astype(np.float32)[:, None]
    if not len(start):
        return Matches(np.zeros((0, 2)), np.zeros((0, 2)))
    found, seen = _flow(one.grey, turned, start)
    back, seen_back = _flow(turned, one.grey, found)
    good = seen & seen_back & (np.linalg.norm((back - start)[:, 0], axis=1) < RETURN_ERROR)
    there = np.asarray(cv2.perspectiveTransform(found + 0.5, to_other), np.float64)[:, 0]
    good &= _inside(there, other)
    return Matches(one.points[good] - one.centre, there[good] - one.centre)


def _flow(one: Picture, other: Picture, points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return where points (N,1,2) of one picture lie in another, and which were found."""
    settings: dict[str, Any] = {"winSize": WINDOW, "maxLevel": LEVELS, "criteria": STOP}
    found, seen, _ = cv2.calcOpticalFlowPyrLK(one, other, points, points.copy(), **settings)
    return np.asarray(found, np.float32), np.asarray(seen).ravel() == 1


def recognise(one: Background, other: Background, focal: float) -> Turn | None:
    """Return roughly how the other view is turned against the first by points that look alike; None if too few do."""
    (here, looks), (there, other_looks) = one.landmarks, other.landmarks
    if looks is None or other_looks is None:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(looks, other_looks)
    if len(pairs) < FEWEST_POINTS:
        return None
    a = np.array([here[pair.queryIdx].pt for pair in pairs]) + 0.5
    b = np.array([there[pair.trainIdx].pt for pair in pairs]) + 0.5
    matrix, agree = cv2.findHomography(a, b, cv2.RANSAC, 3.0)
    if matrix is None or agree.sum() < FEWEST_POINTS:
        return None
    agree = agree.ravel() == 1
    rays = STILL.rays(a[agree] - one.centre, focal)
    fit = fit_turn(rays, b[agree] - one.centre, focal, STILL)
    return fit.turn if fit.agree.sum() >= FEWEST_POINTS else None


def _inside(points: Array, picture: Background) -> NDArray[np.bool_]:
    """Return which points lie in a picture and on its background."""
    height, width = picture.grey.shape
    inside = (points >= 1).all(axis=1) & (points < (width - 1, height - 1)).all(axis=1)
    column, row = np.where(inside[:, None], points, 0).astype(int).T
    return inside & (picture.allowed[row, column] > 0)
