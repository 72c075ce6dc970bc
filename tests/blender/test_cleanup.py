"""Clean Up in Blender: every button, the sliders, undo, saving, and what follows on the character."""

import importlib
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

MODULE = "bl_ext.user_default.posewright"
FRAMES = 60
STANDING = {"pelvis": (0, 0, 0.9), "spine": (0, 0, 1.15), "thorax": (0, 0, 1.4), "neck": (0, 0, 1.5)} | {
    "nose": (0, -0.1, 1.6),
    "head": (0, 0, 1.72),
}


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{MODULE}.{name}")


def waving_take(trembling: bool = True):
    """Return someone who stands and raises the left arm for 2 s at 30 frames/s, trembling before the filter."""
    joints = dict(STANDING)
    for side, sign in (("left", 1), ("right", -1)):
        joints |= {
            f"{side}_hip": (0.1 * sign, 0, 0.9),
            f"{side}_knee": (0.1 * sign, -0.08, 0.5),
            f"{side}_ankle": (0.1 * sign, 0, 0.09),
            f"{side}_heel": (0.1 * sign, 0.05, 0.04),
            f"{side}_foot_index": (0.1 * sign, -0.14, 0.03),
            f"{side}_shoulder": (0.18 * sign, 0, 1.43),
            f"{side}_elbow": (0.2 * sign, 0, 1.15),
            f"{side}_wrist": (0.21 * sign, -0.03, 0.9),
        }
    names = tuple(joints)
    calm = np.tile(np.array(list(joints.values()), np.float64), (FRAMES, 1, 1))
    angle = np.linspace(0, 2.6, FRAMES)
    down, out = -np.cos(angle), np.sin(angle)
    for part, length in (("elbow", 0.28), ("wrist", 0.53)):
        calm[:, names.index(f"left_{part}")] = [0.18, 0, 1.43] + length * np.stack([out, 0 * out, down], -1)
    rng = np.random.default_rng(1)
    fitted = (calm + trembling * 0.006 * rng.normal(size=calm.shape)).astype(np.float32)
    points = rng.random((FRAMES, 2, 2)).astype(np.float32)
    stands = np.full((FRAMES, 4), 0.9, np.float32)
    take = module("core.take").Take(
        joints=fitted,
        joint_names=names,
        fps=30.0,
        contacts=stands,
        joints_fitted=fitted,
        keypoints=points,
        keypoint_names=("left_wrist", "right_wrist"),
        provenance={"settings": {"smooth": 0.5, "filter": "adaptive"}},
    )
    smoothing = module("core.edits.smoothing")
    return smoothing.smoothed(take, smoothing.smoothing_of(take))


@pytest.fixture
def scene(extension: ModuleType, tmp_path: Path):
    """A scene of 60 frames/s, in which the mannequin has the take from frame 21 on."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 60, 1.0
    bpy.ops.posewright.add_mannequin()
    scene.posewright.apply.frame_start = 21
    waving_take().save(tmp_path / "wave.npz")
    assert bpy.ops.posewright.import_take(filepath=str(tmp_path / "wave.npz")) == {"FINISHED"}
    assert bpy.ops.posewright.apply() == {"FINISHED"}
    return scene


def item_of(scene):
    return scene.posewright.takes[scene.posewright.take_index]


def current(scene):
    return module("addon.takes.store").current_take(item_of(scene))


def mannequin(scene):
    return scene.posewright.character.armature


def place(scene, bone: str, frame: float) -> np.ndarray:
    obj = mannequin(scene)
    scene.frame_set(int(frame))
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array((evaluated.matrix_world @ evaluated.pose.bones[bone].head)[:])


def path(scene, bone: str, start: int = 21, end: int = 140) -> np.ndarray:
    return np.array([place(scene, bone, frame) for frame in range(start, end)])


def tremble(scene, bone: str = "hand.R") -> float:
    """Return how much a bone trembles at the take's frames, in metres."""
    return float(np.abs(np.diff(path(scene, bone)[::2], 2, axis=0)).mean())


