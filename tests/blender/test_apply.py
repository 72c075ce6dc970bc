"""Apply in the add-on: every choice from the panel and as an operator's property, and characters in every state."""

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest
from blender.armatures import armature_of
from bpy.types import Action, Object
from posewright.rigging.blender.layers import action_curves
from synthetic_rigs import make_rig, walking_take

MODULE = "bl_ext.user_default.posewright"
FRAMES, RATE = 24, 24.0


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone who walks for a second."""
    path = tmp_path_factory.mktemp("take") / "walk.npz"
    take = walking_take(FRAMES, RATE)
    np.savez(path, joints=take.joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path


@pytest.fixture
def rig(extension: ModuleType, walk: Path) -> Object:
    """A character in a scene of as many frames a second as the take, which is in its list; nothing is chosen."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.context.scene.render.fps = int(RATE)
    obj = armature_of(make_rig(), "Jörg der Läufer")
    assert bpy.ops.posewright.import_take(filepath=str(walk)) == {"FINISHED"}
    return obj


def panel() -> Any:
    return bpy.context.scene.posewright.apply


def apply(**choices: Any) -> set[str]:
    return bpy.ops.posewright.apply(**choices)


def frames(action: Action) -> list[float]:
    slot = action.slots[0] if hasattr(action, "slots") else None
    return sorted({round(point.co.x, 3) for curve in action_curves(action, slot) for point in curve.keyframe_points})


def settings_of(obj: Object) -> dict[str, Any]:
    return json.loads(obj.animation_data.action["posewright"]["settings"])


def names() -> set[str]:
    return {action.name for action in bpy.data.actions}


# ---- the operator's properties


def test_everything_can_be_given_to_the_operator(rig: Object) -> None:
    other = armature_of(make_rig(arm_degrees=40), "Other")
    chosen = {"feet": "never", "root": "in-place", "place": "character", "hands_meet": False, "fingers": False}
    keys = {"key_every": 2, "reduce": 0.5, "interpolation": "bezier", "frame_start": 101, "drive": "deform"}
    assert apply(take="walk", character="Jörg der Läufer", **chosen, **keys) == {"FINISHED"}
    assert other.animation_data is None
    said = settings_of(rig)
    assert (said["feet"], said["root"], said["place"], said["drive"]) == ("never", "in-place", "character", "deform")
    assert (said["hands"], said["fingers"]) == ("directions", False)
    assert said["keys"]["rate"] == RATE / 2
    assert (said["keys"]["reduce_degrees"], said["keys"]["interpolation"]) == (0.5, "bezier")
    assert frames(rig.animation_data.action)[0] == 101
    assert (panel().feet, panel().frame_start, panel().key_every) == ("auto", 1, 1), "the panel stays as it is"
    assert apply(character="Other") == {"FINISHED"}
    assert settings_of(other)["feet"] == "auto", "what is not given is as in the panel, not as it was last time"


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"take": "run"}, "There is no take run in this scene; its takes: walk"),
        ({"character": "nobody"}, "There is no character nobody in this scene; its armatures: Jörg der Läufer"),
    ],
)
def test_names_that_are_none_are_said(rig: Object, choices: dict[str, str], sentence: str) -> None:
    with pytest.raises(RuntimeError, match=sentence):
        apply(**choices)
    assert rig.animation_data is None


def test_the_panel_is_taken_where_nothing_is_given(rig: Object) -> None:
    panel().feet, panel().frame_start = "ground", 11
    assert apply() == {"FINISHED"}
    assert settings_of(rig)["feet"] == "ground"
    assert frames(rig.animation_data.action) == list(range(11, 11 + FRAMES))


def test_the_choices_of_panel_and_operators_are_the_same(rig: Object) -> None:
    known = set(importlib.import_module(f"{MODULE}.addon.apply.properties").CHOICES)
    assert known <= set(panel().bl_rna.properties.keys())
    for name in ("apply", "apply_from_armature"):
        rna = getattr(bpy.ops.posewright, name).get_rna_type().properties
        assert known | {"character"} <= set(rna.keys())
        assert all(rna[choice].description for choice in known)
        assert all(rna[choice].is_skip_save for choice in known), "the last call must not be what the next one does"


