"""Rigs with controls: the bones that deform do what the motion says, keys lie on controls alone, nothing is muted."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from blender import control_rigs
from blender.armatures import curves_of
from bpy.types import Object
from numpy.typing import NDArray
from posewright.core.take import Take
from posewright.errors import PosewrightError
from posewright.rigging.blender.apply import animate_armature
from posewright.rigging.blender.armature import armatures_of, rest_of
from posewright.rigging.blender.controls import driving, known
from posewright.rigging.blender.controls.driving import driven
from posewright.rigging.blender.files import open_rig
from posewright.rigging.blender.keyframes import write_motion
from posewright.rigging.controls.bone_paths import BonePaths
from posewright.rigging.keys.settings import KeySettings
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import RigMap
from posewright.rigging.settings import DriveMode, RetargetSettings
from posewright.rigging.solver.roots import RootMode
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import walking_take, with_knuckles

Array = NDArray[np.float64]

FRAMES = 40
LOOKED_AT = (0, 7, 19, 33, 39)
LIMBS = {
    "upper_arm": "forearm",
    "forearm": "hand",
    "thigh": "shin",
    "shin": "foot",
    "foot": "toe",
    "clavicle": "upper_arm",
}


def put_on(obj: Object, rig_map: RigMap, drive: DriveMode, take: Take) -> tuple[BonePaths, Any]:
    """Key a take onto controls found for a given map; return what the bones should do."""
    rest = rest_of(obj)
    found = driven(obj, rest, rig_map, drive)
    motion = solve_rig(rest, rig_map, take)
    keyed = found.finish(motion)
    write_motion(obj, keyed, KeySettings(), name="walk", fps=30.0, start_frame=0.0, properties=found.properties)
    return BonePaths(rest, motion), found


def limb_errors(obj: Object, rig_map: RigMap, paths: BonePaths) -> dict[str, float]:
    """Return by how many degrees each piece of the body points off at the worst of some frames."""
    pieces = {"hips": "spine", "spine": "neck", "neck": "head"}
    pieces |= {f"{side}_{a}": f"{side}_{b}" for side in ("left", "right") for a, b in LIMBS.items()}
    bones = {part: (rig_map.bones[part][0], rig_map.bones[end][0]) for part, end in pieces.items()}
    worst = dict.fromkeys(bones, 0.0)
    for frame in LOOKED_AT:
        bpy.context.scene.frame_set(frame)
        posed = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        for part, (start, end) in bones.items():
            actual = np.array(posed[end].head - posed[start].head)
            wanted = paths.head(end)[frame] - paths.head(start)[frame]
            cosine = actual @ wanted / np.linalg.norm(actual) / np.linalg.norm(wanted)
            worst[part] = max(worst[part], float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))))
    return worst


def hips_off(obj: Object, rig_map: RigMap, paths: BonePaths) -> float:
    """Return how far the hips are from where they should be at most."""
    off = []
    for frame in LOOKED_AT:
        bpy.context.scene.frame_set(frame)
        posed = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        bone = rig_map.bones["hips"][0]
        off.append(np.linalg.norm(np.array(posed[bone].head) - paths.head(bone)[frame]))
    return float(max(off))


def keyed_bones(obj: Object) -> set[str]:
    return {found[1] for path in curves_of(obj) if (found := re.match(r'pose\.bones\["(.*?)"\]\.(loc|rot)', path))}


@pytest.mark.parametrize(
    ("make", "drive", "most"),
    [
        (control_rigs.copied, "auto", 0.1),
        (control_rigs.isolated, "auto", 0.2),
        (control_rigs.shared_bend, "auto", 0.8),
        (control_rigs.switched, "fk", 0.1),
        (control_rigs.pulled, "auto", 2.0),
        (control_rigs.switched, "ik", 2.0),
        (control_rigs.carried, "auto", 0.1),
        (control_rigs.beside, "auto", 1.0),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_body_moves_as_it_should(make: Callable[[], Object], drive: DriveMode, most: float) -> None:
    obj = make()
    rig_map = control_rigs.body_map()
    paths, _ = put_on(obj, rig_map, drive, walking_take(FRAMES))
    errors = limb_errors(obj, rig_map, paths)
    assert max(errors.values()) < most, errors
    assert hips_off(obj, rig_map, paths) < 1e-3
    assert all(name.startswith(("c_", "goal_", "pole_", "toe_")) for name in keyed_bones(obj))
    assert not any(constraint.mute for bone in obj.pose.bones for constraint in bone.constraints)


@pytest.mark.parametrize(
    ("name", "on_object", "fk"), [("ik_fk_switch", False, 1.0), ("Mode", True, 0.0), ("arm blend", False, 0.0)]
)
@pytest.mark.parametrize("drive", ["fk", "ik"])
def test_switches_are_set_and_keyed(name: str, on_object: bool, fk: float, drive: DriveMode) -> None:
    """Also those with names that nobody has told of, on bones or on the object, either way round."""
    obj = control_rigs.switched(name, on_object=on_object, fk=fk)
    if drive == "ik":  # so that it has to be switched
        _set_all(obj, name, fk)
    paths, found = put_on(obj, control_rigs.body_map(), drive, walking_take(FRAMES))
    assert len(found.properties) == (1 if on_object else 4)
    wanted = fk if drive == "fk" else 1.0 - fk
    for path, value in found.properties.items():
        assert value == wanted
        assert curves_of(obj)[path] == 1
        assert obj.path_resolve(path) == wanted
    errors = limb_errors(obj, control_rigs.body_map(), paths)
    assert max(errors.values()) < 2.0, errors


@pytest.mark.parametrize("drive", ["fk", "ik"])
def test_an_awkward_scene_is_no_hindrance(drive: DriveMode) -> None:
    """Nothing changes by the search; the limbs follow whatever object, parent, pose, locks and switches are like."""
    obj = control_rigs.awkward()
    rest, rig_map, take = rest_of(obj), control_rigs.body_map(), walking_take(FRAMES)
    before = _state(obj)
    driven(obj, rest, rig_map, drive).finish(solve_rig(rest, rig_map, take))
    assert _state(obj) == before
    paths, _ = put_on(obj, rig_map, drive, take)
    bpy.context.view_layer.layer_collection.children["Hidden"].exclude = False
    assert set(_switches(obj)) == ({2} if drive == "fk" else {0})
    errors = limb_errors(obj, rig_map, paths)
    assert max(errors.values()) < 0.5, errors


def test_everything_is_as_before_after_the_search() -> None:
    obj = control_rigs.switched("Mode", fk=0.0)
    obj.pose.bones["c_head"].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    obj.pose.bones["goal_hand_l"].location = (0.1, 0.2, 0.3)
    obj.animation_data.action = bpy.data.actions.new("mine")
    obj.animation_data.use_nla = True
    before = _state(obj)
    driven(obj, rest_of(obj), control_rigs.body_map(), "fk")
    assert _state(obj) == before
    with pytest.raises(PosewrightError):
        driven(_held_from_outside(), rest_of(armatures_of(bpy.context.scene)[0]), control_rigs.body_map())
    assert [scene.name for scene in bpy.data.scenes] == [bpy.context.scene.name]


def test_what_no_control_moves_is_said() -> None:
    obj = _held_from_outside()
    with pytest.raises(PosewrightError, match="deform"):
        driven(obj, rest_of(obj), control_rigs.body_map())
    paths, found = put_on(obj, control_rigs.body_map(), "deform", walking_take(FRAMES))
    assert max(limb_errors(obj, control_rigs.body_map(), paths).values()) < 0.1
    assert any("muted" in note for note in found.notes)


def test_a_part_without_control_is_named() -> None:
    obj = control_rigs.copied()
    for name in ("c_hand_l", "c_clavicle_r"):
        obj.pose.bones[name].lock_rotation = (True, True, True)
    found = driven(obj, rest_of(obj), control_rigs.body_map())
    assert any("left hand and right clavicle" in note for note in found.notes), found.notes


def test_twist_bones_are_keyed_where_they_are_free() -> None:
    """Beside arms that hang on nothing but a space of the whole rig; those that a constraint twists get no keys."""
    obj = control_rigs.plain_with_twists()
    rig_map = control_rigs.body_map()
    rig_map.bones["left_forearm_twist"] = ("twist_l",)
    rig_map.bones["right_forearm_twist"] = ("twist_r",)
    take = with_knuckles(walking_take(FRAMES), 60.0)
    rest = rest_of(obj)
    motion = solve_rig(rest, rig_map, take)
    assert "twist_l" in motion.bones
    keyed = driven(obj, rest, rig_map).finish(motion)
    assert {"twist_l"} == {"twist_l", "twist_r"} & set(keyed.bones)
    columns = [found.bones.index("twist_l") for found in (motion, keyed)]
    cosine = np.abs(np.sum(motion.rotations[:, columns[0]] * keyed.rotations[:, columns[1]], -1))
    assert np.degrees(2 * np.arccos(np.clip(cosine, 0, 1))).max() < 0.1


def test_what_was_found_out_about_a_rig_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it does not hold any more; what nobody looks at shows in what the rig does."""
    searches: list[str] = []
    search = driving._Search.found
    monkeypatch.setattr(driving._Search, "found", lambda self: searches.append(self.wanted) or search(self))
    known.forget()
    obj, rig_map, take = control_rigs.switched(), control_rigs.body_map(), walking_take(FRAMES)
    for drive in ("fk", "fk", "ik", "ik", "fk"):
        paths, _ = put_on(obj, rig_map, drive, take)
        assert max(limb_errors(obj, rig_map, paths).values()) < 0.5
    assert searches == ["fk", "ik"]
    obj.pose.bones["c_head"].lock_rotation = (True, True, True)
    put_on(obj, rig_map, "fk", take)
    assert len(searches) == 3
    before = known.recall(known.key_of(obj, rest_of(obj), rig_map, "fk"))
    for name in ("upperarm_l", "lowerarm_l", "hand_l"):
        for constraint in obj.pose.bones[name].constraints:
            constraint.mute = True
    assert before is not None
    known.remember(known.key_of(obj, rest_of(obj), rig_map, "fk"), before)  # as if nobody could see that
    put_on(obj, rig_map, "fk", take)
    assert len(searches) == 4, "the arm did not follow"


