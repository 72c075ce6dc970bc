"""New poses and body shapes out of recorded ones, in batches of windows (B windows, T frames)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .draw import Draw
from .motions import (
    CHEST,
    FPS,
    HEAD,
    L_ANKLE,
    L_ELBOW,
    L_HIP,
    L_KNEE,
    L_SHOULDER,
    L_TOE,
    L_WRIST,
    LEFT_ARM,
    NOSE,
    R_ANKLE,
    R_ELBOW,
    R_HIP,
    R_KNEE,
    R_SHOULDER,
    R_TOE,
    R_WRIST,
    RIGHT_ARM,
    SPINE,
    THORAX,
    TRUNK,
    Motions,
    to_joints,
    to_world_bones,
)


@dataclass(frozen=True)
class Poses:
    """Windows of motion in the world, metres, Z up."""

    joints: Tensor  # (B,T,19,3) relative to the pelvis
    roots: Tensor  # (B,T,3) the pelvis
    times: Tensor  # (B,T) seconds


@dataclass(frozen=True)
class PoseSettings:
    """How far poses and bodies stray from the recorded ones; ``RECORDED`` leaves them alone."""

    mix: float = 0.4  # share of windows whose upper body comes from another clip
    mix_arm: float = 0.25  # share of windows, for each arm, whose arm comes from another clip
    sit: float = 0.08
    bend: float = 0.08  # share of windows whose trunk is bent forward
    tilt: float = 0.1  # share of windows turned over as a whole
    joint_noise_deg: float = 12.0
    bone_spread: float = 0.12
    seconds_apart: tuple[float, float] = (0.05, 0.2)  # between neighbouring frames of a window
    speed: tuple[float, float] = (0.6, 1.7)  # of the motion, relative to the recorded one
    reverse: float = 0.2  # share of windows that run backwards


RECORDED = PoseSettings(
    mix=0,
    mix_arm=0,
    sit=0,
    bend=0,
    tilt=0,
    joint_noise_deg=0,
    bone_spread=0,
    seconds_apart=(0.1, 0.1),
    speed=(1, 1),
    reverse=0,
)

NOISE_SOURCES = {
    "pelvis": (L_HIP, R_HIP),
    "loins": (SPINE, THORAX, *CHEST, *LEFT_ARM, *RIGHT_ARM),
    "chest": (THORAX, *CHEST, *LEFT_ARM, *RIGHT_ARM),
    "head": (NOSE, HEAD),
    "left_clavicle": (L_SHOULDER,),
    "right_clavicle": (R_SHOULDER,),
    "left_thigh": (L_KNEE, L_ANKLE, L_TOE),
    "right_thigh": (R_KNEE, R_ANKLE, R_TOE),
    "left_shin": (L_ANKLE, L_TOE),
    "right_shin": (R_ANKLE, R_TOE),
    "left_foot": (L_TOE,),
    "right_foot": (R_TOE,),
    "left_arm": LEFT_ARM,
    "right_arm": RIGHT_ARM,
    "left_forearm": (L_WRIST,),
    "right_forearm": (R_WRIST,),
}
"""Joints whose bones turn with each source of joint-angle noise."""

NOISE_SCALE = (0.2, 0.35, 0.35, 0.8, 0.4, 0.4, 1.0, 1.0, 0.7, 0.7, 0.8, 0.8, 1.2, 1.2, 1.0, 1.0)
BONE_PAIRS = ((R_HIP, L_HIP), (R_KNEE, L_KNEE), (R_ANKLE, L_ANKLE), (R_TOE, L_TOE), (R_SHOULDER, L_SHOULDER))
BONE_PAIRS += ((R_ELBOW, L_ELBOW), (R_WRIST, L_WRIST), (SPINE, SPINE), (THORAX, THORAX), (NOSE, NOSE), (HEAD, HEAD))


def sample_poses(motions: Motions, draw: Draw, settings: PoseSettings, count: int, frames: int) -> Poses:
    """Return ``count`` new windows of ``frames`` frames."""
    apart = draw.uniform((count, 1), *settings.seconds_apart)
    times = torch.arange(frames, device=draw.device) * apart
    recorded = times * draw.uniform((count, 1), *settings.speed)
    backwards = draw.chance((count, 1), settings.reverse)
    recorded = torch.where(backwards, recorded.flip(1), recorded)
    bones, pelvis, chest, roots = _mixed_parts(motions, draw, settings, recorded)
    if settings.sit:
        # for all windows, as picking some would make a GPU wait
        bones = torch.where(draw.chance((count, 1, 1, 1), settings.sit), _seat(bones, draw), bones)
    if settings.bend:
        bones, chest = _bend(bones, chest, draw, settings.bend)
    if settings.bone_spread:
        scales = _bone_scales(draw, settings.bone_spread, count)
        legs = (scales[:, L_KNEE] + scales[:, L_ANKLE])[:, None, None] / 2
        bones, roots = bones * scales[:, None, :, None], roots * legs
    world = to_world_bones(bones, pelvis, chest)
    if settings.joint_noise_deg:
        world = _joint_noise(world, draw, math.radians(settings.joint_noise_deg))
    if settings.tilt:
        world, roots = _tilt(world, roots, draw, settings.tilt)
    return Poses(to_joints(world), roots, times)


def _windows(motions: Motions, draw: Draw, times: Tensor) -> Tensor:
    """Return frame numbers (B,T) of random windows, each within one clip (short clips repeat their last frame)."""
    clips = draw.choice(motions.weights, len(times))
    offsets = (times * FPS).round().long()
    lengths = motions.lengths[clips]
    room = (lengths - offsets.amax(1)).clamp(min=1)
    first = torch.minimum((draw.uniform((len(times),)) * room).long(), room - 1)
    inside = torch.minimum(first[:, None] + offsets, (lengths - 1)[:, None])
    return motions.starts[clips][:, None] + inside


def _mixed_parts(
    motions: Motions, draw: Draw, settings: PoseSettings, times: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return bones, pelvis axes, chest axes and roots: legs, trunk and each arm possibly of different clips."""
    legs = _windows(motions, draw, times)
    bones, pelvis, roots = motions.bones[legs], motions.pelvis_axes[legs], motions.roots[legs]
    upper = _exchange(legs, settings.mix, motions, draw, times)
    bones[..., list(TRUNK + CHEST), :] = motions.bones[upper][..., list(TRUNK + CHEST), :]
    for arm in (LEFT_ARM, RIGHT_ARM):
        donors = _exchange(upper, settings.mix_arm, motions, draw, times)
        bones[..., list(arm), :] = motions.bones[donors][..., list(arm), :]
    return bones, pelvis, motions.chest_axes[upper], roots


