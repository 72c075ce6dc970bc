"""The list of takes, the figure that is drawn for the chosen one, and the camera with its footage."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest
from bpy.types import Object
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from synthetic_rigs import walking_take

MODULE = "bl_ext.user_default.posewright"
SIZE, FOCAL = (640, 360), 600.0


def filmed_walk(frames: int = 30, fps: float = 30.0) -> Any:
    """Return someone who walks, seen from 4 m in front, and 1 m above the floor."""
    take = walking_take(frames, fps)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # x right, y down, z away
    matrix[:3, 3] = (0.0, -4.0, 1.0)
    take.world_from_camera, take.focal_px = matrix, FOCAL
    take.image_size, take.principal_point = SIZE, (SIZE[0] / 2, SIZE[1] / 2)
    return take


@pytest.fixture
def scene(extension: ModuleType, tmp_path: Path) -> bpy.types.Scene:
    """An empty scene with one take in the list."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    filmed_walk().save(tmp_path / "walk.npz")
    assert bpy.ops.posewright.import_take(filepath=str(tmp_path / "walk.npz")) == {"FINISHED"}
    return bpy.context.scene


def test_names_are_unique_and_sort(scene: bpy.types.Scene, tmp_path: Path) -> None:
    for _ in range(2):
        bpy.ops.posewright.import_take(filepath=str(tmp_path / "walk.npz"))
    takes = scene.posewright.takes
    assert [take.name for take in takes] == ["walk", "walk.001", "walk.002"]
    assert len({take.uid for take in takes}) == 3 and scene.posewright.take_index == 2
    takes[1].name = "  walk "
    assert takes[1].name == "walk.001"
    takes[1].name = "Übung"
    assert takes[1].name == "Übung"


def test_the_list_survives_saving_and_undo(scene: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.posewright.delete_take("EXEC_DEFAULT", True)
    assert not bpy.context.scene.posewright.takes and not bpy.data.texts
    bpy.ops.ed.undo()
    assert [take.name for take in bpy.context.scene.posewright.takes] == ["walk"]
    file = tmp_path / "mit Umlaut ä.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert not bpy.context.scene.posewright.takes
    bpy.ops.wm.open_mainfile(filepath=str(file))
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    (mannequin,) = (obj for obj in bpy.data.objects if obj.type == "ARMATURE")
    assert mannequin.animation_data.action.name == "walk", "the mannequin comes when there is no armature"


def test_a_take_that_somebody_destroyed_is_told(scene: bpy.types.Scene) -> None:
    scene.posewright.takes[0].text.from_string("nonsense")
    with pytest.raises(RuntimeError, match="is damaged"):
        bpy.ops.posewright.apply()
    bpy.data.texts.remove(scene.posewright.takes[0].text)
    with pytest.raises(RuntimeError, match="not in this file any more"):
        bpy.ops.posewright.apply()


def test_settings_are_shown_again(scene: bpy.types.Scene) -> None:
    assert not bpy.ops.posewright.recall_settings.poll(), "nothing was captured here"
    item = scene.posewright.takes[0]
    item.clip = "walk.mp4"
    item.settings = '{"quality": "best", "height": 1.85, "start": 2.0, "end": null, "camera": "pan", "smooth": 0.25}'
    assert bpy.ops.posewright.recall_settings() == {"FINISHED"}
    capture, footage = scene.posewright.capture, scene.posewright.footage
    assert (capture.quality, capture.camera, capture.smooth) == ("best", "pan", 0.25)
    assert capture.height == pytest.approx(1.85)
    assert footage.clip == "walk.mp4" and footage.use_range and footage.start == 2.0


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [("2.0", "null", (2.0, 0.0)), ("null", "3.0", (0.0, 3.0)), ("1.5", "3.0", (1.5, 3.0))],
    ids=["to the end", "from the beginning", "a part"],
)
def test_a_part_is_shown_again_whatever_was_chosen_since(
    scene: bpy.types.Scene, checkout: Path, start: str, end: str, shown: tuple[float, float]
) -> None:
    item, footage = scene.posewright.takes[0], scene.posewright.footage
    item.clip = str(checkout / "examples" / "dance.mp4")
    item.settings = f'{{"start": {start}, "end": {end}}}'
    footage.start, footage.end = 3.5, 3.75
    assert bpy.ops.posewright.recall_settings() == {"FINISHED"}
    length = footage.frames / footage.fps
    assert footage.use_range
    assert (footage.start, footage.end) == pytest.approx((shown[0], shown[1] or length))


