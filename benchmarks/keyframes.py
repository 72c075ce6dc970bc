"""Seconds to key 60 bones over 10,000 frames in the running version of bpy: ``python benchmarks/keyframes.py``."""

import argparse
import os
import sys
import time

import bpy
import numpy as np
from posewright.rigging.blender.files import new_scene
from posewright.rigging.blender.keyframes import key_motion
from posewright.rigging.rig import BoneMotion


def armature(bones: int) -> bpy.types.Object:
    """Return an armature of separate bones in an empty scene."""
    new_scene()
    data = bpy.data.armatures.new("Bench")
    obj = bpy.data.objects.new("Bench", data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for i in range(bones):
        bone = data.edit_bones.new(f"bone {i}")
        bone.head, bone.tail = (i, 0, 0), (i, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def motion_of(obj: bpy.types.Object, frames: int) -> BoneMotion:
    """Return different rotations for every bone and frame."""
    bones = tuple(obj.data.bones.keys())
    half = np.sin(np.arange(frames)[:, None] * 0.01 + np.arange(len(bones)))
    rotations = np.stack([np.cos(half), np.sin(half), 0 * half, 0 * half], -1)
    return BoneMotion(bones, rotations, {bones[0]: np.zeros((frames, 3))}, np.arange(frames) / 30)


def main() -> None:
    """Print the seconds of each rotation mode, the best of five runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bones", type=int, default=60)
    parser.add_argument("--frames", type=int, default=10_000)
    args = parser.parse_args()
    for mode in ("QUATERNION", "XYZ", "AXIS_ANGLE"):
        seconds: list[tuple[float, float]] = []
        for _ in range(5):
            obj = armature(args.bones)
            for bone in obj.pose.bones:
                bone.rotation_mode = mode
            motion = motion_of(obj, args.frames)
            begin, cpu = time.perf_counter(), time.process_time()
            key_motion(obj, motion, name="bench", fps=30.0)
            seconds.append((time.perf_counter() - begin, time.process_time() - cpu))
        wall, cpu = min(seconds)
        what = f"bpy {bpy.app.version_string}: {args.bones} bones x {args.frames} frames, {mode}"
        print(f"{what}: {wall:.2f} s ({cpu:.2f} s of processor time)")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
