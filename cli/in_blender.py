"""Captures from inside Blender: the networks run in a worker process, in a Python that has torch.

Blender's own Python needs numpy alone. Nothing here waits without asking: the window polls a
``WorkerJob`` from a timer, the command line (``WorkerTracker``) polls it in a loop.
"""

import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.settings import TrackSettings
from ..core.take import Take
from ..errors import Cancelled, PosewrightError, UsageError
from ..progress import Progress, silent
from .runtime import bundle
from .runtime.folder import RuntimeFolder, default_root

if TYPE_CHECKING:
    from ..core.camera.solved import SolvedCamera

PACKAGE = Path(__file__).resolve().parent.parent
NAME = "posewright"
VARIABLE = "POSEWRIGHT_PYTHON"
SCENE = "scene"  # the camera of the open scene, as a setting

POLL_SECONDS = 0.05
STOP_SECONDS = 10.0  # a worker that has not obeyed a cancel by then is ended

Event = dict[str, Any]

_file_numbers = count(1)


class Runtime:
    """The Python that does the heavy work; the add-on puts the user's choice here."""

    chosen: str = ""  # a Python program or the folder of an environment; "" when nothing was chosen
    root: Path | None = None  # of the private environment (see ``runtime.folder``); None for the usual place

    @classmethod
    def named(cls) -> str:
        """Return the Python that the variable POSEWRIGHT_PYTHON or else the user names, "" when neither does."""
        return os.environ.get(VARIABLE, "") or cls.chosen

    @classmethod
    def folder(cls) -> RuntimeFolder:
        """Return the folder of the private environment."""
        return RuntimeFolder(cls.root or default_root())

    @classmethod
    def must_unpack(cls) -> bool:
        """Whether an offline zip brought the libraries and they were not unpacked yet; ``prepare`` does it."""
        return not cls.named() and bundle.find() is not None and not cls.folder().condition().ready

    @classmethod
    def python(cls) -> Path:
        """Return the Python to start workers with: POSEWRIGHT_PYTHON, else the user's choice, else the private one.

        Raises PosewrightError with a sentence that says what to do when there is none.
        """
        if named := cls.named():
            return python_in(Path(named).expanduser())
        condition = cls.folder().condition()
        if condition.ready:
            return cls.folder().python()
        raise PosewrightError(
            f"{condition.sentence} In Blender: Preferences > Add-ons > Posewright > Set Up; in a terminal: posewright "
            f"setup. Or name a Python with PyTorch there or in the variable {VARIABLE}."
        )

    @classmethod
    def prepare(cls, progress: Progress) -> Path:
        """Return the Python to start workers with, after unpacking what an offline zip brought, once."""
        if cls.must_unpack():
            from .runtime.setup import Request, set_up

            set_up(Request(cls.folder().root), progress, lambda text: None)
        return cls.python()


def python_in(path: Path) -> Path:
    """Return the Python program that a path means: the program itself, or the one of an environment's folder."""
    if path.is_file():
        return path.absolute()  # not resolved: the link in an environment is what makes it that environment
    for name in ("bin/python", "Scripts/python.exe", "python.exe", "bin/python3"):
        if (path / name).is_file():
            return (path / name).absolute()
    raise PosewrightError(f"There is no Python in {path}; choose the python program or the folder of its environment.")


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
    """Return how to start a process that Ctrl-C in our terminal does not reach, and that opens no console."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
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


def scene_camera(clip: Path, settings: TrackSettings, first_frame: float | None = None) -> "SolvedCamera | None":
    """Return the camera of the open scene when the settings say that it filmed the clip, else None.

    The used part of the clip begins at ``first_frame`` of the scene (its start frame unless given). Raises
    PosewrightError when the scene has no camera that fits.
    """
    if settings.camera != SCENE:
        return None
    from ..rigging.blender.cameras import scene_camera_for

    return scene_camera_for(clip, start=settings.start, end=settings.end, first_frame=first_frame)


def start_track(
    worker: WorkerProcess, clip: Path, settings: TrackSettings, camera: "SolvedCamera | None" = None
) -> WorkerJob:
    """Begin a capture; the result's "out" is the file of the Take, in the worker's folder.

    ``camera`` is that of the scene, as ``scene_camera`` returns it.
    """
    number = next(_file_numbers)
    if camera is not None:
        file = worker.folder / f"camera-{number}.json"
        camera.save(file)
        settings = replace(settings, camera=str(file), focal_px=None, fov=None)
    out = worker.folder / f"take-{number}.npz"
    return WorkerJob(worker, "track", clip=str(clip.absolute()), out=str(out), settings=asdict(settings))


def start_relift(worker: WorkerProcess, take: Take, device: str | None = None) -> WorkerJob:
    """Begin to lift a take again from its own keypoints; the result's "out" is the new Take's file.

    ``device`` is that of the capture unless given.
    """
    number = next(_file_numbers)
    source, out = (worker.folder / f"{name}-{number}.npz" for name in ("relift", "take"))
    take.save(source)
    return WorkerJob(worker, "relift", take=str(source), out=str(out), device=device)


class WorkerTracker:
    """Track clips in a worker process that keeps its models loaded between them (see ``cli.capture.Tracker``)."""

    def __init__(self, settings: TrackSettings, first_frame: float | None = None) -> None:
        """``first_frame`` of the scene is where a clip begins that the scene's camera filmed."""
        self._settings = settings
        self._first_frame = first_frame
        self._worker: WorkerProcess | None = None

    def track(self, path: Path, progress: Progress) -> Take:
        """Capture one clip; errors and cancelling as in ``core.pipeline.Tracker.track``."""
        if self._worker is None:
            self._worker = WorkerProcess(Runtime.prepare(progress))
        try:
            camera = scene_camera(path, self._settings, self._first_frame)
            return Take.load(start_track(self._worker, path, self._settings, camera).wait(progress)["out"])
        finally:
            if not self._worker.alive:
                self.close()

    def close(self) -> None:
        """End the worker process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def ask_worker(python: Path, job: str, progress: Progress = silent, **values: Any) -> Event:
    """Return the result of one job of a worker that is started for it alone."""
    worker = WorkerProcess(python)
    try:
        return WorkerJob(worker, job, **values).wait(progress)
    finally:
        worker.close()


def draw_previews(take: Take, clip: Path, pictures: Mapping[str, Path | None], progress: Progress) -> None:
    """Draw previews in a worker: ``pictures`` may hold "video" and "sheet"."""
    wanted = {name: str(path.absolute()) for name, path in pictures.items() if path is not None}
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        file = Path(folder) / "take.npz"
        take.save(file)
        ask_worker(Runtime.python(), "preview", progress, take=str(file), clip=str(clip.absolute()), **wanted)
