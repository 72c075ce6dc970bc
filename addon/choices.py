"""What the preferences say, for everything that goes by them."""

import os
from pathlib import Path
from typing import Any

import bpy

from ..cli.runtime.choice import Runtime
from ..cli.runtime.folder import default_root
from ..core.settings import Device

ROOT = __name__.removesuffix(".addon.choices")  # the name under which Blender knows the extension


def own() -> Any:
    """Return the preferences; None when the package was not enabled as an extension."""
    found = bpy.context.preferences.addons.get(ROOT)
    return found.preferences if found is not None else None


def device() -> Device:
    """Return the chosen device."""
    preferences = own()
    return preferences.device if preferences is not None else "auto"


def keep_seconds() -> float:
    """Return for how long an idle worker is kept."""
    preferences = own()
    return 60.0 * (preferences.keep_minutes if preferences is not None else 15)


def worker_python() -> Path:
    """Return the Python for the worker; PosewrightError, with what to do, when there is none."""
    choose_runtime()
    return Runtime.python()


def choose_runtime() -> None:
    """Tell the command line's code which Python the user chose, and where the private environment lies."""
    preferences = own()
    if preferences is not None:
        chosen = preferences.python
        Runtime.chosen = str(Path(bpy.path.abspath(chosen)).expanduser()) if chosen else ""
        Runtime.root = runtime_root()


def runtime_root() -> Path:
    """Return the folder of the private environment: the extension's own, which Blender gives it.

    On Windows it is a shorter one: there the paths inside PyTorch would be too long below the extension's.
    """
    return default_root() if os.name == "nt" else Path(bpy.utils.extension_path_user(ROOT, path="runtime"))
