"""Which libraries the environment holds, and which build of PyTorch suits this machine; the table is builds.json."""

import hashlib
import json
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from ...errors import PosewrightError
from .graphics import Graphics

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = get_args(Device)
Version = tuple[int, int]

PYTORCH = "https://download.pytorch.org/whl"
MIRROR = "POSEWRIGHT_TORCH_INDEX"  # the variable that names a studio's own copy of PyTorch's index


@dataclass(frozen=True)
class Build:
    """One build of PyTorch: ``index`` is where it is beside the package index, "" when that has it itself.

    ``cuda`` is the oldest CUDA version of a driver that runs it and ``capability`` the oldest generation of cards;
    (0, 0) for the processor. ``fetch_mb`` and ``disk_mb`` are about what is fetched and what lies on the disk.
    """

    name: str
    system: str
    index: str
    fetch_mb: int
    disk_mb: int
    cuda: Version = (0, 0)
    capability: Version = (0, 0)

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """What it computes on."""
        return "cuda" if self.cuda > (0, 0) else "cpu"


@dataclass(frozen=True)
class Choice:
    """A build and, when the machine asked for another one, the sentence that says why it is this."""

    build: Build
    because: str = ""


@cache
def table() -> dict[str, Any]:
    """Return the table."""
    return json.loads(Path(__file__).with_name("builds.json").read_text("utf-8"))


def builds(system: str) -> list[Build]:
    """Return the builds for a system as ``platform.system`` names it, the best first within each device."""
    return [_build(row) for row in table()["builds"] if row["system"] == system]


def _build(row: dict[str, Any]) -> Build:
    versions = {name: (row[name][0], row[name][1]) for name in ("cuda", "capability") if name in row}
    index = row["index"].replace(PYTORCH, os.environ.get(MIRROR) or PYTORCH)
    return Build(**{**row, **versions, "index": index})


def pythons() -> list[Version]:
    """Return the versions of Python for which there are libraries."""
    return [version_of(text) for text in table()["pythons"]]


def version_of(text: str) -> Version:
    """Return (3, 11) for "3.11"."""
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def requirements(python: Version) -> list[str]:
    """Return what is installed for a version of Python, each pinned."""
    pinned = table()
    return [*pinned["requirements"], f"numpy=={pinned['numpy']['.'.join(map(str, python))]}"]


def fingerprint(python: Version) -> str:
    """Return a short name of the set of libraries; an environment made of another set is renewed."""
    return hashlib.sha256("\n".join(requirements(python)).encode()).hexdigest()[:12]


def choose(device: Device, graphics: Graphics | None, system: str = "", machine: str = "") -> Choice:
    """Return the build for a machine with these graphics; ``auto`` takes the NVIDIA card when it can.

    Raises PosewrightError when there is none for this system, or none for NVIDIA although it was asked for.
    """
    system, machine = system or platform.system(), machine or platform.machine()
    known = builds(system)
    if not known or (system == "Darwin" and machine != "arm64"):
        raise PosewrightError(
            f"There is no PyTorch for {system} on {machine}; Posewright captures on Linux, Windows and Apple Silicon."
        )
    processor = next(build for build in known if build.device == "cpu")
    cards = [build for build in known if build.device == "cuda"]
    if device == "cuda" and not cards:
        raise PosewrightError(f"There is no PyTorch for NVIDIA cards on {system}; choose Automatic.")
    if device == "cpu" or not cards or (graphics is None and device == "auto"):
        return Choice(processor)
    if graphics is None:
        return Choice(cards[0])  # asked for by name: a card may come later
    for build in cards:
        if graphics.cuda >= build.cuda and (graphics.capability or build.capability) >= build.capability:
            return Choice(build)
    reason = _too_old(graphics, cards)
    if device == "cuda":
        raise PosewrightError(f"{reason} Or choose Processor.")
    return Choice(processor, f"{reason} Until then the processor computes.")


def _too_old(graphics: Graphics, cards: list[Build]) -> str:
    oldest = min(build.cuda for build in cards)
    if graphics.cuda < oldest:
        found, needed = (".".join(map(str, version)) for version in (graphics.cuda, oldest))
        return (
            f"The driver of {graphics.name} (CUDA {found}) is older than PyTorch needs (CUDA {needed}): "
            "update the NVIDIA driver and set up again."
        )
    return f"{graphics.name} is older than the cards that PyTorch supports or needs a newer driver."
