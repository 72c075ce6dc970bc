"""What a camera and a 2D detector make of a pose: keypoints with a detector's errors, and the truth to learn."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..lifting.inputs import LIFTER_MIRROR
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

LEGS_DOWN = (L_KNEE, R_KNEE, L_ANKLE, R_ANKLE, L_TOE, R_TOE)
JOINT_NOISE = (1.0, 1.0, 1.0, 1.1, 1.0, 1.0, 1.1, 1.0, 1.0, 0.6, 0.7, 1.0, 1.2, 1.4, 1.0, 1.2, 1.4, 1.4, 1.4)
"""How much the detector errs at each joint, relative to the others."""


@dataclass(frozen=True)
class ViewSettings:
    """Strength of a detector's errors; lengths are shares of the half box. ``EXACT`` has none."""

    bias: float = 0.016  # constant error of each joint within a window
    drift: float = 0.018  # slow error
    jitter: float = 0.006  # error of its own in every frame
    hidden: float = 2.5  # how much larger the errors of a hidden joint are
    lost: float = 0.02  # share of joints that the detector puts somewhere else for a while
    outliers: float = 0.005
    swaps: float = 0.01
    cut: float = 0.1  # share of windows whose legs the picture does not hold
    missing: float = 0.01  # share of joints that the detector does not give, for some frames or all
    body: float = 1.0  # strength of the detector's own idea of hips, shoulders, ears and toes
    focal: float = 0.15  # log error of the focal length that the user gives
    box: float = 0.2  # log change of the box by what the person does before and after the window


EXACT = ViewSettings(0, 0, 0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0)


