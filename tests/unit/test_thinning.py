"""Fewer lifted frames: which are kept, and what the rebuilt ones look like."""

import numpy as np
import pytest
from posewright.core.lifting.thinning import kept_frames, rebuild, spread_over

Array = np.ndarray


def motion(frames: int, fps: float) -> tuple[Array, Array, Array]:
    """Times (F,), a smoothly moving body (F,5,3) around its first joint, and its image points (F,5,2)."""
    draw = np.random.default_rng(0)
    times = np.arange(frames) / fps
    phase, body = draw.uniform(0, 6, (5, 3)), draw.normal(0, 0.5, (5, 3))
    poses = body + 0.2 * np.sin(4 * times[:, None, None] + phase)
    poses -= poses[:, :1]
    return times, poses, poses[..., :2] / (1.4 + 0.2 * poses[..., 2:]) + 0.1 * np.sin(times)[:, None, None]


@pytest.mark.parametrize(("fps", "every"), [(6, 1), (15, 1), (24, 2), (29.97, 2), (30, 2), (60, 4), (120, 8)])
def test_frames_of_calm_motion_are_a_fifteenth_of_a_second_apart(fps: float, every: int) -> None:
    times, _, points = motion(round(3 * fps), fps)
    kept = kept_frames(times, points, np.ones(points.shape[:2], bool))
    assert set(np.diff(kept)[:-1]) == {every}
    assert kept[0] == 0 and kept[-1] == len(times) - 1


def test_sudden_frames_are_kept_too() -> None:
    times, _, points = motion(60, 30.0)
    points[31:, 3] += [0.4, 0.0]  # a jump between two frames
    seen = np.ones((60, 5), bool)
    kept = kept_frames(times, points, seen)
    assert {30, 31} <= set(kept) and len(kept) < 40
    assert np.array_equal(kept, kept_frames(times, points, seen))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_short_clips(frames: int) -> None:
    times, poses, points = motion(frames, 30.0)
    seen = np.ones((frames, 5), bool)
    kept = kept_frames(times, points, seen)
    rebuilt = rebuild(times, kept, poses[kept], points, seen, 0)
    np.testing.assert_allclose(rebuilt, poses, atol=0.01)


def test_rebuilt_poses_are_near_the_true_ones_and_better_than_straight_lines() -> None:
    times, poses, points = motion(121, 60.0)
    points = points.copy()
    seen = np.ones((121, 5), bool)
    seen[40:50, 2] = False
    points[40:50, 2] = np.nan
    kept = kept_frames(times, points, seen)
    assert len(kept) < 45
    rebuilt = rebuild(times, kept, poses[kept], points, seen, 0)
    np.testing.assert_array_equal(rebuilt[kept], poses[kept])
    assert np.abs(rebuilt[:, 0]).max() < 1e-9
    error = np.linalg.norm(rebuilt - poses, axis=-1)
    lines = np.stack([[np.interp(times, times[kept], poses[kept, j, a]) for a in range(3)] for j in range(5)])
    assert error.mean() < 0.3 * np.linalg.norm(lines.transpose(2, 0, 1) - poses, axis=-1).mean()
    assert error.max() < 0.02


def test_rebuilt_frames_follow_their_own_keypoints() -> None:
    """A quick move that happens between two lifted frames is in x and y all the same."""
    times, poses, points = motion(61, 30.0)
    kept, seen = np.arange(0, 61, 2), np.ones((61, 5), bool)
    points[31, 4] += [0.04, -0.02]
    calm = points.copy()
    calm[31, 4] -= [0.04, -0.02]
    moved = rebuild(times, kept, poses[kept], points, seen, 0) - rebuild(times, kept, poses[kept], calm, seen, 0)
    assert moved[31, 4, 0] == pytest.approx(0.04 * 1.4, rel=0.15)
    assert moved[31, 4, 1] == pytest.approx(-0.02 * 1.4, rel=0.15)
    assert np.abs(np.delete(moved, 31, axis=0)).max() == 0 and moved[31, 4, 2] == 0


def test_uncertainty_between_lifted_frames() -> None:
    times, kept = np.array([0.0, 0.1, 0.2, 0.4]), np.array([0, 3])
    np.testing.assert_allclose(spread_over(times, kept, np.array([[0.0, 1.0], [4.0, 1.0]]))[:, 0], [0, 1, 2, 4])
