"""Motions solved in slices before they are keyed: nothing changes meanwhile; what does not fit any more is not used."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import numpy as np
import pytest
from blender import control_rigs
from blender.armatures import armature_of
from blender.test_controls import _state as state_of
from bpy.types import Object
from posewright.rigging.blender import keyframes
from synthetic_rigs import make_rig, walking_take

MODULE = "bl_ext.user_default.posewright"
FRAMES, RATE = 40, 30.0


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{MODULE}.{name}")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("take") / "walk.npz"
    take = walking_take(FRAMES, RATE)
    np.savez(path, joints=take.joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path


@pytest.fixture
def rig(extension: ModuleType, walk: Path) -> Object:
    """A character in a scene with the take."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.context.scene.render.fps = int(RATE)
    obj = armature_of(make_rig(), "Walker")
    assert bpy.ops.posewright.import_take(filepath=str(walk)) == {"FINISHED"}
    return obj


@pytest.fixture
def solves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The armatures whose motion was solved when it was keyed."""
    found: list[str] = []
    apply = module("rigging.blender.apply")
    solving = apply.solving
    monkeypatch.setattr(apply, "solving", lambda obj, *rest: found.append(obj.name) or solving(obj, *rest))
    return found


def ahead_of(obj: Object) -> Any:
    """Return the work that Apply does for an armature while Blender goes on, with the choices of the panel."""
    scene = bpy.context.scene
    item = scene.posewright.takes[0]
    take = module("addon.takes.store").current_take(item)
    applied, _ = module("addon.apply.settings").applied_as(scene, obj, take, item.frame_start, scene.posewright.apply)
    return module("addon.apply.ahead").solve_ahead(obj, take, applied.settings)


def keys(obj: Object) -> dict[tuple[str, int], list[tuple[float, ...]]]:
    curves = keyframes.curves_of(obj)
    return {(c.data_path, c.array_index): [tuple(k.co) for k in c.keyframe_points] for c in curves}


def test_what_was_solved_ahead_is_keyed_as_if_it_was_solved_then(rig: Object, solves: list[str]) -> None:
    finished = module("progress").finished
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    before = keys(rig)
    assert solves == [rig.name]
    finished(ahead_of(rig))
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert solves == [rig.name], "it was there"
    assert keys(rig) == before
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert solves == [rig.name, rig.name], "it is used once"


def move(rig: Object) -> None:
    rig.location.x = 1.0
    bpy.context.view_layer.update()


def lengthen(rig: Object) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones["head"].tail.z += 0.1
    rig.data.edit_bones["left_foot"].head.x += 0.05
    bpy.ops.object.mode_set(mode="OBJECT")


def change_the_take(rig: Object) -> None:
    bpy.ops.posewright.offset_floor(height=0.1)


def choose_otherwise(rig: Object) -> None:
    bpy.context.scene.posewright.apply.feet = "never"


@pytest.mark.parametrize("change", [move, lengthen, change_the_take, choose_otherwise], ids=lambda f: f.__name__)
def test_what_does_not_fit_any_more_is_solved_anew(
    rig: Object, solves: list[str], change: Callable[[Object], None]
) -> None:
    module("progress").finished(ahead_of(rig))
    change(rig)
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert solves == [rig.name]
    now = keys(rig)
    assert bpy.ops.posewright.apply(result="new") == {"FINISHED"}
    assert keys(rig) == now


def test_how_keys_are_written_may_be_chosen_later(rig: Object, solves: list[str]) -> None:
    module("progress").finished(ahead_of(rig))
    bpy.context.scene.posewright.apply.reduce, bpy.context.scene.posewright.apply.frame_start = 1.0, 50
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    assert not solves
    assert rig.animation_data.action.frame_range[0] == 50


@pytest.mark.parametrize("drive", ["fk", "ik"])
def test_between_slices_and_after_cancelling_nothing_has_changed(rig: Object, drive: str, walk: Path) -> None:
    """Also of a rig whose controls are tried, and corrected because they do not follow at first."""
    obj = control_rigs.awkward()
    obj.name = "Awkward"
    bpy.ops.posewright.import_take(filepath=str(walk))
    bpy.context.scene.posewright.apply.drive = drive
    module("rigging.blender.controls.known").forget()
    before, pieces = state_of(obj), 0
    for _ in ahead_of(obj):
        assert state_of(obj) == before
        pieces += 1
    assert pieces > 5 and state_of(obj) == before
    for stop in range(pieces):
        work = ahead_of(obj)
        for _ in range(stop + 1):
            next(work)
        work.close()
        assert state_of(obj) == before
    assert [action.name for action in bpy.data.actions] == ["before", "mine"]


def test_slices_are_given_up_by_cancel_undo_and_another_file(rig: Object) -> None:
    slices = module("addon.apply.slices")
    assert not bpy.ops.posewright.cancel_apply.poll()
    work = slices.begin("apply", ahead_of(rig))
    assert not work.go_on(0.0) and 0.0 < work.done < 1.0
    assert bpy.ops.posewright.cancel_apply.poll()
    assert bpy.ops.posewright.cancel_apply() == {"FINISHED"}
    assert work.is_given_up and slices.present("apply") is None
    assert not work.go_on(1.0), "what was given up stays so"
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.ed.undo_push(message="something")
    work = slices.begin("apply", ahead_of(rig))
    work.go_on(0.0)
    bpy.ops.ed.undo()
    assert work.is_given_up
    rig = bpy.data.objects["Walker"]
    module("progress").finished(ahead_of(rig))
    work = slices.begin("follow", ahead_of(rig))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    assert work.is_given_up
    assert not module("addon.apply.ahead")._ahead
    slices.end("follow")
    slices.end("apply")


def test_what_was_deleted_meanwhile_is_said(rig: Object) -> None:
    operators, error = module("addon.apply.operators"), module("errors").PosewrightError
    scene = bpy.context.scene
    operators.check_there(scene, [rig])
    scene.collection.objects.unlink(rig)
    with pytest.raises(error, match="deleted"):
        operators.check_there(scene, [rig])
    bpy.data.objects.remove(rig)
    with pytest.raises(error, match="deleted"):
        operators.check_there(scene, [rig])


def test_the_motion_of_an_armature_is_read_in_pieces(rig: Object) -> None:
    sources = module("rigging.blender.sources")
    bpy.ops.posewright.apply()
    scene = bpy.context.scene
    scene.frame_set(7)
    whole, scenes = sources.take_from_armature(rig), len(bpy.data.scenes)
    work, pieces = sources.reading_armature(rig, seconds=0.0), 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            take = end.value
            break
        pieces += 1
        assert (scene.frame_current, len(bpy.data.scenes)) == (7, scenes)
    assert pieces == FRAMES
    np.testing.assert_array_equal(take.joints, whole.joints)