def test_a_plain_rig_is_keyed_itself() -> None:
    obj = control_rigs.copied()
    for bone in obj.pose.bones:
        while bone.constraints:
            bone.constraints.remove(bone.constraints[0])
    rest = rest_of(obj)
    motion = solve_rig(rest, control_rigs.body_map(), walking_take(FRAMES))
    found = driven(obj, rest, control_rigs.body_map())
    assert found.finish(motion) is motion
    assert not found.properties
    assert not found.notes


@pytest.mark.parametrize(("drive", "root"), [("fk", "hips"), ("ik", "hips"), ("ik", "bone")])
def test_rigify(shared: Path, drive: DriveMode, root: RootMode) -> None:
    """FK and IK put every limb where muted constraints would; only controls get keys, and switches."""
    obj = _open(shared / "rigs" / "rigify_human_b42.blend")
    rest = rest_of(obj)
    rig_map = map_rig(rest)
    take = Take.load(shared / "clips" / "synthetic" / "truth" / "s4_reach_bend_full.npz")
    wanted = BonePaths(rest, solve_rig(rest, rig_map, take))
    if drive == "ik":  # also after it was left in FK
        _set_all(obj, "IK_FK", 1.0)
    result = animate_armature(obj, take, RetargetSettings(drive=drive, root=root), frame_start=0.0, fps=30.0)
    errors = limb_errors(obj, rig_map, wanted)
    assert max(errors.values()) < 0.5, errors
    assert hips_off(obj, rig_map, wanted) < 1e-3
    assert not [name for name in keyed_bones(obj) if name.startswith(("DEF-", "ORG-", "MCH-", "VIS_"))]
    assert len(keyed_bones(obj)) == result["bones_keyed"]
    assert ("root" in keyed_bones(obj)) == (root == "bone")
    switches = {path: obj.path_resolve(path) for path in curves_of(obj) if path.endswith('["IK_FK"]')}
    assert len(switches) == 4
    assert set(switches.values()) == {1.0 if drive == "fk" else 0.0}
    others = [path for path in curves_of(obj) if not re.search(r"\.(location|rotation)", path) and path[-1:] != "]"]
    assert not others, "settings of bones get no keys"
    assert not any(c.mute for bone in obj.pose.bones for c in bone.constraints if not _drives_mute(obj, c))


