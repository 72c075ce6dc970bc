"""``posewright batch``: many clips, one status file each, resumable.

A clip's status file is written last, so a run that is stopped at any moment repeats only the clip it
was at. A clip is done when its status says so, its outputs exist, and neither the clip nor the
settings have changed since.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..core.outputs import ensure_folder
from ..core.sequence import name_of
from ..core.settings import TrackSettings
from ..errors import Cancelled, PosewrightError, UsageError
from ..rigging.blender.outputs import OUT_ENDINGS
from ..rigging.settings import RetargetSettings
from .batch_plan import Job, plan_jobs, stamp_of
from .capture import Tracker, open_tracker, take_warnings, write_previews
from .console import ConsoleProgress, emit, say
from .options import add_capture_arguments, add_common_arguments, add_overwrite_argument, capture_settings
from .retarget import add_rig_arguments, check_rig_options, retarget_settings, rig_request


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``batch``."""
    parser.add_argument(
        "inputs",
        nargs="+",
        type=Path,
        metavar="INPUT",
        help="clips, or folders that hold clips; with --fps also numbered pictures",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="clips at a time (each loads its own models)")
    parser.add_argument("--format", choices=[e[1:] for e in OUT_ENDINGS], default="blend", help="what --rig writes")
    parser.add_argument("--preview", action="store_true", help="a preview video of every clip")
    add_rig_arguments(parser, out=False)
    add_capture_arguments(parser)
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_batch(args: argparse.Namespace) -> int:
    """Do the work of ``batch``; 1 when any clip failed."""
    settings = capture_settings(args)
    if args.jobs < 1:
        raise UsageError("--jobs must be at least 1.")
    if args.rig:
        check_rig_options(args, Path(f"out.{args.format}"))
    elif retarget_settings(args) != RetargetSettings() or args.armature or args.map or args.export_for:
        raise UsageError("Without --rig there is nothing to animate; add it, or leave the options of the rig out.")
    jobs = plan_jobs(args.inputs, args.out, pictures=args.fps is not None)
    ensure_folder(args.out)
    fingerprint = _fingerprint(args, settings)
    waiting = [job for job in jobs if args.overwrite or not is_done(job, fingerprint)]
    say(f"{len(jobs)} clips, {len(jobs) - len(waiting)} done before, {len(waiting)} to do")
    _run_jobs(waiting, args, settings, fingerprint)
    rows = [read_status(job) for job in jobs]
    failed = sum(row["status"] != "done" for row in rows)
    emit({"clips": rows, "failed": failed}, table(rows), args.json)
    return 1 if failed else 0


def is_done(job: Job, fingerprint: dict[str, Any]) -> bool:
    """Tell whether an earlier run finished this clip with the same settings."""
    status = read_status(job)
    return (
        status["status"] == "done"
        and status.get("settings") == fingerprint
        and status.get("clip_stamp") == stamp_of(job.clip)
        and all(Path(path).is_file() for path in status["outputs"])
    )


