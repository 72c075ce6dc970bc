"""The extension's zip: what is in it, the same bytes every time."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from posewright import __version__


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
    assert {"__init__.py", "LICENSE", "addon/panels.py", "cli/worker.py", "core/take.py"} <= set(names)
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
