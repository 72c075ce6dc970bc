"""The animation of another armature as a motion: read back it is what was keyed, from the scene and from files."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from blender.armatures import chain
from bpy.types import Object
from mathutils import Euler
from posewright.core.take import Take
from posewright.errors import PosewrightError, UsageError
from posewright.rigging.blender.armature import rest_of
from posewright.rigging.blender.files import new_scene, save_result
from posewright.rigging.blender.keyframes import key_motion
from posewright.rigging.blender.mannequin import build_mannequin
from posewright.rigging.blender.sources import take_from_armature, take_from_file
from posewright.rigging.blender.stage import set_frame_rate
from posewright.rigging.keys.settings import KeySettings
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import walking_take

FRAMES = 24
LIMBS = ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot_index")
MOST = {".blend": 1e-4, ".fbx": 1e-3, ".glb": 1e-3, ".usdc": 3e-3}  # metres


def walking_mannequin(fps: float = 30.0, *, nla: bool = False) -> Object:
    new_scene()
    scene = bpy.context.scene
    set_frame_rate(scene, fps)
    scene.frame_start, scene.frame_end = 1, FRAMES
    obj = build_mannequin()
    rest = rest_of(obj)
    motion = solve_rig(rest, map_rig(rest), walking_take(FRAMES, fps), "never")
    key_motion(obj, motion, name="walk", fps=fps, keys=KeySettings(nla=nla))
    return obj


def directions(take: Take) -> np.ndarray:
    found = []
    for side in ("left", "right"):
        for start, end in LIMBS:
            limb = (take.joint(f"{side}_{end}") - take.joint(f"{side}_{start}")).astype(float)
            found.append(limb / np.linalg.norm(limb, axis=-1, keepdims=True))
    return np.stack(found, 1)


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1))).max())


@pytest.mark.parametrize("placed", ("plain", "turned and scaled", "under a parent", "strip"))
def test_an_armature_of_the_scene_gives_its_motion_back(placed: str) -> None:
    obj = walking_mannequin(nla=placed == "strip")
    if placed == "turned and scaled":
        obj.scale, obj.rotation_euler, obj.location = (0.01, 0.01, 0.01), (0.0, 0.0, 2.0), (1.0, 2.0, 0.0)
    if placed == "under a parent":
        parent = bpy.data.objects.new("parent", None)
        bpy.context.scene.collection.objects.link(parent)
        parent.scale, parent.rotation_euler = (100.0, 100.0, 100.0), (0.0, 0.0, -1.0)
        obj.parent = parent
    bpy.context.view_layer.update()
    bpy.context.scene.frame_set(7, subframe=0.25)
    take = take_from_armature(obj)
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_subframe) == (7, 0.25)
    assert take.frames == FRAMES and take.fps == pytest.approx(30.0) and take.contacts is None
    source = take.provenance["source"]
    assert source["skeleton"] == obj.name
    size = {"turned and scaled": 0.01, "under a parent": 100.0}.get(placed, 1.0)
    leg = np.linalg.norm(take.joint("left_knee")[0] - take.joint("left_hip")[0])
    assert 0.3 < leg < 0.6  # metres, whatever the scale of the object
    assert source["metres_per_unit"] == pytest.approx(1 / size, rel=0.1)
    turn = {"turned and scaled": 2.0, "under a parent": -1.0}.get(placed, 0.0)
    expected = directions(walking_take(FRAMES)) @ np.array(Euler((0, 0, turn)).to_matrix()).T
    assert degrees(directions(take)[:, [0, 1, 5, 6]], expected[:, [0, 1, 5, 6]]) < 0.5  # arms


def test_what_was_read_makes_the_same_rig_move_the_same() -> None:
    obj = walking_mannequin()
    first = take_from_armature(obj)
    rest = rest_of(obj)
    rig_map = map_rig(rest)
    key_motion(obj, solve_rig(rest, rig_map, first, "never"), name="again", fps=30.0)
    second = take_from_armature(obj)
    assert degrees(directions(first), directions(second)) < 0.5
    for part in ("nose", "head", "left_ear", "left_index_1", "right_pinky_1"):
        base = "thorax" if part in ("nose", "head", "left_ear") else f"{part.split('_')[0]}_wrist"
        ways = [(take.joint(part) - take.joint(base)).astype(float) for take in (first, second)]
        ways = [way / np.linalg.norm(way, axis=-1, keepdims=True) for way in ways]
        assert degrees(*ways) < 1.0, part


@pytest.mark.parametrize("ending", tuple(MOST))
def test_files_give_the_motion_that_was_saved(ending: str, tmp_path: Path) -> None:
    obj = walking_mannequin(25.0)
    expected = take_from_armature(obj)
    out = tmp_path / f"läufer 1{ending}"
    save_result(out, obj)
    take = take_from_file(out)
    if ending == ".usdc":  # Blender does not read its rate
        assert "24 frames a second were taken" in take.provenance["source"]["note"]
        take = take_from_file(out, fps=24.0)
        assert "note" not in take.provenance["source"]
    else:
        assert take.fps == pytest.approx(25.0, abs=1e-3)
    assert take.frames == FRAMES
    names = [name for name in expected.joint_names if not name.endswith(("_ear", "nose", "head"))]
    for name in names:
        assert np.abs(take.joint(name) - expected.joint(name)).max() < MOST[ending], name
    assert take.provenance["source"]["name"] == out.name


def test_the_shown_action_is_read_or_the_named_one(tmp_path: Path) -> None:
    obj = walking_mannequin()
    rest = rest_of(obj)
    short = solve_rig(rest, map_rig(rest), walking_take(8), "never")
    key_motion(obj, short, name="short", fps=30.0)
    save_result(tmp_path / "two.blend", obj)
    assert take_from_file(tmp_path / "two.blend").frames == 8
    assert take_from_file(tmp_path / "two.blend", action="walk").frames == FRAMES
    with pytest.raises(PosewrightError, match=r"no action run for .*; it holds: short, walk"):
        take_from_file(tmp_path / "two.blend", action="run")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "two.blend"))
    obj = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    for action in bpy.data.actions:
        action.use_fake_user = True
    obj.animation_data.action = None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "none.blend"), copy=True)
    assert take_from_file(tmp_path / "none.blend").frames == FRAMES  # the longest


def test_names_of_bones_may_hold_anything(tmp_path: Path) -> None:
    obj = walking_mannequin()
    for bone in obj.data.bones:
        bone.name = f'say "{bone.name}", \\ twice'
    save_result(tmp_path / "odd.blend", obj)
    assert take_from_file(tmp_path / "odd.blend", action="walk").frames == FRAMES


def test_what_has_no_motion_gets_a_sentence(tmp_path: Path) -> None:
    new_scene()
    obj = build_mannequin()
    with pytest.raises(PosewrightError, match="does not move between frames 1 and 250"):
        take_from_armature(obj)
    obj.data.pose_position = "REST"
    with pytest.raises(PosewrightError, match="is shown in its rest position"):
        take_from_armature(obj)
    obj.data.pose_position = "POSE"
    with pytest.raises(UsageError, match="cannot end at frame 3 when it starts at frame 9"):
        take_from_armature(obj, 9, 3)
    save_result(tmp_path / "still.glb", obj)
    with pytest.raises(PosewrightError, match="holds no animation of"):
        take_from_file(tmp_path / "still.glb")
    with pytest.raises(UsageError, match=r"no kind of motion file; it must end in one of \.blend"):
        take_from_file(tmp_path / "clip.mp4")
    with pytest.raises(PosewrightError, match="There is no file"):
        take_from_file(tmp_path / "none.fbx")
    chain(3)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "snake.blend"), copy=True)
    with pytest.raises(PosewrightError, match="holds no animation of Chain"):
        take_from_file(tmp_path / "snake.blend")
