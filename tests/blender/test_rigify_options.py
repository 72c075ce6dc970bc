"""Rigs that this Blender's Rigify generates with other options than usual are driven through their controls as well."""

from collections.abc import Callable, Iterator

import bpy
import numpy as np
import pytest
from blender.test_controls import FRAMES, limb_errors
from bpy.types import Object
from posewright.rigging.blender.apply import animate_armature
from posewright.rigging.blender.armature import rest_of
from posewright.rigging.blender.files import new_scene
from posewright.rigging.controls.bone_paths import BonePaths
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.settings import DriveMode, RetargetSettings
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import walking_take


@pytest.fixture(autouse=True)
def rigify() -> Iterator[None]:
    import addon_utils  # lies in Blender's own folders, which are searched once bpy is there

    new_scene()
    if addon_utils.enable("rigify", default_set=True) is None:
        pytest.skip("this Blender has no Rigify")
    yield
    addon_utils.disable("rigify", default_set=True)


def longer_spine(meta: Object) -> None:
    """Two more bones in the spine, so that its pivot lies elsewhere."""
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in meta.data.edit_bones:
        bone.select = bone.select_head = bone.select_tail = bone.name in ("spine.001", "spine.002")
    bpy.ops.armature.subdivide(number_cuts=1)
    bpy.ops.object.mode_set(mode="OBJECT")


def spine_without_fk(meta: Object) -> None:
    """The spine has hips and chest alone; its bones share their bends."""
    meta.pose.bones["spine"].rigify_parameters.make_fk_controls = False


def hinges_about_x(meta: Object) -> None:
    """IK bends elbows and knees about an axis that is not that of the limbs."""
    for bone in meta.pose.bones:
        if bone.rigify_type.startswith("limbs.") and hasattr(bone.rigify_parameters, "rotation_axis"):
            bone.rigify_parameters.rotation_axis = "x"


def neck_apart(meta: Object) -> None:
    """Neck and head hang on a control instead of the deforming bone below."""
    meta.pose.bones["spine.004"].rigify_parameters.connect_chain = False


@pytest.mark.parametrize(
    ("change", "drive", "most"),
    [(longer_spine, "fk", 0.5), (neck_apart, "fk", 0.5), (spine_without_fk, "fk", 2.5), (hinges_about_x, "ik", 2.0)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_other_options(change: Callable[[Object], None], drive: DriveMode, most: float) -> None:
    bpy.ops.object.armature_basic_human_metarig_add()
    meta = bpy.context.object
    change(meta)
    bpy.ops.pose.rigify_generate()
    obj = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj is not meta)
    bpy.data.objects.remove(meta)
    rest = rest_of(obj)
    rig_map = map_rig(rest)
    assert rig_map.bones["hips"] == ("DEF-spine",)
    take = walking_take(FRAMES)
    wanted = BonePaths(rest, solve_rig(rest, rig_map, take))
    animate_armature(obj, take, RetargetSettings(drive=drive), frame_start=0.0, fps=30.0)
    errors = limb_errors(obj, rig_map, wanted)
    assert max(errors.values()) < most, errors
    neck = rig_map.bones["neck"][0]
    bpy.context.scene.frame_set(FRAMES // 2)
    posed = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[neck]
    assert np.linalg.norm(np.array(posed.head) - wanted.head(neck)[FRAMES // 2]) < 0.01