# ---- where it begins, how much of it


@pytest.mark.parametrize(("start", "first"), [("frame", 5), ("current", 40), ("footage", 30)])
def test_where_it_starts(rig: Object, start: str, first: int) -> None:
    scene = bpy.context.scene
    scene.posewright.takes[0].frame_start = 30
    scene.frame_set(40)
    panel().frame_start, panel().start = 5, start
    assert apply() == {"FINISHED"}
    assert frames(rig.animation_data.action)[0] == first


def test_the_scene_grows_for_a_whole_take(rig: Object) -> None:
    bpy.context.scene.frame_end = 10
    apply()
    assert bpy.context.scene.frame_end == FRAMES


@pytest.mark.parametrize("use_preview", [False, True])
def test_only_the_range_of_the_scene(rig: Object, use_preview: bool) -> None:
    scene = bpy.context.scene
    apply(result="new")
    rig_at = {frame: place(rig, frame) for frame in (8, 15)}
    scene.frame_start, scene.frame_end = (1, 100) if use_preview else (8, 15)
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = use_preview, 8, 15
    panel().range = "scene"
    assert apply(result="new") == {"FINISHED"}
    assert frames(rig.animation_data.action) == list(range(8, 16))
    for frame, before in rig_at.items():
        assert np.abs(place(rig, frame) - before).max() < 0.05, "the motion stays where it was in time"
    assert scene.frame_end == (100 if use_preview else 15)


def test_a_range_that_holds_nothing_is_said(rig: Object) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 200, 300
    with pytest.raises(RuntimeError, match=r"goes from frame 1 to 24, and the range from 200 to 300"):
        apply(range="scene")
    assert not names()


def test_contacts_of_a_part_lie_where_it_was_keyed(rig: Object) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 8, 15
    apply(range="scene")
    bpy.ops.posewright.edit_contacts()
    empty = next(obj for obj in bpy.data.objects if obj.name.endswith("contacts"))
    assert frames(empty.animation_data.action)[0] == 1, "contacts are of the whole take, from its first frame on"
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}
    assert frames(rig.animation_data.action) == list(range(8, 16))


