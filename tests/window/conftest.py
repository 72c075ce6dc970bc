"""A real Blender with a window; POSEWRIGHT_BLENDER names the program.

Skipped without it, without xdotool, xwd and convert (ImageMagick) for its mouse, keyboard and pictures, and where no
window can be opened. Pictures of each step lie in the folder POSEWRIGHT_STEPS, when that is set.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from synthetic_rigs import walking_take
from window.launch import Blender, installed

VARIABLE = "POSEWRIGHT_BLENDER"


@pytest.fixture(scope="session")
def blender(tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """The extension as a user installs it: the built zip, by Blender's own command."""
    program = os.environ.get(VARIABLE, "")
    if not program:
        pytest.skip(f"no Blender with a window was named in {VARIABLE}")
    return installed(program, tmp_path_factory.mktemp("blender"))


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


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where stories save their files."""
    return tmp_path_factory.mktemp("saved")
