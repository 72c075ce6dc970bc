"""Numbered pictures as footage in Blender: from a file, a movie clip or a strip, and behind the camera."""

import importlib
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest

MODULE = "bl_ext.user_default.posewright"
COUNT, FIRST, SIZE = 20, 95, (96, 54)
RATE = 25.0


def part_of(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{MODULE}.addon.{name}")


def footage_of(scene: bpy.types.Scene) -> Any:
    return part_of("footage.source").footage_of(scene)


@pytest.fixture
def scene(extension: ModuleType) -> bpy.types.Scene:
    """An empty scene of 25 frames a second."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(RATE), 1.0
    return scene


@pytest.fixture
def pictures(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A folder of pictures, each a little brighter than the one before, written by Blender."""
    folder = tmp_path / "shot"
    folder.mkdir()
    for index in range(COUNT):
        write_picture(folder / f"walk.{FIRST + index:04}.png", index / 40)
    return folder


def write_picture(path: Path, grey: float, size: tuple[int, int] = SIZE) -> None:
    image = bpy.data.images.new("picture", *size)
    image.pixels.foreach_set(np.full(size[0] * size[1] * 4, grey, np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


@pytest.mark.parametrize("named", ["", "walk.####.png", "walk.0095.png"])
def test_a_folder_a_pattern_or_the_first_picture(scene: bpy.types.Scene, pictures: Path, named: str) -> None:
    footage = scene.posewright.footage
    footage.clip = str(pictures / named)
    assert Path(footage.clip) == pictures / "walk.0095.png"
    assert (footage.frames, tuple(footage.size), footage.fps) == (COUNT, SIZE, RATE), "the rate is the scene's"
    used = footage_of(scene)
    assert (used.name, used.rate, used.shown) == ("walk.####.png", RATE, None)
    scene.render.fps = 60
    footage.rate = 12.0
    assert (footage.fps, footage_of(scene).rate) == (12.0, 12.0)
    assert part_of("capture.settings").track_settings(scene, footage_of(scene)).fps == 12.0
    footage.clip = str(pictures / "walk.0100.png")
    assert footage.frames == COUNT - 5, "from that picture on"
    assert not bpy.data.movieclips and not bpy.data.images


def test_the_operator_takes_a_picture(scene: bpy.types.Scene, pictures: Path) -> None:
    assert bpy.ops.posewright.use_footage(filepath=str(pictures / "walk.0095.png")) == {"FINISHED"}
    assert scene.posewright.footage.frames == COUNT
    (pictures / "walk.0100.png").unlink()
    with pytest.raises(RuntimeError, match=r"walk.0100.png is missing in the sequence"):
        bpy.ops.posewright.use_footage(filepath=str(pictures / "walk.0095.png"))


def test_what_is_no_sequence_is_told(scene: bpy.types.Scene, pictures: Path, tmp_path: Path) -> None:
    error = part_of("takes.store").PosewrightError
    footage = scene.posewright.footage
    write_picture(tmp_path / "photo.png", 0.5)
    footage.clip = str(tmp_path / "photo.png")
    with pytest.raises(error, match="is a single picture; give a video, or a sequence"):
        footage_of(scene)
    with pytest.raises(RuntimeError, match="is a single picture"):
        bpy.ops.posewright.capture()
    (pictures / "walk.0100.png").unlink()
    footage.clip = str(pictures / "walk.0095.png")
    with pytest.raises(error, match=r"walk.0100.png is missing"):
        footage_of(scene)
    shutil.copy(pictures / "walk.0099.png", pictures / "walk.0100.png")
    part_of("footage.properties").refresh(footage)
    assert footage_of(scene).rate == RATE


def test_a_movie_clip_of_pictures(scene: bpy.types.Scene, pictures: Path) -> None:
    movie = bpy.data.movieclips.load(str(pictures / "walk.0095.png"))
    assert movie.source == "SEQUENCE"
    movie.frame_start, movie.frame_offset = 101, 5
    scene.posewright.footage.source = "CLIP"
    used = footage_of(scene)
    assert (used.clip, used.rate) == (pictures / "walk.0095.png", RATE)
    assert used.shown.seconds_at(101) == pytest.approx(5 / RATE) and used.shown.plays_true(scene)
    assert 4 / RATE < used.start < 5 / RATE and used.end is None
    scene.posewright.footage.rate = 12.5
    assert footage_of(scene).shown.seconds_at(101) == pytest.approx(5 / 12.5)
    assert bpy.ops.posewright.match_frame_rate() == {"FINISHED"}
    assert scene.render.fps / scene.render.fps_base == pytest.approx(12.5, abs=0.6)


def test_a_strip_of_pictures(scene: bpy.types.Scene, pictures: Path) -> None:
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_image("walk", str(pictures / "walk.0095.png"), 1, 50)
    chosen = scene.posewright.footage
    assert part_of("footage.strips").active_strip(scene) is None, "a single picture"
    for index in range(1, 16):
        strip.elements.append(f"walk.{FIRST + index:04}.png")
    strip.frame_final_duration = 16
    assert bpy.ops.posewright.use_strip() == {"FINISHED"} and chosen.strip == "walk"
    strip.frame_offset_start = 4
    used = footage_of(scene)
    assert (used.clip, used.rate, used.name) == (pictures / "walk.0095.png", RATE, "walk.####.png")
    assert used.shown.seconds_at(54) == pytest.approx(4 / RATE)
    assert 15 / RATE < used.end < 16 / RATE, "the pictures behind the strip's last are not used"
    strip.elements[3].filename = "another.0001.png"
    with pytest.raises(part_of("takes.store").PosewrightError, match="not numbered one after the other"):
        footage_of(scene)


@pytest.mark.parametrize("rate", [25, 75])
def test_pictures_behind_the_camera(scene: bpy.types.Scene, pictures: Path, rate: int) -> None:
    store = part_of("takes.store")
    joints = np.random.default_rng(1).random((COUNT, 2, 3), np.float32)
    filmed = store.Take(joints, ("pelvis", "head"), RATE, focal_px=90.0, image_size=SIZE, world_from_camera=np.eye(4))
    store.add_take(scene, filmed, "walk", store.Origin(str(pictures / "walk.0095.png"), {}, 11.0))
    scene.posewright.apply.start = "footage"
    scene.render.fps = rate
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    (background,) = scene.camera.data.background_images
    if rate == RATE:
        assert background.source == "MOVIE_CLIP" and background.clip.source == "SEQUENCE"
        assert (background.clip.frame_start, background.clip.frame_duration) == (11, COUNT)
        return
    assert background.source == "IMAGE" and background.image.source == "SEQUENCE"
    user = background.image_user
    for frame, number in ((11, FIRST), (12, FIRST), (13, FIRST + 1), (14, FIRST + 1), (41, FIRST + 10)):
        scene.frame_set(frame)
        assert frame <= user.frame_start + user.frame_duration - 1
        assert frame - user.frame_start + 1 + user.frame_offset == number, "of the file that is shown"


def test_a_capture_of_pictures(scene: bpy.types.Scene, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way with a real worker, from the pictures of half a second of the demo clip."""
    python = os.environ.get("POSEWRIGHT_TEST_PYTHON", "")
    if not python:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", python)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", True)
    folder = Path(bpy.app.tempdir) / "dance pictures"
    folder.mkdir()
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strips.new_movie("dance", str(checkout / "examples" / "dance.mp4"), 1, 1)
    render = scene.render
    render.fps, render.resolution_x, render.resolution_y, render.resolution_percentage = 30, 640, 360, 100
    scene.view_settings.view_transform = "Standard"
    render.image_settings.file_format = "PNG"
    scene.frame_start, scene.frame_end = 1, 15
    render.filepath = str(folder / "dance_")
    bpy.ops.render.render(animation=True)
    bpy.ops.posewright.use_footage(filepath=str(folder / "dance_0001.png"))
    scene.posewright.capture.quality = "fast"
    assert bpy.ops.posewright.capture() == {"FINISHED"}
    (item,) = scene.posewright.takes
    assert (item.name, item.frames, item.fps) == ("dance", 15, 30.0)
    scene.posewright.footage.clip, scene.posewright.footage.rate = "", 12.0
    assert bpy.ops.posewright.recall_settings() == {"FINISHED"}
    assert footage_of(scene).rate == 30.0, "that of the capture"
