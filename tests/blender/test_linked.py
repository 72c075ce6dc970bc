"""Characters from other files, shared data, and states of an armature in which its animation would not show."""

import hashlib
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender.armatures import random_motion, world_heads
from bpy.types import Collection, Object
from posewright.errors import PosewrightError
from posewright.rigging.blender.armature import armatures_of, meshes_of
from posewright.rigging.blender.files import new_scene, open_rig, save_result
from posewright.rigging.blender.job import run_job
from posewright.rigging.blender.keyframes import key_motion
from posewright.rigging.blender.linked import check_editable, make_ready, override_linked
from posewright.rigging.blender.mannequin import build_mannequin
from synthetic_rigs import walking_take

FRAMES = 10
LOOKED_AT = ("hips", "hand.L", "foot.R")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A file with a character in the collection Hero, whose armature has an action."""
    new_scene()
    obj = build_mannequin()
    collection = bpy.data.collections.new("Hero")
    bpy.context.scene.collection.children.link(collection)
    for item in [obj, *meshes_of(obj)]:
        for former in list(item.users_collection):
            former.objects.unlink(item)
        collection.objects.link(item)
    key_motion(obj, random_motion(("chest",), 5), name="idle", fps=30.0)
    (tmp_path / "assets").mkdir()
    path = tmp_path / "assets" / "hero ä.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def linked(library: Path) -> Collection:
    new_scene()
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Hero"]
    return bpy.data.collections["Hero"]


def shot(library: Path, kind: str, folder: Path) -> Path:
    """Save a file that uses the character: linked, instanced by an empty that is turned, or overridden."""
    collection = linked(library)
    scene, layer = bpy.context.scene, bpy.context.view_layer
    if kind == "instance":
        empty = bpy.data.objects.new("Hero here", None)
        empty.instance_type, empty.instance_collection = "COLLECTION", collection
        empty.location, empty.rotation_euler = (1.0, 2.0, 0.0), (0.0, 0.0, np.pi / 2)
        scene.collection.objects.link(empty)
    elif kind == "linked":
        scene.collection.children.link(collection)
    else:
        collection.override_hierarchy_create(scene, layer, do_fully_editable=kind == "override")
    path = folder / f"{kind}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def local_armature() -> Object:
    (obj,) = [item for item in armatures_of(bpy.context.scene) if item.library is None]
    return obj


@pytest.mark.parametrize("kind", ("override", "system override", "linked", "instance"))
def test_a_linked_character_is_animated_and_its_file_is_not_changed(kind: str, library: Path, tmp_path: Path) -> None:
    rig = shot(library, kind, tmp_path)
    walking_take(FRAMES).save(tmp_path / "walk.npz")
    before = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (library, rig)]
    out = tmp_path / "result" / "out.blend"
    result = run_job({"motion": str(tmp_path / "walk.npz"), "rig": str(rig), "out": str(out)})
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in (library, rig)] == before
    assert any("library override" in note for note in result["notes"]) == (kind in ("linked", "instance"))
    open_rig(out)
    obj = local_armature()
    assert obj.override_library is not None
    assert Path(bpy.path.abspath(obj.override_library.reference.library.filepath)).resolve() == library
    assert not [item for item in bpy.context.scene.objects if item.instance_type == "COLLECTION"]
    heads = world_heads(obj, LOOKED_AT, [1.0, 5.0, float(FRAMES)])
    assert np.linalg.norm(np.diff(heads, axis=0), axis=-1).min() > 0.02  # everything moves
    (body,) = [mesh for mesh in meshes_of(obj) if mesh.library is None]
    assert body.modifiers[0].object == obj
    assert len(body.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh().vertices) > 100


def test_an_instance_keeps_its_place(library: Path, tmp_path: Path) -> None:
    open_rig(shot(library, "instance", tmp_path))
    assert len(override_linked(bpy.context.scene)) == 1
    obj = local_armature()
    np.testing.assert_allclose(np.array(obj.matrix_world)[:3, 3], [1, 2, 0], atol=1e-6)
    np.testing.assert_allclose(np.array(obj.matrix_world)[:3, 0], [0, 1, 0], atol=1e-6)


def test_in_the_open_scene_a_sentence_says_what_to_do(library: Path, tmp_path: Path) -> None:
    open_rig(shot(library, "instance", tmp_path))
    with pytest.raises(PosewrightError, match=r"character of Hero here is an instance .* Library Override > Make"):
        armatures_of(bpy.context.scene)
    open_rig(shot(library, "linked", tmp_path))
    (obj,) = armatures_of(bpy.context.scene)
    with pytest.raises(PosewrightError, match=r"is linked from hero ä\.blend; make a library override"):
        check_editable(obj)


def test_a_linked_action_stays_where_it_is(library: Path, tmp_path: Path) -> None:
    new_scene()
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.actions = ["idle"]
    obj = build_mannequin()
    obj.animation_data_create().action = bpy.data.actions["idle"]
    key_motion(obj, random_motion(("hips",), FRAMES), name="dance", fps=30.0)
    assert obj.animation_data.action.name == "dance" and obj.animation_data.action.library is None


def test_of_two_objects_with_one_skeleton_one_moves() -> None:
    new_scene()
    obj = build_mannequin()
    twin = bpy.data.objects.new("Twin", obj.data)
    bpy.context.scene.collection.objects.link(twin)
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(obj)
    key_motion(obj, random_motion(("hips", "chest"), FRAMES), name="dance", fps=30.0)
    frames = [1.0, 6.0]
    assert np.abs(np.diff(world_heads(obj, LOOKED_AT, frames), axis=0)).max() > 0.01
    assert np.abs(np.diff(world_heads(twin, LOOKED_AT, frames), axis=0)).max() < 1e-6
    assert other.objects[obj.name].animation_data.action.name == "dance"


def test_rest_position_and_edit_mode_are_left() -> None:
    new_scene()
    obj = build_mannequin()
    assert make_ready(obj) == []
    obj.data.pose_position = "REST"
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    notes = make_ready(obj)
    assert obj.mode == "OBJECT" and obj.data.pose_position == "POSE"
    assert len(notes) == 2 and "edit mode" in notes[0] and "rest position" in notes[1]
    for collection in list(obj.users_collection):
        collection.objects.unlink(obj)
    bpy.context.view_layer.update()
    assert "no collection of this view layer" in make_ready(obj)[0]


@pytest.mark.parametrize("ending", (".bvh", ".fbx"))
def test_an_armature_that_no_layer_shows_is_written_as_it_moves(ending: str, tmp_path: Path) -> None:
    new_scene()
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    obj = build_mannequin()
    key_motion(obj, random_motion(("hips", "chest"), FRAMES), name="dance", fps=30.0)
    apart = bpy.data.collections.new("apart")
    scene.collection.children.link(apart)
    for collection in list(obj.users_collection):
        collection.objects.unlink(obj)
    apart.objects.link(obj)
    bpy.context.view_layer.layer_collection.children["apart"].exclude = True
    save_result(tmp_path / f"out{ending}", obj)
    open_rig(tmp_path / f"out{ending}")
    (again,) = armatures_of(bpy.context.scene)
    assert np.abs(np.diff(world_heads(again, LOOKED_AT, [1.0, 5.0]), axis=0)).max() > 0.01
