"""Rotations as arrays: each function against what it must do to vectors."""

import numpy as np
import pytest
from posewright.rigging import rotations as r

RNG = np.random.default_rng(7)
TURNS = r.unit(RNG.normal(size=(200, 4)))
VECTORS = RNG.normal(size=(200, 3))


def test_matrix_and_quaternion_turn_alike() -> None:
    matrices = r.to_matrix(TURNS)
    np.testing.assert_allclose(np.einsum("fij,fj->fi", matrices, VECTORS), r.rotate(TURNS, VECTORS), atol=1e-12)
    np.testing.assert_allclose(np.abs((r.from_matrix(matrices) * TURNS).sum(-1)), 1.0, atol=1e-12)


def test_matrices_of_half_turns() -> None:
    for axis in np.eye(3):
        q = r.about(axis, np.array(np.pi))
        np.testing.assert_allclose(np.abs((r.from_matrix(r.to_matrix(q)) * q).sum()), 1.0, atol=1e-12)


def test_multiply_turns_by_the_second_first() -> None:
    other = TURNS[::-1]
    np.testing.assert_allclose(
        r.rotate(r.multiply(TURNS, other), VECTORS), r.rotate(TURNS, r.rotate(other, VECTORS)), atol=1e-12
    )
    np.testing.assert_allclose(r.rotate(r.conjugate(TURNS), r.rotate(TURNS, VECTORS)), VECTORS, atol=1e-12)


def test_between_is_the_shortest_turn() -> None:
    a, b = r.unit(VECTORS), r.unit(VECTORS[::-1])
    q = r.between(a, b)
    np.testing.assert_allclose(r.rotate(q, a), b, atol=1e-9)
    angle = 2 * np.arccos(np.clip(np.abs(q[:, 0]), 0, 1))
    np.testing.assert_allclose(angle, np.arccos(np.clip((a * b).sum(-1), -1, 1)), atol=1e-6)


def test_between_opposite_vectors() -> None:
    a = r.unit(VECTORS)
    np.testing.assert_allclose(r.rotate(r.between(a, -a), a), -a, atol=1e-9)


def test_from_frames_takes_one_frame_to_the_other() -> None:
    rest, posed = r.frame(VECTORS, VECTORS[::-1]), r.frame(VECTORS[::-1], VECTORS)
    q = r.from_frames(rest, posed)
    np.testing.assert_allclose(r.to_matrix(q) @ rest, posed, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rest), 1.0, atol=1e-9)


def test_slerp_and_power() -> None:
    other = TURNS[::-1]
    half = r.slerp(TURNS, other, 0.5)
    np.testing.assert_allclose((half * TURNS).sum(-1) ** 2, (half * other).sum(-1) ** 2, atol=1e-9)
    np.testing.assert_allclose(np.abs((r.slerp(TURNS, other, 1.0) * other).sum(-1)), 1.0, atol=1e-9)
    third = r.power(TURNS, 1 / 3)
    np.testing.assert_allclose(
        r.rotate(r.multiply(third, r.multiply(third, third)), VECTORS), r.rotate(TURNS, VECTORS), atol=1e-9
    )


@pytest.mark.parametrize("degrees", [10.0, 44.0, 59.0, 100.0, 175.0])
def test_limited_keeps_small_turns_and_the_axis(degrees: float) -> None:
    axis = np.array([0.0, 0.6, 0.8])
    q = r.limited(r.about(axis, np.radians([degrees])), np.radians(60))[0]
    angle = np.degrees(2 * np.arccos(q[0]))
    assert angle == pytest.approx(degrees, abs=1e-6) if degrees <= 45 else 45 < angle <= 60
    np.testing.assert_allclose(q[1:] / np.linalg.norm(q[1:]), axis, atol=1e-9)


def test_continuous_signs() -> None:
    path = r.about(np.array([0.0, 0.0, 1.0]), np.linspace(0, 20, 300))
    flipped = path * RNG.choice([-1.0, 1.0], size=(300, 1))
    out = r.continuous(flipped)
    assert ((out[1:] * out[:-1]).sum(-1) > 0).all()
    np.testing.assert_allclose(np.abs((out * path).sum(-1)), 1.0, atol=1e-9)
