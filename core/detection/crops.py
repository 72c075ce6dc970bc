"""The landmark network on crops of pictures: 33 points in pixels of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..settings import Quality
from ..skeleton import BLAZEPOSE_KEYPOINTS, mirror_order
from .regions import CROP, Array, cut_out, region_of, scaled, to_image, turn, upright

if TYPE_CHECKING:
    from .blazepose import BlazePose

POINTS: Final = len(BLAZEPOSE_KEYPOINTS)
MIRROR: Final = mirror_order(BLAZEPOSE_KEYPOINTS)
BODY: Final = [
    BLAZEPOSE_KEYPOINTS.index(f"{side}_{joint}")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]
"""The twelve joints by which readings are judged and compared."""


@dataclass(frozen=True)
class View:
    """One way to cut a person out of the picture."""

    scale: float  # of the region's side
    mirrored: bool = False
    straight: bool = False  # ignore the region's turn


VIEWS: Final[dict[Quality, tuple[View, ...]]] = {  # the most accurate of those tried on rendered clips
    "fast": (View(0.9),),
    "balanced": (View(1.0), View(0.85, mirrored=True)),
    "best": (View(1.0), View(0.85, mirrored=True), View(0.85, straight=True), View(1.0, mirrored=True)),
}


@dataclass
class Reading:
    """What the network found in N crops."""

    points: NDArray[np.float32]  # (N,33,2) pixels of the picture
    confidence: NDArray[np.float32]  # (N,33) 0..1, the heatmap's peak; 0 for a point outside the crop
    world: NDArray[np.float32]  # (N,33,3) metres around the hips, camera axes
    flag: NDArray[np.float32]  # (N,) 0..1 that there is a person
    regions: Array  # (N,4) where the network would look in the next frame

    def quality(self) -> Array:
        """Return how sure the network is of the body (N,), 0..1; 0 where it sees no person."""
        return np.where(self.flag >= 0.5, self.confidence[:, BODY].mean(1), 0.0)

    def only(self, which: NDArray[np.intp]) -> "Reading":
        """Return the reading of some of the crops."""
        return Reading(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    def put(self, where: NDArray[np.intp], other: "Reading", which: NDArray[np.intp]) -> None:
        """Replace some crops by some of another reading."""
        for field in fields(self):
            getattr(self, field.name)[where] = getattr(other, field.name)[which]


def read_crops(model: "BlazePose", images: Sequence[NDArray[np.uint8]], regions: Array, view: View) -> Reading:
    """Run the landmark network on one crop of each picture; ``regions`` (N,4) are those of the person."""
    import torch

    seen = scaled(upright(regions) if view.straight else regions, view.scale)
    crops = np.stack([cut_out(image, region) for image, region in zip(images, seen, strict=True)])
    if view.mirrored:
        crops = np.ascontiguousarray(crops[:, :, ::-1])
    tensor = torch.from_numpy(crops).to(model.device).permute(0, 3, 1, 2).float() / 255.0
    found = model.landmarks(tensor)
    points = found.points[..., :2].double().cpu().numpy()
    confidence = found.confidence.double().cpu().numpy()[:, :POINTS]
    world = found.world.double().cpu().numpy()[:, :POINTS]
    if view.mirrored:
        points[..., 0] = CROP - points[..., 0]
        points[:, :POINTS], confidence, world = points[:, MIRROR], confidence[:, MIRROR], world[:, MIRROR]
        world = world * np.array([-1.0, 1.0, 1.0])
    # Measured: the network counts from the corner of the crop's first pixel, as we do in the picture, whereas the
    # crop shows places counted from the middle of the picture's first pixel.
    points = to_image((points - 0.5) / CROP, seen) + 0.5
    return Reading(
        points=points[:, :POINTS].astype(np.float32),
        confidence=confidence.astype(np.float32),
        world=turn(world, seen[:, 3]).astype(np.float32),
        flag=found.flag.float().cpu().numpy(),
        regions=region_of(points[:, POINTS], points[:, POINTS + 1]),
    )
