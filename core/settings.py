"""What a user can choose about a capture."""

from dataclasses import dataclass
from typing import Final, Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
Quality = Literal["fast", "balanced", "best"]

FILTERS: Final = {
    "adaptive": "smooths what is at rest and keeps the speed of fast motion",
    "gaussian": "a moving average with soft edges",
    "butterworth": "second order, forward and backward, as in biomechanics",
    "savgol": "Savitzky-Golay: a parabola through each moment's surroundings",
    "one-euro": "the 1-euro filter, forward and backward",
    "kalman": "a smoother that expects constant acceleration",
}
"""The filters over time and what they are, for people who know them; all smooth equally much at one strength."""

DEFAULT_FILTER: Final = "adaptive"


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
    camera: str = "auto"  # "auto", "static", "pan", or the file of a solved camera
    height: float | None = None  # the person's height, metres
    lifter: str = "default"
    detector: str = "blazepose"
    smooth: float = 0.5  # 0 (nothing) .. 1 (strong)
    filter: str = DEFAULT_FILTER  # one of FILTERS
    offline: bool = False
