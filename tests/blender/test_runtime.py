"""The buttons of the preferences, with a package index on this machine whose wheels are tiny."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from package_index import PackageIndex, make_wheels

bpy = pytest.importorskip("bpy")

MODULE = "bl_ext.user_default.posewright"
ASK = (
    "import sys; print(sys.version_info[:2], *[path for path in sys.path if path.endswith('site-packages')], sep='\\n')"
)


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{MODULE}.{name}")


def libraries() -> list[str]:
    """Where the Python of the tests has PyTorch, which the tiny wheels lead to."""
    python = os.environ.get("POSEWRIGHT_TEST_PYTHON", sys.executable)
    version, *paths = subprocess.run([python, "-c", ASK], capture_output=True, text=True).stdout.strip().splitlines()
    if version != str(tuple(sys.version_info[:2])):
        pytest.skip(f"the Python of the tests, {version}, cannot lend its libraries to this one")
    return paths


@pytest.fixture(scope="module")
def wheels(extension: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    version = sys.version_info[:2]
    base = part("cli.runtime.pythons").find_base(version)
    if not base.pip_wheel:
        pytest.skip("this Python has no ensurepip, whose pip the tests use")
    make_wheels(folder, part("cli.runtime.builds").requirements(version), 1.0, libraries=libraries())
    shutil.copy(base.pip_wheel, folder)
    return folder


@pytest.fixture
def index(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The index, pip's way to it, permission to use the network, and no Python named by anybody."""
    made = PackageIndex(wheels)
    detector = tmp_path / "home" / "detectors" / "blazepose" / "blazepose.safetensors"
    detector.parent.mkdir(parents=True)
    detector.write_bytes(b"")
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("POSEWRIGHT_PYTHON", raising=False)
    preferences().python = ""
    bpy.context.preferences.system.use_online_access = True
    with made.serve():
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made
    part("addon.jobs.queue").queue.host.close()  # a warm worker would keep these variables
    bpy.context.preferences.system.use_online_access = False


def preferences() -> Any:
    return bpy.context.preferences.addons[MODULE].preferences


def state() -> tuple[bool, str]:
    part("addon.runtime.state").forget()
    return part("addon.runtime.state").state()


def test_set_up_check_copy_and_remove(index: PackageIndex) -> None:
    assert state() == (False, "Not set up: the libraries that analyse videos are not on this computer yet.")
    with pytest.raises(RuntimeError, match=r"Not set up: .*Preferences > Add-ons > Posewright > Set Up"):
        bpy.ops.posewright.check()
    assert bpy.ops.posewright.set_up(device="cpu") == {"FINISHED"}
    ready, sentence = state()
    assert ready and sentence.startswith("Ready on ")
    root = Path(bpy.utils.extension_path_user(MODULE, path="runtime"))
    if os.name != "nt":
        assert part("cli.runtime.choice").Runtime.python().is_relative_to(root)
    assert bpy.ops.posewright.check() == {"FINISHED"}
    found = {finding["what"]: finding["state"] for finding in part("addon.session").state.findings}
    assert found["torch"] == found["device cpu"] == "ok"
    assert bpy.ops.posewright.copy_check() == {"FINISHED"}
    assert bpy.ops.posewright.remove_runtime() == {"FINISHED"}
    assert not state()[0]
    assert not root.exists()
    assert not bpy.ops.posewright.remove_runtime.poll()


def test_without_permission_to_use_the_network(index: PackageIndex) -> None:
    bpy.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match="Blender may not use the network, and nothing was fetched"):
        bpy.ops.posewright.set_up()
    assert index.sent == {}


def test_a_lost_network(index: PackageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.breaks_after = 500_000
    with pytest.raises(RuntimeError, match=r"cannot be reached.*what was fetched is kept"):
        bpy.ops.posewright.set_up(device="cpu")
    assert "stopped in the middle" in state()[1]
    assert bpy.ops.posewright.remove_runtime() == {"FINISHED"}


def test_a_python_of_the_users_own(index: PackageIndex, tmp_path: Path) -> None:
    preferences().python = str(tmp_path)
    assert state() == (
        False,
        f"Not ready: There is no Python in {tmp_path}; choose the python program or the folder of its environment.",
    )
    with pytest.raises(RuntimeError, match="There is no Python in"):
        bpy.ops.posewright.check()
    preferences().python = sys.executable
    assert state() == (True, f"Uses the Python of your own: {sys.executable}")
    preferences().python = ""
    assert not state()[0]
