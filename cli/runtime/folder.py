"""The folder of the private environment: what lies in it, and whether the environment in it can be used."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from ...errors import PosewrightError
from ...weights import store
from . import trouble
from .builds import fingerprint, pythons, version_of
from .pythons import own_program

ENVIRONMENT = "env"  # a short name: Windows allows few letters in a path
NEW = "new"
OLD = "old"
FETCHED = "fetched"
LOCK = "setup.lock"
MARKER = "posewright.json"


@dataclass(frozen=True)
class Marker:
    """What is recorded in an environment that is complete."""

    libraries: str  # fingerprint of what it holds
    python: str  # "3.11"
    base: str  # the Python program that it was made from
    torch: str
    device: str  # "cpu" or "cuda": what its PyTorch was built for
    computes_on: str  # the fastest device that was found, in words
    megabytes: int
    version: str  # of the Posewright that made it


@dataclass(frozen=True)
class Condition:
    """Whether the environment can be used; ``sentence`` says in plain words on what, or why not and what to do."""

    ready: bool
    sentence: str
    marker: Marker | None = None


class RuntimeFolder:
    """The folder and the places in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = root / ENVIRONMENT
        self.new = root / NEW
        self.old = root / OLD
        self.fetched = root / FETCHED

    def python(self) -> Path:
        """Return the Python program of the environment."""
        return program_in(self.environment)

    def condition(self) -> Condition:
        """Return whether the environment can be used; reads one small file and starts nothing."""
        marker = self._marker()
        if marker is None:
            if any(self.fetched.glob("*.whl*")):
                return Condition(False, "Not set up: it was stopped in the middle. Set Up goes on where it stopped.")
            return Condition(False, "Not set up: the libraries that analyse videos are not on this computer yet.")
        fault = _fault(marker, self.python())
        return Condition(not fault, fault or f"Ready on {marker.computes_on}", marker)

    def _marker(self) -> Marker | None:
        try:
            return Marker(**json.loads((self.environment / MARKER).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def mark(self, marker: Marker) -> None:
        """Record in the new environment that it is complete, and put it in the place of the old one."""
        (self.new / MARKER).write_text(json.dumps(asdict(marker), indent=1), "utf-8")
        try:
            remove_tree(self.old)
            if self.environment.exists():
                self.environment.rename(self.old)
            self.new.rename(self.environment)
        except OSError as error:
            raise PosewrightError(
                f"The finished runtime could not be put into its place ({error.strerror}): {self.environment} is in "
                "use. Wait until the other work has ended, then set up again."
            ) from error
        remove_tree(self.old)

    def leftovers(self) -> None:
        """Remove what an earlier try did not bring to its end, except what was fetched."""
        if self.old.exists() and not self.environment.exists():
            self.old.rename(self.environment)  # it ended between the two renames
        remove_tree(self.new)
        remove_tree(self.old)

    def remove(self) -> int:
        """Remove everything that the set-up made and nothing else; returns the bytes that it took."""
        with self.locked():
            size = tree_size(self.root)
            for place in (self.environment, self.new, self.old, self.fetched):
                remove_tree(place)
        (self.root / LOCK).unlink(missing_ok=True)
        if self.root.is_dir() and not any(self.root.iterdir()):
            self.root.rmdir()
        return size

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one set-up; PosewrightError while another process does, or when it cannot be written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            stream = (self.root / LOCK).open("w")
        except OSError as error:
            raise trouble.of_disk(error, self.root) from error
        with stream:
            if not _lock(stream):
                raise PosewrightError("Another Blender is setting up Posewright right now; wait until it has ended.")
            yield


def default_root() -> Path:
    """Return where the environment lies when Blender does not say it: beside the weights."""
    return store.home() / "runtime"


def program_in(environment: Path) -> Path:
    """Return the Python program of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def remove_tree(folder: Path) -> None:
    """Remove a folder if it is there; PosewrightError when it cannot be removed."""
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise PosewrightError(
            f"{folder} cannot be removed ({error.strerror}); end other Blenders that use it and try again."
        ) from error


def tree_size(folder: Path) -> int:
    """Return the bytes of all files below a folder, which may change meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(parent) / name).st_size
            except OSError:
                continue
    return total


def _fault(marker: Marker, program: Path) -> str:
    """Return why an environment that was complete can no longer be used, "" when it can."""
    base = Path(marker.base)
    if not base.is_file() or not program.exists():
        return f"Not ready: the Python it was made with is gone ({base}). Blender was updated or moved: Set Up again."
    if base == own_program() and version_of(marker.python) != sys.version_info[:2]:
        own = ".".join(map(str, sys.version_info[:2]))
        return f"Not ready: it was made with Python {marker.python} and Blender now has {own}. Set Up again."
    version = version_of(marker.python)
    if version not in pythons() or marker.libraries != fingerprint(version):
        return "Not ready: this Posewright needs newer libraries than were set up. Set Up again."
    return ""


def _lock(stream: IO[str]) -> bool:
    """Lock an open file until it is closed; the system lets go of it when the process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
