"""The built-in character: a sound body on a rig that Posewright itself recognises."""

import bpy
import numpy as np
import pytest
from posewright.rigging.blender.armature import meshes_of, rest_of
from posewright.rigging.blender.files import new_scene
from posewright.rigging.blender.mannequin import build_mannequin
from posewright.rigging.maps.mapping import PARTS, map_rig
from posewright.rigging.rig import RigMap


@pytest.fixture
def mannequin() -> bpy.types.Object:
    new_scene()
    return build_mannequin()


def body_of(armature: bpy.types.Object) -> bpy.types.Object:
    (body,) = meshes_of(armature)
    return body


def test_a_script_adds_it_to_a_scene_that_no_window_shows() -> None:
    new_scene()
    other = bpy.data.scenes.new("Other")
    with bpy.context.temp_override(scene=other, view_layer=other.view_layers[0]):
        armature = build_mannequin()
    assert armature.name in other.objects and len(armature.data.bones) > 20


def test_it_stands_on_the_floor_as_tall_as_a_person(mannequin: bpy.types.Object) -> None:
    points = np.array([vertex.co for vertex in body_of(mannequin).data.vertices])
    assert points[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert points[:, 2].max() == pytest.approx(1.75, abs=0.005)
    np.testing.assert_allclose(points[:, 0].min(), -points[:, 0].max(), atol=1e-6)


def test_every_part_is_found(mannequin: bpy.types.Object) -> None:
    rig_map: RigMap = map_rig(rest_of(mannequin))
    sided = ("clavicle", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
    assert set(rig_map.bones) & set(PARTS) == {"hips", "spine", "neck", "head"} | {
        f"{s}_{p}" for s in ("left", "right") for p in sided
    }
    assert rig_map.bones["left_thigh"] == ("thigh.L",)
    assert rig_map.notes == []


def test_every_vertex_moves_with_bones(mannequin: bpy.types.Object) -> None:
    body = body_of(mannequin)
    shares = np.array([sum(group.weight for group in vertex.groups) for vertex in body.data.vertices])
    np.testing.assert_allclose(shares, 1.0, atol=1e-5)
    assert {group.name for group in body.vertex_groups} == set(mannequin.data.bones.keys())
    used = {body.vertex_groups[group.group].name for vertex in body.data.vertices for group in vertex.groups}
    assert {"hips", "spine", "chest", "neck", "head", "hand.L", "toe.R"} <= used


def test_surfaces_are_closed_and_look_outwards(mannequin: bpy.types.Object) -> None:
    mesh = body_of(mannequin).data
    edges: dict[tuple[int, int], int] = {}
    for polygon in mesh.polygons:
        for a, b in polygon.edge_keys:
            edges[a, b] = edges.get((a, b), 0) + 1
    assert set(edges.values()) == {2}
    points = np.array([vertex.co for vertex in mesh.vertices])
    volume = 0.0  # the signed volume is positive only if the faces look outwards
    mesh.calc_loop_triangles()
    for triangle in mesh.loop_triangles:
        a, b, c = points[list(triangle.vertices)]
        volume += np.dot(a, np.cross(b, c)) / 6
    assert 0.04 < volume < 0.12  # cubic metres, about that of a person


def test_a_bent_elbow_moves_the_forearm_alone(mannequin: bpy.types.Object) -> None:
    body = body_of(mannequin)
    before = np.array([vertex.co for vertex in body.data.vertices])
    bone = mannequin.pose.bones["forearm.L"]
    bone.rotation_mode = "QUATERNION"
    bone.rotation_quaternion = (0.7071, 0.7071, 0, 0)
    bpy.context.view_layer.update()
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    after = np.array([vertex.co for vertex in evaluated.vertices])
    moved = np.linalg.norm(after - before, axis=1) > 1e-4
    elbow = np.array(mannequin.data.bones["forearm.L"].head_local)
    assert moved.any()
    assert np.all(np.linalg.norm(before[moved] - elbow, axis=1) < 0.5)
    assert before[moved, 0].min() > 0.3
