"""The libraries that an offline zip brings: wheels as their makers published them, beside the program."""

import json
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import PosewrightError
from .builds import Build, Version, builds, fingerprint, table, version_of

FOLDER = Path(__file__).resolve().parents[2] / "runtime"
DESCRIPTION = "bundle.json"
MACHINES = {"x64": ("x86_64", "amd64"), "arm64": ("arm64", "aarch64")}


@dataclass(frozen=True)
class Bundle:
    """What a zip brings, for one platform and one version of Python; ``files`` are the names of the wheels."""

    folder: Path
    platform: str
    python: Version
    build: Build
    files: tuple[str, ...]

    def wheels(self) -> list[Path]:
        """Return the wheels; PosewrightError when one is gone."""
        paths = [self.folder / "wheels" / name for name in self.files]
        gone = [path.name for path in paths if not path.is_file()]
        if gone:
            raise PosewrightError(f"{gone[0]} is missing in the installed offline zip; install the zip again.")
        return paths

    def pip(self) -> Path:
        """Return pip's wheel."""
        return next(path for path in self.wheels() if path.name.startswith("pip-"))

    def misfit(self) -> str:
        """Return why it cannot be used here, in a sentence; "" when it can."""
        if not bundle_fits(self.platform, platform.system(), platform.machine()):
            return f"This offline zip is for {self.platform}, another system than this; take the one for it."
        if self.python != sys.version_info[:2]:
            wanted, have = (".".join(map(str, version)) for version in (self.python, sys.version_info[:2]))
            return f"This offline zip is for a Blender with Python {wanted}, and this one has {have}."
        return ""


def bundle_fits(name: str, system: str, machine: str) -> bool:
    """Tell whether a platform such as "linux-x64" is this system and machine."""
    return table()["platforms"][name]["system"] == system and machine.lower() in MACHINES[name.split("-")[1]]


def find(folder: Path = FOLDER) -> Bundle | None:
    """Return what the installed zip brings for this Blender; None when it brings nothing, or for another."""
    found = _read(folder)
    return found if found is not None and not found.misfit() else None


def misfit(folder: Path = FOLDER) -> str:
    """Return why what the installed zip brings cannot be used here; "" when it can, or when it brings nothing."""
    found = _read(folder)
    return found.misfit() if found is not None else ""


@cache
def _read(folder: Path) -> Bundle | None:
    try:
        said = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        system = table()["platforms"][said["platform"]]["system"]
        build = next(build for build in builds(system) if build.name == said["build"])
        found = Bundle(folder, said["platform"], version_of(said["python"]), build, tuple(said["files"]))
        return found if said["libraries"] == fingerprint(found.python) else None
    except (OSError, ValueError, KeyError, StopIteration):
        return None
