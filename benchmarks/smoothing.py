"""What each filter leaves of noise and takes of motion, on motion capture with errors like those of a lifter.

    python benchmarks/smoothing.py DATA [--jitter MM] [--gaps | --directions]

DATA holds mocap_val.npz. To wrists, elbows, knees and ankles relative to the pelvis two kinds of error are added, as
measured on lifted clips with known truth: a drift that wanders within some tenths of a second, 25 mm along each axis,
which no filter can tell from motion, and jitter from frame to frame, 6 mm along each axis (--jitter). Columns: mean
distance from the truth (mm); mean error of the acceleration (mm/frame^2); the mean acceleration where the truth rests
(mm/frame^2); over the fastest moments of the wrists (punches, strikes, throws; over 3 m/s) the mean and the worst
loss of top speed (%), and how far the peak moves (ms). With --directions not the places are filtered but the directions
of trunk and arms, as the program does, and wrists and elbows are where these end. With --gaps: how far filled gaps are
from the truth (mm).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posewright.core.settings import FILTERS
from posewright.core.world.smoothing import cutoff_hz, fill_gaps, gaussian, smooth, smooth_directions

Array = NDArray[np.float64]
Method = Callable[[Array, Array, float, str], Array]
Clip = tuple[Array, Array]  # the truth and what was measured, (F,J,3) metres

JOINTS = ("lwrist", "rwrist", "lelbow", "relbow", "lankle", "rankle", "lknee", "rknee")
CHAINS = tuple(("pelvis", "thorax", f"{side}shoulder", f"{side}elbow", f"{side}wrist") for side in "lr")
WRISTS = 2
ACTIONS = ("punch", "sword", "kick", "martial", "throw", "jump", "walk", "run", "dance", "scoop", "wash", "salsa_14")
DRIFT, DRIFT_SECONDS = 0.025, 0.12
RESTING = 0.15  # metres a second
PUNCH = 3.0  # metres a second
APART = 8  # frames between two punches
STRENGTHS = (0.25, 0.5, 1.0)
HEADINGS = ("cut-off", "place", "accel.", "at rest", "loss", "worst", "shift")


def read_clips(
    folder: Path, jitter: float, rng: np.random.Generator, joints: tuple[str, ...] = JOINTS
) -> tuple[list[Clip], float]:
    """Return the clips of fast and everyday actions and their frame rate."""
    with np.load(folder / "mocap_val.npz") as stored:
        names = [str(name) for name in stored["joint_names"]]
        columns = [names.index(name) for name in joints]
        places = stored["positions"] * float(stored["scale"])
        rate = float(stored["fps"])
        clips = []
        for number, action in enumerate(stored["action"]):
            if any(word in f"{action} {stored['clip_names'][number]}".lower() for word in ACTIONS):
                clip = places[stored["clip_starts"][number] : stored["clip_starts"][number + 1]].astype(float)
                truth = clip[:, columns] - clip[:, [names.index("pelvis")]]
                clips.append((truth, truth + errors(truth.shape, rate, jitter, rng)))
    return clips, rate


def errors(shape: tuple[int, ...], rate: float, jitter: float, rng: np.random.Generator) -> Array:
    """Return errors of a lifter: a slow drift, and jitter of its own in every frame."""
    margin = int(rate)
    times = np.arange(shape[0] + 2 * margin) / rate
    drift = gaussian(rng.normal(size=(len(times), *shape[1:])), times, DRIFT_SECONDS)
    drift = drift[margin:-margin] * (DRIFT / drift.std())
    return drift + jitter * rng.normal(size=shape)


def speeds(values: Array, rate: float) -> Array:
    """Return speeds (F,J) in metres a second."""
    return np.linalg.norm(np.gradient(values, 1.0 / rate, axis=0), axis=-1)


def punches(speed: Array) -> list[tuple[int, int]]:
    """Return frame and joint of the wrists' fastest moments."""
    found = []
    for joint in range(WRISTS):
        for frame in np.flatnonzero(speed[:, joint] > PUNCH):
            around = speed[max(0, frame - APART) : frame + APART + 1, joint]
            if APART < frame < len(speed) - APART and speed[frame, joint] == around.max():
                found.append((int(frame), joint))
    return found


def read_arms(folder: Path, jitter: float, rng: np.random.Generator) -> tuple[list[Clip], float]:
    """Return the same clips as joints (F,10,3) along ``CHAINS``, and their frame rate."""
    columns = [name for chain in CHAINS for name in chain]
    return read_clips(folder, jitter, rng, tuple(columns))


def by_places(measured: Array, times: Array, strength: float, name: str) -> Array:
    """Return the filtered places of the joints."""
    return smooth(measured, times, strength, name)