def in_step(scene) -> bool:
    """Return whether the character has the take as it is now."""
    applied = module("rigging.blender.applied")
    return applied.applied_to(mannequin(scene)).take == applied.take_id(current(scene))


def test_a_new_take_begins_as_it_was_captured(scene) -> None:
    item = item_of(scene)
    assert (item.smooth, item.filter, len(item.edits)) == (0.5, "adaptive", 0)
    assert current(scene) is module("addon.takes.store").take_of(item)


def test_smoothing_is_done_anew_from_the_capture(scene) -> None:
    action, actions = mannequin(scene).animation_data.action.name, len(bpy.data.actions)
    before = tremble(scene)
    assert bpy.ops.posewright.smooth_take(strength=1.0) == {"FINISHED"}
    calm = tremble(scene)
    assert bpy.ops.posewright.smooth_take(strength=0.0, filter="gaussian") == {"FINISHED"}
    rough = tremble(scene)
    assert calm < 0.7 * before < before < 0.4 * rough
    assert bpy.ops.posewright.smooth_take(strength=0.5, filter="adaptive") == {"FINISHED"}
    assert tremble(scene) == pytest.approx(before, rel=1e-3)
    assert (mannequin(scene).animation_data.action.name, len(bpy.data.actions)) == (action, actions)
    assert sum(text.get("posewright_content") is not None for text in bpy.data.texts) == 1


def test_sliders_change_the_take_and_the_character_follows(scene) -> None:
    sliders, item = bpy.context.window_manager.posewright, item_of(scene)
    assert (sliders.smooth, sliders.filter) == (0.5, "adaptive")
    before = tremble(scene)
    sliders.smooth, sliders.filter = 1.0, "butterworth"
    assert (item.smooth, item.filter) == (1.0, "butterworth")
    assert current(scene).provenance["smoothing"] == {"strength": 1.0, "filter": "butterworth"}
    assert not in_step(scene)
    assert bpy.ops.posewright.follow_edits() == {"FINISHED"}  # what the timer calls when the slider rests
    assert in_step(scene)
    assert tremble(scene) < 0.7 * before
    bpy.ops.posewright.offset_floor(height=0.1)
    assert sliders.height == pytest.approx(0.1)
    sliders.height = 0.3
    bpy.ops.posewright.follow_on()
    assert place(scene, "hips", 30)[2] - 0.3 == pytest.approx(place(scene, "hips", 31)[2] - 0.3, abs=0.02)
    assert item.edits[0].value == pytest.approx(0.3)
    item.edits.clear()
    assert sliders.height == 0.0
    sliders.height = 5.0  # nothing is chosen
    scene.posewright.takes.clear()
    sliders.smooth, sliders.filter = 0.2, "kalman"
    assert sliders.smooth == 0.0


def test_the_take_that_a_slider_changed_follows_whatever_is_chosen_next(scene) -> None:
    live, store = module("addon.cleanup.live"), module("addon.takes.store")
    uid = item_of(scene).uid
    store.add_take(scene, waving_take(), "Another", store.Origin())
    scene.posewright.take_index = 0
    bpy.context.window_manager.posewright.smooth = 0.9
    scene.posewright.take_index = 1
    assert bpy.ops.posewright.follow_edits(take=uid) == {"FINISHED"}  # what the timer calls when the slider rests
    scene.posewright.take_index = 0
    assert item_of(scene).smooth == pytest.approx(0.9) and in_step(scene)
    scene.posewright.takes.clear()
    assert live.follow() is None, "the take was deleted meanwhile"
    assert not module("addon.session").state.error


def test_a_motion_changed_by_hand_is_spared_by_sliders(scene) -> None:
    obj = mannequin(scene)
    action = obj.animation_data.action
    obj.pose.bones["hand.L"].keyframe_insert("location", frame=30)
    bpy.context.window_manager.posewright.smooth = 0.9
    bpy.ops.posewright.follow_edits()
    assert obj.animation_data.action == action
    assert module("addon.session").state.spared == obj.name
    bpy.ops.posewright.follow_edits(spare=False)
    assert obj.animation_data.action != action
    assert action.use_fake_user
    assert "changed by hand" in scene.posewright.apply.notes
    assert module("addon.session").state.spared == ""
    assert in_step(scene)


