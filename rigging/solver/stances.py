"""When the feet of a motion stand, and how high the surface under them is. numpy only."""

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...core.skeleton import CONTACT_POINTS, STANDS
from ...core.spans import runs
from ...core.take import Take
from ..maps.parts import SIDES
from .motion import body_joints
from .smoothing import REFERENCE_FPS, median, smoothed

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Point = Literal["heel", "ball"]
FeetMode = Literal["auto", "always", "never", "ground"]
"""What holds the feet of a rig: auto: they stand while the take's contacts say so (found from speed and height where
a take has none); always: also while the rig's own feet are slow and low; never: nothing beyond the directions of
the limbs and the height of the hips; ground: they do not sink into the floor, but may slide."""

FEET_MODES: Final[tuple[FeetMode, ...]] = get_args(FeetMode)

POINTS: Final[tuple[Point, ...]] = get_args(Point)
_COLUMN: Final = {"heel": "heel", "ball": "toe"}  # names in ``Take.contacts``
_SLOW = 0.25  # metres a second: a ball of the foot slower than this and low may stand
_STILL = 0.2  # metres a second: slower and low, it stands in one place
_LOW = 0.05  # metres over the lowest heights of that point of both feet
_STEP = 0.08  # metres: what is lower than this is the floor, seen with some error
_JOINT_HEIGHT: Final = 0.03  # metres of heel and ball joints over what they stand on
_SOFT = 6.0  # smoothness of standing and not at 30 frames a second: some 3 frames
_SHORTEST = 0.07  # seconds: shorter contacts and gaps that were found from speed are noise


@dataclass(frozen=True)
class Span:
    """A heel or ball that stands from frame ``start`` up to, not with, ``stop``."""

    point: Point
    start: int
    stop: int

    @property
    def frames(self) -> slice:
        """The frames as an index."""
        return slice(self.start, self.stop)

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.stop - self.start

    def overlap(self, other: "Span") -> slice:
        """Return the frames of both; an empty slice when there are none."""
        start = max(self.start, other.start)
        return slice(start, max(start, min(self.stop, other.stop)))


@dataclass(frozen=True)
class Stance:
    """One foot on one surface, from the first touch of heel or ball to the last."""

    spans: tuple[Span, ...]
    surface: float = 0.0  # metres over the floor, in the size of the person

    @property
    def frames(self) -> slice:
        """The frames as an index."""
        return slice(min(span.start for span in self.spans), max(span.stop for span in self.spans))


@dataclass
class _Contact:
    """How much (F,) a heel or ball may stand, and where (F,) it stands in one place."""

    weight: Array
    stands: Flags


@dataclass
class Standing:
    """How one foot stands. ``heel`` and ``ball`` (F,) say how much, 0 to 1, softened in time."""

    heel: Array
    ball: Array
    ankle_height: float  # metres over the surface, when it stands
    surface: Array  # (F,) metres over the floor of what it stands on; 0 in the air
    in_air: Array  # (F,) 1 while neither stands, softened in time
    stances: list[Stance] = field(default_factory=list)

    def stands(self, point: Point) -> Array:
        """Return how much (F,) heel or ball stand."""
        return self.heel if point == "heel" else self.ball


def standing_feet(
    take: Take, joints: dict[str, Array], also: dict[str, dict[Point, Flags]] | None = None
) -> dict[str, Standing]:
    """Return how the feet stand, from the take's contacts or, without them, from speed and height.

    ``also`` (side -> point -> (F,)) adds contacts that were found otherwise. Sides without an ankle are left out.
    """
    given = take.contacts is not None and take.contacts.shape == (take.frames, 4)
    sides = [side for side in SIDES if f"{side}_ankle" in joints]
    found = {side: (_given if given else _derived)(take, joints, side) for side in sides}
    for side, points in (also or {}).items():
        for point, stands in points.items():
            found[side][point].stands |= stands
    base: dict[Point, float] = {point: _base(joints, found, point, floor_is_known=given) for point in POINTS}
    return {side: _standing(take, joints, side, found[side], base) for side in sides}


def contacts_of(take: Take) -> Flags:
    """Return when heels and toes (F,4), in the order of ``CONTACT_POINTS``, stand: by the take, or found as above."""
    standing = standing_feet(take, body_joints(take))
    stands = np.zeros((take.frames, len(CONTACT_POINTS)), np.bool_)
    for side, foot in standing.items():
        for stance in foot.stances:
            for span in stance.spans:
                stands[span.frames, CONTACT_POINTS.index(f"{side}_{_COLUMN[span.point]}")] = True
    return stands


def lowest(*paths: Array) -> float:
    """Return how low points of feet (F,3) come, a few stray frames left out: the same point of both feet."""
    return float(min(np.percentile(path[:, 2], 5) for path in paths))


def still_and_low(path: Array, fps: float, low: float, size: float = 1.0) -> Flags:
    """Return where (F,) a point of a foot stands in one place by its path (F,3): still, and not much over ``low``.

    ``size`` is that of the body against a person's.
    """
    if len(path) < 3:
        return np.zeros(len(path), np.bool_)
    return steady((_speed(path, fps) < size * _STILL) & (path[:, 2] - low < size * _LOW), fps)


