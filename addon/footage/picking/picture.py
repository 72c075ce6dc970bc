"""The picture that the person is picked in: what is shown, where it lies in the region, and who is under the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from bpy.types import Area, Region
from numpy.typing import NDArray

BORDER = 28  # pixels around the picture, at a scale of 1
LINE = 34  # pixels for the words above and below it


@dataclass(frozen=True)
class Rect:
    """A rectangle of a region, in pixels from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Return the width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return the height."""
        return self.top - self.bottom

    def holds(self, x: float, y: float) -> bool:
        """Return whether a place lies inside."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top


@dataclass(frozen=True)
class Somebody:
    """A person in the picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the video
    centre: tuple[float, float]  # in pixels of the video


@dataclass(frozen=True)
class Moment:
    """A frame of the video and who is in it."""

    seconds: float  # of the video
    size: tuple[int, int]  # of the video in pixels
    image: NDArray[np.uint8]  # (H,W,3) the picture, may be smaller than the video
    people: tuple[Somebody, ...]


@dataclass
class Picture:
    """All that the overlay shows; the operator changes it, the draw handler reads it."""

    clip: str  # name of the file
    first: float  # seconds of the video that are used
    last: float
    wanted: float  # the moment that is to be shown
    moment: Moment | None = None  # the moment that is shown
    words: str = ""  # what happens meanwhile, "" when nothing does
    hovered: int = -1  # the person under the mouse, -1 for none
    moments: dict[int, Moment] = field(default_factory=dict)  # seen before, by ``key_of`` their time

    def show(self, moment: Moment, key: int) -> None:
        """Show a moment, and keep it."""
        self.moments[key] = moment
        self.moment, self.hovered, self.words = moment, -1, ""


def key_of(seconds: float) -> int:
    """Return what tells moments apart."""
    return round(seconds * 1000)


def region_at(area: Area, x: float, y: float) -> Region:
    """Return the region of a 3D view under a point of its window: one of those that the quad view makes and removes."""
    windows = [region for region in area.regions if region.type == "WINDOW"]
    return next((region for region in windows if _holds(region, x, y)), windows[0])


def free_part(area: Area, region: Region) -> Rect:
    """Return the part of the region that no other region of the area, a sidebar for example, lies on."""
    left, bottom, right, top = 0.0, 0.0, float(region.width), float(region.height)
    for other in area.regions:
        if other.type == region.type or other.width <= 1 or other.height <= 1 or not _overlap(other, region):
            continue
        if other.alignment == "RIGHT":
            right = min(right, other.x - region.x)
        elif other.alignment == "LEFT":
            left = max(left, other.x + other.width - region.x)
        elif other.alignment == "TOP":
            top = min(top, other.y - region.y)
        elif other.alignment == "BOTTOM":
            bottom = max(bottom, other.y + other.height - region.y)
    return Rect(left, bottom, max(right, left + 1), max(top, bottom + 1))


def _holds(region: Region, x: float, y: float) -> bool:
    return region.x <= x < region.x + region.width and region.y <= y < region.y + region.height


def _overlap(a: Region, b: Region) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def fitted(size: tuple[int, int], part: Rect, scale: float) -> Rect:
    """Return where a picture of this size lies in a part of the region: as large as it can, centred."""
    width = max(part.width - 2 * BORDER * scale, 1.0)
    height = max(part.height - 2 * (BORDER + LINE) * scale, 1.0)
    factor = min(width / size[0], height / size[1])
    x, y = (part.left + part.right) / 2, (part.bottom + part.top) / 2
    half = (size[0] * factor / 2, size[1] * factor / 2)
    return Rect(x - half[0], y - half[1], x + half[0], y + half[1])


def placed(box: Sequence[float], size: tuple[int, int], where: Rect) -> Rect:
    """Return where a box (left, top, right, bottom in pixels of the video) lies in the region."""
    x, y = where.width / size[0], where.height / size[1]
    return Rect(where.left + box[0] * x, where.top - box[3] * y, where.left + box[2] * x, where.top - box[1] * y)


def person_at(moment: Moment, where: Rect, x: float, y: float) -> int:
    """Return who is at a place of the region, -1 for nobody; where boxes overlap, whose middle is nearest."""
    best, nearest = -1, float("inf")
    for index, person in enumerate(moment.people):
        box = placed(person.box, moment.size, where)
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        distance = ((x - middle[0]) / box.width) ** 2 + ((y - middle[1]) / box.height) ** 2
        if box.holds(x, y) and distance < nearest:
            best, nearest = index, distance
    return best
