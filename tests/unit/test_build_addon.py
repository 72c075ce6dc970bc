"""The extension's zip: what is in it, the same bytes every time."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from package_index import PackageIndex, make_wheel, make_wheels
from posewright import __version__
from posewright.cli.runtime.builds import fingerprint, requirements
from posewright.weights import store


@pytest.fixture(scope="module")
def archive(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("dist"))


def build(tree: Path, folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, str(tree / "build_addon.py"), "-o", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return next(folder.iterdir())


def test_version_and_permissions(archive: Path) -> None:
    assert archive.name == f"posewright-{__version__}.zip"
    with zipfile.ZipFile(archive) as stored:
        manifest = tomllib.loads(stored.read("blender_manifest.toml").decode())
    assert manifest["version"] == __version__
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64 and text[-1].isalnum()  # Blender's rule


def test_content(archive: Path) -> None:
    with zipfile.ZipFile(archive) as stored:
        names = stored.namelist()
    assert {"__init__.py", "LICENSE", "addon/runtime/state.py", "cli/worker.py", "core/take.py"} <= set(names)
    assert any(name.endswith("posewright-lifter.safetensors") for name in names)
    assert "weights/licences/blazepose/NOTICE" in names
    assert not [name for name in names if name.split("/")[0] in ("tests", "docs", "examples", "benchmarks", "typings")]
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".part"))]
    assert names == sorted(names)


def test_an_installed_package_holds_the_same_modules(archive: Path, checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))
    with zipfile.ZipFile(archive) as stored:
        folders = {str(Path(name).parent) for name in stored.namelist() if name.endswith(".py")}
    wanted = {".".join(("posewright", *Path(folder).parts)) for folder in folders}
    assert set(project["tool"]["setuptools"]["packages"]) == wanted


def test_same_tree_same_bytes(archive: Path, checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    with zipfile.ZipFile(archive) as stored:
        stored.extractall(copy)  # with new times, in another order
    shutil.copy(checkout / "build_addon.py", copy)
    subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
    assert build(copy, tmp_path / "again").read_bytes() == archive.read_bytes()


def test_versions_that_differ_are_refused(checkout: Path, tmp_path: Path) -> None:
    for name in ("build_addon.py", "blender_manifest.toml"):
        shutil.copy(checkout / name, tmp_path)
    (tmp_path / "__init__.py").write_text('__version__ = "99.0.0"\n')
    done = subprocess.run([sys.executable, str(tmp_path / "build_addon.py")], capture_output=True, text=True)
    assert done.returncode == 1
    assert "another version" in done.stderr
    assert not (tmp_path / "dist").exists()


def test_listing(checkout: Path, archive: Path) -> None:
    command = [sys.executable, str(checkout / "build_addon.py"), "-o", str(archive.parent / "again"), "--list"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    assert "cli/runtime/builds.json" in said
    sums = {name: size for size, name in (line.split() for line in said.strip().splitlines()[-6:])}
    assert {"addon/", "cli/", "core/", "rigging/", "weights/"} <= set(sums)
    assert int(sums["weights/"].replace(",", "")) > 5e6


def test_offline_zip(checkout: Path, tmp_path: Path) -> None:
    """The libraries are tiny wheels of an index on this machine; the detector's weights are real."""
    if store.find("blazepose").path is None:
        pytest.skip("the weights of the detector are not on this machine")
    files = tmp_path / "files"
    files.mkdir()
    make_wheels(files, requirements((3, 12)), 0.1)
    make_wheel(files, "pip", "26.0", {"pip/__init__.py": b""})
    index = PackageIndex(files)
    command = [sys.executable, str(checkout / "build_addon.py"), "-o", str(tmp_path / "dist"), "--python", "3.12"]
    with index.serve():
        environment = os.environ | index.environment()
        done = subprocess.run(
            [*command, "--bundle-runtime", "windows-x64"], capture_output=True, text=True, env=environment
        )
    assert done.returncode == 0, done.stderr
    zipped = tmp_path / "dist" / f"posewright-{__version__}-windows-x64-offline.zip"
    with zipfile.ZipFile(zipped) as stored:
        manifest = tomllib.loads(stored.read("blender_manifest.toml").decode())
        brought = json.loads(stored.read("runtime/bundle.json"))
        wheels = {name: stored.read(name) for name in stored.namelist() if name.startswith("runtime/wheels/")}
        assert "torch 2.13.0" in stored.read("runtime/licences.txt").decode()
        assert stored.getinfo("weights/detectors/blazepose/blazepose.safetensors").file_size > 1e7
        assert "weights/detectors/blazepose/NOTICE" in stored.namelist()
        assert all(stored.getinfo(name).compress_type == zipfile.ZIP_STORED for name in wheels)
    assert manifest["platforms"] == ["windows-x64"]
    assert (brought["python"], brought["build"], brought["libraries"]) == ("3.12", "cpu", fingerprint((3, 12)))
    assert {f"runtime/wheels/{name}": (files / name).read_bytes() for name in brought["files"]} == wheels
    assert {path.name for path in files.iterdir()} == set(brought["files"])
