"""Contacts in Blender: keys beside the character, changed by hand, and put on it again."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

MODULE = "bl_ext.user_default.posewright"
POINTS = ("left_heel", "left_toe", "right_heel", "right_toe")
FRAMES = 60


def swaying_take(contacts: bool = True):
    """Return someone who stands and sways, 2 s at 30 frames/s: the feet slide to and fro by 6 cm."""
    take_of = importlib.import_module(f"{MODULE}.core.take").Take
    standing = {"pelvis": (0, 0, 0.9), "thorax": (0, 0, 1.4), "neck": (0, 0, 1.5), "head": (0, 0, 1.72)}
    for side, sign in (("left", 1), ("right", -1)):
        standing |= {
            f"{side}_hip": (0.1 * sign, 0, 0.9),
            f"{side}_knee": (0.1 * sign, -0.08, 0.5),
            f"{side}_ankle": (0.1 * sign, 0, 0.09),
            f"{side}_heel": (0.1 * sign, 0.05, 0.02),
            f"{side}_foot_index": (0.1 * sign, -0.14, 0.02),
            f"{side}_shoulder": (0.18 * sign, 0, 1.43),
            f"{side}_elbow": (0.2 * sign, 0, 1.15),
            f"{side}_wrist": (0.21 * sign, -0.03, 0.9),
        }
    joints = np.tile(np.array(list(standing.values()), np.float32), (FRAMES, 1, 1))
    joints[:, :, 0] += 0.06 * np.sin(np.linspace(0, 4 * np.pi, FRAMES))[:, None]
    stands = np.zeros((FRAMES, 4), np.float32)
    stands[10:50, :2] = 0.9  # the left foot stands for a while, the right one does not
    return take_of(joints=joints, joint_names=tuple(standing), fps=30.0, contacts=stands if contacts else None)


@pytest.fixture
def character(extension: ModuleType, tmp_path: Path):
    """The mannequin with the swaying take in a scene of 60 frames/s, from frame 21 on."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 60, 1.0
    bpy.ops.posewright.add_mannequin()
    scene.posewright.apply.frame_start = 21
    path = tmp_path / "sway.npz"
    swaying_take().save(path)
    put_on(path)
    return scene.posewright.character.armature


def contacts_module() -> ModuleType:
    return importlib.import_module(f"{MODULE}.rigging.blender.contacts")


def put_on(file: Path) -> None:
    """Import a take and put it on the character."""
    assert bpy.ops.posewright.import_take(filepath=str(file)) == {"FINISHED"}
    assert bpy.ops.posewright.apply() == {"FINISHED"}


def empty_of(character):
    found = contacts_module().find_contacts(character)
    assert found is not None
    return found


def take_text(character):
    return character.animation_data.action["posewright_take"]


def keys_of(empty, point: str) -> list[tuple[float, float]]:
    curves = importlib.import_module(f"{MODULE}.rigging.blender.keyframes").curves_of(empty)
    curve = next(curve for curve in curves if curve.data_path == f'["{point}"]')
    assert {key.interpolation for key in curve.keyframe_points} == {"CONSTANT"}
    return [(key.co[0], key.co[1]) for key in curve.keyframe_points]


def foot_path(character, bone: str, frames: range) -> np.ndarray:
    places = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        evaluated = character.evaluated_get(bpy.context.evaluated_depsgraph_get())
        places.append((evaluated.matrix_world @ evaluated.pose.bones[bone].head)[:])
    return np.array(places)


def sway(character, bone: str, frames: range) -> float:
    """Return how far a bone goes sideways, in metres."""
    return float(np.ptp(foot_path(character, bone, frames)[:, 0]))


def test_contacts_become_keys_beside_the_character(character) -> None:
    before = set(character.keys())
    assert bpy.ops.posewright.edit_contacts() == {"FINISHED"}
    empty = empty_of(character)
    assert empty.name == f"{character.name} contacts"
    assert set(character.keys()) == before
    assert set(empty.users_collection) & set(character.users_collection)
    # 30 frames/s in a scene of 60 from frame 21 on: take frame 10 lies at 41, frame 50 at 121
    assert keys_of(empty, "left_heel") == [(21, 0), (41, 1), (121, 0)]
    assert keys_of(empty, "right_toe") == [(21, 0)]
    bpy.context.scene.frame_set(60)
    assert (empty["left_toe"], empty["right_toe"]) == (1.0, 0.0)
    assert bpy.context.view_layer.objects.active == empty


