"""Every kind of file in and out: what is saved moves the same way when it is opened again."""

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from blender.armatures import random_motion, world_heads
from bpy.types import Object
from posewright.errors import PosewrightError, UsageError
from posewright.rigging.blender import exporters
from posewright.rigging.blender.armature import armatures_of, meshes_of, named_armature
from posewright.rigging.blender.files import new_scene, open_rig, save_result
from posewright.rigging.blender.keyframes import key_motion
from posewright.rigging.blender.mannequin import build_mannequin
from posewright.rigging.blender.outputs import OUT_ENDINGS, ExportFor, check_output
from posewright.rigging.blender.stage import set_frame_rate

FRAMES = 12
MOVING = ("hips", "chest", "upper_arm.L", "forearm.R", "thigh.R", "foot.L")
LOOKED_AT = ("hips", "head", "hand.L", "hand.R", "toe.L", "toe.R")


def animated_mannequin() -> Object:
    """Return the mannequin with a random motion, beside something that is not part of the character."""
    new_scene()
    scene = bpy.context.scene
    set_frame_rate(scene, 25.0)
    scene.frame_start, scene.frame_end = 1, FRAMES
    obj = build_mannequin()
    key_motion(obj, random_motion(MOVING, FRAMES, fps=25.0), name="dance", fps=25.0)
    scene.collection.objects.link(bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN")))
    return obj


def reopen(path: Path) -> Object:
    """Open a result as another program would, and return its armature."""
    if path.suffix == ".usdc":
        new_scene()
        bpy.ops.wm.usd_import(filepath=str(path))
    elif path.suffix == ".bvh":
        new_scene()
        bpy.ops.import_anim.bvh(filepath=str(path), axis_forward="-Z", axis_up="Y", update_scene_fps=True)
    else:
        open_rig(path)
    return armatures_of(bpy.context.scene)[0]


@pytest.mark.parametrize("ending", OUT_ENDINGS)
def test_the_result_moves_the_same_when_it_is_opened_again(ending: str, tmp_path: Path) -> None:
    obj = animated_mannequin()
    frames = [1.0, 4.0, float(FRAMES)]
    expected = world_heads(obj, LOOKED_AT, frames)
    folder = tmp_path / "Größe 1"
    folder.mkdir()
    out = folder / f"Tänzer a{ending}"
    save_result(out, obj)
    assert [path.name for path in folder.iterdir()] == [out.name]
    again = reopen(out)
    rate = 25.0 * bpy.context.scene.render.fps_base / bpy.context.scene.render.fps
    if ending == ".usdc":  # Blender reads its time codes as frames, whatever their rate
        rate = 1.0
    names = tuple(name if name in again.pose.bones else name.replace(".", "_") for name in LOOKED_AT)
    start = again.animation_data.action.frame_range[0]
    found = world_heads(again, names, [start + (frame - 1) / rate for frame in frames])
    tolerance = 2e-3 if ending == ".usdc" else 5e-4
    np.testing.assert_allclose(found, expected, atol=tolerance)
    if ending in (".blend", ".fbx", ".glb"):
        assert "dance" in again.animation_data.action.name
    if ending != ".bvh":
        meshes = [mesh for mesh in meshes_of(again) if len(mesh.data.vertices) > 100]
        assert meshes
        assert {material.name.split(".")[0].replace("_", " ") for material in meshes[0].data.materials} == {
            "Mannequin shell",
            "Mannequin joints",
        }
    lights = [item.name for item in bpy.data.objects if item.type == "LIGHT"]
    assert lights == (["Lamp"] if ending == ".blend" else [])


@pytest.mark.parametrize("ending", (".blend", ".fbx", ".glb", ".bvh"))
def test_what_was_saved_serves_as_a_rig(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"rig ö{ending}"
    save_result(out, animated_mannequin())
    before = hashlib.sha256(out.read_bytes()).hexdigest()
    open_rig(out)
    obj = armatures_of(bpy.context.scene)[0]
    assert len(obj.data.bones) == 21
    key_motion(obj, random_motion((obj.data.bones[3].name,), 5), name="other", fps=30.0)
    save_result(tmp_path / "other.blend", obj)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == before


def test_a_vrm_is_read_as_the_gltf_that_it_is(tmp_path: Path) -> None:
    save_result(tmp_path / "character.glb", animated_mannequin())
    (tmp_path / "character.glb").rename(tmp_path / "character.vrm")
    open_rig(tmp_path / "character.vrm")
    assert len(armatures_of(bpy.context.scene)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["character.vrm"]


@pytest.mark.parametrize("ending", (".blend", ".fbx", ".glb", ".gltf", ".vrm", ".bvh"))
@pytest.mark.parametrize("content", (b"", b"this is no rig\n"), ids=("empty", "text"))
def test_files_that_are_no_rigs_give_a_sentence(ending: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"broken{ending}"
    path.write_bytes(content)
    with pytest.raises(PosewrightError, match="cannot be opened as a") as caught:
        open_rig(path)
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_wrong_kind_give_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="There is no file"):
        open_rig(tmp_path / "none.blend")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(UsageError, match="no kind of rig file"):
        open_rig(tmp_path / "a.txt")


def test_a_file_without_armature_gives_a_sentence(tmp_path: Path) -> None:
    new_scene()
    bpy.ops.mesh.primitive_cube_add()
    path = tmp_path / "cube.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    open_rig(path)
    with pytest.raises(PosewrightError, match=r"There is no armature in cube\.blend"):
        armatures_of(bpy.context.scene, source="cube.blend")


def test_an_armature_is_found_by_its_name() -> None:
    new_scene()
    for name in ("Anna", "Bert"):
        obj = bpy.data.objects.new(name, bpy.data.armatures.new(f"{name} data"))
        bpy.context.scene.collection.objects.link(obj)
    assert named_armature(bpy.context.scene, "Bert data").name == "Bert"
    with pytest.raises(PosewrightError, match="it holds: Anna, Bert"):
        named_armature(bpy.context.scene, "Carl")


def test_outputs_are_checked_before_the_work(tmp_path: Path) -> None:
    existing = tmp_path / "out.blend"
    existing.write_bytes(b"old")
    with pytest.raises(PosewrightError, match="exists already"):
        check_output(existing, None, overwrite=False)
    check_output(existing, None, overwrite=True)
    with pytest.raises(PosewrightError, match="is the rig itself"):
        check_output(existing, tmp_path / "." / "out.blend", overwrite=True)
    with pytest.raises(PosewrightError, match="is the motion itself"):
        check_output(existing, None, overwrite=True, motion=existing)
    with pytest.raises(UsageError, match="must end in one of"):
        check_output(tmp_path / "out.obj", None, overwrite=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(PosewrightError, match="cannot be written"):
        check_output(tmp_path / "file" / "out.blend", None, overwrite=True)


def test_a_failed_save_leaves_no_part(tmp_path: Path) -> None:
    out = tmp_path / "out.blend"
    (out / "in the way").mkdir(parents=True)
    with pytest.raises(PosewrightError, match="could not be written"):
        save_result(out, animated_mannequin())
    assert [path.name for path in tmp_path.iterdir()] == ["out.blend"]
    assert (out / "in the way").is_dir()


@pytest.mark.parametrize("ending", (".fbx", ".glb", ".usdc"))
def test_a_failed_export_leaves_the_scene_as_it_was(ending: str, tmp_path: Path) -> None:
    obj = animated_mannequin()
    lamp = bpy.data.objects["Lamp"]
    bpy.context.view_layer.update()
    for item in bpy.context.view_layer.objects:
        item.select_set(item == lamp)
    obj.hide_set(True)
    scene_name = bpy.context.scene.name
    (tmp_path / f"dance{ending}" / "in the way").mkdir(parents=True)
    with pytest.raises(PosewrightError, match="could not be written"):
        save_result(tmp_path / f"dance{ending}", obj)
    assert obj.hide_get() and lamp.select_get() and not obj.select_get()
    assert bpy.context.scene.name == scene_name
    assert [path.name for path in tmp_path.iterdir()] == [f"dance{ending}"]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems limit the size of files")
@pytest.mark.parametrize(("ending", "engine"), ((".fbx", "unreal"), (".glb", "unity")))
def test_a_full_disk_with_an_engines_export(ending: str, engine: ExportFor, tmp_path: Path) -> None:
    import resource

    obj = animated_mannequin()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, usual[1]))
    try:
        with pytest.raises(PosewrightError, match="could not be written"):
            save_result(tmp_path / f"dance{ending}", obj, engine)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(tmp_path.iterdir()) == []
    assert obj.name == "Mannequin" and bpy.context.scene.name == "Scene"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems limit the size of files")
@pytest.mark.parametrize("ending", OUT_ENDINGS)
def test_a_full_disk_gives_a_sentence_and_leaves_nothing(ending: str, tmp_path: Path) -> None:
    import resource

    obj = animated_mannequin()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, usual[1]))  # to a writing program the same as a full disk
    try:
        with pytest.raises(PosewrightError, match="could not be written"):
            save_result(tmp_path / f"dance{ending}", obj)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(tmp_path.iterdir()) == []


def test_a_blender_without_usd_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    obj = animated_mannequin()
    app = SimpleNamespace(build_options=SimpleNamespace(usd=False), version_string="5.2")
    monkeypatch.setattr(exporters, "bpy", SimpleNamespace(app=app))  # as Debian builds it
    with pytest.raises(PosewrightError, match="built without USD; take another format"):
        save_result(tmp_path / "out.usdc", obj)
    assert not list(tmp_path.iterdir())
