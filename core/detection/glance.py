"""One frame of a video and the people in it, for choosing one of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...progress import Progress, silent
from ..footage import FootageInfo, Frame, Source, frame_at, open_footage
from ..skeleton import BLAZEPOSE_KEYPOINTS
from .crops import VIEWS, read_crops
from .detector import Detector
from .people import Person, detect_people, letterbox
from .regions import Array, disagreement

AROUND = 0.06
"""Part of a body's longer side by which its box is wider than its points."""

CROWN = 0.8
"""How far the head reaches beyond the nose, in parts of the way from the shoulders to the nose."""

NOSE = BLAZEPOSE_KEYPOINTS.index("nose")
SHOULDERS = [BLAZEPOSE_KEYPOINTS.index(f"{side}_shoulder") for side in ("left", "right")]

SAME = 1.0
"""Disagreement of two regions up to which they are one person seen twice."""


@dataclass(frozen=True)
class Seen:
    """A person in a picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels
    centre: tuple[float, float]  # between the hips, where ``TrackSettings.person`` finds them
    score: float  # 0..1


@dataclass(frozen=True)
class Glance:
    """A frame of a video and who is in it, from the largest to the smallest."""

    info: FootageInfo
    frame: Frame
    people: tuple[Seen, ...]


def glance_at(source: Source, detector: Detector, seconds: float = 0.0, progress: Progress = silent) -> Glance:
    """Return the first frame of a video from a time on (its last one when there is none) and the people in it.

    Raises PosewrightError for footage that cannot be read; a frame without people is no error.
    """
    progress("detect", 0.0)
    info = open_footage(source)
    frame = frame_at(info, seconds)
    progress("detect", 0.5)
    return Glance(info, frame, _people_in(frame.image, detector))


def _people_in(image: NDArray[np.uint8], detector: Detector) -> tuple[Seen, ...]:
    found = _without_doubles(detect_people(detector.model, [letterbox(image)])[0])
    if not found:
        return ()
    regions = np.stack([person.region for person in found])
    reading = read_crops(detector.model, [image] * len(found), regions, VIEWS["fast"][0])
    height, width = image.shape[:2]
    edge = np.array([width - 1, height - 1])
    people = [
        Seen(_box(points, edge), tuple(np.clip(person.region[:2], 0, edge).tolist()), person.score)
        for points, person, flag in zip(reading.points, found, reading.flag, strict=True)
        if flag >= 0.5
    ]
    return tuple(sorted(people, key=lambda seen: -(seen.box[2] - seen.box[0]) * (seen.box[3] - seen.box[1])))


def _without_doubles(people: list[Person]) -> list[Person]:
    kept: list[Person] = []
    for person in people:  # best first
        if all(disagreement(person.region, other.region) > SAME for other in kept):
            kept.append(person)
    return kept


def _box(points: NDArray[np.float32], edge: Array) -> tuple[float, float, float, float]:
    """Return the box around a body whose points (33,2) are known, inside the picture."""
    nose, shoulders = points[NOSE], points[SHOULDERS].mean(0)
    everything = np.vstack([points, nose + CROWN * (nose - shoulders)]).astype(np.float64)
    low, high = everything.min(0), everything.max(0)
    around = AROUND * float((high - low).max())
    low, high = np.clip(low - around, 0, edge), np.clip(high + around, 0, edge)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
