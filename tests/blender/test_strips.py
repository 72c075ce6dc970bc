"""Strips that play faster or slower: the right seconds of the file are meant, or the strip is refused."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import pytest

MODULE = "bl_ext.user_default.posewright"
FPS, FRAMES = 30.0, 164  # of the demo clip


def part_of(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{MODULE}.addon.{name}")


@pytest.fixture
def scene(extension: ModuleType) -> Iterator[bpy.types.Scene]:
    """A scene of 24 frames a second, with its sequencer open in the largest area."""
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.0
    scene.sequence_editor_create()
    if hasattr(bpy.context.workspace, "sequencer_scene"):  # Blender 5.0
        bpy.context.workspace.sequencer_scene = scene
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield scene
    area.type = "VIEW_3D"


@pytest.fixture
def strip(scene: bpy.types.Scene, checkout: Path) -> Any:
    """The demo clip as the chosen footage: each of its frames on one of the scene, from 101 on."""
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_movie("walk", str(checkout / "examples" / "dance.mp4"), 1, 101)
    strip.select = True
    editor.active_strip = strip
    chosen = scene.posewright.footage
    chosen.strip, chosen.source = "walk", "STRIP"
    return strip


def add_effect(scene: bpy.types.Scene, strip: Any) -> Any:
    """Add a speed effect above a strip; its inputs and its length have other names in each version."""
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    known = {parameter.identifier for parameter in strips.bl_rna.functions["new_effect"].parameters}
    given = {"input1" if "input1" in known else "seq1": strip}
    given["length" if "length" in known else "frame_end"] = FRAMES + (0 if "length" in known else 101)
    return strips.new_effect(name="Speed", type="SPEED", channel=3, frame_start=101, **given)


def shown(scene: bpy.types.Scene) -> Any:
    return part_of("footage.source").footage_of(scene).shown


@pytest.mark.parametrize("percent", [50.0, 150.0, 200.0])
def test_a_strip_that_was_retimed_as_a_whole(scene: bpy.types.Scene, strip: Any, percent: float) -> None:
    assert bpy.ops.sequencer.retiming_segment_speed_set(speed=percent) == {"FINISHED"}
    assert strip.frame_final_duration == pytest.approx(FRAMES * 100 / percent, abs=1.5), "Blender has retimed it"
    seen = shown(scene)
    assert seen.seconds_at(101) == pytest.approx(0.0)
    assert seen.seconds_at(101 + 60) == pytest.approx(60 * percent / 100 / FPS, abs=1 / FPS)
    assert seen.frame_at(2.0) == pytest.approx(101 + 60 * 100 / percent, abs=1)
    assert not seen.plays_true(scene) and not seen.shows_each_frame(part_of("footage.source").facts_of(scene))
    strip.frame_offset_start = 20
    seen = shown(scene)
    assert seen.seconds_at(101 + 60) == pytest.approx(60 * percent / 100 / FPS, abs=1 / FPS), "trimming moves nothing"
    assert seen.start == pytest.approx(20 * percent / 100 / FPS, abs=1 / FPS) and seen.first_frame == 121


def test_a_strip_of_several_speeds_is_refused(scene: bpy.types.Scene, strip: Any) -> None:
    strip.frame_offset_start = 40
    assert bpy.ops.sequencer.retiming_segment_speed_set(speed=50.0) == {"FINISHED"}
    if len(strip.retiming_keys) == 2:
        pytest.skip("this Blender retimes what was trimmed off as well")
    with pytest.raises(part_of("footage.source").PosewrightError, match="not evenly"):
        shown(scene)


def test_an_effect_that_multiplies_the_speed(scene: bpy.types.Scene, strip: Any) -> None:
    effect = add_effect(scene, strip)
    assert effect.input_1 == strip
    with pytest.raises(part_of("footage.source").PosewrightError, match="changes the speed of the strip walk"):
        shown(scene)  # stretched
    effect.speed_control, effect.speed_factor = "MULTIPLY", 0.5
    assert shown(scene).seconds_at(161) == pytest.approx(1.0)
    strip.frame_offset_start = 20
    assert shown(scene).seconds_at(161) == pytest.approx(1.0), "the effect counts from the beginning of the file"
    assert shown(scene).start == pytest.approx(10 / FPS)
    effect.speed_factor = 2.0
    assert shown(scene).seconds_at(131) == pytest.approx(2.0)
    assert shown(scene).end == pytest.approx(FRAMES / FPS), "not beyond the file, whose last frame stays"
    effect.keyframe_insert("speed_factor", frame=1)
    with pytest.raises(part_of("footage.source").PosewrightError, match="changes the speed"):
        shown(scene)