def _exchange(windows: Tensor, share: float, motions: Motions, draw: Draw, times: Tensor) -> Tensor:
    """Return the windows with a share of them replaced by others."""
    if not share:
        return windows
    others = _windows(motions, draw, times)
    return torch.where(draw.chance((len(windows), 1), share), others, windows)


def _bone_scales(draw: Draw, spread: float, count: int) -> Tensor:
    """Return (B,19) factors of bone length, left = right; hips are wider and shoulders narrower than recorded."""
    scales = torch.ones(count, 19, device=draw.device)
    for right, left in BONE_PAIRS:
        scales[:, right] = scales[:, left] = draw.uniform((count,), 1 - spread, 1 + spread)
    scales[:, R_HIP] = scales[:, L_HIP] = draw.uniform((count,), 1.0, 1.3)
    scales[:, R_SHOULDER] = scales[:, L_SHOULDER] = draw.uniform((count,), 0.8, 1.08)
    return scales * draw.uniform((count, 1), 0.82, 1.15)


def _seat(bones: Tensor, draw: Draw) -> Tensor:
    """Return bones (B,T,19,3) with hips and knees bent as on a chair; all else is kept."""
    bones = bones.clone()
    count = len(bones)
    lean = draw.uniform((count, 1), math.radians(60), math.radians(115))
    for side, knee, ankle, toe in ((1.0, L_KNEE, L_ANKLE, L_TOE), (-1.0, R_KNEE, R_ANKLE, R_TOE)):
        hip = lean + draw.normal((count, 1), 0.12)
        shin = hip - draw.uniform((count, 1), math.radians(55), math.radians(125))
        foot = shin + draw.uniform((count, 1), math.radians(70), math.radians(115))
        spread = side * draw.uniform((count, 1), math.radians(-8), math.radians(30))
        for joint, pitch, yaw in ((knee, hip, spread), (ankle, shin, spread * 0.3), (toe, foot, spread)):
            length = bones[..., joint, :].norm(dim=-1, keepdim=True)
            direction = torch.stack([yaw.sin(), -pitch.cos() * yaw.cos(), pitch.sin() * yaw.cos()], dim=-1)
            bones[..., joint, :] = direction * length
    return bones


