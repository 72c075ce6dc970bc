"""Maps of bones: by names with all their affixes, by shape, by the user's file; sides are never taken on trust."""

import json
from pathlib import Path

import numpy as np
import pytest
from posewright.errors import PosewrightError
from posewright.rigging.maps import names
from posewright.rigging.maps.mapping import LIMBS, MIDDLE, PARTS, PRESETS, map_rig, preset
from posewright.rigging.maps.parts import FINGERS, TWISTS
from posewright.rigging.rig import RigRest
from synthetic_rigs import BODY, make_rig, mirrored

MIXAMO = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head", "clavicle": "Shoulder",
    "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand", "thigh": "UpLeg", "shin": "Leg", "foot": "Foot",
    "toe": "ToeBase",
}  # fmt: skip
UNREAL = {
    "hips": "pelvis", "spine": "spine_01", "chest": "spine_02", "neck": "neck_01", "head": "head",
    "clavicle": "clavicle", "upper_arm": "upperarm", "forearm": "lowerarm", "hand": "hand", "thigh": "thigh",
    "shin": "calf", "foot": "foot", "toe": "ball",
}  # fmt: skip
RIGIFY = {
    "hips": "spine", "spine": "spine.001", "chest": "spine.002", "neck": "spine.004", "head": "spine.006",
    "clavicle": "shoulder", "upper_arm": "upper_arm", "forearm": "forearm", "hand": "hand", "thigh": "thigh",
    "shin": "shin", "foot": "foot", "toe": "toe",
}  # fmt: skip
VROID = {
    "hips": "J_Bip_C_Hips", "spine": "J_Bip_C_Spine", "chest": "J_Bip_C_Chest", "neck": "J_Bip_C_Neck",
    "head": "J_Bip_C_Head", "clavicle": "Shoulder", "upper_arm": "UpperArm", "forearm": "LowerArm", "hand": "Hand",
    "thigh": "UpperLeg", "shin": "LowerLeg", "foot": "Foot", "toe": "ToeBase",
}  # fmt: skip
VRCHAT = {
    "hips": "Hips", "spine": "Spine", "chest": "Chest", "neck": "Neck", "head": "Head", "clavicle": "shoulder",
    "upper_arm": "arm", "forearm": "elbow", "hand": "wrist", "thigh": "leg", "shin": "knee", "foot": "ankle",
    "toe": "toe",
}  # fmt: skip
BIPED = {
    "hips": "Bip01 Pelvis", "spine": "Bip01 Spine", "chest": "Bip01 Spine1", "neck": "Bip01 Neck",
    "head": "Bip01 Head", "clavicle": "Clavicle", "upper_arm": "UpperArm", "forearm": "Forearm", "hand": "Hand",
    "thigh": "Thigh", "shin": "Calf", "foot": "Foot", "toe": "Toe0",
}  # fmt: skip

NAMINGS = {
    "mixamo": (MIXAMO, "mixamorig:{Side}{}", "mixamorig:{}"),
    "mixamo, numbered namespace": (MIXAMO, "mixamorig7:{Side}{}", "mixamorig7:{}"),
    "mixamo, no colon": (MIXAMO, "mixamorig{Side}{}", "mixamorig{}"),
    "foreign namespace": (MIXAMO, "Hero:{Side}{}", "Hero:{}"),
    "unreal": (UNREAL, "{}_{s}", "{}"),
    "rigify meta-rig": (RIGIFY, "{}.{S}", "{}"),
    "rigify deform": (RIGIFY, "DEF-{}.{S}", "DEF-{}"),
    "vroid": (VROID, "J_Bip_{S}_{}", "{}"),
    "vrchat": (VRCHAT, "{Side} {}", "{}"),
    "biped": (BIPED, "Bip01 {S} {}", "{}"),
    "prefix L_": (UNREAL, "{S}_{}", "{}"),
    "prefix l_": (UNREAL, "{s}_{}", "{}"),
    "suffix .left": (UNREAL, "{}.{side}", "{}"),
    "suffix Left": (MIXAMO, "{}{Side}", "{}"),
}


def renamed(naming: tuple[dict[str, str], str, str]) -> dict[str, str]:
    words, sided, middle = naming
    result = {}
    for bone in mirrored(BODY):
        side, _, core = bone.partition("_")
        if side in ("left", "right"):
            result[bone] = sided.format(words[core], Side=side.title(), side=side, S=side[0].upper(), s=side[0])
        else:
            result[bone] = middle.format(words[bone])
    return result


def expected(shown: dict[str, str]) -> dict[str, tuple[str, ...]]:
    bones = {part: (shown[part],) for part in shown if part not in ("spine", "chest")}
    return bones | {"spine": (shown["spine"], shown["chest"])}


