"""Where weights lie on this machine: found, fetched, imported and checked.

Our own lifters lie in this package, and a detector may: an offline zip brings it. The rest is in ``home()``: a
detector with its licence in a folder ``detectors/NAME``, imported lifters as ``lifters/NAME.safetensors``; beside
each file its entry as JSON.
"""

import errno
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..errors import Cancelled, PosewrightError, UsageError
from ..progress import Progress, silent
from . import blazepose
from .registry import (
    BLAZEPOSE,
    BUNDLED_FOLDER,
    DEFAULT,
    LICENCES_FOLDER,
    SHIPPED_FOLDER,
    Entry,
    builtin_entries,
    is_shipped,
    resolve,
)

Log = Callable[[str], None]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # of imported weights: a file name on every system


@dataclass(frozen=True)
class Weights:
    """One entry and its file on this machine, whole or not (see ``verify``); None while it is not there."""

    entry: Entry
    path: Path | None


@dataclass(frozen=True)
class Verdict:
    """The result of checking one file."""

    name: str
    path: Path
    good: bool
    message: str


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def home() -> Path:
    """Return where weights are kept: POSEWRIGHT_HOME, else ``posewright`` in the user's cache folder."""
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


def list_weights() -> list[Weights]:
    """Return everything that is known: what Posewright ships or can fetch, then what was imported, by name."""
    return [*_builtin(), *_imported()]


def find(name: str) -> Weights:
    """Return the weights of a name or alias, there or not.

    Raises UsageError for a name that nobody knows.
    """
    wanted = resolve(name)
    for group in (_builtin, _imported):
        for weights in group():
            if weights.entry.name == wanted:
                return weights
    names = ", ".join(w.entry.name for w in list_weights())
    raise UsageError(f"There are no weights called '{name}'. Known are: {names}.")


def ensure(name: str, offline: bool = False, log: Log = _to_stderr, progress: Progress = silent) -> Path:
    """Return the file of these weights, fetching it first when that is needed and allowed.

    What was fetched or imported is checked by its sha256; what came with the installation by ``verify`` only.
    ``log`` gets sentences for the user, ``progress`` the stage "weights"; what it raises stops the download.
    POSEWRIGHT_OFFLINE in the environment forbids fetching like ``offline``. Nothing half-written is left.
    Raises PosewrightError when the weights are not there or are damaged, and cannot be had.
    """
    weights = find(name)
    if weights.path and is_shipped(weights.entry.name):
        return weights.path
    verdict = _check(weights.entry, weights.path) if weights.path else None
    if verdict and verdict.good:
        return verdict.path
    if weights.entry.name == BLAZEPOSE.name:
        return _fetch_blazepose("damaged" if verdict else "not on this machine yet", offline, log, progress)
    if verdict:
        raise PosewrightError(f"{verdict.path} is {verdict.message}.")
    raise PosewrightError(f"{_place(weights.entry)} is missing: {_remedy(weights.entry)}, or name other weights.")


def _fetch_blazepose(state: str, offline: bool, log: Log, progress: Progress) -> Path:
    if offline or os.environ.get("POSEWRIGHT_OFFLINE"):
        raise PosewrightError(f"The weights 'blazepose' are {state}, and fetching is off. {_other_ways()}")
    with _workplace() as folder:
        log(f"The weights 'blazepose' are {state}; fetching them once.")
        try:
            wheel = blazepose.download_wheel(Path(folder), log, progress)
        except Cancelled:
            raise
        except PosewrightError as error:
            raise PosewrightError(f"{error} {_other_ways()}") from error
        except OSError as error:
            raise _disk_error(error, home()) from error
        return _install_blazepose(blazepose.convert_wheel(wheel, log), log)


def install_from(name: str, file: Path, log: Log = _to_stderr) -> Path:
    """Install weights from a local file: a mediapipe 0.10.14 wheel, or a copy of ``blazepose.safetensors``.

    Raises PosewrightError when the file is not one of these.
    """
    if find(name).entry.name != BLAZEPOSE.name:
        raise UsageError("Only 'blazepose' is made from a file. For a lifter use: posewright weights import FILE")
    if not file.is_file():
        raise PosewrightError(f"{file} does not exist.")
    if file.suffix == ".safetensors":
        return _install_blazepose(_read(file), log)
    return _install_blazepose(blazepose.convert_wheel(file, log), log)


def import_lifter(name: str, write: Callable[[Path], None], terms: Entry) -> Path:
    """Keep a lifter under a name of its own, with its terms; return its file.

    ``write`` writes the safetensors file to the path it gets. ``terms`` gives source, licence, terms, training data
    and figures; name, file, size and sha256 are filled in here.
    Raises UsageError for an impossible name, PosewrightError when it is taken or the file cannot be written.
    """
    check_name(name)
    with _workplace() as folder:
        part = Path(folder) / f"{name}.safetensors"
        write(part)
        data = _read(part)
    digest = hashlib.sha256(data).hexdigest()
    entry = replace(terms, name=name, kind="lifter", file=f"{name}.safetensors", size=len(data), sha256=digest)
    return _install(entry, data, _place(entry), {})


