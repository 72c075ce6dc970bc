"""Time as a relative position: rotary embedding (Su et al., "RoFormer", 2021) by the true time of frames.

TCPFormer sees a set of frames without order or rate. Turning queries and keys by angles in proportion to the time
of their frames makes attention depend on the time between two frames, forwards or backwards: on no index, so any
number of frames at any rate goes in, and it stays a plain scaled-dot-product attention.
"""

import math
from typing import Final

import torch
from torch import Tensor, nn

PERIODS: Final = (0.4, 12.0)
"""Seconds of a full turn of the fastest and of the slowest pair of channels where the gate is 1."""


class TimeRotation(nn.Module):
    """Turns queries and keys by time; a learnt gate per head and pair of channels scales how fast.

    With all gates at 0 nothing is turned: attention as without it.
    """

    rates: Tensor

    def __init__(self, num_heads: int, head_dim: int, gate: float) -> None:
        super().__init__()
        if head_dim % 2:
            raise ValueError(f"time_position needs an even number of channels in a head, not {head_dim}.")
        fast, slow = (math.log(2 * math.pi / period) for period in PERIODS)
        self.gate = nn.Parameter(torch.full((num_heads, head_dim // 2), gate))
        # radians a second; follows from the sizes, so it is no part of the stored weights
        self.register_buffer("rates", torch.linspace(fast, slow, head_dim // 2).exp(), persistent=False)

    def forward(self, x: Tensor, times: Tensor) -> Tensor:
        """Turn x (B*J,T,K,H,d), K of queries and keys, by ``times`` (B,T) in seconds."""
        angles = times.float()[:, :, None, None] * (self.gate.float() * self.rates.float())
        cos, sin = (turn.to(x.dtype)[:, None, :, None] for turn in (angles.cos(), angles.sin()))
        first, second = x.unflatten(0, (len(times), -1)).chunk(2, dim=-1)
        return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1).flatten(0, 1)


def relative_times(times: Tensor | None, frames: int, stride_seconds: float, like: Tensor) -> Tensor:
    """Return times (B,T) around the middle of every clip, small enough for single precision.

    Without ``times`` (B,T) the frames lie ``stride_seconds`` apart: (1,T).
    """
    if times is None:
        return (torch.arange(frames, device=like.device) - (frames - 1) / 2)[None] * stride_seconds
    return (times - times.mean(dim=1, keepdim=True)).to(like.device, torch.float32)
