"""A whole rig job: motion and rig in, a file with the moving character out."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from blender.armatures import chain, curves_of, world_heads
from bpy.types import Object
from mathutils import Vector
from posewright.core.take import Take
from posewright.errors import PosewrightError, UsageError
from posewright.rigging.blender.apply import animate_armature
from posewright.rigging.blender.armature import armatures_of, holding_constraints, meshes_of
from posewright.rigging.blender.files import new_scene, open_rig
from posewright.rigging.blender.job import run_job
from posewright.rigging.blender.mannequin import build_mannequin
from posewright.rigging.settings import RetargetSettings

FRAMES = 20
STANDING = {
    "pelvis": (0.0, 0.0, 0.9),
    "left_hip": (0.1, 0.0, 0.9),
    "left_knee": (0.1, -0.03, 0.5),
    "left_ankle": (0.1, 0.0, 0.08),
    "left_heel": (0.1, 0.05, 0.0),
    "left_foot_index": (0.1, -0.14, 0.0),
    "spine": (0.0, 0.0, 1.1),
    "thorax": (0.0, 0.0, 1.4),
    "neck": (0.0, 0.0, 1.48),
    "nose": (0.0, -0.1, 1.6),
    "head": (0.0, 0.0, 1.72),
    "left_shoulder": (0.18, 0.0, 1.4),
    "left_elbow": (0.3, 0.02, 1.18),
    "left_wrist": (0.34, -0.08, 0.95),
}
LIMBS = (("shoulder", "elbow", "upper_arm", "forearm"), ("elbow", "wrist", "forearm", "hand"))
LIMBS += (("hip", "knee", "thigh", "shin"), ("knee", "ankle", "shin", "foot"))


def waving_take(fps: float = 30.0, **values: Any) -> Take:
    """Return a person who walks ahead (-Y) and raises the left arm to the side."""
    places = dict(STANDING)
    places |= {n.replace("left", "right"): (-x, y, z) for n, (x, y, z) in STANDING.items() if n.startswith("left")}
    names = tuple(places)
    joints = np.repeat(np.array([places[name] for name in names])[None], FRAMES, 0)
    angle = np.linspace(0.0, 2.0, FRAMES)
    shoulder = joints[:, names.index("left_shoulder")].copy()
    arm = np.stack([np.sin(angle + 0.5), np.zeros(FRAMES), -np.cos(angle + 0.5)], 1)
    joints[:, names.index("left_elbow")] = shoulder + 0.28 * arm
    joints[:, names.index("left_wrist")] = shoulder + 0.28 * arm + 0.25 * (arm * 0.8 + [0.0, -0.6, 0.0])
    joints[..., 1] -= np.linspace(0.0, 1.0, FRAMES)[:, None]
    return Take(joints.astype(np.float32), names, fps, **values)


@pytest.fixture
def take_file(tmp_path: Path) -> Path:
    path = tmp_path / "wave ä.npz"
    waving_take().save(path)
    return path


def request(take_file: Path, out: Path, rig: str | Path = "mannequin", **values: Any) -> dict[str, Any]:
    return {"motion": str(take_file), "rig": str(rig), "out": str(out), **values}


def limb_errors(obj: Object, take: Take, first_frame: float = 1.0) -> np.ndarray:
    """Return the degrees (F,limbs) between the limbs of the mannequin and of the take."""
    frames = [first_frame + i for i in range(take.frames)]
    errors = []
    for side, letter in (("left", "L"), ("right", "R")):
        for start, end, bone, next_bone in LIMBS:
            heads = world_heads(obj, (f"{bone}.{letter}", f"{next_bone}.{letter}"), frames)
            mine = heads[:, 1] - heads[:, 0]
            theirs = take.joint(f"{side}_{end}") - take.joint(f"{side}_{start}")
            cosine = (mine * theirs).sum(-1) / np.linalg.norm(mine, axis=-1) / np.linalg.norm(theirs, axis=-1)
            errors.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.stack(errors, 1)


def test_the_mannequin_does_what_the_person_did(take_file: Path, tmp_path: Path) -> None:
    reports: list[float] = []
    out = tmp_path / "neu" / "dance.blend"
    result = run_job(request(take_file, out), lambda stage, done, note="": reports.append(done))
    assert result["frames"] == FRAMES
    assert result["bones_keyed"] >= 20
    assert reports == sorted(reports) and reports[-1] == 1.0
    open_rig(out)
    scene = bpy.context.scene
    obj = armatures_of(scene)[0]
    assert obj.name == result["armature"]
    assert limb_errors(obj, waving_take()).max() < 0.5
    hips = world_heads(obj, ("hips",), [1.0, float(FRAMES)])[:, 0]
    np.testing.assert_allclose(hips[1] - hips[0], [0, -result["size_ratio"], 0], atol=0.02)
    assert (scene.frame_start, scene.frame_end, scene.render.fps) == (1, FRAMES, 30)
    assert scene.camera is not None
    assert meshes_of(obj)
    assert obj.animation_data.action.name == "wave ä"


@pytest.mark.parametrize("fps", (23.976, 29.97, 59.94, 25.0, 120.0))
def test_odd_frame_rates_are_kept(fps: float, tmp_path: Path) -> None:
    waving_take(fps).save(tmp_path / "take.npz")
    run_job(request(tmp_path / "take.npz", tmp_path / "out.blend"))
    open_rig(tmp_path / "out.blend")
    scene = bpy.context.scene
    assert scene.render.fps / scene.render.fps_base == pytest.approx(fps, rel=1e-6)
    assert tuple(armatures_of(scene)[0].animation_data.action.frame_range) == (1, FRAMES)


def test_the_camera_sees_the_person_where_the_footage_did(tmp_path: Path, checkout: Path) -> None:
    """The joints of the take, projected by its own camera, lie where Blender's camera sees the bones."""
    from bpy_extras.object_utils import world_to_camera_view

    size, focal, centre = (1280, 720), 900.0, (650.0, 340.0)
    camera = np.eye(4)
    camera[:3, :3] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)  # level, looking along +Y
    camera[:3, 3] = [0.3, -5.0, 1.2]
    take = waving_take(focal_px=focal, image_size=size, principal_point=centre, world_from_camera=camera)
    take.save(tmp_path / "take.npz")
    clip = checkout / "examples" / "dance.mp4"
    result = run_job(request(tmp_path / "take.npz", tmp_path / "out.blend", clip=str(clip)))
    open_rig(tmp_path / "out.blend")
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == size
    background = scene.camera.data.background_images[0].clip
    assert Path(bpy.path.abspath(background.filepath)).resolve() == clip.resolve()
    assert background.frame_start == 1
    assert result["action"] == "dance"
    obj = armatures_of(scene)[0]
    middle = world_heads(obj, ("thigh.L", "thigh.R"), [1.0]).mean(1)[0]
    seen = world_to_camera_view(scene, scene.camera, Vector(middle))
    pixel = np.array([seen[0] * size[0], (1 - seen[1]) * size[1]])
    x, y, z = np.linalg.inv(camera)[:3] @ [*take.joint("pelvis")[0], 1.0]
    expected = np.array([focal * x / z + centre[0], focal * y / z + centre[1]])
    np.testing.assert_allclose(pixel, expected, atol=6.0)


