"""A job of the worker: what it is about, how far it is, and what happens when it is done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

from bpy.types import Context

from ...cli.console import STAGES
from ...cli.worker_process import WorkerJob, WorkerProcess
from .. import choices

SHARES = {
    "capture": {"weights": 0.03, "detect": 0.77, "camera": 0.03, "lift": 0.07, "world": 0.1},
    "setup": {"resolve": 0.1, "fetch": 0.5, "install": 0.3, "verify": 0.1},
}
"""The stages of a job by its kind and about which part of its time each takes, for one bar and the time left."""

SETTLED = 0.04  # of a job: from here on the time left can be guessed

Kind = Literal["capture", "people", "relift", "check", "setup"]

_numbers = count(1)


@dataclass(eq=False)
class Job:
    """Something that a worker does, and what happens in Blender when it is done."""

    kind: Kind
    label: str  # what it is about, as the user knows it: the name of a clip
    start: Callable[[WorkerProcess], WorkerJob]
    then: Callable[[Context, Any], str]  # gets what was read; may raise PosewrightError; returns what to report
    read: Callable[[dict[str, Any]], Any] = dict  # reads what lies in the worker's folder, which may soon be gone
    python: Callable[[], Path] = choices.worker_python
    failed: Callable[[str], None] | None = None  # told the sentence of what went wrong
    is_aside: bool = False  # changes nothing in the file: no operator brings the result, nothing is reported
    running: WorkerJob | None = None
    begun: float = 0.0  # time.monotonic(), after what prepares the work: starting the worker, loading models
    is_cancelled: bool = False
    number: int = field(default_factory=lambda: next(_numbers))  # by which buttons know it

    @property
    def done(self) -> float:
        """Return how much of the job is done, 0 to 1."""
        if self.running is None:
            return 0.0
        shares = SHARES.get(self.kind, SHARES["capture"])
        stages = list(shares)
        if self.running.stage not in stages:
            return 0.0 if self.running.stage == "start" else self.running.done
        before = sum(shares[stage] for stage in stages[: stages.index(self.running.stage)])
        return before + shares[self.running.stage] * self.running.done

    @property
    def prepared(self) -> float:
        """Return how much of the job the first stage is, which says nothing about the speed of the others."""
        return next(iter(SHARES.get(self.kind, SHARES["capture"]).values()))

    @property
    def seconds_left(self) -> float | None:
        """Return about how many seconds the job still takes, None while nobody can know."""
        risen = self.done - self.prepared
        if risen < SETTLED:
            return None
        return (time.monotonic() - self.begun) * (1.0 - self.done) / risen

    @property
    def words(self) -> str:
        """Return what happens now, for a bar."""
        if self.is_cancelled:
            return "Stopping"
        if self.running is None:
            return "Waiting"
        stage = STAGES.get(self.running.stage, "Starting")
        return f"{stage} {round(self.done * 100)} %"