def before_camera(poses: Poses, draw: Draw) -> tuple[Tensor, Tensor]:
    """Put each window before a random camera that stands still and looks past the person.

    Returns the joints (B,T,19,3) relative to the pelvis and the pelvis (B,T,3) in camera axes (x right, y down,
    z away), metres.
    """
    roots = poses.roots
    count, frames = roots.shape[:2]
    middle = roots[:, frames // 2]
    heading = draw.uniform((count,), 0, 2 * math.pi)
    distance = 1.5 * 5.3 ** draw.uniform((count,))
    rise = draw.uniform((count,), 0.2, 2.6) - middle[:, 2]
    high = distance * draw.uniform((count,), -0.4, 0.9)
    rise = torch.where(draw.chance((count,), 0.15), high, rise.clamp(-0.7 * distance, 0.7 * distance))
    flat = (distance**2 - rise**2).sqrt()
    camera = middle + torch.stack([heading.cos() * flat, heading.sin() * flat, rise], dim=-1)
    past = draw.normal((count, 3), 0.15) * distance[:, None]
    up = torch.tensor([0.0, 0.0, 1.0], device=draw.device)
    z = torch.nn.functional.normalize(middle + past - camera, dim=-1)
    right = torch.nn.functional.normalize(torch.linalg.cross(z, up.expand_as(z)), dim=-1)
    down = torch.linalg.cross(z, right)
    roll = draw.normal((count, 1), 0.07)
    x, y = right * roll.cos() + down * roll.sin(), down * roll.cos() - right * roll.sin()
    axes = torch.stack([x, y, z], dim=-1)
    return poses.joints @ axes[:, None], (roots - camera[:, None]) @ axes


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
    shift = draw.normal((count, 1, 3), 1.0) * torch.tensor([0.0, 0.025, 0.015], device=draw.device) * strength
    shift[..., 1] -= 0.012 * strength
    wide = 1 + strength * _per_window(draw, count, -0.2, 0.15)
    for hip in (L_HIP, R_HIP):
        seen[..., hip, :] = joints[..., hip, :] * wide + (trunk @ shift[..., None])[..., 0]
    lift = draw.normal((count, 1, 3), 1.0) * torch.tensor([0.0, 0.015, 0.015], device=draw.device) * strength
    lift[..., 1] += 0.01 * strength
    for shoulder in (L_SHOULDER, R_SHOULDER):
        seen[..., shoulder, :] = joints[..., shoulder, :] + (trunk @ lift[..., None])[..., 0]
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


def disturb(
    points: Tensor, hidden: Tensor, half_box: Tensor, draw: Draw, settings: ViewSettings
) -> tuple[Tensor, Tensor]:
    """Add a detector's errors to image points (B,T,19,2); returns the points and their confidence (B,T,19).

    ``half_box`` (B,) is the unit of all errors. The confidence falls with the error that was to be expected.
    """
    count, frames, joints = points.shape[:3]
    level = torch.exp(draw.normal((count, 1, 1), 0.45))
    doubt = (hidden + 0.6 * draw.chance((count, 1, joints), 0.06)).clamp(max=1.0)
    spread = level * torch.tensor(JOINT_NOISE, device=draw.device) * (1 + (settings.hidden - 1) * doubt)
    slow = _slow_noise(draw, (count, frames, joints, 2)) * settings.drift
    error = slow + draw.normal((count, 1, joints, 2), settings.bias) + draw.normal(slow.shape, settings.jitter)
    wild = draw.chance((count, frames, joints), settings.outliers)
    lost = draw.chance((count, 1, joints), settings.lost)
    error = error * spread[..., None] + draw.normal(error.shape, 0.12) * wild[..., None]
    error = error + 0.12 * _slow_noise(draw, (count, frames, joints, 2)) * lost[..., None]
    expected = 0.83 - 0.2 * doubt - 0.3 * lost - 0.25 * wild - 2.0 * settings.drift * (spread - 1)
    own_scale = torch.exp(draw.normal((count, 1, 1), 0.4))
    confidence = (expected + draw.normal(expected.shape, 0.06)).clamp(0.05, 1.0) ** own_scale
    return points + error * half_box[:, None, None, None], confidence


def _slow_noise(draw: Draw, shape: tuple[int, ...]) -> Tensor:
    """Return noise of variance 1 that a window's frames share in part (two waves of random length)."""
    time = torch.arange(shape[1], device=draw.device)[:, None, None]
    flat = (shape[0], 1, *shape[2:])
    waves = [
        draw.normal(flat) * torch.sin(draw.uniform(flat, 0, 2 * math.pi) + draw.uniform(flat, 0.1, high) * time)
        for high in (0.6, 1.8)
    ]
    return waves[0] + waves[1]


def swap_sides(points: Tensor, draw: Draw, share: float) -> Tensor:
    """Exchange left and right from some frame on in a share of the windows (points (B,T,19,...))."""
    count, frames = points.shape[:2]
    since = draw.integers((count, 1), frames)
    swapped = draw.chance((count, 1), share) & (torch.arange(frames, device=draw.device) >= since)
    return torch.where(swapped[..., None, None], points[:, :, LIFTER_MIRROR], points)


def cut_legs(points: Tensor, confidence: Tensor, half_box: Tensor, draw: Draw, share: float) -> tuple[Tensor, Tensor]:
    """Let the legs leave the picture in a share of the windows: wild guesses or nothing, with low confidence."""
    count, _, joints = confidence.shape
    legs = torch.zeros(joints, dtype=torch.bool, device=draw.device)
    legs[list(LEGS_DOWN)] = True
    ankles = torch.zeros_like(legs)
    ankles[[L_ANKLE, R_ANKLE, L_TOE, R_TOE]] = True
    lost = torch.where(draw.chance((count, 1), 0.6), legs, ankles) & draw.chance((count, 1), share)
    guess = points + draw.normal((count, 1, joints, 2), 0.2) * half_box[:, None, None, None]
    faint = draw.uniform(confidence.shape, 0.02, 0.3)
    nothing = draw.chance((count, 1, 1), 0.5)
    points = torch.where(lost[:, None, :, None], guess, points)
    confidence = torch.where(lost[:, None], torch.where(nothing, 0.0, faint), confidence)
    return points, confidence


def lose_joints(confidence: Tensor, draw: Draw, share: float) -> Tensor:
    """Set the confidence (B,T,19) of a share of the joints to 0 from some frame of the window on."""
    count, frames, joints = confidence.shape
    since = draw.integers((count, 1, joints), frames)
    lost = draw.chance((count, 1, joints), share) & (torch.arange(frames, device=draw.device)[:, None] >= since)
    return torch.where(lost, 0.0, confidence)


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
