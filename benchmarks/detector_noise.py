"""What the detector's errors are like on the rendered clips, beside those that training makes.

    python benchmarks/detector_noise.py CLIPS MOTIONS [--quality fast|balanced|best]

CLIPS holds clips.json, videos and truth (``NAME_full.npz``), MOTIONS the file mocap_val.npz. Errors are taken in
windows of 9 frames 0.1 s apart, as training does: root mean square of one coordinate in hundredths of the half box,
the part of it that is constant in a window, the part that changes, and the change from frame to frame; then the median
distance. The second table is the detector's own depth of each bone: its slope against the truth and its error, constant
in a clip and changing, in hundredths of the body size.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from posewright.core.detection import Detector
from posewright.core.lifting.inputs import LIFTER_JOINTS, PELVIS, lifter_depths, lifter_points
from posewright.core.settings import TrackSettings
from posewright.core.training.detector_noise import ViewSettings, disturb, guess_depth
from posewright.core.training.draw import Draw
from posewright.core.training.evaluate import VALIDATION_FILE
from posewright.core.training.motions import PARENTS, load_motions
from posewright.core.training.poses import RECORDED, sample_poses
from posewright.core.training.views import (
    CameraSettings,
    before_camera,
    body_size,
    detector_joints,
    hidden_joints,
    middle_points,
    project,
)

Array = NDArray[np.float64]
WINDOW, STEP = 9, 3
CONFIDENCE_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 1.01)
LIMB_JOINTS = [index for index, name in enumerate(LIFTER_JOINTS) if name.startswith(("left", "right"))]


def windows(values: Array) -> Array:
    """Cut (F,...) at 30 frames a second into overlapping windows (W,9,...)."""
    starts = range(0, len(values) - STEP * (WINDOW - 1), STEP)
    return np.stack([values[start : start + STEP * WINDOW : STEP] for start in starts])


def true_joints(file: Path) -> tuple[Array, Array]:
    """Return the lifter's joints in camera axes (F,19,3) and in pixels (F,19,2)."""
    with np.load(file) as stored:
        names = [str(name) for name in stored["joint_names"]]
        both = [stored[key].astype(np.float64) for key in ("joints_cam", "joints2d")]
    places = {"spine": ("spine_mid",), "thorax": ("neck",), "pelvis": ("left_hip", "right_hip"), "head": ("head_top",)}
    places |= {f"{side}_foot_index": (f"{side}_toe_base",) for side in ("left", "right")}
    picked = [[names.index(n) for n in places.get(joint, (joint,))] for joint in LIFTER_JOINTS]
    camera, pixels = (np.stack([values[:, p].mean(1) for p in picked], 1) for values in both)
    return camera, pixels


def measured(detector: Detector, clips: Path) -> tuple[Array, Array, list[tuple[Array, Array]]]:
    """Return errors (W,9,19,2) in half boxes, confidence (W,9,19), and per clip true and found depths (F,19)."""
    errors, sure, depths = [], [], []
    for clip in json.loads((clips / "clips.json").read_text("utf-8")).values():
        keypoints = detector.detect(clips / clip["video"])
        camera, pixels = true_joints(clips / clip["full_truth"])
        points, confidence = lifter_points(keypoints)
        right = windows(pixels)
        half_box = np.abs(right - right[:, :, [PELVIS]]).max((1, 2, 3))
        errors.append((windows(points) - right) / half_box[:, None, None, None])
        sure.append(windows(confidence))
        ray = camera[:, PELVIS] / np.linalg.norm(camera[:, PELVIS], axis=-1, keepdims=True)
        deep = ((camera - camera[:, [PELVIS]]) * ray[:, None]).sum(-1)
        size = float(body_size(torch.from_numpy(camera)[None]))
        depths.append((deep / size, lifter_depths(keypoints)))
    return np.concatenate(errors), np.concatenate(sure), depths