def test_a_foot_stands_only_where_its_contact_says(character) -> None:
    assert sway(character, "foot.L", range(45, 117)) < 0.001
    assert sway(character, "foot.R", range(45, 117)) > 0.08


def test_changed_keys_are_put_on_the_character(character, tmp_path: Path) -> None:
    bpy.ops.posewright.edit_contacts()
    empty = empty_of(character)
    name = character.animation_data.action.name
    actions = len(bpy.data.actions)
    for point in ("right_heel", "right_toe"):
        empty[point] = 1.0
        empty.keyframe_insert(f'["{point}"]', frame=61)
        empty[point] = 0.0
        empty.keyframe_insert(f'["{point}"]', frame=101)
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}
    assert (character.animation_data.action.name, len(bpy.data.actions)) == (name, actions)
    assert character.animation_data.action.frame_range[0] == 21
    # Blender's own new keys ease from one to the next: the contact ends where the curve falls below a half
    assert sway(character, "foot.R", range(64, 76)) < 0.001
    assert sway(character, "foot.L", range(45, 117)) < 0.001
    saved = tmp_path / "edited.npz"
    assert bpy.ops.posewright.export_take(filepath=str(saved)) == {"FINISHED"}
    with np.load(saved) as values:
        contacts = values["contacts"] > 0.5
    assert contacts[22:28, 2:].all() and not contacts[:19, 2:].any()
    np.testing.assert_array_equal(contacts[:, 0], np.isin(np.arange(FRAMES), np.arange(10, 50)))


def test_buttons_for_a_range_of_frames(character) -> None:
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 45, 116
    assert bpy.ops.posewright.foot_stands(foot="right") == {"FINISHED"}
    assert keys_of(empty_of(character), "right_heel") == [(21, 0), (45, 1), (117, 0)]
    assert sway(character, "foot.R", range(47, 115)) < 0.001
    assert bpy.ops.posewright.foot_in_air(foot="left", part="toe", start=60, end=80) == {"FINISHED"}
    assert keys_of(empty_of(character), "left_toe") == [(21, 0), (41, 1), (60, 0), (81, 1), (121, 0)]
    assert keys_of(empty_of(character), "left_heel") == [(21, 0), (41, 1), (121, 0)]
    assert bpy.ops.posewright.foot_in_air(foot="left", start=1, end=200) == {"FINISHED"}
    assert sway(character, "foot.L", range(45, 117)) > 0.08
    with pytest.raises(RuntimeError, match="must not come before"):
        bpy.ops.posewright.foot_stands(foot="right", start=30, end=20)


def test_one_undo_step(character) -> None:
    bpy.ops.posewright.edit_contacts("EXEC_DEFAULT", True)
    bpy.ops.ed.undo_push(message="before")
    name = character.name
    bpy.ops.posewright.foot_stands("EXEC_DEFAULT", True, foot="right", start=45, end=116)
    assert sway(bpy.data.objects[name], "foot.R", range(47, 115)) < 0.001
    bpy.ops.ed.undo()
    character = bpy.data.objects[name]
    assert sway(character, "foot.R", range(47, 115)) > 0.08
    assert keys_of(empty_of(character), "right_heel") == [(21, 0)]
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}
    assert sway(character, "foot.R", range(47, 115)) > 0.08


def test_saved_and_opened_again(character, tmp_path: Path) -> None:
    """The take lies in the .blend: nothing else is needed to change its contacts later."""
    bpy.ops.posewright.foot_stands(foot="right", start=45, end=80)
    assert [text.name.startswith(".") for text in bpy.data.texts] == [True, True]  # captured and edited, hidden
    path, name = tmp_path / "scene.blend", character.name
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    importlib.import_module(f"{MODULE}.addon.takes.store").forget()  # what a new Blender knows
    bpy.ops.wm.open_mainfile(filepath=str(path))
    character = bpy.data.objects[name]
    assert bpy.ops.posewright.edit_contacts() == {"FINISHED"}
    assert keys_of(empty_of(character), "right_heel") == [(21, 0), (45, 1), (81, 0)]
    assert bpy.ops.posewright.foot_stands(foot="right", start=81, end=116) == {"FINISHED"}
    assert keys_of(empty_of(character), "right_heel")[-1] == (117, 0)
    assert sway(character, "foot.R", range(47, 115)) < 0.001
    assert len(bpy.context.scene.posewright.takes) == 1


