"""Whom to follow: detections of many people in sampled frames become the path of one person.

A path may only go through detections that one body could have produced one after the other; the best path is found
for the whole clip at once (dynamic programming), so a single wrong detection is stepped over, never followed and
never interpolated through.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError, UsageError
from .people import Person
from .regions import MARGIN, Array, disagreement, wrap_angle

BRIDGE = 1.0
"""Seconds without a detection beyond which the motion in between is unknown and the link is paid for."""

FASTEST = 0.4
"""Seconds of the fastest motion that a link may need."""

REACH = 0.5
"""Seconds before the first and after the last detection in which the person is still looked for."""

GIVE_UP = 60.0
"""Seconds after which a person who was lost is no longer waited for."""

NEAR = 1.0
"""Seconds by which a person who is pointed out at a moment may be seen earlier or later."""

AROUND_CLICK = 0.3
"""Seconds around such a moment in which to look for the person; a second of them counts as much as a body's side."""

JUMP = 0.4
WATCH = 1.5
"""A link over more than 0.4 sides is checked against what is seen 1.5 s before and after it."""

AROUND = 2.5
USUAL = 70
SMALLEST = 0.75
"""A region is at least this part of the 70th percentile of the sides within 2.5 s."""


@dataclass(frozen=True)
class Sighting:
    """A person seen in one sampled frame."""

    time: float  # seconds
    person: Person


def choose_path(sightings: list[Sighting], person: str, image_size: tuple[int, int]) -> list[Sighting]:
    """Return the sightings of the person to follow, in order of time.

    ``person`` is "largest" (for longest), a number from 1 (the N-th of them), "X,Y" (at that pixel when first seen) or
    "X,Y@SECONDS" (at that pixel at that time of the footage). Raises PosewrightError when there is no such person,
    UsageError when ``person`` is none of these.
    """
    if person != "largest" and "," in person:
        return _path_through(sightings, _at_pixel(sightings, *_place(person, image_size)))
    left = sightings
    number = 1 if person == "largest" else _number(person)
    for rank in range(1, number + 1):
        path = best_path(left)
        if rank == number and path:
            return path
        if not path:
            people = "1 person was" if rank == 2 else f"{rank - 1} people were"
            raise PosewrightError(f"Only {people} found, so --person {number} does not exist.")
        left = _without(left, path)
    return []


def best_path(sightings: list[Sighting], from_first: bool = False) -> list[Sighting]:
    """Return the plausible path with the greatest sum of sizes; ``from_first`` forces it to begin at the first."""
    if not sightings:
        return []
    times = np.array([s.time for s in sightings])
    regions = np.stack([s.person.region for s in sightings])
    worth = regions[:, 2] * np.array([s.person.score for s in sightings]) ** 2  # unsure ones are often wrong ones
    total = worth.copy()
    before = np.full(len(sightings), -1)
    for index in range(1, len(sightings)):
        earlier = np.flatnonzero((times[:index] < times[index]) & (times[:index] >= times[index] - GIVE_UP))
        if from_first:
            earlier = earlier[(before[earlier] >= 0) | (earlier == 0)]
        if not len(earlier):
            continue
        cost = link_cost(regions[earlier], regions[index], times[index] - times[earlier])
        for place in np.flatnonzero(np.isfinite(cost)):
            if _are_two(times, regions, int(earlier[place]), index):
                cost[place] = np.inf
        gain = total[earlier] - cost
        best = int(np.argmax(gain))
        if gain[best] > 0 or (from_first and np.isfinite(gain[best])):
            total[index] = worth[index] + gain[best]
            before[index] = earlier[best]
    reached = (before >= 0) | (np.arange(len(sightings)) == 0) if from_first else np.ones(len(sightings), bool)
    index = int(np.argmax(np.where(reached, total, -np.inf)))
    path = []
    while index >= 0:
        path.append(sightings[index])
        index = int(before[index])
    return path[::-1]


def link_cost(a: Array, b: Array, seconds: NDArray[np.float64]) -> Array:
    """Return what it costs that the regions a (N,4) and b (4,) are one body ``seconds`` apart; inf if they cannot be.

    Allowed are, at once and per second: moving by 0.2 and 1.5 sides, growing by 1.25 and 1.6, turning 45 and 240
    degrees. Long gaps allow no more than ``FASTEST`` does, so that nobody is taken for a person who left elsewhere.
    """
    span = np.minimum(seconds, FASTEST)
    distance = _apart(a, b) / (0.2 + 1.5 * span)
    size = np.abs(np.log(a[:, 2] / b[2])) / (math.log(1.25) + math.log(1.6) * span)
    angle = np.abs(wrap_angle(a[:, 3] - b[3])) / np.minimum(math.radians(45) + math.radians(240) * span, math.pi)
    misfit = np.maximum(np.maximum(distance, size), angle)
    cost = (a[:, 2] + b[2]) / 2 * (misfit**2 + np.where(seconds > BRIDGE, 1.0, 0.0))
    return np.where(misfit <= 1.0, cost, np.inf)


def _are_two(times: NDArray[np.float64], regions: Array, before: int, after: int) -> bool:
    """Tell whether a link that jumps joins two people: the first is still seen, or the second was seen already."""
    if _apart(regions[before], regions[after]) < JUMP:
        return False
    begin, end = np.searchsorted(times, times[after]), np.searchsorted(times, times[after] + WATCH, "right")
    stays = _same_place(regions[begin:end], regions[before])
    begin, end = np.searchsorted(times, times[before] - WATCH), np.searchsorted(times, times[before], "right")
    return bool(stays.any() or _same_place(regions[begin:end], regions[after]).any())


