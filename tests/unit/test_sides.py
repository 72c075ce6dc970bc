"""Left and right mixed up for some frames is found and undone; bodies that really turn are left alone."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from posewright.core.detection.sides import VARIANTS, exchange_orders, mixed_up, repair_sides
from posewright.core.values import Keypoints

CLIPS = ("s1_walk_side", "s2_dance_arms", "s3_jump_angle", "s4_reach_bend")
SEEDS = 25
HEIGHT = 250.0  # pixels, of the people in the tracks
Track = tuple[NDArray[np.float64], tuple[str, ...], NDArray[np.float64]]  # points (F,J,2), names, times


def rendered(shared: Path, clip: str) -> Track:
    """Return the exact 2D track of a rendered clip."""
    with np.load(shared / "clips" / "synthetic" / "truth" / f"{clip}_full.npz") as truth:
        points, names = truth["joints2d"].astype(np.float64), tuple(str(n) for n in truth["joint_names"])
        return points, names, np.arange(len(points)) / float(truth["fps"])


def walk_and_turn(times: NDArray[np.float64], turn: float = np.pi) -> Track:
    """Return a walk seen from the side that turns by ``turn`` radians about the vertical, through the camera's view."""
    stride, heading = 2 * np.pi * 0.9 * times, turn / (1 + np.exp(-6 * (times - times.mean()) / times.mean()))
    names: list[str] = ["nose"]
    local: list[NDArray[np.float64]] = [np.stack([0.12 + 0 * times, 0 * times, 1.6 + 0 * times], -1)]
    joints = {"hip": (0.1, 0.9, 0.0), "knee": (0.1, 0.5, 0.2), "ankle": (0.1, 0.1, 0.35), "shoulder": (0.18, 1.4, 0.0)}
    joints |= {"elbow": (0.22, 1.15, -0.12), "wrist": (0.22, 0.95, -0.25), "ear": (0.08, 1.65, 0.0)}
    for joint, (side, up, swing) in joints.items():
        for sign, name in ((1, "left"), (-1, "right")):
            names.append(f"{name}_{joint}")
            ahead = sign * swing * np.sin(stride + 0.3 * (up < 0.2))
            local.append(np.stack([ahead, 0 * times + sign * side, up + 0.02 * np.cos(2 * stride)], -1))
    body = np.stack(local, 1)
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x = cos * body[..., 0] - sin * body[..., 1] + 0.8 * times[:, None]
    depth = 5.0 + sin * body[..., 0] + cos * body[..., 1]
    return np.stack([640 + 700 * x / depth, 400 - 700 * (body[..., 2] - 1) / depth], -1), tuple(names), times


def outcome(track: Track, variant: int, noise: float, seeds: int = SEEDS) -> tuple[float, float]:
    """Mix up 5 to 30 frames at random places; return which part of them is repaired, and of the others broken."""
    points, names, times = track
    order = exchange_orders(names)
    repaired = mixed = broken = others = 0
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        length = int(random.integers(5, 31))
        start = int(random.integers(0, len(points) - length + 1))
        stretch = np.zeros(len(points), bool)
        stretch[start : start + length] = True
        true = points + random.normal(0, noise * HEIGHT, points.shape)
        seen = np.where(stretch[:, None, None], true[:, order[variant]], true)
        found = mixed_up(seen, np.ones(seen.shape[:2]), names, times)
        right = (np.take_along_axis(seen, order[found][..., None], 1) == true).all((1, 2))
        repaired, mixed = repaired + int(right[stretch].sum()), mixed + length
        broken, others = broken + int((~right[~stretch]).sum()), others + int((~stretch).sum())
    return repaired / mixed, broken / others


@pytest.mark.parametrize("variant", range(1, len(VARIANTS)), ids=["all", "arms", "legs"])
@pytest.mark.parametrize("clip", CLIPS)
def test_exact_tracks_are_repaired(shared: Path, clip: str, variant: int) -> None:
    repaired, broken = outcome(rendered(shared, clip), variant, noise=0.0)
    assert repaired >= 0.95
    assert broken < 0.01


@pytest.mark.parametrize("clip", CLIPS)
def test_noisy_tracks_are_repaired(shared: Path, clip: str) -> None:
    repaired, broken = outcome(rendered(shared, clip), variant=1, noise=0.005)
    assert repaired >= 0.95
    assert broken < 0.01


@pytest.mark.parametrize("noise", [0.0, 0.005])
def test_walk_that_turns_is_repaired(noise: float) -> None:
    repaired, broken = outcome(walk_and_turn(np.arange(150) / 30), variant=1, noise=noise)
    assert repaired >= 0.95
    assert broken < 0.01


def test_uneven_frame_times_are_understood() -> None:
    random = np.random.default_rng(5)
    times = np.cumsum(random.uniform(1 / 60, 1 / 15, 150))
    repaired, broken = outcome(walk_and_turn(times), variant=1, noise=0.002)
    assert repaired >= 0.95
    assert broken < 0.01


@pytest.mark.parametrize("turn", [0.0, np.pi, -np.pi, 2 * np.pi])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_good_tracks_are_left_alone(turn: float, noise: float) -> None:
    points, names, times = walk_and_turn(np.arange(200) / 30, turn)
    random = np.random.default_rng(3)
    points = points + random.normal(0, noise * HEIGHT, points.shape)
    found = mixed_up(points, np.ones(points.shape[:2]), names, times)
    assert np.mean(found != 0) < 0.01


@pytest.mark.parametrize("clip", CLIPS)
def test_exact_tracks_are_left_alone(shared: Path, clip: str) -> None:
    points, names, times = rendered(shared, clip)
    assert not mixed_up(points, np.ones(points.shape[:2]), names, times).any()


def test_keypoints_are_repaired_with_all_that_belongs_to_them() -> None:
    points, names, times = walk_and_turn(np.arange(120) / 30)
    order = exchange_orders(names)[1]
    confidence = np.tile(np.linspace(0.5, 1.0, len(names)), (120, 1))
    hint = np.concatenate([points, points[..., :1]], -1)
    true = Keypoints(points, confidence, names, times, (1280, 720), hint)  # pyright: ignore[reportArgumentType]
    mixed = [value.copy() for value in (points, confidence, hint)]
    for value in mixed:
        value[40:60] = value[40:60][:, order]
    mixed[0][90] = np.nan  # a frame without the person
    repaired = repair_sides(Keypoints(mixed[0], mixed[1], names, times, (1280, 720), mixed[2]))  # pyright: ignore
    seen = np.arange(120) != 90
    assert np.array_equal(repaired.points[seen], true.points[seen])
    assert np.array_equal(repaired.confidence, true.confidence)
    assert repaired.depth_hint is not None
    assert np.array_equal(repaired.depth_hint, hint)


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_short_tracks_come_back_as_they_are(frames: int) -> None:
    points, names, times = walk_and_turn(np.arange(10) / 30)
    short = Keypoints(
        points[:frames].astype(np.float32), np.ones((frames, len(names)), np.float32), names, times[:frames], (10, 10)
    )
    assert repair_sides(short) is short
