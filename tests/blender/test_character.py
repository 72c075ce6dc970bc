"""The character of the add-on: choosing it, what is known about its bones, and the editor of the map."""

import importlib
import json
from pathlib import Path
from typing import Any

import bpy
import pytest
from blender.armatures import armature_of
from blender.characters import character, status
from bpy.types import Object
from synthetic_rigs import make_rig

MODULE = "bl_ext.user_default.posewright"
pytestmark = pytest.mark.usefixtures("maps")
MIXAMO = "mh_female_mixamo_tpose_cm.fbx"


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


def test_a_character_is_picked_by_name_or_by_its_mesh(modules: Any) -> None:
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
    assert modules.choice.find_character(bpy.context) == second, "the mesh that is selected means its armature"


def test_what_is_no_character_is_refused(modules: Any) -> None:
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


def test_the_generated_rig_goes_before_its_meta_rig(modules: Any) -> None:
    meta, generated = armature_of(make_rig(), "metarig"), armature_of(make_rig(), "RIG-metarig")
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        meta.pose.bones["hips"].rigify_type = "spines.basic_spine"
        generated.data["rig_id"] = "a1b2"
        select()
        assert modules.choice.find_character(bpy.context) == generated
        assert bpy.ops.posewright.pick_character(character="metarig") == {"FINISHED"}
        assert character().armature == generated
        meta.data.rigify_target_rig = generated
        assert bpy.ops.posewright.pick_character(character="metarig") == {"FINISHED"}
        assert character().armature == generated
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")


def test_a_meta_rig_alone_is_a_character(modules: Any) -> None:
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        bpy.ops.object.armature_human_metarig_add()
        assert modules.choice.find_character(bpy.context).data.name
        found = status(modules, modules.choice.find_character(bpy.context))
        assert modules.words.system(found).startswith("Rigify")
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")


