"""Where the time of a training goes: share of the data synthesis, and how busy the GPU is."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch

TIME_EVERY = 50
"""Steps between two whose parts are timed; timing one on a GPU waits for it."""

PROFILE_EVERY = 500
"""Steps between two whose kernels are recorded, on a GPU."""


@dataclass
class Usage:
    """Seconds of the timed steps, and of the recorded ones how long the GPU computed."""

    synthesis: float = 0.0
    steps: float = 0.0
    computing: float = 0.0
    recorded: float = 0.0

    def as_json(self) -> dict[str, float | None]:
        """Return the share of the batch synthesis, and the share of the time in which the GPU computed (or None)."""
        return {
            "synthesis_share": round(self.synthesis / self.steps, 3) if self.steps else None,
            "gpu_busy_share": round(min(self.computing / self.recorded, 1.0), 3) if self.recorded else None,
        }

    def state(self) -> dict[str, float]:
        """Return the sums as plain values."""
        return asdict(self)


class Stopwatch:
    """Times the parts of a step: on CUDA by events in its stream, elsewhere by the clock."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._events: list[torch.cuda.Event] = []
        self._times: list[float] = []

    def mark(self) -> None:
        """Note the moment at which the work so far is done."""
        if self._cuda:
            self._events.append(torch.cuda.Event(enable_timing=True))
            self._events[-1].record()
        else:
            self._times.append(time.perf_counter())

    def seconds(self) -> list[float]:
        """Return the times between the marks; waits for a GPU."""
        if not self._cuda:
            return [end - begin for begin, end in zip(self._times[:-1], self._times[1:], strict=True)]
        self._events[-1].synchronize()
        pairs = zip(self._events[:-1], self._events[1:], strict=True)
        return [begin.elapsed_time(end) / 1000 for begin, end in pairs]


def gpu_seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Run ``work`` on CUDA; return the seconds in which the GPU computed, and all that passed.

    Method: the profiler's record of every kernel and copy, overlaps counted once, from an idle GPU to an idle GPU.
    The record slows the host, and no work of the step before or after overlaps: a lower bound of the true share.
    """
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as recorded:
        started = time.perf_counter()
        work()
        torch.cuda.synchronize()
        passed = time.perf_counter() - started
    events = recorded.events() or []
    spans = [
        (event.time_range.start, event.time_range.end)
        for event in events
        if event.device_type.name == "CUDA" and not event.is_user_annotation
    ]
    return covered(spans) / 1e6, passed


def covered(spans: list[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(end - max(begin, reached), 0.0)
        reached = max(reached, end)
    return total
