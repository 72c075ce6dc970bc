"""The extension as a user gets it, for the modules that test it inside Blender."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def archive(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built zip, checked by Blender's own validator."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, str(checkout / "build_addon.py"), "-o", str(folder), "--validate"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("posewright-*.zip"))


@pytest.fixture(scope="module")
def extension(archive: Path) -> ModuleType:
    """The extension, installed and enabled."""
    import bpy

    assert os.environ.get("BLENDER_USER_RESOURCES"), "run through tests/test_blender_versions.py"
    done = bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    assert done == {"FINISHED"}
    return importlib.import_module("bl_ext.user_default.posewright")