def test_a_map_of_controls_is_followed(shared: Path) -> None:
    """Where somebody maps the FK controls themselves, the mesh follows them: the limbs are switched to FK."""
    obj = _open(shared / "rigs" / "rigify_human_b42.blend")
    rest = rest_of(obj)
    deforming = map_rig(rest)
    names = {"upper_arm": "upper_arm_fk", "forearm": "forearm_fk", "hand": "hand_fk", "thigh": "thigh_fk"}
    names |= {"shin": "shin_fk", "foot": "foot_fk", "toe": "toe_fk"}
    sides = {"left": "L", "right": "R"}
    own = {f"{word}_{part}": (f"{name}.{letter}",) for part, name in names.items() for word, letter in sides.items()}
    trunk = {part: bones for part, bones in deforming.bones.items() if part in ("hips", "spine", "neck", "head")}
    paths, found = put_on(obj, RigMap(trunk | own, "controls"), "auto", walking_take(FRAMES))
    assert set(found.properties.values()) == {1.0}
    assert "upper_arm_fk.L" in keyed_bones(obj)
    for frame in LOOKED_AT:
        bpy.context.scene.frame_set(frame)
        posed = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        for part in ("forearm", "hand", "shin", "foot"):
            wanted = paths.head(f"{names[part]}.R")[frame]
            assert np.linalg.norm(np.array(posed[deforming.bones[f"right_{part}"][0]].head) - wanted) < 0.002


