"""TCPFormer on top of a per-frame guess: the lifter that is trained here.

A residual network over all joints of one frame (after Martinez et al., "A simple yet effective
baseline for 3D human pose estimation", ICCV 2017) learns quickly and cheaply which poses people
take. TCPFormer sees the keypoints together with that guess in every frame of the clip and adds a
correction that starts at zero. Without ``PriorLifter`` a plain TCPFormer is used; the official
weights know nothing of it.

Building from a stored configuration: ``PriorLifter(**config)``, keys as in its ``__init__``; the
state dict has the prefixes ``prior.`` and ``tcpformer.``.
"""

from typing import Any

import torch
from torch import Tensor, nn

START_DISTANCE = 1.4
"""Half box at the person's distance over body size, before training: a standing person's."""


class ResidualBlock(nn.Module):
    """Two linear layers with a norm before and a skip around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (...,width) to (...,width)."""
        return x + self.fc2(nn.functional.relu(self.fc1(self.norm(x))))


class PosePrior(nn.Module):
    """Lift every frame by itself: depths and a distance, through which the keypoints are projected back.

    Reads the channels of ``inputs.CHANNELS``; like every network here it gives x and y as corrections to those
    of the input (``inputs.predict_pose``).
    """

    def __init__(self, num_joints: int, dim_in: int, width: int, blocks: int) -> None:
        super().__init__()
        self.embed = nn.Linear(num_joints * dim_in, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_joints * 3 + 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Lift (...,J,dim_in), the first joint being the root, to (...,J,3)."""
        hidden = self.embed(x.flatten(-2))
        for block in self.blocks:
            hidden = block(hidden)
        out = self.head(self.norm(hidden)).float()
        pose = out[..., 1:].unflatten(-1, (x.shape[-2], 3))
        # a point at depth Z has x = image x times Z; in half boxes and body sizes Z is the distance of the
        # person over the width of its box, plus the joint's own depth times the half box over the focal length
        box = x[..., :1, 3:4].exp()
        stretch = START_DISTANCE + out[..., :1, None] + box * pose[..., 2:]
        flat = x[..., :2] * (stretch - 1)
        return pose + nn.functional.pad(flat, (0, 1))


class PriorLifter(nn.Module):
    """The guess of a ``PosePrior`` corrected by a TCPFormer that sees the whole clip.

    ``tcpformer`` holds keywords of ``TCPFormer``; its ``dim_in`` counts the channels of the input,
    to which the three of the guess are added.
    """

    def __init__(self, prior_width: int, prior_blocks: int, tcpformer: dict[str, Any]) -> None:
        super().__init__()
        from .tcpformer import TCPFormer

        dim_in, joints = tcpformer["dim_in"], tcpformer["num_joints"]
        self.prior = PosePrior(joints, dim_in, prior_width, prior_blocks)
        self.tcpformer = TCPFormer(**{**tcpformer, "dim_in": dim_in + 3})
        nn.init.zeros_(self.tcpformer.head.weight)
        nn.init.zeros_(self.tcpformer.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Lift (B,T,J,dim_in) to (B,T,J,3)."""
        guess = self.prior(x)
        seen = torch.cat([x, guess.detach()], dim=-1)
        return guess + self.tcpformer(seen).float()
