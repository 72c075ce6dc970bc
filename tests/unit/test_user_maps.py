"""Maps as files: signatures, maps that are remembered and found again, and what damaged ones do."""

import json
from pathlib import Path

import numpy as np
import pytest
from posewright.errors import PosewrightError
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.parts import PARTS
from posewright.rigging.maps.user_maps import (
    FOLDER_VARIABLE,
    forget_map,
    maps_folder,
    read_map,
    save_map,
    saved_map,
    signature,
    write_map,
)
from posewright.rigging.rotations import about
from synthetic_rigs import BODY, make_rig, mirrored


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "maps"))
    return tmp_path / "maps"


def test_a_signature_knows_names_and_parents_alone() -> None:
    rest = make_rig()
    other = make_rig(arm_degrees=50, seed=4, scale=0.01, turn=about(np.array([0.0, 0.0, 1.0]), np.array(1.0)))
    other.name = "another name"
    assert signature(rest) == signature(other)
    assert len(signature(rest)) == 16
    renamed = make_rig(names={bone: bone.upper() for bone in mirrored(BODY)})
    assert signature(renamed) != signature(rest)
    hung = dict(mirrored(BODY))
    hung["head"] = ("chest", *hung["head"][1:])
    assert signature(make_rig(hung)) != signature(rest)


def test_a_remembered_map_is_found_again_by_itself(folder: Path) -> None:
    rest = make_rig()
    plain = map_rig(rest)
    corrected = map_rig(rest)
    corrected.bones["left_hand"] = ("left_forearm",)
    del corrected.bones["neck"]
    path = save_map(rest, corrected)
    assert path.parent == folder and saved_map(rest) == path
    found = map_rig(make_rig(arm_degrees=40))
    assert found.bones["left_hand"] == ("left_forearm",)
    assert "neck" not in found.bones
    assert found.source == "remembered map"
    assert found.confidence["left_hand"] == 1.0
    assert any("remembered" in note for note in found.notes)
    assert forget_map(rest)
    assert not forget_map(rest)
    assert map_rig(rest).bones == plain.bones


def test_a_given_map_comes_before_a_remembered_one(tmp_path: Path) -> None:
    rest = make_rig()
    remembered = map_rig(rest)
    remembered.bones["head"] = ("neck",)
    save_map(rest, remembered)
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"map": {"left_toe": None}}), "utf-8")
    found = map_rig(rest, given)
    assert found.bones["head"] == ("head",)
    assert "left_toe" not in found.bones


@pytest.mark.parametrize("text", ["{", "[]", '{"map": {"hips": "gone"}}', '{"format": "other", "map": {}}'])
def test_a_damaged_map_in_the_folder_is_a_note(folder: Path, text: str) -> None:
    rest = make_rig()
    folder.mkdir()
    (folder / f"{signature(rest)}.json").write_text(text, "utf-8")
    found = map_rig(rest)
    assert found.bones["hips"] == ("hips",)
    assert any("damaged and was left aside" in note for note in found.notes)


def test_what_a_map_file_holds(tmp_path: Path) -> None:
    rest = make_rig({name: bone for name, bone in mirrored(BODY).items() if not name.endswith("toe")})
    rig_map = map_rig(rest)
    path = tmp_path / "new" / "map.json"
    write_map(path, rest, rig_map)
    content = json.loads(path.read_text("utf-8"))
    assert content["format"] == "posewright-map-1"
    assert content["signature"] == signature(rest)
    assert content["map"]["hips"] == "hips"
    assert content["map"]["spine"] == ["spine", "chest"]
    assert content["map"]["left_toe"] is None
    assert set(content["map"]) >= set(PARTS)
    assert content["confidence"]["left_hand"] == round(rig_map.confidence["left_hand"], 2)
    parts = read_map(rest, path)
    assert parts["spine"] == (rest.index("spine"), rest.index("chest"))
    assert parts["left_toe"] == ()


def test_a_map_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PosewrightError, match="could not be written"):
        write_map(tmp_path / "file" / "map.json", make_rig(), map_rig(make_rig()))


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert maps_folder() == tmp_path / "posewright" / "maps"
    monkeypatch.setattr("sys.platform", "darwin")
    assert maps_folder().parts[-4:] == ("Library", "Application Support", "posewright", "maps")
