"""What the solver computes for all frames at once is what a slow way, frame by frame, gives."""

import numpy as np
import pytest
from posewright.rigging.rotations import in_axes, multiply, running_product, to_matrix, unit
from posewright.rigging.solver.smoothing import smoothed


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7, 32, 201])
@pytest.mark.parametrize("change", [0.3, 30.0])
def test_smoothing_solves_its_equations(frames: int, change: float) -> None:
    rng = np.random.default_rng(frames)
    weight = rng.uniform(0, 1, frames) ** 4 + 1e-6  # also frames that hardly count
    values = rng.normal(size=(frames, 3))
    steps = np.diff(np.eye(frames), axis=0)
    wanted = np.linalg.solve(np.diag(weight) + change * steps.T @ steps, weight[:, None] * values)
    np.testing.assert_allclose(smoothed(weight[:, None] * values, weight, change), wanted, atol=1e-8)
    one = smoothed(weight * (values[:, 0] + 1j * values[:, 1]), weight, change)
    np.testing.assert_allclose(one, wanted[:, 0] + 1j * wanted[:, 1], atol=1e-8)


@pytest.mark.parametrize("frames", [0, 1, 2, 5, 64, 99])
def test_running_product_is_one_turn_after_the_other(frames: int) -> None:
    steps = unit(np.random.default_rng(1).normal(size=(frames, 4)))
    wanted = steps.copy()
    for t in range(1, frames):
        wanted[t] = multiply(steps[t], wanted[t - 1])
    np.testing.assert_allclose(running_product(steps), wanted, atol=1e-12)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_turns_seen_in_other_axes(mirror: float) -> None:
    rng = np.random.default_rng(2)
    turns = unit(rng.normal(size=(20, 4)))
    axes = to_matrix(unit(rng.normal(size=4))) * mirror
    np.testing.assert_allclose(to_matrix(in_axes(turns, axes)), axes.T @ to_matrix(turns) @ axes, atol=1e-12)
