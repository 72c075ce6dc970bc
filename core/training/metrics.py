"""Measures of lifted poses, all in the units of the poses."""

import torch
from torch import Tensor

from .motions import (
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_WRIST,
    PELVIS,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_WRIST,
    SPINE,
    THORAX,
)

BONES = (
    (L_HIP, L_KNEE),
    (L_KNEE, L_ANKLE),
    (R_HIP, R_KNEE),
    (R_KNEE, R_ANKLE),
    (L_SHOULDER, L_ELBOW),
    (L_ELBOW, L_WRIST),
    (R_SHOULDER, R_ELBOW),
    (R_ELBOW, R_WRIST),
    (PELVIS, SPINE),
    (SPINE, THORAX),
)
"""Limb and trunk bones whose directions are compared."""


def position_error(poses: Tensor, truth: Tensor) -> Tensor:
    """Return MPJPE per frame: poses (...,J,3) to (...)."""
    return (poses - truth).norm(dim=-1).mean(-1)


def aligned(poses: Tensor, truth: Tensor) -> Tensor:
    """Fit every frame (...,J,3) to the truth by scale, rotation and translation (Umeyama, PAMI 1991)."""
    centre, goal = poses.mean(-2, keepdim=True), truth.mean(-2, keepdim=True)
    source, target = poses - centre, truth - goal
    u, s, vt = torch.linalg.svd(source.transpose(-1, -2) @ target)
    sign = torch.ones_like(s)
    sign[..., -1] = torch.linalg.det(u @ vt).sign()
    rotation = (u * sign[..., None, :]) @ vt
    scale = (s * sign).sum(-1) / source.square().sum((-1, -2)).clamp(min=1e-12)
    return scale[..., None, None] * (source @ rotation) + goal


def bone_degrees(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the mean angle between bones of the poses and of the truth, degrees (...)."""
    start, end = (list(joints) for joints in zip(*BONES, strict=True))
    found, right = poses[..., end, :] - poses[..., start, :], truth[..., end, :] - truth[..., start, :]
    cosine = torch.nn.functional.cosine_similarity(found, right, dim=-1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1))).mean(-1)


def acceleration_error(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the mean length of the second differences of the error over time: (...,T,J,3) to (...)."""
    return torch.diff(poses - truth, n=2, dim=-3).norm(dim=-1).mean((-1, -2))
