"""The Python environments of the test suite: one for each version of the bpy module.

The environment that runs pytest holds one bpy; older versions get a virtual environment of their own
in the checkout, made by ``python tests/run.py``. Set POSEWRIGHT_BPY_4_2 (or _4_5) to the Python of an
environment that exists already to use that one instead.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
BPY_VERSIONS = {"4.2": "4.2.23", "4.5": "4.5.15"}  # beside the one that runs pytest
PACKAGES = ("numpy", "pytest", "pytest-timeout")


@dataclass(frozen=True)
class BpyEnvironment:
    """A Python that can import one version of bpy, or the reason why there is none."""

    version: str  # "4.2"
    python: Path | None
    reason: str = ""


def bpy_environments() -> list[BpyEnvironment]:
    """Return the environments of all versions, whether they exist or not; nothing is made here."""
    return [_environment(version) for version in BPY_VERSIONS] + [_own_environment()]


def _own_environment() -> BpyEnvironment:
    try:
        version = importlib.metadata.version("bpy")
    except importlib.metadata.PackageNotFoundError:
        reason = 'this environment has no bpy (install with pip install -c constraints.txt -e ".[blender,test]")'
        return BpyEnvironment("own", None, reason)
    return BpyEnvironment(".".join(version.split(".")[:2]), Path(sys.executable))


def _environment(version: str) -> BpyEnvironment:
    named = os.environ.get(_variable(version))
    python = Path(named) if named else _folder_python(_folder(version))
    ready = python.is_file() if named else _marker(version).is_file()
    if ready:
        return BpyEnvironment(version, python)
    return BpyEnvironment(version, None, f"no environment with bpy {version}; python tests/run.py blender makes it")


def make_environments() -> None:
    """Make the environments that are missing; says on stderr what could not be made and goes on."""
    for version, release in BPY_VERSIONS.items():
        if _environment(version).python is None:
            _make(version, release)


def _make(version: str, release: str) -> None:
    base = _python311()
    if base is None:
        print(f"bpy {version} needs Python 3.11, which is not on the PATH: its tests are skipped", file=sys.stderr)
        return
    folder = _folder(version)
    print(f"making {folder.name} with bpy {release} (once; about 350 MB to fetch)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(_folder_python(folder)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    try:
        subprocess.run([base, "-m", "venv", str(folder)], check=True)
        pins = folder / "constraints.txt"
        pinned = (CHECKOUT / "constraints.txt").read_text("utf-8").splitlines()
        pins.write_text("\n".join(line for line in pinned if not line.startswith("bpy")), "utf-8")
        subprocess.run([*pip, "-c", str(pins), f"bpy=={release}", *PACKAGES], check=True)
        subprocess.run([*pip, "--no-deps", "-e", str(CHECKOUT)], check=True)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"no environment for bpy {version}: {error}", file=sys.stderr)
        return
    _marker(version).write_text(release, "utf-8")


def _python311() -> str | None:
    return sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")


def _variable(version: str) -> str:
    return f"POSEWRIGHT_BPY_{version.replace('.', '_')}"


def _folder(version: str) -> Path:
    return CHECKOUT / f".venv-bpy-{version}"


def _marker(version: str) -> Path:
    return _folder(version) / f"ready-{BPY_VERSIONS[version]}"


def _folder_python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