def read_status(job: Job) -> dict[str, Any]:
    """Return what the clip's status file says; ``waiting`` when there is none that can be read."""
    try:
        return json.loads(job.status_file.read_text("utf-8"))
    except (OSError, ValueError):
        return {"clip": str(job.clip), "status": "waiting", "reason": "", "outputs": []}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the closing table."""
    width = max([len(name_of(Path(row["clip"]))) for row in rows] + [4])
    lines = [f"{'clip':{width}}  {'status':7}  {'frames':>6}  {'seconds':>7}  remark"]
    for row in rows:
        remark = row.get("reason") or " ".join(row.get("warnings", []))
        lines.append(
            f"{name_of(Path(row['clip'])):{width}}  {row['status']:7}  {row.get('frames', ''):>6}  "
            f"{row.get('seconds', ''):>7}  {remark}"
        )
    return "\n".join(lines)


def _run_jobs(jobs: list[Job], args: argparse.Namespace, settings: TrackSettings, fingerprint: dict[str, Any]) -> None:
    if not jobs:
        return
    if args.jobs == 1:
        tracker = open_tracker(settings)
        for number, job in enumerate(jobs, 1):
            progress = ConsoleProgress(quiet=args.quiet, prefix=f"[{number}/{len(jobs)}] {job.name}  ")
            _run_job(job, tracker, args, fingerprint, progress)
            progress.close()
        return
    run = vars(args) | {"run": None}  # the function that argparse stored cannot travel to another process
    with ProcessPoolExecutor(args.jobs, get_context("spawn"), _start_process, (settings, args.jobs)) as pool:
        futures = {pool.submit(_run_in_process, job, run, fingerprint): job for job in jobs}
        for number, future in enumerate(as_completed(futures), 1):
            future.result()
            say(f"[{number}/{len(jobs)}] {futures[future].name}: {read_status(futures[future])['status']}")


_process_tracker: Tracker | None = None  # one per worker process, set by _start_process


def _start_process(settings: TrackSettings, jobs: int) -> None:
    global _process_tracker
    # PyTorch reads it when it is imported; processes that each take all cores get in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    _process_tracker = open_tracker(settings)


def _run_in_process(job: Job, run: dict[str, Any], fingerprint: dict[str, Any]) -> None:
    if _process_tracker is None:
        raise RuntimeError("the worker process was not started by _start_process")
    _run_job(job, _process_tracker, argparse.Namespace(**run), fingerprint, ConsoleProgress(quiet=True))


def _run_job(
    job: Job, tracker: Tracker, args: argparse.Namespace, fingerprint: dict[str, Any], progress: ConsoleProgress
) -> None:
    """Do one clip and record what became of it; only a cancel ends the batch."""
    started = time.monotonic()
    job.status_file.unlink(missing_ok=True)
    status: dict[str, Any] = {"clip": str(job.clip), "status": "failed", "reason": "", "outputs": []}
    try:
        status |= _capture(job, tracker, args, progress)
    except (Cancelled, KeyboardInterrupt):
        raise
    except PosewrightError as error:
        status["reason"] = str(error)
    except Exception as error:  # a fault in one clip must not lose the night's work
        status["reason"] = f"A fault of Posewright ({type(error).__name__}: {error})."
    status |= {
        "seconds": round(time.monotonic() - started, 1),
        "settings": fingerprint,
        "clip_stamp": stamp_of(job.clip),
    }
    partial = job.output(".status.json.part")
    partial.write_text(json.dumps(status, indent=1), "utf-8")
    partial.replace(job.status_file)


def _capture(job: Job, tracker: Tracker, args: argparse.Namespace, progress: ConsoleProgress) -> dict[str, Any]:
    ensure_folder(job.stem.parent)
    take = tracker.track(job.clip, progress)
    motion = job.output(".npz")
    take.save(motion)
    outputs = [motion]
    if args.rig:
        from ..rigging.blender.launch import run_in_blender

        animated = job.output(f".{args.format}")
        args.overwrite = True  # whatever is there is from an unfinished or outdated run of this batch
        run_in_blender(rig_request(args, motion, out=animated, clip=job.clip), progress)
        outputs.append(animated)
    if args.preview:
        outputs.append(job.output(".preview.mp4"))
        write_previews(take, job.clip, outputs[-1], None, progress)
    return {
        "status": "done",
        "frames": take.frames,
        "fps": take.fps,
        "warnings": take_warnings(take),
        "outputs": [str(path) for path in outputs],
    }


def _fingerprint(args: argparse.Namespace, settings: TrackSettings) -> dict[str, Any]:
    return asdict(settings) | {
        "rig": args.rig,
        "format": args.format if args.rig else None,
        "armature": args.armature,
        "map": str(args.map) if args.map else None,
        "export_for": args.export_for if args.rig else None,
        "retarget": retarget_settings(args).to_json() if args.rig else None,
        "preview": args.preview,
    }
