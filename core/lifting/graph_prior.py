"""What is known about bodies and motion as graphs: neighbours on the skeleton, and neighbours in time.

Method: the kinematic and trajectory priors of Peng et al., "KTPFormer" (CVPR 2024), written from a description.
Here both are added to the network through a gate that starts at 0, with layer instead of batch norms; the graph of
time has one learnt weight per distance and channel instead of a T x T matrix, so clips may have any length.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from ..skeleton import PARENTS
from .inputs import LIFTER_JOINTS

REACH: Final = 2
"""Frames to either side that the graph of time joins."""

LEARNT_START: Final = 1e-6


def skeleton_adjacency(num_joints: int) -> Tensor:
    """Return the (J,J) adjacency of the first ``num_joints`` of ``LIFTER_JOINTS``: unit diagonal, rows of sum 1."""
    if not 1 < num_joints <= len(LIFTER_JOINTS):
        raise ValueError(f"skeleton_prior knows 2 to {len(LIFTER_JOINTS)} joints, not {num_joints}.")
    names = LIFTER_JOINTS[:num_joints]
    adjacency = torch.eye(num_joints)
    for child, name in enumerate(names):
        parent = PARENTS[name]
        while parent is not None and parent not in names:
            parent = PARENTS[parent]
        if parent is not None:
            adjacency[child, names.index(parent)] = adjacency[names.index(parent), child] = 1.0
    return adjacency / adjacency.sum(dim=1, keepdim=True)


class SkeletonPrior(nn.Module):
    """A graph convolution over the joints of each frame; the graph is the skeleton plus a learnt one."""

    skeleton: Tensor

    def __init__(self, num_joints: int, dim_in: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("skeleton", skeleton_adjacency(num_joints), persistent=False)
        self.learnt = nn.Parameter(torch.full((num_joints, num_joints), LEARNT_START))
        self.own = nn.Linear(dim_in, dim)
        self.neighbours = nn.Linear(dim_in, dim, bias=False)
        self.joint_gain = nn.Parameter(torch.ones(num_joints, dim))
        self.norm = nn.LayerNorm(dim)
        self.gate = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Map the input (...,J,dim_in) to what is added to its embedding (...,J,C)."""
        graph = self.skeleton.to(self.learnt.dtype) + self.learnt
        graph = (graph + graph.T) / 2
        diagonal = graph.diagonal()[:, None]
        gathered = (graph - graph.diagonal().diag()) @ (self.joint_gain * self.neighbours(x))
        return self.gate * F.relu(self.norm(diagonal * self.joint_gain * self.own(x) + gathered))


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