def steady(stands: Flags, fps: float) -> Flags:
    """Return contacts (F,) without gaps and contacts that are too short to be true."""
    shortest = round(_SHORTEST * fps)
    result = stands.copy()
    for value in (False, True):
        for start, stop in runs(result == value):
            inside = start > 0 and stop < len(result)
            if stop - start < shortest and (value or inside):
                result[start:stop] = not value
    return result


def _given(take: Take, joints: dict[str, Array], side: str) -> dict[Point, "_Contact"]:
    """Return the contacts that the take holds."""
    assert take.contacts is not None
    contacts = np.nan_to_num(take.contacts.astype(np.float64))
    found: dict[Point, _Contact] = {}
    for point in POINTS:
        weight = contacts[:, CONTACT_POINTS.index(f"{side}_{_COLUMN[point]}")]
        found[point] = _Contact(weight, weight > STANDS)
    return found


def _derived(take: Take, joints: dict[str, Array], side: str) -> dict[Point, "_Contact"]:
    """Return contacts from how the joints at heel and ball of the foot move, and how low they come on both sides."""
    found: dict[Point, _Contact] = {}
    low: dict[Point, Array] = {}
    for point in ("ball", "heel"):
        path = _joint(joints, side, point)
        sides = [s for s in SIDES if f"{s}_ankle" in joints]
        ground = lowest(*(_joint(joints, s, point) for s in sides))
        stands = still_and_low(path, take.fps, ground)
        # the ankle tells of the heel: heels are guessed, or noisy, in much motion
        seen = joints[f"{side}_ankle"] if point == "heel" else path
        ankles = lowest(*(joints[f"{s}_ankle"] for s in sides)) if point == "heel" else ground
        low[point] = _slow_and_low(seen, take.fps, ankles)
        found[point] = _Contact(low[point] * low["ball"] if point == "heel" else low[point], stands)
    return found


def _slow_and_low(path: Array, fps: float, low: float) -> Array:
    """Return how much (F,) a point of a foot may stand: 1 slow and low, 0 fast or high."""
    if len(path) < 3:
        return np.zeros(len(path))
    return np.clip(2 - _speed(path, fps) / _SLOW, 0, 1) * np.clip(2 - (path[:, 2] - low) / _LOW, 0, 1)


def _speed(path: Array, fps: float) -> Array:
    """Return metres a second (F,)."""
    return np.linalg.norm(np.gradient(path, 1 / fps, axis=0), axis=-1)


def _base(
    joints: dict[str, Array], found: dict[str, dict[Point, "_Contact"]], point: Point, *, floor_is_known: bool
) -> float:
    """Return the height of the joint at a foot's heel or ball that stands on the floor."""
    heights = [_joint(joints, side, point)[found[side][point].stands, 2] for side in found]
    standing = np.concatenate(heights) if heights else np.zeros(0)
    if not len(standing):
        return _JOINT_HEIGHT
    low = float(np.percentile(standing, 10))
    is_sole = all(_name(joints, side, point) != f"{side}_ankle" for side in found)
    return _JOINT_HEIGHT if floor_is_known and is_sole and low > _JOINT_HEIGHT + _STEP else low


def _standing(
    take: Take, joints: dict[str, Array], side: str, found: dict[Point, "_Contact"], base: dict[Point, float]
) -> Standing:
    height: dict[Point, Array] = {point: _joint(joints, side, point)[:, 2] - base[point] for point in POINTS}
    stances = [
        _on_surface(spans, height)
        for spans in _together([Span(p, *run) for p in POINTS for run in runs(found[p].stands)])
    ]
    surface: Array = np.zeros(take.frames)
    stands: Array = np.zeros(take.frames)
    for stance in stances:
        surface[stance.frames] = stance.surface
        stands[stance.frames] = 1.0
    heel, ball = (np.maximum(found[point].weight, found[point].stands.astype(np.float64)) for point in ("heel", "ball"))
    if take.frames > 2:
        heel, ball = (smoothed(w, np.ones_like(w), 0.5) for w in (heel, ball))
        stands = smoothed(stands, np.ones(take.frames), _SOFT * (take.fps / REFERENCE_FPS) ** 2)
    flat = (heel > STANDS) & (ball > STANDS)
    ankle = joints[f"{side}_ankle"][:, 2]
    usual = float(np.median((ankle - surface)[flat])) if flat.sum() >= 3 else float(np.percentile(ankle, 5))
    return Standing(heel, ball, usual, surface, 1.0 - stands, stances)


def _together(spans: list[Span]) -> list[list[Span]]:
    """Return the spans of heel and ball grouped into stances: what overlaps belongs together."""
    groups: list[list[Span]] = []
    for span in sorted(spans, key=lambda span: span.start):
        if groups and span.start < max(other.stop for other in groups[-1]):
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _on_surface(spans: list[Span], height: dict[Point, Array]) -> Stance:
    level = float(median(np.concatenate([height[span.point][span.frames] for span in spans])))
    return Stance(tuple(spans), level if level > _STEP else 0.0)


def _name(joints: dict[str, Array], side: str, point: Point) -> str:
    joint = f"{side}_{'heel' if point == 'heel' else 'foot_index'}"
    return joint if joint in joints else f"{side}_ankle"


def _joint(joints: dict[str, Array], side: str, point: Point) -> Array:
    return joints[_name(joints, side, point)]
