"""Exact motions on thirteen rigs from many sources: where their bones end up, whatever drives them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from posewright.rigging.blender.job import run_job

# most degrees of limbs and of limbs' jumps, most sliding (mm a frame), each a little above what was measured;
# the motion itself slides by 3.0
BOUNDS = {
    "mh_male_cmu_mb_apose.blend": (0.8, 4.5, 2.1),
    "mh_female_unreal_apose.glb": (0.85, 4.5, 1.9),
    "mh_female_mixamo_tpose_cm.fbx": (0.95, 6, 2.1),
    "mh_male_default_163bones.blend": (0.8, 4.5, 2.1),
    "rigify_human_b42.blend": (0.85, 4.5, 1.9),
    "rigify_human_full.blend": (0.85, 4.5, 1.9),
    "mesh2motion_ik_control.blend": (1.1, 4, 2.4),
    "kaykit_knight.glb": (3.3, 9, 5.6),
    "kenney_medium_unitylike.glb": (1.15, 4.5, 2.7),
    "quaternius_robot.glb": (2.6, 9, 3.5),
    "cryptovoxels.vrm": (0.9, 4.5, 1.6),
    "seedsan_apose_cm.fbx": (0.9, 4, 2.5),
    "cesium_man.gltf": (1.3, 4.5, 1.7),
}
SINCE_4_5 = ("rigify_human_full.blend", "mesh2motion_ik_control.blend")
MOST_TRUNK, MOST_ACROSS, MOST_PATH = 1.2, 4.0, 2.6


@pytest.fixture(scope="module")
def scorer(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_rig", shared / "tools" / "score_rig.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", BOUNDS)
def test_a_rig_follows_a_dance(name: str, shared: Path, scorer: ModuleType, tmp_path: Path) -> None:
    if name in SINCE_4_5 and bpy.app.version < (4, 5, 0):
        pytest.skip("the file needs Blender 4.5")
    motion, out = shared / "clips" / "synthetic" / "truth" / "s2_dance_arms_full.npz", tmp_path / "out.blend"
    run_job({"motion": str(motion), "rig": str(shared / "rigs" / name), "out": str(out)})
    entry = json.loads((shared / "rigs" / "rig_maps.json").read_text("utf-8"))[name]
    found = scorer.run(str(out), entry, str(motion))
    limbs, jump, slide = BOUNDS[name]
    assert found["limb_deg"] < limbs
    assert found["jump_deg"] < jump
    assert found["slide"] < slide
    assert found.get("trunk_deg", 0) < MOST_TRUNK
    assert found["across_deg"] < MOST_ACROSS
    assert found["hips_path"] < MOST_PATH
    assert found["path_ratio"] == pytest.approx(1, abs=0.03)
    assert abs(found["yaw_deg"]) < 1
