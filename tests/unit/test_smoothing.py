"""Filters over time: what they leave alone, how much they calm, what they do to a punch, and gaps."""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from posewright.cli.main import main
from posewright.cli.options import add_capture_arguments, capture_settings
from posewright.core.settings import DEFAULT_FILTER, FILTERS
from posewright.core.world import filters
from posewright.core.world.cholesky import solve_banded
from posewright.core.world.smoothing import cutoff_hz, fill_gaps, smooth, smooth_directions, smooth_rotations
from posewright.errors import UsageError
from scipy.linalg import solveh_banded

RATE = 30.0
EVEN = np.arange(600) / RATE
UNEVEN = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.06, 200))

every_filter = pytest.mark.parametrize("name", list(FILTERS))


def noise(frames: int, seed: int = 2) -> np.ndarray:
    return 0.004 * np.random.default_rng(seed).normal(size=(frames, 5, 3))


def left(name: str, strength: float, times: np.ndarray = EVEN) -> float:
    """Return the part of the noise on a motion at rest that a filter leaves, away from the ends."""
    filtered = smooth(noise(len(times)), times, strength, name)
    return float(filtered[30:-30].std() / 0.004)


def test_names_and_implementations_agree() -> None:
    assert list(filters.FILTERS) == list(FILTERS)
    assert DEFAULT_FILTER in FILTERS


@pytest.mark.parametrize("systems", [1, 4])
@pytest.mark.parametrize("reach", [1, 2, 3])
@pytest.mark.parametrize("frames", [4, 5, 300])
def test_the_solver_of_the_filters_is_right(frames: int, reach: int, systems: int) -> None:
    """Against scipy's, which Blender's Python does not have."""
    rng = np.random.default_rng(frames + reach)
    lower = rng.normal(size=(reach + 1, frames, systems))
    lower[0] = 10.0 + np.abs(lower[0])
    right = rng.normal(size=(frames, systems, 3))
    np.testing.assert_allclose(solve_banded(lower, right), by_scipy(lower, right), atol=1e-12)


def by_scipy(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    columns = [solveh_banded(lower[:, :, k], right[:, k], lower=True) for k in range(lower.shape[2])]
    return np.stack(columns, axis=1)


@every_filter
@pytest.mark.parametrize("strength", [0.05, 0.5, 1.0])
def test_filters_are_the_same_with_scipy(name: str, strength: float, monkeypatch: pytest.MonkeyPatch) -> None:
    motion = np.cumsum(noise(200), axis=0)
    ours = smooth(motion, UNEVEN, strength, name)
    monkeypatch.setattr(filters, "solve_banded", by_scipy)
    np.testing.assert_allclose(ours, smooth(motion, UNEVEN, strength, name), atol=1e-9)


@every_filter
def test_strength_0_changes_nothing(name: str) -> None:
    values = noise(40)
    assert np.array_equal(smooth(values, EVEN[:40], 0.0, name), values)
    quaternions = np.random.default_rng(3).normal(size=(40, 2, 4))
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    assert np.array_equal(smooth_rotations(quaternions, EVEN[:40], 0.0, name), quaternions)
    assert np.array_equal(smooth_directions(quaternions[..., :3], EVEN[:40], 0.0, name), quaternions[..., :3])


@every_filter
@pytest.mark.parametrize("strength", [0.2, 1.0])
@pytest.mark.parametrize("frames", [2, 3, 4, 7, 200])
def test_straight_lines_stay_to_the_ends(name: str, strength: float, frames: int) -> None:
    times = UNEVEN[:frames]
    line = np.stack([3 * times + 1, -times, 0 * times + 5], axis=-1)
    np.testing.assert_allclose(smooth(line, times, strength, name), line, atol=1e-6)


@every_filter
def test_more_strength_calms_more(name: str) -> None:
    kept = [left(name, strength) for strength in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)]
    assert all(a >= b - 1e-9 for a, b in pairwise(kept)), kept
    assert all(a > 1.05 * b for a, b in pairwise(kept[3:])), kept


