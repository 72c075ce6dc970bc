"""The errors of the keypoint detector, as measured on rendered clips whose exact keypoints are known.

``benchmarks/detector_noise.py`` measures them and compares them with what is made here. Most joints are off by two or
three hundredths of the half box, slowly changing; the large errors have a structure: a limb is put onto the other one
or into the background, often with good confidence. The detector's own depth follows the truth bone by bone with a
slope below one and errors that add up along the limbs.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..lifting.inputs import LIFTER_MIRROR
from .draw import Draw
from .motions import (
    CHAIN,
    HEAD,
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    L_WRIST,
    NOSE,
    PARENTS,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    R_WRIST,
    SPINE,
    THORAX,
)

LIMBS = ((L_KNEE, L_ANKLE, L_TOE), (R_KNEE, R_ANKLE, R_TOE), (L_ELBOW, L_WRIST), (R_ELBOW, R_WRIST))
LEGS_DOWN = (*LIMBS[0], *LIMBS[1])
FROM_HIPS_DOWN = (L_HIP, R_HIP, *LEGS_DOWN)
OUTSIDE = ((L_ANKLE, R_ANKLE, L_TOE, R_TOE), LEGS_DOWN, LEGS_DOWN, FROM_HIPS_DOWN, FROM_HIPS_DOWN)
"""What a picture may leave out, one as often as the other."""

JOINT_NOISE = (1.0, 0.8, 1.0, 1.0, 0.8, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8, 0.9, 1.1, 1.15, 0.9, 1.1, 1.15, 1.3, 1.3)
"""How much the detector errs at each joint, relative to the others."""

DEPTH_BONES = {
    (SPINE,): (0.85, 0.2, 0.03, 0.04),
    (THORAX,): (0.8, 0.25, 0.05, 0.06),
    (NOSE, HEAD): (1.1, 0.35, 0.09, 0.06),
    (L_SHOULDER, R_SHOULDER): (0.9, 0.15, 0.03, 0.024),
    (L_ELBOW, R_ELBOW): (0.75, 0.3, 0.09, 0.08),
    (L_WRIST, R_WRIST): (0.75, 0.35, 0.1, 0.10),
    (L_HIP, R_HIP): (1.0, 0.12, 0.01, 0.016),
    (L_KNEE, R_KNEE): (0.5, 0.25, 0.08, 0.10),
    (L_ANKLE, R_ANKLE): (0.75, 0.25, 0.08, 0.08),
    (L_TOE, R_TOE): (0.85, 0.3, 0.04, 0.055),
}
"""The detector's depth of the bone that ends at a joint: its slope against the truth and how that varies from clip
to clip, its constant error and its slow one, in body sizes."""

DEPTH_LEAN = 0.1
"""Standard deviation of how far the detector's body leans to or from the camera, radians."""

SIDES_ALIKE = 0.6
"""Part of the variance of slopes and constant errors that left and right share."""


@dataclass(frozen=True)
class ViewSettings:
    """Strength of a detector's errors; lengths are shares of the half box. ``EXACT`` has none."""

    bias: float = 0.010  # constant error of each joint within a window
    drift: float = 0.010  # slow error
    jitter: float = 0.005  # error of its own in every frame
    spread: float = 0.5  # log deviation of all these from window to window
    hidden: float = 5.0  # how much larger the errors of a hidden joint are
    unsure: float = 0.06  # share of joints that the detector reads badly for another reason
    mistakes: float = 0.04  # share of limbs that are put in a wrong place for a while; hidden ones more often
    outliers: float = 0.004
    swaps: float = 0.01
    cut: float = 0.15  # share of windows whose legs, or more, the picture does not hold
    missing: float = 0.01  # share of joints that the detector does not give, for some frames or all
    body: float = 1.0  # strength of the detector's own idea of hips, shoulders, ears and toes
    focal: float = 0.15  # log error of the focal length that the user gives
    box: float = 0.2  # log change of the box by what the person does before and after the window
    depth: float = 0.65  # share of windows with the detector's own depth
    depth_noise: float = 1.0  # strength of the errors of that depth


