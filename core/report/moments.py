"""A moment of a take that deserves a look: what happened, from when to when. numpy only, also for use in Blender."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..spans import runs
from .motion import Motion

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Kind = Literal[
    "air",  # both feet off the floor, as in a jump
    "floating",
    "sinking",
    "sliding",
    "hips",  # too fast for feet that stand
    "leap",  # of the whole body, from one frame to the next
    "joint",  # the same of a single joint
    "turn",
    "knee",
    "stretched",
    "unseen",
    "outside",
    "gap",
]

BRIDGED: Final = 0.25
"""Seconds between two stretches of one kind that are told as one."""


@dataclass(frozen=True)
class Event:
    """Something that happens from ``start`` to ``end``, seconds of the footage."""

    kind: Kind
    start: float
    end: float
    sentence: str
    is_warning: bool = True  # False: worth knowing, nothing wrong

    @property
    def when(self) -> str:
        """The time in words: "3.2 to 3.9 s"."""
        if round(self.end, 1) - round(self.start, 1) < 0.05:
            return f"{self.start:.1f} s"
        return f"{self.start:.1f} to {self.end:.1f} s"

    @property
    def line(self) -> str:
        """Time and sentence."""
        return f"{self.when}: {self.sentence}"


def stretches(mask: Mask, times: Array, shortest: float = 0.0, bridged: float = BRIDGED) -> list[tuple[int, int]]:
    """Return (first, last) frames where a mask holds for at least ``shortest`` seconds, short breaks bridged."""
    step = float(np.median(np.diff(times)))
    bridged = max(bridged, 1.5 * step) if bridged > 0 else 0.0
    joined: list[tuple[int, int]] = []
    for start, stop in runs(mask):
        if joined and times[start] - times[joined[-1][1]] <= bridged:
            joined[-1] = (joined[-1][0], stop - 1)
        else:
            joined.append((start, stop - 1))
    return [(first, last) for first, last in joined if times[last] - times[first] + step >= shortest - 1e-9]


def event_of(motion: Motion, kind: Kind, first: int, last: int, sentence: str, is_warning: bool = True) -> Event:
    """Return the event from one frame to another, the last one included."""
    last = min(last, motion.frames - 1)
    return Event(kind, float(motion.times[first]), float(motion.times[last]), sentence, is_warning)
