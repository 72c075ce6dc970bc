"""``posewright doctor``: what this machine can do, and why not."""

import argparse
import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from .. import __version__
from ..errors import PosewrightError
from .console import emit
from .options import add_common_arguments

State = Literal["ok", "note", "missing"]
MARKS: dict[State, str] = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    state: State
    says: str


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``doctor``."""
    add_common_arguments(parser)


def run_doctor(args: argparse.Namespace) -> int:
    """Do the work of ``doctor``; 1 when something that every capture needs is missing."""
    findings = examine()
    width = max(len(finding.what) for finding in findings)
    lines = [f"{MARKS[f.state]}  {f.what:{width}}  {f.says}" for f in findings]
    missing = [finding.what for finding in findings if finding.state == "missing"]
    lines.append("Ready." if not missing else f"Not ready: {', '.join(missing)}.")
    emit({"ready": not missing, "findings": [asdict(f) for f in findings]}, "\n".join(lines), args.json)
    return 1 if missing else 0


def examine() -> list[Finding]:
    """Return all findings, in the order of a capture; inside Blender those of the worker's Python."""
    if importlib.util.find_spec("torch") is not None:
        return [*_program(), *examine_capture(), *_blender()]
    from .runtime.choice import Runtime
    from .worker_process import ask_worker

    try:
        python = Runtime.python()
        found = [Finding(**finding) for finding in ask_worker(python, "doctor")["findings"]]
    except PosewrightError as error:
        return [*_program(), Finding("python for captures", "missing", str(error)), *_weights(), *_blender()]
    return [*_program(), Finding("python for captures", "ok", str(python)), *found, *_blender()]


def examine_capture() -> list[Finding]:
    """Return what this very Python finds for captures."""
    checks: tuple[Callable[[], list[Finding]], ...] = (_libraries, _devices, _weights)
    return [finding for check in checks for finding in check()]


def _program() -> list[Finding]:
    return [
        Finding("posewright", "ok", __version__),
        Finding("python", "ok", f"{platform.python_version()} ({sys.executable})"),
        Finding("system", "ok", f"{platform.system()} {platform.release()}, {platform.machine()}"),
    ]


def _libraries() -> list[Finding]:
    findings = []
    for package, module in (("torch", "torch"), ("opencv-python", "cv2"), ("scipy", "scipy"), ("numpy", "numpy")):
        if importlib.util.find_spec(module) is None:
            hint = f"not installed; pip install {package}, or let Blender use a Python that has it"
            findings.append(Finding(package, "missing", hint))
            continue
        try:
            findings.append(Finding(package, "ok", importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(package, "ok", "installed"))
    return findings


def _devices() -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    from ..core.device import describe_devices, resolve_device

    findings = [Finding(f"device {entry['device']}", "ok", str(entry["name"])) for entry in describe_devices()]
    try:
        resolve_device("cuda")
    except PosewrightError as error:
        findings.append(Finding("device cuda", "note", str(error)))
    return findings


def _weights() -> list[Finding]:
    from ..weights import store

    findings = []
    for weights in store.list_weights():
        name = weights.entry.name
        if weights.path is not None:
            findings.append(Finding(f"weights {name}", "ok", str(weights.path)))
        elif weights.entry.kind == "lifter":
            findings.append(Finding(f"weights {name}", "missing", "the file is gone; install Posewright again"))
        else:
            hint = f"not fetched yet; the first capture does it, or: posewright weights get {name}"
            findings.append(Finding(f"weights {name}", "note", hint))
    free = shutil.disk_usage(_existing_parent(store.home())).free / 1e9
    state: State = "ok" if free > 1 else "note"
    findings.append(Finding("cache folder", state, f"{store.home()} ({free:.1f} GB free)"))
    return findings


def _existing_parent(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _blender() -> list[Finding]:
    from ..rigging.blender.launch import find_blender

    try:
        return [Finding("blender", "ok", find_blender().says)]
    except PosewrightError as error:
        return [Finding("blender", "note", f"{error} Takes and .bvh work without it.")]
