"""Maps of thirteen rigs from many sources, against the true maps that people made by hand."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from posewright.errors import PosewrightError
from posewright.rigging.blender.armature import armatures_of, rest_of
from posewright.rigging.blender.files import open_rig
from posewright.rigging.maps.mapping import PARTS, map_rig
from posewright.rigging.maps.ranking import Ranking
from posewright.rigging.rig import RigMap, RigRest

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


HEAD_IN_TWO = "mesh2motion_ik_control.blend"
"""Two bones share its head; nothing but their names says which of them is called so."""


def opened(path: Path, armature: str) -> RigRest:
    """Return the rest pose of a file's armature."""
    if path.name in SINCE_4_5 and bpy.app.version < (4, 5, 0):
        pytest.skip("the file needs Blender 4.5")
    open_rig(path)
    objects = armatures_of(bpy.context.scene, source=path.name)
    named = [obj for obj in objects if obj.name == armature]
    return rest_of((named or objects)[0])


def check(rig_map: RigMap, true: dict, shown: dict[str, str]) -> None:
    """The parts are the true ones; ``shown`` gives the name of a bone in this rig."""
    there = {part: bones for part, bones in true.items() if bones is not None}
    assert set(rig_map.bones) & set(PARTS) == set(there)
    for part, bones in there.items():
        got = rig_map.bones[part]
        if isinstance(bones, list):
            assert got == tuple(shown[bone] for bone in bones), part
        else:
            assert got[0] == shown[bones], part


def entry_of(shared: Path, name: str) -> dict:
    return json.loads((shared / "rigs" / "rig_maps.json").read_text("utf-8"))[name]


@pytest.mark.parametrize("name", RIGS)
def test_map_is_the_true_one(shared: Path, name: str) -> None:
    entry = entry_of(shared, name)
    rest = opened(shared / "rigs" / name, entry["armature"])
    rig_map = map_rig(rest)
    check(rig_map, entry["map"], {bone: bone for bone in rest.bones})
    assert set(rig_map.confidence) == set(rig_map.bones)
    assert min(rig_map.confidence[part] for part in entry["map"] if part in rig_map.bones) >= 0.55


@pytest.mark.parametrize("name", RIGS)
def test_names_that_say_nothing(shared: Path, name: str) -> None:
    """Hierarchy, symmetry, rest pose and skin alone."""
    entry = entry_of(shared, name)
    rest = opened(shared / "rigs" / name, entry["armature"])
    rest.humanoid = None
    numbers = np.random.default_rng(0).permutation(len(rest.bones))
    shown = {bone: f"Node_{i}" for bone, i in zip(rest.bones, numbers, strict=True)}
    rest.bones = tuple(shown.values())
    true = dict(entry["map"])
    rig_map = map_rig(rest)
    assert rig_map.source == "shape"
    if name == HEAD_IN_TWO:
        true["head"], true["neck"] = "head_leaf", "neck_01"
    check(rig_map, true, shown)


@pytest.mark.parametrize("named", [True, False], ids=["names", "Bone.001"])
@pytest.mark.parametrize("name", RIGS)
def test_the_true_bone_is_suggested_first(shared: Path, name: str, named: bool) -> None:
    """Of each part, from what is found of the others; where the names say nothing it may be the second or third."""
    entry = entry_of(shared, name)
    rest = opened(shared / "rigs" / name, entry["armature"])
    shown = {bone: bone for bone in rest.bones}
    if not named:
        rest.humanoid = None
        numbers = np.random.default_rng(0).permutation(len(rest.bones))
        shown = {bone: f"Bone.{i:03}" for bone, i in zip(rest.bones, numbers, strict=True)}
        rest.bones = tuple(shown.values())
    true = {part: bones[0] if isinstance(bones, list) else bones for part, bones in entry["map"].items() if bones}
    ranking = Ranking(rest, map_rig(rest))
    places = {part: [s.bone for s in ranking.of(part)].index(shown[bone]) for part, bone in true.items()}
    assert max(places.values()) < 3, places
    assert list(places.values()).count(0) >= len(true) - (0 if named else 1), places


def test_fingers_of_a_control_rig(shared: Path) -> None:
    rest = opened(shared / "rigs" / "rigify_human_b42.blend", "rig")
    rig_map = map_rig(rest)
    assert rig_map.bones["left_index"] == tuple(f"DEF-f_index.0{i}.L" for i in (1, 2, 3))
    assert rig_map.bones["right_thumb"] == tuple(f"DEF-thumb.0{i}.R" for i in (1, 2, 3))
    assert rig_map.bones["left_thigh"] == ("DEF-thigh.L", "DEF-thigh.L.001")


def test_the_skin_of_a_rig(shared: Path) -> None:
    rest = opened(shared / "rigs" / "mh_male_cmu_mb_apose.blend", "mh_cmu_mb")
    assert rest.skin is not None and rest.skin_centres is not None
    assert rest.skin.sum() == pytest.approx(1.0)
    assert rest.bones[int(rest.skin.argmax())] == "Head"
    centre = rest.skin_centres[rest.index("LeftLeg")]
    between = (rest.heads()[rest.index("LeftLeg")] + rest.heads()[rest.index("LeftFoot")]) / 2
    assert np.linalg.norm(centre - between) < 0.08
    toes = rest.edges_of([rest.index("LeftToeBase")])
    assert toes[:, 2].min() == pytest.approx(0.0, abs=0.005)  # they stand on the floor,
    assert toes[:, 1].min() < rest.heads()[rest.index("LeftToeBase"), 1] - 0.05  # in front of the ball


def test_a_vrm_file_names_its_own_bones(shared: Path) -> None:
    rest = opened(shared / "rigs" / "cryptovoxels.vrm", "Armature")
    assert rest.humanoid is not None and rest.humanoid["leftLowerLeg"] == "Left knee"
    assert map_rig(rest).source == "the file's own humanoid"


def test_an_armature_without_legs_gets_a_sentence() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.object.armature_add()
    with pytest.raises(PosewrightError, match="has no legs that Posewright can find"):
        map_rig(rest_of(bpy.context.object))
