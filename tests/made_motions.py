"""A small set of moving bodies, made here, in the files that training reads."""

from pathlib import Path

import numpy as np
import torch
from posewright.core.training.evaluate import VALIDATION_FILE
from posewright.core.training.motions import (
    L_ANKLE,
    L_ELBOW,
    L_KNEE,
    L_WRIST,
    PARENTS,
    R_ELBOW,
    R_KNEE,
    R_WRIST,
    to_joints,
)
from posewright.core.training.poses import rotate
from posewright.core.training.train import TRAIN_FILE

REST = [  # left is +x, up is +z, the person looks along -y; the order of LIFTER_JOINTS
    *((0.0, 0, 0.92), (-0.1, 0, 0.92), (-0.1, -0.02, 0.5), (-0.1, 0.02, 0.08), (0.1, 0, 0.92), (0.1, -0.02, 0.5)),
    *((0.1, 0.02, 0.08), (0, 0.02, 1.15), (0, 0.03, 1.45), (0, -0.07, 1.56), (0, 0, 1.7), (0.18, 0.02, 1.42)),
    *((0.3, 0.03, 1.15), (0.35, -0.1, 0.92), (-0.18, 0.02, 1.42), (-0.3, 0.03, 1.15), (-0.35, -0.1, 0.92)),
    *((0.1, -0.12, 0.03), (-0.1, -0.12, 0.03)),
]


def moving_bodies(frames: int) -> np.ndarray:
    """Arms and legs of REST swing about shoulders and hips while the body walks on: (F,19,3) metres."""
    rest = torch.tensor(REST)
    bones = rest - rest[list(PARENTS)]
    swing = torch.sin(torch.arange(frames) / 9.0)[:, None, None] * torch.tensor([0.9, 0.0, 0.0])
    world = bones.repeat(frames, 1, 1)
    for joints, side in (((L_KNEE, L_ANKLE, 17, R_ELBOW, R_WRIST), 1.0), ((R_KNEE, 3, 18, L_ELBOW, L_WRIST), -1.0)):
        world[:, list(joints)] = rotate(world[:, list(joints)], side * swing)
    return (to_joints(world) + rest[0] + torch.arange(frames)[:, None, None] * torch.tensor([0, -0.02, 0])).numpy()


def write_motions(folder: Path) -> None:
    """Write two clips of 80 and 50 frames as training and as validation data."""
    positions = np.concatenate([moving_bodies(80), moving_bodies(50)])
    for name in (TRAIN_FILE, VALIDATION_FILE):
        np.savez(
            folder / name,
            positions=np.round(positions * 1000).astype(np.int16),
            scale=0.001,
            clip_starts=np.array([0, 80, 130]),
            source=np.array(["made", "made"]),
            subject=np.array(["a", "b"]),
        )
