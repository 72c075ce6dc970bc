"""What the add-on remembers while Blender runs: the work in progress, the last take, what to tell the user."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ..cli.console import STAGES
from ..cli.in_blender import WorkerJob, WorkerProcess
from ..core.take import Take


@dataclass
class Running:
    """A job of a worker process; the panel shows how far it is and an operator polls it."""

    what: Literal["capture", "check"]
    worker: WorkerProcess
    job: WorkerJob
    cancelled: bool = False

    @property
    def text(self) -> str:
        """What happens now, in words."""
        if self.cancelled:
            return "Stopping"
        return f"{STAGES.get(self.job.stage, 'Starting')} {round(self.job.done * 100)} %"

    def cancel(self) -> None:
        """Ask the worker to stop."""
        self.cancelled = True
        self.job.cancel()


@dataclass
class Session:
    """The state; there is one, ``state``, for there is one user."""

    running: Running | None = None
    take: Take | None = None
    take_name: str = ""
    notes: list[str] = field(default_factory=list)  # about the last capture or take
    findings: list[dict[str, Any]] | None = None  # of the last check


state = Session()


def runs(what: Literal["capture", "check"]) -> Running | None:
    """Return the work in progress if it is of this kind."""
    running = state.running
    return running if running is not None and running.what == what else None


def keep_take(take: Take, name: str) -> None:
    """Remember the take, for "Save Take" and for other characters."""
    state.take, state.take_name = take, name


def end_running() -> None:
    """End the worker of the work in progress, if there is any, at once: what it gave has been read."""
    if state.running is not None:
        state.running.worker.close(0)
        state.running = None


def stop() -> None:
    """End what runs and forget everything, when the add-on is switched off."""
    end_running()
    state.take, state.take_name, state.findings = None, "", None
    state.notes.clear()
