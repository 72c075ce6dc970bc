"""Outputs are checked before the work starts, and appear complete or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..errors import PosewrightError, UsageError


def check_outputs(paths: Iterable[Path | None], *, overwrite: bool) -> None:
    """Refuse before the work starts what could not be written after it.

    Raises PosewrightError for an existing file without ``overwrite`` and for a folder that cannot be
    written, UsageError when two outputs are the same file; missing folders are made.
    """
    wanted = [path for path in paths if path is not None]
    if len({path.resolve() for path in wanted}) != len(wanted):
        raise UsageError("Two outputs have the same name; give each a name of its own.")
    for path in wanted:
        if path.is_dir():
            raise PosewrightError(f"{path} is a folder; give the name of a file in it.")
        if path.exists() and not overwrite:
            raise PosewrightError(f"{path} exists already; choose another name or add --overwrite.")
        ensure_folder(path.parent)


def ensure_folder(folder: Path) -> None:
    """Make the folder and prove that it can be written; PosewrightError when not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PosewrightError(f"The folder {folder} cannot be written ({reason}); choose another one.") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears complete or not at all; PosewrightError when the disk refuses."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise PosewrightError(f"{path} could not be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
