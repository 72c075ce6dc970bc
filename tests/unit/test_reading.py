"""What the names of a whole rig say of one another, and what follows from it for the map."""

import pytest
from made_bodies import body as plain_body
from made_bodies import made, named_body, with_fingers
from naming_systems import SYSTEMS
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.names import BoneName
from posewright.rigging.maps.reading import read_names
from synthetic_rigs import make_rig

KNOWN = frozenset(
    ("hips", "spine", "head", "arm", "forearm", "hand", "upleg", "leg", "foot", "upperarm", "femur", "tibia", "palm")
)


def read(*bones: str) -> list[tuple[str, str]]:
    return [(name.side, name.core) for name in read_names(bones, KNOWN)]


def test_numbers_of_nodes_are_no_part_of_names() -> None:
    numbered = [f"{name}_{i:02d}" for i, name in enumerate(("Hips", "Spine_01", "Arm_L", "Arm_R", "Leg_L", "Leg_R"))]
    assert read(*numbered) == [("", "hips"), ("", "spine01"), ("left", "arm"), ("right", "arm"), ("left", "leg"),
                               ("right", "leg")]  # fmt: skip
    assert read("spine_01", "spine_02", "hips", "head", "arm_l") == [("", "spine01"), ("", "spine02"), ("", "hips"),
                                                                     ("", "head"), ("left", "arm")]  # fmt: skip


def test_a_word_before_most_names_is_no_part_of_them() -> None:
    body = ("HeroHips", "HeroSpine", "HeroHead", "HeroLeftArm", "HeroRightArm", "HeroLeftLeg", "HeroRightLeg")
    hair = tuple(f"J_Hair_{i}_{side}" for i in range(4) for side in "LR")
    assert read(*body, *hair)[:4] == [("", "hips"), ("", "spine"), ("", "head"), ("left", "arm")]


def test_machinery_keeps_being_machinery() -> None:
    body = ("Hips", "Spine", "Head", "Arm.L", "Arm.R", "Leg.L", "Leg.R")
    mechanism = tuple(f"MCH-{name}" for name in body)
    names = read_names((*body, *mechanism), KNOWN)
    assert [name.machinery for name in names] == [False] * 7 + [True] * 7


def test_a_glued_letter_is_a_side_only_where_both_are_there() -> None:
    assert read("lfemur", "rfemur", "root", "ltibia") == [("left", "femur"), ("right", "femur"), ("", "root"),
                                                          ("", "ltibia")]  # fmt: skip


def test_the_word_of_the_limb_before_that_of_the_part() -> None:
    assert read("LArm_Hand", "RLeg_Foot") == [("left", "hand"), ("right", "foot")]
    assert read("LArm_Palm", "LHand") == [("left", "palm"), ("left", "hand")]
    assert read_names(("ArmPalm.L", "Palm.L"), KNOWN)[0] == BoneName("left", "armpalm", False)


@pytest.mark.parametrize("system", ["Mixamo", "Unreal 4", "Biped", "VRoid"])
def test_files_whose_nodes_are_counted(system: str) -> None:
    rest, true = named_body(SYSTEMS[system])
    shown = {bone: f"{bone}_{i:03d}" for i, bone in enumerate(rest.bones)}
    rest.bones = tuple(shown.values())
    assert map_rig(rest).bones == {part: tuple(shown[bone] for bone in bones) for part, bones in true.items()}


def test_a_ball_before_the_toes_is_the_toe() -> None:
    bones = plain_body()
    names = {"left_toe": "Ball_L", "right_toe": "Ball_R", "left_foot": "Ankle_L", "right_foot": "Ankle_R"}
    for side, x in (("left", 0.1), ("right", -0.1)):
        bones[f"Toes_{side[0].upper()}"] = (f"{side}_toe", (x, -0.2, 0.02), (x, -0.24, 0.02))
    rig_map = map_rig(make_rig(bones, names=names))
    assert rig_map.first("left_toe") == "Ball_L" and rig_map.first("left_foot") == "Ankle_L"


def test_limbs_of_one_bone() -> None:
    places = {
        "root": (None, (0, 0, 0), (0, 0, 0.1)),
        "waist": ("root", (0, 0, 0.75), (0, 0, 0.8)),
        "body": ("waist", (0, 0, 0.8), (0, 0, 1.5)),
        "head": ("body", (0, 0, 1.5), (0, 0, 2.0)),
    }
    for side, x in (("left", 1), ("right", -1)):
        places[f"{side}Arm"] = ("body", (0.3 * x, 0, 1.4), (0.35 * x, 0, 0.75))
        places[f"{side}Leg"] = ("waist", (0.12 * x, 0, 0.75), (0.12 * x, 0, 0.0))
    rig_map = map_rig(make_rig(places))
    assert rig_map.bones["hips"] == ("waist",) and rig_map.bones["spine"] == ("body",)
    assert rig_map.bones["left_thigh"] == ("leftLeg",) and rig_map.bones["right_upper_arm"] == ("rightArm",)


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
def test_hips_are_what_carries_legs_and_spine(skin: bool) -> None:
    """A pelvis that carries the legs alone, beside the spine."""
    bones = with_fingers(plain_body())
    bones = {"centre": (None, (0, 0, 0.97), (0, 0, 1.0)), **bones}
    bones["pelvis"] = ("centre", (0, 0, 0.95), (0, 0, 0.85))
    del bones["hips"]
    bones = {
        name: ({"hips": "pelvis" if "thigh" in name else "centre"}.get(parent, parent), head, tail)
        for name, (parent, head, tail) in bones.items()
    }
    rest, shown = made(bones, shuffle=None, skin=skin)
    assert map_rig(rest).first("hips") == shown["centre"]
