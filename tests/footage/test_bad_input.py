"""Bad input gives one sentence on stderr, exit code 1, and leaves nothing behind."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

DEMO = Path(__file__).resolve().parents[2] / "examples" / "dance.mp4"
NEEDS_BPY = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="the bpy module is not installed")

ARMATURE_WITHOUT_LEGS = """
import bpy, sys
bpy.ops.wm.read_factory_settings(use_empty=True)
data = bpy.data.armatures.new("snake")
snake = bpy.data.objects.new("snake", data)
bpy.context.scene.collection.objects.link(snake)
bpy.context.view_layer.objects.active = snake
bpy.ops.object.mode_set(mode="EDIT")
parent = None
for i in range(5):
    bone = data.edit_bones.new(f"segment{i}")
    bone.head, bone.tail, bone.parent = (0, 0, i), (0, 0, i + 1), parent
    parent = bone
bpy.ops.object.mode_set(mode="OBJECT")
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""
NO_ARMATURE = """
import bpy, sys
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_cube_add()
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])
"""


def posewright(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "posewright", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Check for exit code 1 and one plain sentence that holds all ``words``."""
    complaints = [line for line in done.stderr.splitlines() if line.startswith("posewright: ")]
    assert done.returncode == 1, done.stderr
    assert len(complaints) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of its own" not in complaints[0]
    for word in words:
        assert word.lower() in complaints[0].lower(), complaints[0]


def write_video(path: Path, images: list[np.ndarray]) -> Path:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (width, height))
    for image in images:
        writer.write(image)
    writer.release()
    return path


def empty_room(path: Path) -> Path:
    grey = np.linspace(60, 180, 320, dtype=np.uint8)
    room = np.repeat(np.repeat(grey[None, :, None], 240, 0), 3, 2)
    return write_video(path, [np.roll(room, shift, 1) for shift in range(20)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name has spaces and umlauts."""
    made = tmp_path / "Übung eins"
    made.mkdir()
    return made


def make_clip(kind: str, folder: Path) -> Path:
    clip = folder / "clip.mp4"
    if kind == "empty":
        clip.write_bytes(b"")
    elif kind == "text":
        clip.write_text("This is no video.\n" * 50)
    elif kind == "truncated":
        whole = DEMO.read_bytes()
        clip.write_bytes(whole[: len(whole) * 2 // 3])
    elif kind == "no person":
        empty_room(clip)
    elif kind == "one frame":
        success, image = cv2.VideoCapture(str(DEMO)).read()
        assert success
        write_video(clip, [image])
    return clip


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("missing", "no file"),
        ("empty", "empty"),
        ("text", "video"),
        ("truncated", "incomplete"),
        ("no person", "person"),
        ("one frame", "frame"),
    ],
)
def test_clips_that_cannot_be_tracked(folder: Path, kind: str, word: str) -> None:
    clip = make_clip(kind, folder)
    before = sorted(folder.iterdir())
    refused(posewright("track", clip, "-o", folder / "take.npz", "--preview", folder / "p.mp4"), word)
    assert sorted(folder.iterdir()) == before


def test_device_that_is_absent(folder: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    refused(posewright("track", DEMO, "-o", folder / "take.npz", "--device", "cuda"), "cuda")
    assert list(folder.iterdir()) == []


def test_output_that_exists_is_kept(folder: Path) -> None:
    out = folder / "take.npz"
    out.write_text("precious")
    refused(posewright("track", DEMO, "-o", out), "exists", "--overwrite")
    assert out.read_text() == "precious"


def test_output_folder_that_cannot_be_written(folder: Path) -> None:
    blocked = folder / "blocked"
    blocked.write_text("a file, not a folder")
    refused(posewright("track", DEMO, "-o", blocked / "take.npz"), "cannot be written")
    assert list(folder.iterdir()) == [blocked]


def test_wrong_usage_is_exit_code_2(folder: Path) -> None:
    assert posewright("track", DEMO).returncode == 2
    assert posewright("track", DEMO, "-o", folder / "take.txt").returncode == 2
    assert posewright("track", DEMO, "-o", folder / "take.npz", "--height", "17").returncode == 2


@NEEDS_BPY
@pytest.mark.parametrize(("script", "word"), [(NO_ARMATURE, "armature"), (ARMATURE_WITHOUT_LEGS, "leg")])
def test_rigs_that_cannot_be_driven(folder: Path, script: str, word: str) -> None:
    rig = folder / "rig.blend"
    subprocess.run([sys.executable, "-c", script, str(rig)], check=True, capture_output=True, timeout=120)
    take = folder / "take.npz"
    names = ["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "thorax"]
    names += ["left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"]
    joints = np.random.default_rng(1).normal(size=(4, len(names), 3))
    np.savez(take, joints=joints, joint_names=np.array(names), fps=30.0)
    before = sorted(folder.iterdir())
    refused(posewright("retarget", take, "--rig", rig, "-o", folder / "out.blend"), word)
    assert sorted(folder.iterdir()) == before


@NEEDS_BPY
def test_rig_that_is_missing(folder: Path) -> None:
    take = folder / "take.npz"
    np.savez(take, joints=np.zeros((2, 1, 3)), joint_names=np.array(["pelvis"]), fps=30.0)
    refused(posewright("retarget", take, "--rig", folder / "nobody.fbx", "-o", folder / "out.blend"), "no file")
