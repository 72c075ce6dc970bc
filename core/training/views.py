"""What a camera sees of a pose: random cameras, and the points that a 2D detector would aim at."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..skeleton import DETECTED_PLACES
from .draw import Draw
from .motions import (
    HEAD,
    L_ANKLE,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    NOSE,
    PELVIS,
    R_ANKLE,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    SPINE,
    THORAX,
    axes_of,
)
from .poses import Poses

OWN_PLACES = {
    (L_HIP, R_HIP): (DETECTED_PLACES["hip"], (0.012, 0.015, 0.017)),
    (L_SHOULDER, R_SHOULDER): (DETECTED_PLACES["shoulder"], (0.010, 0.013, 0.013)),
}
"""Where the detector sees hips and shoulders, metres outwards, up and forwards of the joints, and how that varies from
body to body."""


@dataclass(frozen=True)
class CameraSettings:
    """Where cameras stand; the defaults are for training and for validation alike."""

    nearest: float = 1.5  # metres
    farthest: float = 8.0
    steep: float = 0.15  # share of windows seen from far above or below
    aside: float = 0.3  # how far cameras look past the person at the most, a share of the distance
    roll: float = 0.07  # radians
    moving: float = 0.15  # share of windows whose camera goes round the person, nearer or away


def before_camera(poses: Poses, draw: Draw, settings: CameraSettings) -> tuple[Tensor, Tensor]:
    """Put each window before a random camera that looks past the person.

    Returns the joints (B,T,19,3) relative to the pelvis and the pelvis (B,T,3) in camera axes (x right, y down,
    z away), metres.
    """
    roots = poses.roots
    count, frames = roots.shape[:2]
    middle = roots[:, frames // 2]
    distance = settings.nearest * (settings.farthest / settings.nearest) ** draw.uniform((count,))
    rise = draw.uniform((count,), 0.2, 2.6) - middle[:, 2]
    high = distance * draw.uniform((count,), -0.4, 0.9)
    rise = torch.where(draw.chance((count,), settings.steep), high, rise.clamp(-0.7 * distance, 0.7 * distance))
    flat = (distance**2 - rise**2).sqrt()[:, None]
    later = (poses.times - poses.times[:, frames // 2, None]) * draw.chance((count, 1), settings.moving)
    heading = draw.uniform((count, 1), 0, 2 * math.pi) + draw.normal((count, 1), 0.3) * later
    flat = flat * torch.exp(draw.normal((count, 1), 0.1) * later)
    rise = rise[:, None].expand_as(flat)
    camera = middle[:, None] + torch.stack([heading.cos() * flat, heading.sin() * flat, rise], dim=-1)
    past = draw.normal((count, 3)) * (draw.uniform((count, 1), 0, settings.aside) * distance[:, None])
    up = torch.tensor([0.0, 0.0, 1.0], device=draw.device)
    z = torch.nn.functional.normalize((middle + past)[:, None] - camera, dim=-1)
    right = torch.nn.functional.normalize(torch.linalg.cross(z, up.expand_as(z)), dim=-1)
    down = torch.linalg.cross(z, right)
    roll = draw.normal((count, 1, 1), settings.roll)
    x, y = right * roll.cos() + down * roll.sin(), down * roll.cos() - right * roll.sin()
    axes = torch.stack([x, y, z], dim=-1)
    return poses.joints @ axes, ((roots - camera)[:, :, None] @ axes)[:, :, 0]


def project(joints: Tensor, pelvis: Tensor) -> Tensor:
    """Return the image (B,T,19,2) at focal length 1 of camera joints relative to the pelvis (B,T,3)."""
    placed = joints + pelvis[:, :, None]
    return placed[..., :2] / placed[..., 2:].clamp(min=0.2)


def detector_joints(joints: Tensor, draw: Draw, strength: float) -> tuple[Tensor, Tensor]:
    """Return (seen, truth): the points that a BlazePose-like detector aims at, and the joints to learn.

    The detector reports the middle of the ears where the data has the top of the head, the tip of the nose, the
    tips of the toes, and hips and shoulders of its own definition; the nose to learn is its tip as well.
    """
    count = len(joints)
    truth, seen = joints.clone(), joints.clone()
    up, forward, base = _head_axes(joints)
    ears = base + up * _per_window(draw, count, 0.02, 0.055) + forward * _per_window(draw, count, -0.01, 0.03)
    tip = ears + forward * _per_window(draw, count, 0.10, 0.145) + up * _per_window(draw, count, -0.045, 0.005)
    truth[..., NOSE, :] = seen[..., NOSE, :] = tip
    seen[..., HEAD, :] = ears
    trunk = axes_of(joints[..., L_HIP, :] - joints[..., R_HIP, :], joints[..., THORAX, :])
    for pair, places in OWN_PLACES.items():
        mean, deviation = torch.tensor(places, device=draw.device)
        shift = strength * (mean + deviation * draw.normal((count, 1, 3)))
        for joint, outwards in zip(pair, (1.0, -1.0), strict=True):
            sideways = shift * torch.tensor([outwards, 1.0, 1.0], device=draw.device)
            seen[..., joint, :] = joints[..., joint, :] + (trunk @ sideways[..., None])[..., 0]
    beyond = strength * _per_window(draw, count, -0.05, 0.4)
    for toe, ankle in ((L_TOE, L_ANKLE), (R_TOE, R_ANKLE)):
        seen[..., toe, :] = joints[..., toe, :] + (joints[..., toe, :] - joints[..., ankle, :]) * beyond
    return seen, truth


def _per_window(draw: Draw, count: int, low: float, high: float) -> Tensor:
    return draw.uniform((count, 1, 1), low, high)


def _head_axes(joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the head's up and forward directions and the base of the skull, each (B,T,3).

    In the data the top is 17.5 cm above the base of the skull, the nose 4.2 cm above and 7.5 cm before it.
    """
    line = joints[..., HEAD, :] - joints[..., NOSE, :]
    size = line.norm(dim=-1, keepdim=True) / math.hypot(0.133, 0.075)
    along = torch.nn.functional.normalize(line, dim=-1)
    out = joints[..., NOSE, :] - joints[..., THORAX, :]
    out = torch.nn.functional.normalize(out - (out * along).sum(-1, keepdim=True) * along, dim=-1)
    angle = math.atan2(0.075, 0.133)
    up = along * math.cos(angle) + out * math.sin(angle)
    forward = out * math.cos(angle) - along * math.sin(angle)
    return up, forward, joints[..., HEAD, :] - 0.175 * size * up