def test_a_moving_camera_is_keyed(tmp_path: Path) -> None:
    """At every frame Blender's camera sees a point where the take's camera of that frame sees it."""
    from bpy_extras.object_utils import world_to_camera_view

    size = (1280, 720)
    take = waving_take(focal_px=900.0, image_size=size)
    path = np.tile(np.eye(4), (take.frames, 1, 1))
    for index in range(take.frames):
        angle = 0.02 * index
        c, s = np.cos(angle), np.sin(angle)
        path[index, :3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
        path[index, :3, 3] = [0.01 * index, -5.0, 1.2]
    take.world_from_camera, take.camera_path = path[0], path
    take.focal_path = np.linspace(900.0, 1000.0, take.frames)
    take.save(tmp_path / "take.npz")
    result = run_job(request(tmp_path / "take.npz", tmp_path / "out.blend"))
    open_rig(tmp_path / "out.blend")
    scene = bpy.context.scene
    for index in (0, 10, take.frames - 1):
        scene.frame_set(1 + index)
        point = np.array([0.2, 0.3, 1.0])
        seen = world_to_camera_view(scene, scene.camera, Vector(result["size_ratio"] * point))
        x, y, z = np.linalg.inv(path[index])[:3] @ [*point, 1.0]
        expected = take.focal_path[index] * np.array([x, y]) / z + np.array(size) / 2
        np.testing.assert_allclose([seen[0] * size[0], (1 - seen[1]) * size[1]], expected, atol=0.05)


def test_a_bvh_is_a_motion_too(take_file: Path, tmp_path: Path) -> None:
    run_job(request(take_file, tmp_path / "first.bvh"))
    result = run_job(request(tmp_path / "first.bvh", tmp_path / "second.blend"))
    assert result["frames"] == FRAMES
    open_rig(tmp_path / "second.blend")
    assert limb_errors(armatures_of(bpy.context.scene)[0], waving_take()).max() < 3.0


@pytest.mark.parametrize("ending", (".fbx", ".glb", ".usdc", ".bvh"))
def test_other_endings_are_written(ending: str, take_file: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{ending}"
    run_job(request(take_file, out))
    assert out.stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


@pytest.mark.parametrize("name", ("mh_male_cmu_mb_apose.blend", "mh_female_mixamo_tpose_cm.fbx", "cryptovoxels.vrm"))
def test_real_rigs_follow(name: str, take_file: Path, tmp_path: Path, shared: Path) -> None:
    rig = shared / "rigs" / name
    before = rig.read_bytes()
    out = tmp_path / "out.blend"
    run_job(request(take_file, out, rig))
    assert rig.read_bytes() == before
    open_rig(out)
    entry = json.loads((shared / "rigs" / "rig_maps.json").read_text("utf-8"))[name]["map"]
    obj = next(item for item in armatures_of(bpy.context.scene) if item.animation_data)
    assert meshes_of(obj)
    take = waving_take()
    frames = [1.0, 10.0, float(FRAMES)]
    for side in ("left", "right"):
        for start, end, bone, next_bone in LIMBS:
            names = [entry[f"{side}_{part}"] for part in (bone, next_bone)]
            first, second = (item[-1] if isinstance(item, list) else item for item in names)
            heads = world_heads(obj, (first, second), frames)
            mine = heads[:, 1] - heads[:, 0]
            path = take.joint(f"{side}_{end}") - take.joint(f"{side}_{start}")
            theirs = path[[int(frame) - 1 for frame in frames]]
            cosine = (mine * theirs).sum(-1) / np.linalg.norm(mine, axis=-1) / np.linalg.norm(theirs, axis=-1)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 3.0, f"{side} {bone}"


@pytest.mark.parametrize(("ending", "start"), ((".fbx", 1), (".glb", 0), (".bvh", 1), (".blend", 1)))
def test_the_motion_begins_at_zero_seconds(ending: str, start: float, take_file: Path, tmp_path: Path) -> None:
    """Blender itself puts 0 s at frame 1 when it reads .fbx and .bvh, and at frame 0 for .glb."""
    out = tmp_path / f"out{ending}"
    run_job(request(take_file, out))
    open_rig(out)
    begin, end = armatures_of(bpy.context.scene)[0].animation_data.action.frame_range
    assert begin == start
    rate = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
    if ending != ".bvh":  # whose reader leaves the scene's rate as it is
        assert (end - begin) / rate == pytest.approx((FRAMES - 1) / 30.0, abs=1e-3)


def test_one_of_several_armatures_is_taken_by_its_bones_or_its_name(take_file: Path, tmp_path: Path) -> None:
    build_two(tmp_path / "two.blend", bodies=1)
    result = run_job(request(take_file, tmp_path / "a.blend", tmp_path / "two.blend"))
    assert result["armature"] == "Mannequin"
    build_two(tmp_path / "twins.blend", bodies=2)
    with pytest.raises(PosewrightError, match=r"several armatures.*Mannequin, Mannequin\.001.*--armature"):
        run_job(request(take_file, tmp_path / "b.blend", tmp_path / "twins.blend"))
    wanted = request(take_file, tmp_path / "b.blend", tmp_path / "twins.blend", armature="Mannequin.001")
    assert run_job(wanted)["armature"] == "Mannequin.001"
    assert sorted(path.name for path in tmp_path.glob("b.*")) == ["b.blend"]
    with pytest.raises(PosewrightError, match="no armature Bob in mannequin; it holds: Mannequin"):
        run_job(request(take_file, tmp_path / "c.blend", "mannequin", armature="Bob"))


def build_two(path: Path, *, bodies: int) -> None:
    """Save a file with a prop's armature and one or two people."""
    chain(3)
    for _ in range(bodies):
        build_mannequin()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)


def test_an_armature_without_legs_gives_a_sentence(take_file: Path, tmp_path: Path) -> None:
    chain(6)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "snake.blend"), copy=True)
    with pytest.raises(PosewrightError, match="no legs"):
        run_job(request(take_file, tmp_path / "out.blend", tmp_path / "snake.blend"))
    assert not (tmp_path / "out.blend").exists()


