"""The likeliest bones for the parts of a character: asked for, shown and picked in the view."""

import importlib
from pathlib import Path
from typing import Any

import bpy
import pytest
from blender.armatures import armature_of
from blender.characters import character, status
from bpy.types import Object
from mathutils import Matrix
from synthetic_rigs import BODY, make_rig, mirrored

MODULE = "bl_ext.user_default.posewright"

pytestmark = pytest.mark.usefixtures("maps")
NUMBERED = {bone: f"Bone.{i:03}" for i, bone in enumerate(make_rig().bones)}
ARM = ("clavicle", "upper_arm", "forearm", "hand")


@pytest.fixture
def one_armed(modules: Any) -> Object:
    """A character of numbered bones without a right arm, whose shape shows no arms."""
    bones = {name: bone for name, bone in mirrored(BODY).items() if name.removeprefix("right_") not in ARM}
    obj = armature_of(make_rig(bones, names=NUMBERED), "Nelson")
    character().armature = obj
    return obj


def test_what_is_needed_is_said_in_plain_words(modules: Any, one_armed: Object) -> None:
    found = status(modules, one_armed)
    assert modules.words.trouble(found) == "Nothing can be put on it yet: its upper arms are not known."
    assert modules.asking.open_questions(found)[:2] == ["left_upper_arm", "right_upper_arm"], "needed parts come first"
    modules.own_maps.keep_own_map(
        bpy.context.scene, one_armed, {"left_thigh": [], "left_upper_arm": [NUMBERED["neck"]]}
    )
    assert "its right upper arm and left thigh are not known" in modules.words.trouble(status(modules, one_armed))


def test_missing_bones_are_asked_for_one_by_one(modules: Any, one_armed: Object) -> None:
    scene = bpy.context.scene
    assert bpy.ops.posewright.choose_missing() == {"FINISHED"}
    assert character().asked == "left_upper_arm"
    suggested = [found.bone for found in status(modules, one_armed).suggestions("left_upper_arm")]
    assert NUMBERED["left_upper_arm"] in suggested[:3]
    assert bpy.ops.posewright.set_bone(part="left_upper_arm", bone=NUMBERED["left_upper_arm"]) == {"FINISHED"}
    assert character().asked == "right_upper_arm"
    assert bpy.ops.posewright.choose_missing(after="right_upper_arm") == {"FINISHED"}
    later = character().asked
    assert later not in ("", "right_upper_arm")
    seen = set()
    while modules.asking.asked_part(scene) and len(seen) < 20:
        part = character().asked
        assert part not in seen
        seen.add(part)
        if NUMBERED.get(part) in one_armed.data.bones and part != "spine":
            assert bpy.ops.posewright.set_bone(part=part, bone=NUMBERED[part]) == {"FINISHED"}
        else:
            assert bpy.ops.posewright.clear_bone(part=part) == {"FINISHED"}
    assert "right_upper_arm" in seen, "what was left for later is asked again"
    found = status(modules, one_armed).map
    assert found.first("left_hand") == NUMBERED["left_hand"]
    assert found.first("left_forearm") == NUMBERED["left_forearm"]
    assert not character().one_by_one


def test_suggestions_of_a_part_are_shown_and_put_away(modules: Any, rig: Object) -> None:
    assert bpy.ops.posewright.suggest_bones(part="left_hand") == {"FINISHED"}
    assert (character().asked, character().one_by_one) == ("left_hand", False)
    assert bpy.ops.posewright.set_bone(part="left_hand", bone="left_forearm") == {"FINISHED"}
    assert character().asked == "left_hand", "another one can be tried"
    assert status(modules, rig).suggestions("left_hand")[0].bone == "left_hand"
    assert bpy.ops.posewright.suggest_bones(part="left_hand") == {"FINISHED"}
    assert character().asked == ""
    with pytest.raises(RuntimeError, match="There is no part left_wing"):
        bpy.ops.posewright.suggest_bones(part="left_wing")
    character().asked = "nonsense"
    assert modules.asking.asked_part(bpy.context.scene) == ""


def test_a_good_character_leaves_no_question(modules: Any, rig: Object) -> None:
    modules.own_maps.keep_own_map(bpy.context.scene, rig, {"neck": []})
    assert modules.asking.open_questions(status(modules, rig)) == [], "many good rigs have no neck"
    assert bpy.ops.posewright.choose_missing() == {"FINISHED"}
    assert character().asked == ""


