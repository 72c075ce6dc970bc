"""Rig jobs from any Python: in this process inside Blender, else in a process that has bpy.

Nothing here imports bpy unless this process is Blender itself: a crash of bpy, or its slow start, must not
touch the program that captures.
"""

import importlib.metadata
import importlib.util
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...errors import PosewrightError, UsageError
from ...progress import Progress, silent
from .inputs import MANNEQUIN
from .jobs import stage_of
from .outputs import remove_partial
from .protocol import read_progress

OLDEST = (4, 2)
PATHS = ("motion", "rig", "map", "out", "clip", "result", "folder")
"""Keys of requests that hold paths."""

LOOK_SECONDS = 0.2  # how often a cancel is looked for while Blender says nothing
USUAL_PLACES = (
    "/usr/bin/blender",
    "/usr/local/bin/blender",
    "/snap/bin/blender",
    "/Applications/Blender.app/Contents/MacOS/Blender",
)


@dataclass(frozen=True)
class Blender:
    """Something that can run a rig job: the command before its two file arguments."""

    command: tuple[str, ...]
    says: str  # what it is, for people


def run_in_blender(request: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Do one of the jobs of ``jobs.JOBS``, ``retarget`` unless ``request["job"]`` names another.

    See the job's function for the request and the result. Raises PosewrightError with a plain sentence when it
    fails, and whatever ``progress`` raises to stop it; an output is then as it was before.
    """
    if _is_background_blender() and not request.get("blender"):
        from .jobs import do_job

        return do_job(request, progress)
    blender = find_blender(request.get("blender"))
    request = _absolute(request)
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        request_file, response_file = Path(folder) / "request.json", Path(folder) / "response.json"
        request_file.write_text(json.dumps(request), "utf-8")
        try:
            last_lines = _run([*blender.command, str(request_file), str(response_file)], stage_of(request), progress)
        finally:
            if request.get("out"):
                remove_partial(Path(request["out"]))
        return _read_response(response_file, blender, last_lines)


def find_blender(program: str | None = None) -> Blender:
    """Return what runs rig jobs on this machine.

    Looked at in this order: ``program``, the variable BLENDER, the Blender that this process is, the module
    bpy, Blender on the PATH, and the places where it is usually installed. Raises PosewrightError when there is none.
    """
    if program:
        return _program(program, "--blender")
    if os.environ.get("BLENDER"):
        return _program(os.environ["BLENDER"], "the variable BLENDER")
    own = _own_binary()
    if own:
        return _program(own, "this Blender")
    if importlib.util.find_spec("bpy") is not None:
        return Blender((sys.executable, "-m", __package__ or ""), f"bpy {_bpy_version()} in {sys.executable}")
    for place in (shutil.which("blender"), *USUAL_PLACES, *_windows_places()):
        if place and Path(place).is_file():
            return _program(place, "the usual place")
    raise PosewrightError(
        "There is no Blender here: install the module (pip install bpy, Python 3.11), or install Blender 4.2 or newer "
        "from blender.org and name it with --blender or the variable BLENDER."
    )


def _program(name: str, origin: str) -> Blender:
    path = shutil.which(name)
    if path is None:
        raise PosewrightError(f"There is no program {name} (from {origin}); give the path of a Blender 4.2 or newer.")
    try:
        done = subprocess.run([path, "-b", "--version"], capture_output=True, text=True, errors="replace", timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PosewrightError(f"{path} could not be started as Blender (from {origin}): {error}.") from error
    found = re.search(r"Blender (\d+)\.(\d+)(\.\d+)?", done.stdout)
    if found is None:
        raise PosewrightError(f"{path} is not Blender (from {origin}); give the path of a Blender 4.2 or newer.")
    if (int(found[1]), int(found[2])) < OLDEST:
        raise PosewrightError(f"{path} is {found[0]}, but Posewright needs Blender 4.2 or newer.")
    script = Path(__file__).with_name("start.py")
    return Blender((path, "-b", "--factory-startup", "--python", str(script), "--"), f"{found[0]} at {path}")


def _windows_places() -> list[str]:
    folder = Path(os.environ.get("ProgramFiles", "")) / "Blender Foundation"  # noqa: SIM112 - Windows writes it so
    if os.name != "nt" or not folder.is_dir():
        return []
    found = list(folder.glob("Blender */blender.exe"))
    return [str(path) for path in sorted(found, key=lambda path: _numbers(path.parent.name), reverse=True)]


def _numbers(text: str) -> list[int]:
    return [int(word) for word in re.findall(r"\d+", text)]


def _bpy_version() -> str:
    try:
        return importlib.metadata.version("bpy")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _own_binary() -> str:
    """Return the path of the Blender that this process is; empty in any other Python."""
    bpy = sys.modules.get("bpy")
    return bpy.app.binary_path if bpy is not None else ""


def _is_background_blender() -> bool:
    return bool(_own_binary()) and bool(sys.modules["bpy"].app.background)


def _absolute(request: dict[str, Any]) -> dict[str, Any]:
    """Return the request with full paths, so that the other process may stand in another folder."""
    paths = {key: request[key] for key in PATHS if request.get(key)}
    full = {key: str(Path(value).absolute()) for key, value in paths.items() if value != MANNEQUIN}
    return {**request, **full}


def _run(command: list[str], stage: str, progress: Progress) -> list[str]:
    """Run the process, pass its progress on, and return its last lines; it is ended when ``progress`` raises."""
    with _start(command) as process:
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
        last_lines: deque[str] = deque(maxlen=12)
        report = (stage, 0.0, "starting Blender")
        try:
            while True:
                progress(*report)
                try:
                    line = lines.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if line is None:
                    return list(last_lines)
                found = read_progress(line)
                if found is not None:
                    report = found
                elif line.strip():
                    last_lines.append(line.strip())
        except BaseException:
            _end(process)
            raise


def _start(command: list[str]) -> subprocess.Popen[str]:
    """Start the process apart from the terminal's Ctrl-C, which comes to this process and ends that one."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
        )
    except OSError as error:
        raise PosewrightError(f"{command[0]} could not be started: {error.strerror}.") from error


def _read_lines(stream: IO[str] | None, lines: "queue.Queue[str | None]") -> None:
    for line in stream or ():
        lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _read_response(path: Path, blender: Blender, last_lines: list[str]) -> dict[str, Any]:
    """Return the result that the process wrote; what counts is this file, not how bpy ended."""
    try:
        response = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        said = f" Its last words: {last_lines[-1]}" if last_lines else ""
        raise PosewrightError(f"Blender ({blender.says}) ended without a result.{said}") from None
    if "error" not in response:
        return response
    error = (UsageError if response.get("usage") else PosewrightError)(response["error"])
    error.add_note(response.get("trace", ""))
    raise error
