"""What is corrected by hand, with a real mouse and keyboard: the bones of an unknown character, and contacts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_rigs import walking_take
from window.launch import Blender


def test_a_map_is_corrected_saved_and_applied(
    blender: Blender, shared: Path, walk: Path, pictures: Path, tmp_path: Path
) -> None:
    knight, saved = shared / "rigs" / "kaykit_knight.glb", tmp_path / "knight.json"
    seen = blender.play("edited_map", pictures / "edited_map", str(knight), str(walk), str(saved))
    assert seen["picked"]
    found, typed, now = seen["bone"]
    assert typed == now != found and seen["stated"] == ["left_hand"]
    assert typed in json.dumps(json.loads(saved.read_text("utf-8")))
    assert seen["after_undo"] == [False, ["left_hand"]], "one step back takes the motion, and leaves the map"
    assert seen["after_both"] == [found, []]
    assert seen["done"]


@pytest.fixture(scope="module")
def long_walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of somebody who walks for two and a half seconds, standing on one foot after the other."""
    take = walking_take(60, 24.0)
    stands = np.zeros((60, 4), np.float32)
    stands[:24, :2] = stands[24:44, 2:] = stands[44:, :2] = 1.0
    path = tmp_path_factory.mktemp("take") / "long_walk.npz"
    replace(take, contacts=stands).save(path)
    return path


def test_contacts_are_moved_in_the_dope_sheet_and_set_by_buttons(
    blender: Blender, long_walk: Path, pictures: Path
) -> None:
    seen = blender.play("contacts", pictures / "contacts", str(long_walk))
    frame, chosen = seen["chosen"]
    assert seen["active"].endswith("contacts") and set(chosen) == {frame}
    before, after = seen["keys"]
    assert any(frame in frames for frames in before.values())
    assert not any(frame in frames for frames in after.values())
    for moved, undone in (seen["applied"], seen["stood"]):
        assert moved > 0.005 and undone < 1e-5
    walking, standing = seen["went"]
    assert standing < 0.2 * walking
    assert seen["done"]