def test_swap_in_a_range(scene) -> None:
    before = {bone: path(scene, bone) for bone in ("hand.L", "hand.R")}
    assert bpy.ops.posewright.swap_sides(start=61, end=99) == {"FINISHED"}
    edit = item_of(scene).edits[0]
    assert (edit.kind, edit.part) == ("swap", "body")
    assert (edit.first, edit.last) == pytest.approx((40 / 60, 78 / 60))
    # away from the borders, over which the filter goes, the hand of the other name is raised at the same place
    np.testing.assert_allclose(path(scene, "hand.R")[57:64:2], before["hand.L"][57:64:2], atol=0.05)
    np.testing.assert_allclose(path(scene, "hand.L")[:20], before["hand.L"][:20], atol=0.03)
    assert bpy.ops.posewright.remove_edit() == {"FINISHED"}
    np.testing.assert_allclose(path(scene, "hand.L"), before["hand.L"], atol=1e-5)


def test_ranges_come_from_the_preview_range_or_the_current_frame(scene) -> None:
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 41, 60
    assert bpy.ops.posewright.swap_sides() == {"FINISHED"}
    scene.use_preview_range = False
    scene.frame_set(81)
    assert bpy.ops.posewright.swap_sides("INVOKE_DEFAULT", part="legs") == {"FINISHED"}
    times = [(edit.first, edit.last) for edit in item_of(scene).edits]
    np.testing.assert_allclose(times, [(20 / 60, 39 / 60), (1.0, 1.0)], atol=1e-6)
    with pytest.raises(RuntimeError, match="must not come before"):
        bpy.ops.posewright.swap_sides(start=30, end=20)
    with pytest.raises(RuntimeError, match="lies in the frames 21 to 139"):
        bpy.ops.posewright.freeze(start=500, end=510)
    assert len(item_of(scene).edits) == 2


def test_freeze_holds_the_pose(scene) -> None:
    before = path(scene, "hand.L")
    assert bpy.ops.posewright.freeze(start=61, end=101, ease=0.2) == {"FINISHED"}
    after = path(scene, "hand.L")
    assert np.ptp(after[40:81], axis=0).max() < 2e-3  # the roll of limbs is steadied over time
    np.testing.assert_allclose(after[40], before[40], atol=5e-3)
    np.testing.assert_allclose(after[:20], before[:20], atol=2e-3)
    np.testing.assert_allclose(after[104:], before[104:], atol=2e-3)
    assert np.abs(np.diff(after, axis=0)).max() < 0.15  # metres in a sixtieth of a second, where it catches up
    bpy.context.window_manager.posewright.ease = -1.0
    assert item_of(scene).edits[0].value == 0.0


def test_floor_turn_and_origin(scene) -> None:
    hips = place(scene, "hips", 81)
    assert bpy.ops.posewright.offset_floor(height=0.25) == {"FINISHED"}
    lowest = module("core.edits.replay").lowest_point
    scene.frame_set(81)
    assert abs(lowest(current(scene), 1.0)) > 0.1
    assert bpy.ops.posewright.floor_here() == {"FINISHED"}
    assert lowest(current(scene), 1.0) == pytest.approx(0.0, abs=1e-4)
    assert bpy.ops.posewright.turn_take(angle=90.0) == {"FINISHED"}
    arm = place(scene, "hand.L", 120) - place(scene, "hips", 120)
    assert arm[1] > 0.1 > abs(arm[0])  # raised to the side, which was +X
    assert bpy.ops.posewright.start_at_origin() == {"FINISHED"}
    assert [edit.kind for edit in item_of(scene).edits] == ["floor", "floor", "turn", "origin"]
    for index in range(4):
        assert bpy.ops.posewright.toggle_edit(index=index) == {"FINISHED"}
    np.testing.assert_allclose(place(scene, "hips", 81), hips, atol=1e-5)
    assert not any(edit.enabled for edit in item_of(scene).edits)
    with pytest.raises(RuntimeError, match="no such edit"):
        bpy.ops.posewright.remove_edit(index=7)


