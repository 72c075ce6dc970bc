"""How heads, hands and feet of a rig are turned, with and without face and knuckle keypoints, against the truth.

    python benchmarks/extremities.py DATA [--clips NAME,...] [--quality fast|balanced|best]

DATA holds clips.json, videos and truth (``NAME_full.npz`` with the bones of the body that was rendered). The take is
retargeted onto that very skeleton, and the turns of its bones are compared in camera axes, degrees, mean over the clip:
the head's line of the ears, where its nose points, and its whole turn; the hands' direction, palm and whole turn; the
forearms' whole turn; the feet's direction and roll. The last columns: how often a palm turns by more than 90 degrees
in 0.1 s, and how often it does so in truth. "true joints" are the exact joints with the keypoints that the detector
finds in the footage; "footage" is all from the footage. "before" knows neither eyes, mouth nor knuckles.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posewright.core.camera.pinhole import guess_camera
from posewright.core.detection import Detector
from posewright.core.lifting import load_lifter
from posewright.core.pipeline import motion_of
from posewright.core.settings import TrackSettings
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.core.values import Keypoints
from posewright.core.world.extremities import extremities
from posewright.rigging.kinematics import pose_matrices
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import RigRest
from posewright.rigging.rotations import unit
from posewright.rigging.solver.anatomy import RigBody
from posewright.rigging.solver.hinges import rest_hinge, usual_arm
from posewright.rigging.solver.solve import solve_rig

Array = NDArray[np.float64]
Truth = dict[str, NDArray]

TELLING = ("eye", "mouth", "index", "pinky", "thumb")
COLUMNS = ("ears", "nose", "head", "hand", "palm", "whole", "forearm", "foot", "roll", "flips", "true")
NECK_SHARE = 1 / 3  # the neck of a take, of the way from the base of the neck to the top of the head
FLIP_SECONDS = 0.1


def without_telling(keypoints: Keypoints) -> Keypoints:
    """Return the keypoints of the body alone, with nose and ears but not eyes, mouth and knuckles."""
    kept = [i for i, name in enumerate(keypoints.names) if not any(f"_{word}" in name for word in TELLING)]
    kept += [i for i, name in enumerate(keypoints.names) if name.endswith("foot_index")]
    names = tuple(keypoints.names[i] for i in kept)
    return Keypoints(
        keypoints.points[:, kept],
        keypoints.confidence[:, kept],
        names,
        keypoints.times,
        keypoints.image_size,
        None if keypoints.depth_hint is None else keypoints.depth_hint[:, kept],
    )


def rig_of(truth: Truth) -> RigRest:
    """Return the skeleton of the body that was rendered."""
    bones = tuple(str(name) for name in truth["bone_names"])
    parents = np.array([bones.index(str(parent)) if str(parent) else -1 for parent in truth["bone_parents"]])
    rest = truth["bone_rest"].astype(np.float64)
    lengths = np.full(len(bones), 0.05)
    for b, parent in enumerate(parents):
        if parent >= 0:
            lengths[parent] = max(float(np.linalg.norm(rest[b, :3, 3] - rest[parent, :3, 3])), 0.02)
    return RigRest("truth", bones, parents, rest, lengths, np.eye(4))


def true_take(truth: Truth, keypoints: Keypoints) -> Take:
    """Return the exact joints in the world, with what ``extremities`` makes of them and of the keypoints."""
    paths = {str(name): truth["joints3d"][:, i].astype(np.float64) for i, name in enumerate(truth["joint_names"])}
    for side in ("left", "right"):
        paths[f"{side}_foot_index"] = paths[f"{side}_toe_base"]
    paths["pelvis"] = (paths["left_hip"] + paths["right_hip"]) / 2
    paths["spine"], paths["thorax"], paths["head"] = paths["spine_mid"], paths["neck"], paths["head_top"]
    paths["neck"] = paths["thorax"] + NECK_SHARE * (paths["head"] - paths["thorax"])
    frames = min(len(keypoints.points), len(paths["pelvis"]))
    joints = np.stack([paths[name] for name in JOINTS], 1)[:frames]
    seen = Keypoints(
        keypoints.points[:frames],
        keypoints.confidence[:frames],
        keypoints.names,
        keypoints.times[:frames],
        keypoints.image_size,
    )
    rotation, shift = truth["R"], truth["t"]
    camera = guess_camera(TrackSettings(focal_px=float(truth["K"][0, 0])), keypoints.image_size)
    found = extremities(joints @ rotation.T + shift, seen, camera, seen.times, float(truth["stature"]))
    world = (found.all_joints - shift) @ rotation
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation.T, -rotation.T @ shift
    names = (*JOINTS, *found.names)
    return Take(world.astype(np.float32), names, float(truth["fps"]), world_from_camera=transform)


def figures(take: Take, truth: Truth) -> list[float]:
    """Return one number for each of ``COLUMNS``."""
    rest = rig_of(truth)
    rig_map = map_rig(rest)
    body = RigBody(rest, rig_map)
    poses = pose_matrices(rest, solve_rig(rest, rig_map, take))[..., :3, :3]
    frames = min(len(poses), len(truth["bone_world"]))
    assert take.world_from_camera is not None
    found = take.world_from_camera[:3, :3].T @ poses[:frames]
    true = truth["R"] @ truth["bone_world"][:frames, :, :3, :3]

    def off(part: str, axis: Array | None = None) -> float:
        b = rest.index(rig_map.bones[part][0])
        a, c = found[:, b] @ rest.rest[b, :3, :3].T, true[:, b] @ rest.rest[b, :3, :3].T
        if axis is None:
            cosine = (np.trace(np.swapaxes(a, 1, 2) @ c, axis1=1, axis2=2) - 1) / 2
        else:
            cosine = ((a @ axis) * (c @ axis)).sum(-1)
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean())

    rows = []
    for side in ("left", "right"):
        upper, lower = body.direction(f"{side}_upper_arm"), body.direction(f"{side}_forearm")
        palm = rest_hinge(usual_arm(side, body.shoulder_line, body.up, body.forward), upper, lower)
        palm = unit(palm - (palm @ lower) * lower)
        hand = rest.index(rig_map.bones[f"{side}_hand"][0])
        back = rest.rest[hand, :3, :3].T @ palm
        forward = body.foot_direction(side)
        roll = unit(body.left - (body.left @ forward) * forward)
        rows.append(
            [
                off(f"{side}_hand", body.direction(f"{side}_hand")),
                *(off(f"{side}_hand", palm), off(f"{side}_hand"), off(f"{side}_forearm")),
                *(off(f"{side}_foot", forward), off(f"{side}_foot", roll)),
                *(flips(turns[:, hand] @ back, take.fps) for turns in (found, true)),
            ]
        )
    return [off("head", body.left), off("head", body.forward), off("head"), *np.mean(rows, axis=0).tolist()]


def flips(normals: Array, fps: float) -> int:
    """Return how many times a direction (F,3) turns by more than 90 degrees within ``FLIP_SECONDS``."""
    step = max(1, round(FLIP_SECONDS * fps))
    turned = (normals[step:] * normals[:-step]).sum(-1) < 0
    return int((turned[1:] & ~turned[:-1]).sum() + turned[:1].sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", help="names, separated by commas; all by default")
    parser.add_argument("--quality", default="balanced", choices=("fast", "balanced", "best"))
    args = parser.parse_args()
    clips = json.loads((args.data / "clips.json").read_text("utf-8"))
    detector, lifter = Detector(TrackSettings(quality=args.quality)), load_lifter("default", "cpu")
    means: dict[str, list[list[float]]] = {}
    print(f"{'':34}" + "".join(f"{column:>9}" for column in COLUMNS))
    for name in args.clips.split(",") if args.clips else clips:
        with np.load(args.data / clips[name]["full_truth"]) as stored:
            truth = {key: stored[key] for key in stored.files}
        keypoints = detector.detect(args.data / clips[name]["video"])
        settings = TrackSettings(height=float(truth["stature"]))
        camera = guess_camera(settings, keypoints.image_size)
        for when, points in (("before", without_telling(keypoints)), ("after", keypoints)):
            takes = {
                "true joints": true_take(truth, points),
                "footage": motion_of(points, camera, lifter, settings),
            }
            for source, take in takes.items():
                row = figures(take, truth)
                means.setdefault(f"{source}, {when}", []).append(row)
                print(f"{name:15}{source:12}{when:7}" + "".join(f"{value:9.1f}" for value in row), flush=True)
    for title, rows in sorted(means.items()):
        print(f"{'mean':10}{title:24}" + "".join(f"{value:9.1f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
