"""Motion lands at its true second and in its true size, whatever the frame rate and the unit of the scene are."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from synthetic_rigs import walking_take

SIZE, FOCAL = (640, 360), 600.0


@pytest.fixture
def scene(extension: ModuleType) -> bpy.types.Scene:
    """An empty scene."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    return bpy.context.scene


RATES = [(24, 1.0, 1), (24, 1.001, 101), (30, 1.001, 0), (60, 1.0, -40), (25, 1.0, 7)]


@pytest.mark.parametrize(("fps", "base", "start"), RATES)
def test_an_event_lands_at_its_true_second(
    scene: bpy.types.Scene, tmp_path: Path, fps: int, base: float, start: int
) -> None:
    """Somebody filmed at 29.97 frames a second raises an arm after exactly 2 seconds."""
    take = with_event(walking_take(120, 30 / 1.001), 2.0)
    assert event_in_scene(scene, take, tmp_path, fps, base, start) == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize(("fps", "base", "start"), RATES[:2])
def test_an_event_of_uneven_footage_lands_at_its_true_second(
    scene: bpy.types.Scene, tmp_path: Path, fps: int, base: float, start: int
) -> None:
    """A phone that filmed 30 frames a second at first and 20 later."""
    pytest.importorskip("scipy")
    from posewright.core.world.timing import even_take

    times = np.concatenate([np.arange(30) / 30.0, 1.0 + np.arange(60) / 20.0])
    take = walking_take(len(times), len(times) / times[-1])
    take = even_take(with_event(replace(take, times=times), 2.0))
    assert event_in_scene(scene, take, tmp_path, fps, base, start) == pytest.approx(2.0, abs=0.05)


def with_event(take: Any, seconds: float) -> Any:
    """Return the take with the left hand thrown up at a second."""
    joints = take.joints.copy()
    up = np.clip((np.asarray(take.times) - seconds) / 0.2 + 0.5, 0, 1)[:, None]
    shoulder = joints[:, take.joint_names.index("left_shoulder")]
    for name, reach in (("left_elbow", 0.28), ("left_wrist", 0.53)):
        index = take.joint_names.index(name)
        angle = np.pi * up
        arm = np.array([0.0, 0.0, -1.0]) * np.cos(angle) + np.array([1.0, 0.0, 0.0]) * np.sin(angle)
        joints[:, index] = shoulder + reach * arm
    return replace(take, joints=joints.astype(np.float32), contacts=None)


def event_in_scene(scene: bpy.types.Scene, take: Any, folder: Path, fps: int, base: float, start: int) -> float:
    """Return the second of the scene, from the start frame on, at which the character's hand passes the shoulder."""
    scene.render.fps, scene.render.fps_base = fps, base
    scene.posewright.apply.frame_start = start
    take.save(folder / "event.npz")
    bpy.ops.posewright.add_mannequin()
    assert bpy.ops.posewright.import_take(filepath=str(folder / "event.npz")) == {"FINISHED"}
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    bones = scene.posewright.character.armature.pose.bones
    rate = fps / base
    frames = np.arange(round(start + 1.5 * rate), round(start + 2.5 * rate))
    above = []
    for frame in frames:
        scene.frame_set(int(frame))
        above.append(bones["hand.L"].head.z - bones["upper_arm.L"].head.z)
    return float((np.interp(0.0, above, frames) - start) / rate)


def filmed_walk() -> Any:
    """Return someone who walks, seen from 4 m in front, and 1 m above the floor."""
    take = walking_take(30, 30.0)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # x right, y down, z away
    matrix[:3, 3] = (0.0, -4.0, 1.0)
    centre = (SIZE[0] / 2, SIZE[1] / 2)
    return replace(take, world_from_camera=matrix, focal_px=FOCAL, image_size=SIZE, principal_point=centre)


@pytest.mark.parametrize(("unit", "size"), [(1.0, 1.0), (0.01, 100.0), (1.0, 10.0), (0.3048, 1 / 0.3048)])
def test_character_figure_and_camera_agree(scene: bpy.types.Scene, tmp_path: Path, unit: float, size: float) -> None:
    """A character of any size in a scene of any unit covers the person in the picture of the footage's camera."""
    scene.unit_settings.scale_length = unit
    scene.render.fps = 30
    take = filmed_walk()
    take.save(tmp_path / "walk.npz")
    bpy.ops.posewright.add_mannequin()
    character = scene.posewright.character.armature
    character.scale = (size, size, size)
    bpy.context.view_layer.update()
    assert bpy.ops.posewright.import_take(filepath=str(tmp_path / "walk.npz")) == {"FINISHED"}
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    pelvis = take.joint("pelvis")[0].astype(float)
    expected = (320 + FOCAL * pelvis[0] / (pelvis[1] + 4), 180 - FOCAL * (pelvis[2] - 1) / (pelvis[1] + 4))
    assert seen(scene, pelvis / unit) == pytest.approx(expected, abs=0.5), "the figure is drawn in metres"
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert seen(scene, hips_at(scene, character, 1)) == pytest.approx(expected, abs=12)
    first, last = (hips_at(scene, character, frame) for frame in (1, 21))
    walked = (take.joint("pelvis")[20] - take.joint("pelvis")[0]).astype(float)
    np.testing.assert_allclose((last - first) / size, walked, atol=0.03)


def hips_at(scene: bpy.types.Scene, character: bpy.types.Object, frame: int) -> np.ndarray:
    scene.frame_set(frame)
    return np.array(character.matrix_world @ character.pose.bones["hips"].head)


def seen(scene: bpy.types.Scene, point: Any) -> tuple[float, float]:
    """Return where the scene's camera sees a point, in pixels from the upper left."""
    bpy.context.view_layer.update()
    x, y, _ = world_to_camera_view(scene, scene.camera, Vector(point))
    return x * SIZE[0], (1 - y) * SIZE[1]


def test_the_scene_camera_is_read_in_metres(scene: bpy.types.Scene) -> None:
    from posewright.rigging.blender.cameras import camera_over

    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera, camera.location = camera, (100.0, -400.0, 150.0)
    scene.unit_settings.scale_length = 0.01
    found = camera_over(scene, np.array([1.0, 2.0]), fps=25.0, start=0.0)
    np.testing.assert_allclose(found.world_from_camera[0, :3, 3], (1.0, -4.0, 1.5), atol=1e-6)


def test_the_height_is_shown_in_the_units_of_the_scene(scene: bpy.types.Scene) -> None:
    capture = scene.posewright.capture
    assert capture.height_shown == pytest.approx(1.7)
    scene.unit_settings.scale_length = 0.01
    assert capture.height_shown == pytest.approx(170.0)
    capture.height_shown = 185.0
    assert capture.height == pytest.approx(1.85)
    capture.height_shown = 1.8  # metres, by mistake
    assert capture.height == pytest.approx(0.3), "the least that is believed"
