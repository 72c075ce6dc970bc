"""What formats keep: limbs, path, rate, shape keys and materials; exports for engines; and the scene afterwards."""

import importlib.util
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from bpy.types import Object
from posewright.core.take import Take
from posewright.errors import UsageError
from posewright.rigging.blender.apply import animate_armature
from posewright.rigging.blender.armature import armatures_of, meshes_of, rest_of
from posewright.rigging.blender.files import new_scene, save_result
from posewright.rigging.blender.mannequin import build_mannequin
from posewright.rigging.blender.outputs import EXPORT_FOR, check_export_for
from posewright.rigging.blender.stage import set_frame_rate
from posewright.rigging.keys.settings import KeySettings
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.settings import RetargetSettings
from synthetic_rigs import walking_take

FRAMES = 20
BETWEEN = {".bvh": 1.5}  # degrees half-way between frames: a .bvh holds Euler angles


@pytest.fixture(scope="module")
def formats(checkout: Path) -> ModuleType:
    """The benchmark, whose comparison the tests share."""
    spec = importlib.util.spec_from_file_location("formats", checkout / "benchmarks" / "formats.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def walk(fps: float = 30.0) -> Take:
    return walking_take(FRAMES, fps)


def dancer(**keys: object) -> Object:
    """Return the walking mannequin with a shape key that moves, beside a lamp."""
    new_scene()
    scene = bpy.context.scene
    set_frame_rate(scene, 25.0)
    scene.frame_start, scene.frame_end = 1, FRAMES
    obj = build_mannequin()
    settings = RetargetSettings(keys=KeySettings(**keys))
    animate_armature(obj, walk(25.0), settings, name="walk")
    body = meshes_of(obj)[0]
    body.shape_key_add(name="Basis")
    smile = body.shape_key_add(name="Smile")
    smile.data[0].co.z += 0.1
    scene.collection.objects.link(bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN")))
    return obj


@pytest.mark.parametrize(
    ("rig", "ending"),
    [
        ("mh_female_mixamo_tpose_cm.fbx", ".fbx"),
        ("mh_female_mixamo_tpose_cm.fbx", ".glb"),
        ("cesium_man.gltf", ".fbx"),
        ("cesium_man.gltf", ".bvh"),
        ("cryptovoxels.vrm", ".usdc"),
        ("mh_male_cmu_mb_apose.blend", ".bvh"),
    ],
)
def test_real_rigs_move_the_same_after_export_and_import(
    rig: str, ending: str, shared: Path, tmp_path: Path, formats: ModuleType
) -> None:
    change = formats.changed(str(shared / "rigs" / rig), walk(), ending, tmp_path)
    assert change.degrees < 0.1
    assert change.between < BETWEEN.get(ending, 0.1)
    assert change.hips < 1e-3
    assert change.frames == FRAMES
    assert change.fps is None or change.fps == pytest.approx(30.0, abs=0.01)


@pytest.mark.parametrize("ending", (".fbx", ".glb", ".usdc", ".bvh"))
@pytest.mark.parametrize("keys", ({"nla": True}, {"reduce_degrees": 1.0}, {"interpolation": "bezier", "rate": 10.0}))
def test_strips_and_few_keys_are_exported_as_they_move(
    ending: str, keys: dict, tmp_path: Path, formats: ModuleType
) -> None:
    obj = dancer(**keys)
    rig_map = map_rig(rest_of(obj))
    before = formats.moving(obj, rig_map, 1, FRAMES)
    save_result(tmp_path / f"out{ending}", obj)
    again, fps = formats.reopen(tmp_path / f"out{ending}")
    rate = 1.0 if fps is None else fps / 25.0
    after = formats.moving(again, rig_map, again.animation_data.action.frame_range[0], FRAMES, rate)
    change = before.compare(after, fps)
    assert change.degrees < 0.1 and change.hips < 1e-3


@pytest.mark.parametrize("ending", (".fbx", ".glb"))
@pytest.mark.parametrize("engine", EXPORT_FOR)
def test_exports_for_engines_keep_size_and_facing(
    engine: str, ending: str, tmp_path: Path, formats: ModuleType
) -> None:
    obj = dancer()
    obj.data.bones["toe.L"].use_deform = False
    rig_map = map_rig(rest_of(obj))
    before = formats.moving(obj, rig_map, 1, FRAMES)
    name, scene_name = obj.name, bpy.context.scene.name
    save_result(tmp_path / f"out{ending}", obj, check_export_for(engine, tmp_path / f"out{ending}"))
    assert (obj.name, bpy.context.scene.name) == (name, scene_name)
    again, fps = formats.reopen(tmp_path / f"out{ending}")
    if engine == "unreal" and ending == ".fbx":
        assert again.name == "Armature"
    assert len(armatures_of(bpy.context.scene)) == 1
    assert "toe.L" not in again.data.bones and "foot.L" in again.data.bones
    assert not [bone.name for bone in again.data.bones if bone.name.endswith("_end")]
    assert fps is not None
    start = again.animation_data.action.frame_range[0]
    change = before.compare(formats.moving(again, rig_map, start, FRAMES, fps / 25.0), fps)
    assert change.degrees < 0.1 and change.hips < 1e-3
    rest = rest_of(again)
    ball = rest.tails()[rest.index("foot.L")] - rest.heads()[rest.index("foot.L")]
    assert ball[1] < -0.5 * np.linalg.norm(ball)  # faces -Y in Blender again: forward in the engine


def test_exports_for_engines_are_checked() -> None:
    assert check_export_for(None, Path("a.blend")) is None
    with pytest.raises(UsageError, match="no export for godot; choose one of unreal, unity"):
        check_export_for("godot", Path("a.fbx"))
    with pytest.raises(UsageError, match=r"Only \.fbx and \.glb can be made for unity; a\.usdc is neither"):
        check_export_for("unity", Path("a.usdc"))


@pytest.mark.parametrize("ending", (".fbx", ".glb", ".usdc"))
def test_shape_keys_and_materials_survive(ending: str, tmp_path: Path, formats: ModuleType) -> None:
    obj = dancer()
    materials = len(meshes_of(obj)[0].data.materials)
    save_result(tmp_path / f"out{ending}", obj)
    again, _ = formats.reopen(tmp_path / f"out{ending}")
    bodies = [mesh for mesh in meshes_of(again) if len(mesh.data.vertices) > 100]
    assert len(bodies) == 1
    assert len(bodies[0].data.materials) == materials > 1
    assert "Smile" in bodies[0].data.shape_keys.key_blocks


@pytest.mark.parametrize("ending", (".fbx", ".glb", ".usdc", ".bvh", ".blend"))
@pytest.mark.parametrize("state", ("hidden", "not in the view layer", "in pose mode"))
def test_the_scene_is_as_before(ending: str, state: str, tmp_path: Path, formats: ModuleType) -> None:
    obj = dancer()
    scene, layer, body = bpy.context.scene, bpy.context.view_layer, meshes_of(obj)[0]
    lamp = bpy.data.objects["Lamp"]
    for item in layer.objects:
        item.select_set(item == lamp)
    layer.objects.active = lamp
    if state == "hidden":
        obj.hide_set(True)
        body.hide_viewport = body.hide_select = True
    elif state == "in pose mode":
        layer.objects.active = obj
        bpy.ops.object.mode_set(mode="POSE")
    else:
        apart = bpy.data.collections.new("apart")
        scene.collection.children.link(apart)
        apart.objects.link(obj)
        for collection in list(obj.users_collection):
            if collection != apart:
                collection.objects.unlink(obj)
        layer.layer_collection.children["apart"].exclude = True
    scene.frame_set(7, subframe=0.5)
    scene.name = "My scene"

    def look() -> tuple:
        flags = [(item.name, item.hide_viewport, item.hide_select, item.select_get()) for item in layer.objects]
        eyes = sorted(item.name for item in layer.objects if item.hide_get())
        frame = (scene.frame_current, scene.frame_subframe, scene.name)
        return (*sorted(flags), *eyes, frame, layer.objects.active.name, obj.mode, len(bpy.data.objects))

    before = look()
    save_result(tmp_path / f"out{ending}", obj)
    assert look() == before
    if ending not in (".blend", ".bvh"):
        again, _ = formats.reopen(tmp_path / f"out{ending}")
        assert again.animation_data.action is not None
