"""What a user can choose about a capture."""

from dataclasses import dataclass
from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
Quality = Literal["fast", "balanced", "best"]


@dataclass(frozen=True)
class TrackSettings:
    """Settings of one capture; the defaults are good for a phone video of one person."""

    device: Device = "auto"
    quality: Quality = "balanced"
    person: str = "largest"  # "largest", a number from 1 (by size), or "X,Y" in pixels of the first frame
    start: float | None = None  # seconds
    end: float | None = None  # seconds
    fps: float | None = None  # resample the take to this rate; None keeps the footage's own
    focal_px: float | None = None
    fov: float | None = None  # horizontal field of view, degrees
    height: float | None = None  # the person's height, metres
    lifter: str = "default"
    detector: str = "blazepose"
    smooth: float = 0.5  # 0 (nothing) .. 1 (strong)
    offline: bool = False
