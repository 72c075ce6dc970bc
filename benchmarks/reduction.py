"""What key reduction leaves: ``python benchmarks/reduction.py RIG MOTION... [--interpolation bezier]``.

For every tolerance it prints the share of the keys that are left, by how much a bone is off its full motion at most, as
the reduction states it, and what Blender then shows: degrees that limbs point elsewhere (mean and most) and millimetres
that a joint of the body is elsewhere at most. MOTION is a take (.npz); RIG a file or the word mannequin.
"""

import argparse
import os
import sys
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object
from numpy.typing import NDArray
from posewright.core.take import Take
from posewright.rigging.blender.armature import rest_of, world_poses
from posewright.rigging.blender.job import MANNEQUIN, open_character
from posewright.rigging.blender.keyframes import write_motion
from posewright.rigging.keys.settings import INTERPOLATIONS, KeySettings
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import BoneMotion, RigMap
from posewright.rigging.solver.solve import solve_rig

TOLERANCES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
LIMBS = ("upper_arm", "forearm"), ("forearm", "hand"), ("thigh", "shin"), ("shin", "foot")


def shown(obj: Object, rig_map: RigMap, motion: BoneMotion, keys: KeySettings) -> tuple[dict, float, float]:
    """Key a motion; return the heads (F,3) of the mapped bones, the share of keys left and the stated degrees."""
    written = write_motion(obj, motion, keys, name="motion", fps=30.0)
    rest = rest_of(obj)
    poses = np.stack(list(world_poses(obj, rest, 1.0 + 30.0 * motion.times)))
    heads = {part: poses[:, rest.index(bones[0]), :3, 3] for part, bones in rig_map.bones.items()}
    return heads, written.keys / written.keys_before, written.degrees_off


def limbs(heads: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the directions (F,L,3) of arms and legs."""
    ways = [heads[f"{side}_{b}"] - heads[f"{side}_{a}"] for side in ("left", "right") for a, b in LIMBS]
    return np.stack([way / np.linalg.norm(way, axis=-1, keepdims=True) for way in ways], 1)


def main() -> None:
    """Print the table, over all motions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rig")
    parser.add_argument("motions", nargs="+", type=Path)
    parser.add_argument("--interpolation", choices=INTERPOLATIONS, default="linear")
    args = parser.parse_args()
    obj = open_character(None if args.rig == MANNEQUIN else Path(args.rig), None, None)
    bpy.context.scene.render.fps = 30
    rest = rest_of(obj)
    rig_map = map_rig(rest)
    motions = [solve_rig(rest, rig_map, Take.load(path)) for path in args.motions]
    full = [shown(obj, rig_map, motion, KeySettings())[0] for motion in motions]
    print("degrees: keys left, degrees off, limbs mean and most, millimetres", file=sys.stderr)
    for degrees in TOLERANCES:
        keys = KeySettings(reduce_degrees=degrees, interpolation=args.interpolation)
        rows = []
        for motion, whole in zip(motions, full, strict=True):
            heads, share, off = shown(obj, rig_map, motion, keys)
            turned = np.degrees(2 * np.arcsin(np.linalg.norm(limbs(heads) - limbs(whole), axis=-1) / 2))
            moved = max(float(np.linalg.norm(heads[part] - whole[part], axis=-1).max()) for part in whole)
            rows.append((share, off, turned.mean(), turned.max(), 1000 * moved))
        share, off, mean, most, moved = np.array(rows).T
        figures = f"{share.mean():.2f} {off.max():.3f} {mean.mean():.2f} {most.max():.1f} {moved.max():.0f}"
        print(f"{degrees:5g}: {figures}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
