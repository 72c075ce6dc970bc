"""``posewright worker``: serve jobs as JSON lines, with the models kept loaded between them.

Requests, one JSON object per line on stdin:

    {"id": 1, "job": "track", "clip": PATH, "out": TAKE.npz, "settings": {fields of TrackSettings}}
    {"id": 2, "job": "preview", "take": TAKE.npz, "clip": PATH, "video": PATH or null, "sheet": PATH or null}
    {"id": 3, "job": "doctor"}
    {"id": 5, "job": "people", "clip": PATH, "seconds": S, "out": PICTURE.npy, "settings": {fields of TrackSettings}}
    {"id": 4, "job": "setup", "folder": PATH, "device": "auto" or "cpu" or "cuda", "offline": BOOL}
    {"id": 5, "job": "remove", "folder": PATH}       what a set-up made in that folder
    {"id": 6, "job": "relift", "take": TAKE.npz, "out": TAKE.npz, "device": DEVICE or null}
    {"job": "cancel", "id": 1}
    {"job": "quit"}

Answers, one JSON object per line on stdout:

    {"event": "ready", "version": V}
    {"event": "progress", "id": 1, "stage": S, "done": 0..1, "note": N}
    {"event": "log", "text": T}
    {"event": "result", "id": 1, ...}            what the job gives
    {"event": "error", "id": 1, "error": SENTENCE, "usage": BOOL}     usage: the request makes no sense
    {"event": "cancelled", "id": 1}

Every request gets exactly one result, error or cancelled. Jobs run one after the other. When stdin ends,
because whoever started the worker is gone, or the system asks the worker to end, the present job is
cancelled and the worker ends.
"""

import argparse
import importlib.util
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .. import __version__
from ..core.settings import TrackSettings
from ..errors import Cancelled, PosewrightError, UsageError
from ..progress import Progress
from .capture import take_warnings, write_previews
from .main import sentence_for

if TYPE_CHECKING:
    from ..core.pipeline import Tracker

OWN = "posewright-"  # what the names of folders begin with that are made for a worker
NICE = 10  # by how much the worker steps back behind other programs
REPORT_SECONDS = 0.1  # between two progress lines of one stage

Request = dict[str, Any]
Result = dict[str, Any]


def add_worker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``worker``."""
    parser.add_argument(
        "--folder",
        type=Path,
        help=f"a folder {OWN}... that is this worker's own: removed when whoever started it is gone",
    )


def run_worker(args: argparse.Namespace) -> int:
    """Serve until stdin ends, a ``quit`` comes, or the system asks the process to end."""
    _give_way()
    with _protocol_stream() as stream:
        worker = Worker(stream)
        signal.signal(signal.SIGTERM, lambda number, frame: worker.end())
        worker.serve(sys.stdin)
    if worker.is_abandoned and args.folder is not None and args.folder.name.startswith(OWN):
        os.chdir(args.folder.parent)  # some systems remove no folder that a process is in
        shutil.rmtree(args.folder, ignore_errors=True)
    return 0


def _give_way() -> None:
    """Let other programs go first, above all the window of whoever waits; a computer at rest is as fast as before."""
    if hasattr(os, "nice"):  # on Windows whoever starts the worker sees to it
        os.nice(NICE)


def _protocol_stream() -> TextIO:
    """Return the real stdout, and send what libraries print there to stderr from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return stream


