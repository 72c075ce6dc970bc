"""What is read from armatures agrees with Blender, on made-up chains and on real rigs."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from blender.armatures import chain
from posewright.errors import PosewrightError
from posewright.rigging.blender.armature import armatures_of, holding_constraints, meshes_of, rest_of
from posewright.rigging.blender.files import open_rig

NEEDS_45 = {"mesh2motion_ik_control.blend", "rigify_human_full.blend"}
RIGS = (
    "cesium_man.gltf",
    "cryptovoxels.vrm",
    "kaykit_knight.glb",
    "kenney_medium_unitylike.glb",
    "mesh2motion_ik_control.blend",
    "mh_female_mixamo_tpose_cm.fbx",
    "mh_female_unreal_apose.glb",
    "mh_male_cmu_mb_apose.blend",
    "mh_male_default_163bones.blend",
    "quaternius_robot.glb",
    "rigify_human_b42.blend",
    "rigify_human_full.blend",
    "seedsan_apose_cm.fbx",
)


def test_the_rest_is_what_blender_says() -> None:
    obj = chain(5)
    obj.data.bones["bone 2"].use_deform = False
    obj.data.bones["bone 3"].use_inherit_rotation = False
    obj.location, obj.scale = (1, 2, 3), (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    rest = rest_of(obj)
    assert rest.bones == tuple(f"bone {i}" for i in range(5))
    assert rest.parents.tolist() == [-1, 0, 1, 2, 3]
    assert rest.deform is not None and rest.deform.tolist() == [True, True, False, True, True]
    assert rest.inherit_rotation is not None and rest.inherit_rotation.tolist() == [True, True, True, False, True]
    for i, bone in enumerate(obj.data.bones):
        np.testing.assert_allclose(rest.heads()[i], obj.matrix_world @ bone.head_local, atol=1e-6)
        np.testing.assert_allclose(rest.tails()[i], obj.matrix_world @ bone.tail_local, atol=1e-6)
    assert rest.connected is not None and not rest.connected.any()
    connected = rest_of(chain(3, connect=True)).connected
    assert connected is not None and connected.tolist() == [False, True, True]


def test_parents_come_first_in_any_order() -> None:
    obj = chain(3)
    bpy.ops.object.mode_set(mode="EDIT")
    root = obj.data.edit_bones.new("a new root")
    root.head, root.tail = (0, 0, -1), (0, 0, 0)
    obj.data.edit_bones["bone 0"].parent = root
    bpy.ops.object.mode_set(mode="OBJECT")
    rest = rest_of(obj)
    assert all(parent < child for child, parent in enumerate(rest.parents))
    assert rest.bones[0] == "a new root"


def test_constraints_that_hold_bones_are_seen() -> None:
    obj = chain(5)
    ik = obj.pose.bones["bone 3"].constraints.new("IK")
    ik.chain_count = 2
    obj.pose.bones["bone 0"].constraints.new("LIMIT_ROTATION")
    muted = obj.pose.bones["bone 1"].constraints.new("COPY_ROTATION")
    muted.mute = True
    assert set(holding_constraints(obj)) == {"bone 3", "bone 2"}
    ik.chain_count = 0
    assert set(holding_constraints(obj)) == {"bone 3", "bone 2", "bone 1", "bone 0"}
    held = rest_of(obj).constrained
    assert held is not None and held.tolist() == [True, True, True, True, False]


@pytest.mark.parametrize("name", RIGS)
def test_real_rigs_open_and_are_read(name: str, shared: Path) -> None:
    path = shared / "rigs" / name
    if bpy.app.version < (4, 5) and name in NEEDS_45:
        with pytest.raises(PosewrightError, match="cannot be opened"):
            open_rig(path)
        return
    open_rig(path)
    entry = json.loads((shared / "rigs" / "rig_maps.json").read_text("utf-8"))[name]
    obj = max(armatures_of(bpy.context.scene), key=lambda item: len(item.data.bones))
    rest = rest_of(obj)
    assert len(rest.bones) == entry["bones"]
    tops = [(mesh.matrix_world @ vertex.co).z for mesh in meshes_of(obj) for vertex in mesh.data.vertices]
    assert max(tops) - min(tops) == pytest.approx(entry["mesh_height"], rel=0.1)
    for i in np.linspace(0, len(rest.bones) - 1, 20).astype(int):
        head = obj.matrix_world @ obj.data.bones[rest.bones[i]].head_local
        np.testing.assert_allclose(rest.heads()[i], head, atol=1e-5)
