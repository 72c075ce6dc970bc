"""The character of the add-on: choosing it, what is known about its bones, and the editor of the map."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import pytest
from blender.armatures import armature_of
from bpy.types import Object
from mathutils import Matrix
from synthetic_rigs import BODY, make_rig, mirrored

MODULE = "bl_ext.user_default.posewright"
MIXAMO = "mh_female_mixamo_tpose_cm.fbx"


@pytest.fixture(autouse=True)
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for remembered maps."""
    monkeypatch.setenv("POSEWRIGHT_MAPS", str(tmp_path / "maps"))
    return tmp_path / "maps"


@pytest.fixture
def addon(extension: ModuleType) -> Iterator[Any]:
    """The add-on's modules for characters, in an empty scene."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    names = ("choice", "status", "words", "own_maps", "overlay", "asking", "lighting", "rows")
    modules = {name: importlib.import_module(f"{MODULE}.addon.character.{name}") for name in names}
    modules["status"].forget()
    yield type("Modules", (), modules)


@pytest.fixture
def rig(addon: Any) -> Object:
    """A character with usual names, chosen in the panel."""
    obj = armature_of(make_rig(), "Jörg der Läufer")
    bpy.context.scene.posewright.character.armature = obj
    return obj


def character() -> Any:
    return bpy.context.scene.posewright.character


def status(addon: Any, obj: Object) -> Any:
    return addon.status.status_of(bpy.context.scene, obj)


def mesh_on(obj: Object, name: str) -> Object:
    mesh = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    bpy.context.scene.collection.objects.link(mesh)
    mesh.modifiers.new("Armature", "ARMATURE").object = obj
    return mesh


def select(*objects: Object) -> None:
    for obj in bpy.context.view_layer.objects:
        obj.select_set(obj in objects)
    bpy.context.view_layer.objects.active = objects[0] if objects else None


# ---- choosing


def test_a_character_is_picked_by_name_or_by_its_mesh(addon: Any) -> None:
    first, second = armature_of(make_rig(), "Ann"), armature_of(make_rig(), "Bob")
    mesh = mesh_on(second, "Coat")
    hat = bpy.data.objects.new("Hat", None)
    bpy.context.scene.collection.objects.link(hat)
    hat.parent = mesh
    for name, expected in (("Ann", first), ("Bob", second), ("Coat", second), ("Hat", second)):
        assert bpy.ops.posewright.pick_character(character=name) == {"FINISHED"}
        assert character().armature == expected
    select(hat)
    character().armature = first
    assert bpy.ops.posewright.use_selected_character() == {"FINISHED"}
    assert character().armature == second
    character().armature = None
    assert addon.choice.find_character(bpy.context) == second, "the mesh that is selected means its armature"


def test_what_is_no_character_is_refused(addon: Any) -> None:
    armature_of(make_rig(), "Ann")
    lamp = bpy.data.objects.new("Lamp", None)
    bpy.context.scene.collection.objects.link(lamp)
    for name in ("Lamp", "nobody"):
        with pytest.raises(RuntimeError, match=f"There is no character {name} in this scene; its armatures: Ann"):
            bpy.ops.posewright.pick_character(character=name)
    select(lamp)
    with pytest.raises(RuntimeError, match="Select a character first"):
        bpy.ops.posewright.use_selected_character()
    with pytest.raises(RuntimeError, match="Select a character first"):
        bpy.ops.posewright.pick_character()


def test_the_generated_rig_goes_before_its_meta_rig(addon: Any) -> None:
    meta, generated = armature_of(make_rig(), "metarig"), armature_of(make_rig(), "RIG-metarig")
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        meta.pose.bones["hips"].rigify_type = "spines.basic_spine"
        generated.data["rig_id"] = "a1b2"
        select()
        assert addon.choice.find_character(bpy.context) == generated
        assert bpy.ops.posewright.pick_character(character="metarig") == {"FINISHED"}
        assert character().armature == generated
        meta.data.rigify_target_rig = generated
        assert bpy.ops.posewright.pick_character(character="metarig") == {"FINISHED"}
        assert character().armature == generated
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")


def test_a_meta_rig_alone_is_a_character(addon: Any) -> None:
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        bpy.ops.object.armature_human_metarig_add()
        assert addon.choice.find_character(bpy.context).data.name
        found = status(addon, addon.choice.find_character(bpy.context))
        assert addon.words.system(found).startswith("Rigify")
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")


def test_a_linked_character_is_said_before_apply(addon: Any, tmp_path: Path) -> None:
    obj = armature_of(make_rig(), "Linked")
    file = tmp_path / "characters of Jörg.blend"
    bpy.data.libraries.write(str(file), {obj})
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    with bpy.data.libraries.load(str(file), link=True) as (_, wanted):
        wanted.objects = ["Linked"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    assert "is linked from characters of Jörg.blend; make a library override" in addon.choice.trouble_of(bpy.context)
    assert len(status(addon, wanted.objects[0]).map.bones) >= 20, "its bones are known all the same"
    override = bpy.data.objects["Linked"].override_create(remap_local_usages=True)
    character().armature = override
    assert addon.choice.trouble_of(bpy.context) == ""


def test_an_instance_of_a_linked_collection_is_said_before_apply(addon: Any, tmp_path: Path) -> None:
    obj = armature_of(make_rig(), "Inside")
    crowd = bpy.data.collections.new("Crowd")
    crowd.objects.link(obj)
    bpy.data.libraries.write(str(tmp_path / "crowd.blend"), {crowd})
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    with bpy.data.libraries.load(str(tmp_path / "crowd.blend"), link=True) as (_, wanted):
        wanted.collections = ["Crowd"]
    empty = bpy.data.objects.new("Crowd", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", wanted.collections[0]
    bpy.context.scene.collection.objects.link(empty)
    assert "is an instance of a linked collection" in addon.choice.trouble_of(bpy.context)


# ---- what is known


def test_a_good_character_is_understood(addon: Any, rig: Object) -> None:
    found = status(addon, rig)
    assert addon.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert addon.words.lacks(found) == ""
    assert addon.words.doubts(found) == []


def test_real_characters_are_understood(addon: Any, shared: Path) -> None:
    bpy.ops.import_scene.fbx(filepath=str(shared / "rigs" / MIXAMO))
    obj = next(obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE")
    found = status(addon, obj)
    assert addon.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert addon.words.system(found) == "Mixamo names"
    assert addon.words.extras(found) == "With fingers"


def test_a_control_rig_is_understood(addon: Any, shared: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shared / "rigs" / "rigify_human_b42.blend"))
    obj = addon.choice.find_character(bpy.context)
    found = status(addon, obj)
    assert addon.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert addon.words.system(found) == "Rigify names"
    assert addon.words.extras(found) == "With controls and fingers"


def test_bones_are_looked_at_once(addon: Any, rig: Object) -> None:
    first = status(addon, rig)
    assert status(addon, rig) is first
    rig.location.x, rig.pose.bones["head"].location.x = 3.0, 0.1
    assert status(addon, rig) is first, "poses and places change nothing"
    rig.data.bones["left_hand"].name = "paw"
    again = status(addon, rig)
    assert again is not first
    assert again.map.bones["left_hand"] == ("paw",)


def test_two_objects_may_share_an_armature(addon: Any, rig: Object) -> None:
    other = bpy.data.objects.new("Twin", rig.data)
    bpy.context.scene.collection.objects.link(other)
    addon.own_maps.keep_own_map(bpy.context.scene, other, {"neck": []})
    assert "neck" in status(addon, rig).map.bones
    assert "neck" not in status(addon, other).map.bones


def test_what_is_missing_is_said_in_words(addon: Any, rig: Object) -> None:
    entries = {"neck": [], "left_toe": [], "right_toe": [], "left_hand": []}
    addon.own_maps.keep_own_map(bpy.context.scene, rig, entries)
    found = status(addon, rig)
    assert addon.words.lacks(found) == "No neck, no left hand, no toes"
    assert addon.words.summary(found) == ("16 of 20 parts", "INFO")
    entries |= {"left_foot": [], "right_foot": [], "left_thigh": []}
    addon.own_maps.keep_own_map(bpy.context.scene, rig, entries)
    found = status(addon, rig)
    assert "has no legs" in found.trouble
    assert addon.words.trouble(found) == "Nothing can be put on it yet: its left thigh is not known."
    assert addon.words.summary(found)[1] == "ERROR"
    assert "no feet" in addon.words.lacks(found)


def test_an_armature_without_sense_is_an_error(addon: Any) -> None:
    empty = bpy.data.objects.new("Nothing", bpy.data.armatures.new("Nothing"))
    bpy.context.scene.collection.objects.link(empty)
    with pytest.raises(Exception, match="has no bones"):
        status(addon, empty)


# ---- the editor


def test_fields_show_and_change_the_map(rig: Object) -> None:
    bones = character().bones
    assert (bones.left_hand, bones.spine, bones.spine_end) == ("left_hand", "spine", "chest")
    bones.left_hand = "left_forearm"
    assert bones.left_hand == "left_forearm"
    bones.spine_end = "spine"
    assert bones.spine_end == "spine"
    bones.left_toe = ""
    assert bones.left_toe == bones.left_toe_end == ""
    bones.right_hand = "no such bone"
    assert bones.right_hand == "right_hand", "what is no bone changes nothing"


def test_fields_leave_out_what_all_names_begin_with(addon: Any) -> None:
    names = {bone: f"mixamorig:{bone}" for bone in make_rig().bones}
    rig = armature_of(make_rig(names=names), "Mixamo")
    bones = character().bones
    assert (bones.left_hand, bones.left_hand_short) == ("mixamorig:left_hand", "left_hand")
    bones.left_hand_short = "left_forearm"
    assert bones.left_hand == "mixamorig:left_forearm"
    bones.left_hand_short = "mixamorig:left_hand"
    assert bones.left_hand_short == "left_hand", "whole names are understood too"
    bones.left_hand_short = ""
    assert "left_hand" not in status(addon, rig).map.bones


def test_a_part_is_set_to_the_active_bone(addon: Any, rig: Object) -> None:
    with pytest.raises(RuntimeError, match="Select the bone of Jörg der Läufer first"):
        bpy.ops.posewright.set_bone(part="left_hand")
    with pytest.raises(RuntimeError, match="There is no part left_wing"):
        bpy.ops.posewright.set_bone(part="left_wing", bone="head")
    with pytest.raises(RuntimeError, match="has no bone wing"):
        bpy.ops.posewright.set_bone(part="left_hand", bone="wing")
    rig.data.bones.active = rig.data.bones["left_forearm"]
    assert bpy.ops.posewright.set_bone(part="left_hand") == {"FINISHED"}
    assert character().bones.left_hand == "left_forearm"
    assert bpy.ops.posewright.clear_bone(part="left_hand") == {"FINISHED"}
    assert "left_hand" not in status(addon, rig).map.bones
    assert bpy.ops.posewright.pin_bone(part="left_hand") == {"FINISHED"}
    assert character().bones.left_hand == "left_hand", "what was stated is given up"
    assert bpy.ops.posewright.pin_bone(part="left_hand") == {"FINISHED"}
    assert addon.own_maps.own_map(bpy.context.scene, rig) == {"left_hand": ["left_hand"]}


def test_find_bones_gives_up_all_changes(addon: Any, rig: Object) -> None:
    character().bones.left_hand = "left_forearm"
    character().bones.head = ""
    assert bpy.ops.posewright.find_bones() == {"FINISHED"}
    assert addon.own_maps.own_map(bpy.context.scene, rig) == {}
    assert character().bones.left_hand == "left_hand"
    assert not len(character().own_maps)


def test_one_side_is_mirrored_to_the_other(rig: Object) -> None:
    bones = character().bones
    bones.right_forearm, bones.right_hand = "right_upper_arm", ""
    assert bpy.ops.posewright.mirror_map() == {"FINISHED"}
    assert (bones.right_forearm, bones.right_hand) == ("right_forearm", "right_hand")
    bones.right_hand = "right_forearm"
    assert bpy.ops.posewright.mirror_map(source="right") == {"FINISHED"}
    assert bones.left_hand == "left_forearm"


def test_conflicts_are_found(addon: Any, rig: Object) -> None:
    assert bpy.ops.posewright.check_map() == {"FINISHED"}
    assert status(addon, rig).conflicts == ()
    addon.own_maps.keep_own_map(
        bpy.context.scene, rig, {"left_upper_arm": ["left_forearm"], "left_forearm": ["left_upper_arm"]}
    )
    assert any("on which it should hang" in sentence for sentence in status(addon, rig).conflicts)
    assert addon.words.summary(status(addon, rig))[1] == "INFO"
    assert bpy.ops.posewright.check_map() == {"FINISHED"}


def test_maps_are_saved_and_loaded(addon: Any, rig: Object, tmp_path: Path) -> None:
    character().bones.left_hand = "left_forearm"
    file = tmp_path / "Jörgs Karte"
    assert bpy.ops.posewright.save_map(filepath=str(file)) == {"FINISHED"}
    written = json.loads((tmp_path / "Jörgs Karte.json").read_text("utf-8"))
    assert written["map"]["left_hand"] == "left_forearm"
    before = status(addon, rig).map.bones
    bpy.ops.posewright.find_bones()
    assert bpy.ops.posewright.load_map(filepath=str(tmp_path / "Jörgs Karte.json")) == {"FINISHED"}
    assert status(addon, rig).map.bones == before
    with pytest.raises(RuntimeError, match="Name the file"):
        bpy.ops.posewright.load_map()
    written["map"]["head"] = "nobody"
    (tmp_path / "wrong.json").write_text(json.dumps(written))
    with pytest.raises(RuntimeError, match="names the bone nobody"):
        bpy.ops.posewright.load_map(filepath=str(tmp_path / "wrong.json"))
    assert status(addon, rig).map.bones == before


def test_a_map_is_remembered_and_forgotten(addon: Any, rig: Object, maps: Path) -> None:
    bpy.ops.posewright.clear_bone(part="neck")
    assert bpy.ops.posewright.remember_map() == {"FINISHED"}
    assert len(list(maps.glob("*.json"))) == 1
    other = armature_of(make_rig(arm_degrees=30), "Another")
    found = status(addon, other)
    assert "neck" not in found.map.bones
    assert found.is_remembered
    assert addon.words.system(found) == "Remembered map"
    assert bpy.ops.posewright.forget_map() == {"FINISHED"}
    assert "neck" in status(addon, other).map.bones
    assert not list(maps.glob("*.json"))


def test_changes_survive_saving_and_undo(addon: Any, rig: Object, tmp_path: Path) -> None:
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.posewright.clear_bone("EXEC_DEFAULT", True, part="neck")
    assert character().bones.neck == ""
    bpy.ops.ed.undo()
    assert character().bones.neck == "neck"
    bpy.ops.posewright.clear_bone(part="neck")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "with map.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "with map.blend"))
    assert character().armature.name == name
    assert character().bones.neck == ""
    assert "neck" not in status(addon, character().armature).map.bones


def test_a_bone_that_is_gone_is_said(addon: Any, rig: Object) -> None:
    character().bones.left_hand = "left_forearm"
    rig.data.bones["left_forearm"].name = "arm"
    with pytest.raises(Exception, match="names the bone left_forearm, which Jörg der Läufer does not have"):
        status(addon, rig)
    assert character().bones.head == "", "nothing is known until it is found anew"
    assert bpy.ops.posewright.find_bones() == {"FINISHED"}
    assert character().bones.head == "head"


def test_nothing_can_be_edited_without_a_character(addon: Any) -> None:
    for name in ("find_bones", "set_bone", "mirror_map", "save_map", "load_map", "remember_map", "forget_map"):
        assert not getattr(bpy.ops.posewright, name).poll()
    assert character().bones.left_hand == ""
    character().bones.left_hand = "hand"
    assert not len(character().own_maps)


def test_the_drawn_map_has_a_line_for_each_bone(addon: Any, rig: Object) -> None:
    found = status(addon, rig).map
    lines = addon.overlay.segments(rig, found)
    assert len(lines) == sum(len(bones) for bones in found.bones.values())
    forearm = next(line for line in lines if line[0] == "left_forearm")
    assert (forearm[2] - rig.matrix_world @ rig.pose.bones["left_hand"].head).length < 1e-6
    assert addon.overlay.colour_of("left_hand", status(addon, rig)) != addon.overlay.RED


def test_sentences_are_broken_where_they_fit(addon: Any) -> None:
    notes = importlib.import_module(f"{MODULE}.addon.notes")
    sentence = "The armature Jörg der Läufer is linked from characters.blend; make a library override of it first."
    lines = notes.lines_of(sentence, 200.0, 11.0)
    assert " ".join(lines) == sentence and 2 < len(lines) < 6
    blf = importlib.import_module("blf")  # there once bpy is
    blf.size(0, 11.0)
    assert all(blf.dimensions(0, line)[0] <= 200.0 for line in lines)
    wider = notes.lines_of(sentence, 400.0, 22.0)
    assert abs(len(wider) - len(lines)) <= 1, "at twice the size twice the width is needed"
    assert notes.lines_of("Donaudampfschifffahrt is long", 20.0, 11.0)[0] == "Donaudampfschifffahrt"
    assert notes.lines_of("", 200.0, 11.0) == []


# ---- suggestions


NUMBERED = {bone: f"Bone.{i:03}" for i, bone in enumerate(make_rig().bones)}
ARM = ("clavicle", "upper_arm", "forearm", "hand")


@pytest.fixture
def one_armed(addon: Any) -> Object:
    """A character of numbered bones without a right arm, whose shape shows no arms."""
    bones = {name: bone for name, bone in mirrored(BODY).items() if name.removeprefix("right_") not in ARM}
    obj = armature_of(make_rig(bones, names=NUMBERED), "Nelson")
    character().armature = obj
    return obj


def test_what_is_needed_is_said_in_plain_words(addon: Any, one_armed: Object) -> None:
    found = status(addon, one_armed)
    assert addon.words.trouble(found) == "Nothing can be put on it yet: its upper arms are not known."
    assert addon.asking.open_questions(found)[:2] == ["left_upper_arm", "right_upper_arm"], "needed parts come first"
    addon.own_maps.keep_own_map(bpy.context.scene, one_armed, {"left_thigh": [], "left_upper_arm": [NUMBERED["neck"]]})
    assert "its right upper arm and left thigh are not known" in addon.words.trouble(status(addon, one_armed))


def test_missing_bones_are_asked_for_one_by_one(addon: Any, one_armed: Object) -> None:
    scene = bpy.context.scene
    assert bpy.ops.posewright.choose_missing() == {"FINISHED"}
    assert character().asked == "left_upper_arm"
    suggested = [found.bone for found in status(addon, one_armed).suggestions("left_upper_arm")]
    assert NUMBERED["left_upper_arm"] in suggested[:3]
    assert bpy.ops.posewright.set_bone(part="left_upper_arm", bone=NUMBERED["left_upper_arm"]) == {"FINISHED"}
    assert character().asked == "right_upper_arm"
    assert bpy.ops.posewright.choose_missing(after="right_upper_arm") == {"FINISHED"}
    later = character().asked
    assert later not in ("", "right_upper_arm")
    seen = set()
    while addon.asking.asked_part(scene) and len(seen) < 20:
        part = character().asked
        assert part not in seen
        seen.add(part)
        if NUMBERED.get(part) in one_armed.data.bones and part != "spine":
            assert bpy.ops.posewright.set_bone(part=part, bone=NUMBERED[part]) == {"FINISHED"}
        else:
            assert bpy.ops.posewright.clear_bone(part=part) == {"FINISHED"}
    assert "right_upper_arm" in seen, "what was left for later is asked again"
    found = status(addon, one_armed).map
    assert found.first("left_hand") == NUMBERED["left_hand"]
    assert found.first("left_forearm") == NUMBERED["left_forearm"]
    assert not character().one_by_one


def test_suggestions_of_a_part_are_shown_and_put_away(addon: Any, rig: Object) -> None:
    assert bpy.ops.posewright.suggest_bones(part="left_hand") == {"FINISHED"}
    assert (character().asked, character().one_by_one) == ("left_hand", False)
    assert bpy.ops.posewright.set_bone(part="left_hand", bone="left_forearm") == {"FINISHED"}
    assert character().asked == "left_hand", "another one can be tried"
    assert status(addon, rig).suggestions("left_hand")[0].bone == "left_hand"
    assert bpy.ops.posewright.suggest_bones(part="left_hand") == {"FINISHED"}
    assert character().asked == ""
    with pytest.raises(RuntimeError, match="There is no part left_wing"):
        bpy.ops.posewright.suggest_bones(part="left_wing")
    character().asked = "nonsense"
    assert addon.asking.asked_part(bpy.context.scene) == ""


def test_a_good_character_leaves_no_question(addon: Any, rig: Object) -> None:
    addon.own_maps.keep_own_map(bpy.context.scene, rig, {"neck": []})
    assert addon.asking.open_questions(status(addon, rig)) == [], "many good rigs have no neck"
    assert bpy.ops.posewright.choose_missing() == {"FINISHED"}
    assert character().asked == ""


def test_suggestions_are_found_once(addon: Any, rig: Object) -> None:
    found = status(addon, rig)
    assert found.suggestions("head") is found.suggestions("head")
    bpy.ops.posewright.set_bone(part="left_hand", bone="left_forearm")
    assert status(addon, rig).suggestions("head") is not found.suggestions("head")


def test_suggestions_light_up_at_their_bones(addon: Any, rig: Object) -> None:
    bpy.ops.posewright.suggest_bones(part="left_hand")
    found = status(addon, rig)
    shown = addon.lighting.shown_bones(rig, found, "left_hand")
    assert [number for number, *_ in shown] == [1, 2, 3, 4, 5]
    assert shown[0][1] == "left_hand"
    assert (shown[0][2] - rig.matrix_world @ rig.pose.bones["left_hand"].head).length < 1e-6
    assert addon.lighting.lit_bone("left_hand", found) == "left_hand", "the present one"
    addon.lighting.look_at(bpy.context, shown[1][1])
    assert addon.lighting.lit_bone("left_hand", found) == shown[1][1], "the one that the mouse is over"
    assert addon.lighting.lit_bone("head", found) == "head"


def test_a_bone_is_picked_where_the_mouse_is(addon: Any, rig: Object) -> None:
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


def test_the_bone_under_the_mouse_lights_up(addon: Any, rig: Object) -> None:
    bpy.ops.posewright.suggest_bones(part="left_hand")
    found = status(addon, rig)
    addon.lighting.point_at(bpy.context, "right_toe")
    assert addon.lighting.lit_bone("left_hand", found) == "right_toe"
    assert [shown[:2] for shown in addon.lighting.shown_bones(rig, found, "left_hand")][-1] == (0, "right_toe")
    addon.lighting.point_at(bpy.context, "")
    assert addon.lighting.lit_bone("left_hand", found) == "left_hand"


def test_mere_numbers_are_not_what_is_left_of_names(addon: Any, one_armed: Object) -> None:
    assert addon.rows.shared_prefix(status(addon, one_armed)) == ""
    assert character().bones.hips_short.startswith("Bone.0")


def test_undo_comes_back_to_the_question(addon: Any, one_armed: Object) -> None:
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
