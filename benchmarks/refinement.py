"""What each term of the refinement is worth, and how fast the world stage is.

    python benchmarks/refinement.py CLIPS MOTIONS [--simulated N] [--speed]

CLIPS holds clips.json, videos and truth (``NAME_full.npz``), MOTIONS the file mocap_val.npz. Each line is the world
stage with one term switched off; ``lifted`` are the lifter's poses as they come, without a world. Figures are means:
position after each frame was fitted (mm), bone direction (degrees), acceleration error and mean acceleration (mm a
frame squared), all of the limbs; the pelvis' path after one similarity for the clip (mm); speed of the ankles while the
true foot stands (mm a frame); spread of bone lengths (%); the lean of the up axis (degrees).
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posewright.core.camera.pinhole import guess_camera
from posewright.core.detection import Detector
from posewright.core.evaluation.motion import LIMBS, MAIN, Truth, motion_errors
from posewright.core.evaluation.simulation import CAMERA, simulated_clips
from posewright.core.lifting import load_lifter
from posewright.core.lifting.inputs import LIFTER_JOINTS
from posewright.core.settings import ALL_TERMS, NO_TERMS, REFINE_TERMS, TrackSettings
from posewright.core.take import Take
from posewright.core.training.evaluate import VALIDATION_FILE
from posewright.core.training.motions import load_motions
from posewright.core.values import Camera, CameraPose, Keypoints
from posewright.core.world.solve import solve_world

Array = NDArray[np.float64]

HEADINGS = ("PA mm", "bones", "accel.", "mean a.", "path", "slide", "spread", "lean")
STILL = 0.12  # metres a second: a slower foot stands
SPEED_FRAMES = (1000, 10000)


@dataclass(frozen=True)
class Case:
    """What goes into the world stage, and what should come out."""

    name: str
    keypoints: Keypoints
    camera: Camera
    pose: CameraPose
    height: float
    truth: Truth
    up: Array  # (3,) in camera axes


def clip_cases(clips: Path) -> Iterable[Case]:
    """Yield the rendered clips, as detector and lifter see them."""
    lifter, detector = load_lifter("default"), Detector(TrackSettings())
    for name, entry in json.loads((clips / "clips.json").read_text("utf-8")).items():
        with np.load(clips / entry["full_truth"]) as stored:
            names = tuple(str(joint) for joint in stored["joint_names"])
            truth = Truth(stored["joints3d"].astype(np.float64), names, float(stored["fps"]))
            height, up = float(stored["stature"]), stored["R"][:, 2].astype(np.float64)
        keypoints = detector.detect(clips / entry["video"])
        camera = guess_camera(TrackSettings(), keypoints.image_size)
        yield Case(name, keypoints, camera, lifter.lift(keypoints, camera), height, truth, up)


def simulated_cases(motions: Path, count: int) -> Iterable[Case]:
    """Yield simulated clips, as the lifter sees them."""
    lifter = load_lifter("default")
    for number, clip in enumerate(simulated_clips(load_motions(motions, balanced=False), count)):
        truth = Truth(clip.joints, LIFTER_JOINTS, 30.0)
        pose = lifter.lift(clip.keypoints, CAMERA)
        yield Case(f"{number}", clip.keypoints, CAMERA, pose, _height(clip.path), truth, clip.up)


def _height(path: Callable[[str], Array]) -> float:
    """Return the stature of a body by its bones, as the world stage counts it."""

    def bone(a: str, b: str) -> float:
        return float(np.linalg.norm(path(a) - path(b), axis=-1).mean())

    legs = [bone(f"{s}_hip", f"{s}_knee") + bone(f"{s}_knee", f"{s}_ankle") for s in ("left", "right")]
    trunk = bone("pelvis", "spine") + bone("spine", "thorax") + 1.2 * bone("thorax", "head")
    return (float(np.mean(legs)) + trunk) / 0.955


def lifted_take(case: Case) -> Take:
    """Return the lifter's poses as a take."""
    return Take(case.pose.joints, case.pose.names, 30.0, times=case.keypoints.times)