@every_filter
def test_the_name_does_not_change_the_amount(name: str) -> None:
    for strength in (0.5, 1.0):
        expected = np.sqrt(2 * (1.41 / strength) / RATE)
        assert left(name, strength) == pytest.approx(expected, rel=0.10), strength


@every_filter
def test_no_delay(name: str) -> None:
    bump = np.exp(-0.5 * ((EVEN - 10.0) / 0.12) ** 2)[:, None] * [1.0, 0.5, 0.0]
    filtered = smooth(bump, EVEN, 0.7, name)[:, 0]
    assert (EVEN * filtered).sum() / filtered.sum() == pytest.approx(10.0, abs=1e-3)
    np.testing.assert_allclose(filtered[200:401], filtered[200:401][::-1], atol=1e-6)


@every_filter
def test_uneven_times_are_honoured(name: str) -> None:
    """A slow swing, sampled unevenly, is found where it is, not where frame numbers would put it."""
    truth = 0.3 * np.stack([np.sin(2 * UNEVEN), np.cos(UNEVEN), 0 * UNEVEN], axis=-1)
    noisy = truth + 0.02 * np.random.default_rng(5).normal(size=truth.shape)
    error = np.sqrt(((smooth(noisy, UNEVEN, 0.5, name) - truth) ** 2).mean())
    assert error < 0.6 * 0.02  # measured 0.45 to 0.55


@every_filter
def test_any_shape_and_repeated_time_stamps(name: str) -> None:
    values = noise(60)
    single = smooth(values[:, 0, 0], EVEN[:60], 0.5, name)
    assert single.shape == (60,)
    assert np.isfinite(smooth(values, np.repeat(EVEN[:30], 2), 0.5, name)).all()
    if name not in ("adaptive", "one-euro"):  # those go by the speed of the whole vector
        np.testing.assert_allclose(single, smooth(values, EVEN[:60], 0.5, name)[:, 0, 0], atol=1e-9)


def test_unknown_filters_get_a_sentence() -> None:
    with pytest.raises(UsageError, match='no filter "magic"; choose one of adaptive'):
        smooth(noise(9), EVEN[:9], 0.5, "magic")


def test_filter_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_capture_arguments(parser)
    assert capture_settings(parser.parse_args([])).filter == DEFAULT_FILTER
    assert capture_settings(parser.parse_args(["--filter", "kalman"])).filter == "kalman"
    assert main(["track", "clip.mp4", "-o", str(tmp_path / "take.npz"), "--filter", "magic"]) == 2
    assert "adaptive" in capsys.readouterr().err


def test_cutoff_is_where_half_of_the_power_is_left() -> None:
    for name in ("gaussian", "butterworth", "savgol", "one-euro", "kalman"):
        frequency = cutoff_hz(0.6, name)
        wave = 1e-6 * np.sin(2 * np.pi * frequency * EVEN)[:, None]
        filtered = smooth(wave, EVEN, 0.6, name)[100:-100]
        gain = filtered.std() / wave[100:-100].std()
        assert gain == pytest.approx(np.sqrt(0.5), abs=0.03), name


def test_a_punch_keeps_its_speed(shared: Path) -> None:
    """The fastest strikes of a motion-captured boxer: the default keeps them, a plain filter dulls them."""
    with np.load(shared / "mocap" / "mocap_val.npz") as stored:
        clip = [str(name) for name in stored["clip_names"]].index("cmu_bvh/02_05")
        start, stop = stored["clip_starts"][clip : clip + 2]
        wrists = [[str(n) for n in stored["joint_names"]].index(name) for name in ("lwrist", "rwrist")]
        path = 0.001 * stored["positions"][start:stop, wrists].astype(float)
    times = np.arange(len(path)) / RATE

    def top(values: np.ndarray) -> float:
        speeds = np.linalg.norm(np.gradient(values, times, axis=0), axis=-1)
        return float(np.sort(speeds.max(1))[-5:].mean())

    noisy = path + 0.006 * np.random.default_rng(8).normal(size=path.shape)
    loss = {name: 1 - top(smooth(noisy, times, 0.5, name)) / top(path) for name in FILTERS}
    assert abs(loss[DEFAULT_FILTER]) < 0.04, loss
    assert loss["gaussian"] > 0.05, loss


