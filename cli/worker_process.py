"""A worker process and its jobs, as whoever starts it sees them; worker.py is its other end.

Nothing here waits without asking: a window polls a ``WorkerJob`` from a timer, a command line in a loop.
"""

import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..errors import Cancelled, PosewrightError, UsageError
from ..progress import Progress, silent

PACKAGE = Path(__file__).resolve().parent.parent
NAME = "posewright"

POLL_SECONDS = 0.05
STOP_SECONDS = 10.0  # a worker that has not obeyed a cancel by then is ended

Event = dict[str, Any]


class WorkerProcess:
    """A running worker. Requests go through its stdin; its answers are read from a file, so no read can block."""

    def __init__(self, python: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)  # for the files that travel; removed by ``close``
        self._python = python
        self._unfinished = b""
        self._log = self.folder / "worker.log"
        answers = self.folder / "answers.jsonl"
        try:
            with answers.open("wb") as stdout, self._log.open("wb") as stderr:
                self._process = subprocess.Popen(
                    [str(python), "-m", NAME, "worker", "--folder", str(self.folder)],
                    stdin=subprocess.PIPE,
                    stdout=stdout,
                    stderr=stderr,
                    env=worker_environment(),
                    cwd=self.folder,
                    **_detached(),
                )
        except OSError as error:
            self._folder.cleanup()
            raise PosewrightError(
                f"{python} could not be started ({error.strerror}); choose another Python."
            ) from error
        self._answers = answers.open("rb")
        atexit.register(self.close)  # also when Blender is closed during a job

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def send(self, request: Event) -> None:
        """Send one request; a worker that is gone is noticed by ``events``."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return

    def events(self) -> list[Event]:
        """Return the answers that came since the last call; PosewrightError when the worker has died."""
        ended = self._process.poll()  # before the reading: what it wrote before its end is still read
        *lines, self._unfinished = (self._unfinished + self._answers.read()).split(b"\n")
        if not lines and ended is not None:
            raise PosewrightError(self._obituary(ended))
        return [json.loads(line) for line in lines if line.strip()]

    def _obituary(self, status: int) -> str:
        said = self.log().strip().splitlines()
        last = said[-1] if said else f"it ended with status {status}"
        if missing := re.search(r"No module named '?[\w.]+'?", last):
            return f"{self._python} lacks what captures need ({missing[0]}); choose another Python."
        return f"The worker process ended before its work was done ({last}); Python: {self._python}."

    def log(self) -> str:
        """Return what the worker wrote beside its answers, "" once it was closed."""
        try:
            return self._log.read_text("utf-8", errors="replace")
        except OSError:
            return ""

    def close(self, seconds: float = STOP_SECONDS) -> None:
        """End the worker, if need be by force after ``seconds``, and remove its folder; again does nothing."""
        atexit.unregister(self.close)
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError:
            pass  # it was gone already
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()
        self._folder.cleanup()


def worker_environment() -> dict[str, str]:
    """Return the environment of the worker: the user's, without what belongs to Blender's Python.

    An installed extension lies in a folder named after the package, and the worker runs that very copy.
    A checkout may have any name; then the package is the one installed in the worker's Python.
    """
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")}
    if PACKAGE.name == NAME:
        kept["PYTHONPATH"] = str(PACKAGE.parent)
    return kept | {"PYTHONUTF8": "1", "PYTHONSAFEPATH": "1"}


def _detached() -> dict[str, Any]:
    """Return how to start a process that Ctrl-C in our terminal does not reach, and that opens no console.

    On Windows it steps back behind the window of whoever waits; elsewhere it does so itself.
    """
    if sys.platform == "win32":
        apart = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": apart | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {"start_new_session": True}


class WorkerJob:
    """One job of a worker, polled until ``result`` is there; ``stage``, ``done`` and ``note`` say how far it is."""

    _numbers = 0

    def __init__(self, worker: WorkerProcess, job: str, **values: Any) -> None:
        WorkerJob._numbers += 1
        self._id = WorkerJob._numbers
        self._worker = worker
        self._cancelled_at: float | None = None
        self.stage, self.done, self.note = "start", 0.0, ""
        self.result: Event | None = None
        worker.send({"id": self._id, "job": job, **values})

    def poll(self) -> bool:
        """Take in what the worker said; True when the result is there.

        Raises PosewrightError with the worker's sentence, UsageError, or Cancelled after ``cancel``.
        """
        for event in self._worker.events():
            if event.get("id") == self._id:
                self._take_in(event)
        if self._cancelled_at is not None and time.monotonic() - self._cancelled_at > STOP_SECONDS:
            self._worker.close(0)
            raise Cancelled
        return self.result is not None

    def _take_in(self, event: Event) -> None:
        match event["event"]:
            case "progress":
                self.stage, self.done, self.note = event["stage"], event["done"], event["note"]
            case "result":
                self.result = event
            case "cancelled":
                raise Cancelled
            case "error":
                raise (UsageError if event["usage"] else PosewrightError)(event["error"])

    def cancel(self) -> None:
        """Ask the worker to stop; ``poll`` raises Cancelled once it has."""
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._worker.send({"job": "cancel", "id": self._id})

    def wait(self, progress: Progress) -> Event:
        """Poll until the result is there and return it; ``progress`` may raise Cancelled to stop the job."""
        while not self.poll():
            try:
                if self.stage != "start":
                    progress(self.stage, self.done, self.note)
                time.sleep(POLL_SECONDS)
            except (Cancelled, KeyboardInterrupt):
                self.cancel()
                while not self.poll():  # raises Cancelled
                    time.sleep(POLL_SECONDS)
                raise
        assert self.result is not None
        return self.result


def ask_worker(python: Path, job: str, progress: Progress = silent, **values: Any) -> Event:
    """Return the result of one job of a worker that is started for it alone."""
    worker = WorkerProcess(python)
    try:
        return WorkerJob(worker, job, **values).wait(progress)
    finally:
        worker.close()
