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
    basis = {bone: _basis(rest, motion, k) for k, bone in enumerate(motion.bones)}
    pose = np.empty((frames, len(rest.bones), 4, 4))
    for b, bone in enumerate(rest.bones):
        parent = int(rest.parents[b])
        matrix = _in_parent(rest, pose[:, parent], b) if parent >= 0 else np.broadcast_to(rest.rest[b], (frames, 4, 4))
        pose[:, b] = matrix @ basis[bone] if bone in basis else matrix
    return pose


def world_heads(rest: RigRest, motion: BoneMotion) -> dict[str, Array]:
    """Return the path (F,3) of each bone's head in the world."""
    heads = (rest.world @ pose_matrices(rest, motion))[..., :3, 3]
    return {bone: heads[:, b] for b, bone in enumerate(rest.bones)}


def _in_parent(rest: RigRest, parent_pose: Array, b: int) -> Array:
    offset = np.linalg.inv(rest.rest[rest.parents[b]]) @ rest.rest[b]
    matrix = parent_pose @ offset
    if not rest.inherits(b):
        matrix = matrix.copy()
        matrix[:, :3, :3] = rest.rest[b, :3, :3]
    return matrix


def _basis(rest: RigRest, motion: BoneMotion, k: int) -> Array:
    bone = motion.bones[k]
    basis = np.broadcast_to(np.eye(4), (len(motion.times), 4, 4)).copy()
    basis[:, :3, :3] = to_matrix(motion.rotations[:, k])
    if bone in motion.locations and not rest.is_connected(rest.index(bone)):
        basis[:, :3, 3] = motion.locations[bone]
    return basis