def test_the_frame_rate_of_the_scene_may_change_afterwards(character) -> None:
    bpy.ops.posewright.edit_contacts()
    before = foot_path(character, "foot.L", range(21, 140, 7))
    scene = bpy.context.scene
    scene.render.fps, scene.posewright.apply.frame_start = 24, 500
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}
    np.testing.assert_allclose(foot_path(character, "foot.L", range(21, 140, 7)), before, atol=1e-5)


def test_changes_by_hand_stay_in_the_file(character) -> None:
    bpy.ops.posewright.edit_contacts()
    action = character.animation_data.action
    character.pose.bones["hand.L"].keyframe_insert("location", frame=30)
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}
    assert character.animation_data.action != action
    assert action.use_fake_user
    notes = bpy.context.scene.posewright.apply.notes
    assert "changed by hand" in notes


def test_a_take_without_contacts_gets_those_that_are_found(character, tmp_path: Path) -> None:
    still = swaying_take(contacts=False)
    still.joints[:] = still.joints[0]
    still.save(tmp_path / "still.npz")
    bpy.ops.posewright.edit_contacts()
    put_on(tmp_path / "still.npz")
    assert bpy.ops.posewright.edit_contacts() == {"FINISHED"}  # another take: its own contacts
    empty = empty_of(bpy.context.scene.posewright.character.armature)
    assert all(keys_of(empty, point) == [(21, 1)] for point in POINTS)
    assert sum(obj.name.endswith("contacts") for obj in bpy.data.objects) == 1


def test_what_is_missing_is_said(character, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="press Edit Contacts first"):
        bpy.ops.posewright.apply_contacts()
    bpy.ops.posewright.edit_contacts()
    swaying = swaying_take()
    swaying.joints[:, :, 2] += 0.01
    swaying.save(tmp_path / "other.npz")
    bpy.context.view_layer.objects.active = character
    put_on(tmp_path / "other.npz")
    with pytest.raises(RuntimeError, match="belongs to another take"):
        bpy.ops.posewright.apply_contacts()
    bpy.context.scene.posewright.apply.feet = "never"
    put_on(tmp_path / "other.npz")
    with pytest.raises(RuntimeError, match="take no notice of contacts"):
        bpy.ops.posewright.foot_stands(foot="left", start=30, end=40)
    bpy.data.texts.remove(take_text(character))
    with pytest.raises(RuntimeError, match="not in this file any more"):
        bpy.ops.posewright.edit_contacts()
    character.animation_data.action = None
    with pytest.raises(RuntimeError, match="not made by Posewright"):
        bpy.ops.posewright.edit_contacts()


def test_contacts_that_somebody_damaged(character) -> None:
    bpy.ops.posewright.edit_contacts()
    bpy.data.objects.remove(empty_of(character))
    with pytest.raises(RuntimeError, match="press Edit Contacts first"):
        bpy.ops.posewright.apply_contacts()
    assert bpy.ops.posewright.edit_contacts() == {"FINISHED"}
    before = character.animation_data.action
    take_text(character).from_string("nonsense")
    with pytest.raises(RuntimeError, match="damaged"):
        bpy.ops.posewright.apply_contacts()
    assert character.animation_data.action == before


def test_the_result_of_the_command_line_can_be_edited(extension: ModuleType, tmp_path: Path) -> None:
    swaying_take().save(tmp_path / "sway.npz")
    out = tmp_path / "sway.blend"
    job = importlib.import_module(f"{MODULE}.rigging.blender.job")
    request = {"motion": str(tmp_path / "sway.npz"), "rig": "mannequin", "out": str(out)}
    job.run_job(request | {"settings": {"feet": "always"}})
    bpy.ops.wm.open_mainfile(filepath=str(out))
    character = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE")
    assert bpy.ops.posewright.foot_in_air(foot="left", start=1, end=30) == {"FINISHED"}
    assert keys_of(empty_of(character), "left_heel") == [(1, 0), (31, 1), (51, 0)]
    with pytest.raises(Exception, match="no way sideways to hold feet"):
        job.run_job(request | {"settings": {"feet": "sideways"}, "overwrite": True})