def place(obj: Object, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array(evaluated.matrix_world @ evaluated.pose.bones["left_hand"].head)


# ---- what becomes of the actions


def test_the_same_take_again_makes_its_action_anew(rig: Object) -> None:
    for feet in ("auto", "never", "ground"):
        assert apply(feet=feet) == {"FINISHED"}
    assert names() == {"walk"}
    assert settings_of(rig)["feet"] == "ground"


def test_what_was_changed_by_hand_stays(rig: Object) -> None:
    apply()
    former = rig.animation_data.action
    slot = former.slots[0] if hasattr(former, "slots") else None
    action_curves(former, slot)[0].keyframe_points[3].co.y += 0.5
    apply()
    assert rig.animation_data.action != former
    assert former.use_fake_user
    assert "changed by hand" in panel().notes
    assert bpy.ops.posewright.dismiss_notes() == {"FINISHED"}
    assert panel().notes == ""


def test_a_new_action_keeps_the_former_one(rig: Object) -> None:
    apply()
    apply(result="new")
    assert names() == {"walk", "walk.001"}
    assert bpy.data.actions["walk"].use_fake_user


def test_another_take_gets_an_action_of_its_own(rig: Object, walk: Path) -> None:
    apply()
    bpy.ops.posewright.import_take(filepath=str(walk))
    bpy.context.scene.posewright.takes[1].name = "Tänzerin links"
    apply()
    assert names() == {"walk", "Tänzerin links"}
    assert apply(take="walk") == {"FINISHED"}
    assert rig.animation_data.action.name == "walk.001"


def test_a_foreign_action_stays(rig: Object) -> None:
    own = bpy.data.actions.new("Idle")
    rig.animation_data_create().action = own
    apply()
    assert names() == {"Idle", "walk"}
    assert own.use_fake_user


def test_strips_lie_above_each_other(rig: Object) -> None:
    apply(result="nla")
    apply(result="nla", frame_start=50)
    tracks = rig.animation_data.nla_tracks
    assert [round(track.strips[0].frame_start) for track in tracks if track.name.startswith("walk")][-1] == 50
    uid = bpy.context.scene.posewright.takes[0].uid
    assert all(track.strips[0].action.get("posewright_item") == uid for track in tracks if "around" not in track.name)


# ---- characters


def test_several_selected_characters_get_it_at_once(rig: Object) -> None:
    others = [armature_of(make_rig(arm_degrees=angle), f"Extra {angle}") for angle in (20, 40)]
    for obj in (rig, *others):
        obj.select_set(True)
    assert apply() == {"FINISHED"}
    assert all(obj.animation_data.action is not None for obj in (rig, *others))
    assert len(names()) == 3
    bpy.context.scene.posewright.character.armature = rig
    rig.select_set(False)
    assert apply(result="new") == {"FINISHED"}
    assert len(names()) == 4, "another one that is chosen is meant alone"


def test_one_of_several_that_cannot_is_said(rig: Object) -> None:
    wrong = bpy.data.objects.new("Stick", bpy.data.armatures.new("Stick"))
    bpy.context.scene.collection.objects.link(wrong)
    wrong.select_set(True)
    rig.select_set(True)
    assert apply() == {"FINISHED"}
    assert rig.animation_data.action is not None
    assert "Stick has no bones" in panel().notes


def test_an_armature_that_two_objects_share(rig: Object) -> None:
    twin = bpy.data.objects.new("Twin", rig.data)
    bpy.context.scene.collection.objects.link(twin)
    assert apply(character="Twin") == {"FINISHED"}
    assert not rig.animation_data
    assert apply(character=rig.name) == {"FINISHED"}
    assert twin.animation_data.action != rig.animation_data.action


def test_in_pose_mode(rig: Object) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    assert apply() == {"FINISHED"}
    assert rig.mode == "POSE"


def test_a_character_in_another_view_layer(rig: Object) -> None:
    scene = bpy.context.scene
    away = bpy.data.collections.new("Away")
    scene.collection.children.link(away)
    scene.collection.objects.unlink(rig)
    away.objects.link(rig)
    scene.view_layers.new("Second")
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True
    assert apply(character=rig.name) == {"FINISHED"}
    assert rig.animation_data.action is not None


def test_a_scene_without_anybody_gets_the_mannequin(rig: Object) -> None:
    bpy.data.objects.remove(rig)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.posewright.apply("EXEC_DEFAULT", True)
    mannequin = bpy.context.scene.posewright.character.armature
    assert mannequin.animation_data.action is not None
    bpy.ops.ed.undo()
    assert not [obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE"]


def test_a_library_override_keeps_its_motion(rig: Object, walk: Path, tmp_path: Path) -> None:
    bpy.data.libraries.write(str(tmp_path / "rig.blend"), {rig})
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.ops.posewright.import_take(filepath=str(walk))
    with bpy.data.libraries.load(str(tmp_path / "rig.blend"), link=True) as (_, wanted):
        wanted.objects = ["Jörg der Läufer"]
    linked = bpy.data.objects["Jörg der Läufer"]
    bpy.context.scene.collection.objects.link(linked)
    with pytest.raises(RuntimeError, match="make a library override of it first"):
        apply()
    override = linked.override_create(remap_local_usages=True)
    bpy.context.scene.posewright.character.armature = override
    bpy.ops.posewright.clear_bone(part="neck")
    assert apply() == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    again = bpy.context.scene.posewright.character.armature
    assert again.animation_data.action.frame_range[1] == FRAMES
    assert settings_of(again)["map"] == {"neck": []}


# ---- the map


def test_the_edited_map_is_used_and_kept(rig: Object) -> None:
    bpy.ops.posewright.clear_bone(part="left_toe")
    apply()
    slot = getattr(rig.animation_data, "action_slot", None)
    keyed = {curve.data_path.split('"')[1] for curve in action_curves(rig.animation_data.action, slot)}
    assert "right_toe" in keyed
    assert "left_toe" not in keyed
    assert settings_of(rig)["map"] == {"left_toe": []}
    bpy.ops.posewright.find_bones()
    applied = importlib.import_module(f"{MODULE}.rigging.blender.applied")
    assert applied.applied_to(rig).settings.map == {"left_toe": []}, "what was applied stays as it was"


def test_a_map_file_is_not_needed_any_more(rig: Object, tmp_path: Path) -> None:
    applied = importlib.import_module(f"{MODULE}.rigging.blender.applied")
    settings = importlib.import_module(f"{MODULE}.rigging.settings").RetargetSettings
    store = importlib.import_module(f"{MODULE}.addon.takes.store")
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"map": {"neck": None}}))
    take = store.current_take(bpy.context.scene.posewright.takes[0])
    made = applied.Applied(applied.take_id(take), 1.0, RATE, settings(map_file=file))
    applied.apply_take(rig, take, made, name="walk")
    file.unlink()
    again = applied.applied_to(rig)
    assert again.settings.map == {"neck": None}
    assert applied.apply_again(rig, take, again)["action"] == "walk"