def test_arms_that_only_ik_moves(shared: Path) -> None:
    if bpy.app.version < (4, 5):
        pytest.skip("the rig opens in Blender 4.5 and later")
    obj = _open(shared / "rigs" / "mesh2motion_ik_control.blend")
    rest = rest_of(obj)
    rig_map = map_rig(rest)
    take = Take.load(shared / "clips" / "synthetic" / "truth" / "s1_walk_side_full.npz")
    wanted = BonePaths(rest, solve_rig(rest, rig_map, take))
    animate_armature(obj, take, RetargetSettings(), frame_start=0.0, fps=30.0)
    errors = limb_errors(obj, rig_map, wanted)
    assert max(errors.values()) < 1.0, errors
    assert {"CTRL_Hips", "CTRL_Arm_L", "POLEARM_L", "CTRL_ILLEG_R", "POLE_Leg_R"} <= keyed_bones(obj)


def _open(path: Path) -> Object:
    open_rig(path)
    return armatures_of(bpy.context.scene)[0]


def _drives_mute(obj: Object, constraint: bpy.types.Constraint) -> bool:
    return any(curve.data_path == f"{constraint.path_from_id()}.mute" for curve in obj.animation_data.drivers)


def _set_all(obj: Object, name: str, value: float) -> None:
    for owner in (obj, *obj.pose.bones):
        if name in owner:
            owner[name] = value


def _held_from_outside() -> Object:
    """A rig whose deforming bones all copy those of another armature that cannot be keyed with it."""
    obj = control_rigs.copied()
    other = obj.copy()
    bpy.context.scene.collection.objects.link(other)
    for bone in obj.pose.bones:
        for constraint in bone.constraints:
            constraint.target = other
    return obj


def _state(obj: Object) -> list[Any]:
    poses = [tuple(np.array(bone.matrix_basis).ravel()) for bone in obj.pose.bones]
    values = [[(type(value), value) for _, value in sorted(bone.items())] for bone in obj.pose.bones]
    held = [(c.mute, c.influence) for bone in obj.pose.bones for c in bone.constraints]
    own = [(bone.rotation_mode, bone.ik_stretch, tuple(bone.lock_location)) for bone in obj.pose.bones]
    animation = obj.animation_data
    scene = [len(bpy.data.scenes), len(bpy.data.objects), len(bpy.data.actions), obj.hide_viewport]
    places = [tuple(np.array(obj.matrix_world).ravel()), [c.name for c in obj.users_collection]]
    tracks = [animation.action.name, animation.use_nla, [track.mute for track in animation.nla_tracks]]
    return [poses, values, held, own, tracks, obj.data.pose_position, scene, places]


def _switches(obj: Object) -> list[int]:
    return [bone["Mode"] for bone in obj.pose.bones if "Mode" in bone]