def test_wrong_motions_give_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "take.npz").write_text("no take")
    for name, kind in (("take.npz", PosewrightError), ("none.npz", PosewrightError), ("clip.mp4", UsageError)):
        with pytest.raises(kind):
            run_job(request(tmp_path / name, tmp_path / "out.blend"))
    assert [path.name for path in tmp_path.iterdir()] == ["take.npz"]


def test_what_holds_bones_is_released_in_the_result_alone(take_file: Path, tmp_path: Path) -> None:
    new_scene()
    obj = build_mannequin()
    target = bpy.data.objects.new("target", None)
    bpy.context.scene.collection.objects.link(target)
    ik = obj.pose.bones["forearm.L"].constraints.new("IK")
    ik.target, ik.chain_count = target, 2
    rig = tmp_path / "ik.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig), copy=True)
    result = run_job(request(take_file, tmp_path / "out.blend", rig))
    assert any("left upper arm and left forearm" in note and "deform" in note for note in result["notes"])
    again = request(take_file, tmp_path / "out.blend", rig, overwrite=True, settings={"drive": "deform"})
    assert any("muted" in note for note in run_job(again)["notes"])
    open_rig(tmp_path / "out.blend")
    assert limb_errors(armatures_of(bpy.context.scene)[0], waving_take()).max() < 0.5
    open_rig(rig)
    assert holding_constraints(armatures_of(bpy.context.scene)[0])


