"""Blender puts the bones where our forward kinematics has them, whatever flags, scales and parents a rig has."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.blender.armature import named_armature, rest_of
from posewright.rigging.blender.files import open_rig
from posewright.rigging.blender.keyframes import key_motion
from posewright.rigging.kinematics import world_heads
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.solver.solve import solve_rig

SCALE_MODES = ("FULL", "FIX_SHEAR", "ALIGNED", "AVERAGE", "NONE", "NONE_LEGACY")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("name", "armature"),
    [("quaternius_robot.glb", "RobotArmature"), ("mh_female_unreal_apose.glb", "mh_game_engine")],
)
def test_bones_with_any_flags_below_an_uneven_parent(shared: Path, name: str, armature: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    open_rig(shared / "rigs" / name)
    obj = named_armature(bpy.context.scene, armature)
    for bone in obj.data.bones:
        bone.use_inherit_rotation, bone.use_local_location = (bool(value > 0.4) for value in rng.uniform(size=2))
        bone.inherit_scale = SCALE_MODES[rng.integers(len(SCALE_MODES))]
    parent = bpy.data.objects.new("parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.rotation_euler, parent.scale = (0, 0, 0.6), (-0.01 if seed else 0.01, 0.01, 0.012)
    obj.parent = parent
    bpy.context.view_layer.update()
    rest = rest_of(obj)
    take = Take.load(shared / "clips" / "synthetic" / "truth" / "s2_dance_arms_full.npz")
    motion = solve_rig(rest, map_rig(rest), take)
    heads = world_heads(rest, motion)
    key_motion(obj, motion, name="torture", fps=take.fps)
    size = np.ptp(rest.heads()[:, 2])
    for frame in (0, 40, 120):
        bpy.context.scene.frame_set(frame + 1)
        moved = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        for bone in motion.bones:
            place = np.array(moved.matrix_world @ moved.pose.bones[bone].head)
            np.testing.assert_allclose(place, heads[bone][frame], atol=1e-4 * size)
