"""Apply as an animator uses it with a take of minutes and a rig of many controls."""

from pathlib import Path

import numpy as np
import pytest
from synthetic_rigs import walking_take
from window.launch import Blender

FRAMES, RATE = 3_000, 24.0


@pytest.fixture(scope="module")
def long_walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of somebody who walks for two minutes."""
    take = walking_take(FRAMES, RATE)
    path = tmp_path_factory.mktemp("take") / "long_walk.npz"
    np.savez(path, joints=take.joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path


def test_blender_goes_on_while_a_long_take_is_applied(
    blender: Blender, long_walk: Path, pictures: Path, shared: Path
) -> None:
    rig = shared / "rigs" / "rigify_human_b42.blend"
    seen = blender.play("long_take", pictures / "long_take", str(long_walk), f"{rig}::rig")
    assert seen["begun"], "it was done at once"
    assert seen["after_esc"] and seen["after_cancel"], "nothing is left of what was given up"
    assert seen["frame"] == 7, "the frame changed meanwhile stays"
    assert seen["after_undo"], "one step for undo"
    assert seen["after_redo"]
    assert seen["done"]
