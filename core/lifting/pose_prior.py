"""TCPFormer on top of a per-frame guess: the lifter that is trained here.

A residual network over all joints of one frame (after Martinez et al., "A simple yet effective
baseline for 3D human pose estimation", ICCV 2017) learns quickly and cheaply which poses people
take. TCPFormer sees the keypoints together with that guess in every frame of the clip and adds a
correction that starts at zero. Without ``PriorLifter`` a plain TCPFormer is used; the official
weights know nothing of it.

Building from a stored configuration: ``PriorLifter(**config)``, keys as in its ``__init__``; the
state dict has the prefixes ``prior.`` and ``tcpformer.``.
"""

import math
from typing import Any, Final

import torch
from torch import Tensor, nn

START_DISTANCE: Final = 1.4
"""Half box at the person's distance over body size, before training: a standing person's."""

START_SPREAD: Final = 0.2
"""Expected error of a joint, in body units, before training."""


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
    of the input (``inputs.predict_pose``). With ``uncertainty`` a fourth output is the log of the expected distance
    error of each joint, as in uncertainty-aware test-time optimisation (UAO, TMM 2025).
    """

    def __init__(self, num_joints: int, dim_in: int, width: int, blocks: int, uncertainty: bool = False) -> None:
        super().__init__()
        self.dim_in = dim_in
        self.embed = nn.Linear(num_joints * dim_in, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_joints * 3 + 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.spread = nn.Linear(width, num_joints) if uncertainty else None
        if self.spread is not None:
            nn.init.zeros_(self.spread.weight)
            nn.init.constant_(self.spread.bias, math.log(START_SPREAD))

    def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
        """Lift (...,J,C), the first joint being the root, to (...,J,3) or (...,J,4); no frame needs its time.

        Of C channels the first ``dim_in`` are read.
        """
        return self.guess(x)[0]

    def guess(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output of ``forward`` and the features (...,width) that it was read from."""
        x = x[..., : self.dim_in]
        hidden = self.embed(x.flatten(-2))
        for block in self.blocks:
            hidden = block(hidden)
        hidden = self.norm(hidden)
        out = self.head(hidden).float()
        pose = out[..., 1:].unflatten(-1, (x.shape[-2], 3))
        # a point at depth Z has x = image x times Z; in half boxes and body sizes Z is the distance of the
        # person over the width of its box, plus the joint's own depth times the half box over the focal length
        box = x[..., :1, 3:4].exp()
        stretch = START_DISTANCE + out[..., :1, None] + box * pose[..., 2:]
        flat = x[..., :2] * (stretch - 1)
        pose = pose + nn.functional.pad(flat, (0, 1))
        if self.spread is not None:
            pose = torch.cat((pose, self.spread(hidden).float()[..., None]), dim=-1)
        return pose, hidden


class PriorLifter(nn.Module):
    """The guess of a ``PosePrior`` corrected by a TCPFormer that sees the whole clip.

    ``tcpformer`` holds keywords of ``TCPFormer``; its ``dim_in`` counts the channels of the input, to which
    those of the guess are added. ``uncertainty`` adds the output of that name. ``prior_features`` hands what
    the prior knows of a frame beyond its guess to TCPFormer, as so many numbers per joint; gradients go from
    TCPFormer into the prior only with ``prior_gradient``.
    """

    def __init__(
        self,
        prior_width: int,
        prior_blocks: int,
        tcpformer: dict[str, Any],
        uncertainty: bool = False,
        prior_features: int = 0,
        prior_gradient: bool = False,
    ) -> None:
        super().__init__()
        from .tcpformer import TCPFormer

        dim_in, joints, outputs = tcpformer["dim_in"], tcpformer["num_joints"], 4 if uncertainty else 3
        keywords = {**tcpformer, "dim_in": dim_in + outputs, "dim_out": outputs}
        if prior_features:
            keywords["frame_features"] = (prior_width, prior_features)
        self.prior_features = prior_features
        self.prior_gradient = prior_gradient
        self.prior = PosePrior(joints, dim_in, prior_width, prior_blocks, uncertainty)
        self.tcpformer = TCPFormer(**keywords)
        nn.init.zeros_(self.tcpformer.head.weight)
        nn.init.zeros_(self.tcpformer.head.bias)

    def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
        """Lift (B,T,J,C) to (B,T,J,3), or (B,T,J,4) with the log of the expected error; C as for ``PosePrior``.

        ``times`` (B,T) in seconds matter to a TCPFormer with ``time_position``.
        """
        guess, hidden = self.prior.guess(x)
        known, features = (guess, hidden) if self.prior_gradient else (guess.detach(), hidden.detach())
        seen = torch.cat([x[..., : self.prior.dim_in], known], dim=-1)
        return guess + self.tcpformer(seen, times, features if self.prior_features else None).float()
