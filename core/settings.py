"""What a user can choose about a capture."""

from dataclasses import dataclass
from typing import Final, Literal

from ..errors import UsageError

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

REFINE_TERMS: Final = {
    "reprojection": "the joints project to the keypoints, as closely as those can be trusted",
    "lifted": "bones point where the lifter says, as closely as it is sure",
    "lengths": "bone lengths may differ from the lifter's where the pictures say so",
    "acceleration": "nothing speeds up without bounds",
    "contacts": "standing feet stay in their place, at the height that they stand on",
    "stillness": "what is not seen does not move: hidden limbs, and a body without legs to and from the camera",
    "limits": "knees and elbows bend one way, and not beyond what a body can",
}
"""The terms of the refinement and what they say; each can be switched off."""

ALL_TERMS: Final = ",".join(REFINE_TERMS)
NO_TERMS: Final = "none"


def refine_terms(text: str) -> frozenset[str]:
    """Return the terms named in a list separated by commas, or none; UsageError for other words."""
    if text == NO_TERMS:
        return frozenset()
    names = frozenset(name.strip() for name in text.split(","))
    unknown = sorted(names - set(REFINE_TERMS))
    if unknown:
        raise UsageError(f'--refine must be {NO_TERMS} or some of {ALL_TERMS}; there is no term "{unknown[0]}".')
    return names


@dataclass(frozen=True)
class TrackSettings:
    """Settings of one capture; the defaults are good for a phone video of one person."""

    device: Device = "auto"
    quality: Quality = "balanced"
    person: str = (
        "largest"  # "largest", a number from 1 (by size), "X,Y" in pixels of the first frame, or "X,Y@SECONDS"
    )
    start: float | None = None  # seconds
    end: float | None = None  # seconds
    fps: float | None = None  # resample the take to this rate, the one of numbered pictures; None: the footage's own
    focal_px: float | None = None
    fov: float | None = None  # horizontal field of view, degrees
    camera: str = "auto"  # "auto", "static", "pan", or the file of a solved camera
    height: float | None = None  # the person's height, metres
    lifter: str = "default"
    detector: str = "blazepose"
    smooth: float = 0.5  # 0 (nothing) .. 1 (strong)
    filter: str = DEFAULT_FILTER  # one of FILTERS
    refine: str = ALL_TERMS  # names of REFINE_TERMS, separated by commas, or NO_TERMS
    offline: bool = False
