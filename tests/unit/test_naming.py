"""Maps by the names of many systems, with their fingers and twist bones."""

import pytest
from made_bodies import named_body
from naming_systems import SYSTEMS
from posewright.rigging.maps import names
from posewright.rigging.maps.mapping import map_rig


@pytest.mark.parametrize("arm_degrees", [0.0, 50.0])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_of_names_is_understood(system: str, arm_degrees: float) -> None:
    rest, true = named_body(SYSTEMS[system], arm_degrees=arm_degrees)
    rig_map = map_rig(rest)
    assert rig_map.bones == true
    assert rig_map.notes == []
    if SYSTEMS[system].preset:
        assert rig_map.source == SYSTEMS[system].preset


@pytest.mark.parametrize(
    ("bone", "side", "core", "machinery"),
    [
        ("thigh_stretch.l", "left", "thighstretch", False),
        ("spine_01.x", "", "spine01", False),
        ("L_UpArm_JNT", "left", "uparm", False),
        ("clavicle_l_jnt", "left", "clavicle", False),
        ("upper_leg_left", "left", "upperleg", False),
        ("thigh_L1", "left", "thigh1", False),
        ("Bip001 L Finger0", "left", "finger0", False),
        ("L5", "", "l5", False),
        ("ik_foot_l", "left", "ikfoot", True),
        ("handIK.l", "left", "handik", True),
        ("control-toe-roll.l", "left", "controltoeroll", True),
        ("thigh_ctrl_L", "left", "thighctrl", True),
    ],
)
def test_name_parts(bone: str, side: str, core: str, machinery: bool) -> None:
    assert names.parse(bone) == names.BoneName(side, core, machinery)


def test_what_all_names_begin_with() -> None:
    rig = ("Hero_Arm_L", "Hero_Arm_R", "Hero_Leg_L", "Hero_Leg_R", "Hero_Head", "Hero_Hips")
    assert names.common_prefix(rig) == "Hero_"
    assert names.common_prefix((*rig, "a", "b", "c", "d")) == ""
    assert names.parse("Hero_Arm_L", "Hero_") == names.BoneName("left", "arm", False)