# ---- real characters


@pytest.mark.parametrize("drive", ["fk", "ik"])
def test_a_real_control_rig(rig: Object, walk: Path, shared: Path, drive: str) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shared / "rigs" / "rigify_human_b42.blend"))
    bpy.ops.posewright.import_take(filepath=str(walk))
    assert apply(drive=drive, frame_start=10) == {"FINISHED"}
    obj = next(obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE")
    slot = getattr(obj.animation_data, "action_slot", None)
    paths = {curve.data_path for curve in action_curves(obj.animation_data.action, slot)}
    assert any(f'"hand_{drive}.L"' in path for path in paths)
    assert f"{drive.upper()}" in panel().notes


def test_a_real_mixamo_character(rig: Object, walk: Path, shared: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.ops.import_scene.fbx(filepath=str(shared / "rigs" / "mh_female_mixamo_tpose_cm.fbx"))
    bpy.ops.posewright.import_take(filepath=str(walk))
    mesh = next(obj for obj in bpy.context.scene.objects if obj.type == "MESH")
    assert apply(character=mesh.name, root="object") == {"FINISHED"}
    armature = next(obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE")
    assert armature.animation_data.action.name == "walk"


# ---- from armature to armature


def test_motion_of_an_armature_by_names(rig: Object) -> None:
    apply()
    other = armature_of(make_rig(arm_degrees=40), "Other")
    assert bpy.ops.posewright.apply_from_armature(source=rig.name, character="Other", feet="never") == {"FINISHED"}
    assert settings_of(other)["feet"] == "never"
    assert len(bpy.context.scene.posewright.takes) == 2
    with pytest.raises(RuntimeError, match="is the character itself"):
        bpy.ops.posewright.apply_from_armature(source="Other", character="Other")


# ---- what fails leaves nothing behind


def test_no_take_of_an_armature_stays_when_it_cannot_be_applied(rig: Object) -> None:
    apply()
    wrong = bpy.data.objects.new("Stick", bpy.data.armatures.new("Stick"))
    bpy.context.collection.objects.link(wrong)
    texts = len(bpy.data.texts)
    with pytest.raises(RuntimeError, match="Stick"):
        bpy.ops.posewright.apply_from_armature(source=rig.name, character="Stick")
    assert [item.name for item in bpy.context.scene.posewright.takes] == ["walk"]
    assert len(bpy.data.texts) == texts


def test_no_mannequin_comes_for_a_take_that_is_damaged(rig: Object) -> None:
    bpy.data.objects.remove(rig)
    bpy.context.scene.posewright.takes[0].text.clear()
    with pytest.raises(RuntimeError, match="damaged"):
        apply()
    assert not bpy.context.scene.objects and bpy.context.scene.posewright.character.armature is None
