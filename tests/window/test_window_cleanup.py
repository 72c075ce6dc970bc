"""Clean Up as an animator uses it: a slider dragged with the mouse, an edit, and steps taken back by key."""

from pathlib import Path

import numpy as np
import pytest
from synthetic_rigs import walking_take
from window.launch import Blender


@pytest.fixture(scope="module")
def trembling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of somebody who walks and trembles."""
    take = walking_take(40, 24.0)
    joints = take.joints + 0.01 * np.random.default_rng(1).normal(size=take.joints.shape)
    path = tmp_path_factory.mktemp("take") / "trembling.npz"
    np.savez(path, joints=joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path


def test_a_character_follows_a_slider_and_undo_keeps_both_in_step(
    blender: Blender, trembling: Path, pictures: Path
) -> None:
    seen = blender.play("cleanup", pictures / "cleanup", str(trembling))
    start, end = seen["smoothing"]
    assert end > start + 0.2
    rough, calm = seen["bend"]
    assert calm < 0.8 * rough
    strength, in_step, bend = seen["after_undo"]
    assert (strength, in_step) == (start, True), "one Ctrl-Z takes the whole drag back, slider and character"
    assert bend == pytest.approx(rough)
    assert seen["after_redo"] == [end, True]
    assert seen["edits"] == ["swap"] and seen["swap_in_step"] and seen["removed_in_step"]
    assert seen["done"]
