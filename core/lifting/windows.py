"""Overlapping windows over a track, and the weighted mean of what they say about each frame.

The networks are trained on clips of a fixed number of frames a certain time apart. A track of another
frame rate is taken apart into several sequences, each of every k-th frame: so every frame is lifted
together with neighbours at the trained distance, and none has to be made up by interpolation.
"""

import math
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

EDGE_WEIGHT: Final = 0.02
"""Weight of the outermost frames of a window; the middle has 1."""


def plan_windows(times: NDArray[np.float64], frames: int, stride_seconds: float) -> list[NDArray[np.int64]]:
    """Return index sets of at most ``frames`` frames that together hold every frame of ``times`` (F,) twice.

    Frames of a set lie ``stride_seconds`` apart, as closely as the frame rate allows, or closer in clips
    that are too short for it. The ends of the clip are covered once.
    """
    total = len(times)
    every = 1
    if total > 1 and stride_seconds > 0:
        every = round(stride_seconds / max(float(np.median(np.diff(times))), 1e-6))
    every = max(1, min(every, total // frames))
    sets = []
    for phase in range(every):
        sequence = np.arange(phase, total, every)
        sets += [sequence[start : start + frames] for start in _starts(len(sequence), frames)]
    return sets


def _starts(length: int, frames: int) -> list[int]:
    """Return where windows begin that overlap by half and end exactly at the end."""
    if length <= frames:
        return [0]
    count = math.ceil((length - frames) / max(frames // 2, 1)) + 1
    return [round(step * (length - frames) / (count - 1)) for step in range(count)]


def window_weights(frames: int) -> Tensor:
    """Return the (frames,) weights of a window: a raised cosine, highest in the middle."""
    middle = (torch.arange(frames, dtype=torch.float64) + 0.5) / frames
    return EDGE_WEIGHT + (1 - EDGE_WEIGHT) * torch.sin(math.pi * middle).square()


class WindowMean:
    """Collects poses (J,3) of F frames from windows; its size does not depend on their number."""

    def __init__(self, frames: int, joints: int) -> None:
        self._weight = torch.zeros(frames, dtype=torch.float64)
        self._sum = torch.zeros(frames, joints, 3, dtype=torch.float64)
        self._square = torch.zeros(frames, joints, dtype=torch.float64)
        self._noise = torch.zeros(frames, joints, dtype=torch.float64)

    def add(self, index: NDArray[np.int64], poses: Tensor, noise: Tensor) -> None:
        """Add one window: poses (T,J,3) of the frames ``index`` (T,) and their own variance (T,J)."""
        where, weight = torch.from_numpy(index), window_weights(len(index))
        poses = poses.double()
        self._weight.index_add_(0, where, weight)
        self._sum.index_add_(0, where, weight[:, None, None] * poses)
        self._square.index_add_(0, where, weight[:, None] * poses.square().sum(-1))
        self._noise.index_add_(0, where, weight[:, None] * noise.double())

    def result(self) -> tuple[Tensor, Tensor]:
        """Return the mean poses (F,J,3) and their variance (F,J): between the windows, and their own."""
        weight = self._weight[:, None]
        mean = self._sum / weight[..., None]
        between = (self._square / weight - mean.square().sum(-1)).clamp(min=0)
        return mean, between + self._noise / weight