def test_a_scene_that_is_linked_takes_nothing(scene: bpy.types.Scene, tmp_path: Path) -> None:
    library = tmp_path / "library.blend"
    scene.name = "Linked"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.scenes = ["Linked"]
    linked = next(scene for scene in bpy.data.scenes if scene.library is not None)
    bpy.context.window.scene = linked
    assert len(linked.posewright.takes) == 1
    for name in ("capture", "apply", "swap_sides", "add_camera", "add_mannequin"):
        with pytest.raises(RuntimeError, match="is linked from library"):
            getattr(bpy.ops.posewright, name)()
    assert len(linked.posewright.takes) == 1 and not len(linked.posewright.takes[0].edits)


@pytest.mark.parametrize("name", ["import_take", "export_take", "report"])
def test_a_script_that_names_no_file_is_told(scene: bpy.types.Scene, name: str) -> None:
    with pytest.raises(RuntimeError, match="Name the file of the"):
        getattr(bpy.ops.posewright, name)()


def test_the_figure_follows_the_scene(scene: bpy.types.Scene) -> None:
    preview = importlib.import_module(f"{MODULE}.addon.takes.preview")
    take = filmed_walk()
    scene.render.fps = 24
    scene.frame_set(13)
    assert preview.seconds_at(scene, take, 1.0) == pytest.approx(0.5)
    joints, _ = preview.joints_at(take, 0.5)
    np.testing.assert_allclose(joints, take.joints[15], atol=1e-5)
    joints, _ = preview.joints_at(take, 15.5 / 30)
    np.testing.assert_allclose(joints, (take.joints[15] + take.joints[16]) / 2, atol=1e-5)
    scene.frame_set(500)
    assert preview.seconds_at(scene, take, 1.0) == pytest.approx(29 / 30), "it stays at the end"


def camera_of(scene: bpy.types.Scene) -> Object:
    """Return the only camera."""
    (camera,) = (obj for obj in scene.objects if obj.type == "CAMERA")
    return camera


def seen_at(scene: bpy.types.Scene, point: Any) -> tuple[float, float]:
    """Return where the scene's camera sees a point, in pixels from the upper left corner."""
    x, y, _ = world_to_camera_view(scene, scene.camera, Vector(point))
    return x * SIZE[0], (1 - y) * SIZE[1]


def test_the_camera_sees_the_figure_and_the_character(scene: bpy.types.Scene) -> None:
    take = filmed_walk()
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert scene.camera == camera_of(scene)
    assert (scene.render.resolution_x, scene.render.resolution_y) == SIZE
    bpy.context.view_layer.update()
    pelvis = take.joint("pelvis")[0].astype(float)
    expected = (320 + FOCAL * pelvis[0] / (pelvis[1] + 4), 180 - FOCAL * (pelvis[2] - 1) / (pelvis[1] + 4))
    assert seen_at(scene, pelvis) == pytest.approx(expected, abs=0.5)

    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    obj = next(obj for obj in scene.objects if obj.type == "ARMATURE")
    scene.frame_set(1)
    hips = obj.matrix_world @ obj.pose.bones["hips"].head
    assert seen_at(scene, hips) == pytest.approx(expected, abs=12), "the character is as large as the person"
    assert camera_of(scene).name == "walk camera", "it takes the place of the first"
    assert len(bpy.data.cameras) == 1


def test_apply_takes_the_camera_along_and_hides_the_figure(scene: bpy.types.Scene) -> None:
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    camera = scene.camera
    before = camera.matrix_world.translation.copy()
    assert scene.posewright.show_figure
    scene.posewright.apply.place = "character"
    assert bpy.ops.posewright.add_mannequin() == {"FINISHED"}
    scene.posewright.character.armature.location.x = 2
    bpy.context.view_layer.update()
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    bpy.context.view_layer.update()
    assert scene.camera == camera == camera_of(scene), "it is the same object: views and markers go on showing it"
    assert camera.matrix_world.translation.x == pytest.approx(before.x + 2, abs=0.3)
    assert not scene.posewright.show_figure
    camera.location.x += 1
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert camera.matrix_world.translation.x == pytest.approx(before.x + 3, abs=0.5), "later it is the user's"
    assert len(bpy.data.cameras) == 1