EXACT = ViewSettings(0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def disturb(
    points: Tensor, hidden: Tensor, half_box: Tensor, draw: Draw, settings: ViewSettings
) -> tuple[Tensor, Tensor, Tensor]:
    """Add a detector's errors to image points (B,T,19,2).

    ``hidden`` (B,T,19) 0..1, ``half_box`` (B,) is the unit of all errors. Returns the points, their confidence
    (B,T,19), which falls with the error that was to be expected, and which joints are mistaken (B,T,19).
    """
    count, frames, joints = points.shape[:3]
    level = torch.exp(draw.normal((count, 1, 1), settings.spread))
    unsure = 0.8 * draw.chance((count, 1, joints), settings.unsure) * draw.uniform((count, 1, joints), 0.5, 1.2)
    doubt = (hidden * draw.uniform((count, 1, joints), 0.3, 1.0) + unsure).clamp(max=1.2)
    spread = level * torch.tensor(JOINT_NOISE, device=draw.device) * (1 + (settings.hidden - 1) * doubt)
    error = slow_noise(draw, points.shape) * settings.drift + draw.normal((count, 1, joints, 2), settings.bias)
    error = (error + draw.normal(points.shape, settings.jitter)) * spread[..., None]
    wild = draw.chance((count, frames, joints), settings.outliers)
    error = error + draw.normal(error.shape, 0.12) * wild[..., None]
    mistaken = limb_mistakes(hidden, draw, settings.mistakes)
    wrong = _wrong_places(points, half_box, draw)
    points = torch.where(mistaken[..., None], wrong, points) + error * half_box[:, None, None, None]
    noticed = mistaken * draw.uniform((count, 1, joints), 0.05, 0.45)
    expected = 0.85 - 0.32 * doubt - noticed - 0.2 * wild - 2.5 * settings.drift * (level - 1)
    own_scale = torch.exp(0.05 + draw.normal((count, 1, 1), 0.4))
    confidence = expected + draw.normal((count, 1, joints), 0.04) + draw.normal(expected.shape, 0.03)
    return points, confidence.clamp(0.05, 1.0) ** own_scale, mistaken


def limb_mistakes(hidden: Tensor, draw: Draw, share: float) -> Tensor:
    """Return (B,T,19) where a limb, from some joint of it outwards, is in a wrong place: for a part of the window."""
    count, frames, joints = hidden.shape
    mistaken = torch.zeros(count, frames, joints, dtype=torch.bool, device=draw.device)
    if not share:
        return mistaken
    time = torch.arange(frames, device=draw.device)
    for limb in LIMBS:
        likely = share * (1 + 3 * hidden[..., list(limb)].mean((1, 2)))
        begin = draw.uniform((count, 1), -0.5, 0.9) * frames
        end = begin + draw.uniform((count, 1), 0.15, 1.2) * frames
        during = (draw.uniform((count,)) < likely)[:, None] & (time >= begin) & (time < end)
        outwards = draw.integers((count, 1, 1), 2) <= torch.arange(len(limb), device=draw.device)
        mistaken[..., list(limb)] = during[..., None] & outwards
    return mistaken


def _wrong_places(points: Tensor, half_box: Tensor, draw: Draw) -> Tensor:
    """Return where mistaken joints (B,T,19,2) end up: by the same joint of the other side, or somewhere near."""
    count, joints = points.shape[0], points.shape[2]
    onto = draw.uniform((count, 1, joints, 1), 0.7, 1.1)
    other = points + onto * (points[:, :, LIFTER_MIRROR] - points)
    astray = draw.normal((count, 1, joints, 2), 0.14) + 0.06 * slow_noise(draw, points.shape)
    astray = points + astray * half_box[:, None, None, None]
    return torch.where(draw.chance((count, 1, 1, 1), 0.6), other, astray)


def slow_noise(draw: Draw, shape: tuple[int, ...]) -> Tensor:
    """Return noise (B,T,J,K) of variance 1 that a window's frames share in part (two waves of random length)."""
    time = torch.arange(shape[1], device=draw.device)[:, None, None]
    flat = (shape[0], 1, *shape[2:])
    waves = [
        draw.normal(flat) * torch.sin(draw.uniform(flat, 0, 2 * math.pi) + draw.uniform(flat, 0.1, high) * time)
        for high in (0.6, 1.8)
    ]
    return waves[0] + waves[1]


def guess_depth(joints: Tensor, doubt: Tensor, draw: Draw, settings: ViewSettings) -> tuple[Tensor, Tensor]:
    """Return the depth (B,T,19) that the detector gives, in body sizes, and where it gives one.

    ``joints`` (B,T,19,3) are true, in the axes of the virtual camera, y down, z away; ``doubt`` (B,T,19) is 1 where
    the detector sees something else than the joint. The bones of the tree err each by itself, left and right partly
    alike, so that errors add up towards the ends of the limbs; and the body leans as a whole.
    """
    count, frames, parts = doubt.shape
    depth = joints[..., 2]
    bones = depth - depth[..., list(PARENTS)]
    table = torch.zeros(4, parts, device=draw.device)
    for ends, row in DEPTH_BONES.items():
        table[:, list(ends)] = torch.tensor(row, device=draw.device)[:, None]
    level = settings.depth_noise * torch.exp(0.15 + draw.normal((count, 1, 1), 0.4))
    slope = 1 + settings.depth_noise * (table[0] - 1 + table[1] * _alike(draw, (count, 1, parts)))
    error = table[2] * _alike(draw, (count, 1, parts)) + table[3] * slow_noise(draw, (*depth.shape, 1))[..., 0]
    error = error * level * (1 + doubt) + draw.normal(error.shape, 0.015) * settings.depth_noise
    lean = draw.normal((count, 1, 1), settings.depth_noise * DEPTH_LEAN)
    guess = (bones * slope + error) @ CHAIN.to(depth).T + lean * joints[..., 1]
    known = draw.chance((count, 1, 1), settings.depth).expand(count, frames, parts)
    return torch.where(known, guess, 0.0), known


def _alike(draw: Draw, shape: tuple[int, int, int]) -> Tensor:
    """Return noise (B,1,19) of variance 1, most of which left and right have in common."""
    own, common = draw.normal(shape), draw.normal(shape)
    common = (common + common[..., LIFTER_MIRROR]) / torch.where(
        torch.tensor(LIFTER_MIRROR, device=draw.device) == torch.arange(shape[2], device=draw.device), 2.0, math.sqrt(2)
    )
    return math.sqrt(1 - SIDES_ALIKE) * own + math.sqrt(SIDES_ALIKE) * common


def swap_sides(values: Tensor, draw: Draw, share: float) -> Tensor:
    """Exchange left and right of (B,T,19,...) from some frame on in a share of the windows."""
    count, frames = values.shape[:2]
    since = draw.integers((count, 1), frames)
    swapped = draw.chance((count, 1), share) & (torch.arange(frames, device=draw.device) >= since)
    return torch.where(swapped.view(count, frames, *[1] * (values.dim() - 2)), values[:, :, LIFTER_MIRROR], values)


def cut_body(points: Tensor, confidence: Tensor, half_box: Tensor, draw: Draw, share: float) -> tuple[Tensor, Tensor]:
    """Let feet, legs, or all from the hips down leave the picture in a share of the windows.

    What is outside is a wild guess or nothing, with little confidence.
    """
    count, _, joints = confidence.shape
    parts = torch.zeros(len(OUTSIDE), joints, dtype=torch.bool, device=draw.device)
    for row, outside in zip(parts, OUTSIDE, strict=True):
        row[list(outside)] = True
    lost = parts[draw.integers((count,), len(OUTSIDE))] & draw.chance((count, 1), share)
    hips = torch.zeros(joints, device=draw.device)
    hips[[L_HIP, R_HIP]] = 1.0
    wide = 0.2 - 0.11 * hips
    astray = draw.normal((count, 1, joints, 2))
    astray[:, :, R_HIP] = astray[:, :, L_HIP]  # the trunk looks longer or shorter
    guess = points + astray * (wide * half_box[:, None])[:, None, :, None]
    # hips behind a desk are guessed with more confidence than feet outside the picture
    faint = 0.02 + draw.uniform((count, 1, joints)) * (0.28 + 0.35 * hips) + draw.normal(confidence.shape, 0.02)
    nothing = draw.chance((count, 1, 1), 0.5) & (hips == 0)  # without hips nobody would be followed
    points = torch.where(lost[:, None, :, None], guess, points)
    confidence = torch.where(lost[:, None], torch.where(nothing, 0.0, faint.clamp(0.01, 1.0)), confidence)
    return points, confidence


def lose_joints(confidence: Tensor, draw: Draw, share: float) -> Tensor:
    """Set the confidence (B,T,19) of a share of the joints to 0 from some frame of the window on."""
    count, frames, joints = confidence.shape
    since = draw.integers((count, 1, joints), frames)
    lost = draw.chance((count, 1, joints), share) & (torch.arange(frames, device=draw.device)[:, None] >= since)
    return torch.where(lost, 0.0, confidence)
