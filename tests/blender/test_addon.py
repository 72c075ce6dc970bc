"""The extension as a user gets it: the built zip, installed into Blender."""

import importlib
import inspect
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from bpy.types import Action

bpy = pytest.importorskip("bpy")

MODULE = "bl_ext.user_default.posewright"
OPERATORS = ("capture", "cancel", "import_take", "export_take", "delete_take", "recall_settings", "apply")
OPERATORS += ("apply_from_armature", "add_mannequin", "check")


@pytest.fixture
def mannequin(extension: ModuleType):
    """An empty scene with the mannequin, chosen in the panel."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert bpy.ops.posewright.add_mannequin() == {"FINISHED"}
    return bpy.context.scene.posewright.character.armature


@pytest.fixture
def wave(tmp_path: Path, extension: ModuleType) -> Path:
    """A take of someone who stands and raises the left arm sideways, 2 s at 25 frames/s."""
    take_of = importlib.import_module(f"{MODULE}.core.take").Take
    standing = {
        "pelvis": (0, 0, 0.95),
        "spine": (0, 0, 1.2),
        "thorax": (0, 0, 1.45),
        "neck": (0, 0, 1.5),
        "nose": (0, -0.1, 1.62),
        "head": (0, 0, 1.72),
    }
    for side, sign in (("left", 1), ("right", -1)):
        standing |= {
            f"{side}_hip": (0.1 * sign, 0, 0.92),
            f"{side}_knee": (0.1 * sign, -0.02, 0.5),
            f"{side}_ankle": (0.1 * sign, 0, 0.09),
            f"{side}_heel": (0.1 * sign, 0.05, 0.02),
            f"{side}_foot_index": (0.1 * sign, -0.14, 0.02),
            f"{side}_shoulder": (0.18 * sign, 0, 1.43),
            f"{side}_elbow": (0.2 * sign, 0, 1.15),
            f"{side}_wrist": (0.21 * sign, -0.03, 0.9),
        }
    frames = 50
    joints = np.tile(np.array(list(standing.values()), np.float32), (frames, 1, 1))
    names = tuple(standing)
    angle = np.linspace(0, np.pi / 2, frames)  # hanging to level
    outwards = np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], 1)
    joints[:, names.index("left_elbow")] = joints[:, names.index("left_shoulder")] + 0.28 * outwards
    joints[:, names.index("left_wrist")] = joints[:, names.index("left_elbow")] + 0.25 * outwards
    path = tmp_path / "wave.npz"
    take_of(joints=joints, joint_names=names, fps=25.0).save(path)
    return path


def put_on(file: Path) -> None:
    """Import a take and put it on the character."""
    assert bpy.ops.posewright.import_take(filepath=str(file)) == {"FINISHED"}
    assert bpy.ops.posewright.apply() == {"FINISHED"}


def is_there(operator: str) -> bool:
    """bpy.ops makes up a name for anything; only what is registered has an RNA type."""
    try:
        getattr(bpy.ops.posewright, operator).get_rna_type()
    except KeyError:
        return False
    return True


def test_panels_operators_and_preferences_are_there(extension: ModuleType) -> None:
    assert MODULE in bpy.context.preferences.addons
    assert all(is_there(name) for name in OPERATORS)
    assert not is_there("no_such_operator")
    names = ("footage", "capture", "takes", "character", "apply", "cleanup")
    panels = [getattr(bpy.types, f"POSEWRIGHT_PT_{name}") for name in names]
    assert {(panel.bl_space_type, panel.bl_region_type, panel.bl_category) for panel in panels} == {
        ("VIEW_3D", "UI", "Posewright")
    }
    assert bpy.context.preferences.addons[MODULE].preferences.device == "auto"


def test_only_what_is_needed_is_packed(extension: ModuleType) -> None:
    folder = Path(str(extension.__file__)).parent
    assert not [name for name in ("tests", "docs", "examples", "benchmarks") if (folder / name).exists()]
    assert (folder / "cli" / "worker.py").is_file()


def test_apply_take_keys_the_character(mannequin, wave: Path) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.frame_end = 50, 20
    scene.posewright.apply.frame_start = 11
    put_on(wave)
    start, end = mannequin.animation_data.action.frame_range
    assert (start, end) == pytest.approx((11, 11 + 49 * 2), abs=0.01)  # 25 frames/s in a scene of 50
    assert scene.frame_end == 109
    hand = next(bone for bone in mannequin.pose.bones if "hand" in bone.name.lower() and "l" in bone.name.lower())
    heights = []
    for frame in (11, 109):
        scene.frame_set(frame)
        heights.append((mannequin.matrix_world @ hand.head).z)
    assert heights[1] - heights[0] > 0.3  # metres: the arm went up


def test_another_character_and_saving(mannequin, wave: Path, tmp_path: Path) -> None:
    put_on(wave)
    first = mannequin.name
    bpy.ops.posewright.add_mannequin()
    second = bpy.context.scene.posewright.character.armature
    assert second.name != first
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert second.animation_data.action is not None
    for name in ("out.npz", "out.bvh"):
        assert bpy.ops.posewright.export_take(filepath=str(tmp_path / name)) == {"FINISHED"}
        assert (tmp_path / name).stat().st_size > 1000


def test_the_motion_of_another_armature(mannequin, wave: Path) -> None:
    settings = bpy.context.scene.posewright.character
    with pytest.raises(RuntimeError, match="Choose the armature whose motion"):
        bpy.ops.posewright.apply_from_armature()
    put_on(wave)
    settings.source = mannequin
    with pytest.raises(RuntimeError, match="is the character itself"):
        bpy.ops.posewright.apply_from_armature()
    bpy.ops.posewright.add_mannequin()
    assert bpy.ops.posewright.apply_from_armature() == {"FINISHED"}
    other, scene = settings.armature, bpy.context.scene
    for frame in (1, 20, 40):
        scene.frame_set(frame)
        for bone in ("forearm.L", "hand.L", "shin.R", "head"):
            first, second = (obj.pose.bones[bone].head for obj in (mannequin, other))
            assert (first - second).length < 0.03, (frame, bone)


def test_choices_for_the_character_reach_its_keys(mannequin, wave: Path) -> None:
    settings = bpy.context.scene.posewright.apply
    put_on(wave)
    own = mannequin.animation_data.action
    count = len(keyed_frames(own))
    settings.root, settings.result, settings.reduce, settings.interpolation = "in-place", "nla", 2.0, "bezier"
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    below, above = (track.strips[0].action for track in mannequin.animation_data.nla_tracks)
    assert below == own, "the character's own action lies beneath"
    assert len(keyed_frames(above)) < count


def keyed_frames(action: Action) -> set[float]:
    from posewright.rigging.blender.layers import action_curves

    slot = action.slots[0] if hasattr(action, "slots") else None
    return {round(point.co.x, 3) for curve in action_curves(action, slot) for point in curve.keyframe_points}


def test_undo_takes_the_motion_away(mannequin, wave: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.posewright.import_take("EXEC_DEFAULT", True, filepath=str(wave))
    bpy.ops.posewright.apply("EXEC_DEFAULT", True)
    assert bpy.context.scene.posewright.character.armature.animation_data.action is not None
    bpy.ops.ed.undo()
    animation = bpy.context.scene.posewright.character.armature.animation_data
    assert animation is None or animation.action is None


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        ("", "Choose a video first"),
        ("no-such.mp4", "There is no video"),
        ("clip.mp4", "There is no Python in"),
    ],
)
def test_what_is_missing_is_said(extension: ModuleType, tmp_path: Path, monkeypatch, clip: str, sentence: str) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    monkeypatch.setenv("POSEWRIGHT_PYTHON", str(tmp_path / "nowhere"))
    (tmp_path / "clip.mp4").write_bytes(b"")
    bpy.context.scene.posewright.footage.clip = str(tmp_path / clip) if clip else ""
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.posewright.capture()


def test_weights_are_not_fetched_without_leave(mannequin, tmp_path: Path, monkeypatch) -> None:
    """Blender's preferences forbid the network unless the user allowed it."""
    assert not bpy.app.online_access
    monkeypatch.setenv("POSEWRIGHT_PYTHON", sys.executable)
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "no-weights"))
    (tmp_path / "clip.mp4").write_bytes(b"")
    bpy.context.scene.posewright.footage.clip = str(tmp_path / "clip.mp4")
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.posewright.capture()