def about_x(angles: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles / 2), np.sin(angles / 2), 0 * angles, 0 * angles], axis=-1)


def test_rotations_whose_signs_jump() -> None:
    angles = 2.5 * np.sin(EVEN[:300])
    quaternions = about_x(angles + 0.03 * np.random.default_rng(4).normal(size=300))[:, None]
    quaternions[::3] *= -1.0
    filtered = smooth_rotations(quaternions, EVEN[:300], 0.5)
    np.testing.assert_allclose(np.linalg.norm(filtered, axis=-1), 1.0, atol=1e-12)
    assert (filtered[1:] * filtered[:-1]).sum(-1).min() > 0.99
    found = 2 * np.unwrap(np.arctan2(filtered[:, 0, 1], filtered[:, 0, 0]), period=np.pi)
    error = (found - angles + np.pi) % (2 * np.pi) - np.pi
    assert np.sqrt((error**2).mean()) < 0.6 * 0.03


def test_rotations_are_near_the_geodesic_average() -> None:
    """A turn by 60 degrees at once: filtering numbers or angles differs by less than half a degree."""
    angles = np.radians(60.0) * (EVEN[:120] > 2.0)
    by_numbers = smooth_rotations(about_x(angles)[:, None], EVEN[:120], 1.0, "gaussian")[:, 0]
    by_angles = smooth(angles, EVEN[:120], 1.0, "gaussian")
    found = 2 * np.arctan2(by_numbers[:, 1], by_numbers[:, 0])
    assert np.degrees(np.abs(found - by_angles)).max() < 0.5


def test_directions_stay_directions() -> None:
    angles = EVEN[:200]
    directions = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1)[:, None]
    noisy = directions + 0.05 * np.random.default_rng(6).normal(size=directions.shape)
    noisy /= np.linalg.norm(noisy, axis=-1, keepdims=True)
    filtered = smooth_directions(noisy, EVEN[:200], 0.5)
    np.testing.assert_allclose(np.linalg.norm(filtered, axis=-1), 1.0, atol=1e-12)
    errors = [np.sqrt(((values - directions) ** 2).mean()) for values in (filtered, noisy)]
    assert errors[0] < 0.6 * errors[1]


def test_short_gaps_follow_the_swing_and_lines_stay_lines() -> None:
    times = EVEN[:120]
    swing = np.stack([np.sin(5 * times), np.cos(5 * times), times], axis=-1)[:, None]
    broken = swing.copy()
    broken[50:59] = np.nan  # 0.3 s, at the speed of a brisk arm
    filled, missing = fill_gaps(broken, times)
    assert missing.sum() == 9
    straight = np.linspace(swing[49], swing[59], 11)[1:-1]
    error = np.linalg.norm(filled - swing, axis=-1).max()
    assert error < 0.4 * np.linalg.norm(straight - swing[50:59], axis=-1).max()
    line = np.stack([2 * times, -times, 0 * times], axis=-1)[:, None]
    holes = line.copy()
    holes[20:40] = holes[70:75] = np.nan
    np.testing.assert_allclose(fill_gaps(holes, times)[0], line, atol=1e-9)


def test_long_gaps_fade_to_a_line_and_ends_are_held() -> None:
    times = EVEN[:300]
    path = np.zeros((300, 1, 3))
    path[:50, 0, 0] = 2.0 * times[:50]  # 2 m/s, then unseen for 5 s
    path[50:200] = np.nan
    path[:10] = path[290:] = np.nan
    filled, _ = fill_gaps(path, times)
    start, stop = path[49, 0, 0], 0.0
    over = filled[50:200, 0, 0] - np.linspace(start, stop, 152)[1:-1]
    assert np.abs(over).max() < 0.15  # a motion that went on would be metres away
    assert (filled[:10] == path[10]).all()
    assert (filled[290:] == path[289]).all()
