"""What is drawn on top of pictures: the 2D skeleton and captions."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .figure import KEYPOINT_LIMBS, side_colour

Image = NDArray[np.uint8]

INK: Final = (236, 239, 244)
BAR: Final = (22, 25, 31)
GUESSED: Final = (150, 150, 150)
SURE: Final = 0.3
"""Confidence from which a keypoint was seen rather than guessed."""
FONT: Final = cv2.FONT_HERSHEY_DUPLEX


def draw_keypoints(
    image: Image,
    names: tuple[str, ...],
    points: NDArray[np.floating],
    confidence: NDArray[np.floating] | None = None,
) -> None:
    """Draw the 2D skeleton for points (J,2) in pixels of the picture; NaN points are left out.

    Limbs that the detector only guessed, by its ``confidence`` (J,), are thin grey lines.
    """
    at = {name: points[i] for i, name in enumerate(names) if np.isfinite(points[i]).all()}
    guessed = set() if confidence is None else {name for name, c in zip(names, confidence, strict=True) if c < SURE}
    size = image.shape[0] / 500
    found = [(a, b) for a, b in KEYPOINT_LIMBS if a in at and b in at]
    for a, b in found:
        if {a, b} & guessed:
            cv2.line(image, _fixed(at[a]), _fixed(at[b]), GUESSED, max(1, round(1.2 * size)), cv2.LINE_AA, 4)
    lines = [limb for limb in found if not {*limb} & guessed]
    thick = max(2, round(3.2 * size))
    for a, b in lines:
        cv2.line(image, _fixed(at[a]), _fixed(at[b]), (18, 20, 24), thick + 2, cv2.LINE_AA, 4)
    for a, b in lines:
        cv2.line(image, _fixed(at[a]), _fixed(at[b]), side_colour(a, b), thick, cv2.LINE_AA, 4)
    for name in {name for line in lines for name in line}:
        cv2.circle(image, _fixed(at[name]), round(16 * 2.2 * size), (250, 250, 250), -1, cv2.LINE_AA, 4)


def _fixed(point: NDArray[np.floating]) -> tuple[int, int]:
    """Return a pixel position in sixteenths, as opencv wants it; far ones are held near the picture."""
    x, y = np.clip(point, -4000, 8000) * 16
    return round(float(x)), round(float(y))


def caption(text: str, width: int, height: int, right: str = "") -> Image:
    """Return a bar (height,width,3) with a text at the left, made smaller where it must fit, and one at the right."""
    bar = np.full((height, width, 3), BAR, np.uint8)
    scale = height / 44
    wanted = _width(text, scale) + _width(right, scale) + 1.2 * height
    scale *= min(1.0, width / wanted)
    base = round(height / 2 + 10.5 * scale)
    cv2.putText(bar, text, (round(0.35 * height), base), FONT, scale, INK, 1, cv2.LINE_AA)
    if right:
        left = width - round(0.35 * height) - _width(right, scale)
        cv2.putText(bar, right, (left, base), FONT, scale, (158, 168, 184), 1, cv2.LINE_AA)
    return bar


def _width(text: str, scale: float) -> int:
    return cv2.getTextSize(text, FONT, scale, 1)[0][0]
