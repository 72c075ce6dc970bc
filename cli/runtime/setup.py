"""Make the private environment: find a Python, choose, fetch, install without network, check, put into place."""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ... import __version__
from ...errors import Cancelled, PosewrightError
from ...progress import Progress
from ...weights import store
from ..worker_process import ask_worker
from . import bundle, trouble
from .builds import Build, Choice, Device, Version, choose, fingerprint
from .download import RemoteFile, Source, fetch
from .folder import Marker, RuntimeFolder, program_in, tree_size
from .graphics import find_graphics
from .install import MEGA, ROOM, install
from .pip import Pip, PipError, clean_environment, get_pip, run_process
from .plan import Plan, forget_plan, make_plan
from .pythons import BasePython, find_base

INSTALLED_PER_FETCHED = 3.3  # bytes on the disk for each fetched byte, before the wheels can be looked into


@dataclass(frozen=True)
class Request:
    """What to make and where; ``offline`` forbids every use of the network."""

    root: Path
    device: Device = "auto"
    offline: bool = False


def set_up(request: Request, progress: Progress, log: Callable[[str], None]) -> dict[str, Any]:
    """Make the environment anew and return its marker as a dict, with ``notes`` for the user.

    A zip that brings the libraries needs no network. What was fetched stays after Cancelled and errors, and the next
    call continues. Stages: "resolve", "fetch", "install", "verify". Raises PosewrightError with what to do.
    """
    folder = RuntimeFolder(request.root)
    bundled = bundle.find()
    if bundled and request.device not in ("auto", bundled.build.device):
        bundled = None
    if bundled is None and request.offline:
        raise trouble.not_allowed()
    with folder.locked():
        try:
            folder.leftovers()
            folder.fetched.mkdir(exist_ok=True)
            return _make(request, folder, bundled, progress, log)
        except OSError as error:
            raise trouble.of_disk(error, folder.root) from error
        finally:
            shutil.rmtree(folder.new, ignore_errors=True)


def _make(
    request: Request, folder: RuntimeFolder, bundled: bundle.Bundle | None, progress: Progress, log: Callable
) -> dict[str, Any]:
    progress("resolve", 0.0, "Looking for a Python")
    base = find_base(bundled.python if bundled else None)
    choice = Choice(bundled.build) if bundled else choose(request.device, find_graphics())
    log(f"Python {base.program}, PyTorch {choice.build.name}")
    _make_environment(base, folder.new, folder.fetched, progress)
    notes = [choice.because] if choice.because else []
    if bundled:
        wheels = bundled.wheels()
        pip, device = Pip(program_in(folder.new), bundled.pip()), bundled.build.device
    else:
        wheels, pip, device = _fetch(request, choice.build, base, folder, progress, log)
    install(pip, wheels, folder, progress)
    return _finish(base, device, folder, notes, progress)


def _make_environment(base: BasePython, place: Path, words: Path, progress: Progress) -> None:
    command = [str(base.program), "-I", "-m", "venv", "--without-pip", str(place)]
    try:
        run_process(command, words / "venv.txt", lambda: progress("resolve", 0.1, ""), clean_environment())
    except PipError as error:
        last = (str(error).strip().splitlines() or ["it gave no reason"])[-1]
        if os.strerror(errno.ENOSPC) in str(error) or not str(error):
            raise trouble.of_pip(str(error), place.parent) from error
        raise PosewrightError(
            f"{base.program} could not make an environment ({last}); install another Python."
        ) from error


def _fetch(
    request: Request, build: Build, base: BasePython, folder: RuntimeFolder, progress: Progress, log: Callable
) -> tuple[list[Path], Pip, str]:
    def tick() -> None:
        progress("resolve", 0.5, "Asking the package index")

    tick()
    pip = get_pip(base, program_in(folder.new), folder.fetched, tick)
    wanted = store.find("blazepose").path is None
    plan = make_plan(pip, build, base.minor, folder.fetched, wanted, tick)
    _check_consent(plan, request, build)
    _check_room(plan, folder)
    log(f"{len(plan.files)} files, {plan.size / MEGA:.0f} MB")
    fetched = _fetch_files(plan, folder.fetched, Source(pip.wheel), progress)
    if plan.detector:
        log("converting the detector's networks")
        store.install_from("blazepose", fetched.pop(), log=log)
    return fetched, pip, plan.device


