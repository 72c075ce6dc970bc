"""The person detector on whole pictures: people as regions in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .regions import Array, region_of

if TYPE_CHECKING:
    from .blazepose import BlazePose, Detection

SIDE = 224
"""Side of the detector's input, pixels."""


@dataclass(frozen=True)
class Person:
    """One person as the detector saw them in one frame."""

    region: Array  # (4,) see regions
    score: float  # 0..1


@dataclass(frozen=True)
class Placement:
    """How a picture lies in the detector's square input: shrunk by ``scale``, then moved."""

    scale: float
    left: int
    top: int


def letterbox(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Placement]:
    """Return the whole picture as the detector's (224,224,3) input, centred on black, and how it lies there."""
    import cv2

    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    placement = Placement(scale, (SIDE - size[0]) // 2, (SIDE - size[1]) // 2)
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[placement.top : placement.top + size[1], placement.left : placement.left + size[0]] = cv2.resize(
        image, size, interpolation=shrink
    )
    return canvas, placement


def detect_people(model: "BlazePose", boxed: Sequence[tuple[NDArray[np.uint8], Placement]]) -> list[list[Person]]:
    """Return the people in each of some letterboxed pictures, best first."""
    import torch

    from .blazepose import find_people

    images = torch.from_numpy(np.stack([image for image, _ in boxed])).to(model.device)
    boxes, logits = model.detect(images.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
    return [
        [_person(detection, placement) for detection in found]
        for found, (_, placement) in zip(find_people(boxes, logits), boxed, strict=True)
    ]


def _person(detection: "Detection", placement: Placement) -> Person:
    points = np.array([detection.hip_centre, detection.scale_point]) * SIDE
    points = (points - (placement.left, placement.top)) / placement.scale
    return Person(region_of(points[0], points[1]), detection.score)