@pytest.mark.parametrize("rate", [30, 24, 60])
def test_the_footage_plays_at_its_speed(scene: bpy.types.Scene, checkout: Path, rate: int) -> None:
    scene.render.fps = rate
    scene.posewright.takes[0].clip = str(checkout / "examples" / "dance.mp4")
    scene.posewright.apply.frame_start = 11
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    for seconds in (0, 1, 4):
        frame = 11 + seconds * rate
        scene.frame_set(frame)
        data = camera_of(scene).evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        background = data.background_images[0]
        if rate == 30:
            shown = frame - background.clip.frame_start
        else:
            shown = frame - background.image_user.frame_start + background.image_user.frame_offset
        assert shown == pytest.approx(30 * seconds, abs=1), "frames of the video, which has 30 a second"
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert len(bpy.data.movieclips) + len(bpy.data.images) == 1, "the former footage goes with its camera"


def test_a_take_without_camera_and_a_video_that_is_gone(scene: bpy.types.Scene, tmp_path: Path) -> None:
    scene.posewright.takes[0].clip = str(tmp_path / "gone.mp4")
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}  # with a warning
    walking_take(5, 30.0).save(tmp_path / "plain.npz")
    bpy.ops.posewright.import_take(filepath=str(tmp_path / "plain.npz"))
    with pytest.raises(RuntimeError, match="does not know its camera"):
        bpy.ops.posewright.add_camera()
    assert len(bpy.data.cameras) == 1


def test_without_a_take_a_script_is_told_what_is_missing(scene: bpy.types.Scene) -> None:
    bpy.ops.posewright.delete_take()
    for name in ("apply", "add_camera", "export_take", "mark_moments", "smooth_take", "freeze"):
        with pytest.raises(RuntimeError, match="Capture a video or import a take first"):
            getattr(bpy.ops.posewright, name)()


def test_moments_to_look_at_are_marked(scene: bpy.types.Scene, tmp_path: Path) -> None:
    take = walking_take(90, 30.0)
    take.joints[45:] += (0.8, 0.0, 0.0)  # a leap after 1.5 s
    take.save(tmp_path / "leap.npz")
    bpy.ops.posewright.import_take(filepath=str(tmp_path / "leap.npz"))
    scene.render.fps, scene.posewright.apply.frame_start = 60, 101
    scene.timeline_markers.new("mine", frame=3)
    for _ in range(2):
        assert bpy.ops.posewright.mark_moments() == {"FINISHED"}
        marks = [marker for marker in scene.timeline_markers if marker.name != "mine"]
        assert any("leaps" in mark.name and mark.frame == pytest.approx(101 + 90, abs=3) for mark in marks)
    assert len({(mark.name, mark.frame) for mark in marks}) == len(marks)
    before = {mark.frame for mark in marks}
    bpy.ops.posewright.apply()  # there it lies, wherever the next one begins
    scene.posewright.apply.frame_start = 1
    bpy.ops.posewright.mark_moments()
    assert {marker.frame for marker in scene.timeline_markers if marker.name != "mine"} == before
    assert bpy.ops.posewright.mark_moments(clear=True) == {"FINISHED"}
    assert [marker.name for marker in scene.timeline_markers] == ["mine"]


def test_the_report_is_a_page(scene: bpy.types.Scene, tmp_path: Path) -> None:
    assert bpy.ops.posewright.report(filepath=str(tmp_path / "walk")) == {"FINISHED"}
    assert "<title>walk: report</title>" in (tmp_path / "walk.html").read_text("utf-8")
    with pytest.raises(RuntimeError, match="could not be written"):
        bpy.ops.posewright.report(filepath=str(tmp_path / "none" / "walk.html"))


def test_the_footage_stays_as_it_was_shown(scene: bpy.types.Scene, checkout: Path) -> None:
    camera = importlib.import_module(f"{MODULE}.addon.takes.camera")
    item = scene.posewright.takes[0]
    assert camera.footage_of(scene, item) is None
    item.clip = str(checkout / "examples" / "dance.mp4")
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    footage = camera.footage_of(scene, item)
    assert (footage.display_depth, footage.show_background_image) == ("BACK", True)
    footage.alpha, footage.display_depth = 0.25, "FRONT"
    assert bpy.ops.posewright.apply() == {"FINISHED"}, "which takes the camera along"
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    footage = camera.footage_of(scene, item)
    assert footage.alpha == pytest.approx(0.25) and footage.display_depth == "FRONT"
    camera_of(scene).data.show_background_images = False
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert not camera_of(scene).data.show_background_images, "hidden footage stays hidden"


def test_footage_that_comes_later_is_shown(scene: bpy.types.Scene, checkout: Path) -> None:
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert not camera_of(scene).data.background_images
    scene.posewright.takes[0].clip = str(checkout / "examples" / "dance.mp4")
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}
    assert camera_of(scene).data.show_background_images and camera_of(scene).data.background_images


