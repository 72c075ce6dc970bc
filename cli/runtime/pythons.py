"""A Python of this machine from which an environment can be made: Blender's own, or one on the PATH."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import PosewrightError
from .builds import Version, pythons

SECONDS = 30
PROBE = """
import glob, json, os, struct, sys, sysconfig
said = {"version": sys.version_info[:3], "program": getattr(sys, "_base_executable", "") or sys.executable}
said["bits"], said["free_threaded"] = struct.calcsize("P") * 8, bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
try:
    import venv
    said["venv"] = True
except ImportError:
    said["venv"] = False
try:
    import pip
    said["pip"] = True
except ImportError:
    said["pip"] = False
places = [sysconfig.get_config_var("WHEEL_PKG_DIR") or ""]
try:
    import ensurepip
    places.append(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"))
except ImportError:
    pass
wheels = [wheel for place in places if place for wheel in glob.glob(os.path.join(place, "pip-*.whl"))]
said["pip_wheel"] = wheels[-1] if wheels else ""
print(json.dumps(said))
"""


@dataclass(frozen=True)
class BasePython:
    """A Python program and what it can: ``pip`` as a module of its own, ``pip_wheel`` as a file ("" when absent)."""

    program: Path
    version: tuple[int, int, int]
    venv: bool
    pip: bool
    pip_wheel: str

    @property
    def minor(self) -> Version:
        """Its version as (3, 11)."""
        return self.version[0], self.version[1]


def own_program() -> Path:
    """Return the Python program of this process; inside Blender that is the one which Blender brings."""
    return Path(getattr(sys, "_base_executable", "") or sys.executable)


def find_base(wanted: Version | None = None) -> BasePython:
    """Return the first Python that can make the environment: this process's own, else one on the PATH.

    ``wanted`` is the one version for which there are libraries, as in an offline zip; else any that PyTorch has.
    Raises PosewrightError with a sentence that says what to install when there is none.
    """
    allowed = [wanted] if wanted else pythons()
    seen: list[str] = []
    for words in _candidates(allowed):
        found = _probe(words)
        if found is None:
            continue
        if found.minor in allowed and found.venv:
            return found
        lack = "" if found.venv else " without the module venv"
        seen.append(f"{found.program} is Python {'.'.join(map(str, found.minor))}{lack}")
    names = " or ".join(".".join(map(str, version)) for version in allowed)
    found_text = f" ({'; '.join(dict.fromkeys(seen))})" if seen else ""
    raise PosewrightError(
        f"There is no Python here that can run the captures{found_text}. Install Python {names} with venv "
        f"({_install_hint(allowed)}), then set up again."
    )


def _install_hint(allowed: list[Version]) -> str:
    latest = ".".join(map(str, allowed[min(1, len(allowed) - 1)]))
    if sys.platform == "win32" or sys.platform == "darwin":
        return "from python.org"
    return f"packages python{latest} and python{latest}-venv, or the Blender of blender.org, which brings its own"


def _candidates(allowed: list[Version]) -> Iterator[list[str]]:
    own = own_program()
    if own.is_file() and "python" in own.name.lower():
        yield [str(own)]
    for major, minor in reversed(allowed):
        if os.name == "nt" and (launcher := shutil.which("py")):
            yield [launcher, f"-{major}.{minor}"]
        if program := shutil.which(f"python{major}.{minor}"):
            yield [program]
    if program := shutil.which("python3") or shutil.which("python"):
        yield [program]


def _probe(words: list[str]) -> BasePython | None:
    flags = subprocess.CREATE_NO_WINDOW if os.name == "nt" else 0
    try:
        done = subprocess.run(
            [*words, "-I", "-c", PROBE], capture_output=True, text=True, timeout=SECONDS, creationflags=flags
        )
        said = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    if said["bits"] != 64 or said["free_threaded"] or not Path(said["program"]).is_file():
        return None
    return BasePython(Path(said["program"]), tuple(said["version"]), said["venv"], said["pip"], said["pip_wheel"])