def test_a_take_that_is_none_changes_nothing(mannequin, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.npz"
    wrong.write_text("no take")
    with pytest.raises(RuntimeError, match="is not a take"):
        bpy.ops.posewright.import_take(filepath=str(wrong))
    assert not len(bpy.context.scene.posewright.takes)
    assert mannequin.animation_data is None


def test_worker_of_the_installed_copy(mannequin, checkout: Path, tmp_path: Path, monkeypatch) -> None:
    """The whole way of a capture, up to the sentence of the worker: an empty file is no video."""
    python = os.environ.get("POSEWRIGHT_TEST_PYTHON")
    if not python:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", python)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", True)
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    bpy.context.scene.posewright.footage.clip = str(empty)
    with pytest.raises(RuntimeError, match=r"empty\.mp4"):
        bpy.ops.posewright.capture()


def test_switching_off_and_on_again(extension: ModuleType) -> None:
    for _ in range(2):
        assert bpy.ops.preferences.addon_disable(module=MODULE) == {"FINISHED"}
        assert not any(is_there(name) for name in OPERATORS)
        assert not hasattr(bpy.types.Scene, "posewright")
        assert not hasattr(bpy.types, "POSEWRIGHT_PT_capture")
        assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
        assert all(is_there(name) for name in OPERATORS)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert bpy.context.scene.posewright.capture.quality == "balanced"


def test_the_menu_names_operators_that_exist(extension: ModuleType) -> None:
    """What is in a menu of the 3D view is found by search (F3)."""
    menus = importlib.import_module(f"{MODULE}.addon.menus")
    names = re.findall(r'operator\("posewright\.(\w+)"', inspect.getsource(menus.POSEWRIGHT_MT_menu.draw))
    assert {"capture", "apply", "import_take", "add_camera"} <= set(names)
    assert all(is_there(name) for name in names)
    for place in menus.PLACES:
        assert menus._draw in getattr(bpy.types, place)._dyn_ui_initialize()
