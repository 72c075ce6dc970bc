"""What will be fetched: pip chooses the files, with the user's own configuration, and fetches none of them."""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import trouble
from .builds import Build, Version, fingerprint, requirements
from .configuration import package_index
from .download import RemoteFile, Source, check_login, name_in
from .pip import LASTING, Pip, PipError, Tick

PLAN = "plan.json"
KEPT_SECONDS = 24 * 3600  # a plan of an earlier try is followed for a day, so that its files fit together
DETECTOR = "mediapipe-0.10.14-"  # the wheel that holds the detector's networks; it is not installed
DETECTOR_WORDS = [
    *("mediapipe==0.10.14", "--no-deps", "--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
    *("--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64", "--target", "nowhere"),
]
DRY_RUN = ("install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet")


@dataclass(frozen=True)
class Plan:
    """The files of one build for one version of Python: ``libraries`` are installed, ``detector`` is converted."""

    key: str
    libraries: list[RemoteFile]
    detector: RemoteFile | None
    device: str

    @property
    def files(self) -> list[RemoteFile]:
        """All of them."""
        return [*self.libraries, *([self.detector] if self.detector else [])]

    @property
    def size(self) -> int:
        """Bytes to fetch, all in all."""
        return sum(file.size for file in self.files)


def make_plan(pip: Pip, build: Build, python: Version, folder: Path, detector: bool, tick: Tick) -> Plan:
    """Return the plan of an earlier try of this day, or a new one; ``detector``: its networks are wanted too.

    Raises PosewrightError when pip finds no fitting files, Offline when the index cannot be reached.
    """
    key = f"{build.system} {build.name} {python} {fingerprint(python)} {detector}"
    return _kept(folder / PLAN, key) or _new(pip, build, python, folder, detector, key, tick)


def forget_plan(folder: Path) -> None:
    """Have the next try ask the index anew."""
    (folder / PLAN).unlink(missing_ok=True)


def _new(pip: Pip, build: Build, python: Version, folder: Path, detector: bool, key: str, tick: Tick) -> Plan:
    extra = ["--extra-index-url", build.index] if build.index else []
    source = Source(pip.wheel)
    chosen = _ask(pip, [*extra, *requirements(python), "pip"], folder, tick)
    network = _ask(pip, DETECTOR_WORDS, folder, tick) if detector else []
    libraries = _with_sizes(chosen, source, tick)
    found = _with_sizes(network, source, tick)
    plan = Plan(key, libraries, found[0] if found else None, _device(libraries))
    _keep(plan, folder / PLAN)
    return plan


def _ask(pip: Pip, words: Sequence[str], folder: Path, tick: Tick) -> list[RemoteFile]:
    report = folder / "report.json"
    quick = ["--use-feature=fast-deps"] if pip.is_current else []
    try:
        pip.run([*DRY_RUN, *LASTING, *quick, "--report", str(report), *words], folder, tick)
    except PipError as error:
        check_login(f"{package_index()}/pip/", Source(pip.wheel))
        raise trouble.of_pip(str(error), folder) from error
    chosen = json.loads(report.read_text("utf-8"))["install"]
    report.unlink()
    return [_remote(entry["download_info"]) for entry in chosen]


def _remote(info: dict[str, Any]) -> RemoteFile:
    archive = info.get("archive_info", {})
    digest = archive.get("hashes", {}).get("sha256", "")
    return RemoteFile(name_in(info["url"]), info["url"], digest, 0)


def _with_sizes(files: list[RemoteFile], source: Source, tick: Callable[[], None]) -> list[RemoteFile]:
    sized = []
    for file in files:
        tick()
        sized.append(RemoteFile(file.name, file.url, file.sha256, source.size(file.url)))
    return sized


def _device(libraries: Sequence[RemoteFile]) -> str:
    """Return what the chosen PyTorch computes on: pip may have found another build than the one that was wanted."""
    torch = next((file.name for file in libraries if file.name.startswith("torch-")), "")
    with_cuda = re.search(r"\+cu\d", torch) or any(file.name.startswith("nvidia_") for file in libraries)
    return "cuda" if with_cuda else "cpu"


def _keep(plan: Plan, path: Path) -> None:
    path.write_text(json.dumps({"made": time.time(), **asdict(plan)}, indent=1), "utf-8")


def _kept(path: Path, key: str) -> Plan | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["key"] != key or not 0 <= time.time() - kept["made"] < KEPT_SECONDS:
            return None
        libraries = [RemoteFile(**file) for file in kept["libraries"]]
        detector = RemoteFile(**kept["detector"]) if kept["detector"] else None
        return Plan(key, libraries, detector, kept["device"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
