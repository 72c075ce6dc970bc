"""Motion read from a skeleton makes the same rig, and others, move as it did."""

import numpy as np
import pytest
from posewright.core.take import Take
from posewright.rigging.kinematics import pose_matrices
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import RigRest
from posewright.rigging.rotations import about, frame, unit
from posewright.rigging.solver.solve import solve_rig
from posewright.rigging.sources.skeletons import metres_per_unit, take_from_skeleton
from synthetic_rigs import make_rig, walking_take

PAIRS = ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot_index")
FRAMES = 40


def moved(rest: RigRest, take: Take) -> np.ndarray:
    """Return the world matrices (F,B,4,4) of a rig that follows a take."""
    return rest.world @ pose_matrices(rest, solve_rig(rest, map_rig(rest), take, "never", hands="directions"))


def read(rest: RigRest, poses: np.ndarray) -> Take:
    return take_from_skeleton(rest, map_rig(rest), poses, 30.0)


def limbs(take: Take) -> np.ndarray:
    ways = [take.joint(f"{s}_{b}") - take.joint(f"{s}_{a}") for s in ("left", "right") for a, b in PAIRS]
    return unit(np.stack(ways, 1).astype(float))


def parts(take: Take) -> dict[str, np.ndarray]:
    """Return the axes (F,3,3) of head and hands."""

    def path(name: str) -> np.ndarray:
        return take.joint(name).astype(float)

    found = {"head": frame(path("left_ear") - path("right_ear"), path("nose") - path("head"))}
    for side in ("left", "right"):
        index, little = path(f"{side}_index_1"), path(f"{side}_pinky_1")
        found[side] = frame((index + little) / 2 - path(f"{side}_wrist"), index - little)
    return found


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1))).max())


def turned(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=(-2, -1)) / np.sqrt(8), 0, 1))).max())


@pytest.fixture(scope="module")
def source() -> Take:
    rest = make_rig(seed=1)
    return read(rest, moved(rest, walking_take(FRAMES)))


@pytest.mark.parametrize(
    "rig",
    [
        {"seed": 1},
        {"seed": 2, "arm_degrees": 45.0},
        {"seed": 3, "scale": 0.01, "turn": about(np.array([1.0, 0.0, 0.0]), np.array(np.pi / 2))},
        {"seed": 4, "scale": 100.0, "turn": about(np.array([0.0, 0.0, 1.0]), np.array(2.5))},
        {"seed": 5, "size": 2.3},
    ],
)
def test_every_rig_moves_as_the_one_that_was_read(rig: dict, source: Take) -> None:
    rest = make_rig(**rig)
    again = read(rest, moved(rest, source))
    assert degrees(limbs(again), limbs(source)) < 0.1
    for part, axes in parts(again).items():
        assert turned(axes, parts(source)[part]) < 0.5, part


def test_what_is_read_is_what_was_shown() -> None:
    take = walking_take(FRAMES)
    rest = make_rig(seed=1)
    found = read(rest, moved(rest, take))
    both = [name for name in range(10) if name % 5 != 4]  # feet of other shape: their balls lie elsewhere
    assert degrees(limbs(found)[:, both], limbs(take)[:, both]) < 0.2
    assert found.contacts is None and found.fps == 30.0


def test_an_uneven_scale_is_taken_out(source: Take) -> None:
    rest = make_rig(seed=1)
    uneven = np.diag([1.3, 0.8, 1.0, 1.0])
    poses = moved(rest, walking_take(FRAMES))
    stretched = RigRest(rest.name, rest.bones, rest.parents, rest.rest, rest.lengths, uneven @ rest.world)
    found = take_from_skeleton(stretched, map_rig(rest), uneven @ poses, 30.0)
    assert degrees(limbs(found), limbs(source)) < 0.5


@pytest.mark.parametrize(("leg", "metres"), ((0.8, 1.0), (80.0, 0.01), (31.5, 0.0254), (800.0, 0.001), (None, 1.0)))
def test_units_are_judged_by_the_legs(leg: float | None, metres: float) -> None:
    assert metres_per_unit(leg) == metres


def test_a_size_of_its_own_is_made_a_persons() -> None:
    rest = make_rig(seed=1, size=11.0)
    found = read(rest, moved(rest, walking_take(FRAMES)))
    leg = np.linalg.norm(found.joint("left_hip") - found.joint("left_knee"), axis=-1)
    np.testing.assert_allclose(leg, 0.41, atol=0.03)
    assert found.provenance["source"]["metres_per_unit"] == pytest.approx(1 / 11, rel=0.1)


def test_a_crooked_rest_pose_tells_nothing_of_head_and_hands() -> None:
    rest = make_rig(seed=1)
    found = take_from_skeleton(rest, map_rig(rest), moved(rest, walking_take(8)), 30.0, upright=False)
    assert not {"nose", "left_ear", "left_index_1", "left_heel"} & set(found.joint_names)
    assert "spine" in found.joint_names
