"""The NVIDIA card of this machine, as its driver's own program describes it."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 20.0  # nvidia-smi takes a while on machines with many cards that sleep
CUDA = re.compile(r"CUDA (?:UMD )?Version\s*:\s*(\d+)\.(\d+)")
QUERY = ("--query-gpu=name,compute_cap", "--format=csv,noheader")


@dataclass(frozen=True)
class Graphics:
    """A card: its name, the newest CUDA version that its driver runs, its generation (None when not said)."""

    name: str
    cuda: tuple[int, int]
    capability: tuple[int, int] | None


def find_graphics(seconds: float = SECONDS) -> Graphics | None:
    """Return the first NVIDIA card that works; None when there is none or its driver does not answer in time."""
    program = shutil.which("nvidia-smi") or _windows_place()
    if program is None:
        return None
    summary = _ask([program], seconds)
    return read_graphics(summary, _ask([program, *QUERY], seconds)) if summary else None


def read_graphics(summary: str, cards: str) -> Graphics | None:
    """Return the first card from what nvidia-smi prints: its summary, and a line "name, generation" for each card."""
    version = CUDA.search(summary)
    lines = [line for line in cards.strip().splitlines() if "," in line]
    if version is None or not lines:
        return None
    name, _, generation = lines[0].rpartition(",")
    found = re.fullmatch(r"(\d+)\.(\d+)", generation.strip())
    capability = (int(found[1]), int(found[2])) if found else None
    return Graphics(name.strip(), (int(version[1]), int(version[2])), capability)


def _windows_place() -> str | None:
    place = Path(os.environ.get("SYSTEMROOT", ""), "System32", "nvidia-smi.exe")
    return str(place) if os.name == "nt" and place.is_file() else None


def _ask(command: list[str], seconds: float) -> str:
    flags = subprocess.CREATE_NO_WINDOW if os.name == "nt" else 0
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, errors="replace", creationflags=flags
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