@pytest.mark.parametrize("naming", NAMINGS.values(), ids=NAMINGS.keys())
def test_names(naming) -> None:
    shown = renamed(naming)
    rig_map = map_rig(make_rig(arm_degrees=40, names=shown))
    assert rig_map.bones == expected(shown)
    assert rig_map.notes == []


@pytest.mark.parametrize("turn", [0.0, 90.0, 180.0, 235.0])
@pytest.mark.parametrize("degrees", [0.0, 45.0])
def test_names_that_say_nothing(turn: float, degrees: float) -> None:
    """The shape alone: whichever way the character faces, its left is its left."""
    shown = {bone: f"Node_{i}" for i, bone in enumerate(mirrored(BODY))}
    rest = make_rig(arm_degrees=degrees, seed=1, names=shown)
    spin = np.eye(4)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    spin[:2, :2] = [[c, -s], [s, c]]
    rest.world = spin @ rest.world
    rig_map = map_rig(rest)
    assert rig_map.source == "shape"
    assert rig_map.bones == expected(shown)


def test_shape_fills_what_names_leave_open() -> None:
    shown = renamed(NAMINGS["mixamo"])
    shown |= {"left_shin": "odd one", "right_shin": "odd two"}
    rig_map = map_rig(make_rig(names=shown))
    assert rig_map.bones == expected(shown)
    assert rig_map.source == "mixamo and shape"


def test_mirrored_names_are_not_trusted() -> None:
    """Names from the viewer's side: the feet tell which side is left."""
    shown = renamed(NAMINGS["unreal"])
    swapped = {bone: shown[bone.replace("left", "#").replace("right", "left").replace("#", "right")] for bone in shown}
    rig_map = map_rig(make_rig(names=swapped))
    assert rig_map.bones["left_thigh"] == ("thigh_r",)
    assert rig_map.bones["right_hand"] == ("hand_l",)
    assert any("sides were swapped" in note for note in rig_map.notes)


def test_a_character_that_faces_backwards_keeps_its_sides() -> None:
    shown = renamed(NAMINGS["unreal"])
    rest = make_rig(names=shown)
    rest.world[:3, :3] = np.diag([-1.0, -1.0, 1.0])
    assert map_rig(rest).bones == expected(shown)


def test_machinery_and_decoys_are_left_alone() -> None:
    bones = dict(mirrored(BODY))
    bones["ORG-left_thigh"] = ("hips", (0.1, 0, 0.92), (0.1, 0, 0.5))
    bones["left_hand_ik"] = (None, (0.72, 0, 1.4), (0.82, 0, 1.4))
    bones["robo_upper_arm.L"] = ("chest", (0.1, 0.2, 1.4), (0.8, 0.2, 2.0))
    rig_map = map_rig(make_rig(bones))
    used = {bone for group in rig_map.bones.values() for bone in group}
    assert not used & {"ORG-left_thigh", "left_hand_ik", "robo_upper_arm.L"}


def test_deform_bones_come_before_others_of_the_same_name() -> None:
    bones = dict(mirrored(BODY))
    bones["DEF-left_thigh"] = ("hips", (0.1, 0, 0.92), (0.1, 0, 0.5))
    rest = make_rig(bones)
    rest.deform = np.array([bone != "left_thigh" for bone in rest.bones])
    assert map_rig(rest).bones["left_thigh"] == ("DEF-left_thigh",)


def test_missing_parts_get_a_note() -> None:
    bones = {name: bone for name, bone in mirrored(BODY).items() if not name.endswith(("toe", "neck"))}
    bones["head"] = ("chest", *bones["head"][1:])
    rig_map = map_rig(make_rig(bones))
    assert rig_map.bones["spine"] == ("spine", "chest")
    assert rig_map.notes == ["Not found in test rig, and left out: neck, left toe, right toe."]


def test_no_legs_gets_a_sentence() -> None:
    bones = {n: b for n, b in mirrored(BODY).items() if not n.endswith(("thigh", "shin", "foot", "toe"))}
    with pytest.raises(PosewrightError, match=r"has no legs that Posewright can find.*--map"):
        map_rig(make_rig(bones))


def test_a_chain_is_no_body() -> None:
    rope = {f"rope{i}": (f"rope{i - 1}" if i else None, (0, 0, 2 - 0.2 * i), (0, 0, 1.8 - 0.2 * i)) for i in range(8)}
    with pytest.raises(PosewrightError, match="has no legs"):
        map_rig(make_rig(rope))