def _apart(a: Array, b: Array) -> Array:
    """Return the distance of regions (...,4) in sides."""
    return np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]) / ((a[..., 2] + b[..., 2]) / 2)


def _same_place(regions: Array, region: Array) -> NDArray[np.bool_]:
    return (_apart(regions, region) < 0.25) & (np.abs(np.log(regions[..., 2] / region[2])) < math.log(1.5))


def steady_sizes(path: list[Sighting]) -> list[Sighting]:
    """Return the path without regions that are far smaller than those around them.

    The detector's square shrinks to a crouching or bent body, which the landmark network reads much better at the
    size of the same person upright.
    """
    times = np.array([s.time for s in path])
    sides = np.array([s.person.region[2] for s in path])
    steady = []
    for sighting, time, side in zip(path, times, sides, strict=True):
        usual = np.percentile(sides[np.abs(times - time) <= AROUND], USUAL)
        region = sighting.person.region.copy()
        region[2] = max(side, SMALLEST * usual)
        steady.append(replace(sighting, person=replace(sighting.person, region=region)))
    return steady


def plan_regions(path: list[Sighting], times: NDArray[np.float64]) -> Array:
    """Return the region (F,4) in which to look for the person at each time; NaN where nothing is known.

    Between sightings all values run linearly (the size in its logarithm, the turn the short way round).
    """
    known = np.array([s.time for s in path])
    regions = np.stack([s.person.region for s in path])
    angles = np.unwrap(regions[:, 3])
    plan = np.stack(
        [
            np.interp(times, known, regions[:, 0]),
            np.interp(times, known, regions[:, 1]),
            np.exp(np.interp(times, known, np.log(regions[:, 2]))),
            wrap_angle(np.interp(times, known, angles)),
        ],
        -1,
    )
    plan[(times < known[0] - REACH) | (times > known[-1] + REACH)] = np.nan
    return plan


def _path_through(sightings: list[Sighting], point: Sighting) -> list[Sighting]:
    """Return the best path that goes through a sighting."""
    later = best_path([point, *(s for s in sightings if s.time > point.time)], from_first=True)
    earlier = [_turned(s) for s in reversed(sightings) if s.time < point.time]
    if not earlier:
        return later
    before = best_path([_turned(point), *earlier], from_first=True)
    return [*(_turned(s) for s in before[:0:-1]), *later]


def _turned(sighting: Sighting) -> Sighting:
    """Return the sighting as time that runs backward has it; what a body can do is the same both ways."""
    return replace(sighting, time=-sighting.time)


def _without(sightings: list[Sighting], path: list[Sighting]) -> list[Sighting]:
    """Return the sightings that are not of the person on this path, nor doubles of that person."""
    taken = {s.time: s.person.region for s in path}
    return [s for s in sightings if s.time not in taken or disagreement(s.person.region, taken[s.time]) > 1.0]


def _at_pixel(sightings: list[Sighting], pixel: Array, seconds: float | None) -> Sighting:
    """Return whose body square holds the pixel, or who is nearest, when people are first seen or around a time."""
    times = np.array([s.time for s in sightings])
    moment = times[0] if seconds is None else seconds
    late = np.abs(times - moment)
    if late.min() > NEAR:
        raise PosewrightError(
            f"Nobody is seen at {moment:g} s, where the person was pointed out; people are seen from {times[0]:.2f} "
            f"to {times[-1]:.2f} s of what is used of the video."
        )
    # Not only in the nearest frame looked at: the person may have been missed in that one.
    there = np.flatnonzero(late <= (0.0 if seconds is None else max(late.min(), AROUND_CLICK)))
    regions = np.stack([sightings[index].person.region for index in there])
    away = np.hypot(*(regions[:, :2] - pixel).T) / regions[:, 2]
    cost = away + late[there] + np.where(away <= 0.5 / MARGIN, 0.0, 1e3)
    return sightings[int(there[np.argmin(cost)])]


def _place(person: str, image_size: tuple[int, int]) -> tuple[Array, float | None]:
    """Return the pixel and the seconds (None: when people are first seen) of "X,Y" or "X,Y@SECONDS"."""
    pixel, at, time = person.partition("@")
    try:
        x, y = (float(part) for part in pixel.split(","))
        seconds = float(time) if at else None
    except ValueError:
        raise UsageError(
            f"The person must be given as X,Y in pixels, or X,Y@SECONDS for another moment, not '{person}'."
        ) from None
    if not (0 <= x < image_size[0] and 0 <= y < image_size[1]):
        raise PosewrightError(f"The pixel {pixel} lies outside the picture of {image_size[0]} x {image_size[1]}.")
    if seconds is not None and not math.isfinite(seconds):
        raise UsageError(f"The moment of the person must be a number of seconds, not '{time}'.")
    return np.array([x, y]), seconds


def _number(person: str) -> int:
    if not person.isdecimal() or int(person) < 1:
        raise UsageError(
            f"The person must be 'largest', a number from 1, X,Y in pixels or X,Y@SECONDS, not '{person}'."
        )
    return int(person)