def _bend(bones: Tensor, chest: Tensor, draw: Draw, share: float) -> tuple[Tensor, Tensor]:
    """Bend the trunk forward in a share of the windows: bones (B,T,19,3) and chest axes (B,T,3,3)."""
    count = len(bones)
    angle = draw.uniform((count, 1), math.radians(20), math.radians(100)) * draw.chance((count, 1), share)
    to_left = torch.tensor([1.0, 0.0, 0.0], device=draw.device)
    low, high = (0.6 * angle)[..., None] * to_left, angle[..., None] * to_left
    bones = bones.clone()
    bones[..., SPINE, :] = rotate(bones[..., SPINE, :], low)
    bones[..., THORAX, :] = rotate(bones[..., THORAX, :], high)
    return bones, rotate(chest.transpose(-1, -2), high[..., None, :]).transpose(-1, -2)


def _joint_noise(world: Tensor, draw: Draw, sigma: float) -> Tensor:
    """Turn bones (B,T,19,3) by smooth random angles that add up along the limbs; lengths are kept."""
    count, frames = world.shape[:2]
    sources = len(NOISE_SOURCES)
    strength = draw.uniform((count, 1, 1, 1)) * sigma * torch.tensor(NOISE_SCALE, device=draw.device)[:, None]
    phase = draw.uniform((count, 1, sources, 3), 0, 2 * math.pi)
    rate = draw.uniform((count, 1, sources, 3), 0.1, 0.9)
    time = torch.arange(frames, device=draw.device)[:, None, None]
    wave = draw.normal((count, 1, sources, 3)) + 0.5 * torch.sin(phase + rate * time)
    follow = torch.zeros(world.shape[2], sources, device=draw.device)
    for column, joints in enumerate(NOISE_SOURCES.values()):
        follow[list(joints), column] = 1.0
    return rotate(world, follow @ (wave * strength))


def _tilt(world: Tensor, roots: Tensor, draw: Draw, share: float) -> tuple[Tensor, Tensor]:
    """Turn a share of the windows over as a whole (lying, upside down) and bring them near the floor."""
    count = len(world)
    chosen = draw.chance((count, 1, 1), share)
    heading = draw.uniform((count, 1), 0, 2 * math.pi)
    angle = draw.uniform((count, 1), math.radians(20), math.radians(110))
    turn = torch.stack([heading.cos(), heading.sin(), torch.zeros_like(heading)], dim=-1) * angle[..., None]
    tilted = rotate(world, turn[:, :, None] * chosen[..., None])
    low = roots.clone()
    low[..., 2] = draw.uniform((count, 1), 0.15, 1.0)
    return tilted, torch.where(chosen, low, roots)


def rotate(vectors: Tensor, turns: Tensor) -> Tensor:
    """Rotate vectors (...,3) by rotation vectors (...,3) (Rodrigues' formula); shapes broadcast."""
    angle = turns.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    axis, vectors = torch.broadcast_tensors(turns / angle, vectors)
    cross = torch.linalg.cross(axis, vectors)
    along = (axis * vectors).sum(-1, keepdim=True) * axis
    return vectors * angle.cos() + cross * angle.sin() + along * (1 - angle.cos())
