"""The focal length of a clip: given, written in the file, told by the background, or a sound default."""

from dataclasses import dataclass
from math import isfinite, log, radians, tan
from pathlib import Path
from typing import Final, Literal

import numpy as np

from ...errors import UsageError
from ..settings import TrackSettings
from .metadata import Lens, read_lens

Source = Literal["--focal-px", "--fov", "solved camera", "metadata", "background", "default"]

DEFAULT_FOCAL: Final = 0.9
"""Focal length in units of the image's longer side when nothing is known: a field of view of 58 degrees.

Main cameras of phones while filming have 0.75 to 0.85, webcams 0.8 to 1.0, cameras with a 35 to 50 mm lens
0.97 to 1.4. A person's depth is off by the same factor as the focal length; the pose hardly changes.
"""

DEFAULT_SIGMA: Final = 0.20
"""Uncertainty of the default's logarithm."""

FILM_DIAGONAL: Final = 43.27  # millimetres
LONG_SIDE, SHORT_SIDE = 0.8, 0.6
"""Sides of a 4:3 sensor in units of its diagonal: what phones have, and what equivalent focal lengths refer to."""

STABILISED: Final = 1.04
"""Part by which the picture is enlarged while filming, so that shaking can be taken out; 1.0 to 1.1 is usual."""

STATED_SIGMA: Final = 0.08
NAMED_SIGMA: Final = 0.12
"""Uncertainty of what metadata tell: how much of the sensor a video uses differs between phones and modes."""


@dataclass(frozen=True)
class Focal:
    """A focal length, where it comes from and how sure it is."""

    px: float
    source: Source
    sigma: float  # standard deviation of the logarithm; 0: taken as given

    def refined(self, px: float, sigma: float, source: Source) -> "Focal":
        """Return the mean of this one and another estimate by their certainty, named after the surer one."""
        own, other = 1.0 / self.sigma**2, 1.0 / sigma**2
        mean = (own * log(self.px) + other * log(px)) / (own + other)
        return Focal(float(np.exp(mean)), source if other > own else self.source, (own + other) ** -0.5)


def choose_focal(settings: TrackSettings, image_size: tuple[int, int], clip: Path | None = None) -> Focal:
    """Return the focal length that the settings give, else that of the clip's metadata, else a default.

    ``settings.focal_px`` wins over ``settings.fov`` (horizontal, degrees). ``image_size`` is that of the upright
    picture. Raises UsageError when a value is not possible.
    """
    width = image_size[0]
    if settings.focal_px is not None:
        if not isfinite(settings.focal_px) or settings.focal_px <= 0:
            raise UsageError(f"A focal length of {settings.focal_px} pixels is not possible; it must be above 0.")
        return Focal(float(settings.focal_px), "--focal-px", 0.0)
    if settings.fov is not None:
        if not 1 < settings.fov < 170:
            raise UsageError(f"A field of view of {settings.fov} degrees is not possible; give 1 to 170.")
        return Focal(width / 2.0 / tan(radians(settings.fov) / 2.0), "--fov", 0.0)
    lens = None if clip is None else read_lens(clip)
    if lens is not None:
        return focal_of_lens(lens, image_size)
    return Focal(DEFAULT_FOCAL * max(image_size), "default", DEFAULT_SIGMA)


def focal_of_lens(lens: Lens, image_size: tuple[int, int]) -> Focal:
    """Return the focal length in pixels of a lens, for a video cut from a 4:3 sensor at its full width or height.

    A 35 mm equivalent has the same angle across the diagonal. That of a 16:9 video is shorter than the sensor's, and
    it is enlarged a little more by stabilisation, so that the plain diagonal of the video would give 12 % too little.
    """
    diagonal = max(max(image_size) / LONG_SIDE, min(image_size) / SHORT_SIDE)
    focal = STABILISED * lens.focal_35mm * diagonal / FILM_DIAGONAL
    return Focal(focal, "metadata", STATED_SIGMA if lens.stated else NAMED_SIGMA)