@pytest.mark.parametrize(
    ("operator", "values"),
    [
        ("swap_sides", {"start": 41, "end": 81}),
        ("freeze", {"start": 41, "end": 81}),
        ("offset_floor", {"height": 0.2}),
        ("turn_take", {"angle": 45.0}),
        ("smooth_take", {"strength": 1.0}),
    ],
)
def test_one_step_for_undo(scene, operator: str, values: dict) -> None:
    bpy.ops.ed.undo_push(message="before")
    before, joints = path(scene, "hand.L"), current(scene).joints.copy()
    getattr(bpy.ops.posewright, operator)("EXEC_DEFAULT", True, **values)
    scene = bpy.context.scene
    changed = path(scene, "hand.L")
    assert np.abs(changed - before).max() > 0.002
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert (len(item_of(scene).edits), item_of(scene).smooth) == (0, 0.5)
    assert np.array_equal(current(scene).joints, joints)
    assert in_step(scene)
    np.testing.assert_allclose(path(scene, "hand.L"), before, atol=1e-6)
    bpy.ops.ed.redo()
    scene = bpy.context.scene
    assert in_step(scene)
    np.testing.assert_allclose(path(scene, "hand.L"), changed, atol=1e-6)


def test_a_slider_is_one_step_for_undo(scene) -> None:
    """Several rests of one drag are one step; undo brings slider and character back together."""
    bpy.ops.ed.undo_push(message="before")
    for count, strength in enumerate((0.6, 0.8, 1.0)):
        bpy.context.window_manager.posewright.smooth = strength
        follow = bpy.ops.posewright.follow_on if count else bpy.ops.posewright.follow_edits
        follow("EXEC_DEFAULT", True)
    assert bpy.context.window_manager.posewright.smooth == 1.0
    bpy.ops.ed.undo()
    assert bpy.context.window_manager.posewright.smooth == 0.5
    assert in_step(bpy.context.scene)


