"""Where the footage of a take lies: found again when the project is moved, and when the .blend is saved elsewhere."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest
from synthetic_rigs import walking_take

MODULE = "bl_ext.user_default.posewright"


def part_of(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{MODULE}.addon.{name}")


@pytest.fixture
def project(extension: ModuleType, checkout: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder with a video, an empty file that is not saved, and Blender's own choice about paths."""
    folder = tmp_path / "Projekt ä"
    (folder / "footage").mkdir(parents=True)
    shutil.copy(checkout / "examples" / "dance.mp4", folder / "footage" / "walk.mp4")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.context.preferences.filepaths.use_relative_paths = True
    yield folder
    bpy.context.preferences.filepaths.use_relative_paths = True


def add_take(folder: Path) -> Any:
    """Add a take as a capture of the folder's video does."""
    store = part_of("takes.store")
    take = walking_take(30, 30.0)
    take.world_from_camera, take.focal_px, take.image_size = np.eye(4), 600.0, (640, 360)
    clip = str(folder / "footage" / "walk.mp4")
    return store.add_take(bpy.context.scene, take, "walk", store.Origin(clip, {"quality": "fast"}, 1.0))


def the_take() -> Any:
    (item,) = bpy.context.scene.posewright.takes
    return item


def where(item: Any) -> Path | None:
    return part_of("takes.paths").clip_of(item)


def save(path: Path, **options: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), **options)


def test_a_project_that_was_moved_finds_its_footage(project: Path, tmp_path: Path) -> None:
    save(project / "shot.blend")
    assert add_take(project).clip == "//footage/walk.mp4"
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    save(project / "shot.blend")
    moved = Path(shutil.move(project, tmp_path / "moved"))
    bpy.ops.wm.open_mainfile(filepath=str(moved / "shot.blend"))
    assert where(the_take()) == moved / "footage" / "walk.mp4"
    (background,) = bpy.context.scene.camera.data.background_images
    shown = background.clip if background.source == "MOVIE_CLIP" else background.image
    assert shown.filepath == "//footage/walk.mp4", "Blender finds the picture behind the camera as well"
    assert bpy.ops.posewright.recall_settings() == {"FINISHED"}
    footage = part_of("footage.source").footage_of(bpy.context.scene)
    assert footage.clip == moved / "footage" / "walk.mp4" and bpy.context.scene.posewright.footage.frames > 0
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}


def test_a_file_that_is_saved_elsewhere_keeps_its_footage(project: Path, tmp_path: Path) -> None:
    video = project / "footage" / "walk.mp4"
    save(project / "shot.blend")
    add_take(project)
    save(tmp_path / "other" / "shot.blend")
    assert the_take().clip == "//../Projekt ä/footage/walk.mp4" and where(the_take()) == video
    save(tmp_path / "copy" / "deep.blend", copy=True)
    save(project / "footage" / "near.blend", copy=True)
    assert the_take().clip == "//../Projekt ä/footage/walk.mp4", "the open file is another one"
    with pytest.raises(RuntimeError):
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "missing" / "shot.blend"))
    assert where(the_take()) == video
    for name in ("other/shot.blend", "copy/deep.blend", "Projekt ä/footage/near.blend"):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / name))
        assert where(the_take()) == video, name
    assert the_take().clip == "//walk.mp4"


def test_the_first_save_makes_paths_relative_as_blender_does(project: Path) -> None:
    assert add_take(project).clip == str(project / "footage" / "walk.mp4")
    save(project / "shot.blend")
    assert the_take().clip == "//footage/walk.mp4" and where(the_take()) == project / "footage" / "walk.mp4"


def test_full_paths_stay_where_they_are_wanted(project: Path, tmp_path: Path) -> None:
    bpy.context.preferences.filepaths.use_relative_paths = False
    video = str(project / "footage" / "walk.mp4")
    item = add_take(project)
    save(project / "shot.blend")
    save(tmp_path / "other" / "shot.blend")
    assert item.clip == video
    bpy.context.preferences.filepaths.use_relative_paths = True
    save(project / "shot.blend")
    assert the_take().clip == video, "one of an older file"
    assert bpy.ops.posewright.recall_settings() == {"FINISHED"}
    assert bpy.context.scene.posewright.footage.clip == video


def test_a_linked_scene_knows_its_footage(project: Path, tmp_path: Path) -> None:
    save(project / "shot.blend")
    add_take(project)
    save(project / "shot.blend")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    save(tmp_path / "set" / "set.blend")
    with bpy.data.libraries.load(str(project / "shot.blend"), link=True) as (inside, outside):
        outside.scenes = inside.scenes
    linked = next(scene for scene in bpy.data.scenes if scene.library is not None)
    assert where(linked.posewright.takes[0]) == project / "footage" / "walk.mp4"
