"""Where weights lie on this machine: found, fetched, imported and checked.

Fetched and imported weights are kept in ``home() / "weights"``, one folder each; our own lifter lies in this package.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..errors import PosewrightError, UsageError
from . import blazepose
from .registry import (
    BLAZEPOSE,
    LICENCES_FOLDER,
    LIFTER,
    SHIPPED_FOLDER,
    Entry,
    builtin_entries,
    entry_from_json,
    resolve,
)

Log = Callable[[str], None]
RECORD = "weights.json"  # beside every fetched or imported file: its entry


@dataclass(frozen=True)
class Weights:
    """One entry and where it lies on this machine; ``path`` is None while it is not there."""

    entry: Entry
    path: Path | None


@dataclass(frozen=True)
class Verdict:
    """The result of checking one file."""

    name: str
    path: Path
    good: bool
    message: str


def home() -> Path:
    """Return Posewright's folder: POSEWRIGHT_HOME, else ``posewright`` in the user's cache folder."""
    chosen = os.environ.get("POSEWRIGHT_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "posewright"


def folder_of(name: str) -> Path:
    """Return the folder in which fetched or imported weights of this name lie."""
    return home() / "weights" / name


def list_weights() -> list[Weights]:
    """Return everything that is known: shipped, fetchable and imported."""
    known = [Weights(entry, _find(entry)) for entry in builtin_entries()]
    return known + [Weights(entry, folder_of(entry.name) / entry.file) for entry in _imported()]


def find(name: str) -> Weights:
    """Return the weights of a name or alias, there or not.

    Raises UsageError for a name that nobody knows.
    """
    known = list_weights()
    for weights in known:
        if weights.entry.name == resolve(name):
            return weights
    names = ", ".join(w.entry.name for w in known)
    raise UsageError(f"There are no weights called '{name}'. Known are: {names}.")


def ensure(name: str, offline: bool = False, log: Log = print) -> Path:
    """Return the file of these weights, fetching it first when that is needed and allowed.

    POSEWRIGHT_OFFLINE in the environment forbids fetching like ``offline``.
    Raises PosewrightError when the weights are not there and cannot be had.
    """
    weights = find(name)
    if weights.path:
        return weights.path
    if weights.entry.name == LIFTER.name:
        raise PosewrightError(
            f"{LIFTER.file} is missing from this installation. Install Posewright again, or name other weights."
        )
    if offline or os.environ.get("POSEWRIGHT_OFFLINE"):
        raise PosewrightError(f"The weights 'blazepose' are not on this machine and fetching is off. {_other_ways()}")
    log("The weights 'blazepose' are not on this machine yet; fetching them once.")
    try:
        data = blazepose.fetch(log)
    except PosewrightError as error:
        raise PosewrightError(f"{str(error).rstrip('.')}. {_other_ways()}") from error
    except OSError as error:
        raise PosewrightError(_disk_sentence(error, Path(tempfile.gettempdir()))) from error
    return _install_blazepose(data, log)


def install_from(name: str, file: Path, log: Log = print) -> Path:
    """Install weights from a local file: a mediapipe 0.10.14 wheel, or a copy of ``blazepose.safetensors``.

    Raises PosewrightError when the file is not one of these.
    """
    if find(name).entry.name != BLAZEPOSE.name:
        raise UsageError("Only 'blazepose' is made from a file. For a lifter use: posewright weights import FILE")
    if not file.is_file():
        raise PosewrightError(f"{file} does not exist.")
    data = file.read_bytes() if file.suffix == ".safetensors" else blazepose.convert_wheel(file, log)
    return _install_blazepose(data, log)


def import_file(file: Path, name: str, terms: Entry) -> Path:
    """Keep a copy of a converted lifter under a name of its own, with its terms; return the copy.

    ``terms`` gives licence, terms, source, training data and figures; name, file, size and sha256 are filled in here.
    Raises PosewrightError when the name is taken or the copy cannot be written.
    """
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
        raise UsageError(f"'{name}' cannot name weights; use letters, digits, '-', '_' and '.'.")
    if any(w.entry.name == resolve(name) for w in list_weights()):
        raise PosewrightError(f"There are weights called '{name}' already. Choose another with --name.")
    data = file.read_bytes()
    entry = replace(
        terms, name=name, file=f"{name}.safetensors", size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    return _install(entry, data, None)


def verify() -> list[Verdict]:
    """Read every file that is here and compare its sha256 with the known one."""
    return [_check(weights.entry, weights.path) for weights in list_weights() if weights.path]


def _check(entry: Entry, path: Path) -> Verdict:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return Verdict(entry.name, path, False, f"cannot be read ({error.strerror}); fetch or import it again")
    if not entry.sha256:
        return Verdict(entry.name, path, False, "its sha256 is not recorded; install Posewright again")
    if found != entry.sha256:
        return Verdict(entry.name, path, False, "damaged or changed; delete it and fetch or import it again")
    return Verdict(entry.name, path, True, "good")


def _find(entry: Entry) -> Path | None:
    """Return the file of a built-in entry. A file of another size is of an older version or cut short."""
    folder = SHIPPED_FOLDER if entry.name == LIFTER.name else folder_of(entry.name)
    path = folder / entry.file
    return path if path.is_file() and path.stat().st_size == entry.size else None


def _imported() -> list[Entry]:
    """Return the entries of imported weights, by name."""
    records = sorted((home() / "weights").glob(f"*/{RECORD}"))
    entries = [entry_from_json(json.loads(record.read_text("utf-8"))) for record in records]
    return [entry for entry in entries if entry.name != BLAZEPOSE.name]


def _install_blazepose(data: bytes, log: Log) -> Path:
    if hashlib.sha256(data).hexdigest() != BLAZEPOSE.sha256:
        raise PosewrightError("This is not the blazepose.safetensors that Posewright makes; it was refused.")
    path = _install(BLAZEPOSE, data, LICENCES_FOLDER / BLAZEPOSE.name)
    log(f"Ready: {path}")
    return path


def _install(entry: Entry, data: bytes, licences: Path | None) -> Path:
    """Write a file with its record and licences. The weights themselves come last: they are there whole or not."""
    folder = folder_of(entry.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for licence in sorted(licences.iterdir()) if licences else []:
            shutil.copyfile(licence, folder / licence.name)
        _write(folder / RECORD, json.dumps(asdict(entry), indent=2).encode())
        return _write(folder / entry.file, data)
    except OSError as error:
        raise PosewrightError(_disk_sentence(error, folder)) from error


def _write(path: Path, data: bytes) -> Path:
    """Write beside the target and rename, so that nobody ever sees half a file."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes may fetch at once
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _disk_sentence(error: OSError, folder: Path) -> str:
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return f"Cannot write to {folder} ({reason}). Make room, or set POSEWRIGHT_HOME to a folder that can be written."


def _other_ways() -> str:
    return (
        "On a machine with internet run 'posewright weights get blazepose' and copy the folder it names to "
        f"{folder_of('blazepose')}, or run 'posewright weights get blazepose --from {blazepose.WHEEL}' with that file."
    )