def figures(take: Take, case: Case) -> list[float]:
    """Return one number for each of ``HEADINGS``."""
    errors = motion_errors(take, case.truth)
    frames = min(take.frames, len(case.truth.joints))
    found = np.stack([take.joint(name)[:frames] for name in MAIN], axis=1).astype(np.float64)
    right = np.stack([case.truth.joints[:frames, case.truth.names.index(name)] for name in MAIN], axis=1)
    moved = _similar(found, right)
    mean = 1000 * np.linalg.norm(np.diff(moved - _hips(moved)[:, None], n=2, axis=0), axis=-1).mean()
    path = 1000 * np.linalg.norm(_hips(moved) - _hips(right), axis=-1).mean()
    lean = float("nan")
    if take.world_from_camera is not None:
        lean = float(np.degrees(np.arccos(np.clip(take.world_from_camera[2, :3] @ case.up, -1, 1))))
    accel = errors.acceleration_mm
    return [errors.pa_mpjpe_mm, errors.bone_degrees, accel, mean, path, _slide(moved, case), _spread(found), lean]


def _hips(joints: Array) -> Array:
    return joints[:, [MAIN.index("left_hip"), MAIN.index("right_hip")]].mean(1)


def _similar(found: Array, right: Array) -> Array:
    """Return the motion after the one similarity that fits the clip best (Umeyama 1991)."""
    a, b = found.reshape(-1, 3), right.reshape(-1, 3)
    from_a, from_b = a - a.mean(0), b - b.mean(0)
    u, s, vt = np.linalg.svd(from_b.T @ from_a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (from_a**2).sum()
    return (scale * from_a @ (u * sign @ vt).T + b.mean(0)).reshape(found.shape)


def _slide(moved: Array, case: Case) -> float:
    """Return the speed of the ankles while the true foot stands, mm a frame."""
    steps = []
    for side in ("left", "right"):
        true = case.truth.joints[: len(moved), case.truth.names.index(f"{side}_ankle")]
        still = np.linalg.norm(np.diff(true, axis=0), axis=-1) * case.truth.fps < STILL
        steps.append(np.linalg.norm(np.diff(moved[:, MAIN.index(f"{side}_ankle")], axis=0), axis=-1)[still])
    return 1000 * float(np.concatenate(steps).mean()) if any(map(len, steps)) else float("nan")


def _spread(found: Array) -> float:
    lengths = [np.linalg.norm(found[:, MAIN.index(a)] - found[:, MAIN.index(b)], axis=-1) for a, b in LIMBS]
    return 100 * float(np.mean([length.std() / length.mean() for length in lengths]))


def print_table(title: str, cases: list[Case]) -> None:
    """Print a line for every way to solve the cases."""
    ways: dict[str, str | None] = {"lifted": None, "no refinement": NO_TERMS, "all": ALL_TERMS}
    ways |= {f"no {term}": ",".join(other for other in REFINE_TERMS if other != term) for term in REFINE_TERMS}
    print(f"\n{title:18}" + "".join(f"{heading:>9}" for heading in HEADINGS))
    for name, terms in ways.items():
        rows = []
        for case in cases:
            settings = TrackSettings(height=case.height)
            if terms is None:
                take = lifted_take(case)
            else:
                take = solve_world(case.pose, case.keypoints, case.camera, replace(settings, refine=terms))
            rows.append(figures(take, case))
        print(f"{name:18}" + "".join(f"{_mean(column):9.2f}" for column in np.transpose(rows)), flush=True)


def _mean(values: Array) -> float:
    """Return the mean of what is known, NaN when nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def print_speed(case: Case) -> None:
    """Print how long the world stage takes for long clips: one clip to and fro."""
    count = len(case.keypoints.times)
    for frames in SPEED_FRAMES:
        order = np.abs((np.arange(frames) + count - 1) % (2 * count - 2) - (count - 1))
        keypoints = replace(
            case.keypoints,
            points=case.keypoints.points[order],
            confidence=case.keypoints.confidence[order],
            times=np.arange(frames) / 30.0,
        )
        unsure = case.pose.uncertainty
        pose = replace(case.pose, joints=case.pose.joints[order], uncertainty=None if unsure is None else unsure[order])
        start = time.perf_counter()
        solve_world(pose, keypoints, case.camera, TrackSettings(height=case.height))
        print(f"{frames} frames: {time.perf_counter() - start:.1f} s", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("motions", type=Path, help=VALIDATION_FILE)
    parser.add_argument("--simulated", type=int, default=40, metavar="N", help="simulated clips")
    parser.add_argument("--speed", action="store_true", help="only the time that long clips take")
    args = parser.parse_args()
    if args.speed:
        print_speed(next(iter(simulated_cases(args.motions, 1))))
        return
    print_table("rendered clips", list(clip_cases(args.clips)))
    print_table("simulated clips", list(simulated_cases(args.motions, args.simulated)))


if __name__ == "__main__":
    main()
