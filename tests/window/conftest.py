"""A real Blender with a window; POSEWRIGHT_BLENDER names the program.

Skipped without it, without xdotool, xwd and convert (ImageMagick) for its mouse, keyboard and pictures, and where no
window can be opened. Pictures of each step lie in the folder POSEWRIGHT_STEPS, when that is set.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic_rigs import walking_take
from window.launch import Blender

VARIABLE = "POSEWRIGHT_BLENDER"


@pytest.fixture(scope="session")
def blender(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """The extension as a user installs it: the built zip, by Blender's own command."""
    program = os.environ.get(VARIABLE, "")
    if not program:
        pytest.skip(f"no Blender with a window was named in {VARIABLE}")
    folder = tmp_path_factory.mktemp("blender")
    subprocess.run([sys.executable, str(checkout / "build_addon.py"), "-o", str(folder)], check=True)
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(folder / "user"),
        "POSEWRIGHT_PYTHON": os.environ.get("POSEWRIGHT_PYTHON", sys.executable),
    }
    installed = Blender(program, environment, next(folder.glob("*.zip")))
    words = ("--command", "extension", "install-file", "-r", "user_default", "-e", str(installed.archive))
    done = installed.command(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return installed


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the pictures of each step."""
    named = os.environ.get("POSEWRIGHT_STEPS")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of somebody who walks for a second."""
    path = tmp_path_factory.mktemp("take") / "walk.npz"
    take = walking_take(30, 30.0)
    np.savez(path, joints=take.joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path