def test_a_linked_character_is_said_before_apply(modules: Any, tmp_path: Path) -> None:
    obj = armature_of(make_rig(), "Linked")
    file = tmp_path / "characters of Jörg.blend"
    bpy.data.libraries.write(str(file), {obj})
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    with bpy.data.libraries.load(str(file), link=True) as (_, wanted):
        wanted.objects = ["Linked"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    assert "is linked from characters of Jörg.blend; make a library override" in modules.choice.trouble_of(bpy.context)
    assert len(status(modules, wanted.objects[0]).map.bones) >= 20, "its bones are known all the same"
    override = bpy.data.objects["Linked"].override_create(remap_local_usages=True)
    character().armature = override
    assert modules.choice.trouble_of(bpy.context) == ""


def test_an_instance_of_a_linked_collection_is_said_before_apply(modules: Any, tmp_path: Path) -> None:
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
    assert "is an instance of a linked collection" in modules.choice.trouble_of(bpy.context)


# ---- what is known


def test_a_good_character_is_understood(modules: Any, rig: Object) -> None:
    found = status(modules, rig)
    assert modules.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert modules.words.lacks(found) == ""
    assert modules.words.doubts(found) == []


def test_real_characters_are_understood(modules: Any, shared: Path) -> None:
    bpy.ops.import_scene.fbx(filepath=str(shared / "rigs" / MIXAMO))
    obj = next(obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE")
    found = status(modules, obj)
    assert modules.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert modules.words.system(found) == "Mixamo names"
    assert modules.words.extras(found) == "With fingers"


def test_a_control_rig_is_understood(modules: Any, shared: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shared / "rigs" / "rigify_human_b42.blend"))
    obj = modules.choice.find_character(bpy.context)
    found = status(modules, obj)
    assert modules.words.summary(found) == ("20 of 20 parts", "CHECKMARK")
    assert modules.words.system(found) == "Rigify names"
    assert modules.words.extras(found) == "With controls and fingers"


def test_bones_are_looked_at_once(modules: Any, rig: Object) -> None:
    first = status(modules, rig)
    assert status(modules, rig) is first
    rig.location.x, rig.pose.bones["head"].location.x = 3.0, 0.1
    assert status(modules, rig) is first, "poses and places change nothing"
    rig.data.bones["left_hand"].name = "paw"
    again = status(modules, rig)
    assert again is not first
    assert again.map.bones["left_hand"] == ("paw",)


def test_two_objects_may_share_an_armature(modules: Any, rig: Object) -> None:
    other = bpy.data.objects.new("Twin", rig.data)
    bpy.context.scene.collection.objects.link(other)
    modules.own_maps.keep_own_map(bpy.context.scene, other, {"neck": []})
    assert "neck" in status(modules, rig).map.bones
    assert "neck" not in status(modules, other).map.bones


def test_what_is_missing_is_said_in_words(modules: Any, rig: Object) -> None:
    entries = {"neck": [], "left_toe": [], "right_toe": [], "left_hand": []}
    modules.own_maps.keep_own_map(bpy.context.scene, rig, entries)
    found = status(modules, rig)
    assert modules.words.lacks(found) == "No neck, no left hand, no toes"
    assert modules.words.summary(found) == ("16 of 20 parts", "INFO")
    entries |= {"left_foot": [], "right_foot": [], "left_thigh": []}
    modules.own_maps.keep_own_map(bpy.context.scene, rig, entries)
    found = status(modules, rig)
    assert "has no legs" in found.trouble
    assert modules.words.trouble(found) == "Nothing can be put on it yet: its left thigh is not known."
    assert modules.words.summary(found)[1] == "ERROR"
    assert "no feet" in modules.words.lacks(found)


def test_an_armature_without_sense_is_an_error(modules: Any) -> None:
    empty = bpy.data.objects.new("Nothing", bpy.data.armatures.new("Nothing"))
    bpy.context.scene.collection.objects.link(empty)
    with pytest.raises(Exception, match="has no bones"):
        status(modules, empty)


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


def test_fields_leave_out_what_all_names_begin_with(modules: Any) -> None:
    names = {bone: f"mixamorig:{bone}" for bone in make_rig().bones}
    rig = armature_of(make_rig(names=names), "Mixamo")
    bones = character().bones
    assert (bones.left_hand, bones.left_hand_short) == ("mixamorig:left_hand", "left_hand")
    bones.left_hand_short = "left_forearm"
    assert bones.left_hand == "mixamorig:left_forearm"
    bones.left_hand_short = "mixamorig:left_hand"
    assert bones.left_hand_short == "left_hand", "whole names are understood too"
    bones.left_hand_short = ""
    assert "left_hand" not in status(modules, rig).map.bones


def test_a_part_is_set_to_the_active_bone(modules: Any, rig: Object) -> None:
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
    assert "left_hand" not in status(modules, rig).map.bones
    assert bpy.ops.posewright.pin_bone(part="left_hand") == {"FINISHED"}
    assert character().bones.left_hand == "left_hand", "what was stated is given up"
    assert bpy.ops.posewright.pin_bone(part="left_hand") == {"FINISHED"}
    assert modules.own_maps.own_map(bpy.context.scene, rig) == {"left_hand": ["left_hand"]}


def test_find_bones_gives_up_all_changes(modules: Any, rig: Object) -> None:
    character().bones.left_hand = "left_forearm"
    character().bones.head = ""
    assert bpy.ops.posewright.find_bones() == {"FINISHED"}
    assert modules.own_maps.own_map(bpy.context.scene, rig) == {}
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


def test_conflicts_are_found(modules: Any, rig: Object) -> None:
    assert bpy.ops.posewright.check_map() == {"FINISHED"}
    assert status(modules, rig).conflicts == ()
    modules.own_maps.keep_own_map(
        bpy.context.scene, rig, {"left_upper_arm": ["left_forearm"], "left_forearm": ["left_upper_arm"]}
    )
    assert any("on which it should hang" in sentence for sentence in status(modules, rig).conflicts)
    assert modules.words.summary(status(modules, rig))[1] == "INFO"
    assert bpy.ops.posewright.check_map() == {"FINISHED"}


def test_maps_are_saved_and_loaded(modules: Any, rig: Object, tmp_path: Path) -> None:
    character().bones.left_hand = "left_forearm"
    file = tmp_path / "Jörgs Karte"
    assert bpy.ops.posewright.save_map(filepath=str(file)) == {"FINISHED"}
    written = json.loads((tmp_path / "Jörgs Karte.json").read_text("utf-8"))
    assert written["map"]["left_hand"] == "left_forearm"
    before = status(modules, rig).map.bones
    bpy.ops.posewright.find_bones()
    assert bpy.ops.posewright.load_map(filepath=str(tmp_path / "Jörgs Karte.json")) == {"FINISHED"}
    assert status(modules, rig).map.bones == before
    with pytest.raises(RuntimeError, match="Name the file"):
        bpy.ops.posewright.load_map()
    written["map"]["head"] = "nobody"
    (tmp_path / "wrong.json").write_text(json.dumps(written))
    with pytest.raises(RuntimeError, match="names the bone nobody"):
        bpy.ops.posewright.load_map(filepath=str(tmp_path / "wrong.json"))
    assert status(modules, rig).map.bones == before


def test_a_map_is_remembered_and_forgotten(modules: Any, rig: Object, maps: Path) -> None:
    bpy.ops.posewright.clear_bone(part="neck")
    assert bpy.ops.posewright.remember_map() == {"FINISHED"}
    assert len(list(maps.glob("*.json"))) == 1
    other = armature_of(make_rig(arm_degrees=30), "Another")
    found = status(modules, other)
    assert "neck" not in found.map.bones
    assert found.is_remembered
    assert modules.words.system(found) == "Remembered map"
    assert bpy.ops.posewright.forget_map() == {"FINISHED"}
    assert "neck" in status(modules, other).map.bones
    assert not list(maps.glob("*.json"))


def test_changes_survive_saving_and_undo(modules: Any, rig: Object, tmp_path: Path) -> None:
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
    assert "neck" not in status(modules, character().armature).map.bones


def test_a_bone_that_is_gone_is_said(modules: Any, rig: Object) -> None:
    character().bones.left_hand = "left_forearm"
    rig.data.bones["left_forearm"].name = "arm"
    with pytest.raises(Exception, match="names the bone left_forearm, which Jörg der Läufer does not have"):
        status(modules, rig)
    assert character().bones.head == "", "nothing is known until it is found anew"
    assert bpy.ops.posewright.find_bones() == {"FINISHED"}
    assert character().bones.head == "head"


def test_nothing_can_be_edited_without_a_character(modules: Any) -> None:
    for name in ("find_bones", "set_bone", "mirror_map", "save_map", "load_map", "remember_map", "forget_map"):
        assert not getattr(bpy.ops.posewright, name).poll()
    assert character().bones.left_hand == ""
    character().bones.left_hand = "hand"
    assert not len(character().own_maps)


def test_the_drawn_map_has_a_line_for_each_bone(modules: Any, rig: Object) -> None:
    found = status(modules, rig).map
    lines = modules.overlay.segments(rig, found)
    assert len(lines) == sum(len(bones) for bones in found.bones.values())
    forearm = next(line for line in lines if line[0] == "left_forearm")
    assert (forearm[2] - rig.matrix_world @ rig.pose.bones["left_hand"].head).length < 1e-6
    assert modules.overlay.colour_of("left_hand", status(modules, rig)) != modules.overlay.RED


def test_sentences_are_broken_where_they_fit(modules: Any) -> None:
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
