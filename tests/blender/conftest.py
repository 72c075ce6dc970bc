"""The extension as a user gets it, for the modules that test it inside Blender."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bpy.types import Object

MODULE = "bl_ext.user_default.posewright"


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


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for remembered maps."""
    monkeypatch.setenv("POSEWRIGHT_MAPS", str(tmp_path / "maps"))
    return tmp_path / "maps"


@pytest.fixture
def modules(extension: ModuleType) -> Iterator[Any]:
    """The add-on's modules for characters, in an empty scene."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    names = ("choice", "status", "words", "own_maps", "overlay", "asking", "lighting", "rows")
    modules = {name: importlib.import_module(f"{MODULE}.addon.character.{name}") for name in names}
    modules["status"].forget()
    yield type("Modules", (), modules)


@pytest.fixture
def rig(modules: Any) -> "Object":
    """A character with usual names, chosen in the panel."""
    import bpy
    from blender.armatures import armature_of
    from synthetic_rigs import make_rig

    obj = armature_of(make_rig(), "Jörg der Läufer")
    bpy.context.scene.posewright.character.armature = obj
    return obj
