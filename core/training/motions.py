"""Motion-capture clips, cut into bones in the axes of the body so that parts can be exchanged."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import PosewrightError
from ..lifting.inputs import LIFTER_JOINTS, LIFTER_MIRROR

FPS = 30.0
"""Frame rate of the recorded clips."""

PARENTS = (0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 8, 8, 11, 12, 8, 14, 15, 6, 3)
LEGS = (1, 2, 3, 4, 5, 6, 17, 18)
TRUNK = (7, 8)
CHEST = (9, 10, 11, 14)
LEFT_ARM = (12, 13)
RIGHT_ARM = (15, 16)
(PELVIS, R_HIP, R_KNEE, R_ANKLE, L_HIP, L_KNEE, L_ANKLE, SPINE, THORAX, NOSE, HEAD) = range(11)
(L_SHOULDER, L_ELBOW, L_WRIST, R_SHOULDER, R_ELBOW, R_WRIST, L_TOE, R_TOE) = range(11, len(LIFTER_JOINTS))

SHARES = {
    ("cmu_daz", "cmu60"): 0.06,
    ("cmu_daz", "cmu61"): 0.06,
    ("cmu_daz", "cmu94"): 0.07,
    ("cmu_daz", "cmu135"): 0.07,
    ("cmu_bvh", "cmu01"): 0.08,
    ("kaykit", "kaykit"): 0.03,
}
"""Share of the training windows of sources that would otherwise rule it, or that are least natural."""


@dataclass(frozen=True)
class Motions:
    """Every frame of a data set, each clip also mirrored (N frames, 19 joints)."""

    bones: Tensor  # (N,19,3) metres: joint minus parent, in pelvis axes (legs, trunk) or chest axes (the rest)
    pelvis_axes: Tensor  # (N,3,3) columns: to the left, up, forward, in the world
    chest_axes: Tensor  # (N,3,3) the same of the chest, in pelvis axes
    roots: Tensor  # (N,3) pelvis in the world, metres, Z up
    starts: Tensor  # (C,) first frame of each clip
    lengths: Tensor  # (C,)
    weights: Tensor  # (C,) how often a clip is drawn

    def to(self, device: torch.device) -> "Motions":
        """Return a copy on ``device``."""
        return Motions(*(value.to(device) for value in vars(self).values()))


def load_motions(path: Path, balanced: bool = True) -> Motions:
    """Read an ``.npz`` of clips (``positions`` (F,19,3), ``clip_starts``, ``source``, ``subject``; 30 fps, Z up).

    ``balanced`` draws sources by ``SHARES``; otherwise every frame counts the same.
    """
    if not path.is_file():
        raise PosewrightError(f"The motion data {path} does not exist; give the folder that holds it with --data.")
    try:
        with np.load(path) as data:
            positions = torch.from_numpy(data["positions"].astype(np.float32) * float(data["scale"]))
            bounds = torch.from_numpy(data["clip_starts"].astype(np.int64))
            sources = list(zip(data["source"].tolist(), data["subject"].tolist(), strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PosewrightError(f"{path.name} is damaged or holds no motion data; make or copy it again.") from error
    if positions.shape[1:] != (len(LIFTER_JOINTS), 3) or len(sources) != len(bounds) - 1 or not len(positions):
        raise PosewrightError(
            f"{path.name} does not hold clips of the {len(LIFTER_JOINTS)} joints that docs/training.md lists."
        )
    frames, lengths = len(positions), bounds[1:] - bounds[:-1]
    weights = _clip_weights(lengths, sources) if balanced else lengths.float()
    mirrored = positions[:, LIFTER_MIRROR] * torch.tensor([-1.0, 1.0, 1.0])
    bones, pelvis, chest = to_bones(torch.cat([positions, mirrored]))
    return Motions(
        bones,
        pelvis,
        chest,
        torch.cat([positions[:, PELVIS], mirrored[:, PELVIS]]),
        torch.cat([bounds[:-1], bounds[:-1] + frames]),
        lengths.repeat(2),
        weights.repeat(2),
    )


def load_actions(path: Path) -> list[str]:
    """Return what the recorded clips of a motion file show, in lower case; "unnamed" where the file does not say."""
    with np.load(path) as data:
        clips = len(data["clip_starts"]) - 1
        names = data["action"].tolist() if "action" in data else [""] * clips
    return [str(name).strip().lower().replace("_", " ") or "unnamed" for name in names]


def _clip_weights(lengths: Tensor, sources: list[tuple[str, str]]) -> Tensor:
    """Return clip weights that give each source its share and split the rest by frames."""
    frames: dict[tuple[str, str], float] = {}
    for key, length in zip(sources, lengths.tolist(), strict=True):
        frames[key] = frames.get(key, 0.0) + length
    rest = 1.0 - sum(SHARES[key] for key in frames if key in SHARES)
    others = sum(count for key, count in frames.items() if key not in SHARES)
    shares = {key: SHARES.get(key, rest * count / max(others, 1.0)) for key, count in frames.items()}
    return torch.tensor([shares[k] * n / frames[k] for k, n in zip(sources, lengths.tolist(), strict=True)])


def axes_of(left: Tensor, up: Tensor) -> Tensor:
    """Return right-handed axes (...,3,3) with columns left, up, forward; ``up`` is made square to ``left``."""
    x = torch.nn.functional.normalize(left, dim=-1)
    y = torch.nn.functional.normalize(up - (up * x).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)


def to_bones(joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Split world joints (...,19,3) into bones, pelvis axes and chest axes (see ``Motions``)."""
    bones = joints - joints[..., list(PARENTS), :]
    pelvis = axes_of(joints[..., L_HIP, :] - joints[..., R_HIP, :], bones[..., SPINE, :])
    chest = axes_of(joints[..., L_SHOULDER, :] - joints[..., R_SHOULDER, :], bones[..., THORAX, :])
    local = bones @ pelvis
    upper = list(CHEST + LEFT_ARM + RIGHT_ARM)
    local[..., upper, :] = bones[..., upper, :] @ chest
    return local, pelvis, pelvis.transpose(-1, -2) @ chest


def to_world_bones(bones: Tensor, pelvis: Tensor, chest: Tensor) -> Tensor:
    """Undo the axes of ``to_bones``: bones (...,19,3) in the world."""
    world = bones @ pelvis.transpose(-1, -2)
    upper = list(CHEST + LEFT_ARM + RIGHT_ARM)
    world[..., upper, :] = bones[..., upper, :] @ (pelvis @ chest).transpose(-1, -2)
    return world


def to_joints(world_bones: Tensor) -> Tensor:
    """Add world bones (...,19,3) up along the tree: joints relative to the pelvis."""
    return CHAIN.to(world_bones) @ world_bones


def _chain() -> Tensor:
    """Return (19,19): 1 where a bone lies between the pelvis and a joint."""
    chain = torch.zeros(len(PARENTS), len(PARENTS))
    for joint in range(len(PARENTS)):
        at = joint
        while at:
            chain[joint, at] = 1.0
            at = PARENTS[at]
    return chain


CHAIN = _chain()
