"""The operators that put motion on a character, with characters and sources in every state that a scene can have."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest
from bpy.types import Object
from synthetic_rigs import walking_take

APPLY = ("apply", "apply_from_armature")
CHOICES = (
    "feet",
    "drive",
    "root",
    "place",
    "interpolation",
    "result",
    "range",
    "start",
    "hands_meet",
    "fingers",
    "reduce",
)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone who walks for a moment."""
    path = tmp_path_factory.mktemp("take") / "walk.npz"
    take = walking_take(8, 30.0)
    np.savez(path, joints=take.joints, joint_names=np.array(take.joint_names), fps=take.fps)
    return path


@pytest.fixture(scope="module")
def saved(extension: ModuleType, walk: Path) -> Path:
    """A file with a character without motion that is chosen, and a source that walks."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    bpy.ops.posewright.add_mannequin()
    source = bpy.context.scene.posewright.character.armature
    assert bpy.ops.posewright.import_take(filepath=str(walk)) == {"FINISHED"}
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    bpy.ops.posewright.add_mannequin()
    bpy.context.scene.posewright.character.source = source
    bpy.ops.wm.save_as_mainfile(filepath=str(walk.with_suffix(".blend")))
    return walk.with_suffix(".blend")


@pytest.fixture
def scene(saved: Path) -> tuple[Object, Object]:
    """Character and source of the file, opened anew."""
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    settings = bpy.context.scene.posewright.character
    return settings.armature, settings.source


def apply(operator: str, walk: Path) -> set[str]:
    return getattr(bpy.ops.posewright, operator)("EXEC_DEFAULT", True)


def hidden(obj: Object) -> None:
    obj.hide_set(True)
    obj.hide_viewport = obj.hide_select = obj.hide_render = True


def in_edit_mode(obj: Object) -> None:
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")


def in_pose_mode(obj: Object) -> None:
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="POSE")


def resting(obj: Object) -> None:
    obj.data.pose_position = "REST"


def unlinked(obj: Object) -> None:
    for collection in obj.users_collection:
        collection.objects.unlink(obj)


def in_another_scene(obj: Object) -> None:
    unlinked(obj)
    bpy.data.scenes.new("Other").collection.objects.link(obj)


def excluded(obj: Object) -> None:
    unlinked(obj)
    away = bpy.data.collections.new("Away")
    bpy.context.scene.collection.children.link(away)
    away.objects.link(obj)
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True


def deleted(obj: Object) -> None:
    bpy.data.objects.remove(obj)


def without_bones(obj: Object) -> None:
    obj.data = bpy.data.armatures.new("Nothing")


def flat(obj: Object) -> None:
    obj.scale = (1.0, 1.0, 0.0)
    bpy.context.view_layer.update()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (hidden, None),
        (in_pose_mode, None),
        (resting, None),
        (excluded, None),
        (in_edit_mode, "is in Edit Mode"),
        (unlinked, "is not in this scene any more"),
        (in_another_scene, "is not in this scene any more"),
        (deleted, "is the character itself"),  # which is then the only one
        (without_bones, "has no bones"),
        (flat, "has no size in the scene"),
    ],
)
def test_states_of_the_character(
    change: Callable[[Object], None], sentence: str | None, scene: tuple[Object, Object], walk: Path
) -> None:
    character, source = scene
    walked = source.animation_data.action
    bpy.context.view_layer.objects.active = None
    change(character)
    actions = set(bpy.data.actions)
    if sentence is None:
        assert apply("apply_from_armature", walk) == {"FINISHED"}
        assert character.animation_data.action.frame_range[1] > 5
    else:
        with pytest.raises(RuntimeError, match=sentence):
            apply("apply_from_armature", walk)
        assert set(bpy.data.actions) == actions, "a refusal leaves nothing behind"
    assert source.animation_data.action == walked


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (hidden, None),
        (in_pose_mode, None),
        (excluded, None),
        (resting, "is shown in its rest position"),
        (in_edit_mode, "is in Edit Mode"),
        (unlinked, "is not in this scene any more"),
        (in_another_scene, "is not in this scene any more"),
        (without_bones, "has no bones"),
        (flat, "has no size in the scene"),
    ],
)
def test_states_of_the_source(
    change: Callable[[Object], None], sentence: str | None, scene: tuple[Object, Object], walk: Path
) -> None:
    character, source = scene
    change(source)
    scenes, actions = set(bpy.data.scenes), set(bpy.data.actions)
    if sentence is None:
        assert apply("apply_from_armature", walk) == {"FINISHED"}
        assert character.animation_data.action.frame_range[1] > 5
    else:
        with pytest.raises(RuntimeError, match=sentence):
            apply("apply_from_armature", walk)
        assert set(bpy.data.actions) == actions
    assert set(bpy.data.scenes) == scenes, "what was read apart leaves no scene behind"


def test_a_deleted_source_is_no_choice(scene: tuple[Object, Object], walk: Path) -> None:
    bpy.data.objects.remove(scene[1])
    with pytest.raises(RuntimeError, match="Choose the armature whose motion"):
        apply("apply_from_armature", walk)


@pytest.mark.parametrize("operator", APPLY)
def test_each_operator_is_one_step_for_undo(operator: str, scene: tuple[Object, Object], walk: Path) -> None:
    character = scene[0].name
    bpy.ops.ed.undo_push(message="before")
    assert apply(operator, walk) == {"FINISHED"}
    assert bpy.data.objects[character].animation_data.action is not None
    bpy.ops.ed.undo()
    assert is_still(bpy.data.objects[character])


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_taken_and_undone(name: str, scene: tuple[Object, Object], walk: Path) -> None:
    character, rna = scene[0].name, bpy.context.scene.posewright.apply.bl_rna.properties[name]
    values = {"ENUM": [item.identifier for item in getattr(rna, "enum_items", ())], "BOOLEAN": [True, False]}
    bpy.ops.ed.undo_push(message="before")
    for value in values.get(rna.type, [0.5]):
        setattr(bpy.context.scene.posewright.apply, name, value)
        bpy.ops.ed.undo_push(message=f"{name} is {value}")
        if (name, value) == ("root", "bone"):
            with pytest.raises(RuntimeError, match="no bone above"):
                apply("apply", walk)
            assert is_still(bpy.data.objects[character])
            continue
        assert apply("apply", walk) == {"FINISHED"}
        assert not is_still(bpy.data.objects[character])
        bpy.ops.ed.undo()
        assert is_still(bpy.data.objects[character]), value


def is_still(obj: Object) -> bool:
    animation = obj.animation_data
    return animation is None or (animation.action is None and not animation.nla_tracks)


def test_a_map_that_is_none_gets_a_sentence(scene: tuple[Object, Object], walk: Path, tmp_path: Path) -> None:
    for name, content in (("no.json", None), ("bad.json", "[]")):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(RuntimeError, match=r'could not be read|no "map"'):
            bpy.ops.posewright.load_map(filepath=str(tmp_path / name))
    with pytest.raises(RuntimeError, match="could not be read"):
        bpy.ops.posewright.load_map(filepath=str(tmp_path))
    assert apply("apply", walk) == {"FINISHED"}, "what could not be read changes nothing"
