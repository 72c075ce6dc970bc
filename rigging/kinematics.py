"""Forward kinematics of a rig as Blender does it: pose = parent's pose * rest offset * basis. numpy only."""

import numpy as np
from numpy.typing import NDArray

from .rig import BoneMotion, RigRest
from .rotations import to_matrix

Array = NDArray[np.float64]


def pose_matrices(rest: RigRest, motion: BoneMotion) -> Array:
    """Return the matrices (F,B,4,4) of all bones in armature space while the motion plays.

    Bones outside the motion stay at rest in their parent. Locations of connected bones have no effect.
    """
    frames = len(motion.times)
    channels = {bone: k for k, bone in enumerate(motion.bones)}
    pose = np.empty((frames, len(rest.bones), 4, 4))
    for b, bone in enumerate(rest.bones):
        parent = int(rest.parents[b])
        carried = _in_parent(rest, pose[:, parent], b) if parent >= 0 else np.tile(rest.rest[b], (frames, 1, 1))
        if bone in motion.locations and not rest.is_connected(b):
            axes = rest.location_axes(b)
            if parent >= 0:  # they turn with the parent even where the bone does not
                axes = pose[:, parent, :3, :3] @ rest.rest[parent, :3, :3].T @ axes
            carried[:, :3, 3] += (axes @ motion.locations[bone][..., None])[..., 0]
        if bone in channels:
            carried[:, :3, :3] = carried[:, :3, :3] @ to_matrix(motion.rotations[:, channels[bone]])
        pose[:, b] = carried
    return pose


def world_heads(rest: RigRest, motion: BoneMotion) -> dict[str, Array]:
    """Return the path (F,3) of each bone's head in the world."""
    heads = (rest.world @ pose_matrices(rest, motion))[..., :3, 3]
    return {bone: heads[:, b] for b, bone in enumerate(rest.bones)}


def _in_parent(rest: RigRest, parent_pose: Array, b: int) -> Array:
    offset = np.linalg.inv(rest.rest[rest.parents[b]]) @ rest.rest[b]
    matrix = parent_pose @ offset
    if not rest.inherits(b):
        matrix[:, :3, :3] = rest.rest[b, :3, :3]
    return matrix
