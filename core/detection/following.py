"""Reading one person's points frame by frame, and noticing when the place to look at is wrong."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..footage import Frame
from .choice import Candidates
from .crops import Reading, View, read_crops
from .people import detect_people, letterbox
from .regions import MARGIN, Array, disagreement
from .tracking import Sighting, plan_regions, steady_sizes

if TYPE_CHECKING:
    from .blazepose import BlazePose

DOUBT: Final = 0.6
"""Disagreement between where we looked and where the network would look next that makes a reading doubtful."""

FAR: Final = 2.0
"""Disagreement with the plan beyond which it must be somebody else."""

MEMORY: Final = 0.5
"""Seconds for which the last good reading says where the person is."""

BETTER: Final = 0.02
"""Quality that a second look must gain to be taken."""


class Follower:
    """Collects the readings of one person; feed it all frames in order with ``read``."""

    def __init__(self, model: "BlazePose", path: Sequence[Sighting], views: Sequence[View]) -> None:
        self.model = model
        self.path = steady_sizes(list(path))
        self.views = views
        self.sighted = np.array([s.time for s in path])
        self.times: list[float] = []
        self.present: list[bool] = []
        self._readings: list[list[Reading]] = []
        self._sizes: list[Array] = []
        self._last: tuple[float, Array] | None = None  # time and region of the last good reading

    def read(self, frames: Sequence[Frame]) -> None:
        """Read the points in some frames."""
        times = np.array([frame.time for frame in frames])
        plan = plan_regions(self.path, times)
        lost = np.isnan(plan[:, 0])
        if self._last is not None and lost.any():
            plan[lost] = self._last[1]
        looked = np.flatnonzero(~np.isnan(plan[:, 0]))
        seen = np.zeros(len(frames), bool)
        if len(looked):
            seen[looked] = self._read_some([frames[index] for index in looked], plan[looked])
        self.times.extend(times.tolist())
        self.present.extend(seen.tolist())

    def _read_some(self, frames: list[Frame], regions: Array) -> NDArray[np.bool_]:
        """Read frames whose regions (N,4) are known; return in which of them the person is (N,)."""
        images = [frame.image for frame in frames]
        first = read_crops(self.model, images, regions, self.views[0])
        for index, frame in enumerate(frames):
            if first.flag[index] < 0.5 or disagreement(first.regions[index], regions[index]) > DOUBT:
                self._look_again(frame, regions, first, index)
            if first.flag[index] >= 0.5:
                self._last = (frame.time, first.regions[index])
            elif self._last is not None and frame.time - self._last[0] > MEMORY:
                self._last = None
        seen = first.flag >= 0.5
        kept = np.flatnonzero(seen)
        if len(kept):
            images = [images[index] for index in kept]
            others = [read_crops(self.model, images, regions[kept], view) for view in self.views[1:]]
            self._readings.append([first.only(kept), *others])
            self._sizes.append(regions[kept, 2] / MARGIN)
        return seen

    def _look_again(self, frame: Frame, regions: Array, first: Reading, index: int) -> None:
        """Try other places in a doubtful frame and keep the best in ``regions`` and ``first``."""
        places = self._places(frame, regions[index], first, index)
        if not len(places):
            return
        again = read_crops(self.model, [frame.image] * len(places), places, self.views[0])
        quality = again.quality()
        best = int(np.argmax(quality))
        if quality[best] > first.quality()[index] + BETTER:
            first.put(np.array([index]), again, np.array([best]))
            regions[index] = places[best]

    def _places(self, frame: Frame, planned: Array, first: Reading, index: int) -> Array:
        """Return other regions (N,4) in which the person may be."""
        people = detect_people(self.model, [letterbox(frame.image)])[0]
        places = [person.region for person in people]
        if first.flag[index] >= 0.5:
            places.append(first.regions[index])
        if self._last is not None and frame.time - self._last[0] <= MEMORY:
            places.append(self._last[1])
        certain = bool(np.abs(self.sighted - frame.time).min() <= MEMORY)
        reference = planned if certain or self._last is None else self._last[1]
        return np.array([place for place in places if disagreement(place, reference) <= FAR]).reshape(-1, 4)

    def candidates(self) -> Candidates | None:
        """Return all readings of the frames that hold the person; None when no frame does."""
        if not self._readings:
            return None

        def gather(name: str) -> NDArray[np.float32]:
            return np.concatenate([np.stack([getattr(r, name) for r in batch], 1) for batch in self._readings])

        return Candidates(
            points=gather("points"),
            confidence=gather("confidence"),
            world=gather("world"),
            size=np.concatenate(self._sizes).astype(np.float32),
            times=np.array(self.times)[np.array(self.present)],
        )
