"""Install the fetched files into the new environment, without network."""

import os
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ...errors import PosewrightError
from ...progress import Progress
from ..worker_process import NAME, PACKAGE
from . import trouble
from .folder import RuntimeFolder, tree_size
from .pip import LASTING, Pip, PipError

MEGA = 1e6
ROOM = 50_000_000  # bytes that stay free
WINDOWS_PATH = 259  # letters, where long paths are not switched on
LOOKS = 5  # pip's ticks between two looks at how much is installed


def install(pip: Pip, wheels: Sequence[Path], folder: RuntimeFolder, progress: Progress) -> None:
    """Let pip install the files, without network, into the new environment."""
    whole, longest = _unpacked(wheels)
    if shutil.disk_usage(folder.root).free < whole + ROOM:
        raise trouble.full_disk(folder.root, whole + ROOM)
    site = _site_packages(folder.new)
    _check_path_length(site, longest)
    looks = 0

    def tick() -> None:
        nonlocal looks, done
        looks += 1
        if looks % LOOKS == 0:
            done = tree_size(site)
        progress("install", min(0.99, done / max(1, whole)), f"{done / MEGA:.0f} of {whole / MEGA:.0f} MB")

    done = 0
    words = ["install", "--isolated", "--no-index", "--no-deps", "--no-compile", "--no-warn-script-location", "--quiet"]
    try:
        pip.run([*words, *LASTING, *map(str, wheels)], folder.fetched, tick)
    except PipError as error:
        raise trouble.of_pip(str(error), folder.root) from error
    if PACKAGE.name != NAME:  # a checkout: elsewhere the worker finds the package by the folder's name
        (site / NAME).symlink_to(PACKAGE, target_is_directory=True)


def _unpacked(wheels: Sequence[Path]) -> tuple[int, int]:
    """Return the bytes that wheels take when installed, and the letters of the longest path inside."""
    size = longest = 0
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                size += entry.file_size
                longest = max(longest, len(entry.filename))
    return size, longest


def _site_packages(environment: Path) -> Path:
    if os.name == "nt":
        return environment / "Lib" / "site-packages"
    return next((environment / "lib").glob("python3.*")) / "site-packages"


def _check_path_length(site: Path, longest: int) -> None:
    letters = len(str(site.absolute())) + 1 + longest
    if os.name != "nt" or letters <= WINDOWS_PATH or _long_paths():
        return
    raise PosewrightError(
        f"The folder {site} makes paths {letters - WINDOWS_PATH} letters too long for Windows. Switch on long paths "
        "(Windows settings: LongPathsEnabled), or set POSEWRIGHT_HOME to a short folder such as C:\\posewright."
    )


def _long_paths() -> bool:
    if sys.platform != "win32":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False
