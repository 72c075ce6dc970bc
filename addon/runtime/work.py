"""The jobs of the queue that are about the runtime: set it up, remove it, check it."""

import shutil
import sys
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Context

from ...cli.runtime.builds import Device
from ...cli.runtime.choice import Runtime
from ...cli.worker_process import WorkerJob
from ...errors import PosewrightError
from .. import choices, session
from ..jobs.job import Job
from . import state


def set_up_job(device: Device = "auto", label: str = "Set Up") -> Job:
    """Return the job that makes the environment, or goes on making it; it runs in Blender's own Python."""
    choices.choose_runtime()
    folder, offline = Runtime.folder().root, not bpy.app.online_access

    def done(context: Context, result: dict[str, Any]) -> str:
        state.forget()
        session.state.findings = None
        return " ".join([f"{result['sentence']}.", *result["notes"]])

    return Job(
        "setup",
        label,
        lambda worker: WorkerJob(worker, "setup", folder=str(folder), device=device, offline=offline),
        done,
        python=blenders_python,
        failed=lambda sentence: state.forget(),
    )


def remove_job() -> Job:
    """Return the job that removes the private environment."""
    choices.choose_runtime()
    folder = Runtime.folder().root

    def done(context: Context, result: dict[str, Any]) -> str:
        state.forget()
        session.state.findings = None
        return f"Removed the runtime: {result['bytes'] / 1e6:.0f} MB are free again."

    return Job(
        "setup",
        "Remove",
        lambda worker: WorkerJob(worker, "remove", folder=str(folder)),
        done,
        python=blenders_python,
        failed=lambda sentence: state.forget(),
    )


def check_job() -> Job:
    """Return the job that asks the worker's Python what it can do."""

    def done(context: Context, result: dict[str, Any]) -> str:
        session.state.findings = result["findings"]
        state.forget()
        return "Ready." if result["ready"] else "Something is missing: see the preferences."

    return Job("check", "Check", lambda worker: WorkerJob(worker, "doctor"), done, failed=keep_failure)


def keep_failure(sentence: str) -> None:
    """Remember that the Python of the captures could not even be asked."""
    session.state.findings = [{"what": "python", "state": "missing", "says": sentence}]
    state.forget()


def blenders_python() -> Path:
    """Return Blender's own Python as a program, which needs nothing but its numpy to make an environment."""
    own = Path(sys.executable or "")
    if own.is_file() and "python" in own.name.lower():
        return own
    found = shutil.which("python3") or shutil.which("python")
    if found is None:
        raise PosewrightError("This Blender brings no Python program, and none is on the PATH: install Python 3.11.")
    return Path(found)