def hidden_joints(joints: Tensor) -> Tensor:
    """Return 0..1 (B,T,19): how far a limb joint lies behind the trunk as the camera sees it."""
    hips, chest = joints[..., PELVIS, :], joints[..., THORAX, :]
    axis = chest - hips
    along = ((joints - hips[..., None, :]) * axis[..., None, :])[..., :2].sum(-1)
    along = (along / axis[..., :2].square().sum(-1, keepdim=True).clamp(min=1e-3)).clamp(-0.1, 1.0)
    nearest = hips[..., None, :] + along[..., None] * axis[..., None, :]
    offset = joints - nearest
    beside = offset[..., :2].norm(dim=-1)
    return torch.sigmoid((offset[..., 2] - 0.06) / 0.03) * torch.sigmoid((0.17 - beside) / 0.03)


def middle_points(points: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """Fill pelvis, thorax and spine of points (...,19,2) and confidence (...,19) as ``lifter_points`` does."""
    points, confidence = points.clone(), confidence.clone()
    hips, shoulders = (L_HIP, R_HIP), (L_SHOULDER, R_SHOULDER)
    for joint, sources in ((PELVIS, hips), (THORAX, shoulders), (SPINE, hips + shoulders)):
        points[..., joint, :] = points[..., list(sources), :].mean(-2)
        confidence[..., joint] = confidence[..., list(sources)].amin(-1)
    return points, confidence


def body_size(joints: Tensor) -> Tensor:
    """Return (B,1,1,1) the unit of the output: half of trunk plus leg, from bone lengths, whatever the pose."""

    def length(a: int, b: int) -> Tensor:
        return (joints[..., a, :] - joints[..., b, :]).norm(dim=-1).mean(1)

    legs = length(L_HIP, L_KNEE) + length(L_KNEE, L_ANKLE) + length(R_HIP, R_KNEE) + length(R_KNEE, R_ANKLE)
    trunk = length(PELVIS, SPINE) + length(SPINE, THORAX)
    return ((legs / 2 + trunk) / 2)[:, None, None, None]
