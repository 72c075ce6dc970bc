"""The worker process that is kept warm between jobs, with its models loaded."""

import time
from pathlib import Path

from ...cli.worker_process import WorkerProcess


class Host:
    """At most one worker process, started on demand."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None
        self._python: Path | None = None
        self._used = 0.0

    @property
    def is_warm(self) -> bool:
        """Whether a worker waits for the next job."""
        return self._worker is not None and self._worker.alive

    def worker(self, python: Path) -> WorkerProcess:
        """Return a living worker of this Python; PosewrightError when it cannot be started."""
        if not self.is_warm or python != self._python:
            self.close()
            self._worker, self._python = WorkerProcess(python), python
        self._used = time.monotonic()
        assert self._worker is not None
        return self._worker

    def idle_seconds(self) -> float:
        """Return for how long nobody has asked for the worker."""
        return time.monotonic() - self._used

    def log(self) -> str:
        """Return what the worker has written to its log, "" when there is none."""
        return self._worker.log() if self._worker is not None else ""

    def close(self) -> None:
        """End the worker at once: nothing of what it does is needed any more."""
        if self._worker is not None:
            self._worker.close(0)
            self._worker = None