@pytest.mark.parametrize("drive", ["fk", "ik", "deform"])
def test_a_rigify_body_stays_in_one_piece(tmp_path: Path, shared: Path, drive: str) -> None:
    """Bones that hang on controls (breast, pelvis, face) go with the body although the controls stand still."""
    waving_take().save(tmp_path / "take.npz")
    rig = shared / "rigs" / "rigify_human_b42.blend"
    run_job(request(tmp_path / "take.npz", tmp_path / "out.blend", rig, settings={"drive": drive}))
    open_rig(tmp_path / "out.blend")
    bpy.context.scene.frame_set(FRAMES)
    (body,) = meshes_of(next(item for item in armatures_of(bpy.context.scene) if item.animation_data))
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    edges = np.array([edge.vertices[:] for edge in body.data.edges])
    lengths = []
    for mesh in (body.data, evaluated):
        points = np.array([vertex.co for vertex in mesh.vertices])
        lengths.append(np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1))
    stretch = lengths[1] / np.maximum(lengths[0], 1e-6)
    assert np.percentile(stretch, 99.5) < 2.0


def test_an_armature_of_the_open_scene_can_be_animated() -> None:
    new_scene()
    obj = build_mannequin()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 60, 1.0
    result = animate_armature(obj, waving_take(30.0), frame_start=101)
    assert (result["frame_start"], result["frame_end"]) == (101, 101 + 2 * (FRAMES - 1))
    assert scene.render.fps == 60
    assert all(bone in obj.pose.bones for bone in (path.split('"')[1] for path in curves_of(obj)))
    heads = world_heads(obj, ("upper_arm.L", "forearm.L"), [101 + 2 * 10])[0]
    take = waving_take()
    theirs = (take.joint("left_elbow") - take.joint("left_shoulder"))[10]
    mine = heads[1] - heads[0]
    assert mine @ theirs / np.linalg.norm(mine) / np.linalg.norm(theirs) > 0.9999


def test_the_motion_may_start_where_the_character_stands(take_file: Path, tmp_path: Path) -> None:
    new_scene()
    rig = build_mannequin()
    rig.location, rig.rotation_euler = (3.0, 2.0, 0.0), (0.0, 0.0, np.pi / 2)  # it faces +X
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "rig.blend"))
    out = tmp_path / "out.blend"
    result = run_job(request(take_file, out, tmp_path / "rig.blend", settings={"place": "character"}))
    open_rig(out)
    obj = armatures_of(bpy.context.scene)[0]
    hips = world_heads(obj, ("thigh.L", "thigh.R"), [1, FRAMES]).mean(1)
    assert hips[0, :2] == pytest.approx((3.0, 2.0), abs=0.02)
    ahead = hips[1] - hips[0]
    assert ahead[0] == pytest.approx(result["size_ratio"], abs=0.05) and abs(ahead[1]) < 0.02


