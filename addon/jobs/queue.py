"""The queue of jobs: one runs in the worker, the others wait; nothing here stops Blender.

A timer of Blender's looks after the present job (``pump``). What a job gives is brought into the scene by the
operator in operators.py, so that it is one step for undo and its sentence appears in the status bar.
"""

import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
from bpy.types import Context

from ...cli.main import sentence_for
from ...cli.runtime.choice import Runtime
from ...errors import Cancelled, PosewrightError
from ...progress import silent
from .. import choices, session
from .host import Host
from .job import Job, Kind

LOOK_SECONDS = 0.1
DRAW_SECONDS = 0.25  # at least, between two pictures of how far a job is
IDLE_LOOK_SECONDS = 5.0  # between looks at a worker that waits for work


@dataclass(frozen=True)
class Delivery:
    """Something to be brought into the scene, or to be said."""

    act: Callable[[Context], str]  # returns the sentence to report, "" for none; raises PosewrightError or Cancelled


@dataclass
class Queue:
    """The job that runs, those that wait, and what is to be delivered."""

    host: Host = field(default_factory=Host)
    current: Job | None = None
    waiting: deque[Job] = field(default_factory=deque)
    deliveries: deque[Delivery] = field(default_factory=deque)
    shown: tuple[str, float] = ("", 0.0)  # what the panels say of the job that runs, and since when (time.monotonic)


queue = Queue()


def jobs(kind: Kind | None = None) -> list[Job]:
    """Return the jobs of a kind (or all), the one that runs first."""
    everyone = ([queue.current] if queue.current else []) + list(queue.waiting)
    return [job for job in everyone if kind is None or job.kind == kind]


def add(job: Job) -> None:
    """Put a job at the end of the queue; it starts at once when nothing else runs.

    What an offline zip brought is unpacked first, once. Raises PosewrightError when no worker can be started, and
    then the queue stays as it was.
    """
    if _must_unpack(job) and not jobs("setup"):
        add(_unpacking())
    if queue.current is None and not queue.waiting:
        _start(job)
    else:
        queue.waiting.append(job)
    ensure_pump()
    redraw()


def run_now(job: Job, context: Context) -> str:
    """Do a job and wait for it, for scripts and for Blender without a window; returns its sentence."""
    if queue.current is not None:
        raise PosewrightError("Posewright is at work on something else; wait for it, or cancel it.")
    if _must_unpack(job):
        run_now(_unpacking(), context)
    worker = queue.host.worker(job.python())
    try:
        found = job.read(job.start(worker).wait(silent))
    except PosewrightError:
        session.state.log = worker.log()
        raise
    finally:
        ensure_pump()  # which ends the worker after a while
    return job.then(context, found)


def _must_unpack(job: Job) -> bool:
    choices.choose_runtime()
    return job.kind != "setup" and Runtime.must_unpack()


def _unpacking() -> Job:
    from ..runtime.work import set_up_job  # which needs this module

    return set_up_job(label="Preparing the runtime, once")


def cancel(job: Job) -> None:
    """Stop a job, or take it out of the queue; the scene stays as it is."""
    job.is_cancelled = True
    if job is queue.current and job.running is not None:
        job.running.cancel()
    elif job in queue.waiting:
        queue.waiting.remove(job)
    redraw()


def forget() -> None:
    """Give up all jobs, silently: their scene is gone, because another file was opened. A set-up goes on."""
    queue.waiting = deque(job for job in queue.waiting if job.kind == "setup")
    queue.deliveries.clear()
    if queue.current is not None and queue.current.kind != "setup":
        queue.current = None
        queue.host.close()


def stop() -> None:
    """End the worker and everything that waits, when the add-on is switched off."""
    forget()
    queue.waiting.clear()
    queue.current = None
    queue.host.close()
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)


def ensure_pump() -> None:
    """Have Blender call ``pump`` soon, and from now on."""
    if bpy.app.background:
        return
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)  # while it has nothing to do it sleeps for seconds
    bpy.app.timers.register(pump, first_interval=LOOK_SECONDS, persistent=True)  # also in the next file


def pump() -> float | None:
    """Look after the present job; returns the seconds until the next look, None when nothing is left to look after."""
    if queue.current is not None:
        _look_at(queue.current)
        _redraw_changes()
    while queue.current is None and queue.waiting:
        _start_next()
    if queue.deliveries:
        bring_next()
    if queue.current is not None or queue.deliveries:
        return LOOK_SECONDS
    if not queue.host.is_warm:
        return None
    if queue.host.idle_seconds() > choices.keep_seconds():
        queue.host.close()
        return None
    return IDLE_LOOK_SECONDS


def _start(job: Job) -> None:
    worker = queue.host.worker(job.python())
    job.running, job.begun = job.start(worker), time.monotonic()
    queue.current = job


def _start_next() -> None:
    job = queue.waiting.popleft()
    try:
        _start(job)
    except Exception as error:
        _fail(job, _words(error))


def _look_at(job: Job) -> None:
    assert job.running is not None
    try:
        if not job.running.poll():
            if job.done <= job.prepared:
                job.begun = time.monotonic()
            return
        if job.is_cancelled:  # the result was on its way already
            raise Cancelled
        found = job.read(job.running.result or {})
    except Cancelled:
        queue.current = None
        if not job.is_aside:
            queue.deliveries.append(Delivery(_say_cancelled))
    except Exception as error:
        queue.current = None
        session.state.log = queue.host.log()
        _fail(job, _words(error))
    else:
        queue.current = None
        if job.is_aside:
            job.then(bpy.context, found)
        else:
            queue.deliveries.append(Delivery(lambda context: job.then(context, found)))


def _words(error: Exception) -> str:
    """Return an error as a sentence; one of our own making must not end the timer, or the queue would stand still."""
    if not isinstance(error, PosewrightError):
        traceback.print_exception(error)
    return sentence_for(error)


def _fail(job: Job, sentence: str) -> None:
    if job.failed is not None:
        job.failed(sentence)
    if job.is_aside:
        return

    def say(context: Context) -> str:
        raise PosewrightError(sentence)

    queue.deliveries.append(Delivery(say))


def _say_cancelled(context: Context) -> str:
    raise Cancelled


def bring_next() -> None:
    """Start the operator that delivers what came, in the first window there is."""
    windows = bpy.context.window_manager.windows
    if not windows or any(operator.bl_idname == "POSEWRIGHT_OT_deliver" for operator in windows[0].modal_operators):
        return
    with bpy.context.temp_override(window=windows[0]):
        bpy.ops.posewright.deliver("INVOKE_DEFAULT")


def _redraw_changes() -> None:
    """Redraw when there is something else to say, and not too often: drawing takes time away from the work."""
    job, now = queue.current, time.monotonic()
    words = f"{job.words} {job.running.note}" if job is not None and job.running is not None else ""
    if words != queue.shown[0] and (not words or now - queue.shown[1] >= DRAW_SECONDS):
        queue.shown = (words, now)
        redraw()


def redraw() -> None:
    """Have the panel and the preferences drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                for region in area.regions:
                    if region.type in {"UI", "WINDOW"} and (area.type, region.type) != ("VIEW_3D", "WINDOW"):
                        region.tag_redraw()
