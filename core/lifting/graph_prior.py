"""What is known about motion as a graph of neighbours in time.

Method: the trajectory prior of Peng et al., "KTPFormer" (CVPR 2024), written from a description. Here it is added to
the network through a gate that starts at 0, with layer instead of batch norms, and one learnt weight per distance and
channel instead of a T x T matrix, so clips may have any length. Their kinematic prior, a graph of the skeleton, was
tried and gained nothing (docs/lifting.md).
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

REACH: Final = 2
"""Frames to either side that the graph of time joins."""


class FrameGraph(nn.Module):
    """A graph convolution along time with one weight per channel and distance, not necessarily symmetric."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.own = nn.Linear(dim, dim)
        self.neighbours = nn.Linear(dim, dim, bias=False)
        self.weights = nn.Parameter(torch.full((2 * REACH, dim), 0.5 / REACH))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B,T,J,C) to (B,T,J,C); the frames at the ends stand for those beyond."""
        frames, values = x.shape[1], self.neighbours(x)
        before, after = (end.expand(-1, REACH, -1, -1) for end in (values[:, :1], values[:, -1:]))
        padded = torch.cat((before, values, after), dim=1)
        out = self.own(x)
        for weight, start in zip(self.weights, (*range(REACH), *range(REACH + 1, 2 * REACH + 1)), strict=True):
            out = torch.addcmul(out, padded[:, start : start + frames], weight)
        return F.relu(self.norm(out))


class TrajectoryPrior(nn.Module):
    """Two graph convolutions along the trajectory of each joint."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.graphs = nn.Sequential(FrameGraph(dim), FrameGraph(dim))
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return what is added to the tokens (B,T,J,C)."""
        return self.gate * self.graphs(x)