def test_suggestions_are_found_once(modules: Any, rig: Object) -> None:
    found = status(modules, rig)
    assert found.suggestions("head") is found.suggestions("head")
    bpy.ops.posewright.set_bone(part="left_hand", bone="left_forearm")
    assert status(modules, rig).suggestions("head") is not found.suggestions("head")


def test_suggestions_light_up_at_their_bones(modules: Any, rig: Object) -> None:
    bpy.ops.posewright.suggest_bones(part="left_hand")
    found = status(modules, rig)
    shown = modules.lighting.shown_bones(rig, found, "left_hand")
    assert [number for number, *_ in shown] == [1, 2, 3, 4, 5]
    assert shown[0][1] == "left_hand"
    assert (shown[0][2] - rig.matrix_world @ rig.pose.bones["left_hand"].head).length < 1e-6
    assert modules.lighting.lit_bone("left_hand", found) == "left_hand", "the present one"
    modules.lighting.look_at(bpy.context, shown[1][1])
    assert modules.lighting.lit_bone("left_hand", found) == shown[1][1], "the one that the mouse is over"
    assert modules.lighting.lit_bone("head", found) == "head"


def test_a_bone_is_picked_where_the_mouse_is(modules: Any, rig: Object) -> None:
    """Seen from the front: a view of 200 by 200 pixels, 1 m to the left and right, from the floor to 2 m."""
    picking = importlib.import_module(f"{MODULE}.addon.character.bone_picking")
    matrix = Matrix(((1, 0, 0, 0), (0, 0, 1, -1), (0, 1, 0, 0), (0, 0, 0, 1)))
    view = type("View", (), {"perspective_matrix": matrix})
    region = type("Region", (), {"width": 200, "height": 200})
    hand = rig.matrix_world @ ((rig.pose.bones["left_hand"].head + rig.pose.bones["left_hand"].tail) / 2)
    at = (100 + 100 * hand.x, 100 * hand.z)
    assert picking.bone_at(rig, picking.Spot(region, view, at), 20.0) == "left_hand"
    rig.data.bones["left_hand"].hide = True
    assert picking.bone_at(rig, picking.Spot(region, view, at), 20.0) != "left_hand", "hidden ones are not meant"
    assert picking.bone_at(rig, picking.Spot(region, view, (5, 5)), 20.0) == ""
    assert bpy.ops.posewright.pick_bone(part="left_hand", bone="left_forearm") == {"FINISHED"}
    assert character().bones.left_hand == "left_forearm"
    with pytest.raises(RuntimeError, match="has no bone wing"):
        bpy.ops.posewright.pick_bone(part="left_hand", bone="wing")
    with pytest.raises(RuntimeError, match="There is no part left_wing"):
        bpy.ops.posewright.pick_bone(part="left_wing", bone="head")
    with pytest.raises(RuntimeError, match="Name the bone"):
        bpy.ops.posewright.pick_bone(part="left_hand")


def test_the_bone_under_the_mouse_lights_up(modules: Any, rig: Object) -> None:
    bpy.ops.posewright.suggest_bones(part="left_hand")
    found = status(modules, rig)
    modules.lighting.point_at(bpy.context, "right_toe")
    assert modules.lighting.lit_bone("left_hand", found) == "right_toe"
    assert [shown[:2] for shown in modules.lighting.shown_bones(rig, found, "left_hand")][-1] == (0, "right_toe")
    modules.lighting.point_at(bpy.context, "")
    assert modules.lighting.lit_bone("left_hand", found) == "left_hand"


def test_mere_numbers_are_not_what_is_left_of_names(modules: Any, one_armed: Object) -> None:
    assert status(modules, one_armed).prefix == ""
    assert character().bones.hips_short.startswith("Bone.0")


def test_undo_comes_back_to_the_question(modules: Any, one_armed: Object) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.posewright.choose_missing("EXEC_DEFAULT", True)
    bpy.ops.posewright.set_bone("EXEC_DEFAULT", True, part="left_upper_arm", bone=NUMBERED["neck"])
    assert character().asked == "right_upper_arm"
    bpy.ops.ed.undo()
    assert (character().asked, character().bones.left_upper_arm) == ("left_upper_arm", "")


def test_what_is_asked_survives_saving(rig: Object, tmp_path: Path) -> None:
    bpy.ops.posewright.suggest_bones(part="left_hand")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "asked.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert character().asked == ""
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "asked.blend"))
    assert character().asked == "left_hand"