def simulated(motions: Path) -> tuple[Array, Array, list[tuple[Array, Array]]]:
    """Return the same as ``measured`` for 2,000 windows of validation motion."""
    draw, views = Draw(3, torch.device("cpu")), ViewSettings(cut=0, missing=0, swaps=0, depth=1.0)
    poses = sample_poses(load_motions(motions, balanced=False), draw, RECORDED, 2000, WINDOW)
    joints, pelvis = before_camera(poses, draw, CameraSettings())
    seen, truth = detector_joints(joints, draw, views.body)
    aim, right = project(seen, pelvis), project(truth, pelvis)
    half_box = (right - right[:, :, PELVIS : PELVIS + 1]).abs().amax((1, 2, 3))
    points, confidence, mistaken = disturb(aim, hidden_joints(joints), half_box, draw, views)
    points, confidence = middle_points(points, confidence)
    sized = truth / body_size(truth)
    guess, _ = guess_depth(sized, mistaken.float(), draw, views)
    errors = ((points - right) / half_box[:, None, None, None]).double().numpy()
    return (
        errors,
        confidence.double().numpy(),
        [(a, b) for a, b in zip(sized[..., 2].numpy(), guess.numpy(), strict=True)],
    )


def point_rows(errors: Array) -> Array:
    """Return (19,5): all, constant, changing, step, median; hundredths of the half box."""
    constant = errors.mean(1, keepdims=True)

    def size(values: Array) -> Array:
        return np.sqrt(np.nanmean(values**2, axis=(0, 1, 3)))

    parts = [size(errors), size(constant), size(errors - constant), size(np.diff(errors, axis=1))]
    return 100 * np.stack([*parts, np.nanmedian(np.linalg.norm(errors, axis=-1), axis=(0, 1))], -1)


def depth_rows(clips: list[tuple[Array, Array]]) -> Array:
    """Return (19,3) of the bone that ends at each joint: slope, and the constant and the changing error."""
    true, found = ([values - values[:, list(PARENTS)] for values in part] for part in zip(*clips, strict=True))
    every, guess = np.concatenate(true), np.concatenate(found)
    slope = np.nansum(every * guess, 0) / np.maximum((every**2).sum(0), 1e-9)
    off = [b - a for a, b in zip(true, found, strict=True)]
    constant = np.sqrt(np.mean([np.nanmean(e, 0) ** 2 for e in off], 0))
    changing = np.sqrt(np.mean([np.nanvar(e, 0) for e in off], 0))
    return np.stack([slope, 100 * constant, 100 * changing], -1)


def print_confidence(name: str, errors: Array, confidence: Array) -> None:
    """Print how large limb errors of each confidence are, and how frequent."""
    size, sure = 100 * np.linalg.norm(errors, axis=-1)[..., LIMB_JOINTS], confidence[..., LIMB_JOINTS]
    print(f"\n{name}: confidence, share of limb joints, their error (root mean square)")
    for low, high in pairwise(CONFIDENCE_BINS):
        chosen = (sure >= low) & (sure < high) & np.isfinite(size)
        error = np.sqrt(np.mean(size[chosen] ** 2)) if chosen.any() else float("nan")
        print(f"  {low:.1f} to {min(high, 1):.1f} {100 * chosen.mean():6.1f} % {error:6.1f}")


def main() -> None:
    """Measure, simulate and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("motions", type=Path, help=VALIDATION_FILE)
    parser.add_argument("--quality", choices=["fast", "balanced", "best"], default="balanced")
    args = parser.parse_args()
    real = measured(Detector(TrackSettings(quality=args.quality)), args.clips)
    made = simulated(args.motions)
    print(f"{'keypoints':18}{'measured: all const. chang. step median':>42}{'made: all const. chang. step median':>42}")
    for name, a, b in zip(LIFTER_JOINTS, point_rows(real[0]), point_rows(made[0]), strict=True):
        print(f"{name:18}" + "".join(f"{'':10}" + "".join(f"{v:6.1f}" for v in row) + "  " for row in (a, b)))
    print(f"\n{'depth of bone to':18}{'measured: slope const. chang.':>32}{'made: slope const. chang.':>32}")
    for name, a, b in zip(LIFTER_JOINTS[1:], depth_rows(real[2])[1:], depth_rows(made[2])[1:], strict=True):
        print(f"{name:18}" + "".join(f"{'':14}{r[0]:6.2f}{r[1]:6.1f}{r[2]:6.1f}" for r in (a, b)))
    print_confidence("measured", real[0], real[1])
    print_confidence("made", made[0], made[1])


if __name__ == "__main__":
    main()
