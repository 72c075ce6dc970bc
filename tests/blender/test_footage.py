"""Footage: where it comes from, which part is used, who is followed, and on which frames its motion lands."""

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
FPS, FRAMES = 30.0, 164  # of the demo clip


@pytest.fixture
def scene(extension: ModuleType) -> bpy.types.Scene:
    """An empty scene of 24 frames a second."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.0
    return scene


@pytest.fixture
def clip(checkout: Path) -> Path:
    return checkout / "examples" / "dance.mp4"


def part_of(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{MODULE}.addon.{name}")


def footage_of(scene: bpy.types.Scene) -> Any:
    return part_of("footage.source").footage_of(scene)


def add_strip(scene: bpy.types.Scene, clip: Path, frame: int) -> Any:
    """Add a movie strip as scripts do: each frame of the file on a frame of the scene."""
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    return strips.new_movie("walk", str(clip), 1, frame)


def choose_strip(scene: bpy.types.Scene, strip: Any) -> Any:
    chosen = scene.posewright.footage
    chosen.strip, chosen.source = strip.name, "STRIP"
    return chosen


def test_facts_are_read_and_nothing_stays(scene: bpy.types.Scene, clip: Path, tmp_path: Path) -> None:
    footage = scene.posewright.footage
    footage.clip = str(clip)
    assert (footage.frames, footage.fps, tuple(footage.size)) == (FRAMES, FPS, (640, 360))
    facts = part_of("footage.facts")
    assert facts.facts_words(facts.Facts(1920, 1080, 30 / 1.001, 1948)) == ["1:05 min", "1920 x 1080", "29.97 fps"]
    assert [facts.span_words(seconds) for seconds in (5.44, 59.9, 60, 3729)] == [
        "5.4 s",
        "59.9 s",
        "1:00 min",
        "1:02:09 h",
    ]
    footage.person, footage.use_range = "10,20", True
    assert footage.end == pytest.approx(FRAMES / FPS), "a part is one of this video"
    (tmp_path / "no video.mp4").write_text("no video")
    for missing in ("no video.mp4", "nowhere.mp4"):
        footage.clip = str(tmp_path / missing)
        assert (footage.frames, tuple(footage.size)) == (0, (0, 0))
    assert footage.person == "largest", "the person of another video"
    assert not bpy.data.movieclips and not bpy.data.images


def test_relative_files_are_found_beside_the_blend(scene: bpy.types.Scene, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "Aufnahme ä.mp4").write_bytes(clip.read_bytes())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.context.scene.posewright.footage.clip = "//Aufnahme ä.mp4"
    assert footage_of(bpy.context.scene).clip == tmp_path / "Aufnahme ä.mp4"
    assert bpy.context.scene.posewright.footage.frames == FRAMES


def test_a_relative_file_is_found_after_the_blend_was_saved_elsewhere(
    scene: bpy.types.Scene, clip: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    shutil.copy(clip, first / "walk.mp4")
    bpy.ops.wm.save_as_mainfile(filepath=str(first / "work.blend"))
    footage = scene.posewright.footage
    footage.clip = "//walk.mp4"
    bpy.ops.wm.save_as_mainfile(filepath=str(second / "work.blend"))
    assert footage_of(scene).clip == first / "walk.mp4"
    shutil.copy(clip, second / "walk.mp4")
    assert footage_of(scene).clip == second / "walk.mp4", "what lies beside the .blend comes first"
    footage.clip = "//another.mp4"
    with pytest.raises(part_of("takes.store").PosewrightError, match="There is no video"):
        footage_of(scene)


def test_a_camera_for_what_is_no_video_leaves_nothing(scene: bpy.types.Scene, clip: Path, tmp_path: Path) -> None:
    take = part_of("takes.store").Take
    joints = np.random.default_rng(1).random((4, 2, 3), np.float32)
    size, seen_from = (640, 360), np.eye(4)
    filmed = take(joints, ("pelvis", "head"), 30.0, focal_px=500.0, image_size=size, world_from_camera=seen_from)
    item = part_of("takes.store").add_take(scene, filmed, "walk", part_of("takes.store").Origin())
    video = tmp_path / "walk.mp4"
    video.write_text("This is no video.")
    item.clip = str(video)
    with pytest.raises(RuntimeError, match="cannot"):
        bpy.ops.posewright.add_camera()
    assert not bpy.data.cameras and not scene.objects and not bpy.data.movieclips
    item.clip = str(clip)
    assert bpy.ops.posewright.add_camera() == {"FINISHED"}


def test_a_dropped_video_is_chosen(scene: bpy.types.Scene, clip: Path) -> None:
    scene.posewright.footage.source = "STRIP"
    assert bpy.ops.posewright.use_footage(filepath=str(clip)) == {"FINISHED"}
    assert footage_of(scene).clip == clip and footage_of(scene).shown is None
    with pytest.raises(RuntimeError, match="There is no video"):
        bpy.ops.posewright.use_footage(filepath=str(clip) + "x")
    handler = bpy.types.POSEWRIGHT_FH_video
    assert handler.bl_import_operator == "posewright.use_footage" and ".mp4;" in handler.bl_file_extensions
    assert bpy.types.POSEWRIGHT_FH_take.bl_file_extensions == ".npz;.bvh"

    class Place:
        def __init__(self, kind: str | None) -> None:
            self.area = type("Area", (), {"type": kind})() if kind else None

    for handler in (part_of("footage.dropping").POSEWRIGHT_FH_video, part_of("footage.dropping").POSEWRIGHT_FH_take):
        assert [handler.poll_drop(Place(kind)) for kind in ("VIEW_3D", "SEQUENCE_EDITOR", None)] == [True, False, False]


def test_the_person_is_picked_by_a_pixel(scene: bpy.types.Scene) -> None:
    footage = scene.posewright.footage
    assert bpy.ops.posewright.pick_person(x=310, y=200) == {"FINISHED"}
    assert footage.person == "310,200"
    assert bpy.ops.posewright.pick_person(x=31, y=20, seconds=1.5) == {"FINISHED"}
    assert footage.person == "31,20@1.50"
    with pytest.raises(RuntimeError, match="say where the person is"):
        bpy.ops.posewright.pick_person()
    words = part_of("footage.picking.operators").person_words
    assert words(footage.person) == "The One at 31, 20 (1.5 s)"
    assert (words("largest"), words("2"), words("31, 20")) == (
        "Largest Person",
        "Number 2 by Size",
        "The One at 31, 20",
    )
    assert bpy.ops.posewright.clear_person() == {"FINISHED"}
    assert footage.person == "largest"


def test_the_picture_and_who_is_under_the_mouse() -> None:
    picture = part_of("footage.picking.picture")
    part = picture.Rect(100.0, 0.0, 900.0, 600.0)
    where = picture.fitted((640, 360), part, 1.0)
    assert part.left < where.left and where.right < part.right and part.bottom < where.bottom and where.top < part.top
    assert where.width / where.height == pytest.approx(640 / 360)
    assert (where.left + where.right, where.bottom + where.top) == pytest.approx((1000.0, 600.0))
    whole = picture.placed((0, 0, 640, 360), (640, 360), where)
    assert (whole.left, whole.bottom) == pytest.approx((where.left, where.bottom))
    boxes = ((0, 0, 320, 180), (300, 100, 640, 360))  # above at the left, and below at the right
    people = tuple(picture.Somebody(box, (0, 0)) for box in boxes)
    moment = picture.Moment(0.0, (640, 360), np.zeros((36, 64, 3), np.uint8), people)
    at = [(where.left + 5, where.top - 5), (where.right - 5, where.bottom + 5), (where.left + 5, where.bottom + 5)]
    assert [picture.person_at(moment, where, *place) for place in at] == [0, 1, -1]


def test_a_movie_clip_lies_where_the_clip_editor_shows_it(scene: bpy.types.Scene, clip: Path) -> None:
    movie = bpy.data.movieclips.load(str(clip))
    movie.frame_start, movie.frame_offset = 101, 15
    footage = scene.posewright.footage
    footage.source = "CLIP"
    assert footage.movie_clip == movie, "the only one"
    used = footage_of(scene)
    assert used.clip == clip and used.end is None
    assert 14 / FPS < used.start < 15 / FPS, "the frames that are skipped are not captured, the first one shown is"
    assert used.shown.frame_at(15 / FPS) == pytest.approx(101)
    assert used.shown.frame_at(45 / FPS) == pytest.approx(131), "a frame of the clip on each frame of the scene"
    assert not used.shown.plays_true(scene)
    assert bpy.ops.posewright.match_frame_rate() == {"FINISHED"}
    assert (scene.render.fps, scene.render.fps_base) == (30, 1.0) and used.shown.plays_true(scene)
    footage.frames, footage.fps = 100, 24 / 1.001
    bpy.ops.posewright.match_frame_rate()
    assert (scene.render.fps, scene.render.fps_base) == (24, pytest.approx(1.001))
    bpy.data.movieclips.remove(movie)
    with pytest.raises(part_of("footage.source").PosewrightError, match="Choose a movie clip"):
        footage_of(scene)


def test_a_strip_as_scripts_add_it(scene: bpy.types.Scene, clip: Path) -> None:
    strip = add_strip(scene, clip, 50)
    strip.frame_offset_start, strip.frame_offset_end = 12, 20
    choose_strip(scene, strip)
    used = footage_of(scene)
    assert used.clip == clip
    assert 11 / FPS < used.start < 12 / FPS
    assert (FRAMES - 21) / FPS < used.end < (FRAMES - 20) / FPS
    assert used.shown.frame_at(12 / FPS) == pytest.approx(62)
    assert not used.shown.plays_true(scene), "30 frames of it a second would be right, it shows 24"
    strip.use_reverse_frames = True
    with pytest.raises(part_of("footage.source").PosewrightError, match="runs backward"):
        footage_of(scene)
    strip.name = "renamed"
    with pytest.raises(part_of("footage.source").PosewrightError, match="no movie strip walk"):
        footage_of(scene)


def test_a_strip_at_its_true_speed(scene: bpy.types.Scene, clip: Path) -> None:
    """As the sequencer itself adds it: 164 frames of 30 a second fill 131 frames of 24."""
    shown_strip, facts = part_of("footage.timeline").shown_strip, part_of("footage.facts").Facts(640, 360, FPS, FRAMES)

    class Strip:
        name, type, use_reverse_frames = "walk", "MOVIE", False
        animation_offset_start = animation_offset_end = 0
        frame_offset_start, frame_offset_end, frame_final_start, frame_final_duration = 24.0, 7.0, 124, 100

    shown = shown_strip(Strip, facts, scene)
    assert shown.plays_true(scene)
    assert (shown.start, shown.first_frame) == pytest.approx((1.0, 124))
    assert shown.end == pytest.approx(1.0 + 100 / 24)
    assert shown.frame_at(2.0) == pytest.approx(148) and shown.seconds_at(148) == pytest.approx(2.0)
    Strip.frame_final_duration = 60
    with pytest.raises(part_of("footage.source").PosewrightError, match="faster or slower"):
        shown_strip(Strip, facts, scene)


def test_in_and_out_from_the_timeline(scene: bpy.types.Scene, clip: Path) -> None:
    footage = choose_strip(scene, add_strip(scene, clip, 50))
    scene.render.fps = 30
    scene.frame_set(80)
    assert bpy.ops.posewright.footage_range(part="IN") == {"FINISHED"}
    assert footage.use_range and (footage.start, footage.end) == pytest.approx((1.0, FRAMES / FPS))
    scene.frame_set(139)
    assert bpy.ops.posewright.footage_range(part="OUT") == {"FINISHED"}
    assert (footage.start, footage.end) == pytest.approx((1.0, 3.0))
    assert footage_of(scene).first_frame(1.0) == pytest.approx(80)
    with pytest.raises(RuntimeError, match="no preview range"):
        bpy.ops.posewright.footage_range(part="PREVIEW")
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 20, 109
    assert bpy.ops.posewright.footage_range(part="PREVIEW") == {"FINISHED"}
    assert (footage.start, footage.end) == pytest.approx((0.0, 2.0)), "not before the strip begins"
    strip = part_of("footage.source").need_strip(scene)
    strip.frame_offset_end = 90
    footage.start, footage.end = 4.0, 5.0
    with pytest.raises(part_of("footage.source").PosewrightError, match="outside what the timeline shows"):
        footage_of(scene)
    assert bpy.ops.posewright.footage_range(part="WHOLE") == {"FINISHED"}
    assert not footage.use_range
    footage.source, footage.clip = "FILE", str(clip)
    with pytest.raises(RuntimeError, match="does not lie in the timeline"):
        bpy.ops.posewright.footage_range(part="IN")


def test_choices_survive_saving(scene: bpy.types.Scene, clip: Path, tmp_path: Path) -> None:
    footage = choose_strip(scene, add_strip(scene, clip, 50))
    footage.movie_clip = bpy.data.movieclips.load(str(clip))
    bpy.ops.posewright.pick_person(x=5, y=6)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    footage = bpy.context.scene.posewright.footage
    assert (footage.source, footage.strip, footage.person, footage.frames) == ("STRIP", "walk", "5,6", FRAMES)
    assert footage.movie_clip is not None and footage_of(bpy.context.scene).clip == clip


def test_entries_in_the_menus(scene: bpy.types.Scene, clip: Path) -> None:
    assert not bpy.ops.posewright.use_strip.poll() and not bpy.ops.posewright.use_clip.poll()
    add_strip(scene, clip, 1)
    assert bpy.ops.posewright.use_strip() == {"FINISHED"}
    assert (scene.posewright.footage.source, scene.posewright.footage.strip) == ("STRIP", "walk")
    bpy.data.movieclips.load(str(clip))
    assert bpy.ops.posewright.use_clip() == {"FINISHED"}
    assert scene.posewright.footage.source == "CLIP"


def test_a_capture_lands_under_its_strip(scene: bpy.types.Scene, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way with a real worker: a second of a strip that was trimmed and lies late in the timeline."""
    python = os.environ.get("POSEWRIGHT_TEST_PYTHON", "")
    if not python:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", python)
    monkeypatch.setattr(bpy.context.preferences.system, "use_online_access", True)
    scene.render.fps = 30
    strip = add_strip(scene, clip, 40)
    strip.frame_offset_start, strip.frame_offset_end = 60, 74
    choose_strip(scene, strip)
    scene.posewright.capture.quality = "fast"
    assert bpy.ops.posewright.capture() == {"FINISHED"}
    (item,) = scene.posewright.takes
    assert item.frames == 30
    assert item.frame_start == pytest.approx(100)
    assert scene.posewright.apply.frame_start == 100
    take = part_of("takes.store").take_of(item)
    assert take.times[0] == pytest.approx(2.0, abs=0.001)