def test_a_take_leads_to_its_character(scene: bpy.types.Scene, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No character has the take walk yet"):
        bpy.ops.posewright.show_wearer()
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    first = scene.posewright.character.armature or next(obj for obj in scene.objects if obj.type == "ARMATURE")
    filmed_walk(frames=60).save(tmp_path / "long.npz")
    bpy.ops.posewright.import_take(filepath=str(tmp_path / "long.npz"))
    assert bpy.ops.posewright.add_mannequin() == {"FINISHED"}
    second = scene.posewright.character.armature
    assert bpy.ops.posewright.apply(frame_start=101) == {"FINISHED"}
    assert second != first

    assert bpy.ops.posewright.show_wearer(take="walk") == {"FINISHED"}
    assert scene.posewright.takes[scene.posewright.take_index].name == "walk"
    assert scene.posewright.character.armature == bpy.context.view_layer.objects.active == first
    assert first.select_get() and not second.select_get()
    frames = (scene.frame_preview_start, scene.frame_preview_end)
    assert scene.use_preview_range and frames == tuple(map(round, first.animation_data.action.frame_range))
    assert bpy.ops.posewright.show_wearer(take="long") == {"FINISHED"}
    assert bpy.context.view_layer.objects.active == second and scene.frame_current == 101
    assert (scene.frame_preview_start, scene.frame_preview_end)[0] == 101
    assert bpy.ops.posewright.show_wearer(take="long") == {"FINISHED"}
    assert not scene.use_preview_range, "a second click plays everything again"
    with pytest.raises(RuntimeError, match="There is no take dance in this scene"):
        bpy.ops.posewright.show_wearer(take="dance")


def test_the_frames_of_a_strip_are_those_of_the_scene(scene: bpy.types.Scene) -> None:
    assert bpy.ops.posewright.apply(result="nla") == {"FINISHED"}
    obj = next(obj for obj in scene.objects if obj.type == "ARMATURE")
    obj.animation_data.nla_tracks[-1].strips[0].frame_start_ui = 51
    assert bpy.ops.posewright.show_wearer() == {"FINISHED"}
    strip = obj.animation_data.nla_tracks[-1].strips[0]
    assert (scene.frame_preview_start, scene.frame_preview_end) == (51, round(strip.frame_end))


def test_several_characters_of_a_take_come_in_turn(scene: bpy.types.Scene) -> None:
    worn = []
    for _ in range(2):
        assert bpy.ops.posewright.add_mannequin() == {"FINISHED"}
        worn.append(scene.posewright.character.armature)
        assert bpy.ops.posewright.apply() == {"FINISHED"}
    shown = []
    for _ in range(3):
        assert bpy.ops.posewright.show_wearer() == {"FINISHED"}
        shown.append(bpy.context.view_layer.objects.active)
    assert set(shown) == set(worn) and shown[0] == shown[2]
    worn[0].hide_set(True)
    worn[1].hide_set(True)
    assert bpy.ops.posewright.show_wearer() == {"FINISHED"}, "hidden ones are chosen, not selected"


def test_a_captured_take_is_new_until_it_is_seen(scene: bpy.types.Scene, tmp_path: Path) -> None:
    store = importlib.import_module(f"{MODULE}.addon.takes.store")
    wearing = importlib.import_module(f"{MODULE}.addon.takes.wearing")
    takes = scene.posewright.takes
    assert not takes[0].is_new, "it was imported"
    for name in ("first", "second"):
        store.add_take(scene, filmed_walk(), name, store.Origin("walk.mp4", {"quality": "best"}))
    assert [take.is_new for take in takes] == [False, True, True]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "new.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "new.blend"))
    scene, takes = bpy.context.scene, bpy.context.scene.posewright.takes
    assert [take.is_new for take in takes] == [False, True, True]
    scene.posewright.take_index = 1
    assert [take.is_new for take in takes] == [False, False, True]
    scene.posewright.take_index = 0
    wearing._played(scene)
    assert takes[2].is_new, "another one was played"
    scene.posewright.take_index = 2
    assert not takes[2].is_new
    takes[2].is_new = True
    wearing._played(scene)
    assert not takes[2].is_new


def test_notes_of_a_take_can_be_put_away(scene: bpy.types.Scene) -> None:
    scene.posewright.takes[0].notes = "The person's height was not given."
    assert bpy.ops.posewright.dismiss_take_notes() == {"FINISHED"}
    assert scene.posewright.takes[0].notes == ""
    bpy.ops.posewright.delete_take()
    assert not bpy.ops.posewright.dismiss_take_notes.poll()
