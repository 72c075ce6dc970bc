"""Mean 2D error of the keypoints on the rendered clips, whose truth is exact, for each quality.

    python benchmarks/keypoint_accuracy.py DATA [--qualities fast,balanced,best] [--clips NAME,...]

DATA holds clips.json, videos and truth. Errors are over nose, shoulders, elbows, wrists, hips, knees and ankles, in
pixels and in per cent of half the longer side of the box around the true joints.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posewright.core.detection import Detector
from posewright.core.settings import Quality, TrackSettings
from posewright.core.values import Keypoints

JOINTS = (
    "nose",
    *(f"{s}_{j}" for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for s in ("left", "right")),
)
QUALITIES: tuple[Quality, ...] = ("fast", "balanced", "best")

# MediaPipe 0.10.14's Pose (complexity 1, video mode) on the same clips by the same measure, in pixels.
MEDIAPIPE = {"s1_walk_side": 4.72, "s2_dance_arms": 4.80, "s3_jump_angle": 4.90, "s4_reach_bend": 5.67}


def true_points(file: Path) -> NDArray[np.float32]:
    """Return the true joints (F,13,2) in pixels."""
    with np.load(file) as stored:
        names = [str(name) for name in stored["joint_names"]]
        return stored["joints2d"][:, [names.index(joint) for joint in JOINTS]]


def figures(found: Keypoints, true: NDArray[np.float32]) -> dict[str, float]:
    """Return mean and median error in pixels, mean error in per cent of half the box, and the part of frames found."""
    points = found.points[:, [found.index(joint) for joint in JOINTS]]
    error = np.linalg.norm(points - true, axis=-1)
    half = np.ptp(true, axis=1).max(-1) / 2
    return {
        "mean": float(np.nanmean(error)),
        "median": float(np.nanmedian(error)),
        "percent": float(100 * np.nanmean(error / half[:, None])),
        "found": float(100 * np.isfinite(error).all(1).mean()),
    }


def main() -> None:
    """Measure and print one line per clip and quality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--qualities", default=",".join(QUALITIES))
    parser.add_argument("--clips")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    args = parser.parse_args()
    listed = json.loads((args.data / "clips.json").read_text())
    chosen = args.clips.split(",") if args.clips else list(listed)
    qualities = [quality for quality in QUALITIES if quality in args.qualities.split(",")]
    detector = Detector(TrackSettings(device=args.device))
    print(
        f"{'clip':16} {'quality':9} {'px':>6} {'median':>7} {'% half':>7} {'found %':>8} {'cpu ms/frame':>13} MediaPipe"
    )
    for clip in chosen:
        true = true_points(args.data / listed[clip]["full_truth"])
        for quality in qualities:
            started = time.process_time()
            settings = TrackSettings(device=args.device, quality=quality)
            found = detector.with_settings(settings).detect(args.data / listed[clip]["video"])
            spent = 1000 * (time.process_time() - started) / len(found.times)
            row = figures(found, true)
            print(
                f"{clip:16} {quality:9} {row['mean']:6.2f} {row['median']:7.2f} {row['percent']:7.2f} "
                f"{row['found']:8.1f} {spent:13.0f} {MEDIAPIPE.get(clip, float('nan')):7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
