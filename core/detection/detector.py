"""From a video to the 2D keypoints of one person, in two passes over the footage.

The first pass looks for people in some frames and settles whom to follow; the second reads the 33 points in every
frame from several crops. Only a handful of frames is held at any time.
"""

from collections.abc import Callable, Iterator
from copy import copy
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError, UsageError
from ...progress import Progress, silent
from ...weights import store
from ..footage import FootageInfo, Frame, Source, open_footage, read_frames
from ..settings import TrackSettings
from ..skeleton import BLAZEPOSE_KEYPOINTS
from ..values import Keypoints
from .choice import choose
from .crops import POINTS, VIEWS
from .following import Follower
from .people import Placement, detect_people, letterbox
from .sides import repair_sides
from .tracking import Sighting, choose_path

T = TypeVar("T")

LOOK_EVERY = 0.2
"""Seconds between the frames in which people are looked for."""

BATCH = {"cpu": 4, "mps": 8, "cuda": 16}
"""Frames read at once; on a CPU larger batches are slower (they leave the cache)."""

FIRST_PASS = 0.2
"""Part of the work that the first pass is, for the progress."""

OUTSIDE = 0.2
"""Highest confidence of a point outside the picture: the network only guesses it."""


class Detector:
    """Finds the keypoints of one person in clips; keeps the networks loaded between clips."""

    def __init__(self, settings: TrackSettings, progress: Progress = silent) -> None:
        """Load the networks, fetching them first if need be and allowed.

        Raises UsageError for an unknown detector, PosewrightError when weights or device are not to be had.
        """
        if settings.detector != "blazepose":
            raise UsageError(f"There is no detector '{settings.detector}'. Known is: blazepose.")
        from ..device import resolve_device
        from .blazepose import BlazePose

        device = resolve_device(settings.device)
        weights = store.ensure("blazepose", settings.offline, progress=progress)
        self.settings = settings
        self.model: BlazePose = BlazePose.load(weights, device)
        self.batch = BATCH[device.type]

    def detect(self, source: Source, progress: Progress = silent) -> Keypoints:
        """Return the 33 keypoints of the person to follow in every frame of the clip.

        Raises PosewrightError for footage that cannot be read or shows nobody.
        """
        clock = Clock(open_footage(source, self.settings.fps), self.settings, progress)
        path = clock.info.path
        clock.part(0.0, FIRST_PASS)
        sightings = self._look_for_people(clock)
        if not clock.frames_read:
            raise PosewrightError(
                f"{path} holds no frames between the times asked for; it lasts {clock.info.duration:.1f} s."
            )
        if not sightings:
            raise PosewrightError(f"No person was found in {path}. Film the whole body, upright and in good light.")
        chosen = choose_path(sightings, self.settings.person, (clock.info.width, clock.info.height))
        clock.part(FIRST_PASS, 1.0)
        follower = Follower(self.model, chosen, VIEWS[self.settings.quality])
        for frames in batches(clock.frames(), self.batch):
            follower.read(frames)
            clock.tell(frames[-1].time)
        found = repair_sides(_keypoints(follower, clock.info))
        progress("detect", 1.0)
        return found

    def with_settings(self, settings: TrackSettings) -> "Detector":
        """Return a detector with the same networks on the same device, and other settings."""
        other = copy(self)
        other.settings = settings
        return other

    def _look_for_people(self, clock: "Clock") -> list[Sighting]:
        """Return everybody seen in the first frame, every ``LOOK_EVERY`` seconds and in the last."""
        sightings: list[Sighting] = []
        for frames in batches(sampled(clock.frames(), LOOK_EVERY, clock.tell), self.batch):
            found = detect_people(self.model, [boxed for _, boxed in frames])
            for (time, _), people in zip(frames, found, strict=True):
                sightings.extend(Sighting(time, person) for person in people)
        return sightings


class Clock:
    """Yields the frames of a clip that the settings ask for, and reports how far along they are."""

    def __init__(self, info: FootageInfo, settings: TrackSettings, progress: Progress) -> None:
        self.info = info
        self._progress = progress
        self._start, self._end = settings.start or 0.0, settings.end
        self._begin, self._stop = 0.0, 1.0
        self.frames_read = 0
        # Frames that a lower rate does not need are left out; the exact rate is made later, from the motion.
        faster = int(info.fps / settings.fps + 0.1) if settings.fps else 1
        self._every = faster / info.fps if faster > 1 else 0.0

    def part(self, begin: float, stop: float) -> None:
        """Say which part of the work the next run through the frames is."""
        self._begin, self._stop = begin, stop

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order."""
        due = -np.inf
        for frame in read_frames(self.info, self._start, self._end):
            if frame.time >= due - 0.5 / self.info.fps:
                due = max(due, frame.time) + self._every if np.isfinite(due) else frame.time + self._every
                self.frames_read += 1
                yield frame

    def tell(self, time: float) -> None:
        """Report that the frames up to this time are done."""
        end = min(self._end or np.inf, self.info.duration)
        done = (time - self._start) / max(end - self._start, 1e-6)
        self._progress("detect", self._begin + (self._stop - self._begin) * float(np.clip(done, 0, 1)))


def batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of ``size``."""
    while batch := list(islice(items, size)):
        yield batch


def sampled(
    frames: Iterator[Frame], every: float, tell: Callable[[float], None]
) -> Iterator[tuple[float, tuple[NDArray[np.uint8], Placement]]]:
    """Yield the time and the detector's picture of the first frame, one every ``every`` seconds, and the last."""
    due, last = -np.inf, None
    for frame in frames:
        last = frame
        if frame.time >= due:
            due, last = frame.time + every, None
            tell(frame.time)
            yield frame.time, letterbox(frame.image)
    if last is not None:
        yield last.time, letterbox(last.image)


def _keypoints(follower: Follower, info: FootageInfo) -> Keypoints:
    """Settle on one answer for each frame; frames without the person hold NaN."""
    candidates = follower.candidates()
    if candidates is None:
        raise PosewrightError(f"No person was found in {info.path}. Film the whole body, upright and in good light.")
    present = np.array(follower.present)
    frames = len(present)
    points = np.full((frames, POINTS, 2), np.nan, np.float32)
    confidence = np.zeros((frames, POINTS), np.float32)
    world = np.full((frames, POINTS, 3), np.nan, np.float32)
    points[present], confidence[present], world[present] = choose(candidates)
    inside = ((points >= 0) & (points < (info.width, info.height))).all(-1)
    return Keypoints(
        points=points,
        confidence=np.where(inside, confidence, np.minimum(confidence, OUTSIDE)),
        names=BLAZEPOSE_KEYPOINTS,
        times=np.array(follower.times),
        image_size=(info.width, info.height),
        depth_hint=world,
    )