class Worker:
    """Read requests in a thread, do them in order in the main one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()  # reentrant: a signal may put
        self._cancelled: set[Any] = set()
        self._ending = threading.Event()
        self.is_abandoned = False  # requests ended without a "quit"
        self._tracker: Tracker | None = None  # the last one: it has the models loaded
        self._jobs: dict[str, Callable[[Request, Progress], Result]] = {
            "track": self._track,
            "people": self._people,
            "preview": _preview,
            "relift": _relift,
            "doctor": _doctor,
            "setup": self._setup,
            "remove": _remove,
        }

    def serve(self, requests: TextIO) -> None:
        """Answer until the requests end."""
        threading.Thread(target=self._read, args=(requests,), daemon=True).start()
        self._say("ready", version=__version__)
        while (request := self._waiting.get()) is not None:
            self._answer(request)

    def end(self) -> None:
        """Cancel the present job and what waits, then end."""
        self._ending.set()
        self._waiting.put(None)

    def _read(self, requests: TextIO) -> None:
        for line in requests:
            if not line.strip():
                continue
            try:
                request = json.loads(line)
            except ValueError:
                request = line.strip()
            if not isinstance(request, dict):
                self._waiting.put({"job": "", "fault": f"This is no request, a JSON object: {line.strip()[:80]}"})
            elif request.get("job") == "cancel":
                self._cancelled.add(request.get("id"))
            elif request.get("job") == "quit":
                break
            else:
                self._waiting.put(request)
        else:
            self.is_abandoned = True
        self.end()

    def _answer(self, request: Request) -> None:
        number = request.get("id")
        try:
            self._stop_if_cancelled(number)
            result = self._job_of(request)(request, self._progress_of(number))
        except Cancelled:
            self._say("cancelled", id=number)
        except PosewrightError as error:
            self._say("error", id=number, error=str(error), usage=isinstance(error, UsageError))
        except Exception as error:  # the next job must find a living worker
            traceback.print_exc()
            self._say("error", id=number, error=sentence_for(error), usage=False)
        else:
            self._say("result", id=number, **result)
        self._cancelled.discard(number)

    def _job_of(self, request: Request) -> Callable[[Request, Progress], Result]:
        if "fault" in request:
            raise PosewrightError(request["fault"])
        job = self._jobs.get(str(request.get("job")))
        if job is None:
            known = ", ".join(sorted(self._jobs))
            raise PosewrightError(f'The worker knows no job "{request.get("job")}"; it knows {known}.')
        return job

    def _stop_if_cancelled(self, number: Any) -> None:
        if self._ending.is_set() or number in self._cancelled:
            raise Cancelled

    def _progress_of(self, number: Any) -> Progress:
        shown: tuple[str, float] = ("", 0.0)

        def progress(stage: str, done: float, note: str = "") -> None:
            nonlocal shown
            self._stop_if_cancelled(number)
            now = time.monotonic()
            if stage != shown[0] or done >= 1 or now - shown[1] >= REPORT_SECONDS:
                shown = (stage, now)
                self._say("progress", id=number, stage=stage, done=round(float(done), 4), note=note)

        return progress

    def _say(self, event: str, **values: Any) -> None:
        print(json.dumps({"event": event, **values}), file=self._stream, flush=True)

    def _track(self, request: Request, progress: Progress) -> Result:
        clip, out, settings = _path(request, "clip"), _path(request, "out"), _settings(request)
        former, self._tracker = self._tracker, None  # other models take the place of the former ones
        self._tracker = former.with_settings(settings) if former is not None else _new_tracker(settings)
        del former
        take = self._tracker.track(clip, progress)
        take.save(out)
        return {"out": str(out), "frames": take.frames, "fps": take.fps, "warnings": take_warnings(take)}

    def _setup(self, request: Request, progress: Progress) -> Result:
        from .runtime.setup import Request, set_up

        wanted = Request(_path(request, "folder"), request.get("device", "auto"), bool(request.get("offline")))
        return set_up(wanted, progress, lambda text: self._say("log", text=text))

    def _people(self, request: Request, progress: Progress) -> Result:
        from .people import look_at_people

        _require_torch()
        settings, seconds = _settings(request), float(request.get("seconds") or 0.0)
        return look_at_people(_path(request, "clip"), _path(request, "out"), settings, seconds, progress)


def _new_tracker(settings: TrackSettings) -> "Tracker":
    _require_torch()
    from ..core.pipeline import Tracker

    return Tracker(settings)


def _require_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise PosewrightError(f"{sys.executable} has no PyTorch; choose a Python that has it for Posewright.")


def _relift(request: Request, progress: Progress) -> Result:
    from ..core.relift import relifted
    from ..core.take import Take

    _require_torch()
    out = _path(request, "out")
    take = relifted(Take.load(_path(request, "take")), progress, device=request.get("device"))
    take.save(out)
    return {"out": str(out), "frames": take.frames, "fps": take.fps, "warnings": take_warnings(take)}


def _preview(request: Request, progress: Progress) -> Result:
    from ..core.take import Take

    video, sheet = (Path(request[name]) if request.get(name) else None for name in ("video", "sheet"))
    write_previews(Take.load(_path(request, "take")), _path(request, "clip"), video, sheet, progress)
    return {"video": str(video or ""), "sheet": str(sheet or "")}


def _doctor(request: Request, progress: Progress) -> Result:
    from dataclasses import asdict

    from .doctor import examine_capture

    findings = [asdict(finding) for finding in examine_capture()]
    return {"findings": findings, "ready": all(finding["state"] != "missing" for finding in findings)}


def _remove(request: Request, progress: Progress) -> Result:
    from .runtime.folder import RuntimeFolder

    return {"bytes": RuntimeFolder(_path(request, "folder")).remove()}


def _path(request: Request, name: str) -> Path:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise PosewrightError(f'The job "{request.get("job")}" needs "{name}", the path of a file.')
    return Path(value)


def _settings(request: Request) -> TrackSettings:
    given = request.get("settings", {})
    unknown = set(given) - {field.name for field in fields(TrackSettings)}
    if unknown:
        raise PosewrightError(f"The worker knows no setting {', '.join(sorted(unknown))}.")
    return TrackSettings(**given)