def on_four_legs(bones: dict) -> dict:
    """Return a body that stands on its hands too: trunk and head lie forward of the hips, arms hang down from it."""
    hips, shoulder = np.array([0, 0, 0.95]), np.array(bones["left_upper_arm"][1], float)
    lie, hang = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([[0, 1, 0], [0, 0, 1], [-1, 0, 0]])
    result = {}
    for name, (parent, *points) in bones.items():
        points = [np.array(point, float) for point in points]
        if name.endswith(("upper_arm", "forearm", "hand")):
            mirror = np.array([-1, 1, 1]) if name.startswith("right") else 1
            top = (lie @ (shoulder - hips) + hips) * mirror
            points = [top + (hang @ (point * mirror - shoulder)) * [1, 1, 1.15] * mirror for point in points]
        elif not name.endswith(("thigh", "shin", "foot", "toe")):
            points = [lie @ (point - hips) + hips for point in points]
        result[name] = (parent, *points)
    return result


@pytest.mark.parametrize("named", [True, False])
def test_four_legs_are_no_humans_unless_the_user_says_so(named: bool, tmp_path: Path) -> None:
    bones = on_four_legs(mirrored(BODY))
    shown = {bone: bone if named else f"b{i}" for i, bone in enumerate(bones)}
    rest = make_rig(bones, names=shown)
    with pytest.raises(PosewrightError, match="stands on four legs" if named else "test rig (stands on four|has no)"):
        map_rig(rest)
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"map": {part: list(names) for part, names in expected(shown).items()}}), "utf-8")
    assert map_rig(rest, path).bones == expected(shown)


def test_armatures_of_no_size_or_without_bones_get_a_sentence() -> None:
    rest = make_rig()
    rest.world[2] = 0.0
    with pytest.raises(PosewrightError, match="no size in the scene; give it a scale"):
        map_rig(rest)
    nothing = RigRest("empty", (), np.zeros(0, np.int64), np.zeros((0, 4, 4)), np.zeros(0), np.eye(4))
    with pytest.raises(PosewrightError, match="empty has no bones"):
        map_rig(nothing)


def test_own_map_overrides_and_survives_its_own_file(tmp_path: Path) -> None:
    rest = make_rig()
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"map": {"left_hand": "left_forearm", "neck": None, "spine": ["chest"]}}), "utf-8")
    rig_map = map_rig(rest, path)
    assert rig_map.bones["left_hand"] == ("left_forearm",)
    assert rig_map.bones["spine"] == ("chest",)
    assert "neck" not in rig_map.bones
    path.write_text(json.dumps(rig_map.to_json()), "utf-8")
    assert map_rig(rest, path).bones | {"neck": None} == rig_map.bones | {"neck": None}


def test_own_map_alone_is_enough(tmp_path: Path) -> None:
    shown = {bone: f"b{i}" for i, bone in enumerate(mirrored(BODY))}
    rest = make_rig(names=shown)
    rest.rest[:, :3, 3] *= np.array([1.0, 1.0, -1.0])  # upside down: the shape tells nothing
    content = {part: list(bones) for part, bones in expected(shown).items()}
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"map": content}), "utf-8")
    assert map_rig(rest, path).bones == expected(shown)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "no JSON"),
        ("[]", 'no "map"'),
        ('{"map": {"tail": "hips"}}', "names the part tail"),
        ('{"map": {"hips": "nowhere"}}', "the bone nowhere, which test rig does not have"),
        ('{"map": {"hips": 3}}', "must give a bone"),
        ("[" * 100_000, "no JSON"),
        ('{"map": {"left_foot": "left_foot", "right_foot": ["left_foot"]}}', "gives the bone left_foot to both sides"),
    ],
)
def test_bad_maps_get_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text, "utf-8")
    with pytest.raises(PosewrightError, match=sentence):
        map_rig(make_rig(), path)


def test_a_missing_map_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="could not be read"):
        map_rig(make_rig(), tmp_path / "none.json")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_complete(name: str) -> None:
    groups = preset(name)
    assert {group: set(cores) for group, cores in groups.items()} == {
        "parts": {*MIDDLE, *LIMBS},
        "fingers": set(FINGERS),
        "twists": set(TWISTS),
    }
    options = [core for cores in groups.values() for names_of_part in cores.values() for core in names_of_part]
    assert all(core == names.parse(core).core for core in options)
    assert len(PARTS) == 20


@pytest.mark.parametrize(
    ("bone", "side", "core"),
    [
        ("mixamorig:LeftUpLeg", "left", "upleg"),
        ("upper_arm.R", "right", "upperarm"),
        ("DEF-upper_arm.L.001", "left", "upperarm001"),
        ("Left knee", "left", "knee"),
        ("LHipJoint", "left", "hipjoint"),
        ("LowerBack", "", "lowerback"),
        ("root", "", "root"),
        ("rHand", "right", "hand"),
        ("ValveBiped.Bip01_R_Calf", "right", "calf"),
        ("toe1-1.L", "left", "toe11"),
        ("IndexFinger1_L", "left", "indexfinger1"),
    ],
)
def test_name_parts(bone: str, side: str, core: str) -> None:
    found = names.parse(bone)
    assert (found.side, found.core) == (side, core)