def test_a_part_of_the_motion_in_place(take_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.blend"
    keys = {"start": 0.2, "end": 0.4, "name": "Piece"}
    result = run_job(request(take_file, out, settings={"root": "in-place", "keys": keys}))
    assert (result["frames"], result["action"], result["frame_start"], result["frame_end"]) == (7, "Piece", 1, 7)
    obj = armatures_of(bpy.context.scene)[0]
    hips = world_heads(obj, ("hips",), [1, 4, 7])[:, 0]
    assert np.ptp(hips[:, :2], axis=0).max() < 1e-5


def test_a_rig_without_a_root_bone_cannot_have_root_motion(take_file: Path, tmp_path: Path) -> None:
    with pytest.raises(PosewrightError, match="no bone above hips for the root motion"):
        run_job(request(take_file, tmp_path / "out.blend", settings={"root": "bone"}))
    assert not list(tmp_path.glob("out*"))


def test_the_motion_of_another_rig(take_file: Path, tmp_path: Path) -> None:
    run_job(request(take_file, tmp_path / "first.blend"))
    result = run_job(request(tmp_path / "first.blend", tmp_path / "second.blend"))
    assert result["frames"] == FRAMES
    obj = armatures_of(bpy.context.scene)[0]
    assert limb_errors(obj, waving_take()).max() < 3
    with pytest.raises(PosewrightError, match="no armature Bob"):
        run_job(request(tmp_path / "first.blend", tmp_path / "third.blend", from_armature="Bob"))


@pytest.mark.parametrize("ending", [".blend", ".fbx", ".glb", ".bvh"])
def test_the_object_travels_and_the_body_is_where_it_was(take_file: Path, tmp_path: Path, ending: str) -> None:
    new_scene()
    rig = build_mannequin()
    rig.location, rig.rotation_euler, rig.scale = (0.5, 0.2, 0.0), (0.0, 0.0, 0.7), (1.2, 1.2, 1.2)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "rig.blend"))
    paths = []
    for root in ("hips", "object"):
        out = tmp_path / f"{root}{ending}"
        run_job(request(take_file, out, tmp_path / "rig.blend", settings={"root": root, "feet": "never"}))
        open_rig(out)
        obj = armatures_of(bpy.context.scene)[0]
        first = 0 if ending == ".fbx" else 1
        rate = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base / 30.0
        frames = [first + i * rate for i in range(FRAMES)] if ending != ".glb" else [i * rate for i in range(FRAMES)]
        paths.append(world_heads(obj, ("hips", "hand.L", "foot.R"), frames))
    assert np.abs(paths[0] - paths[1]).max() < 2e-3
    if ending == ".blend":
        travelled = [world_heads(obj, ("hips",), [1])[0, 0] * [1, 1, 0], np.array(obj.matrix_world)[:3, 3]]
        bpy.context.scene.frame_set(FRAMES)
        moved = np.array(obj.matrix_world)[:3, 3] - travelled[1]
        assert np.linalg.norm(moved[:2]) > 0.9 and abs(moved[2]) < 1e-5


def test_a_travelling_object_comes_home_when_a_take_is_applied_again() -> None:
    new_scene()
    rig = build_mannequin()
    rig.location, rig.rotation_euler = (2.0, 1.0, 0.0), (0.0, 0.0, 0.5)
    bpy.context.view_layer.update()
    home = np.array(rig.matrix_world)
    settings = RetargetSettings(root="object")
    animate_armature(rig, waving_take(), settings)
    bpy.context.scene.frame_set(FRAMES)
    assert np.abs(np.array(rig.matrix_world) - home).max() > 0.5
    away = np.array(rig.matrix_world)
    animate_armature(rig, waving_take(), settings)
    bpy.context.scene.frame_set(FRAMES)
    np.testing.assert_allclose(np.array(rig.matrix_world), away, atol=1e-5)  # not from where it had gone
    animate_armature(rig, waving_take())
    bpy.context.scene.frame_set(FRAMES)
    np.testing.assert_allclose(np.array(rig.matrix_world), home, atol=1e-5)


@pytest.mark.parametrize(("root", "node"), [("hips", "Armature"), ("object", "root")])
def test_unreal_gets_a_root_bone_where_the_object_travels(
    take_file: Path, tmp_path: Path, root: str, node: str
) -> None:
    out = tmp_path / "out.fbx"
    run_job(request(take_file, out, settings={"root": root}, export_for="unreal"))
    open_rig(out)
    assert armatures_of(bpy.context.scene)[0].name == node
