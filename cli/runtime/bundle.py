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

    def fits(self) -> bool:
        """Tell whether it is for this system and machine."""
        return bundle_fits(self.platform, platform.system(), platform.machine())

    def suits_this_python(self) -> bool:
        """Tell whether it is for the version of Python that runs this."""
        return self.python == sys.version_info[:2]


def bundle_fits(name: str, system: str, machine: str) -> bool:
    """Tell whether a platform such as "linux-x64" is this system and machine."""
    return table()["platforms"][name]["system"] == system and machine.lower() in MACHINES[name.split("-")[1]]


@cache
def find(folder: Path = FOLDER) -> Bundle | None:
    """Return what the installed zip brings for this machine; None for the light zip, or one for another system."""
    try:
        said = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        system = table()["platforms"][said["platform"]]["system"]
        build = next(build for build in builds(system) if build.name == said["build"])
        found = Bundle(folder, said["platform"], version_of(said["python"]), build, tuple(said["files"]))
        return found if found.fits() and said["libraries"] == fingerprint(found.python) else None
    except (OSError, ValueError, KeyError, StopIteration):
        return None