def check_name(name: str) -> None:
    """Refuse a name for imported weights that cannot be a file name (UsageError) or is taken (PosewrightError)."""
    if not NAME.fullmatch(name) or name.endswith("."):
        raise UsageError(f"'{name}' cannot name weights; use letters, digits, '-', '_' and '.'.")
    taken = [entry.name.lower() for entry in builtin_entries()] + [w.entry.name.lower() for w in _imported() if w.path]
    if name.lower() in (DEFAULT, *taken):
        raise PosewrightError(f"There are weights called '{name}' already. Choose another name with --name.")


def verify() -> list[Verdict]:
    """Read every file that is here and compare its sha256 with the known one."""
    return [_check(weights.entry, weights.path) for weights in list_weights() if weights.path]


def provenance(path: Path) -> dict[str, str]:
    """Return what a Take records about the weights in a file: name, file, sha256, licence, terms, training data.

    For a file that is not among the known ones only the first three can be said.
    """
    for weights in list_weights():
        if weights.path and weights.path.samefile(path):
            entry = weights.entry
            return {
                "name": entry.name,
                "file": entry.file,
                "sha256": entry.sha256,
                "source": entry.source,
                "licence": entry.licence,
                "terms": entry.terms,
                "training_data": entry.training_data,
            }
    digest = hashlib.sha256(_read(path)).hexdigest()
    return {"name": path.stem, "file": path.name, "sha256": digest, "licence": "unknown"}


def _place(entry: Entry) -> Path:
    """Return where the file of an entry lies or would lie."""
    if is_shipped(entry.name):
        return SHIPPED_FOLDER / entry.file
    if entry.kind == "lifter":
        return home() / "lifters" / entry.file
    bundled = BUNDLED_FOLDER / entry.name / entry.file
    return bundled if bundled.is_file() else home() / "detectors" / entry.name / entry.file


def _weights(entry: Entry) -> Weights:
    path = _place(entry)
    return Weights(entry, path if path.is_file() else None)


def _builtin() -> list[Weights]:
    return [_weights(entry) for entry in builtin_entries()]


def _imported() -> list[Weights]:
    return [_weights(_read_record(record)) for record in sorted((home() / "lifters").glob("*.json"))]


def _read_record(path: Path) -> Entry:
    try:
        return Entry(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise PosewrightError(
            f"{path}, the record of imported weights, cannot be read. Delete it and import the weights again."
        ) from error


def _check(entry: Entry, path: Path) -> Verdict:
    if not entry.sha256:
        return Verdict(entry.name, path, False, "not listed in SHA256SUMS beside it; install Posewright again")
    if hashlib.sha256(_read(path)).hexdigest() != entry.sha256:
        return Verdict(entry.name, path, False, f"damaged or changed; {_remedy(entry)}")
    return Verdict(entry.name, path, True, "good")


def _remedy(entry: Entry) -> str:
    """Return what the user does about a file that is damaged or gone."""
    if is_shipped(entry.name):
        return "install Posewright again"
    if entry.kind == "detector":
        return f"run: posewright weights get {entry.name}"
    return f"delete {entry.name}.json and {entry.file} and import the weights again"


def _install_blazepose(data: bytes, log: Log) -> Path:
    if hashlib.sha256(data).hexdigest() != BLAZEPOSE.sha256:
        raise PosewrightError("This is not the blazepose.safetensors that Posewright makes; it was refused.")
    licences = {file.name: file.read_bytes() for file in sorted((LICENCES_FOLDER / BLAZEPOSE.name).iterdir())}
    path = _install(BLAZEPOSE, data, _place(BLAZEPOSE), licences)
    log(f"Ready: {path}")
    return path


def _install(entry: Entry, data: bytes, path: Path, licences: dict[str, bytes]) -> Path:
    """Write a file with its record and licences. The weights themselves come last: they are there whole or not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for name, text in licences.items():
            _write(path.with_name(name), text)
        _write(path.with_suffix(".json"), json.dumps(asdict(entry), indent=2).encode())
        return _write(path, data)
    except OSError as error:
        raise _disk_error(error, path.parent) from error


def _write(path: Path, data: bytes) -> Path:
    """Write beside the target and rename, so that nobody ever sees half a file."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes may fetch at once
    try:
        part.write_bytes(data)
        part.replace(path)
    except PermissionError:
        part.unlink(missing_ok=True)
        if not (path.is_file() and path.read_bytes() == data):  # on Windows a file in use cannot be replaced
            raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _workplace() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder in the cache: what cannot be written is found out before the download."""
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="unfinished-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        raise _disk_error(error, folder) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PosewrightError(f"Cannot read {path}: {error.strerror}.") from error


def _disk_error(error: OSError, folder: Path) -> PosewrightError:
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return PosewrightError(
        f"Cannot write to {folder} ({reason}). Make room, or set POSEWRIGHT_HOME to a folder that can be written."
    )


def _other_ways() -> str:
    return (
        "On a machine with internet run 'posewright weights get blazepose' and copy the folder it names to "
        f"{_place(BLAZEPOSE).parent}, or run 'posewright weights get blazepose --from {blazepose.WHEEL}' "
        "with that file."
    )
