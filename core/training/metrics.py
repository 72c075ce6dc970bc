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


def joint_errors(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the distance of every joint: poses (...,J,3) to (...,J)."""
    return (poses - truth).norm(dim=-1)


def position_error(poses: Tensor, truth: Tensor) -> Tensor:
    """Return MPJPE per frame: poses (...,J,3) to (...)."""
    return joint_errors(poses, truth).mean(-1)


def scaled(poses: Tensor, truth: Tensor) -> Tensor:
    """Fit root-relative poses (...,J,3) to the truth by one factor a frame (N-MPJPE, Rhodin et al., CVPR 2018)."""
    factor = (poses * truth).sum((-1, -2)) / poses.square().sum((-1, -2)).clamp(min=1e-12)
    return factor[..., None, None] * poses


def fit_rotation(source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rotation (...,3,3) for which ``source @ rotation`` comes nearest to ``target``, both (...,N,3).

    The second value (...) is the best scale times the squared size of the source (Umeyama, PAMI 1991). Nothing is
    centred here; rows of zeros count for nothing.
    """
    u, s, vt = torch.linalg.svd(source.transpose(-1, -2) @ target)
    sign = torch.ones_like(s)
    sign[..., -1] = torch.linalg.det(u @ vt).sign()
    return (u * sign[..., None, :]) @ vt, (s * sign).sum(-1)


def aligned(poses: Tensor, truth: Tensor, known: Tensor | None = None) -> Tensor:
    """Fit every frame (...,J,3) to the truth by scale, rotation and translation (Umeyama, PAMI 1991).

    ``known`` (...,J) booleans leaves joints out of the fit; their values may then be anything but NaN.
    """
    share = torch.ones_like(poses[..., :1]) if known is None else known[..., None].to(poses.dtype)
    share = share / share.sum(-2, keepdim=True).clamp(min=1.0)
    centre, goal = (share * poses).sum(-2, keepdim=True), (share * truth).sum(-2, keepdim=True)
    used = (share > 0).to(poses.dtype)
    source, target = (poses - centre) * used, (truth - goal) * used
    rotation, gain = fit_rotation(source, target)
    scale = gain / source.square().sum((-1, -2)).clamp(min=1e-12)
    return scale[..., None, None] * ((poses - centre) @ rotation) + goal


def bone_degrees(poses: Tensor, truth: Tensor, bones: tuple[tuple[int, int], ...] = BONES) -> Tensor:
    """Return the mean angle between bones (parent, child) of the poses and of the truth, degrees (...)."""
    start, end = (list(joints) for joints in zip(*bones, strict=True))
    found, right = poses[..., end, :] - poses[..., start, :], truth[..., end, :] - truth[..., start, :]
    cosine = torch.nn.functional.cosine_similarity(found, right, dim=-1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1))).mean(-1)


def acceleration_error(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the mean length of the second differences of the error over time: (...,T,J,3) to (...)."""
    return torch.diff(poses - truth, n=2, dim=-3).norm(dim=-1).mean((-1, -2))
