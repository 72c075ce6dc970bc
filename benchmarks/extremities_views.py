"""How heads and hands of a real person are turned, seen from one camera, against what four cameras see.

    python benchmarks/extremities_views.py DATA [--quality fast|balanced|best]

DATA holds clips.json, videos of the same moments, and truth with the cameras (K, D, R, t). The truth of the turns are
the detector's own face and knuckle points, triangulated from all views with outliers weighted down: what it is about
is depth, and what one view says about the turns. Then each view goes through the whole pipeline alone. Columns, mean
in degrees: line of the ears, where the nose points, whole turn of the head; hand's direction, palm and whole turn.
"usual" is without face and knuckles: a head that looks where the chest does, a hand in line with its forearm.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from posewright.core.bvh_frames import aligned
from posewright.core.camera.pinhole import guess_camera
from posewright.core.detection import Detector
from posewright.core.lifting import load_lifter
from posewright.core.pipeline import motion_of
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.core.values import Keypoints
from posewright.core.world.extremities import hand_mount, head_mount
from posewright.core.world.extremity_model import HEAD

Array = NDArray[np.float64]
Points = dict[str, Array]

POINTS = ("nose", *(f"{s}_{p}" for s in ("left", "right") for p in ("ear", "wrist", "index", "pinky")))
COLUMNS = ("ears", "nose", "head", "hand", "palm", "whole")
SURE = 0.5
ROUNDS, GOOD = 8, 0.015  # metres of reprojection at which a view's word counts half


def triangulated(views: list[Keypoints], truth: dict[str, NDArray], name: str, frames: int) -> Array:
    """Return the path (F,3) of a keypoint in the world, by reweighted linear triangulation."""
    rays = np.stack(
        [
            cv2.undistortPoints(view.points[:frames, view.index(name)][:, None].astype(np.float64), k, d)[:, 0]
            for view, k, d in zip(views, truth["K"], truth["D"], strict=True)
        ],
        1,
    )
    sure = np.stack([view.confidence[:frames, view.index(name)] for view in views], 1).astype(np.float64)
    sure = np.where((sure > SURE) & np.isfinite(rays).all(-1), sure, 0.0)
    rays = np.nan_to_num(rays)
    cameras = np.concatenate([truth["R"], truth["t"][:, :, None]], 2)
    rows = rays[..., None] * cameras[None, :, 2:3] - cameras[None, :, :2]
    weight = sure
    path = np.zeros((frames, 3))
    for _ in range(ROUNDS):
        system = (rows * weight[..., None, None]).reshape(frames, -1, 4)
        place = np.linalg.svd(system)[2][:, -1]
        path = place[:, :3] / place[:, 3:]
        local = np.einsum("cij,fj->fci", truth["R"], path) + truth["t"]
        off = np.linalg.norm(local[..., :2] / local[..., 2:] - rays, axis=-1) * local[..., 2]
        weight = sure / (1 + (off / GOOD) ** 2)
    return np.where(((sure > 0).sum(1) > 1)[:, None], path, np.nan)


def axes_of(points: Points, part: str) -> Array:
    """Return the axes (F,3,3) of the head, or of the hand of a side, as ``core.world.extremity_model`` has them."""
    if part == "head":
        ears = (points["left_ear"] + points["right_ear"]) / 2
        return aligned(points["left_ear"] - points["right_ear"], 0, points["nose"] - ears, 2)
    middle = (points[f"{part}_index"] + points[f"{part}_pinky"]) / 2 - points[f"{part}_wrist"]
    return aligned(middle if part == "left" else -middle, 0, points[f"{part}_index"] - points[f"{part}_pinky"], 2)


def errors(found: Array, true: Array, axes: tuple[int, int]) -> list[float]:
    """Return the mean angles in degrees between two axes and of the whole turns, over the frames that are known."""
    known = np.isfinite(true).all((1, 2))
    found, true = found[known], true[known]
    cosines = [(found[:, :, axis] * true[:, :, axis]).sum(-1) for axis in axes]
    cosines.append((np.trace(np.swapaxes(found, 1, 2) @ true, axis1=1, axis2=2) - 1) / 2)
    return [float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean()) for cosine in cosines]


def turns_of(take: Take, usual: bool) -> dict[str, Array]:
    """Return the axes (F,3,3) of head and hands in camera axes."""
    assert take.world_from_camera is not None and take.times is not None
    world = take.world_from_camera
    joints = (take.joints.astype(np.float64) - world[:3, 3]) @ world[:3, :3]
    if usual:
        body = joints[:, : len(JOINTS)]
        hands = {side: hand_mount(body, side, take.times).carrier for side in ("left", "right")}
        return {"head": head_mount(body).carrier, **hands}
    points = {name.removesuffix("_1"): joints[:, i] for i, name in enumerate(take.joint_names)}
    # a take's nose lies lower under its ears than the detector's: as an average body has it
    level = axes_of({name: np.array([place]) for name, place in HEAD.places.items()}, "head")
    hands = {side: axes_of(points, side) for side in ("left", "right")}
    return {"head": axes_of(points, "head") @ np.swapaxes(level, 1, 2), **hands}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--quality", default="balanced", choices=("fast", "balanced", "best"))
    args = parser.parse_args()
    clips = json.loads((args.data / "clips.json").read_text("utf-8"))
    settings = TrackSettings(quality=args.quality)
    detector, lifter = Detector(settings), load_lifter("default", "cpu")
    views = [detector.detect(args.data / clip["video"]) for clip in clips.values()]
    with np.load(args.data / next(iter(clips.values()))["truth"]) as stored:
        truth = {key: stored[key] for key in stored.files}
    frames = min(len(view.points) for view in views)
    points = {name: triangulated(views, truth, name, frames) for name in POINTS}
    rows: dict[str, list[list[float]]] = {"usual": [], "found": []}
    print(f"{'':16}" + "".join(f"{column:>8}" for column in COLUMNS))
    for number, (name, view) in enumerate(zip(clips, views, strict=True)):
        take = motion_of(view, guess_camera(settings, view.image_size), lifter, settings)
        for kind, collected in rows.items():
            found = turns_of(take, kind == "usual")
            true = {part: truth["R"][number] @ axes_of(points, part) for part in found}
            head = errors(found["head"][:frames], true["head"], (0, 2))
            hands = [errors(found[side][:frames], true[side], (0, 1)) for side in ("left", "right")]
            collected.append([*head, *np.mean(hands, axis=0).tolist()])
            print(f"{name:10}{kind:6}" + "".join(f"{value:8.1f}" for value in collected[-1]), flush=True)
    for kind, collected in rows.items():
        print(f"{'mean':10}{kind:6}" + "".join(f"{value:8.1f}" for value in np.mean(collected, axis=0)))


if __name__ == "__main__":
    main()
