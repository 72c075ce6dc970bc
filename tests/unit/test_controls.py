"""What the answers of a rig tell about its controls, on rigs that move as plain numpy says."""

import numpy as np
import pytest
from numpy.typing import NDArray
from posewright.rigging.controls.bone_paths import BonePaths
from posewright.rigging.controls.choice import choose
from posewright.rigging.controls.conversion import Control, ControlRig, control_motion
from posewright.rigging.controls.responses import TURN, Responses, depths, parent_of
from posewright.rigging.controls.segments import Limb, Segment, limbs_of, segments_of
from posewright.rigging.kinematics import pose_matrices
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import BoneMotion, RigMap, RigRest
from posewright.rigging.rotations import about, from_matrix, to_matrix
from posewright.rigging.solver.solve import solve_rig
from synthetic_rigs import make_rig, walking_take

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def rest() -> RigRest:
    return make_rig()


@pytest.fixture(scope="module")
def rig_map(rest: RigRest) -> RigMap:
    return map_rig(rest)


def answers(rest: RigRest) -> Responses:
    """Turn and move every bone of a plain rig."""
    size = float(np.ptp(rest.rest[:, :3, 3], axis=0).max())
    found = Responses(rest.bones, rest.rest, rest.lengths, rest.rest[:, :3, :3], {}, {}, size)
    axis = np.array([0.48, 0.6, 0.64])
    for b, bone in enumerate(rest.bones):
        axes = rest.rest[b, :3, :3]
        turn = from_matrix(axes.T @ to_matrix(about(axis, np.asarray(TURN))) @ axes)
        still = np.array([1.0, 0.0, 0.0, 0.0])
        times = np.zeros(1)
        found.turned[bone] = pose_matrices(rest, BoneMotion((bone,), turn[None, None], {}, times))[0]
        step = 0.1 * size * axis @ axes
        found.moved[bone] = pose_matrices(rest, BoneMotion((bone,), still[None, None], {bone: step[None]}, times))[0]
    return found


def test_paths_of_bones_are_those_of_the_whole_pose(rest: RigRest, rig_map: RigMap) -> None:
    motion = solve_rig(rest, rig_map, walking_take(20))
    poses = pose_matrices(rest, motion)
    paths = BonePaths(rest, motion)
    for b, bone in enumerate(rest.bones):
        np.testing.assert_allclose(paths.head(bone), poses[:, b, :3, 3], atol=1e-9)
        turned = to_matrix(paths.turn(bone)) @ rest.rest[b, :3, :3]
        np.testing.assert_allclose(turned, poses[:, b, :3, :3], atol=1e-9)


def test_every_bone_of_a_plain_rig_is_its_own_control(rest: RigRest, rig_map: RigMap) -> None:
    segments = segments_of(rest, rig_map)
    limbs = limbs_of(segments)
    assert [limb.name for limb in limbs] == ["left_arm", "left_leg", "right_arm", "right_leg"]
    choice = choose(answers(rest), segments, limbs, {})
    assert [choice.turning[i] for i in range(len(segments))] == [segment.bones[0] for segment in segments]
    assert all(choice.is_fk(limb) for limb in limbs)
    assert not choice.goals


def test_the_motion_of_a_plain_rig_stays_as_it_is(rest: RigRest, rig_map: RigMap) -> None:
    """Put onto controls that are the bones themselves, a motion comes out as it went in."""
    motion = solve_rig(rest, rig_map, walking_take(20))
    segments, found = segments_of(rest, rig_map), answers(rest)
    choice = choose(found, segments, limbs_of(segments), {})
    turned: dict[str, list[int]] = {}
    for i, name in choice.turning.items():
        turned.setdefault(name, []).append(i)
    depth = depths(found, turned)
    controls = [
        Control(name, parent_of(found, name, turned, depth), tuple(own), moves=False) for name, own in turned.items()
    ]
    keyed = control_motion(rest, motion, ControlRig(segments, found, controls, choice.mover))
    np.testing.assert_allclose(pose_matrices(rest, keyed), pose_matrices(rest, motion), atol=1e-6)


def test_a_share_of_a_turn_is_measured() -> None:
    """Bones that turn half as far, about another axis, or not at all."""
    rest = np.tile(np.eye(4), (4, 1, 1))
    rest[:, 0, 3] = range(4)
    posed = rest.copy()
    for b, (axis, angle) in enumerate((([0, 0, 1.0], TURN), ([0, 0, 1.0], TURN / 2), ([1.0, 0, 0], TURN))):
        posed[b, :3, :3] = to_matrix(about(np.array(axis), np.asarray(angle)))
    found = Responses(("a", "b", "c", "d"), rest, np.ones(4), rest[:, :3, :3], {"a": posed}, {}, 3.0)
    assert found.turns_itself("a")
    assert found.share("a", "b") == pytest.approx(0.5)
    assert found.share("a", "c") == 0.0
    assert found.share("a", "d") == 0.0
    assert not found.drags("a", "b")


@pytest.mark.parametrize(("knee", "goal"), [((0.35, 0.4), True), ((0.0, 0.8), False)])
def test_a_goal_bends_the_limb_without_stretching_it(knee: tuple[float, float], goal: bool) -> None:
    """Where the foot goes up by half: the knee makes way, or the shin alone is drawn off."""
    names = ("thigh", "shin", "foot", "control")
    places = np.array([[0, 0, 1.0], [0, 0, 0.5], [0, 0, 0], [0, 0, 0]])
    rest = np.tile(np.eye(4), (4, 1, 1))
    rest[:, :3, 3] = places
    posed = rest.copy()
    posed[1, :3, 3] = (knee[0], 0, 1 - knee[1]) if goal else (0, 0, 0.8)
    posed[2:, 2, 3] += 0.3
    segments = [Segment("left_thigh", ("thigh",), "shin"), Segment("left_shin", ("shin",), "foot")]
    segments.append(Segment("left_foot", ("foot",), None))
    found = Responses(names, rest, np.ones(4), rest[:, :3, :3], {}, {"control": posed}, 1.0)
    assert found.is_goal("control", Limb("left_leg", 0, 1, 2), segments) is goal