def _check_consent(plan: Plan, request: Request, build: Build) -> None:
    """Nobody is given gigabytes for NVIDIA who was told of the small build for the processor."""
    if plan.device == "cuda" and build.device == "cpu":
        raise PosewrightError(
            f"PyTorch for the processor cannot be had here: its own index ({urlsplit(build.index).hostname}) cannot be "
            f"reached, and the package index has the build for NVIDIA, {plan.size / MEGA:.0f} MB to fetch instead of "
            f"about {build.fetch_mb} MB. It computes on the processor, too: choose NVIDIA as the build to take it."
        )


def _check_room(plan: Plan, folder: RuntimeFolder) -> None:
    have = tree_size(folder.fetched)
    needed = max(0, plan.size - have) + int(plan.size * INSTALLED_PER_FETCHED) + ROOM
    if shutil.disk_usage(folder.root).free < needed:
        raise trouble.full_disk(folder.root, needed)


def _fetch_files(plan: Plan, folder: Path, source: Source, progress: Progress) -> list[Path]:
    """Fetch all files, the largest last, so that the small ones are not fetched in vain; returned in plan's order."""
    before = 0
    paths: dict[str, Path] = {}
    for file in sorted(plan.files, key=lambda file: file.size):
        label, start = file.name.split("-")[0].replace("_", "-"), before

        def tick(done: int, label: str = label, start: int = start, file: RemoteFile = file) -> None:
            note = f"{label} {done / MEGA:.0f} of {max(file.size, done) / MEGA:.0f} MB"
            whole = f"{(start + done) / MEGA:.0f} of {plan.size / MEGA:.0f} MB"
            progress("fetch", min(1.0, (start + done) / max(1, plan.size)), f"{whole} ({note})")

        try:
            paths[file.name] = fetch(file, folder, tick, source)
        except (Cancelled, trouble.Offline):
            raise
        except PosewrightError:
            forget_plan(folder)  # a file that is gone or changed: the index has another one now
            raise
        before += file.size
    return [paths[file.name] for file in plan.files]


def _finish(
    base: BasePython, device: str, folder: RuntimeFolder, notes: list[str], progress: Progress
) -> dict[str, Any]:
    """Check the new environment by a worker that runs in it, and put it into its place."""
    progress("verify", 0.0, "Starting it for the first time")

    def tick(stage: str, done: float, note: str = "") -> None:
        progress("verify", done, note)

    found = ask_worker(program_in(folder.new), "doctor", tick)
    progress("verify", 0.9, "")
    missing = [
        f"{finding['what']}: {finding['says']}" for finding in found["findings"] if finding["state"] == "missing"
    ]
    if missing:
        raise PosewrightError(f"The new runtime does not work ({'; '.join(missing)}). Set up again.")
    said = {finding["what"]: finding["says"] for finding in found["findings"]}
    marker = Marker(
        libraries=fingerprint(base.minor),
        python=_text(base.minor),
        base=str(base.program),
        torch=said["torch"],
        device=device,
        computes_on=fastest(said),
        megabytes=round(tree_size(folder.new) / MEGA),
        version=__version__,
    )
    folder.mark(marker)
    shutil.rmtree(folder.fetched, ignore_errors=True)
    progress("verify", 1.0, "")
    return {**vars(marker), "folder": str(folder.root), "notes": notes, "sentence": folder.condition().sentence}


def fastest(said: dict[str, str]) -> str:
    """Return in words what captures compute on, from the doctor's findings by name."""
    for name, says in said.items():
        if name.startswith("device cuda:"):
            return says if says.startswith("NVIDIA") else f"NVIDIA {says}"
    return "Apple graphics" if "device mps" in said else "the processor"


def _text(version: Version) -> str:
    return ".".join(map(str, version))
