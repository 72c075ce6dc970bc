"""``posewright benchmark``: frames per second of each stage and of the whole, and peak memory.

Every figure comes from the real work on a real clip. Memory is measured on processes of their own,
once with the clip and once with the clip repeated, because it must not grow with the footage.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ..core.settings import TrackSettings
from ..errors import PosewrightError
from ..progress import Progress
from .console import ConsoleProgress, emit, say
from .options import add_capture_arguments, add_common_arguments, capture_settings


class StageClock:
    """Measure how long each stage takes by listening to the progress that it reports."""

    def __init__(self, show: Progress) -> None:
        self._show = show
        self._stage = ""
        self._since = 0.0
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        """Take note of a progress report and pass it on."""
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now
        self._show(stage, done, note)

    def stop(self) -> None:
        """Close the last stage."""
        self(self._stage, 1.0)
        self._stage = ""


def add_benchmark_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``benchmark``."""
    parser.add_argument("clip", type=Path, metavar="CLIP", help="a video of a person, some seconds long")
    parser.add_argument(
        "--repeat", type=int, default=20, metavar="N", help="length of the long clip for the memory test"
    )
    parser.add_argument("--no-memory", action="store_true", help="speed only")
    parser.add_argument("--rig", default="mannequin", metavar="RIG", help="rig of the last stage")
    add_capture_arguments(parser)
    add_common_arguments(parser)


def run_benchmark(args: argparse.Namespace) -> int:
    """Do the work of ``benchmark``."""
    settings = capture_settings(args)
    progress = ConsoleProgress(quiet=args.quiet)
    # Memory first: on Linux a child's peak counts its parent's pages up to the moment it starts.
    memory = None if args.no_memory else measure_memory(args.clip, args.repeat, settings)
    rows = measure_speed(args.clip, settings, args.rig, progress)
    progress.close()
    emit({"stages": rows, "memory": memory}, report(rows, memory), args.json)
    return 0


def measure_speed(clip: Path, settings: TrackSettings, rig: str, progress: Progress) -> list[dict[str, Any]]:
    """Run the whole job twice, the first time to warm up; return seconds and frames/s per stage."""
    from ..core.pipeline import Tracker
    from ..rigging.blender.launch import run_in_blender

    tracker = Tracker(settings)
    tracker.track(clip, progress)
    clock = StageClock(progress)
    started = time.perf_counter()
    take = tracker.track(clip, clock)
    clock.stop()
    tracked = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        motion = Path(folder) / "take.npz"
        take.save(motion)
        run_in_blender({"motion": str(motion), "rig": rig, "out": str(Path(folder) / "out.blend")}, progress)
    whole = time.perf_counter() - started
    seconds = {"decode": _decode_seconds(clip), **clock.seconds}
    seconds |= {"track, all": tracked, "rig (Blender start included)": whole - tracked, "whole": whole}
    return [
        {"stage": stage, "seconds": round(spent, 3), "frames_per_second": round(take.frames / max(spent, 1e-9), 1)}
        for stage, spent in seconds.items()
    ]


def _decode_seconds(clip: Path) -> float:
    from ..core.footage import read_frames

    started = time.perf_counter()
    for _ in read_frames(clip):
        pass
    return time.perf_counter() - started


def measure_memory(clip: Path, repeat: int, settings: TrackSettings) -> dict[str, Any]:
    """Return the peak memory in bytes of tracking the clip and the clip ``repeat`` times as long."""
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        long_clip = Path(folder) / "long.mp4"
        say(f"memory: writing the clip {repeat} times as long, then tracking both")
        repeat_clip(clip, long_clip, repeat)
        short = _peak_memory(clip, settings)
        long = _peak_memory(long_clip, settings)
    return {"short": short, "long": long, "repeat": repeat, "ratio": round(long / short, 3)}


def repeat_clip(clip: Path, out: Path, times: int) -> None:
    """Write ``clip`` ``times`` times in a row as one video."""
    import cv2

    from ..core.footage import open_footage, read_frames

    info = open_footage(clip)
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), info.fps, (info.width, info.height))
    if not writer.isOpened():
        raise PosewrightError("OpenCV cannot write a test video on this machine; use --no-memory.")
    for _ in range(times):
        for frame in read_frames(clip):
            writer.write(cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    writer.release()


def _peak_memory(clip: Path, settings: TrackSettings) -> int:
    """Track in a process of its own and return its peak resident memory in bytes."""
    if not hasattr(os, "wait4"):
        raise PosewrightError("Peak memory cannot be measured on this system; use --no-memory.")
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        command = [sys.executable, "-m", "posewright", "track", str(clip), "-o", str(Path(folder) / "take.npz"), "-q"]
        command += ["--device", settings.device, "--quality", settings.quality]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise PosewrightError(f"Tracking {clip.name} for the memory test failed; the reason stands above.")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def report(rows: list[dict[str, Any]], memory: dict[str, Any] | None) -> str:
    """Return the table for people."""
    lines = [f"{'stage':30}{'seconds':>10}{'frames/s':>10}"]
    lines += [f"{row['stage']:30}{row['seconds']:>10.2f}{row['frames_per_second']:>10.1f}" for row in rows]
    if memory:
        lines.append(
            f"peak memory: {memory['short'] / 1e6:.0f} MB; {memory['repeat']} times as long: "
            f"{memory['long'] / 1e6:.0f} MB, ratio {memory['ratio']}"
        )
    return "\n".join(lines)