def by_directions(measured: Array, times: Array, strength: float, name: str) -> Array:
    """Return wrists and elbows (F,4,3) at the ends of bones of constant length whose directions were filtered."""
    ends = []
    for start in range(0, measured.shape[1], len(CHAINS[0])):
        bones = np.diff(measured[:, start : start + len(CHAINS[0])], axis=1)
        lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
        turned = smooth_directions(bones / lengths, times, strength, name)
        ends.append(np.cumsum(turned * np.median(lengths, axis=0), axis=1))
    return np.stack([end[:, joint] for joint in (3, 2) for end in ends], axis=1)


def row(clips: list[Clip], rate: float, strength: float, name: str, method: Method) -> tuple[list[float], int]:
    """Return the figures of a filter for ``HEADINGS`` and the number of punches."""
    place, bend, rest, loss, shift = [], [], [], [], []
    for truth, measured in clips:
        found = method(measured, np.arange(len(truth)) / rate, strength, name)
        if method is by_directions:
            truth = truth[:, [4, 9, 3, 8]]  # wrists and elbows
        place.append(np.linalg.norm(found - truth, axis=-1).ravel())
        bend.append(np.linalg.norm(np.diff(found - truth, 2, axis=0), axis=-1).ravel())
        true_speed, found_speed = speeds(truth, rate), speeds(found, rate)
        still = true_speed[1:-1] < RESTING
        rest.append(np.linalg.norm(np.diff(found, 2, axis=0), axis=-1)[still])
        for frame, joint in punches(true_speed):
            near = found_speed[frame - APART // 2 : frame + APART // 2 + 1, joint]
            loss.append(1.0 - near.max() / true_speed[frame, joint])
            shift.append(abs(int(near.argmax()) - APART // 2) / rate)
    means = [1000 * float(np.concatenate(values).mean()) for values in (place, bend, rest)]
    peaks = [100 * float(np.mean(loss)), 100 * float(np.max(loss)), 1000 * float(np.mean(shift))]
    return [cutoff_hz(strength, name), *means, *peaks], len(loss)


def gap_rows(clips: list[Clip], rate: float, rng: np.random.Generator) -> list[str]:
    """Return for some lengths how far a straight line and our curve are from the truth in a gap."""
    lines = [f"{'gap s':>8}{'line':>9}{'curve':>9}{'worst line':>12}{'worst curve':>13}"]
    for frames in (3, 6, 9, 15, 24, 36):
        off: dict[str, list[Array]] = {"line": [], "curve": []}
        for truth, measured in clips:
            times = np.arange(len(truth)) / rate
            for start in rng.integers(5, max(len(truth) - frames - 5, 6), 40):
                stop = int(start) + frames
                if stop + 5 > len(truth):
                    continue
                broken = measured.copy()
                broken[start:stop] = np.nan
                u = (np.arange(1, frames + 1) / (frames + 1))[:, None, None]
                straight = (1 - u) * measured[start - 1] + u * measured[stop]
                for kind, filled in (("line", straight), ("curve", fill_gaps(broken, times)[0][start:stop])):
                    off[kind].append(np.linalg.norm(filled - truth[start:stop], axis=-1).max(0))
        values = {kind: 1000 * np.concatenate(found) for kind, found in off.items()}
        means = "".join(f"{values[kind].mean():9.1f}" for kind in off)
        worst = [float(np.quantile(values[kind], 0.95)) for kind in off]
        lines.append(f"{frames / rate:8.2f}{means}{worst[0]:12.0f}{worst[1]:13.0f}")
    return lines


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--jitter", type=float, default=6.0, metavar="MM", help="of every frame, along each axis")
    parser.add_argument("--gaps", action="store_true", help="how well gaps are filled, instead of filters")
    parser.add_argument("--directions", action="store_true", help="filter the directions of bones")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    read, method = (read_arms, by_directions) if args.directions else (read_clips, by_places)
    clips, rate = read(args.data, args.jitter / 1000.0, rng)
    if args.gaps:
        print("\n".join(gap_rows(clips, rate, rng)))
        return
    print(f"{'strength':>8} {'filter':12}" + "".join(f"{heading:>9}" for heading in HEADINGS))
    count = 0
    for strength in (0.0, *STRENGTHS):
        for name in FILTERS if strength else list(FILTERS)[:1]:
            figures, count = row(clips, rate, strength, name, method)
            label = name if strength else "none"
            print(f"{strength:8.2f} {label:12}" + "".join(f"{value:9.1f}" for value in figures), flush=True)
    print(f"{len(clips)} clips, {count} punches")


if __name__ == "__main__":
    main()
