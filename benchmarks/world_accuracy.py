"""How good the motion in the world is on clips with known truth, from exact input and from footage.

    python benchmarks/world_accuracy.py DATA [--footage] [--clips NAME,...]

DATA holds clips.json, videos and truth (``NAME_full.npz``). With exact input, the true poses in camera axes and their
true pixels, every error is the world stage's own; with --footage detector and lifter add theirs. Columns: the pelvis'
path after the best move and turn about Z (mm), its heights alone (mm), the lean of the up axis (degrees), the speed of
feet that stand by the take's contacts (mm a frame), and the mean acceleration of the limbs over the truth's.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posewright.core.camera.pinhole import guess_camera
from posewright.core.pipeline import Tracker
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, H36M_JOINTS
from posewright.core.take import Take
from posewright.core.values import CameraPose, Keypoints
from posewright.core.world.solve import solve_world

Array = NDArray[np.float64]
Truth = dict[str, NDArray]

POSE = (*H36M_JOINTS, "left_foot_index", "right_foot_index")
FEET = ("left_heel", "left_foot_index", "right_heel", "right_foot_index")
LIMBS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle", "elbow", "wrist"))
HEADINGS = ("path", "height", "lean", "slide", "calm")


def paths(truth: Truth, key: str) -> dict[str, Array]:
    """Return the true paths of the joints by the names that a lifter gives them."""
    values = {str(name): truth[key][:, i].astype(float) for i, name in enumerate(truth["joint_names"])}
    for side in ("left", "right"):
        values[f"{side}_foot_index"] = values[f"{side}_toe_base"]
    values["pelvis"] = (values["left_hip"] + values["right_hip"]) / 2
    values["spine"], values["thorax"] = values["spine_mid"], values["neck"]
    values["head"] = values["neck"] + (values["head_top"] - values["neck"]) / 1.2  # a lifter's point of the head
    return values


def exact_take(truth: Truth, settings: TrackSettings) -> Take:
    """Return what the world stage makes of exact poses and pixels."""
    places, pixels = paths(truth, "joints_cam"), paths(truth, "joints2d")
    pose = np.stack([places[name] - places["pelvis"] for name in POSE], axis=1).astype(np.float32)
    nowhere = np.full_like(pixels["pelvis"], np.nan)
    points = np.stack([pixels.get(name, nowhere) for name in BLAZEPOSE_KEYPOINTS], axis=1).astype(np.float32)
    confidence = np.isfinite(points).all(-1).astype(np.float32)
    width, height = (int(value) for value in truth["image_size"])
    times = np.arange(len(pose)) / float(truth["fps"])
    keypoints = Keypoints(points, confidence, BLAZEPOSE_KEYPOINTS, times, (width, height))
    return solve_world(CameraPose(pose, POSE), keypoints, guess_camera(settings, (width, height)), settings)


def figures(take: Take, truth: Truth) -> list[float]:
    """Return one number for each of ``HEADINGS``."""
    true = paths(truth, "joints3d")
    found, wanted = take.joint("pelvis").astype(float), true["pelvis"]
    frames = min(len(found), len(wanted))
    found, wanted = found[:frames], wanted[:frames]
    a, b = found[:, :2] - found[:, :2].mean(0), wanted[:, :2] - wanted[:, :2].mean(0)
    angle = np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    height = found[:, 2] - wanted[:, 2]
    path = np.hypot(np.linalg.norm(a @ turn.T - b, axis=-1), height)
    up = np.zeros(3) if take.world_from_camera is None else take.world_from_camera[2, :3]
    lean = np.degrees(np.arccos(np.clip(up @ truth["R"][:, 2], -1, 1)))
    return [1000 * path.mean(), 1000 * np.abs(height).mean(), float(lean), slide(take), calm(take, true, frames)]


def slide(take: Take) -> float:
    """Return how far standing feet move, millimetres a frame."""
    if take.contacts is None:
        return float("nan")
    steps = np.linalg.norm(np.diff(np.stack([take.joint(name) for name in FEET], axis=1), axis=0), axis=-1)
    stands = take.contacts > 0.5
    return 1000 * float(steps[stands[1:] & stands[:-1]].mean())


def calm(take: Take, true: dict[str, Array], frames: int) -> float:
    """Return the mean acceleration of the limbs over that of the truth."""
    found, wanted = (
        np.linalg.norm(np.diff(np.stack([joint(name)[:frames] for name in LIMBS], axis=1), 2, axis=0), axis=-1).mean()
        for joint in (take.joint, true.__getitem__)
    )
    return float(found / wanted)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--footage", action="store_true", help="the whole pipeline instead of exact input")
    parser.add_argument("--clips", help="names, separated by commas; all by default")
    args = parser.parse_args()
    clips = json.loads((args.data / "clips.json").read_text("utf-8"))
    rows = []
    print(f"{'clip':20}" + "".join(f"{heading:>9}" for heading in HEADINGS))
    for name in args.clips.split(",") if args.clips else clips:
        with np.load(args.data / clips[name]["full_truth"]) as stored:
            truth = {key: stored[key] for key in stored.files}
        if args.footage:
            settings = TrackSettings(height=float(truth["stature"]))
            take = Tracker(settings).track(args.data / clips[name]["video"])
        else:
            settings = TrackSettings(height=float(truth["stature"]), focal_px=float(truth["K"][0, 0]))
            take = exact_take(truth, settings)
        rows.append(figures(take, truth))
        print(f"{name:20}" + "".join(f"{value:9.2f}" for value in rows[-1]), flush=True)
    print(f"{'mean':20}" + "".join(f"{value:9.2f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