def test_saved_and_opened_again(scene, tmp_path: Path) -> None:
    bpy.ops.posewright.swap_sides(start=41, end=81, part="legs")
    bpy.ops.posewright.freeze(start=91, end=101)
    bpy.ops.posewright.toggle_edit(index=1)
    bpy.ops.posewright.smooth_take(strength=0.8, filter="kalman")
    before = current(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    scene = bpy.context.scene
    item = item_of(scene)
    assert [(edit.kind, edit.part, edit.enabled) for edit in item.edits] == [
        ("swap", "legs", True),
        ("freeze", "", False),
    ]
    assert (item.smooth, item.filter) == (pytest.approx(0.8), "kalman")
    assert np.array_equal(current(scene).joints, before.joints)
    assert in_step(scene)
    bpy.ops.posewright.toggle_edit(index=1)
    assert in_step(scene)


def test_changes_of_contacts_survive_other_edits(scene) -> None:
    assert bpy.ops.posewright.foot_in_air(foot="left", start=41, end=60) == {"FINISHED"}
    air = slice(10, 20)

    def kept() -> bool:
        contacts = current(scene).contacts
        return not contacts[air, :2].any() and contacts[30:, :2].all() and contacts[:, 2:].all()

    assert kept()
    assert bpy.ops.posewright.smooth_take(strength=1.0) == {"FINISHED"}
    assert kept() and in_step(scene)
    bpy.ops.posewright.turn_take(angle=20.0)
    assert kept() and in_step(scene)
    empty = module("rigging.blender.contacts").find_contacts(mannequin(scene))
    assert empty is not None
    assert bpy.ops.posewright.apply_contacts() == {"FINISHED"}  # the keys still belong to the motion
    assert kept()
    # keys that were changed and not applied yet go along with the next edit
    for point in ("right_heel", "right_toe"):
        empty[point] = 0.0
        empty.keyframe_insert(f'["{point}"]', frame=121)
    bpy.ops.posewright.smooth_take(strength=0.2)
    assert not current(scene).contacts[52:, 2:].any()
    assert not current(scene).contacts[air, :2].any()
    assert bpy.ops.posewright.reset_contacts() == {"FINISHED"}
    assert current(scene).contacts.min() > 0.5
    empty = module("rigging.blender.contacts").find_contacts(mannequin(scene))
    curves = module("rigging.blender.keyframes").curves_of(empty)
    assert {len(curve.keyframe_points) for curve in curves} == {1}
    assert not bpy.ops.posewright.reset_contacts.poll()


def test_all_characters_of_a_take_follow(scene) -> None:
    first = mannequin(scene)
    bpy.ops.posewright.add_mannequin()
    bpy.ops.posewright.apply()
    second = mannequin(scene)
    bpy.ops.posewright.offset_floor(height=0.5)
    scene.frame_set(60)
    for obj in (first, second):
        assert obj.animation_data.action["posewright_item"] == item_of(scene).uid
    scene.posewright.character.armature = first
    assert in_step(scene)
    scene.posewright.character.armature = second
    assert in_step(scene)


def test_where_one_character_cannot_follow_none_does(scene) -> None:
    first = mannequin(scene)
    bpy.ops.posewright.add_mannequin()
    bpy.ops.posewright.apply()
    second = mannequin(scene)
    for busy, other in ((first, second), (second, first)):
        bpy.context.view_layer.objects.active = busy
        bpy.ops.object.mode_set(mode="EDIT")
        before = other.animation_data.action
        with pytest.raises(RuntimeError, match="Edit Mode"):
            bpy.ops.posewright.offset_floor(height=0.5)
        bpy.ops.object.mode_set(mode="OBJECT")
        assert other.animation_data.action == before
        assert not len(item_of(scene).edits)
        assert in_step(scene)


def test_without_a_character_only_the_take_changes(scene) -> None:
    bpy.data.objects.remove(mannequin(scene))
    scene.posewright.apply.frame_start = 101  # where the figure begins then
    assert bpy.ops.posewright.swap_sides(start=101, end=111) == {"FINISHED"}
    assert item_of(scene).edits[0].first == pytest.approx(0.0)
    assert bpy.ops.posewright.smooth_take(strength=0.9) == {"FINISHED"}


def test_what_fails_changes_nothing(scene) -> None:
    obj = mannequin(scene)
    bpy.context.view_layer.objects.active = obj
    action, texts = obj.animation_data.action.name, len(bpy.data.texts)
    bpy.data.texts.remove(item_of(scene).text)
    with pytest.raises(RuntimeError, match="not in this file any more"):
        bpy.ops.posewright.swap_sides(start=41, end=81)
    with pytest.raises(RuntimeError, match="not in this file any more"):
        bpy.ops.posewright.smooth_take(strength=1.0)
    assert (len(item_of(scene).edits), item_of(scene).smooth) == (0, 0.5)
    assert obj.animation_data.action.name == action
    assert len(bpy.data.texts) == texts - 1
    scene.posewright.takes.clear()
    for name in ("swap_sides", "freeze", "floor_here", "smooth_take", "relift", "remove_edit"):
        assert not getattr(bpy.ops.posewright, name).poll()


def test_lifting_again_needs_keypoints_and_a_camera(scene) -> None:
    with pytest.raises(RuntimeError, match="holds no keypoints or no camera"):
        bpy.ops.posewright.relift()


def test_exported_takes_hold_their_edits(scene, tmp_path: Path) -> None:
    bpy.ops.posewright.offset_floor(height=0.4)
    bpy.ops.posewright.export_take(filepath=str(tmp_path / "out.npz"))
    bpy.ops.posewright.import_take(filepath=str(tmp_path / "out.npz"))
    item = item_of(scene)
    assert (len(scene.posewright.takes), len(item.edits), item.smooth) == (2, 0, 0.5)
    assert current(scene).joints[0, 0, 2] == pytest.approx(1.3, abs=0.02)
    assert current(scene).provenance["edits"][0]["kind"] == "floor"


def test_lifting_again_with_the_real_worker(scene, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sides exchanged in the keypoints, then lifted anew: a new take beside the first one."""
    python = os.environ.get("POSEWRIGHT_TEST_PYTHON")
    if not python:
        pytest.skip("no Python with PyTorch was named in POSEWRIGHT_TEST_PYTHON")
    monkeypatch.setenv("POSEWRIGHT_PYTHON", python)
    with np.load(shared / "clips" / "synthetic" / "truth" / "s1_walk_side_full.npz") as truth:
        names = [str(name) for name in truth["joint_names"]]
        points = np.full((FRAMES, 33, 2), np.nan, np.float32)
        for column, name in enumerate(module("core.skeleton").BLAZEPOSE_KEYPOINTS):
            source = name.replace("foot_index", "toe_base")
            if source in names:
                points[:, column] = truth["joints2d"][:FRAMES, names.index(source)]
        focal = float(truth["K"][0, 0])
    take = waving_take()
    take.keypoints, take.keypoint_names = points, module("core.skeleton").BLAZEPOSE_KEYPOINTS
    take.keypoint_confidence = np.isfinite(points).all(-1).astype(np.float32)
    take.focal_px, take.image_size = focal, (854, 480)
    item = module("addon.takes.store").add_take(scene, take, "walk", module("addon.takes.store").Origin("walk.mp4"))
    bpy.ops.posewright.swap_sides(start=21, end=60)
    bpy.ops.posewright.offset_floor(height=0.1)
    bpy.ops.posewright.smooth_take(strength=0.7)
    name, count = item.name, len(scene.posewright.takes)
    try:
        assert bpy.ops.posewright.relift() == {"FINISHED"}
    finally:
        module("addon.jobs.queue").stop()
    added = item_of(scene)
    assert (len(scene.posewright.takes), added.name, added.clip) == (count + 1, f"{name}.001", "walk.mp4")
    assert [edit.kind for edit in added.edits] == ["floor"]
    assert added.smooth == pytest.approx(0.7)
    assert added.frames == FRAMES
    way = current(scene).joint("pelvis")[-1] - current(scene).joint("pelvis")[0]
    assert np.linalg.norm(way[:2]) > 0.5  # the walk of the keypoints, where the take itself stands


def test_a_motion_in_a_strip_follows_in_its_place(scene) -> None:
    """A take that lies in an NLA strip, beneath an action of the animator's own."""
    obj = mannequin(scene)
    bpy.ops.posewright.apply(result="nla")
    own = bpy.data.actions.new("own")
    obj.animation_data.action = own
    obj.animation_data.action_influence = 0.0
    tracks = [track.name for track in obj.animation_data.nla_tracks]
    strip = obj.animation_data.nla_tracks[-1].strips[0]
    name, count = strip.action.name, len(bpy.data.actions)
    before = path(scene, "hips", 41, 61)
    assert bpy.ops.posewright.offset_floor(height=0.2) == {"FINISHED"}
    assert in_step(scene)
    np.testing.assert_allclose(path(scene, "hips", 41, 61) - before, np.tile([0, 0, 0.2], (20, 1)), atol=0.02)
    assert [track.name for track in obj.animation_data.nla_tracks] == tracks
    assert obj.animation_data.action == own
    assert (obj.animation_data.nla_tracks[-1].strips[0].action.name, len(bpy.data.actions)) == (name, count)
    assert bpy.ops.posewright.foot_in_air(foot="left", start=41, end=60) == {"FINISHED"}
    assert bpy.ops.posewright.smooth_take(strength=1.0) == {"FINISHED"}
    assert in_step(scene) and not current(scene).contacts[10:20, :2].any()
    bpy.ops.posewright.remove_edit()
    np.testing.assert_allclose(path(scene, "hips", 41, 61), before, atol=0.02)
