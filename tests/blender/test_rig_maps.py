"""Maps of thirteen rigs from many sources, against the true maps that people made by hand."""

import json
from pathlib import Path

import bpy
import pytest
from posewright.errors import PosewrightError
from posewright.rigging.blender.armature import armatures_of, rest_of
from posewright.rigging.blender.files import open_rig
from posewright.rigging.mapping import PARTS, map_rig
from posewright.rigging.rig import RigMap

RIGS = (
    "mh_male_cmu_mb_apose.blend",
    "mh_female_unreal_apose.glb",
    "mh_female_mixamo_tpose_cm.fbx",
    "mh_male_default_163bones.blend",
    "rigify_human_b42.blend",
    "rigify_human_full.blend",
    "mesh2motion_ik_control.blend",
    "kaykit_knight.glb",
    "kenney_medium_unitylike.glb",
    "quaternius_robot.glb",
    "cryptovoxels.vrm",
    "seedsan_apose_cm.fbx",
    "cesium_man.gltf",
)
SINCE_4_5 = ("rigify_human_full.blend", "mesh2motion_ik_control.blend")


def found_map(path: Path, armature: str) -> RigMap:
    open_rig(path)
    objects = armatures_of(bpy.context.scene, source=path.name)
    named = [obj for obj in objects if obj.name == armature]
    return map_rig(rest_of((named or objects)[0]))


@pytest.mark.parametrize("name", RIGS)
def test_map_is_the_true_one(shared: Path, name: str) -> None:
    if name in SINCE_4_5 and bpy.app.version < (4, 5, 0):
        pytest.skip("the file needs Blender 4.5")
    entry = json.loads((shared / "rigs" / "rig_maps.json").read_text("utf-8"))[name]
    rig_map = found_map(shared / "rigs" / name, entry["armature"])
    true = {part: bones for part, bones in entry["map"].items() if bones is not None}
    assert set(rig_map.bones) & set(PARTS) == set(true)
    for part, bones in true.items():
        got = rig_map.bones[part]
        assert got == tuple(bones) if isinstance(bones, list) else got[0] == bones, part


def test_an_armature_without_legs_gets_a_sentence() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.object.armature_add()
    with pytest.raises(PosewrightError, match="has no legs that Posewright can find"):
        map_rig(rest_of(bpy.context.object))
