"""What an editor of maps needs: parts stated in memory, incomplete maps, chains, the other side, conflicts."""

import json
from pathlib import Path

import pytest
from posewright.errors import PosewrightError
from posewright.rigging.maps.chains import chain_of
from posewright.rigging.maps.checks import conflicts
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.mirroring import mirrored
from posewright.rigging.rig import RigMap
from posewright.rigging.settings import RetargetSettings
from synthetic_rigs import BODY, make_rig
from synthetic_rigs import mirrored as both_sides

NODES = {bone: f"Node_{i}" for i, bone in enumerate(both_sides(BODY))}
SIDED = {bone: f"{bone.split('_', 1)[-1]}.{bone[0].upper()}" for bone in both_sides(BODY) if "_" in bone}


def test_parts_stated_in_memory_go_before_everything() -> None:
    rest = make_rig()
    found = map_rig(rest, None, {"left_hand": "left_forearm", "neck": None, "spine": ["chest"]})
    assert found.bones["left_hand"] == ("left_forearm",)
    assert "left_forearm" not in found.bones, "a bone that is stated for one part is of no other"
    assert "neck" not in found.bones
    assert found.bones["spine"] == ("chest",)
    assert found.confidence["left_hand"] == 1.0
    assert "your map" in found.source


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"left_hand": "nobody"}, "The bone map names the bone nobody"),
        ({"left_wing": "head"}, "names the part left_wing"),
        ({"left_hand": "head", "right_hand": "head"}, "gives the bone head to both sides"),
        ({"left_hand": 3}, "must give a bone"),
    ],
)
def test_what_is_stated_must_be_of_this_rig(entries: dict, sentence: str) -> None:
    with pytest.raises(PosewrightError, match=sentence):
        map_rig(make_rig(), None, entries)


def test_an_incomplete_map_tells_what_it_knows() -> None:
    rest = make_rig()
    stated = {"left_thigh": None, "left_shin": None, "left_foot": None, "left_toe": None}
    with pytest.raises(PosewrightError, match="has no legs"):
        map_rig(rest, None, stated)
    found = map_rig(rest, None, stated, complete=False)
    assert found.bones["right_thigh"] == ("right_thigh",)
    assert any("has no legs" in note for note in found.notes)


def test_settings_carry_the_map_itself(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"map": {"left_hand": "paw", "neck": None}}))
    settings = RetargetSettings(map_file=file).self_contained()
    assert settings.map_file is None
    assert settings.map == {"left_hand": "paw", "neck": None}
    assert RetargetSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert RetargetSettings(map_file=file, map={"neck": "neck"}).self_contained().map == {"neck": "neck"}


def test_a_chain_goes_from_bone_to_bone() -> None:
    rest = make_rig()
    found = map_rig(rest)
    assert chain_of(rest, found, "spine", "spine", "chest") == ["spine", "chest"]
    assert chain_of(rest, found, "spine", "spine") == ["spine", "chest"], "up to the neck"
    assert chain_of(rest, found, "left_upper_arm", "left_upper_arm") == ["left_upper_arm"]
    assert chain_of(rest, found, "spine", "chest", "left_foot") == ["chest", "left_foot"], "no way between them"
    assert chain_of(rest, None, "hips", "hips") == ["hips"]
    with pytest.raises(ValueError, match="not in tuple"):
        chain_of(rest, found, "spine", "nobody")


def test_fingers_go_to_their_tips() -> None:
    bones = dict(both_sides(BODY))
    for i in range(3):
        parent = "left_hand" if i == 0 else f"f{i - 1}"
        bones[f"f{i}"] = (parent, (0.82 + 0.03 * i, 0, 1.4), (0.85 + 0.03 * i, 0, 1.4))
    bones["f_end"] = ("f2", (0.91, 0, 1.4), (0.93, 0, 1.4))
    assert chain_of(make_rig(bones), None, "left_index", "f0") == ["f0", "f1", "f2"]


@pytest.mark.parametrize("names", [None, SIDED, NODES], ids=["words", "letters", "without"])
def test_the_left_side_tells_the_right(names: dict | None) -> None:
    rest = make_rig(names=names)
    found = map_rig(rest)
    for source, target in (("left", "right"), ("right", "left")):
        expected = {part: list(bones) for part, bones in found.bones.items() if part.startswith(target)}
        assert mirrored(rest, found, source) == expected


def test_what_has_no_counterpart_is_left_alone() -> None:
    bones = dict(both_sides(BODY))
    del bones["right_hand"]
    rest = make_rig(bones)
    found = map_rig(rest)
    assert mirrored(rest, found)["right_hand"] == []


def test_a_good_map_has_no_conflicts() -> None:
    rest = make_rig()
    assert conflicts(rest, map_rig(rest)) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"left_hand": ("left_forearm",)}, "left_forearm is both left forearm and left hand."),
        ({"left_forearm": ("left_upper_arm",), "left_upper_arm": ("left_forearm",)}, "on which it should hang"),
        ({"spine": ("chest", "spine")}, "spine (spine) carries chest"),
        ({"left_hand": ("right_hand",), "right_hand": ("left_hand",)}, "Left and right hand are exchanged."),
        (
            {
                f"{side}_{core}": (f"{other}_{core}",)
                for side, other in (("left", "right"), ("right", "left"))
                for core in ("thigh", "shin", "upper_arm", "forearm", "hand")
            },
            "Left and right are exchanged: the feet show",
        ),
    ],
)
def test_conflicts_are_said_in_words(change: dict, sentence: str) -> None:
    rest = make_rig()
    found = map_rig(rest)
    said = conflicts(rest, RigMap(found.bones | change))
    assert any(sentence in one for one in said), said
