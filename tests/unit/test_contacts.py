"""When feet stand: on the floor, on stairs, not in the air and not where nobody sees them."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from posewright.core.skeleton import CONTACT_JOINTS, JOINTS
from posewright.core.world.body import INDEX
from posewright.core.world.evidence import hidden_bones, shown_feet
from posewright.core.world.feet import Contacts, estimate_contacts
from posewright.core.world.ground import REST_HEIGHTS
from posewright.core.world.planting import plant_path

Array = NDArray[np.float64]

FPS = 30.0
HEIGHT = 1.7
SIGHT = np.array([0.0, 1.0, 0.0])
LEFT, RIGHT = slice(0, 2), slice(2, 4)


def body(left: Array, right: Array) -> Array:
    """Return joints (F,22,3) whose feet lie flat with their soles at these heights and places (F,2): ahead, up."""
    joints = np.zeros((len(left), len(JOINTS), 3))
    joints[:, INDEX["pelvis"], 2] = 0.9 + np.minimum(left[:, 1], right[:, 1])
    for column, (name, rest) in enumerate(zip(CONTACT_JOINTS, REST_HEIGHTS, strict=True)):
        foot = left if column < 2 else right
        joints[:, INDEX[name], 0] = foot[:, 0] + (0.18 if name.endswith("index") else 0.0)
        joints[:, INDEX[name], 2] = foot[:, 1] + rest * HEIGHT
    return joints


def contacts_of(joints: Array, shown: float = 1.0) -> Contacts:
    times = np.arange(len(joints)) / FPS
    return estimate_contacts(joints, SIGHT, times, HEIGHT, np.full((len(joints), 4), shown))


def steps(places: list[tuple[float, float]], first: int) -> Array:
    """Return the path (F,2) of a foot that stands 16 frames in each place, with 12 frames of swing between."""
    path = [np.array(places[0])] * first
    for before, after in pairwise(places):
        share = (1 - np.cos(np.linspace(0, np.pi, 12)))[:, None] / 2
        swing = np.array(before) + share * (np.array(after) - before)
        swing[:, 1] += 0.06 * np.sin(np.linspace(0, np.pi, 12))
        path += [*swing, *[np.array(after)] * 16]
    return np.array(path)


def climb() -> tuple[Array, Array]:
    """Return the feet of somebody who goes up three stairs, one foot after the other."""
    right = steps([(0.0, 0.0), (0.3, 0.18), (0.9, 0.54)], 14)
    left = steps([(0.0, 0.0), (0.6, 0.36), (1.2, 0.72)], 28)
    frames = min(len(left), len(right))
    return left[:frames], right[:frames]


def test_feet_stand_on_stairs_and_not_between_them() -> None:
    left, right = climb()
    found = contacts_of(body(left, right))
    stands = found.chance > 0.5
    for foot, on_step, level in ((RIGHT, slice(30, 38), 0.18), (LEFT, slice(44, 52), 0.36)):
        assert stands[on_step, foot].all()
        np.testing.assert_allclose(found.level[on_step, foot], level, atol=0.03)
        np.testing.assert_array_equal(found.on_floor[on_step, foot], 0)
    assert not stands[20, RIGHT].any()  # half way to the stair
    assert stands[5].all()
    np.testing.assert_array_equal(found.level[5], 0)


def test_lifted_foot_stands_on_nothing() -> None:
    """A foot that is held still in the air while the other carries the body is no contact."""
    left = np.zeros((60, 2))
    left[20:50, 1] = 0.3
    found = contacts_of(body(left, np.zeros((60, 2))))
    assert not (found.chance[25:45, LEFT] > 0.5).any()
    assert (found.chance[:, RIGHT] > 0.5).all()


def test_jump_is_in_the_air() -> None:
    height = np.zeros((60, 2))
    flight = np.arange(14) / FPS
    height[20:34, 1] = np.maximum(2.3 * flight - 4.9 * flight**2, 0.0)
    found = contacts_of(body(height, height))
    assert not (found.chance[23:31] > 0.5).any()
    assert (found.chance[:18] > 0.5).all()


def test_nobody_knows_of_feet_that_are_not_seen() -> None:
    still = np.zeros((40, 2))
    assert (contacts_of(body(still, still)).chance > 0.5).all()
    assert not (contacts_of(body(still, still), shown=0.2).chance > 0.5).any()


def test_what_the_picture_shows() -> None:
    trust = np.full((60, len(JOINTS)), 0.9)
    trust[:, [INDEX[f"left_{part}"] for part in ("knee", "ankle", "heel", "foot_index")]] = 0.02
    trust[30, INDEX["right_wrist"]] = 0.0
    times = np.arange(60) / FPS
    shown, hidden = shown_feet(trust, times), hidden_bones(trust, times)
    np.testing.assert_allclose(shown[:, LEFT], 0.0)
    np.testing.assert_allclose(shown[:, RIGHT], 1.0)
    assert hidden.max(0).sum() == 3.0  # thigh, shin and foot; a wrist unseen for one frame is not hidden


def test_path_keeps_feet_on_their_stairs() -> None:
    """A path that sinks below a stair is lifted onto it."""
    left, right = climb()
    joints = body(left, right)
    times = np.arange(len(joints)) / FPS
    contacts = contacts_of(joints)
    root = joints[:, INDEX["pelvis"]] + [0.0, 4.0, 0.0]
    pose = joints - joints[:, :1]
    sunk = root.copy()
    sunk[:, 2] -= 0.04 * np.sin(np.linspace(0, np.pi, len(root)))
    planted = plant_path(sunk, pose, contacts, root, np.array([0.0, 0.0, 1.0]), 0.0, HEIGHT, times)
    assert np.abs(planted - root)[:, 2].mean() < 0.4 * np.abs(sunk - root)[:, 2].mean()
